//! Reads a date as people write it: RFC 3339, local date-time, plain date, and Jekyll's form.

use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

/// Parses a date. One with an offset keeps it, so that the day is the one that was written; one
/// without is read in `timezone`.
pub fn parse_date(text: &str, timezone: &TimeZone) -> Result<Zoned, String> {
    let text = text.trim();
    let day_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let date = parse_day(&text[..day_end])?;
    let rest = text[day_end..].trim_start_matches(['T', 't', ' ']);
    if rest.is_empty() {
        return zoned(date.to_datetime(Time::midnight()), timezone);
    }
    let clock_end =
        rest.find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, ':' | '.'))).unwrap_or(rest.len());
    let time = parse_clock(&rest[..clock_end])?;
    let datetime = date.to_datetime(time);
    match rest[clock_end..].trim() {
        "" => zoned(datetime, timezone),
        "Z" | "z" | "UTC" | "GMT" => zoned(datetime, &TimeZone::UTC),
        offset => zoned(datetime, &TimeZone::fixed(parse_offset(offset)?)),
    }
}

fn zoned(datetime: DateTime, timezone: &TimeZone) -> Result<Zoned, String> {
    datetime.to_zoned(timezone.clone()).map_err(|_| "it lies outside of the years that can be computed with".to_owned())
}

fn parse_day(text: &str) -> Result<Date, String> {
    let refuse = || format!("`{text}` is no day of the form `2026-11-22`");
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(refuse());
    };
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return Err(refuse());
    }
    let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day)) else {
        return Err(refuse());
    };
    // Both have at most two digits.
    Date::new(year, month as i8, day as i8).map_err(|_| format!("there is no day `{text}`"))
}

fn parse_clock(text: &str) -> Result<Time, String> {
    let refuse = || format!("`{text}` is no time of the form `18:30` or `18:30:00`");
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), second, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(refuse());
    };
    let two = |part: &str| if (1..=2).contains(&part.len()) { number(part) } else { None };
    let (Some(hour), Some(minute), Some(second)) = (two(hour), two(minute), two(second.unwrap_or("0"))) else {
        return Err(refuse());
    };
    let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds = nanoseconds.parse().map_err(|_| refuse())?;
    // A leap second is read as the last one that clocks know.
    let second = if second == 60 { 59 } else { second };
    Time::new(hour as i8, minute as i8, second as i8, nanoseconds).map_err(|_| refuse())
}

fn parse_offset(text: &str) -> Result<Offset, String> {
    let refuse = || format!("`{text}` is no offset of the form `+01:00`");
    let (sign, rest) = match text.as_bytes() {
        [b'+', ..] => (1, &text[1..]),
        [b'-', ..] => (-1, &text[1..]),
        _ => return Err(refuse()),
    };
    let digits = rest.replace(':', "");
    if !digits.is_ascii() {
        return Err(refuse());
    }
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits), Some(0)),
        4 => (number(&digits[..2]), number(&digits[2..])),
        _ => return Err(refuse()),
    };
    let (Some(hours), Some(minutes)) = (hours, minutes) else { return Err(refuse()) };
    if minutes > 59 {
        return Err(refuse());
    }
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).map_err(|_| refuse())
}

/// Reads a number that is made of ASCII digits alone.
fn number(text: &str) -> Option<i16> {
    if text.is_ascii() && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::timezone;

    #[test]
    fn a_date_without_a_zone_is_read_in_the_sites() {
        let brussels = timezone("Europe/Brussels").unwrap();
        for (text, expected) in [
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-07-01T08:05", "2026-07-01T06:05:00Z"),
            ("2026-07-01 08:05:09.5", "2026-07-01T06:05:09.5Z"),
            ("2026-07-01T08:05:09Z", "2026-07-01T08:05:09Z"),
            ("2026-7-1 08:05:09 -0230", "2026-07-01T10:35:09Z"),
            ("2026-07-01T08:05:09+05:45", "2026-07-01T02:20:09Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(parse_date(text, &brussels).unwrap().timestamp().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_date_with_an_offset_keeps_the_day_that_was_written() {
        let date = parse_date("2026-01-01T00:30:00+09:00", &TimeZone::UTC).unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (2026, 1, 1));
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_read_as_the_one_after() {
        let brussels = timezone("Europe/Brussels").unwrap();
        let date = parse_date("2026-03-29T02:30:00", &brussels).unwrap();
        assert_eq!(date.timestamp().to_string(), "2026-03-29T01:30:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-13-01",
            "26-01-01",
            "2026-01-01T25:00",
            "2026-01-01 9",
            "2026-01-01T10:00:00+1",
            "2026-01-01T10:00:00+a€",
            "2026-01-01T10:00:00 CET",
            "2026-01-01T10:00:00+99:00",
            "２０２６-01-01",
            "2026-01-01-02",
        ] {
            assert!(parse_date(text, &TimeZone::UTC).is_err(), "{text:?} was taken");
        }
    }
}
