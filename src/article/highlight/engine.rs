//! Owns the speed of highlighting: lines in, looks out, with what was learnt before.
//!
//! A grammar's result for a line depends on nothing but the line and the state before it, so both
//! are remembered: states by number, lines by state and text. An engine belongs to one thread at a
//! time; what it remembers is bounded and never changes a byte of the result.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use syntect::parsing::{ClearAmount, Scope};

use super::machine::{Failed, Id, Machine};
use super::parser::{Position, Scratch};
use super::scheme::{Look, Scheme};
use super::steps::Step;

/// A piece of a line: where it ends, and what it looks like.
pub(in crate::article) type Piece = (u32, Look);

/// Bytes of lines that one engine remembers, and states and scopes in all.
const MOST_LINE_BYTES: usize = 8 << 20;
const MOST_STATES: usize = 20_000;
const MOST_SCOPES: usize = 100_000;

/// What was learnt from code: grows with use, up to its bounds.
#[derive(Debug, Default)]
pub(super) struct Engine {
    scopes: Scopes,
    states: Vec<Remembered>,
    numbers: HashMap<Arc<Between>, u32, Quick>,
    line_bytes: usize,
    scratch: Scratch,
}

/// What stands between two lines, and decides what becomes of the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Between {
    position: Position,
    top: Stack,
    /// Scopes that were taken off the stack and are to come back.
    cleared: Vec<Vec<Scope>>,
}

/// A state that has a number.
#[derive(Debug)]
struct Remembered {
    state: Arc<Between>,
    lines: HashMap<Box<str>, Line, Quick>,
}

/// What a line becomes, and the number of the state after it.
#[derive(Debug)]
struct Line {
    pieces: Arc<[Piece]>,
    next: u32,
}

/// Where some code is: at a state with a number, or at one without.
#[derive(Debug)]
pub(super) enum Cursor {
    At(u32),
    Beyond(Box<Between>),
}

impl Engine {
    /// Starts at the first line of some code.
    pub(super) fn start(&mut self, id: Id) -> Cursor {
        if self.scopes.nodes.len() > MOST_SCOPES || self.states.len() > MOST_STATES {
            *self = Engine::default();
        }
        self.cursor(Between { position: Position::start(id), top: 0, cleared: Vec::new() })
    }

    /// Returns the pieces of the next line (with its line end), one after the other without a gap.
    pub(super) fn line(
        &mut self,
        cursor: &mut Cursor,
        line: &str,
        machine: &Machine,
        scheme: &Scheme,
    ) -> Result<Arc<[Piece]>, Failed> {
        let mut state = match cursor {
            Cursor::At(number) => {
                let remembered = &self.states[*number as usize];
                if let Some(known) = remembered.lines.get(line) {
                    *cursor = Cursor::At(known.next);
                    return Ok(Arc::clone(&known.pieces));
                }
                (*remembered.state).clone()
            }
            Cursor::Beyond(state) => (**state).clone(),
        };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut done = 0;
        let Between { position, top, cleared } = &mut state;
        let scopes = &mut self.scopes;
        position.read(line, machine, &mut self.scratch, &mut |at, step| {
            push(&mut pieces, scopes.look(*top), line, &mut done, at);
            scopes.take(step, top, cleared, scheme);
        })?;
        push(&mut pieces, scopes.look(*top), line, &mut done, line.len());
        let pieces: Arc<[Piece]> = pieces.into();
        let next = self.cursor(state);
        if let (Cursor::At(number), Cursor::At(next)) = (&cursor, &next) {
            let bytes = line.len() + pieces.len() * size_of::<Piece>() + size_of::<(Box<str>, Line)>();
            if self.line_bytes + bytes <= MOST_LINE_BYTES {
                self.line_bytes += bytes;
                let known = Line { pieces: Arc::clone(&pieces), next: *next };
                self.states[*number as usize].lines.insert(line.into(), known);
            }
        }
        *cursor = next;
        Ok(pieces)
    }

    /// Returns the cursor at a state. Of some states there is no end, since they hold text from the
    /// code itself; those beyond the bound have no number.
    fn cursor(&mut self, state: Between) -> Cursor {
        if let Some(&number) = self.numbers.get(&state) {
            return Cursor::At(number);
        }
        if self.states.len() > MOST_STATES {
            return Cursor::Beyond(Box::new(state));
        }
        let number = self.states.len() as u32;
        let state = Arc::new(state);
        self.numbers.insert(Arc::clone(&state), number);
        self.states.push(Remembered { state, lines: HashMap::default() });
        Cursor::At(number)
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

/// The number of a stack of scopes; 0 is the empty one.
type Stack = u32;

/// Every stack of scopes that was seen, as a tree: a stack is a scope on top of another stack.
#[derive(Debug)]
struct Scopes {
    nodes: Vec<Node>,
    children: HashMap<(Stack, Scope), Stack, Quick>,
}

/// One stack of scopes: what is below its topmost scope, that scope, and what the whole looks like.
#[derive(Debug)]
struct Node {
    below: Stack,
    scope: Scope,
    look: Look,
}

impl Default for Scopes {
    fn default() -> Self {
        let empty = Node { below: 0, scope: Scope::default(), look: Look::default() };
        Scopes { nodes: vec![empty], children: HashMap::default() }
    }
}

impl Scopes {
    fn look(&self, stack: Stack) -> Look {
        self.nodes[stack as usize].look
    }

    /// Takes one step on a stack.
    fn take(&mut self, step: Step, top: &mut Stack, cleared: &mut Vec<Vec<Scope>>, scheme: &Scheme) {
        match step {
            Step::Push(scope) => *top = self.pushed(*top, scope, scheme),
            Step::Pop(count) => (0..count).for_each(|_| *top = self.nodes[*top as usize].below),
            Step::Clear(amount) => {
                let all = self.scopes(*top);
                let kept = match amount {
                    ClearAmount::TopN(count) => all.len().saturating_sub(count),
                    ClearAmount::All => 0,
                };
                (kept..all.len()).for_each(|_| *top = self.nodes[*top as usize].below);
                cleared.push(all[kept..].to_vec());
            }
            Step::Restore => {
                for scope in cleared.pop().unwrap_or_default() {
                    *top = self.pushed(*top, scope, scheme);
                }
            }
        }
    }

    fn pushed(&mut self, below: Stack, scope: Scope, scheme: &Scheme) -> Stack {
        if let Some(&stack) = self.children.get(&(below, scope)) {
            return stack;
        }
        let mut all = self.scopes(below);
        all.push(scope);
        let stack = self.nodes.len() as Stack;
        self.nodes.push(Node { below, scope, look: scheme.look(&all) });
        self.children.insert((below, scope), stack);
        stack
    }

    /// Returns the scopes of a stack, the lowest first.
    fn scopes(&self, mut stack: Stack) -> Vec<Scope> {
        let mut scopes = Vec::new();
        while stack != 0 {
            let node = &self.nodes[stack as usize];
            scopes.push(node.scope);
            stack = node.below;
        }
        scopes.reverse();
        scopes
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
