//! The tree of sections: which ones a page lies in, and which lie right below a section. A folder without an `_index.md`
//! is no part of it.

use super::Library;
use crate::post::{Kind, Post};

impl Library {
    /// Returns the names of the sections that another lies in, from the home page (`""`) down; none for the home page.
    pub fn sections_above(&self, name: &str) -> Vec<&str> {
        if name.is_empty() {
            return Vec::new();
        }
        let ends = name.match_indices('/').map(|(at, _)| &name[..at]);
        std::iter::once("")
            .chain(ends.filter_map(|above| Some(self.sections.get_key_value(above)?.0.as_str())))
            .collect()
    }

    /// Returns the names of the sections that a page lies in, from the home page down to its own.
    pub fn way_to(&self, post: &Post) -> Vec<&str> {
        let mut way = self.sections_above(&post.section);
        let own = self.sections.get_key_value(&post.section).filter(|(name, _)| !name.is_empty());
        match post.kind {
            Kind::Section => {}
            _ if way.is_empty() => way.push(""),
            _ => way.extend(own.map(|(name, _)| name.as_str())),
        }
        way
    }

    /// Returns the names of the sections right below one, by weight, then by title.
    pub fn sections_below(&self, name: &str) -> Vec<&str> {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}/") };
        let within = self.sections.range(prefix.clone()..).map(|(below, _)| below.as_str());
        let mut below: Vec<&str> = within
            .take_while(|below| below.starts_with(&prefix))
            .filter(|below| !below.is_empty() && self.sections_above(below).last() == Some(&name))
            .collect();
        let order = |name: &str| {
            let index = self.post(self.sections[name].index);
            (index.front.weight.unwrap_or(i64::MAX), index.title().to_lowercase())
        };
        below.sort_by_cached_key(|name| order(name));
        below
    }
}
