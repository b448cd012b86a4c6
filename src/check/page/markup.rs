//! Owns the cutting of a page's text into tags, comments and text, in one pass and without a copy.
//!
//! Follows the tokenizer of <https://html.spec.whatwg.org/multipage/parsing.html#tokenization> as far as markup
//! is in good order. Refuses everything else with [`Doubt`]: then the page is html5ever's.

use std::borrow::Cow;
use std::collections::HashSet;

use super::gather::Attributes;
use super::references::{self, Place};

/// Markup that this reader does not read for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt;

/// One piece of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Text, its character references as written.
    Text(&'t str),
    /// A start tag; its attributes are the scanner's until the next one.
    Start {
        name: &'t str,
        closes_itself: bool,
    },
    End(&'t str),
    Comment(&'t str),
    /// What stands between `<!doctype` and `>`.
    Doctype(&'t str),
}

/// Cuts one text.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    attributes: Written<'t>,
    /// The line of the place up to which lines were counted.
    line: u64,
    counted: usize,
}

/// The attributes of a tag as they are written.
#[derive(Debug, Default)]
pub(super) struct Written<'t>(Vec<(&'t str, &'t str)>);

impl Attributes for Written<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| references::decode(value, Place::Attribute))
    }

    fn each(&self, with: &mut dyn FnMut(&str, &str)) {
        // Of several of one name the first counts, as in a browser.
        let mut seen = HashSet::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let name = name.to_ascii_lowercase();
            if seen.insert(name.clone()) {
                with(&name, &references::decode(value, Place::Attribute));
            }
        }
    }
}

impl Written<'_> {
    /// Returns whether there is an attribute of this name, given in lower case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

impl<'t> Scanner<'t> {
    /// Takes a text without `\r` and NUL.
    pub(super) fn new(text: &'t str) -> Scanner<'t> {
        Scanner { text, at: 0, attributes: Written::default(), line: 1, counted: 0 }
    }

    /// Returns the attributes of the last start tag.
    pub(super) fn attributes(&self) -> &Written<'t> {
        &self.attributes
    }

    /// Returns the line of where the last token ends, from 1.
    pub(super) fn line(&mut self) -> u64 {
        let passed = &self.text.as_bytes()[self.counted..self.at];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.at;
        self.line
    }

    /// Returns the next token; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, Doubt> {
        let rest = &self.text.as_bytes()[self.at..];
        let Some(first) = rest.first() else { return Ok(None) };
        if *first != b'<' {
            let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
            return Ok(Some(Token::Text(self.take(end))));
        }
        match rest.get(1) {
            Some(byte) if byte.is_ascii_alphabetic() => self.start().map(Some),
            Some(b'/') => {
                self.at += 2;
                let name = self.name()?;
                self.end_of_end_tag()?;
                Ok(Some(Token::End(name)))
            }
            Some(b'!') => self.declaration().map(Some),
            // What parsers make a comment of, and what is not finished.
            Some(b'?') | None => Err(Doubt),
            Some(_) => Ok(Some(Token::Text(self.take(1)))),
        }
    }

    /// Returns the text up to the end tag of this name, and passes that tag.
    pub(super) fn raw_text(&mut self, name: &str) -> Result<&'t str, Doubt> {
        let rest = &self.text.as_bytes()[self.at..];
        let ends = |at: &usize| {
            let tag = rest[*at..].strip_prefix(b"</").unwrap_or_default();
            let named = tag.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            named && tag.get(name.len()).is_some_and(|byte| blank(*byte) || matches!(byte, b'/' | b'>'))
        };
        let end = memchr::memchr_iter(b'<', rest).find(ends).ok_or(Doubt)?;
        let text = self.take(end);
        self.at += 2 + name.len();
        self.end_of_end_tag()?;
        Ok(text)
    }

    /// Takes so many bytes, which end where a character does.
    fn take(&mut self, length: usize) -> &'t str {
        let taken = &self.text[self.at..self.at + length];
        self.at += length;
        taken
    }

    fn byte(&self) -> Result<u8, Doubt> {
        self.text.as_bytes().get(self.at).copied().ok_or(Doubt)
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !blank(*byte)).unwrap_or(rest.len());
    }

    /// Takes the bytes up to the first that ends them; one must be there.
    fn until(&mut self, ends: impl Fn(u8) -> bool) -> Result<&'t str, Doubt> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| ends(*byte)).ok_or(Doubt)?;
        Ok(self.take(length))
    }

    /// Takes the name of an element.
    fn name(&mut self) -> Result<&'t str, Doubt> {
        let name = self.until(|byte| blank(byte) || matches!(byte, b'/' | b'>'))?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
        match name.as_bytes() {
            [first, rest @ ..] if first.is_ascii_alphabetic() && rest.iter().all(|byte| known(*byte)) => Ok(name),
            _ => Err(Doubt),
        }
    }

    /// Passes what may stand between the name of an end tag and its end.
    fn end_of_end_tag(&mut self) -> Result<(), Doubt> {
        self.skip_blanks();
        match self.byte()? {
            b'>' => {
                self.at += 1;
                Ok(())
            }
            _ => Err(Doubt),
        }
    }

    fn start(&mut self) -> Result<Token<'t>, Doubt> {
        self.at += 1;
        self.attributes.0.clear();
        let name = self.name()?;
        loop {
            self.skip_blanks();
            match self.byte()? {
                b'>' => {
                    self.at += 1;
                    return Ok(Token::Start { name, closes_itself: false });
                }
                b'/' => {
                    self.at += 1;
                    if self.byte()? == b'>' {
                        self.at += 1;
                        return Ok(Token::Start { name, closes_itself: true });
                    }
                }
                _ => self.attribute()?,
            }
        }
    }

    fn attribute(&mut self) -> Result<(), Doubt> {
        let name = self.until(|byte| blank(byte) || matches!(byte, b'/' | b'>' | b'='))?;
        // An empty name begins with `=`; quotes in a name come from a value that was not closed.
        if name.is_empty() || name.bytes().any(|byte| matches!(byte, b'"' | b'\'' | b'<') || !byte.is_ascii()) {
            return Err(Doubt);
        }
        self.skip_blanks();
        if self.byte()? != b'=' {
            self.attributes.0.push((name, ""));
            return Ok(());
        }
        self.at += 1;
        let after = self.at;
        self.skip_blanks();
        // html5ever does not count the lines here, and lines are facts too.
        if self.text.as_bytes()[after..self.at].contains(&b'\n') {
            return Err(Doubt);
        }
        let value = match self.byte()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let length = memchr::memchr(quote, &self.text.as_bytes()[self.at..]).ok_or(Doubt)?;
                let value = self.take(length);
                self.at += 1;
                value
            }
            b'>' => return Err(Doubt),
            _ => self.until(|byte| blank(byte) || byte == b'>')?,
        };
        self.attributes.0.push((name, value));
        Ok(())
    }

    fn declaration(&mut self) -> Result<Token<'t>, Doubt> {
        self.at += 2;
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(b"--") {
            self.at += 2;
            return self.comment();
        }
        if !rest.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"doctype")) {
            return Err(Doubt);
        }
        self.at += 7;
        let inside = self.until(|byte| byte == b'>')?;
        self.at += 1;
        Ok(Token::Doctype(inside))
    }

    /// A comment ends at `-->` or `--!>`; one that ends where it begins is left to the tree.
    fn comment(&mut self) -> Result<Token<'t>, Doubt> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(b">") || rest.starts_with(b"->") {
            return Err(Doubt);
        }
        let is_end = |at: &usize| rest[..*at].ends_with(b"--") || rest[..*at].ends_with(b"--!");
        let end = memchr::memchr_iter(b'>', rest).find(is_end).ok_or(Doubt)?;
        let mark = if rest[..end].ends_with(b"!") { 3 } else { 2 };
        let text = self.take(end - mark);
        self.at += mark + 1;
        Ok(Token::Comment(text))
    }
}

/// Returns whether a byte is white space to a parser, which has turned every `\r` into `\n`.
pub(super) fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_attributes_each_name_is_told_once_with_its_first_value() {
        let pairs: String = (0..20_000).map(|index| format!(" Data-{}={index}", index % 10_000)).collect();
        let text = format!("<script{pairs}></script>");
        let mut scanner = Scanner::new(&text);
        assert!(matches!(scanner.next(), Ok(Some(Token::Start { name: "script", .. }))));
        let mut told = Vec::new();
        scanner.attributes().each(&mut |name, value| told.push((name.to_owned(), value.to_owned())));
        let first: Vec<_> = (0..10_000).map(|index| (format!("data-{index}"), index.to_string())).collect();
        assert_eq!(told, first);
    }
}
