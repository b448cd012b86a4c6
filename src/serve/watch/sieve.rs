//! A watcher round the system's: it lets through what the debouncer is to see, and enters folders by itself.
//!
//! The system's own recursion would enter `.git` and `node_modules` of a theme, would follow links out of the site, and
//! forgets to watch the folders that were made while its queue ran over.

use std::io;
use std::path::Path;
use std::time::Instant;

use notify::{Config, ErrorKind, Event, EventHandler, RecursiveMode, Result, Watcher, WatcherKind};

use super::GATHER;
use super::places::walk;
use super::translate::plain;

/// A watcher whose events are [`plain`].
#[derive(Debug)]
pub(super) struct Sieve<W>(W);

impl<W: Watcher> Watcher for Sieve<W> {
    fn new<F: EventHandler>(mut handler: F, config: Config) -> Result<Self> {
        let start = Instant::now();
        let watcher = W::new(
            move |event: Result<Event>| match event {
                Ok(event) => {
                    let slice = start.elapsed().as_millis() / GATHER.as_millis();
                    plain(event, slice).into_iter().for_each(|event| handler.handle_event(Ok(event)));
                }
                Err(error) => handler.handle_event(Err(error)),
            },
            config,
        )?;
        Ok(Sieve(watcher))
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> Result<()> {
        // Elsewhere a watch of a whole tree is one, and cheap.
        if mode == RecursiveMode::NonRecursive || W::kind() != WatcherKind::Inotify {
            return self.0.watch(path, mode);
        }
        let mut enter = |folder: &Path| self.0.watch(folder, RecursiveMode::NonRecursive).or_else(unless_gone);
        walk(path, &mut enter, &mut |_, _| {})
    }

    fn unwatch(&mut self, path: &Path) -> Result<()> {
        self.0.unwatch(path)
    }

    fn configure(&mut self, config: Config) -> Result<bool> {
        self.0.configure(config)
    }

    fn kind() -> WatcherKind {
        W::kind()
    }
}

/// Forgives that a folder is gone again, or closed to us: the first is told by its parent, the second by `source`.
pub(super) fn unless_gone(error: notify::Error) -> Result<()> {
    match &error.kind {
        ErrorKind::PathNotFound => Ok(()),
        ErrorKind::Io(cause) => match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => Ok(()),
            _ => Err(error),
        },
        _ => Err(error),
    }
}
