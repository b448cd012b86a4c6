//! Owns the speed of highlighting: lines in, looks out, with what was learnt before.
//!
//! A grammar's result for a line depends on nothing but the line and the state before it, so both
//! are remembered: states by number, lines by state and text. An engine belongs to one thread at a
//! time; what it remembers is bounded and never changes a byte of the result.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use syntect::parsing::{BasicScopeStackOp, ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::scheme::{Look, Scheme};

/// A piece of a line: where it ends, and what it looks like.
pub(in crate::article) type Piece = (u32, Look);

/// Bytes of lines that one engine remembers, and states and scopes in all.
const MOST_LINE_BYTES: usize = 8 << 20;
const MOST_STATES: usize = 20_000;
const MOST_SCOPES: usize = 100_000;

/// The number of a stack of scopes.
type Stack = u32;

/// What is left to learn about code: grows with use, up to its bounds.
#[derive(Debug, Default)]
pub(super) struct Engine {
    scopes: Scopes,
    states: Vec<State>,
    /// States by the number of their stack, to find an equal one.
    by_stack: HashMap<Stack, Vec<u32>, Quick>,
    /// The state that each grammar starts in, by its place in the set.
    starts: HashMap<usize, u32, Quick>,
    line_bytes: usize,
}

/// Where a grammar is between two lines.
#[derive(Debug)]
struct State {
    parser: ParseState,
    stack: ScopeStack,
    top: Stack,
    lines: HashMap<Box<str>, Line, Quick>,
}

/// What a line becomes, and the state after it.
#[derive(Debug, Clone)]
struct Line {
    pieces: Arc<[Piece]>,
    next: u32,
}

/// Every stack of scopes that was seen, as a tree: a stack is a scope on top of another stack.
#[derive(Debug)]
struct Scopes {
    nodes: Vec<(Stack, Look)>,
    children: HashMap<(Stack, Scope), Stack, Quick>,
}

impl Default for Scopes {
    fn default() -> Self {
        Scopes { nodes: vec![(0, Look::default())], children: HashMap::default() }
    }
}

/// A code that is being highlighted.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The number of the state, or the state itself where it has none.
    state: Result<u32, Box<State>>,
}

/// Why a line could not be highlighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GrammarFailed;

impl Engine {
    /// Starts at the first line of some code.
    pub(super) fn start(&mut self, index: usize, syntax: &SyntaxReference) -> Cursor {
        if self.scopes.nodes.len() > MOST_SCOPES || self.states.len() > MOST_STATES {
            *self = Engine::default();
        }
        if let Some(&state) = self.starts.get(&index) {
            return Cursor { state: Ok(state) };
        }
        let state =
            State { parser: ParseState::new(syntax), stack: ScopeStack::new(), top: 0, lines: HashMap::default() };
        let number = self.states.len() as u32;
        self.states.push(state);
        self.starts.insert(index, number);
        Cursor { state: Ok(number) }
    }

    /// Returns the pieces of the next line (with its line end), one after the other without a gap.
    pub(super) fn line(
        &mut self,
        cursor: &mut Cursor,
        line: &str,
        syntaxes: &SyntaxSet,
        scheme: &Scheme,
    ) -> Result<Arc<[Piece]>, GrammarFailed> {
        let (state, number) = match &cursor.state {
            Ok(number) => {
                let state = &self.states[*number as usize];
                if let Some(known) = state.lines.get(line) {
                    cursor.state = Ok(known.next);
                    return Ok(Arc::clone(&known.pieces));
                }
                (state, Some(*number))
            }
            Err(state) => (&**state, None),
        };
        let mut parser = state.parser.clone();
        let mut stack = state.stack.clone();
        let mut top = state.top;
        let operations = parser.parse_line(line, syntaxes).map_err(|_| GrammarFailed)?;
        let mut pieces: Vec<Piece> = Vec::new();
        let mut done = 0;
        for (at, operation) in &operations {
            push(&mut pieces, self.scopes.look(top), line, &mut done, *at);
            let scopes = &mut self.scopes;
            let moved = stack.apply_with_hook(operation, |step, all| match step {
                BasicScopeStackOp::Push(scope) => top = scopes.pushed(top, scope, all, scheme),
                BasicScopeStackOp::Pop => top = scopes.popped(top),
            });
            moved.map_err(|_| GrammarFailed)?;
        }
        push(&mut pieces, self.scopes.look(top), line, &mut done, line.len());
        let pieces: Arc<[Piece]> = pieces.into();
        cursor.state = self.numbered(parser, stack, top);
        if let (Some(number), Ok(next)) = (number, &cursor.state) {
            let bytes = line.len() + pieces.len() * size_of::<Piece>() + 64;
            if self.line_bytes + bytes <= MOST_LINE_BYTES {
                self.line_bytes += bytes;
                let known = Line { pieces: Arc::clone(&pieces), next: *next };
                self.states[number as usize].lines.insert(line.into(), known);
            }
        }
        Ok(pieces)
    }

    /// Returns the number of a state, or the state where there are too many to number it.
    fn numbered(&mut self, parser: ParseState, stack: ScopeStack, top: Stack) -> Result<u32, Box<State>> {
        let same = self.by_stack.entry(top).or_default();
        for &number in same.iter() {
            let state = &self.states[number as usize];
            if state.parser == parser && state.stack == stack {
                return Ok(number);
            }
        }
        let state = State { parser, stack, top, lines: HashMap::default() };
        // Here-documents carry their own text in the state: there is no end of those.
        if self.states.len() > MOST_STATES || same.len() > 64 {
            return Err(Box::new(state));
        }
        let number = self.states.len() as u32;
        same.push(number);
        self.states.push(state);
        Ok(number)
    }
}

/// Adds the piece up to `at`, joined to the one before it where both look the same.
fn push(pieces: &mut Vec<Piece>, look: Look, line: &str, done: &mut usize, at: usize) {
    // A grammar may name a place twice, or go back; never in the middle of a character.
    if at <= *done || !line.is_char_boundary(at) {
        return;
    }
    let end = at as u32;
    let blank = line.as_bytes()[*done..at].iter().all(u8::is_ascii_whitespace);
    *done = at;
    match pieces.last_mut() {
        Some((last_end, last)) if *last == look || (blank && !last.shows_on_blanks() && !look.shows_on_blanks()) => {
            *last_end = end;
        }
        _ => pieces.push((end, look)),
    }
}

impl Scopes {
    fn look(&self, stack: Stack) -> Look {
        self.nodes[stack as usize].1
    }

    fn popped(&self, stack: Stack) -> Stack {
        self.nodes[stack as usize].0
    }

    fn pushed(&mut self, stack: Stack, scope: Scope, all: &[Scope], scheme: &Scheme) -> Stack {
        let next = self.nodes.len() as Stack;
        let child = *self.children.entry((stack, scope)).or_insert(next);
        if child == next {
            self.nodes.push((stack, scheme.look(all)));
        }
        child
    }
}

/// A hasher for keys of our own making: quick, and no defence against chosen keys is needed, since
/// whoever writes the posts only slows down their own build.
type Quick = BuildHasherDefault<QuickHasher>;

/// Multiplies and rotates, as the compiler's own hasher does.
#[derive(Debug, Default, Clone, Copy)]
struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.add(u64::from_le_bytes(chunk.try_into().expect("chunks of eight bytes")));
        }
        let mut last = [0; 8];
        let rest = chunks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }

    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}
