//! Owns the writing of nodes as HTML again, in a form that Markdown leaves alone: no line is blank, and nothing looks like a
//! shortcode.

use std::borrow::Cow;

use super::tree::{Element, Id, Kind, Tree, is_void};

/// Elements whose text no character reference may stand in.
const UNESCAPED: [&str; 7] = ["script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"];

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// As they are, but for blank ones.
    Kept,
    /// As they are, blank ones too: the element that begins the block ends it.
    Blank,
    /// All in one.
    One,
}

/// Writes a node and what is within it.
pub(super) fn push(tree: &Tree, id: Id, lines: Lines, out: &mut String) {
    push_in(tree, id, lines, false, out);
}

fn push_in(tree: &Tree, id: Id, lines: Lines, in_pre: bool, out: &mut String) {
    match &tree.node(id).kind {
        Kind::Root => tree.children(id).iter().for_each(|child| push_in(tree, *child, lines, in_pre, out)),
        Kind::Text(text) => push_text(text, lines, in_pre, out),
        Kind::Comment(text) => {
            out.push_str("<!--");
            match lines {
                Lines::Blank => out.push_str(text),
                Lines::Kept => push_unblank(text, out),
                Lines::One => out.push_str(&text.replace('\n', " ")),
            }
            out.push_str("-->");
        }
        Kind::Element(_) if id == tree.root() => {
            tree.children(id).iter().for_each(|child| push_in(tree, *child, lines, in_pre, out));
        }
        Kind::Element(element) => {
            start(element, out);
            if element.is_html && is_void(&element.name) {
                return;
            }
            let children = tree.children(id);
            if element.is_html && UNESCAPED.contains(&element.name.as_str()) {
                let text = tree.text(id);
                match lines {
                    Lines::Blank => out.push_str(&text),
                    _ => push_unblank(&text, out),
                }
            } else {
                let is_pre = element.is_html && matches!(element.name.as_str(), "pre" | "textarea" | "listing");
                // The first line end in these is none, so one that is meant is written twice.
                if is_pre
                    && let Some(Kind::Text(text)) = children.first().map(|first| &tree.node(*first).kind)
                    && text.starts_with('\n')
                {
                    out.push_str(if lines == Lines::Blank { "\n" } else { "&#10;" });
                }
                children.iter().for_each(|child| push_in(tree, *child, lines, in_pre || is_pre, out));
            }
            end(element, out);
        }
    }
}

/// Writes a start tag.
pub(super) fn start(element: &Element, out: &mut String) {
    out.push('<');
    out.push_str(&named(&element.name));
    for (name, value) in &element.attributes {
        out.push(' ');
        out.push_str(&named(name));
        if !value.is_empty() {
            out.push_str("=\"");
            let mut letters = value.chars().peekable();
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => out.push_str("&quot;"),
                    '\n' => out.push_str("&#10;"),
                    '\r' => out.push_str("&#13;"),
                    _ => push_letter(letter, letters.peek().copied(), out),
                }
            }
            out.push('"');
        }
    }
    out.push('>');
}

/// Writes an end tag.
pub(super) fn end(element: &Element, out: &mut String) {
    out.push_str("</");
    out.push_str(&named(&element.name));
    out.push('>');
}

/// Returns a name in which no shortcode begins: nothing else can be done about one there.
fn named(name: &str) -> Cow<'_, str> {
    if name.contains('{') { Cow::Owned(name.replace('{', "_")) } else { Cow::Borrowed(name) }
}

fn push_letter(letter: char, next: Option<char>, out: &mut String) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        '\r' => out.push_str("&#13;"),
        // It would begin a shortcode.
        '{' if matches!(next, Some('{' | '%')) => out.push_str("&#123;"),
        other => out.push(other),
    }
}

fn push_text(text: &str, lines: Lines, in_pre: bool, out: &mut String) {
    let mut letters = text.chars().peekable();
    // Whether the line has nothing but blanks by now; what stands before a text is a tag.
    let mut is_blank = false;
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            match lines {
                Lines::Blank => out.push('\n'),
                Lines::One if in_pre => out.push_str("&#10;"),
                Lines::One => out.push(' '),
                Lines::Kept if !is_blank => out.push('\n'),
                Lines::Kept if in_pre => {
                    out.push_str("&#10;");
                    continue;
                }
                Lines::Kept => continue,
            }
            is_blank = true;
            continue;
        }
        is_blank &= matches!(letter, ' ' | '\t' | '\u{b}' | '\u{c}');
        push_letter(letter, letters.peek().copied(), out);
    }
}

/// Writes text without its blank lines.
fn push_unblank(text: &str, out: &mut String) {
    for (at, line) in text.split('\n').enumerate() {
        if at == 0 {
            out.push_str(line);
        } else if !line.trim().is_empty() {
            out.push('\n');
            out.push_str(line);
        }
    }
    if text.contains('\n') && text.rsplit('\n').next().is_some_and(|last| last.trim().is_empty()) {
        out.push('\n');
    }
}
