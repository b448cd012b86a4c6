//! Owns the files that are made from finished files: no route leads to them through a template.
//!
//! Gives [`DERIVED`]. The writer asks each row in turn, once every page is written; a row sees what the rows before it
//! made. To add one: a function, a row before the manifest, which names all others.

use std::collections::{BTreeMap, BTreeSet};

use crate::library::Library;
use crate::manifest::{Contract, Entry, FileKind, Manifest};
use crate::paths::OutPath;
use crate::render::Site;

/// What is known once every page is written.
pub struct Finished<'a> {
    /// The site.
    pub site: &'a Site,
    /// Every file so far, by its path.
    pub files: &'a BTreeMap<String, Entry>,
    /// What the site says of its analytics.
    pub contract: &'a Contract,
}

/// Files with their bytes.
pub type Made = Vec<(OutPath, Vec<u8>)>;

/// One kind of file that is made from finished files.
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// What its files are.
    pub kind: FileKind,
    /// Makes them.
    pub make: fn(&Finished<'_>) -> Made,
}

/// All of them, in the order in which they are made.
pub const DERIVED: &[Derived] = &[Derived { name: "manifest", kind: FileKind::Asset, make: manifest }];

/// Makes `.well-known/watchpost.json` and its lists.
fn manifest(finished: &Finished<'_>) -> Made {
    let manifest = Manifest::new(&finished.site.config.base_url, finished.files.clone());
    manifest.deployed(finished.contract, &unlisted(&finished.site.library))
}

/// Returns the pages that search engines are asked to leave out: the deployed manifest does not name them.
fn unlisted(library: &Library) -> BTreeSet<OutPath> {
    let hidden = library.posts.iter().zip(library.routes_of.iter()).filter(|(post, _)| post.front.noindex);
    hidden.map(|(_, route)| route.out_path()).collect()
}
