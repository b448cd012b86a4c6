//! Holds the row against snippets from the wild and against trackers of both kinds. Those are ours, of the shape that the
//! vendor's minifier gives them.

use super::super::exchange::{Control, Finding, Reply, Request, Step, Target, VersionFound};
use super::super::recognise as all;
use super::super::tests::{analytics, tags};
use super::*;

const TAGGED: &str = r#"!function(){var i=document.currentScript,o={};function h(e,t){var b={};b.n=e,b.d=o.domain,fetch(o.endpoint,
    {method:"POST",keepalive:!0,body:JSON.stringify(b)})}o.endpoint=i.getAttribute("data-api")||new URL(i.src).origin+
    "/api/event",o.domain=i.getAttribute("data-domain");for(var l=window.plausible&&window.plausible.q||[],c=0;c<l.length;c++)
    h.apply(this,l[c]);window.plausible=h,window.plausible.init=h,window.plausible.v=33,h("pageview")}();"#;

const OWN: &str = r#"!function(){var o={};function S(e){Object.assign(o={endpoint:"https://plausible.io/api/event",
    domain:"blog.example",outboundLinks:!0},e,{domain:o.domain});for(var r=window.plausible&&window.plausible.q||[],s=0;
    s<r.length;s++)m(r[s]);window.plausible=m,window.plausible.init=S,m("pageview")}function m(e){fetch(o.endpoint,{})}
    window.plausible=window.plausible||{},plausible.o&&S(plausible.o),plausible.init=S}();"#;

const COMPATIBLE: &str = r#"var e=document.getElementById("plausible"),t=e.getAttribute("data-domain");window.plausible=t;
    var r=new XMLHttpRequest;r.open("POST",e.src.split("/")[0]+"/api/event",!0);r.send("pageview")"#;

fn only(html: &str) -> Sighting {
    let found = all(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

fn own_table(more: impl FnOnce(&mut Analytics)) -> Analytics {
    let mut table = Analytics {
        site: "blog.example".to_owned(),
        script: Some(Url::parse("https://stats.example/js/pa-Zb4kQ1wX8sT0mN5vR2yLc.js").unwrap()),
        ..analytics("plausible")
    };
    more(&mut table);
    table
}

#[test]
fn plausible_is_recognised_in_its_variants() {
    let tagged = only(include_str!("../fixtures/plausible-domain.html"));
    assert_eq!(
        (tagged.site.as_deref(), tagged.collect.as_deref()),
        (Some("blog.example"), Some("https://plausible.io/api/event"))
    );
    assert_eq!(tagged.commands, ["data-domain"]);
    let reordered =
        only("<script src=//s.example/js/plausible.outbound-links.js async data-domain=blog.example></script>");
    assert_eq!(reordered.collect.as_deref(), Some("//s.example/api/event"));
    let proxied = only("<script data-domain=blog.example data-api=/p/event defer src=/p/x.js></script>");
    assert_eq!((proxied.collect.as_deref(), proxied.is_derived), (Some("/p/event"), false));
    let queued = only(
        "<script defer data-domain=blog.example src=/js/script.js></script><script>window.plausible=window.plausible||\
         function(){(window.plausible.q=window.plausible.q||[]).push(arguments)};plausible('signup')</script>",
    );
    assert_eq!(queued.commands, ["data-domain", "plausible.q", "plausible"]);
    assert_eq!(queued.tags, [0, 1]);
    let own = only(include_str!("../fixtures/plausible.html"));
    assert_eq!(
        (own.site.as_deref(), own.collect.as_deref(), own.is_derived),
        (None, Some("https://plausible.io/api/event"), true)
    );
    assert_eq!(own.commands, ["plausible.q", "plausible.init"]);
    let beside = only(
        "<script src=/jquery.js data-x=1></script><script async src=/js/script.js></script>\
         <script>plausible.init({endpoint:'/api/event',hashBasedRouting:true})</script>",
    );
    assert_eq!((beside.script.as_deref(), beside.collect.as_deref()), (Some("/js/script.js"), Some("/api/event")));
    assert_eq!((beside.style, beside.parameters["init.hashBasedRouting"].as_str()), ("queue", "true"));
    let renamed = only("<script data-domain=blog.example src=/a.js></script><script>plausible('x')</script>");
    assert_eq!(renamed.script.as_deref(), Some("/a.js"));
}

#[test]
fn what_waits_or_comes_late_is_told_apart_from_what_runs() {
    let style = |kind: &str| only(&format!("<script {kind} data-domain=b.example src=/js/script.js></script>")).style;
    assert_eq!(style("defer"), "tag");
    assert_eq!(style("type=text/plain"), "inert");
    // Row 14 of the incidents: Rocket Loader runs it when nothing is `currentScript`, and hits go to `undefined/api/event`.
    assert_eq!(style("type=9b0c7f4e1a2d33445566-text/javascript"), "rocket-loader");
    let waiting = only(
        "<script type=text/plain src=https://plausible.io/js/pa-Zb4kQ1wX8sT0mN5vR2yLc.js></script>\
         <script type=text/plain>plausible.init()</script>",
    );
    assert_eq!((waiting.style, waiting.commands.as_slice()), ("inert", ["plausible.init".to_owned()].as_slice()));
}

#[test]
fn whoever_else_uses_the_attribute_is_not_plausible() {
    for html in [
        "<script defer data-website-id=66a0 data-domain=a.example src=https://datafa.st/js/script.js></script>",
        "<script data-domain=a.example src=https://consent.example/banner.js></script>",
        "<script src=/js/script.js></script>",
        "<script src=/js/pa-x.js></script>",
        "<script>var text='plausible.init()'</script>",
        "<script>// plausible.init()\n</script><script src=/a.js></script>",
    ] {
        assert!(!all(&tags(html)).iter().any(|found| found.provider == "plausible"), "{html}");
    }
}

#[test]
fn the_snippet_is_the_one_that_script_and_options_ask_for() {
    let tagged = only(&print(&analytics("plausible")));
    assert_eq!((tagged.site.as_deref(), tagged.is_derived), (Some("1"), true));
    let own = own_table(|table| drop(table.options.insert("hashBasedRouting".to_owned(), true.into())));
    let seen = only(&print(&own));
    let expected = super::super::expected(&own).unwrap();
    assert_eq!((seen.site, expected.site), (None, None));
    assert_eq!(seen.collect.as_deref(), Some("https://stats.example/api/event"));
    assert_eq!(seen.parameters, expected.parameters);
    let script = Some(Url::parse("https://stats.example/js/script.compat.js").unwrap());
    let compatible = Analytics { script, ..analytics("plausible") };
    let seen = only(&print(&compatible));
    assert_eq!(seen.parameters, super::super::expected(&compatible).unwrap().parameters);
    assert_eq!(seen.parameters["id"], "plausible");
    let collect = Some(Url::parse("https://in.example/event").unwrap());
    assert!(!only(&print(&Analytics { collect, ..analytics("plausible") })).is_derived);
}

#[test]
fn each_tracker_shows_which_snippet_it_understands() {
    let (tagged, own, compatible) = (lex(TAGGED), lex(OWN), lex(COMPATIBLE));
    for (script, command, understood) in [
        (&tagged, "data-domain", true),
        (&tagged, "data-api", true),
        (&tagged, "plausible.q", true),
        (&tagged, "plausible.init", false),
        (&tagged, "data-exclude", false),
        (&own, "data-domain", false),
        (&own, "plausible.init", true),
        (&own, "plausible.q", true),
        (&own, "data-exclude", false),
        (&compatible, "data-domain", true),
    ] {
        assert_eq!(PROVIDER.understands(script, command), understood, "{command}");
    }
    assert_eq!(lookups(&tagged), [Lookup::CurrentScript]);
    assert_eq!(lookups(&compatible), [Lookup::OwnId]);
    assert_eq!(lookups(&own), []);
    for script in [&tagged, &own, &compatible] {
        assert_eq!((PROVIDER.transports)(script, &[]), [super::super::Transport::Fetch]);
    }
    assert_eq!(compiled(&tagged), Compiled::default());
    let written = compiled(&own);
    assert_eq!(written.endpoint.as_deref(), Some("https://plausible.io/api/event"));
    assert_eq!(written.domain.as_deref(), Some("blog.example"));
}

/// Plays a conversation to its end with these answers.
fn found(table: &Analytics, answers: &[Reply]) -> (Finding, Vec<Request>) {
    let base = crate::paths::BaseUrl::parse("https://blog.example/").unwrap();
    let target: Target = super::super::target(table, &base).unwrap();
    let mut asked = Vec::new();
    loop {
        match (PROVIDER.probe.next)(&target, &answers[..asked.len()]) {
            Step::Ask(request) => asked.push(request),
            Step::Done(finding) => return (finding, asked),
        }
    }
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

fn dropped() -> Reply {
    let headers = BTreeMap::from([("x-plausible-dropped".to_owned(), "1".to_owned())]);
    Reply { headers, ..reply(202, "ok") }
}

// No server was run: what follows is constructed from the sources of the handler and of the script's route.

/// Row 12 of the incidents: whatever is dropped is answered 202, so that a 202 shows nothing.
#[test]
fn a_202_is_never_taken_for_a_yes() {
    for event in [dropped(), reply(202, "ok")] {
        let (finding, asked) = found(&analytics("plausible"), &[event]);
        assert!(matches!(finding, Finding::Indistinguishable { .. }), "{finding:?}");
        assert_eq!(asked.len(), 1);
        assert!(asked[0].body.contains(".invalid"), "a site that nobody has: nothing can be recorded");
        assert!(asked[0].header_value("User-Agent").unwrap().contains("bot"));
    }
}

/// A handler that does not say that it dropped what Plausible drops is no evidence of Plausible, whatever the script says.
#[test]
fn a_202_that_says_nothing_of_dropping_proves_nothing() {
    let (finding, asked) = found(&own_table(|_| ()), &[reply(202, "ok"), reply(200, OWN), reply(404, "")]);
    let Finding::Indistinguishable { answer, .. } = finding else { panic!("{finding:?}") };
    assert_eq!((answer.as_str(), asked.len()), ("202 without a word of dropping", 1));
}

#[test]
fn only_a_404_tells_that_nobody_has_the_script_of_the_control() {
    for status in [403, 429, 500, 503] {
        let (finding, _) = found(&own_table(|_| ()), &[dropped(), reply(200, OWN), reply(status, "")]);
        assert_eq!(finding, Finding::Unclassified, "{status}");
    }
}

/// Row 26 of the incidents: an id that is gone, or another site's.
#[test]
fn the_script_of_a_site_tells_whether_the_site_is_known() {
    let own = own_table(|_| ());
    let (finding, asked) = found(&own, &[dropped(), reply(200, OWN), reply(404, "Not found")]);
    let Finding::Known { control: Control::Told(_), .. } = finding else { panic!("{finding:?}") };
    assert_eq!(asked.len(), 3);
    assert_ne!(asked[1].url, asked[2].url);
    let (finding, _) = found(&own, &[dropped(), reply(200, OWN), reply(200, OWN)]);
    assert!(matches!(finding, Finding::Known { control: Control::Indistinguishable, .. }), "{finding:?}");
    let kind = |answers: &[Reply]| match found(&own, answers).0 {
        Finding::Broken { kind, .. } => kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(&[dropped(), reply(404, "Not found")]), "unknown-site");
    assert_eq!(kind(&[dropped(), reply(200, &OWN.replace("blog.example", "other.example"))]), "other-site");
    assert_eq!(kind(&[reply(200, "<!doctype html>")]), "not-the-counter");
    for answers in [vec![reply(404, "")], vec![reply(502, "")], vec![dropped(), reply(502, "")]] {
        assert_eq!(found(&own, &answers).0, Finding::Unclassified);
    }
}

#[test]
fn the_version_is_read_where_the_server_tells_it() {
    let read = |status: u16, body: &str| questions::read_version(&reply(status, body));
    assert_eq!(
        read(200, "{\"build\":{\"version\":\"v3.1.0\",\"commit\":\"x\"}}"),
        VersionFound::Version("3.1.0".to_owned())
    );
    assert!(matches!(read(404, "{}"), VersionFound::Untold(_)));
    assert!(matches!(read(200, "{\"build\":{\"commit\":\"x\"}}"), VersionFound::Untold(_)));
    assert_eq!(read(200, "<html>"), VersionFound::Unclassified);
    assert_eq!(read(500, ""), VersionFound::Unclassified);
}
