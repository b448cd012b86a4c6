//! Owns pictures: what a raster file or a drawing is by its first bytes, and what is made of it.
//!
//! Gives [`Picture`] (size, kind, what is wrong with it), [`Variant`] (the picture at another size or in another format,
//! with an address of its own), and [`Order`], which makes bytes when somebody writes or serves them. Nothing is decoded
//! before that: pages need sizes, not pixels. Refuses pictures beyond the limit before any memory is taken for them, and
//! carries no metadata on but the colour profile.

mod card;
mod encode;
mod look;
mod order;
mod strip;
mod variant;

use std::path::PathBuf;

use crate::digest::Digest;
use crate::paths::SourcePath;

pub use self::card::{Card, Colour, HEIGHT as CARD_HEIGHT, WIDTH as CARD_WIDTH};
pub use self::order::{Order, Studio, Work};
pub use self::variant::{Frame, Variant};

/// The version of everything that turns pixels into bytes: crates, their settings and the code here. It is part of each
/// variant's name and of each key of the cache, so that a new encoder never serves what an old one made.
const ENCODER: &str = "1";

/// How large a file may be that is read as a picture; what is larger is no picture for a page.
pub const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// What a picture is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Avif,
    Gif,
    Svg,
}

impl Format {
    /// All formats with their usual ending, media type and the names that authors may give them.
    const ALL: [(Format, &'static str, &'static str, &'static [&'static str]); 6] = [
        (Format::Jpeg, "jpg", "image/jpeg", &["jpg", "jpeg", "jpe"]),
        (Format::Png, "png", "image/png", &["png"]),
        (Format::Webp, "webp", "image/webp", &["webp"]),
        (Format::Avif, "avif", "image/avif", &["avif"]),
        (Format::Gif, "gif", "image/gif", &["gif"]),
        (Format::Svg, "svg", "image/svg+xml", &["svg"]),
    ];

    fn row(self) -> (Format, &'static str, &'static str, &'static [&'static str]) {
        Format::ALL.into_iter().find(|row| row.0 == self).expect("each format has a row")
    }

    /// Returns the ending of its files, which is also its name: `webp`.
    pub fn ending(self) -> &'static str {
        self.row().1
    }

    /// Returns its media type.
    pub fn mime(self) -> &'static str {
        self.row().2
    }

    /// Returns the format that an ending, or an author, names.
    pub fn named(name: &str) -> Option<Format> {
        let name = name.to_ascii_lowercase();
        Format::ALL.into_iter().find(|row| row.3.contains(&name.as_str())).map(|row| row.0)
    }

    /// Returns whether files of this ending are looked at. AVIF is written, and never read.
    pub fn is_read(path: &str) -> bool {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
        Format::named(ending).is_some_and(|format| format != Format::Avif)
    }
}

/// Where the bytes of a picture are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bytes {
    /// In a file on this machine.
    Disk(PathBuf),
    /// In the program.
    Program(&'static [u8]),
}

/// One picture of the site, as its first bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its file.
    pub source: SourcePath,
    /// Where its bytes are.
    pub bytes: Bytes,
    /// What its bytes are.
    pub digest: Digest,
    /// What was seen, or why it cannot be shown.
    pub seen: Result<Seen, Flaw>,
}

/// What is seen of a picture without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it is stored as, whatever its name says.
    pub format: Format,
    /// Its width as it is shown: after its orientation is applied.
    pub width: u32,
    /// Its height as it is shown.
    pub height: u32,
    /// How it has to be turned, as EXIF counts: 1 is upright.
    pub orientation: u8,
    /// Whether it is one still raster, of which others can be made.
    pub is_still: bool,
    /// Whether its file says more than the picture: where and when it was taken, with what, by whom.
    pub has_metadata: bool,
    /// Whether it has a colour profile other than sRGB.
    pub has_wide_colours: bool,
}

/// Why a picture cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Whether it is sound, but too large.
    pub too_large: bool,
    /// What is wrong, as the rest of a sentence that begins with its name.
    pub what: String,
}

impl Flaw {
    fn broken(what: impl Into<String>) -> Flaw {
        Flaw { too_large: false, what: what.into() }
    }

    fn too_large(what: impl Into<String>) -> Flaw {
        Flaw { too_large: true, what: what.into() }
    }
}

/// Says what is wrong with a picture that a page shows.
pub fn unfit(source: &SourcePath, flaw: &Flaw) -> crate::diagnostic::Diagnostic {
    use crate::diagnostic::Diagnostic;
    let message = format!("the picture `{source}` {}", flaw.what);
    match flaw.too_large {
        true => Diagnostic::error("image/too-large", message)
            .hint("make it smaller, or set `max_megapixels` under `[images]` if it is what it seems"),
        false => Diagnostic::error("image/broken", message)
            .hint("open it in a picture viewer and save it again, or copy it once more from where it came"),
    }
}

#[cfg(test)]
pub(crate) mod samples;
