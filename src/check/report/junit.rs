//! Owns the report as JUnit XML, in the form that GitLab and Jenkins read: a suite for each level and one for the site
//! itself, a case for each verdict. Drift is a failure, unknown an error, and what passes unknown or was not looked at is skipped.
//!
//! Names are the same from one run to the next, because readers compare by them. Nothing that XML forbids gets into it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::blocks::{About, Block, of_diagnostic, of_verdict};
use super::text::tame;
use super::{Judged, Report, Whole, level_name};
use crate::diagnostic::{Diagnostic, Level};
use crate::verdict::{GuardLevel, Outcome};

/// How many places of one case are named in its output.
const PLACES: usize = 100;

/// What became of a case.
enum State {
    Passed,
    Failed(String),
    Errored(String),
    Skipped(String),
}

/// One case.
struct Case {
    name: String,
    kind: &'static str,
    file: Option<String>,
    state: State,
    output: String,
}

/// One suite.
struct Suite {
    name: String,
    cases: Vec<Case>,
}

/// Returns the report as JUnit XML.
pub(super) fn junit(whole: &Whole<'_>) -> String {
    let mut suites = Vec::new();
    if let Some(report) = whole.report {
        suites.extend(levels(report).into_iter().map(|level| of_level(report, level)));
        if report.site_rules || !report.findings.is_empty() {
            suites.push(of_site(report));
        }
    }
    if !whole.said.is_empty() {
        let cases = whole.said.iter().map(|said| of_said(whole.report, said, About::Run(said))).collect();
        suites.push(Suite { name: "run".to_owned(), cases });
    }
    let now = whole.report.map(|report| report.now);
    let now = now.map(|now| now.strftime("%Y-%m-%dT%H:%M:%S").to_string());
    write(&suites, now.as_deref())
}

/// Returns the levels that there is something to say of, the silent ones included.
fn levels(report: &Report) -> BTreeSet<GuardLevel> {
    let judged = report.verdicts.iter().map(|judged| judged.verdict.level);
    judged.chain(report.left_out.keys().copied()).collect()
}

fn of_level(report: &Report, level: GuardLevel) -> Suite {
    let judged = report.verdicts.iter().filter(|judged| judged.verdict.level == level);
    let mut cases: Vec<Case> = judged.map(|judged| of_judged(report, judged)).collect();
    if let Some(reasons) = report.left_out.get(&level) {
        let reasons = reasons.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        cases.push(Case {
            name: "not verified".to_owned(),
            kind: "not-verified",
            file: None,
            state: State::Skipped(format!("not verified: {reasons}")),
            output: String::new(),
        });
    }
    Suite { name: level_name(level).to_owned(), cases }
}

fn of_judged(report: &Report, judged: &Judged) -> Case {
    let block = of_verdict(report, judged);
    let message = block.message.clone();
    let state = match &judged.verdict.outcome {
        Outcome::Note if judged.is_untold() => State::Skipped(message),
        Outcome::Ok | Outcome::Note => State::Passed,
        Outcome::Drift => State::Failed(message),
        Outcome::Unknown(reason) if judged.is_pardoned() || judged.is_beyond_reach() => {
            State::Skipped(format!("{message} ({reason})"))
        }
        Outcome::Unknown(reason) => State::Errored(format!("{message} ({reason})")),
    };
    // With several tables the same rule speaks of each.
    let table = judged.table.filter(|_| report.guarded.len() > 1).and_then(|table| report.guarded.get(table));
    let name = match table {
        Some(table) => format!("{} ({} {})", block.code, table.title, table.site),
        None => block.code.to_owned(),
    };
    let is_ok = judged.verdict.outcome == Outcome::Ok;
    let file = (!is_ok).then(|| report.background.spots(&block).into_iter().next()).flatten().map(|spot| spot.file);
    Case { name, kind: block.code, file, state, output: output(Some(report), &block) }
}

fn of_site(report: &Report) -> Suite {
    let mut cases: Vec<Case> =
        report.findings.iter().map(|finding| of_said(Some(report), finding, About::Finding(finding))).collect();
    if report.site_rules {
        let pages = report.pages.documents + report.pages.redirects + report.pages.fragments + report.pages.amp;
        cases.push(Case {
            name: "site rules".to_owned(),
            kind: "site",
            file: None,
            state: State::Passed,
            output: format!(
                "links, ids, feeds, sitemaps and digests of {pages} pages in {} files were read",
                report.files
            ),
        });
    }
    Suite { name: "site".to_owned(), cases }
}

fn of_said(report: Option<&Report>, said: &Diagnostic, about: About<'_>) -> Case {
    let block = of_diagnostic(said, about);
    let state = match said.level {
        Level::Error => State::Failed(block.message.clone()),
        Level::Warning | Level::Note => State::Passed,
    };
    let place = said.place.as_ref().map(|place| place.file.clone());
    let name = match &place {
        Some(place) => format!("{} {place}", block.code),
        None => block.code.to_owned(),
    };
    let empty = Report::default();
    let file = place.and_then(|_| report.unwrap_or(&empty).background.spots(&block).into_iter().next());
    Case { name, kind: block.code, file: file.map(|spot| spot.file), state, output: output(report, &block) }
}

/// Returns what a reader may want to see of a case: its sentence, what is known besides, and the pages.
fn output(report: Option<&Report>, block: &Block<'_>) -> String {
    let mut lines = vec![format!("{}[{}]: {}", block.word, block.code, block.message)];
    if matches!(block.about, About::Verdict(judged) if judged.verdict.outcome == Outcome::Ok) {
        lines = vec![format!("ok[{}]: {}", block.code, block.message)];
    }
    lines.extend(block.lines());
    if let Some(report) = report.filter(|_| block.pages().len() > 1) {
        let pages = block.pages();
        lines.push(format!("{} pages:", pages.len()));
        lines.extend(pages.iter().take(PLACES).map(|page| match report.background.sources.get(page) {
            Some(source) => format!("  {page} from {source}"),
            None => format!("  {page}"),
        }));
        if pages.len() > PLACES {
            lines.push(format!("  and {} more; `--format json` lists all", pages.len() - PLACES));
        }
    }
    lines.join("\n")
}

fn write(suites: &[Suite], now: Option<&str>) -> String {
    let count =
        |is: fn(&State) -> bool| suites.iter().flat_map(|suite| &suite.cases).filter(|case| is(&case.state)).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let cases: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let (failures, errors) = (count(is_failed), count(is_errored));
    line(
        &mut xml,
        format_args!(
            "<testsuites name=\"watchpost\" tests=\"{cases}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\">"
        ),
    );
    for suite in suites {
        let count = |is: fn(&State) -> bool| suite.cases.iter().filter(|case| is(&case.state)).count();
        let now = now.map(|now| format!(" timestamp=\"{now}\"")).unwrap_or_default();
        line(
            &mut xml,
            format_args!(
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\"{now}>",
                attribute(&suite.name),
                suite.cases.len(),
                count(is_failed),
                count(is_errored),
                count(is_skipped),
            ),
        );
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &suite.cases {
            let number = seen.entry(&case.name).or_default();
            *number += 1;
            let name = if *number == 1 { case.name.clone() } else { format!("{} #{number}", case.name) };
            write_case(&mut xml, &suite.name, &name, case);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn write_case(xml: &mut String, suite: &str, name: &str, case: &Case) {
    let file = case.file.as_ref().map(|file| format!(" file=\"{}\"", attribute(file))).unwrap_or_default();
    line(
        xml,
        format_args!("    <testcase name=\"{}\" classname=\"{}\"{file} time=\"0\">", attribute(name), attribute(suite)),
    );
    let (element, message) = match &case.state {
        State::Passed => ("", ""),
        State::Failed(message) => ("failure", message.as_str()),
        State::Errored(message) => ("error", message.as_str()),
        State::Skipped(message) => ("skipped", message.as_str()),
    };
    match element {
        "" => {}
        "skipped" => line(xml, format_args!("      <skipped message=\"{}\"/>", attribute(message))),
        _ => line(
            xml,
            format_args!(
                "      <{element} message=\"{}\" type=\"{}\">{}</{element}>",
                attribute(message),
                attribute(case.kind),
                content(&case.output)
            ),
        ),
    }
    if !case.output.is_empty() {
        line(xml, format_args!("      <system-out>{}</system-out>", content(&case.output)));
    }
    xml.push_str("    </testcase>\n");
}

fn line(xml: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(xml, "{text}").expect("writing into a string never fails");
}

fn is_failed(state: &State) -> bool {
    matches!(state, State::Failed(_))
}

fn is_errored(state: &State) -> bool {
    matches!(state, State::Errored(_))
}

fn is_skipped(state: &State) -> bool {
    matches!(state, State::Skipped(_))
}

/// Returns a text as the content of an element.
fn content(text: &str) -> String {
    escaped(text, false)
}

/// Returns a text as the value of an attribute; its line ends are kept.
fn attribute(text: &str) -> String {
    escaped(text, true)
}

/// Escapes what XML gives a meaning to. What it forbids even escaped (XML 1.0, production 2) is spelt out.
fn escaped(text: &str, quoted: bool) -> String {
    tame(text).chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if quoted => escaped.push_str("&quot;"),
            '\n' if quoted => escaped.push_str("&#10;"),
            '\t' if quoted => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
        escaped
    })
}
