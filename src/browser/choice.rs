//! Owns the choice of pages: each layout once, and each further combination of snippets and policies once.
//!
//! Pages that are alike in all of that are one page to a tracker.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::check::evidence::{Demand, Found, PageKind, Snippet};
use crate::check::{Evidence, Page};
use crate::guard::csp::Delivery;

/// How many pages are visited at most.
const MOST: usize = 24;
/// The page that stands for every address where nothing is.
const NOT_FOUND: &str = "404.html";

/// One page that stands for others.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'e> {
    /// The page.
    pub(super) page: &'e Page,
    /// Where a visitor comes to see it.
    pub(super) url: Url,
    /// The layout, or else the section, that it stands for.
    pub(super) layout: String,
    /// How many pages it stands for, itself included.
    pub(super) alike: usize,
}

/// What makes a page another one to a tracker, whichever template made it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'e> {
    snippets: Vec<&'e Found>,
    inert: Vec<&'e Found>,
    policies: Vec<(Delivery, String)>,
    referrer: Option<&'e str>,
    demands: Vec<bool>,
    is_not_found: bool,
}

/// What is not visited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// How many pages are like none that is.
    pub(super) pages: usize,
    /// How many layouts have no page that is; without a manifest, kinds of pages.
    pub(super) layouts: usize,
}

/// Returns the pages to visit, and what is left out.
pub(super) fn choose<'e>(evidence: &'e Evidence<'_>) -> (Vec<Chosen<'e>>, Left) {
    let mut alike: BTreeMap<(Kind<'_>, String), Vec<&Page>> = BTreeMap::new();
    for page in evidence.pages.iter().filter(|page| page.kind == PageKind::Document) {
        let layout = page.layout.clone().unwrap_or_else(|| section(page).to_owned());
        alike.entry((kind(evidence, page), layout)).or_default().push(page);
    }
    let mut candidates: Vec<(Kind<'_>, Chosen<'_>)> = alike
        .into_iter()
        .filter_map(|((kind, layout), pages)| {
            let page = pages.iter().min_by_key(|page| (page.path.len(), &page.path))?;
            let url = if kind.is_not_found { nowhere(evidence) } else { evidence.url(page) };
            Some((kind, Chosen { page, url, layout, alike: pages.len() }))
        })
        .collect();
    candidates.sort_by(|(_, one), (_, other)| (other.alike, &one.page.path).cmp(&(one.alike, &other.page.path)));
    // The most common of each layout first, so that no layout is left out for another one's variants. Where nobody says which
    // template made a page, a section is no layout: there each kind of page comes first, and then each section.
    let (mut layouts, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let (first, rest): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(kind, chosen)| match evidence.manifest {
        Some(_) => layouts.insert(chosen.layout.clone()),
        None => kinds.insert(kind.clone()),
    });
    let unvisited = first.len().saturating_sub(MOST);
    let mut all: Vec<Chosen<'_>> = first.into_iter().chain(rest).map(|(_, chosen)| chosen).collect();
    let pages = all.iter().skip(MOST).map(|chosen| chosen.alike).sum();
    all.truncate(MOST);
    (all, Left { pages, layouts: unvisited })
}

fn kind<'e>(evidence: &'e Evidence<'_>, page: &'e Page) -> Kind<'e> {
    let found = |snippet: &'e Snippet| snippet.found.as_ref();
    Kind {
        snippets: page.snippets.iter().map(found).collect(),
        inert: page.inert.iter().map(|(snippet, _)| found(snippet)).collect(),
        policies: evidence.policies_of(page),
        referrer: page.referrer.as_deref(),
        demands: evidence.tables.iter().map(|table| table.demands(page) == Demand::One).collect(),
        is_not_found: page.path == NOT_FOUND,
    }
}

fn section(page: &Page) -> &str {
    if page.section.is_empty() { "(top)" } else { &page.section }
}

/// Returns an address of the site where nothing is.
fn nowhere(evidence: &Evidence<'_>) -> Url {
    let base = evidence.config.base_url.url();
    base.join("watchpost-looks-for-the-404-page/").unwrap_or_else(|_| base.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;

    const TABLE: &str = "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\n";

    #[test]
    fn many_folders_of_a_foreign_site_are_one_kind_of_page_and_a_kind_is_never_left_out_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let snippet =
            "<script data-goatcounter=\"https://s.example/count\" async src=\"https://s.example/count.js\"></script>";
        let write = |name: &str, snippet: &str| {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            let html = format!("<!doctype html><title>x</title>{snippet}");
            std::fs::write(folder.path().join(name).join("index.html"), html).unwrap();
        };
        (0..40).for_each(|number| write(&format!("a-post-{number}"), snippet));
        write("z-odd-one", "");
        let config = sample(TABLE);
        let evidence = crate::check::gather(&config, folder.path(), None).unwrap();
        let (chosen, left) = choose(&evidence);
        assert_eq!((chosen.len(), left), (MOST, Left { pages: 41 - MOST, layouts: 0 }));
        assert!(chosen.iter().any(|chosen| chosen.page.path == "z-odd-one/index.html"));
        (0..MOST)
            .for_each(|number| write(&format!("kind-{number}"), &snippet.replace("count.js", &format!("{number}.js"))));
        let evidence = crate::check::gather(&config, folder.path(), None).unwrap();
        assert_eq!(choose(&evidence).1.layouts, 2);
    }
}
