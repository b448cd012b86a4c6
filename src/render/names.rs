//! Owns how months and days are called in other languages than English, for the `date` filter.
//!
//! Gives [`spelled`]. The names are a table of the Unicode CLDR in `names.tsv`; a language that is not in it keeps English
//! names. Refuses nothing: what is no name in a format is `strftime`'s matter.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Zoned;

/// The table, a language a line.
const NAMES: &str = include_str!("names.tsv");

/// The lines of the table by their language. A page asks for a row with each date that it shows.
static ROWS: LazyLock<HashMap<&str, [&str; 5]>> = LazyLock::new(|| {
    let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(columns).map(|columns| (columns[0], columns)).collect()
});

/// Returns a format in which the names that a date has in a language stand already; the rest is left to `strftime`.
pub(crate) fn spelled<'f>(format: &'f str, date: &Zoned, language: &str) -> Cow<'f, str> {
    let Some(row) = row(language).filter(|_| format.contains('%')) else { return Cow::Borrowed(format) };
    let month = usize::try_from(date.month() - 1).unwrap_or_default();
    let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
    let mut text = String::with_capacity(format.len() + 16);
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let directive = characters.next();
        let name = match directive {
            Some('B') => name(row[1], month),
            Some('b' | 'h') => name(row[2], month),
            Some('A') => name(row[3], day),
            Some('a') => name(row[4], day),
            _ => None,
        };
        match name {
            Some(name) => text.push_str(name),
            None => text.extend(std::iter::once('%').chain(directive)),
        }
    }
    Cow::Owned(text)
}

fn name(names: &'static str, place: usize) -> Option<&'static str> {
    names.split(' ').nth(place)
}

/// Returns the line of a language: `nl` for `nl-BE`, too.
fn row(language: &str) -> Option<[&'static str; 5]> {
    let primary = language.split('-').next().unwrap_or_default();
    // Norwegian without a form is Bokmål.
    let wanted = if primary.eq_ignore_ascii_case("no") { "nb" } else { primary };
    ROWS.get(wanted).or_else(|| ROWS.get(wanted.to_ascii_lowercase().as_str())).copied()
}

fn columns(line: &'static str) -> Option<[&'static str; 5]> {
    line.split('\t').collect::<Vec<_>>().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_have_the_names_of_the_language() {
        let date: Zoned = "2026-11-05T09:00:00+01:00[Europe/Brussels]".parse().unwrap();
        for (language, expected) in [
            ("en", "%A %-d %B %Y, %b"),
            ("de", "Donnerstag %-d November %Y, Nov."),
            ("fr", "jeudi %-d novembre %Y, nov."),
            ("nl-BE", "donderdag %-d november %Y, nov"),
            ("es", "jueves %-d noviembre %Y, nov"),
            ("zz", "%A %-d %B %Y, %b"),
        ] {
            assert_eq!(spelled("%A %-d %B %Y, %b", &date, language), expected, "{language}");
        }
        assert_eq!(spelled("100%% %", &date, "fr"), "100%% %");
    }

    #[test]
    fn each_language_has_twelve_months_and_seven_days() {
        for line in NAMES.lines().filter(|line| !line.starts_with('#')) {
            let columns = columns(line).unwrap_or_else(|| panic!("{line}"));
            for (names, count) in columns[1..].iter().zip([12, 12, 7, 7]) {
                assert_eq!(names.split(' ').count(), count, "{line}");
                assert!(!names.contains('%'), "{line}");
            }
        }
    }
}
