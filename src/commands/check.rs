//! `blog check [DIR]`: verifies a folder of finished pages, whoever made them.

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
    if let Some(splay) = arguments.splay.filter(|_| reads_back || asks(&config, &scope)) {
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
    let mut report = asked.judge(folder, manifest.as_ref(), arguments.rules.is_some());
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
