//! Owns the way from the parser's events to HTML: one flat loop, no recursion, so that no nesting
//! in a post can exhaust the stack.
//!
//! Writes valid HTML whatever comes in. Knows no post and no site: links, code and raw HTML are
//! handed to the rooms beside it.

pub(super) mod image;

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Tag, TagEnd};

use self::image::Image;
use super::OutlineHeading;
use super::alerts::Alert;
use super::calls::Frame;
use super::code::Code;
use super::escape::{push_markup, push_text};
use super::footnotes::{Body, Footnotes, footnote_prefix};
use super::heading::{self, Attributes};
use super::hooks::{Around, Hooked, Hooks, Rows};
use super::links::{Links, place};
use super::math;
use super::quotes::{Quote, Title};
use super::shortcode::lex::Problem;
use super::shortcode::mask::Piece;
use super::shortcode::{Inserts, NoInserts};
use super::table::Table;
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::Route;

/// Where the Markdown stands, so that a span of it can be shown.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// It is the body of the post.
    Body,
    /// It stands elsewhere in the post's file, as a whole.
    At(Place),
}

/// Writes the HTML of one text.
pub(super) struct Writer<'a, 'w> {
    pub(super) out: String,
    pub(super) links: Links<'w>,
    pub(super) code: Code<'w>,
    pub(super) origin: Origin,
    /// The text as it was written.
    pub(super) source: &'w str,
    pub(super) inserts: &'w dyn Inserts,
    /// The shortcodes whose bodies are being written.
    pub(super) calls: Vec<Frame<'a>>,
    /// Whether a shortcode was written that a script may turn into a player.
    pub(super) has_embed: bool,
    pub(super) hooks: Hooks,
    /// The hooks whose texts are being written.
    pub(super) hooked: Vec<Hooked<'a>>,
    /// The cells of the table, where a hook is to have them.
    pub(super) rows: Option<Rows>,
    /// The quotes that are open.
    pub(super) quotes: Vec<Quote>,
    /// The quote that has just begun, and may be an alert.
    pub(super) pending: Option<(Alert, Range<usize>)>,
    pub(super) title: Option<Title>,
    /// The paragraph that is open, and whether it got no tags.
    pub(super) paragraph: Range<usize>,
    pub(super) is_bare: bool,
    /// The outline's headings that are still to come; none in an excerpt.
    headings: std::vec::IntoIter<&'w OutlineHeading>,
    footnotes: Footnotes<'a, 'w>,
    /// The note whose body is being kept.
    note: Option<Note<'a, 'w>>,
    image: Option<Image<'a>>,
    pub(super) heading_id: Option<&'w str>,
    pub(super) table: Table,
    pub(super) html: Option<(String, Vec<(usize, usize)>)>,
    code_block: Option<(CodeBlockKind<'a>, String, Range<usize>)>,
    images: usize,
    pub(super) tables: usize,
    /// What is wrong, in the order of the text.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The pictures that are still to be made.
    pub(super) pictures: Vec<(Route, Place)>,
}

/// The footnote whose body is being kept.
struct Note<'a, 'w> {
    name: CowStr<'a>,
    body: Body<'a, 'w>,
    depth: usize,
}

/// The text of a whole post, or of a part that stands elsewhere.
pub(super) struct Written {
    pub(super) html: String,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The pictures that it names and that are still to be made.
    pub(super) pictures: Vec<(Route, Place)>,
    /// Whether a block of code was written.
    pub(super) has_code: bool,
    /// Whether there is a link that a script may turn into a player.
    pub(super) has_embed: bool,
}

impl<'a, 'w> Writer<'a, 'w> {
    /// Starts a text. An excerpt (`links.elsewhere`) gets no ids, no anchors and no footnotes.
    pub(super) fn new(links: Links<'w>, code: Code<'w>, origin: Origin, capacity: usize) -> Self {
        let code = code.with_ids((!links.elsewhere).then(|| footnote_prefix(links.route.as_str())));
        let headings: Vec<_> = if links.elsewhere { Vec::new() } else { links.post.outline.headings.iter().collect() };
        Writer {
            out: String::with_capacity(capacity),
            links,
            code,
            origin,
            source: links.post.markdown(),
            inserts: &NoInserts,
            calls: Vec::new(),
            has_embed: false,
            hooks: Hooks::default(),
            hooked: Vec::new(),
            rows: None,
            quotes: Vec::new(),
            pending: None,
            title: None,
            paragraph: 0..0,
            is_bare: false,
            headings: headings.into_iter(),
            footnotes: Footnotes::new(footnote_prefix(links.route.as_str())),
            note: None,
            image: None,
            heading_id: None,
            table: Table::default(),
            html: None,
            code_block: None,
            images: 0,
            tables: 0,
            diagnostics: Vec::new(),
            pictures: Vec::new(),
        }
    }

    /// Says who knows the site's own shortcodes, and which text this is if it is not the post's body.
    pub(super) fn asking(self, inserts: &'w dyn Inserts, source: &'w str) -> Self {
        Writer { inserts, source, hooks: inserts.hooks(), ..self }
    }

    /// Writes the next piece.
    pub(super) fn write(&mut self, piece: Piece<'a>, range: Range<usize>) {
        if self.note.is_some() {
            return self.keep_for_note(piece, range);
        }
        let event = match piece {
            Piece::Event(event) => event,
            Piece::Alone(call, _) | Piece::Open(call, _) if self.image.is_some() => {
                let message = format!("the shortcode `{}` cannot stand in the text of an image", call.name);
                let problem = Problem::new("shortcode/misplaced", message, call.name_at.clone());
                return self.say(problem.hint("put it before the image, or after it"));
            }
            piece => return self.write_call(piece, range),
        };
        if self.image.is_some() {
            return self.alternative_text(event);
        }
        let Some(event) = self.in_alert(event, &range) else { return };
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code_block {
                Some((_, code, _)) => code.push_str(&text),
                None => push_text(&mut self.out, &text),
            },
            Event::Code(text) => {
                self.out.push_str("<code>");
                push_text(&mut self.out, &text);
                self.out.push_str("</code>");
            }
            Event::Html(html) => match &mut self.html {
                Some((text, pieces)) => {
                    pieces.push((text.len(), range.start));
                    text.push_str(&html);
                }
                None => self.raw_html(&html, &[(0, range.start)]),
            },
            Event::InlineHtml(html) => self.raw_html(&html, &[(0, range.start)]),
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => {
                self.fresh_line();
                self.out.push_str("<hr>\n");
            }
            Event::FootnoteReference(name) => {
                if !self.links.elsewhere {
                    self.footnotes.refer(name, &mut self.out);
                }
            }
            Event::TaskListMarker(done) => self.task(done),
            Event::InlineMath(tex) => self.formula(&tex, false, range),
            Event::DisplayMath(tex) => self.formula(&tex, true, range),
        }
    }

    /// Writes the footnotes and hands over the whole.
    pub(super) fn finish(mut self) -> Written {
        let mut notes = Vec::new();
        while let Some(body) = self.footnotes.take(notes.len() + 1) {
            let text = std::mem::take(&mut self.out);
            self.headings = body.headings.into_iter();
            for (piece, range) in body.pieces {
                self.write(piece, range);
            }
            notes.push(std::mem::replace(&mut self.out, text));
        }
        if !notes.is_empty() {
            self.fresh_line();
            Footnotes::open(&mut self.out);
            for (index, note) in notes.iter().enumerate() {
                self.footnotes.open_note(index + 1, &mut self.out);
                self.out.push_str(note);
                self.footnotes.close_note(index + 1, &mut self.out);
            }
            Footnotes::close(&mut self.out);
        }
        if !self.links.elsewhere {
            for (name, range) in self.footnotes.unused() {
                let message = format!("nothing refers to the footnote `[^{name}]`, so it is left out");
                let at = place(self.links.post, first_line(self.links.post.markdown(), range));
                self.diagnostics.push(Diagnostic::warning("footnote/unused", message).at(at));
            }
        }
        Written {
            html: self.out,
            diagnostics: self.diagnostics,
            pictures: self.pictures,
            has_code: self.code.written,
            has_embed: self.has_embed,
        }
    }

    pub(super) fn fresh_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Starts a block: on a line of its own.
    pub(super) fn open(&mut self, tag: &str) {
        self.fresh_line();
        self.out.push_str(tag);
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.paragraph = range;
                self.open("<p>");
            }
            Tag::Heading { level, classes, attrs, .. } => self.start_heading(level as u8, &classes, &attrs, range),
            Tag::BlockQuote(None) => match self.alert_at(&range) {
                Some(alert) => self.pending = Some((alert, range)),
                None => self.start_quote(None, range),
            },
            Tag::BlockQuote(Some(kind)) => {
                self.start_quote(Some(Alert::of_github(kind)), range);
                self.end_title();
            }
            Tag::CodeBlock(kind) => self.code_block = Some((kind, String::new(), range)),
            Tag::HtmlBlock => self.html = Some((String::new(), Vec::new())),
            Tag::List(None) => self.open("<ul>\n"),
            Tag::List(Some(1)) => self.open("<ol>\n"),
            Tag::List(Some(start)) => {
                self.fresh_line();
                let _ = writeln!(self.out, "<ol start=\"{start}\">");
            }
            Tag::Item => self.open("<li>"),
            Tag::FootnoteDefinition(name) => {
                let body = Body { range, pieces: Vec::new(), headings: Vec::new() };
                self.note = Some(Note { name, body, depth: 0 });
            }
            Tag::DefinitionList => self.open("<dl>\n"),
            Tag::DefinitionListTitle => self.open("<dt>"),
            Tag::DefinitionListDefinition => self.open("<dd>"),
            Tag::Table(alignments) => {
                self.fresh_line();
                self.tables += 1;
                self.rows = (self.hooks.table && self.hooked(Around::Table, range)).then(Vec::new);
                self.table = Table::open(alignments, self.tables, &mut self.out);
            }
            Tag::TableHead => self.table.open_head(&mut self.out),
            Tag::TableRow => self.table.open_row(&mut self.out),
            Tag::TableCell => self.table.open_cell(&mut self.out),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Superscript => self.out.push_str("<sup>"),
            Tag::Subscript => self.out.push_str("<sub>"),
            Tag::Link { link_type, dest_url, title, .. } => self.start_link(link_type, dest_url, title, range),
            Tag::Image { dest_url, title, .. } => {
                self.image = Some(Image { destination: dest_url, title, range, text: String::new(), nested: 0 });
            }
            Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let close = match tag {
            TagEnd::Paragraph => {
                self.paragraph = 0..0;
                if std::mem::take(&mut self.is_bare) {
                    return self.fresh_line();
                }
                "</p>\n"
            }
            TagEnd::Heading(_) if self.hooks.heading && self.end_hooked_heading() => return,
            TagEnd::Heading(level) => return heading::close(level as u8, self.heading_id.take(), &mut self.out),
            TagEnd::BlockQuote(_) => return self.end_quote(),
            TagEnd::CodeBlock => return self.end_code(),
            TagEnd::HtmlBlock => {
                if let Some((html, pieces)) = self.html.take() {
                    self.fresh_line();
                    self.raw_html_block(&html, &pieces);
                }
                return;
            }
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::DefinitionList => "</dl>\n",
            TagEnd::DefinitionListTitle => "</dt>\n",
            TagEnd::DefinitionListDefinition => "</dd>\n",
            TagEnd::Table => {
                self.table.close(&mut self.out);
                return self.end_hooked_table();
            }
            TagEnd::TableHead => return self.table.close_head(&mut self.out),
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell => {
                self.keep_cell(self.table.is_first());
                return self.table.close_cell(&mut self.out);
            }
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Superscript => "</sup>",
            TagEnd::Subscript => "</sub>",
            TagEnd::Link => return self.end_link(),
            TagEnd::Image | TagEnd::FootnoteDefinition | TagEnd::MetadataBlock(_) => "",
        };
        self.out.push_str(close);
    }

    /// Keeps an event of a footnote's body for the end of the text.
    fn keep_for_note(&mut self, piece: Piece<'a>, range: Range<usize>) {
        let Some(note) = &mut self.note else { return };
        match &piece {
            Piece::Event(Event::Start(tag)) => {
                note.depth += 1;
                if matches!(tag, Tag::Heading { .. }) {
                    note.body.headings.extend(self.headings.next());
                }
            }
            Piece::Event(Event::End(_)) if note.depth == 0 => {
                if let Some(note) = self.note.take() {
                    self.footnotes.define(note.name, note.body);
                }
                return;
            }
            Piece::Event(Event::End(_)) => note.depth -= 1,
            _ => {}
        }
        note.body.pieces.push((piece, range));
    }

    fn start_heading(&mut self, level: u8, classes: &[CowStr<'a>], attributes: &Attributes<'a>, range: Range<usize>) {
        self.fresh_line();
        self.heading_id = self.headings.next().map(|heading| heading.id.as_str());
        if self.hooks.heading && self.start_hooked_heading(level, classes, attributes, range) {
            return;
        }
        heading::open(level, self.heading_id, classes, attributes, self.links.config.markdown.html, &mut self.out);
    }

    fn task(&mut self, done: bool) {
        for (item, marked) in
            [("<li>", "<li class=\"task-list-item\">"), ("<li>\n<p>", "<li class=\"task-list-item\">\n<p>")]
        {
            if self.out.ends_with(item) {
                self.out.truncate(self.out.len() - item.len());
                self.out.push_str(marked);
                break;
            }
        }
        self.out.push_str("<input type=\"checkbox\" disabled");
        self.out.push_str(if done { " checked" } else { "" });
        self.out.push_str(" aria-label=\"Done\"> ");
    }

    /// Returns the place of some bytes of the text.
    fn at(&self, range: Range<usize>) -> Place {
        match &self.origin {
            Origin::Body => place(self.links.post, range),
            Origin::At(place) => place.clone(),
        }
    }

    /// Writes a formula as MathML; one that is none is reported.
    fn formula(&mut self, tex: &str, display: bool, range: Range<usize>) {
        match math::mathml(tex, display) {
            Ok(mathml) => push_markup(&mut self.out, &mathml),
            Err(fault) => {
                let at = self.at(math::place(self.links.post.markdown(), range, tex, fault.at.clone()));
                self.diagnostics.push(fault.diagnostic().at(at));
            }
        }
    }

    fn end_code(&mut self) {
        let Some((kind, code, range)) = self.code_block.take() else { return };
        let info = match &kind {
            CodeBlockKind::Fenced(info) => &**info,
            CodeBlockKind::Indented => "",
        };
        self.fresh_line();
        if info.trim() == "math" && self.links.config.markdown.math {
            self.out.push_str("<div class=\"math\">");
            self.formula(code.trim_end(), true, range);
            self.out.push_str("</div>\n");
            return;
        }
        if self.hooks.code && self.hooked_code(info, &code, range.clone()) {
            return;
        }
        let remarks = self.code.write(info, &code, &mut self.out);
        self.remark(remarks, range);
    }

    /// Says what there is to say about a block.
    pub(super) fn remark(&mut self, remarks: Vec<Diagnostic>, range: Range<usize>) {
        for remark in remarks {
            let at = self.at(first_line(self.links.post.markdown(), range.clone()));
            self.diagnostics.push(remark.at(at));
        }
    }
}

/// Returns the first line of a range: enough to show where a block starts.
fn first_line(markdown: &str, range: Range<usize>) -> Range<usize> {
    let length = markdown.get(range.clone()).and_then(|block| block.find('\n')).unwrap_or(range.len());
    range.start..range.start + length
}
