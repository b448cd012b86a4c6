//! Images in Markdown: their alternative text, and the element that shows them. Those that the site can resize are
//! written by [`picture`].

use std::ops::Range;

use pulldown_cmark::{CowStr, Event};

use super::Writer;
use crate::article::escape::{push_attribute, push_href, push_text};
use crate::article::links::{Links, Use};
use crate::article::picture::{self, Shown, Words};
use crate::article::shortcode::Fact;
use crate::diagnostic::{Diagnostic, Place};
use crate::images::unfit;
use crate::paths::Route;

/// The image whose alternative text is being read.
pub(super) struct Image<'a> {
    pub(super) destination: CowStr<'a>,
    pub(super) title: CowStr<'a>,
    pub(super) range: Range<usize>,
    pub(super) text: String,
    pub(super) nested: usize,
}

impl<'a> Writer<'a, '_> {
    /// Takes an event into the alternative text of the image that is open.
    pub(super) fn alternative_text(&mut self, event: Event<'a>) {
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Start(_) => image.nested += 1,
            Event::End(_) if image.nested == 0 => self.end_image(),
            Event::End(_) => image.nested -= 1,
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                image.text.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::Rule => image.text.push(' '),
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn end_image(&mut self) {
        let Some(image) = self.image.take() else { return };
        let address = self.resolve(&image.destination, Use::Image, image.range.clone());
        let Some(address) = address else {
            // An image without an address is no valid HTML; its text still says what it showed.
            return push_text(&mut self.out, &image.text);
        };
        // A hook writes what it likes, the pictures of the site too.
        if self.hooks.image {
            self.images += 1;
            let facts = vec![
                ("url", Fact::Text(address.into_owned())),
                ("destination", Fact::Text(image.destination.to_string())),
                ("alt", Fact::Text(image.text)),
                ("title", Fact::Text(image.title.to_string())),
                ("lazy", Fact::Boolean(self.images > 1 || self.links.elsewhere)),
            ];
            return self.hooked_image(facts, image.range);
        }
        if self.resizable(&address, &image) {
            return;
        }
        self.out.push_str("<img src=\"");
        push_href(&mut self.out, &address);
        self.out.push_str("\" alt=\"");
        push_attribute(&mut self.out, &image.text);
        self.out.push('"');
        self.push_title(&image.title);
        self.images += 1;
        // The first is likely to be in sight when the page opens.
        self.out.push_str(if self.images > 1 || self.links.elsewhere { " loading=\"lazy\">" } else { ">" });
    }

    /// Writes an image that the site can resize; returns whether it is one.
    fn resizable(&mut self, address: &str, image: &Image<'a>) -> bool {
        let at = || self.place_of(&image.destination, image.range.clone());
        let words = Words { alt: &image.text, title: &image.title, columns: 1 };
        let lazy = self.images > 0 || self.links.elsewhere;
        let mut html = String::new();
        match offered(&self.links, address, words, lazy, at, &mut html) {
            Offered::No => return false,
            Offered::Yes(needed) => self.pictures.extend(needed),
            Offered::Unfit(problem) => self.diagnostics.push(*problem),
        }
        self.images += 1;
        self.out.push_str(&html);
        true
    }
}

/// What came of a picture.
pub(in crate::article) enum Offered {
    /// It is none that the site resizes.
    No,
    /// It was written, and needs these files.
    Yes(Vec<(Route, Place)>),
    /// It cannot be shown.
    Unfit(Box<Diagnostic>),
}

/// Writes what stands at an address, if it is a picture that the site can resize.
pub(in crate::article) fn offered(
    links: &Links<'_>,
    address: &str,
    words: Words<'_>,
    lazy: bool,
    at: impl FnOnce() -> Place,
    out: &mut String,
) -> Offered {
    let Some((rule, route, picture)) = links.picture(address) else { return Offered::No };
    let seen = match &picture.seen {
        Ok(seen) => seen,
        Err(flaw) => return Offered::Unfit(Box::new(unfit(&picture.source, flaw).at(at()))),
    };
    let sizes = picture::in_columns(&rule.sizes, words.columns);
    let shown = Shown {
        route,
        picture,
        base_url: &links.config.base_url,
        rule,
        widths: &rule.widths,
        sizes: &sizes,
        alt: words.alt,
        title: words.title,
        class: "",
        lazy,
        is_urgent: false,
    };
    let at = at();
    Offered::Yes(picture::write(&shown, seen, out).into_iter().map(|route| (route, at.clone())).collect())
}
