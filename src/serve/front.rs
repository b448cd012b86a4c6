//! Owns the door of the preview: it listens, lets in what may come in, and hands it to a [`Desk`](super::exchange::Desk).
