//! Owns how a feed is written as JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>), by `serde_json`.
//!
//! A reader takes `content_html` of each item; a feed of summaries has the summary there. Needs no stylesheet: browsers
//! show JSON as it is.

use jiff::Zoned;
use serde::Serialize;

use super::{Entry, Feed, Format, clean};

/// JSON Feed.
pub(super) const FORMAT: Format = Format { name: "json", title: "JSON", mime: "application/feed+json", write };

/// The version that a feed names itself by.
const VERSION: &str = "https://jsonfeed.org/version/1.1";

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: String,
    home_page_url: &'a str,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    language: &'a str,
    authors: Vec<Author>,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    url: &'a str,
    title: String,
    content_html: String,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

fn write(feed: &Feed) -> Vec<u8> {
    let feed = JsonFeed {
        version: VERSION,
        title: clean(&feed.title),
        home_page_url: &feed.home,
        feed_url: &feed.address,
        description: clean(&feed.description),
        language: &feed.language,
        authors: people(&feed.authors),
        items: feed.entries.iter().map(item).collect(),
    };
    let mut bytes = serde_json::to_vec(&feed).expect("a value made of text and lists");
    bytes.push(b'\n');
    bytes
}

fn item(entry: &Entry) -> Item<'_> {
    Item {
        id: clean(&entry.id),
        url: &entry.permalink,
        title: clean(&entry.title),
        content_html: clean(entry.content.as_deref().unwrap_or(&entry.summary)),
        date_published: date(&entry.published),
        date_modified: date(&entry.updated),
        authors: people(&entry.authors),
        tags: entry.categories.iter().map(|category| clean(&category.name)).collect(),
    }
}

fn people(names: &[String]) -> Vec<Author> {
    names.iter().map(|name| Author { name: clean(name) }).collect()
}

fn date(date: &Zoned) -> String {
    date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_feed_says_what_version_1_1_asks_for() {
        let feed: serde_json::Value = serde_json::from_slice(&write(&sample())).unwrap();
        assert_eq!(feed["version"], VERSION);
        assert_eq!(feed["feed_url"], "https://blog.example/feed.xml");
        let item = &feed["items"][0];
        for (key, expected) in [
            ("id", "tag:blog.example,2026-11-05:a"),
            ("url", "https://blog.example/posts/a/"),
            ("date_published", "2026-11-05T09:00:00+01:00"),
            ("date_modified", "2026-11-06T10:00:00+01:00"),
        ] {
            assert_eq!(item[key], expected);
        }
        assert_eq!(item["authors"][1]["name"], "Grace & Co");
        assert_eq!(item["tags"][0], "C & C");
    }

    #[test]
    fn a_feed_of_summaries_has_the_summary_as_content() {
        let mut feed = sample();
        feed.entries[0].content = None;
        let feed: serde_json::Value = serde_json::from_slice(&write(&feed)).unwrap();
        assert_eq!(feed["items"][0]["content_html"], "<p>one &amp; two</p>");
    }
}
