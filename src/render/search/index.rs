//! Hands pages to Pagefind and takes its files: the only place that knows its library, and the runtime that it wants.
//!
//! Of Pagefind's own files those are kept that a search needs; its ready-made boxes are left out, since themes have theirs.

use std::collections::BTreeMap;

use pagefind::api::PagefindIndex;
use pagefind::options::PagefindServiceConfig;

use super::Searched;
use crate::diagnostic::Diagnostic;

/// Files that only Pagefind's own boxes need.
const BOXES: [&str; 7] = [
    "pagefind-highlight.js",
    "pagefind-ui.js",
    "pagefind-ui.css",
    "pagefind-modular-ui.js",
    "pagefind-modular-ui.css",
    "pagefind-component-ui.js",
    "pagefind-component-ui.css",
];

/// Makes the files of an index, by their names.
pub(super) fn of(pages: Vec<Searched>) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
    let runtime = runtime.map_err(|error| failed(format!("no thread could be started for the index: {error}")))?;
    runtime.block_on(async {
        let options = PagefindServiceConfig::builder().keep_index_url(false).build();
        let mut index = PagefindIndex::new(Some(options)).map_err(|error| failed(error.to_string()))?;
        for page in pages {
            let added = index.add_html_file(None, Some(page.address.clone()), page.html).await;
            added.map_err(|error| failed(format!("`{}` cannot be indexed: {error}", page.address)))?;
        }
        let files = index.get_files().await.map_err(|error| failed(error.to_string()))?;
        let named = files.into_iter().map(|file| (file.filename.to_string_lossy().into_owned(), file.contents));
        Ok(named.filter(|(name, _)| !BOXES.contains(&name.as_str())).collect())
    })
}

fn failed(reason: String) -> Diagnostic {
    Diagnostic::error("search/failed", format!("the search index could not be made: {reason}"))
        .hint("take the page out with `exclude` under `[search]`, or `[search]` out, and tell us of it")
}
