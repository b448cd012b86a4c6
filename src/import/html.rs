//! Owns the way from HTML to Markdown: lossless or kept. What Markdown can say exactly becomes Markdown; anything else stays the
//! HTML that it is, each block and each tag by itself.
//!
//! Gives [`to_markdown`]. What was written is read again and held against the source; where the two differ, the HTML stays.

mod block;
mod figure;
mod inline;
mod paragraphs;
mod raw;
mod same;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;

use pulldown_cmark::{Options as Extensions, Parser, html::push_html};
use url::Url;

pub(super) use self::figure::{FigureParts, figure_parts};

use self::block::{Blocks, raw_line};
use self::raw::Lines;
use self::same::{Run, essence, essence_of, runs};
use self::tree::{Element, Id, Tree};

/// What is known of a piece of HTML.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options<'o> {
    /// The address at which it stood, against which relative links are resolved: `/2011/03/watching/`.
    pub(super) address: Option<&'o str>,
    /// The beginnings of classes that mean nothing outside of the old engine, and are left out.
    pub(super) drop_classes: &'o [&'o str],
    /// The beginnings of attributes that mean nothing outside of the old engine, and are left out.
    pub(super) drop_attributes: &'o [&'o str],
    /// Whether line ends are breaks and blank lines begin paragraphs, as in texts that WordPress keeps.
    pub(super) breaks: bool,
    /// The beginnings of comments that are left out, and told: `wp:`.
    pub(super) drop_comments: &'o [&'o str],
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Converted {
    /// The text: Markdown, with HTML where Markdown has no words.
    pub(super) markdown: String,
    /// How many blocks and tags are still HTML.
    pub(super) kept: usize,
    /// The comments that were left out.
    pub(super) dropped: Vec<String>,
}

/// Returns the text of HTML, without tags and on one line.
pub(super) fn plain_text(html: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match Some(html).filter(|html| html.contains(['<', '&'])).and_then(Tree::read) {
        Some(tree) => words(&tree.text(tree.root())),
        None => words(html),
    }
}

/// Returns HTML as Markdown that means the same.
pub(super) fn to_markdown(html: &str, options: Options<'_>) -> Converted {
    let html = html.replace("\r\n", "\n");
    let Some(mut tree) = Tree::read(&html) else { return as_it_is(&html) };
    adapt_all(&mut tree, options);
    let is_dropped =
        |text: &str| options.drop_comments.iter().any(|beginning| text.trim_start().starts_with(beginning));
    let dropped = if options.drop_comments.is_empty() { Vec::new() } else { tree.take_comments(&is_dropped) };
    if options.breaks {
        paragraphs::make(&mut tree);
    }
    Converted { dropped, ..converted(&tree) }
}

/// Writes a tree in the plainest way that is read as it is meant.
fn converted(tree: &Tree) -> Converted {
    let wanted = essence(tree);
    let runs = runs(tree, tree.children(tree.root()));
    let blocks: Vec<Written> = (0..runs.len()).map(|at| written(tree, &runs, at, true)).collect();
    let whole = joined(&blocks, "\n\n");
    if reads_as(&whole.markdown, &wanted) {
        return whole;
    }
    // One of them is not read as it is meant: each has to say for itself what it is.
    let blocks: Vec<Written> = (0..runs.len()).map(|at| trusted(tree, &runs, at)).collect();
    for between in ["\n\n", "\n\n<!---->\n\n"] {
        let whole = joined(&blocks, between);
        if reads_as(&whole.markdown, &wanted) {
            return whole;
        }
    }
    let mut lines = raw_line(tree, tree.children(tree.root()));
    lines.push('\n');
    if reads_as(&lines, &wanted) {
        Converted { markdown: lines, kept: 1, ..Converted::default() }
    } else {
        in_one(tree)
    }
}

/// One block as it was written.
struct Written {
    text: String,
    kept: usize,
}

fn joined(blocks: &[Written], between: &str) -> Converted {
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).filter(|text| !text.is_empty()).collect();
    let mut markdown = texts.join(between);
    if !markdown.is_empty() {
        markdown.push('\n');
    }
    Converted { markdown, kept: blocks.iter().map(|block| block.kept).sum(), dropped: Vec::new() }
}

/// Writes one block, or text that stands beside blocks.
fn written(tree: &Tree, runs: &[Run], at: usize, stars: bool) -> Written {
    let mut blocks = Blocks::new(tree, stars);
    let before = at.checked_sub(1).and_then(|before| match &runs[before] {
        Run::Block(id) => Some(*id),
        Run::Inline(_) => None,
    });
    let text = match &runs[at] {
        Run::Block(id) => blocks.block(*id, before),
        Run::Inline(ids) => blocks.paragraph(ids),
    };
    Written { text, kept: blocks.kept }
}

/// Writes one block so that it is read as it is meant, by the plainest way that holds.
fn trusted(tree: &Tree, runs: &[Run], at: usize) -> Written {
    let (ids, is_paragraph): (&[Id], bool) = match &runs[at] {
        Run::Block(id) => (std::slice::from_ref(id), false),
        Run::Inline(ids) => (ids, true),
    };
    let wanted = essence_of(tree, ids, is_paragraph);
    for stars in [true, false] {
        let one = written(tree, runs, at, stars);
        if reads_as(&one.text, &wanted) {
            return one;
        }
    }
    let mut line = raw_line(tree, ids);
    if is_paragraph {
        line = format!("<p>{}</p>", line.trim_start_matches("<!---->"));
    }
    if !is_paragraph {
        let plain = line.trim_start_matches("<!---->");
        if reads_as(plain, &wanted) {
            line = plain.to_owned();
        }
    }
    Written { text: line, kept: 1 }
}

/// The extensions against which texts are guarded: those that are on by default, and formulas.
fn extensions() -> Extensions {
    Extensions::ENABLE_FOOTNOTES
        | Extensions::ENABLE_TABLES
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_GFM
        | Extensions::ENABLE_HEADING_ATTRIBUTES
        | Extensions::ENABLE_DEFINITION_LIST
        | Extensions::ENABLE_MATH
}

/// Whether Markdown is read as HTML of this essence.
fn reads_as(markdown: &str, wanted: &str) -> bool {
    let mut html = String::with_capacity(markdown.len() + markdown.len() / 4);
    push_html(&mut html, Parser::new_ext(markdown, extensions()));
    Tree::read(&html).is_some_and(|tree| essence(&tree) == wanted)
}

/// Keeps a tree that no HTML can say so that it is read as the same one: its elements and words are all there.
fn in_one(tree: &Tree) -> Converted {
    let mut markdown = "<div>\n".to_owned();
    raw::push(tree, tree.root(), Lines::Kept, &mut markdown);
    markdown.push_str("\n</div>\n");
    Converted { markdown, kept: 1, dropped: Vec::new() }
}

/// Keeps all of it, in a form in which Markdown reads nothing into it.
fn as_it_is(html: &str) -> Converted {
    let lines: Vec<&str> = html.lines().filter(|line| !line.trim().is_empty()).collect();
    let text = lines.join("\n").replace("{{", "&#123;{").replace("{%", "&#123;%");
    Converted { markdown: format!("<div>\n{text}\n</div>\n"), kept: 1, dropped: Vec::new() }
}

/// Attributes that hold an address.
const ADDRESSES: [&str; 6] = ["href", "src", "poster", "cite", "data", "action"];

/// Makes all links of a piece hold on any page, and leaves out what is to go.
fn adapt_all(tree: &mut Tree, options: Options<'_>) {
    let anchors = tree.anchors();
    tree.change(|element| adapt(element, options, &anchors));
}

/// Returns a link as it holds on any page.
pub(super) fn whole_link(link: &str, options: Options<'_>) -> String {
    let root = Url::parse("http://site.invalid/").ok();
    let base = root.zip(options.address).and_then(|(root, address)| root.join(address).ok());
    base.and_then(|base| resolved(&base, link)).unwrap_or_else(|| link.to_owned())
}

/// Makes an element's links hold on any page, and leaves out the classes that are to go.
fn adapt(element: &mut Element, options: Options<'_>, anchors: &BTreeSet<String>) {
    if let Some(address) = options.address {
        let base = Url::parse("http://site.invalid/").and_then(|root| root.join(address));
        for (name, value) in element.attributes.iter_mut().filter(|(name, _)| ADDRESSES.contains(&name.as_str())) {
            // What leads to the page itself, or to a part of it that is not in this text, names the page.
            let is_elsewhere = value.strip_prefix('#').is_some_and(|part| !anchors.contains(part));
            if name == "href" && (value.is_empty() || is_elsewhere) {
                *value = format!("{address}{value}");
            } else if let Some(whole) = base.as_ref().ok().and_then(|base| resolved(base, value)) {
                *value = whole;
            }
        }
    }
    // What names nothing loads nothing.
    element.attributes.retain(|(name, value)| !value.trim().is_empty() || !matches!(name.as_str(), "src" | "poster"));
    let stays = |name: &str| !options.drop_attributes.iter().any(|beginning| name.starts_with(beginning));
    element.attributes.retain(|(name, _)| stays(name));
    if !options.drop_classes.is_empty() {
        for (name, value) in &mut element.attributes {
            if name == "class" {
                let stays = |class: &&str| !options.drop_classes.iter().any(|beginning| class.starts_with(beginning));
                if value.split_whitespace().any(|class| !stays(&class)) {
                    *value = value.split_whitespace().filter(stays).collect::<Vec<_>>().join(" ");
                }
            }
        }
        element.attributes.retain(|(name, value)| name != "class" || !value.is_empty());
    }
}

/// Returns the address of a relative link from the site's root; nothing for one that holds anywhere.
fn resolved(base: &Url, link: &str) -> Option<String> {
    let link = link.trim();
    if link.is_empty() || link.starts_with(['/', '#']) || Url::parse(link).is_ok() {
        return None;
    }
    let whole = base.join(link).ok().filter(|whole| whole.host() == base.host())?;
    whole.as_str().strip_prefix("http://site.invalid").map(str::to_owned)
}
