//! Owns level 4: whether the server takes hits for this site, by a request that records nothing, and
//! whether that request could have failed at all.

use url::Url;

use super::contract::transports;
use super::reading::{challenge, unknown};
use super::tracker::ON_PURPOSE;
use super::{Probed, Subject};
use crate::analytics::exchange::{Control, Finding, Reply};
use crate::analytics::{Provider, Transport};
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

/// What the lock says of a negative control that told nothing.
const UNTOLD: &str = "indistinguishable";

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L4, Covers::Server, outcome, message)
}

fn evidence(reply: &Reply) -> String {
    format!("{}: {}, {}", reply.url, reply.status, reply.glimpse())
}

/// Says whether the server takes hits for the site.
pub(super) fn site(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "collect/site";
    let (Some(provider), Some(target)) = (subject.provider(), &subject.answer.target) else { return Vec::new() };
    let (finding, replies) = match &subject.answer.probe {
        Probed::Unasked(_) => return Vec::new(),
        Probed::Failed(failure, _) => {
            let outcome = if failure.is_drift() { Outcome::Drift } else { unknown(failure.word()) };
            let message = format!("the counting address `{}` {}", target.collect, failure.words());
            return vec![verdict(CODE, outcome, message).fix(failure.fix())];
        }
        Probed::Found(finding, replies) => (finding, replies),
    };
    let seen = replies.last().map(evidence).unwrap_or_default();
    let expected = subject.locked.and_then(|locked| Some(locked.collect.as_ref()?.expect_known.clone()));
    vec![match finding {
        Finding::Known { answer, remark, .. } => {
            let mut message = format!("{} takes hits for this site; nothing was recorded", provider.title);
            if let Some(remark) = remark {
                message = format!("{message} ({remark})");
            }
            let all = replies.iter().map(evidence).collect::<Vec<_>>().join("; ");
            match expected.filter(|expected| expected != answer) {
                Some(expected) => answered_otherwise(expected, answer).evidence(all),
                None => verdict(CODE, Outcome::Ok, message).evidence(all),
            }
        }
        Finding::Recorded { meaning, fix, .. } => {
            let message =
                format!("{} takes hits for this site, and counted the question as one: {meaning}", provider.title);
            verdict(CODE, Outcome::Note, message).evidence(seen).fix(fix)
        }
        Finding::Indistinguishable { answer, meaning } => {
            let seen = if seen.is_empty() { answer.clone() } else { seen };
            // What could be told once, and cannot be any more, has changed.
            match subject.locked.and_then(|locked| locked.collect.as_ref()).filter(|told| told.expect_unknown != UNTOLD)
            {
                Some(told) => {
                    let message = format!(
                        "when it was locked, the server told that it knows this site, and it no longer does: {meaning}"
                    );
                    verdict(CODE, Outcome::Drift, message)
                        .evidence(seen)
                        .expected_found(format!("{}, and {}", told.expect_known, told.expect_unknown), answer)
                        .fix(format!("look whether the site is still there; {ON_PURPOSE}"))
                }
                None => match expected.filter(|expected| expected != answer) {
                    Some(expected) => answered_otherwise(expected, answer).evidence(seen),
                    None => {
                        verdict(CODE, Outcome::Note, format!("indistinguishable: {meaning}")).evidence(seen).untold()
                    }
                },
            }
        }
        Finding::Broken { kind, answer, meaning, fix } => verdict(CODE, Outcome::Drift, meaning)
            .evidence(seen)
            .expected_found(
                expected.unwrap_or_else(|| "an answer that knows this site".to_owned()),
                format!("{kind}: {answer}"),
            )
            .fix(fix),
        Finding::Trouble { kind, meaning } => {
            verdict(CODE, unknown(*kind), meaning).evidence(seen).fix("run this again when the server is well")
        }
        Finding::Unclassified => unclassified(CODE, provider, replies, &target.collect),
    }]
}

/// Says that the counting address does not answer as it did when it was locked.
fn answered_otherwise(expected: String, found: &str) -> Verdict {
    let message = "the counting address answers the same question otherwise than when it was locked";
    verdict("collect/site", Outcome::Drift, message)
        .expected_found(expected, found)
        .fix(format!("look what answers at that address, and how it is set up; {ON_PURPOSE}"))
}

/// Judges an answer that the provider makes nothing of, by its status.
fn unclassified(code: &'static str, provider: &Provider, replies: &[Reply], collect: &Url) -> Verdict {
    let Some(reply) = replies.last() else {
        return verdict(code, unknown("unclassified"), "the probe came to no answer");
    };
    // What is asked besides the counting address says nothing of the way that hits take.
    let besides = Url::parse(&reply.url).ok().filter(|url| replies.len() > 1 && url.path() != collect.path());
    let collect = besides.as_ref().unwrap_or(collect).as_str();
    let (outcome, message, fix) = match reply.status {
        _ if challenge(reply).is_some() => (
            unknown("challenge"),
            format!("somebody before `{collect}` asks us to prove that we are no robot"),
            "let requests to the counting address pass without a challenge: visitors' browsers cannot answer one there",
        ),
        429 => (
            unknown("rate-limited"),
            format!("`{collect}` turns us away for asking too often"),
            "run this again later; behind a proxy that hides visitors' addresses, they all share one limit",
        ),
        status @ 500.. => (
            unknown(format!("status-{status}")),
            format!("`{collect}` answers {status}: the server is in trouble, or what stands before it is"),
            "run this again when the server is well",
        ),
        status @ (401 | 403 | 404 | 405 | 410) if besides.is_none() => (
            Outcome::Drift,
            format!("`{collect}` answers {status}, which {} never does: no hit gets through", provider.title),
            "look at the counting address: it has moved, or a firewall or proxy refuses it",
        ),
        status => (
            unknown(format!("status-{status}")),
            format!("`{collect}` answers {status}, which {} never does", provider.title),
            "look at what is served at that address",
        ),
    };
    verdict(code, outcome, message).evidence(evidence(reply)).fix(fix)
}

/// Says whether the probe can fail: one that cannot proves nothing.
pub(super) fn control(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "collect/control";
    let (Some(provider), Probed::Found(Finding::Known { control, .. } | Finding::Recorded { control, .. }, replies)) =
        (subject.provider(), &subject.answer.probe)
    else {
        return Vec::new();
    };
    vec![match control {
        Control::Told(answer) => {
            verdict(CODE, Outcome::Ok, format!("a site that cannot exist is answered otherwise: {answer}"))
        }
        Control::Within(answer) => verdict(
            CODE,
            Outcome::Ok,
            format!("the same answer tells a site that cannot exist, so that nothing more was asked: {answer}"),
        ),
        Control::Indistinguishable => verdict(
            CODE,
            Outcome::Note,
            format!(
                "indistinguishable: this {} server answers alike for a site that cannot exist, so that its yes shows that \
                 hits are taken, not that they are counted for the right site",
                provider.title
            ),
        )
        .evidence(replies.last().map(evidence).unwrap_or_default())
        .untold(),
    }]
}

/// Says whether the server lets pages of the site read its answers, where that matters.
pub(super) fn origin(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "collect/origin";
    let (
        Probed::Found(Finding::Known { .. } | Finding::Recorded { .. } | Finding::Indistinguishable { .. }, replies),
        Some(target),
    ) = (&subject.answer.probe, &subject.answer.target)
    else {
        return Vec::new();
    };
    // Only an answer to the tracker's own method counts, and that is asked first; of what was asked elsewhere, none does.
    let asked = |reply: &Reply| reply.via.first().unwrap_or(&reply.url).split('?').next().map(str::to_owned);
    let collect = target.collect.as_str().split('?').next().map(str::to_owned);
    let Some(reply) = replies.iter().find(|reply| asked(reply) == collect) else { return Vec::new() };
    let allowed = reply.header("access-control-allow-origin").map(str::trim);
    if target.collect.origin().ascii_serialization() == target.origin {
        return vec![verdict(CODE, Outcome::Ok, "hits stay on the site's own origin")];
    }
    if allowed.is_some_and(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(&target.origin)) {
        return vec![verdict(CODE, Outcome::Ok, format!("the server answers pages of `{}`", target.origin))];
    }
    let found = allowed.map_or_else(|| "no such header".to_owned(), str::to_owned);
    let ways = transports(subject);
    if ways == [Transport::Image] {
        return vec![verdict(CODE, Outcome::Ok, "hits are images, which ask for no leave")];
    }
    let needs = ways.contains(&Transport::Fetch);
    let outcome = if needs { Outcome::Drift } else { Outcome::Note };
    let message = match needs {
        true => "the server does not let pages of this site talk to it: browsers throw the tracker's requests away",
        false => "the server does not answer pages of this site; beacons and images arrive all the same",
    };
    vec![
        verdict(CODE, outcome, message)
            .evidence(evidence(reply))
            .expected_found(format!("Access-Control-Allow-Origin: {} or *", target.origin), found)
            .fix("let the server, or the proxy before it, send `Access-Control-Allow-Origin`"),
    ]
}
