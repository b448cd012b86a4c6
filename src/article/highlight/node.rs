//! Owns the parts of an expression while it is read, and what becomes of them for an automaton.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Repetition};

/// A longer repetition is taken for an endless one, so that automata stay small.
pub(super) const MOST_TURNS: u32 = 16;

/// A part of an expression.
#[derive(Debug)]
pub(super) enum Node {
    Is(Hir),
    /// What must follow. At the end of an expression it is as good as a part of it; elsewhere it is left out.
    Ahead(Box<Node>),
    All(Vec<Node>),
    Either(Vec<Node>),
}

impl Node {
    /// Returns it as an automaton takes it; `is_last`: nothing follows it in the expression.
    pub(super) fn resolve(self, is_last: bool) -> Hir {
        match self {
            Node::Is(hir) => hir,
            Node::Ahead(node) if is_last => node.resolve(true),
            Node::Ahead(_) => Hir::empty(),
            Node::Either(nodes) => Hir::alternation(nodes.into_iter().map(|node| node.resolve(is_last)).collect()),
            Node::All(nodes) => {
                let last = nodes.len().saturating_sub(1);
                let parts = nodes.into_iter().enumerate();
                Hir::concat(parts.map(|(index, node)| node.resolve(is_last && index == last)).collect())
            }
        }
    }
}

/// Returns some turns of an expression.
pub(super) fn repeated(hir: Hir, least: u32, most: Option<u32>, greedy: bool) -> Hir {
    let max = most.filter(|most| *most <= MOST_TURNS);
    Hir::repetition(Repetition { min: least.min(MOST_TURNS), max, greedy, sub: Box::new(hir) })
}

/// Returns what any character beyond ASCII matches, as its bytes.
pub(super) fn beyond_ascii() -> Hir {
    let bytes = |low, high| Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(low, high)])));
    let further = Repetition { min: 1, max: Some(3), greedy: true, sub: Box::new(bytes(0x80, 0xbf)) };
    Hir::concat(vec![bytes(0xc2, 0xf4), Hir::repetition(further)])
}
