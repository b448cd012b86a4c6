//! A server that misbehaves as a test says: a proxy on loopback behind which every host is this server, with a certificate that
//! is good, expired, its own or not valid yet. So the program asks `https://stats.example/`, and nothing leaves the machine.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The hosts that certificates are for.
const HOSTS: [&str; 2] = ["stats.example", "other.example"];

/// What certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Signed by the authority that the test trusts, valid now.
    Good,
    /// The same, and expired.
    Expired,
    /// The same, and not valid before some hours from now.
    Early,
    /// Signed by itself.
    Own,
}

/// An authority of this run's own.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Makes one.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).expect("a certificate").der().clone();
        Authority { issuer: Issuer::new(parameters, key), certificate }
    }

    /// Returns its certificate as a file that `SSL_CERT_FILE` may name.
    pub(crate) fn pem(&self) -> String {
        let lines: Vec<String> = base64(&self.certificate)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    fn settings(&self, certificate: Certificate) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(HOSTS.map(str::to_owned)).expect("they are names");
        match certificate {
            Certificate::Expired => {
                (parameters.not_before, parameters.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
            }
            Certificate::Early => {
                parameters.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(now() + 7_200)
            }
            Certificate::Good | Certificate::Own => {}
        }
        let signed = match certificate {
            Certificate::Own => parameters.self_signed(&key),
            _ => parameters.signed_by(&key, &self.issuer),
        };
        let chain = vec![signed.expect("a certificate").der().clone()];
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let settings = builder.expect("the usual versions").with_no_client_auth().with_single_cert(chain, secret);
        Arc::new(settings.expect("the key fits"))
    }
}

/// One request that came through.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The path with its query.
    pub(crate) path: String,
    /// The `Host` header.
    pub(crate) host: String,
    /// The body.
    pub(crate) body: String,
    /// Whether it came encrypted.
    pub(crate) secret: bool,
}

/// What a server does with a request.
pub(crate) type Answer = fn(&Asked, &mut dyn Stream) -> io::Result<()>;

/// A connection, encrypted or not.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A server that runs until it is dropped.
pub(crate) struct Crooked {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Asked>>>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Crooked {
    /// Starts it on a free port.
    pub(crate) fn start(authority: &Authority, certificate: Certificate, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let settings = authority.settings(certificate);
        let log: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let done: Arc<AtomicBool> = Arc::default();
        let (kept, ended) = (Arc::clone(&log), Arc::clone(&done));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let (settings, log) = (Arc::clone(&settings), Arc::clone(&kept));
                // A client that leaves in the middle is what these tests are about.
                std::thread::spawn(move || _ = serve(stream, settings, &log, answer));
            }
        });
        Crooked { address, log, done, thread: Some(thread) }
    }

    /// Returns its address as a proxy.
    pub(crate) fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what it was asked, without what came in the clear.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let log = self.log.lock().expect("nobody panics while holding this");
        log.iter().filter(|asked| asked.secret).cloned().collect()
    }
}

impl Drop for Crooked {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    settings: Arc<ServerConfig>,
    log: &Mutex<Vec<Asked>>,
    answer: Answer,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let (head, body) = request(&mut stream)?;
    let Some(target) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        return answered(&head, body, false, &mut stream, log, answer);
    };
    let is_plain = target.ends_with(":80");
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    if is_plain {
        let (head, body) = request(&mut stream)?;
        return answered(&head, body, false, &mut stream, log, answer);
    }
    let connection = ServerConnection::new(settings).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let (head, body) = request(&mut stream)?;
    answered(&head, body, true, &mut stream, log, answer)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn answered(
    head: &str,
    body: String,
    secret: bool,
    stream: &mut dyn Stream,
    log: &Mutex<Vec<Asked>>,
    answer: Answer,
) -> io::Result<()> {
    let header = |name: &str| {
        head.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { path, host: header("host:").unwrap_or_default(), body, secret };
    log.lock().expect("nobody panics while holding this").push(asked.clone());
    match secret {
        true => answer(&asked, stream),
        // Whoever asks in the clear asks for the time: hours from ours.
        false => {
            let theirs = jiff::Timestamp::from_second(i64::try_from(now() + 5 * 3_600).expect("it is this century"))
                .expect("a time");
            let date = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT");
            write!(
                stream,
                "HTTP/1.1 301 Moved\r\nDate: {date}\r\nLocation: https://stats.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )?;
            stream.flush()
        }
    }
}

/// Reads a request: its head and its body.
fn request(stream: &mut (impl Read + ?Sized)) -> io::Result<(String, String)> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok((head, String::from_utf8_lossy(&body).into_owned()))
}

/// Returns a body in gzip that is `x` so many times over: one letter, and a back reference of 258 letters again and again.
pub(crate) fn bomb(letters: usize) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let (mut held, mut count) = (0_u64, 0);
    let mut put = |bits: u64, width: u32| {
        held |= bits << count;
        count += width;
        while count >= 8 {
            packed.push(u8::try_from(held & 0xff).expect("eight bits"));
            held >>= 8;
            count -= 8;
        }
    };
    // A last block with the fixed codes; codes stand with their highest bit first.
    put(0b011, 3);
    put(u64::from((0x30 + b'x').reverse_bits()), 8);
    for _ in 0..letters / 258 {
        put(u64::from(0b1100_0101_u8.reverse_bits()), 8);
        put(0, 5);
    }
    put(0, 7);
    put(0, 8);
    packed
}

#[expect(clippy::disallowed_methods, reason = "certificates are valid or not by the machine's own clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, index| bits << 8 | usize::from(group.get(index).copied().unwrap_or(0)));
        let letter =
            |index: usize| if index <= group.len() { char::from(LETTERS[bits >> (18 - 6 * index) & 63]) } else { '=' };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
