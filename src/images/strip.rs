//! Takes out of a picture's file what is not the picture: where and when it was taken, with what, by whom, and thumbnails
//! that may show what was cut away. Its pixels are not touched.
//!
//! What stays is a list, not what goes: the colour profile, what decoding needs, and which way up it is. What nobody knows
//! is taken out. Bytes after the picture's end, where phones keep films, go as well.

use std::ops::Range;

use super::Format;

/// One part of a JPEG file, from its marker to the next.
pub(super) struct Part {
    pub(super) marker: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// One chunk of a PNG or WebP file.
pub(super) struct Chunk {
    pub(super) kind: [u8; 4],
    pub(super) whole: Range<usize>,
    pub(super) data: Range<usize>,
}

/// Returns the file without its metadata; nothing if it has none, or is of a kind that is left alone.
pub(super) fn stripped(bytes: &[u8], format: Format, orientation: u8) -> Option<Vec<u8>> {
    let stripped = match format {
        Format::Jpeg => jpeg(bytes, orientation),
        Format::Png => png(bytes, orientation),
        Format::Webp => webp(bytes, orientation),
        Format::Avif | Format::Gif | Format::Svg => None,
    };
    stripped.filter(|stripped| stripped != bytes)
}

/// Returns the least EXIF data that says which way up a picture is.
fn exif(orientation: u8) -> [u8; 26] {
    let mut exif = *b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0";
    exif[19] = orientation;
    exif
}

/// Splits a JPEG file into its parts; the bytes of a scan belong to its marker. Also tells where the picture ends.
pub(super) fn jpeg_parts(bytes: &[u8]) -> Option<(Vec<Part>, usize)> {
    let mut parts = Vec::new();
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let start = at;
        // Any number of fill bytes may stand before a marker.
        while *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        let marker = bytes[at + 1];
        at += 2;
        match marker {
            0xd9 => return Some((parts, at)),
            0x01 | 0xd0..=0xd7 => continue,
            0x00 | 0xd8 => return None,
            _ => {}
        }
        let length = usize::from(*bytes.get(at)?) << 8 | usize::from(*bytes.get(at + 1)?);
        if length < 2 {
            return None;
        }
        at += length;
        if marker == 0xda {
            // The picture's data: up to the next marker that is none of its own.
            loop {
                at += memchr::memchr(0xff, bytes.get(at..)?)?;
                match bytes.get(at + 1)? {
                    0x00 | 0xd0..=0xd7 => at += 2,
                    0xff => at += 1,
                    _ => break,
                }
            }
        }
        bytes.get(..at)?;
        parts.push(Part { marker, start: at_marker(bytes, start), end: at });
    }
}

/// Returns where a marker stands after its fill bytes.
fn at_marker(bytes: &[u8], mut start: usize) -> usize {
    while bytes.get(start + 1) == Some(&0xff) {
        start += 1;
    }
    start
}

fn jpeg(bytes: &[u8], orientation: u8) -> Option<Vec<u8>> {
    let (parts, _) = jpeg_parts(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, 0xd8]);
    let mut is_turned = orientation == 1;
    for part in parts {
        let payload = bytes.get(part.start + 4..part.end).unwrap_or_default();
        let is_kept = match part.marker {
            0xe0 => payload.starts_with(b"JFIF\0"),
            0xe2 => payload.starts_with(b"ICC_PROFILE\0"),
            0xee => payload.starts_with(b"Adobe"),
            0xe1..=0xef | 0xfe => false,
            _ => true,
        };
        // EXIF follows JFIF, where there is such a part, and stands before all others.
        if !is_turned && part.marker != 0xe0 {
            is_turned = true;
            let exif = exif(orientation);
            out.extend([0xff, 0xe1, 0, (2 + 6 + exif.len()) as u8]);
            out.extend(b"Exif\0\0");
            out.extend(exif);
        }
        if is_kept {
            out.extend(&bytes[part.start..part.end]);
        }
    }
    out.extend([0xff, 0xd9]);
    Some(out)
}

/// Splits a PNG file into its chunks, and tells where it ends.
pub(super) fn png_chunks(bytes: &[u8]) -> Option<(Vec<Chunk>, usize)> {
    let mut chunks = Vec::new();
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
        let kind: [u8; 4] = bytes.get(at + 4..at + 8)?.try_into().ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        bytes.get(..end)?;
        chunks.push(Chunk { kind, whole: at..end, data: at + 8..end - 4 });
        at = end;
        if kind == *b"IEND" {
            return Some((chunks, end));
        }
    }
}

/// The chunks of a PNG file that belong to the picture, beside those that no decoder can do without.
const OF_THE_PICTURE: [&[u8; 4]; 15] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"hIST", b"cICP", b"mDCv", b"cLLi",
    b"acTL", b"fcTL", b"fdAT",
];

fn png(bytes: &[u8], orientation: u8) -> Option<Vec<u8>> {
    let (chunks, _) = png_chunks(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(&bytes[..8]);
    for chunk in chunks {
        if chunk.kind[0].is_ascii_uppercase() || OF_THE_PICTURE.contains(&&chunk.kind) {
            out.extend(&bytes[chunk.whole]);
        }
        if chunk.kind == *b"IHDR" && orientation != 1 {
            let exif = exif(orientation);
            out.extend((exif.len() as u32).to_be_bytes());
            let mut sum = flate2::Crc::new();
            sum.update(b"eXIf");
            sum.update(&exif);
            out.extend(b"eXIf");
            out.extend(exif);
            out.extend(sum.sum().to_be_bytes());
        }
    }
    Some(out)
}

/// Splits a WebP file into its chunks.
pub(super) fn webp_chunks(bytes: &[u8]) -> Option<Vec<Chunk>> {
    let length = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    let end = length.checked_add(8)?;
    let bytes = bytes.get(..end)?;
    let mut chunks = Vec::new();
    let mut at = 12;
    while at < end {
        let length = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let data = at + 8..at.checked_add(8)?.checked_add(length)?;
        bytes.get(data.clone())?;
        // Chunks are padded to an even length; the last one's padding is often left out.
        let whole = at..(data.end + (length & 1)).min(end);
        at = data.end + (length & 1);
        chunks.push(Chunk { kind: bytes.get(whole.start..whole.start + 4)?.try_into().ok()?, whole, data });
    }
    (!chunks.is_empty()).then_some(chunks)
}

/// The bits of a WebP file's head that say which chunks it has.
pub(super) const HAS_PROFILE: u8 = 0x20;
pub(super) const HAS_ALPHA: u8 = 0x10;
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

fn webp(bytes: &[u8], orientation: u8) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(bytes.len());
    for chunk in webp_chunks(bytes)? {
        if !matches!(&chunk.kind, b"VP8X" | b"ICCP" | b"ANIM" | b"ANMF" | b"ALPH" | b"VP8 " | b"VP8L") {
            continue;
        }
        let mut data = bytes[chunk.data].to_vec();
        if chunk.kind == *b"VP8X" {
            let flags = data.first_mut()?;
            *flags &= !(HAS_EXIF | HAS_XMP);
            *flags |= if orientation == 1 { 0 } else { HAS_EXIF };
        }
        push_chunk(&mut body, &chunk.kind, &data);
    }
    if orientation != 1 {
        push_chunk(&mut body, b"EXIF", &exif(orientation));
    }
    Some(webp_file(&body))
}

/// Adds a chunk to the body of a WebP file.
pub(super) fn push_chunk(body: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    body.extend(kind);
    body.extend((data.len() as u32).to_le_bytes());
    body.extend(data);
    body.extend(&[0][..data.len() & 1]);
}

/// Puts the head of a WebP file before its body.
pub(super) fn webp_file(body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_le_bytes();
    [b"RIFF".as_slice(), &length, b"WEBP", body].concat()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::{Bytes, Picture, Seen};
    use super::*;
    use crate::paths::SourcePath;

    fn look(bytes: &[u8]) -> Seen {
        Picture::look(SourcePath::new("a.jpg"), Bytes::Disk("/x".into()), bytes, 1_000_000).seen.expect("it is sound")
    }

    fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
        bytes.windows(wanted.len()).any(|window| window == wanted)
    }

    #[test]
    fn the_place_is_taken_out_and_the_way_up_stays() {
        for bytes in
            [samples::jpeg_with_exif(60, 40, 6), samples::png_with_exif(60, 40, 6), samples::webp_with_exif(60, 40, 6)]
        {
            assert!(holds(&bytes, samples::SECRET), "the sample has a place");
            let before = look(&bytes);
            let stripped = stripped(&bytes, before.format, before.orientation).expect("there is something to take out");
            assert!(!holds(&stripped, samples::SECRET), "{:?}", before.format);
            let after = look(&stripped);
            assert_eq!(after, Seen { has_metadata: false, ..before });
            let decode = |bytes: &[u8]| image::load_from_memory(bytes).expect("it can be decoded").into_rgba8();
            assert_eq!(decode(&bytes), decode(&stripped), "no pixel changes");
        }
    }

    #[test]
    fn a_picture_without_metadata_is_left_as_it_is() {
        for bytes in [samples::jpeg(30, 20), samples::png(30, 20), samples::webp(30, 20)] {
            let seen = look(&bytes);
            assert_eq!(stripped(&bytes, seen.format, seen.orientation), None, "{:?}", seen.format);
        }
    }

    #[test]
    fn what_follows_the_end_of_a_picture_goes() {
        let mut bytes = samples::jpeg(30, 20);
        let length = bytes.len();
        bytes.extend(b"ftypmp42 a film with a place in it");
        assert_eq!(stripped(&bytes, Format::Jpeg, 1).map(|stripped| stripped.len()), Some(length));
    }
}
