//! Owns the addresses that pages name, each once for all pages, and what each leads to.
//!
//! What a page names is known from its bytes; what stands there depends on the other files. So a page holds numbers, and
//! each address is looked up once a run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;

use super::resolve::{Address, Site, Target};
use crate::paths::OutPath;

/// The addresses that a page names, each once: its number, and the line where it stands first; in the order of the page.
pub(super) type Named = Vec<(u32, u64)>;

/// Where links of a page lead that are to be told of, or to be held against other pages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Astray {
    /// Paths where nothing stands, with a line.
    pub(super) broken: Vec<(String, u64)>,
    /// Parts of pages: file, fragment, line.
    pub(super) fragments: Vec<(Arc<str>, String, u64)>,
}

/// What an address leads to, as far as rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lead {
    /// To something, or away from the site.
    Somewhere,
    /// To a path where nothing stands.
    Nothing(Arc<str>),
    /// To a part of a page: file, fragment.
    Part(Box<(Arc<str>, String)>),
}

/// All addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By the text.
    numbers: HashMap<Arc<str>, u32>,
    leads: Vec<Lead>,
    /// The files that parts are asked of.
    files: BTreeSet<Arc<str>>,
}

impl Known {
    fn add(&mut self, text: &str, target: Target) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let lead = match target {
            Target::Nothing(path) => Lead::Nothing(Arc::from(path)),
            Target::File(file, Some(fragment)) if OutPath::new(file.as_str()).is_html() => {
                let file = self.files.get(file.as_str()).cloned().unwrap_or_else(|| Arc::from(file));
                self.files.insert(Arc::clone(&file));
                Lead::Part(Box::new((file, fragment)))
            }
            Target::File(..) | Target::Elsewhere => Lead::Somewhere,
        };
        let number = self.leads.len() as u32;
        self.leads.push(lead);
        self.numbers.insert(Arc::from(text), number);
        number
    }
}

impl Addresses {
    /// Starts with addresses by their numbers; nothing if one is there twice.
    pub(super) fn recalled(site: &Site<'_>, texts: &[&str]) -> Option<Addresses> {
        let targets: Vec<Target> = texts.par_iter().map(|text| site.leads(&address(text))).collect();
        let mut known = Known::default();
        known.numbers.reserve(texts.len());
        let numbers = texts.iter().zip(targets).map(|(text, target)| known.add(text, target));
        numbers.zip(0..).all(|(number, expected)| number == expected).then_some(())?;
        Some(Addresses(RwLock::new(known)))
    }

    /// Returns the numbers of addresses with their lines; of one that comes again the first line counts.
    pub(super) fn number(&self, site: &Site<'_>, addresses: &[(Address<'_>, u64)]) -> Named {
        let texts: Vec<Cow<'_, str>> = addresses.iter().map(|(address, _)| text(address)).collect();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut numbers: Vec<Option<u32>> = texts.iter().map(|text| known.numbers.get(&**text).copied()).collect();
        drop(known);
        let unknown: Vec<usize> = (0..numbers.len()).filter(|index| numbers[*index].is_none()).collect();
        if !unknown.is_empty() {
            // Nobody waits while files are looked up.
            let targets: Vec<Target> = unknown.iter().map(|index| site.leads(&addresses[*index].0)).collect();
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            for (index, target) in unknown.into_iter().zip(targets) {
                numbers[index] = Some(known.add(&texts[index], target));
            }
        }
        let lines = addresses.iter().map(|(_, line)| *line);
        let mut named: Named = numbers.into_iter().flatten().zip(lines).collect();
        let mut seen = HashSet::with_capacity(named.len());
        named.retain(|(number, _)| seen.insert(*number));
        named
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).leads.len()
    }

    /// Returns their texts by their numbers.
    pub(super) fn texts(&self) -> Vec<Arc<str>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut texts: Vec<(u32, Arc<str>)> =
            known.numbers.iter().map(|(text, number)| (*number, Arc::clone(text))).collect();
        texts.sort_unstable_by_key(|(number, _)| *number);
        texts.into_iter().map(|(_, text)| text).collect()
    }

    /// Says which of the addresses that the page at `path` names are to be told of. Parts of the page itself that are there
    /// are not.
    pub(super) fn astray(&self, path: &str, anchors: &BTreeSet<String>, named: &Named) -> Astray {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut broken: BTreeMap<&str, u64> = BTreeMap::new();
        let mut fragments: BTreeMap<(&Arc<str>, &str), u64> = BTreeMap::new();
        for (number, line) in named {
            match &known.leads[*number as usize] {
                Lead::Nothing(target) => drop(broken.entry(target).or_insert(*line)),
                Lead::Part(part) if *part.0 != *path || !anchors.contains(&part.1) => {
                    fragments.entry((&part.0, &part.1)).or_insert(*line);
                }
                Lead::Somewhere | Lead::Part(_) => {}
            }
        }
        let fragments = fragments.into_iter();
        Astray {
            broken: broken.into_iter().map(|(target, line)| (target.to_owned(), line)).collect(),
            fragments: fragments
                .map(|((file, fragment), line)| (Arc::clone(file), fragment.to_owned(), line))
                .collect(),
        }
    }
}

/// Returns the text of an address. A path has no `#`, so that no two addresses have the same.
fn text<'a>(address: &'a Address<'_>) -> Cow<'a, str> {
    match &address.fragment {
        None => Cow::Borrowed(&address.path),
        Some(fragment) => Cow::Owned(format!("{}#{fragment}", address.path)),
    }
}

/// Returns the address of a text.
fn address(text: &str) -> Address<'_> {
    let (path, fragment) = match text.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment.to_owned())),
        None => (text, None),
    };
    Address { path: Cow::Borrowed(path), fragment }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::paths::BaseUrl;

    const FILES: [&str; 3] = ["index.html", "a/index.html", "x.png"];

    #[test]
    fn each_address_has_one_number_and_its_first_line() {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let from = Url::parse("https://blog.example/a/").unwrap();
        let site = Site::new(&base, FILES, None, Vec::new());
        let links = ["/x.png", "/gone/", "../#part", "/x.png?v=2", "/gone/", "/#a%23b", "/#part"];
        let addresses: Vec<_> =
            links.iter().zip(1..).map(|(link, line)| (site.address(&from, link).unwrap(), line)).collect();
        let all = Addresses::default();
        let named = all.number(&site, &addresses);
        assert_eq!(named, [(0, 1), (1, 2), (2, 3), (3, 6)]);
        assert_eq!(all.number(&site, &addresses[4..]), [(1, 5), (3, 6), (2, 7)]);
        let astray = all.astray("a/index.html", &BTreeSet::new(), &named);
        assert_eq!(astray.broken, [("/gone/".to_owned(), 2)]);
        let part = |fragment: &str, line| (Arc::from("index.html"), fragment.to_owned(), line);
        assert_eq!(astray.fragments, [part("a#b", 6), part("part", 3)]);
        // Parts of the very page are settled by its ids.
        let anchors = BTreeSet::from(["part".to_owned()]);
        assert_eq!(all.astray("index.html", &anchors, &named).fragments, [part("a#b", 6)]);

        let texts = all.texts();
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        assert_eq!(texts, ["/x.png", "/gone/", "/#part", "/#a#b"]);
        let again = Addresses::recalled(&site, &texts).unwrap();
        assert_eq!(again.astray("a/index.html", &BTreeSet::new(), &named), astray);
        assert_eq!(again.number(&site, &addresses), named);
        // The same address leads elsewhere where other files are.
        let other = Site::new(&base, ["gone/index.html"], None, Vec::new());
        let other = Addresses::recalled(&other, &texts).unwrap().astray("a/index.html", &BTreeSet::new(), &named);
        assert_eq!(other.broken, [("/".to_owned(), 3), ("/x.png".to_owned(), 1)]);
        assert!(Addresses::recalled(&site, &["/x.png", "/x.png"]).is_none());
    }
}
