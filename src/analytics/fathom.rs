//! Owns what is known of Fathom, the hosted service: one script tag with `data-site`, a page view that
//! leaves as an image, and a server that answers the same to whatever it takes and whatever it throws away.
//!
//! Read in published snippets and in copies of its `script.js` of 2021 to 2025; the service is closed, and changes
//! without notice. Fathom Lite, which one runs oneself, is `fathom_lite`.

mod hits;

use std::borrow::Cow;
use url::Url;

use super::exchange::{Finding, Step};
use super::loading::{self, Compiled, Lookup};
use super::script::{Script, Token};
use super::tag::Tag;
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, Transport,
    attribute, below, fathom_lite, file_name, host_of, queried, tag,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "fathom",
    title: "Fathom",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one script tag with `data-site`", print }],
    options: OPTIONS,
    canonical_decides_path: true,
    site_in_snippet: |_| true,
    recognise,
    pixel,
    site_problem: |_| None,
    home: Some(HOME),
    addresses,
    collects: |_| Vec::new(),
    parameters: tag::options,
    decides: |_, name, value| match name {
        "data-included-domains" | "data-excluded-domains" => !value.is_empty(),
        "data-auto" | "data-canonical" => value != "true",
        "data-honor-dnt" => value != "false",
        _ => false,
    },
    tracker: Tracker {
        class: |_| Class::Volatile,
        markers: &[&["fathom"], &["trackPageview"], &["data-site"]],
        impostors: &[],
        hosts: &[HOST, "usefathom.com"],
        released: &[],
    },
    commands: &[
        "data-site",
        "data-auto",
        "data-canonical",
        "data-honor-dnt",
        "data-spa",
        "data-included-domains",
        "data-excluded-domains",
    ],
    signs,
    explain: |_| None,
    order: |_, _| Ok(()),
    transports,
    lookups,
    compiled: |_| Compiled::default(),
    domains,
    version: None,
    // The service answers a hit that its firewall throws away as it answers any other (kody issue 2182, 2026), and
    // nobody has said which request it would not count: so that none is sent.
    probe: Probe {
        name: "none",
        method: "GET",
        next: |_, _| {
            Step::Done(Finding::Indistinguishable {
                answer: "nothing was asked".to_owned(),
                meaning: "Fathom answers every hit with the same image, also one that its firewall throws away, and \
                          counts whatever is sent to it: no harmless request tells whether it counts this site. What its \
                          dashboard shows tells, and the domains that its firewall allows"
                    .to_owned(),
            })
        },
    },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn {
        version: "2026-11",
        tracker: include_str!("standin/fathom.js"),
        answer: hits::answer,
        hits: hits::read,
    },
};

const HOME: &str = "https://cdn.usefathom.com/";
const HOST: &str = "cdn.usefathom.com";

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "data-auto", takes: Takes::Flag, text: "`false` counts nothing by itself" },
    OptionRow {
        name: "data-canonical",
        takes: Takes::Flag,
        text: "`false` counts the address that is open, whatever the canonical link says",
    },
    OptionRow { name: "data-honor-dnt", takes: Takes::Flag, text: "does not count visitors who ask not to be tracked" },
    OptionRow {
        name: "data-spa",
        takes: Takes::Text,
        text: "`auto`, `history` or `hash`: counts pages that a script changes",
    },
    OptionRow {
        name: "data-included-domains",
        takes: Takes::Texts,
        text: "the hosts on which visits are counted at all",
    },
    OptionRow { name: "data-excluded-domains", takes: Takes::Texts, text: "the hosts on which no visit is counted" },
];

fn print(analytics: &Analytics) -> String {
    let (script, _) = super::addresses(&PROVIDER, analytics);
    let options = tag::options(analytics);
    let options = tag::print(options.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (script, site) = (attribute(script.as_str()), attribute(&analytics.site));
    format!("<script src=\"{script}\" data-site=\"{site}\"{options} defer></script>")
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "script.js"), endpoint.clone())
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let tags = tag::tags(scripts, &["fathom", "data-site"]).into_iter().filter_map(|tag| of_tag(&tag));
    // Until 2020 the hosted service had the queue of Fathom Lite.
    let queues = fathom_lite::queues(scripts)
        .into_iter()
        .filter(|sighting| sighting.script.as_deref().and_then(host_of).is_some_and(|host| host == HOST));
    let queues = queues.map(|sighting| Sighting {
        provider: PROVIDER.name,
        style: if sighting.style == "inert" { "inert" } else { "queue" },
        ..sighting
    });
    tags.chain(queues).collect()
}

fn of_tag(tag: &Tag) -> Option<Sighting> {
    let source = tag.source.as_deref()?;
    let of_vendor = host_of(source).is_some_and(|host| host == HOST);
    // Older snippets name their attributes without `data-`; the tracker reads both.
    let read = |name: &str| {
        let old = || name.strip_prefix("data-").and_then(|name| tag.get(name)).filter(|_| of_vendor);
        tag.get(name).or_else(old).map(str::to_owned)
    };
    let site = read("data-site").filter(|site| !site.is_empty());
    let name = file_name(source);
    // A domain of one's own serves the same script under the same name; a copy is called after its maker.
    let copied = site.is_some() && (name == "script.js" || source.contains("fathom"));
    if !(copied || (of_vendor && name == "script.js")) {
        return None;
    }
    let mut commands: Vec<String> = site.iter().map(|_| "data-site".to_owned()).collect();
    let mut parameters = tag.parameters(std::iter::empty());
    for row in OPTIONS {
        let old = if row.name == "data-included-domains" { read("data-allowed-domains") } else { None };
        if let Some(value) = read(row.name).or(old) {
            commands.push(row.name.to_owned());
            parameters.insert(row.name.to_owned(), value);
        }
    }
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        script: Some(source.to_owned()),
        collect: derived(source),
        is_derived: true,
        site,
        commands,
        parameters,
        tags: vec![tag.index],
    })
}

/// Returns where the tracker sends to: to its vendor, else to the root of the host that it came from. From a port or a
/// folder (a proxy of one's own) nothing is known: the service is closed, and its manual speaks of whole hosts only.
fn derived(script: &str) -> Option<String> {
    let (authority, path) = match script.split_once("//") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", script.strip_prefix('/')?),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match host_of(script) {
        Some(host) if host == HOST => Some(format!("https://{host}/")),
        _ if authority.contains(':') || path.contains('/') => None,
        Some(host) => Some(format!("https://{host}/")),
        None => Some("/".to_owned()),
    }
}

/// `<img src="https://cdn.usefathom.com/?h=…&p=…&sid=…">`: what the tracker itself loads.
fn pixel(address: &str) -> Option<Sighting> {
    let (place, mut query) = queried(address)?;
    (host_of(place).as_deref() == Some(HOST) && query.contains_key("p")).then_some(())?;
    Some(Sighting {
        provider: PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        site: Some(query.remove("sid")?),
        ..Sighting::default()
    })
}

fn signs(command: &str) -> Vec<Sign> {
    match command.starts_with("data-") {
        true => tag::signs(command)
            .into_iter()
            .chain([Sign::Members(&["dataset", "site"])].into_iter().filter(|_| command == "data-site"))
            .collect(),
        // Of the queue that the service once had.
        false => vec![Sign::Name(Cow::Owned(command.to_owned()))],
    }
}

/// A page view is an image; beacons, which the tracker knows too, carry events.
fn transports(script: &Script<'_>, _commands: &[String]) -> Vec<Transport> {
    let image =
        Sign::Text(Cow::Borrowed("img")).found_in(script) || Sign::Name(Cow::Borrowed("Image")).found_in(script);
    match image {
        true => vec![Transport::Image],
        false => loading::transport(script),
    }
}

/// It asks for `document.currentScript`, and looks for `script[data-site]` where there is none.
fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    let selects = |text: &str| text.contains("script[data-site]");
    let falls_back = script.tokens.iter().any(|token| match token {
        Token::Text(text) | Token::Template(text) => selects(text),
        _ => false,
    });
    loading::lookups(script).into_iter().filter(|lookup| !(falls_back && *lookup == Lookup::CurrentScript)).collect()
}

fn domains(sighting: &Sighting) -> Option<Vec<String>> {
    let listed = sighting.parameters.get("data-included-domains")?;
    Some(listed.split(',').map(|domain| domain.trim().to_owned()).filter(|domain| !domain.is_empty()).collect())
}

#[cfg(test)]
mod tests;
