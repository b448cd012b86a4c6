//! Holds the lock against site.toml, against itself, and against what is decided of schemas.

use super::*;
use crate::config::sample;
use crate::guard::{Ask, ask_by, standin::StandIn};
use crate::lock::LockProblem;

fn table(more: &str) -> String {
    format!("[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"1\"\n{more}")
}

fn config(more: &str) -> Config {
    sample(&table(more))
}

/// Returns what a run against the stand-in locks.
fn lock(config: &Config) -> Lock {
    let provider = analytics::find("goatcounter").unwrap();
    let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
    let answers = ask_by(config, &Ask::default(), &StandIn { provider, target: &target });
    lock_of(config, &answers).unwrap()
}

fn judged(config: &Config, lock: &Lock) -> Vec<Verdict> {
    let answer = Answer {
        target: analytics::target(&config.analytics[0], &config.base_url),
        tracker: Heard::Unasked(crate::guard::Unasked::Offline),
        version: Heard::Unasked(crate::guard::Unasked::Offline),
        probe: Probed::Unasked(crate::guard::Unasked::Offline),
    };
    let subject = Subject {
        analytics: &config.analytics[0],
        base_url: &config.base_url,
        has_lock: true,
        locked: locked(lock, config, 0),
        answer: &answer,
        sightings: &[],
        policies: &[],
        headers_known: false,
    };
    [entry(&subject), changed(&subject), revision(&subject)].concat()
}

fn drifts(config: &Config, lock: &Lock) -> Vec<(String, String, String)> {
    let drift = judged(config, lock).into_iter().filter(|verdict| verdict.outcome == Outcome::Drift);
    drift.map(|verdict| (verdict.message, verdict.expected.unwrap(), verdict.found.unwrap())).collect()
}

#[test]
fn a_lock_survives_being_written_and_read_and_is_the_same_bytes_each_time() {
    let lock = lock(&config(""));
    let text = lock.to_text();
    assert_eq!(Lock::parse(&text).unwrap(), lock);
    assert_eq!(Lock::parse(&text).unwrap().to_text(), text);
    assert!(text.contains("schema = 1"));
}

#[test]
fn an_older_lock_is_judged_as_it_is_and_a_newer_one_is_refused() {
    let config = config("");
    let text = lock(&config).to_text();
    // A lock from before commands, transports, server and collect were kept: those are "not locked".
    let mut old: toml::Table = text.parse().unwrap();
    old["schema"] = 0.into();
    let entry = old["analytics"][0].as_table_mut().unwrap();
    entry.remove("server");
    entry.remove("collect");
    entry.remove("csp");
    let tracker = entry["tracker"].as_table_mut().unwrap();
    for fact in ["commands", "transports", "markers", "hosts"] {
        tracker.remove(fact);
    }
    let old = Lock::parse(&old.to_string()).unwrap();
    assert_eq!(drifts(&config, &old), []);
    let newer = text.replace("schema = 1", "schema = 9");
    assert_eq!(Lock::parse(&newer), Err(LockProblem::Newer(9)));
    assert!(matches!(Lock::parse("schema = ["), Err(LockProblem::Malformed(_))));
}

#[test]
fn a_change_of_site_toml_is_drift_on_the_key_that_changed() {
    let lock = lock(&config(""));
    assert_eq!(drifts(&config(""), &lock), []);
    let one = |config: &Config| {
        let drifts = drifts(config, &lock);
        assert_eq!(drifts.len(), 1, "{drifts:#?}");
        drifts.into_iter().next().unwrap()
    };
    let (message, expected, found) = one(&sample(&table("").replace("site = \"1\"", "site = \"2\"")));
    assert!(message.starts_with("`site` under [[analytics]]"), "{message}");
    assert_eq!((expected.as_str(), found.as_str()), ("1", "2"));
    let (message, expected, found) = one(&sample(&table("").replace("embedded", "https://stats.example/")));
    assert!(message.starts_with("`endpoint`"), "{message}");
    assert_eq!((expected.as_str(), found.as_str()), ("embedded", "https://stats.example/"));
    let (message, expected, found) = one(&config("exclude = [\"/drafts/**\"]\n"));
    assert!(message.starts_with("`exclude`"), "{message}");
    assert_eq!((expected.as_str(), found.as_str()), ("every page", "every page but /drafts/**"));
    let (message, expected, found) = one(&config("[analytics.options]\nno_onload = true\n"));
    assert!(message.starts_with("`options.settings.no_onload`"), "{message}");
    assert_eq!((expected.as_str(), found.as_str()), ("not set", "true"));
}

#[test]
fn tables_and_entries_find_each_other_by_what_they_share_most() {
    let two = |one: &str, other: &str| {
        let table = |site: &str| {
            format!("[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://s.example/\"\nsite = \"{site}\"\n")
        };
        sample(&format!("{}{}", table(one), table(other)))
    };
    let mut entries = lock(&config("")).analytics;
    entries[0].endpoint = "https://s.example/".to_owned();
    let second = LockEntry { site: "2".to_owned(), ..entries[0].clone() };
    entries.push(second);
    let lock = Lock { schema: SCHEMA, analytics: entries };
    let sites = |config: &Config| [0, 1].map(|table| locked(&lock, config, table).unwrap().site.clone());
    assert_eq!(sites(&two("2", "1")), ["2", "1"]);
    assert_eq!(sites(&two("3", "1")), ["2", "1"], "the changed table is held against the entry that is left");
    let one = sample("[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\n");
    let left = judge_lock(&lock, &one);
    assert_eq!((left.len(), left[0].outcome.clone()), (1, Outcome::Drift));
    assert_eq!(judge_lock(&lock, &two("1", "2")), []);
}

#[test]
fn each_environment_has_a_section_of_its_own() {
    let mut config = config("");
    let production = lock(&config);
    config.env = Some("staging".to_owned());
    assert_eq!(locked(&production, &config, 0), None);
    assert!(
        judged(&config, &production)
            .iter()
            .any(|verdict| verdict.code == "lock/entry" && verdict.outcome == Outcome::Drift)
    );
    assert_eq!(judge_lock(&production, &config), [], "another environment's entries are not this one's affair");
    let both = accept(Some(&production), lock(&config), &config);
    let environments: Vec<&str> = both.analytics.iter().map(|entry| entry.environment.as_str()).collect();
    assert_eq!(environments, ["", "staging"]);
    assert_eq!(compare(&production, &lock(&config)).first().map(|difference| difference.locked.clone()), Some(None));
}

#[test]
fn differences_name_the_fact_and_both_values() {
    let locked = lock(&config(""));
    let mut found = locked.clone();
    assert_eq!(compare(&locked, &found), []);
    let entry = &mut found.analytics[0];
    entry.server.as_mut().unwrap().version = "3.0.0".to_owned();
    entry.tracker.commands.clear();
    let differences = compare(&locked, &found);
    let keys: Vec<&str> = differences.iter().map(|difference| difference.key.as_str()).collect();
    assert_eq!(keys, ["goatcounter.server.version", "goatcounter.tracker.commands"]);
    assert_eq!(differences[0].found.as_deref(), Some("3.0.0"));
}

#[test]
fn another_server_does_not_inherit_the_pairs_of_the_old_one() {
    let config = config("");
    let mut old = lock(&config);
    old.analytics[0].tracker.released[0].version = "2.5.0".to_owned();
    assert_eq!(accept(Some(&old), lock(&config), &config).analytics[0].tracker.released.len(), 2);
    old.analytics[0].endpoint = "https://old.example/".to_owned();
    assert_eq!(accept(Some(&old), lock(&config), &config).analytics[0].tracker.released.len(), 1);
    assert_eq!(accept(None, lock(&config), &config), lock(&config));
}

#[test]
fn what_was_not_verified_is_not_locked_and_the_reason_is_named() {
    let config = config("");
    let offline = Ask { offline: true, ..Ask::default() };
    let provider = analytics::find("goatcounter").unwrap();
    let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
    let answers = ask_by(&config, &offline, &StandIn { provider, target: &target });
    let problems = lock_of(&config, &answers).unwrap_err();
    assert_eq!(
        problems,
        [Unlockable { table: "goatcounter at embedded".to_owned(), why: "its tracker was not asked for".to_owned() }]
    );
}
