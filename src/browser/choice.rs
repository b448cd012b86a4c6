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

/// What makes a page another one to a tracker.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'e> {
    layout: String,
    snippets: Vec<&'e Found>,
    inert: Vec<&'e Found>,
    policies: Vec<(Delivery, String)>,
    referrer: Option<&'e str>,
    demands: Vec<bool>,
    is_not_found: bool,
}

/// Returns the pages to visit, and how many pages are like none of them.
pub(super) fn choose<'e>(evidence: &'e Evidence<'_>) -> (Vec<Chosen<'e>>, usize) {
    let mut alike: BTreeMap<Likeness<'_>, Vec<&Page>> = BTreeMap::new();
    for page in evidence.pages.iter().filter(|page| page.kind == PageKind::Document) {
        alike.entry(likeness(evidence, page)).or_default().push(page);
    }
    let mut chosen: Vec<Chosen<'_>> = alike
        .into_iter()
        .filter_map(|(likeness, pages)| {
            let page = pages.iter().min_by_key(|page| (page.path.len(), &page.path))?;
            let url = match likeness.is_not_found {
                true => nowhere(evidence),
                false => evidence.url(page),
            };
            Some(Chosen { page, url, layout: likeness.layout, alike: pages.len() })
        })
        .collect();
    // The most common of each layout first, so that no layout is left out for another one's variants.
    chosen.sort_by(|one, other| (other.alike, &one.page.path).cmp(&(one.alike, &other.page.path)));
    let mut seen = BTreeSet::new();
    let (mut first, rest): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|page| seen.insert(page.layout.clone()));
    first.extend(rest);
    let left: usize = first.iter().skip(MOST).map(|page| page.alike).sum();
    first.truncate(MOST);
    (first, left)
}

fn likeness<'e>(evidence: &'e Evidence<'_>, page: &'e Page) -> Likeness<'e> {
    let found = |snippet: &'e Snippet| snippet.found.as_ref();
    let section = if page.section.is_empty() { "(top)" } else { &page.section };
    Likeness {
        layout: page.layout.clone().unwrap_or_else(|| section.to_owned()),
        snippets: page.snippets.iter().map(found).collect(),
        inert: page.inert.iter().map(|(snippet, _)| found(snippet)).collect(),
        policies: evidence.policies_of(page),
        referrer: page.referrer.as_deref(),
        demands: evidence.tables.iter().map(|table| table.demands(page) == Demand::One).collect(),
        is_not_found: page.path == NOT_FOUND,
    }
}

/// Returns an address of the site where nothing is.
fn nowhere(evidence: &Evidence<'_>) -> Url {
    let base = evidence.config.base_url.url();
    base.join("watchpost-looks-for-the-404-page/").unwrap_or_else(|_| base.clone())
}
