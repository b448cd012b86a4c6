//! Owns what crawlers read: `sitemap.xml`, in parts where it is long, and the default `robots.txt`.
//!
//! A page stands in it once, under its own address, with `lastmod` only where a date is real. Pages that ask not to be
//! indexed, that are published elsewhere first, redirects and the 404 page do not stand in it.

use std::collections::BTreeMap;

use jiff::Zoned;

use crate::library::{Page, PostId};
use crate::paths::Route;
use crate::render::pages::escaped;
use crate::render::shelf::{Shelf, changed};

/// One address.
struct Entry<'a> {
    route: &'a Route,
    changed: Option<String>,
}

/// Writes the whole sitemap, its index, or one part of it, counted from 1.
pub(crate) fn write(shelf: &Shelf, part: Option<usize>) -> String {
    let parts: Vec<&Route> = shelf
        .library
        .routes
        .iter()
        .filter(|(_, page)| matches!(page, Page::Sitemap(Some(_))))
        .map(|(route, _)| route)
        .collect();
    match part {
        None if parts.is_empty() => urls(shelf, &entries(shelf)),
        None => index(shelf, &parts),
        Some(number) => {
            let entries = entries(shelf);
            let size = entries.len().div_ceil(parts.len().max(1)).max(1);
            urls(shelf, entries.chunks(size).nth(number.saturating_sub(1)).unwrap_or_default())
        }
    }
}

/// Writes the `robots.txt` of a site that has no template for it.
pub(crate) fn robots(shelf: &Shelf) -> String {
    let sitemap = shelf.library.routes.iter().find(|(_, page)| matches!(page, Page::Sitemap(None)));
    let line = sitemap.map(|(route, _)| format!("\nSitemap: {}\n", shelf.permalink(route))).unwrap_or_default();
    format!("User-agent: *\nAllow: /\n{line}")
}

fn urls(shelf: &Shelf, entries: &[Entry<'_>]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for entry in entries {
        let lastmod = entry.changed.as_ref().map(|date| format!("<lastmod>{date}</lastmod>")).unwrap_or_default();
        text.push_str(&format!("<url><loc>{}</loc>{lastmod}</url>\n", escaped(&shelf.permalink(entry.route))));
    }
    text + "</urlset>\n"
}

fn index(shelf: &Shelf, parts: &[&Route]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for route in parts {
        text.push_str(&format!("<sitemap><loc>{}</loc></sitemap>\n", escaped(&shelf.permalink(route))));
    }
    text + "</sitemapindex>\n"
}

fn entries(shelf: &Shelf) -> Vec<Entry<'_>> {
    let months = months(shelf);
    shelf
        .library
        .routes
        .iter()
        .filter(|(route, page)| shelf.library.is_in_sitemap(route, page))
        .map(|(route, page)| Entry { route, changed: last_change(shelf, page, &months).map(|date| shelf.date(date)) })
        .collect()
}

/// When the posts of each month last changed.
type Months<'a> = BTreeMap<(i16, i8), &'a Zoned>;

fn months(shelf: &Shelf) -> Months<'_> {
    let mut months = Months::new();
    for year in shelf.library.archive.iter() {
        for month in &year.months {
            if let Some(changed) = shelf.changed(&month.posts) {
                months.insert((year.year, month.month), changed);
            }
        }
    }
    months
}

fn last_change<'a>(shelf: &'a Shelf, page: &Page, months: &Months<'a>) -> Option<&'a Zoned> {
    let library = &shelf.library;
    let with_index = |posts: &'a [PostId]| {
        let index = library.index_of(page).and_then(|id| changed(library.post(id)));
        shelf.changed(posts).max(index)
    };
    match page {
        Page::Post(id) => changed(library.post(*id)),
        Page::Home(_) => with_index(&library.newest),
        Page::Section(name, _) => with_index(library.sections.get(name).map_or(&[], |section| &section.pages)),
        Page::Term(taxonomy, term, _) => with_index(&library.taxonomies[*taxonomy].terms[*term].posts),
        Page::Taxonomy(taxonomy) => {
            with_index(&[]).max(shelf.changed(library.taxonomies[*taxonomy].terms.iter().flat_map(|term| &term.posts)))
        }
        Page::Archive(year, month) => months
            .iter()
            .filter(|((of, _), _)| year.is_none_or(|year| year == *of))
            .filter(|((_, of), _)| month.is_none_or(|month| month == *of))
            .map(|(_, date)| *date)
            .max(),
        _ => None,
    }
}
