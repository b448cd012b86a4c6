//! A real S3 API on loopback (moto, from PyPI, put into `target/tools` by `.ci/run`), and a gate before it that lets requests
//! pass, refuses them, or cuts them off.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::harness::Skip;

/// What moto takes as a signature: it looks only at the form.
const SIGNATURE: &str =
    "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// A running store.
pub(crate) struct Moto {
    process: Child,
    pub(crate) port: u16,
}

/// A file as the store tells of it: its headers by lower-case names, and its bytes.
pub(crate) type Told = (BTreeMap<String, String>, Vec<u8>);

impl Moto {
    /// Starts one with the bucket `blog`.
    pub(crate) fn start() -> Result<Moto, Skip> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/moto");
        let program = tools.join("bin/moto_server");
        if !program.is_file() {
            return Err(Skip("moto is not in target/tools, where `.ci/run` puts it".to_owned()));
        }
        let mut process = Command::new("python3")
            .arg(program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONPATH", tools)
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Skip(format!("python3 does not run: {error}")))?;
        let mut lines = BufReader::new(process.stderr.take().expect("it was asked for"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("it speaks") > 0, "moto ended");
            if let Some((_, rest)) = line.split_once("Running on http://127.0.0.1:") {
                break rest.trim().parse().expect("a port");
            }
        };
        // It would stop if nobody read its log.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let moto = Moto { process, port };
        assert_eq!(moto.ask("PUT", "/blog", &[]).0, 200);
        Ok(moto)
    }

    /// Asks it, as whoever may do anything there.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Told) {
        told(self.port, &format!("{method} {path} HTTP/1.1\r\nAuthorization: {SIGNATURE}"), body)
    }

    /// Returns a file.
    pub(crate) fn file(&self, key: &str) -> Option<Told> {
        let (status, told) = self.ask("GET", &format!("/blog/{key}"), &[]);
        (status == 200).then_some(told)
    }

    /// Returns every key below a prefix, without the prefix.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        let (_, (_, body)) = self.ask("GET", &format!("/blog?list-type=2&max-keys=5000&prefix={prefix}/"), &[]);
        let text = String::from_utf8_lossy(&body).into_owned();
        let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(|key| key[prefix.len() + 1..].to_owned()).collect()
    }
}

/// Sends a request, its head without what all heads have, and returns the status and what was told.
pub(crate) fn told(port: u16, head: &str, body: &[u8]) -> (u16, Told) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let head = format!("{head}\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).expect("it listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let at = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..at]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    (status, (headers, answer[at + 4..].to_vec()))
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a gate does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Lets it pass.
    Pass,
    /// Answers with this status instead.
    Refuse(u16, &'static str),
    /// Closes the connection before it reaches the store.
    Cut,
    /// Lets it reach the store, and closes the connection before the answer.
    CutAnswer,
}

type Rule = Box<dyn Fn(usize, &str) -> Deed + Send>;

/// A gate before a store: each request is counted, and a rule says what becomes of it.
pub(crate) struct Gate {
    pub(crate) port: u16,
    inner: Arc<Mutex<(Vec<String>, Rule)>>,
    done: Arc<AtomicBool>,
}

impl Gate {
    /// Opens one before this port.
    pub(crate) fn before(port: u16) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let rule: Rule = Box::new(|_, _| Deed::Pass);
        let inner = Arc::new(Mutex::new((Vec::new(), rule)));
        let done = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&inner), Arc::clone(&done));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, port, &shared));
            }
        });
        Gate { port: own, inner, done }
    }

    /// Sets the rule, and begins to count anew: the number of a request, and its method and path.
    pub(crate) fn rule(&self, rule: impl Fn(usize, &str) -> Deed + Send + 'static) {
        *self.inner.lock().expect("nobody panics while holding this") = (Vec::new(), Box::new(rule));
    }

    /// Returns what was asked since: method and path.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.inner.lock().expect("nobody panics while holding this").0.clone()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Reads one message: its head and its body.
fn message(reader: &mut impl BufRead, is_answer_to_head: bool) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    let mut body = vec![0; if is_answer_to_head { 0 } else { length.unwrap_or(0) }];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn serve(stream: &TcpStream, port: u16, shared: &Mutex<(Vec<String>, Rule)>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let (head, body) = message(&mut reader, false)?;
        let what: Vec<&str> = head.split(' ').take(2).collect();
        let what = what.join(" ");
        let deed = {
            let mut inner = shared.lock().expect("nobody panics while holding this");
            let number = inner.0.len();
            inner.0.push(what.clone());
            (inner.1)(number, &what)
        };
        match deed {
            Deed::Cut => {
                let _ = stream.shutdown(Shutdown::Both);
                return None;
            }
            Deed::Refuse(status, code) => {
                let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
                let text = if what.starts_with("HEAD") { String::new() } else { text };
                let length = text.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n{text}"
                );
                writer.write_all(answer.as_bytes()).ok()?;
            }
            Deed::Pass | Deed::CutAnswer => {
                let mut store = TcpStream::connect(("127.0.0.1", port)).ok()?;
                let head: String = head
                    .split_inclusive("\r\n")
                    .filter(|line| !line.to_ascii_lowercase().starts_with("connection:") && *line != "\r\n")
                    .collect();
                let request = [format!("{head}Connection: close\r\n\r\n").as_bytes(), &body].concat();
                store.write_all(&request).ok()?;
                let (head, body) = message(&mut BufReader::new(&store), what.starts_with("HEAD"))?;
                if deed == Deed::CutAnswer {
                    let _ = stream.shutdown(Shutdown::Both);
                    return None;
                }
                let head: String = head
                    .split_inclusive("\r\n")
                    .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
                    .collect();
                writer.write_all(&[head.as_bytes(), &body].concat()).ok()?;
            }
        }
    }
}
