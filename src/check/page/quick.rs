//! Owns the reading of a page in one pass, without a tree.
//!
//! Keeps the stack of open elements and the insertion mode of
//! <https://html.spec.whatwg.org/multipage/parsing.html#tree-construction>, and follows a rule only where it puts each
//! element at the end of the one that is open: then the order of the tags is the order of the tree. Whatever moves,
//! repeats or drops an element, and whatever is rare, is a [`Doubt`], and the page is left to html5ever.

mod body;
mod table;

use std::borrow::Cow;

use super::gather::{self, Element, Gatherer, Namespace};
use super::markup::{Doubt, Scanner, Token, blank};
use super::references::{self, Place};
use super::tags::{Rule, Tag};
use super::{PageFacts, tree};

/// How deep elements may nest here. From a depth of 512 on the tree lays them beside each other.
const DEEPEST: usize = 256;

/// Reads a page, or a part that browsers do not parse (`whole` is false); nothing where there is a doubt.
pub(super) fn read(text: &str, whole: bool) -> Option<PageFacts> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = newlines(text)?;
    let reader = Reader {
        scanner: Scanner::new(&text),
        gatherer: Gatherer::new(whole, |part| read(part, false).unwrap_or_else(|| tree::read(part, false))),
        whole,
        open: Vec::with_capacity(32),
        counts: [0; Tag::COUNT],
        mode: Mode::Initial,
        quirks: Quirks::Unknown,
        doctype: false,
        form: false,
    };
    reader.run().ok()
}

/// Returns a text with each end of a line as `\n`; nothing if it holds a NUL.
fn newlines(text: &str) -> Option<Cow<'_, str>> {
    match memchr::memchr2(b'\r', 0, text.as_bytes()) {
        None => Some(Cow::Borrowed(text)),
        Some(_) if text.contains('\0') => None,
        Some(_) => Some(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))),
    }
}

/// The insertion modes of the standard that are followed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    AfterHead,
    InBody,
    InTable,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    AfterBody,
    AfterAfterBody,
}

/// What became of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    /// The mode has changed: the tag is looked at again.
    Again,
    /// It is as in the body.
    InBody,
}

/// Whether the page is one of those where a table may stand in a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quirks {
    Yes,
    No,
    Unknown,
}

/// One open element.
#[derive(Debug, Clone, Copy)]
struct Open<'t> {
    tag: Tag,
    /// Its name as written.
    name: &'t str,
    /// Whether it is part of a drawing or of a formula.
    foreign: bool,
}

struct Reader<'t> {
    scanner: Scanner<'t>,
    gatherer: Gatherer,
    whole: bool,
    open: Vec<Open<'t>>,
    /// How many of each are open.
    counts: [u16; Tag::COUNT],
    mode: Mode,
    quirks: Quirks,
    doctype: bool,
    /// Whether a form is open.
    form: bool,
}

impl<'t> Reader<'t> {
    fn run(mut self) -> Result<PageFacts, Doubt> {
        while let Some(token) = self.scanner.next()? {
            match token {
                Token::Text(text) => self.text(text)?,
                Token::Start { name, closes_itself } => self.start(name, closes_itself)?,
                Token::End(name) => self.end(name)?,
                Token::Comment(text) => {
                    // Most comments hold no script, and then their line does not matter.
                    if gather::mentions_script(text) {
                        self.gatherer.comment(text, self.scanner.line());
                    }
                }
                Token::Doctype(text) => self.document_type(text)?,
            }
        }
        Ok(PageFacts { doctype: self.doctype, ..self.gatherer.finish() })
    }

    fn document_type(&mut self, text: &str) -> Result<(), Doubt> {
        if self.mode != Mode::Initial {
            return Err(Doubt);
        }
        self.doctype = true;
        self.mode = Mode::BeforeHtml;
        let plain = text.starts_with(|character: char| character.is_ascii_whitespace())
            && text.trim_ascii().eq_ignore_ascii_case("html");
        self.quirks = if plain { Quirks::No } else { Quirks::Unknown };
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Doubt> {
        match self.mode {
            Mode::InBody | Mode::InCell | Mode::InCaption => return Ok(()),
            _ if text.bytes().all(blank) => return Ok(()),
            // Text in a table is moved out of it.
            Mode::InTable | Mode::InColumnGroup | Mode::InTableBody | Mode::InRow => return Err(Doubt),
            _ => {}
        }
        // A reference may stand for white space.
        if text.trim_start_matches(|character: char| character.is_ascii_whitespace()).starts_with('&') {
            return Err(Doubt);
        }
        match self.mode {
            Mode::AfterBody | Mode::AfterAfterBody => self.mode = Mode::InBody,
            _ => {
                if self.mode == Mode::Initial {
                    self.quirks = Quirks::Yes;
                }
                self.open.clear();
                self.counts = [0; Tag::COUNT];
                self.push(Tag::Html, "html")?;
                self.push(Tag::Body, "body")?;
                self.mode = Mode::InBody;
            }
        }
        Ok(())
    }

    fn start(&mut self, name: &'t str, closes_itself: bool) -> Result<(), Doubt> {
        if self.top().foreign {
            return self.start_in_foreign(name, closes_itself);
        }
        let tag = Tag::of(name.as_bytes());
        loop {
            let step = match self.mode {
                Mode::InBody => Step::InBody,
                Mode::InTable
                | Mode::InTableBody
                | Mode::InRow
                | Mode::InCell
                | Mode::InCaption
                | Mode::InColumnGroup => self.start_in_table(tag, name)?,
                _ => self.start_outside(tag, name)?,
            };
            match step {
                Step::Done => return Ok(()),
                Step::Again => {}
                Step::InBody => return self.start_in_body(tag, name, closes_itself),
            }
        }
    }

    /// Takes a start tag before the body, or after its end.
    fn start_outside(&mut self, tag: Tag, name: &'t str) -> Result<Step, Doubt> {
        let opens = match self.mode {
            Mode::Initial => {
                self.quirks = Quirks::Yes;
                self.mode = Mode::BeforeHtml;
                return Ok(Step::Again);
            }
            Mode::BeforeHtml => {
                self.mode = Mode::BeforeHead;
                Tag::Html
            }
            Mode::BeforeHead => {
                self.mode = Mode::InHead;
                Tag::Head
            }
            Mode::InHead | Mode::AfterHead => {
                let in_head = self.mode == Mode::InHead;
                match tag {
                    Tag::Html | Tag::Head | Tag::Template | Tag::Frameset => return Err(Doubt),
                    Tag::Base | Tag::Link | Tag::Meta | Tag::Title | Tag::Style | Tag::Script | Tag::Noframes => {
                        return self.leaf(tag, name, true).map(|()| Step::Done);
                    }
                    // Where scripts run, its content is text; elsewhere it holds some elements and ends at others.
                    Tag::Noscript if in_head && !self.whole => return Err(Doubt),
                    Tag::Noscript if in_head => return self.leaf(tag, name, true).map(|()| Step::Done),
                    _ => {}
                }
                if in_head {
                    self.pop();
                    self.mode = Mode::AfterHead;
                    return Ok(Step::Again);
                }
                self.mode = Mode::InBody;
                Tag::Body
            }
            _ => {
                self.mode = Mode::InBody;
                return Ok(Step::Again);
            }
        };
        self.push(opens, opens.name())?;
        if tag != opens {
            // The element is there all the same, without attributes.
            return Ok(Step::Again);
        }
        self.take(tag, false);
        Ok(Step::Done)
    }

    fn end(&mut self, name: &'t str) -> Result<(), Doubt> {
        let top = self.top();
        if top.foreign {
            return if top.name.eq_ignore_ascii_case(name) { self.close(top.tag) } else { Err(Doubt) };
        }
        let tag = Tag::of(name.as_bytes());
        loop {
            let step = match self.mode {
                Mode::InBody => Step::InBody,
                // A page without a body has one all the same.
                Mode::AfterHead if matches!(tag, Tag::Body | Tag::Html) => {
                    self.push(Tag::Body, "body")?;
                    self.mode = Mode::InBody;
                    Step::Again
                }
                Mode::Initial | Mode::BeforeHtml | Mode::BeforeHead | Mode::AfterHead => return Err(Doubt),
                Mode::InHead if tag == Tag::Head => {
                    self.mode = Mode::AfterHead;
                    return self.close(tag);
                }
                Mode::InHead if matches!(tag, Tag::Body | Tag::Html) => {
                    self.pop();
                    self.mode = Mode::AfterHead;
                    Step::Again
                }
                Mode::InHead => return Err(Doubt),
                Mode::AfterBody if tag == Tag::Html => {
                    self.mode = Mode::AfterAfterBody;
                    Step::Done
                }
                Mode::AfterBody | Mode::AfterAfterBody => {
                    self.mode = Mode::InBody;
                    Step::Again
                }
                _ => self.end_in_table(tag)?,
            };
            match step {
                Step::Done => return Ok(()),
                Step::Again => {}
                Step::InBody => return self.end_in_body(tag, name),
            }
        }
    }

    /// Takes a start tag inside a drawing or a formula.
    fn start_in_foreign(&mut self, name: &'t str, closes_itself: bool) -> Result<(), Doubt> {
        // Inside these, tags are HTML's again, or some of them.
        const INTEGRATION: &[&str] =
            &["foreignobject", "desc", "title", "mi", "mo", "mn", "ms", "mtext", "annotation-xml"];
        let holder = self.top().name;
        let tag = Tag::of(name.as_bytes());
        if INTEGRATION.iter().any(|known| holder.eq_ignore_ascii_case(known)) || tag.breaks_out() {
            return Err(Doubt);
        }
        // A drawing's script runs, and `font` breaks out with some attributes.
        if matches!(tag, Tag::Script | Tag::Font) {
            return Err(Doubt);
        }
        self.open_foreign(name, closes_itself)
    }

    fn open_foreign(&mut self, name: &'t str, closes_itself: bool) -> Result<(), Doubt> {
        if self.scanner.attributes().has("id") {
            let line = self.scanner.line();
            self.gather(Tag::Other, Namespace::Other, false, "", line);
        }
        if !closes_itself {
            self.open(Open { tag: Tag::Other, name, foreign: true })?;
        }
        Ok(())
    }

    /// Takes an element without content, or one whose content is text.
    fn leaf(&mut self, tag: Tag, name: &'t str, in_head: bool) -> Result<(), Doubt> {
        if !matches!(tag.rule(), Rule::Rcdata | Rule::Rawtext | Rule::Script | Rule::Noscript) {
            self.take(tag, in_head);
            return Ok(());
        }
        let line = self.scanner.line();
        let text = self.scanner.raw_text(name)?;
        let unclear = match tag {
            // After this an end tag may not be one.
            Tag::Script => memchr::memmem::find(text.as_bytes(), b"<!--").is_some(),
            // It may stand for the line break that is not part of the text.
            Tag::Textarea => text.starts_with('&'),
            _ => false,
        };
        if unclear {
            return Err(Doubt);
        }
        let text = match tag.rule() {
            Rule::Rcdata => references::decode(text, Place::Text),
            _ => Cow::Borrowed(text),
        };
        // A line break at its beginning is not part of its text.
        let text = match tag {
            Tag::Textarea => text.strip_prefix('\n').unwrap_or(&text),
            _ => &text,
        };
        self.gather(tag, Namespace::Html, in_head, text, line);
        Ok(())
    }

    /// Takes what an HTML element says, if it can say anything.
    fn take(&mut self, tag: Tag, in_head: bool) {
        if tag.has_facts() || self.scanner.attributes().has("id") {
            let line = self.scanner.line();
            self.gather(tag, Namespace::Html, in_head, "", line);
        }
    }

    fn gather(&mut self, tag: Tag, namespace: Namespace, in_head: bool, text: &str, line: u64) {
        let attributes = self.scanner.attributes();
        self.gatherer.element(&Element { tag, namespace, attributes, text, line, in_head, in_template: false });
    }

    /// Returns the element that is open; at the beginning, one that is none.
    fn top(&self) -> Open<'t> {
        self.open.last().copied().unwrap_or(Open { tag: Tag::Other, name: "", foreign: false })
    }

    fn is_open(&self, tag: Tag) -> bool {
        self.counts[tag as usize] > 0
    }

    fn push(&mut self, tag: Tag, name: &'t str) -> Result<(), Doubt> {
        self.open(Open { tag, name, foreign: false })
    }

    fn open(&mut self, element: Open<'t>) -> Result<(), Doubt> {
        if self.open.len() >= DEEPEST {
            return Err(Doubt);
        }
        self.counts[element.tag as usize] += 1;
        self.open.push(element);
        Ok(())
    }

    fn pop(&mut self) {
        if let Some(closed) = self.open.pop() {
            self.counts[closed.tag as usize] -= 1;
        }
    }

    /// Closes the element that is open, which must be this one.
    fn close(&mut self, tag: Tag) -> Result<(), Doubt> {
        if self.top().tag != tag {
            return Err(Doubt);
        }
        self.pop();
        Ok(())
    }

    /// Closes those of the open elements, from the top, whose end tags may be left out, down to this one.
    fn close_implied(&mut self, down_to: Tag) {
        while self.top().tag != down_to && self.top().tag.is_implied() {
            self.pop();
        }
    }
}
