//! Holds the rules against what was decided of pairs, policies, endpoints and levels.

use super::*;

#[test]
fn version_and_bytes_are_a_pair() {
    let changed = |reply: &mut Reply| reply.body.extend_from_slice(b"\n// newer\n");
    let accept = |analytics: &mut Analytics| analytics.accept = Some(">=2.5, <3".parse().unwrap());
    // The server is upgraded: version and bytes are named, each as found and as locked.
    let upgraded = Case::of("goatcounter").version("v2.9.0").change_tracker(changed);
    assert_eq!(upgraded.drifts(), ["tracker/bytes", "version/accepted"]);
    let version = upgraded.says("version/accepted");
    assert_eq!((version.expected.as_deref(), version.found.as_deref()), (Some("2.7.0"), Some("2.9.0")));
    let bytes = upgraded.says("tracker/bytes");
    assert!(bytes.expected.as_deref().unwrap().starts_with("2.7.0 with sha256 "), "{bytes:?}");
    assert!(bytes.found.as_deref().unwrap().starts_with("2.9.0 with sha256 "), "{bytes:?}");
    assert!(bytes.fix.as_deref().unwrap().contains("blog lock --accept"));
    // `accept` alone lets the version pass, and not the bytes.
    let accepted = upgraded.configured(accept);
    assert_eq!(accepted.drifts(), ["tracker/bytes"]);
    // Taken over, both pass; other bytes of the same version afterwards do not.
    let lock = super::super::accept(
        accepted.lock.as_ref(),
        lock_of(&accepted.config, &accepted.answers()).unwrap(),
        &accepted.config,
    );
    assert_eq!(lock.analytics[0].tracker.released.len(), 2);
    let taken = Case { lock: Some(lock), ..accepted };
    assert_eq!(taken.drifts(), <[&str; 0]>::default());
    let again = taken.change_tracker(|reply| reply.body.extend_from_slice(b"// again\n"));
    assert_eq!(again.drifts(), ["tracker/bytes"]);
    assert!(again.says("tracker/bytes").message.contains("the server's version did not"));
    // Without a version, changed bytes are drift, and unchanged ones hold.
    let mut silent = Case::of("matomo");
    silent.answer.version = Heard::Unasked(Unasked::NoToken);
    assert_eq!(silent.says("tracker/bytes").outcome, Outcome::Ok);
    assert_eq!(silent.change_tracker(changed).says("tracker/bytes").outcome, Outcome::Drift);
    // The first sight is compared with nothing, and says so.
    assert_eq!(Case::of("goatcounter").unlocked().says("tracker/bytes").outcome, Outcome::Note);
}

#[test]
fn a_frozen_file_keeps_its_bytes_even_before_anything_is_locked() {
    let case = Case::of("goatcounter").unlocked().configured(|analytics| {
        analytics.script = Some(Url::parse("https://gc.zgo.at/count.v5.js").unwrap());
    });
    let case = case.change_tracker(|reply| reply.url = "https://gc.zgo.at/count.v5.js".to_owned());
    assert_eq!(case.says("tracker/bytes").outcome, Outcome::Drift);
}

#[test]
fn a_policy_has_to_let_each_part_pass_with_the_right_directive() {
    use csp::Delivery::{Header, Meta};
    let goatcounter = |text: &str| Case::of("goatcounter").policy(Header, text).judged();
    let drift = |verdicts: Vec<Verdict>| -> Vec<String> {
        verdicts
            .into_iter()
            .filter(|verdict| verdict.code == "contract/policy" && verdict.outcome == Outcome::Drift)
            .filter_map(|verdict| verdict.expected)
            .collect()
    };
    assert_eq!(
        drift(goatcounter("script-src https://stats.example; connect-src https://stats.example")),
        <[String; 0]>::default()
    );
    assert_eq!(
        drift(goatcounter("script-src https://stats.example; connect-src 'self'; img-src *")),
        ["connect-src https://stats.example/count"]
    );
    assert_eq!(
        drift(goatcounter("default-src 'self'")),
        ["script-src https://stats.example/count.js", "connect-src https://stats.example/count"]
    );
    // Matomo's snippet is inline, and brings its tracker itself.
    let matomo = |text: &str| drift(Case::of("matomo").policy(Meta, text).judged());
    let hash = csp::hash_source(&tags(&Case::of("matomo").html)[0].body);
    assert_eq!(matomo(&format!("script-src {hash} https://stats.example; connect-src *")), <[String; 0]>::default());
    assert_eq!(matomo("script-src https://stats.example; connect-src *"), [format!("script-src {hash}")]);
    assert_eq!(matomo(&format!("script-src {hash}; connect-src *")), ["script-src https://stats.example/matomo.js"]);
    // A tracker of old sends images, and one that may do both cannot be judged by its tokens.
    let image = TRACKER_OF_2010;
    assert_eq!(
        drift(Case::of("matomo").tracker(image).policy(Meta, "img-src 'self'").judged()),
        ["img-src https://stats.example/matomo.php"]
    );
    let both = format!("{image};navigator.sendBeacon");
    let unsure = Case::of("matomo").tracker(&both).policy(Meta, "img-src 'self'");
    assert_eq!(unsure.says("contract/policy").outcome, unknown("L7"));
    // Offline, the lock remembers how hits are sent.
    let mut offline = Case::of("goatcounter").policy(Header, "connect-src 'self'");
    offline.answer.tracker = Heard::Unasked(Unasked::Offline);
    assert_eq!(offline.says("contract/policy").outcome, Outcome::Drift);
    // Headers that nobody knows yet are not called absent.
    let unsaid = Case { headers_known: false, ..Case::of("goatcounter") };
    assert!(!unsaid.judged().iter().any(|verdict| verdict.code == "contract/policy"));
}

#[test]
fn a_server_on_this_machine_needs_no_encryption_and_any_other_does() {
    let at = |endpoint: &str| {
        let case = Case::of("goatcounter").configured(|analytics| {
            analytics.endpoint = crate::config::Endpoint::Server(Url::parse(endpoint).unwrap())
        });
        let html = analytics::snippet(&case.config.analytics[0], None);
        case.html(&html).says("contract/scheme").outcome
    };
    assert_eq!(at("http://127.0.0.1:8081/"), Outcome::Ok);
    assert_eq!(at("http://localhost:8081/"), Outcome::Ok);
    assert_eq!(at("http://stats.example/"), Outcome::Drift);
    assert_eq!(at("http://192.168.1.5/"), Outcome::Drift);
}

#[test]
fn the_collect_endpoint_is_judged_by_its_provider_first_and_by_its_status_then() {
    let status = |status: u16| {
        let reply = Reply { status, body: b"<html>".into(), ..Reply::default() };
        Case::of("goatcounter").probed(Probed::Found(Finding::Unclassified, vec![reply])).says("collect/site").outcome
    };
    assert_eq!(status(404), Outcome::Drift);
    assert_eq!(status(403), Outcome::Drift);
    assert_eq!(status(429), unknown("rate-limited"));
    assert_eq!(status(503), unknown("status-503"));
    assert_eq!(status(418), unknown("status-418"));
    let trouble = Finding::Trouble { kind: "database-down", meaning: "down".to_owned() };
    assert_eq!(
        Case::of("matomo").probed(Probed::Found(trouble, Vec::new())).says("collect/site").outcome,
        unknown("database-down")
    );
    assert_eq!(
        Case::of("matomo").probed(Probed::Failed(Failure::Refused, Vec::new())).says("collect/site").outcome,
        unknown("refused")
    );
}

#[test]
fn goatcounter_s_own_answers_mean_what_its_handler_means() {
    use analytics::exchange::Step;
    let case = Case::of("goatcounter");
    let target = case.answer.target.clone().unwrap();
    let next = case.config.analytics[0].clone();
    let probe = &analytics::find(&next.provider).unwrap().probe;
    let reply = |status: u16, said: &str, body: &str| {
        let headers = BTreeMap::from([("x-goatcounter".to_owned(), said.to_owned())]);
        Reply { status, headers, body: body.into(), ..Reply::default() }
    };
    let Step::Ask(first) = (probe.next)(&target, &[]) else { panic!("it asks nothing") };
    assert_eq!(first.url.as_str(), "https://stats.example/count?p=%2F__verify&b=1");
    let refused = reply(400, "wrong value: b=1", "GIF89a");
    let Step::Ask(control) = (probe.next)(&target, std::slice::from_ref(&refused)) else { panic!("it has no control") };
    assert_eq!((control.host.is_some(), control.url), (true, first.url));
    let done = |replies: &[Reply]| match (probe.next)(&target, replies) {
        Step::Done(finding) => finding,
        Step::Ask(request) => panic!("it goes on asking: {request:?}"),
    };
    let no_site = reply(400, "", "{\"error\":\"no site at this domain\"}");
    let told = Control::Told("400 no site at this domain".to_owned());
    assert!(matches!(done(&[refused.clone(), no_site.clone()]), Finding::Known { control, .. } if control == told));
    assert!(matches!(
        done(&[refused.clone(), refused.clone()]),
        Finding::Known { control: Control::Indistinguishable, .. }
    ));
    assert!(matches!(done(&[refused.clone(), reply(404, "", "")]), Finding::Known { control: Control::Told(_), .. }));
    let ignored = reply(202, "ignored because \"127.0.0.1\" is in the IP ignore list", "GIF89a");
    assert!(matches!(done(&[ignored.clone(), ignored]), Finding::Known { remark: Some(_), .. }));
    assert!(matches!(done(&[no_site]), Finding::Broken { kind: "unknown-site", .. }));
    // A GIF with 200 is what a handler says to a hit that it keeps: this probe is none, so that something else answers.
    assert!(matches!(done(&[reply(200, "", "GIF89a")]), Finding::Broken { kind: "not-the-counter", .. }));
    assert_eq!(done(&[reply(502, "", "")]), Finding::Unclassified);
}

#[test]
fn offline_and_unselected_levels_are_left_out_and_said_to_be() {
    let mut case = Case::of("goatcounter");
    let offline = Unasked::Offline;
    case.answer.tracker = Heard::Unasked(offline);
    case.answer.version = Heard::Unasked(offline);
    case.answer.probe = Probed::Unasked(offline);
    let verdicts = case.judged();
    assert!(verdicts.iter().all(|verdict| matches!(verdict.level, GuardLevel::L0 | GuardLevel::L2)), "{verdicts:#?}");
    assert!(verdicts.iter().all(|verdict| verdict.outcome == Outcome::Ok), "{verdicts:#?}");
    let left_out = |case: &Case, sightings: &[analytics::Sighting]| {
        let subject = Subject {
            analytics: &case.config.analytics[0],
            base_url: &case.config.base_url,
            has_lock: case.lock.is_some(),
            locked: case.lock.as_ref().and_then(|lock| locked(lock, &case.config, 0)),
            answer: &case.answer,
            sightings,
            policies: &[],
            headers_known: true,
        };
        super::super::left_out(&subject).into_iter().map(|(level, _)| level).collect::<Vec<_>>()
    };
    assert_eq!(left_out(&case, &[]), [GuardLevel::L1, GuardLevel::L3, GuardLevel::L4]);
    // The lock has neither the bytes nor the headers that a tag makes demands of.
    let some = [analytics::Sighting::default()];
    assert_eq!(left_out(&case, &some), [GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4]);
    assert_eq!(left_out(&case.unlocked(), &[]), [GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4]);
    let asked = |ask: &Ask| {
        let config = Case::with("goatcounter", "").config;
        ask_by(&config, ask, &Silent)
    };
    assert_eq!(asked(&Ask { offline: true, ..Ask::default() }).requests, 0);
    let only = BTreeSet::from([GuardLevel::L0, GuardLevel::L2]);
    assert_eq!(asked(&Ask { levels: Some(only), ..Ask::default() }).requests, 0);
    let only = BTreeSet::from([GuardLevel::L1]);
    assert_eq!(asked(&Ask { levels: Some(only), ..Ask::default() }).requests, 3, "one question and two retries");
}

/// A line at whose end nobody is.
struct Silent;

impl dial::Line for Silent {
    fn exchange(&self, _hop: &dial::Hop<'_>) -> Result<dial::Arrival, Failure> {
        Err(Failure::Refused)
    }
    fn wait(&self, _span: std::time::Duration) {}
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
    fn chance(&self) -> f64 {
        0.0
    }
}

#[test]
fn a_server_that_is_down_costs_three_connections_whatever_is_asked() {
    let config = sample(
        "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n\
         [[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n",
    );
    let answers = ask_by(&config, &Ask::default(), &Silent);
    assert_eq!((answers.requests, answers.tables.len()), (3, 2));
}

#[test]
fn the_stand_in_answers_within_this_process_and_every_report_says_so() {
    for provider in analytics::PROVIDERS {
        let config = sample(&format!(
            "[[analytics]]\nprovider = \"{}\"\nendpoint = \"embedded\"\nsite = \"1\"\n",
            provider.name
        ));
        let answers = ask_by(&config, &Ask::default(), &Silent);
        assert_eq!((answers.notes.as_slice(), answers.requests), ([standin::NOTE.to_owned()].as_slice(), 0));
        let lock = lock_of(&config, &answers).unwrap();
        assert_eq!(lock.analytics[0].endpoint, "embedded");
        let mut case = Case::of(provider.name);
        case.html = analytics::snippet(&config.analytics[0], None);
        let case = Case { config, answer: answers.tables[0].clone(), lock: Some(lock), ..case };
        let bad: Vec<Verdict> =
            case.judged().into_iter().filter(|verdict| verdict.outcome != Outcome::Ok && !is_open(verdict)).collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", provider.name);
        assert!(case.html.contains("https://analytics.invalid/"));
    }
}

#[test]
fn a_digest_in_the_tag_has_to_be_the_tracker_s() {
    use sha2::Digest as _;
    let body = analytics::find("goatcounter").unwrap().stand_in.tracker;
    let good = format!("sha384-{}", csp::base64(&sha2::Sha384::digest(body)));
    let weak = format!("sha256-{}", csp::base64(&sha2::Sha256::digest(body)));
    let says = |attributes: &str| {
        let html = format!(
            "<script data-goatcounter=https://stats.example/count {attributes} src=https://stats.example/count.js></script>"
        );
        Case::of("goatcounter").html(&html).says("contract/integrity").outcome
    };
    assert_eq!(says(""), Outcome::Ok);
    assert_eq!(says(&format!("integrity={good} crossorigin=anonymous")), Outcome::Ok);
    assert_eq!(says(&format!("integrity='sha384-AAAA {good}' crossorigin")), Outcome::Ok);
    assert_eq!(says(&format!("integrity='{weak} sha384-AAAA' crossorigin")), Outcome::Drift, "the strongest counts");
    assert_eq!(says(&format!("integrity={good}")), Outcome::Drift, "without leave no digest is compared");
    assert_eq!(says(&format!("integrity={good} crossorigin=use-credentials")), Outcome::Drift);
    assert_eq!(says("integrity=md5-x"), Outcome::Drift, "browsers know no md5, and still want leave");
}

#[test]
fn a_module_is_loaded_with_leave_only_and_has_no_current_script() {
    let tag =
        "<script type=module data-goatcounter=https://stats.example/count src=https://stats.example/count.js></script>";
    let case = || Case::of("goatcounter").html(tag);
    assert_eq!(case().says("contract/integrity").outcome, Outcome::Ok);
    assert_eq!(case().says("contract/loading").outcome, Outcome::Ok, "it looks for its attribute");
    let lent_to_nobody = case().change_tracker(|reply| drop(reply.headers.remove("access-control-allow-origin")));
    assert_eq!(lent_to_nobody.says("contract/integrity").outcome, Outcome::Drift);
    for lookup in ["document.currentScript", "document['currentScript']", "s;var {currentScript: s} = document; s"] {
        let tracker = format!("goatcounter; var t = {lookup}; navigator.sendBeacon(t.dataset.goatcounter)");
        let says = |case: Case| case.tracker(&tracker).says("contract/loading").outcome;
        assert_eq!(says(case()), Outcome::Drift, "{lookup}");
        assert_eq!(says(Case::of("goatcounter")), Outcome::Ok, "{lookup}");
    }
}

#[test]
fn code_that_is_made_where_a_policy_forbids_it_is_left_to_a_browser() {
    let tracker = "goatcounter; eval('1'); var t = document.querySelector('script[data-goatcounter]'); navigator.sendBeacon(t.dataset.goatcounter)";
    let says = |policy: &str| {
        let case = Case::of("goatcounter").tracker(tracker);
        case.policy(csp::Delivery::Header, policy).says("contract/policy").outcome
    };
    assert_eq!(says("script-src https://stats.example"), unknown("L7"));
    assert_eq!(says("script-src https://stats.example 'unsafe-eval'"), Outcome::Ok);
    assert_eq!(says("img-src 'none'"), Outcome::Ok);
}

#[test]
fn what_the_owner_knows_better_wins_over_our_table() {
    let expect = |text: &str| {
        let expect: BTreeMap<String, toml::Value> = text.parse::<toml::Table>().unwrap().into_iter().collect();
        move |analytics: &mut Analytics| analytics.expect = expect
    };
    let changed = |reply: &mut Reply| reply.body.extend_from_slice(b";x('https://cdn.example/a')");
    let case = || Case::of("goatcounter").change_tracker(changed);
    assert_eq!(case().drifts(), ["tracker/bytes", "tracker/hosts"]);
    assert_eq!(
        case().configured(expect("class = 'volatile'\nhosts = ['cdn.example']")).drifts(),
        <[&str; 0]>::default()
    );
    let markers = case().configured(expect("markers = ['our own build']"));
    assert_eq!(markers.says("tracker/identity").outcome, Outcome::Drift);
    let old = Case::of("matomo").tracker(TRACKER_OF_2010).configured(expect("understands = ['_paq']"));
    assert_eq!(old.says("contract/commands").outcome, Outcome::Ok);
    let sends = Case::of("goatcounter")
        .policy(csp::Delivery::Header, "connect-src 'none'")
        .configured(expect("transports = ['image']"));
    assert_eq!(sends.says("contract/policy").outcome, Outcome::Ok);
}

#[test]
fn a_queue_that_never_asks_to_count_is_drift_with_every_tracker() {
    let without = |case: Case| {
        let html = case.html.replace("_paq.push([\"trackPageView\"]);", "");
        assert_ne!(html, case.html);
        case.html(&html)
    };
    let online = without(Case::of("matomo"));
    assert_eq!(online.says("contract/order").outcome, Outcome::Drift);
    let offline = without(Case::of("matomo"));
    let offline = Case { answer: Answer { tracker: Heard::Unasked(Unasked::Offline), ..offline.answer }, ..offline };
    assert_eq!(offline.says("contract/order").outcome, Outcome::Drift);
    let event = Case::of("matomo");
    let html = event.html.replace("[\"trackPageView\"]", "[\"trackEvent\",\"a\",\"b\"]");
    assert_eq!(event.html(&html).says("contract/order").outcome, Outcome::Ok, "a page may count something else");
}

#[test]
fn an_order_that_only_some_trackers_obey_is_unknown_where_the_tracker_was_not_read() {
    let case = Case::of("matomo").html(include_str!("../../analytics/fixtures/matomo.html"));
    let case = Case { answer: Answer { tracker: Heard::Unasked(Unasked::Offline), ..case.answer }, ..case };
    assert_eq!(case.says("contract/order").outcome, unknown("tracker-not-read"));
}

#[test]
fn a_policy_is_not_held_against_ways_of_sending_that_nobody_knows() {
    let policy = "script-src https://stats.example; connect-src 'none'; img-src 'none'";
    let silent = "goatcounter; document.querySelector('script[data-goatcounter]').dataset.goatcounter";
    let read = Case::of("goatcounter").tracker(silent).policy(csp::Delivery::Meta, policy);
    assert_eq!(read.says("contract/policy").outcome, unknown("L7"));
    let away = Case::of("goatcounter").change_tracker(|reply| reply.status = 503).policy(csp::Delivery::Meta, policy);
    assert!(
        away.judged().iter().all(|verdict| verdict.code != "contract/policy"),
        "L1 has told why nothing can be told"
    );
    let blocked = Case::of("goatcounter")
        .change_tracker(|reply| reply.status = 503)
        .policy(csp::Delivery::Meta, "script-src 'none'");
    assert_eq!(blocked.says("contract/policy").outcome, Outcome::Drift, "what is known counts all the same");
}

#[test]
fn a_snippet_that_waits_for_consent_is_judged_as_it_will_run() {
    let tag = "<script type=text/plain data-goatcounter=https://stats.example/count src=https://stats.example/count.js></script>";
    let policy = "script-src 'none'; connect-src 'none'; img-src 'none'";
    let waiting = Case::with("goatcounter", "placed = \"consent\"\n").html(tag).policy(csp::Delivery::Meta, policy);
    assert!(waiting.drifts().contains(&"contract/policy"));
    let forgotten = Case::of("goatcounter").html(tag).policy(csp::Delivery::Meta, policy);
    assert!(!forgotten.drifts().contains(&"contract/policy"), "nobody starts it: L0 says so");
}

#[test]
fn a_module_is_asked_for_by_cors_whatever_its_tag_says() {
    let case = || Case::of("liwan");
    assert_eq!(case().says("contract/integrity").outcome, Outcome::Ok);
    let refused = case().change_tracker(|reply| drop(reply.headers.remove("access-control-allow-origin")));
    assert_eq!(refused.says("contract/integrity").outcome, Outcome::Drift);
    let mut isolated =
        case().policy(csp::Delivery::Header, "default-src *; script-src * 'unsafe-inline'").change_tracker(|reply| {
            reply.headers.remove("cross-origin-resource-policy");
        });
    isolated.policies[0].embedder = vec!["require-corp".to_owned()];
    assert_eq!(isolated.says("contract/isolation").outcome, Outcome::Ok);
}

/// A Matomo that refuses every token, and what it was asked.
struct Refusing(std::cell::RefCell<Vec<analytics::exchange::Request>>);

impl dial::Line for Refusing {
    fn exchange(&self, hop: &dial::Hop<'_>) -> Result<dial::Arrival, Failure> {
        self.0.borrow_mut().push(hop.request.clone());
        let target = analytics::target(&matomos(1).analytics[0], &matomos(1).base_url).unwrap();
        let mut reply = (analytics::find("matomo").unwrap().stand_in.answer)(hop.request, &target);
        if hop.request.token.is_some() {
            reply.body =
                br#"{"result":"error","message":"You can't access this resource as it requires 'view' access."}"#
                    .to_vec();
        }
        Ok(dial::Arrival { reply, private: false })
    }
    fn wait(&self, _span: std::time::Duration) {}
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
    fn chance(&self) -> f64 {
        0.0
    }
}

/// Sites on one Matomo server, all with the same token.
fn matomos(count: usize) -> Config {
    let table = |site| {
        format!("[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://stats.example/\"\nsite = \"{site}\"\n")
    };
    let mut config = sample(&(1..=count).map(table).collect::<String>());
    config.analytics.iter_mut().for_each(|table| table.token = Some(crate::config::Token("bad-token".to_owned())));
    config
}

#[test]
fn tables_on_one_server_fetch_its_script_once_and_send_it_a_refused_token_once() {
    let line = Refusing(std::cell::RefCell::default());
    let answers = ask_by(&matomos(10), &Ask::default(), &line);
    let asked = line.0.into_inner();
    assert_eq!(asked.iter().filter(|request| request.url.path().ends_with(".js")).count(), 1);
    assert_eq!(asked.iter().filter(|request| request.token.is_some()).count(), 1);
    assert_eq!(answers.refused_tokens.len(), 1);
    assert!(answers.tables.iter().all(|table| table.tracker.reply().is_some()), "each table has the script");
    assert!(answers.tables[1..].iter().all(|table| table.version == Heard::Unasked(Unasked::TokenRefusedBefore)));
}

#[test]
fn only_an_answer_of_the_counting_address_is_judged_for_its_leave() {
    let case = Case::of("ga4");
    let Probed::Found(finding, replies) = case.answer.probe.clone() else { panic!("the stand-in answers") };
    let collect = case.answer.target.as_ref().unwrap().collect.to_string();
    let from = |url: &str| {
        let replies = replies.iter().map(|reply| Reply { url: url.to_owned(), ..reply.clone() }).collect();
        let case = Case::of("ga4").probed(Probed::Found(finding.clone(), replies));
        case.judged().iter().filter(|verdict| verdict.code == "collect/origin").count()
    };
    assert_eq!(from("https://www.googletagmanager.com/gtag/js?id=G-X"), 0);
    assert_eq!(from(&format!("{collect}?v=2")), 1);
}
