//! Owns what is known of Fathom Lite, the server that one runs oneself: the queue `fathom`, the tracker
//! that looks for its own element by id, and the collect handler that answers 200 to everybody.
//!
//! Read in the sources of 1.0 to 1.3 (`assets/src/js/tracker.js`, `pkg/api/collect.go`). Nothing was recorded on
//! a running server. The hosted service, which shares only the name, is `fathom`.

mod hits;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::deeds::{Deed, Value};
use super::exchange::{Finding, Reply, Request, Step, Target};
use super::gathering::{Command, Part, Queue, gather};
use super::loading::Compiled;
use super::script::Script;
use super::{
    Class, OrderProblem, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Tracker, Transport, below,
    file_name, host_of, inline_json, queried,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "fathom-lite",
    title: "Fathom Lite",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "the queue `fathom`, the site set before the page view", print }],
    options: &[],
    canonical_decides_path: true,
    site_in_snippet: |_| true,
    recognise,
    pixel,
    site_problem: |_| None,
    home: None,
    addresses,
    collects: |_| Vec::new(),
    parameters: |_| BTreeMap::new(),
    decides: |_, _, _| false,
    tracker: Tracker {
        class: |_| Class::Fingerprint,
        markers: &[&["fathom"], &["trackPageview"]],
        impostors: &[],
        hosts: &[],
        released: &[],
    },
    commands: &["fathom", "set", "trackPageview", "setTrackerUrl"],
    signs,
    explain,
    order: |commands, _| OrderProblem::unless_counted(commands, "fathom", "trackPageview"),
    transports,
    // It looks for an element with the id `fathom-script`, wherever that stands.
    lookups: |_| Vec::new(),
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: None,
    probe: Probe { name: "bot-and-health", method: "GET", next },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn {
        version: "1.3.1",
        tracker: include_str!("standin/fathom-lite.js"),
        answer: hits::answer,
        hits: hits::read,
    },
};

/// The id by which the tracker finds its own element, and with it the address of the server.
const ELEMENT: &str = "fathom-script";

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let mut commands = vec![json!(["set", "siteId", analytics.site])];
    if derived(script.as_str()) != collect.as_str() {
        commands.push(json!(["set", "trackerUrl", collect.as_str()]));
    }
    commands.push(json!(["trackPageview"]));
    let calls: String = commands
        .iter()
        .map(|command| {
            let arguments: Vec<String> = command.as_array().into_iter().flatten().map(inline_json).collect();
            format!("fathom({});", arguments.join(","))
        })
        .collect();
    let source = inline_json(&json!(script.as_str()));
    format!(
        "<script>window.fathom=window.fathom||function(){{(fathom.q=fathom.q||[]).push(arguments)}};{calls}\
         (function(d){{var s=d.createElement(\"script\");s.async=true;s.id=\"{ELEMENT}\";s.src={source};d.head.appendChild(s)}})\
         (document);</script>"
    )
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "tracker.js"), below(endpoint, "collect"))
}

/// Returns where the tracker sends to when nobody tells it: it replaces its name in its own address.
fn derived(script: &str) -> String {
    script.replacen("tracker.js", "collect", 1)
}

/// Returns whether a host is the hosted service's.
fn is_hosted(url: &str) -> bool {
    host_of(url).is_some_and(|host| host == "cdn.usefathom.com")
}

const QUEUE: Queue = Queue {
    words: &["fathom"],
    is_tag: |script| {
        let named = script.attributes.get("id").is_some_and(|id| id == ELEMENT);
        script.source().is_some_and(|url| file_name(url) == "tracker.js" && (named || url.contains("fathom")))
    },
    is_tracker: |url| file_name(url) == "tracker.js",
    commands,
    names_site: |name, arguments| name == "set" && arguments.first() == Some(&Value::Text("siteId".to_owned())),
};

fn commands(deed: &Deed) -> Vec<Command> {
    match deed {
        Deed::Call(path, arguments) if path == "fathom" => match arguments.split_first() {
            Some((Value::Text(name), rest)) => vec![(name.clone(), rest.to_vec())],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Finds the queue's snippets, whoever's tracker they load.
pub(super) fn queues(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut sightings: Vec<Sighting> = gather(&QUEUE, scripts, true).into_iter().filter_map(sighting).collect();
    let inert = gather(&QUEUE, scripts, false).into_iter().filter_map(sighting);
    sightings.extend(inert.map(|sighting| Sighting { style: "inert", ..sighting }));
    sightings
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut sightings = queues(scripts);
    sightings.retain(|sighting| !sighting.script.as_deref().is_some_and(is_hosted));
    sightings
}

fn sighting(parts: Vec<Part>) -> Option<Sighting> {
    let mut sighting = Sighting { provider: PROVIDER.name, style: "bare", ..Sighting::default() };
    let text = |value: Option<&Value>| value.and_then(Value::printed).map(Cow::into_owned);
    for part in &parts {
        sighting.tags.push(part.tag());
        match part {
            Part::Load(url, _) => {
                sighting.script.get_or_insert(url.clone());
            }
            Part::Command(name, arguments, _) => {
                sighting.style = "queue";
                match (name.as_str(), text(arguments.first()).as_deref()) {
                    ("set", Some("siteId")) => sighting.site = text(arguments.get(1)),
                    ("set", Some("trackerUrl")) => sighting.collect = text(arguments.get(1)),
                    ("setTrackerUrl", Some(url)) => sighting.collect = Some(url.to_owned()),
                    _ => {}
                }
                sighting.commands.push(name.clone());
            }
        }
    }
    // Without a tracker and a site there is only a call of some function of that name.
    if sighting.script.is_none() && sighting.site.is_none() {
        return None;
    }
    sighting.tags.dedup();
    if sighting.style == "queue" {
        sighting.commands.insert(0, "fathom".to_owned());
    }
    if sighting.collect.is_none() {
        sighting.collect = sighting.script.as_deref().map(derived);
        sighting.is_derived = true;
    }
    Some(sighting)
}

/// `<img src="//HOST/collect?h=…&p=…&sid=…">`: what the tracker itself loads.
fn pixel(address: &str) -> Option<Sighting> {
    let (place, mut query) = queried(address).filter(|(place, _)| file_name(place) == "collect")?;
    (query.contains_key("h") && query.contains_key("p")).then_some(())?;
    Some(Sighting {
        provider: PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        site: Some(query.remove("sid")?),
        ..Sighting::default()
    })
}

/// Commands are keys of an object in the tracker, so that a minifier keeps them.
fn signs(command: &str) -> Vec<Sign> {
    vec![Sign::Name(Cow::Owned(command.to_owned()))]
}

fn explain(command: &str) -> Option<&'static str> {
    Some(match command {
        "fathom" => {
            "the snippet hands its commands over in a queue named `fathom`, and this script never looks at one of that name"
        }
        "set" => {
            "the snippet names the site with `fathom('set', 'siteId', …)`. Trackers before Fathom 1.1 know no command \
             `set`: they stop there with an error, and the page view behind it is never sent"
        }
        _ => return None,
    })
}

/// The hit is an image that the tracker puts into the page.
fn transports(script: &Script<'_>, _commands: &[String]) -> Vec<Transport> {
    let image =
        Sign::Text(Cow::Borrowed("img")).found_in(script) || Sign::Name(Cow::Borrowed("Image")).found_in(script);
    match image {
        true => vec![Transport::Image],
        false => super::loading::transport(script),
    }
}

/// A user agent that the server takes for a bot's; what a bot sends is dropped before anything is looked at.
const BOT: &str = "Mozilla/5.0 (compatible; watchpost-verify-bot/1.0; +https://watchpost.invalid)";

/// The request is one that the handler drops for three reasons: a bot sends it, it asks not to be tracked, and it
/// names neither host nor path. Then `/health`, which answers 503 while the database is away; then a page that is not.
fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(collect) = replies.first() else {
        let request = Request::get(target.collect.clone()).header("Origin", target.origin.clone());
        return Step::Ask(request.header("User-Agent", BOT).header("DNT", "1"));
    };
    match (collect.status, collect.body.is_empty()) {
        (200, true) => {}
        (200, false) => {
            return Step::Done(Finding::Broken {
                kind: "not-the-counter",
                answer: format!("200, {}", collect.glimpse()),
                meaning: "something answers at the counting address, and it is not Fathom Lite's handler: that one \
                          answers a bot with nothing at all"
                    .to_owned(),
                fix: "look at what is served at that address: a login page, a proxy's fallback or another program"
                    .to_owned(),
            });
        }
        _ => return Step::Done(Finding::Unclassified),
    }
    let Some(health) = replies.get(1) else { return Step::Ask(Request::get(below(&target.endpoint, "health"))) };
    if health.status == 503 {
        return Step::Done(Finding::Trouble {
            kind: "database-down",
            meaning: "Fathom Lite answers, and its database does not: no hit is kept until it is back".to_owned(),
        });
    }
    let Some(control) = replies.get(2) else { return Step::Ask(Request::get(below(&target.endpoint, NOWHERE))) };
    if control.status == 200 && control.body.is_empty() {
        return Step::Done(Finding::Broken {
            kind: "empty-answer",
            answer: "200 with nothing in it, for whatever is asked".to_owned(),
            meaning: "the server answers 200 with nothing in it also where Fathom Lite has no page: this is a proxy that has \
                      lost the server behind it, and no hit arrives"
                .to_owned(),
            fix: "look whether Fathom Lite runs behind the proxy".to_owned(),
        });
    }
    // A proxy may well hide the address that tells of the database.
    let database = if health.status == 200 { "and its database answer" } else { "answers (its database hides)" };
    Step::Done(Finding::Indistinguishable {
        answer: format!("200 with nothing in it, health {}", health.status),
        meaning: format!(
            "Fathom Lite's handler {database}, and it takes hits for every site id, also for one that nobody has: only the \
             numbers themselves tell whether yours are among them"
        ),
    })
}

/// Where the server has nothing: the control, because what the handler answers a bot is nothing too.
const NOWHERE: &str = "watchpost-verify/nothing-is-here";

#[cfg(test)]
mod tests;
