//! Owns how Google's snippets are recognised, whoever wrote them: `gtag`, the tag manager's container, and
//! those of the dead Universal Analytics and before (`analytics.js`, `ga.js`, `urchin.js`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::analytics::deeds::{Constants, Deed, Value, deeds};
use crate::analytics::gathering::{Command, Part, Queue, gather};
use crate::analytics::script::lex;
use crate::analytics::{ScriptTag, Sighting, embedding, file_name, host_of, queried};

/// Where hits go if the snippet says nothing; copies of the script on other hosts send there alike.
pub(super) const VENDOR_COLLECT: &str = "https://www.google-analytics.com/g/collect";

const QUEUE: Queue = Queue {
    words: &["gtag", "dataLayer"],
    is_tag: |script| script.source().is_some_and(is_tracker),
    is_tracker,
    commands,
    names_site: |name, _| name == "config",
};

/// `…/gtag/js?id=G-…`, also from a server of one's own.
fn is_tracker(url: &str) -> bool {
    queried(url).is_some_and(|(place, query)| place.ends_with("/gtag/js") && query.contains_key("id"))
}

fn commands(deed: &Deed) -> Vec<Command> {
    match deed {
        Deed::Call(path, arguments) if path == "gtag" => match arguments.split_first() {
            Some((Value::Text(name), rest)) => vec![(name.clone(), rest.to_vec())],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Finds Google's snippets among the scripts of a page.
pub(super) fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let gtag = |running| gather(&QUEUE, scripts, running).into_iter().flat_map(|parts| sightings(scripts, parts));
    let mut found: Vec<Sighting> = gtag(true).chain(universal(scripts, true)).collect();
    let inert = gtag(false).chain(universal(scripts, false));
    found.extend(inert.map(|sighting| Sighting { style: "inert", ..sighting }));
    found.extend(containers(scripts));
    found
}

/// Returns a sighting for each property that a snippet configures.
fn sightings(scripts: &[ScriptTag], parts: Vec<Part>) -> Vec<Sighting> {
    let mut tags: Vec<usize> = parts.iter().map(Part::tag).collect();
    tags.sort_unstable();
    tags.dedup();
    let load = parts.iter().find_map(|part| match part {
        Part::Load(url, tag) => Some((url.clone(), *tag)),
        Part::Command(..) => None,
    });
    let demands = load.as_ref().and_then(|(_, tag)| scripts.get(*tag)).map(embedding).unwrap_or_default();
    let script = load.map(|(url, _)| url);
    let names: Vec<String> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Command(name, ..) => Some(name.clone()),
            Part::Load(..) => None,
        })
        .collect();
    let mut found = Vec::new();
    for part in &parts {
        let Part::Command(name, arguments, _) = part else { continue };
        let Some(site) = arguments.first().and_then(Value::printed).filter(|_| name == "config") else { continue };
        let (mut parameters, server) = settings(arguments.get(1));
        parameters.extend(demands.clone());
        found.push(Sighting {
            provider: super::PROVIDER.name,
            style: "queue",
            // The first property's script loads those of the others, from the same place.
            script: script.as_deref().map(|script| of_site(script, &site)),
            is_derived: server.is_none(),
            collect: Some(match server {
                Some(server) => format!("{}/{}", server.trim_end_matches('/'), super::COLLECT),
                None => VENDOR_COLLECT.to_owned(),
            }),
            site: Some(site.into_owned()),
            commands: names.clone(),
            parameters,
            tags: tags.clone(),
        });
    }
    if found.is_empty() && script.is_some() {
        // It loads, and nobody tells it what to count.
        found.push(Sighting {
            provider: super::PROVIDER.name,
            style: "bare",
            script,
            commands: names,
            parameters: demands,
            tags,
            ..Sighting::default()
        });
    }
    found
}

/// Returns the settings of a property, and the server that its hits go to instead of Google's.
fn settings(value: Option<&Value>) -> (BTreeMap<String, String>, Option<String>) {
    let mut parameters = BTreeMap::new();
    let mut server = None;
    if let Some(Value::Object(object)) = value {
        for (name, value) in object {
            let printed = value.printed().map_or_else(|| "a script's own".to_owned(), Cow::into_owned);
            match name.as_str() {
                "transport_url" | "server_container_url" => server = Some(printed),
                _ => drop(parameters.insert(name.clone(), printed)),
            }
        }
    }
    (parameters, server)
}

/// Returns the address of a property's own script.
fn of_site(script: &str, site: &str) -> String {
    let Some((place, query)) = queried(script) else { return script.to_owned() };
    match query.get("id").is_some_and(|id| id == site) {
        true => script.to_owned(),
        false => {
            let encoded: String = url::form_urlencoded::byte_serialize(site.as_bytes()).collect();
            format!("{place}?id={encoded}")
        }
    }
}

/// Finds containers of the tag manager, which may count for any vendor.
fn containers(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let is_container = |url: &str| {
        queried(url).is_some_and(|(place, query)| {
            file_name(place) == "gtm.js" && query.get("id").is_some_and(|id| id.starts_with("GTM-"))
        })
    };
    let mut found = Vec::new();
    for (tag, script) in scripts.iter().enumerate().filter(|(_, script)| script.runs()) {
        let url = match script.source() {
            Some(url) => Some(url.to_owned()),
            None if script.body.contains("gtm") => {
                let loads = deeds(&lex(&script.body), &mut Constants::new());
                loads.into_iter().find_map(|deed| match deed {
                    Deed::Load(url) if is_container(&url) => Some(url),
                    _ => None,
                })
            }
            None => None,
        };
        let Some(url) = url.filter(|url| is_container(url)) else { continue };
        found.push(Sighting {
            provider: super::PROVIDER.name,
            style: "tag-manager",
            script: Some(url),
            tags: vec![tag],
            ..Sighting::default()
        });
    }
    found
}

/// Finds the snippets of Universal Analytics and of what was before it: one for each id.
fn universal(scripts: &[ScriptTag], running: bool) -> Vec<Sighting> {
    let mut found: Vec<Sighting> = Vec::new();
    let mut constants = Constants::new();
    let mut loaded = None;
    for (tag, script) in scripts.iter().enumerate().filter(|(_, script)| script.runs() == running) {
        let mut ids = BTreeSet::new();
        match script.source() {
            Some(url) if is_old_tracker(url) => loaded = Some(url.to_owned()),
            Some(_) => {}
            // The id is written out wherever one of these snippets stands.
            None if script.body.contains("UA-") => {
                for deed in deeds(&lex(&script.body), &mut constants) {
                    match deed {
                        Deed::Load(url) if is_old_tracker(&url) => loaded = Some(url),
                        Deed::Load(_) => {}
                        other => ids.extend(universal_id(&other)),
                    }
                }
            }
            None => {}
        }
        found.extend(ids.into_iter().map(|(style, site)| Sighting {
            provider: super::PROVIDER.name,
            style,
            site: Some(site),
            tags: vec![tag],
            ..Sighting::default()
        }));
    }
    for sighting in &mut found {
        sighting.script = loaded.clone();
    }
    found
}

fn is_old_tracker(url: &str) -> bool {
    let vendor = host_of(url).is_some_and(|host| host.ends_with("google-analytics.com"));
    vendor && matches!(file_name(url), "analytics.js" | "ga.js" | "urchin.js" | "dc.js")
}

/// Returns the style and the id of a deed that names one.
fn universal_id(deed: &Deed) -> Option<(&'static str, String)> {
    let id = |value: Option<&Value>| match value {
        Some(Value::Text(text)) if text.starts_with("UA-") => Some(text.clone()),
        _ => None,
    };
    match deed {
        Deed::Call(path, arguments) if matches!(path.as_str(), "ga" | "__gaTracker") => {
            let creates = arguments.first() == Some(&Value::Text("create".to_owned()));
            let site = match arguments.get(1) {
                Some(Value::Object(object)) => id(object.get("trackingId")),
                other => id(other),
            };
            Some(("analytics.js", site.filter(|_| creates)?))
        }
        Deed::Call(path, arguments) if path == "_gaq.push" => arguments.iter().find_map(|entry| match entry {
            Value::List(entry) => Some(("ga.js", id(entry.get(1))?)),
            _ => None,
        }),
        Deed::Set(path, Value::List(entries)) if path == "_gaq" => entries.iter().find_map(|entry| match entry {
            Value::List(entry) => Some(("ga.js", id(entry.get(1))?)),
            _ => None,
        }),
        Deed::Call(path, arguments) if path.ends_with("._getTracker") => Some(("ga.js", id(arguments.first())?)),
        Deed::Set(path, value) if path == "_uacct" => Some(("urchin.js", id(Some(value))?)),
        _ => None,
    }
}

/// `<img src="https://www.google-analytics.com/g/collect?v=2&tid=G-…">`, and its forebears.
pub(super) fn pixel(address: &str) -> Option<Sighting> {
    let (place, mut query) = queried(address)?;
    let vendor = host_of(place).is_some_and(|host| host.ends_with("google-analytics.com"));
    (vendor && matches!(file_name(place), "collect" | "__utm.gif")).then_some(())?;
    Some(Sighting {
        provider: super::PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        site: Some(query.remove("tid").or_else(|| query.remove("utmac"))?),
        ..Sighting::default()
    })
}
