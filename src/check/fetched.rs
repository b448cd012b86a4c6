//! Owns the judging of pages that a server has sent: the very rules of [`super::run`], over bytes and headers as they
//! came, instead of over a folder.
//!
//! Gives [`Reading`], which takes one page after the other and keeps no bytes, and [`Facts`], in which two copies of a
//! page are compared. Fetches nothing, and leaves the site's own rules out: a sample of pages is no site.

use std::collections::BTreeMap;

use super::addresses::Addresses;
use super::evidence::{Evidence, Page, PageKind, Sent, Snippet, Table};
use super::reduce::{Interner, Reducer};
use super::resolve::{Files, Site};
use super::{Options, Report, Rules, page};
use crate::analytics::Sighting;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::guard::Answers;
use crate::manifest::Manifest;
use crate::paths::OutPath;

/// Pages as they come in.
#[derive(Debug)]
pub struct Reading<'a> {
    config: &'a Config,
    manifest: Option<&'a Manifest>,
    tables: Vec<Table<'a>>,
    interner: Interner,
    pages: BTreeMap<String, Page>,
    sent: Sent,
}

impl<'a> Reading<'a> {
    /// Begins; the manifest of our own build tells layouts and sections.
    pub fn new(config: &'a Config, manifest: Option<&'a Manifest>) -> Self {
        Reading {
            config,
            manifest,
            tables: Table::all(config),
            interner: Interner::default(),
            pages: BTreeMap::new(),
            sent: Sent::new(),
        }
    }

    /// Takes a page: its place in the site, its bytes, and the headers that it was sent with, names in lower case.
    pub fn add(&mut self, path: &OutPath, bytes: &[u8], headers: &BTreeMap<String, String>) {
        let nothing_is_there = |_: &str| false;
        let site = Site::of(&self.config.base_url, Files::Asked(&nothing_is_there), None, Vec::new());
        let interner = std::mem::take(&mut self.interner);
        let reducer =
            Reducer { site, tables: &self.tables, site_rules: false, interner, addresses: Addresses::default() };
        let entry = self.manifest.and_then(|manifest| manifest.files.get(path.as_str()));
        let (page, _) = reducer.page(path.as_str(), page::read(bytes), entry);
        self.interner = reducer.interner;
        self.pages.insert(path.to_string(), page);
        self.sent.insert(path.to_string(), headers.clone());
    }

    /// Returns what the rules judge by.
    pub fn finish(self) -> Evidence<'a> {
        Evidence {
            config: self.config,
            manifest: self.manifest,
            tables: self.tables,
            files: BTreeMap::new(),
            pages: self.pages.into_values().collect(),
            feeds: Vec::new(),
            sitemaps: Vec::new(),
            headers: None,
            sent: Some(self.sent),
            leaks: std::collections::BTreeSet::new(),
            breaches: Vec::new(),
            lost: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

/// Reads the pages of a folder, whoever made them.
pub fn folder<'a>(config: &'a Config, folder: &std::path::Path) -> Result<Evidence<'a>, Diagnostic> {
    super::folder::gather(config, folder, None, false, None)
}

/// Judges pages that were sent, together with what the analytics servers answered.
pub fn judge(evidence: &Evidence<'_>, answers: &Answers, options: &Options<'_>) -> Report {
    let mut report = super::judge(&Rules::ALL, evidence, answers, options, false);
    // There is no folder that could be the wrong one.
    report.findings.retain(|finding| finding.code != "check/no-folder");
    report
}

/// What a page says about analytics: two copies with the same facts are counted alike, whatever their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: PageKind,
    /// The snippets that run: what was recognised, where tracker and endpoint are.
    pub running: Vec<(Sighting, Option<String>, Option<String>)>,
    /// The snippets that do not run, and why.
    pub inert: Vec<(Sighting, String)>,
    /// Where its canonical link leads.
    pub canonical: Option<String>,
    /// The policies of its meta elements.
    pub policies: Vec<String>,
    /// Its referrer policy.
    pub referrer: Option<String>,
}

impl Page {
    /// Returns what the page says about analytics.
    pub fn facts(&self) -> Facts {
        let running = |snippet: &Snippet| {
            let found = &snippet.found;
            (found.sighting.clone(), found.script.clone(), found.collect.clone())
        };
        let canonical = self.canonical.as_deref();
        Facts {
            kind: self.kind,
            running: self.snippets.iter().map(running).collect(),
            inert: self.inert.iter().map(|(snippet, why)| (snippet.found.sighting.clone(), why.to_string())).collect(),
            canonical: canonical
                .map(|link| link.target.as_ref().map_or_else(|| link.written.clone(), ToString::to_string)),
            policies: self.policies.to_vec(),
            referrer: self.referrer.clone(),
        }
    }
}
