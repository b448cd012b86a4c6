//! Owns the rules of the door: which request may come in. A [`Head`] goes in, and what is let in or a [`Refusal`] comes out.
//!
//! The preview shows drafts, and every page in the browser may send requests to loopback. So only our own names are
//! answered (a foreign name that leads here is DNS rebinding), only our own pages may read, and only they may post.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::head::Head;
use super::refusal::Refusal;
use super::{target, tickets};
use crate::serve::exchange::Method;

/// The longest body of a POST, in bytes.
pub(super) const MOST_BODY: usize = 64 * 1024;

/// Headers of the connection, which end at the door, and those that the door writes itself.
const LEFT_BEHIND: [&str; 10] = [
    tickets::HEADER,
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What the door knows of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The address that it is bound to.
    pub(super) bind: IpAddr,
    /// Its port.
    pub(super) port: u16,
    /// Whether it speaks TLS.
    pub(super) tls: bool,
    /// Where POST is allowed, with `/` at both ends.
    pub(super) post_below: &'static str,
}

/// A request that is let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// How long its body is.
    pub(super) length: usize,
    /// Its head in a normal form, without its empty line.
    pub(super) head: String,
}

impl Rules {
    /// Lets a request in, or not.
    pub(super) fn admit(&self, head: &Head) -> Result<Admitted, Refusal> {
        self.judge_host(head)?;
        self.judge_origin(head)?;
        if head.all("upgrade").next().is_some() {
            return Err(Refusal::Malformed);
        }
        let (path, _) = target::split(&head.target)?;
        let method = match head.method.as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" if path.starts_with(self.post_below) => Method::Post,
            _ => return Err(Refusal::Method),
        };
        let length = self.judge_body(head, method)?;
        Ok(Admitted { length, head: normal(head, length) })
    }

    /// A name of ours, once. A foreign one is told nothing.
    fn judge_host(&self, head: &Head) -> Result<(), Refusal> {
        let mut hosts = head.all("host");
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Refusal::Host) };
        let (name, port) = authority(host).ok_or(Refusal::Host)?;
        let is_our_port = port.is_none_or(|port| port == self.port);
        if is_our_port && self.is_ours(name) { Ok(()) } else { Err(Refusal::ForeignHost) }
    }

    /// What a browser says of the page that asks: ours, or the address bar. Other programs say nothing.
    fn judge_origin(&self, head: &Head) -> Result<(), Refusal> {
        let host = head.once("host")?.unwrap_or_default();
        if let Some(origin) = head.once("origin")?
            && !self.is_own_origin(origin, host)
        {
            return Err(Refusal::ForeignOrigin);
        }
        let is = |name, wanted: &str| head.all(name).any(|value| value.eq_ignore_ascii_case(wanted));
        let is_page = is("sec-fetch-mode", "navigate")
            && head.all("sec-fetch-dest").all(|destination| destination.eq_ignore_ascii_case("document"));
        // Another port of this machine is the same site to a browser, and somebody else's page all the same.
        let is_foreign = is("sec-fetch-site", "cross-site") || is("sec-fetch-site", "same-site");
        if is_foreign && !is_page { Err(Refusal::ForeignOrigin) } else { Ok(()) }
    }

    /// Returns how long the body is, if that is said once and plainly.
    fn judge_body(&self, head: &Head, method: Method) -> Result<usize, Refusal> {
        if head.all("transfer-encoding").next().is_some() {
            return Err(Refusal::Malformed);
        }
        if head.all("expect").any(|expected| !expected.eq_ignore_ascii_case("100-continue")) {
            return Err(Refusal::Expectation);
        }
        let length = match head.once("content-length")? {
            Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(Refusal::Malformed);
            }
            // More digits than a number has are too many bytes, too.
            Some(digits) => Some(digits.parse::<usize>().unwrap_or(usize::MAX)),
            None => None,
        };
        match (method, length) {
            (Method::Post, None) => Err(Refusal::NoLength),
            (Method::Post, _) if head.all("origin").next().is_none() => Err(Refusal::ForeignOrigin),
            (Method::Post, Some(length)) if length > MOST_BODY => Err(Refusal::TooLong),
            (Method::Get | Method::Head, Some(1..)) => Err(Refusal::Malformed),
            (_, length) => Ok(length.unwrap_or(0)),
        }
    }

    /// Returns whether a name can only be meant for us. An address cannot be rebound; a name can.
    fn is_ours(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return true;
        }
        let address = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inside) => inside.parse::<Ipv6Addr>().map(IpAddr::V6),
            None => name.parse::<Ipv4Addr>().map(IpAddr::V4),
        };
        let known = [self.bind, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        address.is_ok_and(|address| self.bind.is_unspecified() || known.contains(&address))
    }

    /// Returns whether an origin is the one of this very host, port and scheme.
    fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        let (scheme, usual) = if self.tls { ("https", 443) } else { ("http", 80) };
        let Some((said, rest)) = origin.split_once("://") else { return false };
        let (Some((name, port)), Some((own, _))) = (authority(rest), authority(host)) else { return false };
        said.eq_ignore_ascii_case(scheme) && name.eq_ignore_ascii_case(own) && port.unwrap_or(usual) == self.port
    }
}

/// Splits an authority into host and port, if it is one and names nobody.
fn authority(text: &str) -> Option<(&str, Option<u16>)> {
    let end = match text.starts_with('[') {
        true => text.find(']')? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at(end);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_well_formed = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.parse::<Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(is_name),
    };
    if !is_well_formed {
        return None;
    }
    match rest.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some((name, Some(digits.parse().ok()?))),
        Some(_) => None,
        None => rest.is_empty().then_some((name, None)),
    }
}

/// Writes a head in the one form in which it travels on: one request, one length, no word about the connection.
fn normal(head: &Head, length: usize) -> String {
    let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", head.method, head.target);
    if head.method == "POST" {
        text.push_str(&format!("Content-Length: {length}\r\n"));
    }
    // tiny_http hangs up on values that are not ASCII. Only cookies of other programs on this host are ever so.
    let travels = |(name, value): &&(String, String)| !LEFT_BEHIND.contains(&name.as_str()) && value.is_ascii();
    for (name, value) in head.headers.iter().filter(travels) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text
}

#[cfg(test)]
mod tests;
