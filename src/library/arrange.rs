//! Arranges parsed posts into a [`Library`], all problems at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::index::{Groups, Index, Taken};
use super::registry::{Owner, Registry};
use super::{Library, Page, PostId, Routes, Taxonomy, address, editions, lists, series, taxonomy};
use crate::config::{Config, FeedOf, TaxonomyRule};
use crate::diagnostic::{Diagnostic, Place};
use crate::images::Picture;
use crate::paths::{OutPath, Route, SourcePath};
use crate::post::{Kind, Post};
use crate::source::Sources;

/// How many addresses one sitemap has at most; search engines take 50,000, or 50 MB.
pub(super) const SITEMAP: usize = 30_000;

/// Arranges the posts of a site.
pub fn arrange(config: &Config, sources: &Sources, posts: Vec<Arc<Post>>) -> Result<Library, Vec<Diagnostic>> {
    match config.languages.is_empty() {
        true => one(config, sources, posts, &[]),
        false => editions::arrange_all(config, sources, posts),
    }
}

/// Arranges the posts of one language; `others` are those of the other ones, whose files lie in the same folders.
pub(super) fn one(
    config: &Config,
    sources: &Sources,
    mut posts: Vec<Arc<Post>>,
    others: &[Arc<Post>],
) -> Result<Library, Vec<Diagnostic>> {
    posts.sort_by(|one, other| one.source.cmp(&other.source));
    let hidden: Vec<Arc<Post>> = posts.extract_if(.., |post| post.hidden.is_some()).collect();
    let mut problems = Vec::new();

    let newest = lists::newest(&posts);
    let groups: Vec<Groups> = config.taxonomies.iter().map(|rule| taxonomy::gather(rule, &posts, &newest)).collect();
    let index = Index::new(config, &posts, &newest, groups);
    let taxonomies = taxonomy::arrange(config, &posts, &index, &mut problems);
    series::same_index(&posts, &taxonomies, &mut problems);
    let mut library = Library {
        routes_of: Arc::new(addresses(config, &posts, &taxonomies, &mut problems)),
        sections: Arc::new(lists::sections(&posts)),
        archive: Arc::new(lists::archive(&newest, &index)),
        assets: Arc::default(),
        pictures: Arc::default(),
        routes: Routes::default(),
        posts: Arc::new(posts),
        hidden: Arc::new(hidden),
        newest: Arc::new(newest),
        taxonomies: Arc::new(taxonomies),
        editions: Arc::default(),
        language: config.edition,
        index: Arc::new(index),
    };
    same_feed_ids(&library, &mut problems);
    if problems.is_empty() {
        if config.edition == 0 {
            library.assets = Arc::new(assets(config, sources, &library, others, &mut problems));
            library.pictures = Arc::new(pictures(sources, &library.assets));
        }
        library.routes = routes(config, sources, &library, &mut problems);
    }
    if problems.is_empty() {
        return Ok(library);
    }
    let key = |one: &Diagnostic| {
        one.place.as_ref().map(|place| (place.file.clone(), place.span.as_ref().map(|span| span.start)))
    };
    problems.sort_by_key(key);
    problems.dedup();
    Err(problems)
}

/// Returns the address of each post, in their order.
fn addresses(
    config: &Config,
    posts: &[Arc<Post>],
    taxonomies: &[Taxonomy],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Route> {
    let of: Vec<Result<Route, Box<Diagnostic>>> = posts
        .par_iter()
        .map(|post| if post.kind == Kind::Term { Ok(Route::home()) } else { address::of(config, post) })
        .collect();
    let mut routes = Vec::with_capacity(of.len());
    for one in of {
        match one {
            Ok(route) => routes.push(route),
            Err(problem) => {
                problems.push(*problem);
                routes.push(Route::home());
            }
        }
    }
    place_indexes(taxonomies, &mut routes);
    routes
}

/// Puts the `_index.md` of taxonomies and terms where those stand.
pub(super) fn place_indexes(taxonomies: &[Taxonomy], routes: &mut [Route]) {
    for taxonomy in taxonomies {
        let terms = taxonomy.terms.iter().filter_map(|term| Some((term.index?, &term.route)));
        for (index, route) in terms.chain(taxonomy.index.map(|index| (index, &taxonomy.route))) {
            routes[index.0] = route.clone();
        }
    }
}

/// Returns the address of each co-located file: below its bundle's, else where it lies below `content/`.
fn assets(
    config: &Config,
    sources: &Sources,
    library: &Library,
    others: &[Arc<Post>],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<SourcePath, Route> {
    let mut routes = BTreeMap::new();
    let unseen = library.hidden.iter().chain(others.iter().filter(|post| post.hidden.is_some()));
    let mut hidden: BTreeSet<_> = unseen.flat_map(|post| post.assets.values()).collect();
    for shown in others.iter().filter(|post| post.hidden.is_none()).flat_map(|post| post.assets.values()) {
        hidden.remove(shown);
    }
    let mut owned: BTreeMap<_, String> = BTreeMap::new();
    for (post, route) in library.posts.iter().zip(library.routes_of.iter()).filter(|(post, _)| !post.assets.is_empty())
    {
        let folder = match route.as_str().rsplit_once('.') {
            Some((stem, _)) if !route.as_str().ends_with('/') => format!("{stem}/"),
            _ => route.as_str().to_owned(),
        };
        owned.extend(post.assets.iter().map(|(name, source)| (source, format!("{folder}{name}"))));
    }
    for source in sources.assets.keys() {
        let below = source.as_str().strip_prefix("content").unwrap_or(source.as_str());
        let is_draft = !config.drafts && below.split('/').any(|folder| matches!(folder, "drafts" | "_drafts"));
        if hidden.contains(source) || (is_draft && !owned.contains_key(source)) {
            continue;
        }
        let path = owned.remove(source).unwrap_or_else(|| below.to_owned());
        match OutPath::new(&path[1..]).route() {
            route if Route::new(route.as_str()).is_ok() => {
                routes.insert(source.clone(), route);
            }
            route => problems.push(unsafe_file(source.as_str(), &route)),
        }
    }
    routes
}

/// Returns the address of each picture among the files that are copied.
fn pictures(sources: &Sources, assets: &BTreeMap<SourcePath, Route>) -> BTreeMap<Route, Arc<Picture>> {
    if sources.pictures.is_empty() {
        return BTreeMap::new();
    }
    let beside = assets.iter().map(|(source, route)| (source, route.clone()));
    let statics = sources.statics.iter().map(|(name, file)| (&file.source, OutPath::new(name).route()));
    let all = beside.chain(statics);
    all.filter_map(|(source, route)| Some((route, Arc::clone(sources.pictures.get(source)?)))).collect()
}

fn unsafe_file(source: &str, route: &Route) -> Diagnostic {
    let reason = Route::new(route.as_str()).err().map_or("", |bad| bad.reason);
    let message = format!("`{source}` would stand at `{route}`, which cannot be used: {reason}");
    Diagnostic::error("route/unsafe", message).at(Place::file(source)).hint("rename the file")
}

/// Returns every address of the site.
fn routes(config: &Config, sources: &Sources, library: &Library, problems: &mut Vec<Diagnostic>) -> Routes {
    let mut registry = Registry::default();
    for (index, post) in library.posts.iter().enumerate() {
        let id = PostId(index);
        if matches!(post.kind, Kind::Post | Kind::Page) && library.is_native(id) {
            registry.claim(library.route(id).clone(), Page::Post(id), Owner::Post(id));
        }
    }
    for (source, route) in library.assets.iter() {
        registry.claim(route.clone(), Page::Asset(source.clone()), Owner::File(source.to_string()));
    }
    // What is copied stands once, whatever the language.
    for (name, file) in sources.statics.iter().filter(|_| config.edition == 0) {
        let route = OutPath::new(name).route();
        match Route::new(route.as_str()) {
            Ok(route) => registry.claim(route, Page::Static(name.clone()), Owner::File(file.source.to_string())),
            Err(_) => problems.push(unsafe_file(file.source.as_str(), &route)),
        }
    }
    for (name, file) in sources.sass.mains().filter(|_| config.edition == 0) {
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let route = OutPath::new(format!("{stem}.css")).route();
        match Route::new(route.as_str()) {
            Ok(route) => registry.claim(route, Page::Stylesheet(name.clone()), Owner::File(file.source.to_string())),
            Err(_) => problems.push(unsafe_file(file.source.as_str(), &route)),
        }
    }
    lists_and_feeds(config, library, &mut registry);
    for (index, post) in library.posts.iter().enumerate() {
        let id = PostId(index);
        if !library.is_native(id) {
            continue;
        }
        for (number, alias) in post.front.aliases.iter().enumerate() {
            registry.claim(alias.clone(), Page::Alias(library.route(id).clone()), Owner::Alias(id, number));
        }
    }
    files_of_the_engine(config, &mut registry);
    registry.sitemaps(library, 0, SITEMAP);
    registry.finish(config, library, problems)
}

/// Returns every address that the engine makes, beside those that are taken; nothing if some cannot stand there.
pub(super) fn made(config: &Config, library: &Library, taken: &Taken, in_sitemap: usize) -> Option<Routes> {
    let mut registry = Registry::beside(taken, &library.routes.sourced);
    lists_and_feeds(config, library, &mut registry);
    files_of_the_engine(config, &mut registry);
    registry.sitemaps(library, in_sitemap, SITEMAP);
    registry.finish_quietly(config, library)
}

/// Claims every list of posts and every feed.
fn lists_and_feeds(config: &Config, library: &Library, registry: &mut Registry<'_>) {
    lists_of_posts(config, library, registry);
    for (number, rule) in config.taxonomies.iter().enumerate() {
        terms(config, rule, number, library, registry);
    }
    let whole = config.feeds.iter().enumerate().filter(|(_, rule)| !matches!(rule.of, FeedOf::Terms(_)));
    for (number, rule) in whole {
        let route = Route::new(format!("/{}", rule.path)).expect("`config` took only addresses");
        let place = config.place(&format!("{}.path", config.feed_key(number)));
        registry.claim(route, Page::Feed(number), Owner::Setting(format!("the feed `{}`", rule.path), place));
    }
    host_files(config, library, registry);
}

/// Claims `_headers` if site.toml has headers, and what servers are told of redirects if there are any.
fn host_files(config: &Config, library: &Library, registry: &mut Registry<'_>) {
    if config.edition > 0 {
        return;
    }
    // What stands in another language is not known yet, and may have aliases.
    if !config.languages.is_empty() || library.posts.iter().any(|post| !post.front.aliases.is_empty()) {
        for format in &config.redirects {
            let what = format!("the redirects for {} (`[redirects]` of `site.toml`)", format.name());
            let owner = Owner::Setting(what, config.place("redirects.emit"));
            registry.claim(constant(format.address()), Page::Redirects(*format), owner);
        }
    }
    if !config.headers.is_empty() && !config.derives_headers() {
        let owner = Owner::Setting("`[[headers]]` of `site.toml`".to_owned(), config.place("headers.0"));
        registry.claim(constant("/_headers"), Page::Headers, owner);
    }
}

/// Claims what every site has, where the author put nothing of that name.
fn files_of_the_engine(config: &Config, registry: &mut Registry<'_>) {
    if config.edition > 0 {
        registry.offer(config.at("/404.html"), Page::NotFound, "the page for broken links");
        return;
    }
    let mut made =
        vec![("/robots.txt", Page::Robots, "robots.txt"), ("/404.html", Page::NotFound, "the page for broken links")];
    if config.highlight.enabled {
        made.push(("/highlight.css", Page::HighlightStylesheet, "the stylesheet for code"));
    }
    made.push(("/sitemap.xml", Page::Sitemap(None), "the sitemap"));
    for (route, page, what) in made {
        registry.offer(Route::new(route).expect("a constant address"), page, what);
    }
}

/// Claims the home page, sections and archives.
fn lists_of_posts(config: &Config, library: &Library, registry: &mut Registry<'_>) {
    let home = config.home();
    let on_home = config.paginate.get("posts").copied();
    for pager in lists::pagers(library.newest.len(), on_home) {
        registry.claim(numbered(&home, pager.number), Page::Home(pager), Owner::Made("the home page".to_owned()));
    }
    for (name, section) in library.sections.iter().filter(|(name, _)| !name.is_empty()) {
        let route = library.route(section.index);
        for pager in lists::pagers(section.pages.len(), config.paginate.get(name).copied()) {
            let page = Page::Section(name.clone(), pager);
            registry.claim(numbered(route, pager.number), page, Owner::Post(section.index));
        }
    }
    if library.newest.is_empty() {
        return;
    }
    if config.archives.all {
        registry.claim(config.at("/archive/"), Page::Archive(None, None), Owner::Made("the archive".to_owned()));
    }
    for year in library.archive.iter() {
        let address = format!("{}/{:04}/", config.prefix, year.year);
        let owner = || Owner::Made(format!("the archive of {}", year.year));
        if config.archives.year {
            registry.claim(constant(&address), Page::Archive(Some(year.year), None), owner());
        }
        for month in year.months.iter().filter(|_| config.archives.month) {
            let page = Page::Archive(Some(year.year), Some(month.month));
            registry.claim(constant(&format!("{address}{:02}/", month.month)), page, owner());
        }
    }
}

/// Claims the pages of one taxonomy and of its terms.
fn terms(config: &Config, rule: &TaxonomyRule, number: usize, library: &Library, registry: &mut Registry<'_>) {
    let taxonomy = &library.taxonomies[number];
    let native = |id: PostId| library.is_native(id);
    if !rule.render || (taxonomy.terms.is_empty() && taxonomy.index.is_none()) {
        return;
    }
    let owner = |index: Option<PostId>, what: String| index.map_or(Owner::Made(what), Owner::Post);
    let list = owner(taxonomy.index, format!("the list of `{}`", taxonomy.name));
    registry.claim(taxonomy.route.clone(), Page::Taxonomy(number), list);
    for (index, term) in taxonomy.terms.iter().enumerate() {
        let what = || format!("`{}` of `{}`", term.name, taxonomy.name);
        for pager in lists::pagers(term.posts.len(), rule.paginate) {
            let page = Page::Term(number, index, pager);
            registry.claim(numbered(&term.route, pager.number), page, owner(term.index, what()));
        }
        for (row, feed) in config.term_feeds(&rule.name).filter(|_| term.posts.iter().any(|id| native(*id))) {
            let route = constant(&format!("{}/{}", term.route.as_str().trim_end_matches('/'), feed.path));
            registry.claim(route, Page::TermFeed(row, number, index), Owner::Made(format!("the feed of {}", what())));
        }
    }
}

/// Returns the address of one page of a list; the first is the list itself, never `/page/1/`.
fn numbered(list: &Route, number: usize) -> Route {
    match number {
        1 => list.clone(),
        _ => constant(&format!("{}/page/{number}/", list.as_str().trim_end_matches('/'))),
    }
}

/// Makes an address of parts that are known to be sound.
fn constant(path: &str) -> Route {
    Route::new(path).expect("made of a sound address and of letters and digits")
}

/// Reports posts that feed readers would take for one: an id is made of the day and of the stem.
fn same_feed_ids(library: &Library, problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(Option<jiff::civil::Date>, &str), PostId> = HashMap::new();
    let mut oldest = library.newest.to_vec();
    oldest.sort_by_key(|id| (library.post(*id).front.date.as_ref().map(jiff::Zoned::timestamp), *id));
    for id in oldest.into_iter().filter(|id| library.is_native(*id)) {
        let post = library.post(id);
        let key = match &post.front.id {
            Some(own) => (None, own.as_str()),
            None => (post.day(), post.stem.as_str()),
        };
        if let Some(other) = seen.insert(key, id) {
            let other = &library.post(other).source;
            let message = format!(
                "`{}` and `{other}` have the same id in feeds, so readers would be shown one of them",
                post.source
            );
            let place = post.place(if post.front.id.is_some() { "id" } else { "date" });
            let hint = "rename one of the files, or give the newer post an `id` of its own";
            problems.push(Diagnostic::error("feed/same-id", message).at(place).hint(hint));
        }
    }
}
