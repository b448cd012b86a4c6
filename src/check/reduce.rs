//! Owns the reduction of one page's facts to what the rules ask for, and says which of its snippets
//! belongs to which analytics table.
//!
//! Equal values are shared among pages, so that a site of a hundred thousand pages with the same
//! snippet holds it once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use url::Url;

use super::addresses::{Addresses, Named};
use super::canonical;
use super::evidence::{Assignment, Difference, Found, Page, PageKind, Said, SiteFacts, Snippet, Table};
use super::oddities;
use super::page::{Inert, Link, PageFacts};
use super::resolve::{Address, Site};
use crate::analytics::{self, ScriptTag, Sighting};
use crate::config::Placed;
use crate::manifest::Entry;
use crate::paths::OutPath;

/// Lets all pages that say the same share one value.
#[derive(Debug, Default)]
pub(super) struct Interner {
    found: Mutex<BTreeSet<Arc<Found>>>,
    policies: Mutex<BTreeSet<Arc<Vec<String>>>>,
    /// What scripts were recognised as. Nearly all pages of a site have the same ones, at other lines.
    recognised: RwLock<Vec<(Vec<ScriptTag>, Vec<Sighting>)>>,
}

/// How many different sets of scripts are remembered.
const MOST_RECOGNISED: usize = 16;

impl Interner {
    /// Starts with values that pages are known to share.
    pub(super) fn recalled(found: &[Arc<Found>], policies: &[Arc<Vec<String>>]) -> Interner {
        let found = found.iter().map(Arc::clone).collect();
        let policies = policies.iter().map(Arc::clone).collect();
        Interner { found: Mutex::new(found), policies: Mutex::new(policies), ..Interner::default() }
    }

    /// Recognises the snippets of a page by its scripts.
    fn recognise(&self, scripts: &[ScriptTag]) -> Vec<Sighting> {
        let is_same = |(known, _): &&(Vec<ScriptTag>, _)| {
            let mut pairs = known.iter().zip(scripts);
            known.len() == scripts.len()
                && pairs.all(|(one, other)| one.body == other.body && one.attributes == other.attributes)
        };
        let known = self.recognised.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sightings)) = known.iter().find(is_same) {
            return sightings.clone();
        }
        drop(known);
        let sightings = analytics::recognise(scripts);
        let mut known = self.recognised.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_RECOGNISED {
            known.push((scripts.to_vec(), sightings.clone()));
        }
        sightings
    }
}

fn share<T: Ord + ?Sized>(known: &Mutex<BTreeSet<Arc<T>>>, value: Arc<T>) -> Arc<T> {
    // A panic elsewhere cannot leave a set of shared values half changed.
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(&value) {
        Some(known) => Arc::clone(known),
        None => {
            known.insert(Arc::clone(&value));
            value
        }
    }
}

/// What a page is reduced with.
#[derive(Debug)]
pub(super) struct Reducer<'a> {
    /// The site's files.
    pub(super) site: Site<'a>,
    /// The analytics tables.
    pub(super) tables: &'a [Table<'a>],
    /// Whether the site's own rules are on.
    pub(super) site_rules: bool,
    /// Where equal values are shared.
    pub(super) interner: Interner,
    /// The addresses of the site that pages name.
    pub(super) addresses: Addresses,
}

impl Reducer<'_> {
    /// Reduces the facts of one page, and says which addresses it names.
    pub(super) fn page(&self, path: &str, facts: PageFacts, entry: Option<&Entry>) -> (Page, Named) {
        let out_path = OutPath::new(path);
        let permalink = self.site.base_url().permalink(&out_path.route());
        let url = Url::parse(&permalink).unwrap_or_else(|_| self.site.base_url().url().clone());
        let base = facts.base.as_deref().and_then(|base| url.join(base).ok()).unwrap_or_else(|| url.clone());
        let kind = match () {
            () if facts.amp => PageKind::Amp,
            () if facts.redirect().is_some_and(|target| base.join(target).ok() != Some(url.clone())) => {
                PageKind::Redirect
            }
            () if facts.is_document() => PageKind::Document,
            () => PageKind::Fragment,
        };
        let canonical = facts.canonical.first();
        let canonical = canonical.and_then(|(written, line)| canonical::link(&url, &base, written, *line));
        let mut snippets = self.snippets(&facts.scripts, &base);
        snippets.extend(self.pixels(&facts.links, &base));
        snippets.sort_by_key(|snippet| snippet.line);
        let mut inert = self.inert(&facts.inert, &base);
        // There are as many of these as pages.
        snippets.shrink_to_fit();
        inert.shrink_to_fit();
        let assignment = assign(self.tables, &snippets, &inert);
        let named = if self.site_rules { self.named(path, &base, &facts) } else { Named::new() };
        let said = Said {
            kind,
            snippets,
            inert,
            canonical: canonical.map(Box::new),
            referrer: facts.referrer.clone(),
            policies: share(&self.interner.policies, Arc::new(facts.policies.clone())),
            site: self.site_rules.then(|| Box::new(self.site_facts(&base, facts))),
            assignment,
        };
        (self.follow(Page::new(path, entry, said), &named), named)
    }

    /// Gives up all but the addresses.
    pub(super) fn into_addresses(self) -> Addresses {
        self.addresses
    }

    /// Adds to a page what the addresses that it names lead to.
    pub(super) fn follow(&self, mut page: Page, named: &Named) -> Page {
        if let Some(site) = &mut page.site {
            let astray = self.addresses.astray(&page.path, &site.anchors, named);
            (site.broken, site.fragments) = (astray.broken, astray.fragments);
        }
        page
    }

    fn snippets(&self, scripts: &[ScriptTag], base: &Url) -> Vec<Snippet> {
        let snippet = |mut sighting: Sighting| {
            let line = sighting.tags.iter().filter_map(|tag| scripts.get(*tag)).map(|tag| tag.line).min().unwrap_or(1);
            let tags = std::mem::take(&mut sighting.tags);
            let tags = tags.into_iter().filter_map(|tag| scripts.get(tag));
            let scripts = tags.map(|tag| ScriptTag { line: 0, ..tag.clone() }).collect();
            self.snippet(sighting, scripts, base, line)
        };
        let resolve = |address: &str| base.join(address).ok();
        let own = self.tables.iter().flat_map(|table| analytics::recognise_own(scripts, &table.expected, &resolve));
        self.interner.recognise(scripts).into_iter().chain(own).map(snippet).collect()
    }

    fn snippet(&self, sighting: Sighting, scripts: Vec<ScriptTag>, base: &Url, line: u64) -> Snippet {
        let resolve = |address: &Option<String>| base.join(address.as_deref()?).ok().map(String::from);
        let (script, collect) = (resolve(&sighting.script), resolve(&sighting.collect));
        Snippet { found: share(&self.interner.found, Arc::new(Found { sighting, scripts, script, collect })), line }
    }

    /// Returns the images that count visits: each is a snippet of its own, which no browser is without. Those inside
    /// `noscript` are not among a page's links, because no browser loads them that runs the script beside them.
    fn pixels(&self, links: &[Link], base: &Url) -> Vec<Snippet> {
        let images = links.iter().filter(|link| link.element == "img" && link.attribute == "src");
        let counting = images.filter_map(|link| Some((analytics::recognise_pixel(&link.target)?, link.line)));
        counting.map(|(sighting, line)| self.snippet(sighting, Vec::new(), base, line)).collect()
    }

    fn inert(&self, scripts: &[(ScriptTag, Inert)], base: &Url) -> Vec<(Snippet, Inert)> {
        let mut by_reason: BTreeMap<&Inert, Vec<ScriptTag>> = BTreeMap::new();
        for (tag, why) in scripts {
            by_reason.entry(why).or_default().push(tag.clone());
        }
        by_reason
            .into_iter()
            .flat_map(|(why, tags)| {
                let mut snippets = self.snippets(&tags, base);
                snippets.sort_by_key(|snippet| snippet.line);
                snippets.into_iter().map(|snippet| (snippet, why.clone()))
            })
            .collect()
    }

    fn site_facts(&self, base: &Url, facts: PageFacts) -> SiteFacts {
        let oddities = oddities::of_page(&facts, base, self.site.base_url().url(), self.tables);
        SiteFacts {
            broken: Vec::new(),
            fragments: Vec::new(),
            anchors: facts.anchors,
            repeated_ids: facts.repeated_ids,
            oddities,
            flattened: facts.flattened,
        }
    }

    /// Returns the addresses on this site that a page names, but for those that lead to the page itself for good.
    fn named(&self, path: &str, base: &Url, facts: &PageFacts) -> Named {
        let asks = |link: &&Link| {
            // A form is answered by a program, and an empty address is the page itself.
            !link.target.is_empty() && !matches!(link.attribute, "action" | "formaction")
        };
        let is_open = |address: &Address<'_>| {
            let is_settled = address.fragment.as_ref().is_none_or(|fragment| facts.anchors.contains(fragment));
            !is_settled || !self.site.is_always(address, path)
        };
        let links = facts.links.iter().filter(asks);
        let addresses: Vec<(Address<'_>, u64)> = links
            .filter_map(|link| Some((self.site.address(base, &link.target).filter(is_open)?, link.line)))
            .collect();
        self.addresses.number(&self.site, &addresses)
    }
}

/// Returns whether a snippet neither counts by itself nor is a stranger: it counts under an id that is dead, or it is
/// the container of a tag manager that some table is placed by. Other rules speak of those.
fn stands_by(tables: &[Table<'_>], snippet: &Snippet) -> bool {
    let sighting = &snippet.found.sighting;
    let expected = |table: &Table<'_>| {
        table.analytics.placed == Placed::TagManager || table.expected.provider == sighting.provider
    };
    sighting.dead().is_some() || (sighting.style == "tag-manager" && tables.iter().any(expected))
}

/// Returns whether a snippet is a table's: nothing is another than configured, but for what decides nothing.
fn fit(differences: &[Difference]) -> bool {
    !differences.iter().any(|difference| difference.decides)
}

/// Says which snippet belongs to which table: the ones that fit first, then what is left over.
fn assign(tables: &[Table<'_>], snippets: &[Snippet], inert: &[(Snippet, Inert)]) -> Assignment {
    let mut assignment = Assignment::default();
    let mut free: Vec<usize> = Vec::new();
    let mut taken = vec![false; tables.len()];
    for (index, snippet) in snippets.iter().enumerate().filter(|(_, snippet)| !stands_by(tables, snippet)) {
        let fits = |(number, table): &(usize, &Table<'_>)| {
            !taken[*number] && table.differences(&snippet.found).is_some_and(|differences| fit(&differences))
        };
        match tables.iter().enumerate().find(fits) {
            Some((number, table)) => {
                taken[number] = true;
                assignment.matched.push((number, index, table.differences(&snippet.found).unwrap_or_default()));
            }
            None => free.push(index),
        }
    }
    for index in free {
        let found = &snippets[index].found;
        let of_provider =
            || tables.iter().enumerate().filter_map(|(number, table)| Some((number, table.differences(found)?)));
        // A second copy of one that fits is a second copy, not an altered one of another table.
        let copy = of_provider().find(|(number, differences)| taken[*number] && fit(differences));
        let open = of_provider().filter(|(number, _)| !taken[*number]).min_by_key(|(_, differences)| differences.len());
        match (copy, open, of_provider().next()) {
            (Some((number, _)), ..) => assignment.extra.push((number, index)),
            (None, Some((number, differences)), _) => {
                taken[number] = true;
                assignment.matched.push((number, index, differences));
            }
            (None, None, Some((number, _))) => assignment.extra.push((number, index)),
            (None, None, None) => assignment.foreign.push(index),
        }
    }
    // A snippet that waits for consent counts where that is what is configured.
    for (number, table) in
        tables.iter().enumerate().filter(|(number, table)| table.waits_for_consent() && !taken[*number])
    {
        let waiting = inert.iter().enumerate().filter(|(_, (_, why))| matches!(why, Inert::Type(_)));
        let best = waiting
            .filter_map(|(index, (snippet, _))| Some((index, table.differences(&snippet.found)?)))
            .min_by_key(|(_, differences)| differences.len());
        if let Some((index, differences)) = best {
            assignment.matched.push((number, snippets.len() + index, differences));
        }
    }
    assignment.matched.sort();
    assignment.matched.shrink_to_fit();
    assignment
}
