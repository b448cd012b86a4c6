//! Owns the part of level 2 that is about the Referrer-Policy of pages × a server that wants to be told where a hit comes
//! from. A page that keeps its address to itself is then refused the tracker, and nobody is counted.
//!
//! What the server wants only its probe tells; where that was not asked, nothing certain is said.

use super::contract::{callers, verdict};
use super::reading::{challenge, unknown};
use super::{PagePolicy, Probed, Subject};
use crate::analytics::Provider;
use crate::verdict::{Outcome, Verdict};

/// Says whether pages tell the server where they are, if it wants to know.
pub(super) fn referrer(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/referrer";
    let Some(provider) = subject.provider() else { return Vec::new() };
    if (provider.needs_referrer)(&[]) == Some(false) || callers(subject).next().is_none() {
        return Vec::new();
    }
    let hiding: Vec<&PagePolicy> = subject.policies.iter().filter(|page| hides(page)).collect();
    if hiding.is_empty() {
        let message = match subject.headers_known {
            true => "every page lets the server know where it is",
            false => "every page lets the server know where it is, as far as its headers are known",
        };
        return vec![verdict(CODE, Outcome::Ok, message)];
    }
    let title = provider.title;
    let (outcome, message) = match needed(subject, provider) {
        Some(false) => {
            let message = "pages keep their address from the server, which takes hits of this site without it";
            return vec![verdict(CODE, Outcome::Ok, message)];
        }
        Some(true) => {
            let message = format!(
                "the pages' Referrer-Policy keeps their address from the server, and {title} refuses its script to pages that it \
                 cannot place (the site's list of origins is set): no visit to them is counted"
            );
            (Outcome::Drift, message)
        }
        None => {
            let message = format!(
                "the pages' Referrer-Policy keeps their address from the server; whether {title} wants to be told it (whether the \
                 site's list of origins is set) is not known"
            );
            // Not asked by this run's own choice, which the last line of the report names.
            let outcome =
                if matches!(subject.answer.probe, Probed::Unasked(_)) { Outcome::Note } else { unknown("origins") };
            (outcome, message)
        }
    };
    let say = |page: &PagePolicy| {
        verdict(CODE, outcome.clone(), message.clone())
            .expected_found("strict-origin-when-cross-origin", page.referrer.as_deref().unwrap_or_default())
            .fix("send `Referrer-Policy: strict-origin-when-cross-origin`, which tells no more than the site's host, or add `referrerpolicy` with that value to the tag")
            .pages(page.pages.iter().cloned())
    };
    hiding.into_iter().map(say).collect()
}

/// Returns whether the server wants to be told where a page is, if its answers tell.
fn needed(subject: &Subject<'_>, provider: &Provider) -> Option<bool> {
    match &subject.answer.probe {
        // Who is asked to prove to be no robot has not heard the server itself.
        Probed::Found(_, replies) | Probed::Failed(_, replies) => {
            (provider.needs_referrer)(replies).filter(|_| replies.iter().all(|reply| challenge(reply).is_none()))
        }
        Probed::Unasked(_) => None,
    }
}

/// Returns whether a page asks for its tracker without saying where it is. What the tag itself says goes before the page.
fn hides(page: &PagePolicy) -> bool {
    let tag = page.scripts.iter().find(|script| script.source().is_some());
    let own = tag.and_then(|tag| tag.attributes.get("referrerpolicy")).and_then(|value| policy(value));
    match own.or(page.referrer.as_deref()) {
        Some("no-referrer") => true,
        Some("same-origin") => tag
            .and_then(|tag| page.url.join(tag.source()?).ok())
            .is_none_or(|source| source.origin() != page.url.origin()),
        _ => false,
    }
}

/// Returns the policy that a value names (Referrer Policy, 3 and 4.1), the old words of meta elements among them.
fn policy(value: &str) -> Option<&'static str> {
    const POLICIES: [&str; 8] = [
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ];
    let value = value.trim().to_ascii_lowercase();
    POLICIES.into_iter().find(|known| *known == value)
}

/// Returns the policy that a page is under: the last that its headers name, unless its meta element names one.
pub fn effective(headers: &[String], meta: Option<&str>) -> Option<String> {
    let old = |value: &str| match value.trim().to_ascii_lowercase().as_str() {
        "never" => Some("no-referrer"),
        "default" => Some("strict-origin-when-cross-origin"),
        "always" => Some("unsafe-url"),
        "origin-when-crossorigin" => Some("origin-when-cross-origin"),
        _ => None,
    };
    let meta = meta.and_then(|value| policy(value).or_else(|| old(value)));
    let header = || headers.iter().flat_map(|value| value.split(',')).filter_map(policy).next_back();
    meta.or_else(header).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::effective;

    #[test]
    fn the_meta_element_goes_before_the_headers_and_the_last_known_word_before_others() {
        let of = |headers: &[&str], meta: Option<&str>| {
            let headers: Vec<String> = headers.iter().map(|value| (*value).to_owned()).collect();
            effective(&headers, meta)
        };
        assert_eq!(of(&[], None), None);
        assert_eq!(of(&["no-referrer, Same-Origin, unheard-of"], None).as_deref(), Some("same-origin"));
        assert_eq!(of(&["no-referrer", "origin"], Some("nonsense")).as_deref(), Some("origin"));
        assert_eq!(of(&["origin"], Some(" No-Referrer ")).as_deref(), Some("no-referrer"));
        assert_eq!(of(&["origin"], Some("never")).as_deref(), Some("no-referrer"));
    }
}
