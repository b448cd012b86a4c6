//! Owns the grammars and the names that people write after the fence.

use std::collections::HashMap;

use syntect::parsing::SyntaxReference;

use super::machine::Machine;
use crate::diagnostic::did_you_mean;

/// Names that no grammar goes by, and the one that is meant.
const ALIASES: &[(&str, &str)] = &[
    ("ascii", "Plain Text"),
    ("asm", "Assembly (x86_64)"),
    ("bat", "Batch File"),
    ("cmd", "Batch File"),
    ("console", "Bourne Again Shell (bash)"),
    ("csharp", "C#"),
    ("cjs", "JavaScript"),
    ("cts", "TypeScript"),
    ("docker", "Dockerfile"),
    ("ecmascript", "JavaScript"),
    ("fsharp", "F#"),
    ("gitignore", "Git Ignore"),
    ("golang", "Go"),
    ("hcl", "Terraform"),
    ("javascriptreact", "JavaScript (Babel)"),
    ("js", "JavaScript"),
    ("json5", "JSON"),
    ("jsonc", "JSON"),
    ("jsonl", "JSON"),
    ("jsx", "JavaScript (Babel)"),
    ("ksh", "Bourne Again Shell (bash)"),
    ("mjs", "JavaScript"),
    ("mts", "TypeScript"),
    ("node", "JavaScript"),
    ("none", "Plain Text"),
    ("objc", "Objective-C"),
    ("objectivec", "Objective-C"),
    ("output", "Plain Text"),
    ("plain", "Plain Text"),
    ("plaintext", "Plain Text"),
    ("posix", "Bourne Again Shell (bash)"),
    ("postgresql", "SQL"),
    ("protobuf", "Protocol Buffer"),
    ("pwsh", "PowerShell"),
    ("python3", "Python"),
    ("shell", "Bourne Again Shell (bash)"),
    ("shell-session", "Bourne Again Shell (bash)"),
    ("shellscript", "Bourne Again Shell (bash)"),
    ("sqlite", "SQL"),
    ("svg", "XML"),
    ("term", "Bourne Again Shell (bash)"),
    ("terminal", "Bourne Again Shell (bash)"),
    ("text", "Plain Text"),
    ("tf", "Terraform"),
    ("typescriptreact", "TypescriptReact"),
    ("udiff", "Diff"),
    ("viml", "VimL"),
    ("vimscript", "VimL"),
];

/// All grammars.
#[derive(Debug)]
pub(super) struct Grammars {
    machine: Machine,
    /// The place of each grammar by every name that it goes by, in lower case.
    names: HashMap<String, usize>,
}

impl Grammars {
    /// Loads them. The rules of each are only unpacked when it is first used.
    pub(super) fn load() -> Self {
        let machine = Machine::new(two_face::syntax::extra_newlines());
        let mut names = HashMap::new();
        let all = || machine.syntaxes().iter().enumerate();
        // Of two that go by one name the later counts, as `syntect` has it; and what comes later here
        // is the better name.
        names.extend(all().map(|(index, syntax)| (spelt(&syntax.name), index)));
        names.extend(all().map(|(index, syntax)| (syntax.name.to_lowercase(), index)));
        for (index, syntax) in all() {
            names.extend(syntax.file_extensions.iter().map(|ending| (ending.to_lowercase(), index)));
        }
        for (alias, target) in ALIASES {
            let found = all().find(|(_, syntax)| syntax.name == *target);
            names.extend(found.map(|(index, _)| ((*alias).to_owned(), index)));
        }
        Grammars { machine, names }
    }

    /// Returns what runs them.
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns a grammar by its place.
    fn at(&self, index: usize) -> &SyntaxReference {
        &self.machine.syntaxes()[index]
    }

    /// Returns the place of the grammar that a name stands for.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('.');
        match self.names.get(name) {
            Some(index) => Some(*index),
            None => self.names.get(&name.to_lowercase()).copied(),
        }
    }

    /// Returns whether a name stands for text without colours.
    pub(super) fn is_plain(&self, index: usize) -> bool {
        self.at(index).name == "Plain Text"
    }

    /// Returns the name that was probably meant.
    pub(super) fn near(&self, name: &str) -> Option<String> {
        let name = name.to_lowercase();
        let visible = || self.machine.syntaxes().iter().filter(|syntax| !syntax.hidden);
        let spelt: Vec<String> = visible().map(|syntax| spelt(&syntax.name)).collect();
        let endings = visible().flat_map(|syntax| syntax.file_extensions.iter()).map(String::as_str);
        let endings = endings.filter(|ending| ending.len() > 2);
        let known = spelt.iter().map(String::as_str).chain(ALIASES.iter().map(|(alias, _)| *alias)).chain(endings);
        did_you_mean(&name, known).map(str::to_owned)
    }
}

/// Returns a grammar's name in the form that one writes after a fence: `Objective-C++` → `objective-c++`.
fn spelt(name: &str) -> String {
    name.to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_people_write_are_known() {
        let grammars = Grammars::load();
        for (name, grammar) in [
            ("rust", "Rust"),
            ("rs", "Rust"),
            ("Python", "Python"),
            ("js", "JavaScript"),
            ("ts", "TypeScript"),
            ("sh", "Bourne Again Shell (bash)"),
            ("bash", "Bourne Again Shell (bash)"),
            ("yml", "YAML"),
            ("c++", "C++"),
            ("html", "HTML"),
            ("toml", "TOML"),
            ("dockerfile", "Dockerfile"),
            ("makefile", "Makefile"),
            ("diff", "Diff"),
            ("nginx", "nginx"),
            ("md", "Markdown"),
        ] {
            assert_eq!(grammars.find(name).map(|index| grammars.at(index).name.as_str()), Some(grammar), "{name}");
        }
        assert_eq!(grammars.find("nonsense"), None);
        assert_eq!(grammars.near("pyhton").as_deref(), Some("python"));
    }

    #[test]
    fn every_alias_leads_to_a_grammar() {
        let grammars = Grammars::load();
        // The pure engine comes without some grammars.
        let absent: Vec<_> = ALIASES.iter().filter(|(alias, _)| grammars.find(alias).is_none()).collect();
        assert!(absent.is_empty() || !cfg!(feature = "oniguruma"), "{absent:?}");
    }
}
