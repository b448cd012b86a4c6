//! Owns what stages leave for the next run in `.blog/cache/`: bytes by name.
//!
//! Whoever reads them judges whether they are whole, and goes without them if not. A file is replaced as a whole, so that
//! two runs may share a folder. One that cannot be written costs time the next time, and is no reason to fail.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Component, Path, PathBuf};

/// Returns what an earlier run has left under a name; empty where there is nothing.
fn recall(root: &Path, name: &str) -> Vec<u8> {
    fs::read(folder(root).join(name)).unwrap_or_default()
}

/// Where what this machine does not keep may be had from.
pub trait Elsewhere: Sync {
    /// Puts a file of the cache in its place, if it is to be had, and returns whether it was.
    fn bring(&self, root: &Path, name: &str) -> bool;
}

/// Nowhere.
pub struct Nowhere;

impl Elsewhere for Nowhere {
    fn bring(&self, _: &Path, _: &str) -> bool {
        false
    }
}

/// Returns what an earlier run has left under a name, on this machine or elsewhere.
pub fn recall_from(elsewhere: &dyn Elsewhere, root: &Path, name: &str) -> Vec<u8> {
    if !is_kept(root, name) {
        elsewhere.bring(root, name);
    }
    recall(root, name)
}

/// Returns whether there is something under a name.
pub fn is_kept(root: &Path, name: &str) -> bool {
    folder(root).join(name).exists()
}

/// Opens what is kept under a name.
pub fn open_kept(root: &Path, name: &str) -> io::Result<File> {
    File::open(folder(root).join(name))
}

/// Puts what was kept elsewhere under its name, as a whole or not at all.
pub fn take_in(root: &Path, name: &str, bytes: &mut dyn Read) -> io::Result<()> {
    let path = folder(root).join(name);
    let is_within = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let above = path.parent().filter(|_| is_within).ok_or(io::ErrorKind::NotFound)?;
    make(above)?;
    let mut file = tempfile::NamedTempFile::new_in(above)?;
    io::copy(bytes, &mut file)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Returns the names under which something is kept, but for pictures.
pub fn kept_names(root: &Path) -> Vec<String> {
    let files = |folder: &Path, before: &str| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        files.filter_map(|entry| Some(format!("{before}{}", entry.file_name().to_str()?))).collect()
    };
    let folder = folder(root);
    let mut names = files(&folder, "");
    names.extend(files(&folder.join("pages"), "pages/"));
    // What is being written has a name that begins with a dot.
    names.retain(|name| !name.rsplit('/').next().unwrap_or(name).starts_with('.'));
    names.sort();
    names
}

/// Leaves bytes for the next run, if there are other ones than those that it finds there.
pub fn keep(root: &Path, name: &str, bytes: Option<Vec<u8>>) {
    if let Some(bytes) = bytes {
        let _ = write(&folder(root).join(name), &bytes);
    }
}

/// Writes a file of the cache as a whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    make(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a folder below `.blog/`; none of it goes into a repository.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let blog = folder.ancestors().find(|above| above.file_name().is_some_and(|name| name == ".blog"));
    match blog.map(|blog| blog.join(".gitignore")) {
        Some(ignore) if !ignore.exists() => fs::write(ignore, "*\n"),
        _ => Ok(()),
    }
}

/// Returns the folder of the cache.
pub(super) fn folder(root: &Path) -> PathBuf {
    root.join(".blog/cache")
}
