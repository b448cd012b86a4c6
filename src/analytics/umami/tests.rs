//! Holds the row against snippets from the wild and against trackers of three generations. Those are ours, of the shape
//! that the vendor's minifier gives them.

use super::super::recognise as all;
use super::super::script::lex;
use super::super::tests::{analytics, tags};
use super::*;

const ID: &str = "94db1cb1-74f4-4a40-ad6c-962362670409";

const FIRST: &str = r#"!function(t){var m=t.document.querySelector("script[data-website-id]");if(m){var g=m.getAttribute.bind(m),
    w=g("data-website-id"),y=g("data-host-url"),E=g("data-domains")||"",k=g("data-cache"),
    L=function(){return localStorage.getItem("umami.disabled")},O=y||m.src.split("/").slice(0,-1).join("/");
    var n=new XMLHttpRequest;n.open("POST",O+"/api/collect",!0);t.umami={trackView:L,trackEvent:L}}}(window);"#;

const THIRD: &str = r#"!function(){"use strict";(t=>{const{document:c}=t,{currentScript:l,referrer:d}=c;if(!l)return;
    const m="data-",f=l.getAttribute.bind(l),h=f(m+"website-id"),p=f(m+"host-url"),v=f(m+"domains")||"",
    S=`${(p||"HOST"||l.src.split("/").slice(0,-1).join("/")).replace(/\/$/,"")}/api/send`,N=`${1}x${2}`,
    E=()=>!h||localStorage.getItem("umami.disabled");fetch(S,{headers:{"x-umami-cache":1}});
    t.umami={track:E,identify:E}})(window)}();"#;

fn only(html: &str) -> Sighting {
    let found = all(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn umami_is_recognised_in_its_variants() {
    let reordered = only(&format!("<script data-website-id={ID} async src=//s.example/u/script.js></script>"));
    assert_eq!(reordered.site.as_deref(), Some(ID));
    assert_eq!(reordered.collect.as_deref(), Some("//s.example/u/api/send"));
    assert!(reordered.is_derived);
    let told = only(&format!("<script src=/x.js data-host-url=https://h.example/ data-website-id={ID}></script>"));
    assert_eq!(told.collect.as_deref(), Some("https://h.example/api/send"));
    assert_eq!(
        (told.is_derived, told.commands.as_slice()),
        (false, ["data-website-id", "data-host-url"].map(str::to_owned).as_slice())
    );
    let proxied = only(&format!(
        "<script defer src=/stats/renamed.js data-website-id={ID} data-domains='a.example, b.example'></script>"
    ));
    assert_eq!(proxied.collect.as_deref(), Some("/stats/api/send"));
    assert_eq!((PROVIDER.domains)(&proxied).unwrap(), ["a.example", "b.example"]);
    let first = only(&format!("<script async defer data-website-id='{ID}' src='https://s.example/umami.js'></script>"));
    assert_eq!(first.collect.as_deref(), Some("https://s.example/api/collect"));
    let cloud = only(&format!("<script defer src='https://cloud.umami.is/script.js' data-website-id='{ID}'></script>"));
    assert_eq!(cloud.collect.as_deref(), Some(CLOUD_COLLECT));
    let nobody = only("<script defer src=https://cloud.umami.is/script.js></script>");
    assert_eq!((nobody.site, nobody.commands), (None, Vec::<String>::new()));
    let injected = only(&format!(
        "<script>var s=document.createElement('script');s.async=true;\
        s.src='https://s.example/script.js';s.setAttribute('data-website-id','{ID}');document.head.appendChild(s)</script>"
    ));
    assert_eq!((injected.style, injected.site.as_deref()), ("injected", Some(ID)));
    let calling = only(&format!(
        "<script src=/script.js data-website-id={ID}></script><script>umami.trackEvent('a','b');umami.track('x')</script>"
    ));
    assert_eq!(calling.commands, ["data-website-id", "umami.trackEvent", "umami.track"]);
    assert_eq!(calling.tags, [0, 1]);
}

#[test]
fn what_waits_or_comes_late_is_told_apart_from_what_runs() {
    let style = |kind: &str| only(&format!("<script {kind} src=/script.js data-website-id={ID}></script>")).style;
    assert_eq!(style(""), "tag");
    assert_eq!(style("type=text/plain data-category=analytics"), "inert");
    // Row 14 of the incidents: Rocket Loader runs it when nothing is `currentScript`.
    assert_eq!(style("type=9b0c7f4e1a2d33445566-text/javascript data-cf-modified-9b0c7f4e-=''"), "rocket-loader");
    let module = only(&format!("<script type=module src=/script.js data-website-id={ID}></script>"));
    assert_eq!(module.parameters["type"], "module");
}

#[test]
fn whoever_else_uses_the_attribute_is_not_umami() {
    for html in [
        "<script defer data-website-id=66a0 data-domain=a.example src=https://datafa.st/js/script.js></script>",
        "<script src=/umami.js></script>",
        "<script src=https://s.example/script.js></script>",
        "<script>var x='data-website-id'</script>",
        "<script>// s.src='/script.js';s.setAttribute('data-website-id','x')\n</script>",
    ] {
        assert!(!all(&tags(html)).iter().any(|found| found.provider == "umami"), "{html}");
    }
}

#[test]
fn the_tracker_s_own_address_is_printed_only_where_it_would_find_another() {
    let with = |script: Option<&str>, collect: Option<&str>| {
        let parse = |text: Option<&str>| text.map(|text| Url::parse(text).unwrap());
        let table = Analytics { script: parse(script), collect: parse(collect), ..analytics("umami") };
        let found = only(&print(&table));
        assert_eq!(found.collect.as_deref(), Some(super::super::addresses(&PROVIDER, &table).1.as_str()), "{found:?}");
        found.is_derived
    };
    assert!(with(None, None));
    assert!(!with(Some("https://cdn.example/u.js"), None));
    assert!(!with(None, Some("https://in.example/api/send")));
    assert!(with(Some("https://stats.example/umami.js"), Some("https://stats.example/api/collect")));
}

#[test]
fn every_generation_shows_what_it_understands_and_how_it_finds_itself() {
    let (first, third) = (lex(FIRST), lex(THIRD));
    for (script, command, understood) in [
        (&first, "data-website-id", true),
        (&third, "data-website-id", true),
        (&first, "data-cache", true),
        (&third, "data-cache", false),
        (&first, "umami.trackEvent", true),
        // Row 8: a page that was written for 1.x calls what 2.0 has taken away.
        (&third, "umami.trackEvent", false),
        (&first, "umami.track", false),
        (&third, "umami.track", true),
    ] {
        assert_eq!(PROVIDER.understands(script, command), understood, "{command}");
    }
    assert_eq!((PROVIDER.lookups)(&first), []);
    assert_eq!((PROVIDER.lookups)(&third), [Lookup::CurrentScript]);
    for script in [&first, &third] {
        assert_eq!((PROVIDER.transports)(script, &[]), [super::super::Transport::Fetch]);
    }
}

#[test]
fn the_address_that_a_server_wrote_into_its_tracker_is_read() {
    let endpoint = |source: &str| (PROVIDER.compiled)(&lex(source)).endpoint;
    assert_eq!(endpoint(FIRST).as_deref(), Some("api/collect"));
    assert_eq!(endpoint(&THIRD.replace("HOST", "")).as_deref(), Some("api/send"));
    let moved = THIRD.replace("HOST", "https://in.example/").replace("/api/send", "/c");
    assert_eq!(endpoint(&moved).as_deref(), Some("https://in.example/c"));
    assert_eq!(endpoint("let a=1"), None);
}
