//! Owns the output folder: it is the only writer of pages.
//!
//! A build is staged in a sibling of the output folder and put in its place in one step, so that a
//! reader, or a machine that stops, sees the old site or the new one and nothing between. Gives
//! [`Output::open`], [`stage()`], [`promote()`], [`clean`]. Refuses folders that hold files of others,
//! writes no links, and leaves modes to no umask.
//!
//! Beside `public/` there may be `.public.lock` (a build runs) and `.public.stage-PID/`: `marker.json`,
//! by which the next run knows that the folder is ours, and `site/`, the staged tree. `.public.spare/` is such a folder, too:
//! its `site/` was published before the present one, and the next build stages into it.

mod cache;
mod claim;
mod container;
mod kept;
mod owned;
mod promote;
mod spare;
mod stage;
mod state;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::diagnostic::{Diagnostic, Place};
use crate::manifest::Manifest;

pub use cache::{Elsewhere, Nowhere, is_kept, keep, kept_names, open_kept, recall_from, take_in};
pub use kept::Kept;
pub use promote::{Promotion, promote};
pub use stage::{Staged, Supply, stage};

use claim::Claim;
use owned::Owned;
use spare::Spare;
use state::State;

/// Where the guard's memory is.
const MEMORY: &str = ".blog/state/guard.json";
/// Folders of a site that hold what somebody wrote; none of them, and nothing below, is an output folder.
const SOURCES: [&str; 9] = ["content", "data", "i18n", "sass", "static", "templates", "themes", ".blog", ".git"];

/// The output folder of one run, claimed for it alone.
#[derive(Debug)]
pub struct Output {
    /// The site's folder, for naming files to people.
    root: PathBuf,
    /// The folder itself, links resolved.
    out: PathBuf,
    /// The folder that it is in.
    parent: PathBuf,
    /// Its name.
    name: String,
    /// What we remember of it in `.blog/state/`.
    state: State,
    /// The tree that this run may stage into.
    spare: Mutex<Option<Spare>>,
    /// Whose files were in it when it was opened.
    known: Option<Owned>,
    /// Keeps other builds away until it is dropped.
    _claim: Claim,
    /// What opening it brought to light.
    pub notes: Vec<Diagnostic>,
}

impl Output {
    /// Claims the output folder: finishes what a killed build has begun, removes what it left beside
    /// the folder, and refuses a folder that holds files of others.
    pub fn open(root: &Path, out: &Path) -> Result<Output, Vec<Diagnostic>> {
        let mut output = Output::claim(root, out).map_err(|diagnostic| vec![*diagnostic])?;
        output.recover()?;
        output.remove_leftovers();
        let foreign = || {
            let owned = output.owned();
            let foreign = owned.foreign(&output.out, output.state.since(&output.out))?;
            Ok((owned, foreign))
        };
        let (foreign, spare) = rayon::join(foreign, || spare::survey(&output));
        let (owned, foreign) =
            foreign.map_err(|(path, error): (PathBuf, io::Error)| vec![output.unreadable(&path, &error)])?;
        match spare {
            Ok(spare) => output.spare = Mutex::new(spare),
            Err(_) => spare::remove(&mut output),
        }
        output.known = Some(owned);
        match foreign.is_empty() {
            true => Ok(output),
            false => Err(vec![output.refuse_foreign(&foreign)]),
        }
    }

    /// Finds the folder, refuses one that no build may own, and takes its lock.
    fn claim(root: &Path, out: &Path) -> Result<Output, Box<Diagnostic>> {
        let read = |path: &Path, error: &io::Error| {
            Box::new(Diagnostic::error("output/read", format!("cannot read the folder `{}`: {error}", path.display())))
        };
        let root = fs::canonicalize(root).map_err(|error| read(root, &error))?;
        let out = resolve(out)?;
        refuse_unsafe(&root, &out)?;
        let (Some(parent), Some(name)) = (out.parent(), out.file_name().and_then(|name| name.to_str())) else {
            return Err(Box::new(not_ours(&out, "its name is no UTF-8")));
        };
        let state = State::of(&root, &out);
        let claim = Claim::take(&parent.join(format!(".{name}.lock")), &state.lock_path())
            .map_err(|error| Box::new(busy_or_refused(&root, &out, &error)))?;
        let (parent, name) = (parent.to_owned(), name.to_owned());
        Ok(Output {
            root,
            parent,
            name,
            out,
            state,
            spare: Mutex::default(),
            known: None,
            _claim: claim,
            notes: Vec::new(),
        })
    }

    /// Returns the folder, links resolved.
    pub fn folder(&self) -> &Path {
        &self.out
    }

    /// Returns what the last build wrote into it, if that is known.
    pub fn manifest(&self) -> Option<Manifest> {
        self.state.manifest()
    }

    /// Returns a path as the user would name it: relative to the site's folder where it lies inside.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Gathers the files that builds of ours have written into the folder.
    fn owned(&self) -> Owned {
        let mut owned = Owned::from_folder(&self.out);
        self.state.names().into_iter().for_each(|names| owned.add(names));
        owned
    }

    /// Says that the folder holds files of others, and which.
    fn refuse_foreign(&self, foreign: &[String]) -> Diagnostic {
        let folder = self.shown(&self.out);
        let message = match foreign {
            [one] => format!("`{folder}` holds a file that no build of this site has written: `{one}`"),
            [first, ..] => format!(
                "`{folder}` holds {} files that no build of this site has written, the first of them `{first}`",
                foreign.len()
            ),
            [] => unreachable!("the caller has found some"),
        };
        let mut diagnostic = Diagnostic::error("output/occupied", message).at(Place::file(&folder));
        for path in foreign.iter().take(10).skip(1) {
            diagnostic = diagnostic.with(format!("also `{path}`"));
        }
        if foreign.len() > 10 {
            diagnostic = diagnostic.with(format!("and {} more", foreign.len() - 10));
        }
        diagnostic.hint("move them to `static/`, so that every build writes them, or build elsewhere with `--out DIR`")
    }

    /// Says that something in the folder could not be read.
    fn unreadable(&self, path: &Path, error: &io::Error) -> Diagnostic {
        Diagnostic::error("output/read", format!("cannot read `{}`: {error}", self.shown(path)))
    }

    /// Says that something could not be written.
    fn unwritable(&self, path: &Path, error: &io::Error) -> Diagnostic {
        let diagnostic = Diagnostic::error("output/write", format!("cannot write `{}`: {error}", self.shown(path)));
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                diagnostic.hint("make room: a build needs room for the old site and the new one at once")
            }
            _ => diagnostic,
        }
    }
}

/// What [`clean`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// How many files of the output folder were removed.
    pub files: usize,
    /// What is left in the output folder because it is not ours, relative to it.
    pub left: Vec<String>,
    /// Whether there was a `.blog/`.
    pub state: bool,
}

/// Removes what our builds have written: the files of the output folder that our manifests list,
/// staged trees, and `.blog/`.
pub fn clean(root: &Path, out: &Path) -> Result<Cleaned, Vec<Diagnostic>> {
    let mut output = Output::claim(root, out).map_err(|diagnostic| vec![*diagnostic])?;
    output.recover()?;
    output.remove_leftovers();
    spare::remove(&mut output);
    let pruned = output.owned().prune(&output.out).map_err(|(path, error)| {
        vec![Diagnostic::error("output/write", refusal("remove", &output.shown(&path), &error))]
    })?;
    let blog = output.root.join(".blog");
    let state = blog.is_dir();
    if state {
        fs::remove_dir_all(&blog)
            .map_err(|error| vec![Diagnostic::error("output/write", refusal("remove", ".blog", &error))])?;
    }
    Ok(Cleaned { files: pruned.removed.len(), left: pruned.left, state })
}

/// Returns what the last build of this site wrote into a folder, if it is one that we remember.
pub fn manifest_of(root: &Path, folder: &Path) -> Option<Manifest> {
    let root = fs::canonicalize(root).ok()?;
    State::of(&root, &fs::canonicalize(folder).ok()?).manifest()
}

/// Returns when the last build of this site into a folder was put in place, as far as the disk remembers.
pub fn built_at(root: &Path, folder: &Path) -> Option<jiff::Timestamp> {
    let root = fs::canonicalize(root).ok()?;
    State::of(&root, &fs::canonicalize(folder).ok()?).built_at()
}

/// Returns what the guard's earlier runs remembered, as text; nothing without them.
pub fn memory(root: &Path) -> Option<String> {
    fs::read_to_string(root.join(MEMORY)).ok()
}

/// Keeps what the guard is to remember in its next run.
pub fn remember(root: &Path, text: &str) -> Result<(), Vec<Diagnostic>> {
    state::write(&root.join(".blog"), &root.join(MEMORY), text)
        .map_err(|error| vec![Diagnostic::error("output/write", refusal("write", MEMORY, &error))])
}

/// Returns a tracker that an earlier run has kept, by the digest of its bytes.
pub fn kept_tracker(root: &Path, digest: &str) -> Option<Vec<u8>> {
    fs::read(root.join(tracker_path(digest)?)).ok()
}

/// Keeps a tracker for runs without a connection.
pub fn keep_tracker(root: &Path, digest: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
    let Some(path) = tracker_path(digest) else { return Ok(()) };
    if root.join(&path).exists() {
        return Ok(());
    }
    state::write(&root.join(".blog"), &root.join(&path), text)
        .map_err(|error| vec![Diagnostic::error("output/write", refusal("write", &path, &error))])
}

/// Returns where a tracker is kept; nowhere for what is no digest.
fn tracker_path(digest: &str) -> Option<String> {
    let is_digest = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| format!(".blog/state/tracker-{digest}.json"))
}

/// Writes a lock file beside `site.toml`: as a whole or not at all.
pub fn write_lock(root: &Path, name: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
    let temporary = root.join(format!(".{name}.new"));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, root.join(name)));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        vec![Diagnostic::error("output/write", refusal("write", name, &error))]
    })
}

/// Returns the words for something that the machine refused.
fn refusal(act: &str, path: &str, error: &io::Error) -> String {
    format!("cannot {act} `{path}`: {error}")
}

/// Returns the folder with links resolved; its parents are made if they are missing.
fn resolve(out: &Path) -> Result<PathBuf, Box<Diagnostic>> {
    let shown = out.display();
    match fs::symlink_metadata(out) {
        Ok(_) => {
            let real = fs::canonicalize(out)
                .map_err(|error| Box::new(not_ours(out, &format!("it leads nowhere: {error}"))))?;
            match real.is_dir() {
                true => Ok(real),
                false => Err(Box::new(not_ours(out, "it is a file"))),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let absolute = std::path::absolute(out).map_err(|error| {
                Box::new(Diagnostic::error("output/read", format!("cannot find `{shown}`: {error}")))
            })?;
            let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
                return Err(Box::new(not_ours(out, "it has no name of its own")));
            };
            let made = fs::create_dir_all(parent).and_then(|()| fs::canonicalize(parent));
            let parent = made.map_err(|error| {
                Box::new(Diagnostic::error(
                    "output/write",
                    refusal("make the folder", &parent.display().to_string(), &error),
                ))
            })?;
            Ok(parent.join(name))
        }
        Err(error) => Err(Box::new(Diagnostic::error("output/read", format!("cannot read `{shown}`: {error}")))),
    }
}

/// Refuses a folder that a build must never own. `config` has refused it already where `--out` names
/// it; here the links are resolved, and whoever calls is covered.
fn refuse_unsafe(root: &Path, out: &Path) -> Result<(), Box<Diagnostic>> {
    let reason = if out.parent().is_none() {
        "it is the root of the disk"
    } else if out == root {
        "it is the site itself"
    } else if root.starts_with(out) {
        "it holds the site"
    } else if SOURCES.iter().any(|source| out.starts_with(root.join(source))) {
        "it is one of the site's own folders"
    } else {
        return Ok(());
    };
    Err(Box::new(not_ours(out, reason)))
}

/// Says that a folder is no output folder, and why.
fn not_ours(out: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error("output/unsafe", format!("`{}` cannot be the output folder: {reason}", out.display()))
        .hint("name a folder that is there for the pages alone, such as `public`")
}

/// Says why the lock could not be taken.
fn busy_or_refused(root: &Path, out: &Path, error: &claim::Refused) -> Diagnostic {
    let shown = out.strip_prefix(root).unwrap_or(out).display();
    match error {
        claim::Refused::Busy => Diagnostic::error("output/busy", format!("another build is writing to `{shown}`"))
            .hint("wait for it to end, or build elsewhere with `--out DIR`"),
        claim::Refused::Io(path, error) => {
            Diagnostic::error("output/write", refusal("write", &path.display().to_string(), error))
        }
    }
}

#[cfg(test)]
mod tests;
