//! Owns what one character of an expression may be: sets of ASCII, and whether any other may be among them.

use regex_syntax::hir::ClassBytesRange;

/// Some of the characters: which of ASCII, and whether any of the others may be among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set {
    pub(super) ascii: u128,
    pub(super) others: bool,
    /// Whether `ascii` holds no byte too many.
    pub(super) exact: bool,
}

impl Set {
    pub(super) const NONE: Set = Set { ascii: 0, others: false, exact: true };
    pub(super) const ANY: Set = Set { ascii: u128::MAX, others: true, exact: true };
    /// What is not known.
    pub(super) const SOME: Set = Set { exact: false, ..Set::ANY };

    pub(super) fn of(is_in: impl Fn(u8) -> bool) -> Set {
        let ascii = (0..128).filter(|byte| is_in(*byte)).fold(0, |set, byte| set | 1 << byte);
        Set { ascii, others: true, exact: true }
    }

    pub(super) fn one(code: u32) -> Set {
        match code {
            0..128 => Set { ascii: 1 << code, ..Set::NONE },
            _ => Set { others: true, ..Set::NONE },
        }
    }

    pub(super) fn range(low: u32, high: u32) -> Set {
        let ascii = (low.min(128)..=high.min(127)).fold(0, |set, code| set | 1 << code);
        Set { ascii, others: high > 127, exact: true }
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.ascii >> byte & 1 == 1
    }

    pub(super) fn ranges(self) -> Vec<ClassBytesRange> {
        let mut ranges = Vec::new();
        let (mut left, mut at) = (self.ascii, 0);
        while left != 0 {
            let start = at + left.trailing_zeros();
            left = self.ascii >> start;
            let length = left.trailing_ones();
            at = start + length;
            // Bits beyond the last one are none.
            left = if at < 128 { self.ascii >> at } else { 0 };
            ranges.push(ClassBytesRange::new(start as u8, (at - 1) as u8));
        }
        ranges
    }

    pub(super) fn with(self, other: Set) -> Set {
        Set { ascii: self.ascii | other.ascii, others: self.others | other.others, exact: self.exact && other.exact }
    }

    pub(super) fn and(self, other: Set) -> Set {
        Set { ascii: self.ascii & other.ascii, others: self.others & other.others, exact: self.exact && other.exact }
    }

    pub(super) fn negated(self) -> Set {
        Set { ascii: if self.exact { !self.ascii } else { u128::MAX }, others: true, exact: self.exact }
    }

    /// Adds the other case of each letter.
    pub(super) fn folded(self) -> Set {
        let has = |byte: u8| self.has(byte.to_ascii_lowercase()) || self.has(byte.to_ascii_uppercase());
        let letters = Set::of(|byte| byte.is_ascii_alphabetic() && has(byte));
        // `ſ`, `K` and `ß` are cases of ASCII letters, and those of theirs.
        let others = self.others || letters.ascii != 0;
        Set { ascii: self.ascii | letters.ascii, others, exact: self.exact }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Returns what a class like `\w` holds.
pub(super) fn shorthand(escaped: u8) -> Option<Set> {
    Some(match escaped {
        b'w' => Set::of(is_word),
        b'W' => Set::of(|byte| !is_word(byte)),
        b's' => Set::of(is_space),
        b'S' => Set::of(|byte| !is_space(byte)),
        b'd' => Set::of(|byte| byte.is_ascii_digit()),
        b'D' => Set::of(|byte| !byte.is_ascii_digit()),
        b'h' => Set::of(|byte| byte.is_ascii_hexdigit()),
        b'H' => Set::of(|byte| !byte.is_ascii_hexdigit()),
        _ => return None,
    })
}

/// Returns what a class like `[:alpha:]` holds.
pub(super) fn posix(name: &[u8]) -> Option<Set> {
    Some(match name {
        b"alnum" => Set::of(|byte| byte.is_ascii_alphanumeric()),
        b"alpha" => Set::of(|byte| byte.is_ascii_alphabetic()),
        b"ascii" => Set::of(|_| true),
        b"blank" => Set::of(|byte| matches!(byte, b' ' | b'\t')),
        b"cntrl" => Set::of(|byte| byte.is_ascii_control()),
        b"digit" => Set::of(|byte| byte.is_ascii_digit()),
        b"graph" => Set::of(|byte| byte.is_ascii_graphic()),
        b"lower" => Set::of(|byte| byte.is_ascii_lowercase()),
        b"print" => Set::of(|byte| byte.is_ascii_graphic() || byte == b' '),
        // Unicode counts `$+<=>^`|~` among the symbols, Oniguruma among both by its version.
        b"punct" => Set { exact: false, ..Set::of(|byte| byte.is_ascii_punctuation()) },
        b"space" => Set::of(is_space),
        b"upper" => Set::of(|byte| byte.is_ascii_uppercase()),
        b"word" => Set::of(is_word),
        b"xdigit" => Set::of(|byte| byte.is_ascii_hexdigit()),
        _ => return None,
    })
}
