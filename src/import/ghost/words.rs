//! Owns the words of a post of which Ghost has no HTML: those that its editors keep, as paragraphs.

use serde_json::Value;

use crate::import::html::{Options, to_markdown};

/// Returns the words of a text in Lexical or Mobiledoc; nothing if it is neither or has none.
pub(super) fn of(source: &str) -> Option<String> {
    let value: Value = serde_json::from_str(source).ok()?;
    let parts = match value.get("root") {
        Some(root) => lexical(root),
        None => mobiledoc(&value),
    };
    let text = parts.into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("\n\n");
    (!text.is_empty()).then(|| text + "\n")
}

/// Makes Markdown of words that are none.
fn plain(words: &str) -> String {
    if words.trim().is_empty() {
        return String::new();
    }
    let html = words.replace('&', "&amp;").replace('<', "&lt;");
    to_markdown(&format!("<p>{html}</p>"), Options::default()).markdown.trim_end().to_owned()
}

fn lexical(root: &Value) -> Vec<String> {
    let children = root.get("children").and_then(Value::as_array).into_iter().flatten();
    let one =
        |node: &Value| match (node.get("markdown").and_then(Value::as_str), node.get("html").and_then(Value::as_str)) {
            (Some(markdown), _) => markdown.to_owned(),
            (None, Some(html)) => to_markdown(html, Options::default()).markdown.trim_end().to_owned(),
            (None, None) => plain(&words(node)),
        };
    children.map(one).collect()
}

/// Returns the words within a node, whatever it is.
fn words(node: &Value) -> String {
    let mut out = String::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        if let Some(text) = node.get("text").and_then(Value::as_str) {
            out.push_str(text);
        }
        if node.get("type").and_then(Value::as_str) == Some("linebreak") {
            out.push(' ');
        }
        pending.extend(node.get("children").and_then(Value::as_array).into_iter().flatten().rev());
    }
    out
}

fn mobiledoc(value: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let cards = value.get("cards").map(list).unwrap_or_default();
    let card = |number: &Value| -> String {
        let card = number.as_u64().and_then(|number| cards.get(usize::try_from(number).ok()?));
        let payload = card.and_then(|card| card.get(1));
        let said = |key: &str| payload.and_then(|payload| payload.get(key)).and_then(Value::as_str);
        match (said("markdown"), said("html"), said("caption")) {
            (Some(markdown), ..) => markdown.to_owned(),
            (None, Some(html), _) => to_markdown(html, Options::default()).markdown.trim_end().to_owned(),
            (None, None, Some(caption)) => plain(caption),
            (None, None, None) => String::new(),
        }
    };
    let markers = |all: &Value| -> String {
        list(all).iter().filter_map(|marker| marker.get(3)?.as_str().map(str::to_owned)).collect()
    };
    let section = |section: &Value| match (section.get(0).and_then(Value::as_u64), section.get(2), section.get(1)) {
        (Some(10), _, Some(number)) => card(number),
        (Some(3), Some(items), _) => {
            list(items).iter().map(|item| format!("- {}", plain(&markers(item)))).collect::<Vec<_>>().join("\n")
        }
        (Some(1), Some(all), _) => plain(&markers(all)),
        _ => String::new(),
    };
    value.get("sections").map(list).unwrap_or_default().iter().map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_both_editors_are_found() {
        let lexical = "{\"root\":{\"children\":[{\"type\":\"paragraph\",\"children\":[{\"text\":\"A *b* \"},{\"type\":\"link\",\"children\":[{\"text\":\"c\"}]}]},\
             {\"type\":\"markdown\",\"markdown\":\"*d*\"},{\"type\":\"horizontalrule\"}]}}";
        assert_eq!(of(lexical).as_deref(), Some("A \\*b\\* c\n\n*d*\n"));
        let mobiledoc = "{\"cards\":[[\"markdown\",{\"markdown\":\"## e\"}],[\"html\",{\"html\":\"<p>f</p>\"}]],\"sections\":[[1,\"p\",[[0,[],0,\"A\"],[0,[],0,\" b\"]]],\
             [10,0],[10,1],[10,9],[3,\"ul\",[[[0,[],0,\"g\"]]]]]}";
        assert_eq!(of(mobiledoc).as_deref(), Some("A b\n\n## e\n\nf\n\n- g\n"));
        for nothing in ["", "{}", "[]", "{\"root\":3}", "{\"sections\":[[1]]}"] {
            assert_eq!(of(nothing), None);
        }
    }
}
