//! Holds the conversations against what a real server of 1.6.0 answered.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::liwan::PROVIDER;
use crate::analytics::read_back::tests::{converse, kind, recorded, target};

const RECORDED: &str = include_str!("../../../../tests/fixtures/liwan/1.6.reports.jsonl");

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

fn none() -> Reply {
    told(200, "{\"data\":[]}")
}

fn read_back(canary: &str, answers: &[Reply]) -> (Vec<&'static str>, Finding) {
    converse(PROVIDER.read_back.as_ref().unwrap(), &target("blog", false), Some(canary), answers)
}

#[test]
fn a_hit_is_found_in_the_public_project_of_the_canary() {
    let one = recorded(RECORDED, "dim-filtered").text().replace("/ok", "/__watchpost/0123456789abcdef/");
    let projects = recorded(RECORDED, "projects-anon");
    let answers = [projects.clone(), none(), recorded(RECORDED, "readback-hit"), told(200, &one)];
    let (steps, finding) = read_back("drop", &answers);
    assert_eq!((steps, kind(&finding)), (vec!["ask", "ask", "hit", "wait"], "found"));
    assert_eq!(kind(&read_back("priv", std::slice::from_ref(&projects)).1), "no-public-project");
    assert_eq!(kind(&read_back("blog", &[]).1), "canary-is-the-site");
}

#[test]
fn a_hit_that_is_answered_like_every_hit_and_not_kept_is_lost() {
    // A foreign host, an unknown entity or a full disk: 200 and `OK` all the same.
    let mut answers = vec![recorded(RECORDED, "projects-anon"), none(), recorded(RECORDED, "readback-hit")];
    answers.extend(vec![none(); 4]);
    assert_eq!(kind(&read_back("drop", &answers).1), "lost");
}

#[test]
fn a_reader_of_another_form_is_broken() {
    let projects = recorded(RECORDED, "projects-anon");
    for (answer, word) in [
        (recorded(RECORDED, "dim-filtered-snake"), "reader-shape"),
        (recorded(RECORDED, "dim-anon-unknown"), "reader-moved"),
        (told(200, "{\"rows\":[]}"), "reader-shape"),
    ] {
        assert_eq!(kind(&read_back("drop", &[projects.clone(), answer]).1), word);
    }
}

fn visits(zone: &str, answers: &[Reply]) -> Result<Series, Finding> {
    let target = target("blog", false);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let context = daily::Context {
        target: &target,
        from: date("2026-11-16"),
        to: date("2026-11-21"),
        earlier: date("2026-11-16"),
        recent: date("2026-11-20"),
        zone: &zone,
    };
    match daily(&context, answers) {
        daily::Step::Done(done) => done,
        daily::Step::Ask(request) => panic!("one more question: {request:?}"),
    }
}

#[test]
fn bins_are_midnights_of_the_site_s_time_zone() {
    let projects = recorded(RECORDED, "projects-anon");
    for (zone, id) in [("UTC", "daily-7d"), ("Europe/Berlin", "daily-7d-berlin")] {
        let bins = recorded(RECORDED, id);
        let series = visits(zone, &[projects.clone(), bins.clone(), bins, none(), none()]).unwrap();
        let visitors: Vec<u64> = series.days.values().map(|day| day.visits).collect();
        assert_eq!(visitors, [2, 0, 1, 0, 0, 3], "{zone}");
        assert!(!series.omits_empty_days && series.remarks[0].contains("2 other entities"), "{:?}", series.remarks);
    }
}

#[test]
fn a_clock_change_moves_no_day() {
    // 25 October 2026 has 25 hours in Berlin: its neighbours start at 22:00 and at 23:00 UTC.
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let target = target("blog", false);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let (from, to) = (date("2026-10-24"), date("2026-10-26"));
    let context = daily::Context { target: &target, from, to, earlier: from, recent: to, zone: &zone };
    let data = "{\"data\":[{\"binStart\":\"2026-10-23T22:00:00Z\",\"value\":1.0},{\"binStart\":\"2026-10-24T22:00:00Z\",\"value\":2.0},\
                {\"bin_start\":\"2026-10-25T23:00:00Z\",\"value\":3.0}]}";
    let days = bins(&told(200, data), &context).unwrap();
    assert_eq!(days.into_iter().collect::<Vec<_>>(), [(from, 1), (date("2026-10-25"), 2), (to, 3)]);
    let daily::Step::Ask(request) = daily(&context, &[recorded(RECORDED, "projects-anon")]) else {
        panic!("no question")
    };
    assert!(
        request.body.contains("2026-10-23T22:00:00Z") && request.body.contains("2026-10-26T23:00:00Z"),
        "{}",
        request.body
    );
}

#[test]
fn visitors_that_no_address_tells_apart_are_remarked() {
    let bins = told(200, "{\"data\":[{\"binStart\":\"2026-11-18T00:00:00Z\",\"value\":70.0}]}");
    let series = visits("UTC", &[recorded(RECORDED, "projects-anon"), bins.clone(), bins, none(), none()]).unwrap();
    assert!(series.remarks.iter().any(|remark| remark.starts_with("every page view is a new visitor")));
}
