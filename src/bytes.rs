//! Owns the form of what is left for the next run: numbers and texts one after the other, under a name, sealed by a digest.
//!
//! Gives what writes them, and [`Reader`], which trusts nothing: where the bytes end too soon, or are no text, there is no
//! value. A name stands before the whole and a digest behind it, so that what is damaged, cut, or made otherwise is found
//! out at once. Knows no file.

use std::ops::Range;

use crate::digest::Digest;

/// Bytes of a digest.
const DIGEST: usize = 32;

/// Writes a number, seven bits a byte, the lowest first.
pub fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes how many of something follow.
pub fn push_count(bytes: &mut Vec<u8>, count: usize) {
    push_number(bytes, count as u64);
}

/// Writes a text, after its length.
pub fn push_text(bytes: &mut Vec<u8>, text: &str) {
    push_count(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// Writes bytes under a key, as [`Reader::entry`] reads them.
pub fn push_entry(bytes: &mut Vec<u8>, key: &[u8], content: &[u8]) {
    bytes.extend_from_slice(key);
    push_count(bytes, content.len());
    bytes.extend_from_slice(content);
}

/// Begins what is to be sealed: with its name, to which the content is added.
pub fn begun(name: &Digest) -> Vec<u8> {
    name.as_bytes().to_vec()
}

/// Puts the digest of a name and its content behind them.
pub fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let seal = Digest::of(&bytes);
    bytes.extend_from_slice(seal.as_bytes());
    bytes
}

/// Returns the content that was sealed under a name; nothing if it was another name, or a byte is another.
pub fn opened(name: &Digest, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let end = bytes.len().checked_sub(DIGEST).filter(|end| *end >= DIGEST)?;
    let is_whole = Digest::of(&bytes[..end]).as_bytes() == &bytes[end..];
    if !bytes.starts_with(name.as_bytes()) || !is_whole {
        return None;
    }
    bytes.truncate(end);
    bytes.drain(..DIGEST);
    Some(bytes)
}

/// Reads what was written.
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    /// Starts at the first byte.
    pub fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader { bytes, at: 0 }
    }

    /// Returns how many bytes were read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns how many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Returns whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Reads so many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    /// Reads a key of so many bytes, and where what stands under it stands: that comes after its length.
    pub fn entry<const KEY: usize>(&mut self) -> Option<([u8; KEY], Range<usize>)> {
        let key = self.take(KEY)?.try_into().ok()?;
        let length = self.count()?;
        let start = self.at;
        self.take(length)?;
        Some((key, start..self.at))
    }

    /// Reads a number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads how many of something follow, or where something stands.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// Reads a text.
    pub fn text(&mut self) -> Option<&'b str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_read_as_they_were_written() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        let mut bytes = Vec::new();
        for number in numbers {
            push_number(&mut bytes, number);
            push_text(&mut bytes, &"é".repeat(number.min(200) as usize));
        }
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.number(), Some(number));
            assert_eq!(reader.text(), Some("é".repeat(number.min(200) as usize).as_str()));
        }
        assert!(reader.is_at_end() && reader.at() == bytes.len());
        assert_eq!((reader.number(), reader.take(1), reader.text()), (None, None, None));
    }

    #[test]
    fn what_ends_too_soon_or_goes_on_too_long_is_no_value() {
        assert_eq!(Reader::new(&[0x80]).number(), None);
        assert_eq!(Reader::new(&[0xff; 11]).number(), None);
        assert_eq!(Reader::new(&[3, b'a', b'b']).text(), None);
        assert_eq!(Reader::new(&[1, 0xff]).text(), None);
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]).text(), None);
        assert_eq!(Reader::new(&[0; 4]).take(usize::MAX), None);
    }

    #[test]
    fn a_seal_is_broken_by_any_other_bit_and_by_another_name() {
        let name = Digest::of("name");
        let bytes = sealed([begun(&name).as_slice(), b"content"].concat());
        assert_eq!(opened(&name, bytes.clone()), Some(b"content".to_vec()));
        assert_eq!(opened(&Digest::of("other"), bytes.clone()), None);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(opened(&name, damaged), None, "at {at}");
            assert_eq!(opened(&name, bytes[..at].to_vec()), None, "cut at {at}");
        }
    }
}
