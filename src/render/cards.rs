//! Owns which posts get a card, what stands on it, and its address.
//!
//! A card is drawn when somebody asks for it, as any picture that is made. Its address is the post's own and a digest of all
//! that it shows; hence an address can be read back, and a card that says something else has another one.

use crate::diagnostic::Diagnostic;
use crate::images::{Card, Colour};
use crate::library::{Page, PostId};
use crate::paths::{Route, SourcePath};
use crate::render::shelf::{Shelf, is_post};
use crate::render::{Site, names};

/// How many digits of the digest stand in a name.
const DIGITS: usize = 12;
/// The settings of a theme that colour its cards, with what stands for one that has none.
const COLOURS: [(&str, Colour); 3] =
    [("card_background", [252, 252, 249]), ("card_text", [25, 27, 31]), ("card_accent", [21, 73, 127])];

/// Returns the card of a post and its address; nothing if it has a picture, or a title that cannot be set.
pub(crate) fn of(shelf: &Shelf, id: PostId) -> Option<(Route, Card)> {
    let wanted = shelf.config.images.as_ref().is_some_and(|rule| rule.cards);
    let post = shelf.library.post(id);
    if !wanted || !is_post(post) || post.front.image.is_some() || Card::refuses(post.title()).is_some() {
        return None;
    }
    let config = &shelf.config;
    let date = post.front.date.as_ref().map(|date| {
        let date = date.with_time_zone(config.timezone.clone());
        let spelled = date.strftime(&*names::spelled("%-d %B %Y", &date, &config.language)).to_string();
        let is_whole = Card::missing(&spelled).is_empty();
        if is_whole { spelled } else { date.strftime("%Y-%m-%d").to_string() }
    });
    let [background, text, accent] = shelf.card_colours;
    let (title, mut site) = (post.title().to_owned(), config.title.clone());
    if Card::refuses(&site).is_some() {
        site.clear();
    }
    let card = Card { title, site, date: date.unwrap_or_default(), background, text, accent };
    Some((address(shelf.library.route(id), &card), card))
}

fn address(post: &Route, card: &Card) -> Route {
    let stem = match post.as_str().strip_suffix(".html") {
        Some(stem) => format!("{stem}."),
        None => post.as_str().to_owned(),
    };
    let digest = card.key().to_string();
    Route::new(format!("{stem}card.{}.png", &digest[..DIGITS])).expect("a post's address with letters and digits")
}

/// Returns the card at an address, and the file of the post that it is of.
pub(crate) fn at(site: &Site, route: &Route) -> Option<(SourcePath, Card)> {
    let (stem, _) = route.as_str().strip_suffix(".png")?.rsplit_once('.')?;
    let stem = stem.strip_suffix("card")?;
    let post = match stem.strip_suffix('.') {
        Some(stem) => format!("{stem}.html"),
        None => stem.to_owned(),
    };
    let (language, page) = site.library.routes.get(&Route::new(post).ok()?)?.in_language();
    let (Page::Post(id), shelf) = (page, site.shelves.get(language)?) else { return None };
    of(shelf, *id).filter(|(own, _)| own == route).map(|(_, card)| (shelf.library.post(*id).source.clone(), card))
}

/// Reads the colours of cards from the theme's settings.
pub(crate) fn colours(extra: &toml::Table) -> Result<[Colour; 3], Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let colours = COLOURS.map(|(key, usual)| match extra.get(key).and_then(toml::Value::as_str) {
        None => usual,
        Some(text) => colour(text).unwrap_or_else(|| {
            let message = format!("`extra.{key}` is `{text}`, which is no colour of a card");
            problems.push(Diagnostic::error("config/value", message).hint("write it as `\"#15497f\"`"));
            usual
        }),
    });
    if problems.is_empty() { Ok(colours) } else { Err(problems) }
}

fn colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(colour("#15497f"), Some([0x15, 0x49, 0x7f]));
        for wrong in ["15497f", "#15497", "#15497é", "#gggggg", "red", ""] {
            assert_eq!(colour(wrong), None, "{wrong}");
        }
    }
}
