//! Owns the reading of Jekyll's sites: posts, drafts, pages, collections, data and files, with the addresses that Jekyll gave them.
//!
//! Every document gets its address as its `path`. The folder is walked twice: first for the addresses, to which texts refer by the
//! names of files, then for the texts.

mod address;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use toml::{Table, Value};

use self::address::{Facts, dated, ending, fill, pattern};
use self::settings::Jekyll;
use super::folder::{carry_below, carry_to, date, entries, has_ending, not_followed, text_of};
use super::html::{self, to_markdown};
use super::liquid::{self, World};
use super::{Document, Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{self, parse_date};
use crate::post::front_table;

/// The row.
pub(super) const JEKYLL: Importer = Importer { name: "jekyll", title: "Jekyll", path: "the site's folder", read };

/// Folders of a site that do not come along, and what they are.
const LEFT: [(&str, &str); 4] = [
    ("_layouts", "templates for Jekyll's pages"),
    ("_includes", "parts of templates for Jekyll"),
    ("_sass", "stylesheets of the old theme"),
    ("_plugins", "programs for Jekyll"),
];
/// The endings of Markdown.
const MARKDOWN: [&str; 4] = ["md", "markdown", "mkdown", "mkd"];

fn read(root: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let jekyll = settings::read(root, sink)?;
    for (name, what) in LEFT {
        if !entries(root, Path::new(name))?.is_empty() {
            let message = format!("`{name}/` stays behind: {what}");
            sink.remark(Diagnostic::note("import/left", message).at(Place::file(name)));
        }
    }
    let mut walk = Walk { root, jekyll: &jekyll, sink, items: Vec::new(), files: Vec::new(), feeds: Vec::new() };
    walk.folder(Path::new(""))?;
    let Walk { items, files, feeds, .. } = walk;
    let mut world = World {
        url: jekyll.url.clone(),
        base: jekyll.base.clone(),
        settings: jekyll.shown.clone(),
        separator: jekyll.separator.clone(),
        has_attributes: true,
        ..World::default()
    };
    for item in &items {
        let old = item.file.display().to_string();
        world.files.insert(old, (item.path.clone(), item.address.clone().unwrap_or_default()));
    }
    for file in &files {
        let old = file.display().to_string();
        world.files.insert(old.clone(), (format!("static/{old}"), format!("/{old}")));
    }
    for item in &items {
        if let Err(problems) = document(root, &jekyll, &world, item, sink) {
            problems.into_iter().for_each(|problem| sink.remark(problem));
        }
    }
    for file in &files {
        carry_to(root, file, "static", sink)?;
    }
    carry_below(&root.join("_data"), Path::new(""), "data", sink)?;
    let mut settings = jekyll.settings.clone();
    if jekyll.feed.is_none() && !feeds.is_empty() {
        settings.tables.insert("feeds".to_owned(), Value::Array(feeds));
    }
    Ok(settings)
}

/// What kind of document a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Post,
    Draft,
    Page,
    /// Of a collection of this name.
    Member(String),
}

/// One document, before its text is rewritten.
#[derive(Debug)]
struct Item {
    file: PathBuf,
    kind: Kind,
    front: Table,
    /// Where it will lie.
    path: String,
    address: Option<String>,
    slug: String,
    when: Option<Zoned>,
    categories: Vec<String>,
}

struct Walk<'a> {
    root: &'a Path,
    jekyll: &'a Jekyll,
    sink: &'a mut dyn Sink,
    items: Vec<Item>,
    files: Vec<PathBuf>,
    feeds: Vec<Value>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), Vec<Diagnostic>> {
        for path in entries(self.root, folder)? {
            let Some(name) = path.to_str().map(str::to_owned) else { continue };
            let whole = self.root.join(&path);
            let last = name.rsplit('/').next().unwrap_or_default().to_owned();
            let is_included = self.jekyll.included.iter().any(|included| included.trim_matches('/') == name);
            let is_well_known = matches!(last.as_str(), ".well-known" | "_redirects" | "_headers" | ".nojekyll");
            if self.jekyll.is_excluded(&name) || last.starts_with('.') && !is_included && !is_well_known {
                continue;
            }
            if whole.is_symlink() {
                self.sink.remark(not_followed(&path));
                continue;
            }
            if !whole.is_dir() {
                self.file(&path, &last)?;
                continue;
            }
            match last.as_str() {
                "_posts" => self.documents(&path, &Kind::Post)?,
                "_drafts" => self.documents(&path, &Kind::Draft)?,
                _ if folder.as_os_str().is_empty() && last.starts_with('_') => {
                    let member = last.trim_start_matches('_').to_owned();
                    if self.jekyll.collections.contains_key(&member) {
                        self.documents(&path, &Kind::Member(member))?;
                    } else if is_included {
                        self.folder(&path)?;
                    }
                }
                _ if last.starts_with('_') && !is_included => {}
                _ => self.folder(&path)?,
            }
        }
        Ok(())
    }

    /// Takes the documents of a collection.
    fn documents(&mut self, folder: &Path, kind: &Kind) -> Result<(), Vec<Diagnostic>> {
        for path in entries(self.root, folder)? {
            let whole = self.root.join(&path);
            if whole.is_symlink() {
                self.sink.remark(not_followed(&path));
            } else if whole.is_dir() {
                self.documents(&path, kind)?;
            } else if has_ending(&path, &MARKDOWN) || has_ending(&path, &["html"]) {
                self.item(&path, kind.clone());
            } else {
                let message = format!("`{}` is neither Markdown nor HTML, and was left out", path.display());
                self.sink.remark(Diagnostic::warning("import/left", message).at(Place::file(path.display())));
            }
        }
        Ok(())
    }

    /// Takes a file outside of collections: a page if it has front matter, else as it is.
    fn file(&mut self, path: &Path, name: &str) -> Result<(), Vec<Diagnostic>> {
        if name.starts_with('_') && !matches!(name, "_redirects" | "_headers") {
            return Ok(());
        }
        let is_text =
            has_ending(path, &["html", "htm", "xml", "json", "txt", "css", "scss", "sass", "js", "svg", "webmanifest"]);
        let is_markdown = has_ending(path, &MARKDOWN);
        let has_front = (is_text || is_markdown)
            && text_of(self.root, path).is_ok_and(|text| text.starts_with("---\n") || text.starts_with("---\r"));
        match (has_front, is_markdown || has_ending(path, &["html", "htm"])) {
            (true, true) => self.item(path, Kind::Page),
            (true, false) if has_ending(path, &["xml"]) => self.feed(path)?,
            (true, false) if has_ending(path, &["scss", "sass"]) => {
                let message = format!("`{}` stays behind: a stylesheet of the old theme", path.display());
                self.sink.remark(Diagnostic::note("import/left", message).at(Place::file(path.display())));
            }
            (true, false) => {
                let message = format!("`{}` is a template, and was left out", path.display());
                let hint = "write the finished file into `static/`";
                self.sink
                    .remark(Diagnostic::warning("import/left", message).at(Place::file(path.display())).hint(hint));
            }
            // Markdown without front matter is a file to Jekyll; a README of the repository is nobody's page.
            (false, _) if is_markdown && matches!(name, "README.md" | "LICENSE.md" | "CONTRIBUTING.md") => {}
            (false, _) => self.files.push(path.to_owned()),
        }
        Ok(())
    }

    /// Takes a template of a feed: the new site makes one at its address.
    fn feed(&mut self, path: &Path) -> Result<(), Vec<Diagnostic>> {
        let text = text_of(self.root, path)?;
        let name = path.display().to_string();
        let format = match () {
            () if text.contains("<feed") => "atom",
            () if text.contains("<rss") => "rss",
            () => {
                // Every site here has a sitemap.
                if !text.contains("<urlset") {
                    let message = format!("`{name}` is a template, and was left out");
                    self.sink.remark(Diagnostic::warning("import/left", message).at(Place::file(&name)));
                }
                return Ok(());
            }
        };
        let row = [("format", format), ("path", name.as_str())];
        self.feeds.push(Value::Table(
            row.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned()))).into_iter().collect(),
        ));
        let message = format!("`{name}` was a template of a feed; a feed of the same format stands there now");
        let hint = "if its entries had other ids than their addresses, say so by `id` in front matter; `--prove` with the old feed tells";
        self.sink.remark(Diagnostic::warning("import/guessed", message).at(Place::file(&name)).hint(hint));
        Ok(())
    }

    fn item(&mut self, path: &Path, kind: Kind) {
        match item(self.root, self.jekyll, path, kind) {
            Ok(item) => self.items.push(item),
            Err(problems) => problems.into_iter().for_each(|problem| self.sink.remark(problem)),
        }
    }
}

/// Reads what a document says of itself, and where Jekyll puts it.
fn item(root: &Path, jekyll: &Jekyll, file: &Path, kind: Kind) -> Result<Item, Vec<Diagnostic>> {
    let text = text_of(root, file)?;
    let name = file.display().to_string();
    let source = fields::Document::new(&name, &text);
    let own = match text.starts_with("---") {
        true => front_table(&source)?.0.to_toml(),
        false => Table::new(),
    };
    let type_name = match &kind {
        Kind::Post => "posts",
        Kind::Draft => "drafts",
        Kind::Page => "pages",
        Kind::Member(name) => name,
    };
    let mut front = jekyll.defaults(&name, type_name);
    front.extend(own);
    let text_of = |key: &str| front.get(key).and_then(Value::as_str).map(str::to_owned);
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", &name));
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let named = dated(stem).filter(|_| kind != Kind::Page);
    let (day, base) = named.map_or((None, stem), |(day, rest)| (Some(day), rest));
    if kind == Kind::Post && day.is_none() {
        let message = format!("`{name}` has no day in its name, so Jekyll left it out, and so did the import");
        let hint = "call it like `2011-03-10-guards.md`";
        return Err(vec![Diagnostic::warning("import/left", message).at(Place::file(&name)).hint(hint)]);
    }
    let said = front.get("date").map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let when = said.or(day).and_then(|text| parse_date(&text, &jekyll.zone).ok());
    let when = when.map(|when| when.with_time_zone(jekyll.zone.clone()));
    let slug = text_of("slug").unwrap_or_else(|| base.to_owned());
    let categories = categories(&front, folder, &kind);
    let below = match &kind {
        Kind::Member(member) => folder.strip_prefix(&format!("_{member}")).unwrap_or_default().to_owned(),
        _ if folder.is_empty() => String::new(),
        _ => format!("/{folder}"),
    };
    let collection = if let Kind::Member(name) = &kind { name.as_str() } else { "" };
    let facts =
        Facts { date: when.as_ref(), slug: &slug, name: base, folder: &below, categories: &categories, collection };
    let address = match (text_of("permalink"), &kind) {
        (_, Kind::Draft) => None,
        (Some(own), _) => fill(pattern(&own), &facts),
        (None, Kind::Post) => fill(pattern(&jekyll.permalink), &facts),
        (None, Kind::Page) if stem == "index" => Some(format!("{below}/")),
        (None, Kind::Page) => fill(&format!("/:path/:basename{}", ending(&jekyll.permalink)), &facts),
        (None, Kind::Member(name)) => {
            jekyll.collections.get(name).cloned().flatten().and_then(|own| fill(&own, &facts))
        }
    };
    // An address without an ending is a file with `.html`, which some servers find by the name alone.
    let is_whole = |address: &str| address.rsplit('/').next().is_some_and(|last| last.is_empty() || last.contains('.'));
    let address = address.map(|address| if is_whole(&address) { address } else { format!("{address}.html") });
    let path = match &kind {
        Kind::Post | Kind::Draft => {
            let above = folder.split(['_']).next().unwrap_or_default().trim_matches('/');
            let above = if above.is_empty() { String::new() } else { format!("{above}/") };
            format!("content/posts/{above}{stem}.md")
        }
        Kind::Page if stem == "index" => format!("content{below}/_index.md"),
        Kind::Page => format!("content{below}/{stem}.md"),
        Kind::Member(name) => format!("content/{name}{below}/{stem}.md"),
    };
    Ok(Item { file: file.to_owned(), kind, front, path, address, slug, when, categories })
}

/// Returns a document's categories: of its folders, then of its front matter.
fn categories(front: &Table, folder: &str, kind: &Kind) -> Vec<String> {
    let mut all: Vec<String> = match kind {
        Kind::Post | Kind::Draft if !folder.starts_with('_') => {
            let above = folder.split("/_").next().unwrap_or_default();
            above.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    // One category may have spaces in it; several in one text are set apart by them.
    all.extend(front.get("category").and_then(Value::as_str).map(str::to_owned));
    all.extend(listed(front.get("categories")));
    all
}

/// Returns a list that may be one text.
fn listed(value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Datetime(date) => Some(date.to_string()),
        _ => None,
    };
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(one).collect(),
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(other) => one(other).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Writes one document.
fn document(
    root: &Path,
    jekyll: &Jekyll,
    world: &World,
    item: &Item,
    sink: &mut dyn Sink,
) -> Result<(), Vec<Diagnostic>> {
    let origin = item.file.display().to_string();
    let text = text_of(root, &item.file)?;
    let source = fields::Document::new(&origin, &text);
    let body = if text.starts_with("---") { front_table(&source)?.1 } else { 0..text.len() };
    let (written, problems) = liquid::rewritten(&text[body.clone()], world);
    let is_html = has_ending(&item.file, &["html", "htm"]);
    let is_made = problems.iter().any(|problem| problem.is_error);
    if is_html && is_made {
        let message = format!("`{origin}` is made by a template, and was left out: the theme has its own lists");
        sink.remark(Diagnostic::warning("import/left", message).at(Place::file(&origin)));
        return Ok(());
    }
    let text: Arc<str> = text;
    for problem in problems {
        let level = if problem.is_error { Diagnostic::error } else { Diagnostic::note };
        let code = if problem.is_error { "import/shortcode" } else { "import/left" };
        let place = match problem.span.is_empty() {
            true => Place::file(&origin),
            false => Place::span(&origin, &text, body.start + problem.span.start..body.start + problem.span.end),
        };
        sink.remark(level(code, problem.message).at(place).hint(problem.hint));
    }
    let written = match is_html {
        true => {
            to_markdown(&written, html::Options { address: item.address.as_deref(), ..Default::default() }).markdown
        }
        false => written,
    };
    if item.path == "content/_index.md" && written.trim().is_empty() {
        return Ok(());
    }
    let front = front(jekyll, item, sink);
    sink.document(Document { path: item.path.clone(), front, body: written, origin, address: item.address.clone() })
}

/// Returns the front matter under its canonical names.
fn front(jekyll: &Jekyll, item: &Item, sink: &mut dyn Sink) -> Vec<(String, Value)> {
    let origin = item.file.display().to_string();
    let text = |text: &str| Value::String(text.to_owned());
    let list = |all: Vec<String>| Value::Array(all.into_iter().map(Value::String).collect());
    let mut front: Vec<(String, Value)> = Vec::new();
    let mut extra = Table::new();
    if !item.front.contains_key("title") {
        front.push(("title".to_owned(), Value::String(titled(&item.slug))));
    }
    if let Some(when) = item.when.as_ref().filter(|_| item.kind != Kind::Page || item.front.contains_key("date")) {
        front.push(("date".to_owned(), date(&when.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())));
    }
    let is_hidden = item.front.get("published") == Some(&Value::Boolean(false));
    let is_unseen = matches!(&item.kind, Kind::Member(name) if jekyll.collections.get(name) == Some(&None));
    if item.kind == Kind::Draft || is_hidden || is_unseen {
        front.push(("draft".to_owned(), Value::Boolean(true)));
    }
    let is_section = item.path.ends_with("/_index.md");
    if let Some(address) = item.address.as_ref().filter(|_| !is_section) {
        front.push(("path".to_owned(), text(address)));
        if item.kind == Kind::Post {
            front.push(("id".to_owned(), Value::String(feed_id(jekyll, item, address))));
        }
    }
    let tags = [
        listed(item.front.get("tags")),
        item.front.get("tag").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
    ]
    .concat();
    for (name, terms) in [("tags", tags), ("categories", item.categories.clone())] {
        if !terms.is_empty() {
            front.push((name.to_owned(), list(terms)));
        }
    }
    for (key, value) in &item.front {
        match key.as_str() {
            "date" | "permalink" | "slug" | "tags" | "tag" | "categories" | "category" | "published" | "layout" => {}
            "title" => front.push((
                key.clone(),
                match value {
                    Value::String(_) => value.clone(),
                    other => Value::String(other.to_string()),
                },
            )),
            "description" if value.is_str() => front.push((key.clone(), value.clone())),
            "excerpt" if value.is_str() => front.push(("summary".to_owned(), value.clone())),
            "last_modified_at" | "modified_date" | "updated" => {
                let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                if let Ok(when) = parse_date(&written, &jekyll.zone) {
                    front.push(("updated".to_owned(), date(&when.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())));
                }
            }
            "author" | "authors" => {
                let authors = match value {
                    Value::String(one) => vec![one.clone()],
                    other => listed(Some(other)),
                };
                front.push(("authors".to_owned(), list(authors)));
            }
            "image" => {
                let path = value.as_str().or_else(|| value.get("path")?.as_str());
                front.extend(path.map(|path| ("image".to_owned(), text(path))));
            }
            "redirect_from" => {
                let all = match value {
                    Value::String(one) => vec![one.clone()],
                    other => listed(Some(other)),
                };
                front.push(("aliases".to_owned(), list(all)));
            }
            "redirect_to" => {
                let message = format!("`{origin}` leads on to `{value}`, which was left out");
                let hint = "let the host lead on, or write an alias into the post that it leads to";
                sink.remark(Diagnostic::warning("import/left", message).at(Place::file(&origin)).hint(hint));
            }
            "sitemap" if value == &Value::Boolean(false) => front.push(("noindex".to_owned(), Value::Boolean(true))),
            _ => _ = extra.insert(key.clone(), value.clone()),
        }
    }
    if !extra.is_empty() {
        front.push(("extra".to_owned(), Value::Table(extra)));
    }
    front
}

/// Returns the id by which feeds know a post: the plugin's is its address without its ending, other feeds' usually its address.
fn feed_id(jekyll: &Jekyll, item: &Item, address: &str) -> String {
    if jekyll.feed.is_none() {
        return jekyll.absolute(address);
    }
    let folder = address.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder);
    jekyll.absolute(&format!("{folder}/{}", item.slug))
}

/// Returns the title that Jekyll gives to a post without one.
fn titled(slug: &str) -> String {
    let words = slug.split('-').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect::<String>())
    });
    let words: Vec<String> = words.flatten().collect();
    if words.is_empty() { "Home".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_made_of_the_name_as_jekyll_makes_it() {
        assert_eq!((titled("who-is-WATCHING"), titled("index")), ("Who Is Watching".to_owned(), "Index".to_owned()));
    }

    #[test]
    fn categories_come_from_folders_above_and_from_front_matter() {
        let front: Table = "category = \"One two\"\ncategories = \"three four\"\n".parse().unwrap();
        assert_eq!(categories(&front, "news/old/_posts", &Kind::Post), ["news", "old", "One two", "three", "four"]);
        assert_eq!(categories(&Table::new(), "_posts/news", &Kind::Post), Vec::<String>::new());
    }
}
