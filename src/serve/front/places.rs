//! Owns the places behind the door: how many guests there may be, and who gives way to a new one.
//!
//! A guest that has not yet said what it wants gives way first, the oldest before others, so that however many are slow,
//! one that speaks at once is served. Who waits for us never gives way.

use std::collections::BTreeMap;

/// The most places.
const MOST: usize = 48;
/// The fewest, however low the limit on open files is.
const FEWEST: usize = 4;
/// What a guest can cost in open files: its socket, our end of the private one, and tiny_http's two handles of the other.
const FILES_EACH: u64 = 4;
/// The files that are left to the rest of the process.
const FILES_ELSEWHERE: u64 = 48;

/// Returns how many places there may be with this limit on open files.
pub(super) fn places(limit: Option<u64>) -> usize {
    let affordable = limit.map_or(u64::MAX, |limit| limit.saturating_sub(FILES_ELSEWHERE) / FILES_EACH);
    usize::try_from(affordable).unwrap_or(MOST).clamp(FEWEST, MOST)
}

/// How willingly a guest gives way; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It has all that it wanted.
    Done,
    /// It has not said what it wants.
    Headless,
    /// It could have more, and does not take it.
    Sated,
    /// It waits for us.
    Waiting,
}

/// The guests, by number; a later one has a higher number.
pub(super) struct Places<T> {
    guests: BTreeMap<u64, T>,
    most: usize,
    next: u64,
}

impl<T> Places<T> {
    /// Makes this many places.
    pub(super) fn new(most: usize) -> Self {
        Places { guests: BTreeMap::new(), most, next: 1 }
    }

    /// Returns whether every place is taken.
    pub(super) fn is_full(&self) -> bool {
        self.guests.len() >= self.most
    }

    /// Returns whether a newcomer finds a place, or somebody gives way to it.
    pub(super) fn has_room(&self, standing: impl Fn(&T) -> Standing) -> bool {
        !self.is_full() || self.guests.values().any(|guest| standing(guest) < Standing::Waiting)
    }

    /// Gives a guest a place and a number. Whether there is one is for the caller to see to.
    pub(super) fn seat(&mut self, guest: T) -> u64 {
        let number = self.next;
        self.next += 1;
        self.guests.insert(number, guest);
        number
    }

    /// Sends off the guest that gives way first, if one does.
    pub(super) fn make_room(&mut self, standing: impl Fn(&T) -> Standing) -> Option<T> {
        let ranked = self.guests.iter().map(|(number, guest)| (standing(guest), *number));
        let (_, number) = ranked.filter(|(standing, _)| *standing < Standing::Waiting).min()?;
        self.guests.remove(&number)
    }

    /// Returns the guests, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.guests.iter().map(|(number, guest)| (*number, guest))
    }

    /// Returns one guest.
    pub(super) fn guest(&mut self, number: u64) -> Option<&mut T> {
        self.guests.get_mut(&number)
    }

    /// Sends off one guest.
    pub(super) fn send_off(&mut self, number: u64) {
        self.guests.remove(&number);
    }

    /// Keeps those of whom this is true.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.guests.retain(|_, guest| keep(guest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_as_many_as_the_files_allow() {
        assert_eq!(places(None), 48);
        assert_eq!(places(Some(1024)), 48);
        assert_eq!(places(Some(128)), 20);
        assert_eq!(places(Some(20)), 4);
        assert_eq!(places(Some(u64::MAX)), 48);
    }

    #[test]
    fn those_who_keep_us_waiting_give_way_in_their_order() {
        let mut places = Places::new(6);
        for standing in [
            Standing::Waiting,
            Standing::Sated,
            Standing::Headless,
            Standing::Headless,
            Standing::Done,
            Standing::Waiting,
        ] {
            assert!(!places.is_full());
            places.seat(standing);
        }
        assert!(places.is_full());
        let mut went = Vec::new();
        while let Some(standing) = places.make_room(|standing| *standing) {
            went.push(standing);
        }
        assert_eq!(went, [Standing::Done, Standing::Headless, Standing::Headless, Standing::Sated]);
        assert_eq!(places.iter().map(|(number, _)| number).collect::<Vec<_>>(), [1, 6]);
    }

    #[test]
    fn of_two_that_are_slow_the_older_gives_way() {
        let mut places = Places::new(2);
        let (first, second) = (places.seat("first"), places.seat("second"));
        assert_eq!(places.make_room(|_| Standing::Headless), Some("first"));
        assert_eq!(places.guest(first), None);
        assert_eq!(places.guest(second), Some(&mut "second"));
    }
}
