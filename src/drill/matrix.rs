//! Owns the confusion matrix of the guard: generated cases of snippet × tracker × policy, each read by L0 and L2 and each
//! opened in a real browser, whose hits are the truth.
//!
//! Gives [`run`]. A miss is a case that was read as ok and does not send exactly one hit; a false alarm one that was read
//! as drift and does. The trackers are ours; nothing leaves the machine. The same seed gives the same cases.

mod chance;
mod policies;
mod snippets;
mod table;
mod trackers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::analytics;
use crate::analytics::exchange::{Reply, Request};
use crate::browser::replay::{Content, Folder, Replay, Role, Server};
use crate::browser::visit::{Browser, NoBrowser, Plan};
use crate::browser::{Places, Seen};
use crate::check::headers::Headers;
use crate::check::{self, Options, Rules};
use crate::config::{self, Config, Overrides, World};
use crate::diagnostic::{Diagnostic, Exit};
use crate::guard::{Answer, Answers, Heard, Probed, Unasked};
use crate::verdict::{self, GuardLevel};
use chance::Chance;
use policies::Wanted;
use snippets::Snippet;
use trackers::Tracker;

/// How many cases in a hundred may stay undecided by reading.
pub const MOST_UNTOLD: usize = 5;
/// How long the browser may take for one case, on average; and at least in all.
const FOR_ONE: Duration = Duration::from_secs(3);
const AT_LEAST: Duration = Duration::from_secs(60);
/// How long a page that has sent no hit may still send one. The trackers of the matrix send at once.
const PATIENCE: Duration = Duration::from_millis(600);
/// How many pages are open at the same time.
const ABREAST: usize = 4;
const ENDPOINT: &str = "https://stats.example/";

/// What reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing is wrong.
    Ok,
    /// Something is.
    Drift,
    /// It could not be told by reading.
    Unknown,
}

impl Judgement {
    const ALL: [Judgement; 3] = [Judgement::Ok, Judgement::Drift, Judgement::Unknown];

    fn name(self) -> &'static str {
        match self {
            Judgement::Ok => "ok",
            Judgement::Drift => "drift",
            Judgement::Unknown => "unknown",
        }
    }
}

/// What reading and looking came to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Both say the same.
    Agreed,
    /// Read as ok, and not exactly one hit left.
    Miss,
    /// Read as drift, and exactly one hit left.
    FalseAlarm,
    /// Not decided by reading.
    Untold,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Agreed => "agreed",
            Outcome::Miss => "miss",
            Outcome::FalseAlarm => "false-alarm",
            Outcome::Untold => "untold",
        }
    }
}

/// One case.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number, from 0.
    pub number: usize,
    /// Snippet, tracker and policy in words.
    pub name: String,
    /// What reading came to.
    pub judgement: Judgement,
    /// The codes by which it did.
    pub codes: BTreeSet<&'static str>,
    /// How many good hits left the page.
    pub hits: usize,
    /// What the browser complained about.
    pub console: Vec<String>,
    page: String,
    headers: String,
    tracker: String,
}

impl Row {
    /// Returns what it comes to.
    pub fn outcome(&self) -> Outcome {
        match (self.judgement, self.hits) {
            (Judgement::Unknown, _) => Outcome::Untold,
            (Judgement::Ok, 1) => Outcome::Agreed,
            (Judgement::Ok, _) => Outcome::Miss,
            (Judgement::Drift, 1) => Outcome::FalseAlarm,
            (Judgement::Drift, _) => Outcome::Agreed,
        }
    }
}

/// All cases of one seed.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The seed.
    pub seed: u64,
    /// The browser's name and version.
    pub browser: String,
    /// The cases.
    pub rows: Vec<Row>,
}

impl Matrix {
    /// Returns how many cases of this outcome there are.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome() == outcome).count()
    }

    /// Returns how many cases in a hundred reading did not decide.
    pub fn untold_percent(&self) -> f64 {
        100.0 * self.count(Outcome::Untold) as f64 / self.rows.len().max(1) as f64
    }

    /// Returns what the matrix comes to: drift where the guard misses something, raises a false alarm, or knows too little.
    pub fn exit(&self) -> Exit {
        let wrong = self.count(Outcome::Miss) + self.count(Outcome::FalseAlarm);
        let too_little = self.count(Outcome::Untold) * 100 > MOST_UNTOLD * self.rows.len();
        if wrong > 0 || too_little { Exit::Drift } else { Exit::Success }
    }

    /// Returns the matrix in words.
    pub fn human(&self) -> String {
        table::human(self)
    }

    /// Returns the matrix as JSON.
    pub fn json(&self) -> serde_json::Value {
        table::json(self)
    }
}

/// Makes so many cases, reads each, and opens each in a browser.
pub fn run(seed: u64, count: usize, places: &Places) -> Result<Matrix, Vec<Diagnostic>> {
    let cases: Vec<Case> = (0..count).map(|number| Case::make(seed, number)).collect();
    let stages: Vec<Arc<Replay>> = cases.iter().map(|case| Arc::new(case.stage())).collect();
    let plan = |(case, stage): (&Case, &Arc<Replay>)| Plan {
        url: case.config.base_url.url().clone(),
        stage: Arc::clone(stage) as _,
        patience: PATIENCE,
    };
    let plans: Vec<Plan> = cases.iter().zip(&stages).map(plan).collect();
    let budget = AT_LEAST.max(FOR_ONE * u32::try_from(count).unwrap_or(u32::MAX));
    let looked = Browser::start(places, budget)
        .and_then(|mut browser| Ok((browser.visit(&plans, ABREAST)?, browser.version.clone())));
    let (seen, browser) = looked.map_err(|why| vec![no_browser(why)])?;
    let mut rows = Vec::new();
    for ((case, stage), seen) in cases.into_iter().zip(&stages).zip(seen) {
        let Some(seen) = seen.filter(|seen| seen.failure.is_none()) else {
            return Err(vec![no_browser(NoBrowser::Failed("not every case could be opened in time".to_owned()))]);
        };
        rows.push(case.row(stage, seen));
    }
    Ok(Matrix { seed, browser, rows })
}

fn no_browser(why: NoBrowser) -> Diagnostic {
    let (NoBrowser::Absent(why) | NoBrowser::Failed(why)) = why;
    Diagnostic::error("drill/no-browser", format!("the matrix needs a real browser: {why}"))
        .hint("install Chromium, or name one: `BLOG_CHROMIUM=/path/to/chromium`")
}

/// One case, before anybody has judged it.
struct Case {
    number: usize,
    name: String,
    config: Config,
    page: String,
    headers: String,
    tracker: Reply,
}

impl Case {
    fn make(seed: u64, number: usize) -> Case {
        let chance = &mut Chance::new(seed, number);
        let provider = *chance.weighed(&[(9, &"goatcounter"), (9, &"matomo"), (3, &"umami"), (3, &"plausible")]);
        let site = match provider {
            "umami" => "94db1cb1-74f4-4a40-ad6c-962362670409",
            "plausible" => "blog.example",
            _ => "7",
        };
        let config = settings(provider, site);
        let target = analytics::target(&config.analytics[0], &config.base_url).expect("the provider is known");
        let (script, collect) = (target.script.to_string(), target.collect.to_string());
        let played = || {
            let provider = analytics::find(provider).expect("the provider is known");
            let reply = (provider.stand_in.answer)(&Request::get(target.script.clone()), &target);
            Tracker { name: "the stand-in's".to_owned(), text: reply.text() }
        };
        let (tracker, snippet) = match provider {
            "goatcounter" => {
                let tracker = trackers::goatcounter(chance);
                let attributes = format!("data-goatcounter=\"{collect}\"");
                let snippet = snippets::tag(chance, &attributes, &script, &tracker.text);
                (tracker, snippet)
            }
            "matomo" => {
                let tracker = if chance.percent(15) { played() } else { trackers::matomo(chance) };
                (tracker, snippets::matomo(chance, &script, &collect))
            }
            "umami" => {
                let tracker = played();
                let attributes = format!("data-website-id=\"{site}\"");
                let snippet = snippets::tag(chance, &attributes, &script, &tracker.text);
                (tracker, snippet)
            }
            _ => {
                let text = analytics::snippet(&config.analytics[0], None);
                (
                    played(),
                    snippets::placed(
                        chance,
                        Snippet { name: "as published".to_owned(), head: text, ..Snippet::default() },
                    ),
                )
            }
        };
        let inline = inline(&snippet);
        let wanted = Wanted { script: &script, collect: &collect, inline: &inline };
        let policy = policies::policy(chance, &wanted);
        let mut headers = BTreeMap::from([("content-type".to_owned(), "text/javascript; charset=utf-8".to_owned())]);
        let open = chance.percent(75);
        if open {
            headers.insert("access-control-allow-origin".to_owned(), "*".to_owned());
        }
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">{}<title>Case {number}</title>{}</head><body><h1>Case</h1>{}</body></html>\n",
            policy.meta, snippet.head, snippet.body
        );
        let lent = if open { "" } else { ", lent to nobody" };
        Case {
            number,
            name: format!("{provider}: {} × {}{lent} × {}", snippet.name, tracker.name, policy.name),
            config,
            page,
            headers: if policy.headers.is_empty() { String::new() } else { format!("/*\n{}", policy.headers) },
            tracker: Reply { status: 200, url: script, via: Vec::new(), headers, body: tracker.text.into_bytes() },
        }
    }

    /// Returns what stands behind it in the browser.
    fn stage(&self) -> Replay {
        let provider = analytics::find(&self.config.analytics[0].provider).expect("the provider is known");
        let target =
            analytics::target(&self.config.analytics[0], &self.config.base_url).expect("the provider is known");
        let folder = Folder {
            base_url: self.config.base_url.clone(),
            files: BTreeMap::from([("index.html".to_owned(), Content::Held(self.page.clone().into_bytes()))]),
            headers: Some(Headers::parse(&self.headers)),
        };
        let server = Server { provider, target, tracker: Some(self.tracker.clone()) };
        Replay::new(&Arc::new(folder), &Arc::new(vec![server]))
    }

    /// Reads it as the guard does, and sets what was read beside what was seen.
    fn row(self, stage: &Replay, seen: Seen) -> Row {
        let arrived = stage.arrived();
        let hits = arrived.iter().filter(|arrived| arrived.role == Role::Collect(0)).flat_map(|arrived| &arrived.hits);
        let hits = hits.filter(|hit| hit.is_page_view() && hit.problems.is_empty()).count();
        let files = BTreeMap::from([
            ("index.html".to_owned(), self.page.clone().into_bytes()),
            ("_headers".to_owned(), self.headers.clone().into_bytes()),
        ]);
        let answer = Answer {
            target: analytics::target(&self.config.analytics[0], &self.config.base_url),
            tracker: Heard::Reply(Box::new(self.tracker.clone())),
            version: Heard::Unasked(Unasked::NotSelected),
            probe: Probed::Unasked(Unasked::NotSelected),
        };
        let answers = Answers { tables: vec![answer], ..Answers::default() };
        let levels = Some(BTreeSet::from([GuardLevel::L0, GuardLevel::L2]));
        let options = Options { levels, ..Options::default() };
        let report = check::run_on(&Rules::ALL, &self.config, &files, None, &answers, &options);
        let of = |wanted: fn(&verdict::Outcome) -> bool| -> BTreeSet<&'static str> {
            let verdicts = report.verdicts.iter().map(|judged| &judged.verdict);
            verdicts.filter(|verdict| wanted(&verdict.outcome)).map(|verdict| verdict.code).collect()
        };
        let drift = of(|outcome| *outcome == verdict::Outcome::Drift);
        let unknown = of(|outcome| matches!(outcome, verdict::Outcome::Unknown(_)));
        let (judgement, codes) = match (drift.is_empty(), unknown.is_empty()) {
            (false, _) => (Judgement::Drift, drift),
            (true, false) => (Judgement::Unknown, unknown),
            (true, true) => (Judgement::Ok, BTreeSet::new()),
        };
        let blocked = seen.blocked.iter().map(|blocked| format!("blocked by {}: {:?}", blocked.directive, blocked.url));
        Row {
            number: self.number,
            name: self.name,
            judgement,
            codes,
            hits,
            console: blocked.chain(seen.console.iter().cloned()).collect(),
            page: self.page,
            headers: self.headers,
            tracker: String::from_utf8_lossy(&self.tracker.body).into_owned(),
        }
    }
}

/// Returns the texts of a snippet's inline scripts, for policies that name them by their hash.
fn inline(snippet: &Snippet) -> Vec<String> {
    let facts = check::page::read(format!("<!doctype html><head>{}</head>{}", snippet.head, snippet.body).as_bytes());
    let own = facts.scripts.into_iter().filter(|tag| tag.source().is_none()).map(|tag| tag.body);
    snippet.inline.iter().cloned().chain(own).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the settings of a site with one analytics table, whose host obeys `_headers`.
fn settings(provider: &str, site: &str) -> Config {
    let text = format!(
        "title = \"Matrix\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\nheaders_from = \"netlify\"\n\
         [analytics]\nprovider = \"{provider}\"\nendpoint = \"{ENDPOINT}\"\nsite = \"{site}\"\n"
    );
    let world = World { current: "/".into(), ..World::default() };
    let overrides = Overrides { clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() };
    config::read(Path::new("/"), &text, &overrides, &world).expect("these settings are valid for every seed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_cases_and_another_seed_others() {
        let names = |seed| (0..40).map(|number| Case::make(seed, number).name).collect::<Vec<_>>();
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
        assert!(names(7).iter().collect::<BTreeSet<_>>().len() > 30, "the cases differ from one another");
    }
}
