//! Owns what is looked at on a page of a trial site: one streaming pass of a real HTML tokenizer, no search through text.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lol_html::{RewriteStrSettings, element, rewrite_str, text};

use super::sites::MARKUP;

/// What a page shows of the theme's work.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) language: Option<String>,
    pub(super) viewports: usize,
    pub(super) titles: usize,
    pub(super) title: String,
    pub(super) mains: usize,
    /// The levels of the headings, in order.
    pub(super) headings: Vec<u8>,
    pub(super) ids: BTreeSet<String>,
    pub(super) links: BTreeSet<String>,
    pub(super) stylesheets: Vec<String>,
    pub(super) feeds: usize,
    /// What the page fetches by itself, besides stylesheets.
    pub(super) fetched: Vec<String>,
    /// Scripts in the page, styles in the page and `style=`, `on…=`.
    pub(super) inline: Vec<String>,
    pub(super) has_colours: bool,
    pub(super) unescaped: bool,
}

/// Reads a page.
pub(super) fn read(html: &str) -> Facts {
    let cell = RefCell::new(Facts::default());
    let elements = element!("*", |element| {
        take(&mut cell.borrow_mut(), element);
        Ok(())
    });
    let title = text!("head > title", |chunk| {
        cell.borrow_mut().title.push_str(chunk.as_str());
        Ok(())
    });
    let settings =
        RewriteStrSettings::new().append_element_content_handler(elements).append_element_content_handler(title);
    // Not strict, and without a limit of memory: nothing makes it fail, and what was seen until then counts.
    drop(rewrite_str(html, settings.with_strict(false)));
    cell.into_inner()
}

fn take(facts: &mut Facts, element: &lol_html::html_content::Element<'_, '_>) {
    let name = element.tag_name();
    let attribute = |name: &str| element.get_attribute(name);
    if let Some(id) = attribute("id") {
        facts.ids.insert(id);
    }
    for own in element.attributes() {
        let own = own.name();
        if own == "style" || own.starts_with("on") {
            facts.inline.push(format!("`{own}=` on `<{name}>`"));
        }
    }
    match name.as_str() {
        "html" => facts.language = attribute("lang").filter(|language| !language.trim().is_empty()),
        "title" => facts.titles += 1,
        "main" => facts.mains += 1,
        "meta" if attribute("name").as_deref() == Some("viewport") => facts.viewports += 1,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => facts.headings.push(name.as_bytes()[1] - b'0'),
        "a" => facts.links.extend(attribute("href")),
        "style" => facts.inline.push("`<style>`".to_owned()),
        "link" => {
            let relation = attribute("rel").unwrap_or_default();
            let is = |word: &str| relation.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(word));
            let kind = attribute("type").unwrap_or_default();
            if is("stylesheet") {
                facts.stylesheets.extend(attribute("href"));
            } else if is("preload") || is("icon") || is("modulepreload") || is("preconnect") {
                facts.fetched.extend(attribute("href"));
            }
            if is("alternate") && (kind.contains("rss") || kind.contains("atom") || kind.contains("feed+json")) {
                facts.feeds += 1;
            }
        }
        "script" => match attribute("src") {
            Some(address) => facts.fetched.push(address),
            None if attribute("type").is_none_or(|kind| !kind.contains("json")) => {
                facts.inline.push("`<script>`".to_owned());
            }
            None => {}
        },
        "img" | "iframe" | "source" | "video" | "audio" | "embed" => facts.fetched.extend(attribute("src")),
        "pre" => {
            let class = attribute("class").unwrap_or_default();
            facts.has_colours |= class.split_ascii_whitespace().any(|one| one == "code");
        }
        _ => {}
    }
    facts.unescaped |= name == MARKUP;
}
