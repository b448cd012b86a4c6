//! Owns what two pieces of HTML have in common when they mean the same: a text in which white space between blocks, the order
//! of attributes and empty comments do not count.

use std::borrow::Cow;

use percent_encoding::AsciiSet;

use super::tree::{Id, Kind, Shape, Tree, is_void};

/// Returns the text that equal pieces share. Bare text beside blocks counts as a paragraph, because Markdown makes it one.
pub(super) fn essence(tree: &Tree) -> String {
    let mut writer = Writer { tree, out: String::new(), preformatted: 0 };
    for run in runs(tree, tree.children(tree.root())) {
        match run {
            Run::Block(id) => writer.node(id),
            Run::Inline(ids) => {
                writer.edge("<p>");
                ids.iter().for_each(|id| writer.node(*id));
                writer.edge("</p>");
            }
        }
    }
    writer.out
}

/// Returns the essence of one node.
pub(super) fn essence_of(tree: &Tree, ids: &[Id], is_paragraph: bool) -> String {
    let mut writer = Writer { tree, out: String::new(), preformatted: 0 };
    if is_paragraph {
        writer.edge("<p>");
    }
    ids.iter().for_each(|id| writer.node(*id));
    if is_paragraph {
        writer.edge("</p>");
    }
    writer.out
}

/// A part of what an element holds.
#[derive(Debug)]
pub(super) enum Run {
    /// A block.
    Block(Id),
    /// Text and elements within a line, in a row.
    Inline(Vec<Id>),
}

/// Returns the blocks within an element, and the runs of text between them; white space alone is none.
pub(super) fn runs(tree: &Tree, children: &[Id]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run: Vec<Id> = Vec::new();
    for child in children {
        if tree.has_block(*child) {
            finish(tree, &mut run, &mut runs);
            runs.push(Run::Block(*child));
        } else {
            run.push(*child);
        }
    }
    finish(tree, &mut run, &mut runs);
    runs
}

fn finish(tree: &Tree, run: &mut Vec<Id>, runs: &mut Vec<Run>) {
    let run = std::mem::take(run);
    let is_blank = |id: &Id| match &tree.node(*id).kind {
        Kind::Text(text) => text.chars().all(is_white),
        _ => false,
    };
    let is_apart = |id: &Id| {
        let node = tree.node(*id);
        match &node.kind {
            Kind::Comment(_) => true,
            Kind::Element(_) => tree.is_alone(*id),
            _ => false,
        }
    };
    if run.iter().all(|id| is_blank(id) || is_apart(id)) {
        runs.extend(run.into_iter().filter(|id| !is_blank(id)).map(Run::Block));
    } else {
        runs.push(Run::Inline(run));
    }
}

/// Whether a character is white space in HTML.
pub(super) fn is_white(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// Returns an address as browsers ask for it: written in ASCII, or not, it is the same one.
fn encoded(address: &str) -> Cow<'_, str> {
    percent_encoding::utf8_percent_encode(address, ENCODED).into()
}

/// What browsers write as percent signs and numbers.
const ENCODED: &AsciiSet = &AsciiSet::EMPTY.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

struct Writer<'t> {
    tree: &'t Tree,
    out: String,
    /// How many elements are open in which white space counts.
    preformatted: usize,
}

impl Writer<'_> {
    /// Writes a mark around which white space does not count.
    fn edge(&mut self, mark: &str) {
        if self.preformatted == 0 && self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push_str(mark);
        self.out.push('\u{1}');
    }

    fn node(&mut self, id: Id) {
        match &self.tree.node(id).kind {
            Kind::Root => {}
            Kind::Text(text) if self.preformatted > 0 => self.out.push_str(text),
            Kind::Text(text) => {
                for letter in text.chars() {
                    match letter {
                        letter if !is_white(letter) => self.out.push(letter),
                        _ if self.out.is_empty() || self.out.ends_with([' ', '\u{1}']) => {}
                        _ => self.out.push(' '),
                    }
                }
            }
            Kind::Comment(text) => {
                if !text.trim().is_empty() {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    self.edge(&format!("<!--{}-->", words.join(" ")));
                }
            }
            Kind::Element(element) => {
                let name = element.name.as_str();
                let is_edge = element.shape != Shape::Inline || name == "br" || self.tree.has_block(id);
                let mut attributes: Vec<(&str, &str)> =
                    element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                // Markdown writes one where there is none.
                if name == "img" && element.attribute("alt").is_none() {
                    attributes.push(("alt", ""));
                }
                attributes.sort_unstable();
                let mut tag = format!("<{name}");
                for (name, value) in attributes {
                    let value = if matches!(name, "href" | "src") { encoded(value) } else { Cow::Borrowed(value) };
                    tag.push_str(&format!(" {name}=\"{value}\""));
                }
                tag.push('>');
                self.mark(&tag, is_edge);
                if element.is_html && is_void(name) {
                    return;
                }
                let is_pre = matches!(name, "pre" | "textarea" | "listing" | "script" | "style");
                self.preformatted += usize::from(is_pre);
                self.tree.children(id).iter().for_each(|child| self.node(*child));
                // A block of code ends with a line's end, whether it was written or not.
                if self.preformatted > 0
                    && matches!(name, "pre" | "code" | "script" | "style")
                    && self.out.ends_with('\n')
                {
                    self.out.pop();
                }
                self.preformatted -= usize::from(is_pre);
                self.mark(&format!("</{name}>"), is_edge);
            }
        }
    }

    fn mark(&mut self, mark: &str, is_edge: bool) {
        match is_edge {
            true => self.edge(mark),
            false => self.out.push_str(mark),
        }
    }
}
