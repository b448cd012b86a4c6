//! Owns the files that are made from finished files: no route leads to them through a template.
//!
//! Gives [`DERIVED`]. The writer asks each row in turn, once every page is written; a row sees what the rows before it
//! made. To add one: a function, a row before the manifest, which names all others.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::library::Library;
use crate::manifest::{Contract, Entry, FileKind, Manifest};
use crate::paths::OutPath;
use crate::render::{Site, hashed, policy, search};

/// What is known once every page is written.
pub struct Finished<'a> {
    /// The site.
    pub site: &'a Site,
    /// Every file so far, by its path.
    pub files: &'a BTreeMap<String, Entry>,
    /// What the site says of its analytics; not known before the files are judged.
    pub contract: Option<&'a Contract>,
    /// Reads a finished file.
    pub read: &'a (dyn Fn(&str) -> Option<Vec<u8>> + Sync),
}

/// Files with their bytes.
pub type Made = Vec<(OutPath, Vec<u8>)>;

/// One kind of file that is made from finished files.
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// What its files are.
    pub kind: FileKind,
    /// Whether they are judged with the pages, or seal what was judged.
    pub judged: bool,
    /// Makes them.
    pub make: fn(&Finished<'_>) -> Result<Made, Vec<Diagnostic>>,
}

/// All of them, in the order in which they are made.
pub const DERIVED: &[Derived] = &[
    Derived { name: "hashed files", kind: FileKind::Asset, judged: true, make: hashed::files },
    Derived { name: "search index", kind: FileKind::Asset, judged: true, make: search::files },
    Derived { name: "headers", kind: FileKind::Asset, judged: true, make: policy::headers },
    Derived { name: "manifest", kind: FileKind::Asset, judged: false, make: manifest },
];

/// Makes `.well-known/watchpost.json` and its lists.
fn manifest(finished: &Finished<'_>) -> Result<Made, Vec<Diagnostic>> {
    let Some(contract) = finished.contract else { return Ok(Made::new()) };
    let manifest = Manifest::new(&finished.site.config.base_url, finished.files.clone());
    Ok(manifest.deployed(contract, &unlisted(&finished.site.library)))
}

/// Returns the pages that search engines are asked to leave out: the deployed manifest does not name them.
fn unlisted(library: &Library) -> BTreeSet<OutPath> {
    let hidden = library.posts.iter().zip(library.routes_of.iter()).filter(|(post, _)| post.front.noindex);
    hidden.map(|(_, route)| route.out_path()).collect()
}
