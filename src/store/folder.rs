//! Owns folders of this machine as stores: one that a web server serves, one that several machines share.
//!
//! Each file is replaced as a whole. Conditions are looked at under a lock beside the folder, so that of two who publish at
//! once one notices.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Dress, Fault, Seen, Store, Stored, Tag, When};
use crate::digest::Digest;

/// What begins the name of a file that is being written.
const NEW: &str = ".watchpost-new-";

/// A folder on this machine.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    shown: String,
    lock: PathBuf,
}

impl Folder {
    /// Takes a folder, which need not be there yet; it stands at `path` or, if that is relative, below `site`.
    pub(super) fn open(path: &str, site: &Path) -> Result<Folder, Fault> {
        // It is made when the first file is written: a dry run makes nothing.
        let root = std::path::absolute(site.join(path)).map_err(|error| broken(&error))?;
        let root = if root.exists() { root.canonicalize().map_err(|error| broken(&error))? } else { root };
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let lock = root.with_file_name(format!(".{name}.watchpost-lock"));
        Ok(Folder { root, shown: path.to_owned(), lock })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Writes a file beside its place and moves it there.
    fn place(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(folder)?;
        file.write_all(bytes)?;
        // Web servers are other users; a temporary file is for nobody else.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.as_file().sync_all()?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    }
}

impl Store for Folder {
    fn shown(&self) -> String {
        format!("`{}`", self.shown)
    }

    fn get(&self, key: &str) -> Result<Option<Stored>, Fault> {
        let path = self.path(key);
        match fs::read(&path) {
            Ok(bytes) => {
                let modified = fs::metadata(&path).ok().and_then(|metadata| metadata.modified().ok());
                let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
                let digest = Digest::of(&bytes);
                let tag = Tag { etag: Some(digest.to_string()), version: None };
                Ok(Some(Stored { bytes, seen: Seen { tag, modified, digest: Some(digest), dress: None } }))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(broken(&error)),
        }
    }

    fn look(&self, key: &str) -> Result<Option<Seen>, Fault> {
        Ok(self.get(key)?.map(|stored| stored.seen))
    }

    fn put(&self, key: &str, bytes: Vec<u8>, _: &Dress, when: &When) -> Result<Tag, Fault> {
        let tag = Tag { etag: Some(Digest::of(&bytes).to_string()), version: None };
        let _held = match when {
            When::Always => None,
            When::Absent | When::Unchanged(_) => {
                fs::create_dir_all(&self.root).map_err(|error| broken(&error))?;
                let lock = File::create(&self.lock).map_err(|error| broken(&error))?;
                lock.lock().map_err(|error| broken(&error))?;
                let there = self.look(key)?.map(|seen| seen.tag);
                let holds = match when {
                    When::Unchanged(expected) => there.as_ref() == Some(expected),
                    When::Absent | When::Always => there.is_none(),
                };
                if !holds {
                    return Err(Fault::Conflict);
                }
                Some(lock)
            }
        };
        self.place(key, &bytes).map_err(|error| broken(&error))?;
        Ok(tag)
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), Fault> {
        let bytes = fs::read(self.path(from)).map_err(|error| broken(&error))?;
        self.place(to, &bytes).map_err(|error| broken(&error))
    }

    fn delete(&self, key: &str) -> Result<(), Fault> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Ok(()) => {
                // Folders that this leaves empty go along; one with anything in it stays.
                let above = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
                above.map(fs::remove_dir).take_while(Result::is_ok).for_each(drop);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(broken(&error)),
        }
    }

    fn list(&self) -> Result<Vec<String>, Fault> {
        let first = self.root.is_dir().then(|| (self.root.clone(), String::new()));
        let (mut keys, mut folders) = (Vec::new(), Vec::from_iter(first));
        while let Some((folder, prefix)) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| broken(&error))? {
                let entry = entry.map_err(|error| broken(&error))?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                match entry.file_type().map_err(|error| broken(&error))? {
                    kind if kind.is_dir() => folders.push((entry.path(), format!("{prefix}{name}/"))),
                    kind if kind.is_file() => keys.push(format!("{prefix}{name}")),
                    _ => {}
                }
            }
        }
        Ok(keys)
    }
}

fn broken(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::Denied(error.to_string()),
        _ => Fault::Broken(format!("could not be written or read: {error}")),
    }
}
