//! Owns the typesetting of one post: Markdown in, [`Article`] out.
//!
//! Also gives [`Outline`], what one pass over the Markdown tells without typesetting it. Refuses
//! links that lead nowhere. Knows no templates and no files.

mod outline;
mod words;

use std::ops::Range;

use crate::config::MarkdownRule;

/// What one pass over a post's Markdown tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The ids of its headings, in order, unique within the post.
    pub headings: Vec<OutlineHeading>,
    /// The destinations of its links and images, as written, with their bytes in the body.
    pub links: Vec<(String, Range<usize>)>,
    /// The ids that its raw HTML sets; they can be linked to as well.
    pub anchors: Vec<String>,
    /// The number of words, blocks of code left out.
    pub words: usize,
}

/// One heading of an outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineHeading {
    /// 1 to 6.
    pub level: u8,
    /// Its id, unique within the post.
    pub id: String,
    /// Its text without markup.
    pub title: String,
}

/// Tells what is in a Markdown text, without typesetting it.
pub fn outline(markdown: &str, rule: &MarkdownRule) -> Outline {
    outline::read(markdown, rule)
}

/// One typeset post. URLs in it are relative to the host (`/blog/posts/a/x.png`), never to the
/// page, so that it can stand on any page of the site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// The whole post as HTML.
    pub html: String,
    /// The summary as HTML; whole elements.
    pub summary: String,
    /// Whether the post goes on after its summary.
    pub continues: bool,
    /// The table of contents: a tree.
    pub toc: Vec<Heading>,
    /// Whether it has coloured code, so that the page needs the highlight stylesheet.
    pub has_code: bool,
}

/// One heading of a table of contents.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its id.
    pub id: String,
    /// Its text without markup.
    pub title: String,
    /// The headings below it.
    pub children: Vec<Heading>,
}

#[cfg(test)]
mod tests {
    use crate::config::MarkdownRule;

    /// Every extension on.
    pub(super) const RULE: MarkdownRule = MarkdownRule {
        footnotes: true,
        tables: true,
        tasklists: true,
        strikethrough: true,
        alerts: true,
        heading_attributes: true,
        definition_lists: true,
        smart_punctuation: false,
        html: true,
    };
}
