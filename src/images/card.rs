//! Owns the card of a post: what those see who are sent its address, where it has no picture of its own.
//!
//! Title, site and date on the theme's background, 1200 × 630, drawn with two fonts that the program carries. A long title
//! is set smaller, then cut. Titles in scripts that the fonts do not have get no card: [`Card::missing`] tells their letters.

use ab_glyph::{Font as _, FontRef, Glyph, PxScale, ScaleFont as _, point};
use unicode_normalization::UnicodeNormalization as _;

use super::encode::{Pixels, png_of};
use super::{ENCODER, Flaw};
use crate::digest::Digest;

/// The size that every network shows whole (Open Graph images at 1.91 to 1).
pub const WIDTH: u32 = 1200;
/// Its height.
pub const HEIGHT: u32 = 630;
/// The free space at every side.
const EDGE: f32 = 88.0;
/// The sizes of a title, the largest first.
const SIZES: [f32; 6] = [92.0, 82.0, 72.0, 64.0, 56.0, 50.0];
/// How high a title may be.
const ROOM: f32 = 348.0;
/// From one line to the next, in parts of the size, which is from the highest letter to the lowest.
const LEADING: f32 = 0.98;
/// The size of what stands at the foot.
const SMALL: f32 = 34.0;

/// Inter, Copyright 2020 The Inter Project Authors, SIL Open Font License 1.1; the letters of Latin, Greek and Cyrillic.
const BOLD: &[u8] = include_bytes!("fonts/Inter-Bold.ttf");
const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.ttf");

/// A colour: red, green, blue.
pub type Colour = [u8; 3];

/// What stands on a card, and in which colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The post's title.
    pub title: String,
    /// The site's name.
    pub site: String,
    /// When it came out; may be empty.
    pub date: String,
    /// The ground.
    pub background: Colour,
    /// The letters.
    pub text: Colour,
    /// The bar above them.
    pub accent: Colour,
}

impl Card {
    /// Returns the digest of everything that decides its bytes.
    pub fn key(&self) -> Digest {
        let colours = [self.background, self.text, self.accent].concat();
        let parts = [ENCODER, "card", &self.title, &self.site, &self.date].map(str::as_bytes);
        Digest::of_parts(parts.into_iter().chain([colours.as_slice()]))
    }

    /// Returns the letters and digits of a text that the fonts lack, each once. Signs, as emoji, are left out of cards.
    pub fn missing(text: &str) -> Vec<char> {
        let font = font(BOLD);
        let mut missing: Vec<char> =
            text.nfc().filter(|letter| letter.is_alphanumeric() && font.glyph_id(*letter).0 == 0).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Returns why a title cannot be set: letters that the fonts lack, or nothing but signs.
    pub fn refuses(title: &str) -> Option<String> {
        let letters: String = Card::missing(title).into_iter().take(12).collect();
        if !letters.is_empty() {
            return Some(format!("its fonts lack `{letters}`"));
        }
        shown(title, &font(BOLD)).is_empty().then(|| "its fonts have no sign of the title".to_owned())
    }

    /// Draws it.
    pub fn draw(&self) -> Result<Vec<u8>, Flaw> {
        let mut canvas = Canvas::of(self.background);
        let (bold, regular) = (font(BOLD), font(REGULAR));
        canvas.fill(EDGE, EDGE, 112.0, 10.0, self.accent);
        let width = WIDTH as f32 - 2.0 * EDGE;
        let (size, lines) = set(&bold, &shown(&self.title, &bold), width);
        let mut baseline = EDGE + 48.0 + size;
        for line in &lines {
            canvas.write(&bold, size, EDGE - size * 0.035, baseline, line, self.text);
            baseline += size * LEADING;
        }
        let foot = HEIGHT as f32 - EDGE;
        let date = shown(&self.date, &regular);
        let date_width = measure(&regular, SMALL, &date);
        let quiet = mixed(self.text, self.background, 0.72);
        canvas.write(&regular, SMALL, WIDTH as f32 - EDGE - date_width, foot, &date, quiet);
        let site = fitted(&bold, SMALL, &shown(&self.site, &bold), width - date_width - SMALL);
        canvas.write(&bold, SMALL, EDGE, foot, &site, self.text);
        png_of(&Pixels::rgb(canvas.bytes, WIDTH, HEIGHT))
    }
}

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the program carries sound fonts, as a test makes sure")
}

/// Returns a text as it is set: composed, on one line, without what the font lacks.
fn shown(text: &str, font: &FontRef<'_>) -> String {
    let known: String = text.nfc().filter(|letter| letter.is_whitespace() || font.glyph_id(*letter).0 != 0).collect();
    known.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn measure(font: &FontRef<'_>, size: f32, text: &str) -> f32 {
    let scaled = font.as_scaled(PxScale::from(size));
    text.chars().map(|letter| scaled.h_advance(scaled.glyph_id(letter))).sum()
}

/// Returns the largest size at which a title fits, and its lines there; at the least size it is cut.
fn set(font: &FontRef<'_>, title: &str, width: f32) -> (f32, Vec<String>) {
    for size in SIZES {
        let lines = wrapped(font, size, title, width);
        let is_whole = lines.iter().all(|line| measure(font, size, line) <= width);
        if is_whole && lines.len() as f32 * size * LEADING <= ROOM {
            return (size, lines);
        }
    }
    let size = SIZES[SIZES.len() - 1];
    let mut lines = wrapped(font, size, title, width);
    let most = (ROOM / (size * LEADING)) as usize;
    if lines.len() > most {
        lines.truncate(most);
        let last = lines.last_mut().expect("there is room for a line");
        *last = fitted(font, size, &format!("{last} …"), width);
    }
    (size, lines.iter().map(|line| fitted(font, size, line, width)).collect())
}

/// Breaks a text between words, and within a word that is too long for a line at the least size.
fn wrapped(font: &FontRef<'_>, size: f32, text: &str, width: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let together = lines.last().map(|line| format!("{line} {word}"));
        match together.filter(|together| measure(font, size, together) <= width) {
            Some(together) => _ = lines.last_mut().map(|line| *line = together),
            None => lines.push(word.to_owned()),
        }
        let is_least = size <= SIZES[SIZES.len() - 1];
        while let Some(line) = lines.last().filter(|line| is_least && measure(font, size, line) > width) {
            let mut head = String::new();
            let mut rest = line.chars();
            for letter in line.chars() {
                head.push(letter);
                if head.chars().count() > 1 && measure(font, size, &head) > width {
                    head.pop();
                    break;
                }
                rest.next();
            }
            let rest = rest.as_str().to_owned();
            lines.pop();
            lines.push(head);
            if rest.is_empty() {
                break;
            }
            lines.push(rest);
        }
    }
    lines
}

/// Returns a text that is not wider than allowed: cut, with an ellipsis, where it would be.
fn fitted(font: &FontRef<'_>, size: f32, text: &str, width: f32) -> String {
    if measure(font, size, text) <= width {
        return text.to_owned();
    }
    let mut cut: Vec<char> = text.trim_end_matches([' ', '…']).chars().collect();
    while cut.pop().is_some() {
        let shorter: String = cut.iter().collect();
        let shorter = format!("{}…", shorter.trim_end_matches([' ', ',', ':', ';', '-']));
        if measure(font, size, &shorter) <= width {
            return shorter;
        }
    }
    String::new()
}

fn mixed(over: Colour, under: Colour, share: f32) -> Colour {
    std::array::from_fn(|index| {
        (f32::from(over[index]) * share + f32::from(under[index]) * (1.0 - share)).round() as u8
    })
}

/// What is drawn on.
struct Canvas {
    bytes: Vec<u8>,
}

impl Canvas {
    fn of(colour: Colour) -> Canvas {
        Canvas { bytes: colour.repeat((WIDTH * HEIGHT) as usize) }
    }

    fn put(&mut self, x: i32, y: i32, colour: Colour, share: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x < WIDTH && y < HEIGHT {
            let at = ((y * WIDTH + x) * 3) as usize;
            let under = [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2]];
            self.bytes[at..at + 3].copy_from_slice(&mixed(colour, under, share.clamp(0.0, 1.0)));
        }
    }

    fn fill(&mut self, left: f32, top: f32, width: f32, height: f32, colour: Colour) {
        for y in top as i32..(top + height) as i32 {
            for x in left as i32..(left + width) as i32 {
                self.put(x, y, colour, 1.0);
            }
        }
    }

    fn write(&mut self, font: &FontRef<'_>, size: f32, left: f32, baseline: f32, text: &str, colour: Colour) {
        let scaled = font.as_scaled(PxScale::from(size));
        let mut x = left;
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            let glyph: Glyph = id.with_scale_and_position(PxScale::from(size), point(x, baseline));
            x += scaled.h_advance(id);
            let Some(outline) = scaled.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, share| {
                self.put(bounds.min.x as i32 + dx as i32, bounds.min.y as i32 + dy as i32, colour, share);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(title: &str) -> Card {
        Card {
            title: title.to_owned(),
            site: "A blog".to_owned(),
            date: "2 January 2026".to_owned(),
            background: [255, 255, 255],
            text: [20, 20, 20],
            accent: [11, 87, 208],
        }
    }

    #[test]
    fn a_title_of_any_length_stays_within_the_card() {
        let font = font(BOLD);
        let long = "word ".repeat(400);
        let endless = "x".repeat(2000);
        for title in ["", "Short", "A title of some length that takes two lines", &long, &endless] {
            let (size, lines) = set(&font, &shown(title, &font), 1024.0);
            assert!(lines.len() as f32 * size * LEADING <= ROOM, "{title}");
            assert!(lines.iter().all(|line| measure(&font, size, line) <= 1024.0), "{title}");
            let bytes = card(title).draw().unwrap();
            let drawn = image::load_from_memory(&bytes).unwrap().into_rgb8();
            assert_eq!(drawn.dimensions(), (WIDTH, HEIGHT));
            let edge = (0..HEIGHT).flat_map(|y| [(0, y), (60, y), (WIDTH - 60, y), (WIDTH - 1, y)]);
            assert!(edge.into_iter().all(|(x, y)| drawn.get_pixel(x, y).0 == [255, 255, 255]), "{title}");
            let inked = drawn.pixels().filter(|pixel| pixel.0 != [255, 255, 255]).count();
            assert!(inked > 2_000, "something is written");
        }
        assert!(set(&font, &long, 1024.0).1.last().unwrap().ends_with('…'));
    }

    #[test]
    fn letters_that_the_fonts_lack_are_told_and_signs_are_not() {
        assert_eq!(Card::missing("Zażółć gęślą jaźń, Ελληνικά, Кириллица, e\u{301} 🚀 →"), Vec::<char>::new());
        assert_eq!(Card::missing("日本 日"), ['日', '本']);
        assert_eq!(shown("🚀 Up\n and\u{a0}away", &font(BOLD)), "Up and away");
        assert!(FontRef::try_from_slice(REGULAR).is_ok());
    }

    #[test]
    fn whatever_decides_the_bytes_decides_the_key() {
        let one = card("One");
        let others = [
            card("Two"),
            Card { site: "One".to_owned(), ..one.clone() },
            Card { date: String::new(), ..one.clone() },
            Card { accent: [0, 0, 0], ..one.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != one.key()));
        assert_eq!(one.draw().unwrap(), one.draw().unwrap());
    }
}
