//! Owns the question what a match of an expression can start with: a byte, or the end of the line.
//!
//! The answer may name too many bytes, never too few.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What a match may start with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Starts {
    bytes: [u64; 4],
    end: bool,
}

impl Starts {
    /// Anything.
    pub(super) const ANY: Starts = Starts { bytes: [u64::MAX; 4], end: true };

    /// Returns whether a match may start with a byte, or at the end of a line.
    #[inline]
    pub(super) fn has(&self, byte: Option<u8>) -> bool {
        byte.map_or(self.end, |byte| self.bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1)
    }

    /// Adds what another may start with.
    pub(super) fn unite(&mut self, other: &Starts) {
        self.bytes.iter_mut().zip(other.bytes).for_each(|(bits, more)| *bits |= more);
        self.end |= other.end;
    }

    /// Adds what an expression can start with; returns whether it may match without saying anything about what follows.
    pub(super) fn add(&mut self, hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Empty => true,
            HirKind::Literal(literal) => match literal.0.first() {
                Some(byte) => {
                    self.add_byte(*byte);
                    false
                }
                None => true,
            },
            HirKind::Class(Class::Bytes(class)) => {
                for range in class.ranges() {
                    (range.start()..=range.end()).for_each(|byte| self.add_byte(byte));
                }
                false
            }
            HirKind::Look(Look::End) => {
                self.end = true;
                false
            }
            HirKind::Look(Look::EndLF) => {
                self.end = true;
                self.add_byte(b'\n');
                false
            }
            HirKind::Look(_) => true,
            HirKind::Repetition(repetition) => self.add(&repetition.sub) || repetition.min == 0,
            HirKind::Concat(parts) => parts.iter().all(|part| self.add(part)),
            HirKind::Alternation(parts) => parts.iter().map(|part| self.add(part)).fold(false, |any, one| any | one),
            // What a choice of single letters becomes.
            HirKind::Class(Class::Unicode(class)) => {
                for range in class.ranges() {
                    let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                    (start.min(128)..=end.min(127)).for_each(|code| self.add_byte(code as u8));
                    (0xc2..=0xf4).filter(|_| end > 127).for_each(|byte| self.add_byte(byte));
                }
                false
            }
            HirKind::Capture(capture) => self.add(&capture.sub),
        }
    }

    fn add_byte(&mut self, byte: u8) {
        self.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
}
