//! Reads what site.toml says about addresses and lists: permalinks, defaults, taxonomies, pages,
//! archives, feeds.

use std::collections::BTreeMap;

use super::permalink::{Permalink, Token};
use super::read::choice;
use super::{ArchiveRule, DefaultRule, FeedOf, FeedRule, TaxonomyRule};
use crate::diagnostic::did_you_mean;
use crate::fields::{Fields, Table, Value};
use crate::paths::Route;

/// The taxonomies that need not be declared to have pages.
const KNOWN_TAXONOMIES: &[&str] = &["tags", "categories", "series"];

pub(super) fn read_permalinks(fields: &mut Fields<'_>) -> BTreeMap<String, Permalink> {
    let mut permalinks = BTreeMap::new();
    let Some(mut table) = fields.table("permalinks") else { return permalinks };
    for row in table.rest() {
        let section = row.key.trim_matches('/').to_owned();
        let Value::String(pattern) = &row.node.value else {
            table.mistyped::<()>(&row.key, "a string", &row.node.value, row.node.span);
            continue;
        };
        match Permalink::parse(pattern) {
            Ok(permalink) if !permalink.has(&[Token::Slug, Token::Title, Token::Stem]) => {
                table.refuse(row.node.span, format!("`{pattern}` gives every post the same address")).hint =
                    Some("add `:slug`".to_owned());
            }
            Ok(permalink) => {
                permalinks.insert(section, permalink);
            }
            Err(reason) => {
                table.refuse(row.node.span, format!("`{pattern}` is no pattern for addresses: {reason}"));
            }
        }
    }
    permalinks
}

pub(super) fn read_defaults(fields: &mut Fields<'_>) -> Vec<DefaultRule> {
    let mut rules = Vec::new();
    for (index, (table, span)) in fields.plain_tables("defaults").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("defaults.{index}"), span.clone(), table);
        let at = row.span_of("path").unwrap_or(span);
        let Some(path) = row.required_string("path", "\"notes/**\"") else { continue };
        let front_matter = Table { rows: row.rest() };
        let pattern = path.strip_prefix("content/").unwrap_or(&path);
        match globset::GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => rules.push(DefaultRule { path, matcher: glob.compile_matcher(), front_matter }),
            Err(error) => {
                row.refuse(at, format!("`{path}` is no pattern for files: {}", error.kind()));
            }
        }
    }
    rules
}

pub(super) fn read_taxonomies(fields: &mut Fields<'_>) -> Vec<TaxonomyRule> {
    let mut rules: Vec<TaxonomyRule> = Vec::new();
    if let Some(mut table) = fields.table("taxonomies") {
        for row in table.rest() {
            let name = row.key.clone();
            let path = table.dotted(&name);
            let Value::Table(below) = row.node.value else {
                table.mistyped::<()>(&name, "a table", &row.node.value, row.node.span);
                continue;
            };
            let mut one = table.below(path, row.span, below);
            let span = one.span_of("path").unwrap_or(0..0);
            let address = one.string("path").unwrap_or_else(|| name.clone());
            let address = format!("/{}/", address.trim_matches('/'));
            if let Err(problem) = Route::new(&*address) {
                one.refuse(span, format!("`{address}` is no address: {}", problem.reason));
            }
            let rule = TaxonomyRule {
                path: address,
                render: one.boolean("render").unwrap_or(true),
                paginate: one.count("paginate"),
                feed: one.boolean("feed").unwrap_or(false),
                name,
            };
            one.finish();
            rules.push(rule);
        }
    }
    for name in KNOWN_TAXONOMIES {
        if rules.iter().all(|rule| rule.name != *name) {
            let path = format!("/{name}/");
            rules.push(TaxonomyRule { name: (*name).to_owned(), path, render: true, paginate: None, feed: false });
        }
    }
    rules
}

pub(super) fn read_paginate(fields: &mut Fields<'_>) -> BTreeMap<String, usize> {
    let mut paginate = BTreeMap::from([("posts".to_owned(), 20)]);
    if let Some(mut table) = fields.table("paginate") {
        let keys: Vec<String> = table.rows().iter().map(|row| row.key.clone()).collect();
        for key in keys {
            if let Some(count) = table.count(&key) {
                paginate.insert(key.trim_matches('/').to_owned(), count);
            }
        }
    }
    paginate
}

pub(super) fn read_archives(fields: &mut Fields<'_>) -> ArchiveRule {
    let mut rule = ArchiveRule { all: true, year: false, month: false };
    let Some(mut table) = fields.table("archives") else { return rule };
    rule.all = table.boolean("all").unwrap_or(true);
    for (word, span) in table.spanned_strings("by").unwrap_or_default() {
        match word.as_str() {
            "year" => rule.year = true,
            "month" => rule.month = true,
            _ => {
                table.refuse(span, format!("there are no archives by `{word}`")).hint =
                    Some("write `by = [\"year\", \"month\"]`".to_owned());
            }
        }
    }
    table.finish();
    rule
}

pub(super) fn read_feeds(fields: &mut Fields<'_>, taxonomies: &[TaxonomyRule]) -> Vec<FeedRule> {
    let tables = fields.plain_tables("feeds");
    let mut rules = if tables.is_none() { vec![FeedRule::usual()] } else { Vec::new() };
    for (index, (table, span)) in tables.into_iter().flatten().enumerate() {
        let path = fields.dotted(&format!("feeds.{index}"));
        let mut row = fields.below(path, span, table);
        rules.push(read_feed(&mut row, taxonomies));
        row.finish();
    }
    // Such a feed is the site's first one, for the term's posts.
    let first = rules.iter().find(|rule| rule.of == FeedOf::Site).cloned().unwrap_or_else(FeedRule::usual);
    for taxonomy in taxonomies.iter().filter(|taxonomy| taxonomy.feed) {
        let path = first.path.rsplit('/').next().unwrap_or_default().to_owned();
        let rule = FeedRule { of: FeedOf::Terms(taxonomy.name.clone()), path, ..first.clone() };
        if rules.iter().all(|other| (&other.of, &other.path) != (&rule.of, &rule.path)) {
            rules.push(rule);
        }
    }
    rules
}

fn read_feed(row: &mut Fields<'_>, taxonomies: &[TaxonomyRule]) -> FeedRule {
    let format = choice(row, "format", &[("rss", "rss"), ("atom", "atom"), ("json", "json")]).unwrap_or("rss");
    let usual = match format {
        "atom" => "atom.xml",
        "json" => "feed.json",
        _ => "feed.xml",
    };
    let of = read_feed_of(row, taxonomies);
    let at = row.span_of("path").unwrap_or(0..0);
    let path = row.string("path").unwrap_or_else(|| match &of {
        FeedOf::Section(section) => format!("{section}/{usual}"),
        FeedOf::Site | FeedOf::Terms(_) => usual.to_owned(),
    });
    let path = path.trim_start_matches('/').to_owned();
    if path.is_empty() || path.ends_with('/') {
        row.refuse(at.clone(), format!("the feed's path `{path}` names a folder")).hint =
            Some(format!("write `path = \"{path}index.xml\"`"));
    } else if let Err(problem) = Route::new(format!("/{path}")) {
        row.refuse(at.clone(), format!("`{path}` is no address: {}", problem.reason));
    }
    if let (FeedOf::Terms(_), Some((_, name))) = (&of, path.rsplit_once('/')) {
        row.refuse(at, format!("the feed of a term stands below the term, so `{path}` cannot name a folder")).hint =
            Some(format!("write `path = \"{name}\"`"));
    }
    let full = choice(row, "content", &[("full", true), ("summary", false)]).unwrap_or(true);
    let limit = row.count("limit").unwrap_or(20);
    FeedRule { of, format: format.to_owned(), path, full, limit }
}

/// Reads what a feed is the feed of: `section`, `taxonomy`, or neither.
fn read_feed_of(row: &mut Fields<'_>, taxonomies: &[TaxonomyRule]) -> FeedOf {
    let (section_at, taxonomy_at) = (row.span_of("section"), row.span_of("taxonomy"));
    let section = row.string("section").map(|section| section.trim_matches('/').to_owned());
    let Some(taxonomy) = row.string("taxonomy") else {
        return match section {
            Some(section) if !section.is_empty() => FeedOf::Section(section),
            Some(_) => {
                row.refuse(section_at.unwrap_or(0..0), "`section` is empty".to_owned()).hint =
                    Some("leave it out for the feed of the whole site".to_owned());
                FeedOf::Site
            }
            None => FeedOf::Site,
        };
    };
    let at = taxonomy_at.unwrap_or(0..0);
    if section.is_some() {
        row.refuse(at.clone(), "a feed is of a section or of a taxonomy, not of both".to_owned()).hint =
            Some("write a `[[feeds]]` table for each".to_owned());
    }
    match taxonomies.iter().find(|rule| rule.name == taxonomy) {
        Some(rule) if !rule.render => {
            row.refuse(at, format!("`{taxonomy}` has no pages, so its terms have no place for a feed")).hint =
                Some(format!("take `render = false` out of `[taxonomies.{taxonomy}]`"));
        }
        Some(_) => {}
        None => {
            let known = taxonomies.iter().map(|rule| rule.name.as_str());
            let hint = did_you_mean(&taxonomy, known).map(|meant| format!("did you mean `{meant}`?"));
            row.refuse(at, format!("there is no taxonomy `{taxonomy}`")).hint = hint;
        }
    }
    FeedOf::Terms(taxonomy)
}
