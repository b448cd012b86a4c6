//! Owns the names that templates had before, or have elsewhere: they are read under today's, with a warning.
//!
//! To rename a template: a row in [`TEMPLATES`]. `blog upgrade` renames the file and what names it.

use std::collections::BTreeMap;

use super::Template;
use crate::diagnostic::{Diagnostic, Place};

/// Each template that had another name, and the name that it has: first how it was called.
pub const TEMPLATES: &[(&str, &str)] = &[
    // Zola's names: https://www.getzola.org/documentation/templates/taxonomies/
    ("taxonomy_list.html", "taxonomy.html"),
    ("taxonomy_single.html", "term.html"),
];

/// Gives templates today's names, beside those that they have, so that what extends or includes them finds them by either.
pub(super) fn templates(templates: &mut BTreeMap<String, Template>, prefix: &str) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (old, new) in TEMPLATES {
        let (from, to) = (format!("{prefix}{old}"), format!("{prefix}{new}"));
        let Some(template) = templates.get(&from).filter(|_| !templates.contains_key(&to)).cloned() else { continue };
        let message = format!("the template `{old}` is called `{new}`; it is read all the same");
        warnings.push(
            Diagnostic::warning("theme/renamed", message)
                .at(Place::file(&template.source))
                .hint("rename the file, or let `blog upgrade` do it"),
        );
        templates.insert(to, template);
    }
    warnings
}
