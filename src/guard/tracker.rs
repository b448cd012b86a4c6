//! Owns level 1: the script that pages load. Is it there, at the address it was locked at, is it
//! JavaScript, is it the vendor's, are its bytes the ones that were verified, and whom does it name.
//!
//! Where one rule has said that there is no tracker, those after it say nothing: one cause, one verdict.

use std::collections::BTreeSet;

use url::Url;

use super::reading::{Body, Standing, body, challenge, evidence, host, served, standing, unknown, version};
use super::{Heard, Subject};
use crate::analytics::Class;
use crate::analytics::exchange::Reply;
use crate::analytics::script::{Token, lex};
use crate::digest::Sha256;
use crate::lock::LockedTracker;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

/// What to do where a server was changed on purpose.
pub(super) const ON_PURPOSE: &str = "if the server was upgraded on purpose, look at the difference with `blog lock` and take it over with `blog lock --accept`";

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L1, Covers::Server, outcome, message)
}

/// Says whether the script is served at all.
pub(super) fn answer(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/answer";
    let Some(target) = &subject.answer.target else { return Vec::new() };
    let script = &target.script;
    let reply = match &subject.answer.tracker {
        Heard::Unasked(_) => return Vec::new(),
        Heard::Failed(failure) => {
            let outcome = if failure.is_drift() { Outcome::Drift } else { unknown(failure.word()) };
            let message = format!("the tracker `{script}` {}", failure.words());
            return vec![verdict(CODE, outcome, message).fix(failure.fix())];
        }
        Heard::Reply(reply) => reply,
    };
    let found = |outcome, message: String| {
        verdict(CODE, outcome, message)
            .evidence(evidence(reply))
            .expected_found("200 with a script", format!("{} with {}", reply.status, reply.glimpse()))
    };
    vec![match standing(reply) {
        Standing::Served => {
            verdict(CODE, Outcome::Ok, format!("the tracker `{script}` is served")).evidence(evidence(reply))
        }
        Standing::Gone => found(
            Outcome::Drift,
            format!(
                "the tracker `{script}` is not served: the server answers {} to everybody, browsers too",
                reply.status
            ),
        )
        .fix("bring the script back at this address, or write its new address into site.toml as `script`"),
        Standing::Passing(reason) => {
            let message = match challenge(reply) {
                Some(who) => format!("{who} asks us to prove that we are no robot before it hands out `{script}`"),
                None => format!("the server answers {} for `{script}`: it is in trouble, or busy", reply.status),
            };
            found(unknown(reason), message).fix(match challenge(reply) {
                Some(_) => "let requests for the tracker pass without a challenge: it is public",
                None => "run this again when the server is well",
            })
        }
    }]
}

/// Says whether the script comes from where it was locked to come from.
pub(super) fn address(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/address";
    let Some(reply) = served(subject) else { return Vec::new() };
    let locked = subject.locked.map(|locked| locked.tracker.final_url.as_str());
    let wanted = locked.unwrap_or_else(|| reply.via.first().unwrap_or(&reply.url).as_str());
    if wanted == reply.url {
        return vec![verdict(CODE, Outcome::Ok, format!("the tracker comes from `{}`", reply.url))];
    }
    let same_host = host(wanted) == host(&reply.url);
    let message = match (locked, same_host) {
        (Some(_), true) => "the tracker comes from another address of the same host than when it was locked",
        (Some(_), false) => {
            "the tracker comes from another host than when it was locked: what a stranger serves runs on every page"
        }
        (None, true) => "the tracker's address redirects within its host",
        (None, false) => "the tracker's address redirects to another host; nothing is locked yet to compare that with",
    };
    let outcome = if locked.is_some() && !same_host { Outcome::Drift } else { Outcome::Note };
    let found = verdict(CODE, outcome.clone(), message)
        .evidence(reply.via.iter().chain([&reply.url]).cloned().collect::<Vec<_>>().join(" → "))
        .expected_found(wanted, &reply.url);
    vec![match outcome {
        Outcome::Drift => found.fix(format!("find out who redirects it; {ON_PURPOSE}")),
        _ => found.fix(format!(
            "name `{}` itself as `script` in site.toml: a redirect costs every visitor a round trip",
            reply.url
        )),
    }]
}

/// Says whether the script is JavaScript at all.
pub(super) fn javascript(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/javascript";
    let Some(reply) = served(subject) else { return Vec::new() };
    let text = reply.text();
    let found = match body(&text) {
        Body::Script(_) => return vec![mime(CODE, reply)],
        Body::Broken(broken) => {
            let message = format!("the tracker looks like JavaScript that was cut short: it has {broken}");
            return vec![
                verdict(CODE, unknown("truncated"), message)
                    .evidence(evidence(reply))
                    .fix("run this again; if it stays so, open the page in a browser and look at its console"),
            ];
        }
        Body::Other(found) => found,
    };
    let impostors = subject.provider().map_or(&[][..], |provider| provider.tracker.impostors);
    let meaning = impostors.iter().find(|(words, _)| text.contains(words)).map(|(_, meaning)| format!(": {meaning}"));
    let message = format!(
        "the tracker's address answers {} with {found} instead of JavaScript{}; on the pages this fails without a sound",
        reply.status,
        meaning.unwrap_or_default()
    );
    vec![
        verdict(CODE, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found("JavaScript", format!("{found}: {}", reply.glimpse()))
            .fix(format!(
                "open `{}` in a browser without being logged in: what you see there is what visitors run",
                reply.url
            )),
    ]
}

/// Says whether browsers take a script of this content type.
fn mime(code: &'static str, reply: &Reply) -> Verdict {
    let kind = reply.content_type();
    let is_script = kind.contains("javascript") || kind.contains("ecmascript");
    let nosniff =
        reply.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff"));
    let never = ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start)) || kind == "text/csv";
    if is_script {
        return verdict(code, Outcome::Ok, "the tracker is JavaScript").evidence(evidence(reply));
    }
    let outcome = if nosniff || never { Outcome::Drift } else { Outcome::Note };
    let message = match outcome {
        Outcome::Drift => "the tracker is JavaScript, and is sent with a content type with which no browser runs it",
        _ => "the tracker is JavaScript, and is sent with another content type, which browsers still put up with",
    };
    verdict(code, outcome, message)
        .evidence(evidence(reply))
        .expected_found("text/javascript", if kind.is_empty() { "no content type".to_owned() } else { kind })
        .fix("let the server send `Content-Type: text/javascript` with it")
}

/// Returns the tracker's text and reply, if it is JavaScript that can be looked into.
fn script(subject: &Subject<'_>) -> Option<String> {
    let text = served(subject)?.text();
    matches!(body(&text), Body::Script(_)).then_some(text)
}

/// Says whether the script is the vendor's.
pub(super) fn identity(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/identity";
    let (Some(provider), Some(reply), Some(text)) = (subject.provider(), served(subject), script(subject)) else {
        return Vec::new();
    };
    let missing: Vec<String> = match subject.expect().markers {
        Some(markers) => markers
            .into_iter()
            .filter(|marker| !text.contains(marker.as_str()))
            .map(|marker| format!("`{marker}`"))
            .collect(),
        None => {
            let rows = provider.tracker.markers.iter().filter(|row| !row.iter().any(|marker| text.contains(marker)));
            rows.map(|row| row.iter().map(|marker| format!("`{marker}`")).collect::<Vec<_>>().join(" or ")).collect()
        }
    };
    if missing.is_empty() {
        return vec![verdict(
            CODE,
            Outcome::Ok,
            format!("the script is {}'s tracker, by its own words", provider.title),
        )];
    }
    vec![
        verdict(CODE, Outcome::Drift, format!("the script is JavaScript, and not {}'s tracker: it lacks words that every version has", provider.title))
            .evidence(evidence(reply))
            .expected_found(missing.join(" and "), reply.glimpse())
            .fix(format!("find out what is served at `{}`: another program, an empty shell, or a tracker of your own, which wants `provider = \"custom\"`", reply.url)),
    ]
}

/// Says whether the bytes are ones that were verified, or that the vendor released.
pub(super) fn bytes(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/bytes";
    let (Some(provider), Some(reply), Some(_)) = (subject.provider(), served(subject), script(subject)) else {
        return Vec::new();
    };
    let digest = Sha256::of(&reply.body);
    let ok = |message: String| vec![verdict(CODE, Outcome::Ok, message).evidence(evidence(reply))];
    let class = class(subject, reply);
    let released: Vec<_> = provider.tracker.released.iter().filter(|(_, bytes)| *bytes == digest.to_string()).collect();
    if class == Class::Volatile {
        return ok(
            "the vendor changes these bytes at will, so that they are not compared; what they understand is".to_owned()
        );
    }
    if class == Class::Exact {
        return frozen(subject, reply, provider.tracker.released, digest);
    }
    let learned = version(subject);
    let now = learned.as_ref().map_or("unknown", |learned| learned.version.as_str());
    // The vendor's table says which bytes belong to which version; without a version, that it released them at all.
    if let Some((version, _)) = released.iter().find(|(version, _)| learned.is_none() || *version == now) {
        return ok(format!("the bytes are the ones that {} released as {version}", provider.title));
    }
    let Some(locked) = subject.locked.map(|locked| &locked.tracker) else {
        let message = "the tracker's bytes were seen for the first time, and compared with nothing";
        return vec![verdict(CODE, Outcome::Note, message).evidence(evidence(reply))];
    };
    let same = locked.released.iter().any(|pair| pair.version == now);
    if let Some(pair) = locked.released.iter().find(|pair| pair.sha256 == digest && (pair.version == now || !same)) {
        // Bytes that are locked are verified bytes; whether a new version may serve them is L3's affair. A version that
        // is locked with other bytes may not: version and bytes are a pair.
        return ok(match pair.version == now {
            true => format!("the bytes are the locked ones of version {now}"),
            false => format!("the bytes are the locked ones, seen with version {}, now with {now}", pair.version),
        });
    }
    let message = match (now, same) {
        ("unknown", _) => {
            "the tracker's bytes are not the locked ones, and nothing tells whether the server was upgraded".to_owned()
        }
        (now, true) => format!(
            "the tracker's bytes changed, and the server's version did not: it is still {now}. A release never does \
             that; a plugin, a proxy or a stranger does"
        ),
        (now, false) => {
            format!("the tracker's bytes changed with the server's upgrade to {now}, and nobody has looked at them yet")
        }
    };
    let fix = match same {
        true => format!("find out who changed the script; {ON_PURPOSE}"),
        false => ON_PURPOSE.to_owned(),
    };
    vec![
        verdict(CODE, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found(pairs(locked), format!("{now} with sha256 {digest}, {} bytes", reply.body.len()))
            .fix(fix),
    ]
}

/// Returns what a change of these bytes means: as site.toml says, else as the vendor's table does.
pub(super) fn class(subject: &Subject<'_>, reply: &Reply) -> Class {
    let table = || {
        let url = Url::parse(&reply.url).ok()?;
        Some((subject.provider()?.tracker.class)(&url))
    };
    subject.expect().class.or_else(table).unwrap_or(Class::Fingerprint)
}

/// Returns the locked pairs in words.
fn pairs(locked: &LockedTracker) -> String {
    let pairs = locked.released.iter();
    pairs
        .map(|pair| format!("{} with sha256 {}, {} bytes", pair.version, pair.sha256, pair.size))
        .collect::<Vec<_>>()
        .join(", or ")
}

/// Says whether a file that the vendor promised never to change is unchanged.
fn frozen(subject: &Subject<'_>, reply: &Reply, released: &[(&str, &str)], digest: Sha256) -> Vec<Verdict> {
    const CODE: &str = "tracker/bytes";
    let name = reply.url.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default();
    let known = released.iter().find(|(file, _)| *file == name).map(|(_, bytes)| (*bytes).to_owned());
    let locked = subject.locked.and_then(|locked| locked.tracker.released.first()).map(|pair| pair.sha256.to_string());
    let Some(expected) = known.or(locked) else {
        let message = "the frozen tracker was seen for the first time, and compared with nothing";
        return vec![verdict(CODE, Outcome::Note, message).evidence(evidence(reply))];
    };
    if expected == digest.to_string() {
        return vec![
            verdict(CODE, Outcome::Ok, format!("`{name}` has the bytes that it was frozen with"))
                .evidence(evidence(reply)),
        ];
    }
    let message = format!("`{name}` is a file that its vendor never changes, and its bytes are others");
    vec![
        verdict(CODE, Outcome::Drift, message)
            .evidence(evidence(reply))
            .expected_found(format!("sha256 {expected}"), format!("sha256 {digest}, {} bytes", reply.body.len()))
            .fix("somebody changed the script on its way: compare it with the vendor's own copy before you trust it"),
    ]
}

/// Says whether the script names hosts that it did not name before.
pub(super) fn hosts(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "tracker/hosts";
    let (Some(reply), Some(text)) = (served(subject), script(subject)) else { return Vec::new() };
    let foreign = foreign_hosts(subject, &text);
    let list = |hosts: &[&String]| hosts.iter().map(|host| format!("`{host}`")).collect::<Vec<_>>().join(", ");
    let Some(locked) = subject.locked else {
        return match foreign.is_empty() {
            true => vec![verdict(CODE, Outcome::Ok, "the tracker names no host but its own")],
            false => {
                let message =
                    format!("the tracker names hosts besides its own: {}", list(&foreign.iter().collect::<Vec<_>>()));
                vec![verdict(CODE, Outcome::Note, message).evidence(evidence(reply))]
            }
        };
    };
    let new: Vec<&String> = foreign.iter().filter(|host| !locked.tracker.hosts.contains(host)).collect();
    if new.is_empty() {
        return vec![verdict(CODE, Outcome::Ok, "the tracker names no host that it did not name when it was locked")];
    }
    vec![
        verdict(CODE, Outcome::Drift, format!("the tracker names a host that it did not name before: {}", list(&new)))
            .evidence(evidence(reply))
            .expected_found(
                match locked.tracker.hosts.is_empty() {
                    true => "no host but its own".to_owned(),
                    false => locked.tracker.hosts.join(", "),
                },
                new.iter().map(|host| host.as_str()).collect::<Vec<_>>().join(", "),
            )
            .fix("this is what an injected script looks like: read the bytes before you accept them"),
    ]
}

/// Returns the hosts that a tracker's strings name, besides its server's, the site's and the vendor's.
pub(super) fn foreign_hosts(subject: &Subject<'_>, text: &str) -> BTreeSet<String> {
    let mut own: BTreeSet<String> = BTreeSet::new();
    if let Some(target) = &subject.answer.target {
        own.extend(
            [&target.endpoint, &target.script, &target.collect]
                .iter()
                .filter_map(|url| Some(url.host_str()?.to_owned())),
        );
    }
    own.extend(subject.base_url.url().host_str().map(str::to_owned));
    let vendors = subject.provider().map_or(&[][..], |provider| provider.tracker.hosts);
    own.extend(subject.expect().hosts);
    let mut found = BTreeSet::new();
    for token in lex(text).tokens {
        let (Token::Text(words) | Token::Template(words)) = &token else { continue };
        found.extend(hosts_in(words).filter(|host| !own.contains(host) && !vendors.contains(&host.as_str())));
    }
    found
}

/// Returns the hosts of the addresses in a string.
fn hosts_in(words: &str) -> impl Iterator<Item = String> + '_ {
    words.match_indices("//").filter_map(|(at, _)| {
        let before = &words[..at];
        if !(before.is_empty() || before.ends_with("http:") || before.ends_with("https:") || before.ends_with("wss:")) {
            return None;
        }
        let rest = &words[at + 2..];
        let end = rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '.' | '-')))
            .unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('.').to_lowercase();
        let (_, ending) = name.rsplit_once('.')?;
        (ending.len() > 1).then_some(name)
    })
}
