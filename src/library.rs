//! Owns the order of things: which posts are shown, in which order, under which address, next to
//! which neighbours; and **every route** of the site.
//!
//! Gives [`Library`]. Finds every collision of two addresses. Reads no Markdown and no file.

mod address;
mod advice;
mod again;
mod arrange;
mod editions;
mod image;
mod index;
mod lists;
mod names;
mod places;
mod registry;
mod related;
mod reserved;
mod routes;
mod series;
mod slug;
mod taxonomy;
mod tree;
mod upcoming;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::RedirectFormat;
use crate::images::Picture;
use crate::paths::{Route, SourcePath};
use crate::post::{Kind, Post};

pub use self::address::address_rule;
pub use self::advice::advise;
pub use self::again::{Edit, arrange_again};
pub use self::arrange::arrange;
pub use self::image::NamedImage;
pub use self::related::Related;
pub use self::routes::Routes;
pub use self::series::Part;
pub use self::slug::slugify;
pub use self::upcoming::{Turn, Upcoming};

use self::index::Index;

/// The place of a post in [`Library::posts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostId(pub usize);

/// Every post of the site, arranged. Its parts are shared: a copy costs nothing, and an edit keeps what it does not touch.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// Every post that is shown, sorted by source.
    pub posts: Arc<Vec<Arc<Post>>>,
    /// The posts that are not shown, with their reason in `hidden`, sorted by source.
    pub hidden: Arc<Vec<Arc<Post>>>,
    /// The address of each post, in the order of `posts`.
    pub routes_of: Arc<Vec<Route>>,
    /// The posts of kind [`crate::post::Kind::Post`], newest first.
    pub newest: Arc<Vec<PostId>>,
    /// The sections that have an `_index.md`, by name; `""` speaks for the home page.
    pub sections: Arc<BTreeMap<String, Section>>,
    /// The taxonomies, in the order of `Config::taxonomies`.
    pub taxonomies: Arc<Vec<Taxonomy>>,
    /// The dated posts by year and month of the site's zone, newest first.
    pub archive: Arc<Vec<Year>>,
    /// The address of each co-located file that is published.
    pub assets: Arc<BTreeMap<SourcePath, Route>>,
    /// The pictures among the files that are copied, by their address; none where `[images]` is not set.
    pub pictures: Arc<BTreeMap<Route, Arc<Picture>>>,
    /// Every address of the site and what stands there.
    pub routes: Routes,
    /// The library of each language by itself, the site's own first; empty for a site of one language. They hold no
    /// such list themselves until [`Library::edition`] gives one out.
    pub editions: Arc<Vec<Library>>,
    /// Which language it is of.
    pub language: usize,
    /// What was found out on the way, for the next arrangement.
    index: Arc<Index>,
}

/// The posts of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Which.
    pub year: i16,
    /// Its months, newest first.
    pub months: Vec<Month>,
}

/// The posts of one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Which, from 1.
    pub month: i8,
    /// Its posts, newest first.
    pub posts: Vec<PostId>,
}

impl Library {
    /// Returns a post.
    pub fn post(&self, id: PostId) -> &Post {
        &self.posts[id.0]
    }

    /// Returns the post that was made from a source, if it is shown.
    pub fn find(&self, source: &SourcePath) -> Option<PostId> {
        self.posts.binary_search_by(|post| post.source.cmp(source)).ok().map(PostId)
    }

    /// Returns the library of one language, with a view of the others.
    pub fn edition(&self, language: usize) -> Library {
        match self.editions.get(language) {
            Some(own) if language > 0 => Library { editions: Arc::clone(&self.editions), ..own.clone() },
            _ => self.clone(),
        }
    }

    /// Returns the library that holds what stands at an address, and what does.
    pub fn stands(&self, route: &Route) -> Option<(&Library, &Page)> {
        match self.routes.get(route)? {
            Page::Abroad(language, page) => Some((self.editions.get(*language)?, page)),
            page => Some((self, page)),
        }
    }

    /// Returns the post that was made from a source, in whatever language, and the library that holds it.
    pub fn find_anywhere(&self, source: &SourcePath) -> Option<(&Library, PostId)> {
        let own = self.find(source).map(|id| (self, id));
        own.or_else(|| self.editions.iter().find_map(|edition| Some((edition, edition.find(source)?))))
    }

    /// Returns whether a post is of this language, and not listed for want of a translation.
    pub fn is_native(&self, id: PostId) -> bool {
        self.post(id).language == self.language
    }

    /// Returns the sources of all posts that are shown, sorted.
    pub fn sources(&self) -> impl DoubleEndedIterator<Item = &SourcePath> {
        self.posts.iter().map(|post| &post.source)
    }

    /// Returns the posts that ask for a template, or for a feed id, of their own.
    pub fn particular(&self) -> impl Iterator<Item = PostId> {
        self.index.particular.iter().copied()
    }

    /// Returns the terms of a dated post in the order in which it names them: taxonomy, and term within it.
    pub fn terms_of(&self, id: PostId) -> Vec<(usize, usize)> {
        let post = self.post(id);
        let mut terms = Vec::new();
        for (number, taxonomy) in self.taxonomies.iter().enumerate().filter(|_| post.kind == Kind::Post) {
            for word in post.front.terms.get(&taxonomy.name).into_iter().flatten() {
                let term = taxonomy.find(word).map(|term| (number, term));
                terms.extend(term.filter(|term| !terms.contains(term)));
            }
        }
        terms
    }

    /// Returns the place of a dated post in `newest`: its neighbours are the ones before and after.
    pub fn position(&self, id: PostId) -> Option<usize> {
        self.index.positions.get(id.0).copied().flatten().map(|position| position as usize)
    }

    /// Returns the address of a post.
    pub fn route(&self, id: PostId) -> &Route {
        &self.routes_of[id.0]
    }

    /// Returns the `_index.md` that speaks for a page, if it is a list that has one, or the post that stands there.
    pub fn index_of(&self, page: &Page) -> Option<PostId> {
        match page {
            Page::Post(id) => Some(*id),
            Page::Home(_) => self.sections.get("").map(|section| section.index),
            Page::Section(name, _) => self.sections.get(name).map(|section| section.index),
            Page::Taxonomy(taxonomy) => self.taxonomies.get(*taxonomy)?.index,
            Page::Term(taxonomy, term, _) => self.taxonomies.get(*taxonomy)?.terms.get(*term)?.index,
            _ => None,
        }
    }

    /// Returns whether search engines are told of a page: every document but the one for broken links, and but those
    /// that say `noindex` or were published elsewhere first.
    pub fn is_in_sitemap(&self, route: &Route, page: &Page) -> bool {
        let is_document = matches!(
            page,
            Page::Home(_) | Page::Post(_) | Page::Section(..) | Page::Taxonomy(_) | Page::Term(..) | Page::Archive(..)
        );
        let front = || self.index_of(page).map(|id| &self.post(id).front);
        let is_left_out = || front().is_some_and(|front| front.noindex || front.canonical.is_some());
        let is_lost = match page {
            Page::Post(id) => self.post(*id).is_not_found() || route.as_str() == "/404.html",
            _ => route.as_str() == "/404.html",
        };
        is_document && !is_lost && !is_left_out()
    }

    /// Returns the newest posts of a section and of those below it.
    pub fn newest_in<'l>(&'l self, section: &'l str) -> impl Iterator<Item = PostId> + 'l {
        let is_in = move |id: &PostId| {
            let below = self.post(*id).section.strip_prefix(section);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.newest.iter().copied().filter(is_in)
    }

    /// Returns the next newer and the next older post; nothing for what is not in the list of posts.
    pub fn neighbours(&self, id: PostId) -> (Option<PostId>, Option<PostId>) {
        let Some(position) = self.position(id) else { return (None, None) };
        let newer = position.checked_sub(1).map(|index| self.newest[index]);
        (newer, self.newest.get(position + 1).copied())
    }
}

/// One section that has a page of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its `_index.md`.
    pub index: PostId,
    /// Its pages and posts, with those of folders below it that are no sections themselves: by weight, then newest
    /// first, then title.
    pub pages: Vec<PostId>,
}

/// One taxonomy and its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    /// Its name: `tags`.
    pub name: String,
    /// Where the list of its terms stands.
    pub route: Route,
    /// Its terms, by slug.
    pub terms: Vec<Term>,
    /// Its own `_index.md`, if it has one.
    pub index: Option<PostId>,
    /// The place of each term in `terms`, by what its spellings share.
    places: BTreeMap<String, usize>,
}

impl Taxonomy {
    /// Returns the place of the term that is written in this way.
    pub fn find(&self, word: &str) -> Option<usize> {
        self.places.get(&taxonomy::folded(word)).copied()
    }
}

/// One term of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As written most often: `Rust`.
    pub name: String,
    /// As it stands in addresses: `rust`.
    pub slug: String,
    /// Where its posts are listed.
    pub route: Route,
    /// Its posts, newest first; those of a series by `series_index`, then oldest first.
    pub posts: Vec<PostId>,
    /// Its `_index.md`, if it has one.
    pub index: Option<PostId>,
}

/// What stands at a route. Each variant is a row of `render::PAGES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The home page, or a further page of its list.
    Home(Pager),
    /// A post, or a page.
    Post(PostId),
    /// A section's list.
    Section(String, Pager),
    /// The list of a taxonomy's terms.
    Taxonomy(usize),
    /// The posts of a term: taxonomy, term.
    Term(usize, usize, Pager),
    /// All posts by date; of a year; of a month.
    Archive(Option<i16>, Option<i8>),
    /// A feed of the site or of a section (row of `Config::feeds`).
    Feed(usize),
    /// A feed of a term: row of `Config::feeds`, taxonomy, term.
    TermFeed(usize, usize, usize),
    /// `sitemap.xml`, or one of its parts, from 1.
    Sitemap(Option<usize>),
    /// What stands there in another language of the site: which, and what.
    Abroad(usize, Box<Page>),
    /// `robots.txt`.
    Robots,
    /// `404.html`.
    NotFound,
    /// A redirect to another route of the site.
    Alias(Route),
    /// The stylesheet of coloured code.
    HighlightStylesheet,
    /// `_headers`, from `[[headers]]` of site.toml.
    Headers,
    /// What a server is told of redirects.
    Redirects(RedirectFormat),
    /// A stylesheet that is compiled, by the path of its file below `sass/`.
    Stylesheet(String),
    /// A file that is copied: a bundle's.
    Asset(SourcePath),
    /// A file that is copied: of `static/`, by its path below it.
    Static(String),
}

impl Page {
    /// Returns which language of the site it is in, and what it is there.
    pub fn in_language(&self) -> (usize, &Page) {
        match self {
            Page::Abroad(language, page) => (*language, page),
            page => (0, page),
        }
    }

    /// Returns whether a file of the site stands behind it, rather than a list of such files.
    fn has_source(&self) -> bool {
        matches!(self, Page::Post(_) | Page::Asset(_) | Page::Static(_) | Page::Stylesheet(_) | Page::Alias(_))
    }
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pager {
    /// Which, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// The posts on it: their range in the whole list.
    pub start: usize,
    /// The end of that range.
    pub end: usize,
}

#[cfg(test)]
mod tests;
