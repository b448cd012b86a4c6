//! Owns the reading of JavaScript as tokens: enough to tell code from comment, string and regular
//! expression, which is what every question about a snippet or a tracker hangs on.
//!
//! Gives [`lex`]. It is linear, never panics and never gives up: what it cannot read it marks as
//! [`Script::broken`] and goes on. It refuses to parse: it knows no statements and no scopes.

use std::borrow::Cow;

/// One token of a script, with escapes decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name or a keyword.
    Identifier(Cow<'a, str>),
    /// A string, without its quotes.
    Text(Cow<'a, str>),
    /// A piece of a template literal; `${` and `$}` stand around what is put in.
    Template(Cow<'a, str>),
    /// A number as written.
    Number(&'a str),
    /// A regular expression as written, with slashes and flags.
    Regex(&'a str),
    /// An operator or a bracket.
    Punctuator(&'a str),
}

impl Token<'_> {
    /// Returns whether it is this operator or bracket.
    pub fn is(&self, punctuator: &str) -> bool {
        matches!(self, Token::Punctuator(found) if *found == punctuator)
    }

    /// Returns whether it is this name.
    pub fn names(&self, identifier: &str) -> bool {
        matches!(self, Token::Identifier(found) if found == identifier)
    }
}

/// A script as tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script<'a> {
    /// What it says, without comments.
    pub tokens: Vec<Token<'a>>,
    /// Why it cannot be a whole script, if it cannot: `a string that does not end` …
    pub broken: Option<&'static str>,
}

/// Operators of more than one character that matter here, the longest first.
const LONG: &[&str] = &[
    "...", "===", "!==", "**=", "<<=", ">>=", "&&=", "||=", "??=", ">>>", "=>", "==", "!=", "<=", ">=", "&&", "||",
    "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**",
];

/// Keywords after which a slash opens a regular expression.
const BEFORE_REGEX: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "do",
    "else",
    "void",
    "instanceof",
    "new",
    "throw",
    "yield",
    "await",
];

/// Reads a script.
pub fn lex(source: &str) -> Script<'_> {
    let mut lexer =
        Lexer { source, at: 0, script: Script::default(), open: Vec::new(), last_closed: None, no_regex: 0 };
    lexer.run();
    lexer.script
}

/// What a bracket that is still open belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(` after `if`, `while`, `for`, `with`: a slash after its end opens a regular expression.
    Condition,
    /// Any other `(`.
    Parenthesis,
    /// `[`.
    Square,
    /// `{` of a block.
    Block,
    /// `{` of an object.
    Object,
    /// `${` within a template.
    Substitution,
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    script: Script<'a>,
    open: Vec<Open>,
    last_closed: Option<Open>,
    /// Before this offset a slash is never tried as a regular expression again; keeps the lexer linear.
    no_regex: usize,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        self.at = if self.source.starts_with('\u{feff}') { 3 } else { 0 };
        if self.rest().starts_with("#!") {
            self.skip_line();
        }
        while let Some(character) = self.rest().chars().next() {
            self.step(character);
        }
        if !self.open.is_empty() {
            self.broken("a bracket that is never closed");
        }
    }

    fn step(&mut self, character: char) {
        let rest = self.rest();
        if character.is_whitespace() || character == '\u{feff}' {
            self.at += character.len_utf8();
        } else if rest.starts_with("//")
            || rest.starts_with("<!--")
            || (rest.starts_with("-->") && self.line_is_blank())
        {
            self.skip_line();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(end) => self.at += end + 4,
                None => self.stop("a comment that does not end"),
            }
        } else if character == '"' || character == '\'' {
            self.text(character);
        } else if character == '`' {
            self.at += 1;
            self.template();
        } else if character.is_ascii_digit()
            || (character == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit()))
        {
            self.number();
        } else if starts_identifier(character) {
            self.identifier();
        } else if character == '/' && self.regex_may_stand_here() && self.regex() {
            // Taken as a whole by `regex`.
        } else {
            self.punctuator(character);
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn broken(&mut self, reason: &'static str) {
        self.script.broken.get_or_insert(reason);
    }

    fn stop(&mut self, reason: &'static str) {
        self.broken(reason);
        self.open.clear();
        self.at = self.source.len();
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find(is_line_end).unwrap_or(self.rest().len());
    }

    /// Returns whether nothing but space and comments stands before on this line: where `-->` is a comment.
    fn line_is_blank(&self) -> bool {
        let before = &self.source[..self.at];
        before.chars().rev().take_while(|character| !is_line_end(*character)).take(200).all(char::is_whitespace)
    }

    fn text(&mut self, quote: char) {
        let start = self.at + 1;
        let mut cooked: Option<String> = None;
        let mut from = start;
        self.at = start;
        while let Some(character) = self.rest().chars().next() {
            if character == quote {
                let tail = &self.source[from..self.at];
                self.at += 1;
                let text = match cooked {
                    Some(cooked) => Cow::Owned(cooked + tail),
                    None => Cow::Borrowed(tail),
                };
                return self.script.tokens.push(Token::Text(text));
            }
            if character == '\\' {
                let text = cooked.get_or_insert_with(String::new);
                text.push_str(&self.source[from..self.at]);
                self.at += 1;
                self.at += escape(&self.source[self.at..], text);
                from = self.at;
            } else if character == '\n' || character == '\r' {
                break;
            } else {
                self.at += character.len_utf8();
            }
        }
        self.broken("a string that does not end");
    }

    /// Reads a template's text from here to its end or to its next `${`.
    fn template(&mut self) {
        let mut text = String::new();
        while let Some(character) = self.rest().chars().next() {
            if character == '`' {
                self.at += 1;
                return self.script.tokens.push(Token::Template(text.into()));
            }
            if self.rest().starts_with("${") {
                self.at += 2;
                self.script.tokens.push(Token::Template(text.into()));
                self.script.tokens.push(Token::Punctuator("${"));
                return self.open.push(Open::Substitution);
            }
            self.at += character.len_utf8();
            if character == '\\' {
                self.at += escape(&self.source[self.at..], &mut text);
            } else {
                text.push(character);
            }
        }
        self.stop("a template that does not end");
    }

    fn number(&mut self) {
        let start = self.at;
        let mut previous = ' ';
        for character in self.rest().chars() {
            let sign = matches!(character, '+' | '-')
                && matches!(previous, 'e' | 'E')
                && !self.source[start..].starts_with("0x")
                && !self.source[start..].starts_with("0X");
            if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_') || sign) {
                break;
            }
            previous = character;
            self.at += 1;
        }
        self.script.tokens.push(Token::Number(&self.source[start..self.at]));
    }

    fn identifier(&mut self) {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(index, character)| !(continues_identifier(*character) || (*index == 0 && *character == '#')))
            .map_or(rest.len(), |(index, _)| index);
        if !rest[end..].starts_with("\\u") {
            // A backslash that opens no escape is no identifier: it is passed over as what it is.
            let end = end.max(1);
            self.at += end;
            return self.script.tokens.push(Token::Identifier(Cow::Borrowed(&rest[..end])));
        }
        let mut name = rest[..end].to_owned();
        self.at += end;
        while let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            if character == '\\' && self.rest().starts_with('u') {
                self.at += escape(&self.source[self.at..], &mut name);
            } else if continues_identifier(character) {
                name.push(character);
            } else {
                self.at -= character.len_utf8();
                break;
            }
        }
        self.script.tokens.push(Token::Identifier(name.into()));
    }

    /// Returns whether a slash here opens a regular expression rather than dividing what stands before it.
    fn regex_may_stand_here(&self) -> bool {
        match self.script.tokens.last() {
            None => true,
            Some(Token::Identifier(name)) => BEFORE_REGEX.contains(&name.as_ref()) && !self.is_property(),
            Some(Token::Punctuator(")")) => self.last_closed == Some(Open::Condition),
            Some(Token::Punctuator("}")) => self.last_closed == Some(Open::Block),
            Some(Token::Punctuator("]" | "++" | "--")) => false,
            Some(Token::Punctuator(_)) => true,
            Some(Token::Text(_) | Token::Template(_) | Token::Number(_) | Token::Regex(_)) => false,
        }
    }

    /// Returns whether the last token is a property's name: `a.return`.
    fn is_property(&self) -> bool {
        self.script.tokens.len() >= 2
            && matches!(&self.script.tokens[self.script.tokens.len() - 2], Token::Punctuator("." | "?."))
    }

    /// Takes a regular expression; if there is none after all, takes nothing and returns false.
    fn regex(&mut self) -> bool {
        if self.at < self.no_regex {
            return false;
        }
        let rest = self.rest();
        let (mut in_class, mut escaped) = (false, false);
        for (index, character) in rest.char_indices().skip(1) {
            match character {
                _ if is_line_end(character) => {
                    self.no_regex = self.at + index;
                    return false;
                }
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    let flags = rest[index + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
                    let end = index + 1 + flags;
                    self.script.tokens.push(Token::Regex(&rest[..end]));
                    self.at += end;
                    return true;
                }
                _ => {}
            }
        }
        self.no_regex = self.source.len();
        false
    }

    fn punctuator(&mut self, character: char) {
        let rest = self.rest();
        let length = LONG
            .iter()
            .find(|long| rest.starts_with(**long))
            // `a?.5:b` is a condition and a number.
            .filter(|long| **long != "?." || !rest[2..].starts_with(|next: char| next.is_ascii_digit()))
            .map_or(character.len_utf8(), |long| long.len());
        let found = &rest[..length];
        match found {
            "(" => {
                let condition = matches!(self.script.tokens.last(), Some(Token::Identifier(name))
                    if matches!(name.as_ref(), "if" | "while" | "for" | "with") && !self.is_property());
                self.open.push(if condition { Open::Condition } else { Open::Parenthesis });
            }
            "[" => self.open.push(Open::Square),
            "{" => self.open.push(if self.block_may_stand_here() { Open::Block } else { Open::Object }),
            ")" | "]" | "}" => {
                self.at += 1;
                return self.close(found);
            }
            _ => {}
        }
        self.script.tokens.push(Token::Punctuator(found));
        self.at += length;
    }

    fn close(&mut self, found: &'a str) {
        let fits = |open: &Open| match found {
            ")" => matches!(open, Open::Condition | Open::Parenthesis),
            "]" => *open == Open::Square,
            _ => matches!(open, Open::Block | Open::Object | Open::Substitution),
        };
        match self.open.pop_if(|open| fits(open)) {
            Some(Open::Substitution) => {
                self.script.tokens.push(Token::Punctuator("$}"));
                self.template();
            }
            closed => {
                if closed.is_none() {
                    self.broken("brackets that do not match");
                }
                self.last_closed = closed;
                self.script.tokens.push(Token::Punctuator(found));
            }
        }
    }

    /// Returns whether `{` here opens a block (or a function's body) rather than an object.
    fn block_may_stand_here(&self) -> bool {
        match self.script.tokens.last() {
            None | Some(Token::Punctuator(")" | ";" | "{" | "}" | "=>")) => true,
            Some(Token::Identifier(name)) => !matches!(
                name.as_ref(),
                "return" | "typeof" | "case" | "in" | "of" | "void" | "throw" | "yield" | "await"
            ),
            _ => false,
        }
    }
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn starts_identifier(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$' | '\\' | '#')
}

fn continues_identifier(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '\u{200c}' | '\u{200d}')
}

/// Decodes what follows a backslash into `text`; returns how many bytes it took.
fn escape(rest: &str, text: &mut String) -> usize {
    let Some(character) = rest.chars().next() else { return 0 };
    let hexadecimal = |digits: &str| {
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    let mut push = |value: u32| text.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
    match character {
        'x' => match rest.get(1..3).and_then(hexadecimal) {
            Some(value) => {
                push(value);
                return 3;
            }
            None => push('x' as u32),
        },
        'u' if rest[1..].starts_with('{') => {
            if let Some(end) = rest.bytes().take(12).position(|byte| byte == b'}')
                && let Some(value) = rest.get(2..end).and_then(hexadecimal)
            {
                push(value);
                return end + 1;
            }
            push('u' as u32);
        }
        'u' => match rest.get(1..5).and_then(hexadecimal) {
            Some(value) => {
                push(value);
                return 5;
            }
            None => push('u' as u32),
        },
        'n' => push('\n' as u32),
        'r' => push('\r' as u32),
        't' => push('\t' as u32),
        'b' => push(8),
        'f' => push(12),
        'v' => push(11),
        '0' => push(0),
        '\r' if rest[1..].starts_with('\n') => return 2,
        _ if is_line_end(character) => {}
        _ => push(character as u32),
    }
    character.len_utf8()
}

#[cfg(test)]
mod tests;
