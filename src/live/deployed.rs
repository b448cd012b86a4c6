//! Owns the deployed manifest: `.well-known/watchpost.json` and the lists that it names, as they stand on the web.
//!
//! What is fetched is believed only as far as it proves itself: a list must have the digest that is its name.

use std::collections::BTreeMap;

use url::Url;

use super::fetching::{Fetcher, Received, Way};
use crate::digest::Digest;
use crate::guard::dial::Failure;
use crate::manifest::{Deployed, DeployedList, SCHEMA};

/// What stands where the deployed manifest should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Published {
    /// A manifest.
    Manifest(Box<Deployed>, Received),
    /// Another answer.
    Other(Received),
    /// A body that is no manifest, and why.
    Malformed(String),
    /// No answer.
    Failed(Failure),
}

impl Published {
    /// Returns the manifest, if there is one.
    pub(super) fn manifest(&self) -> Option<&Deployed> {
        match self {
            Published::Manifest(deployed, _) => Some(deployed),
            Published::Other(_) | Published::Malformed(_) | Published::Failed(_) => None,
        }
    }
}

/// Fetches the manifest, past caches: it says what was deployed, not what a visitor sees.
pub(super) fn manifest(fetcher: &mut Fetcher<'_>, url: &Url) -> Published {
    let (copy, bytes) = match fetcher.fetch(url, Way::Busted) {
        Err(failure) => return Published::Failed(failure),
        Ok(came) => came,
    };
    if !(200..300).contains(&copy.status) || copy.challenge.is_some() {
        return Published::Other(copy);
    }
    match serde_json::from_slice::<Deployed>(&bytes) {
        Ok(deployed) if deployed.schema > SCHEMA => {
            let schema = deployed.schema;
            Published::Malformed(format!("it has schema {schema}, and this version of blog knows {SCHEMA} at most"))
        }
        Ok(deployed) => Published::Manifest(Box::new(deployed), copy),
        // A site that answers every address with its home page.
        Err(_) if copy.content_type == "text/html" => Published::Other(copy),
        Err(error) => Published::Malformed(error.to_string()),
    }
}

/// Fetches the lists of a manifest: the digest of each file by its path; or why there are none.
pub(super) fn lists(
    fetcher: &mut Fetcher<'_>,
    manifest: &Url,
    deployed: &Deployed,
) -> Result<BTreeMap<String, Digest>, String> {
    let names: Vec<String> = deployed.lists.iter().map(ToString::to_string).collect();
    if Digest::of(names.join("\n")) != deployed.root {
        return Err("its digest of the lists does not fit them".to_owned());
    }
    let folder = manifest.path().trim_end_matches(".json").to_owned();
    let mut files = BTreeMap::new();
    for name in &deployed.lists {
        let mut url = manifest.clone();
        url.set_path(&format!("{folder}/{name}.json"));
        let (copy, bytes) = match fetcher.fetch(&url, Way::Plain) {
            Ok(came) => came,
            Err(failure) => return Err(format!("a list that it names {}", failure.words())),
        };
        if copy.status != 200 {
            return Err(format!("a list that it names answers {}", copy.status));
        }
        if Digest::of(&bytes) != *name {
            return Err("a list that it names does not have the digest that is its name".to_owned());
        }
        let list: DeployedList = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        files.extend(list.files);
    }
    Ok(files)
}
