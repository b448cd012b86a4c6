//! Owns the tree that the build before last has left beside the output folder, so that the next one writes only what differs.
//!
//! After two folders have changed places, the old one stays as `.public.spare/`, and `.blog/state/` keeps its manifest. The next
//! build stages into it. Gives [`leave`], [`survey`], [`take`] and [`Standing`]. A file counts as what the manifest says only if nobody has
//! touched it since: a plain file of its size with our mode and no second name, whose status last changed before the manifest
//! was written. Whatever is in doubt is removed, and so written anew; what stands is read and held against its digest by the
//! check, as every file of a staged tree is.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use rayon::prelude::*;
use rustix::fs::FileType;

use crate::digest::Digest;
use crate::manifest::{Entry, Manifest, is_deployed};
use crate::output::Output;
use crate::output::container::{OLD, SITE, is_old, mark};
use crate::output::owned::{folders_of, is_folder, prefix, stat_of};
use crate::output::state::{Identity, Since};

/// The files of an earlier build that stand in a tree, each until this one takes or replaces it.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// What each file is, by its path.
    files: HashMap<String, Digest>,
    /// Folders that may be empty at the end.
    emptied: Vec<String>,
}

/// A tree that can be staged into.
#[derive(Debug)]
pub(super) struct Spare {
    /// Its files.
    pub(super) standing: Standing,
    /// Its folders.
    pub(super) folders: HashSet<String>,
}

/// Why a tree cannot be staged into: a file of others is in it, or it cannot be read.
pub(super) struct Unfit;

/// Returns where the spare tree of an output folder is kept.
fn place(output: &Output) -> PathBuf {
    output.parent.join(format!(".{}.spare", output.name))
}

/// Keeps the old tree in a container as the spare one; says whether that could be done. The promotion has happened.
pub(super) fn leave(output: &Output, container: &Path) -> bool {
    let place = place(output);
    let is_whole = is_old(container) && Identity::of(&container.join(OLD)).is_none();
    let is_free = fs::symlink_metadata(&place).is_err() && container.parent() == Some(&output.parent);
    is_whole && is_free && output.state.retire() && {
        // Whoever keeps the site in git need not know of it.
        let _ = fs::write(container.join(".gitignore"), "*\n");
        let is_left = fs::rename(container, &place).is_ok();
        if !is_left {
            output.state.forget_spare();
        }
        is_left
    }
}

/// Removes the spare tree, but for files of others.
pub(super) fn remove(output: &mut Output) {
    output.state.forget_spare();
    let place = place(output);
    if Identity::of(&place).is_some() {
        let owned = output.owned();
        output.remove_container(&place, &owned);
    }
}

/// Looks at the spare tree, and removes from it what is in doubt. Where there is one that cannot be staged into, `Err`.
pub(super) fn survey(output: &Output) -> Result<Option<Spare>, Unfit> {
    let place = place(output);
    if Identity::of(&place).is_none() {
        return Ok(None);
    }
    let tree = place.join(SITE);
    let (manifest, since) = output.state.spare(&tree).ok_or(Unfit)?;
    let top = File::open(&tree).map_err(|_| Unfit)?;
    let look = Look { tree: &tree, top: &top, manifest: &manifest, since };
    let ours = folders_of(manifest.files.keys().map(String::as_str));
    let folders: Vec<&&str> = ours.iter().collect();
    let folders: Result<Vec<Option<String>>, Unfit> =
        folders.par_iter().map(|name| Ok(look.folder(name, &ours)?.then(|| (**name).to_owned()))).collect();
    let folders: HashSet<String> = folders?.into_iter().flatten().filter(|name| !name.is_empty()).collect();
    let files: Vec<(&String, &Entry)> = manifest.files.iter().collect();
    let files: Result<Vec<bool>, Unfit> = files.par_iter().map(|(path, entry)| look.file(path, entry)).collect();
    let (mut standing, mut gone) = (HashMap::with_capacity(manifest.files.len()), Vec::new());
    for ((path, entry), stands) in manifest.files.iter().zip(files?) {
        if stands { _ = standing.insert(path.clone(), entry.digest) } else { gone.push(path.as_str()) }
    }
    let emptied = gone.iter().filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())).collect();
    Ok(Some(Spare { standing: Standing { files: standing, emptied }, folders }))
}

/// Takes the spare tree as the container of this name; whatever becomes of this run, the next one does not believe it.
pub(super) fn take(output: &Output, container: &Path) -> Option<Spare> {
    let spare = output.spare.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let place = place(output);
    let tree = Identity::of(&place.join(SITE))?;
    output.state.forget_spare();
    mark(&place, &output.out, tree).ok()?;
    fs::rename(&place, container).ok()?;
    Some(spare)
}

struct Look<'a> {
    tree: &'a Path,
    /// The tree, opened.
    top: &'a File,
    manifest: &'a Manifest,
    since: Since,
}

impl Look<'_> {
    /// Says whether a file stands as the manifest says; one that is in doubt is removed.
    fn file(&self, path: &str, entry: &Entry) -> Result<bool, Unfit> {
        let Some(stat) = stat_of(self.top, path) else { return Ok(false) };
        let stands = FileType::from_raw_mode(stat.st_mode).is_file()
            && stat.st_mode & 0o7777 == 0o644
            && stat.st_nlink == 1
            && u64::try_from(stat.st_size) == Ok(entry.size)
            && self.since.is_untouched(&stat)
            && !is_deployed(path);
        if !stands {
            fs::remove_file(self.tree.join(path)).map_err(|_| Unfit)?;
        }
        Ok(stands)
    }

    /// Says whether a folder is there. Only one that somebody has changed can hold what is not ours.
    fn folder(&self, folder: &str, ours: &HashSet<&str>) -> Result<bool, Unfit> {
        let Some(stat) = stat_of(self.top, folder) else { return Ok(false) };
        if is_folder(&stat) && self.since.is_untouched(&stat) {
            return Ok(true);
        }
        let (place, prefix) = (self.tree.join(folder), prefix(folder));
        for entry in fs::read_dir(&place).map_err(|_| Unfit)? {
            let (name, kind) =
                entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))).map_err(|_| Unfit)?;
            let path = format!("{prefix}{}", name.to_str().ok_or(Unfit)?);
            let is_ours = match kind.is_dir() {
                // One that somebody made and left empty goes.
                true => ours.contains(&*path) || fs::remove_dir(self.tree.join(&path)).is_ok(),
                false => kind.is_file() && self.manifest.files.contains_key(&path),
            };
            is_ours.then_some(()).ok_or(Unfit)?;
        }
        fs::set_permissions(&place, Permissions::from_mode(0o755)).map_err(|_| Unfit)?;
        Ok(true)
    }
}

impl Standing {
    /// Returns whether a file stands as this.
    pub(super) fn holds(&self, path: &str, digest: &Digest) -> bool {
        self.files.get(path) == Some(digest)
    }

    /// Returns whether some file stands here.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Takes a file that stands as this into the new tree.
    pub(super) fn keep(&mut self, path: &str, digest: &Digest) -> bool {
        self.holds(path, digest) && self.files.remove(path).is_some()
    }

    /// Removes a file that stands here, if one does.
    pub(super) fn clear(&mut self, tree: &Path, path: &str) -> io::Result<bool> {
        if self.files.remove(path).is_none() {
            return Ok(false);
        }
        fs::remove_file(tree.join(path))?;
        Ok(true)
    }

    /// Removes a folder in which every file only stands, and returns its folders; nothing if this run has written into it.
    pub(super) fn clear_folder(&mut self, tree: &Path, path: &str) -> io::Result<Option<Vec<String>>> {
        let (mut files, mut folders, mut pending) = (Vec::new(), Vec::new(), vec![path.to_owned()]);
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(tree.join(&folder))? {
                let entry = entry?;
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.file_type()?.is_dir() { pending.push(path) } else { files.push(path) }
            }
            folders.push(folder);
        }
        if !files.iter().all(|file| self.files.contains_key(file)) {
            return Ok(None);
        }
        fs::remove_dir_all(tree.join(path))?;
        files.iter().for_each(|file| _ = self.files.remove(file));
        Ok(Some(folders))
    }

    /// Removes every file that still stands, and the folders that are empty then, which it returns.
    pub(super) fn settle(&mut self, tree: &Path) -> io::Result<Vec<String>> {
        let mut emptied = std::mem::take(&mut self.emptied);
        let gone: Vec<String> = std::mem::take(&mut self.files).into_keys().collect();
        gone.par_iter().try_for_each(|path| fs::remove_file(tree.join(path)))?;
        emptied.extend(gone.iter().filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())));
        emptied.sort_unstable();
        emptied.dedup();
        let mut removed = Vec::new();
        // The deepest first; whoever empties the folder above takes it along.
        for folder in emptied.iter().rev() {
            let mut folder = folder.as_str();
            while fs::remove_dir(tree.join(folder)).is_ok() {
                removed.push(folder.to_owned());
                let Some((above, _)) = folder.rsplit_once('/') else { break };
                folder = above;
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests;
