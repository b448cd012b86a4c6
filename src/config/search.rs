//! Reads `[search]`: whether the written pages are indexed, and which are not.

use crate::fields::Fields;

/// `[search]`: the index over the written pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRule {
    /// Addresses that are left out, as patterns: `/notes/**`.
    pub exclude: Vec<String>,
}

/// Returns the rule where the site asks for a search; a site without the table has none.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<SearchRule> {
    let mut table = fields.table("search")?;
    let enabled = table.boolean("enabled").unwrap_or(true);
    let exclude = super::analytics::read_exclude(&mut table);
    table.finish();
    enabled.then_some(SearchRule { exclude })
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn a_site_is_searched_where_it_says_so() {
        assert_eq!(sample("").search, None);
        assert_eq!(sample("[search]\n").search, Some(SearchRule::default()));
        assert_eq!(sample("[search]\nenabled = false\nexclude = [\"/a/\"]\n").search, None);
        let rule = sample("[search]\nexclude = [\"/notes/**\"]\n").search;
        assert_eq!(rule, Some(SearchRule { exclude: vec!["/notes/**".to_owned()] }));
        assert!(sample("[search]\n").warnings.is_empty(), "it acts, and nothing says that it does not");
    }

    #[test]
    fn what_is_wrong_with_it_is_told_with_its_place() {
        for (text, message) in [
            ("search = true", "expected a table"),
            ("[search]\nenabled = \"yes\"", "expected a boolean"),
            ("[search]\nexclude = [\"notes\"]", "does not start with"),
            ("[search]\nexclude = 3", "expected a list of strings"),
            ("[search]\nexcludes = []", "unknown key `excludes`"),
        ] {
            let text = format!("title = \"T\"\nbase_url = \"https://x.example\"\n{text}\n");
            let problems = read("/x".as_ref(), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
            assert!(problems[0].place.as_ref().unwrap().line_column().is_some(), "{text}: {problems:?}");
        }
    }
}
