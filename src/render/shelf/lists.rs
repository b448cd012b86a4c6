//! Owns what is quoted of many posts: sections, pages of lists, taxonomies, feeds.

use tera::{Map, Value};

use super::{Shelf, value};
use crate::config::FeedRule;
use crate::diagnostic::Diagnostic;
use crate::feed::{self, Format};
use crate::library::{Page, Pager, PostId, Term};
use crate::paths::Route;
use crate::render::context::{self, FeedLink, Heading, Paginator, SectionView, TermCount};

/// The text of an `_index.md`.
pub(crate) struct IndexText {
    pub content: Value,
    pub toc: Vec<Heading>,
    pub has_code: bool,
}

impl Shelf {
    /// Returns `section` for its own page; the home page has one in any case. Its `pages` are made only if a template
    /// reads them.
    pub(crate) fn own_section(&self, name: &str) -> Result<Value, Vec<Diagnostic>> {
        self.section_with(name, self.lists[0])
    }

    /// Returns a section with all of its pages.
    pub(crate) fn section(&self, name: &str) -> Result<Value, Vec<Diagnostic>> {
        self.section_with(name, true)
    }

    fn section_with(&self, name: &str, pages: bool) -> Result<Value, Vec<Diagnostic>> {
        let section = self.library.sections.get(name);
        let index = section.map(|section| section.index);
        let route = index.map_or_else(Route::home, |index| self.library.route(index).clone());
        let text = self.text_of(index)?;
        let pages = match (section, self.section_pages.get(name)) {
            _ if !pages => Value::none(),
            (Some(section), Some(cell)) if !name.is_empty() => cell.get_or_init(|| self.links(&section.pages)).clone(),
            _ => self.home_pages.get_or_init(|| self.links(&self.library.newest)).clone(),
        };
        let front = index.map(|index| &self.library.post(index).front);
        Ok(value(&SectionView {
            name,
            title: match index {
                Some(index) if !name.is_empty() || self.library.post(index).front.title.is_some() => {
                    self.library.post(index).title()
                }
                _ => &self.config.title,
            },
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

    /// Returns links to all posts of a term, if a template reads them.
    pub(crate) fn term_pages(&self, taxonomy: usize, term: usize) -> Value {
        if !self.lists[1] {
            return Value::none();
        }
        let posts = &self.library.taxonomies[taxonomy].terms[term].posts;
        self.term_pages[taxonomy][term].get_or_init(|| self.links(posts)).clone()
    }

    pub(super) fn taxonomy_value(&self, index: usize) -> Value {
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
    pub(crate) fn feed_links(&self) -> &[FeedLink] {
        &self.feeds
    }

    pub(super) fn find_feeds(&self) -> Vec<FeedLink> {
        let feeds = self.config.feeds.iter().enumerate().filter_map(|(index, rule)| {
            let route = Route::new(format!("/{}", rule.path)).ok()?;
            (self.library.routes.get(&route) == Some(&Page::Feed(index))).then_some((rule, route))
        });
        let feeds: Vec<_> = feeds.collect();
        let several = feeds.len() > 1;
        let link = |rule: &FeedRule, route: &Route| {
            let format = feed::format(&rule.format);
            let title = match several {
                true => format!("{} ({})", self.config.title, format.title),
                false => self.config.title.clone(),
            };
            self.feed_link(format, title, route)
        };
        feeds.into_iter().map(|(rule, route)| link(rule, &route)).collect()
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
}

/// Returns the address of one page of a list; the first is the list itself, never `/page/1/`.
pub(crate) fn pager_route(list: &Route, number: usize) -> Route {
    match number {
        0 | 1 => list.clone(),
        _ => Route::new(format!("{}/page/{number}/", list.as_str().trim_end_matches('/')))
            .expect("an address with `page/2/` at its end is one, too"),
    }
}
