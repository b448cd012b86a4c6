//! Owns the manners of asking: how long, how often, where redirects may lead, and what an outage is
//! called. [`Dialer`] keeps them over any [`Line`]; the real one is `wire`, the only code that opens a
//! connection, and tests play recorded ones.
//!
//! It sends a request that may be recorded once and only for a read-back, never sends a token to another host,
//! and never hammers: a loop of eager retries is how clients kill a server that is merely slow.

mod errand;
mod secret;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use crate::analytics::exchange::{Reply, Request};
use crate::config::Token;

pub use errand::{Broken, Errand, Errands, Fulfilled};
pub use wire::Wire;

/// How long one request may take in all.
pub const WHOLE: Duration = Duration::from_secs(15);
/// How long a connection may take to stand.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How long a run may ask.
pub const RUN: Duration = Duration::from_secs(30);
/// How many bytes of a body are read, decoded.
pub const BODY: u64 = 2 * 1024 * 1024;
/// How many redirects one request may follow.
pub const REDIRECTS: usize = 3;
/// How often, in all, one host may be asked again in a run.
pub const RETRIES: u32 = 2;
/// How long a server may ask us to wait.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How many questions one analytics table may cost, redirects and retries aside.
pub const QUESTIONS: usize = 5;

/// How this machine reaches the network: values of its environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The proxy for everything that is not on this machine.
    pub proxy: Option<String>,
    /// The hosts that need none.
    pub no_proxy: Option<String>,
    /// A file of certificates to trust instead of the built-in ones.
    pub certificates: Option<PathBuf>,
}

impl Network {
    /// Reads the variables that everybody reads: `HTTPS_PROXY`, `ALL_PROXY`, `HTTP_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`.
    pub fn from_environment(environment: &BTreeMap<String, String>) -> Network {
        let first = |names: &[&str]| {
            let cases = names.iter().flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
            cases.filter_map(|name| environment.get(&name)).find(|value| !value.trim().is_empty()).cloned()
        };
        Network {
            proxy: first(&["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"]),
            no_proxy: first(&["NO_PROXY"]),
            certificates: first(&["SSL_CERT_FILE"]).map(PathBuf::from),
        }
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing listens there.
    Refused,
    /// It took too long.
    Timeout,
    /// No such name exists.
    NameNotFound,
    /// The name could not be looked up.
    NameServer,
    /// There is no way to the host, or the connection broke.
    Unreachable(String),
    /// The answer ended before its end.
    Truncated,
    /// The body is longer than any tracker.
    TooLarge,
    /// The certificate is not good for this host now.
    Certificate(String),
    /// The certificate's dates do not fit, and this machine's clock is off by so many minutes.
    Clock(i64),
    /// No encrypted connection came about, for another reason.
    Encryption(String),
    /// A redirect leads where none may lead.
    Redirect {
        /// Where it leads.
        to: String,
        /// Why it is not followed.
        why: &'static str,
    },
    /// One redirect leads to the next.
    TooManyRedirects,
    /// The proxy did not let us through.
    Proxy(String),
    /// The answer is no HTTP.
    Protocol(String),
    /// The host failed before in this run, and was not asked again.
    HostDown(String),
    /// The run's time is over.
    OutOfTime,
}

impl Failure {
    /// Returns the reason's stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::Timeout => "timeout",
            Failure::NameNotFound => "name-not-found",
            Failure::NameServer => "name-server",
            Failure::Unreachable(_) => "unreachable",
            Failure::Truncated => "truncated",
            Failure::TooLarge => "too-large",
            Failure::Certificate(_) => "certificate",
            Failure::Clock(_) => "clock",
            Failure::Encryption(_) => "encryption",
            Failure::Redirect { .. } => "redirect",
            Failure::TooManyRedirects => "redirects",
            Failure::Proxy(_) => "proxy",
            Failure::Protocol(_) => "protocol",
            Failure::HostDown(_) => "host-down",
            Failure::OutOfTime => "out-of-time",
        }
    }

    /// Returns whether it proves that browsers fail too, rather than that nothing could be told.
    pub fn is_drift(&self) -> bool {
        matches!(
            self,
            Failure::NameNotFound | Failure::Certificate(_) | Failure::Redirect { .. } | Failure::TooManyRedirects
        )
    }

    /// Says what happened, as the end of a sentence that starts with an address.
    pub fn words(&self) -> String {
        match self {
            Failure::Refused => "refuses connections: nothing listens there".to_owned(),
            Failure::Timeout => "did not answer in time".to_owned(),
            Failure::NameNotFound => "has a host name that does not exist".to_owned(),
            Failure::NameServer => "has a host name that could not be looked up just now".to_owned(),
            Failure::Unreachable(why) => format!("cannot be reached: {why}"),
            Failure::Truncated => "stopped in the middle of its answer".to_owned(),
            Failure::TooLarge => "answers with more bytes than any such file has".to_owned(),
            Failure::Certificate(why) => format!("has a certificate that no browser accepts: {why}"),
            Failure::Clock(minutes) => format!(
                "has a certificate whose dates do not fit, because this machine's clock is off by {minutes} min"
            ),
            Failure::Encryption(why) => format!("does not come to an encrypted connection: {why}"),
            Failure::Redirect { to, why } => format!("redirects to `{to}`, {why}"),
            Failure::TooManyRedirects => format!("redirects more than {REDIRECTS} times"),
            Failure::Proxy(why) => format!("is behind a proxy that does not let us through: {why}"),
            Failure::Protocol(why) => format!("answers with something that is no HTTP: {why}"),
            Failure::HostDown(why) => format!("was not asked again: its host {why}"),
            Failure::OutOfTime => "was not asked: the time of this run was over".to_owned(),
        }
    }

    /// Says what to do.
    pub fn fix(&self) -> &'static str {
        match self {
            Failure::Refused | Failure::Timeout | Failure::Unreachable(_) | Failure::HostDown(_) => {
                "see whether the server runs and is reached from here, then run this again"
            }
            Failure::NameNotFound => "correct `endpoint` in site.toml, or bring the name back",
            Failure::NameServer => "see whether this machine is online, then run this again",
            Failure::Certificate(_) => "renew the server's certificate: until then, browsers load nothing from it",
            Failure::Clock(_) => "set this machine's clock, then run this again",
            Failure::Redirect { .. } | Failure::TooManyRedirects => {
                "write the address that serves the answer itself into site.toml"
            }
            Failure::Proxy(_) => "look at `HTTPS_PROXY` and `NO_PROXY`",
            Failure::OutOfTime => "run this again when the servers answer faster",
            Failure::Truncated | Failure::TooLarge | Failure::Encryption(_) | Failure::Protocol(_) => {
                "open the address in a browser and see what it serves, then run this again"
            }
        }
    }

    /// Returns whether asking again at once may help.
    fn is_worth_a_retry(&self) -> bool {
        matches!(self, Failure::Refused | Failure::Unreachable(_))
    }
}

/// One request as it goes over the line: redirects are not followed here.
#[derive(Debug)]
pub struct Hop<'a> {
    /// What to send.
    pub request: &'a Request,
    /// What to send with it, where the request says.
    pub token: Option<&'a Token>,
    /// Whether it may go to public addresses only.
    pub public_only: bool,
    /// How long it may take.
    pub timeout: Duration,
    /// How many bytes of the body are read, decoded.
    pub body: u64,
}

/// How much a run may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long it may ask.
    pub run: Duration,
    /// How many bytes of a body are read, decoded.
    pub body: u64,
}

impl Default for Budget {
    /// The one of a run that asks analytics servers.
    fn default() -> Self {
        Budget { run: RUN, body: BODY }
    }
}

/// What came back over the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The reply.
    pub reply: Reply,
    /// Whether the address that answered is a private one.
    pub private: bool,
}

/// A way to servers, and the time.
pub trait Line {
    /// Sends one request and returns its answer, redirect or not.
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure>;
    /// Waits.
    fn wait(&self, span: Duration);
    /// Returns how long the run has taken.
    fn elapsed(&self) -> Duration;
    /// Returns a number from 0 to 1 that nobody can foresee.
    fn chance(&self) -> f64;
}

/// Asks over a line, with manners.
pub struct Dialer<'l> {
    line: &'l dyn Line,
    budget: Budget,
    hosts: BTreeMap<String, HostMemory>,
    secrets: BTreeSet<String>,
    sent: usize,
}

/// What a run remembers of a host.
#[derive(Debug, Default)]
struct HostMemory {
    retries: u32,
    down: Option<String>,
}

impl<'l> Dialer<'l> {
    /// Starts a run.
    pub fn new(line: &'l dyn Line) -> Self {
        Dialer::within(line, Budget::default())
    }

    /// Starts a run that may cost more, or less.
    pub fn within(line: &'l dyn Line, budget: Budget) -> Self {
        Dialer { line, budget, hosts: BTreeMap::new(), secrets: BTreeSet::new(), sent: 0 }
    }

    /// Returns how many requests went over the line.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Asks; `settled` says whether the provider makes something of a reply, so that it need not be asked again.
    pub fn ask(
        &mut self,
        request: &Request,
        token: Option<&Token>,
        settled: &dyn Fn(&Reply) -> bool,
    ) -> Result<Reply, Failure> {
        self.secrets.extend(token.into_iter().flat_map(secret::forms));
        let mut request = request.clone();
        let mut token = token.filter(|_| request.token.is_some());
        let mut via = Vec::new();
        let mut public_only = false;
        loop {
            let mut arrival = self.persist(&request, token, public_only, settled)?;
            let Some(next) = redirect(&request, &arrival.reply) else {
                arrival.reply.url = request.url.to_string();
                arrival.reply.via = via;
                return Ok(arrival.reply);
            };
            let to = next.as_ref().map_or_else(Clone::clone, |next| next.url.to_string());
            let refuse = |why| Err(Failure::Redirect { to: to.clone(), why });
            let Ok(next) = next else { return refuse("which is no address") };
            if via.len() == REDIRECTS {
                return Err(Failure::TooManyRedirects);
            }
            match next.url.scheme() {
                "https" => {}
                "http" if request.url.scheme() == "http" && arrival.private => {}
                "http" => return refuse("which is not encrypted"),
                _ => return refuse("which is no web address"),
            }
            // From a private host the way may lead anywhere; from a public one never to a private one.
            public_only |= !arrival.private;
            if public_only && is_private_name(&next.url) {
                return refuse("which is a private address");
            }
            if next.url.origin() != request.url.origin() {
                token = None;
            }
            via.push(request.url.to_string());
            request = next;
        }
    }

    /// Sends what may be recorded: once, whatever comes of it, and to nowhere else. The token is not sent; a server that
    /// knows it may say it all the same.
    pub fn send_once(&mut self, request: &Request, token: Option<&Token>) -> Result<Reply, Failure> {
        self.secrets.extend(token.into_iter().flat_map(secret::forms));
        let host = authority(&request.url);
        if let Some(why) = self.hosts.entry(host.clone()).or_default().down.clone() {
            return Err(Failure::HostDown(why));
        }
        let left = RUN.saturating_sub(self.line.elapsed());
        if left.is_zero() {
            return Err(Failure::OutOfTime);
        }
        self.sent += 1;
        let hop = Hop { request, token: None, public_only: false, timeout: WHOLE.min(left), body: self.budget.body };
        let came = secret::hidden(self.line.exchange(&hop), &self.secrets);
        let arrival = came.inspect_err(|failure| self.down(&host, failure.words()))?;
        Ok(Reply { url: request.url.to_string(), ..arrival.reply })
    }

    /// Waits, if there is so much time left in the run.
    pub fn wait(&mut self, span: Duration) -> Result<(), Failure> {
        if self.line.elapsed() + span >= RUN {
            return Err(Failure::OutOfTime);
        }
        self.line.wait(span);
        Ok(())
    }

    /// Asks for one hop, and again where that may help.
    fn persist(
        &mut self,
        request: &Request,
        token: Option<&Token>,
        public_only: bool,
        settled: &dyn Fn(&Reply) -> bool,
    ) -> Result<Arrival, Failure> {
        let host = authority(&request.url);
        loop {
            if let Some(why) = self.hosts.entry(host.clone()).or_default().down.clone() {
                return Err(Failure::HostDown(why));
            }
            let left = self.budget.run.saturating_sub(self.line.elapsed());
            if left.is_zero() {
                return Err(Failure::OutOfTime);
            }
            self.sent += 1;
            let came = self.line.exchange(&Hop {
                request,
                token,
                public_only,
                timeout: WHOLE.min(left),
                body: self.budget.body,
            });
            // What was sent may be sent back: from here on nobody sees it.
            let came = secret::hidden(came, &self.secrets);
            let pause = match &came {
                Ok(arrival) if is_passing(&arrival.reply) && !settled(&arrival.reply) => retry_after(&arrival.reply),
                Err(failure) if failure.is_worth_a_retry() => Some(Duration::ZERO),
                Err(Failure::Timeout) => {
                    self.down(&host, Failure::Timeout.words());
                    return came;
                }
                _ => return came,
            };
            let words = match &came {
                Ok(arrival) => format!("answered {}", arrival.reply.status),
                Err(failure) => failure.words(),
            };
            let retries = self.hosts.get(&host).map_or(0, |memory| memory.retries);
            // Twice as long each time, and not in step with others who were turned away.
            let backoff = Duration::from_millis(200 << retries).mul_f64(1.0 + self.line.chance());
            // A server tells all that it turns away the same time: they must not come back as one.
            let spread = |pause: Duration| pause.mul_f64(1.0 + self.line.chance() / 2.0).max(backoff);
            let Some(pause) = pause.map(spread).filter(|_| retries < RETRIES) else {
                self.down(&host, words);
                return came;
            };
            if self.line.elapsed() + pause >= self.budget.run {
                self.down(&host, words);
                return came;
            }
            self.hosts.entry(host.clone()).or_default().retries += 1;
            self.line.wait(pause);
        }
    }

    fn down(&mut self, host: &str, why: String) {
        self.hosts.entry(host.to_owned()).or_default().down = Some(why);
    }
}

/// Returns whether a status says that the server is in passing trouble.
fn is_passing(reply: &Reply) -> bool {
    reply.status == 429 || reply.status >= 500
}

/// Returns how long a server asks us to wait: nothing at all if it is longer than our patience, or cannot be told.
fn retry_after(reply: &Reply) -> Option<Duration> {
    let Some(text) = reply.header("retry-after") else { return Some(Duration::ZERO) };
    let seconds = match text.trim().parse() {
        Ok(seconds) => seconds,
        // A date is one by the server's clock, which need not be ours.
        Err(_) => {
            let (until, now) = (date(text)?, date(reply.header("date")?)?);
            u64::try_from(until.duration_since(now).as_secs()).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds)).filter(|pause| *pause <= PATIENCE)
}

/// Reads a date as HTTP writes it.
fn date(text: &str) -> Option<jiff::Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp())
}

/// Returns where a reply redirects to, as browsers read it; the text if it is no address.
fn redirect(request: &Request, reply: &Reply) -> Option<Result<Request, String>> {
    if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.header("location")?;
    let Ok(mut url) = request.url.join(location) else { return Some(Err(location.to_owned())) };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(Err(location.to_owned()));
    }
    // A redirect cannot smuggle a name and a password in.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(Ok(match reply.status {
        307 | 308 => Request { url, ..request.clone() },
        _ if request.method == "GET" => Request { url, ..request.clone() },
        _ => {
            let headers = request.headers.iter().filter(|(name, _)| *name != "Content-Type").cloned().collect();
            Request { method: "GET", url, headers, body: String::new(), token: None, ..request.clone() }
        }
    }))
}

fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Returns whether a URL's host is private by its very name.
pub fn is_private_name(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => wire::is_private(address.into()),
        Some(Host::Ipv6(address)) => wire::is_private(address.into()),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => true,
    }
}

/// Returns whether a URL's host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests;
