//! Owns what a verification as a whole comes to: [`Report`], read by people, by machines and, as an
//! exit code, by scripts.
//!
//! Nothing here judges a page or a server. Every format is a view of the same values, and "could
//! not be told" is never shown as success.
//!
//! To add a format: a file, a row in [`Document`], a name in `cli.rs`.

mod background;
mod blocks;
mod github;
mod html;
mod human;
mod json;
mod junit;
mod sarif;
mod text;

pub use self::background::{Background, Memory};
pub use self::human::Look;
pub(super) use self::text::span;

use self::blocks::{About, Block, Headline, of_diagnostic};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::coverage::{Coverage, Pages};
use crate::config::Endpoint;
use crate::diagnostic::{Diagnostic, Exit, Level};
use crate::verdict::{GuardLevel, Outcome, Verdict};

/// What was found, in full.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What the guard says, in the order of the rules.
    pub verdicts: Vec<Judged>,
    /// What is wrong with the site itself.
    pub findings: Vec<Diagnostic>,
    /// What is guarded, in the order of site.toml.
    pub guarded: Vec<Guarded>,
    /// Which pages carry what they should, for each table whose snippet is in the page.
    pub coverage: Vec<Coverage>,
    /// How many HTML files there are of each kind.
    pub pages: Pages,
    /// How many files there are.
    pub files: usize,
    /// Whether the site's own rules were on.
    pub site_rules: bool,
    /// The levels that were left out, and why.
    pub left_out: BTreeMap<GuardLevel, BTreeSet<String>>,
    /// What is to be known of the way to the servers: a proxy, certificates of one's own.
    pub notes: Vec<String>,
    /// When each level of each table last held before this run, as far as is remembered.
    pub last_held: BTreeMap<(usize, GuardLevel), Timestamp>,
    /// What counts as now.
    pub now: Timestamp,
    /// What it is about, and what was known before.
    pub background: Background,
}

/// A form in which a run is told to other programs, as one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// JUnit XML: GitLab, Jenkins.
    Junit,
    /// SARIF 2.1.0: GitHub's code scanning, editors.
    Sarif,
    /// Annotations of a GitHub Actions run.
    Github,
    /// A page for people, in one file.
    Html,
}

/// All that a document tells: a report, if the run came to one, and what else it had to say.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'r> {
    /// The report; none if the run ended before.
    pub report: Option<&'r Report>,
    /// What the run said of what it works from.
    pub said: &'r [Diagnostic],
    /// What the run comes to.
    pub exit: Exit,
}

impl Document {
    /// Returns the text of the document.
    pub fn of(self, whole: &Whole<'_>) -> String {
        match self {
            Document::Junit => junit::junit(whole),
            Document::Sarif => format!("{:#}\n", sarif::sarif(whole)),
            Document::Github => github::github(whole),
            Document::Html => html::html(whole),
        }
    }

    /// Returns words for people as they may stand in the same log as this document.
    pub fn beside(self, words: String) -> String {
        match self {
            Document::Github => github::inert(&words),
            Document::Junit | Document::Sarif | Document::Html => words,
        }
    }
}

impl<'r> Whole<'r> {
    /// Returns all there is to tell, in the order in which it was found.
    fn blocks(&self) -> Vec<Block<'r>> {
        let said = self.said.iter().map(|said| of_diagnostic(said, About::Run(said)));
        said.chain(self.report.into_iter().flat_map(blocks::blocks)).collect()
    }

    /// Sums the run up.
    fn headline(&self) -> Headline {
        match self.report {
            // What stands beside the report weighs more than the report only if it ended the run.
            Some(report) if report.exit() == self.exit => blocks::headline(report, &self.blocks()),
            _ => {
                let first = self.said.iter().find(|said| said.level == Level::Error);
                let errors = self.said.iter().filter(|said| said.level == Level::Error).count();
                let problems = text::counted(errors, "problem");
                let verified = if self.report.is_some() { "" } else { ", and nothing was verified" };
                let message = format!("{problems} ended the run{verified}");
                Headline { word: "error", colour: text::Colour::Red, message, code: first.map(|said| said.code) }
            }
        }
    }
}

/// One analytics table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The provider's name in site.toml.
    pub provider: String,
    /// The provider's name for people.
    pub title: String,
    /// Where its server is, or that the stand-in plays it.
    pub endpoint: Endpoint,
    /// The site, as the provider calls it.
    pub site: String,
}

/// A verdict and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The analytics table that it is about, by its place in site.toml from 0; none: about the site as a whole.
    pub table: Option<usize>,
    /// What `on_unknown = "warn"` makes of an unknown.
    pub pardon: Pardon,
}

/// What `on_unknown = "warn"` makes of an unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pardon {
    /// It is not set, or has no say.
    #[default]
    None,
    /// It lets the run pass, and why.
    Granted(String),
    /// It does not let the run pass, and why.
    Refused(String),
}

/// The codes of what no run of this site could tell: the owner has placed it out of reach of the written files.
/// They are never shown as holding, but fail no run, or such a site could never be built.
const BEYOND_REACH: &[&str] = &["snippet/placed-elsewhere", "policy/unread", "browser/placed-elsewhere"];

impl Judged {
    /// Returns what the verdict makes of the run.
    pub fn exit(&self) -> Exit {
        match &self.verdict.outcome {
            Outcome::Ok | Outcome::Note => Exit::Success,
            Outcome::Drift => Exit::Drift,
            Outcome::Unknown(_) if self.is_pardoned() || self.is_beyond_reach() => Exit::Success,
            Outcome::Unknown(_) => Exit::Unknown,
        }
    }

    /// Returns whether it holds.
    pub fn holds(&self) -> bool {
        matches!(self.verdict.outcome, Outcome::Ok | Outcome::Note) && !self.verdict.is_untold
    }

    /// Returns whether this could not be told, and `on_unknown = "warn"` lets it pass.
    pub fn is_pardoned(&self) -> bool {
        matches!(self.pardon, Pardon::Granted(_))
    }

    /// Returns whether this could not be told by any run of this kind: it fails none, and is never shown as holding.
    pub fn is_untold(&self) -> bool {
        self.verdict.is_untold && self.verdict.outcome == Outcome::Note
    }

    /// Returns whether this is out of reach of the written files.
    pub fn is_beyond_reach(&self) -> bool {
        matches!(self.verdict.outcome, Outcome::Unknown(_)) && BEYOND_REACH.contains(&self.verdict.code)
    }
}

impl Report {
    /// Returns what the run comes to.
    pub fn exit(&self) -> Exit {
        let verdicts = self.verdicts.iter().map(Judged::exit);
        Exit::worst(verdicts.chain(self.findings.iter().map(Diagnostic::exit)))
    }

    /// Returns whether pages name the stand-in instead of a server.
    pub fn stand_in(&self) -> bool {
        self.guarded.iter().any(|guarded| guarded.endpoint == Endpoint::Embedded)
    }

    /// Returns whether everything that was looked at holds, and nothing that was asked stayed unknown.
    pub fn holds(&self) -> bool {
        let findings = self.findings.iter().all(|finding| finding.level == Level::Note);
        findings && self.verdicts.iter().all(|judged| judged.holds() || judged.is_beyond_reach() || judged.is_untold())
    }

    /// Adds what a further level says: one that is asked for by itself, beside the written pages (L5 to L7).
    /// A level that was added is left out no more, even if it had nothing to say.
    pub fn extend(&mut self, level: GuardLevel, verdicts: impl IntoIterator<Item = (Option<usize>, Verdict)>) {
        self.left_out.remove(&level);
        let judged = |(table, verdict)| Judged { verdict, table, pardon: Pardon::None };
        self.verdicts.extend(verdicts.into_iter().map(judged));
    }

    /// Returns when what a verdict speaks of last held, where it does not hold now and that is remembered. What is so of the
    /// whole site held when it last held for every table.
    pub fn last_held(&self, judged: &Judged) -> Option<Timestamp> {
        if judged.holds() {
            return None;
        }
        let of = |table: usize| self.last_held.get(&(table, judged.verdict.level)).copied();
        match judged.table {
            Some(table) => of(table),
            None => (0..self.guarded.len()).map(of).min().flatten(),
        }
    }

    /// Lets a level that looks settle what the levels that read have left to it: an unknown whose reason is that level's
    /// name becomes a note where that level holds for the same table, and found something to hold.
    pub fn settle(&mut self, level: GuardLevel) {
        let name = format!("{level:?}");
        let of = |wanted: &dyn Fn(&Outcome) -> bool| -> BTreeSet<Option<usize>> {
            let judged = self.verdicts.iter().filter(|judged| judged.verdict.level == level);
            judged.filter(|judged| wanted(&judged.verdict.outcome)).map(|judged| judged.table).collect()
        };
        let holding = of(&|outcome| *outcome == Outcome::Ok);
        let open = of(&|outcome| matches!(outcome, Outcome::Drift | Outcome::Unknown(_)));
        for judged in &mut self.verdicts {
            let is_left = matches!(&judged.verdict.outcome, Outcome::Unknown(reason) if *reason == name);
            let is_settled = holding.contains(&judged.table) && !open.contains(&judged.table) && !open.contains(&None);
            if is_left && is_settled && judged.table.is_some() {
                judged.verdict.outcome = Outcome::Note;
                judged.verdict.fix = None;
                judged.verdict.message.push_str(&format!("; {} saw that all is well", level_name(level)));
            }
        }
    }

    /// Returns the whole as JSON; `docs/report.md` documents its shape.
    pub fn json(&self) -> serde_json::Value {
        json::json(self)
    }

    /// Returns the whole as words for people: the worst first, the last line what was not verified.
    pub fn human(&self, look: Look) -> String {
        human::human(self, look)
    }
}

/// Returns a level's name for people.
pub(super) fn level_name(level: GuardLevel) -> &'static str {
    match level {
        GuardLevel::L0 => "L0 written pages",
        GuardLevel::L1 => "L1 tracker",
        GuardLevel::L2 => "L2 contract",
        GuardLevel::L3 => "L3 version",
        GuardLevel::L4 => "L4 collecting",
        GuardLevel::L5 => "L5 read-back",
        GuardLevel::L6 => "L6 deployed site",
        GuardLevel::L7 => "L7 real browser",
        GuardLevel::L8 => "L8 daily visits",
    }
}

#[cfg(test)]
mod tests;
