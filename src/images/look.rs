//! What the first bytes of a picture tell: its format, its size, which way up it is. Nothing is decoded here.
//!
//! Each format's frame is walked from its beginning to its end, so that a file that was cut off is found before a page
//! names it. Every length that a file states is checked against the bytes that are there.

use super::strip::{self, jpeg_parts, png_chunks, webp_chunks};
use super::{Bytes, Flaw, Format, Picture, Seen};
use crate::digest::Digest;
use crate::paths::SourcePath;

/// What was found in a file, before limits and orientation count.
struct Found {
    format: Format,
    width: u32,
    height: u32,
    orientation: u8,
    is_still: bool,
    has_wide_colours: bool,
}

impl Picture {
    /// Looks at the bytes of a file; refuses one of more than `most` pixels.
    pub fn look(source: SourcePath, place: Bytes, bytes: &[u8], most: u64) -> Picture {
        let seen = find(bytes).and_then(|found| fit(bytes, &found, most));
        Picture { source, bytes: place, digest: Digest::of(bytes), seen }
    }

    /// Notes a file that is too large to be read at all.
    pub fn too_large(source: SourcePath, place: Bytes, length: u64) -> Picture {
        let digest = Digest::of_parts([b"not read".as_slice(), source.as_str().as_bytes(), &length.to_le_bytes()]);
        let flaw = Flaw::too_large(format!("is a file of {} MB, and no more than 256 are read", length >> 20));
        Picture { source, bytes: place, digest, seen: Err(flaw) }
    }

    /// Returns the ending that the file should have, if it has another format's.
    pub fn misnamed(&self) -> Option<&'static str> {
        let seen = self.seen.as_ref().ok()?;
        (Format::named(self.source.extension()) != Some(seen.format)).then(|| seen.format.ending())
    }
}

fn fit(bytes: &[u8], found: &Found, most: u64) -> Result<Seen, Flaw> {
    let (width, height) = match found.orientation {
        5..=8 => (found.height, found.width),
        _ => (found.width, found.height),
    };
    // A drawing may leave its size to the page.
    let is_raster = found.format != Format::Svg;
    if is_raster && (width == 0 || height == 0) {
        return Err(Flaw::broken("has no width or no height"));
    }
    if is_raster && u64::from(width) * u64::from(height) > most {
        let limit = most / 1_000_000;
        return Err(Flaw::too_large(format!("has {width} × {height} pixels, and the limit is {limit} megapixels")));
    }
    Ok(Seen {
        format: found.format,
        width,
        height,
        orientation: found.orientation,
        is_still: found.is_still,
        has_metadata: strip::stripped(bytes, found.format, found.orientation).is_some(),
        has_wide_colours: found.has_wide_colours,
    })
}

fn find(bytes: &[u8]) -> Result<Found, Flaw> {
    match bytes {
        [] => Err(Flaw::broken("is empty")),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => png(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif(bytes),
        _ => match svg(bytes) {
            Some(found) => Ok(found),
            None => Err(Flaw::broken("is no JPEG, PNG, WebP, GIF or SVG, whatever its name says")),
        },
    }
}

fn cut_off() -> Flaw {
    Flaw::broken("ends before its end: it was cut off")
}

fn jpeg(bytes: &[u8]) -> Result<Found, Flaw> {
    let (parts, _) = jpeg_parts(bytes).ok_or_else(cut_off)?;
    let mut found = None;
    let (mut orientation, mut has_wide_colours) = (1, false);
    for part in parts {
        let payload = bytes.get(part.start + 4..part.end).unwrap_or_default();
        match part.marker {
            // Each kind of frame, but not the tables that share its numbers.
            0xc0..=0xcf if !matches!(part.marker, 0xc4 | 0xc8 | 0xcc) && found.is_none() => {
                let at = |index: usize| payload.get(index).copied().map(u32::from);
                let frame = (|| Some((at(3)? << 8 | at(4)?, at(1)? << 8 | at(2)?)))();
                found = Some(frame.ok_or_else(cut_off)?);
            }
            0xe1 => {
                if let Some(exif) = payload.strip_prefix(b"Exif\0\0") {
                    orientation = orientation_of(exif);
                }
            }
            0xe2 if payload.starts_with(b"ICC_PROFILE\0") => has_wide_colours |= !names_srgb(payload),
            _ => {}
        }
    }
    let (width, height) = found.ok_or_else(|| Flaw::broken("has no picture in it"))?;
    Ok(Found { format: Format::Jpeg, width, height, orientation, is_still: true, has_wide_colours })
}

fn png(bytes: &[u8]) -> Result<Found, Flaw> {
    let (chunks, _) = png_chunks(bytes).ok_or_else(cut_off)?;
    let mut found =
        Found { format: Format::Png, width: 0, height: 0, orientation: 1, is_still: true, has_wide_colours: false };
    for chunk in chunks {
        let data = &bytes[chunk.data.clone()];
        match &chunk.kind {
            b"IHDR" => {
                found.width = big_endian(data, 0).ok_or_else(cut_off)?;
                found.height = big_endian(data, 4).ok_or_else(cut_off)?;
            }
            b"acTL" => found.is_still = false,
            b"eXIf" => found.orientation = orientation_of(data),
            b"iCCP" => found.has_wide_colours = !names_srgb(data),
            _ => {}
        }
    }
    Ok(found)
}

fn webp(bytes: &[u8]) -> Result<Found, Flaw> {
    let chunks = webp_chunks(bytes).ok_or_else(cut_off)?;
    let mut found =
        Found { format: Format::Webp, width: 0, height: 0, orientation: 1, is_still: true, has_wide_colours: false };
    let number = |data: &[u8], at: usize, length: usize| {
        data.get(at..at + length).map(|bytes| bytes.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)))
    };
    for chunk in chunks {
        let data = &bytes[chunk.data.clone()];
        match &chunk.kind {
            b"VP8X" => {
                found.is_still = number(data, 0, 1).ok_or_else(cut_off)? & 2 == 0;
                found.width = number(data, 4, 3).ok_or_else(cut_off)? + 1;
                found.height = number(data, 7, 3).ok_or_else(cut_off)? + 1;
            }
            b"VP8 " if found.width == 0 => {
                found.width = number(data, 6, 2).ok_or_else(cut_off)? & 0x3fff;
                found.height = number(data, 8, 2).ok_or_else(cut_off)? & 0x3fff;
            }
            b"VP8L" if found.width == 0 => {
                let bits = number(data, 1, 4).ok_or_else(cut_off)?;
                found.width = (bits & 0x3fff) + 1;
                found.height = (bits >> 14 & 0x3fff) + 1;
            }
            b"EXIF" => found.orientation = orientation_of(data.strip_prefix(b"Exif\0\0").unwrap_or(data)),
            b"ICCP" => found.has_wide_colours = !names_srgb(data),
            _ => {}
        }
    }
    Ok(found)
}

fn gif(bytes: &[u8]) -> Result<Found, Flaw> {
    // The last byte of a whole file; some programs pad it.
    let trailer = bytes.iter().rev().find(|byte| **byte != 0);
    if bytes.len() < 14 || trailer != Some(&0x3b) {
        return Err(cut_off());
    }
    let pair = |at: usize| u32::from(bytes[at]) | u32::from(bytes[at + 1]) << 8;
    let (width, height) = (pair(6), pair(8));
    Ok(Found { format: Format::Gif, width, height, orientation: 1, is_still: false, has_wide_colours: false })
}

/// Reads the size of a drawing: its own, else that of its `viewBox`. One without either has the size of its frame, which
/// nobody knows here.
fn svg(bytes: &[u8]) -> Option<Found> {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader::from_str(text);
    let start = loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => break start,
            Event::Eof => return None,
            _ => {}
        }
    };
    if start.local_name().as_ref() != "svg" {
        return None;
    }
    let attribute = |name: &str| {
        let found = start.attributes().flatten().find(|one| one.key.as_ref() == name)?;
        Some(found.value.into_owned())
    };
    let length = |name: &str| {
        let value = attribute(name)?;
        let value = value.trim();
        value.strip_suffix("px").unwrap_or(value).trim_end().parse::<f64>().ok()
    };
    let of_box = attribute("viewBox").and_then(|value| {
        let numbers: Vec<f64> = value
            .split(|character: char| character == ',' || character.is_ascii_whitespace())
            .filter(|part| !part.is_empty())
            .map_while(|part| part.parse().ok())
            .collect();
        <[f64; 4]>::try_from(numbers).ok().map(|[_, _, width, height]| (width, height))
    });
    let (width, height) = length("width").zip(length("height")).or(of_box).unwrap_or_default();
    let whole = |number: f64| if (0.5..1e6).contains(&number) { number.round() as u32 } else { 0 };
    let (width, height) = (whole(width), whole(height));
    Some(Found { format: Format::Svg, width, height, orientation: 1, is_still: false, has_wide_colours: false })
}

fn big_endian(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

/// Reads which way up a picture is from its EXIF data; upright where it does not say.
fn orientation_of(exif: &[u8]) -> u8 {
    image::metadata::Orientation::from_exif_chunk(exif).map_or(1, image::metadata::Orientation::to_exif)
}

/// Returns whether a colour profile calls itself sRGB, in either of the ways in which profiles write their names.
fn names_srgb(profile: &[u8]) -> bool {
    let holds = |wanted: &[u8]| profile.windows(wanted.len()).any(|window| window == wanted);
    holds(b"sRGB") || holds(b"s\0R\0G\0B")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn look(name: &str, bytes: &[u8]) -> Picture {
        Picture::look(SourcePath::new(name), Bytes::Disk("/x".into()), bytes, 100_000_000)
    }

    fn size(name: &str, bytes: &[u8]) -> (Format, u32, u32) {
        let seen = look(name, bytes).seen.expect("it is sound");
        (seen.format, seen.width, seen.height)
    }

    #[test]
    fn each_format_tells_its_size() {
        assert_eq!(size("a.jpg", &samples::jpeg(60, 40)), (Format::Jpeg, 60, 40));
        assert_eq!(size("a.png", &samples::png(60, 40)), (Format::Png, 60, 40));
        assert_eq!(size("a.webp", &samples::webp(60, 40)), (Format::Webp, 60, 40));
        assert_eq!(size("a.gif", &samples::gif(60, 40)), (Format::Gif, 60, 40));
        assert_eq!(size("a.svg", b"<?xml version=\"1.0\"?><svg viewBox='0 0 30.2 20'/>"), (Format::Svg, 30, 20));
        assert_eq!(size("a.svg", b"<svg width=\"12px\" height=\"7\" viewBox='0 0 3 2'>"), (Format::Svg, 12, 7));
    }

    #[test]
    fn a_picture_on_its_side_has_the_size_at_which_it_is_shown() {
        let seen = look("a.jpg", &samples::jpeg_with_exif(60, 40, 6)).seen.unwrap();
        assert_eq!((seen.width, seen.height, seen.orientation), (40, 60, 6));
        assert!(seen.has_metadata);
    }

    #[test]
    fn no_beginning_of_a_file_is_taken_for_the_whole() {
        let whole = [
            samples::jpeg_with_exif(60, 40, 6),
            samples::png(60, 40),
            samples::webp(60, 40),
            samples::gif(60, 40),
            samples::gif(1, 1),
        ];
        for bytes in whole {
            for length in 0..bytes.len() {
                let picture = look("a.jpg", &bytes[..length]);
                let flaw = picture.seen.expect_err("a part is not the whole");
                assert!(!flaw.too_large, "{length}: {flaw:?}");
            }
            assert!(look("a.jpg", &bytes).seen.is_ok());
        }
    }

    #[test]
    fn flipped_bytes_and_noise_never_panic() {
        for bytes in
            [samples::jpeg_with_exif(30, 20, 8), samples::png(30, 20), samples::webp(30, 20), samples::gif(9, 9)]
        {
            for index in 0..bytes.len() {
                for value in [0, 0xff, bytes[index] ^ 0x80] {
                    let mut changed = bytes.clone();
                    changed[index] = value;
                    let _ = look("a.png", &changed);
                }
            }
        }
        let _ = look("a.svg", b"<svg viewBox=\"0 0 nan -1\" width='1e999' height=''>");
    }

    #[test]
    fn a_bomb_is_known_by_its_head() {
        let flaw = look("bomb.png", &samples::png_that_claims(60_000, 60_000)).seen.unwrap_err();
        assert!(flaw.too_large);
        assert_eq!(flaw.what, "has 60000 × 60000 pixels, and the limit is 100 megapixels");
    }

    #[test]
    fn a_wrong_ending_is_seen() {
        assert_eq!(look("a.png", &samples::jpeg(3, 3)).misnamed(), Some("jpg"));
        assert_eq!(look("a.JPEG", &samples::jpeg(3, 3)).misnamed(), None);
        assert!(look("a.jpg", b"<!doctype html><title>404</title>").seen.is_err());
    }
}
