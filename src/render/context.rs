//! Owns what templates see, as plain structs: each field is a name that `docs/templates.md` promises.
//!
//! Gives values only; who fills them is [`crate::render::shelf`]. To add a name: a field here, and its row in the
//! reference. Never rename one: templates of other people stand on it.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::Value;

use crate::article;

/// `config`: the site's settings.
#[derive(Serialize)]
pub(crate) struct Settings<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub language: &'a str,
    pub base_url: &'a str,
    pub base_path: String,
    pub authors: &'a [String],
    pub feeds: &'a [FeedLink],
    pub taxonomies: Vec<&'a Value>,
    pub archive: Option<String>,
    pub highlight_css: Option<String>,
    /// The link to the folder of the search index.
    pub search: Option<String>,
    pub analytics: Vec<Provider<'a>>,
    pub theme: &'a str,
    pub fingerprint: bool,
    pub extra: Value,
    /// The link to the home page of this language.
    pub home: String,
    pub languages: Vec<Language<'a>>,
}

/// One of `config.languages`.
#[derive(Serialize)]
pub(crate) struct Language<'a> {
    pub lang: &'a str,
    pub title: &'a str,
    pub path: String,
}

/// The same page in one language.
#[derive(Serialize)]
pub(crate) struct Translation<'a> {
    pub lang: &'a str,
    pub title: String,
    pub path: String,
    pub permalink: String,
    /// Whether it is this very page.
    pub current: bool,
}

/// One of `config.analytics`.
#[derive(Serialize)]
pub(crate) struct Provider<'a> {
    pub provider: &'a str,
}

/// One of `config.feeds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FeedLink {
    pub format: &'static str,
    pub title: String,
    pub path: String,
    pub permalink: String,
    pub mime: &'static str,
}

/// A link to a post: all but its text.
#[derive(Serialize)]
pub(crate) struct Link<'a> {
    pub title: &'a str,
    pub lang: &'a str,
    pub description: Option<&'a str>,
    pub date: Option<String>,
    pub updated: Option<String>,
    pub year: Option<i16>,
    pub month: Option<i8>,
    pub day: Option<i8>,
    pub path: String,
    pub permalink: String,
    pub slug: String,
    pub section: &'a str,
    pub source: &'a str,
    pub authors: &'a [String],
    pub taxonomies: BTreeMap<&'a str, Vec<TermLink<'a>>>,
    pub image: Option<String>,
    pub word_count: usize,
    pub reading_time: usize,
    pub draft: bool,
    pub noindex: bool,
    pub weight: Option<i64>,
    pub extra: Value,
    /// What the row says that it is made of; none for a Markdown file.
    pub row: Value,
}

/// A term, as a post names it.
#[derive(Serialize)]
pub(crate) struct TermLink<'a> {
    pub name: &'a str,
    pub slug: &'a str,
    /// None where the taxonomy has no pages.
    pub path: Option<String>,
    pub permalink: Option<String>,
}

/// `newer` and `older`.
#[derive(Serialize)]
pub(crate) struct Neighbour<'a> {
    pub title: &'a str,
    pub path: String,
    pub permalink: String,
    pub date: Option<String>,
}

/// `page.series`.
#[derive(Serialize)]
pub(crate) struct SeriesView<'a> {
    pub name: &'a str,
    /// None where series have no pages.
    pub path: Option<String>,
    pub permalink: Option<String>,
    pub index: usize,
    pub count: usize,
    pub previous: Value,
    pub next: Value,
    pub pages: Value,
}

/// `section`.
#[derive(Serialize)]
pub(crate) struct SectionView<'a> {
    #[serde(flatten)]
    pub link: SectionLink<'a>,
    pub content: Value,
    pub toc: Vec<Heading>,
    pub has_code: bool,
    pub extra: Value,
    pub pages: Value,
    pub ancestors: Value,
    pub subsections: Value,
}

/// A link to a section.
#[derive(Serialize)]
pub(crate) struct SectionLink<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub description: Option<&'a str>,
    pub path: String,
    pub permalink: String,
    pub source: Option<&'a str>,
}

/// `paginator`.
#[derive(Serialize)]
pub(crate) struct Paginator {
    pub pages: Vec<Value>,
    pub current_index: usize,
    pub number_pagers: usize,
    pub total_pages: usize,
    pub first: String,
    pub last: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub base_url: String,
}

/// `taxonomy`.
#[derive(Serialize)]
pub(crate) struct TaxonomyView<'a> {
    pub name: &'a str,
    pub path: String,
    pub permalink: String,
    pub terms: Vec<TermCount<'a>>,
}

/// What `taxonomy` has beside that on its own page.
#[derive(Serialize)]
pub(crate) struct IndexView<'a> {
    pub title: &'a str,
    pub description: Option<&'a str>,
    pub content: Value,
    pub toc: Vec<Heading>,
    pub has_code: bool,
    pub extra: Value,
}

/// One of `terms`.
#[derive(Serialize)]
pub(crate) struct TermCount<'a> {
    pub name: &'a str,
    pub slug: &'a str,
    pub path: String,
    pub permalink: String,
    pub page_count: usize,
    pub feed: Option<String>,
}

/// `archive`.
#[derive(Serialize)]
pub(crate) struct Archive {
    pub year: Option<i16>,
    pub month: Option<i8>,
    pub path: String,
    pub permalink: String,
    pub page_count: usize,
    pub years: Vec<Year>,
}

/// One of `archive.years`.
#[derive(Serialize)]
pub(crate) struct Year {
    pub year: i16,
    pub path: Option<String>,
    pub page_count: usize,
    pub months: Vec<Month>,
    pub pages: Vec<Value>,
}

/// One of `archive.years[].months`.
#[derive(Serialize)]
pub(crate) struct Month {
    pub month: i8,
    pub date: String,
    pub path: Option<String>,
    pub page_count: usize,
    pub pages: Vec<Value>,
}

/// `target`.
#[derive(Serialize)]
pub(crate) struct Target {
    pub path: String,
    pub permalink: String,
}

/// One of `toc`.
#[derive(Serialize)]
pub(crate) struct Heading {
    pub level: u8,
    pub id: String,
    pub title: String,
    pub permalink: String,
    pub children: Vec<Heading>,
}

impl Heading {
    /// Returns a table of contents whose headings know the address of their page.
    pub(crate) fn tree(headings: &[article::Heading], permalink: &str) -> Vec<Heading> {
        headings
            .iter()
            .map(|heading| Heading {
                level: heading.level,
                id: heading.id.clone(),
                title: heading.title.clone(),
                permalink: format!("{permalink}#{}", heading.id),
                children: Heading::tree(&heading.children, permalink),
            })
            .collect()
    }
}

/// Returns a TOML table as a template value; dates become text.
pub(crate) fn from_toml(table: &toml::Table) -> Value {
    let map: tera::Map = table.iter().map(|(key, value)| (key.clone().into(), from_toml_value(value))).collect();
    Value::from(map)
}

fn from_toml_value(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::normal_string(text),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(truth) => Value::from(*truth),
        toml::Value::Datetime(date) => Value::normal_string(&date.to_string()),
        toml::Value::Array(values) => Value::from(values.iter().map(from_toml_value).collect::<Vec<_>>()),
        toml::Value::Table(table) => from_toml(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_their_order_and_dates_are_text() {
        let table: toml::Table = "z = 1\nday = 2026-11-05\n[a]\nlist = [true, 1.5]".parse().unwrap();
        let value = from_toml(&table);
        assert_eq!(value.to_string(), from_toml(&table).to_string());
        assert_eq!(value.get_from_path("day").unwrap().as_str(), Some("2026-11-05"));
        assert_eq!(value.get_from_path("a.list.1").unwrap().as_f64(), Some(1.5));
    }
}
