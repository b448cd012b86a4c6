//! Owns the three kinds of path that a site has, so that they are never mixed.
//!
//! A [`SourcePath`] names a file that somebody wrote, a [`Route`] an address that a browser asks
//! for, an [`OutPath`] a file in the output folder. A [`BaseUrl`] turns a route into a link. All
//! are text with `/`, whatever the machine. This module refuses to touch a disk.

use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Serialize, Serializer};
use url::Url;

/// What RFC 3986 does not allow to stand as it is in a path segment.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The path of a source file, relative to the site's root: `content/posts/hello.md`.
/// Shared, because the parts of a site name it again and again, and a preview keeps what an edit did not touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePath(Arc<str>);

impl SourcePath {
    /// Takes a relative path with `/` between its parts.
    pub fn new(path: impl Into<String>) -> Self {
        SourcePath(path.into().into())
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part: `hello.md`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the path of the folder that the file is in, without a `/` at the end.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Joins a relative path, as authors write it, to a folder of the site; nothing if it leaves the topmost part of that folder.
    pub fn within(folder: &str, path: &str) -> Option<SourcePath> {
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.len() > 1 => _ = parts.pop(),
                ".." => return None,
                _ => parts.push(part),
            }
        }
        Some(SourcePath::new(parts.join("/")))
    }

    /// Returns the ending of the file's name without its dot, or nothing.
    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

impl Serialize for SourcePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for SourcePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An address within the site, decoded and relative to its base URL: `/posts/hello/`, `/feed.xml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route(Arc<str>);

/// Why a text is no [`Route`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRoute {
    /// What is wrong, as a sentence fragment.
    pub reason: &'static str,
}

impl Route {
    /// Takes an address that starts with `/`; refuses one that could leave the output folder or
    /// that no file system keeps.
    pub fn new(path: impl Into<String>) -> Result<Self, BadRoute> {
        let path = path.into();
        let refuse = |reason| Err(BadRoute { reason });
        let Some(inner) = path.strip_prefix('/') else {
            return refuse("it does not start with `/`");
        };
        if path.chars().any(|character| character.is_control()) {
            return refuse("it has a control character");
        }
        if path.contains('\\') {
            return refuse("it has a backslash");
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.is_empty() {
            return if path == "/" { Ok(Route(path.into())) } else { refuse("it has an empty part") };
        }
        for part in inner.split('/') {
            match part {
                "" => return refuse("it has an empty part"),
                "." | ".." => return refuse("it leaves the folder"),
                _ if part.len() > 255 => return refuse("a part of it is longer than 255 bytes"),
                _ if part == ".git" => return refuse("it reaches into a repository"),
                _ if part.len() >= 2 && part.as_bytes()[1] == b':' && part.as_bytes()[0].is_ascii_alphabetic() => {
                    return refuse("it names a drive");
                }
                _ => {}
            }
        }
        Ok(Route(path.into()))
    }

    /// Returns the route of the home page.
    pub fn home() -> Self {
        Route("/".into())
    }

    /// Returns the address as text, decoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address as it stands in a link, percent-encoded.
    pub fn encoded(&self) -> String {
        utf8_percent_encode(&self.0, PATH).to_string()
    }

    /// Returns the file that a server answers this address with: `posts/hello/index.html`.
    pub fn out_path(&self) -> OutPath {
        let inner = &self.0[1..];
        OutPath(match inner.ends_with('/') || inner.is_empty() {
            true => format!("{inner}index.html"),
            false => inner.to_owned(),
        })
    }

    /// Returns whether a pattern fits the whole address: `*` stands for anything within a part of it, `**` for anything,
    /// `?` for one character. So does `/drafts/**` for `/drafts/` and all below it. Writer and checker both ask here.
    pub fn matches(&self, pattern: &str) -> bool {
        fits(pattern.as_bytes(), self.0.as_bytes())
    }

    /// Returns what two addresses share when some file system cannot tell them apart: composed
    /// Unicode, folded case.
    pub fn folded(&self) -> String {
        use unicode_normalization::UnicodeNormalization;
        self.out_path().0.nfc().flat_map(char::to_lowercase).nfc().collect()
    }
}

/// Matches from left to right; on a mismatch it goes back to the last star and lets it take one byte more, so that no
/// pattern takes longer than its length times that of the text.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    // Where to go on in the pattern and in the text, for the last `*` and for the last `**`.
    let mut star: Option<(usize, usize)> = None;
    let mut stars: Option<(usize, usize)> = None;
    loop {
        if pattern[at..].starts_with(b"**") {
            at += 2;
            (stars, star) = (Some((at, position)), None);
            continue;
        }
        match (pattern.get(at), text.get(position)) {
            (Some(b'*'), _) => {
                at += 1;
                star = Some((at, position));
                continue;
            }
            (Some(b'?'), Some(byte)) if *byte != b'/' => {
                // One character may be several bytes.
                at += 1;
                position += 1;
                while text.get(position).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    position += 1;
                }
                continue;
            }
            (Some(expected), Some(byte)) if expected == byte => {
                at += 1;
                position += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match (star, stars) {
            (Some((after, from)), _) if text.get(from).is_some_and(|byte| *byte != b'/') => {
                star = Some((after, from + 1));
                (at, position) = (after, from + 1);
            }
            (_, Some((after, from))) if from < text.len() => {
                (stars, star) = (Some((after, from + 1)), None);
                (at, position) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A file of the output folder, relative to it: `posts/hello/index.html`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OutPath(String);

impl OutPath {
    /// Takes a path that was found in, or is meant for, an output folder.
    pub fn new(path: impl Into<String>) -> Self {
        OutPath(path.into())
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address under which a server answers with this file.
    pub fn route(&self) -> Route {
        let path = match self.0.strip_suffix("index.html") {
            Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
            _ => format!("/{}", self.0),
        };
        Route(path.into())
    }

    /// Returns whether the file is an HTML document by its name.
    pub fn is_html(&self) -> bool {
        self.0.ends_with(".html") || self.0.ends_with(".htm")
    }
}

impl fmt::Display for OutPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where the site stands on the web: `https://blog.example/` or `https://example.org/blog/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Parses an http or https URL; a missing `/` at its end is added.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("its scheme is `{}`, not `https` or `http`", url.scheme()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a query or a fragment".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it has a user name or a password".to_owned());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(BaseUrl(url))
    }

    /// Returns the whole URL, with `/` at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the URL itself.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Returns scheme, host and port: `https://blog.example`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Returns the path without `/` at its end: nothing, or `/blog`.
    pub fn prefix(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Returns the absolute URL of a route.
    pub fn permalink(&self, route: &Route) -> String {
        format!("{}{}", self.as_str().trim_end_matches('/'), route.encoded())
    }

    /// Returns the link to a route from anywhere on the same host: `/blog/posts/hello/`.
    pub fn link(&self, route: &Route) -> String {
        format!("{}{}", self.prefix(), route.encoded())
    }

    /// Returns the route that a path on this host (encoded, without query) leads to, or nothing if
    /// it lies outside the site.
    pub fn route_of(&self, path: &str) -> Option<Route> {
        let rest = path.strip_prefix(self.prefix())?;
        let decoded = percent_decode_str(rest).decode_utf8().ok()?;
        Route::new(if decoded.is_empty() { "/".to_owned() } else { decoded.into_owned() }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_that_leaves_the_folder_is_refused() {
        for path in ["/../x", "/a/../../b", "x", "/a//b", "/a\\b", "/C:/x", "/a\0b", "//", "/.git/hooks"] {
            assert!(Route::new(path).is_err(), "{path:?} was taken");
        }
    }

    #[test]
    fn a_route_knows_its_file_and_the_file_its_route() {
        for (route, file) in [
            ("/", "index.html"),
            ("/posts/hello/", "posts/hello/index.html"),
            ("/feed.xml", "feed.xml"),
            ("/old/post.html", "old/post.html"),
        ] {
            let route = Route::new(route).unwrap();
            assert_eq!(route.out_path().as_str(), file);
            assert_eq!(route.out_path().route(), route);
        }
    }

    #[test]
    fn a_pattern_fits_the_whole_address() {
        for (pattern, route, expected) in [
            ("/drafts/**", "/drafts/a/b/", true),
            ("/drafts/**", "/drafts/", true),
            ("/drafts/**", "/posts/drafts/", false),
            ("/*/old/", "/a/old/", true),
            ("/*/old/", "/a/b/old/", false),
            ("/**/old/", "/a/b/old/", true),
            ("**/*.html", "/a/b.html", true),
            ("**/*.html", "/a/b.htm", false),
            ("/a?c/", "/a\u{e9}c/", true),
            ("/a?c/", "/a/c/", false),
            ("/**/b*/x", "/a/b/c/bx/x", true),
            ("/x", "/x/", false),
            ("", "/", false),
            ("**", "/", true),
        ] {
            assert_eq!(Route::new(route).unwrap().matches(pattern), expected, "{pattern} against {route}");
        }
    }

    #[test]
    fn routes_that_a_file_system_may_confuse_fold_to_the_same_text() {
        let one = Route::new("/Caf\u{e9}/").unwrap();
        let other = Route::new("/cafe\u{301}/").unwrap();
        assert_eq!(one.folded(), other.folded());
    }

    #[test]
    fn a_base_url_with_a_path_prefixes_links() {
        let base = BaseUrl::parse("https://example.org/blog").unwrap();
        let route = Route::new("/tags/a b/").unwrap();
        assert_eq!(base.link(&route), "/blog/tags/a%20b/");
        assert_eq!(base.permalink(&route), "https://example.org/blog/tags/a%20b/");
        assert_eq!(base.route_of("/blog/tags/a%20b/"), Some(route));
        assert_eq!(base.route_of("/other/"), None);
    }
}
