//! Says when a burst of changes is over: pure over the instants that it is given.
//!
//! A save is rarely one event, and a `git checkout` is thousands. What belongs together is told together: after a pause,
//! or after so long that a person would wonder.

use std::time::{Duration, Instant};

/// How long nothing must happen before a batch is told.
pub(super) const QUIET: Duration = Duration::from_millis(20);
/// How long a batch may wait in all, however much goes on.
pub(super) const LONGEST: Duration = Duration::from_secs(1);

/// A burst that may still be going on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Burst {
    /// Its first and its last event; nothing while all is quiet.
    span: Option<(Instant, Instant)>,
}

impl Burst {
    /// Takes in that something happened. Events may come in any order.
    pub(super) fn happened(&mut self, at: Instant) {
        self.span = Some(match self.span {
            None => (at, at),
            Some((first, last)) => (first.min(at), last.max(at)),
        });
    }

    /// Returns when the burst is to be told, as far as is known by now.
    pub(super) fn due(&self) -> Option<Instant> {
        self.span.map(|(first, last)| (last + QUIET).min(first + LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn burst(events: impl IntoIterator<Item = u64>) -> Option<u64> {
        let zero = Instant::now();
        let mut burst = Burst::default();
        for milliseconds in events {
            burst.happened(zero + START + Duration::from_millis(milliseconds));
        }
        let due = burst.due()? - zero - START;
        Some(due.as_millis().try_into().unwrap())
    }

    #[test]
    fn nothing_is_due_while_nothing_happens() {
        assert_eq!(burst([]), None);
    }

    #[test]
    fn one_event_is_due_after_the_pause() {
        assert_eq!(burst([0]), Some(20));
    }

    #[test]
    fn each_further_event_puts_it_off() {
        assert_eq!(burst([0, 15, 30, 45]), Some(65));
    }

    #[test]
    fn it_is_never_put_off_beyond_a_second_from_the_first() {
        assert_eq!(burst((0..2_000).step_by(10)), Some(1_000));
    }

    #[test]
    fn an_event_that_is_heard_late_neither_delays_nor_hastens() {
        assert_eq!(burst([30, 10]), Some(50));
        assert_eq!(burst([995, 0]), Some(1_000));
    }
}
