//! Owns what is known of Liwan: the one module tag with `data-entity`, the tracker that looks itself up by the whole address
//! it came from, and the little that its server tells.
//!
//! Read in the sources of every release to 1.7.0-rc.0, and verified on running servers of 1.6.0 and 1.7.0-rc.0. How its
//! servers are asked stands in `questions`.

mod hits;
mod questions;
mod reports;

use std::collections::BTreeMap;

use url::Url;

use super::daily::Daily;
use super::loading::{self, Compiled, Lookup, transport};
use super::read_back::ReadBack;
use super::script::{Script, Token};
use super::tag::{self, Tag};
use super::{Class, Probe, Provider, Revision, ScriptTag, Sighting, StandIn, Tracker, below};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "liwan",
    title: "Liwan",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one module script tag with `data-entity`", print }],
    options: &[],
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise,
    pixel: |_| None,
    site_problem: |_| None,
    home: None,
    addresses,
    collects: |_| Vec::new(),
    // Of a classic script the tracker is a syntax error.
    parameters: |_| BTreeMap::from([("type".to_owned(), "module".to_owned())]),
    decides: |_, _, _| false,
    tracker: Tracker {
        class: |_| Class::Fingerprint,
        markers: &[&["__liwan_loaded"], &["disable-liwan"], &["data-entity"]],
        impostors: &[],
        hosts: &[],
        // `tracker/script.min.js` of each release's tag, which servers hand out as it is: 11 scripts in 46 releases.
        released: &[
            ("0.1.0-0.1.1", "bebb4fcb9b354227b616d339fc285f54b6c75449b39e338c631705432545f2dd"),
            ("1.0.0-1.2.0", "0d42a0ad14ffdf33dad1edd992c2a794afdaefd47207ec8fc4b40fe41628823a"),
            ("1.2.1", "43c018c38cc305a6b1e58f63cf27399aa634320e7e21d7bb38681091e486bccb"),
            ("1.3.0-1.4.0", "a8229edd52d83574f4de41f0e92f0d2450936765a87edce0db8b0309b745294e"),
            ("1.5.0-1.6.0", "8babd0ab8a5cbca4d29081733318c115f5e1e9404eef9bc0d45f975959a1a411"),
            ("1.7.0-rc.0", "e1381a19b1ae9bd23b24d7179854c67c90802da8a8302dee0f0139143c80b302"),
        ],
    },
    commands: &["data-entity", "data-api"],
    signs: tag::signs,
    explain,
    order: |_, _| Ok(()),
    transports: |script, _| transport(script),
    lookups,
    compiled: |_| Compiled::default(),
    // Hosts are confined at the server, which tells nobody.
    domains: |_| None,
    // Twelve likely addresses were tried: none tells. The bytes of the tracker tell a range of versions.
    version: None,
    probe: Probe { name: "event-and-projects", method: "POST", next: questions::next },
    needs_referrer: |_| Some(false),
    read_back: Some(ReadBack { name: "canary-dimension", next: reports::read_back }),
    daily: Some(Daily { name: "graph", needs_token: false, next: reports::daily }),
    stand_in: StandIn {
        version: "1.6.0",
        tracker: include_str!("standin/liwan.js"),
        answer: questions::answer,
        hits: hits::read,
    },
};

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "script.js"), below(endpoint, "api/event"))
}

/// Returns where the tracker sends if nobody tells it: to the host that it came from.
fn derived(script: &str) -> String {
    tag::beside(script, "/api/event")
}

/// Writes the whole address of the script: the tracker compares it with its own, letter by letter.
fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let told = (derived(script.as_str()) != collect.as_str()).then_some(("data-api", collect.as_str()));
    let attributes =
        [("data-entity", analytics.site.as_str())].into_iter().chain(told).chain([("src", script.as_str())]);
    format!("<script type=\"module\"{}></script>", tag::print(attributes))
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    tag::tags(scripts, &["data-entity", "dataset.entity"]).iter().filter_map(sighting).collect()
}

fn sighting(tag: &Tag) -> Option<Sighting> {
    let site = tag.get("data-entity")?;
    let told = tag.get("data-api").filter(|api| !api.is_empty());
    let commands = ["data-entity", "data-api"].into_iter().filter(|name| tag.attributes.contains_key(*name));
    let collect = told.map(str::to_owned).or_else(|| tag.source.as_deref().map(derived));
    Some(Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        is_derived: told.is_none() && collect.is_some(),
        collect,
        site: Some(site.to_owned()),
        commands: commands.map(str::to_owned).collect(),
        parameters: tag.parameters(std::iter::empty()),
        tags: vec![tag.index],
        script: tag.source.clone(),
    })
}

fn explain(command: &str) -> Option<&'static str> {
    (command == "data-entity").then_some(
        "Liwan's tracker finds its entity in the attribute `data-entity` of its own tag; this script never looks for it, so \
         that it counts for nobody",
    )
}

/// Every release looks itself up as `script[src^="${import.meta.url}"]`: a `src` from the root, or one that is redirected, is
/// not found, and nothing says so.
fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    let tokens = &script.tokens;
    let meta = tokens.windows(5).any(|window| {
        window[0].names("import")
            && window[1].is(".")
            && window[2].names("meta")
            && window[3].is(".")
            && window[4].names("url")
    });
    let by_source = tokens.iter().any(|token| match token {
        Token::Text(text) | Token::Template(text) => text.contains("[src"),
        _ => false,
    });
    match meta && by_source {
        true => vec![Lookup::ImportMetaSource],
        false => loading::lookups(script),
    }
}

#[cfg(test)]
mod tests;
