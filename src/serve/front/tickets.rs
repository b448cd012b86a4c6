//! Owns what passes between the door and tiny_http besides the private socket: who has left, and what is to be carried out.
//!
//! The door numbers each request that it passes on. tiny_http's side finds its ticket by the number, leaves a long body there
//! as a parcel, and learns from it that the guest has gone.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The header in which a request's number travels. What a guest sends under this name is left behind.
pub(super) const HEADER: &str = "x-ticket";

/// A body that the door sends by itself, after the head.
pub(super) type Parcel = Box<dyn Read + Send>;

/// What both sides know of one request.
#[derive(Default)]
pub(super) struct Ticket {
    gone: AtomicBool,
    streams: AtomicBool,
    parcel: Mutex<Option<Parcel>>,
}

/// The tickets of the requests that are being answered, by number.
#[derive(Default)]
pub(super) struct Tickets {
    open: Mutex<BTreeMap<u64, Arc<Ticket>>>,
    /// No number is used twice, so that a late answer to one request never becomes another's.
    last: AtomicU64,
}

/// The door's half of a ticket. The guest has gone when it is dropped.
pub(super) struct Stub {
    number: u64,
    ticket: Arc<Ticket>,
    tickets: Arc<Tickets>,
}

impl Ticket {
    /// Returns whether nobody waits for the answer any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Notes that the answer is a stream of events, which has no end of its own.
    pub(super) fn stream(&self) {
        self.streams.store(true, Ordering::Relaxed);
    }

    /// Leaves a body, which is sent when the head has been.
    pub(super) fn leave(&self, parcel: Parcel) {
        *held(&self.parcel) = Some(parcel);
    }
}

impl Tickets {
    /// Writes a ticket for a request.
    pub(super) fn write(self: &Arc<Self>) -> Stub {
        let (number, ticket) = (self.last.fetch_add(1, Ordering::Relaxed) + 1, Arc::new(Ticket::default()));
        held(&self.open).insert(number, Arc::clone(&ticket));
        Stub { number, ticket, tickets: Arc::clone(self) }
    }

    /// Finds a ticket by its number, unless its guest has gone.
    pub(super) fn find(&self, number: u64) -> Option<Arc<Ticket>> {
        held(&self.open).get(&number).cloned()
    }
}

impl Stub {
    /// Returns the ticket's number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns whether the answer is a stream of events.
    pub(super) fn is_stream(&self) -> bool {
        self.ticket.streams.load(Ordering::Relaxed)
    }

    /// Takes the body that was left, if one was.
    pub(super) fn parcel(&self) -> Option<Parcel> {
        held(&self.ticket.parcel).take()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ticket.gone.store(true, Ordering::Relaxed);
        held(&self.tickets.open).remove(&self.number);
    }
}

/// Locks, also after a panic: each of these values is whole at any time.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_lasts_as_long_as_its_guest() {
        let tickets = Arc::<Tickets>::default();
        let stub = tickets.write();
        let number = stub.number();
        let ticket = tickets.find(number).unwrap();
        ticket.leave(Box::new(&b"film"[..]));
        let mut film = String::new();
        stub.parcel().unwrap().read_to_string(&mut film).unwrap();
        assert_eq!(film, "film");
        assert!(stub.parcel().is_none() && !ticket.is_gone());
        drop(stub);
        assert!(ticket.is_gone() && tickets.find(number).is_none());
        assert_ne!(tickets.write().number(), number);
    }
}
