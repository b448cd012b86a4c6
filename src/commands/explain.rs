//! `blog explain CODE`: what a code means, why it matters and what to do.

use serde_json::json;
use watchpost::codes::{CODES, Code, find, incident};
use watchpost::diagnostic::{Diagnostic, Exit, did_you_mean};

use crate::cli::{Explain, Format};
use crate::commands::Outcome;
use crate::console::Console;

/// Prints one code's explanation, or the list of all codes.
pub(super) fn run(arguments: &Explain, console: &Console) -> Outcome {
    let Some(wanted) = &arguments.code else {
        all().for_each(|row| print(row, console, summary(row)));
        return Ok(Exit::Success);
    };
    match find(wanted) {
        Some(row) => {
            let incident = incident(row.code).map(|text| format!("\nIt happened: {text}\n")).unwrap_or_default();
            print(row, console, format!("{}  (exit {})\n\n{}\n{incident}", row.code, row.exit.code(), row.text));
            Ok(Exit::Success)
        }
        None => Err(vec![unknown(wanted)]),
    }
}

/// Returns every code, in alphabetical order.
fn all() -> impl Iterator<Item = &'static Code> {
    let mut rows: Vec<&Code> = CODES.iter().flat_map(|room| room.iter()).collect();
    rows.sort_by_key(|row| row.code);
    rows.into_iter()
}

/// Prints a row as data: these words for people, or an object.
fn print(row: &Code, console: &Console, words: String) {
    match console.format() {
        Format::Human => console.data(&words),
        Format::Json => {
            let incident = incident(row.code);
            console.object(
                "code",
                json!({"code": row.code, "exit": row.exit.code(), "text": row.text, "incident": incident}),
            );
        }
    }
}

/// Returns a row as one line: its name and its first sentence.
fn summary(row: &Code) -> String {
    let first = row.text.split_once(". ").map_or(row.text, |(first, _)| first);
    format!("{:<28} {}\n", row.code, first.replace('\n', " ").trim_end_matches('.'))
}

/// Says that there is no such code, and which was probably meant.
fn unknown(wanted: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("explain/unknown", format!("there is no code `{wanted}`"));
    let near = did_you_mean(wanted, all().map(|row| row.code)).or_else(|| {
        // Half a code is enough: `missing` finds `snippet/missing`.
        all().map(|row| row.code).find(|code| code.split('/').any(|part| part == wanted))
    });
    match near {
        Some(code) => diagnostic.hint(format!("did you mean `{code}`?")),
        None => diagnostic.hint("`blog explain` lists all codes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_code_and_a_typo_find_the_code() {
        assert_eq!(unknown("occupied").hint.as_deref(), Some("did you mean `output/occupied`?"));
        assert_eq!(unknown("output/ocupied").hint.as_deref(), Some("did you mean `output/occupied`?"));
        assert_eq!(unknown("zzzzzzzz").hint.as_deref(), Some("`blog explain` lists all codes"));
    }
}
