//! Owns render hooks: what a site's own templates write in place of links, images, headings, code, quotes and tables.
//!
//! Gives such a template plain values, and the page what it made of them. A site without hooks pays a few comparisons.
//! What is nested too deep is refused: each level hands its whole text on to the one around it.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::CowStr;

use super::calls::DEPTH;
use super::fence::Fence;
use super::heading::{self, Attributes};
use super::links::place;
use super::markdown::{Origin, Writer};
use super::shortcode::Fact;
use super::shortcode::lex::Problem;
use crate::diagnostic::Diagnostic;

/// Which hooks a site has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `hooks/link.html`.
    pub link: bool,
    /// `hooks/image.html`.
    pub image: bool,
    /// `hooks/heading.html`.
    pub heading: bool,
    /// `hooks/code.html`, or one for a language: `hooks/code-mermaid.html`.
    pub code: bool,
    /// `hooks/blockquote.html`.
    pub blockquote: bool,
    /// `hooks/table.html`.
    pub table: bool,
}

/// What a hook is for, and stands around a text that is being written.
#[derive(Debug)]
pub(super) enum Around<'a> {
    Link { url: Option<String>, destination: CowStr<'a>, title: CowStr<'a>, external: bool },
    Heading { level: u8, id: String, class: String, attributes: String },
    Quote,
    Table,
}

/// A hook whose text is being written.
#[derive(Debug)]
pub(super) struct Hooked<'a> {
    pub(super) around: Around<'a>,
    /// Where its text starts in the page.
    pub(super) at: usize,
    pub(super) range: Range<usize>,
}

/// One cell of a table: its text, and how it is aligned.
type Cell = (String, &'static str);

/// The cells of a table that a hook is to write: row by row, the head first.
pub(super) type Rows = Vec<Vec<Cell>>;

impl<'a> Writer<'a, '_> {
    /// Lets a hook write what stands around the text that follows; not if hooks are nested too deep, which is reported.
    pub(super) fn hooked(&mut self, around: Around<'a>, range: Range<usize>) -> bool {
        if self.hooked.len() >= DEPTH {
            let message = format!("what hooks write is nested more than {DEPTH} deep");
            self.say(Problem::new("hook/nested", message, range).hint("take some of the quotes out"));
            return false;
        }
        self.hooked.push(Hooked { around, at: self.out.len(), range });
        true
    }

    /// Returns what a hook makes of some values; an error names the hook's template, and the line that it was asked for.
    fn ask(&mut self, name: &str, mut facts: Vec<(&str, Fact)>, range: Range<usize>) -> Option<String> {
        facts.push(("excerpt", Fact::Boolean(self.links.elsewhere)));
        match self.inserts.hook(self.links.id, name, facts) {
            Ok(made) => Some(made.trim().to_owned()),
            Err(diagnostic) => {
                self.called_from(diagnostic, range);
                None
            }
        }
    }

    /// Reports what went wrong in a template, and the line of the Markdown that asked for it.
    pub(super) fn called_from(&mut self, diagnostic: Diagnostic, range: Range<usize>) {
        let at = match &self.origin {
            Origin::Body => place(self.links.post, range),
            Origin::At(place) => place.clone(),
        };
        let line = at.line_column().map(|(line, _)| format!(", line {line}")).unwrap_or_default();
        self.diagnostics.push(diagnostic.with(format!("called from `{}`{line}", at.file)));
    }

    /// Asks a hook for a block, and writes it on lines of its own.
    pub(super) fn ask_for_block(&mut self, name: &str, facts: Vec<(&str, Fact)>, range: Range<usize>) {
        let made = self.ask(name, facts, range).unwrap_or_default();
        self.fresh_line();
        self.out.push_str(&made);
        self.fresh_line();
    }

    /// Ends a link that a hook writes; returns whether there was one.
    pub(super) fn end_hooked_link(&mut self) -> bool {
        let is_link = |hooked: &mut Hooked<'_>| matches!(hooked.around, Around::Link { .. });
        let Some(Hooked { around: Around::Link { url, destination, title, external }, at, range }) =
            self.hooked.pop_if(is_link)
        else {
            return false;
        };
        let text = self.out.split_off(at.min(self.out.len()));
        let facts = vec![
            ("url", Fact::Text(url.unwrap_or_default())),
            ("destination", Fact::Text(destination.into_string())),
            ("title", Fact::Text(title.into_string())),
            ("text", Fact::Html(text)),
            ("external", Fact::Boolean(external)),
        ];
        let made = self.ask("link", facts, range).unwrap_or_default();
        self.out.push_str(&made);
        true
    }

    /// Starts a heading that a hook writes; returns whether it does.
    pub(super) fn start_hooked_heading(
        &mut self,
        level: u8,
        classes: &[CowStr<'a>],
        attributes: &Attributes<'a>,
        range: Range<usize>,
    ) -> bool {
        let mut further = String::new();
        heading::push_attributes(attributes, self.links.config.markdown.html, &mut further);
        let id = self.heading_id.unwrap_or_default().to_owned();
        self.hooked(Around::Heading { level, id, class: classes.join(" "), attributes: further }, range)
    }

    /// Ends a heading that a hook writes; returns whether there was one.
    pub(super) fn end_hooked_heading(&mut self) -> bool {
        let is_heading = |hooked: &mut Hooked<'_>| matches!(hooked.around, Around::Heading { .. });
        let Some(Hooked { around: Around::Heading { level, id, class, attributes }, at, range }) =
            self.hooked.pop_if(is_heading)
        else {
            return false;
        };
        self.heading_id = None;
        let text = self.out.split_off(at.min(self.out.len()));
        let facts = vec![
            ("level", Fact::Whole(i64::from(level))),
            ("id", Fact::Text(id)),
            ("text", Fact::Html(text.trim().to_owned())),
            ("class", Fact::Text(class)),
            ("attributes", Fact::Html(attributes)),
        ];
        self.ask_for_block("heading", facts, range);
        true
    }

    /// Takes the cell that has just been written, if a hook is to have the table.
    pub(super) fn keep_cell(&mut self, is_first: bool) {
        let Some(rows) = &mut self.rows else { return };
        if is_first || rows.is_empty() {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.push((self.table.cell_text(&self.out).to_owned(), self.table.alignment()));
        }
    }

    /// Ends a table that a hook writes; its usual HTML has just been written.
    pub(super) fn end_hooked_table(&mut self) {
        let Some(rows) = self.rows.take() else { return };
        let Some(Hooked { at, range, .. }) = self.hooked.pop() else { return };
        let html = self.out.split_off(at.min(self.out.len()));
        let cell = |(text, align): Cell| {
            let align = ("align".to_owned(), Fact::Text(align.to_owned()));
            Fact::Map(BTreeMap::from([("text".to_owned(), Fact::Html(text)), align]))
        };
        let mut rows = rows.into_iter().map(|row| Fact::List(row.into_iter().map(cell).collect()));
        let facts = vec![
            ("head", rows.next().unwrap_or(Fact::List(Vec::new()))),
            ("rows", Fact::List(rows.collect())),
            ("html", Fact::Html(html)),
            ("number", Fact::Whole(i64::try_from(self.tables).unwrap_or(i64::MAX))),
        ];
        self.ask_for_block("table", facts, range);
    }

    /// Writes a block of code by its language's hook, or by the one for all languages; returns whether there is one.
    pub(super) fn hooked_code(&mut self, info: &str, code: &str, range: Range<usize>) -> bool {
        let fence = Fence::read(info);
        let own = format!("code-{}", fence.language.to_ascii_lowercase());
        let is_own = !fence.language.is_empty() && self.inserts.has_hook(&own);
        if !is_own && !self.inserts.has_hook("code") {
            return false;
        }
        let words = info.trim().get(fence.language.len()..).unwrap_or_default().trim();
        let mut facts = vec![
            ("language", Fact::Text(fence.language.to_owned())),
            ("code", Fact::Text(code.to_owned())),
            ("title", Fact::Text(fence.title.clone().unwrap_or_default())),
            ("words", Fact::Text(words.to_owned())),
        ];
        if !is_own {
            let mut coloured = String::new();
            let remarks = self.code.write(info, code, &mut coloured);
            self.remark(remarks, range.clone());
            facts.push(("html", Fact::Html(coloured)));
        }
        self.ask_for_block(if is_own { &own } else { "code" }, facts, range);
        true
    }

    /// Writes an image by its hook. One that fills its paragraph takes the paragraph's place.
    pub(super) fn hooked_image(&mut self, facts: Vec<(&str, Fact)>, range: Range<usize>) {
        let paragraph = self.source.get(self.paragraph.clone()).unwrap_or_default();
        let start = self.paragraph.start + (paragraph.len() - paragraph.trim_start().len());
        let is_block = self.out.ends_with("<p>") && (start..start + paragraph.trim().len()) == range;
        let facts = facts.into_iter().chain([("block", Fact::Boolean(is_block))]).collect();
        let made = self.ask("image", facts, range).unwrap_or_default();
        if is_block {
            self.out.truncate(self.out.len() - "<p>".len());
            self.is_bare = true;
        }
        self.out.push_str(&made);
    }
}
