//! Owns the preview: it serves a site as it is being written, and shows a change at once.
//!
//! A request renders the page that was asked for, and no other: `render::page` is pure, and the site is a value behind a
//! pointer that an edit exchanges. The room touches the world three times: [`front`] listens, [`watch`] is told of changed
//! files, and files that are only copied are opened when they are asked for.

pub mod exchange;
mod files;
pub mod front;
pub mod hidden;
pub mod host;
mod hub;
pub mod leaving;
pub mod session;
mod shown;
pub mod stats;
pub mod status;
pub mod watch;

pub use session::{Notice, Settings, Stop, run};
