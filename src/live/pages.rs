//! Owns the rules about the pages of a deployed site: that each is there, that visitors get the copy which its origin
//! sends, and that nothing on the way has rewritten what matters.
//!
//! Facts are compared before bytes: bytes may change on their way, what they say about analytics may not.

use std::collections::BTreeMap;

use super::deployed::Published;
use super::fetching::Received;
use super::words::{count, of_facts};
use super::{Against, PageSeen, Seen, Sight, site, verdict};
use crate::check::page::Inert;
use crate::guard::dial::Failure;
use crate::verdict::{Outcome, Verdict};

/// What is wrong with a page before anybody reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Ill {
    /// Visitors do not get it either.
    Gone(String, String),
    /// Nothing could be told: the reason's word, what happened, what to do.
    Untold(String, String, String),
}

/// Returns whether nothing is told but that the host was given up before.
fn is_down(ill: &Ill) -> bool {
    matches!(ill, Ill::Untold(reason, ..) if reason == "host-down")
}

/// Says which pages are there.
pub(super) fn page(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/page";
    let seen = sight.seen;
    if site::is_first_deployment(seen) {
        return Vec::new();
    }
    let mut ill: BTreeMap<Ill, Vec<&PageSeen>> = BTreeMap::new();
    for page in &seen.pages {
        let told = [&page.busted, &page.plain].map(|came| diagnose(seen, page, came));
        let told: Vec<Ill> = told.into_iter().flatten().collect();
        // Why a host was given up says more than that it was.
        if let Some(what) = told.iter().find(|ill| !is_down(ill)).or(told.first()).cloned() {
            ill.entry(what).or_default().push(page);
        }
    }
    if let Published::Failed(failure) = &seen.published
        && ill.keys().all(is_down)
        && !ill.is_empty()
    {
        // The very first question was the last: it tells why.
        let message = format!("`{}` {}", seen.question.base.as_str(), failure.words());
        return vec![verdict(CODE, Outcome::Unknown(failure.word().to_owned()), message).fix(failure.fix())];
    }
    if ill.keys().any(|one| !is_down(one)) {
        ill.retain(|one, _| !is_down(one));
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (what, pages) in &ill {
        let subject = match pages.as_slice() {
            [page] => format!("`{}`", page.path),
            pages => format!("{} of {} pages: each", pages.len(), seen.pages.len()),
        };
        let paths = pages.iter().map(|page| page.path.to_string());
        verdicts.push(match what {
            Ill::Gone(words, fix) => {
                // A sitemap may be out of date; the home page and what was built are promised.
                let is_promised =
                    seen.against != Against::Rules || pages.iter().any(|page| page.path.as_str() == "index.html");
                let outcome = if is_promised { Outcome::Drift } else { Outcome::Note };
                verdict(CODE, outcome, format!("{subject} {words}")).fix(fix.clone()).pages(paths)
            }
            Ill::Untold(reason, words, fix) => {
                verdict(CODE, Outcome::Unknown(reason.clone()), format!("{subject} {words}"))
                    .fix(fix.clone())
                    .pages(paths)
            }
        });
    }
    let well = seen.pages.len() - ill.values().map(Vec::len).sum::<usize>().min(seen.pages.len());
    if ill.is_empty() && well > 0 {
        let how = match well == seen.of {
            true => format!("all {}", count(well, "page")),
            false => format!("{well} of {} pages", seen.of),
        };
        let build = seen.published.manifest().map(|deployed| deployed.build_id.short());
        let held = match (&seen.against, build) {
            (Against::Local, Some(build)) => {
                format!("are there, held against the local build {build}, which is deployed")
            }
            (Against::Local, None) => "are there, held against the local build".to_owned(),
            (Against::Deployed(_), Some(build)) => {
                format!("are there, held against the manifest of build {build}, which is deployed")
            }
            (Against::Deployed(_) | Against::Rules, _) => format!("by {}", seen.found_by),
        };
        let message = format!("{how} {held}; with and without caches");
        verdicts.insert(0, verdict(CODE, Outcome::Ok, message));
    }
    verdicts
}

/// Says what is wrong with one answer, if anything is.
fn diagnose(seen: &Seen<'_>, page: &PageSeen, came: &Result<Received, Failure>) -> Option<Ill> {
    let copy = match came {
        Ok(copy) => copy,
        Err(failure) if failure.is_drift() => {
            let fix = match failure {
                Failure::NameNotFound => "correct `base_url` in site.toml, or bring the name back",
                Failure::Certificate(_) => {
                    "renew the site's certificate: until then, browsers show a warning instead of the site"
                }
                _ => "write the address where the site really stands as `base_url` into site.toml",
            };
            return Some(Ill::Gone(failure.words(), fix.to_owned()));
        }
        Err(failure) => {
            return Some(Ill::Untold(failure.word().to_owned(), failure.words(), failure.fix().to_owned()));
        }
    };
    if let Some(who) = copy.challenge {
        let words = format!("is answered by {who} with a challenge for browsers, so its page was not seen");
        let fix = format!("let this machine pass at {who}: by its address, or by the user agent `watchpost`");
        return Some(Ill::Untold("challenge".to_owned(), words, fix));
    }
    match copy.status {
        200..=299 if !copy.is_page() => {
            let words =
                format!("is sent as `{}`: browsers do not show it as a page, and run nothing", copy.content_type);
            return Some(Ill::Gone(words, "let the host send it as `text/html; charset=utf-8`".to_owned()));
        }
        200..=299 => {}
        status @ (408 | 425 | 429 | 500..) => {
            let words = format!("answers {status}, so nothing could be told");
            return Some(Ill::Untold(
                format!("status-{status}"),
                words,
                "run this again when the host has recovered".to_owned(),
            ));
        }
        status => {
            let fix = match status {
                401 | 403 => "let visitors in, or name the public address with `--live URL`",
                _ => "deploy the site again, and see whether the host leaves this page out",
            };
            return Some(Ill::Gone(format!("answers {status}: visitors do not get it"), fix.to_owned()));
        }
    }
    let landed = url::Url::parse(&copy.url).ok()?;
    let elsewhere = match seen.question.here(&landed) {
        None => true,
        Some(here) => plain(here.path()) != plain(page.url.path()),
    };
    // The nonce of a request past caches is no part of the address that a person looks for.
    let shown = landed.as_str().split('?').next().unwrap_or_default();
    elsewhere.then(|| {
        let fix = "if the site has moved, write the new address as `base_url` into site.toml, and allow it at the analytics server";
        Ill::Gone(format!("sends its visitors on to `{shown}`"), fix.to_owned())
    })
}

/// Returns a path without what servers add and take away.
fn plain(path: &str) -> &str {
    let path = path.strip_suffix("index.html").or_else(|| path.strip_suffix(".html")).unwrap_or(path);
    path.trim_end_matches('/')
}

/// Says where visitors get another copy than the one that the origin sends.
pub(super) fn stale(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/stale";
    let seen = sight.seen;
    let both = seen.pages.iter().filter_map(|page| Some((page, page.plain.as_ref().ok()?, page.busted.as_ref().ok()?)));
    let both: Vec<(&PageSeen, &Received, &Received)> =
        both.filter(|(_, plain, busted)| plain.is_page() && busted.is_page()).collect();
    let facts = |page: &PageSeen| {
        let path = page.path.as_str();
        Some((seen.plain.page(path)?.facts(), seen.busted.page(path)?.facts()))
    };
    let differ = |(page, plain, busted): &&(&PageSeen, &Received, &Received)| {
        // Whether a digest that is as expected is on one side only, or what both say differs.
        let expected = seen.expected(page.path.as_str());
        let is_older = expected.is_some_and(|expected| busted.digest == expected && plain.digest != expected);
        plain.digest != busted.digest && (is_older || facts(page).is_some_and(|(plain, busted)| plain != busted))
    };
    let differing: Vec<&(&PageSeen, &Received, &Received)> = both.iter().filter(differ).collect();
    if differing.is_empty() && sight.cached.is_empty() {
        let message = format!("caches hold the same as their origin, for {}", count(both.len(), "page"));
        return if both.is_empty() { Vec::new() } else { vec![verdict(CODE, Outcome::Ok, message)] };
    }
    let named = |page: &str| sight.cached.iter().any(|verdict| verdict.pages.iter().any(|known| known == page));
    let first = differing.iter().find(|(page, ..)| named(page.path.as_str())).or(differing.first());
    let mut pages: Vec<String> = differing.iter().map(|(page, ..)| page.path.to_string()).collect();
    let fix = "purge the cache for these addresses, then run this again; let HTML be asked for anew each time \
               (`Cache-Control: max-age=0, must-revalidate`)";
    let evidence = first.map(|(page, plain, _)| match plain.cache() {
        Some(cache) => format!("{}: {cache}", page.url),
        None => format!("{}: no header tells of a cache or of an age", page.url),
    });
    let Some(wrong) = sight.cached.first() else {
        let message = format!(
            "{} from a cache with other bytes than {} origin sends; what is said about analytics is the same or right as well",
            if pages.len() == 1 { format!("`{}` comes", pages[0]) } else { format!("{} pages come", pages.len()) },
            if pages.len() == 1 { "its" } else { "their" },
        );
        let note = verdict(CODE, Outcome::Note, message).pages(pages);
        return vec![match evidence {
            Some(evidence) => note.evidence(evidence),
            None => note,
        }];
    };
    pages.extend(sight.cached.iter().flat_map(|verdict| verdict.pages.clone()));
    pages.sort();
    pages.dedup();
    let settling = site::is_settling(seen);
    let (outcome, tail) = match settling {
        true => {
            (Outcome::Unknown("propagating".to_owned()), "; the deployment is so new that it may still be on its way")
        }
        false => (Outcome::Drift, ""),
    };
    let message = format!(
        "a cache gives visitors an older copy, in which {}; past the cache all is well{tail}",
        wrong.message.trim_end_matches('.')
    );
    let mut told = verdict(CODE, outcome, message).fix(fix).pages(pages);
    if let Some(evidence) = evidence {
        told = told.evidence(evidence);
    }
    if let Some((plain, busted)) = first.and_then(|(page, ..)| facts(page)) {
        told = told.expected_found(of_facts(&busted), of_facts(&plain));
    }
    vec![told]
}

/// Says which pages have other bytes than were built, and that nothing hangs on it.
pub(super) fn rewritten(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/rewritten";
    let seen = sight.seen;
    let known = seen.pages.iter().filter_map(|page| {
        let copy = page.busted.as_ref().ok().filter(|copy| copy.is_page())?;
        Some((page, copy, seen.expected(page.path.as_str())?))
    });
    let known: Vec<_> = known.collect();
    if known.is_empty() {
        return Vec::new();
    }
    let rewritten: Vec<_> = known.iter().filter(|(_, copy, expected)| copy.digest != *expected).collect();
    let Some((first, copy, _)) = rewritten.first() else {
        let message = format!("{} byte by byte as built", count(known.len(), "page"));
        return vec![verdict(CODE, Outcome::Ok, message)];
    };
    let differs = |page: &PageSeen| {
        let path = page.path.as_str();
        Some((seen.built.page(path)?.facts(), seen.busted.page(path)?.facts())).filter(|(built, live)| built != live)
    };
    let pages: Vec<String> = rewritten.iter().map(|(page, ..)| page.path.to_string()).collect();
    let subject = match pages.as_slice() {
        [page] => format!("`{page}` has"),
        pages => format!("{} of {} pages have", pages.len(), known.len()),
    };
    let said = match rewritten.iter().find_map(|(page, ..)| differs(page)) {
        Some((built, live)) => format!(
            "what is said about analytics differs, too: built is {}, sent is {}",
            of_facts(&built),
            of_facts(&live)
        ),
        None if seen.against == Against::Local => "what is said about analytics is the same".to_owned(),
        None => "the rules judge what was sent".to_owned(),
    };
    let who = ["cf-ray", "x-mod-pagespeed", "x-page-speed", "via", "server"]
        .iter()
        .find_map(|name| Some(format!("{}: {name}: {}", first.url, copy.headers.get(*name)?)));
    let message = format!("{subject} other bytes than were built, so something on the way rewrites pages; {said}");
    let note = verdict(CODE, Outcome::Note, message).pages(pages);
    vec![match who {
        Some(who) => note.evidence(who),
        None => note,
    }]
}

/// Returns who rewrites the type of scripts like this, so that a loader of its own runs them later.
fn rewriter(kind: &str) -> Option<&'static str> {
    // Cloudflare's Rocket Loader puts a token before the type: `5f2b…-text/javascript` (divolte-collector#179,
    // nanoNodeMonitor#66). PageSpeed's `defer_javascript` writes `text/psajs` (its documentation).
    let token = kind.split_once('-').map(|(token, rest)| (token, rest.trim()));
    match token {
        _ if kind == "text/psajs" => Some("PageSpeed's `defer_javascript`"),
        Some((token, "text/javascript" | "module" | "application/javascript"))
            if token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            Some("Cloudflare's Rocket Loader")
        }
        _ => None,
    }
}

/// Says who has rewritten the snippet so that browsers no longer run it as it was written.
pub(super) fn edge(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    let mut by_rewriter: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for page in sight.seen.busted.pages.iter().chain(&sight.seen.plain.pages) {
        for (_, why) in &page.inert {
            if let Inert::Type(kind) = why
                && let Some(rewriter) = rewriter(kind)
            {
                let pages = by_rewriter.entry((rewriter, why.to_string())).or_default();
                if !pages.contains(&page.path) {
                    pages.push(page.path.clone());
                }
            }
        }
    }
    let tell = |((rewriter, why), pages): ((&str, String), Vec<String>)| {
        let message = format!(
            "{rewriter} rewrites the snippet on {}: a loader of its own runs the tracker later, which then cannot find the tag \
             that it came from (`document.currentScript` is null)",
            count(pages.len(), "page")
        );
        let drift = verdict("live/edge", Outcome::Drift, message)
            .expected_found("a script that browsers run as it is written", format!("one {why}"))
            .pages(pages);
        drift.fix(match rewriter.starts_with("Cloudflare") {
            true => "switch Rocket Loader off, or write `data-cfasync=\"false\"` into the snippet's tag, before `src`",
            false => "switch the filter off for this script: `data-pagespeed-no-defer` in its tag",
        })
    };
    by_rewriter.into_iter().map(tell).collect()
}

/// Returns whether a verdict is only what `live/edge` says, in other words.
pub(super) fn is_told_by_edge(told: &[(Option<usize>, Verdict)], other: &Verdict) -> bool {
    let edges = || told.iter().map(|(_, verdict)| verdict).filter(|verdict| verdict.code == "live/edge");
    let is_same = |page: &String| edges().any(|edge| edge.pages.contains(page));
    other.code == "snippet/misplaced" && other.outcome == Outcome::Drift && other.pages.iter().all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rocket_loader_is_known_by_its_token_and_consent_managers_are_not() {
        assert_eq!(rewriter("5f2b1c9a4d3e8f7061a2b3c4-text/javascript"), Some("Cloudflare's Rocket Loader"));
        assert_eq!(rewriter("text/psajs"), Some("PageSpeed's `defer_javascript`"));
        for kind in ["text/plain", "x-text/javascript", "application/ld+json", "", "deferred-text/javascript"] {
            assert_eq!(rewriter(kind), None, "{kind}");
        }
    }

    #[test]
    fn what_servers_add_and_take_away_is_the_same_page() {
        assert_eq!(plain("/a/"), plain("/a"));
        assert_eq!(plain("/a.html"), plain("/a"));
        assert_eq!(plain("/index.html"), plain("/"));
        assert_ne!(plain("/a/"), plain("/b/"));
    }
}
