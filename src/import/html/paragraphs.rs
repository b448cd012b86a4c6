//! Owns the paragraphs of texts that have none: a blank line begins one, and a line's end is a break, as WordPress writes such
//! texts into its pages.
//!
//! Works on the tree, so that nothing within a tag, a script or preformatted text is taken for a line's end.

use super::same::is_white;
use super::tree::{Element, Id, Kind, Tree};

/// When text within an element becomes paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrap {
    /// Always.
    Always,
    /// If there is a blank line in it.
    IfBlank,
    /// Never: it is one paragraph, or something that has none.
    Never,
}

/// Makes paragraphs and breaks.
pub(super) fn make(tree: &mut Tree) {
    let mut pending = vec![(tree.root(), Wrap::Always)];
    while let Some((id, wrap)) = pending.pop() {
        let children = tree.children(id).to_vec();
        let mut out = Vec::new();
        let mut run = Vec::new();
        for child in children {
            let name = tree.name(child).to_owned();
            let is_apart = wrap == Wrap::Always && matches!(tree.node(child).kind, Kind::Comment(_));
            if !tree.has_block(child) && !is_apart {
                run.push(child);
                continue;
            }
            finish(tree, &mut run, wrap, &mut out);
            out.push(child);
            match name.as_str() {
                "pre" | "" => {}
                "blockquote" => pending.push((child, Wrap::Always)),
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "figcaption" | "caption" | "legend"
                | "dt" => {
                    pending.push((child, Wrap::Never));
                }
                _ => pending.push((child, Wrap::IfBlank)),
            }
        }
        finish(tree, &mut run, wrap, &mut out);
        tree.set_children(id, out);
    }
}

/// Writes a run of text as paragraphs.
fn finish(tree: &mut Tree, run: &mut Vec<Id>, wrap: Wrap, out: &mut Vec<Id>) {
    let mut parts: Vec<Vec<Id>> = vec![Vec::new()];
    for id in std::mem::take(run) {
        let Kind::Text(text) = &tree.node(id).kind else {
            breaks(tree, id);
            if let Some(part) = parts.last_mut() {
                part.push(id);
            }
            continue;
        };
        for (at, piece) in paragraphs(&text.clone()).into_iter().enumerate() {
            if at > 0 {
                parts.push(Vec::new());
            }
            let nodes = lines(tree, &piece);
            if let Some(part) = parts.last_mut() {
                part.extend(nodes);
            }
        }
    }
    let mut parts: Vec<Vec<Id>> = parts.into_iter().map(|part| trimmed(tree, part)).collect();
    parts.retain(|part| !part.is_empty());
    let wraps = wrap == Wrap::Always || wrap == Wrap::IfBlank && parts.len() > 1;
    for part in parts {
        let stands_alone = part.iter().all(|id| is_blank(tree, *id) || tree.is_alone(*id));
        if wraps && !stands_alone {
            let paragraph = tree.add(Kind::Element(Element::plain("p")), part);
            out.push(paragraph);
        } else {
            out.extend(part);
        }
    }
}

/// Splits a text at blank lines.
fn paragraphs(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_new = false;
    let count = text.split('\n').count();
    for (at, line) in text.split('\n').enumerate() {
        let is_inner_blank = at > 0 && line.chars().all(is_white);
        if is_inner_blank && count > at + 1 {
            is_new = true;
            continue;
        }
        if std::mem::take(&mut is_new) {
            parts.push(String::new());
        } else if at > 0
            && let Some(part) = parts.last_mut()
        {
            part.push('\n');
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
        }
    }
    parts
}

/// Returns a text's lines with breaks between them.
fn lines(tree: &mut Tree, text: &str) -> Vec<Id> {
    let mut nodes = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            nodes.push(tree.add(Kind::Element(Element::plain("br")), Vec::new()));
            nodes.push(tree.add(Kind::Text("\n".to_owned()), Vec::new()));
        }
        if !line.is_empty() {
            nodes.push(tree.add(Kind::Text(line.to_owned()), Vec::new()));
        }
    }
    nodes
}

/// Makes breaks of the line ends within an element.
fn breaks(tree: &mut Tree, id: Id) {
    let mut pending = vec![id];
    while let Some(id) = pending.pop() {
        let name = tree.name(id);
        if tree.is_alone(id) || matches!(name, "code" | "pre" | "textarea" | "select" | "") {
            continue;
        }
        let children = tree.children(id).to_vec();
        if tree.is_block(id) || children.iter().any(|child| tree.is_block(*child)) {
            continue;
        }
        let mut out = Vec::new();
        for child in children {
            match &tree.node(child).kind {
                Kind::Text(text) if text.contains('\n') => {
                    let text = text.clone();
                    out.extend(lines(tree, &text));
                }
                _ => {
                    pending.push(child);
                    out.push(child);
                }
            }
        }
        let out = single(tree, out);
        tree.set_children(id, out);
    }
}

/// Takes out breaks and blanks at both ends, and breaks beside others.
fn trimmed(tree: &Tree, part: Vec<Id>) -> Vec<Id> {
    let part = single(tree, part);
    let made = |id: &&Id| {
        is_blank(tree, **id) || tree.name(**id) == "br" && tree.element(**id).is_some_and(|br| br.attributes.is_empty())
    };
    let start = part.iter().take_while(made).count();
    let end = part.iter().rev().take_while(made).count();
    part.get(start..part.len() - end).unwrap_or_default().to_vec()
}

/// Leaves one break where there are several with nothing between them.
fn single(tree: &Tree, part: Vec<Id>) -> Vec<Id> {
    let mut out: Vec<Id> = Vec::new();
    for id in part {
        let is_break = tree.name(id) == "br";
        let last = out.iter().rev().find(|last| !is_blank(tree, **last));
        if !(is_break && last.is_some_and(|last| tree.name(*last) == "br" || tree.is_alone(*last))) {
            out.push(id);
        }
    }
    out
}

fn is_blank(tree: &Tree, id: Id) -> bool {
    match &tree.node(id).kind {
        Kind::Text(text) => text.chars().all(is_white),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::import::html::{Options, to_markdown};

    #[test]
    fn blank_lines_begin_paragraphs_and_line_ends_are_breaks() {
        for (source, expected) in [
            ("a\nb\n\nc <em>d\ne</em>\n \n\nf", "a\\\nb\n\nc *d\\\ne*\n\nf\n"),
            ("<h2>a</h2>\nb\n<ul>\n<li>c</li>\n<li>d\ne</li>\n</ul>\nf", "## a\n\nb\n\n- c\n- d\\\n  e\n\nf\n"),
            ("a<br />\nb", "a\\\nb\n"),
            ("<blockquote>a\n\nb</blockquote>", "> a\n>\n> b\n"),
            ("<pre><code>a\n\nb\n</code></pre>\n\nc", "```\na\n\nb\n```\n\nc\n"),
            ("a\n<!--more-->\nb", "a\n\n<!--more-->\n\nb\n"),
            ("<p>a</p>\n\n<p>b\nc</p>", "a\n\nb\\\nc\n"),
            ("<div>a\n\nb</div>", "<div><p>a</p><p>b</p></div>\n"),
            ("a <code>b\nc</code>", "a `b c`\n"),
            (
                "<iframe src=\"https://a.example/\"></iframe>\n\na",
                "<iframe src=\"https://a.example/\"></iframe>\n\na\n",
            ),
            ("", ""),
        ] {
            let options = Options { breaks: true, ..Options::default() };
            assert_eq!(to_markdown(source, options).markdown, expected, "{source}");
        }
    }
}
