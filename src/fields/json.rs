//! Reads JSON into a [`Table`] with spans. `serde_json` decides first whether it is JSON, and
//! refuses deep nesting; what follows walks over text that is known to be sound.

use std::ops::Range;

use super::{Document, Node, Row, SyntaxProblem, Table, Value};

/// Parses the JSON object that some bytes of a document start with; returns it and where it ends.
pub fn parse_json(document: &Document, span: Range<usize>) -> Result<(Table, usize), Vec<SyntaxProblem>> {
    let text = &document.text[span.clone()];
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    match stream.next() {
        Some(Ok(serde_json::Value::Object(_))) => {}
        Some(Err(error)) => return Err(vec![unsound(document, span, &error)]),
        _ => return Err(vec![SyntaxProblem { message: "expected a JSON object".to_owned(), span }]),
    }
    let end = span.start + stream.byte_offset();
    let mut walker = Walker { text: &document.text[..end], at: span.start, problems: Vec::new() };
    walker.skip(|byte| byte.is_ascii_whitespace());
    let table = walker.object();
    if walker.problems.is_empty() { Ok((table, end)) } else { Err(walker.problems) }
}

/// Parses a whole document as JSON, whatever kind of value it is.
pub fn parse_json_node(document: &Document) -> Result<Node, Vec<SyntaxProblem>> {
    // As a value, because only then the parser bounds the depth.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&document.text) {
        return Err(vec![unsound(document, 0..document.text.len(), &error)]);
    }
    let mut walker = Walker { text: &document.text, at: 0, problems: Vec::new() };
    let node = walker.node();
    if walker.problems.is_empty() { Ok(node) } else { Err(walker.problems) }
}

/// Says why some bytes of a document are no JSON.
fn unsound(document: &Document, span: Range<usize>, error: &serde_json::Error) -> SyntaxProblem {
    let text = &document.text[span.clone()];
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = span.start + (line_start + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    SyntaxProblem { message, span: document.letter(at) }
}

/// Walks over sound JSON and notes where each value stands.
struct Walker<'a> {
    text: &'a str,
    at: usize,
    problems: Vec<SyntaxProblem>,
}

impl Walker<'_> {
    fn node(&mut self) -> Node {
        self.skip(|byte| byte.is_ascii_whitespace());
        let start = self.at;
        let value = match self.byte() {
            Some(b'{') => Value::Table(self.object()),
            Some(b'[') => Value::List(self.array()),
            Some(b'"') => Value::String(self.string()),
            _ => {
                self.skip(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b']' | b'}'));
                match &self.text[start..self.at] {
                    "null" => Value::Null,
                    "true" => Value::Boolean(true),
                    "false" => Value::Boolean(false),
                    number => match number.parse() {
                        Ok(integer) => Value::Integer(integer),
                        Err(_) => Value::Float(number.parse().unwrap_or(f64::NAN)),
                    },
                }
            }
        };
        Node { span: start..self.at, value }
    }

    fn object(&mut self) -> Table {
        let mut rows: Vec<Row> = Vec::new();
        self.at += 1;
        loop {
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
            if self.byte() != Some(b'"') {
                self.at += 1;
                return Table { rows };
            }
            let start = self.at;
            let key = self.string();
            let span = start..self.at;
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b':');
            let node = self.node();
            if rows.iter().any(|row| row.key == key) {
                self.problems.push(SyntaxProblem { message: format!("duplicate key `{key}`"), span: span.clone() });
            }
            rows.push(Row { key, span, node });
        }
    }

    fn array(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.at += 1;
        loop {
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
            if matches!(self.byte(), Some(b']') | None) {
                self.at += 1;
                return nodes;
            }
            nodes.push(self.node());
        }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        serde_json::from_str(&self.text[start..self.at]).expect("the text was parsed as JSON before")
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, while_so: impl Fn(u8) -> bool) {
        while self.byte().is_some_and(&while_so) {
            self.at += 1;
        }
    }
}
