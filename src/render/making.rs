//! Tells what makes a page beside its source: the template, those that it extends and includes, and the data they read.

use std::collections::{BTreeMap, BTreeSet};

use super::Site;
use super::pages::{kind_of, own_template};
use super::reads::{blocks, reads};
use super::theme::Theme;
use crate::paths::{Route, SourcePath};
use crate::source::Template;

/// What makes a page beside its source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Making {
    /// The files of its templates: the one that it begins with, then those that this one leads to.
    pub templates: Vec<String>,
    /// The data files that one of the templates names.
    pub data: Vec<SourcePath>,
}

impl Site {
    /// Returns what makes the page at an address; nothing of it for what no template makes.
    pub fn making(&self, route: &Route) -> Making {
        let Some(page) = self.library.routes.get(route) else { return Making::default() };
        let (language, page) = page.in_language();
        let library = &self.shelves[language].library;
        let kind = kind_of(library, page);
        let own = own_template(library, page).filter(|_| !kind.templates.is_empty()).map(|(_, template)| template);
        let Some(layout) = own.or_else(|| self.theme.first(kind.templates)) else { return Making::default() };
        let templates = self.theme.chain(layout);
        let names = |file: &SourcePath| templates.iter().any(|template| names_data(&template.text, file));
        Making {
            data: self.sources.data.keys().filter(|file| names(file)).cloned().collect(),
            templates: templates.into_iter().map(|template| template.source.to_string()).collect(),
        }
    }
}

/// Returns whether a template may read a file below `data/`: by `load_data`, or as a field of `data`.
fn names_data(text: &str, file: &SourcePath) -> bool {
    let below = file.as_str().strip_prefix("data/").unwrap_or(file.as_str());
    let stem = below.rsplit_once('.').map_or(below, |(stem, _)| stem);
    let first = stem.split('/').next().unwrap_or(stem);
    blocks(text).any(|code| code.contains("load_data") && code.contains(below)) || reads(text, "data", first)
}

impl Theme {
    /// Returns a template and all that it leads to, each once: what it extends, includes and takes components from.
    pub(super) fn chain(&self, layout: &str) -> Vec<&Template> {
        let components: BTreeMap<&str, &str> = self
            .files()
            .iter()
            .flat_map(|(name, template)| components(&template.text).map(move |component| (component, name.as_str())))
            .collect();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut open = std::collections::VecDeque::from([layout]);
        while let Some(name) = open.pop_front() {
            let Some((name, template)) = self.file(name).filter(|(name, _)| seen.insert(*name)) else { continue };
            found.push(template);
            for code in blocks(&template.text) {
                let code = code.trim_start_matches('-').trim_start();
                if let Some(rest) = ["extends", "include"].iter().find_map(|word| code.strip_prefix(word)) {
                    open.extend(quoted(rest));
                } else {
                    let named = components.iter().filter(|(component, file)| **file != name && calls(code, component));
                    open.extend(named.map(|(_, file)| *file));
                }
            }
        }
        found
    }
}

/// Returns the texts between quotes.
fn quoted(code: &str) -> impl Iterator<Item = &str> {
    code.split(['"', '\'', '`']).skip(1).step_by(2)
}

/// Returns the names of the components that a template defines.
fn components(text: &str) -> impl Iterator<Item = &str> {
    blocks(text).filter_map(|code| {
        let rest = code.trim_start_matches('-').trim_start().strip_prefix("component ")?;
        Some(rest.split(|sign: char| !is_name(sign)).find(|name| !name.is_empty()).unwrap_or_default())
    })
}

/// Returns whether code calls a component: `<paper.contents …/>`.
fn calls(code: &str, component: &str) -> bool {
    code.match_indices('<').any(|(at, _)| {
        let called = code[at + 1..].strip_prefix(component);
        called.is_some_and(|rest| !rest.starts_with(is_name))
    })
}

fn is_name(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_quotes_and_components_are_found() {
        assert_eq!(quoted(r#" ["a.html", 'b.html'] ignore missing"#).collect::<Vec<_>>(), ["a.html", "b.html"]);
        let text =
            "{% component paper.contents(headings: array) %}x{% endcomponent paper.contents %}{%- component b() %}";
        assert_eq!(components(text).collect::<Vec<_>>(), ["paper.contents", "b"]);
        assert!(calls(" <paper.contents headings={x} /> ", "paper.contents"));
        assert!(
            !calls(" <paper.contents-all /> ", "paper.contents") && !calls(" a < paper.contents ", "paper.contents")
        );
    }

    #[test]
    fn a_data_file_is_named_as_a_field_or_by_its_path() {
        let file = SourcePath::new("data/shop/items.yaml");
        for text in ["{{ data.shop.items }}", "{% set x = load_data(path=\"shop/items.yaml\") %}", "{{ data }}"] {
            assert!(names_data(text, &file), "{text}");
        }
        for text in ["{{ data.other }}", "shop/items.yaml", "{{ load_data(path=\"other.yaml\") }}", "{# data.shop #}"] {
            assert!(!names_data(text, &file), "{text}");
        }
    }
}
