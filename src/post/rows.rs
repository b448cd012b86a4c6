//! Makes posts of the rows of data files, as `[[pages]]` asks for them.
//!
//! Gives [`of_rows`] and [`DataRow`]. A row is named by its file and line, `data/books.csv:3`, and what is wrong with it is
//! shown there; what no row says is wrong with site.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::front::{CODES, Front};
use super::keys::KEYS;
use super::read::{complete, hidden};
use super::{FrontMatter, Kind, Post};
use crate::article;
use crate::config::pages::{PagesRule, Pattern, PatternPart};
use crate::config::{Config, FILE};
use crate::diagnostic::{Diagnostic, Level, Place, did_you_mean};
use crate::fields::{Document, Node, Row, Table, Value};
use crate::paths::SourcePath;
use crate::source::Sources;

/// Keys of front matter that a row has in another way.
pub const NOT_IN_PAGES: &[&str] = &["path", "permalink", "layout", "published", "taxonomies"];

/// The row of a data file that a page is made of.
#[derive(Debug, Clone)]
pub struct DataRow {
    /// What asked for the page.
    pub rule: Arc<PagesRule>,
    /// The whole text of the data file, for frames.
    pub text: Arc<str>,
    /// The bytes that say the row.
    pub span: Range<usize>,
    /// What it says, by column.
    pub values: Table,
}

impl DataRow {
    /// Returns where a column stands; the row as a whole if it lacks it.
    pub fn place(&self, column: &str) -> Place {
        let span = self.values.row(column).map_or(&self.span, |row| &row.node.span);
        Place::span(&self.rule.data, &self.text, span.clone())
    }

    /// Returns what a column says as text: nothing if it is empty, or a list or a table.
    pub fn text_of(&self, column: &str) -> Option<String> {
        self.values.row(column).and_then(|row| plain(&row.node.value)).filter(|text| !text.trim().is_empty())
    }
}

/// Makes every page that `[[pages]]` asks for, all problems at once.
pub fn of_rows(config: &Config, sources: &Sources) -> (Vec<Arc<Post>>, Vec<Diagnostic>) {
    let mut posts = Vec::new();
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for rule in &config.pages {
        match (sources.data.get(&rule.data), sources.data_texts.get(&rule.data)) {
            (Some(node), Some(text)) => {
                let maker = Maker { config, rule, document: Document::new(&rule.data, text) };
                maker.make(node, &mut names, &mut posts, &mut problems);
            }
            _ => problems.push(no_file(config, sources, rule)),
        }
    }
    (posts, problems)
}

fn no_file(config: &Config, sources: &Sources, rule: &PagesRule) -> Diagnostic {
    let problem = Diagnostic::error("pages/no-data", format!("there is no data file `{}`", rule.data))
        .at(config.place(&format!("pages.{}.data", rule.number)));
    let wanted = rule.data.as_str();
    match did_you_mean(wanted, sources.data.keys().map(SourcePath::as_str)) {
        Some(near) => problem.hint(format!("did you mean `{}`?", near.trim_start_matches("data/"))),
        None => problem.hint("data files stand below `data/` and end in `.toml`, `.yaml`, `.json` or `.csv`"),
    }
}

/// What the rows of one file are read with.
struct Maker<'a> {
    config: &'a Config,
    rule: &'a Arc<PagesRule>,
    document: Document,
}

/// What each row gives its page, made ready once.
struct Recipe {
    /// What is the same on every page.
    constant: FrontMatter,
    /// What each row says itself: the row of site.toml, and its texts as patterns.
    varying: Vec<Row>,
}

impl Maker<'_> {
    fn make(
        &self,
        node: &Node,
        names: &mut BTreeSet<String>,
        posts: &mut Vec<Arc<Post>>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let before = problems.len();
        let rows = match self.rows(node) {
            Ok(rows) => rows,
            Err(problem) => return problems.push(*problem),
        };
        let rows = self.tables(rows, problems);
        let recipe = self.recipe(&rows, problems);
        if problems.len() > before {
            return;
        }
        let named = self.named(&rows, names);
        let made: Vec<_> = rows
            .into_par_iter()
            .zip(named)
            .map(|((span, values), source)| self.post(&recipe, source, span, values))
            .collect();
        for one in made {
            match one {
                Ok(post) => posts.push(Arc::new(post)),
                Err(more) => problems.extend(more),
            }
        }
    }

    fn place(&self, key: &str) -> Place {
        self.config.place(&format!("pages.{}.{key}", self.rule.number))
    }

    /// Finds the rows within the file: a list, or a table whose values are the rows.
    fn rows(&self, node: &Node) -> Result<Vec<(Option<Row>, Node)>, Box<Diagnostic>> {
        let mut at = node;
        for name in self.rule.rows.iter().flat_map(|path| path.split('.')).map(str::trim) {
            let Value::Table(table) = &at.value else { return Err(self.no_rows(at, name, &[])) };
            match table.row(name) {
                Some(row) => at = &row.node,
                None => return Err(self.no_rows(at, name, &table.rows)),
            }
        }
        let name = self.rule.rows.as_deref();
        match &at.value {
            Value::List(nodes) => Ok(nodes.iter().map(|node| (None, node.clone())).collect()),
            Value::Table(table) if table.rows.iter().all(|row| matches!(row.node.value, Value::Table(_))) => {
                Ok(table.rows.iter().map(|row| (Some(row.clone()), row.node.clone())).collect())
            }
            value => {
                let what = name.map_or_else(|| "the file".to_owned(), |name| format!("`{name}`"));
                let lists = match value {
                    Value::Table(table) => table.rows.iter().find(|row| matches!(row.node.value, Value::List(_))),
                    _ => None,
                };
                let hint = match lists {
                    Some(list) => {
                        format!("if its `{}` are the rows, write `rows = \"{}\"`", list.key, self.below(&list.key))
                    }
                    None => "a page is made of each table of a list, or of each table in a table".to_owned(),
                };
                let message = format!("{what} is {} and no list of rows", value.kind());
                let place = if at.span.len() < self.document.text.len() {
                    self.document.place(at.span.clone())
                } else {
                    self.place("data")
                };
                Err(Box::new(Diagnostic::error("pages/rows", message).at(place).hint(hint)))
            }
        }
    }

    fn below(&self, name: &str) -> String {
        self.rule.rows.as_ref().map_or_else(|| name.to_owned(), |path| format!("{path}.{name}"))
    }

    fn no_rows(&self, at: &Node, name: &str, known: &[Row]) -> Box<Diagnostic> {
        let message = match at.value {
            Value::Table(_) => format!("`{}` has no `{name}`", self.rule.data),
            _ => format!("`{}` has no `{name}`: what stands there is {}", self.rule.data, at.value.kind()),
        };
        let problem = Diagnostic::error("pages/rows", message).at(self.place("rows"));
        Box::new(match did_you_mean(name, known.iter().map(|row| row.key.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`rows` are the names that lead to the list within the file, with dots between them"),
        })
    }

    /// Takes the rows that are tables; the key of a table's row is its column `key`, unless it has one.
    fn tables(&self, rows: Vec<(Option<Row>, Node)>, problems: &mut Vec<Diagnostic>) -> Vec<(Range<usize>, Table)> {
        let mut tables = Vec::with_capacity(rows.len());
        for (row, node) in rows {
            let Value::Table(mut table) = node.value else {
                let message = format!("this row is {} and no table, so no page can be made of it", node.value.kind());
                let problem = Diagnostic::error("pages/rows", message).at(self.document.place(node.span));
                problems.push(problem.hint("each row gives its values names: `{ title = \"Flatland\" }`"));
                continue;
            };
            let span = row.as_ref().map_or(node.span, |row| row.span.clone());
            if let Some(row) = row.filter(|_| table.row("key").is_none()) {
                let node = Node { span: row.span.clone(), value: Value::String(row.key) };
                table.rows.push(Row { key: "key".to_owned(), span: row.span, node });
            }
            tables.push((span, table));
        }
        tables
    }

    /// Returns how each row is named: by file and line, and what else tells it from others.
    fn named(&self, rows: &[(Range<usize>, Table)], names: &mut BTreeSet<String>) -> Vec<SourcePath> {
        let (mut at, mut line) = (0, 1);
        let mut named = Vec::with_capacity(rows.len());
        for (span, _) in rows {
            // Rows stand in the order of the file.
            let start = self.document.text.floor_char_boundary(span.start).max(at);
            line += self.document.text[at..start].matches('\n').count();
            at = start;
            let name = format!("{}:{line}", self.rule.data);
            let others = (2..).map(|number| format!("{name}:{number}"));
            let free = std::iter::once(name.clone()).chain(others).find(|name| !names.contains(name));
            let name = free.expect("there are more numbers than rows");
            names.insert(name.clone());
            named.push(SourcePath::new(name));
        }
        named
    }

    /// Makes ready what is the same for all rows, and reports every column that none of them has.
    fn recipe(&self, rows: &[(Range<usize>, Table)], problems: &mut Vec<Diagnostic>) -> Recipe {
        let settings = Document::new(FILE, &self.rule.text);
        let mut columns: BTreeSet<&str> = BTreeSet::new();
        for (_, table) in rows {
            columns.extend(table.rows.iter().map(|row| row.key.as_str()));
        }
        let mut demand = |column: &str, place: Place| {
            if rows.is_empty() || columns.contains(column) {
                return;
            }
            let message = format!("no row of `{}` has a column `{column}`", self.rule.data);
            let problem = Diagnostic::error("pages/column", message).at(place);
            problems.push(match did_you_mean(column, columns.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => {
                    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
                    problem.hint(format!("its columns are {}; `::` is a colon", names.join(", ")))
                }
            });
        };
        for column in self.rule.path.columns() {
            // Where there is no such column, the title makes the slug.
            if column != "slug" {
                demand(column, self.place("path"));
            }
        }
        if let Some(column) = &self.rule.body {
            demand(column, self.place("body"));
        }
        let mut constant = Table::default();
        let mut varying = Vec::new();
        let mut wrong = Vec::new();
        for row in &self.rule.front.rows {
            if !self.is_known(&row.key) {
                wrong.push(self.unknown(row));
                continue;
            }
            let mut named = Vec::new();
            let mut faults = Vec::new();
            patterns(&row.node, &mut |pattern, span| match pattern {
                Ok(pattern) => named.extend(pattern.columns().map(|name| (name.to_owned(), span.clone()))),
                Err(reason) => faults.push(Diagnostic::error(CODES.value, reason).at(settings.place(span.clone()))),
            });
            wrong.append(&mut faults);
            for (column, span) in &named {
                demand(column, settings.place(span.clone()));
            }
            if named.is_empty() { constant.rows.push(row.clone()) } else { varying.push(row.clone()) }
        }
        if columns.contains("title") && self.rule.front.row("title").is_none() {
            let node = Node { span: 0..0, value: Value::String(":title".to_owned()) };
            varying.push(Row { key: "title".to_owned(), span: 0..0, node });
        }
        problems.append(&mut wrong);
        let mut front = FrontMatter::default();
        let reader = Front { config: self.config, document: &settings, is_yaml: false };
        // `::` is a colon there, too.
        for row in &mut constant.rows {
            expand(&mut row.node, &Table::default());
        }
        reader.read(constant, &mut front, problems);
        front.spans.clear();
        Recipe { constant: front, varying }
    }

    fn is_known(&self, key: &str) -> bool {
        let of_front = KEYS.iter().any(|known| known.name == key) && !NOT_IN_PAGES.contains(&key);
        of_front || self.config.taxonomy(key).is_some()
    }

    fn unknown(&self, row: &Row) -> Diagnostic {
        let own = ["data", "rows", "path", "section", "body"].into_iter();
        let of_front = KEYS.iter().map(|known| known.name).filter(|name| !NOT_IN_PAGES.contains(name));
        let taxonomies = self.config.taxonomies.iter().map(|rule| rule.name.as_str());
        let message = format!("unknown key `{}` in `[[pages]]`", row.key);
        let problem =
            Diagnostic::error(CODES.unknown, message).at(Place::span(FILE, &self.rule.text, row.span.clone()));
        match did_you_mean(&row.key, own.chain(of_front).chain(taxonomies)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(CODES.own_keys),
        }
    }

    /// Makes the page of one row.
    fn post(
        &self,
        recipe: &Recipe,
        source: SourcePath,
        span: Range<usize>,
        values: Table,
    ) -> Result<Post, Vec<Diagnostic>> {
        let config = self.config;
        let mut front = recipe.constant.clone();
        let mut table = Table::default();
        for row in &recipe.varying {
            let mut node = row.node.clone();
            let said = expand(&mut node, &values);
            // What the row says nothing of is as if it were not asked for.
            if let Some(said) = said.filter(|_| !is_empty(&node.value)) {
                node.value = as_key_needs(&row.key, node.value);
                node.span = said.clone();
                table.rows.push(Row { key: row.key.clone(), span: said, node });
            }
        }
        let mut diagnostics = Vec::new();
        Front { config, document: &self.document, is_yaml: false }.read(table, &mut front, &mut diagnostics);
        if diagnostics.iter().any(|one| one.level == Level::Error) {
            return Err(diagnostics);
        }
        let row = DataRow { rule: Arc::clone(self.rule), text: Arc::clone(&self.document.text), span, values };
        let stem = front.slug.clone().or_else(|| row.text_of("slug")).or_else(|| front.title.clone());
        let stem = stem.or_else(|| self.rule.path.columns().find_map(|column| row.text_of(column))).unwrap_or_default();
        let kind = if front.date.is_some() { Kind::Post } else { Kind::Page };
        complete(config, kind, &mut front);
        let (text, body) = self.markdown(&row);
        diagnostics.extend(article::remarks(&source, &text, body.clone(), &config.markdown));
        Ok(Post {
            outline: article::outline(&text[body.clone()], &config.markdown),
            text,
            body,
            kind,
            language: 0,
            section: self.rule.section.clone(),
            stem,
            hidden: hidden(config, &source, &front),
            source,
            front,
            assets: BTreeMap::new(),
            warnings: diagnostics,
            row: Some(Arc::new(row)),
        })
    }

    /// Returns a text and where in it the Markdown of a row stands: in the data file itself, where it is written as it is.
    fn markdown(&self, row: &DataRow) -> (Arc<str>, Range<usize>) {
        let text = &self.document.text;
        let none = (Arc::clone(text), row.span.end..row.span.end);
        let Some(cell) = self.rule.body.as_deref().and_then(|column| row.values.row(column)) else { return none };
        let Some(markdown) = plain(&cell.node.value).filter(|markdown| !markdown.trim().is_empty()) else {
            return none;
        };
        let span = cell.node.span.clone();
        match text.get(span.clone()).and_then(|written| written.find(&markdown)) {
            Some(at) => (Arc::clone(text), span.start + at..span.start + at + markdown.len()),
            None => {
                // Escapes stand between: the lines before it keep its own first line right.
                let before = text.get(..span.start).unwrap_or_default().matches('\n').count();
                let whole: Arc<str> = format!("{}{markdown}", "\n".repeat(before)).into();
                let length = whole.len();
                (whole, before..length)
            }
        }
    }
}

/// Calls a function for each text of a value, read as a pattern.
fn patterns(node: &Node, visit: &mut impl FnMut(Result<Pattern, String>, &Range<usize>)) {
    match &node.value {
        Value::String(text) => visit(Pattern::parse(text), &node.span),
        Value::List(nodes) => nodes.iter().for_each(|node| patterns(node, visit)),
        Value::Table(table) => table.rows.iter().for_each(|row| patterns(&row.node, visit)),
        _ => {}
    }
}

/// Puts what a row says in the place of its columns. Returns the bytes of the first column that says something.
fn expand(node: &mut Node, values: &Table) -> Option<Range<usize>> {
    match &mut node.value {
        Value::String(text) => {
            let pattern = Pattern::parse(text).ok()?;
            if let Some(column) = pattern.only() {
                let cell = values.row(column)?;
                node.value = cell.node.value.clone();
                return Some(cell.node.span.clone());
            }
            let mut said = None;
            let mut expanded = String::new();
            for part in &pattern.parts {
                match part {
                    PatternPart::Text(text) => expanded.push_str(text),
                    PatternPart::Column(name) => {
                        let cell = values.row(name);
                        expanded.push_str(&cell.and_then(|cell| plain(&cell.node.value)).unwrap_or_default());
                        said = said.or_else(|| cell.map(|cell| cell.node.span.clone()));
                    }
                }
            }
            *text = expanded;
            said
        }
        Value::List(nodes) => {
            let said = nodes.iter_mut().fold(None, |said, node| {
                let own = expand(node, values);
                said.or(own)
            });
            // A list that stands in a list of terms is meant to be a part of it.
            let flat = std::mem::take(nodes).into_iter().flat_map(|node| match node.value {
                Value::List(inner) => inner,
                _ => vec![node],
            });
            *nodes = flat.filter(|node| !is_empty(&node.value)).collect();
            said
        }
        Value::Table(table) => table.rows.iter_mut().fold(None, |said, row| {
            let own = expand(&mut row.node, values);
            said.or(own)
        }),
        _ => None,
    }
}

/// Returns a value as text: nothing for a list or a table.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Date(date) => Some(date.to_string()),
        Value::Null | Value::List(_) | Value::Table(_) => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::List(nodes) => nodes.is_empty(),
        _ => false,
    }
}

/// Returns a value as its key needs it: CSV knows only text, and a title may be a number.
fn as_key_needs(key: &str, value: Value) -> Value {
    match (key, value) {
        ("draft" | "noindex" | "analytics", Value::String(text)) => match text.trim() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => Value::String(text),
        },
        ("weight" | "series_index", Value::String(text)) => {
            text.trim().parse().map_or(Value::String(text), Value::Integer)
        }
        ("date" | "updated" | "publish_date" | "expiry_date", Value::String(text)) => {
            Value::String(text.trim().to_owned())
        }
        (
            "title" | "slug" | "description" | "summary" | "image" | "template" | "canonical" | "id" | "authors",
            value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_)),
        ) => Value::String(plain(&value).unwrap_or_default()),
        (_, value) => value,
    }
}
