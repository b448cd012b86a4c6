//! Owns Fathom's server as the stand-in plays it, and what its tracker puts into a page view.

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::exchange::{HitFacts, Reply, Request, Target};
use crate::analytics::goatcounter::GIF;

/// Plays the server: `script.js`, and an image for everything that is sent to its root.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, "*", kind, body);
    match request.url.path() {
        path if path == target.script.path() => {
            reply(200, "application/javascript", super::PROVIDER.stand_in.tracker.as_bytes())
        }
        path if path == target.collect.path() => reply(200, "image/gif", GIF),
        _ => reply(404, "text/plain", b"not found"),
    }
}

/// Reads the hit of a request.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() || request.url.query().is_none() {
        return Vec::new();
    }
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let value = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    let path = value("p").unwrap_or_default();
    if !path.starts_with('/') {
        problems.push("`p`, the path, is missing or does not begin with `/`".to_owned());
    }
    match value("h").map(Url::parse) {
        None => problems.push("`h`, the host, is missing".to_owned()),
        Some(Err(error)) => problems.push(format!("`h`, the host, is no address: {error}")),
        // The tracker leaves the port out.
        Some(Ok(host)) if host.host_str() != Url::parse(&target.origin).ok().as_ref().and_then(Url::host_str) => {
            problems.push(format!("`h` is `{host}`, and not this site: Fathom's firewall may throw that away unseen"));
        }
        Some(Ok(_)) => {}
    }
    match value("sid") {
        None => problems.push("`sid`, the site, is missing".to_owned()),
        Some(site) if site != target.site => {
            problems.push(format!("`sid` is `{site}`, and site.toml says `{}`: another site is counted", target.site));
        }
        Some(_) => {}
    }
    let kind = if value("name").is_some() || value("gcode").is_some() { "event on" } else { "page view of" };
    vec![HitFacts { what: format!("{kind} `{path}`"), path: path.to_owned(), problems, remarks: Vec::new() }]
}
