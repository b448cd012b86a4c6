//! Watchpost renders Markdown posts to HTML and feeds, and verifies after every build that the
//! site's analytics still work.
//!
//! Data moves one way, through nine verbs; each hands over a type that promises more than the one
//! before: load, scan, parse, arrange, typeset, render, write, check, promote. `ARCHITECTURE.md`
//! draws the map; the modules below stand in reading order.

pub mod bytes;
pub mod codes;
pub mod data;
pub mod diagnostic;
pub mod digest;
pub mod fields;
pub mod kinds;
pub mod paths;

pub mod config;
pub mod images;
pub mod ledger;
pub mod lock;
pub mod manifest;
pub mod state;
pub mod store;

pub mod article;
pub mod library;
pub mod post;
pub mod sass;
pub mod source;
pub mod words;

pub mod feed;
pub mod render;
pub mod theme_embedded;
pub mod timings;

pub mod output;

pub mod analytics;
pub mod breakages;
pub mod browser;
pub mod check;
pub mod drill;
pub mod fleet;
pub mod guard;
pub mod import;
pub mod kit;
pub mod live;
pub mod moving;
pub mod preview;
pub mod publish;
pub mod schema;
pub mod survey;
pub mod trend;
pub mod upgrade;
pub mod verdict;
pub mod verification;

pub mod serve;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::article::{Outlines, Typesetter};
use crate::check::{Memory, Report};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Exit, Place};
use crate::fleet::{Cache, Meeting, Shard, Waiting};
use crate::library::{Library, Upcoming};
use crate::manifest::{Contract, FileKind, Manifest};
use crate::output::{Elsewhere, Kept, Output, Staged, Supply};
use crate::paths::Route;
use crate::post::Hidden;
use crate::render::{File, Fingerprints, Site};
use crate::timings::{Share, Table, Timings, timed};
use crate::verification::{Asking, LOCK, Scope};

/// The name in the cache under which the outlines of texts are kept.
const OUTLINES: &str = "outlines";
/// The name in the cache under which coloured code is kept.
const CODE: &str = "code";
/// The name in the cache under which the facts of written pages are kept.
const FACTS: &str = "facts";

/// What a build is asked for, besides what the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// How much of the guard.
    pub scope: Scope,
    /// Write no lock file: each must be there and fit.
    pub locked: bool,
    /// Nobody is there to commit a new lock.
    pub unattended: bool,
    /// Where to add up what things took, if somebody wants to know.
    pub timings: Option<Arc<Timings>>,
    /// Which part of the site to make, if others make the rest.
    pub shard: Option<Shard>,
}

/// What a build came to.
#[derive(Debug)]
pub struct Build {
    /// What the run comes to.
    pub exit: Exit,
    /// What there is to say, in the order of the journey.
    pub diagnostics: Vec<Diagnostic>,
    /// What the verification found, if the build got that far.
    pub report: Option<Report>,
    /// What was counted, as far as the build went.
    pub tally: Tally,
    /// Where a site that was refused can be looked at, relative to the site's folder where it lies inside.
    pub refused: Option<PathBuf>,
    /// Where this was a part of the site, and other parts have yet to come: nothing was put in place.
    pub waiting: Option<Waiting>,
}

/// What is counted and measured on the way.
#[derive(Debug, Default)]
pub struct Tally {
    /// The output folder, as people name it.
    pub out: String,
    /// HTML documents.
    pub pages: usize,
    /// Files of any kind.
    pub files: usize,
    /// Markdown files.
    pub texts: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Dated posts that are shown.
    pub posts: usize,
    /// What is not shown, and why.
    pub hidden: Vec<(String, Hidden)>,
    /// What will change by itself next, when a build runs then.
    pub next: Option<Upcoming>,
    /// How long each stage took.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Tally {
    /// Notes how long a stage took, and returns when the next one begins.
    fn stage(&mut self, name: &'static str, began: Instant) -> Instant {
        let now = Instant::now();
        self.stages.push((name, now - began));
        now
    }

    /// Counts the posts.
    fn count_posts(&mut self, library: &Library, now: jiff::Timestamp) {
        self.next = library.upcoming(now).into_iter().next();
        let further = || library.editions.iter().skip(1);
        let native = |edition: &Library| edition.newest.iter().filter(|id| edition.is_native(**id)).count();
        self.posts = library.newest.len() + further().map(native).sum::<usize>();
        let hidden = library.hidden.iter().chain(further().flat_map(|edition| edition.hidden.iter()));
        self.hidden = hidden.filter_map(|post| Some((post.source.to_string(), post.hidden.clone()?))).collect();
    }

    /// Counts the files.
    fn count_files(&mut self, manifest: &Manifest) {
        let is_document = |kind| matches!(kind, FileKind::Page | FileKind::Alias);
        self.pages = manifest.files.values().filter(|entry| is_document(entry.kind)).count();
        self.files = manifest.files.len();
        self.bytes = manifest.files.values().map(|entry| entry.size).sum();
    }
}

/// Renders the site, verifies it, and puts it in place if it holds.
pub fn build(config: Config, request: &Request) -> Build {
    let config = Arc::new(config);
    let mut build = Build {
        exit: Exit::Success,
        diagnostics: config.warnings.clone(),
        report: None,
        tally: Tally::default(),
        refused: None,
        waiting: None,
    };
    if let Err(problems) = journey(&config, request, &mut build) {
        build.diagnostics.extend(problems);
    }
    let diagnostics = build.diagnostics.iter().map(Diagnostic::exit);
    build.exit = Exit::worst(diagnostics.chain(build.report.iter().map(Report::exit)));
    build
}

/// Takes the nine steps in their order; the first one that finds something wrong is the last.
fn journey(config: &Arc<Config>, request: &Request, build: &mut Build) -> Result<(), Vec<Diagnostic>> {
    let mut output = Output::open(&config.root, &config.out)?;
    build.tally.out = output.shown(output.folder());
    demand_lock(config, request)?;
    let meeting = request.shard.map(|shard| Meeting::open(config, shard, &request.scope.network)).transpose()?;
    // The servers are asked beside everything else; a build waits only for those slower than itself. Of several parts of a
    // site only the one that puts it together asks.
    let ask = || Asking::begin(config, &request.scope);
    let asking = if meeting.is_none() { Some(ask()?) } else { None };
    let cache = Cache::open(config, request.shard, &request.scope.network)?;
    let elsewhere = cache.as_ref().map_or(&output::Nowhere as &dyn Elsewhere, |cache| cache);
    let recall = |name: &str| output::recall_from(elsewhere, &config.root, name);

    let began = Instant::now();
    let sources = Arc::new(source::scan(config)?);
    build.diagnostics.extend(sources.warnings.iter().cloned());
    build.tally.texts = sources.markdown.len();
    let began = build.tally.stage("read", began);

    let outlines = Outlines::recall(&config.markdown, recall(OUTLINES));
    let posts = post::parse_recalling(config, &sources, Some(&outlines))?;
    output::keep(&config.root, OUTLINES, outlines.to_bytes());
    drop(outlines);
    let library = library::arrange(config, &sources, posts)?;
    build.diagnostics.extend(library::advise(config, &sources, &library));
    build.diagnostics.extend(sources.sass.warnings().iter().cloned());
    build.tally.count_posts(&library, config.clock);
    let began = build.tally.stage("arrange", began);

    let timings = request.timings.as_deref();
    let typesetter = Typesetter::new(config)?.recalling(config, recall(CODE));
    let typesetter = Arc::new(typesetter.timed(request.timings.clone()));
    let site = Site::with(Arc::clone(config), sources, Arc::new(library), Arc::clone(&typesetter))?;
    let (kept, fingerprints) = (Kept::open(&config.root, elsewhere), Fingerprints::of(&site));
    let page = |route: &Route, staged: &Staged| {
        let render =
            || timed(timings, Table::Templates, || render::page_noted(&site, route), |(file, _)| share_of(file));
        kept.page(&fingerprints, staged, route, render)
    };
    let mut routes = site.routes();
    let rank = |route: &Route| Some((site.library.rank(site.library.routes.get(route)?)?, site.library.newest.len()));
    routes.retain(|route| request.shard.is_none_or(|shard| shard.takes(route.as_str(), rank(route))));
    let mut staged = output::stage(&output, &routes, page)?;
    kept.leave(&staged.files);
    drop(fingerprints);
    let bring = |names: &[String]| cache.iter().for_each(|cache| cache.bring_all(&config.root, names));
    let pictures = render::develop(&site, bring);
    staged
        .fill(&output, &pictures.iter().collect::<Vec<_>>(), |route, _| render::page(&site, route).map(Supply::File))?;
    build.diagnostics.extend(site.remarks());
    output::keep(&config.root, CODE, typesetter.memory());
    let identity = if meeting.is_some() { Some(render::identity(&site)?) } else { None };
    let meeting = meeting.zip(identity);
    if let Some((meeting, identity)) = &meeting {
        build.waiting = meeting.join(identity, &output, &mut staged)?;
        if build.waiting.is_some() {
            build.tally.stage("render", began);
            leave(cache, &site, build);
            return Ok(());
        }
    }
    derive(&output, &mut staged, &site, None)?;
    staged.settle(&output)?;
    let flush = staged.flush();
    let began = build.tally.stage("render", began);

    let mut asked = asking.map_or_else(ask, Ok)?.join();
    let began = build.tally.stage("wait for servers", began);

    let manifest = Manifest::new(&config.base_url, staged.files.clone());
    build.tally.count_files(&manifest);
    let memory = Memory::recall(recall(FACTS));
    let report = asked.judge_build(&memory, staged.folder(), &manifest);
    output::keep(&config.root, FACTS, memory.to_bytes());
    let began = build.tally.stage("verify", began);
    asked.remember(&report)?;
    let is_refused = report.exit() != Exit::Success;
    let new_lock = asked.first_lock(&report);
    build.report = Some(report);
    if is_refused {
        leave(cache, &site, build);
        build.refused = Some(PathBuf::from(output.shown(&staged.keep())));
        return Ok(());
    }

    let contract = asked.contract(new_lock.as_ref().or(asked.lock.as_ref()));
    let manifest = seal(&output, &mut staged, manifest, &contract, &site)?;
    if let Some(lock) = new_lock {
        output::write_lock(&config.root, LOCK, &lock.to_text())?;
        build.diagnostics.push(first_sight());
    }
    flush.wait();
    render::tidy(&site);
    let promotion = output::promote(&mut output, staged, &manifest)?;
    asked.deployed(&manifest.build_id, &contract)?;
    build.diagnostics.append(&mut output.notes);
    build.diagnostics.extend(promotion.notes);
    if let Some((meeting, identity)) = &meeting {
        meeting.mark(identity, manifest.build_id)?;
    }
    build.tally.stage("put in place", began);
    leave(cache, &site, build);
    // To give back the memory of ten thousand posts, piece by piece, takes time that nobody should wait for.
    std::thread::spawn(move || drop(site));
    Ok(())
}

/// Leaves for other machines what this one made.
fn leave(cache: Option<Cache>, site: &Site, build: &mut Build) {
    if let Some(cache) = cache {
        let began = Instant::now();
        build.diagnostics.extend(cache.leave(&site.config.root, &render::kept_pictures(site)));
        build.tally.stage("leave for others", began);
    }
}

/// Says under what name the rendering of a file is added up: its template, or what it is without one.
fn share_of(file: &Result<File, Vec<Diagnostic>>) -> Share {
    let name = match file {
        Ok(File { layout: Some(layout), .. }) => layout.clone(),
        Ok(File { kind: FileKind::Feed, .. }) => "(feeds)".to_owned(),
        Ok(File { kind: FileKind::Alias, .. }) => "(redirects)".to_owned(),
        Ok(_) => "(files without a template)".to_owned(),
        Err(_) => "(refused)".to_owned(),
    };
    Share { name, count: 1, ..Share::default() }
}

/// Refuses a run that would need a new lock where none may be written, or nobody would commit it.
fn demand_lock(config: &Config, request: &Request) -> Result<(), Vec<Diagnostic>> {
    if config.analytics.is_empty() || config.lock.is_some() {
        return Ok(());
    }
    let why = match request {
        Request { locked: true, .. } => "`--locked` demands it",
        Request { unattended: true, .. } => "with `CI` set nobody would commit a new one",
        _ => return Ok(()),
    };
    let diagnostic = Diagnostic::error("lock/missing", format!("there is no `{LOCK}`, and {why}"))
        .hint(format!("run `blog build` where the analytics can be reached, look at `{LOCK}`, and commit it"));
    Err(vec![diagnostic])
}

/// Says that a lock was written, and what it is worth.
fn first_sight() -> Diagnostic {
    Diagnostic::note("lock/written", format!("wrote `{LOCK}`: first sight, compared with nothing"))
        .at(Place::file(LOCK))
        .hint("look at it and commit it: later builds are held against it")
}

/// Adds what is made from finished files, the deployed manifest last, and returns the manifest that stays here.
fn seal(
    output: &Output,
    staged: &mut Staged,
    mut manifest: Manifest,
    contract: &Contract,
    site: &Site,
) -> Result<Manifest, Vec<Diagnostic>> {
    derive(output, staged, site, Some(contract))?;
    manifest.files.clone_from(&staged.files);
    Ok(manifest)
}

/// Adds what is made from finished files: without a contract what is to be judged with them, with it what seals them.
fn derive(
    output: &Output,
    staged: &mut Staged,
    site: &Site,
    contract: Option<&Contract>,
) -> Result<(), Vec<Diagnostic>> {
    let folder = staged.folder().to_owned();
    let read = |path: &str| std::fs::read(folder.join(path)).ok();
    for derived in render::DERIVED.iter().filter(|row| row.judged == contract.is_none()) {
        let finished = render::Finished { site, files: &staged.files, contract, read: &read };
        for (path, bytes) in (derived.make)(&finished)? {
            staged.add(output, &path, bytes, derived.kind)?;
        }
    }
    Ok(())
}
