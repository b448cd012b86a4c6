//! Small real pictures for tests, made when they are asked for: each format, turned, with a place in them, and bombs.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::strip::{push_chunk, webp_file};

/// What stands in the metadata of a sample that has some.
pub(crate) const SECRET: &[u8] = b"51.0543N 3.7174E";

/// A picture whose every corner has another colour, so that turning it shows.
pub(crate) fn pixels(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x * 2 < width, y * 2 < height) {
        (true, true) => Rgb([220, 30, 30]),
        (false, true) => Rgb([30, 200, 30]),
        (true, false) => Rgb([30, 30, 220]),
        (false, false) => Rgb([(x % 256) as u8, 220, (y % 256) as u8]),
    })
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels(width, height)).write_to(&mut bytes, format).expect("memory takes it");
    bytes.into_inner()
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Jpeg)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Png)
}

pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::WebP)
}

pub(crate) fn gif(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Gif)
}

/// EXIF data as cameras write it: an orientation, and a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II\x2a\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0]);
    exif.extend(b"\x0e\x01\x02\0");
    exif.extend((SECRET.len() as u32 + 1).to_le_bytes());
    exif.extend(38_u32.to_le_bytes());
    exif.extend([0; 4]);
    exif.extend(SECRET);
    exif.push(0);
    exif
}

pub(crate) fn jpeg_with_exif(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = jpeg(width, height);
    let payload = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &payload, &plain[2..]].concat()
}

pub(crate) fn png_with_exif(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = png(width, height);
    let data = exif(orientation);
    let mut sum = flate2::Crc::new();
    sum.update(b"eXIf");
    sum.update(&data);
    let length = (data.len() as u32).to_be_bytes();
    // The head is 8 bytes of signature and 25 of IHDR.
    [&plain[..33], &length, b"eXIf", &data, &sum.sum().to_be_bytes(), &plain[33..]].concat()
}

pub(crate) fn webp_with_exif(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut body = Vec::new();
    let mut head = vec![0x08, 0, 0, 0];
    head.extend(&(width - 1).to_le_bytes()[..3]);
    head.extend(&(height - 1).to_le_bytes()[..3]);
    push_chunk(&mut body, b"VP8X", &head);
    body.extend(&webp(width, height)[12..]);
    push_chunk(&mut body, b"EXIF", &exif(orientation));
    webp_file(&body)
}

/// A PNG file of a few bytes whose head claims any size.
pub(crate) fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    bytes
}
