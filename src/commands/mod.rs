//! Owns what each command does: one short file per command, one row in [`run`].
//!
//! A command takes the arguments and the console, calls the journey in the library, and says what it
//! came to. It returns an [`Exit`]; only `main` turns that into a code.

mod build;
mod carry;
mod check;
mod clean;
mod completions;
mod config;
mod drill;
mod explain;
mod feeds;
mod import;
mod init;
mod licenses;
mod list;
mod lock;
mod man;
mod mv;
mod new;
mod publish;
mod schedule;
mod serve;
mod splay;
mod theme;
mod timings;
mod trend;
mod upgrade;
mod why;

use std::path::PathBuf;

use watchpost::config::{Config, Overrides};
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::library::Library;
use watchpost::{library, post, source};

use crate::cli::fleet::Part;
use crate::cli::{Cli, Command, Environment, Site};
use crate::console::Console;

/// What a command comes to: its exit, or why it could not go on.
type Outcome = Result<Exit, Vec<Diagnostic>>;

/// Runs the command that was typed.
pub(crate) fn run(cli: &Cli, environment: &Environment, console: &Console) -> Exit {
    let root = root(cli);
    let outcome = match &cli.command {
        Command::Init(arguments) => init::run(arguments, environment, console),
        Command::New(arguments) => {
            load(&root, &arguments.site).and_then(|config| new::run(arguments, &config, console))
        }
        Command::Build(arguments) => load_part(&root, &arguments.site, &arguments.part)
            .map(|config| build::run(&build::Wanted::of(arguments, environment), config, environment, console)),
        Command::Serve(arguments) => serve::run(arguments, &root, console),
        Command::Check(arguments) => match &arguments.init {
            Some(what) => check::init(what, arguments, cli.root.as_deref(), environment, console),
            None => check::run(arguments, &root, environment, console),
        },
        Command::Lock(arguments) => {
            load(&root, &arguments.site).and_then(|config| lock::run(arguments, config, environment, console))
        }
        Command::Drill(arguments) if arguments.matrix => drill::matrix(arguments, environment, console),
        Command::Drill(arguments) => {
            load(&root, &arguments.site).and_then(|config| drill::run(arguments, &config, environment, console))
        }
        Command::Trend(arguments) => {
            load(&root, &arguments.site).and_then(|config| trend::run(arguments, &config, environment, console))
        }
        Command::Clean(arguments) => load(&root, &arguments.site).and_then(|config| clean::run(&config, console)),
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::Licenses => licenses::run(console),
        Command::List(arguments) => {
            load(&root, &arguments.site).and_then(|config| list::run(arguments, &config, console))
        }
        Command::Why(arguments) => load(&root, &arguments.site).and_then(|config| why::run(arguments, config, console)),
        Command::Config(arguments) if arguments.schema.is_some() => config::schema(arguments, &root, console),
        Command::Config(arguments) => {
            load(&root, &arguments.site).map(|config| config::run(&config, &arguments.site.overrides(), console))
        }
        Command::Theme(arguments) => theme::run(arguments, &root, console),
        Command::Import(arguments) => import::run(arguments, &root, console),
        Command::Publish(arguments) => {
            let config = load_part(&root, &arguments.site, &arguments.part);
            config.and_then(|config| publish::run(arguments, config, environment, console))
        }
        Command::Rollback(arguments) => {
            load(&root, &arguments.site).and_then(|config| publish::rollback(arguments, config, environment, console))
        }
        Command::Mv(arguments) => load(&root, &arguments.site).and_then(|config| mv::run(arguments, &config, console)),
        Command::Upgrade(arguments) => {
            load(&root, &arguments.site).and_then(|config| upgrade::run(arguments, &config, console))
        }
        Command::Feeds(arguments) => {
            load(&root, &arguments.site).and_then(|config| feeds::run(arguments, &config, environment, console))
        }
        Command::Schedule(arguments) => {
            load(&root, &arguments.site).and_then(|config| schedule::run(arguments, &config, console))
        }
        Command::Man(arguments) => man::run(arguments, console),
        Command::Completions(arguments) => completions::run(arguments, console),
    };
    outcome.unwrap_or_else(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::worst(diagnostics.iter().map(Diagnostic::exit))
    })
}

/// Loads the site's settings.
fn load(root: &std::path::Path, site: &Site) -> Result<Config, Vec<Diagnostic>> {
    watchpost::config::load(root, &site.overrides())
}

/// Loads the site's settings, with the place where parts of the site meet.
fn load_part(root: &std::path::Path, site: &Site, part: &Part) -> Result<Config, Vec<Diagnostic>> {
    watchpost::config::load(root, &Overrides { stage: part.stage.clone(), ..site.overrides() })
}

/// Reads and arranges the site's posts, without rendering any.
fn arrange(config: &Config) -> Result<Library, Vec<Diagnostic>> {
    let sources = source::scan(config)?;
    let posts = post::parse(config, &sources)?;
    library::arrange(config, &sources, posts)
}

/// Returns the site's folder: `--root`, else the nearest one upwards that holds a `site.toml`, else this one.
fn root(cli: &Cli) -> PathBuf {
    let here = PathBuf::from(".");
    match &cli.root {
        Some(root) => root.clone(),
        None => std::env::current_dir()
            .ok()
            .and_then(|folder| {
                let root = folder.ancestors().find(|folder| folder.join("site.toml").is_file())?;
                Some(if root == folder { here.clone() } else { root.to_owned() })
            })
            .unwrap_or(here),
    }
}
