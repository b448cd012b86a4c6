//! Owns the comparison of the folder with what our writer says that it wrote.

use super::Evidence;
use crate::diagnostic::{Diagnostic, Place};
use crate::manifest::is_deployed;

/// Says which files are gone or have other bytes than were written.
pub(super) fn altered(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let Some(manifest) = evidence.manifest else { return Vec::new() };
    let mut findings = Vec::new();
    for (path, entry) in &manifest.files {
        let message = match evidence.files.get(path) {
            None => "the manifest lists this file, but it is gone",
            Some(seen) if seen.digest.is_some_and(|digest| digest != entry.digest) => {
                "this file is not what was written: its digest differs from the manifest's"
            }
            Some(_) => continue,
        };
        findings.push(
            Diagnostic::error("output/altered", message).at(Place::file(path)).hint(
                "build again; if a later step changes the files on purpose, check its result without our manifest",
            ),
        );
    }
    findings
}

/// Notes the files that we did not write.
pub(super) fn foreign(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let Some(manifest) = evidence.manifest else { return Vec::new() };
    let unknown = |path: &&String| !manifest.files.contains_key(*path) && !is_deployed(path);
    let foreign: Vec<&str> = evidence.files.keys().filter(unknown).map(String::as_str).collect();
    let Some(first) = foreign.first() else { return Vec::new() };
    let message = match foreign.len() {
        1 => format!("`{first}` was not written by the last build"),
        count => format!("{count} files were not written by the last build: `{first}` and others"),
    };
    vec![Diagnostic::note("output/foreign", message)]
}
