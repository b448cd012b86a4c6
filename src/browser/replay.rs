//! Owns what the browser is answered: the site from its folder, trackers as they were served, counting addresses as their
//! vendors' servers would, and everything else with nothing at all. It takes down who was asked for what.
//!
//! Nothing here contacts anybody: an address that is not known is answered by a sink, and told.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use url::Url;

use super::door::{Answered, Asked};
use super::visit::Stage;
use crate::analytics::Provider;
use crate::analytics::exchange::{HitFacts, Reply, Request, Target};
use crate::check::headers::Headers;
use crate::paths::{BaseUrl, OutPath};

/// The headers of a request that a vendor's server reads.
const HEADERS: [(&str, &str); 4] =
    [("content-type", "Content-Type"), ("origin", "Origin"), ("referer", "Referer"), ("user-agent", "User-Agent")];

/// A folder, as its host would serve it.
#[derive(Debug)]
pub struct Folder {
    /// Where it stands on the web.
    pub base_url: BaseUrl,
    /// Its files.
    pub files: BTreeMap<String, Content>,
    /// The headers that its host sends, where they are known.
    pub headers: Option<Headers>,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In this file.
    Disk(PathBuf),
    /// Here.
    Held(Vec<u8>),
}

/// An analytics server, as it was heard.
#[derive(Debug)]
pub struct Server {
    /// Whose.
    pub provider: &'static Provider,
    /// Where.
    pub target: Target,
    /// The tracker that it serves.
    pub tracker: Option<Reply>,
}

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The site.
    Site,
    /// An analytics server, for its tracker.
    Tracker(usize),
    /// An analytics server, for counting.
    Collect(usize),
    /// Anybody else.
    Stranger,
}

/// One request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// What was asked.
    pub asked: Asked,
    /// Who was asked.
    pub role: Role,
    /// The hits that it carried.
    pub hits: Vec<HitFacts>,
}

/// What stands behind one visit.
pub struct Replay {
    folder: Arc<Folder>,
    servers: Arc<Vec<Server>>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    arrived: Vec<Arrived>,
    is_closed: bool,
}

impl Replay {
    /// Stands behind one visit.
    pub fn new(folder: &Arc<Folder>, servers: &Arc<Vec<Server>>) -> Self {
        Replay { folder: Arc::clone(folder), servers: Arc::clone(servers), log: Mutex::default() }
    }

    /// Returns what arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).arrived.clone()
    }

    fn role(&self, url: &Url) -> Role {
        for (number, server) in self.servers.iter().enumerate() {
            if server.addresses().any(|address| is_same(&address, url)) {
                return Role::Tracker(number);
            }
            let further = (server.provider.collects)(&server.target);
            let collects = std::iter::once(&server.target.collect).chain(&further);
            if collects.into_iter().any(|collect| url.origin() == collect.origin() && url.path() == collect.path()) {
                return Role::Collect(number);
            }
        }
        let base = self.folder.base_url.url();
        match url.origin() == base.origin() && url.path().starts_with(base.path()) {
            true => Role::Site,
            false => Role::Stranger,
        }
    }
}

impl Stage for Replay {
    fn answer(&self, asked: &Asked) -> Answered {
        let role = self.role(&asked.url);
        let mut hits = Vec::new();
        let answered = match role {
            // A browser asks for leave first; every vendor's server gives it.
            Role::Collect(_) | Role::Stranger | Role::Tracker(_) if asked.method == "OPTIONS" => leave(asked),
            Role::Site => self.folder.answer(asked),
            Role::Tracker(number) => self.servers[number].tracker(&asked.url),
            Role::Collect(number) => {
                let server = &self.servers[number];
                let request = request(asked);
                hits = (server.provider.stand_in.hits)(&request, &server.target);
                answered(&(server.provider.stand_in.answer)(&request, &server.target))
            }
            Role::Stranger => Answered::empty(204).header("Access-Control-Allow-Origin", "*"),
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if !log.is_closed {
            log.arrived.push(Arrived { asked: asked.clone(), role, hits });
        }
        answered
    }

    fn hits(&self) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.arrived.iter().flat_map(|arrived| &arrived.hits).filter(|hit| hit.is_page_view()).count()
    }

    fn close(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
    }
}

impl Server {
    /// Returns the addresses at which its tracker, or a redirect to it, was found.
    fn addresses(&self) -> impl Iterator<Item = Url> {
        let seen = self.tracker.iter().flat_map(|reply| reply.via.iter().chain([&reply.url]));
        seen.filter_map(|url| Url::parse(url).ok()).chain([self.target.script.clone()])
    }

    /// Answers as the server did when it was asked.
    fn tracker(&self, url: &Url) -> Answered {
        let Some(reply) = &self.tracker else { return Answered::empty(404) };
        let chain: Vec<&String> = reply.via.iter().chain([&reply.url]).collect();
        let at = chain.iter().position(|known| Url::parse(known).is_ok_and(|known| is_same(&known, url)));
        match at.and_then(|at| chain.get(at + 1)) {
            Some(next) => Answered::empty(302).header("Location", next.as_str()),
            None => answered(reply),
        }
    }
}

/// Returns whether two addresses name the same script: a query that only wakes caches makes no other one.
fn is_same(one: &Url, other: &Url) -> bool {
    one == other || (one.origin() == other.origin() && one.path() == other.path() && one.query().is_none())
}

fn answered(reply: &Reply) -> Answered {
    // What a server says about encryption to come, or leaves with a visitor, is no part of the tracker.
    let is_kept = |name: &str| !matches!(name, "set-cookie" | "strict-transport-security" | "alt-svc");
    let headers = reply.headers.iter().filter(|(name, _)| is_kept(name));
    Answered {
        status: reply.status,
        headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: reply.body.clone(),
    }
}

/// Answers a preflight as a server does that takes hits from everywhere.
fn leave(asked: &Asked) -> Answered {
    let origin = asked.header("origin").unwrap_or("*");
    let echo = |name: &str, usual: &str| asked.header(name).unwrap_or(usual).to_owned();
    Answered::empty(204)
        .header("Access-Control-Allow-Origin", origin)
        .header("Access-Control-Allow-Credentials", "true")
        .header("Access-Control-Allow-Methods", echo("access-control-request-method", "GET, POST"))
        .header("Access-Control-Allow-Headers", echo("access-control-request-headers", "content-type"))
        .header("Access-Control-Allow-Private-Network", "true")
}

/// Returns a request as providers read it.
fn request(asked: &Asked) -> Request {
    let mut request = Request::get(asked.url.clone());
    if asked.method == "POST" {
        request.method = "POST";
    }
    let known = HEADERS.iter().filter_map(|(lower, name)| Some((*name, asked.header(lower)?.to_owned())));
    request.headers = known.collect();
    request.body = String::from_utf8_lossy(&asked.body).into_owned();
    request
}

impl Folder {
    /// Answers as a plain host of static files does.
    fn answer(&self, asked: &Asked) -> Answered {
        if !matches!(asked.method.as_str(), "GET" | "HEAD") {
            return Answered::empty(405);
        }
        let path = asked.url.path().strip_prefix(self.base_url.url().path()).unwrap_or_default();
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        let has = |path: &str| self.files.contains_key(path);
        let folder = path.is_empty() || path.ends_with('/');
        match () {
            () if folder && has(&format!("{path}index.html")) => self.file(200, &format!("{path}index.html")),
            () if has(&path) => self.file(200, &path),
            () if !folder && has(&format!("{path}/index.html")) => {
                Answered::empty(301).header("Location", format!("{}/", asked.url.path()))
            }
            () if !folder && has(&format!("{path}.html")) => self.file(200, &format!("{path}.html")),
            () if has("404.html") => self.file(404, "404.html"),
            () => Answered::empty(404),
        }
    }

    fn file(&self, status: u16, path: &str) -> Answered {
        let body = match self.files.get(path) {
            Some(Content::Disk(path)) => fs::read(path).ok(),
            Some(Content::Held(bytes)) => Some(bytes.clone()),
            None => None,
        };
        let Some(body) = body else { return Answered::empty(500) };
        let mut headers = BTreeMap::from([("content-type".to_owned(), kind(path, &body).to_owned())]);
        let route = OutPath::new(path).route();
        let mut policies = Vec::new();
        for (name, value) in self.headers.iter().flat_map(|known| known.all(route.as_str())) {
            match name {
                // Several policies are several headers: each of them counts.
                "content-security-policy" => policies.push((name.to_owned(), value.to_owned())),
                "strict-transport-security" | "alt-svc" => {}
                _ => {
                    headers.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        Answered { status, headers: headers.into_iter().chain(policies).collect(), body }
    }
}

/// Returns the content type of a file, as hosts of static files say it.
fn kind(path: &str, body: &[u8]) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        // A page in another encoding says so itself.
        "html" | "htm" if std::str::from_utf8(body).is_err() => "text/html",
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "pdf" => "application/pdf",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics;

    fn replay(root: &std::path::Path) -> Replay {
        let files = ["index.html", "a/index.html", "b.html", "404.html", "x.css"];
        for file in files {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), file).unwrap();
        }
        let url = |text: &str| Url::parse(text).unwrap();
        let target = Target {
            endpoint: url("https://s.example/"),
            script: url("https://s.example/count.js"),
            collect: url("https://s.example/count"),
            site: "1".to_owned(),
            origin: "https://blog.example".to_owned(),
            has_token: false,
        };
        let reply = Reply {
            status: 200,
            url: "https://cdn.example/count.js".to_owned(),
            via: vec!["https://s.example/count.js".to_owned()],
            headers: [("content-type", "text/javascript"), ("set-cookie", "a=b")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            body: b"tracker".to_vec(),
        };
        let provider = analytics::find("goatcounter").unwrap();
        let folder = Folder {
            base_url: BaseUrl::parse("https://blog.example/blog/").unwrap(),
            files: files.map(|file| (file.to_owned(), Content::Disk(root.join(file)))).into(),
            headers: Some(Headers::parse("/*\n  Content-Security-Policy: one\n  Content-Security-Policy: two\n")),
        };
        Replay::new(&Arc::new(folder), &Arc::new(vec![Server { provider, target, tracker: Some(reply) }]))
    }

    fn asked(method: &str, url: &str) -> Asked {
        Asked { method: method.to_owned(), url: Url::parse(url).unwrap(), headers: Vec::new(), body: Vec::new() }
    }

    #[test]
    fn a_folder_is_served_below_its_base_as_hosts_do() {
        let folder = tempfile::tempdir().unwrap();
        let replay = replay(folder.path());
        for (path, status, body) in [
            ("", 200, "index.html"),
            ("a/", 200, "a/index.html"),
            ("a", 301, ""),
            ("b", 200, "b.html"),
            ("x.css?v=1", 200, "x.css"),
            ("nothing", 404, "404.html"),
            ("..%2F..%2Fetc%2Fpasswd", 404, "404.html"),
        ] {
            let answered = replay.answer(&asked("GET", &format!("https://blog.example/blog/{path}")));
            assert_eq!((answered.status, answered.body.as_slice()), (status, body.as_bytes()), "{path}");
        }
        let page = replay.answer(&asked("GET", "https://blog.example/blog/"));
        assert_eq!(page.headers.iter().filter(|(name, _)| name == "content-security-policy").count(), 2);
    }

    #[test]
    fn each_address_is_answered_by_whoever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let replay = replay(folder.path());
        let redirect = replay.answer(&asked("GET", "https://s.example/count.js?v=2"));
        assert_eq!((redirect.status, redirect.headers[0].1.as_str()), (302, "https://cdn.example/count.js"));
        let tracker = replay.answer(&asked("GET", "https://cdn.example/count.js"));
        assert_eq!((tracker.status, tracker.body.as_slice(), tracker.headers.len()), (200, &b"tracker"[..], 1));
        replay.answer(&asked("OPTIONS", "https://s.example/count?p=/&t=A"));
        replay.answer(&asked("POST", "https://s.example/count?p=/&t=A"));
        replay.answer(&asked("GET", "https://fonts.example/a.woff2"));
        replay.answer(&asked("GET", "https://blog.example/outside/"));
        assert_eq!(replay.hits(), 1);
        replay.close();
        replay.answer(&asked("POST", "https://s.example/count?p=/&t=A"));
        let roles: Vec<Role> = replay.arrived().iter().map(|arrived| arrived.role).collect();
        let (tracker, collect, stranger) = (Role::Tracker(0), Role::Collect(0), Role::Stranger);
        assert_eq!(roles, [tracker, tracker, collect, collect, stranger, stranger]);
    }
}
