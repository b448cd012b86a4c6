//! Owns the writing of a staged tree beside the output folder, each file as it is made.
//!
//! Gives [`stage`] and [`Staged`]. A file is written once and never over another; modes are 0644
//! and 0755 whatever the umask; what is copied is never held in memory. Dropped, a staged tree
//! vanishes; kept, it can be looked at until the next build.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Exit, Place, folded};
use crate::digest::{Digest, Digesting};
use crate::manifest::{Entry, FileKind};
use crate::output::claim::is_forbidden;
use crate::output::container::{SITE, mark, remove_unmarked};
use crate::output::spare::{self, Spare, Standing};
use crate::output::state::Identity;
use crate::output::{Output, refusal};
use crate::paths::{OutPath, Route};
use crate::render::{Body, File as Page};

/// A whole site beside the output folder, not yet in its place.
#[derive(Debug)]
pub struct Staged {
    /// Every file, by its path.
    pub files: BTreeMap<String, Entry>,
    pub(super) container: PathBuf,
    pub(super) tree: Identity,
    /// Whether it lies beside the output folder, so that the two can change places.
    pub(super) beside: bool,
    folder: PathBuf,
    /// The folders that were made, by their path in it.
    made: Mutex<HashSet<String>>,
    /// What an earlier build has left there.
    standing: Mutex<Standing>,
    /// Whether it outlives this value.
    kept: bool,
}

/// How many routes are rendered before the next are begun.
const WAVE: usize = 512;
/// How long a promotion waits for the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// A tree on its way to the disk.
#[derive(Debug)]
pub struct Flush(mpsc::Receiver<()>);

impl Flush {
    /// Waits until the tree is on the disk, but not for ever: the disk may be busy with what others
    /// have written, and a site can be built again.
    pub fn wait(self) {
        let _ = self.0.recv_timeout(PATIENCE);
    }
}

/// Renders every route in parallel and writes each file as it is made. Reports all that is wrong
/// with the pages; once the machine refuses, it stops.
pub fn stage(
    output: &Output,
    routes: &[&Route],
    render: impl Fn(&Route, &Staged) -> Result<Supply, Vec<Diagnostic>> + Sync,
) -> Result<Staged, Vec<Diagnostic>> {
    let mut staged = Staged::begin(output)?;
    staged.fill(output, routes, render)?;
    Ok(staged)
}

/// Where the file of a route comes from.
#[derive(Debug)]
pub enum Supply {
    /// It was rendered, or an earlier run's bytes are taken.
    File(Page),
    /// Its file stands in the tree as the manifest says.
    Standing(OutPath, Entry),
}

impl Staged {
    /// Renders more routes in parallel and writes each file as it is made, as [`stage`] does.
    pub fn fill(
        &mut self,
        output: &Output,
        routes: &[&Route],
        render: impl Fn(&Route, &Staged) -> Result<Supply, Vec<Diagnostic>> + Sync,
    ) -> Result<(), Vec<Diagnostic>> {
        let staged = &*self;
        let stopped = AtomicBool::new(false);
        let write = |route: &&Route| {
            if stopped.load(Ordering::Relaxed) {
                return Err(Vec::new());
            }
            let supply = render(route, staged)?;
            staged.write(output, supply).inspect_err(|problems| {
                let refused = problems.iter().any(|problem| problem.exit() == Exit::World);
                stopped.fetch_or(refused, Ordering::Relaxed);
            })
        };
        // In waves, because the routes come in a good order: posts before the lists and feeds that quote them.
        let waves = routes.chunks(WAVE).flat_map(|wave| wave.par_iter().map(write).collect::<Vec<_>>());
        let written: Vec<Result<(String, Entry), Vec<Diagnostic>>> = waves.collect();
        let mut diagnostics = Vec::new();
        for result in written {
            match result {
                Ok((path, entry)) => _ = self.files.insert(path, entry),
                Err(problems) => diagnostics.extend(problems),
            }
        }
        match diagnostics.is_empty() {
            true => Ok(()),
            false => Err(folded(diagnostics)),
        }
    }

    /// Takes the spare tree, or makes an empty container with its marker: beside the output folder, or in `.blog/` where
    /// nothing may be written there.
    fn begin(output: &Output) -> Result<Staged, Vec<Diagnostic>> {
        let name = format!(".{}.stage-{}", output.name, std::process::id());
        let beside = output.parent.join(&name);
        if let Some(Spare { standing, folders }) = spare::take(output, &beside)
            && let Some(tree) = Identity::of(&beside.join(SITE))
        {
            return Ok(Staged::at(beside, tree, true, folders, standing));
        }
        let (container, is_beside) = match fs::create_dir(&beside) {
            Err(error) if is_forbidden(&error) => {
                let container = output.state.inside().join(&name);
                fs::create_dir_all(&container).map_err(|error| vec![output.unwritable(&container, &error)])?;
                (container, false)
            }
            made => {
                made.map_err(|error| vec![output.unwritable(&beside, &error)])?;
                (beside, true)
            }
        };
        let begin = || -> io::Result<Identity> {
            let folder = container.join(SITE);
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
            let tree = Identity::of(&folder).ok_or(io::ErrorKind::NotFound)?;
            mark(&container, &output.out, tree)?;
            Ok(tree)
        };
        let tree = begin().map_err(|error| {
            remove_unmarked(&container);
            vec![output.unwritable(&container, &error)]
        })?;
        Ok(Staged::at(container, tree, is_beside, HashSet::new(), Standing::default()))
    }

    fn at(container: PathBuf, tree: Identity, beside: bool, made: HashSet<String>, standing: Standing) -> Staged {
        let (folder, files) = (container.join(SITE), BTreeMap::new());
        let (made, standing) = (Mutex::new(made), Mutex::new(standing));
        Staged { files, container, tree, beside, folder, made, standing, kept: false }
    }

    /// Returns whether a file of an earlier build stands in the tree as this.
    pub fn holds(&self, path: &str, digest: &Digest) -> bool {
        self.standing().holds(path, digest)
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes what an earlier build has left and this one does not have.
    pub fn settle(&self, output: &Output) -> Result<(), Vec<Diagnostic>> {
        let removed = self.standing().settle(&self.folder);
        let removed = removed.map_err(|error| vec![output.unwritable(&self.folder, &error)])?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        removed.iter().for_each(|folder| _ = made.remove(folder));
        Ok(())
    }

    /// Returns the folder in which the site is staged.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a file that was made from finished files.
    pub fn add(
        &mut self,
        output: &Output,
        path: &OutPath,
        bytes: Vec<u8>,
        kind: FileKind,
    ) -> Result<(), Vec<Diagnostic>> {
        let written = self
            .write_body(path, &Body::Bytes(bytes))
            .map_err(|failure| vec![failure.diagnostic(output, path, None)])?;
        let (digest, size) = written;
        self.files.insert(path.as_str().to_owned(), Entry::of(digest, size, kind));
        Ok(())
    }

    /// Opens a staged file.
    pub fn open(&self, path: &str) -> io::Result<Box<dyn io::Read>> {
        Ok(Box::new(File::open(self.folder.join(path))?))
    }

    /// Writes a file that another machine made, and returns whether its bytes are those that the entry promises. One that
    /// is staged already is left.
    pub fn receive(
        &self,
        output: &Output,
        path: &str,
        entry: &Entry,
        bytes: &mut dyn io::Read,
    ) -> Result<bool, Vec<Diagnostic>> {
        let out = OutPath::new(path);
        let drained = |bytes: &mut dyn io::Read| io::copy(bytes, &mut io::sink()).is_ok();
        let mut file = match self.create(&out) {
            Ok((_, file)) => file,
            // Needed by several pages, and so made by several parts.
            Err(Failure::Write(target, error)) if error.kind() == io::ErrorKind::AlreadyExists && target.is_file() => {
                return Ok(drained(bytes));
            }
            Err(failure) => return Err(vec![failure.diagnostic(output, &out, entry.source.clone())]),
        };
        let (mut digesting, mut size, mut buffer) = (Digesting::default(), 0, vec![0; 64 * 1024]);
        loop {
            let Ok(count) = bytes.read(&mut buffer) else { return Ok(false) };
            if count == 0 {
                return Ok(digesting.finish() == entry.digest && size == entry.size);
            }
            digesting.add(&buffer[..count]);
            file.write_all(&buffer[..count])
                .map_err(|error| vec![output.unwritable(&self.folder.join(path), &error)])?;
            size += count as u64;
        }
    }

    /// Keeps the tree until the next build, and returns where it is.
    pub fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.folder.clone()
    }

    /// Sees to it that the tree outlives this value: its promotion has begun.
    pub(super) fn hand_over(&mut self) {
        self.kept = true;
    }

    /// Begins to bring the tree onto the disk.
    ///
    /// One call for the whole file system instead of one a file: a site of 10,000 pages waits for
    /// its disk once, and beside the check. A process that is killed loses nothing without it; a
    /// machine that loses power could find the new folder with empty files in it.
    pub fn flush(&self) -> Flush {
        let (done, flushed) = mpsc::channel();
        #[cfg(target_os = "linux")]
        if let Ok(folder) = File::open(&self.folder) {
            thread::spawn(move || {
                // A file system that cannot do this keeps the promise as well as it can.
                let _ = rustix::fs::syncfs(folder);
                let _ = done.send(());
            });
        }
        Flush(flushed)
    }

    fn write(&self, output: &Output, supply: Supply) -> Result<(String, Entry), Vec<Diagnostic>> {
        let page = match supply {
            Supply::Standing(path, entry) => {
                let is_kept = self.standing().keep(path.as_str(), &entry.digest);
                let twice = || Failure::Write(self.folder.join(path.as_str()), io::ErrorKind::AlreadyExists.into());
                return match is_kept {
                    true => Ok((path.as_str().to_owned(), entry)),
                    false => Err(vec![twice().diagnostic(output, &path, entry.source)]),
                };
            }
            Supply::File(page) => page,
        };
        let (digest, size) = self.write_body(&page.out, &page.body).map_err(|failure| {
            vec![failure.diagnostic(output, &page.out, page.source.as_ref().map(ToString::to_string))]
        })?;
        Ok((page.out.as_str().to_owned(), page.entry(digest, size)))
    }

    /// Makes an empty file, and says where it is. What an earlier build has left in its way goes.
    fn create(&self, path: &OutPath) -> Result<(PathBuf, File), Failure> {
        let target = self.folder.join(path.as_str());
        let refused = |error| Failure::Write(target.clone(), error);
        // Routes are checked when they are made; this is the last door before the disk.
        if !is_inside(path.as_str()) {
            return Err(refused(io::Error::new(io::ErrorKind::InvalidInput, "it leaves the output folder")));
        }
        self.standing().clear(&self.folder, path.as_str()).map_err(refused)?;
        if let Some((folder, _)) = path.as_str().rsplit_once('/') {
            self.make_folder(folder).map_err(refused)?;
        }
        let open = || File::options().write(true).create_new(true).mode(0o644).open(&target);
        let file = match open() {
            Err(error) if is_collision(&error) && self.clear_folder(path.as_str()).map_err(refused)? => open(),
            opened => opened,
        };
        let file = file.map_err(refused)?;
        file.set_permissions(Permissions::from_mode(0o644)).map_err(refused)?;
        Ok((target, file))
    }

    /// Removes a folder that an earlier build has left and this one has not written into; says whether it did.
    fn clear_folder(&self, path: &str) -> io::Result<bool> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.contains(path) {
            return Ok(false);
        }
        let cleared = self.standing().clear_folder(&self.folder, path)?;
        cleared.iter().flatten().for_each(|folder| _ = made.remove(folder));
        Ok(cleared.is_some())
    }

    fn write_body(&self, path: &OutPath, body: &Body) -> Result<(Digest, u64), Failure> {
        match body {
            Body::Bytes(bytes) => self.write_bytes(path, bytes),
            Body::Picture(order) => {
                let bytes = order.make().map_err(|problem| Failure::Picture(Box::new(problem)))?;
                self.write_bytes(path, &bytes)
            }
            Body::Copy(source) => {
                if self.standing().has(path.as_str()) {
                    let known = copy(source, &mut io::sink(), |error| Failure::Write(source.clone(), error))?;
                    if self.standing().keep(path.as_str(), &known.0) {
                        return Ok(known);
                    }
                }
                let (target, mut file) = self.create(path)?;
                copy(source, &mut file, |error| Failure::Write(target.clone(), error))
            }
        }
    }

    fn write_bytes(&self, path: &OutPath, bytes: &[u8]) -> Result<(Digest, u64), Failure> {
        let known = (Digest::of(bytes), bytes.len() as u64);
        if !self.standing().keep(path.as_str(), &known.0) {
            let (target, mut file) = self.create(path)?;
            file.write_all(bytes).map_err(|error| Failure::Write(target, error))?;
        }
        Ok(known)
    }

    /// Makes a folder and those above it, each with its mode, before another thread writes into it.
    fn make_folder(&self, folder: &str) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.contains(folder) {
            return Ok(());
        }
        let ends = folder.match_indices('/').map(|(end, _)| end).chain([folder.len()]);
        for above in ends.map(|end| &folder[..end]) {
            if !made.contains(above) {
                let target = self.folder.join(above);
                match fs::create_dir(&target) {
                    Err(error) if is_collision(&error) && self.standing().clear(&self.folder, above)? => {
                        fs::create_dir(&target)?;
                    }
                    made => made?,
                }
                fs::set_permissions(&target, Permissions::from_mode(0o755))?;
                made.insert(above.to_owned());
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.container);
        }
    }
}

/// Why a file could not be staged.
enum Failure {
    Read(PathBuf, io::Error),
    Write(PathBuf, io::Error),
    /// It could not be made.
    Picture(Box<Diagnostic>),
}

impl Failure {
    fn diagnostic(self, output: &Output, path: &OutPath, source: Option<String>) -> Diagnostic {
        let diagnostic = match self {
            Failure::Picture(problem) => return *problem,
            Failure::Read(source, error) => {
                Diagnostic::error("output/read", refusal("read", &output.shown(&source), &error))
            }
            Failure::Write(_, error) if is_collision(&error) => {
                Diagnostic::error("output/twice", format!("`{path}` would be written twice, or as a file and a folder"))
            }
            Failure::Write(target, error) => output.unwritable(&target, &error),
        };
        match source {
            Some(source) => diagnostic.at(Place::file(source)),
            None => diagnostic,
        }
    }
}

/// Returns whether something already stands where a file or a folder was to be made.
fn is_collision(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

/// Returns whether a path stays in its folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains('\0')
}

/// Copies a file piece by piece and returns its digest and size.
fn copy(
    source: &Path,
    target: &mut impl io::Write,
    refused: impl Fn(io::Error) -> Failure,
) -> Result<(Digest, u64), Failure> {
    let unreadable = |error| Failure::Read(source.to_owned(), error);
    let mut file = File::open(source).map_err(unreadable)?;
    let (mut digesting, mut size, mut buffer) = (Digesting::default(), 0, vec![0; 128 * 1024]);
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            return Ok((digesting.finish(), size));
        }
        digesting.add(&buffer[..count]);
        target.write_all(&buffer[..count]).map_err(&refused)?;
        size += count as u64;
    }
}
