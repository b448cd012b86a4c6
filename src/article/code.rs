//! Owns what a block of code becomes on the page: `<pre class="code">`, its lines, its title.
//!
//! A line only gets an element of its own where it is numbered or marked. A block that was written
//! before is not highlighted again.

use std::sync::Arc;

use super::escape::{push_attribute, push_text};
use super::fence::Fence;
use super::highlight::engine::Piece;
use super::highlight::scheme::Look;
use super::highlight::{Coloured, Highlighter};
use crate::diagnostic::Diagnostic;

/// Writes the blocks of code of one text.
#[derive(Debug, Clone)]
pub(super) struct Code<'c> {
    /// None: code has no colours, on the whole site.
    pub(super) highlighter: Option<&'c Highlighter>,
    /// Whether lines are numbered unless the block says otherwise.
    pub(super) numbered: bool,
    /// Whether a block was written that needs the stylesheet.
    pub(super) written: bool,
}

impl Code<'_> {
    /// Writes a block; returns what there is to say about it, without its place.
    pub(super) fn write(&mut self, info: &str, code: &str, out: &mut String) -> Vec<Diagnostic> {
        let fence = Fence::read(info);
        if let Some(title) = &fence.title {
            out.push_str("<figure class=\"code-block\">\n<figcaption class=\"code-title\">");
            push_text(out, title);
            out.push_str("</figcaption>\n");
        }
        out.push_str(if self.highlighter.is_some() {
            "<pre class=\"code\" tabindex=\"0\">"
        } else {
            "<pre tabindex=\"0\">"
        });
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
                let Coloured { lines, remarks: found } = highlighter.colour(fence.language, code);
                remarks = found;
                let mut writer = Lines { highlighter, out, open: None };
                writer.write(&fence, fence.numbered.unwrap_or(self.numbered), code, &lines);
            }
            None => push_text(out, code),
        }
        out.push_str("</code></pre>\n");
        if fence.title.is_some() {
            out.push_str("</figure>\n");
        }
        remarks
    }
}

/// Writes the lines of one block.
struct Lines<'c, 'o> {
    highlighter: &'c Highlighter,
    out: &'o mut String,
    /// The look of the span that is open.
    open: Option<Look>,
}

impl Lines<'_, '_> {
    fn write(&mut self, fence: &Fence<'_>, numbered: bool, code: &str, coloured: &[Arc<[Piece]>]) {
        for (index, line) in code.split_inclusive('\n').enumerate() {
            if fence.hides(index + 1) {
                continue;
            }
            let marked = fence.marks(index + 1);
            let element = if marked { "mark" } else { "span" };
            if numbered || marked {
                self.close();
                self.out.push('<');
                self.out.push_str(element);
                self.out.push_str(" class=\"line\"");
                if numbered {
                    self.out.push_str(" data-line=\"");
                    self.out.push_str(&(fence.first + index).to_string());
                    self.out.push('"');
                }
                self.out.push('>');
            }
            self.line(line, coloured.get(index).map(|pieces| &**pieces).unwrap_or_default());
            if numbered || marked {
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
                    self.out.push_str("<span class=\"");
                    self.highlighter.scheme().push_classes(look, self.out);
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
