//! Owns the contract between the writer and the checker: what was written, from what, for what.
//!
//! [`Manifest`] is the local one, kept in `.blog/state/manifest.json` and never deployed; its
//! [`Manifest::deployed`] form, without sources and layouts, is `.well-known/watchpost.json` and the
//! lists that it names. Neither holds a path of the machine or a time. Reads and writes no file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Sha256};
use crate::paths::{BaseUrl, OutPath};

/// The version of both shapes that this engine writes.
pub const SCHEMA: u32 = 1;
/// Where the deployed manifest stands in the output folder.
pub const DEPLOYED: &str = ".well-known/watchpost.json";
/// The folder of the lists that it names.
pub const LISTS: &str = ".well-known/watchpost";
/// How many files a list holds, about.
const LIST_LENGTH: usize = 500;

/// What one build wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this shape.
    pub schema: u32,
    /// The engine's version.
    pub engine: String,
    /// The site's base URL.
    pub base_url: String,
    /// The digest of all paths and digests below: the same for the same site.
    pub build_id: Digest,
    /// Every file, by its path in the output folder.
    pub files: BTreeMap<String, Entry>,
}

/// One file of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    pub kind: FileKind,
    /// The source file it was made from, if it is one: `content/posts/a.md`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The template that made it: `post.html`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The section it belongs to: `posts`, or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// For pages: whether front matter says `analytics = false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_analytics: bool,
    /// For pages: a canonical address elsewhere that front matter asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
}

impl Entry {
    /// Describes a file that no source, template or section stands behind.
    pub fn of(digest: Digest, size: u64, kind: FileKind) -> Self {
        Entry { digest, size, kind, source: None, layout: None, section: None, no_analytics: false, canonical: None }
    }
}

impl Manifest {
    /// Takes the files of a finished build.
    pub fn new(base_url: &BaseUrl, files: BTreeMap<String, Entry>) -> Self {
        Manifest {
            schema: SCHEMA,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            base_url: base_url.as_str().to_owned(),
            build_id: build_id(&files),
            files,
        }
    }

    /// Returns the files to be deployed with the site: the lists, and last the manifest that names them.
    ///
    /// The lists are named by their digest and cut by the digest of each path, so that a changed
    /// page changes one list. A page that nothing links to is there by the digest of its path alone.
    pub fn deployed(&self, contract: &Contract, unlisted: &BTreeSet<OutPath>) -> Vec<(OutPath, Vec<u8>)> {
        let count = (self.files.len() / LIST_LENGTH + 1).next_power_of_two().min(256);
        let mut lists = vec![DeployedList::default(); count];
        for (path, entry) in self.files.iter().filter(|(path, _)| !is_deployed(path)) {
            let name = Digest::of(path);
            let list = &mut lists[usize::from(name.first_byte()) * count / 256];
            match unlisted.contains(&OutPath::new(path.as_str())) {
                true => list.unlisted.insert(name.to_string(), entry.digest),
                false => list.files.insert(path.clone(), entry.digest),
            };
        }
        let lists: BTreeMap<Digest, Vec<u8>> = lists
            .iter()
            .filter(|list| !list.files.is_empty() || !list.unlisted.is_empty())
            .map(json)
            .map(|bytes| (Digest::of(&bytes), bytes))
            .collect();
        let names: Vec<Digest> = lists.keys().copied().collect();
        let manifest = Deployed {
            schema: SCHEMA,
            engine: self.engine.clone(),
            build_id: self.build_id,
            snippets: contract.snippets.clone(),
            contract: contract.lock,
            root: Digest::of(names.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
            lists: names,
        };
        let mut files: Vec<(OutPath, Vec<u8>)> =
            lists.into_iter().map(|(name, bytes)| (OutPath::new(list_path(&name)), bytes)).collect();
        files.push((OutPath::new(DEPLOYED), json(&manifest)));
        files
    }
}

/// Returns the digest of all paths and digests; the deployed manifest itself is left out.
pub fn build_id(files: &BTreeMap<String, Entry>) -> Digest {
    let lines: Vec<String> = files
        .iter()
        .filter(|(path, _)| !is_deployed(path))
        .map(|(path, entry)| format!("{} {path}\n", entry.digest))
        .collect();
    Digest::of(lines.concat())
}

/// Returns whether a path belongs to the deployed manifest.
pub fn is_deployed(path: &str) -> bool {
    path == DEPLOYED || path.strip_prefix(LISTS).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns where a list stands in the output folder.
pub fn list_path(name: &Digest) -> String {
    format!("{LISTS}/{name}.json")
}

/// What the deployed manifest says of the analytics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract {
    /// The digest of each snippet that pages carry, in the order of site.toml.
    pub snippets: Vec<Sha256>,
    /// The digest of the locked contract, if there is one.
    pub lock: Option<Sha256>,
}

/// The shape of `.well-known/watchpost.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// The version of this shape.
    pub schema: u32,
    /// The engine's version.
    pub engine: String,
    /// The same for the same site.
    pub build_id: Digest,
    /// The digest of each snippet that pages carry.
    pub snippets: Vec<Sha256>,
    /// The digest of the locked contract; absent if nothing is locked.
    pub contract: Option<Sha256>,
    /// The digest of the lists' names, one a line.
    pub root: Digest,
    /// The lists, sorted; each is `.well-known/watchpost/NAME.json`.
    pub lists: Vec<Digest>,
}

/// The shape of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedList {
    /// The digest of each file's bytes, by its path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Digest>,
    /// The same for pages that nothing links to, by the digest of their path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unlisted: BTreeMap<String, Digest>,
}

/// Writes a value as JSON with a line end.
fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("these shapes have only text keys");
    bytes.push(b'\n');
    bytes
}

/// What kind of file the writer meant to make. The checker never takes its word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// An HTML document of the site.
    Page,
    /// A document that only redirects.
    Alias,
    /// A feed.
    Feed,
    /// A sitemap or robots.txt.
    Index,
    /// Everything else: static files, stylesheets, images.
    Asset,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(paths: &[&str]) -> Manifest {
        let entry = |path: &&str| Entry {
            digest: Digest::of(path),
            size: 1,
            kind: FileKind::Page,
            source: Some("content/secret-name.md".to_owned()),
            layout: None,
            section: None,
            no_analytics: false,
            canonical: None,
        };
        let files = paths.iter().map(|path| ((*path).to_owned(), entry(path))).collect();
        Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), files)
    }

    #[test]
    fn the_deployed_manifest_names_lists_that_hold_every_file() {
        let paths: Vec<String> = (0..2_000).map(|number| format!("posts/{number}/index.html")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut files = manifest(&paths).deployed(&Contract::default(), &BTreeSet::new());
        let (path, bytes) = files.pop().unwrap();
        assert_eq!(path.as_str(), DEPLOYED);
        let deployed: Deployed = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(deployed.lists.len(), files.len());
        let listed: usize = files
            .iter()
            .map(|(path, bytes)| {
                assert_eq!(path.as_str(), list_path(&Digest::of(bytes)));
                serde_json::from_slice::<DeployedList>(bytes).unwrap().files.len()
            })
            .sum();
        assert_eq!(listed, 2_000);
        assert!(files.len() > 2);
    }

    #[test]
    fn a_page_that_nothing_links_to_is_not_betrayed() {
        let unlisted = BTreeSet::from([OutPath::new("hidden/index.html")]);
        let files = manifest(&["hidden/index.html", "index.html"]).deployed(&Contract::default(), &unlisted);
        let text: String = files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
        assert!(text.contains(&Digest::of("hidden/index.html").to_string()));
        assert!(!text.contains("hidden/") && !text.contains("secret-name"), "{text}");
    }

    #[test]
    fn the_build_id_does_not_depend_on_the_deployed_manifest() {
        let one = manifest(&["index.html"]);
        assert_eq!(one.build_id, manifest(&["index.html", DEPLOYED, ".well-known/watchpost/ab.json"]).build_id);
        assert_ne!(one.build_id, manifest(&["index.html", "a.html"]).build_id);
    }
}
