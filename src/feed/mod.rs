//! Owns the feeds: what one is, whatever its format, and how each format writes it.
//!
//! Gives [`FORMATS`] and the ids of posts. Takes finished text only: it knows no template, no library, no clock. Whatever
//! it writes is well-formed: characters that XML does not have are left out, and links in a post are absolute.
//!
//! To add a format: write `feed/NAME.rs` with a `const FORMAT: Format`, and a row in [`FORMATS`].

mod absolute;
mod atom;
pub(crate) mod id;
mod json;
mod rss;

use jiff::Zoned;

pub(crate) use absolute::absolute;
pub use id::{feed_id, post_id};

/// One way of writing a feed.
pub struct Format {
    /// Its name in `site.toml`: `rss`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its media type.
    pub mime: &'static str,
    /// Writes it.
    pub write: fn(&Feed) -> Vec<u8>,
}

/// All formats.
pub const FORMATS: &[Format] = &[rss::FORMAT, atom::FORMAT, json::FORMAT];

/// Returns the format of a name; `site.toml` is refused if it asks for another, so the first one stands in.
pub fn format(name: &str) -> &'static Format {
    FORMATS.iter().find(|format| format.name == name).unwrap_or(&FORMATS[0])
}

/// One feed, before it has a format.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its name.
    pub title: String,
    /// One sentence about it; may be empty.
    pub description: String,
    /// The page that it is the feed of.
    pub home: String,
    /// Its own address.
    pub address: String,
    /// Its id, which no change of address changes.
    pub id: String,
    /// A BCP 47 tag.
    pub language: String,
    /// When one of its entries last changed; nothing where there is none.
    pub updated: Option<Zoned>,
    /// The link to the stylesheet by which a browser shows it, if there is one; for formats that are XML.
    pub stylesheet: Option<String>,
    /// Who writes on the site.
    pub authors: Vec<String>,
    /// The posts, newest first.
    pub entries: Vec<Entry>,
}

/// One post in a feed. All HTML has absolute links.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its title, as plain text.
    pub title: String,
    /// Its address.
    pub permalink: String,
    /// Its id, by [`post_id`].
    pub id: String,
    /// When it was published.
    pub published: Zoned,
    /// When it last changed.
    pub updated: Zoned,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its terms.
    pub categories: Vec<Category>,
    /// Its summary as HTML; may be empty.
    pub summary: String,
    /// All of it as HTML, if the feed is a full one.
    pub content: Option<String>,
}

/// One term of a post.
#[derive(Debug, Clone)]
pub struct Category {
    /// As written: `Rust`.
    pub name: String,
    /// As it stands in addresses: `rust`.
    pub slug: String,
    /// The address of its taxonomy, if that has one.
    pub scheme: Option<String>,
}

/// Puts a processing instruction after the XML declaration that names the stylesheet of a feed.
fn with_stylesheet(bytes: Vec<u8>, feed: &Feed) -> Vec<u8> {
    let end = bytes.windows(2).position(|two| two == b"?>").map_or(0, |at| at + 2);
    let Some(stylesheet) = &feed.stylesheet else { return bytes };
    let stylesheet = stylesheet.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let instruction = format!("\n<?xml-stylesheet type=\"text/xsl\" href=\"{stylesheet}\"?>");
    [&bytes[..end], instruction.as_bytes(), &bytes[end..]].concat()
}

/// Returns a text without the characters that XML 1.0 does not have, and without other control characters.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|character| matches!(character, '\t' | '\n') || allowed(*character)).collect()
}

fn allowed(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A feed with one entry that holds whatever could break it.
    pub(crate) fn sample() -> Feed {
        let published: Zoned = "2026-11-05T09:00:00+01:00[Europe/Brussels]".parse().unwrap();
        let updated: Zoned = "2026-11-06T10:00:00+01:00[Europe/Brussels]".parse().unwrap();
        Feed {
            title: "Tom & <Jerry>".to_owned(),
            description: "About ]]> it".to_owned(),
            home: "https://blog.example/".to_owned(),
            address: "https://blog.example/feed.xml".to_owned(),
            id: feed_id("blog.example", "feed.xml"),
            language: "en-GB".to_owned(),
            updated: Some(updated.clone()),
            stylesheet: Some("/blog/feed.xsl".to_owned()),
            authors: vec!["Ada".to_owned()],
            entries: vec![Entry {
                title: "A \u{b}<script>alert(1)</script> & \u{0}more".to_owned(),
                permalink: "https://blog.example/posts/a/".to_owned(),
                id: "tag:blog.example,2026-11-05:a".to_owned(),
                published,
                updated,
                authors: vec!["Ada".to_owned(), "Grace & Co".to_owned()],
                categories: vec![Category {
                    name: "C & C".to_owned(),
                    slug: "c-c".to_owned(),
                    scheme: Some("https://blog.example/tags/".to_owned()),
                }],
                summary: "<p>one &amp; two</p>".to_owned(),
                content: Some("<p>one &amp; two ]]&gt; ]]> \u{1}\u{ffff}three</p>".to_owned()),
            }],
        }
    }

    #[test]
    fn the_names_of_formats_are_unique() {
        for (index, format) in FORMATS.iter().enumerate() {
            assert!(FORMATS[index + 1..].iter().all(|other| other.name != format.name));
        }
    }

    #[test]
    fn control_characters_never_reach_a_feed() {
        for format in FORMATS {
            let text = String::from_utf8((format.write)(&sample())).unwrap();
            assert!(text.chars().all(|character| character == '\n' || allowed(character)), "{}: {text}", format.name);
            assert!(text.contains("three"), "{}: {text}", format.name);
        }
    }

    #[test]
    fn a_stylesheet_is_named_once_and_before_the_feed_begins() {
        for format in FORMATS.iter().filter(|format| format.name != "json") {
            let text = String::from_utf8((format.write)(&sample())).unwrap();
            let at = text.find("<?xml-stylesheet type=\"text/xsl\" href=\"/blog/feed.xsl\"?>").unwrap();
            assert!(text.starts_with("<?xml ") && at < text.find("<rss").or(text.find("<feed")).unwrap(), "{text}");
            let plain = String::from_utf8((format.write)(&Feed { stylesheet: None, ..sample() })).unwrap();
            assert!(!plain.contains("xml-stylesheet") && plain.len() < text.len());
        }
    }

    #[test]
    fn the_same_feed_gives_the_same_bytes() {
        for format in FORMATS {
            assert_eq!((format.write)(&sample()), (format.write)(&sample()));
        }
    }
}
