//! The codes of what the machine refuses.

use super::Code;

/// The rows.
pub(super) const CODES: &[Code] = &[];
