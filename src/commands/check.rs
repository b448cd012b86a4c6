//! `blog check [DIR]`: verifies a folder of finished pages, whoever made them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchpost::config::FILE;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::output::manifest_of;
use watchpost::verdict::GuardLevel;
use watchpost::verification::Asking;

use crate::cli::{Check, Environment};
use crate::commands::{Outcome, load};
use crate::console::Console;

/// Asks the servers, judges the folder and reports.
pub(super) fn run(arguments: &Check, root: &Path, environment: &Environment, console: &Console) -> Outcome {
    let root = match &arguments.config {
        Some(file) => folder_of(file)?,
        None => root.to_owned(),
    };
    let config = Arc::new(load(&root, &arguments.site)?);
    console.diagnostics(&config.warnings);
    let folder = arguments.folder.as_deref().unwrap_or(&config.out);
    let scope = arguments.verification.scope(environment);
    let reads_back =
        arguments.read_back || scope.levels.as_ref().is_some_and(|levels| levels.contains(&GuardLevel::L5));
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
