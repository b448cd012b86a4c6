//! `blog why PATH|URL`: which file an address comes from, and which address a file goes to.

use serde_json::{Value, json};
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit, did_you_mean};
use watchpost::library::{Library, Page};
use watchpost::paths::{Route, SourcePath};
use watchpost::post::{Hidden, Post};

use crate::cli::{Format, Why};
use crate::commands::list::reason;
use crate::commands::{Outcome, arrange};
use crate::console::Console;

/// Prints the answer.
pub(super) fn run(arguments: &Why, config: &Config, console: &Console) -> Outcome {
    let library = arrange(config)?;
    let answer = match route_of(config, &arguments.what) {
        Some(route) => of_route(config, &library, &route),
        None => of_source(config, &library, &source_of(config, &arguments.what)),
    };
    let (words, object) = answer.ok_or_else(|| vec![unknown(&library, &arguments.what)])?;
    match console.format() {
        Format::Human => console.data(&format!("{words}\n")),
        Format::Json => console.object("why", object),
    }
    Ok(Exit::Success)
}

/// Returns the address that was asked for, if it was one.
fn route_of(config: &Config, what: &str) -> Option<Route> {
    let what = what.split(['?', '#']).next().unwrap_or_default();
    match what.strip_prefix(&config.base_url.origin()) {
        Some(path) => config.base_url.route_of(path),
        None if what.starts_with('/') => config.base_url.route_of(what).or_else(|| Route::new(what).ok()),
        None => None,
    }
}

/// Returns the source that was asked for, relative to the site's folder.
fn source_of(config: &Config, what: &str) -> SourcePath {
    let absolute = |path: &std::path::Path| std::path::absolute(path).ok();
    let below_root = absolute(what.as_ref())
        .zip(absolute(&config.root))
        .and_then(|(path, root)| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned()));
    SourcePath::new(match below_root {
        Some(path) if path.starts_with("content") => path,
        _ => what.trim_start_matches("./").to_owned(),
    })
}

fn of_route(config: &Config, library: &Library, route: &Route) -> Option<(String, Value)> {
    // An address may be typed with or without its last slash.
    let spellings = [route.to_string(), format!("{route}/"), route.as_str().trim_end_matches('/').to_owned()];
    let (route, page) = spellings
        .into_iter()
        .filter_map(|text| Route::new(text).ok())
        .find_map(|route| library.routes.get_key_value(&route))?;
    let (what, source) = describe(library, page);
    let file = route.out_path();
    let mut words = format!("{}\n  is {what}", config.base_url.permalink(route));
    if let Some(source) = &source {
        words.push_str(&format!("\n  from {source}"));
    }
    words.push_str(&format!("\n  in {file}"));
    Some((words, json!({"route": route, "what": what, "source": source, "file": file})))
}

fn of_source(config: &Config, library: &Library, source: &SourcePath) -> Option<(String, Value)> {
    if let Some((edition, id)) = library.find_anywhere(source) {
        return of_route(config, library, edition.route(id));
    }
    let abroad = library.editions.iter().flat_map(|edition| edition.hidden.iter());
    if let Some(post) = library.hidden.iter().chain(abroad).find(|post| post.source == *source) {
        return Some(hidden(config, post, post.hidden.as_ref()));
    }
    let (route, _) = library.routes.iter().find(|(_, page)| match page {
        Page::Asset(asset) => asset == source,
        Page::Stylesheet(path) => source.as_str().strip_prefix("sass/") == Some(path),
        Page::Static(path) => source.as_str().strip_prefix("static/") == Some(path),
        _ => false,
    })?;
    of_route(config, library, route)
}

fn hidden(config: &Config, post: &Post, why: Option<&Hidden>) -> (String, Value) {
    let reason = why.map(|why| reason(config, why)).unwrap_or_default();
    let remedy = match why {
        Some(Hidden::Draft) => "take `draft = true` out, or build with `--drafts`",
        Some(Hidden::Future(_)) => "build again when its time has come, or with `--future`",
        Some(Hidden::Expired(_)) => "take `expiry_date` out, or change it",
        None => "",
    };
    let words = format!("{}\n  is not shown: {reason}\n  {remedy}", post.source);
    (words, json!({"source": post.source, "hidden": reason, "remedy": remedy}))
}

/// Returns what stands at an address, and the file it was made from, if it is one.
fn describe(library: &Library, page: &Page) -> (String, Option<String>) {
    let source_of = |id| library.post(id).source.to_string();
    let pages = |number: usize| if number > 1 { format!(", page {number}") } else { String::new() };
    match page {
        Page::Home(pager) => {
            let source = library.sections.get("").map(|section| source_of(section.index));
            (format!("the home page{}", pages(pager.number)), source)
        }
        Page::Post(id) => ("a post or page".to_owned(), Some(source_of(*id))),
        Page::Section(name, pager) => {
            let source = library.sections.get(name).map(|section| source_of(section.index));
            (format!("the list of the section `{name}`{}", pages(pager.number)), source)
        }
        Page::Taxonomy(number) => (format!("the list of `{}`", library.taxonomies[*number].name), None),
        Page::Term(number, term, pager) => {
            let taxonomy = &library.taxonomies[*number];
            let term = &taxonomy.terms[*term];
            let what = format!("the posts of `{}` in `{}`{}", term.name, taxonomy.name, pages(pager.number));
            (what, term.index.map(source_of))
        }
        Page::Archive(None, _) => ("the archive of all posts".to_owned(), None),
        Page::Archive(Some(year), None) => (format!("the archive of {year}"), None),
        Page::Archive(Some(year), Some(month)) => (format!("the archive of {year}-{month:02}"), None),
        Page::Feed(number) => (format!("feed number {} of `site.toml`", number + 1), None),
        Page::TermFeed(_, number, term) => {
            let taxonomy = &library.taxonomies[*number];
            (format!("the feed of `{}` in `{}`", taxonomy.terms[*term].name, taxonomy.name), None)
        }
        Page::Abroad(language, page) => match library.editions.get(*language) {
            Some(edition) => describe(edition, page),
            None => ("a page in another language".to_owned(), None),
        },
        Page::Sitemap(_) => ("the sitemap, or a part of it".to_owned(), None),
        Page::Robots => ("what robots are told".to_owned(), None),
        Page::NotFound => ("the page for addresses that do not exist".to_owned(), None),
        Page::Alias(target) => (format!("a redirect to `{target}`"), None),
        Page::Headers => ("the headers that the host is to send".to_owned(), Some("site.toml".to_owned())),
        Page::HighlightStylesheet => ("the stylesheet of coloured code".to_owned(), None),
        Page::Redirects(format) => (format!("the redirects for {}", format.name()), Some("site.toml".to_owned())),
        Page::Stylesheet(path) => ("a stylesheet that is compiled".to_owned(), Some(format!("sass/{path}"))),
        Page::Asset(source) => ("a file that is copied from beside a post".to_owned(), Some(source.to_string())),
        Page::Static(path) => ("a file that is copied as it is".to_owned(), Some(format!("static/{path}"))),
    }
}

fn unknown(library: &Library, what: &str) -> Diagnostic {
    let known = library.routes.keys().map(Route::as_str).chain(library.sources().map(SourcePath::as_str));
    let abroad = library.editions.iter().flat_map(Library::sources).map(SourcePath::as_str);
    let known = known.chain(abroad);
    let diagnostic = Diagnostic::error("why/unknown", format!("the site has neither an address nor a source `{what}`"));
    match did_you_mean(what, known) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint("`blog list` shows the posts and pages; drafts are among them"),
    }
}
