//! Holds the conversations against documented answers.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::plausible::PROVIDER;
use crate::analytics::read_back::TOKEN_REFUSED;
use crate::analytics::read_back::tests::{converse, kind, target};

const CANARY: Option<&str> = Some("canary.example");

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

fn none() -> Reply {
    told(200, "{\"results\":[],\"meta\":{},\"query\":{}}")
}

fn one() -> Reply {
    told(200, "{\"results\":[{\"metrics\":[1],\"dimensions\":[\"/__watchpost/0123456789abcdef/\"]}]}")
}

fn read_back(answers: &[Reply]) -> (Vec<&'static str>, Finding) {
    converse(PROVIDER.read_back.as_ref().unwrap(), &target("blog.example", true), CANARY, answers)
}

#[test]
fn a_hit_is_found_after_the_buffer_was_written() {
    let (steps, finding) = read_back(&[none(), told(202, "ok"), none(), one()]);
    assert_eq!((steps, kind(&finding)), (vec!["ask", "hit", "wait", "wait"], "found"));
}

#[test]
fn a_polite_202_that_throws_the_hit_away_is_drift() {
    // Zoo row 12: hits from data centres, December 2023.
    let mut dropped = told(202, "ok");
    dropped.headers.insert("x-plausible-dropped".to_owned(), "1".to_owned());
    let (_, finding) = read_back(&[none(), dropped]);
    assert!(matches!(&finding, Finding::Refused { meaning, .. } if meaning.contains("data centre")), "{finding:?}");
    let mut answers = vec![none(), told(202, "ok")];
    answers.extend(vec![none(); 4]);
    assert_eq!(kind(&read_back(&answers).1), "lost");
}

#[test]
fn a_lapsed_plan_or_a_bad_key_is_a_broken_reader() {
    // Zoo row 47: the interface is part of a plan, and counting goes on without it.
    for (answer, word) in [
        (told(402, "{\"error\":\"upgrade\"}"), "reader-plan"),
        (told(401, "{\"error\":\"invalid key\"}"), TOKEN_REFUSED),
        (told(404, ""), "reader-moved"),
        (told(400, "{\"error\":\"invalid date_range\"}"), "reader-shape"),
        (told(200, "{\"results\":[{\"metrics\":\"1\"}]}"), "reader-shape"),
    ] {
        assert_eq!(kind(&read_back(&[answer]).1), word);
    }
}

#[test]
fn days_are_read() {
    let target = target("blog.example", true);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let context = daily::Context {
        target: &target,
        from: date("2026-10-01"),
        to: date("2026-11-21"),
        earlier: date("2026-10-18"),
        recent: date("2026-11-15"),
        zone: &TimeZone::UTC,
    };
    let days = told(
        200,
        "{\"results\":[{\"metrics\":[3,7],\"dimensions\":[\"2026-10-01\"]},{\"metrics\":[1,1],\"dimensions\":[\"2026-10-03\"]}]}",
    );
    let daily::Step::Done(Ok(series)) = daily(&context, &[days, one(), none()]) else { panic!("it was read") };
    assert_eq!(series.days[&date("2026-10-01")], Day { visits: 3, views: Some(7) });
    assert!(series.omits_empty_days && series.days.len() == 2 && series.paths.is_some());
    let daily::Step::Done(Err(finding)) = daily(&context, &[told(402, "{}")]) else { panic!("it was no answer") };
    assert_eq!(kind(&finding), "reader-plan");
}
