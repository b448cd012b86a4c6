//! `blog man [COMMAND]`: the manual page, from the same data as `--help`.

use clap::CommandFactory as _;
use watchpost::diagnostic::{Diagnostic, Exit, did_you_mean};

use crate::cli::{Cli, Man};
use crate::commands::Outcome;
use crate::console::Console;

/// Prints the page, as `man -l -` reads it.
pub(super) fn run(arguments: &Man, console: &Console) -> Outcome {
    let mut blog = Cli::command();
    // Takes what is global to each command.
    blog.build();
    let page = match &arguments.command {
        None => clap_mangen::Man::new(blog),
        Some(name) => {
            let Some(command) = blog.find_subcommand(name) else {
                let known: Vec<String> = blog.get_subcommands().map(|known| known.get_name().to_owned()).collect();
                let hint = match did_you_mean(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`blog --help` lists the commands".to_owned(),
                };
                let message = format!("there is no command `{name}`");
                return Err(vec![Diagnostic::error("usage/arguments", message).hint(hint)]);
            };
            clap_mangen::Man::new(command.clone()).title(format!("blog-{name}"))
        }
    };
    let mut text = Vec::new();
    page.render(&mut text).expect("a buffer in memory takes every byte");
    console.data(&String::from_utf8_lossy(&text));
    Ok(Exit::Success)
}
