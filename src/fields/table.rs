//! Owns [`Table`]: keys and values out of a file, each with the bytes that say it, whatever the file's
//! format was.

use std::ops::Range;

use toml::value::Datetime;

/// One value, and the bytes of the file that say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its bytes.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is what its name says")]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Date(Datetime),
    List(Vec<Node>),
    Table(Table),
}

/// Keys with their values, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The key.
    pub key: String,
    /// The bytes of the key.
    pub span: Range<usize>,
    /// The value.
    pub node: Node,
}

impl Value {
    /// Returns what to call it: `a string`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::String(_) => "a string",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// Returns it as TOML's own value; nothing for null.
    pub fn to_toml(&self) -> Option<toml::Value> {
        Some(match self {
            Value::Null => return None,
            Value::Boolean(boolean) => toml::Value::Boolean(*boolean),
            Value::Integer(integer) => toml::Value::Integer(*integer),
            Value::Float(float) => toml::Value::Float(*float),
            Value::String(string) => toml::Value::String(string.clone()),
            Value::Date(date) => toml::Value::Datetime(*date),
            Value::List(nodes) => toml::Value::Array(nodes.iter().filter_map(|node| node.value.to_toml()).collect()),
            Value::Table(table) => toml::Value::Table(table.to_toml()),
        })
    }
}

impl Table {
    /// Returns it as TOML's own table, without spans.
    pub fn to_toml(&self) -> toml::Table {
        self.rows.iter().filter_map(|row| Some((row.key.clone(), row.node.value.to_toml()?))).collect()
    }

    /// Returns the row of a key.
    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.key == key)
    }

    /// Takes the row of a key out.
    pub fn remove(&mut self, key: &str) -> Option<Row> {
        let index = self.rows.iter().position(|row| row.key == key)?;
        Some(self.rows.remove(index))
    }

    /// Lays another table over this one: tables merge, everything else is replaced.
    pub fn overlay(&mut self, other: Table) {
        for row in other.rows {
            match self.rows.iter_mut().find(|known| known.key == row.key) {
                Some(known) => match (&mut known.node.value, row.node.value) {
                    (Value::Table(below), Value::Table(above)) => below.overlay(above),
                    (value, above) => {
                        *value = above;
                        known.node.span = row.node.span;
                        known.span = row.span;
                    }
                },
                None => self.rows.push(row),
            }
        }
    }

    /// Calls a function for each value below this table with its dotted path, `analytics.0.site`, and its bytes.
    pub fn walk(&self, visit: &mut impl FnMut(&str, &Range<usize>)) {
        self.walk_below("", visit);
    }

    fn walk_below(&self, path: &str, visit: &mut impl FnMut(&str, &Range<usize>)) {
        for row in &self.rows {
            let path = if path.is_empty() { row.key.clone() } else { format!("{path}.{}", row.key) };
            visit(&path, &row.node.span);
            match &row.node.value {
                Value::Table(table) => table.walk_below(&path, visit),
                Value::List(nodes) => {
                    for (index, node) in nodes.iter().enumerate() {
                        let path = format!("{path}.{index}");
                        visit(&path, &node.span);
                        if let Value::Table(table) = &node.value {
                            table.walk_below(&path, visit);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
