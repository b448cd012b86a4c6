//! Owns the data files as template values, made once.

use std::collections::BTreeMap;

use tera::{Map, Value};

use super::Shelf;
use crate::data;
use crate::fields;
use crate::paths::SourcePath;

/// `data`, and each of its files.
pub(super) struct Values {
    whole: Value,
    files: BTreeMap<SourcePath, Value>,
}

/// A file, or a folder of them.
#[derive(Default)]
struct Branch<'s> {
    file: Option<Value>,
    below: BTreeMap<&'s str, Branch<'s>>,
}

impl Shelf {
    /// Returns `data`: every data file by its name, folder by folder.
    pub(crate) fn data(&self) -> Value {
        self.data_values().whole.clone()
    }

    /// Returns what one file says.
    pub(crate) fn data_file(&self, source: &SourcePath) -> Option<Value> {
        self.data_values().files.get(source).cloned()
    }

    fn data_values(&self) -> &Values {
        self.data.get_or_init(|| {
            let files: BTreeMap<SourcePath, Value> =
                self.sources.data.iter().map(|(source, node)| (source.clone(), of(&node.value))).collect();
            let mut root = Branch::default();
            for (source, value) in &files {
                let branch =
                    data::names(source).into_iter().fold(&mut root, |at, name| at.below.entry(name).or_default());
                branch.file = Some(value.clone());
            }
            let whole = root.value();
            Values { whole, files }
        })
    }
}

impl Branch<'_> {
    /// Returns the value of a branch; the names of folders are few, so that their depth is no danger.
    fn value(self) -> Value {
        match self.file {
            Some(file) => file,
            None => Value::from(
                self.below.into_iter().map(|(name, branch)| (name.to_owned().into(), branch.value())).collect::<Map>(),
            ),
        }
    }
}

/// Returns a value for templates; dates become text.
fn of(value: &fields::Value) -> Value {
    match value {
        fields::Value::Null => Value::none(),
        fields::Value::Boolean(truth) => Value::from(*truth),
        fields::Value::Integer(number) => Value::from(*number),
        fields::Value::Float(number) => Value::from(*number),
        fields::Value::String(text) => Value::normal_string(text),
        fields::Value::Date(date) => Value::normal_string(&date.to_string()),
        fields::Value::List(nodes) => Value::from(nodes.iter().map(|node| of(&node.value)).collect::<Vec<_>>()),
        fields::Value::Table(table) => of_table(table),
    }
}

/// Returns a table for templates.
pub(super) fn of_table(table: &fields::Table) -> Value {
    Value::from(table.rows.iter().map(|row| (row.key.clone().into(), of(&row.node.value))).collect::<Map>())
}
