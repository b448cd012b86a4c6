//! Owns what stands at each address of the preview: the site's pages, rendered as they are asked for, and below `/__blog/`
//! what the preview adds.
//!
//! The site is a value that an edit exchanges; a request keeps the one that it began with. Pages leave as production would
//! send them (`_headers`, `_redirects`), dressed with our script. What fails shows why, over its last good form if there is
//! one.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::json;
use url::Url;

use super::exchange::{Answer, Asked, Body, Desk};
use super::files;
use super::hidden::{self, Serving};
use super::hub::Hub;
use super::leaving::{self, Dressed, Dressing, is_html};
use super::shown::Shown;
use super::stats;
use super::status::{self, View};
use crate::config;
use crate::diagnostic::{Diagnostic, Place};
use crate::kinds::content_type;
use crate::output;
use crate::paths::{Route, SourcePath};
use crate::preview::{Changed, Edition};
use crate::render::{self, Site};
use crate::state::State;

/// What the preview adds stands below this.
const OURS: &str = "/__blog/";
/// Where pages look for the search index; made from all finished pages, it is the build's alone.
const INDEX: &str = "/pagefind/pagefind.js";
/// What the preview says in its place; the box of the themes shows it.
const NO_INDEX: &str =
    "export const unavailable = 'The preview has no search index: blog build makes it from the finished pages.';\n";
/// What cannot stand in a head, and only there is encoded again.
const NOT_IN_A_HEAD: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
/// How many pages are kept in their last good form.
const KEPT: usize = 64;

/// Who answers for a site.
pub struct Host {
    shown: RwLock<Arc<Shown>>,
    hub: Hub,
    origin: Url,
    flags: Vec<String>,
    good: Mutex<Good>,
}

/// Pages in their last good form, the one that was asked for longest ago first.
#[derive(Default)]
struct Good(Vec<(Route, Vec<u8>)>);

impl Host {
    /// Starts with an edition; `flags` are what it was started with, as they would be typed again.
    pub fn new(origin: &Url, edition: Edition, flags: Vec<String>) -> Host {
        let shown = Shown::new(origin, edition, None);
        Host {
            shown: RwLock::new(Arc::new(shown)),
            hub: Hub::default(),
            origin: origin.clone(),
            flags,
            good: Mutex::default(),
        }
    }

    /// Shows another edition, and tells every page that listens. `open` is the page to go to.
    pub fn show(&self, edition: Edition, changed: &Changed, open: Option<&str>) {
        let shown = Arc::new(Shown::new(&self.origin, edition, Some(&self.shown())));
        let prefix =
            shown.edition.site.as_ref().map(|site| site.config.base_url.prefix().to_owned()).unwrap_or_default();
        let styles = changed.styles.as_ref().filter(|_| shown.edition.problems.is_empty());
        let styles: Option<Vec<String>> =
            styles.map(|styles| styles.iter().map(|name| format!("{prefix}/{name}")).collect());
        let site = shown.edition.site.as_deref();
        let files: Vec<String> = changed.copied.iter().filter_map(|file| address_of(site?, file)).collect();
        let event = json!({
            "edition": shown.edition.number, "styles": styles, "files": files, "open": open, "reload": changed.everything,
        });
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        self.hub.tell("change", &event);
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn good(&self) -> MutexGuard<'_, Good> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns where a reader is to go who opened a page under another name of this machine: to a browser `localhost` is
    /// another site than `127.0.0.1`, and what the page loads would be foreign to it.
    fn other_name(&self, asked: &Asked) -> Option<String> {
        let host = asked.header("host").filter(|_| asked.header("sec-fetch-mode") == Some("navigate"))?;
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost");
        let own = &self.origin[url::Position::BeforeHost..url::Position::AfterPort];
        if !is_local || host == own {
            return None;
        }
        let query = asked.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{}{}{query}", self.origin.as_str().trim_end_matches('/'), asked.path))
    }

    /// Answers for what the preview adds.
    fn ours(&self, shown: &Shown, asked: &Asked) -> Answer {
        if asked.path.starts_with(stats::PREFIX) {
            let (answer, hits) = shown.stats.answer(asked);
            hits.iter().for_each(|hit| self.hub.tell("hit", &json!(hit)));
            return answer;
        }
        match asked.path.as_str() {
            "/__blog/events" => Answer {
                status: 200,
                headers: vec![("Content-Type".to_owned(), "text/event-stream".to_owned())],
                body: Body::Events(self.hub.listen(shown.edition.number)),
            },
            "/__blog/status" => Answer::new(200, "application/json", self.status(shown, asked).to_string()),
            OURS => {
                let home = shown.edition.site.as_ref().map(|site| site.config.base_url.as_str().to_owned());
                let addresses = [home.unwrap_or_else(|| self.origin.to_string())];
                let serving = Serving { addresses: &addresses, flags: &self.flags };
                self.own_page(shown, asked, 200, hidden::page(&shown.edition, &serving))
            }
            _ => Answer::text(404, "the preview has nothing here"),
        }
    }

    fn status(&self, shown: &Shown, asked: &Asked) -> serde_json::Value {
        let page = asked.query.iter().flat_map(|query| url::form_urlencoded::parse(query.as_bytes()));
        let page =
            page.into_iter().find(|(name, _)| name == "page").map(|(_, page)| page.into_owned()).unwrap_or_default();
        let site = shown.edition.site.as_deref();
        let route = site.and_then(|site| site.config.base_url.route_of(&page));
        let route = route.filter(|route| site.is_some_and(|site| site.library.routes.contains_key(route)));
        let dressed = site.zip(route.as_ref()).and_then(|(site, route)| self.dressed(shown, site, route, &page));
        let production = shown.edition.production.as_deref();
        let memory = production.and_then(|config| output::memory(&config.root)).map(|text| State::parse(&text));
        status::of(&View {
            edition: &shown.edition,
            route: route.as_ref(),
            hits: &shown.stats.hits_of(&page),
            dressed: dressed.as_ref(),
            redirects: shown.redirects().0.as_deref(),
            headers: shown.headers().0.as_deref(),
            state: memory.as_ref(),
            now: config::now(),
        })
    }

    /// Returns a page as it would leave now.
    fn dressed(&self, shown: &Shown, site: &Site, route: &Route, path: &str) -> Option<Dressed> {
        let file = render::page(site, route).ok()?;
        let render::Body::Bytes(bytes) = file.body else { return None };
        let mut headers = headers_of(shown, route, route);
        Some(leaving::dress(&bytes, &mut headers, &self.dressing(shown, &self.page_url(path))))
    }

    fn page_url(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }

    fn dressing<'a>(&'a self, shown: &'a Shown, page: &'a Url) -> Dressing<'a> {
        Dressing { page, stand_in: &shown.stand_in, moved: &shown.moved, edition: shown.edition.number }
    }

    /// Answers for an address of the site.
    fn site(&self, shown: &Shown, asked: &Asked) -> Answer {
        let Some(site) = shown.edition.site.as_deref() else {
            let page = hidden::problem_page("The site cannot be shown yet", &shown.edition.problems);
            return self.own_page(shown, asked, 500, page);
        };
        let base_url = &site.config.base_url;
        let Some(mut route) = base_url.route_of(&asked.path) else {
            // A site below a path has nothing above it; whoever opens the bare address wants the site.
            return match asked.path.as_str() {
                "/" => moved_to(302, base_url.url().path()),
                _ => self.lost(shown, site, asked),
            };
        };
        if !site.library.routes.contains_key(&route) {
            route = site.plain_file(&route).unwrap_or(route);
        }
        let folder = folder_of(site, &route);
        let stands = site.library.routes.contains_key(&route)
            || folder.is_some()
            || Shown::is_derived(site, &route)
            || render::is_picture(site, &route);
        if let Some(redirect) = shown.redirects().1.find(route.as_str(), stands) {
            let target = match redirect.to.starts_with('/') {
                true => format!("{}{}", base_url.prefix(), redirect.to),
                false => redirect.to.clone(),
            };
            if matches!(redirect.status, 301..=308) {
                return moved_to(redirect.status, &target);
            }
            let target = redirect
                .to
                .split(['?', '#'])
                .next()
                .and_then(|path| base_url.route_of(&format!("{}{path}", base_url.prefix())));
            return match target.and_then(|target| self.standing(shown, site, &target, asked, redirect.status)) {
                Some(answer) => answer,
                None => self.lost(shown, site, asked),
            };
        }
        if let Some(answer) = self.standing(shown, site, &route, asked, 200) {
            return answer;
        }
        if site.config.search.is_some() && route.as_str() == INDEX {
            return Answer::new(200, "text/javascript; charset=utf-8", NO_INDEX.to_owned());
        }
        // What a server does with an address that lacks its `/`, or names the file.
        if let Some(folder) = folder {
            let query = asked.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            return moved_to(301, &format!("{}{query}", base_url.link(&folder)));
        }
        self.lost(shown, site, asked)
    }

    /// Answers with what stands at a route, if anything does.
    fn standing(&self, shown: &Shown, site: &Site, route: &Route, asked: &Asked, status: u16) -> Option<Answer> {
        // A host goes by the address that was asked for, whatever file it answers with.
        let named = site.config.base_url.route_of(&asked.path).unwrap_or_else(|| route.clone());
        let mut headers = headers_of(shown, route, &named);
        if !site.library.routes.contains_key(route) && !render::is_picture(site, route) {
            let bytes = shown.derived(site, route)?;
            return Some(self.leave(shown, asked, status, headers, bytes));
        }
        match render::page(site, route) {
            Ok(file) => Some(match file.body {
                render::Body::Bytes(bytes) => {
                    if file.out.is_html() {
                        self.good().keep(route, &bytes);
                    }
                    self.leave(shown, asked, status, headers, bytes)
                }
                render::Body::Picture(order) => match order.make() {
                    Ok(bytes) => self.leave(shown, asked, status, headers, bytes),
                    Err(problem) => {
                        let page = hidden::problem_page("This picture cannot be made", &[problem]);
                        self.own_page(shown, asked, 500, page)
                    }
                },
                render::Body::Copy(path) => match files::open(&site.config.root, &path) {
                    Ok((file, length)) if !is_html(&headers) => {
                        leaving::dress(&[], &mut headers, &self.dressing(shown, &self.page_url(&asked.path)));
                        Answer { status, headers, body: Body::File(file, length) }
                    }
                    Ok((mut file, _)) => {
                        let mut bytes = Vec::new();
                        match file.read_to_end(&mut bytes) {
                            Ok(_) => self.leave(shown, asked, status, headers, bytes),
                            Err(error) => self.unreadable(shown, asked, &path, &error.to_string()),
                        }
                    }
                    Err(reason) => self.unreadable(shown, asked, &path, &reason),
                },
            }),
            Err(problems) => Some(match self.good().get(route) {
                Some(bytes) => self.leave(shown, asked, status, headers, bytes),
                None => {
                    let page = hidden::problem_page("This page cannot be rendered", &problems);
                    self.own_page(shown, asked, 500, page)
                }
            }),
        }
    }

    fn unreadable(&self, shown: &Shown, asked: &Asked, path: &Path, reason: &str) -> Answer {
        let root = shown.edition.site.as_ref().map(|site| site.config.root.clone()).unwrap_or_default();
        let name = fs::canonicalize(&root).ok().and_then(|root| path.strip_prefix(root).ok().map(Path::to_owned));
        let name = name.as_deref().unwrap_or(path).display().to_string();
        let problem = Diagnostic::error("source/unreadable", format!("`{name}` cannot be served: {reason}"));
        let page = hidden::problem_page("This file cannot be served", &[problem.at(Place::file(name))]);
        self.own_page(shown, asked, 404, page)
    }

    /// Answers for an address where nothing stands.
    fn lost(&self, shown: &Shown, site: &Site, asked: &Asked) -> Answer {
        let path = site.config.base_url.route_of(&asked.path);
        let is_below =
            |prefix: &str| path.as_ref().is_some_and(|path| path.as_str().starts_with(&format!("{prefix}/")));
        let mut prefixes = (1..site.library.editions.len()).map(|language| site.config.prefix_of(language));
        let prefix = prefixes.find(|prefix| is_below(prefix)).unwrap_or_default();
        let route = Route::new(format!("{prefix}/404.html")).expect("a language tag before a constant address");
        let page = self.standing(shown, site, &route, asked, 404);
        page.unwrap_or_else(|| Answer::text(404, "nothing stands at this address"))
    }

    /// Sends a page of the preview's own.
    fn own_page(&self, shown: &Shown, asked: &Asked, status: u16, html: String) -> Answer {
        let headers = [("Content-Type", content_type("index.html")), ("Content-Security-Policy", hidden::POLICY)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.leave(shown, asked, status, headers.to_vec(), html.into_bytes())
    }

    /// Sends bytes as production would, and with what the preview adds.
    fn leave(
        &self,
        shown: &Shown,
        asked: &Asked,
        status: u16,
        mut headers: Vec<(String, String)>,
        bytes: Vec<u8>,
    ) -> Answer {
        let dressed = leaving::dress(&bytes, &mut headers, &self.dressing(shown, &self.page_url(&asked.path)));
        Answer { status, headers, body: Body::Bytes(dressed.bytes) }
    }
}

/// Returns the link to a file that is copied, or to a folder of such files.
fn address_of(site: &Site, file: &SourcePath) -> Option<String> {
    let beside = site.library.assets.get(file).cloned();
    let below = |name: &str| Route::new(format!("/{name}")).ok();
    let route = beside.or_else(|| match file.as_str().split_once('/')? {
        ("static", name) => below(name),
        ("themes", rest) => below(rest.split_once("/static/")?.1),
        _ => None,
    });
    Some(site.config.base_url.link(&route?))
}

impl Desk for Host {
    fn answer(&self, asked: &Asked) -> Answer {
        if let Some(target) = self.other_name(asked) {
            return moved_to(307, &target);
        }
        let shown = self.shown();
        match asked.path.starts_with(OURS) {
            true => self.ours(&shown, asked),
            false => self.site(&shown, asked),
        }
    }
}

impl Good {
    fn keep(&mut self, route: &Route, bytes: &[u8]) {
        self.0.retain(|(known, _)| known != route);
        self.0.push((route.clone(), bytes.to_vec()));
        if self.0.len() > KEPT {
            self.0.remove(0);
        }
    }

    fn get(&self, route: &Route) -> Option<Vec<u8>> {
        self.0.iter().find(|(known, _)| known == route).map(|(_, bytes)| bytes.clone())
    }
}

/// Sends a browser on.
fn moved_to(status: u16, target: &str) -> Answer {
    let target = utf8_percent_encode(target, NOT_IN_A_HEAD).to_string();
    Answer::text(status, "moved").header("Location", target)
}

/// Returns the headers of a file as a host would send them to whoever asked by a name. Nothing may be kept by a browser: it
/// would show what was, and to whatever is previewed here next.
fn headers_of(shown: &Shown, file: &Route, named: &Route) -> Vec<(String, String)> {
    let mut headers = vec![("Content-Type".to_owned(), content_type(file.out_path().as_str()).to_owned())];
    for (name, value) in shown.headers().1.all(named.as_str()) {
        match name {
            "content-type" => headers[0].1 = value.to_owned(),
            "cache-control" | "expires" | "pragma" | "age" | "etag" | "last-modified" | "clear-site-data" => {}
            _ => headers.push((name.to_owned(), value.to_owned())),
        }
    }
    headers
}

/// Returns the folder that a server sends a reader to who left its `/` out, or named the file in it.
fn folder_of(site: &Site, route: &Route) -> Option<Route> {
    let inner = route.as_str().strip_suffix("/index.html").unwrap_or(route.as_str());
    let folder = Route::new(format!("{}/", inner.trim_end_matches('/'))).ok()?;
    (folder != *route && site.library.routes.contains_key(&folder)).then_some(folder)
}
