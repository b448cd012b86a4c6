//! Owns the reading of a request's head: bytes in, a [`Head`] or a [`Refusal`] out. No connection is seen here.
//!
//! It is stricter than HTTP asks for, because what two readers may understand differently is how requests are smuggled:
//! no bare line feeds, no folded headers, no space before a colon, no control characters, one space between words.

use super::refusal::Refusal;

/// The longest head, in bytes.
pub(super) const MOST_BYTES: usize = 16 * 1024;
/// The most headers.
const MOST_HEADERS: usize = 100;

/// What a request says before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The method, as it was written.
    pub(super) method: String,
    /// What is asked for, as it was written: visible ASCII.
    pub(super) target: String,
    /// The headers in their order, names in lower case. What isn't UTF-8 in a value is replaced.
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    /// Returns all values of a header; its name is in lower case.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a header's value if it is there once, nothing if it isn't there, and an error if it is there twice.
    pub(super) fn once<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Refusal> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Refusal::Malformed) } else { Ok(first) }
    }
}

/// How far bytes have come on their way to a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is to come.
    Unfinished,
    /// The head is this long, its empty line included.
    Ends(usize),
}

/// Looks for the end of a head in `bytes`, of which those before `seen` have been looked at before.
pub(super) fn progress(bytes: &[u8], seen: usize) -> Result<Progress, Refusal> {
    // A handshake of TLS, or noise: nobody needs to wait for its end.
    if bytes.first().is_some_and(|first| !is_token(*first)) {
        return Err(Refusal::Malformed);
    }
    for at in seen..bytes.len().min(MOST_BYTES) {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        if (bytes[at] == b'\n') != (before == Some(b'\r')) {
            return Err(Refusal::Malformed);
        }
        if bytes[at] == b'\n' && bytes[..at].ends_with(b"\r\n\r") {
            return Ok(Progress::Ends(at + 1));
        }
    }
    if bytes.len() >= MOST_BYTES { Err(Refusal::HeadTooLong) } else { Ok(Progress::Unfinished) }
}

/// Reads a whole head, its empty line included.
pub(super) fn read(bytes: &[u8]) -> Result<Head, Refusal> {
    let bytes = bytes.strip_suffix(b"\r\n\r\n").ok_or(Refusal::Malformed)?;
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().ok_or(Refusal::Malformed)?;
    let mut words = first.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::Malformed);
    };
    if version != b"HTTP/1.1" && version != b"HTTP/1.0" {
        return Err(Refusal::Malformed);
    }
    let method = text(method, is_token)?;
    let target = text(target, |byte| byte.is_ascii_graphic())?;
    let mut headers = Vec::new();
    for line in lines {
        if headers.len() == MOST_HEADERS {
            return Err(Refusal::HeadTooLong);
        }
        headers.push(header(line)?);
    }
    Ok(Head { method, target, headers })
}

fn header(line: &[u8]) -> Result<(String, String), Refusal> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(Refusal::Malformed)?;
    let mut name = text(&line[..colon], is_token)?;
    name.make_ascii_lowercase();
    let value = line[colon + 1..].trim_ascii();
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(Refusal::Malformed);
    }
    Ok((name, String::from_utf8_lossy(value).into_owned()))
}

/// Returns these bytes as a text if there are any and each is allowed.
fn text(bytes: &[u8], is_allowed: impl Fn(u8) -> bool) -> Result<String, Refusal> {
    if bytes.is_empty() || !bytes.iter().all(|byte| is_allowed(*byte)) {
        return Err(Refusal::Malformed);
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::Malformed)
}

/// Returns whether a byte may stand in a method or in the name of a header.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &[u8] = b"GET /a?b HTTP/1.1\r\nHost: localhost\r\nX-Twice:  one \r\nx-twice: two\r\n\r\n";

    #[test]
    fn a_head_is_read_into_its_parts() {
        let head = read(PLAIN).unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/a?b"));
        assert_eq!(head.all("x-twice").collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(head.once("host"), Ok(Some("localhost")));
        assert_eq!(head.once("x-twice"), Err(Refusal::Malformed));
        assert_eq!(head.once("x-none"), Ok(None));
    }

    #[test]
    fn the_end_is_found_wherever_the_bytes_are_cut() {
        let mut longer = PLAIN.to_vec();
        longer.extend(b"body\nand more");
        for cut in 1..PLAIN.len() {
            assert_eq!(progress(&longer[..cut], cut - 1), Ok(Progress::Unfinished), "{cut}");
            assert_eq!(progress(&longer, cut), Ok(Progress::Ends(PLAIN.len())), "{cut}");
        }
    }

    #[test]
    fn what_cannot_become_a_head_is_refused_before_its_end() {
        let early: [&[u8]; 7] = [
            b"GET / HTTP/1.1\n",
            b"GET / HTTP/1.1\r\nHost: a\n",
            b"GET / HTTP/1.1\rHost: a",
            b"GET / HTTP/1.1\r\nA: b\r\r\n",
            b"\x16\x03\x01",
            b"\r\nGET",
            b" GET",
        ];
        for bytes in early {
            assert_eq!(progress(bytes, 0), Err(Refusal::Malformed), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_head_that_is_too_long_is_refused_at_the_limit() {
        let mut bytes = b"GET / HTTP/1.1\r\nX: ".to_vec();
        bytes.resize(MOST_BYTES - 1, b'x');
        assert_eq!(progress(&bytes, 0), Ok(Progress::Unfinished));
        bytes.push(b'x');
        assert_eq!(progress(&bytes, MOST_BYTES - 1), Err(Refusal::HeadTooLong));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
        assert_eq!(read(many.as_bytes()), Err(Refusal::HeadTooLong));
    }

    #[test]
    fn what_two_readers_may_understand_differently_is_refused() {
        let wrong: [&[u8]; 21] = [
            b"GET /",
            b"GET / HTTP/1.1",
            b"GET /\r\n\r\n",
            b"GET / HTTP/0.9\r\n\r\n",
            b"GET / HTTP/1.2\r\n\r\n",
            b"GET / HTTP/2.0\r\n\r\n",
            b"GET / http/1.1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\n",
            b"GET  / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1 \r\n\r\n",
            b"GET\t/ HTTP/1.1\r\n\r\n",
            b"GET /a b HTTP/1.1\r\n\r\n",
            b"GET /\x00 HTTP/1.1\r\n\r\n",
            b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
            b"G(T / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost\r\n\r\n",
            b"GET / HTTP/1.1\r\n: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\x7fc\r\n\r\n",
        ];
        for bytes in wrong {
            assert_eq!(read(bytes), Err(Refusal::Malformed), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_value_may_hold_what_is_not_ascii() {
        let head = read(b"GET / HTTP/1.0\r\nCookie: caf\xc3\xa9 \xff\r\n\r\n").unwrap();
        assert_eq!(head.once("cookie"), Ok(Some("café \u{fffd}")));
    }

    proptest! {
        /// How the network cuts a head makes no difference, and no bytes make us panic.
        #[test]
        fn pieces_are_judged_as_the_whole_is(
            parts in prop::collection::vec(
                prop::sample::select(vec!["GET / HTTP/1.1", "\r\n", "\r", "\n", "Host: a", " ", ":", "\0", "é", "x", "\r\n\r\n"]),
                0..20,
            ),
            step in 1_usize..9,
        ) {
            let whole = parts.concat().into_bytes();
            let (mut seen, mut judged) = (0, Ok(Progress::Unfinished));
            while seen < whole.len() && judged == Ok(Progress::Unfinished) {
                let end = (seen + step).min(whole.len());
                judged = progress(&whole[..end], seen);
                seen = end;
            }
            prop_assert_eq!(&judged, &progress(&whole, 0));
            if let Ok(Progress::Ends(end)) = judged {
                let _ = read(&whole[..end]);
            }
        }
    }
}
