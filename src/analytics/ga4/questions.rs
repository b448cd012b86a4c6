//! Owns how Google is asked without recording anything, and its server as the stand-in plays it.
//!
//! The script of a property is made for it: an id that is refused answers 404, one that nobody has may get a generic
//! script that is smaller (seen by others: some 413 KB against 507 to 549 KB). The collect endpoint tells nothing:
//! it answers 204 to everybody, and is not asked.

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::exchange::{Control, Finding, HitFacts, Reply, Request, Step, Target};

/// An id of the right shape that nobody has.
const NOBODY: &str = "G-0000000000";

/// By how much the script of a property has to be larger than that of nobody, in hundredths.
const LARGER: usize = 5;

/// Asks for the script of the id, then for that of an id that nobody has.
pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let request = |site: &str| {
        let mut url = target.script.clone();
        url.query_pairs_mut().clear().append_pair("id", site);
        Request::get(url).header("Origin", target.origin.clone())
    };
    let Some(own) = replies.first() else { return Step::Ask(request(&target.site)) };
    match own.status {
        200 if own.text().contains(&target.site) => {}
        200 => {
            return Step::Done(Finding::Broken {
                kind: "other-site",
                answer: format!("200 without the id, {}", own.glimpse()),
                meaning: "the script that is served is not made for this property: its id stands nowhere in it"
                    .to_owned(),
                fix: "compare `site` in site.toml with the property's id; behind a proxy, look what it fetches"
                    .to_owned(),
            });
        }
        404 => {
            return Step::Done(Finding::Broken {
                kind: "unknown-site",
                answer: "404".to_owned(),
                meaning: "Google has no script for this id: it was mistyped, or the property was deleted".to_owned(),
                fix: "compare `site` in site.toml with the id under Admin → Data streams".to_owned(),
            });
        }
        _ => return Step::Done(Finding::Unclassified),
    }
    let Some(nobody) = replies.get(1) else { return Step::Ask(request(NOBODY)) };
    let known = |told: &str| {
        Step::Done(Finding::Known {
            answer: "200 with a script for this id".to_owned(),
            control: Control::Told(told.to_owned()),
            remark: None,
        })
    };
    match nobody.status {
        404 => known("404 for an id that nobody has"),
        200 if own.body.len() * 100 > nobody.body.len() * (100 + LARGER) => known("a smaller, generic script"),
        200 => Step::Done(Finding::Indistinguishable {
            answer: "200 with a script like that of nobody".to_owned(),
            meaning:
                "Google serves a script for this id, and one of about the same size for an id that nobody has: whether \
                      the property exists, its real-time report tells"
                    .to_owned(),
        }),
        _ => Step::Done(Finding::Known {
            answer: "200 with a script for this id".to_owned(),
            control: Control::Indistinguishable,
            remark: None,
        }),
    }
}

/// Plays the server: `gtag/js` for the one id, and `g/collect`.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, &target.origin, kind, body);
    match request.url.path() {
        path if path == target.script.path() => {
            let id = request.url.query_pairs().find(|(name, _)| name == "id").map(|(_, id)| id.into_owned());
            match id.is_some_and(|id| id == target.site) {
                true => {
                    let id = serde_json::json!(target.site);
                    let script = format!("var property = {id};\n{}", super::PROVIDER.stand_in.tracker);
                    reply(200, "application/javascript; charset=UTF-8", script.as_bytes())
                }
                false => reply(404, "text/html", b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"),
            }
        }
        path if path == target.collect.path() => reply(204, "text/plain", b""),
        _ => reply(404, "text/html", b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"),
    }
}

/// Reads the hits of a request: what all have in common stands in the query, several events one a line in the body.
pub(super) fn hits(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let shared: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let lines: Vec<&str> = request.body.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return vec![hit(&shared, target)];
    }
    lines
        .into_iter()
        .map(|line| {
            let mut values = shared.clone();
            values.extend(url::form_urlencoded::parse(line.as_bytes()).into_owned());
            hit(&values, target)
        })
        .collect()
}

fn hit(values: &BTreeMap<String, String>, target: &Target) -> HitFacts {
    let value = |name: &str| values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    if value("v") != Some("2") {
        problems.push("`v`, the version of the protocol, is not `2`".to_owned());
    }
    match value("tid") {
        None => problems.push("`tid`, the property, is missing: nobody is counted".to_owned()),
        Some(site) if site != target.site => problems
            .push(format!("`tid` is `{site}`, and site.toml says `{}`: another property counts it", target.site)),
        Some(_) => {}
    }
    if value("cid").is_none() {
        problems.push("`cid`, the visitor, is missing: Google drops the hit".to_owned());
    }
    let mut path = String::new();
    match value("dl").map(Url::parse) {
        None => problems.push("`dl`, the address of the page, is missing".to_owned()),
        Some(Err(error)) => problems.push(format!("`dl`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems.push(format!("`dl` is on `{origin}`, and not on this site: it is counted there"));
            }
        }
    }
    let what = match value("en") {
        Some("page_view") => format!("page view of `{path}`"),
        Some(event) => format!("event `{event}` on `{path}`"),
        None => {
            problems.push("`en`, what happened, is missing: Google drops the hit".to_owned());
            format!("nothing on `{path}`")
        }
    };
    HitFacts { what, path, problems, remarks: Vec::new() }
}
