//! Holds Fathom's row against snippets of the wild; what the service answers is not known beyond an image.

use super::*;
use crate::analytics::script::lex;
use crate::analytics::tests::{analytics, tags};

fn only(html: &str) -> Sighting {
    let found = crate::analytics::recognise(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn the_tag_is_recognised_in_its_variants() {
    let vendor = only("<script defer data-site=ABC src=https://cdn.usefathom.com/script.js data-spa=auto></script>");
    assert_eq!((vendor.provider, vendor.style, vendor.site.as_deref()), ("fathom", "tag", Some("ABC")));
    assert_eq!(vendor.collect.as_deref(), Some("https://cdn.usefathom.com/"));
    assert_eq!(vendor.commands, ["data-site", "data-spa"]);
    // A domain of one's own, as the vendor once offered it: the tracker sends to the root of that host.
    let own = only(
        "<script src='https://owl.blog.example/script.js' data-site='ABC' data-included-domains='blog.example' defer></script>",
    );
    assert_eq!(own.collect.as_deref(), Some("https://owl.blog.example/"));
    assert_eq!(domains(&own), Some(vec!["blog.example".to_owned()]));
    let copied = only("<script src=/fathom.js data-site=ABC></script>");
    assert_eq!(copied.collect.as_deref(), Some("/"));
    for source in ["/js/fathom.js", "js/fathom.js", "https://h.example:8443/script.js", "//h.example/f/script.js?v=1"] {
        let unclear = only(&format!("<script src={source} data-site=ABC></script>"));
        assert_eq!((unclear.collect, unclear.is_derived), (None, true), "{source}");
    }
    let old = only("<script src=https://cdn.usefathom.com/script.js site=ABC spa=auto defer></script>");
    assert_eq!((old.site.as_deref(), old.parameters["data-spa"].as_str()), (Some("ABC"), "auto"));
    let module = only("<script type=module src=https://cdn.usefathom.com/script.js data-site=ABC></script>");
    assert_eq!(module.parameters["type"], "module");
    let rocket = only(
        "<script type='d3ab7c01ff-text/javascript' src=https://cdn.usefathom.com/script.js data-site=ABC></script>",
    );
    assert_eq!(rocket.style, "rocket-loader");
    let injected = only(
        "<script>var s=document.createElement('script');s.src='https://cdn.usefathom.com/script.js';s.dataset.site='ABC';s.setAttribute('data-spa','auto')</script>",
    );
    assert_eq!((injected.style, injected.site.as_deref()), ("injected", Some("ABC")));
    let queue = only(
        "<script>var s=document.createElement('script');s.src='https://cdn.usefathom.com/tracker.js';s.id='fathom-script';fathom('set','siteId','ABC')</script>",
    );
    assert_eq!((queue.provider, queue.style, queue.site.as_deref()), ("fathom", "queue", Some("ABC")));
    for html in ["<script src=/script.js></script>", "<script src=/app.js data-site=ABC></script>"] {
        assert_eq!(crate::analytics::recognise(&tags(html)), [], "{html}");
    }
    let pixel =
        crate::analytics::recognise_pixel("https://cdn.usefathom.com/?h=https://b.example&p=/&sid=ABC").unwrap();
    assert_eq!((pixel.provider, pixel.style, pixel.site.as_deref()), ("fathom", "pixel", Some("ABC")));
}

/// Zoo row 28: the blog moves, the list of allowed hosts stays.
#[test]
fn row_28_the_hosts_that_a_snippet_is_confined_to_are_told() {
    let confined = |list: &str| {
        domains(&only(&format!(
            "<script src=https://cdn.usefathom.com/script.js data-site=A data-included-domains='{list}'></script>"
        )))
    };
    assert_eq!(confined("a.example, b.example"), Some(vec!["a.example".to_owned(), "b.example".to_owned()]));
    assert_eq!(domains(&only("<script src=https://cdn.usefathom.com/script.js data-site=A></script>")), None);
}

#[test]
fn a_page_view_is_an_image_though_the_tracker_knows_beacons() {
    let script = lex("x=document.createElement('img');navigator.sendBeacon(u)");
    assert_eq!(transports(&script, &[]), [Transport::Image]);
    assert_eq!(transports(&lex("navigator.sendBeacon(u)"), &[]), [Transport::Beacon]);
}

#[test]
fn the_tracker_finds_its_tag_by_the_attribute_where_it_is_a_module() {
    let both = lex("var s=document.currentScript||document.querySelector('script[data-site]')");
    assert_eq!(lookups(&both), []);
    assert_eq!(lookups(&lex("var s=document.currentScript")), [Lookup::CurrentScript]);
}

#[test]
fn nothing_is_asked_and_it_is_said_why() {
    let base = crate::paths::BaseUrl::parse("https://blog.example/").unwrap();
    let target = crate::analytics::target(&analytics("fathom"), &base).unwrap();
    let Step::Done(Finding::Indistinguishable { answer, meaning }) = (PROVIDER.probe.next)(&target, &[]) else {
        panic!()
    };
    assert!(answer == "nothing was asked" && meaning.contains("firewall"));
    let hits = |query: &str| {
        let request =
            crate::analytics::exchange::Request::get(Url::parse(&format!("{}{query}", target.collect)).unwrap());
        (PROVIDER.stand_in.hits)(&request, &target)
    };
    assert_eq!(hits(""), []);
    assert_eq!(hits("?h=https://blog.example&p=/a/&sid=1&r=")[0].problems, Vec::<String>::new());
    for (query, word) in [
        ("?h=https://blog.example&sid=1", "`p`"),
        ("?h=https://other.example&p=/&sid=1", "firewall"),
        ("?p=/&sid=1", "`h`"),
        ("?h=https://blog.example&p=/", "`sid`"),
        ("?h=https://blog.example&p=/&sid=2", "another site"),
    ] {
        let problems = &hits(query)[0].problems;
        assert!(problems.len() == 1 && problems[0].contains(word), "{query}: {problems:?}");
    }
}
