//! Owns what is known of Open Web Analytics: the queue `owa_cmds`, a tracker whose path has moved twice, and a
//! handler that answers with an image before it has looked at the hit.
//!
//! Read in its sources (`Tracker.js`, `CommandQueue.js`) and in published snippets; nothing was recorded. The names of the
//! values in a hit are from memory and unverified.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::deeds::{Deed, Value};
use super::exchange::{Finding, HitFacts, Reply, Request, Step, Target};
use super::gathering::{Command, Part, Queue, gather};
use super::goatcounter::GIF;
use super::loading::{self, Compiled};
use super::{
    Class, OptionRow, OrderProblem, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker,
    below, file_name, inline_json,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "owa",
    title: "Open Web Analytics",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "the queue `owa_cmds`, the site set before the page view", print }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise,
    pixel: |_| None,
    site_problem: |_| None,
    home: None,
    addresses,
    collects: |_| Vec::new(),
    parameters,
    // What else its queue takes nobody has looked up: it may decide anything.
    decides: |_, name, _| !OPTIONS.iter().any(|row| row.name == name),
    tracker: Tracker {
        class: |_| Class::Fingerprint,
        markers: &[&["owa_cmds"], &["trackPageView"]],
        impostors: &[],
        hosts: &["www.openwebanalytics.com", "openwebanalytics.com"],
        released: &[],
    },
    commands: &[
        "owa_cmds",
        "setSiteId",
        "trackPageView",
        "trackClicks",
        "trackDomStream",
        "setLoggerEndpoint",
        "setPageTitle",
        "setPageType",
        "setCookieDomain",
    ],
    signs: |command| vec![Sign::Name(Cow::Owned(command.to_owned())), Sign::Text(Cow::Owned(command.to_owned()))],
    explain: |command| match command {
        "owa_cmds" => Some(
            "the snippet hands its commands over in a queue named `owa_cmds`, and this script never looks at one of that name",
        ),
        _ => None,
    },
    order: |commands, _| OrderProblem::unless_counted(commands, "owa_cmds", "trackPageView"),
    transports: |script, _| loading::transport(script),
    // It is told everything by the queue.
    lookups: |_| Vec::new(),
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: None,
    probe: Probe {
        name: "none",
        method: "GET",
        next: |_, _| {
            Step::Done(Finding::Indistinguishable {
                answer: "nothing was asked".to_owned(),
                meaning: "Open Web Analytics sends its image before it looks at a hit, so that the answer is the same for a \
                          site that it does not have, and while its database is away: its own reports tell whether visits \
                          arrive"
                    .to_owned(),
            })
        },
    },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn { version: "1.9.0", tracker: include_str!("standin/owa.js"), answer, hits },
};

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "trackClicks", takes: Takes::Flag, text: "counts clicks" },
    OptionRow { name: "trackDomStream", takes: Takes::Flag, text: "records what visitors do with the mouse" },
    OptionRow { name: "setPageTitle", takes: Takes::Text, text: "counts every page under this title" },
    OptionRow { name: "setPageType", takes: Takes::Text, text: "counts every page as of this kind" },
    OptionRow { name: "setCookieDomain", takes: Takes::Text, text: "the domain of the cookies" },
];

const LOGGER: &str = "log.php";

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let base = analytics.endpoint.url();
    let mut commands = vec![json!(["setSiteId", analytics.site])];
    if below(&base, LOGGER) != collect {
        let server = collect.as_str().strip_suffix(LOGGER).unwrap_or(collect.as_str());
        commands.push(json!(["setLoggerEndpoint", server]));
    }
    let (after, before): (Vec<_>, Vec<_>) = analytics.options.iter().partition(|(name, _)| name.starts_with("track"));
    commands.extend(before.into_iter().map(|(name, value)| json!([name, value])));
    commands.push(json!(["trackPageView"]));
    commands
        .extend(after.into_iter().filter(|(_, value)| value.as_bool() == Some(true)).map(|(name, _)| json!([name])));
    let pushes: String = commands.iter().map(|command| format!("owa_cmds.push({});", inline_json(command))).collect();
    format!(
        "<script>var owa_baseUrl={};var owa_cmds=owa_cmds||[];{pushes}(function(){{var s=document.createElement(\"script\");\
         s.async=true;s.src={};document.head.appendChild(s)}})();</script>",
        inline_json(&json!(base.as_str())),
        inline_json(&json!(script.as_str()))
    )
}

/// Since 1.9.0 (July 2026) the tracker is below `public`; before, it was `modules/base/dist/owa.tracker.js`.
fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "public/base/dist/owa.tracker.js"), below(endpoint, LOGGER))
}

fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let printed = |value: &toml::Value| match value {
        toml::Value::Boolean(flag) => flag.then(String::new),
        toml::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    analytics.options.iter().filter_map(|(name, value)| Some((name.clone(), printed(value)?))).collect()
}

const QUEUE: Queue = Queue {
    words: &["owa_"],
    is_tag: |script| script.source().is_some_and(is_tracker),
    is_tracker,
    commands,
    names_site: |name, _| name == "setSiteId",
};

/// `owa.tracker.js`, `owa.tracker-combined-min.js`.
fn is_tracker(url: &str) -> bool {
    file_name(url).starts_with("owa.tracker") && file_name(url).ends_with(".js")
}

fn commands(deed: &Deed) -> Vec<Command> {
    let queued = |entry: &Value| match entry {
        Value::List(entry) => match entry.split_first() {
            Some((Value::Text(name), rest)) => Some((name.clone(), rest.to_vec())),
            _ => None,
        },
        _ => None,
    };
    match deed {
        Deed::Call(path, arguments) if path == "owa_cmds.push" => arguments.iter().filter_map(queued).collect(),
        Deed::Set(path, Value::List(entries)) if path == "owa_cmds" => entries.iter().filter_map(queued).collect(),
        Deed::Set(path, value @ Value::Text(_)) if path == "owa_baseUrl" => {
            vec![("owa_baseUrl".to_owned(), vec![value.clone()])]
        }
        _ => Vec::new(),
    }
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut found: Vec<Sighting> = gather(&QUEUE, scripts, true).into_iter().filter_map(sighting).collect();
    let inert = gather(&QUEUE, scripts, false).into_iter().filter_map(sighting);
    found.extend(inert.map(|sighting| Sighting { style: "inert", ..sighting }));
    found
}

fn sighting(parts: Vec<Part>) -> Option<Sighting> {
    let mut sighting = Sighting { provider: PROVIDER.name, style: "bare", ..Sighting::default() };
    let text = |value: Option<&Value>| value.and_then(Value::printed).map(Cow::into_owned);
    let mut logger = None;
    for part in &parts {
        sighting.tags.push(part.tag());
        let (name, arguments) = match part {
            Part::Load(url, _) => {
                sighting.script.get_or_insert(url.clone());
                continue;
            }
            Part::Command(name, arguments, _) => (name.as_str(), arguments),
        };
        match name {
            "owa_baseUrl" => {
                if sighting.collect.is_none() {
                    sighting.collect = text(arguments.first()).map(|base| format!("{base}{LOGGER}"));
                }
                continue;
            }
            "setSiteId" => sighting.site = text(arguments.first()),
            "setLoggerEndpoint" => logger = text(arguments.first()).map(|server| format!("{server}{LOGGER}")),
            "trackPageView" => {}
            _ => {
                let value = text(arguments.first()).unwrap_or_default();
                sighting.parameters.insert(name.to_owned(), value);
            }
        }
        sighting.style = "queue";
        sighting.commands.push(name.to_owned());
    }
    if sighting.script.is_none() && sighting.site.is_none() {
        return None;
    }
    sighting.tags.dedup();
    if sighting.style == "queue" {
        sighting.commands.insert(0, "owa_cmds".to_owned());
    }
    sighting.collect = logger.or(sighting.collect);
    Some(sighting)
}

/// Plays the server: the tracker, and an image for every hit.
fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, "*", kind, body);
    match request.url.path() {
        path if path == target.script.path() => {
            reply(200, "application/javascript", PROVIDER.stand_in.tracker.as_bytes())
        }
        path if path == target.collect.path() => reply(200, "image/gif", GIF),
        _ => reply(404, "text/html", b"<!doctype html><title>Not found</title>"),
    }
}

/// Reads the hit of a request: in the query, or in a form.
fn hits(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let mut values: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    values.extend(url::form_urlencoded::parse(request.body.as_bytes()).into_owned());
    let value = |name: &str| values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    match value("owa_site_id") {
        None => problems.push("`owa_site_id`, the site, is missing".to_owned()),
        Some(site) if site != target.site => problems
            .push(format!("`owa_site_id` is `{site}`, and site.toml says `{}`: another site is counted", target.site)),
        Some(_) => {}
    }
    let mut path = String::new();
    match value("owa_page_url").map(Url::parse) {
        None => problems.push("`owa_page_url`, the address of the page, is missing".to_owned()),
        Some(Err(error)) => problems.push(format!("`owa_page_url`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            if url.origin().ascii_serialization() != target.origin {
                problems.push(format!("`owa_page_url` is `{url}`, and not on this site"));
            }
        }
    }
    let what = match value("owa_event_type") {
        Some("base.page_request") => format!("page view of `{path}`"),
        Some(event) => format!("`{event}` on `{path}`"),
        None => {
            problems.push("`owa_event_type`, what happened, is missing".to_owned());
            format!("nothing on `{path}`")
        }
    };
    vec![HitFacts { what, path, problems, remarks: Vec::new() }]
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
    fn the_published_snippet_and_its_variants_are_recognised() {
        let published = only(include_str!("fixtures/owa.html"));
        assert_eq!(published.site.as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(published.collect.as_deref(), Some("https://stats.example/owa/log.php"));
        assert_eq!(
            published.script.as_deref(),
            Some("https://stats.example/owa/modules/base/js/owa.tracker-combined-min.js")
        );
        assert_eq!(published.commands, ["owa_cmds", "setSiteId", "trackPageView", "trackClicks"]);
        let split = only(
            "<script src=/owa/public/base/dist/owa.tracker.js></script><script>window.owa_baseUrl='/owa/';window.owa_cmds=[['setSiteId','x'],['trackPageView']]</script>",
        );
        assert_eq!((split.site.as_deref(), split.collect.as_deref()), (Some("x"), Some("/owa/log.php")));
        let asleep = only("<script type=text/plain>owa_cmds.push(['setSiteId','x'])</script>");
        assert_eq!(asleep.style, "inert");
        assert_eq!(crate::analytics::recognise(&tags("<script>// owa_cmds.push(['setSiteId','x'])\n</script>")), []);
    }

    #[test]
    fn a_hit_is_held_against_what_the_tracker_sends() {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let target = crate::analytics::target(&analytics("owa"), &base).unwrap();
        let hit = |body: &str| hits(&Request::post_form(target.collect.clone(), body), &target);
        let good = "owa_site_id=1&owa_event_type=base.page_request&owa_page_url=https%3A%2F%2Fblog.example%2Fa%2F";
        assert_eq!((hit(good)[0].what.as_str(), hit(good)[0].problems.len()), ("page view of `/a/`", 0));
        for (change, word) in [
            (("owa_site_id=1&", ""), "`owa_site_id`"),
            (("owa_site_id=1", "owa_site_id=2"), "another site"),
            (("owa_event_type=base.page_request&", ""), "`owa_event_type`"),
            (("blog.example", "other.example"), "not on this site"),
        ] {
            let problems = &hit(&good.replace(change.0, change.1))[0].problems;
            assert!(problems.len() == 1 && problems[0].contains(word), "{word}: {problems:?}");
        }
    }
}
