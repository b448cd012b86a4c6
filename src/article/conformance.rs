//! The examples of CommonMark and of GitHub, read by our parser and written by our writer.
//!
//! Compared as the spec's own test does it (`test/normalize.py` of cmark): white space between blocks, the order of
//! attributes and the spelling of characters don't count. Two things keep our own ways out of it. Relative addresses of
//! links stand under a scheme of the test's, because a site's links must lead somewhere and an example's don't. And
//! what we write beyond the spec is taken back by exact strings; the test demands that no example asks for one of
//! them, so that none of these can hide a fault.

use std::cell::RefCell;
use std::collections::BTreeMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use pulldown_cmark::{Event, LinkType, Tag};

use super::code::Code;
use super::links::{Links, has_scheme};
use super::markdown::{Origin, Writer};
use super::shortcode::mask::Piece;
use super::tests::{RULE, Shelf};
use super::{OutlineHeading, events};
use crate::config::MarkdownRule;

const COMMONMARK: &str = include_str!("../../tests/fixtures/commonmark/commonmark-0.31.2.txt");
const GFM: &str = include_str!("../../tests/fixtures/commonmark/gfm-0.29.txt");
const GFM_MISSES: &str = include_str!("../../tests/fixtures/commonmark/gfm-misses.txt");

/// The scheme under which relative addresses stand.
const SCHEME: &str = "example:";

/// What we write beyond the spec, and what the spec has in its place.
const OURS: &[(&str, &str)] = &[
    ("<pre tabindex=\"0\">", "<pre>"),
    (" loading=\"lazy\">", ">"),
    ("<th scope=\"col\"", "<th"),
    (" class=\"align-left\"", " align=\"left\""),
    (" class=\"align-center\"", " align=\"center\""),
    (" class=\"align-right\"", " align=\"right\""),
    ("<li class=\"task-list-item\">", "<li>"),
    (" aria-label=\"Done\">", ">"),
];

struct Example {
    number: usize,
    /// Whether it is about bare addresses: as in the spec's own test, they are none to the others, of which three say so.
    is_of_autolinks: bool,
    markdown: String,
    html: String,
}

/// Reads the examples of a spec: 32 backquotes, `example`, Markdown, a dot, HTML, 32 backquotes; `→` is a tab.
fn examples(spec: &str) -> Vec<Example> {
    let fence = "`".repeat(32);
    let mut examples = Vec::new();
    let mut lines = spec.lines();
    while let Some(line) = lines.next() {
        let Some(tag) = line.strip_prefix(fence.as_str()).and_then(|rest| rest.trim_start().strip_prefix("example"))
        else {
            continue;
        };
        let mut part = |end: &str| -> String {
            lines.by_ref().take_while(|line| *line != end).map(|line| line.replace('→', "\t") + "\n").collect()
        };
        let (markdown, html) = (part("."), part(&fence));
        examples.push(Example {
            number: examples.len() + 1,
            is_of_autolinks: tag.trim() == "autolink",
            markdown,
            html,
        });
    }
    examples
}

fn switches(on: bool) -> MarkdownRule {
    MarkdownRule {
        footnotes: false,
        tables: on,
        tasklists: on,
        strikethrough: on,
        alerts: false,
        heading_attributes: false,
        definition_lists: false,
        wikilinks: false,
        autolinks: false,
        html: true,
        ..RULE
    }
}

/// Writes an example as an article is written.
fn written(markdown: &str, rule: &MarkdownRule) -> String {
    let mut shelf = Shelf::new(markdown).set(|config| config.markdown = rule.clone());
    // No heading has an id.
    shelf.first().outline.headings = Vec::<OutlineHeading>::new();
    let links = Links::of(&shelf.config, &shelf.library, shelf.id());
    let code = Code::new(None, false);
    let mut writer = Writer::new(links, code, Origin::Body, markdown.len());
    for (event, range) in events(markdown, rule) {
        let event = match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = if link_type == LinkType::Email { dest_url } else { schemed(&dest_url) };
                Event::Start(Tag::Link { link_type, dest_url, title, id })
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Image { link_type, dest_url: schemed(&dest_url), title, id })
            }
            event => event,
        };
        writer.write(Piece::Event(event), range);
    }
    let mut html = writer.finish().html.replace(&format!("\"{SCHEME}"), "\"");
    for (ours, spec) in OURS {
        html = html.replace(ours, spec);
    }
    for number in 1..=html.matches("<table>").count() {
        let wrapper = format!(
            "<div class=\"table-scroll\" role=\"group\" aria-label=\"Table {number}\" tabindex=\"0\">\n<table>"
        );
        html = html.replace(&wrapper, "<table>").replace("</table>\n</div>\n", "</table>\n");
    }
    html
}

fn schemed(address: &str) -> pulldown_cmark::CowStr<'static> {
    if has_scheme(address) { address.to_owned().into() } else { format!("{SCHEME}{address}").into() }
}

/// The elements around which white space does not count.
const BLOCKS: &[&str] = &[
    "article",
    "header",
    "aside",
    "hgroup",
    "blockquote",
    "hr",
    "iframe",
    "body",
    "li",
    "map",
    "button",
    "object",
    "canvas",
    "ol",
    "caption",
    "output",
    "col",
    "p",
    "colgroup",
    "pre",
    "dd",
    "progress",
    "div",
    "section",
    "dl",
    "table",
    "td",
    "dt",
    "tbody",
    "embed",
    "textarea",
    "fieldset",
    "tfoot",
    "figcaption",
    "th",
    "figure",
    "thead",
    "footer",
    "tr",
    "form",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "video",
    "script",
    "style",
];

#[derive(Default, PartialEq)]
enum Last {
    #[default]
    Start,
    End,
    Other,
}

/// HTML as the spec's test compares it.
#[derive(Default)]
struct Normal {
    out: String,
    text: String,
    last: Last,
    tag: String,
    in_pre: bool,
}

#[derive(Default)]
struct Sink(RefCell<Normal>);

impl Normal {
    fn end_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        let after_tag = self.last != Last::Other;
        let mut text = text.as_str();
        if after_tag && self.tag == "br" {
            text = text.trim_start_matches('\n');
        }
        let mut words = String::new();
        if !self.in_pre {
            for character in text.chars() {
                match character {
                    ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' if words.ends_with(' ') => {}
                    ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => words.push(' '),
                    _ => words.push(character),
                }
            }
            if after_tag && BLOCKS.contains(&self.tag.as_str()) {
                let trimmed =
                    if self.last == Last::Start { words.trim_start_matches(' ') } else { words.trim_matches(' ') };
                words = trimmed.to_owned();
            }
            text = &words;
        }
        for character in text.chars() {
            match character {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                _ => self.out.push(character),
            }
        }
        self.last = Last::Other;
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut normal = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => {
                normal.text.push_str(&text);
                return TokenSinkResult::Continue;
            }
            Token::NullCharacterToken => normal.text.push('\u{0}'),
            Token::TagToken(tag) => {
                normal.end_text();
                let name = tag.name.to_string();
                let starts = tag.kind == TagKind::StartTag;
                if name == "pre" {
                    normal.in_pre = starts;
                }
                if (starts || name != "pre") && BLOCKS.contains(&name.as_str()) {
                    let length = normal.out.trim_end().len();
                    normal.out.truncate(length);
                }
                let attributes: BTreeMap<String, String> =
                    tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
                normal.out.push_str(if starts { "<" } else { "</" });
                normal.out.push_str(&name);
                for (name, value) in attributes {
                    normal.out.push_str(&format!(" {name}={value:?}"));
                }
                normal.out.push('>');
                normal.tag = name;
                normal.last = if starts { Last::Start } else { Last::End };
            }
            Token::CommentToken(text) => {
                normal.end_text();
                normal.out.push_str(&format!("<!--{text}-->"));
                normal.last = Last::Other;
            }
            Token::DoctypeToken(doctype) => {
                normal.end_text();
                normal.out.push_str(&format!("<!{doctype:?}>"));
                normal.last = Last::Other;
            }
            Token::EOFToken => normal.end_text(),
            Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

fn normal(html: &str) -> String {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner().out
}

/// Returns the examples that come out otherwise than the spec says, each with both.
fn misses(examples: &[Example], rule: &MarkdownRule) -> BTreeMap<usize, String> {
    let mut misses = BTreeMap::new();
    for Example { number, is_of_autolinks, markdown, html } in examples {
        for (ours, _) in OURS {
            assert!(!html.contains(ours), "example {number} asks for {ours}, so it must not be taken back");
        }
        let rule = MarkdownRule { autolinks: *is_of_autolinks, ..rule.clone() };
        let ours = written(markdown, &rule);
        if normal(&ours) != normal(html) {
            misses.insert(*number, format!("{number}: {markdown:?}\n  ours {ours:?}\n  spec {html:?}"));
        }
    }
    misses
}

#[test]
fn all_652_examples_of_commonmark_come_out_as_its_spec_says() {
    let examples = examples(COMMONMARK);
    assert_eq!(examples.len(), 652);
    let misses = misses(&examples, &switches(false));
    assert!(misses.is_empty(), "{}", misses.into_values().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_examples_of_github_come_out_as_its_spec_says_but_for_those_that_are_listed() {
    let examples = examples(GFM);
    assert_eq!(examples.len(), 673);
    let listed: BTreeMap<usize, &str> = GFM_MISSES
        .lines()
        .map(|line| line.split_once(' ').expect("a number and a reason"))
        .map(|(number, reason)| (number.parse().expect("a number"), reason.trim()))
        .collect();
    assert!(listed.values().all(|reason| reason.len() > 10), "a miss has a reason");
    let found = misses(&examples, &switches(true));
    let new: Vec<&str> =
        found.iter().filter(|(number, _)| !listed.contains_key(number)).map(|(_, both)| both.as_str()).collect();
    assert!(new.is_empty(), "{} new misses:\n{}", new.len(), new.join("\n"));
    let mended: Vec<&usize> = listed.keys().filter(|number| !found.contains_key(number)).collect();
    assert!(mended.is_empty(), "take these off the list, they come out right: {mended:?}");
    assert!(examples.len() - found.len() >= 648, "{} come out right", examples.len() - found.len());
}

#[test]
fn the_comparison_sees_what_a_reader_would_see() {
    assert_eq!(normal("<p>a <b\nid='x'>c</b></p>\n<hr />"), normal("<p>a <b id=\"x\">c</b></p><hr>"));
    for (one, other) in [
        ("<p>a b</p>", "<p>ab</p>"),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("<a href=\"/a%20b\">", "<a href=\"/a b\">"),
        ("<em>a</em>b", "<em>a</em> b"),
        ("<p>&lt;b></p>", "<p><b></p>"),
        ("<!-- a -->", "<!-- b -->"),
    ] {
        assert_ne!(normal(one), normal(other));
    }
}
