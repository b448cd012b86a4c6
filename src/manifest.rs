//! Owns the contract between the writer and the checker: what was written, from what, for what.
//!
//! [`Manifest`] is the local one, kept in `.blog/state/manifest.json` and never deployed; its
//! [`Manifest::deployed`] form, without sources and layouts, is `.well-known/watchpost.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

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
