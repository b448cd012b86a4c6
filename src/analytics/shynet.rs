//! Owns what is known of Shynet: the tag whose address names the service, the script that the server writes anew for each
//! service, and the one question that it answers truly.
//!
//! Read in the sources of 0.14 (`analytics/views/ingress.py`, `scripts/page.js`), and verified on a running server. How its
//! servers are asked stands in `questions`.

mod hits;
mod questions;

use std::collections::BTreeMap;

use url::Url;

use super::loading::{self, Compiled, transport};
use super::script::{Script, Token};
use super::tag::{self, Tag};
use super::{Class, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Tracker, VersionQuery, file_name};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "shynet",
    title: "Shynet",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one deferred script tag, whose address names the service", print }],
    options: &[],
    canonical_decides_path: false,
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
        markers: &[&["Shynet"], &["sendHeartbeat"]],
        impostors: &[],
        hosts: &["github.com"],
        // Written anew for every service and host.
        released: &[],
    },
    commands: &["Shynet.newPageLoad"],
    signs: |_| vec![Sign::Name("newPageLoad".into())],
    explain: |_| None,
    order: |_, _| Ok(()),
    transports: |script, _| transport(script),
    lookups: loading::lookups,
    compiled,
    // Hosts are confined at the server: `questions` finds that out.
    domains: |_| None,
    version: Some(VersionQuery {
        learned_by: "login page",
        needs_token: false,
        ask: questions::ask_version,
        read: questions::read_version,
    }),
    probe: Probe { name: "script-get", method: "POST", next: questions::next },
    needs_referrer: questions::needs_referrer,
    read_back: None,
    daily: None,
    stand_in: StandIn {
        version: "0.13.1",
        tracker: include_str!("standin/shynet.js"),
        answer: questions::answer,
        hits: hits::read,
    },
};

/// Returns the address of a service's script, which takes its hits too.
fn script_of(endpoint: &Url, site: &str) -> Url {
    let mut url = endpoint.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["ingress", site, "script.js"]);
    }
    url
}

fn addresses(endpoint: &Url, site: &str) -> (Url, Url) {
    let script = script_of(endpoint, site);
    (script.clone(), script)
}

fn print(analytics: &Analytics) -> String {
    let (script, _) = super::addresses(&PROVIDER, analytics);
    format!("<script defer{}></script>", tag::print([("src", script.as_str())]))
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut sightings: Vec<Sighting> = tag::tags(scripts, &["/ingress/"]).iter().filter_map(sighting).collect();
    tag::calls(scripts, "Shynet.", PROVIDER.commands, sightings.first_mut());
    sightings
}

fn sighting(tag: &Tag) -> Option<Sighting> {
    let source = tag.source.as_deref()?;
    let site = service(source, "script.js")?;
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        // The server writes the script's own address into it.
        collect: Some(source.split(['?', '#']).next().unwrap_or_default().to_owned()),
        is_derived: true,
        site: Some(site.to_owned()),
        commands: Vec::new(),
        parameters: tag.parameters(std::iter::empty()),
        tags: vec![tag.index],
        script: Some(source.to_owned()),
    })
}

/// `<img src="https://HOST/ingress/UUID/pixel.gif">`, which is for browsers without scripts, and counts in all.
fn pixel(address: &str) -> Option<Sighting> {
    let site = service(address, "pixel.gif")?;
    let place = address.split(['?', '#']).next().unwrap_or_default();
    Some(Sighting {
        provider: PROVIDER.name,
        style: "pixel",
        collect: Some(place.to_owned()),
        site: Some(site.to_owned()),
        ..Sighting::default()
    })
}

/// Returns the service that an address names: `…/ingress/UUID/script.js`, or with a name for the visitor between.
fn service<'s>(source: &'s str, file: &str) -> Option<&'s str> {
    if file_name(source) != file {
        return None;
    }
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.rsplit('/').skip(1);
    let (last, before) = (parts.next()?, parts.next()?);
    match before {
        "ingress" => Some(last),
        service => (parts.next()? == "ingress").then_some(service),
    }
}

/// Reads `xhr.open("POST", "https://…/script.js", true)`: scheme and host are those that the server takes for its own
/// (`SCRIPT_USE_HTTPS`, the site's domain), which behind a proxy may be wrong.
fn compiled(script: &Script<'_>) -> Compiled {
    let endpoint = script.tokens.windows(5).find_map(|window| match (&window[2], &window[4]) {
        (Token::Text(method), Token::Text(url))
            if window[0].names("open") && window[1].is("(") && method == "POST" && window[3].is(",") =>
        {
            Some(url.to_string())
        }
        _ => None,
    });
    Compiled { endpoint, ..Compiled::default() }
}

#[cfg(test)]
mod tests;
