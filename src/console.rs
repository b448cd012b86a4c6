//! Owns the terminal: it is the only place that prints. Words for people go to stderr, data to
//! stdout, and with `--format json` stdout carries one object a line (`docs/json.md`). A format for other
//! programs puts one document on stdout, when all is said, whatever the run came to.
//!
//! Colour never carries meaning alone; `NO_COLOR` and anything that is no terminal switch it off. A
//! reader that stops reading is no error. Refuses to let a file's bytes steer the terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use watchpost::check::Report;
use watchpost::check::report::{Document, Look, Whole};
use watchpost::diagnostic::frame::{self, Dress};
use watchpost::diagnostic::{Diagnostic, Exit, Level};

use crate::cli::Format;

pub(crate) use watchpost::diagnostic::frame::printable;

/// How many diagnostics of one code a person is shown; `--format json` gives all.
const SHOWN: usize = 20;

/// Where everything is printed.
#[derive(Debug)]
pub(crate) struct Console {
    format: Format,
    document: Option<Document>,
    kept: Mutex<Kept>,
    dress: Dress,
    refused: AtomicBool,
    /// Whether the last line shows how far something is.
    has_bar: AtomicBool,
}

/// What a document will tell.
/// Empties the line in which a terminal stands.
const CLEAR: &str = "\r\u{1b}[K";
/// How wide a bar is.
const BAR: usize = 24;

/// Returns a bar: a name, how much is done, and how many of how many.
fn drawn(name: &str, done: usize, parts: usize) -> String {
    let full = (done.min(parts) * BAR).checked_div(parts).unwrap_or(BAR);
    format!("  {}{} {done} of {parts}  {name}", "█".repeat(full), "░".repeat(BAR - full))
}

#[derive(Debug, Default)]
struct Kept {
    report: Option<Report>,
    said: Vec<Diagnostic>,
}

impl Console {
    /// Takes the terminal.
    pub(crate) fn new(format: Format, document: Option<Document>, no_color: bool, columns: Option<usize>) -> Self {
        let terminal = io::stderr().is_terminal();
        let dress = Dress { coloured: terminal && !no_color, columns: columns.unwrap_or(120).clamp(40, 140) };
        Console {
            format,
            document,
            kept: Mutex::default(),
            dress,
            refused: AtomicBool::new(false),
            has_bar: AtomicBool::new(false),
        }
    }

    /// Returns for whom the output is.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Returns the document that is to be on stdout in the end.
    pub(crate) fn document(&self) -> Option<Document> {
        self.document
    }

    /// Returns how wide words for people may be.
    pub(crate) fn columns(&self) -> usize {
        self.dress.columns
    }

    /// Returns whether words for people are coloured.
    pub(crate) fn coloured(&self) -> bool {
        self.dress.coloured
    }

    /// Returns whether stdout could not take what was printed, for a reason other than a reader that left.
    pub(crate) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Shows on a terminal how far something is, in a line that the next words take the place of; returns whether it is shown.
    pub(crate) fn bar(&self, name: &str, done: usize, parts: usize) -> bool {
        let is_shown = self.dress.coloured && self.format == Format::Human && self.document.is_none();
        if is_shown {
            let _ = io::stderr().lock().write_all(format!("{CLEAR}{}", drawn(name, done, parts)).as_bytes());
            self.has_bar.store(true, Ordering::Relaxed);
        }
        is_shown
    }

    /// Prints a line of words for people; nothing with `--format json`.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if self.format == Format::Human {
            self.people(&format!("{}\n", line.as_ref()));
        }
    }

    /// Prints words for people whatever the format: what stops the program before there is one.
    pub(crate) fn people(&self, text: &str) {
        let text = self.document.map_or_else(|| text.to_owned(), |document| document.beside(text.to_owned()));
        let text = if self.has_bar.swap(false, Ordering::Relaxed) { format!("{CLEAR}{text}") } else { text };
        // Whoever closed stderr does not want to read; there is nobody left to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints data as it is.
    pub(crate) fn data(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.refused.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    /// Prints the document that was asked for, if one was: what the run found, or why it found nothing.
    pub(crate) fn finish(&self, exit: Exit) {
        let Some(document) = self.document else { return };
        let kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.report.is_some() || !kept.said.is_empty() {
            self.data(&document.of(&Whole { report: kept.report.as_ref(), said: &kept.said, exit }));
        }
    }

    fn keep(&self, keep: impl FnOnce(&mut Kept)) {
        if self.document.is_some() {
            keep(&mut self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        }
    }

    /// Prints one JSON object of this type on a line of stdout; nothing for people.
    pub(crate) fn object(&self, kind: &str, mut value: Value) {
        if self.format == Format::Json {
            if let Value::Object(map) = &mut value {
                map.insert("type".to_owned(), Value::String(kind.to_owned()));
            }
            self.data(&format!("{value}\n"));
        }
    }

    /// Prints what a verification came to.
    pub(crate) fn report(&self, report: &Report) {
        self.keep(|kept| kept.report = Some(report.clone()));
        let look = Look { columns: self.dress.columns, coloured: self.dress.coloured };
        match self.format {
            Format::Json => self.object("report", report.json()),
            Format::Human => self.people(&report.human(look)),
        }
    }

    /// Prints one diagnostic for people whatever the format: stdout cannot be trusted with it.
    pub(crate) fn complain(&self, diagnostic: &Diagnostic) {
        self.people(&format!("{}\n", frame::render(diagnostic, &self.dress)));
    }

    /// Prints what a run has to say, errors last, and how many there are.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        self.keep(|kept| kept.said.extend_from_slice(diagnostics));
        match self.format {
            Format::Json => diagnostics.iter().for_each(|diagnostic| self.object("diagnostic", shape(diagnostic))),
            Format::Human => self.people(&human(diagnostics, &self.dress)),
        }
    }
}

/// Returns the JSON form of a diagnostic; `docs/json.md` documents it.
fn shape(diagnostic: &Diagnostic) -> Value {
    let place = diagnostic.place.as_ref();
    let start = place.and_then(|place| place.line_column());
    let end = place.and_then(|place| {
        let span = place.span.as_ref()?;
        watchpost::diagnostic::Place { span: Some(span.end..span.end), ..place.clone() }.line_column()
    });
    json!({
        "level": level_name(diagnostic.level),
        "code": diagnostic.code,
        "exit": diagnostic.exit().code(),
        "message": diagnostic.message,
        "file": place.map(|place| &place.file),
        "line": start.map(|(line, _)| line),
        "column": start.map(|(_, column)| column),
        "end_line": end.map(|(line, _)| line),
        "end_column": end.map(|(_, column)| column),
        "notes": diagnostic.notes,
        "hint": diagnostic.hint,
        "fix": diagnostic.fix,
    })
}

/// Returns a level's name as people and JSON know it.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// Returns the diagnostics as words for people: what weighs most stands last, nearest to the prompt.
fn human(diagnostics: &[Diagnostic], dress: &Dress) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| diagnostic.level);
    let mut text = String::new();
    let mut shown: Vec<(&str, usize)> = Vec::new();
    for diagnostic in sorted {
        let position = shown.iter().position(|(code, _)| *code == diagnostic.code).unwrap_or_else(|| {
            shown.push((diagnostic.code, 0));
            shown.len() - 1
        });
        shown[position].1 += 1;
        if shown[position].1 <= SHOWN {
            text.push_str(&frame::render(diagnostic, dress));
            text.push_str("\n\n");
        }
    }
    for (code, count) in shown.iter().filter(|(_, count)| *count > SHOWN) {
        text.push_str(&format!("… and {} more `{code}`; `--format json` lists all\n", count - SHOWN));
    }
    text.push_str(&tally(diagnostics));
    text
}

/// Returns the last line: how many errors and warnings, and where to read more; nothing without any.
fn tally(diagnostics: &[Diagnostic]) -> String {
    let count = |level| diagnostics.iter().filter(|diagnostic| diagnostic.level == level).count();
    let parts: Vec<String> = [(count(Level::Error), "error"), (count(Level::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| counted(count, name))
        .collect();
    match diagnostics.iter().max_by_key(|diagnostic| diagnostic.level) {
        Some(worst) if !parts.is_empty() => {
            format!("{}; `blog explain {}` tells more\n", parts.join(", "), worst.code)
        }
        _ => String::new(),
    }
}

/// Returns a count with its noun: `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ if noun.ends_with('s') => format!("{count} {noun}es"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use watchpost::diagnostic::Place;

    use super::*;

    const PLAIN: Dress = Dress { coloured: false, columns: 100 };

    #[test]
    fn errors_stand_last_and_are_counted() {
        let text = human(&[Diagnostic::error("a/b", "first"), Diagnostic::warning("c/d", "second")], &PLAIN);
        assert!(text.find("second").unwrap() < text.find("first").unwrap());
        assert!(text.ends_with("1 error, 1 warning; `blog explain a/b` tells more\n"), "{text}");
    }

    #[test]
    fn a_flood_of_one_code_is_cut_for_people() {
        let text = human(&vec![Diagnostic::error("a/b", "same"); 25], &PLAIN);
        assert_eq!(text.matches("error[a/b]").count(), 20);
        assert!(text.contains("… and 5 more `a/b`"), "{text}");
    }

    #[test]
    fn json_tells_line_and_column() {
        let source: Arc<str> = "one\ntwo three\n".into();
        let value = shape(&Diagnostic::error("a/b", "x").at(Place::span("a.md", &source, 8..13)).hint("do"));
        assert_eq!((value["line"].as_u64(), value["column"].as_u64()), (Some(2), Some(5)));
        assert_eq!((value["end_line"].as_u64(), value["end_column"].as_u64()), (Some(2), Some(10)));
        assert_eq!(value["hint"], "do");
    }

    #[test]
    fn a_bar_is_as_full_as_what_it_tells_of() {
        assert_eq!(drawn("pages", 0, 4), format!("  {} 0 of 4  pages", "░".repeat(24)));
        assert_eq!(drawn("pages", 3, 4), format!("  {}{} 3 of 4  pages", "█".repeat(18), "░".repeat(6)));
        assert_eq!(drawn("pages", 9, 4), format!("  {} 9 of 4  pages", "█".repeat(24)));
        assert_eq!(drawn("pages", 0, 0), format!("  {} 0 of 0  pages", "█".repeat(24)));
    }
}
