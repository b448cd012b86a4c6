//! Owns [`Permalink`], the pattern of an address: `/:section/:slug/`.

use crate::diagnostic::did_you_mean;

/// The pattern of a post's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permalink {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands as it is.
    Text(String),
    /// What differs from post to post.
    Token(Token),
}

/// What differs from post to post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is named as its token")]
pub enum Token {
    Year,
    Month,
    Day,
    Slug,
    Section,
    Title,
    Stem,
}

/// Every token by its name.
const TOKENS: &[(&str, Token)] = &[
    ("year", Token::Year),
    ("month", Token::Month),
    ("day", Token::Day),
    ("slug", Token::Slug),
    ("section", Token::Section),
    ("title", Token::Title),
    ("stem", Token::Stem),
];

impl std::fmt::Display for Permalink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Token(token) => {
                let name = TOKENS.iter().find(|(_, known)| known == token).map_or("", |(name, _)| name);
                write!(formatter, ":{name}")
            }
        })
    }
}

impl Permalink {
    /// Parses a pattern; says what is wrong with one that can give no address.
    pub fn parse(pattern: &str) -> Result<Permalink, String> {
        if !pattern.starts_with('/') {
            return Err("it does not start with `/`".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((text, after)) = rest.split_once(':') {
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            let end =
                after.find(|letter: char| !(letter.is_ascii_alphabetic() || letter == '_')).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let Some((_, token)) = TOKENS.iter().find(|(known, _)| *known == name) else {
                let names = TOKENS.iter().map(|(known, _)| *known);
                let meant = match did_you_mean(name, names.clone()) {
                    Some(meant) => format!("did you mean `:{meant}`?"),
                    None => {
                        format!("there are {}", names.map(|name| format!("`:{name}`")).collect::<Vec<_>>().join(", "))
                    }
                };
                return Err(format!("it has the unknown token `:{name}`; {meant}"));
            };
            parts.push(Part::Token(*token));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if !pattern.ends_with('/') && !pattern.ends_with(".html") {
            return Err("it ends neither in `/` nor in `.html`".to_owned());
        }
        Ok(Permalink { parts })
    }

    /// Returns whether one of these tokens is in it.
    pub fn has(&self, tokens: &[Token]) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Token(token) if tokens.contains(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        for pattern in ["/:year/:month/:slug/", "/a/:section-:title.html", "/x/"] {
            assert_eq!(Permalink::parse(pattern).map(|parsed| parsed.to_string()).as_deref(), Ok(pattern));
        }
    }

    #[test]
    fn a_pattern_is_taken_apart_into_text_and_tokens() {
        let permalink = Permalink::parse("/:year-:month/:slug.html").unwrap();
        assert_eq!(
            permalink.parts,
            [
                Part::Text("/".to_owned()),
                Part::Token(Token::Year),
                Part::Text("-".to_owned()),
                Part::Token(Token::Month),
                Part::Text("/".to_owned()),
                Part::Token(Token::Slug),
                Part::Text(".html".to_owned()),
            ]
        );
    }

    #[test]
    fn a_pattern_that_gives_no_address_is_refused() {
        assert!(Permalink::parse("/:slgu/").unwrap_err().contains("did you mean `:slug`?"));
        assert!(Permalink::parse("/:x/").unwrap_err().contains("`:year`"));
        assert!(Permalink::parse("/:/").is_err());
        assert!(Permalink::parse(":slug/").is_err());
        assert!(Permalink::parse("/:slug").is_err());
        assert!(Permalink::parse("").is_err());
    }
}
