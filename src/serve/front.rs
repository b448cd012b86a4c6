//! Owns the door of the preview: it listens, lets in what may come in, and hands it to a [`Desk`].
//!
//! tiny_http reads and answers the requests, but it sets no limits: slow clients, long heads and a lack of open files bring
//! it down, and foreign hosts and odd paths go through it untouched. So it stands behind this door, on a private socket:
//!
//! ```text
//! browser ── relay ─ guest: head → admission → errand ══ private socket ══ inner (tiny_http) ─ clerk ─ Desk
//! ```
//!
//! One thread, the relay, attends to all connections and waits for none; `docs/decisions/0010-the-door.md` says why.

mod admission;
mod clerk;
mod errand;
mod events;
mod guest;
mod head;
mod inner;
mod places;
mod range;
mod refusal;
mod relay;
mod target;
mod tickets;
mod tls;
mod wire;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use url::Url;

use self::admission::Rules;
use self::clerk::Clerk;
use self::inner::PrivateSocket;
use self::relay::{Ground, Relay};
use self::tls::Identity;
use super::exchange::Desk;
use crate::diagnostic::Diagnostic;

/// The port that is tried first.
pub const DEFAULT_PORT: u16 = 2011;
/// How many ports are tried.
const MOST_PORTS: u16 = 20;
/// The most streams of events; each has a thread.
const MOST_STREAMS: usize = 16;
/// How many connections the system keeps until they are received. The usual 128 are less than a siege, and whoever finds no
/// room knocks again after a second only.
const MOST_KNOCKING: i32 = 1024;
/// How long to wait before the relay is started again after a panic.
const AFTER_PANIC: Duration = Duration::from_millis(50);

/// Where to listen, and how.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address to bind to.
    pub bind: IpAddr,
    /// The port; 0 takes any that is free, and nothing the first free one from [`DEFAULT_PORT`] on.
    pub port: Option<u16>,
    /// Whether to speak TLS, with a certificate made for this run.
    pub tls: bool,
    /// Where POST is allowed, with `/` at both ends: `/__blog/stats/`.
    pub post_below: &'static str,
}

/// A door that is built and still closed: its address is known, and whoever comes has to wait.
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    identity: Option<Identity>,
    socket: PrivateSocket,
    ends: (UnixStream, UnixStream),
    rules: Rules,
}

/// An open door. It closes when this value is dropped.
pub struct Running {
    end: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

/// Binds to an address, and does not answer yet.
pub fn listen(listen: &Listen) -> Result<Door, Diagnostic> {
    let listener = bind(listen)?;
    let refused = |error: io::Error| cannot_listen(listen.bind, &error);
    listener.set_nonblocking(true).map_err(refused)?;
    rustix::net::listen(&listener, MOST_KNOCKING).map_err(|error| refused(error.into()))?;
    let address = listener.local_addr().map_err(refused)?;
    let identity = match listen.tls {
        true => Some(Identity::make(listen.bind).map_err(|error| {
            Diagnostic::error(
                "serve/certificate",
                format!("a certificate for `{}` could not be made: {error}", listen.bind),
            )
            .hint("leave `--tls` away: browsers trust loopback without it")
        })?),
        false => None,
    };
    let private = |error: io::Error| {
        Diagnostic::error(
            "serve/private-socket",
            format!("the private socket of the preview could not be made: {error}"),
        )
        .hint("make sure that the folder for temporary files exists and may be written to; `TMPDIR` names another")
    };
    let socket = PrivateSocket::make().map_err(private)?;
    let ends = UnixStream::pair().map_err(private)?;
    let rules = Rules { bind: listen.bind, port: address.port(), tls: listen.tls, post_below: listen.post_below };
    Ok(Door { listener, address, identity, socket, ends, rules })
}

/// Binds to the port that is wanted, or to the first that is free.
fn bind(listen: &Listen) -> Result<TcpListener, Diagnostic> {
    let (first, count) = match listen.port {
        Some(port) => (port, 1),
        None => (DEFAULT_PORT, MOST_PORTS),
    };
    for port in first..first.saturating_add(count) {
        match TcpListener::bind((listen.bind, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(cannot_listen(listen.bind, &error)),
        }
    }
    Err(match listen.port {
        Some(port) => Diagnostic::error("serve/port-taken", format!("port {port} is taken by another program"))
            .hint("leave `--port` away to take the next free one, or end the other program"),
        None => Diagnostic::error(
            "serve/port-taken",
            format!("the ports {first} to {} are all taken", first.saturating_add(count - 1)),
        )
        .hint("`--port 0` takes any port that is free"),
    })
}

fn cannot_listen(bind: IpAddr, error: &io::Error) -> Diagnostic {
    let wrong = Diagnostic::error("serve/listen", format!("the preview cannot listen at `{bind}`: {error}"));
    match error.kind() {
        io::ErrorKind::PermissionDenied => wrong.hint("ports below 1024 belong to the system: choose a higher one"),
        io::ErrorKind::AddrNotAvailable => wrong.hint("`--bind` takes an address of this machine"),
        _ => wrong,
    }
}

impl Door {
    /// Returns the address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address for a browser on this machine.
    pub fn origin(&self) -> Url {
        let host = match self.rules.bind {
            IpAddr::V4(bind) if bind.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(bind) if bind.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            bind => bind,
        };
        let scheme = if self.rules.tls { "https" } else { "http" };
        let authority = SocketAddr::new(host, self.rules.port);
        Url::parse(&format!("{scheme}://{authority}/")).expect("a scheme, an address and a port make a URL")
    }

    /// Returns the SHA-256 fingerprint of the certificate, if TLS is spoken: `AB:CD:…`.
    pub fn fingerprint(&self) -> Option<String> {
        self.identity.as_ref().map(Identity::fingerprint)
    }

    /// Returns the certificate in DER, if TLS is spoken, for a client that is to trust it.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.identity.as_ref().map(|identity| identity.certificate.as_ref())
    }

    /// Opens it: from now on the desk is asked.
    pub fn open(self, desk: Arc<dyn Desk>) -> Running {
        let places = places::places(getrlimit(Resource::Nofile).current);
        let clerk = Arc::new(Clerk::new(desk, Arc::default(), MOST_STREAMS.min(places / 2)));
        let (end, far_end) = self.ends;
        let tls = self.identity.map(|identity| identity.settings);
        let ground = Ground { listener: self.listener, end: far_end, rules: self.rules, tls, clerk, places };
        let mut socket = Some(self.socket);
        let work = move || keep_going(AFTER_PANIC, || Relay::new(&ground, socket.take()).run());
        let thread = std::thread::Builder::new().name("serve-door".to_owned()).spawn(work);
        // Without it nobody is received, and the listener has gone with it: a browser is refused at once.
        Running { end: Some(end), thread: thread.ok() }
    }
}

impl Running {
    /// Closes the door at once: nobody is received any more, and everybody is sent off.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // It has caught its panics.
            let _ = thread.join();
        }
    }
}

/// Works until that ends without a panic. The listener stays, so nobody finds the port closed meanwhile.
fn keep_going(pause: Duration, mut work: impl FnMut()) {
    while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
        std::thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests;
