//! The part of `blog lock` that keeps `urls.lock`: what the last build published against what was ever published.
//!
//! Asks no server. Only adds; an address leaves the file by hand alone.

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::Diagnostic;
use watchpost::ledger::{Addresses, URLS};
use watchpost::output;

use crate::console::{Console, counted};

/// How many new addresses are named.
const NAMED: usize = 10;

/// Compares, and merges what is new if that is asked for. `begin` says whether a ledger may be begun.
pub(super) fn run(config: &Config, accept: bool, begin: bool, console: &Console) -> Result<(), Vec<Diagnostic>> {
    let known = config.urls.as_deref();
    if known.is_none() && !begin {
        console.say(format!(
            "there is no `{URLS}`: no address that was published once is kept; `blog lock --urls --accept` begins one\n"
        ));
        return Ok(());
    }
    let Some(manifest) = output::manifest_of(&config.root, &config.out) else {
        if begin {
            let message = "no build is known here whose addresses could be taken";
            return Err(vec![Diagnostic::error("urls/no-build", message).hint("run `blog build` first")]);
        }
        console.say(format!("`{URLS}`: nothing to compare with, because no build is known here\n"));
        return Ok(());
    };
    let published = Addresses::of(&manifest);
    let mut merged = known.cloned().unwrap_or_default();
    let new: Vec<String> =
        published.rows.keys().filter(|route| !merged.rows.contains_key(*route)).map(ToString::to_string).collect();
    merged.merge(&published);
    let text = merged.to_text();
    let is_changed = known.is_none_or(|known| known.to_text() != text);
    console.object(
        "urls",
        json!({"exists": known.is_some(), "accepted": accept, "known": merged.rows.len() - new.len(), "new": new}),
    );
    let counts = format!("{}, {} of them new", counted(merged.rows.len(), "address"), new.len());
    if !accept {
        console.say(format!("`{URLS}`: {counts}"));
        new.iter().take(NAMED).for_each(|route| console.say(format!("  new: {route}")));
        if new.len() > NAMED {
            console.say(format!("  and {} more", new.len() - NAMED));
        }
        if is_changed {
            console.say("`blog lock --accept` keeps them");
        }
        console.say("");
        return Ok(());
    }
    if is_changed {
        output::write_lock(&config.root, URLS, &text)?;
        console.say(format!("wrote `{URLS}`: {counts}; look at it and commit it\n"));
    } else {
        console.say(format!("`{URLS}` has every address already: {counts}\n"));
    }
    Ok(())
}
