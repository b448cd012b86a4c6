//! Owns the JSON form of a report. Its shape is versioned and documented in `docs/report.md`: fields
//! are added, never renamed, within one version.

use serde_json::{Value, json};

use super::{Guarded, Judged, Pardon, Report, level_name};
use crate::config::Endpoint;
use crate::diagnostic::{Diagnostic, Exit, Level};

/// The version of the shape.
const SCHEMA: u32 = 1;

/// Returns the report as JSON.
pub(super) fn json(report: &Report) -> Value {
    json!({
        "schema": SCHEMA,
        "outcome": outcome(report.exit()),
        "exit": report.exit().code(),
        "stand_in": report.stand_in(),
        "guarded": report.guarded.iter().map(guarded).collect::<Vec<_>>(),
        "pages": report.pages,
        "files": report.files,
        "site_rules": report.site_rules,
        "coverage": report.coverage,
        "verdicts": report.verdicts.iter().map(|judged| self::judged(report, judged)).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "notes": report.notes,
        "left_out": report.left_out.iter().map(|(level, why)| json!({
            "level": level,
            "name": level_name(*level),
            "why": why,
        })).collect::<Vec<_>>(),
    })
}

fn outcome(exit: Exit) -> &'static str {
    match exit {
        Exit::Success => "ok",
        Exit::Site => "site",
        Exit::Usage => "usage",
        Exit::Drift => "drift",
        Exit::Unknown => "unknown",
        Exit::Trend => "trend",
        Exit::World => "world",
    }
}

fn guarded(guarded: &Guarded) -> Value {
    json!({
        "provider": guarded.provider,
        "endpoint": match &guarded.endpoint {
            Endpoint::Embedded => "embedded",
            Endpoint::Server(url) => url.as_str(),
        },
        "site": guarded.site,
    })
}

fn judged(report: &Report, judged: &Judged) -> Value {
    let mut value = serde_json::to_value(&judged.verdict).expect("a verdict has only text keys");
    if let Value::Object(fields) = &mut value {
        fields.insert("fails".to_owned(), (judged.exit() != Exit::Success).into());
        fields.insert("table".to_owned(), judged.table.into());
        if let Some(held) = report.last_held(judged) {
            fields.insert("last_held".to_owned(), held.to_string().into());
        }
        if let Pardon::Granted(why) | Pardon::Refused(why) = &judged.pardon {
            fields.insert("on_unknown".to_owned(), why.as_str().into());
        }
    }
    value
}

fn finding(finding: &Diagnostic) -> Value {
    json!({
        "level": match finding.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        },
        "code": finding.code,
        "exit": finding.exit().code(),
        "message": finding.message,
        "file": finding.place.as_ref().map(|place| &place.file),
        "notes": finding.notes,
        "hint": finding.hint,
    })
}
