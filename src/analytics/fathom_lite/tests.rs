//! Holds Fathom Lite's row against snippets of the wild and against constructed answers: no server of it was
//! recorded; what its handlers answer stands in their sources.

use super::*;
use crate::analytics::script::lex;
use crate::analytics::tests::{analytics, tags};

fn seen(html: &str) -> Vec<Sighting> {
    crate::analytics::recognise(&tags(html))
}

fn target() -> Target {
    let base = crate::paths::BaseUrl::parse("https://blog.example/").unwrap();
    crate::analytics::target(&analytics("fathom-lite"), &base).unwrap()
}

#[test]
fn the_published_snippet_and_its_variants_are_recognised() {
    let [published] = &seen(include_str!("../fixtures/fathom-lite.html"))[..] else { panic!() };
    assert_eq!((published.provider, published.style), ("fathom-lite", "queue"));
    assert_eq!(published.script.as_deref(), Some("//stats.example/tracker.js"));
    assert_eq!(published.collect.as_deref(), Some("//stats.example/collect"));
    assert_eq!((published.site.as_deref(), published.is_derived), (Some("ABCDE"), true));
    assert_eq!(published.commands, ["fathom", "set", "trackPageview"]);
    for (html, script, collect) in [
        // A plain tag, as it stands after a bundler or a template has taken the snippet apart.
        (
            "<script async id=fathom-script src=https://s.example/tracker.js></script><script>fathom('set','siteId','X');fathom('trackPageview')</script>",
            "https://s.example/tracker.js",
            "https://s.example/collect",
        ),
        // A first-party copy under another name, told where to send to.
        (
            "<script>window.fathom=window.fathom||function(){(fathom.q=fathom.q||[]).push(arguments)};fathom('set','siteId','X');fathom('set','trackerUrl','/c');var s=document.createElement('script');s.src='/js/t.js';s.id='fathom-script'</script>",
            "/js/t.js",
            "/c",
        ),
        (
            "<script>!function(e,t,r){var n=e.createElement('script');n.src=r,n.id='fathom-script'}(document,window,'//f.example/tracker.js');window.fathom('set','siteId','X');window.fathom('trackPageview')</script>",
            "//f.example/tracker.js",
            "//f.example/collect",
        ),
    ] {
        let found = seen(html);
        let [one] = &found[..] else { panic!("{html}: {found:?}") };
        assert_eq!((one.provider, one.site.as_deref()), ("fathom-lite", Some("X")), "{html}");
        assert_eq!((one.script.as_deref(), one.collect.as_deref()), (Some(script), Some(collect)), "{html}");
    }
    let inert = seen("<script type='text/plain'>fathom('set','siteId','X');s.src='//f.example/tracker.js'</script>");
    assert_eq!((inert.len(), inert[0].style), (1, "inert"));
    for html in ["<script src=/tracker.js></script>", "<script>fathom('trackPageview')</script>"] {
        assert_eq!(seen(html), [], "{html}");
    }
}

#[test]
fn what_the_tracker_loads_is_known_as_a_pixel() {
    let pixel =
        crate::analytics::recognise_pixel("https://s.example/collect?p=%2F&h=https%3A%2F%2Fb.example&sid=ABCDE");
    let pixel = pixel.unwrap();
    assert_eq!((pixel.provider, pixel.style, pixel.site.as_deref()), ("fathom-lite", "pixel", Some("ABCDE")));
    assert_eq!(crate::analytics::recognise_pixel("https://s.example/collect?p=1"), None);
}

/// Trackers of 1.0 had `trackPageview` and `setTrackerUrl` alone.
#[test]
fn a_tracker_without_the_command_that_names_the_site_does_not_understand_the_snippet() {
    let old = lex("var commands={trackPageview:a,setTrackerUrl:b};window.fathom=function(){commands[c].apply(this,d)}");
    assert!(!PROVIDER.understands(&old, "set"));
    assert!(PROVIDER.understands(&old, "trackPageview") && PROVIDER.understands(&old, "fathom"));
    assert!(explain("set").unwrap().contains("1.1"));
}

#[test]
fn the_probe_is_dropped_by_the_handler_and_tells_when_the_database_is_away() {
    let target = target();
    let Step::Ask(first) = next(&target, &[]) else { panic!() };
    assert_eq!(first.url.as_str(), "https://stats.example/collect");
    let headers: BTreeMap<_, _> = first.headers.iter().cloned().collect();
    assert!(headers["User-Agent"].contains("bot") && headers["DNT"] == "1");
    // Constructed: an empty 200 from the handler, then `/health`.
    let nowhere = Reply { status: 404, ..Reply::default() };
    let said = |first: Reply, health: u16| {
        next(&target, &[first, Reply { status: health, ..Reply::default() }, nowhere.clone()])
    };
    let empty = || Reply { status: 200, ..Reply::default() };
    assert!(matches!(said(empty(), 200), Step::Done(Finding::Indistinguishable { .. })));
    assert!(matches!(said(empty(), 404), Step::Done(Finding::Indistinguishable { .. })));
    assert!(matches!(said(empty(), 503), Step::Done(Finding::Trouble { kind: "database-down", .. })));
    let lost = [empty(), empty(), empty()];
    assert!(matches!(next(&target, &lost), Step::Done(Finding::Broken { kind: "empty-answer", .. })));
    assert!(matches!(next(&target, &lost[..2]), Step::Ask(control) if control.url.path().contains("nothing-is-here")));
    let page = Reply { body: b"<title>Log in</title>".to_vec(), ..empty() };
    assert!(matches!(said(page, 200), Step::Done(Finding::Broken { kind: "not-the-counter", .. })));
    let gone = Reply { status: 404, ..Reply::default() };
    assert_eq!(said(gone, 200), Step::Done(Finding::Unclassified));
}

#[test]
fn a_hit_is_held_against_what_the_handler_asks() {
    let target = target();
    let hits = |query: &str| {
        let request = Request::get(Url::parse(&format!("{}{query}", target.collect)).unwrap());
        ((PROVIDER.stand_in.hits)(&request, &target), (PROVIDER.stand_in.answer)(&request, &target))
    };
    let (good, answer) = hits("?h=https%3A%2F%2Fblog.example&p=%2Fa%2F%3Fx&r=&sid=1");
    assert_eq!((good[0].problems.as_slice(), good[0].path.as_str()), (&[][..], "/a/"));
    assert!(answer.is_gif() && answer.header("tk") == Some("N"));
    for (query, word) in [
        ("?h=https://blog.example&sid=1", "`p`"),
        ("?h=https://blog.example&p=a&sid=1", "does not begin"),
        ("?p=/&sid=1", "`h`"),
        ("?h=nowhere&p=/&sid=1", "no address"),
        ("?h=https://other.example&p=/&sid=1", "not this site"),
        ("?h=https://blog.example&p=/", "`sid`"),
        ("?h=https://blog.example&p=/&sid=2", "another site"),
    ] {
        let problems = &hits(query).0[0].problems;
        assert!(problems.len() == 1 && problems[0].contains(word), "{query}: {problems:?}");
    }
    assert!(hits("?sid=1").1.body.is_empty());
}
