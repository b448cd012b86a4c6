//! Owns the folders beside the output folder in which trees lie: their marker, and their removal.
//!
//! A container holds a staged tree as `site`, or the old one where two could not change places as `old`. It is removed only if
//! its marker says that it is ours, and of a tree that was published once only our files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::output::Output;
use crate::output::owned::{Owned, TEMPORARY};
use crate::output::state::{Identity, read};

/// The file by which the next run knows a container.
const MARKER: &str = "marker.json";
/// The staged tree in its container.
pub(super) const SITE: &str = "site";
/// The old tree in its container, where the two could not change places in one step.
pub(super) const OLD: &str = "old";

/// What the marker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    /// The output folder.
    out: PathBuf,
    /// The tree that was staged: anything else that lies in the container was published once.
    tree: Identity,
}

/// Returns whether the tree in a container was published once: it is another than the one that was staged there.
pub(super) fn is_old(container: &Path) -> bool {
    let tree = Identity::of(&container.join(SITE));
    tree.is_some() && read::<Marker>(&container.join(MARKER)).is_some_and(|marker| tree != Some(marker.tree))
}

/// Writes the file by which the next run knows a container.
pub(super) fn mark(container: &Path, out: &Path, tree: Identity) -> io::Result<()> {
    let temporary = container.join(format!("{MARKER}.new"));
    fs::write(&temporary, serde_json::to_vec(&Marker { out: out.to_owned(), tree })?)?;
    fs::rename(&temporary, container.join(MARKER))
}

/// Removes a container in which nothing but its own beginnings can be.
pub(super) fn remove_unmarked(container: &Path) {
    let _ = fs::remove_file(container.join(format!("{MARKER}.new")));
    let _ = fs::remove_dir(container.join(SITE));
    let _ = fs::remove_dir(container);
}

impl Output {
    /// Removes what killed or refused builds have left beside the output folder.
    pub(super) fn remove_leftovers(&mut self) {
        let prefix = format!(".{}.stage-", self.name);
        let is_container = |entry: &fs::DirEntry| {
            entry.file_name().to_string_lossy().starts_with(&prefix) && Identity::of(&entry.path()).is_some()
        };
        let beside = [self.parent.clone(), self.state.inside().to_owned()];
        let listings = beside.iter().filter_map(|base| fs::read_dir(base).ok()).flatten().flatten();
        let containers: Vec<PathBuf> = listings.filter(is_container).map(|entry| entry.path()).collect();
        if !containers.is_empty() {
            let owned = self.owned();
            containers.iter().for_each(|container| self.remove_container(container, &owned));
        }
        // An in-place promotion that has not begun to replace anything.
        let _ = fs::remove_dir_all(self.out.join(TEMPORARY));
    }

    /// Removes a container: the staged tree as a whole, a tree that was published once file by file.
    pub(super) fn remove_container(&mut self, container: &Path, owned: &Owned) {
        let Some(marker) = read::<Marker>(&container.join(MARKER)) else { return remove_unmarked(container) };
        if marker.out != self.out {
            return;
        }
        let mut left = Vec::new();
        for tree in [container.join(SITE), container.join(OLD)] {
            if Identity::of(&tree) == Some(marker.tree) {
                let _ = fs::remove_dir_all(&tree);
                continue;
            }
            let mut owned = owned.clone();
            owned.add_folder(&tree);
            match owned.prune(&tree) {
                Ok(pruned) => left.extend(pruned.left.into_iter().map(|path| tree.join(path))),
                Err((path, _)) => left.push(path),
            }
        }
        if left.is_empty() {
            let _ = fs::remove_dir_all(container);
        }
        for path in left {
            let message = format!("`{}` is not ours or cannot be removed; it was left there", self.shown(&path));
            self.notes.push(Diagnostic::warning("output/left", message).hint("move it where it belongs"));
        }
    }
}
