//! Owns how a page's policy is served: production's, with the addresses that moved in their new places, our script
//! allowed, and without what cannot work on this machine. Every change is told.

use std::collections::BTreeSet;

use super::{Dressing, SCRIPT};
use crate::guard::csp::{Delivery, Directive, Policy, Script, hash_source};

/// Directives that are left out: the first two would keep the preview from working over http, the others would send
/// reports about this machine to production's receiver.
const LEFT_OUT: [&str; 4] = ["upgrade-insecure-requests", "sandbox", "report-uri", "report-to"];

/// How headers and policies differ from production's.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Whether `Strict-Transport-Security` was dropped.
    pub(super) without_transport_security: bool,
    moved: BTreeSet<(String, String)>,
    script_added: bool,
    connection_added: bool,
    left_out: BTreeSet<&'static str>,
}

impl Changes {
    /// Says it in a sentence; nothing if nothing was changed.
    pub(super) fn sentence(&self) -> Option<String> {
        let mut parts: Vec<String> =
            self.moved.iter().map(|(from, to)| format!("`{from}` in the policy is `{to}` here")).collect();
        parts.extend(match (self.script_added, self.connection_added) {
            (true, true) => Some("the preview's script and its connection are allowed".to_owned()),
            (true, false) => Some("the preview's script is allowed".to_owned()),
            (false, true) => Some("the preview's connection is allowed".to_owned()),
            (false, false) => None,
        });
        if !self.left_out.is_empty() {
            let names: Vec<String> = self.left_out.iter().map(|name| format!("`{name}`")).collect();
            parts.push(format!("{} left out", joined(&names)));
        }
        if self.without_transport_security {
            parts.push(
                "`Strict-Transport-Security` is not sent, because the browser would keep it for localhost".to_owned(),
            );
        }
        (!parts.is_empty()).then(|| format!("as in production, but for this: {}", parts.join("; ")))
    }
}

fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{one} is"),
        [first @ .., last] => format!("{} and {last} are", first.join(", ")),
    }
}

/// Returns whether a header holds policies.
pub(super) fn is_policy(name: &str) -> bool {
    ["content-security-policy", "content-security-policy-report-only"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Returns what is served in a policy's place: the text itself where nothing is to be changed. `enforced` is false for
/// a header that only reports.
pub(super) fn written(
    text: &str,
    delivery: Delivery,
    dressing: &Dressing<'_>,
    changes: &mut Changes,
    enforced: bool,
) -> String {
    let mut unchanged = true;
    let policies: Vec<String> = text
        .split(',')
        .filter_map(|text| {
            let before = Policy::parse(text, delivery);
            let mut policy = before.clone();
            change(&mut policy, dressing, changes, enforced);
            unchanged &= policy == before;
            (!policy.is_empty()).then(|| policy.to_string())
        })
        .collect();
    if unchanged { text.to_owned() } else { policies.join(", ") }
}

fn change(policy: &mut Policy, dressing: &Dressing<'_>, changes: &mut Changes, enforced: bool) {
    let page = dressing.page;
    for name in LEFT_OUT {
        // Over https, with `--tls`, an upgrade changes nothing.
        let keeps = name == "upgrade-insecure-requests" && page.scheme() == "https";
        if !keeps && policy.remove(name) {
            changes.left_out.insert(name);
        }
    }
    for moved in dressing.moved {
        if policy.move_to(&moved.from, &moved.to, page) {
            let origin = |url: &url::Url| url.origin().ascii_serialization();
            changes.moved.insert((origin(&moved.from), origin(&moved.to)));
        }
    }
    // Where inline scripts are allowed, a hash would forbid all others.
    if policy.inline(&Script::default(), SCRIPT).is_err() {
        policy.allow(Directive::Script, &hash_source(SCRIPT));
        changes.script_added |= enforced;
    }
    if policy.request(Directive::Connect, page, page).is_err() {
        policy.allow(Directive::Connect, "'self'");
        changes.connection_added |= enforced;
    }
}
