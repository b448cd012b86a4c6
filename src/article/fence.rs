//! Owns what an author writes after the fence of a block of code: language and options, in our
//! spelling, Zola's and Hugo's.
//!
//! `rust {linenos, 1,3-5}` · `rust,linenos,hl_lines=1 3-5` · `go {lineNos=inline hl_lines=[1,"3-5"]}` ·
//! `js title="main.js"`. What is not known is left alone: other tools have words of their own there.

use std::ops::RangeInclusive;

/// What stands after a fence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fence<'f> {
    /// The language, as written; may be empty.
    pub(super) language: &'f str,
    /// Whether lines are numbered, if that is said.
    pub(super) numbered: Option<bool>,
    /// The number of the first line.
    pub(super) first: usize,
    /// The lines that are marked, from 1, whatever their numbers.
    pub(super) marked: Vec<RangeInclusive<usize>>,
    /// The lines that were put in, and those that were taken out, from 1.
    pub(super) inserted: Vec<RangeInclusive<usize>>,
    pub(super) deleted: Vec<RangeInclusive<usize>>,
    /// Whether each number is a link to its line.
    pub(super) anchored: bool,
    /// The lines that are left out, from 1.
    pub(super) hidden: Vec<RangeInclusive<usize>>,
    /// What the block is called.
    pub(super) title: Option<String>,
}

/// What a line is in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Plain,
    Marked,
    Inserted,
    Deleted,
}

impl<'f> Fence<'f> {
    /// Reads what stands after a fence.
    pub(super) fn read(info: &'f str) -> Self {
        let info = info.trim();
        let end = info.find(|c: char| c.is_whitespace() || c == ',' || c == '{').unwrap_or(info.len());
        // `{.rust .numberLines}`, as Pandoc has it.
        let (language, rest) = match info.strip_prefix("{.") {
            Some(inner) => {
                let end = inner.find(|c: char| c.is_whitespace() || c == '}').unwrap_or(inner.len());
                inner.split_at(end)
            }
            None => info.split_at(end),
        };
        let mut fence = Fence { language, first: 1, ..Fence::default() };
        let mut words = Words { rest };
        while let Some(word) = words.next() {
            fence.take(word);
        }
        fence
    }

    /// Returns whether a line, counted from 1, is left out.
    pub(super) fn hides(&self, line: usize) -> bool {
        self.hidden.iter().any(|range| range.contains(&line))
    }

    /// Returns what a line, counted from 1, is in its block. In a `diff` its first character says it.
    pub(super) fn line(&self, number: usize, text: &str) -> Line {
        let within = |ranges: &[RangeInclusive<usize>]| ranges.iter().any(|range| range.contains(&number));
        let is_diff = matches!(self.language, "diff" | "patch" | "udiff");
        let is_change = |sign: char, header: &str| is_diff && text.starts_with(sign) && !text.starts_with(header);
        if within(&self.inserted) || is_change('+', "+++ ") {
            Line::Inserted
        } else if within(&self.deleted) || is_change('-', "--- ") {
            Line::Deleted
        } else if within(&self.marked) {
            Line::Marked
        } else {
            Line::Plain
        }
    }

    /// Returns whether the code itself has the signs of what was put in and taken out.
    pub(super) fn has_signs(&self) -> bool {
        matches!(self.language, "diff" | "patch" | "udiff")
    }

    fn take(&mut self, word: Word<'_>) {
        let off = |value: &str| matches!(value, "false" | "0" | "off" | "no");
        let name: String = word.name.chars().filter(|c| !matches!(c, '_' | '-' | '.')).collect();
        match (name.to_ascii_lowercase().as_str(), word.value) {
            ("linenos" | "linenumbers" | "numberlines" | "showlinenumbers", None) => self.numbered = Some(true),
            ("linenos" | "linenumbers" | "numberlines" | "showlinenumbers", Some(value)) => {
                self.numbered = Some(!off(value));
            }
            ("linenostart" | "startfrom" | "start", Some(value)) => {
                self.first = value.parse().unwrap_or(1);
                self.numbered.get_or_insert(true);
            }
            ("hllines" | "highlight" | "mark" | "emphasize", Some(value)) => self.marked.extend(ranges(value)),
            ("ins" | "inserted", Some(value)) => self.inserted.extend(ranges(value)),
            ("del" | "deleted", Some(value)) => self.deleted.extend(ranges(value)),
            ("anchors" | "anchorlinenos" | "lineanchors", value) => {
                self.anchored = value.is_none_or(|value| !off(value));
                if self.anchored {
                    self.numbered.get_or_insert(true);
                }
            }
            ("hidelines", Some(value)) => self.hidden.extend(ranges(value)),
            ("title" | "name" | "filename" | "file", Some(value)) if !value.is_empty() => {
                self.title = Some(value.to_owned());
            }
            (_, None) => self.marked.extend(ranges(word.name)),
            _ => {}
        }
    }
}

/// One word after the language: a name, and what follows its `=`.
struct Word<'f> {
    name: &'f str,
    value: Option<&'f str>,
}

/// The words after the language.
struct Words<'f> {
    rest: &'f str,
}

impl<'f> Words<'f> {
    fn next(&mut self) -> Option<Word<'f>> {
        let is_gap = |c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}');
        self.rest = self.rest.trim_start_matches(is_gap);
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(|c: char| is_gap(c) || c == '=').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let Some(rest) = rest.strip_prefix('=') else { return Some(Word { name, value: None }) };
        let closing = match rest.as_bytes().first() {
            Some(b'"') => Some('"'),
            Some(b'\'') => Some('\''),
            Some(b'[') => Some(']'),
            _ => None,
        };
        if let Some(closing) = closing {
            let inner = &rest[1..];
            let end = inner.find(closing).unwrap_or(inner.len());
            self.rest = inner[end..].strip_prefix(closing).unwrap_or_default();
            return Some(Word { name, value: Some(&inner[..end]) });
        }
        let mut end = rest.find(is_gap).unwrap_or(rest.len());
        // `hl_lines=1 3-5`: a value goes on as long as ranges follow.
        if !ranges(&rest[..end]).is_empty() {
            // `ins=1,3` has no older reading; after other words a comma begins the next one.
            let commas = matches!(name, "ins" | "del" | "inserted" | "deleted");
            let goes_on = |c: char| c.is_ascii_digit() || matches!(c, '-' | ' ') || (commas && c == ',');
            end = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
            // Unless the last of them is a word of its own: `start=1 2x`.
            if !rest[end..].chars().next().is_none_or(is_gap) {
                end = rest[..end].rfind([' ', ',']).unwrap_or(end);
            }
        }
        self.rest = &rest[end..];
        Some(Word { name, value: Some(rest[..end].trim()) })
    }
}

/// Reads `1 3-5`, `1,3-5`, `1,"3-5"`; nothing if it is something else.
fn ranges(text: &str) -> Vec<RangeInclusive<usize>> {
    let mut found = Vec::new();
    for part in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'')).filter(|part| !part.is_empty())
    {
        let (start, end) = part.split_once('-').unwrap_or((part, part));
        match (start.parse(), end.parse()) {
            (Ok(start), Ok(end)) => found.push(start..=end),
            _ => return Vec::new(),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_says_the_same() {
        for info in [
            "rust {linenos, 1,3-5}",
            "rust {linenos 1 3-5}",
            "rust,linenos,hl_lines=1 3-5",
            "rust, linenos, hl_lines=1 3-5",
            "rust {linenos=true,hl_lines=[1,\"3-5\"]}",
            "rust {lineNos=inline hl_lines=[1,\"3-5\"]}",
            "rust showLineNumbers {1,3-5}",
            "rust{linenos}{1,3-5}",
            "{.rust .numberLines hl_lines=\"1 3-5\"}",
            "rust ignore linenos highlight=1,3-5 editable=false",
        ] {
            let fence = Fence::read(info);
            assert_eq!((fence.language, fence.numbered, fence.first), ("rust", Some(true), 1), "{info}");
            if !info.contains("highlight=") {
                assert_eq!(fence.marked, [1..=1, 3..=5], "{info}");
            }
            let marked: Vec<bool> = (1..=4).map(|number| fence.line(number, "") == Line::Marked).collect();
            assert!(marked[0] && !marked[1] && marked[3], "{info}");
        }
    }

    #[test]
    fn the_other_options_are_read_too() {
        let fence = Fence::read("toml, name=a/b.toml, linenostart=10 , hide_lines=2-3, linenos=false");
        assert_eq!((fence.first, fence.title.as_deref(), fence.numbered), (10, Some("a/b.toml"), Some(false)));
        assert!(fence.hides(2) && fence.hides(3) && !fence.hides(4));
        assert_eq!(Fence::read("js title=\"two words\" x").title.as_deref(), Some("two words"));
        assert_eq!(Fence::read("rust linenostart=7").numbered, Some(true));
    }

    #[test]
    fn lines_that_were_put_in_or_taken_out_are_told() {
        let fence = Fence::read("rust ins=1,3-4 del=2 hl_lines=2 5 anchors");
        let lines: Vec<Line> = (1..=6).map(|number| fence.line(number, "+ x")).collect();
        assert_eq!(lines, [Line::Inserted, Line::Deleted, Line::Inserted, Line::Inserted, Line::Marked, Line::Plain]);
        assert!(fence.anchored && fence.numbered == Some(true));
        assert!(!Fence::read("rust {linenos=true anchorLineNos=false}").anchored);
        let diff = Fence::read("diff");
        let lines = ["+++ b/x", "--- a/x", "+a", "-b", " c", "@@ -1 +1 @@", "+", "-"].map(|text| diff.line(1, text));
        let (ins, del, plain) = (Line::Inserted, Line::Deleted, Line::Plain);
        assert_eq!(lines, [plain, plain, ins, del, plain, plain, ins, del]);
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        for info in [
            "",
            "rust",
            "rust,ignore",
            "rust should_panic",
            "rust x=y {z}",
            "rust =",
            "rust title=",
            "rust \"",
            "rust hl_lines=a-b",
        ] {
            let fence = Fence::read(info);
            let language = if info.is_empty() { "" } else { "rust" };
            assert_eq!(fence, Fence { language, first: 1, ..Fence::default() }, "{info}");
        }
    }
}
