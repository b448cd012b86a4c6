//! Owns the stylesheets that are written in Sass: the files of the theme's and the site's `sass/`, and what they compile to.
//!
//! Gives [`Sass`]. Each file whose name does not begin with `_` becomes a stylesheet of its name. They are compiled once,
//! when the first is needed; `@use` and `@import` find nothing but these files. What fails is told with its line.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use grass_compiler::{ErrorKind, Fs, Logger, Options, OutputStyle, codemap};

use crate::diagnostic::{Diagnostic, Place};
use crate::paths::SourcePath;

/// How much stack a stylesheet may take: mixins and functions may call one another a few thousand deep.
const STACK: usize = 64 << 20;

/// The Sass files of a site.
#[derive(Debug, Default)]
pub struct Sass {
    files: BTreeMap<String, SassFile>,
    compressed: bool,
    compiled: OnceLock<Compiled>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SassFile {
    /// Its name for people: `themes/paper/sass/main.scss`.
    pub source: SourcePath,
    /// Its text.
    pub text: Arc<str>,
}

/// What the files come to.
#[derive(Debug, Default)]
struct Compiled {
    stylesheets: BTreeMap<String, String>,
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Sass {
    /// Takes files in, by their path below `sass/`; compressed, stylesheets have no needless white space.
    pub fn new(files: BTreeMap<String, SassFile>, compressed: bool) -> Sass {
        Sass { files, compressed, compiled: OnceLock::new() }
    }

    /// Returns every file by its name.
    pub fn files(&self) -> &BTreeMap<String, SassFile> {
        &self.files
    }

    /// Returns whether a file can be a part of a stylesheet, by its name.
    pub fn is_taken(name: &str) -> bool {
        matches!(name.rsplit_once('.'), Some((_, "scss" | "sass" | "css")))
    }

    /// Returns whether the files are the same.
    pub fn is_same(&self, other: &Sass) -> bool {
        (&self.files, self.compressed) == (&other.files, other.compressed)
    }

    /// Returns the names of the files that become stylesheets, and the files.
    pub fn mains(&self) -> impl Iterator<Item = (&String, &SassFile)> {
        self.files.iter().filter(|(name, _)| is_main(name))
    }

    /// Returns a file, by its path below `sass/`.
    pub fn file(&self, name: &str) -> Option<&SassFile> {
        self.files.get(name)
    }

    /// Returns what a file compiles to; nothing if it does not, or is only a part of others.
    pub fn stylesheet(&self, name: &str) -> Option<&str> {
        self.compiled().stylesheets.get(name).map(String::as_str)
    }

    /// Returns what is wrong with the files.
    pub fn problems(&self) -> &[Diagnostic] {
        &self.compiled().problems
    }

    /// Returns what the files warn of.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.compiled().warnings
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| match self.mains().next() {
            None => Compiled::default(),
            // A thread of its own, for its stack.
            Some(_) => std::thread::scope(|scope| {
                let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || self.compile());
                thread.map_or_else(|_| self.compile(), |thread| thread.join().unwrap_or_default())
            }),
        })
    }

    fn compile(&self) -> Compiled {
        let mut compiled = Compiled::default();
        for (name, file) in self.mains() {
            let log = Log { sass: self, warnings: Mutex::default() };
            let style = if self.compressed { OutputStyle::Compressed } else { OutputStyle::Expanded };
            let options = Options::default().fs(self).logger(&log).load_path("").style(style);
            match catch_unwind(AssertUnwindSafe(|| grass_compiler::from_path(name, &options))) {
                Ok(Ok(css)) => {
                    compiled.stylesheets.insert(name.clone(), css);
                }
                Ok(Err(error)) => compiled.problems.push(self.told(file, *error)),
                Err(_) => compiled.problems.push(
                    Diagnostic::error("sass/failed", format!("the compiler gave up on `{}`", file.source))
                        .at(Place::file(&file.source))
                        .hint("write what it cannot compile in another way, or as plain CSS"),
                ),
            }
            for warning in log.warnings.into_inner().unwrap_or_else(PoisonError::into_inner) {
                if !compiled.warnings.contains(&warning) {
                    compiled.warnings.push(warning);
                }
            }
        }
        // A part that is broken is broken in each stylesheet.
        let mut seen = Vec::new();
        compiled.problems.retain(|problem| {
            !seen.contains(problem) && {
                seen.push(problem.clone());
                true
            }
        });
        compiled
    }

    /// Says what the compiler found, where it stands.
    fn told(&self, main: &SassFile, error: grass_compiler::Error) -> Diagnostic {
        let (message, place) = match error.kind() {
            ErrorKind::ParseError { message, loc, .. } => (message, self.place(&loc)),
            ErrorKind::IoError(error) => (error.to_string(), Place::file(&main.source)),
            ErrorKind::FromUtf8Error(message) => (message, Place::file(&main.source)),
            _ => ("the compiler does not say why".to_owned(), Place::file(&main.source)),
        };
        let first = message.lines().next().unwrap_or_default().trim_end_matches('.');
        let mut letters = first.chars();
        let sentence: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        let diagnostic = Diagnostic::error("sass/invalid", sentence).at(place);
        match message.contains("find stylesheet") {
            true => diagnostic.hint("it is looked for in the site's and the theme's `sass/`, and nowhere else"),
            false => diagnostic,
        }
    }

    fn place(&self, at: &codemap::SpanLoc) -> Place {
        match self.files.get(&normal(Path::new(at.file.name())).unwrap_or_default()) {
            Some(file) => {
                let from = offset(&file.text, at.begin);
                let to = offset(&file.text, at.end);
                Place::span(&file.source, &file.text, Range { start: from, end: to.max(from) })
            }
            None => Place::file(at.file.name()),
        }
    }
}

impl Fs for Sass {
    fn is_dir(&self, path: &Path) -> bool {
        let Some(folder) = normal(path) else { return false };
        let folder = format!("{folder}/");
        folder == "/" || self.files.range(folder.clone()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
    }

    fn is_file(&self, path: &Path) -> bool {
        normal(path).is_some_and(|name| self.files.contains_key(&name))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = normal(path).and_then(|name| self.files.get(&name));
        file.map(|file| file.text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// What stylesheets say while they are compiled.
#[derive(Debug)]
struct Log<'a> {
    sass: &'a Sass,
    warnings: Mutex<Vec<Diagnostic>>,
}

impl Log<'_> {
    fn say(&self, diagnostic: Diagnostic) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic);
    }
}

impl Logger for Log<'_> {
    fn debug(&self, at: codemap::SpanLoc, message: &str) {
        self.say(Diagnostic::note("sass/warns", unquoted(message)).at(self.sass.place(&at)));
    }

    fn warn(&self, at: codemap::SpanLoc, message: &str) {
        self.say(Diagnostic::warning("sass/warns", unquoted(message)).at(self.sass.place(&at)));
    }
}

/// Returns a message without the quotes that a text has in Sass; the compiler hands it over as it was written.
fn unquoted(message: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| message.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(message)
}

fn is_main(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    !file.starts_with('_') && matches!(file.rsplit_once('.'), Some((_, "scss" | "sass")))
}

/// Returns a path as the files are named: without `.` and `..`; nothing if it leaves the folder.
fn normal(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Returns the byte at which a line and column stand, both from 0, the column in characters.
fn offset(text: &str, at: codemap::LineCol) -> usize {
    let line: usize = text.split_inclusive('\n').take(at.line).map(str::len).sum();
    text[line..].char_indices().nth(at.column).map_or(text.len(), |(byte, _)| line + byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sass(files: &[(&str, &str)]) -> Sass {
        let file = |(name, text): &(&str, &str)| {
            (name.to_string(), SassFile { source: SourcePath::new(format!("sass/{name}")), text: (*text).into() })
        };
        Sass::new(files.iter().map(file).collect(), false)
    }

    #[test]
    fn a_main_file_is_compiled_with_its_parts_and_a_part_alone_is_not() {
        let sass = sass(&[
            ("main.scss", "@use 'parts/colours' as *;\n@import 'base';\na { b { color: $ink } }\n"),
            ("_base.sass", "p\n  margin: 1px + 2px\n"),
            ("parts/_colours.scss", "$ink: #123;\n"),
        ]);
        assert_eq!(sass.problems(), []);
        let css = sass.stylesheet("main.scss").unwrap();
        assert!(css.contains("a b {\n  color: #123;\n}") && css.contains("margin: 3px"), "{css}");
        assert_eq!(sass.mains().count(), 1);
        assert_eq!(sass.stylesheet("_base.sass"), None);
    }

    #[test]
    fn an_error_in_a_part_is_told_where_it_stands_and_once() {
        let sass = sass(&[
            ("a.scss", "@import 'part';"),
            ("b.scss", "@import 'part';"),
            ("_part.scss", "a { é: 1 }\nb { color: $nothing }\n"),
        ]);
        let [problem] = sass.problems() else { panic!("{:#?}", sass.problems()) };
        assert_eq!((problem.code, &*problem.message), ("sass/invalid", "undefined variable"));
        let place = problem.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line_column()), ("sass/_part.scss", Some((2, 12))));
    }

    #[test]
    fn nothing_is_found_outside_of_the_folder() {
        for path in ["../secret", "/etc/passwd", "../../sass/_b", "nowhere"] {
            let sass = sass(&[("a.scss", &format!("@import '{path}';")), ("_b.scss", "")]);
            let [problem] = sass.problems() else { panic!("{path}: {:#?}", sass.problems()) };
            assert!(problem.message.contains("find stylesheet"), "{path}: {problem:?}");
            assert!(
                problem.hint.is_some() && problem.place.as_ref().unwrap().line_column() == Some((1, 9)),
                "{problem:?}"
            );
        }
    }

    #[test]
    fn what_a_stylesheet_warns_of_is_a_warning_with_its_line() {
        let sass = sass(&[("a.scss", "\n@warn 'old mixin';\na { b: c }")]);
        let [warning] = sass.warnings() else { panic!("{:#?}", sass.warnings()) };
        assert_eq!((warning.code, &*warning.message), ("sass/warns", "old mixin"));
        assert_eq!(warning.place.as_ref().unwrap().line_column().unwrap().0, 2);
    }

    #[test]
    fn what_is_no_sass_is_an_error_and_never_a_panic() {
        for text in ["a { b: c", "}", "@include", "@import", "a{b:math.div(1,0)}", "\u{0}", "@use 'a'", "@if {", "%"] {
            let sass = sass(&[("a.scss", text), ("b.sass", text)]);
            let count = sass.problems().len() + usize::from(sass.stylesheet("a.scss").is_some());
            assert!(count > 0, "{text:?}");
        }
    }
}
