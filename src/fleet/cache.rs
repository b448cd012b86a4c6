//! Owns the cache that builds of several machines share: `[cache] remote`.
//!
//! What lies in `.blog/cache/` of one machine, others may have: pages by what they were made from, pictures, coloured code,
//! outlines, facts of pages. A list says which files there are and of which blobs they are made. It is written last and as a
//! whole, so that a run that is killed leaves nothing that is believed; of two that end at once the later one's list stays.
//! Nothing is ever removed: let the store forget what is older than some weeks.
//!
//! A store that does not answer is asked once. Then the build goes on alone, and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blobs::{self, Blobs, Broken};
use super::{PROGRAM, Shard};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::guard::dial::Network;
use crate::output::{self, Elsewhere};
use crate::store::{self, Dress, Fault, Store, When};

/// How many pictures that this build does not use stay on the list.
const STRANGERS: usize = 10_000;
/// The folder of pictures in the cache; they are the same for every program and every part.
const PICTURES: &str = "images/";

/// What there is: the blobs of each file of `.blog/cache/`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct List {
    files: BTreeMap<String, Vec<Digest>>,
}

/// The shared cache, as this build found it.
pub struct Cache {
    store: Box<dyn Store>,
    shown: String,
    /// The key of the list of this program, and of the list of pictures.
    keys: [String; 2],
    lists: [List; 2],
    /// What was there by the list, and not by the store.
    lost: Mutex<BTreeSet<String>>,
    /// Why the store is asked no more.
    broken: Mutex<Option<Fault>>,
}

impl Cache {
    /// Asks what there is; nothing where the site has no shared cache.
    pub fn open(config: &Config, shard: Option<Shard>, network: &Network) -> Result<Option<Cache>, Vec<Diagnostic>> {
        let Some(place) = &config.shared.cache else { return Ok(None) };
        let store = store::open(place, &config.root, network).map_err(|fault| {
            let message = format!("the shared cache `{}` {}", place.to, fault.words());
            let hint = "look at `[cache]` in `site.toml`, and at the environment";
            vec![Diagnostic::error("cache/place", message).at(config.place("cache")).hint(hint)]
        })?;
        let part = shard.map_or_else(|| "whole".to_owned(), |shard| shard.to_string().replace('/', "-of-"));
        let env = config.env.as_deref().map_or_else(String::new, |env| format!("-{}", Digest::of(env).short()));
        let keys = [format!("lists/{PROGRAM}/{part}{env}.json"), "lists/pictures.json".to_owned()];
        let cache = Cache {
            store,
            shown: place.to.clone(),
            keys,
            lists: Default::default(),
            lost: Mutex::default(),
            broken: Mutex::default(),
        };
        let lists = cache.keys.each_ref().map(|key| cache.list(key));
        Ok(Some(Cache { lists, ..cache }))
    }

    fn list(&self, key: &str) -> List {
        let stored = self.ask(|store| store.get(key)).flatten();
        stored.and_then(|stored| serde_json::from_slice(&stored.bytes).ok()).unwrap_or_default()
    }

    /// Asks the store, unless it has failed before.
    fn ask<T>(&self, ask: impl FnOnce(&dyn Store) -> Result<T, Fault>) -> Option<T> {
        let is_broken = || self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if is_broken().is_some() {
            return None;
        }
        ask(self.store.as_ref()).map_err(|fault| is_broken().get_or_insert(fault).clone()).ok()
    }

    fn blobs(&self, name: &str) -> Option<&Vec<Digest>> {
        self.lists[usize::from(name.starts_with(PICTURES))].files.get(name)
    }

    /// Brings pictures that this machine does not have.
    pub fn bring_all(&self, root: &Path, names: &[String]) {
        names.par_iter().filter(|name| !output::is_kept(root, name)).for_each(|name| _ = self.bring(root, name));
    }

    /// Leaves what this build made for others; `pictures` are those that it used. Returns what there is to say of it.
    pub fn leave(self, root: &Path, pictures: &[String]) -> Vec<Diagnostic> {
        let mut lists = self.lists.clone();
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lists.iter_mut().for_each(|list| list.files.retain(|name, _| !lost.contains(name)));
        let names = output::kept_names(root);
        let of_program: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        lists[0].files.retain(|name, _| of_program.contains(name.as_str()));
        let used: BTreeSet<&str> = pictures.iter().map(String::as_str).collect();
        if lists[1].files.keys().filter(|name| !used.contains(name.as_str())).count() > STRANGERS {
            lists[1].files.retain(|name, _| used.contains(name.as_str()));
        }
        for (list, names) in lists.iter_mut().zip([of_program, used]) {
            let fresh: Vec<(String, Vec<Digest>)> = names
                .par_iter()
                .filter_map(|name| Some(((*name).to_owned(), self.leave_one(root, list, name)?)))
                .collect();
            list.files.extend(fresh);
        }
        for ((list, old), key) in lists.iter().zip(&self.lists).zip(&self.keys) {
            if list != old {
                let bytes = serde_json::to_vec(list).unwrap_or_default();
                let dress = Dress::of_record(&bytes);
                self.ask(|store| store.put(key, bytes, &dress, &When::Always));
            }
        }
        let broken = self.broken.into_inner().unwrap_or_else(PoisonError::into_inner);
        let say = |fault: Fault| {
            let message = format!("the shared cache `{}` {}", self.shown, fault.words());
            Diagnostic::warning("cache/alone", message).hint("this build went on without it; the site is the same")
        };
        broken.map(say).into_iter().collect()
    }

    /// Leaves one file, if others do not have it yet, and returns its blobs.
    fn leave_one(&self, root: &Path, list: &List, name: &str) -> Option<Vec<Digest>> {
        let known = list.files.get(name);
        // A pack or a picture has a name that no other content has.
        let is_final = name.contains('/') && !name.ends_with("/index");
        if is_final && known.is_some() {
            return None;
        }
        if let (Some(known), Ok(mut file)) = (known, output::open_kept(root, name))
            && Some(known) == blobs_of(&mut file).as_ref()
        {
            return None;
        }
        let mut file = output::open_kept(root, name).ok()?;
        self.ask(|store| match blobs::leave(store, &mut file) {
            Ok(blobs) => Ok(Some(blobs)),
            Err(Broken::Source(_)) => Ok(None),
            Err(Broken::Store(fault)) => Err(fault),
        })
        .flatten()
    }
}

/// Returns which blobs bytes are cut into.
fn blobs_of(mut source: &mut dyn Read) -> Option<Vec<Digest>> {
    let mut names = Vec::new();
    loop {
        let mut blob = Vec::new();
        (&mut source).take(blobs::LENGTH as u64).read_to_end(&mut blob).ok()?;
        if blob.is_empty() {
            return Some(names);
        }
        names.push(Digest::of(&blob));
    }
}

impl Elsewhere for Cache {
    fn bring(&self, root: &Path, name: &str) -> bool {
        let Some(names) = self.blobs(name) else { return false };
        let brought = self.ask(|store| match output::take_in(root, name, &mut Blobs::new(store, names)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Fault::Broken(error.to_string())),
        });
        if brought == Some(false) {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        brought == Some(true)
    }
}
