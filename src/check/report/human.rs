//! Owns the report as words: the worst first, one block a cause; then coverage, the levels, and what
//! nobody verified. A run in which everything holds is told in a dozen lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::blocks::{Block, Weight, blocks, headline, not_verified, of_verdict};
use super::text::{Colour, counted, number, paint, tame, wrap};
use super::{Judged, Report, level_name};
use crate::check::coverage::{Coverage, Row};
use crate::diagnostic::Level;
use crate::verdict::{GuardLevel, Outcome};

/// How a report is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How many characters a line has.
    pub columns: usize,
    /// Whether colours repeat what the words say.
    pub coloured: bool,
}

/// How wide the labels of a block are.
const LABEL: usize = 10;
/// How many findings of one code are shown.
const SHOWN: usize = 8;
/// How many rows of a coverage table are shown.
const ROWS: usize = 12;

/// Returns the report as words.
pub(super) fn human(report: &Report, look: Look) -> String {
    let mut page = Page { look, text: String::new() };
    let mut blocks = blocks(report);
    blocks.sort_by_key(|block| block.weight);
    let shown: Vec<&Block<'_>> = blocks.iter().filter(|block| block.weight < Weight::Note).collect();
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for block in shown {
        let count = by_code.entry(block.code).or_default();
        *count += 1;
        if *count <= SHOWN {
            page.block(block);
        }
    }
    for (code, count) in by_code.iter().filter(|(_, count)| **count > SHOWN) {
        page.line(&format!("… and {} more `{code}`; `--format json` lists all", count - SHOWN));
        page.text.push('\n');
    }
    let gaps = report.coverage.iter().filter(|coverage| coverage.found < coverage.expected);
    gaps.for_each(|coverage| page.coverage(report, coverage));
    let headline = headline(report, &blocks);
    page.labelled(headline.word, headline.colour, &headline.in_full());
    page.levels(report);
    for block in blocks.iter().filter(|block| block.weight >= Weight::Note) {
        let label = format!("{}[{}]", block.word, block.code);
        // What is only worth knowing asks for nothing to be done.
        let fix = if block.weight == Weight::Note { String::new() } else { block.fix_in_brackets() };
        page.labelled(&label, block.colour, &format!("{}{fix}", block.message));
    }
    page.last_lines(report);
    page.text
}

/// The text in the making.
struct Page {
    look: Look,
    text: String,
}

impl Page {
    fn paint(&self, text: &str, colour: Colour) -> String {
        paint(text, colour, self.look.coloured)
    }

    fn line(&mut self, text: &str) {
        let lines = wrap(text, self.look.columns);
        self.text.push_str(&lines.join("\n"));
        self.text.push('\n');
    }

    /// Writes `label: text`, the text hanging below its own start by four.
    fn labelled(&mut self, label: &str, colour: Colour, text: &str) {
        let start = label.chars().count() + 2;
        let lines = wrap(&format!("{} {text}", "_".repeat(start - 1)), self.look.columns - 4);
        let label = self.paint(label, colour);
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => writeln!(self.text, "{label}: {}", line.get(start..).unwrap_or_default()),
                _ => writeln!(self.text, "    {line}"),
            }
            .expect("writing into a string never fails");
        }
    }

    /// Writes a row of a block: its label, and its text in a column of its own.
    fn row(&mut self, label: &str, text: &str) {
        let indent = LABEL + 4;
        for (index, line) in wrap(text, self.look.columns.saturating_sub(indent).max(20)).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(self.text, "  {label:>LABEL$}  {line}").expect("writing into a string never fails");
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        self.labelled(&format!("{}[{}]", block.word, block.code), block.colour, &block.message);
        for (label, text) in &block.rows {
            self.row(label, text);
        }
        if let Some(fix) = &block.fix {
            self.row("fix", fix);
        }
        self.text.push('\n');
    }

    fn coverage(&mut self, report: &Report, coverage: &Coverage) {
        let title = report.guarded.iter().find(|guarded| guarded.provider == coverage.provider);
        let title = title.map_or(coverage.provider.as_str(), |guarded| guarded.title.as_str()).to_owned();
        let (found, expected) = (number(coverage.found), number(coverage.expected));
        let head = format!("{title} snippet, once and as configured, on {found} of {expected} pages");
        self.labelled("coverage", Colour::Bold, &head);
        self.table("section", &coverage.sections, "(top)");
        self.table("layout", &coverage.layouts, "(copied as it is)");
        self.text.push('\n');
    }

    fn table(&mut self, kind: &str, rows: &[Row], nameless: &str) {
        if rows.is_empty() {
            return;
        }
        let mut sorted: Vec<&Row> = rows.iter().collect();
        sorted.sort_by_key(|row| (row.found == row.expected, std::cmp::Reverse(row.expected)));
        let name = |row: &Row| if row.name.is_empty() { nameless.to_owned() } else { tame(&row.name) };
        let width = sorted.iter().take(ROWS).map(|row| name(row).chars().count()).max().unwrap_or(0).clamp(16, 40);
        let mut line = |cells: [&str; 4]| {
            let [name, expected, found, remark] = cells;
            let line = format!("  {name:<width$}  {expected:>8}  {found:>8}  {remark}");
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        };
        line([kind, "expected", "found", ""]);
        for row in sorted.iter().take(ROWS) {
            let remark = match row.expected - row.found {
                0 => String::new(),
                lacking if lacking == row.expected => "<- none".to_owned(),
                lacking => format!("<- {} not", number(lacking)),
            };
            line([&name(row), &number(row.expected), &number(row.found), &remark]);
        }
        if let Some(rest) = sorted.get(ROWS..).filter(|rest| !rest.is_empty()) {
            let gaps = rest.iter().filter(|row| row.found < row.expected).count();
            let remark = if gaps == 0 { "all whole".to_owned() } else { format!("{gaps} of them not whole") };
            line([&format!("… and {} more", rest.len()), "", "", &remark]);
        }
    }

    /// Writes a line for each level that was looked at.
    fn levels(&mut self, report: &Report) {
        let mut levels: BTreeMap<GuardLevel, Vec<&Judged>> = BTreeMap::new();
        for judged in report.verdicts.iter().filter(|judged| !judged.is_beyond_reach()) {
            levels.entry(judged.verdict.level).or_default().push(judged);
        }
        for (level, judged) in levels {
            let holding = judged.iter().filter(|judged| judged.holds()).count();
            let worst = judged.iter().map(|judged| of_verdict(report, judged)).min_by_key(|block| block.weight);
            let (word, colour) = match worst {
                Some(block) if block.weight < Weight::Note => (block.word, block.colour),
                _ if judged.iter().any(|judged| judged.is_untold()) => ("not told", Colour::Yellow),
                _ => ("ok", Colour::Green),
            };
            let told = judged.iter().find(|judged| judged.verdict.outcome == Outcome::Ok);
            if told.is_none() && word == "ok" {
                continue;
            }
            let text = told.filter(|_| holding == judged.len()).map_or("", |told| told.verdict.message.as_str());
            let count = format!("{holding}/{}", judged.len());
            self.level([level_name(level), word, &count], colour, text);
        }
        if report.site_rules {
            let worst = report.findings.iter().map(|finding| finding.level).max();
            let (word, colour) = match worst {
                Some(Level::Error) => ("error", Colour::Red),
                Some(Level::Warning) => ("warning", Colour::Yellow),
                Some(Level::Note) | None => ("ok", Colour::Green),
            };
            let pages = report.pages.documents + report.pages.redirects + report.pages.fragments + report.pages.amp;
            let text = format!(
                "links, ids, feeds, sitemaps and digests of {} in {}",
                counted(pages, "page"),
                counted(report.files, "file")
            );
            self.level(["site", word, ""], colour, &text);
        }
    }

    /// Writes a line of the table of levels: name, word and how many checks hold, then words.
    fn level(&mut self, [name, word, count]: [&str; 3], colour: Colour, text: &str) {
        let painted = self.paint(&format!("{word:<8}"), colour);
        let indent = 36;
        for (index, line) in wrap(text, self.look.columns.saturating_sub(indent).max(20)).iter().enumerate() {
            match index {
                0 => writeln!(self.text, "{}", format!("  {name:<16}  {painted} {count:>5}  {line}").trim_end()),
                _ => writeln!(self.text, "{:indent$}{line}", ""),
            }
            .expect("writing into a string never fails");
        }
    }

    /// Says what this report does not show; always the last words.
    fn last_lines(&mut self, report: &Report) {
        for note in report.notes.iter().filter(|note| !note.starts_with("stand-in")) {
            self.labelled("note", Colour::Blue, note);
        }
        if report.stand_in() {
            self.labelled("stand-in endpoint", Colour::Yellow, "this proves the site, not your analytics");
        }
        let parts = not_verified(report);
        if !parts.is_empty() {
            // One line, however long: scripts and people take the last line of the output for it.
            let label = self.paint("not verified", Colour::Yellow);
            writeln!(self.text, "{label}: {}", parts.join("; ")).expect("writing into a string never fails");
        }
    }
}
