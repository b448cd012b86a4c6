//! Owns the question which rules of a context can match at a place of a line.
//!
//! One automaton reads the line for all rules of a context at once, and names those that are worth running there: never
//! one too few, and hardly ever one too many. Where it cannot tell, it names all. Of the rules that an automaton can know
//! wholly, a second one finds the first that matches and its end, so that nothing need be run. Automata are made as
//! they are used; what a thread has made of them lies in that thread's [`Caches`].

use std::sync::{Arc, OnceLock};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::starts::Starts;
use super::translate::Translated;

/// Bytes that an automaton may take in one thread before it starts afresh.
const MOST_BYTES: usize = 1 << 20;

/// The rules of a context, as far as automata can know them.
#[derive(Debug)]
pub(super) struct Sieve {
    rules: Vec<Arc<Translated>>,
    all: Automaton,
    /// Those rules of which an automaton knows all: the first that matches, and to where.
    sure: Automaton,
    /// The others.
    open: Automaton,
}

/// What a thread keeps of the automata of a context.
#[derive(Debug, Default)]
pub(super) struct Caches {
    all: Option<Cache>,
    sure: Option<Cache>,
    open: Option<Cache>,
}

/// A match that an automaton found by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sure {
    pub(super) rule: usize,
    pub(super) end: usize,
}

/// Some rules of a context, by their place in it.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    words: Vec<u64>,
    rules: usize,
}

impl Candidates {
    /// Returns the rules from a place on, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.words.iter().enumerate();
        words.flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then_some(left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * 64 + bit)
            })
        })
    }

    /// Adds a rule.
    pub(super) fn add(&mut self, rule: usize) {
        self.words[rule / 64] |= 1 << (rule % 64);
    }

    /// Keeps those before a rule.
    fn keep_before(&mut self, rule: usize) {
        self.words.truncate(rule / 64 + 1);
        if let Some(last) = self.words.get_mut(rule / 64) {
            *last &= (1 << (rule % 64)) - 1;
        }
    }

    fn clear(&mut self, rules: usize) {
        self.words.clear();
        self.words.resize(rules.div_ceil(64), 0);
        self.rules = rules;
    }

    fn fill(&mut self) {
        (0..self.rules).for_each(|rule| self.add(rule));
    }
}

impl Sieve {
    /// Prepares the rules of a context.
    pub(super) fn new(rules: Vec<Arc<Translated>>) -> Self {
        let of = |is_in: &dyn Fn(&Translated) -> bool| Automaton::new(&rules, is_in);
        let (all, sure, open) = (of(&|_| true), of(&|rule| rule.is_exact), of(&|rule| !rule.is_exact));
        Sieve { all, sure, open, rules }
    }

    /// Returns whether a match may start with a byte, or at the end of a line.
    #[inline]
    pub(super) fn may_start(&self, byte: Option<u8>) -> bool {
        self.all.starts.has(byte)
    }

    /// Finds the rules that may match at a place.
    pub(super) fn find(&self, caches: &mut Caches, line: &[u8], at: usize, found: &mut Candidates) {
        found.clear(self.rules.len());
        let dfa = self.all.dfa(&self.rules, MatchKind::All, |_| true);
        find(dfa, &mut caches.all, line, at, found);
    }

    /// Finds the first rule that is known to match at a place, and those before it that may match there; nothing where that
    /// cannot be told apart.
    pub(super) fn decide(
        &self,
        caches: &mut Caches,
        line: &[u8],
        at: usize,
        found: &mut Candidates,
    ) -> Option<Option<Sure>> {
        // Oniguruma sees no line begin behind the last line end.
        let byte = Some(*line.get(at)?);
        let mut first = None;
        if self.sure.starts.has(byte) {
            let dfa = self.sure.dfa(&self.rules, MatchKind::LeftmostFirst, |rule| rule.is_exact).as_ref()?;
            let input = Input::new(line).span(at..line.len()).anchored(Anchored::Yes);
            let matched = dfa.try_search_fwd(caches.sure.get_or_insert_with(|| dfa.create_cache()), &input).ok()?;
            first = matched.map(|found| Sure { rule: found.pattern().as_usize(), end: found.offset() });
        }
        found.clear(self.rules.len());
        if self.open.starts.has(byte) {
            let dfa = self.open.dfa(&self.rules, MatchKind::All, |rule| !rule.is_exact);
            find(dfa, &mut caches.open, line, at, found);
            if let Some(first) = first {
                found.keep_before(first.rule);
            }
        }
        Some(first)
    }
}

/// An automaton for some of the rules, made when it is first asked.
#[derive(Debug)]
struct Automaton {
    starts: Starts,
    dfa: OnceLock<Option<DFA>>,
}

impl Automaton {
    fn new(rules: &[Arc<Translated>], is_in: &dyn Fn(&Translated) -> bool) -> Self {
        let mut starts = Starts::default();
        rules.iter().filter(|rule| is_in(rule)).for_each(|rule| starts.unite(&rule.starts));
        Automaton { starts, dfa: OnceLock::new() }
    }

    /// Returns the automaton, unless it would be too large.
    fn dfa(&self, rules: &[Arc<Translated>], kind: MatchKind, is_in: impl Fn(&Translated) -> bool) -> &Option<DFA> {
        self.dfa.get_or_init(|| {
            let nothing = Hir::fail();
            let rules: Vec<&Hir> = rules.iter().map(|rule| if is_in(rule) { &rule.hir } else { &nothing }).collect();
            automaton(&rules, kind)
        })
    }
}

/// Adds the rules that match at a place, or all where that cannot be told.
fn find(dfa: &Option<DFA>, cache: &mut Option<Cache>, line: &[u8], at: usize, found: &mut Candidates) {
    let run = |dfa: &DFA| run(dfa, cache.get_or_insert_with(|| dfa.create_cache()), line, at, found);
    if dfa.as_ref().and_then(run).is_none() {
        found.fill();
    }
}

/// Runs an automaton from a place on, to where no rule can match any more; nothing where it gave up.
fn run(dfa: &DFA, cache: &mut Cache, line: &[u8], at: usize, found: &mut Candidates) -> Option<()> {
    let before = at.checked_sub(1).map(|before| line[before]);
    let config = start::Config::new().anchored(Anchored::Yes).look_behind(before);
    let mut state = dfa.start_state(cache, &config).ok()?;
    for byte in &line[at..] {
        let next = dfa.next_state(cache, state, *byte).ok()?;
        if next.is_tagged() {
            if next.is_dead() {
                return Some(());
            }
            // Within a word or a string, a state leads to itself.
            if next.is_match() && next != state {
                collect(dfa, cache, next, found);
            }
        }
        state = next;
    }
    state = dfa.next_eoi_state(cache, state).ok()?;
    if state.is_match() {
        collect(dfa, cache, state, found);
    }
    Some(())
}

fn collect(dfa: &DFA, cache: &Cache, state: LazyStateID, found: &mut Candidates) {
    (0..dfa.match_len(cache, state)).for_each(|index| found.add(dfa.match_pattern(cache, state, index).as_usize()));
}

fn automaton(rules: &[&Hir], kind: MatchKind) -> Option<DFA> {
    let config = thompson::Config::new().utf8(false).which_captures(WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build_many_from_hir(rules).ok()?;
    let config = dfa::Config::new().match_kind(kind).cache_capacity(MOST_BYTES).skip_cache_capacity_check(true);
    dfa::Builder::new().configure(config).build_from_nfa(nfa).ok()
}

#[cfg(test)]
mod tests {
    use super::super::expression::{Expression, Places};
    use super::super::machine::Machine;
    use super::super::translate::translate;
    use super::*;

    fn found(rules: &[&str], line: &str, at: usize) -> Vec<usize> {
        let sieve = Sieve::new(rules.iter().map(|rule| Arc::new(translate(rule, line.is_ascii()))).collect());
        let mut candidates = Candidates::default();
        if !sieve.may_start(line.as_bytes().get(at).copied()) {
            return Vec::new();
        }
        sieve.find(&mut Caches::default(), line.as_bytes(), at, &mut candidates);
        candidates.iter().collect()
    }

    #[test]
    fn the_rules_that_match_at_a_place_are_named() {
        let rules = [r"\b(if|else)\b", r"[a-z_]\w*", r"\d+", r"(?=\s*\()", r"$", r"(?i)IF"];
        for (line, at, expected) in [
            ("if x\n", 0, vec![0, 1, 5]),
            ("ifx\n", 0, vec![1, 5]),
            ("xif\n", 1, vec![1, 5]),
            ("12 (\n", 0, vec![2]),
            ("12 (\n", 2, vec![3]),
            ("12\n", 2, vec![4]),
            ("+\n", 0, vec![]),
        ] {
            assert_eq!(found(&rules, line, at), expected, "{line:?} at {at}");
        }
    }

    #[test]
    fn beyond_ascii_a_rule_too_many_is_named_but_none_too_few() {
        assert_eq!(found(&[r"\w+x", r"é", r"[^a]", r"\bé", r"(?i)ss", "a"], "éx", 0), [0, 1, 2, 3, 4]);
    }

    /// Every rule of every grammar, on lines made of what it is made of: where Oniguruma finds a match, the sieve names it.
    #[test]
    fn no_rule_of_any_grammar_is_missed() {
        let machine = Machine::new(two_face::syntax::extra_newlines());
        let (mut missed, mut wrong) = (Vec::new(), Vec::new());
        let (mut matches, mut named, mut sure) = (0, 0, 0);
        for (grammar, syntax) in machine.syntaxes().iter().enumerate() {
            let rules = machine.expressions(grammar);
            // Every eleventh, another eleventh in each grammar; all take half a minute, and were tried.
            for rule in rules.iter().skip(grammar % 11).step_by(11).filter(|rule| !rule.contains("\\G")) {
                let expression = Expression::new(rule.clone());
                let plain: String = rule.chars().filter(|character| !r"\()[]{}?*+|^$".contains(*character)).collect();
                for line in
                    [format!("{plain}\n"), format!(" é{plain} \"x\" <a b='1'> # é\n"), "if (x1) { a: b; }\n".into()]
                {
                    let sieve = Sieve::new(vec![Arc::new(translate(rule, line.is_ascii()))]);
                    let (mut caches, mut candidates) = (Caches::default(), Candidates::default());
                    for at in (0..=line.len()).filter(|at| line.is_char_boundary(*at)) {
                        let matched = expression.match_at(&line, at, &mut Places::default());
                        // Where an automaton is sure, it says what Oniguruma says.
                        let decided = sieve.decide(&mut caches, line.as_bytes(), at, &mut candidates);
                        if let Some(decided) = decided.filter(|_| candidates.iter().next().is_none()) {
                            sure += usize::from(decided.is_some());
                            if decided.map(|sure| sure.end) != matched {
                                wrong.push(format!(
                                    "{}: {rule:?} on {line:?} at {at}: {decided:?}, {matched:?}",
                                    syntax.name
                                ));
                            }
                        }
                        let matched = matched.is_some();
                        let mut is_named = sieve.may_start(line.as_bytes().get(at).copied());
                        if is_named {
                            sieve.find(&mut caches, line.as_bytes(), at, &mut candidates);
                            is_named = candidates.iter().next().is_some();
                        }
                        matches += usize::from(matched);
                        named += usize::from(is_named);
                        if matched && !is_named {
                            missed.push(format!("{}: {rule:?} on {line:?} at {at}", syntax.name));
                        }
                    }
                }
            }
        }
        assert!(missed.is_empty(), "{} were missed:\n{}", missed.len(), missed.join("\n"));
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(sure > 1_500, "{sure} of {matches}");
        assert!(matches > 5_000, "{matches}");
        assert!(named < 3 * matches, "{named} named for {matches} that match");
    }
}
