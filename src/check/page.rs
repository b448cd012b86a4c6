//! Owns the reading of one HTML page as a browser reads it: bytes in, [`PageFacts`] out.
//!
//! Gives the scripts that would run, what looks like a script but would not, policies, links, ids
//! and what else the rules ask for. The tree is html5ever's, so broken markup means here what it
//! means to a browser; text is never searched. Refuses to judge: that is for the rules. Never fails.

mod attributes;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use html5ever::{LocalName, local_name, ns};

pub use self::attributes::Refresh;
use self::tree::{Node, Tree};
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

/// Reads a page.
pub fn read(bytes: &[u8]) -> PageFacts {
    let text = attributes::decode(bytes);
    let mut facts = read_text(&text, true);
    facts.html_tag |= attributes::opens_with_html_tag(&text);
    facts
}

/// Reads a page's text, or that of a part which browsers do not parse (`whole` is false): only what
/// is inert is asked of such a part, and it is not looked into further.
fn read_text(text: &str, whole: bool) -> PageFacts {
    let tree = tree::parse(text, whole);
    let mut reader = Reader { tree: &tree, facts: PageFacts::default(), whole };
    for (node, in_template) in tree.elements() {
        reader.element(node, in_template);
    }
    let mut facts = reader.facts;
    if whole {
        for (comment, line) in &tree.comments {
            adopt(&mut facts, comment, *line, &Inert::Comment);
        }
    }
    facts.doctype = tree.doctype;
    facts.html_tag = tree.html_tag_merged;
    facts.flattened = tree.flattened;
    facts
}

/// Takes over the scripts of a text that no browser parses.
fn adopt(facts: &mut PageFacts, text: &str, line: u64, why: &Inert) {
    let part = read_text(text, false);
    let inner = part.inert.into_iter().map(|(tag, _)| tag);
    for mut tag in part.scripts.into_iter().chain(inner) {
        tag.line += line - 1;
        facts.inert.push((tag, why.clone()));
    }
    if *why == Inert::Noscript {
        let images = part.links.into_iter().filter(|link| link.element == "img" && link.attribute == "src");
        facts.pixels.extend(images.map(|link| (link.target, link.line + line - 1)));
    }
}

struct Reader<'a> {
    tree: &'a Tree,
    facts: PageFacts,
    whole: bool,
}

impl Reader<'_> {
    fn element(&mut self, node: &Node, in_template: bool) {
        if node.name.local == local_name!("script") && (node.name.ns == ns!(html) || node.name.ns == ns!(svg)) {
            self.script(node, in_template);
        }
        if in_template || node.name.ns != ns!(html) {
            if !in_template {
                self.anchors(node);
            }
            return;
        }
        self.anchors(node);
        self.links(node);
        match node.name.local {
            local_name!("html") => {
                self.facts.language = node.attribute("lang").filter(|language| !language.is_empty());
                self.facts.amp = ["amp", "\u{26a1}"].iter().any(|name| node.attribute(name).is_some());
            }
            local_name!("base") if self.facts.base.is_none() => self.facts.base = node.attribute("href"),
            local_name!("meta") => self.meta(node),
            local_name!("link") if attributes::has_word(&node.attribute("rel"), "canonical") => {
                let target = node.attribute("href").map(|target| target.trim().to_owned());
                self.facts.canonical.extend(target.map(|target| (target, node.line)));
            }
            local_name!("noscript") if self.whole => adopt(&mut self.facts, &node.text(), node.line, &Inert::Noscript),
            local_name!("img") => self.image(node),
            local_name!("textarea") => self.text_only(node, "textarea"),
            local_name!("title") => self.text_only(node, "title"),
            local_name!("xmp") => self.text_only(node, "xmp"),
            local_name!("iframe") => self.text_only(node, "iframe"),
            local_name!("noembed") => self.text_only(node, "noembed"),
            local_name!("noframes") => self.text_only(node, "noframes"),
            _ => {}
        }
    }

    fn text_only(&mut self, node: &Node, name: &'static str) {
        let text = node.text();
        if self.whole && tree::mentions_script(&text) {
            adopt(&mut self.facts, &text, node.line, &Inert::Text(name));
        }
    }

    fn script(&mut self, node: &Node, in_template: bool) {
        let mut tag = ScriptTag { line: node.line, ..ScriptTag::default() };
        node.each_attribute(|name, value| {
            tag.attributes.insert(name.to_lowercase(), value.to_owned());
        });
        if node.name.ns == ns!(svg) {
            // SVG's scripts load from `href`, in the old form with a prefix.
            let source = ["href", "xlink:href"].iter().find_map(|name| tag.attributes.get(*name).cloned());
            tag.attributes.remove("src");
            tag.attributes.extend(source.map(|source| ("src".to_owned(), source)));
        }
        let never = attributes::never_runs(&tag.attributes, node.is(&local_name!("script")));
        // A browser ignores the text of a script that loads from elsewhere.
        if !tag.attributes.contains_key("src") {
            tag.body = node.text();
        }
        match never {
            _ if in_template => self.facts.inert.push((tag, Inert::Template)),
            Some(why) => self.facts.inert.push((tag, why)),
            None => self.facts.scripts.push(tag),
        }
    }

    /// An empty `alt` says that there is nothing to say, which is an answer.
    fn image(&mut self, node: &Node) {
        let has = |name: &str| node.attribute(name).is_some();
        let decoration = node.attribute("role").is_some_and(|role| matches!(role.trim(), "presentation" | "none"))
            || node.attribute("aria-hidden").is_some_and(|hidden| hidden.trim() == "true");
        if !decoration && !["alt", "aria-label", "aria-labelledby", "title"].into_iter().any(has) {
            self.facts.without_alt.push((node.attribute("src").unwrap_or_default(), node.line));
        }
    }

    fn meta(&mut self, node: &Node) {
        let Some(content) = node.attribute("content") else { return };
        let equivalent = node.attribute("http-equiv").unwrap_or_default().to_ascii_lowercase();
        let in_head = self.tree.parent(node).is_some_and(|parent| parent.is(&local_name!("head")));
        match equivalent.as_str() {
            // Outside the head a browser ignores it.
            "content-security-policy" if in_head => self.facts.policies.push(content),
            "refresh" if self.facts.refresh.is_none() => self.facts.refresh = Refresh::parse(&content),
            _ if node.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("referrer")) => {
                self.facts.referrer = Some(content);
            }
            _ => {}
        }
    }

    fn anchors(&mut self, node: &Node) {
        if !self.whole {
            return;
        }
        if let Some(id) = node.attribute("id").filter(|id| !id.is_empty())
            && !self.facts.anchors.insert(id.clone())
            && !self.facts.repeated_ids.iter().any(|(known, _)| *known == id)
        {
            self.facts.repeated_ids.push((id, node.line));
        }
    }

    fn links(&mut self, node: &Node) {
        let line = node.line;
        if node.is(&local_name!("meta")) {
            let property = node.attribute("property").or_else(|| node.attribute("name")).unwrap_or_default();
            let names_address =
                matches!(property.as_str(), "og:image" | "og:url" | "og:audio" | "og:video" | "twitter:image");
            let target = node.attribute("content").filter(|_| names_address);
            self.facts.links.extend(target.map(|target| link(&target, "meta", "content", line)));
            return;
        }
        // A hint to connect early names a host, not a file.
        let rel = node.is(&local_name!("link")).then(|| node.attribute("rel")).flatten();
        if attributes::has_word(&rel, "preconnect") || attributes::has_word(&rel, "dns-prefetch") {
            return;
        }
        for (element, attribute) in LINKS {
            if !node.is(element) {
                continue;
            }
            let Some(value) = node.attribute(attribute) else { continue };
            let name = element_name(element);
            match *attribute {
                "srcset" | "imagesrcset" => {
                    let candidates = attributes::srcset(&value);
                    self.facts.links.extend(candidates.into_iter().map(|target| link(target, name, attribute, line)));
                }
                _ => self.facts.links.push(link(&value, name, attribute, line)),
            }
        }
        if node.is(&local_name!("a"))
            && let Some(name) = node.attribute("name").filter(|name| !name.is_empty())
        {
            self.facts.anchors.insert(name);
        }
    }
}

fn link(target: &str, element: &'static str, attribute: &'static str, line: u64) -> Link {
    let blank = |character: char| character.is_ascii_whitespace();
    Link { target: target.trim_matches(blank).to_owned(), element, attribute, line }
}

/// The attributes that hold addresses.
const LINKS: &[(LocalName, &str)] = &[
    (local_name!("a"), "href"),
    (local_name!("area"), "href"),
    (local_name!("link"), "href"),
    (local_name!("link"), "imagesrcset"),
    (local_name!("img"), "src"),
    (local_name!("img"), "srcset"),
    (local_name!("source"), "src"),
    (local_name!("source"), "srcset"),
    (local_name!("script"), "src"),
    (local_name!("iframe"), "src"),
    (local_name!("embed"), "src"),
    (local_name!("audio"), "src"),
    (local_name!("video"), "src"),
    (local_name!("video"), "poster"),
    (local_name!("track"), "src"),
    (local_name!("input"), "src"),
    (local_name!("object"), "data"),
    (local_name!("form"), "action"),
    (local_name!("button"), "formaction"),
    (local_name!("input"), "formaction"),
    (local_name!("blockquote"), "cite"),
    (local_name!("q"), "cite"),
    (local_name!("ins"), "cite"),
    (local_name!("del"), "cite"),
];

/// Returns an element's name as text that outlives the page.
fn element_name(element: &LocalName) -> &'static str {
    match *element {
        local_name!("a") => "a",
        local_name!("area") => "area",
        local_name!("link") => "link",
        local_name!("img") => "img",
        local_name!("source") => "source",
        local_name!("script") => "script",
        local_name!("iframe") => "iframe",
        local_name!("embed") => "embed",
        local_name!("audio") => "audio",
        local_name!("video") => "video",
        local_name!("track") => "track",
        local_name!("input") => "input",
        local_name!("object") => "object",
        local_name!("form") => "form",
        local_name!("button") => "button",
        local_name!("blockquote") => "blockquote",
        local_name!("q") => "q",
        local_name!("ins") => "ins",
        _ => "del",
    }
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
