//! Owns how Matomo's snippets are recognised, whoever wrote them: the queue (today's and the first ones
//! of 2011), the synchronous form before it, the functions before that, and the tag manager.

use std::collections::BTreeMap;

use crate::analytics::deeds::{Constants, Deed, Value, deeds};
use crate::analytics::script::{Script, lex};
use crate::analytics::{ScriptTag, Sighting, file_name, queried};

/// Something that the scripts of a page do, in a browser's order.
enum Event {
    Command { name: String, arguments: Vec<Value>, tag: usize },
    Load { url: String, tag: usize },
}

/// Finds Matomo's snippets among the scripts of a page.
pub(super) fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut sightings = sightings(scripts, true);
    sightings
        .extend(self::sightings(scripts, false).into_iter().map(|sighting| Sighting { style: "inert", ..sighting }));
    sightings.extend(tag_managers(scripts));
    sightings
}

/// `<img src="//HOST/matomo.php?idsite=1&rec=1">`; without `rec=1` nothing is counted.
pub(super) fn pixel(address: &str) -> Option<Sighting> {
    let (place, mut query) =
        queried(address).filter(|(place, _)| matches!(file_name(place), "matomo.php" | "piwik.php"))?;
    query.get("rec").filter(|record| *record == "1")?;
    Some(Sighting {
        provider: super::PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        site: Some(query.remove("idsite")?),
        ..Sighting::default()
    })
}

fn sightings(scripts: &[ScriptTag], running: bool) -> Vec<Sighting> {
    let mut events = Vec::new();
    let mut constants = Constants::new();
    for (tag, script) in scripts.iter().enumerate().filter(|(_, script)| script.runs() == running) {
        match script.source() {
            Some(url) if is_tracker(url) => {
                events.push(Event::Load { url: url.to_owned(), tag });
                let waits = ["async", "defer"].iter().any(|name| script.attributes.contains_key(*name));
                if !waits && !script.is_module() {
                    events.push(Event::Command { name: super::THERE.to_owned(), arguments: Vec::new(), tag });
                }
            }
            Some(_) => {}
            None => inline(tag, script, &mut constants, &mut events),
        }
    }
    groups(events).into_iter().filter_map(sighting).collect()
}

/// Returns whether a URL is the tracker's by its name.
fn is_tracker(url: &str) -> bool {
    matches!(file_name(url), "matomo.js" | "piwik.js")
}

/// Gathers what an inline script does with Matomo.
fn inline(tag: usize, script: &ScriptTag, constants: &mut Constants, events: &mut Vec<Event>) {
    if !["_paq", "iwik", "atomo"].iter().any(|word| script.body.contains(word)) {
        return;
    }
    let tokens = lex(&script.body);
    if is_local(&tokens, script.is_module()) {
        events.push(Event::Command { name: LOCAL.to_owned(), arguments: Vec::new(), tag });
    }
    let start = events.len();
    let mut loads = Vec::new();
    let mut synchronous = false;
    let mut command = |name: &str, arguments: Vec<Value>| {
        events.push(Event::Command { name: name.to_owned(), arguments, tag });
    };
    for deed in deeds(&tokens, constants) {
        match deed {
            Deed::Call(path, arguments) if path == "_paq.push" => {
                for argument in arguments {
                    queued(argument, &mut command);
                }
            }
            Deed::Set(path, Value::List(entries)) if path == "_paq" => {
                for entry in entries {
                    queued(entry, &mut command);
                }
            }
            Deed::Call(path, arguments) if is_factory(&path) => {
                synchronous = true;
                command("getTracker", arguments);
            }
            Deed::Call(path, arguments) if path == "piwik_log" => command("piwik_log", arguments),
            Deed::Call(path, arguments) if synchronous => {
                if let Some((_, method)) = path.rsplit_once('.')
                    && super::COMMANDS.contains(&method)
                {
                    command(method, arguments);
                }
            }
            Deed::Load(url) => loads.push(url),
            Deed::Call(..) | Deed::Set(..) => {}
        }
    }
    // A tracker under a name of its own is known by the queue beside it.
    let named: Vec<String> = loads.iter().filter(|url| is_tracker(url)).cloned().collect();
    let chosen = match named.is_empty() && names_site(&events[start..]) {
        true => loads.into_iter().take(1).collect(),
        false => named,
    };
    events.extend(chosen.into_iter().map(|url| Event::Load { url, tag }));
}

/// Stands for a queue that no tracker sees.
const LOCAL: &str = "(a queue of its own)";

/// Returns whether a script makes the queue a variable of its own, where the tracker looks for one of the window's: by
/// `let` and `const`, and in a module by `var` too.
fn is_local(script: &Script<'_>, is_module: bool) -> bool {
    let tokens = &script.tokens;
    let shared = |at: usize| {
        tokens.get(at).is_some_and(|token| token.names("window"))
            && tokens.get(at + 2).is_some_and(|token| token.names("_paq"))
            && tokens.get(at + 3).is_some_and(|token| token.is("="))
    };
    tokens.windows(3).enumerate().any(|(at, window)| {
        let own = window[0].names("let") || window[0].names("const") || (is_module && window[0].names("var"));
        own && window[1].names("_paq") && window[2].is("=") && !shared(at + 3)
    })
}

/// Returns whether this is a function that makes a tracker at once.
fn is_factory(path: &str) -> bool {
    matches!(path.split_once('.'), Some(("Piwik" | "Matomo", "getTracker" | "getAsyncTracker" | "addTracker")))
}

/// Takes one entry of the queue: `["setSiteId", 1]`.
fn queued(entry: Value, command: &mut impl FnMut(&str, Vec<Value>)) {
    let Value::List(mut entry) = entry else { return };
    if entry.is_empty() {
        return;
    }
    match entry.remove(0) {
        Value::Text(name) => command(&name, entry),
        _ => command("(a function)", Vec::new()),
    }
}

/// Parts events into snippets: one for each loading of the tracker.
fn groups(events: Vec<Event>) -> Vec<Vec<Event>> {
    let load_first = matches!(events.first(), Some(Event::Load { .. }));
    let mut groups: Vec<Vec<Event>> = Vec::new();
    let mut current: Vec<Event> = Vec::new();
    for event in events {
        let is_load = matches!(event, Event::Load { .. });
        if is_load && load_first && !current.is_empty() {
            groups.push(std::mem::take(&mut current));
        }
        current.push(event);
        if is_load && !load_first {
            groups.push(std::mem::take(&mut current));
        }
    }
    match groups.last_mut() {
        // What is queued after the tracker was asked for belongs to it, unless it brings a site of its own.
        Some(last) if !load_first && !names_site(&current) => last.append(&mut current),
        _ if current.is_empty() => {}
        _ => groups.push(current),
    }
    groups
}

fn names_site(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event, Event::Command { name, .. } if name == "setSiteId" || name == "getTracker"))
}

fn sighting(events: Vec<Event>) -> Option<Sighting> {
    let mut sighting = Sighting {
        provider: super::PROVIDER.name,
        style: "bare",
        script: None,
        collect: None,
        is_derived: false,
        site: None,
        commands: Vec::new(),
        parameters: BTreeMap::new(),
        tags: Vec::new(),
    };
    if events.is_empty() {
        return None;
    }
    for event in events {
        let tag = match event {
            Event::Load { url, tag } => {
                sighting.script.get_or_insert(url);
                tag
            }
            Event::Command { name, arguments, tag } => {
                take(&mut sighting, name, &arguments);
                tag
            }
        };
        sighting.tags.push(tag);
    }
    sighting.tags.sort_unstable();
    sighting.tags.dedup();
    if sighting.style == "queue" {
        sighting.commands.insert(0, "_paq".to_owned());
    }
    Some(sighting)
}

fn take(sighting: &mut Sighting, name: String, arguments: &[Value]) {
    let printed = |index: usize| arguments.get(index).and_then(Value::printed).map(std::borrow::Cow::into_owned);
    sighting.style = match (name.as_str(), sighting.style) {
        ("getTracker", _) => "synchronous",
        ("piwik_log", _) => "functions",
        (LOCAL | super::THERE, style) => style,
        (_, "bare") => "queue",
        (_, style) => style,
    };
    match name.as_str() {
        "setTrackerUrl" => sighting.collect = printed(0),
        "setSiteId" => sighting.site = printed(0),
        "getTracker" | "addTracker" if sighting.site.is_none() => {
            sighting.collect = printed(0).or_else(|| sighting.collect.take());
            sighting.site = printed(1);
        }
        "piwik_log" => {
            sighting.site = printed(1);
            sighting.collect = printed(2);
        }
        LOCAL => {
            sighting
                .parameters
                .insert("queue".to_owned(), "a variable of the script's own, which no tracker sees".to_owned());
            return;
        }
        "enableLinkTracking" | "(a function)" | super::THERE => {}
        track if track.starts_with("track") => {}
        _ => {
            let all: Vec<String> = arguments.iter().map(all_printed).collect();
            sighting.parameters.insert(name.clone(), all.join(", "));
        }
    }
    sighting.commands.push(name);
}

fn all_printed(value: &Value) -> String {
    match value {
        Value::List(values) => values.iter().map(all_printed).collect::<Vec<_>>().join(", "),
        other => other.printed().map_or_else(|| "a script's own".to_owned(), std::borrow::Cow::into_owned),
    }
}

/// Finds Matomo's tag manager: a container that may count, or may not.
fn tag_managers(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (tag, script) in scripts.iter().enumerate().filter(|(_, script)| script.runs()) {
        let url = match script.source() {
            Some(url) => Some(url.to_owned()),
            None if script.body.contains("_mtm") => {
                let loads = deeds(&lex(&script.body), &mut Constants::new());
                loads.into_iter().find_map(|deed| if let Deed::Load(url) = deed { Some(url) } else { None })
            }
            None => None,
        };
        let Some(url) = url.filter(|url| file_name(url).starts_with("container_") && file_name(url).ends_with(".js"))
        else {
            continue;
        };
        found.push(Sighting {
            provider: super::PROVIDER.name,
            style: "tag-manager",
            script: Some(url),
            collect: None,
            is_derived: false,
            site: None,
            commands: Vec::new(),
            parameters: BTreeMap::new(),
            tags: vec![tag],
        });
    }
    found
}
