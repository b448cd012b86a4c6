//! Owns what every diagnostic's code means, for `blog explain CODE` and for the exit code.
//!
//! To add one: write a row into the file of its room. A test walks the sources and demands a row
//! for each code that is used.

mod check;
mod commands;
mod content;
mod engine;
mod guard;
mod usage;
mod world;

use crate::diagnostic::Exit;

/// One code that a diagnostic or a verdict may carry.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// Its name: `link/broken`.
    pub code: &'static str,
    /// What a run comes to where it stands as an error.
    pub exit: Exit,
    /// What it means, why it matters and what to do, in a few plain sentences.
    pub text: &'static str,
}

/// All codes, by room.
pub const CODES: &[&[Code]] =
    &[usage::CODES, content::CODES, engine::CODES, guard::CODES, check::CODES, world::CODES, commands::CODES];

/// Returns the row of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().flat_map(|room| room.iter()).find(|row| row.code == code)
}
