//! Owns what can be typed after `blog publish` and `blog rollback`; data only.

use std::path::PathBuf;

use clap::Args;

use super::fleet::Part;
use super::{Site, Verification};

/// `blog publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Where: the NAME of a table `[publish.NAME]`; without it, the only one
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Publish this finished folder by its manifest, after verifying it, and build nothing
    #[arg(long, value_name = "DIR", conflicts_with = "shard")]
    pub(crate) from: Option<PathBuf>,
    /// Change no lock file: each must be there and fit. For CI
    #[arg(long)]
    pub(crate) locked: bool,
    /// Let more than a quarter of the deployed files go
    #[arg(long)]
    pub(crate) remove_many: bool,
    /// Publish into a store that does not know compare-and-swap
    #[arg(long)]
    pub(crate) unconditional: bool,
    #[command(flatten)]
    pub(crate) sending: Sending,
    #[command(flatten)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) verification: Verification,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Where: the NAME of a table `[publish.NAME]`; without it, the only one
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Which build, by the beginning of its id; without it, the one before
    #[arg(long, value_name = "BUILD")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) sending: Sending,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// What both take.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Sending {
    /// Change nothing; say exactly what would be written and removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on where another run stopped that was killed
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Do not look at the live site afterwards
    #[arg(long)]
    pub(crate) no_live: bool,
}
