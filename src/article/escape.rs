//! Owns the last step before a byte of a post reaches the page: escaping.
//!
//! Gives three writers, for text, for attributes and for addresses. None lets a control character
//! or a code point that is no character through: no browser needs one, and no feed survives one.

/// How a byte is written; bytes from 0x80 on are looked at as characters where that matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Ampersand,
    Less,
    Greater,
    Quote,
    /// A tab or the like between words: a space in its place.
    Blank,
    /// Never written.
    Drop,
    /// The first byte of a character that may have to be dropped.
    Suspect,
}

/// The class of each byte. The carriage return is dropped: lines end in LF here.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        classes[byte] = Class::Drop;
        byte += 1;
    }
    classes[b'\t' as usize] = Class::Plain;
    classes[b'\n' as usize] = Class::Plain;
    classes[0x0b] = Class::Blank;
    classes[0x0c] = Class::Blank;
    classes[0x7f] = Class::Drop;
    classes[b'&' as usize] = Class::Ampersand;
    classes[b'<' as usize] = Class::Less;
    classes[b'>' as usize] = Class::Greater;
    classes[b'"' as usize] = Class::Quote;
    // C1 controls are C2 80 to C2 9F; what Unicode calls noncharacters starts with EF or F0 to F4.
    classes[0xc2] = Class::Suspect;
    classes[0xef] = Class::Suspect;
    let mut byte = 0xf0;
    while byte < 0xf5 {
        classes[byte] = Class::Suspect;
        byte += 1;
    }
    classes
};

/// Appends text between tags.
pub(super) fn push_text(out: &mut String, text: &str) {
    push(out, text, |class| match class {
        Class::Ampersand => Some("&amp;"),
        Class::Less => Some("&lt;"),
        Class::Greater => Some("&gt;"),
        _ => None,
    });
}

/// Appends the value of an attribute in double quotes.
pub(super) fn push_attribute(out: &mut String, text: &str) {
    push(out, text, |class| match class {
        Class::Ampersand => Some("&amp;"),
        Class::Less => Some("&lt;"),
        Class::Greater => Some("&gt;"),
        Class::Quote => Some("&quot;"),
        _ => None,
    });
}

/// Appends markup as it stands, but for what must never be written.
pub(super) fn push_markup(out: &mut String, text: &str) {
    push(out, text, |_| None);
}

/// Appends text, with each class written as `entity` says.
#[inline(always)]
fn push(out: &mut String, text: &str, entity: impl Fn(Class) -> Option<&'static str>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        let class = CLASSES[usize::from(bytes[at])];
        if class == Class::Plain {
            at += 1;
            continue;
        }
        let (length, instead) = match class {
            Class::Drop => (1, Some("")),
            Class::Blank => (1, Some(" ")),
            Class::Suspect => match text[at..].chars().next() {
                Some(character) if is_unwritable(character) => (character.len_utf8(), Some("")),
                Some(character) => (character.len_utf8(), None),
                None => (1, None),
            },
            _ => (1, entity(class)),
        };
        if let Some(instead) = instead {
            out.push_str(&text[done..at]);
            out.push_str(instead);
            done = at + length;
        }
        at += length;
    }
    out.push_str(&text[done..]);
}

/// Returns whether a character beyond ASCII is a control character or none at all.
fn is_unwritable(character: char) -> bool {
    let code = character as u32;
    (0x80..0xa0).contains(&code) || (0xfdd0..0xfdf0).contains(&code) || code & 0xfffe == 0xfffe
}

/// Appends an address as the value of `href` or `src`: what cannot stand in one is percent-encoded.
pub(super) fn push_href(out: &mut String, address: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for character in address.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#x27;"),
            _ if character.is_ascii_alphanumeric() || "-_.+!*(),%#@?=;:/$~".contains(character) => out.push(character),
            _ if is_unwritable(character) => {}
            _ => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    out.push('%');
                    out.push(char::from(HEX[usize::from(byte >> 4)]));
                    out.push(char::from(HEX[usize::from(byte & 15)]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut out = String::new();
        push_text(&mut out, text);
        out
    }

    #[test]
    fn markup_in_text_is_escaped() {
        assert_eq!(text("a < b && \"c\" > d"), "a &lt; b &amp;&amp; \"c\" &gt; d");
        let mut out = String::new();
        push_attribute(&mut out, "\"<&>\"");
        assert_eq!(out, "&quot;&lt;&amp;&gt;&quot;");
    }

    #[test]
    fn control_characters_never_come_out() {
        let all: String = ('\0'..='\u{ff}').chain(['\u{fdd0}', '\u{fffe}', '\u{1ffff}', '\u{10ffff}']).collect();
        for out in [text(&all), {
            let mut out = String::new();
            push_markup(&mut out, &all);
            out
        }] {
            assert!(!out.chars().any(|c| (c.is_control() && !"\t\n".contains(c)) || is_unwritable(c)), "{out:?}");
            assert!(out.contains("¡") && out.contains('ÿ'));
        }
        assert_eq!(text("é\u{feff}🚀日本"), "é\u{feff}🚀日本");
        assert_eq!(text("a\u{c}b"), "a b");
    }

    #[test]
    fn an_address_has_only_what_an_address_may_have() {
        let mut out = String::new();
        push_href(&mut out, "/a b/ü?x=1&y=\"'<[\u{1}");
        assert_eq!(out, "/a%20b/%C3%BC?x=1&amp;y=%22&#x27;%3C%5B%01");
    }
}
