//! Owns the question which files of a folder are ours: those that a manifest of ours lists.
//!
//! Gives [`Owned`], which finds the files of others and removes ours. Refuses to follow links, and
//! to touch what it does not know.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::manifest::{self, DEPLOYED, Deployed, DeployedList, Manifest};
use crate::output::state::read;

/// The folder within the output folder in which files arrive that are about to replace others.
pub(super) const TEMPORARY: &str = ".watchpost-new";

/// Something that went wrong at a path.
type Refusal = (PathBuf, io::Error);

/// The files that builds of ours have written.
#[derive(Debug, Clone, Default)]
pub(super) struct Owned {
    paths: BTreeSet<String>,
    /// Files that the deployed manifest knows by the digest of their path alone.
    hashed: BTreeSet<String>,
}

/// What [`Owned::prune`] did.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// The files that were removed, relative to the folder, in the order of their going.
    pub(super) removed: Vec<String>,
    /// Files that are not ours and were left, relative to the folder.
    pub(super) left: Vec<String>,
}

impl Owned {
    /// Takes what the manifest that lies in a folder says of it; nothing if there is none.
    pub(super) fn from_folder(folder: &Path) -> Owned {
        let mut owned = Owned::default();
        owned.add_folder(folder);
        owned
    }

    /// Adds what the manifest that lies in a folder says of it.
    pub(super) fn add_folder(&mut self, folder: &Path) {
        let Some(deployed) = read::<Deployed>(&folder.join(DEPLOYED)) else { return };
        self.paths.insert(DEPLOYED.to_owned());
        for name in &deployed.lists {
            let path = manifest::list_path(name);
            if let Some(list) = read::<DeployedList>(&folder.join(&path)) {
                self.paths.extend(list.files.into_keys());
                self.hashed.extend(list.unlisted.into_keys());
            }
            self.paths.insert(path);
        }
    }

    /// Adds the files of a manifest.
    pub(super) fn add(&mut self, manifest: &Manifest) {
        self.paths.extend(manifest.files.keys().cloned());
    }

    /// Returns whether a file is ours.
    fn holds(&self, path: &str) -> bool {
        self.paths.contains(path)
            || (!self.hashed.is_empty() && self.hashed.contains(&Digest::of(path).to_string()))
            || path.strip_prefix(TEMPORARY).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns these files but for some that are to stay.
    pub(super) fn without(&self, kept: &BTreeSet<&str>) -> Owned {
        let hashes: BTreeSet<String> = match self.hashed.is_empty() {
            true => BTreeSet::new(),
            false => kept.iter().map(|path| Digest::of(path).to_string()).collect(),
        };
        Owned {
            paths: self.paths.iter().filter(|path| !kept.contains(path.as_str())).cloned().collect(),
            hashed: self.hashed.difference(&hashes).cloned().collect(),
        }
    }

    /// Returns those of these files that are below a folder, by their path relative to it.
    pub(super) fn below(&self, folder: &str) -> Owned {
        let below = |path: &String| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
        Owned { paths: self.paths.iter().filter_map(below).collect(), hashed: BTreeSet::new() }
    }

    /// Returns the files of a folder that are not ours, sorted; links and devices never are.
    pub(super) fn foreign(&self, folder: &Path) -> Result<Vec<String>, Refusal> {
        let mut foreign = Vec::new();
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for (path, name, kind) in entries(&folder)? {
                let path_text = format!("{prefix}{name}");
                match kind {
                    Kind::Folder => folders.push((path, format!("{path_text}/"))),
                    Kind::File if self.holds(&path_text) => {}
                    Kind::File | Kind::Other => foreign.push(path_text),
                }
            }
        }
        foreign.sort();
        Ok(foreign)
    }

    /// Removes our files from a folder, folders that are empty then, and the folder itself if it is.
    /// The manifest in the folder goes last, so that a run that is stopped can be taken up again.
    pub(super) fn prune(&self, folder: &Path) -> Result<Pruned, Refusal> {
        let mut pruned = Pruned::default();
        if folder.is_dir() {
            self.prune_below(folder, "", &mut pruned)?;
        }
        pruned.left.sort();
        Ok(pruned)
    }

    fn prune_below(&self, folder: &Path, prefix: &str, pruned: &mut Pruned) -> Result<(), Refusal> {
        let mut entries = entries(folder)?;
        entries.sort_by_key(|(_, name, _)| rank(&format!("{prefix}{name}")));
        for (path, name, kind) in entries {
            let path_text = format!("{prefix}{name}");
            match kind {
                Kind::Folder => self.prune_below(&path, &format!("{path_text}/"), pruned)?,
                Kind::File if self.holds(&path_text) => {
                    fs::remove_file(&path).map_err(|error| (path, error))?;
                    pruned.removed.push(path_text);
                }
                Kind::File | Kind::Other => pruned.left.push(path_text),
            }
        }
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => match error.kind() {
                // A mount point cannot be removed; that it is empty is all that was wanted.
                io::ErrorKind::ResourceBusy if prefix.is_empty() => Ok(()),
                _ => Err((folder.to_owned(), error)),
            },
            _ => Ok(()),
        }
    }
}

/// Returns when a path goes: what the lists list, then the lists, then what names them.
fn rank(path: &str) -> u8 {
    match path {
        DEPLOYED => 3,
        manifest::LISTS => 2,
        ".well-known" => 1,
        _ => 0,
    }
}

/// What a name in a folder stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Other,
}

/// Reads a folder; one that is missing is empty.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String, Kind)>, Refusal> {
    let refuse = |error| (folder.to_owned(), error);
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(refuse)?,
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(refuse)?;
        let kind = entry.file_type().map_err(refuse)?;
        let kind = match () {
            () if kind.is_dir() => Kind::Folder,
            () if kind.is_file() => Kind::File,
            () => Kind::Other,
        };
        entries.push((entry.path(), entry.file_name().to_string_lossy().into_owned(), kind));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Entry, FileKind};
    use crate::paths::BaseUrl;

    fn owned(paths: &[&str]) -> Owned {
        Owned { paths: paths.iter().map(|path| (*path).to_owned()).collect(), hashed: BTreeSet::new() }
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        folder
    }

    #[test]
    fn a_file_that_no_manifest_lists_is_foreign_and_is_never_removed() {
        let folder = folder(&["index.html", "a/index.html", "a/mine.txt", ".git/HEAD"]);
        let owned = owned(&["index.html", "a/index.html"]);
        assert_eq!(owned.foreign(folder.path()).unwrap(), [".git/HEAD", "a/mine.txt"]);
        let pruned = owned.prune(folder.path()).unwrap();
        assert_eq!((pruned.removed.len(), pruned.left), (2, vec![".git/HEAD".to_owned(), "a/mine.txt".to_owned()]));
        assert!(folder.path().join("a/mine.txt").exists() && !folder.path().join("a/index.html").exists());
    }

    #[test]
    fn a_link_is_foreign_even_under_a_name_of_ours_and_is_never_followed() {
        let outside = folder(&["index.html"]);
        let folder = folder(&["index.html"]);
        std::os::unix::fs::symlink(outside.path(), folder.path().join("a")).unwrap();
        let owned = owned(&["index.html", "a", "a/index.html"]);
        assert_eq!(owned.foreign(folder.path()).unwrap(), ["a"]);
        owned.prune(folder.path()).unwrap();
        assert!(outside.path().join("index.html").exists());
    }

    #[test]
    fn a_folder_that_holds_only_our_files_goes_as_a_whole() {
        let folder = folder(&["site/index.html", "site/a/b/index.html", "site/.well-known/watchpost.json"]);
        let site = folder.path().join("site");
        owned(&["index.html", "a/b/index.html", DEPLOYED]).prune(&site).unwrap();
        assert!(!site.exists());
    }

    #[test]
    fn wherever_a_removal_is_stopped_the_rest_is_still_known() {
        let files = ["a/index.html", "index.html", ".well-known/security.txt", ".well-known/a/b.txt", "z.txt"];
        let entries = files.map(|path| (path.to_owned(), Entry::of(Digest::of(path), 1, FileKind::Asset)));
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let manifest = Manifest::new(&base, entries.into());
        let mut all = files.map(|path| (path.to_owned(), b"x".to_vec())).to_vec();
        let deployed = manifest.deployed(&manifest::Contract::default(), &BTreeSet::new());
        all.extend(deployed.into_iter().map(|(path, bytes)| (path.as_str().to_owned(), bytes)));
        let write = |without: &[String]| {
            let folder = tempfile::tempdir().unwrap();
            for (path, bytes) in all.iter().filter(|(path, _)| !without.contains(path)) {
                fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
                fs::write(folder.path().join(path), bytes).unwrap();
            }
            folder
        };
        let whole = write(&[]);
        let removed = Owned::from_folder(whole.path()).prune(whole.path()).unwrap().removed;
        assert_eq!(removed.len(), all.len());
        for stopped in 0..removed.len() {
            let folder = write(&removed[..stopped]);
            let pruned = Owned::from_folder(folder.path()).prune(folder.path()).unwrap();
            assert!(pruned.left.is_empty(), "after {stopped} removals {:?} are unknown", pruned.left);
        }
    }
}
