//! The proof of a move: what became of each address of the old site.

use std::path::{Path, PathBuf};

use serde_json::json;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::import::proof::{Fate, Old, Row, prove};
use watchpost::import::sites;
use watchpost::output::manifest_of;
use watchpost::paths::Route;

use crate::cli::moving_in::Import;
use crate::commands::load;
use crate::console::{Console, counted, printable};

/// How many addresses of a kind are named to a person; `--format json` names all.
const NAMED: usize = 30;

/// Reads both sites, compares them, and tells.
pub(super) fn run(
    all: &[PathBuf],
    site: &Path,
    arguments: &Import,
    console: &Console,
) -> Result<Exit, Vec<Diagnostic>> {
    let config = load(site, &arguments.site)?;
    if manifest_of(&config.root, &config.out).is_none() {
        let message = format!("the new site is not built: there is nothing of ours in `{}`", config.out.display());
        return Err(vec![Diagnostic::error("import/unbuilt", message).hint("run `blog build`, then prove again")]);
    }
    let mut old = Old::default();
    let mut problems = Vec::new();
    for path in all {
        problems.extend(sites::old(path, &config.base_url, &mut old).err().into_iter().flatten());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut new = sites::new(&config.out, &config.base_url)?;
    let is_given_up = |address: &&String| {
        Route::new(address.as_str()).is_ok_and(|route| config.gone.iter().any(|rule| rule.covers(&route)))
    };
    new.given_up = old.addresses.iter().chain(&old.feeds).filter(is_given_up).cloned().collect();
    let rows = prove(&old, &new);
    tell(&rows, console);
    let lost: Vec<&Row> = rows.iter().filter(|row| row.is_lost()).collect();
    if lost.is_empty() {
        return Ok(Exit::Success);
    }
    let message = format!("{} of the old site would be lost to readers", counted(lost.len(), "address"));
    let hint = "give the post the `path` or an entry in `aliases`, and the `id`, that it had";
    console.diagnostics(&[Diagnostic::error("import/lost", message).hint(hint)]);
    Ok(Exit::Site)
}

fn tell(rows: &[Row], console: &Console) {
    let of = |is_wanted: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is_wanted(row)).collect::<Vec<_>>();
    let lost = of(&|row| row.fate == Fate::Lost);
    let redirected = of(&|row| matches!(row.fate, Fate::Redirected { .. }));
    let differing = of(&|row| !row.differs.is_empty());
    let named = |head: &str, rows: &[&Row], line: &dyn Fn(&Row) -> String| {
        if rows.is_empty() {
            return;
        }
        console.say(format!("{head}:"));
        rows.iter().take(NAMED).for_each(|row| console.say(format!("  {}", line(row))));
        if rows.len() > NAMED {
            console.say(format!("  and {} more; `--format json` names all", rows.len() - NAMED));
        }
    };
    named("lost", &lost, &|row| printable(&row.address).to_string());
    let given_up = of(&|row| row.fate == Fate::GivenUp);
    named("given up by `[[gone]]`", &given_up, &|row| printable(&row.address).to_string());
    named("lead on", &redirected, &|row| match &row.fate {
        Fate::Redirected { to } => format!("{} to {}", printable(&row.address), printable(to)),
        Fate::Kept | Fate::GivenUp | Fate::Lost => printable(&row.address).to_string(),
    });
    named("kept, but not the same", &differing, &|row| {
        let parts: Vec<String> = row
            .differs
            .iter()
            .map(|(what, old, new)| format!("{what} `{}`, now `{}`", printable(old), printable(new)))
            .collect();
        format!("{}: {}", printable(&row.address), parts.join("; "))
    });
    let kept = rows.iter().filter(|row| row.fate == Fate::Kept).count();
    let all = rows.len();
    console.say(format!(
        "of {}: {kept} kept, {} lead on, {} given up, {} lost\n",
        counted(all, "old address"),
        redirected.len(),
        given_up.len(),
        lost.len()
    ));
    console.object(
        "proof",
        json!({"addresses": all, "kept": kept, "redirected": redirected.len(), "given_up": given_up.len(), "lost": lost.len(), "rows": rows}),
    );
}
