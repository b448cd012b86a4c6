//! Owns what a report has to tell, thing by thing: each verdict that does not simply hold and each finding as a
//! [`Block`], weighed, without those that only repeat another; and the one sentence that sums them up.
//!
//! Every format for people and for other programs is a view of these. It lays nothing out.

use super::text::{Colour, counted, few, span};
use super::{Judged, Pardon, Report, level_name};
use crate::config::Endpoint;
use crate::diagnostic::{Diagnostic, Exit, Level};
use crate::verdict::{Covers, GuardLevel, Outcome};

/// What two rules say alike, in the same outcome: where the second is told, the first need not be as well.
const ECHOES: &[(&str, &str)] = &[
    ("contract/endpoint", "snippet/altered"),
    ("contract/scheme", "snippet/insecure"),
    ("tracker/bytes", "lock/entry"),
    ("version/accepted", "lock/entry"),
];

/// In which order blocks stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// The contract is broken.
    Drift,
    /// The site is wrong.
    Error,
    /// It could not be told, and fails.
    Unknown,
    /// It could not be told, and passes for now.
    Pardoned,
    /// Probably wrong.
    Warning,
    /// Worth knowing.
    Note,
    /// No run of this kind could tell.
    BeyondReach,
}

/// What a block is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'r> {
    /// What the guard says.
    Verdict(&'r Judged),
    /// Something in the written files.
    Finding(&'r Diagnostic),
    /// Something that the run said of what it works from: a source, a setting, a lock.
    Run(&'r Diagnostic),
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub(super) struct Block<'r> {
    /// How much it weighs.
    pub(super) weight: Weight,
    /// The weight in a word for people.
    pub(super) word: &'static str,
    /// The weight as a colour.
    pub(super) colour: Colour,
    /// The rule.
    pub(super) code: &'static str,
    /// One sentence.
    pub(super) message: String,
    /// What else is known, each with its label.
    pub(super) rows: Vec<(&'static str, String)>,
    /// What to do.
    pub(super) fix: Option<String>,
    /// What it is about.
    pub(super) about: About<'r>,
}

impl<'r> Block<'r> {
    /// Returns the fix as an aside.
    pub(super) fn fix_in_brackets(&self) -> String {
        self.fix.as_ref().map(|fix| format!(" ({fix})")).unwrap_or_default()
    }

    /// Returns the pages that it is about, all of them.
    pub(super) fn pages(&self) -> &'r [String] {
        match self.about {
            About::Verdict(judged) => &judged.verdict.pages,
            About::Finding(_) | About::Run(_) => &[],
        }
    }

    /// Returns the rows and the fix as lines, `label: text`.
    pub(super) fn lines(&self) -> Vec<String> {
        let rows = self.rows.iter().map(|(label, text)| format!("{label}: {text}"));
        rows.chain(self.fix.iter().map(|fix| format!("fix: {fix}"))).collect()
    }
}

/// Returns what a report has to tell, in the order in which it was found.
pub(super) fn blocks(report: &Report) -> Vec<Block<'_>> {
    let verdicts = report.verdicts.iter();
    let verdicts = verdicts.filter(|judged| judged.verdict.outcome != Outcome::Ok && !is_echo(report, judged));
    let findings = report.findings.iter().map(|finding| of_diagnostic(finding, About::Finding(finding)));
    verdicts.map(|judged| of_verdict(report, judged)).chain(findings).collect()
}

/// Returns whether a verdict only says again, of another place, what one that is shown has said.
fn is_echo(report: &Report, judged: &Judged) -> bool {
    let verdict = &judged.verdict;
    let said = |code: &str, outcome: &Outcome| {
        report.verdicts.iter().any(|other| other.verdict.code == code && other.verdict.outcome == *outcome)
    };
    match &verdict.outcome {
        Outcome::Ok => false,
        Outcome::Unknown(reason) if reason == "host-down" => report.verdicts.iter().any(|other| {
            let first = matches!(&other.verdict.outcome, Outcome::Unknown(reason) if reason != "host-down");
            first && other.table == judged.table && other.verdict.covers == Covers::Server
        }),
        Outcome::Unknown(_) => false,
        outcome => ECHOES.iter().any(|(echo, cause)| verdict.code == *echo && said(cause, outcome)),
    }
}

/// Returns a verdict as a block.
pub(super) fn of_verdict<'r>(report: &Report, judged: &'r Judged) -> Block<'r> {
    let verdict = &judged.verdict;
    let (weight, word, colour) = match &verdict.outcome {
        Outcome::Drift => (Weight::Drift, "drift", Colour::Red),
        Outcome::Unknown(_) if judged.is_beyond_reach() => (Weight::BeyondReach, "not told", Colour::Yellow),
        Outcome::Unknown(_) if judged.is_pardoned() => (Weight::Pardoned, "unknown", Colour::Yellow),
        Outcome::Unknown(_) => (Weight::Unknown, "unknown", Colour::Yellow),
        Outcome::Note if judged.is_untold() => (Weight::BeyondReach, "not told", Colour::Yellow),
        Outcome::Note | Outcome::Ok => (Weight::Note, "note", Colour::Blue),
    };
    let mut rows = Vec::new();
    let mut row = |label, text: &Option<String>| rows.extend(text.as_ref().map(|text| (label, text.clone())));
    row("evidence", &verdict.evidence);
    row("expected", &verdict.expected);
    row("found", &verdict.found);
    // One page is named in the message already.
    if verdict.pages.len() > 1 || verdict.pages.first().is_some_and(|page| !verdict.message.contains(page.as_str())) {
        rows.push(("pages", few(&verdict.pages, 3)));
    }
    if let Outcome::Unknown(reason) = &verdict.outcome {
        rows.push(("reason", reason.clone()));
    }
    match &judged.pardon {
        Pardon::None => {}
        Pardon::Granted(why) => rows.push(("passes", why.clone())),
        Pardon::Refused(why) => rows.push(("fails", why.clone())),
    }
    if let Some(held) = report.last_held(judged) {
        let at = held.strftime("%Y-%m-%d %H:%M UTC");
        rows.push(("last held", format!("{at}, {} ago", span(report.now.duration_since(held)))));
    }
    let covers = match verdict.covers {
        Covers::Built => "what was built",
        Covers::Server => "the analytics server",
        Covers::Live => "the deployed site",
    };
    rows.push(("covers", format!("{covers} ({})", level_name(verdict.level))));
    Block {
        weight,
        word,
        colour,
        code: verdict.code,
        message: verdict.message.clone(),
        rows,
        fix: verdict.fix.clone(),
        about: About::Verdict(judged),
    }
}

/// Returns a diagnostic as a block.
pub(super) fn of_diagnostic<'r>(diagnostic: &'r Diagnostic, about: About<'r>) -> Block<'r> {
    let (weight, word, colour) = match diagnostic.level {
        Level::Error => (Weight::Error, "error", Colour::Red),
        Level::Warning => (Weight::Warning, "warning", Colour::Yellow),
        Level::Note => (Weight::Note, "note", Colour::Blue),
    };
    let place = diagnostic.place.iter().map(|place| match place.line_column() {
        Some((line, _)) => ("at", format!("{}:{line}", place.file)),
        None => ("at", place.file.clone()),
    });
    let notes = diagnostic.notes.iter().map(|note| ("note", note.clone()));
    Block {
        weight,
        word,
        colour,
        code: diagnostic.code,
        message: diagnostic.message.clone(),
        rows: place.chain(notes).collect(),
        fix: diagnostic.hint.clone(),
        about,
    }
}

/// What a run comes to, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headline {
    /// In a word.
    pub(super) word: &'static str,
    /// As a colour.
    pub(super) colour: Colour,
    /// As a sentence that the word begins.
    pub(super) message: String,
    /// The code that says more.
    pub(super) code: Option<&'static str>,
}

impl Headline {
    /// Returns the sentence, and where to read on.
    pub(super) fn in_full(&self) -> String {
        let more = self.code.map(|code| format!("; `blog explain {code}` tells more")).unwrap_or_default();
        format!("{}{more}", self.message)
    }
}

/// Sums a report up.
pub(super) fn headline(report: &Report, blocks: &[Block<'_>]) -> Headline {
    let count = |weight| blocks.iter().filter(|block| block.weight == weight).count();
    let what = guarded(report);
    let code = blocks.iter().find(|block| block.weight < Weight::Pardoned).map(|block| block.code);
    let (word, colour, message) = match report.exit() {
        Exit::Drift => {
            let (drifts, errors) = (count(Weight::Drift), count(Weight::Error));
            let besides = if errors > 0 { format!(", and {errors} in the site itself") } else { String::new() };
            let causes = counted(drifts, "cause");
            ("drift", Colour::Red, format!("the analytics contract is broken, for {causes}{besides}"))
        }
        Exit::Unknown => {
            let message = "it could not be verified whether the analytics work, and nothing was proved wrong";
            ("unknown", Colour::Yellow, message.to_owned())
        }
        Exit::Success if report.guarded.is_empty() => {
            ("unguarded", Colour::Yellow, "nothing was verified about analytics: site.toml lists none".to_owned())
        }
        Exit::Success if blocks.iter().any(|block| block.weight == Weight::Pardoned) => {
            ("unknown", Colour::Yellow, format!("{what}: not all could be verified; it passes for now"))
        }
        Exit::Success if report.left_out.keys().any(|level| *level <= GuardLevel::L4) => {
            ("holds", Colour::Yellow, format!("{what}, as far as it was looked at; see the last line"))
        }
        Exit::Success if blocks.iter().any(|block| block.weight == Weight::BeyondReach) => {
            ("holds", Colour::Yellow, format!("{what}, as far as it could be told"))
        }
        Exit::Success => ("holds", Colour::Green, what),
        Exit::Site | Exit::Usage | Exit::Trend | Exit::World => {
            let errors = count(Weight::Error);
            ("site", Colour::Red, format!("{} in the written files", counted(errors, "problem")))
        }
    };
    Headline { word, colour, message, code }
}

/// Names what is guarded.
fn guarded(report: &Report) -> String {
    let names = report.guarded.iter().map(|guarded| match &guarded.endpoint {
        Endpoint::Embedded => format!("{} (stand-in)", guarded.title),
        Endpoint::Server(url) => format!("{} at {url}", guarded.title),
    });
    let expected: usize = report.coverage.iter().map(|coverage| coverage.expected).max().unwrap_or(0);
    format!("{} on {}", names.collect::<Vec<_>>().join(" and "), counted(expected, "page"))
}

/// What was not verified: levels that share a reason, and the reason; last, what no check can tell.
pub(super) fn not_verified(report: &Report) -> Vec<String> {
    let mut by_reason: Vec<(String, Vec<&str>)> = Vec::new();
    for (level, reasons) in &report.left_out {
        let why = reasons.iter().cloned().collect::<Vec<_>>().join(", ");
        match by_reason.iter_mut().find(|(known, _)| *known == why) {
            Some((_, levels)) => levels.push(level_name(*level)),
            None => by_reason.push((why, vec![level_name(*level)])),
        }
    }
    let parts = by_reason.into_iter().map(|(why, levels)| format!("{} ({why})", levels.join(", ")));
    let blind = "whether visitors block the tracker or refuse consent (no check can tell)".to_owned();
    parts.chain((!report.guarded.is_empty()).then_some(blind)).collect()
}
