//! Owns the lock that keeps a second build away from the same output folder.
//!
//! The file lies beside the folder, so that builds from two checkouts into one folder meet. The
//! system releases it when the process ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The lock, held until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    /// The locked file; none where the file system knows no locks.
    file: Option<File>,
    path: PathBuf,
}

/// Why the lock could not be taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another process holds it.
    Busy,
    /// The file could not be made.
    Io(PathBuf, io::Error),
}

impl Claim {
    /// Takes the lock beside the folder, or, where nothing may be written there, the spare one.
    pub(super) fn take(beside: &Path, spare: &Path) -> Result<Claim, Refused> {
        match Claim::at(beside) {
            Err(Refused::Io(_, error)) if is_forbidden(&error) => {
                if let Some(folder) = spare.parent() {
                    fs::create_dir_all(folder).map_err(|error| Refused::Io(folder.to_owned(), error))?;
                }
                Claim::at(spare)
            }
            taken => taken,
        }
    }

    fn at(path: &Path) -> Result<Claim, Refused> {
        let refused = |error| Refused::Io(path.to_owned(), error);
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(path).map_err(refused)?;
            match file.try_lock() {
                // The holder before us may have removed the file that we opened: then ours locks nobody out.
                Ok(()) if is_at(&file, path) => return Ok(Claim { file: Some(file), path: path.to_owned() }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Refused::Busy),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Claim { file: None, path: path.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(refused(error)),
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed while it is still locked, so that nobody else's file is taken away.
        let _ = fs::remove_file(&self.path);
        if let Some(file) = self.file.take() {
            let _ = file.unlock();
        }
    }
}

/// Returns whether a folder may not be written to at all, rather than being full or broken.
pub(super) fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Returns whether an open file is the one that stands at a path.
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_is_refused_until_the_first_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".public.lock");
        let first = Claim::take(&path, &path).unwrap();
        assert!(matches!(Claim::take(&path, &path), Err(Refused::Busy)));
        drop(first);
        assert!(!path.exists());
        Claim::take(&path, &path).unwrap();
    }

    #[test]
    fn a_lock_file_that_a_killed_build_left_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".public.lock");
        fs::write(&path, "").unwrap();
        Claim::take(&path, &path).unwrap();
    }
}
