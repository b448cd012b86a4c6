//! `blog feeds`: what subscribers will see when the built feeds take the place of those they read now.

use std::fs;

use serde_json::json;
use url::Url;
use watchpost::analytics::exchange::Request;
use watchpost::check::forecast::{Forecast, forecast};
use watchpost::config::{Config, FeedRule};
use watchpost::diagnostic::{Diagnostic, Exit, Place};
use watchpost::guard::dial::{Dialer, Wire};
use watchpost::ledger::FEEDS;

use crate::cli::Environment;
use crate::cli::addresses::Feeds;
use crate::commands::Outcome;
use crate::console::{Console, counted, printable};

/// How many entries of a kind are named.
const NAMED: usize = 10;

/// Compares each feed of site.toml, or the one that was named.
pub(super) fn run(arguments: &Feeds, config: &Config, environment: &Environment, console: &Console) -> Outcome {
    let wanted =
        |rule: &&FeedRule| arguments.feed.as_ref().is_none_or(|path| path.trim_start_matches('/') == rule.path);
    let rules: Vec<&FeedRule> = config.feeds.iter().filter(wanted).collect();
    if rules.is_empty() {
        let message = "`site.toml` has no such feed";
        let paths: Vec<String> = config.feeds.iter().map(|rule| format!("`{}`", rule.path)).collect();
        return Err(vec![
            Diagnostic::error("usage/arguments", message).hint(format!("there are: {}", paths.join(", "))),
        ]);
    }
    if arguments.against.is_some() && rules.len() > 1 {
        let message = "`--against` is one feed, and the site has several";
        return Err(vec![Diagnostic::error("usage/arguments", message).hint("say which: `--feed feed.xml`")]);
    }
    let wire = Wire::new(&environment.network);
    let mut dialer = Dialer::new(&wire);
    let mut diagnostics = Vec::new();
    for rule in rules {
        match compare(arguments, config, rule, &mut dialer) {
            Ok(Some(forecast)) => {
                tell(rule, &forecast, console);
                diagnostics.extend(warnings(config, rule, &forecast));
            }
            Ok(None) => console.say(format!("{}: nobody reads it yet: nothing is there on the web", rule.path)),
            Err(problem) => diagnostics.push(*problem),
        }
    }
    console.diagnostics(&diagnostics);
    Ok(Exit::worst(diagnostics.iter().map(Diagnostic::exit)))
}

/// Holds one feed against what is live; nothing if nothing is.
fn compare(
    arguments: &Feeds,
    config: &Config,
    rule: &FeedRule,
    dialer: &mut Dialer<'_>,
) -> Result<Option<Forecast>, Box<Diagnostic>> {
    let path = config.out.join(&rule.path);
    let built = fs::read(&path).map_err(|error| {
        Box::new(
            Diagnostic::error("feeds/no-build", format!("the built feed `{}` cannot be read: {error}", rule.path))
                .hint("run `blog build` first"),
        )
    })?;
    let live = match &arguments.against {
        Some(file) => fs::read(file).map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", file.display());
            Box::new(
                Diagnostic::error("feeds/no-live", message).hint("name a file that holds the feed as it was published"),
            )
        })?,
        None => match fetched(config, rule, dialer)? {
            Some(live) => live,
            None => return Ok(None),
        },
    };
    let unreadable = |why: String| Box::new(Diagnostic::error("feeds/no-live", why).at(Place::file(&rule.path)));
    forecast(&live, &built).map(Some).map_err(unreadable)
}

/// Asks for the feed as a reader would; nothing if the host says that nothing is there.
fn fetched(config: &Config, rule: &FeedRule, dialer: &mut Dialer<'_>) -> Result<Option<Vec<u8>>, Box<Diagnostic>> {
    let refuse = |message: String| {
        let hint = "try again, or compare with a file: `--against FILE`";
        Box::new(Diagnostic::error("feeds/no-live", message).hint(hint))
    };
    let address = format!("{}{}", config.base_url.as_str().trim_end_matches('/').to_owned() + "/", rule.path);
    let url = Url::parse(&address).map_err(|error| refuse(format!("`{address}` is no address: {error}")))?;
    let reply = dialer
        .ask(&Request::get(url), None, &|_| false)
        .map_err(|failure| refuse(format!("`{address}` {}", failure.words())))?;
    match reply.status {
        200 => Ok(Some(reply.body)),
        404 | 410 => Ok(None),
        status => Err(refuse(format!("`{address}` answers with status {status}"))),
    }
}

fn tell(rule: &FeedRule, forecast: &Forecast, console: &Console) {
    let Forecast { new, updated, resent, lost, same } = forecast;
    console.object(
        "feed",
        json!({
            "path": rule.path, "new": new, "updated": updated, "same": same,
            "resent": resent.iter().map(|one| json!({"title": one.title, "link": one.link, "was": one.was, "is": one.is})).collect::<Vec<_>>(),
            "lost": lost.iter().map(|(title, id)| json!({"title": title, "id": id})).collect::<Vec<_>>(),
        }),
    );
    console.say(format!(
        "{}: subscribers will see {} new, {} updated, {} re-sent",
        printable(&rule.path),
        new.len(),
        updated.len(),
        resent.len()
    ));
    for (word, titles) in [("new", new), ("updated", updated)] {
        titles.iter().take(NAMED).for_each(|title| console.say(format!("  {word}: {}", printable(title))));
        if titles.len() > NAMED {
            console.say(format!("  and {} {word}", counted(titles.len() - NAMED, "more entry")));
        }
    }
}

/// Says what readers would be shown again, and what vanished.
fn warnings(config: &Config, rule: &FeedRule, forecast: &Forecast) -> Vec<Diagnostic> {
    let again = forecast.resent.iter().map(|one| {
        let message = format!("`{}` will be shown to every subscriber again: its id has changed", printable(&one.title));
        Diagnostic::warning("feeds/re-sent", message)
            .at(Place::file(&rule.path))
            .with(format!("it was `{}`, and is `{}`", printable(&one.was), printable(&one.is)))
            .hint(format!(
                "give it the old one back: `id = \"{}\"` in the front matter of what stands at `{}`, or a line in `{FEEDS}`; if every \
                 id has changed, look at `feed_authority` (it is `{}`)",
                printable(&one.was),
                printable(&one.link),
                config.feed_authority
            ))
    });
    let lost = forecast.lost.iter().map(|(title, id)| {
        let message = format!("`{}` is not in the feed any more, though older entries are", printable(title));
        Diagnostic::warning("feeds/lost", message)
            .at(Place::file(&rule.path))
            .with(format!("its id was `{}`", printable(id)))
            .hint("readers keep what they have; if it is to come back later, it needs the same id")
    });
    again.chain(lost).collect()
}
