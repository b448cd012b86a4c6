//! Owns what several machines that build the same site share: [`Cache`], what one made and others need not make again, and
//! [`Meeting`], where the parts of one build come together.
//!
//! Both keep bytes in a [`crate::store`] under their digest, cut into blobs. What comes back is believed only if it has that
//! digest; so a store that lost or damaged something costs time, and never a byte of a page.

mod blobs;
mod cache;
mod shards;

pub use cache::Cache;
pub use shards::{Meeting, Shard, Waiting};

/// The program by its sources: what another one has left is not this one's.
const PROGRAM: &str = env!("WATCHPOST_PROGRAM");
