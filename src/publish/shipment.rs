//! Owns what is to be published: the files of a finished output folder, each proved to be what the build wrote.
//!
//! Gives [`Shipment`], read from a folder by the deployed manifest that lies in it. A file that the manifest does not know, or
//! that was changed since, is an error: only what was verified goes out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::class::Class;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, Digesting};
use crate::manifest::{DEPLOYED, Deployed, DeployedList, Manifest, SCHEMA, list_path};

/// How many problems of a folder are named.
const NAMED: usize = 8;

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Shipment {
    /// The output folder.
    pub folder: PathBuf,
    /// Which build it is.
    pub build: Digest,
    /// The deployed manifest.
    pub deployed: Deployed,
    /// Its bytes.
    pub manifest: Vec<u8>,
    /// Every file but the manifest, by its path.
    pub files: BTreeMap<String, Parcel>,
    /// The paths of pages that nothing links to: no record that others can read may name them.
    pub unlisted: BTreeSet<String>,
}

/// One file that is to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parcel {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    pub class: Class,
    /// The list of the deployed manifest that names it; a list is named by the manifest itself.
    pub list: Option<Digest>,
}

impl Shipment {
    /// Reads a folder, all problems at once. With the manifest of the same build that stayed at home, pages are told from
    /// lists by it, else by their addresses.
    pub fn read(folder: &Path, local: Option<&Manifest>) -> Result<Shipment, Vec<Diagnostic>> {
        let manifest = fs::read(folder.join(DEPLOYED)).map_err(|error| {
            let message = format!("`{}` has no `{DEPLOYED}` that says what was built: {error}", folder.display());
            vec![
                Diagnostic::error("publish/no-build", message)
                    .hint("run `blog build`, or name its folder with `--from`"),
            ]
        })?;
        let deployed: Deployed =
            serde_json::from_slice(&manifest).map_err(|error| unfit(DEPLOYED, &error.to_string()))?;
        if deployed.schema > SCHEMA {
            return Err(unfit(DEPLOYED, &format!("it is of schema {}, which a newer `blog` wrote", deployed.schema)));
        }
        let (mut known, mut hidden) = (BTreeMap::new(), BTreeMap::new());
        let mut files = BTreeMap::new();
        for name in &deployed.lists {
            let path = list_path(name);
            let bytes = fs::read(folder.join(&path)).map_err(|error| unfit(&path, &error.to_string()))?;
            if Digest::of(&bytes) != *name {
                return Err(unfit(&path, "it does not have the digest that is its name"));
            }
            let list: DeployedList =
                serde_json::from_slice(&bytes).map_err(|error| unfit(&path, &error.to_string()))?;
            known.extend(list.files.into_iter().map(|(path, digest)| (path, (digest, *name))));
            hidden.extend(list.unlisted.into_iter().map(|(path, digest)| (path, (digest, *name))));
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            files.insert(path, Parcel { digest: *name, size, class: Class::List, list: None });
        }
        let mut found = Vec::new();
        walk(folder, "", &mut found)?;
        found.retain(|path| path != DEPLOYED && !files.contains_key(path));
        let local = local.filter(|local| local.build_id == deployed.build_id);
        let folders = page_folders(&found);
        let present: BTreeSet<String> = found.iter().cloned().collect();
        let seen: Vec<Result<(String, Parcel, bool), Diagnostic>> = found
            .into_par_iter()
            .map(|path| {
                let secret = Digest::of(&path).to_string();
                let expected = known.get(&path).or_else(|| hidden.get(&secret));
                let Some((expected, list)) = expected else {
                    let message = format!("`{path}` is not of this build, which has no such file");
                    return Err(Diagnostic::error("publish/changed", message));
                };
                let (digest, size) = digest_of(&folder.join(&path)).map_err(|error| {
                    Diagnostic::error("publish/changed", format!("`{path}` cannot be read: {error}"))
                })?;
                if digest != *expected {
                    let message = format!("`{path}` was changed after it was built");
                    return Err(Diagnostic::error("publish/changed", message));
                }
                let source = local.and_then(|local| local.files.get(&path)).map(|entry| entry.source.as_deref());
                let class = Class::of(&path, &digest, source, &folders);
                let is_hidden = !known.contains_key(&path);
                Ok((path, Parcel { digest, size, class, list: Some(*list) }, is_hidden))
            })
            .collect();
        let mut problems = Vec::new();
        let mut unlisted = BTreeSet::new();
        for one in seen {
            match one {
                Ok((path, parcel, is_hidden)) => {
                    if is_hidden {
                        unlisted.insert(path.clone());
                    }
                    files.insert(path, parcel);
                }
                Err(problem) => problems.push(problem),
            }
        }
        for path in known.keys().filter(|path| !present.contains(*path)) {
            problems.push(Diagnostic::error("publish/changed", format!("`{path}` is missing, though it was built")));
        }
        if unlisted.len() < hidden.len() {
            problems.push(Diagnostic::error("publish/changed", "a page that nothing links to is missing"));
        }
        if !problems.is_empty() {
            let more = problems.len().saturating_sub(NAMED);
            problems.truncate(NAMED);
            if let Some(last) = problems.last_mut() {
                let more = if more == 0 { String::new() } else { format!("{more} more files are like that; ") };
                last.hint = Some(format!("{more}build again: only what was verified is published"));
            }
            return Err(problems);
        }
        Ok(Shipment { folder: folder.to_owned(), build: deployed.build_id, deployed, manifest, files, unlisted })
    }
}

fn unfit(path: &str, why: &str) -> Vec<Diagnostic> {
    let message = format!("`{path}` does not say what was built: {why}");
    vec![Diagnostic::error("publish/no-build", message).hint("build again")]
}

/// Collects the paths of all files below a folder.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), Vec<Diagnostic>> {
    let refuse = |error: std::io::Error| {
        vec![Diagnostic::error("publish/changed", format!("`{prefix}` cannot be read: {error}"))]
    };
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(refuse(std::io::Error::other("a name in it is not UTF-8")));
        };
        let path = format!("{prefix}{name}");
        match entry.file_type().map_err(refuse)? {
            kind if kind.is_dir() => walk(&entry.path(), &format!("{path}/"), found)?,
            kind if kind.is_file() => found.push(path),
            _ => {
                let message = format!("`{path}` is neither a file nor a folder");
                return Err(vec![Diagnostic::error("publish/changed", message).hint("build again")]);
            }
        }
    }
    Ok(())
}

/// Returns the folders that hold pages, and those above them.
fn page_folders(paths: &[String]) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for path in paths.iter().filter(|path| path.ends_with(".html")) {
        let own = path.strip_suffix("/index.html").unwrap_or(path);
        let above = own.match_indices('/').map(|(at, _)| own[..at].to_owned());
        folders.extend(above);
    }
    folders
}

/// Returns digest and size of a file.
fn digest_of(path: &Path) -> std::io::Result<(Digest, u64)> {
    let mut file = fs::File::open(path)?;
    let (mut digesting, mut size) = (Digesting::default(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((digesting.finish(), size));
        }
        digesting.add(&buffer[..count]);
        size += u64::try_from(count).unwrap_or(0);
    }
}
