//! `blog upgrade`: writes today's names of keys and templates into a site's sources.

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::Exit;
use watchpost::source;
use watchpost::upgrade::{self, Plan};

use crate::cli::Format;
use crate::cli::upkeep::Upgrade;
use crate::commands::Outcome;
use crate::commands::carry::{self, Change};
use crate::console::{Console, counted, printable};

/// Plans, shows, and carries out.
pub(super) fn run(arguments: &Upgrade, config: &Config, console: &Console) -> Outcome {
    let plan = upgrade::plan(config, &source::scan(config)?)?;
    let mut changes: Vec<Change> = Vec::new();
    for (path, file) in &plan.files {
        changes.push(carry::change(config, path, &file.text, &file.edits).map_err(|problem| vec![*problem])?);
    }
    if !arguments.dry_run {
        carry::out(config, &plan.moves, &changes, "upgrade/failed")?;
    }
    console.diagnostics(&plan.left);
    tell(arguments, &plan, console);
    Ok(Exit::Success)
}

/// Says what changes: a line for each, with file and line.
fn tell(arguments: &Upgrade, plan: &Plan, console: &Console) {
    let mut count = plan.moves.len();
    for (path, file) in &plan.files {
        for step in &file.steps {
            count += 1;
            if console.format() == Format::Human {
                let (old, new) = (printable(&step.old), printable(&step.new));
                console.data(&match step.new.is_empty() {
                    true => format!("{}:{}: -{old}\n", printable(path), step.line),
                    false => format!("{}:{}: {old} -> {new}\n", printable(path), step.line),
                });
            }
            let done = !arguments.dry_run;
            console.object(
                "upgrade",
                json!({ "file": path, "line": step.line, "old": step.old, "new": step.new, "done": done }),
            );
        }
    }
    for (from, to) in &plan.moves {
        if console.format() == Format::Human {
            console.data(&format!("rename {} -> {}\n", printable(from), printable(to)));
        }
        console.object(
            "upgrade",
            json!({ "file": from, "line": null, "old": from, "new": to, "done": !arguments.dry_run }),
        );
    }
    let files = plan.files.len() + plan.moves.iter().filter(|(from, _)| !plan.files.contains_key(from)).count();
    console.say(match (count, arguments.dry_run) {
        (0, _) => "everything has today's name; nothing to change".to_owned(),
        (_, true) => format!("would change {} in {}", counted(count, "name"), counted(files, "file")),
        (_, false) => format!("changed {} in {}", counted(count, "name"), counted(files, "file")),
    });
}
