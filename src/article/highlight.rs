//! Owns the colouring of code: themes, grammars, and what was learnt from code before.
//!
//! Gives looks for the lines of a block; writes no HTML but class names. A grammar that fails,
//! panics or meets a line beyond all measure costs a block its colours, never the build.

pub(super) mod engine;
mod expression;
mod grammars;
mod machine;
mod memory;
mod node;
mod parser;
pub(super) mod scheme;
mod set;
mod sieve;
mod starts;
mod steps;
mod themes;
mod translate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use self::engine::{Engine, Piece};
use self::grammars::Grammars;
use self::machine::Failed;
use self::memory::Memory;
use self::scheme::Scheme;
use crate::config::{CodeStyle, Config, HighlightRule};
use crate::diagnostic::{Diagnostic, Place};

/// A longer line has no colours: the time for one may grow with its square.
const LONGEST_LINE: usize = 10_000;

/// Colours code. May be used from many threads at once.
#[derive(Debug)]
pub(super) struct Highlighter {
    scheme: Scheme,
    inline: bool,
    grammars: LazyLock<Grammars>,
    /// The engines that no thread is using: each keeps what it has learnt.
    engines: Mutex<Vec<Engine>>,
    /// Blocks that earlier runs have coloured; none where nothing is recalled.
    memory: Option<Memory>,
}

/// The lines of a block, each with its pieces; and what there is to say about it.
#[derive(Debug, Default)]
pub(super) struct Coloured {
    pub(super) lines: Vec<Arc<[Piece]>>,
    pub(super) remarks: Vec<Diagnostic>,
}

impl Highlighter {
    /// Prepares the themes; refuses one that does not exist.
    pub(super) fn new(config: &Config) -> Result<Highlighter, Vec<Diagnostic>> {
        let HighlightRule { light, dark, .. } = &config.highlight;
        let mut diagnostics = Vec::new();
        let mut find = |key: &str, name: &str| {
            themes::find(name).map_err(|near| diagnostics.push(unknown_theme(config, key, name, near))).ok()
        };
        match (find("light", light), find("dark", dark)) {
            (Some(light_theme), Some(dark_theme)) => Ok(Highlighter {
                scheme: Scheme::new((light, &light_theme), (dark, &dark_theme)),
                inline: config.highlight.style == CodeStyle::Inline,
                grammars: LazyLock::new(Grammars::load),
                engines: Mutex::new(Vec::new()),
                memory: None,
            }),
            _ => Err(diagnostics),
        }
    }

    /// Goes on with what an earlier run has left, whose themes may have been others.
    pub(super) fn recalling(self, config: &Config, bytes: Vec<u8>) -> Self {
        let HighlightRule { light, dark, .. } = &config.highlight;
        Highlighter { memory: Some(Memory::recall(&[light, dark], bytes)), ..self }
    }

    /// Returns what the next run is to recall, if that has changed.
    pub(super) fn memory(&self) -> Option<Vec<u8>> {
        self.memory.as_ref().and_then(Memory::to_bytes)
    }

    /// Returns the stylesheet.
    pub(super) fn stylesheet(&self) -> &str {
        self.scheme.stylesheet()
    }

    /// Returns whether colours stand in the page instead of the stylesheet.
    pub(super) fn inline(&self) -> bool {
        self.inline
    }

    /// Returns the classes of a look, which is not plain.
    pub(super) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Colours the lines of some code.
    // .ci/instructions.py counts what this takes, by its name.
    #[inline(never)]
    pub(super) fn colour(&self, language: &str, code: &str) -> Coloured {
        let mut coloured = Coloured::default();
        if language.is_empty() {
            return coloured;
        }
        let Some(grammar) = self.grammars.find(language) else {
            coloured.remarks.push(unknown_language(language, self.grammars.near(language)));
            return coloured;
        };
        if self.grammars.is_plain(grammar) {
            return coloured;
        }
        if let Some(long) = code.split('\n').position(|line| line.len() > LONGEST_LINE) {
            let message = format!("line {} of this code is too long to be coloured", long + 1);
            let hint = format!("break it: lines of more than {LONGEST_LINE} bytes are left as they are");
            coloured.remarks.push(Diagnostic::note("code/long-line", message).hint(hint));
            return coloured;
        }
        if let Some(lines) = self.memory.as_ref().and_then(|memory| memory.get(language, code)) {
            coloured.lines = lines;
            return coloured;
        }
        let engine = self.engines.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // A grammar's rule may be one that the regular expressions cannot take: the engine that met
        // it is dropped with whatever it was left in.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut engine = engine.unwrap_or_default();
            let lines = self.lines(&mut engine, grammar, code);
            (engine, lines)
        }));
        match outcome {
            Ok((engine, lines)) => {
                self.engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
                match lines {
                    Ok(lines) => {
                        if let Some(memory) = &self.memory {
                            memory.keep(language, code, &lines);
                        }
                        coloured.lines = lines;
                    }
                    Err(_) => coloured.remarks.push(failed_grammar(language)),
                }
            }
            Err(_) => coloured.remarks.push(failed_grammar(language)),
        }
        coloured
    }

    fn lines(&self, engine: &mut Engine, grammar: usize, code: &str) -> Result<Vec<Arc<[Piece]>>, Failed> {
        let machine = self.grammars.machine();
        let mut cursor = engine.start(machine.start(grammar)?);
        code.split_inclusive('\n').map(|line| engine.line(&mut cursor, line, machine, &self.scheme)).collect()
    }
}

fn unknown_theme(config: &Config, key: &str, name: &str, near: Option<String>) -> Diagnostic {
    let place = match config.spans.get(&format!("highlight.{key}")) {
        Some(span) => Place::span("site.toml", &config.text, span.clone()),
        None => Place::file("site.toml"),
    };
    let hint = near
        .map_or("`blog explain highlight/theme` lists the themes".to_owned(), |near| format!("did you mean `{near}`?"));
    Diagnostic::error("highlight/theme", format!("there is no highlight theme `{name}`")).at(place).hint(hint)
}

fn unknown_language(language: &str, near: Option<String>) -> Diagnostic {
    let hint =
        near.map_or("write `text` for code without colours".to_owned(), |near| format!("did you mean `{near}`?"));
    Diagnostic::warning("code/language", format!("no grammar is known as `{language}`, so this code has no colours"))
        .hint(hint)
}

fn failed_grammar(language: &str) -> Diagnostic {
    Diagnostic::note("code/grammar", format!("the grammar for `{language}` failed here, so this code has no colours"))
}

#[cfg(test)]
mod tests;
