//! Owns the HTML of a picture that the site can resize: `<picture>` with every width and format that browsers may choose.
//!
//! Both Markdown and templates show pictures through [`write()`]. It names files that are made later, and tells which; a
//! picture that cannot be shown is an error here, and not a broken page.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::escape::push_attribute;
use crate::config::ImagesRule;
use crate::images::{Format, Frame, Picture, Seen, Variant};
use crate::paths::{BaseUrl, Route};

/// What is shown, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// The picture's own address.
    pub(crate) route: &'a Route,
    /// The picture.
    pub(crate) picture: &'a Arc<Picture>,
    /// Where the site stands.
    pub(crate) base_url: &'a BaseUrl,
    /// How pictures are shown.
    pub(crate) rule: &'a ImagesRule,
    /// The widths to choose from.
    pub(crate) widths: &'a [u32],
    /// How wide it is on the page.
    pub(crate) sizes: &'a str,
    /// What it shows, in words.
    pub(crate) alt: &'a str,
    /// What a pointer is told.
    pub(crate) title: &'a str,
    /// Classes for styles.
    pub(crate) class: &'a str,
    /// Whether it may wait until it comes near.
    pub(crate) lazy: bool,
    /// Whether it comes before all others.
    pub(crate) is_urgent: bool,
}

/// What is said of a picture, and how many stand beside each other.
#[derive(Debug, Clone, Copy)]
pub(in crate::article) struct Words<'w> {
    pub(in crate::article) alt: &'w str,
    pub(in crate::article) title: &'w str,
    pub(in crate::article) columns: u8,
}

/// Returns how wide a picture is that shares its line with others: each length of `sizes` divided by the columns.
pub(super) fn in_columns(sizes: &str, columns: u8) -> Cow<'_, str> {
    if columns < 2 {
        return Cow::Borrowed(sizes);
    }
    let sizes = sizes.trim();
    let (mut depth, mut length, mut from) = (0_i32, 0, 0);
    let mut entries = Vec::new();
    for (index, sign) in sizes.char_indices().chain([(sizes.len(), ',')]) {
        match sign {
            '(' => depth += 1,
            ')' => depth -= 1,
            // The length is what follows the last blank that no parentheses enclose.
            sign if sign.is_whitespace() && depth == 0 && !sizes[index..].trim_start().starts_with(',') => {
                length = index + sign.len_utf8();
            }
            ',' if depth == 0 => {
                let (condition, length) = (sizes[from..length.max(from)].trim(), sizes[length.max(from)..index].trim());
                let blank = if condition.is_empty() { "" } else { " " };
                entries.push(format!("{condition}{blank}calc({length} / {columns})"));
                from = index + 1;
            }
            _ => {}
        }
    }
    Cow::Owned(entries.join(", "))
}

/// Writes a picture that was seen, and returns the addresses of the files that it needs.
pub(crate) fn write(shown: &Shown<'_>, seen: &Seen, out: &mut String) -> Vec<Route> {
    let mut needed = Vec::new();
    let sources = if seen.is_still { shown.rule.formats.as_slice() } else { &[] };
    let mut sets = String::new();
    for format in sources.iter().copied().filter(|format| *format != seen.format && shown.offers(seen, *format)) {
        let set = shown.set(seen, format, &mut needed);
        if !set.is_empty() {
            let _ = write!(sets, "<source type=\"{}\" srcset=\"{set}\" sizes=\"", format.mime());
            push_attribute(&mut sets, shown.sizes);
            sets.push_str("\">");
        }
    }
    let is_picture = !sets.is_empty();
    if is_picture {
        out.push_str("<picture>");
        out.push_str(&sets);
    }
    out.push_str("<img src=\"");
    push_attribute(out, &shown.base_url.link(shown.route));
    out.push('"');
    if seen.is_still {
        let set = shown.set(seen, seen.format, &mut needed);
        // One candidate that is the file itself says nothing that `src` does not.
        if set.contains(", ") {
            let _ = write!(out, " srcset=\"{set}\" sizes=\"");
            push_attribute(out, shown.sizes);
            out.push('"');
        }
    }
    for (name, text) in [("alt", shown.alt), ("title", shown.title), ("class", shown.class)] {
        if name == "alt" || !text.is_empty() {
            let _ = write!(out, " {name}=\"");
            push_attribute(out, text);
            out.push('"');
        }
    }
    if seen.width > 0 && seen.height > 0 {
        let _ = write!(out, " width=\"{}\" height=\"{}\"", seen.width, seen.height);
    }
    out.push_str(loading(shown.lazy, shown.is_urgent));
    out.push_str(if shown.is_urgent { ">" } else { " decoding=\"async\">" });
    if is_picture {
        out.push_str("</picture>");
    }
    needed
}

/// Writes a picture that the site does not resize: another host's, or one of a site without `[images]`.
pub(crate) fn write_plain(address: &str, alt: &str, title: &str, class: &str, lazy: bool, out: &mut String) {
    for (name, text) in [("<img src", address), (" alt", alt), (" title", title), (" class", class)] {
        if !text.is_empty() || matches!(name, "<img src" | " alt") {
            let _ = write!(out, "{name}=\"");
            push_attribute(out, text);
            out.push('"');
        }
    }
    out.push_str(loading(lazy, !lazy));
    out.push_str(if lazy { " decoding=\"async\">" } else { ">" });
}

/// Returns the attribute that says when a browser is to load a picture.
fn loading(lazy: bool, is_urgent: bool) -> &'static str {
    match (lazy, is_urgent) {
        (true, _) => " loading=\"lazy\"",
        (false, true) => " fetchpriority=\"high\"",
        (false, false) => "",
    }
}

impl Shown<'_> {
    /// Returns whether a picture may be offered in a format: AVIF is written without a colour profile, so that a picture
    /// in other colours than sRGB's would look pale.
    fn offers(&self, seen: &Seen, format: Format) -> bool {
        format != Format::Avif || !seen.has_wide_colours
    }

    /// Returns the candidates of a `srcset`; the last is as wide as the picture, if that is no wider than the widest. In
    /// the picture's own format that one is the file itself.
    fn set(&self, seen: &Seen, format: Format, needed: &mut Vec<Route>) -> String {
        let mut set = String::new();
        let mut widths: Vec<u32> = self.widths.iter().copied().filter(|width| *width < seen.width).collect();
        if self.widths.iter().any(|width| *width >= seen.width) {
            widths.push(seen.width);
        }
        for width in widths {
            let frame = Frame::of_width(seen, width);
            let is_itself = format == seen.format && width == seen.width;
            if !is_itself && !format.holds(frame) {
                continue;
            }
            let link = match is_itself {
                true => self.base_url.link(self.route),
                false => {
                    let quality = self.rule.quality_of(format);
                    let variant = Variant { picture: Arc::clone(self.picture), frame, format, quality };
                    let route = variant.route(self.route, quality);
                    let link = self.base_url.link(&route);
                    needed.push(route);
                    link
                }
            };
            // A comma would end the candidate.
            let link = link.replace(',', "%2C");
            let separator = if set.is_empty() { "" } else { ", " };
            set.push_str(separator);
            push_attribute(&mut set, &link);
            let _ = write!(set, " {width}w");
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Bytes, samples};
    use crate::paths::SourcePath;

    fn written(bytes: &[u8], rule: &ImagesRule, alt: &str) -> (String, Vec<String>) {
        let picture =
            Arc::new(Picture::look(SourcePath::new("content/a.png"), Bytes::Disk("/x".into()), bytes, 1_000_000));
        let route = Route::new("/posts/my photo,1.png").unwrap();
        let base_url = BaseUrl::parse("https://blog.example/sub/").unwrap();
        let shown = Shown {
            route: &route,
            picture: &picture,
            base_url: &base_url,
            rule,
            widths: &rule.widths,
            sizes: &rule.sizes,
            alt,
            title: "",
            class: "",
            lazy: true,
            is_urgent: false,
        };
        let mut out = String::new();
        let needed = write(&shown, picture.seen.as_ref().unwrap(), &mut out);
        (out, needed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_picture_is_offered_at_every_width_that_it_has_and_never_wider() {
        let rule = ImagesRule { widths: vec![20, 40, 80], sizes: "50vw".to_owned(), ..ImagesRule::default() };
        let (html, needed) = written(&samples::png(50, 30), &rule, "a <b> \"c\"");
        assert_eq!(needed.len(), 5, "three of WebP, two of PNG beside the file itself: {needed:?}");
        let own = "/sub/posts/my%20photo%2C1";
        for part in [
            "<picture><source type=\"image/webp\" srcset=\"",
            &format!("{own}.20x12."),
            ".webp 20w, ",
            ".webp 40w, ",
            ".webp 50w\" sizes=\"50vw\"><img src=\"",
            ".png 20w, ",
            &format!(
                "{own}.png 50w\" sizes=\"50vw\" alt=\"a &lt;b&gt; &quot;c&quot;\" width=\"50\" height=\"30\" loading=\"lazy\" decoding=\"async\"></picture>"
            ),
        ] {
            assert!(html.contains(part), "`{part}` is not in {html}");
        }
        assert!(!html.contains("80w"));
    }

    #[test]
    fn pictures_that_share_a_line_share_its_width() {
        let sizes = "(min-width: 42rem) and (orientation: landscape) 40rem, (min-width: calc(1rem * 2)) calc(100vw - 2rem) , 100vw";
        assert_eq!(in_columns(sizes, 1), sizes);
        assert_eq!(
            in_columns(sizes, 3),
            "(min-width: 42rem) and (orientation: landscape) calc(40rem / 3), (min-width: calc(1rem * 2)) calc(calc(100vw - 2rem) / 3), calc(100vw / 3)"
        );
        assert_eq!(in_columns("100vw", 2), "calc(100vw / 2)");
    }

    #[test]
    fn drawings_and_films_keep_their_file_and_get_their_size() {
        for bytes in [samples::gif(50, 30), b"<svg viewBox='0 0 50 30'/>".to_vec()] {
            let (html, needed) = written(&bytes, &ImagesRule::default(), "");
            assert_eq!(needed, Vec::<String>::new());
            assert!(html.starts_with("<img src=") && html.contains(" alt=\"\" width=\"50\" height=\"30\""), "{html}");
        }
        let (html, _) = written(b"<svg/>", &ImagesRule::default(), "");
        assert!(!html.contains("width="), "{html}");
    }
}
