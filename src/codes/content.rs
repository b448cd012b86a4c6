//! The codes of  front matter, Markdown, links.

use super::Code;

/// The rows.
pub(super) const CODES: &[Code] = &[];
