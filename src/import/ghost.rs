//! Owns the reading of Ghost's exports: posts and pages with tags, authors and what search engines are told, and the pictures
//! where they lie beside the export.
//!
//! An export that breaks off gives what was whole before. What was for members is never published: it comes along as a draft.

mod redirects;
mod rows;
mod words;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use toml::{Table, Value};

use self::redirects::Redirects;
use self::rows::{Row, Rows};
use super::export::{Names, forgive_links, plain_address, refuse_archive, slug, text, texts};
use super::folder::{date, entries, has_ending, not_followed};
use super::html::{Options, plain_text, to_markdown};
use super::{Bytes, Carried, Document, Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// The row.
pub(super) const GHOST: Importer = Importer {
    name: "ghost",
    title: "Ghost",
    path: "an export in JSON (Settings > Export), or the folder that holds it",
    read,
};

/// What stands in the place of the site's address.
const HERE: &str = "__GHOST_URL__";

fn read(path: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    refuse_archive(path)?;
    let refuse = |why: String| {
        let hint = "name the JSON file that Ghost gives under Settings > Import/Export";
        vec![Diagnostic::error("import/from", why).at(Place::file(path.display())).hint(hint)]
    };
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let file = match path.is_dir() {
        false => path.to_owned(),
        true => {
            let found = entries(path, Path::new(""))?.into_iter();
            let mut found = found.filter(|file| has_ending(file, &["json"]) && !file.starts_with("redirects.json"));
            let first = found.next().ok_or_else(|| refuse(format!("`{}` holds no export of Ghost", path.display())))?;
            path.join(first)
        }
    };
    let opened = File::open(&file).map_err(|error| refuse(format!("`{}` cannot be read: {error}", file.display())))?;
    let (rows, broken) = Rows::read(BufReader::new(opened));
    if rows.of("posts").is_empty() {
        let why = broken.map(|why| format!(": {why}")).unwrap_or_default();
        return Err(refuse(format!("`{}` is no export of Ghost{why}", file.display())));
    }
    let redirects = Redirects::read(folder, sink);
    Reading { rows: &rows, redirects: &redirects, names: Names::default() }.all(sink)?;
    if let Some(why) = broken {
        let last = rows.of("posts").last().map(|post| post.origin()).unwrap_or_default();
        let message = format!("`{}` breaks off: {why}; the last post that is whole is {last}", file.display());
        let hint = "what stands before is imported, perhaps without tags and authors; export again, and import into a new folder";
        sink.remark(Diagnostic::error("import/unreadable", message).at(Place::file(file.display())).hint(hint));
    }
    redirects.rest(sink);
    let images = folder.join("content/images");
    if images.is_dir() {
        carry_images(&images, Path::new(""), sink)?;
    } else {
        let message =
            "an export holds no pictures: links to `/content/images/` lead nowhere until they are in `static/`";
        let hint = "put a copy of the server's `content/images` beside the export, and import again";
        sink.remark(Diagnostic::warning("import/left", message).hint(hint));
    }
    let mut settings = settings(&rows, sink);
    forgive_links(&mut settings, sink);
    Ok(settings)
}

fn carry_images(root: &Path, folder: &Path, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    for path in entries(root, folder)? {
        let whole = root.join(&path);
        if whole.is_symlink() {
            sink.remark(not_followed(&path));
        } else if whole.is_dir() {
            carry_images(root, &path, sink)?;
        } else if let Some(name) = path.to_str() {
            sink.carry(Carried { path: format!("static/content/images/{name}"), bytes: Bytes::File(whole) })?;
        } else {
            let message = format!("`{}` has a name that is not UTF-8, and was left out", path.display());
            sink.remark(Diagnostic::error("import/unreadable", message));
        }
    }
    Ok(())
}

struct Reading<'r> {
    rows: &'r Rows,
    redirects: &'r Redirects,
    names: Names,
}

impl Reading<'_> {
    fn all(mut self, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
        let of_posts = |table: &str, other: &str| -> BTreeMap<String, Vec<String>> {
            let mut rows: Vec<&Row> = self.rows.of(table).iter().collect();
            rows.sort_by_key(|row| row.number("sort_order"));
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            rows.iter().for_each(|row| found.entry(row.text("post_id")).or_default().push(row.text(other)));
            found
        };
        let (tags, authors) = (of_posts("posts_tags", "tag_id"), of_posts("posts_authors", "author_id"));
        let by_id = |table: &str| -> BTreeMap<String, &Row> {
            self.rows.of(table).iter().map(|row| (row.text("id"), row)).collect()
        };
        let (known_tags, users) = (by_id("tags"), by_id("users"));
        let meta: BTreeMap<String, &Row> =
            self.rows.of("posts_meta").iter().map(|row| (row.text("post_id"), row)).collect();
        for post in self.rows.of("posts") {
            let id = post.text("id");
            let named = |ids: Option<&Vec<String>>, rows: &BTreeMap<String, &Row>| -> Vec<String> {
                let found = ids.into_iter().flatten().filter_map(|id| rows.get(id));
                found.map(|row| row.text("name")).filter(|name| !name.is_empty()).collect()
            };
            let own_author = vec![post.text("author_id")];
            let facts = Facts {
                // Tags that begin so are for the engine alone.
                tags: named(tags.get(&id), &known_tags).into_iter().filter(|name| !name.starts_with('#')).collect(),
                authors: named(authors.get(&id).or(Some(&own_author)), &users),
                meta: meta.get(&id).copied(),
            };
            let document = document(post, facts, self.redirects, &mut self.names, sink);
            sink.document(document)?;
        }
        Ok(())
    }
}

/// What other tables say of a post.
struct Facts<'r> {
    tags: Vec<String>,
    authors: Vec<String>,
    meta: Option<&'r Row>,
}

fn document(post: &Row, facts: Facts<'_>, redirects: &Redirects, names: &mut Names, sink: &mut dyn Sink) -> Document {
    let origin = post.origin();
    let note = |code: &'static str, message: String| Diagnostic::warning(code, message).at(Place::file(&origin));
    let is_page = post.text("type") == "page" || post.text("page") == "1" || post.text("page") == "true";
    let title = post.text("title");
    let name = Some(post.text("slug")).filter(|slug| !slug.is_empty()).unwrap_or_else(|| slug(&title));
    let address = format!("/{name}/");
    let visibility = post.text("visibility");
    let is_closed = !matches!(visibility.as_str(), "" | "public");
    let is_draft = is_closed || !matches!(post.text("status").as_str(), "published" | "scheduled" | "");
    if is_closed {
        sink.remark(note("import/left", format!("{origin} is for `{visibility}` only: it came along as a draft")));
    }
    let published =
        moment(&post.text("published_at")).or_else(|| moment(&post.text("created_at")).filter(|_| is_draft));
    let path = match is_page {
        true => names.page(&name),
        false => names.post(published.as_ref().map(|(_, day)| day.as_str()), &name),
    };
    let mut front: Vec<(String, Value)> = Vec::new();
    let mut push = |key: &str, value: Value| front.push((key.to_owned(), value));
    push("title", text(&title));
    let day = published.as_ref().map(|(_, day)| day.clone());
    if let Some((time, _)) = published.filter(|_| !is_page) {
        push("date", time);
    }
    if let Some((time, _)) =
        moment(&post.text("updated_at")).filter(|(_, changed)| day.is_some_and(|day| *changed > day))
    {
        push("updated", time);
    }
    if is_draft {
        push("draft", Value::Boolean(true));
    }
    match plain_address(&address) {
        true => push("path", text(&address)),
        false => sink
            .remark(note("import/left", format!("{origin} had the address `{address}`, which no page here can have"))),
    }
    let aliases = redirects.to(&address);
    if !aliases.is_empty() {
        push("aliases", texts(aliases));
    }
    if !is_page && !post.text("id").is_empty() {
        push("id", text(post.text("id")));
    }
    if !facts.tags.is_empty() {
        push("tags", texts(facts.tags));
    }
    if !facts.authors.is_empty() {
        push("authors", texts(facts.authors));
    }
    let excerpt = post.text("custom_excerpt");
    if !excerpt.is_empty() {
        let escaped = excerpt.replace('&', "&amp;").replace('<', "&lt;");
        push("summary", text(to_markdown(&escaped, Options::default()).markdown.trim()));
    }
    let said = |key: &str| {
        let own = post.text(key);
        if own.is_empty() { facts.meta.map(|meta| meta.text(key)).unwrap_or_default() } else { own }
    };
    if !said("meta_description").is_empty() {
        push("description", text(said("meta_description")));
    }
    let image = post.text("feature_image").replace(HERE, "");
    if !image.is_empty() {
        push("image", text(image));
    }
    if post.text("canonical_url").starts_with("http") {
        push("canonical", text(post.text("canonical_url")));
    }
    let extra = [
        ("seo_title", said("meta_title")),
        ("image_alt", said("feature_image_alt")),
        ("image_caption", said("feature_image_caption")),
    ];
    let extra: Table = extra
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), text(plain_text(&value))))
        .collect();
    if !extra.is_empty() {
        push("extra", Value::Table(extra));
    }
    for key in ["codeinjection_head", "codeinjection_foot"] {
        if !post.text(key).trim().is_empty() {
            sink.remark(note("import/left", format!("{origin} has code of its own (`{key}`), which was left out")));
        }
    }
    let html = post.text("html").replace(HERE, "");
    let body = if html.trim().is_empty() {
        let found = words::of(&post.text("lexical")).or_else(|| words::of(&post.text("mobiledoc"))).unwrap_or_default();
        if !found.is_empty() {
            let message =
                format!("{origin} has no HTML in the export: its words came along, without links and pictures");
            sink.remark(note("import/guessed", message));
        }
        found.replace(HERE, "")
    } else {
        let options = Options { address: Some(&address), drop_comments: &["kg-card-"], ..Options::default() };
        to_markdown(&html, options).markdown
    };
    Document { path, front, body, origin, address: Some(address) }
}

/// Returns a time and its day; Ghost keeps them in UTC.
fn moment(time: &str) -> Option<(Value, String)> {
    let time = time.trim().replacen(' ', "T", 1);
    let bare = time.trim_end_matches('Z').split('.').next()?;
    let read: jiff::civil::DateTime = bare.parse().ok()?;
    Some((date(&format!("{read}Z")), read.date().to_string()))
}

fn settings(rows: &Rows, sink: &mut dyn Sink) -> Settings {
    let said = |key: &str| {
        let row = rows.of("settings").iter().find(|row| row.text("key") == key)?;
        Some(row.text("value")).filter(|value| !value.trim().is_empty() && !value.contains(HERE))
    };
    let mut settings = Settings::default();
    let keys = &mut settings.keys;
    let base = said("url").filter(|url| url.starts_with("http")).map(|url| format!("{}/", url.trim_end_matches('/')));
    if base.is_none() {
        let message = "Ghost's export does not say where the blog stands: write `base_url` in `site.toml`";
        sink.remark(Diagnostic::warning("import/guessed", message));
    }
    keys.insert("base_url".to_owned(), text(base.unwrap_or_else(|| "https://blog.example/".to_owned())));
    keys.insert("title".to_owned(), text(said("title").unwrap_or_else(|| "A blog".to_owned())));
    keys.extend(said("description").map(|words| ("description".to_owned(), text(words))));
    keys.insert(
        "language".to_owned(),
        text(said("locale").or_else(|| said("lang")).unwrap_or_else(|| "en".to_owned())),
    );
    let zone = said("timezone").or_else(|| said("active_timezone")).unwrap_or_else(|| "UTC".to_owned());
    keys.insert("timezone".to_owned(), text(zone.replace("Etc/UTC", "UTC")));
    let row = |pairs: &[(&str, Value)]| {
        Value::Table(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Table>())
    };
    let feed = row(&[("format", text("rss")), ("path", text("rss/index.xml")), ("limit", Value::Integer(15))]);
    settings.tables.insert("feeds".to_owned(), Value::Array(vec![feed]));
    let message = "the feed stood at `/rss/`; here it is the file `rss/index.xml`";
    let hint = "let the server answer `/rss/` with it: see \"From Ghost\" in the page on exports";
    sink.remark(Diagnostic::note("import/guessed", message).hint(hint));
    let tags = row(&[("path", text("tag"))]);
    settings.tables.insert("taxonomies".to_owned(), row(&[("tags", tags)]));
    settings
}

#[cfg(test)]
mod tests;
