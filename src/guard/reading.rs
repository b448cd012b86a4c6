//! Owns what a reply says by itself, whoever sent it: that it is a bot challenge, what its status means
//! for a script, whether a body is JavaScript, and which version the answers tell.

use url::Url;

use super::{Heard, Subject};
use crate::analytics::exchange::{Reply, VersionFound};
use crate::analytics::script::{Script, Token, lex};
use crate::digest::Sha256;
use crate::verdict::Outcome;

/// Returns an unknown outcome with its reason.
pub(super) fn unknown(reason: impl Into<String>) -> Outcome {
    Outcome::Unknown(reason.into())
}

/// Returns who challenges us to prove that we are no robot, if somebody does: a browser may well get through.
pub fn challenge(reply: &Reply) -> Option<&'static str> {
    let says = |name: &str, word: &str| reply.header(name).is_some_and(|value| value.to_lowercase().contains(word));
    if reply.header("cf-mitigated").is_some() {
        return Some("Cloudflare");
    }
    if says("x-amzn-waf-action", "challenge") || says("x-amzn-waf-action", "captcha") {
        return Some("AWS WAF");
    }
    if says("x-vercel-mitigated", "challenge") {
        return Some("Vercel");
    }
    if reply.header("x-datadome").is_some() && matches!(reply.status, 403 | 429) {
        return Some("DataDome");
    }
    let body = reply.text();
    let page = matches!(reply.status, 403 | 503);
    (page && says("server", "cloudflare") && body.contains("challenge-platform")).then_some("Cloudflare")
}

/// What the status of a reply means where a script should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is a body to look at.
    Served,
    /// Browsers get no script either.
    Gone,
    /// The server is in trouble, or does not want to talk to us now; the reason's word.
    Passing(String),
}

/// Reads a status.
pub(super) fn standing(reply: &Reply) -> Standing {
    if challenge(reply).is_some() {
        return Standing::Passing("challenge".to_owned());
    }
    match reply.status {
        200..=299 => Standing::Served,
        429 => Standing::Passing("rate-limited".to_owned()),
        408 | 425 | 500.. => Standing::Passing(format!("status-{}", reply.status)),
        _ => Standing::Gone,
    }
}

/// What stands in a body where JavaScript should.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// JavaScript, as far as its tokens tell.
    Script(Script<'a>),
    /// JavaScript that breaks off, and where.
    Broken(&'static str),
    /// Something else, in words.
    Other(String),
}

/// Reads a body.
pub(super) fn body(text: &str) -> Body<'_> {
    let trimmed = text.trim_start_matches(['\u{feff}']).trim_start();
    if trimmed.is_empty() {
        return Body::Other("nothing at all".to_owned());
    }
    // `<!--` opens a comment in a script too; a document has its doctype or an element.
    if trimmed.starts_with('<') && !trimmed.starts_with("<!--") {
        return Body::Other(page(trimmed).to_owned());
    }
    if trimmed.starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(trimmed).is_ok() {
        return Body::Other("JSON".to_owned());
    }
    let script = lex(text);
    if script.tokens.is_empty() {
        return Body::Other("nothing but a comment".to_owned());
    }
    if !script.tokens.iter().any(|token| matches!(token, Token::Punctuator("(" | "=" | "=>"))) {
        return Body::Other("plain text".to_owned());
    }
    match script.broken {
        Some(broken) => Body::Broken(broken),
        None => Body::Script(script),
    }
}

/// Returns what kind of page this is.
fn page(html: &str) -> &'static str {
    let html = html.to_lowercase();
    if html.contains("type=\"password\"") || html.contains("type='password'") || html.contains("type=password") {
        return "an HTML page that asks for a password";
    }
    if html.contains("captcha") {
        return "an HTML page that asks whether you are human";
    }
    match html.starts_with("<?xml") || html.starts_with("<svg") {
        true => "XML",
        false => "an HTML page",
    }
}

/// Returns a tracker's reply that can be looked into, if there is one.
pub(super) fn served<'s>(subject: &Subject<'s>) -> Option<&'s Reply> {
    subject.answer.tracker.reply().filter(|reply| standing(reply) == Standing::Served)
}

/// Returns a reply in a line of evidence.
pub(super) fn evidence(reply: &Reply) -> String {
    let kind = match reply.content_type() {
        kind if kind.is_empty() => "no content type".to_owned(),
        kind => kind,
    };
    let size = reply.body.len();
    format!("{}: {}, {kind}, {size} bytes, sha256 {}", reply.url, reply.status, Sha256::of(&reply.body).short())
}

/// The server's version, and how it was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Learned {
    pub(super) version: String,
    pub(super) by: &'static str,
}

/// Returns the server's version, if anything tells it: the server itself, else the bytes of its tracker.
pub(super) fn version(subject: &Subject<'_>) -> Option<Learned> {
    let provider = subject.provider()?;
    if let (Some(query), Heard::Reply(reply)) = (&provider.version, &subject.answer.version)
        && let VersionFound::Version(version) = (query.read)(reply)
    {
        return Some(Learned { version, by: query.learned_by });
    }
    let digest = Sha256::of(&served(subject)?.body).to_string();
    let (version, _) = provider.tracker.released.iter().find(|(_, released)| *released == digest)?;
    // A frozen file is named in the table by its own name, which is no server's version.
    (!version.ends_with(".js")).then(|| Learned { version: (*version).to_owned(), by: "tracker" })
}

/// Returns the host of a URL that is written out, in lower case.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_for_what_it_is() {
        assert_eq!(
            body("<!DOCTYPE html><form><input type=\"password\">"),
            Body::Other("an HTML page that asks for a password".into())
        );
        assert_eq!(body("/* there was an error loading matomo.js */"), Body::Other("nothing but a comment".into()));
        assert_eq!(body("{\"error\": \"not found\"}"), Body::Other("JSON".into()));
        assert_eq!(body("  \n"), Body::Other("nothing at all".into()));
        assert_eq!(body("Service temporarily unavailable"), Body::Other("plain text".into()));
        assert_eq!(body("(function(){var a='"), Body::Broken("a string that does not end"));
        assert!(matches!(body("\u{feff}(function(){})()"), Body::Script(_)));
    }

    #[test]
    fn a_challenge_is_no_answer() {
        let mut reply = Reply { status: 403, ..Reply::default() };
        assert_eq!(standing(&reply), Standing::Gone);
        reply.headers.insert("cf-mitigated".to_owned(), "challenge".to_owned());
        assert_eq!(standing(&reply), Standing::Passing("challenge".to_owned()));
    }
}
