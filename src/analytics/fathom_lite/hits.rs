//! Owns Fathom Lite's server as the stand-in plays it, and what its collect handler asks of a hit
//! (`pkg/api/collect.go` of 1.3): all of it stands in the query.

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::below;
use crate::analytics::exchange::{HitFacts, Reply, Request, Target};
use crate::analytics::goatcounter::GIF;

/// Plays the server: `tracker.js`, `collect` and `health` below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status: u16, kind: &str, body: &[u8]| Reply {
        status,
        url: request.url.to_string(),
        headers: BTreeMap::from([("content-type".to_owned(), kind.to_owned())]),
        body: body.to_vec(),
        ..Reply::default()
    };
    let path = request.url.path();
    if path == target.script.path() {
        return reply(200, "application/javascript", super::PROVIDER.stand_in.tracker.as_bytes());
    }
    if path == below(&target.endpoint, "health").path() {
        return reply(200, "text/plain", b"");
    }
    if path != target.collect.path() {
        return reply(404, "text/plain", b"404 page not found");
    }
    let header = |wanted: &str| {
        let found = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.to_lowercase()).unwrap_or_default()
    };
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let named = ["h", "p"].iter().all(|name| query.get(*name).is_some_and(|value| !value.is_empty()));
    if header("user-agent").contains("bot") || header("dnt") == "1" || !named {
        return reply(200, "text/plain", b"");
    }
    let mut taken = reply(200, "image/gif", GIF);
    taken.headers.insert("tk".to_owned(), "N".to_owned());
    taken
}

/// Reads the hit of a request.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let value = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    let path = value("p").unwrap_or_default();
    if path.is_empty() {
        problems.push("`p`, the path, is missing: Fathom answers 200 and drops the hit".to_owned());
    } else if !path.starts_with('/') {
        problems.push(format!("the path `{path}` does not begin with `/`: it would be counted beside the real one"));
    }
    match value("h").map(Url::parse) {
        None => problems.push("`h`, the host, is missing: Fathom answers 200 and drops the hit".to_owned()),
        Some(Err(error)) => problems.push(format!("`h`, the host, is no address: {error}")),
        // The tracker leaves the port out.
        Some(Ok(host)) if host.host_str() != Url::parse(&target.origin).ok().as_ref().and_then(Url::host_str) => {
            problems.push(format!("`h` is `{host}`, and not this site: Fathom counts it there"));
        }
        Some(Ok(_)) => {}
    }
    match value("sid") {
        None => problems.push("`sid`, the site, is missing: Fathom counts it for its default site".to_owned()),
        Some(site) if site != target.site => {
            problems.push(format!("`sid` is `{site}`, and site.toml says `{}`: another site is counted", target.site));
        }
        Some(_) => {}
    }
    let alone = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    vec![HitFacts { what: format!("page view of `{path}`"), path: alone, problems, remarks: Vec::new() }]
}
