//! `blog completions SHELL`: what a shell needs to complete our commands.

use clap::CommandFactory as _;
use watchpost::diagnostic::Exit;

use crate::cli::{Cli, Completions};
use crate::commands::Outcome;
use crate::console::Console;

/// Prints the script.
pub(super) fn run(arguments: &Completions, console: &Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "blog", &mut script);
    console.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Success)
}
