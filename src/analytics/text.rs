//! Owns how addresses and values are read from pages and written into them, as every vendor's file needs
//! it: URLs as they stand in markup (relative, or without a scheme), attributes, inline JSON.
//!
//! Refuses to resolve anything: what a page's base is, is not known here.

use std::collections::BTreeMap;

use url::Url;

use super::ScriptTag;

/// Returns a JSON string that may stand in an inline script: nothing in it can end the script.
pub(super) fn inline_json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Returns a text that may stand between double quotes in HTML.
pub(super) fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns the last part of a URL's path, without query and fragment.
pub(super) fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// Returns the host of a URL as written in a page, in lower case; nothing for a relative one.
pub(super) fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(authority.rsplit('@').next()?.split(':').next()?.to_lowercase())
}

/// Returns the address before the query, and the query's values, of a URL as written in a page.
pub(super) fn queried(url: &str) -> Option<(&str, BTreeMap<String, String>)> {
    let (place, query) = url.split('#').next()?.split_once('?')?;
    Some((place, url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
}

/// Returns what a tag demands of the script that it loads, as a sighting's parameters: a digest, leave, and a module.
pub(super) fn embedding(tag: &ScriptTag) -> BTreeMap<String, String> {
    let named = ["integrity", "crossorigin"].into_iter();
    let mut parameters: BTreeMap<String, String> =
        named.filter_map(|name| Some((name.to_owned(), tag.attributes.get(name)?.clone()))).collect();
    if tag.is_module() {
        parameters.insert("type".to_owned(), "module".to_owned());
    }
    parameters
}

/// Returns an option of site.toml as it stands in an attribute: lists with commas.
pub(super) fn printed(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(values) => {
            values.iter().map(|value| value.as_str().unwrap_or_default()).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// Returns a URL below an endpoint.
pub(super) fn below(endpoint: &Url, path: &str) -> Url {
    endpoint.join(path).expect("a relative path of letters joins any http URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_stand_in_a_page() {
        assert_eq!(file_name("//h/a/tracker.js?v=1#x"), "tracker.js");
        assert_eq!(host_of("//A.example:8080/x"), Some("a.example".to_owned()));
        assert_eq!(host_of("/x//y"), None);
        let (place, query) = queried("//h/count?p=%2Fa&t=x#y?z").unwrap();
        assert_eq!((place, query["p"].as_str(), query.len()), ("//h/count", "/a", 2));
        assert_eq!(queried("/a.png"), None);
    }

    #[test]
    fn what_stands_in_a_page_can_end_neither_attribute_nor_script() {
        assert_eq!(attribute("a\"<b>&"), "a&quot;&lt;b&gt;&amp;");
        assert_eq!(inline_json(&serde_json::json!("</script>")), "\"\\u003c/script>\"");
        assert_eq!(printed(&toml::Value::Array(vec!["a".into(), "b".into()])), "a,b");
    }
}
