//! Owns the rules about `[[contract]]`: what a page has to hold is counted in the tree of its written bytes.
//!
//! Only pages that a contract names are parsed into a tree; a site without contracts pays nothing. Documents are judged,
//! and neither those that only redirect nor parts of pages.

use std::collections::BTreeMap;

use super::Evidence;
use super::evidence::{Page, PageKind};
use super::links::located;
use super::page::select::Elements;
use crate::config::contracts::{ContractRule, Demand, Quantity};
use crate::config::{Config, FILE};
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::OutPath;

/// How many lines of a page are told.
const TOLD: usize = 3;

/// One page that does not hold what one demand asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The contract, by its place in site.toml, from 0.
    pub contract: usize,
    /// The demand, by its place in the contract.
    pub demand: usize,
    /// The page.
    pub path: String,
    /// How many elements fit; none where the page nests too deep to be counted.
    pub count: Option<usize>,
    /// The lines of the first few.
    pub lines: Vec<u64>,
}

/// Returns whether a contract speaks of a page.
fn covers(contract: &ContractRule, page: &Page) -> bool {
    let is_judged = matches!(page.kind, PageKind::Document | PageKind::Amp);
    is_judged && {
        let route = OutPath::new(page.path.as_str()).route();
        contract.patterns.iter().any(|pattern| route.matches(pattern))
    }
}

/// Holds one page against the contracts that speak of it.
pub(super) fn breaches(contracts: &[ContractRule], page: &Page, bytes: &[u8]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut parsed = None;
    for (number, contract) in contracts.iter().enumerate().filter(|(_, contract)| covers(contract, page)) {
        let elements = parsed.get_or_insert_with(|| Elements::of(bytes));
        for (index, demand) in contract.demands.iter().enumerate() {
            let mut lines = elements.lines(&demand.selector);
            let count = (!elements.is_flattened()).then_some(lines.len());
            if count.is_none_or(|count| !demand.quantity.allows(count)) {
                lines.truncate(TOLD);
                breaches.push(Breach { contract: number, demand: index, path: page.path.clone(), count, lines });
            }
        }
    }
    breaches
}

/// Which demand of which contract is broken, by pages of which layout, and whether something is too many rather than
/// missing; none where it cannot be counted.
type Way<'b> = (usize, usize, Option<&'b str>, Option<bool>);

/// Says which contracts are broken: once for each demand, layout and way of breaking it.
pub(super) fn broken(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<Way<'_>, Vec<&Breach>> = BTreeMap::new();
    for breach in &evidence.breaches {
        let layout = evidence.page(&breach.path).and_then(|page| page.layout.as_deref());
        let way = breach.count.map(|count| count > 0);
        groups.entry((breach.contract, breach.demand, layout, way)).or_default().push(breach);
    }
    let finding = |((contract, demand, layout, _), breaches): (Way<'_>, Vec<&Breach>)| {
        let contract = &evidence.config.contracts[contract];
        let demand = &contract.demands[demand];
        let first = breaches[0];
        let places: Vec<String> = breaches.iter().map(|breach| place(breach)).collect();
        let mut diagnostic = located(Diagnostic::error("page/contract", message(demand, &breaches)), &places);
        if let [_, _, ..] = first.lines.as_slice() {
            let lines: Vec<String> = first.lines.iter().map(u64::to_string).collect();
            let more = first.count.is_some_and(|count| count > TOLD);
            let more = if more { " and further ones" } else { "" };
            diagnostic = diagnostic.with(format!("on lines {}{more} of the written page", lines.join(", ")));
        }
        let source = evidence.page(&first.path).and_then(|page| page.source.as_deref());
        let made = match (layout, source) {
            (Some(layout), Some(source)) => Some(format!("made by the layout `{layout}` from `{source}`")),
            (Some(layout), None) => Some(format!("made by the layout `{layout}`")),
            (None, Some(source)) => Some(format!("made from `{source}`")),
            (None, None) => None,
        };
        diagnostic.notes.extend(made);
        diagnostic = diagnostic.with(format!("{} asks for it: `{}`", written(evidence.config, demand), key(demand)));
        diagnostic.hint(hint(contract, demand, layout, first))
    };
    groups.into_iter().map(finding).collect()
}

fn place(breach: &Breach) -> String {
    match breach.lines.first() {
        Some(line) => format!("{}:{line}", breach.path),
        None => breach.path.clone(),
    }
}

fn message(demand: &Demand, breaches: &[&Breach]) -> String {
    let selector = &demand.selector.written;
    let pages = match breaches.len() {
        1 => "the page".to_owned(),
        pages => format!("each of {pages} pages"),
    };
    let asked = match demand.quantity {
        Quantity::None => "none is allowed".to_owned(),
        quantity => format!("{quantity} is asked for"),
    };
    let counts: Vec<usize> = breaches.iter().filter_map(|breach| breach.count).collect();
    match counts.iter().min() {
        None => format!("{pages} nests its elements so deep that `{selector}` cannot be counted, and {asked}"),
        Some(0) => format!("{pages} has no `{selector}`, and {asked}"),
        Some(least) if counts.iter().all(|count| count == least) => {
            format!("{pages} has {least} of `{selector}`, and {asked}")
        }
        Some(least) => format!("{pages} has {least} or more of `{selector}`, and {asked}"),
    }
}

fn key(demand: &Demand) -> String {
    format!("{} = \"{}\"", demand.quantity.key(), demand.selector.written)
}

fn hint(contract: &ContractRule, demand: &Demand, layout: Option<&str>, breach: &Breach) -> String {
    if let Some(message) = &contract.message {
        return message.clone();
    }
    let too_many = breach.count.is_none_or(|count| count > 0);
    match (layout, too_many) {
        _ if breach.count.is_none() => "no page needs more than 512 elements in each other".to_owned(),
        (Some(layout), false) => format!("print `{}` in `{layout}`, or in what it extends", demand.selector.written),
        (Some(layout), true) => format!("look in `{layout}`, in what it extends, and in the page's own text"),
        (None, false) => "add it to the page, or narrow `match`".to_owned(),
        (None, true) => "take what is too many out of the page, or narrow `match`".to_owned(),
    }
}

/// Returns where a demand stands in site.toml, as compilers write it.
fn written(config: &Config, demand: &Demand) -> String {
    match Place::span(FILE, &config.text, demand.span.clone()).line_column() {
        Some((line, column)) => format!("{FILE}:{line}:{column}"),
        None => FILE.to_owned(),
    }
}

/// Says which contracts speak of no page: most likely a pattern is not what was meant.
pub(super) fn idle(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let config = evidence.config;
    let idle = |contract: &&ContractRule| !evidence.pages.iter().any(|page| covers(contract, page));
    let finding = |contract: &ContractRule| {
        let patterns: Vec<String> = contract.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        let message = format!("this contract holds for no page: none has an address like {}", patterns.join(" or "));
        Diagnostic::warning("page/contract-idle", message)
            .at(Place::span(FILE, &config.text, contract.span.clone()))
            .hint("`blog list --format json` names each page's address; `**` stands for any number of parts")
    };
    config.contracts.iter().filter(idle).map(finding).collect()
}
