//! Owns what can be typed after `blog list`: which of the posts; data only.

use clap::{Args, ValueEnum};

use super::Site;

/// `blog list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only these; without it, everything
    #[arg(value_enum, value_name = "WHICH")]
    pub(crate) which: Option<Which>,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// Some of the posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Those that are marked as drafts, lie in `drafts/`, or in a section that is a draft
    Drafts,
    /// Those whose time has not come
    Future,
    /// Those whose time is over
    Expired,
    /// All that are not shown, for whatever reason
    Hidden,
}
