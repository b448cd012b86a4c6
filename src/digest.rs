//! Owns fingerprints of bytes: [`Digest`] for our own bookkeeping, [`Sha256`] where the outside
//! world reads it too (trackers in the lock, subresource integrity).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The BLAKE3 digest of some bytes, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Digest(*blake3::hash(bytes.as_ref()).as_bytes())
    }

    /// Returns the digest of several parts, each told apart from the next by its length.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Digest(*hasher.finalize().as_bytes())
    }

    /// Returns the first twelve hexadecimal digits, enough for a person.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }

    /// Returns the first byte: an even spread over 256 places.
    pub fn first_byte(&self) -> u8 {
        self.0[0]
    }

    /// Returns its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the first half of its bytes, enough for a name in a cache.
    pub fn half(&self) -> [u8; 16] {
        std::array::from_fn(|place| self.0[place])
    }
}

/// A [`Digest`] in the making, for bytes that come in pieces.
#[derive(Debug, Clone, Default)]
pub struct Digesting(blake3::Hasher);

impl Digesting {
    /// Adds the next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest of all pieces, as if they had come as one.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

/// The SHA-256 digest of some bytes, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Returns the digest of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        use sha2::Digest as _;
        Sha256(sha2::Sha256::digest(bytes.as_ref()).into())
    }

    /// Returns the first twelve hexadecimal digits, enough for a person.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

/// Writes the text form, parsing and serde of a 32-byte digest once for both kinds.
macro_rules! hexadecimal {
    ($kind:ident) => {
        impl fmt::Display for $kind {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
                let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
                formatter.write_str(&text)
            }
        }

        impl FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let refuse = || format!("`{text}` is not a digest of 64 hexadecimal digits");
                let (pairs, rest) = text.as_bytes().as_chunks::<2>();
                let half = |digit: u8| char::from(digit).to_digit(16).map(|half| half as u8);
                let byte = |[high, low]: &[u8; 2]| Some(half(*high)? << 4 | half(*low)?);
                let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
                let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
                bytes.filter(|_| rest.is_empty()).map($kind).ok_or_else(refuse)
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hexadecimal!(Digest);
hexadecimal!(Sha256);

/// Returns the SHA-2 digest of some bytes with 256, 384 or 512 bits; nothing for any other number.
pub fn sha(bits: u16, bytes: &[u8]) -> Option<Vec<u8>> {
    use sha2::Digest as _;
    match bits {
        256 => Some(sha2::Sha256::digest(bytes).to_vec()),
        384 => Some(sha2::Sha384::digest(bytes).to_vec()),
        512 => Some(sha2::Sha512::digest(bytes).to_vec()),
        _ => None,
    }
}

/// Returns the same as `integrity` and policies write it: in base64.
pub fn base64_sha(bits: u16, bytes: &[u8]) -> Option<String> {
    sha(bits, bytes).map(|digest| base64(&digest))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let whole = group.iter().chain([0; 2].iter()).take(3).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        for place in 0..4 {
            let digit = DIGITS[(whole >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_being_written_and_read() {
        let digest = Digest::of("hello");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("xyz".parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }

    #[test]
    fn a_digest_in_base64_is_the_one_that_browsers_compute() {
        // RFC 4648, section 10; and the hash that browsers print for `alert(1)`.
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
        assert_eq!(base64_sha(256, b"alert(1)").unwrap(), "bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=");
        assert_eq!(sha(384, b"").unwrap().len(), 48);
        assert_eq!(sha(1, b""), None);
    }

    #[test]
    fn pieces_make_the_digest_of_the_whole() {
        let mut digesting = Digesting::default();
        digesting.add(b"hel");
        digesting.add(b"lo");
        assert_eq!(digesting.finish(), Digest::of("hello"));
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(Digest::of_parts([b"ab".as_slice(), b"c"]), Digest::of_parts([b"a".as_slice(), b"bc"]));
    }
}
