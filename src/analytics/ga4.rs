//! Owns what is known of Google Analytics 4: the queue `dataLayer` with its function `gtag`, the script that
//! Google makes for each property, and which ids are no property's (any more).
//!
//! Read in Google's documentation and in issue threads (pdflokal 118, img2threejs-showcase 50); nothing was recorded.
//! The commands' names inside the script, and how it sends, are from memory and unverified. How its snippets and
//! their dead forebears are recognised stands in `sightings`, how Google is asked in `questions`.

mod questions;
mod sightings;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, json};
use url::Url;

use super::exchange::Target;
use super::loading::{self, Compiled};
use super::{
    Class, OptionRow, Probe, Provider, Revision, Sign, StandIn, Takes, Tracker, attribute, below, inline_json, printed,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "ga4",
    title: "Google Analytics",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "the script of the property, and `gtag` to configure it", print }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise: sightings::recognise,
    pixel: sightings::pixel,
    site_problem,
    home: Some(HOME),
    addresses,
    collects,
    parameters,
    // The rest of what `config` takes is told along with a page view, or kept in cookies: `anonymize_ip`, `cookie_flags`.
    // (From Google's reference of `gtag` as remembered, unverified.)
    decides: |_, name, value| match name {
        "send_page_view" => value != "true",
        "page_location" | "page_path" => true,
        _ => false,
    },
    tracker: Tracker {
        class: |_| Class::Volatile,
        markers: &[&["google_tag_manager", "google_tag_data", "gtag"], &["dataLayer"]],
        impostors: &[],
        hosts: HOSTS,
        released: &[],
    },
    commands: &["js", "config", "set", "event", "consent", "get"],
    signs: |command| vec![Sign::Name(Cow::Owned(command.to_owned())), Sign::Text(Cow::Owned(command.to_owned()))],
    explain: |_| None,
    order: |_, _| Ok(()),
    transports: |script, _| loading::transport(script),
    // It finds its property in its own bytes.
    lookups: |_| Vec::new(),
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: None,
    probe: Probe { name: "script-of-the-id", method: "GET", next: questions::next },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn {
        version: "2026-11",
        tracker: include_str!("standin/ga4.js"),
        answer: questions::answer,
        hits: questions::hits,
    },
};

const HOME: &str = "https://www.googletagmanager.com/";

/// Hosts of Google's that its script names.
const HOSTS: &[&str] = &[
    "www.googletagmanager.com",
    "www.google-analytics.com",
    "region1.google-analytics.com",
    "analytics.google.com",
    "www.google.com",
    "google.com",
    "stats.g.doubleclick.net",
    "ad.doubleclick.net",
    "td.doubleclick.net",
    "googleads.g.doubleclick.net",
    "pagead2.googlesyndication.com",
    "www.googleadservices.com",
    "www.gstatic.com",
    "tagassistant.google.com",
    "cct.google",
];

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "send_page_view", takes: Takes::Flag, text: "`false` counts nothing by itself" },
    OptionRow { name: "cookie_domain", takes: Takes::Text, text: "the domain of the cookies; `none` for this host" },
    OptionRow { name: "cookie_expires", takes: Takes::Number, text: "how long cookies last, in seconds" },
    OptionRow { name: "cookie_flags", takes: Takes::Text, text: "further attributes of the cookies" },
    OptionRow { name: "cookie_update", takes: Takes::Flag, text: "`false` does not prolong cookies at each visit" },
    OptionRow { name: "page_title", takes: Takes::Text, text: "counts every page under this title" },
    OptionRow { name: "page_location", takes: Takes::Text, text: "counts every page under this address" },
    OptionRow { name: "allow_google_signals", takes: Takes::Flag, text: "`false` keeps advertising features off" },
    OptionRow {
        name: "allow_ad_personalization_signals",
        takes: Takes::Flag,
        text: "`false` keeps visits out of personalised advertising",
    },
    OptionRow { name: "debug_mode", takes: Takes::Flag, text: "shows hits in the debug view of the property" },
];

/// The end of the address that hits go to.
const COLLECT: &str = "g/collect";

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let mut settings = Map::new();
    for (name, value) in &analytics.options {
        settings.insert(name.clone(), json!(value));
    }
    if collect.as_str() != sightings::VENDOR_COLLECT {
        let server = collect.as_str().strip_suffix(COLLECT).unwrap_or(collect.as_str()).trim_end_matches('/');
        settings.insert("transport_url".to_owned(), json!(server));
    }
    let mut config = vec![json!("config"), json!(analytics.site)];
    if !settings.is_empty() {
        config.push(json!(settings));
    }
    let config: Vec<String> = config.iter().map(inline_json).collect();
    format!(
        "<script async src=\"{}\"></script><script>window.dataLayer=window.dataLayer||[];function gtag(){{dataLayer.push(\
         arguments)}}gtag(\"js\",new Date());gtag({});</script>",
        attribute(script.as_str()),
        config.join(",")
    )
}

fn addresses(endpoint: &Url, site: &str) -> (Url, Url) {
    let mut script = below(endpoint, "gtag/js");
    script.query_pairs_mut().append_pair("id", site);
    let collect = match endpoint.as_str() {
        HOME => Url::parse(sightings::VENDOR_COLLECT).expect("a constant URL"),
        _ => below(endpoint, COLLECT),
    };
    (script, collect)
}

/// Where visits go by the visitor's region, and with Google's signals: its guide to policies (tag-platform/security/
/// guides/csp) asks for `*.google-analytics.com` and `*.analytics.google.com`.
fn collects(target: &Target) -> Vec<Url> {
    if target.collect.as_str() != sightings::VENDOR_COLLECT {
        return Vec::new();
    }
    ["https://region1.google-analytics.com/g/collect", "https://region1.analytics.google.com/g/collect"]
        .into_iter()
        .map(|url| Url::parse(url).expect("a constant URL"))
        .collect()
}

fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    analytics.options.iter().map(|(name, value)| (name.clone(), printed(value))).collect()
}

fn site_problem(site: &str) -> Option<&'static str> {
    let site = site.to_ascii_uppercase();
    match () {
        () if site.starts_with("UA-") => Some(
            "an id that begins with `UA-` belongs to Universal Analytics, which Google has switched off, from July 2023 on; \
             its scripts still answer, and nothing is counted under it. Make a property of Google Analytics 4, whose id \
             begins with `G-`",
        ),
        () if site.starts_with("GTM-") => Some(
            "an id that begins with `GTM-` is a container of the tag manager, which may count for any property. Write the \
             id of the property, which begins with `G-`, and `placed = \"tag-manager\"`",
        ),
        () => None,
    }
}

#[cfg(test)]
mod tests;
