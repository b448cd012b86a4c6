//! Tells where a post is listed and which feeds quote it.

use super::{Library, Page, PostId};
use crate::config::{Config, FeedOf, FeedRule};
use crate::paths::Route;

impl Library {
    /// Returns the place, among all posts, of a post, or of the first one of a list; nothing for what shows no posts.
    pub fn rank(&self, page: &Page) -> Option<usize> {
        let first = match page {
            Page::Post(id) => *id,
            Page::Home(pager) => *self.newest.get(pager.start)?,
            Page::Section(name, pager) => *self.sections.get(name)?.pages.get(pager.start)?,
            Page::Term(taxonomy, term, pager) => *self.taxonomies[*taxonomy].terms[*term].posts.get(pager.start)?,
            _ => return None,
        };
        self.position(first)
    }

    /// Returns the posts that a feed of the site or of a section quotes, newest first; none for that of a taxonomy.
    pub fn quoted_of_site(&self, rule: &FeedRule) -> Vec<PostId> {
        let native = |id: &PostId| self.is_native(*id);
        match &rule.of {
            FeedOf::Site => self.newest.iter().copied().filter(native).take(rule.limit).collect(),
            FeedOf::Section(section) => self.newest_in(section).filter(native).take(rule.limit).collect(),
            FeedOf::Terms(_) => Vec::new(),
        }
    }

    /// Returns the posts that the feed of a term quotes, newest first: a series is read from its beginning, but a feed shows
    /// what is new.
    pub fn quoted_of_term(&self, rule: &FeedRule, posts: &[PostId]) -> Vec<PostId> {
        let mut newest: Vec<PostId> = posts.iter().copied().filter(|id| self.is_native(*id)).collect();
        newest.sort_by_key(|id| self.position(*id));
        newest.truncate(rule.limit);
        newest
    }

    /// Returns the lists, archives and feeds of this language that name a post or page, by address.
    pub fn places<'l>(&'l self, config: &'l Config, id: PostId) -> impl Iterator<Item = (&'l Route, &'l Page)> {
        let day = self.index.months.get(id.0).copied().flatten();
        self.routes.made().filter(move |(_, page)| match page {
            Page::Home(pager) => self.newest[pager.start..pager.end].contains(&id),
            Page::Section(name, pager) => {
                self.sections.get(name).is_some_and(|section| section.pages[pager.start..pager.end].contains(&id))
            }
            Page::Term(taxonomy, term, pager) => {
                self.taxonomies[*taxonomy].terms[*term].posts[pager.start..pager.end].contains(&id)
            }
            Page::Archive(None, _) => day.is_some(),
            Page::Archive(Some(year), None) => day.is_some_and(|(of, _)| of == *year),
            Page::Archive(Some(year), Some(month)) => day == Some((*year, *month)),
            Page::Feed(row) => self.quoted_of_site(&config.feeds[*row]).contains(&id),
            Page::TermFeed(row, taxonomy, term) => {
                let posts = &self.taxonomies[*taxonomy].terms[*term].posts;
                posts.contains(&id) && self.quoted_of_term(&config.feeds[*row], posts).contains(&id)
            }
            _ => false,
        })
    }
}
