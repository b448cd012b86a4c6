//! Owns the one place where the guard opens a connection: ureq with rustls, one hop at a time,
//! certificates always verified, every address looked at after it was resolved and before it is used.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ureq::http::{self, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::Url;

use super::{Arrival, CONNECT, Failure, Hop, Line, Network, is_loopback, is_private_name};
use crate::analytics::exchange::{Reply, TokenPlace};

/// How we call ourselves: no word in it makes an analytics server think of a bot, or of a visitor.
pub(super) const USER_AGENT: &str = concat!("watchpost/", env!("CARGO_PKG_VERSION"), " (+verify)");

/// From how many minutes on a clock is wrong.
const CLOCK_SLACK: i64 = 5;

/// The network.
pub struct Wire {
    began: Instant,
    proxy: Option<ureq::Proxy>,
    no_proxy: Vec<String>,
    roots: RootCerts,
    notes: Vec<String>,
    connections: OnceLock<()>,
}

impl Wire {
    /// Makes ready, without connecting to anything.
    pub fn new(network: &Network) -> Wire {
        let mut notes = Vec::new();
        let proxy = network.proxy.as_deref().and_then(|text| match ureq::Proxy::new(text) {
            Ok(proxy) => {
                // Its name and password stay out of every report.
                notes.push(format!("asked through the proxy {}:{}", proxy.host(), proxy.port()));
                Some(proxy)
            }
            Err(_) => {
                notes.push("the proxy of the environment is no address that can be used, and was left out".to_owned());
                None
            }
        });
        let roots = match network.certificates.as_deref().map(read_certificates) {
            None => RootCerts::WebPki,
            Some(Ok(certificates)) => {
                notes.push(format!("trusted the {} certificates of `SSL_CERT_FILE`", certificates.len()));
                RootCerts::new_with_certs(&certificates)
            }
            Some(Err(why)) => {
                notes.push(format!("`SSL_CERT_FILE` was left out: {why}"));
                RootCerts::WebPki
            }
        };
        let no_proxy = network.no_proxy.as_deref().unwrap_or_default().split(',');
        let no_proxy = no_proxy.map(|host| host.trim().trim_start_matches("*.").trim_start_matches('.').to_lowercase());
        Wire {
            began: Instant::now(),
            proxy,
            no_proxy: no_proxy.filter(|host| !host.is_empty()).collect(),
            roots,
            notes,
            connections: OnceLock::new(),
        }
    }

    /// Returns what a report should say of the way; nothing if nothing was asked.
    pub fn notes(&self) -> Vec<String> {
        self.connections.get().map_or_else(Vec::new, |()| self.notes.clone())
    }

    /// Returns the certificates that are trusted.
    pub(super) fn roots(&self) -> RootCerts {
        self.roots.clone()
    }

    /// Returns the proxy, if there is one.
    pub(super) fn proxy(&self) -> Option<ureq::Proxy> {
        self.proxy.clone()
    }

    /// Returns the proxy for a URL; none for this machine, as browsers do.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<ureq::Proxy> {
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let exempt = |entry: &String| entry == "*" || host == *entry || host.ends_with(&format!(".{entry}"));
        self.proxy.clone().filter(|_| !is_loopback(url) && !self.no_proxy.iter().any(exempt))
    }

    /// Sends a request and reads its answer.
    fn send(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let _ = self.connections.set(());
        let request = hop.request;
        let proxy = self.proxy_for(&request.url);
        let private = Arc::new(AtomicBool::new(is_private_name(&request.url)));
        let resolver =
            Watched { public_only: hop.public_only, is_proxied: proxy.is_some(), private: Arc::clone(&private) };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .timeout_global(Some(hop.timeout))
            .timeout_resolve(Some(CONNECT.min(hop.timeout)))
            .timeout_connect(Some(CONNECT.min(hop.timeout)))
            .user_agent(USER_AGENT)
            .accept("*/*")
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        let mut builder = http::Request::builder().method(request.method).uri(request.url.as_str());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(host) = request.host {
            builder = builder.header("Host", host);
        }
        let mut body = request.body.clone();
        match (request.token, hop.token) {
            (Some(TokenPlace::Bearer), Some(token)) => {
                builder = builder.header("Authorization", format!("Bearer {}", token.0));
            }
            (Some(TokenPlace::Form(field)), Some(token)) => {
                let form = url::form_urlencoded::Serializer::new(String::new()).append_pair(field, &token.0).finish();
                let separator = if body.is_empty() { "" } else { "&" };
                body = format!("{body}{separator}{form}");
            }
            _ => {}
        }
        let sent = match request.method {
            "POST" => builder.body(body).map_err(ureq::Error::Http).and_then(|request| agent.run(request)),
            _ => builder.body(()).map_err(ureq::Error::Http).and_then(|request| agent.run(request)),
        };
        let (parts, body) = sent.map_err(failure)?.into_parts();
        let mut headers = std::collections::BTreeMap::<String, String>::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(&value);
                })
                .or_insert(value);
        }
        // ureq takes the header away with the packing; whatever is left was packed in a way that we did not ask for.
        if let Some(packing) = headers.get("content-encoding").filter(|packing| *packing != "identity") {
            return Err(Failure::Protocol(format!("its body is packed as `{packing}`, which was not asked for")));
        }
        let mut bytes = Vec::new();
        let reader = body.into_with_config().limit(u64::MAX).reader();
        reader.take(hop.body + 1).read_to_end(&mut bytes).map_err(|error| failure(ureq::Error::from(error)))?;
        if bytes.len() as u64 > hop.body {
            return Err(Failure::TooLarge);
        }
        let reply = Reply { status: parts.status.as_u16(), headers, body: bytes, ..Reply::default() };
        Ok(Arrival { reply, private: private.load(Ordering::Relaxed) })
    }

    /// Returns how many minutes this machine's clock is ahead (or, below zero, behind), by the `Date` that the same host says
    /// without encryption; nothing if it is right, or nobody says.
    fn clock_error(&self, hop: &Hop<'_>) -> Option<i64> {
        let mut url = hop.request.url.clone();
        url.set_scheme("http").ok()?;
        url.set_port(None).ok()?;
        url.set_path("/");
        url.set_query(None);
        let request = crate::analytics::exchange::Request::get(url);
        let arrival = self
            .send(&Hop {
                request: &request,
                token: None,
                public_only: hop.public_only,
                timeout: CONNECT,
                body: hop.body,
            })
            .ok()?;
        let theirs = super::date(arrival.reply.header("date")?)?;
        #[expect(clippy::disallowed_methods, reason = "the question is whether the machine's own clock is right")]
        let ours = jiff::Timestamp::now();
        let minutes = ours.duration_since(theirs).as_mins();
        (minutes.abs() >= CLOCK_SLACK).then_some(minutes)
    }
}

impl Line for Wire {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let came = self.send(hop);
        let Err(Failure::Certificate(why)) = came else { return came };
        let off = if is_about_dates(&why) { self.clock_error(hop) } else { None };
        Err(match off.filter(|minutes| explains(*minutes, &why)) {
            Some(minutes) => Failure::Clock(minutes.abs()),
            None => Failure::Certificate(certificate_words(&why)),
        })
    }

    fn wait(&self, span: Duration) {
        std::thread::sleep(span);
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn chance(&self) -> f64 {
        // The seed of a new hash map comes from the system's own source of chance.
        let chance = RandomState::new().build_hasher().finish();
        f64::from(u32::try_from(chance >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

/// Reads a file of certificates in PEM.
fn read_certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err("it holds no certificate".to_owned()),
        false => Ok(certificates),
    }
}

/// Looks names up, and looks at what they come to before anything connects.
#[derive(Debug)]
struct Watched {
    public_only: bool,
    /// With a proxy it is the proxy's name that is looked up; the server's own is the proxy's affair.
    is_proxied: bool,
    private: Arc<AtomicBool>,
}

impl Resolver for Watched {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        // Names below `localhost` are this machine's (RFC 6761), whatever the name server thinks: browsers agree.
        let local = uri.host().filter(|host| host.ends_with(".localhost")).and_then(|_| on_this_machine(uri));
        let uri = local.as_ref().unwrap_or(uri);
        let found = DefaultResolver::default().resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Io(error) => ureq::Error::Other(Box::new(Lookup::of(&error))),
            other => other,
        })?;
        if !self.is_proxied {
            let private = found.iter().any(|address| is_private(address.ip()));
            self.private.store(private, Ordering::Relaxed);
            if private && self.public_only {
                return Err(ureq::Error::Other(Box::new(Lookup::Private)));
            }
        }
        Ok(found)
    }
}

/// Returns an address with this machine instead of its host.
fn on_this_machine(uri: &Uri) -> Option<Uri> {
    let port = uri.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://localhost{port}/", uri.scheme_str()?).parse().ok()
}

/// Why a name led nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    NotFound,
    Failed,
    Private,
}

impl Lookup {
    /// Tells a name that does not exist from a name server in trouble, by the resolver's words: there is no other sign.
    fn of(error: &io::Error) -> Lookup {
        let text = error.to_string();
        let gone = ["Name or service not known", "nodename nor servname", "No address associated", "No such host"];
        match gone.iter().any(|words| text.contains(words)) {
            true => Lookup::NotFound,
            false => Lookup::Failed,
        }
    }
}

impl fmt::Display for Lookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Lookup::NotFound => "no such name",
            Lookup::Failed => "the name could not be looked up",
            Lookup::Private => "a private address",
        })
    }
}

impl std::error::Error for Lookup {}

/// Returns what an error of ureq's is called here.
fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::Timeout,
        ureq::Error::HostNotFound => Failure::NameNotFound,
        ureq::Error::Other(other) => match other.downcast_ref::<Lookup>() {
            Some(Lookup::NotFound) => Failure::NameNotFound,
            Some(Lookup::Failed) => Failure::NameServer,
            Some(Lookup::Private) => {
                Failure::Redirect { to: "a host".to_owned(), why: "whose name leads to a private address" }
            }
            None => Failure::Protocol(other.to_string()),
        },
        ureq::Error::Io(error) => io_failure(&error),
        ureq::Error::Rustls(error) => encryption(&error.to_string()),
        ureq::Error::Tls(why) => encryption(why),
        ureq::Error::ConnectProxyFailed(why) => Failure::Proxy(why),
        ureq::Error::Decompress(_, error) if error.kind() == io::ErrorKind::UnexpectedEof => Failure::Truncated,
        ureq::Error::ConnectionFailed => Failure::Unreachable("no connection came about".to_owned()),
        other => match other.to_string() {
            // A body that is shorter than its length was announced to be.
            why if why.contains("disconnected") || why.contains("end of file") => Failure::Truncated,
            why => Failure::Protocol(why),
        },
    }
}

fn io_failure(error: &io::Error) -> Failure {
    // An error of ureq's own may have been wrapped on its way through a reader.
    if let Some(ureq::Error::Timeout(_)) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        return Failure::Timeout;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::Timeout,
        io::ErrorKind::UnexpectedEof => Failure::Truncated,
        io::ErrorKind::InvalidData => encryption(&error.to_string()),
        _ => Failure::Unreachable(error.to_string()),
    }
}

fn encryption(why: &str) -> Failure {
    match why.strip_prefix("invalid peer certificate: ") {
        // In rustls' own words, until it is known whether the clock is to blame.
        Some(why) => Failure::Certificate(why.to_owned()),
        None => Failure::Encryption(why.to_owned()),
    }
}

/// Says what is wrong with a certificate; what is not known is passed on as it is.
fn certificate_words(why: &str) -> String {
    let lower = why.to_lowercase();
    let says = |word: &str| lower.contains(word);
    if says("expired") {
        return match seconds_off(why) {
            Some(seconds) if seconds >= 86_400 => format!("it has expired {} days ago", seconds / 86_400),
            _ => "it has expired".to_owned(),
        };
    }
    let words = match () {
        () if says("not valid yet") || says("notvalidyet") => "it is not valid yet",
        () if says("unknownissuer") => {
            "nobody whom browsers trust has signed it; it is self-signed, or an intermediate certificate is missing"
        }
        () if says("notvalidforname") || says("not valid for name") => "it is for another host name",
        () if says("causedasendentity") => "it is an authority's own, and not a server's",
        () if says("revoked") => "it was revoked",
        () => why,
    };
    words.to_owned()
}

/// Returns whether a certificate is refused for its dates.
fn is_about_dates(why: &str) -> bool {
    let lower = why.to_lowercase();
    ["expired", "not valid yet", "notvalidyet"].iter().any(|words| lower.contains(words))
}

/// Returns by how many seconds a certificate's dates are missed, which rustls says in brackets at the end.
fn seconds_off(why: &str) -> Option<i64> {
    why.rsplit_once('(')?.1.split(' ').next()?.parse().ok()
}

/// Returns whether a clock that is so many minutes ahead is why a certificate's dates do not fit. One that expired years ago
/// has expired, whatever the hour.
fn explains(minutes: i64, why: &str) -> bool {
    let ahead = if why.to_lowercase().contains("expired") { minutes } else { -minutes };
    seconds_off(why).is_none_or(|seconds| (ahead + 1) * 60 >= seconds)
}

/// Returns whether an address is of this machine, this network, or no proper one.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_broadcast()
                || first == 0
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private(mapped.into()),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_known() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["93.184.215.14", "2606:2800::1", "100.128.0.1"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_told_from_a_name_server_in_trouble() {
        let lookup = |text: &str| Lookup::of(&io::Error::other(text.to_owned()));
        assert_eq!(lookup("failed to lookup address information: Name or service not known"), Lookup::NotFound);
        assert_eq!(
            lookup("failed to lookup address information: Temporary failure in name resolution"),
            Lookup::Failed
        );
    }

    #[test]
    fn errors_get_their_names() {
        assert_eq!(failure(ureq::Error::Io(io::ErrorKind::ConnectionRefused.into())), Failure::Refused);
        assert_eq!(failure(ureq::Error::HostNotFound), Failure::NameNotFound);
        let certificate = io::Error::new(io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer");
        let Failure::Certificate(why) = failure(ureq::Error::Io(certificate)) else {
            panic!("it is about a certificate")
        };
        assert!(!is_about_dates(&why), "{why}");
        assert!(certificate_words(&why).starts_with("nobody whom browsers trust has signed it"), "{why}");
        let expired = "certificate expired: verification time 1795349607 (UNIX), but certificate is not valid after 1609459200 (185890407 seconds ago)";
        assert_eq!(certificate_words(expired), "it has expired 2151 days ago");
        assert!(is_about_dates(expired) && is_about_dates("Expired") && is_about_dates("certificate not valid yet"));
        assert_eq!(certificate_words("BadSignature"), "BadSignature");
    }

    #[test]
    fn only_a_clock_that_is_off_by_as_much_explains_a_certificate_s_dates() {
        let expired = |seconds: i64| format!("certificate expired: not valid after 1 ({seconds} seconds ago)");
        let early =
            |seconds: i64| format!("certificate not valid yet: not valid before 9 ({seconds} seconds in future)");
        assert!(explains(300, &expired(7_200)) && !explains(300, &expired(86_400)) && !explains(-300, &expired(7_200)));
        assert!(explains(-300, &early(7_200)) && !explains(-100, &early(7_200)) && !explains(300, &early(7_200)));
        assert!(explains(300, "Expired"), "how long ago is not said");
    }

    #[test]
    fn this_machine_and_exempt_hosts_need_no_proxy() {
        let wire = Wire::new(&Network {
            proxy: Some("http://me:secret@proxy.example:3128".to_owned()),
            no_proxy: Some(".intern.example, other.example".to_owned()),
            certificates: None,
        });
        let proxied = |url: &str| wire.proxy_for(&Url::parse(url).unwrap()).is_some();
        assert!(proxied("https://stats.example/"));
        assert!(!proxied("http://127.0.0.1:8080/"));
        assert!(!proxied("http://localhost/"));
        assert!(!proxied("https://stats.intern.example/"));
        assert!(!proxied("https://other.example/"));
        assert_eq!(wire.notes, ["asked through the proxy proxy.example:3128"]);
    }
}
