//! Owns what a store holds now: the deployed manifest, what of its lists differs from a shipment's, and the record.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{self, Record};
use super::shipment::Shipment;
use crate::digest::Digest;
use crate::manifest::{DEPLOYED, Deployed, DeployedList, SCHEMA, list_path};
use crate::store::{Fault, Store, Tag};

/// What a store holds.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The deployed manifest, its text and its writing.
    pub(super) manifest: Option<(Deployed, String, Tag)>,
    /// The record, and its writing.
    pub(super) record: Option<(Record, Tag)>,
    /// When the record was written, by the store's clock.
    pub(super) recorded: Option<jiff::Timestamp>,
    /// The lists that the shipment has, too.
    pub(super) shared: BTreeSet<Digest>,
    /// The files of all other lists.
    pub(super) files: BTreeMap<String, Digest>,
    /// The same for pages that nothing links to, by the digest of their path.
    pub(super) unlisted: BTreeMap<String, Digest>,
    /// The keys of those other lists.
    pub(super) lists: BTreeSet<String>,
}

/// Why a store's own files cannot be understood.
pub(super) enum Trouble {
    /// The store did not answer.
    Fault(String, Fault),
    /// A file of it is not what it should be: its key, and why.
    Strange(String, String),
}

impl Standing {
    /// Looks at a store, as far as it differs from what is to be put there.
    pub(super) fn of(store: &dyn Store, shipment: &Shipment) -> Result<Standing, Trouble> {
        let mut standing = Standing::default();
        let get = |key: &str| store.get(key).map_err(|fault| Trouble::Fault(key.to_owned(), fault));
        let strange = |key: &str, why: String| Trouble::Strange(key.to_owned(), why);
        let key = record::key();
        if let Some(stored) = get(&key)? {
            let record: Record =
                serde_json::from_slice(&stored.bytes).map_err(|error| strange(&key, error.to_string()))?;
            if record.schema > record::SCHEMA {
                return Err(strange(&key, format!("it is of schema {}, which a newer `blog` wrote", record.schema)));
            }
            standing.record = Some((record, stored.seen.tag));
            standing.recorded = stored.seen.modified;
        }
        let Some(stored) = get(DEPLOYED)? else { return Ok(standing) };
        let deployed: Deployed =
            serde_json::from_slice(&stored.bytes).map_err(|error| strange(DEPLOYED, error.to_string()))?;
        if deployed.schema > SCHEMA {
            return Err(strange(DEPLOYED, format!("it is of schema {}, which a newer `blog` wrote", deployed.schema)));
        }
        let text = String::from_utf8_lossy(&stored.bytes).into_owned();
        let own: BTreeSet<&Digest> = shipment.deployed.lists.iter().collect();
        for name in &deployed.lists {
            if own.contains(name) {
                standing.shared.insert(*name);
                continue;
            }
            let key = list_path(name);
            let stored = get(&key)?.ok_or_else(|| strange(&key, "it is missing".to_owned()))?;
            if Digest::of(&stored.bytes) != *name {
                return Err(strange(&key, "it does not have the digest that is its name".to_owned()));
            }
            let list: DeployedList =
                serde_json::from_slice(&stored.bytes).map_err(|error| strange(&key, error.to_string()))?;
            standing.files.extend(list.files);
            standing.unlisted.extend(list.unlisted);
            standing.lists.insert(key);
        }
        standing.manifest = Some((deployed, text, stored.seen.tag));
        Ok(standing)
    }
}
