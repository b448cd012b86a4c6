//! Owns what the files of `data/` say: TOML, YAML, JSON and CSV as one kind of value, each with the bytes that say it.
//!
//! Gives [`parse`] and the path of names by which templates find a file. Refuses two files of one name. Reads no file
//! itself: that is `source`'s.

mod csv;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{Document, Node, Value, parse_json_node, parse_toml, parse_yaml_node};
use crate::paths::SourcePath;

/// The folder of data files.
pub const FOLDER: &str = "data";
/// The endings of files that can be read.
const ENDINGS: [&str; 5] = ["toml", "yaml", "yml", "json", "csv"];

/// Returns whether a file can be read, by its ending.
pub fn is_known(source: &SourcePath) -> bool {
    ENDINGS.contains(&source.extension())
}

/// Says that a file cannot be read, by its ending.
pub fn unknown_kind(source: &SourcePath) -> Diagnostic {
    Diagnostic::warning("data/kind", format!("`{source}` is no data file, so templates do not see it"))
        .at(Place::file(source))
        .hint("data files end in `.toml`, `.yaml`, `.json` or `.csv`; a file for readers belongs into `static/`")
}

/// Reads a file by its ending, all problems at once.
pub fn parse(source: &SourcePath, text: &Arc<str>) -> Result<Node, Vec<Diagnostic>> {
    let document = Document::new(source, text);
    let whole = 0..text.len();
    let parsed = match source.extension() {
        "toml" => parse_toml(&document, whole.clone()).map(|table| Node { span: whole, value: Value::Table(table) }),
        "json" => parse_json_node(&document),
        "csv" => csv::parse(text),
        _ => parse_yaml_node(&document),
    };
    parsed.map_err(|problems| {
        let problems = problems.into_iter();
        problems.map(|one| Diagnostic::error("data/syntax", one.message).at(document.place(one.span))).collect()
    })
}

/// Returns the names that lead templates to a file: `shop`, `items` for `data/shop/items.csv`.
pub fn names(source: &SourcePath) -> Vec<&str> {
    let path = source.as_str().strip_prefix("data/").unwrap_or(source.as_str());
    let path = path.rsplit_once('.').map_or(path, |(path, _)| path);
    path.split('/').collect()
}

/// Returns what is wrong with the names of some files: two of one name, or a file with the name of a folder.
pub fn collisions<'s>(files: impl Iterator<Item = &'s SourcePath>) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<Vec<&str>, &SourcePath> = BTreeMap::new();
    let mut problems = Vec::new();
    for source in files {
        let other = seen.insert(names(source), source);
        problems.extend(other.map(|other| same_name(source, other)));
    }
    for (names, source) in &seen {
        let mut above = (1..names.len()).filter_map(|length| seen.get(&names[..length]));
        problems.extend(above.next().map(|other| same_name(source, other)));
    }
    problems
}

fn same_name(source: &SourcePath, other: &SourcePath) -> Diagnostic {
    let name = names(other).join(".");
    Diagnostic::error("data/same-name", format!("`{other}` and `{source}` would both be `data.{name}`"))
        .at(Place::file(source))
        .hint("rename one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str, text: &str) -> Result<Node, String> {
        let said = |problems: Vec<Diagnostic>| {
            let said = |problem: &Diagnostic| {
                let place = problem.place.as_ref().unwrap();
                let start = place.span.clone().map_or(0, |span| span.start);
                let line = place.text.as_ref().map_or(0, |text| text[..start].matches('\n').count() + 1);
                format!("{}:{line}: {}", place.file, problem.message)
            };
            problems.iter().map(said).collect::<Vec<_>>().join("; ")
        };
        parse(&SourcePath::new(name), &Arc::from(text)).map_err(said)
    }

    fn toml(node: &Node) -> String {
        let value = node.value.to_toml().unwrap();
        value.to_string()
    }

    #[test]
    fn the_same_list_can_be_written_in_three_ways() {
        let json = parsed("data/a.json", "[{\"title\": \"A\", \"pages\": 3}]").unwrap();
        let yaml = parsed("data/a.yaml", "- title: A\n  pages: 3\n").unwrap();
        assert_eq!(toml(&json), toml(&yaml));
        let csv = parsed("data/a.csv", "title,pages\nA,3\n").unwrap();
        assert_eq!(toml(&csv), toml(&json).replace('3', "\"3\""));
        assert_eq!(toml(&parsed("data/a.toml", "title = \"A\"\n").unwrap()), "{ title = \"A\" }");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (name, text, line) in [
            ("data/a.json", "[\n{\"a\": }]", "data/a.json:2"),
            ("data/a.json", "", "data/a.json:1"),
            ("data/a.json", "{\"a\": 1,\n \"a\": 2}", "data/a.json:2: duplicate key `a`"),
            ("data/a.yaml", "a: 1\nb: [\n", "data/a.yaml:"),
            ("data/a.toml", "a = 1\nb = \n", "data/a.toml:2"),
            ("data/a.csv", "a,b\n1,2\n3\n", "data/a.csv:3"),
        ] {
            let said = parsed(name, text).unwrap_err();
            assert!(said.starts_with(line), "{said}");
        }
        assert!(parsed("data/a.json", &"[".repeat(100_000)).is_err());
        assert!(parsed("data/a.yaml", &"[".repeat(100_000)).is_err());
    }

    #[test]
    fn two_files_of_one_name_are_both_named() {
        let said = |files: &[&str]| {
            let files: Vec<SourcePath> = files.iter().map(|file| SourcePath::new(*file)).collect();
            collisions(files.iter()).into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(said(&["data/a.csv", "data/a.json"]), ["`data/a.csv` and `data/a.json` would both be `data.a`"]);
        assert_eq!(said(&["data/a.csv", "data/a/b.csv"]), ["`data/a.csv` and `data/a/b.csv` would both be `data.a`"]);
        assert!(said(&["data/a/b.csv", "data/a/c.csv", "data/b.csv"]).is_empty());
    }
}
