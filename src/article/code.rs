//! Owns what a block of code becomes on the page.

use super::escape::{push_attribute, push_text};
use crate::diagnostic::Diagnostic;

/// Writes the blocks of code of one text.
#[derive(Debug, Clone)]
pub(super) struct Code<'c> {
    highlighter: Option<&'c ()>,
    written: bool,
}

impl<'c> Code<'c> {
    pub(super) fn new(highlighter: Option<&'c ()>) -> Self {
        Code { highlighter, written: false }
    }

    /// Returns whether any block was coloured.
    pub(super) fn was_written(&self) -> bool {
        self.written
    }

    /// Writes a block; returns what there is to say about it, without its place.
    pub(super) fn write(&mut self, info: &str, code: &str, out: &mut String) -> Vec<Diagnostic> {
        let language = info.split([' ', ',', '{', '\t']).next().unwrap_or_default();
        out.push_str("<pre tabindex=\"0\"><code");
        if !language.is_empty() {
            out.push_str(" class=\"language-");
            push_attribute(out, language);
            out.push('"');
        }
        out.push('>');
        push_text(out, code);
        out.push_str("</code></pre>\n");
        self.written |= self.highlighter.is_some();
        Vec::new()
    }
}
