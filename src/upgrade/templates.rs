//! Upgrades templates: files that have another name today, and what names them in other templates.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Draft, Plan};
use crate::fields::Document;
use crate::moving::Edit;
use crate::source::Sources;
use crate::source::renames::TEMPLATES;

/// Returns the files whose name of today is free: from, to.
pub(super) fn moves(sources: &Sources) -> Vec<(String, String)> {
    let files: BTreeSet<&str> = sources.templates.values().map(|template| template.source.as_str()).collect();
    let mut moves = Vec::new();
    for file in &files {
        let Some((folder, own)) = file.rsplit_once("templates/") else { continue };
        let Some((_, new)) = TEMPLATES.iter().find(|(old, _)| *old == own) else { continue };
        let to = format!("{folder}templates/{new}");
        if !files.contains(to.as_str()) {
            moves.push(((*file).to_owned(), to));
        }
    }
    moves
}

/// Returns the name by which a template is asked for after the files have moved: `term.html`, `paper/templates/term.html`.
pub(super) fn today(sources: &Sources, moves: &[(String, String)], name: &str) -> String {
    let Some(template) = sources.templates.get(name).or_else(|| {
        // A name without a theme's means the site's own template, else the theme's.
        let below = format!("/templates/{name}");
        sources.templates.iter().find(|(known, _)| known.ends_with(&below)).map(|(_, template)| template)
    }) else {
        return name.to_owned();
    };
    let moved = moves.iter().find(|(from, _)| from == template.source.as_str());
    let own = name.rsplit('/').next().unwrap_or(name);
    match moved.and_then(|(_, to)| to.rsplit('/').next()) {
        Some(new) => format!("{}{new}", &name[..name.len() - own.len()]),
        None => name.to_owned(),
    }
}

/// Rewrites what names the templates that move.
pub(super) fn upgrade(sources: &Sources, plan: &mut Plan) {
    if plan.moves.is_empty() {
        return;
    }
    for template in sources.templates.values() {
        let document = Document::new(&template.source, &template.text);
        let mut draft = Draft::default();
        for span in names(&template.text) {
            let name = &template.text[span.clone()];
            let new = today(sources, &plan.moves, name);
            if new != name {
                draft.write(&template.text, Edit { span, text: new.clone() }, name, &new);
            }
        }
        draft.into_plan(plan, &document, |_| true);
    }
}

/// Returns the bytes of each template's name in `{% extends "…" %}` and its like.
fn names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{%").map(|start| at + start + 2) {
        let end = text[start..].find("%}").map_or(text.len(), |end| start + end);
        let tag = &text[start..end];
        let word = tag.trim_start_matches('-').trim_start();
        if ["extends", "include", "import"].iter().any(|verb| word.starts_with(verb)) {
            let mut rest = start;
            while let Some(open) = text[rest..end].find(['"', '\'']).map(|open| rest + open) {
                let quote = &text[open..=open];
                let Some(length) = text[open + 1..end].find(quote) else { break };
                found.push(open + 1..open + 1 + length);
                rest = open + length + 2;
            }
        }
        at = end;
    }
    found
}
