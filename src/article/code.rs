//! Owns what a block of code becomes on the page: `<pre class="code">`, its lines, its title.
//!
//! A line only gets an element of its own where it is numbered, marked, put in or taken out. A block that was written
//! before is not highlighted again.

use std::fmt::Write as _;
use std::sync::Arc;

use super::escape::{push_attribute, push_text};
use super::fence::{Fence, Line};
use super::highlight::engine::Piece;
use super::highlight::scheme::Look;
use super::highlight::{Coloured, Highlighter};
use crate::diagnostic::Diagnostic;
use crate::timings::{Share, Table, Timings, timed};

/// Writes the blocks of code of one text.
#[derive(Debug, Clone)]
pub(super) struct Code<'c> {
    /// None: code has no colours, on the whole site.
    pub(super) highlighter: Option<&'c Highlighter>,
    /// Whether lines are numbered unless the block says otherwise.
    pub(super) numbered: bool,
    /// Whether a block was written that needs the stylesheet.
    pub(super) written: bool,
    /// What stands in the ids of lines, so that they differ from those of other posts; none where there are to be none.
    ids: Option<String>,
    /// How many blocks there were.
    blocks: usize,
    /// Where what highlighting takes is added up.
    timings: Option<&'c Timings>,
}

impl<'c> Code<'c> {
    /// Starts with no block.
    pub(super) fn new(highlighter: Option<&'c Highlighter>, numbered: bool) -> Self {
        Code { highlighter, numbered, written: false, ids: None, blocks: 0, timings: None }
    }

    /// Goes on with a place where what highlighting takes is added up.
    pub(super) fn timed(self, timings: Option<&'c Timings>) -> Self {
        Code { timings, ..self }
    }

    /// Goes on with what stands in the ids of lines, or without ids.
    pub(super) fn with_ids(self, ids: Option<String>) -> Self {
        Code { ids, ..self }
    }

    /// Writes a block; returns what there is to say about it, without its place.
    pub(super) fn write(&mut self, info: &str, code: &str, out: &mut String) -> Vec<Diagnostic> {
        let fence = Fence::read(info);
        self.blocks += 1;
        if let Some(title) = &fence.title {
            out.push_str("<figure class=\"code-block\">\n<figcaption class=\"code-title\">");
            push_text(out, title);
            out.push_str("</figcaption>\n");
        }
        match self.highlighter {
            Some(highlighter) => {
                out.push_str("<pre class=\"code\" tabindex=\"0\"");
                if highlighter.inline() {
                    out.push_str(" style=\"");
                    highlighter.scheme().push_ground(out);
                    out.push('"');
                }
                out.push('>');
            }
            None => out.push_str("<pre tabindex=\"0\">"),
        }
        out.push_str("<code");
        if !fence.language.is_empty() {
            out.push_str(" class=\"language-");
            push_attribute(out, fence.language);
            out.push('"');
        }
        out.push('>');
        let mut remarks = Vec::new();
        match self.highlighter {
            Some(highlighter) => {
                self.written = true;
                let colour = || highlighter.colour(fence.language, code);
                let share = |_: &_| share_of(fence.language, code);
                let Coloured { lines, remarks: found } = timed(self.timings, Table::Languages, colour, share);
                remarks = found;
                let ids = self.ids.as_ref().filter(|_| fence.anchored);
                let ids = ids.map(|prefix| format!("code-{prefix}-{}", self.blocks));
                let mut writer = Lines { highlighter, out, ids, open: None };
                writer.write(&fence, fence.numbered.unwrap_or(self.numbered), code, &lines);
            }
            None => {
                for (index, line) in code.split_inclusive('\n').enumerate() {
                    if !fence.hides(index + 1) {
                        push_text(out, line);
                    }
                }
            }
        }
        out.push_str("</code></pre>\n");
        if fence.title.is_some() {
            out.push_str("</figure>\n");
        }
        remarks
    }
}

/// Says under what name the highlighting of a block is added up.
fn share_of(language: &str, code: &str) -> Share {
    let name = if language.is_empty() { "(none)" } else { language };
    Share { name: name.to_owned(), count: 1, lines: code.lines().count(), bytes: code.len() }
}

/// Writes the lines of one block.
struct Lines<'c, 'o> {
    highlighter: &'c Highlighter,
    out: &'o mut String,
    /// What the ids of lines begin with, where they have any.
    ids: Option<String>,
    /// The look of the span that is open.
    open: Option<Look>,
}

impl Lines<'_, '_> {
    fn write(&mut self, fence: &Fence<'_>, numbered: bool, code: &str, coloured: &[Arc<[Piece]>]) {
        for (index, line) in code.split_inclusive('\n').enumerate() {
            if fence.hides(index + 1) {
                continue;
            }
            let kind = fence.line(index + 1, line);
            let element = match kind {
                Line::Plain if numbered => Some("span"),
                Line::Plain => None,
                Line::Marked => Some("mark"),
                Line::Inserted => Some("ins"),
                Line::Deleted => Some("del"),
            };
            if let Some(element) = element {
                self.close();
                let _ = write!(self.out, "<{element} class=\"line\"");
                let number = fence.first.saturating_add(index);
                match &self.ids {
                    Some(ids) if numbered => _ = write!(self.out, " id=\"{ids}-{number}\""),
                    None if numbered => _ = write!(self.out, " data-line=\"{number}\""),
                    _ => {}
                }
                match kind {
                    Line::Inserted if !fence.has_signs() => self.out.push_str(" data-sign=\"+\""),
                    Line::Deleted if !fence.has_signs() => self.out.push_str(" data-sign=\"\u{2212}\""),
                    _ => {}
                }
                self.out.push('>');
                if let Some(ids) = self.ids.as_ref().filter(|_| numbered) {
                    let _ = write!(
                        self.out,
                        "<a href=\"#{ids}-{number}\" data-line=\"{number}\" aria-label=\"Line {number}\"></a>"
                    );
                }
            }
            self.line(line, coloured.get(index).map(|pieces| &**pieces).unwrap_or_default());
            if let Some(element) = element {
                self.close();
                self.out.push_str("</");
                self.out.push_str(element);
                self.out.push('>');
            }
        }
        self.close();
    }

    fn line(&mut self, line: &str, pieces: &[Piece]) {
        let mut start = 0;
        for &(end, look) in pieces {
            let end = end as usize;
            if self.open != Some(look) {
                self.close();
                if !look.is_plain() {
                    if self.highlighter.inline() {
                        self.out.push_str("<span style=\"");
                        self.highlighter.scheme().push_style(look, self.out);
                    } else {
                        self.out.push_str("<span class=\"");
                        self.highlighter.scheme().push_classes(look, self.out);
                    }
                    self.out.push_str("\">");
                    self.open = Some(look);
                }
            }
            push_text(self.out, &line[start..end]);
            start = end;
        }
        push_text(self.out, &line[start..]);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.out.push_str("</span>");
        }
    }
}

#[cfg(test)]
mod tests;
