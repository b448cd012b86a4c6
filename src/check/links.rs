//! Owns the rules about links between written pages: each leads to a file, each fragment to an
//! element, and no id stands on two elements.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::Evidence;
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::paths::OutPath;

/// Says which addresses are linked to though nothing stands there: one finding for each address.
pub(super) fn broken_pages(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_target: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (page, facts) in evidence.site_facts() {
        for (target, line) in &facts.broken {
            by_target.entry(target).or_default().push(page.at(*line));
        }
    }
    let known = if by_target.is_empty() { Known::default() } else { Known::of(evidence) };
    let finding = |(target, places): (&str, Vec<String>)| {
        let diagnostic =
            Diagnostic::error("link/broken-page", format!("`{target}` is linked to, but nothing is written there"));
        let diagnostic = located(diagnostic, &places);
        match known.meant(target) {
            Some(meant) => diagnostic.hint(meant),
            None => diagnostic,
        }
    };
    by_target.into_iter().map(finding).collect()
}

/// Says which fragments name nothing on their page.
pub(super) fn broken_fragments(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_target: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (page, facts) in evidence.site_facts() {
        for (file, fragment, line) in &facts.fragments {
            let target = evidence.page(file).and_then(|page| page.site.as_ref());
            // A page that is not read in full may hold the element after all.
            if target.is_some_and(|target| !target.flattened && !target.anchors.contains(fragment)) {
                by_target.entry((file, fragment)).or_default().push(page.at(*line));
            }
        }
    }
    let finding = |((file, fragment), places): ((&str, &str), Vec<String>)| {
        let route = OutPath::new(file).route();
        let message = format!("`{route}#{fragment}` is linked to, but no element there has the id `{fragment}`");
        let diagnostic = located(Diagnostic::error("link/broken-fragment", message), &places);
        let anchors = evidence.page(file).and_then(|page| page.site.as_ref()).map(|facts| &facts.anchors);
        match anchors.and_then(|anchors| did_you_mean(fragment, anchors.iter().map(String::as_str))) {
            Some(meant) => diagnostic.hint(format!("did you mean `#{meant}`?")),
            None => diagnostic,
        }
    };
    by_target.into_iter().map(finding).collect()
}

/// Says which ids stand on more than one element of a page: a link to one reaches only the first.
pub(super) fn repeated_ids(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let mut by_id: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (page, facts) in evidence.site_facts() {
        for (id, line) in &facts.repeated_ids {
            by_id.entry(id).or_default().push(page.at(*line));
        }
    }
    let finding = |(id, places): (&str, Vec<String>)| {
        let message = format!("the id `{id}` stands on more than one element of a page");
        located(Diagnostic::warning("page/repeated-id", message), &places)
            .hint("give each element its own id, or leave the id out: links and scripts reach only the first")
    };
    by_id.into_iter().map(finding).collect()
}

/// Says where: the first place in full, a few more as notes.
pub(super) fn located(diagnostic: Diagnostic, places: &[String]) -> Diagnostic {
    let Some((first, rest)) = places.split_first() else { return diagnostic };
    let diagnostic = diagnostic.at(Place::file(first));
    match rest.len() {
        0 => diagnostic,
        1..=3 => diagnostic.with(format!("also on {}", rest.join(", "))),
        more => diagnostic.with(format!("also on {} and {} more pages", rest[..2].join(", "), more - 2)),
    }
}

/// The addresses of the folder, to guess from.
#[derive(Default)]
struct Known {
    all: Vec<String>,
    /// Each by what a careless reader would take for the same.
    folded: BTreeMap<String, usize>,
}

impl Known {
    fn of(evidence: &Evidence<'_>) -> Known {
        let all: Vec<String> =
            evidence.files.keys().map(|path| OutPath::new(path.as_str()).route().to_string()).collect();
        let folded = all.iter().enumerate().map(|(index, address)| (folded(address), index)).collect();
        Known { all, folded }
    }

    /// Returns what was probably meant by an address.
    fn meant(&self, target: &str) -> Option<String> {
        if let Some(other) = self.folded.get(&folded(target)).map(|index| &self.all[*index]) {
            return Some(match other.trim_end_matches('/') == target.trim_end_matches('/') {
                true => format!("did you mean `{other}`?"),
                false => format!("`{other}` exists: servers tell upper from lower case, and this machine may not"),
            });
        }
        let near = self.all.iter().filter(|other| other.len().abs_diff(target.len()) <= target.len() / 3);
        did_you_mean(target, near.map(String::as_str)).map(|other| format!("did you mean `{other}`?"))
    }
}

fn folded(address: &str) -> String {
    address.trim_end_matches('/').nfc().flat_map(char::to_lowercase).nfc().collect()
}
