//! Owns what pages quote of one another: links, summaries, sections and terms, as template values that are made once.
//!
//! A list of posts costs a few clones of a pointer, never an article. Pages, template functions and feeds all draw from
//! the one [`Shelf`]. It touches no file and knows no template.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jiff::Zoned;
use serde::Serialize;
use tera::{Map, Value};

use crate::article::{Article, Typesetter};
use crate::config::{Config, FeedRule};
use crate::diagnostic::Diagnostic;
use crate::feed::{self, Format};
use crate::library::{Library, Page, Pager, PostId, Taxonomy, Term};
use crate::lock::Lock;
use crate::paths::{Route, SourcePath};
use crate::post::{Kind, Post};
use crate::render::articles::Articles;
use crate::render::context::{
    self, FeedLink, Heading, Link, Neighbour, Paginator, SectionView, Settings, TermCount, TermLink,
};
use crate::source::Sources;

/// How many links `site.newest` has.
const NEWEST: usize = 20;

/// Everything that pages quote.
pub(crate) struct Shelf {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    pub library: Arc<Library>,
    pub typesetter: Arc<Typesetter>,
    pub articles: Arc<Articles>,
    /// `config`, as templates see it.
    pub settings: Value,
    /// `lang`.
    pub language: Value,
    site: OnceLock<Value>,
    links: Vec<OnceLock<Value>>,
    home_pages: OnceLock<Value>,
    section_pages: BTreeMap<String, OnceLock<Value>>,
    term_pages: Vec<Vec<OnceLock<Value>>>,
    taxonomies: Vec<Value>,
    /// The lock of what was verified once, if there is one that can be read.
    pub lock: Option<Lock>,
    terms_of: Vec<Vec<(usize, usize)>>,
    asset_routes: BTreeMap<SourcePath, Route>,
    term_feeds: BTreeMap<(usize, usize), Route>,
}

impl Shelf {
    /// Sets out what can be known without typesetting anything; `extra` are the settings of theme and site.
    pub(crate) fn new(
        config: Arc<Config>,
        sources: Arc<Sources>,
        library: Arc<Library>,
        typesetter: Arc<Typesetter>,
        articles: Arc<Articles>,
        extra: &toml::Table,
    ) -> Shelf {
        let mut asset_routes = BTreeMap::new();
        let mut term_feeds = BTreeMap::new();
        for (route, page) in &library.routes {
            match page {
                Page::Asset(source) => {
                    asset_routes.insert(source.clone(), route.clone());
                }
                Page::TermFeed(taxonomy, term) => {
                    term_feeds.insert((*taxonomy, *term), route.clone());
                }
                _ => {}
            }
        }
        let mut shelf = Shelf {
            settings: Value::none(),
            language: Value::normal_string(&config.language),
            site: OnceLock::new(),
            links: library.posts.iter().map(|_| OnceLock::new()).collect(),
            home_pages: OnceLock::new(),
            term_pages: library
                .taxonomies
                .iter()
                .map(|taxonomy| taxonomy.terms.iter().map(|_| OnceLock::new()).collect())
                .collect(),
            taxonomies: Vec::new(),
            lock: config.lock.as_deref().and_then(|text| Lock::parse(text).ok()),
            section_pages: library.sections.keys().map(|name| (name.clone(), OnceLock::new())).collect(),
            terms_of: terms_of(&library),
            asset_routes,
            term_feeds,
            config,
            sources,
            library,
            typesetter,
            articles,
        };
        shelf.taxonomies = (0..shelf.library.taxonomies.len()).map(|index| shelf.taxonomy_value(index)).collect();
        shelf.settings = shelf.settings_value(extra);
        shelf
    }

    /// Returns `site`: the settings, and the newest posts.
    pub(crate) fn site(&self) -> Value {
        self.site
            .get_or_init(|| {
                let newest = self.library.newest.iter().take(NEWEST).map(|id| self.link(*id)).collect::<Vec<_>>();
                let mut map = self.settings.as_map().cloned().unwrap_or_default();
                map.insert("newest".into(), Value::from(newest));
                map.insert(
                    "last_updated".into(),
                    value(&self.changed(&self.library.newest).map(|date| self.date(date))),
                );
                Value::from(map)
            })
            .clone()
    }

    /// Returns an article.
    pub(crate) fn article(&self, id: PostId) -> Result<Arc<Article>, Vec<Diagnostic>> {
        self.articles.article(&self.typesetter, &self.config, &self.library, id)
    }

    /// Returns a link to a post.
    pub(crate) fn link(&self, id: PostId) -> Value {
        self.links[id.0].get_or_init(|| self.link_value(id)).clone()
    }

    /// Returns a card of a post: a link with its summary.
    pub(crate) fn card(&self, id: PostId) -> Result<Value, Vec<Diagnostic>> {
        Ok(Value::from(self.card_map(id)?))
    }

    /// Returns a whole `page`.
    pub(crate) fn page(&self, id: PostId) -> Result<Value, Vec<Diagnostic>> {
        let article = self.article(id)?;
        let post = self.library.post(id);
        let mut map = self.card_map(id)?;
        map.insert("content".into(), Value::safe_string(&article.html));
        map.insert("toc".into(), value(&Heading::tree(&article.toc, &self.permalink(self.library.route(id)))));
        let (newer, older) = self.neighbours(id);
        for (name, neighbour) in [("newer", &newer), ("higher", &newer), ("older", &older), ("lower", &older)] {
            map.insert(name.into(), neighbour.clone());
        }
        map.insert("aliases".into(), value(&post.front.aliases));
        let assets: Vec<String> = post.assets.values().filter_map(|source| self.asset_link(source)).collect();
        map.insert("assets".into(), value(&assets));
        map.insert("canonical".into(), value(&post.front.canonical));
        Ok(Value::from(map))
    }

    /// Returns `section`; the home page has one in any case.
    pub(crate) fn section(&self, name: &str) -> Result<Value, Vec<Diagnostic>> {
        let section = self.library.sections.get(name);
        let index = section.map(|section| section.index);
        let route = index.map_or_else(Route::home, |index| self.library.route(index).clone());
        let text = self.text_of(index)?;
        let pages = match (section, self.section_pages.get(name)) {
            (Some(section), Some(cell)) => cell.get_or_init(|| self.links(&section.pages)).clone(),
            _ => self.home_pages.get_or_init(|| self.links(&self.library.newest)).clone(),
        };
        let front = index.map(|index| &self.library.post(index).front);
        Ok(value(&SectionView {
            name,
            title: index.map_or(&self.config.title, |index| self.title(index)),
            description: front.and_then(|front| front.description.as_deref()).or_else(|| {
                (name.is_empty() && !self.config.description.is_empty()).then_some(&*self.config.description)
            }),
            path: self.path(&route),
            permalink: self.permalink(&route),
            source: index.map(|index| self.library.post(index).source.as_str()),
            content: text.content,
            toc: text.toc,
            has_code: text.has_code,
            extra: front.map_or_else(|| Value::from(Map::new()), |front| context::from_toml(&front.extra)),
            pages,
        }))
    }

    /// Returns the typeset text of an `_index.md`, or nothing where there is none.
    pub(crate) fn text_of(&self, index: Option<PostId>) -> Result<IndexText, Vec<Diagnostic>> {
        let Some(id) = index else {
            return Ok(IndexText { content: Value::safe_string(""), toc: Vec::new(), has_code: false });
        };
        let article = self.article(id)?;
        Ok(IndexText {
            content: Value::safe_string(&article.html),
            toc: Heading::tree(&article.toc, &self.permalink(self.library.route(id))),
            has_code: article.has_code,
        })
    }

    /// Returns `paginator` for one page of a list that starts at `list`.
    pub(crate) fn paginator(&self, list: &Route, posts: &[PostId], pager: Pager) -> Result<Value, Vec<Diagnostic>> {
        let shown = posts.get(pager.start..pager.end).unwrap_or_default();
        let at = |number| self.path(&pager_route(list, number));
        let mut problems = Vec::new();
        let mut pages = Vec::with_capacity(shown.len());
        for id in shown {
            match self.card(*id) {
                Ok(card) => pages.push(card),
                Err(errors) => problems.extend(errors),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(value(&Paginator {
            pages,
            current_index: pager.number,
            number_pagers: pager.of,
            total_pages: posts.len(),
            first: at(1),
            last: at(pager.of),
            previous: (pager.number > 1).then(|| at(pager.number - 1)),
            next: (pager.number < pager.of).then(|| at(pager.number + 1)),
            base_url: self.path(list),
        }))
    }

    /// Returns `taxonomy`.
    pub(crate) fn taxonomy(&self, index: usize) -> Value {
        self.taxonomies[index].clone()
    }

    /// Returns links to all posts of a term.
    pub(crate) fn term_pages(&self, taxonomy: usize, term: usize) -> Value {
        let posts = &self.library.taxonomies[taxonomy].terms[term].posts;
        self.term_pages[taxonomy][term].get_or_init(|| self.links(posts)).clone()
    }

    fn taxonomy_value(&self, index: usize) -> Value {
        let taxonomy = &self.library.taxonomies[index];
        value(&context::TaxonomyView {
            name: &taxonomy.name,
            path: self.path(&taxonomy.route),
            permalink: self.permalink(&taxonomy.route),
            terms: taxonomy.terms.iter().enumerate().map(|(term, _)| self.term_count(index, term)).collect(),
        })
    }

    /// Returns what is counted of a term.
    pub(crate) fn term_count(&self, taxonomy: usize, term: usize) -> TermCount<'_> {
        let Term { name, slug, route, posts, .. } = &self.library.taxonomies[taxonomy].terms[term];
        TermCount {
            name,
            slug,
            path: self.path(route),
            permalink: self.permalink(route),
            page_count: posts.len(),
            feed: self.term_feeds.get(&(taxonomy, term)).map(|route| self.path(route)),
        }
    }

    /// Returns links to some posts.
    pub(crate) fn links(&self, posts: &[PostId]) -> Value {
        Value::from(posts.iter().map(|id| self.link(*id)).collect::<Vec<_>>())
    }

    /// Returns links to the feeds of the site.
    pub(crate) fn feed_links(&self) -> Vec<FeedLink> {
        let feeds = self.library.routes.iter().filter_map(|(route, page)| match page {
            Page::Feed(index) => self.config.feeds.get(*index).map(|rule| (*index, rule, route)),
            _ => None,
        });
        let mut feeds: Vec<_> = feeds.collect();
        feeds.sort_by_key(|(index, ..)| *index);
        let several = feeds.len() > 1;
        let link = |rule: &FeedRule, route: &Route| {
            let format = feed::format(&rule.format);
            let title = match several {
                true => format!("{} ({})", self.config.title, format.title),
                false => self.config.title.clone(),
            };
            self.feed_link(format, title, route)
        };
        feeds.into_iter().map(|(_, rule, route)| link(rule, route)).collect()
    }

    /// Returns the link to the feed of a term, if it has one.
    pub(crate) fn term_feed_link(&self, taxonomy: usize, term: usize) -> Option<FeedLink> {
        let route = self.term_feeds.get(&(taxonomy, term))?;
        let title = format!("{}: {}", self.config.title, self.library.taxonomies[taxonomy].terms[term].name);
        Some(self.feed_link(feed::format(&self.config.term_feed().format), title, route))
    }

    fn feed_link(&self, format: &Format, title: String, route: &Route) -> FeedLink {
        let (path, permalink) = (self.path(route), self.permalink(route));
        FeedLink { format: format.name, title, path, permalink, mime: format.mime }
    }

    /// Returns a post's summary as HTML.
    pub(crate) fn summary(&self, id: PostId) -> Result<Value, Vec<Diagnostic>> {
        let summary = self.articles.summary(&self.typesetter, &self.config, &self.library, id)?;
        Ok(summary.html.clone())
    }

    /// Returns the terms of a post: taxonomy and term, in the order of its front matter.
    pub(crate) fn terms_of(&self, id: PostId) -> &[(usize, usize)] {
        &self.terms_of[id.0]
    }

    /// Returns the link to a route from anywhere on the host.
    pub(crate) fn path(&self, route: &Route) -> String {
        self.config.base_url.link(route)
    }

    /// Returns the absolute URL of a route.
    pub(crate) fn permalink(&self, route: &Route) -> String {
        self.config.base_url.permalink(route)
    }

    /// Returns the title of a post, or what its file is called.
    pub(crate) fn title(&self, id: PostId) -> &str {
        let post = self.library.post(id);
        post.front.title.as_deref().unwrap_or(&post.stem)
    }

    /// Returns a date as text, in the site's zone.
    pub(crate) fn date(&self, date: &Zoned) -> String {
        rfc3339(&date.with_time_zone(self.config.timezone.clone()))
    }

    /// Returns the newest change of some posts.
    pub(crate) fn changed<'a>(&'a self, posts: impl IntoIterator<Item = &'a PostId>) -> Option<&'a Zoned> {
        posts.into_iter().filter_map(|id| changed(self.library.post(*id))).max()
    }

    /// Returns the link to a post's picture.
    pub(crate) fn image(&self, id: PostId) -> Option<String> {
        let post = self.library.post(id);
        let image = post.front.image.as_deref()?;
        if image.starts_with("//") || url::Url::parse(image).is_ok() {
            return Some(image.to_owned());
        }
        let beside = post.assets.get(image.trim_start_matches("./")).and_then(|source| self.asset_link(source));
        let below_root =
            || Route::new(format!("/{}", image.trim_start_matches('/'))).ok().map(|route| self.path(&route));
        beside.or_else(below_root)
    }

    fn asset_link(&self, source: &SourcePath) -> Option<String> {
        self.asset_routes.get(source).map(|route| self.path(route))
    }

    fn card_map(&self, id: PostId) -> Result<Map, Vec<Diagnostic>> {
        let summary = self.articles.summary(&self.typesetter, &self.config, &self.library, id)?;
        let mut map = self.link(id).as_map().cloned().unwrap_or_default();
        map.insert("summary".into(), summary.html.clone());
        map.insert("continues".into(), Value::from(summary.continues));
        map.insert("has_code".into(), Value::from(summary.has_code));
        Ok(map)
    }

    fn link_value(&self, id: PostId) -> Value {
        let post = self.library.post(id);
        let route = self.library.route(id);
        let date = post.front.date.as_ref().map(|date| date.with_time_zone(self.config.timezone.clone()));
        value(&Link {
            title: self.title(id),
            description: post.front.description.as_deref(),
            date: date.as_ref().map(rfc3339),
            updated: post.front.updated.as_ref().map(|date| self.date(date)),
            year: date.as_ref().map(Zoned::year),
            month: date.as_ref().map(Zoned::month),
            day: date.as_ref().map(Zoned::day),
            path: self.path(route),
            permalink: self.permalink(route),
            slug: slug(route),
            section: &post.section,
            source: post.source.as_str(),
            authors: self.authors(post),
            taxonomies: self.term_links(id),
            image: self.image(id),
            word_count: post.outline.words,
            reading_time: post.outline.words.div_ceil(200).max(1),
            draft: post.front.draft,
            noindex: post.front.noindex,
            weight: post.front.weight,
            extra: context::from_toml(&post.front.extra),
        })
    }

    /// Returns who wrote a post: its own authors, else the site's.
    pub(crate) fn authors<'a>(&'a self, post: &'a Post) -> &'a [String] {
        match post.front.authors.is_empty() {
            true => &self.config.authors,
            false => &post.front.authors,
        }
    }

    fn term_links(&self, id: PostId) -> BTreeMap<&str, Vec<TermLink<'_>>> {
        let mut links: BTreeMap<&str, Vec<TermLink<'_>>> =
            self.library.taxonomies.iter().map(|taxonomy| (taxonomy.name.as_str(), Vec::new())).collect();
        for (taxonomy, term) in self.terms_of(id) {
            let Taxonomy { name, terms, .. } = &self.library.taxonomies[*taxonomy];
            let term = &terms[*term];
            links.entry(name).or_default().push(TermLink {
                name: &term.name,
                slug: &term.slug,
                path: self.path(&term.route),
                permalink: self.permalink(&term.route),
            });
        }
        links
    }

    fn neighbours(&self, id: PostId) -> (Value, Value) {
        let Some(position) = self.library.position.get(&id) else {
            return (Value::none(), Value::none());
        };
        let at = |position: Option<usize>| {
            let id = position.and_then(|position| self.library.newest.get(position));
            value(&id.map(|id| Neighbour {
                title: self.title(*id),
                path: self.path(self.library.route(*id)),
                permalink: self.permalink(self.library.route(*id)),
                date: self.library.post(*id).front.date.as_ref().map(|date| self.date(date)),
            }))
        };
        (at(position.checked_sub(1)), at(position.checked_add(1)))
    }

    fn settings_value(&self, extra: &toml::Table) -> Value {
        let config = &self.config;
        let find = |wanted: &Page| self.library.routes.iter().find(|(_, page)| *page == wanted);
        value(&Settings {
            title: &config.title,
            description: &config.description,
            language: &config.language,
            base_url: config.base_url.as_str(),
            base_path: format!("{}/", config.base_url.prefix()),
            authors: &config.authors,
            feeds: self.feed_links(),
            taxonomies: &self.taxonomies,
            archive: find(&Page::Archive(None, None)).map(|(route, _)| self.path(route)),
            highlight_css: find(&Page::HighlightStylesheet).map(|(route, _)| self.path(route)),
            analytics: config.analytics.iter().map(|table| context::Provider { provider: &table.provider }).collect(),
            theme: &config.theme,
            extra: context::from_toml(extra),
        })
    }
}

/// The text of an `_index.md`.
pub(crate) struct IndexText {
    pub content: Value,
    pub toc: Vec<Heading>,
    pub has_code: bool,
}

/// Returns the Markdown file that a page speaks for.
pub(crate) fn index_of(library: &Library, page: &Page) -> Option<PostId> {
    match page {
        Page::Post(id) => Some(*id),
        Page::Home(_) => library.sections.get("").map(|section| section.index),
        Page::Section(name, _) => library.sections.get(name).map(|section| section.index),
        Page::Term(taxonomy, term, _) => library.taxonomies.get(*taxonomy)?.terms.get(*term)?.index,
        _ => None,
    }
}

/// Returns a value for templates.
pub(crate) fn value(of: &(impl Serialize + ?Sized)) -> Value {
    Value::try_from_serializable(of).expect("these structs have only text, numbers and lists, and maps by text")
}

/// Returns when a post last changed.
pub(crate) fn changed(post: &Post) -> Option<&Zoned> {
    post.front.updated.as_ref().max(post.front.date.as_ref())
}

/// Returns the address of one page of a list; the first is the list itself, never `/page/1/`.
pub(crate) fn pager_route(list: &Route, number: usize) -> Route {
    match number {
        0 | 1 => list.clone(),
        _ => Route::new(format!("{}/page/{number}/", list.as_str().trim_end_matches('/')))
            .expect("an address with `page/2/` at its end is one, too"),
    }
}

/// Returns the posts whose whole text feeds quote.
pub(crate) fn quoted(config: &Config, library: &Library) -> BTreeSet<PostId> {
    let full = config.feeds.iter().filter(|rule| rule.full);
    let of_site = full.flat_map(|rule| library.newest.iter().take(rule.limit));
    let rule = config.term_feed();
    let of_terms = library.routes.values().filter(|_| rule.full).filter_map(|page| match page {
        Page::TermFeed(taxonomy, term) => Some((*taxonomy, *term)),
        _ => None,
    });
    let of_terms =
        of_terms.flat_map(|(taxonomy, term)| library.taxonomies[taxonomy].terms[term].posts.iter().take(rule.limit));
    of_site.chain(of_terms).copied().collect()
}

/// Returns, for each post, its terms in the order in which its front matter names them.
fn terms_of(library: &Library) -> Vec<Vec<(usize, usize)>> {
    let mut terms_of: Vec<Vec<(usize, usize)>> = vec![Vec::new(); library.posts.len()];
    for (index, taxonomy) in library.taxonomies.iter().enumerate() {
        for (number, term) in taxonomy.terms.iter().enumerate() {
            for id in &term.posts {
                terms_of[id.0].push((index, number));
            }
        }
    }
    for (post, terms) in library.posts.iter().zip(&mut terms_of) {
        terms.sort_by_key(|(index, number)| {
            let Taxonomy { name, terms, .. } = &library.taxonomies[*index];
            let term = &terms[*number];
            let written = post.front.terms.get(name).map(Vec::as_slice).unwrap_or_default();
            let place = written
                .iter()
                .position(|word| word.eq_ignore_ascii_case(&term.name) || word.eq_ignore_ascii_case(&term.slug));
            (*index, place.unwrap_or(usize::MAX), *number)
        });
    }
    terms_of
}

/// Returns the last part of an address.
fn slug(route: &Route) -> String {
    let last = route.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.strip_suffix(".html").unwrap_or(last).to_owned()
}

/// Returns a date as RFC 3339 writes it.
pub(crate) fn rfc3339(date: &Zoned) -> String {
    date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Returns whether a post is a blog post, not a page that stands alone.
pub(crate) fn is_post(post: &Post) -> bool {
    post.kind == Kind::Post
}
