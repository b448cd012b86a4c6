//! Owns [`Diagnostic`], the one value in which every room says that something is wrong, and
//! [`Exit`], what a run as a whole comes to.
//!
//! A diagnostic is data: code, level, words, place, hint. Only [`frame`] turns it into text. What a
//! code means in full, and which exit code it leads to, stands in one table: [`crate::codes::CODES`].

pub mod frame;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing; changes nothing.
    Note,
    /// Probably not what was meant; changes no exit code.
    Warning,
    /// Wrong; the run fails.
    Error,
}

/// What a run comes to, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done, and everything that was asked to be verified holds.
    Success,
    /// The site is wrong: content, template, link, feed.
    Site,
    /// Usage or configuration.
    Usage,
    /// The analytics contract is broken.
    Drift,
    /// It could not be verified, and nothing was proved wrong.
    Unknown,
    /// The trend alarms.
    Trend,
    /// The world refused: disk, permission, another build, upload, conflict.
    World,
}

impl Exit {
    /// Returns the process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Site => 1,
            Exit::Usage => 2,
            Exit::Drift => 3,
            Exit::Unknown => 4,
            Exit::Trend => 5,
            Exit::World => 6,
        }
    }

    /// Returns the exit that wins where several hold: usage, world, drift, site, trend, unknown.
    pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
        const ORDER: [Exit; 6] = [Exit::Usage, Exit::World, Exit::Drift, Exit::Site, Exit::Trend, Exit::Unknown];
        let exits: Vec<Exit> = exits.into_iter().collect();
        ORDER.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Success)
    }
}

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user would name it: relative to the site's root where it lies inside.
    pub file: String,
    /// The whole text of the file, if a frame of it can be shown.
    pub text: Option<Arc<str>>,
    /// The bytes of `text` that are meant.
    pub span: Option<Range<usize>>,
}

impl Place {
    /// Names a file as a whole.
    pub fn file(file: impl ToString) -> Self {
        Place { file: of_row(file.to_string()), text: None, span: None }
    }

    /// Names some bytes of a file's text.
    pub fn span(file: impl ToString, text: &Arc<str>, span: Range<usize>) -> Self {
        Place { file: of_row(file.to_string()), text: Some(Arc::clone(text)), span: Some(span) }
    }

    /// Returns line and column, both from 1, the column in characters; nothing without a span.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let (text, span) = (self.text.as_deref()?, self.span.as_ref()?);
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }
}

/// Returns the name of the file that a source stands in: a page that is made of a data row is named with its line,
/// `data/books.csv:3`, which is no part of the file's name.
fn of_row(mut file: String) -> String {
    while file.starts_with("data/")
        && let Some((name, number)) = file.rsplit_once(':')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        file.truncate(name.len());
    }
    file
}

/// One thing that a stage has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable name of what is wrong, as `room/what`: `link/broken`. Tests and users match on it.
    pub code: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// One sentence: lower-case start, no full stop, backticks round code and paths.
    pub message: String,
    /// Where it stands, if that is known.
    pub place: Option<Place>,
    /// Further facts, one a line.
    pub notes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What to write in the place of the bytes that [`Self::place`] names, if that mends it for certain.
    pub fix: Option<String>,
}

impl Diagnostic {
    /// Says that something is wrong.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        let (message, notes) = (message.into(), Vec::new());
        Diagnostic { code, level: Level::Error, message, place: None, notes, hint: None, fix: None }
    }

    /// Says that something is probably not what was meant.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(code, message) }
    }

    /// Says something worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { level: Level::Note, ..Diagnostic::error(code, message) }
    }

    /// Says where.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a fact.
    pub fn with(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what mends it for certain, written in the place of its bytes.
    pub fn fixed_by(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(text.into());
        self
    }

    /// Returns what this diagnostic makes of the run: its code's exit if it is an error, else success.
    pub fn exit(&self) -> Exit {
        match self.level {
            Level::Error => crate::codes::find(self.code).map_or(Exit::Site, |code| code.exit),
            Level::Warning | Level::Note => Exit::Success,
        }
    }
}

/// Returns the one of `known` that was probably meant by `word`, if one is near enough.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(3) / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Makes one of those that say the same of the same place: a template is wrong once, however many pages it makes.
pub fn folded(diagnostics: impl IntoIterator<Item = Diagnostic>) -> Vec<Diagnostic> {
    let mut folded: Vec<(Diagnostic, usize)> = Vec::new();
    let mut seen = BTreeMap::new();
    for diagnostic in diagnostics {
        let place = diagnostic.place.as_ref();
        let place = place.map(|place| (place.file.clone(), place.span.as_ref().map(|span| span.start)));
        let index = *seen.entry((diagnostic.code, diagnostic.message.clone(), place)).or_insert(folded.len());
        match folded.get_mut(index) {
            // A broken link in a summary is told by each list that shows it, in the same words.
            Some((first, _)) if *first == diagnostic => {}
            Some((_, more)) => *more += 1,
            None => folded.push((diagnostic, 0)),
        }
    }
    let told = |(diagnostic, more): (Diagnostic, usize)| match more {
        0 => diagnostic,
        1 => diagnostic.with("and once more"),
        _ => diagnostic.with(format!("and {more} times more")),
    };
    folded.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_wins_over_drift_and_drift_over_the_site() {
        assert_eq!(Exit::worst([Exit::Site, Exit::Drift, Exit::Unknown]), Exit::Drift);
        assert_eq!(Exit::worst([Exit::Drift, Exit::Usage]), Exit::Usage);
        assert_eq!(Exit::worst([Exit::Unknown, Exit::Success]), Exit::Unknown);
        assert_eq!(Exit::worst([]), Exit::Success);
    }

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text: Arc<str> = "one\nzwölf x\n".into();
        let at = text.find('x').unwrap();
        assert_eq!(Place::span("a.md", &text, at..at + 1).line_column(), Some((2, 7)));
        assert_eq!(Place::span("a.md", &text, 999..1000).line_column(), Some((3, 1)));
    }

    #[test]
    fn what_is_said_of_one_place_is_said_once() {
        let text: Arc<str> = "one two".into();
        let at = |start: usize| Diagnostic::error("a/b", "wrong").at(Place::span("a.html", &text, start..start + 1));
        let folded = folded([
            at(0).with("on page one"),
            at(4),
            at(0).with("on page two"),
            at(4),
            at(0).with("on page three"),
            Diagnostic::error("a/b", "wrong"),
        ]);
        let notes: Vec<Vec<String>> = folded.iter().map(|one| one.notes.clone()).collect();
        assert_eq!(notes, [vec!["on page one".to_owned(), "and 2 times more".to_owned()], vec![], vec![]]);
    }

    #[test]
    fn a_typo_finds_the_word_that_was_meant() {
        assert_eq!(did_you_mean("tilte", ["title", "date"]), Some("title"));
        assert_eq!(did_you_mean("banana", ["title", "date"]), None);
    }
}
