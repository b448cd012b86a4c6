//! Owns what was found in the folder, reduced to what the rules ask for; bytes are gone by now.
//!
//! Gives [`Evidence`], which `folder` gathers and `reduce` makes small. Decides nothing: a rule turns
//! evidence into a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use super::contracts::Breach;
use super::feeds::Feed;
use super::headers::Headers;
use super::oddities::Oddity;
use super::page::Inert;
use super::sitemap::Sitemap;
use crate::analytics::{self, Expected, ScriptTag, Sighting};
use crate::config::{Analytics, Config, Placed};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::manifest::{Entry, FileKind, Manifest};
use crate::paths::{OutPath, Route};

/// Everything that the rules judge by.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What is set.
    pub config: &'a Config,
    /// What our writer says that it wrote; none for another generator's folder.
    pub manifest: Option<&'a Manifest>,
    /// The analytics tables, and what a page should show of each.
    pub tables: Vec<Table<'a>>,
    /// Every file of the folder.
    pub files: BTreeMap<String, Seen>,
    /// Every HTML file, sorted by path.
    pub pages: Vec<Page>,
    /// Every feed, sorted by path; empty where the site's own rules are off.
    pub feeds: Vec<Feed>,
    /// Every sitemap, sorted by path; empty where the site's own rules are off.
    pub sitemaps: Vec<Sitemap>,
    /// The folder's `_headers`.
    pub headers: Option<Headers>,
    /// The headers that each page was really sent with, by its path; none where pages were read from a folder.
    pub sent: Option<Sent>,
    /// Secrets that stand in a file: the file, and the environment variable that holds the secret.
    pub leaks: BTreeSet<(String, String)>,
    /// Where pages do not hold what a contract demands, sorted by path; empty where the site's own rules are off.
    pub breaches: Vec<Breach>,
    /// Addresses that were published once and lead nowhere now; empty where the site's own rules are off.
    pub lost: Vec<Route>,
    /// Files that could not be read.
    pub unreadable: Vec<Diagnostic>,
}

/// The headers that pages were sent with, names in lower case, by the pages' paths.
pub type Sent = BTreeMap<String, BTreeMap<String, String>>;

/// One analytics table of site.toml.
#[derive(Debug)]
pub struct Table<'a> {
    /// Its place in site.toml, from 0.
    pub number: usize,
    /// The table.
    pub analytics: &'a Analytics,
    /// The provider's name for people.
    pub title: &'static str,
    /// What a correct page shows.
    pub expected: Expected,
    /// Whether the provider takes a page's path from its canonical link.
    pub canonical_decides_path: bool,
}

/// One file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its size in bytes.
    pub size: u64,
    /// The digest of its bytes, where there is a manifest to compare it with.
    pub digest: Option<Digest>,
}

/// What an HTML file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// A document that is to be counted.
    Document,
    /// A document that only sends its reader on.
    Redirect,
    /// A part of a page, without document type and `<html>`.
    Fragment,
    /// An AMP page, where scripts of this kind never run.
    Amp,
}

/// One HTML file, reduced.
#[derive(Debug)]
pub struct Page {
    /// Its path in the folder.
    pub path: String,
    /// What it is.
    pub kind: PageKind,
    /// The template that made it, if our manifest says so.
    pub layout: Option<String>,
    /// The source that it was made from, if our manifest says so.
    pub source: Option<String>,
    /// Its section; without a manifest the first part of its path.
    pub section: String,
    /// Whether its front matter says `analytics = false`.
    pub opted_out: bool,
    /// The foreign address that its front matter gives as the first place of publication.
    pub first_published: Option<String>,
    /// The snippets that run, in order.
    pub snippets: Vec<Snippet>,
    /// The snippets that do not run, and why.
    pub inert: Vec<(Snippet, Inert)>,
    /// Its canonical link, if that gives another address than the page's own.
    pub canonical: Option<Box<Canonical>>,
    /// The policies of its meta elements.
    pub policies: Arc<Vec<String>>,
    /// Its referrer policy, if a meta element sets one.
    pub referrer: Option<String>,
    /// What the site's own rules ask for; none where they are off.
    pub site: Option<Box<SiteFacts>>,
    /// Which snippet belongs to which table.
    pub assignment: Assignment,
}

/// What a page says by itself, as far as rules ask for it: all of a [`Page`] but what the manifest says of it.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) kind: PageKind,
    pub(super) snippets: Vec<Snippet>,
    pub(super) inert: Vec<(Snippet, Inert)>,
    pub(super) canonical: Option<Box<Canonical>>,
    pub(super) policies: Arc<Vec<String>>,
    pub(super) referrer: Option<String>,
    pub(super) site: Option<Box<SiteFacts>>,
    pub(super) assignment: Assignment,
}

/// A canonical link that does not give the very address of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The address as written.
    pub written: String,
    /// The same, resolved.
    pub target: Option<Url>,
    /// What that is.
    pub place: Place,
    /// The line of the link.
    pub line: u64,
}

/// Where a canonical link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To the page itself, by another of its addresses.
    Own,
    /// To another page of this host.
    Other,
    /// To another host, or to no address at all: trackers then take the page's own path.
    Elsewhere,
}

/// What the site's own rules ask of a page.
#[derive(Debug, Default)]
pub struct SiteFacts {
    /// Links to addresses where nothing stands: path, line.
    pub broken: Vec<(String, u64)>,
    /// Links to a part of a page: file, fragment, line.
    pub fragments: Vec<(Arc<str>, String, u64)>,
    /// What a fragment may name here.
    pub anchors: BTreeSet<String>,
    /// Ids that stand on more than one element, with a line.
    pub repeated_ids: Vec<(String, u64)>,
    /// What is odd about it; empty for most pages.
    pub oddities: Vec<Oddity>,
    /// Whether some elements are missing because the page nests too deep.
    pub flattened: bool,
}

/// One snippet on one page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snippet {
    /// What it is, shared by all pages that carry the same.
    pub found: Arc<Found>,
    /// The line of its first script.
    pub line: u64,
}

/// A snippet, and where its addresses lead from the page it stands on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What was recognised; without the numbers of its scripts, which differ from page to page.
    pub sighting: Sighting,
    /// The scripts that it is made of, their lines left out.
    pub scripts: Vec<ScriptTag>,
    /// The tracker's address, resolved.
    pub script: Option<String>,
    /// The collect endpoint's address, resolved.
    pub collect: Option<String>,
}

/// One respect in which a snippet is not what is configured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Which: `site`, `script`, `endpoint`, or a parameter's name.
    pub name: String,
    /// What site.toml says.
    pub expected: String,
    /// What stands in the page.
    pub found: String,
    /// Whether it decides if a view is counted, where or as what; or contradicts site.toml. Anything else is a remark.
    pub decides: bool,
}

/// Which snippets of a page belong to which tables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Table, snippet, and how they differ, remarks among it.
    pub matched: Vec<(usize, usize, Vec<Difference>)>,
    /// Snippets of a configured provider beyond the one of each table: table, snippet.
    pub extra: Vec<(usize, usize)>,
    /// Snippets of a provider that is not configured.
    pub foreign: Vec<usize>,
}

/// What a table asks of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Exactly one snippet.
    One,
    /// None: `exclude` or `analytics = false` says so.
    Zero,
    /// Nothing: it is no document that could be counted.
    Nothing,
}

impl<'a> Table<'a> {
    /// Takes the tables of a configuration whose provider is known.
    pub fn all(config: &'a Config) -> Vec<Table<'a>> {
        config.analytics.iter().enumerate().filter_map(|(number, analytics)| Table::of(number, analytics)).collect()
    }

    fn of(number: usize, analytics: &'a Analytics) -> Option<Table<'a>> {
        let provider = analytics::find(&analytics.provider)?;
        Some(Table {
            number,
            analytics,
            title: provider.title,
            expected: analytics::expected(analytics)?,
            // Fathom's `data-canonical = false` counts the address that is open.
            canonical_decides_path: provider.canonical_decides_path
                && analytics.options.get("data-canonical").and_then(toml::Value::as_bool) != Some(false),
        })
    }

    /// Returns what it asks of a page.
    pub fn demands(&self, page: &Page) -> Demand {
        let excluded = || {
            let exclude = &self.analytics.exclude;
            !exclude.is_empty() && {
                let route = OutPath::new(page.path.as_str()).route();
                exclude.iter().any(|pattern| route.matches(pattern))
            }
        };
        match page.kind {
            PageKind::Document | PageKind::Amp if page.opted_out || excluded() => Demand::Zero,
            PageKind::Document => Demand::One,
            PageKind::Redirect | PageKind::Fragment | PageKind::Amp => Demand::Nothing,
        }
    }

    /// Returns how a snippet differs from what is configured; nothing if it is of another provider.
    pub(super) fn differences(&self, found: &Found) -> Option<Vec<Difference>> {
        let (expected, sighting) = (&self.expected, &found.sighting);
        if sighting.provider != expected.provider {
            return None;
        }
        let absent = || "nothing".to_owned();
        let mut differences = Vec::new();
        let mut compare = |name: &str, expected: Option<&str>, found: Option<&str>| {
            if expected != found {
                let (expected, found) =
                    (expected.map_or_else(absent, str::to_owned), found.map_or_else(absent, str::to_owned));
                differences.push(Difference { name: name.to_owned(), expected, found, decides: true });
            }
        };
        if let Some(site) = &expected.site {
            compare("site", Some(site), sighting.site.as_deref());
        }
        if sighting.style == "pixel" {
            compare("form", Some("a script"), Some("an image that counts"));
            // Vendors have an address of its own for the image; its host is what tells whose it is.
            let host = |url: Option<&str>| Url::parse(url?).ok()?.host_str().map(str::to_owned);
            let (wanted, seen) = (host(Some(expected.collect.as_str())), host(found.collect.as_deref()));
            compare("endpoint", wanted.as_deref(), seen.as_deref());
            return Some(differences);
        }
        // What the tracker makes of its own address is held against site.toml where the tracker is known.
        if !sighting.is_derived {
            compare("endpoint", Some(expected.collect.as_str()), found.collect.as_deref());
        }
        compare("script", Some(expected.script.as_str()), found.script.as_deref());
        // Integrity, and whether the tracker may be loaded as a module, is judged against its bytes, where they are known.
        let names: BTreeSet<&String> = expected.parameters.keys().chain(sighting.parameters.keys()).collect();
        // What waits for consent has another type until then.
        let elsewhere = |name: &str| match name {
            "integrity" | "crossorigin" => true,
            "type" => sighting.style == "inert" || !expected.parameters.contains_key(name),
            _ => false,
        };
        for name in names.into_iter().filter(|name| !elsewhere(name)) {
            let of = |parameters: &BTreeMap<String, String>| parameters.get(name).map(|value| listed(value));
            let (expected, found) = (of(&expected.parameters), of(&sighting.parameters));
            compare(name, expected.as_deref(), found.as_deref());
        }
        let decides = analytics::find(expected.provider).map(|provider| provider.decides);
        for difference in &mut differences {
            // What site.toml says has to stand there; of what it leaves open, only some things matter.
            if let Some(value) = sighting.parameters.get(&difference.name)
                && !expected.parameters.contains_key(&difference.name)
            {
                difference.decides = decides.is_some_and(|decides| decides(self.analytics, &difference.name, value));
            }
        }
        Some(differences)
    }

    /// Returns the provider for people, with the site where the provider is listed more than once.
    pub fn name(&self, evidence: &Evidence<'_>) -> String {
        let same = evidence.tables.iter().filter(|table| table.title == self.title).count();
        match same {
            0 | 1 => self.title.to_owned(),
            _ => format!("{} (site `{}`)", self.title, self.analytics.site),
        }
    }

    /// Returns whether its snippet is to stand on the page in a form that does not run yet.
    pub fn waits_for_consent(&self) -> bool {
        self.analytics.placed == Placed::Consent
    }

    /// Returns whether the written pages can show its snippet at all.
    pub fn is_on_the_page(&self) -> bool {
        matches!(self.analytics.placed, Placed::Page | Placed::Consent)
    }
}

impl<'a> Evidence<'a> {
    /// Returns the pages that are to carry a table's snippet.
    pub fn expected_pages<'e>(&'e self, table: &'e Table<'a>) -> impl Iterator<Item = &'e Page> {
        self.pages.iter().filter(|page| table.demands(page) == Demand::One)
    }

    /// Returns the pages of which the site's own rules know more.
    pub fn site_facts(&self) -> impl Iterator<Item = (&Page, &SiteFacts)> {
        self.pages.iter().filter_map(|page| Some((page, page.site.as_deref()?)))
    }

    /// Returns the address of a page.
    pub fn url(&self, page: &Page) -> Url {
        let base_url = &self.config.base_url;
        let permalink = base_url.permalink(&OutPath::new(page.path.as_str()).route());
        Url::parse(&permalink).unwrap_or_else(|_| base_url.url().clone())
    }

    /// Returns the tables with their numbers.
    pub fn tables(&self) -> impl Iterator<Item = (usize, &Table<'a>)> {
        self.tables.iter().enumerate()
    }

    /// Returns a page by its path.
    pub fn page(&self, path: &str) -> Option<&Page> {
        let index = self.pages.binary_search_by(|page| page.path.as_str().cmp(path)).ok()?;
        self.pages.get(index)
    }
}

impl Page {
    /// Joins what a page says with what our manifest says of it.
    pub(super) fn new(path: &str, entry: Option<&Entry>, said: Said) -> Page {
        Page {
            path: path.to_owned(),
            kind: said.kind,
            layout: entry.and_then(|entry| entry.layout.clone()),
            source: entry.and_then(|entry| entry.source.clone()),
            section: match entry.filter(|entry| matches!(entry.kind, FileKind::Page | FileKind::Alias)) {
                Some(entry) => entry.section.clone().unwrap_or_default(),
                None => path.split_once('/').map_or("", |(first, _)| first).to_owned(),
            },
            opted_out: entry.is_some_and(|entry| entry.no_analytics),
            first_published: entry.and_then(|entry| entry.canonical.clone()),
            snippets: said.snippets,
            inert: said.inert,
            canonical: said.canonical,
            policies: said.policies,
            referrer: said.referrer,
            site: said.site,
            assignment: said.assignment,
        }
    }

    /// Returns a snippet by the number that an [`Assignment`] gives it: those that wait come after those that run.
    pub fn snippet(&self, index: usize) -> &Snippet {
        match index.checked_sub(self.snippets.len()) {
            None => &self.snippets[index],
            Some(inert) => &self.inert[inert].0,
        }
    }

    /// Returns the snippet of a table, and how it differs from what is configured.
    pub fn of_table(&self, number: usize) -> Option<(&Snippet, &[Difference])> {
        let (_, index, differences) = self.assignment.matched.iter().find(|(table, ..)| *table == number)?;
        Some((self.snippet(*index), differences))
    }

    /// Returns every snippet that belongs to a table.
    pub fn of_table_all(&self, number: usize) -> impl Iterator<Item = &Snippet> {
        let matched = self.assignment.matched.iter().map(|(table, index, _)| (*table, *index));
        let all = matched.chain(self.assignment.extra.iter().copied());
        all.filter(move |(table, _)| *table == number).map(|(_, index)| self.snippet(index))
    }

    /// Returns path and line, as compilers write it.
    pub fn at(&self, line: u64) -> String {
        format!("{}:{line}", self.path)
    }
}

/// Returns a list in one attribute without the white space around its parts: to every tracker `a, b` is `a,b`.
fn listed(value: &str) -> String {
    value.split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_in_a_list_is_no_difference() {
        assert_eq!(listed(" a.example, b.example"), listed("a.example,b.example"));
        assert_ne!(listed("a.example"), listed("a.example,b.example"));
    }

    #[test]
    fn fathom_takes_no_path_from_the_canonical_link_where_it_is_told_not_to() {
        let decides = |more: &str| {
            let table = format!("[[analytics]]\nprovider = \"fathom\"\nsite = \"ABCDEFGH\"\n{more}");
            Table::all(&crate::config::sample(&table))[0].canonical_decides_path
        };
        assert!(decides("") && decides("[analytics.options]\ndata-canonical = true"));
        assert!(!decides("[analytics.options]\ndata-canonical = false"));
    }
}
