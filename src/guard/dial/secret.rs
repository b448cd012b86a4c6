//! Owns the hiding of tokens in what comes back: a server may repeat what it was sent, in its words, its headers or the
//! address of a redirect, and everything that comes back may be quoted in a report.

use std::collections::BTreeSet;

use super::{Arrival, Failure};
use crate::config::Token;

/// What stands in a token's place.
const HIDDEN: &str = "[token]";
/// Below this many characters a text is no secret, and would be found in anything.
const LEAST: usize = 6;

/// Returns the forms in which a token may come back: as it is, and as it stands in an address or a form.
pub(super) fn forms(token: &Token) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(token.0.as_bytes()).collect();
    let percent = encoded.replace('+', "%20");
    [token.0.clone(), encoded, percent].into_iter().filter(|form| form.len() >= LEAST).collect()
}

/// Returns what came back without the tokens that are in it.
pub(super) fn hidden(came: Result<Arrival, Failure>, secrets: &BTreeSet<String>) -> Result<Arrival, Failure> {
    let hide = |text: &mut String| {
        for secret in secrets.iter().filter(|secret| text.contains(secret.as_str())).collect::<Vec<_>>() {
            *text = text.replace(secret.as_str(), HIDDEN);
        }
    };
    match came {
        Ok(mut arrival) => {
            arrival.reply.headers.values_mut().for_each(hide);
            for secret in secrets {
                if let Some(body) = replaced(&arrival.reply.body, secret.as_bytes()) {
                    arrival.reply.body = body;
                }
            }
            Ok(arrival)
        }
        Err(mut failure) => {
            match &mut failure {
                Failure::Unreachable(why)
                | Failure::Certificate(why)
                | Failure::Encryption(why)
                | Failure::Proxy(why)
                | Failure::Protocol(why)
                | Failure::Redirect { to: why, .. } => hide(why),
                _ => {}
            }
            Err(failure)
        }
    }
}

/// Returns some bytes with others replaced; nothing if they are not in them.
fn replaced(bytes: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut replaced = Vec::new();
    let mut done = 0;
    for at in memchr::memmem::find_iter(bytes, secret) {
        replaced.extend_from_slice(&bytes[done..at]);
        replaced.extend_from_slice(HIDDEN.as_bytes());
        done = at + secret.len();
    }
    (done > 0).then(|| [&replaced, &bytes[done..]].concat())
}
