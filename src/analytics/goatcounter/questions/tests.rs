//! Holds the conversations against answers constructed from the source of 2.7.0; `tests/suite/readback.rs` holds
//! them against a running server.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::goatcounter::{GIF, PROVIDER};
use crate::analytics::read_back::TOKEN_REFUSED;
use crate::analytics::read_back::tests::{converse, kind, target};

const CANARY: Option<&str> = Some("canary.example");

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

fn no_site() -> Reply {
    told(400, "{\"error\":\"no site at this domain\"}")
}

fn none() -> Reply {
    told(200, "{\"hits\":[],\"total\":0,\"more\":false}")
}

fn one() -> Reply {
    told(
        200,
        "{\"hits\":[{\"count\":1,\"path_id\":3,\"path\":\"/__watchpost/0123456789abcdef\",\"event\":false}],\"total\":1}",
    )
}

fn gif() -> Reply {
    Reply { body: GIF.to_vec(), ..told(200, "") }
}

fn read_back(has_token: bool, canary: Option<&str>, answers: &[Reply]) -> (Vec<&'static str>, Finding) {
    converse(PROVIDER.read_back.as_ref().unwrap(), &target("blog", has_token), canary, answers)
}

#[test]
fn a_hit_is_found_on_the_canary_and_not_on_the_real_site() {
    let (steps, finding) = read_back(true, CANARY, &[no_site(), none(), gif(), none(), one(), none()]);
    assert_eq!(steps, ["ask", "ask", "hit", "wait", "wait", "ask"]);
    let Finding::Found { how, recorded: Some(recorded) } = &finding else { panic!("{finding:?}") };
    assert!(how.contains("within 6 s") && recorded.contains("`canary.example`"), "{how} {recorded}");
    let (_, finding) = read_back(true, CANARY, &[no_site(), none(), gif(), one(), one()]);
    assert_eq!(kind(&finding), "canary-is-the-site", "another name of the real site");
}

#[test]
fn a_server_that_would_count_the_canary_s_hit_for_the_real_site_gets_none() {
    let refused = Reply {
        headers: BTreeMap::from([("x-goatcounter".to_owned(), "wrong value: b=1".to_owned())]),
        ..told(400, "")
    };
    assert_eq!(kind(&read_back(true, CANARY, &[refused]).1), "one-site-server");
    assert_eq!(kind(&read_back(true, CANARY, &[no_site(), no_site()]).1), "no-such-canary");
    assert_eq!(kind(&read_back(true, Some("stats.example"), &[]).1), "canary-is-the-site");
    assert_eq!(kind(&read_back(true, None, &[]).1), "no-canary");
    assert_eq!(kind(&read_back(true, Some("a b"), &[]).1), "no-host");
}

#[test]
fn a_hit_that_is_taken_and_never_stored_is_lost() {
    let mut answers = vec![no_site(), none(), gif()];
    answers.extend(vec![none(); PATIENCE.len()]);
    let (steps, finding) = read_back(true, CANARY, &answers);
    assert_eq!((steps.len(), kind(&finding)), (3 + PATIENCE.len(), "lost"));
    let patience: u64 = PATIENCE.iter().sum();
    assert!((15_000..=20_000).contains(&patience), "the server stores every 10 s");
}

#[test]
fn a_broken_reader_is_found_before_anything_is_recorded() {
    for (answer, word) in [
        (told(401, "{\"error\":\"unknown token\"}"), TOKEN_REFUSED),
        (told(403, "{\"error\":\"requires 'Read statistics' permissions\"}"), "reader-forbidden"),
        (told(404, "{\"error\":\"not found\"}"), "reader-moved"),
        (told(200, "{\"pages\":[]}"), "reader-shape"),
        (told(200, "{\"hits\":{}}"), "reader-shape"),
        (told(502, "<html>"), "reader-down"),
        (one(), "reader-shape"),
    ] {
        let (steps, finding) = read_back(true, CANARY, &[no_site(), answer]);
        assert_eq!((steps, kind(&finding)), (vec!["ask", "ask"], word));
    }
    // One that breaks after the hit has nothing to say of it either.
    let (_, finding) = read_back(true, CANARY, &[no_site(), none(), gif(), told(500, "")]);
    assert_eq!(kind(&finding), "reader-down");
}

#[test]
fn a_hit_that_is_not_taken_says_why() {
    let said = |status, words: &str| Reply {
        headers: BTreeMap::from([("x-goatcounter".to_owned(), words.to_owned())]),
        ..told(status, "")
    };
    for (answer, word) in [
        (said(202, "ignored because \"127.0.0.1\" is in the IP ignore list"), "ignored-address"),
        (said(400, "not valid: path"), "refused"),
        (told(403, "blocked"), "refused"),
        (told(301, ""), "refused"),
        (told(503, ""), "server-down"),
    ] {
        let (_, finding) = read_back(true, CANARY, &[no_site(), none(), answer]);
        assert_eq!(kind(&finding), word);
    }
}

#[test]
fn without_a_token_the_visitor_counter_of_the_canary_tells() {
    let (unknown, known) = (told(404, "{\"count\":\"0\",\"count_unique\":\"0\"}"), told(200, "{\"count\":\"1\"}"));
    let (steps, finding) = read_back(false, CANARY, &[no_site(), unknown.clone(), gif(), unknown.clone(), known]);
    assert_eq!(steps, ["ask", "ask", "hit", "wait", "wait"]);
    assert_eq!(kind(&finding), "found");
    let closed = told(403, "{\"error\":\"Need to enable the 'allow using the visitor counter' setting\"}");
    assert_eq!(kind(&read_back(false, CANARY, &[no_site(), closed]).1), "no-token");
    assert_eq!(kind(&read_back(false, CANARY, &[no_site(), told(404, "<html>")]).1), "reader-moved");
}

#[test]
fn days_and_paths_are_read_and_days_that_were_not_asked_for_are_left_out() {
    let target = target("blog", true);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let context = daily::Context {
        target: &target,
        from: date("2026-11-10"),
        to: date("2026-11-12"),
        earlier: date("2026-11-10"),
        recent: date("2026-11-12"),
        zone: &TimeZone::UTC,
    };
    let day = |day: &str, daily: u64| format!("{{\"day\":\"{day}\",\"hourly\":[0],\"daily\":{daily}}}");
    let stats = [day("2026-11-09", 5), day("2026-11-10", 7), day("2026-11-11", 0), day("2026-11-12", 3)].join(",");
    let total = told(200, &format!("{{\"total\":15,\"stats\":[{stats}]}}"));
    let daily::Step::Done(Ok(series)) = daily(&context, &[total.clone(), one(), none()]) else { panic!("no series") };
    let visits: Vec<u64> = series.days.values().map(|day| day.visits).collect();
    assert_eq!(visits, [7, 0, 3]);
    assert_eq!(series.paths.unwrap().0, Paths::from([("/__watchpost/0123456789abcdef".to_owned(), 1)]));
    for (answer, word) in [(told(200, "{}"), "reader-shape"), (told(401, "{}"), TOKEN_REFUSED)] {
        let daily::Step::Done(Err(finding)) = daily(&context, &[answer]) else { panic!("it was read") };
        assert_eq!(kind(&finding), word);
    }
    let daily::Step::Ask(request) = daily(&context, &[]) else { panic!("nothing was asked") };
    assert!(request.url.as_str().ends_with("start=2026-11-09T00%3A00%3A00Z&end=2026-11-13T23%3A59%3A59Z"));
}
