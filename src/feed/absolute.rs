//! Owns what a post's HTML becomes in a feed: every address absolute, and nothing that could run.
//!
//! A feed reader shows a post on another host, so that `/a.png` and `#note-1` would lead nowhere.

use lol_html::{RewriteStrSettings, element, rewrite_str};
use url::Url;

/// The class of the links beside headings, which are of use on the page only.
const ANCHOR: &str = "heading-anchor";
/// The attributes that hold one address.
const ADDRESSES: &[&str] = &["href", "src", "poster", "cite", "data", "action", "formaction", "longdesc", "xlink:href"];
/// The attributes that hold several, each with a description.
const SETS: &[&str] = &["srcset", "imagesrcset"];

/// Returns the HTML as it may stand on any host; `permalink` is where it stands on ours.
pub(crate) fn absolute(html: &str, permalink: &str) -> Result<String, String> {
    let base = Url::parse(permalink).map_err(|error| error.to_string())?;
    let rewrite = element!("*", |element| {
        if matches!(element.tag_name().as_str(), "script" | "style" | "base" | "meta" | "link") {
            element.remove();
            return Ok(());
        }
        if element
            .get_attribute("class")
            .is_some_and(|classes| classes.split_ascii_whitespace().any(|one| one == ANCHOR))
        {
            element.remove();
            return Ok(());
        }
        let names: Vec<String> = element.attributes().iter().map(|attribute| attribute.name()).collect();
        for name in names {
            let value = element.get_attribute(&name).unwrap_or_default();
            if name.starts_with("on") {
                element.remove_attribute(&name);
            } else if ADDRESSES.contains(&name.as_str()) {
                match resolve(&value, &base) {
                    Some(address) => element.set_attribute(&name, &address)?,
                    None => element.remove_attribute(&name),
                }
            } else if SETS.contains(&name.as_str()) {
                element.set_attribute(&name, &resolve_set(&value, &base))?;
            }
        }
        Ok(())
    });
    // A picture of many sizes is one of its own: its file keeps its address for as long as the post has it, where those of
    // the sizes change with their settings, and readers keep what they have read.
    let bare = [
        element!("picture > source", |source| {
            source.remove();
            Ok(())
        }),
        element!("picture > img", |image| {
            for name in ["srcset", "sizes", "loading", "decoding"] {
                image.remove_attribute(name);
            }
            Ok(())
        }),
        element!("picture", |picture| {
            picture.remove_and_keep_content();
            Ok(())
        }),
    ];
    let settings = RewriteStrSettings::new().with_strict(false);
    let settings = bare.into_iter().fold(settings, RewriteStrSettings::append_element_content_handler);
    let settings = settings.append_element_content_handler(rewrite);
    rewrite_str(html, settings).map_err(|error| error.to_string())
}

/// Returns an address (as it stands in HTML) as absolute URL; nothing for one that runs a script.
fn resolve(address: &str, base: &Url) -> Option<String> {
    let trimmed = address.trim_matches(|character: char| character.is_ascii_whitespace() || character.is_control());
    match Url::parse(&decoded(trimmed)) {
        Ok(url) if matches!(url.scheme(), "javascript" | "vbscript") => None,
        Ok(_) => Some(trimmed.to_owned()),
        Err(_) => match base.join(trimmed) {
            Ok(url) => Some(url.to_string()),
            Err(_) => Some(trimmed.to_owned()),
        },
    }
}

/// Returns a text without the character references and the whitespace that could hide its scheme.
fn decoded(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(start) = rest.find("&#") {
        text.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let hexadecimal = after.starts_with(['x', 'X']);
        let digits_from = usize::from(hexadecimal);
        let radix = if hexadecimal { 16 } else { 10 };
        let digits: &str = after[digits_from..].split(|digit: char| !digit.is_digit(radix)).next().unwrap_or_default();
        match u32::from_str_radix(digits, radix).ok().and_then(char::from_u32) {
            Some(character) => {
                text.push(character);
                let end = digits_from + digits.len();
                rest = after[end..].strip_prefix(';').unwrap_or(&after[end..]);
            }
            None => {
                text.push_str("&#");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    for (reference, character) in [("&colon;", ":"), ("&Tab;", "\t"), ("&NewLine;", "\n")] {
        text = text.replace(reference, character);
    }
    text
}

/// Returns the addresses of a `srcset` as absolute URLs, each with its description.
fn resolve_set(set: &str, base: &Url) -> String {
    let mut candidates = Vec::new();
    let mut rest = set;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == ',');
        if rest.is_empty() {
            return candidates.join(", ");
        }
        let end = rest.find(|character: char| character.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        // An address may hold commas; one at its end ends the candidate.
        let bare = address.trim_end_matches(',');
        let (description, after) = match bare.len() < address.len() {
            true => ("", after),
            false => after.split_once(',').unwrap_or((after, "")),
        };
        let address = resolve(bare, base).unwrap_or_default();
        candidates.push(match description.trim() {
            "" => address,
            description => format!("{address} {description}"),
        });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://example.org/blog/posts/a/";

    #[test]
    fn every_address_becomes_absolute() {
        for (html, expected) in [
            (
                r##"<a href="/blog/b/?x=1&amp;y=2">b</a>"##,
                r##"<a href="https://example.org/blog/b/?x=1&amp;y=2">b</a>"##,
            ),
            (r##"<a href="#note">n</a>"##, r##"<a href="https://example.org/blog/posts/a/#note">n</a>"##),
            (r##"<img src="cat.png">"##, r##"<img src="https://example.org/blog/posts/a/cat.png">"##),
            (r##"<a href="//cdn.example/x">x</a>"##, r##"<a href="https://cdn.example/x">x</a>"##),
            (r##"<a href="https://other.example">o</a>"##, r##"<a href="https://other.example">o</a>"##),
            (r##"<a href="mailto:a@b.example">m</a>"##, r##"<a href="mailto:a@b.example">m</a>"##),
            (
                r##"<img srcset="/a.png 1x, b.png 2x">"##,
                r##"<img srcset="https://example.org/a.png 1x, https://example.org/blog/posts/a/b.png 2x">"##,
            ),
            (r##"<video poster=/p.jpg></video>"##, r##"<video poster="https://example.org/p.jpg"></video>"##),
            (r##"<h2 id="a">A <a class="heading-anchor" href="#a">#</a></h2>"##, r##"<h2 id="a">A </h2>"##),
            (
                r##"<picture><source type="image/webp" srcset="/a.webp 1w" sizes="1px"><img src="/a.png" srcset="/b.png 1w" sizes="1px" alt="x" width="2" height="1" loading="lazy" decoding="async"></picture>"##,
                r##"<img src="https://example.org/a.png" alt="x" width="2" height="1">"##,
            ),
            ("<p>fish &amp; chips<br>&lt;script&gt;</p>", "<p>fish &amp; chips<br>&lt;script&gt;</p>"),
        ] {
            assert_eq!(absolute(html, PAGE).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn nothing_that_runs_is_left() {
        let html = r#"<script>x</script><p onclick="y()">a</p><a href="java&#115;cript:z()">b</a><style>p{}</style>"#;
        assert_eq!(absolute(html, PAGE).as_deref(), Ok("<p>a</p><a>b</a>"));
    }

    #[test]
    fn a_set_may_hold_commas_in_addresses() {
        let base = Url::parse(PAGE).unwrap();
        assert_eq!(
            resolve_set("/a,b.png 480w , data:image/png;base64,AAAA= 2x,", &base),
            "https://example.org/a,b.png 480w, data:image/png;base64,AAAA= 2x"
        );
        assert_eq!(resolve_set(" , ", &base), "");
    }
}
