//! What an arrangement finds out on the way, kept so that the next one after an edit need not find it out again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::names::Names;
use super::registry::folded;
use super::reserved::reserved;
use super::routes::{Layer, Routes};
use super::{Library, PostId};
use crate::config::Config;
use crate::paths::Route;
use crate::post::{Kind, Post};

pub(super) use super::taxonomy::Groups;

/// What is known of the order of posts beside the lists themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// The place of each dated post among the newest.
    pub(super) positions: Vec<Option<u32>>,
    /// The year and month of each dated post, in the site's zone.
    pub(super) months: Vec<Option<(i16, i8)>>,
    /// What the terms of each taxonomy are made of.
    pub(super) groups: Vec<Groups>,
    /// The `_index.md` of taxonomies and terms.
    pub(super) terms: Vec<PostId>,
    /// The posts that ask for a template, or for a feed id, of their own.
    pub(super) particular: Vec<PostId>,
    /// What no further address may be confused with; found when it is first needed.
    pub(super) crowd: OnceLock<Arc<Crowd>>,
    /// The posts by what they can be called; found when it is first needed.
    pub(super) names: OnceLock<Names>,
}

/// The addresses that have a source, counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd {
    pub(super) taken: Taken,
    /// How many of them the sitemap names.
    pub(super) in_sitemap: usize,
}

impl Index {
    pub(super) fn new(config: &Config, posts: &[Arc<Post>], newest: &[PostId], groups: Vec<Groups>) -> Self {
        Index {
            positions: positions(posts.len(), newest),
            months: posts.par_iter().map(|post| month_of(config, post)).collect(),
            groups,
            terms: (0..posts.len()).map(PostId).filter(|id| posts[id.0].kind == Kind::Term).collect(),
            particular: (0..posts.len()).map(PostId).filter(|id| is_particular(&posts[id.0])).collect(),
            crowd: OnceLock::new(),
            names: OnceLock::new(),
        }
    }
}

/// Returns whether a post asks for a template, or for a feed id, of its own.
pub(super) fn is_particular(post: &Post) -> bool {
    post.front.template.is_some() || post.front.id.is_some()
}

/// Returns the place of each post among the newest.
pub(super) fn positions(posts: usize, newest: &[PostId]) -> Vec<Option<u32>> {
    let mut positions = vec![None; posts];
    for (position, id) in newest.iter().enumerate() {
        positions[id.0] = u32::try_from(position).ok();
    }
    positions
}

/// Returns the year and month of a dated post in the site's zone.
pub(super) fn month_of(config: &Config, post: &Post) -> Option<(i16, i8)> {
    let date = post.front.date.as_ref().filter(|_| post.kind == Kind::Post)?;
    let day = date.timestamp().to_zoned(config.timezone.clone()).date();
    Some((day.year(), day.month()))
}

/// Which files and folders stand already, by the digest of what file systems may confuse. A digest that two paths share
/// is taken for a collision, after which a whole arrangement decides.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    files: HashMap<u64, u32>,
    folders: HashMap<u64, u32>,
}

fn digest(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// Returns the folders that a path lies in.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

impl Taken {
    /// Takes an address.
    pub(super) fn add(&mut self, route: &Route) {
        let path = folded(route);
        *self.files.entry(digest(&path)).or_default() += 1;
        for folder in folders(&path) {
            *self.folders.entry(digest(folder)).or_default() += 1;
        }
    }

    /// Gives an address back.
    pub(super) fn remove(&mut self, route: &Route) {
        let path = folded(route);
        release(&mut self.files, &path);
        for folder in folders(&path) {
            release(&mut self.folders, folder);
        }
    }

    /// Returns whether a file stands at a folded path.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(&digest(path))
    }

    /// Returns whether a file at a folded path could not stand beside what is taken.
    pub(super) fn refuses(&self, path: &str) -> bool {
        self.has_file(path)
            || self.folders.contains_key(&digest(path))
            || folders(path).any(|folder| self.has_file(folder))
    }
}

fn release(counts: &mut HashMap<u64, u32>, path: &str) {
    let digest = digest(path);
    match counts.get_mut(&digest) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(&digest);
        }
    }
}

impl Crowd {
    /// Counts the addresses of a library that have a source.
    pub(super) fn of(config: &Config, library: &Library) -> Self {
        let mut crowd = Crowd::default();
        for kept in reserved(config) {
            crowd.taken.add(&Route::new(format!("/{}", kept.path)).expect("a constant address"));
        }
        let Routes { sourced, .. } = &library.routes;
        let sourced: &Layer = sourced;
        for (route, page) in sourced {
            crowd.taken.add(route);
            crowd.in_sitemap += usize::from(library.is_in_sitemap(route, page));
        }
        crowd
    }
}
