//! The way from a picture's file to the bytes of a variant: decode, turn, resize, encode.
//!
//! Sizes are checked before this; the decoders have limits of their own as well, and what they cannot do becomes a
//! [`Flaw`], also where a decoder gives up in another manner. Of the metadata only a colour profile for RGB goes along.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::{jpeg, png, webp};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, ImageResult, Limits};

use super::strip::{HAS_ALPHA, HAS_PROFILE, push_chunk, webp_chunks, webp_file};
use super::{Flaw, Format, Frame, Seen, Variant};

/// A decoded picture, upright: three bytes a pixel, or four where it is transparent.
pub(super) struct Pixels {
    bytes: Vec<u8>,
    width: u32,
    height: u32,
    has_alpha: bool,
    profile: Option<Vec<u8>>,
}

impl Pixels {
    /// Takes pixels of three bytes each.
    pub(super) fn rgb(bytes: Vec<u8>, width: u32, height: u32) -> Pixels {
        Pixels { bytes, width, height, has_alpha: false, profile: None }
    }

    fn colour(&self) -> ExtendedColorType {
        if self.has_alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 }
    }
}

/// Runs what foreign code does with a file; it must never take the program with it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Flaw>) -> Result<T, Flaw> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Flaw::broken("cannot be decoded")))
}

/// Decodes a picture, and turns it upright.
pub(super) fn decode(bytes: &[u8], seen: &Seen) -> Result<Pixels, Flaw> {
    let broken = |error: image::ImageError| Flaw::broken(format!("cannot be decoded: {error}"));
    guarded(|| {
        let source = Cursor::new(bytes);
        match seen.format {
            Format::Jpeg => jpeg::JpegDecoder::new(source).and_then(|decoder| pixels(decoder, seen)),
            Format::Png => png::PngDecoder::new(source).and_then(|decoder| pixels(decoder, seen)),
            Format::Webp => webp::WebPDecoder::new(source).and_then(|decoder| pixels(decoder, seen)),
            Format::Avif | Format::Gif | Format::Svg => return Err(Flaw::broken("is of a kind that is not resized")),
        }
        .map_err(broken)
    })
}

fn pixels(mut decoder: impl ImageDecoder, seen: &Seen) -> ImageResult<Pixels> {
    let mut limits = Limits::no_limits();
    let longest = seen.width.max(seen.height);
    (limits.max_image_width, limits.max_image_height) = (Some(longest), Some(longest));
    // Sixteen bits for each of four channels, and as much again for what a decoder keeps beside it.
    limits.max_alloc = Some(u64::from(seen.width) * u64::from(seen.height) * 16 + (64 << 20));
    decoder.set_limits(limits)?;
    // A profile for four inks or for greys says nothing of the pixels that come out.
    let profile = decoder.icc_profile()?.filter(|profile| profile.get(16..20) == Some(b"RGB "));
    let has_alpha = decoder.color_type().has_alpha();
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if let Some(orientation) = Orientation::from_exif(seen.orientation) {
        picture.apply_orientation(orientation);
    }
    let (width, height) = (picture.width(), picture.height());
    let has_alpha = has_alpha || picture.color().has_alpha();
    let bytes = if has_alpha { picture.into_rgba8().into_raw() } else { picture.into_rgb8().into_raw() };
    Ok(Pixels { bytes, width, height, has_alpha, profile })
}

/// Makes the bytes of a variant.
pub(super) fn encode(pixels: &Pixels, variant: &Variant) -> Result<Vec<u8>, Flaw> {
    let from_lossless = variant.picture.seen.as_ref().is_ok_and(|seen| seen.format == Format::Png);
    guarded(|| {
        let resized = resize(pixels, variant.frame)?;
        match variant.format {
            Format::Jpeg => jpeg_of(&resized, variant.quality),
            Format::Png => png_of(&resized),
            Format::Webp => webp_of(&resized, variant.quality, from_lossless),
            Format::Avif => avif_of(&resized, variant.quality),
            Format::Gif | Format::Svg => Err(Flaw::broken("cannot be written in this format")),
        }
    })
}

fn resize(pixels: &Pixels, frame: Frame) -> Result<Pixels, Flaw> {
    let broken = |error: &dyn std::fmt::Display| Flaw::broken(format!("cannot be resized: {error}"));
    let kind = if pixels.has_alpha { PixelType::U8x4 } else { PixelType::U8x3 };
    if (frame.width, frame.height) == (pixels.width, pixels.height) {
        let Pixels { bytes, width, height, has_alpha, profile } = pixels;
        let (bytes, profile) = (bytes.clone(), profile.clone());
        return Ok(Pixels { bytes, width: *width, height: *height, has_alpha: *has_alpha, profile });
    }
    let source = ImageRef::new(pixels.width, pixels.height, &pixels.bytes, kind).map_err(|error| broken(&error))?;
    let mut target = Image::new(frame.width, frame.height, kind);
    // Its weights are sums and products: Lanczos' are sines, which each system's library rounds in its own way.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    let options = if frame.fill { options.fit_into_destination(Some((0.5, 0.5))) } else { options };
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| broken(&error))?;
    Ok(Pixels {
        bytes: target.into_vec(),
        width: frame.width,
        height: frame.height,
        has_alpha: pixels.has_alpha,
        profile: pixels.profile.clone(),
    })
}

fn jpeg_of(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, Flaw> {
    let mut out = Vec::new();
    let mut encoder = jpeg::JpegEncoder::new_with_quality(&mut out, quality);
    let profile = pixels.profile.clone().map(|profile| encoder.set_icc_profile(profile));
    profile.transpose().map_err(|error| unwritable(&error))?;
    let opaque = on_white(pixels);
    encoder
        .write_image(&opaque, pixels.width, pixels.height, ExtendedColorType::Rgb8)
        .map_err(|error| unwritable(&error))?;
    Ok(out)
}

/// Returns the pixels without transparency, as they look on white paper.
fn on_white(pixels: &Pixels) -> std::borrow::Cow<'_, [u8]> {
    if !pixels.has_alpha {
        return (&pixels.bytes).into();
    }
    let over = |colour: u8, alpha: u8| {
        ((u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255) as u8
    };
    let (quads, _) = pixels.bytes.as_chunks::<4>();
    quads.iter().flat_map(|[red, green, blue, alpha]| [red, green, blue].map(|colour| over(*colour, *alpha))).collect()
}

/// Writes a PNG file: the format of what must not lose anything.
pub(super) fn png_of(pixels: &Pixels) -> Result<Vec<u8>, Flaw> {
    let mut out = Vec::new();
    let filter = png::FilterType::Adaptive;
    let mut encoder = png::PngEncoder::new_with_quality(&mut out, png::CompressionType::Default, filter);
    let profile = pixels.profile.clone().map(|profile| encoder.set_icc_profile(profile));
    profile.transpose().map_err(|error| unwritable(&error))?;
    encoder
        .write_image(&pixels.bytes, pixels.width, pixels.height, pixels.colour())
        .map_err(|error| unwritable(&error))?;
    Ok(out)
}

/// Writes a WebP file. A drawing or a screenshot, which came without loss, stays so where that is no larger.
fn webp_of(pixels: &Pixels, quality: u8, from_lossless: bool) -> Result<Vec<u8>, Flaw> {
    let encoder = match pixels.has_alpha {
        true => ::webp::Encoder::from_rgba(&pixels.bytes, pixels.width, pixels.height),
        false => ::webp::Encoder::from_rgb(&pixels.bytes, pixels.width, pixels.height),
    };
    let refused = |error| Flaw::broken(format!("cannot be written as WebP: {error:?}"));
    let mut bytes = encoder.encode_simple(false, f32::from(quality)).map_err(refused)?.to_vec();
    if from_lossless {
        let lossless = encoder.encode_simple(true, 70.0).map_err(refused)?;
        if lossless.len() <= bytes.len() {
            bytes = lossless.to_vec();
        }
    }
    Ok(match &pixels.profile {
        Some(profile) => with_profile(&bytes, pixels, profile).unwrap_or(bytes),
        None => bytes,
    })
}

/// Returns a WebP file with a colour profile, which its simple form has no room for.
fn with_profile(bytes: &[u8], pixels: &Pixels, profile: &[u8]) -> Option<Vec<u8>> {
    let mut head = vec![HAS_PROFILE | if pixels.has_alpha { HAS_ALPHA } else { 0 }, 0, 0, 0];
    head.extend(&(pixels.width - 1).to_le_bytes()[..3]);
    head.extend(&(pixels.height - 1).to_le_bytes()[..3]);
    let mut body = Vec::with_capacity(bytes.len() + profile.len() + 64);
    push_chunk(&mut body, b"VP8X", &head);
    push_chunk(&mut body, b"ICCP", profile);
    for chunk in webp_chunks(bytes)?.into_iter().filter(|chunk| chunk.kind != *b"VP8X") {
        push_chunk(&mut body, &chunk.kind, &bytes[chunk.data]);
    }
    Some(webp_file(&body))
}

#[cfg(feature = "avif")]
fn avif_of(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, Flaw> {
    use ravif::{Encoder, Img, RGB8, RGBA8};

    // One thread: pictures are made side by side, and the bytes must not depend on the machine's cores.
    let encoder = Encoder::new().with_quality(f32::from(quality)).with_speed(7).with_num_threads(Some(1));
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let refused = |error: ravif::Error| Flaw::broken(format!("cannot be written as AVIF: {error}"));
    let encoded = match pixels.has_alpha {
        true => {
            let quads = pixels.bytes.as_chunks::<4>().0.iter();
            let pixels: Vec<RGBA8> = quads.map(|[r, g, b, a]| RGBA8::new(*r, *g, *b, *a)).collect();
            encoder.encode_rgba(Img::new(&pixels, width, height))
        }
        false => {
            let triples = pixels.bytes.as_chunks::<3>().0.iter();
            let pixels: Vec<RGB8> = triples.map(|[r, g, b]| RGB8::new(*r, *g, *b)).collect();
            encoder.encode_rgb(Img::new(&pixels, width, height))
        }
    };
    Ok(encoded.map_err(refused)?.avif_file)
}

#[cfg(not(feature = "avif"))]
fn avif_of(_: &Pixels, _: u8) -> Result<Vec<u8>, Flaw> {
    Err(Flaw::broken("cannot be written as AVIF: this program was built without it"))
}

fn unwritable(error: &dyn std::fmt::Display) -> Flaw {
    Flaw::broken(format!("cannot be written: {error}"))
}

#[cfg(test)]
mod tests;
