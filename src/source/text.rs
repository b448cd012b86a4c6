//! Makes one kind of text of what editors write: UTF-8 without BOM, LF line ends, nothing that XML
//! cannot hold.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::paths::SourcePath;

/// Decodes a file; also returns a warning where something was replaced.
pub(super) fn decode(source: &SourcePath, bytes: Vec<u8>) -> Result<(Arc<str>, Option<Diagnostic>), Diagnostic> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let message = format!("`{source}` is not UTF-8: byte {at}, on line {line}, is {:#04x}", bytes[at]);
        let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let hint = if wide { "it is UTF-16: save it as UTF-8" } else { "save it as UTF-8" };
        Diagnostic::error("source/not-utf8", message).at(Place::file(source)).hint(hint)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if is_plain(text.as_bytes()) {
        return Ok((text.into(), None));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some(first) = text.find(unfit) else { return Ok((text.into(), None)) };
    let letter = text[first..].chars().next().map_or(0, u32::from);
    let count = text.matches(unfit).count();
    let text: Arc<str> = text.replace(unfit, "\u{fffd}").into();
    let others = match count {
        1 => String::new(),
        _ => format!(", and {} more", count - 1),
    };
    let message = format!("the control character U+{letter:04X} was replaced by U+FFFD{others}");
    let place = Place::span(source, &text, first..first + '\u{fffd}'.len_utf8());
    let warning = Diagnostic::warning("source/control-character", message)
        .at(place)
        .hint("take it out: neither HTML nor a feed can hold it");
    Ok((text, Some(warning)))
}

/// Returns whether nothing in a text can need a closer look: no control character but LF and tab, and no byte that
/// U+FFFE and U+FFFF begin with. Looks at whole blocks, so that it costs next to nothing.
fn is_plain(bytes: &[u8]) -> bool {
    let odd = |byte: u8| ((byte < b' ') & (byte != b'\n') & (byte != b'\t')) | (byte == 0xef);
    bytes.chunks(256).all(|block| !block.iter().fold(false, |found, &byte| found | odd(byte)))
}

/// Returns whether XML 1.0 cannot hold a character.
fn unfit(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Option<Diagnostic>) {
        let (text, warning) = decode(&SourcePath::new("a.md"), bytes.to_vec()).unwrap();
        (text.to_string(), warning)
    }

    #[test]
    fn a_bom_and_crlf_make_no_difference() {
        let plain = "+++\ntitle = \"é\"\n+++\nBody\n";
        assert_eq!(decoded(format!("\u{feff}{}", plain.replace('\n', "\r\n")).as_bytes()), (plain.to_owned(), None));
        assert_eq!(decoded(plain.replace('\n', "\r").as_bytes()), (plain.to_owned(), None));
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_the_line_is_named() {
        let (text, warning) = decoded(b"one\ntwo \0\x0c\x1b[0m \xef\xbf\xbf");
        assert_eq!(text, "one\ntwo \u{fffd}\u{fffd}\u{fffd}[0m \u{fffd}");
        let warning = warning.unwrap();
        assert_eq!(warning.message, "the control character U+0000 was replaced by U+FFFD, and 3 more");
        assert_eq!(warning.place.unwrap().line_column(), Some((2, 5)));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_with_byte_and_line() {
        let problem = decode(&SourcePath::new("a.md"), b"one\nf\xfcnf".to_vec()).unwrap_err();
        assert_eq!(problem.code, "source/not-utf8");
        assert_eq!(problem.message, "`a.md` is not UTF-8: byte 5, on line 2, is 0xfc");
        let problem = decode(&SourcePath::new("a.md"), b"\xff\xfea\0".to_vec()).unwrap_err();
        assert!(problem.hint.unwrap().contains("UTF-16"));
    }
}
