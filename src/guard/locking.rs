//! Owns what goes into the lock, and what is said where lock and site.toml no longer fit: which entry
//! belongs to which table, what a verified run writes, how two locks differ, how one takes over another.

use std::collections::BTreeMap;

use super::reading::{self, Standing, standing, version};
use super::tracker::{class, foreign_hosts};
use super::{Answer, Answers, Heard, Probed, Subject};
use crate::analytics::exchange::{Control, Finding};
use crate::analytics::{self, Provider, Transport};
use crate::config::{Analytics, Config, Endpoint};
use crate::digest::Sha256;
use crate::lock::{Lock, LockEntry, LockedCollect, LockedServer, LockedSnippet, LockedTracker, Released, SCHEMA};
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L0, Covers::Built, outcome, message)
}

/// What to do where site.toml was changed on purpose.
const ON_PURPOSE: &str = "if that is on purpose, take it over with `blog lock --accept`; if not, put site.toml back";

/// Returns what is locked of one analytics table: the entry of the same address and site, else the one
/// that is left for its provider, so that a change is named rather than taken for a new table.
pub fn locked<'l>(lock: &'l Lock, config: &Config, table: usize) -> Option<&'l LockEntry> {
    pairs(lock, config).get(&table).copied()
}

fn pairs<'l>(lock: &'l Lock, config: &Config) -> BTreeMap<usize, &'l LockEntry> {
    let environment = config.env.as_deref().unwrap_or_default();
    let mut left: Vec<&LockEntry> = lock.analytics.iter().filter(|entry| entry.environment == environment).collect();
    let mut pairs = BTreeMap::new();
    let fits: [fn(&LockEntry, &Analytics) -> bool; 3] = [
        |entry, table| same_place(entry, table) && entry.site == table.site,
        same_place,
        |entry, table| entry.provider == table.provider,
    ];
    for fits in fits {
        for (index, table) in config.analytics.iter().enumerate() {
            if pairs.contains_key(&index) {
                continue;
            }
            if let Some(at) = left.iter().position(|entry| fits(entry, table)) {
                pairs.insert(index, left.remove(at));
            }
        }
    }
    pairs
}

fn same_place(entry: &LockEntry, table: &Analytics) -> bool {
    entry.provider == table.provider && entry.endpoint == endpoint_name(&table.endpoint)
}

/// Returns an endpoint as the lock writes it.
fn endpoint_name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Embedded => "embedded".to_owned(),
        Endpoint::Server(url) => url.to_string(),
    }
}

/// Says whether the lock has entries of this environment that no table of site.toml answers to.
pub fn judge_lock(lock: &Lock, config: &Config) -> Vec<Verdict> {
    let environment = config.env.as_deref().unwrap_or_default();
    let used: Vec<*const LockEntry> = pairs(lock, config).into_values().map(std::ptr::from_ref).collect();
    let entries = lock.analytics.iter().filter(|entry| entry.environment == environment);
    let left = entries.filter(|entry| !used.contains(&std::ptr::from_ref(*entry)));
    let say = |entry: &LockEntry| {
        let message = format!(
            "`analytics.lock` guards {} at `{}`, and site.toml no longer names it: nobody would notice that it is not counted",
            entry.provider, entry.endpoint
        );
        verdict("lock/entry", Outcome::Drift, message)
            .expected_found(format!("{} {}", entry.provider, entry.site), "no such table")
            .fix(ON_PURPOSE)
    };
    left.map(say).collect()
}

/// Says whether the lock knows this table.
pub(super) fn entry(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "lock/entry";
    match (subject.has_lock, subject.locked) {
        (true, Some(_)) => vec![verdict(CODE, Outcome::Ok, "the lock knows this analytics table")],
        (true, None) => {
            let message = format!(
                "`analytics.lock` has no entry for {} at `{}` in this environment: nothing says what it should be",
                subject.analytics.provider,
                endpoint_name(&subject.analytics.endpoint)
            );
            vec![
                verdict(CODE, Outcome::Drift, message)
                    .expected_found("an entry", "none")
                    .fix("write one with `blog lock --accept`, and commit it"),
            ]
        }
        (false, _) => {
            let message = "nothing is locked yet: what is seen is seen for the first time, and compared with nothing";
            vec![verdict(CODE, Outcome::Note, message).fix("commit the `analytics.lock` that a verified build writes")]
        }
    }
}

/// Says whether site.toml still says what was locked.
pub(super) fn changed(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "lock/changed";
    let Some(entry) = subject.locked else { return Vec::new() };
    let analytics = subject.analytics;
    let mut changes: Vec<(String, String, String)> = Vec::new();
    let mut compare = |key: &str, locked: &str, found: &str| {
        if locked != found {
            changes.push((key.to_owned(), locked.to_owned(), found.to_owned()));
        }
    };
    compare("endpoint", &entry.endpoint, &endpoint_name(&analytics.endpoint));
    compare("site", &entry.site, &analytics.site);
    compare("exclude", &entry.coverage, &coverage(analytics));
    if let Some(expected) = analytics::expected(analytics)
        && entry.endpoint == endpoint_name(&analytics.endpoint)
    {
        compare("script", &entry.tracker.url, expected.script.as_str());
        if let Some(collect) = entry.snippet.parameters.get("collect") {
            compare("collect", collect, expected.collect.as_str());
        }
        let parameters = parameters(analytics);
        let names = parameters.keys().chain(entry.snippet.parameters.keys()).filter(|name| *name != "collect");
        for name in names.collect::<std::collections::BTreeSet<_>>() {
            let show = |value: Option<&String>| value.cloned().unwrap_or_else(|| "not set".to_owned());
            compare(&format!("options.{name}"), &show(entry.snippet.parameters.get(name)), &show(parameters.get(name)));
        }
    }
    if changes.is_empty() {
        let pinned = Some(entry.snippet.revision);
        if entry.snippet.text == analytics::snippet(analytics, pinned) {
            return vec![verdict(CODE, Outcome::Ok, "site.toml says what was locked")];
        }
        let message = "the engine prints another snippet than the locked one for the same settings";
        return vec![
            verdict(CODE, Outcome::Drift, message)
                .expected_found(&entry.snippet.text, analytics::snippet(analytics, pinned))
                .fix("look at the difference with `blog lock`, then take it over with `blog lock --accept`"),
        ];
    }
    changes
        .into_iter()
        .map(|(key, locked, found)| {
            let message = format!("`{key}` under [[analytics]] in site.toml is not what was locked");
            verdict(CODE, Outcome::Drift, message).expected_found(locked, found).fix(ON_PURPOSE)
        })
        .collect()
}

/// Says whether there is a newer revision of the snippet than the locked one.
pub(super) fn revision(subject: &Subject<'_>) -> Vec<Verdict> {
    const CODE: &str = "lock/revision";
    let (Some(provider), Some(entry)) = (subject.provider(), subject.locked) else { return Vec::new() };
    let (newest, pinned) = (provider.newest(), entry.snippet.revision);
    if pinned > newest.number {
        let message = format!(
            "the lock pins revision {pinned} of the {} snippet, which this engine does not know yet",
            provider.title
        );
        return vec![
            verdict(CODE, Outcome::Drift, message)
                .expected_found(format!("revision {pinned}"), format!("revisions up to {}", newest.number))
                .fix("use the version of `blog` that wrote the lock, or a newer one"),
        ];
    }
    if pinned == newest.number {
        return vec![verdict(CODE, Outcome::Ok, "the snippet is the newest revision of it")];
    }
    let message = format!(
        "revision {} of the {} snippet is there ({}); pages carry the locked one, {pinned}",
        newest.number, provider.title, newest.what
    );
    vec![verdict(CODE, Outcome::Note, message).fix("take it over with `blog lock --accept`")]
}

/// Returns which pages are to carry the snippet, in words.
fn coverage(analytics: &Analytics) -> String {
    match analytics.exclude.is_empty() {
        true => "every page".to_owned(),
        false => {
            let mut exclude = analytics.exclude.clone();
            exclude.sort();
            format!("every page but {}", exclude.join(", "))
        }
    }
}

/// Returns the options as the lock keeps them.
fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    analytics::expected(analytics).map(|expected| expected.parameters).unwrap_or_default()
}

/// Why no lock can be written: for each table, what was not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlockable {
    /// The table's provider and endpoint.
    pub table: String,
    /// What stands in the way, in words.
    pub why: String,
}

/// Returns what a verified run locks, for this environment; the reasons where it cannot.
pub fn lock_of(config: &Config, answers: &Answers) -> Result<Lock, Vec<Unlockable>> {
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for (table, answer) in config.analytics.iter().zip(&answers.tables) {
        match entry_of(config, table, answer) {
            Ok(entry) => entries.push(entry),
            Err(why) => {
                let table = format!("{} at {}", table.provider, endpoint_name(&table.endpoint));
                problems.push(Unlockable { table, why });
            }
        }
    }
    match problems.is_empty() {
        true => Ok(Lock { schema: SCHEMA, analytics: entries }),
        false => Err(problems),
    }
}

fn entry_of(config: &Config, table: &Analytics, answer: &Answer) -> Result<LockEntry, String> {
    let (Some(provider), Some(target)) = (analytics::find(&table.provider), &answer.target) else {
        return Err("this provider is not known".to_owned());
    };
    let reply = match &answer.tracker {
        Heard::Reply(reply) if standing(reply) == Standing::Served => reply,
        Heard::Reply(reply) => return Err(format!("its tracker was answered with {}", reply.status)),
        Heard::Failed(failure) => return Err(format!("its tracker {}", failure.words())),
        Heard::Unasked(_) => return Err("its tracker was not asked for".to_owned()),
    };
    let text = reply.text();
    let reading::Body::Script(script) = reading::body(&text) else {
        return Err("its tracker is no JavaScript".to_owned());
    };
    let subject = Subject {
        analytics: table,
        base_url: &config.base_url,
        has_lock: false,
        locked: None,
        answer,
        sightings: &[],
        policies: &[],
        headers_known: false,
    };
    let learned = version(&subject);
    let class = class(&subject, reply);
    let transports = (provider.transports)(&script, &commands_of(table));
    let collects: Vec<url::Url> = std::iter::once(target.collect.clone()).chain((provider.collects)(target)).collect();
    let hits = |transport: &Transport| {
        let directive = transport.directive();
        collects.iter().map(move |collect| format!("{directive} {collect}"))
    };
    let mut csp: Vec<String> = transports.iter().flat_map(hits).collect();
    csp.push(format!("script-src {}", target.script));
    csp.sort();
    csp.dedup();
    let compiled = (provider.compiled)(&script);
    let text_of_snippet = analytics::snippet(table, None);
    let mut parameters = parameters(table);
    parameters.insert("collect".to_owned(), target.collect.to_string());
    Ok(LockEntry {
        environment: config.env.clone().unwrap_or_default(),
        provider: table.provider.clone(),
        endpoint: endpoint_name(&table.endpoint),
        site: table.site.clone(),
        coverage: coverage(table),
        snippet: LockedSnippet {
            revision: provider.newest().number,
            sha256: Sha256::of(&text_of_snippet),
            text: text_of_snippet,
            parameters,
        },
        tracker: LockedTracker {
            url: target.script.to_string(),
            final_url: reply.url.clone(),
            content_type: reply.content_type(),
            class: class.name().to_owned(),
            released: vec![Released {
                version: learned.as_ref().map_or_else(|| "unknown".to_owned(), |learned| learned.version.clone()),
                sha256: Sha256::of(&reply.body),
                size: reply.body.len() as u64,
            }],
            markers: markers(provider, &text),
            commands: provider.understood(&script).into_iter().map(str::to_owned).collect(),
            transports: transports.iter().map(|transport| transport.name().to_owned()).collect(),
            hosts: foreign_hosts(&subject, &text).into_iter().collect(),
            // The snippet that we print names the tracker's address as site.toml has it.
            embedded: compiled.resolved(config.base_url.url(), target.script.as_str()),
            domain: compiled.domain,
            lookups: (provider.lookups)(&script).into_iter().map(|lookup| lookup.name().to_owned()).collect(),
        },
        server: learned.map(|learned| LockedServer { version: learned.version, learned_by: learned.by.to_owned() }),
        collect: collect_of(provider, &target.collect, answer)?,
        csp,
    })
}

/// Returns the commands that this table's options add to the snippet: some decide how hits are sent.
fn commands_of(table: &Analytics) -> Vec<String> {
    table.options.iter().filter(|(_, value)| value.as_bool() != Some(false)).map(|(name, _)| name.clone()).collect()
}

fn markers(provider: &Provider, text: &str) -> Vec<String> {
    let words = provider.tracker.markers.iter().copied().flatten();
    words.filter(|marker| text.contains(**marker)).map(|marker| (*marker).to_owned()).collect()
}

fn collect_of(provider: &Provider, collect: &url::Url, answer: &Answer) -> Result<Option<LockedCollect>, String> {
    match &answer.probe {
        Probed::Found(Finding::Known { answer, control, .. } | Finding::Recorded { answer, control, .. }, _) => {
            Ok(Some(LockedCollect {
                method: provider.probe.method.to_owned(),
                path: collect.path().to_owned(),
                probe: provider.probe.name.to_owned(),
                expect_known: answer.clone(),
                expect_unknown: match control {
                    Control::Told(answer) | Control::Within(answer) => answer.clone(),
                    Control::Indistinguishable => "indistinguishable".to_owned(),
                },
            }))
        }
        Probed::Found(Finding::Indistinguishable { answer, .. }, _) => Ok(Some(LockedCollect {
            method: provider.probe.method.to_owned(),
            path: collect.path().to_owned(),
            probe: provider.probe.name.to_owned(),
            expect_known: answer.clone(),
            expect_unknown: "indistinguishable".to_owned(),
        })),
        Probed::Found(Finding::Broken { meaning, .. } | Finding::Trouble { meaning, .. }, _) => Err(meaning.clone()),
        Probed::Found(Finding::Unclassified, _) => {
            Err("its counting address gave no answer that can be read".to_owned())
        }
        Probed::Failed(failure, _) => Err(format!("its counting address {}", failure.words())),
        Probed::Unasked(_) => Err("its counting address was not asked".to_owned()),
    }
}

/// One fact that differs between two locks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Which fact: `goatcounter https://stats.example/ · tracker.final_url`.
    pub key: String,
    /// As locked; nothing if it is new.
    pub locked: Option<String>,
    /// As found; nothing if it is gone.
    pub found: Option<String>,
}

/// Returns how what is found differs from what is locked; entries of environments that were not looked at are left alone.
pub fn compare(locked: &Lock, found: &Lock) -> Vec<Difference> {
    let environments: std::collections::BTreeSet<&str> =
        found.analytics.iter().map(|entry| entry.environment.as_str()).collect();
    let facts = |lock: &Lock, only: &dyn Fn(&str) -> bool| {
        let mut facts = BTreeMap::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for entry in lock.analytics.iter().filter(|entry| only(&entry.environment)) {
            let count = seen.entry(entry.provider.clone()).or_default();
            *count += 1;
            // By provider and number, so that a changed endpoint or site is one difference, not two entries.
            let name = match count {
                1 => entry.provider.clone(),
                count => format!("{} ({count})", entry.provider),
            };
            let value = toml::Value::try_from(entry).expect("an entry has only keys and values that TOML knows");
            flatten(&name, &value, &mut facts);
        }
        facts
    };
    let found_facts = facts(found, &|_| true);
    let locked_facts = facts(locked, &|environment| environments.contains(environment));
    let keys = locked_facts.keys().chain(found_facts.keys()).collect::<std::collections::BTreeSet<_>>();
    keys.into_iter()
        .filter(|key| locked_facts.get(*key) != found_facts.get(*key))
        .map(|key| Difference {
            key: key.clone(),
            locked: locked_facts.get(key).cloned(),
            found: found_facts.get(key).cloned(),
        })
        .collect()
}

fn flatten(name: &str, value: &toml::Value, facts: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, facts))
        }
        toml::Value::Array(values) => {
            let lines: Vec<String> = values.iter().map(line).collect();
            facts.insert(name.to_owned(), lines.join("; "));
        }
        other => drop(facts.insert(name.to_owned(), line(other))),
    }
}

fn line(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Table(table) => {
            table.iter().map(|(key, value)| format!("{key} {}", line(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// Returns the lock that takes over what was found: entries of this environment are renewed, pairs of
/// version and bytes are added to those of the same server, other environments stay as they are.
pub fn accept(existing: Option<&Lock>, found: Lock, config: &Config) -> Lock {
    let environment = config.env.as_deref().unwrap_or_default();
    let old: Vec<LockEntry> = existing.map(|lock| lock.analytics.clone()).unwrap_or_default();
    let mut entries: Vec<LockEntry> = old.iter().filter(|entry| entry.environment != environment).cloned().collect();
    for mut entry in found.analytics {
        let same = old.iter().find(|known| {
            known.environment == environment
                && known.provider == entry.provider
                && known.endpoint == entry.endpoint
                && known.tracker.url == entry.tracker.url
        });
        let known = same.map(|known| known.tracker.released.clone()).unwrap_or_default();
        entry.tracker.released.extend(known);
        entry.tracker.released.sort_by(|one, other| (&one.version, one.sha256).cmp(&(&other.version, other.sha256)));
        entry.tracker.released.dedup();
        entries.push(entry);
    }
    Lock { schema: SCHEMA, analytics: entries }
}

#[cfg(test)]
mod tests;
