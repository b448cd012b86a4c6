//! Owns level 5: one marked hit, sent once and found again through the vendor's reporting interface, and what
//! that came to. It is asked for by itself, is no part of a build, and says what was recorded and where.
//!
//! A reader that is broken is `unknown`, and told apart from a hit that was taken and is nowhere, which is drift.

use std::collections::BTreeSet;

use crate::analytics::exchange::{Reply, Request, Target};
use crate::analytics::read_back::{Context, Finding, ReadBack, Step, TOKEN_REFUSED};
use crate::analytics::{self, Provider};
use crate::config::{Analytics, Config, Endpoint};
use crate::digest::Digest;
use crate::state::token_digest;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

use super::dial::{Dialer, Failure, Line, Wire};
use super::reading::unknown;
use super::{Ask, Unasked};

/// The code of everything about the hit.
const STORED: &str = "readback/stored";
/// The code of everything about the reporting interface.
const READER: &str = "readback/reader";
/// What it is called that the hit was sent on, which nobody followed.
const REDIRECT: &str = "redirect";
/// How many requests one read-back may cost.
const REQUESTS: usize = 12;

/// Raw facts about the read-back of every table.
#[derive(Debug, Default)]
pub struct ReadBacks {
    /// One for each table of site.toml, in its order.
    pub tables: Vec<Read>,
    /// Tokens that were refused, by digest: to be remembered for an hour.
    pub refused_tokens: BTreeSet<Digest>,
    /// How many requests were sent.
    pub requests: usize,
}

/// What came of one read-back.
#[derive(Debug)]
pub enum Read {
    /// It was not tried.
    Unasked(Unasked),
    /// The provider concluded something.
    Found(Talk, Finding),
    /// A request failed.
    Failed(Talk, Failure),
}

/// What was said on the way.
#[derive(Debug, Default)]
pub struct Talk {
    /// The answers, in order.
    replies: Vec<Reply>,
    /// The page that the hit counts, once it was sent: something may be recorded.
    hit: Option<String>,
    /// Whether it was the hit that failed.
    is_hit: bool,
}

/// Reads a marked hit back from every analytics server of a site, over the network. The mark is a word that no run had before.
pub fn ask(config: &Config, ask: &Ask, nonce: &str) -> ReadBacks {
    // Each table has the time of a run to itself: servers store what they take only after a while.
    ask_by(config, ask, nonce, &mut || Box::new(Wire::new(&ask.network)))
}

/// Reads back over any line.
pub fn ask_by(config: &Config, ask: &Ask, nonce: &str, line: &mut dyn FnMut() -> Box<dyn Line>) -> ReadBacks {
    let mut all = ReadBacks::default();
    for analytics in &config.analytics {
        let target = analytics::target(analytics, &config.base_url);
        let row = analytics::find(&analytics.provider).and_then(|provider| provider.read_back.as_ref());
        let digest = analytics.token.as_ref().map(|token| token_digest(&analytics.endpoint, token));
        let read = match (row, target) {
            (Some(row), Some(target)) if analytics.endpoint != Endpoint::Embedded && !ask.offline => {
                match digest.is_some_and(|digest| {
                    ask.refused_tokens.union(&all.refused_tokens).any(|refused| *refused == digest)
                }) {
                    true => Read::Unasked(Unasked::TokenRefusedBefore),
                    false => {
                        let line = line();
                        let mut dialer = Dialer::new(&*line);
                        let canary = analytics.canary_site.as_deref();
                        let context = Context { target: &target, canary, nonce, now: config.now };
                        let read = converse(row, &context, analytics, &mut dialer);
                        all.requests += dialer.sent();
                        read
                    }
                }
            }
            _ if ask.offline => Read::Unasked(Unasked::Offline),
            _ => Read::Unasked(Unasked::NeverTold),
        };
        if let (Read::Found(_, Finding::Reader { kind, .. }), Some(digest)) = (&read, digest)
            && *kind == TOKEN_REFUSED
        {
            all.refused_tokens.insert(digest);
        }
        all.tables.push(read);
    }
    all
}

fn converse(row: &ReadBack, context: &Context<'_>, analytics: &Analytics, dialer: &mut Dialer<'_>) -> Read {
    let mut talk = Talk::default();
    loop {
        let step = match talk.replies.len() {
            ..REQUESTS => (row.next)(context, &talk.replies),
            _ => return Read::Failed(talk, Failure::OutOfTime),
        };
        talk.is_hit = matches!(step, Step::Hit(_));
        let came = match step {
            Step::Done(finding) => return Read::Found(talk, finding),
            Step::Ask(request) => dialer.ask(&request, analytics.token.as_ref(), &|_| false),
            Step::AskAfter(span, request) => {
                dialer.wait(span).and_then(|()| dialer.ask(&request, analytics.token.as_ref(), &|_| false))
            }
            Step::Hit(request) => {
                talk.hit = Some(context.path());
                let came = dialer.send_once(&request, analytics.token.as_ref());
                if let Some(finding) = came.as_ref().ok().and_then(|reply| led_on(&request, reply)) {
                    talk.replies.extend(came.ok());
                    return Read::Found(talk, finding);
                }
                came
            }
        };
        match came {
            Ok(reply) => talk.replies.push(reply),
            Err(failure) => return Read::Failed(talk, failure),
        }
    }
}

/// Says that the hit was sent on to another address of the same host: a browser follows there, and the hit may be taken.
fn led_on(hit: &Request, reply: &Reply) -> Option<Finding> {
    let location = reply.header("location").filter(|_| matches!(reply.status, 301 | 302 | 303 | 307 | 308))?;
    let to = hit.url.join(location).ok().filter(|to| matches!(to.scheme(), "http" | "https"))?;
    (to.host() == hit.url.host()).then(|| Finding::Trouble {
        kind: REDIRECT,
        meaning: format!(
            "the counting address answered the hit with {} and sent it on to `{}`: browsers follow there, and the hit is \
             not sent twice to find out",
            reply.status,
            without_query(to.as_str())
        ),
    })
}

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L5, Covers::Server, outcome, message)
}

/// Says what the read-back of one table came to.
pub fn judge(analytics: &Analytics, read: &Read, target: Option<&Target>) -> Vec<Verdict> {
    let Some(provider) = analytics::find(&analytics.provider) else { return Vec::new() };
    match read {
        Read::Unasked(unasked) => vec![untried(provider, analytics, *unasked)],
        Read::Found(talk, finding) => concluded(provider, talk, finding),
        Read::Failed(talk, failure) => vec![failed(provider, talk, failure, target)],
    }
}

fn untried(provider: &Provider, analytics: &Analytics, unasked: Unasked) -> Verdict {
    let title = provider.title;
    match unasked {
        Unasked::TokenRefusedBefore => verdict(
            READER,
            unknown(TOKEN_REFUSED),
            format!("the {title} server refused this token within the last hour, so that it was not sent again"),
        )
        .fix("put a token that is good into the environment"),
        Unasked::Offline => verdict(STORED, unknown("offline"), "nothing was read back: this run asks no server")
            .fix("run it without `--offline`"),
        _ if analytics.endpoint == Endpoint::Embedded => {
            verdict(STORED, Outcome::Note, "nothing to read back: the stand-in stores no hit")
        }
        _ => verdict(
            STORED,
            unknown("never-told"),
            format!("whether a single hit is stored was not looked at: Watchpost does not read hits back from {title}"),
        )
        .fix("look for a visit of your own in the statistics, or leave this level out for a site that only has such tables"),
    }
}

fn evidence(talk: &Talk) -> String {
    talk.replies
        .last()
        .map(|reply| format!("{}: {}, {}", without_query(&reply.url), reply.status, reply.glimpse()))
        .unwrap_or_default()
}

/// Returns an address without its query, which is long and says nothing to people.
fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Says what stays on the server, whatever came of it.
fn left_behind(talk: &Talk) -> String {
    match &talk.hit {
        Some(path) => format!("; a hit of `{path}` was sent once, and may be recorded where it was sent to"),
        None => "; no hit was sent".to_owned(),
    }
}

fn concluded(provider: &Provider, talk: &Talk, finding: &Finding) -> Vec<Verdict> {
    let title = provider.title;
    let told = || {
        let message =
            format!("{title}'s reporting interface answers, and knew nothing of the mark before the hit was sent");
        verdict(READER, Outcome::Ok, message)
    };
    let recorded = |recorded: &Option<String>| match recorded {
        Some(recorded) => format!("recorded: {recorded}"),
        None => "nothing was recorded".to_owned(),
    };
    match finding {
        Finding::Found { how, recorded: what } => {
            let message = format!("a marked hit, as a browser sends it, {how}; {}", recorded(what));
            // What is recorded is said first: a report for people shows one line of a level that holds.
            vec![verdict(STORED, Outcome::Ok, message).evidence(evidence(talk)), told()]
        }
        Finding::Lost { meaning, fix, recorded: what } => vec![
            told(),
            verdict(STORED, Outcome::Drift, format!("{meaning}; {}", recorded(what)))
                .evidence(evidence(talk))
                .expected_found("the marked hit in the statistics", "the statistics without it")
                .fix(fix),
        ],
        Finding::Refused { answer, meaning, fix } => vec![
            told(),
            verdict(STORED, Outcome::Drift, meaning)
                .evidence(evidence(talk))
                .expected_found("a hit that is taken", answer)
                .fix(fix),
        ],
        Finding::Trouble { kind, meaning } => vec![
            told(),
            verdict(STORED, unknown(*kind), format!("{meaning}{}", left_behind(talk))).evidence(evidence(talk)).fix(
                match *kind {
                    REDIRECT => "write the address that takes hits itself into site.toml as `endpoint` or `collect`",
                    _ => "run this again when the server is well",
                },
            ),
        ],
        Finding::Reader { kind, meaning, fix } => vec![
            verdict(
                READER,
                unknown(*kind),
                format!("{meaning}: this says nothing about counting{}", left_behind(talk)),
            )
            .evidence(evidence(talk))
            .fix(fix),
        ],
        Finding::NotSetUp { kind, meaning, fix } => vec![verdict(STORED, unknown(*kind), meaning).fix(fix)],
    }
}

fn failed(provider: &Provider, talk: &Talk, failure: &Failure, target: Option<&Target>) -> Verdict {
    let title = provider.title;
    let left = left_behind(talk);
    if !talk.is_hit {
        let message = format!("the address of {title}'s reporting interface {}{left}", failure.words());
        return verdict(READER, unknown(format!("reader-{}", failure.word())), message).fix(failure.fix());
    }
    let collect = target.map(|target| target.collect.to_string()).unwrap_or_default();
    let outcome = if failure.is_drift() { Outcome::Drift } else { unknown(failure.word()) };
    verdict(STORED, outcome, format!("the counting address `{collect}` {}{left}", failure.words())).fix(failure.fix())
}

#[cfg(test)]
mod tests;
