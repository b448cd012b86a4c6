//! Reads TOML into a [`Table`] with spans; every syntax problem at once.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Document, Node, Row, SyntaxProblem, Table, Value};

/// Parses some bytes of a document as TOML.
pub fn parse_toml(document: &Document, span: Range<usize>) -> Result<Table, Vec<SyntaxProblem>> {
    let offset = span.start;
    let (table, errors) = DeTable::parse_recoverable(&document.text[span.clone()]);
    if !errors.is_empty() {
        let problems = errors.iter().map(|error| SyntaxProblem {
            message: error.message().trim_end_matches('.').to_owned(),
            span: error.span().map_or(span.clone(), |at| {
                let (start, end) = (document.letter(at.start + offset).start, document.letter(at.end + offset).start);
                start..end.max(start)
            }),
        });
        return Err(problems.collect());
    }
    let mut problems = Vec::new();
    let table = read_table(table.into_inner(), offset, &mut problems);
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

fn read_table(table: DeTable<'_>, offset: usize, problems: &mut Vec<SyntaxProblem>) -> Table {
    let mut rows: Vec<Row> = table
        .into_iter()
        .map(|(key, value)| {
            let span = key.span().start + offset..key.span().end + offset;
            let at = value.span().start + offset..value.span().end + offset;
            Row { key: key.into_inner().into_owned(), span, node: read_node(value.into_inner(), at, offset, problems) }
        })
        .collect();
    rows.sort_by_key(|row| row.span.start);
    Table { rows }
}

fn read_node(value: DeValue<'_>, span: Range<usize>, offset: usize, problems: &mut Vec<SyntaxProblem>) -> Node {
    let value = match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Boolean(boolean) => Value::Boolean(boolean),
        DeValue::Datetime(date) => Value::Date(date),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => {
                let message = "this integer does not fit into 64 bits".to_owned();
                problems.push(SyntaxProblem { message, span: span.clone() });
                Value::Null
            }
        },
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Array(array) => Value::List(
            array
                .into_iter()
                .map(|item| {
                    let at = item.span().start + offset..item.span().end + offset;
                    read_node(item.into_inner(), at, offset, problems)
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(read_table(table, offset, problems)),
    };
    Node { span, value }
}
