//! Owns the fingerprints of pages: digests of all that a page is made from, found without making it.
//!
//! Where a page has the fingerprint that it had in an earlier run, it has the same bytes. What goes in is known by its kind
//! (one arm of [`Language::kind`] for each function of `pages`), and for what its templates ask for besides, by what was
//! noted when it was made ([`super::noted`]). Of a post that others name, its whole file counts: that is more than they
//! show, but never less. When in doubt there is no fingerprint, and the page is made. To add something that pages see:
//! look for what shows it, and add it here; the laws of building, on edits at random, tell when that was forgotten.

mod ground;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::article::{self, OutlineLinkKind};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::images::Picture;
use crate::library::{Page, Pager, PostId};
use crate::paths::Route;
use crate::render::cells::Cells;
use crate::render::functions::{Here, route_of_source, source_id};
use crate::render::image_functions;
use crate::render::noted::Ask;
use crate::render::shelf::{Shelf, rfc3339};
use crate::render::{Site, hashed, pages};
use crate::source;

use self::ground::Ground;

/// The fingerprints of a site's pages.
pub struct Fingerprints<'s> {
    site: &'s Site,
    languages: Vec<Language<'s>>,
}

/// What is known of the pages of one language; each found when it is first asked for.
struct Language<'s> {
    shelf: &'s Shelf,
    ground: Ground<'s>,
    posts: Cells<Digest>,
    texts: Cells<Option<Digest>>,
    lists: Mutex<HashMap<List, Digest>>,
}

/// A list of posts that many pages may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum List {
    Newest,
    Section(PostId),
    Term(usize, usize),
}

/// A digest of several parts in the making.
struct Parts(Vec<u8>);

impl Parts {
    fn of(kind: &str) -> Self {
        let mut parts = Parts(Vec::with_capacity(512));
        parts.add(kind);
        parts
    }

    /// Adds a part, told apart from the next by its length.
    fn add(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.number(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&(number as u64).to_le_bytes());
    }

    fn digest(&mut self, digest: &Digest) {
        self.0.extend_from_slice(digest.as_bytes());
    }

    /// Adds something that may be missing.
    fn perhaps<T>(&mut self, value: Option<T>, add: impl FnOnce(&mut Self, T)) {
        self.number(usize::from(value.is_some()));
        if let Some(value) = value {
            add(self, value);
        }
    }

    fn finish(self) -> Digest {
        Digest::of(self.0)
    }
}

/// Returns the digest of all that decides a byte of the site: the program, the settings, the moment and every source.
pub fn identity(site: &Site) -> Result<Digest, Vec<Diagnostic>> {
    let mut parts = Parts::of(ground::PROGRAM);
    parts.add(format!("{:?}", ground::all_settings_of(&site.config)));
    parts.digest(&source::identity(&site.sources)?);
    Ok(parts.finish())
}

impl<'s> Fingerprints<'s> {
    /// Starts with none.
    pub fn of(site: &'s Site) -> Self {
        let languages = site.shelves.iter().map(|shelf| Language {
            shelf,
            ground: Ground::of(site, shelf),
            posts: Cells::new(shelf.library.posts.len()),
            texts: Cells::new(shelf.library.posts.len()),
            lists: Mutex::default(),
        });
        Fingerprints { site, languages: languages.collect() }
    }

    /// Returns the site whose pages they are of.
    pub fn site(&self) -> &'s Site {
        self.site
    }

    /// Returns the fingerprint of a page that asks for some things; nothing for what is no page of a template, and where
    /// not all is known.
    pub fn page(&self, route: &Route, asks: &BTreeSet<Ask>) -> Option<Digest> {
        let (number, page) = self.site.library.routes.get(route)?.in_language();
        let language = &self.languages[number];
        let mut parts = Parts::of("page");
        parts.number(number);
        parts.add(route.as_str());
        language.kind(self.site, page, &mut parts)?;
        for ask in asks {
            language.answer(&Here { route: route.clone(), page }, ask, &mut parts)?;
        }
        Some(parts.finish())
    }
}

impl Language<'_> {
    /// Adds all that a page of this kind is made from.
    fn kind(&self, site: &Site, page: &Page, parts: &mut Parts) -> Option<()> {
        let (shelf, library) = (self.shelf, &*self.shelf.library);
        let kind = pages::kind_of(library, page);
        let own = pages::own_template(library, page).map(|(_, template)| template);
        parts.add(kind.name);
        let layout = self.ground.layout(own.or_else(|| site.theme.first(kind.templates))?);
        parts.digest(&layout.digest);
        if !library.editions.is_empty() {
            parts.add(ground::json(&shelf.translations(page)));
        }
        match page {
            Page::Post(id) => self.post_page(*id, layout.names_related, layout.names_backlinks, parts)?,
            Page::Home(pager) => {
                self.section("", layout.reads_section_pages, parts)?;
                self.pager(*pager, &library.newest, parts)?;
            }
            Page::Section(name, pager) => {
                self.section(name, layout.reads_section_pages, parts)?;
                self.pager(*pager, &library.sections.get(name)?.pages, parts)?;
            }
            Page::Taxonomy(number) => {
                let taxonomy = &library.taxonomies[*number];
                self.index(taxonomy.index, parts)?;
                parts.digest(self.ground.terms());
            }
            Page::Term(taxonomy, number, pager) => {
                let term = &library.taxonomies[*taxonomy].terms[*number];
                let count = shelf.term_count(*taxonomy, *number);
                [count.name, count.slug, &count.path].iter().for_each(|part| parts.add(part));
                parts.number(count.page_count);
                parts.perhaps(count.feed, |parts, feed| parts.add(feed));
                self.index(term.index, parts)?;
                if layout.reads_term_pages {
                    parts.digest(&self.list(List::Term(*taxonomy, *number), &term.posts));
                }
                if layout.names_terms {
                    parts.digest(self.ground.terms());
                }
                self.pager(*pager, &term.posts, parts)?;
            }
            Page::Archive(year, month) => {
                let years = library.archive.iter().filter(|of| year.is_none_or(|year| year == of.year));
                for of in years {
                    parts.number(of.year.unsigned_abs().into());
                    for in_month in of.months.iter().filter(|of| month.is_none_or(|month| month == of.month)) {
                        parts.number(in_month.month.unsigned_abs().into());
                        in_month.posts.iter().for_each(|id| parts.digest(self.post(*id)));
                    }
                }
            }
            Page::NotFound => {}
            _ => return None,
        }
        Some(())
    }

    /// Adds everything of a post: its text, and the posts and sections that it stands among.
    fn post_page(&self, id: PostId, related: bool, backlinks: bool, parts: &mut Parts) -> Option<()> {
        let (shelf, library) = (self.shelf, &*self.shelf.library);
        parts.digest(self.text(id)?);
        let (newer, older) = library.neighbours(id);
        for neighbour in [newer, older] {
            parts.perhaps(neighbour, |parts, id| parts.digest(self.post(id)));
        }
        parts.perhaps(library.part(id), |parts, part| {
            let term = &library.taxonomies[part.taxonomy].terms[part.term];
            parts.number(part.index);
            parts.digest(&self.list(List::Term(part.taxonomy, part.term), &term.posts));
        });
        let post = library.post(id);
        post.assets
            .values()
            .filter_map(|source| library.assets.get(source))
            .for_each(|route| parts.add(route.as_str()));
        if related {
            self.posts(&shelf.related_ids(id, shelf.config.related.limit), parts);
        }
        if backlinks {
            self.posts(shelf.backlink_ids(id), parts);
        }
        self.section_links(&library.way_to(post), parts);
        Some(())
    }

    /// Adds a section with its text and what is around it.
    fn section(&self, name: &str, pages: bool, parts: &mut Parts) -> Option<()> {
        let library = &self.shelf.library;
        let section = library.sections.get(name);
        self.index(section.map(|section| section.index), parts)?;
        match section.filter(|_| !name.is_empty()) {
            Some(section) if pages => parts.digest(&self.list(List::Section(section.index), &section.pages)),
            None if pages => parts.digest(&self.list(List::Newest, &library.newest)),
            _ => {}
        }
        self.section_links(&library.sections_above(name), parts);
        self.section_links(&library.sections_below(name), parts);
        Some(())
    }

    fn section_links(&self, names: &[&str], parts: &mut Parts) {
        parts.number(names.len());
        for name in names {
            parts.add(name);
            let index = self.shelf.library.sections.get(*name).map(|section| section.index);
            parts.perhaps(index, |parts, id| parts.digest(self.post(id)));
        }
    }

    /// Adds the text of an `_index.md`, if there is one.
    fn index(&self, index: Option<PostId>, parts: &mut Parts) -> Option<()> {
        let text = match index {
            Some(id) => Some(self.text(id)?),
            None => None,
        };
        parts.perhaps(text, |parts, text| parts.digest(text));
        Some(())
    }

    /// Adds one page of a list, which shows the summaries of its posts.
    fn pager(&self, pager: Pager, posts: &[PostId], parts: &mut Parts) -> Option<()> {
        [pager.number, pager.of, posts.len()].into_iter().for_each(|number| parts.number(number));
        for id in posts.get(pager.start..pager.end).unwrap_or_default() {
            parts.digest(self.text(*id)?);
        }
        Some(())
    }

    /// Adds links to posts.
    fn posts(&self, posts: &[PostId], parts: &mut Parts) {
        parts.number(posts.len());
        posts.iter().for_each(|id| parts.digest(self.post(*id)));
    }

    fn list(&self, list: List, posts: &[PostId]) -> Digest {
        let lists = || self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists().get(&list) {
            return *known;
        }
        let mut parts = Parts::of("list");
        self.posts(posts, &mut parts);
        let digest = parts.finish();
        lists().insert(list, digest);
        digest
    }

    /// Returns the digest of all that others may show of a post but its text: its file, and what became of it here.
    fn post(&self, id: PostId) -> &Digest {
        self.posts.cell(id.0).get_or_init(|| {
            let (shelf, library) = (self.shelf, &*self.shelf.library);
            let post = library.post(id);
            let mut parts = Parts::of("post");
            parts.add(post.source.as_str());
            parts.digest(&Digest::of(post.text.as_bytes()));
            parts.add(&post.section);
            parts.add(library.route(id).as_str());
            parts.number(post.language);
            // A row is no file of its own.
            parts.perhaps(post.row.as_ref(), |parts, row| {
                parts.add(format!("{:?}", (&row.values, &post.front)));
            });
            // These may come from the name of the file, and from git.
            for date in [&post.front.date, &post.front.updated] {
                parts.perhaps(date.as_ref(), |parts, date| {
                    parts.add(rfc3339(date));
                    parts.add(date.time_zone().iana_name().unwrap_or_default());
                });
            }
            for (taxonomy, term) in shelf.terms_of(id) {
                let term = &library.taxonomies[taxonomy].terms[term];
                parts.number(taxonomy);
                [&term.name, &term.slug, term.route.as_str()].iter().for_each(|part| parts.add(part));
            }
            parts.perhaps(shelf.image(id), |parts, image| {
                let picture = shelf.config.base_url.route_of(&image).and_then(|route| library.pictures.get(&route));
                parts.add(&image);
                parts.perhaps(picture, |parts, picture| add_picture(parts, picture));
            });
            parts.finish()
        })
    }

    /// Returns the digest of all that a post's text is made from; nothing where that is not known beforehand.
    fn text(&self, id: PostId) -> Option<&Digest> {
        let find = || {
            let (config, library) = (&self.shelf.config, &*self.shelf.library);
            let post = library.post(id);
            let summary = post.front.summary.as_ref().map(|summary| article::outline(summary, &config.markdown));
            let mut parts = Parts::of("text");
            parts.digest(self.post(id));
            for outline in std::iter::once(&post.outline).chain(&summary) {
                for link in &outline.links {
                    let (address, picture) = article::leads(config, library, id, link)?;
                    parts.add(&address);
                    parts.perhaps(picture, add_picture);
                    // A shortcode may show what is in a file.
                    if outline.has_calls && link.kind == OutlineLinkKind::Image && picture.is_none() {
                        let route = config.base_url.route_of(&address);
                        let bytes = route.and_then(|route| hashed::bytes(self.shelf, &route).ok());
                        parts.perhaps(bytes, |parts, bytes| parts.digest(&Digest::of(bytes)));
                    }
                }
            }
            Some(parts.finish())
        };
        self.texts.cell(id.0).get_or_init(find).as_ref()
    }

    /// Adds what a template's question is answered with.
    fn answer(&self, here: &Here<'_>, ask: &Ask, parts: &mut Parts) -> Option<()> {
        let (shelf, library) = (self.shelf, &*self.shelf.library);
        parts.add(format!("{ask:?}"));
        match ask {
            Ask::Related(limit) => {
                let related = library.index_of(here.page).map(|id| shelf.related_ids(id, *limit));
                self.posts(&related.unwrap_or_default(), parts);
            }
            Ask::Backlinks => {
                self.posts(library.index_of(here.page).map_or(&[], |id| shelf.backlink_ids(id)), parts);
            }
            Ask::Page(path) => {
                let id = source_id(shelf, path).ok()?;
                self.post_page(id, shelf.names_related, shelf.names_backlinks, parts)?;
                if !library.editions.is_empty() {
                    parts.add(ground::json(&shelf.translations(&Page::Post(id))));
                }
            }
            Ask::Section(name) => self.section(name, true, parts)?,
            Ask::Terms => parts.digest(self.ground.terms()),
            Ask::Source(source) => parts.add(route_of_source(shelf, source).ok()?.as_str()),
            Ask::Hashed(route) => parts.add(hashed::route(shelf, &Route::new(route.as_str()).ok()?).ok()?.as_str()),
            Ask::Integrity(route, bits, as_base64) => {
                parts.add(hashed::digest(shelf, &Route::new(route.as_str()).ok()?, *bits, *as_base64).ok()?);
            }
            Ask::Picture(path) => {
                parts.perhaps(image_functions::look(shelf, path, Some(here)), |parts, (route, picture)| {
                    parts.add(route.as_str());
                    add_picture(parts, picture);
                })
            }
            Ask::InText(route, ask) => {
                let route = Route::new(route.as_str()).ok()?;
                let page = library.routes.get(&route)?;
                self.answer(&Here { route, page }, ask, parts)?;
            }
            Ask::Clock => parts.add(shelf.config.clock.to_string()),
        }
        Some(())
    }
}

fn add_picture(parts: &mut Parts, picture: &Picture) {
    parts.digest(&picture.digest);
    parts.add(picture.source.as_str());
    parts.add(format!("{:?}", picture.seen));
}
