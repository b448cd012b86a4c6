//! Owns the survey of a site whose settings nobody has written yet: which analytics its pages already use, on how many
//! of them, what differs, what is doubled, and what no browser runs.
//!
//! Gives [`Survey`], made of pages that `check` has read, and with `settings` the text of a `site.toml` that says what
//! was found. Guesses nothing that the pages do not show. Reads and writes no file.

mod settings;

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::analytics::{self, Provider, Sighting};
use crate::check::Evidence;
use crate::check::evidence::{Found, Page, PageKind};
use crate::check::page::Inert;

pub use settings::{Hints, site_toml};

/// What the pages of a site use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many documents were read.
    pub pages: usize,
    /// What is used, the most used first.
    pub uses: Vec<Use>,
    /// Snippets of a vendor that is used otherwise on more pages: each is a mistake, or a second site.
    pub others: Vec<Use>,
    /// Snippets that no browser runs, where the same vendor has none that runs on the page: vendor, why, pages.
    pub inert: Vec<(String, String, Vec<String>)>,
    /// Pages on which nothing runs.
    pub bare: Vec<String>,
    /// Where the site stands, as its canonical links say.
    pub base_url: Option<String>,
}

/// One set-up of one vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The vendor.
    pub provider: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The tracker's address.
    pub script: Option<String>,
    /// The collect endpoint's address.
    pub collect: Option<String>,
    /// Whether the tracker derives the line above.
    pub is_derived: bool,
    /// The site as the snippet names it.
    pub site: Option<String>,
    /// The parameters that most pages carry.
    pub parameters: BTreeMap<String, String>,
    /// The pages.
    pub pages: BTreeSet<String>,
    /// The pages that carry it more than once.
    pub doubled: BTreeSet<String>,
    /// The pages whose parameters are others than most pages', with the first name that differs.
    pub varied: BTreeMap<String, String>,
    /// The first parts of addresses below which no page carries it, with the number of pages there.
    pub without: Vec<(String, usize)>,
    /// The pages that do not carry it, apart from those.
    pub lacking: Vec<String>,
    /// Whether it waits for the visitor's consent on every page.
    pub waits: bool,
}

impl Use {
    /// Returns all that is known of the vendor.
    pub(crate) fn vendor(&self) -> &'static Provider {
        analytics::find(self.provider).expect("a sighting names a provider of the table")
    }
}

/// What makes two snippets the same set-up.
type Identity = (&'static str, Option<String>, Option<String>, Option<String>);

/// The snippets of one set-up: page, whether it runs, parameters, in order.
#[derive(Default)]
struct Seen {
    is_derived: bool,
    on: Vec<(String, BTreeMap<String, String>)>,
}

/// Surveys pages.
pub fn survey(evidence: &Evidence<'_>) -> Survey {
    let documents: Vec<&Page> = evidence.pages.iter().filter(|page| page.kind == PageKind::Document).collect();
    let mut running: BTreeMap<Identity, Seen> = BTreeMap::new();
    let mut waiting: BTreeMap<Identity, Seen> = BTreeMap::new();
    let mut inert: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for page in &documents {
        for snippet in &page.snippets {
            keep(&mut running, page, &snippet.found);
        }
        for (snippet, why) in &page.inert {
            let provider = snippet.found.sighting.provider;
            if page.snippets.iter().any(|one| one.found.sighting.provider == provider) {
                continue;
            }
            if matches!(why, Inert::Type(_)) {
                keep(&mut waiting, page, &snippet.found);
            }
            let pages = inert.entry((title(provider).to_owned(), why.to_string())).or_default();
            if pages.last() != Some(&page.path) {
                pages.push(page.path.clone());
            }
        }
    }
    let consents = waiting.into_iter().filter(|(identity, _)| !running.keys().any(|known| known.0 == identity.0));
    let mut all: Vec<Use> = consents.map(|(identity, seen)| used(identity, seen, &documents, true)).collect();
    all.extend(running.into_iter().map(|(identity, seen)| used(identity, seen, &documents, false)));
    all.sort_by(|one, other| other.pages.len().cmp(&one.pages.len()).then_with(|| one.collect.cmp(&other.collect)));
    let (mut uses, mut others): (Vec<Use>, Vec<Use>) = (Vec::new(), Vec::new());
    for one in all {
        // Two of a vendor on the same page are two on purpose; two on different pages are one and a mistake.
        let stands_in = uses.iter().any(|known| known.provider == one.provider && known.pages.is_disjoint(&one.pages));
        match stands_in {
            true => others.push(one),
            false => uses.push(one),
        }
    }
    let bare = documents.iter().filter(|page| page.snippets.is_empty()).map(|page| page.path.clone()).collect();
    let inert = inert.into_iter().map(|((title, why), pages)| (title, why, pages)).collect();
    Survey { pages: documents.len(), uses, others, inert, bare, base_url: base_url(&documents) }
}

fn title(provider: &str) -> &str {
    analytics::find(provider).map_or(provider, |known| known.title)
}

fn keep(all: &mut BTreeMap<Identity, Seen>, page: &Page, found: &Found) {
    let Sighting { provider, site, is_derived, .. } = &found.sighting;
    let identity = (*provider, found.script.clone(), found.collect.clone(), site.clone());
    let seen = all.entry(identity).or_default();
    seen.is_derived = *is_derived;
    let mut parameters = found.sighting.parameters.clone();
    // Integrity is judged against the tracker's bytes, not against settings.
    parameters.retain(|name, _| !matches!(name.as_str(), "integrity" | "crossorigin"));
    seen.on.push((page.path.clone(), parameters));
}

fn used(identity: Identity, seen: Seen, documents: &[&Page], waits: bool) -> Use {
    let (provider, script, collect, site) = identity;
    let pages: BTreeSet<String> = seen.on.iter().map(|(page, _)| page.clone()).collect();
    let times = |page: &String| seen.on.iter().filter(|(known, _)| known == page).count();
    let doubled = pages.iter().filter(|page| times(page) > 1).cloned().collect();
    let mut kinds: BTreeMap<&BTreeMap<String, String>, usize> = BTreeMap::new();
    for (_, parameters) in &seen.on {
        *kinds.entry(parameters).or_default() += 1;
    }
    let usual = kinds.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| (*kind).clone()).unwrap_or_default();
    let differing = |parameters: &BTreeMap<String, String>| {
        let names: BTreeSet<&String> = usual.keys().chain(parameters.keys()).collect();
        names.into_iter().find(|name| usual.get(*name) != parameters.get(*name)).cloned()
    };
    let varied = seen.on.iter().filter_map(|(page, parameters)| Some((page.clone(), differing(parameters)?))).collect();
    let mut sections: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for page in documents {
        let section = sections.entry(page.section.as_str()).or_default();
        section.0 += 1;
        section.1 += usize::from(pages.contains(&page.path));
    }
    // A page alone is no group: it may as well be forgotten as left out on purpose.
    let is_without =
        |(section, (all, carrying)): &(&&str, &(usize, usize))| !section.is_empty() && *all > 1 && *carrying == 0;
    let without: Vec<(String, usize)> =
        sections.iter().filter(is_without).map(|(section, (all, _))| ((*section).to_owned(), *all)).collect();
    let lacks =
        |page: &&&Page| !pages.contains(&page.path) && !without.iter().any(|(section, _)| *section == page.section);
    let lacking = documents.iter().filter(lacks).map(|page| page.path.clone()).collect();
    Use {
        provider,
        title: analytics::find(provider).map_or(provider, |known| known.title),
        script,
        collect,
        is_derived: seen.is_derived,
        site,
        parameters: usual,
        doubled,
        varied,
        without,
        lacking,
        waits,
        pages,
    }
}

/// Returns where most canonical links place the site: each ends with the address of its page.
fn base_url(documents: &[&Page]) -> Option<String> {
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for page in documents {
        let Some(link) = &page.canonical else { continue };
        let Ok(url) = Url::parse(&link.written) else { continue };
        let place = page.path.strip_suffix("index.html").unwrap_or(&page.path);
        let path = url.path();
        let base = path.strip_suffix(place).or_else(|| path.strip_suffix(place.trim_end_matches('/')));
        if let Some(base) = base.filter(|base| base.ends_with('/')) {
            *votes.entry(format!("{}{base}", url.origin().ascii_serialization())).or_default() += 1;
        }
    }
    votes.into_iter().max_by_key(|(_, count)| *count).map(|(base, _)| base)
}

#[cfg(test)]
mod tests;
