//! Holds every rule against constructed replies: what it says when all is well, when something drifted,
//! when nothing can be told; and that nobody else says it when the rule is switched off.

mod rulings;
mod vendors;

use std::collections::BTreeMap;

use super::*;
use crate::analytics::exchange::Control;
use crate::analytics::tests::tags;
use crate::config::{Config, sample};
use crate::lock::Lock;
use crate::verdict::Outcome;

/// One analytics table, what was answered, and what is locked of it.
struct Case {
    config: Config,
    answer: Answer,
    lock: Option<Lock>,
    html: String,
    policies: Vec<PagePolicy>,
    headers_known: bool,
}

/// The story's own tracker of 2011: it is called, and never looks at a queue.
const TRACKER_OF_2010: &str = "/* Piwik 1.0: since 1.1 there is the queue _paq */
    var Piwik = (function () {
        function Tracker(url, site) {
            this.setTrackerUrl = function (value) { url = value };
            this.setSiteId = function (value) { site = value };
            this.trackPageView = function () { new Image().src = url + '?idsite=' + site + '&rec=1' };
            this.enableLinkTracking = function () {};
        }
        return { getTracker: function (url, site) { return new Tracker(url, site) } };
    })();";

impl Case {
    /// A healthy site: everything answered as the stand-in does, and locked.
    fn of(provider: &str) -> Self {
        Case::with(provider, "")
    }

    fn with(provider: &str, more: &str) -> Self {
        let table = format!(
            "[[analytics]]\nprovider = \"{provider}\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n{more}"
        );
        let config = sample(&table);
        let html = analytics::snippet(&config.analytics[0], None);
        let provider = analytics::find(provider).unwrap();
        let target = analytics::target(&config.analytics[0], &config.base_url).unwrap();
        let stand_in = |request: &analytics::exchange::Request| Reply {
            url: request.url.to_string(),
            ..(provider.stand_in.answer)(request, &target)
        };
        let with_token = Target { has_token: true, ..target.clone() };
        let mut replies = Vec::new();
        let finding = loop {
            match (provider.probe.next)(&target, &replies) {
                analytics::exchange::Step::Ask(request) => replies.push(stand_in(&request)),
                analytics::exchange::Step::Done(finding) => break finding,
            }
        };
        let answer = Answer {
            tracker: heard(stand_in(&analytics::exchange::Request::get(target.script.clone()))),
            version: match &provider.version {
                Some(query) => heard(stand_in(&(query.ask)(&with_token))),
                None => Heard::Unasked(Unasked::NeverTold),
            },
            probe: Probed::Found(finding, replies),
            target: Some(target.clone()),
        };
        let mut case = Case { config, answer, lock: None, html, policies: Vec::new(), headers_known: true };
        case.lock = Some(lock_of(&case.config, &case.answers()).unwrap());
        case
    }

    fn answers(&self) -> Answers {
        Answers { tables: vec![self.answer.clone()], ..Answers::default() }
    }

    fn tracker(mut self, body: &str) -> Self {
        if let Heard::Reply(reply) = &mut self.answer.tracker {
            reply.body = body.into();
        }
        self
    }

    fn change_tracker(mut self, change: impl FnOnce(&mut Reply)) -> Self {
        if let Heard::Reply(reply) = &mut self.answer.tracker {
            change(reply);
        }
        self
    }

    fn version(mut self, version: &str) -> Self {
        if let Heard::Reply(reply) = &mut self.answer.version {
            reply.body = format!("{{\"version\":\"{version}\",\"value\":\"{version}\"}}").into();
        }
        self
    }

    fn probed(mut self, probe: Probed) -> Self {
        self.answer.probe = probe;
        self
    }

    fn html(mut self, html: &str) -> Self {
        self.html = html.to_owned();
        self
    }

    fn policy(mut self, delivery: csp::Delivery, text: &str) -> Self {
        let url = Url::parse("https://blog.example/a/").unwrap();
        let pages = vec!["a/index.html".to_owned()];
        self.policies = vec![PagePolicy {
            texts: vec![(delivery, text.to_owned())],
            embedder: Vec::new(),
            referrer: None,
            scripts: tags(&self.html),
            url,
            pages,
        }];
        self
    }

    fn unlocked(mut self) -> Self {
        self.lock = None;
        self
    }

    /// Changes site.toml after everything was locked.
    fn configured(mut self, change: impl FnOnce(&mut Analytics)) -> Self {
        change(&mut self.config.analytics[0]);
        self.answer.target = analytics::target(&self.config.analytics[0], &self.config.base_url);
        self
    }

    fn locked(mut self, change: impl FnOnce(&mut LockEntry)) -> Self {
        change(&mut self.lock.as_mut().unwrap().analytics[0]);
        self
    }

    fn judged_by(&self, rules: &[Rule]) -> Vec<Verdict> {
        let sightings = analytics::recognise(&tags(&self.html));
        let subject = Subject {
            analytics: &self.config.analytics[0],
            base_url: &self.config.base_url,
            has_lock: self.lock.is_some(),
            locked: self.lock.as_ref().and_then(|lock| locked(lock, &self.config, 0)),
            answer: &self.answer,
            sightings: &sightings,
            policies: &self.policies,
            headers_known: self.headers_known,
        };
        rules.iter().flat_map(|rule| (rule.judge)(&subject)).collect()
    }

    fn judged(&self) -> Vec<Verdict> {
        self.judged_by(RULES)
    }

    /// Returns what the rule of this code says; it has to say exactly one thing.
    fn says(&self, code: &str) -> Verdict {
        let mut said: Vec<Verdict> = self.judged().into_iter().filter(|verdict| verdict.code == code).collect();
        assert_eq!(said.len(), 1, "{code}: {said:#?}");
        said.remove(0)
    }

    fn drifts(&self) -> Vec<&'static str> {
        self.judged()
            .into_iter()
            .filter(|verdict| verdict.outcome == Outcome::Drift)
            .map(|verdict| verdict.code)
            .collect()
    }
}

fn heard(reply: Reply) -> Heard {
    Heard::Reply(Box::new(reply))
}

fn unknown(reason: &str) -> Outcome {
    Outcome::Unknown(reason.to_owned())
}

fn broken(kind: &'static str) -> Probed {
    let finding =
        Finding::Broken { kind, answer: "400".to_owned(), meaning: "lost".to_owned(), fix: "mend".to_owned() };
    Probed::Found(finding, vec![Reply::default()])
}

/// Returns whether a verdict says that something cannot be told: that is never shown as holding.
fn is_open(verdict: &Verdict) -> bool {
    verdict.is_untold && verdict.outcome == Outcome::Note && verdict.message.starts_with("indistinguishable")
}

#[test]
fn a_healthy_site_holds_in_every_rule_for_every_provider() {
    for provider in analytics::PROVIDERS {
        let case = Case::of(provider.name).policy(csp::Delivery::Header, "default-src *; script-src * 'unsafe-inline'");
        let verdicts = case.judged();
        let bad: Vec<_> =
            verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Ok && !is_open(verdict)).collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", provider.name);
        let leaves_open = |code: &str| verdicts.iter().any(|verdict| verdict.code == code && is_open(verdict));
        for rule in RULES {
            // Google's counting address is asked nothing: what is known of the site, its script says.
            if (rule.code, provider.name) == ("collect/origin", "ga4") {
                continue;
            }
            // A vendor that never asks a page where it is has nothing to be held against.
            if rule.code == "contract/referrer" && (provider.needs_referrer)(&[]) == Some(false) {
                continue;
            }
            let needs = match rule.code {
                "version/accepted" => "version/answer",
                "collect/control" | "collect/origin" => "collect/site",
                other => other,
            };
            assert!(
                verdicts.iter().any(|verdict| verdict.code == rule.code) || (needs != rule.code && leaves_open(needs)),
                "{} says nothing of {} when all is well",
                rule.code,
                provider.name
            );
        }
        assert!(verdicts.iter().all(|verdict| crate::codes::find(verdict.code).is_some()));
    }
}

/// A site whose pages embed from other origins only what allows it.
fn isolated(case: Case) -> Case {
    let mut case = case.policy(csp::Delivery::Header, "default-src *; script-src * 'unsafe-inline'");
    case.policies[0].embedder = vec!["require-corp; report-to=\"x\"".to_owned()];
    case
}

#[test]
fn an_isolated_page_loads_only_what_allows_it() {
    let outcome = |case: Case| case.says("contract/isolation").outcome;
    let corp = |value: &'static str| {
        isolated(Case::of("goatcounter")).change_tracker(move |reply| {
            reply.headers.insert("cross-origin-resource-policy".to_owned(), value.to_owned());
        })
    };
    assert_eq!(outcome(corp("cross-origin")), Outcome::Ok);
    assert_eq!(outcome(corp("same-origin")), Outcome::Drift);
    assert_eq!(outcome(corp("same-site")), unknown("L7"), "which hosts are one site only a list of suffixes tells");
    let mut credentialless = corp("same-origin");
    credentialless.policies[0].embedder = vec!["credentialless".to_owned()];
    assert_eq!(outcome(credentialless), Outcome::Ok);
    // Asked for with `crossorigin`, the leave of CORS counts instead.
    let tag = "<script data-goatcounter=https://stats.example/count crossorigin async src=https://stats.example/count.js></script>";
    let with_leave = isolated(Case::of("goatcounter").html(tag)).change_tracker(|reply| {
        reply.headers.remove("cross-origin-resource-policy");
    });
    assert_eq!(outcome(with_leave), Outcome::Ok);
}

/// For each rule, a breakage that it has to find.
fn breakages() -> Vec<(&'static str, Case)> {
    let goatcounter = || Case::of("goatcounter");
    let matomo = || Case::of("matomo");
    vec![
        ("lock/entry", goatcounter().locked(|entry| entry.environment = "staging".to_owned())),
        ("lock/changed", goatcounter().configured(|analytics| analytics.site = "2".to_owned())),
        ("lock/revision", goatcounter().locked(|entry| entry.snippet.revision = 99)),
        ("tracker/answer", goatcounter().change_tracker(|reply| reply.status = 404)),
        ("tracker/address", goatcounter().change_tracker(|reply| reply.url = "https://evil.example/count.js".to_owned())),
        ("tracker/javascript", goatcounter().tracker("<!doctype html><form>Log in <input type=password></form>")),
        ("tracker/identity", goatcounter().tracker("window.plausible = function () { navigator.sendBeacon('/x') }")),
        ("tracker/bytes", goatcounter().change_tracker(|reply| reply.body.extend_from_slice(b"\n"))),
        ("tracker/hosts", goatcounter().change_tracker(|reply| reply.body.extend_from_slice(b";x('https://evil.example/a')"))),
        ("contract/commands", matomo().tracker(TRACKER_OF_2010)),
        (
            "contract/order",
            matomo().tracker("Matomo; window._paq.forEach(function(c){t[c[0]].apply(t,c)});t={setTrackerUrl:function(){},setSiteId:function(){},trackPageView:function(){new Image()},enableLinkTracking:function(){}}")
                .html(include_str!("../analytics/fixtures/matomo.html")),
        ),
        ("contract/endpoint", goatcounter().html("<script data-goatcounter=https://other.example/count async src=https://stats.example/count.js></script>")),
        ("contract/integrity", goatcounter().html("<script data-goatcounter=https://stats.example/count integrity=sha384-AAAA crossorigin src=https://stats.example/count.js></script>")),
        ("contract/isolation", isolated(goatcounter()).change_tracker(|reply| drop(reply.headers.remove("cross-origin-resource-policy")))),
        ("contract/loading", {
            let case = goatcounter().locked(|entry| entry.tracker.lookups = vec!["import-meta".to_owned()]);
            Case { answer: Answer { tracker: Heard::Unasked(Unasked::Offline), ..case.answer }, ..case }
        }),
        ("contract/domain", {
            let case = goatcounter().locked(|entry| entry.tracker.domain = Some("other.example".to_owned()));
            Case { answer: Answer { tracker: Heard::Unasked(Unasked::Offline), ..case.answer }, ..case }
        }),
        ("contract/referrer", vendors::listed(403, "no-referrer")),
        ("contract/scheme", goatcounter().html("<script data-goatcounter=https://stats.example/count async src=http://stats.example/count.js></script>")),
        ("contract/policy", goatcounter().policy(csp::Delivery::Header, "script-src https://stats.example; connect-src 'self'")),
        ("version/answer", Case { answer: Answer { version: Heard::Failed(Failure::NameNotFound), ..goatcounter().answer }, ..goatcounter() }),
        ("version/accepted", goatcounter().version("v3.0.0")),
        ("collect/site", goatcounter().probed(broken("unknown-site"))),
        ("collect/control", {
            let finding = Finding::Known { answer: "400".to_owned(), control: Control::Indistinguishable, remark: None };
            goatcounter().probed(Probed::Found(finding, vec![Reply::default()]))
        }),
        ("collect/origin", {
            let case = goatcounter().tracker("goatcounter; document.currentScript.dataset.goatcounter; fetch('/count')");
            let finding = Finding::Known { answer: "400".to_owned(), control: Control::Indistinguishable, remark: None };
            let url = case.answer.target.as_ref().unwrap().collect.to_string();
            case.probed(Probed::Found(finding, vec![Reply { url, ..Reply::default() }]))
        }),
    ]
}

#[test]
fn each_rule_finds_its_breakage_and_without_the_rule_nobody_does() {
    let breakages = breakages();
    for rule in RULES {
        let (_, case) = breakages
            .iter()
            .find(|(code, _)| *code == rule.code)
            .unwrap_or_else(|| panic!("{} has no breakage", rule.code));
        // Whether a server has one site is no breakage of anything: this one rule never says worse than a note.
        let wanted = if rule.code == "collect/control" { Outcome::Note } else { Outcome::Drift };
        let found = |rules: &[Rule]| {
            case.judged_by(rules).into_iter().any(|verdict| verdict.code == rule.code && verdict.outcome == wanted)
        };
        assert!(found(RULES), "{} does not find its breakage: {:#?}", rule.code, case.judged());
        let others: Vec<Rule> = RULES.iter().copied().filter(|other| other.code != rule.code).collect();
        assert!(!found(&others), "{} is said by another rule too", rule.code);
        for verdict in case.judged().into_iter().filter(|verdict| verdict.outcome == Outcome::Drift) {
            assert!(verdict.fix.is_some(), "{} leaves its reader alone", verdict.code);
            assert!(verdict.expected.is_some() || verdict.message.len() > 40, "{verdict:?}");
        }
    }
}

#[test]
fn the_story_of_2011_is_told_in_words_that_would_have_saved_those_weeks() {
    let case = Case::of("matomo").tracker(TRACKER_OF_2010);
    let verdict = case.says("contract/commands");
    assert_eq!(verdict.outcome, Outcome::Drift);
    for words in [
        "do not speak the same language",
        "`_paq`",
        "loads without an error",
        "The page looks right, the server is up",
        "no visit of this site is counted",
    ] {
        assert!(verdict.message.contains(words), "{words}: {}", verdict.message);
    }
    assert!(verdict.fix.as_deref().unwrap().contains("has outrun the other"));
    // The old snippet and the old tracker fitted; so do the new ones.
    let old =
        Case::of("matomo").tracker(TRACKER_OF_2010).html(include_str!("../analytics/fixtures/piwik-synchronous.html"));
    assert_eq!(old.says("contract/commands").outcome, Outcome::Ok);
    // Offline, the lock remembers that this tracker knew no queue.
    let offline = |commands: Vec<String>| {
        let mut case = Case::of("matomo").locked(|entry| entry.tracker.commands = commands);
        case.answer.tracker = Heard::Unasked(Unasked::Offline);
        case.says("contract/commands")
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(
        offline(words(&["getTracker", "setSiteId", "setTrackerUrl", "trackPageView", "enableLinkTracking"])).outcome,
        Outcome::Drift
    );
    let fits = offline(words(&["_paq", "setSiteId", "setTrackerUrl", "trackPageView", "enableLinkTracking"]));
    assert_eq!(fits.outcome, Outcome::Ok);
    assert_eq!(fits.evidence.as_deref(), Some("the tracker as it was locked, not as it is now"));
}

#[test]
fn a_command_that_stands_only_in_a_comment_or_a_message_is_not_understood() {
    let rest = "var t={setTrackerUrl:function(){},setSiteId:function(){},trackPageView:function(){new Image()},enableLinkTracking:function(){}};Matomo=t;";
    for (start, wanted) in [
        ("window._paq.forEach(t);", Outcome::Ok),
        ("window['_paq'].forEach(t);", Outcome::Ok),
        ("/* window._paq */", Outcome::Drift),
        ("// _paq\n", Outcome::Drift),
        ("throw new Error('_paq is not supported');", Outcome::Drift),
        ("console.warn(`_paq`);", Outcome::Drift),
        // A minifier renames what is local; a global's name it keeps.
        ("var a=window,b=a._paq;b&&b.map(t);", Outcome::Ok),
        // What makes its code as it runs can be read by no one but a browser.
        ("eval(atob('X3BhcQ=='));", unknown("L7")),
        ("window[String.fromCharCode(95,112,97,113)].forEach(t);", unknown("L7")),
    ] {
        let case = Case::of("matomo").tracker(&format!("{start}{rest}"));
        assert_eq!(case.says("contract/commands").outcome, wanted, "{start}");
    }
}

#[test]
fn drift_and_unknown_are_told_apart_as_they_were_decided() {
    let reply = |status: u16, kind: &str, body: &str| {
        let headers = BTreeMap::from([("content-type".to_owned(), kind.to_owned())]);
        heard(Reply {
            status,
            url: "https://stats.example/count.js".to_owned(),
            headers,
            body: body.into(),
            ..Reply::default()
        })
    };
    let failed = Heard::Failed;
    let challenged = {
        let headers = BTreeMap::from([("cf-mitigated".to_owned(), "challenge".to_owned())]);
        heard(Reply { status: 403, headers, body: b"<html>".into(), ..Reply::default() })
    };
    let html = "<!doctype html><title>Sign in</title>";
    let table: Vec<(&str, Heard, &str, Outcome)> = vec![
        ("200 without JavaScript", reply(200, "text/html", html), "tracker/javascript", Outcome::Drift),
        (
            "200 with an error comment",
            reply(200, "text/javascript", "/* error */"),
            "tracker/javascript",
            Outcome::Drift,
        ),
        ("200 with JSON", reply(200, "application/json", "{\"error\":1}"), "tracker/javascript", Outcome::Drift),
        ("empty 200", reply(200, "text/javascript", ""), "tracker/javascript", Outcome::Drift),
        ("401", reply(401, "text/html", html), "tracker/answer", Outcome::Drift),
        ("403", reply(403, "text/html", html), "tracker/answer", Outcome::Drift),
        ("404", reply(404, "text/html", html), "tracker/answer", Outcome::Drift),
        ("410", reply(410, "text/html", html), "tracker/answer", Outcome::Drift),
        ("bad certificate", failed(Failure::Certificate("expired".to_owned())), "tracker/answer", Outcome::Drift),
        ("NXDOMAIN", failed(Failure::NameNotFound), "tracker/answer", Outcome::Drift),
        ("refused", failed(Failure::Refused), "tracker/answer", unknown("refused")),
        ("timeout", failed(Failure::Timeout), "tracker/answer", unknown("timeout")),
        ("429", reply(429, "text/html", html), "tracker/answer", unknown("rate-limited")),
        ("500", reply(500, "text/javascript", "goatcounter"), "tracker/answer", unknown("status-500")),
        ("502", reply(502, "text/html", html), "tracker/answer", unknown("status-502")),
        ("503", reply(503, "text/html", html), "tracker/answer", unknown("status-503")),
        ("truncated", failed(Failure::Truncated), "tracker/answer", unknown("truncated")),
        (
            "cut short",
            reply(200, "text/javascript", "window.goatcounter = function () { var a = '"),
            "tracker/javascript",
            unknown("truncated"),
        ),
        ("SERVFAIL", failed(Failure::NameServer), "tracker/answer", unknown("name-server")),
        ("challenge", challenged, "tracker/answer", unknown("challenge")),
        ("our clock", failed(Failure::Clock(94)), "tracker/answer", unknown("clock")),
        ("host down", failed(Failure::HostDown("timed out".to_owned())), "tracker/answer", unknown("host-down")),
    ];
    for (name, tracker, code, wanted) in table {
        let mut case = Case::of("goatcounter");
        case.answer.tracker = tracker;
        assert_eq!(case.says(code).outcome, wanted, "{name}");
        let others = case.judged().into_iter().filter(|verdict| {
            verdict.level == GuardLevel::L1 && verdict.code != code && !matches!(verdict.outcome, Outcome::Ok)
        });
        assert_eq!(others.count(), 0, "{name}: one cause, one verdict");
    }
    let mut case = Case::of("goatcounter");
    case.answer.tracker = Heard::Failed(Failure::Clock(94));
    assert!(case.says("tracker/answer").message.contains("this machine's clock is off by 94 min"));
}

#[test]
fn another_host_is_drift_only_where_one_is_locked() {
    let moved = |reply: &mut Reply| {
        reply.via = vec!["https://stats.example/count.js".to_owned()];
        reply.url = "https://cdn.example/count.js".to_owned();
    };
    assert_eq!(Case::of("goatcounter").change_tracker(moved).says("tracker/address").outcome, Outcome::Drift);
    assert_eq!(Case::of("goatcounter").unlocked().change_tracker(moved).says("tracker/address").outcome, Outcome::Note);
    let within = |reply: &mut Reply| reply.url = "https://stats.example/js/count.js".to_owned();
    assert_eq!(Case::of("goatcounter").change_tracker(within).says("tracker/address").outcome, Outcome::Note);
}
