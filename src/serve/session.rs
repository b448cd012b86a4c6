//! Owns one run of the preview, from its start to Ctrl-C: changes come in, editions go out.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use url::Url;

use super::front::{self, Listen};
use super::host::Host;
use super::stats;
use super::watch::{self, Changes, Watched, Watching};
use crate::config::{self, FILE, Overrides};
use crate::diagnostic::Diagnostic;
use crate::paths::SourcePath;
use crate::preview::{self, Changed, Edition, Preview};
use crate::render::Site;

/// The folders that a site is made from.
const FOLDERS: [&str; 7] = ["content", "data", "i18n", "sass", "static", "templates", "themes"];
/// The files beside them.
const FILES: [&str; 2] = [FILE, "analytics.lock"];

/// How long a run waits at most before it looks at the clock.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a preview is asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The site's folder.
    pub root: PathBuf,
    /// What is set over `site.toml`.
    pub overrides: Overrides,
    /// Where to listen.
    pub listen: Listen,
    /// Whether to look for changes once a second instead of being told.
    pub poll: bool,
    /// Whether browsers go to the page of the file that was saved.
    pub navigate: bool,
    /// What it was started with, as it would be typed again.
    pub flags: Vec<String>,
}

/// What there is to say while it runs.
#[derive(Debug)]
pub enum Notice<'a> {
    /// It answers.
    Ready {
        /// The address of the home page.
        home: Url,
        /// The digest of the certificate, if TLS is spoken.
        fingerprint: Option<String>,
        /// How many addresses the site has, posts that are shown, and posts that are not.
        counts: [usize; 3],
        /// How long it took to get there.
        took: Duration,
    },
    /// Something changed, and is shown.
    Changed {
        /// How many files the change was told of; none if everything was read again.
        files: Option<usize>,
        /// How long it took.
        took: Duration,
    },
    /// What is worth saying, or wrong, now.
    Diagnostics(&'a [Diagnostic]),
    /// Nothing is wrong any more.
    Mended,
}

/// What the run waits for.
enum Message {
    Changes(Changes),
    End,
}

/// Ends a run from elsewhere.
#[derive(Debug, Clone)]
pub struct Stop(Sender<Message>);

impl Stop {
    /// Ends it.
    pub fn now(&self) {
        // Nobody listens any more if it has ended.
        let _ = self.0.send(Message::End);
    }
}

/// Serves a site until it is stopped. `stoppable` gets the means to end it before anything else happens.
pub fn run(
    settings: &Settings,
    stoppable: impl FnOnce(Stop),
    mut tell: impl FnMut(Notice<'_>),
) -> Result<(), Vec<Diagnostic>> {
    let began = Instant::now();
    if !settings.root.join(FILE).is_file() {
        return Err(vec![config::not_found(&settings.root)]);
    }
    let (sender, receiver) = channel();
    stoppable(Stop(sender.clone()));
    let door = front::listen(&settings.listen).map_err(|problem| vec![problem])?;
    let origin = door.origin();
    let fingerprint = door.fingerprint();
    // Watched before it is read, so that no change falls between the two.
    let watched = Watched { root: &settings.root, folders: &FOLDERS, files: &FILES, poll: settings.poll };
    let watching = watch::watch(&watched, move |changes| drop(sender.send(Message::Changes(changes))))
        .map_err(|problem| vec![problem])?;
    let place = preview::Place { origin: origin.clone(), endpoint: stats::endpoint };
    let preview = Preview::open(&settings.root, &settings.overrides, place);
    let host = Arc::new(Host::new(&origin, preview.edition().clone(), settings.flags.clone()));
    let running = door.open(Arc::clone(&host) as Arc<_>);

    let site = preview.edition().site.as_deref();
    let home = site.map_or_else(|| origin.clone(), |site| site.config.base_url.url().clone());
    let counts = site.map_or([0; 3], counts);
    tell(Notice::Ready { home, fingerprint, counts, took: began.elapsed() });
    tell(Notice::Diagnostics(&preview.advice()));
    let mut session = Session { preview, host, navigate: settings.navigate, watching, noted: Vec::new() };
    session.say_notes(&mut tell);
    session.say_problems(&mut tell, false);
    session.follow(&receiver, &mut tell);
    drop(running);
    // What it holds is as long as the blog; whoever pressed Ctrl-C does not wait for it to be given back.
    std::mem::forget(session);
    Ok(())
}

fn counts(site: &Site) -> [usize; 3] {
    [site.library.routes.len(), site.library.newest.len(), site.library.hidden.len()]
}

struct Session {
    preview: Preview,
    host: Arc<Host>,
    navigate: bool,
    watching: Watching,
    /// What the watch has said so far.
    noted: Vec<Diagnostic>,
}

/// Returns the next changes, with those that came in meanwhile; none of any file once a post appears or goes by itself;
/// nothing when the run is to end.
fn next(receiver: &Receiver<Message>, turn: Option<Duration>) -> Option<Changes> {
    let mut changes = match receiver.recv_timeout(turn.unwrap_or(A_DAY).min(A_DAY)) {
        Ok(Message::Changes(changes)) => changes,
        Err(RecvTimeoutError::Timeout) => Changes::Paths(BTreeSet::new()),
        Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return None,
    };
    while let Ok(message) = receiver.try_recv() {
        match (message, &mut changes) {
            (Message::End, _) => return None,
            (Message::Changes(Changes::Paths(more)), Changes::Paths(paths)) => paths.extend(more),
            (Message::Changes(_), changes) => *changes = Changes::Everything,
        }
    }
    Some(changes)
}

impl Session {
    fn follow(&mut self, receiver: &Receiver<Message>, tell: &mut impl FnMut(Notice<'_>)) {
        while let Some(changes) = next(receiver, self.preview.next_turn()) {
            self.say_notes(tell);
            let began = Instant::now();
            let was_wrong = !self.preview.edition().problems.is_empty();
            let (files, changed) = match &changes {
                Changes::Everything => (None, Some(self.preview.reload())),
                Changes::Paths(paths) => (Some(paths.len()), self.preview.follow(paths)),
            };
            let Some(changed) = changed else { continue };
            let edition = self.preview.edition().clone();
            let open = self.navigate.then(|| page_of(&edition, &changed)).flatten();
            self.host.show(edition, &changed, open.as_deref());
            tell(Notice::Changed { files, took: began.elapsed() });
            self.say_problems(tell, was_wrong);
        }
    }

    /// Says what the watch has to say that was not said yet.
    fn say_notes(&mut self, tell: &mut impl FnMut(Notice<'_>)) {
        let notes = self.watching.notes();
        let fresh: Vec<Diagnostic> = notes.iter().filter(|note| !self.noted.contains(note)).cloned().collect();
        if !fresh.is_empty() {
            tell(Notice::Diagnostics(&fresh));
        }
        self.noted = notes;
    }

    fn say_problems(&mut self, tell: &mut impl FnMut(Notice<'_>), was_wrong: bool) {
        let problems = &self.preview.edition().problems;
        match problems.is_empty() {
            true if was_wrong => tell(Notice::Mended),
            true => {}
            false => tell(Notice::Diagnostics(problems)),
        }
    }
}

/// Returns the link to the page of the file that was saved, if it was one.
fn page_of(edition: &Edition, changed: &Changed) -> Option<String> {
    let [source]: &[SourcePath; 1] = changed.posts.as_slice().try_into().ok()?;
    let site = edition.site.as_deref()?;
    let (library, id) = site.library.find_anywhere(source)?;
    let route = library.route(id);
    Some(site.config.base_url.link(route))
}
