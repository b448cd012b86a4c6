//! Owns how a Matomo server is asked, and what its answers mean: the version by the API, and whether it
//! takes hits for a site by the bulk request with `rec=0`, which records nothing.
//!
//! Never `send_image=0` (a tracker that is switched off answers it with 204), and never a bad token twice
//! (after 21 of them the server locks the address out).

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::below;
use crate::analytics::exchange::{Control, Finding, Reply, Request, Step, Target, TokenPlace, VersionFound};

/// Method and format in the query, the token alone in the body: then every answer is JSON.
pub(super) fn ask_version(target: &Target) -> Request {
    let token = target.has_token.then_some(TokenPlace::Form("token_auth"));
    Request { token, ..Request::post_form(api(target), "") }
}

fn api(target: &Target) -> Url {
    below(&target.endpoint, "index.php?module=API&method=API.getMatomoVersion&format=JSON")
}

/// Reads the API's answer: 5.x says 401 to a bad token, 4.x says 200 and `{"result":"error"}`.
pub(super) fn read_version(reply: &Reply) -> VersionFound {
    let json = reply.json();
    let text = |name: &str| json.as_ref().and_then(|json| Some(json.get(name)?.as_str()?.to_owned()));
    if let (200, Some(version)) = (reply.status, text("value")) {
        return VersionFound::Version(version);
    }
    let message = text("message").unwrap_or_default();
    if message.contains("SQLSTATE") || is_database_page(reply) {
        return VersionFound::Trouble {
            kind: "database-down",
            meaning: "the Matomo server answers, and its database does not".to_owned(),
        };
    }
    if reply.status == 503 && message.contains("Database Upgrade Required") {
        return VersionFound::Trouble {
            kind: "upgrade-pending",
            meaning:
                "Matomo was upgraded, and its database not yet: somebody has to finish the upgrade in its web interface"
                    .to_owned(),
        };
    }
    if message.contains("Too many failed logins") {
        return VersionFound::Trouble {
            kind: "locked-out",
            meaning: "Matomo has locked this address out after too many bad tokens; it lets it in again after an hour"
                .to_owned(),
        };
    }
    match reply.status {
        401 | 403 if !message.is_empty() => VersionFound::TokenRefused(message),
        200 if text("result").as_deref() == Some("error") => VersionFound::TokenRefused(message),
        _ => VersionFound::Unclassified,
    }
}

fn is_database_page(reply: &Reply) -> bool {
    reply.status == 500 && {
        let text = reply.text();
        text.contains("SQLSTATE") || text.contains("Could not connect to the database")
    }
}

/// Asks in up to three steps: the bulk request; where that cannot tell, the plain request; and where that
/// says no, whether the database stands, because without it every site is unknown.
pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(bulk) = replies.first() else { return Step::Ask(ask_bulk(target)) };
    if let Some(finding) = judge_bulk(bulk) {
        return Step::Done(finding);
    }
    let Some(single) = replies.get(1) else { return Step::Ask(ask_single(target)) };
    if let Some(finding) = judge_single(single) {
        return Step::Done(finding);
    }
    let Some(api) = replies.get(2) else {
        return Step::Ask(Request::post_form(self::api(target), ""));
    };
    Step::Done(judge_together(bulk, single, api))
}

fn ask_bulk(target: &Target) -> Request {
    let mut url = target.collect.clone();
    url.query_pairs_mut().append_pair("rec", "0");
    let request = |site: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("idsite", site).finish();
        format!("?{query}&rec=0")
    };
    // The second request is the negative control: no installation has a site 0.
    let body = serde_json::json!({ "requests": [request(&target.site), request("0")] });
    Request::post_form(url, body.to_string()).header("Origin", target.origin.clone())
}

fn ask_single(target: &Target) -> Request {
    let mut url = target.collect.clone();
    url.query_pairs_mut().append_pair("idsite", &target.site).append_pair("rec", "0");
    Request::get(url).header("Origin", target.origin.clone())
}

/// Returns what the bulk answer says, or nothing where it cannot tell.
fn judge_bulk(reply: &Reply) -> Option<Finding> {
    if let Some(finding) = never_matomo(reply) {
        return Some(finding);
    }
    let json = reply.json()?;
    let count = |name: &str| json.get(name).and_then(serde_json::Value::as_u64);
    let counts = (reply.status, count("tracked")?, count("invalid")?);
    let answer = format!("{} tracked {}, invalid {}", counts.0, counts.1, counts.2);
    match counts {
        (200, 1, 1) => Some(Finding::Known {
            answer,
            control: Control::Told("invalid".to_owned()),
            remark: None,
        }),
        (200, 0, 2) => Some(Finding::Broken {
            kind: "unknown-site",
            answer,
            meaning: "Matomo knows no site of this id (or a tracker-proxy before it has a wrong token): it answers the \
                      visitors' browsers politely and throws every hit away"
                .to_owned(),
            fix: "compare `site` in site.toml with the id under Administration → Websites; behind a tracker-proxy, check \
                  its token too"
                .to_owned(),
        }),
        (200, 0, 0) => Some(recording_off(answer)),
        _ => None,
    }
}

fn recording_off(answer: String) -> Finding {
    Finding::Broken {
        kind: "recording-off",
        answer,
        meaning:
            "recording is switched off on this Matomo server (`record_statistics = 0`): no hit of any site is kept"
                .to_owned(),
        fix: "set `record_statistics = 1` under `[Tracker]` in Matomo's config.ini.php, or remove the line".to_owned(),
    }
}

/// Returns what is wrong with an answer that no working Matomo gives, whatever it was asked.
fn never_matomo(reply: &Reply) -> Option<Finding> {
    let broken = |kind, meaning: &str, fix: &str| {
        let answer = format!("{}, {}", reply.status, reply.glimpse());
        Some(Finding::Broken { kind, answer, meaning: meaning.to_owned(), fix: fix.to_owned() })
    };
    if reply.status != 200 {
        return None;
    }
    let text = reply.text();
    if text.contains("Matomo is not installed yet") || text.contains("Piwik is not installed yet") {
        return broken(
            "not-installed",
            "the files of Matomo are there, and Matomo is not installed (or its configuration is empty): it answers 200 to \
             every hit and keeps none",
            "finish Matomo's installation, or bring back its config.ini.php",
        );
    }
    if reply.body.is_empty() {
        return broken(
            "empty-answer",
            "the counting address answers 200 with nothing in it: this is what a tracker-proxy does when the Matomo \
             server behind it is down, and no hit arrives",
            "look whether the Matomo server behind the proxy runs",
        );
    }
    None
}

/// Returns what the plain request's answer says, or nothing where it could mean two things.
fn judge_single(reply: &Reply) -> Option<Finding> {
    if let Some(finding) = never_matomo(reply) {
        return Some(finding);
    }
    match reply.status {
        503 if reply.is_gif() => Some(recording_off("503 with a GIF".to_owned())),
        200 if !reply.is_gif() => Some(Finding::Broken {
            kind: "not-the-counter",
            answer: format!("200, {}", reply.glimpse()),
            meaning: "something answers at the counting address, and it is not Matomo's tracker".to_owned(),
            fix: "look at what is served at that address: a login page, a proxy's fallback or another program"
                .to_owned(),
        }),
        200 | 400 => None,
        _ => Some(Finding::Unclassified),
    }
}

/// Judges a plain answer by whether server and database stand: without its database Matomo knows no site
/// once its cache is cold, and still knows them while it is warm.
fn judge_together(bulk: &Reply, single: &Reply, api: &Reply) -> Finding {
    let stands = matches!(read_version(api), VersionFound::TokenRefused(_) | VersionFound::Version(_));
    let trouble = |meaning: &str| Finding::Trouble { kind: "database-down", meaning: meaning.to_owned() };
    if matches!(read_version(api), VersionFound::Trouble { kind: "database-down", .. }) {
        return trouble("the Matomo server answers, and its database does not: no hit is kept until it is back");
    }
    if !stands {
        return Finding::Unclassified;
    }
    match single.status {
        400 => Finding::Broken {
            kind: "unknown-site",
            answer: "400".to_owned(),
            meaning: "Matomo refuses hits for a site of this id; the server itself is well".to_owned(),
            fix: "compare `site` in site.toml with the id under Administration → Websites".to_owned(),
        },
        _ => Finding::Known {
            answer: "200 with a GIF".to_owned(),
            control: Control::Indistinguishable,
            remark: Some(format!(
                "the bulk request was answered with {}, so that the plain one had to do, which has no negative control",
                bulk.status
            )),
        },
    }
}

/// Plays the server: `matomo.js`, `matomo.php` and `index.php` below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, &target.origin, kind, body);
    let path = request.url.path();
    if path == target.script.path() {
        return reply(200, "application/javascript", super::PROVIDER.stand_in.tracker.as_bytes());
    }
    if path == below(&target.endpoint, "index.php").path() {
        let body = match request.token {
            Some(_) => serde_json::json!({ "value": super::PROVIDER.stand_in.version }),
            None => serde_json::json!({ "result": "error", "message": "You can't access this resource" }),
        };
        let status = if request.token.is_some() { 200 } else { 401 };
        return reply(status, "application/json", body.to_string().as_bytes());
    }
    if path != target.collect.path() {
        return reply(404, "text/html", b"<!doctype html><title>Not found</title>");
    }
    let known = |query: &str| {
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).into_owned().collect();
        query.get("idsite").is_some_and(|site| *site == target.site)
    };
    let bulk = serde_json::from_str::<serde_json::Value>(&request.body).ok();
    if let Some(requests) = bulk.as_ref().and_then(|bulk| bulk.get("requests")?.as_array()) {
        let tracked = requests.iter().filter_map(serde_json::Value::as_str).filter(|query| known(query)).count();
        let body = serde_json::json!({"status": "success", "tracked": tracked, "invalid": requests.len() - tracked});
        return reply(200, "application/json", body.to_string().as_bytes());
    }
    let status = if known(request.url.query().unwrap_or_default()) || known(&request.body) { 200 } else { 400 };
    reply(status, "image/gif", crate::analytics::goatcounter::GIF)
}
