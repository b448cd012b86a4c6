//! Upgrades the front matter of one post: names of keys, and the few keys of other engines whose value has to change with them.

use std::ops::Range;
use std::sync::Arc;

use super::keys::{Language, remove, rename};
use super::{Draft, Plan, templates};
use crate::config::Config;
use crate::fields::keys::{Kind, settle};
use crate::fields::{Document, Row, Table, Value};
use crate::moving::Edit;
use crate::post::{self, FrontMatter, KEYS, Post};
use crate::source::Sources;

/// Gathers the steps of one file, and takes them into the plan if they leave what it says as it is.
pub(super) fn upgrade(config: &Config, sources: &Sources, post: &Post, plan: &mut Plan) {
    let document = Document::new(&post.source, &post.text);
    let Ok((mut table, body)) = post::front_table(&document) else { return };
    table.rows.retain(|row| row.node.value != Value::Null);
    let region = 0..body.start;
    let language = match post.text.trim_start() {
        text if text.starts_with("+++") => Language::Toml,
        text if text.starts_with("---") => Language::Yaml,
        _ => Language::Json,
    };
    let mut draft = Draft::default();
    let mut found = Vec::new();
    settle(&mut table, &Kind::Table(KEYS), &|_| None, &mut found);
    for one in &found {
        rename(&mut draft, &document, region.clone(), language, one);
        let is_singular = matches!(&*one.written.to_lowercase(), "tag" | "category");
        if let (true, Language::Yaml, false, Some(row)) = (is_singular, language, one.is_twice, table.row(one.name)) {
            single(&mut draft, &document, row);
        }
    }
    published(&mut draft, &document, language, &table);
    layout(&mut draft, &document, language, &table);
    let today = |name: &str| templates::today(sources, &plan.moves, name);
    template(&mut draft, &document, &table, today);
    let before = said(&post.front, today);
    let moves = plan.moves.clone();
    draft.into_plan(plan, &document, |text| {
        let text: Arc<str> = text.into();
        let body = |post: &Post| post.markdown().to_owned();
        let today = |name: &str| templates::today(sources, &moves, name);
        post::parse_one(config, sources, &post.source, &text)
            .is_ok_and(|after| said(&after.front, today) == before && body(&after) == body(post))
    });
}

/// Returns what front matter says, whatever it says it by and wherever it stands.
fn said(front: &FrontMatter, today: impl Fn(&str) -> String) -> FrontMatter {
    let mut said = front.clone();
    said.spans.clear();
    if let Some(template) = &mut said.template {
        *template = today(template);
    }
    said
}

/// Writes what was one tag as a list of one: `tag: a b` is one, `tags: a b` are two.
fn single(draft: &mut Draft, document: &Document, row: &Row) {
    let Value::String(text) = &row.node.value else { return };
    if !text.contains(',') && text.contains(char::is_whitespace) {
        let list = format!("[{}]", toml::Value::from(text.as_str()));
        let span = plain(document, &row.node.span);
        let old = document.text[span.clone()].to_owned();
        draft.write(&document.text, Edit { span, text: list.clone() }, &old, &list);
    }
}

/// Returns the bytes of a value of one line without the spaces and the comment after it.
fn plain(document: &Document, span: &Range<usize>) -> Range<usize> {
    let text = &document.text[span.clone()];
    span.start..span.start + text.trim_end().len()
}

/// Rewrites Jekyll's `published`, a draft the other way round, and Hugo's, which is a date.
fn published(draft: &mut Draft, document: &Document, language: Language, table: &Table) {
    let Some(row) = table.row("published") else { return };
    let value = plain(document, &row.node.span);
    let is_taken = |name: &str| table.row(name).is_some();
    match &row.node.value {
        Value::Boolean(false) if !is_taken("draft") => {
            draft.write(&document.text, Edit { span: value, text: "true".to_owned() }, "false", "true");
            name(draft, document, row, "draft");
        }
        Value::Boolean(true) => remove(draft, document, language, "published", row.span.clone(), value),
        Value::Boolean(false) if is_true(table, "draft") => {
            remove(draft, document, language, "published", row.span.clone(), value);
        }
        Value::Boolean(_) => {
            draft.leave(document, row.span.clone(), "published", "write `draft = true`, once".to_owned());
        }
        _ if is_taken("publish_date") => {
            remove(draft, document, language, "published", row.span.clone(), value);
        }
        _ => name(draft, document, row, "publish_date"),
    }
}

fn is_true(table: &Table, key: &str) -> bool {
    table.row(key).is_some_and(|row| row.node.value == Value::Boolean(true))
}

/// Rewrites `layout`, which has no ending and may name what is usual anyway.
fn layout(draft: &mut Draft, document: &Document, language: Language, table: &Table) {
    let Some(row) = table.row("layout") else { return };
    let Value::String(layout) = &row.node.value else { return };
    let value = plain(document, &row.node.span);
    if post::is_usual_layout(layout) || table.row("template").is_some() {
        remove(draft, document, language, "layout", row.span.clone(), value);
        return;
    }
    if !layout.contains('.') {
        let quoted = toml::Value::from(format!("{layout}.html")).to_string();
        draft.write(&document.text, Edit { span: value, text: quoted.clone() }, layout, &quoted);
    }
    name(draft, document, row, "template");
}

/// Rewrites the name of a template that has another today.
fn template(draft: &mut Draft, document: &Document, table: &Table, today: impl Fn(&str) -> String) {
    let Some(row) = table.row("template") else { return };
    let Value::String(template) = &row.node.value else { return };
    let new = today(template);
    if new != *template {
        let text = toml::Value::from(new.as_str()).to_string();
        let span = plain(document, &row.node.span);
        draft.write(&document.text, Edit { span, text }, template, &new);
    }
}

/// Gives a key that stands once another name.
fn name(draft: &mut Draft, document: &Document, row: &Row, new: &str) {
    let written = document.text.get(row.span.clone()).unwrap_or_default();
    let quote = if written.starts_with(['"', '\'']) { &written[..1] } else { "" };
    let text = format!("{quote}{new}{quote}");
    draft.write(&document.text, Edit { span: row.span.clone(), text }, written.trim_matches(['"', '\'']), new);
}
