//! The door of the preview with `--tls`, seen by a client that trusts its certificate, and by some that don't.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use watchpost::serve::front::{Listen, listen};

use crate::door::{FILM, LISTEN, Open, PAGE, Reply, connect, exchange, large, until_the_end, wait_for};
use crate::harness::tests;

tests![
    a_certificate_of_our_own_is_for_loopback_and_can_be_told_by_its_fingerprint,
    long_answers_and_events_arrive_whole,
    nothing_is_said_in_the_clear,
    slow_handshakes_keep_nobody_waiting,
];

/// A door with TLS, and a client that trusts it.
struct Secret {
    open: Open,
    trusting: Arc<ClientConfig>,
}

/// A connection through TLS.
type Stream = StreamOwned<ClientConnection, TcpStream>;

fn client(trusted: &[CertificateDer<'static>]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).expect("a certificate");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Arc::new(builder.expect("the usual versions").with_root_certificates(roots).with_no_client_auth())
}

/// Asks for a path, and returns the stream on which the answer comes.
fn request(address: SocketAddr, client: &Arc<ClientConfig>, name: &'static str, path: &str) -> io::Result<Stream> {
    let name = ServerName::try_from(name).expect("a name");
    let mut stream =
        StreamOwned::new(ClientConnection::new(Arc::clone(client), name).expect("a client"), connect(address));
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    Ok(stream)
}

/// Asks for a path, and reads an answer that ends by a farewell, not by being cut off.
fn ask(address: SocketAddr, client: &Arc<ClientConfig>, name: &'static str, path: &str) -> io::Result<Reply> {
    let mut got = Vec::new();
    request(address, client, name, path)?.read_to_end(&mut got)?;
    Ok(Reply::read(&got).expect("an answer"))
}

impl Secret {
    fn new() -> Self {
        let door = listen(&Listen { tls: true, ..LISTEN }).expect("a free port");
        let certificate = CertificateDer::from(door.certificate().expect("TLS is spoken").to_vec());
        Secret { open: Open::door(door), trusting: client(&[certificate]) }
    }

    fn ask(&self, path: &str) -> Reply {
        ask(self.open.address, &self.trusting, "localhost", path).expect("it is trusted")
    }
}

fn a_certificate_of_our_own_is_for_loopback_and_can_be_told_by_its_fingerprint() {
    let door = listen(&Listen { tls: true, ..LISTEN }).expect("a free port");
    let certificate = CertificateDer::from(door.certificate().expect("TLS is spoken").to_vec());
    let fingerprint = door.fingerprint().expect("TLS is spoken");
    assert_eq!(fingerprint.replace(':', "").to_lowercase(), watchpost::digest::Sha256::of(&certificate).to_string());
    assert_eq!(door.origin().scheme(), "https");
    let open = Open::door(door);
    let trusting = client(&[certificate]);
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(ask(open.address, &trusting, name, "/page").expect("it is trusted").text(), PAGE, "{name}");
    }
    assert!(ask(open.address, &trusting, "evil.test", "/page").is_err(), "it is for loopback only");
    assert!(ask(open.address, &client(&[]), "localhost", "/page").is_err(), "whoever does not know it has to ask");
}

fn long_answers_and_events_arrive_whole() {
    let secret = Secret::new();
    assert!(secret.ask("/large").text() == large());
    assert_eq!(secret.ask("/film").body.len() as u64, FILM);
    let mut stream = request(secret.open.address, &secret.trusting, "localhost", "/events").expect("it is trusted");
    wait_for(&mut stream, "\r\n\r\n");
    let sender = secret.open.desk.streams.lock().expect("nobody panics here").pop().expect("it was opened");
    for number in 0..5 {
        sender.send(format!("data: {number}\n\n")).expect("it is open");
        assert_eq!(wait_for(&mut stream, "\n\n"), format!("data: {number}\n\n"));
    }
}

fn nothing_is_said_in_the_clear() {
    let secret = Secret::new();
    let plain = exchange(secret.open.address, b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(!String::from_utf8_lossy(&plain).contains("HTTP/"), "{}", String::from_utf8_lossy(&plain));
    assert_eq!(secret.open.asked(), 0);
}

fn slow_handshakes_keep_nobody_waiting() {
    let secret = Secret::new();
    let begun = Instant::now();
    // Nothing at all, and a hello that claims to be longer than it is.
    let hellos: [&[u8]; 2] = [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"];
    let mut clients: Vec<TcpStream> = Vec::new();
    for number in 0..150 {
        let mut client = connect(secret.open.address);
        let _ = client.write_all(hellos[number % 2]);
        clients.push(client);
        if number % 10 == 0 {
            let asked = Instant::now();
            assert_eq!(secret.ask("/page").text(), PAGE);
            assert!(asked.elapsed() < Duration::from_secs(1), "a page took {:?}", asked.elapsed());
        }
    }
    for client in &mut clients {
        until_the_end(client);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "the last was sent off after {:?}", begun.elapsed());
}
