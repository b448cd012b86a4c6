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

/// Leaves bytes for the next run.
pub fn keep(root: &Path, name: &str, bytes: &[u8]) {
    let write = || -> io::Result<()> {
        let folder = folder(root);
        fs::create_dir_all(&folder)?;
        let ignore = root.join(".blog/.gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(bytes)?;
        file.persist(folder.join(name)).map_err(|error| error.error)?;
        Ok(())
    };
    let _ = write();
}

fn folder(root: &Path) -> PathBuf {
    root.join(".blog/cache")
}
