//! Owns CSS selectors as far as contracts need them: parsed once, where site.toml is read.
//!
//! Knows element names, `*`, `#id`, `.class`, attributes with every operator and the flag `i`, the four combinators,
//! lists, `:not()`, `:root`, `:first-child`, `:last-child` and `:only-child`, as <https://www.w3.org/TR/selectors-4/>
//! defines them. Refuses all else by name: a selector that is half understood would judge half a page.

/// Several selectors; an element has to fit one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// As it was written.
    pub written: String,
    /// The parts between commas.
    pub alternatives: Vec<Complex>,
}

/// Compounds with combinators between them, read from the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complex {
    /// What the element itself has to be.
    pub subject: Compound,
    /// What stands around it, the nearest first.
    pub around: Vec<(Combinator, Compound)>,
}

/// How one compound stands to the one on its right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combinator {
    /// ` `: somewhere above it.
    Ancestor,
    /// `>`: directly above it.
    Parent,
    /// `+`: directly before it.
    Previous,
    /// `~`: somewhere before it.
    Earlier,
}

/// What one element has to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compound {
    /// Its name in lower case; none for `*`.
    pub element: Option<String>,
    /// What else is so of it.
    pub conditions: Vec<Condition>,
}

/// One thing that has to be so of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `#main`.
    Id(String),
    /// `.note`.
    Class(String),
    /// `[rel=canonical]`.
    Attribute(Attribute),
    /// `:not(…)`: none of these.
    Not(Vec<Compound>),
    /// `:root`.
    Root,
    /// `:first-child`.
    First,
    /// `:last-child`.
    Last,
}

/// A test of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name in lower case.
    pub name: String,
    /// What its value has to be; none: it has to be there.
    pub test: Option<(Operator, String)>,
    /// Whether upper and lower case are the same.
    pub ignores_case: bool,
}

/// How the value of an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`.
    Is,
    /// `~=`: one of its words.
    Word,
    /// `|=`: it, or it and a hyphen.
    Dash,
    /// `^=`.
    Starts,
    /// `$=`.
    Ends,
    /// `*=`.
    Holds,
}

/// Why a text is no selector, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSelector {
    /// What is wrong.
    pub reason: String,
    /// What may stand there.
    pub hint: String,
}

/// What is known, for hints.
const KNOWN: &str = "a contract knows names, `*`, `#id`, `.class`, `[attribute=value]` (also `~= |= ^= $= *=`), the combinators ` `, `>`, \
                     `+`, `~`, lists with commas, `:not()`, `:root`, `:first-child`, `:last-child`, `:only-child`";

/// Attributes whose values HTML compares without regard to case:
/// <https://html.spec.whatwg.org/multipage/semantics-other.html#case-sensitivity-of-selectors>.
const CASELESS: &[&str] = &[
    "accept",
    "accept-charset",
    "align",
    "alink",
    "axis",
    "bgcolor",
    "charset",
    "checked",
    "clear",
    "codetype",
    "color",
    "compact",
    "declare",
    "defer",
    "dir",
    "direction",
    "disabled",
    "enctype",
    "face",
    "frame",
    "hreflang",
    "http-equiv",
    "lang",
    "language",
    "link",
    "media",
    "method",
    "multiple",
    "nohref",
    "noresize",
    "noshade",
    "nowrap",
    "readonly",
    "rel",
    "rev",
    "rules",
    "scope",
    "scrolling",
    "selected",
    "shape",
    "target",
    "text",
    "type",
    "valign",
    "valuetype",
    "vlink",
];

impl Selector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Selector, NoSelector> {
        let mut reader = Reader { rest: text, depth: 0 };
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(reader.complex()?);
            match reader.rest.strip_prefix(',') {
                Some(rest) => reader.rest = rest,
                None if reader.rest.is_empty() => break,
                None => return Err(reader.unexpected()),
            }
        }
        Ok(Selector { written: text.trim().to_owned(), alternatives })
    }
}

struct Reader<'t> {
    rest: &'t str,
    /// How many `:not(` are open.
    depth: u8,
}

impl Reader<'_> {
    fn complex(&mut self) -> Result<Complex, NoSelector> {
        self.blanks();
        let mut chain = vec![(None, self.compound()?)];
        loop {
            let blank = self.blanks();
            let combinator = match self.rest.chars().next() {
                None | Some(',' | ')') => break,
                Some('>') => Combinator::Parent,
                Some('+') => Combinator::Previous,
                Some('~') => Combinator::Earlier,
                Some(_) if blank => Combinator::Ancestor,
                Some(_) => return Err(self.unexpected()),
            };
            if combinator != Combinator::Ancestor {
                self.rest = &self.rest[1..];
                self.blanks();
            }
            chain.push((Some(combinator), self.compound()?));
        }
        // Each combinator is kept with the compound on its left.
        let (mut combinator, subject) = chain.pop().expect("the chain begins with one");
        let mut around = Vec::new();
        while let (Some(between), Some((next, compound))) = (combinator, chain.pop()) {
            around.push((between, compound));
            combinator = next;
        }
        Ok(Complex { subject, around })
    }

    fn compound(&mut self) -> Result<Compound, NoSelector> {
        let mut compound = Compound::default();
        let before = self.rest;
        match self.rest.strip_prefix('*') {
            Some(rest) => self.rest = rest,
            None => compound.element = self.name().map(|name| name.to_lowercase()),
        }
        if self.rest.starts_with('|') {
            return Err(refused("namespaces (`|`) are not known here"));
        }
        loop {
            let condition = match self.rest.chars().next() {
                Some('#') => {
                    self.rest = &self.rest[1..];
                    Condition::Id(self.demand_name("an id after `#`")?)
                }
                Some('.') => {
                    self.rest = &self.rest[1..];
                    Condition::Class(self.demand_name("a class after `.`")?)
                }
                Some('[') => Condition::Attribute(self.attribute()?),
                Some(':') => {
                    self.pseudo(&mut compound.conditions)?;
                    continue;
                }
                _ => break,
            };
            compound.conditions.push(condition);
        }
        if self.rest.len() == before.len() {
            return Err(self.unexpected());
        }
        Ok(compound)
    }

    fn attribute(&mut self) -> Result<Attribute, NoSelector> {
        self.rest = &self.rest[1..];
        self.blanks();
        let name = self.demand_name("the name of an attribute after `[`")?.to_lowercase();
        self.blanks();
        let mut ignores_case = CASELESS.contains(&name.as_str());
        if let Some(rest) = self.rest.strip_prefix(']') {
            self.rest = rest;
            return Ok(Attribute { name, test: None, ignores_case });
        }
        let operators = [
            ("~=", Operator::Word),
            ("|=", Operator::Dash),
            ("^=", Operator::Starts),
            ("$=", Operator::Ends),
            ("*=", Operator::Holds),
            ("=", Operator::Is),
        ];
        let Some((sign, operator)) = operators.into_iter().find(|(sign, _)| self.rest.starts_with(sign)) else {
            return Err(self.unexpected());
        };
        self.rest = &self.rest[sign.len()..];
        self.blanks();
        let value = match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => {
                self.demand_name("a value; one with other signs than letters, digits, `-` and `_` stands in quotes")?
            }
        };
        self.blanks();
        for (flag, ignores) in [("i", true), ("I", true), ("s", false), ("S", false)] {
            if let Some(rest) = self.rest.strip_prefix(flag) {
                self.rest = rest;
                ignores_case = ignores;
                self.blanks();
                break;
            }
        }
        let Some(rest) = self.rest.strip_prefix(']') else { return Err(self.unexpected()) };
        self.rest = rest;
        Ok(Attribute { name, test: Some((operator, value)), ignores_case })
    }

    fn pseudo(&mut self, conditions: &mut Vec<Condition>) -> Result<(), NoSelector> {
        if self.rest.starts_with("::") {
            return Err(refused("`::` names a part that no page has written (as `::before`)"));
        }
        self.rest = &self.rest[1..];
        let name = self.demand_name("a name after `:`")?.to_lowercase();
        match name.as_str() {
            "root" => conditions.push(Condition::Root),
            "first-child" => conditions.push(Condition::First),
            "last-child" => conditions.push(Condition::Last),
            "only-child" => conditions.extend([Condition::First, Condition::Last]),
            "not" if self.rest.starts_with('(') && self.depth < 4 => {
                self.rest = &self.rest[1..];
                self.depth += 1;
                let mut none_of = Vec::new();
                loop {
                    self.blanks();
                    none_of.push(self.compound()?);
                    self.blanks();
                    match self.rest.chars().next() {
                        Some(',') => self.rest = &self.rest[1..],
                        Some(')') => break,
                        Some(_) => return Err(refused("inside `:not()` stand single elements, without combinators")),
                        None => return Err(refused("`:not(` is not closed")),
                    }
                }
                self.rest = &self.rest[1..];
                self.depth -= 1;
                conditions.push(Condition::Not(none_of));
            }
            _ => return Err(refused(&format!("`:{name}` is not known here"))),
        }
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<String, NoSelector> {
        let mut value = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some((_, next)) if !next.is_ascii_hexdigit() => value.push(next),
                    _ => return Err(refused("escapes by number (`\\41`) are not known here")),
                },
                _ if letter == quote => {
                    self.rest = &self.rest[1 + at + 1..];
                    return Ok(value);
                }
                _ => value.push(letter),
            }
        }
        Err(refused(&format!("the quote {quote} is not closed")))
    }

    fn demand_name(&mut self, what: &str) -> Result<String, NoSelector> {
        match self.name() {
            Some(name) => Ok(name.to_owned()),
            None => Err(refused(&format!("{what} is missing{}", self.before()))),
        }
    }

    fn name(&mut self) -> Option<&str> {
        let may_stand = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_') || !letter.is_ascii();
        let end = self.rest.find(|letter: char| !may_stand(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn blanks(&mut self) -> bool {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let any = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        any
    }

    fn unexpected(&self) -> NoSelector {
        match self.rest.chars().next() {
            None => refused("something is missing at its end"),
            Some(letter) => refused(&format!("`{letter}` cannot stand there{}", self.before())),
        }
    }

    fn before(&self) -> String {
        if self.rest.is_empty() { String::new() } else { format!(", before `{}`", self.rest) }
    }
}

fn refused(reason: &str) -> NoSelector {
    NoSelector { reason: reason.to_owned(), hint: KNOWN.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_read_from_the_right() {
        let selector = Selector::parse("head > link[rel=canonical], main  .note~p").unwrap();
        let [first, second] = selector.alternatives.as_slice() else { panic!("{selector:?}") };
        assert_eq!(first.subject.element.as_deref(), Some("link"));
        assert_eq!(first.around[0].0, Combinator::Parent);
        let steps: Vec<Combinator> = second.around.iter().map(|(combinator, _)| *combinator).collect();
        assert_eq!(steps, [Combinator::Earlier, Combinator::Ancestor]);
        assert_eq!(second.around[1].1.element.as_deref(), Some("main"));
    }

    #[test]
    fn every_form_that_is_known_is_read() {
        for good in [
            "*",
            "a",
            "#main",
            ".a.b",
            "a[href]",
            "a[ href = 'x y' i ]",
            "[data-a=\"b\\\"c\"]",
            "a[class~=b][lang|=en][href^='/'][href$=x][href*=y]",
            "img:not([alt])",
            "img:not([alt], .deco)",
            "li:first-child+li",
            "html:root > body>main:only-child",
            "blog-post, über",
        ] {
            assert!(Selector::parse(good).is_ok(), "{good}: {:?}", Selector::parse(good));
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (bad, reason) in [
            ("", "missing at its end"),
            ("a,", "missing at its end"),
            ("a > ", "missing at its end"),
            ("> a", "`>` cannot stand there"),
            ("a::before", "`::`"),
            ("a:hover", "`:hover` is not known"),
            ("p:nth-child(2)", "`:nth-child` is not known"),
            ("a:has(b)", "`:has` is not known"),
            ("a[href", "missing at its end"),
            ("a[href='x]", "not closed"),
            ("a[href=x/y]", "`/` cannot stand there"),
            ("a[=x]", "the name of an attribute"),
            ("svg|a", "namespaces"),
            (".", "a class"),
            ("a:not(b c)", "without combinators"),
            ("a:not(b", "not closed"),
            ("a)", "`)` cannot stand there"),
            ("a:not(:not(:not(:not(:not(b)))))", "`:not` is not known"),
            ("a[b='\\41']", "by number"),
        ] {
            let problem = Selector::parse(bad).unwrap_err();
            assert!(problem.reason.contains(reason), "{bad}: {problem:?}");
        }
    }
}
