//! Owns what can be typed after `blog mv`, `blog feeds` and `blog schedule`; data only.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Site;

/// `blog mv`.
#[derive(Debug, Args)]
pub(crate) struct Mv {
    /// The post: a file or a bundle's folder below `content/`, or its address
    pub(crate) old: String,
    /// Where to: a file or a folder below `content/`; nothing is overwritten
    pub(crate) new: String,
    /// Change nothing; show what would change, line by line
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog feeds`.
#[derive(Debug, Args)]
pub(crate) struct Feeds {
    /// The feed as subscribers read it now, in a file; without it, it is fetched from below `base_url`
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Only this feed of `site.toml`, by its path
    #[arg(long, value_name = "PATH")]
    pub(crate) feed: Option<String>,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog schedule`.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    /// Print what this scheduler reads; without it, the changes to come are listed
    #[arg(long, value_name = "SCHEDULER")]
    pub(crate) emit: Option<Scheduler>,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// What can start a build at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scheduler {
    /// Lines for a crontab.
    Cron,
    /// A service and a timer.
    Systemd,
    /// Triggers of a workflow.
    GithubActions,
}

impl Scheduler {
    /// Returns its name as it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheduler::Cron => "cron",
            Scheduler::Systemd => "systemd",
            Scheduler::GithubActions => "github-actions",
        }
    }
}
