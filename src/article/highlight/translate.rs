//! Owns the translation of a grammar's regular expressions into ones that an automaton can run.
//!
//! A translation matches wherever the expression does, and perhaps elsewhere: what an automaton cannot know (what stands
//! before, what must not follow, what a group has found) is left out, and what this reader does not understand may match
//! anywhere. On lines in ASCII most are exact: the same matches, with the same ends. A line with other characters has a
//! translation of its own, in which any of those may be anything.

use regex_syntax::hir::{Class, ClassBytes, Hir, Look};

use super::node::{MOST_TURNS, Node, beyond_ascii, repeated};
use super::set::{Set, posix, shorthand};
use super::starts::Starts;

/// Groups within groups.
const DEEPEST: usize = 60;
/// Letters that take part in cases of more than one character, such as `ß` and `SS`.
const FOLDED: &[u8] = b"sftilhjnwya";

/// An expression of bytes.
#[derive(Debug)]
pub(super) struct Translated {
    /// It matches at every place of a line where the expression does that it was made of.
    pub(super) hir: Hir,
    /// Whether it matches nowhere else, and to the same end.
    pub(super) is_exact: bool,
    /// What a match can start with.
    pub(super) starts: Starts,
}

impl Translated {
    fn new(hir: Hir, is_exact: bool) -> Self {
        let mut starts = Starts::default();
        if starts.add(&hir) {
            starts = Starts::ANY;
        }
        Translated { hir, is_exact, starts }
    }
}

/// Translates an expression. `ascii`: it will only be asked of lines in ASCII.
pub(super) fn translate(regex: &str, ascii: bool) -> Translated {
    let mut reader = Reader {
        text: regex.as_bytes(),
        at: 0,
        ignore_case: false,
        extended: false,
        dot_all: false,
        depth: 0,
        ascii,
        is_exact: ascii,
    };
    match reader.alternatives() {
        Ok(node) if reader.at == reader.text.len() => Translated::new(node.resolve(true), reader.is_exact),
        _ => Translated::new(Hir::empty(), false),
    }
}

/// The reader met something that it does not understand.
#[derive(Debug)]
struct Unknown;

/// Reads an expression as Oniguruma understands it.
struct Reader<'r> {
    text: &'r [u8],
    at: usize,
    ignore_case: bool,
    extended: bool,
    dot_all: bool,
    depth: usize,
    ascii: bool,
    is_exact: bool,
}

/// What a class holds: one character, which may begin a range, or several.
enum Member {
    One(u32),
    Some(Set),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn takes(&mut self, prefix: &str) -> bool {
        let found = self.text[self.at..].starts_with(prefix.as_bytes());
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    /// Skips to behind an end mark.
    fn skip(&mut self, end: &str) -> Result<&[u8], Unknown> {
        let start = self.at;
        let length = self.text[start..].windows(end.len()).position(|part| part == end.as_bytes()).ok_or(Unknown)?;
        self.at += length + end.len();
        Ok(&self.text[start..start + length])
    }

    /// Returns what one character of a set matches.
    fn hir(&mut self, set: Set) -> Hir {
        self.is_exact &= set.exact;
        let ascii = Hir::class(Class::Bytes(ClassBytes::new(set.ranges())));
        match set.others && !self.ascii {
            true => Hir::alternation(vec![ascii, beyond_ascii()]),
            false => ascii,
        }
    }

    /// Returns what any text matches.
    fn anything(&mut self) -> Hir {
        self.is_exact = false;
        repeated(self.hir(Set::ANY), 0, None, true)
    }

    /// Reads branches up to the end of the group.
    fn alternatives(&mut self) -> Result<Node, Unknown> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unknown);
        }
        let mut all = vec![self.sequence()?];
        while self.takes("|") {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(Node::Either(all))
    }

    fn sequence(&mut self) -> Result<Node, Unknown> {
        let mut all = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'|' || byte == b')' {
                break;
            }
            if self.extended && byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.extended && byte == b'#' {
                let line = self.text[self.at..].iter().position(|byte| *byte == b'\n');
                self.at = line.map_or(self.text.len(), |length| self.at + length + 1);
            } else if let Some(atom) = self.atom()? {
                all.push(self.quantified(atom)?);
            }
        }
        Ok(Node::All(all))
    }

    /// Reads the quantifiers after an atom.
    fn quantified(&mut self, mut node: Node) -> Result<Node, Unknown> {
        loop {
            let (least, most) = match self.peek() {
                Some(b'?') => (0, Some(1)),
                Some(b'*') => (0, None),
                Some(b'+') => (1, None),
                Some(b'{') => match self.interval() {
                    Some((least, most)) => {
                        // `{n}?` is read as optional, which is never too few.
                        let is_lazy = self.takes("?");
                        self.is_exact &=
                            !is_lazy && self.peek() != Some(b'+') && least.max(most.unwrap_or(0)) <= MOST_TURNS;
                        node = self.turns(node, if is_lazy { 0 } else { least }, most, true);
                        continue;
                    }
                    None => return Ok(node),
                },
                _ => return Ok(node),
            };
            self.at += 1;
            let is_lazy = self.takes("?");
            // A possessive one matches nowhere else, but sometimes not at all.
            self.is_exact &= is_lazy || !self.takes("+");
            node = self.turns(node, least, most, !is_lazy);
        }
    }

    fn turns(&mut self, node: Node, least: u32, most: Option<u32>, greedy: bool) -> Node {
        let hir = node.resolve(false);
        // What happens after an empty turn differs among engines.
        self.is_exact &= hir.properties().minimum_len().is_some_and(|length| length > 0);
        Node::Is(repeated(hir, least, most, greedy))
    }

    /// Reads `{2}`, `{2,}`, `{,3}` or `{2,3}`; whatever else stands in braces is text.
    fn interval(&mut self) -> Option<(u32, Option<u32>)> {
        let end = self.text[self.at..].iter().position(|byte| *byte == b'}')?;
        let inner = std::str::from_utf8(&self.text[self.at + 1..self.at + end]).ok()?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok());
        let interval = match inner.split_once(',') {
            None => number(inner)?.map(|count| (count, Some(count)))?,
            Some(("", "")) => return None,
            Some((least, most)) => (number(least)?.unwrap_or(0), number(most)?),
        };
        self.at += end + 1;
        Some(interval)
    }

    /// Reads one atom; nothing where it was only a comment or an option.
    fn atom(&mut self) -> Result<Option<Node>, Unknown> {
        let Some(byte) = self.peek() else { return Err(Unknown) };
        self.at += 1;
        Ok(Some(Node::Is(match byte {
            b'(' => return self.group(),
            b'[' => {
                let set = self.class()?;
                self.hir(set)
            }
            b'\\' => return self.escape().map(|hir| Some(Node::Is(hir))),
            b'.' if self.dot_all => self.hir(Set::ANY),
            b'.' => self.hir(Set::of(|byte| byte != b'\n')),
            b'^' => Hir::look(Look::StartLF),
            b'$' => Hir::look(Look::EndLF),
            b'?' | b'*' | b'+' => return Err(Unknown),
            _ => {
                let code = self.character(byte)?;
                self.literal(code)
            }
        })))
    }

    /// Returns the code of the character that a byte begins.
    fn character(&mut self, byte: u8) -> Result<u32, Unknown> {
        if byte.is_ascii() {
            return Ok(u32::from(byte));
        }
        let start = self.at - 1;
        while self.peek().is_some_and(|byte| byte & 0xc0 == 0x80) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).map_err(|_| Unknown)?;
        text.chars().next().map(u32::from).ok_or(Unknown)
    }

    /// Returns what a character of the expression stands for.
    fn literal(&mut self, code: u32) -> Hir {
        if !self.ignore_case {
            return match u8::try_from(code) {
                Ok(byte) if byte.is_ascii() => Hir::literal([byte]),
                _ => self.hir(Set::one(code)),
            };
        }
        let Ok(letter) = u8::try_from(code).map(|byte| byte.to_ascii_lowercase()) else { return self.anything() };
        if !letter.is_ascii() {
            return self.anything();
        }
        let one = self.hir(Set::one(code).folded());
        match !self.ascii && FOLDED.contains(&letter) {
            // One character may stand for two of these.
            true => repeated(one, 0, Some(1), true),
            false => one,
        }
    }

    fn group(&mut self) -> Result<Option<Node>, Unknown> {
        if self.takes("?#") {
            self.skip(")")?;
            return Ok(None);
        }
        if self.takes("?~") || self.takes("?(") {
            return Err(Unknown);
        }
        let before = (self.ignore_case, self.extended, self.dot_all);
        let is_ahead = self.takes("?=");
        let says_nothing = !is_ahead && (self.takes("?!") || self.takes("?<!") || self.takes("?<="));
        let is_atomic = self.takes("?>");
        self.is_exact &= !is_ahead && !says_nothing && !is_atomic;
        if !is_ahead && !says_nothing && !is_atomic && self.takes("?") && !self.takes(":") {
            if self.takes("<") {
                self.skip(">")?;
            } else if self.takes("'") {
                self.skip("'")?;
            } else if self.options()? {
                // `(?i)`: for what is left of the group it stands in. Where branches follow, readers
                // differ on which of them it belongs to.
                let start = self.at;
                let rest = self.sequence()?;
                if self.peek() == Some(b'|') && !self.text[..start].iter().all(|byte| b"(?imx-:)".contains(byte)) {
                    return Err(Unknown);
                }
                // At the very start it holds for all branches: leave it on.
                if self.peek() != Some(b'|') {
                    (self.ignore_case, self.extended, self.dot_all) = before;
                }
                return Ok(Some(rest));
            }
        }
        let inner = self.alternatives()?;
        (self.ignore_case, self.extended, self.dot_all) = before;
        if !self.takes(")") {
            return Err(Unknown);
        }
        Ok(match (is_ahead, says_nothing) {
            (true, _) => Some(Node::Ahead(Box::new(inner))),
            (_, true) => None,
            _ => Some(inner),
        })
    }

    /// Reads the options of `(?i)` and `(?i:`; returns whether they hold beyond their group.
    fn options(&mut self) -> Result<bool, Unknown> {
        let mut on = true;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'-' => on = false,
                b'i' => self.ignore_case = on,
                b'x' => self.extended = on,
                b'm' => self.dot_all = on,
                b':' => return Ok(false),
                b')' => return Ok(true),
                _ => return Err(Unknown),
            }
        }
        Err(Unknown)
    }

    fn escape(&mut self) -> Result<Hir, Unknown> {
        let Some(byte) = self.peek() else { return Err(Unknown) };
        Ok(match byte {
            b'b' | b'B' | b'A' | b'z' | b'Z' | b'G' | b'K' => {
                self.at += 1;
                match byte {
                    b'b' if self.ascii => Hir::look(Look::WordAscii),
                    b'B' if self.ascii => Hir::look(Look::WordAsciiNegate),
                    b'A' => Hir::look(Look::Start),
                    b'z' => Hir::look(Look::End),
                    b'Z' => Hir::look(Look::EndLF),
                    _ => {
                        self.is_exact = false;
                        Hir::empty()
                    }
                }
            }
            // What groups have found, calls of groups, line ends and clusters: whatever they are.
            b'1'..=b'9' | b'R' | b'X' => {
                self.at += 1;
                self.anything()
            }
            b'k' | b'g' => {
                self.at += 1;
                let _ = match self.peek() {
                    Some(b'<') => self.skip(">")?,
                    Some(b'\'') => self.skip("'")?,
                    _ => return Err(Unknown),
                };
                self.anything()
            }
            _ => match self.member_escape()? {
                Member::One(code) => self.literal(code),
                Member::Some(set) => self.hir(set),
            },
        })
    }

    /// Reads what follows a backslash, where it stands for characters.
    fn member_escape(&mut self) -> Result<Member, Unknown> {
        let Some(byte) = self.peek() else { return Err(Unknown) };
        self.at += 1;
        Ok(match byte {
            b'p' | b'P' => Member::Some(self.property()?),
            b'x' | b'u' => Member::One(self.code(byte)?),
            b'0' => {
                let start = self.at;
                while self.at - start < 2 && self.peek().is_some_and(|byte| (b'0'..=b'7').contains(&byte)) {
                    self.at += 1;
                }
                let digits = std::str::from_utf8(&self.text[start - 1..self.at]).map_err(|_| Unknown)?;
                Member::One(u32::from_str_radix(digits, 8).map_err(|_| Unknown)?)
            }
            b'n' => Member::One(0x0a),
            b't' => Member::One(0x09),
            b'r' => Member::One(0x0d),
            b'f' => Member::One(0x0c),
            b'v' => Member::One(0x0b),
            b'a' => Member::One(0x07),
            b'e' => Member::One(0x1b),
            _ => match shorthand(byte) {
                Some(set) => Member::Some(set),
                None if byte.is_ascii_alphanumeric() => return Err(Unknown),
                None => Member::One(self.character(byte)?),
            },
        })
    }

    /// Reads the braces of `\p{…}`. What is not known here may be any character.
    fn property(&mut self) -> Result<Set, Unknown> {
        let is_negated = self.text[self.at - 1] == b'P';
        if !self.takes("{") {
            return Err(Unknown);
        }
        let name = self.skip("}")?;
        let (name, is_negated) = match name.strip_prefix(b"^") {
            Some(name) => (name, !is_negated),
            None => (name, is_negated),
        };
        let set = match name.to_ascii_lowercase().as_slice() {
            b"l" | b"letter" => Set::of(|byte| byte.is_ascii_alphabetic()),
            b"n" | b"nd" => Set::of(|byte| byte.is_ascii_digit()),
            name => posix(name).unwrap_or(Set::SOME),
        };
        Ok(if is_negated { set.negated() } else { set })
    }

    /// Reads the digits of `\x41`, `\x{1F600}` and `\u00e9`.
    fn code(&mut self, kind: u8) -> Result<u32, Unknown> {
        let digits = if kind == b'x' && self.takes("{") {
            self.skip("}")?
        } else {
            let (start, most) = (self.at, if kind == b'x' { 2 } else { 4 });
            while self.at - start < most && self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                self.at += 1;
            }
            &self.text[start..self.at]
        };
        let digits = std::str::from_utf8(digits).map_err(|_| Unknown)?;
        u32::from_str_radix(digits.trim(), 16).map_err(|_| Unknown)
    }

    /// Reads a class; its `[` has been read.
    fn class(&mut self) -> Result<Set, Unknown> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unknown);
        }
        let negated = self.takes("^");
        let (mut set, mut both) = (Set::NONE, None::<Set>);
        let mut first = true;
        loop {
            let Some(byte) = self.peek() else { return Err(Unknown) };
            self.at += 1;
            let member = match byte {
                b']' if !first => break,
                b'&' if self.takes("&") => {
                    both = Some(both.map_or(set, |both| both.and(set)));
                    set = Set::NONE;
                    continue;
                }
                _ => self.member(byte)?,
            };
            first = false;
            let low = match member {
                Member::One(low) => low,
                Member::Some(some) => {
                    set = set.with(some);
                    continue;
                }
            };
            let is_range = self.peek() == Some(b'-') && self.text.get(self.at + 1).is_some_and(|next| *next != b']');
            set = set.with(match is_range {
                false => Set::one(low),
                true => {
                    self.at += 1;
                    let Some(byte) = self.peek() else { return Err(Unknown) };
                    self.at += 1;
                    match self.member(byte)? {
                        Member::One(high) => Set::range(low, high),
                        // `a-\d`: a hyphen.
                        Member::Some(some) => Set::one(low).with(Set::one(u32::from(b'-'))).with(some),
                    }
                }
            });
        }
        self.depth -= 1;
        let set = both.map_or(set, |both| both.and(set));
        let set = if self.ignore_case { set.folded() } else { set };
        Ok(if negated { set.negated() } else { set })
    }

    /// Reads a member of a class; its first byte has been read.
    fn member(&mut self, byte: u8) -> Result<Member, Unknown> {
        match byte {
            b'[' if self.takes(":") => {
                let name = self.skip(":]")?;
                let (name, is_negated) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
                let set = posix(name).ok_or(Unknown)?;
                Ok(Member::Some(if is_negated { set.negated() } else { set }))
            }
            b'[' => self.class().map(Member::Some),
            b'\\' if self.takes("b") => Ok(Member::One(8)),
            b'\\' if self.peek().is_some_and(|byte| byte.is_ascii_digit() && byte != b'0') => Err(Unknown),
            b'\\' => self.member_escape(),
            _ => self.character(byte).map(Member::One),
        }
    }
}
