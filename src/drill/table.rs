//! Owns the drill as words and as JSON: what was caught, by whom, and what would have to be switched on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Catch, Drill, Fate, Row};
use crate::breakages::Class;
use crate::config::Config;
use crate::verdict::GuardLevel;

/// Returns what to switch on for a level.
fn switch(level: GuardLevel) -> &'static str {
    match level {
        GuardLevel::L0 | GuardLevel::L2 => "do not leave it out by `--levels`",
        GuardLevel::L1 | GuardLevel::L3 | GuardLevel::L4 => {
            "run without `--offline`, and do not leave it out by `--levels`"
        }
        GuardLevel::L5 => "`blog check --read-back`, with a `canary_site`",
        GuardLevel::L6 => {
            "`blog check --live` after each publication and on a schedule; for headers also `headers_from`"
        }
        GuardLevel::L7 => "`blog check --browser`",
        GuardLevel::L8 => "`blog trend` on a schedule",
    }
}

/// Returns the drill in words: a table by class, then what the guard failed at, then one line.
pub(super) fn human(drill: &Drill, config: &Config) -> String {
    let mut text = String::new();
    let several = config.analytics.len() > 1;
    for (number, table) in config.analytics.iter().enumerate() {
        if several {
            let _ = writeln!(text, "{} (site `{}`)\n", table.provider, table.site);
        }
        let rows: Vec<&Row> = drill.rows.iter().filter(|row| row.table == number).collect();
        let mut class = None;
        for row in rows.iter().filter(|row| !matches!(row.fate, Fate::Pointless(_))) {
            if class != Some(row.breakage.class) {
                class = Some(row.breakage.class);
                let _ = writeln!(text, "{}", row.breakage.class.name());
            }
            let _ = writeln!(text, "  {:<38} {}", row.breakage.name, fate(&row.fate));
        }
        let mut pointless: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in &rows {
            if let Fate::Pointless(why) = row.fate {
                pointless.entry(why).or_default().push(row.breakage.name);
            }
        }
        for (why, names) in pointless {
            let _ = writeln!(text, "not staged, because {why}: {}", names.join(", "));
        }
        text.push('\n');
    }
    for judged in &drill.alarms {
        let _ =
            writeln!(text, "the unbroken site raises an alarm: {}: {}", judged.verdict.code, judged.verdict.message);
    }
    for row in drill.rows.iter().filter(|row| row.fails()) {
        let _ = writeln!(text, "{}: {}", row.breakage.name, row.breakage.story);
    }
    let _ = writeln!(text, "{}", tally(drill));
    text
}

fn fate(fate: &Fate) -> String {
    let codes = |catches: &[Catch]| {
        let shown: Vec<String> =
            catches.iter().take(2).map(|catch| format!("{:?} {}", catch.level, catch.code)).collect();
        match catches.len() {
            0..=2 => shown.join(", "),
            more => format!("{} and {} more", shown.join(", "), more - 2),
        }
    };
    match fate {
        Fate::Caught(catches) => format!("caught    {}", codes(catches)),
        Fate::Missed(level) => format!("NOT CAUGHT, though {level:?} promises it"),
        Fate::Misjudged(catches, how) => format!("MISJUDGED {how}: {}", codes(catches)),
        Fate::FalseAlarm(catches) => format!("FALSE ALARM {}", codes(catches)),
        Fate::Quiet => "quiet     no alarm, as it should be".to_owned(),
        Fate::NotPromised(level) => format!("not caught; {level:?} would: {}", switch(*level)),
        Fate::Pointless(why) => (*why).to_owned(),
    }
}

fn tally(drill: &Drill) -> String {
    let count = |is: fn(&Fate) -> bool| drill.rows.iter().filter(|row| is(&row.fate)).count();
    let caught = count(|fate| matches!(fate, Fate::Caught(_)));
    let quiet = count(|fate| matches!(fate, Fate::Quiet));
    let beyond = count(|fate| matches!(fate, Fate::NotPromised(_)));
    let failed = drill.rows.iter().filter(|row| row.fails()).count() + drill.alarms.len();
    let (copied, all) = drill.pages;
    let verdict = match failed {
        0 => "every promise was kept".to_owned(),
        1 => "one promise was not kept".to_owned(),
        failed => format!("{failed} promises were not kept"),
    };
    format!(
        "{verdict}: {caught} breakages caught, {quiet} harmless changes left in peace, {beyond} that only other levels see; on copies of \
         {copied} of {all} pages, against the stand-in: it drills the guard, and says nothing of your analytics"
    )
}

/// Returns the drill as JSON.
pub(super) fn json(drill: &Drill) -> Value {
    json!({
        "exit": drill.exit().code(),
        "pages": {"copied": drill.pages.0, "all": drill.pages.1},
        "alarms": drill.alarms.iter().map(|judged| json!({"code": judged.verdict.code, "message": judged.verdict.message})).collect::<Vec<_>>(),
        "rows": drill.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let catches = |catches: &[Catch]| -> Value {
        catches.iter().map(|catch| json!({"level": catch.level, "code": catch.code})).collect()
    };
    let (fate, by, level, why) = match &row.fate {
        Fate::Caught(by) => ("caught", catches(by), None, None),
        Fate::Missed(level) => ("missed", Value::Null, Some(*level), None),
        Fate::Misjudged(by, how) => ("misjudged", catches(by), None, Some(*how)),
        Fate::FalseAlarm(by) => ("false-alarm", catches(by), None, None),
        Fate::Quiet => ("quiet", Value::Null, None, None),
        Fate::NotPromised(level) => ("not-promised", Value::Null, Some(*level), Some(switch(*level))),
        Fate::Pointless(why) => ("not-staged", Value::Null, None, Some(*why)),
    };
    json!({
        "table": row.table,
        "name": row.breakage.name,
        "class": row.breakage.class.name(),
        "story": row.breakage.story,
        "fate": fate,
        "by": by,
        "level": level,
        "why": why,
        "fails": row.fails(),
        "harmless": row.breakage.class == Class::Harmless,
    })
}
