//! Owns what is remembered of an output folder between runs, in `.blog/state/`: the manifest of the
//! last build and of the spare tree, and the journal of a promotion that is under way.
//!
//! Each file is replaced as a whole. A broken one counts as missing.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Stat;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::output::cache;
use crate::output::owned::Names;

/// Which folder on which disk: what stays the same when it is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Returns the identity of the folder at a path, which is not followed if it is a link.
    pub(super) fn of(path: &Path) -> Option<Identity> {
        let metadata = fs::symlink_metadata(path).ok()?;
        metadata.is_dir().then(|| Identity { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// When a manifest was written: after every file and folder of its tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(i64, i64);

impl Since {
    fn of(manifest: &Path) -> Option<Since> {
        let metadata = fs::metadata(manifest).ok()?;
        Some(Since(metadata.mtime(), metadata.mtime_nsec()))
    }

    /// Returns whether nobody has changed something since: its bytes, its mode, its links, what is in it. No program can set
    /// back the time at which the system notes that.
    pub(super) fn is_untouched(self, stat: &Stat) -> bool {
        (stat.st_ctime, stat.st_ctime_nsec.cast_signed()) < (self.0, self.1)
    }
}

/// How a staged tree takes the place of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// Both folders change places in one step.
    Exchange,
    /// The old one is moved away, then the new one moved in.
    Renames,
    /// The files are replaced one by one.
    InPlace,
}

/// What the next run needs to know to finish or undo a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The folder that holds the staged tree as `site` and perhaps the old one as `old`.
    pub(super) container: PathBuf,
    /// The staged tree.
    pub(super) tree: Identity,
    /// How it takes the old one's place.
    pub(super) way: Way,
}

/// The files of one output folder in `.blog/state/`.
#[derive(Debug, Clone)]
pub(super) struct State {
    blog: PathBuf,
    suffix: String,
}

impl State {
    /// Returns the state of an output folder. `public` below the root has plain names; any other
    /// folder has names of its own, so that building elsewhere once forgets nothing.
    pub(super) fn of(root: &Path, out: &Path) -> State {
        let suffix = match out == root.join("public") {
            true => String::new(),
            false => format!("-{}", Digest::of(out.as_os_str().as_encoded_bytes()).short()),
        };
        State { blog: root.join(".blog"), suffix }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.blog.join("state").join(format!("{name}{}.json", self.suffix))
    }

    /// Returns the lock to use where none can be made beside the output folder.
    pub(super) fn lock_path(&self) -> PathBuf {
        self.blog.join(format!("out{}.lock", self.suffix))
    }

    /// Returns the folder for staged trees where none can be made beside the output folder.
    pub(super) fn inside(&self) -> &Path {
        &self.blog
    }

    /// Returns the manifest of the build that stands in the output folder.
    pub(super) fn manifest(&self) -> Option<Manifest> {
        read(&self.file("manifest"))
    }

    /// Returns when the files and folders of the output folder were all there; nothing unless it is the very folder that was
    /// put in place then, and no copy of it.
    pub(super) fn since(&self, out: &Path) -> Option<Since> {
        self.is_tree("tree", out).then(|| Since::of(&self.file("manifest")))?
    }

    /// Returns whether a folder is the one that a note speaks of.
    fn is_tree(&self, note: &str, folder: &Path) -> bool {
        let journal: Option<Journal> = read(&self.file(note));
        journal.is_some_and(|journal| Identity::of(folder) == Some(journal.tree))
    }

    /// Returns when that manifest was written.
    pub(super) fn built_at(&self) -> Option<jiff::Timestamp> {
        let time = fs::metadata(self.file("manifest")).ok()?.modified().ok()?;
        jiff::Timestamp::try_from(time).ok()
    }

    /// Returns the names in the manifests that may speak of files in the output folder.
    pub(super) fn names(&self) -> Vec<Names> {
        ["manifest", "manifest.next"].iter().filter_map(|name| read(&self.file(name))).collect()
    }

    /// Returns the manifest of the promotion that is under way.
    pub(super) fn next_manifest(&self) -> Option<Manifest> {
        read(&self.file("manifest.next"))
    }

    /// Returns the journal of the promotion that is under way.
    pub(super) fn journal(&self) -> Option<Journal> {
        read(&self.file("journal"))
    }

    /// Notes that a promotion begins.
    pub(super) fn begin(&self, journal: &Journal, manifest: &Manifest) -> Result<(), (PathBuf, io::Error)> {
        self.write("manifest.next", manifest)?;
        self.write("journal", journal)
    }

    /// Notes that the promotion is done: its manifest is the one that counts.
    pub(super) fn finish(&self) -> Result<(), (PathBuf, io::Error)> {
        let (next, current) = (self.file("manifest.next"), self.file("manifest"));
        match fs::rename(&next, &current) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err((current, error)),
            _ => {}
        }
        // From now on it only says which folder the manifest speaks of.
        let _ = fs::rename(self.file("journal"), self.file("tree"));
        self.forget();
        Ok(())
    }

    /// Keeps the manifest that no longer counts as that of the spare tree; says whether there was one.
    pub(super) fn retire(&self) -> bool {
        let _ = fs::rename(self.file("tree"), self.file("spare.tree"));
        let next = self.file("manifest.next");
        next.is_file() && fs::rename(self.file("manifest"), self.file("spare")).is_ok()
    }

    /// Returns the manifest of the spare tree, and when it was written; nothing if that is not this folder.
    pub(super) fn spare(&self, tree: &Path) -> Option<(Manifest, Since)> {
        if !self.is_tree("spare.tree", tree) {
            return None;
        }
        let path = self.file("spare");
        let since = Since::of(&path)?;
        Some((read(&path)?, since))
    }

    /// Forgets what the spare tree holds.
    pub(super) fn forget_spare(&self) {
        let _ = fs::remove_file(self.file("spare"));
        let _ = fs::remove_file(self.file("spare.tree"));
    }

    /// Forgets a promotion that has not happened.
    pub(super) fn forget(&self) {
        // The journal first: without it the other file says nothing.
        let _ = fs::remove_file(self.file("journal"));
        let _ = fs::remove_file(self.file("manifest.next"));
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), (PathBuf, io::Error)> {
        let path = self.file(name);
        let text = serde_json::to_string(value).expect("these shapes have only text keys");
        write(&self.blog, &path, &text).map_err(|error| (path, error))
    }
}

/// Replaces a file of `.blog/state/` as a whole, so that a process that is killed leaves the old one or
/// the new one. It does not wait for the disk: a machine that loses power may forget a note, and then
/// the manifest that lies in the output folder still tells whose files those are.
pub(super) fn write(blog: &Path, path: &Path, text: &str) -> io::Result<()> {
    cache::make(&blog.join("state"))?;
    let temporary = path.with_extension("json.new");
    fs::write(&temporary, text)?;
    fs::rename(&temporary, path)
}

/// Reads a JSON file of ours; one that is missing or broken says nothing.
pub(super) fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_folder_has_a_memory_of_its_own() {
        let root = Path::new("/site");
        assert_eq!(
            State::of(root, Path::new("/site/public")).file("manifest"),
            Path::new("/site/.blog/state/manifest.json")
        );
        assert_ne!(
            State::of(root, Path::new("/a/public")).file("manifest"),
            State::of(root, Path::new("/b/public")).file("manifest")
        );
    }
}
