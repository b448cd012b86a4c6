//! Owns which links of a page lead nowhere: those to addresses where nothing stands, and those to a part that a page lacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::check::alone::Findings;
use crate::check::page;
use crate::diagnostic::did_you_mean;
use crate::paths::OutPath;
use crate::render::{self, Body, DERIVED, Site};

/// How many other pages are rendered to see whether they have a part that is linked to.
const PAGES: usize = 20;

/// Returns whether a file of this path is part of the site.
pub(super) fn exists(site: &Site, path: &str) -> bool {
    let path = OutPath::new(path);
    let route = path.route();
    // One route has one file: `/a` is not what `a/index.html` is for.
    let stands = site.library.routes.contains_key(&route) && route.out_path() == path;
    stands || (!DERIVED.is_empty() && path.as_str().starts_with(".well-known/watchpost"))
}

/// Returns the links that lead nowhere, each with the reason.
pub(super) fn broken(site: &Site, own: &OutPath, findings: &Findings) -> Value {
    let row = |target: String, why: String, line: u64| json!({ "target": target, "why": why, "line": line });
    let mut rows: Vec<Value> = Vec::new();
    for (target, line) in &findings.broken {
        rows.push(row(target.clone(), "nothing stands there".to_owned(), *line));
    }
    let mut anchors: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
    let mut unseen = 0;
    for (file, fragment, line) in &findings.fragments {
        if !anchors.contains_key(file.as_str()) && anchors.len() >= PAGES {
            unseen += 1;
            continue;
        }
        let anchors = anchors.entry(file).or_insert_with(|| anchors_of(site, file));
        let Some(anchors) = anchors.as_ref().filter(|anchors| !anchors.contains(fragment)) else { continue };
        let is_own = file == own.as_str();
        let target =
            if is_own { format!("#{fragment}") } else { format!("{}#{fragment}", OutPath::new(file.as_str()).route()) };
        let whose = if is_own { "this page" } else { "that page" };
        let why = match did_you_mean(fragment, anchors.iter().map(String::as_str)) {
            Some(meant) => format!("{whose} has no `{fragment}`; did you mean `#{meant}`?"),
            None => format!("{whose} has no `{fragment}`"),
        };
        rows.push(row(target, why, *line));
    }
    if unseen > 0 {
        let why = format!("{unseen} links to parts of other pages were not looked at; `blog build` looks at all");
        rows.push(row(String::new(), why, 0));
    }
    rows.into()
}

/// Returns what a fragment may name on a page; nothing where that cannot be told.
fn anchors_of(site: &Site, file: &str) -> Option<BTreeSet<String>> {
    let rendered = render::page(site, &OutPath::new(file).route()).ok()?;
    let Body::Bytes(bytes) = rendered.body else { return None };
    let facts = page::read(&bytes);
    // A page that is not read in full may hold the element after all.
    (!facts.flattened).then_some(facts.anchors)
}
