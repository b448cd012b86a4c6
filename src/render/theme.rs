//! Owns the templates of a site as one value: the theme's and the site's own, parsed once.
//!
//! Gives [`Theme`]. A name means the site's template, else the theme's; `THEME/templates/NAME` always means the theme's.
//! Refuses templates that are wrong, all at once, and settings that are not of the type that `theme.toml` states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use tera::{Context, Error, ErrorKind, Tera};

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::render::faults;
use crate::render::reads::{names_field, reads};
use crate::source::{Sources, Template};

/// The version of `docs/templates.md` that this engine speaks.
pub(crate) const API: u32 = 1;

/// Every template of a site, ready to be rendered.
pub struct Theme {
    /// The settings that templates see as `config.extra`: the theme's defaults under the site's own.
    pub extra: toml::Table,
    tera: Tera,
    files: BTreeMap<String, Template>,
    prefix: String,
}

impl Theme {
    /// Parses all templates; `register` adds the functions and filters that they may use.
    pub fn parse(config: &Config, sources: &Sources, register: impl Fn(&mut Tera)) -> Result<Theme, Vec<Diagnostic>> {
        let prefix = match config.theme.as_str() {
            "" => String::new(),
            name => format!("{name}/templates/"),
        };
        let files = sources.templates.clone();
        let mut problems = Vec::new();
        let extra = settings(config, sources, &mut problems);
        let parsed = parse_all(&files, &prefix, register, &mut problems);
        match parsed {
            Some(tera) if problems.is_empty() => Ok(Theme { extra, tera, files, prefix }),
            _ => Err(problems),
        }
    }

    /// Returns whether a template may read a field of a variable.
    pub(crate) fn reads(&self, variable: &str, field: &str) -> bool {
        self.files.values().any(|template| reads(&template.text, variable, field))
    }

    /// Returns whether a template may name a field, whatever variable it is of.
    pub(crate) fn names_field(&self, field: &str) -> bool {
        self.files.values().any(|template| names_field(&template.text, field))
    }

    /// Returns whether there is a template of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tera.contains_template(name)
    }

    /// Returns the first of these names that is there.
    pub fn first<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.has(name))
    }

    /// Returns every name that a template can be asked for by, shortest form.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(|name| short(name, &self.prefix))
    }

    /// Returns every template by its whole name.
    pub(super) fn files(&self) -> &BTreeMap<String, Template> {
        &self.files
    }

    /// Returns the template that a name means, and its whole name: the site's, else the theme's.
    pub(super) fn file(&self, name: &str) -> Option<(&str, &Template)> {
        let of_theme = || self.files.get_key_value(&format!("{}{name}", self.prefix));
        self.files.get_key_value(name).or_else(of_theme).map(|(name, template)| (name.as_str(), template))
    }

    /// Renders one template; an error names the template's file and line.
    pub fn render(&self, name: &str, context: &Context) -> Result<Vec<u8>, Diagnostic> {
        let mut bytes = Vec::with_capacity(16 * 1024);
        match self.tera.render_to(name, context, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(faults::rendering(&error, name, &self.files)),
        }
    }
}

/// Returns the name by which a template is usually asked for.
fn short<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

/// Parses every template by itself, so that each syntax error is found, then all together, until nothing new is wrong.
pub(crate) fn parse_all(
    files: &BTreeMap<String, Template>,
    prefix: &str,
    register: impl Fn(&mut Tera),
    problems: &mut Vec<Diagnostic>,
) -> Option<Tera> {
    let mut broken = BTreeSet::new();
    for (name, template) in files {
        problems.extend(faults::unstable(template));
        let alone = Tera::default().add_raw_template(name, &template.text);
        if let Err(error) = alone
            && matches!(error.kind(), ErrorKind::SyntaxError(_))
        {
            problems.push(faults::rendering(&error, name, files));
            broken.insert(name.clone());
        }
    }
    loop {
        let mut tera = Tera::default();
        if !prefix.is_empty() {
            tera.set_fallback_prefixes([prefix.to_owned()]).expect("no template has been added yet");
        }
        register(&mut tera);
        let whole = files.iter().filter(|(name, _)| !broken.contains(*name));
        let Err(error) = tera.add_raw_templates(whole.map(|(name, template)| (name, &*template.text))) else {
            return Some(tera);
        };
        // One at a time is told of these; without the culprit the next one shows.
        match culprit(&error) {
            Some(name) if broken.insert(name.clone()) => {
                if !follows(&error, &broken, prefix) {
                    problems.push(faults::loading(&error, &name, files, prefix));
                }
            }
            _ => {
                problems.extend(faults::references(&error, files, prefix, &broken));
                return None;
            }
        }
    }
}

/// Returns the template without which the others could go on.
fn culprit(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::MissingParent { current, .. } => Some(current.clone()),
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => Some(tpl.clone()),
        ErrorKind::Msg(message) if message.starts_with("Component `") => {
            message.rsplit('`').nth(1).map(ToOwned::to_owned)
        }
        _ => None,
    }
}

/// Returns whether an error only follows from one that was told already: the parent is there, but broken.
fn follows(error: &Error, broken: &BTreeSet<String>, prefix: &str) -> bool {
    match error.kind() {
        ErrorKind::MissingParent { parent, .. } => {
            broken.contains(parent) || broken.contains(&format!("{prefix}{parent}"))
        }
        _ => false,
    }
}

/// What `theme.toml` may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "these keys are for people and galleries; reading them refuses any other")]
struct ThemeFile {
    name: String,
    api: u32,
    description: Option<String>,
    author: Option<String>,
    homepage: Option<String>,
    license: Option<String>,
    screenshot: Option<String>,
    #[serde(default)]
    extra: toml::Table,
}

/// Returns the theme's settings under the site's own.
fn settings(config: &Config, sources: &Sources, problems: &mut Vec<Diagnostic>) -> toml::Table {
    let Some((source, text)) = &sources.theme else {
        return config.extra.clone();
    };
    let file = match toml::from_str::<ThemeFile>(text) {
        Ok(file) => file,
        Err(error) => {
            let problem = Diagnostic::error("theme/malformed", faults::sentence(error.message()));
            problems.push(match error.span() {
                Some(span) => problem.at(Place::span(source, text, span)),
                None => problem.at(Place::file(source)),
            });
            return config.extra.clone();
        }
    };
    if file.api != API {
        let message = format!("the theme speaks version {} of the templates' interface, this engine {API}", file.api);
        let hint = match file.api > API {
            true => "take a newer `blog`, or an older release of the theme",
            false => "take a newer release of the theme",
        };
        problems.push(Diagnostic::error("theme/api", message).at(Place::file(source)).hint(hint));
    }
    let mut extra = file.extra;
    overlay(&mut extra, &config.extra, "extra", config, problems);
    extra
}

/// Lays the site's settings over the theme's, table by table.
fn overlay(under: &mut toml::Table, over: &toml::Table, path: &str, config: &Config, problems: &mut Vec<Diagnostic>) {
    for (key, value) in over {
        let path = format!("{path}.{key}");
        match (under.get_mut(key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => {
                overlay(inner, value, &path, config, problems);
            }
            (Some(default), value) if !default.same_type(value) => {
                let message = format!(
                    "`{path}` is {}, but the theme reads {}",
                    with_article(value.type_str()),
                    with_article(default.type_str())
                );
                let text: &Arc<str> = &config.text;
                let place = match config.spans.get(&path) {
                    Some(span) => Place::span("site.toml", text, span.clone()),
                    None => Place::file("site.toml"),
                };
                problems.push(
                    Diagnostic::error("theme/setting", message)
                        .at(place)
                        .hint(format!("the theme's own value is `{}`", one_line(default))),
                );
            }
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Returns `a string`, `an integer`.
fn with_article(kind: &str) -> String {
    match kind.starts_with(['a', 'i']) {
        true => format!("an {kind}"),
        false => format!("a {kind}"),
    }
}

/// Returns a value as it would stand in TOML, on one line.
fn one_line(value: &toml::Value) -> String {
    value.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says that a page needs a template that is not there.
pub(crate) fn missing(theme: &Theme, wanted: &[&str], needed_by: &str) -> Diagnostic {
    let name = wanted.first().copied().unwrap_or_default();
    let problem = Diagnostic::error("template/missing", format!("there is no template `{name}`; {needed_by} needs it"));
    match did_you_mean(name, theme.names().filter(|known| !known.starts_with("shortcodes/"))) {
        Some(known) => problem.hint(format!("did you mean `{known}`?")),
        None if theme.files.is_empty() => {
            problem.hint("set `theme = \"paper\"` in `site.toml`, or write your own into `templates/`")
        }
        None => problem.hint(format!("write `templates/{name}`, or take a theme that has it")),
    }
}
