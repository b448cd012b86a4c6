//! Owns level 3: which version the server has, how that was learned, and whether it is the locked one
//! or one that `accept` lets pass.

use semver::{Version, VersionReq};

use super::reading::{challenge, unknown, version};
use super::tracker::ON_PURPOSE;
use super::{Heard, Subject, Unasked};
use crate::analytics::Provider;
use crate::analytics::exchange::{Reply, VersionFound};
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L3, Covers::Server, outcome, message)
}

/// Says whether the version could be learned, and how.
pub(super) fn answer(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "version/answer";
    let Some(provider) = subject.provider() else { return Vec::new() };
    let title = provider.title;
    if matches!(subject.answer.version, Heard::Unasked(Unasked::Offline | Unasked::NotSelected)) {
        return Vec::new();
    }
    if let Some(learned) = version(subject) {
        let how = match learned.by {
            "tracker" => "by the bytes of its tracker".to_owned(),
            by => format!("by its {by}"),
        };
        return vec![verdict(CODE, Outcome::Ok, format!("the server is {title} {}, {how}", learned.version))];
    }
    vec![match &subject.answer.version {
        Heard::Unasked(Unasked::TokenRefusedBefore) => verdict(
            CODE,
            unknown("token-refused"),
            format!("the {title} server refused this token within the last hour, so that it was not sent again"),
        )
        .fix(
            "put a token that is good into the environment; after too many bad ones the server locks this address out",
        ),
        Heard::Unasked(_) => untold(CODE, subject, provider),
        Heard::Failed(failure) => {
            let outcome = if failure.is_drift() { Outcome::Drift } else { unknown(failure.word()) };
            verdict(CODE, outcome, format!("the address that tells the version {}", failure.words())).fix(failure.fix())
        }
        Heard::Reply(reply) => match hidden(subject, provider, reply) {
            Some(verdict) => verdict,
            None => read(CODE, provider, reply),
        },
    }]
}

/// Says what it means that nobody tells the version.
fn untold(code: &'static str, subject: &Subject<'_>, provider: &Provider) -> Verdict {
    let title = provider.title;
    if provider.version.is_none() {
        return verdict(code, Outcome::Note, format!("indistinguishable: {title} tells its version to nobody"))
            .untold();
    }
    let locked = subject.locked.and_then(|locked| locked.server.as_ref());
    if locked.is_none_or(|server| server.learned_by == "tracker") && subject.analytics.accept.is_none() {
        let message = format!(
            "indistinguishable: {title} tells its version only to who has a token, and there is none; changed bytes of \
             the tracker are found all the same"
        );
        return verdict(code, Outcome::Note, message)
            .untold()
            .fix("set `token_env` to the name of a variable with a token that may view the site");
    }
    let variable = subject
        .analytics
        .token_env
        .as_deref()
        .map_or("of no variable: set `token_env`".to_owned(), |name| format!("of `{name}`"));
    verdict(
        code,
        unknown("no-token"),
        format!("the version of the {title} server is locked, and cannot be asked for without a token"),
    )
    .fix(format!("put the token into the environment, as the value {variable}"))
}

/// Says what it means that a server keeps its version to itself, if it does.
fn hidden(subject: &Subject<'_>, provider: &Provider, reply: &Reply) -> Option<Verdict> {
    const CODE: &str = "version/answer";
    let query = provider.version.as_ref()?;
    let VersionFound::Untold(why) = (query.read)(reply) else { return None };
    let title = provider.title;
    let locked = subject.locked.and_then(|locked| locked.server.as_ref());
    if locked.is_none_or(|server| server.learned_by == "tracker") && subject.analytics.accept.is_none() {
        let message = format!("indistinguishable: this {title} server does not tell its version: {why}");
        return Some(verdict(CODE, Outcome::Note, message).evidence(seen(reply)).untold());
    }
    let message = format!("the version of the {title} server is locked, and the server no longer tells it: {why}");
    Some(verdict(CODE, unknown("version-hidden"), message).evidence(seen(reply)).fix(
        "let the server tell its version again; if it is to stay hidden, take that over with `blog lock --accept`",
    ))
}

fn seen(reply: &Reply) -> String {
    format!("{}: {}, {}", reply.url, reply.status, reply.glimpse())
}

/// Says why an answer tells no version.
fn read(code: &'static str, provider: &Provider, reply: &Reply) -> Verdict {
    let title = provider.title;
    let found = provider.version.as_ref().map_or(VersionFound::Unclassified, |query| (query.read)(reply));
    let evidence = seen(reply);
    let (reason, message, fix) = match found {
        VersionFound::TokenRefused(_) => (
            "token-refused".to_owned(),
            format!("the {title} server refuses the token; it is not sent again within the next hour"),
            "make a new token that may view the site: after too many bad ones the server locks this address out",
        ),
        VersionFound::Trouble { kind, meaning } => (kind.to_owned(), meaning, "run this again when the server is well"),
        _ if challenge(reply).is_some() => (
            "challenge".to_owned(),
            "somebody before the server asks us to prove that we are no robot".to_owned(),
            "let requests for the version pass without a challenge",
        ),
        _ if reply.status == 429 || reply.status >= 500 => (
            if reply.status == 429 { "rate-limited".to_owned() } else { format!("status-{}", reply.status) },
            format!("the server answers {} instead of its version", reply.status),
            "run this again when the server is well",
        ),
        _ => (
            "unreadable".to_owned(),
            format!("the answer is none that {title} gives to the question for its version"),
            "check `endpoint` in site.toml, and whether a proxy hides that address",
        ),
    };
    verdict(code, unknown(reason), message).evidence(evidence).fix(fix)
}

/// Says whether the version is one that may be.
pub(super) fn accepted(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "version/accepted";
    let (Some(provider), Some(learned)) = (subject.provider(), version(subject)) else { return Vec::new() };
    if matches!(subject.answer.version, Heard::Unasked(Unasked::Offline | Unasked::NotSelected)) {
        return Vec::new();
    }
    let (title, now) = (provider.title, learned.version);
    let accept = subject.analytics.accept.as_ref();
    let mut locked: Vec<&str> = Vec::new();
    if let Some(entry) = subject.locked {
        locked.extend(entry.server.as_ref().map(|server| server.version.as_str()));
        locked.extend(
            entry.tracker.released.iter().map(|pair| pair.version.as_str()).filter(|version| *version != "unknown"),
        );
    }
    locked.sort_unstable();
    locked.dedup();
    if locked.contains(&now.as_str()) {
        return vec![verdict(CODE, Outcome::Ok, format!("{title} {now} is the locked version"))];
    }
    if accept.is_some_and(|accept| passes(accept, &now)) {
        let message = format!("{title} {now} is not the locked version, and `accept` lets it pass");
        return vec![verdict(CODE, Outcome::Ok, message)];
    }
    match (locked.is_empty(), accept) {
        (true, None) => {
            let message = format!("{title} {now} was seen for the first time, and compared with nothing");
            vec![verdict(CODE, Outcome::Note, message)]
        }
        (none, accept) => {
            let mut expected = locked.join(" or ");
            if let Some(accept) = accept {
                expected = format!("{expected}{}{accept}", if none { "" } else { " or " });
            }
            vec![
                verdict(CODE, Outcome::Drift, format!("the {title} server is {now} now, which nobody has accepted"))
                    .expected_found(expected, now)
                    .fix(format!("{ON_PURPOSE}; or let versions pass by `accept` in site.toml")),
            ]
        }
    }
}

/// Returns whether a range holds a version; one before a release counts as the release.
fn passes(accept: &VersionReq, version: &str) -> bool {
    let Some(mut version) = parse(version) else { return false };
    if accept.matches(&version) {
        return true;
    }
    version.pre = semver::Prerelease::EMPTY;
    accept.matches(&version)
}

/// Reads a version as vendors write them: `2.7`, `v2.7.0`, `5.2.0-b5`.
fn parse(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let (core, rest) = text.find(['-', '+']).map_or((text, ""), |at| text.split_at(at));
    let dots = core.matches('.').count();
    let padded = match dots {
        0 => format!("{core}.0.0"),
        1 => format!("{core}.0"),
        _ => core.to_owned(),
    };
    Version::parse(&format!("{padded}{rest}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_vendors_write_them() {
        let accept = VersionReq::parse(">=2.5, <3").unwrap();
        for version in ["2.5.0", "v2.7.0", "2.7", "2.8.0-rc1", "2.9"] {
            assert!(passes(&accept, version), "{version}");
        }
        for version in ["2.4.9", "3.0.0", "dev", ""] {
            assert!(!passes(&accept, version), "{version}");
        }
    }
}
