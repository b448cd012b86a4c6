//! Reads `[[pages]]`: pages that are made of the rows of a data file.
//!
//! Gives [`PagesRule`] and [`Pattern`], a text in which `:column` stands for what a row says. Which columns there are is
//! not known here: `post` reads the rows.

use std::sync::Arc;

use super::FILE;
use crate::diagnostic::Place;
use crate::fields::{Fields, Table};
use crate::paths::{Route, SourcePath};

/// Pages that are made of the rows of a data file.
#[derive(Debug, Clone, PartialEq)]
pub struct PagesRule {
    /// Which table of `[[pages]]` it is, from 0.
    pub number: usize,
    /// The data file: `data/books.csv`.
    pub data: SourcePath,
    /// The names that lead to the rows within the file, with dots between them; without, the whole file is rows.
    pub rows: Option<String>,
    /// The address of each page.
    pub path: Pattern,
    /// The section that the pages belong to; empty for none.
    pub section: String,
    /// The column whose text is the Markdown of the page.
    pub body: Option<String>,
    /// Front matter, in whose texts `:column` stands for what the row says.
    pub front: Table,
    /// The text of site.toml.
    pub text: Arc<str>,
}

impl PagesRule {
    /// Returns where a key of its front matter stands in site.toml, if it is written there.
    pub fn place_of(&self, key: &str) -> Option<Place> {
        let row = self.front.row(key)?;
        Some(Place::span(FILE, &self.text, row.node.span.clone()))
    }
}

/// A text with the names of columns in it: `/books/:slug/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was written.
    pub written: String,
    /// Its parts, in order.
    pub parts: Vec<PatternPart>,
}

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// Text that stands as it is.
    Text(String),
    /// What the row says in this column.
    Column(String),
}

impl Pattern {
    /// Reads a pattern: `:column`, `:{any column}`, and `::` for a colon; a colon before anything else is one.
    pub fn parse(written: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(':') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let column = if let Some(inner) = rest.strip_prefix('{') {
                let Some(end) = inner.find('}') else { return Err(format!("`:{{` is never closed in `{written}`")) };
                rest = &inner[end + 1..];
                inner[..end].trim()
            } else if let Some(after) = rest.strip_prefix(':') {
                text.push(':');
                rest = after;
                continue;
            } else if rest.starts_with(|first: char| first.is_alphabetic() || first == '_') {
                let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let (column, after) = rest.split_at(length.unwrap_or(rest.len()));
                rest = after;
                column
            } else {
                text.push(':');
                continue;
            };
            if column.is_empty() {
                return Err(format!("`:{{}}` names no column in `{written}`"));
            }
            if !text.is_empty() {
                parts.push(PatternPart::Text(std::mem::take(&mut text)));
            }
            parts.push(PatternPart::Column(column.to_owned()));
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(PatternPart::Text(text));
        }
        Ok(Pattern { written: written.to_owned(), parts })
    }

    /// Returns the columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Column(name) => Some(name.as_str()),
            PatternPart::Text(_) => None,
        })
    }

    /// Returns the column that it consists of, if it is nothing else.
    pub fn only(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [PatternPart::Column(name)] => Some(name),
            _ => None,
        }
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> Vec<Arc<PagesRule>> {
    let mut rules = Vec::new();
    for (number, (table, span)) in fields.plain_tables("pages").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("pages.{number}"), span, table);
        let data = row.required_string("data", "\"books.csv\"");
        let path = read_path(&mut row);
        let rows = row.string("rows").filter(|rows| !rows.trim().is_empty());
        let section = read_section(&mut row);
        let body = row.string("body").map(|column| column.trim().trim_start_matches(':').to_owned());
        let text = Arc::clone(&row.document().text);
        let front = Table { rows: row.rest() };
        let (Some(data), Some(path), Some(section)) = (data, path, section) else { continue };
        let data = SourcePath::new(format!("data/{}", data.trim_start_matches("./").trim_start_matches("data/")));
        rules.push(Arc::new(PagesRule { number, data, rows, path, section, body, front, text }));
    }
    rules
}

/// Reads the pattern of addresses: from the root on, and a folder unless it says that it is a file.
fn read_path(row: &mut Fields<'_>) -> Option<Pattern> {
    let span = row.span_of("path").unwrap_or(0..0);
    let written = row.required_string("path", "\"/books/:slug/\"")?;
    let rooted = format!("/{}", written.trim_start_matches('/'));
    let whole = if rooted.ends_with('/') || rooted.ends_with(".html") { rooted } else { format!("{rooted}/") };
    let pattern = Pattern::parse(&whole).and_then(|pattern| match pattern.columns().count() {
        0 => Err(format!("`{written}` gives every row the same address")),
        _ => Ok(pattern),
    });
    match pattern {
        Ok(pattern) => Some(pattern),
        Err(reason) => {
            row.refuse(span, reason).hint = Some("name a column of the data file, as in `/books/:slug/`".to_owned());
            None
        }
    }
}

fn read_section(row: &mut Fields<'_>) -> Option<String> {
    let span = row.span_of("section").unwrap_or(0..0);
    let section = row.string("section").unwrap_or_default().trim_matches('/').to_owned();
    match Route::new(format!("/{section}/")) {
        _ if section.is_empty() => Some(section),
        Ok(_) => Some(section),
        Err(bad) => {
            row.refuse(span, format!("`{section}` is no name of a section: {}", bad.reason)).hint =
                Some("write the folder below `content/`, as `books`".to_owned());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn a_pattern_is_text_with_columns() {
        let shown = |text: &str| {
            let parts = Pattern::parse(text).unwrap().parts.into_iter().map(|part| match part {
                PatternPart::Text(text) => text,
                PatternPart::Column(name) => format!("<{name}>"),
            });
            parts.collect::<String>()
        };
        assert_eq!(shown("/books/:slug.html"), "/books/<slug>.html");
        assert_eq!(shown(":first-:{last name}, 12:30, 1::a: b"), "<first>-<last name>, 12:30, 1:a: b");
        assert_eq!(shown("plain"), "plain");
        assert!(Pattern::parse(":{open").is_err());
        assert!(Pattern::parse(":{ }").is_err());
        assert_eq!(Pattern::parse(":a").unwrap().only(), Some("a"));
        assert_eq!(Pattern::parse(":a b").unwrap().only(), None);
    }

    #[test]
    fn addresses_stand_below_the_root_and_are_folders() {
        let config = sample("[[pages]]\ndata = \"data/books.csv\"\npath = \"books/:slug\"\nsection = \"/books/\"\n");
        let rule = &config.pages[0];
        assert_eq!((rule.data.as_str(), rule.section.as_str()), ("data/books.csv", "books"));
        assert_eq!(rule.path.written, "/books/:slug/");
    }

    #[test]
    fn what_is_wrong_is_refused_where_it_stands() {
        for (text, message) in [
            ("path = \"/:a/\"", "`pages.0.data` is missing"),
            ("data = \"a.csv\"", "`pages.0.path` is missing"),
            ("data = \"a.csv\"\npath = \"/books/\"", "gives every row the same address"),
            ("data = \"a.csv\"\npath = \"/:{a/\"", "never closed"),
            ("data = \"a.csv\"\npath = \"/:a/\"\nsection = \"../x\"", "no name of a section"),
            ("data = 1\npath = \"/:a/\"", "expected a string"),
        ] {
            let text = format!("title = \"A\"\nbase_url = \"https://a.example/\"\n[[pages]]\n{text}\n");
            let root = std::path::Path::new("/site");
            let problems = read(root, &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{:?}", problems[0]);
            assert!(problems[0].place.as_ref().unwrap().line_column().is_some(), "{:?}", problems[0]);
        }
    }
}
