//! A store in memory that fails, ends, loses answers or meets others at a request that is planned.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::{Arc, PoisonError};

use super::super::shipment::Shipment;
use crate::digest::Digest;
use crate::store::{Dress, Fault, Seen, Store, Stored, Tag, When};

/// What happens at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// This request and all after it fail, as if the run had been killed.
    Ends,
    /// This request alone fails.
    Fails,
    /// It is carried out, but its answer is lost.
    LosesItsAnswer,
}

#[derive(Debug, Clone)]
struct File {
    bytes: Vec<u8>,
    writing: u64,
    digest: Digest,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, File>,
    writing: u64,
    requests: usize,
    plan: Option<(usize, Event)>,
    has_happened: bool,
    /// Writes that changed nothing, by the number of the write.
    needless: Vec<(u64, String)>,
    is_blind: bool,
}

/// Somebody else who comes: when, with what, and what they do.
type Meeting = (usize, Shipment, fn(&Memory, &Shipment) -> bool);

/// The store.
#[derive(Default)]
pub(super) struct Memory {
    inner: Arc<Mutex<Inner>>,
    meeting: Mutex<Option<Meeting>>,
    met: Mutex<Option<bool>>,
}

impl Memory {
    pub(super) fn with<const N: usize>(files: [(&str, &str); N]) -> Memory {
        let store = Memory::default();
        for (key, text) in files {
            let file = File { bytes: text.as_bytes().to_vec(), writing: 0, digest: Digest::of(text) };
            store.lock().files.insert(key.to_owned(), file);
        }
        store
    }

    pub(super) fn without_conditions(self) -> Memory {
        self.lock().is_blind = true;
        self
    }

    /// Returns the same store as another sees it, to whom nothing happens.
    pub(super) fn quiet_copy(&self) -> Memory {
        Memory { inner: Arc::clone(&self.inner), ..Memory::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans what happens at the request with this number, counted from now.
    pub(super) fn plan(&self, request: usize, event: Event) {
        let mut inner = self.lock();
        inner.plan = Some((inner.requests + request, event));
        inner.has_happened = false;
    }

    pub(super) fn heal(&self) {
        self.lock().plan = None;
    }

    pub(super) fn has_happened(&self) -> bool {
        self.lock().has_happened
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.lock().files.iter().map(|(key, file)| (key.clone(), file.bytes.clone())).collect()
    }

    pub(super) fn writes(&self) -> u64 {
        self.lock().writing
    }

    pub(super) fn requests(&self) -> usize {
        self.lock().requests
    }

    pub(super) fn needless_since(&self, writing: u64) -> Vec<String> {
        self.lock().needless.iter().filter(|(number, _)| *number > writing).map(|(_, key)| key.clone()).collect()
    }

    /// Lets another come at the request with this number.
    pub(super) fn meet(&self, request: usize, shipment: &Shipment, other: fn(&Memory, &Shipment) -> bool) {
        let at = self.lock().requests + request;
        *self.meeting.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, shipment.clone(), other));
    }

    pub(super) fn met(&self) -> Option<bool> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts a request; says whether it is carried out, and whether its answer arrives.
    fn request(&self) -> (bool, bool) {
        let number = {
            let mut inner = self.lock();
            inner.requests += 1;
            inner.requests - 1
        };
        let meeting = {
            let mut meeting = self.meeting.lock().unwrap_or_else(PoisonError::into_inner);
            if meeting.as_ref().is_some_and(|(at, ..)| number >= *at) { meeting.take() } else { None }
        };
        if let Some((_, shipment, other)) = meeting {
            let outcome = other(&self.quiet_copy(), &shipment);
            *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        }
        let mut inner = self.lock();
        let Some((at, event)) = inner.plan else { return (true, true) };
        let is_now = if event == Event::Ends { number >= at } else { number == at };
        inner.has_happened |= is_now;
        match (is_now, event) {
            (false, _) => (true, true),
            (true, Event::LosesItsAnswer) => (true, false),
            (true, Event::Ends | Event::Fails) => (false, false),
        }
    }

    fn carried<T>(&self, work: impl FnOnce(&mut Inner) -> Result<T, Fault>) -> Result<T, Fault> {
        let failed = || Err(Fault::Broken("failed, as planned".to_owned()));
        let (is_carried, arrives) = self.request();
        if !is_carried {
            return failed();
        }
        let outcome = work(&mut self.lock());
        if arrives { outcome } else { failed() }
    }
}

fn seen(file: &File) -> Seen {
    let tag = Tag { etag: Some(file.writing.to_string()), version: None };
    let modified = Some(jiff::Timestamp::UNIX_EPOCH);
    Seen { tag, modified, digest: Some(file.digest), dress: None }
}

impl Inner {
    fn write(&mut self, key: &str, bytes: Vec<u8>, digest: Digest) -> Tag {
        self.writing += 1;
        let writing = self.writing;
        if self.files.get(key).is_some_and(|file| file.bytes == bytes) {
            self.needless.push((writing, key.to_owned()));
        }
        self.files.insert(key.to_owned(), File { bytes, writing, digest });
        Tag { etag: Some(writing.to_string()), version: None }
    }
}

impl Store for Memory {
    fn shown(&self) -> String {
        "memory".to_owned()
    }

    fn get(&self, key: &str) -> Result<Option<Stored>, Fault> {
        self.carried(|inner| {
            Ok(inner.files.get(key).map(|file| Stored { bytes: file.bytes.clone(), seen: seen(file) }))
        })
    }

    fn look(&self, key: &str) -> Result<Option<Seen>, Fault> {
        self.carried(|inner| Ok(inner.files.get(key).map(seen)))
    }

    fn put(&self, key: &str, bytes: Vec<u8>, dress: &Dress, when: &When) -> Result<Tag, Fault> {
        self.carried(|inner| {
            let there = inner.files.get(key).map(|file| seen(file).tag);
            let holds = match when {
                When::Always => true,
                When::Absent => there.is_none(),
                When::Unchanged(tag) => there.as_ref() == Some(tag),
            };
            if !holds && !inner.is_blind {
                return Err(Fault::Conflict);
            }
            Ok(inner.write(key, bytes, dress.digest))
        })
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), Fault> {
        self.carried(|inner| {
            let file = inner.files.get(from).cloned().ok_or_else(|| Fault::Broken("is missing".to_owned()))?;
            inner.write(to, file.bytes, file.digest);
            Ok(())
        })
    }

    fn delete(&self, key: &str) -> Result<(), Fault> {
        self.carried(|inner| {
            inner.files.remove(key);
            Ok(())
        })
    }

    fn list(&self) -> Result<Vec<String>, Fault> {
        self.carried(|inner| Ok(inner.files.keys().cloned().collect()))
    }
}
