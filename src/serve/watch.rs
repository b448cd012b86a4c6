//! Owns the watching of a site's files: what changed, batch by batch.
//!
//! The system tells of every event ([`notify`]), its debouncer gathers what belongs to one path, `translate` keeps what
//! is the site's, `settle` says when a burst is over, and one thread tells it. Where the system cannot tell, `poll`
//! looks once a second. Gives paths, never contents: whoever is told reads again. Refuses only a root that is no folder.

mod places;
mod poll;
mod settle;
mod sieve;
mod translate;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{Debouncer, NoCache, new_debouncer_opt};
use rustix::io::Errno;

use self::places::{Links, Reach};
use self::poll::Poll;
use self::settle::Burst;
use self::sieve::Sieve;
use self::translate::{Heard, Scope};
use crate::diagnostic::{Diagnostic, Place};

/// How long the debouncer gathers, and how often it looks whether it has. Both are spent within [`settle::QUIET`], which
/// counts from the event itself, so that they cost nothing; what they leave of it (10 ms) is the least pause that ends a
/// burst. A shorter tick would only wake the machine more often.
const GATHER: Duration = Duration::from_millis(5);

/// What happened to the files of a site since the last batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Read everything again: events were lost, or nobody can say what changed.
    Everything,
    /// These paths were written, made, moved or removed: files or folders, relative to the root, sorted, as the disk
    /// spells them. A folder stands for all that is, or was, below it; what is in it may be told as well, but need not be.
    Paths(BTreeSet<PathBuf>),
}

/// What is to be watched.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// The root of the site.
    pub root: &'a Path,
    /// Folders of the root, which may come and go: `content`, `templates`.
    pub folders: &'a [&'a str],
    /// Files of the root, likewise: `site.toml`.
    pub files: &'a [&'a str],
    /// Look once a second instead of asking the system. Network file systems need it: the system tells only of what this
    /// machine does to them.
    pub poll: bool,
}

/// A watch that is being kept; it ends when this is dropped. A batch that is being told by then is told to its end.
#[derive(Debug)]
pub struct Watching {
    inbox: Sender<Message>,
    notes: Notes,
}

impl Watching {
    /// Returns what there is to say about the watching: that it is done by polling, and why. More may come later, when a
    /// limit is reached.
    pub fn notes(&self) -> Vec<Diagnostic> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // If nobody takes it, the watching has ended already.
        let _ = self.inbox.send(Message::Stop);
    }
}

type Notes = Arc<Mutex<Vec<Diagnostic>>>;

/// Begins to watch, and tells of each batch of changes from then on. Begin before you read: what changes while you read is
/// then told.
///
/// Folders are watched, never single files, because most editors replace a file by renaming another over it. Nothing is
/// told of what `source` leaves out by its name, of the output folder, `.git`, `.blog` and `target`, which lie beside the
/// watched folders, nor of any `node_modules`; and reading triggers nothing. A folder that was just made is told when all of
/// it is watched, so that no file in it can be missed between the two.
///
/// A link that leads to another place of the site is followed to where it led when it was last seen, and a change there is
/// told under every name by which `source` reads it: `content/b/x.md` and `shared/x.md`, if both are watched. A link that
/// leads out of the site, or back, is told of only as itself.
pub fn watch(watched: &Watched<'_>, tell: impl Fn(Changes) + Send + 'static) -> Result<Watching, Diagnostic> {
    let root = std::fs::canonicalize(watched.root).and_then(|root| match root.is_dir() {
        true => Ok(root),
        false => Err(std::io::ErrorKind::NotADirectory.into()),
    });
    let root = root.map_err(|error| unwatchable(watched.root, &error))?;
    let (outbox, inbox) = channel();
    let notes = Notes::default();
    let names = |names: &[&str]| names.iter().map(PathBuf::from).collect();
    let mut watch = Watch {
        root,
        scope: Scope { folders: names(watched.folders), files: names(watched.files) },
        links: Links::default(),
        eye: Eye::Closed,
        inbox,
        notes: Arc::clone(&notes),
        tell: Box::new(tell),
    };
    match watched.poll {
        true => watch.poll(),
        false => watch.ask_the_system(outbox.clone()),
    }
    let thread = std::thread::Builder::new().name("watch".to_owned());
    thread.spawn(move || watch.run()).map_err(|error| unwatchable(watched.root, &error))?;
    Ok(Watching { inbox: outbox, notes })
}

/// What comes to the thread that watches.
#[derive(Debug)]
enum Message {
    Heard(Heard),
    Stop,
}

/// By what changes are seen.
enum Eye {
    /// Nothing yet.
    Closed,
    /// The system tells.
    System(Debouncer<Sieve<RecommendedWatcher>, NoCache>),
    /// Looking again and again.
    Poll(Poll),
}

/// What is to be told when the burst is over.
#[derive(Debug, Default)]
struct Batch {
    burst: Burst,
    lost: bool,
    places: BTreeSet<PathBuf>,
}

struct Watch {
    root: PathBuf,
    scope: Scope,
    links: Links,
    eye: Eye,
    inbox: Receiver<Message>,
    notes: Notes,
    tell: Box<dyn Fn(Changes) + Send>,
}

impl Watch {
    fn run(mut self) {
        let mut batch = Batch::default();
        loop {
            let due = match &self.eye {
                Eye::Poll(poll) => Some(poll.next()),
                Eye::System(_) | Eye::Closed => batch.burst.due(),
            };
            match (self.hear(due), &mut self.eye) {
                (Err(RecvTimeoutError::Disconnected) | Ok(Message::Stop), _) => return,
                (Ok(Message::Heard(heard)), _) => self.take_in(heard, &mut batch),
                (Err(RecvTimeoutError::Timeout), Eye::Poll(poll)) => {
                    let places = poll.changes(&self.root, &self.scope, &mut self.links);
                    self.tell_paths(places.iter().flat_map(|place| self.scope.told(&self.links, place)).collect());
                }
                (Err(RecvTimeoutError::Timeout), _) => self.tell_batch(std::mem::take(&mut batch)),
            }
        }
    }

    /// Waits for what comes, at most until then. What has come already is taken first: it belongs to the same batch.
    fn hear(&self, due: Option<Instant>) -> Result<Message, RecvTimeoutError> {
        match due {
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => self.inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
        }
    }

    /// Adds to a batch what is the site's. What is not does not even put it off.
    fn take_in(&self, heard: Heard, batch: &mut Batch) {
        if let Some(at) = heard.lost {
            batch.lost = true;
            batch.burst.happened(at);
        }
        for (place, at) in heard.places {
            if !self.scope.told(&self.links, &place).is_empty() {
                batch.burst.happened(at);
                batch.places.insert(place);
            }
        }
    }

    fn tell_batch(&mut self, batch: Batch) {
        let told: BTreeSet<PathBuf> =
            batch.places.iter().flat_map(|place| self.scope.told(&self.links, place)).collect();
        // What a link leads to may have come only now.
        let links: Vec<&PathBuf> = told.iter().filter(|path| self.links.holds(path)).collect();
        let reached = match batch.lost {
            // A new folder may be among what was lost.
            true => self.reach_all(),
            false => batch.places.iter().chain(links).try_for_each(|place| self.reach(place)),
        };
        match reached {
            Err(error) => {
                self.give_up(&error);
                (self.tell)(Changes::Everything);
            }
            Ok(()) if batch.lost => (self.tell)(Changes::Everything),
            Ok(()) => self.tell_paths(told),
        }
    }

    fn tell_paths(&self, mut told: BTreeSet<PathBuf>) {
        told.retain(|path| !translate::is_probe(path) || self.root.join(path).exists());
        if !told.is_empty() {
            (self.tell)(Changes::Paths(told));
        }
    }

    /// Asks the system to tell of changes, else looks for them.
    fn ask_the_system(&mut self, outbox: Sender<Message>) {
        let root = self.root.clone();
        let hear = move |result| {
            // If nobody listens any more, nobody needs it.
            let _ = outbox.send(Message::Heard(translate::heard(&root, result, Instant::now())));
        };
        // Links are followed by ourselves: the system would follow them to anywhere.
        let config = notify::Config::default().with_follow_symlinks(false);
        let reached = new_debouncer_opt(GATHER, Some(GATHER), hear, NoCache::new(), config).and_then(|debouncer| {
            self.eye = Eye::System(debouncer);
            self.reach_all()
        });
        if let Err(error) = reached {
            self.give_up(&error);
        }
    }

    /// Sees to it that everything that is there now is watched.
    fn reach_all(&mut self) -> notify::Result<()> {
        if let Eye::System(debouncer) = &mut self.eye {
            debouncer.watch(&self.root, RecursiveMode::NonRecursive)?;
        }
        let tops: Vec<PathBuf> = self.scope.folders.iter().chain(&self.scope.files).cloned().collect();
        tops.iter().try_for_each(|top| self.reach(top))
    }

    /// Sees to it that whatever is at a place now is watched.
    fn reach(&mut self, place: &Path) -> notify::Result<()> {
        let Eye::System(debouncer) = &mut self.eye else { return Ok(()) };
        self.links.reach(&self.root, place, &mut |reach| {
            let watched = match reach {
                Reach::Below(folder) => debouncer.watch(folder, RecursiveMode::Recursive),
                // Where its folder is not there either, the nearest that is will tell when it comes.
                Reach::Entry(path) => match path.ancestors().skip(1).find(|folder| folder.is_dir()) {
                    Some(folder) => debouncer.watch(folder, RecursiveMode::NonRecursive),
                    None => Ok(()),
                },
            };
            watched.or_else(sieve::unless_gone)
        })
    }

    /// Looks for changes from now on.
    fn poll(&mut self) {
        self.eye = Eye::Poll(Poll::new(&self.root, &self.scope, &mut self.links));
    }

    /// Looks for changes from now on, and says why.
    fn give_up(&mut self, error: &notify::Error) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(why_polling(error));
        self.poll();
    }
}

fn unwatchable(root: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("serve/unwatchable", format!("`{}` cannot be watched: {error}", root.display()))
        .at(Place::file(root.display()))
        .hint("run it in the folder of a site")
}

/// Says why files are looked at instead of being told of.
fn why_polling(error: &notify::Error) -> Diagnostic {
    let number = match &error.kind {
        ErrorKind::MaxFilesWatch => Some(Errno::NOSPC.raw_os_error()),
        ErrorKind::Io(error) => error.raw_os_error(),
        _ => None,
    };
    let (what, limit, enough, also) = match number {
        Some(number) if number == Errno::NOSPC.raw_os_error() => {
            let also = "other programs of yours count too: editors, file managers, other servers";
            ("watched folders", "max_user_watches", 524_288, also)
        }
        Some(number) if number == Errno::MFILE.raw_os_error() => {
            let also = "a low limit of open files (`ulimit -n`) gives the same answer";
            ("watching programs", "max_user_instances", 1_024, also)
        }
        _ => {
            let message =
                format!("the system does not tell of changes here: {error}; files are looked at once a second");
            return Diagnostic::warning("serve/watch-refused", message)
                .hint("`--poll` looks at them without trying, and without this warning");
        }
    };
    let now = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{limit}")).unwrap_or_default();
    let now = now.trim().parse().map_or(String::new(), |now: u64| format!(", now {now}"));
    let message = format!(
        "the system's limit of {what} is reached (`fs.inotify.{limit}`{now}), so files are looked at once a second"
    );
    Diagnostic::warning("serve/watch-limit", message).with(also).hint(format!(
        "raise it with `sudo sysctl fs.inotify.{limit}={enough}`, and keep it with a line \
             `fs.inotify.{limit}={enough}` in `/etc/sysctl.d/60-watch.conf`; then start again"
    ))
}
