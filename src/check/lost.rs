//! Owns the rules about addresses that were published once: each still leads somewhere, or is given up on purpose.
//!
//! The ledger (`urls.lock`) says what was published; the written files and `_redirects` say what stands there now.

use super::Evidence;
use super::resolve::{Site, Target};
use crate::config::gone::GoneRule;
use crate::config::{Config, FILE};
use crate::diagnostic::{Diagnostic, Place};
use crate::ledger::URLS;
use crate::paths::{OutPath, Route};

/// How many lost addresses are told one by one.
const TOLD: usize = 40;

/// Returns the addresses of the ledger where a reader finds nothing, and that nobody gave up.
pub(super) fn addresses(config: &Config, site: &Site<'_>) -> Vec<Route> {
    let Some(ledger) = &config.urls else { return Vec::new() };
    let base = config.base_url.url();
    let is_lost = |route: &&Route| {
        let stands = || !matches!(site.resolve(base, &config.base_url.link(route)), Target::Nothing(_));
        !config.gone.iter().any(|rule| rule.covers(route)) && !stands()
    };
    ledger.rows.keys().filter(is_lost).cloned().collect()
}

/// Says which published addresses are lost.
pub(super) fn lost(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let Some(ledger) = &evidence.config.urls else { return Vec::new() };
    let finding = |route: &Route| {
        let message = format!("`{route}` was published once, and now nothing is written there");
        let diagnostic = Diagnostic::error("urls/lost", message).at(ledger.place(route));
        let Some(source) = ledger.rows.get(route).and_then(|row| row.source.as_deref()) else {
            return diagnostic.hint(format!(
                "add `aliases = [\"{route}\"]` to the page that takes its place, or give it up in `{FILE}`: {}",
                gone(route)
            ));
        };
        if source.starts_with("data/") {
            return diagnostic.with(format!("a row of `{source}` stood there")).hint(format!(
                "give a row that address again; or add `aliases = [\"{route}\"]` to the page that takes its place; or give it up in `{FILE}`: {}",
                gone(route)
            ));
        }
        let pages = evidence.pages.iter();
        match pages.into_iter().find(|page| page.source.as_deref() == Some(source)) {
            Some(page) => {
                let now = OutPath::new(page.path.as_str()).route();
                diagnostic
                    .with(format!("`{source}` stood there, and is at `{now}` now"))
                    .hint(format!("add `aliases = [\"{route}\"]` to the front matter of `{source}`"))
            }
            None => diagnostic.with(format!("`{source}` stood there, and is not among the pages any more")).hint(format!(
                "bring it back; or add `aliases = [\"{route}\"]` to the page that takes its place; or give it up in `{FILE}`: {}",
                gone(route)
            )),
        }
    };
    let mut findings: Vec<Diagnostic> = evidence.lost.iter().take(TOLD).map(finding).collect();
    if let Some(more) = evidence.lost.len().checked_sub(TOLD).filter(|more| *more > 0) {
        let message = format!("and {more} more addresses that were published are lost");
        findings.push(
            Diagnostic::error("urls/lost", message).at(Place::file(URLS)).hint(
                "so many at once are most often a change of `[permalinks]`: take it back, or keep the old pattern",
            ),
        );
    }
    findings
}

fn gone(route: &Route) -> String {
    format!("`[[gone]]` with `path = \"{route}\"`")
}

/// Says which addresses are given up though something stands there.
pub(super) fn not_gone(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let config = evidence.config;
    let finding = |rule: &GoneRule| {
        // A pattern may cover what stands beside what is gone; one address may not.
        let route = Route::new(rule.pattern.as_str()).ok().filter(|_| !rule.pattern.contains(['*', '?']))?;
        evidence.files.contains_key(route.out_path().as_str()).then(|| {
            Diagnostic::warning("urls/not-gone", format!("`{route}` is given up, and something is written there"))
                .at(Place::span(FILE, &config.text, rule.span.clone()))
                .hint("take the row of `[[gone]]` out")
        })
    };
    config.gone.iter().filter_map(finding).collect()
}
