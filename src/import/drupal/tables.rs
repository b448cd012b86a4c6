//! What the small tables of a Drupal database say: everything but the texts of nodes, which are read in a second pass.
//!
//! Drupal 7 and those after it name their tables otherwise; both are known. A prefix before all names is found out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::dump::Row;
use super::node::{Comment, Form, Node, Picture, Term, file_address};
use super::php::Php;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// What stands before the name of each table.
    pub(super) prefix: String,
    /// Nodes by number and language, without their texts.
    pub(super) nodes: BTreeMap<(i64, String), Node>,
    pub(super) title: Option<String>,
    pub(super) slogan: Option<String>,
    pub(super) timezone: Option<String>,
    pub(super) language: Option<String>,
    authors: BTreeMap<(i64, String), i64>,
    users: BTreeMap<i64, String>,
    terms: BTreeMap<i64, (String, String)>,
    vocabularies: BTreeMap<String, String>,
    node_terms: Vec<(i64, i64)>,
    /// Addresses by what they stand for (`/node/5`) and language.
    aliases: BTreeMap<(String, String), String>,
    redirects: Vec<(String, String)>,
    files: BTreeMap<i64, String>,
    pictures: Vec<(i64, i64, String)>,
    comments: BTreeMap<i64, (i64, Comment)>,
    comment_texts: BTreeMap<i64, String>,
    /// Formats in which an empty line ends a paragraph, and those that are Markdown, as Drupal 7 lists them.
    forms: BTreeMap<String, Form>,
}

/// The tables that are read for it, without their prefix.
const SMALL: [&str; 20] = [
    "node",
    "node_field_data",
    "users",
    "users_field_data",
    "taxonomy_term_data",
    "taxonomy_term_field_data",
    "taxonomy_vocabulary",
    "taxonomy_index",
    "url_alias",
    "path_alias",
    "redirect",
    "file_managed",
    "comment",
    "comment_field_data",
    "comment__comment_body",
    "field_data_comment_body",
    "filter",
    "variable",
    "config",
    "key_value",
];

/// Returns whether a table is small, or holds a field that may be a picture.
pub(super) fn is_small(table: &str) -> bool {
    let is = |name: &str| table == name || table.strip_suffix(name).is_some_and(|prefix| prefix.ends_with('_'));
    SMALL.iter().any(|name| is(name)) || table.contains("node__field_") || table.contains("field_data_field_")
}

/// Returns whether a table holds the texts of nodes.
pub(super) fn is_body(table: &str) -> bool {
    table.ends_with("node__body") || table.ends_with("field_data_body")
}

/// Returns a moment as RFC 3339 has it, from seconds since 1970.
fn moment(seconds: Option<i64>) -> String {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_default().to_string()
}

/// Returns a language; Drupal has two names for none.
fn spoken(language: Option<String>) -> String {
    language.filter(|language| !matches!(language.as_str(), "und" | "zxx")).unwrap_or_default()
}

impl Tables {
    /// Takes in one row.
    pub(super) fn take(&mut self, row: &Row) {
        let table = row.table.clone();
        let name = table.strip_prefix(self.prefix.as_str()).unwrap_or(&table);
        let text = |column: &str| row.text(column).unwrap_or_default();
        let number = |column: &str| row.number(column).unwrap_or_default();
        match name {
            // The later versions have a table of this name, too, with numbers alone.
            "node" if row.bytes("title").is_none() => {}
            "node" | "node_field_data" => {
                let language = spoken(row.text("langcode").or_else(|| row.text("language")));
                let node = Node {
                    id: number("nid"),
                    kind: text("type"),
                    title: text("title"),
                    is_published: number("status") == 1,
                    created: moment(row.number("created")),
                    changed: moment(row.number("changed")),
                    language: language.clone(),
                    ..Node::default()
                };
                self.authors.insert((node.id, language.clone()), number("uid"));
                self.nodes.insert((node.id, language), node);
            }
            "users" | "users_field_data" => {
                if let Some(name) = row.text("name").filter(|name| !name.is_empty()) {
                    self.users.insert(number("uid"), name);
                }
            }
            "taxonomy_vocabulary" => _ = self.vocabularies.insert(text("vid"), text("machine_name")),
            "taxonomy_term_data" | "taxonomy_term_field_data" if row.bytes("name").is_some() => {
                self.terms.entry(number("tid")).or_insert((text("vid"), text("name")));
            }
            "taxonomy_index" => self.node_terms.push((number("nid"), number("tid"))),
            "url_alias" => {
                let language = spoken(row.text("language"));
                self.aliases.insert((format!("/{}", text("source")), language), format!("/{}", text("alias")));
            }
            "path_alias" if row.bytes("status").is_none() || number("status") == 1 => {
                self.aliases.insert((text("path"), spoken(row.text("langcode"))), text("alias"));
            }
            "redirect" => self.redirect(row),
            "file_managed" => _ = self.files.insert(number("fid"), text("uri")),
            "comment" | "comment_field_data" if row.bytes("subject").is_some() => self.comment(row, name == "comment"),
            "comment__comment_body" | "field_data_comment_body" => {
                self.comment_texts.insert(number("entity_id"), text("comment_body_value"));
            }
            "filter" => self.filter(row),
            "variable" => self.variable(row),
            "config" => self.config(row),
            _ => self.picture(row, name),
        }
    }

    /// Takes in a field, if it holds pictures of nodes.
    fn picture(&mut self, row: &Row, table: &str) {
        let is_node = row.text("entity_type").is_none_or(|kind| kind == "node");
        let is_field = table.starts_with("node__field_") || table.starts_with("field_data_field_");
        if !is_field || !is_node || row.number("deleted") == Some(1) {
            return;
        }
        let Some(alt) = row.column("_alt") else { return };
        let field = alt.trim_end_matches("_alt");
        let file = row.number(&format!("{field}_target_id")).or_else(|| row.number(&format!("{field}_fid")));
        if let (Some(file), Some(node)) = (file, row.number("entity_id")) {
            self.pictures.push((node, file, row.text(alt).unwrap_or_default()));
        }
    }

    fn redirect(&mut self, row: &Row) {
        let text = |column: &str| row.text(column).unwrap_or_default();
        // `redirect_source__path` and `redirect_redirect__uri`, before that `source` and `redirect`.
        let source = row.text("redirect_source__path").unwrap_or_else(|| text("source"));
        let target = row.text("redirect_redirect__uri").unwrap_or_else(|| text("redirect"));
        let target = target.trim_start_matches("internal:").trim_start_matches("entity:");
        let target = format!("/{}", target.trim_start_matches('/'));
        self.redirects.push((format!("/{}", source.trim_start_matches('/')), target));
    }

    fn comment(&mut self, row: &Row, is_old: bool) {
        let text = |column: &str| row.text(column).unwrap_or_default();
        let is_of_node = row.text("entity_type").is_none_or(|kind| kind == "node");
        let (Some(id), true) = (row.number("cid"), is_of_node && row.number("status") == Some(1)) else { return };
        let node = row.number(if is_old { "nid" } else { "entity_id" }).unwrap_or_default();
        let comment = Comment {
            id,
            parent: row.number("pid").filter(|parent| *parent != 0),
            author: row.text("name").filter(|name| !name.is_empty()).unwrap_or_else(|| {
                row.number("uid").and_then(|user| self.users.get(&user).cloned()).unwrap_or_default()
            }),
            subject: text("subject"),
            date: moment(row.number("created")),
            html: String::new(),
        };
        self.comments.insert(id, (node, comment));
    }

    /// Takes in what Drupal 7 does to texts of a format.
    fn filter(&mut self, row: &Row) {
        let (Some(format), Some(name)) = (row.text("format"), row.text("name")) else { return };
        if row.number("status") != Some(1) {
            return;
        }
        let form = match name.as_str() {
            "filter_autop" => Form::Lines,
            "filter_markdown" => Form::Markdown,
            "filter_html_escape" => Form::Plain,
            "php_code" => Form::Php,
            _ => return,
        };
        let known = self.forms.entry(format).or_insert(form);
        // Text that is shown as it is has paragraphs, too.
        if *known == Form::Lines {
            *known = form;
        }
    }

    /// Takes in a setting of Drupal 7.
    fn variable(&mut self, row: &Row) {
        let value = row.bytes("value").and_then(Php::parse);
        let Some(value) = value else { return };
        let said = |path: &[&str]| value.text(path).map(str::to_owned);
        match row.text("name").as_deref() {
            Some("site_name") => self.title = said(&[]),
            Some("site_slogan") => self.slogan = said(&[]),
            Some("date_default_timezone") => self.timezone = said(&[]),
            Some("language_default") => self.language = said(&["language"]),
            _ => {}
        }
    }

    /// Takes in a setting of the later versions.
    fn config(&mut self, row: &Row) {
        if row.text("collection").is_some_and(|collection| !collection.is_empty()) {
            return;
        }
        let name = row.text("name").unwrap_or_default();
        if !matches!(name.as_str(), "system.site" | "system.date") && !name.starts_with("filter.format.") {
            return;
        }
        let Some(value) = row.bytes("data").and_then(Php::parse) else { return };
        let said = |path: &[&str]| value.text(path).map(str::to_owned);
        if let Some(format) = name.strip_prefix("filter.format.") {
            let is_on = |filter: &str| value.text(&["filters", filter, "status"]) == Some("1");
            let form = match () {
                () if is_on("filter_html_escape") => Form::Plain,
                () if is_on("filter_markdown") || is_on("markdown") => Form::Markdown,
                () if is_on("php_code") => Form::Php,
                () if is_on("filter_autop") => Form::Lines,
                () => Form::Html,
            };
            self.forms.insert(format.to_owned(), form);
        } else if name == "system.site" {
            (self.title, self.slogan) = (said(&["name"]), said(&["slogan"]));
            self.language = said(&["default_langcode"]).or_else(|| said(&["langcode"]));
        } else {
            self.timezone = said(&["timezone", "default"]);
        }
    }

    /// Returns what Drupal does to texts of a format.
    fn form(&self, format: &str) -> Form {
        self.forms.get(format).copied().unwrap_or(match format {
            "filtered_html" | "restricted_html" => Form::Lines,
            "plain_text" => Form::Plain,
            "php_code" => Form::Php,
            _ if format.contains("markdown") => Form::Markdown,
            _ => Form::Html,
        })
    }

    /// Gives each node what other tables say of it.
    pub(super) fn join(&mut self) {
        let mut redirects: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (source, target) in std::mem::take(&mut self.redirects) {
            redirects.entry(target).or_default().push(source);
        }
        let mut by_node: BTreeMap<i64, Vec<Comment>> = BTreeMap::new();
        for (id, (node, mut comment)) in std::mem::take(&mut self.comments) {
            comment.html = self.comment_texts.remove(&id).unwrap_or_default();
            by_node.entry(node).or_default().push(comment);
        }
        let mut terms: BTreeMap<i64, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for (node, term) in std::mem::take(&mut self.node_terms) {
            let Some((vocabulary, name)) = self.terms.get(&term) else { continue };
            let vocabulary = self.vocabularies.get(vocabulary).unwrap_or(vocabulary).clone();
            let names = terms.entry(node).or_default().entry(vocabulary).or_default();
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let mut pictures: BTreeMap<i64, Vec<Picture>> = BTreeMap::new();
        for (node, file, alt) in std::mem::take(&mut self.pictures) {
            if let Some(uri) = self.files.get(&file) {
                pictures.entry(node).or_default().push(Picture { src: file_address(uri), alt });
            }
        }
        for ((id, language), node) in &mut self.nodes {
            let own = format!("/node/{id}");
            let find = |language: &str| self.aliases.get(&(own.clone(), language.to_owned())).cloned();
            node.alias = find(language).or_else(|| find(""));
            let alias = node.alias.iter().flat_map(|alias| redirects.get(alias)).flatten();
            node.redirects = redirects.get(&own).into_iter().flatten().chain(alias).cloned().collect();
            let user = self.authors.get(&(*id, language.clone()));
            node.author = user.and_then(|user| self.users.get(user)).cloned();
            node.terms = terms.get(id).cloned().unwrap_or_default();
            node.pictures = pictures.get(id).cloned().unwrap_or_default();
            node.comments = by_node.remove(id).unwrap_or_default();
        }
    }

    /// Returns every term.
    pub(super) fn terms(&self) -> Vec<Term> {
        let term = |(id, (vocabulary, name)): (&i64, &(String, String))| {
            let key = (format!("/taxonomy/term/{id}"), String::new());
            let alias = self
                .aliases
                .get(&key)
                .or_else(|| self.aliases.iter().find(|((own, _), _)| *own == key.0).map(|(_, alias)| alias));
            let vocabulary = self.vocabularies.get(vocabulary).unwrap_or(vocabulary).clone();
            Term { id: *id, vocabulary, name: name.clone(), alias: alias.cloned() }
        };
        self.terms.iter().map(term).collect()
    }

    /// Returns the node whose text a row holds, with it.
    pub(super) fn with_body(&mut self, row: &Row) -> Option<Node> {
        let is_node = row.text("entity_type").is_none_or(|kind| kind == "node");
        if !is_node || row.number("deleted") == Some(1) || row.number("delta").is_some_and(|delta| delta != 0) {
            return None;
        }
        let id = row.number("entity_id")?;
        let language = spoken(row.text("langcode").or_else(|| row.text("language")));
        // In Drupal 7 the text may have no language where its node has one.
        let key = (id, language);
        let key = if self.nodes.contains_key(&key) {
            key
        } else {
            self.nodes.keys().find(|(number, _)| *number == id)?.clone()
        };
        let mut node = self.nodes.remove(&key)?;
        node.body = row.text("body_value").unwrap_or_default();
        node.summary = row.text("body_summary").unwrap_or_default();
        node.form = self.form(&row.text("body_format").unwrap_or_default());
        Some(node)
    }
}
