//! Owns the carrying out of a plan on a store: who may, in which order, and what is read back.
//!
//! Each step ends before the next begins, and the first failure is the end: claim, earlier forms kept, files in the order of
//! their classes, the manifest by compare-and-swap, what was given up long enough, the record. A run that is ended anywhere
//! leaves a site in which every reference leads somewhere, and a claim that tells the next run what to look at.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::class::{Class, dress, pack};
use super::plan::{Plan, Put};
use super::record::{self, Claim, Names, Record};
use super::shipment::Shipment;
use super::standing::Standing;
use super::{Done, Progress};
use crate::config::PublishTarget;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::manifest::DEPLOYED;
use crate::store::{Dress, Fault, Store, Tag, When};

/// How many requests are under way at once.
const WORKERS: usize = 16;
/// How long a claim of somebody else is respected.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// Where the bytes of a shipment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// In its folder.
    Folder,
    /// In the store itself, where earlier forms are kept.
    Kept,
}

/// What the person who publishes has allowed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leave {
    /// A store without compare-and-swap.
    pub(super) unconditional: bool,
    /// Another run's claim.
    pub(super) take_over: bool,
}

/// All that carrying out needs.
pub(super) struct Carrier<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) target: &'a PublishTarget,
    pub(super) shipment: &'a Shipment,
    pub(super) origin: Origin,
    pub(super) names: &'a Names,
    pub(super) now: Timestamp,
    pub(super) leave: Leave,
    pub(super) progress: &'a dyn Progress,
}

impl Carrier<'_> {
    /// Carries out a plan.
    pub(super) fn carry(&self, plan: &Plan, standing: &Standing) -> Result<Done, Diagnostic> {
        let mut record = standing.record.as_ref().map(|(record, _)| record.clone()).unwrap_or_default();
        let is_dirty = record.claim.is_some();
        self.respect(&record, plan, standing)?;
        record.claim = Some(Claim { deployment: plan.deployment.clone(), failed: false });
        let when = standing.record.as_ref().map_or(When::Absent, |(_, tag)| When::Unchanged(tag.clone()));
        let tag = self.write_record(&record, &when)?;
        let done = self.prove_conditions(&record).and_then(|()| self.put_all(plan, standing, &record, is_dirty));
        let done = match done {
            Ok(done) => done,
            Err(problem) => {
                // Whoever comes next need not wait; if even this fails, they wait, or say that they will not.
                if self.stands(&record).is_ok()
                    && let Some(claim) = &mut record.claim
                {
                    claim.failed = true;
                    let _ = self.write_record(&record, &When::Unchanged(tag));
                }
                return Err(problem);
            }
        };
        let needless = self.clean(plan, standing, &mut record)?;
        record.claim = None;
        record.doomed.clone_from(&plan.given_up);
        self.write_record(&record, &When::Unchanged(tag))?;
        // What nothing can go back to any more; if this is not done, it only takes room.
        for key in &needless {
            self.store.delete(key).map_err(|fault| self.refused(key, &fault))?;
        }
        Ok(Done { removed: plan.doomed.len(), ..done })
    }

    /// Stops where somebody else is at it.
    fn respect(&self, record: &Record, plan: &Plan, standing: &Standing) -> Result<(), Diagnostic> {
        let Some(claim) = &record.claim else { return Ok(()) };
        let is_own = claim.deployment.build == plan.deployment.build;
        let age = standing.recorded.map(|recorded| self.now.duration_since(recorded));
        if is_own || claim.failed || self.leave.take_over || age.is_some_and(|age| age > PATIENCE) {
            return Ok(());
        }
        let build = claim.deployment.build.short();
        let message = format!("another run publishes build {build} to {} right now", self.store.shown());
        Err(Diagnostic::error("publish/conflict", message).hint(
            "wait until it has ended and publish again; if it was killed, `--take-over` goes on from where it stopped",
        ))
    }

    fn write_record(&self, record: &Record, when: &When) -> Result<Tag, Diagnostic> {
        self.swap(&record::key(), to_json(record), when)
    }

    /// Writes a file if nobody else did.
    fn swap(&self, key: &str, bytes: Vec<u8>, when: &When) -> Result<Tag, Diagnostic> {
        let dress = Dress::of_record(&bytes);
        let when = if self.leave.unconditional { &When::Always } else { when };
        match self.store.put(key, bytes.clone(), &dress, when) {
            Ok(tag) => Ok(tag),
            // An answer that was lost, and the same asked again.
            Err(Fault::Conflict) => match self.store.get(key) {
                Ok(Some(stored)) if stored.bytes == bytes => Ok(stored.seen.tag),
                _ => Err(self.outdone()),
            },
            Err(fault) => Err(self.refused(key, &fault)),
        }
    }

    fn outdone(&self) -> Diagnostic {
        let message = format!("somebody else published to {} meanwhile", self.store.shown());
        Diagnostic::error("publish/conflict", message).hint("look at what they published, and publish again")
    }

    /// Sees whether the store refuses what it must refuse; else two who publish at once would not notice each other.
    fn prove_conditions(&self, record: &Record) -> Result<(), Diagnostic> {
        if self.leave.unconditional {
            return Ok(());
        }
        let (key, bytes) = (record::key(), to_json(record));
        let dress = Dress::of_record(&bytes);
        match self.store.put(&key, bytes, &dress, &When::Unchanged(Tag::of_nothing())) {
            Err(Fault::Conflict) => Ok(()),
            Err(fault) => Err(self.refused(&key, &fault)),
            Ok(_) => {
                let message =
                    format!("{} writes even where the condition of a write does not hold", self.store.shown());
                let hint = "two who publish at once could mix their files; if nobody else ever publishes there, use \
                            `--unconditional`";
                Err(Diagnostic::error("publish/unconditional", message).hint(hint))
            }
        }
    }

    /// Stops unless the record is as it was written: a store that looks first and writes then lets two claims of one moment
    /// through, and the later one stands.
    fn stands(&self, record: &Record) -> Result<(), Diagnostic> {
        let key = record::key();
        let stored = self.store.get(&key).map_err(|fault| self.refused(&key, &fault))?;
        let is_own = stored.is_some_and(|stored| stored.bytes == to_json(record));
        if is_own || self.leave.unconditional { Ok(()) } else { Err(self.outdone()) }
    }

    /// Keeps earlier forms, writes all files in their order, and last the manifest.
    fn put_all(&self, plan: &Plan, standing: &Standing, record: &Record, is_dirty: bool) -> Result<Done, Diagnostic> {
        let replaced: Vec<(&Put, Digest)> =
            plan.puts.iter().filter_map(|put| Some((put, put.was.filter(|was| *was != put.parcel.digest)?))).collect();
        self.progress.step("keeping what is written over", replaced.len());
        self.each(&replaced, |(put, was)| {
            let kept = record::kept(&put.path, was, self.shipment.unlisted.contains(&put.path));
            if is_dirty && self.store.look(&kept).map_err(|fault| self.refused(&kept, &fault))?.is_some() {
                return Ok(());
            }
            self.store.copy(&put.path, &kept).map_err(|fault| self.refused(&put.path, &fault))
        })?;
        let (bytes, written) = (AtomicUsize::new(0), AtomicUsize::new(0));
        for class in Class::ALL {
            let puts: Vec<&Put> = plan.puts.iter().filter(|put| put.parcel.class == class).collect();
            if puts.is_empty() {
                continue;
            }
            self.stands(record)?;
            self.progress.step(class.name(), puts.len());
            self.each(&puts, |put| {
                if let Some(count) = self.put(put)? {
                    bytes.fetch_add(count, Ordering::Relaxed);
                    written.fetch_add(1, Ordering::Relaxed);
                }
                self.progress.one();
                Ok(())
            })?;
        }
        if !plan.is_there {
            self.progress.step("the manifest", 1);
            let when = standing.manifest.as_ref().map_or(When::Absent, |(_, _, tag)| When::Unchanged(tag.clone()));
            self.swap(DEPLOYED, self.shipment.manifest.clone(), &when)?;
        }
        Ok(Done {
            uploaded: written.into_inner(),
            bytes: bytes.into_inner(),
            kept: self.shipment.files.len() - plan.puts.len(),
            ..Done::default()
        })
    }

    /// Writes one file and reads it back; returns how many bytes were sent, if any.
    fn put(&self, put: &Put) -> Result<Option<usize>, Diagnostic> {
        let refused = |fault: Fault| self.refused(&put.path, &fault);
        if put.is_doubtful {
            let seen = self.store.look(&put.path).map_err(refused)?;
            if seen.is_some_and(|seen| seen.digest == Some(put.parcel.digest)) {
                return Ok(None);
            }
        }
        if self.origin == Origin::Kept {
            self.restore(put)?;
            let seen = self.store.look(&put.path).map_err(refused)?;
            let is_right = seen.is_some_and(|seen| seen.digest == Some(put.parcel.digest));
            return if is_right { Ok(Some(0)) } else { Err(self.unlike(&put.path)) };
        }
        let file = self.shipment.folder.join(&put.path);
        let bytes = fs::read(&file)
            .map_err(|error| Diagnostic::error("publish/changed", format!("`{}` cannot be read: {error}", put.path)))?;
        if Digest::of(&bytes) != put.parcel.digest {
            let message = format!("`{}` was changed while it was published", put.path);
            return Err(Diagnostic::error("publish/changed", message).hint("publish again when nothing else builds"));
        }
        let dress = dress(&put.path, put.parcel.digest, put.parcel.class, self.target);
        let bytes = pack(&dress, bytes);
        self.store.put(&put.path, bytes.clone(), &dress, &When::Always).map_err(refused)?;
        let stored = self.store.get(&put.path).map_err(refused)?;
        let is_right = stored.is_some_and(|stored| {
            let told = (dress.content_type.to_owned(), dress.cache.clone());
            // The way back may have unpacked it.
            let is_same = stored.bytes == bytes || dress.is_packed && Digest::of(&stored.bytes) == dress.digest;
            is_same && stored.seen.dress.is_none_or(|dress| dress == told)
        });
        if is_right { Ok(Some(bytes.len())) } else { Err(self.unlike(&put.path)) }
    }

    /// Copies an earlier form back. Whether its page was hidden then is not known: it is kept in one of two ways.
    fn restore(&self, put: &Put) -> Result<(), Diagnostic> {
        let [plain, hidden] = [false, true].map(|hidden| record::kept(&put.path, &put.parcel.digest, hidden));
        let is_plain = self.store.look(&plain).map_err(|fault| self.refused(&plain, &fault))?.is_some();
        let kept = if is_plain { plain } else { hidden };
        self.store.copy(&kept, &put.path).map_err(|fault| self.refused(&put.path, &fault))
    }

    fn unlike(&self, path: &str) -> Diagnostic {
        let message = format!("{} does not give back what was written to `{path}`", self.store.shown());
        Diagnostic::error("publish/read-back", message)
            .hint("publish again; if it stays so, something else writes there")
    }

    /// Removes what was given up one deployment ago, and says what nothing can go back to any more.
    fn clean(&self, plan: &Plan, standing: &Standing, record: &mut Record) -> Result<Vec<String>, Diagnostic> {
        if !plan.is_new {
            return Ok(Vec::new());
        }
        self.progress.step("removing what the last deployment gave up", plan.doomed.len());
        self.each(&plan.doomed, |(name, path, digest)| {
            if let Some(digest) = digest
                && self.store.look(path).map_err(|fault| self.refused(path, &fault))?.is_some()
            {
                let kept = record::kept(path, digest, name.starts_with('#'));
                self.store.copy(path, &kept).map_err(|fault| self.refused(path, &fault))?;
            }
            self.store.delete(path).map_err(|fault| self.refused(path, &fault))
        })?;
        let mut deployment = plan.deployment.clone();
        if plan.is_first {
            // There is nothing to go back to.
            deployment.added.clear();
        }
        record.deployments.insert(0, deployment);
        let mut dropped: Vec<_> =
            record.deployments.drain(self.target.keep.min(record.deployments.len() - 1) + 1..).collect();
        if let Some(oldest) = record.deployments.get_mut(self.target.keep) {
            let bare = super::record::Deployment {
                replaced: Default::default(),
                gone: Default::default(),
                added: Default::default(),
                ..oldest.clone()
            };
            dropped.push(std::mem::replace(oldest, bare));
        }
        let needed: BTreeSet<(&String, &Digest)> = record.deployments.iter().flat_map(|one| one.needs()).collect();
        let needless = dropped.iter().flat_map(|one| one.needs()).filter(|need| !needed.contains(need));
        let mut keys: BTreeSet<String> = needless
            .filter_map(|(name, digest)| Some(record::kept(&self.names.read(name)?, digest, name.starts_with('#'))))
            .collect();
        let lists = |text: &str| {
            let deployed: Option<crate::manifest::Deployed> = serde_json::from_str(text).ok();
            deployed.into_iter().flat_map(|deployed| deployed.lists).map(|list| crate::manifest::list_path(&list))
        };
        let used: BTreeSet<String> = record.deployments.iter().flat_map(|one| lists(&one.manifest)).collect();
        // The lists of the deployment before stay while a reader may hold its manifest.
        let old = dropped.iter().flat_map(|one| lists(&one.manifest));
        keys.extend(old.filter(|key| !used.contains(key) && !standing.lists.contains(key)));
        Ok(keys.into_iter().collect())
    }

    /// Does the same with each, several at once; the first failure ends it.
    fn each<T: Sync>(&self, items: &[T], work: impl Fn(&T) -> Result<(), Diagnostic> + Sync) -> Result<(), Diagnostic> {
        let next = AtomicUsize::new(0);
        let problem: Mutex<Option<Diagnostic>> = Mutex::new(None);
        let failed = || problem.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            for _ in 0..WORKERS.min(items.len()) {
                scope.spawn(|| {
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if failed().is_some() {
                            return;
                        }
                        if let Err(why) = work(item) {
                            failed().get_or_insert(why);
                            return;
                        }
                    }
                });
            }
        });
        let problem = failed().take();
        problem.map_or(Ok(()), Err)
    }

    fn refused(&self, key: &str, fault: &Fault) -> Diagnostic {
        super::refused(self.store, key, fault)
    }
}

fn to_json(record: &Record) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).expect("a record has only text keys");
    bytes.push(b'\n');
    bytes
}
