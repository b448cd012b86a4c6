//! Owns what is known of Cloudflare Web Analytics: one script tag whose attribute holds JSON with a token, or
//! nothing at all in the pages where Cloudflare's edge puts the tag in.
//!
//! Read in Cloudflare's documentation and in published snippets; nothing was recorded. What the beacon says to the
//! endpoint, and that an injected one sends to the site's own host, is from memory and unverified.

use serde_json::{Map, Value, json};
use url::Url;

use super::exchange::{Finding, HitFacts, Reply, Request, Step, Target};
use super::loading::{self, Compiled};
use super::tag::{self, Tag};
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, attribute, below,
    host_of, printed,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "cloudflare",
    title: "Cloudflare Web Analytics",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one script tag with `data-cf-beacon`", print }],
    options: &[OptionRow {
        name: "spa",
        takes: Takes::Flag,
        text: "`false` does not count pages that a script changes",
    }],
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise: |scripts: &[ScriptTag]| {
        tag::tags(scripts, &["cf-beacon", "cloudflareinsights"]).into_iter().filter_map(|tag| of_tag(&tag)).collect()
    },
    pixel: |_| None,
    site_problem: |_| None,
    home: Some(HOME),
    addresses,
    collects: |_| Vec::new(),
    parameters: |analytics| analytics.options.iter().map(|(name, value)| (name.clone(), printed(value))).collect(),
    decides: |_, name, _| name == ATTRIBUTE,
    tracker: Tracker {
        class: |_| Class::Volatile,
        markers: &[&["cf-beacon", "cfBeacon"], &["cdn-cgi/rum"]],
        impostors: &[],
        hosts: &["cloudflareinsights.com", "static.cloudflareinsights.com"],
        released: &[],
    },
    commands: &[ATTRIBUTE],
    signs: |command| {
        let selector = Sign::Text(format!("script[{command}]").into());
        tag::signs(command).into_iter().chain([selector]).collect()
    },
    explain: |_| None,
    order: |_, _| Ok(()),
    transports: |script, _| loading::transport(script),
    // Cloudflare itself hands the tag out as a classic script and as a module.
    lookups: |_| Vec::new(),
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: None,
    probe: Probe {
        name: "none",
        method: "POST",
        next: |_, _| {
            Step::Done(Finding::Indistinguishable {
                answer: "nothing was asked".to_owned(),
                meaning:
                    "Cloudflare answers every hit alike, whatever token it names, and no request is known that it \
                          would not count: its own report of the site tells whether visits arrive"
                        .to_owned(),
            })
        },
    },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn { version: "2026-11", tracker: include_str!("standin/cloudflare.js"), answer, hits },
};

const HOME: &str = "https://static.cloudflareinsights.com/";
const HOST: &str = "static.cloudflareinsights.com";
const VENDOR_COLLECT: &str = "https://cloudflareinsights.com/cdn-cgi/rum";
/// The attribute that holds the settings.
const ATTRIBUTE: &str = "data-cf-beacon";

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let mut settings = Map::from_iter([("token".to_owned(), json!(analytics.site))]);
    settings.extend(analytics.options.iter().map(|(name, value)| (name.clone(), json!(value))));
    if collect.as_str() != VENDOR_COLLECT {
        settings.insert("send".to_owned(), json!({ "to": collect.as_str() }));
    }
    let settings = Value::Object(settings).to_string();
    format!("<script defer src=\"{}\" {ATTRIBUTE}=\"{}\"></script>", attribute(script.as_str()), attribute(&settings))
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    let collect = match endpoint.as_str() {
        HOME => Url::parse(VENDOR_COLLECT).expect("a constant URL"),
        _ => below(endpoint, "cdn-cgi/rum"),
    };
    (below(endpoint, "beacon.min.js"), collect)
}

fn of_tag(tag: &Tag) -> Option<Sighting> {
    let source = tag.source.as_deref().unwrap_or_default();
    let of_vendor = host_of(source).is_some_and(|host| host == HOST) && source.contains("/beacon.");
    let written = tag.get(ATTRIBUTE);
    if !of_vendor && (written.is_none() || source.is_empty()) {
        return None;
    }
    let mut parameters = tag.parameters(std::iter::empty());
    // Both kinds of tag are the vendor's own.
    parameters.remove("type");
    let settings: Option<Map<String, Value>> = written.and_then(|text| serde_json::from_str(text).ok());
    let text = |name: &str| Some(settings.as_ref()?.get(name)?.as_str()?.to_owned());
    if written.is_some() && settings.is_none() {
        parameters.insert(ATTRIBUTE.to_owned(), "no valid JSON".to_owned());
    }
    if let Some(spa) = settings.as_ref().and_then(|settings| settings.get("spa")) {
        parameters.insert("spa".to_owned(), spa.to_string());
    }
    let sent_to = settings.as_ref().and_then(|settings| Some(settings.get("send")?.get("to")?.as_str()?.to_owned()));
    // What the edge puts in names the request that it was put into, and sends to the site's own host.
    let by_edge = text("rayId").is_some() || text("version").is_some();
    let derived = if by_edge { "/cdn-cgi/rum" } else { VENDOR_COLLECT };
    Some(Sighting {
        provider: PROVIDER.name,
        style: if by_edge && tag.style == "tag" { "edge" } else { tag.style },
        script: tag.source.clone(),
        is_derived: sent_to.is_none(),
        collect: Some(sent_to.unwrap_or_else(|| derived.to_owned())),
        site: text("token"),
        commands: written.iter().map(|_| ATTRIBUTE.to_owned()).collect(),
        parameters,
        tags: vec![tag.index],
    })
}

/// Plays the server: `beacon.min.js`, and 204 for whatever is sent.
fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, &target.origin, kind, body);
    match request.url.path() {
        path if path == target.script.path() => reply(200, "text/javascript", PROVIDER.stand_in.tracker.as_bytes()),
        path if path == target.collect.path() => reply(204, "text/plain", b""),
        _ => reply(404, "text/plain", b"not found"),
    }
}

/// Reads the hit of a request: JSON, whatever its content type says.
fn hits(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
        let problems = vec!["the body is no JSON".to_owned()];
        return vec![HitFacts { what: "nothing".to_owned(), problems, ..HitFacts::default() }];
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut problems = Vec::new();
    match text("siteToken") {
        None => problems.push("`siteToken`, the site, is missing".to_owned()),
        Some(token) if token != target.site => problems
            .push(format!("`siteToken` is `{token}`, and site.toml says `{}`: another site counts it", target.site)),
        Some(_) => {}
    }
    let mut path = String::new();
    match text("location").map(Url::parse) {
        None => problems.push("`location`, the address of the page, is missing".to_owned()),
        Some(Err(error)) => problems.push(format!("`location`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems.push(format!("`location` is on `{origin}`, and not on this site"));
            }
        }
    }
    vec![HitFacts { what: format!("page view of `{path}`"), path, problems, remarks: Vec::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::tests::{analytics, tags};
    use crate::paths::BaseUrl;

    fn only(html: &str) -> Sighting {
        let found = crate::analytics::recognise(&tags(html));
        assert_eq!(found.len(), 1, "{html}: {found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn the_tag_is_recognised_in_its_variants() {
        let published = only(include_str!("fixtures/cloudflare.html"));
        assert_eq!((published.style, published.site.as_deref()), ("tag", Some("0123456789abcdef0123456789abcdef")));
        assert_eq!((published.collect.as_deref(), published.is_derived), (Some(VENDOR_COLLECT), true));
        let module = only(
            "<script type=module src=https://static.cloudflareinsights.com/beacon.min.js data-cf-beacon='{\"token\":\"a\"}'></script>",
        );
        assert_eq!((module.site.as_deref(), module.parameters.len()), (Some("a"), 0));
        let edge = only(
            "<script defer src='https://static.cloudflareinsights.com/beacon.min.js/vaafb692b2aea4879b33c060e79fe94621666317369993' integrity='sha512-x' data-cf-beacon='{\"rayId\":\"796\",\"token\":\"a\",\"version\":\"2022.11.3\",\"si\":100}' crossorigin=anonymous></script>",
        );
        assert_eq!((edge.style, edge.collect.as_deref()), ("edge", Some("/cdn-cgi/rum")));
        let copied =
            only("<script defer src=/js/b.js data-cf-beacon='{\"token\":\"a\",\"send\":{\"to\":\"/rum\"}}'></script>");
        assert_eq!((copied.collect.as_deref(), copied.is_derived), (Some("/rum"), false));
        let injected = only(
            "<script>var s=document.createElement('script');s.src='https://static.cloudflareinsights.com/beacon.min.js';s.setAttribute('data-cf-beacon','{\"token\":\"a\"}')</script>",
        );
        assert_eq!((injected.style, injected.site.as_deref()), ("injected", Some("a")));
        let broken = only(
            "<script src=https://static.cloudflareinsights.com/beacon.min.js data-cf-beacon='{token:1}'></script>",
        );
        assert_eq!((broken.site, broken.parameters[ATTRIBUTE].as_str()), (None, "no valid JSON"));
    }

    #[test]
    fn at_home_script_and_hits_have_hosts_of_their_own() {
        let endpoint = crate::config::Endpoint::Server(Url::parse(HOME).unwrap());
        let home = Analytics { endpoint, ..analytics("cloudflare") };
        let html = crate::analytics::snippet(&home, None);
        assert!(html.contains("static.cloudflareinsights.com/beacon.min.js") && !html.contains("send"), "{html}");
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let target = crate::analytics::target(&home, &base).unwrap();
        assert_eq!(target.collect.as_str(), VENDOR_COLLECT);
        let hit =
            |body: &str| hits(&Request { body: body.to_owned(), ..Request::get(target.collect.clone()) }, &target);
        assert_eq!(
            hit("{\"siteToken\":\"1\",\"location\":\"https://blog.example/a/\"}")[0].problems,
            Vec::<String>::new()
        );
        for (body, word) in [
            ("{", "no JSON"),
            ("{\"location\":\"https://blog.example/\"}", "`siteToken`"),
            ("{\"siteToken\":\"2\",\"location\":\"https://blog.example/\"}", "another site"),
            ("{\"siteToken\":\"1\"}", "`location`"),
            ("{\"siteToken\":\"1\",\"location\":\"https://other.example/\"}", "not on this site"),
        ] {
            let problems = &hit(body)[0].problems;
            assert!(problems.len() == 1 && problems[0].contains(word), "{body}: {problems:?}");
        }
    }
}
