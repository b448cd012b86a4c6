//! Owns the tables of Ghost's export, read row by row: where the file breaks off, the rows before are there.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::import::export::cleaned;

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Rows {
    tables: BTreeMap<String, Vec<Row>>,
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Row(Value);

impl Row {
    /// Returns a column as text; nothing of it if it is not there.
    pub(super) fn text(&self, column: &str) -> String {
        match self.0.get(column) {
            Some(Value::String(text)) => cleaned(text.clone()).0,
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(yes)) => yes.to_string(),
            _ => String::new(),
        }
    }

    /// Returns a column as a number.
    pub(super) fn number(&self, column: &str) -> i64 {
        self.0.get(column).and_then(Value::as_i64).unwrap_or_default()
    }

    /// Returns what it is called in messages.
    pub(super) fn origin(&self) -> String {
        let kind = if self.text("type") == "page" { "page" } else { "post" };
        format!("{kind} {} (“{}”)", self.text("id"), self.text("title"))
    }
}

impl Rows {
    /// Reads an export; says why it ends before its end, if it does.
    pub(super) fn read(file: impl Read) -> (Rows, Option<String>) {
        let mut rows = Rows::default();
        let mut reader = serde_json::Deserializer::from_reader(file);
        let read = Level { rows: &mut rows, is_data: false }.deserialize(&mut reader).and_then(|()| reader.end());
        (rows, read.err().map(|error| error.to_string()))
    }

    /// Returns the rows of a table.
    pub(super) fn of(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }
}

/// An object on the way to the tables, or that of the tables.
struct Level<'r> {
    rows: &'r mut Rows,
    is_data: bool,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an export of Ghost")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "db" if !self.is_data => map.next_value_seed(Level { rows: self.rows, is_data: false })?,
                "data" if !self.is_data => map.next_value_seed(Level { rows: self.rows, is_data: true })?,
                _ if self.is_data => map.next_value_seed(OneTable(self.rows.tables.entry(key).or_default()))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element_seed(Level { rows: self.rows, is_data: self.is_data })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// The rows of one table.
struct OneTable<'r>(&'r mut Vec<Row>);

impl<'de> DeserializeSeed<'de> for OneTable<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OneTable<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("rows of a table")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(row) = all.next_element::<Value>()? {
            self.0.push(Row(row));
        }
        Ok(())
    }
}
