//! Owns what is known of analytics vendors, as data and pure functions: the snippet we print, how a
//! snippet is recognised on a page, what its tracker must look like, which requests tell whether a
//! site is known. It knows no files, no HTML parser and no HTTP.
//!
//! To add one: write `analytics/NAME.rs` with a `const PROVIDER: Provider`, and a row in [`PROVIDERS`].

use std::collections::BTreeMap;

use serde::Serialize;

/// One script that a browser would run on a page, as the page's parser found it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptTag {
    /// The attributes as written, names in lower case; entities decoded.
    pub attributes: BTreeMap<String, String>,
    /// The text between the tags.
    pub body: String,
    /// The line of the page it starts on, from 1.
    pub line: u64,
}

/// One snippet that was recognised on a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sighting {
    /// The provider's name.
    pub provider: &'static str,
    /// The variant: `current`, `queue`, `synchronous` …
    pub style: &'static str,
    /// The tracker's URL as written: absolute, protocol-relative or relative.
    pub script: Option<String>,
    /// The collect endpoint as written.
    pub collect: Option<String>,
    /// The site's id, code or domain as written.
    pub site: Option<String>,
    /// The commands that the snippet issues, in order: `trackPageView`, `setSiteId` …
    pub commands: Vec<String>,
    /// Attributes and options that matter, by name.
    pub parameters: BTreeMap<String, String>,
    /// The scripts it was made of, by their index on the page.
    pub tags: Vec<usize>,
}
