//! Owns what a tracker's tokens tell of how it is loaded: how it finds the tag that loaded it, whether
//! it is a module, and what its server has written into it. A tracker that looks for itself where it is
//! not loads without an error, and counts nobody.
//!
//! Gives [`Lookup`], [`Compiled`] and [`lookups`]. It decides nothing: `guard` holds it against the tag.

use url::Url;

use super::script::{Script, Token};
use super::{Sign, Transport};

/// One way in which a tracker finds the tag that loaded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// `document.currentScript`: nothing in a module, in a bundle, and in whatever runs later.
    CurrentScript,
    /// `import.meta`: in a classic script a syntax error.
    ImportMeta,
    /// `import.meta.url`, looked for as the `src` of a tag, letter by letter: the tag has to name the whole address, and
    /// nothing may redirect it.
    ImportMetaSource,
    /// An id that its vendor has chosen, and that the tag has to carry.
    OwnId,
}

impl Lookup {
    /// All of them.
    pub const ALL: [Lookup; 4] = [Lookup::CurrentScript, Lookup::ImportMeta, Lookup::ImportMetaSource, Lookup::OwnId];

    /// Returns its name in the lock.
    pub fn name(self) -> &'static str {
        match self {
            Lookup::CurrentScript => "current-script",
            Lookup::ImportMeta => "import-meta",
            Lookup::ImportMetaSource => "import-meta-source",
            Lookup::OwnId => "own-id",
        }
    }
}

/// What an address that a server has written into its tracker is relative to. No vendor's is relative to what the bytes
/// came from after redirects (`import.meta.url`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Base {
    /// To the page: `fetch`, `XMLHttpRequest` and images take it so.
    #[default]
    Page,
    /// To the address that the tag names (`document.currentScript.src`), which redirects do not change.
    Tag,
}

/// What a server has written into its tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compiled {
    /// Where hits go: a URL, or an address that is relative to the base.
    pub endpoint: Option<String>,
    /// What that is relative to.
    pub base: Base,
    /// The domain that it counts for.
    pub domain: Option<String>,
}

impl Compiled {
    /// Returns where hits go from a page whose tag names the tracker so, as a browser resolves both.
    pub fn resolved(&self, page: &Url, tag: &str) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?;
        let base = match self.base {
            Base::Page => Some(page.clone()),
            Base::Tag => page.join(tag).ok(),
        };
        Some(base.and_then(|base| base.join(endpoint).ok()).map_or_else(|| endpoint.to_owned(), Into::into))
    }
}

/// Returns how a script finds its own tag, by what is the same for every vendor.
pub fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    let mut found = Vec::new();
    if Sign::Members(&["currentScript"]).found_in(script) {
        found.push(Lookup::CurrentScript);
    }
    if is_module(script) {
        found.push(Lookup::ImportMeta);
    }
    found
}

/// Returns whether a script is a module by its own words: it names `import.meta`, or imports or exports at its top.
pub fn is_module(script: &Script<'_>) -> bool {
    let tokens = &script.tokens;
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Punctuator("{" | "(" | "[" | "${") => depth += 1,
            Token::Punctuator("}" | ")" | "]" | "$}") => depth = depth.saturating_sub(1),
            Token::Identifier(name) if name == "import" => {
                let member = index > 0 && tokens[index - 1].is(".");
                let meta = tokens.get(index + 1).is_some_and(|next| next.is("."))
                    && tokens.get(index + 2).is_some_and(|next| next.names("meta"));
                // `import("…")` may stand in a classic script too.
                let statement = depth == 0 && !tokens.get(index + 1).is_some_and(|next| next.is("(") || next.is("."));
                if !member && (meta || statement) {
                    return true;
                }
            }
            Token::Identifier(name) if name == "export" && depth == 0 => {
                let member = index > 0 && tokens[index - 1].is(".");
                let follows = tokens.get(index + 1).is_some_and(|next| {
                    next.is("{")
                        || next.is("*")
                        || ["default", "const", "let", "var", "function", "class", "async"]
                            .iter()
                            .any(|word| next.names(word))
                });
                if !member && follows {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Returns how a script sends, by what is the same for every vendor: the first of these that it names.
pub fn transport(script: &Script<'_>) -> Vec<Transport> {
    let name = |name: &'static str| Sign::Name(name.into()).found_in(script);
    match () {
        () if name("sendBeacon") => vec![Transport::Beacon],
        () if name("fetch") || name("XMLHttpRequest") => vec![Transport::Fetch],
        () if name("Image") => vec![Transport::Image],
        () => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::lex;
    use super::*;

    #[test]
    fn a_tracker_s_own_words_tell_how_it_finds_itself() {
        let of = |source: &str| lookups(&lex(source));
        assert_eq!(of("var s=document.currentScript"), [Lookup::CurrentScript]);
        assert_eq!(of("const{currentScript:s}=document"), []);
        assert_eq!(of("let u=new URL(import.meta.url)"), [Lookup::ImportMeta]);
        assert_eq!(of("(()=>{fetch(import.meta.url)})()"), [Lookup::ImportMeta]);
        assert_eq!(of("import('x').then(f)"), []);
        assert_eq!(of("import a from './a.js'"), [Lookup::ImportMeta]);
        assert_eq!(of("export{a as b}"), [Lookup::ImportMeta]);
        assert_eq!(of("x.export({});a.import.meta;({export:1})"), []);
        assert_eq!(of("// import.meta.url\n'document.currentScript'"), []);
    }
}
