//! `blog check [DIR]`: verifies a folder of finished pages, whoever made them, and with `--live` the site on the web.

pub(super) mod init;
pub(super) mod live;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use watchpost::config::{Config, FILE};
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::output::manifest_of;
use watchpost::verdict::GuardLevel;
use watchpost::verification::{Asking, Scope};

use crate::cli::{Check, Environment};
use crate::commands::{Outcome, load, splay};
use crate::console::Console;

/// Writes the settings of another generator's site. A folder above may be a site of ours: this is about the one at hand,
/// unless another is named.
pub(super) fn init(
    what: &str,
    arguments: &Check,
    root: Option<&Path>,
    environment: &Environment,
    console: &Console,
) -> Outcome {
    let root = match (&arguments.config, root) {
        (Some(file), _) => folder_of(file)?,
        (None, Some(root)) => root.to_owned(),
        (None, None) => PathBuf::from("."),
    };
    init::run(what, arguments, &root, environment, console)
}

/// Asks the servers, judges the folder and reports.
pub(super) fn run(arguments: &Check, root: &Path, environment: &Environment, console: &Console) -> Outcome {
    let root = match &arguments.config {
        Some(file) => folder_of(file)?,
        None => root.to_owned(),
    };
    let mut config = load(&root, &arguments.site)?;
    let scope = arguments.verification.scope(environment);
    let reads_back =
        arguments.read_back || scope.levels.as_ref().is_some_and(|levels| levels.contains(&GuardLevel::L5));
    let live = live::wanted(arguments, &config)?;
    if let Some(splay) = arguments.splay.filter(|_| reads_back || live.is_some() || asks(&config, &scope)) {
        // A mistake in the settings was told at once; what counts as now is read when the wait is over.
        splay::wait(Duration::from_secs(splay), &root, console);
        config = load(&root, &arguments.site)?;
    }
    let config = Arc::new(config);
    console.diagnostics(&config.warnings);
    let folder = arguments.folder.as_deref().unwrap_or(&config.out);
    let asking = Asking::begin(&config, &scope)?;
    let manifest = manifest_of(&config.root, folder);
    let mut asked = asking.join();
    let mut report = match live {
        None => asked.judge(folder, manifest.as_ref(), arguments.rules.is_some()),
        Some(base) => {
            // A folder of another generator's may be of any age: it is judged if it is named.
            let is_judged = manifest.is_some() || arguments.folder.is_some();
            let written = is_judged.then(|| asked.judge(folder, manifest.as_ref(), arguments.rules.is_some()));
            let deployed =
                live::Deployed { config: &config, base, folder, manifest: manifest.as_ref(), all: arguments.all };
            live::verify(deployed, &asked, written, environment)
        }
    };
    if reads_back {
        asked.read_back(&mut report);
    }
    if arguments.browser {
        asked.browse(folder, manifest.as_ref(), &environment.browser, &mut report);
    }
    let remembered = asked.remember(&report);
    console.report(&report);
    remembered.map(|()| Exit::worst([report.exit()]))
}

/// Returns whether a run asks any server.
fn asks(config: &Config, scope: &Scope) -> bool {
    const ASKING: [GuardLevel; 3] = [GuardLevel::L1, GuardLevel::L3, GuardLevel::L4];
    let wanted = scope.levels.as_ref().is_none_or(|levels| ASKING.iter().any(|level| levels.contains(level)));
    !scope.offline && wanted && !config.analytics.is_empty()
}

/// Returns the folder of a settings file.
fn folder_of(file: &Path) -> Result<PathBuf, Vec<Diagnostic>> {
    if file.is_dir() {
        return Ok(file.to_owned());
    }
    if file.file_name().is_none_or(|name| name != FILE) {
        let message = format!("`{}` is not named `{FILE}`", file.display());
        return Err(vec![
            Diagnostic::error("usage/arguments", message).hint(format!("write `--config FOLDER/{FILE}`")),
        ]);
    }
    Ok(match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    })
}
