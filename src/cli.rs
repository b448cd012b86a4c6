//! Owns what can be typed: every command and flag of `blog`, as data.
//!
//! Gives [`Cli`]. Does nothing: `main` reads it, `commands` act on it. A flag exists here only if
//! something obeys it, and none of them switches the guard off without a word.

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A blog engine that verifies, after every build, that your analytics still work.
#[derive(Debug, Parser)]
#[command(name = "blog", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// For people, or one JSON object a line on stdout.
    #[arg(long, value_name = "FORMAT", global = true, default_value = "human", help_heading = "Everywhere")]
    pub(crate) format: Format,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The meaning of exit codes, at the foot of `--help`.
const EXIT_CODES: &str = "\
Exit codes: 0 done, and what was asked to be verified holds · 1 the site is wrong · 2 usage or configuration · \
3 drift: the analytics contract is broken · 4 unknown: it could not be verified · 6 the machine refused · \
70 a bug in blog";

/// For whom the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Words on stderr, data on stdout.
    Human,
    /// One JSON object a line on stdout.
    Json,
}

/// One thing that `blog` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what a code such as `link/broken` means and what to do
    Explain(Explain),
    /// Print the completions of a shell
    Completions(Completions),
}

/// `blog explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code; without it, all of them are listed
    pub(crate) code: Option<String>,
}

/// `blog completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_and_flag_is_well_formed() {
        Cli::command().debug_assert();
    }
}
