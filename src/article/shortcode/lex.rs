//! Owns what is written like a shortcode: `{{ name(a="b") }}`, `{% name() %}`, `{% end %}`, and `{{/* … */}}`, which shows one.
//!
//! Knows no Markdown: whether a tag stands in prose is decided in `mask`. What opens like one and does not go on like one is a
//! problem with its place, never text.

use std::ops::Range;

use super::{Fact, Kind, Signature};

/// One tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    /// Where it stands in the Markdown.
    pub(crate) range: Range<usize>,
    pub(crate) kind: TagKind,
}

/// What a tag is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TagKind {
    /// `{{ name() }}`.
    Alone(Call),
    /// `{% name() %}`.
    Open(Call),
    /// `{% end %}`.
    End,
    /// `{{/* … */}}`: this text.
    Shown(String),
    /// It began like a tag.
    Broken(Problem),
}

/// A shortcode that is called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) name_at: Range<usize>,
    pub(crate) arguments: Vec<Argument>,
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) name_at: Range<usize>,
    pub(crate) value: Fact,
    pub(crate) at: Range<usize>,
}

/// What is wrong with a shortcode, and where in the Markdown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) at: Range<usize>,
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, at: Range<usize>) -> Self {
        Problem { code, message: message.into(), at, hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Finds every tag, in order; backtick runs of code are passed over.
pub(crate) fn tags(text: &str) -> Vec<Tag> {
    let bytes = text.as_bytes();
    let mut tags = Vec::new();
    let mut at = 0;
    // The lengths of backtick runs that are known to end nowhere.
    let mut endless = [false; 64];
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'`' => {
                let length = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
                at = match closing_run(bytes, at + length, length, &mut endless) {
                    Some(end) => end,
                    None => at + length,
                };
            }
            b'{' if matches!(bytes.get(at + 1), Some(b'{' | b'%')) => match tag(text, at) {
                Some(tag) => {
                    at = tag.range.end;
                    tags.push(tag);
                }
                None => at += 1,
            },
            _ => at += 1,
        }
    }
    tags
}

/// Returns the end of the run of backticks that closes one; an empty line ends the search.
fn closing_run(bytes: &[u8], from: usize, length: usize, endless: &mut [bool; 64]) -> Option<usize> {
    let slot = length.min(63);
    if endless[slot] {
        return None;
    }
    let mut at = from;
    while at < bytes.len() {
        if bytes[at] == b'`' {
            let run = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
            if run == length {
                return Some(at + run);
            }
            at += run;
        } else if bytes[at] == b'\n' && length < 3 && is_blank_line(bytes, at + 1) {
            return None;
        } else {
            at += 1;
        }
    }
    endless[slot] = true;
    None
}

fn is_blank_line(bytes: &[u8], from: usize) -> bool {
    let mut rest = bytes[from.min(bytes.len())..].iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
    matches!(rest.next(), None | Some(b'\n'))
}

/// Reads the tag at a place, if one begins there.
fn tag(text: &str, start: usize) -> Option<Tag> {
    let is_pair = text.as_bytes()[start + 1] == b'%';
    let close = if is_pair { "%}" } else { "}}" };
    if let Some(inner) = text[start + 2..].strip_prefix("/*") {
        let end_mark = format!("*/{close}");
        let end = inner.find(&end_mark)?;
        let shown = format!("{}{}{close}", &text[start..start + 2], &inner[..end]);
        let range = start..start + 4 + end + end_mark.len();
        return Some(Tag { range, kind: TagKind::Shown(shown) });
    }
    let mut reader = Reader { text, at: start + 2 };
    reader.blanks();
    let name_at = reader.word()?;
    let name = text[name_at.clone()].to_owned();
    reader.blanks();
    if is_pair && name == "end" && reader.takes(close) {
        return Some(Tag { range: start..reader.at, kind: TagKind::End });
    }
    if !reader.takes("(") {
        return None;
    }
    let opened = reader.at;
    let kind = match reader.arguments().and_then(|arguments| {
        reader.blanks();
        match reader.takes(close) {
            true => Ok(arguments),
            false => Err(reader.problem(format!("the shortcode `{name}` is not closed by `{close}`"))),
        }
    }) {
        Ok(arguments) => {
            let call = Call { name, name_at, arguments };
            if is_pair { TagKind::Open(call) } else { TagKind::Alone(call) }
        }
        Err(problem) => {
            let hint = format!(
                "write `{} {name}(key=\"value\") {close}`; to show it as text, `{}/* … */{close}`",
                &text[start..start + 2],
                &text[start..start + 2]
            );
            let problem = if problem.hint.is_some() { problem } else { problem.hint(hint) };
            return Some(Tag { range: start..opened, kind: TagKind::Broken(problem) });
        }
    };
    Some(Tag { range: start..reader.at, kind })
}

/// Reads on from a place.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Passes over blanks, but over no empty line.
    fn blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\n' if is_blank_line(bytes, self.at + 1) => return,
                b' ' | b'\t' | b'\n' => self.at += 1,
                _ => return,
            }
        }
    }

    fn takes(&mut self, what: &str) -> bool {
        let is_there = self.rest().starts_with(what);
        self.at += if is_there { what.len() } else { 0 };
        is_there
    }

    /// Reads a name: letters, digits, `_` and `-`, a letter first.
    fn word(&mut self) -> Option<Range<usize>> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = self.rest().bytes().take_while(|byte| is_word(*byte)).count();
        let is_name = self.rest().as_bytes().first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        self.at += if is_name { length } else { 0 };
        is_name.then(|| self.at - length..self.at)
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        Problem::new("shortcode/syntax", message, self.at..self.at + length)
    }

    /// Reads `a="b", c=3)`.
    fn arguments(&mut self) -> Result<Vec<Argument>, Problem> {
        let mut arguments = Vec::new();
        loop {
            self.blanks();
            if self.takes(")") {
                return Ok(arguments);
            }
            let Some(name_at) = self.word() else {
                let hint = "arguments have names: `name(key=\"value\")`";
                return Err(self.problem("the name of an argument, or `)`, is missing here").hint(hint));
            };
            let name = self.text[name_at.clone()].to_owned();
            self.blanks();
            if !self.takes("=") {
                return Err(self.problem(format!("`=` is missing after `{name}`")));
            }
            self.blanks();
            let from = self.at;
            let value = self.value(0)?;
            arguments.push(Argument { name, name_at, value, at: from..self.at });
            self.blanks();
            if !self.takes(",") && !self.rest().starts_with(')') {
                return Err(self.problem("`,` or `)` is missing here"));
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Fact, Problem> {
        match self.rest().as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => self.quoted(char::from(quote)),
            Some(b'[') if depth < 4 => {
                self.at += 1;
                let mut values = Vec::new();
                loop {
                    self.blanks();
                    if self.takes("]") {
                        return Ok(Fact::List(values));
                    }
                    values.push(self.value(depth + 1)?);
                    self.blanks();
                    if !self.takes(",") && !self.rest().starts_with(']') {
                        return Err(self.problem("`,` or `]` is missing here"));
                    }
                }
            }
            _ => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
                let length = self.rest().as_bytes().iter().take_while(|byte| is_part(byte)).count();
                let word = &self.rest()[..length];
                let value = match word {
                    "true" => Some(Fact::Boolean(true)),
                    "false" => Some(Fact::Boolean(false)),
                    _ if !word.starts_with(|first: char| first.is_ascii_digit() || first == '-') => None,
                    _ => word
                        .parse()
                        .map(Fact::Whole)
                        .ok()
                        .or_else(|| word.parse().ok().filter(|number: &f64| number.is_finite()).map(Fact::Number)),
                };
                let Some(value) = value else {
                    let hint = "a value is `\"text\"`, a number, `true`, `false` or a list `[…]`";
                    return Err(self.problem("this is no value").hint(hint));
                };
                self.at += length;
                Ok(value)
            }
        }
    }

    /// Reads text between quotes; `\"` and `\\` stand for themselves.
    fn quoted(&mut self, quote: char) -> Result<Fact, Problem> {
        let open = self.at;
        let mut value = String::new();
        let mut characters = self.text[open + 1..].char_indices();
        while let Some((index, character)) = characters.next() {
            let here = open + 1 + index;
            if character == quote {
                self.at = here + 1;
                return Ok(Fact::Text(value));
            }
            if character == '\n' && is_blank_line(self.text.as_bytes(), here + 1) {
                break;
            }
            match character {
                '\\' => match characters.clone().next() {
                    Some((_, next)) if next == quote || next == '\\' => {
                        value.push(next);
                        characters.next();
                    }
                    _ => value.push('\\'),
                },
                '\n' => value.push(' '),
                _ => value.push(character),
            }
        }
        Err(self.problem(format!("this `{quote}` has no partner in its paragraph")))
    }
}

/// Reads `name(a: text, b: number = 1) with body`.
pub(super) fn signature(text: &str) -> Result<(String, Signature), String> {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    let name = reader.word().ok_or("it begins with no name")?;
    let name = text[name].to_owned();
    reader.blanks();
    if !reader.takes("(") {
        return Err(format!("`(` is missing after `{name}`"));
    }
    let mut arguments: Vec<(String, Kind, Option<Fact>)> = Vec::new();
    loop {
        reader.blanks();
        if reader.takes(")") {
            break;
        }
        let argument = reader.word().ok_or("the name of an argument, or `)`, is missing")?;
        let argument = text[argument].to_owned();
        reader.blanks();
        if !reader.takes(":") {
            return Err(format!("`:` and a kind are missing after `{argument}`"));
        }
        reader.blanks();
        let kind = reader.word().map(|at| &text[at]).unwrap_or_default();
        let known = [Kind::Text, Kind::Number, Kind::Boolean, Kind::List].into_iter().find(|one| one.name() == kind);
        let kind = known
            .ok_or_else(|| format!("`{argument}` is a `{kind}`; a kind is `text`, `number`, `boolean` or `list`"))?;
        reader.blanks();
        let mut default = None;
        if reader.takes("=") {
            reader.blanks();
            let value = reader.value(0).map_err(|problem| problem.message)?;
            if value.kind() != kind {
                return Err(format!("`{argument}` is a {}, but its value is a {}", kind.name(), value.kind().name()));
            }
            default = Some(value);
        }
        if arguments.iter().any(|(known, ..)| *known == argument)
            || matches!(argument.as_str(), "body" | "source" | "page" | "config")
        {
            return Err(format!("the name `{argument}` is taken"));
        }
        arguments.push((argument, kind, default));
        reader.blanks();
        if !reader.takes(",") && !reader.rest().starts_with(')') {
            return Err("`,` or `)` is missing".to_owned());
        }
    }
    let body = match reader.rest().split_whitespace().collect::<Vec<_>>().as_slice() {
        [] => false,
        ["with", "body"] => true,
        _ => return Err("after `)` nothing follows but `with body`".to_owned()),
    };
    Ok((name, Signature { arguments, body }))
}
