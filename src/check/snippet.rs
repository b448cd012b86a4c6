//! Owns the rules about the snippet itself: exactly one on every expected page, as configured, where
//! a browser runs it; none elsewhere; nobody else's.
//!
//! Each rule says what holds as well as what does not, and names a cause once, however many pages share it.

use std::collections::{BTreeMap, BTreeSet};

use url::{Host, Url};

use super::coverage::{Cause, Causes, Group, group};
use super::evidence::{Demand, Difference, Evidence, Page, PageKind, Snippet, Table};
use crate::analytics;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L0, Covers::Built, outcome, message)
}

/// Returns a count with its noun.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns the text that belongs on the pages of a table.
fn snippet_of(table: &Table<'_>) -> String {
    analytics::snippet(table.analytics, None)
}

/// Says which expected pages carry no snippet of a table in any form.
pub(super) fn missing(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/missing";
    let mut verdicts = Vec::new();
    for (number, table) in evidence.tables().filter(|(_, table)| table.is_on_the_page()) {
        let name = table.name(evidence);
        let all: Vec<&Page> = evidence.expected_pages(table).collect();
        if all.is_empty() {
            let message = format!("no page is to carry the {name} snippet, so nothing about it was verified");
            let unknown = verdict(CODE, Outcome::Unknown("no-pages".to_owned()), message);
            verdicts
                .push(unknown.fix("check `exclude` in site.toml, and that this is the folder with the site's pages"));
            continue;
        }
        let lacks = |page: &&&Page| page.of_table(number).is_none() && inert_snippet(table, page).is_none();
        let lacking: Vec<&Page> = all.iter().filter(lacks).copied().collect();
        if lacking.is_empty() {
            let message = match all.len() {
                1 => format!("the one page carries the {name} snippet"),
                pages => format!("{pages} of {pages} pages carry the {name} snippet"),
            };
            verdicts.push(verdict(CODE, Outcome::Ok, message));
            continue;
        }
        let groups = group(evidence, lacking, all.iter().copied());
        verdicts.extend(groups.iter().map(|group| lack(CODE, table, &name, group)));
    }
    verdicts
}

fn lack(code: &'static str, table: &Table<'_>, name: &str, group: &Group<'_>) -> Verdict {
    let them = if group.pages.len() == 1 { "it" } else { "them" };
    let message = format!("{} the {name} snippet: visits to {them} are not counted", group.subject("lack"));
    let fix = match &group.cause {
        Cause::Layout(layout) if group.is_whole() => {
            format!(
                "add `{{{{ analytics() }}}}` to `{layout}`, or to the template that it extends, just before `</head>`"
            )
        }
        Cause::Layout(layout) => {
            format!("look in `{layout}` for a condition around `{{{{ analytics() }}}}` that holds for some pages only")
        }
        Cause::Everywhere | Cause::Many(_) if group.pages.iter().any(|page| page.layout.is_some()) => {
            "add `{{ analytics() }}` to the base template, just before `</head>`".to_owned()
        }
        Cause::Everywhere | Cause::Many(_) | Cause::Section(_) => {
            format!("put this before `</head>` in the template of these pages: {}", snippet_of(table))
        }
        Cause::Copied => {
            format!("list it under `exclude` in site.toml, or put this before its `</head>`: {}", snippet_of(table))
        }
    };
    verdict(code, Outcome::Drift, message)
        .expected_found("one snippet on each page", "none")
        .fix(fix)
        .pages(group.paths())
}

/// Returns the first snippet of a table's provider that stands on a page where no browser runs it.
fn inert_snippet<'p>(table: &Table<'_>, page: &'p Page) -> Option<&'p (Snippet, super::page::Inert)> {
    page.inert.iter().find(|(snippet, _)| snippet.found.sighting.provider == table.expected.provider)
}

/// Returns in which ways a page hides a table's snippet from browsers.
fn inert_reasons(table: &Table<'_>, page: &Page) -> BTreeSet<String> {
    let own = page.inert.iter().filter(|(snippet, _)| snippet.found.sighting.provider == table.expected.provider);
    own.map(|(_, why)| why.to_string()).collect()
}

/// Says which pages carry the snippet only where no browser runs it.
pub(super) fn misplaced(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/misplaced";
    let mut verdicts = Vec::new();
    for (number, table) in evidence.tables().filter(|(_, table)| table.is_on_the_page()) {
        let name = table.name(evidence);
        let hiding: Vec<&Page> = evidence
            .expected_pages(table)
            .filter(|page| page.of_table(number).is_none() && inert_snippet(table, page).is_some())
            .collect();
        // A page may hide it in several ways; the one that most pages share is the cause.
        let mut shared: BTreeMap<String, usize> = BTreeMap::new();
        for why in hiding.iter().flat_map(|page| inert_reasons(table, page)) {
            *shared.entry(why).or_default() += 1;
        }
        let mut by_reason: BTreeMap<String, Vec<&Page>> = BTreeMap::new();
        for page in hiding {
            let why = inert_reasons(table, page).into_iter().max_by_key(|why| shared[why]);
            by_reason.entry(why.unwrap_or_default()).or_default().push(page);
        }
        if by_reason.is_empty() && evidence.expected_pages(table).next().is_some() {
            verdicts.push(verdict(CODE, Outcome::Ok, format!("no page hides the {name} snippet from browsers")));
        }
        let causes = Causes::among(evidence, evidence.expected_pages(table));
        for (why, pages) in by_reason {
            for group in causes.group(pages) {
                let inert = group.pages[0].inert.iter().find(|(_, reason)| reason.to_string() == why);
                let line = inert.map_or(1, |(snippet, _)| snippet.line);
                let message = format!("{} the {name} snippet only {why}: no browser runs it", group.subject("carry"));
                let drift = verdict(CODE, Outcome::Drift, message)
                    .evidence(group.pages[0].at(line))
                    .expected_found("a snippet that runs", format!("one {why}"))
                    .fix("move it into the head of the page, as a script of its own")
                    .pages(group.paths());
                verdicts.push(drift);
            }
        }
    }
    verdicts
}

/// Says which pages carry more than one snippet of a table.
pub(super) fn doubled(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/doubled";
    let mut verdicts = Vec::new();
    for (number, table) in evidence.tables() {
        let name = table.name(evidence);
        // Where something else puts the snippet in, one in the page is already the second.
        let on_the_page = table.is_on_the_page();
        let lines = |page: &Page| -> Vec<u64> {
            let mut lines: Vec<u64> = page.of_table(number).iter().map(|(snippet, _)| snippet.line).collect();
            let extra = page.assignment.extra.iter().filter(|(table, _)| *table == number);
            lines.extend(extra.map(|(_, index)| page.snippet(*index).line));
            lines.sort_unstable();
            lines
        };
        let mut by_count: BTreeMap<(usize, bool), Vec<&Page>> = BTreeMap::new();
        for page in evidence.expected_pages(table) {
            let found = lines(page).len() + usize::from(!on_the_page);
            if found > 1 {
                let image = page.of_table_all(number).any(|snippet| snippet.found.sighting.style == "pixel");
                by_count.entry((found, image)).or_default().push(page);
            }
        }
        if by_count.is_empty() && on_the_page && evidence.expected_pages(table).next().is_some() {
            verdicts.push(verdict(CODE, Outcome::Ok, format!("no page carries the {name} snippet more than once")));
        }
        let causes = Causes::among(evidence, evidence.expected_pages(table));
        for ((found, image), pages) in by_count {
            for group in causes.group(pages) {
                let times = if found == 2 { "twice".to_owned() } else { format!("{found} times") };
                let (message, fix) = match on_the_page {
                    true if image => (
                        format!(
                            "{} the {name} snippet {times}, an image that counts among them: browsers load the image and \
                             run the script, and each visit is counted {times}",
                            group.subject("carry")
                        ),
                        "take the image out, or put it into a `<noscript>`, where only browsers without scripts load it",
                    ),
                    true => (
                        format!("{} the {name} snippet {times}: each visit is counted {times}", group.subject("carry")),
                        "leave one: two templates print it, or one prints it and a script adds it again",
                    ),
                    false => (
                        format!(
                            "{} the {name} snippet, and site.toml says that something else adds it as well",
                            group.subject("carry")
                        ),
                        "take it out of the templates, or set `placed = \"page\"`",
                    ),
                };
                let first = group.pages[0];
                let mut lines: Vec<String> = lines(first).iter().map(u64::to_string).collect();
                lines.dedup();
                let noun = if lines.len() == 1 { "line" } else { "lines" };
                let drift = verdict(CODE, Outcome::Drift, message)
                    .evidence(format!("{}, {noun} {}", first.path, lines.join(" and ")))
                    .expected_found("1 snippet a page", format!("{found}"))
                    .fix(fix)
                    .pages(group.paths());
                verdicts.push(drift);
            }
        }
    }
    verdicts
}

/// Says which pages carry a snippet that is not the configured one.
pub(super) fn altered(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/altered";
    let mut verdicts = Vec::new();
    for (number, table) in evidence.tables().filter(|(_, table)| table.is_on_the_page()) {
        let name = table.name(evidence);
        let mut by_difference: BTreeMap<Vec<Difference>, Vec<&Page>> = BTreeMap::new();
        let mut by_remark: BTreeMap<Vec<Difference>, Vec<&Page>> = BTreeMap::new();
        for page in evidence.expected_pages(table) {
            let (differences, remarks): (Vec<_>, Vec<_>) =
                differences(table, number, page).into_iter().partition(|difference| difference.decides);
            for (differences, pages) in [(differences, &mut by_difference), (remarks, &mut by_remark)] {
                if !differences.is_empty() {
                    pages.entry(differences).or_default().push(page);
                }
            }
        }
        if by_difference.is_empty() && evidence.expected_pages(table).any(|page| page.of_table(number).is_some()) {
            let but = if by_remark.is_empty() { "" } else { " in all that decides what is counted" };
            verdicts.push(verdict(CODE, Outcome::Ok, format!("every {name} snippet is the configured one{but}")));
        }
        let causes = Causes::among(evidence, evidence.expected_pages(table));
        for (differences, pages) in by_difference {
            for group in causes.group(pages) {
                verdicts.push(alteration(CODE, number, &name, &differences, &group));
            }
        }
        for (remarks, pages) in by_remark {
            verdicts.extend(causes.group(pages).iter().map(|group| remark(CODE, number, &name, &remarks, group)));
        }
    }
    verdicts
}

fn differences(table: &Table<'_>, number: usize, page: &Page) -> Vec<Difference> {
    let Some((snippet, differences)) = page.of_table(number) else { return Vec::new() };
    let mut differences = differences.to_vec();
    if table.waits_for_consent() && page.snippets.contains(snippet) {
        differences.push(Difference {
            name: "placed".to_owned(),
            expected: "a form that waits for consent".to_owned(),
            found: "one that runs at once".to_owned(),
            decides: true,
        });
    }
    differences
}

fn alteration(code: &'static str, number: usize, name: &str, differences: &[Difference], group: &Group<'_>) -> Verdict {
    let first = group.pages[0];
    let line = first.of_table(number).map_or(1, |(snippet, _)| snippet.line);
    let names: Vec<String> = differences.iter().map(|difference| format!("`{}`", difference.name)).collect();
    let list = |side: fn(&Difference) -> &str| {
        let parts = differences.iter().map(|difference| format!("{} = {}", difference.name, side(difference)));
        parts.collect::<Vec<_>>().join(", ")
    };
    let (verb, noun) = if names.len() == 1 { ("is", "another") } else { ("are", "others") };
    let message = format!(
        "{} a {name} snippet whose {} {verb} {noun} than site.toml says",
        group.subject("carry"),
        names.join(" and ")
    );
    verdict(code, Outcome::Drift, message)
        .evidence(first.at(line))
        .expected_found(list(|difference| &difference.expected), list(|difference| &difference.found))
        .fix(
            "if the pages are right, change `[analytics]` in site.toml; else let `{{ analytics() }}` print the snippet",
        )
        .pages(group.paths())
}

/// Says what a snippet has beyond site.toml that changes nothing about what is counted.
fn remark(code: &'static str, number: usize, name: &str, remarks: &[Difference], group: &Group<'_>) -> Verdict {
    let first = group.pages[0];
    let line = first.of_table(number).map_or(1, |(snippet, _)| snippet.line);
    let list = |one: fn(&Difference) -> String| remarks.iter().map(one).collect::<Vec<_>>();
    let names = list(|remark| format!("`{}`", remark.name)).join(" and ");
    let message = format!(
        "{} a {name} snippet with {names}, which site.toml does not name: visits are counted all the same",
        group.subject("carry")
    );
    verdict(code, Outcome::Note, message)
        .evidence(first.at(line))
        .expected_found("nothing of it", list(|remark| format!("{} = {}", remark.name, remark.found)).join(", "))
        .pages(group.paths())
}

/// Says which snippets load or send without encryption.
pub(super) fn insecure(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/insecure";
    let mut by_address: BTreeMap<String, Vec<&Page>> = BTreeMap::new();
    let mut seen = false;
    for page in evidence.pages.iter().filter(|page| page.kind == PageKind::Document) {
        for snippet in &page.snippets {
            seen = true;
            let addresses = [&snippet.found.script, &snippet.found.collect];
            let first = addresses.into_iter().flatten().find(|address| is_insecure(address));
            if let Some(address) = first {
                by_address.entry(address.clone()).or_default().push(page);
            }
        }
    }
    // Where nothing is configured there is no contract to break.
    let outcome = if evidence.tables.is_empty() { Outcome::Note } else { Outcome::Drift };
    if by_address.is_empty() && seen && !evidence.tables.is_empty() {
        return vec![verdict(CODE, Outcome::Ok, "every snippet loads and sends over https")];
    }
    let mut verdicts = Vec::new();
    let causes = Causes::among(evidence, evidence.pages.iter().filter(|page| page.kind == PageKind::Document));
    for (address, pages) in by_address {
        for group in causes.group(pages) {
            let message = format!(
                "{} a snippet that uses `{address}`: browsers block it on an https page, and anybody between can change it",
                group.subject("carry")
            );
            let drift = verdict(CODE, outcome.clone(), message)
                .expected_found("https", "http")
                .fix("write `endpoint` (and `script`, `collect`) in site.toml with `https://`")
                .pages(group.paths());
            verdicts.push(drift);
        }
    }
    verdicts
}

/// Returns whether an address is http on a host other than this machine.
fn is_insecure(address: &str) -> bool {
    // Nearly all are, and there are as many of these as pages.
    if address.starts_with("https:") {
        return false;
    }
    let Ok(url) = Url::parse(address) else { return false };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

/// Says which pages carry a snippet though they are to carry none.
pub(super) fn excluded(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/excluded";
    let mut verdicts = Vec::new();
    for (number, table) in evidence.tables() {
        let name = table.name(evidence);
        let of_zero: Vec<&Page> = evidence.pages.iter().filter(|page| table.demands(page) == Demand::Zero).collect();
        let carries = |page: &&&Page| {
            page.of_table(number).is_some_and(|(snippet, _)| page.snippets.contains(snippet))
                || page.assignment.extra.iter().any(|(table, _)| *table == number)
        };
        let carrying: Vec<&Page> = of_zero.iter().filter(carries).copied().collect();
        if carrying.is_empty() {
            if !of_zero.is_empty() {
                let message = format!("{} without the {name} snippet, as set", count(of_zero.len(), "page"));
                verdicts.push(verdict(CODE, Outcome::Ok, message));
            }
            continue;
        }
        for group in group(evidence, carrying, of_zero.iter().copied()) {
            let message = format!(
                "{} that are to carry no {name} snippet, by `exclude` or by `analytics = false`, carry one",
                count(group.pages.len(), "page")
            );
            let drift = verdict(CODE, Outcome::Drift, message)
                .expected_found("no snippet", "one")
                .fix("take the snippet out of these pages' template: `{{ analytics() }}` leaves it out by itself")
                .pages(group.paths());
            verdicts.push(drift);
        }
    }
    verdicts
}

/// Says which pages carry the snippet of a provider that is not configured.
pub(super) fn foreign(evidence: &Evidence<'_>) -> Vec<Verdict> {
    const CODE: &str = "snippet/foreign";
    let mut by_provider: BTreeMap<(&str, String), Vec<&Page>> = BTreeMap::new();
    for page in evidence.pages.iter().filter(|page| page.kind == PageKind::Document) {
        for index in &page.assignment.foreign {
            let found = &page.snippet(*index).found;
            let address = found.script.clone().or_else(|| found.collect.clone()).unwrap_or_default();
            let pages = by_provider.entry((found.sighting.provider, address)).or_default();
            if !pages.iter().any(|known| known.path == page.path) {
                pages.push(page);
            }
        }
    }
    // Where nothing is configured there is no contract to break.
    let outcome = if evidence.tables.is_empty() { Outcome::Note } else { Outcome::Drift };
    if by_provider.is_empty() && !evidence.tables.is_empty() {
        return vec![verdict(CODE, Outcome::Ok, "no page carries another analytics provider's snippet")];
    }
    let mut verdicts = Vec::new();
    let causes = Causes::among(evidence, evidence.pages.iter().filter(|page| page.kind == PageKind::Document));
    for ((provider, address), pages) in by_provider {
        let title = analytics::find(provider).map_or(provider, |provider| provider.title);
        for group in causes.group(pages) {
            let message =
                format!("{} a {title} snippet (`{address}`), which site.toml does not list", group.subject("carry"));
            let found = verdict(CODE, outcome.clone(), message)
                .expected_found("only the providers of site.toml", title)
                .fix(format!("take it out, or list it: a table `[[analytics]]` with `provider = \"{provider}\"`"))
                .pages(group.paths());
            verdicts.push(found);
        }
    }
    verdicts
}

/// Says which tables' snippets the written pages cannot show.
pub(super) fn placed_elsewhere(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let elsewhere = evidence.tables().filter(|(_, table)| !table.is_on_the_page());
    elsewhere
        .map(|(_, table)| {
            let name = table.name(evidence);
            let message = format!(
                "the {name} snippet is added after the build (`placed`), so the written pages cannot show it: only a \
                 browser can (L7)"
            );
            verdict("snippet/placed-elsewhere", Outcome::Unknown("L7".to_owned()), message)
        })
        .collect()
}

/// Says which tables name a provider that nobody here knows.
pub(super) fn unknown_provider(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let tables = evidence.config.analytics.iter();
    let unknown = tables.filter(|table| analytics::find(&table.provider).is_none());
    unknown
        .map(|table| {
            let message =
                format!("`{}` is no provider that this version knows: nothing about it was verified", table.provider);
            let known: Vec<&str> = analytics::PROVIDERS.iter().map(|provider| provider.name).collect();
            verdict("snippet/unknown-provider", Outcome::Unknown("provider".to_owned()), message)
                .expected_found(known.join(", "), &table.provider)
                .fix("correct `provider` in site.toml")
        })
        .collect()
}

/// Says which AMP pages cannot be judged.
pub(super) fn amp(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let amp: Vec<&Page> = evidence.pages.iter().filter(|page| page.kind == PageKind::Amp).collect();
    let demanded = |page: &&Page| evidence.tables.iter().any(|table| table.demands(page) != Demand::Zero);
    let amp: Vec<&Page> = amp.into_iter().filter(demanded).collect();
    if amp.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "{}: AMP runs no script of this kind, only `<amp-analytics>`, which is not judged",
        count(amp.len(), "AMP page")
    );
    let unknown = verdict("snippet/amp", Outcome::Unknown("amp".to_owned()), message)
        .fix("list the AMP pages under `exclude` in site.toml, or stop publishing them")
        .pages(amp.iter().map(|page| page.path.clone()));
    vec![unknown]
}

/// Notes that nothing is guarded.
pub(super) fn unguarded(evidence: &Evidence<'_>) -> Vec<Verdict> {
    if !evidence.config.analytics.is_empty() {
        return Vec::new();
    }
    let note = verdict(
        "snippet/unguarded",
        Outcome::Note,
        "nothing is guarded: site.toml lists no analytics; an `[analytics]` table with `provider`, `endpoint` and `site` \
         changes that",
    );
    vec![note]
}
