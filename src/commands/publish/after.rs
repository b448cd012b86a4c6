//! What follows a publication: caches are told what to forget, the live site is verified, a bad deployment is taken back, and
//! whoever waits for a sign of life gets it only if all was verified.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use watchpost::check::Report;
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::guard::dial::{Errand, Errands, Wire};
use watchpost::output::manifest_of;
use watchpost::paths::OutPath;
use watchpost::publish::{self, Done, Order};
use watchpost::verdict::{GuardLevel, Outcome as Judged};
use watchpost::verification::{Asking, Scope};

use super::told;
use crate::cli::Environment;
use crate::cli::publishing::Sending;
use crate::commands::Outcome;
use crate::commands::check::live::{Deployed, verify};
use crate::console::{Console, counted};

/// What caches and servers do whichever build is there: no reason to take one back.
const OF_THE_HOST: [&str; 5] = ["live/stale", "live/insecure", "live/not-found", "live/soft-404", "live/no-manifest"];
/// How long the call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is needed.
pub(super) struct After<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) done: &'a Done,
    pub(super) config: &'a Arc<Config>,
    pub(super) environment: &'a Environment,
    pub(super) console: &'a Console,
    pub(super) sending: Sending,
    pub(super) scope: Scope,
}

/// Does all of it.
pub(super) fn all(after: &After<'_>) -> Outcome {
    let After { order, done, config, console, .. } = after;
    if !done.is_there {
        purge(order, config, done, console)?;
    }
    if after.sending.no_live || !order.target.check_live || after.scope.offline {
        let why = if after.scope.offline { "offline" } else { "as asked" };
        console.say(format!(
            "the live site was not looked at ({why}), so nothing says that visitors get what was built\n"
        ));
        return Ok(Exit::Success);
    }
    let report = look(after)?;
    console.report(&report);
    let exit = Exit::worst([report.exit()]);
    if is_bad(&report) && !done.is_there {
        return take_back(after);
    }
    if exit == Exit::Success {
        ping(after)?;
    }
    Ok(exit)
}

/// Verifies the live site.
fn look(after: &After<'_>) -> Result<Report, Vec<Diagnostic>> {
    let config = after.config;
    let scope = Scope { levels: Some(BTreeSet::from([GuardLevel::L6])), ..after.scope.clone() };
    let asked = Asking::begin(config, &scope)?.join();
    let manifest = manifest_of(&config.root, &config.out);
    // What was sent is what is expected; a folder from elsewhere is known by its deployed manifest alone.
    let manifest = manifest.filter(|manifest| Some(manifest.build_id) == after.done.build);
    let deployed = Deployed {
        config,
        base: config.base_url.clone(),
        folder: &config.out,
        manifest: manifest.as_ref(),
        all: false,
    };
    let written = manifest.as_ref().map(|manifest| asked.judge(&config.out, Some(manifest), false));
    Ok(verify(deployed, &asked, written, after.environment))
}

/// Returns whether the site itself, past caches, shows drift.
fn is_bad(report: &Report) -> bool {
    report.verdicts.iter().any(|judged| {
        let verdict = &judged.verdict;
        verdict.level == GuardLevel::L6 && verdict.outcome == Judged::Drift && !OF_THE_HOST.contains(&verdict.code)
    })
}

/// Puts the deployment before back.
fn take_back(after: &After<'_>) -> Outcome {
    let After { order, done, config, console, .. } = after;
    let said = |message: String, hint: &str| Diagnostic::error("publish/rolled-back", message).hint(hint);
    if done.is_first {
        let message = "the live site shows drift, and there is no deployment before to go back to".to_owned();
        console.diagnostics(&[said(message, "mend what the report names, and publish again")]);
        return Ok(Exit::Drift);
    }
    let back = (publish::find(order.target).back)(order, None).map_err(|mut problems| {
        let message = "the live site shows drift, and the deployment before could not be put back".to_owned();
        problems.insert(0, said(message, "`blog rollback` tries again"));
        problems
    })?;
    told::done(order.target, &back, false, console);
    purge(order, config, &back, console)?;
    let build = back.build.map(|build| format!(" (build {})", build.short())).unwrap_or_default();
    let message = format!("the live site showed drift; the deployment before{build} was put back");
    console.diagnostics(&[said(message, "mend what the report names, and publish again")]);
    Ok(Exit::Drift)
}

/// Tells caches what to forget: exactly what changed.
pub(super) fn purge(order: &Order<'_>, config: &Config, done: &Done, console: &Console) -> Result<(), Vec<Diagnostic>> {
    let target = order.target;
    if target.purge_file.is_none() && target.purge_command.is_empty() {
        return Ok(());
    }
    let addresses: Vec<String> = done
        .changed
        .iter()
        .map(|path| format!("{}\n", config.base_url.permalink(&OutPath::new(path.as_str()).route())))
        .collect();
    let text = addresses.concat();
    if let Some(file) = &target.purge_file {
        std::fs::write(order.root.join(file), &text).map_err(|error| {
            let message = format!("`{file}` cannot be written: {error}");
            vec![Diagnostic::error("publish/program", message).hint("the site is published; caches may hold old pages")]
        })?;
    }
    publish::tell(&target.purge_command, &text)?;
    console.say(format!("caches were told of {}", counted(addresses.len(), "address")));
    Ok(())
}

/// Gives the sign of life.
fn ping(after: &After<'_>) -> Result<(), Vec<Diagnostic>> {
    let target = after.order.target;
    let Some(token) = &target.ping else {
        if let Some(name) = &target.ping_env {
            let message = format!("`{name}` is not set, so nobody was told that all was verified");
            return Err(vec![Diagnostic::error("publish/ping", message).hint("set it to the address of the alarm")]);
        }
        return Ok(());
    };
    let refuse = |why: String| {
        let message = format!("the address in `{}` {why}", target.ping_env.as_deref().unwrap_or_default());
        vec![Diagnostic::error("publish/ping", message).hint("all was published and verified")]
    };
    let mut errand = Errand::new(Vec::new());
    *errand.uri_mut() = token.0.parse().map_err(|_| refuse("is no address".to_owned()))?;
    let errands = Errands::new(Wire::new(&after.environment.network), PATIENCE);
    match errands.run(errand) {
        Ok(answer) if answer.status().is_success() => {
            after.console.say("told the address of the alarm that all was verified");
            Ok(())
        }
        Ok(answer) => Err(refuse(format!("answers {}", answer.status().as_u16()))),
        Err(broken) => Err(refuse(broken.words())),
    }
}
