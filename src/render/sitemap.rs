//! Owns what crawlers read: `sitemap.xml`, in parts where it is long, and the default `robots.txt`.
//!
//! A page stands in it once, under its own address, with `lastmod` only where a date is real, and with its translations. Pages that ask not to be
//! indexed, that are published elsewhere first, redirects and the 404 page do not stand in it.

use std::collections::BTreeMap;

use jiff::Zoned;

use crate::library::{Library, Page, PostId};
use crate::paths::Route;
use crate::render::pages::escaped;
use crate::render::shelf::{Alternate, Shelf, changed};

/// The names under which programs ask that collect texts for language models, as their operators publish them, gathered by
/// the project ai.robots.txt (<https://github.com/ai-robots-txt/ai.robots.txt>). Those that only fetch what a person asks
/// for, and those of search engines, are not among them.
const AI_AGENTS: &[&str] = &[
    "AI2Bot",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "cohere-training-data-crawler",
    "Diffbot",
    "FacebookBot",
    "Google-Extended",
    "GPTBot",
    "ImagesiftBot",
    "meta-externalagent",
    "omgili",
    "PanguBot",
    "Timpibot",
    "Webzio-Extended",
];

/// One address.
struct Entry<'a> {
    route: &'a Route,
    changed: Option<String>,
    /// The same in each language that has it, as the head of the page says.
    alternates: Vec<Alternate>,
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
    let mut text = String::from("User-agent: *\nAllow: /\n");
    if shelf.config.no_ai {
        text.push('\n');
        for agent in AI_AGENTS {
            text.push_str(&format!("User-agent: {agent}\n"));
        }
        text.push_str("Disallow: /\n");
    }
    text + &line
}

fn urls(shelf: &Shelf, entries: &[Entry<'_>]) -> String {
    let links = match shelf.library.editions.is_empty() {
        true => "",
        false => " xmlns:xhtml=\"http://www.w3.org/1999/xhtml\"",
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"{links}>\n"
    );
    for entry in entries {
        let lastmod = entry.changed.as_ref().map(|date| format!("<lastmod>{date}</lastmod>")).unwrap_or_default();
        let mut alternates = String::new();
        for Alternate { lang, permalink } in &entry.alternates {
            let (lang, address) = (escaped(lang), escaped(permalink));
            alternates.push_str(&format!("<xhtml:link rel=\"alternate\" hreflang=\"{lang}\" href=\"{address}\"/>"));
        }
        let address = escaped(&shelf.permalink(entry.route));
        text.push_str(&format!("<url><loc>{address}</loc>{lastmod}{alternates}</url>\n"));
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
    let library = &*shelf.library;
    let mut months = vec![months(library)];
    months.extend(library.editions.iter().skip(1).map(self::months));
    let mut entries = Vec::new();
    for (route, page) in &library.routes {
        let (library, page, months) = match page {
            Page::Abroad(language, page) => (&library.editions[*language], &**page, &months[*language]),
            page => (library, page, &months[0]),
        };
        if library.is_in_sitemap(route, page) {
            let changed = last_change(library, page, months).map(|date| shelf.date(date));
            entries.push(Entry { route, changed, alternates: shelf.alternates(library, page) });
        }
    }
    entries
}

/// When the posts of each month last changed.
type Months<'a> = BTreeMap<(i16, i8), &'a Zoned>;

fn months(library: &Library) -> Months<'_> {
    let mut months = Months::new();
    for year in library.archive.iter() {
        for month in &year.months {
            if let Some(changed) = newest_change(library, &month.posts) {
                months.insert((year.year, month.month), changed);
            }
        }
    }
    months
}

/// Returns the newest change of some posts.
fn newest_change<'a>(library: &'a Library, posts: impl IntoIterator<Item = &'a PostId>) -> Option<&'a Zoned> {
    posts.into_iter().filter_map(|id| changed(library.post(*id))).max()
}

fn last_change<'a>(library: &'a Library, page: &Page, months: &Months<'a>) -> Option<&'a Zoned> {
    let with_index = |posts: &'a [PostId]| {
        let index = library.index_of(page).and_then(|id| changed(library.post(id)));
        newest_change(library, posts).max(index)
    };
    match page {
        Page::Post(id) => changed(library.post(*id)),
        Page::Home(_) => with_index(&library.newest),
        Page::Section(name, _) => with_index(library.sections.get(name).map_or(&[], |section| &section.pages)),
        Page::Term(taxonomy, term, _) => with_index(&library.taxonomies[*taxonomy].terms[*term].posts),
        Page::Taxonomy(taxonomy) => {
            let posts = library.taxonomies[*taxonomy].terms.iter().flat_map(|term| &term.posts);
            with_index(&[]).max(newest_change(library, posts))
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
