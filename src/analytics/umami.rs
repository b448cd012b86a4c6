//! Owns what is known of Umami (1, 2 and 3, and its cloud): the one tag with `data-website-id`, the tracker that sends to
//! the folder it came from, and the probe that records nothing.
//!
//! Read in the tracker's sources of 1.40, 2.0 and 3.1 (`tracker/index.js`, `src/tracker/index.js`), and verified on
//! running servers of 2.17.0, 2.19.0 and 3.1.0. How its servers are asked stands in `questions`.

mod hits;
mod questions;
mod reports;

use std::borrow::Cow;

use url::Url;

use super::daily::Daily;
use super::loading::{Base, Compiled, Lookup, transport};
use super::read_back::ReadBack;
use super::script::{Script, Token};
use super::tag::{self, Tag};
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, VersionQuery,
    below, file_name, host_of,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "umami",
    title: "Umami",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one deferred script tag with `data-website-id`", print }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise,
    pixel: |_| None,
    site_problem: |_| None,
    home: Some("https://cloud.umami.is/"),
    addresses,
    collects: |_| Vec::new(),
    parameters: tag::options,
    // `src/tracker/index.js` holds them against these very words.
    decides: |_, name, value| match name {
        "data-auto-track" => value == "false",
        "data-do-not-track" => value == "true",
        "data-domains" | "data-before-send" => !value.is_empty(),
        _ => false,
    },
    tracker: Tracker {
        class,
        markers: &[&["umami.disabled"], &["website-id"]],
        impostors: &[],
        hosts: &["cloud.umami.is", "api-gateway.umami.dev", "umami.is"],
        // Each server builds its own, by its settings, and nobody has said which releases share their bytes: they tell no version.
        released: &[],
    },
    commands: COMMANDS,
    signs,
    explain,
    order: |_, _| Ok(()),
    transports: |script, _| transport(script),
    lookups,
    compiled,
    domains,
    version: Some(VersionQuery {
        learned_by: "telemetry.js",
        needs_token: false,
        ask: questions::ask_version,
        read: questions::read_version,
    }),
    probe: Probe { name: "send-bot", method: "POST", next: questions::next },
    needs_referrer: |_| Some(false),
    read_back: Some(ReadBack { name: "canary-metrics", next: reports::read_back }),
    daily: Some(Daily { name: "pageviews", needs_token: true, next: reports::daily }),
    stand_in: StandIn {
        version: "3.1.0",
        tracker: include_str!("standin/umami.js"),
        answer: questions::answer,
        hits: hits::read,
    },
};

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "data-domains", takes: Takes::Texts, text: "counts on these hosts only, each spelt out" },
    OptionRow { name: "data-auto-track", takes: Takes::Flag, text: "`false` counts nothing by itself" },
    OptionRow { name: "data-tag", takes: Takes::Text, text: "marks every hit with this word (since 2.13)" },
    OptionRow {
        name: "data-do-not-track",
        takes: Takes::Flag,
        text: "does not count visitors who ask not to be tracked",
    },
    OptionRow { name: "data-exclude-search", takes: Takes::Flag, text: "leaves the query out of addresses" },
    OptionRow { name: "data-exclude-hash", takes: Takes::Flag, text: "leaves the fragment out of addresses" },
    OptionRow {
        name: "data-before-send",
        takes: Takes::Text,
        text: "a function of the page that may change or drop a hit",
    },
];

/// What a snippet may ask of the tracker: attributes of its tag, and functions that pages call.
const COMMANDS: &[&str] = &[
    "data-website-id",
    "data-host-url",
    "data-domains",
    "data-auto-track",
    "data-tag",
    "data-do-not-track",
    "data-exclude-search",
    "data-exclude-hash",
    "data-before-send",
    "data-cache",
    "umami.track",
    "umami.identify",
    "umami.trackView",
    "umami.trackEvent",
];

/// The hosts of the vendor's cloud, from which the tracker sends elsewhere: the address is written into it.
const CLOUD: &[&str] = &["cloud.umami.is", "us.umami.is", "eu.umami.is", "analytics.umami.is"];

/// Where the vendor's cloud takes hits. It has moved before (December 2024), which every site noticed by losing all events;
/// what the tracker itself says is held against this.
const CLOUD_COLLECT: &str = "https://api-gateway.umami.dev/api/send";

fn is_cloud(url: &Url) -> bool {
    url.host_str().is_some_and(|host| CLOUD.contains(&host))
}

fn class(script: &Url) -> Class {
    if is_cloud(script) { Class::Volatile } else { Class::Fingerprint }
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    let collect = match is_cloud(endpoint) {
        true => Url::parse(CLOUD_COLLECT).expect("a constant URL"),
        false => below(endpoint, "api/send"),
    };
    (below(endpoint, "script.js"), collect)
}

/// Returns the end of the counting address: version 1 has another, and its script another name.
fn api(script: &str) -> &'static str {
    if file_name(script) == "umami.js" { "/api/collect" } else { "/api/send" }
}

/// Returns where the tracker sends if nobody tells it: to the folder that it came from.
fn derived(script: &str) -> String {
    if host_of(script).is_some_and(|host| CLOUD.contains(&host.as_str())) {
        return CLOUD_COLLECT.to_owned();
    }
    let path = script.split(['?', '#']).next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}{}", api(script))
}

/// Leaves the address to the tracker where that comes to the same; so that a page says nothing twice.
fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let host = (derived(script.as_str()) != collect.as_str())
        .then(|| collect.as_str().strip_suffix(api(script.as_str())))
        .flatten();
    let options = tag::options(analytics);
    let attributes = [("data-website-id", analytics.site.as_str())]
        .into_iter()
        .chain(host.map(|host| ("data-host-url", host)))
        .chain(options.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    format!("<script defer{}{}></script>", tag::print([("src", script.as_str())]), tag::print(attributes))
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let tags = tag::tags(scripts, &["website-id", "websiteId"]);
    let mut sightings: Vec<Sighting> = tags.iter().filter_map(sighting).collect();
    // Version 1 had other functions than 2.
    tag::calls(scripts, "umami.", COMMANDS, sightings.first_mut());
    sightings
}

fn sighting(tag: &Tag) -> Option<Sighting> {
    let site = tag.get("data-website-id");
    let vendor = || {
        let source = tag.source.as_deref().unwrap_or_default();
        host_of(source).is_some_and(|host| CLOUD.contains(&host.as_str())) && file_name(source) == "script.js"
    };
    match site {
        // Others took the name over, and want a domain beside it (DataFast, FastInsight).
        Some(site) if tag.get("data-domain").is_some() && !is_uuid(site) => return None,
        None if !vendor() => return None,
        _ => {}
    }
    let host = tag.get("data-host-url").filter(|host| !host.is_empty());
    let source = tag.source.clone();
    let collect = match host {
        Some(host) => Some(format!("{}{}", host.trim_end_matches('/'), api(source.as_deref().unwrap_or_default()))),
        None => source.as_deref().map(derived),
    };
    let attributes = COMMANDS.iter().copied().filter(|name| name.starts_with("data-"));
    let commands = attributes.clone().filter(|name| tag.attributes.contains_key(*name)).map(str::to_owned).collect();
    // Site and address have places of their own.
    let named = attributes.filter(|name| !matches!(*name, "data-website-id" | "data-host-url"));
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        is_derived: host.is_none() && collect.is_some(),
        collect,
        site: site.map(str::to_owned),
        commands,
        parameters: tag.parameters(named),
        tags: vec![tag.index],
        script: source,
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn signs(command: &str) -> Vec<Sign> {
    match command.strip_prefix("umami.") {
        Some(function) => vec![Sign::Name(Cow::Owned(function.to_owned()))],
        None => tag::signs(command),
    }
}

fn explain(command: &str) -> Option<&'static str> {
    Some(match command {
        "data-website-id" => {
            "Umami's tracker finds the site in the attribute `data-website-id` of its own tag; this script never looks \
             for it, so that it counts for nobody"
        }
        "umami.trackView" | "umami.trackEvent" => {
            "the page calls a function of Umami 1, which version 2 has taken away: use `umami.track`"
        }
        "umami.track" | "umami.identify" => {
            "the page calls a function that came with Umami 2, and this tracker is older"
        }
        _ => return None,
    })
}

/// Version 1 looked for its attribute; since 2.0 the tracker asks which tag is running it, and stops where none is.
fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    match Sign::Name(Cow::Borrowed("currentScript")).found_in(script) {
        true => vec![Lookup::CurrentScript],
        false => super::loading::lookups(script),
    }
}

/// The end of the address stands in the script, and the server's, where `COLLECT_API_HOST` was set, as the
/// second of three alternatives: `hostUrl || "https://…" || src.split("/")…`.
fn compiled(script: &Script<'_>) -> Compiled {
    let tokens = &script.tokens;
    let text = |at: usize| match &tokens[at] {
        Token::Text(text) | Token::Template(text) => Some(text.as_ref()),
        _ => None,
    };
    let path = (1..tokens.len()).find_map(|at| {
        let text = text(at)?;
        let after_host = tokens[at - 1].is("$}") && text.starts_with('/') && text.len() > 1;
        (after_host || text.starts_with("/api/")).then_some(text)
    });
    let host = (1..tokens.len()).find_map(|at| {
        let text = text(at)?;
        (tokens[at - 1].is("||") && (text.starts_with("https://") || text.starts_with("http://"))).then_some(text)
    });
    let endpoint = path.map(|path| match host {
        Some(host) => format!("{}{path}", host.trim_end_matches('/')),
        // Below the folder of the script.
        None => path.trim_start_matches('/').to_owned(),
    });
    // Both generations take the folder from the `src` of their tag (version 1 looks for it, 2 asks for `currentScript`).
    Compiled { endpoint, base: Base::Tag, domain: None }
}

/// The names are compared as they stand: a star means nothing here.
fn domains(sighting: &Sighting) -> Option<Vec<String>> {
    let list = sighting.parameters.get("data-domains").filter(|list| !list.trim().is_empty())?;
    Some(list.split(',').map(|host| host.trim().to_owned()).filter(|host| !host.contains('*')).collect())
}

#[cfg(test)]
mod tests;
