//! Owns how what is so of written pages is told of deployed ones: the verdicts of the rules for a folder become
//! verdicts about the deployed site, and name addresses instead of files.

use super::Seen;
use crate::analytics;
use crate::check::fetched::Facts;
use crate::verdict::{Covers, GuardLevel, Verdict};

/// Makes a verdict about written pages one about the deployed site.
pub(super) fn live(seen: &Seen<'_>, mut verdict: Verdict) -> Verdict {
    verdict.level = GuardLevel::L6;
    verdict.covers = Covers::Live;
    if !verdict.pages.is_empty() && seen.pages.len() < seen.of {
        verdict.evidence = Some(match verdict.evidence {
            Some(evidence) => format!("{evidence}; of a sample of {} of {} pages", seen.pages.len(), seen.of),
            None => format!("a sample of {} of {} pages", seen.pages.len(), seen.of),
        });
    }
    verdict
}

/// Names the pages of a verdict by their addresses.
pub(super) fn name_pages(seen: &Seen<'_>, verdict: &mut Verdict) {
    let mut named: Vec<(String, String)> =
        seen.pages.iter().map(|page| (page.path.to_string(), page.url.to_string())).collect();
    named.push(("404.html".to_owned(), "the page for missing addresses".to_owned()));
    for (path, url) in named.iter().filter(|(path, _)| verdict.pages.contains(path)) {
        verdict.message = verdict.message.replace(&format!("`{path}`"), &format!("`{url}`"));
        if let Some(evidence) = &mut verdict.evidence
            && let Some(rest) = evidence.strip_prefix(path.as_str())
            && rest.starts_with([':', ','])
        {
            *evidence = format!("{url}{rest}");
        }
    }
    for page in &mut verdict.pages {
        if let Some((_, url)) = named.iter().find(|(path, _)| path == page) {
            page.clone_from(url);
        }
    }
    verdict.pages.sort();
}

/// Returns what a page says about analytics, in a few words.
pub(super) fn of_facts(facts: &Facts) -> String {
    let title =
        |provider: &str| analytics::find(provider).map_or_else(|| provider.to_owned(), |known| known.title.to_owned());
    let running = facts.running.iter().map(|(sighting, script, _)| match script {
        Some(script) => format!("a {} snippet that loads `{script}`", title(sighting.provider)),
        None => format!("a {} snippet", title(sighting.provider)),
    });
    let inert = facts.inert.iter().map(|(sighting, why)| format!("a {} snippet {why}", title(sighting.provider)));
    let all: Vec<String> = running.chain(inert).collect();
    if all.is_empty() { "no snippet".to_owned() } else { all.join(" and ") }
}

/// Returns a count with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    match (number, noun.ends_with("ss")) {
        (1, _) => format!("1 {noun}"),
        (_, true) => format!("{number} {noun}es"),
        (_, false) => format!("{number} {noun}s"),
    }
}
