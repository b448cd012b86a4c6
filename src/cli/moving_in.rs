//! Owns what can be typed after `blog import`; data only.

use std::path::PathBuf;

use clap::Args;

use super::Site;

/// `blog import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The engine that the old blog is made with: hugo, zola, jekyll, eleventy, wordpress, drupal, ghost, or feed
    #[arg(value_name = "FROM", requires = "path", required_unless_present = "prove")]
    pub(crate) from: Option<String>,
    /// Where the old blog lies
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// The folder of the new site, which must not have a `site.toml` yet; without it, this one
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Hold the built new site against the old one's sitemap, feeds or output folder, address by address
    #[arg(long, value_name = "OLD", num_args = 1..)]
    pub(crate) prove: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) site: Site,
}
