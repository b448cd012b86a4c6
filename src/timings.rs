//! Owns what `blog build --timings` tells: what typesetting, templates, highlighting and pictures took, by name.
//!
//! Gives [`timed`], which is put around a piece of work, and [`Timings`], which adds up. Each moment of a thread is counted once:
//! what is measured inside of a piece of work is taken off the piece around it. Nothing here decides a byte of
//! the site, and without a [`Timings`] no clock is read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// What is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// The typesetting of posts, by their source.
    Posts,
    /// The rendering of pages, by their template.
    Templates,
    /// The highlighting of code, by language.
    Languages,
    /// The making of pictures, by their source.
    Pictures,
}

/// What a piece of work came to, besides its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// By what name it is added up.
    pub name: String,
    /// How many things it made: texts, pages, blocks, files.
    pub count: usize,
    /// Their lines, where those are counted.
    pub lines: usize,
    /// Their bytes, where those are counted.
    pub bytes: usize,
}

/// All that was added up under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// The time of all threads, without what was measured inside.
    pub time: Duration,
    /// Of a post: what highlighting its code took, which is not in `time`.
    pub code: Duration,
    /// How many.
    pub count: usize,
    /// How many lines.
    pub lines: usize,
    /// How many bytes.
    pub bytes: usize,
}

impl Cost {
    /// Returns its time with that of the code inside.
    pub fn whole(&self) -> Duration {
        self.time + self.code
    }
}

/// What is added up during one build.
#[derive(Debug, Default)]
pub struct Timings(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    tables: BTreeMap<Table, BTreeMap<String, Cost>>,
    /// What was measured inside of the piece of work that each thread is at.
    inside: HashMap<ThreadId, Inside>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Inside {
    all: Duration,
    code: Duration,
}

/// Does a piece of work and, where timings are asked for, adds up what it took; `share` says under what name.
pub fn timed<T>(
    timings: Option<&Timings>,
    table: Table,
    work: impl FnOnce() -> T,
    share: impl FnOnce(&T) -> Share,
) -> T {
    let Some(timings) = timings else { return work() };
    let around = timings.enter();
    let began = Instant::now();
    let made = work();
    let took = began.elapsed();
    timings.leave(around, took, table, share(&made));
    made
}

impl Timings {
    /// Returns what was added up, what took longest first.
    pub fn rows(&self, table: Table) -> Vec<(String, Cost)> {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = sums.tables.get(&table).into_iter().flatten();
        let mut rows: Vec<_> = rows.map(|(name, cost)| (name.clone(), cost.clone())).collect();
        rows.sort_by(|(one, cost), (other, dearer)| dearer.whole().cmp(&cost.whole()).then_with(|| one.cmp(other)));
        rows
    }

    /// Begins a piece of work; returns what is known of the one around it.
    fn enter(&self) -> Inside {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(sums.inside.entry(thread::current().id()).or_default())
    }

    /// Ends a piece of work.
    fn leave(&self, around: Inside, took: Duration, table: Table, share: Share) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = sums.inside.entry(thread::current().id()).or_default();
        let own = took.saturating_sub(inside.all);
        let (code, passed) = match table {
            Table::Languages => (Duration::ZERO, inside.code + own),
            Table::Posts => (inside.code, Duration::ZERO),
            Table::Templates | Table::Pictures => (Duration::ZERO, inside.code),
        };
        *inside = Inside { all: around.all + took, code: around.code + passed };
        let cost = sums.tables.entry(table).or_default().entry(share.name).or_default();
        cost.time += own;
        cost.code += code;
        cost.count += share.count;
        cost.lines += share.lines;
        cost.bytes += share.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn share(name: &str) -> Share {
        Share { name: name.to_owned(), count: 1, lines: 2, bytes: 3 }
    }

    #[test]
    fn what_is_inside_is_taken_off_what_is_around_it() {
        let timings = Timings::default();
        let page = timings.enter();
        let post = timings.enter();
        for _ in 0..2 {
            let code = timings.enter();
            timings.leave(code, ms(10), Table::Languages, share("rust"));
        }
        timings.leave(post, ms(50), Table::Posts, share("a.md"));
        timings.leave(page, ms(80), Table::Templates, share("post.html"));
        let own = |table| timings.rows(table).into_iter().map(|(_, cost)| (cost.time, cost.code)).collect::<Vec<_>>();
        assert_eq!(own(Table::Languages), [(ms(20), ms(0))]);
        assert_eq!(own(Table::Posts), [(ms(30), ms(20))]);
        assert_eq!(own(Table::Templates), [(ms(30), ms(0))]);
        let [(_, rust)] = timings.rows(Table::Languages).try_into().unwrap();
        assert_eq!((rust.count, rust.lines, rust.bytes), (2, 4, 6));
    }

    #[test]
    fn the_next_piece_of_work_begins_with_nothing_inside() {
        let timings = Timings::default();
        for name in ["b.md", "a.md"] {
            let post = timings.enter();
            timings.leave(post, ms(5), Table::Posts, share(name));
        }
        let rows = timings.rows(Table::Posts);
        assert_eq!(
            rows.iter().map(|(name, cost)| (&**name, cost.time)).collect::<Vec<_>>(),
            [("a.md", ms(5)), ("b.md", ms(5))]
        );
    }

    #[test]
    fn without_timings_the_work_is_done_and_nothing_named() {
        assert_eq!(timed(None, Table::Posts, || 3, |_| unreachable!("nobody asks")), 3);
    }
}
