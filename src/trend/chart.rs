//! Owns the picture of a trend: one bar a day, the line of what was expected, the days of an alarm, and a mark for
//! each deployment. Plain SVG without scripts, whose colours follow the reader's light or dark.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::words::grouped;
use super::{Judgement, Trend};

const HEIGHT: f64 = 300.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 30.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 10.0;

const STYLE: &str = "<style>\
.trend{--bar:#5b7fb5;--low:#c2410c;--line:#1f2937;--grid:#e2e5ea;--text:#4b5563;--alarm:#fde8d8;--mark:#7c3aed;font:12px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){.trend{--bar:#6f94cc;--low:#fb923c;--line:#e5e7eb;--grid:#333a45;--text:#a7b0bd;--alarm:#43291a;--mark:#c4a5fd}}\
.trend text{fill:var(--text)}.trend .bar{fill:var(--bar)}.trend .low{fill:var(--low)}.trend .grid{stroke:var(--grid)}\
.trend .alarm{fill:var(--alarm)}.trend .line{fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round}\
.trend .mark{fill:var(--mark)}.trend .since{stroke:var(--low);stroke-dasharray:3 3}</style>";

/// Draws a trend so many units wide; nothing where there is no day to draw.
pub fn chart(trend: &Trend, width: u32) -> String {
    let (Some(first), Some(last)) = (trend.points.first(), trend.points.last()) else { return String::new() };
    let width = f64::from(width);
    let slot = (width - LEFT - RIGHT) / trend.points.len() as f64;
    let most = trend.points.iter().flat_map(|point| [point.visits.map(|visits| visits as f64), point.expected]);
    let (step, top) = scale(most.flatten().fold(1.0, f64::max));
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top);
    let x = |index: usize| LEFT + slot * index as f64;
    let place = |day: Date| trend.points.iter().position(|point| point.day == day);
    let mut svg = String::new();
    let title = super::words::sentence(trend);
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<svg class=\"trend\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\" \
         aria-label=\"{} a day from {} to {}: {}\">{STYLE}",
        trend.unit,
        first.day,
        last.day,
        escaped(&title)
    );
    let since = match &trend.judgement {
        Judgement::Dropped { since, .. } => place(*since),
        Judgement::Doubled { since, .. } => since.and_then(place),
        _ => None,
    };
    if let Some(since) = since {
        let (from, height) = (x(since), HEIGHT - TOP - BOTTOM);
        let _ = write!(
            svg,
            "<rect class=\"alarm\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{height}\"/>\
             <line class=\"since\" x1=\"{from:.1}\" x2=\"{from:.1}\" y1=\"{TOP}\" y2=\"{}\"/>",
            width - RIGHT - from,
            HEIGHT - BOTTOM
        );
    }
    let mut value = 0.0;
    while value <= top * 1.001 {
        let height = y(value);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{height:.1}\" y2=\"{height:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            width - RIGHT,
            LEFT - 6.0,
            height + 4.0,
            grouped(value as u64)
        );
        value += step;
    }
    for (index, point) in trend.points.iter().enumerate() {
        let Some(visits) = point.visits else { continue };
        let class = if since.is_some_and(|since| index >= since) { "low" } else { "bar" };
        // A day without a visit is drawn, too: it is not a day that nothing is known of.
        let height = ((HEIGHT - TOP - BOTTOM) * visits as f64 / top).max(1.0);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}: {} {}</title></rect>",
            x(index) + slot * 0.1,
            HEIGHT - BOTTOM - height,
            slot * 0.8,
            point.day,
            grouped(visits),
            trend.unit
        );
    }
    let _ = write!(svg, "{}", expectation(trend, &x, slot, &y));
    months(&mut svg, trend, &x, slot);
    for mark in &trend.marks {
        let Some(index) = place(mark.day) else { continue };
        let middle = x(index) + slot / 2.0;
        let _ = write!(
            svg,
            "<path class=\"mark\" d=\"M{:.1} {} h10 l-5 8 z\"><title>{}: {}</title></path>",
            middle - 5.0,
            TOP - 12.0,
            mark.day,
            escaped(&mark.what)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Draws what was expected, as steps; days without an expectation break the line.
fn expectation(trend: &Trend, x: &dyn Fn(usize) -> f64, slot: f64, y: &dyn Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (index, point) in trend.points.iter().enumerate() {
        let Some(expected) = point.expected else {
            is_open = false;
            continue;
        };
        let letter = if is_open { 'L' } else { 'M' };
        let _ = write!(path, "{letter}{:.1} {:.1}H{:.1}", x(index), y(expected), x(index) + slot);
        is_open = true;
    }
    if path.is_empty() { path } else { format!("<path class=\"line\" d=\"{path}\"/>") }
}

/// Writes the beginnings of months, or of weeks where there are few, below the bars.
fn months(svg: &mut String, trend: &Trend, x: &dyn Fn(usize) -> f64, slot: f64) {
    let is_short = trend.points.len() < 45;
    let mut free = f64::MIN;
    for (index, point) in trend.points.iter().enumerate() {
        let starts = if is_short { index % 7 == 0 } else { point.day.day() == 1 || index == 0 };
        let at = x(index) + slot / 2.0;
        let room = x(trend.points.len()) - at;
        if !starts || at < free || room < 30.0 {
            continue;
        }
        let text = if index == 0 || is_short { point.day.strftime("%-d %b") } else { point.day.strftime("%b %Y") };
        let _ = write!(svg, "<text x=\"{at:.1}\" y=\"{}\">{text}</text>", HEIGHT - 10.0);
        free = at + 64.0;
    }
}

/// Returns the step between lines and the topmost of them: 1, 2 or 5 times a power of ten.
fn scale(most: f64) -> (f64, f64) {
    let rough = most / 4.0;
    let power = 10.0_f64.powf(rough.log10().floor()).max(1.0);
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= rough).unwrap_or(power);
    (step, (most / step).ceil() * step)
}

/// Returns a text that may stand in markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
