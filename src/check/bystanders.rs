//! Owns the rules about snippets that do not count by themselves: those under an id that is dead, and the
//! containers of tag managers, which may count anything.
//!
//! What such a snippet does cannot be held against site.toml, so that no table is given it.

use std::collections::BTreeMap;

use super::coverage::{Group, group};
use super::evidence::{Evidence, Page, PageKind, Snippet, Table};
use crate::analytics;
use crate::config::Placed;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L0, Covers::Built, outcome, message)
}

fn documents<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = &'e Page> {
    evidence.pages.iter().filter(|page| page.kind == PageKind::Document)
}

/// Says which pages carry a snippet under whose id nothing is counted any more.
pub(super) fn dead(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/dead";
    let mut by_site: BTreeMap<(&str, &str, bool), Vec<&Page>> = BTreeMap::new();
    for page in documents(evidence) {
        let counted = |snippet: &Snippet| {
            let provider = snippet.found.sighting.provider;
            let mut own = evidence.tables().filter(|(_, table)| table.expected.provider == provider);
            own.any(|(number, _)| page.of_table(number).is_some())
        };
        for snippet in &page.snippets {
            let sighting = &snippet.found.sighting;
            if let (Some(_), Some(site)) = (sighting.dead(), sighting.site.as_deref()) {
                let pages = by_site.entry((sighting.provider, site, counted(snippet))).or_default();
                if !pages.iter().any(|known| known.path == page.path) {
                    pages.push(page);
                }
            }
        }
    }
    let mut verdicts = Vec::new();
    for ((name, site, counted), pages) in by_site {
        let Some(provider) = analytics::find(name) else { continue };
        let why = (provider.site_problem)(site).unwrap_or_default();
        // Where nothing is configured there is no contract to break; beside a live snippet nothing is lost.
        let outcome = if evidence.tables.is_empty() || counted { Outcome::Note } else { Outcome::Drift };
        for group in group(evidence, pages, documents(evidence)) {
            let message = format!("{} a {} snippet for `{site}`: {why}", group.subject("carry"), provider.title);
            verdicts.push(
                verdict(CODE, outcome.clone(), message)
                    .expected_found("a snippet that is counted", site)
                    .fix("take it out of the template, and let `{{ analytics() }}` print the one that site.toml names")
                    .pages(group.paths()),
            );
        }
    }
    if verdicts.is_empty() && !evidence.tables.is_empty() {
        verdicts.push(verdict(CODE, Outcome::Ok, "no page carries a snippet whose id is known to be dead"));
    }
    verdicts
}

fn carries_container(page: &Page) -> bool {
    page.snippets.iter().any(|snippet| snippet.found.sighting.style == "tag-manager")
}

/// Says what containers of tag managers mean for the tables of site.toml.
pub(super) fn tag_manager(evidence: &Evidence<'_>) -> Vec<Verdict> {
    evidence.tables().filter_map(|(_, table)| of_table(evidence, table)).flatten().collect()
}

fn of_table(evidence: &Evidence<'_>, table: &Table<'_>) -> Option<Vec<Verdict>> {
    const CODE: &str = "snippet/tag-manager";
    let name = table.name(evidence);
    let pages: Vec<&Page> = evidence.expected_pages(table).collect();
    let (with, without): (Vec<&Page>, Vec<&Page>) = pages.iter().partition(|page| carries_container(page));
    if with.is_empty() {
        // One that nobody here recognises may be there all the same: `snippet/placed-elsewhere` says so.
        return None;
    }
    if table.analytics.placed != Placed::TagManager {
        let own = |page: &&&Page| {
            page.snippets.iter().any(|snippet| {
                let sighting = &snippet.found.sighting;
                sighting.style == "tag-manager" && sighting.provider == table.expected.provider
            })
        };
        let beside: Vec<&Page> = with.iter().filter(own).copied().collect();
        let say = |group: &Group<'_>| {
            let message = format!(
                "{} a tag manager's container, which may add a second {name} snippet: only a browser can tell (L7)",
                group.subject("carry")
            );
            verdict(CODE, Outcome::Note, message).pages(group.paths())
        };
        return Some(group(evidence, beside, pages.iter().copied()).iter().map(say).collect());
    }
    if without.is_empty() {
        let message = format!("every page carries the tag manager's container that is to add the {name} snippet");
        return Some(vec![verdict(CODE, Outcome::Ok, message)]);
    }
    let say = |group: &Group<'_>| {
        let message = format!(
            "{} the tag manager's container that is to add the {name} snippet: visits there are not counted",
            group.subject("lack")
        );
        verdict(CODE, Outcome::Drift, message)
            .expected_found("a container on each page", "none")
            .fix("put the container into the template that these pages share")
            .pages(group.paths())
    };
    Some(group(evidence, without, pages.iter().copied()).iter().map(say).collect())
}
