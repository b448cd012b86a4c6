//! Owns the reading of one HTML page as a browser reads it: bytes in, [`PageFacts`] out.
//!
//! Gives the scripts that would run, what looks like a script but would not, policies, links, ids and
//! what else the rules ask for. A page in good order is read in one pass (`quick`); wherever there is
//! a doubt, html5ever's tree decides, so broken markup means here what it means to a browser. Text is
//! never searched. Refuses to judge: that is for the rules. Never fails.

mod attributes;
mod gather;
mod markup;
mod quick;
mod references;
pub mod select;
mod tags;
mod tree;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use self::attributes::Refresh;
use crate::analytics::ScriptTag;

/// What a page says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// Whether it has a document type.
    pub doctype: bool,
    /// Whether it writes `<html>` itself.
    pub html_tag: bool,
    /// `lang` of `<html>`.
    pub language: Option<String>,
    /// Whether it is an AMP page, where only AMP's own analytics element counts.
    pub amp: bool,
    /// `href` of the first `<base>` that has one.
    pub base: Option<String>,
    /// Where `<link rel="canonical">` points, as written, each with its line.
    pub canonical: Vec<(String, u64)>,
    /// What `<meta http-equiv="refresh">` asks for.
    pub refresh: Option<Refresh>,
    /// The policies of `<meta http-equiv="Content-Security-Policy">` in the head.
    pub policies: Vec<String>,
    /// `<meta name="referrer">`.
    pub referrer: Option<String>,
    /// The scripts that a browser would run, in order.
    pub scripts: Vec<ScriptTag>,
    /// What is written as a script but no browser would run, and why.
    pub inert: Vec<(ScriptTag, Inert)>,
    /// The images inside `noscript`, with their lines: counting pixels for browsers without scripts.
    pub pixels: Vec<(String, u64)>,
    /// Every address that the page names, as written.
    pub links: Vec<Link>,
    /// The ids of the page and the names of its old-style anchors: what a fragment may name.
    pub anchors: BTreeSet<String>,
    /// The ids that stand on more than one element, with the line of the second.
    pub repeated_ids: Vec<(String, u64)>,
    /// The images without `alt`, and without another way of saying what they show: address, line.
    pub without_alt: Vec<(String, u64)>,
    /// The lines of the titles that have words in them.
    pub titles: Vec<u64>,
    /// The lines of the headings of the first order.
    pub headings: Vec<u64>,
    /// Whether it nests so deeply that a browser, and this reader, lays some elements beside each other.
    pub flattened: bool,
}

/// Why a script does not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inert {
    /// It stands in a comment.
    Comment,
    /// It stands in a `template`.
    Template,
    /// It stands in `noscript`, which browsers that run scripts skip.
    Noscript,
    /// It stands in an element whose content is only text: `textarea`.
    Text(&'static str),
    /// Its type is no script's: `text/plain`, `application/json`.
    Type(String),
    /// It is for browsers without modules, for another event, or loads from an empty address.
    Never(&'static str),
}

impl Inert {
    /// The elements and attributes by which a script does not run.
    const WORDS: [&str; 9] = ["textarea", "title", "xmp", "iframe", "noembed", "noframes", "src", "nomodule", "event"];

    /// Returns the element or attribute of this name.
    pub(super) fn word(name: &str) -> Option<&'static str> {
        Inert::WORDS.into_iter().find(|word| *word == name)
    }
}

impl std::fmt::Display for Inert {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Inert::Comment => write!(formatter, "in a comment"),
            Inert::Template => write!(formatter, "in a `<template>`"),
            Inert::Noscript => write!(formatter, "in a `<noscript>`"),
            Inert::Text(element) => write!(formatter, "in a `<{element}>`, whose content is only text"),
            Inert::Type(kind) => write!(formatter, "in a script of type `{kind}`, which no browser runs"),
            Inert::Never(attribute) => {
                write!(formatter, "in a script that its `{attribute}` attribute keeps from running")
            }
        }
    }
}

/// One address that a page names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The address as written, without the white space around it.
    pub target: String,
    /// The element: `a`.
    pub element: &'static str,
    /// The attribute: `href`.
    pub attribute: &'static str,
    /// The line that its tag ends on, from 1.
    pub line: u64,
}

impl PageFacts {
    /// Returns whether this is a whole document, and not a part of one.
    pub fn is_document(&self) -> bool {
        self.doctype || self.html_tag
    }

    /// Returns where the page sends its reader at once, if it does nothing else.
    pub fn redirect(&self) -> Option<&str> {
        self.refresh.as_ref().filter(|refresh| refresh.seconds <= 1).and_then(|refresh| refresh.target.as_deref())
    }
}

/// Returns UTF-8 as text; wrong bytes become replacement characters.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    attributes::lossy(bytes)
}

/// Reads a page.
// .ci/instructions.py counts what this takes, by its name.
#[inline(never)]
pub fn read(bytes: &[u8]) -> PageFacts {
    let text = attributes::decode(bytes);
    completed(&text, quick::read(&text, true).unwrap_or_else(|| tree::read(&text, true)))
}

/// Reads a page by html5ever's tree alone: what [`read`] must agree with.
pub fn read_by_tree(bytes: &[u8]) -> PageFacts {
    let text = attributes::decode(bytes);
    completed(&text, tree::read(&text, true))
}

/// Reads a page in one pass, without a tree; nothing if its markup leaves a doubt.
pub fn read_quickly(bytes: &[u8]) -> Option<PageFacts> {
    let text = attributes::decode(bytes);
    quick::read(&text, true).map(|facts| completed(&text, facts))
}

fn completed(text: &str, mut facts: PageFacts) -> PageFacts {
    facts.html_tag |= attributes::opens_with_html_tag(text);
    facts
}

/// Returns the attributes of a script's tag as they were written, for reports.
pub fn describe(tag: &ScriptTag) -> String {
    let shown: BTreeMap<&str, &str> =
        tag.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let attributes: String = shown.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
    format!("<script{attributes}>")
}

#[cfg(test)]
mod tests;
