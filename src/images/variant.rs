//! A picture at another size or in another format, and its address: a name that says what it is, and a digest of all that
//! it is made of, so that whoever keeps one copy never has to ask for another.
//!
//! An address can be read back without any list: `photo.480x320.0f9d5b1c2a3e.webp` is the one variant of a picture `photo.*`
//! in that folder whose digest is this. Hence a preview knows every variant without rendering a page first.

use std::sync::Arc;

use super::{ENCODER, Format, Picture, Seen};
use crate::digest::Digest;
use crate::paths::Route;

/// How many digits of the digest stand in a name: 48 bits, for pictures that already share name, folder and size.
const DIGITS: usize = 12;

/// The size of a variant, and how it comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Whether what does not fit is cut away at both sides, rather than squeezed.
    pub fill: bool,
}

impl Frame {
    /// Returns the frame of a whole picture at some width; never wider than the picture.
    pub fn of_width(seen: &Seen, width: u32) -> Frame {
        let width = width.clamp(1, seen.width);
        Frame { width, height: share(seen.height, width, seen.width), fill: false }
    }

    /// Returns the frame of a whole picture at some height; never higher than the picture.
    pub fn of_height(seen: &Seen, height: u32) -> Frame {
        let height = height.clamp(1, seen.height);
        Frame { width: share(seen.width, height, seen.height), height, fill: false }
    }

    /// Returns the largest frame of a whole picture within a box.
    pub fn within(seen: &Seen, width: u32, height: u32) -> Frame {
        let by_width = Frame::of_width(seen, width);
        if by_width.height <= height.max(1) { by_width } else { Frame::of_height(seen, height) }
    }

    /// Returns a box of these proportions; a smaller one if the picture has too few pixels for it.
    pub fn exactly(seen: &Seen, width: u32, height: u32, fill: bool) -> Frame {
        let (mut width, mut height) = (width.max(1), height.max(1));
        if width > seen.width {
            (width, height) = (seen.width, share(height, seen.width, width));
        }
        if height > seen.height {
            (width, height) = (share(width, seen.height, height), seen.height);
        }
        Frame { width, height, fill }
    }
}

/// Returns `whole × part ÷ of`, rounded, at least 1.
fn share(whole: u32, part: u32, of: u32) -> u32 {
    let (whole, part, of) = (u64::from(whole), u64::from(part), u64::from(of.max(1)));
    u32::try_from((whole * part + of / 2) / of).unwrap_or(u32::MAX).max(1)
}

/// A picture at another size or in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Of which picture.
    pub picture: Arc<Picture>,
    /// At which size.
    pub frame: Frame,
    /// In which format.
    pub format: Format,
    /// How good, from 1 to 100; 0 where the format loses nothing.
    pub quality: u8,
}

impl Variant {
    /// Returns the digest of everything that decides its bytes.
    pub fn key(&self) -> Digest {
        let how = format!("{ENCODER} {} {:?} {}", self.format.ending(), self.frame, self.quality);
        Digest::of_parts([self.picture.digest.to_string().as_bytes(), how.as_bytes()])
    }

    /// Returns its address beside the picture's own. `usual` is the quality that need not be named.
    pub fn route(&self, original: &Route, usual: u8) -> Route {
        let path = original.as_str();
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        let Frame { width, height, fill } = self.frame;
        let fill = if fill { "fill" } else { "" };
        let quality = if self.quality == usual { String::new() } else { format!("q{}", self.quality) };
        let digest = self.key().to_string();
        let name = format!("{stem}.{width}x{height}{fill}{quality}.{}.{}", &digest[..DIGITS], self.format.ending());
        Route::new(name).expect("the picture's own address with letters and digits in its name")
    }

    /// Returns the parts of an address that may be a variant's: the beginning that it shares with its picture, and how it
    /// is made. `usual` gives the quality of a format where none is named.
    pub fn read(route: &Route, usual: impl Fn(Format) -> u8) -> Option<(&str, Frame, Format, u8)> {
        let mut parts = route.as_str().rsplitn(4, '.');
        let (ending, digest, how, stem) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let format = Format::named(ending).filter(|format| format.ending() == ending)?;
        if digest.len() != DIGITS || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (how, quality) = match how.split_once('q') {
            Some((how, quality)) => (how, quality.parse().ok().filter(|quality| (1..=100).contains(quality))?),
            None => (how, usual(format)),
        };
        let (how, fill) = how.strip_suffix("fill").map_or((how, false), |how| (how, true));
        let (width, height) = how.split_once('x')?;
        let frame = Frame { width: width.parse().ok()?, height: height.parse().ok()?, fill };
        Some((stem, frame, format, quality))
    }
}

impl Format {
    /// Returns whether a picture of this size can be stored: WebP counts pixels with 14 bits, JPEG with 16.
    pub fn holds(self, frame: Frame) -> bool {
        let most = if self == Format::Webp { 16_383 } else { 65_535 };
        frame.width <= most && frame.height <= most
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bytes, samples};
    use super::*;
    use crate::paths::SourcePath;

    fn picture(width: u32, height: u32) -> Arc<Picture> {
        let bytes = samples::png(width, height);
        Arc::new(Picture::look(SourcePath::new("a.png"), Bytes::Disk("/x".into()), &bytes, 1_000_000))
    }

    #[test]
    fn no_frame_is_larger_than_the_picture() {
        let seen = picture(300, 200).seen.clone().unwrap();
        let size = |frame: Frame| (frame.width, frame.height);
        assert_eq!(size(Frame::of_width(&seen, 150)), (150, 100));
        assert_eq!(size(Frame::of_width(&seen, 900)), (300, 200));
        assert_eq!(size(Frame::of_height(&seen, 50)), (75, 50));
        assert_eq!(size(Frame::within(&seen, 100, 100)), (100, 67));
        assert_eq!(size(Frame::within(&seen, 300, 20)), (30, 20));
        assert_eq!(size(Frame::exactly(&seen, 100, 100, true)), (100, 100));
        assert_eq!(size(Frame::exactly(&seen, 600, 600, true)), (200, 200));
        assert_eq!(size(Frame::exactly(&seen, 0, 0, false)), (1, 1));
        assert_eq!(size(Frame::of_width(&seen, 0)), (1, 1));
    }

    #[test]
    fn an_address_can_be_read_back() {
        let original = Route::new("/posts/a/my.photo.png").unwrap();
        for (fill, quality) in [(false, 80), (true, 80), (true, 33), (false, 0)] {
            let frame = Frame { width: 48, height: 32, fill };
            let variant = Variant { picture: picture(60, 40), frame, format: Format::Webp, quality };
            let route = variant.route(&original, 80);
            let read = Variant::read(&route, |_| 80)
                .map(|(stem, frame, format, quality)| (stem.to_owned(), frame, format, quality.max(quality)));
            let expected = Some(("/posts/a/my.photo".to_owned(), frame, Format::Webp, quality));
            // Nothing is lossless in WebP's name; a quality of none is never written.
            assert!(read == expected || quality == 0, "{route}: {read:?}");
        }
        for foreign in
            ["/a.webp", "/a.1x1.zzzzzzzzzzzz.webp", "/a.1x.0123456789ab.webp", "/a.1x1q0.0123456789ab.webp", "/"]
        {
            assert_eq!(Variant::read(&Route::new(foreign).unwrap(), |_| 80), None, "{foreign}");
        }
    }

    #[test]
    fn whatever_decides_the_bytes_decides_the_name() {
        let frame = Frame { width: 48, height: 32, fill: false };
        let variant = Variant { picture: picture(60, 40), frame, format: Format::Webp, quality: 80 };
        let others = [
            Variant { picture: picture(61, 40), ..variant.clone() },
            Variant { frame: Frame { fill: true, ..frame }, ..variant.clone() },
            Variant { quality: 81, ..variant.clone() },
            Variant { format: Format::Jpeg, ..variant.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != variant.key()));
    }
}
