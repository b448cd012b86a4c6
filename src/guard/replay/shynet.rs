//! Replays what a real Shynet server of 0.14 answered.

use super::Play::{Constructed, Recorded, Stub};
use super::{Play, config_of, judge, outcome, unknown};
use crate::verdict::{Outcome, Verdict};

const RECORDED: &str = include_str!("../../../tests/fixtures/shynet/0.14.jsonl");

/// The services of the recorded server: open, with a list of origins, archived, and one that nobody has.
const OPEN: &str = "11111111-1111-4111-8111-111111111111";
const LISTED: &str = "22222222-2222-4222-8222-222222222222";
const ARCHIVED: &str = "44444444-4444-4444-8444-444444444444";
const NOBODY: &str = "99999999-9999-4999-8999-999999999999";

/// The body of a script that was recorded by its digest alone.
const SCRIPT: Option<&str> = Some("var Shynet = {}");

fn site(site: &str, plays: &[Play]) -> Verdict {
    let (_, verdicts) = judge(&config_of("shynet", site, ""), RECORDED, plays);
    outcome(&verdicts, "collect/site").clone()
}

/// The version, of a server whose login page failed: recorded before its static files were collected.
const LOGIN: Play = Recorded("login");

#[test]
fn a_known_service_is_known_in_five_requests() {
    let own = Constructed("probe-script-known", SCRIPT);
    let plays = [Stub, LOGIN, own, Recorded("probe-script-unknown"), own];
    let (answers, verdicts) = judge(&config_of("shynet", OPEN, ""), RECORDED, &plays);
    for code in ["collect/site", "collect/control", "collect/origin"] {
        assert_eq!(outcome(&verdicts, code).outcome, Outcome::Ok, "{code}");
    }
    assert_eq!(answers.requests, 5);
    let version = outcome(&verdicts, "version/answer");
    assert!(version.outcome == Outcome::Note && version.message.starts_with("indistinguishable"), "{version:?}");
}

#[test]
fn a_service_with_a_list_of_origins_is_known_and_said_to_lose_pages_without_a_referrer() {
    let own = Constructed("probe-script-origin-referer", SCRIPT);
    let plays = [Stub, LOGIN, own, Recorded("probe-script-unknown"), Recorded("probe-script-origin-none")];
    let verdict = site(LISTED, &plays);
    assert_eq!(verdict.outcome, Outcome::Ok);
    assert!(verdict.message.contains("no-referrer"), "{verdict:?}");
}

/// Rows 26 and 28 of the incidents: an id that is gone, and a blog that moved while the server's list stayed.
#[test]
fn an_unknown_an_archived_and_a_malformed_service_and_another_origin_are_drift() {
    for (id, recorded, kind) in [
        (NOBODY, Recorded("probe-script-unknown"), "unknown-site"),
        (ARCHIVED, Recorded("probe-script-archived"), "unknown-site"),
        ("not-a-uuid", Recorded("probe-script-bad"), "unknown-site"),
        (LISTED, Recorded("probe-script-origin-bad"), "wrong-origin"),
        (LISTED, Recorded("arch-warm-script"), "unknown-site"),
    ] {
        let verdict = site(id, &[Stub, LOGIN, recorded]);
        assert_eq!(verdict.outcome, Outcome::Drift, "{id}");
        assert!(verdict.found.as_deref().unwrap().starts_with(kind), "{verdict:?}");
    }
}

#[test]
fn a_database_that_is_down_is_unknown_whether_the_service_is_remembered_or_not() {
    for (id, script) in [(OPEN, "dbdown-warm-script"), (NOBODY, "dbdown-cold")] {
        let verdict = site(id, &[Stub, LOGIN, Recorded(script), Recorded("dbdown-healthz")]);
        assert_eq!(verdict.outcome, unknown("database-down"));
    }
}

/// Row 34 of the incidents: the worker stands still, and the server says that all is well.
#[test]
fn a_worker_that_is_down_cannot_be_seen_and_the_report_claims_no_more_than_it_saw() {
    // Constructed: in that state only hits and `healthz` were recorded; serving the script takes no worker.
    let own = Constructed("broker-down-script", SCRIPT);
    let verdict = site(OPEN, &[Stub, LOGIN, own, Recorded("probe-script-unknown"), own]);
    assert_eq!(verdict.outcome, Outcome::Ok);
    assert!(verdict.message.contains("whether its worker runs, and hits are kept, it does not tell"), "{verdict:?}");
}

#[test]
fn another_program_at_the_address_is_not_taken_for_shynet() {
    let page = Constructed("probe-script-known", Some("<!doctype html><title>Welcome</title>"));
    let verdict = site(OPEN, &[Stub, LOGIN, page]);
    assert!(verdict.found.as_deref().unwrap().starts_with("not-the-counter"), "{verdict:?}");
}
