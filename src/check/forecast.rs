//! Owns the question what subscribers will see when a built feed takes the place of the one they read now.
//!
//! Both are read by `feed-rs`, as a reader would. Readers know an entry by its id alone: an old post under another id is shown
//! again, to everybody, and that is what this looks for. Refuses to guess what a single program does with dates.

use std::collections::{BTreeMap, BTreeSet};

use feed_rs::model::Entry;

/// What subscribers will see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Entries that they have never seen: titles.
    pub new: Vec<String>,
    /// Entries that they have, with another text, title or date of change: titles.
    pub updated: Vec<String>,
    /// Entries that they have, and will be shown again.
    pub resent: Vec<Resent>,
    /// Entries that they have and that are not in the feed any more, though newer than its end: title and id.
    pub lost: Vec<(String, String)>,
    /// How many stay as they are.
    pub same: usize,
}

/// An old entry under a new id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resent {
    /// Its title.
    pub title: String,
    /// Its link in the built feed.
    pub link: String,
    /// The id that readers know.
    pub was: String,
    /// The id that they will be given.
    pub is: String,
}

/// What stands in for an id that a feed does not give.
const NO_ID: &str = "\u{0}none";

/// Holds a built feed against the one that is live; an error names the one that cannot be read.
pub fn forecast(live: &[u8], built: &[u8]) -> Result<Forecast, String> {
    let live = read(live).map_err(|why| format!("the live feed cannot be read: {why}"))?;
    let built = read(built).map_err(|why| format!("the built feed cannot be read: {why}"))?;
    let known: BTreeMap<&str, &Entry> = live.iter().map(|entry| (identity(entry), entry)).collect();
    let kept: BTreeSet<&str> = built.iter().map(identity).collect();
    // Old entries whose id is not there any more: one of them may be there under another.
    let mut gone: Vec<&Entry> = live.iter().filter(|entry| !kept.contains(identity(entry))).collect();
    let mut forecast = Forecast::default();
    for entry in &built {
        if let Some(old) = known.get(identity(entry)) {
            match is_same(old, entry) {
                true => forecast.same += 1,
                false => forecast.updated.push(title(entry)),
            }
            continue;
        }
        match gone.iter().position(|old| is_one(old, entry)) {
            Some(index) => {
                let old = gone.remove(index);
                let (was, is) = (shown(old), shown(entry));
                forecast.resent.push(Resent { title: title(entry), link: link(entry).to_owned(), was, is });
            }
            None => forecast.new.push(title(entry)),
        }
    }
    // What is older than the last entry fell off the end, as it must.
    let end = built.iter().filter_map(date).min();
    let is_lost = |entry: &&Entry| match (date(entry), end) {
        (Some(date), Some(end)) => date >= end,
        (_, None) => true,
        (None, Some(_)) => false,
    };
    forecast.lost = gone.into_iter().filter(is_lost).map(|entry| (title(entry), shown(entry))).collect();
    Ok(forecast)
}

fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| NO_ID.to_owned()).build();
    parser.parse(bytes).map(|feed| feed.entries).map_err(|error| error.to_string())
}

/// Returns what readers know an entry by: its id, else its link.
fn identity(entry: &Entry) -> &str {
    match entry.id.trim() {
        "" | NO_ID => link(entry),
        id => id,
    }
}

fn shown(entry: &Entry) -> String {
    identity(entry).to_owned()
}

fn link(entry: &Entry) -> &str {
    let main = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    main.map_or("", |link| link.href.as_str())
}

fn title(entry: &Entry) -> String {
    let title = entry.title.as_ref().map(|title| title.content.trim()).filter(|title| !title.is_empty());
    title.unwrap_or_else(|| identity(entry)).to_owned()
}

fn date(entry: &Entry) -> Option<i64> {
    entry.published.or(entry.updated).map(|date| date.timestamp())
}

/// Returns whether two entries are one post: the same link, or the same title and date.
fn is_one(one: &Entry, other: &Entry) -> bool {
    let same_link = !link(one).is_empty() && link(one) == link(other);
    same_link || (title(one) == title(other) && date(one).is_some() && date(one) == date(other))
}

fn is_same(one: &Entry, other: &Entry) -> bool {
    let text = |entry: &Entry| {
        let content = entry.content.as_ref().and_then(|content| content.body.clone());
        (content, entry.summary.as_ref().map(|summary| summary.content.clone()))
    };
    let updated = |entry: &Entry| entry.updated.map(|date| date.timestamp());
    title(one) == title(other) && updated(one) == updated(other) && text(one) == text(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(entries: &[(&str, &str, u8, &str)]) -> String {
        let item = |(id, name, day, text): &(&str, &str, u8, &str)| {
            format!(
                "<item><title>{name}</title><link>https://b.example/{name}/</link><guid isPermaLink=\"false\">{id}</guid>\
                 <pubDate>{day:02} Jan 2026 00:00:00 +0000</pubDate><description>{text}</description></item>"
            )
        };
        let items: String = entries.iter().map(item).collect();
        format!(
            "<rss version=\"2.0\"><channel><title>B</title><link>https://b.example/</link><description/>{items}</channel></rss>"
        )
    }

    fn of(live: &[(&str, &str, u8, &str)], built: &[(&str, &str, u8, &str)]) -> Forecast {
        forecast(feed(live).as_bytes(), feed(built).as_bytes()).unwrap()
    }

    #[test]
    fn new_updated_and_resent_entries_are_told_apart() {
        let live = [("c", "C", 3, "x"), ("b", "B", 2, "x"), ("a", "A", 1, "x")];
        let told = of(&live, &[("d", "D", 4, "x"), ("c", "C", 3, "y"), ("b2", "B", 2, "x"), ("a", "A", 1, "x")]);
        assert_eq!((told.new, told.updated, told.same), (vec!["D".to_owned()], vec!["C".to_owned()], 1));
        assert_eq!((told.resent[0].was.as_str(), told.resent[0].is.as_str()), ("b", "b2"));
        assert!(told.lost.is_empty());
    }

    #[test]
    fn what_falls_off_the_end_is_not_lost_and_what_vanishes_before_it_is() {
        let live = [("c", "C", 3, "x"), ("b", "B", 2, "x"), ("a", "A", 1, "x")];
        assert!(of(&live, &[("d", "D", 4, "x"), ("c", "C", 3, "x"), ("b", "B", 2, "x")]).lost.is_empty());
        assert_eq!(of(&live, &[("c", "C", 3, "x"), ("a", "A", 1, "x")]).lost, [("B".to_owned(), "b".to_owned())]);
        assert_eq!(of(&live, &[]).lost.len(), 3);
    }

    #[test]
    fn what_is_no_feed_is_named() {
        let good = feed(&[]);
        assert!(forecast(b"<html>", good.as_bytes()).unwrap_err().starts_with("the live feed"));
        assert!(forecast(good.as_bytes(), b"").unwrap_err().starts_with("the built feed"));
    }
}
