//! Every address of the site and what stands there: sorted layers that are read as one.
//!
//! The layer of what has a source (posts, copied files, redirects) is as long as the blog and rarely changes; the layer of
//! what the engine makes (lists, feeds, the sitemap) changes with every list. An edit shares what it does not touch.

use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::sync::Arc;

use super::Page;
use crate::paths::Route;

/// One layer.
pub(super) type Layer = BTreeMap<Route, Page>;

/// Every address of the site, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// Posts, copied files and redirects.
    pub(super) sourced: Arc<Layer>,
    /// What the engine makes.
    pub(super) made: Arc<Layer>,
    /// What stands in other languages of the site; empty where there is but one.
    pub(super) abroad: Arc<Layer>,
}

impl Routes {
    /// Sorts entries into the two layers.
    pub(super) fn new(entries: impl IntoIterator<Item = (Route, Page)>) -> Self {
        let (sourced, made): (Layer, Layer) = entries.into_iter().partition(|(_, page)| page.has_source());
        Routes { sourced: Arc::new(sourced), made: Arc::new(made), abroad: Arc::default() }
    }

    /// Returns what stands at an address.
    pub fn get(&self, route: &Route) -> Option<&Page> {
        self.sourced.get(route).or_else(|| self.made.get(route)).or_else(|| self.abroad.get(route))
    }

    /// Returns an address and what stands there.
    pub fn get_key_value(&self, route: &Route) -> Option<(&Route, &Page)> {
        let own = self.sourced.get_key_value(route).or_else(|| self.made.get_key_value(route));
        own.or_else(|| self.abroad.get_key_value(route))
    }

    /// Returns whether anything stands at an address.
    pub fn contains_key(&self, route: &Route) -> bool {
        self.get(route).is_some()
    }

    /// Puts something at an address, for tests that need no whole arrangement.
    #[cfg(test)]
    pub(crate) fn insert(&mut self, route: Route, page: Page) {
        let layer = if page.has_source() { &mut self.sourced } else { &mut self.made };
        Arc::make_mut(layer).insert(route, page);
    }

    /// Returns how many addresses there are.
    pub fn len(&self) -> usize {
        self.sourced.len() + self.made.len() + self.abroad.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all of them, sorted.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            sourced: self.sourced.iter().peekable(),
            made: self.made.iter().peekable(),
            abroad: self.abroad.iter().peekable(),
        }
    }

    /// Returns all addresses, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &Route> {
        self.iter().map(|(route, _)| route)
    }

    /// Returns what the engine makes, sorted.
    pub fn made(&self) -> impl Iterator<Item = (&Route, &Page)> {
        self.made.iter()
    }

    /// Returns all but what stands in other languages.
    pub(super) fn own(&self) -> impl Iterator<Item = (&Route, &Page)> {
        self.sourced.iter().chain(self.made.iter())
    }
}

impl std::ops::Index<&Route> for Routes {
    type Output = Page;

    fn index(&self, route: &Route) -> &Page {
        self.get(route).expect("something stands at this address")
    }
}

impl<'a> IntoIterator for &'a Routes {
    type Item = (&'a Route, &'a Page);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// All addresses of both layers, sorted.
pub struct Iter<'a> {
    sourced: Peekable<btree_map::Iter<'a, Route, Page>>,
    made: Peekable<btree_map::Iter<'a, Route, Page>>,
    abroad: Peekable<btree_map::Iter<'a, Route, Page>>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Route, &'a Page);

    fn next(&mut self) -> Option<Self::Item> {
        let layers = [self.sourced.peek(), self.made.peek(), self.abroad.peek()];
        let first = layers.iter().enumerate().filter_map(|(layer, next)| Some((next.as_ref()?.0, layer))).min()?;
        match first.1 {
            0 => self.sourced.next(),
            1 => self.made.next(),
            _ => self.abroad.next(),
        }
    }
}
