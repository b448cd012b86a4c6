//! Owns the fitting of selectors to the tree of a page: how often one fits, and on which lines.
//!
//! What a template or a `noscript` holds is no part of the page, as in a browser that runs scripts. Knows nothing of
//! where a selector comes from.

use html5ever::ns;

use super::attributes;
use super::gather::Attributes as _;
use super::tree::{self, Node, Tree};
use crate::config::selector::{Attribute, Combinator, Complex, Compound, Condition, Operator, Selector};

/// What of a page selectors are fitted to.
pub struct Elements {
    tree: Tree,
}

impl Elements {
    /// Parses a page.
    pub fn of(bytes: &[u8]) -> Elements {
        Elements { tree: tree::parse(&attributes::decode(bytes), true) }
    }

    /// Returns whether some elements are missing, because the page nests too deep.
    pub fn is_flattened(&self) -> bool {
        self.tree.flattened
    }

    /// Returns the lines of the elements that fit, in the order of the page.
    pub fn lines(&self, selector: &Selector) -> Vec<u64> {
        let elements = self.tree.elements().filter(|(_, in_template)| !in_template);
        let fits = |node: &Node| selector.alternatives.iter().any(|complex| self.fits(node, complex));
        elements.filter(|(node, _)| fits(node)).map(|(node, _)| node.line).collect()
    }

    fn fits(&self, node: &Node, complex: &Complex) -> bool {
        self.is(node, &complex.subject) && self.stands(node, &complex.around)
    }

    /// Returns whether what stands around a node is what is asked for, trying every place.
    fn stands(&self, node: &Node, around: &[(Combinator, Compound)]) -> bool {
        let Some(((combinator, compound), rest)) = around.split_first() else { return true };
        let step = |node: &Node| match combinator {
            Combinator::Ancestor | Combinator::Parent => self.tree.parent(node),
            Combinator::Previous | Combinator::Earlier => self.tree.previous(node),
        };
        let goes_on = matches!(combinator, Combinator::Ancestor | Combinator::Earlier);
        let mut next = step(node);
        while let Some(candidate) = next {
            if self.is(candidate, compound) && self.stands(candidate, rest) {
                return true;
            }
            next = if goes_on { step(candidate) } else { None };
        }
        false
    }

    fn is(&self, node: &Node, compound: &Compound) -> bool {
        // The document and the contents of a template are no elements.
        !node.name.local.is_empty()
            && compound.element.as_ref().is_none_or(|name| (*node.name.local).eq_ignore_ascii_case(name))
            && compound.conditions.iter().all(|condition| self.meets(node, condition))
    }

    fn meets(&self, node: &Node, condition: &Condition) -> bool {
        match condition {
            Condition::Id(id) => node.attributes().value("id").is_some_and(|value| *value == **id),
            Condition::Class(class) => node
                .attributes()
                .value("class")
                .is_some_and(|value| value.split_ascii_whitespace().any(|word| word == class)),
            Condition::Attribute(attribute) => {
                let is_html = node.name.ns == ns!(html);
                node.attributes().value(&attribute.name).is_some_and(|value| passes(&value, attribute, is_html))
            }
            Condition::Not(none_of) => !none_of.iter().any(|compound| self.is(node, compound)),
            Condition::Root => self.tree.parent(node).is_some_and(|parent| parent.name.local.is_empty()),
            Condition::First => self.tree.previous(node).is_none(),
            Condition::Last => self.tree.next(node).is_none(),
        }
    }
}

/// Compares a value as <https://www.w3.org/TR/selectors-4/#attribute-selectors> says: an empty one is part of nothing.
fn passes(value: &str, attribute: &Attribute, is_html: bool) -> bool {
    let Some((operator, expected)) = &attribute.test else { return true };
    let folded = |text: &str| match attribute.ignores_case && is_html {
        true => text.to_ascii_lowercase(),
        false => text.to_owned(),
    };
    let (value, expected) = (folded(value), folded(expected));
    let (value, expected) = (value.as_str(), expected.as_str());
    match operator {
        Operator::Is => value == expected,
        Operator::Word => !expected.is_empty() && value.split_ascii_whitespace().any(|word| word == expected),
        Operator::Dash => value.strip_prefix(expected).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        Operator::Starts => !expected.is_empty() && value.starts_with(expected),
        Operator::Ends => !expected.is_empty() && value.ends_with(expected),
        Operator::Holds => !expected.is_empty() && value.contains(expected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><html lang=en-GB>\n<head><title>T</title><link rel=Canonical href=/a/>\n\
        <link rel='alternate feed' href=/feed.xml></head>\n<body><main id=main><h1 class='big title'>T</h1>\n\
        <p>one<p class=last>two\n<img src=a.png><img src=b.png alt=''>\n<template><h1>no</h1></template>\n\
        <noscript><h1>no</h1></noscript><svg><linearGradient id=g></linearGradient></svg>\n<table><tr><td>1</table></main>";

    fn lines(selector: &str) -> Vec<u64> {
        Elements::of(PAGE.as_bytes()).lines(&Selector::parse(selector).unwrap())
    }

    #[test]
    fn elements_are_found_as_a_browser_would_find_them() {
        for (selector, expected) in [
            ("h1", &[4][..]),
            ("link[rel=canonical]", &[2]),
            ("link[rel='canonical' s]", &[]),
            ("link[rel~=feed]", &[3]),
            ("html[lang|=en]", &[1]),
            ("[href^='/f'][href$=xml]", &[3]),
            ("[href*='']", &[]),
            ("img:not([alt])", &[6]),
            ("img", &[6, 6]),
            ("#main > h1.big.title", &[4]),
            ("body h1", &[4]),
            ("body > h1", &[]),
            ("h1 + p", &[5]),
            ("h1 ~ p", &[5, 5]),
            ("h1 ~ p.last", &[5]),
            ("table > tbody > tr td:only-child", &[9]),
            (":root", &[1]),
            ("head > :first-child", &[2]),
            ("head > :last-child", &[3]),
            ("main h1, title", &[2, 4]),
            ("lineargradient#g", &[8]),
            ("p p", &[]),
            ("script", &[]),
        ] {
            assert_eq!(lines(selector), expected, "{selector}");
        }
    }
}
