//! A server of our own on loopback: each test says what it answers, and reads afterwards what it was asked.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tiny_http::{Header, Response, Server as Http};

/// What a server answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// Answers with a status, a content type and a body.
    pub(crate) fn new(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Answer { status, headers, body: body.to_owned() }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What a server was asked: method, path with query, host.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The method.
    pub(crate) method: String,
    /// The path and query.
    pub(crate) url: String,
    /// The `Host` header.
    pub(crate) host: String,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    port: u16,
    log: Arc<Mutex<Vec<Asked>>>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + 'static) -> Self {
        let http = Http::http("127.0.0.1:0").expect("a free port");
        let port = http.server_addr().to_ip().expect("an address").port();
        let (log, done) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, ended) = (Arc::clone(&log), Arc::clone(&done));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let Ok(Some(request)) = http.recv_timeout(Duration::from_millis(20)) else { continue };
                let host = request.headers().iter().find(|header| header.field.equiv("Host"));
                let asked = Asked {
                    method: request.method().to_string(),
                    url: request.url().to_owned(),
                    host: host.map(|header| header.value.to_string()).unwrap_or_default(),
                };
                let answer = answer(&asked);
                kept.lock().expect("nobody panics while holding this").push(asked);
                let mut response = Response::from_string(answer.body).with_status_code(answer.status);
                for (name, value) in &answer.headers {
                    response.add_header(Header::from_bytes(*name, value.as_str()).expect("a header"));
                }
                // A client that left is none of our business.
                let _ = request.respond(response);
            }
        });
        Server { port, log, done, thread: Some(thread) }
    }

    /// Returns its address, with `/` at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Returns what it was asked, and forgets it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.log.lock().expect("nobody panics while holding this"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns the address of a port at which nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}/", listener.local_addr().expect("an address"))
}

/// A server that takes connections and never says a word.
pub(crate) struct Silent(TcpListener);

impl Silent {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Silent(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// Returns its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.0.local_addr().expect("an address"))
    }
}
