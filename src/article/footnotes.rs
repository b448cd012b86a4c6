//! Owns the footnotes of one post: their numbers, their ids and the list at its end.
//!
//! A note gets its number where it is first referred to. Ids carry the post's address, so that
//! several posts may stand on one page.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::CowStr;

use super::OutlineHeading;
use super::shortcode::mask::Piece;

/// A note's Markdown, kept until the text is written.
#[derive(Debug, Default)]
pub(super) struct Body<'a, 'h> {
    /// Where it stands.
    pub(super) range: Range<usize>,
    pub(super) pieces: Vec<(Piece<'a>, Range<usize>)>,
    /// The outline's headings that stand in it.
    pub(super) headings: Vec<&'h OutlineHeading>,
}

/// The footnotes of one post.
#[derive(Debug)]
pub(super) struct Footnotes<'a, 'h> {
    prefix: String,
    bodies: HashMap<CowStr<'a>, Body<'a, 'h>>,
    numbers: HashMap<CowStr<'a>, usize>,
    /// By number less one: the name, and how often it was referred to.
    notes: Vec<(CowStr<'a>, usize)>,
}

impl<'a, 'h> Footnotes<'a, 'h> {
    /// Starts with none.
    pub(super) fn new(prefix: String) -> Self {
        Footnotes { prefix, bodies: HashMap::new(), numbers: HashMap::new(), notes: Vec::new() }
    }

    /// Keeps the body of a note; of two with the same name the first counts.
    pub(super) fn define(&mut self, name: CowStr<'a>, body: Body<'a, 'h>) {
        self.bodies.entry(name).or_insert(body);
    }

    /// Writes a reference to a note.
    pub(super) fn refer(&mut self, name: CowStr<'a>, out: &mut String) {
        let next = self.notes.len() + 1;
        let number = *self.numbers.entry(name.clone()).or_insert(next);
        if number == next {
            self.notes.push((name, 0));
        }
        let times = &mut self.notes[number - 1].1;
        *times += 1;
        let prefix = &self.prefix;
        let id = reference_id(prefix, number, *times);
        let _ = write!(
            out,
            "<sup class=\"footnote-ref\" id=\"{id}\"><a href=\"#fn-{prefix}-{number}\" role=\"doc-noteref\">{number}</a></sup>"
        );
    }

    /// Returns the body of the note with this number, counted from 1, if there are so many. Writing
    /// it may refer to further notes.
    pub(super) fn take(&mut self, number: usize) -> Option<Body<'a, 'h>> {
        let (name, _) = self.notes.get(number - 1)?;
        Some(self.bodies.remove(name).unwrap_or_default())
    }

    /// Writes what stands before the first note.
    pub(super) fn open(out: &mut String) {
        out.push_str("<section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"Footnotes\">\n<ol>\n");
    }

    /// Writes what stands after the last note.
    pub(super) fn close(out: &mut String) {
        out.push_str("</ol>\n</section>\n");
    }

    /// Writes what stands before a note.
    pub(super) fn open_note(&self, number: usize, out: &mut String) {
        let _ = write!(out, "<li id=\"fn-{}-{number}\">", self.prefix);
    }

    /// Writes the ways back from a note into its last paragraph, and what stands after it.
    pub(super) fn close_note(&self, number: usize, out: &mut String) {
        let paragraph = out.ends_with("</p>\n");
        if paragraph {
            out.truncate(out.len() - "</p>\n".len());
        }
        let times = self.notes.get(number - 1).map_or(0, |(_, times)| *times);
        for time in 1..=times {
            let id = reference_id(&self.prefix, number, time);
            let nth = if time == 1 { String::new() } else { format!("-{time}") };
            let _ = write!(
                out,
                " <a class=\"footnote-backref\" href=\"#{id}\" role=\"doc-backlink\" aria-label=\"Back to reference {number}{nth}\">\u{21a9}\u{fe0e}"
            );
            if time > 1 {
                let _ = write!(out, "<sup>{time}</sup>");
            }
            out.push_str("</a>");
        }
        out.push_str(if paragraph { "</p>\n</li>\n" } else { "</li>\n" });
    }

    /// Returns the notes that nothing refers to and where they stand, in their order.
    pub(super) fn unused(&self) -> Vec<(&str, Range<usize>)> {
        let mut notes: Vec<_> = self.bodies.iter().map(|(name, body)| (&**name, body.range.clone())).collect();
        notes.sort_by_key(|(_, range)| range.start);
        notes
    }
}

/// Returns the id of the nth reference to a note.
fn reference_id(prefix: &str, number: usize, time: usize) -> String {
    match time {
        1 => format!("fnref-{prefix}-{number}"),
        _ => format!("fnref-{prefix}-{number}-{time}"),
    }
}

/// Returns what stands in the ids of a post's footnotes and lines of code: its address, as an id may hold it.
pub(super) fn footnote_prefix(route: &str) -> String {
    let route = route.trim_matches('/').trim_end_matches(".html");
    let kept = |character: char| if character.is_alphanumeric() { character } else { '-' };
    match route {
        "" => "home".to_owned(),
        _ => route.chars().map(kept).collect(),
    }
}
