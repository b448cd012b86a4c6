//! Owns the regular expressions of the grammars: Oniguruma, or the pure one where that was built.
//!
//! An expression is compiled when it is first run, once for all threads. One that cannot be read matches nowhere; one
//! that takes too long at a place does not match there, as `syntect` has it.

use std::sync::OnceLock;

#[cfg(feature = "oniguruma")]
use onig::{MatchParam, RegexOptions, Region, SearchOptions, Syntax};
#[cfg(not(feature = "oniguruma"))]
use syntect::parsing::Region;

/// One expression.
#[derive(Debug)]
pub(super) struct Expression {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

/// Where the groups of the last match were found.
#[derive(Debug)]
pub(super) struct Places(Region);

impl Default for Places {
    fn default() -> Self {
        Places(Region::new())
    }
}

impl Places {
    /// Returns where a group was found; group 0 is the whole match.
    pub(super) fn group(&self, group: usize) -> Option<(usize, usize)> {
        self.0.pos(group)
    }
}

impl Expression {
    pub(super) fn new(text: String) -> Self {
        Expression { text, compiled: OnceLock::new() }
    }

    /// Returns the expression as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compiled(&self.text)).as_ref()
    }
}

#[cfg(feature = "oniguruma")]
type Regex = onig::Regex;

#[cfg(feature = "oniguruma")]
fn compiled(text: &str) -> Option<Regex> {
    Regex::with_options(text, RegexOptions::REGEX_OPTION_CAPTURE_GROUP, Syntax::default()).ok()
}

#[cfg(feature = "oniguruma")]
impl Expression {
    /// Returns the end of the match that starts at a place.
    pub(super) fn match_at(&self, line: &str, at: usize, places: &mut Places) -> Option<usize> {
        let (options, region) = (SearchOptions::SEARCH_OPTION_NONE, Some(&mut places.0));
        let length = self.regex()?.match_with_param(line, at, options, region, MatchParam::default());
        length.ok()?.map(|length| at + length)
    }

    /// Returns the first match from a place on.
    pub(super) fn search(&self, line: &str, from: usize, places: &mut Places) -> Option<(usize, usize)> {
        let (options, region) = (SearchOptions::SEARCH_OPTION_NONE, Some(&mut places.0));
        // To the end: where Oniguruma is told to stop, it also stops looking at what follows.
        let start = self.regex()?.search_with_param(line, from, line.len(), options, region, MatchParam::default());
        start.ok()?.and_then(|_| places.group(0))
    }
}

#[cfg(not(feature = "oniguruma"))]
type Regex = syntect::parsing::Regex;

#[cfg(not(feature = "oniguruma"))]
fn compiled(text: &str) -> Option<Regex> {
    Regex::try_compile(text).is_none().then(|| Regex::new(text.to_owned()))
}

#[cfg(not(feature = "oniguruma"))]
impl Expression {
    /// Returns the end of the match that starts at a place.
    pub(super) fn match_at(&self, line: &str, at: usize, places: &mut Places) -> Option<usize> {
        self.search(line, at, places).and_then(|(start, end)| (start == at).then_some(end))
    }

    /// Returns the first match from a place on.
    pub(super) fn search(&self, line: &str, from: usize, places: &mut Places) -> Option<(usize, usize)> {
        let found = self.regex()?.search(line, from, line.len(), Some(&mut places.0));
        found.then(|| places.group(0)).flatten()
    }
}
