//! Puts posts in order: all of them, by section, by month.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::index::Index;
use super::{Month, Pager, PostId, Section, Year};
use crate::post::{Kind, Post};

/// Returns the dated posts, newest first, then by title, then by source.
pub(super) fn newest(posts: &[Arc<Post>]) -> Vec<PostId> {
    let dated = posts.iter().enumerate().filter(|(_, post)| post.kind == Kind::Post);
    let mut keys: Vec<(Reverse<Option<Timestamp>>, &str, PostId)> =
        dated.map(|(index, post)| (Reverse(published(post)), post.title(), PostId(index))).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, _, id)| id).collect()
}

/// Compares two dated posts: newest first, then by title, then by source.
pub(super) fn by_newest(posts: &[Arc<Post>], one: PostId, other: PostId) -> Ordering {
    let (first, second) = (&posts[one.0], &posts[other.0]);
    let by_date = published(second).cmp(&published(first));
    by_date.then_with(|| first.title().cmp(second.title())).then(one.cmp(&other))
}

/// Compares two pages of a section: by weight, then newest first, then by title, then by source.
pub(super) fn in_section(posts: &[Arc<Post>], one: PostId, other: PostId) -> Ordering {
    let weight = |id: PostId| posts[id.0].front.weight.unwrap_or(i64::MAX);
    weight(one).cmp(&weight(other)).then_with(|| by_newest(posts, one, other))
}

fn published(post: &Post) -> Option<Timestamp> {
    post.front.date.as_ref().map(jiff::Zoned::timestamp)
}

/// Returns each section that has an `_index.md`, with the posts and pages that belong to it.
pub(super) fn sections(posts: &[Arc<Post>]) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    for (index, post) in posts.iter().enumerate().filter(|(_, post)| post.kind == Kind::Section) {
        sections.insert(post.section.clone(), Section { index: PostId(index), pages: Vec::new() });
    }
    for (index, post) in posts.iter().enumerate() {
        if let Some(name) = section_of(&sections, post)
            && let Some(section) = sections.get_mut(name)
        {
            section.pages.push(PostId(index));
        }
    }
    for section in sections.values_mut() {
        section.pages.sort_unstable_by(|one, other| in_section(posts, *one, *other));
    }
    sections
}

/// Returns the section that lists a post or page: the nearest one that has a page of its own.
pub(super) fn section_of<'p>(sections: &BTreeMap<String, Section>, post: &'p Post) -> Option<&'p str> {
    if !matches!(post.kind, Kind::Post | Kind::Page) || post.is_not_found() {
        return None;
    }
    // What lies in a folder at the top is not the home page's.
    let mut up = std::iter::successors(Some(post.section.as_str()), |at| at.rsplit_once('/').map(|(above, _)| above));
    up.find(|name| sections.contains_key(*name))
}

/// Returns the posts by year and month of the site's zone.
pub(super) fn archive(newest: &[PostId], index: &Index) -> Vec<Year> {
    let mut years: Vec<Year> = Vec::new();
    for &id in newest {
        let Some((of_year, of_month)) = index.months[id.0] else { continue };
        if years.last().is_none_or(|year| year.year != of_year) {
            years.push(Year { year: of_year, months: Vec::new() });
        }
        let months = &mut years.last_mut().expect("a year was pushed if there was none").months;
        if months.last().is_none_or(|month| month.month != of_month) {
            months.push(Month { month: of_month, posts: Vec::new() });
        }
        months.last_mut().expect("a month was pushed if there was none").posts.push(id);
    }
    years
}

/// Cuts a list of so many posts into pages; there is always a first.
pub(super) fn pagers(count: usize, on_each: Option<usize>) -> Vec<Pager> {
    let size = on_each.unwrap_or(count).max(1);
    let of = count.div_ceil(size).max(1);
    (1..=of).map(|number| Pager { number, of, start: (number - 1) * size, end: (number * size).min(count) }).collect()
}
