//! Owns the reading of the folder: every file once, in parallel, each reduced at once to what the
//! rules ask for. No more than one file a thread is held in memory, and of large ones only a piece.
//!
//! Refuses to follow links, and says so of each: a web server may follow them, and then serves what nobody judged. It
//! looks at what kind of thing a link leads to, never into it: only pages that nobody judges are worth an alarm.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::contracts::{self, Breach};
use super::evidence::{Evidence, Page, Seen, Table};
use super::feeds::{self, Feed};
use super::headers::Headers;
use super::lost;
use super::memory::{self, Kept, Memory, Recalled};
use super::page;
use super::reduce::Reducer;
use super::resolve::Site;
use super::secrets::Secrets;
use super::sitemap::{self, Sitemap};
use crate::config::contracts::ContractRule;
use crate::config::{Config, Endpoint, FeedOf};
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::{Digest, Digesting};
use crate::manifest::Manifest;
use crate::paths::OutPath;

/// How many bytes of a large file are held at once.
const PIECE: usize = 1 << 20;

/// What one file came to. There are as many of these as files, so each is small where there is little to say.
#[derive(Default)]
struct Reduced {
    digest: Option<Digest>,
    feed: Option<Box<Feed>>,
    sitemap: Option<Box<Sitemap>>,
    leaks: Vec<String>,
    breaches: Vec<Breach>,
    kept: Option<Box<Kept>>,
}

/// Reads a folder. `site_rules` says whether the site's own rules are on; pages that `memory` knows are not parsed again.
pub(super) fn gather<'a>(
    config: &'a Config,
    folder: &Path,
    manifest: Option<&'a Manifest>,
    site_rules: bool,
    memory: Option<&Memory>,
) -> Result<Evidence<'a>, Diagnostic> {
    let (files, unreadable) = list(folder)?;
    Ok(reduce(config, files, unreadable, manifest, site_rules, memory))
}

/// Takes files that are in memory, by their path in a folder that is not there.
pub(super) fn take<'a>(
    config: &'a Config,
    files: &BTreeMap<String, Vec<u8>>,
    manifest: Option<&'a Manifest>,
    site_rules: bool,
) -> Evidence<'a> {
    let listed = |(path, bytes): (&String, &Vec<u8>)| {
        (path.clone(), Listed { size: bytes.len() as u64, content: Content::Memory(bytes.clone()) })
    };
    reduce(config, files.iter().map(listed).collect(), Vec::new(), manifest, site_rules, None)
}

fn reduce<'a>(
    config: &'a Config,
    files: BTreeMap<String, Listed>,
    mut unreadable: Vec<Diagnostic>,
    manifest: Option<&'a Manifest>,
    site_rules: bool,
    memory: Option<&Memory>,
) -> Evidence<'a> {
    let tables = Table::all(config);
    let secrets = Secrets::of(config);
    let text = |name: &str| files.get(name).and_then(|file| file.content.whole().ok());
    let headers = text("_headers").map(|bytes| Headers::parse(&String::from_utf8_lossy(&bytes)));
    let redirects = text("_redirects").map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    // Without the site's own rules no link is followed.
    let names = files.keys().map(String::as_str).filter(|_| site_rules);
    let site = Site::new(&config.base_url, names, redirects.as_deref(), served_elsewhere(config, &tables));
    let contracts = if site_rules { config.contracts.as_slice() } else { &[] };
    let name = memory.map(|_| memory::name(&config.base_url, &tables, contracts, site_rules));
    let opened = memory.zip(name).map(|(memory, name)| memory.open(&name, &site));
    let (recalled, addresses) = opened.map(|(recalled, addresses)| (Some(recalled), addresses)).unwrap_or_default();
    let interner = recalled.as_ref().map(Recalled::interner).unwrap_or_default();
    let reducer = Reducer { site, tables: &tables, site_rules, interner, addresses };
    let everywhere = config.feeds_everywhere();
    let feeds = everywhere.iter().map(|feed| feed.path.trim_start_matches('/')).collect();
    let of_terms = config.feeds.iter().filter(|feed| matches!(feed.of, FeedOf::Terms(_)));
    let feed_names = of_terms.map(|feed| feed.path.as_str()).collect();
    let html = files.keys().filter(|path| OutPath::new(path.as_str()).is_html()).count();
    // One place for each, and no second list of them: of a large site they are what is held.
    let pages = Mutex::new(Vec::with_capacity(html));
    let job = Job {
        reducer: &reducer,
        recalled: recalled.as_ref(),
        secrets: &secrets,
        manifest,
        site_rules,
        feeds,
        feed_names,
        contracts,
        pages: &pages,
    };
    let listed: Vec<(&String, &Listed)> = files.iter().collect();
    let reduced: Vec<Result<Reduced, Box<Diagnostic>>> =
        listed.par_iter().map(|(path, file)| job.file(path, file).map_err(Box::new)).collect();
    drop(listed);
    let lost = if site_rules { lost::addresses(config, &reducer.site) } else { Vec::new() };
    let addresses = reducer.into_addresses();

    let mut seen = BTreeMap::new();
    let (mut feeds, mut sitemaps, mut leaks) = (Vec::new(), Vec::new(), BTreeSet::new());
    let (mut breaches, mut kept) = (Vec::new(), Vec::new());
    let mut pages: Vec<Page> = pages.into_inner().unwrap_or_else(PoisonError::into_inner);
    pages.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    for ((path, file), outcome) in files.into_iter().zip(reduced) {
        match outcome {
            Err(diagnostic) => unreadable.push(*diagnostic),
            Ok(reduced) => {
                feeds.extend(reduced.feed.map(|feed| *feed));
                sitemaps.extend(reduced.sitemap.map(|sitemap| *sitemap));
                breaches.extend(reduced.breaches);
                kept.extend(reduced.kept.map(|kept| *kept));
                leaks.extend(reduced.leaks.into_iter().map(|variable| (path.clone(), variable)));
                seen.insert(path, Seen { size: file.size, digest: reduced.digest });
            }
        }
    }
    if let (Some(memory), Some(name), Some(recalled)) = (memory, name, &recalled)
        && let Some(bytes) = recalled.renewed(&name, &pages, &kept, &breaches, &addresses)
    {
        memory.leave(bytes);
    }
    Evidence {
        config,
        manifest,
        tables,
        files: seen,
        pages,
        feeds,
        sitemaps,
        headers,
        sent: None,
        leaks,
        breaches,
        lost,
        unreadable,
    }
}

/// Returns the addresses below the site that another program answers: the analytics server's.
pub(super) fn served_elsewhere(config: &Config, tables: &[Table<'_>]) -> Vec<url::Url> {
    let endpoints = config.analytics.iter().filter_map(|analytics| match &analytics.endpoint {
        Endpoint::Server(url) if url.path() != "/" => Some(url.clone()),
        Endpoint::Server(_) | Endpoint::Embedded => None,
    });
    let expected = tables.iter().flat_map(|table| [table.expected.script.clone(), table.expected.collect.clone()]);
    endpoints.chain(expected).collect()
}

/// One file of the listing.
pub(super) struct Listed {
    pub(super) content: Content,
    size: u64,
}

/// Where a file's bytes are.
pub(super) enum Content {
    /// On the disk.
    Disk(PathBuf),
    /// In memory already.
    Memory(Vec<u8>),
}

impl Content {
    /// Returns all of it.
    pub(super) fn whole(&self) -> std::io::Result<Cow<'_, [u8]>> {
        match self {
            Content::Disk(path) => fs::read(path).map(Cow::Owned),
            Content::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }

    /// Opens it, to be read piece by piece.
    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(match self {
            Content::Disk(path) => Box::new(File::open(path)?),
            Content::Memory(bytes) => Box::new(bytes.as_slice()),
        })
    }
}

/// The files of a folder by their path in it, and what of it could not be read.
pub(super) type Listing = (BTreeMap<String, Listed>, Vec<Diagnostic>);

/// Lists a folder and all below it.
pub(super) fn list(root: &Path) -> Result<Listing, Diagnostic> {
    if !root.is_dir() {
        let message = format!("there is no folder `{}` to check", root.display());
        return Err(Diagnostic::error("check/no-folder", message)
            .hint("`blog build` writes one; or name another: `blog check DIR`"));
    }
    let (files, problems) = list_below(root, "");
    Ok((files.into_iter().collect(), problems))
}

/// Lists a folder, and side by side those in it.
fn list_below(folder: &Path, name: &str) -> (Vec<(String, Listed)>, Vec<Diagnostic>) {
    let (mut files, mut problems, mut folders) = (Vec::new(), Vec::new(), Vec::new());
    let unreadable = |error: &std::io::Error| cannot_read(if name.is_empty() { "." } else { name }, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return (files, vec![unreadable(&error)]),
    };
    for entry in entries {
        let entry = entry.and_then(|entry| Ok((entry.file_type()?, entry)));
        let (kind, entry) = match entry {
            Ok(entry) => entry,
            Err(error) => {
                problems.push(unreadable(&error));
                continue;
            }
        };
        let file_name = entry.file_name();
        let path = format!("{name}{}", file_name.to_string_lossy());
        if kind.is_dir() {
            // A repository is nobody's page, even where somebody publishes it by accident.
            if file_name != ".git" {
                folders.push((entry.path(), format!("{path}/")));
            }
        } else if kind.is_file() {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            files.push((path, Listed { content: Content::Disk(entry.path()), size }));
        } else if kind.is_symlink() {
            problems.push(link(&path, &entry.path()));
        }
    }
    let below: Vec<_> = folders.par_iter().map(|(folder, name)| list_below(folder, name)).collect();
    for (below, found) in below {
        files.extend(below);
        problems.extend(found);
    }
    (files, problems)
}

/// Says that a link was not followed: an error where pages may stand behind it, else a note.
fn link(path: &str, place: &Path) -> Diagnostic {
    let names_html = |path: &Path| OutPath::new(path.to_string_lossy().as_ref()).is_html();
    let leads_to_html = fs::canonicalize(place).is_ok_and(|target| names_html(&target));
    let hides = match fs::metadata(place) {
        Ok(target) => target.is_dir() || leads_to_html || OutPath::new(path).is_html(),
        // What is not there nobody is served; what cannot be looked at may be anything.
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    if !hides {
        let message = "this is a symbolic link to no page, which is not followed: what it leads to was not read";
        return Diagnostic::note("check/unreadable", message).at(Place::file(path));
    }
    let message = "this is a symbolic link, which is not followed: web servers serve the pages that it leads to, and nothing \
                   is known of those";
    Diagnostic::error("check/unreadable", message)
        .at(Place::file(path))
        .hint("put the files themselves there (`cp -RL`), or take the link away")
}

pub(super) fn cannot_read(path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("check/unreadable", format!("this cannot be read, so nothing is known of it: {error}"))
        .at(Place::file(path))
}

/// What every file is reduced with.
struct Job<'a> {
    reducer: &'a Reducer<'a>,
    /// What is known of pages; none where nobody asks for a memory.
    recalled: Option<&'a Recalled>,
    secrets: &'a Secrets,
    manifest: Option<&'a Manifest>,
    site_rules: bool,
    /// Where site.toml asks for a feed.
    feeds: BTreeSet<&'a str>,
    /// What pages have to hold; none where the site's own rules are off.
    contracts: &'a [ContractRule],
    /// The file names of feeds of terms.
    feed_names: BTreeSet<&'a str>,
    /// The pages so far, in no order.
    pages: &'a Mutex<Vec<Page>>,
}

impl Job<'_> {
    fn file(&self, path: &str, file: &Listed) -> Result<Reduced, Diagnostic> {
        let out_path = OutPath::new(path);
        let html = out_path.is_html();
        let name = path.rsplit('/').next().unwrap_or_default();
        let named = [".xml", ".rss", ".atom"].iter().any(|ending| path.ends_with(ending))
            || self.feeds.contains(path)
            || self.feed_names.contains(name);
        let markup = self.site_rules && named;
        if html || markup {
            let bytes = file.content.whole().map_err(|error| cannot_read(path, &error))?;
            return Ok(self.markup(path, &bytes, html));
        }
        if self.manifest.is_none() && self.secrets.is_empty() {
            return Ok(Reduced::default());
        }
        self.pieces(&file.content).map_err(|error| cannot_read(path, &error))
    }

    fn markup(&self, path: &str, bytes: &[u8], html: bool) -> Reduced {
        let digest = (self.manifest.is_some() || (html && self.recalled.is_some())).then(|| Digest::of(bytes));
        let mut reduced = Reduced {
            digest: digest.filter(|_| self.manifest.is_some()),
            leaks: self.secrets.found_in(bytes).map(str::to_owned).collect(),
            ..Reduced::default()
        };
        if html {
            let page = self.page(path, bytes, digest, &mut reduced);
            // A panic elsewhere cannot leave the list half changed.
            self.pages.lock().unwrap_or_else(PoisonError::into_inner).push(page);
        } else if feeds::is_feed(bytes) || self.feeds.contains(path) {
            reduced.feed = Some(Box::new(feeds::read(path, bytes, &self.reducer.site)));
        } else if feeds::is_sitemap(bytes) {
            reduced.sitemap = Some(Box::new(sitemap::read(path, bytes, &self.reducer.site)));
        }
        reduced
    }

    /// Reads a page, unless it is known what these very bytes say at this path.
    fn page(&self, path: &str, bytes: &[u8], digest: Option<Digest>, reduced: &mut Reduced) -> Page {
        let entry = self.manifest.and_then(|manifest| manifest.files.get(path));
        let memory = self.recalled.zip(digest).map(|(recalled, digest)| (recalled, memory::key(path, &digest)));
        if let Some(known) = memory.and_then(|(recalled, key)| recalled.page(path, key)) {
            let (page, named) = (Page::new(path, entry, known.said), known.named);
            reduced.breaches = known.breaches;
            reduced.kept = Some(Box::new(known.kept));
            return self.reducer.follow(page, &named);
        }
        let (page, named) = self.reducer.page(path, page::read(bytes), entry);
        reduced.breaches = contracts::breaches(self.contracts, &page, bytes);
        reduced.kept = memory.map(|(_, key)| Box::new(Kept::learnt(key, &named)));
        page
    }

    /// Reads a file that only its bytes matter of.
    fn pieces(&self, content: &Content) -> std::io::Result<Reduced> {
        let mut file = content.open()?;
        let mut digesting = Digesting::default();
        let mut leaks = BTreeSet::new();
        let mut buffer = Vec::with_capacity(PIECE);
        loop {
            let kept = buffer.len();
            let read = file.by_ref().take(PIECE as u64).read_to_end(&mut buffer)?;
            if read == 0 {
                break;
            }
            digesting.add(&buffer[kept..]);
            leaks.extend(self.secrets.found_in(&buffer).map(str::to_owned));
            let keep = self.secrets.overlap().min(buffer.len());
            buffer.drain(..buffer.len() - keep);
        }
        let digest = self.manifest.map(|_| digesting.finish());
        Ok(Reduced { digest, leaks: leaks.into_iter().collect(), ..Reduced::default() })
    }
}
