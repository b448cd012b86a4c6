//! Owns the question whether a tracker's tokens show something: a name, a string, or a way of reading a
//! property. Comments never count; a string counts as a name only where it stands for one.

use std::borrow::Cow;

use super::script::{Script, Token};

/// Something by which tokens show that a tracker understands a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// It names this: as an identifier, or as `object["name"]`. A string elsewhere does not count.
    Name(Cow<'static, str>),
    /// It has this string.
    Text(Cow<'static, str>),
    /// It reads these properties one after another: `.dataset.goatcounter`.
    Members(&'static [&'static str]),
    /// It names these one after another, from whatever object: `plausible.o`, `window.plausible.o`.
    Path(&'static [&'static str]),
}

impl Sign {
    /// Returns whether a script's tokens show it.
    pub fn found_in(&self, script: &Script<'_>) -> bool {
        let tokens = &script.tokens;
        match self {
            Sign::Text(wanted) => tokens.iter().any(|token| match token {
                Token::Text(text) | Token::Template(text) => text == wanted,
                _ => false,
            }),
            Sign::Name(wanted) => tokens.iter().enumerate().any(|(index, token)| match token {
                Token::Identifier(name) => name == wanted,
                // `window["_paq"]`, `{"trackPageView": …}`: there a string is a name.
                Token::Text(text) | Token::Template(text) if text == wanted => {
                    let next = tokens.get(index + 1);
                    let member = index >= 2
                        && tokens[index - 1].is("[")
                        && next.is_some_and(|next| next.is("]"))
                        && holds_members(&tokens[index - 2]);
                    let key = index >= 1
                        && (tokens[index - 1].is("{") || tokens[index - 1].is(","))
                        && next.is_some_and(|next| next.is(":"));
                    member || key
                }
                _ => false,
            }),
            Sign::Members(wanted) => tokens.windows(wanted.len() * 2).any(|window| {
                wanted.iter().enumerate().all(|(index, name)| {
                    matches!(window[index * 2], Token::Punctuator("." | "?.")) && window[index * 2 + 1].names(name)
                })
            }),
            Sign::Path(wanted) => tokens.windows((wanted.len() * 2).saturating_sub(1)).any(|window| {
                wanted.iter().enumerate().all(|(index, name)| {
                    (index == 0 || matches!(window[index * 2 - 1], Token::Punctuator("." | "?.")))
                        && window[index * 2].names(name)
                })
            }),
        }
    }
}

/// Returns whether `[` after this token reads a member rather than opening a list.
fn holds_members(token: &Token<'_>) -> bool {
    match token {
        Token::Identifier(name) => !matches!(name.as_ref(), "return" | "typeof" | "in" | "of" | "case" | "void"),
        Token::Punctuator(found) => matches!(*found, ")" | "]" | "?."),
        _ => false,
    }
}
