//! Owns the verification of a written site: what stands in the folder, never what was meant.
//!
//! Gives [`run`], which reads a folder once and lets every row of [`RULES`] judge it, and [`Report`],
//! what people and machines get to read. Refuses to look at any value of the builder: a verifier that
//! shares the builder's code repeats the builder's mistakes.
//!
//! To add a rule: write `fn(&Evidence) -> …` into the file of its subject, a row into [`RULES`], and a
//! row for its code into `codes/guard.rs`. A test demands a breakage that only this rule finds.

mod addresses;
pub mod alone;
mod bystanders;
mod canonical;
pub mod contracts;
mod coverage;
pub mod evidence;
pub mod feeds;
pub mod fetched;
mod folder;
pub mod forecast;
pub mod headers;
mod integrity;
mod links;
mod lost;
pub mod memory;
mod oddities;
pub mod page;
pub mod redirects;
mod reduce;
pub mod report;
mod resolve;
pub mod sample;
mod secrets;
pub mod sitemap;
mod snippet;
mod subjects;

pub use self::evidence::{Evidence, Page};
pub use self::memory::Memory;
pub use self::report::Report;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::report::{Background, Guarded, Judged, Pardon};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Level};
use crate::guard::{self, Answers};
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::state::State;
use crate::verdict::{GuardLevel, Verdict};

/// What is to be looked at, and what is remembered.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// Whether the site's own rules are on for a folder that has no manifest of ours.
    pub site_rules: bool,
    /// Only these levels; all of them if none.
    pub levels: Option<BTreeSet<GuardLevel>>,
    /// What is locked, if there is a lock.
    pub lock: Option<&'a Lock>,
    /// What is known of pages; without it every page is parsed.
    pub memory: Option<&'a Memory>,
    /// What earlier runs have told; without it `on_unknown = "warn"` lets nothing pass.
    pub state: Option<&'a State>,
}

impl Options<'_> {
    fn wants(&self, level: GuardLevel) -> bool {
        self.levels.as_ref().is_none_or(|levels| levels.contains(&level))
    }
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
    guard("snippet/dead", bystanders::dead),
    guard("snippet/tag-manager", bystanders::tag_manager),
    guard("snippet/placed-elsewhere", snippet::placed_elsewhere),
    guard("snippet/unknown-provider", snippet::unknown_provider),
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
    site("page/title", oddities::titles),
    site("page/heading", oddities::headings),
    site("page/alt", oddities::alts),
    site("page/loopback", oddities::loopback),
    site("page/preview", oddities::preview),
    site("page/contract", contracts::broken),
    site("page/contract-idle", contracts::idle),
    site("urls/lost", lost::lost),
    site("urls/not-gone", lost::not_gone),
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

/// Reads a folder and judges it, together with what the servers answered.
pub fn run(
    config: &Config,
    folder: &Path,
    manifest: Option<&Manifest>,
    answers: &Answers,
    options: &Options<'_>,
) -> Report {
    run_with(&Rules::ALL, config, folder, manifest, answers, options)
}

/// Reads a folder without judging it: for a level that needs to know the pages (L7).
pub fn gather<'a>(
    config: &'a Config,
    folder: &Path,
    manifest: Option<&'a Manifest>,
) -> Result<Evidence<'a>, Diagnostic> {
    folder::gather(config, folder, manifest, false, None)
}

/// The rules of a run.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// Those about the written files.
    pub pages: Cow<'a, [Rule]>,
    /// Those about servers, and about pages and servers together.
    pub servers: Cow<'a, [guard::Rule]>,
}

impl Rules<'static> {
    /// Every rule there is.
    pub const ALL: Rules<'static> = Rules { pages: Cow::Borrowed(RULES), servers: Cow::Borrowed(guard::RULES) };
}

impl Rules<'_> {
    /// Returns the same rules without those of a code: what the drill and the tests switch off.
    pub fn without(&self, code: &str) -> Rules<'static> {
        Rules {
            pages: self.pages.iter().filter(|rule| rule.code != code).copied().collect(),
            servers: self.servers.iter().filter(|rule| rule.code != code).copied().collect(),
        }
    }
}

/// Does what [`run`] does, by some rules.
pub fn run_with(
    rules: &Rules<'_>,
    config: &Config,
    folder: &Path,
    manifest: Option<&Manifest>,
    answers: &Answers,
    options: &Options<'_>,
) -> Report {
    let site_rules = options.site_rules || manifest.is_some();
    let mut report = match folder::gather(config, folder, manifest, site_rules, options.memory) {
        Ok(evidence) => judge(rules, &evidence, answers, options, site_rules),
        Err(problem) => Report { findings: vec![problem], ..Report::default() },
    };
    report.background = Background::of(config, folder, manifest, options, &report);
    report
}

/// Does what [`run_with`] does, over files that are in memory instead of a folder: what the drill breaks. The site's own
/// rules stay off, because such files are a sample.
pub fn run_on(
    rules: &Rules<'_>,
    config: &Config,
    files: &BTreeMap<String, Vec<u8>>,
    manifest: Option<&Manifest>,
    answers: &Answers,
    options: &Options<'_>,
) -> Report {
    judge(rules, &folder::take(config, files, manifest, false), answers, options, false)
}

fn judge(
    rules: &Rules<'_>,
    evidence: &Evidence<'_>,
    answers: &Answers,
    options: &Options<'_>,
    site_rules: bool,
) -> Report {
    let mut verdicts: Vec<Judged> = Vec::new();
    let mut findings = evidence.unreadable.clone();
    if evidence.pages.is_empty() {
        let message = "the folder holds no HTML page, so nothing could be verified";
        findings.push(Diagnostic::error("check/no-folder", message).hint("is this the folder with the written site?"));
    }
    for rule in rules.pages.iter() {
        match rule.run {
            Run::Guard(run) if options.wants(rule.level) => {
                let said = run(evidence).into_iter();
                verdicts.extend(said.map(|verdict| Judged { verdict, table: None, pardon: Pardon::None }));
            }
            Run::Guard(_) => {}
            Run::Site(run) => findings.extend(run(evidence)),
        }
    }
    let servers: Vec<guard::Rule> = rules.servers.iter().filter(|rule| options.wants(rule.level)).copied().collect();
    let heard = subjects::judge(&servers, evidence, answers, options.lock);
    verdicts.extend(heard.verdicts);
    subjects::pardon(&mut verdicts, evidence, options.state.unwrap_or(&State::default()));
    Report {
        verdicts,
        findings: weigh(findings, &evidence.config.check.levels),
        guarded: evidence.tables.iter().map(guarded).collect(),
        coverage: coverage::coverage(evidence),
        pages: coverage::pages(evidence),
        files: evidence.files.len(),
        site_rules,
        left_out: left_out(evidence, options, heard.left_out),
        notes: answers.notes.clone(),
        last_held: last_held(evidence, options.state),
        now: evidence.config.now,
        background: Background::default(),
    }
}

/// Returns when each level of each table last held, as far as is remembered.
fn last_held(evidence: &Evidence<'_>, state: Option<&State>) -> BTreeMap<(usize, GuardLevel), jiff::Timestamp> {
    let Some(state) = state else { return BTreeMap::new() };
    let config = evidence.config;
    let of_table = |(number, analytics)| {
        GuardLevel::ALL
            .into_iter()
            .filter_map(move |level| Some(((number, level), state.held(config, analytics, level)?)))
    };
    config.analytics.iter().enumerate().flat_map(of_table).collect()
}

/// Says which levels were not judged: those that could not be, those that were not selected, and those
/// that no run over written files asks about.
fn left_out(
    evidence: &Evidence<'_>,
    options: &Options<'_>,
    mut left_out: BTreeMap<GuardLevel, BTreeSet<String>>,
) -> BTreeMap<GuardLevel, BTreeSet<String>> {
    const ASKED: [GuardLevel; 5] = [GuardLevel::L0, GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4];
    const LATER: [GuardLevel; 4] = [GuardLevel::L5, GuardLevel::L6, GuardLevel::L7, GuardLevel::L8];
    if evidence.tables.is_empty() {
        return BTreeMap::new();
    }
    for level in ASKED.into_iter().filter(|level| !options.wants(*level)) {
        left_out.insert(level, BTreeSet::from(["not selected".to_owned()]));
    }
    for level in LATER {
        left_out.entry(level).or_default().insert("not asked for".to_owned());
    }
    left_out
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
