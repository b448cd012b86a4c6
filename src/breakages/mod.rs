//! Owns the ways in which analytics fall silent, as mutations: of written bytes, of a server's answers, of policies.
//!
//! Gives [`all`], the breakages, and [`Scene`], what they break: a copy of some pages and a played server.
//! It is blind: it may use no rule of the guard, and no breakage names one. Who catches it is for the drill to see.
//!
//! To add one: write a row into the file of its kind. What it is modelled on stands in `like`, where it happened.

mod pages;
mod policies;
mod reach;
mod servers;
mod trackers;

use std::collections::BTreeMap;
use std::ops::Range;

use url::Url;

use crate::analytics::exchange::{Reply, Request, Target};
use crate::analytics::{self, Provider};
use crate::config::Analytics;
use crate::verdict::GuardLevel;

/// What of a site's analytics is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The snippet on the pages.
    Snippet,
    /// What site.toml says.
    Settings,
    /// The policy of the pages.
    Policy,
    /// The script that pages load.
    Tracker,
    /// The server's version.
    Version,
    /// The counting address.
    Collect,
    /// What happens after the build, or after the hit.
    Beyond,
    /// Nothing: a change that must raise no alarm.
    Harmless,
}

impl Class {
    /// Returns its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Class::Snippet => "snippet",
            Class::Settings => "settings",
            Class::Policy => "policy",
            Class::Tracker => "tracker",
            Class::Version => "version",
            Class::Collect => "collect",
            Class::Beyond => "beyond",
            Class::Harmless => "harmless",
        }
    }
}

/// What a verification ought to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// That it is broken.
    Drift,
    /// That it cannot be told now.
    Unknown,
    /// Either: it is broken, and tokens alone may not tell.
    Either,
    /// Nothing new.
    Quiet,
}

/// What became of staging a breakage on this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged {
    /// It is staged, and this level promises to see it.
    At(GuardLevel),
    /// It is beyond the files and the answers of a build: only this level sees it.
    Beyond(GuardLevel),
    /// This site has nothing that could break so, and why.
    Pointless(&'static str),
}

/// One way in which analytics fall silent, or must not be thought to.
#[derive(Clone, Copy)]
pub struct Breakage {
    /// Its name: `snippet-lost-in-one-section`.
    pub name: &'static str,
    /// What it breaks.
    pub class: Class,
    /// What happens, in half a sentence.
    pub story: &'static str,
    /// Rows of the incidents that it is modelled on.
    pub like: &'static [u8],
    /// What a verification ought to say.
    pub right: Right,
    /// Breaks it.
    pub stage: fn(&mut Scene) -> Staged,
}

impl std::fmt::Debug for Breakage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// Returns every breakage, by kind.
pub fn all() -> impl Iterator<Item = &'static Breakage> {
    [pages::BREAKAGES, policies::BREAKAGES, trackers::BREAKAGES, servers::BREAKAGES, reach::BREAKAGES]
        .into_iter()
        .flatten()
}

/// Why a played server does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Nothing listens.
    Refused,
    /// It is silent.
    Silent,
    /// Its name is gone.
    NoSuchName,
    /// Its certificate has expired.
    Certificate,
    /// The answer stops in its middle.
    Truncated,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The script that pages load.
    Tracker,
    /// The server's version.
    Version,
    /// The counting address, and whatever else is asked.
    Collect,
}

/// What a played server does with one request: the answer as it would be comes in, the broken one goes out.
pub type Fault = Box<dyn Fn(Subject, &Request, Result<Reply, Outage>) -> Result<Reply, Outage> + Sync>;

/// One page of the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its text.
    pub html: String,
    /// The section that it belongs to.
    pub section: String,
    /// Whether it is to carry the snippet.
    pub counts: bool,
}

/// What a breakage breaks: a copy of some pages, and a server that is played.
pub struct Scene {
    /// Whose analytics.
    pub provider: &'static Provider,
    /// The table of site.toml, as it is after the lock was written.
    pub table: Analytics,
    /// Where its server is.
    pub target: Target,
    /// Where the site stands.
    pub base_url: Url,
    /// Some of its pages, by their path.
    pub pages: BTreeMap<String, Page>,
    /// The text of `_headers`.
    pub headers: String,
    /// Whether the host is said to obey it.
    pub headers_obeyed: bool,
    /// What goes wrong at the server.
    pub faults: Vec<Fault>,
    /// Whether nothing is locked yet: then only what fits together can tell, and no comparison with before.
    pub first_sight: bool,
}

impl Scene {
    /// Returns where the snippet stands in a page: from its first script to its last.
    pub fn snippet_in(&self, html: &str) -> Option<Range<usize>> {
        for revision in self.provider.revisions.iter().rev() {
            let printed = analytics::snippet(&self.table, Some(revision.number));
            if let Some(start) = html.find(&printed) {
                return Some(start..start + printed.len());
            }
        }
        // Another hand wrote it: the scripts that name the tracker or the counting address by their last part.
        let needles: Vec<&str> = [&self.target.script, &self.target.collect]
            .into_iter()
            .filter_map(|url| url.path_segments()?.next_back())
            .filter(|name| name.len() > 3)
            .collect();
        let mut found: Option<Range<usize>> = None;
        let mut at = 0;
        while let Some(start) = html[at..].find("<script").map(|start| at + start) {
            let end = html[start..].find("</script>").map(|end| start + end + "</script>".len())?;
            if needles.iter().any(|needle| html[start..end].contains(needle)) {
                found = Some(found.map_or(start, |found| found.start)..end);
            }
            at = end;
        }
        found
    }

    /// Changes the snippet of every page that is to carry it and is chosen; returns whether there was one.
    pub fn change(&mut self, chosen: impl Fn(&str, &Page) -> bool, change: impl Fn(&str) -> String) -> bool {
        let spans: Vec<(String, Range<usize>)> = self
            .pages
            .iter()
            .filter(|(path, page)| page.counts && chosen(path, page))
            .filter_map(|(path, page)| Some((path.clone(), self.snippet_in(&page.html)?)))
            .collect();
        let mut changed = false;
        for (path, span) in spans {
            let page = self.pages.get_mut(&path).expect("it was listed just now");
            let snippet = change(&page.html[span.clone()]);
            changed |= snippet != page.html[span.clone()];
            page.html.replace_range(span, &snippet);
        }
        changed
    }

    /// Changes the snippet of every page that is to carry it.
    pub fn change_all(&mut self, change: impl Fn(&str) -> String) -> bool {
        self.change(|_, _| true, change)
    }

    /// Puts text before the end of the head of every page that counts; a page without one gets it at its start.
    pub fn into_heads(&mut self, text: &str) {
        for page in self.pages.values_mut().filter(|page| page.counts) {
            let at = page.html.find("<head>").map_or(0, |at| at + "<head>".len());
            let at = page.html.find("</head>").unwrap_or(at);
            page.html.insert_str(at, text);
        }
    }

    /// Lets something go wrong at the server.
    pub fn fault(
        &mut self,
        fault: impl Fn(Subject, &Request, Result<Reply, Outage>) -> Result<Reply, Outage> + Sync + 'static,
    ) {
        self.faults.push(Box::new(fault));
    }

    /// Answers every request about one thing otherwise.
    pub fn answer(&mut self, about: Subject, answer: impl Fn(Reply) -> Result<Reply, Outage> + Sync + 'static) {
        self.fault(move |subject, _, reply| match reply {
            Ok(reply) if subject == about => answer(reply),
            other => other,
        });
    }
}

/// Stages what is promised at a level, if there was something to change.
fn at(level: GuardLevel, changed: bool) -> Staged {
    match changed {
        true => Staged::At(level),
        false => Staged::Pointless("nothing on its pages could break so"),
    }
}

#[cfg(test)]
mod tests;
