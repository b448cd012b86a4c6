//! Owns the translation of what the template engine complains about into diagnostics: file, line, frame and a hint.
//!
//! Tera tells a syntax error or an error while rendering with its place; unknown names it tells as text, which is read
//! back here. Refuses to lose anything: what is not understood is passed on in Tera's own words.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tera::{Error, ErrorKind, ReportError};

use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::render::{filters, functions};
use crate::source::Template;

/// Tera's own name for all variables at once.
const DUMP: &str = "__tera_context";

/// Returns the diagnostic of one template's syntax error, or of an error while a page was rendered.
pub(crate) fn rendering(error: &Error, name: &str, files: &BTreeMap<String, Template>) -> Diagnostic {
    match error.kind() {
        ErrorKind::SyntaxError(report) => at(told("template/syntax", report.message()), report, files),
        ErrorKind::RenderingError(report) => {
            let mut problem = at(told("template/render", report.message()), report, files);
            for (file, line) in callers(&error.to_string()) {
                let file = files.get(file).map_or(file, |template| template.source.as_str());
                problem = problem.with(format!("called from `{file}`, line {line}"));
            }
            problem
        }
        _ => {
            let problem = Diagnostic::error("template/render", sentence(&error.to_string()));
            match files.get(name) {
                Some(template) => problem.at(Place::file(&template.source)),
                None => problem.with(format!("in the template `{name}`")),
            }
        }
    }
}

/// Refuses Tera's dump of all variables: it prints them in another order each time.
pub(crate) fn unstable(template: &Template) -> Option<Diagnostic> {
    let start = template.text.find(DUMP)?;
    let place = Place::span(&template.source, &template.text, start..start + DUMP.len());
    let message = format!("`{DUMP}` prints in another order in each build");
    Some(Diagnostic::error("template/unstable", message).at(place).hint("print the one variable that you want to see"))
}

/// Returns the diagnostic of a template that does not fit together with the others.
pub(crate) fn loading(error: &Error, name: &str, files: &BTreeMap<String, Template>, prefix: &str) -> Diagnostic {
    let (code, message, word, hint) = match error.kind() {
        ErrorKind::MissingParent { parent, .. } => {
            let known = files.keys().flat_map(|file| [file.as_str(), file.strip_prefix(prefix).unwrap_or(file)]);
            let hint = did_you_mean(parent, known).map(|known| format!("did you mean `{known}`?"));
            ("template/unknown", format!("it extends `{parent}`, which does not exist"), parent.clone(), hint)
        }
        ErrorKind::CircularExtend { tpl, inheritance_chain } => {
            let chain: Vec<&str> = inheritance_chain.iter().map(String::as_str).collect();
            let hint = (!prefix.is_empty() && !tpl.starts_with(prefix))
                .then(|| format!("to build on the theme's own, extend `{prefix}{tpl}`"));
            let word = chain.first().copied().unwrap_or_default().to_owned();
            ("template/circle", format!("it extends itself: `{tpl}` → `{}`", chain.join("` → `")), word, hint)
        }
        ErrorKind::CircularInclude { include_chain, .. } => {
            let word = include_chain.get(1).cloned().unwrap_or_default();
            ("template/circle", format!("it includes itself: `{}`", include_chain.join("` → `")), word, None)
        }
        _ => {
            let text = error.to_string();
            let word = text.split('`').nth(1).unwrap_or_default().to_owned();
            ("template/component", sentence(&text), word, Some("rename one of the two".to_owned()))
        }
    };
    let problem = Diagnostic::error(code, message);
    let problem = match files.get(name) {
        Some(template) => {
            let short = word.strip_prefix(prefix).unwrap_or(&word);
            let span = find(&template.text, &word).or_else(|| find(&template.text, short));
            match span {
                Some(span) => problem.at(Place::span(&template.source, &template.text, span)),
                None => problem.at(Place::file(&template.source)),
            }
        }
        None => problem.with(format!("in the template `{name}`")),
    };
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Returns one diagnostic for each unknown name that Tera lists; those that only follow from a broken template are left
/// out.
pub(crate) fn references(
    error: &Error,
    files: &BTreeMap<String, Template>,
    prefix: &str,
    broken: &BTreeSet<String>,
) -> Vec<Diagnostic> {
    let text = error.to_string();
    let reports = reports(&text);
    if reports.is_empty() {
        return vec![Diagnostic::error("template/syntax", sentence(&text))];
    }
    reports
        .into_iter()
        .filter_map(|report| {
            let word = report.message.split('`').nth(1).unwrap_or_default();
            let follows = report.message.starts_with("Unknown template")
                && (broken.contains(word) || broken.contains(&format!("{prefix}{word}")));
            (!follows).then(|| unknown(&report, word, files, prefix))
        })
        .collect()
}

/// Returns the diagnostic of one unknown name.
fn unknown(report: &Report, word: &str, files: &BTreeMap<String, Template>, prefix: &str) -> Diagnostic {
    let known: Vec<&str> = match report.message.split(' ').nth(1) {
        Some("filter") => filters::names().collect(),
        Some("function") => functions::names().collect(),
        Some("test") => filters::TESTS.to_vec(),
        Some("template") => {
            files.keys().flat_map(|file| [file.as_str(), file.strip_prefix(prefix).unwrap_or(file)]).collect()
        }
        _ => Vec::new(),
    };
    let problem = Diagnostic::error("template/unknown", sentence(report.message));
    let problem = match files.get(report.file) {
        Some(template) => match report.span(&template.text, word) {
            Some(span) => problem.at(Place::span(&template.source, &template.text, span)),
            None => problem.at(Place::file(&template.source)),
        },
        None => problem,
    };
    match did_you_mean(word, known) {
        Some(known) => problem.hint(format!("did you mean `{known}`?")),
        None => problem,
    }
}

/// One report of Tera's that came as text.
struct Report<'a> {
    message: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
}

impl Report<'_> {
    /// Returns the bytes that are meant: the word, where it follows the place that was told.
    fn span(&self, text: &str, word: &str) -> Option<Range<usize>> {
        let line_start: usize = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let line = text.get(line_start..)?.split('\n').next()?;
        let start = line_start + line.char_indices().nth(self.column - 1).map_or(0, |(index, _)| index);
        let found = (!word.is_empty()).then(|| text[start..].find(word)).flatten();
        Some(match found {
            Some(offset) => start + offset..start + offset + word.len(),
            None => start..start,
        })
    }
}

/// Reads Tera's reports back: `error: Unknown filter …`, then ` --> base.html:3:7`.
fn reports(text: &str) -> Vec<Report<'_>> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(message) = line.strip_prefix("error: ") else { continue };
        let Some((file, line, column)) = lines.next().and_then(place) else { continue };
        found.push(Report { message, file, line, column });
    }
    found
}

/// Returns the templates and lines that an error was called from.
fn callers(text: &str) -> Vec<(&str, usize)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("note: called from "))
        .filter_map(|place| {
            let mut parts = place.rsplitn(3, ':');
            let (_, line, file) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
            Some((file, line))
        })
        .collect()
}

/// Reads ` --> base.html:3:7`.
fn place(line: &str) -> Option<(&str, usize, usize)> {
    let mut parts = line.trim_start().strip_prefix("--> ")?.rsplitn(3, ':');
    let (column, line, file) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    (line > 0 && column > 0).then_some((file, line, column))
}

/// Starts a diagnostic from Tera's words; a list of what would be available becomes a hint or a note.
fn told(code: &'static str, words: &str) -> Diagnostic {
    let (message, available) = [" Available variables: ", " Available fields: "]
        .iter()
        .find_map(|mark| words.split_once(mark))
        .unwrap_or((words, ""));
    let problem = Diagnostic::error(code, sentence(message));
    let available: Vec<&str> = available.split(", ").filter(|name| !name.is_empty()).collect();
    if available.is_empty() {
        return problem;
    }
    let word = message.split('`').nth(1).unwrap_or_default();
    match did_you_mean(word, available.iter().copied()) {
        Some(known) => problem.hint(format!("did you mean `{known}`?")),
        None => problem.with(format!("available are: {}", available.join(", "))).hint("`docs/templates.md` lists what templates may use; `{{ a.b | default(value=\"\") }}` allows for what may be missing"),
    }
}

/// Says where, by Tera's report.
fn at(problem: Diagnostic, report: &ReportError, files: &BTreeMap<String, Template>) -> Diagnostic {
    match files.get(report.filename()) {
        Some(template) => problem.at(Place::span(&template.source, &template.text, report.span().range.clone())),
        None => problem.with(format!("in `{}`, line {}", report.filename(), report.span().start_line)),
    }
}

/// Returns where a word first stands inside of quotes, else anywhere.
fn find(text: &str, word: &str) -> Option<Range<usize>> {
    if word.is_empty() {
        return None;
    }
    let quoted = ['"', '\''].iter().find_map(|quote| text.find(&format!("{quote}{word}{quote}"))).map(|at| at + 1);
    let start = quoted.or_else(|| text.find(word))?;
    Some(start..start + word.len())
}

/// Returns a foreign message in our manner: lower-case start, no full stop, on one line.
pub(crate) fn sentence(message: &str) -> String {
    let message = message.trim().trim_end_matches('.').replace('\n', " ");
    let mut characters = message.chars();
    match characters.next() {
        Some(first) if !characters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message,
    }
}
