//! Owns the `_redirects` file that Netlify, Cloudflare Pages and others obey: which addresses it answers, and where they lead.
//!
//! Understands `FROM [NAME=VALUE]… TO [STATUS][!] [CONDITION]…` with `*` and `:name`. What holds only under a condition (a country, a
//! language, a query) or on another host is answered by somebody, and nobody can tell here with what: [`Redirects::covers`]
//! counts it, [`Redirects::find`] does not follow it.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What means something else in an address than in a name.
const VALUE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?');

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    from: String,
    to: String,
    status: u16,
    /// Whether it holds even where a file stands.
    forced: bool,
    /// Whether it holds only for some, or on another host.
    conditional: bool,
}

/// The file, parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects(Vec<Rule>);

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The address, or a whole URL.
    pub to: String,
    /// 301, 302, 303, 307 or 308; 200 serves what stands there under the first address, 404 and 410 as an error.
    pub status: u16,
}

impl Redirects {
    /// Reads the file's text. A line that is no rule is skipped, as the hosts do.
    pub fn parse(text: &str) -> Redirects {
        Redirects(text.trim_start_matches('\u{feff}').lines().filter_map(rule).collect())
    }

    /// Returns where a path leads; `stands` tells whether a file is there, which only a forced rule overrules.
    pub fn find(&self, path: &str, stands: bool) -> Option<Redirect> {
        let rules = self.0.iter().filter(|rule| !rule.conditional && (rule.forced || !stands));
        rules.into_iter().find_map(|rule| {
            let names = fitting(&rule.from, path)?;
            let to = filled(&rule.to, &names);
            (to != path).then_some(Redirect { to, status: rule.status })
        })
    }

    /// Returns whether some rule answers a path, for somebody at least.
    pub fn covers(&self, path: &str) -> bool {
        self.0.iter().any(|rule| fitting(&rule.from, path).is_some())
    }
}

fn rule(line: &str) -> Option<Rule> {
    let mut words = line.split('#').next()?.split_whitespace().peekable();
    let from = words.next()?;
    let (elsewhere, from) = match from.split_once("://") {
        Some((_, rest)) => (true, rest.split_once('/').map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))),
        None => (false, from.to_owned()),
    };
    let is_address = |word: &str| word.starts_with('/') || word.starts_with("https://") || word.starts_with("http://");
    let mut asks = false;
    while words.next_if(|word| word.contains('=') && !is_address(word)).is_some() {
        asks = true;
    }
    let to = words.next().filter(|to| is_address(to) && from.starts_with('/'))?;
    let status = words.next().unwrap_or("301");
    let (status, forced) = status.strip_suffix('!').map_or((status, false), |status| (status, true));
    let status =
        status.parse().ok().filter(|status| matches!(status, 200 | 301 | 302 | 303 | 307 | 308 | 404 | 410))?;
    let conditional = elsewhere || asks || words.next().is_some();
    Some(Rule { from, to: to.to_owned(), status, forced, conditional })
}

/// Returns what the names of a pattern stand for in a path, the longest name first, or nothing if it does not fit.
fn fitting(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (pattern, path) = (pattern.trim_end_matches('/'), path.trim_end_matches('/'));
    let mut names = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "*" {
            let rest: Vec<&str> = parts.collect();
            names.push(("splat".to_owned(), rest.join("/")));
            return Some(names);
        }
        let part = parts.next()?;
        match wanted.strip_prefix(':') {
            Some(name) if !name.is_empty() => names.push((name.to_owned(), part.to_owned())),
            _ if wanted == part => {}
            _ => return None,
        }
    }
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    parts.next().is_none().then_some(names)
}

/// Returns a target with what its names stand for, encoded as it stands in an address.
fn filled(target: &str, names: &[(String, String)]) -> String {
    let mut filled = String::new();
    let mut rest = target;
    while let Some(at) = rest.find(':') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        filled.push_str(before);
        let name = names.iter().find(|(name, _)| after.starts_with(name.as_str()));
        rest = match name {
            Some((name, value)) => {
                filled.push_str(&utf8_percent_encode(value, VALUE).to_string());
                &after[name.len()..]
            }
            None => {
                filled.push(':');
                after
            }
        };
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# old addresses\n/old /new/\n/blog/* /posts/:splat 302\n/u/:user/:user_id /x/:user_id/:user\n\
        /gone /404.html 410\n/over / 301!\n/app/* /app/index.html 200\n/country / 302 Country=de\nnonsense\n/x y\n/loop /loop\n";

    #[test]
    fn an_address_leads_where_the_first_line_says_that_fits() {
        let redirects = Redirects::parse(FILE);
        for (path, expected) in [
            ("/old", Some(("/new/", 301))),
            ("/old/", Some(("/new/", 301))),
            ("/blog/a/b", Some(("/posts/a/b", 302))),
            ("/u/ann/7", Some(("/x/7/ann", 301))),
            ("/u/:user_id/7", Some(("/x/7/:user_id", 301))),
            ("/blog/café?/", Some(("/posts/caf%C3%A9%3F", 302))),
            ("/gone", Some(("/404.html", 410))),
            ("/app/x", Some(("/app/index.html", 200))),
            ("/country", None),
            ("/loop", None),
            ("/older", None),
        ] {
            let found = redirects.find(path, false);
            assert_eq!(found.as_ref().map(|found| (found.to.as_str(), found.status)), expected, "{path}");
        }
    }

    #[test]
    fn what_holds_for_some_or_elsewhere_is_answered_and_not_followed() {
        let redirects = Redirects::parse(
            "/country / 302 Country=de\nhttps://www.blog.example/up/* https://blog.example/:splat\n/find id=:id /x/:id 301\n",
        );
        for path in ["/country", "/up/a/b", "/find"] {
            assert!(redirects.covers(path) && redirects.find(path, false).is_none(), "{path}");
        }
        let redirects = Redirects::parse(FILE);
        for (path, covered) in
            [("/blog", true), ("/blog/a/b", true), ("/u/ann/7", true), ("/u/ann", false), ("/x", false)]
        {
            assert_eq!(redirects.covers(path), covered, "{path}");
        }
    }

    #[test]
    fn only_a_forced_rule_overrules_a_file() {
        let redirects = Redirects::parse(FILE);
        assert_eq!(redirects.find("/old", true), None);
        assert!(redirects.find("/over", true).is_some());
    }
}
