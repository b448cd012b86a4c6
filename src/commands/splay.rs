//! `--splay SECONDS`: waits for this machine's place in a fleet before any server is asked.
//!
//! The place follows from what tells this machine and site from others. Where the system tells nothing, it is left to chance.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use watchpost::guard::splay::place;

use crate::console::Console;

/// What tells machines apart: the second one is a container's own, where the first came with its image.
const NAMES: [&str; 2] = ["/etc/machine-id", "/proc/sys/kernel/hostname"];

/// Waits for this machine's place within a span, and says so.
pub(super) fn wait(span: Duration, root: &Path, console: &Console) {
    let wait = place(&machine(root), span);
    let (seconds, of) = (wait.as_secs_f64(), span.as_secs());
    console.say(format!(
        "waiting {seconds:.1} s of at most {of} s before any server is asked: `--splay` gives each machine its own place\n"
    ));
    console
        .object("waiting", json!({"milliseconds": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), "splay": of}));
    std::thread::sleep(wait);
}

/// Returns what tells this machine and site from others.
fn machine(root: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        NAMES.iter().filter_map(|file| Some(fs::read_to_string(file).ok()?.trim().to_owned())).collect();
    if names.iter().all(String::is_empty) {
        // No name at all: another place each time is better than everybody's first.
        names.push(RandomState::new().hash_one(0).to_string());
    }
    // A machine with several sites asks for one after the other.
    names.push(fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()).display().to_string());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_of_one_machine_have_places_of_their_own() {
        let of = |root: &str| machine(Path::new(root));
        assert_ne!(of("/srv/one"), of("/srv/other"));
        assert!(of("/srv/one").len() >= 2);
    }
}
