//! Gathers every address of the site, and finds those that cannot stand side by side.

use std::collections::HashMap;

use super::index::Taken;
use super::reserved::reserved;
use super::routes::Layer;
use super::{Library, Page, PostId, Routes};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::Route;
use crate::post::Post;

/// Who wants an address.
#[derive(Debug, Clone)]
pub(super) enum Owner {
    /// The post or page that stands there.
    Post(PostId),
    /// One of its aliases.
    Alias(PostId, usize),
    /// A file that is copied, by its source.
    File(String),
    /// What the engine makes, in words: `the archive of 2026`.
    Made(String),
    /// What a line of site.toml asks for, in words, and where it stands.
    Setting(String, Place),
}

struct Entry {
    route: Route,
    page: Page,
    owner: Owner,
}

/// The addresses so far.
#[derive(Default)]
pub(super) struct Registry<'t> {
    entries: Vec<Entry>,
    /// The entry of each file that will be written, by what file systems may confuse.
    files: HashMap<String, usize>,
    clashes: Vec<(usize, Entry)>,
    /// What stands already and is not claimed again: what file systems may confuse, and the addresses as they are.
    taken: Option<(&'t Taken, &'t Layer)>,
    /// Whether something that was claimed cannot stand beside what is taken.
    crowded: bool,
}

impl<'t> Registry<'t> {
    /// Starts beside addresses that are taken already.
    pub(super) fn beside(taken: &'t Taken, sourced: &'t Layer) -> Self {
        Registry { taken: Some((taken, sourced)), ..Registry::default() }
    }

    /// Claims an address.
    pub(super) fn claim(&mut self, route: Route, page: Page, owner: Owner) {
        let folded = folded(&route);
        self.crowded |= self.taken.is_some_and(|(taken, _)| taken.refuses(&folded));
        let entry = Entry { route, page, owner };
        match self.files.get(&folded) {
            // The same alias twice in one post is harmless.
            Some(&index) if is_repeated(&self.entries[index].owner, &entry.owner) => {}
            Some(&index) => self.clashes.push((index, entry)),
            None => {
                self.files.insert(folded, self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    /// Claims an address for something that the engine makes only if nobody else stands there. What stands at an address that
    /// differs in case alone takes its place only on some file systems, and is a collision.
    pub(super) fn offer(&mut self, route: Route, page: Page, what: &str) {
        let folded = folded(&route);
        if let Some((taken, sourced)) = self.taken
            && taken.has_file(&folded)
        {
            self.crowded |= !sourced.contains_key(&route);
            return;
        }
        if self.files.get(&folded).is_none_or(|&index| self.entries[index].route != route) {
            self.claim(route, page, Owner::Made(what.to_owned()));
        }
    }

    /// Claims the sitemap's parts, if it is longer than one may be; `others` is the number of pages in it that are not
    /// claimed here.
    pub(super) fn sitemaps(&mut self, library: &Library, others: usize, longest: usize) {
        let claimed = self.entries.iter().filter(|entry| library.is_in_sitemap(&entry.route, &entry.page)).count();
        let count = claimed + others;
        for part in (1..=count.div_ceil(longest)).filter(|_| count > longest) {
            let route = Route::new(format!("/sitemap-{part}.xml")).expect("a constant address and a number");
            self.claim(route, Page::Sitemap(Some(part)), Owner::Made(format!("part {part} of the sitemap")));
        }
    }

    /// Returns the addresses, after reporting those that clash.
    pub(super) fn finish(mut self, config: &Config, library: &Library, problems: &mut Vec<Diagnostic>) -> Routes {
        for one in reserved(config) {
            // One file of a folder tells it.
            let entry = self.entries.iter().find(|entry| one.refuses(&folded(&entry.route)));
            problems.extend(entry.map(|entry| {
                let who = describe(library, &entry.owner);
                one.problem(config, &entry.route, &who, place(library, &entry.owner))
            }));
        }
        for (index, entry) in std::mem::take(&mut self.clashes) {
            problems.push(self.collision(library, &self.entries[index], &entry));
        }
        for entry in &self.entries {
            let file = folded(&entry.route);
            for (at, _) in file.match_indices('/') {
                if let Some(&index) = self.files.get(&file[..at]) {
                    problems.push(self.collision(library, &self.entries[index], entry));
                }
            }
        }
        Routes::new(self.entries.into_iter().map(|entry| (entry.route, entry.page)))
    }

    /// Returns the addresses, if all of them can stand side by side.
    pub(super) fn finish_quietly(self, config: &Config, library: &Library) -> Option<Routes> {
        let mut problems = Vec::new();
        let is_crowded = self.crowded;
        let routes = self.finish(config, library, &mut problems);
        (!is_crowded && problems.is_empty()).then_some(routes)
    }

    fn collision(&self, library: &Library, one: &Entry, other: &Entry) -> Diagnostic {
        let (first, second) = (describe(library, &one.owner), describe(library, &other.owner));
        if let (Owner::Post(post), Owner::Alias(of, _)) = (&one.owner, &other.owner)
            && post == of
        {
            let message = format!("the alias `{}` is the post's own address", other.route);
            return Diagnostic::error("route/alias-self", message).at(place(library, &other.owner)).hint("take it out");
        }
        let message = match one.route == other.route {
            true => format!("{first} and {second} want the same address `{}`", one.route),
            false => format!(
                "{first} at `{}` and {second} at `{}` cannot stand side by side on every file system",
                one.route, other.route
            ),
        };
        // The place is the one that the user can change more easily: the later, unless the engine makes it.
        let owner = if matches!(other.owner, Owner::Made(_)) { &one.owner } else { &other.owner };
        let diagnostic = Diagnostic::error("route/collision", message).at(place(library, owner));
        diagnostic.hint("give one of them another `slug`, `path` or name")
    }
}

fn is_repeated(one: &Owner, other: &Owner) -> bool {
    matches!((one, other), (Owner::Alias(first, _), Owner::Alias(second, _)) if first == second)
}

/// Returns what two addresses share when some file system cannot tell them apart.
pub(super) fn folded(route: &Route) -> String {
    match route.as_str().is_ascii() {
        true => {
            let mut path = route.as_str()[1..].to_ascii_lowercase();
            if path.is_empty() || path.ends_with('/') {
                path.push_str("index.html");
            }
            path
        }
        false => route.folded(),
    }
}

fn describe(library: &Library, owner: &Owner) -> String {
    let source = |id: &PostId| library.posts[id.0].source.clone();
    match owner {
        Owner::Post(id) => format!("`{}`", source(id)),
        Owner::Alias(id, _) => format!("an alias of `{}`", source(id)),
        Owner::File(source) => format!("the file `{source}`"),
        Owner::Made(what) | Owner::Setting(what, _) => what.clone(),
    }
}

fn place(library: &Library, owner: &Owner) -> Place {
    match owner {
        Owner::Post(id) => address_of(&library.posts[id.0]),
        Owner::Alias(id, index) => library.posts[id.0].place(&format!("aliases.{index}")),
        Owner::File(source) => Place::file(source),
        Owner::Made(_) => Place::file(crate::config::FILE),
        Owner::Setting(_, place) => place.clone(),
    }
}

/// Returns where a post's front matter decides on its address.
pub(super) fn address_of(post: &Post) -> Place {
    if let Some(row) = &post.row {
        let column = row.rule.path.columns().find(|column| row.text_of(column).is_some());
        return row.place(column.unwrap_or("title"));
    }
    let key = ["path", "permalink", "slug", "title"].into_iter().find(|key| post.front.spans.contains_key(*key));
    post.place(key.unwrap_or("title"))
}
