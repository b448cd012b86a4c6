//! `blog check --init URL|DIR`: writes the `site.toml` of a site that somebody else builds, by what its pages use.

use std::fs;
use std::path::Path;

use serde_json::json;
use watchpost::analytics::exchange::title;
use watchpost::check::fetched;
use watchpost::config::{self, Config, FILE, Overrides, World};
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::guard::dial::Wire;
use watchpost::live::{self, Question};
use watchpost::survey::{Hints, Survey, site_toml, survey};

use crate::cli::{Check, Environment};
use crate::commands::Outcome;
use crate::console::{Console, counted, printable};

/// Where a site stands of which nobody has said it yet: a host that cannot exist.
const NOWHERE: &str = "https://blog.example/";
/// How many pages are named of a list.
const SHOWN: usize = 3;

/// Surveys a site, writes its settings, and says what was found and what to do next.
pub(super) fn run(what: &str, arguments: &Check, root: &Path, environment: &Environment, console: &Console) -> Outcome {
    let file = root.join(FILE);
    if fs::symlink_metadata(&file).is_ok() {
        let message = format!("`{}` is there already", file.display());
        let hint = "nothing was written; name another folder with `--root DIR`, or move the file away";
        return Err(vec![Diagnostic::error("init/exists", message).hint(hint)]);
    }
    let typed = arguments.site.overrides().base_url;
    let is_url = what.starts_with("http://") || what.starts_with("https://");
    let (found, hints) = match is_url {
        true => deployed(what, typed, arguments.all, environment)?,
        false => written(what, typed)?,
    };
    let text = site_toml(&found, &hints);
    // What we write we must be able to read.
    config::read(root, &text, &Overrides::default(), &World::default())?;
    fs::create_dir_all(root).and_then(|()| fs::write(&file, &text)).map_err(|error| {
        vec![Diagnostic::error("output/write", format!("cannot write `{}`: {error}", file.display()))]
    })?;
    tell(&found, console);
    console.say(format!("wrote {}; read it, and correct what is wrong", file.display()));
    let place = match root == Path::new(".") {
        true => String::new(),
        false => format!(" --config {}", file.display()),
    };
    match is_url {
        true => console.say(format!("next: blog check --live{place}")),
        false => console.say(format!("next: blog check {what}{place}")),
    }
    console.object("survey", shape(&found, &text));
    Ok(Exit::Success)
}

/// Returns the settings of a site of which only the place is known.
fn bare(base_url: &str) -> Result<Config, Vec<Diagnostic>> {
    let base_url = toml::Value::from(base_url);
    let text = format!("title = \"Survey\"\nbase_url = {base_url}\ntimezone = \"UTC\"\n");
    let world = World { now: config::now(), ..World::default() };
    config::read(Path::new("."), &text, &Overrides::default(), &world)
}

/// Surveys a folder: where it stands is said by its pages, and then their addresses are read anew.
pub(in crate::commands) fn written(what: &str, typed: Option<String>) -> Result<(Survey, Hints), Vec<Diagnostic>> {
    let folder = Path::new(what);
    let look = |base_url: &str| -> Result<Survey, Vec<Diagnostic>> {
        let config = bare(base_url)?;
        let evidence = fetched::folder(&config, folder).map_err(|problem| vec![problem])?;
        Ok(survey(&evidence))
    };
    let first = look(typed.as_deref().unwrap_or(NOWHERE))?;
    if first.pages == 0 {
        let message = format!("`{what}` holds no HTML page, so nothing could be learned from it");
        return Err(vec![Diagnostic::error("init/nothing", message).hint("name the folder with the finished pages")]);
    }
    let base_url = typed.or_else(|| first.base_url.clone());
    let found = match &base_url {
        Some(base_url) => look(base_url)?,
        None => first,
    };
    let home = fs::read(folder.join("index.html")).unwrap_or_default();
    let headers_from = folder.join("_headers").is_file().then(String::new);
    let hints =
        Hints { what: format!("`{what}`"), title: title(&String::from_utf8_lossy(&home)), base_url, headers_from };
    Ok((found, hints))
}

/// Surveys a site on the web.
fn deployed(
    url: &str,
    typed: Option<String>,
    all: bool,
    environment: &Environment,
) -> Result<(Survey, Hints), Vec<Diagnostic>> {
    let config = bare(typed.as_deref().unwrap_or(url))?;
    let base = super::live::base(&config, Some(url))?;
    let question = Question { config: &config, base, local: None, hidden: Vec::new(), ours: false, all };
    let seen = live::look(&question, &Wire::new(&environment.network));
    let found = survey(seen.pages());
    if found.pages == 0 {
        let why = seen.troubles();
        let message = format!("no page of {url} could be read, so nothing could be learned from it");
        let diagnostic = Diagnostic::error("init/nothing", message);
        let diagnostic = why.into_iter().fold(diagnostic, Diagnostic::with);
        return Err(vec![
            diagnostic.hint("see whether the address is right and the host answers, then run this again"),
        ]);
    }
    // Netlify names itself, and obeys the file wherever there is one; who stands behind a CDN is not told.
    let headers_from =
        seen.server().filter(|server| server.eq_ignore_ascii_case("netlify")).map(|_| "netlify".to_owned());
    let hints = Hints {
        what: config.base_url.as_str().to_owned(),
        title: seen.title().map(str::to_owned),
        base_url: Some(config.base_url.as_str().to_owned()),
        headers_from,
    };
    Ok((found, hints))
}

/// Returns the first few pages of a list.
fn few<'p>(pages: impl IntoIterator<Item = &'p String>) -> String {
    let pages: Vec<String> = pages.into_iter().map(|page| printable(page).to_string()).collect();
    match pages.len().checked_sub(SHOWN + 1) {
        None => pages.join(", "),
        Some(more) => format!("{} and {} more", pages[..SHOWN].join(", "), more + 1),
    }
}

/// Says what was found.
fn tell(found: &Survey, console: &Console) {
    let all = found.pages;
    if found.uses.is_empty() {
        console.say(format!("none of {} runs analytics that are known", counted(all, "page")));
    }
    for one in &found.uses {
        let site = one.site.as_ref().map(|site| format!(", site `{}`", printable(site))).unwrap_or_default();
        let place = one.collect.as_ref().or(one.script.as_ref()).map(|url| format!(" at {}", printable(url)));
        let waits = if one.waits { ", waiting for consent" } else { "" };
        console.say(format!(
            "{}{}{site}: on {} of {}{waits}",
            one.title,
            place.unwrap_or_default(),
            one.pages.len(),
            counted(all, "page")
        ));
        if !one.doubled.is_empty() {
            console.say(format!("  twice or more on {}: {}", counted(one.doubled.len(), "page"), few(&one.doubled)));
        }
        if let Some((page, name)) = one.varied.iter().next() {
            let others = counted(one.varied.len(), "page");
            console.say(format!("  with another `{}` on {others}: {}", printable(name), printable(page)));
        }
        for (section, pages) in &one.without {
            console.say(format!(
                "  on none of {} in `{}`: written down as `exclude`; take it out if they should be counted",
                counted(*pages, "page"),
                printable(section)
            ));
        }
        if !one.lacking.is_empty() {
            console.say(format!("  missing on {}: {}", counted(one.lacking.len(), "page"), few(&one.lacking)));
        }
    }
    for one in &found.others {
        let site = one.site.as_deref().unwrap_or("without a name");
        let place = one.collect.as_deref().or(one.script.as_deref()).unwrap_or_default();
        console.say(format!(
            "also {}, site `{}`, at {}, on {} alone: {}; a mistake, or a second site that needs a table of its own",
            one.title,
            printable(site),
            printable(place),
            counted(one.pages.len(), "page"),
            few(&one.pages)
        ));
    }
    for (title, why, pages) in &found.inert {
        console.say(format!(
            "{title} {}, so no browser runs it, on {}: {}",
            printable(why),
            counted(pages.len(), "page"),
            few(pages)
        ));
    }
}

/// Returns the survey as data.
fn shape(found: &Survey, text: &str) -> serde_json::Value {
    let of = |one: &watchpost::survey::Use| {
        json!({
            "provider": one.provider, "site": one.site, "script": one.script, "collect": one.collect,
            "pages": one.pages.len(), "doubled": one.doubled, "varied": one.varied, "missing": one.lacking,
            "excluded": one.without.iter().map(|(section, _)| section).collect::<Vec<_>>(), "waits": one.waits,
        })
    };
    let inert =
        found.inert.iter().map(|(provider, why, pages)| json!({"provider": provider, "why": why, "pages": pages}));
    json!({
        "pages": found.pages, "uses": found.uses.iter().map(of).collect::<Vec<_>>(),
        "others": found.others.iter().map(of).collect::<Vec<_>>(), "inert": inert.collect::<Vec<_>>(), "site_toml": text,
    })
}
