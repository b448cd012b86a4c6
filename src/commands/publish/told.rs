//! Says what a publication does while it does it, and what it came to.

use std::sync::Mutex;
use std::sync::PoisonError;

use watchpost::config::PublishTarget;
use watchpost::publish::{Done, Progress};

use super::data;
use crate::commands::build::size;
use crate::console::{Console, counted};

/// How many files of a dry run are named; `--format json` names all.
const NAMED: usize = 40;

/// Tells of steps: one line each, and on a terminal how far it is.
pub(super) struct Steps<'a> {
    console: &'a Console,
    /// The step, its parts, how many are done, and how many were when it was told last.
    now: Mutex<(String, usize, usize, usize)>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(console: &'a Console) -> Steps<'a> {
        Steps { console, now: Mutex::default() }
    }
}

impl Progress for Steps<'_> {
    fn step(&self, name: &str, parts: usize) {
        if parts == 0 {
            return;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (name.to_owned(), parts, 0, 0);
        let count = if parts > 1 { format!(": {parts}") } else { String::new() };
        self.console.say(format!("  {name}{count}"));
    }

    fn one(&self) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, parts, done, told) = &mut *now;
        *done += 1;
        // On a terminal a bar, drawn a hundred times at most.
        let is_due = *done == *parts || *done - *told >= (*parts / 100).max(1);
        if *parts > 1 && is_due && self.console.bar(name, *done, *parts) {
            *told = *done;
            return;
        }
        // Else a line for every tenth of a long step; a short one is over before anybody reads.
        if *parts >= 200 && *done - *told >= *parts / 10 && *done < *parts {
            *told = *done;
            self.console.say(format!("    {name}: {done} of {parts}"));
        }
    }
}

/// Says what was done, or would be.
pub(super) fn done(target: &PublishTarget, done: &Done, is_dry: bool, console: &Console) {
    let build = done.build.map(|build| format!(" build {}", build.short())).unwrap_or_default();
    let place = if target.to.is_empty() { format!("`{}`", target.name) } else { target.to.clone() };
    if done.is_there {
        console.say(format!("{place} has{build} already: nothing to do\n"));
    } else if is_dry {
        for (path, bytes, class) in done.writes.iter().take(NAMED) {
            console.say(format!("  write   {path} ({}, {})", size(*bytes), class.name()));
        }
        if done.writes.len() > NAMED {
            console.say(format!("  and {} more to write; `--format json` names all", done.writes.len() - NAMED));
        }
        done.removes.iter().take(NAMED).for_each(|path| console.say(format!("  remove  {path}")));
        done.given_up
            .iter()
            .take(NAMED)
            .for_each(|path| console.say(format!("  give up {path}: the next deployment removes it")));
        let first = if done.is_first { "; nothing was published there before" } else { "" };
        console.say(format!("{place} would get{build}: {}{first}\n", counted(done.writes.len(), "file")));
    } else if target.to.is_empty() {
        let hint = match target.kind.as_str() {
            "netlify" => "netlify deploy --prod --dir public",
            _ => "wrangler pages deploy public",
        };
        console.say(format!("{place}:{build} keeps the host's limits; its own tool sends it: `{hint}`\n"));
    } else {
        let first = if done.is_first { ", the first deployment there" } else { "" };
        let bytes = u64::try_from(done.bytes).unwrap_or(u64::MAX);
        console.say(format!(
            "published{build} to {place}{first}: {} sent ({}), {} there already, {} removed, {} given up\n",
            counted(done.uploaded, "file"),
            size(bytes),
            done.kept,
            done.removed,
            done.given_up.len()
        ));
    }
    console.object("publish", data(target, done));
}
