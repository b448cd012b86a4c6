//! Makes addresses of what front matter says: a slug is one part, a path or an alias is the whole.

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use crate::paths::Route;

/// The endings that make the last part of an address a file rather than a folder.
const FILES: &[&str] = &[".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".cgi", ".xml", ".txt", ".json"];

/// Takes one part of an address as it is.
pub(super) fn one_part(slug: &str) -> Result<String, &'static str> {
    let slug: String = decoded(slug.trim())?.nfc().collect();
    if slug.is_empty() {
        return Err("it is empty");
    }
    if slug.contains('/') {
        return Err("it has a `/`");
    }
    Route::new(format!("/{slug}/")).map_err(|problem| problem.reason)?;
    Ok(slug)
}

/// Takes a whole address: rooted, decoded, with `/` at its end unless it names a file.
pub(super) fn route(path: &str) -> Result<Route, &'static str> {
    let path = path.trim();
    if path.contains("://") || path.starts_with("//") {
        return Err("it names another host");
    }
    if path.contains(['?', '#']) {
        return Err("it has a `?` or a `#`, which no file can answer");
    }
    if path.is_empty() {
        return Err("it is empty");
    }
    let path: String = decoded(path)?.nfc().collect();
    let path = format!("/{}", path.strip_prefix('/').unwrap_or(&path));
    let is_file = path.ends_with('/') || FILES.iter().any(|ending| path.to_lowercase().ends_with(ending));
    Route::new(if is_file { path } else { format!("{path}/") }).map_err(|problem| problem.reason)
}

fn decoded(text: &str) -> Result<String, &'static str> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if text.contains(['?', '#']) => Err("it has a `?` or a `#`"),
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("it is percent-encoded, but not as UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_rooted_decoded_and_ends_as_what_it_is() {
        for (path, expected) in [
            ("/old/way.html", "/old/way.html"),
            ("old/way", "/old/way/"),
            ("/caf%C3%A9/", "/café/"),
            ("/cafe\u{301}/", "/café/"),
            ("/v1.0", "/v1.0/"),
            ("/index.php", "/index.php"),
            ("/", "/"),
        ] {
            assert_eq!(route(path).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_leaves_the_site_is_refused() {
        for path in [
            "/../x",
            "..",
            "%2e%2e/x",
            "/a//b",
            "https://a.example/",
            "//a.example/x",
            "/?p=1",
            "/a%3Fb",
            "",
            "/%ff/",
            "a\\b",
        ] {
            assert!(route(path).is_err(), "{path:?} was taken");
        }
        for slug in ["..", ".", "", " ", "a/b", "../x", "a%2Fb", "a\0", "a\\b", "a?b", "C:", "%ff"] {
            assert!(one_part(slug).is_err(), "{slug:?} was taken");
        }
        assert_eq!(one_part("Hello_World").unwrap(), "Hello_World");
    }
}
