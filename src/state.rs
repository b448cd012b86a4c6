//! Owns what `blog` remembers between runs about verification: when each level of each analytics table
//! last held, and which tokens were refused. Pure: the journey reads and writes `.blog/state`.
//!
//! No memory is no proof: a level that is not in here counts as expired.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::{Analytics, Config, Endpoint, OnUnknown, Token};
use crate::digest::Digest;
use crate::verdict::GuardLevel;

/// How long a refused token is not sent again: Matomo locks an address out for as long.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(60);

/// The version of this shape; another one is read as no memory.
const SCHEMA: u32 = 1;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The version of this shape.
    schema: u32,
    /// When a level last held, by analytics table and level.
    #[serde(default)]
    held: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// When a token was last refused, by its digest.
    #[serde(default)]
    refused: BTreeMap<Digest, Timestamp>,
    /// What was put in place, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<Deployment>,
}

/// What stood in the output folder from some moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// When it was put in place.
    pub at: Timestamp,
    /// The beginning of the build's digest.
    pub build: String,
    /// The digest of all its snippets.
    pub snippets: Digest,
    /// The digest of its lock.
    pub lock: Option<Digest>,
}

/// How many deployments are remembered.
const HISTORY: usize = 200;

/// What becomes of a level that could not be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tolerance {
    /// It fails: site.toml does not put up with it.
    Fails,
    /// It fails: the level has never held as far as is known.
    NoMemory,
    /// It fails: the level last held this long ago, which is longer than `max_unknown_age`.
    TooOld(SignedDuration),
    /// It is a warning: the level held this long ago.
    Warns(SignedDuration),
}

impl State {
    /// Reads what was written; anything else is no memory.
    pub fn parse(text: &str) -> State {
        let state: State = serde_json::from_str(text).unwrap_or_default();
        if state.schema == SCHEMA { state } else { State::default() }
    }

    /// Writes it, sorted.
    pub fn to_text(&self) -> String {
        let state = State { schema: SCHEMA, ..self.clone() };
        let text = serde_json::to_string_pretty(&state).expect("a state has only keys and values that JSON knows");
        format!("{text}\n")
    }

    /// Remembers that a level of a table holds now.
    pub fn hold(&mut self, config: &Config, analytics: &Analytics, level: GuardLevel, now: Timestamp) {
        self.held.entry(key(config, analytics)).or_default().insert(format!("{level:?}"), now);
    }

    /// Returns when a level of a table last held, as far as is known.
    pub fn held(&self, config: &Config, analytics: &Analytics, level: GuardLevel) -> Option<Timestamp> {
        self.held.get(&key(config, analytics))?.get(&format!("{level:?}")).copied()
    }

    /// Returns what becomes of a level of a table that could not be verified now.
    pub fn tolerance(&self, config: &Config, analytics: &Analytics, level: GuardLevel, now: Timestamp) -> Tolerance {
        if analytics.on_unknown == OnUnknown::Fail {
            return Tolerance::Fails;
        }
        let Some(held) = self.held(config, analytics, level) else { return Tolerance::NoMemory };
        // A memory from the future is none: some clock was wrong.
        let age = now.duration_since(held);
        match age {
            _ if age.is_negative() => Tolerance::NoMemory,
            _ if age > analytics.max_unknown_age => Tolerance::TooOld(age),
            _ => Tolerance::Warns(age),
        }
    }

    /// Remembers what was put in place, unless it is what was there.
    pub fn deployed(&mut self, deployment: Deployment) {
        let is_new = self.history.last().is_none_or(|last| Deployment { at: last.at, ..deployment.clone() } != *last);
        if is_new {
            self.history.push(deployment);
            self.history.drain(..self.history.len().saturating_sub(HISTORY));
        }
    }

    /// Returns when something was put in place, and what was new in it, the oldest first.
    pub fn deployments(&self) -> Vec<(Timestamp, String)> {
        let words = |(index, one): (usize, &Deployment)| {
            let mut what = format!("build {}", one.build);
            if let Some(before) = index.checked_sub(1).and_then(|index| self.history.get(index)) {
                if before.snippets != one.snippets {
                    what.push_str("; the snippet changed");
                }
                if before.lock != one.lock {
                    what.push_str("; the lock changed");
                }
            }
            (one.at, what)
        };
        self.history.iter().enumerate().map(words).collect()
    }

    /// Remembers tokens that were refused, and forgets those whose hour is over.
    pub fn refuse(&mut self, tokens: &BTreeSet<Digest>, now: Timestamp) {
        self.refused.retain(|_, at| is_recent(*at, now));
        self.refused.extend(tokens.iter().map(|token| (*token, now)));
    }

    /// Returns the tokens that are not to be sent now.
    pub fn refused(&self, now: Timestamp) -> BTreeSet<Digest> {
        self.refused.iter().filter(|(_, at)| is_recent(**at, now)).map(|(token, _)| *token).collect()
    }
}

/// Returns the digest under which a refused token is remembered: of the server's name too, because
/// another server may take what one refused.
pub fn token_digest(endpoint: &Endpoint, token: &Token) -> Digest {
    Digest::of_parts([endpoint.url().as_str().as_bytes(), token.0.as_bytes()])
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(at);
    !age.is_negative() && age < REFUSED_FOR
}

fn key(config: &Config, analytics: &Analytics) -> String {
    let environment = config.env.as_deref().unwrap_or_default();
    format!("{environment}|{}|{}|{}", analytics.provider, analytics.endpoint.url(), analytics.site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;

    fn config(more: &str) -> Config {
        sample(&format!(
            "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\n{more}"
        ))
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    #[test]
    fn no_memory_is_no_proof() {
        let config = config("on_unknown = \"warn\"\nmax_unknown_age = \"14d\"\n");
        let tolerance =
            |state: &State, hours| state.tolerance(&config, &config.analytics[0], GuardLevel::L1, at(hours));
        let mut state = State::default();
        assert_eq!(tolerance(&state, 0), Tolerance::NoMemory);
        state.hold(&config, &config.analytics[0], GuardLevel::L1, at(0));
        state.hold(&config, &config.analytics[0], GuardLevel::L3, at(1_000));
        assert_eq!(tolerance(&state, 14 * 24), Tolerance::Warns(SignedDuration::from_hours(14 * 24)));
        assert_eq!(tolerance(&state, 14 * 24 + 1), Tolerance::TooOld(SignedDuration::from_hours(14 * 24 + 1)));
        assert_eq!(tolerance(&state, -1), Tolerance::NoMemory, "a memory from the future is none");
        assert_eq!(tolerance(&State::parse(&state.to_text()), 1), Tolerance::Warns(SignedDuration::from_hours(1)));
        for text in ["", "{", "{\"schema\": 99, \"held\": {}}"] {
            assert_eq!(State::parse(text), State::default());
        }
    }

    #[test]
    fn a_table_that_fails_on_unknown_fails_however_fresh_its_memory_is() {
        let config = config("");
        let mut state = State::default();
        state.hold(&config, &config.analytics[0], GuardLevel::L1, at(0));
        assert_eq!(state.tolerance(&config, &config.analytics[0], GuardLevel::L1, at(0)), Tolerance::Fails);
    }

    #[test]
    fn what_was_put_in_place_is_told_with_what_was_new_and_only_once() {
        let mut state = State::default();
        let deployment = |hours, build: &str, snippets: &str, lock: Option<&str>| Deployment {
            at: at(hours),
            build: build.to_owned(),
            snippets: Digest::of(snippets),
            lock: lock.map(Digest::of),
        };
        state.deployed(deployment(1, "3f9c", "a", None));
        state.deployed(deployment(2, "3f9c", "a", None));
        state.deployed(deployment(3, "11aa", "a", Some("l")));
        state.deployed(deployment(4, "22bb", "b", Some("l")));
        let state = State::parse(&state.to_text());
        let told: Vec<String> = state.deployments().into_iter().map(|(_, what)| what).collect();
        assert_eq!(told, ["build 3f9c", "build 11aa; the lock changed", "build 22bb; the snippet changed"]);
        assert_eq!(state.deployments()[0].0, at(1));
        let mut long = State::default();
        (0..500).for_each(|hour| long.deployed(deployment(hour, &hour.to_string(), "a", None)));
        assert_eq!((long.deployments().len(), long.deployments()[0].0), (HISTORY, at(300)));
    }

    #[test]
    fn another_site_does_not_live_on_this_one_s_memory() {
        let config = config("on_unknown = \"warn\"\n");
        let mut state = State::default();
        state.hold(&config, &config.analytics[0], GuardLevel::L1, at(0));
        let other = Analytics { site: "2".to_owned(), ..config.analytics[0].clone() };
        assert_eq!(state.tolerance(&config, &other, GuardLevel::L1, at(0)), Tolerance::NoMemory);
    }

    #[test]
    fn a_refused_token_is_kept_for_an_hour_and_never_in_clear() {
        let config = config("");
        let token = Token("secret-token".to_owned());
        let digest = token_digest(&config.analytics[0].endpoint, &token);
        let mut state = State::default();
        state.refuse(&BTreeSet::from([digest]), at(0));
        assert!(!state.to_text().contains("secret-token"));
        assert_eq!(state.refused(at(0) + SignedDuration::from_mins(59)), BTreeSet::from([digest]));
        assert!(state.refused(at(1)).is_empty());
        assert_ne!(digest, token_digest(&Endpoint::Embedded, &token), "another server may take it");
        state.refuse(&BTreeSet::new(), at(2));
        assert_eq!(state, State { schema: 0, ..State::default() });
    }
}
