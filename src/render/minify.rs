//! Owns the shortening of finished pages (`minify = true`): runs of white space become one character, comments go.
//!
//! Nothing else is touched, so that the page looks and works as before: no white space between elements is removed
//! altogether (it may part two words), no attribute is rewritten, and whatever stands in `pre`, `textarea`, `script`, `style`,
//! `svg`, `math`, `template` and the like stays byte for byte. A page in which this cannot be known for certain (tags that
//! never end, markup that only a parser's error rules settle, `white-space` in a `style` attribute) is left as it is.

/// Elements whose content is no markup to a browser that runs scripts.
const RAW: [&str; 9] = ["script", "style", "textarea", "title", "iframe", "noembed", "noframes", "noscript", "xmp"];
/// Elements in which white space counts, or may count.
const KEPT: [&str; 5] = ["pre", "listing", "svg", "math", "template"];

/// Returns the page with less white space and without comments; nothing if it is to be left as it is.
pub(crate) fn minified(html: &str) -> Option<String> {
    let mut page = Page { rest: html, out: String::with_capacity(html.len()), ends_in_space: false, kept: Vec::new() };
    while !page.rest.is_empty() {
        match page.rest.find('<') {
            Some(0) => page.markup()?,
            Some(length) => page.text(length),
            None => page.text(page.rest.len()),
        }
    }
    page.kept.is_empty().then_some(page.out)
}

/// A page on its way.
struct Page<'h> {
    rest: &'h str,
    out: String,
    /// Whether the text that was written last ends in white space, comments left aside.
    ends_in_space: bool,
    /// The open elements whose content is kept.
    kept: Vec<String>,
}

impl<'h> Page<'h> {
    /// Takes so many bytes off the rest.
    fn take(&mut self, length: usize) -> &'h str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Writes so many bytes as they are.
    fn copy(&mut self, length: usize) {
        let taken = self.take(length);
        self.out.push_str(taken);
        self.ends_in_space = false;
    }

    /// Writes text, runs of white space as one character: a line break where there is one.
    fn text(&mut self, length: usize) {
        if !self.kept.is_empty() {
            return self.copy(length);
        }
        let mut text = self.take(length);
        while !text.is_empty() {
            let words = text.find(is_space).unwrap_or(text.len());
            if words > 0 {
                self.out.push_str(&text[..words]);
                self.ends_in_space = false;
            }
            let after = &text[words..];
            let end = after.find(|sign| !is_space(sign)).unwrap_or(after.len());
            let run = &after[..end];
            if !run.is_empty() && !self.ends_in_space {
                self.out.push(if run.contains('\n') { '\n' } else { ' ' });
                self.ends_in_space = true;
            }
            text = &after[end..];
        }
    }

    /// Writes what begins with `<`.
    fn markup(&mut self) -> Option<()> {
        let second = self.rest[1..].chars().next();
        match second {
            Some('!') => self.declaration(),
            Some('?') => None,
            Some('/') if self.rest[2..].starts_with(|sign: char| sign.is_ascii_alphabetic()) => self.tag(2),
            Some('/') => None,
            Some(letter) if letter.is_ascii_alphabetic() => self.tag(1),
            _ => {
                self.copy(1);
                Some(())
            }
        }
    }

    /// Writes a document type; drops a comment, unless somebody may read it.
    fn declaration(&mut self) -> Option<()> {
        let Some(comment) = self.rest.strip_prefix("<!--") else {
            let is_doctype = self.rest.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
            let end = self.rest.find('>').filter(|_| is_doctype)?;
            self.copy(end + 1);
            return Some(());
        };
        let end = comment.find("-->")?;
        let inner = &comment[..end];
        // What ends a comment in another way is for a parser to decide.
        if inner.starts_with('>') || inner.starts_with("->") || inner.contains("--!>") || inner.ends_with("<!-") {
            return None;
        }
        let length = "<!--".len() + end + "-->".len();
        if !self.kept.is_empty() || inner.starts_with(['[', '#', '!', '<']) || inner.ends_with("<![endif]") {
            self.copy(length);
        } else {
            let before = self.out.chars().next_back().is_none_or(|sign| is_space(sign) || sign == '>');
            let after = self.rest[length..].chars().next().is_none_or(|sign| is_space(sign) || sign == '<');
            // Without it, `<` or `&` might mean something with what follows.
            match before || after {
                true => _ = self.take(length),
                false => self.copy(length),
            }
        }
        Some(())
    }

    /// Writes a tag whose name begins so far after `<`, and what follows it as far as that is no markup.
    fn tag(&mut self, start: usize) -> Option<()> {
        let length = tag_length(self.rest)?;
        let tag = &self.rest[..length];
        let name =
            tag[start..].split(|sign: char| is_space(sign) || matches!(sign, '/' | '>')).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let closes = start == 2;
        // A tag without attributes says nothing of white space.
        if tag.len() > name.len() + 3 && tag.to_ascii_lowercase().contains("white-space") {
            return None;
        }
        if name == "plaintext" {
            return None;
        }
        self.copy(length);
        if KEPT.contains(&&*name) {
            let is_empty = tag.ends_with("/>") && matches!(&*name, "svg" | "math");
            match closes {
                // Where they cross, a parser's error rules decide which of them goes on.
                true => self.kept.pop().filter(|open| *open == name).map(drop)?,
                false if is_empty => {}
                false => self.kept.push(name.clone()),
            }
        }
        if !closes && RAW.contains(&&*name) {
            self.raw(&name)?;
        }
        Some(())
    }

    /// Writes the content of an element that holds no markup, up to its end tag.
    fn raw(&mut self, name: &str) -> Option<()> {
        let end = self.rest.match_indices("</").map(|(at, _)| at).find(|at| {
            let Some(named) = self.rest[at + 2..].get(..name.len()) else { return false };
            let after = self.rest[at + 2 + name.len()..].chars().next();
            named.eq_ignore_ascii_case(name) && after.is_some_and(|sign| is_space(sign) || matches!(sign, '/' | '>'))
        })?;
        let content = &self.rest[..end];
        // Within `<!--` a script may hold its own end tag; in a drawing these elements hold markup.
        let is_doubtful = content.contains("<!--") && matches!(name, "script" | "noscript");
        if is_doubtful || (!self.kept.is_empty() && content.contains('<')) {
            return None;
        }
        self.copy(end);
        Some(())
    }
}

/// Returns how long the tag is that a text begins with; nothing if it never ends, or has what a parser's error rules settle.
fn tag_length(text: &str) -> Option<usize> {
    #[derive(PartialEq)]
    enum At {
        /// Between attributes, in the tag's name, or in an attribute's.
        Name,
        /// After the `=` of an attribute.
        Value,
        /// In a value without quotes.
        Bare,
        /// In a value with these quotes.
        Quoted(char),
    }
    let mut at = At::Name;
    for (index, sign) in text.char_indices().skip(1) {
        at = match (at, sign) {
            (At::Quoted(open), sign) => {
                if sign == open {
                    At::Name
                } else {
                    At::Quoted(open)
                }
            }
            (At::Name | At::Bare, '>') => return Some(index + 1),
            (At::Value, '"' | '\'') => At::Quoted(sign),
            (At::Value, sign) if is_space(sign) => At::Value,
            (At::Bare, sign) if is_space(sign) => At::Name,
            (_, '"' | '\'' | '<' | '`') | (At::Value, '>' | '=') | (At::Bare, '=') => return None,
            (At::Name, '=') => At::Value,
            (At::Name, _) => At::Name,
            (At::Value | At::Bare, _) => At::Bare,
        };
    }
    None
}

/// Returns whether HTML counts a character as white space.
fn is_space(sign: char) -> bool {
    matches!(sign, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests;
