//! Finds where front matter ends and Markdown begins.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::fields::{Document, Table, parse_json, parse_toml, parse_yaml};

use super::front::CODES;

/// Splits a file into its front matter, read as a table, and the bytes of its Markdown.
pub fn split(document: &Document) -> Result<(Table, Range<usize>), Vec<Diagnostic>> {
    let text = &document.text;
    let start = text.len() - text.trim_start().len();
    let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let first = text[start..].lines().next().unwrap_or_default();
    let parsed = match first.trim_end() {
        "+++" => {
            let (front, body) = fenced(document, start, "+++")?;
            parse_toml(document, front).map(|table| (table, body))
        }
        "---" => {
            let (front, body) = fenced(document, start, "---")?;
            parse_yaml(document, front).map(|table| (table, body))
        }
        line if line.starts_with("+++") => {
            let problem = Diagnostic::error("front/fence", "the line that opens the front matter is not `+++` alone");
            return Err(vec![
                problem.at(document.place(start..start + line.len())).hint("write `+++` on a line of its own"),
            ]);
        }
        _ if opens_json(&text[start..]) => parse_json(document, start..text.len()).map(|(table, end)| {
            let body = end + text[end..].find('\n').map_or(text.len() - end, |at| at + 1);
            (table, body..text.len())
        }),
        _ => return Ok((Table::default(), 0..text.len())),
    };
    parsed.map_err(|problems| {
        let problems = problems.into_iter();
        let problems = problems.map(|one| Diagnostic::error(CODES.syntax, one.message).at(document.place(one.span)));
        match first.trim_end() {
            "---" => problems
                .map(|one| one.hint("put text in quotes if it has `: ` or ` #` in it, or begins with a sign"))
                .collect(),
            _ => problems.collect(),
        }
    })
}

/// Returns the bytes between two fences and those after the second.
fn fenced(document: &Document, start: usize, fence: &str) -> Result<(Range<usize>, Range<usize>), Vec<Diagnostic>> {
    let text = &document.text;
    let front = start + text[start..].find('\n').map_or(text.len() - start, |at| at + 1);
    let mut at = front;
    for line in text[front..].split_inclusive('\n') {
        let trimmed = line.trim_end();
        if trimmed == fence || (fence == "---" && trimmed == "...") {
            return Ok((front..at, at + line.len()..text.len()));
        }
        at += line.len();
    }
    let problem = Diagnostic::error("front/fence", format!("the front matter is not closed by a second `{fence}`"));
    Err(vec![
        problem
            .at(document.place(start..start + fence.len()))
            .hint(format!("end it with `{fence}` on a line of its own")),
    ])
}

/// Returns whether a file starts with a JSON object rather than with a shortcode, which opens with `{` too.
fn opens_json(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(Vec<String>, String), String> {
        let document = Document::new("a.md", &text.into());
        let (table, body) = split(&document).map_err(|problems| problems[0].code.to_owned())?;
        Ok((table.rows.into_iter().map(|row| row.key).collect(), text[body].to_owned()))
    }

    #[test]
    fn the_three_kinds_of_front_matter_are_told_apart() {
        for (text, keys, body) in [
            ("+++\na = 1\n+++\nBody\n", vec!["a"], "Body\n"),
            ("---\na: 1\n---\nBody\n", vec!["a"], "Body\n"),
            ("---\na: 1\n...\nBody\n", vec!["a"], "Body\n"),
            ("{\"a\": {\"b\": \"}\"}}\nBody\n", vec!["a"], "Body\n"),
            ("\n\n+++  \na = 1\n+++", vec!["a"], ""),
            ("+++\n+++\n", vec![], ""),
            ("---\n---\n---\n", vec![], "---\n"),
            ("Body\n\n---\n", vec![], "Body\n\n---\n"),
            ("{{ figure(src=\"a.png\") }}\n", vec![], "{{ figure(src=\"a.png\") }}\n"),
            ("----\nBody", vec![], "----\nBody"),
            ("", vec![], ""),
        ] {
            let expected = (keys.into_iter().map(str::to_owned).collect(), body.to_owned());
            assert_eq!(parts(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn front_matter_that_is_not_fenced_in_is_refused() {
        for text in
            ["+++\na = 1\n", "+++", "---\na: 1\n--- \nx".trim_end_matches("--- \nx"), "++++++\ndraft = true\n+++\n"]
        {
            assert_eq!(parts(text), Err("front/fence".to_owned()), "{text:?}");
        }
    }

    #[test]
    fn nesting_without_end_is_an_error_and_never_a_crash() {
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
        for text in [
            format!("+++\na = {}\n+++\n", deep("[", "]")),
            format!("+++\na = {}\n+++\n", deep("{a=", "}")),
            format!("+++\n{}\n+++\n", deep("[", "]")),
            format!("+++\n{}b = 1\n+++\n", "a.".repeat(10_000)),
            format!("---\na: {}\n---\n", deep("[", "]")),
            format!("---\na: {}\n---\n", deep("{a: ", "}")),
            format!("---\n{}a\n---\n", "- ".repeat(10_000)),
            format!("---\n{}\n---\n", (0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()),
            format!("{{\"a\": {}}}\n", deep("[", "]")),
            format!("{{\"a\": {}1{}}}\n", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
        ] {
            assert_eq!(parts(&text), Err("front/syntax".to_owned()), "{}", &text[..30]);
        }
    }
}
