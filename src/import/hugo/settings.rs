//! Reads Hugo's settings, one file or a folder of them, and says the same as site.toml does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use url::Url;

use super::super::folder::{has_ending, text_of};
use super::super::{Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{Document, parse_json, parse_toml, parse_yaml};

/// The names under which Hugo looks for its settings, in its order.
const NAMES: [&str; 2] = ["hugo", "config"];
const ENDINGS: [&str; 4] = ["toml", "yaml", "yml", "json"];

/// What Hugo's settings say.
#[derive(Debug, Clone, Default)]
pub(super) struct Hugo {
    /// The same for site.toml.
    pub(super) settings: Settings,
    /// Patterns of addresses, by section.
    pub(super) permalinks: BTreeMap<String, String>,
    /// Whether pages are files, and not folders.
    pub(super) is_ugly: bool,
    /// Whether addresses keep capital letters.
    pub(super) keeps_case: bool,
    /// The taxonomies by the key in front matter.
    pub(super) taxonomies: BTreeMap<String, String>,
    /// The tags of all languages.
    pub(super) languages: Vec<String>,
    /// The tag of the site's own language.
    pub(super) default_language: Option<String>,
    /// The name of the file of a feed: `index.xml`, unless it was given another.
    pub(super) feed_name: String,
    base_url: Option<Url>,
}

impl Hugo {
    /// Returns an address with the site's own before it.
    pub(super) fn permalink(&self, address: &str) -> Option<String> {
        let mut url = self.base_url.clone()?;
        let path = format!("{}{address}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Some(url.to_string())
    }
}

/// Reads the settings.
pub(super) fn read(root: &Path, sink: &mut dyn Sink) -> Result<Hugo, Vec<Diagnostic>> {
    let found = all(root)?;
    let mut hugo = Hugo::default();
    let text = |name: &str| get(&found, name).and_then(Value::as_str).map(str::to_owned);
    let table = |name: &str| get(&found, name).and_then(Value::as_table).cloned().unwrap_or_default();
    let is = |name: &str| get(&found, name).and_then(Value::as_bool).unwrap_or(false);
    let base_url = text("baseurl").unwrap_or_default();
    hugo.base_url = Url::parse(&base_url).ok().filter(|url| url.has_host());
    if hugo.base_url.is_none() {
        let message = format!("Hugo's `baseURL` is `{base_url}`, which is no address: write `base_url` in `site.toml`");
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    hugo.is_ugly = is("uglyurls");
    hugo.keeps_case = is("disablepathtolower");
    if hugo.is_ugly {
        let message =
            "with `uglyURLs` Hugo has lists and older addresses at `/tags/x.html`; here they stand at `/tags/x/`";
        let hint = "`blog import --prove` names what this concerns; the host can lead the old addresses on";
        sink.remark(Diagnostic::warning("import/guessed", message).hint(hint));
    }
    if hugo.keeps_case {
        let message = "with `disablePathToLower` Hugo's lists of terms keep capital letters; here they stand at `/tags/two-words/`";
        let hint = "`blog import --prove` names what this concerns; the host can lead the old addresses on";
        sink.remark(Diagnostic::warning("import/guessed", message).hint(hint));
    }
    let params = table("params");
    let keys = &mut hugo.settings.keys;
    let base = hugo.base_url.as_ref().map_or_else(
        || "https://blog.example/".to_owned(),
        |url| {
            let text = url.to_string();
            if text.ends_with('/') { text } else { format!("{text}/") }
        },
    );
    keys.insert("base_url".to_owned(), Value::String(base));
    keys.insert("title".to_owned(), Value::String(text("title").unwrap_or_else(|| "A blog".to_owned())));
    // Hugo reads a date without a zone in this one, and otherwise as UTC.
    keys.insert("timezone".to_owned(), Value::String(text("timezone").unwrap_or_else(|| "UTC".to_owned())));
    let language = text("languagecode").or_else(|| text("locale")).or_else(|| text("defaultcontentlanguage"));
    keys.insert("language".to_owned(), Value::String(language.unwrap_or_else(|| "en".to_owned())));
    let described = text("description").or_else(|| get(&params, "description")?.as_str().map(str::to_owned));
    keys.extend(described.map(|described| ("description".to_owned(), Value::String(described))));
    let author = get(&params, "author").or_else(|| get(&found, "author"));
    let author = author.and_then(|author| author.as_str().or_else(|| get(author.as_table()?, "name")?.as_str()));
    keys.extend(author.map(|author| ("authors".to_owned(), Value::Array(vec![Value::String(author.to_owned())]))));
    let formats = table("outputformats");
    let feed =
        get(&formats, "rss").and_then(Value::as_table).and_then(|feed| get(feed, "basename")).and_then(Value::as_str);
    hugo.feed_name = format!("{}.xml", feed.unwrap_or("index"));
    hugo.permalinks = permalinks(&table("permalinks"));
    hugo.taxonomies = taxonomies(get(&found, "taxonomies"));
    languages(&mut hugo, &table("languages"), text("defaultcontentlanguage"));
    tables(&mut hugo, &found, sink);
    Ok(hugo)
}

/// Returns a value by its key, in which case makes no difference.
fn get<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Reads all files of settings into one table.
fn all(root: &Path) -> Result<Table, Vec<Diagnostic>> {
    let files = || NAMES.iter().flat_map(|name| ENDINGS.iter().map(move |ending| format!("{name}.{ending}")));
    let mut found = match files().map(PathBuf::from).find(|file| root.join(file).is_file()) {
        Some(file) => parsed(root, &file)?,
        None => Table::new(),
    };
    let folder = Path::new("config/_default");
    let mut parts: Vec<PathBuf> = fs::read_dir(root.join(folder))
        .map(|entries| entries.flatten().map(|entry| folder.join(entry.file_name())).collect())
        .unwrap_or_default();
    parts.sort();
    for part in parts.iter().filter(|part| has_ending(part, &ENDINGS)) {
        let own = parsed(root, part)?;
        let stem = part.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match NAMES.contains(&stem.as_str()) {
            true => found.extend(own),
            false => drop(found.insert(stem, Value::Table(own))),
        }
    }
    if found.is_empty() {
        let message = format!("`{}` has no `hugo.toml` or another file of Hugo's settings", root.display());
        return Err(vec![Diagnostic::error("import/from", message).hint("name the folder that holds it")]);
    }
    Ok(found)
}

fn parsed(root: &Path, file: &Path) -> Result<Table, Vec<Diagnostic>> {
    let text = text_of(root, file)?;
    let document = Document::new(file.display(), &text);
    let span = 0..text.len();
    let table = match file.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => parse_toml(&document, span),
        Some("json") => parse_json(&document, span).map(|(table, _)| table),
        _ => parse_yaml(&document, span),
    };
    table.map(|table| table.to_toml()).map_err(|problems| {
        let one = |message: String, span| {
            Diagnostic::error("import/unreadable", message).at(Place::span(file.display(), &text, span))
        };
        problems.into_iter().map(|problem| one(problem.message, problem.span)).collect()
    })
}

fn permalinks(table: &Table) -> BTreeMap<String, String> {
    let own = table.iter().filter_map(|(section, value)| Some((section.clone(), value.as_str()?.to_owned())));
    let pages = get(table, "page").and_then(Value::as_table);
    let pages =
        pages.into_iter().flatten().filter_map(|(section, value)| Some((section.clone(), value.as_str()?.to_owned())));
    own.chain(pages).collect()
}

/// Returns the taxonomies by the plural that front matter names.
fn taxonomies(given: Option<&Value>) -> BTreeMap<String, String> {
    match given.and_then(Value::as_table) {
        Some(table) => {
            let plural = table.values().filter_map(Value::as_str);
            plural.map(|plural| (plural.to_lowercase(), plural.to_lowercase())).collect()
        }
        None => ["tags", "categories"].map(|name| (name.to_owned(), name.to_owned())).into(),
    }
}

fn languages(hugo: &mut Hugo, given: &Table, default: Option<String>) {
    let default = default.or_else(|| (!given.is_empty()).then(|| "en".to_owned()));
    for (tag, value) in given {
        hugo.languages.push(tag.clone());
        let own = value.as_table().cloned().unwrap_or_default();
        let title = get(&own, "title").cloned();
        if Some(tag) == default.as_ref() {
            hugo.settings.keys.insert("language".to_owned(), Value::String(tag.clone()));
            hugo.settings.keys.extend(title.map(|title| ("title".to_owned(), title)));
            continue;
        }
        let mut row = Table::new();
        row.extend(title.map(|title| ("title".to_owned(), title)));
        let all = hugo.settings.tables.entry("languages".to_owned()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(all) = all {
            all.insert(tag.clone(), Value::Table(row));
        }
    }
    hugo.default_language = default;
}

/// Writes the tables of site.toml: taxonomies, feeds at Hugo's addresses, Markdown as Hugo reads it, the menu.
fn tables(hugo: &mut Hugo, found: &Table, sink: &mut dyn Sink) {
    let row = |pairs: &[(&str, Value)]| {
        Value::Table(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    };
    let text = |text: &str| Value::String(text.to_owned());
    let taxonomies: Table = hugo.taxonomies.keys().map(|name| (name.clone(), Value::Table(Table::new()))).collect();
    let mut feeds =
        vec![row(&[("format", text("rss")), ("path", text(&hugo.feed_name)), ("content", text("summary"))])];
    let in_terms =
        |name: &String| row(&[("format", text("rss")), ("taxonomy", text(name)), ("path", text(&hugo.feed_name))]);
    feeds.extend(hugo.taxonomies.keys().map(in_terms));
    let tables = &mut hugo.settings.tables;
    tables.insert("taxonomies".to_owned(), Value::Table(taxonomies));
    tables.insert("feeds".to_owned(), Value::Array(feeds));
    // Hugo also has a feed of all terms, which lists names and no posts; nothing here has the like.
    let lists =
        hugo.taxonomies.keys().map(|name| Value::String(format!("/{name}/{}", hugo.feed_name))).collect::<Vec<_>>();
    if !lists.is_empty() {
        tables.insert("gone".to_owned(), Value::Array(vec![row(&[("path", Value::Array(lists))])]));
        let message =
            "the feeds of all terms (`/tags/index.xml`), which list names and no posts, are given up: see `[[gone]]`";
        sink.remark(Diagnostic::note("import/left", message));
    }
    let markup = get(found, "markup")
        .and_then(Value::as_table)
        .and_then(|table| get(table, "goldmark"))
        .and_then(Value::as_table);
    let renderer = markup.and_then(|table| get(table, "renderer")).and_then(Value::as_table);
    let is_unsafe = renderer.and_then(|table| get(table, "unsafe")).and_then(Value::as_bool).unwrap_or(false);
    let extensions = markup.and_then(|table| get(table, "extensions")).and_then(Value::as_table);
    let passthrough = extensions.and_then(|table| get(table, "passthrough")).and_then(Value::as_table);
    let has_math = passthrough.and_then(|table| get(table, "enable")).and_then(Value::as_bool).unwrap_or(false);
    let on = Value::Boolean(true);
    tables.insert(
        "markdown".to_owned(),
        row(&[
            // Hugo leaves HTML in Markdown out unless it was told otherwise.
            ("html", Value::Boolean(is_unsafe)),
            ("smart_punctuation", on.clone()),
            ("definition_lists", on.clone()),
            ("autolinks", on.clone()),
            ("math", Value::Boolean(has_math)),
        ]),
    );
    let menus = get(found, "menus").or_else(|| get(found, "menu")).and_then(Value::as_table);
    let main = menus.and_then(|menus| get(menus, "main")).and_then(Value::as_array);
    let mut menu: Vec<(i64, Value)> = main
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.as_table()?;
            let name = get(entry, "name")?.clone();
            let url = get(entry, "url").or_else(|| get(entry, "pageref"))?.clone();
            let weight = get(entry, "weight").and_then(Value::as_integer).unwrap_or(0);
            Some((weight, row(&[("name", name), ("url", url)])))
        })
        .collect();
    menu.sort_by_key(|(weight, _)| *weight);
    if !menu.is_empty() {
        let menu = menu.into_iter().map(|(_, entry)| entry).collect();
        tables.insert("extra".to_owned(), row(&[("menu", Value::Array(menu))]));
    }
    let theme = get(found, "theme").filter(|theme| theme.as_array().is_none_or(|all| !all.is_empty()));
    if let Some(theme) = theme {
        let message = format!("the theme {theme} stays behind: it is written for Hugo; `paper` takes its place");
        sink.remark(Diagnostic::note("import/left", message));
    }
}
