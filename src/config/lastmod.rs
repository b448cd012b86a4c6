//! Owns `lastmod`: where the time of a file's last change comes from.
//!
//! Gives [`Lastmod`]. Refuses the file system, whose clock each checkout sets anew: the same site would have other bytes.

use super::read::choice;
use crate::fields::Fields;

/// Where the time of a file's last change comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lastmod {
    /// From `updated` in the front matter alone.
    Front,
    /// From the last commit, where the front matter does not say.
    Git,
}

/// Reads the setting; without it, git is not asked.
pub(super) fn read(fields: &mut Fields<'_>) -> Lastmod {
    choice(fields, "lastmod", &[("front-matter", Lastmod::Front), ("git", Lastmod::Git)]).unwrap_or(Lastmod::Front)
}
