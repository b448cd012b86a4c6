//! Owns the grammars in the form that the parser runs: contexts with their rules side by side.
//!
//! Each context is made when it is first reached, once for all threads. `syntect` reads and links
//! the grammars; its own parser is not used, because its states cannot change threads and cannot be
//! told apart quickly, and because it tries rules that cannot match.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use syntect::parsing::syntax_definition::{
    Context, ContextId, ContextReference, MatchOperation, MatchPattern, Pattern,
};
use syntect::parsing::{ClearAmount, Scope, SyntaxReference, SyntaxSet};

use super::expression::Expression;
use super::sieve::Sieve;
use super::translate::{Translated, translate};

/// Names a context: the place of its grammar, and its place in that grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(super) struct Id {
    syntax_index: usize,
    context_index: usize,
}

impl Id {
    /// Some grammars refer to others that are not there; only who goes there fails.
    const NOWHERE: Id = Id { syntax_index: usize::MAX, context_index: usize::MAX };
}

/// All grammars.
#[derive(Debug)]
pub(super) struct Machine {
    set: SyntaxSet,
    grammars: Vec<OnceLock<Grammar>>,
    /// How many rules and states have been made: each gets a number.
    numbers: AtomicU32,
}

/// One grammar: where it starts, and its contexts.
#[derive(Debug)]
struct Grammar {
    start: Option<Id>,
    states: Vec<OnceLock<State>>,
    /// The rules of each context, without those that it includes.
    rules: Vec<OnceLock<Vec<Try>>>,
}

/// One context of a grammar.
#[derive(Debug)]
pub(super) struct State {
    /// By which what a thread has learnt of it is found.
    pub(super) number: u32,
    pub(super) meta_scope: Vec<Scope>,
    pub(super) meta_content_scope: Vec<Scope>,
    pub(super) clear_scopes: Option<ClearAmount>,
    pub(super) prototype: Option<Id>,
    /// Whether a rule of it refers to what was matched when it was entered.
    pub(super) has_references: bool,
    /// Its rules and those of the contexts that it includes, in the order in which they are tried.
    pub(super) tries: Vec<Try>,
    /// The places of those that ask where a search begins.
    pub(super) asking: Vec<usize>,
    /// Tells which of them are worth running: for lines in ASCII, and for others.
    sieves: [OnceLock<Sieve>; 2],
}

impl State {
    /// Returns what tells which rules are worth running.
    #[inline]
    pub(super) fn sieve(&self, is_ascii: bool) -> &Sieve {
        let translated = || self.tries.iter().map(|tried| tried.rule.translated(is_ascii)).collect();
        self.sieves[usize::from(is_ascii)].get_or_init(|| Sieve::new(translated()))
    }
}

/// A rule and its number.
#[derive(Debug, Clone)]
pub(super) struct Try {
    pub(super) number: u32,
    pub(super) rule: Arc<Rule>,
}

/// What is tried at a place in a line.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) expression: Expression,
    /// Whether it refers to what was matched when its context was entered.
    pub(super) has_references: bool,
    /// Whether it asks where a search begins (`\G`), so that its matches depend on that.
    pub(super) asks_for_start: bool,
    pub(super) scope: Vec<Scope>,
    pub(super) captures: Vec<(usize, Vec<Scope>)>,
    /// How many groups' places are needed after a match.
    pub(super) groups: usize,
    pub(super) operation: Operation,
    pub(super) with_prototype: Option<Id>,
    /// The expression for automata: for lines in ASCII, and for others. Many contexts share a rule.
    translated: [OnceLock<Arc<Translated>>; 2],
}

impl Rule {
    fn translated(&self, is_ascii: bool) -> Arc<Translated> {
        let translated = || Arc::new(translate(self.expression.text(), is_ascii));
        Arc::clone(self.translated[usize::from(is_ascii)].get_or_init(translated))
    }
}

/// What a match does to the stack of contexts.
#[derive(Debug)]
pub(super) enum Operation {
    Push(Vec<Id>),
    Set(Vec<Id>),
    Pop,
    None,
}

/// A grammar cannot go on: it refers to what is not there, or goes round in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed;

impl Machine {
    /// Takes over the grammars.
    pub(super) fn new(set: SyntaxSet) -> Self {
        let grammars = set.syntaxes().iter().map(|_| OnceLock::new()).collect();
        Machine { set, grammars, numbers: AtomicU32::new(0) }
    }

    /// Returns all grammars, by their place.
    pub(super) fn syntaxes(&self) -> &[SyntaxReference] {
        self.set.syntaxes()
    }

    /// Returns the grammars as `syntect` has them.
    #[cfg(test)]
    pub(super) fn set(&self) -> &SyntaxSet {
        &self.set
    }

    /// Returns the expressions of a grammar.
    #[cfg(test)]
    pub(super) fn expressions(&self, index: usize) -> Vec<String> {
        let contexts = (0..).map_while(|context_index| self.context(Id { syntax_index: index, context_index }).ok());
        let patterns = contexts.flat_map(|context| context.patterns.iter());
        let text = |pattern: &Pattern| match pattern {
            Pattern::Match(pattern) => Some(pattern.regex.regex_str().to_owned()),
            Pattern::Include(_) => None,
        };
        patterns.filter_map(text).collect()
    }

    /// Returns the context in which a grammar starts.
    pub(super) fn start(&self, index: usize) -> Result<Id, Failed> {
        self.grammar(index)?.start.ok_or(Failed)
    }

    /// Returns a context.
    pub(super) fn state(&self, id: Id) -> Result<&State, Failed> {
        let cell = self.grammar(id.syntax_index)?.states.get(id.context_index).ok_or(Failed)?;
        if let Some(state) = cell.get() {
            return Ok(state);
        }
        let context = self.context(id)?;
        let mut tries = Vec::new();
        self.arrange(id, &mut Vec::new(), &mut tries)?;
        let state = State {
            meta_scope: context.meta_scope.clone(),
            meta_content_scope: context.meta_content_scope.clone(),
            clear_scopes: context.clear_scopes,
            prototype: context.prototype.as_ref().map(known),
            has_references: context.uses_backrefs,
            asking: (0..tries.len()).filter(|index| tries[*index].rule.asks_for_start).collect(),
            tries,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            sieves: Default::default(),
        };
        Ok(cell.get_or_init(|| state))
    }

    fn grammar(&self, index: usize) -> Result<&Grammar, Failed> {
        Ok(self.grammars.get(index).ok_or(Failed)?.get_or_init(|| {
            let ids = (0..).map(|context_index| Id { syntax_index: index, context_index });
            let contexts: Vec<_> = ids.map_while(|id| Some((id, self.context(id).ok()?))).collect();
            let scope = self.set.syntaxes()[index].scope;
            let start = contexts.iter().find(|(_, context)| is_start(context, scope)).map(|(id, _)| *id);
            Grammar {
                start,
                states: contexts.iter().map(|_| OnceLock::new()).collect(),
                rules: contexts.iter().map(|_| OnceLock::new()).collect(),
            }
        }))
    }

    /// Returns a context as `syntect` has it. Its ids are opaque, but they can be written and read.
    fn context(&self, id: Id) -> Result<&Context, Failed> {
        let reference = serde_json::from_value(serde_json::json!({ "Direct": id }));
        reference
            .map_err(|_| Failed)
            .and_then(|reference: ContextReference| reference.resolve(&self.set).map_err(|_| Failed))
    }

    /// Lists the rules of a context and of those that it includes. A context that includes itself
    /// adds nothing, nor does one that is not there.
    fn arrange(&self, id: Id, open: &mut Vec<Id>, tries: &mut Vec<Try>) -> Result<(), Failed> {
        if open.contains(&id) || id == Id::NOWHERE {
            return Ok(());
        }
        open.push(id);
        let mut own = self.rules_of(id)?.iter();
        for pattern in &self.context(id)?.patterns {
            match pattern {
                Pattern::Match(_) => tries.extend(own.next().cloned()),
                Pattern::Include(included) => self.arrange(reference(included), open, tries)?,
            }
        }
        open.pop();
        Ok(())
    }

    /// Returns the rules that stand in a context itself.
    fn rules_of(&self, id: Id) -> Result<&[Try], Failed> {
        let cell = self.grammar(id.syntax_index)?.rules.get(id.context_index).ok_or(Failed)?;
        if let Some(rules) = cell.get() {
            return Ok(rules);
        }
        let mut rules = Vec::new();
        for pattern in &self.context(id)?.patterns {
            if let Pattern::Match(pattern) = pattern {
                rules.push(self.rule(pattern)?);
            }
        }
        Ok(cell.get_or_init(|| {
            // Numbered only now: another thread may have been quicker.
            let first = self.numbers.fetch_add(rules.len() as u32, Ordering::Relaxed);
            (first..).zip(rules).map(|(number, rule)| Try { number, ..rule }).collect()
        }))
    }

    fn rule(&self, pattern: &MatchPattern) -> Result<Try, Failed> {
        let all = |references: &[ContextReference]| references.iter().map(reference).collect();
        let operation = match &pattern.operation {
            MatchOperation::Push(references) => Operation::Push(all(references)),
            MatchOperation::Set(references) => Operation::Set(all(references)),
            MatchOperation::Pop => Operation::Pop,
            MatchOperation::None => Operation::None,
        };
        let with_prototype = pattern.with_prototype.as_ref().map(reference);
        let captures = pattern.captures.clone().unwrap_or_default();
        let mut groups = captures.iter().map(|(group, _)| *group + 1).max().unwrap_or(0);
        // A context that is entered may refer to any group of one digit.
        let entered = match &operation {
            Operation::Push(ids) | Operation::Set(ids) => ids.as_slice(),
            Operation::Pop | Operation::None => &[],
        };
        for id in entered.iter().chain(&with_prototype) {
            if self.context(*id).is_ok_and(|context| context.uses_backrefs) {
                groups = groups.max(10);
            }
        }
        let rule = Rule {
            expression: Expression::new(pattern.regex.regex_str().to_owned()),
            has_references: pattern.has_captures,
            asks_for_start: pattern.regex.regex_str().contains("\\G"),
            scope: pattern.scope.clone(),
            captures,
            groups,
            operation,
            with_prototype,
            translated: Default::default(),
        };
        Ok(Try { number: 0, rule: Arc::new(rule) })
    }
}

/// Returns whether a context is the one that `syntect` adds to each grammar to start in: it matches
/// nothing, enters the main context, and gives the whole its scope.
fn is_start(context: &Context, scope: Scope) -> bool {
    let [Pattern::Match(only)] = context.patterns.as_slice() else { return false };
    only.regex.regex_str().is_empty()
        && matches!(only.operation, MatchOperation::Push(_))
        && context.meta_content_scope == [scope]
        && context.meta_scope.is_empty()
}

/// Returns the context that a reference leads to.
fn reference(reference: &ContextReference) -> Id {
    reference.id().map_or(Id::NOWHERE, |id| known(&id))
}

/// Returns an id of ours for one of `syntect`'s.
fn known(id: &ContextId) -> Id {
    serde_json::to_value(id).and_then(serde_json::from_value).unwrap_or(Id::NOWHERE)
}
