//! `blog drill [DIR]`: breaks copies of the site, and sees whether the guard notices.

use watchpost::check::Rules;
use watchpost::check::sample::sample;
use watchpost::config::Config;
use watchpost::drill::{self, Extent};
use watchpost::output::manifest_of;

use crate::cli::{Drill, Environment, Format};
use crate::commands::Outcome;
use crate::console::Console;

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
