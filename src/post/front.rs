//! Reads the keys of front matter, under their own names and under those of Hugo, Zola and Jekyll.

use std::ops::Range;

use url::Url;

use super::FrontMatter;
use super::address::{one_part, route};
use super::keys::{KEYS, NEVER_DEFAULTS};
use crate::config::Config;
use crate::config::permalink::Permalink;
use crate::diagnostic::Diagnostic;
use crate::fields::keys::{Kind, settle};
use crate::fields::{Codes, Document, Fields, Table, Value};

/// Under which codes front matter reports its problems.
pub(super) const CODES: Codes = Codes {
    syntax: "front/syntax",
    kind: "front/type",
    value: "front/value",
    unknown: "front/unknown-key",
    missing: "front/missing-key",
    own_keys: "a key of your own goes under `extra`",
    keys: Kind::Table(KEYS),
};

/// What is read, besides the keys themselves.
#[derive(Clone, Copy)]
pub(super) struct Front<'a> {
    pub(super) config: &'a Config,
    pub(super) document: &'a Document,
    /// Whether a string of several words can be several tags, as Jekyll has it.
    pub(super) is_yaml: bool,
}

impl Front<'_> {
    /// Reads a table over what is known already.
    pub(super) fn read(self, mut table: Table, front: &mut FrontMatter, diagnostics: &mut Vec<Diagnostic>) {
        canonical(&mut table, self.document, diagnostics);
        let mut spans = std::mem::take(&mut front.spans);
        table.walk(&mut |path, span| {
            spans.insert(path.to_owned(), span.clone());
        });
        front.spans = spans;
        let mut fields = Fields::new(self.document, &CODES, table, diagnostics);
        let zone = &self.config.timezone;
        set(
            &mut front.title,
            fields.string("title").map(|title| title.trim().to_owned()).filter(|title| !title.is_empty()),
        );
        set(&mut front.date, fields.date("date", zone));
        set(&mut front.updated, fields.date("updated", zone));
        set(&mut front.publish_date, fields.date("publish_date", zone));
        set(&mut front.expiry_date, fields.date("expiry_date", zone));
        front.draft = fields.boolean("draft").unwrap_or(front.draft);
        published(&mut fields, self.config, front);
        addresses(&mut fields, front);
        self.terms(&mut fields, front);
        set(&mut front.series_index, fields.integer("series_index"));
        set(&mut front.summary, fields.string("summary"));
        set(&mut front.description, fields.string("description"));
        set(&mut front.image, fields.strings("image").and_then(|images| images.into_iter().next()));
        template(&mut fields, front);
        set(&mut front.weight, fields.integer("weight"));
        front.noindex = fields.boolean("noindex").unwrap_or(front.noindex);
        front.analytics = fields.boolean("analytics").unwrap_or(front.analytics);
        foreign(&mut fields, front);
        extra(&mut fields, front);
        fields.finish();
    }

    /// Reads the terms of each taxonomy, from keys of its name and from Zola's `[taxonomies]`.
    fn terms(self, fields: &mut Fields<'_>, front: &mut FrontMatter) {
        if let Some(authors) = fields.strings("authors") {
            front.authors = authors.into_iter().map(|author| author.trim().to_owned()).collect();
        }
        for rule in self.config.taxonomies.iter().filter(|rule| rule.name != "authors") {
            if let Some(terms) = self.of_taxonomy(fields, &rule.name) {
                front.terms.insert(rule.name.clone(), terms);
            }
        }
        let Some(mut table) = fields.table("taxonomies") else { return };
        for rule in &self.config.taxonomies {
            match self.of_taxonomy(&mut table, &rule.name) {
                Some(authors) if rule.name == "authors" => front.authors = authors,
                Some(terms) => {
                    front.terms.insert(rule.name.clone(), terms);
                }
                None => {}
            }
        }
        for row in table.rest() {
            let known = self.config.taxonomies.iter().map(|rule| rule.name.as_str());
            let hint = match crate::diagnostic::did_you_mean(&row.key, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("declare it in site.toml: `[taxonomies.{}]`", row.key),
            };
            let problem = Diagnostic::error("taxonomy/undeclared", format!("there is no taxonomy `{}`", row.key));
            table.report(problem.hint(hint), row.span);
        }
    }

    fn of_taxonomy(self, fields: &mut Fields<'_>, name: &str) -> Option<Vec<String>> {
        let row = fields.take_named(name)?;
        let span = row.node.span.clone();
        let nodes = match row.node.value {
            Value::List(nodes) => nodes,
            Value::String(text) => {
                let words: Vec<&str> = match text.contains(',') {
                    true => text.split(',').collect(),
                    false if self.is_yaml && matches!(name, "tags" | "categories") && !self.is_singular(&span) => {
                        text.split_whitespace().collect()
                    }
                    false => vec![&text],
                };
                let words = words.into_iter().map(|word| word.trim().to_owned());
                return Some(words.filter(|word| !word.is_empty()).collect());
            }
            value => return fields.mistyped(name, "a list of strings", &value, span),
        };
        let mut terms = Vec::new();
        for node in nodes {
            match node.value {
                Value::String(term) if term.trim().is_empty() || term.chars().any(char::is_control) => {
                    fields.refuse(node.span, format!("`{name}` has a term without a name"));
                }
                Value::String(term) => terms.push(term.split_whitespace().collect::<Vec<_>>().join(" ")),
                // YAML reads `2026` as a number; a tag may be a year.
                Value::Integer(term) if self.is_yaml => terms.push(term.to_string()),
                value => {
                    fields.mistyped::<()>(name, "a string", &value, node.span);
                }
            }
        }
        Some(terms)
    }

    /// Returns whether the key before a value was written in the singular: Jekyll's `tag: a b` is one tag.
    fn is_singular(self, value: &Range<usize>) -> bool {
        let before = &self.document.text[..value.start];
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start().to_lowercase();
        line.starts_with("tag:") || line.starts_with("category:")
    }
}

/// Checks a table of `[[defaults]]` once; `path` is its place in site.toml.
pub(super) fn check_defaults(config: &Config, document: &Document, table: &Table, diagnostics: &mut Vec<Diagnostic>) {
    for row in table.rows.iter().filter(|row| NEVER_DEFAULTS.contains(&row.key.as_str())) {
        let message = format!("`{}` cannot be a default: every file needs its own", row.key);
        diagnostics.push(Diagnostic::error(CODES.value, message).at(document.place(row.span.clone())));
    }
    let front = Front { config, document, is_yaml: false };
    front.read(table.clone(), &mut FrontMatter::default(), diagnostics);
}

/// Gives every key its canonical name and drops those without a value.
fn canonical(table: &mut Table, document: &Document, diagnostics: &mut Vec<Diagnostic>) {
    table.rows.retain(|row| row.node.value != Value::Null);
    let mut found = Vec::new();
    settle(table, &Kind::Table(KEYS), &|_| None, &mut found);
    for one in found.into_iter().filter(|one| one.is_twice) {
        let message = format!("`{}` says the same as `{1}`, which is there too: `{1}` is used", one.written, one.name);
        diagnostics.push(
            Diagnostic::warning("front/twice", message)
                .at(document.place(one.span))
                .hint(format!("take `{}` out", one.written)),
        );
    }
}

/// Replaces a value if there is another.
fn set<T>(place: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *place = value;
    }
}

/// Reads `published`: Jekyll's opposite of a draft, or Hugo's other name for the date of publication.
fn published(fields: &mut Fields<'_>, config: &Config, front: &mut FrontMatter) {
    let is_boolean = |row: &crate::fields::Row| row.key == "published" && matches!(row.node.value, Value::Boolean(_));
    if fields.rows().iter().any(is_boolean) {
        front.draft = front.draft || fields.boolean("published") == Some(false);
    } else if front.publish_date.is_none() {
        front.publish_date = fields.date("published", &config.timezone);
    }
}

fn addresses(fields: &mut Fields<'_>, front: &mut FrontMatter) {
    let unsafe_route = |fields: &mut Fields<'_>, span: Range<usize>, what: &str, reason: &str, hint: &str| {
        let problem = Diagnostic::error("route/unsafe", format!("{what} cannot be used: {reason}"));
        fields.report(problem.hint(hint), span);
    };
    if let (Some(span), Some(slug)) = (fields.span_of("slug"), fields.string("slug")) {
        match one_part(&slug) {
            Ok(slug) => front.slug = Some(slug),
            Err(reason) => {
                let hint = "a slug is one part of the address; `path` sets the whole";
                unsafe_route(fields, span, &format!("the slug `{slug}`"), reason, hint);
            }
        }
    }
    if let (Some(span), Some(path)) = (fields.span_of("path"), fields.string("path")) {
        match route(&path) {
            Ok(route) => front.path = Some(route),
            Err(reason) => {
                let hint = "write an address within the site, as `/old/way.html`";
                unsafe_route(fields, span, &format!("the path `{path}`"), reason, hint);
            }
        }
    }
    if let (Some(span), Some(pattern)) = (fields.span_of("permalink"), fields.string("permalink")) {
        let rooted = format!("/{}", pattern.trim_start_matches('/'));
        let whole = match rooted.ends_with('/') || rooted.ends_with(".html") {
            true => rooted,
            false => format!("{rooted}/"),
        };
        match Permalink::parse(&whole) {
            Ok(permalink) => front.permalink = Some(permalink),
            Err(reason) => {
                fields.refuse(span, format!("the permalink `{pattern}` is no pattern for addresses: {reason}"));
            }
        }
    }
    let Some(aliases) = fields.spanned_strings("aliases") else { return };
    front.aliases.clear();
    for (alias, span) in aliases {
        match route(&alias) {
            Ok(route) => {
                front.spans.insert(format!("aliases.{}", front.aliases.len()), span);
                front.aliases.push(route);
            }
            Err(reason) => {
                let hint = "write the old address within the site, as `/old/way.html`";
                unsafe_route(fields, span, &format!("the alias `{alias}`"), reason, hint);
            }
        }
    }
}

/// Reads `template`, and Jekyll's and Hugo's `layout`, which has no ending.
fn template(fields: &mut Fields<'_>, front: &mut FrontMatter) {
    set(&mut front.template, fields.string("template"));
    let Some(layout) = fields.string("layout") else { return };
    if !is_usual_layout(&layout) && front.template.is_none() {
        front.template = Some(if layout.contains('.') { layout } else { format!("{layout}.html") });
    }
}

/// Returns whether this is what usual templates are called elsewhere.
pub fn is_usual_layout(layout: &str) -> bool {
    matches!(layout, "post" | "page" | "default" | "single" | "home" | "none")
}

fn foreign(fields: &mut Fields<'_>, front: &mut FrontMatter) {
    if let (Some(span), Some(canonical)) = (fields.span_of("canonical"), fields.string("canonical")) {
        match Url::parse(&canonical) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => front.canonical = Some(canonical),
            _ => {
                fields.refuse(span, format!("`canonical` is `{canonical}`, which is no address on the web")).hint =
                    Some("write the whole address, as `https://elsewhere.example/post/`".to_owned());
            }
        }
    }
    if let (Some(span), Some(id)) = (fields.span_of("id"), fields.string("id")) {
        if id.trim().is_empty() {
            fields.refuse(span, "`id` is empty").hint = Some("leave it out, and the id is derived".to_owned());
        } else {
            front.id = Some(id.trim().to_owned());
        }
    }
}

fn extra(fields: &mut Fields<'_>, front: &mut FrontMatter) {
    let Some(table) = fields.plain_table("extra") else { return };
    for row in &table.rows {
        if matches!(
            row.key.as_str(),
            "title" | "date" | "draft" | "slug" | "aliases" | "tags" | "categories" | "taxonomies"
        ) {
            let message = format!("`{}` stands under `extra`, where it has no effect", row.key);
            let hint = format!("move `{}` above `[extra]`, if it is the engine's key that you mean", row.key);
            fields.report(Diagnostic::warning("front/in-extra", message).hint(hint), row.span.clone());
        }
    }
    front.extra.extend(table.to_toml());
}
