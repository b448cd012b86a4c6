//! Replays what a real Liwan server of 1.6.0 answered; what 1.7.0-rc.0 answers is constructed from notes of a run.

use super::Play::{Constructed, Recorded, Stub};
use super::{Play, Replay, config_of, judge, outcome, unknown};
use crate::analytics;
use crate::analytics::exchange::{Finding, Reply, Step};
use crate::verdict::{Outcome, Verdict};

const RECORDED: &str = include_str!("../../../tests/fixtures/liwan/1.6.jsonl");

fn site(site: &str, plays: &[Play]) -> Verdict {
    let (_, verdicts) = judge(&config_of("liwan", site, ""), RECORDED, plays);
    outcome(&verdicts, "collect/site").clone()
}

#[test]
fn an_entity_of_a_public_project_is_known_without_a_hit() {
    // Recorded with a browser's user agent, which an empty object does not get as far as.
    let plays = [Stub, Recorded("collect-empty"), Recorded("projects-anon")];
    let (answers, verdicts) = judge(&config_of("liwan", "blog", ""), RECORDED, &plays);
    for code in ["collect/site", "collect/control", "collect/origin"] {
        assert_eq!(outcome(&verdicts, code).outcome, Outcome::Ok, "{code}");
    }
    assert_eq!(answers.requests, 3);
    // Constructed: 1.7.0-rc.0 takes any content type, and says this to an empty object.
    let newer = Some("{\"code\":400,\"message\":\"invalid json\",\"status\":\"Bad Request\"}");
    let status_400 = Constructed("collect-relurl", newer);
    assert_eq!(site("blog", &[Stub, status_400, Recorded("projects-anon")]).outcome, Outcome::Ok);
}

/// Rows 26 and 28 of the incidents: Liwan is polite to everything, so that its politeness is never taken for a yes.
#[test]
fn what_is_in_no_public_project_is_left_open_and_never_holds() {
    for (entity, projects) in [
        ("priv", "projects-anon"),
        ("nope", "projects-anon"),
        // A fresh server without any entity, and one whose project is unlisted.
        ("blog", "uninit-projects"),
        ("drop", "unlisted-anon"),
    ] {
        let verdict = site(entity, &[Stub, Recorded("collect-empty"), Recorded(projects)]);
        assert_eq!(verdict.outcome, Outcome::Note, "{entity}");
        assert!(verdict.message.starts_with("indistinguishable"), "{verdict:?}");
    }
    // A proxy that hides the list.
    let verdict = site("blog", &[Stub, Recorded("collect-empty"), Constructed("misc-4", None)]);
    assert!(verdict.message.starts_with("indistinguishable"), "{verdict:?}");
}

/// A list that is not given says nothing of the entity, neither in a first run nor against a lock.
#[test]
fn a_list_that_is_refused_for_now_is_unknown() {
    for (status, body) in
        [(429, ""), (503, ""), (403, "<title>Just a moment...</title>"), (200, "<title>Login</title>")]
    {
        let replies = [
            Reply { status: 422, body: "missing field `entity_id`".into(), ..Reply::default() },
            Reply {
                status,
                body: body.into(),
                url: "https://stats.example/api/dashboard/projects".to_owned(),
                ..Reply::default()
            },
        ];
        let config = config_of("liwan", "blog", "");
        let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
        let next = analytics::find("liwan").unwrap().probe.next;
        assert_eq!(next(&target, &replies), Step::Done(Finding::Unclassified), "{status}");
    }
}

/// The control is a look at the same list, and is not told as a question that was asked.
#[test]
fn the_control_claims_no_question_that_was_not_asked() {
    let plays = [Stub, Recorded("collect-empty"), Recorded("projects-anon")];
    let (answers, verdicts) = judge(&config_of("liwan", "blog", ""), RECORDED, &plays);
    let control = outcome(&verdicts, "collect/control");
    assert!(control.message.contains("nothing more was asked"), "{control:?}");
    assert_eq!(answers.requests, 3);
}

/// A full disk answers every hit and every list as if all were well: 4,000 of 4,000 hits got 200, and 2 were stored.
#[test]
fn a_full_disk_cannot_be_seen_and_the_report_claims_no_more_than_it_saw() {
    // Constructed: the two answers do not touch the disk.
    let plays = [Stub, Constructed("collect-empty", None), Constructed("projects-anon", None)];
    let verdict = site("blog", &plays);
    assert_eq!(verdict.outcome, Outcome::Ok);
    assert!(verdict.message.contains("whether a hit is kept, Liwan's 200 does not say"), "{verdict:?}");
}

#[test]
fn whatever_else_answers_is_not_taken_for_liwan() {
    let verdict = site("blog", &[Stub, Constructed("collect-bot", None)]);
    assert!(verdict.found.as_deref().unwrap().starts_with("not-the-counter"), "{verdict:?}");
    assert_eq!(site("blog", &[Stub, Constructed("misc-4", None)]).outcome, Outcome::Drift);
    // Between us and a server of 1.6, something changed the content type.
    assert_eq!(site("blog", &[Stub, Constructed("collect-textplain", None)]).outcome, unknown("status-415"));
}

/// The manual's `/tracker.js` is none that the server has.
#[test]
fn the_address_in_the_vendor_s_manual_is_gone() {
    let config = config_of("liwan", "blog", "script = \"https://stats.example/tracker.js\"");
    let plays = [Recorded("tracker.js"), Recorded("collect-empty"), Recorded("projects-anon")];
    let (_, verdicts) = judge(&config, RECORDED, &plays);
    assert_eq!(outcome(&verdicts, "tracker/answer").outcome, Outcome::Drift);
}

#[test]
fn the_bytes_that_were_recorded_tell_a_range_of_versions() {
    let replay = Replay::new(&config_of("liwan", "blog", ""), RECORDED, &[]);
    for id in ["script", "script-query", "diskfull-script"] {
        let recorded = replay.exchange(id)["response"]["sha256"].as_str().unwrap().to_owned();
        let provider = analytics::find("liwan").unwrap();
        assert!(provider.tracker.released.contains(&("1.5.0-1.6.0", recorded.as_str())), "{id}");
    }
}
