//! Walks the folders of a site: sorted, with links followed only where they stay inside.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use super::{real, unreadable};
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::SourcePath;

/// One file.
#[derive(Debug)]
pub(super) struct Found {
    /// Its name, composed, so that it is the same on every file system.
    pub(super) source: SourcePath,
    /// Where it is on this machine.
    pub(super) path: PathBuf,
}

/// The site's root, and how to walk below it.
#[derive(Debug)]
pub(super) struct Walk {
    root: PathBuf,
    /// Whether a link was followed.
    followed: Cell<bool>,
}

/// A folder that is still to be read.
struct Open {
    path: PathBuf,
    name: String,
    /// Where the links lead that were followed to come here.
    links: Vec<PathBuf>,
}

/// Returns whether a file or folder of `content/` or `templates/` is taken, by its name.
pub(super) fn of_content(name: &str) -> bool {
    !name.starts_with('.') && !is_left_over(name)
}

/// Returns whether a file or folder of `static/` is taken, by its name. Hidden files may hold secrets (`.env`), so only
/// those are published that a host needs.
pub(super) fn of_statics(name: &str) -> bool {
    match name {
        ".well-known" | ".nojekyll" | ".htaccess" | ".domains" => true,
        _ => of_content(name),
    }
}

/// Returns whether a path below the root can be a part of the site, by the names of its folders and its own.
pub(super) fn is_taken(path: &Path) -> bool {
    let names: Vec<Option<&str>> = path.iter().map(OsStr::to_str).collect();
    let (top, taken): (usize, fn(&str) -> bool) = match names.as_slice() {
        [Some("static"), ..] => (1, of_statics),
        [Some("themes"), _, Some("static"), ..] => (3, of_statics),
        [Some("themes"), ..] => (2, of_content),
        _ => (1, of_content),
    };
    // A name that is no UTF-8 is taken, and refused.
    names.into_iter().skip(top).flatten().all(taken)
}

/// Returns whether an editor or a file manager left it behind.
fn is_left_over(name: &str) -> bool {
    name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".swo")
        || (name.starts_with('#') && name.ends_with('#'))
        || matches!(name, "Thumbs.db" | "desktop.ini")
}

impl Walk {
    pub(super) fn new(root: &Path) -> Result<Self, Vec<Diagnostic>> {
        Ok(Walk { root: real(root)?, followed: Cell::new(false) })
    }

    /// Returns whether a link was followed so far.
    pub(super) fn followed(&self) -> bool {
        self.followed.get()
    }

    pub(super) fn has_folder(&self, folder: &str) -> bool {
        self.root.join(folder).is_dir()
    }

    /// Returns the names of the folders in a folder.
    pub(super) fn folders(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Returns one file, if it is there.
    pub(super) fn file(&self, name: &str, problems: &mut Vec<Diagnostic>) -> Option<Found> {
        self.files(name, |_| false, problems).pop()
    }

    /// Returns every file below a folder whose own and whose folders' names are taken; none if the folder is not there.
    pub(super) fn files(&self, folder: &str, taken: fn(&str) -> bool, problems: &mut Vec<Diagnostic>) -> Vec<Found> {
        self.files_as(folder, folder, taken, problems)
    }

    /// The same for a folder, or a single file, that goes by another name than on this machine.
    pub(super) fn files_as(
        &self,
        folder: &str,
        name: &str,
        taken: fn(&str) -> bool,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Found> {
        let mut trail =
            Trail { root: &self.root, followed: &self.followed, files: BTreeMap::new(), open: Vec::new(), problems };
        let top = self.root.join(folder);
        if let Some(above) = self.link_that_leaves(folder) {
            let target = std::fs::canonicalize(self.root.join(above)).unwrap_or_default();
            trail.leaves(above, &target);
        } else if let Ok(metadata) = std::fs::symlink_metadata(&top) {
            trail.entry(&top, name, metadata.file_type(), &[]);
        }
        while let Some(folder) = trail.open.pop() {
            trail.folder(&folder, taken);
        }
        trail.files.into_iter().map(|(source, path)| Found { source, path }).collect()
    }
}

impl Walk {
    /// Returns the folder above a path that is a link out of the site, if there is one.
    fn link_that_leaves<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut above = name.match_indices('/').map(|(at, _)| &name[..at]);
        above.find(|folder| {
            let path = self.root.join(folder);
            path.is_symlink() && std::fs::canonicalize(path).is_ok_and(|target| !target.starts_with(&self.root))
        })
    }
}

/// One walk under way.
struct Trail<'a> {
    root: &'a Path,
    followed: &'a Cell<bool>,
    files: BTreeMap<SourcePath, PathBuf>,
    open: Vec<Open>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Trail<'_> {
    fn folder(&mut self, folder: &Open, taken: fn(&str) -> bool) {
        let entries = match std::fs::read_dir(&folder.path) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(&folder.name, &error)),
        };
        for entry in entries {
            let (name, kind) = match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(entry) => entry,
                Err(error) => {
                    self.problems.push(unreadable(&folder.name, &error));
                    continue;
                }
            };
            let path = folder.path.join(&name);
            let Some(name) = name.to_str() else {
                let message = format!("the name of `{}/{}` is not UTF-8", folder.name, name.to_string_lossy());
                self.refuse(&folder.name, "source/name-not-utf8", message, "rename it");
                continue;
            };
            if taken(name) {
                let name = match name.is_ascii() {
                    true => format!("{}/{name}", folder.name),
                    false => format!("{}/{}", folder.name, name.nfc()),
                };
                self.entry(&path, &name, kind, &folder.links);
            }
        }
    }

    /// Sorts one directory entry into files and folders still to be read.
    fn entry(&mut self, path: &Path, name: &str, kind: FileType, links: &[PathBuf]) {
        if kind.is_symlink() {
            return self.link(path, name, links);
        }
        if kind.is_dir() {
            self.open.push(Open { path: path.to_owned(), name: name.to_owned(), links: links.to_vec() });
        } else if !kind.is_file() {
            self.refuse(name, "source/not-a-file", format!("`{name}` is neither a file nor a folder"), "remove it");
        } else if self.files.insert(SourcePath::new(name), path.to_owned()).is_some() {
            let message = format!("two files are named `{name}`, once composed and once decomposed");
            self.refuse(name, "source/same-name", message, "remove one of them");
        }
    }

    /// Follows a link, if it stays inside and does not lead back.
    fn link(&mut self, path: &Path, name: &str, links: &[PathBuf]) {
        self.followed.set(true);
        let target = match std::fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) => {
                let message = format!("the link `{name}` leads nowhere: {error}");
                return self.refuse(name, "source/link-broken", message, "remove it, or put back what it leads to");
            }
        };
        if !target.starts_with(self.root) {
            return self.leaves(name, &target);
        }
        let here = path.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
        if links.contains(&target) || here.is_some_and(|here| here.starts_with(&target)) {
            let message = format!("the link `{name}` leads back to a folder that it lies in");
            return self.refuse(name, "source/link-loops", message, "remove the link");
        }
        match std::fs::metadata(&target) {
            Ok(metadata) => self.entry(path, name, metadata.file_type(), &[links, &[target]].concat()),
            Err(error) => self.problems.push(unreadable(name, &error)),
        }
    }

    fn leaves(&mut self, name: &str, target: &Path) {
        let message = format!("the link `{name}` leaves the site: it leads to `{}`", target.display());
        self.refuse(name, "source/link-leaves", message, "copy the files into the site");
    }

    fn refuse(&mut self, name: &str, code: &'static str, message: String, hint: &str) {
        self.problems.push(Diagnostic::error(code, message).at(Place::file(name)).hint(hint));
    }
}
