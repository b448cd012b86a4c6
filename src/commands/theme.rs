//! `blog theme`: which themes there are, and whether one keeps what it owes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use watchpost::config::{self, Overrides};
use watchpost::diagnostic::{Diagnostic, Exit, did_you_mean};
use watchpost::kit::{self, Finished, SITES};
use watchpost::output::manifest_of;
use watchpost::theme_embedded::{self, THEMES};
use watchpost::verification::Scope;
use watchpost::{Request, build};

use crate::cli::{Theme, ThemeAction, ThemeCheck};
use crate::commands::Outcome;
use crate::console::{Console, counted};

/// Where a theme is.
struct Found {
    name: String,
    /// Its folder; none if only the program has it.
    folder: Option<PathBuf>,
}

/// Does what was asked.
pub(super) fn run(arguments: &Theme, root: &Path, console: &Console) -> Outcome {
    match &arguments.action {
        ThemeAction::List => list(root, console),
        ThemeAction::Check(arguments) => check(arguments, root, console),
    }
}

/// Names the themes of the program and those in `themes/`.
fn list(root: &Path, console: &Console) -> Outcome {
    for (name, place, description) in all(root) {
        console.data(&format!("{name:<12} {place:<10} {description}\n"));
        console.object("theme", json!({"name": name, "place": place, "description": description}));
    }
    Ok(Exit::Success)
}

/// Returns name, place and description of each theme, by name.
fn all(root: &Path) -> Vec<(String, &'static str, String)> {
    let mut themes: Vec<(String, &'static str, String)> = Vec::new();
    for entry in fs::read_dir(root.join("themes")).into_iter().flatten().flatten() {
        let settings = fs::read_to_string(entry.path().join("theme.toml"));
        if let (Ok(settings), Some(name)) = (settings, entry.file_name().to_str()) {
            themes.push((name.to_owned(), "themes/", described(&settings)));
        }
    }
    for (name, files) in THEMES {
        let settings =
            files.iter().find(|(path, _)| *path == "theme.toml").map(|(_, bytes)| *bytes).unwrap_or_default();
        if !themes.iter().any(|(known, ..)| known == name) {
            themes.push(((*name).to_owned(), "built in", described(&String::from_utf8_lossy(settings))));
        }
    }
    themes.sort();
    themes
}

fn described(settings: &str) -> String {
    let table: toml::Table = settings.parse().unwrap_or_default();
    table.get("description").and_then(toml::Value::as_str).unwrap_or_default().to_owned()
}

/// Builds the trial sites with a theme and judges their pages.
fn check(arguments: &ThemeCheck, root: &Path, console: &Console) -> Outcome {
    let theme = find(arguments, root)?;
    let place = tempfile::tempdir().map_err(|error| refused("a folder for the trial", &error))?;
    if let Some(keep) = &arguments.keep {
        fs::create_dir(keep).map_err(|error| refused(&format!("`{}`", keep.display()), &error))?;
    }
    let mut found = Vec::new();
    let mut count = 0;
    for site in SITES {
        let root = place.path().join(site.name);
        for (path, text) in site.files(&theme.name) {
            let path = root.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| refused("the trial site", &error))?;
            fs::write(path, text).map_err(|error| refused("the trial site", &error))?;
        }
        if let Some(folder) = &theme.folder {
            copy(folder, &root.join("themes").join(&theme.name)).map_err(|error| refused("the theme", &error))?;
        }
        // Its own day: a theme is judged the same whenever it is.
        let clock = Some("2026-06-01".to_owned());
        let out = arguments.keep.as_ref().map_or_else(|| root.join("public"), |keep| keep.join(site.name));
        let out = if out.is_absolute() { out } else { std::env::current_dir().unwrap_or_default().join(out) };
        let settings = config::load(&root, &Overrides { clock, out: Some(out.clone()), ..Overrides::default() })?;
        let base = settings.base_url.url().clone();
        let request = Request { scope: Scope { offline: true, ..Scope::default() }, ..Request::default() };
        let outcome = build(settings, &request);
        found.extend(
            outcome
                .diagnostics
                .into_iter()
                .filter(|one| one.exit() != Exit::Success || one.code.starts_with("template/")),
        );
        if let Some(report) = outcome.report.filter(|report| report.exit() != Exit::Success) {
            console.report(&report);
            let message = format!("the trial site `{}` does not hold: see the report above", site.name);
            found.push(Diagnostic::error("theme/refused", message));
        }
        let Some(manifest) = manifest_of(&root, &out) else { continue };
        let mut files = Vec::new();
        for (path, entry) in &manifest.files {
            let bytes = fs::read(out.join(path)).map_err(|error| refused(&format!("`{path}`"), &error))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.push(Finished { path: path.clone(), kind: entry.kind, layout: entry.layout.clone(), text });
        }
        count += files.len();
        found.extend(kit::judge(site, &base, &files));
    }
    console.diagnostics(&found);
    let exit = Exit::worst(found.iter().map(Diagnostic::exit));
    if exit == Exit::Success {
        let sites = counted(SITES.len(), "site");
        console.say(format!("`{}` holds on {count} files of {sites} with every kind of page", theme.name));
    }
    console.object("theme", json!({"name": theme.name, "files": count, "exit": exit.code()}));
    Ok(exit)
}

/// Returns the theme that is meant.
fn find(arguments: &ThemeCheck, root: &Path) -> Result<Found, Vec<Diagnostic>> {
    let name = match &arguments.theme {
        Some(name) => name.clone(),
        None => config::load(root, &Overrides::default())?.theme,
    };
    let inside = root.join("themes").join(&name);
    if !name.is_empty() && !name.contains(['/', '\\']) && inside.join("theme.toml").is_file() {
        return Ok(Found { name, folder: Some(inside) });
    }
    if theme_embedded::find(&name).is_some() {
        return Ok(Found { name, folder: None });
    }
    let folder = PathBuf::from(&name);
    let own = fs::canonicalize(&folder).ok().and_then(|folder| Some(folder.file_name()?.to_str()?.to_owned()));
    if let Some(own) = own.filter(|_| folder.join("theme.toml").is_file()) {
        return Ok(Found { name: own, folder: Some(folder) });
    }
    let known = all(root);
    let hint = match did_you_mean(&name, known.iter().map(|(name, ..)| name.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "name a theme of `blog theme list`, or a folder that has a `theme.toml`".to_owned(),
    };
    Err(vec![Diagnostic::error("theme/unknown", format!("there is no theme `{name}`")).hint(hint)])
}

/// Copies the files of a theme; links and hidden files are none of it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let target = to.join(entry.file_name());
        match () {
            () if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
            () if kind.is_dir() => copy(&entry.path(), &target)?,
            () if kind.is_file() => fs::copy(entry.path(), target).map(drop)?,
            () => {}
        }
    }
    Ok(())
}

fn refused(what: &str, error: &std::io::Error) -> Vec<Diagnostic> {
    vec![Diagnostic::error("output/write", format!("{what} cannot be made or read: {error}"))]
}
