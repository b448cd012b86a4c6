//! Owns the questions of one run: which are put, in which order, and what is kept of the answers.
//! It judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::dial::{Dialer, Failure, Line, QUESTIONS, Wire};
use super::standin::{self, StandIn};
use super::{Answer, Answers, Ask, Heard, Probed, Unasked};
use crate::analytics::exchange::{Finding, Reply, Request, Step, Target, VersionFound};
use crate::analytics::{self, Provider};
use crate::config::{Analytics, Config, Endpoint};
use crate::digest::Digest;
use crate::state::token_digest;
use crate::verdict::GuardLevel;

/// Asks every analytics server of a site, over the network.
pub fn ask(config: &Config, ask: &Ask) -> Answers {
    let wire = Wire::new(&ask.network);
    let mut answers = ask_by(config, ask, &wire);
    answers.notes.extend(wire.notes());
    answers
}

/// Asks every analytics server of a site, over any line; the stand-in is asked within this process.
pub fn ask_by(config: &Config, ask: &Ask, line: &dyn Line) -> Answers {
    let mut answers = Answers::default();
    let mut dialer = Dialer::new(line);
    let mut run = Run { refused: ask.refused_tokens.clone(), ..Run::default() };
    for analytics in &config.analytics {
        let (Some(provider), Some(target)) =
            (analytics::find(&analytics.provider), analytics::target(analytics, &config.base_url))
        else {
            answers.tables.push(unknown_provider());
            continue;
        };
        let table = match analytics.endpoint {
            Endpoint::Server(_) => {
                let (dialer, run) = (&mut dialer, &mut run);
                Questions { provider, analytics, target: &target, ask, dialer, run, left: QUESTIONS }.put()
            }
            Endpoint::Embedded => {
                if !answers.notes.iter().any(|note| note == standin::NOTE) {
                    answers.notes.push(standin::NOTE.to_owned());
                }
                let stand_in = StandIn { provider, target: &target };
                // What it says is said by no server.
                let (dialer, run) = (&mut Dialer::new(&stand_in), &mut Run::default());
                Questions { provider, analytics, target: &target, ask, dialer, run, left: QUESTIONS }.put()
            }
        };
        let refused = refused(provider, analytics, &table);
        run.refused.extend(&refused);
        answers.refused_tokens.extend(refused);
        answers.tables.push(table);
    }
    answers.requests = dialer.sent();
    answers
}

fn unknown_provider() -> Answer {
    let never = Unasked::NeverTold;
    Answer {
        target: None,
        tracker: Heard::Unasked(never),
        version: Heard::Unasked(never),
        probe: Probed::Unasked(never),
    }
}

/// Returns the digest of a token that was refused just now.
fn refused(provider: &Provider, analytics: &Analytics, answer: &Answer) -> BTreeSet<Digest> {
    let (Some(query), Some(reply), Some(token)) = (&provider.version, answer.version.reply(), &analytics.token) else {
        return BTreeSet::new();
    };
    match (query.read)(reply) {
        VersionFound::TokenRefused(_) => BTreeSet::from([token_digest(&analytics.endpoint, token)]),
        _ => BTreeSet::new(),
    }
}

/// What a run knows from the tables before.
#[derive(Default)]
struct Run {
    /// Tokens that are not sent again: a server that is told a bad one often enough locks everybody out.
    refused: BTreeSet<Digest>,
    /// What was answered to questions that several tables ask alike.
    told: BTreeMap<Question, Result<Reply, Failure>>,
}

/// All that an answer may depend on, and who reads it: two tables whose questions differ in any of it ask for themselves.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    provider: &'static str,
    sent: String,
    token: Option<Digest>,
}

/// The questions about one analytics table.
struct Questions<'q, 'l> {
    provider: &'static Provider,
    analytics: &'q Analytics,
    target: &'q Target,
    ask: &'q Ask,
    dialer: &'q mut Dialer<'l>,
    run: &'q mut Run,
    left: usize,
}

impl Questions<'_, '_> {
    /// Puts them: the tracker first, because without it nothing else counts.
    fn put(mut self) -> Answer {
        let tracker = self.tracker();
        let version = self.version();
        let probe = self.probe();
        Answer { target: Some(self.target.clone()), tracker, version, probe }
    }

    fn unasked(&self, level: GuardLevel) -> Option<Unasked> {
        if self.ask.offline {
            return Some(Unasked::Offline);
        }
        (!self.ask.wants(level)).then_some(Unasked::NotSelected)
    }

    fn dial(&mut self, request: &Request, settled: &dyn Fn(&Reply) -> bool) -> Result<Reply, Failure> {
        if self.left == 0 {
            return Err(Failure::OutOfTime);
        }
        self.left -= 1;
        self.dialer.ask(request, self.analytics.token.as_ref(), settled)
    }

    /// Asks what has the same answer for every table that asks it alike: once in a run.
    fn dial_once(&mut self, request: &Request, settled: &dyn Fn(&Reply) -> bool) -> Result<Reply, Failure> {
        let token = self.analytics.token.as_ref().filter(|_| request.token.is_some());
        let question = Question {
            provider: self.provider.name,
            sent: format!("{request:?}"),
            token: token.map(|token| token_digest(&self.analytics.endpoint, token)),
        };
        if let Some(told) = self.run.told.get(&question) {
            return told.clone();
        }
        let came = self.dial(request, settled);
        self.run.told.insert(question, came.clone());
        came
    }

    fn tracker(&mut self) -> Heard {
        if let Some(unasked) = self.unasked(GuardLevel::L1) {
            return Heard::Unasked(unasked);
        }
        // As a browser that loads it from a page of the site; some servers look (Shynet).
        let request = Request::get(self.target.script.clone())
            .header("Origin", self.target.origin.clone())
            .header("Referer", format!("{}/", self.target.origin));
        heard(self.dial_once(&request, &|_| false))
    }

    fn version(&mut self) -> Heard {
        let Some(query) = &self.provider.version else { return Heard::Unasked(Unasked::NeverTold) };
        if let Some(unasked) = self.unasked(GuardLevel::L3) {
            return Heard::Unasked(unasked);
        }
        if query.needs_token && self.analytics.endpoint != Endpoint::Embedded {
            let Some(token) = &self.analytics.token else { return Heard::Unasked(Unasked::NoToken) };
            if self.run.refused.contains(&token_digest(&self.analytics.endpoint, token)) {
                return Heard::Unasked(Unasked::TokenRefusedBefore);
            }
        }
        let request = (query.ask)(self.target);
        let settled = |reply: &Reply| (query.read)(reply) != VersionFound::Unclassified;
        heard(self.dial_once(&request, &settled))
    }

    fn probe(&mut self) -> Probed {
        if let Some(unasked) = self.unasked(GuardLevel::L4) {
            return Probed::Unasked(unasked);
        }
        let next = self.provider.probe.next;
        let mut replies = Vec::new();
        loop {
            let request = match next(self.target, &replies) {
                Step::Done(finding) => return Probed::Found(finding, replies),
                Step::Ask(request) => request,
            };
            let target = self.target;
            let settled = |reply: &Reply| {
                let mut heard = replies.clone();
                heard.push(reply.clone());
                next(target, &heard) != Step::Done(Finding::Unclassified)
            };
            match self.dial(&request, &settled) {
                Ok(reply) => replies.push(reply),
                Err(failure) => return Probed::Failed(failure, replies),
            }
        }
    }
}

fn heard(came: Result<Reply, Failure>) -> Heard {
    match came {
        Ok(reply) => Heard::Reply(Box::new(reply)),
        Err(failure) => Heard::Failed(failure),
    }
}
