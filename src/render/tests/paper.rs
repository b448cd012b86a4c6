//! The theme that is in the binary, on a blog that has everything.

use super::fixture::{Blog, text};
use crate::library::PostId;
use crate::paths::SourcePath;
use crate::render::{self, Site};
use crate::source::Template;
use crate::theme_embedded::PAPER;

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
        }
    }
    let tagged = |front: &mut crate::post::FrontMatter| {
        front.terms.insert("tags".to_owned(), vec!["Rust".to_owned()]);
    };
    blog.post_with("one", "2025-01-01", "# Part\n\nText.\n\n```rust\nfn main() {}\n```\n\n## Sub\n\nMore.", tagged)
        .post("two", "2026-01-01", "Text.")
        .post("three", "2026-01-02", "Text.")
        .post("about", "", "Text.")
}

#[test]
fn every_page_of_the_theme_renders() {
    let blog = paper().post("posts", "", "All of them.");
    let mut library = blog.library();
    let index = PostId(library.posts.iter().position(|post| post.stem == "posts").unwrap());
    Blog::section(&mut library, index);
    let site = match Site::new(blog.config.into(), blog.sources.into(), library) {
        Ok(site) => site,
        Err(problems) => panic!("{problems:#?}"),
    };
    for route in site.routes() {
        render::page(&site, route).unwrap_or_else(|problems| panic!("{route}: {problems:#?}"));
    }
}

#[test]
fn a_site_without_posts_renders() {
    let mut blog = paper();
    blog = blog.without_posts();
    let site = blog.site();
    for route in site.routes() {
        render::page(&site, route).unwrap_or_else(|problems| panic!("{route}: {problems:#?}"));
    }
    assert!(text(&site, "/").contains("Watching the guards"));
}
