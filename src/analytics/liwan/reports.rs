//! Owns what Liwan's dashboard is asked, without a token: for a marked hit on a canary entity, and for the visitors of
//! each day. Both need a public project that holds the entity; an unlisted or private one tells nobody.
//!
//! Verified on a running 1.6.0: keys are `filterType`, `binStart`, `dimensionValue`; with a time zone the bins are the
//! instants of local midnight; days without a view are there.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::analytics::below;
use crate::analytics::daily::{self, Day, DayZone, Paths, Series};
use crate::analytics::exchange::{Reply, Request, Target};
use crate::analytics::read_back::{Context, Finding, Step, Talk, browser, odd, passing, post, report};

/// Looks for a public project of the canary, for the mark in it, sends the hit, and looks again.
pub(super) fn read_back(context: &Context<'_>, replies: &[Reply]) -> Step {
    converse(context, replies).unwrap_or_else(Step::Done)
}

fn converse(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    let canary = context.canary()?;
    let Some(projects) = replies.first() else { return Ok(Step::Ask(ask_projects(context.target))) };
    let (project, _) = project_of(projects, canary)?;
    let path = context.path();
    let at = |hours: i64| (context.now + jiff::SignedDuration::from_hours(hours)).to_string();
    let body = json!({
        "range": { "start": at(-2), "end": at(2) }, "metric": "views", "dimension": "path",
        "filters": [{ "dimension": "path", "filterType": "equal", "value": path, "inversed": false, "strict": true }],
    });
    let found = |reply: &Reply| Ok(dimension(reply)?.get(&path).is_some_and(|views| *views > 0));
    let taken = |hit: &Reply| match (passing(hit, "Liwan"), hit.status) {
        (Some(trouble), _) => Err(trouble),
        (None, 200) => Ok(()),
        (None, status) => Err(Finding::Refused {
            answer: format!("{status}, {}", hit.glimpse()),
            meaning: "Liwan does not take a hit as its own tracker sends it".to_owned(),
            fix: "look at what is served at the counting address".to_owned(),
        }),
    };
    let hit = json!({
        "entity_id": canary, "name": "pageview", "url": context.page(), "referrer": "", "screen_width": "lg",
        "orientation": "landscape",
    });
    let talk = Talk {
        look: ask(context.target, &project, "dimension", &body),
        found: &found,
        hit: browser(context, post(context.target.collect.clone(), &hit)),
        taken: &taken,
        patience: &[500, 2_000, 5_000, 8_000],
        recorded: format!("one page view of `{path}` on the canary entity `{canary}`"),
        lost: (
            "Liwan answered the hit, as it answers every hit, and it is not in the statistics",
            "see whether the canary's list of hosts has the blog's own, and whether the server's disk is full",
        ),
    };
    talk.step(&replies[1..])
}

fn ask_projects(target: &Target) -> Request {
    Request::get(below(&target.endpoint, "api/dashboard/projects"))
}

fn ask(target: &Target, project: &str, what: &str, body: &Value) -> Request {
    let mut url = below(&target.endpoint, "api/dashboard/project/");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([project, what]);
    }
    post(url, body)
}

/// Returns the public project that holds an entity, with as few others as there is, and how many those are.
fn project_of(reply: &Reply, entity: &str) -> Result<(String, usize), Finding> {
    let json = report(reply)?;
    let projects = json.get("projects").and_then(Value::as_array).ok_or_else(|| odd(reply, "a list of `projects`"))?;
    let holds = |project: &Value| {
        let entities = project.get("entities")?.as_array()?;
        let is_in = entities.iter().any(|one| one.get("id").and_then(Value::as_str) == Some(entity));
        is_in.then(|| Some((project.get("id")?.as_str()?.to_owned(), entities.len() - 1)))?
    };
    projects.iter().filter_map(holds).min_by_key(|(_, others)| *others).ok_or_else(|| {
        let meaning = format!(
            "no public project of this Liwan holds the entity `{entity}`, so that its numbers are told to nobody"
        );
        Finding::not_set_up(
            "no-public-project",
            &meaning,
            "put the entity into a project of its own that is public and listed",
        )
    })
}

/// Reads `{"data":[{"dimensionValue","value"}]}`.
fn dimension(reply: &Reply) -> Result<Paths, Finding> {
    let json = report(reply)?;
    let odd = || odd(reply, "`data` with a `dimensionValue` and a `value`");
    let row = |row: &Value| Some((row.get("dimensionValue")?.as_str()?.to_owned(), whole(row.get("value")?)?));
    json.get("data").and_then(Value::as_array).ok_or_else(odd)?.iter().map(|one| row(one).ok_or_else(odd)).collect()
}

/// Reads a count, which Liwan writes as `2.0`.
fn whole(value: &Value) -> Option<u64> {
    value.as_f64().filter(|number| *number >= 0.0 && *number < 1e15).map(|number| number.round() as u64)
}

/// Asks which project tells, for page views and visitors of each day, and for the pages.
pub(super) fn daily(context: &daily::Context<'_>, replies: &[Reply]) -> daily::Step {
    tell(context, replies).unwrap_or_else(|finding| daily::Step::Done(Err(finding)))
}

fn tell(context: &daily::Context<'_>, replies: &[Reply]) -> Result<daily::Step, Finding> {
    let Some(projects) = replies.first() else { return Ok(daily::Step::Ask(ask_projects(context.target))) };
    let (project, others) = project_of(projects, &context.target.site)?;
    let start = |date: Date| {
        let moment = context.zone.to_ambiguous_zoned(date.to_datetime(jiff::civil::Time::midnight())).compatible();
        moment.map_or(Timestamp::UNIX_EPOCH, |moment| moment.timestamp())
    };
    let range = |from: Date, to: Date| {
        let end = to.checked_add(Span::new().days(1)).unwrap_or(to);
        json!({ "start": start(from).to_string(), "end": start(end).to_string() })
    };
    let graph = |metric: &str| {
        let zone = context.zone.iana_name().unwrap_or("UTC");
        let range = range(context.from, context.to);
        let body = json!({ "range": range, "filters": [], "interval": "day", "timezone": zone, "metric": metric });
        daily::Step::Ask(ask(context.target, &project, "graph", &body))
    };
    let pages = |from: Date, to: Date| {
        let body = json!({ "range": range(from, to), "filters": [], "metric": "views", "dimension": "path" });
        daily::Step::Ask(ask(context.target, &project, "dimension", &body))
    };
    let (visitors, views, earlier, recent) = match &replies[1..] {
        [] => return Ok(graph("unique_visitors")),
        [visitors] => {
            bins(visitors, context)?;
            return Ok(graph("views"));
        }
        [_, _] => return Ok(pages(context.earlier, context.recent.yesterday().unwrap_or(context.recent))),
        [_, _, _] => return Ok(pages(context.recent, context.to)),
        [visitors, views, earlier, recent, ..] => (bins(visitors, context)?, bins(views, context)?, earlier, recent),
    };
    let mut remarks = Vec::new();
    if others > 0 {
        remarks.push(format!("the project `{project}` holds {others} other entities, whose visitors are counted in"));
    }
    let (all, unique) = (views.values().sum::<u64>(), visitors.values().sum::<u64>());
    if all >= 50 && all == unique {
        remarks.push(
            "every page view is a new visitor: the server does not see the visitors' addresses, as behind a proxy that does not \
             hand them on"
                .to_owned(),
        );
    }
    let day = |(date, visits): (Date, u64)| (date, Day { visits, views: views.get(&date).copied() });
    Ok(daily::Step::Done(Ok(Series {
        unit: "visitors",
        days: visitors.into_iter().map(day).collect(),
        zone: if context.zone.iana_name().is_some() { DayZone::Site } else { DayZone::Unknown },
        omits_empty_days: false,
        paths: dimension(earlier).ok().zip(dimension(recent).ok()),
        remarks,
    })))
}

/// Reads `{"data":[{"binStart","value"}]}`: instants, which are midnights of the site's time zone.
fn bins(reply: &Reply, context: &daily::Context<'_>) -> Result<BTreeMap<Date, u64>, Finding> {
    let json = report(reply)?;
    let odd = || odd(reply, "`data` with a `binStart` and a `value`");
    let bin = |row: &Value| {
        // Renamed in 1.7.
        let start: Timestamp = row.get("binStart").or_else(|| row.get("bin_start"))?.as_str()?.parse().ok()?;
        Some((context.zone.to_datetime(start).date(), whole(row.get("value")?)?))
    };
    let data = json.get("data").and_then(Value::as_array).ok_or_else(odd)?;
    let mut days = BTreeMap::new();
    for row in data {
        let (date, value) = bin(row).ok_or_else(odd)?;
        if (context.from..=context.to).contains(&date) {
            *days.entry(date).or_default() += value;
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests;
