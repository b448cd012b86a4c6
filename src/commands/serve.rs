//! `blog serve`: the preview, and what it says while it runs.

use std::path::Path;

use serde_json::json;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::serve::front::Listen;
use watchpost::serve::{self, Notice, Settings, stats};

use super::Outcome;
use super::build::span;
use crate::cli::Serve;
use crate::console::{Console, counted};

/// Serves the site until Ctrl-C.
pub(super) fn run(arguments: &Serve, root: &Path, console: &Console) -> Outcome {
    if !arguments.bind.is_loopback() {
        console.diagnostics(&[exposed(arguments)]);
    }
    let settings = Settings {
        root: root.to_owned(),
        overrides: arguments.site.overrides(),
        listen: Listen { bind: arguments.bind, port: arguments.port, tls: arguments.tls, post_below: stats::PREFIX },
        poll: arguments.poll,
        navigate: arguments.navigate,
        flags: flags(arguments),
    };
    let mut unstoppable = None;
    serve::run(
        &settings,
        |stop| unstoppable = ctrlc::set_handler(move || stop.now()).err(),
        |notice| say(&notice, arguments, console),
    )?;
    match unstoppable {
        Some(error) => Err(vec![Diagnostic::error("serve/signal", format!("Ctrl-C cannot be caught: {error}"))]),
        None => Ok(Exit::Success),
    }
}

/// Says that the preview, with its drafts, can be seen from other machines.
fn exposed(arguments: &Serve) -> Diagnostic {
    let message =
        format!("`--bind {}` shows this preview, drafts and all, to whoever can reach this machine", arguments.bind);
    Diagnostic::warning("serve/exposed", message).hint("leave `--bind` out to keep it to yourself")
}

/// Returns the flags that decide on what is shown, as they were typed.
fn flags(arguments: &Serve) -> Vec<String> {
    let overrides = arguments.site.overrides();
    let mut flags = Vec::new();
    for (given, flag) in [(overrides.drafts, "--drafts"), (overrides.future, "--future"), (arguments.tls, "--tls")] {
        flags.extend(given.then(|| flag.to_owned()));
    }
    for (value, flag) in [(overrides.clock, "--clock"), (overrides.env, "--env")] {
        flags.extend(value.map(|value| format!("{flag} {value}")));
    }
    flags
}

fn say(notice: &Notice<'_>, arguments: &Serve, console: &Console) {
    match notice {
        Notice::Ready { home, fingerprint, counts: [addresses, posts, hidden], took } => {
            console.say(format!(
                "serving {} ({}) at {home} after {}; Ctrl-C ends it",
                counted(*posts, "post"),
                counted(*addresses, "file"),
                span(*took)
            ));
            if let Some(fingerprint) = fingerprint {
                console.say(format!("the certificate was made for this run; its SHA-256 is {fingerprint}"));
            }
            if *hidden > 0 {
                console.say(format!("not shown: {}; {} says why", counted(*hidden, "post"), address(home, "__blog/")));
            }
            console.object(
                "ready",
                json!({"url": home, "fingerprint": fingerprint, "addresses": addresses, "posts": posts, "hidden": hidden,
                    "milliseconds": took.as_secs_f64() * 1e3}),
            );
            if arguments.open
                && let Err(error) = open::that_detached(home.as_str())
            {
                let message = format!("no browser could be opened: {error}");
                console.diagnostics(&[Diagnostic::warning("serve/no-browser", message).hint(format!("go to {home}"))]);
            }
        }
        Notice::Changed { files, took } => {
            let what = files.map_or_else(|| "everything".to_owned(), |files| counted(files, "file"));
            console.say(format!("read again: {what}, {}", span(*took)));
            console.object("changed", json!({"files": files, "milliseconds": took.as_secs_f64() * 1e3}));
        }
        Notice::Diagnostics(diagnostics) => console.diagnostics(diagnostics),
        Notice::Mended => {
            console.say("mended");
            console.object("mended", json!({}));
        }
    }
}

/// Returns an address of the preview's own, which stands above the site's path.
fn address(home: &url::Url, path: &str) -> String {
    let mut url = home.clone();
    url.set_path(path);
    url.to_string()
}
