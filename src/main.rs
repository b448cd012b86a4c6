//! The binary `blog`: it reads the arguments and the environment, runs one command, prints what it
//! came to, and alone picks the exit code.

mod cli;
mod commands;
mod console;

use std::ffi::OsString;
use std::io::Write as _;
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use mimalloc::MiMalloc;
use watchpost::browser::Places;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::guard::dial::Network;

use cli::{Cli, Environment, Format};
use console::Console;

/// A build makes and drops millions of small texts: this allocator saves an eighth of its CPU time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The exit code of a bug in `blog`.
const BUG: u8 = 70;

fn main() -> ExitCode {
    panic::set_hook(Box::new(apologise));
    match panic::catch_unwind(run) {
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(BUG),
    }
}

/// Runs the command that was typed and returns the exit code.
fn run() -> u8 {
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return mistyped(&error, no_color, columns),
    };
    let (format, document) = cli.format.parts();
    let console = Console::new(format, document, no_color, columns);
    let exit = match document {
        Some(document) if !cli.command.tells(document) => refuse_document(&console),
        _ => commands::run(&cli, &environment(), &console),
    };
    if cli.command.reports() {
        console.finish(exit);
    }
    match console.refused() {
        false => exit.code(),
        true => {
            console.complain(&Diagnostic::error("output/stdout", "cannot write to standard output"));
            Exit::worst([exit, Exit::World]).code()
        }
    }
}

/// Prints what clap says of arguments that it does not take, or the help that was asked for.
fn mistyped(error: &clap::Error, no_color: bool, columns: Option<usize>) -> u8 {
    let json = std::env::args().any(|argument| argument == "--format=json")
        || std::env::args().zip(std::env::args().skip(1)).any(|(flag, value)| flag == "--format" && value == "json");
    let console = Console::new(if json { Format::Json } else { Format::Human }, None, no_color, columns);
    let styled = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            console.data(&styled.to_string());
            return Exit::Success.code();
        }
        _ if json => {
            let text = styled.to_string();
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let diagnostic = Diagnostic::error("usage/arguments", message);
            console.diagnostics(&[match lines.find_map(|line| line.strip_prefix("tip: ")) {
                Some(tip) => diagnostic.hint(tip),
                None => diagnostic,
            }]);
        }
        _ if console.coloured() => console.people(&styled.ansi().to_string()),
        _ => console.people(&styled.to_string()),
    }
    Exit::Usage.code()
}

/// Says that a command ends with no report, so that there is nothing to make a document of.
fn refuse_document(console: &Console) -> Exit {
    let diagnostic = Diagnostic::error("usage/format", "only `build` and `check` can be told in this format")
        .hint("use `--format json` for programs, or leave `--format` out");
    console.complain(&diagnostic);
    diagnostic.exit()
}

/// Reads what the commands take from the environment.
fn environment() -> Environment {
    Environment {
        ci: variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false")),
        timezone: variable("TZ").filter(|value| !value.is_empty()),
        network: Network::from_environment(&std::env::vars_os().filter_map(text).collect()),
        browser: Places { named: named_browser(), path: path() },
    }
}

/// Returns a variable whose name and value are text.
fn text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// Reads one variable; one that is no UTF-8 counts as not set.
#[expect(clippy::disallowed_methods, reason = "what belongs to no site is read here, once")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the browser that the environment names, and the variable that does.
fn named_browser() -> Option<(&'static str, PathBuf)> {
    let named = |name| Some((name, PathBuf::from(variable(name).filter(|value| !value.is_empty())?)));
    named("BLOG_CHROMIUM").or_else(|| named("CHROME"))
}

/// Reads where programs are; it need not be text.
#[expect(clippy::disallowed_methods, reason = "what belongs to no site is read here, once")]
fn path() -> Option<OsString> {
    std::env::var_os("PATH")
}

/// Says that a panic is a bug of ours, and how to report it.
fn apologise(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().map_or_else(|| "a panic without words".to_owned(), console::printable);
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // Nothing is left to do if stderr is closed.
    let _ = writeln!(
        std::io::stderr().lock(),
        "\nThis is a bug in blog, not in your site: {message}\n  at {place}, version {}\n\
         Nothing was put in place. Please report it to the project's issue tracker, with these lines, the command \
         that you typed and, if you can share it, the file that it was working on.",
        env!("CARGO_PKG_VERSION"),
    );
}
