//! Owns the loopback end of every connection that the browser makes: a proxy that contacts nobody. Whatever
//! host and port a page names, the connection ends here, encrypted with a certificate that only this browser trusts.
//!
//! Gives [`Door`], which hands each request to one function and sends back what that answers. Knows nothing of sites
//! and analytics. A proxy, rather than made-up name resolution, because it sees every host and every port, loopback too.

mod wire;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData as _};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::Digest as _;
use url::Url;

use wire::{Head, Wire};

/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(30);
/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 0x16;

/// One request of the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST` …
    pub method: String,
    /// The whole address.
    pub url: Url,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// Returns a header's value; its name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// Answers with a status and nothing else.
    pub fn empty(status: u16) -> Self {
        Answered { status, ..Answered::default() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Answers a request.
pub(super) type Answerer = Arc<dyn Fn(&Asked) -> Answered + Send + Sync>;

/// A certificate of one run, and how the browser is told to trust it.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    settings: Arc<ServerConfig>,
    /// The SHA-256 of its public key, as `--ignore-certificate-errors-spki-list` wants it.
    pub(super) key: String,
}

impl Identity {
    /// Makes one. It lives in memory, and goes with the run.
    pub(super) fn make() -> Result<Identity, String> {
        let mut parameters =
            CertificateParams::new(vec!["watchpost.invalid".to_owned()]).map_err(|error| error.to_string())?;
        parameters.distinguished_name.push(DnType::CommonName, "blog check --browser");
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let digest = sha2::Sha256::digest(key.subject_public_key_info());
        let certificate = parameters.self_signed(&key).map_err(|error| error.to_string())?.der().clone();
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut settings = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], secret)
            .map_err(|error| error.to_string())?;
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Identity { settings: Arc::new(settings), key: crate::guard::csp::base64(&digest) })
    }
}

/// A proxy on a free loopback port; it closes, with all its connections, when it is dropped.
pub(super) struct Door {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Answerer,
    tls: Arc<ServerConfig>,
    closed: AtomicBool,
    /// When something was last asked.
    last: Mutex<Instant>,
    connections: Mutex<Vec<(TcpStream, JoinHandle<()>)>>,
}

impl Door {
    /// Opens one.
    pub(super) fn open(identity: &Identity, answer: Answerer) -> io::Result<Door> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            answer,
            tls: Arc::clone(&identity.settings),
            closed: AtomicBool::new(false),
            last: Mutex::new(Instant::now()),
            connections: Mutex::default(),
        });
        let kept = Arc::clone(&shared);
        let accepting =
            thread::Builder::new().name("browser-door".to_owned()).spawn(move || accept(&listener, &kept))?;
        Ok(Door { address, shared, accepting: Some(accepting) })
    }

    /// Returns what the browser is to take for its proxy.
    pub(super) fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns when something was last asked.
    pub(super) fn last(&self) -> Instant {
        *self.shared.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // A connection of our own wakes the thread that waits for one.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let connections = std::mem::take(&mut *self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner));
        for (stream, _) in &connections {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for (_, thread) in connections {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.closed.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(kept) = stream.try_clone() else { continue };
        let own = Arc::clone(shared);
        let spawned = thread::Builder::new().name("browser-connection".to_owned()).spawn(move || {
            let ended = stream.try_clone();
            // A browser that hangs up in the midst of something has its reasons.
            let _ = converse(stream, &own);
            // The copy that is kept for closing would hold the connection open.
            let _ = ended.and_then(|stream| stream.shutdown(Shutdown::Both));
        });
        let Ok(thread) = spawned else { continue };
        let mut connections = shared.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|(_, thread)| !thread.is_finished());
        connections.push((kept, thread));
    }
}

/// Takes the requests of one connection, one after the other.
fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut wire = Wire::new(stream);
    loop {
        let Some(head) = wire.head()? else { return Ok(()) };
        if head.method == "CONNECT" {
            let mut stream = wire.into_stream();
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
            let mut first = [0];
            if stream.peek(&mut first)? == 0 {
                return Ok(());
            }
            return match first[0] {
                HANDSHAKE => {
                    let connection = ServerConnection::new(Arc::clone(&shared.tls)).map_err(io::Error::other)?;
                    tunnel(StreamOwned::new(connection, stream), "https", &head.target, shared)
                }
                _ => tunnel(stream, "http", &head.target, shared),
            };
        }
        let Ok(url) = Url::parse(&head.target) else { return wire.send("GET", &Answered::empty(400)) };
        exchange(&mut wire, head, url, shared)?;
    }
}

/// Takes the requests to one host and port.
fn tunnel<S: io::Read + io::Write>(stream: S, scheme: &str, authority: &str, shared: &Shared) -> io::Result<()> {
    let mut wire = Wire::new(stream);
    while let Some(head) = wire.head()? {
        let Ok(url) = Url::parse(&format!("{scheme}://{authority}{}", head.target)) else {
            return wire.send("GET", &Answered::empty(400));
        };
        exchange(&mut wire, head, url, shared)?;
    }
    Ok(())
}

fn exchange<S: io::Read + io::Write>(wire: &mut Wire<S>, head: Head, url: Url, shared: &Shared) -> io::Result<()> {
    let body = wire.body(&head)?;
    let asked = Asked { method: head.method, url, headers: head.headers, body };
    *shared.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    let answered = (shared.answer)(&asked);
    wire.send(&asked.method, &answered)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn echo() -> Answerer {
        Arc::new(|asked| Answered {
            status: 200,
            headers: vec![("X-Method".to_owned(), asked.method.clone())],
            body: format!("{} {}", asked.url, String::from_utf8_lossy(&asked.body)).into_bytes(),
        })
    }

    fn say(door: &Door, words: &str) -> String {
        let mut stream = TcpStream::connect(door.address).unwrap();
        stream.write_all(words.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).unwrap();
        heard
    }

    #[test]
    fn every_host_and_port_ends_here() {
        let door = Door::open(&Identity::make().unwrap(), echo()).unwrap();
        let heard = say(
            &door,
            "POST http://a.example:81/x?y HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabcGET http://b.example/ HTTP/1.1\r\n\r\n",
        );
        assert!(heard.contains("x-method: POST\r\n") && heard.contains("http://a.example:81/x?y abc"), "{heard}");
        assert!(heard.ends_with("http://b.example/ "), "{heard}");
    }

    #[test]
    fn nonsense_is_refused_and_ends_the_connection() {
        let door = Door::open(&Identity::make().unwrap(), echo()).unwrap();
        assert!(say(&door, "GET /no-proxy-request HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400"));
        assert_eq!(say(&door, "one two\r\n\r\n"), "");
        assert_eq!(say(&door, &format!("GET http://a.example/{} HTTP/1.1", "x".repeat(200_000))), "");
    }
}
