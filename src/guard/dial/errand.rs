//! Owns the sending of requests that another room has made ready, byte for byte: uploads to a store, a ping.
//!
//! The same proxies and certificates as for all other requests, connections kept open. Nothing is followed, and nothing is
//! sent twice: who asked decides. No address stands in an error, because some hold a signature.

use std::time::Duration;

use ureq::http;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};
use url::Url;

use super::CONNECT;
use super::wire::{USER_AGENT, Wire};

/// A request that is ready to be sent.
pub type Errand = http::Request<Vec<u8>>;
/// What came back, its body read to the end.
pub type Fulfilled = http::Response<Vec<u8>>;

/// The largest body that is read: lists of names and pages, never a film.
const LARGEST: u64 = 1 << 30;

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// No connection could be made, so nothing was sent.
    Unconnected(String),
    /// It took too long.
    TimedOut,
    /// The connection ended before the answer did.
    Interrupted(String),
    /// Anything else.
    Other(String),
}

impl Broken {
    /// Returns the same as a sentence goes on.
    pub fn words(&self) -> String {
        match self {
            Broken::Unconnected(why) => format!("cannot be reached: {why}"),
            Broken::TimedOut => "took too long to answer".to_owned(),
            Broken::Interrupted(why) => format!("broke off: {why}"),
            Broken::Other(why) => format!("could not be asked: {why}"),
        }
    }
}

/// Sends requests, from as many threads as there are.
pub struct Errands {
    direct: Agent,
    proxied: Option<(Agent, Wire)>,
}

impl std::fmt::Debug for Errands {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The proxy's name and password are nobody's business.
        formatter.write_str("Errands(…)")
    }
}

impl Errands {
    /// Makes ready, without connecting to anything. A request may take as long as `limit`.
    pub fn new(wire: Wire, limit: Duration) -> Errands {
        let agent = |proxy: Option<ureq::Proxy>| {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .proxy(proxy)
                .tls_config(TlsConfig::builder().root_certs(wire.roots()).build())
                .timeout_global(Some(limit))
                .timeout_resolve(Some(CONNECT.min(limit)))
                .timeout_connect(Some(CONNECT.min(limit)))
                .max_idle_connections_per_host(16)
                .user_agent(USER_AGENT)
                .accept("*/*")
                .build()
                .new_agent()
        };
        let direct = agent(None);
        let proxied = wire.proxy().map(|proxy| agent(Some(proxy)));
        Errands { direct, proxied: proxied.map(|agent| (agent, wire)) }
    }

    /// Sends one request and reads its answer.
    pub fn run(&self, mut request: Errand) -> Result<Fulfilled, Broken> {
        let url = Url::parse(&request.uri().to_string()).map_err(|error| Broken::Other(error.to_string()))?;
        let agent = match &self.proxied {
            Some((agent, wire)) if wire.proxy_for(&url).is_some() => agent,
            _ => &self.direct,
        };
        // Digests are of the bytes as they lie there.
        request.headers_mut().insert("accept-encoding", http::HeaderValue::from_static("identity"));
        let has_body = !request.body().is_empty() || matches!(request.method().as_str(), "PUT" | "POST");
        let sent = match has_body {
            true => agent.run(request),
            false => agent.run(request.map(|_| ())),
        };
        let (mut parts, body) = sent.map_err(broken)?.into_parts();
        let body = read(body)?;
        // What was stored compressed arrives unpacked, and then nothing says how long it is.
        if !parts.headers.contains_key("content-length") && !body.is_empty() {
            parts.headers.insert("content-length", http::HeaderValue::from(body.len()));
        }
        Ok(http::Response::from_parts(parts, body))
    }
}

fn read(mut body: Body) -> Result<Vec<u8>, Broken> {
    body.with_config().limit(LARGEST).read_to_vec().map_err(broken)
}

fn broken(error: ureq::Error) -> Broken {
    match error {
        ureq::Error::Timeout(_) => Broken::TimedOut,
        ureq::Error::HostNotFound => Broken::Unconnected("there is no such host".to_owned()),
        ureq::Error::ConnectionFailed => Broken::Unconnected("nobody answers there".to_owned()),
        ureq::Error::Tls(why) => Broken::Unconnected(why.to_owned()),
        ureq::Error::Rustls(error) => Broken::Unconnected(error.to_string()),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Broken::Unconnected("the connection is refused".to_owned()),
            std::io::ErrorKind::TimedOut => Broken::TimedOut,
            _ => Broken::Interrupted(error.to_string()),
        },
        other => Broken::Interrupted(other.to_string()),
    }
}
