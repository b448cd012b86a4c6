//! Owns level 8: what the visits of each day tell. [`judge`] takes what a vendor's reporting interface told and
//! says whether fewer came than chance allows, whether all are counted twice, or that too few come to say.
//!
//! Pure: numbers in, [`Trend`] out; `chart` draws it, `words` says it. A trend fails no build. A slow decline
//! raises no alarm here: what is usual follows it, and the change over 8 weeks is shown instead.

mod baseline;
mod chart;
mod page;
mod sections;
mod tail;
mod watch;
mod words;

use jiff::civil::Date;

use crate::analytics::daily::{Day, DayZone, Series};
use baseline::{Baseline, median};
pub use baseline::{DAYS, LONGEST};
pub use chart::chart;
pub use page::page;
pub use sections::Share;

/// By how much visits or page views are more where each counts twice.
const TWICE: std::ops::RangeInclusive<f64> = 1.6..=2.5;

/// What the visits of each day tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// What is counted: `visits`, `visitors`, `sessions`.
    pub unit: &'static str,
    /// Every day from the first one with a visit to the last whole one.
    pub points: Vec<Point>,
    /// What that comes to.
    pub judgement: Judgement,
    /// Visits of a usual day, where there are days enough to tell.
    pub rate: Option<f64>,
    /// How far usual days vary beyond chance: 0.3 is 30 %.
    pub spread: f64,
    /// The visits of the last 7 days, and those expected of them.
    pub week: Option<(u64, f64)>,
    /// By how much the last 28 days differ from the 28 before: −0.1 is 10 % less.
    pub four_weeks: Option<f64>,
    /// Page views for a visit: in the weeks before, and in the last one.
    pub views_per_visit: Option<(f64, f64)>,
    /// The share of each section in the page views: before, and now.
    pub sections: Vec<Share>,
    /// Deployments and changes of the lock in this time.
    pub marks: Vec<Mark>,
    /// What a reader of the numbers should know.
    pub remarks: Vec<String>,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The day.
    pub day: Date,
    /// Its visits, where they are known.
    pub visits: Option<u64>,
    /// The visits that the 8 weeks before let expect.
    pub expected: Option<f64>,
}

/// Something that was done to the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub day: Date,
    /// What, in a few words: `build 3f9c; the snippet changed`.
    pub what: String,
}

/// What a series comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// As many came as usual.
    Steady,
    /// Fewer came than chance allows.
    Dropped {
        /// The first day with too few.
        since: Date,
        /// How many days were judged together.
        days: usize,
        /// What those days that raised the alarm had.
        found: u64,
        /// What was expected of them.
        expected: f64,
        /// How likely so few are, if all is well.
        probability: f64,
    },
    /// Every visit, or every page view, counts twice.
    Doubled {
        /// The first day of it, where it is one step.
        since: Option<Date>,
        /// What is doubled: the unit, or `page views`.
        what: &'static str,
        /// How many times as many as before.
        ratio: f64,
    },
    /// So few come that their absence may be chance.
    TooLittle,
    /// The interface told of too few days.
    TooShort {
        /// How many.
        days: usize,
    },
}

impl Trend {
    /// Returns whether somebody should look.
    pub fn alarms(&self) -> bool {
        matches!(self.judgement, Judgement::Dropped { .. } | Judgement::Doubled { .. })
    }

    /// Returns what was done to the site when the judgement began: the day itself, or up to two days before.
    pub fn cause(&self) -> Option<&Mark> {
        let since = match &self.judgement {
            Judgement::Dropped { since, .. } => *since,
            Judgement::Doubled { since, .. } => (*since)?,
            _ => return None,
        };
        let near = |mark: &&Mark| mark.day <= since && since.since(mark.day).is_ok_and(|span| span.get_days() <= 2);
        self.marks.iter().filter(near).max_by_key(|mark| mark.day)
    }

    /// Returns the whole as JSON; `docs/report.md` documents its shape.
    pub fn json(&self) -> serde_json::Value {
        words::json(self)
    }

    /// Returns the whole as lines for people, no wider than so many columns.
    pub fn human(&self, columns: usize) -> String {
        words::human(self, columns)
    }
}

/// Returns the last day that is over wherever a day may be reckoned: what counts as now, in UTC.
pub fn over_everywhere(now: jiff::Timestamp) -> Date {
    // The last place to end a day is 12 hours behind UTC.
    let there = jiff::tz::Offset::constant(-12).to_datetime(now).date();
    there.yesterday().unwrap_or(there)
}

/// Judges a series; `last` is the last whole day in the site's time zone.
pub fn judge(series: &Series, last: Date, now: jiff::Timestamp, marks: Vec<Mark>) -> Trend {
    let last = match series.zone {
        DayZone::Site => last,
        DayZone::Unknown => last.min(over_everywhere(now)),
    };
    let days = dense(series, last);
    let visits: Vec<Option<f64>> = days.iter().map(|(_, day)| day.map(|day| day.visits as f64)).collect();
    let end = visits.len();
    let usual = Baseline::before(&visits, end);
    let episode = watch::episodes(&visits).pop().filter(|episode| episode.over.is_none());
    let baseline = episode.as_ref().map(|episode| &episode.baseline).or(usual.as_ref());
    let judgement = match (&episode, &usual) {
        (Some(episode), _) => Judgement::Dropped {
            since: days[episode.since].0,
            days: episode.length,
            found: episode.sum.found as u64,
            expected: episode.sum.expected,
            probability: episode.sum.probability,
        },
        (None, None) => Judgement::TooShort { days: visits.iter().flatten().count() },
        (None, Some(usual)) if usual.patience().is_none() => Judgement::TooLittle,
        (None, Some(_)) => doubled(&days, &visits, series.unit).unwrap_or(Judgement::Steady),
    };
    let expected = |index: usize| match &episode {
        Some(episode) if index >= episode.since => Some(episode.baseline.expected(index)),
        _ => Baseline::before(&visits, index).map(|baseline| baseline.expected(index)),
    };
    let points = days.iter().enumerate().map(|(index, (day, known))| Point {
        day: *day,
        visits: known.map(|known| known.visits),
        expected: expected(index),
    });
    let first = days.first().map(|(day, _)| *day);
    Trend {
        unit: series.unit,
        points: points.collect(),
        judgement,
        rate: baseline.map(Baseline::rate),
        spread: baseline.map_or(0.0, Baseline::spread),
        week: week(&visits, baseline),
        four_weeks: four_weeks(&visits),
        views_per_visit: views_per_visit(&days),
        sections: series.paths.as_ref().map(sections::shares).unwrap_or_default(),
        marks: marks.into_iter().filter(|mark| first.is_some_and(|first| mark.day >= first)).collect(),
        remarks: series.remarks.clone(),
    }
}

/// Returns every day from the first one with a visit on, in order; a missing one is 0 only where the vendor leaves such days out.
fn dense(series: &Series, last: Date) -> Vec<(Date, Option<Day>)> {
    let Some(first) = series.days.iter().find(|(_, day)| day.visits > 0).map(|(date, _)| *date) else {
        return Vec::new();
    };
    let missing = series.omits_empty_days.then(Day::default);
    first
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= last)
        .map(|date| (date, series.days.get(&date).copied().or(missing)))
        .collect()
}

fn week(visits: &[Option<f64>], baseline: Option<&Baseline>) -> Option<(u64, f64)> {
    let window = watch::window(visits, visits.len().checked_sub(1)?, 7)?;
    let sum = baseline?.judge(window);
    Some((sum.found as u64, sum.expected))
}

/// Compares four weeks with the four before, by the days that are known.
fn four_weeks(visits: &[Option<f64>]) -> Option<f64> {
    let start = visits.len().checked_sub(56)?;
    let mean = |days: &[Option<f64>]| {
        let known: Vec<f64> = days.iter().flatten().copied().collect();
        (known.len() >= 21).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let (before, now) = (mean(&visits[start..start + 28])?, mean(&visits[start + 28..])?);
    (before > 0.0).then(|| now / before - 1.0)
}

/// Returns page views for a visit: before the last week, and in it; nothing where too few visits tell it.
fn views_per_visit(days: &[(Date, Option<Day>)]) -> Option<(f64, f64)> {
    let cut = days.len().checked_sub(7)?;
    let ratio = |days: &[(Date, Option<Day>)]| {
        let (mut views, mut visits) = (0, 0);
        for day in days.iter().filter_map(|(_, day)| *day) {
            views += day.views?;
            visits += day.visits;
        }
        (visits >= 50).then(|| views as f64 / visits as f64)
    };
    Some((ratio(&days[cut.saturating_sub(DAYS)..cut])?, ratio(&days[cut..])?))
}

/// Returns that everything counts twice, if it looks like that: page views for a visit have doubled, or visits have in one step
/// that has lasted for a week.
fn doubled(days: &[(Date, Option<Day>)], visits: &[Option<f64>], unit: &'static str) -> Option<Judgement> {
    if let Some((before, now)) = views_per_visit(days)
        && before > 0.0
        && TWICE.contains(&(now / before))
    {
        return Some(Judgement::Doubled { since: None, what: "page views", ratio: now / before });
    }
    (7..=28).find_map(|length| {
        let start = visits.len().checked_sub(length)?;
        let baseline = Baseline::before(visits, start)?;
        let sum = baseline.judge(watch::window(visits, visits.len() - 1, length)?);
        // The week before the step was as usual, or it is none.
        let before = baseline.judge(watch::window(visits, start.checked_sub(1)?, 7)?);
        let of_day = |day: usize| Some(visits[day]? / baseline.expected(day).max(0.1));
        let ratios: Vec<f64> = (start..visits.len()).filter_map(of_day).collect();
        let high = ratios.iter().filter(|ratio| **ratio > 1.3).count();
        let ratio = sum.found / sum.expected.max(0.1);
        let is_step = sum.expected >= 20.0
            && TWICE.contains(&ratio)
            && (1.5..=2.7).contains(&median(ratios.clone())?)
            && high * 3 >= length * 2
            && ratios[0] > 1.3
            && before.found < 1.4 * before.expected;
        is_step.then_some(Judgement::Doubled { since: Some(days[start].0), what: unit, ratio })
    })
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
