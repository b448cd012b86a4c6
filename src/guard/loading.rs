//! Owns the part of level 2 that is about loading: the tag on the page × the way in which the tracker
//! finds that tag, and the hosts or the domain that either of them is confined to × the site's own.
//!
//! A tracker that looks for itself where it is not loads without an error, and nobody is counted. It
//! reads tokens where the tracker was fetched, and the lock's memory of them where it was not.

use std::collections::BTreeSet;

use super::Subject;
use super::contract::{Knowledge, callers, knowledge, text, verdict};
use super::reading::{evidence, served};
use crate::analytics::Sighting;
use crate::analytics::loading::{Lookup, is_module};
use crate::verdict::{Outcome, Verdict};

/// Something that keeps a tracker from finding its tag: what happens, what was expected, what was found, what to do.
type Astray = (String, String, String, String);

/// Says whether the tracker finds the tag that loads it.
pub(super) fn loading(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/loading";
    let Some(provider) = subject.provider() else { return Vec::new() };
    let text = text(subject);
    let (lookups, seen) = match knowledge(subject, &text) {
        Knowledge::Nothing => return Vec::new(),
        Knowledge::Tokens(script, seen) => {
            let mut lookups = (provider.lookups)(&script);
            // Whoever wrote it: a classic tag cannot load a module.
            let is_told = lookups.iter().any(|lookup| matches!(lookup, Lookup::ImportMeta | Lookup::ImportMetaSource));
            if !is_told && is_module(&script) {
                lookups.push(Lookup::ImportMeta);
            }
            (lookups, seen)
        }
        Knowledge::Locked(tracker) => {
            let known = |lookup: &Lookup| tracker.lookups.iter().any(|name| name == lookup.name());
            let lookups = Lookup::ALL.into_iter().filter(known).collect();
            (lookups, "the tracker as it was locked, not as it is now".to_owned())
        }
    };
    let tags: Vec<&Sighting> = callers(subject).filter(|sighting| sighting.script.is_some()).collect();
    let problems: BTreeSet<Astray> =
        tags.iter().flat_map(|tag| lookups.iter().filter_map(|lookup| astray(subject, tag, *lookup))).collect();
    if problems.is_empty() && callers(subject).next().is_some() {
        let message = match lookups.is_empty() || tags.is_empty() {
            true => "the tracker need not find the tag that loads it",
            false => "the tracker finds the tag that loads it",
        };
        return vec![verdict(CODE, Outcome::Ok, message).evidence(seen)];
    }
    let drift = |(message, expected, found, fix): Astray| {
        verdict(CODE, Outcome::Drift, message).evidence(&seen).expected_found(expected, found).fix(fix)
    };
    problems.into_iter().map(drift).collect()
}

/// Returns what keeps a tracker from finding this tag.
fn astray(subject: &Subject<'_>, tag: &Sighting, lookup: Lookup) -> Option<Astray> {
    let is_module = tag.parameters.get("type").is_some_and(|kind| kind == "module");
    let written = tag.script.as_deref().unwrap_or_default();
    match lookup {
        Lookup::CurrentScript if is_module => Some((
            "the tracker asks for `document.currentScript` and the tag is a module: a module has none, so that the \
             tracker stops without an error before it counts"
                .to_owned(),
            "a classic script".to_owned(),
            "type=\"module\"".to_owned(),
            "take `type=\"module\"` out of the tag, and load the vendor's file itself: in a bundle it is lost alike"
                .to_owned(),
        )),
        Lookup::ImportMeta | Lookup::ImportMetaSource if !is_module => Some((
            "the tracker is a module and the tag loads it as a classic script: browsers stop at a syntax error"
                .to_owned(),
            "type=\"module\"".to_owned(),
            "a classic script".to_owned(),
            "add `type=\"module\"` to the tag".to_owned(),
        )),
        Lookup::ImportMetaSource => {
            // The browser compares the attribute with the address that the bytes came from, letter by letter.
            let came_from = served(subject).map(|reply| reply.url.clone());
            let is_absolute = ["https://", "http://"].iter().any(|scheme| written.starts_with(scheme));
            let fits = is_absolute && came_from.as_deref().is_none_or(|url| written.starts_with(url) || url == written);
            let wanted = came_from
                .or_else(|| subject.answer.target.as_ref().map(|target| target.script.to_string()))
                .unwrap_or_default();
            (!fits).then(|| {
                (
                    "the tracker looks for a tag whose `src` is the whole address that it came from; this tag names \
                     another, or only a part of it, so that the tracker does not find itself, and counts nobody"
                        .to_owned(),
                    format!("src=\"{wanted}\""),
                    format!("src=\"{written}\""),
                    "write the whole address into the tag, the one after all redirects".to_owned(),
                )
            })
        }
        Lookup::OwnId if !tag.parameters.contains_key("id") => Some((
            "the tracker looks for its tag by an id that its vendor has chosen, and the tag does not carry it: the tracker \
             stops before it counts"
                .to_owned(),
            "the vendor's id on the tag".to_owned(),
            format!("src=\"{written}\" without it"),
            "add the id that the vendor's own snippet has to the tag".to_owned(),
        )),
        Lookup::CurrentScript | Lookup::ImportMeta | Lookup::OwnId => None,
    }
}

/// Says whether the hosts that snippet or tracker are confined to are the site's own.
pub(super) fn domain(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/domain";
    let Some(provider) = subject.provider() else { return Vec::new() };
    let Some(host) = subject.base_url.url().host_str().map(str::to_lowercase) else { return Vec::new() };
    let mut confined = false;
    let mut verdicts = Vec::new();
    let lists: BTreeSet<Vec<String>> = callers(subject).filter_map(|sighting| (provider.domains)(sighting)).collect();
    for list in lists {
        confined = true;
        if list.iter().any(|pattern| names(pattern, &host)) {
            continue;
        }
        let message = format!(
            "the snippet tells its tracker to count on other hosts only: on `{host}` it stays silent, without an error"
        );
        verdicts.push(
            verdict(CODE, Outcome::Drift, message)
                .expected_found(host.as_str(), list.join(", "))
                .fix("add this site's host to the list in the snippet, or take the list out"),
        );
    }
    let text = text(subject);
    let compiled = match knowledge(subject, &text) {
        Knowledge::Nothing => None,
        Knowledge::Tokens(script, _) => (provider.compiled)(&script).domain,
        Knowledge::Locked(tracker) => tracker.domain.clone(),
    };
    if let Some(domain) = compiled {
        confined = true;
        let site = subject.analytics.site.to_lowercase();
        if !domain.split(',').any(|domain| domain.trim().to_lowercase() == site) {
            let message = "the tracker has another site written into it: what is seen here is counted there";
            verdicts.push(
                verdict(CODE, Outcome::Drift, message)
                    .evidence(served(subject).map(evidence).unwrap_or_default())
                    .expected_found(subject.analytics.site.as_str(), domain)
                    .fix("copy the address of this site's own script from the vendor's settings into `script` in site.toml"),
            );
        }
    }
    if verdicts.is_empty() && callers(subject).next().is_some() {
        let message = match confined {
            true => format!("snippet and tracker count on `{host}`"),
            false => "neither snippet nor tracker is confined to a host".to_owned(),
        };
        verdicts.push(verdict(CODE, Outcome::Ok, message));
    }
    verdicts
}

/// Returns whether a host is meant by a name in a list; `*.` in front stands for every host below. Trackers compare names
/// letter by letter, and a browser's are in lower case.
fn names(pattern: &str, host: &str) -> bool {
    let pattern = pattern.trim();
    match pattern.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_list_of_hosts_means_what_it_names_and_a_star_what_is_below() {
        assert!(names(" blog.example ", "blog.example"));
        assert!(!names("Blog.example", "blog.example"));
        assert!(!names("blog.example", "www.blog.example"));
        assert!(names("*.example", "blog.example"));
        assert!(!names("*.example", "example"));
        assert!(!names("*.example", "badexample"));
    }
}
