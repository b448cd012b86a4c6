//! Holds the conversations against what real servers answered; what was not recorded in a state is constructed.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::matomo::PROVIDER;
use crate::analytics::read_back::tests::{converse, kind, recorded, target};

const NEW: &str = include_str!("../../../../tests/fixtures/matomo/5.2.reports.jsonl");
const OLD: &str = include_str!("../../../../tests/fixtures/matomo/4.16.1.reports.jsonl");

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

fn read_back(canary: Option<&str>, answers: &[Reply]) -> (Vec<&'static str>, Finding) {
    converse(PROVIDER.read_back.as_ref().unwrap(), &target("1", true), canary, answers)
}

#[test]
fn the_nonce_of_the_installation_check_is_found_and_nothing_is_recorded() {
    let answers = ["jsc.init.url", "jsc.was.pending", "jsc.hit.post", "jsc.was.ok2"].map(|id| recorded(NEW, id));
    let (steps, finding) = read_back(None, &answers);
    assert_eq!(steps, ["ask", "ask", "hit", "wait"]);
    assert!(matches!(finding, Finding::Found { recorded: None, .. }), "{finding:?}");
}

#[test]
fn a_hit_that_marks_no_nonce_is_lost() {
    let late = recorded(NEW, "jsc.late.was");
    let before = ["jsc.init.url", "jsc.was.pending", "jsc.hit.post"].map(|id| recorded(NEW, id));
    let answers: Vec<Reply> = before.into_iter().chain(vec![late; NONCE_PATIENCE.len()]).collect();
    assert_eq!(kind(&read_back(None, &answers).1), "lost");
    assert!(NONCE_PATIENCE.iter().sum::<u64>() < 25_000, "the nonce lives for 30 s");
}

#[test]
fn a_nonce_that_is_marked_before_the_hit_is_a_reader_that_cannot_be_believed() {
    let answers = ["jsc.init.same", "jsc.was.pre"].map(|id| recorded(NEW, id));
    assert_eq!(
        read_back(None, &answers),
        (vec!["ask", "ask"], odd(&answers[1], "that nobody has marked a nonce which was just made"))
    );
}

#[test]
fn a_reader_that_refuses_is_no_lost_hit_and_nothing_is_sent() {
    for (answer, word) in [
        (recorded(NEW, "jsc.anon"), TOKEN_REFUSED),
        (recorded(NEW, "jsc.badsite"), TOKEN_REFUSED),
        (recorded(NEW, "ver.bad.post-split"), TOKEN_REFUSED),
        (recorded(OLD, "ver.bad.split"), TOKEN_REFUSED),
        (recorded(NEW, "jsc.badurl"), "reader-shape"),
        (recorded(NEW, "ui.dbdown.api"), "reader-down"),
        (recorded(NEW, "upd.api"), "reader-down"),
        (recorded(NEW, "bf.good"), "reader-down"),
        (told(200, "<html>"), "reader-shape"),
    ] {
        let (steps, finding) = read_back(Some("7"), &[answer]);
        assert_eq!((steps, kind(&finding)), (vec!["ask"], word));
    }
    let target = target("1", false);
    let (steps, finding) = converse(PROVIDER.read_back.as_ref().unwrap(), &target, Some("7"), &[]);
    assert_eq!((steps.len(), kind(&finding)), (0, "no-token"));
}

#[test]
fn a_server_without_the_check_wants_a_canary_and_finds_the_hit_in_the_log_of_visits() {
    let missing = recorded(OLD, "jsc.init");
    assert_eq!(kind(&read_back(None, std::slice::from_ref(&missing)).1), "no-canary");
    assert_eq!(kind(&read_back(Some("1"), std::slice::from_ref(&missing)).1), "canary-is-the-site");
    // Constructed: a list without a visit, and one with the visit.
    let (none, one) = (told(200, "[]"), told(200, "[{\"idVisit\":12,\"idSite\":7}]"));
    let gif = Reply { body: crate::analytics::goatcounter::GIF.to_vec(), ..told(200, "") };
    let (steps, finding) = read_back(Some("7"), &[missing.clone(), none.clone(), gif.clone(), none.clone(), one]);
    assert_eq!(steps, ["ask", "ask", "hit", "wait", "wait"]);
    let Finding::Found { recorded: Some(recorded), .. } = &finding else { panic!("{finding:?}") };
    assert!(recorded.contains("/__watchpost/0123456789abcdef/") && recorded.contains("`7`"), "{recorded}");
    let mut answers = vec![missing, none.clone(), gif];
    answers.extend(vec![none; PATIENCE.len()]);
    assert_eq!(kind(&read_back(Some("7"), &answers).1), "lost", "a queue that nobody works off");
}

#[test]
fn a_hit_that_is_refused_is_no_lost_hit() {
    let gif = |status| Reply { body: crate::analytics::goatcounter::GIF.to_vec(), ..told(status, "") };
    for (answer, word) in [
        (gif(400), "refused"),
        (gif(503), "refused"),
        (told(200, "As Matomo is not installed yet, the Tracking API is not available."), "refused"),
        (told(403, "Forbidden"), "refused"),
        (told(500, ""), "server-down"),
        (told(429, ""), "rate-limited"),
    ] {
        let answers = [recorded(NEW, "jsc.init.url"), recorded(NEW, "jsc.was.pending"), answer];
        assert_eq!(kind(&read_back(None, &answers).1), word);
    }
}

fn visits(answers: &[Reply]) -> Result<Series, Finding> {
    let target = target("1", true);
    let date = |text: &str| text.parse::<Date>().unwrap();
    let context = daily::Context {
        target: &target,
        from: date("2026-11-10"),
        to: date("2026-11-21"),
        earlier: date("2026-11-10"),
        recent: date("2026-11-15"),
        zone: &TimeZone::UTC,
    };
    let mut heard = Vec::new();
    loop {
        match daily(&context, &heard) {
            daily::Step::Ask(request) => {
                assert!(request.url.query().unwrap().starts_with("module=API") && request.token.is_some());
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
fn days_are_read_with_and_without_visits() {
    let pages = recorded(NEW, "rep.pages");
    let series = visits(&[recorded(NEW, "rep.prev30"), pages.clone(), pages]).unwrap();
    let day = |text: &str| series.days[&text.parse::<Date>().unwrap()];
    assert_eq!(series.days.len(), 12, "only the days that were asked for");
    assert_eq!((day("2026-11-12").visits, day("2026-11-13").visits, day("2026-11-21").visits), (2, 0, 3));
    assert_eq!((day("2026-11-21").views, day("2026-11-13").views), (Some(3), Some(0)));
    let (earlier, _) = series.paths.unwrap();
    assert_eq!(earlier, Paths::from([("/back/1".to_owned(), 3)]));
}

#[test]
fn reports_that_nobody_makes_are_a_broken_reader_and_no_drop() {
    let summary = "{\"2026-11-19\":{\"nb_visits\":9,\"nb_actions\":9},\"2026-11-20\":[],\"2026-11-21\":[]}";
    let pages = recorded(NEW, "rep.pages");
    let with = |live: &str| visits(&[told(200, summary), pages.clone(), pages.clone(), recorded(NEW, live)]);
    assert_eq!(kind(&with("arch.off.live").unwrap_err()), "reader-stale");
    assert_eq!(with("live.counters.1").unwrap().days.len(), 3, "nobody came, and the log says so, too");
    assert!(with("live.counters.anon").is_ok(), "a cross-check that fails says nothing");
}

#[test]
fn an_answer_of_another_form_is_a_broken_reader() {
    for (answer, word) in [
        (recorded(NEW, "rep.baddate"), "reader-shape"),
        (recorded(NEW, "rep.prev7.show"), "reader-shape"),
        (told(200, "{\"value\":4}"), "reader-shape"),
        (told(401, "{\"result\":\"error\",\"message\":\"no view access\"}"), TOKEN_REFUSED),
        (told(503, "{}"), "reader-down"),
    ] {
        assert_eq!(kind(&visits(&[answer]).unwrap_err()), word);
    }
    assert_eq!(visits(&[recorded(OLD, "rep.last7"), told(500, ""), told(500, "")]).unwrap().paths, None);
}
