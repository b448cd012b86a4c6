//! Owns what an address on a page leads to: a file of the folder, another host, or nothing.
//!
//! Answers as a plain web server does for the files that were written, and by the rules of a
//! `_redirects` file. Reads no file itself.

use std::borrow::Cow;
use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use url::Url;

use super::redirects::Redirects;
use crate::paths::BaseUrl;

/// Which files there are.
pub(super) enum Files<'a> {
    /// These.
    Listed(HashSet<&'a str>),
    /// Those of which this says so.
    Asked(&'a (dyn Fn(&str) -> bool + Sync)),
}

impl Files<'_> {
    fn contains(&self, path: &str) -> bool {
        match self {
            Files::Listed(files) => files.contains(path),
            Files::Asked(exists) => exists(path),
        }
    }
}

impl std::fmt::Debug for Files<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Files::Listed(files) => files.fmt(formatter),
            Files::Asked(_) => formatter.write_str("asked"),
        }
    }
}

/// What the addresses of a site are resolved against.
#[derive(Debug)]
pub(super) struct Site<'a> {
    base_url: &'a BaseUrl,
    origin: String,
    files: Files<'a>,
    redirects: Redirects,
    /// Addresses below the site that are not files of it: the analytics server's.
    served_elsewhere: Vec<Url>,
}

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Somewhere that this folder cannot tell: another host, a mail address, a redirect.
    Elsewhere,
    /// A file of the folder, and the fragment that is asked of it, decoded.
    File(String, Option<String>),
    /// A path below the site, decoded, where nothing stands.
    Nothing(String),
}

/// An address on this site, as a link names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address<'link> {
    /// The path of its URL, as it is written there.
    pub(super) path: Cow<'link, str>,
    /// The element that is asked for, decoded.
    pub(super) fragment: Option<String>,
}

impl<'a> Site<'a> {
    /// Takes the files of a folder, the text of its `_redirects`, and what is served from elsewhere.
    pub(super) fn new(
        base_url: &'a BaseUrl,
        files: impl IntoIterator<Item = &'a str>,
        redirects: Option<&str>,
        served_elsewhere: Vec<Url>,
    ) -> Site<'a> {
        let files = Files::Listed(files.into_iter().collect());
        Site::of(base_url, files, redirects, served_elsewhere)
    }

    /// The same for files that are looked up one by one.
    pub(super) fn of(
        base_url: &'a BaseUrl,
        files: Files<'a>,
        redirects: Option<&str>,
        served_elsewhere: Vec<Url>,
    ) -> Site<'a> {
        Site {
            base_url,
            origin: base_url.origin(),
            files,
            redirects: redirects.map(Redirects::parse).unwrap_or_default(),
            served_elsewhere,
        }
    }

    /// Returns where the site stands.
    pub(super) fn base_url(&self) -> &BaseUrl {
        self.base_url
    }

    /// Returns what a link on the page `from` leads to.
    pub(super) fn resolve(&self, from: &Url, link: &str) -> Target {
        self.address(from, link).map_or(Target::Elsewhere, |address| self.leads(&address))
    }

    /// Returns the address on this site that a link on the page `from` names, whatever stands there; nothing if it names
    /// none. Depends on no file: only on the page's place, the link, and where the site stands.
    pub(super) fn address<'link>(&self, from: &Url, link: &'link str) -> Option<Address<'link>> {
        let (rest, fragment) = match link.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (link, None),
        };
        let path = match self.plain_path(rest) {
            Some(path) => Cow::Borrowed(path.split('?').next().unwrap_or_default()),
            // A part of the page itself, which most links are that are not plain.
            None if rest.is_empty() && self.is_ours(from) => Cow::Owned(from.path().to_owned()),
            None => {
                let url = from.join(link).ok().filter(|url| self.is_ours(url))?;
                Cow::Owned(url.path().to_owned())
            }
        };
        // The site's own folder without its slash still leads home; all else is another site.
        let path = match self.below(&path) {
            Some(_) => path,
            None if *path == *self.base_url.prefix() => Cow::Owned(format!("{path}/")),
            None => return None,
        };
        Some(Address { path, fragment: fragment.and_then(named_fragment) })
    }

    /// Returns what an address leads to.
    pub(super) fn leads(&self, address: &Address<'_>) -> Target {
        let path = &*address.path;
        let Some(below) = self.below(path) else { return Target::Elsewhere };
        let decoded = decoded(below);
        match self.file(&decoded) {
            Some(file) => Target::File(file, address.fragment.clone()),
            None if self.is_elsewhere(path, &decoded) => Target::Elsewhere,
            None => Target::Nothing(format!("/{decoded}")),
        }
    }

    /// Returns whether an address leads to this file as long as the file is there, whatever else is.
    pub(super) fn is_always(&self, address: &Address<'_>, file: &str) -> bool {
        let Some(below) = self.below(&address.path) else { return false };
        let decoded = decoded(below);
        let is_folder = decoded.is_empty() || decoded.ends_with('/');
        // What a server looks for first.
        file.strip_prefix(&*decoded) == Some(if is_folder { "index.html" } else { "" })
    }

    /// Returns the part of a path below the site.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.base_url.prefix())?.strip_prefix('/')
    }

    /// Returns whether a URL lies on this site's host, by whichever of http and https.
    pub(super) fn is_ours(&self, url: &Url) -> bool {
        let own = self.base_url.url();
        let port = url.port() == own.port() || url.port_or_known_default() == own.port_or_known_default();
        matches!(url.scheme(), "http" | "https") && url.host_str() == own.host_str() && port
    }

    /// Returns the path of a link that needs no joining, which is most of them.
    fn plain_path<'link>(&self, link: &'link str) -> Option<&'link str> {
        let path = link.strip_prefix(self.origin.as_str()).unwrap_or(link);
        let bytes = path.as_bytes();
        let is_absolute = bytes.first() == Some(&b'/') && bytes.get(1) != Some(&b'/');
        let mut before = 0;
        let is_plain = |byte: &u8| {
            let pair = (std::mem::replace(&mut before, *byte), *byte);
            // `%2e` is a dot to a browser, and a dot may lead upwards.
            byte.is_ascii_graphic() && *byte != b'\\' && !matches!(pair, (b'/', b'.') | (b'%', b'2'))
        };
        (is_absolute && bytes.iter().all(is_plain)).then_some(path)
    }

    /// Returns the file that a server answers a path with.
    pub(super) fn file(&self, path: &str) -> Option<String> {
        let known = |candidate: String| self.files.contains(&candidate).then_some(candidate);
        let folder = path.trim_end_matches('/');
        match path.is_empty() || path.ends_with('/') {
            true => known(format!("{path}index.html")).or_else(|| known(format!("{path}index.htm"))),
            false => known(path.to_owned())
                .or_else(|| known(format!("{folder}/index.html")))
                .or_else(|| known(format!("{folder}.html"))),
        }
    }

    /// Returns whether a path that is no file is answered by the host's redirects or by another program.
    fn is_elsewhere(&self, path: &str, decoded: &str) -> bool {
        let redirected = self.redirects.covers(&format!("/{decoded}"));
        redirected || self.served_elsewhere.iter().any(|url| self.is_ours(url) && path.starts_with(url.path()))
    }
}

/// Returns a path as a file system would name it.
fn decoded(path: &str) -> Cow<'_, str> {
    match path.contains('%') {
        true => percent_decode_str(path).decode_utf8_lossy(),
        false => Cow::Borrowed(path),
    }
}

/// Returns the element that a fragment names, or nothing where it names none: the top of the page,
/// a piece of text, a script's own state.
fn named_fragment(fragment: &str) -> Option<String> {
    let name = fragment.split(":~:").next().unwrap_or_default();
    let scripted = name.starts_with('/') || name.starts_with('!');
    let top = name.is_empty() || name.eq_ignore_ascii_case("top");
    (!scripted && !top).then(|| percent_decode_str(name).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 6] =
        ["index.html", "posts/a b/index.html", "about.html", "x.png", "caf\u{e9}/index.html", "old.htm"];

    fn resolve(base: &str, from: &str, link: &str) -> Target {
        let base = BaseUrl::parse(base).unwrap();
        let stats = vec![Url::parse("https://blog.example/stats/").unwrap()];
        let site = Site::new(&base, FILES, Some("# old\n/gone/* /new/ 301\n/u/:name /users 302\n"), stats);
        site.resolve(&Url::parse(from).unwrap(), link)
    }

    #[test]
    fn an_address_leads_to_the_file_that_a_server_would_send() {
        let file = |path: &str| Target::File(path.to_owned(), None);
        let part = |path: &str, fragment: &str| Target::File(path.to_owned(), Some(fragment.to_owned()));
        let nothing = |path: &str| Target::Nothing(path.to_owned());
        for (link, expected) in [
            ("/", file("index.html")),
            ("/index.html", file("index.html")),
            ("https://blog.example", file("index.html")),
            ("http://blog.example/", file("index.html")),
            ("//blog.example/x.png?v=1", file("x.png")),
            ("/posts/a%20b/", file("posts/a b/index.html")),
            ("/posts/a%20b", file("posts/a b/index.html")),
            ("../../x.png", file("x.png")),
            ("./", file("posts/a b/index.html")),
            ("", file("posts/a b/index.html")),
            ("/about", file("about.html")),
            ("/caf%C3%A9/", file("caf\u{e9}/index.html")),
            ("/café/", file("caf\u{e9}/index.html")),
            ("/a/../x.png", file("x.png")),
            ("/a/%2e%2E/x.png", file("x.png")),
            ("/old.htm", file("old.htm")),
            ("#one", part("posts/a b/index.html", "one")),
            ("/about#caf%C3%A9", part("about.html", "caf\u{e9}")),
            ("/about#top", file("about.html")),
            ("/about#:~:text=x", file("about.html")),
            ("/about#/state", file("about.html")),
            ("/nothing/", nothing("/nothing/")),
            ("/X.png", nothing("/X.png")),
            ("/about/", nothing("/about/")),
            ("/gone/away/", Target::Elsewhere),
            ("/u/ada", Target::Elsewhere),
            ("/stats/count.js", Target::Elsewhere),
            ("https://other.example/nothing/", Target::Elsewhere),
            ("https://blog.example:8443/nothing/", Target::Elsewhere),
            ("mailto:ada@blog.example", Target::Elsewhere),
            ("data:,x", Target::Elsewhere),
            ("javascript:void(0)", Target::Elsewhere),
            ("https://[", Target::Elsewhere),
        ] {
            assert_eq!(resolve("https://blog.example/", "https://blog.example/posts/a%20b/", link), expected, "{link}");
        }
    }

    #[test]
    fn what_leads_to_a_file_for_good_is_what_a_server_looks_for_first() {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let from = Url::parse("https://blog.example/posts/a%20b/").unwrap();
        for (link, file, always) in [
            ("#one", "posts/a b/index.html", true),
            ("", "posts/a b/index.html", true),
            ("index.html#one", "posts/a b/index.html", true),
            ("/", "index.html", true),
            ("/index.html", "index.html", true),
            ("/about.html", "about.html", true),
            ("/posts/a%20b", "posts/a b/index.html", false),
            ("/about", "about.html", false),
            ("/old/", "old/index.htm", false),
            ("/posts/", "posts/a b/index.html", false),
            ("/", "posts/index.html", false),
        ] {
            let site = Site::new(&base, [file, "x.png"], None, Vec::new());
            let address = site.address(&from, link).unwrap();
            assert_eq!(site.is_always(&address, file), always, "{link}");
            // With everything else that could stand there.
            let others = ["posts/a b", "about", "about/index.html", "old/index.html", "posts/index.html", "index.htm"];
            let site = Site::new(&base, others.into_iter().chain([file]), None, Vec::new());
            assert!(!always || matches!(site.leads(&address), Target::File(found, _) if found == file), "{link}");
        }
        let site = Site::new(&base, FILES, None, Vec::new());
        assert_eq!(site.address(&from, "https://other.example/"), None);
    }

    #[test]
    fn a_site_below_a_path_ends_where_its_path_ends() {
        let from = "https://example.org/blog/";
        let resolve = |link| resolve("https://example.org/blog/", from, link);
        assert_eq!(resolve("/blog/x.png"), Target::File("x.png".to_owned(), None));
        assert_eq!(resolve("/blog"), Target::File("index.html".to_owned(), None));
        assert_eq!(resolve("/x.png"), Target::Elsewhere);
        assert_eq!(resolve("/blogroll/"), Target::Elsewhere);
        assert_eq!(resolve("nothing/"), Target::Nothing("/nothing/".to_owned()));
    }
}
