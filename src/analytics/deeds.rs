//! Owns what an inline script *does*, as far as snippets go: it calls functions, fills queues, sets
//! globals and loads scripts. Gives [`Deed`]s in the order in which a browser comes to them.
//!
//! It evaluates only what vendors' snippets need: strings put together with `+`, the choice between
//! `http` and `https`, constants, lists and objects. Everything else is [`Value::Other`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::script::{Script, Token};

/// A value in a script, as far as it is known without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A number as written.
    Number(String),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Object(BTreeMap<String, Value>),
    /// Anything else.
    Other,
}

impl Value {
    /// Returns a text, a number or a flag as it would be printed.
    pub fn printed(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(Cow::Borrowed(text)),
            Value::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Value::List(_) | Value::Object(_) | Value::Other => None,
        }
    }
}

/// One thing that an inline script does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It calls a function: `_paq.push`, without a leading `window`.
    Call(String, Vec<Value>),
    /// It sets a variable or a property: `goatcounter.no_onload`, without a leading `window`.
    Set(String, Value),
    /// It loads another script from this URL.
    Load(String),
}

/// The constants that scripts of one page have set, by name; a later script sees an earlier one's.
pub type Constants = BTreeMap<String, Value>;

/// How many tokens may be looked at to evaluate one script's expressions, as a multiple of its length.
const EFFORT: usize = 40;

/// Returns what a script does.
pub fn deeds(script: &Script<'_>, constants: &mut Constants) -> Vec<Deed> {
    let tokens = script.tokens.as_slice();
    let mut reader = Reader { tokens, constants, effort: tokens.len().saturating_mul(EFFORT).saturating_add(1_000) };
    let mut deeds = Vec::new();
    let mut last_set = String::new();
    let mut at = 0;
    let hidden = reader.hand_over();
    while at < tokens.len() {
        let (path, after) = reader.path(at);
        if path.is_empty() {
            // `(window._paq = window._paq || []).push(…)`: the queue is what was set last.
            if tokens[at].is(")")
                && tokens.get(at + 1).is_some_and(|token| token.is("."))
                && tokens.get(at + 2).is_some_and(|token| token.names("push"))
                && tokens.get(at + 3).is_some_and(|token| token.is("("))
            {
                let (arguments, _) = reader.list(at + 4, ")", 0);
                deeds.push(Deed::Call(format!("{last_set}.push"), arguments));
            }
            at += 1;
            continue;
        }
        match tokens.get(after) {
            Some(token) if token.is("(") => {
                let (arguments, _) = reader.list(after + 1, ")", 0);
                deeds.push(call(path, arguments));
            }
            Some(token) if token.is("=") => {
                let (value, _) = reader.expression(after + 1, 0);
                match &value {
                    Value::Text(url) if path == "src" || path.ends_with(".src") => deeds.push(Deed::Load(url.clone())),
                    _ => deeds.push(Deed::Set(path.clone(), value.clone())),
                }
                reader.constants.insert(path.clone(), value);
                last_set = path;
            }
            _ => {}
        }
        at = after;
    }
    // Outside of its script a parameter is nothing.
    for (name, value) in hidden {
        match value {
            Some(value) => drop(reader.constants.insert(name, value)),
            None => drop(reader.constants.remove(&name)),
        }
    }
    deeds
}

/// Returns a call, or the loading of a script that it comes to.
fn call(path: String, arguments: Vec<Value>) -> Deed {
    if path.ends_with("setAttribute")
        && let [Value::Text(name), Value::Text(url), ..] = arguments.as_slice()
        && name == "src"
    {
        return Deed::Load(url.clone());
    }
    if matches!(path.as_str(), "document.write" | "document.writeln")
        && let [Value::Text(markup), ..] = arguments.as_slice()
        && let Some(url) = source_in(markup)
    {
        return Deed::Load(url);
    }
    Deed::Call(path, arguments)
}

/// Returns the `src` of the script tag that is written out.
fn source_in(markup: &str) -> Option<String> {
    let tag = &markup[markup.find("<script")?..];
    let rest = tag[tag.find("src=")? + 4..].trim_start();
    let quote = rest.chars().next().filter(|character| matches!(character, '"' | '\''));
    Some(match quote {
        Some(quote) => rest[1..].split(quote).next()?.to_owned(),
        None => rest.split(|character: char| character.is_whitespace() || character == '>').next()?.to_owned(),
    })
}

struct Reader<'script, 'constants> {
    tokens: &'script [Token<'script>],
    constants: &'constants mut Constants,
    effort: usize,
}

impl Reader<'_, '_> {
    fn is(&self, at: usize, punctuator: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(punctuator))
    }

    /// Sets the parameters of functions that are called where they stand, `(function(d,t){…})(document,"//h/t.js")`;
    /// returns what their names meant before.
    fn hand_over(&mut self) -> Vec<(String, Option<Value>)> {
        let (mut open, mut hidden) = (Vec::new(), Vec::new());
        for at in 0..self.tokens.len() {
            if self.is(at, "{") {
                open.push(at);
            }
            let Some(start) = self.is(at, "}").then(|| open.pop()).flatten() else { continue };
            let arguments = if self.is(at + 1, ")") { at + 2 } else { at + 1 };
            if !self.is(arguments, "(") {
                continue;
            }
            let names = self.parameters(start);
            if names.is_empty() {
                continue;
            }
            let (values, _) = self.list(arguments + 1, ")", 0);
            for (name, value) in names.into_iter().zip(values) {
                let before = self.constants.insert(name.clone(), value);
                hidden.push((name, before));
            }
        }
        hidden.reverse();
        hidden
    }

    /// Returns the parameters of the function whose body opens here.
    fn parameters(&self, body: usize) -> Vec<String> {
        let is_arrow = body > 0 && self.is(body - 1, "=>");
        let mut at = if is_arrow { body - 1 } else { body };
        let mut names = Vec::new();
        if at == 0 || !self.is(at - 1, ")") {
            return names;
        }
        at -= 1;
        while at > 0 && !self.is(at, "(") {
            at -= 1;
            match self.tokens.get(at) {
                Some(Token::Identifier(name)) => names.push(name.to_string()),
                Some(Token::Punctuator("," | "(")) => {}
                // Defaults and patterns are no vendor's style.
                _ => return Vec::new(),
            }
        }
        let says_function = |back: usize| at >= back && self.tokens[at - back].names("function");
        names.reverse();
        if is_arrow || says_function(1) || says_function(2) { names } else { Vec::new() }
    }

    /// Reads `a.b.c` or `a["b"].c`; empty if none starts here.
    fn path(&self, start: usize) -> (String, usize) {
        let Some(Token::Identifier(first)) = self.tokens.get(start) else { return (String::new(), start) };
        let mut path = first.to_string();
        let mut at = start + 1;
        loop {
            let next = match (self.tokens.get(at), self.tokens.get(at + 1), self.tokens.get(at + 2)) {
                (Some(Token::Punctuator("." | "?.")), Some(Token::Identifier(name)), _) => {
                    at += 2;
                    name
                }
                (Some(Token::Punctuator("[")), Some(Token::Text(name)), Some(Token::Punctuator("]"))) => {
                    at += 3;
                    name
                }
                _ => return (path, at),
            };
            match path.as_str() {
                "window" | "self" | "globalThis" => path = next.to_string(),
                _ => {
                    path.push('.');
                    path.push_str(next);
                }
            }
        }
    }

    /// Reads values up to the closing bracket.
    fn list(&mut self, start: usize, close: &str, depth: usize) -> (Vec<Value>, usize) {
        let mut values = Vec::new();
        let mut at = start;
        while at < self.tokens.len() && !self.is(at, close) {
            let (value, after) = self.expression(at, depth + 1);
            values.push(value);
            match self.is(after, ",") {
                true => at = after + 1,
                false if self.is(after, close) => at = after,
                false => return (values, after),
            }
        }
        (values, at + 1)
    }

    /// Reads a whole expression: a choice, an alternative, or a sum.
    fn expression(&mut self, start: usize, depth: usize) -> (Value, usize) {
        let (mut value, mut at) = self.sum(start, depth);
        loop {
            match self.tokens.get(at) {
                Some(Token::Punctuator("==" | "===" | "!=" | "!==")) => {
                    at = self.sum(at + 1, depth).1;
                    value = Value::Other;
                }
                Some(Token::Punctuator("||" | "??" | "&&")) => {
                    let (other, after) = self.sum(at + 1, depth);
                    if value == Value::Other {
                        value = other;
                    }
                    at = after;
                }
                Some(Token::Punctuator("?")) => {
                    let (one, after) = self.expression(at + 1, depth + 1);
                    if !self.is(after, ":") {
                        return (Value::Other, after);
                    }
                    let (other, after) = self.expression(after + 1, depth + 1);
                    value = secure(one, other);
                    at = after;
                }
                Some(Token::Punctuator("=")) => {
                    // `window._paq = window._paq || []`: what is set is what stands at its end.
                    let (set, after) = self.expression(at + 1, depth + 1);
                    value = set;
                    at = after;
                }
                _ if self.ends_value(at) => return (value, at),
                _ => return (Value::Other, self.skip(at)),
            }
        }
    }

    /// Returns whether an expression may end here.
    fn ends_value(&self, at: usize) -> bool {
        match self.tokens.get(at) {
            None | Some(Token::Identifier(_)) => true,
            Some(Token::Punctuator(found)) => matches!(*found, "," | ";" | ")" | "]" | "}" | ":" | "$}"),
            Some(_) => false,
        }
    }

    /// Passes over the rest of an expression that is not understood.
    fn skip(&mut self, start: usize) -> usize {
        let mut depth = 0_usize;
        for at in start..self.tokens.len() {
            if self.effort == 0 {
                return self.tokens.len();
            }
            self.effort -= 1;
            if let Token::Punctuator(found) = &self.tokens[at] {
                match *found {
                    "(" | "[" | "{" | "${" => depth += 1,
                    ")" | "]" | "}" | "$}" if depth == 0 => return at,
                    ")" | "]" | "}" | "$}" => depth -= 1,
                    "," | ";" if depth == 0 => return at,
                    _ => {}
                }
            }
        }
        self.tokens.len()
    }

    fn sum(&mut self, start: usize, depth: usize) -> (Value, usize) {
        let (mut value, mut at) = self.operand(start, depth);
        while self.is(at, "+") {
            let (other, after) = self.operand(at + 1, depth);
            value = match (value.printed(), other.printed()) {
                (Some(one), Some(other)) => Value::Text(format!("{one}{other}")),
                _ => Value::Other,
            };
            at = after;
        }
        (value, at)
    }

    fn operand(&mut self, at: usize, depth: usize) -> (Value, usize) {
        if self.effort == 0 || depth > 40 {
            return (Value::Other, self.skip(at));
        }
        self.effort -= 1;
        match self.tokens.get(at) {
            Some(Token::Text(text)) => (Value::Text(text.to_string()), at + 1),
            Some(Token::Number(number)) => (Value::Number((*number).to_owned()), at + 1),
            Some(Token::Template(_)) => self.template(at, depth),
            Some(Token::Punctuator("(")) => {
                let (value, after) = self.expression(at + 1, depth + 1);
                (value, if self.is(after, ")") { after + 1 } else { after })
            }
            Some(Token::Punctuator("[")) => {
                let (values, after) = self.list(at + 1, "]", depth);
                (Value::List(values), after)
            }
            Some(Token::Punctuator("{")) => self.object(at + 1, depth),
            Some(Token::Punctuator("!")) => match self.tokens.get(at + 1) {
                Some(Token::Number(number)) => (Value::Flag(*number == "0"), at + 2),
                _ => (Value::Other, self.operand(at + 1, depth + 1).1),
            },
            Some(Token::Identifier(_)) => self.named(at, depth),
            _ => (Value::Other, at.saturating_add(1).min(self.tokens.len())),
        }
    }

    /// Reads a constant, `true`, `false`, or a call that only decodes its argument.
    fn named(&mut self, at: usize, depth: usize) -> (Value, usize) {
        let (path, after) = self.path(at);
        match path.as_str() {
            "true" | "false" => return (Value::Flag(path == "true"), after),
            "function" | "async" | "new" | "class" => return (Value::Other, self.skip(after)),
            _ => {}
        }
        if !self.is(after, "(") {
            return (self.constants.get(&path).cloned().unwrap_or(Value::Other), after);
        }
        let (arguments, after) = self.list(after + 1, ")", depth);
        match (path.as_str(), arguments.into_iter().next()) {
            ("unescape" | "decodeURIComponent" | "decodeURI", Some(Value::Text(text))) => {
                (Value::Text(percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()), after)
            }
            ("String", Some(value)) => (value, after),
            _ => (Value::Other, after),
        }
    }

    fn template(&mut self, start: usize, depth: usize) -> (Value, usize) {
        let mut text = Some(String::new());
        let mut at = start;
        while let Some(Token::Template(piece)) = self.tokens.get(at) {
            text = text.map(|text| text + piece);
            if !self.is(at + 1, "${") {
                at += 1;
                break;
            }
            let (value, after) = self.expression(at + 2, depth + 1);
            text = text.and_then(|text| value.printed().map(|printed| text + &printed));
            at = if self.is(after, "$}") { after + 1 } else { after };
        }
        (text.map_or(Value::Other, Value::Text), at.max(start + 1))
    }

    fn object(&mut self, start: usize, depth: usize) -> (Value, usize) {
        let mut object = BTreeMap::new();
        let mut at = start;
        while let Some(token) = self.tokens.get(at) {
            let name = match token {
                Token::Identifier(name) | Token::Text(name) => name.to_string(),
                Token::Number(number) => (*number).to_owned(),
                _ => break,
            };
            let (value, after) = match self.is(at + 1, ":") {
                true => self.expression(at + 2, depth + 1),
                // A method, a getter or a short-hand: its name counts, its value is not known.
                false => (Value::Other, self.skip(at + 1)),
            };
            object.insert(name, value);
            at = after;
            if !self.is(at, ",") {
                break;
            }
            at += 1;
        }
        match self.is(at, "}") {
            true => (Value::Object(object), at + 1),
            false => (Value::Other, self.skip(at)),
        }
    }
}

/// Returns the one of two values that a page on https would take.
fn secure(one: Value, other: Value) -> Value {
    let is_secure = |value: &Value| matches!(value, Value::Text(text) if text.starts_with("https"));
    match is_secure(&other) && !is_secure(&one) {
        true => other,
        false => one,
    }
}

#[cfg(test)]
mod tests;
