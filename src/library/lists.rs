//! Puts posts in order: all of them, by section, by month.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Month, Pager, PostId, Section, Year};
use crate::post::{Kind, Post};

/// Returns the dated posts, newest first, then by title, then by source.
pub(super) fn newest(posts: &[Post]) -> Vec<PostId> {
    let dated = posts.iter().enumerate().filter(|(_, post)| post.kind == Kind::Post);
    let mut keys: Vec<(Reverse<Option<Timestamp>>, &str, PostId)> =
        dated.map(|(index, post)| (Reverse(published(post)), post.title(), PostId(index))).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, _, id)| id).collect()
}

fn published(post: &Post) -> Option<Timestamp> {
    post.front.date.as_ref().map(jiff::Zoned::timestamp)
}

/// Returns each section that has an `_index.md`, with the posts and pages that belong to it.
pub(super) fn sections(posts: &[Post]) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    for (index, post) in posts.iter().enumerate().filter(|(_, post)| post.kind == Kind::Section) {
        sections.insert(post.section.clone(), Section { index: PostId(index), pages: Vec::new() });
    }
    for (index, post) in posts.iter().enumerate() {
        if !matches!(post.kind, Kind::Post | Kind::Page) || post.source.as_str() == "content/404.md" {
            continue;
        }
        let mut name = post.section.as_str();
        loop {
            if let Some(section) = sections.get_mut(name) {
                section.pages.push(PostId(index));
                break;
            }
            name = match name.rsplit_once('/') {
                Some((above, _)) => above,
                // What lies in a folder at the top is not the home page's.
                None => break,
            };
        }
    }
    for section in sections.values_mut() {
        section.pages.sort_by_cached_key(|id| {
            let post = &posts[id.0];
            let weight = post.front.weight.unwrap_or(i64::MAX);
            (weight, Reverse(published(post)), post.title().to_owned(), *id)
        });
    }
    sections
}

/// Returns the posts by year and month of the site's zone.
pub(super) fn archive(posts: &[Post], newest: &[PostId], zone: &TimeZone) -> Vec<Year> {
    let mut years: Vec<Year> = Vec::new();
    for &id in newest {
        let Some(date) = &posts[id.0].front.date else { continue };
        let day = date.timestamp().to_zoned(zone.clone()).date();
        if years.last().is_none_or(|year| year.year != day.year()) {
            years.push(Year { year: day.year(), months: Vec::new() });
        }
        let months = &mut years.last_mut().expect("a year was pushed if there was none").months;
        if months.last().is_none_or(|month| month.month != day.month()) {
            months.push(Month { month: day.month(), posts: Vec::new() });
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
