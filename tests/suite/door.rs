//! The driver of the preview's door: a desk that answers anything one could wish to see, and a client that speaks raw bytes.
//!
//! `DOOR_IN_A_CHILD` makes this binary be a preview of its own, so that its threads, memory and open files can be counted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use watchpost::serve::exchange::{Answer, Asked, Body, Desk};
use watchpost::serve::front::{Door, Listen, Running, listen};

/// Loopback, any port, POST where the stand-in is.
pub(crate) const LISTEN: Listen =
    Listen { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: Some(0), tls: false, post_below: "/__blog/stats/" };
/// What `/page` says.
pub(crate) const PAGE: &str = "<p>a draft that nobody else may read</p>";
/// How many bytes `/film` has.
pub(crate) const FILM: u64 = 40 * 1024 * 1024;
/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const IN_A_CHILD: &str = "DOOR_IN_A_CHILD";

/// A desk that keeps no rules of its own.
pub(crate) struct Reckless {
    folder: tempfile::TempDir,
    /// How often it was asked.
    pub(crate) asked: AtomicUsize,
    /// The senders of the streams that were opened.
    pub(crate) streams: Mutex<Vec<Sender<String>>>,
}

impl Reckless {
    /// Makes a desk with a site in a folder, beside which lies a secret.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::create_dir(folder.path().join("site")).expect("a folder can be made");
        fs::write(folder.path().join("site/in.txt"), "inside").expect("a file can be written");
        fs::write(folder.path().join("secret.txt"), "the secret outside").expect("a file can be written");
        let film = File::create(folder.path().join("film")).expect("a file can be made");
        film.set_len(FILM).expect("a file can be sparse");
        fs::write(folder.path().join("clip"), "0123456789").expect("a file can be written");
        Reckless { folder, asked: AtomicUsize::new(0), streams: Mutex::default() }
    }

    fn file(&self, name: &str) -> Answer {
        let file = File::open(self.folder.path().join(name)).expect("it was made");
        let length = file.metadata().expect("it is open").len();
        let headers = vec![("ETag".to_owned(), "\"one\"".to_owned())];
        Answer { status: 200, headers, body: Body::File(file, length) }
    }

    /// Serves files as nobody should: as it was sent, decoded once, twice, with `\` for `/`, from the root of the disk.
    fn serve_files(&self, path: &str) -> Answer {
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (once, twice) = (decoded(path), decoded(&decoded(path)));
        for path in [path, &once, &twice, &decoded(&twice)] {
            for path in [path.to_owned(), path.replace('\\', "/"), path.replace('\0', "")] {
                let tried: [PathBuf; 2] = [
                    self.folder.path().join("site").join(&path[1..]),
                    self.folder.path().join("site").join(path.trim_start_matches('/')),
                ];
                if let Some(bytes) = tried.iter().find_map(|path| fs::read(path).ok()) {
                    return Answer::new(200, "text/plain", bytes);
                }
            }
        }
        Answer::text(404, "not here")
    }
}

impl Desk for Reckless {
    fn answer(&self, asked: &Asked) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match asked.path.as_str() {
            "/page" => Answer::new(200, "text/html", PAGE),
            // A panic like any other, but for the noise.
            "/panic" => std::panic::resume_unwind(Box::new("the desk falls over")),
            "/open" => Answer::text(200, "x").header("Access-Control-Allow-Origin", "*"),
            "/kept" => Answer::text(304, "").header("ETag", "\"1\"").header("Cache-Control", "max-age=60"),
            "/large" => Answer::new(200, "text/plain", large()),
            "/film" => self.file("film"),
            "/clip" => self.file("clip"),
            "/events" => {
                let (sender, receiver) = mpsc::channel();
                self.streams.lock().expect("nobody panics here").push(sender);
                Answer { status: 200, headers: Vec::new(), body: Body::Events(receiver) }
            }
            "/__blog/stats/count" => Answer::text(200, asked.body.len().to_string()),
            "/__blog/stats/slow" => {
                std::thread::park_timeout(Duration::from_millis(50));
                Answer::text(200, asked.body.len().to_string())
            }
            path => self.serve_files(path),
        }
    }
}

/// Returns what `/large` says: longer than any buffer on the way.
pub(crate) fn large() -> String {
    (0..400_000).map(|number| format!("{number:07} ")).collect()
}

/// An open door in this process.
pub(crate) struct Open {
    /// The desk behind it.
    pub(crate) desk: Arc<Reckless>,
    /// Where it is.
    pub(crate) address: SocketAddr,
    running: Running,
}

impl Open {
    /// Opens a door.
    pub(crate) fn new() -> Self {
        Open::door(listen(&LISTEN).expect("a free port"))
    }

    /// Opens this door.
    pub(crate) fn door(door: Door) -> Self {
        let (desk, address) = (Arc::new(Reckless::new()), door.address());
        let running = door.open(Arc::<Reckless>::clone(&desk));
        Open { desk, address, running }
    }

    /// Returns how often the desk was asked.
    pub(crate) fn asked(&self) -> usize {
        self.desk.asked.load(Ordering::Relaxed)
    }

    /// Closes it.
    pub(crate) fn close(self) {
        self.running.close();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The headers, names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Reads a whole answer; nothing if there was none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).expect("a head is text");
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Some(Reply { status, headers, body: bytes[end + 4..].to_vec() })
    }

    /// Returns a header, or nothing at all.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Returns the body as a text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Connects; nothing that is read afterwards may take for ever.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the door is there");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream
}

/// Sends these bytes and reads until the end. An end by force is an end.
pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    // Who is refused early may find the door shut while it is still speaking.
    let _ = stream.write_all(bytes);
    until_the_end(&mut stream)
}

/// Reads until the end. Waiting in vain is a failure.
pub(crate) fn until_the_end(stream: &mut impl Read) -> Vec<u8> {
    let (mut got, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "there is no end to it");
        match stream.read(&mut buffer) {
            Ok(0) => return got,
            Ok(count) => got.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("nothing came for {PATIENCE:?}"),
            Err(_) => return got,
        }
    }
}

/// Reads until these bytes have come.
pub(crate) fn wait_for(stream: &mut impl Read, wanted: &str) -> String {
    let (mut got, mut buffer) = (String::new(), [0; 1024]);
    while !got.contains(wanted) {
        let count = stream.read(&mut buffer).expect("something comes");
        assert!(count > 0, "the stream ended after {got:?}");
        got.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    got
}

/// Sends a request line with headers after our own host.
pub(crate) fn ask(address: SocketAddr, line: &str, headers: &[(&str, &str)]) -> Reply {
    ask_with(address, line, headers, b"")
}

/// Sends a request with a body.
pub(crate) fn ask_with(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut request = format!("{line} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let got = exchange(address, &[request.as_bytes(), body].concat());
    Reply::read(&got).unwrap_or_else(|| panic!("no answer to {line}: {:?}", String::from_utf8_lossy(&got)))
}

/// Reads the page, and fails if it isn't the page.
pub(crate) fn page(address: SocketAddr) {
    let reply = ask(address, "GET /page", &[]);
    assert_eq!((reply.status, reply.text().as_str()), (200, PAGE));
}

/// A preview in a process of its own. It ends with this value.
pub(crate) struct Apart {
    child: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
    /// Where its door is.
    pub(crate) address: SocketAddr,
    /// Its folder for temporary files.
    pub(crate) folder: tempfile::TempDir,
}

impl Apart {
    /// Starts one that may have this many files open.
    pub(crate) fn new(files: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let log = File::create(folder.path().join("log")).expect("a file can be made");
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .env(IN_A_CHILD, files.to_string())
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("this program can be started");
        let orders = child.stdin.take().expect("it is piped");
        let mut replies = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut address = String::new();
        replies.read_line(&mut address).expect("it says where it is");
        let address = address.trim().parse().expect("an address");
        Apart { child, orders, replies, address, folder }
    }

    /// Orders something, and waits until it is done.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it listens");
        let mut reply = String::new();
        self.replies.read_line(&mut reply).expect("it obeys");
        assert_eq!(reply, "done\n", "{order}");
    }

    /// Returns a number of the process's status, such as `Threads` or `VmRSS`.
    pub(crate) fn status(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).expect("Linux knows it");
        line.split_whitespace().next().expect("a number follows").parse().expect("it is a number")
    }

    /// Returns what it has said on its standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("it was made")
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is a preview, if this process was started to be one.
#[expect(clippy::print_stdout, reason = "it speaks with its parent")]
#[expect(clippy::disallowed_methods, reason = "it is told so by its parent")]
pub(crate) fn in_a_child() -> Option<ExitCode> {
    let files = std::env::var(IN_A_CHILD).ok()?.parse().expect("a number");
    set_files(files);
    let open = Open::new();
    println!("{}", open.address);
    let mut hoard: Vec<File> = Vec::new();
    for order in std::io::stdin().lines() {
        match order.expect("the parent speaks in text").split_once(' ') {
            Some(("hoard", left)) => {
                hoard.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
                hoard.truncate(hoard.len().saturating_sub(left.parse().expect("a number")));
            }
            Some(("open", count)) => {
                let count: usize = count.parse().expect("a number");
                hoard.extend((0..count).map(|_| File::open("/dev/null").expect("there are files left")));
            }
            _ => hoard.clear(),
        }
        println!("done");
    }
    open.close();
    Some(ExitCode::SUCCESS)
}

/// Sets how many files this process may have open, as far as it may.
pub(crate) fn set_files(files: u64) {
    let limit = getrlimit(Resource::Nofile);
    let files = limit.maximum.map_or(files, |maximum| maximum.min(files));
    let limit = Rlimit { current: Some(files), maximum: limit.maximum };
    setrlimit(Resource::Nofile, limit).expect("a limit can be lowered, and raised again");
}

/// Returns what lies in a folder under names that begin like this.
pub(crate) fn named(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is there").flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)).map(|entry| entry.path()).collect()
}
