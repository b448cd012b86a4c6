//! Owns the decoding of character references (`&amp;`, `&#38;`) in text that was cut out of a page.
//!
//! The names are html5ever's own table, so that both readers know the same ones.

use std::borrow::Cow;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Where a text stands: in an attribute, a name without its `;` counts only before what cannot go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Attribute,
    Text,
}

/// Returns a text with its character references decoded.
pub(super) fn decode(text: &str, place: Place) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let (clean, mut rest) = text.split_at(first);
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(clean);
    while let Some(reference) = rest.strip_prefix('&') {
        let read = match reference.strip_prefix('#') {
            Some(number) => numeric(number).map(|(character, length)| ([character, '\0'], length + 1)),
            None => named(reference, place),
        };
        match read {
            Some((characters, length)) => {
                decoded.extend(characters.into_iter().take(if characters[1] == '\0' { 1 } else { 2 }));
                rest = &reference[length..];
            }
            None => {
                decoded.push('&');
                rest = reference;
            }
        }
        let next = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        decoded.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(decoded)
}

/// Reads what stands after `&#`: the character, and how many bytes name it.
fn numeric(text: &str) -> Option<(char, usize)> {
    let (base, prefix) = if text.starts_with(['x', 'X']) { (16, 1) } else { (10, 0) };
    let digits = text[prefix..].chars().take_while(|character| character.is_digit(base));
    let mut length = prefix;
    let mut number = 0_u32;
    for digit in digits.filter_map(|character| character.to_digit(base)) {
        number = number.saturating_mul(base).saturating_add(digit);
        length += 1;
    }
    if length == prefix {
        return None;
    }
    let character = match number {
        0 => None,
        0x80..=0x9f => C1_REPLACEMENTS[number as usize - 0x80].or(char::from_u32(number)),
        _ => char::from_u32(number),
    };
    length += usize::from(text[length..].starts_with(';'));
    Some((character.unwrap_or(char::REPLACEMENT_CHARACTER), length))
}

/// Reads the longest name at the start of a text: one or two characters, and how many bytes name them.
fn named(text: &str, place: Place) -> Option<([char; 2], usize)> {
    let mut longest = None;
    for (end, character) in text.char_indices().map(|(start, character)| (start + character.len_utf8(), character)) {
        if !character.is_ascii_alphanumeric() && character != ';' {
            break;
        }
        // The table also holds the beginnings of names, with zeros.
        match NAMED_ENTITIES.get(&text[..end]) {
            None => break,
            Some((0, _)) => {}
            Some(found) => longest = Some((*found, end)),
        }
    }
    let ((first, second), length) = longest?;
    let goes_on = || {
        let next = text[length..].chars().next();
        next.is_some_and(|next| next == '=' || next.is_ascii_alphanumeric())
    };
    if place == Place::Attribute && !text[..length].ends_with(';') && goes_on() {
        return None;
    }
    Some(([char::from_u32(first)?, char::from_u32(second)?], length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_by_the_standards_steps() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a &amp; b &lt;p&gt;", "a & b <p>"),
            ("&ampx &notit; &notin; &amp", "&x ¬it; ∉ &"),
            ("&copy=1 & &; &xyz; &#; &#x;", "©=1 & &; &xyz; &#; &#x;"),
            ("&#65;&#x42&#X43;&#0;&#128;&#x110000;&#xd800;&#13;", "ABC\u{fffd}\u{20ac}\u{fffd}\u{fffd}\r"),
            ("&am&amp;&é", "&am&&é"),
            ("&NotEqualTilde;", "≂\u{338}"),
        ] {
            assert_eq!(decode(text, Place::Text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_without_its_end_is_left_alone_in_an_address() {
        assert_eq!(decode("?a=1&copy=2&copy;&copyx&copy", Place::Attribute), "?a=1&copy=2©&copyx©");
    }
}
