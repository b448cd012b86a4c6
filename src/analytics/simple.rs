//! Owns what is known of Simple Analytics: one script tag without any id, because the host of the page is the
//! site; a page view that leaves as an image; a tracker that has its vendor's host written into it.
//!
//! Read in the published builds of its scripts (github.com/simpleanalytics/scripts, of September 2026) and in its
//! documentation; nothing was recorded. The version in the banner of `latest.js` moves at the vendor's will, so that it
//! is not taken for a server's.

use std::collections::BTreeMap;

use url::Url;

use super::exchange::{Finding, HitFacts, Reply, Request, Step, Target};
use super::goatcounter::GIF;
use super::loading::{self, Compiled, Lookup};
use super::script::{Script, Token};
use super::tag::{self, Tag};
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, Transport,
    attribute, below, file_name, host_of,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "simple-analytics",
    title: "Simple Analytics",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one script tag", print }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |_| false,
    recognise: |scripts: &[ScriptTag]| {
        tag::tags(scripts, &["simpleanalytics"]).into_iter().filter_map(|tag| of_tag(&tag)).collect()
    },
    pixel,
    site_problem: |_| None,
    home: Some(HOME),
    addresses,
    collects: |_| Vec::new(),
    parameters,
    decides: |analytics, name, value| match name {
        "data-hostname" => value != analytics.site,
        "data-auto-collect" => value == "false",
        "data-ignore-pages" => !value.is_empty(),
        _ => false,
    },
    tracker: Tracker {
        class: |script| if script.path().contains("/sri/") { Class::Exact } else { Class::Volatile },
        markers: &[&["Simple Analytics"], &["simple.gif"]],
        impostors: &[],
        hosts: &["docs.simpleanalytics.com", "scripts.simpleanalyticscdn.com", "queue.simpleanalyticscdn.com", "queue"],
        released: &[],
    },
    commands: &[
        "data-hostname",
        "data-collect-dnt",
        "data-mode",
        "data-auto-collect",
        "data-ignore-pages",
        "data-ignore-metrics",
        "data-strict-utm",
        "data-allow-params",
    ],
    signs: |command| tag::signs(command),
    explain: |_| None,
    order: |_, _| Ok(()),
    transports,
    lookups,
    compiled,
    // `data-hostname` names the site, and silences nobody.
    domains: |_| None,
    version: None,
    probe: Probe {
        name: "none",
        method: "GET",
        next: |_, _| {
            Step::Done(Finding::Indistinguishable {
                answer: "nothing was asked".to_owned(),
                meaning: "Simple Analytics answers every hit alike, of a host that it counts and of any other, and no \
                          request is known that it would not count: its dashboard tells whether visits arrive"
                    .to_owned(),
            })
        },
    },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn { version: "12", tracker: include_str!("standin/simple.js"), answer, hits },
};

const HOME: &str = "https://scripts.simpleanalyticscdn.com/";
const VENDOR_COLLECT: &str = "https://queue.simpleanalyticscdn.com/simple.gif";

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "data-hostname", takes: Takes::Text, text: "counts visits under this host" },
    OptionRow { name: "data-collect-dnt", takes: Takes::Flag, text: "counts visitors who ask not to be tracked, too" },
    OptionRow { name: "data-mode", takes: Takes::Text, text: "`hash` counts addresses after a `#`" },
    OptionRow { name: "data-auto-collect", takes: Takes::Flag, text: "`false` counts nothing by itself" },
    OptionRow { name: "data-ignore-pages", takes: Takes::Texts, text: "paths that are not counted" },
    OptionRow { name: "data-ignore-metrics", takes: Takes::Texts, text: "what is not sent" },
    OptionRow { name: "data-strict-utm", takes: Takes::Flag, text: "takes only parameters that begin with `utm_`" },
    OptionRow { name: "data-allow-params", takes: Takes::Texts, text: "parameters of addresses that are kept" },
];

fn print(analytics: &Analytics) -> String {
    let (script, _) = super::addresses(&PROVIDER, analytics);
    let parameters = parameters(analytics);
    let attributes = tag::print(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    format!("<script async src=\"{}\"{attributes}></script>", attribute(script.as_str()))
}

/// A script from another host than the vendor's is told the host, so that it can be known for what it is.
fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let mut parameters = tag::options(analytics);
    if analytics.endpoint.url().as_str() != HOME {
        parameters.entry("data-hostname".to_owned()).or_insert_with(|| analytics.site.clone());
    }
    parameters
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    let collect = match endpoint.as_str() {
        HOME => Url::parse(VENDOR_COLLECT).expect("a constant URL"),
        _ => below(endpoint, "simple.gif"),
    };
    (below(endpoint, "latest.js"), collect)
}

fn is_vendor(url: &str) -> bool {
    host_of(url).is_some_and(|host| host.ends_with("simpleanalyticscdn.com") || host == "cdn.simpleanalytics.io")
}

fn of_tag(tag: &Tag) -> Option<Sighting> {
    let source = tag.source.as_deref()?;
    let name = file_name(source);
    let is_main = !matches!(name, "auto-events.js" | "embed.js" | "e.js");
    let has_option = OPTIONS.iter().any(|row| tag.get(row.name).is_some());
    let copied = matches!(name, "latest.js" | "light.js" | "proxy.js" | "app.js")
        && (has_option || source.contains("simpleanalytics"));
    if !(copied || (is_vendor(source) && is_main)) {
        return None;
    }
    let parameters = tag.parameters(OPTIONS.iter().map(|row| row.name));
    let collect = match is_vendor(source) {
        true => VENDOR_COLLECT.to_owned(),
        false => format!("{}simple.gif", source.split(['?', '#']).next().and_then(|url| url.strip_suffix(name))?),
    };
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        script: Some(source.to_owned()),
        collect: Some(collect),
        is_derived: true,
        site: None,
        commands: parameters.keys().filter(|name| name.starts_with("data-")).cloned().collect(),
        parameters,
        tags: vec![tag.index],
    })
}

/// `<img src="https://queue.simpleanalyticscdn.com/noscript.gif">`, which the vendor puts into a `noscript`.
fn pixel(address: &str) -> Option<Sighting> {
    let place = address.split(['?', '#']).next()?;
    (is_vendor(place) && matches!(file_name(place), "noscript.gif" | "simple.gif")).then(|| Sighting {
        provider: PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        ..Sighting::default()
    })
}

/// A page view is an image; beacons, which the tracker knows too, tell how long it lasted.
fn transports(script: &Script<'_>, _commands: &[String]) -> Vec<Transport> {
    match Sign::Name("Image".into()).found_in(script) {
        true => vec![Transport::Image],
        false => loading::transport(script),
    }
}

/// It asks for `document.currentScript`, and looks for a tag with its vendor's host where there is none.
fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    let falls_back = texts(script).any(|text| text.contains("script[src"));
    loading::lookups(script).into_iter().filter(|lookup| !(falls_back && *lookup == Lookup::CurrentScript)).collect()
}

fn texts<'s>(script: &'s Script<'_>) -> impl Iterator<Item = &'s str> {
    script.tokens.iter().filter_map(|token| match token {
        Token::Text(text) | Token::Template(text) => Some(text.as_ref()),
        _ => None,
    })
}

/// Its last argument is the host that it sends to, with `queue.` before it: `}(window,{},"simpleanalyticscdn.com")`.
fn compiled(script: &Script<'_>) -> Compiled {
    let tokens = &script.tokens;
    let handed = tokens.iter().enumerate().rev().take(8).find_map(|(index, token)| match token {
        Token::Text(text) if tokens.get(index + 1).is_some_and(|next| next.is(")")) => Some(text.as_ref()),
        _ => None,
    });
    let is_host = |text: &&str| text.contains('.') && !text.contains(['/', ' ']);
    let before = texts(script).find(|text| matches!(*text, "https://queue." | "https://"));
    let endpoint = handed.filter(is_host).zip(before).map(|(host, before)| format!("{before}{host}/simple.gif"));
    Compiled { endpoint, ..Compiled::default() }
}

/// Plays the server: `latest.js`, and an image for every hit.
fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, "*", kind, body);
    match request.url.path() {
        path if path == target.script.path() => {
            reply(200, "application/javascript", PROVIDER.stand_in.tracker.as_bytes())
        }
        path if path == target.collect.path() => reply(200, "image/gif", GIF),
        _ => reply(404, "text/plain", b"not found"),
    }
}

/// Reads the hit of a request: all of it stands in the query.
fn hits(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let value = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    match value("hostname") {
        None => problems.push("`hostname`, the site, is missing".to_owned()),
        Some(host) if host != target.site => {
            problems.push(format!("`hostname` is `{host}`, and site.toml says `{}`: it is counted there", target.site))
        }
        Some(_) => {}
    }
    let path = value("path").unwrap_or_default();
    if !path.starts_with('/') {
        problems.push("`path` is missing or does not begin with `/`".to_owned());
    }
    let what = match value("type") {
        Some("pageview") => format!("page view of `{path}`"),
        Some(other) => format!("{other} on `{path}`"),
        None => {
            problems.push("`type`, what happened, is missing".to_owned());
            format!("nothing on `{path}`")
        }
    };
    vec![HitFacts { what, path: path.to_owned(), problems, remarks: Vec::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::script::lex;
    use crate::analytics::tests::{analytics, tags};
    use crate::paths::BaseUrl;

    fn only(html: &str) -> Sighting {
        let found = crate::analytics::recognise(&tags(html));
        assert_eq!(found.len(), 1, "{html}: {found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn the_tag_is_recognised_in_its_variants() {
        let published = only(include_str!("fixtures/simple.html"));
        assert_eq!((published.style, published.collect.as_deref()), ("tag", Some(VENDOR_COLLECT)));
        let own = only("<script async src=https://simple.blog.example/latest.js data-hostname=blog.example></script>");
        assert_eq!(own.collect.as_deref(), Some("https://simple.blog.example/simple.gif"));
        let frozen = only(
            "<script async src=https://scripts.simpleanalyticscdn.com/sri/v11.js integrity=sha256-x crossorigin=anonymous></script>",
        );
        assert_eq!(frozen.parameters["integrity"], "sha256-x");
        let class = |url: &str| (PROVIDER.tracker.class)(&Url::parse(url).unwrap());
        assert_eq!(class("https://scripts.simpleanalyticscdn.com/sri/v11.js"), Class::Exact);
        assert_eq!(class("https://scripts.simpleanalyticscdn.com/latest.js"), Class::Volatile);
        let injected = only(
            "<script>/* simpleanalytics */var s=document.createElement('script');s.src='https://scripts.simpleanalyticscdn.com/latest.js'</script>",
        );
        assert_eq!(injected.style, "injected");
        for html in [
            "<script src=/latest.js></script>",
            "<script src=https://scripts.simpleanalyticscdn.com/auto-events.js></script>",
        ] {
            assert_eq!(crate::analytics::recognise(&tags(html)), [], "{html}");
        }
        let pixel = crate::analytics::recognise_pixel("https://queue.simpleanalyticscdn.com/noscript.gif").unwrap();
        assert_eq!((pixel.provider, pixel.style), ("simple-analytics", "pixel"));
    }

    /// As the published builds of September 2026 are written, in words of our own.
    #[test]
    fn the_host_that_is_written_into_the_tracker_is_told() {
        let source = |rest: &str| {
            format!(
                "!function(w,s,h,f){{var q={rest}+h;(new Image).src=q+'/simple.gif?'+x;var t=document.currentScript||\
                 document.querySelector('script[src*=\"'+h+'\"]')}}(window,{{}},\"simpleanalyticscdn.com\");"
            )
        };
        let (vendor, own) = (source("'https://queue.'"), source("'https://'"));
        let (vendor, own) = (lex(&vendor), lex(&own));
        let endpoint = |script: &Script<'_>| compiled(script).endpoint;
        assert_eq!(endpoint(&vendor).as_deref(), Some(VENDOR_COLLECT));
        assert_eq!(endpoint(&own).as_deref(), Some("https://simpleanalyticscdn.com/simple.gif"));
        assert_eq!(endpoint(&lex(PROVIDER.stand_in.tracker)), None);
        assert_eq!(lookups(&own), []);
        assert_eq!(transports(&own, &[]), [Transport::Image]);
    }

    #[test]
    fn a_hit_is_held_against_what_the_tracker_sends() {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let target = crate::analytics::target(&analytics("simple-analytics"), &base).unwrap();
        let hit =
            |query: &str| hits(&Request::get(Url::parse(&format!("{}?{query}", target.collect)).unwrap()), &target);
        assert_eq!(hit("type=pageview&hostname=1&path=/a/")[0].problems, Vec::<String>::new());
        for (query, word) in [
            ("type=pageview&path=/", "`hostname`"),
            ("type=pageview&hostname=x&path=/", "counted there"),
            ("type=pageview&hostname=1", "`path`"),
            ("hostname=1&path=/", "`type`"),
        ] {
            let problems = &hit(query)[0].problems;
            assert!(problems.len() == 1 && problems[0].contains(word), "{query}: {problems:?}");
        }
    }
}
