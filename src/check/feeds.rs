//! Owns the reading back of feeds: what an independent reader makes of the written bytes.
//!
//! `rss` and `atom_syndication` write them, `feed-rs` reads them here. Asks what readers trip over:
//! ids, dates, links that are relative, characters that XML forbids, entries that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use feed_rs::model::{Entry, FeedType};
use url::Url;

use super::resolve::{Site, Target};
use super::{Evidence, page};
use crate::diagnostic::{Diagnostic, Place};

/// One feed, reduced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its path in the folder.
    pub path: String,
    /// Why no reader can read it, if none can.
    pub unreadable: Option<String>,
    /// Its entries, in order.
    pub entries: Vec<FeedEntry>,
    /// Whether its entries need a date of their last change: Atom's do.
    pub needs_updated: bool,
}

/// One entry of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its name for people: its title, or its place.
    pub name: String,
    /// Its id; nothing if there is none.
    pub id: Option<String>,
    /// Whether it has the dates that its format asks for.
    pub dated: bool,
    /// Where its link points, if that is no written page, and why.
    pub astray: Option<String>,
    /// Addresses in its text that are relative: to what, no reader knows.
    pub relative: Vec<String>,
}

/// Returns whether a file is a feed by what it starts with.
pub fn is_feed(bytes: &[u8]) -> bool {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice::<serde_json::Value>(bytes).is_ok_and(|value| {
            value["version"].as_str().is_some_and(|version| version.contains("://jsonfeed.org/version/"))
        });
    }
    root(bytes).is_some_and(|root| matches!(root.as_str(), "rss" | "feed" | "RDF"))
}

/// Returns whether a file is a sitemap, or an index of them.
pub fn is_sitemap(bytes: &[u8]) -> bool {
    root(bytes).is_some_and(|root| matches!(root.as_str(), "urlset" | "sitemapindex"))
}

/// Returns the local name of the first element.
fn root(bytes: &[u8]) -> Option<String> {
    let text = page::text(bytes);
    let mut reader = quick_xml::Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag)) => {
                return Some(tag.local_name().as_ref().to_owned());
            }
            Ok(quick_xml::events::Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Returns the entries of a feed in its order: where each leads, and its id as written.
pub fn identities(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| NO_ID.to_owned()).build();
    let feed = parser.parse(bytes).map_err(|error| error.to_string())?;
    let entry = |entry: &Entry| {
        let link = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"))?;
        (entry.id != NO_ID).then(|| (link.href.clone(), entry.id.trim().to_owned()))
    };
    Ok(feed.entries.iter().filter_map(entry).collect())
}

/// One entry of a feed, as a reader shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Where it leads.
    pub link: String,
    /// Its id as written; empty if there is none.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The day on which it was published, or else changed, in UTC: `2011-02-03`; empty if neither is said.
    pub day: String,
    /// Its whole text as HTML, if the feed has that.
    pub content: Option<String>,
}

/// Returns what a reader shows of a feed.
pub fn shown(bytes: &[u8]) -> Result<Vec<Shown>, String> {
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| NO_ID.to_owned()).build();
    let feed = parser.parse(bytes).map_err(|error| error.to_string())?;
    let entry = |entry: &Entry| {
        let link = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"))?;
        let day = entry.published.or(entry.updated).map(|time| time.format("%Y-%m-%d").to_string());
        Some(Shown {
            link: link.href.clone(),
            id: if entry.id == NO_ID { String::new() } else { entry.id.trim().to_owned() },
            title: entry.title.as_ref().map(|title| title.content.trim().to_owned()).unwrap_or_default(),
            day: day.unwrap_or_default(),
            content: entry.content.as_ref().and_then(|content| content.body.clone()),
        })
    };
    Ok(feed.entries.iter().filter_map(entry).collect())
}

/// What stands in for an id that a feed does not give.
const NO_ID: &str = "\u{0}none";

/// Reads a feed.
pub(super) fn read(path: &str, bytes: &[u8], site: &Site<'_>) -> Feed {
    let feed = Feed { path: path.to_owned(), unreadable: None, entries: Vec::new(), needs_updated: false };
    if let Some(character) = forbidden_character(bytes) {
        let code = u32::from(character);
        return Feed { unreadable: Some(format!("it holds the control character U+{code:04X}")), ..feed };
    }
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| NO_ID.to_owned()).build();
    match parser.parse(bytes) {
        Err(error) => Feed { unreadable: Some(error.to_string()), ..feed },
        Ok(parsed) => {
            let needs_updated = parsed.feed_type == FeedType::Atom;
            let entries = parsed.entries.iter().enumerate();
            let entries = entries.map(|(index, entry)| reduce(index, entry, needs_updated, site)).collect();
            Feed { entries, needs_updated, ..feed }
        }
    }
}

fn reduce(index: usize, entry: &Entry, needs_updated: bool, site: &Site<'_>) -> FeedEntry {
    let title = entry.title.as_ref().map(|title| title.content.trim()).filter(|title| !title.is_empty());
    let texts = [
        entry.content.as_ref().and_then(|content| content.body.as_ref()),
        entry.summary.as_ref().map(|text| &text.content),
    ];
    let mut relative: Vec<String> = texts.into_iter().flatten().flat_map(|text| relative_addresses(text)).collect();
    let main = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    relative.extend(entry.links.iter().map(|link| &link.href).filter(|href| Url::parse(href).is_err()).cloned());
    relative.sort();
    relative.dedup();
    FeedEntry {
        name: title.map_or_else(|| format!("entry {}", index + 1), |title| format!("`{title}`")),
        id: Some(entry.id.trim().to_owned()).filter(|id| !id.is_empty() && id != NO_ID),
        dated: if needs_updated { entry.updated.is_some() } else { entry.published.or(entry.updated).is_some() },
        astray: match main.map(|link| link.href.as_str()) {
            None => Some("it has no link".to_owned()),
            Some(href) => match site.resolve(site.base_url().url(), href) {
                Target::Nothing(_) => Some(format!("its link `{href}` is not among the written files")),
                Target::File(..) | Target::Elsewhere => None,
            },
        },
        relative,
    }
}

/// Returns the addresses in a piece of HTML that have no scheme.
fn relative_addresses(html: &str) -> Vec<String> {
    let facts = page::read(html.as_bytes());
    let links = facts.links.into_iter().map(|link| link.target);
    // A fragment leads to the entry's own footnotes.
    links.filter(|target| !target.starts_with('#') && Url::parse(target).is_err()).collect()
}

/// Returns the first character that XML 1.0 forbids, written as itself or as a reference.
fn forbidden_character(bytes: &[u8]) -> Option<char> {
    let text = page::text(bytes);
    let forbidden = |character: &char| match character {
        '\t' | '\n' | '\r' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        character => *character < ' ',
    };
    let references = text.match_indices("&#").filter_map(|(start, _)| {
        let (number, _) = text[start + 2..].split_once(';').filter(|(number, _)| number.len() <= 8)?;
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        char::from_u32(code)
    });
    text.chars().find(forbidden).or_else(|| references.into_iter().find(forbidden))
}

/// Says which feeds no reader can read.
pub(super) fn unreadable(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let wrong = evidence.feeds.iter().filter_map(|feed| Some((feed, feed.unreadable.as_ref()?)));
    wrong
        .map(|(feed, why)| {
            Diagnostic::error("feed/unreadable", format!("feed readers cannot read this feed: {why}"))
                .at(Place::file(&feed.path))
        })
        .collect()
}

/// Says which configured feeds are missing or hold more entries than is set, or none.
pub(super) fn count(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for rule in evidence.config.feeds_everywhere() {
        let path = rule.path.trim_start_matches('/');
        let Some(feed) = evidence.feeds.iter().find(|feed| feed.path == path) else {
            let known = evidence.files.contains_key(path);
            let found = if known { "no feed stands there" } else { "it is not among the written files" };
            // Without our manifest this folder need not have been made from this site.toml.
            if evidence.manifest.is_some() {
                let message = format!("site.toml asks for a feed at `{path}`, but {found}");
                findings.push(Diagnostic::error("feed/count", message).at(Place::file(path)));
            }
            continue;
        };
        if feed.unreadable.is_none() && feed.entries.len() > rule.limit {
            let message = format!("the feed has {} entries; its limit is {}", feed.entries.len(), rule.limit);
            findings.push(Diagnostic::error("feed/count", message).at(Place::file(path)));
        }
    }
    findings
}

/// Says which entries have no id, or one that another entry of the same feed has.
pub(super) fn ids(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    entries(evidence, "feed/id", |feed| {
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        let problem = |entry: &'_ FeedEntry, other: Option<&str>| match (&entry.id, other) {
            (None, _) => Some(format!("{} has no id; readers would show it again and again", entry.name)),
            (Some(id), Some(other)) => {
                Some(format!("{} has the id `{id}` of {other}; readers show one of them", entry.name))
            }
            (Some(_), None) => None,
        };
        let mut problems = Vec::new();
        for entry in &feed.entries {
            let other = entry.id.as_deref().and_then(|id| known.insert(id, &entry.name));
            problems.extend(problem(entry, other));
        }
        problems
    })
}

/// Says which entries have no date, or none that can be read.
pub(super) fn dates(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    entries(evidence, "feed/date", |feed| {
        let wanted = if feed.needs_updated { "`updated`" } else { "`pubDate`" };
        let undated = feed.entries.iter().filter(|entry| !entry.dated);
        undated.map(|entry| format!("{} has no readable {wanted} date", entry.name)).collect()
    })
}

/// Says which entries name relative addresses.
pub(super) fn relative(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    entries(evidence, "feed/relative", |feed| {
        let mut problems = Vec::new();
        for entry in &feed.entries {
            let addresses = entry.relative.iter().map(|address| format!("`{address}`"));
            problems.extend(addresses.map(|address| format!("{} names the relative address {address}", entry.name)));
        }
        problems
    })
}

/// Says which entries lead nowhere.
pub(super) fn astray(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    entries(evidence, "feed/link", |feed| {
        let astray = feed.entries.iter().filter_map(|entry| Some((entry, entry.astray.as_ref()?)));
        astray.map(|(entry, why)| format!("{} leads nowhere: {why}", entry.name)).collect()
    })
}

/// Makes one finding of a feed's problems; the same problem in many feeds is said once.
fn entries(evidence: &Evidence<'_>, code: &'static str, problems: impl Fn(&Feed) -> Vec<String>) -> Vec<Diagnostic> {
    let mut by_problem: BTreeMap<Vec<String>, BTreeSet<&str>> = BTreeMap::new();
    for feed in &evidence.feeds {
        let found = problems(feed);
        if !found.is_empty() {
            by_problem.entry(found).or_default().insert(&feed.path);
        }
    }
    let finding = |(problems, paths): (Vec<String>, BTreeSet<&str>)| {
        let (first, rest) = problems.split_first().expect("only feeds with a problem are kept");
        let mut paths = paths.into_iter();
        let start = Diagnostic::error(code, first.clone()).at(Place::file(paths.next().unwrap_or_default()));
        let shown = rest.iter().take(4).fold(start, |diagnostic, problem| diagnostic.with(problem.clone()));
        let shown = if rest.len() > 4 { shown.with(format!("and {} more", rest.len() - 4)) } else { shown };
        match paths.count() {
            0 => shown,
            more => shown.with(format!("the same in {more} more feeds")),
        }
    };
    by_problem.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::BaseUrl;

    fn feed(text: &str) -> Feed {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let site = Site::new(&base, ["index.html", "a/index.html"], None, Vec::new());
        read("feed.xml", text.as_bytes(), &site)
    }

    fn rss(item: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><link>https://blog.example/</link>\
             <description>d</description><item><title>One</title>{item}</item></channel></rss>"
        )
    }

    const GOOD: &str = "<guid isPermaLink=\"false\">tag:blog.example,2026-01-01:one</guid><pubDate>Thu, 01 Jan 2026 10:00:00 \
                        +0000</pubDate><link>https://blog.example/a/</link>";

    #[test]
    fn a_good_entry_has_nothing_to_say() {
        let feed = feed(&rss(&format!(
            "{GOOD}<description>&lt;a href=\"https://x.example/\"&gt;x&lt;/a&gt; &lt;a href=\"#fn1\"&gt;1&lt;/a&gt;</description>"
        )));
        assert_eq!(feed.unreadable, None);
        let expected = FeedEntry {
            name: "`One`".to_owned(),
            id: Some("tag:blog.example,2026-01-01:one".to_owned()),
            dated: true,
            astray: None,
            relative: Vec::new(),
        };
        assert_eq!(feed.entries, [expected]);
    }

    #[test]
    fn what_readers_trip_over_is_found() {
        let feed = feed(&rss(
            "<pubDate>yesterday</pubDate><link>https://blog.example/b/</link><description>&lt;img src=\"/x.png\"&gt;&lt;a href=\"b/\"&gt;</description>",
        ));
        let entry = &feed.entries[0];
        assert_eq!((entry.id.as_deref(), entry.dated), (None, false));
        assert!(entry.astray.as_deref().unwrap().contains("/b/"));
        assert_eq!(entry.relative, ["/x.png", "b/"]);
    }

    #[test]
    fn an_atom_entry_needs_the_date_of_its_last_change() {
        let entry = |dates: &str| {
            let text = format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>x</id><updated>2026-01-01T00:00:00Z</updated>\
                 <entry><title>One</title><id>y</id>{dates}<link href=\"https://blog.example/a/\"/></entry></feed>"
            );
            feed(&text).entries[0].dated
        };
        assert!(entry("<updated>2026-01-01T00:00:00Z</updated>"));
        assert!(!entry("<published>2026-01-01T00:00:00Z</published>"));
    }

    #[test]
    fn a_json_feed_is_read_like_the_others() {
        let item = |more: &str| {
            format!(
                "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{{\"id\":\"tag:x,2026:a\",\
                 \"title\":\"One\",{more}}}]}}"
            )
        };
        let good = item(
            "\"url\":\"https://blog.example/a/\",\"content_html\":\"<p>x</p>\",\"date_published\":\"2026-01-01T00:00:00Z\"",
        );
        assert!(is_feed(good.as_bytes()));
        assert!(!is_feed(b"{\"version\": 1}") && !is_feed(b"{"));
        let entry = feed(&good).entries.remove(0);
        assert_eq!((entry.id.as_deref(), entry.dated, entry.astray), (Some("tag:x,2026:a"), true, None));
        let bad = item("\"url\":\"https://blog.example/b/\",\"content_html\":\"<img src='/x.png'>\"");
        let entry = feed(&bad).entries.remove(0);
        assert_eq!((entry.dated, entry.relative), (false, vec!["/x.png".to_owned()]));
        assert!(entry.astray.is_some());
    }

    #[test]
    fn control_characters_and_broken_markup_make_a_feed_unreadable() {
        for text in [
            rss("<description>a\u{8}b</description>"),
            rss("<description>&#x8;</description>"),
            rss("<b>"),
            "{".to_owned(),
            String::new(),
        ] {
            assert!(feed(&text).unreadable.is_some(), "{text}");
        }
    }

    #[test]
    fn a_file_is_a_feed_or_a_sitemap_by_its_first_element() {
        assert!(is_feed(rss("").as_bytes()));
        assert!(is_feed(b"<?xml version='1.0'?><!-- x --><feed xmlns='http://www.w3.org/2005/Atom'/>"));
        assert!(is_sitemap(b"<urlset/>"));
        assert!(!is_feed(b"<html>") && !is_feed(b"") && !is_feed(b"\xff"));
    }
}
