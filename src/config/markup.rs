//! Owns what site.toml says of Markdown and of code: shapes only, which `read` fills.
//!
//! Gives [`MarkdownRule`] and [`HighlightRule`].

/// Which Markdown extensions are on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is named as its key under [markdown], which the reference documents")]
pub struct MarkdownRule {
    pub footnotes: bool,
    pub tables: bool,
    pub tasklists: bool,
    pub strikethrough: bool,
    pub alerts: bool,
    pub heading_attributes: bool,
    pub definition_lists: bool,
    pub smart_punctuation: bool,
    pub wikilinks: bool,
    pub autolinks: bool,
    pub html: bool,
    pub math: bool,
    pub heading_ids: HeadingIds,
    /// The deepest level of headings in a table of contents.
    pub toc_levels: u8,
    /// What links to other hosts get.
    pub external: ExternalLinks,
}

/// What links to other hosts get; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalLinks {
    /// Their class.
    pub class: String,
    /// Whether they open a window of their own.
    pub target_blank: bool,
    /// Whether search engines are asked not to follow them.
    pub no_follow: bool,
    /// Whether the other host is not told where the reader comes from.
    pub no_referrer: bool,
    /// Hosts that are the site's own, beside that of `base_url`.
    pub own: Vec<String>,
}

impl ExternalLinks {
    /// Whether there is anything to add.
    pub fn is_used(&self) -> bool {
        !self.class.is_empty() || self.target_blank || self.no_follow || self.no_referrer
    }
}

/// Whose way of making a heading's id is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadingIds {
    /// GitHub's, which keeps the letters of every script.
    Github,
    /// Zola's: in ASCII.
    Zola,
    /// Kramdown's, and so Jekyll's: ASCII letters and digits only, from the first letter on.
    Kramdown,
}

/// How code is coloured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HighlightRule {
    /// Whether it is at all.
    pub enabled: bool,
    /// The theme for a light page.
    pub light: String,
    /// The theme for a dark page.
    pub dark: String,
    /// Whether lines are numbered unless the block says otherwise.
    pub line_numbers: bool,
    /// Where the colours stand.
    pub style: CodeStyle,
}

/// Where the colours of code stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeStyle {
    /// In a stylesheet, and the page has classes.
    Classes,
    /// In the page, on each piece of code.
    Inline,
}
