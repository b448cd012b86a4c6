//! Owns the parts of the HTML report after the causes: coverage, levels, what is locked and remembered, what was not
//! verified, and what holds.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::pictures::{bar, strip};
use super::{Page, date, text, tone, words};
use crate::check::coverage::Row;
use crate::check::report::blocks::{Weight, not_verified, of_verdict};
use crate::check::report::text::{Colour, counted, number, span as span_words};
use crate::check::report::{Guarded, Judged, Report, level_name};
use crate::config::Endpoint;
use crate::diagnostic::Level;
use crate::lock::LockEntry;
use crate::verdict::{GuardLevel, Outcome};

/// How many rows of a coverage table are shown.
const ROWS: usize = 60;
/// What a strip spans at least.
const SPAN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Writes which pages carry what they should.
pub(super) fn coverage(page: &mut Page, report: &Report) {
    if report.coverage.is_empty() {
        return;
    }
    page.add(format_args!("<section aria-labelledby=\"coverage\">\n<h2 id=\"coverage\">Coverage</h2>"));
    for coverage in &report.coverage {
        let title = report.guarded.iter().find(|guarded| guarded.provider == coverage.provider);
        let title = title.map_or(coverage.provider.as_str(), |guarded| guarded.title.as_str());
        page.add(format_args!(
            "<p>The {} snippet stands once and as configured on <strong>{} of {}</strong>{}.</p>",
            text(title),
            number(coverage.found),
            counted(coverage.expected, "page"),
            match coverage.excluded {
                0 => String::new(),
                excluded => format!("; {} are to carry none", counted(excluded, "page")),
            },
        ));
        table(page, "Section", &coverage.sections, "(top)");
        table(page, "Layout", &coverage.layouts, "(copied as it is)");
    }
    page.add(format_args!("</section>"));
}

fn table(page: &mut Page, kind: &str, rows: &[Row], nameless: &str) {
    if rows.is_empty() {
        return;
    }
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.found == row.expected, std::cmp::Reverse(row.expected)));
    page.add(format_args!(
        "<table class=\"shares\">\n<thead><tr><th class=\"name\" scope=\"col\">{kind}</th><th scope=\"col\">Share</th>\
         <th class=\"number\" scope=\"col\">Pages</th><th class=\"lack\" scope=\"col\">Lack it</th></tr></thead>\n<tbody>"
    ));
    for row in sorted.iter().take(ROWS) {
        let name = if row.name.is_empty() { nameless } else { row.name.as_str() };
        let share = format!("{} of {}", number(row.found), number(row.expected));
        let lacking = match row.expected.saturating_sub(row.found) {
            0 => "<span class=\"soft\">none</span>".to_owned(),
            lacking if lacking == row.expected => "<span class=\"mark red\">all</span>".to_owned(),
            lacking => format!("<span class=\"mark amber\">{}</span>", number(lacking)),
        };
        page.add(format_args!(
            "<tr><th scope=\"row\">{}</th><td class=\"picture\">{}</td><td class=\"number\">{share}</td><td>{lacking}</td></tr>",
            text(name),
            bar(row.found, row.expected, &share),
        ));
    }
    page.add(format_args!("</tbody></table>"));
    if let Some(rest) = sorted.get(ROWS..).filter(|rest| !rest.is_empty()) {
        let gaps = rest.iter().filter(|row| row.found < row.expected).count();
        page.add(format_args!("<p class=\"soft\">And {} more, {gaps} of them not whole.</p>", number(rest.len())));
    }
}

/// Writes what each level came to, the silent ones included.
pub(super) fn levels(page: &mut Page, report: &Report) {
    let mut levels: BTreeMap<GuardLevel, Vec<&Judged>> = BTreeMap::new();
    for judged in &report.verdicts {
        levels.entry(judged.verdict.level).or_default().push(judged);
    }
    report.left_out.keys().for_each(|level| _ = levels.entry(*level).or_default());
    if levels.is_empty() && !report.site_rules {
        return;
    }
    page.add(format_args!(
        "<section aria-labelledby=\"levels\">\n<h2 id=\"levels\">Levels</h2>\n<table class=\"levels\">\n<thead><tr>\
         <th class=\"name\" scope=\"col\">Level</th><th class=\"mid\" scope=\"col\">Outcome</th><th scope=\"col\">Rules that hold</th></tr></thead>\n<tbody>"
    ));
    let mut line = |name: &str, colour: Colour, word: &str, told: &str| {
        page.add(format_args!(
            "<tr><th scope=\"row\">{}</th><td><span class=\"mark {}\">{}</span></td><td>{told}</td></tr>",
            text(name),
            tone(colour),
            text(word),
        ));
    };
    for (level, judged) in levels {
        let why = report.left_out.get(&level).map(|why| why.iter().cloned().collect::<Vec<_>>().join(", "));
        let why = why.map(|why| text(&why));
        if judged.is_empty() {
            line(level_name(level), Colour::Blue, "not verified", &why.unwrap_or_default());
            continue;
        }
        let holding = judged.iter().filter(|judged| judged.holds()).count();
        let worst = judged.iter().map(|judged| of_verdict(report, judged)).min_by_key(|block| block.weight);
        let (word, colour) = match worst {
            Some(block) if block.weight < Weight::Note || block.weight == Weight::BeyondReach => {
                (block.word, block.colour)
            }
            _ if judged.iter().any(|judged| judged.is_untold()) => ("not told", Colour::Yellow),
            _ => ("ok", Colour::Green),
        };
        let why = why.map(|why| format!("; not all was verified: {why}")).unwrap_or_default();
        line(level_name(level), colour, word, &format!("{holding} of {}{why}", judged.len()));
    }
    if report.site_rules {
        let worst = report.findings.iter().map(|finding| finding.level).max();
        let (word, colour) = match worst {
            Some(Level::Error) => ("error", Colour::Red),
            Some(Level::Warning) => ("warning", Colour::Yellow),
            Some(Level::Note) | None => ("ok", Colour::Green),
        };
        let told = format!("links, ids, feeds, sitemaps and digests in {}", counted(report.files, "file"));
        line("The site itself", colour, word, &told);
    }
    page.add(format_args!("</tbody></table>\n</section>"));
}

/// Writes what is locked of each table, and when each level last held.
pub(super) fn locked(page: &mut Page, report: &Report) {
    if report.background.tables.is_empty() {
        return;
    }
    page.add(format_args!(
        "<section aria-labelledby=\"locked\">\n<h2 id=\"locked\">What is locked, and since when it holds</h2>"
    ));
    for (number, (memory, guarded)) in report.background.tables.iter().zip(&report.guarded).enumerate() {
        let endpoint = match &guarded.endpoint {
            Endpoint::Embedded => "the stand-in".to_owned(),
            Endpoint::Server(url) => url.to_string(),
        };
        page.add(format_args!(
            "<h3>{} at <code>{}</code>, site <code>{}</code></h3>",
            text(&guarded.title),
            text(&endpoint),
            text(&guarded.site)
        ));
        match &memory.locked {
            Some(entry) => entry_of(page, entry),
            None => page.add(format_args!(
                "<p>Nothing is locked: <code>analytics.lock</code> has no entry for it, so that no change would be noticed.</p>"
            )),
        }
        held(page, report, number, memory.tolerated, guarded);
    }
    page.add(format_args!("</section>"));
}

fn entry_of(page: &mut Page, entry: &LockEntry) {
    page.add(format_args!(
        "<p>Versions that were accepted, each with the bytes of its tracker, the oldest first. Any other pair is drift.</p>\n<table class=\"pairs\">\n\
         <thead><tr><th class=\"name\" scope=\"col\">Version</th><th scope=\"col\">SHA-256 of the tracker</th><th class=\"number\" scope=\"col\">Bytes</th></tr></thead>\n<tbody>"
    ));
    for released in &entry.tracker.released {
        page.add(format_args!(
            "<tr><th scope=\"row\">{}</th><td><code>{}</code></td><td class=\"number\">{}</td></tr>",
            text(&released.version),
            released.sha256,
            released.size
        ));
    }
    page.add(format_args!("</tbody></table>\n<dl>"));
    let mut fact = |label: &str, fact: &str| {
        if !fact.is_empty() {
            page.add(format_args!("<dt>{label}</dt><dd>{}</dd>", words(fact)));
        }
    };
    let server = entry.server.as_ref().map(|server| format!("{} (learned by {})", server.version, server.learned_by));
    fact("server", server.as_deref().unwrap_or("its version is not known"));
    fact("tracker", &format!("`{}` ({})", entry.tracker.final_url, entry.tracker.class));
    fact("sends by", &entry.tracker.transports.join(", "));
    fact("other hosts", &entry.tracker.hosts.join(", "));
    fact("policy", &entry.csp.join("; "));
    fact("pages", &entry.coverage);
    page.add(format_args!(
        "</dl>\n<details><summary>The locked snippet, revision {}</summary><pre><code>{}</code></pre></details>",
        entry.snippet.revision,
        text(&entry.snippet.text)
    ));
}

/// Writes when each level of a table last held.
fn held(page: &mut Page, report: &Report, table: usize, tolerated: Option<SignedDuration>, guarded: &Guarded) {
    let now = report.now;
    let before: BTreeMap<GuardLevel, Timestamp> =
        report.last_held.iter().filter(|((of, _), _)| *of == table).map(|((_, level), held)| (*level, *held)).collect();
    let judged = report.verdicts.iter().filter(|judged| judged.table == Some(table));
    let mut levels: BTreeMap<GuardLevel, bool> = before.keys().map(|level| (*level, false)).collect();
    for judged in judged {
        // A level holds now if something was told of it, and nothing was wrong or left open.
        let held = levels.entry(judged.verdict.level).or_insert(false);
        *held |= judged.verdict.outcome == Outcome::Ok;
    }
    // What is wrong with the pages is said of the site as a whole, and holds against every table.
    let open =
        report.verdicts.iter().filter(|judged| judged.table.is_none_or(|about| about == table) && !judged.holds());
    for judged in open.filter(|judged| !judged.is_beyond_reach()) {
        levels.insert(judged.verdict.level, false);
    }
    if levels.is_empty() {
        return;
    }
    let longest = before.values().map(|held| now.duration_since(*held)).max().unwrap_or(SPAN);
    let span = SPAN.max(tolerated.unwrap_or(SPAN)).max(longest.min(SPAN * 6));
    let limit = tolerated.map(hours);
    let rule = tolerated.map_or_else(String::new, |tolerated| {
        format!(" A level that is unknown passes for {} after that; the dashed line marks it.", span_words(tolerated))
    });
    page.add(format_args!(
        "<table class=\"held\">\n<caption>When each level of {} last held, over the last {}.{rule}</caption>\n\
         <thead><tr><th class=\"name\" scope=\"col\">Level</th><th class=\"mid\" scope=\"col\">{} ago, until now</th><th scope=\"col\">Last held</th></tr></thead>\n<tbody>",
        text(&guarded.title),
        span_words(span),
        span_words(span),
    ));
    for (level, holds) in levels {
        let before = before.get(&level).copied();
        let (ago, told) = match (holds, before) {
            (true, _) => (Some(SignedDuration::ZERO), "in this run".to_owned()),
            (false, Some(before)) => {
                let ago = now.duration_since(before);
                (Some(ago), format!("{} ago, {}", span_words(ago), date(before)))
            }
            (false, None) => (None, "never, as far as is remembered".to_owned()),
        };
        let picture = ago.map_or_else(String::new, |ago| {
            let words = if ago.is_zero() { "now".to_owned() } else { format!("{} ago", span_words(ago)) };
            strip(hours(ago), hours(span), limit, &words)
        });
        page.add(format_args!(
            "<tr><th scope=\"row\">{}</th><td class=\"picture\">{picture}</td><td>{told}</td></tr>",
            text(level_name(level))
        ));
    }
    page.add(format_args!("</tbody></table>"));
}

fn hours(span: SignedDuration) -> f64 {
    span.as_secs_f64() / 3_600.0
}

/// Says what this report does not show.
pub(super) fn uncovered(page: &mut Page, report: &Report) {
    let parts = not_verified(report);
    let notes: Vec<&String> = report.notes.iter().filter(|note| !note.starts_with("stand-in")).collect();
    if parts.is_empty() && notes.is_empty() && !report.stand_in() {
        return;
    }
    page.add(format_args!(
        "<section aria-labelledby=\"uncovered\">\n<h2 id=\"uncovered\">What this report does not cover</h2>\n<ul>"
    ));
    if report.stand_in() {
        page.add(format_args!(
            "<li>Your analytics server: the stand-in inside the program answered in its place.</li>"
        ));
    }
    for part in parts {
        page.add(format_args!("<li>{}</li>", words(&super::capital(&part))));
    }
    for note in notes {
        page.add(format_args!("<li>How the servers were reached: {}</li>", words(note)));
    }
    page.add(format_args!("</ul>\n</section>"));
}

/// Lists what holds.
pub(super) fn holding(page: &mut Page, report: &Report) {
    let holding: Vec<&Judged> = report.verdicts.iter().filter(|judged| judged.verdict.outcome == Outcome::Ok).collect();
    if holding.is_empty() {
        return;
    }
    page.add(format_args!(
        "<section aria-labelledby=\"holding\">\n<h2 id=\"holding\">What holds</h2>\n<details><summary>{} that hold, with what was looked at</summary>\n<ul>",
        counted(holding.len(), "rule")
    ));
    for judged in holding {
        let verdict = &judged.verdict;
        let evidence = verdict.evidence.as_ref().map(|evidence| format!("; {}", words(evidence))).unwrap_or_default();
        page.add(format_args!(
            "<li><code>{}</code>: {}<span class=\"soft\">{evidence}</span></li>",
            text(verdict.code),
            words(&verdict.message)
        ));
    }
    page.add(format_args!("</ul></details>\n</section>"));
}
