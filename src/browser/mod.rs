//! Owns level 7: the written pages in a real Chromium, visited under their own address, with nothing but this program at
//! the other end of every connection.
//!
//! Gives [`run`], which judges what left the pages. The site comes from its folder, trackers are the bytes that were
//! fetched, and what answers for the analytics server is the provider's stand-in. It alone starts another program
//! and listens for it on loopback. Refuses to reach out, and to guess: no browser, no verdict.

mod choice;
mod door;
mod judge;
mod options;
mod process;
mod program;
mod protocol;
pub mod replay;
mod seen;
pub mod visit;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::analytics::exchange::{Reply, Request};
use crate::analytics::{self};
use crate::check::{self, Evidence};
use crate::config::{Config, Endpoint};
use crate::guard::{self, Answers, Heard};
use crate::manifest::Manifest;
use crate::verdict::{Covers, GuardLevel, Outcome, Verdict};

pub use self::door::{Answered, Asked};
pub use self::program::Places;
pub use self::seen::{Blocked, Seen};

use self::judge::{Judge, Visited};
use self::replay::{Content, Folder, Replay, Server};
use self::visit::{Browser, NoBrowser, Plan};

/// How long the browser may run in all.
const BUDGET: Duration = Duration::from_secs(60);
/// How long a page that has sent no hit may still send one, if nothing else happens on it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many pages are open at the same time.
const ABREAST: usize = 3;

/// What is to be looked at.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// What is set.
    pub config: &'a Config,
    /// The folder with the written pages.
    pub folder: &'a Path,
    /// What our writer says that it wrote; none for another generator's folder.
    pub manifest: Option<&'a Manifest>,
    /// What the servers answered.
    pub answers: &'a Answers,
    /// A tracker that is remembered, for each table of which none was heard.
    pub remembered: &'a dyn Fn(usize) -> Option<Reply>,
    /// What the written pages and the contract came to, table by table.
    pub earlier: &'a [Earlier],
}

/// What the levels that read came to, of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Whether the contract was judged, and everything about page and tracker holds.
    pub holds: bool,
    /// The codes of the contract's drifts.
    pub broken: Vec<&'static str>,
}

/// What the browser level says: verdicts, each with the number of its table in site.toml.
pub type Said = Vec<(Option<usize>, Verdict)>;

/// Visits the pages and judges what left them.
pub fn run(ask: &Ask<'_>, places: &Places) -> Said {
    let evidence = match check::gather(ask.config, ask.folder, ask.manifest) {
        Ok(evidence) => evidence,
        // The check has said that there is no folder.
        Err(_) => return Vec::new(),
    };
    if evidence.tables.is_empty() {
        return Vec::new();
    }
    let servers = servers(ask, &evidence);
    let lacking = |number: usize| servers.get(number).is_none_or(|server| server.tracker.is_none());
    let mut said: Said = Vec::new();
    for (number, table) in evidence.tables().filter(|(number, _)| lacking(*number)) {
        let _ = number;
        said.push((Some(table.number), no_tracker(table.title)));
    }
    if servers.iter().all(|server| server.tracker.is_none()) {
        return said;
    }
    let (chosen, left) = choice::choose(&evidence);
    let folder = Arc::new(Folder {
        base_url: ask.config.base_url.clone(),
        files: evidence.files.keys().map(|path| (path.clone(), Content::Disk(ask.folder.join(path)))).collect(),
        headers: evidence.headers.clone().filter(|_| ask.config.headers_from.is_some()),
    });
    let servers = Arc::new(servers);
    let stages: Vec<Arc<Replay>> = chosen.iter().map(|_| Arc::new(Replay::new(&folder, &servers))).collect();
    let plans: Vec<Plan> = chosen
        .iter()
        .zip(&stages)
        .map(|(chosen, stage)| Plan { url: chosen.url.clone(), stage: Arc::clone(stage) as _, patience: PATIENCE })
        .collect();
    let began = Browser::start(places, BUDGET);
    let seen = began.and_then(|mut browser| Ok((browser.visit(&plans, ABREAST)?, browser.version.clone())));
    let (seen, version) = match seen {
        Ok(seen) => seen,
        Err(why) => {
            said.push((None, no_browser(why)));
            return said;
        }
    };
    let visited: Vec<Visited<'_>> = chosen
        .into_iter()
        .zip(seen)
        .zip(&stages)
        .map(|((chosen, seen), stage)| Visited { chosen, seen, arrived: stage.arrived() })
        .collect();
    let judge = Judge { evidence: &evidence, servers: &servers, visited: &visited, left, version: &version };
    said.extend(judge.say(ask.earlier));
    said
}

/// Returns the analytics servers as they were heard, in the order of the evidence's tables.
fn servers(ask: &Ask<'_>, evidence: &Evidence<'_>) -> Vec<Server> {
    let server = |(_, table): (usize, &check::evidence::Table<'_>)| {
        let provider = analytics::find(&table.analytics.provider)?;
        let target = analytics::target(table.analytics, &ask.config.base_url)?;
        let heard = match ask.answers.tables.get(table.number).map(|answer| &answer.tracker) {
            // A server in passing trouble shows nothing of what visitors get on another day.
            Some(Heard::Reply(reply)) if !guard::is_passing(reply) => Some(reply.as_ref().clone()),
            _ => None,
        };
        // The stand-in is always there.
        let played = || {
            let request = Request::get(target.script.clone());
            (table.analytics.endpoint == Endpoint::Embedded).then(|| (provider.stand_in.answer)(&request, &target))
        };
        let tracker = heard.or_else(played).or_else(|| (ask.remembered)(table.number));
        Some(Server { provider, target, tracker })
    };
    evidence.tables().filter_map(server).collect()
}

fn verdict(code: &'static str, outcome: Outcome, message: impl Into<String>) -> Verdict {
    Verdict::new(code, GuardLevel::L7, Covers::Built, outcome, message)
}

fn unknown(reason: &str) -> Outcome {
    Outcome::Unknown(reason.to_owned())
}

fn no_tracker(title: &str) -> Verdict {
    let message = format!(
        "{title}'s tracker was not fetched, and no copy of the locked one is kept: without it, a browser has nothing to run"
    );
    verdict("browser/tracker", unknown("no-tracker"), message)
        .fix("run `blog check --browser` once with a connection; it keeps the tracker's bytes in `.blog/state`")
}

fn no_browser(why: NoBrowser) -> Verdict {
    match why {
        NoBrowser::Absent(why) => {
            verdict("browser/program", unknown("no-browser"), format!("{why}, so that no page was opened in one")).fix(
                "install Chromium (Debian: `apt install chromium`), or name one: `BLOG_CHROMIUM=/path/to/chromium`",
            )
        }
        NoBrowser::Failed(why) => {
            verdict("browser/program", unknown("browser-failed"), format!("the browser gave up: {why}"))
                .fix("start it by hand and see what it says, or name another one: `BLOG_CHROMIUM=/path/to/chromium`")
        }
    }
}
