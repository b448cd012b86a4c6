//! Owns the reading of WordPress's exports (WXR): posts, pages, comments, and the pictures where they lie beside the export.
//!
//! A file is read twice, item by item: pictures have their addresses anywhere in it, and posts name them by number. Every post
//! keeps its address as `path` and the id that its feed had.

mod content;
mod shortcodes;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use self::content::Reading;
use self::stream::{Channel, Item, Items, Next, looks_like_xml};
use super::export::{Home, cleaned, forgive_links, refuse_archive, text};
use super::folder::{entries, has_ending, not_followed};
use super::{Bytes, Carried, Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// The row.
pub(super) const WORDPRESS: Importer = Importer {
    name: "wordpress",
    title: "WordPress",
    path: "an export in WXR (Tools > Export), or the folder that holds its parts",
    read,
};

/// Where WordPress keeps what was uploaded.
const UPLOADS: &str = "wp-content/uploads";

fn read(path: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    refuse_archive(path)?;
    let files = files(path)?;
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let uploads = [UPLOADS, "uploads"].iter().map(|name| folder.join(name)).find(|uploads| uploads.is_dir());
    let mut pictures = Pictures { has_files: uploads.is_some(), ..Pictures::default() };
    for file in &files {
        learn(open(file)?, &mut pictures);
    }
    let mut reading = Reading::new(pictures);
    for file in &files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        convert(&name, open(file)?, &mut reading, sink)?;
    }
    if let Some(uploads) = &uploads {
        carry_uploads(uploads, Path::new(""), sink)?;
    } else if reading.pictures.count() > 0 {
        let message = format!(
            "an export holds no pictures: {} uploaded files stay where they are, and links to them as well",
            reading.pictures.count()
        );
        let hint = "put a copy of the server's `wp-content/uploads` beside the export, and import again";
        sink.remark(Diagnostic::warning("import/left", message).hint(hint));
    }
    reading.heads(sink)?;
    reading.last_words(sink);
    let mut settings = settings(&reading.channel, &reading.home, sink);
    forgive_links(&mut settings, sink);
    Ok(settings)
}

/// Returns the files of an export in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let refuse = |why: &str| {
        let message = format!("`{}` {why}", path.display());
        let hint = "name the XML file that WordPress gives under Tools > Export, or the folder with its parts";
        vec![Diagnostic::error("import/from", message).at(Place::file(path.display())).hint(hint)]
    };
    if !path.is_dir() {
        let is_xml = File::open(path).is_ok_and(|file| looks_like_xml(&mut BufReader::new(file)));
        return if is_xml { Ok(vec![path.to_owned()]) } else { Err(refuse("is no export of WordPress")) };
    }
    let found: Vec<PathBuf> = entries(path, Path::new(""))?
        .into_iter()
        .filter(|file| has_ending(file, &["xml", "wxr"]))
        .map(|file| path.join(file))
        .filter(|file| file.is_file())
        .collect();
    if found.is_empty() { Err(refuse("holds no export of WordPress")) } else { Ok(found) }
}

fn open(path: &Path) -> Result<File, Vec<Diagnostic>> {
    File::open(path).map_err(|error| {
        let message = format!("`{}` cannot be read: {error}", path.display());
        vec![Diagnostic::error("import/unreadable", message).at(Place::file(path.display()))]
    })
}

/// The addresses of pictures and other uploaded files.
#[derive(Debug, Default)]
struct Pictures {
    /// By number: the address, and what it shows.
    known: BTreeMap<String, (String, String)>,
    /// The pictures of each post, by its number.
    of_posts: BTreeMap<String, Vec<String>>,
    /// Whether the files themselves come along.
    has_files: bool,
}

impl Pictures {
    fn add(&mut self, id: &str, post: &str, address: &str, shows: &str) {
        self.known.insert(id.to_owned(), (address.to_owned(), shows.to_owned()));
        let is_picture = ["jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp"]
            .iter()
            .any(|ending| address.to_lowercase().ends_with(&format!(".{ending}")));
        if is_picture {
            self.of_posts.entry(post.to_owned()).or_default().push(id.to_owned());
        }
    }

    fn count(&self) -> usize {
        self.known.len()
    }

    /// Returns the address under which a file is asked for here: without the host, if the file comes along.
    fn address(&self, address: &str) -> String {
        let below = address.find(&format!("/{UPLOADS}/")).filter(|_| self.has_files && address.contains("://"));
        below.map_or_else(|| address.to_owned(), |at| address[at..].to_owned())
    }

    /// Returns a picture by its number: the address, and what it shows.
    fn of(&self, id: &str) -> Option<(String, String)> {
        self.known.get(id).map(|(address, shows)| (self.address(address), shows.clone()))
    }

    /// Returns the pictures of a post.
    fn below(&self, post: &str) -> Vec<(String, String)> {
        self.of_posts.get(post).into_iter().flatten().filter_map(|id| self.of(id)).collect()
    }
}

/// Notes the pictures of a file; where it breaks off is told later.
fn learn(file: impl Read, pictures: &mut Pictures) {
    let mut items = Items::new(file);
    while let Next::Item(item) = items.next() {
        if item.text("wp:post_type") == "attachment" {
            let shows = item.meta("_wp_attachment_image_alt").unwrap_or_default();
            pictures.add(
                item.text("wp:post_id"),
                item.text("wp:post_parent"),
                item.text("wp:attachment_url").trim(),
                shows,
            );
        }
    }
}

/// How many items are converted side by side, and from how many bytes on fewer.
const BATCH: (usize, usize) = (16, 64 << 10);

/// Hands over what a file holds.
fn convert(name: &str, file: impl Read, reading: &mut Reading, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    let mut items = Items::new(file);
    let mut last = None;
    let mut batch: Vec<Item> = Vec::new();
    let mut bytes = 0;
    let broken = loop {
        let next = items.next();
        if let Next::Item(mut item) = next {
            let mut is_clean = true;
            item.change(|text| {
                let (clean, had) = cleaned(std::mem::take(text));
                *text = clean;
                is_clean &= !had;
            });
            if !is_clean {
                let message = format!("{} has control characters, which are blanks now", item.origin());
                sink.remark(Diagnostic::warning("import/guessed", message).at(Place::file(name)));
            }
            last = Some(item.origin());
            bytes += item.text("content:encoded").len();
            batch.push(*item);
            if batch.len() >= BATCH.0 || bytes >= BATCH.1 {
                reading.begin(&items.channel);
                reading.all(&std::mem::take(&mut batch), sink)?;
                bytes = 0;
            }
            continue;
        }
        reading.begin(&items.channel);
        reading.all(&std::mem::take(&mut batch), sink)?;
        match next {
            Next::Broken(item, why) => break Some((item, why)),
            Next::Item(_) | Next::End => break None,
        }
    };
    if let Some((item, why)) = broken {
        let place = match (item, last) {
            (Some(item), _) if !item.text("title").is_empty() => format!("in {}", item.origin()),
            (Some(_), Some(last)) => format!("in the item after {last}"),
            (Some(_), None) => "in its first item".to_owned(),
            (None, Some(last)) => format!("after {last}"),
            (None, None) => "before its first item".to_owned(),
        };
        let message = format!("`{name}` ends {place}: {why}");
        let hint = "what stands before is imported; export again, and import into a new folder";
        sink.remark(Diagnostic::error("import/unreadable", message).at(Place::file(name)).hint(hint));
    }
    if !items.is_export {
        let message = format!("`{name}` says nowhere that it is an export of WordPress");
        sink.remark(Diagnostic::warning("import/guessed", message).at(Place::file(name)));
    }
    Ok(())
}

/// Hands over uploaded files, under the addresses that they had.
fn carry_uploads(root: &Path, folder: &Path, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    for path in entries(root, folder)? {
        let whole = root.join(&path);
        match (whole.is_symlink(), whole.is_dir(), path.to_str()) {
            (true, ..) => sink.remark(not_followed(&path)),
            (_, true, _) => carry_uploads(root, &path, sink)?,
            (_, _, Some(name)) => {
                sink.carry(Carried { path: format!("static/{UPLOADS}/{name}"), bytes: Bytes::File(whole) })?;
            }
            (_, _, None) => {
                let message = format!("`{}` has a name that is not UTF-8, and was left out", path.display());
                sink.remark(Diagnostic::error("import/unreadable", message));
            }
        }
    }
    Ok(())
}

/// Returns what the export says of the blog.
fn settings(channel: &Channel, home: &Home, sink: &mut dyn Sink) -> Settings {
    let said = |name: &str| channel.texts.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut settings = Settings::default();
    let keys = &mut settings.keys;
    let base_url = home.base_url();
    if base_url.is_none() {
        let message = "the export says nowhere where the blog stood: write `base_url` in `site.toml`";
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    keys.insert("base_url".to_owned(), text(base_url.unwrap_or_else(|| "https://blog.example/".to_owned())));
    keys.insert("title".to_owned(), text(said("title").unwrap_or_else(|| "A blog".to_owned())));
    keys.insert("language".to_owned(), text(said("language").unwrap_or_else(|| "en".to_owned())));
    keys.insert("timezone".to_owned(), text("UTC"));
    let message =
        "an export does not name the blog's time zone; `site.toml` says UTC, and each date keeps its own offset";
    sink.remark(Diagnostic::note("import/guessed", message).hint("write the zone as `timezone`: \"Europe/Brussels\""));
    keys.extend(said("description").map(|words| ("description".to_owned(), text(words))));
    let table = |pairs: &[(&str, Value)]| -> Value {
        Value::Table(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Table>())
    };
    let feed = table(&[("format", text("rss")), ("path", text("feed/index.xml")), ("limit", Value::Integer(10))]);
    settings.tables.insert("feeds".to_owned(), Value::Array(vec![feed]));
    let message = "the feed stood at `/feed/`; here it is the file `feed/index.xml`";
    let hint = "let the server answer `/feed/` with it: see \"From WordPress\" in the page on exports";
    sink.remark(Diagnostic::note("import/guessed", message).hint(hint));
    let terms = [("categories", table(&[("path", text("category"))])), ("tags", table(&[("path", text("tag"))]))];
    settings.tables.insert("taxonomies".to_owned(), table(&terms));
    settings
}

/// Kinds of items that WordPress keeps for itself.
fn is_of_the_engine(kind: &str) -> bool {
    kind.starts_with("wp_")
        || matches!(
            kind,
            "attachment" | "revision" | "nav_menu_item" | "custom_css" | "customize_changeset" | "oembed_cache"
        )
        || matches!(kind, "user_request" | "acf-field" | "acf-field-group" | "elementor_library" | "")
}

/// The kinds of items that were left out.
type Left = BTreeSet<String>;
