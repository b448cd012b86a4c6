//! Owns what a trend says: to people in a few aligned lines with a sparkline, to programs as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Judgement, LONGEST, Point, Trend};

/// The name of an outcome, in JSON and at the start of its line.
fn name(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Steady => "steady",
        Judgement::Dropped { .. } => "dropped",
        Judgement::Doubled { .. } => "doubled",
        Judgement::TooLittle => "too-little-traffic",
        Judgement::TooShort { .. } => "too-little-history",
    }
}

/// Says what a trend comes to, in a sentence.
pub(super) fn sentence(trend: &Trend) -> String {
    let unit = trend.unit;
    let last = trend.points.last().map(|point| point.day.to_string()).unwrap_or_default();
    match &trend.judgement {
        Judgement::Steady => format!("as many {unit} as usual, to {last}"),
        Judgement::Dropped { days, found, expected, probability, .. } => {
            let span = if *days == 1 { "a day".to_owned() } else { format!("{days} days") };
            format!(
                "{} {unit} in {span}, where {} were expected; {}",
                grouped(*found),
                whole(*expected),
                chance(*probability)
            )
        }
        Judgement::Doubled { what: "page views", ratio, .. } => {
            format!(
                "{ratio:.1} times as many page views for each of the {unit} as before: each seems to be counted twice"
            )
        }
        Judgement::Doubled { what, ratio, .. } => {
            format!(
                "{ratio:.1} times as many {what} as usual, in one step: twice as many come, or each is counted twice"
            )
        }
        Judgement::TooLittle => format!(
            "too little traffic to judge: at {} {unit} a day, even {LONGEST} silent days may be chance",
            rate(trend.rate.unwrap_or_default())
        ),
        Judgement::TooShort { days } => {
            format!(
                "too little history to judge: {} told, and 4 weeks before the days to be judged are needed",
                counted(*days, "day")
            )
        }
    }
}

/// Says how likely so few are.
fn chance(probability: f64) -> String {
    let times = (1.0 / probability.max(1e-12)).log10().floor() as u32;
    match times {
        12.. => "chance never does that".to_owned(),
        _ => format!("chance does that less than once in {}", grouped(10_u64.pow(times))),
    }
}

/// Says what to do, if somebody should look.
pub(super) fn advice(trend: &Trend) -> Option<String> {
    Some(match (&trend.judgement, trend.cause()) {
        (Judgement::Dropped { .. } | Judgement::Doubled { .. }, Some(mark)) => {
            format!("look at what that deployment changed ({}), then run `blog check --read-back`", mark.what)
        }
        (Judgement::Dropped { .. }, None) => {
            "run `blog check --read-back`: it tells whether hits are still stored; if they are, look at who visits"
                .to_owned()
        }
        (Judgement::Doubled { .. }, None) => {
            "look whether a page has the snippet twice (`blog check`), or a tag manager or plugin adds a second one"
                .to_owned()
        }
        _ => return None,
    })
}

/// Says since when, and what was done then.
pub(super) fn since(trend: &Trend) -> Option<String> {
    let day = match &trend.judgement {
        Judgement::Dropped { since, .. } => *since,
        Judgement::Doubled { since, .. } => (*since)?,
        _ => return None,
    };
    Some(match trend.cause() {
        Some(mark) if mark.day == day => format!("{day}, the day of {}", mark.what),
        Some(mark) => format!("{day}, after {} on {}", mark.what, mark.day),
        None => format!("{day}; no deployment from this folder is remembered near that day"),
    })
}

pub(super) fn human(trend: &Trend, columns: usize) -> String {
    let mut lines = String::new();
    let mut row = |name: &str, text: &str| {
        // Writing to a string cannot fail.
        let mut head = name;
        for line in folded(text, columns.saturating_sub(14).max(30)) {
            let _ = writeln!(lines, "  {head:<11} {line}");
            head = "";
        }
    };
    row(name(&trend.judgement), &sentence(trend));
    if let Some(since) = since(trend) {
        row("since", &since);
    }
    if let Some(advice) = advice(trend) {
        row("do", &advice);
    }
    let width = columns.saturating_sub(14).clamp(20, 120);
    let shown = &trend.points[trend.points.len().saturating_sub(width)..];
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        row("", &sparkline(shown));
        let most = shown.iter().filter_map(|point| point.visits).max().unwrap_or_default();
        row("", &format!("{} to {}; the tallest bar is {} {}", first.day, last.day, grouped(most), trend.unit));
    }
    if let Some(usual) = trend.rate {
        row(
            "usual",
            &format!(
                "{} {} a day; usual days vary by {} beyond chance",
                rate(usual),
                trend.unit,
                percent(trend.spread)
            ),
        );
    }
    if let Some((found, expected)) = trend.week {
        let change = if expected > 0.0 { signed(found as f64 / expected - 1.0) } else { "none expected".to_owned() };
        row("7 days", &format!("{} {}, {} expected ({change})", grouped(found), trend.unit, whole(expected)));
    }
    if let Some(change) = trend.four_weeks {
        row("28 days", &format!("{} against the 28 before; shown, never alarmed", signed(change)));
    }
    if let Some((before, now)) = trend.views_per_visit {
        row("views", &format!("{now:.2} page views for each of the {}, {before:.2} before", trend.unit));
    }
    if !trend.sections.is_empty() {
        let shares = trend.sections.iter().map(|share| {
            let section = share.section.chars().filter(|letter| !letter.is_control()).collect::<String>();
            format!("{section} {} (was {})", percent(share.now), percent(share.before))
        });
        row("sections", &shares.collect::<Vec<_>>().join(", "));
    }
    for mark in trend.marks.iter().rev().take(5) {
        row("", &format!("{}  {}", mark.day, mark.what));
    }
    for remark in &trend.remarks {
        row("note", remark);
    }
    lines
}

/// Draws the days as bars of eight heights: `_` is a day without a visit, a blank one that is not known.
pub(super) fn sparkline(points: &[Point]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = points.iter().filter_map(|point| point.visits).max().unwrap_or_default().max(1);
    let bar = |point: &Point| match point.visits {
        None => '\u{a0}',
        Some(0) => '_',
        Some(visits) => BARS[((visits * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
    };
    points.iter().map(bar).collect()
}

pub(super) fn json(trend: &Trend) -> Value {
    let judgement = match &trend.judgement {
        Judgement::Dropped { since, days, found, expected, probability } => json!({
            "since": since, "judged_days": days, "found": found, "expected": tenth(*expected), "probability": probability,
        }),
        Judgement::Doubled { since, what, ratio } => json!({ "since": since, "what": what, "ratio": tenth(*ratio) }),
        _ => json!({}),
    };
    let mut value = json!({
        "outcome": name(&trend.judgement),
        "alarm": trend.alarms(),
        "message": sentence(trend),
        "unit": trend.unit,
        "usual_per_day": trend.rate.map(tenth),
        "spread": (trend.spread * 100.0).round() / 100.0,
        "week": trend.week.map(|(found, expected)| json!({ "found": found, "expected": tenth(expected) })),
        "four_weeks": trend.four_weeks.map(|change| (change * 1_000.0).round() / 1_000.0),
        "views_per_visit": trend.views_per_visit.map(|(before, now)| json!({ "before": before, "now": now })),
        "sections": trend.sections.iter().map(|share| {
            json!({ "section": share.section, "before": share.before, "now": share.now })
        }).collect::<Vec<_>>(),
        "marks": trend.marks.iter().map(|mark| json!({ "day": mark.day, "what": mark.what })).collect::<Vec<_>>(),
        "days": trend.points.iter().map(|point| {
            json!({ "day": point.day, "visits": point.visits, "expected": point.expected.map(tenth) })
        }).collect::<Vec<_>>(),
        "remarks": trend.remarks,
    });
    if let (Some(value), Some(more)) = (value.as_object_mut(), judgement.as_object()) {
        value.extend(more.clone());
        if let Some(mark) = trend.cause() {
            value.insert("cause".to_owned(), json!({ "day": mark.day, "what": mark.what }));
        }
    }
    value
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Writes a number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn whole(number: f64) -> String {
    grouped(number.max(0.0).round() as u64)
}

pub(super) fn rate(number: f64) -> String {
    if number < 10.0 { format!("{number:.1}") } else { whole(number) }
}

pub(super) fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

pub(super) fn signed(change: f64) -> String {
    let percent = (change * 100.0).round();
    match percent {
        number if number < 0.0 => format!("−{} %", -number),
        0.0 => "±0 %".to_owned(),
        number => format!("+{number} %"),
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Breaks a text into lines of so many characters, at its blanks.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
