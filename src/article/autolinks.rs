//! Makes links of addresses that stand bare in the text: `https://a.example/`, `www.a.example`, `ada@a.example`.
//!
//! By the rules of GitHub's "Autolinks (extension)"; beyond them an address may stand right after an opening quotation
//! mark, a closing one ends it, and a handle (`@ada@a.example`) is no address of mail. Code, links, images and what stands
//! within a raw `<a>` are left alone.

use std::collections::VecDeque;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

/// One event of the parser, and where it stands in the text.
type Told<'a> = (Event<'a>, Range<usize>);

/// The events of a text, with a link for each bare address.
pub(super) struct Autolinks<'a, I> {
    markdown: &'a str,
    events: I,
    /// Whether it does anything at all.
    on: bool,
    /// What is to be told before the next event.
    ready: VecDeque<Told<'a>>,
    /// Text that stands together in the source: the parser tells it in pieces.
    held: Vec<(CowStr<'a>, Range<usize>)>,
    /// How many links, images and blocks of code are open.
    closed: usize,
    in_anchor: bool,
}

impl<'a, I: Iterator<Item = Told<'a>>> Autolinks<'a, I> {
    /// Reads the events of a text.
    pub(super) fn of(markdown: &'a str, events: I, on: bool) -> Self {
        Autolinks { markdown, events, on, ready: VecDeque::new(), held: Vec::new(), closed: 0, in_anchor: false }
    }

    fn watch(&mut self, event: &Event<'a>) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => self.closed += 1,
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => self.closed = self.closed.saturating_sub(1),
            Event::InlineHtml(html) => {
                let html = html.as_bytes();
                let opens = html.len() > 2 && html[..2].eq_ignore_ascii_case(b"<a") && !html[2].is_ascii_alphanumeric();
                self.in_anchor =
                    opens || self.in_anchor && !html.get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case(b"</a"));
            }
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell) => {
                self.in_anchor = false
            }
            _ => {}
        }
    }

    /// Tells the text that was held back, with the links in it.
    fn release(&mut self) {
        if !self.held.iter().any(|(text, _)| may_have_one(text)) {
            self.ready.extend(self.held.drain(..).map(|(text, range)| (Event::Text(text), range)));
            return;
        }
        let held = std::mem::take(&mut self.held);
        let Some((_, first)) = held.first() else { return };
        let start = first.start;
        let end = held[held.len() - 1].1.end;
        let found = addresses(&self.markdown[start..end], self.markdown[..start].chars().next_back());
        let mut at = start;
        for Address { range, is_mail } in found {
            let (from, to) = (start + range.start, start + range.end);
            self.tell(&held, at..from);
            let words = spelled(self.markdown, &held, from..to);
            let (link_type, address) = match is_mail {
                true => (LinkType::Email, words.clone()),
                false if begins_with_www(&words) => (LinkType::Autolink, format!("http://{words}")),
                false => (LinkType::Autolink, words.clone()),
            };
            let (dest_url, nothing) = (address.into(), CowStr::Borrowed(""));
            let link = Tag::Link { link_type, dest_url, title: nothing.clone(), id: nothing };
            self.ready.push_back((Event::Start(link), from..to));
            self.ready.push_back((Event::Text(words.into()), from..to));
            self.ready.push_back((Event::End(TagEnd::Link), from..to));
            at = to;
        }
        self.tell(&held, at..end);
    }

    /// Tells a part of the text as it came.
    fn tell(&mut self, held: &[(CowStr<'a>, Range<usize>)], part: Range<usize>) {
        for (text, range) in held {
            let shared = range.start.max(part.start)..range.end.min(part.end);
            if shared == *range {
                self.ready.push_back((Event::Text(text.clone()), shared));
            } else if !shared.is_empty() {
                self.ready.push_back((Event::Text(self.markdown[shared.clone()].into()), shared));
            }
        }
    }
}

impl<'a, I: Iterator<Item = Told<'a>>> Iterator for Autolinks<'a, I> {
    type Item = Told<'a>;

    fn next(&mut self) -> Option<Told<'a>> {
        if !self.on {
            return self.events.next();
        }
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Some(told);
            }
            match self.events.next() {
                Some((Event::Text(text), range)) if self.closed == 0 && !self.in_anchor => {
                    if self.held.last().is_some_and(|(_, last)| last.end != range.start) {
                        self.release();
                    }
                    self.held.push((text, range));
                }
                Some((event, range)) => {
                    self.watch(&event);
                    self.release();
                    self.ready.push_back((event, range));
                }
                None if self.held.is_empty() => return None,
                None => self.release(),
            }
        }
    }
}

/// Returns whether a text may have an address: one look at each byte, because most have none.
fn may_have_one(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(b':', b'@', b'.', bytes).any(|at| match bytes[at] {
        b':' => bytes[at..].starts_with(b"://"),
        b'.' => at >= 3 && bytes[at - 3..at].eq_ignore_ascii_case(b"www"),
        _ => true,
    })
}

/// Returns an address as it is meant: a character that was written as an entity, but quotes and dashes as they were typed.
fn spelled(markdown: &str, held: &[(CowStr<'_>, Range<usize>)], part: Range<usize>) -> String {
    let mut words = String::new();
    for (text, range) in held {
        let shared = range.start.max(part.start)..range.end.min(part.end);
        let source = markdown.get(shared.clone()).unwrap_or_default();
        match shared == *range && source.starts_with('&') {
            true => words.push_str(text),
            false => words.push_str(source),
        }
    }
    words
}

/// A bare address in a text.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    range: Range<usize>,
    is_mail: bool,
}

/// Finds the bare addresses of a text that stands after a character.
fn addresses(text: &str, before: Option<char>) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        let floor = found.last().map_or(0, |last| last.range.end);
        if at < floor {
            continue;
        }
        let address = match byte {
            b':' if text[at..].starts_with("://") => {
                let scheme = text[floor..at].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
                let is_known =
                    ["http", "https", "ftp"].iter().any(|one| text[at - scheme..at].eq_ignore_ascii_case(one));
                is_known.then(|| address(text, at - scheme, at + 3, before)).flatten()
            }
            b'w' | b'W' if begins_with_www(&text[at..]) => address(text, at, at, before),
            b'@' => mail(text, floor, at, before),
            _ => None,
        };
        found.extend(address);
    }
    found
}

fn begins_with_www(text: &str) -> bool {
    text.as_bytes().get(..4).is_some_and(|four| four.eq_ignore_ascii_case(b"www."))
}

/// Reads the address that begins at one place, and whose domain begins at another.
fn address(text: &str, start: usize, domain: usize, before: Option<char>) -> Option<Address> {
    let may_follow = |letter: char| letter.is_whitespace() || "*_~(|\"'“‘„‚«‹".contains(letter);
    if !text[..start].chars().next_back().or(before).is_none_or(may_follow) {
        return None;
    }
    let length = domain_length(&text[domain..])?;
    let rest = &text[domain + length..];
    let path = rest.find(|letter: char| letter.is_whitespace() || letter == '<').unwrap_or(rest.len());
    let whole = &text[start..domain + length + path];
    let end = start + without_punctuation(whole).len();
    (end >= domain + length).then_some(Address { range: start..end, is_mail: false })
}

/// Returns how long the domain is at the beginning of a text, if it is one.
fn domain_length(text: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let domain = text.split(|letter| !is_part(letter)).next().unwrap_or_default().trim_end_matches(['.', '_']);
    let parts: Vec<&str> = domain.rsplit('.').collect();
    let is_valid = parts.len() > 1
        && parts.iter().all(|part| !part.is_empty())
        && !parts[..2].iter().any(|part| part.contains('_'));
    is_valid.then_some(domain.len())
}

/// Takes from the end of an address what belongs to the sentence around it.
fn without_punctuation(mut address: &str) -> &str {
    while let Some(last) = address.chars().next_back() {
        let shorter = &address[..address.len() - last.len_utf8()];
        address = match last {
            ')' if address.matches(')').count() > address.matches('(').count() => shorter,
            // What looks like an entity is none of the address.
            ';' => {
                let name = shorter.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
                let before = &shorter[..shorter.len() - name];
                if name > 0 && before.ends_with('&') { &before[..before.len() - 1] } else { shorter }
            }
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '"' | '\'' | '”' | '’' | '“' | '‘' | '»' | '›' => {
                shorter
            }
            _ => return address,
        };
    }
    address
}

/// Reads the address of mail that has its `@` at a place.
fn mail(text: &str, floor: usize, at: usize, before: Option<char>) -> Option<Address> {
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_+".contains(byte);
    let start = at - text[floor..at].bytes().rev().take_while(is_local).count();
    let stands_after = text[..start].chars().next_back().or(before);
    if start == at || stands_after.is_some_and(|letter| letter.is_alphanumeric() || "/@:\\".contains(letter)) {
        return None;
    }
    let is_domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let length = text[at + 1..].bytes().take_while(is_domain).count();
    let domain = text[at + 1..at + 1 + length].trim_end_matches('.');
    let is_valid =
        domain.contains('.') && !domain.contains("..") && !domain.starts_with('.') && !domain.ends_with(['-', '_']);
    is_valid.then_some(Address { range: start..at + 1 + domain.len(), is_mail: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text, None).into_iter().map(|address| &text[address.range]).collect()
    }

    #[test]
    fn an_address_ends_before_the_punctuation_of_its_sentence() {
        assert_eq!(
            found("see https://a.example/b?c=d&e=f, and (www.b.example/x_(y))."),
            ["https://a.example/b?c=d&e=f", "www.b.example/x_(y)"]
        );
        assert_eq!(
            found("“https://a.example/it's” 'www.b.example' \"http://c.example/.\""),
            ["https://a.example/it's", "www.b.example", "http://c.example/"]
        );
        assert_eq!(
            found("HTTPS://A.EXAMPLE/; www.a.example/?q=1&copy; ftp://f.example:21/x<br>"),
            ["HTTPS://A.EXAMPLE/", "www.a.example/?q=1", "ftp://f.example:21/x"]
        );
        assert_eq!(
            found("http://bücher.example/straße http://a.example…"),
            ["http://bücher.example/straße", "http://a.example…"]
        );
    }

    #[test]
    fn what_only_looks_like_an_address_is_none() {
        for text in [
            "http://localhost/",
            "https://",
            "www.",
            "awww.a.example",
            "xhttp://a.example",
            "www.a_b.c",
            "javascript://a.example",
            "www..a",
            "http://.a.b",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn addresses_of_mail_are_found_and_handles_are_not() {
        assert_eq!(found("ada@a.example, b+c.d@e-f.example."), ["ada@a.example", "b+c.d@e-f.example"]);
        for text in [
            "@ada@social.example",
            "a@b",
            "a@b.c-",
            "a@b.c_",
            "@a.example",
            "ftp:a@b.example",
            "x/a@b.example",
            "\\+@a.example",
            "a@b..c",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
        assert_eq!(found("https://ada@a.example/"), Vec::<&str>::new(), "a user before a host is none of GitHub's");
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in [
            "://",
            ":",
            "@",
            "w",
            "ww",
            "www",
            "é://é.é",
            "é@é.é",
            ";&",
            "www.a.é;",
            "(((((http://a.b)))))",
            "http://a.b;;;;;;&;",
        ] {
            let _ = found(text);
        }
    }
}
