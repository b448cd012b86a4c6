//! Owns what another engine's blog says, read from its folder or its export: documents, files, settings.
//!
//! Gives [`IMPORTERS`]. A reader hands over one [`Document`] or [`Carried`] file after the other to a [`Sink`], so that an
//! export of any size is never held in memory, and last the [`Settings`]. Writes nothing: `blog import` does.
//!
//! To add an engine: one file with an [`Importer`], and a row in [`IMPORTERS`].

mod drupal;
mod eleventy;
mod export;
mod feed;
mod folder;
mod ghost;
mod html;
mod hugo;
mod jekyll;
mod liquid;
pub mod proof;
pub mod sites;
mod wordpress;
mod zola;
mod zola_calls;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;

/// An engine from which a blog can be brought in.
#[derive(Debug, Clone, Copy)]
pub struct Importer {
    /// As it is typed: `hugo`.
    pub name: &'static str,
    /// As its makers write it: `Hugo`.
    pub title: &'static str,
    /// What PATH is: "the site's folder", "an export in WXR".
    pub path: &'static str,
    /// Reads the old blog.
    pub read: fn(&Path, &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>>,
}

/// Every engine, in the order in which `--help` names them.
pub static IMPORTERS: &[Importer] = &[
    hugo::HUGO,
    zola::ZOLA,
    jekyll::JEKYLL,
    eleventy::ELEVENTY,
    wordpress::WORDPRESS,
    drupal::DRUPAL,
    ghost::GHOST,
    feed::FEED,
];

/// Takes what a reader finds, piece by piece. What it returns as an error ends the reading.
pub trait Sink {
    /// Takes a post, a page, or a section's or term's head.
    fn document(&mut self, document: Document) -> Result<(), Vec<Diagnostic>>;
    /// Takes a file that goes along as it is.
    fn carry(&mut self, file: Carried) -> Result<(), Vec<Diagnostic>>;
    /// Takes a remark: what was left out, changed or guessed, with the item that it is about.
    fn remark(&mut self, remark: Diagnostic);
}

/// One Markdown file of the new site.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Below the site's folder: `content/posts/2011-03-10-watching-the-guards.md`.
    pub path: String,
    /// Front matter under its canonical names (`formats`: `title date updated draft slug path aliases tags … id extra`), in
    /// the order in which it is written.
    pub front: Vec<(String, toml::Value)>,
    /// The text: Markdown.
    pub body: String,
    /// What it was in the old blog, for messages: `content/posts/x.md`, `post 123`.
    pub origin: String,
    /// Where it stood in the old blog, if that is known: `/2011/03/watching/`.
    pub address: Option<String>,
}

/// One file that goes along as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Below the new site's folder: `static/uploads/a.png`, `content/posts/x/a.png`.
    pub path: String,
    /// Its bytes, or the file that holds them.
    pub bytes: Bytes,
}

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bytes {
    /// From a file, which is copied.
    File(PathBuf),
    /// From the export itself.
    Here(Vec<u8>),
}

/// What the old blog says about itself, as site.toml will say it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Keys of site.toml at its top: `title`, `base_url`, `language`, `timezone`, `description`, …
    pub keys: BTreeMap<String, toml::Value>,
    /// Tables of site.toml by their name: `permalinks`, `taxonomies`, `feeds`, …
    pub tables: BTreeMap<String, toml::Value>,
    /// Ids that entries of feeds keep: the document's path, the id.
    pub feed_ids: Vec<(String, String)>,
}
