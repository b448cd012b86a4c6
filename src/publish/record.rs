//! Owns the record that a store keeps of what was published into it: who is at it, and what can be gone back to.
//!
//! It lies beside the lists of the deployed manifest, where anybody may read it. A page that nothing links to is therefore named
//! by the digest of its path, here as there, and what it said before is kept under a name that only its path gives.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::shipment::Shipment;
use crate::digest::Digest;
use crate::manifest::LISTS;

/// The version of this shape.
pub(super) const SCHEMA: u32 = 1;

/// Where the record lies.
pub(super) fn key() -> String {
    format!("{LISTS}/published.json")
}

/// Where an earlier form of a file is kept. The name of a page that nothing links to is part of it: nobody can guess the key,
/// and only whoever may list the store can read it there.
pub(super) fn kept(path: &str, digest: &Digest, is_hidden: bool) -> String {
    let name = Digest::of_parts([path.as_bytes(), digest.as_bytes().as_slice()]);
    let plain = format!("{LISTS}/kept/{name}");
    if is_hidden { format!("{plain}/{path}") } else { plain }
}

/// Returns the path that a key of a store stands for: its own, or that of a page whose earlier form is kept there.
pub(super) fn path_of(key: &str) -> &str {
    let kept = key.strip_prefix(LISTS).and_then(|rest| rest.strip_prefix("/kept/"));
    kept.and_then(|rest| rest.split_once('/')).map_or(key, |(_, path)| path)
}

/// What was published, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) schema: u32,
    /// Whoever is publishing now, or has not come to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) claim: Option<Claim>,
    pub(super) deployments: Vec<Deployment>,
    /// What the last deployment no longer has, with its digest where a deployment had it: it is removed by the next one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) doomed: BTreeMap<String, Option<Digest>>,
}

impl Default for Record {
    fn default() -> Self {
        Record { schema: SCHEMA, claim: None, deployments: Vec::new(), doomed: BTreeMap::new() }
    }
}

/// A deployment that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    /// What it will come to.
    pub(super) deployment: Deployment,
    /// Whether it is known to have failed, so that nobody has to wait for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) failed: bool,
}

/// One deployment, and how it differs from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) build: Digest,
    /// The text of its manifest.
    pub(super) manifest: String,
    /// The files that it wrote over, with the digest of what they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) replaced: BTreeMap<String, Digest>,
    /// The files that it no longer has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) gone: BTreeMap<String, Digest>,
    /// The files that were not there before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) added: BTreeSet<String>,
}

impl Deployment {
    /// Returns every file that it writes or gives up.
    pub(super) fn touched(&self) -> impl Iterator<Item = &String> {
        self.replaced.keys().chain(self.gone.keys()).chain(&self.added)
    }

    /// Returns the earlier forms of files that going back from it needs.
    pub(super) fn needs(&self) -> impl Iterator<Item = (&String, &Digest)> {
        self.replaced.iter().chain(&self.gone)
    }
}

/// Says how paths are written in a record, and finds those that it only hints at.
pub(super) struct Names {
    hidden: BTreeMap<String, String>,
}

impl Names {
    /// Knows the paths of a shipment.
    pub(super) fn of(shipment: &Shipment) -> Names {
        let hidden = shipment.unlisted.iter().map(|path| (Digest::of(path).to_string(), path.clone()));
        Names { hidden: hidden.collect() }
    }

    /// Learns which paths a store has.
    pub(super) fn learn(&mut self, paths: Vec<String>) {
        self.hidden
            .extend(paths.iter().map(|key| path_of(key)).map(|path| (Digest::of(path).to_string(), path.to_owned())));
    }

    /// Returns how a path is written.
    pub(super) fn write(path: &str, unlisted: &BTreeSet<String>) -> String {
        match unlisted.contains(path) {
            true => format!("#{}", Digest::of(path)),
            false => path.to_owned(),
        }
    }

    /// Returns the path that is meant; nothing where it is only hinted at and not known here.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        match name.strip_prefix('#') {
            Some(digest) => self.hidden.get(digest).cloned(),
            None => Some(name.to_owned()),
        }
    }
}
