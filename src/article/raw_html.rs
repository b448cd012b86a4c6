//! Owns what becomes of raw HTML in a post: its links are resolved like those of Markdown, and an
//! excerpt loses its ids. Everything else stays byte for byte as the author wrote it.
//!
//! `lol_html` finds the attributes; the edits are made here, so that a tag without a relative link
//! is never rewritten.

use std::borrow::Cow;
use std::ops::Range;

use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::escape::{push_href, push_markup, push_text};
use super::links::{Use, place};
use super::markdown::{Origin, Writer};
use super::summary::{is_comment, is_marker};

/// The attributes that hold an address, by element; `*` for any.
const ADDRESSES: &[(&str, &str, Use)] = &[
    ("a", "href", Use::Link),
    ("area", "href", Use::Link),
    ("blockquote", "cite", Use::Link),
    ("audio", "src", Use::Image),
    ("embed", "src", Use::Image),
    ("iframe", "src", Use::Link),
    ("img", "src", Use::Image),
    ("input", "src", Use::Image),
    ("object", "data", Use::Image),
    ("script", "src", Use::Image),
    ("source", "src", Use::Image),
    ("track", "src", Use::Image),
    ("video", "src", Use::Image),
    ("video", "poster", Use::Image),
];

/// Returns where an address at this place leads, or nothing if it is to stay as it is.
pub(super) type Resolve<'c> = &'c mut dyn FnMut(&str, Use, Range<usize>) -> Option<String>;

/// Where the addresses in a piece of raw HTML lead, and what else is to be changed in it.
pub(super) struct Changes<'c> {
    pub(super) resolve: Resolve<'c>,
    /// Whether ids are taken out.
    pub(super) drop_ids: bool,
}

impl Writer<'_, '_> {
    /// Writes the raw HTML that was read so far.
    pub(super) fn flush_html(&mut self) {
        if let Some((html, pieces)) = self.html.as_mut().map(std::mem::take) {
            self.raw_html(&html, &pieces);
        }
    }

    /// Writes a block of raw HTML, or its text where raw HTML is off.
    pub(super) fn raw_html_block(&mut self, html: &str, pieces: &[(usize, usize)]) {
        if self.links.config.markdown.html {
            self.raw_html(html, pieces);
        } else if !is_comment(html) {
            self.out.push_str("<p>");
            push_text(&mut self.out, html.trim_end());
            self.out.push_str("</p>\n");
        }
    }

    /// Writes raw HTML, or its text where it is off. `pieces` says where in the Markdown each part
    /// of it stands.
    pub(super) fn raw_html(&mut self, html: &str, pieces: &[(usize, usize)]) {
        if !self.links.config.markdown.html {
            // A comment was never meant to be seen.
            if !is_comment(html) {
                push_text(&mut self.out, html);
            }
            return;
        }
        if is_marker(html) && is_comment(html) {
            return;
        }
        let (links, origin) = (self.links, &self.origin);
        let mut diagnostics = Vec::new();
        let mut resolve = |address: &str, purpose: Use, at: Range<usize>| {
            let at = || {
                let piece = pieces.iter().rev().find(|(start, _)| *start <= at.start).copied().unwrap_or_default();
                match origin {
                    Origin::Body => place(links.post, at.start - piece.0 + piece.1..at.end - piece.0 + piece.1),
                    Origin::At(place) => place.clone(),
                }
            };
            match links.resolve(address, purpose, at) {
                Ok(Some(found)) if found != address => Some(found.into_owned()),
                Ok(_) => None,
                Err(diagnostic) => {
                    diagnostics.push(*diagnostic);
                    None
                }
            }
        };
        let html = resolved(html, Changes { resolve: &mut resolve, drop_ids: links.elsewhere });
        push_markup(&mut self.out, &html);
        self.diagnostics.append(&mut diagnostics);
    }
}

/// Returns a piece of raw HTML with its addresses resolved.
pub(super) fn resolved<'h>(html: &'h str, changes: Changes<'_>) -> Cow<'h, str> {
    if !html.contains('=') {
        return Cow::Borrowed(html);
    }
    let edits = edits(html, changes);
    if edits.is_empty() {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len() + 64);
    let mut done = 0;
    for (range, text) in edits {
        if range.start >= done && range.end <= html.len() {
            out.push_str(&html[done..range.start]);
            out.push_str(&text);
            done = range.end;
        }
    }
    out.push_str(&html[done..]);
    Cow::Owned(out)
}

/// Finds what is to be replaced, in order.
fn edits(html: &str, changes: Changes<'_>) -> Vec<(Range<usize>, String)> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let handler = element!("*", |element| {
        let tag = element.tag_name();
        for attribute in element.attributes() {
            let name = attribute.name();
            let (Some(name_at), Some(value_at)) = (attribute.name_source_location(), attribute.value_source_location())
            else {
                continue;
            };
            let value_at = with_quotes(html, value_at.bytes());
            if changes.drop_ids && (name == "id" || (name == "name" && tag == "a")) {
                edits.push((name_at.bytes().start..value_at.end, String::new()));
                continue;
            }
            let value = attribute.value();
            let new = if name == "srcset" {
                candidates(&value, &mut |address| (changes.resolve)(address, Use::Image, value_at.clone()))
            } else {
                let row = ADDRESSES.iter().find(|(element, attribute, _)| *element == tag && *attribute == name);
                row.and_then(|(_, _, purpose)| (changes.resolve)(&plain(&value), *purpose, value_at.clone()))
            };
            if let Some(new) = new {
                let mut text = String::with_capacity(new.len() + 2);
                text.push('"');
                if name == "srcset" {
                    text.push_str(&new)
                } else {
                    push_href(&mut text, &new)
                }
                text.push('"');
                edits.push((value_at, text));
            }
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().with_strict(false);
    // What the parser refuses stays as it is: the checker reads the page with another parser.
    if rewrite_str(html, settings.append_element_content_handler(handler)).is_err() {
        return Vec::new();
    }
    edits.sort_by_key(|(range, _)| range.start);
    edits
}

/// Returns the range of an attribute's value with the quotes around it.
fn with_quotes(html: &str, value: Range<usize>) -> Range<usize> {
    let bytes = html.as_bytes();
    match value.start.checked_sub(1).and_then(|before| bytes.get(before)) {
        Some(quote @ (b'"' | b'\'')) if bytes.get(value.end) == Some(quote) => value.start - 1..value.end + 1,
        _ => value,
    }
}

/// Resolves each candidate of a `srcset`. One that has a `data:` address stays as it is: commas are
/// part of it.
fn candidates(srcset: &str, resolve: &mut dyn FnMut(&str) -> Option<String>) -> Option<String> {
    if srcset.contains("data:") {
        return None;
    }
    let mut changed = false;
    let mut out = String::new();
    for candidate in srcset.split(',').map(str::trim).filter(|candidate| !candidate.is_empty()) {
        let (address, descriptor) = candidate.split_once(char::is_whitespace).unwrap_or((candidate, ""));
        let address = plain(address);
        let new = resolve(&address);
        changed |= new.is_some();
        if !out.is_empty() {
            out.push_str(", ");
        }
        push_href(&mut out, new.as_deref().unwrap_or(&address));
        if !descriptor.is_empty() {
            out.push(' ');
            out.push_str(descriptor.trim());
        }
    }
    changed.then_some(out)
}

/// Returns an address without the character references that occur in addresses.
fn plain(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let references = [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Cow::Owned(references.iter().fold(value.to_owned(), |value, (from, to)| value.replace(from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resolves every address without `:` by putting `/at/` before it.
    fn at(html: &str, drop_ids: bool) -> String {
        let mut resolve = |address: &str, _, _| (!address.contains(':')).then(|| format!("/at/{address}"));
        resolved(html, Changes { resolve: &mut resolve, drop_ids }).into_owned()
    }

    #[test]
    fn addresses_are_resolved_and_nothing_else_is_touched() {
        for (html, expected) in [
            ("<img src=pic.png alt=x>", "<img src=\"/at/pic.png\" alt=x>"),
            ("<A  HREF='a.html?x=1&amp;y' class=b>é</a>", "<A  HREF=\"/at/a.html?x=1&amp;y\" class=b>é</a>"),
            ("<video poster=\"p.jpg\" src=v.mp4 controls>", "<video poster=\"/at/p.jpg\" src=\"/at/v.mp4\" controls>"),
            ("<img srcset=\"a.png 1x, https://x/b.png 2x\">", "<img srcset=\"/at/a.png 1x, https://x/b.png 2x\">"),
            ("<a href=https://x/>y</a>", "<a href=https://x/>y</a>"),
            ("<script>var a = '<img src=x>';</script>", "<script>var a = '<img src=x>';</script>"),
            ("<!-- <img src=x> -->", "<!-- <img src=x> -->"),
            ("</p> = <", "</p> = <"),
        ] {
            assert_eq!(at(html, false), expected);
        }
    }

    #[test]
    fn an_excerpt_loses_its_ids() {
        assert_eq!(at("<p id=\"a\" class=b><a name=c href=d></a>", true), "<p  class=b><a  href=\"/at/d\"></a>");
    }

    #[test]
    fn the_place_of_an_address_is_known() {
        let html = "<p>é <img src='pic.png'>";
        let mut seen = Vec::new();
        let mut resolve = |_: &str, _, at: Range<usize>| {
            seen.push(html[at].to_owned());
            None
        };
        resolved(html, Changes { resolve: &mut resolve, drop_ids: false });
        assert_eq!(seen, ["'pic.png'"]);
    }
}
