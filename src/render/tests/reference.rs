//! The reference for authors of themes, against what templates really see.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fixture::{Blog, analytics, text};
use crate::render::pages::PAGES;
use crate::render::{filters, functions};

const REFERENCE: &str = include_str!("../../../docs/templates.md");

/// Whether the reference has a name in code.
fn has(name: &str) -> bool {
    let before = ['`', '.', '{', ' ', '|', '\n'];
    let after = ['`', '(', ',', '}', ' ', '[', '.', '\n'];
    REFERENCE.match_indices(name).any(|(start, _)| {
        let end = start + name.len();
        REFERENCE[..start].ends_with(before) && REFERENCE[end..].starts_with(after)
    })
}

#[test]
fn the_reference_has_every_function_filter_and_kind_of_page() {
    for name in functions::names().chain(filters::names()).filter(|name| *name != "super") {
        assert!(has(name), "`{name}` is missing in docs/templates.md");
    }
    for kind in PAGES.iter().filter(|kind| !kind.templates.is_empty()) {
        assert!(REFERENCE.contains(&format!("| `{}` |", kind.name)), "{}", kind.name);
    }
}

#[test]
fn the_reference_has_every_name_that_templates_see() {
    let show =
        "{{ [config, site, page, section, paginator, taxonomy, terms, term, archive, target] | json_encode | safe }}";
    let mut blog = Blog::new()
        .post_with("one", "2026-01-01", "tags = [\"Rust\"]\naliases = [\"/old/\"]", "# Part\n\nText.")
        .post("two", "2026-01-02", "Text.")
        .set(|config| config.analytics = vec![analytics("one")])
        .set(|config| config.extra = toml::Table::new());
    for name in ["index.html", "post.html", "taxonomy.html", "term.html", "archive.html", "alias.html"] {
        blog = blog.template(name, show);
    }
    // The theme's own settings have names of their own.
    blog.sources.theme = None;
    let site = blog.site();
    let mut names = BTreeSet::new();
    for route in ["/", "/posts/one/", "/tags/", "/tags/rust/", "/archive/", "/old/"] {
        let value: Value = serde_json::from_str(&text(&site, route)).unwrap();
        gather(&value, &mut names);
    }
    // The names of taxonomies are the site's own.
    for taxonomy in ["tags", "categories", "series"] {
        names.remove(taxonomy);
    }
    let missing: Vec<&String> = names.iter().filter(|name| !has(name)).collect();
    assert!(missing.is_empty(), "docs/templates.md lacks {missing:?}");
    assert!(names.len() > 60, "{names:?}");
}

fn gather(value: &Value, names: &mut BTreeSet<String>) {
    for (key, inner) in value.as_object().into_iter().flatten() {
        names.insert(key.clone());
        gather(inner, names);
    }
    for inner in value.as_array().into_iter().flatten() {
        gather(inner, names);
    }
}
