//! Owns level 2: the pair. The commands that the snippets on the pages issue × the commands that the
//! served tracker understands × the address they talk to × the policy of the pages. Neither half need
//! be wrong by itself for nothing to be counted.
//!
//! It reads the tracker's tokens where they were fetched, and the lock's memory of them where they were
//! not. What tokens cannot decide is unknown, and a browser (L7) decides it; never ok.

use std::collections::BTreeSet;

use url::Url;

use super::csp::{Directive, Policies, Refusal, Script as PageScript};
use super::dial::is_loopback;
use super::reading::{Body, body, evidence, served, unknown};
use super::{PagePolicy, Subject};
use crate::analytics::script::{Script, Token};
use crate::analytics::{ScriptTag, Sighting, Transport};
use crate::config::Placed;
use crate::lock::LockedTracker;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

pub(super) fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L2, Covers::Built, outcome, message)
}

/// What is known of the tracker that the pages load.
pub(super) enum Knowledge<'a> {
    /// Its tokens, and where they came from.
    Tokens(Script<'a>, String),
    /// What the lock remembers.
    Locked(&'a LockedTracker),
    /// Nothing; another rule says why.
    Nothing,
}

pub(super) fn knowledge<'a>(subject: &Subject<'a>, text: &'a str) -> Knowledge<'a> {
    if let Some(reply) = served(subject) {
        return match body(text) {
            Body::Script(script) => Knowledge::Tokens(script, evidence(reply)),
            // L1 has said that this is no tracker; no memory of a better one excuses it.
            Body::Broken(_) | Body::Other(_) => Knowledge::Nothing,
        };
    }
    match (subject.locked, subject.answer.tracker.reply()) {
        (Some(locked), None) => Knowledge::Locked(&locked.tracker),
        _ => Knowledge::Nothing,
    }
}

/// Returns the tracker's text, to be borrowed from.
pub(super) fn text(subject: &Subject<'_>) -> String {
    served(subject).map(|reply| reply.text()).unwrap_or_default()
}

/// Returns the snippets that a tracker has to understand: those that call it themselves, and run, or wait for a consent
/// that site.toml speaks of.
pub(super) fn callers<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a Sighting> {
    let waits = subject.analytics.placed == Placed::Consent;
    let calls = move |sighting: &&Sighting| match sighting.style {
        "tag-manager" | "pixel" => false,
        "inert" => waits,
        _ => true,
    };
    subject.sightings.iter().filter(calls)
}

/// Returns the images that count by being loaded, and need no tracker.
fn pixels(subject: &Subject<'_>) -> BTreeSet<Url> {
    let pixels = subject.sightings.iter().filter(|sighting| sighting.style == "pixel");
    pixels.filter_map(|pixel| subject.base_url.url().join(pixel.collect.as_deref()?).ok()).collect()
}

/// Says whether the tracker understands every command of the snippets.
pub(super) fn commands(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/commands";
    let Some(provider) = subject.provider() else { return Vec::new() };
    let text = text(subject);
    let knowledge = knowledge(subject, &text);
    let said = subject.expect().understands;
    let wanted: BTreeSet<&str> = callers(subject)
        .flat_map(|sighting| &sighting.commands)
        .map(String::as_str)
        .filter(|name| !name.starts_with('(') && !said.iter().any(|known| known == name))
        .collect();
    if wanted.is_empty() {
        let is_bare = callers(subject).next().is_some() && said.is_empty();
        return match &knowledge {
            Knowledge::Tokens(_, seen) if is_bare => {
                vec![verdict(CODE, Outcome::Ok, "the snippet asks no more of the tracker than to run").evidence(seen)]
            }
            _ => Vec::new(),
        };
    }
    let (missing, seen, undecidable): (Vec<&str>, String, bool) = match &knowledge {
        Knowledge::Nothing => return Vec::new(),
        // A lock from before commands were kept: not locked, so not judged.
        Knowledge::Locked(tracker) if tracker.commands.is_empty() => return Vec::new(),
        Knowledge::Tokens(script, evidence) => (
            wanted.iter().copied().filter(|command| !provider.understands(script, command)).collect(),
            evidence.clone(),
            makes_code(script),
        ),
        Knowledge::Locked(tracker) => (
            wanted.iter().copied().filter(|command| !tracker.commands.iter().any(|known| known == command)).collect(),
            "the tracker as it was locked, not as it is now".to_owned(),
            false,
        ),
    };
    let all = wanted.iter().map(|command| format!("`{command}`")).collect::<Vec<_>>().join(", ");
    if missing.is_empty() {
        let message = format!("the tracker understands all that the snippet says: {all}");
        return vec![verdict(CODE, Outcome::Ok, message).evidence(seen)];
    }
    let names = missing.iter().map(|command| format!("`{command}`")).collect::<Vec<_>>().join(", ");
    if undecidable {
        let message =
            format!("the tracker makes code as it runs, so that nobody can read in it whether it understands {names}");
        return vec![
            verdict(CODE, unknown("L7"), message)
                .evidence(seen)
                .fix("a browser can tell: look whether a hit leaves the page, or serve the vendor's own file"),
        ];
    }
    let why = missing.iter().find_map(|command| (provider.explain)(command));
    let message = match why {
        Some(why) => format!(
            "page and tracker do not speak the same language: {why}. The page looks right, the server is up, its version \
             and address are what they were, and no visit of this site is counted"
        ),
        None => format!(
            "the snippet gives a command that this tracker does not know: {names}. The tracker passes over it, or stops there"
        ),
    };
    let fix = format!(
        "let the two fit again: serve a {0} tracker that knows {names}, or write the snippet that this tracker \
         understands. Whatever was upgraded last, page or server, has outrun the other",
        provider.title
    );
    vec![
        verdict(CODE, Outcome::Drift, message)
            .evidence(seen)
            .expected_found(all, format!("a tracker without {names}"))
            .fix(fix),
    ]
}

/// Returns whether a script makes code as it runs: then its tokens are not all that it says.
fn makes_code(script: &Script<'_>) -> bool {
    let spelt = |index: usize| script.tokens.get(index + 1).is_some_and(|next| next.is("("));
    calls(script, &["eval", "Function", "atob"])
        || (0..script.tokens.len()).any(|index| script.tokens[index].names("fromCharCode") && spelt(index))
}

/// Returns whether a script calls one of these functions of the browser's; `a.eval(…)` is some object's own.
fn calls(script: &Script<'_>, names: &[&str]) -> bool {
    script.tokens.iter().enumerate().any(|(index, token)| {
        let Token::Identifier(name) = token else { return false };
        let called = script.tokens.get(index + 1).is_some_and(|next| next.is("("));
        names.contains(&name.as_ref()) && called && !(index > 0 && script.tokens[index - 1].is("."))
    })
}

/// Says whether the commands stand in an order in which this tracker does what they say.
pub(super) fn order(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/order";
    let Some(provider) = subject.provider() else { return Vec::new() };
    let text = text(subject);
    let (script, evidence) = match knowledge(subject, &text) {
        Knowledge::Tokens(script, evidence) => (Some(script), evidence),
        Knowledge::Locked(_) | Knowledge::Nothing => (None, "the snippet alone; the tracker was not read".to_owned()),
    };
    let mut problems = BTreeSet::new();
    let mut judged = 0;
    for sighting in callers(subject).filter(|sighting| !sighting.commands.is_empty()) {
        judged += 1;
        if let Err(problem) = (provider.order)(&sighting.commands, script.as_ref()) {
            problems.insert((problem.is_certain, problem.message, problem.fix, sighting.commands.join(", ")));
        }
    }
    if judged == 0 && callers(subject).next().is_some() {
        let message = "the snippet gives no commands whose order could matter";
        return vec![verdict(CODE, Outcome::Ok, message).evidence(evidence)];
    }
    if judged > 0 && problems.is_empty() {
        let message = match script {
            Some(_) => "the commands stand in an order that this tracker obeys",
            None => "the commands stand in an order that every tracker obeys",
        };
        return vec![verdict(CODE, Outcome::Ok, message).evidence(evidence)];
    }
    let drift = |(is_certain, message, fix, commands): (bool, String, String, String)| {
        let outcome = if is_certain { Outcome::Drift } else { unknown("tracker-not-read") };
        verdict(CODE, outcome, message)
            .evidence(&evidence)
            .expected_found("address and site first, then the page view", commands)
            .fix(fix)
    };
    problems.into_iter().map(drift).collect()
}

/// Says whether hits go where site.toml says: what the snippet writes counts first, then what the server has written
/// into the tracker, then what the tracker makes of its own address.
pub(super) fn endpoint(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/endpoint";
    let Some(target) = &subject.answer.target else { return Vec::new() };
    let text = text(subject);
    let knowledge = knowledge(subject, &text);
    let mut found = BTreeSet::new();
    for sighting in callers(subject) {
        let compiled = compiled_endpoint(subject, &knowledge, sighting);
        let is_compiled = sighting.is_derived && compiled.is_some();
        let collect = compiled.filter(|_| sighting.is_derived).or_else(|| sighting.collect.clone());
        let resolved =
            collect.map(|collect| subject.base_url.url().join(&collect).map_or_else(|_| collect.clone(), Into::into));
        found.insert((resolved, sighting.is_derived, is_compiled));
    }
    if found.is_empty() {
        return Vec::new();
    }
    let wrong: Vec<(Option<String>, bool, bool)> =
        found.into_iter().filter(|(found, ..)| found.as_deref() != Some(target.collect.as_str())).collect();
    if wrong.is_empty() {
        return vec![verdict(CODE, Outcome::Ok, format!("hits go to `{}`", target.collect))];
    }
    let drift = |(wrong, is_derived, is_compiled): (Option<String>, bool, bool)| {
        match wrong {
        Some(wrong) if is_compiled => verdict(
            CODE,
            Outcome::Drift,
            format!("the tracker has `{wrong}` written into it, which is not the counting address of site.toml"),
        )
        .evidence(served(subject).map(evidence).unwrap_or_default())
        .expected_found(target.collect.as_str(), wrong)
        .fix("if the vendor has moved its counting address, write it into site.toml as `collect`; else correct the server's settings"),
        Some(wrong) if is_derived => verdict(
            CODE,
            Outcome::Drift,
            format!("the snippet leaves the address to the tracker, which takes `{wrong}`: not the counting address of site.toml"),
        )
        .expected_found(target.collect.as_str(), wrong)
        .fix("correct `endpoint`, `script` or `collect` in site.toml, or name the address in the snippet's options"),
        Some(wrong) => verdict(
            CODE,
            Outcome::Drift,
            format!("the snippet sends its hits to `{wrong}`, which is not the counting address of site.toml"),
        )
        .expected_found(target.collect.as_str(), wrong)
        .fix("let `{{ analytics() }}` print the snippet, or correct the address in site.toml"),
        None if is_derived => {
            let message = "the snippet leaves the address to the tracker, and from where it is loaded nobody can tell which one \
                           it takes";
            verdict(CODE, unknown("L7"), message)
                .expected_found(target.collect.as_str(), "not known")
                .fix("run `blog check --browser`, which sees where its hits go")
        }
        None => {
            verdict(CODE, Outcome::Drift, "the snippet never says where its hits are to go, so that they go nowhere")
                .expected_found(target.collect.as_str(), "no address")
                .fix("let `{{ analytics() }}` print the snippet, or put the address into it")
        }
    }
    };
    wrong.into_iter().map(drift).collect()
}

/// Returns the counting address that the server has written into the tracker, as a browser resolves it from this tag.
fn compiled_endpoint(subject: &Subject<'_>, knowledge: &Knowledge<'_>, tag: &Sighting) -> Option<String> {
    match knowledge {
        Knowledge::Nothing => None,
        Knowledge::Locked(tracker) => tracker.embedded.clone(),
        Knowledge::Tokens(script, _) => {
            let compiled = (subject.provider()?.compiled)(script);
            // An inline copy has no address of its own: site.toml's is what its author took it from.
            let own = || subject.answer.target.as_ref().map(|target| target.script.to_string());
            compiled.resolved(subject.base_url.url(), &tag.script.clone().or_else(own)?)
        }
    }
}

/// Says whether everything is encrypted that a browser wants encrypted.
pub(super) fn scheme(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/scheme";
    let Some(target) = &subject.answer.target else { return Vec::new() };
    if subject.sightings.is_empty() && !matches!(subject.analytics.placed, Placed::Page) {
        // Nothing of the snippet is here to be judged; the last line of the report says so.
        return Vec::new();
    }
    let written = callers(subject).flat_map(|sighting| [&sighting.script, &sighting.collect]).flatten();
    let seen = written.filter_map(|url| subject.base_url.url().join(url).ok());
    let plain: BTreeSet<String> = seen
        .chain([target.script.clone(), target.collect.clone()])
        .filter(|url| url.scheme() == "http" && !is_loopback(url))
        .map(Into::into)
        .collect();
    if plain.is_empty() {
        let message = match is_loopback(&target.script) {
            true => "the analytics server is on this machine, where nothing needs to be encrypted",
            false => "tracker and hits are encrypted",
        };
        return vec![verdict(CODE, Outcome::Ok, message)];
    }
    let list = plain.into_iter().map(|url| format!("`{url}`")).collect::<Vec<_>>().join(", ");
    let message = match subject.base_url.url().scheme() {
        "https" => format!("{list} is not encrypted, and browsers load nothing of that kind into an encrypted page"),
        _ => format!("{list} is not encrypted: anybody on the way can read and change what is sent"),
    };
    vec![
        verdict(CODE, Outcome::Drift, message)
            .expected_found("https", "http")
            .fix("give the analytics server a certificate, and write `https://` into site.toml"),
    ]
}

/// Returns how hits leave the pages: several where tokens cannot tell, none where nothing is known.
pub(super) fn transports(subject: &Subject<'_>) -> Vec<Transport> {
    let Some(provider) = subject.provider() else { return Vec::new() };
    if let Some(transports) = subject.expect().transports {
        return transports;
    }
    let text = text(subject);
    match knowledge(subject, &text) {
        Knowledge::Nothing => Vec::new(),
        Knowledge::Locked(tracker) => Transport::ALL
            .into_iter()
            .filter(|transport| tracker.transports.iter().any(|name| name == transport.name()))
            .collect(),
        Knowledge::Tokens(script, _) => {
            let mut all = BTreeSet::new();
            for sighting in callers(subject) {
                all.extend((provider.transports)(&script, &sighting.commands));
            }
            if subject.sightings.is_empty() {
                all.extend((provider.transports)(&script, &[]));
            }
            all.into_iter().collect()
        }
    }
}

/// Says whether the policies of the pages let the snippet, its tracker and its hits pass.
pub(super) fn policy(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "contract/policy";
    let (Some(provider), Some(target)) = (subject.provider(), &subject.answer.target) else { return Vec::new() };
    let pixels = pixels(subject);
    if callers(subject).next().is_none() && pixels.is_empty() {
        return Vec::new();
    }
    let collects: Vec<Url> = std::iter::once(target.collect.clone()).chain((provider.collects)(target)).collect();
    let transports = transports(subject);
    let bytes = text(subject);
    let evaluates =
        matches!(knowledge(subject, &bytes), Knowledge::Tokens(script, _) if calls(&script, &["eval", "Function"]));
    let mut verdicts = Vec::new();
    let mut judged = 0;
    for page_policy in subject.policies {
        let policies = Policies::parse(page_policy.texts.iter().map(|(delivery, text)| (*delivery, text.as_str())));
        if policies.is_empty() {
            continue;
        }
        judged += page_policy.pages.len();
        let mut refusals = refused_scripts(&policies, page_policy, &target.script);
        let mut unsure = Vec::new();
        let sends: BTreeSet<&str> = transports.iter().map(|transport| transport.directive()).collect();
        let refused = |name: &str, collect: &Url| {
            let directive = if name == "img-src" { Directive::Image } else { Directive::Connect };
            let refusal = policies.request(directive, collect, &page_policy.url).err()?;
            Some(Blocked { what: format!("hits to `{collect}`"), needs: format!("{name} {collect}"), refusal })
        };
        for collect in collects.iter().filter(|_| !sends.is_empty()) {
            let blocked: Vec<Blocked> = sends.iter().filter_map(|name| refused(name, collect)).collect();
            match blocked.len() == sends.len() {
                true => refusals.extend(blocked),
                false => unsure.extend(blocked),
            }
        }
        refusals.extend(pixels.iter().filter_map(|pixel| refused("img-src", pixel)));
        verdicts.extend(
            refusals.into_iter().map(|blocked| blocked.verdict(CODE, Outcome::Drift, page_policy, provider.title)),
        );
        if let Some(Err(refusal)) = evaluates.then(|| policies.evaluate()) {
            let message = "the tracker makes code as it runs, and the pages' own Content-Security-Policy forbids that: whether \
                           it gets as far as to send a hit, nobody can read";
            let unsure = verdict(CODE, unknown("L7"), message).expected_found("'unsafe-eval'", refusal.to_string());
            let fix = "let a browser tell (`blog check --browser`), or serve the vendor's own file";
            verdicts.push(unsure.fix(fix).pages(page_policy.pages.iter().cloned()));
        }
        verdicts.extend(
            unsure.into_iter().map(|blocked| blocked.verdict(CODE, unknown("L7"), page_policy, provider.title)),
        );
    }
    if !verdicts.is_empty() {
        return verdicts;
    }
    if judged > 0 && transports.is_empty() && callers(subject).next().is_some() {
        let text = text(subject);
        // Where the tracker could not be read, a rule before this one has said why.
        return match knowledge(subject, &text) {
            Knowledge::Nothing => Vec::new(),
            Knowledge::Tokens(..) | Knowledge::Locked(_) => {
                let message = "the pages have a policy, and nothing in the tracker shows how its hits leave the page: whether the \
                               policy lets them pass, only a browser tells";
                vec![verdict(CODE, unknown("L7"), message).fix(
                    "run `blog check --browser`; or say it in site.toml: `expect = { transports = [\"beacon\"] }`",
                )]
            }
        };
    }
    match (judged, subject.headers_known) {
        (0, true) => vec![verdict(CODE, Outcome::Ok, "no policy restricts what the pages load and send")],
        // What the host will send is not known; another rule says so.
        (0, false) => Vec::new(),
        (pages, _) => vec![verdict(
            CODE,
            Outcome::Ok,
            format!(
                "the policy of {pages} page{} lets snippet, tracker and hits pass",
                if pages == 1 { "" } else { "s" }
            ),
        )],
    }
}

/// Something that a policy does not let pass.
struct Blocked {
    what: String,
    needs: String,
    refusal: Refusal,
}

impl Blocked {
    fn verdict(self, code: &'static str, outcome: Outcome, policy: &PagePolicy, title: &str) -> Verdict {
        let Blocked { what, needs, refusal } = self;
        let message = match outcome {
            Outcome::Drift => format!(
                "the pages' own Content-Security-Policy blocks {what}: browsers obey it, and {title} hears nothing"
            ),
            _ => format!(
                "the pages' own Content-Security-Policy blocks one of the ways in which this tracker may send {what}"
            ),
        };
        verdict(code, outcome, message)
            .expected_found(&needs, refusal.to_string())
            .fix(format!("add to the policy: {needs}"))
            .pages(policy.pages.iter().cloned())
    }
}

/// Returns the parts of the snippet, and the tracker, that a policy does not let run.
fn refused_scripts(policies: &Policies, page: &PagePolicy, tracker: &Url) -> Vec<Blocked> {
    let mut blocked = Vec::new();
    let mut injects = true;
    for tag in &page.scripts {
        let script = page_script(tag, false);
        let result = match tag.source().map(|source| page.url.join(source)) {
            Some(Ok(url)) => {
                injects = false;
                policies
                    .load(&script, &url, &page.url)
                    .map_err(|refusal| (format!("the script `{url}`"), format!("script-src {url}"), refusal))
            }
            Some(Err(_)) => continue,
            None => policies.inline(&script, &tag.body).map_err(|refusal| {
                (
                    "the snippet, which is an inline script".to_owned(),
                    format!("script-src {}", super::csp::hash_source(&tag.body)),
                    refusal,
                )
            }),
        };
        if let Err((what, needs, refusal)) = result {
            blocked.push(Blocked { what, needs, refusal });
        }
    }
    // A snippet without a tag for its tracker puts one into the page as it runs.
    if injects && !page.scripts.is_empty() {
        let script = PageScript { injected: true, ..PageScript::default() };
        if let Err(refusal) = policies.load(&script, tracker, &page.url) {
            blocked.push(Blocked {
                what: format!("the tracker `{tracker}`"),
                needs: format!("script-src {tracker}"),
                refusal,
            });
        }
    }
    blocked
}

fn page_script(tag: &ScriptTag, injected: bool) -> PageScript<'_> {
    let attribute = |name: &str| tag.attributes.get(name).map(String::as_str);
    PageScript { nonce: attribute("nonce"), integrity: attribute("integrity"), injected }
}
