//! Owns how a Plausible server is asked, and what its answers mean: the version by `/api/system`; whether its counting
//! handler is reached, by a hit of a robot for a site that cannot exist; and whether it knows the site, by the script that
//! it serves for that site alone.
//!
//! The handler gives one answer, 202, to all that it takes and all that it drops, so that no hit tells whether a site is
//! known: only a script `pa-….js` does (200, or 404 for an id that nobody has).

use serde_json::{Value, json};
use url::Url;

use super::{PROVIDER, compiled, own_id};
use crate::analytics::below;
use crate::analytics::exchange::{Control, Finding, Reply, Request, Step, Target, VersionFound};
use crate::analytics::script::lex;

/// The site of the transport question: no domain can end so.
const NOBODY: &str = "no-such-site.invalid";
/// The id of the script that nobody has.
const NO_ID: &str = "pa-0NoSuchScript0f4nyb0dy.js";
/// The header by which the handler says that it dropped a hit; it never says why.
const DROPPED: &str = "x-plausible-dropped";

pub(super) fn ask_version(target: &Target) -> Request {
    Request::get(below(&target.endpoint, "api/system"))
}

/// Reads `{"build": {"version": "v3.1.0"}}`.
pub(super) fn read_version(reply: &Reply) -> VersionFound {
    if reply.status == 404 {
        return VersionFound::Untold("it has no `/api/system`, or a proxy hides it");
    }
    let Some(json) = reply.json().filter(|_| reply.status == 200) else { return VersionFound::Unclassified };
    match json["build"]["version"].as_str().map(str::trim) {
        Some("") | None if json.get("build").is_some() => VersionFound::Untold("its build has no version"),
        Some(version) if !version.is_empty() => {
            VersionFound::Version(version.strip_prefix('v').unwrap_or(version).to_owned())
        }
        _ => VersionFound::Unclassified,
    }
}

pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(event) = replies.first() else { return Step::Ask(ask_event(target)) };
    let transport = match judge_event(event) {
        Ok(transport) => transport,
        Err(finding) => return Step::Done(finding),
    };
    if own_id(target.script.path()).is_none() {
        return Step::Done(Finding::Indistinguishable {
            answer: transport.to_owned(),
            meaning: "Plausible answers 202 to every hit, whether it keeps it or drops it for an unknown site, a data \
                      centre's address or a robot; hits arrive, and whether they are counted only a visit that is read \
                      back, or the daily numbers, can show. A script `pa-….js` would tell whether the site is known"
                .to_owned(),
        });
    }
    let script = |url: Url| Request::get(url).header("Origin", target.origin.clone());
    let Some(own) = replies.get(1) else { return Step::Ask(script(target.script.clone())) };
    if let Some(finding) = judge_script(target, own) {
        return Step::Done(finding);
    }
    let Some(control) = replies.get(2) else {
        let nobody = target.script.join(NO_ID).expect("a file name joins any URL");
        return Step::Ask(script(nobody));
    };
    let control = match control.status {
        200 => Control::Indistinguishable,
        404 => Control::Told("404 for a script that nobody has".to_owned()),
        // A limit, a challenge, a server in trouble: nothing about the script.
        _ => return Step::Done(Finding::Unclassified),
    };
    let remark = "the site is known; whether a hit of a visitor is kept, its 202 does not say".to_owned();
    Step::Done(Finding::Known { answer: transport.to_owned(), control, remark: Some(remark) })
}

/// A hit of a robot for a site that cannot exist: dropped for either reason.
fn ask_event(target: &Target) -> Request {
    let body = json!({"n": "pageview", "u": format!("{}/__verify", target.origin), "d": NOBODY});
    let mut request = Request::post_json(target.collect.clone(), &body).header("Origin", target.origin.clone());
    // The tracker's own type, which no browser asks leave for.
    for (name, value) in &mut request.headers {
        if *name == "Content-Type" {
            *value = "text/plain".to_owned();
        }
    }
    request
}

/// Returns what the handler said, or what else answered.
fn judge_event(reply: &Reply) -> Result<&'static str, Finding> {
    match reply.status {
        202 if reply.header(DROPPED).is_some() => Ok("202 dropped"),
        // No robot's hit for a site that cannot exist is kept: Plausible says that it dropped it.
        202 => Err(Finding::Indistinguishable {
            answer: "202 without a word of dropping".to_owned(),
            meaning:
                "the counting address answers 202 to a hit that Plausible drops, and does not say that it dropped \
                      it (`x-plausible-dropped`): a proxy takes that header away, or it is not Plausible that answers"
                    .to_owned(),
        }),
        200..=299 => Err(Finding::Broken {
            kind: "not-the-counter",
            answer: format!("{}, {}", reply.status, reply.glimpse()),
            meaning: "something answers at the counting address, and it is not Plausible: that one says 202".to_owned(),
            fix: "look at what is served at that address: a login page, a proxy's fallback or another program"
                .to_owned(),
        }),
        _ => Err(Finding::Unclassified),
    }
}

/// Returns what is wrong with the script of the site, or nothing.
fn judge_script(target: &Target, reply: &Reply) -> Option<Finding> {
    let broken = |kind, answer: String, meaning: String, fix: &str| {
        Some(Finding::Broken { kind, answer, meaning, fix: fix.to_owned() })
    };
    match reply.status {
        200 => {}
        404 => {
            return broken(
                "unknown-site",
                "404 for the site's script".to_owned(),
                "Plausible has no site of this script: the id is mistyped, or the site was deleted".to_owned(),
                "copy the script's address anew from the site's settings in Plausible into `script`",
            );
        }
        _ => return Some(Finding::Unclassified),
    }
    let text = reply.text();
    let domain = compiled(&lex(&text)).domain;
    match domain {
        Some(domain) if domain.split(',').any(|domain| domain.trim().eq_ignore_ascii_case(&target.site)) => None,
        Some(domain) => broken(
            "other-site",
            format!("a script of `{domain}`"),
            format!("the script counts for `{domain}`, and site.toml says `{}`", target.site),
            "copy the address of this site's own script into `script`, or correct `site`",
        ),
        None => Some(Finding::Indistinguishable {
            answer: "a script without a site".to_owned(),
            meaning: "no site can be read in the script that this address serves".to_owned(),
        }),
    }
}

/// Plays the server: the script, `api/event` and `api/system` below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: String| {
        Reply::to(request, status, "*", kind, body).with("cross-origin-resource-policy", "cross-origin")
    };
    let path = request.url.path();
    if path == target.script.path() {
        let quoted = |text: &str| Value::from(text).to_string().replace('<', "\\u003c");
        let tracker = PROVIDER.stand_in.tracker.replacen("'stand-in.invalid'", &quoted(&target.site), 1);
        let tracker =
            tracker.replacen("endpoint: '/api/event'", &format!("endpoint: {}", quoted(target.collect.as_str())), 1);
        return reply(200, "application/javascript", tracker);
    }
    if path == below(&target.endpoint, "api/system").path() {
        let build = json!({"build": {"version": format!("v{}", PROVIDER.stand_in.version)}});
        return reply(200, "application/json", build.to_string());
    }
    if path != target.collect.path() {
        return reply(404, "text/plain", "Not found".to_owned());
    }
    let hit = serde_json::from_str::<Value>(&request.body).ok().filter(|_| request.method == "POST");
    let Some(hit) = hit.filter(|hit| hit["n"].is_string() && hit["u"].is_string() && hit["d"].is_string()) else {
        return reply(
            400,
            "application/json",
            json!({"errors": {"request": "Unable to parse request body"}}).to_string(),
        );
    };
    let mut kept = reply(202, "text/plain", "ok".to_owned());
    let robot = request.header_value("User-Agent").is_some_and(|agent| agent.to_ascii_lowercase().contains("bot"));
    if robot || hit["d"].as_str() != Some(target.site.as_str()) {
        kept.headers.insert(DROPPED.to_owned(), "1".to_owned());
    }
    kept
}
