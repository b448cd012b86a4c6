//! Owns HTTP/1.1 as far as one browser speaks it to a proxy on the same machine: heads and bodies in, answers out.
//!
//! Every length is bounded. What is not understood ends the connection.

use std::io::{self, Read, Write};

use super::Answered;

/// How long a head may be.
const HEAD: usize = 64 << 10;
/// How long a body may be.
const BODY: usize = 8 << 20;

/// The first lines of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
}

/// A connection and what was read of it beyond the last request.
pub(super) struct Wire<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Wire { stream, buffer: Vec::new() }
    }

    /// Returns the connection; what the other side sent too early is lost.
    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// Reads a head; nothing if the other side has no more to ask.
    pub(super) fn head(&mut self) -> io::Result<Option<Head>> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.buffer[seen..].windows(4).position(|window| window == b"\r\n\r\n") {
                let end = seen + end + 4;
                let text = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                self.buffer.drain(..end);
                return parse(&text).map(Some).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData));
            }
            seen = self.buffer.len().saturating_sub(3);
            if self.buffer.len() > HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.more()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads the body that belongs to a head.
    pub(super) fn body(&mut self, head: &Head) -> io::Result<Vec<u8>> {
        let value = |name: &str| head.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let length: usize = match (value("content-length"), value("transfer-encoding")) {
            (_, Some(_)) => return Err(io::ErrorKind::InvalidData.into()),
            (Some(length), None) => length.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?,
            (None, None) => 0,
        };
        if length > BODY {
            return Err(io::ErrorKind::InvalidData.into());
        }
        while self.buffer.len() < length {
            if self.more()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    /// Sends an answer to a request of this method.
    pub(super) fn send(&mut self, method: &str, answered: &Answered) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} .\r\n", answered.status);
        for (name, value) in answered.headers.iter().filter(|(name, _)| !is_ours(name)) {
            let value: String = value.chars().filter(|character| !character.is_control()).collect();
            text.push_str(&format!("{}: {value}\r\n", name.to_ascii_lowercase()));
        }
        let bodiless = matches!(answered.status, 204 | 304);
        if !bodiless {
            text.push_str(&format!("content-length: {}\r\n", answered.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if !bodiless && method != "HEAD" {
            bytes.extend_from_slice(&answered.body);
        }
        self.stream.write_all(&bytes)?;
        self.stream.flush()
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 << 10];
        let read = self.stream.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..read]);
        Ok(read)
    }
}

/// Returns whether a header is about the connection, which is ours, or about a body that was decoded.
fn is_ours(name: &str) -> bool {
    ["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "upgrade", "trailer"]
        .iter()
        .any(|ours| name.eq_ignore_ascii_case(ours))
}

fn parse(text: &str) -> Option<Head> {
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") || words.next().is_some() || method.is_empty() {
        return None;
    }
    let mut headers = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Head { method: method.to_owned(), target: target.to_owned(), headers })
}
