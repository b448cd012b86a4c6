//! Owns what is quoted of one post: a link, a card, the whole page.

use std::collections::BTreeMap;

use jiff::Zoned;
use tera::{Map, Value};

use super::{Shelf, data, rfc3339, value};
use crate::diagnostic::Diagnostic;
use crate::library::{NamedImage, Page, Part, PostId, Taxonomy, Term};
use crate::paths::Route;
use crate::render::context::{self, Heading, Link, Neighbour, SeriesView, TermLink};

/// How many values a card has, and how many more a whole page.
const CARD: usize = 32;
const PAGE: usize = 20;

impl Shelf {
    /// Returns a link to a post.
    pub(crate) fn link(&self, id: PostId) -> Value {
        self.links.cell(id.0).get_or_init(|| self.link_value(id)).clone()
    }

    /// Returns a card of a post: a link with its summary.
    pub(crate) fn card(&self, id: PostId) -> Result<Value, Vec<Diagnostic>> {
        if let Some(card) = self.cards.cell(id.0).get() {
            return Ok(card.clone());
        }
        let card = Value::from(self.card_map(id)?);
        Ok(self.cards.cell(id.0).get_or_init(|| card).clone())
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
        let aliases: Vec<String> = post.front.aliases.iter().map(|alias| self.path(alias)).collect();
        map.insert("aliases".into(), value(&aliases));
        let assets: Vec<String> = post
            .assets
            .values()
            .filter_map(|source| self.library.assets.get(source))
            .map(|route| self.path(route))
            .collect();
        map.insert("assets".into(), value(&assets));
        map.insert("canonical".into(), value(&post.front.canonical));
        map.insert("series".into(), self.series(id));
        let related = if self.names_related { self.related(id, self.config.related.limit) } else { Value::none() };
        map.insert("related".into(), related);
        let backlinks = if self.names_backlinks { self.backlinks(id) } else { Value::none() };
        map.insert("backlinks".into(), backlinks);
        let ancestors = match self.names_ancestors {
            true => self.section_links(&self.library.way_to(self.library.post(id))),
            false => Value::none(),
        };
        map.insert("ancestors".into(), ancestors);
        map.insert("translations".into(), self.translations(&Page::Post(id)));
        Ok(Value::from(map))
    }

    /// Returns a post's summary as HTML.
    pub(crate) fn summary(&self, id: PostId) -> Result<Value, Vec<Diagnostic>> {
        let summary = self.articles.summary(self, id)?;
        Ok(summary.html.clone())
    }

    /// Returns the link to a post's picture.
    pub(crate) fn image(&self, id: PostId) -> Option<String> {
        Some(match self.library.named_image(self.library.post(id))? {
            NamedImage::Elsewhere(address) => address.to_owned(),
            NamedImage::Here(route) | NamedImage::Missing(route) => self.path(&route),
        })
    }

    fn card_map(&self, id: PostId) -> Result<Map, Vec<Diagnostic>> {
        let summary = self.articles.summary(self, id)?;
        let link = self.link(id);
        let mut map = Map::with_capacity(CARD + PAGE);
        map.extend(link.as_map().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        map.insert("summary".into(), summary.html.clone());
        map.insert("continues".into(), Value::from(summary.continues));
        map.insert("has_code".into(), Value::from(summary.has_code));
        map.insert("has_embed".into(), Value::from(summary.has_embed));
        Ok(map)
    }

    fn link_value(&self, id: PostId) -> Value {
        let post = self.library.post(id);
        let route = self.library.route(id);
        let date = post.front.date.as_ref().map(|date| date.with_time_zone(self.config.timezone.clone()));
        value(&Link {
            title: post.title(),
            lang: self.config.tag(post.language),
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
            row: post.row.as_ref().map_or_else(Value::none, |row| data::of_table(&row.values)),
        })
    }

    fn term_links(&self, id: PostId) -> BTreeMap<&str, Vec<TermLink<'_>>> {
        let mut links: BTreeMap<&str, Vec<TermLink<'_>>> =
            self.library.taxonomies.iter().map(|taxonomy| (taxonomy.name.as_str(), Vec::new())).collect();
        for (taxonomy, term) in self.terms_of(id) {
            let has_pages = self.has_pages(taxonomy);
            let Taxonomy { name, terms, .. } = &self.library.taxonomies[taxonomy];
            let term = &terms[term];
            links.entry(name).or_default().push(TermLink {
                name: &term.name,
                slug: &term.slug,
                path: has_pages.then(|| self.path(&term.route)),
                permalink: has_pages.then(|| self.permalink(&term.route)),
            });
        }
        links
    }

    fn neighbours(&self, id: PostId) -> (Value, Value) {
        let (newer, older) = self.library.neighbours(id);
        (self.neighbour(newer), self.neighbour(older))
    }

    fn neighbour(&self, id: Option<PostId>) -> Value {
        value(&id.map(|id| Neighbour {
            title: self.library.post(id).title(),
            path: self.path(self.library.route(id)),
            permalink: self.permalink(self.library.route(id)),
            date: self.library.post(id).front.date.as_ref().map(|date| self.date(date)),
        }))
    }

    /// Returns the place of a post in its series; of several series, the first that it names.
    fn series(&self, id: PostId) -> Value {
        let Some(Part { taxonomy, term, index }) = self.library.part(id) else { return Value::none() };
        let Term { name, route, posts, .. } = &self.library.taxonomies[taxonomy].terms[term];
        let has_pages = self.has_pages(taxonomy);
        value(&SeriesView {
            name,
            path: has_pages.then(|| self.path(route)),
            permalink: has_pages.then(|| self.permalink(route)),
            index: index + 1,
            count: posts.len(),
            previous: self.neighbour(index.checked_sub(1).map(|before| posts[before])),
            next: self.neighbour(posts.get(index + 1).copied()),
            pages: self.series[term].get_or_init(|| self.links(posts)).clone(),
        })
    }
}

/// Returns the last part of an address.
fn slug(route: &Route) -> String {
    let last = route.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.strip_suffix(".html").unwrap_or(last).to_owned()
}
