//! Owns one Markdown file as a typed value: front matter, body, outline.
//!
//! Gives [`Post`]. "Post" is any page made from a Markdown file: a blog post, a standing page, a
//! section's `_index.md` or a term's. Refuses unknown front-matter keys and dates that are none.

mod address;
mod front;
mod keys;
mod name;
mod read;
mod rows;
mod split;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::{Timestamp, Zoned};

use crate::article::Outline;
use crate::config::permalink::Permalink;
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::{Route, SourcePath};

pub use self::front::is_usual_layout;
pub use self::keys::{KEYS, NEVER_DEFAULTS};
pub use self::read::{parse, parse_all, parse_one, parse_recalling, settle};
pub use self::rows::{DataRow, NOT_IN_PAGES, of_rows};
pub use self::split::split as front_table;

/// What a Markdown file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It has a date: it takes part in lists, taxonomies and feeds.
    Post,
    /// It stands alone: `content/about.md`.
    Page,
    /// A section's `_index.md`; the one directly in `content/` speaks for the home page.
    Section,
    /// A term's `_index.md`: `content/tags/rust/_index.md`.
    Term,
}

/// Why a post is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hidden {
    /// It is a draft.
    Draft(Draft),
    /// Its date, or `publish_date`, has not come.
    Future(Timestamp),
    /// Its `expiry_date` is over.
    Expired(Timestamp),
}

/// What makes a draft of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// `draft = true` in its front matter.
    Own,
    /// `draft = true` in site.toml, for all files like it.
    Settings,
    /// A folder that it lies in: `content/posts/drafts`.
    Folder(String),
    /// A section that it lies in, which is a draft itself, by its `_index.md`.
    Section(SourcePath),
}

impl std::fmt::Display for Draft {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Draft::Own => formatter.write_str("draft"),
            Draft::Settings => formatter.write_str("draft, by site.toml"),
            Draft::Folder(folder) => write!(formatter, "draft, in {folder}/"),
            Draft::Section(index) => write!(formatter, "draft, as {index} is"),
        }
    }
}

/// One Markdown file.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its file: `content/posts/2011-03-10-guards.md` or `content/posts/guards/index.md`.
    pub source: SourcePath,
    /// The whole text, for frames.
    pub text: Arc<str>,
    /// The bytes of `text` that are Markdown.
    pub body: Range<usize>,
    /// What it is for.
    pub kind: Kind,
    /// Its language: 0 is the site's own, the others count from 1, in the order of site.toml.
    pub language: usize,
    /// The folders below `content/` that it lies in: `posts`, `docs/guide`; empty at the top. A section's own for an
    /// `_index.md`.
    pub section: String,
    /// The name that its id and its default slug come from: `guards`, without date and ending.
    pub stem: String,
    /// What its front matter says, defaults applied.
    pub front: FrontMatter,
    /// Heading ids, links and word count: what others may ask without typesetting it.
    pub outline: Outline,
    /// Co-located files of its bundle, by their name relative to it.
    pub assets: BTreeMap<String, SourcePath>,
    /// Why it is not shown, if it is not.
    pub hidden: Option<Hidden>,
    /// What is worth saying about it, though it can be used.
    pub warnings: Vec<Diagnostic>,
    /// The row of a data file that it is made of, if it is not a Markdown file.
    pub row: Option<Arc<DataRow>>,
}

impl Post {
    /// Returns whether it is the text of a bundle: `index.md`, or `index.fr.md` in a language of the site.
    pub fn is_bundle(&self) -> bool {
        let name = self.source.file_name();
        matches!(name, "index.md" | "index.markdown") || (self.language > 0 && name.starts_with("index."))
    }

    /// Returns whether it is the page for addresses that do not exist: `content/404.md`, or `content/404.fr.md`.
    pub fn is_not_found(&self) -> bool {
        let own = self.source.as_str() == "content/404.md";
        own || (self.language > 0 && self.source.as_str().starts_with("content/404."))
    }

    /// Returns the name that it shares with its translations: its source without language and ending.
    pub fn shared_name(&self) -> &str {
        let name = self.source.as_str();
        if self.row.is_some() {
            return name;
        }
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        match self.language {
            0 => name,
            _ => name.rsplit_once('.').map_or(name, |(stem, _)| stem),
        }
    }

    /// Returns the Markdown.
    pub fn markdown(&self) -> &str {
        &self.text[self.body.clone()]
    }

    /// Returns its title; every post has one, if only its file's name.
    pub fn title(&self) -> &str {
        self.front.title.as_deref().unwrap_or(&self.stem)
    }

    /// Returns where a key of its front matter stands: `slug`, `aliases.0`; the file as a whole if it is not written there.
    pub fn place(&self, key: &str) -> Place {
        match self.front.spans.get(key) {
            Some(span) => {
                let text = self.row.as_ref().map_or(&self.text, |row| &row.text);
                Place::span(&self.source, text, span.clone())
            }
            None => match &self.row {
                Some(row) => row.rule.place_of(key).unwrap_or_else(|| row.place(key)),
                None => Place::file(&self.source),
            },
        }
    }

    /// Returns the day that a reader knows it by, as it was written: `2011-03-10`; nothing for what has no date.
    pub fn day(&self) -> Option<jiff::civil::Date> {
        self.front.date.as_ref().map(Zoned::date)
    }
}

/// The keys of front matter.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is named as its key, which the reference documents")]
pub struct FrontMatter {
    pub title: Option<String>,
    pub date: Option<Zoned>,
    pub updated: Option<Zoned>,
    pub publish_date: Option<Zoned>,
    pub expiry_date: Option<Zoned>,
    pub draft: bool,
    pub slug: Option<String>,
    /// A whole address that overrides pattern and slug: `/old/way.html`.
    pub path: Option<Route>,
    /// A pattern that overrides the section's: Jekyll's `permalink`.
    pub permalink: Option<Permalink>,
    pub aliases: Vec<Route>,
    /// Terms by taxonomy: `tags` → `rust`, `web`.
    pub terms: BTreeMap<String, Vec<String>>,
    /// The place in its series.
    pub series_index: Option<i64>,
    pub authors: Vec<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub image: Option<String>,
    pub template: Option<String>,
    pub weight: Option<i64>,
    pub noindex: bool,
    /// False: this page is to carry no snippet.
    pub analytics: bool,
    /// A foreign address that this post was first published at.
    pub canonical: Option<String>,
    /// The feed id, if it is not the derived one.
    pub id: Option<String>,
    pub extra: toml::Table,
    /// Where each key stands in the file, for frames: `slug`, `extra.accent`, `aliases.0`.
    pub spans: BTreeMap<String, Range<usize>>,
}

impl FrontMatter {
    /// Returns from when on it is shown, if it says so.
    pub fn published(&self) -> Option<jiff::Timestamp> {
        self.publish_date.as_ref().or(self.date.as_ref()).map(Zoned::timestamp)
    }
}

impl Default for FrontMatter {
    /// Returns what a file without front matter says.
    fn default() -> Self {
        FrontMatter {
            title: None,
            date: None,
            updated: None,
            publish_date: None,
            expiry_date: None,
            draft: false,
            slug: None,
            path: None,
            permalink: None,
            aliases: Vec::new(),
            terms: BTreeMap::new(),
            series_index: None,
            authors: Vec::new(),
            summary: None,
            description: None,
            image: None,
            template: None,
            weight: None,
            noindex: false,
            analytics: true,
            canonical: None,
            id: None,
            extra: toml::Table::new(),
            spans: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests;
