//! Owns how a Shynet server is asked, and what its answers mean: the version by its login page, which is a hint; and whether
//! it takes hits for a site by the script that it serves for that site alone.
//!
//! Only the script is asked for, by GET: the pixel records, also by HEAD, and a POST is answered 200 for a service that is
//! archived or whose worker stands still. A browser names the page in `Referer` and no `Origin`, and so do we.

use serde_json::{Value, json};
use url::Url;

use super::{PROVIDER, script_of, service};
use crate::analytics::below;
use crate::analytics::exchange::{Control, Finding, Reply, Request, Step, Target, VERIFY_BOT, VersionFound};

/// The service of the negative control, which nobody has.
const NOBODY: &str = "99999999-9999-4999-8999-999999999999";

pub(super) fn ask_version(target: &Target) -> Request {
    Request::get(below(&target.endpoint, "accounts/login/"))
}

/// Reads `>Shynet 0.13.1<`. It is a hint: 0.14.0 says 0.13.1 as well.
pub(super) fn read_version(reply: &Reply) -> VersionFound {
    let text = reply.text();
    let shown = text.split_once(">Shynet ").and_then(|(_, rest)| Some(rest.split_once('<')?.0.trim().to_owned()));
    match (reply.status, shown) {
        (200, Some(version)) if version.starts_with(|letter: char| letter.is_ascii_digit()) => {
            VersionFound::Version(version)
        }
        (200, _) => VersionFound::Untold("its login page does not show it"),
        (404 | 500, _) => VersionFound::Untold("its login page, which shows it, does not open"),
        _ => VersionFound::Unclassified,
    }
}

fn ask(target: &Target, url: Url, from_page: bool) -> Request {
    let request = Request::get(url).header("User-Agent", VERIFY_BOT);
    match from_page {
        true => request.header("Referer", format!("{}/", target.origin)),
        false => request,
    }
}

pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(own) = replies.first() else { return Step::Ask(ask(target, target.script.clone(), true)) };
    if own.status == 500 {
        return match replies.get(1) {
            None => Step::Ask(Request::get(below(&target.endpoint, "healthz/?format=json"))),
            Some(health) => Step::Done(judge_health(health)),
        };
    }
    if let Some(finding) = judge_own(own) {
        return Step::Done(finding);
    }
    let Some(nobody) = replies.get(1) else { return Step::Ask(ask(target, beside(target), true)) };
    let Some(plain) = replies.get(2) else { return Step::Ask(ask(target, target.script.clone(), false)) };
    let control = match nobody.status {
        200 => Control::Indistinguishable,
        status => Control::Told(format!("{status} for a service that nobody has")),
    };
    let guarded = match plain.status {
        403 => "; its list of origins is set, so that pages with `Referrer-Policy: no-referrer` would be refused",
        _ => "",
    };
    Step::Done(Finding::Known {
        answer: "200 with the service's script".to_owned(),
        control,
        remark: Some(format!("whether its worker runs, and hits are kept, it does not tell{guarded}")),
    })
}

/// Where the service's list of origins is set, the script is refused to pages that do not say where they are: a script tag
/// names no `Origin`, so that the server goes by `Referer` (0.14, in a real Chromium).
pub(super) fn needs_referrer(replies: &[Reply]) -> Option<bool> {
    match replies {
        [own, _, plain] if own.status == 200 => match plain.status {
            200 => Some(false),
            403 => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the address of the script of a service that nobody has, wherever the real one is.
fn beside(target: &Target) -> Url {
    match service(target.script.path(), "script.js") {
        Some(own) => {
            let mut url = target.script.clone();
            url.set_path(&target.script.path().replacen(own, NOBODY, 1));
            url
        }
        None => script_of(&target.endpoint, NOBODY),
    }
}

/// Returns what is wrong with the answer to the script of the site, or nothing.
fn judge_own(reply: &Reply) -> Option<Finding> {
    let broken = |kind, answer: &str, meaning: &str, fix: &str| {
        Some(Finding::Broken { kind, answer: answer.to_owned(), meaning: meaning.to_owned(), fix: fix.to_owned() })
    };
    match reply.status {
        200 if reply.text().contains("Shynet") => None,
        200 => broken(
            "not-the-counter",
            &format!("200, {}", reply.glimpse()),
            "something answers at the counting address, and it is not Shynet",
            "look at what is served at that address: a login page, a proxy's fallback or another program",
        ),
        404 => broken(
            "unknown-site",
            "404",
            "Shynet has no service of this id, or it is archived: visits are not counted, though hits of a page that is still \
             open are answered 200",
            "compare `site` in site.toml with the id in the service's settings, and see that it is not archived",
        ),
        400 => broken(
            "unknown-site",
            "400",
            "the id of the service is no UUID, which every id of Shynet's is",
            "copy the id from the service's settings into `site`",
        ),
        403 => broken(
            "wrong-origin",
            "403",
            "the service takes hits from other origins only: its list does not name this site, whose visits are refused",
            "add this site's origin to the list in the service's settings; the server may remember the old one for an hour",
        ),
        _ => Some(Finding::Unclassified),
    }
}

/// Judges what the server says of itself after its script failed.
fn judge_health(reply: &Reply) -> Finding {
    let json = reply.json().unwrap_or_default();
    match json["DatabaseBackend"].as_str() {
        Some(state) if state != "working" => Finding::Trouble {
            kind: "database-down",
            meaning: "the Shynet server answers, and its database does not: hits are answered 200, and lost".to_owned(),
        },
        _ => Finding::Unclassified,
    }
}

/// Plays the server: each service's script, its hits, the login page and `healthz` below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: String| {
        Reply::to(request, status, "*", kind, body).with("access-control-allow-headers", "Content-Type")
    };
    let path = request.url.path();
    if path == below(&target.endpoint, "accounts/login/").path() {
        let version = PROVIDER.stand_in.version;
        return reply(200, "text/html", format!("<!doctype html><title>Sign In</title><a>Shynet {version}</a>"));
    }
    if path == below(&target.endpoint, "healthz/").path() {
        return reply(200, "application/json", json!({"DatabaseBackend": "working"}).to_string());
    }
    let own = script_of(&target.endpoint, &target.site);
    if path != own.path() {
        return reply(404, "text/html", "<!doctype html><title>Not Found</title>".to_owned());
    }
    if request.method == "POST" {
        return match serde_json::from_str::<Value>(&request.body) {
            Ok(_) => reply(200, "application/json", json!({"status": "OK"}).to_string()),
            Err(_) => reply(500, "text/html", "<!doctype html><title>Server Error (500)</title>".to_owned()),
        };
    }
    let quoted = Value::from(target.collect.as_str()).to_string();
    reply(200, "application/javascript", PROVIDER.stand_in.tracker.replacen("'https://stand-in.invalid/'", &quoted, 1))
}
