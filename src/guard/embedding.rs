//! Owns what a page's own tag demands of the tracker's answer: the digest that it names (subresource
//! integrity), and the leave that its `crossorigin` makes a browser ask for.

use sha2::Digest as _;

use super::csp::base64;
use super::reading::{evidence, served};
use super::{Subject, contract::verdict};
use crate::analytics::Sighting;
use crate::analytics::exchange::Reply;
use crate::verdict::{Outcome, Verdict};

/// Says whether browsers take the tracker that the tag asks for, by its digest and by its origin.
pub(super) fn integrity(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/integrity";
    let Some(reply) = served(subject) else { return Vec::new() };
    let tags: Vec<&Sighting> = subject.sightings.iter().filter(|sighting| sighting.style == "tag").collect();
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
    let (integrity, crossorigin) =
        (sighting.parameters.contains_key("integrity"), sighting.parameters.get("crossorigin"));
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
    let message = "the tag has `crossorigin`, and the server does not give pages of this site leave: browsers refuse to run the script";
    Some(
        verdict(code, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found(format!("Access-Control-Allow-Origin: {origin}"), allowed.unwrap_or("no such header"))
            .fix("let the server send `Access-Control-Allow-Origin` with the script, or take `crossorigin` and `integrity` out of the tag"),
    )
}
