//! Owns what becomes of one item of WordPress's: a document with its front matter, and its comments as data.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use percent_encoding::percent_decode_str;
use rayon::prelude::*;
use serde_json::json;
use toml::{Table, Value};

use super::shortcodes::expanded;
use super::stream::{Channel, Item, Term};
use super::{Left, Pictures, is_of_the_engine};
use crate::diagnostic::{Diagnostic, Place};
use crate::import::export::{Home, Names, last_part, plain_address, slug, text, texts};
use crate::import::folder::date;
use crate::import::html::{Options, plain_text, to_markdown};
use crate::import::{Bytes, Carried, Document, Sink};

/// Classes with which WordPress's own stylesheets work.
const CLASSES: &[&str] = &["wp-block-", "wp-image-", "wp-elements-", "size-", "is-layout-", "is-style-default"];

/// WordPress's taxonomies, and their keys here.
const KEYS: [(&str, &str); 3] = [("category", "categories"), ("post_tag", "tags"), ("series", "series")];

/// What is known while an export is read.
pub(super) struct Reading {
    pub(super) pictures: Pictures,
    pub(super) channel: Channel,
    pub(super) home: Home,
    names: Names,
    left: Left,
    /// How many items have a status that nobody here has.
    trashed: usize,
    /// The names of terms, by the key of their taxonomy here and their names in addresses.
    terms: BTreeMap<(&'static str, String), String>,
}

impl Reading {
    pub(super) fn new(pictures: Pictures) -> Reading {
        let home = Home::new("");
        Reading {
            pictures,
            channel: Channel::default(),
            home,
            names: Names::default(),
            left: Left::new(),
            trashed: 0,
            terms: BTreeMap::new(),
        }
    }

    /// Takes what stands before the items of a file; that of the first file counts.
    pub(super) fn begin(&mut self, channel: &Channel) {
        if self.channel.texts.is_empty() && !channel.texts.is_empty() {
            self.channel = channel.clone();
            let said = |name: &str| channel.texts.get(name).map(String::as_str).filter(|text| !text.trim().is_empty());
            self.home = Home::new(said("wp:base_blog_url").or(said("link")).unwrap_or_default());
        }
    }

    /// Says what was left out altogether.
    pub(super) fn last_words(&self, sink: &mut dyn Sink) {
        for kind in &self.left {
            let message = format!("items of the kind `{kind}` stay behind: they are for WordPress itself");
            sink.remark(Diagnostic::note("import/left", message));
        }
        if self.trashed > 0 {
            let message = format!("{} in the bin of WordPress stay there", self.trashed);
            sink.remark(Diagnostic::note("import/left", message));
        }
    }

    /// Hands over a head for each term that stood under another name than it gets here, or below another one.
    pub(super) fn heads(&mut self, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
        for ((key, slug), name) in std::mem::take(&mut self.terms) {
            let own = crate::library::slugify(&name);
            let base = if key == "tags" { "tag" } else { "category" };
            let mut old = format!("{}/", decoded(&slug));
            let mut above = &slug;
            // As deep as anybody sorts; an export that says a circle ends, too.
            for _ in 0..16 {
                match self.channel.parents.get(above).filter(|_| key == "categories") {
                    Some(parent) => (old, above) = (format!("{}/{old}", decoded(parent)), parent),
                    None => break,
                }
            }
            let (old, here) = (format!("/{base}/{old}"), format!("/{base}/{own}/"));
            if own.is_empty() || old == here || !plain_address(&old) {
                continue;
            }
            let path = self.names.free(&format!("content/{key}/{own}/"), "_index", ".md");
            let front = vec![("title".to_owned(), text(name.as_str())), ("aliases".to_owned(), texts([old]))];
            let origin = format!("the term “{name}”");
            sink.document(Document { path, front, body: String::new(), origin, address: Some(here) })?;
        }
        Ok(())
    }

    /// Hands over items in their order; their texts are converted side by side.
    pub(super) fn all(&mut self, items: &[Item], sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
        let bodies: Vec<(String, Vec<Diagnostic>)> = items.par_iter().map(|item| self.body(item)).collect();
        for (item, (body, remarks)) in items.iter().zip(bodies) {
            self.item(item, body, remarks, sink)?;
        }
        Ok(())
    }

    /// Hands over one item.
    fn item(
        &mut self,
        item: &Item,
        body: String,
        remarks: Vec<Diagnostic>,
        sink: &mut dyn Sink,
    ) -> Result<(), Vec<Diagnostic>> {
        let kind = item.text("wp:post_type");
        let status = item.text("wp:status");
        if is_of_the_engine(kind) {
            if !matches!(kind, "attachment" | "revision" | "") {
                self.left.insert(kind.to_owned());
            }
            return Ok(());
        }
        match status {
            "trash" => {
                self.trashed += 1;
                return Ok(());
            }
            "auto-draft" | "inherit" => return Ok(()),
            _ => {}
        }
        let origin = item.origin();
        let note = |message: String| Diagnostic::warning("import/left", message).at(Place::file(&origin));
        let is_locked = !item.text("wp:post_password").is_empty();
        let is_draft = is_locked || !matches!(status, "publish" | "future" | "");
        if is_locked || status == "private" {
            let why = if is_locked { "has a password" } else { "is private" };
            sink.remark(note(format!("{origin} {why}: it came along as a draft")));
        }
        let title = plain_text(item.text("title"));
        let written = Written::of(item);
        let address = self.address(item);
        if address.is_none() && !is_draft {
            let message = format!("{origin} had the address `{}`, which no page here can have", item.text("link"));
            sink.remark(note(message).hint("let the server lead that address to the new one"));
        }
        let is_post = kind == "post";
        let name = [item.text("wp:post_name"), address.as_deref().map_or("", last_part), &slug(&title)]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or_else(|| item.text("wp:post_id").to_owned(), str::to_owned);
        let is_home = address.as_deref() == Some("/");
        let path = match kind {
            _ if is_home => self.names.free("content/", "_index", ".md"),
            "post" => self.names.post(written.day.as_deref(), &name),
            "page" => self.names.page(&name),
            other => {
                let stem = crate::import::export::stem(&name);
                self.names.free(&format!("content/{}/", slug(other)), &stem, ".md")
            }
        };
        let mut front = vec![("title".to_owned(), text(&title))];
        if title.is_empty() {
            front.clear();
        }
        let mut push = |key: &str, value: Value| front.push((key.to_owned(), value));
        if let Some(date) = written.date.filter(|_| kind != "page") {
            push("date", date);
        }
        if let Some(updated) = written.updated {
            push("updated", updated);
        }
        if is_draft {
            push("draft", Value::Boolean(true));
        }
        if let Some(address) = address.as_deref().filter(|_| !is_home) {
            push("path", text(address));
            let aliases = aliases(item, address);
            if !aliases.is_empty() {
                push("aliases", texts(aliases));
            }
        }
        let guid = item.text("guid").trim();
        if is_post && !guid.is_empty() {
            push("id", text(guid));
        }
        front.extend(self.more(item, &origin, sink));
        for Term { taxonomy, slug, name } in item.terms.iter().filter(|term| !is_draft && !term.slug.is_empty()) {
            let key = KEYS.iter().find(|(known, _)| known == taxonomy).map(|(_, key)| *key);
            if let Some(key) = key.filter(|key| *key != "series") {
                self.terms.entry((key, slug.clone())).or_insert_with(|| plain_text(name));
            }
        }
        remarks.into_iter().for_each(|remark| sink.remark(remark));
        let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".md").to_owned();
        sink.document(Document { path, front, body, origin, address })?;
        comments(item, &stem, sink)
    }

    /// Returns terms, authors, summary, picture, and what plugins added.
    fn more(&self, item: &Item, origin: &str, sink: &mut dyn Sink) -> Vec<(String, Value)> {
        let mut front = Vec::new();
        let mut extra = Table::new();
        let of = |taxonomy: &str| -> Vec<String> {
            let named = item.terms.iter().filter(|term| term.taxonomy == taxonomy);
            let mut names: Vec<String> = Vec::new();
            for name in named.map(|term| plain_text(&term.name)).filter(|name| !name.is_empty()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names
        };
        for (taxonomy, key) in KEYS {
            let names = of(taxonomy);
            if !names.is_empty() {
                front.push((key.to_owned(), texts(names)));
            }
        }
        for Term { taxonomy, .. } in &item.terms {
            let is_known =
                matches!(taxonomy.as_str(), "category" | "post_tag" | "series" | "post_format" | "nav_menu" | "");
            if !is_known && !extra.contains_key(taxonomy) {
                extra.insert(taxonomy.clone(), texts(of(taxonomy)));
            }
        }
        let login = item.text("dc:creator").trim();
        if !login.is_empty() {
            let name = self.channel.authors.get(login).map_or(login, |name| name.trim());
            front.push(("authors".to_owned(), texts([name])));
        }
        let excerpt = item.text("excerpt:encoded").trim();
        if !excerpt.is_empty() {
            let options = Options { breaks: true, ..Options::default() };
            front.push(("summary".to_owned(), text(to_markdown(excerpt, options).markdown.trim())));
        }
        let said = |keys: &[&str]| keys.iter().find_map(|key| item.meta(key)).filter(|words| !words.contains("%%"));
        if let Some(words) = said(&["_yoast_wpseo_metadesc", "rank_math_description", "_aioseop_description"]) {
            front.push(("description".to_owned(), text(plain_text(words))));
        }
        if let Some(words) = said(&["_yoast_wpseo_title", "rank_math_title", "_aioseop_title"]) {
            extra.insert("seo_title".to_owned(), text(plain_text(words)));
        }
        if let Some(address) = said(&["_yoast_wpseo_canonical"]).filter(|address| address.starts_with("http")) {
            front.push(("canonical".to_owned(), text(address)));
        }
        if said(&["_yoast_wpseo_meta-robots-noindex"]) == Some("1") {
            front.push(("noindex".to_owned(), Value::Boolean(true)));
        }
        if let Some(id) = item.meta("_thumbnail_id") {
            match self.pictures.of(id) {
                Some((address, _)) => front.push(("image".to_owned(), text(address))),
                None => {
                    let message = format!("{origin} has the picture {id}, which the export does not have");
                    sink.remark(Diagnostic::warning("import/left", message).at(Place::file(origin)));
                }
            }
        }
        if !extra.is_empty() {
            front.push(("extra".to_owned(), Value::Table(extra)));
        }
        front
    }

    /// Returns where an item stood.
    fn address(&self, item: &Item) -> Option<String> {
        self.home.address(item.text("link")).filter(|_| !item.text("link").is_empty())
    }

    /// Returns the text as Markdown, and what there is to say of it.
    fn body(&self, item: &Item) -> (String, Vec<Diagnostic>) {
        let mut remarks = Vec::new();
        if is_of_the_engine(item.text("wp:post_type")) {
            return (String::new(), remarks);
        }
        let (origin, address) = (item.origin(), self.address(item));
        let address = address.as_deref();
        let source = item.text("content:encoded").replace("\r\n", "\n");
        // Texts of the block editor have their paragraphs.
        let has_blocks = source.contains("<!-- wp:");
        let source = if has_blocks { source } else { with_embeds(&source) };
        let options = Options {
            address,
            drop_classes: CLASSES,
            breaks: !has_blocks,
            drop_comments: &["wp:", "/wp:"],
            ..Options::default()
        };
        let expanded = expanded(&source, item.text("wp:post_id"), &self.pictures, options);
        let converted = to_markdown(&expanded.html, options);
        for name in &expanded.unknown {
            let message = format!("{origin}: the shortcode `[{name}]` has no counterpart here, and stays as text");
            remarks.push(Diagnostic::warning("import/shortcode", message).at(Place::file(&origin)));
        }
        for comment in converted.dropped.iter().filter(|comment| comment.trim_end().ends_with('/')) {
            let name = comment.trim().trim_start_matches("wp:").split_whitespace().next().unwrap_or_default();
            let message = format!("{origin}: the block `{name}` is filled by WordPress, and was left out");
            remarks.push(Diagnostic::warning("import/left", message).at(Place::file(&origin)));
        }
        (expanded.filled(&converted.markdown), remarks)
    }
}

/// Writes an address that has its line for itself as `[embed]`, as WordPress reads it.
fn with_embeds(source: &str) -> String {
    let is_address = |line: &str| {
        (line.starts_with("https://") || line.starts_with("http://"))
            && !line.contains(|letter: char| letter.is_whitespace() || "<>\"[]".contains(letter))
    };
    if !source.lines().any(|line| is_address(line.trim())) {
        return source.to_owned();
    }
    let line = |line: &str| match is_address(line.trim()) {
        true => format!("[embed]{}[/embed]", line.trim()),
        false => line.to_owned(),
    };
    source.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// When something was written.
#[derive(Debug, Default, PartialEq)]
struct Written {
    date: Option<Value>,
    /// The day, as its author saw it.
    day: Option<String>,
    updated: Option<Value>,
}

impl Written {
    fn of(item: &Item) -> Written {
        let (date, day) = moment(item.text("wp:post_date"), item.text("wp:post_date_gmt"));
        let (updated, changed) = moment(item.text("wp:post_modified"), item.text("wp:post_modified_gmt"));
        // Whatever was changed on the day of its writing was not changed in a way that matters.
        Written { updated: updated.filter(|_| day.is_some() && changed > day), date, day }
    }
}

/// Returns a time with its offset, and its day; WordPress writes zeros where it does not know one.
fn moment(local: &str, gmt: &str) -> (Option<Value>, Option<String>) {
    let read = |text: &str| text.trim().replacen(' ', "T", 1).parse::<DateTime>().ok().filter(|time| time.year() > 0);
    let (here, there) = (read(local), read(gmt));
    let Some(shown) = here.or(there) else { return (None, None) };
    let day = shown.date().to_string();
    let zone = match (here, there) {
        (Some(here), Some(there)) => {
            let minutes = here.duration_since(there).as_mins();
            let is_zone = minutes.abs() <= 15 * 60 && here.duration_since(there).as_secs() == minutes * 60;
            match minutes {
                0 => "Z".to_owned(),
                _ if is_zone => {
                    let sign = if minutes < 0 { '-' } else { '+' };
                    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
                }
                // Two times that have nothing to do with each other: the one without a zone's doubt counts.
                _ => return (Some(date(&format!("{there}Z"))), Some(day)),
            }
        }
        (None, Some(_)) => "Z".to_owned(),
        _ => String::new(),
    };
    (Some(date(&format!("{shown}{zone}"))), Some(day))
}

/// Returns the addresses that an item had under older names.
fn aliases(item: &Item, address: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Some(at) = address.rfind(last_part(address)).filter(|at| *at > 0) else { return found };
    for (_, old) in item.meta.iter().filter(|(key, value)| key == "_wp_old_slug" && !value.trim().is_empty()) {
        let old = percent_encoding::percent_decode_str(old.trim()).decode_utf8_lossy().into_owned();
        let whole = format!("{}{old}{}", &address[..at], &address[at + last_part(address).len()..]);
        let is_address = crate::paths::Route::new(whole.as_str()).is_ok() && !old.contains('/');
        if is_address && whole != address && !found.contains(&whole) {
            found.push(whole);
        }
    }
    found
}

/// Hands over an item's comments: what everybody could read of them, no address of mail and none of a network.
fn comments(item: &Item, stem: &str, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    let mut rows = Vec::new();
    for comment in &item.comments {
        let said = |name: &str| comment.get(name).map(|text| text.trim()).unwrap_or_default();
        if said("approved") != "1" || !matches!(said("type"), "" | "comment") {
            continue;
        }
        let options = Options { breaks: true, ..Options::default() };
        let (_, day) = moment(said("date_gmt"), said("date_gmt"));
        let time = day.map(|_| format!("{}Z", said("date_gmt").replacen(' ', "T", 1)));
        let address = said("author_url");
        rows.push(json!({
            "id": said("id"),
            "parent": Some(said("parent")).filter(|parent| !matches!(*parent, "" | "0")),
            "author": plain_text(said("author")),
            "url": Some(address).filter(|address| address.starts_with("http://") || address.starts_with("https://")),
            "date": time,
            "text": to_markdown(said("content"), options).markdown.trim_end(),
        }));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let text = serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n";
    sink.carry(Carried { path: format!("data/comments/{stem}.json"), bytes: Bytes::Here(text.into_bytes()) })
}

/// Returns a part of an address as people read it.
fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_offset() {
        for (local, gmt, time, day) in [
            ("2011-03-10 00:30:00", "2011-03-09 23:30:00", "2011-03-10T00:30:00+01:00", "2011-03-10"),
            ("2011-03-10 12:00:00", "2011-03-10 17:30:00", "2011-03-10T12:00:00-05:30", "2011-03-10"),
            ("2011-03-10 12:00:00", "2011-03-10 12:00:00", "2011-03-10T12:00:00Z", "2011-03-10"),
            ("2011-03-10 12:00:00", "0000-00-00 00:00:00", "2011-03-10T12:00:00", "2011-03-10"),
            ("0000-00-00 00:00:00", "2011-03-10 12:00:00", "2011-03-10T12:00:00Z", "2011-03-10"),
            ("2015-01-01 00:00:00", "2011-03-10 12:00:00", "2011-03-10T12:00:00Z", "2015-01-01"),
        ] {
            let (found, found_day) = moment(local, gmt);
            assert_eq!((found, found_day.as_deref()), (Some(date(time)), Some(day)), "{local} {gmt}");
        }
        assert_eq!(moment("0000-00-00 00:00:00", ""), (None, None));
    }

    #[test]
    fn an_address_alone_on_its_line_is_embedded() {
        assert_eq!(
            with_embeds("a\n https://a.example/ \nhttps://a.example/ b"),
            "a\n[embed]https://a.example/[/embed]\nhttps://a.example/ b"
        );
    }
}
