//! Owns the reading of everything that a site is made from; no other room opens a source file.
//!
//! Gives [`Sources`]: the text of every post and template, and the names of files that are only
//! copied. Refuses links that leave the site, names that are no UTF-8 and text that is no UTF-8.

mod history;
mod identity;
mod pictures;
pub mod renames;
mod text;
mod walk;

pub use self::identity::identity;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use self::walk::{Found, Walk};
use crate::config::{Config, Lastmod};
use crate::data;
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::fields::Node;
use crate::images::Picture;
use crate::paths::SourcePath;
use crate::sass::{Sass, SassFile};
use crate::words::{self, Words};

/// What was found on disk. All maps are sorted, so that the order of folders never shows.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Every Markdown file below `content/`, without BOM and with LF line ends.
    pub markdown: BTreeMap<SourcePath, Arc<str>>,
    /// Every other file below `content/`: co-located images and the like.
    pub assets: BTreeMap<SourcePath, PathBuf>,
    /// Files below `static/` of the site and of its theme, the site's winning, by their path below `static/`.
    pub statics: BTreeMap<String, StaticFile>,
    /// The site's own templates by the name they are included with (`post.html`), and **all** of the theme's, also those
    /// that the site overrides, as `THEME/templates/post.html`. Which one a name means is decided in `render::theme`.
    pub templates: BTreeMap<String, Template>,
    /// Files below `sass/` of the theme and of the site, the site's winning.
    pub sass: Arc<Sass>,
    /// The theme's `theme.toml`, if there is a theme.
    pub theme: Option<(SourcePath, Arc<str>)>,
    /// The words of the theme and of the site, by language.
    pub words: Words,
    /// What the files below `data/` say.
    pub data: BTreeMap<SourcePath, Arc<Node>>,
    /// The texts of those data files that pages are made of, for frames.
    pub data_texts: BTreeMap<SourcePath, Arc<str>>,
    /// When each file was last changed, as far as git knows; empty unless the site asks for it.
    pub changed: Arc<BTreeMap<SourcePath, Timestamp>>,
    /// What the pictures among all of these are; none where `[images]` is not set. A picture is looked at, never decoded.
    pub pictures: BTreeMap<SourcePath, Arc<Picture>>,
    /// What is worth saying about the files, though they can be used.
    pub warnings: Vec<Diagnostic>,
    /// Whether a link was followed below `content/`: then a file may have names that nobody is told of when it changes.
    pub linked: bool,
}

/// A file that is copied as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Its name for people.
    pub source: SourcePath,
    /// Where its bytes are.
    pub origin: Origin,
}

/// Where the bytes of a copied file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file on this machine.
    Disk(PathBuf),
    /// In the program: a file of its built-in theme.
    Program(&'static [u8]),
}

/// One template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its file: `themes/paper/templates/post.html`.
    pub source: SourcePath,
    /// Its text.
    pub text: Arc<str>,
}

/// Reads everything that a site is made from, all problems at once.
pub fn scan(config: &Config) -> Result<Sources, Vec<Diagnostic>> {
    let (sources, problems) = scan_all(config);
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Reads everything that a site is made from: what can be read, and what is wrong with the rest.
pub fn scan_all(config: &Config) -> (Sources, Vec<Diagnostic>) {
    with_scan(config, |scan| {
        scan.content();
        scan.surface(config);
        scan.history(config);
    })
}

/// Reads again what the pages are dressed in: theme, templates, static files, data.
pub fn scan_surface(config: &Config) -> (Sources, Vec<Diagnostic>) {
    with_scan(config, |scan| scan.surface(config))
}

/// Reads again what stands at a path below `content/`: a file, a whole folder, or nothing.
pub fn scan_path(config: &Config, path: &Path) -> (Sources, Vec<Diagnostic>) {
    with_scan(config, |scan| {
        let Some(name) = path.to_str() else { return };
        let mut parts = name.split('/');
        if parts.next() == Some("content") && parts.all(walk::of_content) {
            scan.below(name);
        }
    })
}

/// Returns the name of a path as [`Sources`] has it, if it is text.
pub fn name_of(path: &Path) -> Option<SourcePath> {
    path.to_str().map(|name| SourcePath::new(name.nfc().collect::<String>()))
}

fn with_scan(config: &Config, read: impl FnOnce(&mut Scan)) -> (Sources, Vec<Diagnostic>) {
    let walk = match Walk::new(&config.root) {
        Ok(walk) => walk,
        Err(problems) => return (Sources::default(), problems),
    };
    let mut scan = Scan { sources: Sources::default(), problems: Vec::new(), walk };
    read(&mut scan);
    if let Some(rule) = &config.images {
        pictures::look(&mut scan.sources, rule);
    }
    let file = |one: &Diagnostic| one.place.as_ref().map(|place| place.file.clone());
    scan.problems.sort_by_key(file);
    scan.problems.dedup();
    (scan.sources, scan.problems)
}

/// How large a file may be that is read into memory for its digest.
const LARGEST: u64 = 16 << 20;

/// Returns the bytes of a file that was found, as long as it is one that pages load: a stylesheet, a script, a font.
pub fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    match std::fs::metadata(path)?.len() > LARGEST {
        true => Err(std::io::Error::other("it is larger than 16 MiB")),
        false => std::fs::read(path),
    }
}

/// Returns whether a file or folder, named relative to the root, can be a part of the site, by the names on its way: it is
/// not what an editor left behind, and hidden only where a host needs it.
pub fn is_taken(path: &Path) -> bool {
    walk::is_taken(path)
}

/// Returns whether a folder of this name can be a part of the site anywhere.
pub fn may_be_taken(name: &str) -> bool {
    walk::of_statics(name)
}

/// A scan under way.
struct Scan {
    sources: Sources,
    problems: Vec<Diagnostic>,
    walk: Walk,
}

impl Scan {
    fn content(&mut self) {
        if !self.walk.has_folder("content") {
            self.sources.warnings.push(
                Diagnostic::warning(
                    "source/no-content",
                    "there is no folder `content/`, so the site has no pages of its own",
                )
                .hint("write a first post with `blog new \"Hello\"`"),
            );
            return;
        }
        self.below("content");
    }

    /// Asks when the files were last changed, if the site wants to know.
    fn history(&mut self, config: &Config) {
        if config.lastmod == Lastmod::Git && !self.sources.markdown.is_empty() {
            match history::read(&config.root) {
                Ok(changed) => self.sources.changed = Arc::new(changed),
                Err(problem) => self.problems.push(problem.at(config.place("lastmod"))),
            }
        }
    }

    /// Takes the theme, the templates and the static files in.
    fn surface(&mut self, config: &Config) {
        self.theme(config);
        self.statics("static", |scan, name, file| scan.sources.statics.insert(name, file));
        self.templates("templates", "");
        self.words(words::FOLDER);
        self.data(config);
        self.sass(config);
    }

    /// Takes the files of `data/` in.
    fn data(&mut self, config: &Config) {
        let found = self.walk.files(data::FOLDER, walk::of_content, &mut self.problems);
        let (known, others): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|file| data::is_known(&file.source));
        self.sources.warnings.extend(others.iter().map(|file| data::unknown_kind(&file.source)));
        self.problems.extend(data::collisions(known.iter().map(|file| &file.source)));
        for (source, text) in self.read(known) {
            match data::parse(&source, &text) {
                Ok(node) => {
                    if config.pages.iter().any(|rule| rule.data == source) {
                        self.sources.data_texts.insert(source.clone(), text);
                    }
                    self.sources.data.insert(source, Arc::new(node));
                }
                Err(problems) => self.problems.extend(problems),
            }
        }
    }

    /// Takes the Sass files in, the theme's first: the site's win.
    fn sass(&mut self, config: &Config) {
        let mut files = BTreeMap::new();
        let of_theme = format!("themes/{}/sass", config.theme);
        for folder in [of_theme.as_str(), "sass"].into_iter().skip(usize::from(config.theme.is_empty())) {
            let mut found = self.walk.files(folder, walk::of_content, &mut self.problems);
            found.retain(|found| Sass::is_taken(found.source.file_name()));
            for (source, text) in self.read(found) {
                files.insert(source.as_str()[folder.len() + 1..].to_owned(), SassFile { source, text });
            }
        }
        self.sources.sass = Arc::new(Sass::new(files, config.minify));
    }

    /// Takes a file or a folder of `content/` in.
    fn below(&mut self, folder: &str) {
        let name: String = folder.nfc().collect();
        let found = self.walk.files_as(folder, &name, walk::of_content, &mut self.problems);
        let (markdown, assets): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|found| is_markdown(&found.source));
        for (source, text) in self.read(markdown) {
            self.sources.markdown.insert(source, text);
        }
        for found in assets {
            self.sources.assets.insert(found.source, found.path);
        }
        self.sources.linked = self.walk.followed();
    }

    /// Takes the theme in: the folder below `themes/`, else the one in the program by that name.
    fn theme(&mut self, config: &Config) {
        let name = &config.theme;
        if name.is_empty() {
            return;
        }
        let folder = format!("themes/{name}");
        if self.walk.has_folder(&folder) {
            self.templates(&format!("{folder}/templates"), &format!("{name}/templates/"));
            self.statics(&format!("{folder}/static"), |scan, name, file| scan.sources.statics.insert(name, file));
            self.words(&format!("{folder}/{}", words::FOLDER));
            let manifest = self.walk.file(&format!("{folder}/theme.toml"), &mut self.problems);
            self.sources.theme = self.read(manifest.into_iter().collect()).pop();
        } else if let Some(files) = crate::theme_embedded::find(name) {
            for (path, bytes) in files {
                self.built_in_file(name, path, bytes);
            }
        } else {
            let mut themes = self.walk.folders("themes");
            themes.push("paper".to_owned());
            let hint = match did_you_mean(name, themes.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("put it into `{folder}/`, or write `theme = \"paper\"`, which is built in"),
            };
            let message = format!("there is no theme `{name}`");
            self.problems.push(Diagnostic::error("config/no-theme", message).at(config.place("theme")).hint(hint));
        }
    }

    fn built_in_file(&mut self, theme: &str, path: &str, bytes: &'static [u8]) {
        let source = SourcePath::new(format!("themes/{theme}/{path}"));
        if let Some(name) = path.strip_prefix("static/") {
            self.sources.statics.insert(name.to_owned(), StaticFile { source, origin: Origin::Program(bytes) });
            return;
        }
        let text: Arc<str> = String::from_utf8_lossy(bytes).into();
        if let Some(name) = path.strip_prefix("templates/") {
            self.sources.templates.insert(format!("{theme}/templates/{name}"), Template { source, text });
        } else if path.starts_with(words::FOLDER) {
            self.take_words(&source, &text);
        } else if path == "theme.toml" {
            self.sources.theme = Some((source, text));
        }
    }

    /// Takes the words of a folder in, over those that are there: the site's win over the theme's.
    fn words(&mut self, folder: &str) {
        let found = self.walk.files(folder, walk::of_content, &mut self.problems);
        for (source, text) in self.read(found) {
            self.take_words(&source, &text);
        }
    }

    fn take_words(&mut self, source: &SourcePath, text: &Arc<str>) {
        if let Err(problems) = self.sources.words.add(source, text) {
            self.problems.extend(problems);
        }
    }

    fn statics(&mut self, folder: &str, insert: impl Fn(&mut Self, String, StaticFile) -> Option<StaticFile>) {
        for found in self.walk.files(folder, walk::of_statics, &mut self.problems) {
            let name = found.source.as_str()[folder.len() + 1..].to_owned();
            insert(self, name, StaticFile { source: found.source, origin: Origin::Disk(found.path) });
        }
    }

    /// Takes the templates of a folder in under their names below it, with something before them.
    fn templates(&mut self, folder: &str, prefix: &str) {
        let found = self.walk.files(folder, walk::of_content, &mut self.problems);
        for (source, text) in self.read(found) {
            let name = format!("{prefix}{}", &source.as_str()[folder.len() + 1..]);
            self.sources.templates.insert(name, Template { source, text });
        }
        self.sources.warnings.extend(renames::templates(&mut self.sources.templates, prefix));
    }

    /// Reads text files in parallel.
    fn read(&mut self, found: Vec<Found>) -> Vec<(SourcePath, Arc<str>)> {
        let read: Vec<_> = found
            .into_par_iter()
            .map(|found| {
                let bytes = std::fs::read(&found.path).map_err(|error| unreadable(found.source.as_str(), &error))?;
                text::decode(&found.source, bytes).map(|(text, warnings)| (found.source, text, warnings))
            })
            .collect();
        let mut texts = Vec::with_capacity(read.len());
        for one in read {
            match one {
                Ok((source, text, warnings)) => {
                    self.sources.warnings.extend(warnings);
                    texts.push((source, text));
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        texts
    }
}

/// Returns whether a file is one that pages are made from.
fn is_markdown(source: &SourcePath) -> bool {
    matches!(source.extension(), "md" | "markdown")
}

/// Says that a file or a folder cannot be read.
fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    let diagnostic = Diagnostic::error("source/unreadable", format!("`{name}` cannot be read: {error}"));
    let diagnostic = diagnostic.at(Place::file(name));
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => diagnostic.hint("give yourself the right to read it"),
        _ => diagnostic,
    }
}

/// Returns the root of the site as the disk knows it.
fn real(root: &Path) -> Result<PathBuf, Vec<Diagnostic>> {
    std::fs::canonicalize(root).map_err(|error| vec![unreadable(&root.display().to_string(), &error)])
}

#[cfg(test)]
pub(crate) mod tests;
