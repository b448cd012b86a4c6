//! Owns the policies of the matrix: none, by meta element, by header, several at once, right and wrong in every part.

use super::chance::Chance;
use crate::guard::csp::hash_source;

/// The nonce of pages that have one.
pub(super) const NONCE: &str = "Zm9yIG9uZSBwYWdl";

/// What pages are sent under: markup for the head, and headers.
#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    pub(super) name: String,
    /// Stands first in the head.
    pub(super) meta: String,
    /// Lines of `_headers`.
    pub(super) headers: String,
}

/// What a policy is to let pass, or not.
pub(super) struct Wanted<'a> {
    /// The tracker's address.
    pub(super) script: &'a str,
    /// The counting address.
    pub(super) collect: &'a str,
    /// The inline scripts of the snippet.
    pub(super) inline: &'a [String],
}

/// Returns a policy.
pub(super) fn policy(chance: &mut Chance, wanted: &Wanted<'_>) -> Policy {
    let of = |chance: &mut Chance| text(chance, wanted);
    let meta = |text: &str| format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{text}\">");
    match *chance.weighed(&[
        (35, &"none"),
        (22, &"meta"),
        (18, &"header"),
        (6, &"meta and header"),
        (5, &"two headers"),
        (3, &"one header, two policies"),
        (4, &"report only"),
        (3, &"sandbox"),
        (4, &"meta in the body"),
    ]) {
        "meta" => {
            let text = of(chance);
            Policy { name: format!("meta: {text}"), meta: meta(&text), headers: String::new() }
        }
        "header" => {
            let text = of(chance);
            Policy { name: format!("header: {text}"), meta: String::new(), headers: header(&text) }
        }
        "meta and header" => {
            let (one, other) = (of(chance), of(chance));
            Policy { name: format!("meta: {one} + header: {other}"), meta: meta(&one), headers: header(&other) }
        }
        "two headers" => {
            let (one, other) = (of(chance), of(chance));
            Policy {
                name: format!("headers: {one} + {other}"),
                meta: String::new(),
                headers: format!("{}{}", header(&one), header(&other)),
            }
        }
        "one header, two policies" => {
            let text = format!("{}, {}", of(chance), of(chance));
            Policy { name: format!("header: {text}"), meta: String::new(), headers: header(&text) }
        }
        "report only" => {
            let headers = "  Content-Security-Policy-Report-Only: default-src 'none'\n".to_owned();
            Policy { name: "report only".to_owned(), meta: String::new(), headers }
        }
        "sandbox" => {
            let text = *chance.of(&[&"sandbox", &"sandbox allow-scripts", &"sandbox allow-scripts allow-same-origin"]);
            Policy { name: format!("header: {text}"), meta: String::new(), headers: header(text) }
        }
        "meta in the body" => {
            let name = "in the body, where it counts for nothing".to_owned();
            Policy { name, meta: format!("</head><body>{}", meta("default-src 'none'")), headers: String::new() }
        }
        _ => Policy { name: "no policy".to_owned(), ..Policy::default() },
    }
}

fn header(text: &str) -> String {
    format!("  Content-Security-Policy: {text}\n")
}

/// Returns the text of one policy.
fn text(chance: &mut Chance, wanted: &Wanted<'_>) -> String {
    let mut parts = Vec::new();
    let default = *chance.weighed(&[
        (4, &""),
        (2, &"default-src 'self'"),
        (2, &"default-src 'none'"),
        (1, &"default-src https://stats.example"),
        (1, &"default-src *"),
        (1, &"default-src 'self' https:"),
    ]);
    parts.push(default.to_owned());
    if chance.percent(80) {
        let directive = *chance.weighed(&[(5, &"script-src"), (1, &"script-src-elem")]);
        parts.push(format!("{directive} {}", scripts(chance, wanted)));
    }
    for directive in ["connect-src", "img-src"] {
        if chance.percent(60) {
            parts.push(format!("{directive} {}", sources(chance, wanted.collect)));
        }
    }
    if chance.percent(10) {
        parts.push("upgrade-insecure-requests".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// Returns sources that cover an address, most of the time.
fn sources(chance: &mut Chance, url: &str) -> String {
    let path = url.trim_start_matches("https://");
    let (host, wrong) = (path.split('/').next().unwrap_or_default(), format!("{url}x"));
    let source = *chance.weighed(&[
        (10, &"host"),
        (4, &"url"),
        (2, &"bare"),
        (2, &"*.example"),
        (2, &"https:"),
        (2, &"*"),
        (1, &"port"),
        (1, &"plain"),
        (1, &"folder"),
        (2, &"'self'"),
        (1, &"'none'"),
        (1, &"https://other.example"),
        (1, &"wrong path"),
        (1, &"wrong port"),
        (1, &"*.stats.example"),
        (1, &"'self' https://other.example host"),
    ]);
    match source {
        "host" => format!("https://{host}"),
        "url" => url.to_owned(),
        "bare" => host.to_owned(),
        "port" => format!("https://{host}:443"),
        "plain" => format!("http://{host}"),
        "folder" => format!("https://{host}/"),
        "wrong path" => wrong,
        "wrong port" => format!("https://{host}:8443"),
        "'self' https://other.example host" => format!("'self' https://other.example {host}"),
        other => other.to_owned(),
    }
}

/// Returns sources for scripts, with what inline scripts need, most of the time.
fn scripts(chance: &mut Chance, wanted: &Wanted<'_>) -> String {
    let mut list = sources(chance, wanted.script);
    let mut add = |source: &str| match list.as_str() {
        "'none'" => {}
        _ => {
            list.push(' ');
            list.push_str(source);
        }
    };
    if !wanted.inline.is_empty() {
        match *chance.weighed(&[(5, &"'unsafe-inline'"), (3, &"hash"), (2, &"nonce"), (1, &"nothing")]) {
            "hash" => wanted.inline.iter().for_each(|body| add(&hash_source(body))),
            "nonce" => add(&format!("'nonce-{NONCE}'")),
            "nothing" => {}
            other => add(other),
        }
    } else if chance.percent(20) {
        add(&format!("'nonce-{NONCE}'"));
    }
    if chance.percent(12) {
        add("'strict-dynamic'");
    }
    list
}
