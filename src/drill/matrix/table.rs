//! Owns the matrix as words and as JSON.

use serde_json::{Value, json};

use super::{Judgement, Matrix, Outcome};

/// Returns the matrix as words.
pub(super) fn human(matrix: &Matrix) -> String {
    let mut text = format!(
        "{} cases of snippet × tracker × policy, seed {}, in {} and as the guard reads them (L0 and L2)\n\n",
        matrix.rows.len(),
        matrix.seed,
        matrix.browser
    );
    text.push_str("  L0 and L2      1 hit     none   several\n");
    for judgement in Judgement::ALL {
        let count = |hits: fn(usize) -> bool| {
            matrix.rows.iter().filter(|row| row.judgement == judgement && hits(row.hits)).count()
        };
        let (one, none, several) = (count(|hits| hits == 1), count(|hits| hits == 0), count(|hits| hits > 1));
        text.push_str(&format!("  {:<12} {one:>7}  {none:>7}   {several:>7}\n", judgement.name()));
    }
    text.push('\n');
    for (outcome, title) in [
        (Outcome::Miss, "missed: read as ok, and not exactly one hit left"),
        (Outcome::FalseAlarm, "false alarm: read as drift, and exactly one hit left"),
        (Outcome::Untold, "not decided by reading"),
    ] {
        let rows: Vec<_> = matrix.rows.iter().filter(|row| row.outcome() == outcome).collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("{title}\n"));
        for row in rows {
            let codes = row.codes.iter().copied().collect::<Vec<_>>().join(", ");
            text.push_str(&format!("  case {}: {}\n", row.number, row.name));
            text.push_str(&format!("      {} hits; {codes}\n", row.hits));
            row.console.iter().take(2).for_each(|line| text.push_str(&format!("      {line}\n")));
        }
        text.push('\n');
    }
    let count = |outcome| matrix.rows.iter().filter(|row| row.outcome() == outcome).count();
    text.push_str(&format!(
        "{} missed, {} false alarms, {} of {} not decided by reading ({:.1} %; at most {} % may be)\n",
        count(Outcome::Miss),
        count(Outcome::FalseAlarm),
        count(Outcome::Untold),
        matrix.rows.len(),
        matrix.untold_percent(),
        super::MOST_UNTOLD,
    ));
    text
}

/// Returns the matrix as JSON; a case that went wrong with its page and tracker.
pub(super) fn json(matrix: &Matrix) -> Value {
    let rows = matrix.rows.iter().map(|row| {
        let mut value = json!({
            "case": row.number, "name": row.name, "read": row.judgement.name(), "hits": row.hits, "codes": row.codes,
            "outcome": row.outcome().name(),
        });
        if row.outcome() != Outcome::Agreed {
            value["page"] = row.page.clone().into();
            value["headers"] = row.headers.clone().into();
            value["tracker"] = row.tracker.clone().into();
            value["console"] = row.console.clone().into();
        }
        value
    });
    json!({ "seed": matrix.seed, "browser": matrix.browser, "cases": rows.collect::<Vec<_>>() })
}
