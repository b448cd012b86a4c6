//! Owns the judgement on what a request asks for: whether its path can only mean what it seems to.
//!
//! A path is let in as it was sent, or refused; it is never mended, so that the handler and the browser speak of the same
//! address. Whatever a handler does with it, decoding it once, twice or not at all, it cannot leave a folder by it.

use super::refusal::Refusal;

/// How often an escape may be escaped again before nobody is trusted to mean it.
const MOST_LAYERS: usize = 5;

/// Splits a target into path and query, if it is one that a browser sends to a server.
pub(super) fn split(target: &str) -> Result<(&str, Option<&str>), Refusal> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\')) {
        return Err(Refusal::Path);
    }
    let segments = path.strip_prefix('/').ok_or(Refusal::Path)?;
    let last = segments.split('/').count() - 1;
    for (index, segment) in segments.split('/').enumerate() {
        // `//etc/passwd` without its first slash is the root of the disk. Only after the last slash may nothing stand.
        let is_allowed = if segment.is_empty() { index == last } else { is_harmless(segment) };
        if !is_allowed {
            return Err(Refusal::Path);
        }
    }
    Ok((path, query))
}

/// Returns whether a segment stays one segment, and a plain name, however often it is decoded.
fn is_harmless(segment: &str) -> bool {
    let Some(mut name) = decoded(segment.as_bytes(), true) else { return false };
    for _ in 0..MOST_LAYERS {
        if !is_name(&name) {
            return false;
        }
        match decoded(&name, false) {
            Some(next) if next != name => name = next,
            _ => return true,
        }
    }
    false
}

/// Returns whether these bytes name something inside a folder, on any system.
fn is_name(name: &[u8]) -> bool {
    let is_drive = matches!(name, [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    // A server that knows path parameters reads `..;x` as `..`.
    let plain = name.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_special = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'/' | b'\\');
    // Overlong UTF-8 is none: a slash cannot hide in it.
    let is_text = std::str::from_utf8(name).is_ok();
    is_text && !is_drive && !matches!(plain, b"." | b"..") && !name.iter().any(is_special)
}

/// Undoes one layer of percent-encoding. What is no escape is refused if `strict`, and else stays.
fn decoded(bytes: &[u8], strict: bool) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits =
            bytes.get(at + 1).zip(bytes.get(at + 2)).and_then(|(high, low)| Some((digit(*high)?, digit(*low)?)));
        match digits {
            Some((high, low)) if *byte == b'%' => {
                plain.push(high << 4 | low);
                at += 3;
            }
            _ if *byte == b'%' && strict => return None,
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    Some(plain)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_a_site_are_let_in_as_they_are() {
        for (target, path, query) in [
            ("/", "/", None),
            ("/posts/caf%C3%A9/", "/posts/caf%C3%A9/", None),
            ("/a.b/..c/d..", "/a.b/..c/d..", None),
            ("/100%25/", "/100%25/", None),
            ("/100%2525/", "/100%2525/", None),
            ("/a%20b;c,d=e!$&'()*+:@[]^|~", "/a%20b;c,d=e!$&'()*+:@[]^|~", None),
            ("/count?p=%2F..%2f&q=100%&r=//../", "/count", Some("p=%2F..%2f&q=100%&r=//../")),
            ("/?", "/", Some("")),
        ] {
            assert_eq!(split(target), Ok((path, query)), "{target}");
        }
    }

    #[test]
    fn other_forms_of_target_are_refused() {
        for target in ["http://evil.test/", "localhost:80", "*", "a", "", "?a", "..", "/a#b", "/a?\\", "/é", "/a b"] {
            assert_eq!(split(target), Err(Refusal::Path), "{target}");
        }
    }

    #[test]
    fn an_escape_is_judged_by_what_it_hides() {
        for path in
            ["/%", "/%2", "/%zz", "/%u002e", "/a%00b", "/%0a", "/%7f", "/%c0%ae", "/%ff", "/%25c0%25ae", "/%ed%a0%80"]
        {
            assert_eq!(split(path), Err(Refusal::Path), "{path}");
        }
        let mut deep = "%2e%2e".to_owned();
        for _ in 0..8 {
            assert_eq!(split(&format!("/{deep}")), Err(Refusal::Path), "{deep}");
            deep = deep.replace('%', "%25");
        }
    }

    proptest! {
        /// Whatever is made of dots, slashes and their escapes: what is let in stays inside, decoded any number of times.
        #[test]
        fn what_is_let_in_never_leaves_its_folder(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    ".", "/", "\\", "a", "%", "2", "5", "e", "f", "c", "%2e", "%2f", "%5c", "%25", "%00", "%c0%af", ";", ":",
                ]),
                0..12,
            )
        ) {
            let path = format!("/{}", parts.concat());
            if split(&path).is_ok() {
                let mut bytes = path.clone().into_bytes();
                for _ in 0..8 {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    prop_assert!(!text.contains(['\\', '\0']), "{path} becomes {text}");
                    prop_assert!(!text.contains("//"), "{path} becomes {text}");
                    prop_assert!(!text.split('/').any(|part| part == ".." || part == "."), "{path} becomes {text}");
                    prop_assert_eq!(text.matches('/').count(), path.matches('/').count(), "{} becomes {}", path, text);
                    bytes = decoded(&bytes, false).unwrap();
                }
            }
        }
    }
}
