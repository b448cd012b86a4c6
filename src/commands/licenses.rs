//! `blog licenses`: the notices of everything that is inside the program, since one file is all of it.

use watchpost::diagnostic::Exit;

use crate::commands::Outcome;
use crate::console::Console;

/// The crates; `.ci/third-party.py` writes the file, and CI holds it against `Cargo.lock`.
const CRATES: &str = include_str!("../../THIRD-PARTY.md");

/// Prints our own licence, the crates' and the colour grammars'.
pub(super) fn run(console: &Console) -> Outcome {
    console.data("Watchpost itself: MIT or Apache-2.0, as you like.\n\n");
    console.data(CRATES);
    console.data("\n# Colour grammars\n\n");
    console.data(&two_face::acknowledgement::listing().to_md());
    Ok(Exit::Success)
}
