//! Owns what can be wrong with a page by itself, on any site: its title, its headline, images without a text, addresses
//! of the author's own machine, the preview's script.
//!
//! Each is found while a page is reduced, and told once for all pages. What one site demands beyond that is a contract.

use std::collections::BTreeMap;

use url::{Host, Url};

use super::Evidence;
use super::evidence::{Page, PageKind, Table};
use super::links::located;
use super::page::{Link, PageFacts};
use crate::diagnostic::{Diagnostic, Level};

/// One thing that is odd about a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// It has this many titles with words in them, which is not one.
    Titles(usize),
    /// It has this many headlines, which is not one; the line of the second.
    Headings(usize, Option<u64>),
    /// An image without a text: address, line.
    NoText(String, u64),
    /// An address on the author's machine, whether a browser loads it, and its line.
    Loopback(String, bool, u64),
    /// The preview's script, on this line.
    Preview(u64),
}

/// Finds what is odd about a page that stands at `base`.
pub(super) fn of_page(facts: &PageFacts, base: &Url, site: &Url, tables: &[Table<'_>]) -> Vec<Oddity> {
    let mut oddities = Vec::new();
    if facts.is_document() && facts.redirect().is_none() {
        match facts.titles.len() {
            1 => {}
            count => oddities.push(Oddity::Titles(count)),
        }
        match facts.headings.as_slice() {
            [_] => {}
            headings => oddities.push(Oddity::Headings(headings.len(), headings.get(1).copied())),
        }
    }
    oddities.extend(facts.without_alt.iter().map(|(address, line)| Oddity::NoText(address.clone(), *line)));
    if !is_loopback(site) {
        let ours = |url: &Url| {
            let of_table = |table: &Table<'_>| [table.expected.script.origin(), table.expected.collect.origin()];
            tables.iter().flat_map(of_table).any(|origin| origin == url.origin())
        };
        let astray = |link: &Link| {
            let url = Some(&link.target).filter(|target| may_be_loopback(target))?;
            let url = base.join(url).ok().filter(|url| is_loopback(url) && !ours(url))?;
            Some(Oddity::Loopback(String::from(url), !is_followed(link), link.line))
        };
        oddities.extend(facts.links.iter().filter_map(astray));
    }
    let ours =
        facts.scripts.iter().filter(|tag| tag.attributes.get("data-watchpost").is_some_and(|is| is == "preview"));
    oddities.extend(ours.map(|tag| Oddity::Preview(tag.line)));
    oddities.shrink_to_fit();
    oddities
}

/// Returns whether people follow a link, and browsers do not load it by themselves.
fn is_followed(link: &Link) -> bool {
    matches!(link.element, "a" | "area") || link.attribute == "cite"
}

/// Returns whether a closer look at an address is worth it: most need none.
fn may_be_loopback(target: &str) -> bool {
    let Some(colon) = target.find("//") else { return false };
    let rest = target.as_bytes()[colon + 2..].iter().take(200);
    // A number, a bracket, or a name with an `l` and an `h`: all that `localhost` and the addresses begin with or hold.
    rest.clone().next().is_some_and(|first| first.is_ascii_digit() || *first == b'[')
        || names_localhost(target)
        || target.contains('%')
        || target.contains('@')
}

fn names_localhost(target: &str) -> bool {
    const NAME: &[u8] = b"localhost";
    let bytes = target.as_bytes();
    memchr::memchr2_iter(b'l', b'L', bytes)
        .any(|start| bytes.get(start..start + NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))
}

/// Returns whether an address lies on the machine of whoever opens it: `localhost` by RFC 6761, and 0.0.0.0, which
/// systems take for it.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped();
            address.is_loopback() || address.is_unspecified() || mapped.is_some_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Returns every oddity with its page.
fn all<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = (&'e Page, &'e Oddity)> {
    evidence.site_facts().flat_map(|(page, facts)| facts.oddities.iter().map(move |oddity| (page, oddity)))
}

/// Returns whether a page is one that people read.
fn is_read(page: &Page) -> bool {
    matches!(page.kind, PageKind::Document | PageKind::Amp)
}

/// Says which pages have no title, or several.
pub(super) fn titles(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_count: BTreeMap<bool, Vec<String>> = BTreeMap::new();
    for (page, oddity) in all(evidence).filter(|(page, _)| is_read(page)) {
        if let Oddity::Titles(count) = oddity {
            by_count.entry(*count > 0).or_default().push(page.path.clone());
        }
    }
    let finding = |(several, places): (bool, Vec<String>)| {
        let (message, hint) = match several {
            false => ("no `<title>` with words in it", "print one in the head of the base template"),
            true => ("more than one `<title>`", "print it in one place: browsers take the first"),
        };
        located(Diagnostic::warning("page/title", format!("{} {message}", pages(places.len()))), &places).hint(hint)
    };
    by_count.into_iter().map(finding).collect()
}

/// Says which pages have no headline, or several.
pub(super) fn headings(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_count: BTreeMap<bool, Vec<String>> = BTreeMap::new();
    for (page, oddity) in all(evidence).filter(|(page, _)| is_read(page)) {
        if let Oddity::Headings(count, line) = oddity {
            let place = line.map_or_else(|| page.path.clone(), |line| page.at(line));
            by_count.entry(*count > 0).or_default().push(place);
        }
    }
    let finding = |(several, places): (bool, Vec<String>)| {
        let (message, hint) = match several {
            false => ("no `<h1>`", "print the page's title as one"),
            true => {
                ("more than one `<h1>`", "begin headings in the text with `##` where the template prints the title")
            }
        };
        located(Diagnostic::note("page/heading", format!("{} {message}", pages(places.len()))), &places).hint(hint)
    };
    by_count.into_iter().map(finding).collect()
}

fn pages(count: usize) -> String {
    match count {
        1 => "one page has".to_owned(),
        count => format!("{count} pages have"),
    }
}

/// Says which images have no text, each address once.
pub(super) fn alts(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_address: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (page, oddity) in all(evidence) {
        if let Oddity::NoText(address, line) = oddity {
            by_address.entry(address).or_default().push(page.at(*line));
        }
    }
    let finding = |(address, places): (&str, Vec<String>)| {
        let shown = if address.len() > 200 { "an image inside the page".to_owned() } else { format!("`{address}`") };
        located(Diagnostic::warning("page/alt", format!("{shown} is shown without `alt`")), &places)
            .hint("say what it shows: `![a lighthouse at dusk](…)`; `alt=\"\"` if it only decorates")
    };
    by_address.into_iter().map(finding).collect()
}

/// Says which addresses of the author's machine pages name.
pub(super) fn loopback(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_address: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for (page, oddity) in all(evidence) {
        if let Oddity::Loopback(address, is_loaded, line) = oddity {
            by_address.entry((!is_loaded, address)).or_default().push(page.at(*line));
        }
    }
    let finding = |((is_followed, address), places): ((bool, &str), Vec<String>)| {
        let what = if is_followed { "linked to" } else { "loaded, or named for programs" };
        let message = format!("`{address}` is {what}, and lies on the machine of whoever opens the page");
        let mut diagnostic = Diagnostic::error("page/loopback", message)
            .hint("name the address on the web; a build for it has its `base_url`, or `--base-url`");
        if is_followed {
            diagnostic.level = Level::Warning;
        }
        located(diagnostic, &places)
    };
    by_address.into_iter().map(finding).collect()
}

/// Says which pages carry the preview's script.
pub(super) fn preview(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let marked = all(evidence).filter_map(|(page, oddity)| match oddity {
        Oddity::Preview(line) => Some(page.at(*line)),
        _ => None,
    });
    let places: Vec<String> = marked.collect();
    if places.is_empty() {
        return Vec::new();
    }
    let message = format!("{} the script that `blog serve` adds: saved from the preview", pages(places.len()));
    let diagnostic = Diagnostic::error("page/preview", message).hint("copy what `blog build` writes instead");
    vec![located(diagnostic, &places)]
}
