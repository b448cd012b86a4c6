//! Owns Content-Security-Policy, level 3, as pure functions: policy text in, yes or no out.
//!
//! Gives [`Policies`], every policy that a page is under at once: a request passes only if each of
//! them lets it pass. A page's own hash, nonce and `'strict-dynamic'` are honoured as browsers
//! honour them. Refuses to guess: a source that no browser understands matches nothing. Trusted
//! Types and reporting are not judged.

mod writing;

use percent_encoding::percent_decode_str;
use sha2::Digest as _;
use url::Url;

/// How a policy reached the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// A `Content-Security-Policy` header.
    Header,
    /// `<meta http-equiv="Content-Security-Policy">` in the head, where `sandbox` has no effect.
    Meta,
}

/// What a page wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// Load a script: `script-src-elem`, else `script-src`, else `default-src`.
    Script,
    /// Send a beacon, a `fetch` or an `XMLHttpRequest`: `connect-src`, else `default-src`.
    Connect,
    /// Load an image, the oldest way of counting: `img-src`, else `default-src`.
    Image,
}

impl Directive {
    /// Returns the directives that govern it, the first one present deciding.
    fn fallback(self) -> &'static [&'static str] {
        match self {
            Directive::Script => &["script-src-elem", "script-src", "default-src"],
            Directive::Connect => &["connect-src", "default-src"],
            Directive::Image => &["img-src", "default-src"],
        }
    }

    /// Returns the name that people write: `connect-src`.
    pub fn name(self) -> &'static str {
        match self {
            Directive::Script => "script-src",
            Directive::Connect => "connect-src",
            Directive::Image => "img-src",
        }
    }
}

/// A script that a page loads or carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script<'a> {
    /// The `nonce` attribute.
    pub nonce: Option<&'a str>,
    /// The `integrity` attribute, for a script that is loaded.
    pub integrity: Option<&'a str>,
    /// Whether another script put it into the page, as Matomo's snippet does with its tracker.
    pub injected: bool,
}

/// Why a policy does not let something pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The directive that decided, as written: `default-src`; `sandbox` where no script runs at all.
    pub directive: String,
    /// What it allows, as written; empty for nothing.
    pub sources: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", format!("{} {}", self.directive, self.sources).trim_end())
    }
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    directives: Vec<(String, Vec<String>)>,
}

impl Policy {
    /// Reads one serialised policy; it cannot fail, as in a browser.
    pub fn parse(text: &str, delivery: Delivery) -> Policy {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for part in text.split(';') {
            let mut words = part.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            let ineffective =
                delivery == Delivery::Meta && matches!(name.as_str(), "sandbox" | "report-uri" | "frame-ancestors");
            // A second directive of the same name is ignored, not merged.
            if !ineffective && !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.map(str::to_owned).collect()));
            }
        }
        Policy { directives }
    }

    /// Returns whether a request to `url` passes. `page` is the page, or any URL of its origin.
    pub fn allows(&self, directive: Directive, url: &Url, page: &Url) -> bool {
        match directive {
            Directive::Script => self.load(&Script::default(), url, page).is_ok(),
            Directive::Connect | Directive::Image => self.request(directive, url, page).is_ok(),
        }
    }

    /// Judges a request that loads no script.
    pub fn request(&self, directive: Directive, url: &Url, page: &Url) -> Result<(), Refusal> {
        match self.governing(directive) {
            Some((name, sources)) if !matches_list(sources, &self.upgraded(url), page) => Err(refusal(name, sources)),
            _ => Ok(()),
        }
    }

    /// Judges the loading of a script.
    pub fn load(&self, script: &Script<'_>, url: &Url, page: &Url) -> Result<(), Refusal> {
        self.sandbox()?;
        let Some((name, sources)) = self.governing(Directive::Script) else { return Ok(()) };
        let passes = nonce_matches(sources, script.nonce)
            || integrity_matches(sources, script.integrity)
            || match has_keyword(sources, "'strict-dynamic'") {
                // The page's own tags then need a nonce or a hash; host names no longer count.
                true => script.injected,
                false => matches_list(sources, &self.upgraded(url), page),
            };
        if passes { Ok(()) } else { Err(refusal(name, sources)) }
    }

    /// Judges a script whose text stands in the page.
    pub fn inline(&self, script: &Script<'_>, body: &str) -> Result<(), Refusal> {
        self.sandbox()?;
        let Some((name, sources)) = self.governing(Directive::Script) else { return Ok(()) };
        let passes =
            all_inline(sources) || nonce_matches(sources, script.nonce) || body_hash_matches(sources, body.as_bytes());
        if passes { Ok(()) } else { Err(refusal(name, sources)) }
    }

    /// Judges code that a script makes out of text as it runs.
    pub fn evaluate(&self) -> Result<(), Refusal> {
        let governing = ["script-src", "default-src"].iter().find_map(|name| Some((*name, self.directive(name)?)));
        match governing {
            Some((name, sources)) if !has_keyword(sources, "'unsafe-eval'") => Err(refusal(name, sources)),
            _ => Ok(()),
        }
    }

    fn sandbox(&self) -> Result<(), Refusal> {
        match self.directive("sandbox") {
            Some(flags) if !has_keyword(flags, "allow-scripts") => Err(refusal("sandbox", flags)),
            _ => Ok(()),
        }
    }

    fn directive(&self, name: &str) -> Option<&[String]> {
        self.directives.iter().find(|(known, _)| known == name).map(|(_, sources)| sources.as_slice())
    }

    fn governing(&self, directive: Directive) -> Option<(&'static str, &[String])> {
        directive.fallback().iter().find_map(|name| Some((*name, self.directive(name)?)))
    }

    /// Returns the URL as it is after `upgrade-insecure-requests`.
    fn upgraded(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if url.scheme() == "http" && self.directive("upgrade-insecure-requests").is_some() {
            // The only failure is a change between special and other schemes, which this is not.
            let _ = url.set_scheme("https");
        }
        url
    }
}

/// Every policy that a page is under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    policies: Vec<Policy>,
}

impl Policies {
    /// Reads what headers and meta elements say; a header's commas part several policies.
    pub fn parse<'a>(texts: impl IntoIterator<Item = (Delivery, &'a str)>) -> Policies {
        let policies = texts
            .into_iter()
            .flat_map(|(delivery, text)| text.split(',').map(move |part| Policy::parse(part, delivery)))
            .filter(|policy| !policy.directives.is_empty())
            .collect();
        Policies { policies }
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Returns whether each policy lets a request to `url` pass.
    pub fn allows(&self, directive: Directive, url: &Url, page: &Url) -> bool {
        self.policies.iter().all(|policy| policy.allows(directive, url, page))
    }

    /// Judges a request that loads no script.
    pub fn request(&self, directive: Directive, url: &Url, page: &Url) -> Result<(), Refusal> {
        self.policies.iter().try_for_each(|policy| policy.request(directive, url, page))
    }

    /// Judges the loading of a script.
    pub fn load(&self, script: &Script<'_>, url: &Url, page: &Url) -> Result<(), Refusal> {
        self.policies.iter().try_for_each(|policy| policy.load(script, url, page))
    }

    /// Judges code that a script makes out of text as it runs.
    pub fn evaluate(&self) -> Result<(), Refusal> {
        self.policies.iter().try_for_each(Policy::evaluate)
    }

    /// Judges a script whose text stands in the page.
    pub fn inline(&self, script: &Script<'_>, body: &str) -> Result<(), Refusal> {
        self.policies.iter().try_for_each(|policy| policy.inline(script, body))
    }
}

/// Returns the source that would allow this inline script: `'sha256-…'`.
pub fn hash_source(body: &str) -> String {
    format!("'sha256-{}'", base64(&sha2::Sha256::digest(body)))
}

fn refusal(directive: &str, sources: &[String]) -> Refusal {
    Refusal { directive: directive.to_owned(), sources: sources.join(" ") }
}

fn has_keyword(sources: &[String], keyword: &str) -> bool {
    sources.iter().any(|source| source.eq_ignore_ascii_case(keyword))
}

/// Returns the nonce of `'nonce-…'`.
fn nonce_of(source: &str) -> Option<&str> {
    let inner = quoted(source)?;
    let (name, value) = inner.split_at_checked("nonce-".len())?;
    (name.eq_ignore_ascii_case("nonce-") && is_base64(value)).then_some(value)
}

/// Returns algorithm and value of `'sha256-…'`.
fn hash_of(source: &str) -> Option<(Algorithm, String)> {
    algorithm_and_value(quoted(source)?)
}

fn algorithm_and_value(text: &str) -> Option<(Algorithm, String)> {
    let (name, value) = text.split_once('-')?;
    let algorithm = match name.to_ascii_lowercase().as_str() {
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        _ => return None,
    };
    is_base64(value).then(|| (algorithm, value.replace('-', "+").replace('_', "/").trim_end_matches('=').to_owned()))
}

fn quoted(source: &str) -> Option<&str> {
    source.strip_prefix('\'')?.strip_suffix('\'')
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// Returns whether `'unsafe-inline'` is there and nothing switches it off.
fn all_inline(sources: &[String]) -> bool {
    let switched_off = |source: &String| {
        nonce_of(source).is_some() || hash_of(source).is_some() || source.eq_ignore_ascii_case("'strict-dynamic'")
    };
    has_keyword(sources, "'unsafe-inline'") && !sources.iter().any(switched_off)
}

fn nonce_matches(sources: &[String], nonce: Option<&str>) -> bool {
    let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) else { return false };
    sources.iter().any(|source| nonce_of(source) == Some(nonce))
}

fn body_hash_matches(sources: &[String], body: &[u8]) -> bool {
    sources.iter().filter_map(|source| hash_of(source)).any(|(algorithm, value)| {
        let digest = match algorithm {
            Algorithm::Sha256 => base64(&sha2::Sha256::digest(body)),
            Algorithm::Sha384 => base64(&sha2::Sha384::digest(body)),
            Algorithm::Sha512 => base64(&sha2::Sha512::digest(body)),
        };
        digest.trim_end_matches('=') == value
    })
}

/// Returns whether every digest of an `integrity` attribute stands in the list.
fn integrity_matches(sources: &[String], integrity: Option<&str>) -> bool {
    let allowed: Vec<_> = sources.iter().filter_map(|source| hash_of(source)).collect();
    let wanted: Vec<_> = integrity
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter_map(|entry| algorithm_and_value(entry.split('?').next().unwrap_or_default()))
        .collect();
    !wanted.is_empty() && wanted.iter().all(|entry| allowed.contains(entry))
}

fn matches_list(sources: &[String], url: &Url, page: &Url) -> bool {
    sources.iter().any(|source| matches_source(source, url, page))
}

fn matches_source(source: &str, url: &Url, page: &Url) -> bool {
    if source == "*" {
        return matches!(url.scheme(), "http" | "https" | "ws" | "wss") || url.scheme() == page.scheme();
    }
    if source.eq_ignore_ascii_case("'self'") {
        return matches_self(url, page);
    }
    if source.starts_with('\'') {
        return false;
    }
    if let Some(scheme) = source.strip_suffix(':').filter(|scheme| is_scheme(scheme)) {
        return scheme_matches(scheme, url.scheme());
    }
    let Some(expression) = HostSource::parse(source) else { return false };
    expression.matches(url, page)
}

fn matches_self(url: &Url, page: &Url) -> bool {
    if url.origin() == page.origin() {
        return true;
    }
    let default = |url: &Url| url.port_or_known_default() == default_port(url.scheme());
    let ports = url.port_or_known_default() == page.port_or_known_default() || (default(url) && default(page));
    let upgrade = matches!(url.scheme(), "https" | "wss") || (page.scheme() == "http" && url.scheme() == "ws");
    url.host_str().is_some() && url.host_str() == page.host_str() && ports && upgrade
}

/// `[scheme "://"] host [":" port] [path]`
struct HostSource<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
}

impl<'a> HostSource<'a> {
    fn parse(source: &'a str) -> Option<HostSource<'a>> {
        let (scheme, rest) = match source.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            Some(_) => return None,
            None => (None, source),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Browsers ignore a query here, and say so on the console.
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let name = host.strip_prefix("*.").unwrap_or(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let host_is_valid = host == "*" || name.split('.').all(label);
        let port_is_valid = port.is_none_or(|port| port == "*" || port.parse::<u16>().is_ok());
        (host_is_valid && port_is_valid).then_some(HostSource { scheme, host, port, path })
    }

    fn matches(&self, url: &Url, page: &Url) -> bool {
        scheme_matches(self.scheme.unwrap_or(page.scheme()), url.scheme())
            && url.host_str().is_some_and(|host| self.host_matches(host))
            && self.port_matches(url)
            && self.path_matches(url.path())
    }

    fn host_matches(&self, host: &str) -> bool {
        let (pattern, host) = (self.host.to_ascii_lowercase(), host.to_ascii_lowercase());
        match pattern.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == pattern,
        }
    }

    fn port_matches(&self, url: &Url) -> bool {
        let found = url.port_or_known_default();
        match self.port {
            None => found == default_port(url.scheme()),
            Some("*") => true,
            // A source for port 80 also covers the secure port that the request is upgraded to.
            Some(port) => {
                let port = port.parse().ok();
                port == found || (port == Some(80) && found == Some(443))
            }
        }
    }

    fn path_matches(&self, path: &str) -> bool {
        if self.path.is_empty() || (self.path == "/" && path.is_empty()) {
            return true;
        }
        let folder = self.path.ends_with('/');
        let expected: Vec<&str> = self.path.strip_suffix('/').unwrap_or(self.path).split('/').collect();
        let found: Vec<&str> = path.split('/').collect();
        let length = if folder { found.len() > expected.len() } else { found.len() == expected.len() };
        let same = |(one, other): (&&str, &&str)| percent_decode_str(one).eq(percent_decode_str(other));
        length && expected.iter().zip(&found).all(same)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Returns whether a source of one scheme covers another: the secure form of the same, always.
fn scheme_matches(source: &str, found: &str) -> bool {
    let source = source.to_ascii_lowercase();
    match source.as_str() {
        _ if source == found => true,
        "http" => found == "https",
        "ws" => matches!(found, "wss" | "http" | "https"),
        "wss" => found == "https",
        _ => false,
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// Returns bytes in base64, as policies and digests write them.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            match index <= chunk.len() {
                true => text.push(DIGITS[(group >> (18 - 6 * index) & 63) as usize] as char),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
#[path = "csp/tests.rs"]
mod tests;
