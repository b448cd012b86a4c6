//! Owns the look at a deployed site (L6): what visitors get, held against what was built.
//!
//! [`look`] asks and judges nothing; [`judge`] turns what was [`Seen`] into verdicts: the rules for written pages and
//! for snippet and tracker once more, over the bytes and headers that really came, and [`RULES`] of its own. With our
//! manifest on the site the pages are those that it lists; any other site is found by its sitemap. No script is run.
//!
//! To add a rule: write `fn(&Seen) -> Vec<Verdict>`, a row into [`RULES`], and a row for its code into `codes/live.rs`.

mod crawl;
mod deployed;
mod fetching;
mod pages;
mod sample;
mod site;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use self::deployed::Published;
use self::fetching::{Fetcher, Received, Way};
use crate::analytics::exchange::title;
use crate::check::fetched::{self, Reading};
use crate::check::{Evidence, Options, Report, feeds};
use crate::config::Config;
use crate::digest::Digest;
use crate::guard::Answers;
use crate::guard::dial::{Budget, Dialer, Failure, Line};
use crate::manifest::{FileKind, Manifest};
use crate::paths::{BaseUrl, OutPath, Route};
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(30);
/// How long a look at every page may take.
const LOOK_AT_ALL: Duration = Duration::from_secs(30 * 60);
/// How many bytes of a page, a list or a sitemap are read, unpacked.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How many feeds are compared.
const FEEDS: usize = 4;
/// How many addresses that must not be public are tried.
const HIDDEN: usize = 12;

/// What is to be looked at, and what it is held against.
pub struct Question<'a> {
    /// What is set.
    pub config: &'a Config,
    /// Where the site is asked for: its base URL, or the one that was typed.
    pub base: BaseUrl,
    /// The build in the output folder, if there is one.
    pub local: Option<Local<'a>>,
    /// Addresses that must not be public, below the site, and what stands there: a draft, a file of the build's memory.
    pub hidden: Vec<(String, &'static str)>,
    /// Whether the site is of our making, so that a manifest is missed.
    pub ours: bool,
    /// Whether every page is to be looked at.
    pub all: bool,
}

/// A build in the output folder.
pub struct Local<'a> {
    /// What it wrote.
    pub manifest: &'a Manifest,
    /// Returns a file of it.
    pub file: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// When it was made, as far as the disk remembers.
    pub built: Option<Timestamp>,
}

impl Question<'_> {
    /// Returns where an address of the site is asked for; nothing if it is not of the site.
    fn here(&self, url: &Url) -> Option<Url> {
        let mut url = url.clone();
        url.set_fragment(None);
        if url.origin() == self.base.url().origin() && url.path().starts_with(self.base.url().path()) {
            return Some(url);
        }
        // A copy of the site elsewhere names the addresses where it belongs.
        let meant = &self.config.base_url;
        let same_host = url.host_str() == meant.url().host_str();
        let rest = url.path().strip_prefix(meant.url().path()).filter(|_| same_host)?;
        let mut here = self.base.url().join(&format!("./{rest}")).ok()?;
        here.set_query(url.query());
        Some(here)
    }

    /// Returns where a file of the site is asked for.
    fn url_of(&self, path: &OutPath) -> Option<Url> {
        Url::parse(&self.base.permalink(&path.route())).ok()
    }

    /// Returns whether the local build is so new that it may still be on its way.
    fn is_just_built(&self) -> bool {
        let built = self.local.as_ref().and_then(|local| local.built);
        built.is_some_and(|built| self.config.now.duration_since(built) < self.config.live.settle)
    }
}

/// What the pages are held against.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Against {
    /// The build in the output folder.
    Local,
    /// The lists of the deployed manifest.
    Deployed(BTreeMap<String, Digest>),
    /// The rules alone.
    Rules,
}

/// One page in both copies.
#[derive(Debug)]
struct PageSeen {
    path: OutPath,
    url: Url,
    plain: Result<Received, Failure>,
    busted: Result<Received, Failure>,
}

/// One address that must not be public.
#[derive(Debug)]
struct HiddenSeen {
    url: Url,
    what: &'static str,
    came: Result<Received, Failure>,
}

/// One feed: where, what came, and the entries of both sides by their links.
#[derive(Debug)]
struct FeedSeen {
    url: Url,
    came: Result<Received, Failure>,
    live: Result<BTreeMap<String, String>, String>,
    built: BTreeMap<String, String>,
}

/// Everything that was seen.
pub struct Seen<'a> {
    question: &'a Question<'a>,
    published: Published,
    /// Why the lists of the manifest could not be had.
    listless: Option<String>,
    against: Against,
    /// How the pages were found, and what is to be known of that.
    found_by: String,
    found_notes: Vec<String>,
    pages: Vec<PageSeen>,
    of: usize,
    plain: Evidence<'a>,
    busted: Evidence<'a>,
    built: Evidence<'a>,
    control: Result<Received, Failure>,
    hidden: Vec<HiddenSeen>,
    feeds: Vec<FeedSeen>,
    unencrypted: Option<Result<Received, Failure>>,
    title: Option<String>,
    /// How many requests were sent, retries and redirects included.
    pub requests: usize,
}

/// Looks at a site, over a line.
pub fn look<'a>(question: &'a Question<'a>, line: &dyn Line) -> Seen<'a> {
    let budget = Budget { run: if question.all { LOOK_AT_ALL } else { LOOK }, body: LARGEST };
    let nonce = Digest::of(format!("{} {}", question.config.now, line.chance())).short();
    let mut fetcher = Fetcher::new(Dialer::within(line, budget), nonce);
    let manifest = below(&question.base, &question.config.live.manifest);
    let published = deployed::manifest(&mut fetcher, &manifest);
    let local = question.local.as_ref();
    let is_local = |build| local.is_some_and(|local| local.manifest.build_id == build);
    let mut listless = None;
    let against = match published.manifest() {
        Some(deployed) if is_local(deployed.build_id) => Against::Local,
        Some(deployed) => match deployed::lists(&mut fetcher, &manifest, deployed) {
            Ok(files) => Against::Deployed(files),
            Err(why) => {
                listless = Some(why);
                Against::Rules
            }
        },
        None if local.is_some() => Against::Local,
        None => Against::Rules,
    };
    let mut found_notes = Vec::new();
    let (sample, found_by) = match (&against, local) {
        (Against::Local, Some(local)) => {
            (sample::by_manifest(local.manifest, newest(question).as_ref(), question.all), "the local build".to_owned())
        }
        (Against::Deployed(files), _) => {
            let html = files.keys().map(String::as_str).filter(|path| OutPath::new(*path).is_html());
            let salt = published.manifest().map(|deployed| deployed.build_id.to_string()).unwrap_or_default();
            (sample::by_paths(html, None, question.all, &salt), "the deployed manifest".to_owned())
        }
        (Against::Local | Against::Rules, _) => {
            let found = crawl::find(question, &mut fetcher);
            found_notes = found.notes;
            let newest = found.routes.iter().filter(|(_, time)| time.is_some()).max_by_key(|(_, time)| (*time).clone());
            let newest = newest.map(|(route, _)| route.clone());
            let paths: Vec<OutPath> = found.routes.keys().map(Route::out_path).collect();
            let paths = paths.iter().map(OutPath::as_str);
            let by = found.sitemap.map_or_else(|| "the links of the home page".to_owned(), |path| format!("`{path}`"));
            (sample::by_paths(paths, newest.as_ref(), question.all, ""), by)
        }
    };
    // Layouts and sections are those of the local build only where that is the deployed one.
    let entries = local.map(|local| local.manifest).filter(|_| against == Against::Local);
    let mut seen = Seen {
        question,
        published,
        listless,
        against,
        found_by,
        found_notes,
        pages: Vec::new(),
        of: sample.of,
        plain: Reading::new(question.config, entries).finish(),
        busted: Reading::new(question.config, entries).finish(),
        built: Reading::new(question.config, entries).finish(),
        control: Err(Failure::OutOfTime),
        hidden: Vec::new(),
        feeds: Vec::new(),
        unencrypted: None,
        title: None,
        requests: 0,
    };
    seen.fetch_pages(&sample.pages, entries, &mut fetcher);
    seen.fetch_rest(&mut fetcher);
    seen.requests = fetcher.sent();
    seen
}

impl<'a> Seen<'a> {
    /// Returns the pages as their origin sends them.
    pub fn pages(&self) -> &Evidence<'a> {
        &self.busted
    }

    /// Returns the title of the home page.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Returns what the host calls itself.
    pub fn server(&self) -> Option<&str> {
        self.pages.iter().find_map(|page| page.busted.as_ref().ok()?.headers.get("server")).map(String::as_str)
    }

    /// Returns what stood in the way of pages, each in words.
    pub fn troubles(&self) -> Vec<String> {
        let sight = Sight { seen: self, cached: Vec::new() };
        let told = pages::page(&sight).into_iter().filter(|verdict| verdict.outcome != Outcome::Ok);
        told.map(|verdict| verdict.message).collect()
    }

    /// Fetches the pages of a sample, and the page of an address that cannot exist.
    fn fetch_pages(&mut self, sample: &[OutPath], entries: Option<&'a Manifest>, fetcher: &mut Fetcher<'_>) {
        let question = self.question;
        let reading = || Reading::new(question.config, entries);
        let (mut plain, mut busted, mut built) = (reading(), reading(), reading());
        let keep = |came: fetching::Came, path: &OutPath, reading: &mut Reading<'_>| {
            came.map(|(copy, bytes)| {
                if copy.is_page() {
                    reading.add(path, &bytes, &copy.headers);
                }
                copy
            })
        };
        let local = question.local.as_ref().filter(|_| self.against == Against::Local);
        for path in sample {
            let Some(url) = question.url_of(path) else { continue };
            let first = keep(fetcher.fetch(&url, Way::Plain), path, &mut plain);
            let second = fetcher.fetch(&url, Way::Busted);
            if let (Ok((_, bytes)), "index.html") = (&second, path.as_str()) {
                self.title = title(&String::from_utf8_lossy(bytes));
            }
            let second = keep(second, path, &mut busted);
            if let Some(bytes) = local.and_then(|local| (local.file)(path.as_str())) {
                built.add(path, &bytes, &BTreeMap::new());
            }
            self.pages.push(PageSeen { path: path.clone(), url, plain: first, busted: second });
        }
        let nowhere = below(&question.base, &format!("/watchpost-{}/", fetcher.nonce()));
        self.control = fetcher.fetch(&nowhere, Way::Plain).map(|(copy, bytes)| {
            // The page for missing addresses is a page like any other, where the site has one of its own.
            let path = OutPath::new("404.html");
            let is_html = copy.content_type == "text/html";
            if copy.status == 404 && is_html && self.has_own_404(&bytes) {
                plain.add(&path, &bytes, &copy.headers);
                busted.add(&path, &bytes, &copy.headers);
                if let Some(bytes) = local.and_then(|local| (local.file)(path.as_str())) {
                    built.add(&path, &bytes, &BTreeMap::new());
                }
            }
            copy
        });
        (self.plain, self.busted, self.built) = (plain.finish(), busted.finish(), built.finish());
    }

    /// Returns whether a page for missing addresses is the site's own, and not the server's: it carries a script.
    fn has_own_404(&self, bytes: &[u8]) -> bool {
        let expected = self.expected("404.html");
        let facts = crate::check::page::read(bytes);
        expected == Some(Digest::of(bytes)) || !facts.scripts.is_empty() || !facts.inert.is_empty()
    }

    /// Returns the digest that a file should have, if that is known.
    fn expected(&self, path: &str) -> Option<Digest> {
        match &self.against {
            Against::Local => Some(self.question.local.as_ref()?.manifest.files.get(path)?.digest),
            Against::Deployed(files) => files.get(path).copied(),
            Against::Rules => None,
        }
    }

    /// Asks for what else a site shows: addresses that must not be public, feeds, and itself without encryption.
    fn fetch_rest(&mut self, fetcher: &mut Fetcher<'_>) {
        let question = self.question;
        for (path, what) in question.hidden.iter().take(HIDDEN) {
            let url = below(&question.base, path);
            let came = fetcher.fetch(&url, Way::Busted).map(|(copy, _)| copy);
            self.hidden.push(HiddenSeen { url, what, came });
        }
        if let Some(local) = &question.local {
            let feeds = local.manifest.files.iter().filter(|(_, entry)| entry.kind == FileKind::Feed);
            // The shortest are the site's own, not those of its terms.
            let mut paths: Vec<&String> = feeds.map(|(path, _)| path).collect();
            paths.sort_by_key(|path| (path.len(), *path));
            for path in paths.into_iter().take(FEEDS) {
                let built = (local.file)(path).and_then(|bytes| feeds::identities(&bytes).ok());
                let (Some(built), Some(url)) = (built, question.url_of(&OutPath::new(path.as_str()))) else { continue };
                let (came, live) = match fetcher.fetch(&url, Way::Busted) {
                    Ok((copy, bytes)) => {
                        (Ok(copy), feeds::identities(&bytes).map(|entries| entries.into_iter().collect()))
                    }
                    Err(failure) => (Err(failure), Ok(BTreeMap::new())),
                };
                self.feeds.push(FeedSeen { url, came, live, built: built.into_iter().collect() });
            }
        }
        let mut url = question.base.url().clone();
        if url.scheme() == "https" && url.port().is_none() && url.set_scheme("http").is_ok() {
            self.unencrypted = Some(fetcher.fetch(&url, Way::Plain).map(|(copy, _)| copy));
        }
    }
}

/// Returns an address below the site.
fn below(base: &BaseUrl, path: &str) -> Url {
    let mut url = base.url().clone();
    url.set_path(&format!("{}{path}", base.prefix()));
    url
}

/// Returns the newest post, by the first feed of the local build.
fn newest(question: &Question<'_>) -> Option<Route> {
    let local = question.local.as_ref()?;
    let mut feeds: Vec<&String> =
        local.manifest.files.iter().filter(|(_, entry)| entry.kind == FileKind::Feed).map(|(path, _)| path).collect();
    feeds.sort_by_key(|path| (path.len(), *path));
    let (link, _) = feeds::identities(&(local.file)(feeds.first()?)?).ok()?.into_iter().next()?;
    question.config.base_url.route_of(Url::parse(&link).ok()?.path())
}

/// One rule about a deployed site.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The code of everything that it says.
    pub code: &'static str,
    judge: fn(&Sight<'_, '_>) -> Vec<Verdict>,
}

/// What was seen, with what the rules for written pages say of it.
struct Sight<'s, 'a> {
    seen: &'s Seen<'a>,
    /// What is wrong with the copies that visitors get, and not with those past caches.
    cached: Vec<Verdict>,
}

/// Every rule of its own, in the order of reports.
pub const RULES: &[Rule] = &[
    Rule { code: "live/page", judge: pages::page },
    Rule { code: "live/build", judge: site::build },
    Rule { code: "live/no-manifest", judge: site::no_manifest },
    Rule { code: "live/embedded", judge: site::embedded },
    Rule { code: "live/insecure", judge: site::insecure },
    Rule { code: "live/edge", judge: pages::edge },
    Rule { code: "live/stale", judge: pages::stale },
    Rule { code: "live/rewritten", judge: pages::rewritten },
    Rule { code: "live/not-found", judge: site::not_found },
    Rule { code: "live/soft-404", judge: site::soft_404 },
    Rule { code: "live/draft-public", judge: site::draft_public },
    Rule { code: "live/feed-ids", judge: site::feed_ids },
];

/// What a look came to.
pub struct Judgement {
    /// What was found at L6, each with the analytics table that it is about.
    pub verdicts: Vec<(Option<usize>, Verdict)>,
    /// The report of a site of which nothing but its live pages is known: the servers' levels, and the coverage.
    pub report: Report,
    /// What is to be known of the way.
    pub notes: Vec<String>,
}

/// Judges what was seen, together with what the analytics servers answered.
pub fn judge(seen: &Seen<'_>, answers: &Answers, options: &Options<'_>) -> Judgement {
    let mut options = options.clone();
    // The rules for written pages, and those for snippet and tracker, are what L6 judges by, whichever levels are
    // asked for besides.
    if let Some(levels) = &mut options.levels {
        levels.extend([GuardLevel::L0, GuardLevel::L2]);
    }
    let mut report = fetched::judge(&seen.busted, answers, &options);
    let sight = Sight { seen, cached: only_cached(seen, &report, answers, &options) };
    let own = RULES.iter().flat_map(|rule| (rule.judge)(&sight)).map(|verdict| (None, verdict));
    let mut verdicts: Vec<(Option<usize>, Verdict)> = own.collect();
    if seen.busted.pages.is_empty() {
        // Why there is none has been told; that no page carries a snippet would only be the echo of it.
        report.verdicts.retain(|judged| judged.verdict.covers == Covers::Server);
    }
    let is_of_pages = |level| matches!(level, GuardLevel::L0 | GuardLevel::L2);
    let (of_pages, others): (Vec<_>, Vec<_>) =
        report.verdicts.into_iter().partition(|judged| is_of_pages(judged.verdict.level));
    report.verdicts = others;
    // A lock that does not fit is a matter of the site's folder.
    let (locks, of_pages): (Vec<_>, Vec<_>) =
        of_pages.into_iter().partition(|judged| judged.verdict.code.starts_with("lock/"));
    report.verdicts.extend(locks.into_iter().filter(|judged| !judged.holds()));
    let of_pages = of_pages.into_iter().filter(|judged| !pages::is_told_by_edge(&verdicts, &judged.verdict));
    let of_pages: Vec<_> = of_pages.map(|judged| (judged.table, words::live(seen, judged.verdict))).collect();
    verdicts.extend(of_pages);
    verdicts.iter_mut().for_each(|(_, verdict)| words::name_pages(seen, verdict));
    for level in [GuardLevel::L0, GuardLevel::L2] {
        report.left_out.remove(&level);
    }
    Judgement { verdicts, report, notes: notes(seen) }
}

/// Says what a reader should know of the way.
fn notes(seen: &Seen<'_>) -> Vec<String> {
    let question = seen.question;
    let mut notes = Vec::new();
    if question.base.as_str() != question.config.base_url.as_str() {
        notes.push(format!("fetched from {}, judged as {}", question.base.as_str(), question.config.base_url.as_str()));
    }
    if seen.against == Against::Rules && !seen.pages.is_empty() {
        let (looked, all, by) = (seen.pages.len(), seen.of, &seen.found_by);
        notes.push(format!("{looked} of {all} pages were looked at, found by {by}"));
    }
    notes.extend(seen.found_notes.iter().cloned());
    notes
}

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L6, Covers::Live, outcome, message)
}

/// Returns the drift that the rules find in the copies that visitors get, and not in those past caches.
fn only_cached(seen: &Seen<'_>, busted: &Report, answers: &Answers, options: &Options<'_>) -> Vec<Verdict> {
    let is_drift = |verdict: &Verdict| {
        verdict.outcome == Outcome::Drift && verdict.covers != Covers::Server && !verdict.code.starts_with("lock/")
    };
    let known: BTreeSet<(&str, &str)> = busted
        .verdicts
        .iter()
        .filter(|judged| is_drift(&judged.verdict))
        .flat_map(|judged| judged.verdict.pages.iter().map(|page| (judged.verdict.code, page.as_str())))
        .collect();
    let plain = fetched::judge(&seen.plain, answers, options).verdicts.into_iter().map(|judged| judged.verdict);
    plain
        .filter(is_drift)
        .filter(|verdict| verdict.pages.iter().any(|page| !known.contains(&(verdict.code, page.as_str()))))
        .collect()
}

#[cfg(test)]
mod tests;
