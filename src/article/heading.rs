//! Owns what a heading becomes: its id, the attributes that its author gave it, and the link to
//! itself, which theme and browser show without a script.

use std::fmt::Write as _;

use pulldown_cmark::CowStr;

use super::escape::{push_attribute, push_href};

/// Attributes as the author wrote them: names, and values if they have any.
pub(super) type Attributes<'a> = Vec<(CowStr<'a>, Option<CowStr<'a>>)>;

/// Writes what stands before a heading's text. An excerpt's headings have no id.
pub(super) fn open(
    level: u8,
    id: Option<&str>,
    classes: &[CowStr<'_>],
    attributes: &Attributes<'_>,
    html: bool,
    out: &mut String,
) {
    let _ = write!(out, "<h{level}");
    let mut write = |name: &str, value: &str| {
        let _ = write!(out, " {name}=\"");
        push_attribute(out, value);
        out.push('"');
    };
    if let Some(id) = id {
        write("id", id);
    }
    if !classes.is_empty() {
        write("class", &classes.join(" "));
    }
    push_attributes(attributes, html, out);
    out.push('>');
}

/// Writes the attributes that may stand at a heading, each once.
pub(super) fn push_attributes(attributes: &Attributes<'_>, html: bool, out: &mut String) {
    let mut written: Vec<&str> = Vec::new();
    for (name, value) in attributes {
        if may_stand(name, html) && !written.contains(&&**name) {
            written.push(name);
            let _ = write!(out, " {name}=\"");
            push_attribute(out, value.as_deref().unwrap_or_default());
            out.push('"');
        }
    }
}

/// Writes what stands after a heading's text.
pub(super) fn close(level: u8, id: Option<&str>, out: &mut String) {
    if let Some(id) = id {
        out.push_str(" <a class=\"heading-anchor\" href=\"#");
        push_href(out, id);
        out.push_str("\" aria-label=\"Link to this section\">#</a>");
    }
    let _ = writeln!(out, "</h{level}>");
}

/// Returns whether an attribute that a heading asks for may be written. Where raw HTML is off, none
/// that could run a script.
fn may_stand(name: &str, html: bool) -> bool {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let is_safe = matches!(name, "lang" | "dir" | "title" | "translate")
        || name.starts_with("data-")
        || name.starts_with("aria-");
    is_name && !matches!(name, "id" | "class") && (html || is_safe)
}
