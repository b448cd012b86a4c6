//! Owns the reading of Eleventy's sites: Markdown and HTML with the data of their folders, data, and files.
//!
//! Eleventy is set up by a program in JavaScript, which is not carried out. What only the program knows (which files are copied,
//! where feeds stand, the ids in them) is learned from the finished site in `_site/`, if it is there.

mod front;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use toml::{Table, Value};
use url::Url;

use self::front::{front, texts, undated};
use super::folder::{carry_below, carry_to, date, entries, has_ending, not_followed, text_of};
use super::html::{self, to_markdown};
use super::liquid::{self, World};
use super::proof::Old;
use super::{Bytes, Carried, Document, Importer, Settings, Sink, sites};
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{self, parse_date};
use crate::paths::BaseUrl;

/// The row.
pub(super) const ELEVENTY: Importer = Importer {
    name: "eleventy",
    title: "Eleventy",
    path: "the site's folder, best with the finished site in `_site/`",
    read,
};

/// Where the finished site lies, and folders of tools.
const FINISHED: &str = "_site";
const OF_TOOLS: [&str; 4] = ["node_modules", FINISHED, "_includes", "_layouts"];
/// The programs that set Eleventy up.
const PROGRAMS: [&str; 6] = [
    ".eleventy.js",
    ".eleventy.mjs",
    ".eleventy.cjs",
    "eleventy.config.js",
    "eleventy.config.mjs",
    "eleventy.config.cjs",
];
/// Folders that usually hold a site's content, where the program says so.
const INPUTS: [&str; 2] = ["src", "content"];
/// Templates that need Eleventy.
const TEMPLATES: [&str; 8] = ["njk", "liquid", "webc", "ejs", "hbs", "mustache", "haml", "pug"];
/// Tags by which sites gather their posts, and not what posts are about.
const COLLECTIONS: [&str; 5] = ["post", "posts", "all", "nav", "page"];

fn read(root: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let input = input(root, sink)?;
    let site = site_data(&input, root);
    let url = site.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok()).filter(Url::has_host);
    if url.is_none() {
        let message = "no file of `_data/` says by `url` where the site stands: write `base_url` in `site.toml`";
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    let base = url.as_ref().map_or("https://blog.example/", Url::as_str).trim_end_matches('/').to_owned();
    let finished = [root.join(FINISHED), input.join(FINISHED)].into_iter().find(|folder| folder.is_dir());
    let mut old = Old::default();
    if let (Some(folder), Ok(base)) = (&finished, BaseUrl::parse(&format!("{base}/"))) {
        sites::old(folder, &base, &mut old)?;
    } else {
        let message = format!(
            "there is no finished site in `{FINISHED}/`, so files keep their paths, and feeds and their ids are not known"
        );
        let hint = "run `npx @11ty/eleventy` in the old site, and import into a new folder";
        sink.remark(Diagnostic::warning("import/guessed", message).hint(hint));
    }
    let mut walk = Walk { root: input, base, finished, old, sink, items: Vec::new(), files: Vec::new() };
    walk.folder(Path::new(""), &Table::new())?;
    walk.write()?;
    Ok(walk.settings(&site))
}

/// Returns the folder that Eleventy reads.
fn input(root: &Path, sink: &mut dyn Sink) -> Result<PathBuf, Vec<Diagnostic>> {
    let is_project = PROGRAMS.iter().chain(&["package.json"]).any(|name| root.join(name).is_file());
    let holds = |folder: &Path| {
        entries(root, folder).is_ok_and(|all| {
            all.iter().any(|path| has_ending(path, &["md", "html"]) || has_ending(path, &TEMPLATES))
                || root.join(folder).join("_data").is_dir()
        })
    };
    let guessed = INPUTS.iter().find(|name| is_project && holds(Path::new(name)));
    if let Some(name) = guessed {
        let message = format!(
            "`{name}/` was taken for the folder that Eleventy reads: its program, which says so, is not carried out"
        );
        sink.remark(
            Diagnostic::warning("import/guessed", message).hint("if it is another one, name that folder as PATH"),
        );
        return Ok(root.join(name));
    }
    if is_project || holds(Path::new("")) || root.join(FINISHED).is_dir() {
        return Ok(root.to_owned());
    }
    let message = format!(
        "`{}` is no site of Eleventy's: it has neither a program (`eleventy.config.js`) nor templates",
        root.display()
    );
    Err(vec![Diagnostic::error("import/from", message).hint("name the folder that Eleventy reads")])
}

/// Returns what the site's own data say of it.
fn site_data(input: &Path, root: &Path) -> Table {
    let names = ["metadata", "site", "meta"]
        .iter()
        .flat_map(|name| ["json", "yaml", "yml", "toml"].map(|ending| format!("_data/{name}.{ending}")));
    let found = names.flat_map(|name| [input, root].map(|folder| data_of(folder, Path::new(&name))));
    found.flatten().next().unwrap_or_default()
}

/// Returns what a file of data says, if there is one and it is a table.
fn data_of(root: &Path, path: &Path) -> Option<Table> {
    let text = text_of(root, path).ok()?;
    let source = crate::paths::SourcePath::new(path.to_string_lossy().into_owned());
    match crate::data::parse(&source, &text).ok()?.value {
        fields::Value::Table(table) => Some(table.to_toml()),
        _ => None,
    }
}

/// One document, before its text is rewritten.
struct Item {
    file: PathBuf,
    data: Table,
    path: String,
    address: String,
}

struct Walk<'a> {
    root: PathBuf,
    /// The site's address, without a slash at its end.
    base: String,
    finished: Option<PathBuf>,
    old: Old,
    sink: &'a mut dyn Sink,
    items: Vec<Item>,
    files: Vec<(PathBuf, String)>,
}

impl Walk<'_> {
    /// Reads a folder; `data` are those of the folders above.
    fn folder(&mut self, folder: &Path, data: &Table) -> Result<(), Vec<Diagnostic>> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut data = data.clone();
        for file in [format!("{name}.json"), format!("{name}.11tydata.json")] {
            data.extend(data_of(&self.root, &folder.join(file)).unwrap_or_default());
        }
        for path in entries(&self.root, folder)? {
            let whole = self.root.join(&path);
            let last = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if whole.is_symlink() {
                self.sink.remark(not_followed(&path));
            } else if last.starts_with('.') && last != ".well-known" || OF_TOOLS.contains(&last.as_str()) {
            } else if !whole.is_dir() {
                self.file(&path, &last, &data);
            } else if last == "_data" {
                self.data(&path)?;
            } else {
                self.folder(&path, &data)?;
            }
        }
        Ok(())
    }

    /// Takes the data that are no programs.
    fn data(&mut self, folder: &Path) -> Result<(), Vec<Diagnostic>> {
        for path in entries(&self.root, folder)? {
            if has_ending(&path, &["json", "yaml", "yml", "toml", "csv"]) {
                let file = self.root.join(folder);
                carry_to(&file, Path::new(path.file_name().unwrap_or_default()), "data", self.sink)?;
            } else if !self.root.join(&path).is_dir() {
                let message = format!("`{}` is a program, and was not carried out", path.display());
                self.sink.remark(Diagnostic::warning("import/left", message).at(Place::file(path.display())));
            } else {
                carry_below(
                    &self.root.join(folder),
                    Path::new(path.file_name().unwrap_or_default()),
                    "data",
                    self.sink,
                )?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str, data: &Table) {
        let is_of_project = path.parent().is_some_and(|folder| folder.as_os_str().is_empty())
            && (PROGRAMS.contains(&name)
                || matches!(name, "package.json" | "package-lock.json" | "yarn.lock" | "pnpm-lock.yaml"));
        let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let is_data = name.contains(".11tydata.") || folder.is_some_and(|folder| name == format!("{folder}.json"));
        if is_of_project || is_data && !name.ends_with(".js") {
            return;
        }
        if has_ending(path, &["md", "html", "htm"]) {
            match self.item(path, data) {
                Ok(Some(item)) => self.items.push(item),
                Ok(None) => {}
                Err(problems) => problems.into_iter().for_each(|problem| self.sink.remark(problem)),
            }
        } else if has_ending(path, &TEMPLATES) || name.ends_with(".11ty.js") || name.contains(".11tydata.") {
            let message = format!("`{}` is a template or a program for Eleventy, and was left out", path.display());
            self.sink.remark(Diagnostic::note("import/left", message).at(Place::file(path.display())));
        } else {
            let target = self.copied_to(path);
            self.files.extend(target.map(|target| (path.to_owned(), target)));
        }
    }

    /// Returns where a file that is no template stands in the finished site; nothing if it is not there.
    fn copied_to(&self, path: &Path) -> Option<String> {
        let name = path.to_str()?;
        let Some(finished) = &self.finished else { return Some(name.to_owned()) };
        // The program may leave folders above out.
        let ends = std::iter::once(0).chain(name.match_indices('/').map(|(at, _)| at + 1));
        ends.map(|at| &name[at..]).find(|name| finished.join(name).is_file()).map(str::to_owned)
    }

    /// Reads what a document says of itself, and where Eleventy puts it; nothing if it has no page.
    fn item(&mut self, path: &Path, above: &Table) -> Result<Option<Item>, Vec<Diagnostic>> {
        let text = text_of(&self.root, path)?;
        let name = path.display().to_string();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
        let mut data = above.clone();
        for file in [format!("{stem}.json"), format!("{stem}.11tydata.json")] {
            data.extend(data_of(&self.root, Path::new(&file)).unwrap_or_default());
        }
        let (own, _) = front(&name, &text)?;
        // Lists of tags are joined, everything else is replaced.
        let tags: Vec<String> = [texts(data.get("tags")), texts(own.get("tags"))].concat();
        data.extend(own);
        if !tags.is_empty() {
            data.insert("tags".to_owned(), Value::Array(tags.into_iter().map(Value::String).collect()));
        }
        let (folder, last) = stem.rsplit_once('/').unwrap_or(("", &stem));
        let is_index = last == "index" || folder.rsplit('/').next() == Some(last);
        let usual = match (is_index, folder) {
            (true, "") => "/".to_owned(),
            (true, folder) => format!("/{folder}/"),
            (false, _) => format!("/{stem}/"),
        };
        let address = match data.get("permalink") {
            Some(Value::Boolean(false)) => return Ok(None),
            Some(Value::String(permalink)) => match self.permalink(permalink, last, &data) {
                Some(address) => address,
                None => {
                    let message = format!(
                        "the permalink `{permalink}` is a template, and was not carried out: the address is `{usual}`"
                    );
                    let hint = "write the address as `path` into the front matter of the new file";
                    self.sink.remark(Diagnostic::error("import/shortcode", message).at(Place::file(&name)).hint(hint));
                    usual
                }
            },
            _ => usual,
        };
        let path_there = if is_index {
            format!("content/{folder}/_index.md").replace("//", "/")
        } else {
            format!("content/{stem}.md")
        };
        Ok(Some(Item { file: path.to_owned(), data, path: path_there, address }))
    }

    /// Returns the address that a permalink stands for, if that is known without a template.
    fn permalink(&self, permalink: &str, name: &str, data: &Table) -> Option<String> {
        let slug = undated(name).1;
        let mut made = String::new();
        let mut rest = permalink;
        while let Some(start) = rest.find("{{") {
            let end = start + rest[start..].find("}}")?;
            made.push_str(&rest[..start]);
            let parts: Vec<&str> = rest[start + 2..end].trim_matches('-').split('|').map(str::trim).collect();
            let value = match parts.first()? {
                &"page.fileSlug" => slug.to_owned(),
                name => data.get(*name)?.as_str()?.to_owned(),
            };
            match parts.get(1..)? {
                [] => made.push_str(&value),
                ["slugify" | "slug"] => made.push_str(&crate::library::slugify(&value)),
                _ => return None,
            }
            rest = &rest[end + 2..];
        }
        made.push_str(rest);
        if made.contains("{%") {
            return None;
        }
        let made = format!("/{}", made.trim_start_matches('/'));
        Some(made.strip_suffix("index.html").map_or(made.clone(), str::to_owned))
    }

    /// Hands over every document and file.
    fn write(&mut self) -> Result<(), Vec<Diagnostic>> {
        let mut world = World::default();
        for item in &self.items {
            world.files.insert(item.file.display().to_string(), (item.path.clone(), item.address.clone()));
        }
        for item in std::mem::take(&mut self.items) {
            if let Err(problems) = self.document(&item, &world) {
                problems.into_iter().for_each(|problem| self.sink.remark(problem));
            }
        }
        for (file, target) in std::mem::take(&mut self.files) {
            let whole = self.root.join(&file);
            self.sink.carry(Carried { path: format!("static/{target}"), bytes: Bytes::File(whole) })?;
        }
        Ok(())
    }

    fn document(&mut self, item: &Item, world: &World) -> Result<(), Vec<Diagnostic>> {
        let origin = item.file.display().to_string();
        let text = text_of(&self.root, &item.file)?;
        let (_, body) = front(&origin, &text)?;
        let (written, problems) = liquid::rewritten(&text[body.clone()], world);
        let is_html = has_ending(&item.file, &["html", "htm"]);
        if is_html && problems.iter().any(|problem| problem.is_error) {
            let message = format!("`{origin}` is made by a template, and was left out: the theme has its own lists");
            self.sink.remark(Diagnostic::warning("import/left", message).at(Place::file(&origin)));
            return Ok(());
        }
        for problem in problems {
            let place = Place::span(&origin, &text, body.start + problem.span.start..body.start + problem.span.end);
            self.sink.remark(Diagnostic::error("import/shortcode", problem.message).at(place).hint(problem.hint));
        }
        let options = html::Options { address: Some(&item.address), ..Default::default() };
        let written = if is_html { to_markdown(&written, options).markdown } else { written };
        if item.path == "content/_index.md" && written.trim().is_empty() {
            return Ok(());
        }
        let front = self.front(item);
        let address = Some(item.address.clone());
        self.sink.document(Document { path: item.path.clone(), front, body: written, origin, address })
    }

    /// Returns the front matter under its canonical names.
    fn front(&self, item: &Item) -> Vec<(String, Value)> {
        let stem = item.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let (day, slug) = undated(&stem);
        let mut front: Vec<(String, Value)> = Vec::new();
        let mut extra = Table::new();
        if !item.data.contains_key("title") {
            front.push(("title".to_owned(), Value::String(slug.replace('-', " "))));
        }
        let said = item.data.get("date").map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let when = said.or(day).and_then(|text| parse_date(&text, &TimeZone::UTC).ok());
        front.extend(when.map(|when| ("date".to_owned(), date(&when.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()))));
        if !item.path.ends_with("/_index.md") {
            front.push(("path".to_owned(), Value::String(item.address.clone())));
            let entry = self.old.entries.get(&item.address).filter(|entry| !entry.id.is_empty());
            front.extend(entry.map(|entry| ("id".to_owned(), Value::String(entry.id.clone()))));
        }
        for (key, value) in &item.data {
            match key.as_str() {
                "date"
                | "permalink"
                | "layout"
                | "eleventyExcludeFromCollections"
                | "eleventyNavigation"
                | "pagination"
                | "templateEngineOverride"
                | "eleventyComputed" => {}
                "title" => front.push((
                    key.clone(),
                    Value::String(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
                )),
                "description" | "draft" | "image" => front.push((key.clone(), value.clone())),
                "excerpt" => front.push(("summary".to_owned(), value.clone())),
                "updated" | "modified" | "lastmod" => front.push(("updated".to_owned(), value.clone())),
                "author" | "authors" => front.push((
                    "authors".to_owned(),
                    Value::Array(texts(Some(value)).into_iter().map(Value::String).collect()),
                )),
                "tags" => {
                    let tags = texts(Some(value)).into_iter().filter(|tag| !COLLECTIONS.contains(&tag.as_str()));
                    let tags: Vec<Value> = tags.map(Value::String).collect();
                    if !tags.is_empty() {
                        front.push((key.clone(), Value::Array(tags)));
                    }
                }
                _ => _ = extra.insert(key.clone(), value.clone()),
            }
        }
        if !extra.is_empty() {
            front.push(("extra".to_owned(), Value::Table(extra)));
        }
        front
    }

    /// Returns the settings.
    fn settings(self, site: &Table) -> Settings {
        let mut settings = Settings::default();
        let text = |name: &str| site.get(name).and_then(Value::as_str).map(str::to_owned);
        let keys = &mut settings.keys;
        let mut key =
            |name: &str, value: Option<String>| keys.extend(value.map(|value| (name.to_owned(), Value::String(value))));
        key("base_url", Some(format!("{}/", self.base)));
        key("title", Some(text("title").or_else(|| text("name")).unwrap_or_else(|| "A blog".to_owned())));
        key("description", text("description"));
        key("language", Some(text("language").or_else(|| text("lang")).unwrap_or_else(|| "en".to_owned())));
        // Eleventy reads a date without a zone as UTC.
        key("timezone", Some("UTC".to_owned()));
        let author = text("author").or_else(|| site.get("author")?.get("name")?.as_str().map(str::to_owned));
        keys.extend(author.map(|author| ("authors".to_owned(), Value::Array(vec![Value::String(author)]))));
        let taxonomies: BTreeMap<String, Value> = [("tags".to_owned(), Value::Table(Table::new()))].into();
        settings.tables.insert("taxonomies".to_owned(), Value::Table(taxonomies.into_iter().collect()));
        let feeds: Vec<Value> = self
            .old
            .feeds
            .iter()
            .filter_map(|address| {
                let path = address.trim_start_matches('/');
                let bytes = std::fs::read(self.finished.as_ref()?.join(path)).ok()?;
                let format = match () {
                    () if path.ends_with(".json") => "json",
                    () if String::from_utf8_lossy(&bytes).contains("<rss") => "rss",
                    () => "atom",
                };
                let row = [("format", format), ("path", path)];
                Some(Value::Table(
                    row.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned()))).into_iter().collect(),
                ))
            })
            .collect();
        if !feeds.is_empty() {
            settings.tables.insert("feeds".to_owned(), Value::Array(feeds));
        }
        settings
    }
}
