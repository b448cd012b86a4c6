//! Owns what each command does: one short file per command, one row in [`run`].
//!
//! A command takes the arguments and the console, calls the journey in the library, and says what it
//! came to. It returns an [`Exit`]; only `main` turns that into a code.

mod completions;
mod explain;

use watchpost::diagnostic::{Diagnostic, Exit};

use crate::cli::{Cli, Command};
use crate::console::Console;

/// What a command comes to: its exit, or why it could not go on.
type Outcome = Result<Exit, Vec<Diagnostic>>;

/// Runs the command that was typed.
pub(crate) fn run(cli: &Cli, console: &Console) -> Exit {
    let outcome = match &cli.command {
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::Completions(arguments) => completions::run(arguments, console),
    };
    outcome.unwrap_or_else(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::worst(diagnostics.iter().map(Diagnostic::exit))
    })
}
