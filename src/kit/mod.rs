//! Owns what a theme is tried on: two small sites with every kind of page and awkward content, and rules about what a theme
//! owes to each page.
//!
//! Gives [`SITES`] and [`judge()`]: files in, findings out. It knows no renderer and touches no disk; who asks builds the sites.

mod facts;
mod judge;
mod sites;

pub use self::judge::judge;
pub use self::sites::{SITES, TrialSite};

use crate::manifest::FileKind;

/// One finished file of a trial site.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its path below the output folder: `posts/a/index.html`.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// The template that made it.
    pub layout: Option<String>,
    /// What stands in it.
    pub text: String,
}
