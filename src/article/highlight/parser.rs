//! Owns the running of a grammar over a line: which rule matches next, and what that does to the
//! contexts and to the scopes.
//!
//! It follows `syntect`'s parser step by step, so that every grammar means the same (a test runs
//! both side by side); but a [`Position`] is a plain value, and rules that cannot match where
//! they are tried, or not before the best match so far, are not run.

use std::collections::HashMap;
use std::sync::Arc;

use super::expression::{Expression, Places};
use super::machine::{Failed, Id, Machine, Operation, Rule, State, Try};
use super::sieve::{Caches, Candidates, Sure};
use super::steps::{Step, after_match, before_match};

/// No grammar enters more contexts than this within one another.
const DEEPEST: usize = 100;

/// So many matches in a row that read nothing are a grammar that goes round in a circle; `syntect` never comes back from it.
const MOST_IN_PLACE: usize = 1000;
/// How many expressions with found text put in are kept.
const MOST_REFERRING: usize = 1000;

/// Where a grammar is between two lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Position {
    levels: Vec<Level>,
    first_line: bool,
    /// Where on the stack contexts with prototypes of their own begin.
    prototype_starts: Vec<usize>,
}

/// What the groups of a match have found, by their number.
type Found = Arc<[Option<String>]>;

/// A context that was entered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Level {
    id: Id,
    prototypes: Vec<Id>,
    /// What the groups of the match had found that led into it, where its rules refer to that.
    found: Option<Found>,
}

/// What a search needs; kept to be used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// What this thread has made of the automaton of each context, for lines in ASCII and for others.
    caches: [Vec<Option<Box<Caches>>>; 2],
    candidates: Candidates,
    /// Rules that matched without doing anything, and are left out for the rest of a search.
    idle: Vec<u32>,
    /// Rules that ask where a search begins: from where each was searched for in this line, and the match.
    begun: HashMap<u32, Option<(usize, usize)>>,
    /// Rules that refer to what others have found, with that put in.
    referring: HashMap<(u32, Found), Expression>,
}

/// Where a search goes on, and where it puts what it finds.
struct Search<'l> {
    line: &'l str,
    at: usize,
    is_ascii: bool,
    places: Places,
}

/// A context whose rules are tried, and what led to that.
#[derive(Clone, Copy)]
struct Source<'p, 'm> {
    state: &'m State,
    found: Option<&'p Found>,
    is_with_prototype: bool,
}

/// The rule that matches next.
struct Match<'m> {
    start: usize,
    end: usize,
    rule: &'m Rule,
    groups: Vec<Option<(usize, usize)>>,
    from_with_prototype: bool,
    would_loop: bool,
}

impl Position {
    /// Starts a grammar.
    pub(super) fn start(id: Id) -> Self {
        let level = Level { id, prototypes: Vec::new(), found: None };
        Position { levels: vec![level], first_line: true, prototype_starts: Vec::new() }
    }

    /// Reads a line, with its line end. Each step on the stack of scopes is handed over with its
    /// place.
    pub(super) fn read(
        &mut self,
        line: &str,
        machine: &Machine,
        scratch: &mut Scratch,
        step: &mut dyn FnMut(usize, Step),
    ) -> Result<(), Failed> {
        if self.first_line {
            self.first_line = false;
            if let Some(scope) = self.top(machine)?.meta_content_scope.first() {
                step(0, Step::Push(*scope));
            }
        }
        scratch.begun.clear();
        let mut search = Search { line, at: 0, is_ascii: line.is_ascii(), places: Places::default() };
        // Where a context was entered without a character being read, and how deep.
        let mut entered = (0, 0);
        let mut in_place = 0;
        loop {
            let at = search.at;
            let would_loop = entered == (at, self.levels.len());
            let depth = self.levels.len();
            while self.prototype_starts.last().is_some_and(|start| *start >= depth) {
                self.prototype_starts.pop();
            }
            let Some(found) = self.next(&mut search, machine, scratch, would_loop)? else { return Ok(()) };
            if found.would_loop {
                // Leaving the context here would lead back to where it was entered: go on behind
                // the next character.
                match line[at..].char_indices().nth(1) {
                    Some((length, _)) => search.at += length,
                    None => return Ok(()),
                }
                continue;
            }
            if found.end <= at && matches!(found.rule.operation, Operation::Push(_)) {
                entered = (found.end, depth + 1);
            }
            in_place = if found.end > at { 0 } else { in_place + 1 };
            if in_place > MOST_IN_PLACE {
                return Err(Failed);
            }
            search.at = found.end;
            if found.from_with_prototype {
                self.prototype_starts.push(depth);
            }
            self.apply(line, &found, machine, step)?;
        }
    }

    fn top<'m>(&self, machine: &'m Machine) -> Result<&'m State, Failed> {
        machine.state(self.levels.last().ok_or(Failed)?.id)
    }

    /// Lists the contexts whose rules are tried, in their order.
    fn sources<'p, 'm>(&'p self, machine: &'m Machine) -> Result<Vec<Source<'p, 'm>>, Failed> {
        let top = self.levels.last().ok_or(Failed)?;
        let state = machine.state(top.id)?;
        let first = self.prototype_starts.last().copied().unwrap_or(0);
        let mut sources = Vec::with_capacity(3);
        for level in &self.levels[first.min(self.levels.len())..] {
            for id in &level.prototypes {
                let (state, found) = (machine.state(*id)?, level.found.as_ref());
                sources.push(Source { state, found, is_with_prototype: true });
            }
        }
        if let Some(id) = state.prototype {
            sources.push(Source { state: machine.state(id)?, found: None, is_with_prototype: false });
        }
        sources.push(Source { state, found: top.found.as_ref(), is_with_prototype: false });
        Ok(sources)
    }

    /// Finds the rule that matches first from a place on; of several there, the one tried first.
    fn next<'m>(
        &self,
        search: &mut Search<'_>,
        machine: &'m Machine,
        scratch: &mut Scratch,
        check_loop: bool,
    ) -> Result<Option<Match<'m>>, Failed> {
        let sources = self.sources(machine)?;
        scratch.idle.clear();
        let mut looping = None;
        let bytes = search.line.as_bytes();
        for at in search.at..=bytes.len() {
            let byte = bytes.get(at).copied();
            if byte.is_some_and(|byte| byte & 0xc0 == 0x80) {
                continue;
            }
            for source in &sources {
                let sieve = source.state.sieve(search.is_ascii);
                let asking = if at == search.at { source.state.asking.as_slice() } else { &[] };
                if asking.is_empty() && !sieve.may_start(byte) {
                    continue;
                }
                let mut caches = scratch.take_caches(source.state.number, search.is_ascii);
                let mut candidates = std::mem::take(&mut scratch.candidates);
                let decided = match asking.is_empty() {
                    true => sieve.decide(&mut caches, bytes, at, &mut candidates),
                    false => None,
                };
                let sure = decided.filter(|sure| self.settles(*sure, source, search, at, check_loop, scratch));
                let found = match sure {
                    Some(sure) => match self.first_of(&candidates, source, search, at, check_loop, scratch) {
                        Some(found) if !found.would_loop || sure.is_none() => Some(found),
                        _ => matched(sure, source, search, at),
                    },
                    None => {
                        sieve.find(&mut caches, bytes, at, &mut candidates);
                        asking.iter().for_each(|rule| candidates.add(*rule));
                        self.first_of(&candidates, source, search, at, check_loop, scratch)
                    }
                };
                scratch.candidates = candidates;
                scratch.put_caches(source.state.number, search.is_ascii, caches);
                match found {
                    Some(found) if found.would_loop => looping = Some(found),
                    Some(found) => return Ok(Some(found)),
                    None => {}
                }
            }
            if looping.is_some() {
                return Ok(looping);
            }
        }
        Ok(None)
    }

    /// Returns whether a match that an automaton found can be taken as it is: it does something, and leads on.
    fn settles(
        &self,
        sure: Option<Sure>,
        source: &Source<'_, '_>,
        search: &Search<'_>,
        at: usize,
        check_loop: bool,
        scratch: &Scratch,
    ) -> bool {
        let Some(Sure { rule, end }) = sure else { return true };
        let tried = &source.state.tries[rule];
        let may_loop = check_loop && end <= search.at && matches!(tried.rule.operation, Operation::Pop);
        !may_loop && self.does_something(&tried.rule, at, end) && !scratch.idle.contains(&tried.number)
    }

    /// Returns the first of some rules that matches at a place; one that leads back to where the context was entered
    /// only where no other does.
    fn first_of<'m>(
        &self,
        candidates: &Candidates,
        source: &Source<'_, 'm>,
        search: &mut Search<'_>,
        at: usize,
        check_loop: bool,
        scratch: &mut Scratch,
    ) -> Option<Match<'m>> {
        let mut looping = None;
        for candidate in candidates.iter() {
            let tried = &source.state.tries[candidate];
            let rule = &*tried.rule;
            if scratch.idle.contains(&tried.number) {
                continue;
            }
            let end = match source.found.filter(|_| rule.has_references) {
                Some(found) => {
                    let expression = referring(tried, found, &mut scratch.referring);
                    expression.match_at(search.line, at, &mut search.places)
                }
                None if rule.asks_for_start => begun(tried, search, at, scratch),
                None => rule.expression.match_at(search.line, at, &mut search.places),
            };
            let Some(end) = end else { continue };
            if !self.does_something(rule, at, end) {
                scratch.idle.push(tried.number);
                continue;
            }
            let would_loop = check_loop && end <= search.at && matches!(rule.operation, Operation::Pop);
            let groups = (0..rule.groups).map(|group| search.places.group(group)).collect();
            let is_with_prototype = source.is_with_prototype;
            let found = Match { start: at, end, rule, groups, from_with_prototype: is_with_prototype, would_loop };
            if !would_loop {
                return Some(found);
            }
            looping = Some(found);
        }
        looping
    }

    /// Returns whether a match gets anywhere: by reading something, or by changing the context.
    fn does_something(&self, rule: &Rule, start: usize, end: usize) -> bool {
        match rule.operation {
            Operation::None => start != end,
            Operation::Push(_) => self.levels.len() < DEEPEST,
            Operation::Set(_) | Operation::Pop => true,
        }
    }

    /// Does what a match asks for.
    fn apply(
        &mut self,
        line: &str,
        found: &Match<'_>,
        machine: &Machine,
        step: &mut dyn FnMut(usize, Step),
    ) -> Result<(), Failed> {
        let (start, end, rule) = (found.start, found.end, found.rule);
        let state = self.top(machine)?;
        before_match(start, state, &rule.operation, machine, step)?;
        rule.scope.iter().for_each(|scope| step(start, Step::Push(*scope)));
        if !rule.captures.is_empty() {
            let mut steps: Vec<((usize, i64), Step)> = Vec::new();
            for (group, scopes) in &rule.captures {
                let Some(Some((start, end))) = found.groups.get(*group).copied() else { continue };
                if start == end {
                    continue;
                }
                // The longer of two that start together stands outside.
                let length = end as i64 - start as i64;
                steps.extend(scopes.iter().map(|scope| ((start, -length), Step::Push(*scope))));
                steps.push(((end, i64::MIN), Step::Pop(scopes.len())));
            }
            steps.sort_by_key(|(place, _)| *place);
            steps.into_iter().for_each(|((at, _), one)| step(at, one));
        }
        if !rule.scope.is_empty() {
            step(end, Step::Pop(rule.scope.len()));
        }
        after_match(end, state, &rule.operation, machine, step)?;
        self.enter(line, found, machine)
    }

    /// Changes the stack of contexts as a match asks for.
    fn enter(&mut self, line: &str, found: &Match<'_>, machine: &Machine) -> Result<(), Failed> {
        let (ids, old) = match &found.rule.operation {
            Operation::Push(ids) => (ids, None),
            // The prototypes that came with a context stay when it gives way to another.
            Operation::Set(ids) => (ids, self.levels.pop().map(|level| level.prototypes)),
            Operation::Pop => {
                self.levels.pop();
                return Ok(());
            }
            Operation::None => return Ok(()),
        };
        let mut old = old.unwrap_or_default();
        for (index, id) in ids.iter().enumerate() {
            let mut prototypes = std::mem::take(&mut old);
            if index + 1 == ids.len() {
                prototypes.extend(found.rule.with_prototype);
            }
            let mut refers = machine.state(*id)?.has_references;
            for prototype in &prototypes {
                refers |= machine.state(*prototype)?.has_references;
            }
            let groups = || (0..10).map(|group| Some(line[range(&found.groups, group)?].to_owned())).collect();
            self.levels.push(Level { id: *id, prototypes, found: refers.then(groups) });
        }
        Ok(())
    }
}

/// Returns where a group was found.
fn range(groups: &[Option<(usize, usize)>], group: usize) -> Option<std::ops::Range<usize>> {
    groups.get(group).copied().flatten().map(|(start, end)| start..end)
}

/// Puts what groups have found into an expression that refers to them.
fn referred(regex: &str, found: &[Option<String>]) -> String {
    let mut text = String::with_capacity(regex.len());
    let mut escaped = false;
    for character in regex.chars() {
        match (escaped, character.to_digit(10)) {
            (true, Some(group)) => {
                for character in found.get(group as usize).and_then(Option::as_deref).unwrap_or_default().chars() {
                    if "\\.+*?()|[]{}^$#&-~".contains(character) {
                        text.push('\\');
                    }
                    text.push(character);
                }
            }
            (true, None) => {
                text.push('\\');
                text.push(character);
            }
            (false, _) if character != '\\' => text.push(character),
            (false, _) => {}
        }
        escaped = character == '\\' && !escaped;
    }
    if escaped {
        text.push('\\');
    }
    text
}

/// Makes a match of what an automaton found: it only knows where the match ends, not where its groups are.
fn matched<'m>(sure: Option<Sure>, source: &Source<'_, 'm>, search: &mut Search<'_>, at: usize) -> Option<Match<'m>> {
    let Sure { rule, end } = sure?;
    let rule = &*source.state.tries[rule].rule;
    let mut groups = Vec::new();
    if rule.groups > 0 {
        rule.expression.match_at(search.line, at, &mut search.places)?;
        groups.extend((0..rule.groups).map(|group| search.places.group(group)));
    }
    let from_with_prototype = source.is_with_prototype;
    Some(Match { start: at, end, rule, groups, from_with_prototype, would_loop: false })
}

impl Scratch {
    /// Takes out what this thread has made of the automata of a context.
    fn take_caches(&mut self, state: u32, is_ascii: bool) -> Box<Caches> {
        let caches = self.caches[usize::from(is_ascii)].get_mut(state as usize);
        caches.and_then(Option::take).unwrap_or_default()
    }

    fn put_caches(&mut self, state: u32, is_ascii: bool, caches: Box<Caches>) {
        let all = &mut self.caches[usize::from(is_ascii)];
        if all.len() <= state as usize {
            all.resize_with(state as usize + 1, || None);
        }
        all[state as usize] = Some(caches);
    }
}

/// Returns the end of a match of a rule that asks where a search begins. `syntect` remembers for a whole line where it
/// found one, or that it found none, although the next search begins elsewhere; so must we.
fn begun(tried: &Try, search: &mut Search<'_>, at: usize, scratch: &mut Scratch) -> Option<usize> {
    let expression = &tried.rule.expression;
    let from = match scratch.begun.get(&tried.number) {
        Some(None) => return None,
        Some(Some((from, start))) if *start >= search.at => *from,
        _ => search.at,
    };
    let found = expression.search(search.line, from, &mut search.places);
    scratch.begun.insert(tried.number, found.map(|(start, _)| (from, start)));
    found.and_then(|(start, end)| (start == at).then_some(end))
}

/// Returns a rule that refers to what was found when its context was entered, with that put in.
fn referring<'s>(tried: &Try, found: &Found, known: &'s mut HashMap<(u32, Found), Expression>) -> &'s Expression {
    if known.len() > MOST_REFERRING {
        known.clear();
    }
    let put_in = || Expression::new(referred(tried.rule.expression.text(), found));
    known.entry((tried.number, Arc::clone(found))).or_insert_with(put_in)
}

#[cfg(test)]
mod tests;
