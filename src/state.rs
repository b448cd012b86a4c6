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
}

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
