//! Adds an alias to front matter, whatever its format, and changes nothing else: comments and order stay.

use super::Edit;
use crate::paths::Route;
use crate::post::Post;

/// Returns the edit that adds an address to the aliases of a post.
pub(super) fn edit(post: &Post, alias: &Route) -> Edit {
    let text: &str = &post.text;
    let quoted = quoted(alias);
    let spans = &post.front.spans;
    if let Some(last) = post.front.aliases.len().checked_sub(1).and_then(|last| spans.get(&format!("aliases.{last}"))) {
        return beside(text, last.clone(), &quoted);
    }
    if let Some(list) = spans.get("aliases") {
        return Edit { span: list.clone(), text: format!("[{quoted}]") };
    }
    let head = text.trim_start();
    let start = text.len() - head.len();
    let opening = head.lines().next().unwrap_or_default();
    let after_opening = start + head.find('\n').map_or(head.len(), |end| end + 1);
    let line = match opening.trim_end() {
        "+++" => format!("aliases = [{quoted}]\n"),
        "---" => format!("aliases: [{quoted}]\n"),
        _ if post.body.start > 0 && head.starts_with('{') => {
            let is_empty = head[1..].trim_start().starts_with('}');
            let comma = if is_empty { "" } else { ", " };
            return Edit { span: start + 1..start + 1, text: format!("\"aliases\": [{quoted}]{comma}") };
        }
        _ => return Edit { span: 0..0, text: format!("+++\naliases = [{quoted}]\n+++\n") },
    };
    // After the title, where people write it; a title of several lines is left alone.
    let title = spans.get("title").filter(|span| !text[(*span).clone()].contains('\n'));
    let at = match title {
        Some(span) => text[span.end..].find('\n').map_or(after_opening, |end| span.end + end + 1),
        None => after_opening,
    };
    Edit { span: at..at, text: line }
}

/// Adds a value beside the last one of a list, in the form in which that is written.
fn beside(text: &str, last: std::ops::Range<usize>, quoted: &str) -> Edit {
    let line_start = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..last.start];
    // YAML's list of one line for each value.
    if before.trim() == "-" {
        let end = text[last.end..].find('\n').map_or(text.len(), |at| last.end + at);
        return Edit { span: end..end, text: format!("\n{before}{quoted}") };
    }
    // YAML's short lists know only their own place, and not that of each value.
    if text[last.clone()].starts_with('[') && text[last.clone()].ends_with(']') {
        return Edit { span: last.end - 1..last.end - 1, text: format!(", {quoted}") };
    }
    let after = text[last.end..].trim_start();
    if after.starts_with([',', ']', '#']) {
        return Edit { span: last.end..last.end, text: format!(", {quoted}") };
    }
    // A single value without a list.
    Edit { text: format!("[{}, {quoted}]", &text[last.clone()]), span: last }
}

/// Returns an address in quotes; what could end them early is percent-encoded.
fn quoted(alias: &Route) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/-_.~".contains(letter);
    match alias.as_str().chars().all(is_plain) {
        true => format!("\"{alias}\""),
        false => format!("\"{}\"", alias.encoded()),
    }
}
