//! Owns the functions that templates may call.
//!
//! Gives [`FUNCTIONS`]. To add one: a function below, a row in the list, a line in `docs/templates.md`. A function is
//! pure: it sees the shelf and its arguments, and reads which page it is called on from `current_path`.

use std::sync::{Arc, OnceLock, Weak};

use tera::value::Key;
use tera::{Error, Function, Kwargs, State, Tera, TeraResult, Value};

use crate::analytics;
use crate::config::{Analytics, Placed};
use crate::diagnostic::did_you_mean;
use crate::library::{Page, PostId};
use crate::lock::Lock;
use crate::paths::{Route, SourcePath};
use crate::render::hashed;
use crate::render::image_functions;
use crate::render::noted::{self, Ask};
use crate::render::pages::escaped;
use crate::render::seo;
use crate::render::shelf::{Shelf, rfc3339, value};

/// One function of templates.
pub(crate) struct TemplateFunction {
    /// Its name.
    pub name: &'static str,
    /// Whether it prints HTML, which is not to be escaped.
    pub html: bool,
    /// What it does.
    pub call: fn(&Shelf, &Kwargs, &State<'_>) -> TeraResult<Value>,
}

/// All functions beside Tera's own.
pub(crate) const FUNCTIONS: &[TemplateFunction] = &[
    TemplateFunction { name: "analytics", html: true, call: analytics },
    TemplateFunction { name: "seo", html: true, call: seo::print },
    TemplateFunction { name: "feeds", html: true, call: feeds },
    TemplateFunction { name: "get_url", html: false, call: get_url },
    TemplateFunction { name: "get_hash", html: false, call: get_hash },
    TemplateFunction { name: "get_page", html: false, call: get_page },
    TemplateFunction { name: "get_section", html: false, call: get_section },
    TemplateFunction { name: "get_taxonomy", html: false, call: get_taxonomy },
    TemplateFunction { name: "get_taxonomy_url", html: false, call: get_taxonomy_url },
    TemplateFunction { name: "backlinks", html: false, call: backlinks },
    TemplateFunction { name: "related", html: false, call: related },
    TemplateFunction { name: "load_data", html: false, call: load_data },
    TemplateFunction { name: "trans", html: false, call: trans },
    TemplateFunction { name: "now", html: false, call: now },
    TemplateFunction { name: "resize_image", html: false, call: image_functions::resize_image },
    TemplateFunction { name: "get_image_metadata", html: false, call: image_functions::get_image_metadata },
    TemplateFunction { name: "picture", html: true, call: image_functions::picture },
];

/// Tera's own functions.
const BUILT_IN: &[&str] = &["range", "throw", "super"];

/// Returns the names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name).chain(BUILT_IN.iter().copied())
}

/// Where the functions find the shelf: templates are parsed before it is set out.
pub(crate) type Cell = Arc<OnceLock<Vec<Weak<Shelf>>>>;

/// Returns a place for the shelf.
pub(crate) fn cell() -> Cell {
    Arc::new(OnceLock::new())
}

/// Sets out the shelves: one for each language of the site. They hold templates, which hold this cell, so it does not hold them.
pub(crate) fn fill(cell: &Cell, shelves: &[Arc<Shelf>]) {
    let _ = cell.set(shelves.iter().map(Arc::downgrade).collect());
}

/// Registers all functions.
pub(crate) fn register(tera: &mut Tera, cell: &Cell) {
    for row in FUNCTIONS {
        tera.register_function(row.name, Registered { row, cell: Arc::clone(cell) });
    }
}

/// The functions that look at pages; a shortcode that called them could ask for the very text that it stands in.
const OF_PAGES: [&str; 8] =
    ["analytics", "backlinks", "feeds", "get_page", "get_section", "get_taxonomy", "related", "seo"];

/// Registers the functions that templates inside of texts may call.
pub(crate) fn register_in_text(tera: &mut Tera, cell: &Cell) {
    for row in FUNCTIONS {
        match OF_PAGES.contains(&row.name) {
            true => tera.register_function(row.name, Refused(row.name)),
            false => tera.register_function(row.name, Registered { row, cell: Arc::clone(cell) }),
        }
    }
}

/// A function that cannot be called inside of a text.
struct Refused(&'static str);

impl Function<TeraResult<Value>> for Refused {
    fn call(&self, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
        Err(Error::message(format!("`{}` cannot be called inside of a text, which other pages quote", self.0)))
    }
}

/// A function together with what it sees.
struct Registered {
    row: &'static TemplateFunction,
    cell: Cell,
}

impl Function<TeraResult<Value>> for Registered {
    fn call(&self, arguments: Kwargs, state: &State<'_>) -> TeraResult<Value> {
        let shelves = self.cell.get().map(Vec::as_slice).unwrap_or_default();
        let shelf = spoken(shelves, state)?;
        let shelf = shelf.ok_or_else(|| Error::message("it cannot be called before the site is complete"))?;
        (self.row.call)(&shelf, &arguments, state)
    }

    fn is_safe(&self) -> bool {
        self.row.html
    }
}

/// Returns the shelf of the language that the page is in; where a component hides the page, the site's own.
fn spoken(shelves: &[Weak<Shelf>], state: &State<'_>) -> TeraResult<Option<Arc<Shelf>>> {
    let Some(main) = shelves.first().and_then(Weak::upgrade) else { return Ok(None) };
    if shelves.len() == 1 {
        return Ok(Some(main));
    }
    let path: Option<Value> = state.get("current_path")?;
    let route = path.as_ref().and_then(Value::as_str).and_then(|path| main.config.base_url.route_of(path));
    Ok(match route.and_then(|route| main.library.routes.get(&route)) {
        Some(Page::Abroad(language, _)) => shelves.get(*language).and_then(Weak::upgrade),
        _ => Some(main),
    })
}

/// The page that a template is rendered for.
pub(crate) struct Here<'a> {
    pub route: Route,
    pub page: &'a Page,
}

/// Returns the page that a function is called on.
pub(crate) fn here<'a>(shelf: &'a Shelf, state: &State<'_>) -> TeraResult<Here<'a>> {
    let path: Option<Value> = state.get("current_path")?;
    let path = path.as_ref().and_then(Value::as_str).ok_or_else(|| {
        Error::message(
            "it does not know which page it is called on; inside of a component, declare the argument `@current_path`",
        )
    })?;
    let route = shelf.config.base_url.route_of(path);
    let found = route.and_then(|route| shelf.library.routes.get(&route).map(|page| Here { route, page }));
    found.ok_or_else(|| Error::message(format!("`current_path` is `{path}`, which is no page of this site")))
}

fn analytics(shelf: &Shelf, _: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let here = here(shelf, state)?;
    let wanted = shelf.library.index_of(here.page).is_none_or(|id| shelf.library.post(id).front.analytics);
    let snippets: Vec<String> = shelf
        .config
        .analytics
        .iter()
        .filter(|table| wanted && matches!(table.placed, Placed::Page | Placed::Consent))
        .filter(|table| !table.exclude.iter().any(|pattern| here.route.matches(pattern)))
        .map(|table| analytics::snippet(table, revision(shelf.lock.as_ref(), shelf.config.env.as_deref(), table)))
        .collect();
    Ok(Value::safe_string(&snippets.join("\n")))
}

/// Returns the locked revision of a table's snippet: an upgrade of the engine never changes what pages carry.
pub(super) fn revision(lock: Option<&Lock>, environment: Option<&str>, table: &Analytics) -> Option<u32> {
    let of_provider = lock?
        .analytics
        .iter()
        .filter(|entry| entry.environment == environment.unwrap_or_default() && entry.provider == table.provider);
    // A changed `site` or `endpoint` is told by the guard; it is no reason to write another revision.
    of_provider.max_by_key(|entry| entry.site == table.site).map(|entry| entry.snippet.revision)
}

fn feeds(shelf: &Shelf, _: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let here = here(shelf, state)?;
    let mut links = shelf.feed_links().to_vec();
    match here.page {
        Page::Term(taxonomy, term, _) => links.extend(shelf.term_feed_links(*taxonomy, *term)),
        Page::Section(name, _) => links.extend(shelf.section_feed_links(name)),
        _ => {}
    }
    let lines: Vec<String> = links
        .iter()
        .map(|link| {
            let (mime, title, address) = (link.mime, escaped(&link.title), escaped(&link.permalink));
            format!("<link rel=\"alternate\" type=\"{mime}\" title=\"{title}\" href=\"{address}\">")
        })
        .collect();
    Ok(Value::safe_string(&lines.join("\n")))
}

fn backlinks(shelf: &Shelf, _: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let here = here(shelf, state)?;
    noted::ask(Ask::Backlinks);
    Ok(shelf.library.index_of(here.page).map_or_else(|| value(&[(); 0]), |id| shelf.backlinks(id)))
}

fn related(shelf: &Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let here = here(shelf, state)?;
    let limit = arguments.get::<usize>("limit")?.unwrap_or(shelf.config.related.limit);
    noted::ask(Ask::Related(limit));
    Ok(shelf.library.index_of(here.page).map_or_else(|| value(&[(); 0]), |id| shelf.related(id, limit)))
}

fn load_data(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let path: &str = arguments.must_get("path")?;
    let required = arguments.get::<bool>("required")?.unwrap_or(true);
    let below = path.strip_prefix("./").unwrap_or(path);
    let below = below.strip_prefix("data/").unwrap_or(below);
    if below.starts_with('/') || below.contains(['\\', ':']) || below.split('/').any(|part| part == "..") {
        return Err(Error::message(format!("`{path}` is not below `data/`, and no other file can be loaded")));
    }
    match shelf.data_file(&SourcePath::new(format!("data/{below}"))) {
        Some(value) => Ok(value),
        None if !required => Ok(Value::none()),
        None => {
            let known = shelf.sources.data.keys().map(|source| source.as_str().trim_start_matches("data/"));
            Err(unknown("data file", below, known))
        }
    }
}

fn trans(shelf: &Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let key: &str = arguments.must_get("key")?;
    let of_page: Option<Value> = state.get("lang")?;
    let named = arguments.get::<&str>("lang")?;
    let language = named.or_else(|| of_page.as_ref().and_then(Value::as_str)).unwrap_or(&shelf.config.language);
    let words = &shelf.sources.words;
    let Some(phrase) = words.find(language, key) else {
        return match arguments.get::<Value>("default")? {
            Some(own) => Ok(own),
            None => Err(match did_you_mean(key, words.keys()) {
                Some(known) => Error::message(format!("there is no word `{key}`; did you mean `{known}`?")),
                None => Error::message(format!("there is no word `{key}`; write it into `i18n/en.toml`")),
            }),
        };
    };
    let count = arguments.get::<Value>("count")?.and_then(|count| count.to_string().parse().ok());
    let given =
        |name: &str| arguments.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, one)| one.to_string());
    match phrase.text(count, given) {
        Ok(text) => Ok(Value::normal_string(&text)),
        Err(why) => Err(Error::message(format!("the word `{key}` cannot be written: {why}"))),
    }
}

fn get_url(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let path: &str = arguments.must_get("path")?;
    let absolute = arguments.get::<bool>("absolute")?.unwrap_or_default();
    if path.starts_with("//") || url::Url::parse(path).is_ok() {
        return Ok(Value::normal_string(path));
    }
    let (address, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    let route = match address.strip_prefix("@/") {
        Some(source) => {
            noted::ask(Ask::Source(source.to_owned()));
            route_of_source(shelf, source)?
        }
        None => Route::new(format!("/{}", address.trim_start_matches('/')))
            .map_err(|bad| Error::message(format!("`{address}` is no address: {}", bad.reason)))?,
    };
    let route = match arguments.get::<bool>("cachebust")?.unwrap_or_default() {
        true => {
            noted::ask(Ask::Hashed(route.as_str().to_owned()));
            hashed::route(shelf, &route).map_err(Error::message)?
        }
        false => route,
    };
    Ok(Value::normal_string(&format!("{}{rest}", link(shelf, &route, absolute))))
}

fn get_hash(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let path: &str = arguments.must_get("path")?;
    let bits = arguments.get::<u64>("sha_type")?.unwrap_or(384);
    let as_base64 = arguments.get::<bool>("base64")?.unwrap_or(true);
    let route = Route::new(format!("/{}", path.trim_start_matches('/')))
        .map_err(|bad| Error::message(format!("`{path}` is no address: {}", bad.reason)))?;
    let bits = u16::try_from(bits).unwrap_or_default();
    noted::ask(Ask::Integrity(route.as_str().to_owned(), bits, as_base64));
    let digest = hashed::digest(shelf, &route, bits, as_base64).map_err(Error::message)?;
    Ok(Value::normal_string(&digest))
}

fn get_page(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let path: &str = arguments.must_get("path")?;
    noted::ask(Ask::Page(path.to_owned()));
    shelf.page(source_id(shelf, path)?).map_err(|_| of_its_own(path))
}

fn get_section(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let path: Value = arguments.must_get("path")?;
    // A link to a section knows its name.
    let named = path.as_map().and_then(|link| link.get(&Key::Str("name")));
    let Some(path) = named.unwrap_or(&path).as_str() else {
        return Err(Error::message("`path` is neither a text nor a link to a section"));
    };
    let name = path.strip_prefix("@/").unwrap_or(path);
    let name = name.strip_suffix("_index.md").unwrap_or(name).trim_matches('/');
    if !name.is_empty() && !shelf.library.sections.contains_key(name) {
        return Err(unknown("section", name, shelf.library.sections.keys().map(String::as_str)));
    }
    noted::ask(Ask::Section(name.to_owned()));
    shelf.section(name).map_err(|_| of_its_own(path))
}

fn get_taxonomy(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    noted::ask(Ask::Terms);
    Ok(shelf.taxonomy(taxonomy_index(shelf, arguments.must_get("kind")?)?))
}

fn get_taxonomy_url(shelf: &Shelf, arguments: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let kind: &str = arguments.must_get("kind")?;
    let name: &str = arguments.must_get("name")?;
    let absolute = arguments.get::<bool>("absolute")?.unwrap_or_default();
    noted::ask(Ask::Terms);
    let taxonomy = &shelf.library.taxonomies[taxonomy_index(shelf, kind)?];
    let found = taxonomy.terms.iter().find(|term| term.name == name || term.slug == name);
    let found = found.or_else(|| taxonomy.terms.iter().find(|term| term.name.to_lowercase() == name.to_lowercase()));
    match found {
        Some(term) => Ok(Value::normal_string(&link(shelf, &term.route, absolute))),
        None => Err(unknown(&format!("term of `{kind}`"), name, taxonomy.terms.iter().map(|term| &*term.name))),
    }
}

fn now(shelf: &Shelf, _: &Kwargs, _: &State<'_>) -> TeraResult<Value> {
    noted::ask(Ask::Clock);
    Ok(value(&rfc3339(&shelf.config.clock.to_zoned(shelf.config.timezone.clone()))))
}

fn link(shelf: &Shelf, route: &Route, absolute: bool) -> String {
    match absolute {
        true => shelf.permalink(route),
        false => shelf.path(route),
    }
}

/// Returns where a source stands, in whatever language.
pub(super) fn route_of_source(shelf: &Shelf, source: &str) -> TeraResult<Route> {
    let source = SourcePath::new(format!("content/{}", source.trim_start_matches("content/")));
    Ok(match shelf.library.find_anywhere(&source) {
        Some((library, id)) => library.route(id).clone(),
        None => shelf.library.route(source_id(shelf, source.as_str())?).clone(),
    })
}

/// Returns the post of a source: `posts/a.md`, with or without `@/` or `content/` before it.
pub(super) fn source_id(shelf: &Shelf, path: &str) -> TeraResult<PostId> {
    let path = path.strip_prefix("@/").unwrap_or(path);
    let path = path.strip_prefix("content/").unwrap_or(path);
    // In another language of the site a source stands for its translation.
    let translated = || {
        let (name, ending) = path.rsplit_once('.').filter(|_| shelf.config.edition > 0)?;
        shelf.library.find(&SourcePath::new(format!("content/{name}.{}.{ending}", shelf.config.language)))
    };
    let found = translated().or_else(|| shelf.library.find(&SourcePath::new(format!("content/{path}"))));
    found.ok_or_else(|| {
        let known = shelf.library.sources().map(|source| source.as_str().trim_start_matches("content/"));
        unknown("source", path, known)
    })
}

fn taxonomy_index(shelf: &Shelf, kind: &str) -> TeraResult<usize> {
    let taxonomies = &shelf.library.taxonomies;
    taxonomies
        .iter()
        .position(|taxonomy| taxonomy.name == kind)
        .ok_or_else(|| unknown("taxonomy", kind, taxonomies.iter().map(|taxonomy| &*taxonomy.name)))
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    Error::message(match did_you_mean(name, known) {
        Some(known) => format!("there is no {what} `{name}`; did you mean `{known}`?"),
        None => format!("there is no {what} `{name}`"),
    })
}

/// Says that the source which a template asks for is wrong itself; its own page tells how.
fn of_its_own(path: &str) -> Error {
    Error::message(format!("`{path}` cannot be typeset; its own page says why"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    /// A lock of two environments and two sites, each with a revision of its own.
    fn lock() -> Lock {
        let entry = |environment: &str, provider: &str, site: &str, revision: u32| {
            format!(
                "[[analytics]]\nenvironment = \"{environment}\"\nprovider = \"{provider}\"\nendpoint = \"embedded\"\n\
                 site = \"{site}\"\ncoverage = \"every page\"\n\
                 [analytics.snippet]\nrevision = {revision}\ntext = \"\"\nsha256 = \"{zeros}\"\n\
                 [analytics.tracker]\nurl = \"\"\nfinal_url = \"\"\ncontent_type = \"\"\nclass = \"exact\"\nreleased = []\n",
                zeros = "0".repeat(64)
            )
        };
        let entries = [
            entry("", "goatcounter", "one", 1),
            entry("", "goatcounter", "two", 2),
            entry("staging", "goatcounter", "one", 3),
            entry("", "matomo", "7", 4),
        ];
        Lock::parse(&format!("schema = 1\n{}", entries.concat())).unwrap()
    }

    #[test]
    fn pages_carry_the_locked_revision_of_their_own_table() {
        let table = |site: &str| {
            let text =
                format!("[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"{site}\"\n");
            config::sample(&text).analytics.remove(0)
        };
        let lock = lock();
        assert_eq!(revision(Some(&lock), None, &table("one")), Some(1));
        assert_eq!(revision(Some(&lock), None, &table("two")), Some(2));
        assert_eq!(revision(Some(&lock), Some("staging"), &table("one")), Some(3));
        assert!(revision(Some(&lock), None, &table("renamed")).is_some(), "a renamed site is drift, not an upgrade");
        assert_eq!(revision(Some(&lock), Some("unknown"), &table("one")), None);
        assert_eq!(revision(None, None, &table("one")), None);
    }
}
