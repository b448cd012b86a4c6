//! Owns what can be typed after `blog config` and `blog upgrade`; data only.

use clap::{Args, ValueEnum};

use super::Site;

/// `blog config`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Instead: print the JSON Schema of `site.toml`, or of front matter, for editors
    #[arg(long, value_name = "OF", num_args = 0..=1, default_missing_value = "site")]
    pub(crate) schema: Option<SchemaOf>,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog upgrade`.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Change nothing; show what would change, with file and line
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `site.toml`.
    Site,
    /// The front matter of posts and pages, with the taxonomies that the site declares.
    FrontMatter,
}
