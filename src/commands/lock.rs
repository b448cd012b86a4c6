//! `blog lock`: what is deployed against what is locked; `--accept` locks what is deployed.

mod urls;

use std::sync::Arc;

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit, Place};
use watchpost::guard::{self, Difference, Unlockable};
use watchpost::lock::Lock as LockFile;
use watchpost::output;
use watchpost::verification::{Asking, LOCK, Scope};

use crate::cli::{Environment, Lock};
use crate::commands::Outcome;
use crate::console::{Console, counted, printable};

/// Asks the servers, shows the difference, and takes it over if that is asked for.
pub(super) fn run(arguments: &Lock, config: Config, environment: &Environment, console: &Console) -> Outcome {
    let config = Arc::new(config);
    console.diagnostics(&config.warnings);
    urls::run(&config, arguments.accept, arguments.urls, console)?;
    if arguments.urls {
        return Ok(Exit::Success);
    }
    if config.analytics.is_empty() {
        console.say("`site.toml` has no `[analytics]`, so there is nothing to lock");
        return Ok(Exit::Success);
    }
    let scope = Scope { network: environment.network.clone(), ..Scope::default() };
    let asked = Asking::begin(&config, &scope)?.join();
    let found = guard::lock_of(&config, &asked.answers).map_err(|reasons| unverified(&reasons))?;
    let accepted = guard::accept(asked.lock.as_ref(), found, &config);
    let differences = guard::compare(&asked.lock.clone().unwrap_or_default(), &accepted);
    console.object(
        "lock",
        json!({
            "exists": asked.lock.is_some(), "accepted": arguments.accept,
            "differences": differences.iter().map(|one| {
                json!({"key": one.key, "locked": one.locked, "found": one.found})
            }).collect::<Vec<_>>(),
        }),
    );
    asked.answers.notes.iter().for_each(|note| console.say(note));
    if asked.lock.is_some() {
        differences.iter().for_each(|difference| console.say(words(difference)));
    }
    match (&asked.lock, differences.is_empty()) {
        (Some(_), true) => {
            console.say(format!("what is deployed is what `{LOCK}` says"));
            Ok(Exit::Success)
        }
        _ if arguments.accept => accept(&config, &accepted, console),
        (None, _) => {
            console.say(format!("there is no `{LOCK}` yet; `blog lock --accept` writes what is deployed now"));
            Ok(Exit::Success)
        }
        (Some(_), false) => {
            let message = format!("what is deployed differs from `{LOCK}` in {}", counted(differences.len(), "fact"));
            Err(vec![
                Diagnostic::error("lock/differs", message)
                    .at(Place::file(LOCK))
                    .hint("if that is on purpose, take it over with `blog lock --accept` and commit the file"),
            ])
        }
    }
}

/// Writes the lock and says so.
fn accept(config: &Config, lock: &LockFile, console: &Console) -> Outcome {
    output::write_lock(&config.root, LOCK, &lock.to_text())?;
    console.say(format!("wrote `{LOCK}`; look at it and commit it"));
    Ok(Exit::Success)
}

/// Returns one difference in words.
fn words(difference: &Difference) -> String {
    let side = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), printable);
    format!("{}\n  locked: {}\n  found:  {}", difference.key, side(&difference.locked), side(&difference.found))
}

/// Says which tables could not be told.
fn unverified(reasons: &[Unlockable]) -> Vec<Diagnostic> {
    let diagnostic = |reason: &Unlockable| {
        Diagnostic::error("lock/unverified", format!("{}: {}", reason.table, reason.why))
            .hint("`blog check` says more; try again when the server answers")
    };
    reasons.iter().map(diagnostic).collect()
}
