//! Owns archetypes: a file of the site's own, `archetypes/posts.md`, that a new post begins as, with its tokens filled in.
//!
//! Gives the text of a post that can be built. Refuses tokens that are none, and front matter that no build would take:
//! a post that `blog new` made should not be the first thing that fails.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Place, did_you_mean};
use watchpost::paths::SourcePath;
use watchpost::post;
use watchpost::source::Sources;

/// An archetype as it was written.
pub(super) struct Archetype {
    /// Its file: `archetypes/posts.md`.
    pub(super) source: SourcePath,
    text: String,
}

/// What stands for each token.
pub(super) struct Tokens<'t> {
    pub(super) title: &'t str,
    pub(super) slug: &'t str,
    pub(super) section: &'t str,
    pub(super) now: &'t jiff::Zoned,
}

/// The tokens, for suggestions.
const TOKENS: [&str; 6] = ["title", "quoted_title", "date", "day", "slug", "section"];

impl Tokens<'_> {
    fn value(&self, token: &str) -> Option<String> {
        Some(match token {
            "title" => self.title.to_owned(),
            // A JSON string is also one in TOML and YAML.
            "quoted_title" => serde_json::Value::from(self.title).to_string(),
            "date" => self.now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "day" => self.now.strftime("%Y-%m-%d").to_string(),
            "slug" => self.slug.to_owned(),
            "section" => self.section.to_owned(),
            _ => return None,
        })
    }
}

/// Finds the archetype of a section: its own, that of a section above, or `archetypes/default.md`.
pub(super) fn find(root: &Path, section: &str) -> Result<Option<Archetype>, Vec<Diagnostic>> {
    let up = std::iter::successors(Some(section), |at| at.rsplit_once('/').map(|(above, _)| above));
    for name in up.chain(["default"]) {
        let source = SourcePath::new(format!("archetypes/{name}.md"));
        match fs::read_to_string(root.join(source.as_str())) {
            Ok(text) => return Ok(Some(Archetype { source, text: text.replace("\r\n", "\n") })),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let problem = Diagnostic::error("new/archetype", format!("`{source}` cannot be read: {error}"));
                return Err(vec![problem.at(Place::file(&source)).hint("save it as a text in UTF-8, or remove it")]);
            }
        }
    }
    Ok(None)
}

impl Archetype {
    /// Fills the tokens in, marks a draft, and makes sure that a build would take the post.
    pub(super) fn fill(
        &self,
        config: &Config,
        path: &str,
        tokens: &Tokens<'_>,
        draft: bool,
    ) -> Result<String, Vec<Diagnostic>> {
        let text = self.replace(tokens)?;
        let source = SourcePath::new(path);
        let parse = |text: &str| {
            post::parse_one(config, &Sources::default(), &source, &Arc::from(text)).map_err(|problems| {
                let of_archetype = |mut one: Diagnostic| {
                    if let Some(place) = one.place.as_mut().filter(|place| place.file == path) {
                        place.file = self.source.to_string();
                    }
                    one
                };
                problems.into_iter().map(of_archetype).collect::<Vec<_>>()
            })
        };
        let post = parse(&text)?;
        if !draft || post.front.draft {
            return Ok(text);
        }
        let marked = ["+++\n", "---\n"]
            .into_iter()
            .zip(["draft = true", "draft: true"])
            .find_map(|(fence, line)| text.strip_prefix(fence).map(|rest| format!("{fence}{line}\n{rest}")));
        let marked = marked.filter(|text| parse(text).is_ok_and(|post| post.front.draft));
        marked.ok_or_else(|| {
            let message = format!("`{}` leaves no room for `--draft`", self.source);
            let hint = "set `draft` to true in the archetype's front matter, or leave `--draft` out";
            vec![Diagnostic::error("new/archetype", message).at(Place::file(&self.source)).hint(hint)]
        })
    }

    /// Puts values in the place of tokens. What has parentheses is a shortcode, and stays.
    fn replace(&self, tokens: &Tokens<'_>) -> Result<String, Vec<Diagnostic>> {
        let mut filled = String::with_capacity(self.text.len());
        let mut problems = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = rest.find("{{") {
            let (before, opened) = rest.split_at(start);
            filled.push_str(before);
            let inner = opened[2..].split_once("}}").map(|(inner, _)| inner);
            let is_name =
                |name: &str| !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
            let Some(inner) = inner.filter(|inner| is_name(inner.trim())) else {
                filled.push_str("{{");
                rest = &opened[2..];
                continue;
            };
            let after = &opened[inner.len() + 4..];
            match tokens.value(inner.trim()) {
                Some(value) => filled.push_str(&value),
                None => {
                    let at = self.text.len() - opened.len();
                    let place = Place::span(&self.source, &Arc::from(self.text.as_str()), at..at + inner.len() + 4);
                    let message = format!("there is no token `{}`", inner.trim());
                    let hint = match did_you_mean(inner.trim(), TOKENS) {
                        Some(meant) => format!("did you mean `{{{{ {meant} }}}}`?"),
                        None => format!("there are {}", TOKENS.map(|name| format!("`{name}`")).join(", ")),
                    };
                    problems.push(Diagnostic::error("new/archetype", message).at(place).hint(hint));
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        if problems.is_empty() { Ok(filled) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> Result<String, Vec<String>> {
        let now: jiff::Zoned = "2026-11-22T10:00:00+01:00[Europe/Brussels]".parse().unwrap();
        let tokens = Tokens { title: "A \"b\"", slug: "a-b", section: "posts", now: &now };
        let archetype = Archetype { source: SourcePath::new("archetypes/posts.md"), text: text.to_owned() };
        archetype.replace(&tokens).map_err(|problems| problems.into_iter().map(|one| one.message).collect())
    }

    #[test]
    fn tokens_are_filled_in_and_shortcodes_stay() {
        for (text, expected) in [
            ("title = {{ quoted_title }}\n", "title = \"A \\\"b\\\"\"\n"),
            ("{{title}}, {{ day }}, {{ date }}", "A \"b\", 2026-11-22, 2026-11-22T10:00:00+01:00"),
            ("/{{ section }}/{{ slug }}/", "/posts/a-b/"),
            ("{{ figure(src=\"a.png\") }} {{ note", "{{ figure(src=\"a.png\") }} {{ note"),
            ("{{}} {{ }} {{{{ slug }}", "{{}} {{ }} {{a-b"),
            ("é{{ slug }}é", "éa-bé"),
        ] {
            assert_eq!(replaced(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_unknown_token_is_named() {
        let problems = replaced("{{ titel }} {{ slug }} {{ nothing }}").unwrap_err();
        assert_eq!(problems, ["there is no token `titel`", "there is no token `nothing`"]);
    }
}
