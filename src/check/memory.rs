//! Owns what was learnt of written pages, in a form that outlasts the run: bytes in, bytes out.
//!
//! A page is known by the digest of its bytes and its path, the whole by all that decides besides what is read from a
//! page: the program, where the site stands, the analytics tables, the contracts. What depends on other files is not kept:
//! a page has the addresses that it names, and every run looks up what they lead to. Nor are verdicts, or anything of
//! secrets. What is damaged, or was made otherwise, is no memory. Touches no file: the journey reads and writes the bytes.

mod form;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use self::form::Writer;
use super::addresses::{Addresses, Named};
use super::contracts::Breach;
use super::evidence::{Found, Page, Said, Table};
use super::reduce::Interner;
use super::resolve::Site;
use crate::bytes::{Reader, begun, opened, push_count, sealed};
use crate::config::contracts::ContractRule;
use crate::digest::Digest;
use crate::paths::BaseUrl;

/// The program by its sources, the packages that it is made of, and its features.
const PROGRAM: &str = env!("WATCHPOST_PROGRAM");
/// Bytes of the digest that names a page.
const KEY: usize = 32;
/// Bytes of the two numbers that say where the record of a page begins and ends.
const SPAN: usize = 8;
/// Bytes of the number at the end that says where the tables begin.
const START: usize = 8;

/// What an earlier run has left, and what this one leaves.
#[derive(Debug, Default)]
pub struct Memory {
    recalled: Mutex<Vec<u8>>,
    left: Mutex<Option<Vec<u8>>>,
}

impl Memory {
    /// Starts with what an earlier run has left, which may be nothing, or damaged.
    pub fn recall(bytes: Vec<u8>) -> Memory {
        Memory { recalled: Mutex::new(bytes), left: Mutex::new(None) }
    }

    /// Returns what the next run is to recall; nothing where that is what this one did.
    pub fn to_bytes(self) -> Option<Vec<u8>> {
        self.left.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens what an earlier run has left, if it was left under this name, and looks its addresses up on the site of this
    /// run. It is given away: nobody needs it twice.
    pub(super) fn open(&self, name: &Digest, site: &Site<'_>) -> (Recalled, Addresses) {
        let bytes = std::mem::take(&mut *self.recalled.lock().unwrap_or_else(PoisonError::into_inner));
        let recalled = opened(name, bytes).and_then(Recalled::read);
        let both = recalled.and_then(|recalled| {
            let addresses = recalled.addresses(site)?;
            Some((recalled, addresses))
        });
        both.unwrap_or_default()
    }

    /// Leaves something for the next run.
    pub(super) fn leave(&self, bytes: Vec<u8>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }
}

/// Names all that decides what is learnt of a page besides its bytes and its path. No secret is part of it: neither a
/// table nor a contract shows one.
pub(super) fn name(base_url: &BaseUrl, tables: &[Table<'_>], contracts: &[ContractRule], site_rules: bool) -> Digest {
    // Where a contract stands in site.toml decides nothing.
    let contract = |rule: &ContractRule| {
        let demands: Vec<String> =
            rule.demands.iter().map(|demand| format!("{:?} {:?}", demand.quantity, demand.selector)).collect();
        format!("{:?} {demands:?}", rule.patterns)
    };
    let contracts: Vec<String> = contracts.iter().map(contract).collect();
    let decide = format!("{base_url:?} {tables:?} {contracts:?} {site_rules}");
    Digest::of_parts([PROGRAM.as_bytes(), decide.as_bytes()])
}

/// Names a page: the digest of its bytes is to be the one that was read now.
pub(super) fn key(path: &str, digest: &Digest) -> Digest {
    Digest::of_parts([path.as_bytes(), digest.as_bytes().as_slice()])
}

/// Where the addresses that a page names are kept until the run is over.
#[derive(Debug)]
pub(super) struct Kept {
    /// What names the page.
    pub(super) key: Digest,
    addresses: Place,
}

#[derive(Debug)]
enum Place {
    /// Among the bytes that were recalled.
    Recalled(Range<usize>),
    /// Here.
    Learnt(Box<[u8]>),
}

impl Kept {
    /// Keeps what was learnt of a page in this run.
    pub(super) fn learnt(key: Digest, named: &Named) -> Kept {
        let mut bytes = Vec::new();
        form::push_addresses(&mut bytes, named.iter().copied());
        Kept { key, addresses: Place::Learnt(bytes.into_boxed_slice()) }
    }
}

/// What an earlier run has left, opened: the records of the pages, then what they share, then where each record stands.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    bytes: Vec<u8>,
    /// What pages share.
    found: Vec<Arc<Found>>,
    policies: Vec<Arc<Vec<String>>>,
    addresses: Vec<Range<usize>>,
    /// The sorted names of the pages, and in the same order the places of their records.
    keys: Range<usize>,
    spans: Range<usize>,
}

/// One page as it was learnt of.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) said: Said,
    pub(super) breaches: Vec<Breach>,
    pub(super) named: Named,
    pub(super) kept: Kept,
}

impl Recalled {
    fn read(bytes: Vec<u8>) -> Option<Recalled> {
        let end = bytes.len().checked_sub(START)?;
        let tables = usize::try_from(u64::from_le_bytes(*bytes.last_chunk::<START>()?)).ok()?;
        let mut reader = Reader::new(bytes.get(..end)?);
        reader.take(tables)?;
        let found = (0..reader.count()?).map(|_| Some(Arc::new(form::found(&mut reader)?)));
        let found = found.collect::<Option<Vec<_>>>()?;
        let policies = (0..reader.count()?).map(|_| Some(Arc::new(form::texts(&mut reader)?)));
        let policies = policies.collect::<Option<Vec<_>>>()?;
        let count = reader.count()?;
        let address = |_| {
            let length = reader.text()?.len();
            Some(reader.at() - length..reader.at())
        };
        let addresses = (0..count).map(address).collect::<Option<Vec<_>>>()?;
        let pages = reader.count()?;
        let start = reader.at();
        reader.take(pages.checked_mul(KEY)?)?;
        let keys = start..reader.at();
        reader.take(pages.checked_mul(SPAN)?)?;
        let spans = keys.end..reader.at();
        Some(Recalled { bytes, found, policies, addresses, keys, spans })
    }

    /// Returns what pages share, so that those that are read in this run share it too.
    pub(super) fn interner(&self) -> Interner {
        Interner::recalled(&self.found, &self.policies)
    }

    /// Returns how many pages there are.
    fn count(&self) -> usize {
        self.keys.len() / KEY
    }

    /// Returns the addresses by their numbers.
    fn addresses(&self, site: &Site<'_>) -> Option<Addresses> {
        let text = |range: &Range<usize>| std::str::from_utf8(self.bytes.get(range.clone())?).ok();
        Addresses::recalled(site, &self.addresses.iter().map(text).collect::<Option<Vec<&str>>>()?)
    }

    /// Returns the place of a page's record.
    fn record(&self, key: &Digest) -> Option<Range<usize>> {
        let keys = self.bytes.get(self.keys.clone())?.as_chunks::<KEY>().0;
        let index = keys.binary_search(key.as_bytes()).ok()?;
        let span = self.bytes.get(self.spans.clone())?.as_chunks::<{ SPAN / 2 }>().0.get(2 * index..2 * index + 2)?;
        Some(u32::from_le_bytes(span[0]) as usize..u32::from_le_bytes(span[1]) as usize)
    }

    /// Returns a page, if its bytes are those that were learnt of.
    pub(super) fn page(&self, path: &str, key: Digest) -> Option<Known> {
        let place = self.record(&key)?;
        let mut reader = Reader::new(self.bytes.get(place.clone())?);
        let (said, breaches) = form::page(&mut reader, path, &self.found, &self.policies)?;
        let addresses = place.start + reader.at()..place.end;
        let named = form::named(self.bytes.get(addresses.clone())?, self.addresses.len())?;
        Some(Known { said, breaches, named, kept: Kept { key, addresses: Place::Recalled(addresses) } })
    }

    /// Returns what the next run is to recall under a name: `pages` in their order, each with where its addresses are kept.
    /// Nothing where that is what was recalled. Equal pages leave equal bytes, whatever was recalled.
    pub(super) fn renewed(
        &self,
        name: &Digest,
        pages: &[Page],
        kept: &[Kept],
        breaches: &[Breach],
        addresses: &Addresses,
    ) -> Option<Vec<u8>> {
        let is_recalled = |kept: &Kept| matches!(kept.addresses, Place::Recalled(_));
        if kept.len() == self.count() && kept.iter().all(is_recalled) {
            return None;
        }
        let mut writer = Writer::new(addresses.count());
        let mut bytes = begun(name);
        let named_by = bytes.len();
        let mut records: Vec<(&Digest, Range<usize>)> = Vec::with_capacity(pages.len());
        let mut breaches = breaches;
        for (page, kept) in pages.iter().zip(kept) {
            let own = breaches.iter().take_while(|breach| breach.path == page.path).count();
            let (own, rest) = breaches.split_at(own);
            breaches = rest;
            let named = match &kept.addresses {
                Place::Recalled(range) => self.bytes.get(range.clone()),
                Place::Learnt(bytes) => Some(&**bytes),
            };
            let start = bytes.len();
            let named = named.and_then(|bytes| form::named(bytes, addresses.count()));
            match named.and_then(|named| writer.page(&mut bytes, page, own, &named)) {
                Some(()) => records.push((&kept.key, start - named_by..bytes.len() - named_by)),
                // What cannot be said in this form is read from the page again.
                None => bytes.truncate(start),
            }
        }
        let tables = bytes.len() - named_by;
        // Four gigabytes of records are no memory.
        u32::try_from(tables).ok()?;
        records.sort_unstable_by_key(|(key, _)| **key);
        writer.tables(&mut bytes, &addresses.texts());
        push_count(&mut bytes, records.len());
        records.iter().for_each(|(key, _)| bytes.extend_from_slice(key.as_bytes()));
        for (_, span) in &records {
            bytes.extend_from_slice(&(span.start as u32).to_le_bytes());
            bytes.extend_from_slice(&(span.end as u32).to_le_bytes());
        }
        bytes.extend_from_slice(&(tables as u64).to_le_bytes());
        Some(sealed(bytes))
    }
}
