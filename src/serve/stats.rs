//! Owns the analytics servers that the preview plays at `/__blog/stats/N/`, one for each `[[analytics]]` table: it hands
//! out trackers, takes hits, and holds each against the vendor's contract.
//!
//! Nothing is counted and nothing leaves this machine. The last hits are kept, so that a page can say what it sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use url::Url;

use super::exchange::{Answer, Asked, Method};
use crate::analytics::exchange::{HitFacts, Reply, Request, Target};
use crate::analytics::{self, Provider};
use crate::config::Analytics;
use crate::paths::BaseUrl;

/// Where the stand-ins are.
pub const PREFIX: &str = "/__blog/stats/";
/// How many hits are kept.
const KEPT: usize = 100;
/// The headers of a request that a vendor's server reads.
const HEADERS: [(&str, &str); 4] =
    [("content-type", "Content-Type"), ("origin", "Origin"), ("referer", "Referer"), ("user-agent", "User-Agent")];

/// One hit that a page has sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The path of the page that sent it, still encoded, as `location.pathname` has it.
    pub page: String,
    /// The vendor, for people.
    pub provider: &'static str,
    /// Whether the vendor's server would take it for what it is meant to be.
    pub ok: bool,
    /// What it counts, in a few words.
    pub what: String,
    /// What is wrong with it, each a sentence.
    pub problems: Vec<String>,
    /// What is worth knowing though nothing is wrong.
    pub remarks: Vec<String>,
}

/// The servers of one configuration, and what arrived.
#[derive(Debug)]
pub struct Stats {
    servers: Vec<Option<Server>>,
    hits: Mutex<VecDeque<Hit>>,
}

#[derive(Debug)]
struct Server {
    provider: &'static Provider,
    target: Target,
    /// Whether site.toml itself says under which path pages are counted.
    path_is_set: bool,
}

/// Returns where the stand-in of a table is; `origin` is the preview's.
pub fn endpoint(origin: &Url, table: usize) -> Url {
    origin.join(&format!("{PREFIX}{table}/")).expect("a path of letters and digits joins any http URL")
}

impl Stats {
    /// Plays the servers of these tables, wherever their endpoints are in production.
    pub fn new(base_url: &BaseUrl, tables: &[Analytics]) -> Stats {
        let servers = tables.iter().enumerate().map(|(number, table)| {
            let provider = analytics::find(&table.provider)?;
            let endpoint = endpoint(base_url.url(), number);
            let (script, collect) = (provider.addresses)(&endpoint, &table.site);
            Some(Server {
                provider,
                target: Target {
                    endpoint,
                    script,
                    collect,
                    site: table.site.clone(),
                    origin: base_url.origin(),
                    has_token: false,
                },
                path_is_set: ["path", "setCustomUrl"].iter().any(|name| table.options.contains_key(*name)),
            })
        });
        Stats { servers: servers.collect(), hits: Mutex::new(VecDeque::new()) }
    }

    /// Plays none.
    pub fn none() -> Stats {
        Stats { servers: Vec::new(), hits: Mutex::default() }
    }

    /// Answers a request below [`PREFIX`] as the vendor's server would, and returns the hits that it carried.
    pub fn answer(&self, asked: &Asked) -> (Answer, Vec<Hit>) {
        let Some((server, request)) = self.asked_of(asked) else {
            return (Answer::text(404, "no stand-in is here"), Vec::new());
        };
        let is_hit = request.url.path() == server.target.collect.path();
        if asked.method == Method::Post && !is_hit {
            return (
                Answer::text(405, "only the counting address takes POST").header("Allow", "GET, HEAD"),
                Vec::new(),
            );
        }
        let reply = (server.provider.stand_in.answer)(&request, &server.target);
        let hits: Vec<Hit> = match asked.method {
            Method::Head => Vec::new(),
            Method::Get | Method::Post => {
                let facts = (server.provider.stand_in.hits)(&request, &server.target);
                facts.into_iter().map(|facts| server.hit(facts, asked)).collect()
            }
        };
        self.keep(&hits);
        (answer_of(reply), hits)
    }

    /// Returns the last hits that a page sent, the oldest first; its path is encoded.
    pub fn hits_of(&self, page: &str) -> Vec<Hit> {
        let hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        hits.iter().filter(|hit| hit.page == page).cloned().collect()
    }

    fn keep(&self, new: &[Hit]) {
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        hits.extend(new.iter().cloned());
        let surplus = hits.len().saturating_sub(KEPT);
        hits.drain(..surplus);
    }

    fn asked_of(&self, asked: &Asked) -> Option<(&Server, Request)> {
        let (number, _) = asked.path.strip_prefix(PREFIX)?.split_once('/')?;
        let server = self.servers.get(number.parse::<usize>().ok()?)?.as_ref()?;
        let mut url = server.target.endpoint.clone();
        url.set_path(&asked.path);
        url.set_query(asked.query.as_deref());
        // A path with dots has become another: what is not below the endpoint is not its server's.
        if !url.path().starts_with(server.target.endpoint.path()) {
            return None;
        }
        let mut request = Request::get(url);
        if asked.method == Method::Post {
            request.method = "POST";
            request.body = String::from_utf8_lossy(&asked.body).into_owned();
        }
        for (lower, name) in HEADERS {
            if let Some(value) = asked.header(lower) {
                request = request.header(name, value);
            }
        }
        Some((server, request))
    }
}

impl Server {
    fn hit(&self, facts: HitFacts, asked: &Asked) -> Hit {
        let HitFacts { what, path, mut problems, remarks } = facts;
        let sender = asked.header("referer").and_then(|referrer| Url::parse(referrer).ok());
        let sender = sender.filter(|url| url.origin().ascii_serialization() == self.target.origin);
        let sender = sender.map(|url| url.path().to_owned());
        // A canonical link that names another page makes some trackers count that page instead.
        if let Some(sender) = &sender
            && !self.path_is_set
            && path.starts_with('/')
            && encoded(&path) != encoded(sender)
        {
            problems.push(format!("it is counted under `{path}`, and the page that sent it is `{sender}`"));
        }
        let page = sender.unwrap_or_else(|| encoded(&path));
        Hit { page, provider: self.provider.title, ok: problems.is_empty(), what, problems, remarks }
    }
}

/// Returns a path as a URL writes it.
fn encoded(path: &str) -> String {
    let mut url = Url::parse("http://localhost/").expect("a constant URL");
    url.set_path(path);
    url.path().to_owned()
}

/// Turns a vendor's reply into ours: no other origin may read anything here, so that nothing invites it to.
fn answer_of(reply: Reply) -> Answer {
    let mut answer =
        Answer::new(reply.status, reply.header("content-type").unwrap_or("text/plain"), reply.body.clone());
    let kept = reply.headers.iter().filter(|(name, _)| {
        *name != "content-type" && !name.starts_with("access-control-") && !name.starts_with("cross-origin-")
    });
    answer.headers.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    answer.header("Cache-Control", "no-store")
}

#[cfg(test)]
mod tests {

    use super::super::exchange::Body;
    use super::*;

    const ORIGIN: &str = "http://127.0.0.1:1111";

    fn table(provider: &str, site: &str) -> Analytics {
        Analytics { site: site.to_owned(), ..crate::analytics::tests::analytics(provider) }
    }

    fn stats() -> Stats {
        let base = BaseUrl::parse(&format!("{ORIGIN}/")).unwrap();
        Stats::new(&base, &[table("goatcounter", "blog"), table("matomo", "7")])
    }

    fn asked(method: Method, address: &str, referrer: &str) -> Asked {
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (address, None),
        };
        Asked {
            method,
            path: path.to_owned(),
            query,
            headers: vec![("referer".to_owned(), format!("{ORIGIN}{referrer}"))],
            body: Vec::new(),
        }
    }

    fn bytes(answer: &Answer) -> &[u8] {
        match &answer.body {
            Body::Bytes(bytes) => bytes,
            _ => panic!("the stand-in answers with bytes"),
        }
    }

    #[test]
    fn every_provider_s_tracker_version_and_collector_answer_below_its_table() {
        let stats = stats();
        for (address, status, kind) in [
            ("/__blog/stats/0/count.js", 200, "text/javascript; charset=utf-8"),
            ("/__blog/stats/0/status", 200, "application/json"),
            ("/__blog/stats/0/count?p=/&t=A", 200, "image/gif"),
            ("/__blog/stats/1/matomo.js", 200, "application/javascript"),
            ("/__blog/stats/1/matomo.php?idsite=7&rec=1", 200, "image/gif"),
            ("/__blog/stats/1/matomo.php?idsite=8&rec=1", 400, "image/gif"),
            ("/__blog/stats/1/index.php?module=API", 401, "application/json"),
        ] {
            let (answer, _) = stats.answer(&asked(Method::Get, address, "/"));
            assert_eq!((answer.status, answer.headers[0].1.as_str()), (status, kind), "{address}");
            assert!(!bytes(&answer).is_empty());
            let invites = |name: &str| name.starts_with("access-control") || name.starts_with("cross-origin");
            assert!(!answer.headers.iter().any(|(name, _)| invites(&name.to_lowercase())), "{address}");
        }
        for address in [
            "/__blog/stats/2/count.js",
            "/__blog/stats/x/count.js",
            "/__blog/stats/0",
            "/__blog/stats/0/../1/matomo.js",
            "/__blog/stats/0/%2e%2e/1/matomo.js",
            "/__blog/stats/0/nothing",
            "/__blog/stats/99999999999999999999/count.js",
        ] {
            assert_eq!(stats.answer(&asked(Method::Get, address, "/")).0.status, 404, "{address}");
        }
    }

    #[test]
    fn a_hit_is_kept_for_the_page_that_sent_it() {
        let stats = stats();
        let beacon =
            asked(Method::Post, "/__blog/stats/0/count?p=%2Fcaf%C3%A9%2F&t=Caf%C3%A9&s=1280&b=0", "/caf%C3%A9/");
        let (answer, hits) = stats.answer(&beacon);
        assert_eq!((answer.status, hits.len()), (200, 1));
        assert!(hits[0].ok && hits[0].page == "/caf%C3%A9/" && hits[0].provider == "GoatCounter", "{hits:?}");
        assert_eq!(stats.hits_of("/caf%C3%A9/"), hits);
        assert_eq!(stats.hits_of("/"), []);
    }

    #[test]
    fn a_page_that_is_counted_as_another_is_told() {
        let stats = stats();
        let (_, hits) = stats.answer(&asked(Method::Post, "/__blog/stats/0/count?p=/&t=A", "/posts/a/"));
        assert!(!hits[0].ok && hits[0].problems[0].contains("`/posts/a/`"), "{hits:?}");
        assert_eq!(hits[0].page, "/posts/a/");
    }

    #[test]
    fn only_the_collector_takes_post_and_only_what_asks_counts() {
        let stats = stats();
        for address in ["/__blog/stats/0/count.js", "/__blog/stats/1/index.php", "/__blog/stats/1/"] {
            assert_eq!(stats.answer(&asked(Method::Post, address, "/")).0.status, 405, "{address}");
        }
        let (_, hits) = stats.answer(&asked(Method::Head, "/__blog/stats/0/count?p=/&t=A", "/"));
        assert_eq!(hits, []);
    }

    #[test]
    fn a_form_in_the_body_is_read() {
        let stats = stats();
        let mut form = asked(Method::Post, "/__blog/stats/1/matomo.php", "/a/");
        form.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded;charset=UTF-8".to_owned()));
        form.body = b"idsite=7&rec=1&action_name=A&url=http%3A%2F%2F127.0.0.1%3A1111%2Fa%2F".to_vec();
        let (answer, hits) = stats.answer(&form);
        assert!(answer.status == 200 && hits.len() == 1 && hits[0].ok, "{hits:?}");
    }

    #[test]
    fn a_hundred_hits_are_remembered_and_no_more() {
        let stats = stats();
        for number in 0..250 {
            stats.answer(&asked(Method::Get, &format!("/__blog/stats/0/count?p=/&t={number}"), "/"));
        }
        assert_eq!(stats.hits_of("/").len(), KEPT);
    }
}
