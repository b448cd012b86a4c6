//! Reads `[images]`: how pictures are shown. Without the table nothing of a picture is read.

use std::ops::Range;

use crate::diagnostic::did_you_mean;
use crate::fields::{Fields, Value};
use crate::images::Format;

/// The widths that are offered unless `widths` says otherwise.
const WIDTHS: [u32; 3] = [480, 960, 1600];
/// The widest picture that WebP can hold.
const WIDEST: i64 = 16_383;
/// How many widths there may be: each is a file of each picture.
const MOST_WIDTHS: usize = 12;

/// How pictures are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagesRule {
    /// The widths that browsers may choose from, ascending.
    pub widths: Vec<u32>,
    /// The formats that are offered before the picture's own, best first.
    pub formats: Vec<Format>,
    /// How good JPEG and WebP are, from 1 to 100.
    pub quality: u8,
    /// How good AVIF is, which counts otherwise.
    pub avif_quality: u8,
    /// How wide pictures are on the page, as HTML's `sizes` says it.
    pub sizes: String,
    /// The most pixels that a picture may have.
    pub most: u64,
    /// Whether posts without a picture get a card for those who share them.
    pub cards: bool,
}

impl ImagesRule {
    /// Returns how good pictures of a format are, unless a template says otherwise.
    pub fn quality_of(&self, format: Format) -> u8 {
        match format {
            Format::Avif => self.avif_quality,
            Format::Jpeg | Format::Webp => self.quality,
            Format::Png | Format::Gif | Format::Svg => 0,
        }
    }
}

impl Default for ImagesRule {
    fn default() -> Self {
        ImagesRule {
            widths: WIDTHS.to_vec(),
            formats: vec![Format::Webp],
            quality: 80,
            avif_quality: 65,
            sizes: "(min-width: 42rem) 40rem, 100vw".to_owned(),
            most: 100_000_000,
            cards: false,
        }
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> Option<ImagesRule> {
    let mut rule = ImagesRule::default();
    let mut table = fields.table("images")?;
    if let Some(widths) = read_widths(&mut table) {
        rule.widths = widths;
    }
    if let Some(formats) = read_formats(&mut table) {
        rule.formats = formats;
    }
    rule.quality = percent(&mut table, "quality").unwrap_or(rule.quality);
    rule.avif_quality = percent(&mut table, "avif_quality").unwrap_or(rule.avif_quality);
    let span = table.span_of("sizes").unwrap_or(0..0);
    if let Some(sizes) = table.string("sizes") {
        if sizes.trim().is_empty() || sizes.contains(['<', '>', '"']) {
            table.refuse(span, format!("`images.sizes` is `{sizes}`, which says no width")).hint =
                Some("write a width as CSS does: `sizes = \"(min-width: 42rem) 40rem, 100vw\"`".to_owned());
        }
        rule.sizes = sizes;
    }
    let span = table.span_of("max_megapixels").unwrap_or(0..0);
    if let Some(most) = table.integer("max_megapixels") {
        match most {
            1..=1000 => rule.most = most.unsigned_abs() * 1_000_000,
            _ => {
                table.refuse(span, format!("`images.max_megapixels` is {most}")).hint =
                    Some("write a number from 1 to 1000; a decoded megapixel takes 4 MB of memory".to_owned());
            }
        }
    }
    rule.cards = table.boolean("cards").unwrap_or_default();
    table.finish();
    Some(rule)
}

fn read_widths(table: &mut Fields<'_>) -> Option<Vec<u32>> {
    let row = table.take("widths")?;
    let Value::List(nodes) = &row.node.value else {
        no_list(table, row.node.span.clone());
        return None;
    };
    let mut widths = Vec::new();
    for node in nodes {
        match node.value {
            Value::Integer(width @ 1..=WIDEST) => widths.push(width as u32),
            Value::Integer(width) => {
                table.refuse(node.span.clone(), format!("no picture is made {width} pixels wide")).hint =
                    Some(format!("write widths from 1 to {WIDEST}: `widths = [480, 960, 1600]`"));
            }
            _ => no_list(table, node.span.clone()),
        }
    }
    widths.sort_unstable();
    widths.dedup();
    if nodes.is_empty() || widths.len() > MOST_WIDTHS {
        table.refuse(row.node.span.clone(), format!("`images.widths` has {} widths", widths.len())).hint =
            Some(format!("write from 1 to {MOST_WIDTHS}: `widths = [480, 960, 1600]`"));
    }
    Some(widths)
}

fn no_list(table: &mut Fields<'_>, span: Range<usize>) {
    table.refuse(span, "`images.widths` has to be a list of whole numbers").hint =
        Some("`widths = [480, 960, 1600]`".to_owned());
}

fn read_formats(table: &mut Fields<'_>) -> Option<Vec<Format>> {
    const OFFERED: [&str; 2] = ["avif", "webp"];
    let mut formats = Vec::new();
    for (name, span) in table.spanned_strings("formats")? {
        match Format::named(&name).filter(|format| OFFERED.contains(&format.ending())) {
            Some(Format::Avif) if !cfg!(feature = "avif") => {
                without_avif(table, span);
            }
            Some(format) if !formats.contains(&format) => formats.push(format),
            Some(_) => {}
            None => {
                table.refuse(span, format!("`{name}` is no format that pictures are offered in")).hint =
                    Some(match did_you_mean(&name, OFFERED) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "it is one of `webp`, `avif`; the picture's own format is always there".to_owned(),
                    });
            }
        }
    }
    Some(formats)
}

/// Says that this program cannot write AVIF.
fn without_avif(table: &mut Fields<'_>, span: Range<usize>) {
    table.refuse(span, "this program was built without AVIF").hint =
        Some("install it with `cargo install watchpost --features avif`, or leave `avif` out".to_owned());
}

fn percent(table: &mut Fields<'_>, key: &str) -> Option<u8> {
    let span = table.span_of(key)?;
    let value = table.integer(key)?;
    if (1..=100).contains(&value) {
        return u8::try_from(value).ok();
    }
    let name = table.dotted(key);
    table.refuse(span, format!("`{name}` is {value}")).hint =
        Some("write a number from 1 (smallest) to 100 (best); 80 is usual".to_owned());
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Overrides, World, sample};
    use super::*;

    #[test]
    fn without_the_table_nothing_is_done_and_with_it_there_are_defaults() {
        assert_eq!(sample("").images, None);
        assert_eq!(sample("[images]\n").images, Some(ImagesRule::default()));
        let own = "[images]\nwidths = [900, 300, 300]\nformats = [\"webp\"]\nquality = 70\nsizes = \"50vw\"\nmax_megapixels = 20\n";
        let rule = sample(own).images.unwrap();
        assert_eq!((rule.widths.as_slice(), rule.quality, rule.sizes.as_str()), (&[300, 900][..], 70, "50vw"));
        assert_eq!(rule.most, 20_000_000);
    }

    #[test]
    fn every_wrong_value_is_told_with_its_place_and_what_to_write() {
        for (line, message) in [
            ("widths = [0]", "no picture is made 0 pixels wide"),
            ("widths = []", "`images.widths` has 0 widths"),
            ("widths = [\"480\"]", "`images.widths` has to be a list of whole numbers"),
            ("widths = 480", "`images.widths` has to be a list of whole numbers"),
            ("formats = [\"wepb\"]", "`wepb` is no format that pictures are offered in"),
            ("formats = [\"png\"]", "`png` is no format that pictures are offered in"),
            ("quality = 0", "`images.quality` is 0"),
            ("avif_quality = 101", "`images.avif_quality` is 101"),
            ("sizes = \"\"", "`images.sizes` is ``, which says no width"),
            ("max_megapixels = 0", "`images.max_megapixels` is 0"),
            ("witdhs = [1]", "witdhs"),
        ] {
            let text =
                format!("title = \"T\"\nbase_url = \"https://a.example/\"\ntimezone = \"UTC\"\n[images]\n{line}\n");
            let problems =
                super::super::read(Path::new("/s"), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert_eq!(problems.len(), 1, "{line}: {problems:?}");
            assert!(problems[0].message.contains(message), "{line}: {}", problems[0].message);
            assert_eq!(
                problems[0].place.as_ref().and_then(crate::diagnostic::Place::line_column).map(|at| at.0),
                Some(5)
            );
            assert!(problems[0].hint.is_some(), "{line}");
        }
    }
}
