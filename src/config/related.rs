//! Reads `[related]`: what makes posts related, and how much.

use std::collections::BTreeMap;

use super::TaxonomyRule;
use crate::diagnostic::did_you_mean;
use crate::fields::Fields;

/// The name of the weight of words in titles and headings.
const WORDS: &str = "words";
/// The name of the weight of nearness in time.
const DATE: &str = "date";
/// The weights of a site that sets none.
const USUAL: [(&str, u32); 5] = [("tags", 80), ("series", 60), (WORDS, 60), ("categories", 40), (DATE, 10)];
/// The greatest weight.
const MOST: u32 = 1000;

/// `[related]`: what makes posts related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedRule {
    /// How many posts are shown.
    pub limit: usize,
    /// How much two posts must have in common, from 0 to 100.
    pub threshold: u32,
    /// Whether newer posts count, too.
    pub newer: bool,
    /// How much each taxonomy weighs, by its name; what is not in it weighs nothing.
    pub taxonomies: BTreeMap<String, u32>,
    /// How much words in titles and headings weigh.
    pub words: u32,
    /// How much nearness in time weighs among posts that have anything else in common.
    pub date: u32,
}

impl Default for RelatedRule {
    fn default() -> Self {
        RelatedRule::of(USUAL.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect())
    }
}

impl RelatedRule {
    fn of(mut weights: BTreeMap<String, u32>) -> Self {
        let words = weights.remove(WORDS).unwrap_or_default();
        let date = weights.remove(DATE).unwrap_or_default();
        RelatedRule { limit: 5, threshold: 10, newer: true, taxonomies: weights, words, date }
    }
}

pub(super) fn read(fields: &mut Fields<'_>, taxonomies: &[TaxonomyRule]) -> RelatedRule {
    let Some(mut table) = fields.table("related") else { return RelatedRule::default() };
    let mut weights: BTreeMap<String, u32> = USUAL.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
    if let Some(mut own) = table.table("weights") {
        let keys: Vec<_> =
            own.rows().iter().map(|row| (row.key.clone(), row.span.clone(), row.node.span.clone())).collect();
        for (name, at, value_at) in keys {
            let known = || taxonomies.iter().map(|rule| rule.name.as_str()).chain([WORDS, DATE]);
            let Some(weight) = own.integer(&name) else { continue };
            if known().all(|known| known != name) {
                own.refuse(at, format!("`{name}` is no taxonomy of this site, nor `words` or `date`")).hint =
                    did_you_mean(&name, known()).map(|meant| format!("did you mean `{meant}`?"));
            }
            match u32::try_from(weight) {
                Ok(weight) if weight <= MOST => drop(weights.insert(name, weight)),
                _ => {
                    own.refuse(value_at, format!("the weight `{name}` is {weight}, but weights go from 0 to {MOST}"));
                }
            }
        }
    }
    let mut rule = RelatedRule::of(weights);
    rule.limit = table.count("limit").unwrap_or(rule.limit);
    let at = table.span_of("threshold").unwrap_or(0..0);
    match table.integer("threshold").map(u32::try_from) {
        Some(Ok(threshold @ 0..=100)) => rule.threshold = threshold,
        Some(_) => drop(table.refuse(at, "`related.threshold` goes from 0 to 100")),
        None => {}
    }
    rule.newer = table.boolean("newer").unwrap_or(rule.newer);
    table.finish();
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, World, read, sample};

    #[test]
    fn weights_are_laid_over_the_usual_ones() {
        let rule = sample(
            "[related]\nlimit = 3\nnewer = false\n[related.weights]\nwords = 0\ntopics = 7\n[taxonomies.topics]\n",
        )
        .related;
        assert_eq!((rule.limit, rule.newer, rule.words, rule.date), (3, false, 0, 10));
        assert_eq!((rule.taxonomies["topics"], rule.taxonomies["tags"]), (7, 80));
        assert_eq!(sample("").related, RelatedRule::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let text = "title = \"T\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n[related]\nthreshold = 101\nlimit = 0\n\
                    [related.weights]\ntgas = 1\nwords = -1\n";
        let overrides = Overrides { clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() };
        let problems = read(std::path::Path::new("/site"), text, &overrides, &World::default()).unwrap_err();
        let said: Vec<String> = problems
            .iter()
            .map(|problem| format!("{} {}", problem.message, problem.hint.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(
            said,
            [
                "`related.threshold` goes from 0 to 100 -",
                "`related.limit` is 0, but at least 1 is needed -",
                "`tgas` is no taxonomy of this site, nor `words` or `date` did you mean `tags`?",
                "the weight `words` is -1, but weights go from 0 to 1000 -",
            ]
        );
    }
}
