//! Owns what is taken from each element: one gatherer for the quick reader and for the tree, so that
//! both mean the same by a script, a link or an id.
//!
//! Takes [`Element`]s in the order of the page. Refuses to know how they were found.

use std::borrow::Cow;

use super::attributes::{self, Refresh};
use super::tags::Tag;
use super::{Inert, Link, PageFacts};
use crate::analytics::ScriptTag;

/// Whose element it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Html,
    Svg,
    Other,
}

/// The attributes of one element.
pub(super) trait Attributes {
    /// Returns a value by the name in lower case; the first one counts.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;

    /// Calls `with` for each attribute, a doubled one only once.
    fn each(&self, with: &mut dyn FnMut(&str, &str));
}

/// One element.
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) namespace: Namespace,
    pub(super) attributes: &'a dyn Attributes,
    /// Its text, where that is asked for: see [`keeps_text`].
    pub(super) text: &'a str,
    /// The line that its start tag ends on, from 1.
    pub(super) line: u64,
    /// Whether the head holds it directly.
    pub(super) in_head: bool,
    /// Whether a template holds it.
    pub(super) in_template: bool,
}

impl Element<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.attributes.value(name)
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.value(name).map(Cow::into_owned)
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

/// Returns whether the text of an element is asked for: of those whose text a browser runs or never parses.
pub(super) fn keeps_text(tag: Tag, namespace: Namespace) -> bool {
    match tag {
        Tag::Script => true,
        Tag::Noscript | Tag::Textarea | Tag::Title | Tag::Xmp | Tag::Iframe | Tag::Noembed | Tag::Noframes => {
            namespace == Namespace::Html
        }
        _ => false,
    }
}

/// Returns whether a text holds something like a script's tag.
pub(super) fn mentions_script(text: &str) -> bool {
    mentions(text, b"script")
}

/// Returns whether a text holds something like a tag whose name begins so.
fn mentions(text: &str, name: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let is_tag = |at: usize| bytes.get(at + 1..=at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    memchr::memchr_iter(b'<', bytes).any(is_tag)
}

/// Gathers the facts of one page.
pub(super) struct Gatherer {
    facts: PageFacts,
    /// Whether this is a page, and not a part that browsers do not parse.
    whole: bool,
    /// What reads such parts of this page.
    read_part: fn(&str) -> PageFacts,
    /// The comments that hold something like a script, with the lines that they end on.
    comments: Vec<(String, u64)>,
}

impl Gatherer {
    pub(super) fn new(whole: bool, read_part: fn(&str) -> PageFacts) -> Gatherer {
        Gatherer { facts: PageFacts::default(), whole, read_part, comments: Vec::new() }
    }

    /// Returns the facts.
    pub(super) fn finish(mut self) -> PageFacts {
        for (comment, line) in std::mem::take(&mut self.comments) {
            self.adopt(&comment, line, &Inert::Comment);
        }
        self.facts
    }

    /// Takes a comment.
    pub(super) fn comment(&mut self, text: &str, line: u64) {
        if self.whole && mentions_script(text) {
            self.comments.push((text.to_owned(), line));
        }
    }

    /// Takes an element.
    pub(super) fn element(&mut self, element: &Element<'_>) {
        if element.tag == Tag::Script && element.namespace != Namespace::Other {
            self.script(element);
        }
        if element.in_template {
            return;
        }
        self.anchor(element);
        if element.namespace != Namespace::Html || !element.tag.has_facts() {
            return;
        }
        self.links(element);
        match element.tag {
            Tag::Html => {
                self.facts.language = element.owned("lang").filter(|language| !language.is_empty());
                self.facts.amp = ["amp", "\u{26a1}"].into_iter().any(|name| element.has(name));
            }
            Tag::Base if self.facts.base.is_none() => self.facts.base = element.owned("href"),
            Tag::Meta => self.meta(element),
            Tag::Link if attributes::has_word(element.value("rel").as_deref(), "canonical") => {
                let target = element.value("href").map(|target| target.trim().to_owned());
                self.facts.canonical.extend(target.map(|target| (target, element.line)));
            }
            Tag::Noscript if self.whole => self.adopt(element.text, element.line, &Inert::Noscript),
            Tag::Img => self.image(element),
            Tag::H1 => self.facts.headings.push(element.line),
            Tag::Title if self.whole => {
                if !element.text.trim().is_empty() {
                    self.facts.titles.push(element.line);
                }
                if mentions_script(element.text) {
                    self.adopt(element.text, element.line, &Inert::Text(element.tag.name()));
                }
            }
            Tag::Textarea | Tag::Xmp | Tag::Iframe | Tag::Noembed | Tag::Noframes
                if self.whole && mentions_script(element.text) =>
            {
                self.adopt(element.text, element.line, &Inert::Text(element.tag.name()));
            }
            _ => {}
        }
    }

    /// Takes over the scripts of a text that no browser parses.
    fn adopt(&mut self, text: &str, line: u64, why: &Inert) {
        // Most such texts hold nothing of the kind; `image` is an old name of `img`.
        let may_matter = mentions_script(text) || (*why == Inert::Noscript && mentions(text, b"im"));
        if !may_matter {
            return;
        }
        let part = (self.read_part)(text);
        let inner = part.inert.into_iter().map(|(tag, _)| tag);
        for mut tag in part.scripts.into_iter().chain(inner) {
            tag.line += line - 1;
            self.facts.inert.push((tag, why.clone()));
        }
        if *why == Inert::Noscript {
            let images = part.links.into_iter().filter(|link| link.element == "img" && link.attribute == "src");
            self.facts.pixels.extend(images.map(|link| (link.target, link.line + line - 1)));
        }
    }

    fn script(&mut self, element: &Element<'_>) {
        let mut tag = ScriptTag { line: element.line, ..ScriptTag::default() };
        element.attributes.each(&mut |name, value| {
            tag.attributes.insert(name.to_lowercase(), value.to_owned());
        });
        let html = element.namespace == Namespace::Html;
        if !html {
            // SVG's scripts load from `href`, in the old form with a prefix.
            let source = ["href", "xlink:href"].iter().find_map(|name| tag.attributes.get(*name).cloned());
            tag.attributes.remove("src");
            tag.attributes.extend(source.map(|source| ("src".to_owned(), source)));
        }
        let never = attributes::never_runs(&tag.attributes, html);
        // A browser ignores the text of a script that loads from elsewhere.
        if !tag.attributes.contains_key("src") {
            element.text.clone_into(&mut tag.body);
        }
        match never {
            _ if element.in_template => self.facts.inert.push((tag, Inert::Template)),
            Some(why) => self.facts.inert.push((tag, why)),
            None => self.facts.scripts.push(tag),
        }
    }

    /// An empty `alt` says that there is nothing to say, which is an answer.
    fn image(&mut self, element: &Element<'_>) {
        let decoration = element.value("role").is_some_and(|role| matches!(role.trim(), "presentation" | "none"))
            || element.value("aria-hidden").is_some_and(|hidden| hidden.trim() == "true");
        if !decoration && !["alt", "aria-label", "aria-labelledby", "title"].into_iter().any(|name| element.has(name)) {
            self.facts.without_alt.push((element.owned("src").unwrap_or_default(), element.line));
        }
    }

    fn meta(&mut self, element: &Element<'_>) {
        let Some(content) = element.owned("content") else { return };
        let equivalent = element.value("http-equiv").unwrap_or_default().to_ascii_lowercase();
        match equivalent.as_str() {
            // Outside the head a browser ignores it.
            "content-security-policy" if element.in_head => self.facts.policies.push(content),
            "refresh" if self.facts.refresh.is_none() => self.facts.refresh = Refresh::parse(&content),
            _ if element.value("name").is_some_and(|name| name.eq_ignore_ascii_case("referrer")) => {
                self.facts.referrer = Some(content);
            }
            _ => {}
        }
    }

    fn anchor(&mut self, element: &Element<'_>) {
        if !self.whole {
            return;
        }
        let Some(id) = element.value("id").filter(|id| !id.is_empty()) else { return };
        if !self.facts.anchors.contains(&*id) {
            self.facts.anchors.insert(id.into_owned());
        } else if !self.facts.repeated_ids.iter().any(|(known, _)| *known == id) {
            self.facts.repeated_ids.push((id.into_owned(), element.line));
        }
    }

    fn links(&mut self, element: &Element<'_>) {
        let (tag, line) = (element.tag, element.line);
        if tag == Tag::Meta {
            let property = element.value("property").or_else(|| element.value("name")).unwrap_or_default();
            let names_address = matches!(&*property, "og:image" | "og:url" | "og:audio" | "og:video" | "twitter:image");
            let target = element.value("content").filter(|_| names_address);
            self.facts.links.extend(target.map(|target| link(&target, tag, "content", line)));
            return;
        }
        // A hint to connect early names a host, not a file.
        let rel = if tag == Tag::Link { element.value("rel") } else { None };
        let is_hint = |word| attributes::has_word(rel.as_deref(), word);
        if is_hint("preconnect") || is_hint("dns-prefetch") {
            return;
        }
        for attribute in addresses(tag) {
            let Some(value) = element.value(attribute) else { continue };
            match *attribute {
                "srcset" | "imagesrcset" => {
                    let candidates = attributes::srcset(&value).into_iter();
                    self.facts.links.extend(candidates.map(|target| link(target, tag, attribute, line)));
                }
                _ => self.facts.links.push(link(&value, tag, attribute, line)),
            }
        }
        if tag == Tag::A
            && let Some(name) = element.owned("name").filter(|name| !name.is_empty())
        {
            self.facts.anchors.insert(name);
        }
    }
}

fn link(target: &str, tag: Tag, attribute: &'static str, line: u64) -> Link {
    let blank = |character: char| character.is_ascii_whitespace();
    Link { target: target.trim_matches(blank).to_owned(), element: tag.name(), attribute, line }
}

/// Returns the attributes of an element that hold addresses.
fn addresses(tag: Tag) -> &'static [&'static str] {
    match tag {
        Tag::A | Tag::Area => &["href"],
        Tag::Link => &["href", "imagesrcset"],
        Tag::Img | Tag::Source => &["src", "srcset"],
        Tag::Script | Tag::Iframe | Tag::Embed | Tag::Audio | Tag::Track => &["src"],
        Tag::Video => &["src", "poster"],
        Tag::Input => &["src", "formaction"],
        Tag::Object => &["data"],
        Tag::Form => &["action"],
        Tag::Button => &["formaction"],
        Tag::Blockquote | Tag::Q | Tag::Ins | Tag::Del => &["cite"],
        _ => &[],
    }
}
