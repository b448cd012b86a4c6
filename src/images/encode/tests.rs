//! What comes out of the encoders, looked at by decoders; and that no file, however broken, takes the program with it.

use std::sync::Arc;

use super::*;
use crate::digest::Digest;
use crate::images::{Bytes, Picture, samples};
use crate::paths::SourcePath;

fn picture(bytes: &[u8]) -> Arc<Picture> {
    Arc::new(Picture::look(SourcePath::new("a.jpg"), Bytes::Disk("/x".into()), bytes, 1_000_000))
}

fn made(bytes: &[u8], frame: Frame, format: Format) -> Result<Vec<u8>, Flaw> {
    let picture = picture(bytes);
    let seen = picture.seen.clone()?;
    let quality = if format == Format::Png { 0 } else { 80 };
    encode(&decode(bytes, &seen)?, &Variant { picture, frame, format, quality })
}

const SMALL: Frame = Frame { width: 30, height: 20, fill: false };

#[test]
fn every_format_is_made_of_every_format_at_its_size() {
    for source in [samples::jpeg(60, 40), samples::png(60, 40), samples::webp(60, 40)] {
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let bytes = made(&source, SMALL, format).expect("it can be made");
            let seen = picture(&bytes).seen.clone().expect("it is sound");
            assert_eq!((seen.format, seen.width, seen.height), (format, 30, 20));
            assert!(!seen.has_metadata);
            let decoded = image::load_from_memory(&bytes).expect("others can read it").into_rgb8();
            let [red, _, _] = decoded.get_pixel(4, 4).0;
            assert!(red > 180, "its upper left corner is red");
        }
    }
}

#[test]
#[cfg(feature = "avif")]
fn avif_is_made_on_request() {
    let bytes = made(&samples::png(60, 40), SMALL, Format::Avif).expect("it can be made");
    assert_eq!(&bytes[4..12], b"ftypavif");
}

#[test]
fn each_way_a_camera_was_held_comes_out_upright() {
    let upright = samples::pixels(60, 40);
    let colour = |[red, green, blue]: [u8; 3]| [red > 128, green > 128, blue > 128];
    for orientation in 1..=8 {
        let bytes = samples::jpeg_with_exif(60, 40, orientation);
        let seen = picture(&bytes).seen.clone().unwrap();
        let made = made(&bytes, Frame::of_width(&seen, 1000), Format::Png).unwrap();
        let made = image::load_from_memory(&made).unwrap().into_rgb8();
        let (width, height) = made.dimensions();
        assert_eq!((width, height), if orientation < 5 { (60, 40) } else { (40, 60) });
        // Where the corners of the stored picture belong (EXIF 2.3, 4.6.4).
        let corner = |right: bool, bottom: bool| {
            let (x, y) = (if right { width - 5 } else { 4 }, if bottom { height - 5 } else { 4 });
            colour(made.get_pixel(x, y).0)
        };
        let stored = |right: bool, bottom: bool| {
            let (x, y) = (if right { 55 } else { 4 }, if bottom { 35 } else { 4 });
            colour(upright.get_pixel(x, y).0)
        };
        let shown_at = |right: bool, bottom: bool| match orientation {
            1 => (right, bottom),
            2 => (!right, bottom),
            3 => (!right, !bottom),
            4 => (right, !bottom),
            5 => (bottom, right),
            6 => (!bottom, right),
            7 => (!bottom, !right),
            _ => (bottom, !right),
        };
        for (right, bottom) in [(false, false), (true, false), (false, true)] {
            let (to_right, to_bottom) = shown_at(right, bottom);
            assert_eq!(corner(to_right, to_bottom), stored(right, bottom), "orientation {orientation}");
        }
    }
}

#[test]
fn a_colour_profile_goes_along_and_nothing_else() {
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    profile.extend(b"a wide one");
    let mut source = Vec::new();
    let mut encoder = jpeg::JpegEncoder::new(&mut source);
    encoder.set_icc_profile(profile.clone()).unwrap();
    encoder.encode_image(&samples::pixels(60, 40)).unwrap();
    assert!(picture(&source).seen.clone().unwrap().has_wide_colours);
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let bytes = made(&source, SMALL, format).unwrap();
        let found = match format {
            Format::Jpeg => jpeg::JpegDecoder::new(Cursor::new(&bytes)).unwrap().icc_profile(),
            Format::Png => png::PngDecoder::new(Cursor::new(&bytes)).unwrap().icc_profile(),
            _ => webp::WebPDecoder::new(Cursor::new(&bytes)).unwrap().icc_profile(),
        };
        assert_eq!(found.unwrap().as_ref(), Some(&profile), "{format:?}");
        assert!(image::load_from_memory(&bytes).is_ok(), "{format:?}");
    }
}

#[test]
fn transparency_is_kept_where_the_format_has_it_and_white_elsewhere() {
    let clear = image::RgbaImage::from_pixel(60, 40, image::Rgba([255, 0, 0, 0]));
    let mut source = Cursor::new(Vec::new());
    clear.write_to(&mut source, image::ImageFormat::Png).unwrap();
    let decoded =
        |format| image::load_from_memory(&made(source.get_ref(), SMALL, format).unwrap()).unwrap().into_rgba8();
    assert_eq!(decoded(Format::Webp).get_pixel(9, 9).0[3], 0);
    assert_eq!(decoded(Format::Jpeg).get_pixel(9, 9).0, [255, 255, 255, 255]);
}

#[test]
fn broken_files_are_refused_and_never_panic() {
    for whole in [samples::jpeg_with_exif(40, 30, 6), samples::png(40, 30), samples::webp(40, 30)] {
        let seen = picture(&whole).seen.clone().unwrap();
        for length in 0..whole.len() {
            let _ = decode(&whole[..length], &seen);
        }
        for index in (0..whole.len()).step_by(3) {
            let mut changed = whole.clone();
            changed[index] ^= 0xff;
            if let Ok(seen) = picture(&changed).seen.clone() {
                let _ = decode(&changed, &seen);
            }
        }
    }
}

#[test]
fn a_head_that_lies_to_the_decoder_takes_no_memory() {
    let bomb = samples::png_that_claims(60_000, 60_000);
    let small = picture(&samples::png(40, 30)).seen.clone().unwrap();
    assert!(decode(&bomb, &small).is_err());
}

#[test]
fn the_same_picture_gives_the_same_bytes_on_every_machine() {
    let source = samples::png(200, 120);
    let digest = |format| {
        let frame = Frame { width: 90, height: 54, fill: false };
        Digest::of(made(&source, frame, format).unwrap()).short()
    };
    let found = [Format::Jpeg, Format::Png, Format::Webp].map(digest);
    // Measured on x86-64. They hold elsewhere because nothing on the way asks the system's library for a sine, a logarithm or
    // the like: weights are sums and products, pixels and encoders count in integers. Whoever changes an encoder changes
    // these, and counts `ENCODER` up.
    assert_eq!(found, ["ab58c45e1735", "121c091bd803", "86126ade375c"]);
}
