//! Owns the templates that stand inside of texts: a site's and a theme's own shortcodes, and render hooks.
//!
//! They have a template engine of their own, made only where there are any, whose functions refuse to quote articles: an
//! article that quotes itself would never end. Every shortcode begins with its signature, `{# quote(author: text) with body #}`.

use std::collections::BTreeMap;

use tera::{Context, Map, Tera, Value};

use crate::article::{self, Fact, Hooks, Signature};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::library::PostId;
use crate::render::shelf::Shelf;
use crate::render::{faults, hashed, theme};
use crate::source::{Sources, Template};

/// The folder of shortcodes below `templates/`.
const FOLDER: &str = "shortcodes/";

/// The folder of render hooks, and what there can be in it; `code-LANGUAGE` beside these.
const HOOKS: &str = "hooks/";
const NAMES: [&str; 6] = ["blockquote", "code", "heading", "image", "link", "table"];

/// The templates that stand inside of texts.
#[derive(Default)]
pub(crate) struct Inserts {
    tera: Option<Tera>,
    files: BTreeMap<String, Template>,
    /// What each shortcode takes, and the name of its template.
    shortcodes: BTreeMap<String, (Signature, String)>,
    /// The template of each hook.
    hooks: BTreeMap<String, String>,
}

impl Inserts {
    /// Parses them; what is wrong with a template as such has been told by the theme.
    pub(crate) fn parse(
        theme_name: &str,
        sources: &Sources,
        register: impl Fn(&mut Tera),
    ) -> Result<Inserts, Vec<Diagnostic>> {
        let prefix = match theme_name {
            "" => String::new(),
            name => format!("{name}/templates/"),
        };
        let mut inserts = Inserts::default();
        let mut problems = Vec::new();
        // The theme's come first, so that the site's take their places.
        let of_theme = sources.templates.iter().filter(|(name, _)| !prefix.is_empty() && name.starts_with(&prefix));
        let of_site = sources.templates.iter().filter(|(name, _)| name.starts_with(FOLDER) || name.starts_with(HOOKS));
        for (name, template) in of_theme.chain(of_site) {
            let short = name.strip_prefix(&prefix).unwrap_or(name);
            if let Some(file) = short.strip_prefix(HOOKS) {
                match hook(file, template) {
                    Ok(hook) => _ = inserts.hooks.insert(hook.to_owned(), name.clone()),
                    Err(problem) => problems.push(*problem),
                }
                continue;
            }
            let Some(shortcode) = short.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".html")) else {
                continue;
            };
            match signature(shortcode, template) {
                Ok(signature) => _ = inserts.shortcodes.insert(shortcode.to_owned(), (signature, name.clone())),
                Err(problem) => problems.push(*problem),
            }
        }
        if !inserts.shortcodes.is_empty() || !inserts.hooks.is_empty() {
            inserts.files.clone_from(&sources.templates);
            inserts.tera = theme::parse_all(&inserts.files, &prefix, register, &mut Vec::new());
        }
        if problems.is_empty() { Ok(inserts) } else { Err(problems) }
    }

    fn render(&self, template: &str, context: &Context) -> Result<String, Diagnostic> {
        let Some(tera) = &self.tera else {
            return Err(Diagnostic::error("template/missing", format!("there is no template `{template}`")));
        };
        tera.render(template, context).map_err(|error| faults::rendering(&error, template, &self.files))
    }
}

/// Returns which hook a file is.
fn hook<'f>(file: &'f str, template: &Template) -> Result<&'f str, Box<Diagnostic>> {
    let stem = file.strip_suffix(".html").filter(|stem| !stem.contains('/'));
    let is_of_language = |stem: &str| stem.strip_prefix("code-").is_some_and(|language| !language.is_empty());
    if let Some(stem) = stem.filter(|stem| NAMES.contains(stem) || is_of_language(stem)) {
        return Ok(stem);
    }
    let hint = match did_you_mean(stem.unwrap_or(file), NAMES) {
        Some(near) => format!("did you mean `{near}.html`?"),
        None => {
            "there are `link`, `image`, `heading`, `blockquote`, `table`, `code` and `code-LANGUAGE`, each with `.html`"
                .to_owned()
        }
    };
    let problem = Diagnostic::error("hook/unknown", format!("there is no hook `{file}`"));
    Err(Box::new(problem.at(Place::file(&template.source)).hint(hint)))
}

/// Reads the signature that a shortcode's template begins with.
fn signature(name: &str, template: &Template) -> Result<Signature, Box<Diagnostic>> {
    let example = format!(
        "begin it with `{{# {name}(key: text, other: number = 1) #}}`, and `with body` before the `#}}` if it encloses a text"
    );
    let wrong = |message: String, end: usize| {
        let place = Place::span(&template.source, &template.text, 0..end);
        Box::new(Diagnostic::error("shortcode/signature", message).at(place).hint(&example))
    };
    let text = template.text.trim_start();
    let comment = text.strip_prefix("{#").and_then(|rest| rest.split_once("#}"));
    let Some((comment, _)) = comment else {
        return Err(wrong(format!("the shortcode `{name}` does not say what it takes"), 0));
    };
    let end = template.text.len() - text.len() + comment.len() + 4;
    let comment = comment.strip_prefix('-').unwrap_or(comment);
    let comment = comment.strip_suffix('-').unwrap_or(comment);
    match Signature::read(comment) {
        Ok((found, signature)) if found == name => Ok(signature),
        Ok((found, _)) => {
            Err(wrong(format!("this is the shortcode `{name}`, by its file's name, but it says `{found}`"), end))
        }
        Err(why) => Err(wrong(format!("the signature of the shortcode `{name}` cannot be read: {why}"), end)),
    }
}

impl article::Inserts for Shelf {
    fn shortcode(&self, name: &str) -> Option<&Signature> {
        self.inserts.shortcodes.get(name).map(|(signature, _)| signature)
    }

    fn shortcodes(&self) -> Vec<&str> {
        self.inserts.shortcodes.keys().map(String::as_str).collect()
    }

    fn expand(&self, post: PostId, name: &str, facts: Vec<(&str, Fact)>) -> Result<String, Diagnostic> {
        let Some((_, template)) = self.inserts.shortcodes.get(name) else {
            return Err(Diagnostic::error("shortcode/unknown", format!("there is no shortcode `{name}`")));
        };
        self.inserts.render(template, &self.context_in(post, facts))
    }

    fn hooks(&self) -> Hooks {
        let has = |name: &str| self.inserts.hooks.contains_key(name);
        Hooks {
            link: has("link"),
            image: has("image"),
            heading: has("heading"),
            code: self.inserts.hooks.keys().any(|name| name.starts_with("code")),
            blockquote: has("blockquote"),
            table: has("table"),
        }
    }

    fn has_hook(&self, name: &str) -> bool {
        self.inserts.hooks.contains_key(name)
    }

    fn hook(&self, post: PostId, name: &str, facts: Vec<(&str, Fact)>) -> Result<String, Diagnostic> {
        let Some(template) = self.inserts.hooks.get(name) else {
            return Err(Diagnostic::error("hook/unknown", format!("there is no hook `{name}`")));
        };
        self.inserts.render(template, &self.context_in(post, facts))
    }

    fn file(&self, link: &str) -> Result<Vec<u8>, String> {
        match self.config.base_url.route_of(link) {
            Some(route) => hashed::bytes(self, &route),
            None => Err(format!("there is no file at `{link}`")),
        }
    }
}

impl Shelf {
    /// Returns what a template inside of a text sees.
    fn context_in(&self, post: PostId, facts: Vec<(&str, Fact)>) -> Context {
        let mut context = Context::new();
        for (name, fact) in facts {
            context.insert_value(name.to_owned(), value_of(fact));
        }
        context.insert_value("page", self.link(post));
        // So that the functions know the language.
        context.insert_value("current_path", Value::normal_string(&self.path(self.library.route(post))));
        context.insert_value("config", self.settings.clone());
        context.insert_value("lang", self.language.clone());
        context
    }
}

fn value_of(fact: Fact) -> Value {
    match fact {
        Fact::Text(text) => Value::normal_string(&text),
        Fact::Html(html) => Value::safe_string(&html),
        Fact::Whole(number) => Value::from(number),
        Fact::Number(number) => Value::from(number),
        Fact::Boolean(is) => Value::from(is),
        Fact::Map(map) => {
            Value::from(map.into_iter().map(|(name, fact)| (name.into(), value_of(fact))).collect::<Map>())
        }
        Fact::List(list) => Value::from(list.into_iter().map(value_of).collect::<Vec<_>>()),
    }
}
