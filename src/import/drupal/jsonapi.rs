//! Reads what Drupal's JSON:API gives: the pages of `/jsonapi/node/TYPE?include=…`, each a file, one of them in memory at a time.
//!
//! First everything that nodes refer to is gathered from all files (terms, files, media, users, comments, redirects), wherever it
//! stands; then node after node is handed over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::super::folder::{text_of, unreadable};
use super::super::{Settings, Sink};
use super::node::{Comment, Form, Node, Picture, Term, Writing, file_address};
use crate::diagnostic::Diagnostic;

/// What nodes refer to, by id.
#[derive(Default)]
struct Known {
    terms: BTreeMap<String, Term>,
    users: BTreeMap<String, String>,
    /// Addresses.
    files: BTreeMap<String, String>,
    /// The file of a medium, and its alternative text.
    media: BTreeMap<String, (String, String)>,
    /// Comments by the id of their node.
    comments: BTreeMap<String, Vec<Comment>>,
    /// The numbers of comments by their id.
    numbers: BTreeMap<String, i64>,
    /// Where redirects lead, and from where.
    redirects: BTreeMap<String, Vec<String>>,
    base_url: Option<Url>,
    languages: BTreeMap<String, usize>,
    nodes: usize,
}

pub(super) fn read(root: &Path, files: &[PathBuf], sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let mut known = Known::default();
    for file in files {
        match parsed(root, file) {
            Ok(answer) => {
                known.answer(&answer);
                resources(&answer).for_each(|one| known.gather(one));
            }
            Err(problem) => sink.remark(problem),
        }
    }
    if known.nodes == 0 {
        let message = "none of the files holds nodes, as `/jsonapi/node/article` gives them";
        let hint =
            "fetch each page of `/jsonapi/node/article?include=field_tags,field_image,uid` into a file of its own";
        return Err(vec![Diagnostic::error("import/from", message).hint(hint)]);
    }
    let language = known.languages.iter().max_by_key(|(_, count)| **count).map(|(language, _)| language.clone());
    let mut writing = Writing::new(sink, known.base_url.clone(), language.unwrap_or_default());
    for file in files {
        let Ok(answer) = parsed(root, file) else { continue };
        for one in resources(&answer).filter(|one| kind_of(one).0 == "node") {
            if let Some(node) = known.node(one) {
                writing.node(&node)?;
            } else {
                let id = one.get("id").and_then(Value::as_str).unwrap_or("without an id");
                let message =
                    format!("`{}`: the node {id} has no number or no title, and was left out", file.display());
                writing.sink.remark(Diagnostic::error("import/unreadable", message));
            }
        }
    }
    for term in known.terms.values() {
        writing.term(term)?;
    }
    Ok(writing.finish(None, None, None))
}

fn parsed(root: &Path, file: &Path) -> Result<Value, Diagnostic> {
    let text = text_of(root, file).map_err(|mut problems| problems.remove(0))?;
    serde_json::from_str(&text).map_err(|error| {
        let why = format!("it is no JSON (line {}, column {}): {error}", error.line(), error.column());
        unreadable(file, &why).hint("fetch that page again; what the other files hold was imported")
    })
}

/// Returns every resource of an answer, what was included with it first.
fn resources(answer: &Value) -> impl Iterator<Item = &Value> {
    let list = |name: &str| answer.get(name).and_then(Value::as_array).into_iter().flatten();
    let single = answer.get("data").filter(|data| data.is_object());
    list("included").chain(list("data")).chain(single)
}

/// Returns the two parts of a resource's type: `node--article`.
fn kind_of(one: &Value) -> (&str, &str) {
    let kind = one.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.split_once("--").unwrap_or((kind, ""))
}

/// Returns what an attribute says.
fn at<'v>(one: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(one.get("attributes")?, |value, name| value.get(name)).filter(|value| !value.is_null())
}

fn text(one: &Value, path: &[&str]) -> String {
    at(one, path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Returns the relations of a resource: the field, what it refers to, and what is said of it.
fn relations(one: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = one.get("relationships").and_then(Value::as_object).into_iter().flatten();
    fields.flat_map(|(name, relation)| {
        let data = relation.get("data");
        let many = data.and_then(Value::as_array).into_iter().flatten();
        many.chain(data.filter(|data| data.is_object())).map(move |target| (name.as_str(), target))
    })
}

fn id_of(target: &Value) -> &str {
    target.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn alt_of(target: &Value) -> String {
    target.get("meta").and_then(|meta| meta.get("alt")).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Known {
    /// Notes where the site stands.
    fn answer(&mut self, answer: &Value) {
        let own = answer.get("links").and_then(|links| links.get("self"));
        let own = own.and_then(|own| own.get("href").unwrap_or(own).as_str()).and_then(|own| Url::parse(own).ok());
        if let Some(mut url) = own.filter(|url| url.has_host() && self.base_url.is_none()) {
            let before = url.path().split("/jsonapi").next().unwrap_or_default().trim_end_matches('/').to_owned();
            url.set_path(&format!("{before}/"));
            url.set_query(None);
            self.base_url = Some(url);
        }
    }

    fn gather(&mut self, one: &Value) {
        let id = id_of(one).to_owned();
        match kind_of(one) {
            ("node", _) => {
                self.nodes += 1;
                *self.languages.entry(text(one, &["langcode"])).or_default() += 1;
            }
            ("taxonomy_term", vocabulary) => {
                let alias = Some(text(one, &["path", "alias"])).filter(|alias| !alias.is_empty());
                let number = at(one, &["drupal_internal__tid"]).and_then(Value::as_i64).unwrap_or_default();
                let (vocabulary, name) = (vocabulary.to_owned(), text(one, &["name"]));
                self.terms.insert(id, Term { id: number, vocabulary, name, alias });
            }
            ("user", _) => {
                let name = at(one, &["display_name"]).or_else(|| at(one, &["name"])).and_then(Value::as_str);
                self.users.extend(name.map(|name| (id, name.to_owned())));
            }
            ("file", _) => _ = self.files.insert(id, file_address(&text(one, &["uri", "value"]))),
            ("media", _) => {
                let file = relations(one)
                    .find(|(_, target)| kind_of(target).0 == "file" && at_thumbnail(one) != Some(id_of(target)));
                self.media.extend(file.map(|(_, target)| (id, (id_of(target).to_owned(), alt_of(target)))));
            }
            ("comment", _) => self.comment(one),
            ("redirect", _) => {
                let source = format!("/{}", text(one, &["redirect_source", "path"]).trim_start_matches('/'));
                let target = text(one, &["redirect_redirect", "uri"]);
                let target = target.trim_start_matches("internal:").trim_start_matches("entity:");
                let target = format!("/{}", target.trim_start_matches('/'));
                self.redirects.entry(target).or_default().push(source);
            }
            _ => {}
        }
    }

    fn comment(&mut self, one: &Value) {
        let number = at(one, &["drupal_internal__cid"]).and_then(Value::as_i64).unwrap_or_default();
        self.numbers.insert(id_of(one).to_owned(), number);
        let is_published = at(one, &["status"]).and_then(Value::as_bool) == Some(true);
        let node = relations(one).find(|(field, target)| *field == "entity_id" && kind_of(target).0 == "node");
        let (Some((_, node)), true) = (node, is_published) else { return };
        let parent = relations(one).find(|(field, _)| *field == "pid").map(|(_, target)| id_of(target));
        let author = text(one, &["name"]);
        let user = relations(one).find(|(field, _)| *field == "uid").and_then(|(_, user)| self.users.get(id_of(user)));
        self.comments.entry(id_of(node).to_owned()).or_default().push(Comment {
            id: number,
            parent: parent.and_then(|parent| self.numbers.get(parent)).copied(),
            author: if author.is_empty() { user.cloned().unwrap_or_default() } else { author },
            subject: text(one, &["subject"]),
            date: text(one, &["created"]),
            html: text(one, &["comment_body", "processed"]),
        });
    }

    /// Returns a node; nothing without a number and a title.
    fn node(&self, one: &Value) -> Option<Node> {
        let id = at(one, &["drupal_internal__nid"]).and_then(Value::as_i64)?;
        let title = at(one, &["title"]).and_then(Value::as_str)?.to_owned();
        let alias = Some(text(one, &["path", "alias"])).filter(|alias| !alias.is_empty());
        let mut terms: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut pictures = Vec::new();
        let mut author = None;
        for (field, target) in relations(one) {
            let other = id_of(target);
            match kind_of(target).0 {
                "taxonomy_term" => {
                    if let Some(Term { vocabulary, name, .. }) = self.terms.get(other) {
                        terms.entry(vocabulary.clone()).or_default().push(name.clone());
                    }
                }
                "user" if field == "uid" => author = self.users.get(other).cloned(),
                "file" => {
                    let src = self.files.get(other).filter(|src| is_picture(src));
                    pictures.extend(src.map(|src| Picture { src: src.clone(), alt: alt_of(target) }));
                }
                "media" => {
                    let (file, alt) = self.media.get(other).cloned().unwrap_or_default();
                    let src = self.files.get(&file).filter(|src| is_picture(src));
                    pictures.extend(src.map(|src| Picture { src: src.clone(), alt }));
                }
                _ => {}
            }
        }
        let own = format!("/node/{id}");
        let lead = |to: &str| self.redirects.get(to).into_iter().flatten();
        let redirects = lead(&own).chain(alias.iter().flat_map(|alias| lead(alias))).cloned().collect();
        let processed = at(one, &["body", "processed"]).and_then(Value::as_str);
        let format = text(one, &["body", "format"]);
        let form = match processed {
            Some(_) => Form::Html,
            None if format.contains("markdown") => Form::Markdown,
            None if format == "php_code" => Form::Php,
            None => Form::Lines,
        };
        Some(Node {
            id,
            kind: kind_of(one).1.to_owned(),
            title,
            is_published: at(one, &["status"]).and_then(Value::as_bool).unwrap_or(true),
            created: text(one, &["created"]),
            changed: text(one, &["changed"]),
            language: text(one, &["langcode"]),
            author,
            alias,
            redirects,
            terms,
            pictures,
            body: processed.map_or_else(|| text(one, &["body", "value"]), str::to_owned),
            summary: text(one, &["body", "summary"]),
            form,
            comments: self.comments.get(id_of(one)).cloned().unwrap_or_default(),
        })
    }
}

/// Returns the file that is a medium's small picture.
fn at_thumbnail(one: &Value) -> Option<&str> {
    // A medium that is a picture has the same file in both places; then the field of its own comes first by its name.
    relations(one).find(|(field, _)| *field == "thumbnail").map(|(_, target)| id_of(target)).filter(|thumbnail| {
        relations(one).any(|(field, target)| {
            field.starts_with("field_") && kind_of(target).0 == "file" && id_of(target) != *thumbnail
        })
    })
}

fn is_picture(address: &str) -> bool {
    let path = address.to_lowercase();
    [".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"].iter().any(|ending| path.ends_with(ending))
}
