//! Owns one edition as the preview shows it, with what is made of the whole site when it is first asked for: the files
//! derived from finished files, and what the host's own files (`_headers`, `_redirects`) say.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use url::Url;

use super::files;
use super::leaving::Moved;
use super::stats::{self, Stats};
use crate::analytics;
use crate::check::headers::Headers;
use crate::check::redirects::Redirects;
use crate::config::Config;
use crate::digest::{Digest, Digesting};
use crate::manifest::Entry;
use crate::paths::{OutPath, Route};
use crate::preview::Edition;
use crate::render::{self, Body, Site};
use crate::verification;

/// Below this stand the derived files.
const DERIVED: &str = "/.well-known/watchpost";
/// The file that hosts read headers from.
const HEADERS: &str = "/_headers";

/// One edition, as it is shown.
pub(super) struct Shown {
    pub(super) edition: Edition,
    /// The servers that are played for its analytics.
    pub(super) stats: Arc<Stats>,
    /// Where those are.
    pub(super) stand_in: Url,
    /// Which addresses are others in production.
    pub(super) moved: Vec<Moved>,
    derived: OnceLock<BTreeMap<Route, Vec<u8>>>,
    headers: OnceLock<(Option<String>, Headers)>,
    redirects: OnceLock<(Option<String>, Redirects)>,
}

impl Shown {
    /// Shows an edition; of the one before it keeps the hits, while the settings are the same.
    pub(super) fn new(origin: &Url, edition: Edition, before: Option<&Shown>) -> Self {
        let is_same = |before: &&Shown| before.edition.settings == edition.settings && before.edition.site.is_some();
        let stats = match (before.filter(is_same), &edition.site) {
            (Some(before), _) => Arc::clone(&before.stats),
            (None, Some(site)) => Arc::new(Stats::new(&site.config.base_url, &site.config.analytics)),
            (None, None) => Arc::new(Stats::none()),
        };
        let moved = match (&edition.production, &edition.site) {
            (Some(production), Some(site)) => moved(production, &site.config, origin),
            _ => Vec::new(),
        };
        let stand_in = origin.join(stats::PREFIX).expect("a constant path joins any http URL");
        Shown {
            edition,
            stats,
            stand_in,
            moved,
            derived: OnceLock::new(),
            headers: OnceLock::new(),
            redirects: OnceLock::new(),
        }
    }

    /// Returns whether an address belongs to the files that are made from all finished files.
    pub(super) fn is_derived(site: &Site, route: &Route) -> bool {
        let is_headers = route.as_str() == HEADERS && site.config.derives_headers();
        is_headers || route.as_str().strip_prefix(DERIVED).is_some_and(|rest| rest.starts_with('/') || rest == ".json")
    }

    /// Returns a file that is made from all finished files; all of them are rendered for the first.
    pub(super) fn derived(&self, site: &Site, route: &Route) -> Option<Vec<u8>> {
        Self::is_derived(site, route).then(|| self.derived.get_or_init(|| derived(site)).get(route).cloned()).flatten()
    }

    /// Returns the text of `_headers`, and what it says.
    pub(super) fn headers(&self) -> &(Option<String>, Headers) {
        self.headers.get_or_init(|| {
            // The policy that is computed from all pages is in the file, but no page waits for it.
            let site = self.edition.site.as_deref().filter(|site| site.config.derives_headers());
            let text = site.map(Site::declared_headers).or_else(|| self.text_at(HEADERS));
            let headers = text.as_deref().map(Headers::parse).unwrap_or_default();
            (text, headers)
        })
    }

    /// Returns the text of `_redirects`, and what it says.
    pub(super) fn redirects(&self) -> &(Option<String>, Redirects) {
        self.redirects.get_or_init(|| {
            let text = self.text_at("/_redirects");
            let redirects = text.as_deref().map(Redirects::parse).unwrap_or_default();
            (text, redirects)
        })
    }

    fn text_at(&self, path: &str) -> Option<String> {
        let site = self.edition.site.as_deref()?;
        let route = Route::new(path).ok().filter(|route| site.library.routes.contains_key(route))?;
        let bytes = match render::page(site, &route).ok()?.body {
            Body::Bytes(bytes) => bytes,
            Body::Copy(path) => files::read(&site.config.root, &path).ok()?,
            Body::Picture(order) => order.make().ok()?,
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Returns what production has elsewhere.
fn moved(production: &Config, preview: &Config, origin: &Url) -> Vec<Moved> {
    let mut moved = vec![Moved {
        from: production.base_url.url().clone(),
        to: preview.base_url.url().clone(),
        site: String::new(),
    }];
    for (number, table) in production.analytics.iter().enumerate() {
        let to = stats::endpoint(origin, number);
        // A service may have a host for its script and others for hits.
        let known = analytics::target(table, &production.base_url).zip(analytics::find(&table.provider));
        let hosts = known.map(|(target, provider)| {
            let hits = (provider.collects)(&target);
            [target.script, target.collect].into_iter().chain(hits).collect::<Vec<_>>()
        });
        let elsewhere = std::iter::once(table.endpoint.url()).chain(hosts.into_iter().flatten());
        moved.extend(elsewhere.map(|from| Moved { from, to: to.clone(), site: table.site.clone() }));
    }
    moved
}

/// Makes the derived files from every page of the site.
fn derived(site: &Site) -> BTreeMap<Route, Vec<u8>> {
    let entry = |route: &Route| {
        let file = render::page(site, route).ok()?;
        let (digest, size) = digest_of(&site.config.root, &file.body)?;
        Some((file.out.to_string(), file.entry(digest, size)))
    };
    let mut files: BTreeMap<String, Entry> = site.routes().into_par_iter().filter_map(entry).collect();
    files.extend(render::develop(site, |_| ()).par_iter().filter_map(entry).collect::<Vec<_>>());
    let contract = verification::contract_of(&site.config);
    let read = |path: &str| {
        let body = render::page(site, &OutPath::new(path).route()).ok()?.body;
        match body {
            Body::Bytes(bytes) => Some(bytes),
            Body::Copy(path) => files::read(&site.config.root, &path).ok(),
            Body::Picture(order) => order.make().ok(),
        }
    };
    let mut made = BTreeMap::new();
    for row in render::DERIVED {
        let finished = render::Finished { site, files: &files, contract: Some(&contract), read: &read };
        // What stops a build is told by the build.
        for (path, bytes) in (row.make)(&finished).unwrap_or_default() {
            files.insert(path.to_string(), Entry::of(Digest::of(&bytes), bytes.len() as u64, row.kind));
            made.insert(path.route(), bytes);
        }
    }
    made
}

fn digest_of(root: &Path, body: &Body) -> Option<(Digest, u64)> {
    match body {
        Body::Bytes(bytes) => Some((Digest::of(bytes), bytes.len() as u64)),
        Body::Picture(order) => order.make().ok().map(|bytes| (Digest::of(&bytes), bytes.len() as u64)),
        Body::Copy(path) => {
            let (mut file, _) = files::open(root, path).ok()?;
            let (mut digesting, mut size) = (Digesting::default(), 0);
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match file.read(&mut buffer).ok()? {
                    0 => return Some((digesting.finish(), size)),
                    length => {
                        digesting.add(&buffer[..length]);
                        size += length as u64;
                    }
                }
            }
        }
    }
}
