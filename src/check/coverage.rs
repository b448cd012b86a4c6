//! Owns which pages carry what they should, by section and by layout, and the grouping of pages by
//! what they have in common: one cause is reported once, not once a page.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evidence::{Demand, Evidence, Page, PageKind, Table};

/// How much of a table's expected set of pages was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The provider's name in site.toml.
    pub provider: String,
    /// The endpoint, as pages name it.
    pub endpoint: String,
    /// The site, as the provider calls it.
    pub site: String,
    /// How many pages are to carry the snippet.
    pub expected: usize,
    /// How many carry it once and as configured.
    pub found: usize,
    /// How many are to carry none.
    pub excluded: usize,
    /// The same by section.
    pub sections: Vec<Row>,
    /// The same by layout; empty where no manifest of ours tells the layouts.
    pub layouts: Vec<Row>,
}

/// One section or layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name; empty for pages at the top, or for pages that no layout made.
    pub name: String,
    /// How many of its pages are to carry the snippet.
    pub expected: usize,
    /// How many do, once and as configured.
    pub found: usize,
}

/// How many HTML files there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// Documents that could be counted.
    pub documents: usize,
    /// Documents that only redirect.
    pub redirects: usize,
    /// Parts of documents.
    pub fragments: usize,
    /// AMP pages.
    pub amp: usize,
}

/// Counts the HTML files by kind.
pub(super) fn pages(evidence: &Evidence<'_>) -> Pages {
    let count = |kind| evidence.pages.iter().filter(|page| page.kind == kind).count();
    Pages {
        documents: count(PageKind::Document),
        redirects: count(PageKind::Redirect),
        fragments: count(PageKind::Fragment),
        amp: count(PageKind::Amp),
    }
}

/// Returns the coverage of each table whose snippet can be seen in the pages.
pub(super) fn coverage(evidence: &Evidence<'_>) -> Vec<Coverage> {
    evidence
        .tables()
        .filter(|(_, table)| table.is_on_the_page())
        .map(|(number, table)| of(evidence, number, table))
        .collect()
}

fn of(evidence: &Evidence<'_>, number: usize, table: &Table<'_>) -> Coverage {
    let (mut sections, mut layouts) = (BTreeMap::new(), BTreeMap::new());
    let (mut expected, mut found) = (0, 0);
    for page in evidence.expected_pages(table) {
        let whole = is_whole(page, number);
        expected += 1;
        found += usize::from(whole);
        let layout = page.layout.as_deref().unwrap_or_default();
        for (rows, name) in [(&mut sections, page.section.as_str()), (&mut layouts, layout)] {
            let row = rows.entry(name).or_insert_with(|| Row { name: name.to_owned(), expected: 0, found: 0 });
            row.expected += 1;
            row.found += usize::from(whole);
        }
    }
    Coverage {
        provider: table.analytics.provider.clone(),
        endpoint: table.analytics.endpoint.url().to_string(),
        site: table.analytics.site.clone(),
        expected,
        found,
        excluded: evidence.pages.iter().filter(|page| table.demands(page) == Demand::Zero).count(),
        sections: sections.into_values().collect(),
        layouts: if evidence.manifest.is_some() { layouts.into_values().collect() } else { Vec::new() },
    }
}

/// Returns whether a page carries a table's snippet once and as configured.
fn is_whole(page: &Page, number: usize) -> bool {
    let fits =
        page.of_table(number).is_some_and(|(_, differences)| !differences.iter().any(|difference| difference.decides));
    fits && !page.assignment.extra.iter().any(|(table, _)| *table == number)
}

/// What some pages have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// They are all the pages there are.
    Everywhere,
    /// One template made them.
    Layout(String),
    /// No template made them: they were copied as they are.
    Copied,
    /// They are in one section; empty: at the top.
    Section(String),
    /// They are of so many layouts or sections that what those share must be the cause: the template they extend.
    Many(Vec<String>),
}

/// Beyond how many layouts or sections one cause is looked for.
const MANY: usize = 3;

/// Some pages with one cause.
#[derive(Debug)]
pub(super) struct Group<'e> {
    /// What they have in common.
    pub(super) cause: Cause,
    /// The pages.
    pub(super) pages: Vec<&'e Page>,
    /// How many pages share the cause, these included.
    pub(super) of: usize,
}

impl Group<'_> {
    /// Returns whether it is every page that shares the cause.
    pub(super) fn is_whole(&self) -> bool {
        self.pages.len() == self.of
    }

    /// Returns the pages and what they do as words: `3 of the 12 pages made by `post.html` carry`. The
    /// verb is given as for several.
    pub(super) fn subject(&self, verb: &str) -> String {
        let common = match &self.cause {
            Cause::Everywhere => String::new(),
            Cause::Layout(layout) => format!(" made by `{layout}`"),
            Cause::Copied => " that no template made".to_owned(),
            Cause::Section(section) if section.is_empty() => " at the top of the site".to_owned(),
            Cause::Section(section) => format!(" in section `{section}`"),
            Cause::Many(names) => format!(" ({} and {} more)", names[..2].join(", "), names.len() - 2),
        };
        match (self.pages.as_slice(), self.of) {
            ([page], 1) if self.cause != Cause::Everywhere => {
                format!("`{}`{} {}", page.path, aside(&self.cause), singular(verb))
            }
            ([page], _) => format!("`{}` {}", page.path, singular(verb)),
            (some, all) if some.len() == all => format!("all {all} pages{common} {verb}"),
            (some, all) => format!("{} of the {all} pages{common} {verb}", some.len()),
        }
    }

    /// Returns the paths of the pages.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        self.pages.iter().map(|page| page.path.clone())
    }
}

/// Names the layout behind the only page that it makes.
fn aside(cause: &Cause) -> String {
    match cause {
        Cause::Layout(layout) => format!(", the one page made by `{layout}`,"),
        Cause::Everywhere | Cause::Copied | Cause::Section(_) | Cause::Many(_) => String::new(),
    }
}

/// Returns a verb as it stands after one page.
fn singular(verb: &str) -> String {
    match (verb, verb.strip_suffix('y')) {
        (_, Some(stem)) => format!("{stem}ies"),
        _ => format!("{verb}s"),
    }
}

/// What pages have in common, and how many share it: by layout where our manifest tells it, else by section.
pub(super) struct Causes {
    has_manifest: bool,
    counts: BTreeMap<Cause, usize>,
}

impl Causes {
    /// Counts the causes among some pages.
    pub(super) fn among<'e>(evidence: &Evidence<'_>, all: impl Iterator<Item = &'e Page>) -> Causes {
        let mut causes = Causes { has_manifest: evidence.manifest.is_some(), counts: BTreeMap::new() };
        for page in all {
            *causes.counts.entry(causes.of(page)).or_default() += 1;
        }
        causes
    }

    fn of(&self, page: &Page) -> Cause {
        match (self.has_manifest, &page.layout) {
            (true, Some(layout)) => Cause::Layout(layout.clone()),
            (true, None) => Cause::Copied,
            (false, _) => Cause::Section(page.section.clone()),
        }
    }

    /// Groups pages by their causes; as one group if it is all of them.
    pub(super) fn group<'e>(&self, affected: Vec<&'e Page>) -> Vec<Group<'e>> {
        let all = self.counts.values().sum();
        if !affected.is_empty() && self.counts.len() > 1 && affected.len() == all {
            return vec![Group { cause: Cause::Everywhere, pages: affected, of: all }];
        }
        let mut groups: BTreeMap<Cause, Vec<&Page>> = BTreeMap::new();
        for page in affected {
            groups.entry(self.of(page)).or_default().push(page);
        }
        if groups.len() > MANY {
            let mut sorted: Vec<(Cause, Vec<&Page>)> = groups.into_iter().collect();
            sorted.sort_by_key(|(_, pages)| std::cmp::Reverse(pages.len()));
            let name = |cause: &Cause| match cause {
                Cause::Layout(name) | Cause::Section(name) if !name.is_empty() => format!("`{name}`"),
                Cause::Copied => "copied as they are".to_owned(),
                _ => "at the top".to_owned(),
            };
            let names = sorted.iter().map(|(cause, _)| name(cause)).collect();
            let mut pages: Vec<&Page> = sorted.into_iter().flat_map(|(_, pages)| pages).collect();
            pages.sort_by(|one, other| one.path.cmp(&other.path));
            return vec![Group { cause: Cause::Many(names), pages, of: all }];
        }
        let mut groups: Vec<Group<'_>> = groups
            .into_iter()
            .map(|(cause, pages)| {
                let of = self.counts.get(&cause).copied().unwrap_or_default().max(pages.len());
                Group { cause, pages, of }
            })
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.pages.len()));
        groups
    }
}

/// Groups pages by what they have in common among `all`.
pub(super) fn group<'e>(
    evidence: &Evidence<'_>,
    affected: Vec<&'e Page>,
    all: impl Iterator<Item = &'e Page>,
) -> Vec<Group<'e>> {
    Causes::among(evidence, all).group(affected)
}
