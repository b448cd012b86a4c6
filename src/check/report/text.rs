//! Owns the laying out of words: wrapping with a hanging indent, colour that only repeats what the
//! words say, and the taming of characters that would steer a terminal.

/// A colour; each is used for one meaning, which the words say as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// What is wrong.
    Red,
    /// What could not be told, or is probably wrong.
    Yellow,
    /// What holds.
    Green,
    /// What is worth knowing.
    Blue,
    /// What stands out among plain words.
    Bold,
}

/// Puts a text into a colour.
pub(super) fn paint(text: &str, colour: Colour, coloured: bool) -> String {
    let code = match colour {
        Colour::Red => "1;31",
        Colour::Yellow => "1;33",
        Colour::Green => "1;32",
        Colour::Blue => "1;34",
        Colour::Bold => "1",
    };
    if coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Breaks a text into lines of at most `width` characters; a longer word stands alone.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in tame(text).split_whitespace() {
        let count = word.chars().count();
        if length > 0 && length + 1 + count > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += count;
    }
    lines.push(line);
    lines
}

/// Returns a text without what could steer a terminal: a page may name anything it likes.
pub(super) fn tame(text: &str) -> String {
    let steers = |character: char| {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (character.is_control() && !matches!(character, '\n' | '\t')) || turns
    };
    text.chars().fold(String::with_capacity(text.len()), |mut tamed, character| {
        match steers(character) {
            true => tamed.extend(character.escape_unicode()),
            false => tamed.push(character),
        }
        tamed
    })
}

/// Returns a number with its thousands parted: `12,345`.
pub(super) fn number(number: usize) -> String {
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

/// Returns a count with its noun: `1 page`, `1,200 pages`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", number(count)) }
}

/// Returns the first few of a list and how many there are besides: `a, b and 9 more`.
pub(super) fn few(list: &[String], shown: usize) -> String {
    match list.len().saturating_sub(shown) {
        0 => list.join(", "),
        more => format!("{} and {} more", list[..shown].join(", "), number(more)),
    }
}

/// Returns a span of time in words.
pub(in crate::check) fn span(age: jiff::SignedDuration) -> String {
    let hours = age.as_hours();
    match hours {
        ..=0 => "less than an hour".to_owned(),
        1 => "1 hour".to_owned(),
        2..48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        assert_eq!(wrap("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("a verylongwordindeed b", 6), ["a", "verylongwordindeed", "b"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn a_page_cannot_steer_the_terminal() {
        assert_eq!(tame("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
    }

    #[test]
    fn numbers_and_lists_are_kept_short() {
        assert_eq!((number(7), number(12_345), number(1_000_000)), ("7".into(), "12,345".into(), "1,000,000".into()));
        let list = ["a", "b", "c"].map(str::to_owned);
        assert_eq!((few(&list, 2), few(&list, 3)), ("a, b and 1 more".to_owned(), "a, b, c".to_owned()));
    }
}
