//! Owns the reading of everything that a site is made from; no other room opens a source file.
//!
//! Gives [`Sources`]: the text of every post and template, and the names of files that are only
//! copied. Refuses links that leave the site, names that are no UTF-8 and text that is no UTF-8.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::paths::SourcePath;

/// What was found on disk. All maps are sorted, so that the order of folders never shows.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Every Markdown file below `content/`, without BOM and with LF line ends.
    pub markdown: BTreeMap<SourcePath, Arc<str>>,
    /// Every other file below `content/`: co-located images and the like.
    pub assets: BTreeMap<SourcePath, PathBuf>,
    /// Files below `static/` of the site and of its theme, the site's winning, by their path below `static/`.
    pub statics: BTreeMap<String, StaticFile>,
    /// The site's own templates by the name they are included with (`post.html`), and **all** of the theme's, also those
    /// that the site overrides, as `THEME/templates/post.html`. Which one a name means is decided in `render::theme`.
    pub templates: BTreeMap<String, Template>,
    /// The theme's `theme.toml`, if there is a theme.
    pub theme: Option<(SourcePath, Arc<str>)>,
}

/// A file that is copied as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Its name for people.
    pub source: SourcePath,
    /// Where it is on this machine.
    pub path: PathBuf,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its file: `themes/paper/templates/post.html`.
    pub source: SourcePath,
    /// Its text.
    pub text: Arc<str>,
}
