//! Owns what can be typed after `blog init` and `blog list`; data only.

use std::path::PathBuf;

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

/// `blog init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder; it is made if it is missing, and nothing in it is overwritten
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The blog's name
    #[arg(long, default_value = "A new blog")]
    pub(crate) title: String,
    /// Where it will stand on the web; `site.toml` can say it later
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// How it looks: paper, gazette or teletype
    #[arg(long, value_name = "NAME", default_value = "paper")]
    pub(crate) theme: String,
    /// Also write the theme's files, to change them
    #[arg(long)]
    pub(crate) theme_files: bool,
    /// Also write the workflow that publishes it; into a blog that is there already, nothing else
    #[arg(long, value_name = "FORGE")]
    pub(crate) ci: Option<Forge>,
}

/// A forge that can run a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forge {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// Forgejo Actions, as on Codeberg.
    Forgejo,
    /// Woodpecker.
    Woodpecker,
}
