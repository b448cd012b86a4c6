//! `blog build`: the whole journey, and what it came to in words.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::fleet::{Shard, Waiting};
use watchpost::post::Hidden;
use watchpost::timings::Timings;
use watchpost::verdict::GuardLevel;
use watchpost::verification::Scope;
use watchpost::{Request, Tally, build};

use crate::cli::{Build, Environment};
use crate::commands::list::reason;
use crate::commands::schedule::words;
use crate::commands::timings as tables;
use crate::console::{Console, counted};

/// How many hidden posts are named to a person.
const NAMED: usize = 20;

/// How a site is to be built.
pub(super) struct Wanted {
    pub(super) scope: Scope,
    pub(super) locked: bool,
    pub(super) timings: bool,
    pub(super) shard: Option<Shard>,
}

impl Wanted {
    /// Returns what was typed.
    pub(super) fn of(arguments: &Build, environment: &Environment) -> Wanted {
        let Build { locked, timings, part, verification, .. } = arguments;
        Wanted { scope: verification.scope(environment), locked: *locked, timings: *timings, shard: part.shard }
    }
}

/// Builds the site and reports.
pub(super) fn run(wanted: &Wanted, config: Config, environment: &Environment, console: &Console) -> Exit {
    run_part(wanted, config, environment, console).0
}

/// Builds the site, or a part of it, and reports; returns also what is left if other parts have yet to come.
pub(super) fn run_part(
    wanted: &Wanted,
    config: Config,
    environment: &Environment,
    console: &Console,
) -> (Exit, Option<Waiting>) {
    let scope = wanted.scope.clone();
    if scope.levels.iter().flatten().any(|level| *level > GuardLevel::L4) {
        let message = "a build judges the levels L0 to L4; the others are asked for by `blog check`";
        let diagnostic = Diagnostic::error("usage/arguments", message).hint("write `blog check --levels …`");
        console.diagnostics(std::slice::from_ref(&diagnostic));
        return (diagnostic.exit(), None);
    }
    let timings = wanted.timings.then(Arc::<Timings>::default);
    let request = Request {
        scope,
        locked: wanted.locked,
        unattended: environment.ci,
        timings: timings.clone(),
        shard: wanted.shard,
    };
    let settings = config.clone();
    let outcome = build(config, &request);
    console.diagnostics(&outcome.diagnostics);
    let tally = &outcome.tally;
    if let Some(folder) = &outcome.refused {
        let folder = folder.display();
        console.say(format!(
            "not put in place: `{}` is as it was; the new site can be looked at in `{folder}`\n",
            tally.out
        ));
    } else if let Some(waiting) = &outcome.waiting {
        console.say(format!("{}\n", waits(waiting)));
        console.say(format!("time: {}\n", stages(&tally.stages)));
    } else if outcome.exit == Exit::Success {
        console.say(summary(tally));
        hidden(&settings, &tally.hidden, console);
        if let Some(next) = &tally.next {
            let at = next.at.to_zoned(settings.timezone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            console.say(format!("next: {} on {at}; `blog schedule` makes a build happen then", words(next)));
        }
        console.say(format!("time: {}\n", stages(&tally.stages)));
    }
    if let Some(timings) = &timings {
        console.say(tables::words(timings, tally));
    }
    if let Some(report) = &outcome.report {
        console.report(report);
    }
    let mut object = json!({
            "exit": outcome.exit.code(),
            "out": tally.out, "pages": tally.pages, "files": tally.files, "bytes": tally.bytes, "posts": tally.posts,
            "hidden": tally.hidden.iter().map(|(source, hidden)| {
                json!({"source": source, "reason": reason(&settings, hidden)})
            }).collect::<Vec<_>>(),
            "milliseconds": tally.stages.iter().map(|(name, time)| {
                ((*name).to_owned(), json!(milliseconds(*time)))
            }).collect::<serde_json::Map<_, _>>(),
            "refused": outcome.refused,
            "next_publish_at": tally.next.as_ref().map(|next| next.at.to_string()),
            "next": tally.next.as_ref().map(|next| json!({"source": next.source, "change": words(next)})),
    });
    if let (Some(timings), Value::Object(map)) = (&timings, &mut object) {
        map.insert("timings".to_owned(), tables::data(timings));
    }
    if let (Some(waiting), Value::Object(map)) = (&outcome.waiting, &mut object) {
        map.insert(
            "waiting".to_owned(),
            json!({"shard": waiting.shard, "stage": waiting.stage, "missing": waiting.missing}),
        );
    }
    console.object("build", object);
    (outcome.exit, outcome.waiting)
}

/// Returns what was built, in one line.
fn summary(tally: &Tally) -> String {
    format!(
        "built {} from {} into `{}`: {}, {}",
        counted(tally.pages, "page"),
        counted(tally.posts, "post"),
        tally.out,
        counted(tally.files, "file"),
        size(tally.bytes)
    )
}

/// Says what is left of a part whose others have yet to come.
fn waits(waiting: &Waiting) -> String {
    let named: Vec<String> = waiting.missing.iter().take(NAMED).map(ToString::to_string).collect();
    let more = waiting.missing.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "part {}: {} left in {}; still to come: {} ({}{more}). The last one puts the site together",
        waiting.shard,
        counted(waiting.files, "file"),
        waiting.stage,
        counted(waiting.missing.len(), "part"),
        named.join(", ")
    )
}

/// Names the posts that are not shown, and why.
fn hidden(config: &Config, posts: &[(String, Hidden)], console: &Console) {
    if posts.is_empty() {
        return;
    }
    console.say(format!("not shown: {}", counted(posts.len(), "post")));
    for (source, hidden) in posts.iter().take(NAMED) {
        console.say(format!("  {source} ({})", reason(config, hidden)));
    }
    if posts.len() > NAMED {
        console.say(format!("  and {} more; `blog list` names them all", posts.len() - NAMED));
    }
}

fn stages(stages: &[(&'static str, Duration)]) -> String {
    let total: Duration = stages.iter().map(|(_, time)| *time).sum();
    let parts: Vec<String> = stages.iter().map(|(name, time)| format!("{name} {}", span(*time))).collect();
    format!("{} ({})", span(total), parts.join(", "))
}

pub(super) fn span(time: Duration) -> String {
    match time.as_millis() {
        0 => "<1 ms".to_owned(),
        milliseconds @ 1..1_000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!((size(999), size(12_345), size(2_360_000)), ("999 bytes".into(), "12 kB".into(), "2.3 MB".into()));
        assert_eq!(
            (span(Duration::from_micros(3)), span(Duration::from_millis(1_260))),
            ("<1 ms".into(), "1.3 s".into())
        );
    }
}
