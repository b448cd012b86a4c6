//! Arranges a library again after an edit: lists are not sorted anew, addresses not gathered anew.
//!
//! Gives the very library that a whole arrangement would give, which a test of random edits makes sure of. Where an edit
//! could change more than its own places (an `_index.md`, a bundle's files, two posts at one address), the whole
//! arrangement decides.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::index::{Crowd, Index, is_particular, month_of, positions};
use super::registry::folded;
use super::routes::{Layer, Routes};
use super::{Library, Page, PostId, Section, address, arrange, editions, lists, series, taxonomy};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::paths::{Route, SourcePath};
use crate::post::{Kind, Post};
use crate::source::Sources;

/// How far apart the timestamps of two posts of one day can be, in seconds: 26 hours of zones, and the day itself.
const DAY: i64 = (26 + 24) * 60 * 60;

/// How many posts are put into their places one by one; more of them are sorted faster all together.
const FEW: usize = 64;

/// What became of some posts.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The sources of posts that are no longer there.
    pub gone: Vec<SourcePath>,
    /// Posts that are new, or that take the place of the one from the same source.
    pub fresh: Vec<Arc<Post>>,
}

impl Edit {
    /// Returns the sources of all posts that the edit touches.
    fn sources(&self) -> impl Iterator<Item = &SourcePath> {
        self.gone.iter().chain(self.fresh.iter().map(|post| &post.source))
    }
}

/// Arranges the posts of a site whose settings, co-located and static files are those of `before`.
pub fn arrange_again(
    config: &Config,
    sources: &Sources,
    before: &Library,
    edit: &Edit,
) -> Result<Library, Vec<Diagnostic>> {
    if !config.languages.is_empty() {
        return editions::arrange_again(config, sources, before, edit);
    }
    one(config, sources, before, edit, &[])
}

/// Arranges the posts of one language again.
pub(super) fn one(
    config: &Config,
    sources: &Sources,
    before: &Library,
    edit: &Edit,
    others: &[Arc<Post>],
) -> Result<Library, Vec<Diagnostic>> {
    if let Some(library) = same_order(before, edit).or_else(|| moved(config, before, edit)) {
        return Ok(library);
    }
    let edited: BTreeSet<&SourcePath> = edit.sources().collect();
    let kept = before.posts.iter().chain(before.hidden.iter()).filter(|post| !edited.contains(&post.source)).cloned();
    arrange::one(config, sources, kept.chain(edit.fresh.iter().cloned()).collect(), others)
}

/// Handles an edit of texts alone: no list and no address knows of it.
fn same_order(before: &Library, edit: &Edit) -> Option<Library> {
    if !edit.gone.is_empty() {
        return None;
    }
    let mut posts = Vec::clone(&before.posts);
    for fresh in &edit.fresh {
        let id = before.find(&fresh.source)?;
        let Post { kind, language, section, stem, front, assets, hidden, row, .. } = &*posts[id.0];
        let is_same = *kind == fresh.kind
            && *language == fresh.language
            && *section == fresh.section
            && *stem == fresh.stem
            && *front == fresh.front
            // Two times that are one instant may be two days.
            && posts[id.0].day() == fresh.day()
            && *assets == fresh.assets
            && *hidden == fresh.hidden
            // The address of a row may stand in any of its columns.
            && row.is_none()
            && fresh.row.is_none();
        if !is_same {
            return None;
        }
        posts[id.0] = Arc::clone(fresh);
    }
    Some(Library { posts: Arc::new(posts), ..before.clone() })
}

/// What became of the places of posts.
pub(super) struct Moves<'a> {
    /// The posts after the edit.
    pub(super) posts: &'a [Arc<Post>],
    /// The posts as they were that are gone or were replaced.
    pub(super) gone: Vec<&'a Post>,
    /// The posts that are new or were replaced.
    pub(super) fresh: Vec<PostId>,
    /// The new place of each old one, if it is the same post.
    places: Vec<Option<PostId>>,
}

impl Moves<'_> {
    /// Returns an ordered list after the edit.
    pub(super) fn merged(
        &self,
        list: &[PostId],
        fresh: Vec<PostId>,
        order: impl Fn(PostId, PostId) -> Ordering,
    ) -> Vec<PostId> {
        let mut merged: Vec<PostId> = list.iter().filter_map(|id| self.places[id.0]).collect();
        for id in fresh {
            // The same post twice, if it names a term twice.
            if let Err(at) = merged.binary_search_by(|other| order(*other, id)) {
                merged.insert(at, id);
            }
        }
        merged
    }

    /// Returns what is known of each post, moved to its new place; nothing for fresh ones.
    fn carried<T: Clone + Default>(&self, known: &[T]) -> Vec<T> {
        let mut carried = vec![T::default(); self.posts.len()];
        for (value, place) in known.iter().zip(&self.places) {
            if let Some(place) = place {
                carried[place.0] = value.clone();
            }
        }
        carried
    }
}

/// Handles edits that move posts within lists, add them or take them away.
fn moved(config: &Config, before: &Library, edit: &Edit) -> Option<Library> {
    let before_edit = |source: &SourcePath| {
        let hidden = || before.hidden.iter().find(|post| post.source == *source).map(|post| &**post);
        before.find(source).map(|id| before.post(id)).or_else(hidden)
    };
    let mut touched = edit.sources().filter_map(before_edit).chain(edit.fresh.iter().map(|post| &**post));
    if edit.sources().count() > FEW || !touched.all(stands_alone) {
        return None;
    }
    let (posts, hidden) = edited(before, edit);
    let moves = moves(before, &posts);
    let newest_of =
        |ids: &[PostId]| ids.iter().copied().filter(|id| posts[id.0].kind == Kind::Post).collect::<Vec<_>>();
    let newest =
        moves.merged(&before.newest, newest_of(&moves.fresh), |one, other| lists::by_newest(&posts, one, other));
    let mut months = moves.carried(&before.index.months);
    for id in &moves.fresh {
        months[id.0] = month_of(config, &posts[id.0]);
    }
    let groups = config.taxonomies.iter().zip(&before.index.groups);
    let index = Index {
        positions: positions(posts.len(), &newest),
        months,
        groups: groups.map(|(rule, groups)| taxonomy::gather_again(rule, groups, &moves)).collect(),
        terms: before.index.terms.iter().filter_map(|id| moves.places[id.0]).collect(),
        particular: moves.merged(
            &before.index.particular,
            moves.fresh.iter().copied().filter(|id| is_particular(&posts[id.0])).collect(),
            |one, other| one.cmp(&other),
        ),
        crowd: std::sync::OnceLock::new(),
        names: std::sync::OnceLock::new(),
    };
    let mut problems = Vec::new();
    let taxonomies = taxonomy::arrange(config, &posts, &index, &mut problems);
    series::same_index(&posts, &taxonomies, &mut problems);
    let mut routes_of = moves.carried(&before.routes_of.iter().cloned().map(Some).collect::<Vec<_>>());
    for id in &moves.fresh {
        routes_of[id.0] = Some(address::of(config, &posts[id.0]).ok()?);
    }
    let mut routes_of: Vec<Route> = routes_of.into_iter().collect::<Option<_>>()?;
    arrange::place_indexes(&taxonomies, &mut routes_of);
    if !problems.is_empty() || shares_a_feed_id(before.language, &posts, &newest, &moves.fresh) {
        return None;
    }
    let stays = keeps_addresses(before, &moves, &routes_of);
    let mut library = Library {
        sections: Arc::new(sections(before, &moves)?),
        archive: Arc::new(lists::archive(&newest, &index)),
        assets: Arc::clone(&before.assets),
        pictures: Arc::clone(&before.pictures),
        routes: before.routes.clone(),
        routes_of: Arc::new(routes_of),
        posts: Arc::default(),
        hidden: Arc::new(hidden),
        newest: Arc::new(newest),
        taxonomies: Arc::new(taxonomies),
        editions: Arc::default(),
        language: before.language,
        index: Arc::new(index),
    };
    // Which feeds a further language has depends on which posts are its own.
    if stays && before.language == 0 && lists_of(before) == lists_of(&library) {
        drop(moves);
        library.posts = Arc::new(posts);
        if let Some(crowd) = before.index.crowd.get() {
            let _ = library.index.crowd.set(Arc::clone(crowd));
        }
        return Some(library);
    }
    let crowd = Arc::clone(before.index.crowd.get_or_init(|| Arc::new(Crowd::of(config, before))));
    let crowd = match stays {
        true => crowd,
        false => {
            let (sourced, crowd) = sourced(before, &moves, &library.routes_of, &crowd)?;
            library.routes.sourced = Arc::new(sourced);
            Arc::new(crowd)
        }
    };
    drop(moves);
    library.posts = Arc::new(posts);
    library.routes.made = arrange::made(config, &library, &crowd.taken, crowd.in_sitemap)?.made;
    let _ = library.index.crowd.set(crowd);
    Some(library)
}

/// Returns whether every post that was edited stands where it stood, and under the same other addresses.
fn keeps_addresses(before: &Library, moves: &Moves<'_>, routes_of: &[Route]) -> bool {
    let is_same = |id: &PostId| {
        let Some(old) = before.posts.get(id.0) else { return false };
        let (new, route) = (&moves.posts[id.0], &routes_of[id.0]);
        let is_listed = |post: &Post| !post.front.noindex && post.front.canonical.is_none();
        old.source == new.source
            && before.routes_of[id.0] == *route
            && old.front.aliases == new.front.aliases
            && is_listed(old) == is_listed(new)
    };
    moves.gone.len() == moves.fresh.len() && moves.fresh.iter().all(is_same)
}

/// Returns all that the addresses of lists depend on: which there are, and how long they are.
fn lists_of(library: &Library) -> impl PartialEq {
    let sections: Vec<_> =
        library.sections.iter().map(|(name, section)| (name.clone(), section.index, section.pages.len())).collect();
    let terms = library.taxonomies.iter().flat_map(|taxonomy| {
        let own = (taxonomy.route.clone(), taxonomy.index, taxonomy.terms.len());
        let terms = taxonomy.terms.iter().map(|term| (term.route.clone(), term.index, term.posts.len()));
        std::iter::once(own).chain(terms)
    });
    let months = library.archive.iter().flat_map(|year| year.months.iter().map(|month| (year.year, month.month)));
    (library.newest.len(), sections, terms.collect::<Vec<_>>(), months.collect::<Vec<_>>())
}

/// Returns the posts after an edit, and the hidden ones.
fn edited(before: &Library, edit: &Edit) -> (Vec<Arc<Post>>, Vec<Arc<Post>>) {
    let (mut posts, mut hidden) = (Vec::clone(&before.posts), Vec::clone(&before.hidden));
    let at = |list: &[Arc<Post>], source: &SourcePath| list.binary_search_by(|post| post.source.cmp(source));
    for source in edit.sources() {
        for list in [&mut posts, &mut hidden] {
            if let Ok(place) = at(list, source) {
                list.remove(place);
            }
        }
    }
    for post in &edit.fresh {
        let list = if post.hidden.is_some() { &mut hidden } else { &mut posts };
        if let Err(place) = at(list, &post.source) {
            list.insert(place, Arc::clone(post));
        }
    }
    (posts, hidden)
}

/// Finds out which posts are the same, walking both lists side by side.
fn moves<'a>(before: &'a Library, posts: &'a [Arc<Post>]) -> Moves<'a> {
    let mut moves =
        Moves { posts, gone: Vec::new(), fresh: Vec::new(), places: Vec::with_capacity(before.posts.len()) };
    let mut at = 0;
    for old in before.posts.iter() {
        while posts.get(at).is_some_and(|new| !Arc::ptr_eq(new, old) && new.source < old.source) {
            moves.fresh.push(PostId(at));
            at += 1;
        }
        match posts.get(at) {
            Some(new) if Arc::ptr_eq(new, old) => {
                moves.places.push(Some(PostId(at)));
                at += 1;
            }
            Some(new) if new.source == old.source => {
                moves.places.push(None);
                moves.gone.push(old);
                moves.fresh.push(PostId(at));
                at += 1;
            }
            _ => {
                moves.places.push(None);
                moves.gone.push(old);
            }
        }
    }
    moves.fresh.extend((at..posts.len()).map(PostId));
    moves
}

/// Returns whether a post decides on nothing but its own places.
fn stands_alone(post: &Post) -> bool {
    matches!(post.kind, Kind::Post | Kind::Page) && post.assets.is_empty() && !post.is_not_found() && !post.is_bundle()
}

/// Returns the sections after an edit that changes none of their `_index.md`.
fn sections(before: &Library, moves: &Moves<'_>) -> Option<BTreeMap<String, Section>> {
    let mut fresh: BTreeMap<&str, Vec<PostId>> = BTreeMap::new();
    for &id in &moves.fresh {
        if let Some(name) = lists::section_of(&before.sections, &moves.posts[id.0]) {
            fresh.entry(name).or_default().push(id);
        }
    }
    let sections = before.sections.iter().map(|(name, section)| {
        let fresh = fresh.remove(name.as_str()).unwrap_or_default();
        let pages = moves.merged(&section.pages, fresh, |one, other| lists::in_section(moves.posts, one, other));
        Some((name.clone(), Section { index: moves.places[section.index.0]?, pages }))
    });
    sections.collect()
}

/// Returns the addresses that have a source, and their count; nothing if two of them could be confused.
fn sourced(before: &Library, moves: &Moves<'_>, routes_of: &[Route], crowd: &Crowd) -> Option<(Layer, Crowd)> {
    let mut crowd = crowd.clone();
    let Routes { sourced, .. } = &before.routes;
    let mut gone: Vec<&Route> = Vec::new();
    for post in moves.gone.iter().filter(|post| post.language == before.language) {
        let route = before.route(before.find(&post.source)?);
        gone.push(route);
        crowd.in_sitemap -= usize::from(before.is_in_sitemap(route, sourced.get(route)?));
        // An alias that is written twice, or in two ways that a file system confuses, stands once.
        let mut aliases: Vec<&Route> =
            post.front.aliases.iter().filter(|alias| matches!(sourced.get(alias), Some(Page::Alias(_)))).collect();
        aliases.sort();
        aliases.dedup();
        gone.extend(aliases);
    }
    for route in &gone {
        crowd.taken.remove(route);
    }
    gone.sort();
    let kept = sourced.iter().filter(|(route, _)| gone.binary_search(route).is_err());
    let mut layer: Layer = kept
        .map(|(route, page)| {
            let page = match page {
                Page::Post(id) => Page::Post(moves.places[id.0]?),
                other => other.clone(),
            };
            Some((route.clone(), page))
        })
        .collect::<Option<_>>()?;
    for &id in moves.fresh.iter().filter(|id| moves.posts[id.0].language == before.language) {
        let mut claims = vec![(routes_of[id.0].clone(), Page::Post(id))];
        for alias in &moves.posts[id.0].front.aliases {
            if claims.iter().skip(1).all(|(route, _)| folded(route) != folded(alias)) {
                claims.push((alias.clone(), Page::Alias(routes_of[id.0].clone())));
            }
        }
        for (route, page) in claims {
            if crowd.taken.refuses(&folded(&route)) {
                return None;
            }
            crowd.taken.add(&route);
            layer.insert(route, page);
        }
        let front = &moves.posts[id.0].front;
        let is_listed = !front.noindex && front.canonical.is_none() && routes_of[id.0].as_str() != "/404.html";
        crowd.in_sitemap += usize::from(is_listed);
    }
    Some((layer, crowd))
}

/// Returns whether a fresh post may have the feed id of another one: the same stem on the same day, or an id of its own.
fn shares_a_feed_id(language: usize, posts: &[Arc<Post>], newest: &[PostId], fresh: &[PostId]) -> bool {
    let second = |id: &PostId| posts[id.0].front.date.as_ref().map(|date| date.timestamp().as_second());
    fresh.iter().filter(|id| posts[id.0].kind == Kind::Post && posts[id.0].language == language).any(|id| {
        let post = &posts[id.0];
        let Some(time) = second(id).filter(|_| post.front.id.is_none()) else { return true };
        let first = newest.partition_point(|other| second(other).is_some_and(|other| other > time + DAY));
        let near = newest[first..].iter().take_while(|other| second(other).is_some_and(|other| other >= time - DAY));
        near.filter(|other| *other != id).any(|other| {
            let other = &posts[other.0];
            other.front.id.is_none()
                && other.language == language
                && other.stem == post.stem
                && other.day() == post.day()
        })
    })
}

#[cfg(test)]
mod tests;
