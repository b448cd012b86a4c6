//! Replays what real Umami servers of 2.19.0 and 3.1.0 answered; what 2.17.0 answers is constructed from notes of a run.

use super::Play::{Constructed, Recorded, Stub};
use super::{Play, Replay, config_of, judge, outcome, unknown};
use crate::analytics;
use crate::config::Config;
use crate::verdict::{Outcome, Verdict};

const NEW: &str = include_str!("../../../tests/fixtures/umami/3.1.jsonl");
const OLD: &str = include_str!("../../../tests/fixtures/umami/2.19.jsonl");

/// The recorded site of each server.
const SITES: [(&str, &str, &str); 2] =
    [(NEW, "3.1.0", "8ee9f451-7371-4516-8eb4-2158b4e556e9"), (OLD, "2.19.0", "bf983d5d-b4e7-41b6-957c-d0a519d29865")];

fn config(site: &str) -> Config {
    config_of("umami", site, "")
}

fn site(recording: &str, plays: &[Play], site: &str) -> Verdict {
    let (_, verdicts) = judge(&config(site), recording, plays);
    outcome(&verdicts, "collect/site").clone()
}

#[test]
fn a_known_site_is_known_and_the_version_is_told() {
    for (recording, version, site) in SITES {
        // What was recorded had no id too long to be stored; that such a one is refused only after robots were looked
        // for is shown by `ts-known-bot`, whose time is one that no database takes.
        for known in ["probe-known", "ts-known-bot"] {
            let plays = [Stub, Recorded("health2"), Recorded("probe-unknown"), Constructed(known, None)];
            let (answers, verdicts) = judge(&config(site), recording, &plays);
            for code in ["version/answer", "collect/site", "collect/control", "collect/origin"] {
                assert_eq!(outcome(&verdicts, code).outcome, Outcome::Ok, "{code}");
            }
            assert!(outcome(&verdicts, "version/answer").message.contains(version));
            assert_eq!(answers.requests, 4);
        }
    }
}

/// Row 26 of the incidents: the id of a site that is gone, or never was.
#[test]
fn an_unknown_a_deleted_and_a_malformed_site_are_drift() {
    let deleted = ["64f45479-2cef-49a6-bd5e-3a62d49af75f", "bd0a57fa-ded5-47f5-9796-72dd274f6457"];
    for ((recording, ..), gone) in SITES.into_iter().zip(deleted) {
        for (id, name) in [("probe-deleted", gone), ("probe-unknown", gone), ("probe-badid", "not-a-uuid")] {
            let plays = [Stub, Recorded("health2"), Recorded("probe-unknown"), Constructed(id, None)];
            let verdict = site(recording, &plays, name);
            assert_eq!(verdict.outcome, Outcome::Drift, "{id}");
            assert!(verdict.found.as_deref().unwrap().starts_with("unknown-site"), "{verdict:?}");
        }
    }
}

#[test]
fn a_database_that_is_down_is_unknown_and_the_real_site_is_not_asked_for() {
    for (recording, _, name) in SITES {
        let verdict = site(recording, &[Stub, Recorded("health2"), Recorded("dbdown-probe-unknown")], name);
        assert_eq!(verdict.outcome, unknown("database-down"));
        // It may go down between the two.
        let plays = [Stub, Recorded("health2"), Recorded("probe-unknown"), Constructed("dbdown-probe", None)];
        assert_eq!(site(recording, &plays, name).outcome, unknown("database-down"));
    }
}

#[test]
fn a_server_without_its_file_of_places_loses_every_public_visitor() {
    for (recording, _, name) in SITES {
        // The same answer to both ids; the real one's was recorded.
        let verdict = site(recording, &[Stub, Recorded("health2"), Constructed("probe-xff", None)], name);
        assert_eq!(verdict.outcome, Outcome::Drift);
        assert!(verdict.found.as_deref().unwrap().starts_with("geoip-missing"), "{verdict:?}");
    }
}

#[test]
fn a_server_that_counts_robots_records_nothing_and_is_said_to() {
    for (recording, _, name) in SITES {
        let control = Constructed("botcheck-off-unknown", None);
        // A browser's user agent was recorded: with the check off, that is the same.
        let plays = [Stub, Recorded("health2"), control, Constructed("botcheck-off-id-known", None)];
        let verdict = site(recording, &plays, name);
        assert_eq!(verdict.outcome, Outcome::Ok);
        assert!(verdict.message.contains("DISABLE_BOT_CHECK"), "{verdict:?}");
        // A server that takes the long id all the same has counted one, and the report says so.
        let plays = [Stub, Recorded("health2"), control, Constructed("botcheck-off-probe", None)];
        assert!(site(recording, &plays, name).message.contains("recorded 1 hit"));
    }
}

#[test]
fn a_caller_whose_address_is_ignored_is_answered_like_others() {
    for (recording, _, name) in SITES {
        let plays = [Stub, Recorded("health2"), Recorded("ignoreip-unknown"), Constructed("ignoreip-probe", None)];
        assert_eq!(site(recording, &plays, name).outcome, Outcome::Ok);
    }
}

#[test]
fn up_to_2_17_every_robot_is_answered_alike_so_that_nothing_is_shown() {
    for boop in ["{\"beep\":\"boop\"}", "ok"] {
        // Constructed: 2.17.0 said so to known, random and malformed ids, and with its database stopped.
        let plays = [Stub, Recorded("private-telemetry"), Constructed("probe-known", Some(boop))];
        let (answers, verdicts) = judge(&config(SITES[1].2), OLD, &plays);
        let verdict = outcome(&verdicts, "collect/site");
        assert_eq!(verdict.outcome, Outcome::Note);
        assert!(verdict.message.starts_with("indistinguishable"), "{verdict:?}");
        assert!(!verdicts.iter().any(|verdict| verdict.code == "collect/control"));
        assert_eq!(answers.requests, 3, "the real site is not asked for where that could be recorded");
    }
}

#[test]
fn a_version_that_is_kept_hidden_is_no_failure() {
    for (recording, _, name) in SITES {
        let plays = [Stub, Recorded("private-telemetry"), Recorded("probe-unknown"), Constructed("probe-known", None)];
        let (_, verdicts) = judge(&config(name), recording, &plays);
        let verdict = outcome(&verdicts, "version/answer");
        assert_eq!(verdict.outcome, Outcome::Note);
        assert!(verdict.message.starts_with("indistinguishable"), "{verdict:?}");
    }
}

/// Row 8 of the incidents: a page of 1.x, and a server of 2 or 3.
#[test]
fn what_version_1_was_called_is_gone_in_2_and_3() {
    let more = "script = \"https://stats.example/umami.js\"\ncollect = \"https://stats.example/api/collect\"";
    for (recording, _, name) in SITES {
        let config = config_of("umami", name, more);
        let plays = [Recorded("umami.js"), Recorded("health2"), Constructed("collect-v1", None)];
        let (_, verdicts) = judge(&config, recording, &plays);
        assert_eq!(outcome(&verdicts, "tracker/answer").outcome, Outcome::Drift);
        assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Drift);
    }
}

#[test]
fn version_1_itself_cannot_be_asked_without_recording() {
    let more = "script = \"https://stats.example/umami.js\"\ncollect = \"https://stats.example/api/collect\"";
    let config = config_of("umami", SITES[1].2, more);
    // Constructed: no server of 1.x was recorded.
    for body in ["ok", "{\"error\":\"Website not found.\"}"] {
        let plays = [Stub, Recorded("private-telemetry"), Constructed("probe-known", Some(body))];
        let (_, verdicts) = judge(&config, OLD, &plays);
        assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Note);
    }
}

#[test]
fn the_bytes_that_were_recorded_tell_no_version() {
    let provider = analytics::find("umami").unwrap();
    for (recording, version, name) in SITES {
        let replay = Replay::new(&config(name), recording, &[]);
        let recorded = replay.exchange("script")["response"]["sha256"].as_str().unwrap().to_owned();
        // We built them from one tag each: other releases may have the same, and a version that is guessed becomes drift.
        assert!(!provider.tracker.released.iter().any(|(_, bytes)| *bytes == recorded), "{version}");
    }
}

#[test]
fn no_question_of_ours_is_one_that_a_server_records() {
    let config = config(SITES[0].2);
    let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
    let refused = crate::analytics::exchange::Reply {
        status: 400,
        body: b"{\"error\":\"Website not found.\"}".to_vec(),
        ..Default::default()
    };
    for (heard, is_real) in [(vec![], false), (vec![refused], true)] {
        let probe = &analytics::find("umami").unwrap().probe;
        let analytics::exchange::Step::Ask(request) = (probe.next)(&target, &heard) else { panic!("no question") };
        assert!(request.header_value("User-Agent").unwrap().contains("bot"));
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["payload"]["website"] == SITES[0].2, is_real);
        assert_eq!(body["payload"]["id"].as_str().map_or(0, str::len) > 50, is_real);
    }
}
