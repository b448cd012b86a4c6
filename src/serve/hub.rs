//! Owns the pages that listen for changes: each has a channel, and one that does not keep up is let go.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// How many events wait for one page; a browser that reads none for so long connects again.
const WAITING: usize = 64;

/// The pages that listen.
#[derive(Debug, Default)]
pub(super) struct Hub(Mutex<Vec<SyncSender<String>>>);

impl Hub {
    /// Adds a page; the first thing that it hears is which edition is shown, and after how long it is to connect again.
    pub(super) fn listen(&self, edition: u64) -> Receiver<String> {
        let (sender, receiver) = sync_channel(WAITING);
        let _ = sender.try_send(format!("retry: 500\nevent: hello\ndata: {{\"edition\":{edition}}}\n\n"));
        self.pages().push(sender);
        receiver
    }

    /// Tells every page of an event.
    pub(super) fn tell(&self, event: &str, data: &Value) {
        // JSON has no line ends of its own, so that one line is enough.
        let block = format!("event: {event}\ndata: {data}\n\n");
        self.pages().retain(|page| page.try_send(block.clone()).is_ok());
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Vec<SyncSender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_page_hears_and_one_that_does_not_keep_up_is_let_go() {
        let hub = Hub::default();
        let (one, other) = (hub.listen(3), hub.listen(3));
        drop(one);
        hub.tell("change", &json!({ "text": "a\nb" }));
        assert!(other.recv().unwrap().contains("event: hello\ndata: {\"edition\":3}"));
        assert_eq!(other.recv().unwrap(), "event: change\ndata: {\"text\":\"a\\nb\"}\n\n");
        assert_eq!(hub.pages().len(), 1);
        (0..=WAITING).for_each(|_| hub.tell("x", &Value::Null));
        assert_eq!(hub.pages().len(), 0);
    }
}
