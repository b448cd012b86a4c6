//! Owns what a match does to the scopes: which are pushed and popped where contexts change, in the
//! order that `syntect`, and Sublime Text before it, has them.

use syntect::parsing::{ClearAmount, Scope};

use super::machine::{Failed, Machine, Operation, State};

/// A step on the stack of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Push(Scope),
    Pop(usize),
    Clear(ClearAmount),
    Restore,
}

/// Hands over the steps of contexts that change before the scopes of the match.
pub(super) fn before_match(
    at: usize,
    state: &State,
    operation: &Operation,
    machine: &Machine,
    step: &mut dyn FnMut(usize, Step),
) -> Result<(), Failed> {
    let (ids, is_set) = match operation {
        Operation::Pop => {
            pop(at, state.meta_content_scope.len(), step);
            return Ok(());
        }
        Operation::None => return Ok(()),
        Operation::Push(ids) => (ids, false),
        Operation::Set(ids) => (ids, true),
    };
    if is_set && state.clear_scopes.is_some() {
        step(at, Step::Restore);
    }
    for id in ids {
        let entered = machine.state(*id)?;
        if let (false, Some(amount)) = (is_set, entered.clear_scopes) {
            step(at, Step::Clear(amount));
        }
        entered.meta_scope.iter().for_each(|scope| step(at, Step::Push(*scope)));
    }
    Ok(())
}

/// Hands over the steps of contexts that change after the scopes of the match.
pub(super) fn after_match(
    at: usize,
    state: &State,
    operation: &Operation,
    machine: &Machine,
    step: &mut dyn FnMut(usize, Step),
) -> Result<(), Failed> {
    let (ids, is_set) = match operation {
        Operation::Pop => {
            pop(at, state.meta_scope.len(), step);
            if state.clear_scopes.is_some() {
                step(at, Step::Restore);
            }
            return Ok(());
        }
        Operation::None => return Ok(()),
        Operation::Push(ids) => (ids, false),
        Operation::Set(ids) => (ids, true),
    };
    let mut again = is_set && !(state.meta_scope.is_empty() && state.meta_content_scope.is_empty());
    let mut count = 0;
    for id in ids {
        let entered = machine.state(*id)?;
        again |= !entered.meta_content_scope.is_empty() || (entered.clear_scopes.is_some() && is_set);
        count += entered.meta_scope.len();
    }
    if !again {
        return Ok(());
    }
    // The scopes of the new contexts were pushed before the match: off with them, and on again in
    // their order.
    if is_set {
        count += state.meta_content_scope.len() + state.meta_scope.len();
    }
    pop(at, count, step);
    for id in ids {
        let entered = machine.state(*id)?;
        if let (true, Some(amount)) = (is_set, entered.clear_scopes) {
            step(at, Step::Clear(amount));
        }
        entered.meta_scope.iter().chain(&entered.meta_content_scope).for_each(|scope| step(at, Step::Push(*scope)));
    }
    Ok(())
}

fn pop(at: usize, count: usize, step: &mut dyn FnMut(usize, Step)) {
    if count > 0 {
        step(at, Step::Pop(count));
    }
}
