//! Owns alerts: quotes that begin with `[!NOTE]`, a title of their own after it, and folding, `[!NOTE]-` and `[!NOTE]+`, as
//! Obsidian writes it.
//!
//! The parser knows GitHub's five, without a title; the others are found here, in the first line of a quote. Any word may
//! stand for the kind. Gives what stands before and after the text of an alert.

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::BlockQuoteKind;

use super::escape::push_text;

/// The longest word that names a kind.
const LONGEST: usize = 32;

/// Whether readers may open and close an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// They may not: it is always open.
    None,
    /// It is open at first.
    Open,
    /// It is closed at first.
    Closed,
}

impl Fold {
    /// Its name in templates.
    pub(super) fn name(self) -> &'static str {
        match self {
            Fold::None => "",
            Fold::Open => "open",
            Fold::Closed => "closed",
        }
    }
}

/// A quote that is an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alert {
    /// Its kind in small letters: `note`.
    pub(super) kind: String,
    pub(super) fold: Fold,
    /// Where its title stands in the Markdown; empty where it has none of its own.
    pub(super) title: Range<usize>,
}

impl Alert {
    /// Reads an alert that the parser knows.
    pub(super) fn of_github(kind: BlockQuoteKind) -> Self {
        let kind = match kind {
            BlockQuoteKind::Note => "note",
            BlockQuoteKind::Tip => "tip",
            BlockQuoteKind::Important => "important",
            BlockQuoteKind::Warning => "warning",
            BlockQuoteKind::Caution => "caution",
        };
        Alert { kind: kind.to_owned(), fold: Fold::None, title: 0..0 }
    }

    /// Reads the first line of a quote's first paragraph, which stands at a range of the text.
    pub(super) fn read(markdown: &str, paragraph: Range<usize>) -> Option<Self> {
        let text = markdown.get(paragraph.clone())?;
        let line = text.split('\n').next().unwrap_or_default().trim_end();
        let (kind, rest) = line.strip_prefix("[!")?.split_once(']')?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_kind = kind.bytes().all(is_word) && kind.len() <= LONGEST;
        if !is_kind || !kind.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let (fold, title) = match rest.as_bytes().first() {
            Some(b'-') => (Fold::Closed, &rest[1..]),
            Some(b'+') => (Fold::Open, &rest[1..]),
            _ => (Fold::None, rest),
        };
        // `[!NOTE](address)` and `[!note]s` are something else.
        if !title.is_empty() && !title.starts_with([' ', '\t']) {
            return None;
        }
        let start = paragraph.start + line.len() - title.trim_start().len();
        Some(Alert { kind: kind.to_ascii_lowercase(), fold, title: start..paragraph.start + line.len() })
    }

    /// Returns its title where its author gave it none.
    pub(super) fn usual_title(&self) -> String {
        let mut title = self.kind.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        title
    }

    /// Writes what stands before its title.
    pub(super) fn open(&self, out: &mut String) {
        let kind = &self.kind;
        let _ = match self.fold {
            Fold::None => {
                write!(out, "<div class=\"alert alert-{kind}\" role=\"note\">\n<p class=\"alert-title\">")
            }
            Fold::Open => write!(out, "<details class=\"alert alert-{kind}\" open>\n<summary class=\"alert-title\">"),
            Fold::Closed => write!(out, "<details class=\"alert alert-{kind}\">\n<summary class=\"alert-title\">"),
        };
    }

    /// Writes its usual title, and what stands after a title.
    pub(super) fn usual(&self, out: &mut String) {
        push_text(out, &self.usual_title());
        self.after_title(out);
    }

    /// Writes what stands between its title and its text.
    pub(super) fn after_title(&self, out: &mut String) {
        out.push_str(if self.fold == Fold::None { "</p>\n" } else { "</summary>\n" });
    }

    /// Writes what stands after its text.
    pub(super) fn close(&self, out: &mut String) {
        out.push_str(if self.fold == Fold::None { "</div>\n" } else { "</details>\n" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Fold, &str)> {
        Alert::read(text, 0..text.len()).map(|alert| (alert.kind, alert.fold, &text[alert.title]))
    }

    #[test]
    fn the_first_line_says_kind_fold_and_title() {
        assert_eq!(read("[!NOTE]\ntext"), Some(("note".to_owned(), Fold::None, "")));
        assert_eq!(read("[!tip] Mind *this* \ntext"), Some(("tip".to_owned(), Fold::None, "Mind *this*")));
        assert_eq!(read("[!FAQ]- Closed"), Some(("faq".to_owned(), Fold::Closed, "Closed")));
        assert_eq!(read("[!see-also]+"), Some(("see-also".to_owned(), Fold::Open, "")));
    }

    #[test]
    fn what_only_looks_like_one_is_a_quote() {
        let long = format!("[!{}]", "a".repeat(LONGEST + 1));
        for text in
            ["", "[!]", "[!NOTE", "[NOTE]", "[!1]", "[!a b]", "[!NOTE](x)", "[!note]s", "[!é]", "a [!NOTE]", &long]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
