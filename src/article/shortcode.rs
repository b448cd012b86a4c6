//! Owns shortcodes: `{{ name(a="b") }}` and `{% name() %}…{% end %}` in the prose of a post.
//!
//! `lex` finds what is written like one, `mask` tells prose from code and hands bodies to Markdown in place, `builtin` has those
//! that every site has. A site's own come through [`Inserts`]: this room knows no templates.

pub(super) mod builtin;
pub(super) mod foreign;
pub(super) mod lex;
pub(super) mod mask;

use std::collections::BTreeMap;

use super::hooks::Hooks;
use crate::diagnostic::Diagnostic;
use crate::library::PostId;

/// What a text asks of the site's own templates.
pub trait Inserts: Sync {
    /// Returns what a shortcode of the site or its theme takes, if there is one of this name.
    fn shortcode(&self, name: &str) -> Option<&Signature>;

    /// Returns the names of the site's and the theme's shortcodes.
    fn shortcodes(&self) -> Vec<&str>;

    /// Returns the HTML of a shortcode of the site or its theme.
    fn expand(&self, post: PostId, name: &str, facts: Vec<(&str, Fact)>) -> Result<String, Diagnostic>;

    /// Returns which hooks the site or its theme has.
    fn hooks(&self) -> Hooks;

    /// Returns whether there is a hook of this name: `code-mermaid`.
    fn has_hook(&self, name: &str) -> bool;

    /// Returns the HTML that a hook makes.
    fn hook(&self, post: PostId, name: &str, facts: Vec<(&str, Fact)>) -> Result<String, Diagnostic>;

    /// Returns the bytes of a file of the site by its link, or why there are none.
    fn file(&self, link: &str) -> Result<Vec<u8>, String>;
}

/// A site without templates of its own in its texts.
#[derive(Debug)]
pub struct NoInserts;

impl Inserts for NoInserts {
    fn shortcode(&self, _: &str) -> Option<&Signature> {
        None
    }

    fn shortcodes(&self) -> Vec<&str> {
        Vec::new()
    }

    fn expand(&self, _: PostId, name: &str, _: Vec<(&str, Fact)>) -> Result<String, Diagnostic> {
        Err(Diagnostic::error("shortcode/unknown", format!("there is no shortcode `{name}`")))
    }

    fn hooks(&self) -> Hooks {
        Hooks::default()
    }

    fn has_hook(&self, _: &str) -> bool {
        false
    }

    fn hook(&self, _: PostId, name: &str, _: Vec<(&str, Fact)>) -> Result<String, Diagnostic> {
        Err(Diagnostic::error("hook/unknown", format!("there is no hook `{name}`")))
    }

    fn file(&self, link: &str) -> Result<Vec<u8>, String> {
        Err(format!("there is no file at `{link}`"))
    }
}

/// A value that a template is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Text, to be escaped.
    Text(String),
    /// HTML, which stands as it is.
    Html(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Several values.
    List(Vec<Fact>),
    /// Values with names; only templates get these.
    Map(BTreeMap<String, Fact>),
}

impl Fact {
    /// Returns the name of its kind, as signatures have it.
    pub fn kind(&self) -> Kind {
        match self {
            Fact::Text(_) | Fact::Html(_) => Kind::Text,
            Fact::Whole(_) | Fact::Number(_) => Kind::Number,
            Fact::Boolean(_) => Kind::Boolean,
            Fact::List(_) | Fact::Map(_) => Kind::List,
        }
    }
}

/// What kind of value an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `"words"`.
    Text,
    /// `3`, `-1.5`.
    Number,
    /// `true`, `false`.
    Boolean,
    /// `["a", "b"]`.
    List,
}

impl Kind {
    /// Its name in a signature.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::List => "list",
        }
    }
}

/// What a shortcode takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Its arguments: name, kind, and the value where it is left out; none where it must be given.
    pub arguments: Vec<(String, Kind, Option<Fact>)>,
    /// Whether it encloses a text.
    pub body: bool,
}

impl Signature {
    /// Reads a signature: `quote(author: text, year: number = 0) with body`.
    pub fn read(text: &str) -> Result<(String, Signature), String> {
        lex::signature(text)
    }

    /// Returns the values of a call, those that were left out included; all that is wrong with it otherwise.
    pub(super) fn check(&self, call: &lex::Call) -> Result<BTreeMap<String, Fact>, Vec<lex::Problem>> {
        let mut values: BTreeMap<String, Fact> = BTreeMap::new();
        let mut problems = Vec::new();
        let name = &call.name;
        for argument in &call.arguments {
            let known = self.arguments.iter().find(|(known, ..)| *known == argument.name);
            let Some((_, kind, _)) = known else {
                let names = || self.arguments.iter().map(|(name, ..)| name.as_str());
                let hint = match crate::diagnostic::did_you_mean(&argument.name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.arguments.is_empty() => "it takes none".to_owned(),
                    None => format!("it takes `{}`", names().collect::<Vec<_>>().join("`, `")),
                };
                let message = format!("the shortcode `{name}` takes no argument `{}`", argument.name);
                problems.push(lex::Problem::new("shortcode/argument", message, argument.name_at.clone()).hint(hint));
                continue;
            };
            if argument.value.kind() != *kind {
                let (wanted, found) = (kind.name(), argument.value.kind().name());
                let message = format!("`{}` of the shortcode `{name}` is a {wanted}, not a {found}", argument.name);
                let hint = match kind {
                    Kind::Text => "put it between quotes: `\"…\"`",
                    Kind::Number => "write a number without quotes: `3`",
                    Kind::Boolean => "write `true` or `false` without quotes",
                    Kind::List => "write a list: `[\"a\", \"b\"]`",
                };
                problems.push(lex::Problem::new("shortcode/argument", message, argument.at.clone()).hint(hint));
            } else if values.insert(argument.name.clone(), argument.value.clone()).is_some() {
                let message = format!("`{}` is given twice", argument.name);
                let problem = lex::Problem::new("shortcode/argument", message, argument.name_at.clone());
                problems.push(problem.hint("take one of them out"));
            }
        }
        for (wanted, kind, default) in &self.arguments {
            if call.arguments.iter().any(|argument| argument.name == *wanted) {
                continue;
            }
            match default {
                Some(default) => _ = values.insert(wanted.clone(), default.clone()),
                None => {
                    let message = format!("the shortcode `{name}` needs `{wanted}`");
                    let problem = lex::Problem::new("shortcode/argument", message, call.name_at.clone());
                    problems.push(problem.hint(format!("add `{wanted}=…`, a {}", kind.name())));
                }
            }
        }
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests;
