//! The theme that is in the binary, on a blog that has everything.

use super::fixture::{Blog, text};
use crate::paths::SourcePath;
use crate::render;
use crate::source::Template;
use crate::theme_embedded::PAPER;
use crate::words;

fn paper() -> Blog {
    let mut blog = Blog::bare().set(|config| config.theme = "paper".to_owned());
    for (path, bytes) in PAPER {
        let source = SourcePath::new(format!("themes/paper/{path}"));
        let text = String::from_utf8_lossy(bytes);
        if let Some(name) = path.strip_prefix("templates/") {
            let template = Template { source, text: text.into() };
            blog.sources.templates.insert(format!("paper/templates/{name}"), template);
        } else if *path == "theme.toml" {
            blog.sources.theme = Some((source, text.into()));
        } else if path.starts_with(words::FOLDER) {
            blog.sources.words.add(&source, &text.into()).expect("the theme's words can be read");
        }
    }
    blog
}

#[test]
fn every_page_of_the_theme_renders() {
    let code = "# Part\n\nText.\n\n```rust\nfn main() {}\n```\n\n## Sub\n\nMore.";
    let site = paper()
        .post_with("one", "2025-01-01", "tags = [\"Rust\"]\naliases = [\"/old/\"]", code)
        .post("two", "2026-01-01", "Text.")
        .post("three", "2026-01-02", "Text.")
        .post("about", "", "Text.")
        .file("posts/_index.md", "+++\ntitle = \"Posts\"\n+++\nAll of them.")
        .site();
    for route in site.routes() {
        render::page(&site, route).unwrap_or_else(|problems| panic!("{route}: {problems:#?}"));
    }
}

#[test]
fn a_site_without_posts_renders() {
    let site = paper().site();
    for route in site.routes() {
        render::page(&site, route).unwrap_or_else(|problems| panic!("{route}: {problems:#?}"));
    }
    assert!(text(&site, "/").contains("Watching the guards"));
}

#[test]
fn a_taxonomy_without_pages_is_named_but_not_linked() {
    let blog = paper().set(|config| config.taxonomies.iter_mut().for_each(|rule| rule.render = false));
    let site = blog.post_with("one", "2025-01-01", "tags = [\"Rust\"]\nseries = [\"Guards\"]", "Text.").site();
    let page = text(&site, "/posts/one/");
    assert!(page.contains("Rust") && page.contains("Guards"), "{page}");
    assert!(!page.contains("href=\"\""), "{page}");
}
