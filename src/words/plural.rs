//! Owns which form of a phrase goes with a number: the cardinal rules of the Unicode CLDR for whole numbers
//! (<https://cldr.unicode.org/index/cldr-spec/plural-rules>, table of CLDR 48). To add a language: its tag in the row of
//! its rule. A language without a row has `one` for 1, and `other`.

/// The names of forms.
pub const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Languages that have the same form for every number.
const NONE: &[&str] = &[
    "bm", "bo", "dz", "hnj", "id", "ig", "ii", "ja", "jbo", "jv", "kde", "kea", "km", "ko", "lkt", "lo", "ms", "my",
    "nqo", "osa", "sah", "ses", "sg", "su", "th", "to", "tpi", "vi", "wo", "yo", "yue", "zh",
];
/// Languages in which 0 goes with 1.
const ZERO_IS_ONE: &[&str] = &[
    "ak", "am", "as", "bho", "bn", "doi", "fa", "ff", "gu", "guw", "hi", "hy", "kab", "kn", "ln", "mg", "nso", "pa",
    "pcm", "ti", "wa", "zu",
];

/// Returns the name of the form that a number has in a language.
pub fn form(language: &str, n: u64) -> &'static str {
    let language = language.to_ascii_lowercase();
    let primary = language.split('-').next().unwrap_or_default();
    let (ten, hundred) = (n % 10, n % 100);
    let one = n == 1;
    let million = n != 0 && n.is_multiple_of(1_000_000);
    let pick =
        |rules: &[(bool, &'static str)]| rules.iter().find(|(holds, _)| *holds).map_or("other", |(_, name)| *name);
    match primary {
        _ if NONE.contains(&primary) => "other",
        _ if ZERO_IS_ONE.contains(&primary) => pick(&[(n <= 1, "one")]),
        "fr" => pick(&[(n <= 1, "one"), (million, "many")]),
        "pt" if language.starts_with("pt-pt") => pick(&[(one, "one"), (million, "many")]),
        "pt" => pick(&[(n <= 1, "one"), (million, "many")]),
        "ca" | "es" | "it" | "lld" | "scn" | "vec" => pick(&[(one, "one"), (million, "many")]),
        "be" | "ru" | "uk" => pick(&[
            (ten == 1 && hundred != 11, "one"),
            ((2..=4).contains(&ten) && !(12..=14).contains(&hundred), "few"),
            (true, "many"),
        ]),
        "pl" => pick(&[(one, "one"), ((2..=4).contains(&ten) && !(12..=14).contains(&hundred), "few"), (true, "many")]),
        "bs" | "hr" | "sh" | "sr" => pick(&[
            (ten == 1 && hundred != 11, "one"),
            ((2..=4).contains(&ten) && !(12..=14).contains(&hundred), "few"),
        ]),
        "cs" | "sk" => pick(&[(one, "one"), ((2..=4).contains(&n), "few")]),
        "dsb" | "hsb" | "sl" => {
            pick(&[(hundred == 1, "one"), (hundred == 2, "two"), ((3..=4).contains(&hundred), "few")])
        }
        "lt" => pick(&[
            (ten == 1 && !(11..=19).contains(&hundred), "one"),
            ((2..=9).contains(&ten) && !(11..=19).contains(&hundred), "few"),
        ]),
        "lv" | "prg" => pick(&[(ten == 0 || (11..=19).contains(&hundred), "zero"), (ten == 1 && hundred != 11, "one")]),
        "mo" | "ro" => pick(&[(one, "one"), (n == 0 || (1..=19).contains(&hundred), "few")]),
        "is" | "mk" => pick(&[(ten == 1 && hundred != 11, "one")]),
        "ceb" | "fil" | "tl" => pick(&[(!matches!(ten, 4 | 6 | 9), "one")]),
        "ar" | "ars" => pick(&[
            (n == 0, "zero"),
            (one, "one"),
            (n == 2, "two"),
            ((3..=10).contains(&hundred), "few"),
            ((11..=99).contains(&hundred), "many"),
        ]),
        "he" | "iw" | "iu" | "naq" | "sat" | "se" | "sma" | "smj" | "smn" | "sms" => {
            pick(&[(one, "one"), (n == 2, "two")])
        }
        "mt" => pick(&[
            (one, "one"),
            (n == 2, "two"),
            (n == 0 || (3..=10).contains(&hundred), "few"),
            ((11..=19).contains(&hundred), "many"),
        ]),
        "ga" => pick(&[(one, "one"), (n == 2, "two"), ((3..=6).contains(&n), "few"), ((7..=10).contains(&n), "many")]),
        "gd" => pick(&[
            (matches!(n, 1 | 11), "one"),
            (matches!(n, 2 | 12), "two"),
            ((3..=10).contains(&n) || (13..=19).contains(&n), "few"),
        ]),
        "cy" => pick(&[(n == 0, "zero"), (one, "one"), (n == 2, "two"), (n == 3, "few"), (n == 6, "many")]),
        "br" => pick(&[
            (ten == 1 && !matches!(hundred, 11 | 71 | 91), "one"),
            (ten == 2 && !matches!(hundred, 12 | 72 | 92), "two"),
            (matches!(ten, 3 | 4 | 9) && !matches!(hundred / 10, 1 | 7 | 9), "few"),
            (million, "many"),
        ]),
        _ => pick(&[(one, "one")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_forms_of_the_table() {
        // The samples that the table of CLDR prints beside its rules.
        for (language, samples) in [
            ("en", &[(0, "other"), (1, "one"), (2, "other"), (21, "other")][..]),
            ("de-CH", &[(0, "other"), (1, "one"), (2, "other")]),
            ("fr", &[(0, "one"), (1, "one"), (2, "other"), (1_000_000, "many")]),
            ("pt", &[(0, "one"), (2, "other")]),
            ("pt-PT", &[(0, "other"), (1, "one")]),
            ("es", &[(0, "other"), (1, "one"), (1_000_000, "many")]),
            ("ja", &[(1, "other"), (2, "other")]),
            (
                "ru",
                &[
                    (0, "many"),
                    (1, "one"),
                    (2, "few"),
                    (5, "many"),
                    (11, "many"),
                    (12, "many"),
                    (21, "one"),
                    (22, "few"),
                    (111, "many"),
                ],
            ),
            ("pl", &[(0, "many"), (1, "one"), (2, "few"), (5, "many"), (12, "many"), (21, "many"), (22, "few")]),
            ("hr", &[(1, "one"), (2, "few"), (5, "other"), (11, "other"), (21, "one")]),
            ("cs", &[(0, "other"), (1, "one"), (4, "few"), (5, "other")]),
            ("sl", &[(1, "one"), (2, "two"), (3, "few"), (5, "other"), (101, "one"), (104, "few")]),
            ("lt", &[(0, "other"), (1, "one"), (2, "few"), (11, "other"), (21, "one")]),
            ("lv", &[(0, "zero"), (1, "one"), (10, "zero"), (11, "zero"), (21, "one"), (22, "other")]),
            ("ro", &[(0, "few"), (1, "one"), (19, "few"), (20, "other"), (101, "few")]),
            ("ar", &[(0, "zero"), (1, "one"), (2, "two"), (3, "few"), (11, "many"), (100, "other"), (103, "few")]),
            ("he", &[(1, "one"), (2, "two"), (3, "other")]),
            ("ga", &[(1, "one"), (2, "two"), (3, "few"), (7, "many"), (11, "other")]),
            ("cy", &[(0, "zero"), (3, "few"), (6, "many"), (4, "other")]),
            ("gd", &[(1, "one"), (11, "one"), (12, "two"), (13, "few"), (20, "other")]),
            ("mt", &[(0, "few"), (1, "one"), (2, "two"), (11, "many"), (20, "other"), (102, "other"), (103, "few")]),
            ("is", &[(1, "one"), (11, "other"), (21, "one")]),
            ("tl", &[(0, "one"), (4, "other"), (5, "one"), (14, "other")]),
            ("br", &[(1, "one"), (2, "two"), (3, "few"), (5, "other"), (71, "other"), (1_000_000, "many")]),
        ] {
            for (number, wanted) in samples {
                assert_eq!(form(language, *number), *wanted, "{number} in {language}");
            }
        }
    }
}
