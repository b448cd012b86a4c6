//! Owns what snippets have in common that are one tag with `data-` attributes: the tags of a page as a browser comes to
//! them (also those that an inline script puts in), the attributes that site.toml's options become, and the signs by
//! which a tracker shows that it reads an attribute.
//!
//! It knows no vendor.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::deeds::{Constants, Deed, Value, deeds};
use super::script::lex;
use super::{ScriptTag, Sighting, Sign, attribute};
use crate::config::Analytics;

/// One tag that loads a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// The script of the page that it is, or that puts it in.
    pub(super) index: usize,
    /// `tag`; `inline`, for it loads nothing; `injected` by an inline script; `inert`, for no browser runs it; `rocket-loader`, which runs it late.
    pub(super) style: &'static str,
    /// What it loads, as written.
    pub(super) source: Option<String>,
    /// Its attributes, names in lower case.
    pub(super) attributes: BTreeMap<String, String>,
}

impl Tag {
    /// Returns an attribute's value without the white space around it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(|value| value.trim())
    }

    /// Returns those of the named attributes that it has, and what decides how a browser loads it.
    pub(super) fn parameters(&self, named: impl Iterator<Item = &'static str>) -> BTreeMap<String, String> {
        let mut parameters: BTreeMap<String, String> = named
            .chain(["integrity", "crossorigin"])
            .filter_map(|name| Some((name.to_owned(), self.get(name)?.to_owned())))
            .collect();
        if self.get("type").is_some_and(|kind| kind.eq_ignore_ascii_case("module")) {
            parameters.insert("type".to_owned(), "module".to_owned());
        }
        parameters
    }
}

/// Returns the tags of a page. Inline scripts are looked into only where they have one of the words.
pub(super) fn tags(scripts: &[ScriptTag], words: &[&str]) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut constants = Constants::new();
    for (index, script) in scripts.iter().enumerate() {
        if script.source().is_some()
            || script.attributes.keys().any(|name| words.iter().any(|word| name.contains(word)))
        {
            tags.push(Tag {
                index,
                style: style(script),
                source: script.source().map(str::to_owned),
                attributes: script.attributes.clone(),
            });
        } else if words.iter().any(|word| script.body.contains(word)) {
            tags.extend(injected(index, script, &mut constants));
        }
    }
    tags
}

/// Every style that a [`super::Sighting`] may have.
const STYLES: [&str; 13] = [
    "",
    "bare",
    "edge",
    "global",
    "inert",
    "injected",
    "inline",
    "pixel",
    "queue",
    "rocket-loader",
    "synchronous",
    "tag",
    "tag-manager",
];

/// Returns the style of this name.
pub fn style_named(name: &str) -> Option<&'static str> {
    STYLES.into_iter().find(|style| *style == name)
}

/// Returns how a browser comes to run a tag.
fn style(script: &ScriptTag) -> &'static str {
    if script.runs() {
        return if script.source().is_some() { "tag" } else { "inline" };
    }
    let kind = script.attributes.get("type").map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default();
    // Cloudflare's Rocket Loader: `type="6f1a…-text/javascript"`.
    let hash = kind.strip_suffix("-text/javascript").or_else(|| kind.strip_suffix("-module"));
    match hash.is_some_and(|hash| hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        true => "rocket-loader",
        false => "inert",
    }
}

/// Returns the tag that an inline script puts into the page, if it does.
fn injected(index: usize, script: &ScriptTag, constants: &mut Constants) -> Option<Tag> {
    let mut source = None;
    let mut attributes = BTreeMap::new();
    for deed in deeds(&lex(&script.body), constants) {
        match deed {
            Deed::Load(url) => drop(source.get_or_insert(url)),
            Deed::Call(path, arguments) if path.ends_with(".setAttribute") => {
                if let [Value::Text(name), value, ..] = arguments.as_slice() {
                    attributes.insert(name.to_lowercase(), printed(value));
                }
            }
            Deed::Set(path, value) => {
                if let Some((_, name)) = path.split_once(".dataset.") {
                    attributes.insert(format!("data-{}", dashed(name)), printed(&value));
                } else if let Some((_, name @ ("type" | "id" | "integrity"))) = path.rsplit_once('.') {
                    attributes.insert(name.to_owned(), printed(&value));
                }
            }
            Deed::Call(..) => {}
        }
    }
    let style = if script.runs() { "injected" } else { "inert" };
    source.is_some().then_some(Tag { index, style, source, attributes })
}

fn printed(value: &Value) -> String {
    value.printed().map_or_else(|| "a script's own".to_owned(), Cow::into_owned)
}

/// Returns `websiteId` as `website-id`.
fn dashed(name: &str) -> String {
    let mut dashed = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            dashed.push('-');
        }
        dashed.push(character.to_ascii_lowercase());
    }
    dashed
}

/// Adds to a snippet the functions of its tracker that inline scripts of the page call: they rely on it as its tag does.
pub(super) fn calls(scripts: &[ScriptTag], start: &str, functions: &[&str], sighting: Option<&mut Sighting>) {
    let Some(sighting) = sighting else { return };
    let own = |script: &ScriptTag| script.source().is_none() && script.runs() && script.body.contains(start);
    for (index, script) in scripts.iter().enumerate().filter(|(_, script)| own(script)) {
        for deed in deeds(&lex(&script.body), &mut Constants::new()) {
            let Deed::Call(path, _) = deed else { continue };
            if functions.contains(&path.as_str()) && !sighting.commands.contains(&path) {
                sighting.commands.push(path);
                if !sighting.tags.contains(&index) {
                    sighting.tags.push(index);
                }
            }
        }
    }
}

/// Returns the options of site.toml that are attributes, as a page shows them.
pub(super) fn options(analytics: &Analytics) -> BTreeMap<String, String> {
    let printed = |value: &toml::Value| match value {
        toml::Value::String(text) => text.trim().to_owned(),
        toml::Value::Array(values) => {
            values.iter().map(|value| value.as_str().unwrap_or_default().trim()).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    };
    let attributes = analytics.options.iter().filter(|(name, _)| name.starts_with("data-"));
    attributes.map(|(name, value)| (name.clone(), printed(value))).collect()
}

/// Prints attributes, each with a space before it.
pub(super) fn print<'n>(attributes: impl IntoIterator<Item = (&'n str, &'n str)>) -> String {
    attributes.into_iter().map(|(name, value)| format!(" {name}=\"{}\"", attribute(value))).collect()
}

/// Returns an address on the host that a script came from, as far as the page names one.
pub(super) fn beside(script: &str, path: &str) -> String {
    let authority = match script.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            format!("{scheme}//{}", rest.split(['/', '?', '#']).next().unwrap_or_default())
        }
        _ => String::new(),
    };
    format!("{authority}{path}")
}

/// Returns what shows that a tracker reads an attribute of its tag: the whole name as a string, the name after a `data-`
/// that stands apart (Umami since 2.0), or the name as `dataset` has it.
pub(super) fn signs(name: &str) -> Vec<Sign> {
    let mut signs = vec![Sign::Text(Cow::Owned(name.to_owned()))];
    if let Some(rest) = name.strip_prefix("data-") {
        signs.push(Sign::Text(Cow::Owned(rest.to_owned())));
        // A name of one word is a name of many things.
        if rest.contains('-') {
            let mut parts = rest.split('-');
            let mut camel = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let mut letters = part.chars();
                camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
                camel.push_str(letters.as_str());
            }
            signs.push(Sign::Name(Cow::Owned(camel)));
        }
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::super::tests::tags as parse;
    use super::*;

    fn of(html: &str) -> Vec<Tag> {
        tags(&parse(html), &["website-id", "websiteId"])
    }

    #[test]
    fn a_tag_is_found_however_it_comes_into_the_page() {
        let styles = |html: &str| of(html).into_iter().map(|tag| tag.style).collect::<Vec<_>>();
        assert_eq!(styles("<script src=a.js></script>"), ["tag"]);
        assert_eq!(styles("<script type=text/plain src=a.js></script>"), ["inert"]);
        assert_eq!(styles("<script type=6f1ab2c3d4-text/javascript src=a.js></script>"), ["rocket-loader"]);
        assert_eq!(styles("<script type=x-text/javascript src=a.js></script>"), ["inert"]);
        let injected = of("<script>var s=document.createElement('script');s.src='/a.js';\
            s.setAttribute('data-website-id','x');s.dataset.hostUrl='https://h';s.type='module'</script>");
        assert_eq!((injected[0].style, injected[0].source.as_deref()), ("injected", Some("/a.js")));
        assert_eq!(injected[0].get("data-website-id"), Some("x"));
        assert_eq!(injected[0].get("data-host-url"), Some("https://h"));
        assert_eq!(injected[0].parameters(["data-host-url"].into_iter())["type"], "module");
        assert_eq!(of("<script>// website-id s.src='/a.js'\n</script><script>s.src='/a.js'</script>"), []);
    }

    #[test]
    fn an_attribute_is_read_in_any_of_three_ways() {
        let reads = |name: &str, source: &str| signs(name).iter().any(|sign| sign.found_in(&lex(source)));
        assert!(reads("data-host-url", "a('data-host-url')"));
        assert!(reads("data-host-url", "a(d+'host-url')"));
        assert!(reads("data-host-url", "t.dataset.hostUrl"));
        assert!(!reads("data-host-url", "// data-host-url\nhost.url"));
        assert!(reads("data-tag", "a(d+'tag')"));
        assert!(!reads("data-tag", "let tag=1"));
    }
}
