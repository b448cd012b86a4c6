//! Makes the part of an address that stands for a name.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Returns a name as one part of an address: letters and digits of any script, lower-cased and composed, with `-` for
/// everything between them. Empty if nothing is left.
pub fn slugify(name: &str) -> String {
    match name.is_ascii() {
        // Lower-casing and composing would change nothing else, and cost most of the time.
        true => joined(name.chars().map(|letter| letter.to_ascii_lowercase()), name.len()),
        false => joined(name.nfc().flat_map(char::to_lowercase).nfc(), name.len()),
    }
}

fn joined(letters: impl Iterator<Item = char>, size: usize) -> String {
    let mut slug = String::with_capacity(size);
    let mut pending = false;
    for letter in letters {
        let after_letter = !pending && !slug.is_empty();
        match letter {
            // Apostrophes and invisible joiners stand within words, not between them.
            '\'' | '’' | '\u{200c}' | '\u{200d}' | '\u{ad}' => {}
            // C++ and C# are not C.
            '+' if after_letter => slug.push('+'),
            '#' if after_letter => slug.push_str("-sharp"),
            _ if letter.is_alphanumeric() || letter == '_' || (is_combining_mark(letter) && after_letter) => {
                if pending && !slug.is_empty() {
                    slug.push('-');
                }
                pending = false;
                slug.push(letter);
            }
            _ => pending = true,
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_part_of_an_address() {
        for (name, slug) in [
            ("Hello, World!", "hello-world"),
            ("  --a  b--  ", "a-b"),
            ("Café", "café"),
            ("Cafe\u{301}", "café"),
            ("ÎLE", "île"),
            ("日本語の記事", "日本語の記事"),
            ("हिन्दी", "हिन्दी"),
            ("ไทย น้ำ", "ไทย-น้ำ"),
            ("what’s new", "whats-new"),
            ("C++", "c++"),
            ("C#", "c-sharp"),
            ("a + b", "a-b"),
            ("#hash", "hash"),
            ("snake_case", "snake_case"),
            ("v1.0/../etc", "v1-0-etc"),
            ("../..", ""),
            ("🎉", ""),
            ("♥\u{fe0f} Rust", "rust"),
        ] {
            assert_eq!(slugify(name), slug, "{name:?}");
        }
    }
}
