//! Owns how a feed is written as Atom (RFC 4287), by the crate `atom_syndication`.

use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, FixedDateTime, Generator, Link, Person, Text,
};
use jiff::Zoned;

use super::{Entry, Feed, Format, clean, with_stylesheet};

/// Atom.
pub(super) const FORMAT: Format = Format { name: "atom", title: "Atom", mime: "application/atom+xml", write };

fn write(feed: &Feed) -> Vec<u8> {
    let atom = AtomFeed {
        title: Text::plain(clean(&feed.title)),
        id: feed.id.clone(),
        updated: feed.updated.as_ref().map(date).unwrap_or_default(),
        authors: people(&feed.authors),
        generator: Some(Generator { value: "Watchpost".to_owned(), ..Generator::default() }),
        links: vec![link("self", &feed.address, FORMAT.mime), link("alternate", &feed.home, "text/html")],
        subtitle: (!feed.description.is_empty()).then(|| Text::plain(clean(&feed.description))),
        entries: feed.entries.iter().map(entry).collect(),
        lang: Some(feed.language.clone()),
        ..AtomFeed::default()
    };
    let mut bytes = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_vec();
    let config = atom_syndication::WriteConfig { write_document_declaration: false, indent_size: None };
    bytes = atom.write_with_config(bytes, config).expect("writing into memory does not fail");
    bytes.push(b'\n');
    with_stylesheet(bytes, feed)
}

fn entry(entry: &Entry) -> AtomEntry {
    AtomEntry {
        title: Text::plain(clean(&entry.title)),
        id: clean(&entry.id),
        updated: date(&entry.updated),
        published: Some(date(&entry.published)),
        authors: people(&entry.authors),
        categories: entry
            .categories
            .iter()
            .map(|category| Category {
                term: clean(&category.slug),
                scheme: category.scheme.clone(),
                label: Some(clean(&category.name)),
            })
            .collect(),
        links: vec![link("alternate", &entry.permalink, "text/html")],
        summary: (!entry.summary.is_empty()).then(|| Text::html(clean(&entry.summary))),
        content: entry.content.as_deref().map(|html| Content {
            value: Some(clean(html)),
            content_type: Some("html".to_owned()),
            ..Content::default()
        }),
        ..AtomEntry::default()
    }
}

fn people(names: &[String]) -> Vec<Person> {
    names.iter().map(|name| Person { name: clean(name), ..Person::default() }).collect()
}

fn link(relation: &str, address: &str, mime: &str) -> Link {
    Link { href: address.to_owned(), rel: relation.to_owned(), mime_type: Some(mime.to_owned()), ..Link::default() }
}

/// Returns a date in its own zone; a year that the format cannot write becomes the start of 1970.
fn date(date: &Zoned) -> FixedDateTime {
    FixedDateTime::parse_from_rfc3339(&date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_feed_says_what_validators_ask_for() {
        let text = String::from_utf8(write(&sample())).unwrap();
        for part in [
            r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">"#,
            "<title>Tom &amp; &lt;Jerry&gt;</title>",
            "<updated>2026-11-06T10:00:00+01:00</updated>",
            "<published>2026-11-05T09:00:00+01:00</published>",
            r#"<link href="https://blog.example/feed.xml" rel="self" type="application/atom+xml"/>"#,
            "<id>tag:blog.example,2026-11-05:a</id>",
            "<author><name>Grace &amp; Co</name></author>",
            r#"<category term="c-c" scheme="https://blog.example/tags/" label="C &amp; C"/>"#,
            r#"<content type="html">&lt;p&gt;one &amp;amp; two"#,
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert_eq!(AtomFeed::read_from(text.as_bytes()).unwrap().entries.len(), 1);
    }

    #[test]
    fn a_feed_without_entries_is_not_dated_by_the_build() {
        let feed = Feed { entries: Vec::new(), updated: None, ..sample() };
        let text = String::from_utf8(write(&feed)).unwrap();
        assert!(text.contains("<updated>1970-01-01T00:00:00+00:00</updated>"), "{text}");
    }
}
