//! Owns the typesetting of one post: Markdown in, [`Article`] out.
//!
//! Also gives [`Outline`], what one pass over the Markdown tells without typesetting it. Refuses
//! links that lead nowhere. Knows no templates and no files.

mod alerts;
mod anchor;
mod autolinks;
mod calls;
mod code;
#[cfg(test)]
mod conformance;
mod escape;
mod external;
mod fence;
mod footnotes;
mod heading;
mod highlight;
mod hooks;
mod links;
mod markdown;
mod math;
mod mathml;
mod outline;
mod outlines;
pub(crate) mod picture;
mod quotes;
mod raw_html;
mod shortcode;
mod summary;
mod table;
mod toc;
#[cfg(test)]
mod untrusted;
mod words;

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser};

pub use self::outlines::Outlines;

use self::autolinks::Autolinks;
use self::code::Code;
use self::highlight::Highlighter;
use self::links::Links;
use self::markdown::{Origin, Writer};
use self::shortcode::foreign;
use self::shortcode::mask::{Masked, Piece};
use self::summary::Excerpt;
use crate::config::{Config, MarkdownRule};
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::images::Picture;
use crate::library::{Library, PostId};
use crate::paths::{Route, SourcePath};
use crate::timings::{Share, Table, Timings, timed};

pub use self::hooks::Hooks;
pub use self::shortcode::{Fact, Inserts, Kind, NoInserts, Signature};

/// What one pass over a post's Markdown tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The ids of its headings, in order, unique within the post.
    pub headings: Vec<OutlineHeading>,
    /// Its links and images.
    pub links: Vec<OutlineLink>,
    /// The ids that its raw HTML sets; they can be linked to as well.
    pub anchors: Vec<String>,
    /// The number of words, blocks of code left out.
    pub words: usize,
    /// Whether it has shortcodes.
    pub has_calls: bool,
}

/// One link of an outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineLink {
    /// Where it leads, as written.
    pub destination: String,
    /// The bytes of the body that say so.
    pub span: Range<usize>,
    /// What it is.
    pub kind: OutlineLinkKind,
}

/// What a link of an outline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineLinkKind {
    /// `[text](destination)`.
    Link,
    /// `[[name]]`.
    Wiki,
    /// `<ada@blog.example>`.
    Mail,
    /// `![text](destination)`.
    Image,
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

/// Returns the post that a link of a post's outline leads to, if it is one of this site that is shown.
pub fn target(config: &Config, library: &Library, from: PostId, link: &OutlineLink) -> Option<PostId> {
    Links::of(config, library, from).target(link)
}

/// Returns the address that a link of a post's outline gets, and the picture that stands there if the site can resize it;
/// nothing if it leads nowhere, or there is something to say about it.
pub fn leads<'l>(
    config: &'l Config,
    library: &'l Library,
    from: PostId,
    link: &OutlineLink,
) -> Option<(String, Option<&'l Picture>)> {
    Links::of(config, library, from).leads(link)
}

/// Returns the switches under which Markdown is read, for whoever needs the places in a text.
pub fn parser_options(rule: &MarkdownRule) -> Options {
    outline::options(rule)
}

/// Tells what is in a Markdown text, without typesetting it.
pub fn outline(markdown: &str, rule: &MarkdownRule) -> Outline {
    outline::read(markdown, rule)
}

/// Reads a text as it is typeset.
fn events<'a>(markdown: &'a str, rule: &MarkdownRule) -> impl Iterator<Item = (Event<'a>, Range<usize>)> {
    let events = Parser::new_ext(markdown, outline::options(rule)).into_offset_iter();
    Autolinks::of(markdown, events, rule.autolinks)
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
    /// Whether it has a link that a theme's script may turn into a player.
    pub has_embed: bool,
    /// The pictures that its HTML names and that are still to be made, with the place that asks for each.
    pub pictures: Vec<(Route, Place)>,
    /// What is worth saying about it, though it is no error.
    pub warnings: Vec<Diagnostic>,
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

/// Typesets posts: holds what all of them share, and may be used from many threads at once.
#[derive(Debug)]
pub struct Typesetter {
    /// None where code has no colours.
    highlighter: Option<Highlighter>,
    /// Where what it takes is added up, if somebody wants to know.
    timings: Option<Arc<Timings>>,
}

impl Typesetter {
    /// Prepares what typesetting needs; refuses a highlight theme that does not exist.
    pub fn new(config: &Config) -> Result<Typesetter, Vec<Diagnostic>> {
        let highlighter = config.highlight.enabled.then(|| Highlighter::new(config)).transpose()?;
        Ok(Typesetter { highlighter, timings: None })
    }

    /// Goes on with a place where what it takes is added up.
    #[must_use]
    pub fn timed(self, timings: Option<Arc<Timings>>) -> Typesetter {
        Typesetter { timings, ..self }
    }

    /// Returns where what it takes is added up.
    pub fn timings(&self) -> Option<&Arc<Timings>> {
        self.timings.as_ref()
    }

    /// Goes on with what an earlier run has left of coloured code, if that can be read.
    #[must_use]
    pub fn recalling(self, config: &Config, bytes: Vec<u8>) -> Typesetter {
        Typesetter { highlighter: self.highlighter.map(|highlighter| highlighter.recalling(config, bytes)), ..self }
    }

    /// Returns what the next run is to recall of coloured code; nothing where that has not changed.
    pub fn memory(&self) -> Option<Vec<u8>> {
        self.highlighter.as_ref().and_then(Highlighter::memory)
    }

    /// Returns the stylesheet of coloured code, for light and dark pages.
    pub fn stylesheet(&self) -> &str {
        self.highlighter.as_ref().map(Highlighter::stylesheet).unwrap_or_default()
    }

    /// Typesets one post. Its links must lead somewhere; all that do not are reported at once.
    pub fn typeset(
        &self,
        config: &Config,
        library: &Library,
        inserts: &dyn Inserts,
        id: PostId,
    ) -> Result<Article, Vec<Diagnostic>> {
        let share = |_: &_| Share { name: library.post(id).source.to_string(), count: 1, ..Share::default() };
        timed(self.timings.as_deref(), Table::Posts, || self.set(config, library, inserts, id), share)
    }

    fn set(
        &self,
        config: &Config,
        library: &Library,
        inserts: &dyn Inserts,
        id: PostId,
    ) -> Result<Article, Vec<Diagnostic>> {
        let post = library.post(id);
        let markdown = post.markdown();
        let links = Links::of(config, library, id);
        let code = Code::new(self.highlighter.as_ref(), config.highlight.line_numbers).timed(self.timings.as_deref());
        let rule = &config.markdown;
        let masked = Masked::of(markdown, outline::options(rule));
        let mut writer = Writer::new(links, code.clone(), Origin::Body, markdown.len() + markdown.len() / 2);
        writer = writer.asking(inserts, markdown);
        let mut excerpt = Excerpt::of(markdown, config.summary);
        each_piece(markdown, masked.as_ref(), rule, |piece, range| {
            excerpt.watch(&piece, &range);
            writer.write(piece, range);
        });
        let written = writer.finish();
        let cut = excerpt.cut();
        let mut diagnostics = written.diagnostics;
        let mut pictures = written.pictures;

        let elsewhere = Links { elsewhere: true, ..links };
        let (summary, continues) = match &post.front.summary {
            Some(summary) if !cut.marked => {
                let at = post.place("summary");
                let masked = Masked::of(summary, outline::options(rule));
                let mut writer = Writer::new(elsewhere, code.clone(), Origin::At(at), summary.len() * 2);
                writer = writer.asking(inserts, summary);
                each_piece(summary, masked.as_ref(), rule, |piece, range| writer.write(piece, range));
                let mut written = writer.finish();
                diagnostics.append(&mut written.diagnostics);
                pictures.append(&mut written.pictures);
                (written.html, !markdown.trim().is_empty())
            }
            _ => {
                // What is wrong in it has been said above.
                let mut writer = Writer::new(elsewhere, code.clone(), Origin::Body, 512).asking(inserts, markdown);
                for (piece, range) in cut.pieces {
                    writer.write(piece, range);
                }
                let written = writer.finish();
                // Templates see that it is an excerpt: what only then is wrong has not been said.
                let is_new = |one: &Diagnostic| one.code.starts_with("template/") && !diagnostics.contains(one);
                let new: Vec<Diagnostic> = written.diagnostics.into_iter().filter(is_new).collect();
                diagnostics.extend(new);
                (written.html, cut.continues)
            }
        };
        if diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            return Err(diagnostics);
        }
        Ok(Article {
            html: written.html,
            summary,
            continues,
            toc: toc::tree(&post.outline.headings, config.markdown.toc_levels),
            has_code: written.has_code,
            has_embed: written.has_embed,
            pictures,
            warnings: diagnostics,
        })
    }
}

/// Says what is worth saying about a text before it is typeset: that it has shortcodes in the writing of another engine.
pub fn remarks(source: &SourcePath, text: &Arc<str>, body: Range<usize>, rule: &MarkdownRule) -> Vec<Diagnostic> {
    let found = foreign::find(&text[body.clone()], outline::options(rule)).into_iter();
    let told = found.map(|problem| {
        let at = Place::span(source, text, body.start + problem.at.start..body.start + problem.at.end);
        let warning = Diagnostic::warning("shortcode/foreign", problem.message).at(at);
        match problem.hint {
            Some(hint) => warning.hint(hint),
            None => warning,
        }
    });
    told.collect()
}

/// Hands on each piece of a text: what the parser tells, unless there are shortcodes.
fn each_piece<'a>(
    markdown: &'a str,
    masked: Option<&'a Masked<'a>>,
    rule: &MarkdownRule,
    mut take: impl FnMut(Piece<'a>, Range<usize>),
) {
    match masked {
        Some(masked) => masked.pieces(rule, true).into_iter().for_each(|(piece, range)| take(piece, range)),
        None => {
            for (event, range) in events(markdown, rule) {
                take(Piece::Event(event), range);
            }
        }
    }
}

/// Returns a text with the shortcodes of other engines in our writing, and how many there were. Code stays as it is.
pub fn with_our_shortcodes(markdown: &str) -> (String, usize) {
    foreign::rewritten(markdown, Options::ENABLE_TABLES)
}

#[cfg(test)]
pub(crate) mod tests;
