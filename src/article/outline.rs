//! Owns the one pass over a post's Markdown that tells what is in it without typesetting it.
//!
//! Gives heading ids, links with their place, anchors in raw HTML and the number of words. What
//! other posts may ask of a post (does `#anchor` exist?) is answered from here alone.

use std::collections::HashSet;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::shortcode::builtin;
use super::shortcode::mask::{Masked, Piece};
use super::words::{WordCount, heading_id};
use super::{Outline, OutlineHeading, OutlineLink, OutlineLinkKind};
use crate::config::{HeadingIds, MarkdownRule};

/// Returns the parser's switches for the extensions that are on.
pub(super) fn options(rule: &MarkdownRule) -> Options {
    let switches = [
        (rule.footnotes, Options::ENABLE_FOOTNOTES),
        (rule.tables, Options::ENABLE_TABLES),
        (rule.tasklists, Options::ENABLE_TASKLISTS),
        (rule.strikethrough, Options::ENABLE_STRIKETHROUGH),
        (rule.alerts, Options::ENABLE_GFM),
        (rule.heading_attributes, Options::ENABLE_HEADING_ATTRIBUTES),
        (rule.definition_lists, Options::ENABLE_DEFINITION_LIST),
        (rule.smart_punctuation, Options::ENABLE_SMART_PUNCTUATION),
        (rule.wikilinks, Options::ENABLE_WIKILINKS),
        (rule.math, Options::ENABLE_MATH),
    ];
    switches.into_iter().filter(|(on, _)| *on).map(|(_, option)| option).collect()
}

/// Reads what a Markdown text has in it.
pub(super) fn read(markdown: &str, rule: &MarkdownRule) -> Outline {
    let mut reading = Reading::default();
    match Masked::of(markdown, options(rule)) {
        None => {
            for (event, range) in Parser::new_ext(markdown, options(rule)).into_offset_iter() {
                reading.take(event, range, markdown, rule);
            }
        }
        Some(masked) => {
            reading.outline.has_calls = true;
            for (piece, range) in masked.pieces(rule, false) {
                match piece {
                    Piece::Event(event) => reading.take(event, range, markdown, rule),
                    Piece::Alone(call, _) | Piece::Open(call, _) => {
                        reading.words.end_word();
                        let addresses = builtin::addresses(call).into_iter();
                        let link = |(address, span): (&str, Range<usize>)| {
                            let is_image = matches!(call.name.as_str(), "figure" | "gallery" | "include");
                            let kind = if is_image { OutlineLinkKind::Image } else { OutlineLinkKind::Link };
                            OutlineLink { destination: address.to_owned(), span, kind }
                        };
                        reading.outline.links.extend(addresses.map(link));
                    }
                    Piece::Close | Piece::Wrong(_) => reading.words.end_word(),
                }
            }
        }
    }
    let Reading { mut outline, words, written, .. } = reading;
    outline.words = words.count();
    name(&mut outline.headings, written, rule.heading_ids);
    outline
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    outline: Outline,
    words: WordCount,
    /// The ids that authors wrote; none means that it is made from the title.
    written: Vec<Option<String>>,
    in_heading: bool,
    in_code: bool,
}

impl Reading {
    fn take(&mut self, event: Event<'_>, range: Range<usize>, markdown: &str, rule: &MarkdownRule) {
        match event {
            Event::Text(text) if !self.in_code => {
                self.words.add(&text);
                if self.in_heading {
                    push_title(&mut self.outline.headings, &text);
                }
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.words.add(&text);
                if self.in_heading {
                    push_title(&mut self.outline.headings, &text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                self.words.end_word();
                if self.in_heading {
                    push_title(&mut self.outline.headings, " ");
                }
            }
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                let kind = match link_type {
                    LinkType::WikiLink { .. } => OutlineLinkKind::Wiki,
                    LinkType::Email => OutlineLinkKind::Mail,
                    _ => OutlineLinkKind::Link,
                };
                let span = destination(markdown, &dest_url, range);
                self.outline.links.push(OutlineLink { destination: dest_url.into_string(), span, kind });
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let span = destination(markdown, &dest_url, range);
                let kind = OutlineLinkKind::Image;
                self.outline.links.push(OutlineLink { destination: dest_url.into_string(), span, kind });
            }
            Event::Start(Tag::Heading { level, id, .. }) => {
                self.in_heading = true;
                self.words.end_word();
                self.written.push(id.map(|id| id.into_string()).filter(|id| !id.is_empty()));
                self.outline.headings.push(OutlineHeading {
                    level: level as u8,
                    id: String::new(),
                    title: String::new(),
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                self.in_heading = false;
                self.words.end_word();
            }
            Event::Start(Tag::CodeBlock(_)) => self.in_code = true,
            Event::End(TagEnd::CodeBlock) => self.in_code = false,
            Event::Html(html) | Event::InlineHtml(html) if rule.html => push_anchors(&html, &mut self.outline.anchors),
            Event::Start(tag) if !is_inline(&tag) => self.words.end_word(),
            _ => {}
        }
    }
}

/// Gives every heading its id: what the author wrote wins, the others make way.
fn name(headings: &mut [OutlineHeading], written: Vec<Option<String>>, style: HeadingIds) {
    let mut taken: HashSet<String> = HashSet::with_capacity(headings.len());
    let mut counts: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut unique = |wish: String, taken: &mut HashSet<String>| {
        if taken.insert(wish.clone()) {
            return wish;
        }
        let count = counts.entry(wish.clone()).or_insert(0);
        loop {
            *count += 1;
            let id = format!("{wish}-{count}");
            if taken.insert(id.clone()) {
                return id;
            }
        }
    };
    for (heading, written) in headings.iter_mut().zip(&written) {
        if let Some(id) = written {
            heading.id = unique(id.clone(), &mut taken);
        }
    }
    for heading in headings.iter_mut() {
        heading.title = heading.title.trim().to_owned();
        if heading.id.is_empty() {
            heading.id = unique(heading_id(&heading.title, style), &mut taken);
        }
    }
}

/// Adds to the title of the heading that is open.
fn push_title(headings: &mut [OutlineHeading], text: &str) {
    if let Some(heading) = headings.last_mut() {
        heading.title.push_str(text);
    }
}

/// Returns where in the text of a link its destination stands; the whole link if it is written
/// elsewhere (a reference) or otherwise (escapes).
pub(super) fn destination(markdown: &str, destination: &str, range: Range<usize>) -> Range<usize> {
    if destination.is_empty() {
        return range;
    }
    // Only near the end of the link, where it stands: images may nest thousands deep.
    let mut from = range.end.saturating_sub(destination.len() + 1024).max(range.start);
    while !markdown.is_char_boundary(from) {
        from -= 1;
    }
    match markdown.get(from..range.end).and_then(|link| link.rfind(destination)) {
        Some(at) => from + at..from + at + destination.len(),
        None => range,
    }
}

/// Returns whether a tag stands within a line, so that words go on across it.
fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. }
    )
}

/// Collects the values of `id` and `name` attributes in raw HTML. It may take what only looks like
/// one: the checker reads the written page and has the last word.
fn push_anchors(html: &str, anchors: &mut Vec<String>) {
    for (at, _) in html.match_indices('=') {
        let before = html[..at].trim_end();
        let name_start = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len();
        if !before[name_start..].eq_ignore_ascii_case("id") && !before[name_start..].eq_ignore_ascii_case("name") {
            continue;
        }
        let value = html[at + 1..].trim_start();
        let value = match value.as_bytes().first() {
            Some(b'"') => value[1..].split('"').next(),
            Some(b'\'') => value[1..].split('\'').next(),
            _ => value.split(|c: char| c.is_whitespace() || c == '>').next(),
        };
        anchors.extend(value.filter(|value| !value.is_empty()).map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::RULE;
    use super::*;

    fn ids(markdown: &str) -> Vec<String> {
        read(markdown, &RULE).headings.into_iter().map(|heading| heading.id).collect()
    }

    #[test]
    fn a_letter_before_an_equals_sign_in_raw_html_is_no_attribute() {
        assert_eq!(read("<b title='é=\"x\"' id=a>b</b>", &RULE).anchors, ["a"]);
    }

    #[test]
    fn headings_get_the_ids_that_github_gives_them() {
        assert_eq!(
            ids("# Hello, World!\n## Foo & bar\n## `code` *and* [link](/x)\n## 日本語 Ünï"),
            ["hello-world", "foo--bar", "code-and-link", "日本語-ünï"]
        );
    }

    #[test]
    fn headings_get_the_ids_of_the_engine_that_a_blog_comes_from() {
        let of = |style: HeadingIds| -> Vec<String> {
            let text = "# 3 Ways, to Go!\n# Über uns\n# a--b  c_d\n# 日本\n# Über uns\n# Own {#Own_Id}\n";
            let rule = MarkdownRule { heading_ids: style, ..RULE };
            read(text, &rule).headings.into_iter().map(|heading| heading.id).collect()
        };
        assert_eq!(of(HeadingIds::Github), ["3-ways-to-go", "über-uns", "a--b--c_d", "日本", "über-uns-1", "Own_Id"]);
        assert_eq!(of(HeadingIds::Zola), ["3-ways-to-go", "uber-uns", "a-b-c-d", "ri-ben", "uber-uns-1", "Own_Id"]);
        assert_eq!(of(HeadingIds::Kramdown), ["ways-to-go", "ber-uns", "a--b--cd", "section", "ber-uns-1", "Own_Id"]);
    }

    #[test]
    fn an_id_is_unique_within_the_post() {
        assert_eq!(ids("# A\n# A\n# A 1\n# A\n# !!!\n# ???"), ["a", "a-1", "a-1-1", "a-2", "section", "section-1"]);
    }

    #[test]
    fn an_id_that_the_author_wrote_wins_over_an_earlier_one() {
        assert_eq!(ids("# Setup\n# Else {#setup}\n# More {#setup}"), ["setup-2", "setup", "setup-1"]);
    }

    #[test]
    fn many_equal_headings_take_linear_time() {
        assert_eq!(ids(&"# A\n".repeat(20_000)).last().unwrap(), "a-19999");
    }

    #[test]
    fn a_title_is_plain_text() {
        let outline = read("Two *words*\nand `code` ![alt](p.png)\n---", &RULE);
        assert_eq!(outline.headings[0].title, "Two words and code alt");
        assert_eq!(outline.headings[0].level, 2);
    }

    #[test]
    fn links_and_images_are_named_with_their_place() {
        let text = "See [a](b.md#c) and ![i](p.png \"t\") and [r].\n\n[r]: ./r.md\n";
        let outline = read(text, &RULE);
        let found: Vec<_> =
            outline.links.iter().map(|link| (link.destination.as_str(), &text[link.span.clone()])).collect();
        assert_eq!(found, [("b.md#c", "b.md#c"), ("p.png", "p.png"), ("./r.md", "[r]")]);
    }

    #[test]
    fn anchors_in_raw_html_are_known_unless_it_is_off() {
        let text = "<a id=\"one\"></a> x <b data-id=no name='two'>\n\n<p id=three>\n";
        assert_eq!(read(text, &RULE).anchors, ["one", "two", "three"]);
        assert!(read(text, &MarkdownRule { html: false, ..RULE }).anchors.is_empty());
    }

    #[test]
    fn words_are_counted_without_code_blocks() {
        assert_eq!(read("One two*three* four.\n\n- five\n- six\n\n```\nnot this\n```\n\n`seven`", &RULE).words, 6);
    }
}
