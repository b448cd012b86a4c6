//! Holds the conversations against what real servers of 2.19.0 and 3.1.0 answered.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::read_back::TOKEN_REFUSED;
use crate::analytics::read_back::tests::{converse, kind, recorded, target};
use crate::analytics::umami::PROVIDER;

const THREE: &str = include_str!("../../../../tests/fixtures/umami/3.1.reports.jsonl");
const TWO: &str = include_str!("../../../../tests/fixtures/umami/2.19.reports.jsonl");
const CANARY: Option<&str> = Some("00000000-0000-4000-8000-000000000007");

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

/// Returns the recorded list of pages, with our mark in the place of the recording's.
fn marked(recording: &str) -> Reply {
    let reply = recorded(recording, "metrics-filter");
    let (before, rest) =
        reply.text().split_once("/__verify/").map(|(one, two)| (one.to_owned(), two.to_owned())).unwrap();
    let after = rest.split_once('"').unwrap().1.to_owned();
    told(200, &format!("{before}/__watchpost/0123456789abcdef/\"{after}"))
}

fn read_back(canary: Option<&str>, answers: &[Reply]) -> (Vec<&'static str>, Finding) {
    converse(PROVIDER.read_back.as_ref().unwrap(), &target("1", true), canary, answers)
}

#[test]
fn a_hit_is_found_under_the_name_that_each_version_has_for_a_page() {
    let none = told(200, "[]");
    let (steps, finding) = read_back(CANARY, &[none.clone(), recorded(THREE, "readback-hit"), marked(THREE)]);
    assert_eq!((steps, kind(&finding)), (vec!["ask", "hit", "wait"], "found"));
    let old = [recorded(TWO, "metrics-othername"), none, recorded(TWO, "readback-hit"), marked(TWO)];
    let (steps, finding) = read_back(CANARY, &old);
    assert_eq!((steps, kind(&finding)), (vec!["ask", "ask", "hit", "wait"], "found"));
}

#[test]
fn a_reader_that_knows_neither_name_or_no_token_is_broken() {
    // Zoo row 47: the next version may call a page something else again.
    let other = recorded(THREE, "metrics-othername");
    assert_eq!(kind(&read_back(CANARY, &[other.clone(), other]).1), "reader-shape");
    assert_eq!(kind(&read_back(CANARY, &[recorded(THREE, "stats-anon")]).1), TOKEN_REFUSED);
    assert_eq!(kind(&read_back(CANARY, &[told(200, "{\"data\":[]}")]).1), "reader-shape");
    assert_eq!(kind(&read_back(CANARY, &[recorded(THREE, "dbdown-stats")]).1), "reader-down");
    assert_eq!(kind(&read_back(None, &[]).1), "no-canary");
}

#[test]
fn a_hit_that_is_thrown_away_or_lost_is_told_apart() {
    let none = told(200, "[]");
    for (answer, word) in [
        (told(200, "{\"beep\":\"boop\"}"), "refused"),
        (told(400, "{\"error\":\"Website not found.\"}"), "no-such-canary"),
        (told(403, "{}"), "ignored-address"),
        (told(404, ""), "refused"),
        (told(500, ""), "server-down"),
    ] {
        assert_eq!(kind(&read_back(CANARY, &[none.clone(), answer]).1), word);
    }
    let mut answers = vec![none.clone(), recorded(THREE, "readback-hit")];
    answers.extend(vec![none; 4]);
    assert_eq!(kind(&read_back(CANARY, &answers).1), "lost");
}

fn visits(answers: &[Reply]) -> Result<Series, Finding> {
    let target = target("1", true);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let context = daily::Context {
        target: &target,
        from: date("2026-11-16"),
        to: date("2026-11-21"),
        earlier: date("2026-11-16"),
        recent: date("2026-11-20"),
        zone: &zone,
    };
    let mut heard = Vec::new();
    loop {
        match daily(&context, &heard) {
            daily::Step::Ask(request) => {
                assert!(request.token == Some(TokenPlace::Bearer));
                // Midnight in Berlin is an hour before UTC's in winter.
                assert!(
                    !request.url.as_str().contains("pageviews?")
                        || request.url.as_str().contains("startAt=1794783600000&endAt=1795301999999")
                );
                heard.push(answers.get(heard.len()).expect("one question too many").clone());
            }
            daily::Step::Done(done) => {
                assert_eq!(heard.len(), answers.len(), "answers were left over");
                return done;
            }
        }
    }
}

#[test]
fn days_are_read_in_both_versions_and_empty_ones_are_left_out() {
    for (recording, others) in [(THREE, 0), (TWO, 1)] {
        let mut answers = vec![recorded(recording, "daily-berlin")];
        answers.extend((0..others).map(|_| recorded(recording, "metrics-othername")));
        answers.extend([marked(recording), marked(recording)]);
        let series = visits(&answers).unwrap();
        let day = |text: &str| series.days.get(&text.parse::<Date>().unwrap()).copied();
        assert_eq!(day("2026-11-16"), Some(Day { visits: 2, views: Some(4) }));
        assert_eq!((day("2026-11-17"), series.omits_empty_days, series.days.len()), (None, true, 3));
        assert!(series.paths.is_some() && series.zone == DayZone::Site);
    }
    let empty = recorded(THREE, "daily-empty");
    assert_eq!(visits(&[empty, told(200, "[]"), told(200, "[]")]).unwrap().days.len(), 0);
}

#[test]
fn an_answer_of_another_form_is_a_broken_reader() {
    for (answer, word) in [
        (recorded(THREE, "daily-anon"), TOKEN_REFUSED),
        (recorded(THREE, "daily-badtz"), "reader-shape"),
        (told(200, "{\"pageviews\":[{\"x\":\"2026\",\"y\":1}],\"sessions\":[]}"), "reader-shape"),
        (told(402, ""), "reader-plan"),
    ] {
        assert_eq!(kind(&visits(&[answer]).unwrap_err()), word);
    }
}
