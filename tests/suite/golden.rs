//! The golden sites of every version: what they were built to once, they are built to now, byte for byte.
//!
//! `tests/golden/0.1/README.md` says how one is added, and when its expectations may change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use watchpost::digest::Digest;

use crate::harness::tests;
use crate::site::{Site, tree};

tests![every_golden_site_is_built_byte_for_byte, a_changed_byte_would_be_found];

/// The golden sites, each with its name: `0.1/plain`.
fn sites() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut sites = Vec::new();
    for version in folders(&root) {
        for site in folders(&version) {
            let name = site.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            sites.push((name, site));
        }
    }
    assert!(!sites.is_empty(), "there are golden sites");
    sites
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// Builds a copy of a site and returns the digest of each file, one a line.
fn built(folder: &Path) -> String {
    let mut site = Site::empty();
    for (path, bytes) in tree(folder).into_iter().filter(|(path, _)| path != "expected.txt") {
        site = site.file(&path, bytes);
    }
    let run = site.run(&["build", "--offline"]).exit(0);
    let files: BTreeMap<String, Vec<u8>> = run.site.public();
    let deployed = |path: &str| path.starts_with(".well-known/");
    files
        .iter()
        .filter(|(path, _)| !deployed(path))
        .map(|(path, bytes)| format!("{} {path}\n", Digest::of(bytes)))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "the switch of whoever writes expectations")]
fn is_writing() -> bool {
    std::env::var_os("WATCHPOST_GOLDEN").is_some_and(|value| value == "write")
}

fn every_golden_site_is_built_byte_for_byte() {
    for (name, folder) in sites() {
        let built = built(&folder);
        let path = folder.join("expected.txt");
        if is_writing() {
            fs::write(&path, &built).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        let other: Vec<&str> = built.lines().filter(|line| !expected.lines().any(|known| known == *line)).collect();
        let gone: Vec<&str> = expected.lines().filter(|line| !built.lines().any(|known| known == *line)).collect();
        assert!(
            other.is_empty() && gone.is_empty(),
            "{name} is built to other bytes\nnow:\n{}\nthen:\n{}",
            other.join("\n"),
            gone.join("\n")
        );
        assert!(built.lines().count() > 20, "{name} is more than a page");
    }
}

fn a_changed_byte_would_be_found() {
    let (_, folder) = sites().remove(0);
    let copy = tempfile::tempdir().unwrap();
    for (path, bytes) in tree(&folder) {
        let target = copy.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
    let humans = copy.path().join("static/humans.txt");
    fs::write(&humans, "User-agent: none\n").unwrap();
    assert_ne!(built(copy.path()), built(&folder));
}
