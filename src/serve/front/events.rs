//! Owns streams of server-sent events: each event is sent at once, and whoever has gone is noticed.
//!
//! A stream has a thread, because it waits for its events; so there are few places for streams, and whoever finds none is
//! told to try again, which an `EventSource` does by itself.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::Request;

/// How often a stream looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(250);
/// After how long without an event a comment is sent, so that a dead connection shows.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The places for streams.
pub(super) struct Streams {
    open: Arc<AtomicUsize>,
    most: usize,
}

/// One taken place.
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Streams {
    /// Makes this many places.
    pub(super) fn new(most: usize) -> Self {
        Streams { open: Arc::default(), most }
    }

    /// Takes a place, if one is free.
    pub(super) fn place(&self) -> Option<Place> {
        let next = |open| Some(open + 1).filter(|next| *next <= self.most);
        let taken = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        taken.is_ok().then(|| Place(Arc::clone(&self.open)))
    }
}

impl Place {
    /// Answers with this head and these events, on a thread of its own, until it is over.
    pub(super) fn stream(
        self,
        request: Request,
        head: String,
        events: Receiver<String>,
        is_over: impl Fn() -> bool + Send + 'static,
    ) {
        // A thread that cannot be started drops the request, and tiny_http then answers for us.
        let _ = thread::Builder::new().name("serve-events".to_owned()).spawn(move || {
            let mut writer = request.into_writer();
            let sent = writer.write_all(head.as_bytes()).and_then(|()| writer.flush());
            // A guest that has gone ends its stream; the sender learns it, because the receiver goes.
            let _ = sent.and_then(|()| pump(&events, &mut writer, HEARTBEAT, is_over));
            drop(self);
        });
    }
}

/// Sends events as they come, until there are no more or it is over.
fn pump(
    events: &Receiver<String>,
    mut writer: impl Write,
    heartbeat: Duration,
    is_over: impl Fn() -> bool,
) -> io::Result<()> {
    let mut last = Instant::now();
    while !is_over() {
        match events.recv_timeout(LOOK.min(heartbeat)) {
            Ok(event) => writer.write_all(event.as_bytes())?,
            Err(RecvTimeoutError::Timeout) if last.elapsed() >= heartbeat => writer.write_all(b":\n\n")?,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        writer.flush()?;
        last = Instant::now();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn silence_is_broken_by_comments_so_that_a_dead_connection_shows() {
        let (sender, events) = mpsc::channel();
        let mut written = Vec::new();
        sender.send("data: 1\n\n".to_owned()).unwrap();
        let looks = AtomicUsize::new(0);
        let is_over = || looks.fetch_add(1, Ordering::Relaxed) == 3;
        pump(&events, &mut written, Duration::from_millis(5), is_over).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "data: 1\n\n:\n\n:\n\n");
    }

    #[test]
    fn a_stream_ends_with_its_sender() {
        let (sender, events) = mpsc::channel();
        sender.send("data: 1\n\n".to_owned()).unwrap();
        drop(sender);
        let mut written = Vec::new();
        pump(&events, &mut written, HEARTBEAT, || false).unwrap();
        assert_eq!(written, b"data: 1\n\n");
    }

    #[test]
    fn a_place_is_free_again_when_its_stream_has_ended() {
        let streams = Streams::new(2);
        let (one, other) = (streams.place(), streams.place());
        assert!(one.is_some() && other.is_some() && streams.place().is_none());
        drop(one);
        assert!(streams.place().is_some());
    }
}
