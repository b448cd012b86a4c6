//! Reads `[[contract]]`: what written pages have to hold, as CSS selectors and how often each may fit.

use std::ops::Range;

use super::selector::Selector;
use crate::fields::Fields;

/// What pages under some addresses have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRule {
    /// The addresses, as globs: `/posts/**`.
    pub patterns: Vec<String>,
    /// What is demanded of each page.
    pub demands: Vec<Demand>,
    /// What to tell whoever breaks it.
    pub message: Option<String>,
    /// Where it stands in site.toml.
    pub span: Range<usize>,
}

/// How often a selector may fit on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// How often.
    pub quantity: Quantity,
    /// What.
    pub selector: Selector,
    /// Where it stands in site.toml.
    pub span: Range<usize>,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Once.
    ExactlyOne,
    /// Once or more.
    AtLeastOne,
    /// Once or not at all.
    AtMostOne,
    /// Not at all.
    None,
}

impl Quantity {
    const ALL: [(&str, Quantity); 4] = [
        ("exactly_one", Quantity::ExactlyOne),
        ("at_least_one", Quantity::AtLeastOne),
        ("at_most_one", Quantity::AtMostOne),
        ("none", Quantity::None),
    ];

    /// Returns whether this many are right.
    pub fn allows(self, count: usize) -> bool {
        match self {
            Quantity::ExactlyOne => count == 1,
            Quantity::AtLeastOne => count >= 1,
            Quantity::AtMostOne => count <= 1,
            Quantity::None => count == 0,
        }
    }

    /// Returns its key in site.toml.
    pub fn key(self) -> &'static str {
        Quantity::ALL.into_iter().find(|(_, quantity)| *quantity == self).map_or("", |(key, _)| key)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Quantity::ExactlyOne => "exactly one",
            Quantity::AtLeastOne => "at least one",
            Quantity::AtMostOne => "at most one",
            Quantity::None => "none",
        })
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> Vec<ContractRule> {
    let mut rules = Vec::new();
    for (index, (table, span)) in fields.plain_tables("contract").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("contract.{index}"), span.clone(), table);
        let patterns = read_patterns(&mut row, &span);
        let is_written = Quantity::ALL.iter().any(|(key, _)| row.span_of(key).is_some());
        let mut demands = Vec::new();
        for (key, quantity) in Quantity::ALL {
            for (text, at) in row.spanned_strings(key).unwrap_or_default() {
                match Selector::parse(&text) {
                    Ok(selector) => demands.push(Demand { quantity, selector, span: at }),
                    Err(problem) => {
                        row.refuse(at, format!("`{text}` is no selector: {}", problem.reason)).hint =
                            Some(problem.hint);
                    }
                }
            }
        }
        let message = row.string("message");
        // A key that nobody knows is probably the demand; it is told below.
        if !is_written && row.rows().is_empty() {
            row.refuse(span.clone(), "this contract demands nothing").hint =
                Some("add `exactly_one`, `at_least_one`, `at_most_one` or `none`, with a CSS selector".to_owned());
        }
        row.report_unknown(&[]);
        rules.push(ContractRule { patterns, demands, message, span });
    }
    rules
}

fn read_patterns(row: &mut Fields<'_>, span: &Range<usize>) -> Vec<String> {
    if row.span_of("match").is_none() {
        row.refuse(span.clone(), "a contract needs `match`, the pages that it holds for").hint =
            Some("`match = \"posts/**\"`, or `match = \"**\"` for every page".to_owned());
    }
    let mut patterns = Vec::new();
    for (text, at) in row.spanned_strings("match").unwrap_or_default() {
        let below_content = text.trim_start_matches('/').strip_prefix("content/");
        let hint = match below_content {
            Some(rest) => Some(format!("pages are named by their address: `{}`", rest.trim_end_matches(".md"))),
            None if text.is_empty() || text.contains(char::is_whitespace) || text.contains("://") => {
                Some("pages are named by their address below the site: `posts/**`, `/about/`, `**`".to_owned())
            }
            None => None,
        };
        match hint {
            Some(hint) => row.refuse(at, format!("`{text}` is no pattern for pages")).hint = Some(hint),
            None => patterns.push(format!("/{}", text.trim_start_matches('/'))),
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn a_contract_is_read_with_all_that_it_demands() {
        let config = sample(
            "[[contract]]\nmatch = \"posts/**\"\nexactly_one = \"h1\"\nnone = [\"script:not([src])\", \"iframe\"]\nmessage = \"no\"\n",
        );
        let contract = &config.contracts[0];
        assert_eq!(contract.patterns, ["/posts/**"]);
        let demands: Vec<(Quantity, &str)> =
            contract.demands.iter().map(|demand| (demand.quantity, demand.selector.written.as_str())).collect();
        assert_eq!(
            demands,
            [(Quantity::ExactlyOne, "h1"), (Quantity::None, "script:not([src])"), (Quantity::None, "iframe")]
        );
        assert_eq!(&config.text[contract.demands[2].span.clone()], "\"iframe\"");
    }

    #[test]
    fn what_is_wrong_with_a_contract_is_said_where_it_stands() {
        for (text, message) in [
            ("exactly_one = \"h1\"", "needs `match`"),
            ("match = \"**\"", "demands nothing"),
            ("match = \"**\"\nexactly_one = \"a:hover\"", "`:hover` is not known"),
            ("match = \"content/posts/a.md\"\nnone = \"a\"", "no pattern"),
            ("match = \"https://x.example/\"\nnone = \"a\"", "no pattern"),
            ("match = \"**\"\nexactly_on = \"h1\"", "unknown key `exactly_on`"),
            ("match = \"**\"\nnone = 1", "expected a list of strings"),
            ("match = 1\nnone = \"a\"", "expected a list of strings"),
        ] {
            let text = format!("title = \"T\"\nbase_url = \"https://x.example\"\n[[contract]]\n{text}\n");
            let problems = read("/x".as_ref(), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
            assert!(problems[0].place.as_ref().unwrap().span.is_some());
        }
    }
}
