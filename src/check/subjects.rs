//! Owns the meeting of pages and servers: for each analytics table, what was found on the pages and
//! what was answered, handed to the guard's rules together.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, Page, Snippet};
use super::report::{Judged, Pardon, span};
use crate::analytics::{self, ScriptTag, Sighting};
use crate::guard::csp::Delivery;
use crate::guard::{self, Answers, PagePolicy, Subject};
use crate::lock::Lock;
use crate::state::{State, Tolerance};
use crate::verdict::{GuardLevel, Outcome};

/// What the guard's rules say, and which levels they could not be asked about.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The verdicts, table by table.
    pub(super) verdicts: Vec<Judged>,
    /// The levels that were left out, and why, each reason once.
    pub(super) left_out: BTreeMap<GuardLevel, BTreeSet<String>>,
}

/// Lets some of the guard's rules judge every table.
pub(super) fn judge(rules: &[guard::Rule], evidence: &Evidence<'_>, answers: &Answers, lock: Option<&Lock>) -> Heard {
    let mut heard = Heard::default();
    if let Some(lock) = lock {
        let verdicts = guard::judge_lock(lock, evidence.config).into_iter();
        heard.verdicts.extend(verdicts.map(|verdict| Judged { verdict, table: None, pardon: Pardon::None }));
    }
    for (number, table) in evidence.tables() {
        let Some(answer) = answers.tables.get(table.number) else {
            for level in [GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4] {
                heard.left_out.entry(level).or_default().insert("nobody was asked".to_owned());
            }
            continue;
        };
        let snippets = Snippets::of_table(evidence, number);
        let sightings: Vec<Sighting> = snippets.sightings.into_iter().cloned().collect();
        let policies = snippets.policies;
        let subject = Subject {
            analytics: table.analytics,
            base_url: &evidence.config.base_url,
            has_lock: lock.is_some(),
            locked: lock.and_then(|lock| guard::locked(lock, evidence.config, table.number)),
            answer,
            sightings: &sightings,
            policies: &policies,
            headers_known: evidence.knows_headers(),
        };
        for rule in rules {
            let verdicts = (rule.judge)(&subject).into_iter();
            heard.verdicts.extend(verdicts.map(|verdict| Judged {
                verdict,
                table: Some(table.number),
                pardon: Pardon::None,
            }));
        }
        for (level, why) in guard::left_out(&subject) {
            let why = if evidence.tables.len() > 1 { format!("{}: {why}", table.title) } else { why.to_owned() };
            heard.left_out.entry(level).or_default().insert(why);
        }
    }
    heard
}

/// Under which policies some pages are, and what the snippet is made of on them.
type Circumstances<'e> = (Vec<(Delivery, String)>, Vec<String>, Option<String>, Vec<&'e ScriptTag>);

/// What the pages show of one table.
struct Snippets<'e> {
    sightings: BTreeSet<&'e Sighting>,
    policies: Vec<PagePolicy>,
}

impl<'e> Snippets<'e> {
    fn of_table(evidence: &'e Evidence<'_>, number: usize) -> Snippets<'e> {
        let mut sightings = BTreeSet::new();
        let mut by_policy: BTreeMap<Circumstances<'_>, Vec<&Page>> = BTreeMap::new();
        // What no server asks for splits no pages.
        let provider = analytics::find(evidence.tables[number].expected.provider);
        let is_asked = provider.is_some_and(|provider| (provider.needs_referrer)(&[]) != Some(false));
        for page in &evidence.pages {
            let snippets: Vec<&Snippet> = page.of_table_all(number).collect();
            if snippets.is_empty() {
                continue;
            }
            sightings.extend(snippets.iter().map(|snippet| &snippet.found.sighting));
            let texts = evidence.policies_of(page);
            let embedder = evidence.header_of(page, "cross-origin-embedder-policy");
            let referrer = is_asked
                .then(|| evidence.header_of(page, "referrer-policy"))
                .and_then(|headers| guard::referrer_policy(&headers, page.referrer.as_deref()));
            if !texts.is_empty() || !embedder.is_empty() || referrer.is_some() {
                let scripts: BTreeSet<&ScriptTag> =
                    snippets.iter().flat_map(|snippet| &snippet.found.scripts).collect();
                by_policy.entry((texts, embedder, referrer, scripts.into_iter().collect())).or_default().push(page);
            }
        }
        let policy = |((texts, embedder, referrer, scripts), pages): (Circumstances<'_>, Vec<&Page>)| PagePolicy {
            texts,
            embedder,
            referrer,
            scripts: scripts.into_iter().cloned().collect(),
            url: evidence.url(pages[0]),
            pages: pages.iter().map(|page| page.path.clone()).collect(),
        };
        Snippets { sightings, policies: by_policy.into_iter().map(policy).collect() }
    }
}

/// Says of each unknown whether `on_unknown = "warn"` lets it pass, by what is remembered.
pub(super) fn pardon(verdicts: &mut [Judged], evidence: &Evidence<'_>, state: &State) {
    let config = evidence.config;
    for judged in verdicts.iter_mut().filter(|judged| matches!(judged.verdict.outcome, Outcome::Unknown(_))) {
        let Some(analytics) = judged.table.and_then(|table| config.analytics.get(table)) else { continue };
        let level = judged.verdict.level;
        let most = span(analytics.max_unknown_age);
        judged.pardon = match state.tolerance(config, analytics, level, config.now) {
            Tolerance::Fails => Pardon::None,
            Tolerance::NoMemory => Pardon::Refused(
                "`on_unknown = \"warn\"` does not let it pass: nothing is remembered of this level ever having held; keep \
                 the folder `.blog/state` from one run to the next"
                    .to_owned(),
            ),
            Tolerance::TooOld(age) => Pardon::Refused(format!(
                "`on_unknown = \"warn\"` lets it pass for {most}, and this level last held {} ago",
                span(age)
            )),
            Tolerance::Warns(age) => Pardon::Granted(format!(
                "`on_unknown = \"warn\"` lets it pass: this level last held {} ago, and may stay unknown for {most}",
                span(age)
            )),
        };
    }
}
