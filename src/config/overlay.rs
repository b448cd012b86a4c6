//! Lays `[env.NAME]` over the rest of site.toml.

use std::ops::Range;

use super::FILE;
use super::read::CODES;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::fields::{Document, Fields, Row, Table, Value};

/// Takes `[env]` out of the table and lays the chosen overlay over the rest.
pub(super) fn apply(table: &mut Table, chosen: Option<&str>, document: &Document, diagnostics: &mut Vec<Diagnostic>) {
    let mut fields = Fields::new(document, &CODES, std::mem::take(table), diagnostics);
    let overlays: Vec<Row> = fields.plain_table("env").map(|overlays| overlays.rows).unwrap_or_default();
    *table = Table { rows: fields.rest() };
    let names: Vec<String> = overlays.iter().map(|row| row.key.clone()).collect();
    let mut found = None;
    for row in overlays {
        match row.node.value {
            Value::Table(overlay) if Some(row.key.as_str()) == chosen => found = Some(overlay),
            Value::Table(_) => {}
            value => fields.mistyped(&format!("env.{}", row.key), "a table", &value, row.node.span).unwrap_or_default(),
        }
    }
    match (chosen, found) {
        (Some(_), Some(overlay)) => table.overlay(overlay),
        (Some(name), None) => {
            let hint = match did_you_mean(name, names.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "add that table, or leave out `--env` and `BLOG_ENV`".to_owned(),
            };
            diagnostics
                .push(Diagnostic::error("config/no-env", format!("there is no `[env.{name}]` in `{FILE}`")).hint(hint));
        }
        (None, _) => {}
    }
}

/// Returns the overlays that are not in use, each with the bytes of all that stands in it.
pub(super) fn others(table: &Table, chosen: Option<&str>) -> Vec<(String, Vec<Range<usize>>)> {
    let Some(Value::Table(overlays)) = table.row("env").map(|row| &row.node.value) else { return Vec::new() };
    let unused = overlays.rows.iter().filter(|row| Some(row.key.as_str()) != chosen);
    let named = unused.filter_map(|row| match &row.node.value {
        Value::Table(overlay) => Some((row.key.clone(), spans(overlay))),
        _ => None,
    });
    named.collect()
}

/// Returns the bytes of every key and of every value of a table.
fn spans(table: &Table) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for row in &table.rows {
        spans.push(row.span.clone());
        spans.extend(node_spans(&row.node));
    }
    spans
}

fn node_spans(node: &crate::fields::Node) -> Vec<Range<usize>> {
    let mut all = vec![node.span.clone()];
    match &node.value {
        Value::Table(table) => all.extend(spans(table)),
        Value::List(nodes) => all.extend(nodes.iter().flat_map(node_spans)),
        _ => {}
    }
    all
}
