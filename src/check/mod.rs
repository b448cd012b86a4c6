//! Owns the verification of a written site: what stands in the folder, never what was meant.
//!
//! Gives [`run`], which reads a folder once and lets every row of [`RULES`] judge it, and [`Report`],
//! what people and machines get to read. Refuses to look at any value of the builder: a verifier that
//! shares the builder's code repeats the builder's mistakes.
//!
//! To add a rule: write `fn(&Evidence) -> …` into the file of its subject, a row into [`RULES`], and a
//! row for its code into `codes/guard.rs`. A test demands a breakage that only this rule finds.

mod canonical;
mod coverage;
pub mod evidence;
mod feeds;
mod folder;
mod headers;
mod integrity;
mod links;
pub mod page;
pub mod report;
mod resolve;
mod secrets;
mod sitemap;
mod snippet;

pub use self::evidence::{Evidence, Page};
pub use self::report::Report;

use std::collections::BTreeMap;
use std::path::Path;

use self::report::{Guarded, Judged};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Level};
use crate::manifest::Manifest;
use crate::verdict::{GuardLevel, Verdict};

/// What is to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether the site's own rules are on for a folder that has no manifest of ours.
    pub site_rules: bool,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The code of everything that it says.
    pub code: &'static str,
    /// Its level; the site's own rules stand beside the guard's first.
    pub level: GuardLevel,
    /// What it does.
    pub run: Run,
}

/// What a rule does with the evidence.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// Judges the analytics of the written pages.
    Guard(fn(&Evidence<'_>) -> Vec<Verdict>),
    /// Judges the site itself; says nothing where all is well.
    Site(fn(&Evidence<'_>) -> Vec<Diagnostic>),
}

/// Every rule about written pages, in the order of reports.
pub const RULES: &[Rule] = &[
    guard("snippet/missing", snippet::missing),
    guard("snippet/misplaced", snippet::misplaced),
    guard("snippet/doubled", snippet::doubled),
    guard("snippet/altered", snippet::altered),
    guard("snippet/insecure", snippet::insecure),
    guard("snippet/excluded", snippet::excluded),
    guard("snippet/foreign", snippet::foreign),
    guard("snippet/placed-elsewhere", snippet::placed_elsewhere),
    guard("snippet/amp", snippet::amp),
    guard("snippet/unguarded", snippet::unguarded),
    guard("canonical/other-page", canonical::other_page),
    guard("policy/unread", headers::unread),
    site("secrets/in-output", secrets::in_output),
    site("output/altered", integrity::altered),
    site("output/foreign", integrity::foreign),
    site("link/broken-page", links::broken_pages),
    site("link/broken-fragment", links::broken_fragments),
    site("page/repeated-id", links::repeated_ids),
    site("feed/unreadable", feeds::unreadable),
    site("feed/count", feeds::count),
    site("feed/id", feeds::ids),
    site("feed/date", feeds::dates),
    site("feed/relative", feeds::relative),
    site("feed/link", feeds::astray),
    site("sitemap/broken", sitemap::broken),
];

const fn guard(code: &'static str, run: fn(&Evidence<'_>) -> Vec<Verdict>) -> Rule {
    Rule { code, level: GuardLevel::L0, run: Run::Guard(run) }
}

const fn site(code: &'static str, run: fn(&Evidence<'_>) -> Vec<Diagnostic>) -> Rule {
    Rule { code, level: GuardLevel::L0, run: Run::Site(run) }
}

/// Reads a folder and judges it by some rules.
pub fn run_with(
    rules: &[Rule],
    config: &Config,
    folder: &Path,
    manifest: Option<&Manifest>,
    options: &Options,
) -> Report {
    let site_rules = options.site_rules || manifest.is_some();
    match folder::gather(config, folder, manifest, site_rules) {
        Ok(evidence) => judge(rules, &evidence, site_rules),
        Err(problem) => Report { findings: vec![problem], ..Report::default() },
    }
}

fn judge(rules: &[Rule], evidence: &Evidence<'_>, site_rules: bool) -> Report {
    let mut verdicts: Vec<Judged> = Vec::new();
    let mut findings = evidence.unreadable.clone();
    if evidence.pages.is_empty() {
        let message = "the folder holds no HTML page, so nothing could be verified";
        findings.push(Diagnostic::error("check/no-folder", message).hint("is this the folder with the written site?"));
    }
    for rule in rules {
        match rule.run {
            Run::Guard(run) => {
                verdicts.extend(run(evidence).into_iter().map(|verdict| Judged { verdict, table: None, pardon: None }));
            }
            Run::Site(run) => findings.extend(run(evidence)),
        }
    }
    Report {
        verdicts,
        findings: weigh(findings, &evidence.config.check.levels),
        guarded: evidence.tables.iter().map(guarded).collect(),
        coverage: coverage::coverage(evidence),
        pages: coverage::pages(evidence),
        files: evidence.files.len(),
        site_rules,
        left_out: BTreeMap::new(),
    }
}

/// Gives each finding the weight that `[check]` sets for its code.
fn weigh(findings: Vec<Diagnostic>, levels: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let weight = |mut finding: Diagnostic| {
        finding.level = match levels.get(finding.code).map(String::as_str) {
            None => finding.level,
            Some("error") => Level::Error,
            Some("warn") => Level::Warning,
            Some("note") => Level::Note,
            Some(_) => return None,
        };
        Some(finding)
    };
    findings.into_iter().filter_map(weight).collect()
}

fn guarded(table: &evidence::Table<'_>) -> Guarded {
    Guarded {
        provider: table.analytics.provider.clone(),
        title: table.title.to_owned(),
        endpoint: table.analytics.endpoint.clone(),
        site: table.analytics.site.clone(),
    }
}

#[cfg(test)]
mod tests;
