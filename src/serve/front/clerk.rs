//! Owns the way of a request from tiny_http to the [`Desk`] and of its [`Answer`] back.
//!
//! Whatever a desk answers, some things hold for every answer: no other site may read it, no browser keeps it or guesses its
//! type, a HEAD has no body. A desk that panics costs its request, and nothing else.

use std::io::{self, Cursor, Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tiny_http::{Header, Request, Response, StatusCode};

use super::admission::MOST_BODY;
use super::events::Streams;
use super::range::{Wanted, wanted};
use super::tickets::{self, Parcel, Ticket, Tickets};
use crate::serve::exchange::{Answer, Asked, Body, Desk, Method};

/// The longest body that goes through the private socket, whose buffer holds it: a worker never waits for a client.
const SHORT: usize = 64 * 1024;

/// Who answers for tiny_http.
pub(super) struct Clerk {
    desk: Arc<dyn Desk>,
    /// The tickets of the requests that the door passed on.
    pub(super) tickets: Arc<Tickets>,
    streams: Streams,
}

impl Clerk {
    /// Puts a clerk before a desk; no more than so many streams of events are open at the same time.
    pub(super) fn new(desk: Arc<dyn Desk>, tickets: Arc<Tickets>, most_streams: usize) -> Self {
        Clerk { desk, tickets, streams: Streams::new(most_streams) }
    }

    /// Answers a request. `ended` ends streams of events.
    pub(super) fn serve(&self, mut request: Request, ended: &Arc<AtomicBool>) {
        let Some((asked, number)) = read(&mut request) else { return };
        let Some(ticket) = self.tickets.find(number) else { return };
        let answer = catch_unwind(AssertUnwindSafe(|| self.desk.answer(&asked)))
            .unwrap_or_else(|_| Answer::text(500, "The preview stumbled over this page. It goes on.\n"));
        let Answer { status, headers, body } = ruled(answer);
        let answered = match body {
            Body::Bytes(bytes) => send_bytes(request, &ticket, status, headers, bytes),
            Body::File(file, length) => {
                let response = Part { asked: &asked, status, headers, length }.cut(file);
                response.and_then(|(response, parcel)| send(request, &ticket, response, parcel))
            }
            Body::Events(_) if asked.method == Method::Head => {
                send(request, &ticket, response(status, headers, io::empty(), 0), None)
            }
            Body::Events(events) => match self.streams.place() {
                Some(place) => {
                    let head = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
                    let ended = Arc::clone(ended);
                    ticket.stream();
                    let is_over = move || ticket.is_gone() || ended.load(Ordering::Relaxed);
                    place.stream(request, format!("HTTP/1.1 {status} OK\r\n{head}\r\n"), events, is_over);
                    Ok(())
                }
                None => {
                    let busy = ruled(Answer::text(503, "").header("Retry-After", "5"));
                    send(request, &ticket, response(busy.status, busy.headers, io::empty(), 0), None)
                }
            },
        };
        // A guest that left before its answer is none of our business.
        drop(answered);
    }
}

/// Reads what is asked, and the number of its ticket.
fn read(request: &mut Request) -> Option<(Asked, u64)> {
    let method = match request.method() {
        tiny_http::Method::Get => Method::Get,
        tiny_http::Method::Head => Method::Head,
        tiny_http::Method::Post => Method::Post,
        _ => return None,
    };
    let (path, query) = match request.url().split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (request.url().to_owned(), None),
    };
    let headers = request.headers().iter();
    let headers = headers.map(|header| (header.field.to_string().to_ascii_lowercase(), header.value.to_string()));
    let (ours, headers): (Vec<_>, Vec<_>) = headers.partition(|(name, _)| name == tickets::HEADER);
    let number = ours.first()?.1.parse().ok()?;
    let mut body = Vec::new();
    request.as_reader().take(MOST_BODY as u64).read_to_end(&mut body).ok()?;
    Some((Asked { method, path, query, headers, body }, number))
}

/// Makes an answer follow the rules that hold for all.
fn ruled(mut answer: Answer) -> Answer {
    const OURS: [&str; 7] = [
        "connection",
        "content-length",
        "keep-alive",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
    ];
    answer.headers.retain(|(name, value)| {
        let name = name.to_ascii_lowercase();
        // What cannot stand in a head would be read as something else.
        let is_sound = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && value.bytes().all(|byte| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic());
        is_sound && !OURS.contains(&name.as_str()) && !name.starts_with("access-control-")
    });
    let has = |wanted: &str| answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let (keeps, is_typed) = (has("cache-control"), has("content-type"));
    answer = answer.header("X-Content-Type-Options", "nosniff");
    if !keeps {
        answer = answer.header("Cache-Control", "no-store");
    }
    if !is_typed && matches!(answer.body, Body::Events(_)) {
        answer = answer.header("Content-Type", "text/event-stream");
    }
    answer
}

fn response<R: io::Read>(status: u16, headers: Vec<(String, String)>, body: R, length: u64) -> Response<R> {
    let headers = headers.iter().filter_map(|(name, value)| Header::from_bytes(name.as_str(), value.as_str()).ok());
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let response = Response::new(StatusCode(status), headers.collect(), body, Some(length), None);
    response.with_chunked_threshold(usize::MAX)
}

/// Sends a response; its body may follow as a parcel.
fn send(
    request: Request,
    ticket: &Ticket,
    response: Response<impl io::Read>,
    parcel: Option<Parcel>,
) -> io::Result<()> {
    let has_body =
        *request.method() != tiny_http::Method::Head && !matches!(response.status_code().0, 100..=199 | 204 | 304);
    if let Some(parcel) = parcel.filter(|_| has_body) {
        ticket.leave(parcel);
    }
    request.respond(response)
}

fn send_bytes(
    request: Request,
    ticket: &Ticket,
    status: u16,
    headers: Vec<(String, String)>,
    bytes: Vec<u8>,
) -> io::Result<()> {
    let length = bytes.len() as u64;
    if bytes.len() <= SHORT {
        return send(request, ticket, response(status, headers, Cursor::new(bytes), length), None);
    }
    send(request, ticket, response(status, headers, io::empty(), length), Some(Box::new(Cursor::new(bytes))))
}

/// An answer that is a file, of which perhaps only a part is wanted.
struct Part<'a> {
    asked: &'a Asked,
    status: u16,
    headers: Vec<(String, String)>,
    length: u64,
}

impl Part<'_> {
    /// Returns the head of the answer, and the part of the file as its body.
    fn cut(mut self, mut file: std::fs::File) -> io::Result<(Response<io::Empty>, Option<Parcel>)> {
        self.add("Accept-Ranges", "bytes".to_owned());
        let (from, count) = match self.wanted() {
            Wanted::Whole => (0, self.length),
            Wanted::Part { from, count } => {
                self.status = 206;
                self.add("Content-Range", format!("bytes {from}-{}/{}", from + count - 1, self.length));
                (from, count)
            }
            Wanted::Nothing => {
                self.status = 416;
                self.add("Content-Range", format!("bytes */{}", self.length));
                return Ok((response(self.status, self.headers, io::empty(), 0), None));
            }
        };
        file.seek(SeekFrom::Start(from))?;
        let response = response(self.status, self.headers, io::empty(), count);
        Ok((response, Some(Box::new(file.take(count)))))
    }

    fn add(&mut self, name: &str, value: String) {
        self.headers.push((name.to_owned(), value));
    }

    /// Returns which bytes are wanted. A part of another version of the file is no use to anybody.
    fn wanted(&self) -> Wanted {
        let tag =
            self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag")).map(|(_, value)| value.as_str());
        let is_same = self.asked.header("if-range").is_none_or(|known| Some(known) == tag && known.starts_with('"'));
        match self.asked.header("range") {
            Some(range) if self.status == 200 && self.asked.method == Method::Get && is_same => {
                wanted(range, self.length)
            }
            _ => Wanted::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_lets_others_read_or_splits_its_head() {
        let answer = Answer::text(200, "x")
            .header("Access-Control-Allow-Origin", "*")
            .header("access-control-expose-headers", "*")
            .header("Connection", "keep-alive")
            .header("X-Split", "a\r\nSet-Cookie: b")
            .header("X Name", "a")
            .header("ETag", "\"1\"");
        let mut names: Vec<_> = ruled(answer).headers.into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names, ["Cache-Control", "Content-Type", "ETag", "X-Content-Type-Options"]);
    }

    #[test]
    fn an_answer_that_says_how_long_it_keeps_is_believed() {
        let answer = ruled(Answer::text(200, "x").header("cache-control", "max-age=60"));
        let kept: Vec<_> =
            answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control")).collect();
        assert_eq!(kept, [&("cache-control".to_owned(), "max-age=60".to_owned())]);
    }
}
