//! Owns the reading of a `Range` header: which bytes of a file are wanted. Safari plays no video from a server without it.
//!
//! One range is understood; several, or another unit, may be answered with the whole, and are.

/// What a `Range` header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything, or something that we answer with everything.
    Whole,
    /// This many bytes from here; at least one.
    Part {
        /// The first byte.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Bytes that the file doesn't have.
    Nothing,
}

/// Reads a header's value for a file of this length.
pub(super) fn wanted(value: &str, length: u64) -> Wanted {
    let Some(range) = value.strip_prefix("bytes=") else { return Wanted::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return Wanted::Whole;
    }
    // More digits than a number has lie beyond every file.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let (from, end) = match (first, last) {
        ("", "") => return Wanted::Whole,
        ("", last) => (length.saturating_sub(number(last)), length),
        (first, "") => (number(first), length),
        (first, last) if number(last) < number(first) => return Wanted::Whole,
        (first, last) => (number(first), number(last).saturating_add(1).min(length)),
    };
    if from < end { Wanted::Part { from, count: end - from } } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_browsers_mean_it() {
        let part = |from, count| Wanted::Part { from, count };
        for (value, expected) in [
            ("bytes=0-1", part(0, 2)),
            ("bytes=0-", part(0, 10)),
            ("bytes=9-9", part(9, 1)),
            ("bytes=3-99", part(3, 7)),
            ("bytes=-3", part(7, 3)),
            ("bytes=-99", part(0, 10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=99999999999999999999-", Wanted::Nothing),
            ("bytes=0-18446744073709551615", part(0, 10)),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=3-2", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("pages=1-2", Wanted::Whole),
        ] {
            assert_eq!(wanted(value, 10), expected, "{value}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
    }
}
