//! Owns the regular expressions of the grammars: Oniguruma, or the pure one where that was built.
//!
//! An expression is compiled when it is first run, once for all threads. One that cannot be read matches nowhere; one
//! that takes too long at a place fails.

use std::sync::OnceLock;

#[cfg(feature = "oniguruma")]
use onig::{MatchParam, RegexOptions, Region, SearchOptions, Syntax};
#[cfg(not(feature = "oniguruma"))]
use syntect::parsing::Region;

use super::machine::Failed;

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
    pub(super) fn match_at(&self, line: &str, at: usize, places: &mut Places) -> Result<Option<usize>, Failed> {
        let Some(regex) = self.regex() else { return Ok(None) };
        let region = Some(&mut places.0);
        let length = regex.match_with_param(line, at, SearchOptions::SEARCH_OPTION_NONE, region, MatchParam::default());
        Ok(length.map_err(|_| Failed)?.map(|length| at + length))
    }

    /// Returns the first match from a place on.
    pub(super) fn search(
        &self,
        line: &str,
        from: usize,
        places: &mut Places,
    ) -> Result<Option<(usize, usize)>, Failed> {
        let Some(regex) = self.regex() else { return Ok(None) };
        let (options, region) = (SearchOptions::SEARCH_OPTION_NONE, Some(&mut places.0));
        // To the end: where Oniguruma is told to stop, it also stops looking at what follows.
        let start = regex.search_with_param(line, from, line.len(), options, region, MatchParam::default());
        Ok(start.map_err(|_| Failed)?.and_then(|_| places.group(0)))
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
    pub(super) fn match_at(&self, line: &str, at: usize, places: &mut Places) -> Result<Option<usize>, Failed> {
        let found = self.search(line, at, places)?;
        Ok(found.and_then(|(start, end)| (start == at).then_some(end)))
    }

    /// Returns the first match from a place on. One that takes too long panics, which costs a block its colours.
    pub(super) fn search(
        &self,
        line: &str,
        from: usize,
        places: &mut Places,
    ) -> Result<Option<(usize, usize)>, Failed> {
        let Some(regex) = self.regex() else { return Ok(None) };
        let found = regex.search(line, from, line.len(), Some(&mut places.0));
        Ok(found.then(|| places.group(0)).flatten())
    }
}
