//! Reads an old and a new site for the proof: sitemaps, feeds, and folders of finished pages.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use percent_encoding::percent_decode_str;

use super::proof::{Entry, New, Old};
use crate::check::feeds::{is_feed, shown};
use crate::check::page;
use crate::check::sitemap::locations;
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::{BaseUrl, OutPath};

/// The endings of files that readers link to by themselves: pictures, documents, sounds, films.
const LINKED: [&str; 17] = [
    "avif", "epub", "flac", "gif", "jpeg", "jpg", "m4a", "mp3", "mp4", "ogg", "pdf", "png", "svg", "txt", "webm",
    "webp", "zip",
];
/// Texts for programs, which each engine writes anew.
const OF_ENGINES: [&str; 2] = ["robots.txt", "humans.txt"];

/// Reads what is known of the old site, from a sitemap, a feed or a folder.
pub fn old(path: &Path, base: &BaseUrl, old: &mut Old) -> Result<(), Vec<Diagnostic>> {
    let refuse = |why: &str| {
        let message = format!("`{}` {why}", path.display());
        let hint = "name a sitemap, a feed, or the folder with the old site's finished pages";
        vec![Diagnostic::error("import/from", message).at(Place::file(path.display())).hint(hint)]
    };
    if path.is_dir() {
        let found = folder(path, base)?;
        old.addresses.extend(found.addresses);
        old.addresses.extend(found.redirects.into_keys());
        old.entries.extend(found.entries);
        old.feeds.extend(found.feeds);
        return Ok(());
    }
    let bytes = fs::read(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if let Some(locations) = locations(&bytes) {
        if locations.is_index {
            return Err(refuse("is an index of sitemaps: name those that it names"));
        }
        old.addresses.extend(locations.rows.iter().filter_map(|(address, _)| address_of(address, base)));
        return Ok(());
    }
    if !is_feed(&bytes) {
        return Err(refuse("is neither a sitemap nor a feed"));
    }
    entries(&bytes, base, &mut old.entries).map_err(|why| refuse(&format!("is no feed that can be read: {why}")))
}

/// What a folder of finished pages holds.
struct Read {
    addresses: Vec<String>,
    redirects: BTreeMap<String, String>,
    entries: BTreeMap<String, Entry>,
    feeds: Vec<String>,
}

/// Reads a folder of finished pages: what stands where, what leads on, and what feeds say.
fn folder(root: &Path, base: &BaseUrl) -> Result<Read, Vec<Diagnostic>> {
    let mut read =
        Read { addresses: Vec::new(), redirects: BTreeMap::new(), entries: BTreeMap::new(), feeds: Vec::new() };
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let listed = fs::read_dir(&folder).map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", folder.display());
            vec![Diagnostic::error("import/unreadable", message)]
        })?;
        for entry in listed.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push((entry.path(), format!("{path}/"))),
                Ok(kind) if kind.is_file() => file(&entry.path(), &path, base, &mut read),
                _ => {}
            }
        }
    }
    Ok(read)
}

fn file(whole: &Path, path: &str, base: &BaseUrl, read: &mut Read) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let address = OutPath::new(path).route().as_str().to_owned();
    match ending.as_str() {
        _ if path == "404.html" || is_further_page(&address) => {}
        "html" | "htm" => {
            let facts = page::read(&fs::read(whole).unwrap_or_default());
            match facts.redirect().and_then(|to| address_of(&joined(base, &address, to), base)) {
                Some(to) if to != address => drop(read.redirects.insert(address, to)),
                _ => read.addresses.push(address),
            }
        }
        "xml" | "json" | "atom" | "rss" => {
            let bytes = fs::read(whole).unwrap_or_default();
            if is_feed(&bytes) {
                // What no reader can read says nothing; that it is there is known.
                let _ = entries(&bytes, base, &mut read.entries);
                read.feeds.push(address);
            }
        }
        other if LINKED.contains(&other) && !OF_ENGINES.contains(&path) => read.addresses.push(address),
        _ => {}
    }
}

/// Reads the new site from its output folder.
pub fn new(root: &Path, base: &BaseUrl) -> Result<New, Vec<Diagnostic>> {
    let read = folder(root, base)?;
    let addresses = read.addresses.into_iter().chain(read.feeds).collect();
    Ok(New { addresses, redirects: read.redirects, entries: read.entries, ..New::default() })
}

/// Returns whether an address is a further page of a list, which comes and goes with the list's length.
fn is_further_page(address: &str) -> bool {
    let mut parts = address.trim_end_matches('/').rsplit('/');
    let is_number = parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_number && parts.next() == Some("page")
}

/// Returns where a link of a page leads, in full.
fn joined(base: &BaseUrl, address: &str, to: &str) -> String {
    let at = base.url().join(&format!("./{}", address.trim_start_matches('/')));
    at.and_then(|at| at.join(to)).map_or_else(|_| to.to_owned(), |url| url.to_string())
}

/// Returns an address below the site, decoded, whatever its host: a site that moves may move to another.
fn address_of(url: &str, base: &BaseUrl) -> Option<String> {
    let url = base.url().join(url.trim()).ok()?;
    let path = percent_decode_str(url.path()).decode_utf8().ok()?.into_owned();
    let prefix = base.prefix().trim_end_matches('/');
    let path = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).map_or(path.clone(), str::to_owned);
    Some(OutPath::new(crate::paths::Route::new(path).ok()?.out_path().as_str()).route().as_str().to_owned())
}

fn entries(bytes: &[u8], base: &BaseUrl, into: &mut BTreeMap<String, Entry>) -> Result<(), String> {
    for one in shown(bytes)? {
        let Some(address) = address_of(&one.link, base) else { continue };
        let counted = one.content.as_deref().map(count);
        let entry = Entry {
            title: one.title,
            date: one.day,
            id: one.id,
            words: counted.map(|(words, _)| words),
            images: counted.map_or(0, |(_, images)| images),
        };
        match into.get_mut(&address) {
            // A feed with whole texts says more than one with summaries.
            Some(known) if known.words.is_some() || entry.words.is_none() => {}
            _ => drop(into.insert(address, entry)),
        }
    }
    Ok(())
}

/// Counts the words and the pictures of a piece of HTML.
fn count(html: &str) -> (usize, usize) {
    #[derive(Default)]
    struct Counter {
        words: Cell<usize>,
        images: Cell<usize>,
        is_within: Cell<bool>,
    }
    impl TokenSink for Counter {
        type Handle = ();

        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            match token {
                Token::CharacterTokens(text) => {
                    for character in text.chars() {
                        let is_word = character.is_alphanumeric();
                        // Punctuation within a word, which typography changes, ends none.
                        let ends = character.is_whitespace();
                        if is_word && !self.is_within.get() {
                            self.words.set(self.words.get() + 1);
                        }
                        self.is_within.set(is_word || self.is_within.get() && !ends);
                    }
                }
                Token::TagToken(tag) => {
                    if &*tag.name == "img" {
                        self.images.set(self.images.get() + 1);
                    }
                    let is_inline =
                        matches!(&*tag.name, "a" | "em" | "strong" | "b" | "i" | "code" | "span" | "sup" | "sub");
                    self.is_within.set(self.is_within.get() && is_inline);
                }
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Counter::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    (tokenizer.sink.words.get(), tokenizer.sink.images.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pictures_are_counted_whatever_the_markup() {
        assert_eq!(count("<p>It’s <em>on</em>e word – <img src=a> and</p><p>two</p>"), (5, 1));
        assert_eq!(count(""), (0, 0));
    }

    #[test]
    fn addresses_are_those_below_the_site_whatever_the_host() {
        let base = BaseUrl::parse("https://new.example/blog/").unwrap();
        for (url, address) in [
            ("https://old.example/blog/a/", "/a/"),
            ("https://old.example/a/", "/a/"),
            ("https://old.example/a/index.html", "/a/"),
            ("https://old.example/%C3%BCber.html?x#y", "/über.html"),
        ] {
            assert_eq!(address_of(url, &base).as_deref(), Some(address), "{url}");
        }
    }
}
