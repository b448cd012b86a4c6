//! Owns how one diagnostic looks to a person, on a terminal or over a page: code, place, the line of the file, notes, hint.
//!
//! Gives [`render`], a pure function. Cuts the source to the line of the place, so that a file
//! of ten megabytes costs no more than a short one.

use super::{Diagnostic, Level, Place};
use annotate_snippets::{AnnotationKind, Group, Level as Weight, Origin, Renderer, Snippet};

/// How many bytes of a line are shown after the place's beginning.
const LONG: usize = 1_000;

/// How text for people is set.
#[derive(Debug, Clone, Copy)]
pub struct Dress {
    /// Whether it is coloured.
    pub coloured: bool,
    /// How wide the terminal is.
    pub columns: usize,
}

/// Returns one diagnostic as a person reads it, without a line end.
pub fn render(diagnostic: &Diagnostic, dress: &Dress) -> String {
    let weight = match diagnostic.level {
        Level::Error => Weight::ERROR,
        Level::Warning => Weight::WARNING,
        Level::Note => Weight::NOTE,
    };
    let message = printable(&diagnostic.message);
    let title = weight.primary_title(message).id(diagnostic.code);
    let window = diagnostic.place.as_ref().and_then(Window::around);
    let file = diagnostic.place.as_ref().map(|place| printable(&place.file));
    let mut group = Group::with_title(title);
    match (&window, file) {
        (Some(window), Some(file)) => {
            group = group.element(
                Snippet::source(window.text.as_str())
                    .line_start(window.first_line)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(window.start..window.end)),
            );
        }
        (None, Some(file)) => group = group.element(Origin::path(file)),
        _ => {}
    }
    for note in &diagnostic.notes {
        group = group.element(Weight::NOTE.message(printable(note)));
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Weight::HELP.message(printable(hint)));
    }
    let renderer = if dress.coloured { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(dress.columns).render(&[group])
}

/// The line that a place is in.
struct Window {
    text: String,
    first_line: usize,
    start: usize,
    end: usize,
}

impl Window {
    /// Cuts the line of a place out of its text, or nothing if it has no text.
    fn around(place: &Place) -> Option<Window> {
        let (text, span) = (place.text.as_deref()?, place.span.as_ref()?);
        let start = floor(text, span.start);
        // A place that goes over several lines is shown by its first: the frame stays short.
        let line_end = text[start..].find('\n').map_or(text.len(), |index| start + index);
        let end = floor(text, span.end).clamp(start, line_end);
        // The line keeps its beginning, or the column would be wrong.
        let from = text[..start].rfind('\n').map_or(0, |index| index + 1);
        let to = floor(text, line_end.min(end.min(start + LONG) + LONG));
        let first_line = text[..from].matches('\n').count() + 1;
        let (start, end) = (start - from, end.min(to) - from);
        Some(Window { text: text[from..to].to_owned(), first_line, start, end })
    }
}

/// Returns the nearest character boundary at or before an index.
fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// Returns text in which no character can steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            _ if character.is_control() => '\u{fffd}',
            _ => character,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const PLAIN: Dress = Dress { coloured: false, columns: 100 };

    fn shown(text: &str, word: &str) -> String {
        let text: Arc<str> = text.into();
        let start = text.find(word).unwrap();
        let place = Place::span("content/a.md", &text, start..start + word.len());
        render(
            &Diagnostic::error("front/unknown-key", "no key `tilte`").at(place).with("a fact").hint("do this"),
            &PLAIN,
        )
    }

    #[test]
    fn a_frame_names_file_line_and_column_and_shows_the_line() {
        assert_eq!(
            shown("+++\ntilte = 1\n+++\n", "tilte"),
            "\
error[front/unknown-key]: no key `tilte`
 --> content/a.md:2:1
  |
2 | tilte = 1
  | ^^^^^
  |
  = note: a fact
  = help: do this"
        );
    }

    #[test]
    fn a_place_deep_in_a_long_file_keeps_its_line_number() {
        let text = format!("{}here\n{}", "line\n".repeat(9_999), "line\n".repeat(9_999));
        let frame = shown(&text, "here");
        assert!(frame.contains("content/a.md:10000:1"), "{frame}");
        assert!(frame.lines().count() < 12, "{frame}");
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let frame = shown(&format!("{}here{}", "é".repeat(100_000), "é".repeat(100_000)), "here");
        assert!(frame.contains("content/a.md:1:100001") && frame.len() < 2_000, "{frame}");
    }

    #[test]
    fn every_place_in_every_text_can_be_shown() {
        let text: Arc<str> = "é\n\n\u{1F600}x\r\n\ty".into();
        for start in 0..text.len() + 3 {
            for end in start..text.len() + 3 {
                render(&Diagnostic::error("a/b", "x").at(Place::span("a", &text, start..end)), &PLAIN);
            }
        }
    }

    #[test]
    fn bytes_of_a_file_cannot_steer_the_terminal() {
        let frame = shown("a\u{1b}[31m word \u{7}\n", "word");
        assert!(!frame.contains('\u{1b}') && !frame.contains('\u{7}'), "{frame:?}");
        assert!(!printable("\u{1b}]0;x\u{7}\u{202e}").contains(['\u{1b}', '\u{7}', '\u{202e}']));
    }
}
