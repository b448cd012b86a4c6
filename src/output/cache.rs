//! Owns what stages leave for the next run in `.blog/cache/`: bytes by name.
//!
//! Whoever reads them judges whether they are whole, and goes without them if not. A file is replaced as a whole, so that
//! two runs may share a folder. One that cannot be written costs time the next time, and is no reason to fail.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Returns what an earlier run has left under a name; empty where there is nothing.
pub fn recall(root: &Path, name: &str) -> Vec<u8> {
    fs::read(folder(root).join(name)).unwrap_or_default()
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
