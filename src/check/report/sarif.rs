//! Owns the report as SARIF 2.1.0 (OASIS, 2020), in the form that GitHub's code scanning and editors read: one run, a rule for
//! each code that was judged, a result for each block, with the source that a page was made from where one is known.
//!
//! The fingerprint of a result stays the same while its cause does, whatever else is counted in its words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::blocks::{About, Block, Weight, not_verified};
use super::text::tame;
use super::{Report, Whole};
use crate::codes;
use crate::config::Endpoint;
use crate::digest::Sha256;

/// How many further places a result names.
const PLACES: usize = 100;

/// Returns the report as SARIF.
pub(super) fn sarif(whole: &Whole<'_>) -> Value {
    let empty = Report::default();
    let report = whole.report.unwrap_or(&empty);
    let blocks = whole.blocks();
    let judged = report.verdicts.iter().map(|judged| judged.verdict.code);
    let rules: BTreeSet<&str> = judged.chain(blocks.iter().map(|block| block.code)).collect();
    let places: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(index, code)| (*code, index)).collect();
    let mut seen = BTreeMap::new();
    let results = blocks.iter().map(|block| {
        let number = seen.entry(cause(report, block)).or_insert(0_usize);
        *number += 1;
        let fingerprint = Sha256::of(format!("{}\n{number}", cause(report, block))).to_string();
        result(report, block, places.get(block.code).copied(), &fingerprint)
    });
    let results: Vec<Value> = results.collect();
    let mut notifications: Vec<Value> =
        not_verified(report).iter().map(|what| notification(&format!("not verified: {what}"))).collect();
    if report.stand_in() {
        notifications.push(notification("stand-in endpoint: this proves the site, not your analytics"));
    }
    let ways = report.notes.iter().filter(|note| !note.starts_with("stand-in"));
    notifications.extend(ways.map(|note| notification(note)));
    let mut invocation = json!({
        // The tool itself did what it was to do, whatever it found.
        "executionSuccessful": true,
        "exitCode": whole.exit.code(),
        "toolExecutionNotifications": notifications,
    });
    if let (Some(now), Value::Object(fields)) = (whole.report.map(|report| report.now), &mut invocation) {
        fields.insert("endTimeUtc".to_owned(), now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Watchpost",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("watchpost/{}", report.background.base_url) },
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn notification(text: &str) -> Value {
    json!({ "level": "note", "message": { "text": tame(text) } })
}

/// Returns a code as a rule: its first sentence, and all that `blog explain` says.
fn rule(code: &str) -> Value {
    let text = codes::find(code).map_or(code, |row| row.text);
    let first = text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.');
    let incident = codes::incident(code).map(|incident| format!("\n\nIt happened: {incident}")).unwrap_or_default();
    json!({
        "id": code,
        "shortDescription": { "text": format!("{first}.") },
        "fullDescription": { "text": text },
        "help": { "text": format!("{text}{incident}") },
    })
}

fn result(report: &Report, block: &Block<'_>, rule: Option<usize>, fingerprint: &str) -> Value {
    let level = match block.weight {
        Weight::Drift | Weight::Error => "error",
        Weight::Unknown | Weight::Pardoned | Weight::Warning => "warning",
        Weight::Note | Weight::BeyondReach => "note",
    };
    let spots = report.background.spots(block);
    let place = |spot: &super::background::Spot| {
        // Readers demand a line: what concerns a file as a whole is shown at its first.
        let mut region = json!({ "startLine": spot.line.unwrap_or(1) });
        if let (Some(column), Value::Object(fields)) = (spot.column, &mut region) {
            fields.insert("startColumn".to_owned(), column.into());
        }
        json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&spot.file) }, "region": region } })
    };
    let mut lines = vec![block.message.clone()];
    lines.extend(block.lines());
    let mut properties = json!({ "outcome": block.word });
    if let (About::Verdict(judged), Value::Object(fields)) = (block.about, &mut properties) {
        fields.insert("level".to_owned(), json!(judged.verdict.level));
        fields.insert("covers".to_owned(), json!(judged.verdict.covers));
        fields.insert("fails".to_owned(), (judged.exit() != crate::diagnostic::Exit::Success).into());
        fields.insert("pages".to_owned(), judged.verdict.pages.len().into());
    }
    let mut further: Vec<Value> = Vec::new();
    for (number, spot) in spots.iter().skip(1).take(PLACES).enumerate() {
        let mut place = place(spot);
        if let Value::Object(fields) = &mut place {
            fields.insert("id".to_owned(), (number + 1).into());
        }
        further.push(place);
    }
    let mut result = json!({
        "ruleId": block.code,
        "level": level,
        "message": { "text": tame(&lines.join("\n")) },
        "locations": spots.iter().take(1).map(place).collect::<Vec<_>>(),
        "relatedLocations": further,
        "partialFingerprints": { "watchpostCause/v1": fingerprint },
        "properties": properties,
    });
    if let (Some(rule), Value::Object(fields)) = (rule, &mut result) {
        fields.insert("ruleIndex".to_owned(), rule.into());
    }
    result
}

/// Returns what stays the same while a cause lasts: the rule, the table, the file, and the words without what they count.
fn cause(report: &Report, block: &Block<'_>) -> String {
    let about = match block.about {
        About::Verdict(judged) => judged.table.and_then(|table| report.guarded.get(table)).map(|table| {
            let endpoint = match &table.endpoint {
                Endpoint::Embedded => "embedded",
                Endpoint::Server(url) => url.as_str(),
            };
            format!("{} {endpoint} {}", table.provider, table.site)
        }),
        About::Finding(_) | About::Run(_) => report.background.spots(block).into_iter().next().map(|spot| spot.file),
    };
    format!("{}\n{}\n{}", block.code, about.unwrap_or_default(), without_counts(&block.message))
}

/// Returns a sentence with `#` for each number; what stands in backticks is a name, and is kept.
fn without_counts(text: &str) -> String {
    let mut told = String::new();
    let mut named = false;
    for character in text.chars() {
        named ^= character == '`';
        match character {
            '0'..='9' | ',' if !named && (character != ',' || told.ends_with('#')) => {
                if !told.ends_with('#') {
                    told.push('#');
                }
            }
            _ => told.push(character),
        }
    }
    told
}

/// Returns a path as a relative reference: what has a meaning in an address is encoded, `:` too, lest it look like a scheme.
fn uri(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(path.trim_start_matches('/'), KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_outlives_its_numbers() {
        assert_eq!(
            without_counts("all 1,012 pages made by `post2.html` lack the snippet, of 2"),
            "all # pages made by `post2.html` lack the snippet, of #"
        );
        assert_eq!(without_counts("a, b"), "a, b");
    }

    #[test]
    fn a_path_is_no_scheme() {
        assert_eq!(uri("content/a b:c/é#1?.md"), "content/a%20b%3Ac/%C3%A9%231%3F.md");
    }
}
