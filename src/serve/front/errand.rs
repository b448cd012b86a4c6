//! Owns one request on its way to tiny_http and the answer on its way back, both over the private socket.
//!
//! The answer's head is read as a whole and says then that the connection ends with it; its body passes through untouched.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::tickets::{self, Parcel, Stub};
use super::wire::now;

/// The longest head of an answer.
const MOST_HEAD: usize = 64 * 1024;
/// How much of an answer may wait for its client: more than tiny_http ever sends, so that it is rid of each request soon.
const MOST_WAITING: usize = 256 * 1024;

/// A request that has been let in.
pub(super) struct Request {
    /// Its head in the normal form, without its empty line.
    pub(super) head: String,
    /// What of its body has come.
    pub(super) body: Vec<u8>,
    /// Whether it is a HEAD.
    pub(super) is_head: bool,
    /// Whether it was passed on before, and nobody answered.
    pub(super) again: bool,
}

/// Bytes that wait until they can be sent.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// Returns whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Returns whether no more should be put here before some has been sent.
    pub(super) fn is_full(&self) -> bool {
        self.rest().len() >= MOST_WAITING
    }

    /// Returns what waits.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Notes that so many bytes have been sent.
    pub(super) fn sent(&mut self, count: usize) {
        self.sent += count;
    }

    /// Puts these in the place of what has been sent.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.is_empty() {
            self.bytes.clear();
            self.sent = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }
}

/// What came of looking for more of an answer.
pub(super) enum Fetched {
    /// There is more to be sent.
    Some,
    /// Nothing yet.
    NotYet,
    /// That was all, and this body follows, if there is one.
    All(Option<Parcel>),
    /// tiny_http hung up without an answer.
    Nothing,
}

/// A request that tiny_http is busy with.
pub(super) struct Errand {
    inner: UnixStream,
    stub: Stub,
    onward: Outgoing,
    /// The answer's head, as far as it has come; nothing once it has been sent back.
    head: Option<Vec<u8>>,
}

impl Errand {
    /// Passes a request on, with the number of its ticket.
    pub(super) fn new(request: &Request, inner: UnixStream, stub: Stub) -> Self {
        let mut onward = Outgoing::default();
        onward.put(request.head.as_bytes());
        onward.put(format!("{}: {}\r\n\r\n", tickets::HEADER, stub.number()).as_bytes());
        onward.put(&request.body);
        Errand { inner, stub, onward, head: Some(Vec::new()) }
    }

    /// Returns whether tiny_http may still be busy with it. A stream is on a thread of its own once it has begun.
    pub(super) fn is_at_desk(&self) -> bool {
        self.head.is_some() || !self.stub.is_stream()
    }

    /// Returns whether a part of the request still has to be passed on.
    pub(super) fn has_more_to_say(&self) -> bool {
        !self.onward.is_empty()
    }

    /// Passes on what is left of the request, and fetches what has come of the answer.
    pub(super) fn fetch(&mut self, out: &mut Outgoing) -> Fetched {
        while !self.onward.is_empty() {
            match now(self.inner.write(self.onward.rest())) {
                Ok(Some(count)) => self.onward.sent(count),
                Ok(None) => return Fetched::NotYet,
                Err(_) => return self.end(),
            }
        }
        let mut buffer = [0; 32 * 1024];
        loop {
            let bytes = match now(self.inner.read(&mut buffer)) {
                Ok(None) => return Fetched::NotYet,
                Ok(Some(0)) | Err(_) => return self.end(),
                Ok(Some(count)) => &buffer[..count],
            };
            let Some(head) = &mut self.head else {
                out.put(bytes);
                return Fetched::Some;
            };
            head.extend_from_slice(bytes);
            if let Some((head, body)) = returned(head) {
                out.put(&head);
                out.put(&body);
                self.head = None;
                return Fetched::Some;
            }
            if head.len() > MOST_HEAD {
                return Fetched::Nothing;
            }
        }
    }

    fn end(&self) -> Fetched {
        if self.head.is_some() { Fetched::Nothing } else { Fetched::All(self.stub.parcel()) }
    }
}

impl AsFd for Errand {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

/// Splits an answer into its head, made fit for the client, and what has come of its body; nothing if the head is unfinished.
fn returned(answer: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let is_bare = ["204", "304"].iter().any(|bare| status.split(' ').nth(1) == Some(bare));
    let mut fit = format!("{status}\r\nConnection: close\r\n");
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        // tiny_http counts the nothing that it sends with these two; a count belongs to neither.
        let is_dropped = ["connection", "server"].iter().any(|dropped| name.eq_ignore_ascii_case(dropped))
            || is_bare && name.eq_ignore_ascii_case("content-length");
        if !is_dropped {
            fit.push_str(line);
            fit.push_str("\r\n");
        }
    }
    fit.push_str("\r\n");
    Some((fit.into_bytes(), answer[end + 4..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(answer: &str) -> Option<String> {
        returned(answer.as_bytes()).map(|(head, body)| String::from_utf8([head, body].concat()).unwrap())
    }

    #[test]
    fn an_answer_says_that_it_is_the_last() {
        let answer = "HTTP/1.1 200 OK\r\nServer: tiny-http (Rust)\r\nContent-Length: 2\r\n\r\nhi";
        let expected = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(fit(answer).as_deref(), Some(expected));
        assert_eq!(fit(&answer[..answer.len() - 4]), None, "the head is not finished");
    }

    #[test]
    fn what_has_no_body_has_no_length() {
        let answer = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nETag: \"1\"\r\n\r\n";
        let expected = "HTTP/1.1 204 No Content\r\nConnection: close\r\nETag: \"1\"\r\n\r\n";
        assert_eq!(fit(answer).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_sent_makes_room() {
        let mut out = Outgoing::default();
        out.put(b"abc");
        out.sent(2);
        out.put(b"de");
        assert_eq!(out.rest(), b"cde");
        out.sent(3);
        assert!(out.is_empty());
        out.put(b"f");
        assert_eq!((out.rest(), out.bytes.len()), (&b"f"[..], 1));
    }
}
