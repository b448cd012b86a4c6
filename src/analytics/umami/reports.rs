//! Owns what Umami's reporting interface is asked, with a token of somebody who may view the site: for a marked hit
//! on a canary site, and for the sessions of each day.
//!
//! Verified on running servers of 2.19.0 and 3.1.0: a hit is told at once; pages are called `path` since 3 and `url`
//! before, and the other name is answered 400; days without a session are left out; `unit` and `timezone` are needed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};
use url::Url;

use crate::analytics::below;
use crate::analytics::daily::{self, Day, DayZone, Paths, Series};
use crate::analytics::exchange::{Reply, Request, TokenPlace};
use crate::analytics::read_back::{Context, Finding, Step, Talk, browser, odd, passing, post, report};

/// The names of a page in reports: since 3, and before.
const NAMES: [&str; 2] = ["path", "url"];

/// Looks for the mark among the pages of the last hours, sends the hit, and looks again.
pub(super) fn read_back(context: &Context<'_>, replies: &[Reply]) -> Step {
    converse(context, replies).unwrap_or_else(Step::Done)
}

fn converse(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    let canary = context.canary()?;
    context.token()?;
    // The first question tells which name this server has for a page.
    let is_old = replies.first().is_some_and(|reply| reply.status == 400);
    let name = NAMES[usize::from(is_old)];
    let path = context.path();
    let mut look = below(&context.target.endpoint, &format!("api/websites/{canary}/metrics"));
    let at = |hours: i64| (context.now + jiff::SignedDuration::from_hours(hours)).as_millisecond().to_string();
    look.query_pairs_mut().extend_pairs([("type", name), ("startAt", &at(-2)), ("endAt", &at(2)), (name, &path)]);
    let found = |reply: &Reply| {
        let json = report(reply)?;
        let rows = json.as_array().ok_or_else(|| odd(reply, "a list of pages"))?;
        Ok(rows.iter().any(|row| row.get("x").and_then(Value::as_str) == Some(path.as_str())))
    };
    let taken = |hit: &Reply| taken(hit);
    let host = Url::parse(&context.target.origin).ok().and_then(|url| url.host_str().map(str::to_owned));
    let is_first = context.target.collect.path().ends_with("/api/collect");
    let hit = json!({
        "type": if is_first { "pageview" } else { "event" },
        "payload": {
            "website": canary, "hostname": host.unwrap_or_default(), "url": path, "language": "en-GB",
            "screen": "1920x1080", "title": "Watchpost read-back", "referrer": "",
        },
    });
    let talk = Talk {
        look: api(look),
        found: &found,
        hit: browser(context, post(context.target.collect.clone(), &hit)),
        taken: &taken,
        patience: &[500, 2_000, 5_000, 8_000],
        recorded: format!("one page view of `{path}` on the canary site `{canary}`"),
        lost: (
            "Umami took the hit, and it is not in the statistics",
            "look into Umami's log, and whether a queue or a second database stands between",
        ),
    };
    talk.step(&replies[usize::from(is_old)..])
}

fn api(url: Url) -> Request {
    Request { token: Some(TokenPlace::Bearer), ..Request::get(url) }
}

/// Demands that the hit was taken: a stored one is answered with the visitor's session.
fn taken(hit: &Reply) -> Result<(), Finding> {
    let text = hit.text();
    let refused = |meaning: &str, fix: &str| {
        let answer = format!("{}, {}", hit.status, hit.glimpse());
        Err(Finding::Refused { answer, meaning: meaning.to_owned(), fix: fix.to_owned() })
    };
    if let Some(trouble) = passing(hit, "Umami") {
        return Err(trouble);
    }
    match hit.status {
        200 if text.contains("beep") => refused(
            "Umami takes a browser's hit for a robot's, and throws it away",
            "look at the robots' list of this Umami, and at what a proxy makes of the user agent",
        ),
        // A bare token until 2.15, an object since.
        200 if text.contains("sessionId") || text.contains("cache") || text.trim_matches('"').starts_with("ey") => {
            Ok(())
        }
        400 if text.contains("Website not found") => Err(Finding::not_set_up(
            "no-such-canary",
            "Umami knows no site of the id in `canary_site`; nothing was recorded",
            "make a second website in Umami, and write its id into `canary_site`",
        )),
        403 => Err(Finding::not_set_up(
            "ignored-address",
            "Umami ignores hits from this machine's address (`IGNORE_IP`), so that none can be read back",
            "run this from an address that is not ignored",
        )),
        _ => refused(
            "Umami does not take a hit as its own tracker sends it",
            "look at what is served at the counting address",
        ),
    }
}

/// Asks for sessions and page views of each day, then for the pages of the compared weeks and of the recent days.
pub(super) fn daily(context: &daily::Context<'_>, replies: &[Reply]) -> daily::Step {
    tell(context, replies).unwrap_or_else(|finding| daily::Step::Done(Err(finding)))
}

fn tell(context: &daily::Context<'_>, replies: &[Reply]) -> Result<daily::Step, Finding> {
    let zone = context.zone.iana_name();
    let start = |date: Date| {
        let moment = context.zone.to_ambiguous_zoned(date.to_datetime(jiff::civil::Time::midnight())).compatible();
        moment.map_or(Timestamp::UNIX_EPOCH, |moment| moment.timestamp()).as_millisecond()
    };
    let ask = |what: &str, from: Date, to: Date, more: &[(&str, &str)]| {
        let mut url = below(&context.target.endpoint, &format!("api/websites/{}/{what}", context.target.site));
        let end = to.checked_add(Span::new().days(1)).map_or(0, |next| start(next) - 1);
        url.query_pairs_mut()
            .append_pair("startAt", &start(from).to_string())
            .append_pair("endAt", &end.to_string())
            .extend_pairs(more);
        Ok(daily::Step::Ask(api(url)))
    };
    let Some(first) = replies.first() else {
        return ask("pageviews", context.from, context.to, &[("unit", "day"), ("timezone", zone.unwrap_or("UTC"))]);
    };
    let days = days(first, context)?;
    let is_old = replies.get(1).is_some_and(|reply| reply.status == 400);
    let name = NAMES[usize::from(is_old)];
    let more = [("type", name), ("limit", "500")];
    let (earlier, recent) = match &replies[1 + usize::from(is_old)..] {
        [] => return ask("metrics", context.earlier, context.recent.yesterday().unwrap_or(context.recent), &more),
        [_] => return ask("metrics", context.recent, context.to, &more),
        [earlier, recent, ..] => (earlier, recent),
    };
    Ok(daily::Step::Done(Ok(Series {
        unit: "sessions",
        days,
        zone: if zone.is_some() { DayZone::Site } else { DayZone::Unknown },
        omits_empty_days: true,
        paths: paths(earlier).zip(paths(recent)),
        remarks: Vec::new(),
    })))
}

/// Reads `{"pageviews":[{"x","y"}],"sessions":[{"x","y"}]}`.
fn days(reply: &Reply, context: &daily::Context<'_>) -> Result<BTreeMap<Date, Day>, Finding> {
    let json = report(reply)?;
    let mut days = BTreeMap::<Date, Day>::new();
    for (name, is_session) in [("sessions", true), ("pageviews", false)] {
        let rows = json
            .get(name)
            .and_then(Value::as_array)
            .ok_or_else(|| odd(reply, "`sessions` and `pageviews` of each day"))?;
        for row in rows {
            let date = row.get("x").and_then(Value::as_str).and_then(|x| x.get(..10)?.parse::<Date>().ok());
            // A number that a database's driver has made a text is one, too.
            let count = row.get("y").and_then(|y| y.as_u64().or_else(|| y.as_str()?.parse().ok()));
            let (Some(date), Some(count)) = (date, count) else { return Err(odd(reply, "days and their counts")) };
            if !(context.from..=context.to).contains(&date) {
                continue;
            }
            let day = days.entry(date).or_insert(Day { visits: 0, views: Some(0) });
            match is_session {
                true => day.visits += count,
                false => day.views = Some(day.views.unwrap_or_default() + count),
            }
        }
    }
    Ok(days)
}

fn paths(reply: &Reply) -> Option<Paths> {
    let json = report(reply).ok()?;
    let path = |row: &Value| Some((row.get("x")?.as_str()?.to_owned(), row.get("y")?.as_u64()?));
    Some(json.as_array()?.iter().filter_map(path).collect())
}

#[cfg(test)]
mod tests;
