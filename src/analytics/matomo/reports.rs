//! Owns what Matomo's reporting interface is asked: for the installation check's nonce, for a marked hit on a
//! canary site where there is no such check, and for the visits of each day.
//!
//! Verified on running servers of 4.16.1, 5.1.2 and 5.2.0-b5: since 5.0 a hit with `tracker_install_check` is
//! excluded from the statistics whatever its value, and marks its nonce for 30 s; the same URL within 30 s
//! gets the same nonce. Method and format stand in the query and the token alone in the body, or a refusal
//! is a page instead of JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::Value;
use url::Url;

use crate::analytics::below;
use crate::analytics::daily::{self, Day, DayZone, Paths, Series};
use crate::analytics::exchange::{Reply, Request, Target, TokenPlace, VersionFound};
use crate::analytics::read_back::{BROWSER, Context, Finding, Step, TOKEN_REFUSED, odd, passing, report};

/// After how many milliseconds each the nonce is looked at; it lives for 30 s.
const NONCE_PATIENCE: [u64; 4] = [500, 2_000, 4_000, 6_000];
/// After how many milliseconds each the canary is looked at: the log is written with the hit, but a queue may stand before it.
const PATIENCE: [u64; 4] = [1_000, 4_000, 6_000, 8_000];

/// Marks the installation check's nonce, which records nothing; without that check, a hit on the canary site.
pub(super) fn read_back(context: &Context<'_>, replies: &[Reply]) -> Step {
    converse(context, replies).unwrap_or_else(Step::Done)
}

fn converse(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    context.token()?;
    let Some(started) = replies.first() else { return Ok(Step::Ask(initiate(context))) };
    let nonce = match read(started)? {
        Answer::Error(message) if has_no_check(&message) => return canary(context, &replies[1..]),
        Answer::Error(message) => return Err(unwilling(&message)),
        Answer::Value(json) => match json.get("nonce").and_then(Value::as_str) {
            Some(nonce) if is_nonce(nonce) => nonce.to_owned(),
            _ => return Err(odd(started, "a `nonce`")),
        },
    };
    let ask = || ask_nonce(context, &nonce);
    let Some(before) = replies.get(1) else { return Ok(Step::Ask(ask())) };
    if is_marked(before)? {
        return Err(odd(before, "that nobody has marked a nonce which was just made"));
    }
    let Some(hit) = replies.get(2) else {
        return Ok(Step::Hit(self::hit(context, &context.target.site, Some(&nonce))));
    };
    taken(hit)?;
    for look in &replies[3..] {
        if is_marked(look)? {
            return Err(Finding::Found {
                how: "marked the installation check's nonce, which is kept in the database".to_owned(),
                recorded: None,
            });
        }
    }
    match NONCE_PATIENCE.get(replies.len() - 3) {
        Some(pause) => Ok(Step::AskAfter(Duration::from_millis(*pause), ask())),
        None => Err(Finding::Lost {
            meaning: format!(
                "Matomo answered the hit, and after {} s the installation check has not seen it",
                NONCE_PATIENCE.iter().sum::<u64>() / 1_000
            ),
            fix: "look into Matomo's log and its database: the hit did not get through to it (a queue of the \
                  QueuedTracking plugin that nobody works off looks like this, too)"
                .to_owned(),
            recorded: None,
        }),
    }
}

/// Finds a hit on the canary site: in the log of visits, which is written with the hit, not in the reports, which are not.
fn canary(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    let site = context.canary().map_err(|finding| match finding {
        Finding::NotSetUp { kind: "no-canary", meaning, fix } => Finding::NotSetUp {
            kind: "no-canary",
            meaning: format!("this Matomo has no installation check (it came with 5.0, as a plugin); {meaning}"),
            fix: format!("upgrade to Matomo 5 with the plugin JsTrackerInstallCheck; or {fix}"),
        },
        other => other,
    })?;
    let look = || ask_visits(context, site);
    let Some(before) = replies.first() else { return Ok(Step::Ask(look())) };
    if is_visited(before)? {
        return Err(odd(before, "that it knows nothing of a mark that nobody has sent"));
    }
    let Some(hit) = replies.get(1) else { return Ok(Step::Hit(self::hit(context, site, None))) };
    taken(hit)?;
    let recorded = format!("one visit of `{}` on the canary site `{site}`", context.path());
    for look in &replies[2..] {
        if is_visited(look)? {
            return Err(Finding::Found { how: "was found in the log of visits".to_owned(), recorded: Some(recorded) });
        }
    }
    match PATIENCE.get(replies.len() - 2) {
        Some(pause) => Ok(Step::AskAfter(Duration::from_millis(*pause), look())),
        None => Err(Finding::Lost {
            meaning: format!(
                "Matomo took the hit, and after {} s it is not in the log of visits",
                PATIENCE.iter().sum::<u64>() / 1_000
            ),
            fix: "see whether the QueuedTracking plugin is on and its queue is worked off".to_owned(),
            recorded: Some(format!("{recorded}, should it be worked off later")),
        }),
    }
}

fn call(target: &Target, method: &str, arguments: &[(&str, &str)]) -> Request {
    let mut url = below(&target.endpoint, "index.php");
    url.query_pairs_mut()
        .append_pair("module", "API")
        .append_pair("method", method)
        .append_pair("format", "JSON")
        .extend_pairs(arguments);
    Request { token: Some(TokenPlace::Form("token_auth")), ..Request::post_form(url, "") }
}

fn initiate(context: &Context<'_>) -> Request {
    let page = context.page();
    let arguments = [("idSite", context.target.site.as_str()), ("url", &page)];
    call(context.target, "JsTrackerInstallCheck.initiateJsTrackerInstallTest", &arguments)
}

fn ask_nonce(context: &Context<'_>, nonce: &str) -> Request {
    let arguments = [("idSite", context.target.site.as_str()), ("nonce", nonce)];
    call(context.target, "JsTrackerInstallCheck.wasJsTrackerInstallTestSuccessful", &arguments)
}

fn ask_visits(context: &Context<'_>, site: &str) -> Request {
    let segment = format!("pageUrl=={}", Url::parse(&context.page()).map_or_else(|_| context.page(), String::from));
    let arguments = [
        ("idSite", site),
        ("period", "range"),
        ("date", "last2"),
        ("segment", segment.as_str()),
        ("filter_limit", "1"),
        ("showColumns", "idVisit,idSite"),
    ];
    call(context.target, "Live.getLastVisitsDetails", &arguments)
}

/// The hit as the tracker sends it. The server excludes one with a nonce from its statistics.
fn hit(context: &Context<'_>, site: &str, nonce: Option<&str>) -> Request {
    let page = context.page();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("idsite", site).append_pair("rec", "1").append_pair("url", &page);
    form.append_pair("action_name", "Watchpost read-back").append_pair("rand", context.nonce);
    // A plugin that queues hits is asked to do this one at once.
    form.append_pair("queuedtracking", "0");
    if let Some(nonce) = nonce {
        form.append_pair("tracker_install_check", nonce);
    }
    Request::post_form(context.target.collect.clone(), form.finish())
        .header("User-Agent", BROWSER)
        .header("Origin", context.target.origin.clone())
}

/// Demands that the hit was answered as a hit; that it was kept, only the reader can tell.
fn taken(hit: &Reply) -> Result<(), Finding> {
    let refused = |meaning: &str, fix: &str| {
        let answer = format!("{}, {}", hit.status, hit.glimpse());
        Err(Finding::Refused { answer, meaning: meaning.to_owned(), fix: fix.to_owned() })
    };
    // 503 with a GIF is Matomo's own word for something else.
    if let Some(trouble) = passing(hit, "Matomo").filter(|_| !hit.is_gif()) {
        return Err(trouble);
    }
    match hit.status {
        204 => Ok(()),
        200 if hit.is_gif() => Ok(()),
        503 if hit.is_gif() => refused(
            "recording is switched off on this Matomo server (`record_statistics = 0`): no hit of any site is kept",
            "set `record_statistics = 1` under `[Tracker]` in Matomo's config.ini.php, or remove the line",
        ),
        200 => refused(
            "something answers at the counting address, and it is not Matomo's tracker",
            "look at what is served at that address: a login page, a proxy's fallback or another program",
        ),
        _ => refused(
            "Matomo does not take a hit as its own tracker sends it: the site's id is unknown to it, or its database is down",
            "run `blog check`, whose probe tells the one from the other",
        ),
    }
}

/// What the interface answered: a value, or an error in its own words.
enum Answer {
    Value(Value),
    Error(String),
}

/// Reads an answer of the interface: 4.x says 200 to everything, with `{"result":"error"}` for a refusal.
fn read(reply: &Reply) -> Result<Answer, Finding> {
    match super::questions::read_version(reply) {
        VersionFound::Trouble { kind: "database-down", meaning } => {
            return Err(Finding::reader("reader-down", meaning, "run this again when the server is well"));
        }
        VersionFound::Trouble { meaning, .. } => {
            return Err(Finding::reader("reader-down", meaning, "run this again when that is over"));
        }
        _ => {}
    }
    let is_error = |json: &Value| json.get("result").and_then(Value::as_str) == Some("error");
    let message = |json: &Value| json.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    // 5.2 says 400 to a method that does not exist, and older ones 200.
    match (reply.status, reply.json()) {
        (200 | 400, Some(json)) if is_error(&json) => Ok(Answer::Error(message(&json))),
        _ => report(reply).map(Answer::Value),
    }
}

fn has_no_check(message: &str) -> bool {
    ["does not exist", "not available", "not activated", "is not enabled", "not loaded"]
        .iter()
        .any(|words| message.contains(words))
}

/// Says why the interface would not tell, in its own words.
fn unwilling(message: &str) -> Finding {
    let is_about_access = ["access", "token", "authenticate"].iter().any(|word| message.contains(word));
    let meaning = format!("Matomo's reporting interface refuses: {}", message.chars().take(160).collect::<String>());
    match is_about_access {
        true => Finding::reader(
            TOKEN_REFUSED,
            meaning,
            "make a new token that may view this site; after too many bad ones Matomo locks this address out",
        ),
        false => Finding::reader(
            "reader-shape",
            meaning,
            "compare the release of Matomo with what this version of blog knows",
        ),
    }
}

fn is_nonce(text: &str) -> bool {
    (8..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_marked(reply: &Reply) -> Result<bool, Finding> {
    match read(reply)? {
        Answer::Value(json) => json.get("isSuccess").and_then(Value::as_bool).ok_or_else(|| odd(reply, "`isSuccess`")),
        Answer::Error(message) => Err(unwilling(&message)),
    }
}

fn is_visited(reply: &Reply) -> Result<bool, Finding> {
    match read(reply)? {
        Answer::Value(Value::Array(visits)) => Ok(!visits.is_empty()),
        Answer::Value(_) => Err(odd(reply, "a list of visits")),
        Answer::Error(message) => Err(unwilling(&message)),
    }
}

/// Asks for visits and page views of each day, then for the paths before the recent part and in it; and where
/// the last day has none, whether the log of visits says otherwise: reports that nobody makes are not a drop.
pub(super) fn daily(context: &daily::Context<'_>, replies: &[Reply]) -> daily::Step {
    tell(context, replies).unwrap_or_else(|finding| daily::Step::Done(Err(finding)))
}

fn tell(context: &daily::Context<'_>, replies: &[Reply]) -> Result<daily::Step, Finding> {
    let site = context.target.site.as_str();
    let range = |from: Date, to: Date| format!("{from},{to}");
    let Some(summary) = replies.first() else {
        let date = range(context.from, context.to);
        let arguments = [("idSite", site), ("period", "day"), ("date", &date)];
        return Ok(daily::Step::Ask(call(context.target, "VisitsSummary.get", &arguments)));
    };
    let days = summary_of(summary, context)?;
    let [_, earlier, recent, rest @ ..] = replies else {
        let date = match replies.len() {
            1 => range(context.earlier, context.recent.yesterday().unwrap_or(context.from)),
            _ => range(context.recent, context.to),
        };
        let arguments = [
            ("idSite", site),
            ("period", "range"),
            ("date", &date),
            ("flat", "1"),
            ("filter_limit", "500"),
            ("showColumns", "label,nb_hits"),
        ];
        return Ok(daily::Step::Ask(call(context.target, "Actions.getPageUrls", &arguments)));
    };
    let is_silent = days.last_key_value().is_some_and(|(_, day)| day.visits == 0);
    if is_silent && days.values().any(|day| day.visits > 0) {
        let Some(live) = rest.first() else {
            let arguments = [("idSite", site), ("lastMinutes", "1440")];
            return Ok(daily::Step::Ask(call(context.target, "Live.getCounters", &arguments)));
        };
        let counted = read(live).ok().and_then(|answer| match answer {
            Answer::Value(json) => json.get(0)?.get("visits")?.as_u64(),
            Answer::Error(_) => None,
        });
        if counted.is_some_and(|visits| visits > 0) {
            return Err(Finding::reader(
                "reader-stale",
                format!(
                    "Matomo's reports say nobody came, and its log of visits has {} of the last 24 hours: the reports are \
                     not made",
                    counted.unwrap_or_default()
                ),
                "see whether the cron job `core:archive` runs, or let the browser trigger the making of reports",
            ));
        }
    }
    Ok(daily::Step::Done(Ok(Series {
        unit: "visits",
        days,
        zone: DayZone::Unknown,
        omits_empty_days: false,
        paths: paths(earlier).zip(paths(recent)),
        remarks: Vec::new(),
    })))
}

/// Reads `VisitsSummary.get` of several days: a day without a visit is an empty list.
fn summary_of(reply: &Reply, context: &daily::Context<'_>) -> Result<BTreeMap<Date, Day>, Finding> {
    let json = match read(reply)? {
        Answer::Value(json) => json,
        Answer::Error(message) => return Err(unwilling(&message)),
    };
    let odd = || odd(reply, "an object of days");
    let rows: Vec<(&str, &Value)> = match &json {
        Value::Object(rows) => rows.iter().map(|(day, row)| (day.as_str(), row)).collect(),
        // No day at all: the range has none.
        Value::Array(rows) if rows.is_empty() => Vec::new(),
        _ => return Err(odd()),
    };
    let mut days = BTreeMap::new();
    for (day, row) in rows {
        let date: Date = day.parse().map_err(|_| odd())?;
        let day = match row {
            Value::Array(row) if row.is_empty() => Day { visits: 0, views: Some(0) },
            Value::Object(row) => Day {
                visits: row.get("nb_visits").and_then(Value::as_u64).ok_or_else(odd)?,
                views: row.get("nb_actions").and_then(Value::as_u64),
            },
            _ => return Err(odd()),
        };
        if (context.from..=context.to).contains(&date) {
            days.insert(date, day);
        }
    }
    Ok(days)
}

/// Reads `Actions.getPageUrls`, flat.
fn paths(reply: &Reply) -> Option<Paths> {
    let Answer::Value(Value::Array(rows)) = read(reply).ok()? else { return None };
    let path = |row: &Value| {
        let label = row.get("label")?.as_str()?;
        let path = if label.starts_with('/') { label.to_owned() } else { format!("/{label}") };
        Some((path, row.get("nb_hits")?.as_u64()?))
    };
    Some(rows.iter().filter_map(path).collect())
}

#[cfg(test)]
mod tests;
