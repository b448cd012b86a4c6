//! Owns what was learnt of whole blocks of code, in a form that outlasts the run: bytes in, bytes out.
//!
//! A block is known by the digest of its language and text; the whole by what decides colours besides: the program, its
//! grammars, the scheme. What is damaged, or was made otherwise, is no memory. Touches no file: the journey reads and
//! writes the bytes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::Piece;
use super::scheme::Look;
use crate::bytes::{self, Reader, push_count};
use crate::digest::Digest;

/// What decides colours besides the code and the themes: how grammars are run, what becomes of their scopes, and the
/// versions of the packages that bring them.
const PROGRAM: &[&str] = &[
    include_str!("engine.rs"),
    include_str!("expression.rs"),
    include_str!("grammars.rs"),
    include_str!("machine.rs"),
    include_str!("memory.rs"),
    include_str!("node.rs"),
    include_str!("parser.rs"),
    include_str!("scheme.rs"),
    include_str!("set.rs"),
    include_str!("sieve.rs"),
    include_str!("starts.rs"),
    include_str!("steps.rs"),
    include_str!("themes.rs"),
    include_str!("translate.rs"),
    include_str!("../../bytes.rs"),
    include_str!("../../../Cargo.lock"),
    if cfg!(feature = "oniguruma") { "oniguruma" } else { "pure" },
];
/// How many bytes of blocks are kept that a run did not use.
const MOST_UNUSED: usize = 16 << 20;
/// Bytes of a digest that name a block.
const KEY: usize = 16;

/// Names a block of code.
type Key = [u8; KEY];

/// Blocks of code and their pieces.
#[derive(Debug)]
pub(super) struct Memory {
    identity: Digest,
    /// What was recalled.
    bytes: Vec<u8>,
    known: HashMap<Key, Known>,
    learnt: Mutex<Learnt>,
}

/// Where a block that was recalled stands, and whether this run asked for it.
#[derive(Debug)]
struct Known {
    range: Range<usize>,
    used: AtomicBool,
}

/// What this run has added.
#[derive(Debug, Default)]
struct Learnt {
    /// The looks by their numbers, those that were recalled first.
    looks: Vec<Look>,
    numbers: HashMap<Look, usize>,
    blocks: HashMap<Key, Vec<u8>>,
}

impl Learnt {
    fn number(&mut self, look: Look) -> usize {
        *self.numbers.entry(look).or_insert_with(|| {
            self.looks.push(look);
            self.looks.len() - 1
        })
    }
}

impl Memory {
    /// Starts with what an earlier run has left; `themes` are the names of those that colours are taken from.
    pub(super) fn recall(themes: &[&str], bytes: Vec<u8>) -> Memory {
        let decide = PROGRAM.iter().chain(themes).map(|part| part.as_bytes());
        let identity = Digest::of_parts(decide);
        let mut memory = Memory { identity, bytes: Vec::new(), known: HashMap::new(), learnt: Mutex::default() };
        if let Some(bytes) = bytes::opened(&identity, bytes)
            && let Some((looks, known)) = read(&bytes)
        {
            let numbers = looks.iter().enumerate().map(|(number, look)| (*look, number)).collect();
            memory.learnt = Mutex::new(Learnt { looks, numbers, blocks: HashMap::new() });
            memory.known = known;
            memory.bytes = bytes;
        }
        memory
    }

    /// Returns the pieces of the lines of a block, if it is known.
    pub(super) fn get(&self, language: &str, code: &str) -> Option<Vec<Arc<[Piece]>>> {
        let key = key(language, code);
        let known = self.known.get(&key)?;
        known.used.store(true, Ordering::Relaxed);
        let looks = self.learnt.lock().unwrap_or_else(PoisonError::into_inner).looks.clone();
        let mut reader = Reader::new(&self.bytes[known.range.clone()]);
        code.split_inclusive('\n').map(|line| pieces(&mut reader, line, &looks)).collect()
    }

    /// Keeps the pieces of the lines of a block.
    pub(super) fn keep(&self, language: &str, code: &str, lines: &[Arc<[Piece]>]) {
        let mut block = Vec::with_capacity(code.len() / 2);
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            push_count(&mut block, line.len());
            let mut start = 0;
            for (end, look) in line.iter() {
                push_count(&mut block, (end - start) as usize);
                push_count(&mut block, learnt.number(*look));
                start = *end;
            }
        }
        learnt.blocks.insert(key(language, code), block);
    }

    /// Returns what the next run is to recall; nothing where that is what this one did. What was used comes first, by name, so
    /// that equal runs leave equal bytes.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let is_used = |known: &Known| known.used.load(Ordering::Relaxed);
        let mut unused: Vec<(&Key, &[u8])> = Vec::new();
        let mut kept: Vec<(&Key, &[u8])> = learnt.blocks.iter().map(|(key, block)| (key, block.as_slice())).collect();
        for (key, known) in self.known.iter().filter(|(key, _)| !learnt.blocks.contains_key(*key)) {
            let list = if is_used(known) { &mut kept } else { &mut unused };
            list.push((key, &self.bytes[known.range.clone()]));
        }
        kept.sort_unstable_by_key(|(key, _)| **key);
        unused.sort_unstable_by_key(|(key, _)| **key);
        let mut room = MOST_UNUSED;
        let before = unused.len();
        unused.retain(|(_, block)| {
            let fits = block.len() <= room;
            room -= if fits { block.len() } else { 0 };
            fits
        });
        if learnt.blocks.is_empty() && unused.len() == before {
            return None;
        }
        let mut bytes = bytes::begun(&self.identity);
        push_count(&mut bytes, learnt.looks.len());
        learnt.looks.iter().for_each(|look| bytes.extend(look.to_bytes()));
        for (key, block) in kept.into_iter().chain(unused) {
            bytes::push_entry(&mut bytes, key, block);
        }
        Some(bytes::sealed(bytes))
    }
}

/// Reads the looks, and where each block stands.
fn read(bytes: &[u8]) -> Option<(Vec<Look>, HashMap<Key, Known>)> {
    let mut reader = Reader::new(bytes);
    let looks = (0..reader.count()?).map(|_| Some(Look::of_bytes(reader.take(Look::BYTES)?.try_into().ok()?)));
    let looks = looks.collect::<Option<Vec<Look>>>()?;
    let mut known = HashMap::new();
    while !reader.is_at_end() {
        let (key, range) = reader.entry::<KEY>()?;
        known.insert(key, Known { range, used: AtomicBool::new(false) });
    }
    Some((looks, known))
}

/// Reads the pieces of one line. Those of another line would not fit it.
fn pieces(reader: &mut Reader<'_>, line: &str, looks: &[Look]) -> Option<Arc<[Piece]>> {
    let mut end = 0;
    (0..reader.count()?)
        .map(|_| {
            end += reader.count()?;
            let look = *looks.get(reader.count()?)?;
            line.is_char_boundary(end).then_some((u32::try_from(end).ok()?, look))
        })
        .collect()
}

fn key(language: &str, code: &str) -> Key {
    Digest::of_parts([language.as_bytes(), code.as_bytes()]).half()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: &[&str] = &["light", "dark"];

    fn lines(code: &str) -> Vec<Arc<[Piece]>> {
        let look = |number: u8| Look::of_bytes([number, 0, 1, number, 2, 0]);
        code.split_inclusive('\n')
            .map(|line| Arc::from([(1, look(3)), (line.len() as u32, look(line.len() as u8))]))
            .collect()
    }

    fn learnt(codes: &[&str]) -> Vec<u8> {
        let memory = Memory::recall(THEMES, Vec::new());
        codes.iter().for_each(|code| memory.keep("rust", code, &lines(code)));
        memory.to_bytes().unwrap()
    }

    #[test]
    fn a_block_is_recalled_as_it_was() {
        let memory = Memory::recall(THEMES, learnt(&["let a;\nlet bc;\n", "x"]));
        assert_eq!(memory.get("rust", "let a;\nlet bc;\n"), Some(lines("let a;\nlet bc;\n")));
        assert_eq!(memory.get("rust", "x"), Some(lines("x")));
        assert_eq!((memory.get("js", "x"), memory.get("rust", "y")), (None, None));
        assert_eq!(memory.to_bytes(), None, "nothing is new");
    }

    #[test]
    fn what_was_left_does_not_depend_on_the_order() {
        assert_eq!(learnt(&["a\n"]), learnt(&["a\n"]));
        let twice = Memory::recall(THEMES, learnt(&["aa\n", "bb\n"]));
        twice.get("rust", "bb\n");
        twice.keep("rust", "cc\n", &lines("cc\n"));
        let memory = Memory::recall(THEMES, twice.to_bytes().unwrap());
        for code in ["aa\n", "bb\n", "cc\n"] {
            assert_eq!(memory.get("rust", code), Some(lines(code)), "{code}");
        }
    }

    #[test]
    fn other_themes_and_damage_are_no_memory() {
        let bytes = learnt(&["let a;\n", "let b;\n"]);
        assert_eq!(Memory::recall(&["light", "other"], bytes.clone()).get("rust", "let a;\n"), None);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(Memory::recall(THEMES, damaged).get("rust", "let a;\n"), None, "at {at}");
            assert_eq!(Memory::recall(THEMES, bytes[..at].to_vec()).get("rust", "let a;\n"), None, "cut at {at}");
        }
    }

    #[test]
    fn what_no_run_uses_any_more_is_bounded() {
        let long = "let long = 1;\n".repeat(100_000);
        let codes: Vec<String> = (0..40).map(|number| format!("{long}{number}")).collect();
        let bytes = learnt(&codes.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(bytes.len() > MOST_UNUSED, "{}", bytes.len());
        let memory = Memory::recall(THEMES, bytes);
        let last = memory.get("rust", &codes[39]);
        let bytes = memory.to_bytes().unwrap();
        assert!(bytes.len() < MOST_UNUSED + (1 << 20), "{}", bytes.len());
        assert_eq!(Memory::recall(THEMES, bytes).get("rust", &codes[39]), last);
    }
}
