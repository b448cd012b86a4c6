//! Owns the pictures of the HTML report: inline SVG that takes its colours from the page's style, each with the words that
//! say the same. No number in them comes from outside but as a number.

/// Draws how much of something is whole, as a bar; the words say it in numbers.
pub(super) fn bar(found: usize, expected: usize, words: &str) -> String {
    let share = if expected == 0 { 0.0 } else { share(found, expected) };
    let class = if found == expected { "whole" } else { "part" };
    // A sliver is still seen.
    let width = if found > 0 { (share * 200.0).max(2.0) } else { 0.0 };
    format!(
        "<svg viewBox=\"0 0 200 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{words}\">\
         <rect class=\"rail\" x=\"0\" y=\"5\" width=\"200\" height=\"10\" rx=\"2\"/>\
         <rect class=\"{class}\" x=\"0\" y=\"5\" width=\"{width:.1}\" height=\"10\" rx=\"2\"/></svg>"
    )
}

/// Draws when something last was, on a line of so many hours that ends now; a limit is marked on it, if there is one.
pub(super) fn strip(hours_ago: f64, span: f64, limit: Option<f64>, words: &str) -> String {
    let at = |hours: f64| 8.0 + 184.0 * (1.0 - (hours / span).clamp(0.0, 1.0));
    let limit = limit.map(|limit| {
        let at = at(limit);
        format!("<line class=\"limit\" x1=\"{at:.1}\" y1=\"2\" x2=\"{at:.1}\" y2=\"18\"/>")
    });
    format!(
        "<svg viewBox=\"0 0 200 20\" preserveAspectRatio=\"xMinYMid\" role=\"img\" aria-label=\"{words}\">\
         <line class=\"axis\" x1=\"8\" y1=\"10\" x2=\"192\" y2=\"10\"/><line class=\"axis\" x1=\"192\" y1=\"4\" x2=\"192\" y2=\"16\"/>\
         {}<circle class=\"dot\" cx=\"{:.1}\" cy=\"10\" r=\"5\"/></svg>",
        limit.unwrap_or_default(),
        at(hours_ago),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a picture is 200 points wide")]
fn share(found: usize, expected: usize) -> f64 {
    found.min(expected) as f64 / expected as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert!(bar(3, 12, "x").contains("class=\"part\" x=\"0\" y=\"5\" width=\"50.0\""));
        assert!(bar(12, 12, "x").contains("class=\"whole\" x=\"0\" y=\"5\" width=\"200.0\""));
        assert!(bar(0, 12, "x").contains("width=\"0.0\"") && bar(0, 0, "x").contains("width=\"0.0\""));
        assert!(bar(1, 100_000, "x").contains("width=\"2.0\""));
    }

    #[test]
    fn what_was_long_ago_stands_left_and_nothing_leaves_the_line() {
        assert!(strip(0.0, 10.0, None, "x").contains("cx=\"192.0\""));
        assert!(strip(5.0, 10.0, Some(10.0), "x").contains("cx=\"100.0\""));
        assert!(strip(99.0, 10.0, None, "x").contains("cx=\"8.0\""));
    }
}
