//! Owns the question which files of a folder are ours: those that a manifest of ours lists.
//!
//! Gives [`Owned`], which finds the files of others and removes ours. Refuses to follow links, and
//! to touch what it does not know.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustix::fs::{AtFlags, FileType, Stat};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::digest::Digest;
use crate::manifest::{self, DEPLOYED, Deployed};
use crate::output::state::{Since, read};

/// The folder within the output folder in which files arrive that are about to replace others.
pub(super) const TEMPORARY: &str = ".watchpost-new";

/// Something that went wrong at a path.
type Refusal = (PathBuf, io::Error);

/// The files that builds of ours have written: what each manifest says, the local ones and the deployed ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Owned(Vec<Arc<Names>>);

/// The files of a manifest, or of a list of a deployed one, by their names alone.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Names {
    #[serde(default)]
    files: HashMap<String, IgnoredAny>,
    /// Files that the deployed manifest knows by the digest of their path alone.
    #[serde(default)]
    unlisted: HashMap<String, IgnoredAny>,
}

impl Names {
    fn of(paths: impl IntoIterator<Item = String>) -> Names {
        Names { files: paths.into_iter().map(|path| (path, IgnoredAny)).collect(), unlisted: HashMap::new() }
    }
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
        let lists: Vec<String> = deployed.lists.iter().map(manifest::list_path).collect();
        let listed: Vec<Names> = lists.par_iter().filter_map(|path| read(&folder.join(path))).collect();
        let mut all = Names::of(lists.into_iter().chain([DEPLOYED.to_owned()]));
        for Names { files, unlisted } in listed {
            all.files.extend(files);
            all.unlisted.extend(unlisted);
        }
        self.add(all);
    }

    /// Adds the files of a manifest.
    pub(super) fn add(&mut self, names: Names) {
        self.0.push(Arc::new(names));
    }

    /// Returns whether a file is ours.
    fn holds(&self, path: &str) -> bool {
        let hashed = || Digest::of(path).to_string();
        self.0.iter().any(|names| names.files.contains_key(path))
            || (self.0.iter().any(|names| !names.unlisted.is_empty())
                && self.0.iter().any(|names| names.unlisted.contains_key(&hashed())))
            || path.strip_prefix(TEMPORARY).is_some_and(|rest| rest.starts_with('/'))
    }

    fn paths(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(|names| names.files.keys())
    }

    /// Returns these files but for some that are to stay.
    pub(super) fn without(&self, kept: &BTreeSet<&str>) -> Owned {
        let unlisted = || self.0.iter().flat_map(|names| names.unlisted.keys());
        let hashes: HashSet<String> = match unlisted().next() {
            None => HashSet::new(),
            Some(_) => kept.iter().map(|path| Digest::of(path).to_string()).collect(),
        };
        let mut names = Names::of(self.paths().filter(|path| !kept.contains(path.as_str())).cloned());
        names.unlisted.extend(unlisted().filter(|hash| !hashes.contains(*hash)).map(|hash| (hash.clone(), IgnoredAny)));
        Owned(vec![Arc::new(names)])
    }

    /// Returns those of these files that are below a folder, by their path relative to it.
    pub(super) fn below(&self, folder: &str) -> Owned {
        let below = |path: &String| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
        Owned(vec![Arc::new(Names::of(self.paths().filter_map(below)))])
    }

    /// Returns the files of a folder that are not ours, sorted; links and devices never are. A folder of ours in which nothing
    /// has changed since the manifest was written holds what we put there, and is not listed.
    pub(super) fn foreign(&self, folder: &Path, since: Option<Since>) -> Result<Vec<String>, Refusal> {
        let top = match File::open(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(|error| (folder.to_owned(), error))?,
        };
        let ours = folders_of(self.paths().map(String::as_str));
        let all: Vec<&&str> = ours.iter().collect();
        let found: Result<Vec<Vec<String>>, Refusal> = all
            .par_iter()
            .map(|name| match since.zip(stat_of(&top, name)) {
                Some((since, stat)) if is_folder(&stat) && since.is_untouched(&stat) => Ok(Vec::new()),
                _ => self.foreign_below(&folder.join(name), &prefix(name), &ours),
            })
            .collect();
        let mut foreign = found?.concat();
        foreign.sort();
        Ok(foreign)
    }

    /// Lists a folder, and those in it but for ours, which are looked at one by one.
    fn foreign_below(&self, folder: &Path, prefix: &str, ours: &HashSet<&str>) -> Result<Vec<String>, Refusal> {
        let mut foreign = Vec::new();
        if fs::symlink_metadata(folder).is_ok_and(|metadata| !metadata.is_dir()) && !prefix.is_empty() {
            // The folder above names it.
            return Ok(foreign);
        }
        for (path, name, kind) in entries(folder)? {
            let path_text = format!("{prefix}{name}");
            match kind {
                Kind::Folder if ours.contains(&*path_text) => {}
                Kind::Folder => foreign.extend(self.foreign_below(&path, &format!("{path_text}/"), ours)?),
                Kind::File if self.holds(&path_text) => {}
                Kind::File | Kind::Other => foreign.push(path_text),
            }
        }
        Ok(foreign)
    }

    /// Removes our files from a folder, folders that are empty then, and the folder itself if it is.
    /// The manifest in the folder goes last, so that a run that is stopped can be taken up again.
    pub(super) fn prune(&self, folder: &Path) -> Result<Pruned, Refusal> {
        let mut pruned = match folder.is_dir() {
            true => self.prune_below(folder, "")?,
            false => Pruned::default(),
        };
        pruned.left.sort();
        Ok(pruned)
    }

    fn prune_below(&self, folder: &Path, prefix: &str) -> Result<Pruned, Refusal> {
        let mut entries: Vec<(PathBuf, String, Kind)> = entries(folder)?;
        entries.iter_mut().for_each(|(_, name, _)| name.insert_str(0, prefix));
        entries.sort_by_key(|(_, path, _)| rank(path));
        let mut pruned = Pruned::default();
        // Side by side, but what lists others after all that it lists.
        for group in entries.chunk_by(|(_, one, _), (_, other, _)| rank(one) == rank(other)) {
            let gone: Result<Vec<Pruned>, Refusal> =
                group.par_iter().map(|(path, name, kind)| self.prune_entry(path, name, *kind)).collect();
            for Pruned { removed, left } in gone? {
                pruned.removed.extend(removed);
                pruned.left.extend(left);
            }
        }
        match fs::remove_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => match error.kind() {
                // A mount point cannot be removed; that it is empty is all that was wanted.
                io::ErrorKind::ResourceBusy if prefix.is_empty() => Ok(pruned),
                _ => Err((folder.to_owned(), error)),
            },
            _ => Ok(pruned),
        }
    }

    fn prune_entry(&self, path: &Path, name: &str, kind: Kind) -> Result<Pruned, Refusal> {
        let mut pruned = Pruned::default();
        match kind {
            Kind::Folder => return self.prune_below(path, &format!("{name}/")),
            Kind::File if self.holds(name) => {
                fs::remove_file(path).map_err(|error| (path.to_owned(), error))?;
                pruned.removed.push(name.to_owned());
            }
            Kind::File | Kind::Other => pruned.left.push(name.to_owned()),
        }
        Ok(pruned)
    }
}

/// Returns the folders that files are in, and those above them; the top one is the empty text.
pub(super) fn folders_of<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let mut folders = HashSet::from([""]);
    for path in paths {
        let mut path = path;
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            path = folder;
        }
    }
    folders
}

/// Returns what begins the paths of what is in a folder.
pub(super) fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// Looks at what lies at a path below an open folder; a link is not followed.
pub(super) fn stat_of(top: &File, path: &str) -> Option<Stat> {
    let path = if path.is_empty() { "." } else { path };
    rustix::fs::statat(top, path, AtFlags::SYMLINK_NOFOLLOW).ok()
}

/// Returns whether it is a folder.
pub(super) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_dir()
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
    use crate::manifest::{Entry, FileKind, Manifest};
    use crate::paths::BaseUrl;

    fn owned(paths: &[&str]) -> Owned {
        Owned(vec![Arc::new(Names::of(paths.iter().map(|path| (*path).to_owned())))])
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
        assert_eq!(owned.foreign(folder.path(), None).unwrap(), [".git/HEAD", "a/mine.txt"]);
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
        assert_eq!(owned.foreign(folder.path(), None).unwrap(), ["a"]);
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
