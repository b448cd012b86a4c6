//! Owns how an Umami server is asked, and what its answers mean: the version by `telemetry.js`, and whether it takes hits
//! for a site by a hit that it must take for a robot's.
//!
//! Since 2.18 a server looks the site up before it looks for robots; before, it answers every robot alike. So a site that
//! cannot exist is asked for first, and only where that is refused is the real one. That question has an id too long
//! to be stored, so that a server whose search for robots is off (`DISABLE_BOT_CHECK`) records nothing either. Both
//! shown on running servers of 2.17.0, 2.19.0 and 3.1.0.

use serde_json::{Value, json};
use url::Url;

use super::PROVIDER;
use crate::analytics::below;
use crate::analytics::exchange::{Control, Finding, Reply, Request, Step, Target, VersionFound};

/// The site of the negative control: a UUID that was drawn once, and given to nobody.
const NOBODY: &str = "d6f0a6b4-3c0b-4c57-9d0e-5a1f7b82c914";

pub(super) fn ask_version(target: &Target) -> Request {
    Request::get(below(&target.endpoint, "telemetry.js"))
}

/// Reads `a.png?v=3.1.0`. The condition was inverted from 2.13 to 2.18, whose servers always say "disabled"; and the
/// file came with 1.40.
pub(super) fn read_version(reply: &Reply) -> VersionFound {
    let text = reply.text();
    if reply.status == 404 {
        return VersionFound::Untold("it has no `telemetry.js`, or a proxy hides it");
    }
    if reply.status != 200 {
        return VersionFound::Unclassified;
    }
    if text.contains("telemetry disabled") {
        return VersionFound::Untold("`telemetry.js` is switched off, as it always is from 2.13 to 2.18");
    }
    let version = text.split_once("?v=").map(|(_, rest)| {
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-')));
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    match version.filter(|version| version.starts_with(|letter: char| letter.is_ascii_digit())) {
        Some(version) => VersionFound::Version(version),
        None => VersionFound::Unclassified,
    }
}

/// Returns a hit of a robot; the second question's id is longer than its column.
fn ask(target: &Target, site: &str, too_long: bool) -> Request {
    let host = Url::parse(&target.origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let mut body = json!({
        "type": if is_first(target) { "pageview" } else { "event" },
        "payload": {
            "website": site, "hostname": host, "url": "/__verify", "language": "en", "screen": "1x1", "title": "v",
        },
    });
    if too_long {
        body["payload"]["id"] = json!("x".repeat(200));
    }
    Request::post_json(target.collect.clone(), &body).header("Origin", target.origin.clone())
}

/// Returns whether hits go to a server of version 1.
fn is_first(target: &Target) -> bool {
    target.collect.path().ends_with("/api/collect")
}

pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(control) = replies.first() else { return Step::Ask(ask(target, NOBODY, false)) };
    if let Some(finding) = judge_control(target, control) {
        return Step::Done(finding);
    }
    match replies.get(1) {
        None => Step::Ask(ask(target, &target.site, true)),
        Some(known) => Step::Done(judge_known(target, known)),
    }
}

/// Returns what the answer to the impossible site says, or nothing where the real one may be asked for.
fn judge_control(target: &Target, reply: &Reply) -> Option<Finding> {
    if let Some(finding) = trouble(reply) {
        return Some(finding);
    }
    let text = reply.text();
    let text = text.trim();
    let answer = || format!("{}, {}", reply.status, reply.glimpse());
    if is_first(target) && matches!(reply.status, 200 | 400) && !is_page(reply) {
        return Some(Finding::Indistinguishable {
            answer: answer(),
            meaning: "Umami 1 gives no answer that shows, without recording a hit, whether it knows the site; a visit \
                      that is read back can"
                .to_owned(),
        });
    }
    match reply.status {
        400 if not_found(text) => None,
        200 if is_boop(reply) || text == "ok" => Some(Finding::Indistinguishable {
            answer: answer(),
            meaning:
                "this server answers robots alike for every site, as Umami does up to 2.17, even while its database \
                      is down; since 2.18 it looks the site up first"
                    .to_owned(),
        }),
        200 => Some(not_the_counter(answer())),
        _ => Some(Finding::Unclassified),
    }
}

/// Judges the answer to the real site, after the impossible one was refused.
fn judge_known(target: &Target, reply: &Reply) -> Finding {
    let known = |answer: &str, remark: Option<&str>| Finding::Known {
        answer: answer.to_owned(),
        control: Control::Told("400 Website not found".to_owned()),
        remark: remark.map(str::to_owned),
    };
    let text = reply.text();
    let unknown = |answer: &str, meaning: &str| Finding::Broken {
        kind: "unknown-site",
        answer: answer.to_owned(),
        meaning: meaning.to_owned(),
        fix: "compare `site` in site.toml with the id under Settings → Websites".to_owned(),
    };
    match reply.status {
        200 if is_boop(reply) => known("200 boop", None),
        400 if not_found(&text) => {
            unknown("400 Website not found", "Umami knows no website of this id: it refuses every hit of this blog")
        }
        400 if !super::is_uuid(&target.site) => {
            unknown("400, no UUID", "the id of the site is no UUID, which every id of Umami's is: every hit is refused")
        }
        // The site was found, and the id was refused by the database: robots are not looked for.
        500 if text.contains("22001") || text.contains("LengthMismatch") || text.contains("P2000") => known(
            "500 value too long",
            Some("the server counts robots too: `DISABLE_BOT_CHECK` is set; this question was refused all the same"),
        ),
        200 if text.contains("sessionId") => Finding::Recorded {
            answer: "200 recorded".to_owned(),
            control: Control::Told("400 Website not found".to_owned()),
            meaning:
                "Umami took the question for a visit and recorded 1 hit at `/__verify`: `DISABLE_BOT_CHECK` is set"
                    .to_owned(),
            fix: "take `DISABLE_BOT_CHECK` out of the server's environment, or every verification is counted"
                .to_owned(),
        },
        _ => match trouble(reply) {
            Some(finding) => finding,
            None if reply.status == 200 => not_the_counter(format!("200, {}", reply.glimpse())),
            None => Finding::Unclassified,
        },
    }
}

fn not_found(text: &str) -> bool {
    text.contains("Website not found")
}

fn is_boop(reply: &Reply) -> bool {
    reply.json().is_some_and(|json| json.get("beep").and_then(Value::as_str) == Some("boop"))
}

fn is_page(reply: &Reply) -> bool {
    reply.content_type() == "text/html" || reply.text().trim_start().starts_with('<')
}

fn not_the_counter(answer: String) -> Finding {
    Finding::Broken {
        kind: "not-the-counter",
        answer,
        meaning: "something answers at the counting address, and it is not Umami: that one refuses this request"
            .to_owned(),
        fix: "look at what is served at that address: a login page, a proxy's fallback or another program".to_owned(),
    }
}

/// Returns the trouble that a server's error names.
fn trouble(reply: &Reply) -> Option<Finding> {
    if reply.status != 500 {
        return None;
    }
    let text = reply.text();
    if text.contains("P1001") || text.contains("DatabaseNotReachable") || text.contains("Can't reach database") {
        return Some(Finding::Trouble {
            kind: "database-down",
            meaning: "the Umami server answers, and its database does not: no hit is kept until it is back (its own \
                      `/api/heartbeat` says that all is well)"
                .to_owned(),
        });
    }
    (text.contains("ENOENT") && text.contains(".mmdb")).then(|| Finding::Broken {
        kind: "geoip-missing",
        answer: "500 ENOENT, GeoLite2-City.mmdb".to_owned(),
        meaning:
            "the server lacks its file of places (GeoLite2-City.mmdb), and answers 500 to every visitor from a public \
                  address"
                .to_owned(),
        fix: "run `npm run build-geo` where Umami is installed, or put the file into its `geo` folder".to_owned(),
    })
}

/// Plays the server: `script.js`, `telemetry.js` and `api/send` below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: String| Reply::to(request, status, "*", kind, body);
    let json = |status: u16, value: &Value| reply(status, "application/json", value.to_string());
    let path = request.url.path();
    if path == target.script.path() {
        return reply(200, "application/javascript", PROVIDER.stand_in.tracker.to_owned());
    }
    if path == below(&target.endpoint, "telemetry.js").path() {
        let version = PROVIDER.stand_in.version;
        return reply(200, "text/javascript", format!("new Image().src = 'https://i.umami.is/a.png?v={version}'"));
    }
    if path != target.collect.path() {
        return reply(404, "text/html", "<!doctype html><title>Not found</title>".to_owned());
    }
    if request.method != "POST" {
        return reply(405, "text/plain", "Method Not Allowed".to_owned());
    }
    let error =
        |message: &str| json(400, &json!({"error": {"message": message, "code": "bad-request", "status": 400}}));
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else { return error("Bad request") };
    match body["payload"]["website"].as_str() {
        Some(site) if site == target.site => {}
        _ => return error("Website not found."),
    }
    let agent = request.header_value("User-Agent").unwrap_or_default();
    match agent.to_ascii_lowercase().contains("bot") {
        true => json(200, &json!({"beep": "boop"})),
        false => json(200, &json!({"cache": "stand-in", "sessionId": NOBODY, "visitId": NOBODY})),
    }
}
