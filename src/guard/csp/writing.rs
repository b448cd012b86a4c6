//! Owns what it takes to write a policy: the preview serves production's, with other addresses in it.
//!
//! A change keeps what the rest of the policy means. `'none'` gives way to the first source beside it, and a
//! directive that did not exist takes over the sources of the one that it stood in for.

use url::Url;

use super::{Directive, HostSource, Policy, default_port, matches_list, scheme_matches};

impl Policy {
    /// Takes a directive out, and returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.directives.len();
        self.directives.retain(|(known, _)| known != name);
        self.directives.len() < before
    }

    /// Returns whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// Adds a source to the directive that governs what a page wants to do. What no directive governs is allowed
    /// already and stays so.
    pub fn allow(&mut self, directive: Directive, source: &str) {
        let Some((governing, sources)) = self.governing(directive) else { return };
        if sources.iter().any(|known| known == source) {
            return;
        }
        let mut sources = sources.to_vec();
        sources.retain(|known| !known.eq_ignore_ascii_case("'none'"));
        sources.push(source.to_owned());
        match governing {
            // Images, fonts and all the others still ask `default-src`, which must not become wider.
            "default-src" => self.directives.push((directive.name().to_owned(), sources)),
            name => {
                let row = self.directives.iter_mut().find(|(known, _)| known == name);
                row.expect("the governing directive is one of these").1 = sources;
            }
        }
    }

    /// Makes every list of sources that lets `from` pass let `to` pass in its place, and returns whether any did.
    ///
    /// A source that names the host of `from` is replaced; one that covers more, as `https:` or `*.example` do, stays
    /// and `to` stands beside it.
    pub fn move_to(&mut self, from: &Url, to: &Url, page: &Url) -> bool {
        let origin = to.origin().ascii_serialization();
        let mut moved = false;
        for (name, sources) in &mut self.directives {
            // Reports and forms go where they went; `sandbox` and its like hold flags.
            if !(name.ends_with("-src") || name.ends_with("-src-elem")) {
                continue;
            }
            let covered = sources.iter().any(|source| names_host_of(source, from)) || matches_list(sources, from, page);
            if !covered {
                continue;
            }
            for source in sources.iter_mut().filter(|source| names_host_of(source, from)) {
                *source = moved_source(source, from, to);
                moved = true;
            }
            if !matches_list(sources, to, page) && !sources.iter().any(|source| source.starts_with(&origin)) {
                sources.push(origin.clone());
                moved = true;
            }
        }
        moved
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, sources)) in self.directives.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let gap = if sources.is_empty() { "" } else { " " };
            write!(formatter, "{separator}{name}{gap}{}", sources.join(" "))?;
        }
        Ok(())
    }
}

/// Returns whether a source names exactly the host of a URL, whatever the path.
fn names_host_of(source: &str, url: &Url) -> bool {
    if source.starts_with('\'') {
        return false;
    }
    let Some(expression) = HostSource::parse(source) else { return false };
    let port = match expression.port {
        None => url.port_or_known_default() == default_port(url.scheme()),
        Some(port) => port.parse().ok() == url.port_or_known_default(),
    };
    let scheme = expression.scheme.is_none_or(|scheme| scheme_matches(scheme, url.scheme()));
    url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(expression.host)) && port && scheme
}

/// Returns a source with its host replaced, and its path too where it lies below the one that moves.
fn moved_source(source: &str, from: &Url, to: &Url) -> String {
    let origin = to.origin().ascii_serialization();
    let path = HostSource::parse(source).map_or("", |expression| expression.path);
    match path.strip_prefix(from.path()) {
        Some(rest) if !path.is_empty() => format!("{origin}{}{rest}", to.path()),
        // Another part of that host has no counterpart here; `/` is the whole of it.
        _ => origin,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Delivery;
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn policy(text: &str) -> Policy {
        Policy::parse(text, Delivery::Header)
    }

    fn allowed(text: &str, directive: Directive, source: &str) -> String {
        let mut policy = policy(text);
        policy.allow(directive, source);
        policy.to_string()
    }

    #[test]
    fn a_policy_is_written_as_it_was_read() {
        let text = "default-src 'self'; upgrade-insecure-requests; img-src * data:";
        assert_eq!(policy(text).to_string(), text);
        assert_eq!(policy("  Default-Src   'self' ;;").to_string(), "default-src 'self'");
    }

    #[test]
    fn what_is_allowed_is_added_to_the_directive_that_decides() {
        let script = |text| allowed(text, Directive::Script, "'sha256-x'");
        assert_eq!(script("script-src 'self'"), "script-src 'self' 'sha256-x'");
        assert_eq!(
            script("script-src 'self'; script-src-elem a.example"),
            "script-src 'self'; script-src-elem a.example 'sha256-x'"
        );
        assert_eq!(script("default-src 'self'"), "default-src 'self'; script-src 'self' 'sha256-x'");
        assert_eq!(script("default-src 'none'"), "default-src 'none'; script-src 'sha256-x'");
        assert_eq!(script("script-src 'NONE'"), "script-src 'sha256-x'");
        assert_eq!(script("img-src 'self'"), "img-src 'self'");
        assert_eq!(
            allowed("default-src a.example", Directive::Connect, "b.example"),
            "default-src a.example; connect-src a.example b.example"
        );
    }

    #[test]
    fn an_address_is_moved_wherever_it_was_allowed_and_nowhere_else() {
        let (from, to) = (url("https://stats.example/"), url("http://127.0.0.1:1111/__blog/stats/0/"));
        let moved = |text: &str| {
            let mut policy = policy(text);
            policy.move_to(&from, &to, &url("http://127.0.0.1:1111/"));
            policy.to_string()
        };
        let here = "http://127.0.0.1:1111";
        assert_eq!(moved("script-src 'self' https://stats.example"), format!("script-src 'self' {here}"));
        assert_eq!(moved("script-src stats.example"), format!("script-src {here}"));
        assert_eq!(
            moved("script-src https://stats.example/count.js"),
            format!("script-src {here}/__blog/stats/0/count.js")
        );
        assert_eq!(moved("img-src https:"), format!("img-src https: {here}"));
        assert_eq!(moved("img-src *.example"), format!("img-src *.example {here}"));
        for text in ["img-src *", "script-src https://other.example", "script-src 'none'", "form-action stats.example"]
        {
            assert_eq!(moved(text), text);
        }
    }

    #[test]
    fn another_port_of_the_host_is_another_server() {
        let mut policy = policy("script-src https://stats.example:8443");
        assert!(!policy.move_to(
            &url("https://stats.example/"),
            &url("http://127.0.0.1:1/"),
            &url("http://127.0.0.1:1/")
        ));
        assert_eq!(policy.to_string(), "script-src https://stats.example:8443");
    }
}
