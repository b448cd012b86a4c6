//! Owns the question which byte a match of a regular expression can start with.
//!
//! Most rules of a grammar cannot match where they are tried; a set of 257 bits (the bytes, and the
//! end of the text) tells so without running them. The answer may name too many bytes, never too
//! few: whatever this reader does not understand makes it answer "any".

/// What a match may start with: a byte, or the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Starts {
    bytes: [u64; 4],
    end: bool,
}

impl Starts {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Starts::default();
        bytes.into_iter().for_each(|byte| set.add(byte));
        set
    }

    fn add(&mut self, byte: u8) {
        self.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn union(&mut self, other: &Starts) {
        self.bytes.iter_mut().zip(other.bytes).for_each(|(bits, more)| *bits |= more);
        self.end |= other.end;
    }

    /// Adds what a character beyond ASCII starts with.
    fn with_others(mut self) -> Self {
        (0xc2..=0xf4).for_each(|byte| self.add(byte));
        self
    }

    /// Returns whether a byte is in the set.
    #[inline]
    fn has(&self, byte: u8) -> bool {
        self.bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// Returns the first place from `from` on at which a match may start.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        match text[from..].iter().position(|byte| self.has(*byte)) {
            Some(at) => Some(from + at),
            None => self.end.then_some(text.len()),
        }
    }
}

/// Returns what a match can start with, or nothing if it may start with anything, or nowhere.
pub(super) fn starts(regex: &str) -> Option<Starts> {
    let mut reader = Reader { text: regex.as_bytes(), at: 0, ignore_case: false, extended: false, depth: 0 };
    let item = reader.alternatives().ok()?;
    (reader.at == reader.text.len() && !item.may_be_empty).then_some(item.starts)
}

/// What a part of an expression can start with.
#[derive(Debug, Clone, Copy, Default)]
struct Item {
    starts: Starts,
    /// Whether it may match without saying anything about what follows.
    may_be_empty: bool,
}

impl Item {
    const NOTHING: Item = Item { starts: Starts { bytes: [0; 4], end: false }, may_be_empty: true };

    fn one(starts: Starts) -> Self {
        Item { starts, may_be_empty: false }
    }
}

/// The reader met something that it does not understand.
struct Unknown;

/// Reads an expression in the syntax of Oniguruma.
struct Reader<'r> {
    text: &'r [u8],
    at: usize,
    ignore_case: bool,
    extended: bool,
    depth: usize,
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

    /// Reads branches up to the end of the group.
    fn alternatives(&mut self) -> Result<Item, Unknown> {
        self.depth += 1;
        if self.depth > 100 {
            return Err(Unknown);
        }
        let mut all = self.sequence()?;
        while self.takes("|") {
            let branch = self.sequence()?;
            all.starts.union(&branch.starts);
            all.may_be_empty |= branch.may_be_empty;
        }
        self.depth -= 1;
        Ok(all)
    }

    fn sequence(&mut self) -> Result<Item, Unknown> {
        let mut all = Item::NOTHING;
        while let Some(byte) = self.peek() {
            if byte == b'|' || byte == b')' {
                break;
            }
            if self.extended && byte.is_ascii_whitespace() {
                self.at += 1;
                continue;
            }
            if self.extended && byte == b'#' {
                let line = self.text[self.at..].iter().position(|byte| *byte == b'\n');
                self.at = line.map_or(self.text.len(), |length| self.at + length + 1);
                continue;
            }
            let Some(atom) = self.atom()? else { continue };
            let item = self.quantified(atom)?;
            if all.may_be_empty {
                all.starts.union(&item.starts);
                all.may_be_empty = item.may_be_empty;
            }
        }
        Ok(all)
    }

    /// Reads the quantifiers after an atom.
    fn quantified(&mut self, mut item: Item) -> Result<Item, Unknown> {
        loop {
            match self.peek() {
                Some(b'?' | b'*') => {
                    self.at += 1;
                    item.may_be_empty = true;
                }
                Some(b'+') => self.at += 1,
                Some(b'{') => {
                    let Some(end) = self.text[self.at..].iter().position(|byte| *byte == b'}') else { return Ok(item) };
                    let inner = &self.text[self.at + 1..self.at + end];
                    let is_interval = inner.iter().any(u8::is_ascii_digit)
                        && inner.iter().all(|byte| byte.is_ascii_digit() || *byte == b',');
                    if !is_interval {
                        return Ok(item);
                    }
                    self.at += end + 1;
                    item.may_be_empty |= matches!(inner[0], b'0' | b',');
                }
                _ => return Ok(item),
            }
            // Lazy: it says nothing else. `{n}?` is read as optional, which is never too few.
            if self.takes("?") {
                item.may_be_empty |= self.text[self.at - 2] == b'}';
            }
        }
    }

    /// Reads one atom; nothing where it was only a comment or an option.
    fn atom(&mut self) -> Result<Option<Item>, Unknown> {
        let Some(byte) = self.peek() else { return Err(Unknown) };
        self.at += 1;
        Ok(Some(match byte {
            b'(' => return self.group(),
            b'[' => self.class()?,
            b'\\' => self.escape()?,
            b'.' => Item::one(Starts::of((0..=0x7f).filter(|byte| *byte != b'\n')).with_others()),
            b'^' => Item::NOTHING,
            b'$' => Item::one(Starts { end: true, ..Starts::of([b'\n']) }),
            b'?' | b'*' | b'+' => return Err(Unknown),
            _ => self.literal(byte),
        }))
    }

    /// Returns what a character of the expression stands for.
    fn literal(&mut self, byte: u8) -> Item {
        if !byte.is_ascii() {
            while self.peek().is_some_and(|byte| byte & 0xc0 == 0x80) {
                self.at += 1;
            }
            return match self.ignore_case {
                // Its other case may start with another byte, or be ASCII.
                true => Item::one(Starts::of(0..=0x7f).with_others()),
                false => Item::one(Starts::of([byte])),
            };
        }
        match self.ignore_case && byte.is_ascii_alphabetic() {
            // `ſ` and `K` are cases of ASCII letters too.
            true => Item::one(Starts::of([byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]).with_others()),
            false => Item::one(Starts::of([byte])),
        }
    }

    fn group(&mut self) -> Result<Option<Item>, Unknown> {
        if self.takes("?#") {
            let end = self.text[self.at..].iter().position(|byte| *byte == b')').ok_or(Unknown)?;
            self.at += end + 1;
            return Ok(None);
        }
        let (ignore_case, extended) = (self.ignore_case, self.extended);
        let says_nothing = self.takes("?!") || self.takes("?<!") || self.takes("?<=");
        if !says_nothing && self.takes("?") && !self.takes(":") && !self.takes("=") && !self.takes(">") {
            if self.takes("<") || self.takes("'") {
                let end = self.text[self.at..].iter().position(|byte| matches!(byte, b'>' | b'\'')).ok_or(Unknown)?;
                self.at += end + 1;
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
                    (self.ignore_case, self.extended) = (ignore_case, extended);
                }
                return Ok(Some(rest));
            }
        }
        let inner = self.alternatives()?;
        (self.ignore_case, self.extended) = (ignore_case, extended);
        if !self.takes(")") {
            return Err(Unknown);
        }
        Ok(Some(if says_nothing { Item::NOTHING } else { inner }))
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
                b':' => return Ok(false),
                b')' => return Ok(true),
                // `m` lets the dot match line ends as well, and others change what classes hold.
                _ => return Err(Unknown),
            }
        }
        Err(Unknown)
    }

    fn escape(&mut self) -> Result<Item, Unknown> {
        let Some(byte) = self.peek() else { return Err(Unknown) };
        self.at += 1;
        if let Some(set) = shorthand(byte) {
            return Ok(Item::one(set));
        }
        Ok(match byte {
            b'b' | b'B' | b'A' | b'K' => Item::NOTHING,
            b'z' => Item::one(Starts { end: true, ..Starts::default() }),
            b'Z' => Item::one(Starts { end: true, ..Starts::of([b'\n']) }),
            b'p' | b'P' => {
                self.braces()?;
                Item::one(Starts::of(0..=0x7f).with_others())
            }
            b'x' | b'u' => Item::one(self.code(byte)?),
            b'n' | b't' | b'r' | b'f' | b'v' | b'a' | b'e' => Item::one(Starts::of([control(byte)])),
            // References, calls, `\G` and whatever else has a meaning of its own.
            _ if byte.is_ascii_alphanumeric() => return Err(Unknown),
            _ => self.literal(byte),
        })
    }

    /// Skips `{…}`.
    fn braces(&mut self) -> Result<(), Unknown> {
        if !self.takes("{") {
            return Err(Unknown);
        }
        let end = self.text[self.at..].iter().position(|byte| *byte == b'}').ok_or(Unknown)?;
        self.at += end + 1;
        Ok(())
    }

    /// Reads the digits of `\x41`, `\x{1F600}` and `\u00e9`.
    fn code(&mut self, kind: u8) -> Result<Starts, Unknown> {
        let start = self.at;
        let digits = if kind == b'x' && self.peek() == Some(b'{') {
            self.braces()?;
            &self.text[start + 1..self.at - 1]
        } else {
            let most = if kind == b'x' { 2 } else { 4 };
            while self.at - start < most && self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                self.at += 1;
            }
            &self.text[start..self.at]
        };
        let digits = std::str::from_utf8(digits).map_err(|_| Unknown)?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| Unknown)?;
        let character = char::from_u32(code).ok_or(Unknown)?;
        Ok(match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() && !self.ignore_case => Starts::of([byte]),
            Ok(byte) if byte.is_ascii() => {
                Starts::of([byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]).with_others()
            }
            _ if self.ignore_case => Starts::of(0..=0x7f).with_others(),
            _ => Starts::default().with_others(),
        })
    }

    /// Reads a class in brackets.
    fn class(&mut self) -> Result<Item, Unknown> {
        let negated = self.takes("^");
        let mut set = Starts::default();
        // What is exact in ASCII; a negated class needs that.
        let mut exact = true;
        let mut others = false;
        let mut first = true;
        // The last single character, for ranges.
        let mut last: Option<u8> = None;
        loop {
            let Some(byte) = self.peek() else { return Err(Unknown) };
            self.at += 1;
            match byte {
                b']' if !first => break,
                b'[' => {
                    // Nested classes and `[:alpha:]`: taken for everything.
                    exact = false;
                    last = None;
                    self.nested()?;
                }
                b'&' if self.peek() == Some(b'&') => {
                    exact = false;
                    last = None;
                }
                b'\\' => {
                    let Some(escaped) = self.peek() else { return Err(Unknown) };
                    self.at += 1;
                    last = None;
                    if let Some(shorthand) = shorthand(escaped) {
                        set.union(&shorthand);
                        others = true;
                    } else if matches!(escaped, b'p' | b'P') {
                        self.braces()?;
                        exact = false;
                    } else if matches!(escaped, b'x' | b'u') {
                        let code = self.code(escaped)?;
                        set.union(&code);
                        others |= code.has(0xc3);
                        // It may be one end of a range.
                        exact = false;
                    } else if matches!(escaped, b'n' | b't' | b'r' | b'f' | b'v' | b'a' | b'e') {
                        set.add(control(escaped));
                        last = Some(control(escaped));
                    } else if escaped == b'b' {
                        set.add(8);
                    } else if escaped.is_ascii_alphanumeric() || !escaped.is_ascii() {
                        return Err(Unknown);
                    } else {
                        set.add(escaped);
                        last = Some(escaped);
                    }
                }
                b'-' if last.is_some() && self.peek().is_some_and(|next| next != b']') => {
                    let Some(low) = last.take() else { return Err(Unknown) };
                    let Some(high) = self.peek() else { return Err(Unknown) };
                    if !high.is_ascii() || matches!(high, b'\\' | b'[') {
                        // `a-\x7f`, `a-é`: whatever it is, it is a range.
                        (low..=0x7f).for_each(|byte| set.add(byte));
                        (others, exact) = (true, false);
                    } else {
                        self.at += 1;
                        (low..=high).for_each(|byte| set.add(byte));
                    }
                }
                _ if byte.is_ascii() => {
                    set.add(byte);
                    last = Some(byte);
                }
                _ => {
                    others = true;
                    last = None;
                }
            }
            first = false;
        }
        if self.ignore_case {
            (b'a'..=b'z').for_each(|lower| {
                let upper = lower.to_ascii_uppercase();
                if set.has(lower) || set.has(upper) {
                    set.add(lower);
                    set.add(upper);
                    others = true;
                }
            });
        }
        if !exact {
            return Ok(Item::one(Starts::of(0..=0x7f).with_others()));
        }
        if negated {
            return Ok(Item::one(Starts::of((0..=0x7f).filter(|byte| !set.has(*byte))).with_others()));
        }
        Ok(Item::one(if others { set.with_others() } else { set }))
    }

    /// Skips a class within a class; its `[` has been read.
    fn nested(&mut self) -> Result<(), Unknown> {
        if self.peek() == Some(b':') {
            let end = self.text[self.at..].windows(2).position(|pair| pair == b":]").ok_or(Unknown)?;
            self.at += end + 2;
            return Ok(());
        }
        self.depth += 1;
        if self.depth > 100 {
            return Err(Unknown);
        }
        self.class()?;
        self.depth -= 1;
        Ok(())
    }
}

/// Returns what a class like `\w` holds.
fn shorthand(escaped: u8) -> Option<Starts> {
    let ascii = |is: fn(&u8) -> bool| Starts::of((0..=0x7f).filter(is)).with_others();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    Some(match escaped {
        b'w' => Starts::of((0..=0x7f).filter(is_word)).with_others(),
        b'W' => Starts::of((0..=0x7f).filter(|byte| !is_word(byte))).with_others(),
        b's' => Starts::of((0..=0x7f).filter(is_space)).with_others(),
        b'S' => Starts::of((0..=0x7f).filter(|byte| !is_space(byte))).with_others(),
        b'd' => ascii(u8::is_ascii_digit),
        b'D' => ascii(|byte| !byte.is_ascii_digit()),
        b'h' => ascii(u8::is_ascii_hexdigit),
        b'H' => ascii(|byte| !byte.is_ascii_hexdigit()),
        _ => return None,
    })
}

/// Returns the character that `\n` and the like stand for.
fn control(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'f' => 0x0c,
        b'v' => 0x0b,
        b'a' => 7,
        _ => 0x1b,
    }
}

#[cfg(test)]
mod tests;
