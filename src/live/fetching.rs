//! Owns the requests of one look at a deployed site: each page as visitors get it and as its origin gives it, past
//! every cache. What comes back is kept as [`Received`], without a judgement.
//!
//! Only `guard::dial` reaches out. No script of a fetched page is run, so nothing is ever recorded.

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::exchange::{Reply, Request};
use crate::digest::Digest;
use crate::guard;
use crate::guard::dial::{Dialer, Failure};

/// The query that makes a request unlike any that a cache has seen.
const QUERY: &str = "watchpost";

/// Which of the two ways to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As a visitor asks.
    Plain,
    /// Past caches: with a query of its own, and `Cache-Control: no-cache`.
    Busted,
}

/// What was answered to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    /// The status.
    pub(super) status: u16,
    /// Where it came from, after redirects.
    pub(super) url: String,
    /// How many redirects led there.
    pub(super) redirects: usize,
    /// The content type, without its parameters.
    pub(super) content_type: String,
    /// The digest of the decoded bytes.
    pub(super) digest: Digest,
    /// Who asks us to prove that we are no robot, if somebody does.
    pub(super) challenge: Option<&'static str>,
    /// The headers, names in lower case.
    pub(super) headers: BTreeMap<String, String>,
}

impl Received {
    fn of(reply: &Reply) -> Received {
        Received {
            status: reply.status,
            url: reply.url.clone(),
            redirects: reply.via.len(),
            content_type: reply.content_type(),
            digest: Digest::of(&reply.body),
            challenge: guard::challenge(reply),
            headers: reply.headers.clone(),
        }
    }

    /// Returns whether there is a page in it.
    pub(super) fn is_page(&self) -> bool {
        (200..300).contains(&self.status)
            && self.challenge.is_none()
            && matches!(self.content_type.as_str(), "text/html" | "application/xhtml+xml" | "")
    }

    /// Returns what its headers say about a cache on the way, in a few words; nothing if they say nothing.
    pub(super) fn cache(&self) -> Option<String> {
        // `Age` is the standard's (RFC 9111); the others are what nginx, Caddy's and Varnish's users, Cloudflare,
        // CloudFront, Fastly, Netlify and Vercel send.
        const SAID: [&str; 7] =
            ["age", "x-cache", "x-cache-status", "cf-cache-status", "cache-status", "x-vercel-cache", "last-modified"];
        let said = SAID.iter().filter_map(|name| Some(format!("{name}: {}", self.headers.get(*name)?)));
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

/// What came of one request, and the bytes for those who read them at once.
pub(super) type Came = Result<(Received, Vec<u8>), Failure>;

/// Asks a site.
pub(super) struct Fetcher<'l> {
    dialer: Dialer<'l>,
    nonce: String,
}

impl<'l> Fetcher<'l> {
    /// Begins; the nonce must be of this run alone.
    pub(super) fn new(dialer: Dialer<'l>, nonce: String) -> Self {
        Fetcher { dialer, nonce }
    }

    /// Returns the nonce of this run.
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Returns how many requests were sent.
    pub(super) fn sent(&self) -> usize {
        self.dialer.sent()
    }

    /// Asks for an address.
    pub(super) fn fetch(&mut self, url: &Url, way: Way) -> Came {
        let mut url = url.clone();
        url.set_fragment(None);
        let request = match way {
            Way::Plain => Request::get(url),
            Way::Busted => {
                url.query_pairs_mut().append_pair(QUERY, &self.nonce);
                Request::get(url).header("Cache-Control", "no-cache").header("Pragma", "no-cache")
            }
        };
        let reply = self.dialer.ask(&request, None, &|_| false)?;
        Ok((Received::of(&reply), reply.body))
    }
}
