//! Owns the way from Markdown with shortcodes to events: tags are hidden from the Markdown parser behind text of the same
//! length, so that every place stays what it was, and come out of the event stream as [`Piece`]s.
//!
//! A tag on a line of its own becomes a comment: a block that ends any paragraph. Only the parser decides what is code.
//! Gives back what stands in code and comments as it was written; what can stand nowhere is a problem, never lost.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag as Mark};

use super::Fact;
use super::lex::{self, Call, Problem, Tag, TagKind};
use crate::article::autolinks::Autolinks;
use crate::article::outline;
use crate::config::MarkdownRule;

/// A part of a text.
#[derive(Debug, Clone)]
pub(in crate::article) enum Piece<'a> {
    /// Markdown.
    Event(Event<'a>),
    /// A shortcode without a body.
    Alone(&'a Call, Placement),
    /// A shortcode whose body follows.
    Open(&'a Call, Placement),
    /// The end of the innermost one that is open.
    Close,
    /// What is wrong here.
    Wrong(Problem),
}

/// Where a shortcode stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::article) enum Placement {
    /// Where a paragraph could stand.
    Block,
    /// Within a line, or within raw HTML.
    Inline,
}

/// A text whose tags are hidden.
#[derive(Debug)]
pub(in crate::article) struct Masked<'m> {
    markdown: &'m str,
    text: String,
    tags: Vec<Tag>,
}

impl<'m> Masked<'m> {
    /// Hides the tags of a text; nothing if there are none, which costs a look for two characters.
    pub(in crate::article) fn of(markdown: &'m str, options: Options) -> Option<Masked<'m>> {
        let bytes = markdown.as_bytes();
        if !memchr::memchr_iter(b'{', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'{' | b'%'))) {
            return None;
        }
        let tags = lex::tags(markdown);
        if tags.is_empty() {
            return None;
        }
        let mut bytes = markdown.as_bytes().to_vec();
        tags.iter().for_each(|tag| cover(&mut bytes[tag.range.clone()]));
        let text = String::from_utf8(bytes).expect("whole tags, which begin and end with ASCII, became ASCII");
        let mut masked = Masked { markdown, text, tags };
        let lines: Vec<Range<usize>> =
            masked.tags.iter().filter(|tag| is_alone(markdown, tag)).map(|tag| tag.range.clone()).collect();
        if !lines.is_empty() {
            let inert = inert(&masked.text, options);
            let mut bytes = std::mem::take(&mut masked.text).into_bytes();
            for line in lines {
                let after = inert.partition_point(|range| range.end <= line.start);
                if inert.get(after).is_none_or(|range| range.start >= line.end) {
                    bytes[line.start..line.start + 4].copy_from_slice(b"<!--");
                    bytes[line.end - 3..line.end].copy_from_slice(b"-->");
                }
            }
            masked.text = String::from_utf8(bytes).expect("only ASCII was exchanged for ASCII");
        }
        Some(masked)
    }

    /// Returns the text as pieces, each with its bytes in the Markdown; bare addresses become links where that is asked for.
    pub(in crate::article) fn pieces(&self, rule: &MarkdownRule, autolinks: bool) -> Vec<(Piece<'_>, Range<usize>)> {
        let mut walk = Walk {
            masked: self,
            pieces: Vec::new(),
            seen: vec![false; self.tags.len()],
            depth: 0,
            open: Vec::new(),
            until: 0,
            code: false,
            html: None,
            unwrapped: None,
        };
        let events = Parser::new_ext(&self.text, outline::options(rule)).into_offset_iter();
        for (event, range) in Autolinks::of(&self.text, events, autolinks && rule.autolinks) {
            walk.take(event, range);
        }
        walk.finish()
    }

    /// Returns the tags that touch a range.
    fn within(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.tags.partition_point(|tag| tag.range.end <= range.start);
        let last = self.tags.partition_point(|tag| tag.range.start < range.end);
        first..last.max(first)
    }

    /// Returns a text with the tags that it hides as they were written.
    fn restored(&self, text: &str, tags: Range<usize>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        for tag in &self.tags[tags] {
            // In a span of code a line's end is a blank.
            for (from, to) in [("", ""), ("\n", " ")] {
                let (mask, written) = (&self.text[tag.range.clone()], &self.markdown[tag.range.clone()]);
                let (mask, written) = match from {
                    "" => (mask.to_owned(), written.to_owned()),
                    _ => (mask.replace(from, to), written.replace(from, to)),
                };
                if let Some((before, after)) = rest.split_once(&mask) {
                    out.push_str(before);
                    out.push_str(&written);
                    rest = after;
                    break;
                }
            }
        }
        out + rest
    }
}

/// Covers a tag with letters; line ends and the blanks after them stay, because containers read those.
fn cover(bytes: &mut [u8]) {
    let mut is_indent = false;
    for byte in bytes {
        match *byte {
            b'\n' => is_indent = true,
            b' ' | b'\t' if is_indent => {}
            _ => {
                is_indent = false;
                *byte = b'z';
            }
        }
    }
}

/// Returns whether a tag has its lines for itself, marks of quotes and lists aside.
fn is_alone(markdown: &str, tag: &Tag) -> bool {
    if tag.range.len() < 7 || matches!(tag.kind, TagKind::Shown(_) | TagKind::Broken(_)) {
        return false;
    }
    let before = &markdown[markdown[..tag.range.start].rfind('\n').map_or(0, |at| at + 1)..tag.range.start];
    let after = markdown[tag.range.end..].split('\n').next().unwrap_or_default();
    let mut words = before.split(|character: char| character.is_whitespace() || character == '>');
    let is_mark = |word: &str| {
        let digits = word.trim_end_matches(['.', ')']);
        matches!(word, "" | "-" | "*" | "+")
            || (digits.len() + 1 == word.len() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    after.trim().is_empty() && words.all(is_mark)
}

/// Returns where code and raw HTML stand.
fn inert(text: &str, options: Options) -> Vec<Range<usize>> {
    let events = Parser::new_ext(text, options).into_offset_iter();
    let ranges = events.filter_map(|(event, range)| match event {
        Event::Start(Mark::CodeBlock(_) | Mark::HtmlBlock) | Event::Code(_) | Event::InlineHtml(_) => Some(range),
        _ => None,
    });
    ranges.collect()
}

/// A shortcode that waits for its end.
struct Waiting<'a> {
    call: &'a Call,
    depth: usize,
    at: Range<usize>,
}

/// The state of raw HTML that is being read.
struct Html {
    start: usize,
    /// `<pre>`, `<script>` and their like: what is in them is not prose.
    raw: bool,
}

/// A walk over the events.
struct Walk<'a> {
    masked: &'a Masked<'a>,
    pieces: Vec<(Piece<'a>, Range<usize>)>,
    seen: Vec<bool>,
    depth: usize,
    open: Vec<Waiting<'a>>,
    /// Events before this byte belong to a tag that was taken.
    until: usize,
    code: bool,
    html: Option<Html>,
    /// The end of a paragraph that a shortcode fills: the tag that closes it, or none.
    unwrapped: Option<Unwrapped>,
}

/// A paragraph that is nothing but a shortcode.
#[derive(Clone, Copy)]
struct Unwrapped {
    /// The tag that ends it; none if there is only one, without a body.
    end: Option<usize>,
}

impl<'a> Walk<'a> {
    fn take(&mut self, event: Event<'a>, range: Range<usize>) {
        let tags = self.masked.within(&range);
        match event {
            Event::Start(mark) => self.start(mark, range, tags),
            Event::End(mark) => {
                self.code = false;
                if matches!(mark, pulldown_cmark::TagEnd::HtmlBlock) && self.html.take().is_none() {
                    return;
                }
                if matches!(mark, pulldown_cmark::TagEnd::Paragraph)
                    && let Some(unwrapped) = self.unwrapped.take()
                {
                    match unwrapped.end {
                        None => return,
                        Some(tag) => {
                            self.depth -= 1;
                            self.pieces.push((Piece::Event(Event::End(mark)), range));
                            return self.tag(tag, Placement::Block);
                        }
                    }
                }
                self.depth -= 1;
                self.pieces.push((Piece::Event(Event::End(mark)), range));
            }
            _ if range.start < self.until && range.end <= self.until => {}
            _ if tags.is_empty() => self.pieces.push((Piece::Event(event), range)),
            Event::Text(text) if self.code => {
                let text = self.restored(&text, tags);
                self.pieces.push((Piece::Event(Event::Text(text)), range));
            }
            Event::Text(_) => self.split(range, tags, Event::Text),
            Event::Code(text) => {
                let text = self.restored(&text, tags);
                self.pieces.push((Piece::Event(Event::Code(text)), range));
            }
            Event::InlineMath(tex) => {
                let tex = self.restored(&tex, tags);
                self.pieces.push((Piece::Event(Event::InlineMath(tex)), range));
            }
            Event::DisplayMath(tex) => {
                let tex = self.restored(&tex, tags);
                self.pieces.push((Piece::Event(Event::DisplayMath(tex)), range));
            }
            Event::InlineHtml(html) if html.starts_with("<!--") => {
                let html = self.restored(&html, tags);
                self.pieces.push((Piece::Event(Event::InlineHtml(html)), range));
            }
            Event::InlineHtml(_) => self.split(range, tags, Event::InlineHtml),
            Event::Html(html) => self.raw(html, range, tags),
            _ => self.pieces.push((Piece::Event(event), range)),
        }
    }

    fn start(&mut self, mark: Mark<'a>, range: Range<usize>, tags: Range<usize>) {
        let all = &self.masked.tags;
        let trimmed = self.masked.text[range.clone()].trim();
        let start = range.start + self.masked.text[range.clone()].find(trimmed).unwrap_or(0);
        let filled = start..start + trimmed.len();
        let mark = match mark {
            Mark::HtmlBlock => {
                if tags.len() == 1
                    && trimmed.starts_with("<!--z") | (trimmed == "<!---->")
                    && all[tags.start].range == filled
                {
                    self.until = range.end;
                    return self.tag(tags.start, Placement::Block);
                }
                let lower = trimmed.get(..10).unwrap_or(trimmed).to_ascii_lowercase();
                let raw = ["<pre", "<script", "<style", "<textarea"].iter().any(|tag| lower.starts_with(tag));
                self.html = Some(Html { start: range.start, raw });
                mark
            }
            Mark::CodeBlock(kind) => {
                self.code = true;
                Mark::CodeBlock(match kind {
                    pulldown_cmark::CodeBlockKind::Fenced(info) if !tags.is_empty() => {
                        let info_tags = self.masked.within(&(range.start..range.start + first_line(trimmed).len()));
                        pulldown_cmark::CodeBlockKind::Fenced(self.restored(&info, info_tags))
                    }
                    kind => kind,
                })
            }
            Mark::Link { link_type, dest_url, title, id } if !tags.is_empty() => {
                Mark::Link { link_type, dest_url: self.destination(dest_url, &range, tags), title, id }
            }
            Mark::Image { link_type, dest_url, title, id } if !tags.is_empty() => {
                Mark::Image { link_type, dest_url: self.destination(dest_url, &range, tags), title, id }
            }
            Mark::Paragraph if !tags.is_empty() && all[tags.start].range.start == filled.start => {
                let (first, last) = (tags.start, tags.end - 1);
                match &all[first].kind {
                    TagKind::Alone(_) if all[first].range == filled => {
                        self.unwrapped = Some(Unwrapped { end: None });
                        self.until = range.end;
                        return self.tag(first, Placement::Block);
                    }
                    TagKind::Open(_) if self.fills(&tags) && all[last].range.end == filled.end => {
                        self.unwrapped = Some(Unwrapped { end: Some(last) });
                        self.tag(first, Placement::Block);
                        self.seen[last] = true;
                        self.until = all[first].range.end;
                        mark
                    }
                    _ => mark,
                }
            }
            mark => mark,
        };
        self.depth += 1;
        self.pieces.push((Piece::Event(Event::Start(mark)), range));
    }

    /// Returns whether the first of some tags is closed by the last of them, and not before.
    fn fills(&self, tags: &Range<usize>) -> bool {
        let mut depth = 0;
        for (index, tag) in self.masked.tags[tags.clone()].iter().enumerate() {
            match tag.kind {
                TagKind::Open(_) => depth += 1,
                TagKind::End => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index + 1 == tags.len();
            }
        }
        false
    }

    fn restored(&mut self, text: &str, tags: Range<usize>) -> CowStr<'a> {
        self.seen[tags.clone()].fill(true);
        self.masked.restored(text, tags).into()
    }

    /// Puts the file of a `ref` in a link's parentheses there, as if it had been written without.
    fn destination(&mut self, destination: CowStr<'a>, range: &Range<usize>, tags: Range<usize>) -> CowStr<'a> {
        let at = outline::destination(&self.masked.text, &destination, range.clone());
        if self.masked.text.get(at.clone()) != Some(&*destination) {
            return destination;
        }
        for index in tags {
            let tag = &self.masked.tags[index];
            if tag.range.start < at.start || tag.range.end > at.end {
                continue;
            }
            self.seen[index] = true;
            let TagKind::Alone(call) = &tag.kind else { continue };
            let path = call.arguments.iter().find(|argument| argument.name == "path");
            match (call.name.as_str(), path.map(|argument| &argument.value), call.arguments.len()) {
                ("ref" | "relref", Some(Fact::Text(path)), 1) if tag.range.start == at.start => {
                    let rest = &destination[tag.range.len()..];
                    return format!("{path}{rest}").into();
                }
                _ => {
                    let message = format!("the shortcode `{}` cannot be where a link leads", call.name);
                    let problem = Problem::new("shortcode/misplaced", message, tag.range.clone());
                    let hint =
                        "only `ref` and `relref`, with `path` alone, may stand there; or write the address itself";
                    self.wrong(problem.hint(hint));
                    return CowStr::Borrowed("/");
                }
            }
        }
        destination
    }

    /// Takes raw HTML: shortcodes in it are active, unless it is a comment, or no prose.
    fn raw(&mut self, html: CowStr<'a>, range: Range<usize>, tags: Range<usize>) {
        let Some(state) = &self.html else { return };
        let before = self.masked.text.get(state.start..self.masked.tags[tags.start].range.start).unwrap_or_default();
        let is_comment = before.rfind("<!--") > before.rfind("-->");
        if is_comment || state.raw {
            let html = self.restored(&html, tags);
            return self.pieces.push((Piece::Event(Event::Html(html)), range));
        }
        self.split(range, tags, Event::Html);
    }

    /// Takes a text apart at its tags.
    fn split(&mut self, range: Range<usize>, tags: Range<usize>, make: impl Fn(CowStr<'a>) -> Event<'a>) {
        let mut at = range.start.max(self.until);
        for index in tags {
            let tag = &self.masked.tags[index].range;
            if tag.start < at {
                at = at.max(tag.end);
                continue;
            }
            if tag.start > at {
                let text = &self.masked.text[at..tag.start];
                self.pieces.push((Piece::Event(make(CowStr::Borrowed(text))), at..tag.start));
            }
            at = tag.end;
            self.until = tag.end;
            if !self.seen[index] {
                self.tag(index, Placement::Inline);
            }
        }
        if at < range.end {
            let text = &self.masked.text[at..range.end];
            self.pieces.push((Piece::Event(make(CowStr::Borrowed(text))), at..range.end));
        }
    }

    /// Takes a tag that stands in prose.
    fn tag(&mut self, index: usize, placement: Placement) {
        self.seen[index] = true;
        let tag = &self.masked.tags[index];
        let range = tag.range.clone();
        let piece = match &tag.kind {
            TagKind::Alone(call) => Piece::Alone(call, placement),
            TagKind::Open(call) => {
                self.open.push(Waiting { call, depth: self.depth, at: range.clone() });
                Piece::Open(call, placement)
            }
            TagKind::End => match self.open.pop() {
                Some(waiting) if waiting.depth == self.depth => Piece::Close,
                Some(waiting) => {
                    let message = format!(
                        "`{{% end %}}` stands in another list, quote or mark than the `{}` that it closes",
                        waiting.call.name
                    );
                    let problem = Problem::new("shortcode/misplaced", message, range.clone());
                    self.wrong(problem.hint("put both on lines of their own, with the same indent"));
                    Piece::Close
                }
                None => {
                    self.pieces.push((
                        Piece::Event(Event::Text(CowStr::Borrowed(&self.masked.markdown[range.clone()]))),
                        range.clone(),
                    ));
                    let message = "`{% end %}` closes nothing, so it stays as text";
                    Piece::Wrong(
                        Problem::new("shortcode/end", message, range.clone())
                            .hint("take it out, or write `{%/* end */%}` if it is meant to be seen"),
                    )
                }
            },
            TagKind::Shown(text) => Piece::Event(Event::Text(CowStr::Borrowed(text))),
            TagKind::Broken(problem) => Piece::Wrong(problem.clone()),
        };
        self.pieces.push((piece, range));
    }

    fn wrong(&mut self, problem: Problem) {
        let range = problem.at.clone();
        self.pieces.push((Piece::Wrong(problem), range));
    }

    fn finish(mut self) -> Vec<(Piece<'a>, Range<usize>)> {
        for waiting in std::mem::take(&mut self.open) {
            let message = format!("the shortcode `{}` is never closed", waiting.call.name);
            let problem = Problem::new("shortcode/unclosed", message, waiting.at);
            self.wrong(problem.hint("write `{% end %}` where its text ends"));
        }
        let missed: Vec<usize> = (0..self.seen.len()).filter(|index| !self.seen[*index]).collect();
        for index in missed {
            let problem = Problem::new(
                "shortcode/misplaced",
                "a shortcode cannot stand here",
                self.masked.tags[index].range.clone(),
            );
            self.wrong(problem.hint("put it between words, or on a line of its own"));
        }
        self.pieces
    }
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}
