//! What `_config.yml` says, as far as addresses, feeds and texts need it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use toml::{Table, Value};
use url::Url;

use super::super::folder::text_of;
use super::super::{Settings, Sink};
use crate::config::timezone;
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{self, parse_toml, parse_yaml};

/// Where Jekyll looks for its settings.
const FILES: [&str; 3] = ["_config.yml", "_config.yaml", "_config.toml"];
/// What Jekyll leaves out unless it is told otherwise.
const EXCLUDED: [&str; 9] = [
    "Gemfile",
    "Gemfile.lock",
    "node_modules",
    "vendor/bundle",
    "vendor/cache",
    "vendor/gems",
    "vendor/ruby",
    "gemfiles",
    "Rakefile",
];

/// What the settings say.
#[derive(Debug)]
pub(super) struct Jekyll {
    pub(super) settings: Settings,
    /// The site's address without its path, and its path without a slash at its end.
    pub(super) url: String,
    pub(super) base: String,
    pub(super) zone: TimeZone,
    /// The pattern of posts, or the name of one.
    pub(super) permalink: String,
    /// The further collections that have pages, by name: their pattern; nothing for those without pages.
    pub(super) collections: BTreeMap<String, Option<String>>,
    pub(super) excluded: Vec<String>,
    pub(super) included: Vec<String>,
    pub(super) separator: Option<String>,
    /// Plain settings, for texts that show them.
    pub(super) shown: BTreeMap<String, String>,
    /// Values for the front matter of files below a path, of a type.
    defaults: Vec<(String, Option<String>, Table)>,
    /// The address of the feed that a plugin makes.
    pub(super) feed: Option<String>,
}

impl Jekyll {
    /// Returns the front matter that the settings give to a file of a type: `posts`, `pages`, `drafts`, a collection.
    pub(super) fn defaults(&self, path: &str, kind: &str) -> Table {
        let mut values = Table::new();
        for (scope, of, given) in &self.defaults {
            let is_below = scope.is_empty()
                || path == scope
                || path.strip_prefix(scope.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if is_below && of.as_deref().is_none_or(|of| of == kind || of == "posts" && kind == "drafts") {
                values.extend(given.clone());
            }
        }
        values
    }

    /// Returns whether a path of the site is left out.
    pub(super) fn is_excluded(&self, path: &str) -> bool {
        let fits = |pattern: &String| {
            let pattern = pattern.trim_matches('/');
            path == pattern
                || path.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/'))
                || pattern.strip_prefix('*').is_some_and(|ending| !ending.is_empty() && path.ends_with(ending))
        };
        !self.included.iter().any(fits) && self.excluded.iter().any(fits)
    }

    /// Returns an address with the site's own before it.
    pub(super) fn absolute(&self, address: &str) -> String {
        let whole = format!("{}{}{address}", self.url, self.base);
        Url::parse(&whole).map_or(whole, |url| url.to_string())
    }
}

/// Reads the settings.
pub(super) fn read(root: &Path, sink: &mut dyn Sink) -> Result<Jekyll, Vec<Diagnostic>> {
    let Some(file) = FILES.iter().map(PathBuf::from).find(|file| root.join(file).is_file()) else {
        let message = format!("`{}` has no `_config.yml`", root.display());
        return Err(vec![Diagnostic::error("import/from", message).hint("name the folder that holds it")]);
    };
    let text = text_of(root, &file)?;
    let document = fields::Document::new(file.display(), &text);
    let parse = if file.extension().is_some_and(|ending| ending == "toml") { parse_toml } else { parse_yaml };
    let found = parse(&document, 0..text.len()).map_err(|problems| {
        let one = |problem: fields::SyntaxProblem| {
            let place = Place::span(file.display(), &text, problem.span);
            Diagnostic::error("import/unreadable", problem.message).at(place)
        };
        problems.into_iter().map(one).collect::<Vec<_>>()
    })?;
    Ok(taken(&found.to_toml(), sink))
}

fn taken(found: &Table, sink: &mut dyn Sink) -> Jekyll {
    let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
    let texts = |name: &str| -> Vec<String> {
        let all = found.get(name).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut settings = Settings::default();
    let url = text("url").map(|url| url.trim_end_matches('/').to_owned()).filter(|url| Url::parse(url).is_ok());
    let base = text("baseurl").unwrap_or_default();
    let base = base.trim_matches('/');
    let base = if base.is_empty() { String::new() } else { format!("/{base}") };
    if url.is_none() {
        let message = "Jekyll's `url` is missing or no address: write `base_url` in `site.toml`";
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    let url = url.unwrap_or_else(|| "https://blog.example".to_owned());
    let zone = text("timezone").and_then(|name| Some((name.clone(), timezone(&name)?)));
    if zone.is_none() {
        let message =
            "Jekyll's `timezone` is not set, so it took that of the machine that built the site; here it is `UTC`";
        let hint = "if the days in old addresses are others, set `timezone` in `_config.yml` and import again";
        sink.remark(Diagnostic::warning("import/guessed", message).hint(hint));
    }
    let (zone_name, zone) = zone.unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC));
    let keys = &mut settings.keys;
    let mut key = |name: &str, value: Option<String>| {
        keys.extend(value.map(|value| (name.to_owned(), Value::String(value))));
    };
    key("base_url", Some(format!("{url}{base}/")));
    key("title", Some(text("title").or_else(|| text("name")).unwrap_or_else(|| "A blog".to_owned())));
    key("description", text("description").or_else(|| text("tagline")).map(|words| words.trim().to_owned()));
    key("language", Some(text("lang").unwrap_or_else(|| "en".to_owned()).replace('_', "-")));
    key("timezone", Some(zone_name));
    let author = text("author").or_else(|| found.get("author")?.get("name")?.as_str().map(str::to_owned));
    keys.extend(author.map(|author| ("authors".to_owned(), Value::Array(vec![Value::String(author)]))));
    let empty =
        |names: [&str; 2]| names.map(|name| (name.to_owned(), Value::Table(Table::new()))).into_iter().collect();
    settings.tables.insert("taxonomies".to_owned(), Value::Table(empty(["tags", "categories"])));
    let mut markdown = Table::new();
    markdown.insert("heading_ids".to_owned(), Value::String("kramdown".to_owned()));
    settings.tables.insert("markdown".to_owned(), Value::Table(markdown));
    let plugins = [texts("plugins"), texts("gems")].concat();
    let feed = plugins.iter().any(|name| name == "jekyll-feed").then(|| {
        let of = |name: &str| found.get("feed").and_then(|feed| feed.get(name));
        let path = of("path").and_then(Value::as_str).unwrap_or("feed.xml").trim_start_matches('/').to_owned();
        let limit = of("posts_limit").and_then(Value::as_integer).unwrap_or(10);
        let content = if of("excerpt_only").and_then(Value::as_bool) == Some(true) { "summary" } else { "full" };
        let mut row = Table::new();
        for (key, value) in [("format", "atom"), ("path", path.as_str()), ("content", content)] {
            row.insert(key.to_owned(), Value::String(value.to_owned()));
        }
        row.insert("limit".to_owned(), Value::Integer(limit));
        settings.tables.insert("feeds".to_owned(), Value::Array(vec![Value::Table(row)]));
        path
    });
    if let Some(number) = found.get("paginate").and_then(Value::as_integer) {
        let mut row = Table::new();
        row.insert("posts".to_owned(), Value::Integer(number));
        settings.tables.insert("paginate".to_owned(), Value::Table(row));
        let path = text("paginate_path").unwrap_or_else(|| "/page:num/".to_owned());
        let message = format!("Jekyll's further pages of lists stand at `{path}`, here at `/page/2/`");
        sink.remark(Diagnostic::note("import/left", message).hint("nobody links to them; the host can lead them on"));
    }
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    let mut excluded = texts("exclude");
    excluded.extend(EXCLUDED.map(str::to_owned));
    Jekyll {
        settings,
        url,
        base,
        zone,
        permalink: text("permalink").unwrap_or_else(|| "date".to_owned()),
        collections: collections(found),
        excluded,
        included: texts("include"),
        separator: text("excerpt_separator").filter(|separator| separator != "<!--more-->" && separator.trim() != ""),
        shown: found.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect(),
        defaults: defaults(found),
        feed,
    }
}

fn collections(found: &Table) -> BTreeMap<String, Option<String>> {
    let style = found.get("permalink").and_then(Value::as_str).unwrap_or("date");
    let usual = format!("/:collection/:path{}", super::address::ending(style));
    let of = |name: &String, value: Option<&Value>| {
        let has_pages = value.and_then(|value| value.get("output")).and_then(Value::as_bool) == Some(true);
        let own = value.and_then(|value| value.get("permalink")).and_then(Value::as_str);
        (name.clone(), has_pages.then(|| own.unwrap_or(&usual).to_owned()))
    };
    let collections = match found.get("collections") {
        Some(Value::Table(table)) => table.iter().map(|(name, value)| of(name, Some(value))).collect(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(|name| of(&name.to_owned(), None)).collect()
        }
        _ => BTreeMap::new(),
    };
    collections.into_iter().filter(|(name, _)| name != "posts" && name != "drafts").collect()
}

fn defaults(found: &Table) -> Vec<(String, Option<String>, Table)> {
    let rows = found.get("defaults").and_then(Value::as_array).into_iter().flatten();
    let mut rows: Vec<(String, Option<String>, Table)> = rows
        .filter_map(|row| {
            let scope = row.get("scope");
            let path = scope.and_then(|scope| scope.get("path")).and_then(Value::as_str).unwrap_or_default();
            let of = scope.and_then(|scope| scope.get("type")).and_then(Value::as_str).map(str::to_owned);
            Some((path.trim_matches('/').to_owned(), of, row.get("values")?.as_table()?.clone()))
        })
        .collect();
    // The more precise one wins.
    rows.sort_by_key(|(path, of, _)| (path.len(), of.is_some()));
    rows
}
