//! What both ways out of Drupal come to: one node, and how it becomes a document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use toml::Value;
use url::Url;

use super::super::export::{self, Names, forgive_links, last_part, text, texts};
use super::super::folder::date;
use super::super::html::{self, to_markdown};
use super::super::{Bytes, Carried, Document, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// How Drupal turns what was written into HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// It is HTML.
    #[default]
    Html,
    /// It is HTML in which an empty line ends a paragraph.
    Lines,
    /// It is text; an empty line ends a paragraph.
    Plain,
    /// It is Markdown.
    Markdown,
    /// It is a program in PHP, which is carried out.
    Php,
}

/// A comment, as templates see it in `data.comments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) id: i64,
    pub(super) parent: Option<i64>,
    pub(super) author: String,
    pub(super) subject: String,
    pub(super) date: String,
    pub(super) html: String,
}

/// A picture that a field of its own holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) src: String,
    pub(super) alt: String,
}

/// One node in one language.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Node {
    pub(super) id: i64,
    /// Its type: `article`.
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) is_published: bool,
    /// As RFC 3339 has it.
    pub(super) created: String,
    pub(super) changed: String,
    pub(super) language: String,
    pub(super) author: Option<String>,
    /// Where it stands, if not at `/node/ID`.
    pub(super) alias: Option<String>,
    /// Addresses that lead to it.
    pub(super) redirects: Vec<String>,
    /// Its terms, by vocabulary.
    pub(super) terms: BTreeMap<String, Vec<String>>,
    pub(super) pictures: Vec<Picture>,
    pub(super) body: String,
    pub(super) summary: String,
    pub(super) form: Form,
    pub(super) comments: Vec<Comment>,
}

/// One term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) id: i64,
    pub(super) vocabulary: String,
    pub(super) name: String,
    pub(super) alias: Option<String>,
}

/// Types whose nodes stand in no list: pages.
const PAGES: [&str; 3] = ["page", "book", "webform"];
/// Attributes by which Drupal finds its own files; the address of each stands beside them.
const OWN_ATTRIBUTES: [&str; 1] = ["data-entity-"];
/// The mark behind which a teaser ends.
const BREAK: &str = "<!--break-->";

/// Hands over nodes as documents.
pub(super) struct Writing<'s> {
    pub(super) sink: &'s mut dyn Sink,
    pub(super) settings: Settings,
    pub(super) base_url: Option<Url>,
    /// The site's own language.
    pub(super) language: String,
    names: Names,
    /// The vocabularies that are used.
    vocabularies: BTreeSet<String>,
    languages: BTreeSet<String>,
}

impl<'s> Writing<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink, base_url: Option<Url>, language: String) -> Writing<'s> {
        let (settings, names, vocabularies, languages) = Default::default();
        Writing { sink, settings, base_url, language, names, vocabularies, languages }
    }

    /// Hands over a node with its comments.
    pub(super) fn node(&mut self, node: &Node) -> Result<(), Vec<Diagnostic>> {
        let own = format!("/node/{}", node.id);
        let is_foreign = !node.language.is_empty() && node.language != self.language;
        let before = if is_foreign { format!("/{}", node.language) } else { String::new() };
        let address = format!("{before}{}/", node.alias.as_deref().unwrap_or(&own).trim_end_matches('/'));
        let is_page = PAGES.contains(&node.kind.as_str());
        let path = self.path(node, is_page, is_foreign);
        let origin = format!("node {}", node.id);
        let mut front = vec![("title".to_owned(), text(&node.title))];
        if !is_page {
            front.push(("date".to_owned(), date(&node.created)));
        }
        if node.changed != node.created {
            front.push(("updated".to_owned(), date(&node.changed)));
        }
        if !node.is_published {
            front.push(("draft".to_owned(), Value::Boolean(true)));
        }
        front.push(("path".to_owned(), text(address.as_str())));
        let aliases = node.redirects.iter().chain(node.alias.iter().map(|_| &own));
        let aliases: BTreeSet<String> =
            aliases.map(|alias| format!("{before}{}/", alias.trim_end_matches('/'))).collect();
        let aliases: Vec<String> = aliases.into_iter().filter(|alias| *alias != address).collect();
        if !aliases.is_empty() {
            front.push(("aliases".to_owned(), texts(aliases)));
        }
        // Drupal's feeds know an entry by its number and the site's address.
        if let Some(origin) = self.base_url.as_ref().filter(|_| !is_page).map(|url| url.origin().ascii_serialization())
        {
            front.push(("id".to_owned(), text(format!("{} at {origin}", node.id))));
        }
        if let Some(author) = &node.author {
            front.push(("authors".to_owned(), texts([author])));
        }
        for (vocabulary, terms) in &node.terms {
            self.vocabularies.insert(vocabulary.clone());
            front.push((vocabulary.clone(), texts(terms)));
        }
        let summary = to_markdown(&node.summary, html::Options::default()).markdown;
        if !summary.trim().is_empty() {
            front.push(("summary".to_owned(), text(summary.trim())));
        }
        if let Some(picture) = node.pictures.first() {
            front.push(("image".to_owned(), text(&picture.src)));
        }
        if is_foreign {
            self.languages.insert(node.language.clone());
        }
        self.comments(&path, node)?;
        let body = self.body(node, &address, &origin);
        self.sink.document(Document { path, front, body, origin, address: Some(address) })
    }

    /// Hands over a term's head, with the addresses that it had: `/taxonomy/term/NUMBER`, and its alias.
    pub(super) fn term(&mut self, term: &Term) -> Result<(), Vec<Diagnostic>> {
        let slug = crate::library::slugify(&term.name);
        let path = format!("content/{}/{slug}/_index.md", term.vocabulary);
        if !self.vocabularies.contains(&term.vocabulary) || slug.is_empty() || self.names.free("", &path, "") != path {
            return Ok(());
        }
        let here = format!("/{}/{slug}/", term.vocabulary);
        let own = format!("/taxonomy/term/{}/", term.id);
        let alias = term.alias.iter().map(|alias| format!("{}/", alias.trim_end_matches('/')));
        let aliases: Vec<Value> = alias.chain([own]).filter(|alias| *alias != here).map(Value::String).collect();
        let front =
            vec![("title".to_owned(), Value::String(term.name.clone())), ("aliases".to_owned(), Value::Array(aliases))];
        let origin = format!("term {}", term.id);
        self.sink.document(Document { path, front, body: String::new(), origin, address: Some(here) })
    }

    /// Returns where a node's file stands; no two differ by their case only.
    fn path(&mut self, node: &Node, is_page: bool, is_foreign: bool) -> String {
        let title = export::slug(&node.title);
        let stem = export::stem(node.alias.as_deref().map(last_part).filter(|last| !last.is_empty()).unwrap_or(&title));
        let folder = match node.kind.as_str() {
            _ if is_page => "content/".to_owned(),
            "article" | "blog" | "story" | "" => "content/posts/".to_owned(),
            kind => format!("content/{}/", export::slug(kind)),
        };
        let day = node.created.get(..10).filter(|_| !is_page);
        let name = day.map_or_else(|| stem.clone(), |day| format!("{day}-{stem}"));
        let ending = if is_foreign { format!(".{}.md", node.language) } else { ".md".to_owned() };
        self.names.free(&folder, &name, &ending)
    }

    /// Returns a node's text as Markdown: its pictures, then its body.
    fn body(&mut self, node: &Node, address: &str, origin: &str) -> String {
        let mut markdown = String::new();
        for picture in &node.pictures {
            let html = format!("<p><img src=\"{}\" alt=\"{}\"></p>", escaped(&picture.src), escaped(&picture.alt));
            markdown.push_str(&to_markdown(&html, html::Options::default()).markdown);
            markdown.push('\n');
        }
        match node.form {
            Form::Markdown => markdown.push_str(&node.body.replace(BREAK, "<!--more-->")),
            Form::Php => {
                let message =
                    format!("the text of {origin} (`{}`) is a program in PHP, which was not carried out", node.title);
                let hint = "it stands in the document as code: write there what it said";
                let place = Place::file(format!("{origin} in the export"));
                self.sink.remark(Diagnostic::error("import/shortcode", message).at(place).hint(hint));
                markdown.push_str(&format!("~~~~~~php\n{}\n~~~~~~\n", node.body.replace("~~~~~~", "~~~~~")));
            }
            Form::Html | Form::Lines | Form::Plain => {
                let options =
                    html::Options { address: Some(address), drop_attributes: &OWN_ATTRIBUTES, ..Default::default() };
                let options = html::Options { breaks: node.form != Form::Html, ..options };
                let parts = node.body.splitn(2, BREAK).map(|part| match node.form {
                    Form::Plain => to_markdown(&escaped(part), options).markdown,
                    _ => to_markdown(part, options).markdown,
                });
                markdown.push_str(&parts.collect::<Vec<_>>().join("\n<!--more-->\n\n"));
            }
        }
        if node.body.contains("<drupal-media") || node.body.contains("[[nid:") || node.body.contains("[[{") {
            let message = format!("{origin} (`{}`) shows media by a reference that only Drupal can follow", node.title);
            let hint = "export by JSON:API, where the text is finished, or put the pictures in by hand";
            self.sink.remark(Diagnostic::error("import/left", message).hint(hint));
        }
        markdown
    }

    /// Hands over a node's comments as data.
    fn comments(&mut self, path: &str, node: &Node) -> Result<(), Vec<Diagnostic>> {
        if node.comments.is_empty() {
            return Ok(());
        }
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md");
        let options = html::Options { breaks: true, ..Default::default() };
        let row = |one: &Comment| {
            json!({
                "id": one.id.to_string(), "parent": one.parent.map(|parent| parent.to_string()), "author": one.author,
                "url": null, "date": one.date, "subject": one.subject, "text": to_markdown(&one.html, options).markdown.trim_end(),
            })
        };
        let rows: Vec<serde_json::Value> = node.comments.iter().map(row).collect();
        let bytes = serde_json::to_vec_pretty(&rows).unwrap_or_default();
        self.sink.carry(Carried { path: format!("data/comments/{stem}.json"), bytes: Bytes::Here(bytes) })
    }

    /// Returns the settings, with the vocabularies and languages that were used.
    pub(super) fn finish(
        mut self,
        title: Option<String>,
        description: Option<String>,
        timezone: Option<String>,
    ) -> Settings {
        let base = self.base_url.as_ref().map_or_else(|| "https://blog.example/".to_owned(), ToString::to_string);
        if self.base_url.is_none() {
            let message = "the export does not say where the site stands: write `base_url` in `site.toml`";
            let hint = "without it entries of feeds get new ids; in Drupal they are `NUMBER at https://HOST`";
            self.sink.remark(Diagnostic::warning("import/guessed", message).hint(hint));
        }
        let keys = &mut self.settings.keys;
        keys.insert("base_url".to_owned(), text(base));
        keys.insert("title".to_owned(), text(title.as_deref().unwrap_or("A blog")));
        keys.insert("language".to_owned(), text(if self.language.is_empty() { "en" } else { self.language.as_str() }));
        keys.insert("timezone".to_owned(), text(timezone.as_deref().unwrap_or("UTC")));
        keys.extend(description.filter(|text| !text.is_empty()).map(|words| ("description".to_owned(), text(words))));
        let tables = &mut self.settings.tables;
        let empty = |names: BTreeSet<String>| {
            Value::Table(names.into_iter().map(|name| (name, Value::Table(toml::Table::new()))).collect())
        };
        tables.insert("taxonomies".to_owned(), empty(self.vocabularies));
        if !self.languages.is_empty() {
            tables.insert("languages".to_owned(), empty(self.languages));
        }
        let feed = [("format", "rss"), ("path", "rss.xml")].map(|(key, value)| (key.to_owned(), text(value)));
        tables.insert("feeds".to_owned(), Value::Array(vec![Value::Table(feed.into_iter().collect())]));
        forgive_links(&mut self.settings, self.sink);
        self.settings
    }
}

/// Returns where a file of Drupal's stands: `public://a.png` at `/sites/default/files/a.png`.
pub(super) fn file_address(uri: &str) -> String {
    match uri.strip_prefix("public://") {
        Some(path) => format!("/sites/default/files/{path}"),
        None => uri.to_owned(),
    }
}

/// Returns a text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_files_stand_where_drupal_served_them() {
        assert_eq!(file_address("public://2011/a b.png"), "/sites/default/files/2011/a b.png");
        assert_eq!(file_address("https://cdn.example/a.png"), "https://cdn.example/a.png");
    }
}
