//! `blog import`: brings another engine's blog in, and proves that no address was lost.

mod proving;
mod writing;

use std::path::{Path, PathBuf};

use serde_json::json;
use watchpost::config::FILE;
use watchpost::diagnostic::{Diagnostic, Exit, Level, did_you_mean};
use watchpost::import::{IMPORTERS, Importer, Settings, Sink as _};
use watchpost::survey::site_toml;

use self::writing::Writer;
use crate::cli::moving_in::Import;
use crate::commands::Outcome;
use crate::commands::check::init::written;
use crate::console::{Console, counted};

/// Imports, proves, or both.
pub(super) fn run(arguments: &Import, root: &Path, console: &Console) -> Outcome {
    let mut exit = Exit::Success;
    let mut site = root.to_owned();
    if let (Some(from), Some(path)) = (&arguments.from, &arguments.path) {
        let importer = chosen(from)?;
        site = arguments.into.clone().unwrap_or_else(|| PathBuf::from("."));
        exit = import(importer, path, &site, &arguments.prove, console)?;
    }
    if arguments.prove.is_empty() {
        return Ok(exit);
    }
    let proved = proving::run(&arguments.prove, &site, arguments, console)?;
    Ok(Exit::worst([exit, proved]))
}

/// Returns the engine that is meant.
fn chosen(from: &str) -> Result<&'static Importer, Vec<Diagnostic>> {
    IMPORTERS.iter().find(|importer| importer.name == from.to_lowercase()).ok_or_else(|| {
        let names = || IMPORTERS.iter().map(|importer| importer.name);
        let message = format!("`blog` cannot read a blog from `{from}`");
        let all = || format!("engines are {}", names().collect::<Vec<_>>().join(", "));
        let hint = did_you_mean(from, names()).map(|meant| format!("did you mean `{meant}`?")).unwrap_or_else(all);
        vec![Diagnostic::error("import/from", message).hint(hint)]
    })
}

/// Reads the old blog and writes the new one.
fn import(importer: &Importer, path: &Path, site: &Path, old_pages: &[PathBuf], console: &Console) -> Outcome {
    if !path.exists() {
        let message = format!("there is nothing at `{}`", path.display());
        return Err(vec![Diagnostic::error("import/from", message).hint(format!("PATH is {}", importer.path))]);
    }
    if site.join(FILE).exists() {
        let message = format!("`{}` has a `{FILE}` already", site.display());
        let hint = "name a new folder with `--into`; a blog that is there is never written over";
        return Err(vec![Diagnostic::error("import/exists", message).hint(hint)]);
    }
    let mut writer = Writer::new(site);
    let read = (importer.read)(path, &mut writer);
    let read = read.map(|settings| with_analytics(settings, old_pages, path, &mut writer));
    let (settings, broken) = match read {
        Ok(settings) => (Some(settings), Vec::new()),
        Err(problems) => (None, problems),
    };
    if let Some(settings) = &settings {
        writer.settings(settings)?;
    }
    let Writer { counts, mut remarks, .. } = writer;
    remarks.extend(broken);
    console.diagnostics(&remarks);
    let of = |level: Level| remarks.iter().filter(|remark| remark.level == level).count();
    if settings.is_some() {
        console.say(format!(
            "imported from {} into `{}`: {}, {} ({} of them drafts), {}; {} to look at, {} left out or changed",
            importer.title,
            site.display(),
            counted(counts.posts, "post"),
            counted(counts.pages, "other page"),
            counts.drafts,
            counted(counts.files, "file"),
            counted(of(Level::Error), "problem"),
            counted(of(Level::Warning) + of(Level::Note), "thing"),
        ));
        console.say("next: look at `site.toml`, run `blog build`, then `blog import --prove` with the old site's sitemap or output folder\n");
    }
    console.object(
        "import",
        json!({
            "from": importer.name, "into": site, "posts": counts.posts, "pages": counts.pages, "drafts": counts.drafts,
            "files": counts.files, "errors": of(Level::Error), "remarks": of(Level::Warning) + of(Level::Note),
        }),
    );
    Ok(Exit::worst(remarks.iter().filter(|remark| remark.level == Level::Error).map(Diagnostic::exit)))
}

/// Where engines leave finished pages, below the site's folder.
const FINISHED: [&str; 2] = ["public", "_site"];

/// Adds the analytics that the old site's finished pages carry, if there are any such pages to look at.
fn with_analytics(mut settings: Settings, named: &[PathBuf], path: &Path, writer: &mut Writer) -> Settings {
    let usual = FINISHED.iter().map(|name| path.join(name));
    let folders = named.iter().cloned().chain(usual).filter(|folder| folder.is_dir());
    let base_url = settings.keys.get("base_url").and_then(toml::Value::as_str).map(str::to_owned);
    let look = |folder: PathBuf| {
        let (found, hints) = written(&folder.display().to_string(), base_url.clone()).ok()?;
        Some((folder, found, hints))
    };
    let mut looked = folders.filter_map(look);
    let note = |message: String| Diagnostic::note("import/analytics", message);
    match looked.next() {
        None => {
            let message = "no finished pages of the old site were found, in which its analytics could be recognised";
            writer.remark(note(message.to_owned()).hint("build the old site into its `public/`, and import again"));
        }
        Some((folder, found, _)) if found.uses.is_empty() => {
            writer.remark(note(format!("the pages in `{}` carry no analytics that are known", folder.display())));
        }
        Some((folder, found, hints)) => {
            let text: toml::Table = site_toml(&found, &hints).parse().unwrap_or_default();
            if let Some(analytics) = text.get("analytics") {
                settings.tables.insert("analytics".to_owned(), analytics.clone());
            }
            let titles: Vec<&str> = found.uses.iter().map(|one| one.title).collect();
            let message =
                format!("the pages in `{}` use {}: written as `[[analytics]]`", folder.display(), titles.join(", "));
            writer.remark(note(message).hint("the first `blog build` verifies it and writes `analytics.lock`"));
        }
    }
    settings
}
