//! Owns what is quoted of many posts: sections, pages of lists, taxonomies, feeds.

use tera::{Map, Value};

use super::{Shelf, value};
use crate::config::{FeedOf, FeedRule};
use crate::diagnostic::Diagnostic;
use crate::feed::{self, Format};
use crate::library::{Page, Pager, PostId, Term};
use crate::paths::Route;
use crate::render::context::{self, FeedLink, Heading, Paginator, SectionLink, SectionView, TermCount};

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
        let text = self.text_of(index)?;
        let pages = match (section, self.section_pages.get(name)) {
            _ if !pages => Value::none(),
            (Some(section), Some(cell)) if !name.is_empty() => cell.get_or_init(|| self.links(&section.pages)).clone(),
            _ => self.home_pages.get_or_init(|| self.links(&self.library.newest)).clone(),
        };
        let front = index.map(|index| &self.library.post(index).front);
        Ok(value(&SectionView {
            link: self.section_link(name),
            content: text.content,
            toc: text.toc,
            has_code: text.has_code,
            extra: front.map_or_else(|| Value::from(Map::new()), |front| context::from_toml(&front.extra)),
            pages,
            ancestors: self.section_links(&self.library.sections_above(name)),
            subsections: self.section_links(&self.library.sections_below(name)),
        }))
    }

    /// Returns links to sections.
    pub(crate) fn section_links(&self, names: &[&str]) -> Value {
        Value::from(names.iter().map(|name| value(&self.section_link(name))).collect::<Vec<_>>())
    }

    /// Returns a link to a section; without an `_index.md` the home page is called as the site is.
    fn section_link<'s>(&'s self, name: &'s str) -> SectionLink<'s> {
        let index = self.library.sections.get(name).map(|section| section.index);
        let post = index.map(|index| self.library.post(index));
        let route = index.map_or_else(|| self.config.home(), |index| self.library.route(index).clone());
        let of_site = Some(&*self.config.description).filter(|text| name.is_empty() && !text.is_empty());
        SectionLink {
            name,
            title: match post {
                Some(post) if !name.is_empty() || post.front.title.is_some() => post.title(),
                _ => &self.config.title,
            },
            description: post.and_then(|post| post.front.description.as_deref()).or(of_site),
            path: self.path(&route),
            permalink: self.permalink(&route),
            source: post.map(|post| post.source.as_str()),
        }
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
            feed: self
                .term_feeds
                .get(&(taxonomy, term))
                .and_then(|feeds| feeds.first())
                .map(|(_, route)| self.path(route)),
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
        self.feeds_of(&FeedOf::Site, &self.config.title)
    }

    /// Returns links to the feeds of a section.
    pub(crate) fn section_feed_links(&self, section: &str) -> Vec<FeedLink> {
        let of = FeedOf::Section(section.to_owned());
        match self.config.feeds.iter().any(|rule| rule.of == of) {
            true => self.feeds_of(&of, &self.feed_title(&of)),
            false => Vec::new(),
        }
    }

    /// Returns what a feed is called: the site's name, and what else it is the feed of.
    pub(crate) fn feed_title(&self, of: &FeedOf) -> String {
        match of {
            FeedOf::Section(name) => {
                let index = self.library.sections.get(name).map(|section| self.library.post(section.index).title());
                format!("{}: {}", self.config.title, index.unwrap_or(name))
            }
            FeedOf::Site | FeedOf::Terms(_) => self.config.title.clone(),
        }
    }

    fn feeds_of(&self, of: &FeedOf, title: &str) -> Vec<FeedLink> {
        let feeds = self.config.feeds.iter().enumerate().filter(|(_, rule)| rule.of == *of);
        let feeds = feeds.filter_map(|(index, rule)| {
            let route = Route::new(format!("/{}", rule.path)).ok()?;
            (self.library.routes.get(&route) == Some(&Page::Feed(index))).then_some((rule, route))
        });
        self.named(feeds.collect::<Vec<_>>().iter().map(|(rule, route)| (*rule, route)), title)
    }

    /// Returns links to the feeds of a term.
    pub(crate) fn term_feed_links(&self, taxonomy: usize, term: usize) -> Vec<FeedLink> {
        let feeds = self.term_feeds.get(&(taxonomy, term)).map(Vec::as_slice).unwrap_or_default();
        let title = format!("{}: {}", self.config.title, self.library.taxonomies[taxonomy].terms[term].name);
        self.named(feeds.iter().map(|(row, route)| (&self.config.feeds[*row], route)), &title)
    }

    /// Returns links to feeds of one thing; where there are several, each is called by its format, too.
    fn named<'a>(&self, feeds: impl ExactSizeIterator<Item = (&'a FeedRule, &'a Route)>, title: &str) -> Vec<FeedLink> {
        let several = feeds.len() > 1;
        let link = |(rule, route): (&FeedRule, &Route)| {
            let format = feed::format(&rule.format);
            let title = if several { format!("{title} ({})", format.title) } else { title.to_owned() };
            self.feed_link(format, title, route)
        };
        feeds.map(link).collect()
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
