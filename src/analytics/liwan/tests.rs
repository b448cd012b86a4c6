//! Holds the row against snippets from the wild.

use super::super::recognise as all;
use super::super::script::lex;
use super::super::tests::{analytics, tags};
use super::*;

fn only(html: &str) -> Sighting {
    let found = all(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn liwan_is_recognised_in_its_variants() {
    let reordered = only("<script src=https://s.example/script.js data-entity=blog type=module></script>");
    assert_eq!((reordered.site.as_deref(), reordered.is_derived), (Some("blog"), true));
    assert_eq!(reordered.collect.as_deref(), Some("https://s.example/api/event"));
    let told = only("<script type=module data-api=/e data-entity=blog src=/script.js></script>");
    assert_eq!((told.collect.as_deref(), told.is_derived), (Some("/e"), false));
    assert_eq!(told.commands, ["data-entity", "data-api"]);
    let classic = only("<script defer data-entity=blog src=/script.js></script>");
    assert_eq!((classic.style, classic.parameters.get("type")), ("tag", None));
    let inline = only("<script type=module data-entity=blog data-api=https://s.example/api/event>import 'x'</script>");
    assert_eq!((inline.style, inline.script), ("inline", None));
    assert_eq!(only("<script type=text/plain data-entity=blog src=/script.js></script>").style, "inert");
    let injected = only(
        "<script>const s=document.createElement('script');s.type='module';s.dataset.entity='blog';\
         s.src='https://s.example/script.js';document.head.append(s)</script>",
    );
    assert_eq!((injected.style, injected.parameters["type"].as_str()), ("injected", "module"));
    assert_eq!(all(&tags("<script type=module src=https://s.example/script.js></script>")), []);
}

#[test]
fn the_counting_address_is_printed_only_where_the_tracker_would_find_another() {
    assert!(only(&print(&analytics("liwan"))).is_derived);
    let below = crate::config::Endpoint::Server(Url::parse("https://stats.example/liwan/").unwrap());
    let told = only(&print(&Analytics { endpoint: below, ..analytics("liwan") }));
    assert_eq!(told.collect.as_deref(), Some("https://stats.example/liwan/api/event"));
}

#[test]
fn a_tracker_that_looks_itself_up_by_its_source_is_told_from_one_that_does_not() {
    let by_source = "let i=document.querySelector(`script[src^=\"${import.meta.url}\"]`);";
    assert_eq!(lookups(&lex(by_source)), [Lookup::ImportMetaSource]);
    assert_eq!(lookups(&lex("const u=new URL(import.meta.url)")), [Lookup::ImportMeta]);
    assert_eq!(lookups(&lex("var s=document.currentScript")), [Lookup::CurrentScript]);
    assert_eq!(lookups(&lex(PROVIDER.stand_in.tracker)), [Lookup::ImportMetaSource]);
}
