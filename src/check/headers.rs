//! Owns the `_headers` file that Netlify, Cloudflare Pages and others obey: which headers a page
//! would be sent with.
//!
//! Whether the host obeys it is not known here: site.toml says so, or a live page will. The rule
//! below says which of the two it is.

use super::Evidence;
use crate::guard::csp::Delivery;
use crate::paths::OutPath;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

/// The file, parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    rules: Vec<HeaderRule>,
}

/// One block of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct HeaderRule {
    /// A path; `*` stands for anything, `:name` for one part.
    pattern: String,
    /// Name in lower case, value; no value where the header is taken away again.
    headers: Vec<(String, Option<String>)>,
}

impl Headers {
    /// Reads the file's text. A line that is no rule and no header is skipped, as the hosts do.
    pub fn parse(text: &str) -> Headers {
        let mut rules: Vec<HeaderRule> = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let indented = line.starts_with(char::is_whitespace);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !indented && (line.starts_with('/') || line.starts_with("https://") || line.starts_with("http://")) {
                let path = match line.split_once("://") {
                    Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
                    None => line,
                };
                rules.push(HeaderRule { pattern: path.to_owned(), headers: Vec::new() });
                continue;
            }
            let Some(rule) = rules.last_mut() else { continue };
            if let Some(name) = line.strip_prefix('!') {
                rule.headers.push((name.trim().to_ascii_lowercase(), None));
            } else if let Some((name, value)) = line.split_once(':') {
                rule.headers.push((name.trim().to_ascii_lowercase(), Some(value.trim().to_owned())));
            }
        }
        Headers { rules }
    }

    /// Returns the values of a header for a path, in the file's order.
    pub fn values(&self, name: &str, path: &str) -> Vec<&str> {
        self.all(path).into_iter().filter(|(known, _)| *known == name).map(|(_, value)| value).collect()
    }

    /// Returns every header for a path, in the file's order.
    pub fn all(&self, path: &str) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for rule in self.rules.iter().filter(|rule| matches(&rule.pattern, path)) {
            for (name, value) in &rule.headers {
                match value {
                    Some(value) => all.push((name, value)),
                    None => all.retain(|(known, _)| *known != name.as_str()),
                }
            }
        }
        all
    }

    /// Returns whether any rule sets a policy that can block.
    pub fn sets_policy(&self) -> bool {
        let headers = self.rules.iter().flat_map(|rule| &rule.headers);
        headers.into_iter().any(|(name, value)| name == "content-security-policy" && value.is_some())
    }
}

/// Returns whether a pattern covers a path. Works off one `*` after the other, taking the shortest
/// text for each, so that no pattern takes long.
fn matches(pattern: &str, path: &str) -> bool {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let (first, rest) = pieces.split_first().expect("a split gives at least one piece");
    let Some(mut at) = starts(first, path) else { return false };
    let Some((last, middle)) = rest.split_last() else { return at == path.len() };
    for piece in middle {
        let found = boundaries(path, at).find_map(|start| Some(start + starts(piece, &path[start..])?));
        let Some(end) = found else { return false };
        at = end;
    }
    boundaries(path, at).any(|start| starts(last, &path[start..]) == Some(path.len() - start))
}

fn boundaries(path: &str, from: usize) -> impl Iterator<Item = usize> {
    (from..=path.len()).filter(|index| path.is_char_boundary(*index))
}

/// Returns how many bytes of a path a piece without `*` covers, if the path starts with it.
fn starts(piece: &str, path: &str) -> Option<usize> {
    let (mut pattern, mut at) = (piece, 0);
    loop {
        let Some((literal, after)) = pattern.split_once("/:") else {
            return path[at..].starts_with(pattern).then_some(at + pattern.len());
        };
        at += path[at..].strip_prefix(literal)?.strip_prefix('/').map(|_| literal.len() + 1)?;
        let name =
            after.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(after.len());
        let part = path[at..].find('/').unwrap_or(path.len() - at);
        if part == 0 {
            return None;
        }
        at += part;
        pattern = &after[name..];
    }
}

impl Evidence<'_> {
    /// Returns every policy that a page is under, as far as it is known: its meta elements', and the
    /// headers' where site.toml says that the host obeys them.
    pub fn policies_of(&self, page: &super::Page) -> Vec<(Delivery, String)> {
        let meta = page.policies.iter().map(|policy| (Delivery::Meta, policy.clone()));
        let headers = self.header_of(page, "content-security-policy");
        headers.into_iter().map(|policy| (Delivery::Header, policy)).chain(meta).collect()
    }

    /// Returns whether the headers of pages are known, so that an absent policy is absent.
    pub fn knows_headers(&self) -> bool {
        self.sent.is_some() || self.config.headers_from.is_some()
    }

    /// Returns the values of a header that a page is sent with, as far as it is known.
    pub fn header_of(&self, page: &super::Page, name: &str) -> Vec<String> {
        if let Some(sent) = &self.sent {
            return sent.get(&page.path).and_then(|headers| headers.get(name)).cloned().into_iter().collect();
        }
        let Some(headers) = self.headers.as_ref().filter(|_| self.config.headers_from.is_some()) else {
            return Vec::new();
        };
        let route = OutPath::new(page.path.as_str()).route();
        headers.values(name, route.as_str()).into_iter().map(str::to_owned).collect()
    }
}

/// Says that a policy stands in `_headers` and nobody says that the host obeys it.
pub(super) fn unread(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let sets_policy = evidence.headers.as_ref().is_some_and(Headers::sets_policy);
    if !sets_policy || evidence.config.headers_from.is_some() || evidence.tables.is_empty() {
        return Vec::new();
    }
    let verdict = Verdict::new(
        "policy/unread",
        GuardLevel::L0,
        Covers::Built,
        Outcome::Unknown("L6".to_owned()),
        "`_headers` sets a Content-Security-Policy, but nothing says that the host obeys this file: policy not known \
         before L6",
    );
    vec![
        verdict.fix(
            "if the host obeys `_headers`, say so: `headers_from = \"netlify\"` (or `\"cloudflare\"`) in site.toml",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\u{feff}# a comment\n/*\n  Content-Security-Policy: default-src 'self'\n  X-A: 1: 2\n\n/posts/:slug/\n\
        \tContent-Security-Policy: connect-src *\nhttps://x.example/drafts/*\n  ! content-security-policy\n  \
        Content-Security-Policy-Report-Only: default-src 'none'\n";

    #[test]
    fn all_rules_that_cover_a_path_add_up_in_order() {
        let headers = Headers::parse(FILE);
        let policies = |path| headers.values("content-security-policy", path);
        assert_eq!(policies("/"), ["default-src 'self'"]);
        assert_eq!(policies("/posts/a/"), ["default-src 'self'", "connect-src *"]);
        assert_eq!(policies("/posts/a/b/"), ["default-src 'self'"]);
        assert!(policies("/drafts/a/").is_empty());
        assert_eq!(headers.values("x-a", "/"), ["1: 2"]);
    }

    #[test]
    fn a_report_only_policy_is_none() {
        assert!(!Headers::parse("/*\n  Content-Security-Policy-Report-Only: default-src 'none'").sets_policy());
        assert!(Headers::parse(FILE).sets_policy());
    }

    #[test]
    fn a_pattern_covers_what_the_hosts_say_it_covers() {
        for (pattern, path, expected) in [
            ("/", "/", true),
            ("/", "/a", false),
            ("/*", "/", true),
            ("/*", "/é/", true),
            ("/a/*", "/a/", true),
            ("/a/*", "/a", false),
            ("/*.html", "/a/b.html", true),
            ("/*.html", "/a/b.htm", false),
            ("/*/b/*", "/a/b/c", true),
            ("/*/b/*", "/a/c/", false),
            ("/:one/:two", "/a/b", true),
            ("/:one/:two", "/a/", false),
            ("/:one.html", "/a", false),
            ("/*a*a*a*a*a*a*a*ab", &format!("/{}", "a".repeat(2_000)), false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn lines_that_belong_to_nothing_are_skipped() {
        assert_eq!(Headers::parse("  X-A: 1\nnonsense\n!\n"), Headers::default());
    }
}
