//! Owns the index of `[search]`: which of the finished pages are in it, and what of each.
//!
//! Pagefind reads the written bytes and makes the files below `/pagefind/`, which a browser loads piece by piece. Posts
//! and pages are searched; lists, drafts, and what search engines are to leave out, are not. Pages are handed over in the
//! order of their addresses, so that the same site has the same index. `index` alone knows Pagefind.

#[cfg(feature = "search")]
mod index;
#[cfg(not(feature = "search"))]
#[path = "search/without.rs"]
mod index;

use lol_html::html_content::Element;
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str};
use rayon::prelude::*;

use crate::config::SearchRule;
use crate::diagnostic::Diagnostic;
use crate::library::{Library, Page};
use crate::paths::{OutPath, Route};
use crate::render::Site;
use crate::render::derived::{Finished, Made};

/// The folder of the index.
pub(crate) const FOLDER: &str = "pagefind";
/// The attribute that says which part of a page is its text; Pagefind's own.
const BODY: &str = "data-pagefind-body";

/// One page, as it is handed to Pagefind.
struct Searched {
    /// Its address below the base URL.
    address: String,
    /// Its HTML, in which one element is its text.
    html: String,
}

/// Makes the files of the index.
pub(super) fn files(finished: &Finished<'_>) -> Result<Made, Vec<Diagnostic>> {
    let site = finished.site;
    let Some(rule) = &site.config.search else { return Ok(Made::new()) };
    let place = || site.config.place("search");
    let pages: Vec<(&Route, &str)> = searched(site, rule).collect();
    let pages: Vec<Searched> = pages
        .into_par_iter()
        .filter_map(|(route, language)| {
            let bytes = (finished.read)(route.out_path().as_str())?;
            Some(Searched { address: route.encoded(), html: prepared(&String::from_utf8_lossy(&bytes), language) })
        })
        .collect();
    let files = index::of(pages).map_err(|problem| vec![problem.at(place())])?;
    Ok(files.into_iter().map(|(name, bytes)| (OutPath::new(format!("{FOLDER}/{name}")), bytes)).collect())
}

/// Returns the posts and pages that are searched, each with its language, by address.
fn searched<'s>(site: &'s Site, rule: &'s SearchRule) -> impl Iterator<Item = (&'s Route, &'s str)> {
    let is_searched = |library: &Library, route: &Route, page: &Page| {
        let Page::Post(id) = page else { return false };
        let post = library.post(*id);
        // A build with `--drafts` or `--future` shows these; nobody is to find them.
        let is_hidden = post.front.draft
            || post.front.noindex
            || post.front.published().is_some_and(|from| from > site.config.clock);
        !is_hidden
            && library.is_native(*id)
            && !post.is_not_found()
            && !rule.exclude.iter().any(|pattern| route.matches(pattern))
    };
    site.library.routes.iter().filter_map(move |(route, page)| {
        let (library, page, language) = match page {
            Page::Abroad(language, page) => (site.library.editions.get(*language)?, &**page, *language),
            page => (&*site.library, page, 0),
        };
        is_searched(library, route, page).then(|| (route, site.config.tag(language)))
    })
}

/// Returns a page in which one element is the text to be searched: the one that the theme marks, else `<main>`, else all
/// of it. A page that does not say its language gets the one it was written in.
fn prepared(html: &str, language: &str) -> String {
    let marked = html.contains(BODY) && has(html, &format!("[{BODY}]"));
    let body = if marked { None } else { Some(if has(html, "main") { "main" } else { "body" }) };
    let mut is_first = true;
    let mark = |element: &mut Element<'_, '_>| -> HandlerResult {
        if std::mem::take(&mut is_first) {
            element.set_attribute(BODY, "")?;
        }
        Ok(())
    };
    let tell = |element: &mut Element<'_, '_>| -> HandlerResult {
        if !element.has_attribute("lang") {
            element.set_attribute("lang", language)?;
        }
        Ok(())
    };
    let mut settings = RewriteStrSettings::new().append_element_content_handler(element!("html", tell));
    if let Some(body) = body {
        settings = settings.append_element_content_handler(element!(body, mark));
    }
    // Not strict: Pagefind reads what is ambiguous as it can, too.
    let settings = settings.with_strict(false);
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

/// Returns whether a page has an element.
fn has(html: &str, selector: &str) -> bool {
    let mut found = false;
    let note = |_: &mut Element<'_, '_>| -> HandlerResult {
        found = true;
        Ok(())
    };
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!(selector, note)).with_strict(false);
    let _ = rewrite_str(html, settings);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "<!doctype html><html><body><header>Head</header><main><p>Text</p></main><main>2</main></body></html>";

    #[test]
    fn the_text_of_a_page_is_what_its_theme_marks_else_main() {
        let page = prepared(PAGE, "fr");
        assert!(page.contains("<html lang=\"fr\">") && page.contains("<main data-pagefind-body=\"\"><p>"), "{page}");
        assert_eq!(page.matches(BODY).count(), 1, "{page}");
        let marked = PAGE.replace("<p>", "<p data-pagefind-body>").replace("<html>", "<html lang=de>");
        assert_eq!(prepared(&marked, "fr"), marked);
        let spoken = PAGE.replace("Text", "The attribute data-pagefind-body is Pagefind's.");
        assert!(prepared(&spoken, "en").contains("<main data-pagefind-body=\"\">"), "a word is no attribute");
        assert!(
            prepared("<html><body class=a>x</body></html>", "en").contains("<body class=a data-pagefind-body=\"\">")
        );
    }

    #[cfg(feature = "search")]
    #[test]
    fn the_same_pages_give_the_same_files_and_a_page_without_words_does_no_harm() {
        let page = |number: usize| Searched {
            address: format!("/{number}/"),
            html: prepared(&PAGE.replace("Text", &format!("Ünïcode words {number} and naïve naive others")), "en"),
        };
        let pages = || {
            let empty = Searched { address: "/empty/".to_owned(), html: String::new() };
            (0..200).map(page).chain([empty]).collect::<Vec<_>>()
        };
        let once = index::of(pages()).unwrap();
        assert_eq!(once, index::of(pages()).unwrap());
        let names: Vec<&str> = once.keys().map(String::as_str).collect();
        for name in
            ["pagefind.js", "pagefind-entry.json", "pagefind-worker.js", "wasm.en.pagefind", "wasm.unknown.pagefind"]
        {
            assert!(names.contains(&name), "{names:?}");
        }
        assert!(names.iter().filter(|name| name.starts_with("fragment/en_")).count() == 200, "{names:?}");
        assert!(!names.iter().any(|name| name.contains("ui") || name.contains("playground")), "{names:?}");
    }

    #[cfg(not(feature = "search"))]
    #[test]
    fn a_program_without_pagefind_says_so() {
        assert_eq!(index::of(Vec::new()).unwrap_err().code, "search/not-built-in");
    }
}
