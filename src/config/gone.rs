//! Reads `[[gone]]`: addresses that are given up on purpose, so that nothing has to stand there any more.

use std::ops::Range;

use crate::fields::Fields;
use crate::paths::Route;

/// Addresses that are given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneRule {
    /// One address, or a glob: `/old/`, `/drafts/**`.
    pub pattern: String,
    /// Where it stands in site.toml.
    pub span: Range<usize>,
}

impl GoneRule {
    /// Returns whether it gives up an address.
    pub fn covers(&self, route: &Route) -> bool {
        route.matches(&self.pattern)
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> Vec<GoneRule> {
    let mut rules = Vec::new();
    for (index, (table, span)) in fields.plain_tables("gone").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("gone.{index}"), span.clone(), table);
        if row.span_of("path").is_none() {
            row.refuse(span, "a row of `[[gone]]` needs `path`, the address that is given up").hint =
                Some("`path = \"/old/\"`".to_owned());
        }
        for (pattern, at) in row.spanned_strings("path").unwrap_or_default() {
            let is_address = pattern.starts_with('/') && !pattern.contains(char::is_whitespace);
            if !is_address {
                row.refuse(at, format!("`{pattern}` is no address of this site")).hint =
                    Some("it begins with `/` and has no host: `/old/`, `/drafts/**`".to_owned());
            } else if pattern.trim_end_matches('*') == "/" {
                row.refuse(at, format!("`{pattern}` gives up the whole site")).hint =
                    Some("name what is gone: `/old/`, `/drafts/**`".to_owned());
            } else {
                rules.push(GoneRule { pattern, span: at });
            }
        }
        row.report_unknown(&[]);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn addresses_are_given_up_one_by_one_or_by_a_pattern() {
        let config = sample("[[gone]]\npath = \"/old/\"\n[[gone]]\npath = [\"/a/\", \"/drafts/**\"]\n");
        let covers = |path: &str| config.gone.iter().any(|rule| rule.covers(&Route::new(path).unwrap()));
        assert!(covers("/old/") && covers("/a/") && covers("/drafts/x/y/"));
        assert!(!covers("/") && !covers("/old/x/"));
    }

    #[test]
    fn what_is_no_address_is_refused_where_it_stands() {
        for (text, message) in [
            ("", "needs `path`"),
            ("path = \"old\"", "no address"),
            ("path = \"https://x.example/a/\"", "no address"),
            ("path = \"/**\"", "the whole site"),
            ("path = 1", "expected a list of strings"),
            ("path = \"/a/\"\nto = \"/b/\"", "unknown key `to`"),
        ] {
            let text = format!("title = \"T\"\nbase_url = \"https://x.example\"\n[[gone]]\n{text}\n");
            let problems = read("/x".as_ref(), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
            assert!(problems[0].place.as_ref().unwrap().span.is_some());
        }
    }
}
