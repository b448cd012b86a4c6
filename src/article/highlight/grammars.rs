//! Owns the grammars and the names that people write after the fence.

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
}

impl Grammars {
    /// Loads them. The rules of each are only unpacked when it is first used.
    pub(super) fn load() -> Self {
        Grammars { machine: Machine::new(two_face::syntax::extra_newlines()) }
    }

    /// Returns what runs them.
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns a grammar by its place.
    pub(super) fn at(&self, index: usize) -> &SyntaxReference {
        &self.machine.syntaxes()[index]
    }

    /// Returns the place of the grammar that a name stands for.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('.').to_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, target)| *target);
        let position = |is: &dyn Fn(&SyntaxReference) -> bool| self.machine.syntaxes().iter().rposition(is);
        // Of two grammars for one ending the later counts, as `syntect` has it.
        alias
            .and_then(|target| position(&|syntax| syntax.name == target))
            .or_else(|| position(&|syntax| syntax.file_extensions.iter().any(|ending| ending.to_lowercase() == name)))
            .or_else(|| position(&|syntax| syntax.name.to_lowercase() == name))
            .or_else(|| position(&|syntax| spelt(&syntax.name) == spelt(&name)))
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
