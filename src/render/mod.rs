//! Owns the pure step from a finished [`Site`] and a [`Route`] to the bytes that stand there.
//!
//! `page(&site, &route)` touches nothing: `build` maps it over all routes in parallel, `serve`
//! calls it for the one that was asked for.

use std::path::PathBuf;

use crate::manifest::FileKind;
use crate::paths::{OutPath, Route, SourcePath};

/// One file of the site, as it is to be written or served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its address.
    pub route: Route,
    /// Where it is written.
    pub out: OutPath,
    /// Its bytes, or where they are to be copied from.
    pub body: Body,
    /// What it is meant to be.
    pub kind: FileKind,
    /// The source file it was made from, if it is one.
    pub source: Option<SourcePath>,
    /// The template that made it.
    pub layout: Option<String>,
    /// The section it belongs to.
    pub section: Option<String>,
    /// Whether front matter says `analytics = false`.
    pub no_analytics: bool,
    /// A canonical address elsewhere that front matter asks for.
    pub canonical: Option<String>,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A copy of this file; it is never read into memory.
    Copy(PathBuf),
}
