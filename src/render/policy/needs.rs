//! What the written files ask a browser for: inline scripts and styles by their hash, and the origins of what they load.
//!
//! Pages go through html5ever's tokenizer, so that text and attributes are hashed as a browser decodes them. What a script
//! loads when it runs cannot be read here; `[csp.allow]` says it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

use crate::digest::base64_sha;

/// Sources by directive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs(pub(super) BTreeMap<&'static str, BTreeSet<String>>);

impl Needs {
    /// Adds a source.
    pub(super) fn add(&mut self, directive: &'static str, source: impl Into<String>) {
        self.0.entry(directive).or_default().insert(source.into());
    }

    /// Adds the origin of an address, as it is written on a page.
    pub(super) fn address(&mut self, directive: &'static str, address: &str, base: &Url) {
        let Ok(url) = base.join(address.trim()) else { return };
        match url.scheme() {
            "http" | "https" if url.origin() == base.origin() => {}
            "http" | "https" => self.add(directive, url.origin().ascii_serialization()),
            "data" | "blob" => self.add(directive, format!("{}:", url.scheme())),
            _ => {}
        }
    }

    /// Adds what another file needs.
    pub(super) fn merge(mut self, other: Needs) -> Needs {
        for (directive, sources) in other.0 {
            self.0.entry(directive).or_default().extend(sources);
        }
        self
    }

    fn hash(&mut self, directive: &'static str, text: &str) {
        self.add(directive, format!("'sha256-{}'", base64_sha(256, text.as_bytes()).unwrap_or_default()));
    }

    fn attribute(&mut self, directive: &'static str, text: &str) {
        // A hash alone covers elements; attributes need the keyword besides.
        self.add(directive, "'unsafe-hashes'");
        self.hash(directive, text);
    }

    /// Adds what a stylesheet loads.
    pub(super) fn stylesheet(&mut self, css: &str, base: &Url) {
        let mut rest = css;
        let (mut in_font, mut in_import) = (false, false);
        while let Some(next) = rest.chars().next() {
            if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, after)| after);
            } else if let Some((address, after)) = url_token(rest) {
                let directive = match (in_import, in_font) {
                    (true, _) => "style-src",
                    (_, true) => "font-src",
                    _ => "img-src",
                };
                self.address(directive, &address, base);
                rest = after;
            } else if matches!(next, '"' | '\'') {
                let (text, after) = string(rest);
                if in_import {
                    self.address("style-src", &text, base);
                }
                rest = after;
            } else {
                let at = |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
                in_font |= at("@font-face");
                in_import |= at("@import");
                in_font &= next != '}';
                in_import &= next != ';';
                rest = &rest[next.len_utf8()..];
            }
        }
    }
}

/// Reads `url(…)` at the start of a text.
fn url_token(text: &str) -> Option<(String, &str)> {
    let inside = text.get(..4).filter(|start| start.eq_ignore_ascii_case("url(")).map(|_| text[4..].trim_start())?;
    match inside.starts_with(['"', '\'']) {
        true => {
            let (address, after) = string(inside);
            Some((address, after.split_once(')').map_or("", |(_, after)| after)))
        }
        false => {
            let (address, after) = inside.split_once(')').unwrap_or((inside, ""));
            Some((address.trim().to_owned(), after))
        }
    }
}

/// Reads a quoted string at the start of a text.
fn string(text: &str) -> (String, &str) {
    let quote = text.chars().next().unwrap_or('"');
    let (mut value, mut escaped) = (String::new(), false);
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => {
                escaped = false;
                value.push(character);
            }
            '\\' => escaped = true,
            _ if character == quote => return (value, &text[at + character.len_utf8()..]),
            _ => value.push(character),
        }
    }
    (value, "")
}

/// Returns what a page needs.
pub(super) fn of_page(html: &str, address: &Url) -> Needs {
    let reader = Reader {
        state: RefCell::new(State { needs: Needs::default(), base: address.clone(), text: None, foreign: 0 }),
    };
    let tokenizer = Tokenizer::new(reader, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.state.into_inner().needs
}

struct Reader {
    state: RefCell<State>,
}

struct State {
    needs: Needs,
    base: Url,
    /// The directive, the element and the text of what is being read.
    text: Option<(&'static str, String, String)>,
    /// How deep in SVG or MathML, where a script may close itself.
    foreign: usize,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::CharacterTokens(text) => {
                if let Some((_, _, so_far)) = &mut state.text {
                    so_far.push_str(&text);
                }
                TokenSinkResult::Continue
            }
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => state.start(&tag),
            Token::TagToken(tag) => {
                state.end(&tag.name);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl State {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let value = |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name).map(|one| &*one.value);
        for attribute in &tag.attrs {
            let attribute_name = &*attribute.name.local;
            if attribute_name == "style" {
                self.needs.attribute("style-src", &attribute.value);
                self.needs.stylesheet(&attribute.value, &self.base);
            } else if attribute_name.len() > 2 && attribute_name.starts_with("on") {
                self.needs.attribute("script-src", &attribute.value);
            }
        }
        let mut load = |directive: &'static str, attribute: &str| {
            if let Some(address) = value(attribute).filter(|address| !address.trim().is_empty()) {
                self.needs.address(directive, address, &self.base);
            }
        };
        match name {
            "script" => load("script-src", "src"),
            "img" => load("img-src", "src"),
            "image" => ["href", "xlink:href"].into_iter().for_each(|one| load("img-src", one)),
            "input" if value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("image")) => load("img-src", "src"),
            "source" | "audio" | "track" => load("media-src", "src"),
            "video" => {
                load("media-src", "src");
                load("img-src", "poster");
            }
            "iframe" | "frame" => load("frame-src", "src"),
            // A link that a theme's script turns into a player when it is clicked.
            "a" => load("frame-src", "data-embed"),
            "embed" => load("object-src", "src"),
            "object" => load("object-src", "data"),
            "form" => load("form-action", "action"),
            "link" => {
                if let Some(directive) = link_directive(value("rel").unwrap_or_default(), value("as")) {
                    load(directive, "href");
                }
            }
            _ => {}
        }
        if matches!(name, "button" | "input") {
            load("form-action", "formaction");
        }
        if matches!(name, "img" | "source") {
            for candidate in value("srcset").unwrap_or_default().split(", ") {
                let address = candidate.split_ascii_whitespace().next().unwrap_or_default().trim_end_matches(',');
                if !address.is_empty() {
                    self.needs.address("img-src", address, &self.base);
                }
            }
        }
        if let Some(inner) = value("srcdoc").filter(|_| name == "iframe") {
            let inner = of_page(inner, &self.base);
            self.needs = std::mem::take(&mut self.needs).merge(inner);
        }
        if let Some(base) = value("href").filter(|_| name == "base").and_then(|href| self.base.join(href).ok()) {
            self.base = base;
        }
        self.foreign += usize::from(matches!(name, "svg" | "math") && !tag.self_closing);
        let is_raw = self.foreign == 0;
        if self.foreign > 0 && tag.self_closing {
            return TokenSinkResult::Continue;
        }
        match name {
            "script" => {
                if value("src").is_none() && runs(value("type").unwrap_or_default()) {
                    self.text = Some(("script-src", name.to_owned(), String::new()));
                }
                raw(is_raw, ScriptData)
            }
            "style" => {
                self.text = Some(("style-src", name.to_owned(), String::new()));
                raw(is_raw, Rawtext)
            }
            "textarea" | "title" => raw(is_raw, Rcdata),
            "xmp" | "iframe" | "noembed" | "noframes" => raw(is_raw, Rawtext),
            "plaintext" if is_raw => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }

    fn end(&mut self, name: &str) {
        if matches!(name, "svg" | "math") {
            self.foreign = self.foreign.saturating_sub(1);
        }
        if let Some((directive, _, text)) = self.text.take_if(|(_, element, _)| element == name) {
            self.needs.hash(directive, &text);
            if directive == "style-src" {
                self.needs.stylesheet(&text, &self.base);
            }
        }
    }
}

fn raw(is_raw: bool, kind: html5ever::tokenizer::states::RawKind) -> TokenSinkResult<()> {
    if is_raw { TokenSinkResult::RawData(kind) } else { TokenSinkResult::Continue }
}

/// Returns whether a browser runs a script of this type, or obeys it as it would: a map of imports, rules of speculation.
fn runs(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "" | "module" | "importmap" | "speculationrules")
        || essence.contains("javascript")
        || essence.contains("ecmascript")
        || matches!(essence.as_str(), "text/jscript" | "text/livescript")
}

fn link_directive(rel: &str, kind: Option<&str>) -> Option<&'static str> {
    rel.split_ascii_whitespace().find_map(|word| match word.to_ascii_lowercase().as_str() {
        "stylesheet" => Some("style-src"),
        "icon" | "apple-touch-icon" | "mask-icon" | "apple-touch-icon-precomposed" => Some("img-src"),
        "manifest" => Some("manifest-src"),
        "modulepreload" => Some("script-src"),
        "preload" => match kind.unwrap_or_default() {
            "script" | "worker" => Some("script-src"),
            "style" => Some("style-src"),
            "font" => Some("font-src"),
            "image" => Some("img-src"),
            "audio" | "video" | "track" => Some("media-src"),
            "fetch" => Some("connect-src"),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(html: &str) -> Vec<String> {
        let found = of_page(html, &Url::parse("https://blog.example/a/").unwrap());
        found.0.into_iter().map(|(name, all)| format!("{name} {}", Vec::from_iter(all).join(" "))).collect()
    }

    #[test]
    fn what_a_page_loads_is_named_by_its_origin_and_its_own_is_not() {
        let html = "<script src=/a.js></script><script src=\"https://s.example:8443/a.js\"></script>\
                    <img src=//i.example/x srcset=\"b.png 1x, https://j.example/y 2x\"><img src=\"data:image/png,x\">\
                    <iframe src=https://f.example/></iframe><video poster=https://p.example/ src=https://v.example/></video>\
                    <link rel=stylesheet href=https://c.example/x.css><form action=https://g.example/send></form>\
                    <a href=https://link.example/ data-embed=https://player.example/1>x</a><!-- <img src=https://comment.example/> -->\
                    <textarea><img src=https://text.example/></textarea>";
        assert_eq!(
            needs(html),
            [
                "form-action https://g.example",
                "frame-src https://f.example https://player.example",
                "img-src data: https://i.example https://j.example https://p.example",
                "media-src https://v.example",
                "script-src https://s.example:8443",
                "style-src https://c.example",
            ]
        );
    }

    #[test]
    fn inline_scripts_and_styles_are_hashed_as_a_browser_reads_them() {
        // The digests are those that Chromium prints when it refuses these texts.
        let alert = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        assert_eq!(needs("<script>alert(1)</script>"), [format!("script-src {alert}")]);
        assert_eq!(needs("<p onclick='alert(1)'>"), [format!("script-src {alert} 'unsafe-hashes'")]);
        assert_eq!(needs("<p style='alert&#40;1)'>"), [format!("style-src {alert} 'unsafe-hashes'")]);
        assert_eq!(needs("<style>alert(1)</style>"), [format!("style-src {alert}")]);
        assert_eq!(needs("<script type='application/ld+json'>alert(1)</script>"), [""; 0]);
        assert_eq!(needs("<svg><script/></svg><script>alert(1)</script>"), [format!("script-src {alert}")]);
        let crlf = needs("<script>a\r\nb</script>");
        assert_eq!(crlf, needs("<script>a\nb</script>"));
    }

    #[test]
    fn stylesheets_load_fonts_images_and_one_another() {
        let css = "@import 'https://a.example/x.css'; @import url( \"https://b.example/y\" );\
                   /* url(https://comment.example) */ p { content: \"url(https://string.example)\"; }\
                   @font-face { src: URL(https://f.example/f.woff2) format('woff2') } \
                   p { background: url(https://i.example/\\) } é url(";
        let mut found = Needs::default();
        found.stylesheet(css, &Url::parse("https://blog.example/").unwrap());
        let found: Vec<_> = found.0.into_iter().map(|(name, all)| (name, Vec::from_iter(all).join(" "))).collect();
        assert_eq!(
            found,
            [
                ("font-src", "https://f.example".to_owned()),
                ("img-src", "https://i.example".to_owned()),
                ("style-src", "https://a.example https://b.example".to_owned()),
            ]
        );
    }
}
