//! Arranges a site of several languages: a library for each, which know of one another.
//!
//! What stands in another language has its place in the main library's routes as [`Page::Abroad`]. A site of one language
//! never comes here. Refuses addresses that two languages want.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::again::{self, Edit};
use super::registry::folded;
use super::routes::Layer;
use super::{Library, Page, advice, arrange};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::paths::{Route, SourcePath};
use crate::post::{Kind, Post};
use crate::source::Sources;

/// Arranges every language of a site.
pub(super) fn arrange_all(
    config: &Config,
    sources: &Sources,
    posts: Vec<Arc<Post>>,
) -> Result<Library, Vec<Diagnostic>> {
    let all: BTreeMap<SourcePath, Arc<Post>> = posts.into_iter().map(|post| (post.source.clone(), post)).collect();
    let mut editions: Vec<Library> = Vec::new();
    let mut problems = Vec::new();
    for language in 0..=config.languages.len() {
        match arrange::one(
            &config.localised(language),
            sources,
            of_language(config, &all, language),
            &beside(&all, language),
        ) {
            Ok(library) => editions.push(library),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { together(config, sources, editions) } else { Err(problems) }
}

/// Arranges again those languages that an edit touches.
pub(super) fn arrange_again(
    config: &Config,
    sources: &Sources,
    before: &Library,
    edit: &Edit,
) -> Result<Library, Vec<Diagnostic>> {
    let known = before.editions.iter().flat_map(|edition| edition.posts.iter().chain(edition.hidden.iter()));
    let mut all: BTreeMap<SourcePath, Arc<Post>> = known.map(|post| (post.source.clone(), Arc::clone(post))).collect();
    let mut has_files = false;
    for source in &edit.gone {
        has_files |= all.remove(source).is_some_and(|post| !post.assets.is_empty());
    }
    for post in &edit.fresh {
        let old = all.insert(post.source.clone(), Arc::clone(post));
        let is_same = old.as_ref().is_some_and(|old| old.hidden == post.hidden && old.assets == post.assets);
        has_files |= !is_same && (!post.assets.is_empty() || old.is_some_and(|old| !old.assets.is_empty()));
    }
    // The files of a bundle belong to all of its languages.
    if has_files {
        return arrange_all(config, sources, all.into_values().collect());
    }
    let mut editions = Vec::new();
    for (language, edition) in before.editions.iter().enumerate() {
        let edit = difference(edition, &of_language(config, &all, language));
        let is_untouched = edit.gone.is_empty() && edit.fresh.is_empty();
        editions.push(match is_untouched {
            true => edition.clone(),
            // One that cannot be arranged alone: the whole arrangement tells every problem.
            false => match again::one(&config.localised(language), sources, edition, &edit, &beside(&all, language)) {
                Ok(library) => library,
                Err(_) => return arrange_all(config, sources, all.into_values().collect()),
            },
        });
    }
    together(config, sources, editions)
}

/// Returns the posts of a language, and those that it lists for want of a translation.
fn of_language(config: &Config, all: &BTreeMap<SourcePath, Arc<Post>>, language: usize) -> Vec<Arc<Post>> {
    let own = all.values().filter(|post| post.language == language);
    let falls_back = language.checked_sub(1).is_some_and(|index| config.languages[index].fallback);
    if !falls_back {
        return own.cloned().collect();
    }
    let translated: BTreeSet<&str> = own.clone().map(|post| post.shared_name()).collect();
    let listed = all.values().filter(|post| {
        post.language == 0
            && post.hidden.is_none()
            && matches!(post.kind, Kind::Post | Kind::Page)
            && !post.is_not_found()
            && !translated.contains(post.shared_name())
    });
    own.chain(listed).cloned().collect()
}

/// Returns the posts of all other languages.
fn beside(all: &BTreeMap<SourcePath, Arc<Post>>, language: usize) -> Vec<Arc<Post>> {
    match language {
        0 => all.values().filter(|post| post.language != 0).cloned().collect(),
        // Only the first edition places the files beside posts.
        _ => Vec::new(),
    }
}

/// Returns what an edition has to take in to have these posts.
fn difference(edition: &Library, wanted: &[Arc<Post>]) -> Edit {
    let known: BTreeMap<&SourcePath, &Arc<Post>> =
        edition.posts.iter().chain(edition.hidden.iter()).map(|post| (&post.source, post)).collect();
    let sources: BTreeSet<&SourcePath> = wanted.iter().map(|post| &post.source).collect();
    let is_known = |post: &&Arc<Post>| known.get(&post.source).is_some_and(|known| Arc::ptr_eq(known, post));
    Edit {
        gone: known.keys().filter(|source| !sources.contains(*source)).map(|source| (*source).clone()).collect(),
        fresh: wanted.iter().filter(|post| !is_known(post)).cloned().collect(),
    }
}

/// Joins the libraries of all languages.
fn together(config: &Config, sources: &Sources, mut editions: Vec<Library>) -> Result<Library, Vec<Diagnostic>> {
    let (assets, pictures) = (Arc::clone(&editions[0].assets), Arc::clone(&editions[0].pictures));
    let mut abroad = Layer::new();
    let mut in_sitemap = 0;
    for (language, edition) in editions.iter_mut().enumerate() {
        for (route, page) in edition.routes.own() {
            in_sitemap += usize::from(edition.is_in_sitemap(route, page));
            if language > 0 {
                abroad.insert(route.clone(), Page::Abroad(language, Box::new(page.clone())));
            }
        }
        edition.assets = Arc::clone(&assets);
        edition.pictures = Arc::clone(&pictures);
    }
    let problems = collisions(config, sources, &editions);
    if !problems.is_empty() {
        return Err(problems);
    }
    // The sitemap is of all languages, and split when they are too many together.
    for part in (1..=in_sitemap.div_ceil(arrange::SITEMAP)).filter(|_| in_sitemap > arrange::SITEMAP) {
        let route = Route::new(format!("/sitemap-{part}.xml")).expect("a constant address and a number");
        if editions[0].routes.get(&route).is_none() {
            abroad.insert(route, Page::Sitemap(Some(part)));
        }
    }
    let mut main = editions[0].clone();
    main.routes.abroad = Arc::new(abroad);
    main.editions = Arc::new(editions);
    Ok(main)
}

/// Returns the addresses that more than one language wants, or that cannot stand side by side.
fn collisions(config: &Config, sources: &Sources, editions: &[Library]) -> Vec<Diagnostic> {
    let mut files: HashMap<String, (usize, &Route, &Page)> = HashMap::new();
    let mut problems = Vec::new();
    let mut clash = |one: (usize, &Route, &Page), other: (usize, &Route, &Page)| {
        let place =
            |(language, route, page): (usize, &Route, &Page)| advice::owner(sources, &editions[language], route, page);
        let what = |one: (usize, &Route, &Page)| match place(one).file.as_str() {
            crate::config::FILE => format!("a page of the language `{}`", config.tag(one.0)),
            file => format!("`{file}`"),
        };
        let message =
            format!("{} at `{}` and {} at `{}` cannot stand side by side", what(one), one.1, what(other), other.1);
        let at = if place(other).file == crate::config::FILE { place(one) } else { place(other) };
        let problem = Diagnostic::error("route/collision", message).at(at);
        problems.push(problem.hint("give one of them another `slug`, `path` or name"));
    };
    for (language, edition) in editions.iter().enumerate() {
        for (route, page) in edition.routes.own() {
            match files.get(&folded(route)) {
                Some(other) if other.0 != language => clash(*other, (language, route, page)),
                Some(_) => {}
                None => {
                    files.insert(folded(route), (language, route, page));
                }
            }
        }
    }
    let mut below: Vec<(&String, &(usize, &Route, &Page))> = files.iter().collect();
    below.sort_by_key(|(path, _)| *path);
    for (path, entry) in below {
        for (at, _) in path.match_indices('/') {
            if let Some(other) = files.get(&path[..at]).filter(|other| other.0 != entry.0) {
                clash(*other, *entry);
            }
        }
    }
    problems
}

impl Library {
    /// Returns where the same stands in the other languages, and in this one: language and address, in their order.
    /// Nothing where no other language has it.
    pub fn translations(&self, all: &[Library], config: &Config, page: &Page) -> Vec<(usize, Route)> {
        let same = all
            .iter()
            .enumerate()
            .filter_map(|(language, edition)| Some((language, self.in_edition(config, page, language, edition)?)));
        let found: Vec<(usize, Route)> = same.collect();
        if found.len() > 1 { found } else { Vec::new() }
    }

    /// Returns where the same stands in one language.
    fn in_edition(&self, config: &Config, page: &Page, language: usize, edition: &Library) -> Option<Route> {
        let standing = |route: Route, wanted: &dyn Fn(&Page) -> bool| {
            edition.routes.get(&route).is_some_and(wanted).then_some(route)
        };
        let home = |path: String| Route::new(format!("{}{path}", config.prefix_of(language))).ok();
        match page {
            Page::Post(id) => {
                let name = self.post(*id).shared_name();
                let tag = if language == 0 { String::new() } else { format!(".{}", config.tag(language)) };
                let found = ["md", "markdown"]
                    .iter()
                    .find_map(|ending| edition.find(&SourcePath::new(format!("{name}{tag}.{ending}"))))?;
                Some(edition.route(found).clone())
            }
            Page::Home(pager) if pager.number == 1 => home("/".to_owned()),
            Page::Section(name, pager) if pager.number == 1 => {
                edition.sections.get(name).map(|section| edition.route(section.index).clone())
            }
            Page::Taxonomy(number) => {
                let route = edition.taxonomies.get(*number)?.route.clone();
                standing(route, &|found| matches!(found, Page::Taxonomy(_)))
            }
            Page::Term(taxonomy, term, pager) if pager.number == 1 => {
                let slug = &self.taxonomies.get(*taxonomy)?.terms.get(*term)?.slug;
                let term = edition.taxonomies.get(*taxonomy)?.terms.iter().find(|term| term.slug == *slug)?;
                standing(term.route.clone(), &|found| matches!(found, Page::Term(..)))
            }
            Page::Archive(year, month) => {
                let path = match (year, month) {
                    (Some(year), Some(month)) => format!("/{year:04}/{month:02}/"),
                    (Some(year), None) => format!("/{year:04}/"),
                    (None, _) => "/archive/".to_owned(),
                };
                standing(home(path)?, &|found| matches!(found, Page::Archive(..)))
            }
            _ => None,
        }
    }
}
