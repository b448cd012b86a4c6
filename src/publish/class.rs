//! Owns the classes of files: the order in which they go out, how long caches may keep them, what is compressed.

use std::collections::BTreeSet;

use flate2::{Compression, GzBuilder};

use crate::config::PublishTarget;
use crate::digest::Digest;
use crate::kinds::content_type;
use crate::store::Dress;

/// What a file is, in the order in which files go out: nothing refers to what goes out after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A file that is named by its content, and so never changes.
    Hashed,
    /// Another file to which pages refer.
    Asset,
    /// A post or a page.
    Leaf,
    /// A list of pages.
    Index,
    /// A feed, a sitemap, `robots.txt`, the page for what is missing.
    Feed,
    /// A list of the deployed manifest.
    List,
}

impl Class {
    /// All of them, in their order.
    pub const ALL: [Class; 6] = [Class::Hashed, Class::Asset, Class::Leaf, Class::Index, Class::Feed, Class::List];

    /// Returns what a file is, by its path, its digest and, where that is known, its source; `folders` are those with pages
    /// below them.
    pub(super) fn of(path: &str, digest: &Digest, source: Option<Option<&str>>, folders: &BTreeSet<String>) -> Class {
        let name = path.rsplit('/').next().unwrap_or(path);
        if path.ends_with(".html") {
            let own = path.strip_suffix("/index.html").unwrap_or(path.trim_end_matches(".html"));
            let is_head = |source: &str| source.rsplit('/').next().is_some_and(|name| name.starts_with("_index."));
            return match source {
                _ if path == "404.html" => Class::Feed,
                Some(Some(source)) if !is_head(source) => Class::Leaf,
                Some(_) => Class::Index,
                None if path == "index.html" || folders.contains(own) => Class::Index,
                None => Class::Leaf,
            };
        }
        if is_named_by_content(name, digest) {
            return Class::Hashed;
        }
        let is_told = path.ends_with(".xml") || path.ends_with(".xml.gz") || path.ends_with(".atom");
        let is_feed = is_told || name == "feed.json" || path == "robots.txt" || path.starts_with("_");
        if is_feed { Class::Feed } else { Class::Asset }
    }

    /// Returns its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Class::Hashed => "assets named by their content",
            Class::Asset => "other assets",
            Class::Leaf => "posts and pages",
            Class::Index => "lists of pages",
            Class::Feed => "feeds and sitemaps",
            Class::List => "lists of the manifest",
        }
    }

    /// Returns its name in `[publish.NAME.cache]` and how long caches may keep it, unless that says otherwise.
    fn caching(self) -> (&'static str, &'static str) {
        match self {
            Class::Hashed => ("hashed", "public, max-age=31536000, immutable"),
            Class::List => ("", "public, max-age=31536000, immutable"),
            Class::Asset => ("assets", "public, max-age=3600"),
            Class::Leaf | Class::Index => ("pages", "no-cache"),
            Class::Feed => ("feeds", "no-cache"),
        }
    }
}

/// Returns whether a name holds the digest of the file's content, or of what a picture was made from.
fn is_named_by_content(name: &str, digest: &Digest) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let Some(index) = parts.len().checked_sub(2) else { return false };
    let part = parts[index];
    let is_hexadecimal = part.len() >= 8 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    // As pictures are named: `oven.640x480.3f9c2a….webp`.
    let is_frame = |text: &str| {
        let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
        let width = digits(text);
        width > 0 && text[width..].strip_prefix('x').is_some_and(|rest| digits(rest) > 0)
    };
    let is_variant = is_hexadecimal && index > 0 && is_frame(parts[index - 1]);
    let is_search = matches!(parts.last(), Some(&("pf_fragment" | "pf_index" | "pf_meta")));
    is_variant || is_search || part.len() >= 8 && digest.to_string().starts_with(part)
}

/// Returns what a store is told of a file.
pub(super) fn dress(path: &str, digest: Digest, class: Class, target: &PublishTarget) -> Dress {
    let content_type = content_type(path);
    let (name, usual) = class.caching();
    let cache = target.cache.get(name).cloned().unwrap_or_else(|| usual.to_owned());
    let is_text = content_type.starts_with("text/")
        || matches!(
            content_type,
            "application/json"
                | "application/xml"
                | "application/ld+json"
                | "application/manifest+json"
                | "application/rss+xml"
                | "application/atom+xml"
                | "image/svg+xml"
        );
    Dress { content_type, cache, is_packed: target.compress && is_text, digest }
}

/// Returns the bytes as they are stored; the same for the same bytes on every machine.
pub(super) fn pack(dress: &Dress, bytes: Vec<u8>) -> Vec<u8> {
    if !dress.is_packed {
        return bytes;
    }
    let mut packed = Vec::with_capacity(bytes.len() / 3);
    let mut reader = GzBuilder::new().mtime(0).read(bytes.as_slice(), Compression::new(6));
    std::io::Read::read_to_end(&mut reader, &mut packed).expect("bytes in memory can be read");
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refers_goes_out_after_what_it_refers_to() {
        let folders = BTreeSet::from(["posts".to_owned()]);
        let digest = Digest::of("x");
        let named = format!("css/style.{}.css", digest.short());
        for (path, source, class) in [
            (named.as_str(), None, Class::Hashed),
            ("a/oven.640x480.3f9c2a1b77aa.webp", None, Class::Hashed),
            ("css/style.deadbeefcafe.css", None, Class::Asset),
            ("style.css", None, Class::Asset),
            ("posts/a/index.html", None, Class::Leaf),
            ("posts/index.html", None, Class::Index),
            ("index.html", None, Class::Index),
            ("posts/index.html", Some(Some("content/posts.md")), Class::Leaf),
            ("posts/index.html", Some(Some("content/posts/_index.md")), Class::Index),
            ("tags/a/index.html", Some(None), Class::Index),
            ("404.html", None, Class::Feed),
            ("feed.xml", None, Class::Feed),
        ] {
            assert_eq!(Class::of(path, &digest, source, &folders), class, "{path}");
        }
        assert!(Class::ALL.is_sorted());
    }
}
