//! Owns requests and replies as data: what a provider wants to be asked, what came back, and what it
//! concludes. Nothing here dials out, and no secret is in a request: it names the place where the
//! dialer puts the token.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

/// The user agent of questions that a server must take for a robot's, so that it records nothing. Never an empty one: that is
/// recorded (Umami, Liwan).
pub const VERIFY_BOT: &str = concat!("Mozilla/5.0 (compatible; watchpost-verify-bot/", env!("CARGO_PKG_VERSION"), ")");

/// Where a site's analytics are, as far as a provider needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where the server is, with `/` at its end.
    pub endpoint: Url,
    /// The tracker that pages load.
    pub script: Url,
    /// Where hits go.
    pub collect: Url,
    /// The site as the provider calls it.
    pub site: String,
    /// Scheme, host and port of the blog: `https://blog.example`.
    pub origin: String,
    /// Whether there is a token to ask with.
    pub has_token: bool,
}

/// Where the dialer puts the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPlace {
    /// As this field of a form in the body.
    Form(&'static str),
    /// As `Authorization: Bearer …`.
    Bearer,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to.
    pub url: Url,
    /// The host that is named instead of the URL's.
    pub host: Option<&'static str>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: String,
    /// Where the token goes, if one is sent.
    pub token: Option<TokenPlace>,
}

impl Request {
    /// Asks for a URL.
    pub fn get(url: Url) -> Self {
        Request { method: "GET", url, host: None, headers: Vec::new(), body: String::new(), token: None }
    }

    /// Sends a form, or what is to be taken for one.
    pub fn post_form(url: Url, body: impl Into<String>) -> Self {
        let headers = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
        Request { method: "POST", headers, body: body.into(), ..Request::get(url) }
    }

    /// Sends JSON as a robot, which no server that looks for robots counts.
    pub fn post_json(url: Url, body: &serde_json::Value) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned()), ("User-Agent", VERIFY_BOT.to_owned())];
        Request { method: "POST", headers, body: body.to_string(), ..Request::get(url) }
    }

    /// Returns a header's value; the case of its name does not matter.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Where the answer came from, after redirects.
    pub url: String,
    /// The addresses that redirected to it, in order.
    pub via: Vec<String>,
    /// The headers, names in lower case; several of one name are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// The decoded body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Answers a request as a server does whose answers pages of `origin` may read (`*`: of any).
    pub fn to(request: &Request, status: u16, origin: &str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = [("access-control-allow-origin", origin), ("content-type", kind)];
        Reply {
            status,
            url: request.url.to_string(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: body.into(),
            ..Reply::default()
        }
    }

    /// Adds a header; its name is in lower case.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns a header's value; its name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns the content type without its parameters, in lower case.
    pub fn content_type(&self) -> String {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase()
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON, if it is.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns whether the body is a GIF, as counting pixels are.
    pub fn is_gif(&self) -> bool {
        self.body.starts_with(b"GIF8")
    }

    /// Returns the body's first words, fit for a report: one line, no control characters.
    pub fn glimpse(&self) -> String {
        if self.body.is_empty() {
            return "nothing at all".to_owned();
        }
        if self.is_gif() {
            return format!("a GIF of {} bytes", self.body.len());
        }
        let text = self.text();
        if let Some(title) = title(&text) {
            return format!("a page with the title `{title}`");
        }
        let words: Vec<&str> =
            text.split(|character: char| character.is_whitespace() || character.is_control()).collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(80) {
            Some((end, _)) => format!("`{}…`", &line[..end]),
            None => format!("`{line}`"),
        }
    }
}

/// Returns the title of a page, for people to know it by.
pub fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let words: Vec<&str> = text[start..end].split_whitespace().collect();
    let title: String = words.join(" ").chars().filter(|character| !character.is_control()).take(80).collect();
    (!title.is_empty()).then_some(title)
}

/// One hit, as the vendor's server would understand it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HitFacts {
    /// What it counts, in a few words: ``page view of `/posts/a/` ``.
    pub what: String,
    /// The path that it counts, without query; empty where it names none.
    pub path: String,
    /// Why the server would refuse it, or count something else than was meant; each a sentence.
    pub problems: Vec<String>,
    /// What a person should know though all is well.
    pub remarks: Vec<String>,
}

impl HitFacts {
    /// Returns whether it counts a page view, and not an event, a heartbeat or the like.
    pub fn is_page_view(&self) -> bool {
        self.what.starts_with("page view")
    }
}

/// What a provider wants next of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask this.
    Ask(Request),
    /// Enough was heard.
    Done(Finding),
}

/// What a no-record probe came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The server takes hits for this site.
    Known {
        /// What it answered, in a few stable words: for the lock.
        answer: String,
        /// What it answered for a site that cannot exist.
        control: Control,
        /// Something that a person should know though all is well.
        remark: Option<String>,
    },
    /// The server takes hits for this site, and has counted the question as one: it is set up so that no question is harmless.
    Recorded {
        /// What it answered, in a few stable words: for the lock.
        answer: String,
        /// What it answered for a site that cannot exist.
        control: Control,
        /// How many hits were recorded and where, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
    },
    /// Nothing that records no hit could tell whether the server takes hits for this site: its yes would be the same for
    /// a site that does not exist. Never shown as holding.
    Indistinguishable {
        /// What was answered, in a few stable words; `nothing was asked` where no request is harmless.
        answer: String,
        /// Why it cannot be told, and what could tell, in a sentence.
        meaning: String,
    },
    /// The server does not take hits for this site.
    Broken {
        /// What kind of failure, in a word: `unknown-site`, `recording-off` …
        kind: &'static str,
        /// What it answered.
        answer: String,
        /// What that means, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
    },
    /// The server is in trouble that says nothing about the contract, and asking again is no use.
    Trouble {
        /// What kind, in a word: `database-down`.
        kind: &'static str,
        /// What that means, in a sentence.
        meaning: String,
    },
    /// The provider makes nothing of the answer: its status decides.
    Unclassified,
}

/// What the negative control came to: a probe that cannot fail proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// An impossible site was answered otherwise, in these few stable words.
    Told(String),
    /// The answer about the site says it of an impossible one too, in these few stable words: nothing more was asked.
    Within(String),
    /// An impossible site was answered alike.
    Indistinguishable,
}

/// What a version request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionFound {
    /// The server says its version.
    Version(String),
    /// The server refuses the token; it must not be sent again soon.
    TokenRefused(String),
    /// The server is in trouble that says nothing about its version.
    Trouble {
        /// What kind, in a word.
        kind: &'static str,
        /// What that means, in a sentence.
        meaning: String,
    },
    /// The server keeps its version to itself, and may; why, in a sentence.
    Untold(&'static str),
    /// The answer is none that this provider gives.
    Unclassified,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glimpse_is_one_line_that_a_person_understands() {
        let glimpse = |body: &str| Reply { body: body.into(), ..Reply::default() }.glimpse();
        assert_eq!(glimpse(""), "nothing at all");
        assert_eq!(glimpse("GIF89a.."), "a GIF of 8 bytes");
        assert_eq!(glimpse("<html>\n<TITLE>\nSign  in</TITLE>"), "a page with the title `Sign in`");
        assert_eq!(glimpse("{\"a\":\n\u{1b}[31m1}"), "`{\"a\": [31m1}`");
        assert_eq!(glimpse(&"x".repeat(100)), format!("`{}…`", "x".repeat(80)));
    }
}
