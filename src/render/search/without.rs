//! Stands in for the index in a program that was built without Pagefind: it says so.

use std::collections::BTreeMap;

use super::Searched;
use crate::diagnostic::Diagnostic;

/// Says that this program makes no index.
pub(super) fn of(pages: Vec<Searched>) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let count = pages.iter().filter(|page| !page.address.is_empty() && !page.html.is_empty()).count();
    let message = format!("search needs a `blog` built with `--features search`; {count} pages were not indexed");
    Err(Diagnostic::error("search/not-built-in", message)
        .hint("take a `blog` that has it, or take `[search]` out of `site.toml`"))
}
