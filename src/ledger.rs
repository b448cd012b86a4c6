//! Owns the shape of `urls.lock`, every address that was ever published, and of `feeds.lock`, the ids that posts keep in feeds
//! though their files have another name now.
//!
//! One address a line, sorted, so that two branches merge without a conflict, and lines that a merge has doubled count
//! once. Never loses a line by itself: an address for which somebody keeps a bookmark does not stop being one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::diagnostic::{Diagnostic, Place};
use crate::manifest::{Entry, FileKind, Manifest};
use crate::paths::{OutPath, Route};

/// The name of the file beside `site.toml`.
pub const URLS: &str = "urls.lock";

/// Its first lines; lines that begin with `#` are skipped.
const HEAD: &str = "# watchpost urls 1\n# Every address that was ever published, and its source. `blog lock --accept` adds to it; commit it.\n";

/// The version of the format, at the end of the first line.
const VERSION: &str = "# watchpost urls ";

/// Every address that was ever published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// By address.
    pub rows: BTreeMap<Route, Row>,
    /// The text that they were read from, for frames.
    text: Arc<str>,
}

/// What is known of one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The source that stood there last, if it was one.
    pub source: Option<String>,
    /// Where the line stands in the file.
    span: Range<usize>,
}

impl Addresses {
    /// Reads the file, all problems at once.
    pub fn parse(text: &Arc<str>) -> Result<Addresses, Vec<Diagnostic>> {
        let mut addresses = Addresses { rows: BTreeMap::new(), text: Arc::clone(text) };
        let mut problems = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let span = start..start + line.trim_end().len();
            start += line.len();
            let line = line.trim_end();
            let place = || Place::span(URLS, text, span.clone());
            if let Some(version) = line.strip_prefix(VERSION).filter(|version| *version != "1") {
                let message = format!("`{URLS}` is of version {version}, which this `blog` does not know");
                problems.push(Diagnostic::error("urls/unreadable", message).at(place()).hint("use a newer `blog`"));
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (address, source) = line.split_once(' ').unwrap_or((line, ""));
            let source = Some(source.trim().to_owned()).filter(|source| !source.is_empty());
            let decoded = percent_decode_str(address).decode_utf8();
            match decoded.ok().and_then(|address| Route::new(address.into_owned()).ok()) {
                Some(route) => drop(addresses.rows.insert(route, Row { source, span })),
                None => {
                    let what =
                        if address.starts_with(['<', '=', '>']) { "a conflict that git left" } else { "no address" };
                    let message = format!("this line is {what}");
                    let hint =
                        "keep every line of both sides: doubled ones do no harm, and a lost one is a lost address";
                    problems.push(Diagnostic::error("urls/unreadable", message).at(place()).hint(hint));
                }
            }
        }
        if problems.is_empty() { Ok(addresses) } else { Err(problems) }
    }

    /// Returns the addresses of a finished build that readers may keep: pages, redirects and feeds. Further pages of a list
    /// come and go with its length, and so are none of them.
    pub fn of(manifest: &Manifest) -> Addresses {
        let is_kept = |path: &str, kind: FileKind| {
            matches!(kind, FileKind::Page | FileKind::Alias | FileKind::Feed) && path != "404.html"
        };
        let files = manifest.files.iter().filter(|(path, entry)| is_kept(path, entry.kind));
        let source = |entry: &Entry| entry.source.as_deref().map(|source| lasting(source).to_owned());
        let routes = files.map(|(path, entry)| (OutPath::new(path.as_str()).route(), source(entry)));
        let rows = routes.filter(|(route, _)| !is_further_page(route));
        let rows = rows.map(|(route, source)| (route, Row { source, span: 0..0 }));
        Addresses { rows: rows.collect(), text: Arc::default() }
    }

    /// Adds what was published since; returns how many addresses are new. A source that moved is taken over.
    pub fn merge(&mut self, published: &Addresses) -> usize {
        let before = self.rows.len();
        for (route, row) in &published.rows {
            let known = self.rows.entry(route.clone()).or_default();
            if row.source.is_some() {
                known.source.clone_from(&row.source);
            }
        }
        self.rows.len() - before
    }

    /// Returns the file.
    pub fn to_text(&self) -> String {
        let mut lines: Vec<String> = self
            .rows
            .iter()
            .map(|(route, row)| match &row.source {
                Some(source) => format!("{} {source}\n", route.encoded()),
                None => format!("{}\n", route.encoded()),
            })
            .collect();
        // As `sort` would, so that a hand or a merge can keep the order.
        lines.sort();
        format!("{HEAD}{}", lines.concat())
    }

    /// Returns where an address stands in the file.
    pub fn place(&self, route: &Route) -> Place {
        match self.rows.get(route) {
            Some(row) if !row.span.is_empty() => Place::span(URLS, &self.text, row.span.clone()),
            _ => Place::file(URLS),
        }
    }
}

/// The name of the file that keeps ids of feeds, beside `site.toml`.
pub const FEEDS: &str = "feeds.lock";

/// Its first lines.
const FEEDS_HEAD: &str = "# watchpost feeds 1\n# Ids of feed entries that would be others by the file's name: ID SOURCE. `blog mv` writes it; commit it.\n";

/// The ids that posts keep though their files are called otherwise now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedIds {
    /// Ids by source.
    pub rows: BTreeMap<String, String>,
}

impl FeedIds {
    /// Reads the file, all problems at once.
    pub fn parse(text: &Arc<str>) -> Result<FeedIds, Vec<Diagnostic>> {
        let mut ids = FeedIds::default();
        let mut problems = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let span = start..start + line.trim_end().len();
            start += line.len();
            let line = line.trim_end();
            if line.is_empty() || (line.starts_with('#') && !line.starts_with("# watchpost feeds ")) {
                continue;
            }
            let row = line.split_once(' ').filter(|(_, source)| source.trim().starts_with("content/"));
            let message = match row {
                _ if line == "# watchpost feeds 1" => continue,
                _ if line.starts_with('#') => format!("`{FEEDS}` is of a version that this `blog` does not know"),
                Some((id, source)) => match ids.rows.insert(source.trim().to_owned(), id.to_owned()) {
                    Some(other) if other != id => format!("`{}` has two ids", source.trim()),
                    _ => continue,
                },
                None => "this line is not an id and a source below `content/`".to_owned(),
            };
            let place = Place::span(FEEDS, text, span);
            problems
                .push(Diagnostic::error("feeds/unreadable", message).at(place).hint("keep the id that readers know"));
        }
        if problems.is_empty() { Ok(ids) } else { Err(problems) }
    }

    /// Lets ids follow a file, or all that lies in a folder.
    pub fn moved(&mut self, from: &str, to: &str) {
        let rows = std::mem::take(&mut self.rows).into_iter();
        let rows = rows.map(|(source, id)| match source.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => (format!("{to}{rest}"), id),
            _ => (source, id),
        });
        self.rows = rows.collect();
    }

    /// Returns the file.
    pub fn to_text(&self) -> String {
        let lines: String = self.rows.iter().map(|(source, id)| format!("{id} {source}\n")).collect();
        format!("{FEEDS_HEAD}{lines}")
    }
}

/// Returns what is kept of a source: of a row of a data file the file alone, because rows change their lines.
fn lasting(source: &str) -> &str {
    match source.starts_with("data/") {
        true => source.trim_end_matches(|letter: char| letter == ':' || letter.is_ascii_digit()),
        false => source,
    }
}

/// Returns whether an address is a further page of a list: `/posts/page/2/`.
fn is_further_page(route: &Route) -> bool {
    let mut parts = route.as_str().trim_end_matches('/').rsplit('/');
    let number = parts.next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && parts.next() == Some("page")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::paths::BaseUrl;

    fn route(path: &str) -> Route {
        Route::new(path).unwrap()
    }

    fn built(files: &[(&str, FileKind, Option<&str>)]) -> Addresses {
        let entry = |kind: FileKind, source: Option<&str>| Entry {
            source: source.map(str::to_owned),
            ..Entry::of(Digest::of("x"), 1, kind)
        };
        let files = files.iter().map(|(path, kind, source)| ((*path).to_owned(), entry(*kind, *source))).collect();
        Addresses::of(&Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), files))
    }

    #[test]
    fn the_addresses_of_a_build_are_its_pages_redirects_and_feeds() {
        let addresses = built(&[
            ("index.html", FileKind::Page, None),
            ("posts/é/index.html", FileKind::Page, Some("content/posts/é b.md")),
            ("old/index.html", FileKind::Alias, None),
            ("feed.xml", FileKind::Feed, None),
            ("404.html", FileKind::Page, None),
            ("posts/page/2/index.html", FileKind::Page, None),
            ("sitemap.xml", FileKind::Index, None),
            ("style.css", FileKind::Asset, None),
        ]);
        let text = addresses.to_text();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines, ["/", "/feed.xml", "/old/", "/posts/%C3%A9/ content/posts/é b.md"]);
        let read = Addresses::parse(&text.as_str().into()).unwrap();
        assert_eq!(read.rows.keys().collect::<Vec<_>>(), addresses.rows.keys().collect::<Vec<_>>());
        assert_eq!(read.to_text(), text);
        assert_eq!(read.place(&route("/old/")).line_column(), Some((5, 1)));
    }

    #[test]
    fn a_merge_adds_and_never_takes_away() {
        let mut addresses =
            Addresses::parse(&"/a/ content/a.md\n/b/ content/b.md\n/b/ content/b.md\r\n".into()).unwrap();
        let published =
            built(&[("b/index.html", FileKind::Page, Some("content/c.md")), ("d/index.html", FileKind::Page, None)]);
        assert_eq!(addresses.merge(&published), 1);
        assert_eq!(addresses.merge(&published), 0);
        assert!(addresses.to_text().ends_with("/a/ content/a.md\n/b/ content/c.md\n/d/\n"));
    }

    #[test]
    fn what_is_no_ledger_is_refused_with_its_line() {
        for (text, message, line) in [
            ("/a/\nposts/b/\n", "no address", 2),
            ("<<<<<<< HEAD\n/a/\n", "a conflict", 1),
            ("/a/../../b\n", "no address", 1),
            ("/%ff/\n", "no address", 1),
            ("# watchpost urls 2\n", "version 2", 1),
        ] {
            let problems = Addresses::parse(&text.into()).unwrap_err();
            assert!(problems[0].message.contains(message), "{problems:?}");
            assert_eq!(problems[0].place.as_ref().unwrap().line_column(), Some((line, 1)));
        }
        assert!(Addresses::parse(&"".into()).unwrap().rows.is_empty());
    }

    #[test]
    fn ids_follow_their_files() {
        let text = "# watchpost feeds 1\ntag:a,2026-01-01:x content/posts/new name.md\nurn:1 content/b/index.md\n";
        let mut ids = FeedIds::parse(&text.into()).unwrap();
        assert_eq!(ids.rows["content/posts/new name.md"], "tag:a,2026-01-01:x");
        ids.moved("content/b", "content/c/d");
        assert_eq!(ids.rows["content/c/d/index.md"], "urn:1");
        assert_eq!(FeedIds::parse(&ids.to_text().as_str().into()).unwrap(), ids);
        for bad in
            ["# watchpost feeds 2\n", "urn:1\n", "urn:1 posts/a.md\n", "urn:1 content/a.md\nurn:2 content/a.md\n"]
        {
            assert_eq!(FeedIds::parse(&bad.into()).unwrap_err()[0].code, "feeds/unreadable", "{bad}");
        }
    }
}
