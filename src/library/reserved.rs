//! Owns the addresses that are kept for what is made of finished files: no route leads to them, and nothing else may stand there.
//!
//! To add one: a row in [`reserved`]. It is held against everything of the site, as a file system may confuse it.

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::paths::Route;

/// A file or folder that is kept.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    /// Its path below the output folder, in lower case.
    pub(super) path: &'static str,
    code: &'static str,
    /// Who writes it, and what: `[search]` writes its index to `pagefind/`.
    what: &'static str,
    /// The setting that asks for it; none where every site has it.
    key: Option<&'static str>,
    hint: &'static str,
}

/// Returns what is kept on this site.
pub(super) fn reserved(config: &Config) -> Vec<Reserved> {
    let manifest = |path, what| Reserved {
        path,
        code: "route/collision",
        what,
        key: None,
        hint: "give it another name: what is deployed is verified by that one",
    };
    let mut all = vec![
        manifest(".well-known/watchpost.json", "the build writes its manifest to `.well-known/watchpost.json`"),
        manifest(".well-known/watchpost", "the build writes the lists of its manifest to `.well-known/watchpost/`"),
    ];
    if config.search.is_some() {
        all.push(Reserved {
            path: "pagefind",
            code: "search/folder",
            what: "`[search]` writes its index to `pagefind/`",
            key: Some("search"),
            hint: "give it another name, or take `[search]` out",
        });
    }
    if config.derives_headers() {
        all.push(Reserved {
            path: "_headers",
            code: "csp/second-file",
            what: "`site.toml` asks for a `_headers` that is computed",
            key: Some(if config.spans.contains_key("csp") { "csp" } else { "assets" }),
            hint: "move what the file says to `[[headers]]` in `site.toml`",
        });
    }
    all
}

impl Reserved {
    /// Returns whether a file at this folded path could not stand beside it.
    pub(super) fn refuses(&self, file: &str) -> bool {
        let lies_in = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        file == self.path || lies_in(file, self.path) || lies_in(self.path, file)
    }

    /// Says who else wants it.
    pub(super) fn problem(
        &self,
        config: &Config,
        route: &Route,
        who: &str,
        place: crate::diagnostic::Place,
    ) -> Diagnostic {
        let message = format!("{who} stands at `{route}`, and {}", self.what);
        let problem = Diagnostic::error(self.code, message).hint(self.hint);
        let Some(key) = self.key else { return problem.at(place) };
        let decided = match place.line_column() {
            Some((line, _)) => format!("what stands there is decided in `{}`, line {line}", place.file),
            None => format!("what stands there is `{}`", place.file),
        };
        problem.at(config.place(key)).with(decided)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_path_refuses_itself_what_lies_below_and_what_it_lies_in() {
        let all = reserved(&crate::config::sample("[search]\n"));
        let is_refused = |file: &str| all.iter().any(|one| one.refuses(file));
        for file in
            ["pagefind", "pagefind/a/b", ".well-known/watchpost.json", ".well-known", ".well-known/watchpost/a.json"]
        {
            assert!(is_refused(file), "{file}");
        }
        for file in ["pagefinder", "a/pagefind", ".well-known/security.txt", "_headers", ""] {
            assert!(!is_refused(file), "{file}");
        }
    }
}
