//! Owns how a feed is written as RSS 2.0, by the crate `rss`; what RSS lacks comes from Atom (its own address), Dublin Core
//! (authors without e-mail addresses) and the content module (whole posts).

use std::collections::BTreeMap;

use jiff::Zoned;
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Channel, Guid, Item};

use super::{Entry, Feed, Format, clean, with_stylesheet};

/// RSS 2.0.
pub(super) const FORMAT: Format = Format { name: "rss", title: "RSS", mime: "application/rss+xml", write };

fn write(feed: &Feed) -> Vec<u8> {
    let channel = Channel {
        title: clean(&feed.title),
        link: feed.home.clone(),
        description: clean(if feed.description.is_empty() { &feed.title } else { &feed.description }),
        language: Some(feed.language.to_lowercase()),
        last_build_date: feed.updated.as_ref().map(rfc2822),
        generator: Some("Watchpost".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        items: feed.entries.iter().map(item).collect(),
        extensions: own_address(&feed.address),
        namespaces: namespaces(),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).expect("writing into memory does not fail");
    bytes.push(b'\n');
    with_stylesheet(bytes, feed)
}

fn item(entry: &Entry) -> Item {
    let creators = entry.authors.iter().map(|author| clean(author)).collect();
    Item {
        title: Some(clean(&entry.title)),
        link: Some(entry.permalink.clone()),
        description: Some(clean(&entry.summary)),
        categories: entry
            .categories
            .iter()
            .map(|category| rss::Category { name: clean(&category.name), domain: category.scheme.clone() })
            .collect(),
        guid: Some(Guid { value: clean(&entry.id), permalink: false }),
        pub_date: Some(rfc2822(&entry.published)),
        content: entry.content.as_deref().map(clean),
        dublin_core_ext: Some(DublinCoreExtension { creators, ..DublinCoreExtension::default() }),
        ..Item::default()
    }
}

/// Returns a date as RSS wants it: RFC 822 with a year of four digits.
fn rfc2822(date: &Zoned) -> String {
    date.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// Returns `<atom:link rel="self">`.
fn own_address(address: &str) -> ExtensionMap {
    let attributes = [("href", address), ("rel", "self"), ("type", FORMAT.mime)];
    let link = Extension {
        name: "atom:link".to_owned(),
        attrs: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Extension::default()
    };
    BTreeMap::from([("atom".to_owned(), BTreeMap::from([("link".to_owned(), vec![link])]))])
}

fn namespaces() -> BTreeMap<String, String> {
    [
        ("atom", "http://www.w3.org/2005/Atom"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
    ]
    .map(|(name, address)| (name.to_owned(), address.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_feed_says_what_validators_ask_for() {
        let text = String::from_utf8(write(&sample())).unwrap();
        for part in [
            r#"<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom""#,
            "<title>Tom &amp; &lt;Jerry&gt;</title>",
            "<language>en-gb</language>",
            "<lastBuildDate>Fri, 06 Nov 2026 10:00:00 +0100</lastBuildDate>",
            r#"<atom:link href="https://blog.example/feed.xml" rel="self" type="application/rss+xml"></atom:link>"#,
            r#"<guid isPermaLink="false">tag:blog.example,2026-11-05:a</guid>"#,
            "<pubDate>Thu, 05 Nov 2026 09:00:00 +0100</pubDate>",
            "<dc:creator>Grace &amp; Co</dc:creator>",
            r#"<category domain="https://blog.example/tags/">C &amp; C</category>"#,
            "<title>A &lt;script&gt;alert(1)&lt;/script&gt; &amp; more</title>",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert_eq!(Channel::read_from(text.as_bytes()).unwrap().items.len(), 1);
    }

    #[test]
    fn the_end_of_a_cdata_section_inside_of_a_post_does_not_end_it() {
        let text = String::from_utf8(write(&sample())).unwrap();
        let read = Channel::read_from(text.as_bytes()).unwrap();
        assert_eq!(read.items[0].content(), Some("<p>one &amp; two ]]&gt; ]]> three</p>"));
    }
}
