//! `blog drill [DIR]`: breaks copies of the site, and sees whether the guard notices.

use watchpost::check::Rules;
use watchpost::check::sample::sample;
use watchpost::config::{Config, now};
use watchpost::drill::{self, Extent, matrix};
use watchpost::output::manifest_of;

use crate::cli::{Drill, Environment, Format};
use crate::commands::Outcome;
use crate::console::Console;

/// Prints the confusion matrix of reading against looking.
pub(super) fn matrix(arguments: &Drill, environment: &Environment, console: &Console) -> Outcome {
    // A seed that nobody chose is one that nobody has tried.
    let seed = arguments.seed.unwrap_or_else(|| now().as_millisecond().unsigned_abs() % 1_000_000);
    let matrix = matrix::run(seed, usize::from(arguments.cases), &environment.browser)?;
    match console.format() {
        Format::Human => console.data(&matrix.human()),
        _ => console.object("matrix", matrix.json()),
    }
    Ok(matrix.exit())
}

/// Drills the site as it was last built.
pub(super) fn run(arguments: &Drill, config: &Config, environment: &Environment, console: &Console) -> Outcome {
    let folder = arguments.folder.as_deref().unwrap_or(&config.out);
    let manifest = manifest_of(&config.root, folder);
    let scope = arguments.verification.scope(environment);
    let extent = Extent { rules: Rules::ALL, levels: scope.levels, offline: scope.offline };
    let drill = drill::run(config, &sample(folder, manifest.as_ref())?, manifest.as_ref(), &extent)?;
    match console.format() {
        Format::Json => console.object("drill", drill.json()),
        Format::Human => console.data(&drill.human(config)),
    }
    Ok(drill.exit())
}
