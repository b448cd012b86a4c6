//! Owns what text is made of for people: how many words it has, and the id that a title becomes.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::config::HeadingIds;

/// Counts words in pieces of text that may end in the middle of one.
#[derive(Debug, Default)]
pub(super) struct WordCount {
    count: usize,
    /// Whether a word is open that has been counted.
    open: bool,
}

/// A byte that begins a word, or goes on with it.
const LETTER: u8 = 1;
/// A byte within which a word may go on.
const WITHIN: u8 = 2;

/// What each byte of ASCII is to a counter of words: a post has thousands of them, and every one is looked at.
const CLASSES: [u8; 128] = {
    let mut classes = [WITHIN; 128];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        if character.is_ascii_alphanumeric() {
            classes[byte] = LETTER | WITHIN;
        } else if character.is_ascii_whitespace() {
            classes[byte] = 0;
        }
        byte += 1;
    }
    classes
};

impl WordCount {
    /// Returns how many words there were.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Says that what follows is another word.
    pub(super) fn end_word(&mut self) {
        self.open = false;
    }

    /// Counts the words of a piece. What has no letter or digit is none. Scripts that set no spaces
    /// between words (Han, kana) count one for each character, as their readers do.
    pub(super) fn add(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let (mut count, mut open) = (self.count, u8::from(self.open));
            // Without a branch: where words end is what a processor guesses worst.
            while let Some(&class) = bytes.get(at).and_then(|byte| CLASSES.get(usize::from(*byte))) {
                let letter = class & LETTER;
                count += usize::from(letter & !open);
                open = letter | (open & (class >> 1));
                at += 1;
            }
            (self.count, self.open) = (count, open == 1);
            let Some(character) = text[at..].chars().next() else { return };
            at += character.len_utf8();
            if is_unspaced(character) {
                self.count += 1;
                self.open = false;
            } else if character.is_alphanumeric() {
                self.count += usize::from(!self.open);
                self.open = true;
            } else if character.is_whitespace() || matches!(character, '–' | '—' | '…' | '、' | '。') {
                self.open = false;
            }
        }
    }
}

/// Returns whether a character belongs to a script without spaces between words.
fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
        && character.is_alphanumeric()
}

/// Returns the id of a heading with this title. A title without a letter or digit becomes `section`.
pub(super) fn heading_id(title: &str, style: HeadingIds) -> String {
    let id = match style {
        HeadingIds::Github => github_id(title),
        HeadingIds::Zola => zola_id(title),
        HeadingIds::Kramdown => kramdown_id(title),
    };
    if id.bytes().all(|byte| byte == b'-') {
        return "section".to_owned();
    }
    id
}

/// GitHub's way: lower case, spaces as `-`, letters, digits, `-` and `_` kept in every script.
fn github_id(title: &str) -> String {
    let mut id = String::with_capacity(title.len());
    if title.is_ascii() {
        push_id(title.chars(), &mut id);
    } else {
        // Composed, so that a link typed on another keyboard still finds it.
        push_id(title.nfc().flat_map(char::to_lowercase).nfc(), &mut id);
    }
    id
}

/// Zola's way, with its default `anchors = "on"`: written in ASCII, and what is no letter or digit as one `-`.
fn zola_id(title: &str) -> String {
    let mut id = String::with_capacity(title.len());
    for character in title.chars() {
        for byte in deunicode::deunicode_char(character).unwrap_or("-").bytes() {
            if byte.is_ascii_alphanumeric() {
                id.push(byte.to_ascii_lowercase().into());
            } else if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
        }
    }
    id.truncate(id.trim_end_matches('-').len());
    id
}

/// Kramdown's way (`basic_generate_id`): nothing before the first ASCII letter; then ASCII letters, digits, `-`, and
/// spaces as `-`.
fn kramdown_id(title: &str) -> String {
    let from_letter = title.trim_start_matches(|character: char| !character.is_ascii_alphabetic());
    let kept =
        from_letter.chars().filter(|character| character.is_ascii_alphanumeric() || matches!(character, ' ' | '-'));
    kept.map(|character| if character == ' ' { '-' } else { character.to_ascii_lowercase() }).collect()
}

/// Appends what of these characters belongs into an id.
fn push_id(characters: impl Iterator<Item = char>, id: &mut String) {
    for character in characters {
        match character {
            ' ' => id.push('-'),
            '-' | '_' => id.push(character),
            _ if character.is_ascii() && !character.is_ascii_alphanumeric() => {}
            _ if character.is_ascii() => id.push(character.to_ascii_lowercase()),
            _ if character.is_alphanumeric() || is_combining_mark(character) => id.push(character),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> usize {
        let mut words = WordCount::default();
        words.add(text);
        words.count()
    }

    #[test]
    fn words_are_what_a_reader_would_count() {
        for (text, count) in [
            ("", 0),
            ("one", 1),
            ("don't -- stop, now", 3),
            ("a — b", 2),
            ("so—what", 2),
            ("3.14 is π", 3),
            ("日本語。", 3),
            ("東京 in 2026", 4),
            ("한국어 글", 2),
            ("Ελλάδα Привет", 2),
        ] {
            assert_eq!(words(text), count, "{text}");
        }
    }

    #[test]
    fn a_word_may_come_in_pieces() {
        let mut words = WordCount::default();
        words.add("half");
        words.add("way there");
        words.end_word();
        words.add("now");
        assert_eq!(words.count(), 3);
    }

    #[test]
    fn an_id_does_not_depend_on_how_accents_are_encoded() {
        assert_eq!(github_id("Caf\u{e9}"), github_id("Cafe\u{301}"));
        assert_eq!(github_id("हिन्दी"), "हिन्दी");
    }
}
