//! Owns the choice of a few pages that stand for all of them: some of each section and layout, the home
//! page and the error page. The drill breaks copies of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::folder;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::paths::OutPath;

/// How many pages of one kind are taken.
const OF_A_KIND: usize = 2;
/// How many pages are taken in all.
const MOST: usize = 48;

/// Some pages of a folder, and its `_headers`.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The files by their path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The section of each page.
    pub sections: BTreeMap<String, String>,
    /// How many pages there are in all.
    pub of: usize,
}

/// Reads some pages of each kind. Without a manifest the first part of a path is its section.
pub fn sample(folder: &Path, manifest: Option<&Manifest>) -> Result<Sample, Vec<Diagnostic>> {
    let (listing, mut problems) = folder::list(folder).map_err(|problem| vec![problem])?;
    let mut taken: BTreeMap<(String, Option<String>, usize), usize> = BTreeMap::new();
    let mut sample = Sample::default();
    let mut chosen = BTreeSet::new();
    for path in listing.keys().filter(|path| OutPath::new(path.as_str()).is_html()) {
        sample.of += 1;
        let entry = manifest.and_then(|manifest| manifest.files.get(path));
        let section = match entry {
            Some(entry) => entry.section.clone().unwrap_or_default(),
            None => path.split_once('/').map_or("", |(first, _)| first).to_owned(),
        };
        let layout = entry.and_then(|entry| entry.layout.clone());
        let always = matches!(path.as_str(), "index.html" | "404.html");
        let count = taken.entry((section.clone(), layout, path.matches('/').count())).or_default();
        if always || (*count < OF_A_KIND && chosen.len() < MOST) {
            *count += usize::from(!always);
            chosen.insert(path.clone());
            sample.sections.insert(path.clone(), section);
        }
    }
    if sample.of == 0 {
        let message = "the folder holds no HTML page";
        return Err(vec![Diagnostic::error("check/no-folder", message).hint("build the site first: `blog build`")]);
    }
    let others = ["_headers", "_redirects"].map(str::to_owned).into_iter().filter(|name| listing.contains_key(name));
    for path in chosen.into_iter().chain(others) {
        match listing[&path].content.whole() {
            Ok(bytes) => drop(sample.files.insert(path, bytes.into_owned())),
            Err(error) => problems.push(folder::cannot_read(&path, &error)),
        }
    }
    match problems.is_empty() {
        true => Ok(sample),
        false => Err(problems),
    }
}
