//! Owns what the preview knows of one page, as the JSON that the bar and the overlay read.
//!
//! It is worked out only when it is asked for, never in the way of a page. What the guard will say is judged by the rules
//! of `check`; of servers only memories are told, with their age: nothing is green where nobody looked.

mod guarded;
mod linked;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::leaving::Dressed;
use super::stats::Hit;
use crate::check::alone::{self, Surroundings};
use crate::config::Config;
use crate::diagnostic::frame::{self, Dress};
use crate::diagnostic::{Diagnostic, Level};
use crate::digest::Digest;
use crate::library::{Library, Page, PostId};
use crate::paths::Route;
use crate::post::{Kind, Post};
use crate::preview::Edition;
use crate::render::{self, Body, File, Site};
use crate::state::State;

/// How wide frames are set.
const COLUMNS: usize = 110;

/// What is asked about.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The site, and what is wrong with it.
    pub edition: &'a Edition,
    /// The page; none for an address where nothing stands.
    pub route: Option<&'a Route>,
    /// The hits that the page has sent.
    pub hits: &'a [Hit],
    /// What was changed when the page left, if it has been sent.
    pub dressed: Option<&'a Dressed>,
    /// The text of `_redirects`.
    pub redirects: Option<&'a str>,
    /// The text of `_headers`.
    pub headers: Option<&'a str>,
    /// What earlier runs of `blog build` remember of the servers.
    pub state: Option<&'a State>,
    /// What the time is, for the age of memories.
    pub now: Timestamp,
}

/// Returns what is known of a page.
pub fn of(view: &View<'_>) -> Value {
    let site = view.edition.site.as_deref();
    let rendered = site.zip(view.route).map(|(site, route)| render::page(site, route));
    let (file, own) = match rendered {
        Some(Ok(file)) => (Some(file), Vec::new()),
        Some(Err(problems)) if view.route.is_some() => (None, problems),
        _ => (None, Vec::new()),
    };
    let post = site.zip(view.route).and_then(|(site, route)| post_at(site, route));
    let source =
        post.map(|post| post.source.as_str()).or_else(|| file.as_ref()?.source.as_ref().map(|path| path.as_str()));
    let page = site.zip(view.route).and_then(|(site, route)| page_of(site, route, source));
    // Where nothing stands, a file that cannot be read may be why.
    let nothing_stands = page.is_none();
    let elsewhere = view.edition.problems.iter().filter(|problem| !own.contains(problem));
    let problems: Vec<Value> = own
        .iter()
        .map(|problem| problem_of(problem, true))
        .chain(elsewhere.map(|problem| problem_of(problem, concerns(problem, source, nothing_stands))))
        .collect();
    let mut value = json!({
        "edition": view.edition.number,
        "page": page,
        "problems": problems,
        "links": [],
        "images": [],
        "guard": [],
        "policy": view.dressed.and_then(|dressed| dressed.policy.as_deref()),
        "quieted": view.dressed.map_or(&[][..], |dressed| &dressed.quieted),
        "hits": view.hits,
    });
    if let (Some(site), Some(file)) = (site, &file) {
        judge(view, site, file, &mut value);
    }
    value
}

/// Adds what the page's bytes tell.
fn judge(view: &View<'_>, site: &Site, file: &File, value: &mut Value) {
    let Body::Bytes(bytes) = &file.body else { return };
    if !file.out.is_html() {
        return;
    }
    let exists = |path: &str| linked::exists(site, path);
    let surroundings =
        Surroundings { config: &site.config, exists: &exists, redirects: view.redirects, headers: view.headers };
    let entry = file.entry(Digest::of(bytes), bytes.len() as u64);
    let findings = alone::page(&surroundings, &file.out, bytes, Some(&entry));
    value["links"] = linked::broken(site, &file.out, &findings);
    let image = |(source, line): &(String, u64)| json!({ "source": source, "line": line });
    value["images"] = findings.without_alt.iter().map(image).collect();
    let production = view.edition.production.as_deref().unwrap_or(&site.config);
    // A snippet that is written by hand names the real server, and is right if production says the same.
    let as_built = Config { base_url: site.config.base_url.clone(), ..production.clone() };
    let as_built = Surroundings { config: &as_built, ..surroundings };
    let by_hand = || alone::page(&as_built, &file.out, bytes, Some(&entry)).verdicts;
    let mut rows = guarded::pages(findings.verdicts, by_hand);
    rows.extend(guarded::servers(production, view.state, view.now));
    value["guard"] = rows.into();
}

/// Returns the Markdown file that speaks at an address, if one does.
fn post_at<'a>(site: &'a Site, route: &Route) -> Option<&'a Post> {
    let (library, page) = site.library.stands(route)?;
    match page {
        Page::Post(id) => Some(library.post(*id)),
        Page::Home(_) => library.sections.get("").map(|section| library.post(section.index)),
        Page::Section(name, _) => library.sections.get(name).map(|section| library.post(section.index)),
        _ => None,
    }
}

/// Returns whether a problem is this page's, or everybody's: what is wrong in another Markdown file leaves this page alone.
fn concerns(problem: &Diagnostic, source: Option<&str>, nothing_stands: bool) -> bool {
    let Some(place) = &problem.place else { return true };
    nothing_stands || !place.file.starts_with("content/") || Some(place.file.as_str()) == source
}

/// Returns one problem with its frame.
pub(super) fn problem_of(problem: &Diagnostic, here: bool) -> Value {
    let level = match problem.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let at = problem.place.as_ref().and_then(|place| place.line_column());
    json!({
        "code": problem.code,
        "level": level,
        "message": problem.message,
        "file": problem.place.as_ref().map(|place| place.file.as_str()),
        "line": at.map(|(line, _)| line),
        "column": at.map(|(_, column)| column),
        "frame": frame_of(problem),
        "hint": problem.hint,
        "notes": problem.notes,
        "here": here,
    })
}

/// Returns a problem as the terminal shows it, without colours.
pub(super) fn frame_of(problem: &Diagnostic) -> String {
    frame::render(problem, &Dress { coloured: false, columns: COLUMNS })
}

fn page_of(site: &Site, route: &Route, source: Option<&str>) -> Option<Value> {
    let (library, page) = site.library.stands(route)?;
    let kind = match page {
        Page::Home(_) => "home page",
        Page::Post(id) => match library.post(*id).kind {
            Kind::Post => "post",
            Kind::Page => "page",
            Kind::Section => "section",
            Kind::Term => "term",
        },
        Page::Section(..) => "section",
        Page::Taxonomy(_) => "list of terms",
        Page::Term(..) => "term",
        Page::Archive(..) => "archive",
        Page::Feed(_) | Page::TermFeed(..) => "feed",
        Page::Sitemap(_) => "sitemap",
        Page::Robots => "robots.txt",
        Page::NotFound => "page for what is not found",
        Page::Alias(_) => "redirect",
        Page::HighlightStylesheet | Page::Stylesheet(_) => "stylesheet",
        Page::Headers => "headers",
        Page::Redirects(_) => "redirects",
        Page::Asset(_) | Page::Static(_) => "file",
        Page::Abroad(..) => "page in another language",
    };
    let post = match page {
        Page::Post(id) => Some((*id, library.post(*id))),
        _ => None,
    };
    let words = post.map(|(_, post)| post.outline.words);
    Some(json!({
        "route": route.as_str(),
        "source": source,
        "kind": kind,
        "title": post.map(|(_, post)| post.title()),
        "states": post.map(|(id, _)| states(site, library, id)).unwrap_or_default(),
        "words": words,
        "minutes": words.map(|words| words.div_ceil(200).max(1)),
    }))
}

/// Returns how a post differs from one that everybody sees, and why.
fn states(site: &Site, library: &Library, id: PostId) -> Vec<Value> {
    let (config, post) = (&site.config, library.post(id));
    let mut states = Vec::new();
    let mut say = |name: &str, why: String| states.push(json!({ "name": name, "why": why }));
    if post.front.draft {
        say(
            "draft",
            "`draft = true` stands in its front matter; only `--drafts` shows it, and `blog build` leaves it out"
                .to_owned(),
        );
    } else if let Some(section) = draft_above(site, post) {
        say("draft", format!("it lies below `{section}`, which is a draft; only `--drafts` shows it"));
    }
    let from = post.front.publish_date.as_ref().or(post.front.date.as_ref());
    if let Some(from) = from.filter(|from| from.timestamp() > config.clock) {
        let day = moment(from.timestamp(), &config.timezone);
        say(
            "future",
            format!("its date, {day}, has not come; only `--future` shows it, and `blog build` leaves it out"),
        );
    }
    if let Some(expiry) = &post.front.expiry_date {
        say("expires", format!("it is taken away on {}", moment(expiry.timestamp(), &config.timezone)));
    }
    if post.front.noindex {
        say(
            "noindex",
            "`noindex = true` asks search engines to leave it out; no list of addresses names it".to_owned(),
        );
    }
    if !post.front.analytics {
        say("not counted", "`analytics = false`: it carries no snippet".to_owned());
    }
    if let Some(canonical) = &post.front.canonical {
        say("copy", format!("it was first published at `{canonical}`"));
    }
    states
}

/// Returns the nearest section above a post that is a draft.
fn draft_above<'a>(site: &'a Site, post: &Post) -> Option<&'a str> {
    let mut names =
        std::iter::successors(Some(post.section.as_str()), |name| name.rsplit_once('/').map(|(above, _)| above));
    let index = |name: &str| Some(site.library.post(site.library.sections.get(name)?.index));
    names.find_map(|name| index(name).filter(|index| index.front.draft)).map(|index| index.source.as_str())
}

/// Returns a point in time for a person.
pub(super) fn moment(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests;
