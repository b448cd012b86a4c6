//! Owns a request and an answer of the preview as values, apart from how they travel.
//!
//! The front reads [`Asked`] off a connection and has refused by then what no handler should see: foreign hosts and
//! origins, methods that change something, heads that are too long. A handler gives an [`Answer`] and never fails.

use std::fs::File;
use std::sync::mpsc::Receiver;

/// What a browser wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Read the head only: the front leaves the body away.
    Head,
    /// Hand something over; only the stand-in's own path takes it.
    Post,
}

/// One request that the front has let in.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What to do.
    pub method: Method,
    /// The path as it was sent, still encoded: `/posts/caf%C3%A9/`. It begins with `/`.
    pub path: String,
    /// What stands after `?`, as it was sent.
    pub query: Option<String>,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a POST, at most 64 KiB; else empty.
    pub body: Vec<u8>,
}

impl Asked {
    /// Returns a header's first value; its name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is sent back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, but for those of the connection and the length, which the front adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// An open file of this many bytes, sent as it is read.
    File(File, u64),
    /// A stream of server-sent events, each a whole block of lines (`event: change\ndata: {}\n\n`), until the sender goes
    /// away.
    Events(Receiver<String>),
}

impl Answer {
    /// Answers with bytes of this content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: Body::Bytes(body.into()),
        }
    }

    /// Answers with a line of text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Answer::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Who answers. Called from many threads at once.
pub trait Desk: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, asked: &Asked) -> Answer;
}
