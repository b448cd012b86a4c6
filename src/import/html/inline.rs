//! Owns what stands within a line: text with its escapes, emphasis, links, images, code; what Markdown has no way to say stays
//! as tags between which the rest is Markdown all the same.

use super::raw::{self, Lines};
use super::same::is_white;
use super::tree::{Element, Id, Kind, Tree};

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a paragraph, which may have several lines.
    Paragraph,
    /// In a heading, which has one.
    Heading,
    /// In a table's cell, which has one, and in which `|` ends it.
    Cell,
}

/// Writes what stands within a line.
pub(super) struct Inline<'t> {
    tree: &'t Tree,
    place: Place,
    /// Whether emphasis may be written with stars; else with tags.
    stars: bool,
    pub(super) out: String,
    in_link: bool,
    /// How many tags were kept.
    pub(super) kept: usize,
    /// Whether something stands here that can only stand in a block of HTML.
    is_broken: bool,
}

impl<'t> Inline<'t> {
    pub(super) fn new(tree: &'t Tree, place: Place, stars: bool) -> Inline<'t> {
        Inline { tree, place, stars, out: String::new(), in_link: false, kept: 0, is_broken: false }
    }

    /// Writes nodes that stand side by side.
    pub(super) fn all(&mut self, ids: &[Id]) {
        for (at, id) in ids.iter().enumerate() {
            self.node(*id, &ids[at + 1..]);
        }
    }

    /// Returns what was written, without white space at its ends, and how many tags were kept.
    pub(super) fn finish(mut self) -> Option<(String, usize)> {
        let end = self.out.trim_end_matches([' ', '\n']).len();
        self.out.truncate(end);
        (!self.is_broken).then_some((self.out, self.kept))
    }

    fn node(&mut self, id: Id, after: &[Id]) {
        match &self.tree.node(id).kind {
            Kind::Root => {}
            Kind::Text(text) => self.text(text, after),
            Kind::Comment(_) => raw::push(self.tree, id, Lines::One, &mut self.out),
            Kind::Element(element) => self.element(id, element, after),
        }
    }

    fn element(&mut self, id: Id, element: &Element, after: &[Id]) {
        let name = if element.is_html { element.name.as_str() } else { "" };
        let is_plain = element.attributes.is_empty();
        let written = match name {
            "em" if is_plain && self.stars => self.marked(id, 1, after),
            "strong" if is_plain && self.stars => self.marked(id, 2, after),
            "del" if is_plain && self.stars => self.struck(id, after),
            "code" if is_plain => self.code(id),
            "br" if is_plain && self.place == Place::Paragraph && !self.in_link => self.line_break(),
            "a" if element.has_only(&["href", "title"]) && !self.in_link => self.link(id, element),
            "img" if element.has_only(&["src", "alt", "title"]) => self.image(element),
            "input" => self.task(element),
            _ => false,
        };
        if written {
            return;
        }
        self.kept += 1;
        let is_opaque = matches!(
            name,
            "script"
                | "style"
                | "pre"
                | "textarea"
                | "iframe"
                | "xmp"
                | "noembed"
                | "noframes"
                | "plaintext"
                | "template"
        );
        if is_opaque || super::tree::is_void(name) {
            // What stands in these is no Markdown, and no escape could say so.
            self.is_broken |= !self.tree.children(id).is_empty();
            return raw::push(self.tree, id, Lines::One, &mut self.out);
        }
        raw::start(element, &mut self.out);
        let was = self.in_link;
        self.in_link |= name == "a";
        self.all(self.tree.children(id));
        self.in_link = was;
        raw::end(element, &mut self.out);
    }

    /// Writes what is between stars; false if stars would not be read as such here.
    fn marked(&mut self, id: Id, count: usize, after: &[Id]) -> bool {
        let (length, kept) = (self.out.len(), self.kept);
        let before = self.out.chars().next_back();
        let mut mark = if before == Some('*') { "_" } else { "*" }.repeat(count);
        self.out.push_str(&mark);
        let start = self.out.len();
        self.all(self.tree.children(id));
        let next = self.next(after);
        let inner = &self.out[start..];
        if mark.starts_with('*') && (inner.starts_with('*') || inner.ends_with('*')) {
            mark = "_".repeat(count);
            self.out.replace_range(length..start, &mark);
        }
        if !holds(before, &self.out[start..], next, mark.starts_with('_')) {
            self.out.truncate(length);
            self.kept = kept;
            return false;
        }
        self.out.push_str(&mark);
        true
    }

    fn struck(&mut self, id: Id, after: &[Id]) -> bool {
        let (length, kept) = (self.out.len(), self.kept);
        let before = self.out.chars().next_back();
        self.out.push_str("~~");
        let start = self.out.len();
        self.all(self.tree.children(id));
        let next = self.next(after);
        if before == Some('~') || next == Some('~') || !holds(before, &self.out[start..], next, false) {
            self.out.truncate(length);
            self.kept = kept;
            return false;
        }
        self.out.push_str("~~");
        true
    }

    /// Returns the first character after this node, as far as it is known.
    fn next(&self, after: &[Id]) -> Option<char> {
        let first = after.first()?;
        match &self.tree.node(*first).kind {
            Kind::Text(text) => text.chars().next().or_else(|| self.next(&after[1..])),
            Kind::Element(element) if element.name == "br" => None,
            // What is written next begins with a mark of some kind.
            _ => Some('<'),
        }
    }

    fn code(&mut self, id: Id) -> bool {
        let children = self.tree.children(id);
        let [only] = children else { return false };
        let Kind::Text(text) = &self.tree.node(*only).kind else { return false };
        let words = text.replace(['\n', '\t', '\r', '\u{c}'], " ");
        let blank = words.trim_matches(' ').is_empty();
        if blank || words.contains("  ") || words.starts_with(' ') || words.ends_with(' ') {
            return false;
        }
        let mut longest = 0;
        let mut run = 0;
        for letter in words.chars() {
            run = if letter == '`' { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        let fence = "`".repeat(longest + 1);
        let pad = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
        if self.out.ends_with('`') {
            return false;
        }
        let words = if self.place == Place::Cell { words.replace('|', "\\|") } else { words };
        self.out.push_str(&format!("{fence}{pad}{words}{pad}{fence}"));
        true
    }

    fn line_break(&mut self) -> bool {
        let end = self.out.trim_end_matches(' ').len();
        if end == 0 || self.out[..end].ends_with('\n') {
            return false;
        }
        self.out.truncate(end);
        self.out.push_str("\\\n");
        true
    }

    fn link(&mut self, id: Id, element: &Element) -> bool {
        let Some(address) = element.attribute("href").filter(|address| !address.is_empty()) else { return false };
        let (length, kept) = (self.out.len(), self.kept);
        let text = self.tree.text(id);
        let is_own_name = text == address
            && element.attribute("title").is_none()
            && (address.starts_with("https://") || address.starts_with("http://"))
            && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\\&{`|".contains(&byte));
        if is_own_name && self.tree.children(id).len() == 1 {
            self.out.push_str(&format!("<{address}>"));
            return true;
        }
        self.out.push('[');
        self.in_link = true;
        self.all(self.tree.children(id));
        self.in_link = false;
        if self.push_target(address, element.attribute("title")) {
            return true;
        }
        self.out.truncate(length);
        self.kept = kept;
        false
    }

    fn image(&mut self, element: &Element) -> bool {
        let Some(address) = element.attribute("src").filter(|address| !address.is_empty()) else { return false };
        let alt = element.attribute("alt").unwrap_or_default();
        // A blank beside the text of an image would be lost.
        if alt.contains(['\n', '\t']) || alt.trim() != alt || alt.contains("  ") {
            return false;
        }
        let length = self.out.len();
        self.out.push_str("![");
        let was = std::mem::replace(&mut self.in_link, true);
        self.text(alt, &[]);
        self.in_link = was;
        if self.push_target(address, element.attribute("title")) {
            return true;
        }
        self.out.truncate(length);
        false
    }

    /// Writes `](address "title")`.
    fn push_target(&mut self, address: &str, title: Option<&str>) -> bool {
        let is_plain = |text: &str| !text.contains(|letter: char| letter.is_control());
        if !is_plain(address) || !title.is_none_or(|title| is_plain(title) && !title.is_empty()) {
            return false;
        }
        if address != address.trim() {
            return false;
        }
        let is_bare = !address.contains(|letter: char| " ()<>".contains(letter) || letter == '\u{a0}');
        self.out.push_str(if is_bare { "](" } else { "](<" });
        for letter in address.chars() {
            match letter {
                // The percent sign says the same, and no shortcode begins.
                '<' | '>' | '\\' | '&' | '*' | '_' | '`' | '$' | '~' | '[' | ']' if needs(address, letter) => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                '{' => self.out.push_str("&#123;"),
                '|' if self.place == Place::Cell => self.out.push_str("\\|"),
                '\u{a0}' => self.out.push_str("&nbsp;"),
                other => self.out.push(other),
            }
        }
        if !is_bare {
            self.out.push('>');
        }
        if let Some(title) = title {
            self.out.push_str(" \"");
            for letter in title.chars() {
                match letter {
                    '"' | '\\' | '&' | '<' | '`' => {
                        self.out.push('\\');
                        self.out.push(letter);
                    }
                    '{' => self.out.push_str("&#123;"),
                    '|' if self.place == Place::Cell => self.out.push_str("\\|"),
                    other => self.out.push(other),
                }
            }
            self.out.push('"');
        }
        self.out.push(')');
        true
    }

    /// Writes the mark of a task at the beginning of a list's item.
    fn task(&mut self, element: &Element) -> bool {
        let is_box = element.attribute("type") == Some("checkbox") && element.attribute("disabled").is_some();
        if !is_box || !element.has_only(&["type", "disabled", "checked"]) || !self.out.is_empty() {
            return false;
        }
        self.out.push_str(if element.attribute("checked").is_some() { "[x] " } else { "[ ] " });
        true
    }

    fn text(&mut self, text: &str, after: &[Id]) {
        let letters: Vec<char> = text.chars().collect();
        for (at, letter) in letters.iter().copied().enumerate() {
            if is_white(letter) {
                if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                    self.out.push(' ');
                }
                continue;
            }
            let next = letters.get(at + 1).copied();
            if letter == '\u{a0}' {
                self.out.push_str("&nbsp;");
                continue;
            }
            if letter == '{' && (self.place == Place::Heading || next == Some('{') || next == Some('%')) {
                self.out.push_str("&#123;");
                continue;
            }
            let is_first = self.out.is_empty() || self.out.ends_with('\n');
            let rest = &letters[at..];
            let is_escaped = match letter {
                '*' => is_first || !self.out.ends_with(' ') || !next.is_some_and(is_white),
                '`' | '[' | '$' | '~' => true,
                ']' => self.in_link,
                '_' => !(is_word(self.out.chars().next_back()) && is_word(next)),
                '\\' => next.is_none_or(|next| next.is_ascii_punctuation() || is_white(next)),
                '<' => next.is_none_or(|next| next.is_ascii_alphabetic() || "/!?".contains(next)),
                '&' => next.is_none_or(|next| next.is_ascii_alphanumeric() || next == '#'),
                '|' => self.place == Place::Cell || is_first,
                '#' => self.place == Place::Heading || is_first,
                '!' => next.is_none() && !after.is_empty(),
                '>' | '=' | '+' | '-' => is_first,
                '{' => next.is_none() && !after.is_empty(),
                ':' => is_first || begins_address(&self.out, rest),
                '@' => is_word(next),
                '.' | ')' => ends_number(&self.out) || (letter == '.' && has_end(&self.out, "www")),
                _ => false,
            };
            if is_escaped {
                self.out.push('\\');
            }
            self.out.push(letter);
        }
    }
}

fn is_word(letter: Option<char>) -> bool {
    letter.is_some_and(char::is_alphanumeric)
}

/// Whether the characters around a mark of emphasis let it be one: on the safe side.
fn holds(before: Option<char>, inner: &str, next: Option<char>, is_underscore: bool) -> bool {
    let (Some(first), Some(last)) = (inner.chars().next(), inner.chars().next_back()) else { return false };
    let is_open = |letter: Option<char>| letter.is_none_or(|letter| is_white(letter) || letter.is_ascii_punctuation());
    let inside = |letter: char, outside: Option<char>| {
        !letter.is_whitespace()
            && (letter.is_alphanumeric() || is_open(outside))
            && (!is_underscore || is_open(outside))
    };
    !inner.starts_with("&nbsp;") && !inner.ends_with("&nbsp;") && inside(first, before) && inside(last, next)
}

/// Whether a character of an address has to be escaped there.
fn needs(address: &str, letter: char) -> bool {
    match letter {
        '&' => {
            let references = address.split('&').skip(1).filter_map(|rest| rest.split_once(';'));
            references
                .into_iter()
                .any(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#'))
        }
        '*' | '_' | '~' | '$' | '[' | ']' => false,
        _ => true,
    }
}

/// Whether a colon after this would begin a bare address.
fn begins_address(out: &str, rest: &[char]) -> bool {
    rest.starts_with(&[':', '/', '/']) || has_end(out, "mailto") || has_end(out, "xmpp")
}

/// Whether a text ends with a word, in large or small letters.
fn has_end(out: &str, word: &str) -> bool {
    let at = out.len().checked_sub(word.len());
    at.and_then(|at| out.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// Whether the line is a number by now, so that what follows would make it an item of a list.
fn ends_number(out: &str) -> bool {
    let mut line = out.bytes().rev().take_while(|byte| *byte != b'\n').peekable();
    line.peek().is_some() && line.all(|byte| byte.is_ascii_digit())
}
