//! Owns what a list shows of a post: the events of its summary, cut on whole elements.
//!
//! `<!-- more -->` says where to cut; without it the first block that has words, and what it leads
//! into, is the summary. Headings, rules, comments and footnotes are no summary.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::shortcode::mask::{Piece, Placement};
use crate::config::SummaryRule;

/// No summary is made of more blocks than this, unless the author says where it ends.
const MOST_BLOCKS: usize = 3;

/// Watches the events of a post go by and keeps those of its summary.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    pieces: Vec<(Piece<'a>, Range<usize>)>,
    /// Whether the marker may still come.
    awaits_marker: bool,
    /// Whether the marker has come; the block that it is in still belongs to the summary.
    marked: bool,
    /// Where the summary ends that the marker makes.
    marker_end: Option<usize>,
    /// The events of each block that the rule has chosen.
    blocks: Vec<Range<usize>>,
    choosing: bool,
    /// Whether a block followed the marker; whether one followed the blocks that were chosen.
    after_marker: bool,
    after_blocks: bool,
    depth: usize,
    block: Block,
}

/// What is known of the block that is open at the top level.
#[derive(Debug, Default, Clone, Copy)]
struct Block {
    start: usize,
    has_words: bool,
    ends_with_colon: bool,
    in_image: usize,
    has_html: bool,
    opens_comment: bool,
    is_comment: bool,
}

/// A summary: the events to write, and whether the post goes on after it.
#[derive(Debug, Default)]
pub(super) struct Cut<'a> {
    pub(super) pieces: Vec<(Piece<'a>, Range<usize>)>,
    pub(super) continues: bool,
    /// Whether the author said where it ends.
    pub(super) marked: bool,
}

impl<'a> Excerpt<'a> {
    /// Starts before the first event of a post.
    pub(super) fn of(markdown: &str, rule: SummaryRule) -> Self {
        Excerpt {
            pieces: Vec::new(),
            awaits_marker: has_marker(markdown),
            marked: false,
            marker_end: None,
            blocks: Vec::new(),
            choosing: rule == SummaryRule::Auto,
            after_marker: false,
            after_blocks: false,
            depth: 0,
            block: Block::default(),
        }
    }

    /// Takes note of the next piece.
    pub(super) fn watch(&mut self, piece: &Piece<'a>, range: &Range<usize>) {
        let awaits = self.awaits_marker && self.marker_end.is_none();
        if self.choosing || awaits {
            self.pieces.push((piece.clone(), range.clone()));
        } else if self.after_marker || (self.marker_end.is_none() && self.after_blocks) {
            return;
        }
        if self.depth == 0 {
            self.block = Block { start: self.pieces.len().saturating_sub(1), ..Block::default() };
        }
        let event = match piece {
            Piece::Event(event) => event,
            // With its body it is one block, which is never cut.
            Piece::Open(..) => return self.depth += 1,
            Piece::Close => {
                self.depth = self.depth.saturating_sub(1);
                let says_enough = self.block.has_words;
                return if self.depth == 0 {
                    self.end_block(true, says_enough, false)
                };
            }
            Piece::Alone(_, Placement::Block) if self.depth == 0 => return self.end_block(true, false, false),
            Piece::Alone(..) | Piece::Wrong(_) => return,
        };
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.block.in_image += usize::from(matches!(tag, Tag::Image { .. }));
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                let images = usize::from(*tag == TagEnd::Image);
                self.block.in_image = self.block.in_image.saturating_sub(images);
            }
            Event::Text(text) | Event::Code(text) if self.block.in_image == 0 => {
                self.block.has_words |= text.chars().any(char::is_alphanumeric);
                if !text.trim().is_empty() {
                    self.block.ends_with_colon = text.trim_end().ends_with(':');
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                self.block.is_comment = match self.block.has_html {
                    false => html.trim_start().starts_with("<!--") && html.trim_end().ends_with("-->"),
                    true => self.block.opens_comment && html.trim_end().ends_with("-->"),
                };
                self.block.opens_comment |= !self.block.has_html && html.trim_start().starts_with("<!--");
                self.block.has_html = true;
                if self.depth <= 1 && is_marker(html) && !self.marked {
                    self.marked = true;
                }
            }
            _ => {}
        }
        if self.depth == 0 {
            let is_html = matches!(event, Event::End(TagEnd::HtmlBlock));
            let is_block = is_content(event) && !(is_html && self.block.is_comment);
            let says_enough = match event {
                Event::End(TagEnd::Paragraph) => self.block.has_words && !self.block.ends_with_colon,
                Event::End(TagEnd::HtmlBlock | TagEnd::CodeBlock) => self.is_led_into(),
                _ => true,
            };
            let is_passed_over = matches!(event, Event::End(TagEnd::Heading(_)) | Event::Rule);
            self.end_block(is_block, says_enough, is_passed_over);
        }
    }

    /// Returns whether the block that has just ended may stand for the text because the one before led into it.
    fn is_led_into(&self) -> bool {
        !self.blocks.is_empty() && self.blocks.len() < MOST_BLOCKS && self.led_into()
    }

    /// Weighs the block that has just ended.
    fn end_block(&mut self, is_block: bool, says_enough: bool, is_passed_over: bool) {
        self.after_blocks |= is_block && !self.choosing;
        self.after_marker |= is_block && self.marker_end.is_some();
        if self.choosing && is_block && !is_passed_over {
            self.blocks.push(self.block.start..self.pieces.len());
            self.choosing = !says_enough && self.blocks.len() < MOST_BLOCKS;
        }
        if self.marked && self.marker_end.is_none() {
            self.marker_end = Some(self.pieces.len());
        }
    }

    /// Returns whether the last chosen block ends in a colon, so that the next one belongs to it.
    fn led_into(&self) -> bool {
        let Some(last) = self.blocks.last() else { return false };
        let mut events = self.pieces[last.clone()].iter().rev();
        events.find_map(
            |(piece, _)| if let Piece::Event(Event::Text(text)) = piece { Some(text.ends_with(':')) } else { None },
        ) == Some(true)
    }

    /// Returns the summary.
    pub(super) fn cut(mut self) -> Cut<'a> {
        if let Some(end) = self.marker_end {
            self.pieces.truncate(end);
            return Cut { pieces: self.pieces, continues: self.after_marker, marked: true };
        }
        let mut pieces = Vec::new();
        for block in &self.blocks {
            pieces.extend_from_slice(&self.pieces[block.clone()]);
        }
        Cut { pieces, continues: self.after_blocks, marked: false }
    }
}

/// Returns whether a top-level event stands for something that a reader sees there.
fn is_content(event: &Event<'_>) -> bool {
    !matches!(event, Event::Start(Tag::FootnoteDefinition(_)) | Event::End(TagEnd::FootnoteDefinition))
}

/// Returns whether a text may hold the marker.
fn has_marker(markdown: &str) -> bool {
    // Every comment begins with a character of which most texts have few.
    memchr::memchr_iter(b'<', markdown.as_bytes()).any(|at| is_marker(&markdown[at..]))
}

/// Returns whether raw HTML starts with `<!-- more -->`.
pub(super) fn is_marker(html: &str) -> bool {
    let inner = html.trim_start().strip_prefix("<!--").map(str::trim_start);
    inner.and_then(|inner| inner.strip_prefix("more")).is_some_and(|rest| rest.trim_start().starts_with("-->"))
}

/// Returns whether raw HTML is nothing but a comment.
pub(super) fn is_comment(html: &str) -> bool {
    let inner = html.trim().strip_prefix("<!--").and_then(|inner| inner.strip_suffix("-->"));
    inner.is_some_and(|inner| !inner.contains("-->"))
}

#[cfg(test)]
mod tests;
