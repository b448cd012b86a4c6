//! The codes of the command line and site.toml.

use super::Code;

/// The rows.
pub(super) const CODES: &[Code] = &[];
