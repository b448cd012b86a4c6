//! Owns the reading of keys: `site.toml`, `theme.toml` and front matter all pass through here, so
//! that a wrong type and an unknown key are reported alike everywhere, all at once, with a frame.
//!
//! [`parse_toml`], [`parse_yaml`] and [`parse_json`] make a [`Table`] in which everything knows its
//! bytes; [`Fields`] takes out of it what is known and reports the rest. Refuses nothing silently.

mod date;
mod json;
pub mod keys;
mod table;
mod toml;
mod yaml;

use std::ops::Range;
use std::sync::Arc;

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, Place, did_you_mean};

pub use self::date::parse_date;
pub use self::json::{parse_json, parse_json_node};
pub use self::table::{Node, Row, Table, Value};
pub use self::toml::parse_toml;
pub use self::yaml::{parse_yaml, parse_yaml_node};

/// A file that is read by keys.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its name as the user knows it: `site.toml`.
    pub file: String,
    /// Its whole text.
    pub text: Arc<str>,
}

impl Document {
    /// Names a file and its text.
    pub fn new(file: impl ToString, text: &Arc<str>) -> Self {
        Document { file: file.to_string(), text: Arc::clone(text) }
    }

    /// Returns the whole letter that a byte belongs to, for parsers that point at bytes.
    fn letter(&self, at: usize) -> Range<usize> {
        let start = self.text.floor_char_boundary(at);
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        start..start + length
    }

    /// Returns the place of some bytes of it.
    pub fn place(&self, span: Range<usize>) -> Place {
        Place::span(&self.file, &self.text, span)
    }
}

/// Something that is no TOML, YAML or JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// What the parser says.
    pub message: String,
    /// The bytes that it stopped at.
    pub span: Range<usize>,
}

/// Under which codes a kind of file reports its problems.
#[derive(Debug)]
pub struct Codes {
    /// It cannot be parsed.
    pub syntax: &'static str,
    /// A value has the wrong type.
    pub kind: &'static str,
    /// A value has the right type and is still wrong.
    pub value: &'static str,
    /// A key is not known.
    pub unknown: &'static str,
    /// A key is missing.
    pub missing: &'static str,
    /// What to do with a key of one's own.
    pub own_keys: &'static str,
    /// The keys that there are.
    pub keys: keys::Kind,
}

/// Takes known keys out of a table; what is left when it is finished is unknown.
#[derive(Debug)]
pub struct Fields<'a> {
    document: &'a Document,
    codes: &'static Codes,
    /// Where the table itself stands: `analytics`; empty for the whole file.
    path: String,
    /// The bytes that stand for the table as a whole.
    span: Range<usize>,
    /// What is known of its keys; nothing for what is described elsewhere.
    kind: Option<keys::Kind>,
    table: Table,
    /// The keys that were asked for while some were left, each on a line.
    known: String,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    /// Starts to read a table; every problem lands in `diagnostics`.
    pub fn new(
        document: &'a Document,
        codes: &'static Codes,
        table: Table,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let kind = Some(codes.keys);
        Fields { document, codes, path: String::new(), span: 0..0, kind, table, known: String::new(), diagnostics }
    }

    /// Takes a value whatever its type.
    ///
    /// A key that no row describes is a mistake of the reader's, which no test of it survives: `blog config --schema` would
    /// call it unknown.
    pub fn take(&mut self, key: &str) -> Option<Row> {
        debug_assert!(
            self.kind.is_none_or(|kind| kind.at(key).is_some()),
            "`{}` is read, but no row of the table of keys describes it (`config/keys.rs`, `post/keys.rs`)",
            self.dotted(key)
        );
        self.take_named(key)
    }

    /// Takes a value whose key is a name that the site gave, whatever its type.
    pub fn take_named(&mut self, key: &str) -> Option<Row> {
        // Once nothing is left, nothing can be unknown.
        if self.table.rows.is_empty() {
            return None;
        }
        self.known.push_str(key);
        self.known.push('\n');
        self.table.remove(key)
    }

    /// Takes a string.
    pub fn string(&mut self, key: &str) -> Option<String> {
        let row = self.take(key)?;
        self.as_string(&row.key, row.node)
    }

    /// Takes a string that has to be there and not to be empty.
    pub fn required_string(&mut self, key: &str, example: &str) -> Option<String> {
        let Some(row) = self.take(key) else {
            let name = self.dotted(key);
            let mut diagnostic = Diagnostic::error(self.codes.missing, format!("`{name}` is missing"))
                .hint(format!("add `{key} = {example}`"));
            diagnostic.place = Some(self.own_place());
            self.diagnostics.push(diagnostic);
            return None;
        };
        let span = row.node.span.clone();
        let text = self.as_string(&row.key, row.node)?;
        if text.trim().is_empty() {
            let name = self.dotted(key);
            self.refuse(span, format!("`{name}` is empty")).hint = Some(format!("for example `{key} = {example}`"));
            return None;
        }
        Some(text)
    }

    /// Takes true or false.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        let row = self.take(key)?;
        match row.node.value {
            Value::Boolean(boolean) => Some(boolean),
            value => self.mistyped(key, "a boolean", &value, row.node.span),
        }
    }

    /// Takes an integer.
    pub fn integer(&mut self, key: &str) -> Option<i64> {
        let row = self.take(key)?;
        match row.node.value {
            Value::Integer(integer) => Some(integer),
            value => self.mistyped(key, "an integer", &value, row.node.span),
        }
    }

    /// Takes an integer from 1.
    pub fn count(&mut self, key: &str) -> Option<usize> {
        let span = self.table.row(key).map(|row| row.node.span.clone())?;
        let integer = self.integer(key)?;
        match usize::try_from(integer) {
            Ok(count) if count > 0 => Some(count),
            _ => {
                let name = self.dotted(key);
                self.refuse(span, format!("`{name}` is {integer}, but at least 1 is needed"));
                None
            }
        }
    }

    /// Takes a date; one without a zone is read in `timezone`.
    pub fn date(&mut self, key: &str, timezone: &TimeZone) -> Option<Zoned> {
        let row = self.take(key)?;
        let text = match &row.node.value {
            Value::String(text) => text.clone(),
            Value::Date(date) => date.to_string(),
            value => return self.mistyped(key, "a date", value, row.node.span),
        };
        match parse_date(&text, timezone) {
            Ok(date) => Some(date),
            Err(reason) => {
                let name = self.dotted(key);
                self.refuse(row.node.span, format!("`{name}` is no date: {reason}")).hint =
                    Some("write `2026-11-22`, `2026-11-22T18:30:00` or `2026-11-22T18:30:00+01:00`".to_owned());
                None
            }
        }
    }

    /// Takes a list of strings; a single string counts as a list of one.
    pub fn strings(&mut self, key: &str) -> Option<Vec<String>> {
        let spanned = self.spanned_strings(key)?;
        Some(spanned.into_iter().map(|(string, _)| string).collect())
    }

    /// Takes a list of strings, each with its bytes; a single string counts as a list of one.
    pub fn spanned_strings(&mut self, key: &str) -> Option<Vec<(String, Range<usize>)>> {
        let row = self.take(key)?;
        match row.node.value {
            Value::List(nodes) => Some(
                nodes
                    .into_iter()
                    .filter_map(|node| {
                        let span = node.span.clone();
                        Some((self.as_string(key, node)?, span))
                    })
                    .collect(),
            ),
            Value::String(_) => {
                let span = row.node.span.clone();
                Some(vec![(self.as_string(key, row.node)?, span)])
            }
            value => self.mistyped(key, "a list of strings", &value, row.node.span),
        }
    }

    /// Takes a table as a value.
    pub fn plain_table(&mut self, key: &str) -> Option<Table> {
        let row = self.take(key)?;
        match row.node.value {
            Value::Table(table) => Some(table),
            value => self.mistyped(key, "a table", &value, row.node.span),
        }
    }

    /// Takes a table, to be read and finished in its turn.
    pub fn table(&mut self, key: &str) -> Option<Fields<'_>> {
        let row = self.take(key)?;
        let path = self.dotted(key);
        match row.node.value {
            Value::Table(table) => Some(self.below(path, row.span, table)),
            value => self.mistyped(key, "a table", &value, row.node.span),
        }
    }

    /// Takes a list of tables as values, each with its bytes; a single table counts as a list of one.
    pub fn plain_tables(&mut self, key: &str) -> Option<Vec<(Table, Range<usize>)>> {
        let row = self.take(key)?;
        match row.node.value {
            Value::Table(table) => Some(vec![(table, row.span)]),
            Value::List(nodes) => Some(
                nodes
                    .into_iter()
                    .filter_map(|node| match node.value {
                        Value::Table(table) => Some((table, node.span)),
                        value => self.mistyped(key, "a list of tables", &value, node.span),
                    })
                    .collect(),
            ),
            value => self.mistyped(key, "a list of tables", &value, row.node.span),
        }
    }

    /// Starts to read a table that was taken out of this one as a value.
    pub fn below(&mut self, path: String, span: Range<usize>, table: Table) -> Fields<'_> {
        let own = path.strip_prefix(&*self.path).unwrap_or(&path).trim_start_matches('.');
        let kind = self.kind.and_then(|kind| kind.at(own)).filter(|kind| !matches!(kind, keys::Kind::Elsewhere(_)));
        Fields {
            document: self.document,
            codes: self.codes,
            path,
            span,
            kind,
            table,
            known: String::new(),
            diagnostics: self.diagnostics,
        }
    }

    /// Takes every row that is left: for tables whose keys are names.
    pub fn rest(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.table.rows)
    }

    /// Says that what stands at these bytes is wrong, and returns the diagnostic for a hint.
    pub fn refuse(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Diagnostic::error(self.codes.value, message), span)
    }

    /// Adds a diagnostic at these bytes.
    pub fn report(&mut self, diagnostic: Diagnostic, span: Range<usize>) -> &mut Diagnostic {
        self.diagnostics.push(diagnostic.at(self.document.place(span)));
        self.diagnostics.last_mut().expect("a diagnostic was pushed in the line above")
    }

    /// Says that a value has the wrong type; returns nothing, so that it can end a function.
    pub fn mistyped<T>(&mut self, key: &str, expected: &str, value: &Value, span: Range<usize>) -> Option<T> {
        let name = self.dotted(key);
        let hint = match (expected, value) {
            (
                "a string" | "a list of strings",
                Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_),
            ) => self
                .document
                .text
                .get(span.clone())
                .map(|written| format!("put it in quotes: `\"{}\"`", written.trim())),
            ("an integer", Value::String(text)) if text.trim().parse::<i64>().is_ok() => {
                Some(format!("write it without quotes: `{}`", text.trim()))
            }
            ("a boolean", Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
                Some(format!("write it without quotes: `{text}`"))
            }
            _ => None,
        };
        let message = format!("`{name}`: expected {expected}, found {}", value.kind());
        self.report(Diagnostic::error(self.codes.kind, message), span).hint = hint;
        None
    }

    /// Reports each key that nobody took, with what was probably meant.
    pub fn finish(mut self) {
        self.report_unknown(&[]);
    }

    /// Reports each key that nobody took; `others` are keys that would be known as well.
    pub fn report_unknown(&mut self, others: &[&str]) {
        for row in self.rest() {
            let place = match self.path.as_str() {
                "" => String::new(),
                path => format!(" in `[{path}]`"),
            };
            let known = self.known.lines().chain(others.iter().copied());
            let hint = match did_you_mean(&row.key, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => self.codes.own_keys.to_owned(),
            };
            let message = format!("unknown key `{}`{place}", row.key);
            let diagnostic = Diagnostic::error(self.codes.unknown, message).hint(hint);
            self.report(diagnostic, row.span);
        }
    }

    /// Returns the file that is read.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// Returns the rows that nobody took yet.
    pub fn rows(&self) -> &[Row] {
        &self.table.rows
    }

    /// Gives a key its canonical name, unless that is there too.
    pub fn rename(&mut self, written: &str, canonical: &str) {
        if self.table.row(canonical).is_none()
            && let Some(row) = self.table.rows.iter_mut().find(|row| row.key.eq_ignore_ascii_case(written))
        {
            row.key = canonical.to_owned();
        }
    }

    /// Returns the bytes of a key's value, if nobody took it yet.
    pub fn span_of(&self, key: &str) -> Option<Range<usize>> {
        self.table.row(key).map(|row| row.node.span.clone())
    }

    /// Returns a key's full name: `analytics.accept`.
    pub fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Returns the place of the table as a whole.
    fn own_place(&self) -> Place {
        if self.span.is_empty() { Place::file(&self.document.file) } else { self.document.place(self.span.clone()) }
    }

    fn as_string(&mut self, key: &str, node: Node) -> Option<String> {
        match node.value {
            Value::String(text) => {
                if let Some(control) =
                    text.chars().find(|&letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
                {
                    let name = self.dotted(key);
                    self.refuse(node.span, format!("`{name}` has the control character U+{:04X}", u32::from(control)));
                    return None;
                }
                Some(text)
            }
            value => self.mistyped(key, "a string", &value, node.span),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
