//! Walks [`PROVIDERS`]: each recognises its vendor's published snippet and our own, and no other's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::exchange::{Control, Finding};
use super::*;
use crate::config::{OnUnknown, Placed};

/// Takes the script tags out of a snippet, as the page's real parser would; fixtures are tame markup.
pub(crate) fn tags(html: &str) -> Vec<ScriptTag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        let open = &rest[start + 7..];
        let end = end_of_tag(open);
        let close = open[end..].find("</script>").expect("a fixture closes its scripts") + end;
        let body = open[end + 1..close].to_owned();
        tags.push(ScriptTag { attributes: attributes(&open[..end]), body, line: 1 });
        rest = &open[close..];
    }
    tags
}

fn end_of_tag(open: &str) -> usize {
    let mut quote = None;
    open.find(|character: char| match (quote, character) {
        (None, '>') => true,
        (None, '"' | '\'') => {
            quote = Some(character);
            false
        }
        (Some(open), close) if open == close => {
            quote = None;
            false
        }
        _ => false,
    })
    .expect("a fixture closes its tags")
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|character: char| character == '=' || character.is_whitespace()).unwrap_or(rest.len());
        let name = rest[..end].to_lowercase();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().filter(|character| matches!(character, '"' | '\''));
            let (text, left) = match quote {
                Some(quote) => after[1..].split_once(quote).expect("a fixture closes its quotes"),
                None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            value = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            rest = left;
        }
        attributes.insert(name, value);
        rest = rest.trim_start();
    }
    attributes
}

pub(crate) fn analytics(provider: &str) -> Analytics {
    Analytics {
        provider: provider.to_owned(),
        endpoint: Endpoint::Server(Url::parse("https://stats.example/").unwrap()),
        site: "1".to_owned(),
        script: None,
        collect: None,
        accept: None,
        token_env: None,
        token: None,
        canary_site: None,
        exclude: Vec::new(),
        on_unknown: OnUnknown::Fail,
        max_unknown_age: SignedDuration::from_hours(14 * 24),
        placed: Placed::Page,
        options: BTreeMap::new(),
        expect: BTreeMap::new(),
    }
}

/// Returns a site as a provider calls one.
pub(crate) fn site_of(provider: &str) -> &'static str {
    let _ = provider;
    "1"
}

const PUBLISHED: &[(&str, &str)] = &[
    ("goatcounter", include_str!("fixtures/goatcounter.html")),
    ("liwan", include_str!("fixtures/liwan.html")),
    ("matomo", include_str!("fixtures/matomo.html")),
    ("plausible", include_str!("fixtures/plausible.html")),
    ("shynet", include_str!("fixtures/shynet.html")),
    ("umami", include_str!("fixtures/umami.html")),
    ("fathom", include_str!("fixtures/fathom.html")),
    ("fathom-lite", include_str!("fixtures/fathom-lite.html")),
    ("ga4", include_str!("fixtures/ga4.html")),
    ("cloudflare", include_str!("fixtures/cloudflare.html")),
    ("simple-analytics", include_str!("fixtures/simple.html")),
    ("owa", include_str!("fixtures/owa.html")),
];

#[test]
fn every_provider_recognises_what_its_vendor_publishes_and_no_other_does() {
    for provider in PROVIDERS {
        let fixtures: Vec<_> = PUBLISHED.iter().filter(|(name, _)| *name == provider.name).collect();
        assert_eq!(fixtures.len(), 1, "{} has no fixture of its vendor's snippet", provider.name);
        for (name, html) in PUBLISHED {
            let found = (provider.recognise)(&tags(html));
            assert_eq!(found.len(), usize::from(*name == provider.name), "{} on {name}'s: {found:?}", provider.name);
        }
    }
}

#[test]
fn every_provider_recognises_its_own_snippets_as_what_is_expected() {
    for provider in PROVIDERS {
        let analytics = analytics(provider.name);
        let expected = expected(&analytics).unwrap();
        for revision in provider.revisions {
            let found = recognise(&tags(&snippet(&analytics, Some(revision.number))));
            assert_eq!(found.len(), 1, "{} revision {}: {found:?}", provider.name, revision.number);
            assert_eq!(found[0].provider, provider.name);
            assert_eq!(found[0].script.as_deref(), Some(expected.script.as_str()));
            assert_eq!(found[0].collect.as_deref(), Some(expected.collect.as_str()));
            assert_eq!(found[0].site, expected.site);
            assert_eq!(found[0].parameters, expected.parameters);
        }
    }
}

/// Returns a provider's table with one option set to something that its kind takes.
fn with_option(provider: &Provider, row: &OptionRow) -> Analytics {
    let value = match row.takes {
        Takes::Flag => toml::Value::Boolean(true),
        Takes::Text => toml::Value::String("a \"b\" </script> & c".to_owned()),
        Takes::Number => toml::Value::Integer(15),
        Takes::Texts => toml::Value::Array(vec!["*.a.example".into(), "b.example".into()]),
    };
    Analytics { options: BTreeMap::from([(row.name.to_owned(), value)]), ..analytics(provider.name) }
}

#[test]
fn every_option_of_every_provider_reaches_the_page_as_it_is_expected() {
    for provider in PROVIDERS {
        for row in provider.options {
            let analytics = with_option(provider, row);
            assert_eq!(problems(&analytics), Vec::<String>::new());
            let html = snippet(&analytics, None);
            assert_eq!(html.matches("</script>").count(), html.matches("<script").count(), "{html}");
            let found = recognise(&tags(&html));
            assert_eq!(found.len(), 1, "{html}");
            let expected = expected(&analytics).unwrap().parameters;
            assert_eq!(found[0].parameters, expected, "{html}");
            assert_ne!(expected, self::expected(&self::analytics(provider.name)).unwrap().parameters, "{html}");
        }
    }
}

#[test]
fn revisions_count_from_one_and_names_are_unique() {
    for provider in PROVIDERS {
        let numbers: Vec<u32> = provider.revisions.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "{}", provider.name);
        assert!(!numbers.is_empty());
        assert_eq!(PROVIDERS.iter().filter(|other| other.name == provider.name).count(), 1);
        for (version, digest) in provider.tracker.released {
            assert!(digest.parse::<crate::digest::Sha256>().is_ok(), "{} {version}: {digest}", provider.name);
        }
    }
}

#[test]
fn every_stand_in_tracker_understands_all_that_our_own_snippet_asks_of_it() {
    for provider in PROVIDERS {
        let script = script::lex(provider.stand_in.tracker);
        assert_eq!(script.broken, None, "{}", provider.name);
        let found = recognise(&tags(&snippet(&analytics(provider.name), None)));
        for command in &found[0].commands {
            assert!(provider.understands(&script, command), "{} does not understand {command}", provider.name);
        }
        assert!((provider.order)(&found[0].commands, Some(&script)).is_ok());
        assert_eq!((provider.transports)(&script, &found[0].commands).len(), 1, "{}", provider.name);
        for row in provider.options {
            let found = recognise(&tags(&snippet(&with_option(provider, row), None)));
            for command in &found[0].commands {
                assert!(provider.understands(&script, command), "{}'s stand-in ignores {command}", provider.name);
            }
        }
    }
}

#[test]
fn an_unknown_option_or_provider_is_named_with_what_was_probably_meant() {
    let options = BTreeMap::from([("no_onlaod".to_owned(), toml::Value::Boolean(true))]);
    let told = problems(&Analytics { options, ..analytics("goatcounter") });
    assert_eq!(told, ["`no_onlaod` is no option of GoatCounter that is known; did you mean `no_onload`?"]);
    assert!(problems(&analytics("goatcuonter"))[0].contains("did you mean `goatcounter`?"));
    let options = BTreeMap::from([("disableCookies".to_owned(), toml::Value::Integer(1))]);
    assert!(problems(&Analytics { options, ..analytics("matomo") })[0].contains("takes `true` or `false`"));
}

#[test]
fn a_string_is_a_name_only_where_it_stands_for_one() {
    let known = |source: &str| Sign::Name(Cow::Borrowed("_paq")).found_in(&script::lex(source));
    assert!(known("var q=window._paq"));
    assert!(known("var q=window['_paq']"));
    assert!(known("x={'_paq':1}"));
    assert!(!known("// _paq"));
    assert!(!known("/* reads _paq */ var q=1"));
    assert!(!known("console.error('_paq is not supported, use Piwik.getTracker')"));
    assert!(!known("return ['_paq']"));
    assert!(!known("x=/_paq/"));
}

fn only(html: &str) -> Sighting {
    let found = recognise(&tags(html));
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn goatcounter_is_recognised_in_its_variants() {
    let reordered =
        only("<script src=//gc.zgo.at/count.js async data-goatcounter=https://a.goatcounter.com/count></script>");
    assert_eq!(reordered.collect.as_deref(), Some("https://a.goatcounter.com/count"));
    assert_eq!(reordered.script.as_deref(), Some("//gc.zgo.at/count.js"));
    let frozen = only(
        "<script data-goatcounter=\"/count\" async src=\"/js/count.v5.js\" integrity=\"sha384-x\" crossorigin=\"anonymous\"></script>",
    );
    assert_eq!(frozen.parameters["integrity"], "sha384-x");
    let settings = only(
        "<script data-goatcounter='/count' data-goatcounter-settings='{\"no_onload\": true, \"path\": \"/x\"}' src=/c.js></script>",
    );
    assert_eq!(settings.parameters["settings.no_onload"], "true");
    assert_eq!(settings.parameters["settings.path"], "/x");
    let inline = only("<script data-goatcounter='https://s/count'>/* count.js */</script>");
    assert_eq!((inline.style, inline.script), ("inline", None));
    let global = only(
        "<script>window.goatcounter = {endpoint: 'https://s/count', path: function(p) { return p }}</script><script async src=/count.js></script>",
    );
    assert_eq!((global.style, global.collect.as_deref()), ("global", Some("https://s/count")));
    assert_eq!(global.tags, [0, 1]);
    let inert = only("<script type=text/plain data-goatcounter=/count src=/count.js></script>");
    assert_eq!(inert.style, "inert");
    assert_eq!(recognise(&tags("<script src=/count.js></script><script>goatcounter.count()</script>")), []);
}

#[test]
fn matomo_is_recognised_in_its_variants() {
    let first = only(include_str!("fixtures/piwik-2011.html"));
    assert_eq!(first.style, "queue");
    assert_eq!(first.script.as_deref(), Some("https://stats.example/piwik.js"));
    assert_eq!(first.collect.as_deref(), Some("https://stats.example/piwik.php"));
    assert_eq!(first.site.as_deref(), Some("7"));
    assert_eq!(first.commands, ["_paq", "setSiteId", "setTrackerUrl", "trackPageView", "enableLinkTracking"]);
    let synchronous = only(include_str!("fixtures/piwik-synchronous.html"));
    assert_eq!(synchronous.style, "synchronous");
    assert_eq!(synchronous.script.as_deref(), Some("https://stats.example/piwik.js"));
    assert_eq!(synchronous.collect.as_deref(), Some("https://stats.example/piwik.php"));
    assert_eq!(synchronous.site.as_deref(), Some("7"));
    assert_eq!(synchronous.commands, ["getTracker", "trackPageView", "enableLinkTracking"]);
    let split = only(
        "<script async src=https://s/matomo.js></script><script>_paq=[['setTrackerUrl','https://s/matomo.php'],['setSiteId',3],['trackPageView']]</script>",
    );
    assert_eq!((split.site.as_deref(), split.tags.as_slice()), (Some("3"), [0, 1].as_slice()));
    let renamed = only(
        "<script>var _paq=window._paq||[];_paq.push(['setTrackerUrl','/t']);_paq.push(['setSiteId','3']);var g=document.createElement('script');g.src='/t.js'</script>",
    );
    assert_eq!(renamed.script.as_deref(), Some("/t.js"));
    let manager = only(
        "<script>var _mtm=window._mtm=window._mtm||[];_mtm.push({'mtm.startTime':1});g.src='https://s/js/container_abc.js'</script>",
    );
    assert_eq!(manager.style, "tag-manager");
    let inert = only("<script type='text/plain'>_paq.push(['setSiteId','1']);g.src='//s/matomo.js'</script>");
    assert_eq!(inert.style, "inert");
}

#[test]
fn a_snippet_that_is_commented_out_or_only_quoted_is_none() {
    for html in [
        "<script>// _paq.push(['setSiteId','1']); g.src='//s/matomo.js'\n</script>",
        "<script>var text=\"_paq.push(['setSiteId','1'])\"</script>",
        "<script>/* window.goatcounter = {endpoint: '/count'} */</script><script src=/count.js></script>",
    ] {
        assert_eq!(recognise(&tags(html)), [], "{html}");
    }
}

#[test]
fn a_snippet_that_is_there_twice_is_seen_twice() {
    for provider in PROVIDERS {
        let html = snippet(&analytics(provider.name), None);
        assert_eq!(recognise(&tags(&format!("{html}\n{html}"))).len(), 2, "{}", provider.name);
    }
    let split = "<script src=https://s/matomo.js></script><script>_paq.push(['setSiteId',3])</script>";
    assert_eq!(recognise(&tags(&split.repeat(2))).len(), 2);
}

#[test]
fn settings_before_the_snippet_and_commands_after_it_belong_to_it() {
    let html = format!(
        "<script>window._paq=window._paq||[];_paq.push(['disableCookies'])</script>{}<script>_paq.push(['trackEvent','a','b'])</script>",
        snippet(&analytics("matomo"), None)
    );
    let found = only(&html);
    assert_eq!(found.tags, [0, 1, 2]);
    assert!(found.parameters.contains_key("disableCookies"));
    assert_eq!(found.commands.last().map(String::as_str), Some("trackEvent"));
}

/// Returns the line of a provider in the table of content/docs/guard.md: what its row comes to against its own stand-in.
fn line_of(provider: &Provider) -> String {
    let table = Analytics { endpoint: Endpoint::Embedded, ..analytics(provider.name) };
    let target = target(&table, &BaseUrl::parse("https://blog.example/").unwrap()).unwrap();
    let mut replies = Vec::new();
    let told = loop {
        match (provider.probe.next)(&target, &replies) {
            Step::Ask(request) => replies.push((provider.stand_in.answer)(&request, &target)),
            Step::Done(Finding::Known { control: Control::Told(_) | Control::Within(_), .. }) => break "yes",
            Step::Done(_) => break "no",
        }
    };
    let or_nothing = |name: Option<&str>| name.map_or_else(|| "nothing".to_owned(), |name| format!("`{name}`"));
    let class = (provider.tracker.class)(&super::addresses(provider, &analytics(provider.name)).0).name();
    let version = or_nothing(provider.version.as_ref().map(|query| query.learned_by));
    let probe = or_nothing(Some(provider.probe.name).filter(|_| !replies.is_empty()));
    format!("| {} | {class} | {version} | {probe} | {told} |", provider.title)
}

#[test]
fn the_manual_says_of_every_provider_what_its_row_can_do() {
    let manual = include_str!("../../content/docs/guard.md");
    let missing: Vec<String> = PROVIDERS.iter().map(line_of).filter(|line| !manual.contains(line)).collect();
    assert_eq!(missing, Vec::<String>::new(), "content/docs/guard.md lacks these lines");
}
