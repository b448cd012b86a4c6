//! Owns what pages quote of one another: links, summaries, sections and terms, as template values that are made once.
//!
//! A list of posts costs a few clones of a pointer, never an article. Pages, template functions and feeds all draw from
//! the one [`Shelf`]. It touches no file and knows no template.

mod data;
mod lists;
mod posts;
mod relations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jiff::Zoned;
use serde::Serialize;
use tera::Value;

use crate::article::{Article, Typesetter};
use crate::config::{Config, FeedOf};
use crate::diagnostic::Diagnostic;
use crate::images::Colour;
use crate::library::{Library, Page, PostId, Related};
use crate::lock::Lock;
use crate::paths::Route;
use crate::post::{Kind, Post};
use crate::render::articles::Articles;
use crate::render::cards;
use crate::render::cells::Cells;
use crate::render::context::{self, FeedLink, Settings, Translation};
use crate::render::hashed::Hashes;
use crate::render::inserts::Inserts;
use crate::render::search;
use crate::render::theme::Theme;
use crate::source::Sources;

/// Where the stylesheet stands by which browsers show feeds: the theme's or the site's `static/feed.xsl`.
const STYLESHEET: &str = "/feed.xsl";

/// How many links `site.newest` has.
const NEWEST: usize = 20;

/// Everything that pages quote.
pub(crate) struct Shelf {
    pub config: Arc<Config>,
    pub sources: Arc<Sources>,
    pub library: Arc<Library>,
    pub typesetter: Arc<Typesetter>,
    pub articles: Arc<Articles>,
    pub inserts: Arc<Inserts>,
    /// `config`, as templates see it.
    pub settings: Value,
    /// `lang`.
    pub language: Value,
    /// What is known of files that are named by their digest.
    pub hashes: Hashes,
    site: OnceLock<Value>,
    links: Cells<Value>,
    /// Links with their summaries, of posts that lists have shown: the home page, sections and terms show the same ones.
    cards: Cells<Value>,
    home_pages: OnceLock<Value>,
    section_pages: BTreeMap<String, OnceLock<Value>>,
    term_pages: Vec<Vec<OnceLock<Value>>>,
    taxonomies: Vec<Value>,
    /// The lock of what was verified once, if there is one that can be read.
    pub lock: Option<Lock>,
    /// `data`, and each of its files.
    data: OnceLock<data::Values>,
    /// Links to the posts of each series, in its order.
    series: Vec<OnceLock<Value>>,
    /// What posts have in common.
    related: OnceLock<Related>,
    /// Whether a template reads `related` of a page.
    pub names_related: bool,
    /// Which posts link to which.
    backlinks: OnceLock<Vec<Vec<PostId>>>,
    /// Whether a template reads `backlinks` of a page.
    pub names_backlinks: bool,
    /// Whether a template reads `ancestors` of a page.
    names_ancestors: bool,
    /// Whether a template reads the links to all posts of a section, and of a term.
    lists: [bool; 2],
    /// The feeds of each term: which row of `Config::feeds`, and where.
    term_feeds: BTreeMap<(usize, usize), Vec<(usize, Route)>>,
    /// The colours of cards: ground, letters, bar.
    pub card_colours: [Colour; 3],
    /// The feeds of the site. Found once: every page names them, and the routes are as many as the pages.
    feeds: Vec<FeedLink>,
    /// The link to the stylesheet of feeds, if the theme or the site has one.
    pub feed_stylesheet: Option<String>,
}

impl Shelf {
    /// Sets out what can be known without typesetting anything; of the theme it takes its settings, and what it reads.
    pub(crate) fn new(
        config: Arc<Config>,
        sources: Arc<Sources>,
        library: Arc<Library>,
        typesetter: Arc<Typesetter>,
        articles: Arc<Articles>,
        inserts: Arc<Inserts>,
        theme: &Theme,
    ) -> Shelf {
        let mut term_feeds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let has_term_feeds = config.feeds.iter().any(|rule| matches!(rule.of, FeedOf::Terms(_)));
        for (route, page) in library.routes.made().filter(|_| has_term_feeds) {
            if let Page::TermFeed(row, taxonomy, term) = page {
                term_feeds.entry((*taxonomy, *term)).or_default().push((*row, route.clone()));
            }
        }
        let series = library.taxonomies.iter().find(|taxonomy| taxonomy.name == "series");
        term_feeds.values_mut().for_each(|feeds| feeds.sort());
        let mut shelf = Shelf {
            settings: Value::none(),
            language: Value::normal_string(&config.language),
            hashes: Hashes::default(),
            site: OnceLock::new(),
            links: Cells::new(library.posts.len()),
            cards: Cells::new(library.posts.len()),
            home_pages: OnceLock::new(),
            term_pages: library
                .taxonomies
                .iter()
                .map(|taxonomy| taxonomy.terms.iter().map(|_| OnceLock::new()).collect())
                .collect(),
            taxonomies: Vec::new(),
            feeds: Vec::new(),
            feed_stylesheet: None,
            lock: config.lock.as_deref().and_then(|text| Lock::parse(text).ok()),
            section_pages: library.sections.keys().map(|name| (name.clone(), OnceLock::new())).collect(),
            card_colours: cards::colours(&theme.extra).unwrap_or_default(),
            lists: [theme.reads("section", "pages"), theme.reads("term", "pages")],
            series: series.map_or_else(Vec::new, |series| series.terms.iter().map(|_| OnceLock::new()).collect()),
            data: OnceLock::new(),
            related: OnceLock::new(),
            names_related: theme.names_field("related"),
            backlinks: OnceLock::new(),
            names_backlinks: theme.names_field("backlinks"),
            names_ancestors: theme.names_field("ancestors"),
            term_feeds,
            config,
            sources,
            library,
            typesetter,
            articles,
            inserts,
        };
        shelf.taxonomies = (0..shelf.library.taxonomies.len()).map(|index| shelf.taxonomy_value(index)).collect();
        shelf.feeds = shelf.find_feeds();
        shelf.feed_stylesheet = shelf.stylesheet_of_feeds();
        let mut extra = theme.extra.clone();
        if let Some(rule) = shelf.config.edition.checked_sub(1).and_then(|index| shelf.config.languages.get(index)) {
            extra.extend(rule.extra.clone());
        }
        shelf.settings = shelf.settings_value(&extra);
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
                    value(&self.changed(self.library.newest.iter()).map(|date| self.date(date))),
                );
                Value::from(map)
            })
            .clone()
    }

    /// Returns an article.
    pub(crate) fn article(&self, id: PostId) -> Result<Arc<Article>, Vec<Diagnostic>> {
        self.articles.article(self, id)
    }

    /// Returns the terms of a post: taxonomy and term, in the order of its front matter.
    pub(crate) fn terms_of(&self, id: PostId) -> Vec<(usize, usize)> {
        self.library.terms_of(id)
    }

    /// Returns whether a taxonomy has a list of its terms, and each term a page.
    pub(crate) fn has_pages(&self, taxonomy: usize) -> bool {
        let route = &self.library.taxonomies[taxonomy].route;
        self.library.routes.get(route) == Some(&Page::Taxonomy(taxonomy))
    }

    /// Returns the link to a route from anywhere on the host.
    pub(crate) fn path(&self, route: &Route) -> String {
        self.config.base_url.link(route)
    }

    /// Returns the absolute URL of a route.
    pub(crate) fn permalink(&self, route: &Route) -> String {
        self.config.base_url.permalink(route)
    }

    /// Returns a date as text, in the site's zone.
    pub(crate) fn date(&self, date: &Zoned) -> String {
        rfc3339(&date.with_time_zone(self.config.timezone.clone()))
    }

    /// Returns the newest change of some posts.
    pub(crate) fn changed<'a>(&'a self, posts: impl IntoIterator<Item = &'a PostId>) -> Option<&'a Zoned> {
        posts.into_iter().filter_map(|id| changed(self.library.post(*id))).max()
    }

    /// Returns who wrote a post: its own authors, else the site's.
    pub(crate) fn authors<'a>(&'a self, post: &'a Post) -> &'a [String] {
        match post.front.authors.is_empty() {
            true => &self.config.authors,
            false => &post.front.authors,
        }
    }

    /// Returns the languages of the site, its own first; empty where there is but one.
    fn languages(&self) -> Vec<context::Language<'_>> {
        let config = &self.config;
        let all = (0..self.library.editions.len()).map(|number| {
            let home =
                Route::new(format!("{}/", config.prefix_of(number))).expect("a language tag is a part of an address");
            context::Language { lang: config.tag(number), title: config.title_in(number), path: self.path(&home) }
        });
        all.collect()
    }

    /// Returns an address that all languages share, if this stands there.
    fn main_route(&self, path: &str, wanted: &Page) -> Option<Route> {
        let route = Route::new(path).ok()?;
        let main = self.library.editions.first().unwrap_or(&self.library);
        (main.routes.get(&route) == Some(wanted)).then_some(route)
    }

    fn stylesheet_of_feeds(&self) -> Option<String> {
        let route = Route::new(STYLESHEET).ok()?;
        let main = self.library.editions.first().unwrap_or(&self.library);
        (self.config.feed_stylesheet && main.routes.contains_key(&route)).then(|| self.path(&route))
    }

    /// Returns what `hreflang` says of a page of some language: each language that has it, and which one those get whom
    /// none of them suits. Nothing where no other language has it.
    pub(crate) fn alternates(&self, library: &Library, page: &Page) -> Vec<Alternate> {
        if self.library.editions.is_empty() {
            return Vec::new();
        }
        let found = library.translations(&self.library.editions, &self.config, page);
        let link = |lang: &str, route: &Route| Alternate { lang: lang.to_owned(), permalink: self.permalink(route) };
        let default = found.first().map(|(_, route)| link("x-default", route));
        let links = found.iter().map(|(language, route)| link(self.config.tag(*language), route));
        links.chain(default).collect()
    }

    /// Returns where the same stands in every language that has it, this one included; empty where no other has it.
    pub(crate) fn translations(&self, page: &Page) -> Value {
        let found = match self.library.editions.is_empty() {
            true => Vec::new(),
            false => self.library.translations(&self.library.editions, &self.config, page),
        };
        let links = found.into_iter().map(|(language, route)| {
            let edition = &self.library.editions[language];
            let title = match edition.routes.get(&route).and_then(|page| edition.index_of(page)) {
                Some(id) => edition.post(id).title().to_owned(),
                None => self.config.title_in(language).to_owned(),
            };
            value(&Translation {
                lang: self.config.tag(language),
                title,
                path: self.path(&route),
                permalink: self.permalink(&route),
                current: language == self.library.language,
            })
        });
        Value::from(links.collect::<Vec<_>>())
    }

    fn settings_value(&self, extra: &toml::Table) -> Value {
        let config = &self.config;
        let find =
            |route: Route, wanted: &Page| (self.library.routes.get(&route) == Some(wanted)).then(|| self.path(&route));
        value(&Settings {
            title: &config.title,
            description: &config.description,
            language: &config.language,
            base_url: config.base_url.as_str(),
            base_path: format!("{}/", config.base_url.prefix()),
            authors: &config.authors,
            feeds: &self.feeds,
            taxonomies: (0..)
                .zip(&self.taxonomies)
                .filter(|(index, _)| self.has_pages(*index))
                .map(|(_, one)| one)
                .collect(),
            archive: find(config.at("/archive/"), &Page::Archive(None, None)),
            highlight_css: self.main_route("/highlight.css", &Page::HighlightStylesheet).map(|route| self.path(&route)),
            search: config.search.as_ref().map(|_| format!("{}/{}/", config.base_url.prefix(), search::FOLDER)),
            analytics: config.analytics.iter().map(|table| context::Provider { provider: &table.provider }).collect(),
            theme: &config.theme,
            fingerprint: config.fingerprint,
            extra: context::from_toml(extra),
            home: self.path(&config.home()),
            languages: self.languages(),
        })
    }
}

/// One address of `hreflang`.
pub(crate) struct Alternate {
    /// The language, or `x-default`.
    pub lang: String,
    pub permalink: String,
}

/// Returns a value for templates.
pub(crate) fn value(of: &(impl Serialize + ?Sized)) -> Value {
    Value::try_from_serializable(of).expect("these structs have only text, numbers and lists, and maps by text")
}

/// Returns when a post last changed.
pub(crate) fn changed(post: &Post) -> Option<&Zoned> {
    post.front.updated.as_ref().max(post.front.date.as_ref())
}

/// Returns the posts that feeds quote.
pub(crate) fn quoted(config: &Config, library: &Library) -> BTreeSet<PostId> {
    let mut quoted = BTreeSet::new();
    for rule in &config.feeds {
        quoted.extend(library.quoted_of_site(rule));
        if let FeedOf::Terms(name) = &rule.of {
            let taxonomies = library.taxonomies.iter().filter(|taxonomy| taxonomy.name == *name);
            for term in taxonomies.flat_map(|taxonomy| &taxonomy.terms) {
                quoted.extend(library.quoted_of_term(rule, &term.posts));
            }
        }
    }
    quoted
}

/// Returns a date as RFC 3339 writes it.
pub(crate) fn rfc3339(date: &Zoned) -> String {
    date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Returns whether a post is a blog post, not a page that stands alone.
pub(crate) fn is_post(post: &Post) -> bool {
    post.kind == Kind::Post
}
