//! Owns what Plausible's reporting interface is asked, with a key for its Stats API: for a marked hit on a canary
//! site, and for the visits of each day.
//!
//! Documented by the vendor (Stats API v2, `POST /api/v2/query`) and read in the source; not recorded from a running
//! server. Hits are written about every 5 s. A hit that is thrown away is answered 202 like one that is kept, with
//! the header `x-plausible-dropped`; nothing says why.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::analytics::below;
use crate::analytics::daily::{self, Day, DayZone, Paths, Series};
use crate::analytics::exchange::{Reply, Request, Target, TokenPlace};
use crate::analytics::read_back::{Context, Finding, Step, Talk, browser, odd, passing, post, report};

/// Looks for the mark, sends the hit, and looks again.
pub(super) fn read_back(context: &Context<'_>, replies: &[Reply]) -> Step {
    converse(context, replies).unwrap_or_else(Step::Done)
}

fn converse(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    let canary = context.canary()?;
    context.token()?;
    let path = context.path();
    let body = json!({
        "site_id": canary, "metrics": ["pageviews"], "date_range": "day",
        "filters": [["is", "event:page", [&path]]], "dimensions": ["event:page"],
    });
    let found = |reply: &Reply| {
        let is_counted = |row: &Row| row.0.first() == Some(&path) && row.1.iter().any(|count| *count > 0);
        Ok(rows(reply)?.iter().any(is_counted))
    };
    let url = format!("https://{canary}{path}");
    let hit = post(context.target.collect.clone(), &json!({ "n": "pageview", "u": url, "d": canary, "r": null }));
    let talk = Talk {
        look: query(context.target, &body),
        found: &found,
        hit: browser(context, hit),
        taken: &taken,
        patience: &[2_000, 5_000, 6_000, 6_000],
        recorded: format!("one page view of `{path}` on the canary site `{canary}`"),
        lost: (
            "Plausible took the hit, and it is not in the statistics",
            "look into Plausible's log: hits are written into ClickHouse about every 5 s",
        ),
    };
    talk.step(replies)
}

/// Demands that the hit was taken, and not thrown away with a polite 202.
fn taken(hit: &Reply) -> Result<(), Finding> {
    if let Some(trouble) = passing(hit, "Plausible") {
        return Err(trouble);
    }
    let answer = format!("{}, {}", hit.status, hit.glimpse());
    if hit.header("x-plausible-dropped").is_some_and(|dropped| dropped.trim() != "0") {
        return Err(Finding::Refused {
            answer: format!("{answer}, `x-plausible-dropped`"),
            meaning: "Plausible answers 202 and throws the hit away: the canary is unknown to it, this machine's address is in a \
                      data centre or shielded, or the user agent looks like a robot's"
                .to_owned(),
            fix: "see whether `canary_site` is a site of this Plausible and its shields let this address in; a proxy has to hand \
                  the visitor's address on (`X-Forwarded-For`), or every visitor seems to come from a data centre"
                .to_owned(),
        });
    }
    match hit.status {
        200..=202 => Ok(()),
        _ => Err(Finding::Refused {
            answer,
            meaning: "Plausible does not take a hit as its own tracker sends it".to_owned(),
            fix: "look at what is served at the counting address".to_owned(),
        }),
    }
}

fn query(target: &Target, body: &Value) -> Request {
    Request { token: Some(TokenPlace::Bearer), ..post(below(&target.endpoint, "api/v2/query"), body) }
}

/// One row of an answer: its dimensions, and its metrics.
type Row = (Vec<String>, Vec<u64>);

/// Reads the rows of an answer.
fn rows(reply: &Reply) -> Result<Vec<Row>, Finding> {
    let json = report(reply)?;
    let odd = || odd(reply, "`results` with metrics and dimensions");
    let row = |row: &Value| {
        let dimensions = row.get("dimensions")?.as_array()?.iter().map(|one| Some(one.as_str()?.to_owned()));
        let metrics = row.get("metrics")?.as_array()?.iter().map(Value::as_u64);
        Some((dimensions.collect::<Option<Vec<String>>>()?, metrics.collect::<Option<Vec<u64>>>()?))
    };
    let results = json.get("results").and_then(Value::as_array).ok_or_else(odd)?;
    results.iter().map(|result| row(result).ok_or_else(odd)).collect()
}

/// Asks for visits and page views of each day, then for the pages of the compared weeks and of the recent days.
pub(super) fn daily(context: &daily::Context<'_>, replies: &[Reply]) -> daily::Step {
    let ask = |body: Value| daily::Step::Ask(query(context.target, &body));
    let site = &context.target.site;
    let pages = |from: Date, to: Date| {
        json!({
            "site_id": site, "metrics": ["pageviews"], "date_range": [from, to], "dimensions": ["event:page"],
            "pagination": { "limit": 500 },
        })
    };
    let range = [context.from, context.to];
    match replies {
        [] => ask(json!({
            "site_id": site, "metrics": ["visits", "pageviews"], "date_range": range, "dimensions": ["time:day"],
        })),
        [first] => match days(first) {
            Ok(_) => ask(pages(context.earlier, context.recent.yesterday().unwrap_or(context.recent))),
            Err(finding) => daily::Step::Done(Err(finding)),
        },
        [_, _] => ask(pages(context.recent, context.to)),
        [first, earlier, recent, ..] => daily::Step::Done(days(first).map(|days| Series {
            unit: "visits",
            days,
            zone: DayZone::Unknown,
            omits_empty_days: true,
            paths: paths(earlier).zip(paths(recent)),
            remarks: Vec::new(),
        })),
    }
}

fn days(reply: &Reply) -> Result<BTreeMap<Date, Day>, Finding> {
    let odd = || odd(reply, "visits and page views of each day");
    let day = |(dimensions, metrics): Row| {
        let date = dimensions.first()?.get(..10)?.parse::<Date>().ok()?;
        let &[visits, views] = metrics.as_slice() else { return None };
        Some((date, Day { visits, views: Some(views) }))
    };
    rows(reply)?.into_iter().map(|row| day(row).ok_or_else(odd)).collect()
}

fn paths(reply: &Reply) -> Option<Paths> {
    let path = |(dimensions, metrics): Row| Some((dimensions.into_iter().next()?, *metrics.first()?));
    Some(rows(reply).ok()?.into_iter().filter_map(path).collect())
}

#[cfg(test)]
mod tests;
