//! Holds `docs/incidents.md` and `docs/peers.md` against the tests and breakages that they name: a row that nothing
//! stages is a promise that nobody keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use watchpost::breakages::{self, Class};

use crate::harness::tests;

tests![
    every_incident_is_staged_by_what_the_table_names,
    every_breakage_is_modelled_on_an_incident_of_the_table,
    every_row_against_the_peers_names_a_test_that_exists,
];

/// The rows: number, and what stages it.
fn rows() -> BTreeMap<u8, Vec<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/incidents.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let number = cells.first()?.trim().parse().ok()?;
        let names = cells.last()?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some((number, names))
    };
    text.lines().filter(|line| line.starts_with("| ")).filter_map(row).collect()
}

/// The names of all functions in tests and sources.
fn functions() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("rs") => {
                    let text = fs::read_to_string(&path).unwrap();
                    let names = text.lines().filter_map(|line| line.trim().strip_prefix("fn ")?.split('(').next());
                    found.extend(names.map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    found
}

fn every_incident_is_staged_by_what_the_table_names() {
    let (rows, functions) = (rows(), functions());
    assert!(rows.len() >= 33, "{} rows", rows.len());
    for (number, names) in rows {
        // A breakage beyond reach breaks nothing: it only says which level would see it.
        let stages = |name: &String| match name.strip_prefix("drill:") {
            Some(name) => breakages::all().any(|breakage| breakage.name == name && breakage.class != Class::Beyond),
            None => true,
        };
        assert!(names.iter().any(stages), "nothing stages row {number}");
        for name in names {
            let exists = match name.strip_prefix("drill:") {
                Some(name) => breakages::all().any(|breakage| breakage.name == name),
                None => functions.contains(&name),
            };
            assert!(exists, "row {number} names `{name}`, which does not exist");
        }
    }
}

fn every_breakage_is_modelled_on_an_incident_of_the_table() {
    let rows = rows();
    for breakage in breakages::all() {
        for number in breakage.like {
            let staged = rows.get(number).unwrap_or_else(|| panic!("{breakage:?} names row {number}"));
            assert!(!staged.is_empty());
        }
    }
}

fn every_row_against_the_peers_names_a_test_that_exists() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/peers.md")).unwrap();
    let functions = functions();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let names: Vec<&str> = cells.last().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(cells.len() == 4 && !names.is_empty(), "no test, or not four cells: {row}");
        for name in names {
            assert!(functions.contains(name), "there is no test `{name}`: {row}");
        }
    }
}
