//! Owns the outlines of texts that an earlier run has read, in a form that outlasts the run: bytes in, bytes out.
//!
//! A text is known by its digest; the whole by what decides outlines besides: the program, and the switches of Markdown.
//! What is damaged, or was made otherwise, is no memory. Touches no file: the journey reads and writes the bytes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Outline, OutlineHeading, OutlineLink, OutlineLinkKind, outline};
use crate::bytes::{Reader, begun, opened, push_count, push_entry, push_text, sealed};
use crate::config::MarkdownRule;
use crate::digest::Digest;

/// What decides outlines besides the text and the switches.
const PROGRAM: &str = env!("WATCHPOST_PROGRAM");
/// Bytes of a digest that name a text.
const KEY: usize = 16;
/// The kinds of links, by their numbers.
const KINDS: [OutlineLinkKind; 4] =
    [OutlineLinkKind::Link, OutlineLinkKind::Wiki, OutlineLinkKind::Mail, OutlineLinkKind::Image];

type Key = [u8; KEY];

/// Texts and their outlines.
#[derive(Debug)]
pub struct Outlines {
    name: Digest,
    rule: MarkdownRule,
    /// What was recalled.
    bytes: Vec<u8>,
    known: HashMap<Key, Known>,
    learnt: Mutex<HashMap<Key, Vec<u8>>>,
}

/// Where an outline that was recalled stands, and whether this run asked for it.
#[derive(Debug)]
struct Known {
    range: Range<usize>,
    used: AtomicBool,
}

impl Outlines {
    /// Starts with what an earlier run has left.
    pub fn recall(rule: &MarkdownRule, bytes: Vec<u8>) -> Outlines {
        let name = Digest::of_parts([PROGRAM.as_bytes(), format!("{rule:?}").as_bytes()]);
        let bytes = opened(&name, bytes).unwrap_or_default();
        let known = read(&bytes).unwrap_or_default();
        Outlines { name, rule: rule.clone(), bytes, known, learnt: Mutex::default() }
    }

    /// Tells what is in a text: what was recalled, else what reading it tells.
    pub fn of(&self, markdown: &str) -> Outline {
        let key = Digest::of(markdown).half();
        if let Some(known) = self.known.get(&key)
            && let Some(outline) = decoded(&self.bytes[known.range.clone()], markdown)
        {
            known.used.store(true, Ordering::Relaxed);
            return outline;
        }
        let outline = outline(markdown, &self.rule);
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.insert(key, encoded(&outline));
        outline
    }

    /// Returns what the next run is to recall: what this one asked for; nothing where that is what it recalled.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.known.iter().filter(|(_, known)| known.used.load(Ordering::Relaxed));
        let mut all: Vec<(&Key, &[u8])> = used.map(|(key, known)| (key, &self.bytes[known.range.clone()])).collect();
        if learnt.is_empty() && all.len() == self.known.len() {
            return None;
        }
        all.extend(learnt.iter().map(|(key, bytes)| (key, bytes.as_slice())));
        all.sort_unstable();
        let mut content = begun(&self.name);
        content.reserve(all.iter().map(|(_, bytes)| bytes.len() + KEY + 4).sum());
        for (key, bytes) in all {
            push_entry(&mut content, key, bytes);
        }
        Some(sealed(content))
    }
}

fn read(bytes: &[u8]) -> Option<HashMap<Key, Known>> {
    let mut reader = Reader::new(bytes);
    let mut known = HashMap::new();
    while !reader.is_at_end() {
        let (key, range) = reader.entry::<KEY>()?;
        known.insert(key, Known { range, used: AtomicBool::new(false) });
    }
    Some(known)
}

fn encoded(outline: &Outline) -> Vec<u8> {
    let Outline { headings, links, anchors, words, has_calls } = outline;
    let mut bytes = Vec::new();
    push_count(&mut bytes, *words);
    push_count(&mut bytes, usize::from(*has_calls));
    push_count(&mut bytes, headings.len());
    for OutlineHeading { level, id, title } in headings {
        push_count(&mut bytes, usize::from(*level));
        push_text(&mut bytes, id);
        push_text(&mut bytes, title);
    }
    push_count(&mut bytes, links.len());
    for OutlineLink { destination, span, kind } in links {
        push_text(&mut bytes, destination);
        push_count(&mut bytes, span.start);
        push_count(&mut bytes, span.end);
        push_count(&mut bytes, KINDS.iter().position(|known| known == kind).unwrap_or(KINDS.len()));
    }
    push_count(&mut bytes, anchors.len());
    anchors.iter().for_each(|anchor| push_text(&mut bytes, anchor));
    bytes
}

/// Reads an outline; what does not fit the text is none.
fn decoded(bytes: &[u8], markdown: &str) -> Option<Outline> {
    let mut reader = Reader::new(bytes);
    let mut outline = Outline { words: reader.count()?, has_calls: reader.count()? == 1, ..Outline::default() };
    for _ in 0..reader.count()? {
        let level = u8::try_from(reader.count()?).ok()?;
        outline.headings.push(OutlineHeading {
            level,
            id: reader.text()?.to_owned(),
            title: reader.text()?.to_owned(),
        });
    }
    for _ in 0..reader.count()? {
        let destination = reader.text()?.to_owned();
        let span = reader.count()?..reader.count()?;
        markdown.get(span.clone())?;
        outline.links.push(OutlineLink { destination, span, kind: *KINDS.get(reader.count()?)? });
    }
    for _ in 0..reader.count()? {
        outline.anchors.push(reader.text()?.to_owned());
    }
    reader.is_at_end().then_some(outline)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# One\n\n[a](@/b.md) ![c](d.png) <e@f.example>\n\n<p id=\"g\">\n\n## Two {#two}\n\n{{ youtube(id=\"h\") }}\n";

    fn rule() -> MarkdownRule {
        crate::config::sample("").markdown
    }

    fn left(texts: &[&str]) -> Vec<u8> {
        let outlines = Outlines::recall(&rule(), Vec::new());
        texts.iter().for_each(|text| drop(outlines.of(text)));
        outlines.to_bytes().unwrap()
    }

    #[test]
    fn an_outline_is_recalled_as_it_was() {
        let outlines = Outlines::recall(&rule(), left(&[TEXT, "words"]));
        assert_eq!(outlines.known.len(), 2);
        for text in [TEXT, "words"] {
            assert_eq!(outlines.of(text), outline(text, &rule()));
        }
        let whole = outline(TEXT, &rule());
        assert!(
            whole.links.len() >= 3 && whole.headings.len() == 2 && !whole.anchors.is_empty() && whole.has_calls,
            "{whole:?}"
        );
        assert_eq!(outlines.to_bytes(), None, "nothing is new");
    }

    #[test]
    fn what_no_text_has_any_more_goes() {
        let outlines = Outlines::recall(&rule(), left(&[TEXT, "words"]));
        outlines.of("words");
        let outlines = Outlines::recall(&rule(), outlines.to_bytes().unwrap());
        assert_eq!(outlines.known.len(), 1);
        assert_eq!(left(&["a", "b"]), left(&["b", "a"]));
    }

    #[test]
    fn other_switches_and_damage_are_no_memory() {
        let bytes = left(&[TEXT, "words"]);
        let other = MarkdownRule { tables: !rule().tables, ..rule() };
        assert!(Outlines::recall(&other, bytes.clone()).known.is_empty());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert!(Outlines::recall(&rule(), damaged).known.is_empty(), "at {at}");
            assert!(Outlines::recall(&rule(), bytes[..at].to_vec()).known.is_empty(), "cut at {at}");
        }
    }

    #[test]
    fn an_outline_that_does_not_fit_its_text_is_none() {
        let bytes = encoded(&outline(TEXT, &rule()));
        assert!(decoded(&bytes, TEXT).is_some() && decoded(&bytes, "é").is_none());
        for at in 0..bytes.len() {
            assert!(decoded(&bytes[..at], TEXT).is_none(), "cut at {at}");
        }
    }
}
