//! Owns the words of the DevTools protocol: commands that are answered, events that are not. Knows no page and no site.
//!
//! <https://chromedevtools.github.io/devtools-protocol/>, as Chromium 156 speaks it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::process::{Process, Silence};

/// How long one command may take to be answered.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something that the browser tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// An event of a page: its session, name and facts.
    Event(String, String, Value),
    /// The answer to a command that was not waited for: its number, and what came of it.
    Done(u64, Value),
}

/// Why the browser cannot be spoken to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble(pub(super) String);

/// A conversation with a browser.
pub(super) struct Protocol {
    process: Process,
    last: u64,
    waiting: VecDeque<Told>,
    /// When all is over.
    until: Instant,
}

impl Protocol {
    /// Begins a conversation that ends at a certain moment.
    pub(super) fn new(process: Process, until: Instant) -> Self {
        Protocol { process, last: 0, waiting: VecDeque::new(), until }
    }

    /// Sends a command and does not wait; returns its number.
    pub(super) fn send(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<u64, Trouble> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = Value::from(session);
        }
        match self.process.say(&message.to_string()) {
            Ok(()) => Ok(self.last),
            Err(silence) => Err(self.trouble(silence)),
        }
    }

    /// Sends a command and returns its answer.
    pub(super) fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, Trouble> {
        let number = self.send(session, method, parameters)?;
        let until = (Instant::now() + PATIENCE).min(self.until);
        loop {
            let mut message = self.read(until)?;
            if message["id"] != number {
                self.keep(message);
                continue;
            }
            return match message["error"]["message"].as_str() {
                Some(error) => Err(Trouble(format!("it refuses `{method}`: {error}"))),
                None => Ok(message["result"].take()),
            };
        }
    }

    /// Returns what is told next, if something is before this moment.
    pub(super) fn next(&mut self, until: Instant) -> Result<Option<Told>, Trouble> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Ok(Some(told));
            }
            match self.process.hear(until) {
                Ok(text) => self.keep(serde_json::from_str(&text).unwrap_or_default()),
                Err(Silence::Late) => return Ok(None),
                Err(Silence::Gone) => return Err(self.trouble(Silence::Gone)),
            }
        }
    }

    /// Returns when all is over.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    fn read(&mut self, until: Instant) -> Result<Value, Trouble> {
        match self.process.hear(until) {
            Ok(text) => Ok(serde_json::from_str(&text).unwrap_or_default()),
            Err(silence) => Err(self.trouble(silence)),
        }
    }

    fn keep(&mut self, mut message: Value) {
        if let Some(number) = message["id"].as_u64() {
            self.waiting.push_back(Told::Done(number, message["result"].take()));
        } else if let (Some(session), Some(name)) = (message["sessionId"].as_str(), message["method"].as_str()) {
            let (session, name) = (session.to_owned(), name.to_owned());
            self.waiting.push_back(Told::Event(session, name, message["params"].take()));
        }
    }

    fn trouble(&self, silence: Silence) -> Trouble {
        let complaint = self.process.complaint().map(|line| format!("; it said: {line}")).unwrap_or_default();
        Trouble(match silence {
            Silence::Late => format!("it does not answer{complaint}"),
            Silence::Gone => format!("it has ended by itself{complaint}"),
        })
    }
}
