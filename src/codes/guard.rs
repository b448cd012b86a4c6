//! The codes of what the guard finds on pages and servers.

use super::Code;

/// The rows.
pub(super) const CODES: &[Code] = &[];
