//! Front matter as Eleventy reads it, and what names of files say.

use std::ops::Range;
use std::sync::Arc;

use toml::{Table, Value};

use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{self, parse_json};
use crate::post::front_table;

/// Reads front matter, also where it says that it is JSON or TOML.
pub(super) fn front(name: &str, text: &Arc<str>) -> Result<(Table, Range<usize>), Vec<Diagnostic>> {
    let source = fields::Document::new(name, text);
    let said = text.lines().next().and_then(|line| line.strip_prefix("---")).map(|kind| kind.trim().to_lowercase());
    match said.as_deref() {
        Some("json" | "toml") => {
            let start = text.find('\n').map_or(text.len(), |at| at + 1);
            let length = text[start..].find("\n---").unwrap_or(text.len() - start);
            let table = match said.as_deref() {
                Some("json") => parse_json(&source, start..start + length).map(|(table, _)| table),
                _ => fields::parse_toml(&source, start..start + length),
            };
            let table = table.map_err(|problems| {
                let one = |problem: fields::SyntaxProblem| {
                    Diagnostic::error("import/unreadable", problem.message).at(Place::span(name, text, problem.span))
                };
                problems.into_iter().map(one).collect::<Vec<_>>()
            })?;
            let after = text[start + length..]
                .get(1..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |at| start + length + at + 2);
            Ok((table.to_toml(), after..text.len()))
        }
        Some("") => front_table(&source).map(|(table, body)| (table.to_toml(), body)),
        _ => Ok((Table::new(), 0..text.len())),
    }
}

/// Returns the day at the beginning of a name, and the name without it.
pub(super) fn undated(name: &str) -> (Option<String>, &str) {
    let is_day = |day: &&str| day.parse::<jiff::civil::Date>().is_ok();
    match (name.get(..10).filter(is_day), name.get(10..).and_then(|rest| rest.strip_prefix('-'))) {
        (Some(day), Some(rest)) if !rest.is_empty() => (Some(day.to_owned()), rest),
        _ => (None, name),
    }
}

/// Returns a list that may be one text.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_may_say_its_language() {
        for (text, title, body) in [
            ("---\ntitle: a\n---\nText", Some("a"), "Text"),
            ("---json\n{\"title\": \"a\"}\n---\nText", Some("a"), "Text"),
            ("---toml\ntitle = \"a\"\n---\nText", Some("a"), "Text"),
            ("Text --- x", None, "Text --- x"),
            ("---json\n{}", None, ""),
        ] {
            let text: Arc<str> = text.into();
            let (table, range) = front("a.md", &text).unwrap();
            assert_eq!((table.get("title").and_then(Value::as_str), &text[range]), (title, body), "{text}");
        }
        for end in 0..20 {
            let text: Arc<str> = "---json\n{\"title\": 1}\n---\nx"[..end].into();
            let _ = front("a.md", &text);
        }
    }
}
