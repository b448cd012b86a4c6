//! Looks at every file once a second, where the system cannot tell of changes: on network file systems, in some
//! containers, and beyond the limit of watches.
//!
//! notify's own poller compares whole seconds of modification, so that the second of two quick saves is lost for good;
//! this one compares size, times to the nanosecond and the file's number. It opens no file.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::places::{Links, Reach, walk};
use super::translate::Scope;

/// How long to wait between two looks, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// How many times longer to wait than a look takes, so that looking never takes more than a fifth of a core.
const SHARE: u32 = 4;

/// What tells one state of a file from another. A folder has only its being there: what is in it speaks for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Folder,
    Other { modified: (i64, i64), changed: (i64, i64), size: u64, number: u64 },
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        match metadata.is_dir() {
            true => Stamp::Folder,
            false => Stamp::Other {
                modified: (metadata.mtime(), metadata.mtime_nsec()),
                changed: (metadata.ctime(), metadata.ctime_nsec()),
                size: metadata.size(),
                number: metadata.ino(),
            },
        }
    }
}

/// What was there at the last look, and when to look next.
#[derive(Debug)]
pub(super) struct Poll {
    stamps: BTreeMap<PathBuf, Stamp>,
    next: Instant,
}

impl Poll {
    /// Looks for the first time.
    pub(super) fn new(root: &Path, scope: &Scope, links: &mut Links) -> Self {
        let mut poll = Poll { stamps: BTreeMap::new(), next: Instant::now() };
        poll.look(root, scope, links);
        poll
    }

    /// Returns when to look next.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Looks again, and returns the places below the root where something is new, other or gone.
    pub(super) fn changes(&mut self, root: &Path, scope: &Scope, links: &mut Links) -> BTreeSet<PathBuf> {
        let before = self.look(root, scope, links);
        let differs = |path: &&PathBuf| before.get(*path) != self.stamps.get(*path);
        before.keys().chain(self.stamps.keys()).filter(differs).cloned().collect()
    }
}

impl Poll {
    /// Looks at everything, and returns what was there before.
    fn look(&mut self, root: &Path, scope: &Scope, links: &mut Links) -> BTreeMap<PathBuf, Stamp> {
        let start = Instant::now();
        let before = std::mem::replace(&mut self.stamps, look(root, scope, links));
        let end = Instant::now();
        self.next = end + PAUSE.max((end - start) * SHARE);
        before
    }
}

/// Takes the stamps of everything that is the site's, by places below the root.
fn look(root: &Path, scope: &Scope, links: &mut Links) -> BTreeMap<PathBuf, Stamp> {
    let mut stamps = BTreeMap::new();
    for top in scope.folders.iter().chain(&scope.files) {
        stamp(root, &root.join(top), &mut stamps);
        let looked: Result<(), Infallible> = links.reach(root, top, &mut |reach| {
            match reach {
                Reach::Entry(path) => stamp(root, path, &mut stamps),
                Reach::Below(path) => below(root, path, &mut stamps),
            }
            Ok(())
        });
        looked.unwrap_or_else(|never| match never {});
    }
    stamps
}

fn below(root: &Path, folder: &Path, stamps: &mut BTreeMap<PathBuf, Stamp>) {
    let mut found = Vec::new();
    let walked: Result<(), Infallible> = walk(
        folder,
        &mut |folder| {
            stamp(root, folder, stamps);
            Ok(())
        },
        &mut |path, _| found.push(path.to_owned()),
    );
    walked.unwrap_or_else(|never| match never {});
    found.iter().for_each(|path| stamp(root, path, stamps));
}

/// Takes the stamp of one entry, if it is there.
fn stamp(root: &Path, path: &Path, stamps: &mut BTreeMap<PathBuf, Stamp>) {
    if let (Ok(place), Ok(metadata)) = (path.strip_prefix(root), fs::symlink_metadata(path)) {
        stamps.insert(place.to_owned(), Stamp::from(&metadata));
    }
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::os::unix::fs::symlink;
    use std::time::SystemTime;

    use super::*;

    struct Site {
        folder: tempfile::TempDir,
        scope: Scope,
        links: Links,
        poll: Option<Poll>,
    }

    impl Site {
        fn new(files: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let scope = Scope { folders: vec!["content".into(), "data".into()], files: vec!["site.toml".into()] };
            let site = Site { folder, scope, links: Links::default(), poll: None };
            files.iter().for_each(|file| site.write(file, "one"));
            site
        }

        fn root(&self) -> PathBuf {
            fs::canonicalize(self.folder.path()).unwrap()
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn looks(&mut self) -> Vec<String> {
            let root = self.root();
            let changes = match &mut self.poll {
                Some(poll) => poll.changes(&root, &self.scope, &mut self.links),
                None => {
                    self.poll = Some(Poll::new(&root, &self.scope, &mut self.links));
                    BTreeSet::new()
                }
            };
            changes.iter().map(|path| path.display().to_string()).collect()
        }
    }

    #[test]
    fn a_file_that_is_written_made_or_removed_is_seen() {
        let mut site = Site::new(&["content/a.md", "content/b.md", "site.toml", "public/a.html"]);
        site.looks();
        assert_eq!(site.looks(), [""; 0], "nothing has happened");
        site.write("content/a.md", "longer");
        site.write("content/new/c.md", "one");
        site.write("site.toml", "longer");
        site.write("public/a.html", "longer");
        fs::remove_file(site.root().join("content/b.md")).unwrap();
        assert_eq!(site.looks(), ["content/a.md", "content/b.md", "content/new", "content/new/c.md", "site.toml"]);
        assert_eq!(site.looks(), [""; 0]);
    }

    #[test]
    fn a_folder_that_comes_later_or_goes_is_seen() {
        let mut site = Site::new(&["content/a.md"]);
        site.looks();
        site.write("data/x.toml", "one");
        fs::remove_dir_all(site.root().join("content")).unwrap();
        assert_eq!(site.looks(), ["content", "content/a.md", "data", "data/x.toml"]);
    }

    #[test]
    fn a_file_of_equal_size_and_modification_time_is_other_when_it_was_replaced() {
        let mut site = Site::new(&["content/a.md"]);
        let set = |site: &Site, path: &str| {
            let file = fs::File::options().write(true).open(site.root().join(path)).unwrap();
            file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).unwrap();
        };
        set(&site, "content/a.md");
        site.looks();
        site.write("content/b.md", "two");
        set(&site, "content/b.md");
        fs::rename(site.root().join("content/b.md"), site.root().join("content/a.md")).unwrap();
        assert_eq!(site.looks(), ["content/a.md"]);
    }

    #[test]
    fn what_lies_behind_a_link_is_looked_at_where_it_is() {
        let mut site = Site::new(&["content/a.md", "shared/x.md", "deep/y.md"]);
        symlink("../shared", site.root().join("content/b")).unwrap();
        symlink("../deep/y.md", site.root().join("content/y.md")).unwrap();
        site.looks();
        site.write("shared/x.md", "longer");
        site.write("deep/y.md", "longer");
        assert_eq!(site.looks(), ["deep/y.md", "shared/x.md"]);
        assert_eq!(site.links.names(Path::new("shared/x.md"))[1..], [Path::new("content/b/x.md")]);
    }
}
