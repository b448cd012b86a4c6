//! Owns what crawlers read: `sitemap.xml`, in parts where it is long, and the default `robots.txt`.
//!
//! A page stands in it once, under its own address, with `lastmod` only where a date is real, and with its translations. Pages that ask not to be
//! indexed, that are published elsewhere first, redirects and the 404 page do not stand in it.

use std::collections::{BTreeMap, HashMap};

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
    changed: Option<&'a Zoned>,
    library: &'a Library,
    page: &'a Page,
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
        let lastmod = entry.changed.map(|date| format!("<lastmod>{}</lastmod>", shelf.date(date))).unwrap_or_default();
        let mut alternates = String::new();
        // The same in each language that has it, as the head of the page says.
        for Alternate { lang, permalink } in shelf.alternates(entry.library, entry.page) {
            let (lang, address) = (escaped(&lang), escaped(&permalink));
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
    let mut changes = vec![Changes::of(library)];
    changes.extend(library.editions.iter().skip(1).map(Changes::of));
    let mut entries = Vec::new();
    for (route, page) in &library.routes {
        let (library, page, changes) = match page {
            Page::Abroad(language, page) => (&library.editions[*language], &**page, &mut changes[*language]),
            page => (library, page, &mut changes[0]),
        };
        if library.is_in_sitemap(route, page) {
            entries.push(Entry { route, changed: changes.last_of(page), library, page });
        }
    }
    entries
}

/// When the lists of a library last changed. Found once for each: a list has as many pages as its length allows.
struct Changes<'a> {
    library: &'a Library,
    /// The posts of each month.
    months: BTreeMap<(i16, i8), &'a Zoned>,
    home: Option<Option<&'a Zoned>>,
    sections: HashMap<&'a str, Option<&'a Zoned>>,
    terms: HashMap<(usize, usize), Option<&'a Zoned>>,
}

impl<'a> Changes<'a> {
    fn of(library: &'a Library) -> Self {
        let mut months = BTreeMap::new();
        for year in library.archive.iter() {
            for month in &year.months {
                if let Some(changed) = newest_change(library, &month.posts) {
                    months.insert((year.year, month.month), changed);
                }
            }
        }
        Changes { library, months, home: None, sections: HashMap::new(), terms: HashMap::new() }
    }

    /// Returns when a page last changed: of a list with a text of its own, also when that did.
    fn last_of(&mut self, page: &'a Page) -> Option<&'a Zoned> {
        let library = self.library;
        let index = library.index_of(page).and_then(|id| changed(library.post(id)));
        let newest = match page {
            Page::Post(id) => changed(library.post(*id)),
            Page::Home(_) => *self.home.get_or_insert_with(|| newest_change(library, library.newest.iter())),
            Page::Section(name, _) => *self.sections.entry(name).or_insert_with(|| {
                newest_change(library, library.sections.get(name).map_or(&[][..], |section| &section.pages))
            }),
            Page::Term(taxonomy, term, _) => self.of_term(*taxonomy, *term),
            Page::Taxonomy(taxonomy) => {
                let terms = 0..library.taxonomies[*taxonomy].terms.len();
                terms.filter_map(|term| self.of_term(*taxonomy, term)).max()
            }
            Page::Archive(year, month) => {
                let is_in = |(of_year, of_month): &(i16, i8)| {
                    year.is_none_or(|year| year == *of_year) && month.is_none_or(|month| month == *of_month)
                };
                return self.months.iter().filter(|(month, _)| is_in(month)).map(|(_, date)| *date).max();
            }
            _ => return None,
        };
        newest.max(index)
    }

    fn of_term(&mut self, taxonomy: usize, term: usize) -> Option<&'a Zoned> {
        let library = self.library;
        let posts = &library.taxonomies[taxonomy].terms[term].posts;
        *self.terms.entry((taxonomy, term)).or_insert_with(|| newest_change(library, posts))
    }
}

/// Returns the newest change of some posts.
fn newest_change<'a>(library: &'a Library, posts: impl IntoIterator<Item = &'a PostId>) -> Option<&'a Zoned> {
    posts.into_iter().filter_map(|id| changed(library.post(*id))).max()
}
