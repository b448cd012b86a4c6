//! Owns what is verified of an analytics server: tracker, contract, version and collect endpoint, and
//! the lock that remembers what they were.
//!
//! [`ask`] gathers raw facts ([`Answers`]) and judges nothing; each row of [`RULES`] judges one thing
//! about one [`Subject`], as a pure function. Only `dial` reaches out. Refuses to know the engine: it
//! sees what was configured, what was found on the pages, and what was answered.
//!
//! To add a rule: write `fn(&Subject) -> Vec<Verdict>` into the file of its level, a row into [`RULES`], and a
//! row for its code into `codes/guard.rs`.

mod asking;
mod collect;
mod contract;
pub mod csp;
pub mod daily;
pub mod dial;
mod embedding;
mod loading;
mod locking;
pub mod read_back;
mod reading;
mod referrer;
pub mod splay;
pub mod standin;
mod tracker;
mod version;

use std::collections::BTreeSet;

use url::Url;

use crate::analytics::exchange::{Finding, Reply, Target};
use crate::analytics::expect::Expect;
use crate::analytics::{self, Provider, ScriptTag, Sighting};
use crate::config::{Analytics, Placed};
use crate::digest::Digest;
use crate::lock::LockEntry;
use crate::paths::BaseUrl;
use crate::verdict::{GuardLevel, Verdict};
use dial::{Failure, Network};

pub use asking::{ask, ask_by};
pub use locking::{Difference, Unlockable, accept, compare, judge_lock, lock_of, locked};
pub use reading::challenge;
pub use referrer::effective as referrer_policy;

/// What is to be asked of the network.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Nothing at all.
    pub offline: bool,
    /// Only what these levels need; all of them if none.
    pub levels: Option<BTreeSet<GuardLevel>>,
    /// How this machine reaches the network.
    pub network: Network,
    /// Tokens that were refused within the last hour, by digest ([`crate::state::State::refused`]): they are not sent again.
    pub refused_tokens: BTreeSet<Digest>,
}

impl Ask {
    /// Returns whether a level is asked for.
    pub fn wants(&self, level: GuardLevel) -> bool {
        // The deployed pages' policies are judged by what the tracker does.
        let serves = |levels: &BTreeSet<GuardLevel>| level == GuardLevel::L1 && levels.contains(&GuardLevel::L6);
        self.levels.as_ref().is_none_or(|levels| levels.contains(&level) || serves(levels))
    }
}

/// Why something was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// The run is offline.
    Offline,
    /// Its level was not selected.
    NotSelected,
    /// The provider tells it to nobody.
    NeverTold,
    /// It takes a token, and there is none.
    NoToken,
    /// The server refused this token within the last hour.
    TokenRefusedBefore,
}

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A server answered.
    Reply(Box<Reply>),
    /// Nobody did, or not as HTTP wants it.
    Failed(Failure),
    /// It was not asked.
    Unasked(Unasked),
}

impl Heard {
    /// Returns the reply, if there is one.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Heard::Reply(reply) => Some(reply),
            Heard::Failed(_) | Heard::Unasked(_) => None,
        }
    }
}

/// What came of a no-record probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// The provider concluded something; the replies it did so from, in order.
    Found(Finding, Vec<Reply>),
    /// A question of it failed, after these replies.
    Failed(Failure, Vec<Reply>),
    /// It was not asked.
    Unasked(Unasked),
}

/// Raw facts about one analytics table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where its server is; none for a provider that is not known.
    pub target: Option<Target>,
    /// The script that pages load.
    pub tracker: Heard,
    /// The server's version.
    pub version: Heard,
    /// Whether it takes hits.
    pub probe: Probed,
}

/// Raw facts about every analytics table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// One for each table of site.toml, in its order.
    pub tables: Vec<Answer>,
    /// What a reader of the report should know of the way: a proxy, certificates of one's own, the stand-in.
    pub notes: Vec<String>,
    /// Tokens that were refused in this run, by digest: to be remembered for an hour.
    pub refused_tokens: BTreeSet<Digest>,
    /// How many requests were sent, retries and redirects included.
    pub requests: usize,
}

/// The policies that some pages are under (of content, and of what they may embed), and what the snippet is made of on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePolicy {
    /// The policies: meta elements, and headers where the host is said to obey them.
    pub texts: Vec<(csp::Delivery, String)>,
    /// The values of Cross-Origin-Embedder-Policy that they are sent with, as far as that is known.
    pub embedder: Vec<String>,
    /// Their Referrer-Policy, as far as one is known; none where this provider has no use for it.
    pub referrer: Option<String>,
    /// The distinct scripts that this provider's snippet is made of on these pages.
    pub scripts: Vec<ScriptTag>,
    /// The address of one of the pages.
    pub url: Url,
    /// The pages.
    pub pages: Vec<String>,
}

/// One analytics table with everything that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What site.toml says.
    pub analytics: &'a Analytics,
    /// Where the site stands on the web.
    pub base_url: &'a BaseUrl,
    /// Whether there is a lock at all.
    pub has_lock: bool,
    /// What is locked of this table ([`locked`]).
    pub locked: Option<&'a LockEntry>,
    /// What was answered.
    pub answer: &'a Answer,
    /// The distinct snippets of this provider that run on the pages.
    pub sightings: &'a [Sighting],
    /// The distinct policies that pages with a snippet are under; empty if they are under none.
    pub policies: &'a [PagePolicy],
    /// Whether the headers that the host will send are known, so that an absent policy is absent.
    pub headers_known: bool,
}

impl Subject<'_> {
    /// Returns the facts that site.toml overrides; `config` has refused what is none.
    fn expect(&self) -> Expect {
        Expect::of(self.analytics).unwrap_or_default()
    }

    /// Returns the vendor; none for a provider that is not known.
    pub fn provider(&self) -> Option<&'static Provider> {
        analytics::find(&self.analytics.provider)
    }
}

/// One rule of the guard.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The code of everything that it says.
    pub code: &'static str,
    /// Its level.
    pub level: GuardLevel,
    /// Judges one thing; says nothing where an earlier rule has said why there is nothing to judge.
    pub judge: fn(&Subject<'_>) -> Vec<Verdict>,
}

/// All rules about servers, in the order of a report.
pub const RULES: &[Rule] = &[
    Rule { code: "lock/entry", level: GuardLevel::L0, judge: locking::entry },
    Rule { code: "lock/changed", level: GuardLevel::L0, judge: locking::changed },
    Rule { code: "lock/revision", level: GuardLevel::L0, judge: locking::revision },
    Rule { code: "tracker/answer", level: GuardLevel::L1, judge: tracker::answer },
    Rule { code: "tracker/address", level: GuardLevel::L1, judge: tracker::address },
    Rule { code: "tracker/javascript", level: GuardLevel::L1, judge: tracker::javascript },
    Rule { code: "tracker/identity", level: GuardLevel::L1, judge: tracker::identity },
    Rule { code: "tracker/bytes", level: GuardLevel::L1, judge: tracker::bytes },
    Rule { code: "tracker/hosts", level: GuardLevel::L1, judge: tracker::hosts },
    Rule { code: "contract/commands", level: GuardLevel::L2, judge: contract::commands },
    Rule { code: "contract/order", level: GuardLevel::L2, judge: contract::order },
    Rule { code: "contract/endpoint", level: GuardLevel::L2, judge: contract::endpoint },
    Rule { code: "contract/integrity", level: GuardLevel::L2, judge: embedding::integrity },
    Rule { code: "contract/isolation", level: GuardLevel::L2, judge: embedding::isolation },
    Rule { code: "contract/loading", level: GuardLevel::L2, judge: loading::loading },
    Rule { code: "contract/domain", level: GuardLevel::L2, judge: loading::domain },
    Rule { code: "contract/referrer", level: GuardLevel::L2, judge: referrer::referrer },
    Rule { code: "contract/scheme", level: GuardLevel::L2, judge: contract::scheme },
    Rule { code: "contract/policy", level: GuardLevel::L2, judge: contract::policy },
    Rule { code: "version/answer", level: GuardLevel::L3, judge: version::answer },
    Rule { code: "version/accepted", level: GuardLevel::L3, judge: version::accepted },
    Rule { code: "collect/site", level: GuardLevel::L4, judge: collect::site },
    Rule { code: "collect/control", level: GuardLevel::L4, judge: collect::control },
    Rule { code: "collect/origin", level: GuardLevel::L4, judge: collect::origin },
];

/// Returns whether a reply is passing trouble (429, 5xx, a challenge), which says nothing of what visitors get on another day.
pub fn is_passing(reply: &Reply) -> bool {
    matches!(reading::standing(reply), reading::Standing::Passing(_))
}

/// Returns the levels of a table that were not judged, with the reason in words: for the last line of a report.
pub fn left_out(subject: &Subject<'_>) -> Vec<(GuardLevel, &'static str)> {
    let reason = |unasked: Unasked| match unasked {
        Unasked::Offline => "offline",
        Unasked::NotSelected => "not selected",
        Unasked::NeverTold => "the provider never tells",
        Unasked::NoToken => "no token",
        Unasked::TokenRefusedBefore => "the token was refused before",
    };
    let mut left_out = Vec::new();
    if let Heard::Unasked(unasked) = subject.answer.tracker {
        left_out.push((GuardLevel::L1, reason(unasked)));
        match subject.locked {
            None => left_out.push((GuardLevel::L2, "neither a tracker nor a lock to judge by")),
            // The lock remembers what the tracker understands, and neither its bytes nor its headers.
            Some(_) if !subject.sightings.is_empty() => {
                left_out.push((GuardLevel::L2, "integrity and isolation, which need the tracker's own answer"));
            }
            Some(_) => {}
        }
    }
    // What a token or the provider stands in the way of is a verdict of its level, not a choice of the run.
    if let Heard::Unasked(unasked @ (Unasked::Offline | Unasked::NotSelected)) = subject.answer.version {
        left_out.push((GuardLevel::L3, reason(unasked)));
    }
    if let Probed::Unasked(unasked) = subject.answer.probe {
        left_out.push((GuardLevel::L4, reason(unasked)));
    }
    if subject.sightings.is_empty() && subject.analytics.placed != Placed::Page {
        left_out.push((GuardLevel::L2, "the snippet does not stand in the written pages"));
    }
    left_out
}

#[cfg(test)]
mod replay;
#[cfg(test)]
mod tests;
