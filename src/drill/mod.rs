//! Owns the drill: who guards the guard. It breaks copies of the site's own pages, and its servers as the
//! stand-in plays them, in every way that [`breakages`] knows, and lets the guard judge each.
//!
//! Gives [`run`]. Needs no network. The breakages know no rule, and nothing here decides what is drift.

pub mod matrix;
mod played;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use crate::analytics;
use crate::analytics::exchange::Target;
use crate::breakages::{self, Breakage, Class, Page, Right, Scene, Staged};
use crate::check::report::Judged;
use crate::check::sample::Sample;
use crate::check::{self, Options, Rules};
use crate::config::{Analytics, Config, Endpoint, Token};
use crate::diagnostic::{Diagnostic, Exit};
use crate::digest::Digest;
use crate::guard::{self, Ask};
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::verdict::{GuardLevel, Outcome};
use played::{Played, Server};

/// A token that no page can hold by chance.
const TOKEN: &str = "drill-2f6c9e0b8d7a4153-token";

/// Who caught a breakage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Catch {
    /// The level of the rule.
    pub level: GuardLevel,
    /// Its code.
    pub code: &'static str,
}

/// What became of one breakage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was caught, by these.
    Caught(Vec<Catch>),
    /// It was promised to be caught, and was not.
    Missed(GuardLevel),
    /// It was caught and called something that it is not.
    Misjudged(Vec<Catch>, &'static str),
    /// A change that breaks nothing raised an alarm.
    FalseAlarm(Vec<Catch>),
    /// A change that breaks nothing raised no alarm.
    Quiet,
    /// Nothing that was switched on promises it; this level does.
    NotPromised(GuardLevel),
    /// This site has nothing that could break so, and why.
    Pointless(&'static str),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The analytics table, by its place in site.toml from 0.
    pub table: usize,
    /// What was broken.
    pub breakage: &'static Breakage,
    /// What became of it.
    pub fate: Fate,
}

/// A whole drill.
#[derive(Debug, Clone, Default)]
pub struct Drill {
    /// What the guard says of the unbroken site, where it should say nothing.
    pub alarms: Vec<Judged>,
    /// What became of each breakage.
    pub rows: Vec<Row>,
    /// How many pages were copied, of how many.
    pub pages: (usize, usize),
}

impl Row {
    /// Returns whether the guard failed here.
    pub fn fails(&self) -> bool {
        matches!(self.fate, Fate::Missed(_) | Fate::Misjudged(..) | Fate::FalseAlarm(_))
    }
}

impl Drill {
    /// Returns what the drill comes to: drift where a promise was not kept, or where an unbroken site raises an alarm.
    pub fn exit(&self) -> Exit {
        match self.alarms.is_empty() && !self.rows.iter().any(Row::fails) {
            true => Exit::Success,
            false => Exit::Drift,
        }
    }

    /// Returns the drill in words.
    pub fn human(&self, config: &Config) -> String {
        table::human(self, config)
    }

    /// Returns the drill as JSON.
    pub fn json(&self) -> serde_json::Value {
        table::json(self)
    }
}

/// How much of the guard is on.
#[derive(Debug, Clone)]
pub struct Extent<'a> {
    /// The rules: all of them, but in tests of the drill.
    pub rules: Rules<'a>,
    /// Only these levels; those of a build if none.
    pub levels: Option<BTreeSet<GuardLevel>>,
    /// Whether no server is asked.
    pub offline: bool,
}

impl Extent<'_> {
    fn promises(&self, level: GuardLevel) -> bool {
        let asked = level <= GuardLevel::L4 && self.levels.as_ref().is_none_or(|levels| levels.contains(&level));
        asked && !(self.offline && matches!(level, GuardLevel::L1 | GuardLevel::L3 | GuardLevel::L4))
    }
}

/// Breaks everything in turn. The site's lock is not used: one of the played servers is, made just before.
pub fn run(
    config: &Config,
    sample: &Sample,
    manifest: Option<&Manifest>,
    extent: &Extent<'_>,
) -> Result<Drill, Vec<Diagnostic>> {
    on_stage(config, sample, manifest, extent, |stage, alarms, known| {
        let tables = 0..stage.config.analytics.len();
        let rows = tables.flat_map(|table| {
            breakages::all().map(move |breakage| Row { table, breakage, fate: stage.fate(table, breakage, known) })
        });
        Drill { rows: rows.collect(), alarms, pages: (sample.sections.len(), sample.of) }
    })
}

/// What the guard says of the unbroken site, by code and table.
type Known = BTreeSet<(&'static str, Option<usize>)>;

/// Sets the stage: plays the servers, locks what they say, and lets the guard judge the unbroken site.
fn on_stage<T>(
    config: &Config,
    sample: &Sample,
    manifest: Option<&Manifest>,
    extent: &Extent<'_>,
    act: impl FnOnce(&Stage<'_>, Vec<Judged>, &Known) -> T,
) -> Result<T, Vec<Diagnostic>> {
    let config = played_by_stand_ins(config);
    let servers = servers(&config)?;
    let stage = Stage { config: &config, sample, manifest, extent, servers: &servers, lock: None };
    let lock = guard::lock_of(&config, &stage.ask(&config, 0, &[])).map_err(|problems| {
        let say = |problem: guard::Unlockable| {
            let message = format!("the stand-in of {} does not answer: {}", problem.table, problem.why);
            Diagnostic::error("drill/stand-in", message).hint("this is a fault of blog itself; please report it")
        };
        problems.into_iter().map(say).collect::<Vec<_>>()
    })?;
    let stage = Stage { lock: Some(&lock), ..stage };
    let alarms = stage.alarms(&config, Some(&lock), 0, &sample.files, &[]);
    let known = alarms.iter().map(|judged| (judged.verdict.code, judged.table)).collect();
    Ok(act(&stage, alarms, &known))
}

/// Returns the same settings, with every server played: one that pages call by the stand-in's name too.
fn played_by_stand_ins(config: &Config) -> Config {
    let mut config = config.clone();
    for analytics in &mut config.analytics {
        analytics.endpoint = Endpoint::Server(analytics.endpoint.url());
        analytics.token = Some(Token(TOKEN.to_owned()));
    }
    config
}

fn servers(config: &Config) -> Result<Vec<Server>, Vec<Diagnostic>> {
    let server = |analytics: &Analytics| {
        let provider = analytics::find(&analytics.provider)?;
        Some(Server { provider, target: analytics::target(analytics, &config.base_url)? })
    };
    let servers: Vec<Server> = config.analytics.iter().filter_map(server).collect();
    match servers.is_empty() {
        false => Ok(servers),
        true => Err(vec![
            Diagnostic::error("drill/nothing-guarded", "`site.toml` names no analytics, so there is nothing to drill")
                .hint("add an `[analytics]` table; `blog check --init DIR` recognises what the pages use"),
        ]),
    }
}

/// Where a drill is played.
struct Stage<'a> {
    config: &'a Config,
    sample: &'a Sample,
    manifest: Option<&'a Manifest>,
    extent: &'a Extent<'a>,
    servers: &'a [Server],
    lock: Option<&'a Lock>,
}

impl Stage<'_> {
    fn ask(&self, config: &Config, table: usize, faults: &[breakages::Fault]) -> guard::Answers {
        let ask = Ask {
            // A lock is made of all answers, whatever is judged later.
            offline: self.extent.offline && self.lock.is_some(),
            levels: self.extent.levels.clone().filter(|_| self.lock.is_some()),
            ..Ask::default()
        };
        guard::ask_by(config, &ask, &Played { servers: self.servers, number: table, faults })
    }

    /// Returns what the guard holds against these files and these servers.
    fn alarms(
        &self,
        config: &Config,
        lock: Option<&Lock>,
        table: usize,
        files: &BTreeMap<String, Vec<u8>>,
        faults: &[breakages::Fault],
    ) -> Vec<Judged> {
        let answers = self.ask(config, table, faults);
        let manifest = self.manifest.map(|manifest| rewritten(manifest, files));
        let options = Options { levels: self.extent.levels.clone(), lock, ..Options::default() };
        let report = check::run_on(&self.extent.rules, config, files, manifest.as_ref(), &answers, &options);
        report.verdicts.into_iter().filter(|judged| judged.exit() != Exit::Success).collect()
    }

    fn scene(&self, table: usize) -> Scene {
        let server = &self.servers[table];
        let mut scene = Scene {
            provider: server.provider,
            table: self.config.analytics[table].clone(),
            target: Target { has_token: true, ..server.target.clone() },
            base_url: self.config.base_url.url().clone(),
            pages: BTreeMap::new(),
            headers: self.sample.files.get("_headers").map(|bytes| text(bytes)).unwrap_or_default(),
            headers_obeyed: self.config.headers_from.is_some(),
            faults: Vec::new(),
            first_sight: false,
        };
        for (path, section) in &self.sample.sections {
            let html = self.sample.files.get(path).map(|bytes| text(bytes)).unwrap_or_default();
            let counts = scene.snippet_in(&html).is_some();
            scene.pages.insert(path.clone(), Page { html, section: section.clone(), counts });
        }
        scene
    }

    fn fate(&self, table: usize, breakage: &'static Breakage, known: &Known) -> Fate {
        let mut scene = self.scene(table);
        let level = match (breakage.stage)(&mut scene) {
            Staged::Pointless(why) => return Fate::Pointless(why),
            Staged::Beyond(level) => return Fate::NotPromised(level),
            Staged::At(level) => level,
        };
        let mut files: BTreeMap<String, Vec<u8>> =
            scene.pages.into_iter().map(|(path, page)| (path, page.html.into_bytes())).collect();
        files.extend(self.sample.files.get("_redirects").map(|bytes| ("_redirects".to_owned(), bytes.clone())));
        if !scene.headers.is_empty() {
            files.insert("_headers".to_owned(), scene.headers.into_bytes());
        }
        let mut config = self.config.clone();
        config.analytics[table] = scene.table;
        let mut alarms = self.alarms(&config, self.lock.filter(|_| !scene.first_sight), table, &files, &scene.faults);
        alarms.retain(|judged| !known.contains(&(judged.verdict.code, judged.table)));
        let of = |is_wanted: fn(&Outcome) -> bool| -> Vec<Catch> {
            let wanted = alarms.iter().filter(|judged| is_wanted(&judged.verdict.outcome));
            let catches: BTreeSet<Catch> =
                wanted.map(|judged| Catch { level: judged.verdict.level, code: judged.verdict.code }).collect();
            catches.into_iter().collect()
        };
        let drift = of(|outcome| *outcome == Outcome::Drift);
        let unknown = of(|outcome| matches!(outcome, Outcome::Unknown(_)));
        match breakage.right {
            Right::Quiet if alarms.is_empty() => Fate::Quiet,
            Right::Quiet => Fate::FalseAlarm([drift, unknown].concat()),
            Right::Drift if !drift.is_empty() => Fate::Caught(drift),
            Right::Drift if !unknown.is_empty() => Fate::Misjudged(unknown, "as something that could not be told"),
            Right::Unknown if !drift.is_empty() => Fate::Misjudged(drift, "as drift, and it is passing trouble"),
            Right::Unknown if !unknown.is_empty() => Fate::Caught(unknown),
            Right::Either if !alarms.is_empty() => Fate::Caught([drift, unknown].concat()),
            Right::Drift | Right::Unknown | Right::Either => match self.extent.promises(level) {
                true => Fate::Missed(level),
                false => Fate::NotPromised(level),
            },
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns what the writer would say of these files: a breakage is there before they are written.
fn rewritten(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Manifest {
    let mut manifest = manifest.clone();
    manifest.files.retain(|path, _| files.contains_key(path));
    for (path, entry) in &mut manifest.files {
        entry.digest = Digest::of(&files[path]);
        entry.size = files[path].len() as u64;
    }
    manifest
}

/// Returns how many breakages are known, and how many changes that break nothing.
pub fn known() -> (usize, usize) {
    let harmless = breakages::all().filter(|breakage| breakage.class == Class::Harmless).count();
    (breakages::all().count() - harmless, harmless)
}

#[cfg(test)]
mod tests;
