//! Owns the verdicts of level 7: what left the pages, held against what every page of a guarded site has to send.
//!
//! Pages of which the same is to be said are said together. What the owner has placed out of these pages' reach is told
//! as it was seen, and never made a drift.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use url::Url;

use super::choice::{Chosen, Left};
use super::replay::{Arrived, Role, Server};
use super::seen::{Blocked, Seen};
use super::{Earlier, Said, options, unknown, verdict};
use crate::analytics::exchange::HitFacts;
use crate::check::Evidence;
use crate::check::evidence::{Demand, Place, Table};
use crate::config::Placed;
use crate::digest::Sha256;
use crate::paths::OutPath;
use crate::verdict::{Outcome, Verdict};

/// How many lines of a page's console stand in evidence.
const LINES: usize = 3;
/// How many hosts or addresses are named.
const NAMED: usize = 8;
/// One page, and what came of the visit to it.
pub(super) struct Visited<'e> {
    pub(super) chosen: Chosen<'e>,
    /// What was seen; nothing if the time was over before.
    pub(super) seen: Option<Seen>,
    /// What it asked for.
    pub(super) arrived: Vec<Arrived>,
}

/// All visits, with what they are held against.
pub(super) struct Judge<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    /// In the order of the evidence's tables.
    pub(super) servers: &'a [Server],
    pub(super) visited: &'a [Visited<'a>],
    /// What was not visited.
    pub(super) left: Left,
    /// The browser's name and version.
    pub(super) version: &'a str,
}

/// What is to be said of one page and one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    /// Exactly one hit, and a good one.
    One,
    /// No hit; what the browser had to say to it.
    Silent(String),
    /// Several hits.
    Several(usize),
    /// One hit that would not be counted as it is meant, and why.
    Wrong(String),
    /// A hit from a page that is to send none.
    Unwanted,
    /// Nothing, as it should be.
    None,
    /// No hit, and site.toml says that there is none by itself.
    Waits(&'static str),
    /// What was seen of a snippet that is not in the pages.
    Elsewhere(usize),
    /// It could not be told, and why.
    Untold(&'static str, String),
}

impl Judge<'_> {
    /// Says all that is to be said.
    pub(super) fn say(&self, earlier: &[Earlier]) -> Said {
        let mut said = Said::new();
        for (number, table) in self.evidence.tables() {
            let Some(server) = self.servers.get(number).filter(|server| server.tracker.is_some()) else { continue };
            let mut verdicts = self.hits(number, table, server);
            verdicts.extend(self.address(number, table));
            verdicts.extend(self.blocked(number, table, server));
            let nothing = Earlier::default();
            let disagreement = disagreement(&verdicts, earlier.get(table.number).unwrap_or(&nothing));
            verdicts.extend(disagreement);
            said.extend(verdicts.into_iter().map(|verdict| (Some(table.number), verdict)));
        }
        said.extend(self.strangers().into_iter().chain(self.left()).map(|verdict| (None, verdict)));
        said
    }

    fn hits(&self, number: usize, table: &Table<'_>, server: &Server) -> Vec<Verdict> {
        let mut groups: BTreeMap<Finding, Vec<&Visited<'_>>> = BTreeMap::new();
        for visited in self.visited {
            groups.entry(self.finding(number, table, visited)).or_default().push(visited);
        }
        // A page that is rightly silent says something only where nothing else does.
        if groups.len() > 1 {
            groups.remove(&Finding::None);
        }
        groups.into_iter().map(|(finding, pages)| self.verdict(finding, &pages, table, server)).collect()
    }

    fn finding(&self, number: usize, table: &Table<'_>, visited: &Visited<'_>) -> Finding {
        let Some(seen) = &visited.seen else {
            return Finding::Untold("out-of-time", "the time was over before it was visited".to_owned());
        };
        if let Some(failure) = &seen.failure {
            return Finding::Untold("page-failed", format!("the browser could not open it: {failure}"));
        }
        let hits = views(visited, number);
        if table.demands(visited.chosen.page) != Demand::One {
            return if hits.is_empty() { Finding::None } else { Finding::Unwanted };
        }
        if table.analytics.placed != Placed::Page {
            return Finding::Elsewhere(hits.len());
        }
        match hits.as_slice() {
            [] => match options::waits(table.analytics) {
                Some(option) => Finding::Waits(option),
                None if !seen.is_settled => {
                    Finding::Untold("page-restless", "it sent no hit, and did not come to rest in time".to_owned())
                }
                None => Finding::Silent(self.silence(number, visited, seen)),
            },
            [hit] => match hit.problems.as_slice() {
                [] => Finding::One,
                problems => Finding::Wrong(problems.join("; ")),
            },
            several => Finding::Several(several.len()),
        }
    }

    /// Says what was to be seen and heard where no hit left.
    fn silence(&self, number: usize, visited: &Visited<'_>, seen: &Seen) -> String {
        let mut parts = Vec::new();
        let asked = visited.arrived.iter().any(|arrived| arrived.role == Role::Tracker(number));
        parts.push(if asked { "the tracker was fetched" } else { "the tracker was never asked for" }.to_owned());
        for blocked in &seen.blocked {
            parts.push(format!("a policy blocked {} by `{}`", what(blocked), blocked.directive));
        }
        let others = visited.arrived.iter().filter(|arrived| arrived.role == Role::Collect(number));
        let others = others.flat_map(|arrived| &arrived.hits).filter(|hit| !hit.is_page_view());
        parts.extend(others.map(|hit| format!("it sent no page view but {} {}", hit.what, hit.problems.join("; "))));
        let console = seen.console.iter().filter(|line| !line.contains("Content Security Policy"));
        let console: Vec<&String> = console.collect();
        parts.extend(console.iter().take(LINES).map(|line| format!("the console says: {line}")));
        if console.len() > LINES {
            parts.push(format!("and {} lines more", console.len() - LINES));
        }
        if seen.blocked.is_empty() && console.is_empty() {
            parts.push("the console says nothing".to_owned());
        }
        parts.join("; ")
    }

    fn verdict(&self, finding: Finding, pages: &[&Visited<'_>], table: &Table<'_>, server: &Server) -> Verdict {
        const CODE: &str = "browser/hits";
        let title = table.name(self.evidence);
        let names = || pages.iter().map(|visited| visited.chosen.page.path.clone());
        let (which, is_one) = (which(pages), pages.len() == 1);
        let seen_by = format!("{} loaded the tracker {}", self.version, tracker(server));
        let said = match finding {
            Finding::One => {
                let visited: usize = pages.iter().map(|visited| visited.chosen.alike).sum();
                let message = match visited {
                    1 => format!("exactly one page view leaves {which}"),
                    _ => format!("exactly one page view leaves {which}, which stand for {visited} pages"),
                };
                return verdict(CODE, Outcome::Ok, message).evidence(seen_by).pages(names());
            }
            Finding::None => {
                return verdict(CODE, Outcome::Ok, format!("no hit leaves {which}, as site.toml wants it"))
                    .evidence(seen_by);
            }
            Finding::Silent(evidence) => {
                let (send, they) = if is_one { ("is opened", "it loads") } else { ("are opened", "they load") };
                verdict(
                    CODE,
                    Outcome::Drift,
                    format!("no hit leaves {which} when {which_they} {send} in a real browser: {they}, and {title} hears nothing", which_they = if is_one { "it" } else { "they" }),
                )
                .evidence(format!("{}; {evidence}", self.version))
                .expected_found("1 page view", "none")
                .fix(remedy(&evidence))
            }
            Finding::Several(count) => verdict(
                CODE,
                Outcome::Drift,
                format!(
                    "{count} page views leave {which} on one visit, so that {title} counts every visitor {count} times"
                ),
            )
            .evidence(seen_by)
            .expected_found("1 page view", format!("{count} page views"))
            .fix("load the tracker once, and let nothing else on the page send a page view of its own"),
            Finding::Wrong(problems) => verdict(
                CODE,
                Outcome::Drift,
                format!("a hit leaves {which}, and {title} would not count it: {problems}"),
            )
            .evidence(seen_by)
            .fix("correct the snippet or the options of site.toml that put this into the hit"),
            Finding::Unwanted => verdict(
                CODE,
                Outcome::Drift,
                format!("a hit leaves {which}, which site.toml or its front matter takes out of counting"),
            )
            .evidence(seen_by)
            .expected_found("no page view", "a page view")
            .fix("take the snippet out of the template for such pages, or count them: see `exclude` in site.toml"),
            Finding::Waits(option) => verdict(
                CODE,
                Outcome::Note,
                format!(
                    "no hit leaves {which} by itself, and `{option}` in site.toml says so: what counts it later was not seen"
                ),
            ),
            Finding::Elsewhere(count) => return elsewhere(table, count, &which).evidence(seen_by).pages(names()),
            Finding::Untold(reason, why) => {
                verdict(CODE, unknown(reason), format!("{which} could not be looked at: {why}")).fix(
                    "run this again when the machine is less busy; what a page never stops loading is worth a look",
                )
            }
        };
        said.pages(names())
    }

    /// Says whether hits name the page that they came from.
    fn address(&self, number: usize, table: &Table<'_>) -> Vec<Verdict> {
        const CODE: &str = "browser/address";
        if options::name_another_path(table.analytics) {
            return Vec::new();
        }
        let mut judged = 0;
        let mut wrong: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for visited in self.visited {
            let page = visited.chosen.page;
            for hit in views(visited, number).into_iter().filter(|hit| !hit.path.is_empty()) {
                judged += 1;
                let own = [&visited.chosen.url, &self.evidence.url(page)];
                // That a canonical link names another page is said by a rule of its own.
                let canonical =
                    page.canonical.iter().filter(|link| table.canonical_decides_path && link.place != Place::Elsewhere);
                let canonical = canonical.filter_map(|link| link.target.as_ref());
                if !own.into_iter().chain(canonical).any(|url| is_path(url, &hit.path)) {
                    let found = (visited.chosen.url.path().to_owned(), hit.path.clone());
                    wrong.entry(found).or_default().push(page.path.clone());
                }
            }
        }
        if judged > 0 && wrong.is_empty() {
            return vec![verdict(CODE, Outcome::Ok, "every hit names the page that it came from")];
        }
        let drift = |((expected, found), pages): ((String, String), Vec<String>)| {
            verdict(
                CODE,
                Outcome::Drift,
                format!("the hit of `{expected}` names another page, `{found}`: that one is counted instead"),
            )
            .expected_found(expected, found)
            .fix("look at the page's canonical link, at `<base>`, and at scripts that set the path of a hit")
            .pages(pages)
        };
        wrong.into_iter().map(drift).collect()
    }

    /// Says what policies kept from running or from being sent.
    fn blocked(&self, number: usize, table: &Table<'_>, server: &Server) -> Vec<Verdict> {
        const CODE: &str = "browser/blocked";
        let ours: BTreeSet<String> = [&server.target.script, &server.target.collect]
            .iter()
            .map(|url| url.origin().ascii_serialization())
            .collect();
        let concerns = |blocked: &Blocked| match &blocked.url {
            Some(url) => Url::parse(url).is_ok_and(|url| ours.contains(&url.origin().ascii_serialization())),
            None => blocked.directive.starts_with("script-src"),
        };
        let mut policed = 0;
        let mut stopped: BTreeMap<(Blocked, bool), Vec<String>> = BTreeMap::new();
        for visited in self.visited.iter().filter(|visited| table.demands(visited.chosen.page) == Demand::One) {
            let Some(seen) = &visited.seen else { continue };
            let page = visited.chosen.page;
            policed += usize::from(!self.evidence.policies_of(page).is_empty());
            let is_silent = views(visited, number).is_empty();
            for blocked in seen.blocked.iter().filter(|blocked| concerns(blocked)) {
                stopped.entry((blocked.clone(), is_silent)).or_default().push(page.path.clone());
            }
        }
        if policed > 0 && stopped.is_empty() {
            let pages = if policed == 1 { "the page that has one" } else { "the pages that have one" };
            return vec![verdict(CODE, Outcome::Ok, format!("no policy stands in the way, on {pages}"))];
        }
        let said = |((blocked, is_silent), pages): ((Blocked, bool), Vec<String>)| {
            let what = what(&blocked);
            let said = match is_silent && table.analytics.placed == Placed::Page {
                true => verdict(
                    CODE,
                    Outcome::Drift,
                    format!("the browser blocks {what}: the page's own policy forbids it (`{}`)", blocked.directive),
                )
                .fix(match &blocked.url {
                    Some(url) => format!("add to the policy: {} {}", blocked.directive, bare(url)),
                    None => "allow the inline script by its hash or a nonce".to_owned(),
                }),
                false => verdict(
                    CODE,
                    Outcome::Note,
                    format!(
                        "the browser blocks {what} by `{}`, and a hit leaves the page all the same",
                        blocked.directive
                    ),
                ),
            };
            said.evidence(self.version).pages(pages)
        };
        stopped.into_iter().map(said).collect()
    }

    /// Tells which others the pages talk to.
    fn strangers(&self) -> Option<Verdict> {
        let arrived = self.visited.iter().flat_map(|visited| &visited.arrived);
        let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
        for arrived in arrived.filter(|arrived| arrived.role == Role::Stranger) {
            *hosts.entry(arrived.asked.url.origin().ascii_serialization()).or_default() += 1;
        }
        if hosts.is_empty() {
            return None;
        }
        let names: Vec<String> = hosts.keys().take(NAMED).map(|host| format!("`{host}`")).collect();
        let more = match hosts.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "the pages ask others for things: {}{more}. They were not contacted, and answered with nothing",
            names.join(", ")
        );
        Some(verdict("browser/strangers", Outcome::Note, message))
    }

    /// Tells that some pages were not visited, nor any like them.
    fn left(&self) -> Option<Verdict> {
        let Left { pages, layouts } = self.left;
        let (outcome, message) = match (pages, layouts) {
            (0, _) => return None,
            (_, 0) => (
                Outcome::Note,
                format!(
                    "each kind of page was visited; {pages} pages stand in sections, or differ in snippet or policy, of which none was"
                ),
            ),
            _ => (
                unknown("layouts-left"),
                format!("{layouts} kinds of pages were not visited: there are more than one run visits"),
            ),
        };
        Some(verdict("browser/left", outcome, message))
    }
}

/// Returns the page views that a page sent to a table's server.
fn views<'v>(visited: &'v Visited<'_>, number: usize) -> Vec<&'v HitFacts> {
    let arrived = visited.arrived.iter().filter(|arrived| arrived.role == Role::Collect(number));
    arrived.flat_map(|arrived| &arrived.hits).filter(|hit| hit.is_page_view()).collect()
}

/// Says what was seen of a snippet that the owner has placed elsewhere.
fn elsewhere(table: &Table<'_>, count: usize, which: &str) -> Verdict {
    const CODE: &str = "browser/placed-elsewhere";
    let hits = match count {
        0 => "no page view leaves".to_owned(),
        1 => "one page view leaves".to_owned(),
        count => format!("{count} page views leave"),
    };
    let (message, outcome) = match (table.analytics.placed, count) {
        (Placed::Consent, 0) => (
            format!("{hits} {which} before anybody consents, as it should be; what happens after was not seen"),
            Outcome::Note,
        ),
        (Placed::Consent, _) => (
            format!("{hits} {which} though nobody consented, and site.toml says that the snippet waits for consent"),
            Outcome::Note,
        ),
        (Placed::Edge, 0) => (
            format!(
                "{hits} {which} as they were built: the host adds the snippet, and only the deployed site can tell"
            ),
            unknown("L6"),
        ),
        (_, 0) => (
            format!("{hits} {which}: a tag manager is to send it, and its container was not fetched"),
            unknown("tag-manager"),
        ),
        (..) => (format!("{hits} {which}, without what site.toml says comes from elsewhere"), Outcome::Note),
    };
    verdict(CODE, outcome, message)
}

/// Says that the levels that read and the one that looked came to different ends.
fn disagreement(verdicts: &[Verdict], earlier: &Earlier) -> Option<Verdict> {
    const CODE: &str = "browser/disagrees";
    let hits = || verdicts.iter().filter(|verdict| verdict.code == "browser/hits");
    let broken = hits().any(|verdict| verdict.outcome == Outcome::Drift);
    let whole = hits().all(|verdict| verdict.outcome == Outcome::Ok) && hits().next().is_some();
    if broken && earlier.holds {
        let message = "by reading, page and tracker fit (L2); in the browser they do not (L7). The browser is right";
        return Some(
            verdict(CODE, Outcome::Note, message)
                .fix("please report what the guard has overlooked, with the snippet and the tracker"),
        );
    }
    if whole && !earlier.broken.is_empty() {
        let codes = earlier.broken.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "by reading, the contract is broken ({codes}); in the browser exactly one hit leaves every page (L7). The \
             browser is right about hits: what {codes} says is no reason why none would leave"
        );
        return Some(
            verdict(CODE, Outcome::Note, message)
                .fix("please report the false alarm, with the snippet and the tracker"),
        );
    }
    None
}

/// Names what a policy blocked.
fn what(blocked: &Blocked) -> String {
    match &blocked.url {
        Some(url) => format!("`{}`", bare(url)),
        None => "an inline script".to_owned(),
    }
}

/// Returns an address without its query, which holds a hit.
fn bare(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

fn remedy(evidence: &str) -> &'static str {
    match () {
        () if evidence.contains("a policy blocked") => "let the policy grant what was blocked",
        () if evidence.contains("never asked for") => {
            "see why the page does not load its tracker: the snippet, a script that has to run before it, or a condition around it"
        }
        () if evidence.contains("the console says: ") => {
            "what the console says comes first: see to that, then look again"
        }
        () => {
            "page and tracker do not speak the same language: compare the snippet with what this tracker reads, and look \
             at what was upgraded last"
        }
    }
}

/// Returns whether a hit's path is that of an address, however each is encoded.
fn is_path(url: &Url, path: &str) -> bool {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    decoded(url.path()) == decoded(path)
}

/// Names the tracker by its digest.
fn tracker(server: &Server) -> String {
    let digest = server.tracker.as_ref().map(|reply| Sha256::of(&reply.body).short());
    format!("`{}`, sha256 {}", server.target.script, digest.unwrap_or_default())
}

/// Names pages: by their address if there is one, else by their layouts.
fn which(pages: &[&Visited<'_>]) -> String {
    if let [one] = pages {
        return format!("`{}`", OutPath::new(one.chosen.page.path.as_str()).route().as_str());
    }
    let layouts: BTreeSet<&str> = pages.iter().map(|visited| visited.chosen.layout.as_str()).collect();
    let named: Vec<&str> = layouts.iter().take(NAMED).copied().collect();
    let more = if layouts.len() > NAMED { ", …" } else { "" };
    format!("{} pages ({}{more})", pages.len(), named.join(", "))
}
