//! Says what is probably not meant, though it can be used.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::registry::address_of;
use super::{Library, Page, image};
use crate::config::{Config, FILE, FeedOf};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::images::Card;
use crate::paths::Route;
use crate::post::{Kind, Post};
use crate::source::Sources;

/// Returns what is worth saying about front matter, files and addresses, though they can be used.
pub fn advise(config: &Config, sources: &Sources, library: &Library) -> Vec<Diagnostic> {
    let shown = library.posts.iter().chain(library.hidden.iter());
    let abroad = library.editions.iter().skip(1);
    let abroad =
        abroad.flat_map(|edition| edition.posts.iter().chain(edition.hidden.iter())).filter(|post| post.language > 0);
    let mut advice: Vec<Diagnostic> = shown.chain(abroad).flat_map(|post| post.warnings.iter().cloned()).collect();
    advice.sort_by_key(|one| one.place.as_ref().map(|place| place.file.clone()));
    not_meant(library, config, &mut advice);
    feeds_of_nothing(library, config, &mut advice);
    not_portable(sources, library, &mut advice);
    advice.extend(image::missing(library, config));
    if config.images.as_ref().is_some_and(|rule| rule.cards) {
        without_card(config, library, &mut advice);
    }
    advice
}

/// Adds the titles that cannot be set on a card, and the letters that are lacking.
fn without_card(config: &Config, library: &Library, advice: &mut Vec<Diagnostic>) {
    if let Some(why) = Card::refuses(&config.title) {
        let message = format!("cards are drawn without the name of the site: {why}");
        let warning = Diagnostic::warning("image/card-letters", message).at(config.place("title"));
        advice.push(warning.hint("give posts an `image` of their own, or leave `cards` out"));
    }
    let abroad = library.editions.iter().skip(1).flat_map(|edition| edition.posts.iter());
    let posts = library.posts.iter().chain(abroad.filter(|post| post.language > 0));
    for post in posts.filter(|post| post.kind == Kind::Post && post.front.image.is_none()) {
        if let Some(why) = Card::refuses(post.title()) {
            let message = format!("no card can be drawn for `{}`: {why}", post.source);
            let warning = Diagnostic::warning("image/card-letters", message).at(post.place("title"));
            advice.push(warning.hint("give the post an `image` of its own"));
        }
    }
}

/// Adds what is probably not meant: posts without a date among posts, an `index.md` where `_index.md` was meant.
fn not_meant(library: &Library, config: &Config, advice: &mut Vec<Diagnostic>) {
    let mut dated: BTreeMap<&str, (usize, Vec<&Arc<Post>>)> = BTreeMap::new();
    for post in library.posts.iter() {
        let section = dated.entry(&post.section).or_default();
        match post.kind {
            Kind::Post => section.0 += 1,
            Kind::Page => section.1.push(post),
            Kind::Section | Kind::Term => {}
        }
        let terms = config.taxonomies.iter().find(|rule| post.front.terms.contains_key(&rule.name));
        if let (Kind::Page, Some(rule)) = (post.kind, terms) {
            let message =
                format!("`{}` has no date, so it is a page: no list of `{}` will name it", post.source, rule.name);
            let warning = Diagnostic::warning("post/undated-terms", message).at(post.place(&rule.name));
            advice.push(warning.hint(format!("give it a `date`, or take `{}` out", rule.name)));
        }
        if post.source.file_name() == "index.md" && matches!(post.kind, Kind::Post | Kind::Page) {
            let folder = format!("{}/", post.source.folder());
            let first = library.posts.partition_point(|other| other.source.as_str() < folder.as_str());
            let below = library.posts[first..].iter().take_while(|other| other.source.as_str().starts_with(&folder));
            if below.filter(|other| other.source != post.source).any(|other| other.kind == Kind::Post) {
                let message = format!("`{}` makes its folder one page, but there are posts in it", post.source);
                let warning = Diagnostic::warning("post/index-beside-posts", message).at(Place::file(&post.source));
                advice.push(warning.hint("rename it to `_index.md`, if it is to speak for the folder"));
            }
        }
    }
    for (section, (count, pages)) in dated {
        for post in pages.into_iter().filter(|post| count > 0 && !section.is_empty() && post.front.terms.is_empty()) {
            let (place, hint) = match &post.row {
                // Rows that are not to have dates lack none.
                Some(row) if row.rule.front.row("date").is_none() => continue,
                Some(row) => (row.place(""), "fill in the column that `date` names"),
                None => (Place::file(&post.source), "add `date = 2026-11-22`, or begin its name with the date"),
            };
            let message =
                format!("`{}` has no date, so it is a page: lists and feeds of posts leave it out", post.source);
            advice.push(Diagnostic::warning("post/no-date", message).at(place).hint(hint));
        }
    }
}

/// Adds a warning for each feed of a section that there is not.
fn feeds_of_nothing(library: &Library, config: &Config, advice: &mut Vec<Diagnostic>) {
    for (number, rule) in config.feeds.iter().enumerate() {
        let FeedOf::Section(section) = &rule.of else { continue };
        let shown = || library.posts.iter().chain(library.hidden.iter());
        let is_below = |post: &Arc<Post>| {
            post.section.strip_prefix(section.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if shown().any(is_below) {
            continue;
        }
        let message = format!("the feed `{}` is of the section `{section}`, in which there is nothing", rule.path);
        let warning = Diagnostic::warning("feed/empty-section", message);
        let warning = warning.at(config.place(&format!("feeds.{number}.section")));
        advice.push(match did_you_mean(section, shown().map(|post| post.section.as_str())) {
            Some(meant) => warning.hint(format!("did you mean `{meant}`?")),
            None => warning.hint("a section is a folder below `content/`, as `posts`"),
        });
    }
}

/// Adds a warning for each address that Windows cannot keep: it knows no `:`, and no name that ends in a dot.
fn not_portable(sources: &Sources, library: &Library, advice: &mut Vec<Diagnostic>) {
    for (route, page) in &library.routes {
        let odd = |byte: u8| matches!(byte, b'<' | b'>' | b':' | b'"' | b'|' | b'?' | b'*');
        let is_odd = |part: &&str| part.bytes().any(odd) || part.ends_with(['.', ' ']) || is_device(part);
        if let Some(part) = route.as_str().split('/').find(is_odd) {
            let message = format!("`{part}` in the address `{route}` is no name that Windows can keep");
            let warning = Diagnostic::warning("path/not-portable", message).at(owner(sources, library, route, page));
            advice.push(warning.hint("set a `slug` without it, or rename the file"));
        }
    }
}

/// Returns whether Windows takes a name for that of a device, whatever its ending.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default();
    stem.len() == 3 && ["con", "prn", "aux", "nul"].iter().any(|device| device.eq_ignore_ascii_case(stem))
}

/// Returns where it is decided that something stands at an address.
pub(super) fn owner(sources: &Sources, library: &Library, route: &Route, page: &Page) -> Place {
    match page {
        Page::Asset(source) => Place::file(source),
        Page::Static(name) => {
            sources.statics.get(name).map_or_else(|| Place::file(FILE), |file| Place::file(&file.source))
        }
        Page::Alias(target) => {
            let alias = library.routes.get(target).and_then(|page| library.index_of(page)).and_then(|id| {
                let post = library.post(id);
                let number = post.front.aliases.iter().position(|alias| alias == route)?;
                Some(post.place(&format!("aliases.{number}")))
            });
            alias.unwrap_or_else(|| Place::file(FILE))
        }
        _ => library.index_of(page).map_or_else(|| Place::file(FILE), |id| address_of(library.post(id))),
    }
}
