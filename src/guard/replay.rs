//! Replays what real servers answered, by the state that they were in, and holds the verdicts against what is known of
//! those states: Matomo's here, others' in files of their own.

mod liwan;
mod shynet;
mod umami;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;

use super::dial::{Arrival, Failure, Hop, Line};
use super::{Answers, Ask, RULES, Subject, ask_by};
use crate::analytics::exchange::{Reply, Request, TokenPlace};
use crate::analytics::{self, tests::tags};
use crate::config::{Config, Token, sample};
use crate::verdict::{Outcome, Verdict};

const NEW: &str = include_str!("../../tests/fixtures/matomo/5.2.jsonl");
const OLD: &str = include_str!("../../tests/fixtures/matomo/4.16.1.jsonl");

/// One answer of a state.
#[derive(Clone, Copy)]
enum Play {
    /// The tracker, which is a stub of ours: no vendor's script is in the fixtures.
    Stub,
    /// The exchange of this id, whose request is the one that we send.
    Recorded(&'static str),
    /// The answer of this id's state, to a request that was not recorded in it like this.
    Constructed(&'static str, Option<&'static str>),
}
use Play::{Constructed, Recorded, Stub};

struct Replay {
    exchanges: BTreeMap<String, Value>,
    plays: RefCell<VecDeque<Play>>,
    stub: Reply,
    site: String,
}

impl Replay {
    fn new(config: &Config, recording: &str, plays: &[Play]) -> Self {
        let table = &config.analytics[0];
        let provider = analytics::find(&table.provider).unwrap();
        let target = analytics::target(table, &config.base_url).unwrap();
        let stub = (provider.stand_in.answer)(&Request::get(target.script.clone()), &target);
        let exchanges = recording.lines().map(|line| {
            let exchange: Value = serde_json::from_str(line).unwrap();
            (exchange["id"].as_str().unwrap().to_owned(), exchange)
        });
        let plays = RefCell::new(plays.iter().copied().collect());
        Replay { exchanges: exchanges.collect(), plays, stub, site: table.site.clone() }
    }

    /// Returns a body of JSON without what differs by nature: the site's own host, and which site nobody has.
    fn neutral(&self, mut body: Value) -> Value {
        let payload = body.get_mut("payload").and_then(Value::as_object_mut);
        for (name, value) in payload.into_iter().flatten() {
            match name.as_str() {
                "hostname" => *value = Value::Null,
                "website" if *value != self.site.as_str() => *value = Value::Null,
                _ => {}
            }
        }
        body
    }

    fn exchange(&self, id: &str) -> &Value {
        self.exchanges.get(id).unwrap_or_else(|| panic!("no exchange {id} was recorded"))
    }
}

fn reply(exchange: &Value) -> Reply {
    let response = &exchange["response"];
    let headers = response["headers"].as_object().unwrap();
    let body = match (&response["body"], &response["body_base64"]) {
        (Value::String(body), _) => body.clone().into_bytes(),
        (_, Value::String(text)) => base64(text),
        _ => panic!("{} was recorded without its body", exchange["id"]),
    };
    Reply {
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .collect(),
        body,
        ..Reply::default()
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.chars().filter_map(|digit| DIGITS.find(digit)) {
        bits = (bits << 6) | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

impl Line for Replay {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let request = hop.request;
        let play = self.plays.borrow_mut().pop_front();
        let play = play.unwrap_or_else(|| panic!("one question too many: {} {}", request.method, request.url));
        let came = match play {
            Stub => self.stub.clone(),
            Recorded(id) => {
                let recorded = &self.exchange(id)["request"];
                let path = &request.url[url::Position::BeforePath..];
                assert_eq!(
                    (request.method, path),
                    (recorded["method"].as_str().unwrap(), recorded["path"].as_str().unwrap()),
                    "{id}"
                );
                if recorded["body"].is_object() {
                    let sent = serde_json::from_str(&request.body).unwrap();
                    assert_eq!(self.neutral(sent), self.neutral(recorded["body"].clone()), "{id}");
                    return Ok(Arrival { reply: reply(self.exchange(id)), private: false });
                }
                let body = recorded["body"].as_str().unwrap_or_default();
                match (request.token, hop.token) {
                    (Some(TokenPlace::Form(field)), Some(_)) => assert!(body.starts_with(field), "{id}: {body}"),
                    _ => assert_eq!(request.body, body, "{id}"),
                }
                reply(self.exchange(id))
            }
            Constructed(id, body) => {
                let mut exchange = self.exchange(id).clone();
                if let Some(body) = body {
                    exchange["response"]["body"] = Value::from(body);
                }
                reply(&exchange)
            }
        };
        Ok(Arrival { reply: came, private: false })
    }

    fn wait(&self, _span: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.0
    }
}

fn config(site: &str, more: &str) -> Config {
    config_of("matomo", site, more)
}

fn config_of(provider: &str, site: &str, more: &str) -> Config {
    let table = format!(
        "[[analytics]]\nprovider = \"{provider}\"\nendpoint = \"https://stats.example/\"\nsite = \"{site}\"\n{more}"
    );
    sample(&table)
}

fn with_token(mut config: Config) -> Config {
    config.analytics[0].token = Some(Token("0123456789abcdef0123456789abcdef".to_owned()));
    config
}

/// Asks in a state, demands that every answer of it was used, and judges.
fn judge(config: &Config, recording: &str, plays: &[Play]) -> (Answers, Vec<Verdict>) {
    let replay = Replay::new(config, recording, plays);
    let answers = ask_by(config, &Ask::default(), &replay);
    assert_eq!(replay.plays.borrow().len(), 0, "answers were left over");
    let sightings = analytics::recognise(&tags(&analytics::snippet(&config.analytics[0], None)));
    let subject = Subject {
        analytics: &config.analytics[0],
        base_url: &config.base_url,
        has_lock: false,
        locked: None,
        answer: &answers.tables[0],
        sightings: &sightings,
        policies: &[],
        headers_known: true,
    };
    let verdicts = RULES.iter().flat_map(|rule| (rule.judge)(&subject)).collect();
    (answers, verdicts)
}

fn outcome<'v>(verdicts: &'v [Verdict], code: &str) -> &'v Verdict {
    verdicts.iter().find(|verdict| verdict.code == code).unwrap_or_else(|| panic!("no {code} in {verdicts:#?}"))
}

fn unknown(reason: &str) -> Outcome {
    Outcome::Unknown(reason.to_owned())
}

/// The bodies that servers answer the bulk request of two with, where only one of one was recorded.
const NEITHER: Option<&str> = Some("{\"status\":\"success\",\"tracked\":0,\"invalid\":2}");

#[test]
fn a_known_site_is_known_in_both_versions_and_directly_or_through_a_proxy() {
    let config = with_token(config("1", ""));
    for (recording, version, bulk) in [
        (NEW, Recorded("ver.view.post-split"), Recorded("bulk.form")),
        (NEW, Recorded("ver.view.post-split"), Recorded("proxy.bulk.form")),
        // Recorded as JSON, with another impossible site.
        (OLD, Recorded("ver.view.split"), Constructed("bulk.mixed", None)),
    ] {
        let (answers, verdicts) = judge(&config, recording, &[Stub, version, bulk]);
        for code in ["version/answer", "collect/site", "collect/control", "collect/origin"] {
            assert_eq!(outcome(&verdicts, code).outcome, Outcome::Ok, "{code}");
        }
        assert_eq!(answers.requests, 3);
    }
}

#[test]
fn an_unknown_site_is_drift() {
    let unknown = with_token(config("9999998", ""));
    let cases = [
        (NEW, Recorded("ver.view.post-split"), Recorded("proxy.bulk.form.unknown")),
        (NEW, Recorded("ver.view.post-split"), Constructed("bulk.probe.unknown", NEITHER)),
        (OLD, Recorded("ver.view.split"), Constructed("bulk.unknown", NEITHER)),
    ];
    for (recording, version, bulk) in cases {
        let (_, verdicts) = judge(&unknown, recording, &[Stub, version, bulk]);
        let verdict = outcome(&verdicts, "collect/site");
        assert_eq!(verdict.outcome, Outcome::Drift);
        assert!(verdict.found.as_deref().unwrap().starts_with("unknown-site"), "{verdict:?}");
    }
    let (_, verdicts) = judge(&config("1", ""), NEW, &[Stub, Recorded("proxy.badtoken.bulk.form")]);
    assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Drift);
}

#[test]
fn recording_that_is_switched_off_is_drift_though_the_server_is_well() {
    let config = config("1", "");
    for (recording, bulk) in [(NEW, Constructed("bulk.off.known", None)), (OLD, Constructed("bulk.off", None))] {
        let (_, verdicts) = judge(&config, recording, &[Stub, bulk]);
        let verdict = outcome(&verdicts, "collect/site");
        assert_eq!(verdict.outcome, Outcome::Drift);
        assert!(verdict.found.as_deref().unwrap().starts_with("recording-off"), "{verdict:?}");
    }
    // A proxy that lets no bulk request through: the plain one says the same, and its 503 is not asked again.
    for (recording, single) in [(NEW, Recorded("probe.off.known.img")), (OLD, Recorded("probe.off.known"))] {
        let refused = Constructed(if recording == NEW { "probe.unknown.img" } else { "probe.unknown" }, None);
        let (answers, verdicts) = judge(&config, recording, &[Stub, refused, single]);
        assert!(outcome(&verdicts, "collect/site").found.as_deref().unwrap().starts_with("recording-off"));
        assert_eq!(answers.requests, 3);
    }
}

#[test]
fn a_database_that_is_down_is_unknown_whether_the_cache_is_warm_or_cold() {
    let config = with_token(config("1", ""));
    let states: [(&str, [Play; 5]); 4] = [
        (
            NEW,
            [
                Stub,
                Recorded("ui.dbdown.api"),
                Constructed("bulk.dbdown.warm.known", None),
                Recorded("bulk.dbdown.warm.probe"),
                Recorded("ui.dbdown.api.anon"),
            ],
        ),
        (
            NEW,
            [
                Stub,
                Recorded("ui.dbdown.api"),
                Constructed("bulk.dbdown.probe", None),
                Recorded("probe.dbdown.cold.known.img"),
                Recorded("ui.dbdown.api.anon"),
            ],
        ),
        (
            OLD,
            [
                Stub,
                Recorded("ui.dbdown.api"),
                Constructed("bulk.dbdown.warm", None),
                Recorded("probe.dbdown.warm"),
                Constructed("ui.dbdown.api", None),
            ],
        ),
        (
            OLD,
            [
                Stub,
                Recorded("ui.dbdown.api"),
                Constructed("bulk.dbdown.warm", None),
                Recorded("probe.dbdown.cold"),
                Constructed("ui.dbdown.api", None),
            ],
        ),
    ];
    for (recording, plays) in states {
        let (answers, verdicts) = judge(&config, recording, &plays);
        assert_eq!(outcome(&verdicts, "collect/site").outcome, unknown("database-down"));
        assert_eq!(outcome(&verdicts, "version/answer").outcome, unknown("database-down"));
        assert_eq!(answers.requests, 5, "what the provider classifies is not asked again");
        assert!(!verdicts.iter().any(|verdict| verdict.outcome == Outcome::Drift));
    }
}

#[test]
fn a_matomo_that_is_not_installed_is_drift_though_it_answers_200() {
    let (_, verdicts) = judge(&config("1", ""), NEW, &[Stub, Constructed("bulk.noinst", None)]);
    let verdict = outcome(&verdicts, "collect/site");
    assert_eq!(verdict.outcome, Outcome::Drift);
    assert!(verdict.found.as_deref().unwrap().starts_with("not-installed"));
}

#[test]
fn a_proxy_whose_server_is_down_is_drift_though_everything_answers_200() {
    // Through the tracker-proxy, the script is what the counting address says to a request without parameters.
    let config = config("1", "script = \"https://stats.example/matomo.php\"\n");
    let (_, verdicts) = judge(&config, NEW, &[Recorded("proxy.updown.js"), Recorded("proxy.updown.bulk.form")]);
    let tracker = outcome(&verdicts, "tracker/javascript");
    assert_eq!(tracker.outcome, Outcome::Drift);
    assert!(tracker.message.contains("the tracker-proxy answers, and the Matomo server behind it does not"));
    assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Drift);
    assert!(!verdicts.iter().any(|verdict| verdict.code == "contract/commands"), "there is no tracker to judge");
}

#[test]
fn a_bad_token_is_sent_once_and_then_not_for_an_hour() {
    let config = with_token(config("1", ""));
    let bulk = [Recorded("bulk.form"), Constructed("bulk.mixed", None)];
    for (recording, version, bulk) in
        [(NEW, Recorded("ver.bad.post-split"), bulk[0]), (OLD, Recorded("ver.bad.split"), bulk[1])]
    {
        let (answers, verdicts) = judge(&config, recording, &[Stub, version, bulk]);
        assert_eq!(outcome(&verdicts, "version/answer").outcome, unknown("token-refused"));
        assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Ok);
        assert_eq!((answers.requests, answers.refused_tokens.len()), (3, 1));
        let ask = Ask { refused_tokens: answers.refused_tokens.clone(), ..Ask::default() };
        let replay = Replay::new(&config, recording, &[Stub, bulk]);
        let again = ask_by(&config, &ask, &replay);
        assert_eq!(again.requests, 2, "the token was sent again");
        assert_eq!(again.tables[0].version, super::Heard::Unasked(super::Unasked::TokenRefusedBefore));
    }
    let (_, verdicts) = judge(&config, NEW, &[Stub, Recorded("bf.good"), Recorded("bulk.form")]);
    assert_eq!(outcome(&verdicts, "version/answer").outcome, unknown("locked-out"));
}

#[test]
fn a_pending_upgrade_leaves_the_version_unknown_and_the_site_counted() {
    let config = with_token(config("1", ""));
    let bulk = Constructed("upd.bulk", Some("{\"status\":\"success\",\"tracked\":1,\"invalid\":1}"));
    let (answers, verdicts) = judge(&config, NEW, &[Stub, Recorded("upd.api"), bulk]);
    assert_eq!(outcome(&verdicts, "version/answer").outcome, unknown("upgrade-pending"));
    assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Ok);
    assert_eq!(answers.requests, 3, "what the provider classifies is not asked again");
}

#[test]
fn a_server_that_wants_a_token_for_bulk_requests_is_asked_plainly() {
    let plays = [Stub, Recorded("bulk.requireauth"), Recorded("bulk.requireauth.get"), Recorded("bf.anon")];
    let (_, verdicts) = judge(&config("1", ""), NEW, &plays);
    assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Ok);
    assert_eq!(outcome(&verdicts, "collect/control").outcome, Outcome::Note);
}

#[test]
fn a_refused_site_is_believed_only_where_the_database_stands() {
    let config = config("1", "");
    let refused = [
        (
            NEW,
            [Stub, Constructed("probe.unknown.img", None), Constructed("probe.unknown.img", None), Recorded("bf.anon")],
        ),
        (
            OLD,
            [
                Stub,
                Constructed("probe.unknown", None),
                Constructed("probe.unknown", None),
                Constructed("ver.anon", None),
            ],
        ),
    ];
    for (recording, plays) in refused {
        let (_, verdicts) = judge(&config, recording, &plays);
        assert_eq!(outcome(&verdicts, "collect/site").outcome, Outcome::Drift);
    }
}

#[test]
fn the_bytes_that_a_release_had_tell_its_version_without_a_token() {
    let provider = analytics::find("matomo").unwrap();
    for (recording, version) in [(NEW, "5.2.0-b5"), (OLD, "4.16.1")] {
        let replay = Replay::new(&config("1", ""), recording, &[]);
        let recorded = replay.exchange("trk.matomo-js")["response"]["sha256"].as_str().unwrap().to_owned();
        assert!(provider.tracker.released.contains(&(version, recorded.as_str())));
    }
}

#[test]
fn no_question_of_ours_is_one_that_a_server_records_or_mistakes() {
    let config = with_token(config("1", ""));
    let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
    let provider = analytics::find("matomo").unwrap();
    let mut heard = Vec::new();
    let mut asked = BTreeSet::new();
    while let analytics::exchange::Step::Ask(request) = (provider.probe.next)(&target, &heard) {
        let words = format!("{} {} {}", request.method, request.url, request.body);
        assert!(!words.contains("send_image") && !words.contains("rec=1"), "{words}");
        assert!(words.contains("rec=0") || words.contains("API.getMatomoVersion"), "{words}");
        assert!(asked.insert(words), "the same question twice");
        heard.push(Reply { status: 400, ..Reply::default() });
    }
    assert_eq!(asked.len(), 3);
}
