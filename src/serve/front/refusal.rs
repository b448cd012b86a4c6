//! Owns what the door says to those whom it does not let in.
//!
//! A refusal is a line of plain text that is the same for everybody: nothing of the request is ever repeated in it, and
//! nothing of the site shows.

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The head isn't HTTP/1.1, or is ambiguous.
    Malformed,
    /// The path could mean another file than it seems to.
    Path,
    /// No host, or two, or one that is none.
    Host,
    /// A host that isn't ours: DNS rebinding.
    ForeignHost,
    /// A page of another origin.
    ForeignOrigin,
    /// A method that we don't have.
    Method,
    /// A POST that doesn't say its length.
    NoLength,
    /// A POST that is too long.
    TooLong,
    /// An expectation that we don't know.
    Expectation,
    /// A head that is too long.
    HeadTooLong,
    /// Nobody is there to answer.
    Unanswered,
}

impl Refusal {
    /// Returns the status with its phrase.
    pub(super) fn status(self) -> &'static str {
        match self {
            Refusal::Malformed | Refusal::Path | Refusal::Host => "400 Bad Request",
            Refusal::ForeignHost | Refusal::ForeignOrigin => "403 Forbidden",
            Refusal::Method => "405 Method Not Allowed",
            Refusal::NoLength => "411 Length Required",
            Refusal::TooLong => "413 Content Too Large",
            Refusal::Expectation => "417 Expectation Failed",
            Refusal::HeadTooLong => "431 Request Header Fields Too Large",
            Refusal::Unanswered => "503 Service Unavailable",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Refusal::Malformed => "This is not a request that the preview understands.",
            Refusal::Path => "No page of a site has such an address.",
            Refusal::Host => "A request must name exactly one host.",
            Refusal::ForeignHost => {
                "The preview answers only under its own name: localhost, or the address it is bound to."
            }
            Refusal::ForeignOrigin => "Pages of other sites may not read the preview.",
            Refusal::Method => "The preview is read with GET and HEAD.",
            Refusal::NoLength => "A body must say its length.",
            Refusal::TooLong => "The body is too long.",
            Refusal::Expectation => "The preview cannot promise that.",
            Refusal::HeadTooLong => "The head of the request is too long.",
            Refusal::Unanswered => "The preview could not answer just now. Try again.",
        }
    }

    /// Returns the whole answer; to a HEAD, its head.
    pub(super) fn answer(self, is_head: bool) -> Vec<u8> {
        let (status, text) = (self.status(), self.text());
        let allow = if self == Refusal::Method { "Allow: GET, HEAD\r\n" } else { "" };
        let body = if is_head { String::new() } else { format!("{text}\n") };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{allow}\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
            text.len() + 1
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_length_and_that_it_is_the_end() {
        let answer = String::from_utf8(Refusal::Method.answer(false)).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer}");
        assert!(head.contains("\r\nAllow: GET, HEAD\r\n") && head.ends_with("\r\nConnection: close"), "{head}");
    }

    #[test]
    fn a_head_gets_no_body() {
        assert!(Refusal::Path.answer(true).ends_with(b"\r\n\r\n"));
    }
}
