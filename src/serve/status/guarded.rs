//! Owns what the bar says of the guard: what its rules say of the page at hand, and what is remembered of the servers.
//!
//! A preview asks no server. A level that was never verified says so, and one that was says when: neither is `ok`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::analytics;
use crate::config::{Analytics, Config, Endpoint};
use crate::guard::{self, standin};
use crate::lock::Lock;
use crate::state::State;
use crate::verdict::{GuardLevel, Outcome, Verdict};

/// The levels that `blog build` asks servers about.
const SERVERS: [GuardLevel; 4] = [GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4];
/// Of what holds, only this is told: it says that there is something that holds.
const PRESENT: &str = "snippet/missing";

/// Returns what the rules say of the page. `by_hand` judges it by production's settings, where a snippet that is written
/// in a template names the real server.
pub(super) fn pages(verdicts: Vec<Verdict>, by_hand: impl FnOnce() -> Vec<Verdict>) -> Vec<Value> {
    let drifts = |verdicts: &[Verdict]| verdicts.iter().any(|verdict| verdict.outcome == Outcome::Drift);
    let verdicts = match drifts(&verdicts) {
        true => Some(by_hand()).filter(|by_hand| !drifts(by_hand)).unwrap_or(verdicts),
        false => verdicts,
    };
    let is_well = !drifts(&verdicts);
    let told = verdicts.iter().filter(|verdict| match verdict.outcome {
        Outcome::Ok => is_well && verdict.code == PRESENT,
        _ => true,
    });
    told.map(row).collect()
}

fn row(verdict: &Verdict) -> Value {
    json!({
        "level": format!("{:?}", verdict.level),
        "code": verdict.code,
        "provider": Value::Null,
        "verdict": outcome(&verdict.outcome),
        "message": verdict.message,
        "fix": verdict.fix,
    })
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Note => "note",
        Outcome::Drift => "drift",
        Outcome::Unknown(_) => "unknown",
    }
}

/// Returns what is remembered of the servers of production.
pub(super) fn servers(production: &Config, state: Option<&State>, now: Timestamp) -> Vec<Value> {
    let mut rows: Vec<Value> = lock(production).iter().map(row).collect();
    for table in &production.analytics {
        let title = analytics::find(&table.provider).map_or(table.provider.as_str(), |provider| provider.title);
        let say = |level: &str, verdict: &str, message: String| json!({ "level": level, "provider": title, "verdict": verdict, "message": message, "fix": Value::Null });
        if table.endpoint == Endpoint::Embedded {
            rows.push(say("L1 to L4", "note", standin::NOTE.to_owned()));
            continue;
        }
        for (message, levels) in by_memory(production, table, state, now) {
            let verdict = if message.starts_with("never") { "unknown" } else { "remembered" };
            let names: Vec<String> = levels.iter().map(|level| format!("{level:?}")).collect();
            rows.push(say(&names.join(", "), verdict, message));
        }
    }
    rows
}

/// Groups the levels of a table by what is remembered of them.
fn by_memory(
    production: &Config,
    table: &Analytics,
    state: Option<&State>,
    now: Timestamp,
) -> BTreeMap<String, Vec<GuardLevel>> {
    let mut groups: BTreeMap<String, Vec<GuardLevel>> = BTreeMap::new();
    for level in SERVERS {
        let held = state.and_then(|state| state.held(production, table, level)).map(|held| now.duration_since(held));
        // A memory from the future is none: some clock was wrong.
        let message = match held.filter(|age| !age.is_negative()) {
            Some(age) => format!("held {} ago; `blog build` asks the server again", span(age)),
            None => "never verified: `blog build` asks the server".to_owned(),
        };
        groups.entry(message).or_default().push(level);
    }
    groups
}

/// Judges the lock against the settings; that asks nobody.
fn lock(production: &Config) -> Vec<Verdict> {
    let Some(text) = production.lock.as_deref() else { return Vec::new() };
    let Ok(lock) = Lock::parse(text) else { return Vec::new() };
    let mut verdicts = guard::judge_lock(&lock, production);
    verdicts.retain(|verdict| verdict.outcome != Outcome::Ok);
    verdicts
}

/// Returns a span of time in words.
fn span(age: SignedDuration) -> String {
    let counted = |number: i64, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    match (age.as_mins(), age.as_hours()) {
        (0, _) => "less than a minute".to_owned(),
        (minutes, 0) => counted(minutes, "minute"),
        (_, hours @ 1..48) => counted(hours, "hour"),
        (_, hours) => counted(hours / 24, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_server_that_nobody_asked_is_never_green() {
        let config = sample("[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\n");
        let rows = servers(&config, None, at(0));
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0]["level"].as_str(), rows[0]["verdict"].as_str()), (Some("L1, L2, L3, L4"), Some("unknown")));
        let mut state = State::default();
        state.hold(&config, &config.analytics[0], GuardLevel::L1, at(0));
        state.hold(&config, &config.analytics[0], GuardLevel::L3, at(1_000));
        let rows = servers(&config, Some(&state), at(185));
        let told: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| (row["level"].as_str().unwrap_or_default(), row["message"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                ("L1", "held 3 hours ago; `blog build` asks the server again"),
                ("L2, L3, L4", "never verified: `blog build` asks the server"),
            ]
        );
        assert!(rows.iter().all(|row| row["verdict"] != "ok"));
    }

    #[test]
    fn the_embedded_server_proves_nothing_and_says_so() {
        let config = sample("[[analytics]]\nprovider = \"matomo\"\nendpoint = \"embedded\"\nsite = \"1\"\n");
        let rows = servers(&config, None, at(0));
        assert!(rows[0]["verdict"] == "note" && rows[0]["message"] == standin::NOTE);
    }

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        let said: Vec<String> =
            [0, 1, 59, 60, 47 * 60, 48 * 60, 90 * 1_440].map(|minutes| span(SignedDuration::from_mins(minutes))).into();
        assert_eq!(said, ["less than a minute", "1 minute", "59 minutes", "1 hour", "47 hours", "2 days", "90 days"]);
    }
}
