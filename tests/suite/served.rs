//! The driver of the preview: the real `blog serve` on a site, asked over real sockets.
//!
//! Nothing here waits for a time: a change is awaited on the preview's own stream of events.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use serde_json::Value;

use crate::door::{PATIENCE, Reply, ask, connect};
use crate::site::{BLOG, Site};

/// A preview that runs; it ends with this value.
pub(crate) struct Served {
    /// The site.
    pub(crate) site: Site,
    /// Where it is served.
    pub(crate) address: SocketAddr,
    /// The address of its home page.
    pub(crate) home: String,
    child: Child,
    output: BufReader<ChildStdout>,
    words: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves the site at any free port.
    pub(crate) fn serve(self, arguments: &[&str]) -> Served {
        let mut command = self.command(BLOG);
        command.args(["serve", "--format", "json"]).args(arguments);
        if !arguments.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        self.serve_with(command)
    }

    /// Serves the site by a command that was made by [`Site::command`].
    pub(crate) fn serve_with(self, mut command: Command) -> Served {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("blog can be started");
        let words = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().expect("it is piped");
        let heard = Arc::clone(&words);
        let listener = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let ready = loop {
            let mut line = String::new();
            if output.read_line(&mut line).expect("blog speaks UTF-8") == 0 {
                let _ = child.wait();
                panic!("it ended: {}", words.lock().unwrap());
            }
            let value: Value = serde_json::from_str(&line).expect("one object a line");
            if value["type"] == "ready" {
                break value;
            }
        };
        let home = ready["url"].as_str().expect("it says where it is").to_owned();
        let url = url::Url::parse(&home).expect("an address");
        let address = url.socket_addrs(|| None).expect("an address")[0];
        Served { site: self, address, home, child, output, words, listener: Some(listener) }
    }
}

impl Served {
    /// Asks for an address.
    pub(crate) fn get(&self, path: &str) -> Reply {
        ask(self.address, &format!("GET {path}"), &[])
    }

    /// Returns a page's text; it must be there.
    pub(crate) fn page(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    /// Returns what the preview knows of a page.
    pub(crate) fn status(&self, path: &str) -> Value {
        let reply = self.get(&format!("/__blog/status?page={path}"));
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    /// Listens to the preview's events.
    pub(crate) fn events(&self) -> Events {
        let mut stream = connect(self.address);
        let request = format!("GET /__blog/events?page=/ HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("it takes requests");
        let mut events = Events(BufReader::new(stream));
        events.next("hello");
        events
    }

    /// Does something, and asks for a page after each change until it is so.
    pub(crate) fn until<T>(&self, act: impl FnOnce(&Site), look: impl Fn(&Self) -> Option<T>) -> T {
        let mut events = self.events();
        act(&self.site);
        loop {
            events.next("change");
            if let Some(found) = look(self) {
                return found;
            }
        }
    }

    /// Writes a file, and waits until a page shows these words.
    pub(crate) fn write_until(&self, file: &str, text: impl AsRef<[u8]>, path: &str, words: &str) {
        self.until(|site| site.write(file, text), |served| served.get(path).text().contains(words).then_some(()));
    }

    /// Sends a signal, and returns the exit code and what was said on the way.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, Vec<Value>, String) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill is there");
        assert!(sent.success());
        let mut lines = String::new();
        self.output.read_to_string(&mut lines).expect("blog speaks UTF-8");
        let code = self.child.wait().expect("it ends").code();
        self.listener.take().expect("it was started").join().expect("it ends with the program");
        let notices = lines.lines().map(|line| serde_json::from_str(line).expect("one object a line"));
        let words = self.words.lock().unwrap().clone();
        (code, notices.collect(), words)
    }

    /// Returns the process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The events of a preview.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    /// Waits for the next event of a name, and returns its data.
    pub(crate) fn next(&mut self, name: &str) -> Value {
        let wanted = format!("event: {name}");
        let mut is_wanted = false;
        let began = Instant::now();
        loop {
            // Comments keep a stream alive on which nothing is said.
            assert!(began.elapsed() < PATIENCE, "no `{name}` came");
            let mut line = String::new();
            let length = self.0.read_line(&mut line).unwrap_or_else(|error| panic!("no `{name}` came: {error}"));
            assert!(length > 0, "the stream ended before `{name}` came");
            let line = line.trim_end();
            match line.strip_prefix("data: ") {
                Some(data) if is_wanted => return serde_json::from_str(data).expect("JSON"),
                _ if line.starts_with("event: ") => is_wanted = line == wanted,
                _ => {}
            }
        }
    }
}

/// Returns a page without the script that the preview added, which must be there once.
pub(crate) fn undressed(page: &str) -> String {
    let start = page.find("<script data-watchpost=\"preview\"").expect("the preview's script");
    let end = start + page[start..].find("</script>").expect("its end") + "</script>".len();
    assert!(!page[end..].contains("<script data-watchpost=\"preview\""), "it is added once");
    format!("{}{}", &page[..start], &page[end..])
}
