//! Owns what an upgrade changes in a site's sources, so that they say in today's words what they said before.
//!
//! Gives [`plan`], a function of the sources: edits of exact bytes and files that get another name. What has another name is read
//! from the tables of keys and of templates. Each text is read again with its edits made: one that would then say anything else
//! is left as it is, and named. Touches no file; `blog upgrade` carries it out.

mod front;
mod keys;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{self, Config, FILE};
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::keys::{Kind, Renamed, settle};
use crate::fields::{Document, Table, parse_toml};
use crate::moving::{Edit, applied};
use crate::post;
use crate::source::Sources;

/// What an upgrade does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each file that changes, by its path relative to the site's folder.
    pub files: BTreeMap<String, Rewrite>,
    /// The files that get another name: from, to.
    pub moves: Vec<(String, String)>,
    /// What an owner has to do by hand.
    pub left: Vec<Diagnostic>,
}

/// What changes in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The text as it was read.
    pub text: Arc<str>,
    /// From first to last.
    pub edits: Vec<Edit>,
    /// What they do.
    pub steps: Vec<Step>,
}

/// One thing that is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its line, from 1.
    pub line: usize,
    /// What stood there.
    pub old: String,
    /// What stands there then; nothing if it was taken out.
    pub new: String,
}

/// The steps of one file while they are gathered.
#[derive(Debug, Clone, Default)]
struct Draft {
    edits: Vec<Edit>,
    steps: Vec<Step>,
    left: Vec<Diagnostic>,
}

impl Draft {
    /// Adds an edit, told as one word for another.
    fn write(&mut self, text: &str, edit: Edit, old: &str, new: &str) {
        let line = text[..edit.span.start].matches('\n').count() + 1;
        self.edits.push(edit);
        self.steps.push(Step { line, old: old.to_owned(), new: new.to_owned() });
    }

    /// Leaves something to the owner.
    fn leave(&mut self, document: &Document, span: std::ops::Range<usize>, old: &str, hint: String) {
        let message = format!("`{old}` has another name today, and could not be rewritten for certain");
        self.left.push(Diagnostic::warning("upgrade/by-hand", message).at(document.place(span)).hint(hint));
    }

    /// Takes it into the plan, if the text with its edits made means what it meant before.
    fn into_plan(mut self, plan: &mut Plan, document: &Document, is_same: impl Fn(&str) -> bool) {
        plan.left.append(&mut self.left);
        if self.edits.is_empty() {
            return;
        }
        self.edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        self.steps.sort_by_key(|step| step.line);
        let is_apart = self.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        if is_apart && is_same(&applied(&document.text, &self.edits)) {
            let rewrite = Rewrite { text: Arc::clone(&document.text), edits: self.edits, steps: self.steps };
            plan.files.insert(document.file.clone(), rewrite);
            return;
        }
        for (edit, step) in self.edits.into_iter().zip(self.steps) {
            let message = format!("`{}` has another name today, and could not be rewritten for certain", step.old);
            plan.left.push(
                Diagnostic::warning("upgrade/by-hand", message)
                    .at(Place::span(&document.file, &document.text, edit.span))
                    .hint(format!("write `{}`", step.new)),
            );
        }
    }
}

/// Says what an upgrade changes.
pub fn plan(config: &Config, sources: &Sources) -> Result<Plan, Vec<Diagnostic>> {
    // What is wrong is mended first: nobody could tell whether the rest still says the same.
    let posts = post::parse(config, sources)?;
    let mut plan = Plan { moves: templates::moves(sources), ..Plan::default() };
    settings(config, &mut plan);
    for post in posts.iter().filter(|post| post.row.is_none()) {
        front::upgrade(config, sources, post, &mut plan);
    }
    templates::upgrade(sources, &mut plan);
    Ok(plan)
}

/// Upgrades `site.toml`.
fn settings(config: &Config, plan: &mut Plan) {
    let document = Document::new(FILE, &config.text);
    let Some((table, found)) = settled(&document) else { return };
    let mut draft = Draft::default();
    for one in &found {
        keys::rename(&mut draft, &document, 0..config.text.len(), keys::Language::Toml, one);
    }
    draft.into_plan(plan, &document, |text| {
        let after = settled(&Document::new(FILE, &text.into()));
        after.is_some_and(|(after, left)| left.is_empty() && after.to_toml() == table.to_toml())
    });
}

/// Returns `site.toml` as a table in which everything has today's name, and what had another.
fn settled(document: &Document) -> Option<(Table, Vec<Renamed>)> {
    let mut table = parse_toml(document, 0..document.text.len()).ok()?;
    let mut found = Vec::new();
    let elsewhere = |name: &str| match name {
        "overlay" => Some(Kind::Table(config::KEYS)),
        "defaults" => Some(Kind::Table(post::KEYS)),
        _ => None,
    };
    settle(&mut table, &Kind::Table(config::KEYS), &elsewhere, &mut found);
    Some((table, found))
}

#[cfg(test)]
mod tests;
