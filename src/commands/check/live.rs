//! `blog check --live [URL]`: verifies the site as it stands on the web.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use watchpost::check::Report;
use watchpost::config::Config;
use watchpost::diagnostic::Diagnostic;
use watchpost::guard::dial::Wire;
use watchpost::live::{self, Local, Question};
use watchpost::manifest::Manifest;
use watchpost::output::built_at;
use watchpost::paths::BaseUrl;
use watchpost::post::Hidden;
use watchpost::verdict::GuardLevel;
use watchpost::verification::Asked;

use crate::cli::{Check, Environment};
use crate::commands::arrange;

/// Files of the workshop that have no place on the web, and what it means if they are there.
const WORKSHOP: [(&str, &str); 2] = [
    ("/.blog/state/manifest.json", "the memory of builds, so the site's folder was deployed instead of its output"),
    ("/.git/HEAD", "the site's repository, with all its past"),
];

/// The settings of other generators: a `content/` beside one of them is not ours.
const OTHERS: [&str; 13] = [
    "hugo.toml",
    "hugo.yaml",
    "hugo.yml",
    "hugo.json",
    "config.toml",
    "config.yaml",
    "config.yml",
    "config.json",
    "config/_default",
    "_config.yml",
    ".eleventy.js",
    "eleventy.config.js",
    "astro.config.mjs",
];

/// Returns whether a folder holds the sources of a site of ours.
fn is_source(root: &Path) -> bool {
    root.join("content").is_dir() && !OTHERS.iter().any(|name| root.join(name).exists())
}

/// Returns where the deployed site is asked for, if it is to be looked at.
pub(super) fn wanted(arguments: &Check, config: &Config) -> Result<Option<BaseUrl>, Vec<Diagnostic>> {
    let levels = arguments.verification.levels.as_deref();
    let is_selected = levels.is_some_and(|levels| levels.contains(&GuardLevel::L6));
    if is_selected || arguments.live.is_some() && levels.is_none() {
        return base(config, arguments.live.as_ref().and_then(Option::as_deref)).map(Some);
    }
    let message = match arguments.live.is_some() {
        true => "`--live` is L6, and `--levels` leaves it out",
        false if arguments.all => "`--all` says how much of the deployed site to look at, and goes with `--live`",
        false => return Ok(None),
    };
    Err(vec![Diagnostic::error("usage/arguments", message).hint("write `--live --all`, or `--levels L6`")])
}

/// Returns where the site is asked for.
pub(super) fn base(config: &Config, typed: Option<&str>) -> Result<BaseUrl, Vec<Diagnostic>> {
    let Some(typed) = typed else { return Ok(config.base_url.clone()) };
    BaseUrl::parse(typed).map_err(|reason| {
        let message = format!("`--live {typed}` names no site: {reason}");
        let diagnostic = Diagnostic::error("usage/arguments", message);
        vec![diagnostic.hint("write `--live https://blog.example/`; a folder goes before it: `blog check DIR --live`")]
    })
}

/// The site whose deployed form is verified.
pub(in crate::commands) struct Deployed<'a> {
    /// Its settings.
    pub(in crate::commands) config: &'a Arc<Config>,
    /// Where it is asked for.
    pub(in crate::commands) base: BaseUrl,
    /// Where its output is.
    pub(in crate::commands) folder: &'a Path,
    /// What our build wrote there, if it was ours.
    pub(in crate::commands) manifest: Option<&'a Manifest>,
    /// Whether to look at all pages.
    pub(in crate::commands) all: bool,
}

/// Looks at the deployed site. With a report about its folder, L6 is added to that; else the deployed pages are all
/// there is to report on.
pub(in crate::commands) fn verify(
    deployed: Deployed<'_>,
    asked: &Asked,
    report: Option<Report>,
    environment: &Environment,
) -> Report {
    let Deployed { config, base, folder, manifest, all } = deployed;
    let ours = manifest.is_some() || is_source(&config.root);
    let file = |path: &str| fs::read(folder.join(path)).ok();
    let local = manifest.map(|manifest| Local { manifest, file: &file, built: built_at(&config.root, folder) });
    let (hidden, remark) = if ours { hidden(config) } else { (Vec::new(), None) };
    let question = Question { config, base, local, hidden, ours, all };
    let wire = Wire::new(&environment.network);
    let seen = live::look(&question, &wire);
    let judgement = asked.judge_live(&seen);
    let is_local = report.is_some();
    let mut report = report.unwrap_or(judgement.report);
    // What the files could not tell of the headers, the deployed site has told.
    report.verdicts.retain(|judged| judged.verdict.code != "policy/unread");
    report.extend(GuardLevel::L6, judgement.verdicts);
    report.notes.extend(judgement.notes);
    report.notes.extend(remark);
    if !is_local {
        report.notes.extend(wire.notes().into_iter().filter(|note| !asked.answers.notes.contains(note)));
    }
    report
}

/// Returns the addresses that a build without `--drafts` and `--future` does not have, and those of the workshop; and
/// a remark if they could not be found out.
fn hidden(config: &Config) -> (Vec<(String, &'static str)>, Option<String>) {
    let mut hidden: Vec<(String, &'static str)> =
        WORKSHOP.iter().map(|(path, what)| ((*path).to_owned(), *what)).collect();
    hidden.push(("/__blog/".to_owned(), "the preview of `blog serve`, with every draft"));
    if config.drafts && config.future || !is_source(&config.root) {
        return (hidden, None);
    }
    let everything = Config { drafts: true, future: true, ..config.clone() };
    let (Ok(shown), Ok(all)) = (arrange(config), arrange(&everything)) else {
        let remark = "the site's posts could not be read, so it was not tried whether drafts are public";
        return (hidden, Some(remark.to_owned()));
    };
    for post in shown.hidden.iter() {
        let what = match post.hidden {
            Some(Hidden::Draft(_)) => "a draft",
            Some(Hidden::Future(_)) => "a post whose date has not come",
            Some(Hidden::Expired(_)) | None => continue,
        };
        let id = all.find(&post.source);
        hidden.extend(id.map(|id| (all.route(id).encoded(), what)));
    }
    (hidden, None)
}
