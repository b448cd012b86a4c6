//! `blog clean`: removes what builds have written, and names what it leaves.

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::Exit;
use watchpost::output;

use crate::commands::Outcome;
use crate::console::{Console, counted};

/// How many files that were left are named to a person.
const SHOWN: usize = 20;

/// Removes them.
pub(super) fn run(config: &Config, console: &Console) -> Outcome {
    let folder = config.out.strip_prefix(&config.root).unwrap_or(&config.out).display();
    let cleaned = output::clean(&config.root, &config.out)?;
    console.say(match cleaned.files {
        0 => format!("`{folder}` holds nothing of ours"),
        count => format!("removed {} from `{folder}`", counted(count, "file")),
    });
    if cleaned.state {
        console.say("removed `.blog/`: the next build has no memory of earlier ones");
    }
    if !cleaned.left.is_empty() {
        console.say(format!("left {}, which no build of this site has written:", counted(cleaned.left.len(), "file")));
        cleaned.left.iter().take(SHOWN).for_each(|path| console.say(format!("  {folder}/{path}")));
        if cleaned.left.len() > SHOWN {
            console.say(format!("  and {} more", cleaned.left.len() - SHOWN));
        }
    }
    console.object("clean", json!({"removed": cleaned.files, "left": cleaned.left, "state": cleaned.state}));
    Ok(Exit::Success)
}
