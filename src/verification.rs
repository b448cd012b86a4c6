//! Owns one verification from its first question to its memory: the lock that it is held against, the
//! servers that are asked beside everything else, the report, and what the next run is to remember.
//!
//! Gives [`Asking`], which `build`, `check` and `lock` begin with. It judges nothing: the guard asks,
//! the check judges.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use jiff::civil::Date;

use crate::analytics::exchange::Reply;
use crate::browser::{self, Earlier, Places};
use crate::check::report::Judged;
use crate::check::{self, Memory, Options, Report};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Exit, Place};
use crate::digest::{Digest, Sha256};
use crate::guard::daily::Told;
use crate::guard::dial::Network;
use crate::guard::{self, Answers, Ask};
use crate::live;
use crate::lock::{Lock, LockProblem, SCHEMA};
use crate::manifest::{Contract, Manifest};
use crate::output;
use crate::state::{Deployment, State};
use crate::trend::Mark;
use crate::verdict::{GuardLevel, Outcome, Verdict};

/// The name of the lock beside `site.toml`.
pub const LOCK: &str = "analytics.lock";

/// How much of the guard is asked for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Ask no server.
    pub offline: bool,
    /// Judge only these levels.
    pub levels: Option<BTreeSet<GuardLevel>>,
    /// How this machine reaches the network.
    pub network: Network,
}

/// Servers that are being asked, on a thread of their own.
#[derive(Debug)]
pub struct Asking {
    thread: JoinHandle<Answers>,
    config: Arc<Config>,
    scope: Scope,
    lock: Option<Lock>,
    state: State,
}

/// What the servers answered, with what it is held against.
#[derive(Debug)]
pub struct Asked {
    /// What they answered.
    pub answers: Answers,
    /// What was locked before; none if there is no lock.
    pub lock: Option<Lock>,
    config: Arc<Config>,
    scope: Scope,
    state: State,
}

impl Asking {
    /// Reads the lock and what earlier runs have told, and begins to ask.
    pub fn begin(config: &Arc<Config>, scope: &Scope) -> Result<Asking, Vec<Diagnostic>> {
        let lock = read_lock(config)?;
        let state = output::memory(&config.root).map(|text| State::parse(&text)).unwrap_or_default();
        let ask = Ask {
            offline: scope.offline,
            levels: scope.levels.clone(),
            network: scope.network.clone(),
            refused_tokens: state.refused(config.now),
        };
        let asked = Arc::clone(config);
        let thread = thread::spawn(move || guard::ask(&asked, &ask));
        Ok(Asking { thread, config: Arc::clone(config), scope: scope.clone(), lock, state })
    }

    /// Returns whether there is a lock.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Waits for the answers.
    pub fn join(self) -> Asked {
        let answers = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Asked { answers, lock: self.lock, config: self.config, scope: self.scope, state: self.state }
    }
}

impl Asked {
    /// Judges a folder, together with the answers, and reads every page.
    pub fn judge(&self, folder: &Path, manifest: Option<&Manifest>, site_rules: bool) -> Report {
        self.judge_by(None, folder, manifest, site_rules)
    }

    /// Judges the folder of a build, together with the answers. What `memory` knows of a page is believed of the same bytes.
    pub fn judge_build(&self, memory: &Memory, folder: &Path, manifest: &Manifest) -> Report {
        self.judge_by(Some(memory), folder, Some(manifest), true)
    }

    fn judge_by(
        &self,
        memory: Option<&Memory>,
        folder: &Path,
        manifest: Option<&Manifest>,
        site_rules: bool,
    ) -> Report {
        let options = Options {
            memory,
            site_rules,
            levels: self.scope.levels.clone(),
            lock: self.lock.as_ref(),
            state: Some(&self.state),
        };
        check::run(&self.config, folder, manifest, &self.answers, &options)
    }

    /// Opens the written pages in a browser (L7), and takes what it says into a report.
    ///
    /// What the levels that read have left to a browser is settled by it, where it saw a hit leave every page.
    pub fn browse(&self, folder: &Path, manifest: Option<&Manifest>, places: &Places, report: &mut Report) {
        let earlier: Vec<Earlier> = (0..self.config.analytics.len()).map(|table| earlier(report, table)).collect();
        let remembered = |table: usize| self.remembered_tracker(table);
        let ask = browser::Ask {
            config: &self.config,
            folder,
            manifest,
            answers: &self.answers,
            remembered: &remembered,
            earlier: &earlier,
        };
        let said = browser::run(&ask, places);
        report.extend(GuardLevel::L7, said);
        report.settle(GuardLevel::L7);
    }

    /// Returns the tracker of a table that an earlier run has kept, if it is the one that is locked.
    fn remembered_tracker(&self, table: usize) -> Option<Reply> {
        let locked = &guard::locked(self.lock.as_ref()?, &self.config, table)?.tracker;
        locked.released.iter().find_map(|pair| {
            let kept = output::kept_tracker(&self.config.root, &pair.sha256.to_string())?;
            let reply: Reply = serde_json::from_slice(&kept).ok()?;
            (Sha256::of(&reply.body) == pair.sha256).then_some(reply)
        })
    }

    /// Keeps the trackers that were fetched and fit their lock, for runs without a connection.
    fn keep_trackers(&self) -> Result<(), Vec<Diagnostic>> {
        let Some(lock) = &self.lock else { return Ok(()) };
        for (table, answer) in self.answers.tables.iter().enumerate() {
            let (Some(reply), Some(entry)) = (answer.tracker.reply(), guard::locked(lock, &self.config, table)) else {
                continue;
            };
            let digest = Sha256::of(&reply.body);
            if entry.tracker.released.iter().any(|pair| pair.sha256 == digest) {
                let text = serde_json::to_string(reply).expect("a reply has only text keys");
                output::keep_tracker(&self.config.root, &digest.to_string(), &text)?;
            }
        }
        Ok(())
    }

    /// Sends one marked hit to each server, finds it again, and adds what that came to (level 5).
    pub fn read_back(&mut self, report: &mut Report) {
        let mut refused_tokens = self.state.refused(self.config.now);
        refused_tokens.extend(&self.answers.refused_tokens);
        let ask =
            Ask { offline: self.scope.offline, levels: None, network: self.scope.network.clone(), refused_tokens };
        // A word that no run had before: the moment, and the process that it is in.
        let moment = self.config.now.as_nanosecond().to_le_bytes();
        let nonce = Digest::of_parts([moment.as_slice(), &std::process::id().to_le_bytes()]).to_string();
        let read = guard::read_back::ask(&self.config, &ask, &nonce[..20.min(nonce.len())]);
        for (table, read) in read.tables.iter().enumerate() {
            let target = self.answers.tables.get(table).and_then(|answer| answer.target.as_ref());
            let verdicts = guard::read_back::judge(&self.config.analytics[table], read, target);
            report.extend(GuardLevel::L5, verdicts.into_iter().map(|verdict| (Some(table), verdict)));
        }
        self.answers.refused_tokens.extend(read.refused_tokens);
    }

    /// Judges what was seen of the deployed site, together with the answers.
    pub fn judge_live(&self, seen: &live::Seen<'_>) -> live::Judgement {
        let options = Options {
            memory: None,
            site_rules: false,
            levels: self.scope.levels.clone(),
            lock: self.lock.as_ref(),
            state: Some(&self.state),
        };
        live::judge(seen, &self.answers, &options)
    }

    /// Keeps for the next run which levels held, and which tokens were refused. A run that asked
    /// nobody has nothing to tell.
    pub fn remember(&mut self, report: &Report) -> Result<(), Vec<Diagnostic>> {
        if self.scope.offline || self.config.analytics.is_empty() {
            return Ok(());
        }
        for (table, level) in held(report) {
            if let Some(analytics) = self.config.analytics.get(table) {
                self.state.hold(&self.config, analytics, level, self.config.now);
            }
        }
        self.state.refuse(&self.answers.refused_tokens, self.config.now);
        self.keep_trackers()?;
        output::remember(&self.config.root, &self.state.to_text())
    }

    /// Keeps what was put in place and when, for the trend to name.
    pub fn deployed(&mut self, build: &Digest, contract: &Contract) -> Result<(), Vec<Diagnostic>> {
        if self.config.analytics.is_empty() {
            return Ok(());
        }
        let snippets: Vec<String> = contract.snippets.iter().map(ToString::to_string).collect();
        self.state.deployed(Deployment {
            at: self.config.now,
            build: build.to_string()[..8].to_owned(),
            snippets: Digest::of_parts(snippets.iter().map(String::as_bytes)),
            lock: contract.lock.as_ref().map(|lock| Digest::of(lock.to_string())),
        });
        output::remember(&self.config.root, &self.state.to_text())
    }

    /// Returns the lock that a first verified run writes: nothing if there is one, or if something
    /// that it would hold was not verified.
    pub fn first_lock(&self, report: &Report) -> Option<Lock> {
        let is_first = self.lock.is_none() && !self.config.analytics.is_empty();
        let is_told = !self.scope.offline
            && self.scope.levels.is_none()
            && report.exit() == Exit::Success
            && !report.verdicts.iter().any(Judged::is_pardoned);
        (is_first && is_told).then(|| guard::lock_of(&self.config, &self.answers).ok()).flatten()
    }

    /// Returns what the deployed manifest says of the analytics, under this lock.
    pub fn contract(&self, lock: Option<&Lock>) -> Contract {
        contract(&self.config, lock)
    }
}

/// Asks for the visits from one day to another, and returns them with what was put in place in this time.
pub fn visits(config: &Config, network: &Network, from: Date, to: Date) -> Result<(Told, Vec<Mark>), Vec<Diagnostic>> {
    let mut state = output::memory(&config.root).map(|text| State::parse(&text)).unwrap_or_default();
    let ask = Ask { network: network.clone(), refused_tokens: state.refused(config.now), ..Ask::default() };
    let told = guard::daily::ask(config, &ask, from, to);
    if !told.refused_tokens.is_empty() {
        state.refuse(&told.refused_tokens, config.now);
        output::remember(&config.root, &state.to_text())?;
    }
    let mark = |(at, what): (_, String)| Mark { day: config.timezone.to_datetime(at).date(), what };
    Ok((told, state.deployments().into_iter().map(mark).collect()))
}

/// Returns what the deployed manifest says of the analytics, under the lock that is there; one that cannot be read counts
/// as none.
pub fn contract_of(config: &Config) -> Contract {
    contract(config, read_lock(config).ok().flatten().as_ref())
}

fn contract(config: &Config, lock: Option<&Lock>) -> Contract {
    let revision = |table| Some(guard::locked(lock?, config, table)?.snippet.revision);
    let tables = config.analytics.iter().enumerate();
    Contract {
        snippets: tables
            .map(|(table, analytics)| Sha256::of(crate::analytics::snippet(analytics, revision(table))))
            .collect(),
        lock: lock.map(|lock| Sha256::of(lock.to_text())),
    }
}

/// Returns the levels of each table that held: something was told, and nothing was wrong or left open, neither of the table
/// nor of the site as a whole.
fn held(report: &Report) -> BTreeSet<(usize, GuardLevel)> {
    let is_open = |judged: &&Judged| !judged.holds();
    let open: BTreeSet<(Option<usize>, GuardLevel)> =
        report.verdicts.iter().filter(is_open).map(|judged| (judged.table, judged.verdict.level)).collect();
    let told = report.verdicts.iter().filter(|judged| judged.verdict.outcome == Outcome::Ok);
    told.filter_map(|judged| Some((judged.table?, judged.verdict.level)))
        .filter(|(table, level)| !open.contains(&(Some(*table), *level)) && !open.contains(&(None, *level)))
        .collect()
}

/// Returns what the levels that read came to, of one table: those about pages speak of all tables at once.
fn earlier(report: &Report, table: usize) -> Earlier {
    let of = |level: GuardLevel| {
        let judged = report.verdicts.iter().map(move |judged| (judged.table, &judged.verdict));
        judged.filter(move |(of, verdict)| of.is_none_or(|of| of == table) && verdict.level == level)
    };
    let open = |verdict: &Verdict| matches!(verdict.outcome, Outcome::Drift | Outcome::Unknown(_));
    let judged = of(GuardLevel::L2).any(|(_, verdict)| verdict.outcome == Outcome::Ok);
    let drifts = of(GuardLevel::L2).filter(|(_, verdict)| verdict.outcome == Outcome::Drift);
    Earlier {
        holds: judged && !of(GuardLevel::L0).chain(of(GuardLevel::L2)).any(|(_, verdict)| open(verdict)),
        broken: drifts.map(|(_, verdict)| verdict.code).collect::<BTreeSet<_>>().into_iter().collect(),
    }
}

/// Parses the lock, if there is one.
fn read_lock(config: &Config) -> Result<Option<Lock>, Vec<Diagnostic>> {
    let Some(text) = &config.lock else { return Ok(None) };
    let problem = match Lock::parse(text) {
        Ok(lock) => return Ok(Some(lock)),
        Err(problem) => problem,
    };
    let diagnostic = match problem {
        LockProblem::Malformed(reason) => {
            Diagnostic::error("lock/malformed", format!("`{LOCK}` cannot be read: {}", reason.trim()))
                .hint("take it back from version control, or remove it and lock anew with `blog lock --accept`")
        }
        LockProblem::Newer(schema) => Diagnostic::error(
            "lock/newer",
            format!("`{LOCK}` has schema {schema}, and this version of blog knows {SCHEMA} at most"),
        )
        .hint("use the version of blog that wrote it, or a newer one"),
    };
    Err(vec![diagnostic.at(Place::file(LOCK))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::report::Pardon;
    use crate::verdict::Covers;

    fn judged(table: usize, level: GuardLevel, outcome: Outcome) -> Judged {
        Judged {
            verdict: Verdict::new("x/y", level, Covers::Server, outcome, ""),
            table: Some(table),
            pardon: Pardon::None,
        }
    }

    #[test]
    fn a_level_held_if_something_was_told_and_nothing_left_open() {
        let unknown = Outcome::Unknown("timeout".to_owned());
        let report = Report {
            verdicts: vec![
                judged(0, GuardLevel::L1, Outcome::Ok),
                judged(0, GuardLevel::L1, Outcome::Note),
                judged(0, GuardLevel::L3, Outcome::Ok),
                judged(0, GuardLevel::L3, unknown.clone()),
                judged(1, GuardLevel::L3, Outcome::Ok),
                judged(1, GuardLevel::L4, Outcome::Drift),
                judged(1, GuardLevel::L2, Outcome::Note),
                judged(1, GuardLevel::L0, Outcome::Ok),
                Judged { table: None, ..judged(0, GuardLevel::L0, Outcome::Drift) },
                judged(0, GuardLevel::L4, Outcome::Ok),
                Judged {
                    verdict: judged(0, GuardLevel::L4, Outcome::Note).verdict.untold(),
                    ..judged(0, GuardLevel::L4, Outcome::Note)
                },
            ],
            ..Report::default()
        };
        assert_eq!(held(&report), BTreeSet::from([(0, GuardLevel::L1), (1, GuardLevel::L3)]));
    }
}
