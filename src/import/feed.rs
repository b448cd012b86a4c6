//! Owns the reading of a blog from one of its feeds, whatever engine wrote it: RSS, Atom or JSON Feed, read by feed-rs.
//!
//! A feed holds what its engine puts into it: often the latest posts only, sometimes summaries only. Both are said.

use std::fs;
use std::path::Path;

use feed_rs::model::{Entry, Feed, Link, Person, Text};
use toml::{Table, Value};

use super::export::{Home, Names, cleaned, forgive_links, last_part, refuse_archive, slug, text, texts};
use super::folder::date;
use super::html::{Options, plain_text, to_markdown};
use super::{Document, Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// The row.
pub(super) const FEED: Importer =
    Importer { name: "feed", title: "a feed", path: "a feed: RSS, Atom or JSON Feed", read };

/// What stands in for an id that a feed does not give.
const NO_ID: &str = "\u{0}none";

fn read(path: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    refuse_archive(path)?;
    let refuse = |why: String| {
        let message = format!("`{}` {why}", path.display());
        let hint = "name a feed that lies here: save it with the browser, or with curl";
        vec![Diagnostic::error("import/from", message).at(Place::file(path.display())).hint(hint)]
    };
    let bytes = fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| NO_ID.to_owned()).build();
    let feed = parser.parse(&bytes[..]).map_err(|error| refuse(format!("is no feed that can be read: {error}")))?;
    let home = Home::new(alternate(&feed.links).unwrap_or_default());
    let mut names = Names::default();
    let mut summaries = 0;
    for (at, entry) in feed.entries.iter().enumerate() {
        let document = document(entry, at, &home, &mut names, &mut summaries, sink);
        sink.document(document)?;
    }
    if summaries > 0 {
        let message =
            format!("{summaries} of {} entries have a summary and no text; the summary came along", feed.entries.len());
        sink.remark(Diagnostic::warning("import/left", message).at(Place::file(path.display())));
    }
    let message = format!(
        "a feed holds what its engine puts into it: these are {} entries, and there may be older posts",
        feed.entries.len()
    );
    sink.remark(Diagnostic::note("import/left", message).at(Place::file(path.display())));
    let mut settings = settings(&feed, &home, sink);
    forgive_links(&mut settings, sink);
    Ok(settings)
}

/// Returns the address of what a feed or an entry is about.
fn alternate(links: &[Link]) -> Option<&str> {
    let is_page = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    links.iter().find(is_page).map(|link| link.href.as_str())
}

fn document(
    entry: &Entry,
    at: usize,
    home: &Home,
    names: &mut Names,
    summaries: &mut usize,
    sink: &mut dyn Sink,
) -> Document {
    let title = entry.title.as_ref().map(words).unwrap_or_default();
    let link = alternate(&entry.links).unwrap_or_default();
    let origin = match (title.is_empty(), link) {
        (false, _) => format!("entry {} (“{title}”)", at + 1),
        (true, "") => format!("entry {}", at + 1),
        (true, link) => format!("entry {} ({link})", at + 1),
    };
    let address = home.address(link).filter(|address| !link.is_empty() && address != "/");
    if address.is_none() {
        let message = format!("{origin} had the address `{link}`, which no page here can have");
        sink.remark(Diagnostic::warning("import/left", message).at(Place::file(&origin)));
    }
    let published = entry.published.or(entry.updated);
    let day = published.map(|time| time.format("%Y-%m-%d").to_string());
    let written = |time: &dyn std::fmt::Display| date(&time.to_string());
    let name = address.as_deref().map(last_part).filter(|name| !name.is_empty()).map(str::to_owned);
    let name = name.unwrap_or_else(|| slug(&title));
    let path = names.post(day.as_deref(), &name);
    let mut front: Vec<(String, Value)> = Vec::new();
    let mut push = |key: &str, value: Value| front.push((key.to_owned(), value));
    if !title.is_empty() {
        push("title", text(&title));
    }
    if let Some(time) = published {
        push("date", written(&time.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    let changed =
        entry.updated.filter(|changed| entry.published.is_some_and(|first| changed.date_naive() > first.date_naive()));
    if let Some(time) = changed {
        push("updated", written(&time.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    if let Some(address) = &address {
        push("path", text(address));
    }
    let id = entry.id.trim();
    if id != NO_ID && !id.is_empty() {
        push("id", text(id));
    }
    let mut tags: Vec<String> = Vec::new();
    for category in &entry.categories {
        let name = plain_text(category.label.as_deref().unwrap_or(&category.term));
        if !name.is_empty() && !tags.contains(&name) {
            tags.push(name);
        }
    }
    if !tags.is_empty() {
        push("tags", texts(tags));
    }
    let authors: Vec<String> = entry.authors.iter().filter_map(author).collect();
    if !authors.is_empty() {
        push("authors", texts(authors));
    }
    let options = Options { address: address.as_deref(), ..Options::default() };
    let whole = entry.content.as_ref().and_then(|content| content.body.clone()).filter(|body| !body.trim().is_empty());
    let summary = entry.summary.as_ref().filter(|summary| !summary.content.trim().is_empty());
    let markdown = |html: String| to_markdown(&cleaned(html).0, options).markdown;
    let of_summary = |summary: &Text| match summary.content_type.subty().as_str() {
        "plain" if !summary.content.contains('<') => markdown(summary.content.replace('&', "&amp;")),
        _ => markdown(summary.content.clone()),
    };
    let body = match (whole, summary) {
        (Some(whole), summary) => {
            if let Some(summary) = summary {
                push("summary", text(of_summary(summary).trim()));
            }
            markdown(whole)
        }
        (None, Some(summary)) => {
            *summaries += 1;
            of_summary(summary)
        }
        (None, None) => String::new(),
    };
    Document { path, front, body, origin, address }
}

fn author(person: &Person) -> Option<String> {
    // RSS has addresses of mail in the place of names: `ada@old.example (Ada)`.
    let name = person.name.as_deref()?;
    let name = name
        .split_once('(')
        .filter(|(mail, _)| mail.is_empty() || mail.contains('@'))
        .map_or(name, |(_, name)| name.trim_end_matches(')'));
    let name = plain_text(name);
    (!name.is_empty() && !name.contains('@') && name != "unknown").then_some(name)
}

/// Returns a text without markup.
fn words(given: &Text) -> String {
    plain_text(&cleaned(given.content.clone()).0)
}

fn settings(feed: &Feed, home: &Home, sink: &mut dyn Sink) -> Settings {
    let mut settings = Settings::default();
    let keys = &mut settings.keys;
    let base = home.base_url();
    if base.is_none() {
        let message = "the feed does not say where the blog stands: write `base_url` in `site.toml`";
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    keys.insert("base_url".to_owned(), text(base.unwrap_or_else(|| "https://blog.example/".to_owned())));
    let title = feed.title.as_ref().map(words).filter(|title| !title.is_empty());
    keys.insert("title".to_owned(), text(title.unwrap_or_else(|| "A blog".to_owned())));
    let about = feed.description.as_ref().map(words).filter(|about| !about.is_empty());
    keys.extend(about.map(|about| ("description".to_owned(), text(about))));
    keys.insert("language".to_owned(), text(feed.language.clone().unwrap_or_else(|| "en".to_owned())));
    keys.insert("timezone".to_owned(), text("UTC"));
    let own =
        feed.links.iter().find(|link| link.rel.as_deref() == Some("self")).and_then(|link| home.address(&link.href));
    match own.filter(|own| own.len() > 1) {
        Some(own) => {
            let path = own.trim_start_matches('/');
            let path = if path.ends_with('/') { format!("{path}index.xml") } else { path.to_owned() };
            let format = match feed.feed_type {
                feed_rs::model::FeedType::Atom => "atom",
                feed_rs::model::FeedType::JSON => "json",
                _ => "rss",
            };
            let row: Table = [("format", format), ("path", path.as_str())]
                .into_iter()
                .map(|(key, value)| (key.to_owned(), text(value)))
                .collect();
            settings.tables.insert("feeds".to_owned(), Value::Array(vec![Value::Table(row)]));
        }
        None => {
            let message = "the feed does not say its own address: write `[[feeds]]` with it in `site.toml`, so that readers find it";
            sink.remark(Diagnostic::warning("import/guessed", message));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::export::tests::Kept;

    fn kept(text: &str) -> Result<Kept, Vec<Diagnostic>> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.xml"), text).unwrap();
        let mut kept = Kept::default();
        kept.settings = (FEED.read)(&folder.path().join("old.xml"), &mut kept)?;
        Ok(kept)
    }

    #[test]
    fn entries_of_rss_keep_address_id_and_time() {
        let kept = kept(
            "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>\
             <title>Old &amp;amp; new</title><link>https://old.example/</link><description>About</description>\
             <atom:link rel=\"self\" href=\"https://old.example/index.xml\"/><item><title>A &lt;b&gt;b&lt;/b&gt;</title>\
             <link>https://old.example/2011/a.html</link><guid isPermaLink=\"false\">tag:1</guid><pubDate>Thu, 10 Mar 2011 23:30:00 +0100</pubDate>\
             <category>Rust</category><author>ada@old.example (Ada)</author><description>Short</description>\
             <content:encoded><![CDATA[<p>Long <a href=\"b.html\">b</a></p>]]></content:encoded></item>\
             <item><title>Second</title><link>https://old.example/?p=2</link><description>Only this</description></item></channel></rss>",
        )
        .unwrap();
        let front: Vec<String> =
            kept.documents[0].front.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        assert_eq!(
            front,
            [
                "title = \"A b\"",
                "date = 2011-03-10T22:30:00Z",
                "path = \"/2011/a.html\"",
                "id = \"tag:1\"",
                "tags = [\"Rust\"]",
                "authors = [\"Ada\"]",
                "summary = \"Short\"",
            ]
        );
        assert_eq!(kept.documents[0].path, "content/posts/2011-03-10-a.md");
        assert_eq!(kept.documents[0].body, "Long [b](/2011/b.html)\n");
        assert_eq!(
            (kept.documents[1].path.as_str(), kept.documents[1].body.as_str()),
            ("content/posts/second.md", "Only this\n")
        );
        assert!(kept.says("1 of 2 entries have a summary") && kept.says("`https://old.example/?p=2`"));
        let feeds = kept.settings.tables["feeds"].as_array().unwrap();
        assert_eq!((feeds[0]["format"].as_str(), feeds[0]["path"].as_str()), (Some("rss"), Some("index.xml")));
        assert_eq!(kept.settings.keys["title"].as_str(), Some("Old & new"));
    }

    #[test]
    fn entries_of_atom_and_of_json_are_read_too() {
        let atom = kept(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Old</title><id>x</id><updated>2012-01-02T08:00:00Z</updated>\
             <link href=\"https://old.example/\"/><link rel=\"self\" href=\"https://old.example/feed/\"/><entry><title>One</title><id>urn:1</id>\
             <link href=\"https://old.example/one/\"/><published>2012-01-01T08:00:00Z</published><updated>2012-01-02T08:00:00Z</updated>\
             <content type=\"html\">&lt;p&gt;Text&lt;/p&gt;</content></entry></feed>",
        )
        .unwrap();
        assert_eq!(atom.documents[0].body, "Text\n");
        assert_eq!(atom.front(0, "updated").unwrap().to_string(), "2012-01-02T08:00:00Z");
        assert_eq!(atom.settings.tables["feeds"][0]["path"].as_str(), Some("feed/index.xml"));
        let json = kept(
            "{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"Old\",\"home_page_url\":\"https://old.example/\",\"feed_url\":\"https://old.example/feed.json\",\
             \"items\":[{\"id\":\"7\",\"url\":\"https://old.example/one/\",\"content_html\":\"<p>Text</p>\",\"date_published\":\"2012-01-01T08:00:00Z\"}]}",
        )
        .unwrap();
        assert_eq!((json.documents[0].body.as_str(), json.front(0, "id").unwrap().as_str()), ("Text\n", Some("7")));
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        for text in ["", "Dear diary", "<html></html>", "{}"] {
            assert!(kept(text).is_err(), "{text}");
        }
    }
}
