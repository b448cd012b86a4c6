//! `blog publish` and `blog rollback`: builds or takes what was built, sends it, and verifies what visitors get.

mod after;
mod told;

use std::sync::Arc;

use serde_json::json;
use watchpost::config::{Config, Endpoint, PublishTarget};
use watchpost::diagnostic::{Diagnostic, Exit, Level, did_you_mean};
use watchpost::output::manifest_of;
use watchpost::publish::{self, Done, Leave, Order, Shipment};
use watchpost::verification::Asking;

use crate::cli::Environment;
use crate::cli::publishing::{Publish, Rollback};
use crate::commands::{Outcome, build};
use crate::console::Console;

/// Builds or takes a folder, verifies it, publishes it, and verifies the live site.
pub(super) fn run(arguments: &Publish, config: Config, environment: &Environment, console: &Console) -> Outcome {
    let target = chosen(&config, arguments.target.as_deref())?.clone();
    refuse_stand_in(&config)?;
    let folder = arguments.from.clone().unwrap_or_else(|| config.out.clone());
    let (root, now) = (config.root.clone(), config.now);
    let scope = arguments.verification.scope(environment);
    let settings = Arc::new(config.clone());
    let (exit, waiting) = match &arguments.from {
        None => {
            let shard = arguments.part.shard;
            let wanted = build::Wanted { scope: scope.clone(), locked: arguments.locked, timings: false, shard };
            build::run_part(&wanted, config, environment, console)
        }
        Some(folder) => {
            console.diagnostics(&config.warnings);
            let asked = Asking::begin(&settings, &scope)?.join();
            let report = asked.judge(folder, manifest_of(&root, folder).as_ref(), false);
            console.report(&report);
            (Exit::worst([report.exit()]), None)
        }
    };
    if exit != Exit::Success || waiting.is_some() {
        console.say("nothing was published\n");
        return Ok(exit);
    }
    let shipment = Shipment::read(&folder, manifest_of(&root, &folder).as_ref())?;
    let kind = publish::find(&target);
    let limits = (kind.limits)(&shipment);
    console.diagnostics(&limits);
    if limits.iter().any(|limit| limit.level == Level::Error) {
        console.say("nothing was published\n");
        return Ok(Exit::worst(limits.iter().map(Diagnostic::exit)));
    }
    let sending = arguments.sending;
    let leave = Leave {
        dry_run: sending.dry_run,
        remove_many: arguments.remove_many,
        unconditional: arguments.unconditional,
        take_over: sending.take_over,
    };
    let progress = told::Steps::new(console);
    let order = Order { target: &target, root: &root, network: &environment.network, now, leave, progress: &progress };
    let done = (kind.publish)(&order, &shipment)?;
    told::done(&target, &done, sending.dry_run, console);
    if sending.dry_run {
        return Ok(Exit::Success);
    }
    after::all(&after::After { order: &order, done: &done, config: &settings, environment, console, sending, scope })
}

/// Puts an earlier deployment back, and verifies the live site.
pub(super) fn rollback(arguments: &Rollback, config: Config, environment: &Environment, console: &Console) -> Outcome {
    let target = chosen(&config, arguments.target.as_deref())?.clone();
    let (root, now, sending) = (config.root.clone(), config.now, arguments.sending);
    let leave = Leave { dry_run: sending.dry_run, take_over: sending.take_over, remove_many: true, ..Leave::default() };
    let progress = told::Steps::new(console);
    let order = Order { target: &target, root: &root, network: &environment.network, now, leave, progress: &progress };
    let done = (publish::find(&target).back)(&order, arguments.to.as_deref())?;
    told::done(&target, &done, sending.dry_run, console);
    if !sending.dry_run {
        after::purge(&order, &config, &done, console)?;
    }
    Ok(Exit::Success)
}

/// Returns the target that is meant.
fn chosen<'a>(config: &'a Config, named: Option<&str>) -> Result<&'a PublishTarget, Vec<Diagnostic>> {
    let names = || config.publish.iter().map(|target| target.name.as_str());
    let refuse = |message: String, hint: String| Err(vec![Diagnostic::error("publish/target", message).hint(hint)]);
    match (named, config.publish.as_slice()) {
        (_, []) => refuse(
            "`site.toml` does not say where to publish".to_owned(),
            "write a table, as `[publish.production]` with `kind = \"s3\"` and `to = \"s3://bucket\"`".to_owned(),
        ),
        (None, [only]) => Ok(only),
        (None, _) => refuse(
            "there are several targets, and none was named".to_owned(),
            format!("write `blog publish NAME`; names are {}", names().collect::<Vec<_>>().join(", ")),
        ),
        (Some(name), targets) => match targets.iter().find(|target| target.name == name) {
            Some(target) => Ok(target),
            None => {
                let meant = did_you_mean(name, names()).map(|meant| format!("did you mean `{meant}`?"));
                let all = || format!("names are {}", names().collect::<Vec<_>>().join(", "));
                refuse(format!("there is no target `{name}`"), meant.unwrap_or_else(all))
            }
        },
    }
}

/// Refuses a site whose pages name the stand-in, which no visitor can reach.
fn refuse_stand_in(config: &Config) -> Result<(), Vec<Diagnostic>> {
    if config.analytics.iter().all(|table| table.endpoint != Endpoint::Embedded) {
        return Ok(());
    }
    let message = "`endpoint = \"embedded\"` is the stand-in inside the program, which no visitor can reach";
    let hint = "name the address of a real server, or take the table `[analytics]` out";
    Err(vec![Diagnostic::error("publish/target", message).hint(hint)])
}

/// Returns what was done, as data.
fn data(target: &PublishTarget, done: &Done) -> serde_json::Value {
    let writes: Vec<_> = done
        .writes
        .iter()
        .map(|(path, size, class)| json!({"path": path, "bytes": size, "class": class.name()}))
        .collect();
    json!({
        "target": target.name, "kind": target.kind, "to": target.to, "build": done.build.map(|build| build.to_string()),
        "first": done.is_first, "unchanged": done.is_there, "uploaded": done.uploaded, "bytes": done.bytes,
        "kept": done.kept, "removed": done.removed, "given_up": done.given_up, "changed": done.changed,
        "writes": writes, "removes": done.removes,
    })
}
