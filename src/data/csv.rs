//! Reads CSV as RFC 4180 has it, with the names of the columns in the first row: a list of tables of text.
//!
//! Refuses rows that are shorter or longer than the first, because then nobody can say which value is which.

use std::ops::Range;

use crate::fields::{Node, Row, SyntaxProblem, Table, Value};

/// After how many problems nothing more is said: the separator is probably another one.
const ENOUGH: usize = 10;

/// One value of a row.
struct Field {
    text: String,
    span: Range<usize>,
}

/// Reads a whole file; lines end with LF.
pub(super) fn parse(text: &str) -> Result<Node, Vec<SyntaxProblem>> {
    let mut reader = Reader { text, at: 0 };
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    let columns = match reader.row() {
        Ok(Some(columns)) => columns,
        Ok(None) => {
            return Err(vec![problem("a CSV file begins with the names of its columns".to_owned(), 0..text.len())]);
        }
        Err(problem) => return Err(vec![problem]),
    };
    name_columns(&columns, &mut problems);
    while problems.len() < ENOUGH {
        match reader.row() {
            Ok(None) => break,
            Ok(Some(fields)) if fields.len() != columns.len() => {
                let span =
                    fields.first().map_or(0, |field| field.span.start)..fields.last().map_or(0, |field| field.span.end);
                let values = if fields.len() == 1 { "value" } else { "values" };
                let message =
                    format!("this row has {} {values}, but there are {} columns", fields.len(), columns.len());
                problems.push(problem(message, span));
            }
            Ok(Some(fields)) => rows.push(table(&columns, fields)),
            Err(problem) => {
                problems.push(problem);
                break;
            }
        }
    }
    if problems.is_empty() { Ok(Node { span: 0..text.len(), value: Value::List(rows) }) } else { Err(problems) }
}

fn name_columns(columns: &[Field], problems: &mut Vec<SyntaxProblem>) {
    if let [only] = columns
        && only.text.contains([';', '\t'])
    {
        let message = "the columns are not separated by commas".to_owned();
        return problems.push(problem(message, only.span.clone()));
    }
    for (number, column) in columns.iter().enumerate() {
        let name = column.text.trim();
        if name.is_empty() {
            problems.push(problem(format!("column {} has no name", number + 1), column.span.clone()));
        } else if columns[..number].iter().any(|other| other.text.trim() == name) {
            problems.push(problem(format!("two columns are named `{name}`"), column.span.clone()));
        }
    }
}

fn table(columns: &[Field], fields: Vec<Field>) -> Node {
    let span = fields.first().map_or(0, |field| field.span.start)..fields.last().map_or(0, |field| field.span.end);
    let rows = columns.iter().zip(fields).map(|(column, field)| Row {
        key: column.text.trim().to_owned(),
        span: field.span.clone(),
        node: Node { span: field.span, value: Value::String(field.text) },
    });
    Node { value: Value::Table(Table { rows: rows.collect() }), span }
}

fn problem(message: String, span: Range<usize>) -> SyntaxProblem {
    SyntaxProblem { message, span }
}

/// Reads row by row.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    /// Returns the next row that is not empty.
    fn row(&mut self) -> Result<Option<Vec<Field>>, SyntaxProblem> {
        while self.byte() == Some(b'\n') {
            self.at += 1;
        }
        if self.byte().is_none() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            fields.push(if self.byte() == Some(b'"') { self.quoted()? } else { self.plain() });
            let end = self.byte();
            self.at += 1;
            if end != Some(b',') {
                return Ok(Some(fields));
            }
        }
    }

    fn plain(&mut self) -> Field {
        let rest = &self.text[self.at..];
        let span = self.at..self.at + rest.find([',', '\n']).unwrap_or(rest.len());
        self.at = span.end;
        Field { text: self.text[span.clone()].to_owned(), span }
    }

    fn quoted(&mut self) -> Result<Field, SyntaxProblem> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find('"') else {
                let first_line = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
                return Err(problem("this quotation mark is never closed".to_owned(), start..first_line));
            };
            text.push_str(&rest[..length]);
            self.at += length + 1;
            match self.byte() {
                Some(b'"') => {
                    text.push('"');
                    self.at += 1;
                }
                None | Some(b',' | b'\n') => return Ok(Field { text, span: start..self.at }),
                Some(_) => {
                    let message =
                        "text goes on after the closing quotation mark; write `\"\"` for one within it".to_owned();
                    return Err(problem(message, start..self.at));
                }
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let shown = |node: Node| node.value.to_toml().expect("a list").to_string();
        parse(text).map(shown).map_err(|problems| {
            let said: Vec<String> =
                problems.iter().map(|one| format!("{} @ {:?}", one.message, &text[one.span.clone()])).collect();
            said.join("; ")
        })
    }

    #[test]
    fn quotes_keep_commas_line_ends_and_themselves() {
        let read_back =
            parse("a, b \n\"x, \"\"y\"\"\",\"1\n2\"\n\n,é").expect("sound").value.to_toml().expect("a list");
        let cell = |row: usize, column: &str| read_back[row][column].as_str().map(str::to_owned);
        assert_eq!(cell(0, "a").as_deref(), Some("x, \"y\""));
        assert_eq!(cell(0, "b").as_deref(), Some("1\n2"));
        assert_eq!((cell(1, "a").as_deref(), cell(1, "b").as_deref()), (Some(""), Some("é")));
        assert_eq!(read("a\n").unwrap(), "[]");
    }

    #[test]
    fn what_is_wrong_is_marked() {
        assert!(read("").unwrap_err().starts_with("a CSV file begins with"));
        assert_eq!(
            read("a,b\n1,2,3\n4").unwrap_err(),
            "this row has 3 values, but there are 2 columns @ \"1,2,3\"; this row has 1 value, but there are 2 columns @ \"4\""
        );
        assert_eq!(read("a;b\n1;2").unwrap_err(), "the columns are not separated by commas @ \"a;b\"");
        assert_eq!(read("a,,a\n").unwrap_err(), "column 2 has no name @ \"\"; two columns are named `a` @ \"a\"");
        assert!(read("a\n\"x").unwrap_err().starts_with("this quotation mark is never closed"));
        assert!(read("a\n\"x\"y").unwrap_err().starts_with("text goes on"));
        assert_eq!(read(&format!("a,b\n{}", "1\n".repeat(50))).unwrap_err().matches("this row").count(), ENOUGH);
    }
}
