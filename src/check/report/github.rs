//! Owns the report as annotations of a GitHub Actions run: one workflow command a line, the worst first, no more than the
//! runner shows, and a line that sums up.
//!
//! What pages and servers say is escaped, so that none of it becomes a command. [`inert`] does the same for the words
//! for people beside it, which land in the same log.

use super::blocks::{Block, Weight};
use super::text::tame;
use super::{Report, Whole};

/// How many annotations of one kind the runner shows of a step.
const SHOWN: usize = 10;

/// Returns the report as workflow commands and a last line in words.
pub(super) fn github(whole: &Whole<'_>) -> String {
    let empty = Report::default();
    let report = whole.report.unwrap_or(&empty);
    let mut blocks = whole.blocks();
    blocks.sort_by_key(|block| block.weight);
    let mut text = String::new();
    let mut left = 0;
    for kind in ["error", "warning", "notice"] {
        let mut of_kind = blocks.iter().filter(|block| command(block.weight) == kind);
        for block in of_kind.by_ref().take(SHOWN) {
            text.push_str(&annotation(report, kind, block));
        }
        left += of_kind.count();
    }
    let more = match left {
        0 => String::new(),
        left => format!("; {left} more are not annotated, `--format json` lists all"),
    };
    let headline = whole.headline();
    text.push_str(&inert(&format!("{}: {}{more}\n", headline.word, headline.in_full())));
    text
}

/// Returns the kind of annotation for a weight: what fails the run is an error.
fn command(weight: Weight) -> &'static str {
    match weight {
        Weight::Drift | Weight::Error | Weight::Unknown => "error",
        Weight::Pardoned | Weight::Warning => "warning",
        Weight::Note | Weight::BeyondReach => "notice",
    }
}

fn annotation(report: &Report, kind: &str, block: &Block<'_>) -> String {
    let mut properties = Vec::new();
    if let Some(spot) = report.background.spots(block).into_iter().next() {
        properties.push(format!("file={}", property(&spot.file)));
        properties.push(format!("line={}", spot.line.unwrap_or(1)));
        properties.extend(spot.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&format!("{}[{}]", block.word, block.code))));
    let mut lines = vec![block.message.clone()];
    lines.extend(block.lines());
    format!("::{kind} {}::{}\n", properties.join(","), data(&lines.join("\n")))
}

/// Escapes a message as the runner's own toolkit does.
fn data(text: &str) -> String {
    tame(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, where `:` and `,` have a meaning besides.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns words in which the runner finds no command: neither `::…` at the start of a line nor `##[…]` within one.
pub(super) fn inert(text: &str) -> String {
    let line = |line: &str| {
        let start = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at(start);
        let rest = rest.replace("##[", "## [");
        if rest.starts_with("::") { format!("{indent}: {}", &rest[1..]) } else { format!("{indent}{rest}") }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_begin_a_command_of_its_own() {
        assert_eq!(data("100%\r\n::error::x"), "100%25\\u{d}%0A::error::x");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn words_beside_annotations_hold_no_command() {
        assert_eq!(
            inert("a\n  ::stop-commands::x\n::error::y ##[group]z\nb ::c"),
            "a\n  : :stop-commands::x\n: :error::y ## [group]z\nb ::c"
        );
    }
}
