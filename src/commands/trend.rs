//! `blog trend`: the visits of each day, as the vendor tells them, and whether fewer came than chance allows.

use serde_json::{Value, json};
use watchpost::check::report::Document;
use watchpost::config::{Analytics, Config, Endpoint};
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::guard::daily::Untold;
use watchpost::trend::{self, Trend};
use watchpost::{analytics, verification};

use crate::cli::{Environment, Trend as Arguments};
use crate::commands::Outcome;
use crate::console::Console;

/// Asks for the visits, judges them and reports.
pub(super) fn run(arguments: &Arguments, config: &Config, environment: &Environment, console: &Console) -> Outcome {
    console.diagnostics(&config.warnings);
    if config.analytics.is_empty() {
        console.say("`site.toml` has no `[analytics]`, so there are no visits to ask for");
        return Ok(Exit::Success);
    }
    let today = config.timezone.to_datetime(config.clock).date();
    let last = today.yesterday().unwrap_or(today);
    let from = last.checked_sub(jiff::Span::new().days(i64::from(arguments.days) - 1)).unwrap_or(last);
    let (told, marks) = verification::visits(config, &environment.network, from, last)?;
    let mut exit = Exit::Success;
    let mut sections: Vec<(String, Result<Trend, String>)> = Vec::new();
    for (analytics, table) in config.analytics.iter().zip(told.tables) {
        let trend = table.map(|series| trend::judge(&series, last, config.clock, marks.clone()));
        exit = Exit::worst([exit, of(&trend)]);
        let name = name(analytics);
        console.object("trend", with_site(&trend, analytics));
        say(&name, &trend, console);
        sections.push((name, trend.map_err(|untold| untold.meaning)));
    }
    if console.document() == Some(Document::Html) {
        console.data(&trend::page(config.base_url.as_str(), &sections));
    }
    Ok(exit)
}

fn of(trend: &Result<Trend, Untold>) -> Exit {
    match trend {
        Ok(trend) if trend.alarms() => Exit::Trend,
        Ok(_) => Exit::Success,
        Err(untold) if untold.is_by_nature => Exit::Success,
        Err(_) => Exit::Unknown,
    }
}

fn name(analytics: &Analytics) -> String {
    let title = analytics::find(&analytics.provider).map_or(analytics.provider.as_str(), |provider| provider.title);
    match &analytics.endpoint {
        Endpoint::Embedded => format!("{title}, played by the stand-in"),
        Endpoint::Server(url) => format!("{title} at {url}, site {}", analytics.site),
    }
}

fn say(name: &str, trend: &Result<Trend, Untold>, console: &Console) {
    match trend {
        Ok(trend) => {
            console.say(name);
            console.say(trend.human(console.columns()));
        }
        Err(untold) => {
            let level = if untold.is_by_nature { Diagnostic::note } else { Diagnostic::error };
            let diagnostic = level("trend/reader", format!("{name}: {} ({})", untold.meaning, untold.kind));
            console.diagnostics(&[diagnostic.hint(untold.fix.clone())]);
        }
    }
}

fn with_site(trend: &Result<Trend, Untold>, analytics: &Analytics) -> Value {
    let mut value = match trend {
        Ok(trend) => trend.json(),
        Err(untold) => {
            json!({ "outcome": "not-told", "alarm": false, "reason": untold.kind, "message": untold.meaning })
        }
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("provider".to_owned(), json!(analytics.provider));
        value.insert("endpoint".to_owned(), json!(analytics.endpoint.url()));
        value.insert("site".to_owned(), json!(analytics.site));
        value.insert("exit".to_owned(), json!(of(trend).code()));
    }
    value
}
