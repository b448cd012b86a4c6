//! Owns what the values of single attributes mean: which script types run, what a refresh asks for,
//! which addresses a `srcset` names; and how the bytes of a page become text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Inert;

/// What `<meta http-equiv="refresh">` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// After how long.
    pub seconds: u64,
    /// Where to; none: the same page again.
    pub target: Option<String>,
}

impl Refresh {
    /// Reads the `content` attribute by the steps of the HTML standard.
    pub(super) fn parse(content: &str) -> Option<Refresh> {
        let rest = content.trim_start_matches(blank);
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        if digits == 0 && !rest.starts_with('.') {
            return None;
        }
        let seconds = rest[..digits].parse().unwrap_or(if digits == 0 { 0 } else { u64::MAX });
        let rest = rest[digits..].trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        if !rest.is_empty() && !rest.starts_with([';', ',']) && !rest.starts_with(blank) {
            return None;
        }
        let rest = rest.trim_start_matches(blank);
        let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start_matches(blank);
        let named = rest.get(..3).filter(|start| start.eq_ignore_ascii_case("url"));
        let named = named.and_then(|_| rest[3..].trim_start_matches(blank).strip_prefix('='));
        let target = named.map_or(rest, |target| target.trim_start_matches(blank));
        let target = match target.chars().next() {
            Some(quote @ ('"' | '\'')) => target[1..].split(quote).next().unwrap_or_default(),
            _ => target,
        };
        let target = target.trim_matches(blank);
        Some(Refresh { seconds, target: (!target.is_empty()).then(|| target.to_owned()) })
    }
}

fn blank(character: char) -> bool {
    character.is_ascii_whitespace()
}

/// Returns why a script with these attributes never runs, if it does not.
pub(super) fn never_runs(attributes: &BTreeMap<String, String>, html: bool) -> Option<Inert> {
    let value = |name: &str| attributes.get(name).map(String::as_str);
    let kind = match (value("type"), value("language")) {
        (Some(kind), _) => kind.to_owned(),
        (None, Some(language)) if html && !language.is_empty() => format!("text/{language}"),
        (None, _) => String::new(),
    };
    // An empty type is a script's; one of blanks is not.
    let module = kind.trim_matches(blank).eq_ignore_ascii_case("module");
    if !kind.is_empty() && !module && !is_javascript(kind.trim_matches(blank)) {
        return Some(Inert::Type(kind));
    }
    if value("src").is_some_and(|source| source.trim_matches(blank).is_empty()) {
        return Some(Inert::Never("src"));
    }
    if !module && html && value("nomodule").is_some() {
        return Some(Inert::Never("nomodule"));
    }
    if let (false, true, Some(target), Some(event)) = (module, html, value("for"), value("event")) {
        let event = event.trim_matches(blank);
        let onload = event.eq_ignore_ascii_case("onload") || event.eq_ignore_ascii_case("onload()");
        if !target.trim_matches(blank).eq_ignore_ascii_case("window") || !onload {
            return Some(Inert::Never("event"));
        }
    }
    None
}

/// Returns whether a MIME type without parameters is one of JavaScript's.
fn is_javascript(kind: &str) -> bool {
    const KINDS: &[&str] = &[
        "application/ecmascript",
        "application/javascript",
        "application/x-ecmascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/javascript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
    ];
    KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// Returns whether a list of words parted by blanks holds this one, in any case.
pub(super) fn has_word(list: Option<&str>, word: &str) -> bool {
    list.is_some_and(|list| list.split_ascii_whitespace().any(|entry| entry.eq_ignore_ascii_case(word)))
}

/// Returns the addresses of a `srcset`.
pub(super) fn srcset(value: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches(|character: char| blank(character) || character == ',');
        if rest.is_empty() {
            return targets;
        }
        let (target, after) = rest.split_at(rest.find(blank).unwrap_or(rest.len()));
        rest = after;
        let bare = target.trim_end_matches(',');
        targets.push(bare);
        if bare.len() < target.len() {
            continue;
        }
        // The descriptors go on to the next comma outside brackets.
        let mut depth = 0_u32;
        let end = rest.find(|character| {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        });
        rest = end.map_or("", |end| &rest[end..]);
    }
}

/// Returns a page's text: UTF-8, or UTF-16 where a byte order mark says so. Wrong bytes become
/// replacement characters, as in a browser.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        Cow::Owned(char::decode_utf16(units).map(|character| character.unwrap_or('\u{fffd}')).collect())
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => lossy(bytes),
    }
}

/// Does what [`String::from_utf8_lossy`] does, which is slow to find that nothing is wrong.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Returns whether the first tag is `<html>`: the tree has that element whether it is written or not.
pub(super) fn opens_with_html_tag(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start_matches(blank);
        let end = match rest.strip_prefix("<!--") {
            Some(comment) => comment.find("-->").map(|end| end + "<!---->".len()),
            None if rest.starts_with("<!") || rest.starts_with("<?") => rest.find('>').map(|end| end + 1),
            None => break,
        };
        let Some(end) = end else { return false };
        rest = &rest[end..];
    }
    let name = rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("<html"));
    name && rest[5..].starts_with(|character: char| blank(character) || matches!(character, '>' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_read_by_the_standards_steps() {
        let target = |text: &str| Some(text.to_owned());
        for (content, expected) in [
            ("0; url=/a/", Some((0, target("/a/")))),
            ("0;URL='/a b/'", Some((0, target("/a b/")))),
            (" 5 , \"/a/\" x", Some((5, target("/a/")))),
            ("0 /a/", Some((0, target("/a/")))),
            ("1.5; url = https://x.example/", Some((1, target("https://x.example/")))),
            (".5;url=/a/", Some((0, target("/a/")))),
            ("300", Some((300, None))),
            ("0;", Some((0, None))),
            ("0; é", Some((0, target("é")))),
            ("url=/a/", None),
            ("0x", None),
            ("", None),
        ] {
            let expected = expected.map(|(seconds, target)| Refresh { seconds, target });
            assert_eq!(Refresh::parse(content), expected, "{content:?}");
        }
    }

    #[test]
    fn a_srcset_names_each_candidate() {
        assert_eq!(srcset("/a.png 1x, /b.png 2x"), ["/a.png", "/b.png"]);
        assert_eq!(srcset(" /a,b.png 480w ,/c.png"), ["/a,b.png", "/c.png"]);
        assert_eq!(srcset("/a.png, /b.png (x, y) 2x, /c.png,"), ["/a.png", "/b.png", "/c.png"]);
        assert!(srcset(" , ").is_empty());
    }

    #[test]
    fn only_the_types_of_javascript_run() {
        let attributes = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        for runs in [
            &[][..],
            &[("type", "")],
            &[("type", "text/javascript")],
            &[("type", " Application/JavaScript ")],
            &[("type", "module")],
            &[("language", "JavaScript")],
            &[("type", "module"), ("nomodule", "")],
            &[("for", "window"), ("event", "onload()")],
            &[("src", "/a.js")],
        ] {
            assert_eq!(never_runs(&attributes(runs), true), None, "{runs:?}");
        }
        for inert in [
            &[("type", "text/plain")][..],
            &[("type", "application/ld+json")],
            &[("type", "text/javascript; charset=utf-8")],
            &[("type", " ")],
            &[("type", "importmap")],
            &[("language", "VBScript")],
            &[("nomodule", "")],
            &[("src", " ")],
            &[("for", "document"), ("event", "onload")],
        ] {
            assert!(never_runs(&attributes(inert), true).is_some(), "{inert:?}");
        }
    }

    #[test]
    fn a_page_of_wide_characters_is_read_by_its_mark() {
        let wide: Vec<u8> = [0xfeff_u16].into_iter().chain("<p>é".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide), "<p>é");
        assert_eq!(decode(b"<p>\xff"), "<p>\u{fffd}");
    }

    #[test]
    fn only_a_written_html_tag_counts() {
        for (text, expected) in [
            ("<html>", true),
            ("\u{feff}<!doctype html>\n<!-- x > --> <HTML lang=en>", true),
            ("<?xml version='1.0'?><html/>", true),
            ("<p>text about <html>", false),
            ("<htmlx>", false),
            ("<!-- <html>", false),
            ("", false),
        ] {
            assert_eq!(opens_with_html_tag(text), expected, "{text:?}");
        }
    }
}
