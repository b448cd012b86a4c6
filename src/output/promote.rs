//! Owns the step in which a staged tree takes the place of the published one, and its repair.
//!
//! Where the system can, the two folders change places in one step. Else the old one is moved away
//! and the new one in; else, on a mount point, files are replaced one by one after all of them have
//! arrived. A journal in `.blog/state/` lets the next run finish what a killed one has begun.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::manifest::{FileKind, Manifest, is_deployed};
use crate::output::container::{OLD, SITE};
use crate::output::owned::{Owned, TEMPORARY};
use crate::output::spare;
use crate::output::state::{Identity, Journal, Way};
use crate::output::{Output, Staged};

/// What a promotion came to.
#[derive(Debug, Default)]
pub struct Promotion {
    /// What is worth saying about it.
    pub notes: Vec<Diagnostic>,
}

/// Something that the machine refused, and where.
type Refusal = (PathBuf, io::Error);

/// Puts a staged tree in the place of the published one. If this fails, the published one is as it was.
pub fn promote(output: &mut Output, staged: Staged, manifest: &Manifest) -> Result<Promotion, Vec<Diagnostic>> {
    let way = if staged.beside { Way::Exchange } else { Way::InPlace };
    promote_by(way, output, staged, manifest)
}

/// Promotes, trying this way first and then the ones after it.
pub(super) fn promote_by(
    way: Way,
    output: &mut Output,
    mut staged: Staged,
    manifest: &Manifest,
) -> Result<Promotion, Vec<Diagnostic>> {
    let known = output.notes.len();
    let journal = Journal { container: staged.container.clone(), tree: staged.tree, way };
    let mut put = || {
        if way != Way::InPlace {
            output.state.begin(&journal, manifest)?;
            // From here on the next run may need the tree, whatever becomes of this one.
            staged.hand_over();
        }
        put_in_place(output, &journal, manifest)
    };
    let way = match put() {
        Ok(way) => way,
        Err((path, error)) => {
            let diagnostic = output.unwritable(&path, &error);
            if output.state.journal().is_none_or(|journal| journal.way != Way::InPlace) {
                output.state.forget();
                output.remove_container(&staged.container, &output.owned());
            }
            return Err(vec![diagnostic]);
        }
    };
    staged.hand_over();
    finish(output, &staged.container).map_err(|(path, error)| vec![output.unwritable(&path, &error)])?;
    let mut notes = output.notes.split_off(known);
    if way != Way::Exchange {
        let message = format!("`{}` was not replaced in one step", output.shown(&output.out));
        let how = match way {
            Way::InPlace => "not atomic: its files were replaced one by one, because the folder itself cannot be moved",
            _ => "not atomic: it was missing for a moment, because its file system cannot exchange two folders",
        };
        notes.push(Diagnostic::note("output/not-atomic", message).with(how));
    }
    Ok(Promotion { notes })
}

/// Brings the staged tree into place and returns the way that worked.
fn put_in_place(output: &Output, journal: &Journal, manifest: &Manifest) -> Result<Way, Refusal> {
    let site = journal.container.join(SITE);
    let mut way = journal.way;
    if way == Way::Exchange {
        match exchange(&site, &output.out) {
            Ok(()) => return Ok(way),
            Err(error) => way = after(error).ok_or_else(|| (output.out.clone(), error.into()))?,
        }
    }
    if way == Way::Renames {
        match move_in(&journal.container, &output.out) {
            Ok(()) => return Ok(way),
            Err(error) => {
                let errno = Errno::from_io_error(&error).and_then(after);
                way = errno.filter(|way| *way == Way::InPlace).ok_or_else(|| (output.out.clone(), error))?;
            }
        }
    }
    // Everything arrives before anything is replaced: a full disk is noticed while the old site is whole.
    bring(&site, &output.out, manifest).inspect_err(|_| _ = fs::remove_dir_all(output.out.join(TEMPORARY)))?;
    output.state.begin(&Journal { way, ..journal.clone() }, manifest)?;
    replace(output, manifest)?;
    Ok(way)
}

/// Returns the way to try after one was refused like this, if there is one.
fn after(error: Errno) -> Option<Way> {
    match error {
        Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP => Some(Way::Renames),
        Errno::BUSY | Errno::XDEV | Errno::PERM | Errno::ACCESS | Errno::ROFS => Some(Way::InPlace),
        _ => None,
    }
}

/// Lets two folders change places; where there is no old one, the new one is moved in.
fn exchange(site: &Path, out: &Path) -> Result<(), Errno> {
    let flags = match Identity::of(out) {
        Some(_) => RenameFlags::EXCHANGE,
        None => RenameFlags::NOREPLACE,
    };
    renameat_with(CWD, site, CWD, out, flags)
}

/// Moves the old folder away and the new one in; if the second fails, the old one is moved back.
fn move_in(container: &Path, out: &Path) -> io::Result<()> {
    let old = container.join(OLD);
    let had = Identity::of(out).is_some();
    if had {
        fs::rename(out, &old)?;
    }
    fs::rename(container.join(SITE), out).inspect_err(|_| {
        if had {
            // If this fails too, the journal tells the next run.
            let _ = fs::rename(&old, out);
        }
    })
}

/// Copies every file that differs into a folder within the output folder, under its own name.
fn bring(site: &Path, out: &Path, manifest: &Manifest) -> Result<(), Refusal> {
    use std::os::unix::fs::PermissionsExt as _;
    let arrival = out.join(TEMPORARY);
    let _ = fs::remove_dir_all(&arrival);
    make_folders(&arrival.join("x"), out)?;
    for (path, entry) in &manifest.files {
        let is_there = || fs::read(out.join(path)).is_ok_and(|bytes| Digest::of(bytes) == entry.digest);
        if fs::symlink_metadata(out.join(path)).is_ok_and(|metadata| metadata.len() == entry.size) && is_there() {
            continue;
        }
        let target = arrival.join(path);
        make_folders(&target, out)?;
        let copy = || {
            fs::copy(site.join(path), &target)?;
            let file = File::open(&target)?;
            file.set_permissions(fs::Permissions::from_mode(0o644))?;
            file.sync_data()
        };
        copy().map_err(|error| (target.clone(), error))?;
    }
    Ok(())
}

/// Moves what has arrived over what is there, pages after what they refer to, and removes what the
/// new site does not have. It may be repeated from the start however often it was stopped.
fn replace(output: &Output, manifest: &Manifest) -> Result<(), Refusal> {
    let arrival = output.out.join(TEMPORARY);
    let owned = output.owned();
    let mut paths: Vec<&String> = manifest.files.keys().collect();
    paths.sort_by_key(|path| {
        let is_page = matches!(manifest.files[*path].kind, FileKind::Page | FileKind::Alias | FileKind::Feed);
        (is_deployed(path), is_page, *path)
    });
    for path in paths {
        let (source, target) = (arrival.join(path), output.out.join(path));
        if fs::symlink_metadata(&source).is_err() {
            continue;
        }
        clear_way(&output.out, path, &owned)?;
        make_folders(&target, &output.out)?;
        fs::rename(&source, &target).map_err(|error| (target, error))?;
    }
    let _ = fs::remove_dir_all(&arrival);
    let kept: BTreeSet<&str> = manifest.files.keys().map(String::as_str).collect();
    owned.without(&kept).prune(&output.out)?;
    Ok(())
}

/// Removes an old file of ours where the new site needs a folder, and an old folder where it needs a file.
fn clear_way(out: &Path, path: &str, owned: &Owned) -> Result<(), Refusal> {
    for (index, _) in path.match_indices('/') {
        let above = out.join(&path[..index]);
        if fs::symlink_metadata(&above).is_ok_and(|metadata| !metadata.is_dir()) {
            fs::remove_file(&above).map_err(|error| (above, error))?;
        }
    }
    let target = out.join(path);
    match Identity::of(&target) {
        Some(_) => owned.below(path).prune(&target).map(|_| ()),
        None => Ok(()),
    }
}

/// Makes the folders that a file needs, readable to all.
fn make_folders(file: &Path, top: &Path) -> Result<(), Refusal> {
    use std::os::unix::fs::PermissionsExt as _;
    let missing: Vec<&Path> =
        file.ancestors().skip(1).take_while(|folder| folder.starts_with(top) && !folder.is_dir()).collect();
    for folder in missing.into_iter().rev() {
        let make = || {
            fs::create_dir(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
        };
        make().map_err(|error| (folder.to_owned(), error))?;
    }
    Ok(())
}

/// Closes a promotion that has happened: the new manifest counts, the old tree is spare, or goes.
fn finish(output: &mut Output, container: &Path) -> Result<(), Refusal> {
    if spare::leave(output, container) {
        return output.state.finish();
    }
    // What stood there when the folder was opened; else what the old manifest knows, before the new one takes its place.
    let owned = output.known.take().unwrap_or_else(|| output.owned());
    output.state.finish()?;
    output.remove_container(container, &owned);
    Ok(())
}

impl Output {
    /// Finishes or undoes a promotion that a killed run has begun.
    pub(super) fn recover(&mut self) -> Result<(), Vec<Diagnostic>> {
        let Some(journal) = self.state.journal() else { return Ok(()) };
        let site = journal.container.join(SITE);
        let happened = match journal.way {
            _ if Identity::of(&self.out) == Some(journal.tree) => Ok(true),
            Way::Exchange | Way::Renames if Identity::of(&self.out).is_none() => self.move_back_in(&journal, &site),
            Way::Exchange | Way::Renames => Ok(false),
            Way::InPlace => match self.state.next_manifest() {
                Some(manifest) => replace(self, &manifest).map(|()| true),
                None => Ok(false),
            },
        };
        let finished = match happened {
            Ok(true) => {
                let message = format!("`{}` holds the site that a stopped build had verified", self.shown(&self.out));
                self.notes.push(Diagnostic::note("output/recovered", message));
                finish(self, &journal.container)
            }
            Ok(false) => {
                self.state.forget();
                Ok(())
            }
            Err(refusal) => Err(refusal),
        };
        finished.map_err(|(path, error)| vec![self.unwritable(&path, &error)])
    }

    /// Fills the place that a run left empty between two renames: with the new tree, else the old one.
    fn move_back_in(&self, journal: &Journal, site: &Path) -> Result<bool, Refusal> {
        let old = journal.container.join(OLD);
        let is_new = Identity::of(site) == Some(journal.tree);
        let tree = if is_new { site } else { &old };
        if Identity::of(tree).is_none() || (is_new && Identity::of(&old).is_none()) {
            // There was no old site, and the new one has not been moved in: nothing has happened.
            return Ok(false);
        }
        fs::rename(tree, &self.out).map_err(|error| (self.out.clone(), error))?;
        Ok(is_new)
    }
}
