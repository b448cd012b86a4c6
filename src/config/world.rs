//! Reads what a configuration takes from the world: `site.toml` and the lock files, the environment, the clock, the
//! current folder. Everything else in `config` is a function of a [`World`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Config, FILE, Overrides, read};
use crate::diagnostic::{Diagnostic, Place};
use crate::ledger;

/// What a configuration depends on besides its text and the command line.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// What the machine's clock says.
    pub now: Timestamp,
    /// The environment, as far as it is UTF-8.
    pub environment: BTreeMap<String, String>,
    /// The current folder, absolute.
    pub current: PathBuf,
    /// The text of `analytics.lock`, if there is one.
    pub lock: Option<Arc<str>>,
    /// The text of `urls.lock`, if there is one.
    pub urls: Option<Arc<str>>,
    /// The text of `feeds.lock`, if there is one.
    pub feeds: Option<Arc<str>>,
}

/// Reads a lock file beside `site.toml`, if it is there.
fn beside(root: &Path, name: &str) -> Result<Option<Arc<str>>, Diagnostic> {
    match std::fs::read_to_string(root.join(name)) {
        Ok(text) => Ok(Some(text.replace("\r\n", "\n").into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("`{name}` cannot be read: {error}");
            Err(Diagnostic::error("config/unreadable", message).at(Place::file(name)))
        }
    }
}

impl World {
    /// Reads it, for the site at `root`.
    fn observe(root: &Path) -> Result<World, Diagnostic> {
        let lock = beside(root, "analytics.lock")?;
        let urls = beside(root, ledger::URLS)?;
        let feeds = beside(root, ledger::FEEDS)?;
        let current = std::env::current_dir()
            .map_err(|error| Diagnostic::error("config/unreadable", format!("the current folder is gone: {error}")))?;
        let now = now();
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(World { now, environment: environment.collect(), current, lock, urls, feeds })
    }
}

/// Says that a folder is no site.
pub fn not_found(root: &Path) -> Diagnostic {
    Diagnostic::error("config/not-found", format!("there is no `{FILE}` in `{}`", root.display()))
        .hint("go to the folder of your site, name it with `--root`, or start one with `blog init`")
}

/// Returns what the machine's clock says.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Reads the site at `root`, all problems at once.
pub fn load(root: &Path, overrides: &Overrides) -> Result<Config, Vec<Diagnostic>> {
    let refuse = |message: String| vec![Diagnostic::error("config/unreadable", message).at(Place::file(FILE))];
    let bytes = match std::fs::read(root.join(FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(vec![not_found(root)]);
        }
        Err(error) => return Err(refuse(format!("`{FILE}` cannot be read: {error}"))),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        refuse(format!("`{FILE}` is not UTF-8: line {line}, byte {at}"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    let world = World::observe(root).map_err(|diagnostic| vec![diagnostic])?;
    read(root, &text, overrides, &world)
}
