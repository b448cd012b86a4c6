//! Owns what is to be done to a store so that it holds a shipment: a function of both.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Deployment, Names, Record};
use super::shipment::{Parcel, Shipment};
use super::standing::Standing;
use crate::digest::Digest;

/// From how many hundredths of the old files on their removal needs a flag.
const LARGE: usize = 25;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files to be written, in the order in which they go out.
    pub(super) puts: Vec<Put>,
    /// What the deployment comes to, as the record will say it.
    pub(super) deployment: Deployment,
    /// What is to be removed now, because the deployment before gave it up already: its name in the record, its path, its digest.
    pub(super) doomed: Vec<(String, String, Option<Digest>)>,
    /// What becomes of files that this deployment gives up, under their names in the record.
    pub(super) given_up: BTreeMap<String, Option<Digest>>,
    /// Whether nothing was published here before.
    pub(super) is_first: bool,
    /// Whether the manifest is there already.
    pub(super) is_there: bool,
    /// Whether the record gets a new row: not where the manifest was there, and another run only left traces.
    pub(super) is_new: bool,
    /// How many files the manifest before has.
    pub(super) before: usize,
}

/// One file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) path: String,
    pub(super) parcel: Parcel,
    /// The digest of what stands there, by the manifest.
    pub(super) was: Option<Digest>,
    /// Whether it is uncertain what stands there, so that it is looked at first.
    pub(super) is_doubtful: bool,
}

impl Plan {
    /// Compares. `names` knows the paths of the shipment; `doubt` says that what stands there is not known from the manifest.
    pub(super) fn of(shipment: &Shipment, standing: &Standing, names: &Names, doubt: bool) -> Plan {
        let empty = Record::default();
        let record = standing.record.as_ref().map_or(&empty, |(record, _)| record);
        let unfinished = record.claim.as_ref().map(|claim| &claim.deployment);
        let touched: BTreeSet<String> =
            unfinished.iter().flat_map(|claim| claim.touched()).filter_map(|name| names.read(name)).collect();
        let is_there = standing.manifest.as_ref().is_some_and(|(deployed, _, _)| deployed.build_id == shipment.build);
        let mut puts = Vec::new();
        let (mut replaced, mut added) = (BTreeMap::new(), BTreeSet::new());
        let mut current = BTreeSet::new();
        for (path, parcel) in &shipment.files {
            let name = Names::write(path, &shipment.unlisted);
            let old = standing.files.get(path).or_else(|| standing.unlisted.get(name.trim_start_matches('#')));
            current.insert(name.clone());
            let is_same = match parcel.list {
                Some(list) => standing.shared.contains(&list) || old == Some(&parcel.digest),
                None => standing.shared.contains(&parcel.digest),
            };
            let is_doubtful = doubt || touched.contains(path);
            if is_same && !touched.contains(path) {
                continue;
            }
            match old {
                _ if is_same || parcel.list.is_none() => {}
                Some(digest) => drop(replaced.insert(name, *digest)),
                None => drop(added.insert(name)),
            }
            puts.push(Put { path: path.clone(), parcel: *parcel, was: old.copied(), is_doubtful });
        }
        // Lists have names of their own content: what there is can only be the same.
        puts.sort_by(|one, other| one.parcel.class.cmp(&other.parcel.class).then_with(|| one.path.cmp(&other.path)));
        let listed = standing.files.iter().map(|(path, digest)| (path.clone(), *digest));
        let hinted = standing.unlisted.iter().map(|(hash, digest)| (format!("#{hash}"), *digest));
        let gone: BTreeMap<String, Digest> = listed.chain(hinted).filter(|(name, _)| !current.contains(name)).collect();
        let mut deployment = Deployment {
            build: shipment.build,
            manifest: String::from_utf8_lossy(&shipment.manifest).into_owned(),
            replaced,
            gone,
            added,
        };
        // What a run that did not end has changed belongs to what can be gone back from.
        let mut is_finishing = false;
        if let Some(unfinished) = unfinished {
            is_finishing = is_there && unfinished.build == shipment.build;
            if is_finishing {
                deployment = unfinished.clone();
            }
            for (name, digest) in &unfinished.replaced {
                deployment.replaced.entry(name.clone()).or_insert(*digest);
            }
        }
        let is_new = is_finishing || !is_there;
        let left = unfinished.into_iter().flat_map(|claim| &claim.added);
        let is_orphan = |name: &&String| !current.contains(*name) && !deployment.gone.contains_key(*name);
        let orphans = left.filter(is_orphan).map(|name| (name.clone(), None));
        let own = deployment.gone.iter().map(|(name, digest)| (name.clone(), Some(*digest)));
        let given_up = if is_new { own.collect() } else { record.doomed.clone() };
        let given_up = given_up.into_iter().chain(orphans).collect();
        let due = record.doomed.iter().filter(|(name, _)| is_new && !current.contains(*name));
        let doomed = due.filter_map(|(name, digest)| Some((name.clone(), names.read(name)?, *digest))).collect();
        let shared =
            shipment.files.values().filter(|parcel| parcel.list.is_some_and(|list| standing.shared.contains(&list)));
        let before = standing.files.len() + standing.unlisted.len() + shared.count();
        let is_first = standing.manifest.is_none();
        Plan { puts, deployment, doomed, given_up, is_first, is_there, is_new, before }
    }

    /// Returns whether the store holds the shipment already, and nobody left anything half done.
    pub(super) fn is_empty(&self, standing: &Standing) -> bool {
        let is_clean = standing.record.as_ref().is_some_and(|(record, _)| record.claim.is_none());
        self.is_there && self.puts.is_empty() && is_clean
    }

    /// Returns whether more is given up than a build usually does.
    pub(super) fn gives_up_much(&self) -> bool {
        self.deployment.gone.len() * 100 > self.before * LARGE
    }

    /// Returns the paths whose addresses caches should forget: what was written over, what is new, what is given up.
    pub(super) fn changed(&self, names: &Names) -> Vec<String> {
        let written = self.puts.iter().filter(|put| put.parcel.list.is_some()).map(|put| put.path.clone());
        let gone = self.deployment.gone.keys().filter_map(|name| names.read(name));
        let doomed = self.doomed.iter().map(|(_, path, _)| path.clone());
        let all: BTreeSet<String> = written.chain(gone).chain(doomed).collect();
        all.into_iter().collect()
    }
}
