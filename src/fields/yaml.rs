//! Reads YAML into a [`Table`] with spans. `yaml_serde` decides what the values are; it tells no
//! positions, so a second look at the lines finds each key's, good enough for a frame.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Document, Node, Row, SyntaxProblem, Table, Value};

/// How many levels of flow collections are let through to the parser.
const DEEPEST: usize = 64;

/// Parses some bytes of a document as YAML.
pub fn parse_yaml(document: &Document, span: Range<usize>) -> Result<Table, Vec<SyntaxProblem>> {
    let value = value(document, &span)?;
    let places = places(&document.text[span.clone()], span.start);
    match value {
        yaml_serde::Value::Null => Ok(Table::default()),
        yaml_serde::Value::Mapping(mapping) => {
            let mut problems = Vec::new();
            let table = read_table(mapping, "", &span, &places, &mut problems);
            if problems.is_empty() { Ok(table) } else { Err(problems) }
        }
        _ => Err(vec![SyntaxProblem { message: "expected keys and values, as `title: Hello`".to_owned(), span }]),
    }
}

/// Parses a whole document as YAML, whatever kind of value it is.
pub fn parse_yaml_node(document: &Document) -> Result<Node, Vec<SyntaxProblem>> {
    let span = 0..document.text.len();
    let value = value(document, &span)?;
    let places = places(&document.text, 0);
    let mut problems = Vec::new();
    let node = read_node(value, "", span, &places, &mut problems);
    if problems.is_empty() { Ok(node) } else { Err(problems) }
}

/// Parses some bytes of a document as the parser's own value.
fn value(document: &Document, span: &Range<usize>) -> Result<yaml_serde::Value, Vec<SyntaxProblem>> {
    let text = &document.text[span.clone()];
    if let Some(at) = too_deep(text) {
        let at = span.start + at;
        return Err(vec![SyntaxProblem { message: "nested too deeply".to_owned(), span: at..at + 1 }]);
    }
    let value = yaml_serde::from_str::<yaml_serde::Value>(text).and_then(|mut value| {
        value.apply_merge()?;
        Ok(value)
    });
    value.map_err(|error| {
        let at = error.location().map_or(span.clone(), |location| {
            document.letter((span.start + location.index()).min(span.end.saturating_sub(1)).max(span.start))
        });
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![SyntaxProblem { message, span: at }]
    })
}

/// The bytes of each key and of its value, by dotted path.
type Places = BTreeMap<String, (Range<usize>, Range<usize>)>;

fn read_table(
    mapping: yaml_serde::Mapping,
    path: &str,
    around: &Range<usize>,
    places: &Places,
    problems: &mut Vec<SyntaxProblem>,
) -> Table {
    let mut rows = Vec::new();
    for (key, value) in mapping {
        let key = match key {
            yaml_serde::Value::String(text) => text,
            yaml_serde::Value::Number(number) => number.to_string(),
            yaml_serde::Value::Bool(boolean) => boolean.to_string(),
            _ => {
                let message = "a key has to be a string".to_owned();
                problems.push(SyntaxProblem { message, span: around.clone() });
                continue;
            }
        };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let (span, at) = places.get(&path).cloned().unwrap_or_else(|| (around.clone(), around.clone()));
        let node = read_node(value, &path, at, places, problems);
        rows.push(Row { key, span, node });
    }
    Table { rows }
}

fn read_node(
    value: yaml_serde::Value,
    path: &str,
    span: Range<usize>,
    places: &Places,
    problems: &mut Vec<SyntaxProblem>,
) -> Node {
    let value = match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(boolean) => Value::Boolean(boolean),
        yaml_serde::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        yaml_serde::Value::String(text) => Value::String(text),
        yaml_serde::Value::Sequence(items) => Value::List(
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    let path = if path.is_empty() { index.to_string() } else { format!("{path}.{index}") };
                    let at = places.get(&path).map_or(span.clone(), |(_, at)| at.clone());
                    read_node(item, &path, at, places, problems)
                })
                .collect(),
        ),
        yaml_serde::Value::Mapping(mapping) => Value::Table(read_table(mapping, path, &span, places, problems)),
        yaml_serde::Value::Tagged(tagged) => return read_node(tagged.value, path, span, places, problems),
    };
    Node { span, value }
}

/// A key or a list item that may still have something below it.
struct Level {
    /// The column it starts at.
    column: usize,
    path: String,
    is_item: bool,
    /// How many list items were seen below it.
    items: usize,
}

/// Finds where keys and list items stand, by their columns alone.
fn places(text: &str, offset: usize) -> Places {
    let mut places = Places::new();
    let mut levels: Vec<Level> = Vec::new();
    // The column of the key whose value is a block of text, `|` or `>`.
    let mut block: Option<usize> = None;
    let mut next = 0;
    // How many list items were seen at the top.
    let mut items = 0;
    for line in text.split_inclusive('\n') {
        let start = offset + next;
        next += line.len();
        let line = line.trim_end();
        let end = start + line.len();
        let mut column = line.len() - line.trim_start_matches(' ').len();
        if line.len() == column || line[column..].starts_with('#') || block.is_some_and(|key| column > key) {
            continue;
        }
        block = None;
        while line[column..].starts_with("- ") || &line[column..] == "-" {
            levels.truncate(open_levels(&levels, |level| {
                level.column > column || (level.column == column && level.is_item)
            }));
            let path = match levels.last_mut() {
                Some(parent) => {
                    parent.items += 1;
                    format!("{}.{}", parent.path, parent.items - 1)
                }
                None => {
                    items += 1;
                    (items - 1).to_string()
                }
            };
            let after = &line[column + 1..];
            let inner = column + 1 + after.len() - after.trim_start().len();
            places.insert(path.clone(), (start + inner..end, start + inner..end));
            levels.push(Level { column, path, is_item: true, items: 0 });
            column = inner;
        }
        let Some((key, after)) = split_key(&line[column..]) else { continue };
        levels.truncate(open_levels(&levels, |level| level.column >= column));
        let path = match levels.last() {
            Some(parent) => format!("{}.{key}", parent.path),
            None => key.to_owned(),
        };
        let span = start + column..end - after.len();
        let value = after[1..].trim_start();
        let at = if value.is_empty() { span.clone() } else { end - value.len()..end };
        places.insert(path.clone(), (span, at));
        block = value.starts_with(['|', '>']).then_some(column);
        levels.push(Level { column, path, is_item: false, items: 0 });
    }
    places
}

/// Returns how many levels stay open when those at the end for which `closed` holds are left out.
fn open_levels(levels: &[Level], closed: impl Fn(&Level) -> bool) -> usize {
    levels.iter().rposition(|level| !closed(level)).map_or(0, |last| last + 1)
}

/// Splits `key: value` or `"key": value` into the key and what follows it, from the colon on.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let (key, after) = match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote)?,
        _ => text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1)).map(|at| text.split_at(at))?,
    };
    let after = after.trim_start();
    (after.starts_with(':') && !key.is_empty()).then_some((key.trim_end(), after))
}

/// Returns where flow collections become deeper than any front matter needs: the parser's time grows
/// with the square of their depth. Block collections are bounded by the parser itself.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<u8> = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(b'"'), b'\\') => escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'[' | b'{') => depth += 1,
            (None, b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b'"' | b'\'') if depth > 0 => quote = Some(byte),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(at);
        }
    }
    None
}
