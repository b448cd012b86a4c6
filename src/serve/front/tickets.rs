//! Owns what passes between the door and tiny_http besides the private socket: who has left, and what is to be carried out.
//!
//! The door numbers each request that it passes on. tiny_http's side finds its ticket by the number, leaves a long body there
//! as a parcel, and learns from it that the guest has gone.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The header in which a request's number travels. What a guest sends under this name is left behind.
pub(super) const HEADER: &str = "x-ticket";

/// A body that the door sends by itself, after the head.
pub(super) type Parcel = Box<dyn Read + Send>;

/// What both sides know of one request.
#[derive(Default)]
pub(super) struct Ticket {
    gone: AtomicBool,
    parcel: Mutex<Option<Parcel>>,
}

/// The tickets of the requests that are being answered, by number.
#[derive(Default)]
pub(super) struct Tickets(Mutex<BTreeMap<u64, Arc<Ticket>>>);

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

    /// Leaves a body, which is sent when the head has been.
    pub(super) fn leave(&self, parcel: Parcel) {
        *held(&self.parcel) = Some(parcel);
    }
}

impl Tickets {
    /// Writes a ticket for a request.
    pub(super) fn write(self: &Arc<Self>, number: u64) -> Stub {
        let ticket = Arc::new(Ticket::default());
        held(&self.0).insert(number, Arc::clone(&ticket));
        Stub { number, ticket, tickets: Arc::clone(self) }
    }

    /// Finds a ticket by its number, unless its guest has gone.
    pub(super) fn find(&self, number: u64) -> Option<Arc<Ticket>> {
        held(&self.0).get(&number).cloned()
    }
}

impl Stub {
    /// Takes the body that was left, if one was.
    pub(super) fn parcel(&self) -> Option<Parcel> {
        held(&self.ticket.parcel).take()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ticket.gone.store(true, Ordering::Relaxed);
        held(&self.tickets.0).remove(&self.number);
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
        let stub = tickets.write(7);
        let ticket = tickets.find(7).unwrap();
        ticket.leave(Box::new(&b"film"[..]));
        let mut film = String::new();
        stub.parcel().unwrap().read_to_string(&mut film).unwrap();
        assert_eq!(film, "film");
        assert!(stub.parcel().is_none() && !ticket.is_gone());
        drop(stub);
        assert!(ticket.is_gone() && tickets.find(7).is_none());
    }
}
