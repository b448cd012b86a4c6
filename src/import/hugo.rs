//! Owns the reading of Hugo's sites: content with its bundles, static and data files, and the settings that decide addresses.
//!
//! Every document gets the address that Hugo gave it as its `path`, and the id that its feed had. Themes and layouts stay
//! behind: they are programs for another engine.

mod address;
mod settings;
mod shortcodes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use self::address::{Addresses, Facts};
use self::settings::Hugo;
use super::folder::{carry, carry_all, date, entries, has_ending, not_followed, text_of};
use super::{Document, Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};
use crate::fields;
use crate::post::front_table;

/// The row.
pub(super) const HUGO: Importer = Importer { name: "hugo", title: "Hugo", path: "the site's folder", read };

/// Folders of a site that do not come along, and what they are.
const LEFT: [(&str, &str); 4] = [
    ("layouts", "templates of Hugo's own"),
    ("assets", "files that Hugo's templates work on"),
    ("i18n", "words of a theme"),
    ("archetypes", "beginnings of new posts"),
];

/// Other languages of content that Hugo reads and we don't.
const FOREIGN: [&str; 8] = ["html", "htm", "adoc", "asciidoc", "org", "rst", "pandoc", "pdc"];

fn read(root: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let hugo = settings::read(root, sink)?;
    let addresses = Addresses::of(&hugo);
    for (name, what) in LEFT {
        if has_files(&root.join(name)) {
            let message = format!("`{name}/` stays behind: {what}");
            sink.remark(Diagnostic::note("import/left", message).at(Place::file(name)));
        }
    }
    let mut walk = Walk {
        root,
        hugo: &hugo,
        addresses: &addresses,
        sink,
        settings: hugo.settings.clone(),
        sections: BTreeMap::new(),
    };
    walk.folder(Path::new("content"), None)?;
    for name in ["static", "data"] {
        carry_all(root, Path::new(name), walk.sink)?;
    }
    walk.sections()?;
    Ok(walk.settings)
}

fn has_files(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

struct Walk<'a> {
    root: &'a Path,
    hugo: &'a Hugo,
    addresses: &'a Addresses,
    sink: &'a mut dyn Sink,
    settings: Settings,
    /// The sections at the top, and whether each has a head of its own.
    sections: BTreeMap<String, bool>,
}

impl Walk<'_> {
    /// Reads a folder of content; within a bundle everything but its index is a file that goes along.
    fn folder(&mut self, folder: &Path, bundle: Option<&Path>) -> Result<(), Vec<Diagnostic>> {
        let entries = entries(self.root, folder)?;
        let is_index = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == "index" || starts(stem, "index."));
        let own = entries.iter().find(|path| is_index(path) && has_ending(path, &["md", "markdown"])).cloned();
        let bundle = bundle.map(Path::to_owned).or(own.as_ref().map(|_| folder.to_owned()));
        for path in entries {
            let whole = self.root.join(&path);
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if whole.is_symlink() {
                self.sink.remark(not_followed(&path));
            } else if whole.is_dir() {
                self.folder(&path, bundle.as_deref())?;
            } else if has_ending(&path, &["md", "markdown"])
                && (bundle.is_none() || is_index(&path) && bundle.as_deref() == Some(folder))
            {
                if let Err(problems) = self.document(&path) {
                    problems.into_iter().for_each(|problem| self.sink.remark(problem));
                }
            } else if has_ending(&path, &FOREIGN) && bundle.is_none() {
                let message = format!("`{}` is not Markdown, and was left out", path.display());
                let hint = "write it as Markdown, or put the finished page into `static/`";
                self.sink
                    .remark(Diagnostic::error("import/unreadable", message).at(Place::file(path.display())).hint(hint));
            } else {
                carry(self.root, &path, self.sink)?;
            }
        }
        Ok(())
    }

    /// Gives each section a page and a feed, as Hugo does of itself.
    fn sections(&mut self) -> Result<(), Vec<Diagnostic>> {
        for (section, has_head) in std::mem::take(&mut self.sections) {
            let path = format!("{section}/{}", self.hugo.feed_name);
            let row =
                [("format", "rss"), ("section", section.as_str()), ("path", path.as_str()), ("content", "summary")];
            let row = row.map(|(key, value)| (key.to_owned(), toml::Value::String(value.to_owned())));
            if let Some(toml::Value::Array(feeds)) = self.settings.tables.get_mut("feeds") {
                feeds.push(toml::Value::Table(row.into_iter().collect()));
            }
            if has_head {
                continue;
            }
            let mut letters = section.chars();
            let title = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
            let front = vec![("title".to_owned(), toml::Value::String(title.unwrap_or_default()))];
            let path = format!("content/{section}/_index.md");
            let origin = format!("content/{section}");
            self.sink.document(Document { path, front, body: String::new(), origin, address: None })?;
        }
        Ok(())
    }

    /// Reads one Markdown file.
    fn document(&mut self, path: &Path) -> Result<(), Vec<Diagnostic>> {
        let text = text_of(self.root, path)?;
        let origin = path.display().to_string();
        let source = fields::Document::new(&origin, &text);
        let (table, body) = front_table(&source)?;
        let given = table.to_toml();
        let rest = path.strip_prefix("content").unwrap_or(path).to_string_lossy().into_owned();
        let facts = Facts::of(&rest, &given, &self.hugo.languages);
        let address = self.addresses.of_document(&facts);
        let front = self.front(&given, &facts, address.as_deref(), &origin);
        let (written, problems) = shortcodes::rewritten(&text[body.clone()]);
        for problem in problems {
            let span = body.start + problem.span.start..body.start + problem.span.end;
            let level = if problem.is_error { Diagnostic::error } else { Diagnostic::warning };
            let said = level("import/shortcode", problem.message).at(Place::span(&origin, &text, span));
            self.sink.remark(said.hint(problem.hint));
        }
        if let Some(section) = facts.section() {
            *self.sections.entry(section.to_owned()).or_default() |= !facts.is_page() && facts.depth() == 1;
        }
        let path =
            format!("content/{}", rest.strip_suffix(".markdown").map_or(rest.clone(), |stem| format!("{stem}.md")));
        self.sink.document(Document { path, front, body: written, origin, address })
    }

    /// Returns the front matter under its canonical names.
    fn front(
        &mut self,
        given: &toml::Table,
        facts: &Facts,
        address: Option<&str>,
        origin: &str,
    ) -> Vec<(String, toml::Value)> {
        let mut front: Vec<(String, toml::Value)> = Vec::new();
        let mut extra = toml::Table::new();
        let taxonomies = &self.hugo.taxonomies;
        for (key, value) in given {
            let key = key.to_lowercase();
            let name = match key.as_str() {
                "title" | "date" | "draft" | "weight" | "summary" | "description" | "aliases" => key.as_str(),
                "lastmod" | "modified" => "updated",
                "publishdate" | "pubdate" | "published" => "publish_date",
                "expirydate" | "unpublishdate" => "expiry_date",
                "images" => "image",
                "author" | "authors" => "authors",
                "canonicalurl" | "canonical" => "canonical",
                // The address says it.
                "slug" | "url" => continue,
                "params" => {
                    if let toml::Value::Table(table) = value {
                        extra.extend(table.clone());
                    }
                    continue;
                }
                "layout" | "type" | "outputs" | "cascade" | "build" | "_build" | "menu" | "menus" | "headless"
                | "translationkey" | "markup" | "sitemap" | "resources" | "linktitle" | "keywords"
                | "iscjklanguage" => {
                    let message = format!("`{key}` has no meaning here, and was left out");
                    self.sink.remark(Diagnostic::note("import/left", message).at(Place::file(origin)));
                    continue;
                }
                other if taxonomies.contains_key(other) => other,
                other => {
                    extra.insert(other.to_owned(), value.clone());
                    continue;
                }
            };
            let value = match (name, value) {
                ("image", toml::Value::Array(all)) => match all.first() {
                    Some(first) => first.clone(),
                    None => continue,
                },
                ("authors", toml::Value::Table(_)) => continue,
                ("aliases", _) => {
                    toml::Value::Array(facts.aliases(address).into_iter().map(toml::Value::String).collect())
                }
                (_, toml::Value::String(text)) if is_date(name) => date(text),
                (_, other) => other.clone(),
            };
            if !front.iter().any(|(known, _)| known == name) {
                front.push((name.to_owned(), value));
            }
        }
        if let Some(address) = address.filter(|_| facts.is_page() && facts.language.is_none()) {
            front.push(("path".to_owned(), toml::Value::String(address.to_owned())));
            // Hugo's feeds know an entry by its permalink.
            let id = self.hugo.permalink(address).filter(|_| facts.date.is_some());
            front.extend(id.map(|id| ("id".to_owned(), toml::Value::String(id))));
        }
        if !extra.is_empty() {
            front.push(("extra".to_owned(), toml::Value::Table(extra)));
        }
        front
    }
}

fn is_date(name: &str) -> bool {
    matches!(name, "date" | "updated" | "publish_date" | "expiry_date")
}

fn starts(name: &std::ffi::OsStr, beginning: &str) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(beginning))
}
