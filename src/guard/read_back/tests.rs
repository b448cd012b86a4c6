//! Plays servers that lose, refuse, hide or spoil the marked hit, and holds the verdicts against it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::analytics::exchange::Request;
use crate::config::{Token, sample};
use crate::guard::dial::{Arrival, Hop};

type Answer = dyn Fn(&Request, usize) -> Result<Reply, Failure>;

/// A GoatCounter of two sites: what it was asked, and after how many looks a hit is in its statistics.
#[derive(Clone)]
struct Played {
    asked: Rc<RefCell<Vec<Request>>>,
    waited: Rc<RefCell<Duration>>,
    answer: Rc<Answer>,
}

impl Line for Played {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let looks = self.asked.borrow().iter().filter(|request| request.url.path().contains("/api/")).count();
        self.asked.borrow_mut().push(hop.request.clone());
        Ok(Arrival { reply: (self.answer)(hop.request, looks)?, private: false })
    }

    fn wait(&self, span: Duration) {
        *self.waited.borrow_mut() += span;
    }

    fn elapsed(&self) -> Duration {
        *self.waited.borrow()
    }

    fn chance(&self) -> f64 {
        0.0
    }
}

const NONCE: &str = "fedcba9876543210";

fn told(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

/// Answers as a good server does, the hit being found from a look on.
fn good(request: &Request, looks: usize, from: usize) -> Reply {
    let found = format!("{{\"hits\":[{{\"path\":\"/__watchpost/{NONCE}\",\"count\":1}}]}}");
    match (request.url.path(), request.host) {
        ("/count", Some(_)) => told(400, "no site at this domain"),
        ("/count", None) => Reply { body: b"GIF89a".to_vec(), ..told(200, "") },
        _ if request.url.host_str() == Some("canary.example") && looks >= from => told(200, &found),
        _ => told(200, "{\"hits\":[]}"),
    }
}

fn config(more: &str) -> Config {
    let table = "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"blog\"\n";
    let mut config = sample(&format!("{table}{more}"));
    config.analytics[0].token = Some(Token("0123456789abcdef".to_owned()));
    config
}

const CANARY: &str = "canary_site = \"canary.example\"\n";

struct Told {
    verdicts: Vec<Verdict>,
    read: ReadBacks,
    asked: Vec<Request>,
    waited: Duration,
}

fn run(config: &Config, ask: &Ask, answer: impl Fn(&Request, usize) -> Result<Reply, Failure> + 'static) -> Told {
    let played = Played { asked: Rc::default(), waited: Rc::default(), answer: Rc::new(answer) };
    let read = ask_by(config, ask, NONCE, &mut || Box::new(played.clone()));
    let target = analytics::target(&config.analytics[0], &config.base_url);
    let verdicts = judge(&config.analytics[0], &read.tables[0], target.as_ref());
    let (asked, waited) = (played.asked.borrow().clone(), *played.waited.borrow());
    Told { verdicts, read, asked, waited }
}

fn outcomes(told: &Told) -> Vec<(&'static str, Outcome)> {
    told.verdicts.iter().map(|verdict| (verdict.code, verdict.outcome.clone())).collect()
}

fn hits(told: &Told) -> Vec<&Request> {
    told.asked.iter().filter(|request| request.url.path() == "/count" && request.host.is_none()).collect()
}

#[test]
fn a_stored_hit_is_found_and_the_report_says_what_was_recorded_and_where() {
    let told = run(&config(CANARY), &Ask::default(), |request, looks| Ok(good(request, looks, 2)));
    assert_eq!(outcomes(&told), [(STORED, Outcome::Ok), (READER, Outcome::Ok)]);
    let message = &told.verdicts[0].message;
    assert!(message.contains(NONCE) && message.contains("the canary site `canary.example`"), "{message}");
    let hits = hits(&told);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].url.host_str(), Some("canary.example"), "never on the real site");
    assert!(told.waited < Duration::from_secs(20) && told.read.requests <= REQUESTS);
}

#[test]
fn a_hit_that_is_taken_and_lost_is_drift() {
    // Zoo rows 12 and 34: accepted politely, and never processed.
    let told = run(&config(CANARY), &Ask::default(), |request, looks| Ok(good(request, looks, 99)));
    assert_eq!(outcomes(&told), [(READER, Outcome::Ok), (STORED, Outcome::Drift)]);
    assert_eq!(hits(&told).len(), 1);
}

#[test]
fn a_broken_reader_is_unknown_and_records_nothing() {
    // Zoo row 47: the token, the plan, the address and the form of the answer, one after the other.
    for (answer, reason) in [
        (told(401, "{\"error\":\"unknown token\"}"), TOKEN_REFUSED),
        (told(402, "{}"), "reader-plan"),
        (told(403, "{}"), "reader-forbidden"),
        (told(404, "{}"), "reader-moved"),
        (told(200, "{\"pages\":[]}"), "reader-shape"),
        (told(200, "<!doctype html><title>Sign in</title>"), "reader-shape"),
    ] {
        let told = run(&config(CANARY), &Ask::default(), move |request, looks| match request.url.path() {
            "/count" => Ok(good(request, looks, 0)),
            _ => Ok(answer.clone()),
        });
        assert_eq!(outcomes(&told), [(READER, unknown(reason))]);
        assert!(hits(&told).is_empty() && told.verdicts[0].message.contains("no hit was sent"));
        assert_eq!(told.read.refused_tokens.len(), usize::from(reason == TOKEN_REFUSED));
    }
    let told = run(&config(CANARY), &Ask::default(), |request, looks| match request.url.path() {
        "/count" => Ok(good(request, looks, 0)),
        _ => Err(Failure::Timeout),
    });
    assert_eq!(outcomes(&told), [(READER, unknown("reader-timeout"))]);
}

#[test]
fn a_refused_token_is_not_sent_again() {
    let config = config(CANARY);
    let digest = token_digest(&config.analytics[0].endpoint, config.analytics[0].token.as_ref().unwrap());
    let ask = Ask { refused_tokens: BTreeSet::from([digest]), ..Ask::default() };
    let told = run(&config, &ask, |_, _| panic!("nothing may be asked"));
    assert_eq!(outcomes(&told), [(READER, unknown(TOKEN_REFUSED))]);
}

#[test]
fn the_hit_is_sent_once_whatever_comes_of_it() {
    let cases: [(Result<Reply, Failure>, Outcome); 6] = [
        (Err(Failure::Timeout), unknown("timeout")),
        (Err(Failure::Unreachable("reset".to_owned())), unknown("unreachable")),
        (Err(Failure::Certificate("expired".to_owned())), Outcome::Drift),
        (Ok(told(503, "")), unknown("server-down")),
        (Ok(told(429, "")), unknown("rate-limited")),
        (
            Ok(Reply {
                headers: BTreeMap::from([("location".to_owned(), "https://elsewhere.example/count".to_owned())]),
                ..told(307, "")
            }),
            Outcome::Drift,
        ),
    ];
    for (answer, outcome) in cases {
        let told = run(&config(CANARY), &Ask::default(), move |request, looks| {
            match request.url.path() == "/count" && request.host.is_none() {
                true => answer.clone(),
                false => Ok(good(request, looks, 0).clone()).map(|reply| match request.url.path() {
                    "/count" => reply,
                    _ => super::tests::told(200, "{\"hits\":[]}"),
                }),
            }
        });
        assert_eq!(hits(&told).len(), 1, "{outcome:?}");
        let stored = told.verdicts.iter().find(|verdict| verdict.code == STORED).unwrap();
        assert_eq!(stored.outcome, outcome);
    }
}

#[test]
fn what_is_not_set_up_is_unknown_and_says_what_to_set_up() {
    let told = run(&config(""), &Ask::default(), |_, _| panic!("nothing may be asked"));
    assert_eq!(outcomes(&told), [(STORED, unknown("no-canary"))]);
    assert!(told.verdicts[0].fix.as_deref().unwrap().contains("canary_site"));
    let offline = run(&config(CANARY), &Ask { offline: true, ..Ask::default() }, |_, _| panic!("nothing may be asked"));
    assert_eq!(outcomes(&offline), [(STORED, unknown("offline"))]);
}

#[test]
fn no_token_is_in_anything_that_is_said() {
    let told = run(&config(CANARY), &Ask::default(), |request, looks| Ok(good(request, looks, 2)));
    let words = format!("{:?} {:?} {:?}", told.verdicts, told.read, told.asked);
    assert!(!words.contains("0123456789abcdef"));
}

#[test]
fn a_token_that_was_refused_for_one_table_is_not_sent_for_the_next() {
    // A Matomo server locks everybody out at the 21st bad login.
    let mut config = config(CANARY);
    config.analytics = vec![config.analytics[0].clone(); 10];
    let told = run(&config, &Ask::default(), |request, looks| match request.url.path() {
        "/count" => Ok(good(request, looks, 0)),
        _ => Ok(super::tests::told(401, "{}")),
    });
    assert_eq!(told.asked.iter().filter(|request| request.token.is_some()).count(), 1);
    assert!(told.read.tables[1..].iter().all(|read| matches!(read, Read::Unasked(Unasked::TokenRefusedBefore))));
}

#[test]
fn a_hit_that_is_sent_on_within_its_host_is_unknown_and_not_followed() {
    for status in [301, 308] {
        let told = run(&config(CANARY), &Ask::default(), move |request, looks| {
            Ok(match request.url.path() == "/count" && request.host.is_none() {
                true => Reply {
                    headers: BTreeMap::from([("location".to_owned(), "/count/?a=b".to_owned())]),
                    ..super::tests::told(status, "")
                },
                false => good(request, looks, 99),
            })
        });
        assert_eq!(outcomes(&told), [(READER, Outcome::Ok), (STORED, unknown("redirect"))]);
        let message = &told.verdicts[1].message;
        assert!(message.contains("/count/`") && message.contains("was sent once"), "{message}");
        assert_eq!(hits(&told).len(), 1);
    }
}

#[test]
fn a_provider_without_a_reader_is_unknown_where_a_read_back_was_asked_for() {
    let config = sample("[[analytics]]\nprovider = \"shynet\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n");
    assert!(analytics::find("shynet").unwrap().read_back.is_none());
    let told = run(&config, &Ask::default(), |_, _| panic!("nothing may be asked"));
    assert_eq!(outcomes(&told), [(STORED, unknown("never-told"))]);
    assert!(!told.verdicts[0].message.contains("no interface"), "{}", told.verdicts[0].message);
}

#[test]
fn an_answer_to_the_hit_gives_no_token_away() {
    let told = run(&config(CANARY), &Ask::default(), |request, looks| {
        Ok(match request.url.path() == "/count" && request.host.is_none() {
            true => super::tests::told(418, "you are 0123456789abcdef"),
            false => good(request, looks, 99),
        })
    });
    assert_eq!(hits(&told).len(), 1);
    let words = format!("{:?} {:?}", told.verdicts, told.read);
    assert!(words.contains("[token]") && !words.contains("0123456789abcdef"), "{words}");
}
