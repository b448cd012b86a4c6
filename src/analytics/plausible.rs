//! Owns what is known of Plausible, hosted and self-hosted: the tag with `data-domain` (the only one until 2025), and the
//! script `pa-….js`, into which the server writes the site, with the inline `plausible.init` beside it.
//!
//! Read in the tracker's sources (`tracker/src/config.js`, `track.js`, `networking.js`) and in the documentation of November
//! 2026; no server was run. How its servers are asked stands in `questions`.

mod hits;
mod questions;
mod reports;

use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::daily::Daily;
use super::deeds::{Constants, Deed, Value, deeds};
use super::loading::{Compiled, Lookup, transport};
use super::read_back::ReadBack;
use super::script::{Script, Token, lex};
use super::tag::{self, Tag};
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, VersionQuery,
    below, file_name, host_of, inline_json,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "plausible",
    title: "Plausible",
    facts_as_of: "2026-11",
    revisions: &[Revision {
        number: 1,
        what: "the tag with `data-domain`; where `script` is a `pa-….js`, that and `plausible.init`",
        print,
    }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |analytics| !is_own(analytics),
    recognise,
    pixel: |_| None,
    site_problem: |_| None,
    home: Some("https://plausible.io/"),
    addresses,
    collects: |_| Vec::new(),
    parameters,
    decides: |_, name, value| match name {
        "data-exclude" | "data-include" | "init.transformRequest" | "init.domain" => true,
        "init.autoCapturePageviews" => value != "true",
        _ => false,
    },
    tracker: Tracker {
        class,
        markers: &[&["plausible"], &["pageview"]],
        impostors: &[],
        hosts: &["plausible.io"],
        released: &[],
    },
    commands: &[
        "data-domain",
        "data-api",
        "data-exclude",
        "data-include",
        "plausible",
        "plausible.q",
        "plausible.init",
    ],
    signs,
    explain,
    order: |_, _| Ok(()),
    transports: |script, _| transport(script),
    lookups,
    compiled,
    // `data-domain` names the site, and confines it to no host.
    domains: |_| None,
    version: Some(VersionQuery {
        learned_by: "system",
        needs_token: false,
        ask: questions::ask_version,
        read: questions::read_version,
    }),
    probe: Probe { name: "event-and-script", method: "POST", next: questions::next },
    needs_referrer: |_| Some(false),
    read_back: Some(ReadBack { name: "canary-query", next: reports::read_back }),
    daily: Some(Daily { name: "query", needs_token: true, next: reports::daily }),
    stand_in: StandIn {
        version: "3.1.0",
        tracker: include_str!("standin/plausible.js"),
        answer: questions::answer,
        hits: hits::read,
    },
};

/// Attributes of the tag with `data-domain`, and options of `plausible.init`; the tracker's own bytes tell which of them it reads.
const OPTIONS: &[OptionRow] = &[
    OptionRow {
        name: "data-exclude",
        takes: Takes::Texts,
        text: "counts no page with such a path; needs a `script` with `exclusions` in its name",
    },
    OptionRow {
        name: "data-include",
        takes: Takes::Texts,
        text: "counts only pages with such a path; needs a `script` with `exclusions` in its name",
    },
    OptionRow { name: "hashBasedRouting", takes: Takes::Flag, text: "counts a change of the fragment as a page view" },
    OptionRow { name: "autoCapturePageviews", takes: Takes::Flag, text: "`false` counts nothing by itself" },
    OptionRow { name: "captureOnLocalhost", takes: Takes::Flag, text: "counts visits to localhost too" },
    OptionRow { name: "outboundLinks", takes: Takes::Flag, text: "counts clicks on links to other sites" },
    OptionRow { name: "fileDownloads", takes: Takes::Flag, text: "counts downloads" },
    OptionRow { name: "formSubmissions", takes: Takes::Flag, text: "counts forms that are sent" },
    OptionRow { name: "logging", takes: Takes::Flag, text: "says in the console why something is not counted" },
];

/// Where the vendor serves its trackers.
const VENDOR_HOST: &str = "plausible.io";

fn class(script: &Url) -> Class {
    // A click in the site's settings changes the bytes of its own script.
    match own_id(script.path()).is_some() || script.host_str() == Some(VENDOR_HOST) {
        true => Class::Volatile,
        false => Class::Fingerprint,
    }
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "js/script.js"), below(endpoint, "api/event"))
}

/// Returns the `ID` of `…/pa-ID.js`, the script of one site.
fn own_id(source: &str) -> Option<&str> {
    let id = file_name(source).strip_prefix("pa-")?.strip_suffix(".js")?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (id.len() >= 5 && id.bytes().all(letters)).then_some(id)
}

/// Returns whether a table's pages load a script that the site is written into: `script` says so, or options do that only
/// such a one has.
fn is_own(analytics: &Analytics) -> bool {
    analytics.script.as_ref().is_some_and(|script| own_id(script.path()).is_some())
        || analytics.options.keys().any(|name| !name.starts_with("data-"))
}

/// Returns whether a script finds its tag by its id: the build for old browsers.
fn is_compatible(source: &str) -> bool {
    let name = file_name(source);
    name.split('.').skip(1).any(|part| part == "compat")
}

fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let mut parameters = tag::options(analytics);
    let (script, _) = super::addresses(&PROVIDER, analytics);
    if !is_own(analytics) && is_compatible(script.as_str()) {
        parameters.insert("id".to_owned(), "plausible".to_owned());
    }
    let init = analytics.options.iter().filter(|(name, _)| !name.starts_with("data-"));
    parameters.extend(init.map(|(name, value)| (format!("init.{name}"), value.to_string())));
    parameters
}

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let options = tag::options(analytics);
    let options = options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if is_own(analytics) {
        return print_own(analytics, &script, &collect, &tag::print(options));
    }
    let told = (derived(script.as_str()) != collect.as_str()).then_some(("data-api", collect.as_str()));
    let id = is_compatible(script.as_str()).then_some(("id", "plausible"));
    let attributes = id.into_iter().chain([("data-domain", analytics.site.as_str())]).chain(told).chain(options);
    format!("<script defer{}{}></script>", tag::print(attributes), tag::print([("src", script.as_str())]))
}

/// Names the counting address, though the server has written one into the script: so that it is what site.toml says.
fn print_own(analytics: &Analytics, script: &Url, collect: &Url, attributes: &str) -> String {
    let mut init = serde_json::Map::from_iter([("endpoint".to_owned(), json!(collect.as_str()))]);
    let options = analytics.options.iter().filter(|(name, _)| !name.starts_with("data-"));
    init.extend(options.map(|(name, value)| (name.clone(), json!(value))));
    let source = tag::print([("src", script.as_str())]);
    format!(
        "<script async{attributes}{source}></script><script>window.plausible=window.plausible||function(){{\
         (window.plausible.q=window.plausible.q||[]).push(arguments)}};window.plausible.init=window.plausible.init||\
         function(options){{window.plausible.o=options||{{}}}};window.plausible.init({});</script>",
        inline_json(&serde_json::Value::Object(init))
    )
}

/// Returns where the tracker sends if nobody tells it: to the host that it came from.
fn derived(script: &str) -> String {
    tag::beside(script, "/api/event")
}

/// What the inline scripts of a page do with Plausible.
#[derive(Default)]
struct Inline {
    /// The scripts.
    tags: Vec<usize>,
    /// The options of `plausible.init`, if that is called.
    init: Option<BTreeMap<String, String>>,
    /// What they rely on besides.
    commands: Vec<String>,
    /// A script that they load.
    source: Option<String>,
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let tags = tag::tags(scripts, &["data-domain"]);
    let running = inline(scripts, true);
    let waiting = inline(scripts, false);
    let mut sightings = Vec::new();
    for tag in &tags {
        let inline = if tag.style == "inert" { &waiting } else { &running };
        sightings.extend(of_tag(tag, inline, &tags));
    }
    for (inline, style) in [(running, "queue"), (waiting, "inert")] {
        let own = sightings.iter_mut().find(|found: &&mut Sighting| (found.style == "inert") == (style == "inert"));
        match own {
            Some(first) => join(first, inline),
            None => sightings.extend(alone(scripts, inline, style)),
        }
    }
    sightings
}

/// Gathers what the inline scripts that run, or that do not, do with Plausible.
fn inline(scripts: &[ScriptTag], running: bool) -> Inline {
    let mut inline = Inline::default();
    let mut constants = Constants::new();
    let own = |tag: &&ScriptTag| tag.source().is_none() && tag.runs() == running && tag.body.contains("plausible");
    for (index, tag) in scripts.iter().enumerate().filter(|(_, tag)| own(tag)) {
        let mut named = false;
        let lexed = lex(&tag.body);
        for deed in deeds(&lexed, &mut constants) {
            let command = match deed {
                Deed::Call(path, arguments) if path == "plausible.init" => {
                    let init = inline.init.get_or_insert_with(BTreeMap::new);
                    if let Some(Value::Object(options)) = arguments.into_iter().next() {
                        let printed = |value: &Value| value.printed().map_or("a script's own".to_owned(), Into::into);
                        init.extend(options.iter().map(|(name, value)| (name.clone(), printed(value))));
                    }
                    "plausible.init"
                }
                Deed::Call(path, _) if path == "plausible" => "plausible",
                Deed::Set(path, _) if path == "plausible.q" => "plausible.q",
                Deed::Load(url) if is_vendors(&url) => {
                    inline.source.get_or_insert(url);
                    continue;
                }
                _ => continue,
            };
            named = true;
            if !inline.commands.iter().any(|known| known == command) {
                inline.commands.push(command.to_owned());
            }
        }
        if named {
            inline.tags.push(index);
        }
    }
    inline
}

/// Returns whether a script is Plausible's by its address: the vendor's host, or a site's own script.
fn is_vendors(source: &str) -> bool {
    let name = file_name(source);
    let on_host = host_of(source).is_some_and(|host| host == VENDOR_HOST) && name.ends_with(".js");
    on_host || name == "plausible.js" || own_id(source).is_some_and(|id| id.len() >= 12)
}

/// Returns the sighting of a tag, if it is Plausible's.
fn of_tag(tag: &Tag, inline: &Inline, tags: &[Tag]) -> Option<Sighting> {
    let source = tag.source.as_deref().unwrap_or_default();
    let vendors = is_vendors(source) || (own_id(source).is_some() && inline.init.is_some());
    let domain = tag.get("data-domain");
    // Others took the attribute over; they want an id beside it (DataFast).
    let others = ["data-website-id", "data-site-id", "data-cbid"].iter().any(|name| tag.get(name).is_some());
    let named = domain.is_some() && !others && (looks_like_ours(tag, source) || inline.names_it(tags));
    if !vendors && !named {
        return None;
    }
    let is_own = own_id(source).is_some();
    let told = tag.get("data-api").filter(|api| !api.is_empty() && !is_own);
    let attributes = ["data-domain", "data-api", "data-exclude", "data-include"];
    let commands =
        attributes.into_iter().filter(|name| tag.attributes.contains_key(*name)).map(str::to_owned).collect();
    let mut parameters = tag.parameters(["data-exclude", "data-include"].into_iter());
    if is_compatible(source) && tag.get("id") == Some("plausible") {
        parameters.insert("id".to_owned(), "plausible".to_owned());
    }
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        collect: told.map(str::to_owned).or_else(|| tag.source.as_deref().map(derived)),
        is_derived: told.is_none() && tag.source.is_some(),
        site: domain.map(str::to_owned),
        commands,
        parameters,
        tags: vec![tag.index],
        script: tag.source.clone(),
    })
}

/// Returns whether a tag with `data-domain` has something else of Plausible's: its names for files, or its address.
fn looks_like_ours(tag: &Tag, source: &str) -> bool {
    let name = file_name(source);
    let first = name.split('.').next().unwrap_or_default();
    let api = tag.get("data-api").is_some();
    let names = matches!(first, "script" | "plausible" | "analytics") && name.ends_with(".js");
    names || api || source.contains("plausible") || tag.get("id") == Some("plausible")
}

impl Inline {
    /// Returns whether the page names Plausible, and only one tag could be meant.
    fn names_it(&self, tags: &[Tag]) -> bool {
        !self.tags.is_empty() && tags.iter().filter(|tag| tag.get("data-domain").is_some()).count() == 1
    }
}

/// Adds to a tag what inline scripts do beside it.
fn join(sighting: &mut Sighting, inline: Inline) {
    sighting.commands.extend(inline.commands);
    sighting.tags.extend(inline.tags);
    sighting.tags.sort_unstable();
    for (name, value) in inline.init.into_iter().flatten() {
        match name.as_str() {
            "endpoint" => {
                sighting.collect = Some(value);
                sighting.is_derived = false;
            }
            _ => drop(sighting.parameters.insert(format!("init.{name}"), value)),
        }
    }
}

/// Returns the sighting of a `plausible.init` whose script has another name: a proxy serves it, and it stands beside.
fn alone(scripts: &[ScriptTag], inline: Inline, style: &'static str) -> Option<Sighting> {
    inline.init.as_ref()?;
    let at = *inline.tags.first()?;
    let is_free = |tag: &&ScriptTag| tag.attributes.keys().all(|name| !name.starts_with("data-"));
    let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().find(|index| {
        scripts.get(*index).filter(is_free).is_some_and(|tag| tag.source().is_some() && inline.source.is_none())
    });
    let script = inline.source.clone().or_else(|| Some(scripts.get(beside?)?.source()?.to_owned()));
    let mut sighting = Sighting {
        provider: PROVIDER.name,
        style,
        collect: script.as_deref().map(derived),
        is_derived: true,
        site: None,
        commands: Vec::new(),
        parameters: BTreeMap::new(),
        tags: beside.into_iter().collect(),
        script,
    };
    join(&mut sighting, inline);
    Some(sighting)
}

fn signs(command: &str) -> Vec<Sign> {
    match command {
        "plausible" => vec![Sign::Name("plausible".into())],
        "plausible.q" => vec![Sign::Path(&["plausible", "q"])],
        // What was said before the tracker came stands in `plausible.o`.
        "plausible.init" => vec![Sign::Path(&["plausible", "o"])],
        attribute => {
            let mut signs = tag::signs(attribute);
            signs.extend(
                OPTIONS.iter().any(|row| row.name == attribute).then(|| Sign::Name(attribute.to_owned().into())),
            );
            signs
        }
    }
}

fn explain(command: &str) -> Option<&'static str> {
    Some(match command {
        "plausible.init" => {
            "the snippet hands its options over by `plausible.init`, as the scripts `pa-….js` take them; this tracker is \
             one that wants `data-domain` on its tag, and sends its hits for no site"
        }
        "data-domain" => {
            "the tag names the site in `data-domain`, and this tracker never reads that: the scripts `pa-….js` have the \
             site written into them"
        }
        "data-api" => {
            "the tag names the counting address in `data-api`, and this tracker takes it from `plausible.init`"
        }
        "data-exclude" | "data-include" => {
            "only a tracker with `exclusions` in its name reads `data-exclude` and `data-include`; the scripts `pa-….js` \
             read neither"
        }
        _ => return None,
    })
}

fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    if compiled(script).domain.is_some() {
        return Vec::new();
    }
    let by_id = script.tokens.windows(3).any(|window| {
        window[0].names("getElementById")
            && window[1].is("(")
            && matches!(&window[2], Token::Text(id) if id == "plausible")
    });
    if by_id {
        return vec![Lookup::OwnId];
    }
    match Sign::Name("currentScript".into()).found_in(script) {
        true => vec![Lookup::CurrentScript],
        false => Vec::new(),
    }
}

/// The server writes an object into the script: `{endpoint:"…",domain:"…"}`.
fn compiled(script: &Script<'_>) -> Compiled {
    let value = |name: &str| {
        script.tokens.windows(3).find_map(|window| {
            let key = window[0].names(name) || matches!(&window[0], Token::Text(text) if text == name);
            match &window[2] {
                Token::Text(text) if key && window[1].is(":") => Some(text.to_string()),
                _ => None,
            }
        })
    };
    let domain = value("domain").filter(|domain| !domain.is_empty());
    Compiled { endpoint: domain.as_ref().and_then(|_| value("endpoint")), domain, ..Compiled::default() }
}

#[cfg(test)]
mod tests;
