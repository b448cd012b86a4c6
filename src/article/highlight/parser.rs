//! Owns the running of a grammar over a line: which rule matches next, and what that does to the
//! contexts and to the scopes.
//!
//! It follows `syntect`'s parser step by step, so that every grammar means the same (a test runs
//! both side by side); but a [`Position`] is a plain value, and rules that cannot match where
//! they are tried, or not before the best match so far, are not run.

use std::collections::HashMap;
use std::sync::Arc;

use syntect::parsing::{Regex, Region};

use super::machine::{Id, Machine, Operation, Rule, State, Try, Unlinked};
use super::steps::{Step, after_match, before_match};

/// No grammar enters more contexts than this within one another.
const DEEPEST: usize = 100;

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

/// What a search needs and what it found in the current line; kept to be used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    line: u32,
    slots: Vec<Slot>,
    /// Rules that refer to what others have found, with that put in; none where it cannot be read.
    referring: HashMap<(u32, Found), Option<Regex>>,
}

/// Where a search goes on: the line, the place, and the buffer for what is found.
struct Search<'l> {
    line: &'l str,
    at: usize,
    region: Region,
}

/// What is known of a rule in the current line.
#[derive(Debug, Default, Clone)]
struct Slot {
    line: u32,
    known: Known,
    groups: Vec<Option<(usize, usize)>>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Known {
    #[default]
    Nothing,
    /// It matches nowhere in the rest of the line.
    Never,
    /// It does not match before this place.
    NotBefore(usize),
    /// The first match from where it was last tried.
    At(usize, usize),
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
    ) -> Result<(), Unlinked> {
        if self.first_line {
            self.first_line = false;
            if let Some(scope) = self.top(machine)?.meta_content_scope.first() {
                step(0, Step::Push(*scope));
            }
        }
        scratch.next_line();
        let mut search = Search { line, at: 0, region: Region::new() };
        // Where a context was entered without a character being read, and how deep.
        let mut entered = (0, 0);
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
            search.at = found.end;
            if found.from_with_prototype {
                self.prototype_starts.push(depth);
            }
            self.apply(line, &found, machine, step)?;
        }
    }

    fn top<'m>(&self, machine: &'m Machine) -> Result<&'m State, Unlinked> {
        machine.state(self.levels.last().ok_or(Unlinked)?.id)
    }

    /// Finds the rule that matches first from a place on; of several there, the one tried first.
    fn next<'m>(
        &self,
        search: &mut Search<'_>,
        machine: &'m Machine,
        scratch: &mut Scratch,
        check_loop: bool,
    ) -> Result<Option<Match<'m>>, Unlinked> {
        let (at, length) = (search.at, search.line.len());
        let top = self.levels.last().ok_or(Unlinked)?;
        let state = machine.state(top.id)?;
        let first = self.prototype_starts.last().copied().unwrap_or(0);
        let with_prototypes = self.levels[first.min(self.levels.len())..]
            .iter()
            .flat_map(|level| level.prototypes.iter().map(|id| (true, *id, level.found.as_ref())));
        let prototype = state.prototype.into_iter().map(|id| (false, id, None));
        let own = std::iter::once((false, top.id, top.found.as_ref()));
        let mut best: Option<(usize, usize, &'m Try, bool, bool)> = None;
        for (from_with_prototype, id, found) in with_prototypes.chain(prototype).chain(own) {
            for tried in &machine.state(id)?.tries {
                let before = match best {
                    None => length,
                    Some((start, _, _, _, would_loop)) => {
                        if would_loop {
                            start + 1
                        } else {
                            start
                        }
                    }
                };
                let Some((start, end)) = self.search(search, before, tried, found, scratch) else { continue };
                let better =
                    best.is_none_or(|(best, _, _, _, would_loop)| start < best || (start == best && would_loop));
                if !better {
                    continue;
                }
                if matches!(tried.rule.operation, Operation::Push(_)) && self.levels.len() >= DEEPEST {
                    return Ok(None);
                }
                let would_loop = check_loop && end <= at && matches!(tried.rule.operation, Operation::Pop);
                best = Some((start, end, tried, from_with_prototype, would_loop));
                if start == at && !would_loop {
                    return Ok(best.map(|best| scratch.matched(best)));
                }
            }
        }
        Ok(best.map(|best| scratch.matched(best)))
    }

    /// Returns the first match of a rule from a place on. One that starts at `before` or behind it
    /// may be missed.
    #[inline]
    fn search(
        &self,
        search: &mut Search<'_>,
        before: usize,
        tried: &Try,
        found: Option<&Found>,
        scratch: &mut Scratch,
    ) -> Option<(usize, usize)> {
        let rule = &*tried.rule;
        if let (true, Some(found)) = (rule.has_references, found) {
            return self.search_referring(search, tried, found, scratch);
        }
        let Search { line, at, region } = search;
        let (line, at) = (*line, *at);
        let slot = scratch.slot(tried.number);
        let mut from = at;
        match slot.known {
            Known::Never => return None,
            Known::At(start, end) if start >= at => return Some((start, end)),
            Known::NotBefore(start) if start > at => from = start,
            _ => {}
        }
        if let Some(starts) = &tried.starts {
            let Some(next) = starts.next(line.as_bytes(), from) else {
                slot.known = Known::Never;
                return None;
            };
            from = next;
        }
        if from >= before && before < line.len() {
            slot.known = Known::NotBefore(from);
            return None;
        }
        // To the end: where Oniguruma is told to stop, it also stops looking at what follows.
        if !rule.regex.search(line, from, line.len(), Some(region)) {
            slot.known = Known::Never;
            return None;
        }
        let (start, end) = region.pos(0)?;
        if !self.does_something(rule, start, end) {
            slot.known = Known::Nothing;
            return None;
        }
        slot.known = Known::At(start, end);
        slot.groups.clear();
        slot.groups.extend((0..rule.groups).map(|group| region.pos(group)));
        Some((start, end))
    }

    /// Searches for a rule that refers to what was found when its context was entered.
    fn search_referring(
        &self,
        search: &mut Search<'_>,
        tried: &Try,
        found: &Found,
        scratch: &mut Scratch,
    ) -> Option<(usize, usize)> {
        let rule = &*tried.rule;
        if scratch.referring.len() > 1000 {
            scratch.referring.clear();
        }
        let key = (tried.number, Arc::clone(found));
        let regex = scratch.referring.entry(key).or_insert_with(|| {
            let text = referred(rule.regex.regex_str(), found);
            Regex::try_compile(&text).is_none().then(|| Regex::new(text))
        });
        let regex = regex.as_ref()?;
        let Search { line, at, region } = search;
        if !regex.search(line, *at, line.len(), Some(region)) {
            return None;
        }
        let (start, end) = region.pos(0)?;
        if !self.does_something(rule, start, end) {
            return None;
        }
        // Not to be found again: the next search may refer to something else.
        let slot = scratch.slot(tried.number);
        slot.known = Known::Nothing;
        slot.groups.clear();
        slot.groups.extend((0..rule.groups).map(|group| region.pos(group)));
        Some((start, end))
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
    ) -> Result<(), Unlinked> {
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
    fn enter(&mut self, line: &str, found: &Match<'_>, machine: &Machine) -> Result<(), Unlinked> {
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

impl Scratch {
    /// Forgets what was known of the line before.
    fn next_line(&mut self) {
        self.line = self.line.wrapping_add(1);
        if self.line == 0 {
            self.slots.clear();
            self.line = 1;
        }
    }

    #[inline]
    fn slot(&mut self, number: u32) -> &mut Slot {
        let number = number as usize;
        if number >= self.slots.len() {
            self.slots.resize(number + 1, Slot::default());
        }
        let slot = &mut self.slots[number];
        if slot.line != self.line {
            slot.line = self.line;
            slot.known = Known::Nothing;
        }
        slot
    }

    fn matched<'m>(
        &mut self,
        (start, end, tried, from_with_prototype, would_loop): (usize, usize, &'m Try, bool, bool),
    ) -> Match<'m> {
        let groups = match tried.rule.groups {
            0 => Vec::new(),
            _ => self.slots[tried.number as usize].groups.clone(),
        };
        Match { start, end, rule: &tried.rule, groups, from_with_prototype, would_loop }
    }
}

#[cfg(test)]
mod tests;
