//! Groups posts by their terms.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::again::Moves;
use super::index::Index;
use super::lists::by_newest;
use super::{PostId, Taxonomy, Term, slugify};
use crate::config::{Config, TaxonomyRule};
use crate::diagnostic::Diagnostic;
use crate::paths::Route;
use crate::post::{Kind, Post};

/// A term while its posts are gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gathered {
    /// How often it is written in which way.
    spellings: BTreeMap<String, usize>,
    /// Its posts, newest first.
    posts: Vec<PostId>,
    index: Option<PostId>,
}

/// The posts of one taxonomy's terms, by what the spellings of a term share.
pub(super) type Groups = BTreeMap<String, Gathered>;

/// Returns every taxonomy with its terms; posts come in the order of `newest`.
pub(super) fn arrange(
    config: &Config,
    posts: &[Arc<Post>],
    index: &Index,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Taxonomy> {
    let rules = config.taxonomies.iter().zip(&index.groups);
    rules
        .map(|(rule, groups)| Grouping { rule, posts, problems: &mut *problems }.taxonomy(groups.clone(), &index.terms))
        .collect()
}

/// Gathers the posts of each term of a taxonomy.
pub(super) fn gather(rule: &TaxonomyRule, posts: &[Arc<Post>], newest: &[PostId]) -> Groups {
    // Each spelling is folded once, however many posts use it.
    let mut group_of: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(String, Gathered)> = Vec::new();
    let mut group_by_key: HashMap<String, usize> = HashMap::new();
    for &id in newest {
        for term in terms_of(rule, &posts[id.0]) {
            let group = *group_of.entry(term).or_insert_with(|| {
                let key = folded(term);
                *group_by_key.entry(key.clone()).or_insert_with(|| {
                    groups.push((key, Gathered::default()));
                    groups.len() - 1
                })
            });
            groups[group].1.add(term, id);
        }
    }
    groups.into_iter().collect()
}

/// Gathers the posts again after an edit: `before` are those that were there, and what became of them.
pub(super) fn gather_again(rule: &TaxonomyRule, groups: &Groups, moves: &Moves<'_>) -> Groups {
    let mut groups = groups.clone();
    for post in &moves.gone {
        for term in terms_of(rule, post).filter(|_| post.kind == Kind::Post) {
            if let Some(group) = groups.get_mut(&folded(term))
                && let Some(count) = group.spellings.get_mut(term)
            {
                *count -= 1;
                group.spellings.retain(|_, count| *count > 0);
            }
        }
    }
    let mut fresh: BTreeMap<String, Vec<PostId>> = BTreeMap::new();
    for &id in moves.fresh.iter().filter(|id| moves.posts[id.0].kind == Kind::Post) {
        for term in terms_of(rule, &moves.posts[id.0]) {
            let key = folded(term);
            *groups.entry(key.clone()).or_default().spellings.entry(term.to_owned()).or_default() += 1;
            fresh.entry(key).or_default().push(id);
        }
    }
    for (key, group) in &mut groups {
        let fresh = fresh.remove(key).unwrap_or_default();
        group.posts = moves.merged(&group.posts, fresh, |one, other| by_newest(moves.posts, one, other));
    }
    groups.retain(|_, group| !group.posts.is_empty());
    groups
}

/// Returns the terms of a post as it names them.
fn terms_of<'p>(rule: &TaxonomyRule, post: &'p Post) -> impl Iterator<Item = &'p str> {
    post.front.terms.get(&rule.name).into_iter().flatten().map(String::as_str)
}

impl Gathered {
    /// Adds a post that names the term in this way.
    fn add(&mut self, term: &str, id: PostId) {
        match self.spellings.get_mut(term) {
            Some(count) => *count += 1,
            None => {
                self.spellings.insert(term.to_owned(), 1);
            }
        }
        // The same term twice in one post.
        if self.posts.last() != Some(&id) {
            self.posts.push(id);
        }
    }
}

/// Returns what two spellings of a term share.
pub(super) fn folded(term: &str) -> String {
    match term.is_ascii() {
        true => term.to_ascii_lowercase(),
        false => term.nfc().flat_map(char::to_lowercase).nfc().collect(),
    }
}

struct Grouping<'a> {
    rule: &'a TaxonomyRule,
    posts: &'a [Arc<Post>],
    problems: &'a mut Vec<Diagnostic>,
}

impl Grouping<'_> {
    fn taxonomy(&mut self, mut gathered: Groups, indexes: &[PostId]) -> Taxonomy {
        let index = self.indexes(&mut gathered, indexes);
        let route = Route::new(self.rule.path.clone()).expect("`config` took only addresses");
        let mut terms = Vec::new();
        // Sorted by slug, as the terms will be.
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        let mut by_slug: BTreeMap<String, String> = BTreeMap::new();
        for (key, one) in gathered {
            let first = one.posts.first().copied().or(one.index).expect("a term comes from a post or from its page");
            let slug =
                one.index.and_then(|index| self.posts[index.0].front.slug.clone()).unwrap_or_else(|| slugify(&key));
            let name = spelling(&one).unwrap_or_else(|| key.clone());
            if slug.is_empty() {
                let hint = format!("rename it, or give it a `slug` in `content/{}/{name}/_index.md`", self.rule.name);
                let message = format!("no address can be made of `{name}` in `{}`", self.rule.name);
                self.refuse("taxonomy/empty-slug", message, first).hint = Some(hint);
                continue;
            }
            if let Some(other) = by_slug.insert(slug.clone(), name.clone()) {
                self.collision(&name, first, &other, &slug, &terms);
                continue;
            }
            let own = one.index.and_then(|index| self.posts[index.0].front.path.clone());
            let route = own.map_or_else(|| Route::new(format!("{}{slug}/", self.rule.path)), Ok);
            let Ok(route) = route else {
                let message = format!("the address of `{name}` in `{}` would be too long", self.rule.name);
                self.refuse("route/unsafe", message, first).hint = Some("shorten the term".to_owned());
                continue;
            };
            let mut posts = one.posts;
            if self.rule.name == "series" {
                posts.sort_by_key(|id| {
                    let front = &self.posts[id.0].front;
                    (front.series_index.unwrap_or(i64::MAX), front.date.as_ref().map(jiff::Zoned::timestamp), *id)
                });
            }
            keys.insert(slug.clone(), key);
            terms.push(Term { name, slug, route, posts, index: one.index });
        }
        terms.sort_by(|one, other| one.slug.cmp(&other.slug));
        let places = keys.into_values().enumerate().map(|(place, key)| (key, place)).collect();
        Taxonomy { name: self.rule.name.clone(), route, terms, index, places }
    }

    /// Gives each term its `_index.md`, and returns the taxonomy's own.
    fn indexes(&mut self, gathered: &mut Groups, indexes: &[PostId]) -> Option<PostId> {
        let mut own = None;
        for &id in indexes {
            let post = &self.posts[id.0];
            if post.section != self.rule.name {
                continue;
            }
            if post.stem.is_empty() {
                own = Some(id);
                continue;
            }
            let key = folded(&post.stem);
            let key = match gathered.contains_key(&key) {
                true => key,
                false => {
                    let slug = slugify(&post.stem);
                    gathered.keys().find(|known| slugify(known) == slug).cloned().unwrap_or(key)
                }
            };
            let one = gathered.entry(key).or_default();
            if one.spellings.is_empty() {
                one.spellings.insert(post.stem.clone(), 1);
            }
            if let Some(other) = one.index.replace(id) {
                let message = format!("`{}` and `{}` speak for the same term", self.posts[other.0].source, post.source);
                let problem = Diagnostic::error("taxonomy/two-pages", message).at(post.place("title"));
                self.problems.push(problem.hint("keep one of them"));
            }
        }
        own
    }

    fn collision(&mut self, name: &str, post: PostId, other: &str, slug: &str, terms: &[Term]) {
        let of_other =
            terms.iter().find(|term| term.slug == slug).and_then(|term| term.posts.first().copied().or(term.index));
        let source = of_other.map_or("", |id| self.posts[id.0].source.as_str());
        let message =
            format!("`{name}` and `{other}` in `{}` would both stand at `{}{slug}/`", self.rule.name, self.rule.path);
        let hint = format!(
            "write the term in one way everywhere, or give one a `slug` in `content/{}/{name}/_index.md`",
            self.rule.name
        );
        let note = format!("`{other}` is used in `{source}`");
        let diagnostic = self.refuse("taxonomy/collision", message, post);
        diagnostic.notes.push(note);
        diagnostic.hint = Some(hint);
    }

    fn refuse(&mut self, code: &'static str, message: String, post: PostId) -> &mut Diagnostic {
        let post = &self.posts[post.0];
        let key = match post.front.spans.contains_key(&self.rule.name) {
            true => self.rule.name.clone(),
            false => format!("taxonomies.{}", self.rule.name),
        };
        self.problems.push(Diagnostic::error(code, message).at(post.place(&key)));
        self.problems.last_mut().expect("a problem was pushed in the line above")
    }
}

/// Returns the most frequent spelling; of several, the one that sorts first.
fn spelling(gathered: &Gathered) -> Option<String> {
    let most = gathered.spellings.iter().min_by_key(|(spelling, count)| (Reverse(**count), *spelling));
    most.map(|(spelling, _)| spelling.clone())
}
