//! Stages incidents of single vendors: pairs of snippet, tracker and server that look right one by one. The numbers are those
//! of the incidents that the drill's rows name too.

use super::*;

fn tracker_of(provider: &str) -> &'static str {
    analytics::find(provider).unwrap().stand_in.tracker
}

/// Says that the pair drifted, by this rule.
fn drifts(case: &Case, code: &str) -> Verdict {
    let verdict = case.says(code);
    assert_eq!(verdict.outcome, Outcome::Drift, "{verdict:?}");
    verdict
}

/// Row 15: a tracker that asks for `currentScript` finds none in a module.
#[test]
fn umami_as_a_module_counts_nobody() {
    let mut case = Case::of("umami");
    case.html = case.html.replace("<script defer", "<script type=\"module\"");
    assert!(drifts(&case, "contract/loading").message.contains("currentScript"));
}

/// Row 15: Liwan's tracker looks for its own whole address, letter by letter.
#[test]
fn liwan_from_a_relative_or_redirected_address_or_as_a_classic_script_counts_nobody() {
    let mut relative = Case::of("liwan");
    relative.html = relative.html.replace("https://stats.example/script.js", "/script.js");
    drifts(&relative, "contract/loading");
    let redirected = Case::of("liwan").change_tracker(|reply| {
        reply.via = vec!["https://stats.example/script.js".to_owned()];
        reply.url = "https://stats.example/script.3f9c.js".to_owned();
    });
    drifts(&redirected, "contract/loading");
    let mut classic = Case::of("liwan");
    classic.html = classic.html.replace(" type=\"module\"", "");
    drifts(&classic, "contract/loading");
}

/// Rows 10 and 29: the vendor moves its counting host, which only the tracker's own bytes tell.
#[test]
fn an_umami_tracker_that_sends_elsewhere_than_site_toml_says_is_found() {
    let moved = tracker_of("umami").replace("|| tag.src", "|| \"https://in.moved.example\" || tag.src");
    let verdict = drifts(&Case::of("umami").unlocked().tracker(&moved), "contract/endpoint");
    assert_eq!(verdict.found.as_deref(), Some("https://in.moved.example/api/send"));
    let elsewhere = |reply: &mut Reply| reply.url = "https://cdn.moved.example/script.js".to_owned();
    drifts(&Case::of("umami").change_tracker(elsewhere), "tracker/address");
}

/// `document.currentScript.src` is what the tag names, wherever the bytes come from.
#[test]
fn an_umami_tracker_behind_a_redirect_sends_to_the_folder_that_its_tag_names() {
    let redirected = |reply: &mut Reply| {
        reply.via = vec!["https://stats.example/script.js".to_owned()];
        reply.url = "https://stats.example/v3/script.js".to_owned();
    };
    let case = Case::of("umami").change_tracker(redirected);
    assert_eq!(case.says("contract/endpoint").outcome, Outcome::Ok);
    let lock = lock_of(&case.config, &case.answers()).unwrap();
    assert_eq!(lock.analytics[0].tracker.embedded.as_deref(), Some("https://stats.example/api/send"));
    // The other way round: the tag names another folder, and the redirect leads to the right one.
    let mut elsewhere = Case::of("umami");
    elsewhere.html = elsewhere.html.replace("stats.example/script.js", "stats.example/old/script.js");
    let verdict = drifts(&elsewhere, "contract/endpoint");
    assert_eq!(verdict.found.as_deref(), Some("https://stats.example/old/api/send"));
    // A relative tag is resolved against the page, and the folder with it.
    let mut own = Case::of("umami");
    own.html = own.html.replace("https://stats.example/script.js", "/script.js");
    let host = own.config.base_url.url().as_str().to_owned();
    assert_eq!(drifts(&own, "contract/endpoint").found, Some(format!("{host}api/send")));
}

/// Nobody has written down where Fathom's tracker sends from a port or a folder of one's own.
#[test]
fn where_fathom_s_tracker_sends_from_a_port_or_a_folder_is_unknown() {
    for endpoint in ["https://stats.example:8443/", "https://stats.example/f/"] {
        let moved = |table: &mut Analytics| {
            table.endpoint = crate::config::Endpoint::Server(Url::parse(endpoint).unwrap());
        };
        let mut case = Case::of("fathom").unlocked().configured(moved);
        case.html = analytics::snippet(&case.config.analytics[0], None);
        assert_eq!(case.says("contract/endpoint").outcome, unknown("L7"), "{endpoint}");
    }
    assert_eq!(Case::of("fathom").says("contract/endpoint").outcome, Outcome::Ok);
}

/// Row 8: a tracker of version 1, kept by a proxy, before a server of version 2 or 3.
#[test]
fn an_umami_tracker_of_another_generation_than_the_counting_address_is_found() {
    let old = tracker_of("umami").replace("/api/send", "/api/collect");
    drifts(&Case::of("umami").tracker(&old), "contract/endpoint");
    let mut calling = Case::of("umami");
    calling.html.push_str("<script>umami.trackEvent('signup', 'click')</script>");
    assert!(drifts(&calling, "contract/commands").message.contains("Umami 1"));
}

/// Row 28: the blog moves, and the list of hosts in the snippet stays.
#[test]
fn a_snippet_that_is_confined_to_another_host_is_found() {
    let with = |hosts: &str| Case::with("umami", &format!("[analytics.options]\ndata-domains = [{hosts}]"));
    drifts(&with("\"old.example\", \"www.old.example\""), "contract/domain");
    let host = Case::of("umami").config.base_url.url().host_str().unwrap().to_owned();
    assert_eq!(with(&format!("\"old.example\", \"{host}\"")).says("contract/domain").outcome, Outcome::Ok);
    // A star means nothing to Umami.
    drifts(&with("\"*.example\""), "contract/domain");
}

const OWN: &str = "!function(){var o={};function S(e){Object.assign(o={endpoint:\"https://stats.example/api/event\",\
    domain:\"SITE\"},e,{domain:o.domain});m(\"pageview\")}function m(e){fetch(o.endpoint,{})}\
    window.plausible=window.plausible||{},plausible.q,plausible.o&&S(plausible.o),plausible.init=S}();";

fn own(site: &str) -> Case {
    let script = "script = \"https://stats.example/js/pa-Zb4kQ1wX8sT0mN5vR2yLc.js\"";
    Case::with("plausible", script).unlocked().tracker(&OWN.replace("SITE", site))
}

/// Row 26: the script of another site, which looks like any other.
#[test]
fn plausible_s_script_of_another_site_is_found_in_its_own_words() {
    assert_eq!(own("1").says("contract/domain").outcome, Outcome::Ok);
    assert_eq!(own("1").says("contract/commands").outcome, Outcome::Ok);
    let verdict = drifts(&own("other.example"), "contract/domain");
    assert_eq!(verdict.found.as_deref(), Some("other.example"));
}

#[test]
fn plausible_s_two_snippets_each_want_a_tracker_of_their_own_kind() {
    let tagged = Case::of("plausible").unlocked().tracker(&OWN.replace("SITE", "1"));
    assert!(drifts(&tagged, "contract/commands").message.contains("data-domain"));
    let mut other = own("1");
    other.answer.tracker = heard(Reply {
        status: 200,
        url: other.answer.target.as_ref().unwrap().script.to_string(),
        body: b"var s=document.currentScript,d=s.getAttribute('data-domain');window.plausible=function(){fetch(d)};\
            plausible.q;plausible('pageview')"
            .to_vec(),
        ..Reply::default()
    });
    assert!(drifts(&other, "contract/commands").message.contains("plausible.init"));
}

/// Row 12: what is dropped is answered like what is kept.
#[test]
fn plausible_s_politeness_is_a_note_and_never_holds() {
    let verdict = Case::of("plausible").says("collect/site");
    assert!(is_open(&verdict) && verdict.message.contains("data centre"), "{verdict:?}");
}

/// Behind a proxy Shynet may take itself for another: scheme and host are written into its script.
#[test]
fn shynet_s_script_that_sends_elsewhere_is_found() {
    let case = Case::of("shynet");
    let text = case.answer.tracker.reply().unwrap().text();
    drifts(&Case::of("shynet").tracker(&text.replace("https://stats", "http://stats")), "contract/endpoint");
    // The script that a visitor who asks not to be tracked gets, out of a cache between.
    drifts(&Case::of("shynet").tracker("var Shynet = { dnt: Boolean('true') };"), "tracker/identity");
}

/// Row 47: a reader that breaks is no tracker that breaks.
#[test]
fn a_version_that_is_no_longer_told_is_unknown_and_no_drift() {
    for (provider, status, body) in [
        ("umami", 200, "/* telemetry disabled */"),
        ("plausible", 404, "{}"),
        ("shynet", 200, "<title>Sign In</title>"),
    ] {
        let mut case = Case::of(provider);
        case.answer.version = heard(Reply { status, body: body.into(), ..Reply::default() });
        assert_eq!(case.says("version/answer").outcome, unknown("version-hidden"), "{provider}");
        assert_eq!(case.drifts(), Vec::<&str>::new(), "{provider}");
        let mut first = case.unlocked();
        first.answer.version = heard(Reply { status, body: body.into(), ..Reply::default() });
        assert!(is_open(&first.says("version/answer")), "{provider}");
    }
}

/// An entity that was public when it was locked, and is not any more.
#[test]
fn what_could_be_told_once_and_cannot_be_any_more_is_drift() {
    let finding = Finding::Indistinguishable { answer: "422".to_owned(), meaning: "nobody says".to_owned() };
    let silent = || Probed::Found(finding.clone(), vec![Reply::default()]);
    drifts(&Case::of("liwan").probed(silent()), "collect/site");
    assert!(is_open(&Case::of("liwan").unlocked().probed(silent()).says("collect/site")));
}

/// What answers the same question otherwise than when it was locked is not what was locked, whether it tells much or little.
#[test]
fn another_answer_than_the_locked_one_is_drift() {
    for (provider, finding) in [
        (
            "goatcounter",
            Finding::Known {
                answer: "204".to_owned(),
                control: analytics::exchange::Control::Indistinguishable,
                remark: None,
            },
        ),
        (
            "plausible",
            Finding::Indistinguishable { answer: "202 otherwise".to_owned(), meaning: "who knows".to_owned() },
        ),
    ] {
        let silent = |case: Case| case.probed(Probed::Found(finding.clone(), vec![Reply::default()]));
        let verdict = drifts(&silent(Case::of(provider)), "collect/site");
        assert!(verdict.expected.is_some() && verdict.found.is_some(), "{verdict:?}");
        assert_ne!(silent(Case::of(provider).unlocked()).says("collect/site").outcome, Outcome::Drift);
    }
}

/// What refuses a question beside the counting address loses no hit.
#[test]
fn only_what_the_counting_address_refuses_is_drift() {
    let refused = |path: &str| {
        let url = format!("https://stats.example{path}");
        let replies = vec![Reply::default(), Reply { status: 403, url, ..Reply::default() }];
        Case::of("liwan").probed(Probed::Found(Finding::Unclassified, replies)).says("collect/site").outcome
    };
    assert_eq!(refused("/api/dashboard/projects"), unknown("status-403"));
    assert_eq!(refused("/api/event"), Outcome::Drift);
}

/// With `DISABLE_BOT_CHECK` no hit is harmless: the report says so, and asks no third time.
#[test]
fn a_question_that_was_recorded_is_never_told_as_one_that_was_not() {
    let case = Case::of("umami").unlocked();
    let target = case.answer.target.clone().unwrap();
    let reply = |status: u16, body: &str| Reply { status, body: body.into(), ..Reply::default() };
    let replies = vec![reply(400, "Website not found"), reply(200, "{\"sessionId\":\"x\",\"visitId\":\"y\"}")];
    let step = (analytics::find("umami").unwrap().probe.next)(&target, &replies);
    let analytics::exchange::Step::Done(finding) = step else { panic!("asked again: {step:?}") };
    assert_ne!(finding, Finding::Unclassified, "that would be asked again");
    let verdict = case.probed(Probed::Found(finding, replies)).says("collect/site");
    assert_eq!(verdict.outcome, Outcome::Note);
    assert!(verdict.message.contains("recorded 1 hit") && !verdict.message.contains("nothing was"), "{verdict:?}");
}

/// A Shynet service whose script is answered with this status where no page is named, and pages under this policy.
pub(super) fn listed(status: u16, referrer: &str) -> Case {
    let mut case = Case::of("shynet").policy(csp::Delivery::Header, "default-src *");
    case.policies[0].referrer = Some(referrer.to_owned());
    if let Probed::Found(_, replies) = &mut case.answer.probe {
        assert_eq!(replies.len(), 3);
        replies[2].status = status;
    }
    case
}

/// Seen on 0.14 in a real Chromium: where `origins` is set, a page with `no-referrer` gets 403 for the script.
#[test]
fn a_page_that_keeps_its_address_from_a_shynet_that_wants_it_is_found() {
    let outcome = |status: u16, policy: &str| listed(status, policy).says("contract/referrer").outcome;
    for policy in ["no-referrer", "same-origin"] {
        assert_eq!(outcome(403, policy), Outcome::Drift, "{policy}");
        assert_eq!(outcome(200, policy), Outcome::Ok, "{policy}");
        assert_eq!(outcome(500, policy), unknown("origins"), "{policy}");
    }
    assert_eq!(outcome(403, "strict-origin"), Outcome::Ok);
    // What the tag itself says counts.
    let mut healed = listed(403, "no-referrer");
    healed.policies[0].scripts[0].attributes.insert("referrerpolicy".to_owned(), "origin".to_owned());
    assert_eq!(healed.says("contract/referrer").outcome, Outcome::Ok);
    // Without a question, a note.
    let offline = listed(403, "no-referrer").probed(Probed::Unasked(Unasked::Offline));
    assert_eq!(offline.says("contract/referrer").outcome, Outcome::Note);
    // No other vendor asks.
    let mut other = Case::of("umami").policy(csp::Delivery::Header, "default-src *");
    other.policies[0].referrer = Some("no-referrer".to_owned());
    assert!(!other.judged().iter().any(|verdict| verdict.code == "contract/referrer"));
}
