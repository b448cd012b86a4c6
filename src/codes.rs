//! Owns what every diagnostic's code means, for `blog explain CODE` and for the exit code.
//!
//! To add one: write a row into the file of its room. A test walks the sources and demands a row
//! for each code that is used.

mod browser;
mod check;
mod commands;
mod content;
mod engine;
mod fleet;
mod guard;
mod incidents;
mod live;
mod markup;
mod publish;
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
pub const CODES: &[&[Code]] = &[
    usage::CODES,
    content::CODES,
    markup::CODES,
    engine::CODES,
    fleet::CODES,
    guard::CODES,
    check::CODES,
    browser::CODES,
    live::CODES,
    world::CODES,
    publish::CODES,
    commands::CODES,
];

/// Returns the row of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().flat_map(|room| room.iter()).find(|row| row.code == code)
}

/// Returns what happened to somebody whom the rule of a code would have warned; nothing where no incident is known.
pub fn incident(code: &str) -> Option<&'static str> {
    incidents::INCIDENTS.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_incident_belongs_to_a_code_and_says_when_and_where() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, text) in incidents::INCIDENTS {
            assert!(find(code).is_some(), "`{code}` is no code");
            assert!(seen.insert(code), "`{code}` has two");
            let told = ["issue ", "issues ", "pull request "].iter().any(|word| text.contains(word));
            let dated = text.contains("20") && text.ends_with('.');
            // Two are known from the press and from a project's history, one from the blogger himself.
            let elsewhere = ["tracker/hosts", "snippet/insecure", "contract/commands"].contains(code);
            assert!(told != elsewhere && (dated || *code == "contract/endpoint"), "`{code}`: {text}");
        }
    }
}
