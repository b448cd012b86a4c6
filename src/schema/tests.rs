//! Tests of the schemas: against the meta-schema, against the readers, against the documentation.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use boon::{Compiler, Draft, SchemaIndex, Schemas};

use super::*;
use crate::config::{Overrides, World, read};
use crate::diagnostic::Diagnostic;

/// A schema that can be asked.
struct Asked {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Asked {
    /// Compiles a schema; this judges it by the meta-schema of its dialect.
    fn of(schema: &Value) -> Asked {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("schema.json", schema.clone()).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Asked { schemas, index }
    }

    fn accepts(&self, toml: &str) -> bool {
        self.judges(toml).is_ok()
    }

    fn judges(&self, toml: &str) -> Result<(), String> {
        let table: toml::Table = toml.parse().unwrap_or_else(|error| panic!("{error}\n{toml}"));
        self.schemas.validate(&plain(&toml::Value::Table(table)), self.index).map_err(|error| format!("{error:#}"))
    }
}

/// Returns a value as editors see TOML: dates are texts.
fn plain(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(values) => values.iter().map(plain).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

/// Returns a value that a kind takes, as it is written in TOML; `key` decides where an example has to be of use.
fn example(kind: &Kind) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    match kind {
        Kind::Text(text) => quoted(text),
        Kind::Texts(text) | Kind::List(text) | Kind::Terms(text) => format!("[{}]", quoted(text)),
        Kind::Date => "2026-01-02".to_owned(),
        Kind::Boolean => "true".to_owned(),
        Kind::Integer(least, _) => least.clamp(&1, &i64::MAX).to_string(),
        Kind::Integers(least, _) => format!("[{least}]"),
        Kind::Choice(names) => quoted(names[0]),
        Kind::ChoiceOf(names) => quoted(names()[0]),
        Kind::Choices(names) => format!("[{}]", quoted(names[0])),
        Kind::Either(kinds) => example(&kinds[0]),
        Kind::Table(keys) => least(keys, None),
        Kind::Tables(keys) => format!("[{}]", least(keys, None)),
        Kind::Named(kind) => format!("{{ tags = {} }}", example(kind)),
        Kind::NamedOf(names, kind) => format!("{{ {} = {} }}", quoted(names()[0]), example(kind)),
        Kind::Free => "{ anything = 1 }".to_owned(),
        Kind::Elsewhere("defaults") => "[{ path = \"notes/**\", draft = true }]".to_owned(),
        Kind::Elsewhere("pages") => "[{ data = \"books.csv\", path = \"/books/:slug/\" }]".to_owned(),
        Kind::Elsewhere(_) => "{ title = \"Another\" }".to_owned(),
    }
}

/// Returns the table that has what is required, and one key with a value.
fn least(keys: &[Key], with: Option<(&str, &str)>) -> String {
    let mut rows: Vec<String> = Vec::new();
    for key in keys.iter().filter(|key| key.is_required && with.is_none_or(|(name, _)| name != key.name)) {
        rows.push(format!("{} = {}", key.name, example(&key.kind)));
    }
    rows.extend(with.map(|(name, value)| format!("{name} = {value}")));
    format!("{{ {} }}", rows.join(", "))
}

/// One key, wherever it stands: its dotted name, its kind, and how a file that has it with some value is written.
struct Spot {
    name: String,
    kind: Kind,
    wrap: Box<dyn Fn(&str) -> String>,
}

/// Writes a file that has a key with a value.
type Wrap = Rc<dyn Fn(&str, &str) -> String>;

/// Returns every key at every depth.
fn spots(keys: &'static [Key], name: &str, wrap: Wrap) -> Vec<Spot> {
    let mut all = Vec::new();
    for key in keys {
        for own in std::iter::once(&key.name).chain(key.also) {
            let (wrap, own) = (Rc::clone(&wrap), *own);
            let wrap = Box::new(move |value: &str| wrap(own, value));
            all.push(Spot { name: format!("{name}{own}"), kind: key.kind, wrap });
        }
        let (below, open, close): (&'static [Key], &str, &str) = match key.kind {
            Kind::Table(below) => (below, "", ""),
            Kind::Tables(below) => (below, "[", "]"),
            Kind::Named(Kind::Table(below)) => (below, "{ fr = ", " }"),
            _ => continue,
        };
        let (above, own) = (Rc::clone(&wrap), key.name);
        let inner = move |name: &str, value: &str| {
            let row = least(below, Some((name, value)));
            above(own, &format!("{open}{row}{close}"))
        };
        all.extend(spots(below, &format!("{name}{}.", key.name), Rc::new(inner)));
    }
    all
}

/// Returns what the reader of `site.toml` says of a text.
fn told(text: &str) -> Vec<Diagnostic> {
    match read(Path::new("/site"), text, &Overrides::default(), &World::default()) {
        Ok(config) => config.warnings,
        Err(problems) => problems,
    }
}

fn settings() -> Vec<Spot> {
    let whole = |name: &str, value: &str| {
        let is_own = |key: &&Key| key.is_required && key.name != name && !key.also.contains(&name);
        let mut rows: Vec<String> =
            config::KEYS.iter().filter(is_own).map(|key| format!("{} = {}", key.name, example(&key.kind))).collect();
        rows.push(format!("{name} = {value}"));
        format!("{}\n", rows.join("\n"))
    };
    spots(config::KEYS, "", Rc::new(whole))
}

/// Values of every type, of which no key takes all.
const VALUES: [&str; 8] = ["\"words\"", "7", "-3", "1.5", "true", "[\"words\"]", "[7]", "{ words = 7 }"];
const REFUSALS: [&str; 2] = ["config/type", "config/unknown-key"];

#[test]
fn every_key_of_the_schema_is_read_and_every_misspelt_one_is_refused_by_both() {
    let schema = Asked::of(&site_toml());
    let spots = settings();
    assert!(spots.len() > 130, "{}", spots.len());
    for spot in &spots {
        let text = (spot.wrap)(&example(&spot.kind));
        let problems: Vec<_> = told(&text).into_iter().filter(|one| REFUSALS.contains(&one.code)).collect();
        assert!(problems.is_empty(), "{}: {problems:?}\n{text}", spot.name);
        schema.judges(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", spot.name));
        // The same with one letter more.
        let own = spot.name.rsplit('.').next().unwrap();
        let at = text.rfind(&format!("{own} = ")).unwrap();
        let misspelt = format!("{}z{}", &text[..at + own.len()], &text[at + own.len()..]);
        assert!(!schema.accepts(&misspelt), "{misspelt}");
        assert!(told(&misspelt).iter().any(|one| one.code == "config/unknown-key"), "{misspelt}");
    }
}

#[test]
fn what_the_schema_takes_the_reader_takes_and_the_other_way_round() {
    let schema = Asked::of(&site_toml());
    for spot in settings() {
        for value in VALUES {
            let text = (spot.wrap)(value);
            let problems = told(&text);
            let is_mistyped = problems.iter().any(|one| REFUSALS.contains(&one.code));
            let is_refused = problems.iter().any(|one| one.level == crate::diagnostic::Level::Error);
            match schema.accepts(&text) {
                true => assert!(!is_mistyped, "{}: only the schema takes\n{text}{problems:?}", spot.name),
                false => assert!(is_refused, "{}: only the reader takes\n{text}", spot.name),
            }
        }
    }
}

/// Returns what the reader of front matter says of a text.
fn told_of_front_matter(front: &str) -> Vec<Diagnostic> {
    let config = config::sample("");
    let mut sources = crate::source::Sources::default();
    let path = crate::paths::SourcePath::new("content/posts/a.md");
    sources.markdown.insert(path, format!("+++\n{front}+++\nText.\n").into());
    let (posts, mut problems) = post::parse_all(&config, &sources);
    problems.extend(posts.iter().flat_map(|post| post.warnings.clone()));
    problems
}

#[test]
fn front_matter_and_its_schema_know_the_same_keys_and_values() {
    let schema = Asked::of(&front_matter([]));
    let refusals = ["front/type", "front/unknown-key"];
    for spot in spots(post::KEYS, "", Rc::new(|name: &str, value: &str| format!("{name} = {value}\n"))) {
        let text = (spot.wrap)(&example(&spot.kind));
        let problems: Vec<_> =
            told_of_front_matter(&text).into_iter().filter(|one| refusals.contains(&one.code)).collect();
        assert!(problems.is_empty(), "{}: {problems:?}", spot.name);
        schema.judges(&text).unwrap_or_else(|error| panic!("{}: {error}", spot.name));
        let misspelt = text.replacen(" =", "z =", 1);
        assert!(!schema.accepts(&misspelt), "{misspelt}");
        assert!(told_of_front_matter(&misspelt).iter().any(|one| one.code == "front/unknown-key"), "{misspelt}");
        for value in VALUES {
            let text = (spot.wrap)(value);
            let problems = told_of_front_matter(&text);
            let is_refused = problems.iter().any(|one| one.level == crate::diagnostic::Level::Error);
            match schema.accepts(&text) {
                // YAML reads a tag that is a year as a number.
                true if value == "[7]" && matches!(spot.kind, Kind::Terms(_)) => {}
                true if matches!(spot.kind, Kind::Named(_)) => {}
                true => assert!(problems.iter().all(|one| !refusals.contains(&one.code)), "{text}{problems:?}"),
                false => assert!(is_refused, "{}: only the reader takes\n{text}", spot.name),
            }
        }
    }
}

#[test]
fn taxonomies_of_the_site_and_keys_without_a_value_are_front_matter() {
    let schema = Asked::of(&front_matter(["topics", "tags"]));
    assert!(schema.accepts("topics = [\"a\"]\n"));
    assert!(!Asked::of(&front_matter([])).accepts("topics = [\"a\"]\n"));
    let yaml = json!({ "title": "T", "description": null, "tags": null, "draft": null, "tag": [2026] });
    assert!(schema.schemas.validate(&yaml, schema.index).is_ok());
}

/// Returns the files of a kind below a folder of the repository.
fn files(folder: &str, fits: impl Fn(&str) -> bool + Copy) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        match path.is_dir() {
            true if name != "target" && !name.starts_with('.') && name != "public" => {
                found.extend(files(&path.to_string_lossy(), fits));
            }
            false if fits(&name) => found.push(path),
            _ => {}
        }
    }
    found
}

#[test]
fn every_site_toml_of_the_repository_is_valid() {
    let schema = Asked::of(&site_toml());
    let all = files(env!("CARGO_MANIFEST_DIR"), |name| name == "site.toml");
    assert!(all.len() >= 3, "{all:?}");
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        // What `blog init` starts a blog with has gaps to be filled.
        let names = ["title", "base_url", "timezone", "theme", "feed_authority"];
        let text = names.iter().fold(text, |text, name| text.replace(&format!("= {{{name}}}"), "= \"filled\""));
        schema.judges(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!schema.accepts(&text.replacen("title", "titel", 1)), "{}", path.display());
    }
}

#[test]
fn every_front_matter_of_the_repository_is_valid() {
    let mut count = 0;
    for site in ["", "/tests/kitchen", "/tests/golden/0.1/plain"] {
        let site = format!("{}{site}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(format!("{site}/site.toml")).unwrap();
        let config = read(Path::new(&site), &text, &Overrides::default(), &World::default()).unwrap();
        let schema = Asked::of(&front_matter(config.taxonomies.iter().map(|rule| rule.name.as_str())));
        let folder = format!("{site}/content");
        for path in files(&folder, |name| name.ends_with(".md")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let Some((front, _)) = text.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++")) else {
                continue;
            };
            schema.judges(front).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn every_key_is_documented() {
    let folder = format!("{}/content/docs", env!("CARGO_MANIFEST_DIR"));
    let text: String = files(&folder, |name| name.ends_with(".md"))
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let known: BTreeSet<String> =
        settings().into_iter().map(|spot| spot.name).chain(post::KEYS.iter().map(|key| key.name.to_owned())).collect();
    let is_there = |name: &str| {
        let own = name.rsplit('.').next().unwrap_or(name);
        let forms = [
            format!("`{own}`"),
            format!("[{own}]"),
            format!("[{name}]"),
            format!("[{own}."),
            format!("[[{own}]]"),
            format!("\n{own} = "),
        ];
        forms.iter().any(|form| text.contains(form.as_str()))
    };
    let missing: Vec<&String> = known.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for key in config::KEYS.iter().chain(post::KEYS) {
        assert!(!key.about.is_empty() && !key.about.ends_with('.'), "{}", key.name);
    }
}
