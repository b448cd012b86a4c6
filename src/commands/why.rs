//! `blog why PATH|URL`: which file an address comes from, which address a file goes to, and by what rules, templates and data.

use std::sync::Arc;

use serde_json::{Value, json};
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit, Place, did_you_mean};
use watchpost::library::{self, Library, Page, PostId, address_rule};
use watchpost::paths::{Route, SourcePath};
use watchpost::post::{self, Draft, Hidden, Kind, Post};
use watchpost::render::Site;
use watchpost::source::{self, Sources};

use crate::cli::{Format, Why};
use crate::commands::Outcome;
use crate::commands::list::reason;
use crate::console::Console;

/// An answer: a line of words each, and an object for programs.
struct Answer {
    words: String,
    object: serde_json::Map<String, Value>,
}

impl Answer {
    /// Begins with what is asked about.
    fn about(what: impl std::fmt::Display) -> Answer {
        Answer { words: what.to_string(), object: serde_json::Map::new() }
    }

    /// Adds a line, and its fact under a name.
    fn say(&mut self, words: impl std::fmt::Display, name: &str, fact: impl Into<Value>) {
        self.words.push_str(&format!("\n  {words}"));
        self.object.insert(name.to_owned(), fact.into());
    }

    /// Adds the templates; those in the folder of the first are shown by their names in it.
    fn templates(&mut self, all: &[String]) {
        if let Some((first, rest)) = all.split_first() {
            let end = first.find("templates/").map_or(0, |at| at + "templates/".len());
            let short = |name: &String| name.strip_prefix(&first[..end]).unwrap_or(name).to_owned();
            let rest: Vec<String> = rest.iter().map(short).collect();
            let with = if rest.is_empty() { String::new() } else { format!(", with {}", rest.join(", ")) };
            self.words.push_str(&format!("\n  rendered by {first}{with}"));
        }
        self.object.insert("templates".to_owned(), json!(all));
    }

    /// Adds a list, unless it is empty; people are shown the first few.
    fn list(&mut self, words: &str, name: &str, all: &[String]) {
        if let Some((first, rest)) = all.split_at_checked(FEW.min(all.len())).filter(|_| !all.is_empty()) {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            self.words.push_str(&format!("\n  {words} {}{more}", first.join(", ")));
        }
        self.object.insert(name.to_owned(), json!(all));
    }
}

/// Returns a place as editors take it: `site.toml:14`.
fn at(place: &Place) -> String {
    match place.line_column() {
        Some((line, _)) => format!("{}:{line}", place.file),
        None => place.file.clone(),
    }
}

/// How many of a list people are shown; programs get all.
const FEW: usize = 12;

/// Prints the answer.
pub(super) fn run(arguments: &Why, config: Config, console: &Console) -> Outcome {
    let config = Arc::new(config);
    let sources = Arc::new(source::scan(&config)?);
    let posts = post::parse(&config, &sources)?;
    let library = library::arrange(&config, &sources, posts)?;
    let site = Site::new(Arc::clone(&config), Arc::clone(&sources), library.clone()).ok();
    let known = Known { config, sources, library, site };
    let answer = match route_of(&known.config, &arguments.what) {
        Some(route) => known.of_route(&route),
        None => known.of_source(&source_of(&known.config, &arguments.what)),
    };
    let answer = answer.ok_or_else(|| vec![unknown(&known.library, &arguments.what)])?;
    match console.format() {
        Format::Human => console.data(&format!("{}\n", answer.words)),
        Format::Json => console.object("why", Value::Object(answer.object)),
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

/// What is known of the site.
struct Known {
    config: Arc<Config>,
    sources: Arc<Sources>,
    library: Library,
    /// The site as it is rendered; none if its templates are wrong.
    site: Option<Site>,
}

impl Known {
    fn of_route(&self, route: &Route) -> Option<Answer> {
        // An address may be typed with or without its last slash.
        let spellings = [route.to_string(), format!("{route}/"), route.as_str().trim_end_matches('/').to_owned()];
        let (route, page) = spellings
            .into_iter()
            .filter_map(|text| Route::new(text).ok())
            .find_map(|route| self.library.routes.get_key_value(&route))?;
        let mut answer = Answer::about(self.config.base_url.permalink(route));
        answer.object.insert("route".to_owned(), json!(route));
        let (edition, page) = match page {
            Page::Abroad(language, page) => (self.library.edition(*language), &**page),
            page => (self.library.edition(0), page),
        };
        let (what, source) = self.describe(&edition, route, page);
        answer.say(format_args!("is {what}"), "what", what.as_str());
        match &source {
            Some(source) => answer.say(format_args!("from {source}"), "source", source.as_str()),
            None => _ = answer.object.insert("source".to_owned(), Value::Null),
        }
        let file = route.out_path();
        answer.say(format_args!("in {file}"), "file", json!(file));
        if let Page::Post(id) = page {
            self.post(&edition, *id, &mut answer);
        }
        match &self.site {
            Some(site) => {
                let making = site.making(route);
                answer.templates(&making.templates);
                let row = match page {
                    Page::Post(id) => edition.post(*id).row.as_ref().map(|row| &row.rule.data),
                    _ => None,
                };
                let others = making.data.iter().filter(|data| Some(*data) != row);
                let data: Vec<String> = row.into_iter().chain(others).map(ToString::to_string).collect();
                answer.list("reading", "data", &data);
            }
            None => answer.say("with templates that have errors; `blog build` tells them", "templates", Value::Null),
        }
        Some(answer)
    }

    /// Returns what stands at an address, and the file it was made from, if it is one.
    fn describe(&self, library: &Library, route: &Route, page: &Page) -> (String, Option<String>) {
        let source_of = |id| library.post(id).source.to_string();
        let pages = |number: usize| if number > 1 { format!(", page {number}") } else { String::new() };
        match page {
            Page::Home(pager) => {
                let source = library.sections.get("").map(|section| source_of(section.index));
                (format!("the home page{}", pages(pager.number)), source)
            }
            Page::Post(id) => {
                let what = if library.post(*id).kind == Kind::Post { "a post" } else { "a page" };
                (what.to_owned(), Some(source_of(*id)))
            }
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
            Page::Feed(number) => {
                let row = at(&self.config.place(&format!("feeds.{number}")));
                (format!("a feed of `[[feeds]]` ({row})"), None)
            }
            Page::TermFeed(_, number, term) => {
                let taxonomy = &library.taxonomies[*number];
                (format!("the feed of `{}` in `{}`", taxonomy.terms[*term].name, taxonomy.name), None)
            }
            // Whoever asks has gone to that language's own library.
            Page::Abroad(..) => ("a page in another language".to_owned(), None),
            Page::Sitemap(_) => ("the sitemap, or a part of it".to_owned(), None),
            Page::Robots => ("what robots are told".to_owned(), None),
            Page::NotFound => ("the page for addresses that do not exist".to_owned(), None),
            Page::Alias(target) => self.alias(route, target),
            Page::Headers => ("the headers that the host is to send".to_owned(), Some("site.toml".to_owned())),
            Page::HighlightStylesheet => ("the stylesheet of coloured code".to_owned(), None),
            Page::Redirects(format) => (format!("the redirects for {}", format.name()), Some("site.toml".to_owned())),
            Page::Stylesheet(path) => (
                "a stylesheet that is compiled".to_owned(),
                self.sources.sass.file(path).map(|file| file.source.to_string()),
            ),
            Page::Asset(source) => ("a file that is copied from beside a post".to_owned(), Some(source.to_string())),
            Page::Static(path) => {
                let file = self.sources.statics.get(path).map(|file| file.source.to_string());
                ("a file that is copied as it is".to_owned(), file)
            }
        }
    }

    /// Says where a redirect leads, and which line asks for it.
    fn alias(&self, alias: &Route, target: &Route) -> (String, Option<String>) {
        let found = self.library.stands(target).and_then(|(edition, page)| {
            let post = edition.post(edition.index_of(page)?);
            let number = post.front.aliases.iter().position(|one| one == alias)?;
            Some((at(&post.place(&format!("aliases.{number}"))), post.source.to_string()))
        });
        match found {
            Some((place, source)) => (format!("a redirect to `{target}`, by `aliases` ({place})"), Some(source)),
            None => (format!("a redirect to `{target}`"), None),
        }
    }

    /// Adds why a post or page has its address and its dates, and where it is named.
    fn post(&self, edition: &Library, id: PostId, answer: &mut Answer) {
        let post = edition.post(id);
        let (rule, place) = address_rule(&self.config, post);
        let shown = if place.line_column().is_some() { format!(" ({})", at(&place)) } else { String::new() };
        answer.say(
            format_args!("at this address by {rule}{shown}"),
            "address",
            json!({"rule": rule, "place": at(&place)}),
        );
        for (key, date) in [("date", &post.front.date), ("updated", &post.front.updated)] {
            let Some(date) = date else { continue };
            let written = post.place(key);
            let from = match (post.front.spans.contains_key(key), key) {
                (true, _) if post.row.is_some() => format!("its row ({})", at(&written)),
                (false, _) if post.row.is_some() => format!("`[[pages]]` ({})", at(&written)),
                (true, _) => format!("its front matter ({})", at(&written)),
                (false, "date") => "the name of its file or folder".to_owned(),
                (false, _) => "the last commit that git knows of it".to_owned(),
            };
            let verb = if key == "date" { "dated" } else { "updated" };
            let value = date.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            answer.say(format_args!("{verb} {value} by {from}"), key, json!({"value": value, "from": from}));
        }
        let (feeds, lists): (Vec<_>, Vec<_>) =
            edition.places(&self.config, id).partition(|(_, page)| matches!(page, Page::Feed(_) | Page::TermFeed(..)));
        let names = |found: Vec<(&Route, &Page)>| found.iter().map(|(route, _)| route.to_string()).collect::<Vec<_>>();
        answer.list("listed at", "lists", &names(lists));
        answer.list("in the feeds", "feeds", &names(feeds));
        let aliases: Vec<String> = post.front.aliases.iter().map(ToString::to_string).collect();
        answer.list("also reached from", "aliases", &aliases);
    }

    fn of_source(&self, source: &SourcePath) -> Option<Answer> {
        let library = &self.library;
        if let Some((edition, id)) = library.find_anywhere(source) {
            return self.of_route(edition.route(id));
        }
        let abroad = library.editions.iter().flat_map(|edition| edition.hidden.iter());
        if let Some(post) = library.hidden.iter().chain(abroad).find(|post| post.source == *source) {
            return Some(hidden(&self.config, post, post.hidden.as_ref()));
        }
        let (route, _) = library.routes.iter().find(|(_, page)| match page {
            Page::Asset(asset) => asset == source,
            Page::Stylesheet(path) => self.sources.sass.file(path).is_some_and(|file| file.source == *source),
            Page::Static(path) => self.sources.statics.get(path).is_some_and(|file| file.source == *source),
            _ => false,
        })?;
        self.of_route(route)
    }
}

fn hidden(config: &Config, post: &Post, why: Option<&Hidden>) -> Answer {
    let reason = why.map(|why| reason(config, why)).unwrap_or_default();
    let remedy = match why {
        Some(Hidden::Draft(Draft::Folder(_))) => "that folder is for drafts: move it out, or build with `--drafts`",
        Some(Hidden::Draft(Draft::Section(_))) => "take `draft = true` out of that section, or build with `--drafts`",
        Some(Hidden::Draft(Draft::Settings)) => "take `draft` out of that table of site.toml, or build with `--drafts`",
        Some(Hidden::Draft(Draft::Own)) => "take `draft = true` out, or build with `--drafts`",
        Some(Hidden::Future(_)) => "build again when its time has come, or with `--future`",
        Some(Hidden::Expired(_)) => "take `expiry_date` out, or change it",
        None => "",
    };
    let mut answer = Answer::about(&post.source);
    answer.object.insert("source".to_owned(), json!(post.source));
    answer.say(format_args!("is not shown: {reason}"), "hidden", reason.as_str());
    answer.say(remedy, "remedy", remedy);
    answer
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
