//! Owns the rules about a deployed site as a whole: which build it is, whether it is reached encrypted, what it shows
//! that it should not, and that its feeds keep their entries' names.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::deployed::Published;
use super::fetching::Received;
use super::words::count;
use super::{Against, Seen, Sight, verdict};
use crate::guard::dial::{Failure, is_loopback};
use crate::verdict::{Outcome, Verdict};

/// The address that pages name where the stand-in plays the server.
const STAND_IN: &str = "https://analytics.invalid/";

fn unknown(reason: &str) -> Outcome {
    Outcome::Unknown(reason.to_owned())
}

/// Says which build is deployed, and what the pages were held against.
pub(super) fn build(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/build";
    let seen = sight.seen;
    let Some(deployed) = seen.published.manifest() else { return Vec::new() };
    let live = deployed.build_id.short();
    if let Some(why) = &seen.listless {
        let message = format!("build {live} is deployed, and what it consists of could not be read: {why}");
        let unknown = verdict(CODE, unknown("manifest"), message);
        return vec![unknown.fix("deploy the whole output folder again, with `.well-known/` and all below it")];
    }
    let Some(local) = &seen.question.local else {
        return vec![verdict(
            CODE,
            Outcome::Ok,
            format!("build {live} is deployed; pages were held against its manifest"),
        )];
    };
    let mine = local.manifest.build_id.short();
    let told = match (&seen.against, seen.question.is_just_built()) {
        (Against::Local, _) => verdict(
            CODE,
            Outcome::Ok,
            format!("build {live} is deployed, the one in the output folder; pages were held against it"),
        ),
        (_, true) => {
            let settle = seen.question.config.live.settle.as_secs();
            let message = format!(
                "build {mine} was made less than {settle} s ago, and deployed is still build {live}: pages were held against that one"
            );
            verdict(CODE, unknown("propagating"), message)
                .expected_found(format!("build {mine}"), format!("build {live}"))
                .fix("run this again in a few minutes; `[live] settle` in site.toml says how long your host may take")
        }
        (_, false) => {
            let message = format!(
                "deployed is build {live}, and the output folder holds another, {mine}: pages were held against the deployed manifest"
            );
            verdict(CODE, Outcome::Note, message)
        }
    };
    vec![told]
}

/// Returns whether the deployment is so new that copies of the one before may still be about.
pub(super) fn is_settling(seen: &Seen<'_>) -> bool {
    if seen.question.is_just_built() {
        return true;
    }
    // The manifest changes with every build, and with nothing else.
    let Published::Manifest(_, copy) = &seen.published else { return false };
    let time = |name: &str| jiff::fmt::rfc2822::parse(copy.headers.get(name)?).ok().map(|zoned| zoned.timestamp());
    let age = |(changed, now): (Timestamp, Timestamp)| now.duration_since(changed);
    let settle = seen.question.config.live.settle;
    time("last-modified").zip(time("date")).map(age).is_some_and(|age| !age.is_negative() && age < settle)
}

/// Returns whether nothing of the site stands there yet.
pub(super) fn is_first_deployment(seen: &Seen<'_>) -> bool {
    let home = seen.pages.iter().find(|page| page.path.as_str() == "index.html");
    let is_gone = home.and_then(|home| home.busted.as_ref().ok()).is_some_and(|copy| matches!(copy.status, 404 | 410));
    let is_missing = matches!(&seen.published, Published::Other(copy) if matches!(copy.status, 404 | 410));
    seen.question.ours && is_gone && is_missing
}

/// Says that no manifest of ours is deployed, and why that may be.
pub(super) fn no_manifest(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/no-manifest";
    let seen = sight.seen;
    let path = &seen.question.config.live.manifest;
    let told = match &seen.published {
        Published::Manifest(..) => return Vec::new(),
        Published::Failed(failure) => {
            if seen.pages.iter().all(|page| page.busted.is_err()) {
                return Vec::new();
            }
            let message = format!("`{path}` {}", failure.words());
            verdict(CODE, unknown(failure.word()), message).fix(failure.fix())
        }
        Published::Malformed(why) => {
            let message = format!("`{path}` is no manifest of a build that can be read: {why}");
            verdict(CODE, unknown("manifest"), message).fix("deploy the output folder again, as the build wrote it")
        }
        Published::Other(_) if is_first_deployment(seen) => {
            let message = format!(
                "neither the home page nor a manifest stands at {} yet: this is a first deployment, or it has not arrived",
                seen.question.base.as_str()
            );
            verdict(CODE, unknown("first-deployment"), message).fix("deploy the output folder, then run this again")
        }
        Published::Other(copy) if seen.question.ours => {
            let (cause, fix) = cause(copy);
            let held = match seen.against {
                Against::Local => "pages were held against the local build",
                Against::Deployed(_) | Against::Rules => "pages were judged by the rules alone",
            };
            let message =
                format!("`{path}` answers {}{cause}, so which build is deployed is not known; {held}", copy.status);
            verdict(CODE, unknown("no-manifest"), message).fix(fix)
        }
        Published::Other(_) => {
            let message =
                "no build of ours stands there: pages were judged by the rules alone, as those of any site".to_owned();
            verdict(CODE, Outcome::Note, message)
        }
    };
    vec![told]
}

/// Returns why a host may not have the manifest, and what helps there.
fn cause(copy: &Received) -> (&'static str, &'static str) {
    let server = copy.headers.get("server").map(|server| server.to_lowercase()).unwrap_or_default();
    match copy.status {
        // GitHub's `upload-pages-artifact` leaves hidden files out since its version 4; Jekyll does, too.
        _ if server.contains("github.com") => (
            " (GitHub Pages leaves out folders that begin with a dot)",
            "set `include-hidden-files: true` where the workflow uploads the artifact, and put a file `.nojekyll` into it",
        ),
        401 | 403 => (
            " (many servers refuse every path with a dot at its front)",
            "let the server answer `/.well-known/`, or set `[live] manifest` in site.toml to where a copy stands",
        ),
        200..=299 => (
            " with a page (the host answers every address with one)",
            "let the host serve files first, or set `[live] manifest` in site.toml to where a copy stands",
        ),
        _ => (
            "",
            "deploy the whole output folder: some tools leave out folders that begin with a dot; or set `[live] manifest` in \
             site.toml to where a copy stands",
        ),
    }
}

/// Says that deployed pages name the stand-in, which exists on no network.
pub(super) fn embedded(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    let names_it = |facts: &crate::check::fetched::Facts| {
        let addresses = facts.running.iter().flat_map(|(_, script, collect)| [script, collect]);
        addresses.flatten().any(|address| address.starts_with(STAND_IN))
    };
    let pages: Vec<String> =
        sight.seen.busted.pages.iter().filter(|page| names_it(&page.facts())).map(|page| page.path.clone()).collect();
    if pages.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "{} the stand-in, which only this program plays: no visit is counted",
        match pages.len() {
            1 => format!("`{}` names", pages[0]),
            many => format!("{many} deployed pages name"),
        }
    );
    let drift = verdict("live/embedded", Outcome::Drift, message)
        .expected_found("the address of an analytics server", STAND_IN)
        .fix("set `endpoint` in site.toml to your server's address, build and deploy again")
        .pages(pages);
    vec![drift]
}

/// Says whether the site is reached encrypted.
pub(super) fn insecure(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/insecure";
    let base = &sight.seen.question.base;
    if base.url().scheme() == "http" && !is_loopback(base.url()) {
        let message = format!("the site is asked for at {}, without encryption", base.as_str());
        let drift = verdict(CODE, Outcome::Drift, message);
        return vec![drift.fix("give the site a certificate, and write `https://` into `base_url`")];
    }
    let told = match &sight.seen.unencrypted {
        None => return Vec::new(),
        Some(Ok(copy)) if copy.url.starts_with("https://") => {
            verdict(CODE, Outcome::Ok, "visitors who ask without encryption are sent to https")
        }
        Some(Err(Failure::Refused)) => verdict(CODE, Outcome::Ok, "nothing answers without encryption"),
        Some(Ok(copy)) if copy.is_page() => {
            let message = "the site answers without encryption as well, and sends nobody to https".to_owned();
            verdict(CODE, Outcome::Note, message).fix("let the server redirect http to https")
        }
        // Whatever else stands there says nothing about the site.
        Some(Ok(_) | Err(_)) => return Vec::new(),
    };
    vec![told]
}

/// Says what visitors of missing addresses get.
pub(super) fn not_found(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/not-found";
    let seen = sight.seen;
    let Ok(copy) = &seen.control else { return Vec::new() };
    if copy.status != 404 {
        return Vec::new();
    }
    if seen.busted.page("404.html").is_some() {
        return vec![verdict(CODE, Outcome::Ok, "missing addresses get a page of the site's own")];
    }
    if seen.expected("404.html").is_none() && seen.against != Against::Rules {
        return Vec::new();
    }
    let message = match seen.against {
        Against::Rules => "missing addresses get a page without any script: visits to them are not counted",
        Against::Local | Against::Deployed(_) => {
            "missing addresses get a page of the host's, not the built `404.html`: visits to them are not counted"
        }
    };
    vec![verdict(CODE, Outcome::Note, message).fix("let the host serve `404.html` for missing addresses")]
}

/// Says whether the host tells missing addresses from others: all that is said of hidden pages hangs on it.
pub(super) fn soft_404(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/soft-404";
    let Ok(copy) = &sight.seen.control else { return Vec::new() };
    let told = match copy.status {
        404 | 410 => verdict(CODE, Outcome::Ok, format!("an address that cannot exist answers {}", copy.status)),
        200..=299 => {
            let message = format!(
                "an address that cannot exist answers {}: dead links look alive, to people and to monitors",
                copy.status
            );
            verdict(CODE, Outcome::Note, message)
        }
        status => verdict(CODE, Outcome::Note, format!("an address that cannot exist answers {status}, not 404")),
    };
    vec![told]
}

/// Says whether something stands on the web that must not.
pub(super) fn draft_public(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/draft-public";
    let seen = sight.seen;
    if seen.hidden.is_empty() {
        return Vec::new();
    }
    let is_answered = |copy: &Received| (200..300).contains(&copy.status);
    let soft = seen.control.as_ref().ok().filter(|copy| is_answered(copy));
    let (mut public, mut unsure, mut failed) = (BTreeMap::<&str, Vec<String>>::new(), Vec::new(), None);
    let mut down = false;
    for hidden in &seen.hidden {
        match &hidden.came {
            // Why the host was given up has been told.
            Err(Failure::HostDown(_)) => down = true,
            Err(failure) => failed = Some(failure),
            // Whoever is sent elsewhere, to a login or to the home page, has not seen it.
            Ok(copy) if !is_answered(copy) || copy.redirects > 0 => {}
            Ok(copy) => match soft {
                Some(soft) if soft.digest == copy.digest => {}
                Some(_) => unsure.push(hidden.url.to_string()),
                None => public.entry(hidden.what).or_default().push(hidden.url.to_string()),
            },
        }
    }
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (what, urls) in &public {
        let message = match urls.as_slice() {
            [url] => format!("`{url}` is public: {what}"),
            urls => format!("{} addresses are public: {what}", urls.len()),
        };
        let drift = verdict(CODE, Outcome::Drift, message)
            .expected_found("404", "200")
            .fix("take it from the host; deploy the output folder alone, of a build without `--drafts` and `--future`");
        verdicts.push(drift.pages(urls.clone()));
    }
    if !unsure.is_empty() {
        let message = format!(
            "the host answers 200 to addresses that cannot exist, so it cannot be told whether {} that should be hidden are public",
            count(unsure.len(), "address")
        );
        verdicts.push(
            verdict(CODE, unknown("soft-404"), message)
                .fix("let the host answer 404 for what does not exist")
                .pages(unsure),
        );
    }
    if let Some(failure) = failed.filter(|_| verdicts.is_empty()) {
        if seen.pages.iter().any(|page| page.busted.is_ok()) {
            let message = format!("an address that should be hidden {}", failure.words());
            verdicts.push(verdict(CODE, unknown(failure.word()), message).fix(failure.fix()));
        }
    } else if verdicts.is_empty() && !down {
        let message = format!("none of {} that should be hidden is public", count(seen.hidden.len(), "address"));
        verdicts.push(verdict(CODE, Outcome::Ok, message));
    }
    verdicts
}

/// Says whether the entries of the feeds keep their names.
pub(super) fn feed_ids(sight: &Sight<'_, '_>) -> Vec<Verdict> {
    const CODE: &str = "live/feed-ids";
    let seen = sight.seen;
    if is_first_deployment(seen) {
        return Vec::new();
    }
    let (mut verdicts, mut held) = (Vec::new(), 0);
    for feed in &seen.feeds {
        let url = &feed.url;
        let live = match (&feed.came, &feed.live) {
            (Err(_), _) => continue,
            (Ok(copy), _) if matches!(copy.status, 408 | 425 | 429 | 500..) || copy.challenge.is_some() => {
                let message = format!("the feed `{url}` answers {}, so nothing could be told", copy.status);
                verdicts.push(verdict(CODE, unknown(&format!("status-{}", copy.status)), message));
                continue;
            }
            (Ok(copy), _) if copy.status != 200 => {
                let drift = verdict(
                    CODE,
                    Outcome::Drift,
                    format!("the feed `{url}` answers {}: its readers get nothing new", copy.status),
                );
                verdicts.push(drift.fix("deploy the feed under this address again, or redirect it to the new one"));
                continue;
            }
            (Ok(_), Err(why)) => {
                let drift = verdict(CODE, Outcome::Drift, format!("the feed `{url}` cannot be read: {why}"));
                verdicts.push(drift.fix("see what the host sends under this address"));
                continue;
            }
            (Ok(_), Ok(live)) => live,
        };
        // By its link an entry is the same for people; by its id it is the same for feed readers.
        let path =
            |link: &str| url::Url::parse(link).map(|url| url.path().to_owned()).unwrap_or_else(|_| link.to_owned());
        let built: BTreeMap<String, &String> = feed.built.iter().map(|(link, id)| (path(link), id)).collect();
        let renamed: Vec<(&String, &&String, &String)> = live
            .iter()
            .filter_map(|(link, id)| Some((link, built.get(&path(link))?, id)))
            .filter(|(_, mine, theirs)| **mine != *theirs)
            .collect();
        match renamed.first() {
            None => held += 1,
            Some((link, mine, theirs)) => {
                let message = format!(
                    "{} of the feed `{url}` have another id than in the local build: every reader shows them as new",
                    count(renamed.len(), "post")
                );
                let drift = verdict(CODE, Outcome::Drift, message)
                    .evidence((*link).clone())
                    .expected_found((**mine).clone(), (*theirs).clone());
                verdicts.push(drift.fix(
                    "keep `feed_authority`, dates and file names as they were, or put the old ids into `feeds.lock`",
                ));
            }
        }
    }
    if held > 0 && verdicts.is_empty() {
        verdicts.push(verdict(CODE, Outcome::Ok, format!("posts keep their ids in {}", count(held, "feed"))));
    }
    verdicts
}
