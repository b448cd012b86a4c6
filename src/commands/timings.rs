//! What `blog build --timings` shows: aligned tables for people, the same as data for programs.
//!
//! Stages are by the clock; everything else is added up over all threads, so that it may be more. People are shown what took
//! longest, programs everything.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use watchpost::Tally;
use watchpost::timings::{Table, Timings};

use crate::commands::build::size;
use crate::console::{counted, printable};

/// How many rows of a table people are shown.
const SHOWN: usize = 20;

/// Returns the tables for people; those without a row are left out.
pub(super) fn words(timings: &Timings, tally: &Tally) -> String {
    let mut text = String::new();
    let stages = tally.stages.iter().map(|(name, time)| {
        let count = match *name {
            "read" | "arrange" => counted(tally.texts, "text"),
            "render" | "put in place" => counted(tally.files, "file"),
            "verify" => counted(tally.pages, "page"),
            _ => String::new(),
        };
        vec![(*name).to_owned(), span(*time), count]
    });
    table(&mut text, ["stage", "time", "of"], stages.collect());
    let posts = timings.rows(Table::Posts).into_iter();
    let posts = posts.map(|(name, cost)| vec![name, span(cost.whole()), span(cost.code)]);
    table(&mut text, ["typesetting, slowest posts", "time", "of it code"], posts.collect());
    let templates = timings.rows(Table::Templates).into_iter();
    let templates = templates.map(|(name, cost)| vec![name, span(cost.time), counted(cost.count, "page")]);
    table(&mut text, ["template", "time", "pages"], templates.collect());
    let languages = timings.rows(Table::Languages).into_iter().map(|(name, cost)| {
        let blocks = counted(cost.count, "block");
        vec![name, span(cost.time), blocks, counted(cost.lines, "line"), size(cost.bytes as u64)]
    });
    table(&mut text, ["highlighting", "time", "blocks", "lines", "bytes"], languages.collect());
    let pictures = timings.rows(Table::Pictures).into_iter();
    let pictures =
        pictures.map(|(name, cost)| vec![name, span(cost.time), counted(cost.count, "file"), size(cost.bytes as u64)]);
    table(&mut text, ["image", "time", "files", "bytes"], pictures.collect());
    text.push_str("Stages are by the clock; the rest is added up over threads, each moment once.\n");
    text
}

/// Returns the same as data.
pub(super) fn data(timings: &Timings) -> Value {
    let rows = |table, row: fn(String, watchpost::timings::Cost) -> Value| {
        timings.rows(table).into_iter().map(|(name, cost)| row(name, cost)).collect::<Vec<_>>()
    };
    json!({
        "posts": rows(Table::Posts, |source, cost| json!({
            "source": source, "microseconds": micros(cost.whole()), "code_microseconds": micros(cost.code), "times": cost.count,
        })),
        "templates": rows(Table::Templates, |template, cost| json!({
            "template": template, "microseconds": micros(cost.time), "pages": cost.count,
        })),
        "languages": rows(Table::Languages, |language, cost| json!({
            "language": language, "microseconds": micros(cost.time), "blocks": cost.count, "lines": cost.lines, "bytes": cost.bytes,
        })),
        "images": rows(Table::Pictures, |source, cost| json!({
            "source": source, "microseconds": micros(cost.time), "files": cost.count, "bytes": cost.bytes,
        })),
    })
}

/// Adds one table: the first column to the left, the others to the right.
fn table<const COLUMNS: usize>(text: &mut String, head: [&str; COLUMNS], mut rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let left = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    rows.iter_mut().for_each(|row| row[0] = printable(&row[0]).to_string());
    rows.insert(0, head.map(str::to_owned).to_vec());
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in &rows {
        let mut line = format!("{:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if left > 0 {
        let _ = writeln!(text, "and {left} more; `--format json` lists all");
    }
    text.push('\n');
}

/// Returns a time for people, finer than that of a whole stage.
fn span(time: Duration) -> String {
    match time.as_secs_f64() * 1_000.0 {
        milliseconds if milliseconds < 10.0 => format!("{milliseconds:.2} ms"),
        milliseconds if milliseconds < 1_000.0 => format!("{milliseconds:.0} ms"),
        milliseconds => format!("{:.2} s", milliseconds / 1_000.0),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_heads_and_a_long_table_is_cut() {
        let mut text = String::new();
        table(&mut text, ["name", "time"], vec![vec!["a\u{1b}".into(), "1.00 ms".into()]]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].len(), lines[0].find("time").unwrap() + 4);
        assert_eq!(lines[0].chars().count(), lines[1].chars().count(), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        let mut text = String::new();
        table(&mut text, ["name", "time"], vec![vec!["a".into(), "b".into()]; SHOWN + 2]);
        assert!(text.contains("and 2 more"), "{text}");
    }

    #[test]
    fn short_times_keep_their_digits() {
        let spans = [1_234, 56_789, 1_260_000].map(|micros| span(Duration::from_micros(micros)));
        assert_eq!(spans, ["1.23 ms", "57 ms", "1.26 s"]);
    }
}
