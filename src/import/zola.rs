//! Owns the reading of Zola's sites: content with what lies beside it, static files, shortcodes, and the settings that decide
//! addresses and feeds.
//!
//! Zola and this engine share their template language, link syntax and the older form of shortcodes, so that most texts stay as they
//! are. Every page gets the address that Zola gave it as its `path`, and the id that its feed had.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use url::Url;

use super::folder::{carry, carry_all, date, entries, has_ending, not_followed, text_of};
use super::zola_calls::Calls;
use super::{Bytes, Carried, Document, Importer, Settings, Sink};
use crate::article::with_our_shortcodes;
use crate::diagnostic::{Diagnostic, Place};
use crate::fields::{self, parse_toml};
use crate::post::front_table;

/// The row.
pub(super) const ZOLA: Importer = Importer { name: "zola", title: "Zola", path: "the site's folder", read };

/// The names under which Zola looks for its settings.
const FILES: [&str; 2] = ["zola.toml", "config.toml"];
/// Folders of a site that do not come along, and what they are.
const LEFT: [(&str, &str); 2] = [("sass", "stylesheets of the old theme"), ("themes", "themes for Zola")];

fn read(root: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let Some(file) = FILES.iter().map(PathBuf::from).find(|file| root.join(file).is_file()) else {
        let message = format!("`{}` has neither `zola.toml` nor `config.toml`", root.display());
        return Err(vec![Diagnostic::error("import/from", message).hint("name the folder that holds it")]);
    };
    let text = text_of(root, &file)?;
    let document = fields::Document::new(file.display(), &text);
    let found = parse_toml(&document, 0..text.len()).map_err(|problems| {
        let one = |problem: fields::SyntaxProblem| {
            let place = Place::span(file.display(), &text, problem.span);
            Diagnostic::error("import/unreadable", problem.message).at(place)
        };
        problems.into_iter().map(one).collect::<Vec<_>>()
    })?;
    let zola = Zola::of(&found.to_toml(), sink);
    for (name, what) in LEFT {
        if !entries(root, Path::new(name))?.is_empty() {
            let message = format!("`{name}/` stays behind: {what}");
            sink.remark(Diagnostic::note("import/left", message).at(Place::file(name)));
        }
    }
    let mut walk = Walk { root, settings: zola.settings.clone(), zola: &zola, sink, calls: Calls::default() };
    walk.folder(Path::new("content"))?;
    carry_all(root, Path::new("static"), walk.sink)?;
    walk.templates()?;
    Ok(walk.settings)
}

/// What Zola's settings say.
#[derive(Debug, Default)]
struct Zola {
    settings: Settings,
    base_url: Option<Url>,
    /// How paths become addresses: `on`, `safe` or `off`.
    slugify: String,
    languages: Vec<String>,
    feeds: Vec<String>,
    limit: Option<i64>,
}

impl Zola {
    fn of(found: &Table, sink: &mut dyn Sink) -> Zola {
        let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
        let is = |name: &str| found.get(name).and_then(Value::as_bool).unwrap_or(false);
        let mut zola = Zola { limit: found.get("feed_limit").and_then(Value::as_integer), ..Zola::default() };
        let base_url = text("base_url").unwrap_or_default();
        zola.base_url = Url::parse(&base_url).ok().filter(Url::has_host);
        if zola.base_url.is_none() {
            let message = format!("Zola's `base_url` is `{base_url}`, which is no address: write it in `site.toml`");
            sink.remark(Diagnostic::warning("import/guessed", message));
        }
        let slugs = found.get("slugify").and_then(|table| table.get("paths")).and_then(Value::as_str);
        zola.slugify = slugs.unwrap_or("on").to_owned();
        let keys = &mut zola.settings.keys;
        let base = zola.base_url.as_ref().map_or_else(|| "https://blog.example/".to_owned(), ToString::to_string);
        let base = if base.ends_with('/') { base } else { format!("{base}/") };
        keys.insert("base_url".to_owned(), Value::String(base));
        keys.insert("title".to_owned(), Value::String(text("title").unwrap_or_else(|| "A blog".to_owned())));
        keys.insert("language".to_owned(), Value::String(text("default_language").unwrap_or_else(|| "en".to_owned())));
        // Zola reads a date without a zone as UTC.
        keys.insert("timezone".to_owned(), Value::String("UTC".to_owned()));
        keys.extend(text("description").map(|description| ("description".to_owned(), Value::String(description))));
        keys.extend(text("author").map(|author| ("authors".to_owned(), Value::Array(vec![Value::String(author)]))));
        let names = found.get("feed_filenames").and_then(Value::as_array).cloned();
        let names = names
            .unwrap_or_else(|| vec![Value::String(text("feed_filename").unwrap_or_else(|| "atom.xml".to_owned()))]);
        zola.feeds = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let mut feeds = Vec::new();
        if is("generate_feeds") || is("generate_feed") {
            feeds.extend(zola.feeds.iter().map(|name| zola.feed(name, None)));
        }
        let mut taxonomies = Table::new();
        for taxonomy in
            found.get("taxonomies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
        {
            let Some(name) = taxonomy.get("name").and_then(Value::as_str) else { continue };
            let mut row = Table::new();
            row.extend(taxonomy.get("paginate_by").map(|number| ("paginate".to_owned(), number.clone())));
            row.extend(taxonomy.get("render").map(|render| ("render".to_owned(), render.clone())));
            if taxonomy.get("feed").and_then(Value::as_bool).unwrap_or(false) {
                feeds.extend(zola.feeds.iter().map(|file| zola.feed(file, Some(("taxonomy", name)))));
            }
            taxonomies.insert(name.to_owned(), Value::Table(row));
        }
        zola.tables(found, taxonomies, feeds);
        zola
    }

    /// Returns a feed as site.toml has it.
    fn feed(&self, file: &str, of: Option<(&str, &str)>) -> Value {
        let format = if file.contains("rss") { "rss" } else { "atom" };
        let pairs = [("format", format), ("path", file)].into_iter().chain(of);
        let mut row: Table = pairs.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned()))).collect();
        row.extend(self.limit.map(|limit| ("limit".to_owned(), Value::Integer(limit))));
        Value::Table(row)
    }

    fn tables(&mut self, found: &Table, taxonomies: Table, feeds: Vec<Value>) {
        const MARKDOWN: [&str; 5] = [
            "smart_punctuation",
            "external_links_target_blank",
            "external_links_no_follow",
            "external_links_no_referrer",
            "external_links_class",
        ];
        let given = found.get("markdown").and_then(Value::as_table).cloned().unwrap_or_default();
        let mut markdown: Table = given.into_iter().filter(|(key, _)| MARKDOWN.contains(&key.as_str())).collect();
        markdown.insert("heading_ids".to_owned(), Value::String("zola".to_owned()));
        let tables = &mut self.settings.tables;
        tables.insert("markdown".to_owned(), Value::Table(markdown));
        tables.insert("taxonomies".to_owned(), Value::Table(taxonomies));
        if !feeds.is_empty() {
            tables.insert("feeds".to_owned(), Value::Array(feeds));
        }
        tables.extend(found.get("extra").map(|extra| ("extra".to_owned(), extra.clone())));
        let languages = found.get("languages").and_then(Value::as_table).cloned().unwrap_or_default();
        self.languages = languages.keys().cloned().collect();
        let own = |table: &Value| -> Table {
            let kept = table
                .as_table()
                .into_iter()
                .flatten()
                .filter(|(key, _)| matches!(key.as_str(), "title" | "description"));
            kept.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let languages: Table = languages.iter().map(|(tag, table)| (tag.clone(), Value::Table(own(table)))).collect();
        if !languages.is_empty() {
            tables.insert("languages".to_owned(), Value::Table(languages));
        }
    }

    /// Returns one part of an address as Zola makes it.
    fn part(&self, name: &str) -> String {
        match self.slugify.as_str() {
            "off" => name.to_owned(),
            "safe" => {
                let is_bad = |c: char| {
                    matches!(
                        c,
                        '<' | '>' | ':' | '"' | '/' | '|' | '?' | '*' | '#' | '\\' | '(' | ')' | '[' | ']' | '\n'
                    )
                };
                name.trim_matches('.').replace(is_bad, "").replace(' ', "_")
            }
            _ => {
                let plain = deunicode::deunicode(name).to_lowercase();
                let parts = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join("-")
            }
        }
    }

    fn permalink(&self, address: &str) -> Option<String> {
        let mut url = self.base_url.clone()?;
        url.set_path(&format!("{}{address}", url.path().trim_end_matches('/')));
        Some(url.to_string())
    }
}

struct Walk<'a> {
    root: &'a Path,
    zola: &'a Zola,
    sink: &'a mut dyn Sink,
    settings: Settings,
    /// How the site's own shortcodes are called.
    calls: Calls,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), Vec<Diagnostic>> {
        for path in entries(self.root, folder)? {
            let whole = self.root.join(&path);
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if whole.is_symlink() {
                self.sink.remark(not_followed(&path));
            } else if whole.is_dir() {
                self.folder(&path)?;
            } else if has_ending(&path, &["md"]) {
                if let Err(problems) = self.document(&path) {
                    problems.into_iter().for_each(|problem| self.sink.remark(problem));
                }
            } else {
                carry(self.root, &path, self.sink)?;
            }
        }
        Ok(())
    }

    /// Takes the site's own shortcodes along; other templates stay behind.
    fn templates(&mut self) -> Result<(), Vec<Diagnostic>> {
        let shortcodes = Path::new("templates/shortcodes");
        for path in entries(self.root, shortcodes)?.iter().filter(|path| has_ending(path, &["html"])) {
            let text = text_of(self.root, path)?;
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let signature = self.calls.signature(&name);
            let message = format!("`{}` came along; its first line says what it takes", path.display());
            let remark = Diagnostic::warning("import/guessed", message).at(Place::file(path.display()));
            self.sink.remark(remark.hint("look whether that is right, and whether the rest still says what it should"));
            let bytes = Bytes::Here(format!("{signature}\n{text}").into_bytes());
            self.sink.carry(Carried { path: path.display().to_string(), bytes })?;
        }
        let others = entries(self.root, Path::new("templates"))?;
        if others.iter().any(|path| path != shortcodes) {
            let message = "`templates/` stays behind, but for shortcodes: templates for Zola's pages";
            self.sink.remark(Diagnostic::note("import/left", message).at(Place::file("templates")));
        }
        Ok(())
    }

    fn document(&mut self, path: &Path) -> Result<(), Vec<Diagnostic>> {
        let text = text_of(self.root, path)?;
        let origin = path.display().to_string();
        let (table, body) = front_table(&fields::Document::new(&origin, &text))?;
        let given = table.to_toml();
        let rest = path.strip_prefix("content").unwrap_or(path).to_string_lossy().into_owned();
        let mut parts: Vec<&str> = rest.split('/').collect();
        let file = parts.pop().unwrap_or_default().trim_end_matches(".md");
        let spoken = file.rsplit_once('.').filter(|(_, tag)| self.zola.languages.iter().any(|known| known == tag));
        let (stem, is_native) = spoken.map_or((file, true), |(stem, _)| (stem, false));
        let is_head = stem == "_index";
        let name = if stem == "index" { parts.pop().unwrap_or_default() } else { stem };
        let (day, bare) = dated(name);
        let address = (!is_head).then(|| self.address(&given, &parts, bare));
        let mut front = self.front(&given, &origin, is_head.then(|| parts.join("/")));
        let has_date = front.iter().any(|(key, _)| key == "date");
        if let Some(day) = day.filter(|_| !has_date && !is_head) {
            front.push(("date".to_owned(), date(day)));
        }
        if let Some(address) = address.as_deref().filter(|_| is_native) {
            front.push(("path".to_owned(), Value::String(address.to_owned())));
            let id = self.zola.permalink(address).filter(|_| has_date || day.is_some());
            front.extend(id.map(|id| ("id".to_owned(), Value::String(id))));
        }
        let (body, count) = with_our_shortcodes(&text[body]);
        // The newer form is a template as a whole, and says where it is none.
        let body = if count > 0 { body.replace("{% raw %}", "").replace("{% endraw %}", "") } else { body };
        self.calls.learn(&body);
        self.sink.document(Document { path: format!("content/{rest}"), front, body, origin, address })
    }

    fn address(&self, given: &Table, sections: &[&str], name: &str) -> String {
        if let Some(path) = given.get("path").and_then(Value::as_str) {
            let path = path.trim_matches('/');
            return if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
        }
        let slug = given.get("slug").and_then(Value::as_str).filter(|slug| !slug.is_empty()).unwrap_or(name);
        let parts = sections.iter().copied().chain([slug]).map(|part| self.zola.part(part));
        format!("/{}/", parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
    }

    /// Returns the front matter under its canonical names; of a section's head, what it says of its list goes to the settings.
    fn front(&mut self, given: &Table, origin: &str, section: Option<String>) -> Vec<(String, Value)> {
        let mut front = Vec::new();
        for (key, value) in given {
            match (key.as_str(), value) {
                ("title" | "description" | "draft" | "weight" | "authors" | "extra", _) => {
                    front.push((key.clone(), value.clone()));
                }
                ("date" | "updated", Value::String(text)) => front.push((key.clone(), date(text))),
                ("date" | "updated", _) => front.push((key.clone(), value.clone())),
                ("aliases", Value::Array(all)) => {
                    let whole = |alias: &str| {
                        let alias = format!("/{}", alias.trim_start_matches('/'));
                        if alias.ends_with('/') || alias.ends_with(".html") { alias } else { format!("{alias}/") }
                    };
                    let all = all.iter().filter_map(Value::as_str).map(|alias| Value::String(whole(alias)));
                    front.push((key.clone(), Value::Array(all.collect())));
                }
                ("taxonomies", Value::Table(all)) => {
                    front.extend(all.iter().map(|(name, terms)| (name.clone(), terms.clone())));
                }
                ("paginate_by", Value::Integer(number)) if *number > 0 => {
                    let table = self.settings.tables.entry("paginate".to_owned());
                    if let (Value::Table(table), Some(section)) =
                        (table.or_insert_with(|| Value::Table(Table::new())), &section)
                    {
                        table.insert(section.clone(), Value::Integer(*number));
                    }
                }
                ("generate_feeds" | "generate_feed", Value::Boolean(true)) => {
                    let section = section.clone().unwrap_or_default();
                    let row = |file: &String| {
                        let path = format!("{section}/{file}");
                        self.zola.feed(&path, Some(("section", section.as_str())))
                    };
                    let rows: Vec<Value> = self.zola.feeds.iter().map(row).collect();
                    let feeds =
                        self.settings.tables.entry("feeds".to_owned()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(feeds) = feeds {
                        feeds.extend(rows);
                    }
                }
                // The address says it.
                ("slug" | "path", _) => {}
                _ => {
                    let message = format!("`{key}` has no meaning here, and was left out");
                    self.sink.remark(Diagnostic::note("import/left", message).at(Place::file(origin)));
                }
            }
        }
        front
    }
}

/// Returns the date at the beginning of a file's name, and the rest of the name.
fn dated(name: &str) -> (Option<&str>, &str) {
    let is_day = |text: &str| {
        let digits = |range: std::ops::Range<usize>| text.as_bytes()[range].iter().all(u8::is_ascii_digit);
        text.len() == 10
            && text.is_ascii()
            && digits(0..4)
            && digits(5..7)
            && digits(8..10)
            && &text[4..5] == "-"
            && &text[7..8] == "-"
    };
    match (name.get(..10).filter(|day| is_day(day)), name.get(10..)) {
        (Some(day), Some(rest)) => match rest.strip_prefix(['-', '_']) {
            Some(rest) if !rest.is_empty() => (Some(day), rest),
            _ => (None, name),
        },
        _ => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_a_name_is_no_part_of_the_address() {
        assert_eq!(dated("2011-02-03-my-post"), (Some("2011-02-03"), "my-post"));
        assert_eq!(dated("2011-02-03_my-post"), (Some("2011-02-03"), "my-post"));
        for name in ["2011-02-03", "2011-02-my-post", "é011-02-03-x", "short", ""] {
            assert_eq!(dated(name), (None, name));
        }
    }

    #[test]
    fn parts_of_addresses_are_made_as_zola_makes_them() {
        let zola = |slugify: &str| Zola { slugify: slugify.to_owned(), ..Zola::default() };
        assert_eq!(zola("on").part("Über den C++ Teich"), "uber-den-c-teich");
        assert_eq!(zola("safe").part("Über den (Teich)"), "Über_den_Teich");
        assert_eq!(zola("off").part("A b"), "A b");
    }
}
