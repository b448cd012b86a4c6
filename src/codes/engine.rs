//! The codes of templates, themes, rendering and feeds.

use super::Code;

/// The rows.
pub(super) const CODES: &[Code] = &[];
