//! Owns the rule about canonical links: a tracker that takes the path of a page from its canonical
//! link counts every page under the path that stands there.

use std::collections::BTreeMap;

use url::Url;

use super::coverage::Causes;
use super::evidence::{Canonical, Evidence, Page, Place};
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

/// Says which pages would be counted under another page's path.
pub(super) fn other_page(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let verdict = |outcome, message: String| {
        Verdict::new("canonical/other-page", GuardLevel::L0, Covers::Built, outcome, message)
    };
    let mut verdicts = Vec::new();
    for (_, table) in evidence.tables().filter(|(_, table)| table.canonical_decides_path) {
        let name = table.name(evidence);
        let mut other: BTreeMap<&str, Vec<&Page>> = BTreeMap::new();
        let mut foreign: Vec<&Page> = Vec::new();
        let mut judged = 0;
        for page in evidence.expected_pages(table) {
            judged += 1;
            let Some(canonical) = &page.canonical else { continue };
            match canonical.place {
                Place::Own => {}
                Place::Other => other.entry(&canonical.written).or_default().push(page),
                Place::Elsewhere => foreign.push(page),
            }
        }
        if other.is_empty() && judged > 0 {
            let message = format!("{name} counts each of {judged} pages under its own path");
            verdicts.push(verdict(Outcome::Ok, message));
        }
        // One target for many pages is one mistake; a target for each page is one mistake per layout.
        let all = |pages: &[&Page]| pages.len() > 1;
        let (shared, single): (BTreeMap<_, _>, BTreeMap<_, _>) = other.into_iter().partition(|(_, pages)| all(pages));
        let causes = Causes::among(evidence, evidence.expected_pages(table));
        let shared = shared.into_values();
        for pages in shared.chain((!single.is_empty()).then(|| single.into_values().flatten().collect())) {
            for group in causes.group(pages) {
                let first = group.pages[0];
                let (target, line) =
                    first.canonical.as_ref().map_or(("", 1), |canonical| (canonical.written.as_str(), canonical.line));
                let message = format!(
                    "{name} takes the path of a page from its canonical link, and {} another page there: counted is that \
                     other page",
                    group.subject("name"),
                );
                let drift = verdict(Outcome::Drift, message)
                    .evidence(format!("{}: <link rel=\"canonical\" href=\"{target}\">", first.at(line)))
                    .expected_found(evidence.url(first).to_string(), target)
                    .fix("let each page's canonical link name the page itself; `{{ seo() }}` does")
                    .pages(group.paths());
                verdicts.push(drift);
            }
        }
        let (meant, unmeant): (Vec<&Page>, Vec<&Page>) =
            foreign.into_iter().partition(|page| page.first_published.is_some());
        for (pages, words) in [(meant, "as their front matter asks"), (unmeant, "though no front matter asks for it")] {
            if !pages.is_empty() && (words.starts_with("as") || evidence.manifest.is_some()) {
                let message = format!("{} of the pages have a canonical link to another host, {words}", pages.len());
                verdicts.push(verdict(Outcome::Note, message).pages(pages.iter().map(|page| page.path.clone())));
            }
        }
    }
    verdicts
}

/// Returns a page's canonical link, if it gives another address than the page's own.
pub(super) fn link(page: &Url, base: &Url, written: &str, line: u64) -> Option<Canonical> {
    let target = base.join(written).ok();
    let place = match &target {
        Some(target) if target == page => return None,
        Some(target) if target.host_str() == page.host_str() => match plain(target.path()) == plain(page.path()) {
            true => Place::Own,
            false => Place::Other,
        },
        _ => Place::Elsewhere,
    };
    Some(Canonical { written: written.to_owned(), target, place, line })
}

/// Returns a path without what servers add and take away: `index.html`, `.html`, the last `/`.
fn plain(path: &str) -> String {
    let path = path.strip_suffix("index.html").or_else(|| path.strip_suffix(".html")).unwrap_or(path);
    percent_encoding::percent_decode_str(path.trim_end_matches('/')).decode_utf8_lossy().into_owned()
}
