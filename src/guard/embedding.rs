//! Owns what a page's own tag demands of the tracker's answer: the digest that it names (subresource
//! integrity), the leave that its `crossorigin` makes a browser ask for, and the leave that a page wants
//! of everything it embeds (Cross-Origin-Embedder-Policy).

use sha2::Digest as _;

use super::csp::base64;
use super::reading::unknown;
use super::reading::{evidence, served};
use super::{PagePolicy, Subject, contract::verdict};
use crate::analytics::Sighting;
use crate::analytics::exchange::Reply;
use crate::verdict::{Outcome, Verdict};

/// Says whether browsers take the tracker that the tag asks for, by its digest and by its origin.
pub(super) fn integrity(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/integrity";
    let Some(reply) = served(subject) else { return Vec::new() };
    // A tag that demands nothing has neither of these.
    let tags: Vec<&Sighting> = super::contract::callers(subject).collect();
    if subject.sightings.is_empty() {
        return Vec::new();
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    for sighting in tags {
        let verdict = digest(CODE, sighting, reply).or_else(|| leave(CODE, subject, sighting, reply));
        verdicts.extend(verdict.filter(|verdict| !verdicts.contains(verdict)));
    }
    if verdicts.is_empty() {
        verdicts.push(verdict(
            CODE,
            Outcome::Ok,
            "the tag demands nothing of the tracker that its server does not give",
        ));
    }
    verdicts
}

/// Returns what is wrong with the digest that a tag names.
fn digest(code: &'static str, sighting: &Sighting, reply: &Reply) -> Option<Verdict> {
    let named = sighting.parameters.get("integrity")?;
    let known: Vec<(&str, &str)> = named
        .split_ascii_whitespace()
        .filter_map(|entry| entry.split('?').next()?.split_once('-'))
        .filter(|(algorithm, _)| matches!(*algorithm, "sha256" | "sha384" | "sha512"))
        .collect();
    // Browsers hold the bytes against the strongest algorithm that is named, and pass over the others; the names sort by strength.
    let strongest = known.iter().map(|(algorithm, _)| *algorithm).max()?;
    let found = match strongest {
        "sha256" => base64(&sha2::Sha256::digest(&reply.body)),
        "sha384" => base64(&sha2::Sha384::digest(&reply.body)),
        _ => base64(&sha2::Sha512::digest(&reply.body)),
    };
    if known.iter().any(|(algorithm, value)| *algorithm == strongest && *value == found) {
        return None;
    }
    let message = "the tag names a digest (`integrity`) that the tracker does not have: browsers load it, compare, and refuse to run it";
    Some(
        verdict(code, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found(named, format!("{strongest}-{found}"))
            .fix("name a file that its vendor never changes, or take `integrity` out of the tag: of a file that changes with each release it becomes a trap"),
    )
}

/// Returns what is wrong with the leave that a tag makes a browser ask for.
fn leave(code: &'static str, subject: &Subject<'_>, sighting: &Sighting, reply: &Reply) -> Option<Verdict> {
    // A module is always asked for by CORS, whether its tag says so or not.
    let is_module = sighting.parameters.get("type").is_some_and(|kind| kind == "module");
    let anonymous = String::new();
    let integrity = sighting.parameters.contains_key("integrity");
    let crossorigin = sighting.parameters.get("crossorigin").or(is_module.then_some(&anonymous));
    let origin = subject.base_url.origin();
    let elsewhere = url::Url::parse(&reply.url).is_ok_and(|url| url.origin().ascii_serialization() != origin);
    if !elsewhere || !(integrity || crossorigin.is_some()) {
        return None;
    }
    let Some(crossorigin) = crossorigin else {
        let message = "the tag names a digest (`integrity`) of a script on another host, and lacks `crossorigin`: browsers refuse to run it";
        return Some(
            verdict(code, Outcome::Drift, message)
                .expected_found("crossorigin=\"anonymous\"", "no such attribute")
                .fix("add `crossorigin=\"anonymous\"` to the tag"),
        );
    };
    let allowed = reply.header("access-control-allow-origin").map(str::trim);
    let with_credentials = crossorigin.eq_ignore_ascii_case("use-credentials");
    if allowed == Some(origin.as_str()) || (allowed == Some("*") && !with_credentials) {
        return None;
    }
    let message = match is_module {
        true => {
            "the script is a module of another host, and its server does not give pages of this site leave: browsers refuse to run it"
        }
        false => {
            "the tag has `crossorigin`, and the server does not give pages of this site leave: browsers refuse to run the script"
        }
    };
    Some(
        verdict(code, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found(format!("Access-Control-Allow-Origin: {origin}"), allowed.unwrap_or("no such header"))
            .fix("let the server send `Access-Control-Allow-Origin` with the script, or take `crossorigin`, `integrity` and `type` out of the tag"),
    )
}

/// Says whether pages that embed only what allows it may load the tracker. Hits are not concerned: their answers are
/// blocked, and the hits have left by then.
pub(super) fn isolation(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/isolation";
    let Some(reply) = served(subject).filter(|_| !subject.sightings.is_empty()) else { return Vec::new() };
    let isolated: Vec<&PagePolicy> = subject.policies.iter().filter(|policy| wants_leave(policy)).collect();
    let origin = subject.base_url.origin();
    let elsewhere = url::Url::parse(&reply.url).is_ok_and(|url| url.origin().ascii_serialization() != origin);
    let corp = reply.header("cross-origin-resource-policy").unwrap_or_default().trim().to_ascii_lowercase();
    let mut verdicts = Vec::new();
    for policy in isolated.iter().filter(|_| elsewhere) {
        // For a module, or with `crossorigin`, a browser asks for leave by CORS, which the rule above judges.
        let loads = policy.scripts.iter().find(|script| script.source().is_some());
        let by_cors = loads.is_some_and(|script| script.is_module() || script.attributes.contains_key("crossorigin"));
        if by_cors || corp == "cross-origin" {
            continue;
        }
        let outcome = if corp == "same-site" { unknown("L7") } else { Outcome::Drift };
        let message = match corp.as_str() {
            "same-site" => {
                "the pages embed only what allows it, and the tracker allows it to pages of the same site: whether this is one, only a browser tells"
            }
            _ => {
                "the pages embed only what allows it (Cross-Origin-Embedder-Policy), and the tracker does not: browsers refuse to load it"
            }
        };
        let found = match corp.as_str() {
            "" => "no such header".to_owned(),
            corp => format!("Cross-Origin-Resource-Policy: {corp}"),
        };
        verdicts.push(
            verdict(CODE, outcome, message)
                .evidence(evidence(reply))
                .expected_found("Cross-Origin-Resource-Policy: cross-origin", found)
                .fix("let the analytics server send that header with the script, or send the pages with `credentialless` instead of `require-corp`")
                .pages(policy.pages.iter().cloned()),
        );
    }
    if verdicts.is_empty() {
        let message = match isolated.is_empty() {
            true => "no page wants leave of what it embeds, as far as its headers are known",
            false => "the pages want leave of what they embed, and the tracker gives it",
        };
        verdicts.push(verdict(CODE, Outcome::Ok, message));
    }
    verdicts
}

/// Returns whether pages are sent with `require-corp`. The last value that a browser understands counts; parameters do not.
fn wants_leave(policy: &PagePolicy) -> bool {
    let values = policy.embedder.iter().flat_map(|value| value.split(','));
    let mut known = values.filter_map(|value| match value.split(';').next().unwrap_or_default().trim() {
        "require-corp" => Some(true),
        "credentialless" | "unsafe-none" => Some(false),
        _ => None,
    });
    known.next_back().unwrap_or(false)
}
