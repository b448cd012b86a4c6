//! Owns what is known of keys before any file is read: names, older names, kinds of values, a sentence for each.
//!
//! Gives [`Key`] and [`Kind`]. A kind of file states its keys once, in one table: its reader may take no key that the table
//! lacks, and the schema for editors, the renaming of keys and the hints all read the same rows.

use std::ops::Range;

use super::table::{Node, Table, Value};

/// One key that a reader knows.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What else it is called: by other engines, or once by this one. Read all the same, and rewritten by `blog upgrade`.
    pub also: &'static [&'static str],
    /// What may stand there.
    pub kind: Kind,
    /// What it is for, in one sentence without a full stop.
    pub about: &'static str,
    /// Whether its table cannot be without it.
    pub is_required: bool,
}

/// What may stand at a key.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text, for example this one.
    Text(&'static str),
    /// A list of texts, for example of this one; a single text counts as a list of one.
    Texts(&'static str),
    /// A list of texts and nothing else, for example of this one.
    List(&'static str),
    /// Names of terms: a list or a single text; in YAML also years and other numbers.
    Terms(&'static str),
    /// A date, with or without a time.
    Date,
    /// True or false.
    Boolean,
    /// A whole number within these bounds.
    Integer(i64, i64),
    /// A list of whole numbers within these bounds.
    Integers(i64, i64),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// One of the texts that this returns.
    ChoiceOf(fn() -> Vec<&'static str>),
    /// A list of these texts; a single one counts as a list of one.
    Choices(&'static [&'static str]),
    /// One of these kinds.
    Either(&'static [Kind]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of such tables; a single one counts as a list of one.
    Tables(&'static [Key]),
    /// A table whose keys are names, with such a value for each.
    Named(&'static Kind),
    /// A table whose keys are among those that this returns.
    NamedOf(fn() -> Vec<&'static str>, &'static Kind),
    /// A table of the site's own.
    Free,
    /// What is described elsewhere, under this name.
    Elsewhere(&'static str),
}

impl Key {
    /// Describes a key.
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Key {
        Key { name, also: &[], kind, about, is_required: false }
    }

    /// Says that its table cannot be without it.
    pub const fn required(self) -> Key {
        Key { is_required: true, ..self }
    }

    /// Says what else it is called.
    pub const fn also(self, also: &'static [&'static str]) -> Key {
        Key { also, ..self }
    }

    /// Returns whether it goes by this name, its own or another; case makes no difference.
    fn goes_by(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.also.iter().any(|other| other.eq_ignore_ascii_case(name))
    }
}

impl Kind {
    /// Returns the kind of what stands at a path below it; nothing where no such key is known.
    ///
    /// The name of a key of one's own may have dots, so that below [`Kind::Named`] one part is all that is left of a path.
    pub fn at(&self, path: &str) -> Option<Kind> {
        if path.is_empty() {
            return Some(*self);
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        match self {
            Kind::Table(keys) => keys.iter().find(|key| key.name == first)?.kind.at(rest),
            Kind::Tables(keys) if first.parse::<usize>().is_ok() => Kind::Table(keys).at(rest),
            Kind::Named(kind) | Kind::NamedOf(_, kind) => Some(**kind),
            Kind::Either(kinds) => kinds.iter().find_map(|kind| kind.at(path)),
            Kind::Elsewhere(_) => Some(*self),
            _ => None,
        }
    }
}

/// One key that was written under another name than its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The name that was written.
    pub written: String,
    /// The bytes of it.
    pub span: Range<usize>,
    /// The bytes of its value.
    pub value: Range<usize>,
    /// The name that it goes by.
    pub name: &'static str,
    /// Whether the table has that name, too: then this key says nothing.
    pub is_twice: bool,
}

/// Gives every key of a table, and of those below it, its own name, and takes out what is there twice; returns each of them.
/// `elsewhere` knows what is described elsewhere.
pub fn settle(table: &mut Table, kind: &Kind, elsewhere: &impl Fn(&str) -> Option<Kind>, found: &mut Vec<Renamed>) {
    match kind {
        Kind::Table(keys) => {
            settle_names(table, keys, found);
            for row in &mut table.rows {
                if let Some(key) = keys.iter().find(|key| key.name == row.key) {
                    settle_below(&mut row.node, &key.kind, elsewhere, found);
                }
            }
        }
        Kind::Named(kind) | Kind::NamedOf(_, kind) => {
            table.rows.iter_mut().for_each(|row| settle_below(&mut row.node, kind, elsewhere, found));
        }
        Kind::Tables(keys) => settle(table, &Kind::Table(keys), elsewhere, found),
        Kind::Elsewhere(name) => {
            if let Some(kind) = elsewhere(name) {
                settle(table, &kind, elsewhere, found);
            }
        }
        _ => {}
    }
}

fn settle_below(node: &mut Node, kind: &Kind, elsewhere: &impl Fn(&str) -> Option<Kind>, found: &mut Vec<Renamed>) {
    match &mut node.value {
        Value::Table(table) => settle(table, kind, elsewhere, found),
        Value::List(nodes) if matches!(kind, Kind::Tables(_) | Kind::Elsewhere(_)) => {
            nodes.iter_mut().for_each(|node| settle_below(node, kind, elsewhere, found));
        }
        _ => {}
    }
}

fn settle_names(table: &mut Table, keys: &[Key], found: &mut Vec<Renamed>) {
    let mut index = 0;
    while let Some(row) = table.rows.get(index) {
        let key = keys.iter().find(|key| key.goes_by(&row.key)).filter(|key| key.name != row.key);
        let Some(key) = key else {
            index += 1;
            continue;
        };
        let is_twice = table.row(key.name).is_some();
        let (span, value) = (row.span.clone(), row.node.span.clone());
        found.push(Renamed { written: row.key.clone(), span, value, name: key.name, is_twice });
        if is_twice {
            table.rows.remove(index);
        } else {
            table.rows[index].key = key.name.to_owned();
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Key] = &[
        Key::new("one", Kind::Boolean, "").also(&["eins", "un"]),
        Key::new("rows", Kind::Tables(&[Key::new("two", Kind::Named(&Kind::Free), "")]), ""),
    ];

    #[test]
    fn a_path_leads_to_the_kind_that_stands_there() {
        let root = Kind::Table(KEYS);
        let is = |path: &str| root.at(path).map(|kind| format!("{kind:?}"));
        assert_eq!(is("one").as_deref(), Some("Boolean"));
        assert_eq!(is("rows.3.two.a name.with dots").as_deref(), Some("Free"));
        assert_eq!((is("three"), is("one.two"), is("rows.x.two")), (None, None, None));
    }

    #[test]
    fn other_names_are_found_whatever_their_case_and_the_first_one_counts() {
        let text: std::sync::Arc<str> = "Eins = 1\nun = 2\nfoo = 3\nrows = 4\n".into();
        let mut table = crate::fields::parse_toml(&crate::fields::Document::new("x", &text), 0..text.len()).unwrap();
        let mut found = Vec::new();
        settle(&mut table, &Kind::Table(KEYS), &|_| None, &mut found);
        let told: Vec<_> = found.iter().map(|one| (&text[one.span.clone()], one.name, one.is_twice)).collect();
        assert_eq!(told, [("Eins", "one", false), ("un", "one", true)]);
        let keys: Vec<&str> = table.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["one", "foo", "rows"]);
    }
}
