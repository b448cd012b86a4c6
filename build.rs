//! Gives the program a name by its sources: what an earlier run has kept counts only for the very program that kept it.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

/// What decides what the program writes.
const PARTS: [&str; 4] = ["Cargo.lock", "Cargo.toml", "src", "themes"];

fn main() {
    let mut files = BTreeSet::new();
    for part in PARTS {
        println!("cargo::rerun-if-changed={part}");
        gather(Path::new(part), &mut files);
    }
    let features = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CARGO_FEATURE_"));
    let features: BTreeSet<String> = features.collect();
    // Two numbers of 64 bits: each file is read twice, the second time after another start.
    let sums: Vec<String> = (0..2_u64).map(|start| format!("{:016x}", sum(start, &files, &features))).collect();
    println!("cargo::rustc-env=WATCHPOST_PROGRAM={}", sums.concat());
}

fn gather(path: &Path, files: &mut BTreeSet<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| gather(&entry.path(), files)),
        Err(_) => drop(files.insert(path.to_owned())),
    }
}

fn sum(start: u64, files: &BTreeSet<PathBuf>, features: &BTreeSet<String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(start);
    features.iter().for_each(|feature| hasher.write(feature.as_bytes()));
    for file in files {
        let bytes = fs::read(file).unwrap_or_default();
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    hasher.finish()
}
