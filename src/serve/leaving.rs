//! Owns what becomes of an answer as it leaves the preview: an HTML document gets our script before its end, its policy
//! lets that script run, and snippets that would reach real analytics are made inert.
//!
//! Nothing is taken out of a page and nothing rewritten: there are only insertions, so that the page's own bytes stay
//! what `build` writes. `lol_html` says where to insert; html5ever, which reads as a browser does, says whether it worked.

mod marks;
mod policy;

use std::collections::BTreeSet;

use serde::Serialize;
use url::Url;

use crate::analytics::{self, ScriptTag, Sighting};
use crate::check::page::{self, PageFacts};
use crate::digest::Digesting;
use crate::guard::csp;
use marks::{Marks, ScriptMark};
use policy::Changes;

/// The script that every page of the preview carries. Its text is constant, and so is its hash.
pub const SCRIPT: &str = include_str!("client/preview.js");

/// The tag around it.
const OPENING: &str = "<script data-watchpost=\"preview\"";
const CLOSING: &str = "</script>";
/// Why a snippet was made inert, for whoever reads the page's source.
const WHY: &str = "made inert: a preview never reaches real analytics";

/// An address that production has elsewhere: an analytics endpoint, or the site's own base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where it is in production, with `/` at its end.
    pub from: Url,
    /// Where it is here, with `/` at its end.
    pub to: Url,
    /// The site as the provider calls it.
    pub site: String,
}

/// What a page is dressed with.
#[derive(Debug, Clone, Copy)]
pub struct Dressing<'a> {
    /// The page's address as the browser knows it; its origin is the preview's.
    pub page: &'a Url,
    /// Where the stand-ins are: `http://127.0.0.1:1111/__blog/stats/`.
    pub stand_in: &'a Url,
    /// Which addresses are others in production.
    pub moved: &'a [Moved],
    /// Which edition of the site the page was rendered from.
    pub edition: u64,
}

/// A page as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dressed {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The snippets that do not run here.
    pub quieted: Vec<Quieted>,
    /// How the headers and the policy differ from production's, in a sentence; none where they do not.
    pub policy: Option<String>,
}

/// A snippet that was made inert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quieted {
    /// The vendor, for people.
    pub provider: String,
    /// Where it would have gone, as written; empty where the page does not say.
    pub target: String,
    /// The line of the page that it starts on.
    pub line: u64,
    /// What was done, in a sentence.
    pub what: String,
}

/// Dresses what is sent, if it is HTML; of any other answer only the headers are looked at.
pub fn dress(html: &[u8], headers: &mut Vec<(String, String)>, dressing: &Dressing<'_>) -> Dressed {
    let mut changes = Changes::default();
    // The browser would keep it for all of localhost, on every port and for a year.
    let before = headers.len();
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("strict-transport-security"));
    changes.without_transport_security = headers.len() < before;
    if !is_html(headers) {
        return Dressed { bytes: html.to_vec(), quieted: Vec::new(), policy: changes.sentence() };
    }
    let mut page = Leaving {
        html,
        facts: page::read(html),
        marks: Marks::of(html),
        dressing,
        insertions: Vec::new(),
        quieted: Vec::new(),
    };
    page.quiet_snippets();
    page.quiet_pixels();
    for (name, value) in headers.iter_mut().filter(|(name, _)| policy::is_policy(name)) {
        let enforced = name.eq_ignore_ascii_case("content-security-policy");
        *value = policy::written(value, csp::Delivery::Header, dressing, &mut changes, enforced);
    }
    headers.retain(|(name, value)| !policy::is_policy(name) || !value.is_empty());
    for (at, content) in &page.marks.policies {
        let written = policy::written(content, csp::Delivery::Meta, dressing, &mut changes, true);
        if written != *content {
            // The first attribute of a name counts, and the page's own is ignored.
            page.insertions.push((*at, format!(" content=\"{}\"", attribute(&written))));
        }
    }
    let fixed = fixed(&page.facts, headers);
    let (bytes, after) =
        page.with_script(&format!("{OPENING} data-edition=\"{}\" data-fixed=\"{fixed}\">", dressing.edition));
    let mut quieted = page.quieted;
    if !foreign(&after, dressing).is_empty() {
        // The two parsers disagree about this page; rather no script than a hit.
        headers.push(("Content-Security-Policy".to_owned(), format!("script-src {}", csp::hash_source(SCRIPT))));
        quieted.push(Quieted {
            provider: "every script".to_owned(),
            target: String::new(),
            line: 1,
            what:
                "this page's markup can be read in two ways, and in one of them it would reach real analytics: none of \
                   its scripts runs here"
                    .to_owned(),
        });
    }
    Dressed { bytes, quieted, policy: changes.sentence() }
}

/// One page on its way out.
struct Leaving<'a> {
    html: &'a [u8],
    facts: PageFacts,
    marks: Marks,
    dressing: &'a Dressing<'a>,
    /// What is inserted, and where.
    insertions: Vec<(usize, String)>,
    quieted: Vec<Quieted>,
}

impl Leaving<'_> {
    /// Makes foreign snippets inert: their scripts get a type that no browser runs.
    fn quiet_snippets(&mut self) {
        if foreign(&self.facts, self.dressing).is_empty() {
            return;
        }
        let (places, scripts): (Vec<&ScriptMark>, Vec<ScriptTag>) =
            self.marks.scripts.iter().filter_map(|mark| Some((mark, mark.tag(self.html)?))).unzip();
        let found = PageFacts { scripts, base: self.facts.base.clone(), ..PageFacts::default() };
        let mut silenced = BTreeSet::new();
        for sighting in foreign(&found, self.dressing) {
            let places: Vec<&ScriptMark> =
                sighting.tags.iter().filter_map(|index| places.get(*index).copied()).collect();
            silenced.extend(places.iter().map(|place| place.name_end));
            let provider = analytics::find(sighting.provider).map_or(sighting.provider, |provider| provider.title);
            self.quieted.push(Quieted {
                provider: provider.to_owned(),
                target: sighting.collect.or(sighting.script).unwrap_or_default(),
                line: places.first().map_or(1, |place| line_of(self.html, place.start)),
                what: format!("a snippet of {provider} that does not lead to the preview's stand-in was made inert"),
            });
        }
        // The first attribute of a name counts: a `type` further on is ignored.
        let inert = format!(" type=\"text/plain\" data-watchpost=\"{WHY}\"");
        self.insertions.extend(silenced.into_iter().map(|at| (at, inert.clone())));
    }

    /// Keeps images that count, as some vendors offer them, from being loaded from the real server.
    fn quiet_pixels(&mut self) {
        let base = base_of(&self.facts, self.dressing);
        for (at, address) in &self.marks.images {
            let Some(mut url) = base.join(address).ok().filter(|url| url.query().is_some()) else { continue };
            url.set_query(None);
            url.set_fragment(None);
            let counts = |provider: &&analytics::Provider| {
                // A page that names no scheme, or the other one, reaches the same server.
                self.dressing.moved.iter().any(|moved| {
                    let collect = (provider.addresses)(&moved.from, &moved.site).1;
                    (collect.host_str(), collect.path()) == (url.host_str(), url.path())
                })
            };
            let known = || {
                let elsewhere = url.origin() != self.dressing.page.origin();
                elsewhere
                    .then(|| analytics::recognise_pixel(address))
                    .flatten()
                    .and_then(|one| analytics::find(one.provider))
            };
            let Some(provider) = analytics::PROVIDERS.iter().find(counts).or_else(known) else { continue };
            self.insertions.push((*at, format!(" src=\"\" srcset=\"\" data-watchpost=\"{WHY}\"")));
            self.quieted.push(Quieted {
                provider: provider.title.to_owned(),
                target: address.clone(),
                line: line_of(self.html, *at),
                what: format!("an image that counts visits at {} was made inert", provider.title),
            });
        }
    }

    /// Puts our script where it runs, and returns the page and what it then says: before the end of the body; where that
    /// is inside something that the page left open, at its start; nowhere in what is no document.
    fn with_script(&self, opening: &str) -> (Vec<u8>, PageFacts) {
        if self.facts.is_document() {
            let script = [opening, SCRIPT, CLOSING].concat();
            let end = self.html.len();
            for place in [self.marks.body_end.unwrap_or(end), end, self.marks.start] {
                let mut insertions = self.insertions.clone();
                insertions.push((place, script.clone()));
                let bytes = inserted(self.html, insertions);
                let after = page::read(&bytes);
                if after.scripts.iter().any(|tag| tag.body == SCRIPT) {
                    return (bytes, after);
                }
            }
        }
        let bytes = inserted(self.html, self.insertions.clone());
        let after = page::read(&bytes);
        (bytes, after)
    }
}

/// Returns a digest of what only a reload can change: scripts, policies, the base of its addresses.
fn fixed(facts: &PageFacts, headers: &[(String, String)]) -> String {
    let mut digesting = Digesting::default();
    let mut add = |text: &str| {
        digesting.add(text.as_bytes());
        digesting.add(&[0]);
    };
    for script in &facts.scripts {
        script.attributes.iter().for_each(|(name, value)| {
            add(name);
            add(value);
        });
        add(&script.body);
    }
    facts.policies.iter().chain(&facts.base).for_each(|text| add(text));
    headers.iter().filter(|(name, _)| policy::is_policy(name)).for_each(|(_, value)| add(value));
    digesting.finish().short()
}

/// Returns whether an answer with these headers is an HTML document.
pub(super) fn is_html(headers: &[(String, String)]) -> bool {
    let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let essence = kind.and_then(|(_, value)| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("text/html")
}

/// Returns the snippets that run and lead anywhere but to the stand-ins.
fn foreign(facts: &PageFacts, dressing: &Dressing<'_>) -> Vec<Sighting> {
    let base = base_of(facts, dressing);
    let here = |address: &Option<String>| {
        let url = address.as_deref().and_then(|address| base.join(address).ok());
        url.is_some_and(|url| url.as_str().starts_with(dressing.stand_in.as_str()))
    };
    let mut sightings = analytics::recognise(&facts.scripts);
    // Where the snippet leaves the address of hits to the tracker, it is the stand-in's own that sends them.
    let stays = |sighting: &Sighting| here(&sighting.script) && (sighting.is_derived || here(&sighting.collect));
    sightings.retain(|sighting| sighting.style != "inert" && !stays(sighting));
    // What no vendor's row recognises is known by its address alone.
    for (index, tag) in facts.scripts.iter().enumerate() {
        let Some(url) = tag.source().and_then(|source| base.join(source).ok()) else { continue };
        let real = dressing.moved.iter().any(|moved| moved.from == url && moved.from.path() != "/");
        if real && !sightings.iter().any(|sighting| sighting.tags.contains(&index)) {
            let script = Some(url.into());
            sightings.push(Sighting {
                provider: "custom",
                style: "tag",
                script,
                tags: vec![index],
                ..Sighting::default()
            });
        }
    }
    sightings
}

/// Returns what the page's relative addresses stand on.
fn base_of(facts: &PageFacts, dressing: &Dressing<'_>) -> Url {
    let base = facts.base.as_deref().and_then(|base| dressing.page.join(base).ok());
    base.unwrap_or_else(|| dressing.page.clone())
}

/// Returns the page with texts inserted.
fn inserted(html: &[u8], mut insertions: Vec<(usize, String)>) -> Vec<u8> {
    insertions.sort_by_key(|(at, _)| *at);
    let mut bytes = Vec::with_capacity(html.len() + insertions.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut done = 0;
    for (at, text) in insertions {
        let at = at.clamp(done, html.len());
        bytes.extend_from_slice(&html[done..at]);
        bytes.extend_from_slice(text.as_bytes());
        done = at;
    }
    bytes.extend_from_slice(&html[done..]);
    bytes
}

fn line_of(html: &[u8], at: usize) -> u64 {
    html[..at.min(html.len())].iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
