//! Owns the words of themes in each language: what the files of `i18n/` say, and which of them is meant.
//!
//! Gives [`Words`]. The site's `i18n/de.toml` wins over the theme's, key by key; a region falls back to its language, and
//! any language to English. A phrase may have forms for numbers. Reads no file itself: that is `source`'s.

mod plural;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::fields::{Document, Value, parse_toml};
use crate::paths::SourcePath;

pub use plural::{FORMS, form};

/// The folder of word files, of a site as of a theme.
pub const FOLDER: &str = "i18n";
/// The language that is taken where another has no word.
const LAST: &str = "en";

/// The words of a site and of its theme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Phrases by language in lower case; the site's own lie over the theme's.
    languages: BTreeMap<String, BTreeMap<String, Phrase>>,
}

/// What stands behind one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Its file, for messages.
    source: SourcePath,
    /// The language of the file, whose rules choose among the forms.
    language: String,
    /// The text of each form; one that does not depend on a number has `other` alone.
    forms: BTreeMap<&'static str, Arc<str>>,
}

impl Words {
    /// Takes the words of a file in, over those that are there.
    pub fn add(&mut self, source: &SourcePath, text: &Arc<str>) -> Result<(), Vec<Diagnostic>> {
        let language = language_of(source)?;
        let document = Document::new(source, text);
        let table = parse_toml(&document, 0..text.len()).map_err(|problems| {
            let problems = problems.into_iter();
            let said = problems.map(|one| Diagnostic::error("words/syntax", one.message).at(document.place(one.span)));
            said.collect::<Vec<_>>()
        })?;
        let mut problems = Vec::new();
        for row in table.rows {
            let mut refuse = |span, message: String, hint: &str| {
                problems.push(Diagnostic::error("words/value", message).at(document.place(span)).hint(hint));
            };
            let mut forms = BTreeMap::new();
            match row.node.value {
                Value::String(text) => drop(forms.insert("other", Arc::from(text))),
                Value::Table(table) => {
                    for part in table.rows {
                        let form = FORMS.into_iter().find(|form| *form == part.key);
                        match (form, part.node.value) {
                            (Some(form), Value::String(text)) => drop(forms.insert(form, Arc::from(text))),
                            (Some(_), other) => {
                                let message = format!("`{}.{}` is {}, and not a text", row.key, part.key, other.kind());
                                refuse(part.node.span, message, "put it in quotes");
                            }
                            (None, _) => {
                                let message = format!("`{}` is no form for numbers", part.key);
                                let hint = match did_you_mean(&part.key, FORMS) {
                                    Some(meant) => format!("did you mean `{meant}`?"),
                                    None => format!("forms are `{}`", FORMS.join("`, `")),
                                };
                                refuse(part.span, message, &hint);
                            }
                        }
                    }
                    if !forms.contains_key("other") {
                        let message = format!("`{}` has no form `other`, which every language needs", row.key);
                        refuse(row.span, message, "add `other = \"{count} posts\"`");
                    }
                }
                other => {
                    let message =
                        format!("`{}` is {}, and neither a text nor forms for numbers", row.key, other.kind());
                    refuse(row.node.span, message, "write `key = \"text\"`, or `key = { one = \"…\", other = \"…\" }`");
                }
            }
            let phrase = Phrase { source: source.clone(), language: language.clone(), forms };
            self.languages.entry(language.clone()).or_default().insert(row.key, phrase);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Returns the phrase of a key in a language, or in the nearest one that has it.
    pub fn find(&self, language: &str, key: &str) -> Option<&Phrase> {
        let tag = language.to_ascii_lowercase();
        let mut tags = vec![tag.as_str()];
        tags.extend(tag.rmatch_indices('-').map(|(at, _)| &tag[..at]));
        tags.push(LAST);
        tags.into_iter().find_map(|tag| self.languages.get(tag)?.get(key))
    }

    /// Returns every key, in whatever language.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.languages.values().flat_map(|phrases| phrases.keys().map(String::as_str))
    }

    /// Returns the languages, and the keys of each.
    pub fn languages(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.languages.iter().map(|(tag, phrases)| (tag.as_str(), phrases.keys().map(String::as_str).collect()))
    }
}

impl Phrase {
    /// Returns its text for a number, with each `{name}` filled in; or says which name nobody gave.
    pub fn text(&self, count: Option<u64>, argument: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let wanted = count.map_or("other", |count| form(&self.language, count));
        let text = self.forms.get(wanted).or_else(|| self.forms.get("other")).map_or("", |text| &**text);
        if self.forms.len() > 1 && count.is_none() {
            return Err(format!("it has forms for numbers in `{}`: say how many with `count=`", self.source));
        }
        let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let name = after.split_once('}').filter(|(name, _)| is_name(name));
            match name {
                Some((name, after)) => {
                    let value = argument(name);
                    let missing = || format!("`{{{name}}}` stands in its text in `{}`: give it `{name}=`", self.source);
                    filled.push_str(&value.ok_or_else(missing)?);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns the language of a file by its name: `i18n/pt-BR.toml`.
fn language_of(source: &SourcePath) -> Result<String, Vec<Diagnostic>> {
    let refuse = |message: String, hint: &str| {
        Err(vec![Diagnostic::error("words/file", message).at(Place::file(source)).hint(hint)])
    };
    let name = source.file_name();
    if source.folder().rsplit('/').next() != Some(FOLDER) {
        return refuse(format!("`{source}` lies in a folder of its own"), "files of words lie in `i18n/` itself");
    }
    let Some(tag) = name.strip_suffix(".toml") else {
        return refuse(
            format!("`{source}` is no file of words"),
            "their names are `de.toml`, `pt-BR.toml` and the like",
        );
    };
    let parts = || tag.split('-');
    let sound = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let primary = parts().next().unwrap_or_default();
    if primary.len() < 2 || !primary.bytes().all(|byte| byte.is_ascii_alphabetic()) || !parts().all(sound) {
        return refuse(
            format!("`{tag}` is no language tag"),
            "name the file after a language: `de.toml`, `pt-BR.toml`",
        );
    }
    Ok(tag.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(files: &[(&str, &str)]) -> Result<Words, String> {
        let mut words = Words::default();
        for (name, text) in files {
            words.add(&SourcePath::new(*name), &Arc::from(*text)).map_err(|problems| {
                let said = problems.iter().map(|one| (one.message.clone(), one.place.as_ref().unwrap().line_column()));
                format!("{:?}", said.collect::<Vec<_>>())
            })?;
        }
        Ok(words)
    }

    fn said(words: &Words, language: &str, key: &str, count: u64) -> String {
        words
            .find(language, key)
            .unwrap()
            .text(Some(count), |name| (name == "count").then(|| count.to_string()))
            .unwrap()
    }

    #[test]
    fn a_later_file_wins_key_by_key_and_english_comes_last() {
        let words = words(&[
            (
                "themes/a/i18n/en.toml",
                "next = \"Next\"\nlast = \"Last\"\nposts = { one = \"{count} post\", other = \"{count} posts\" }",
            ),
            (
                "themes/a/i18n/de.toml",
                "next = \"Weiter\"\nposts = { one = \"{count} Beitrag\", other = \"{count} Beiträge\" }",
            ),
            ("themes/a/i18n/de-AT.toml", "next = \"Weida\""),
            ("i18n/de.toml", "next = \"Nächster\""),
        ])
        .unwrap();
        assert_eq!(said(&words, "de", "next", 0), "Nächster");
        assert_eq!(said(&words, "de-AT", "next", 0), "Weida");
        assert_eq!(said(&words, "de-AT-x-y", "posts", 1), "1 Beitrag");
        assert_eq!(said(&words, "DE", "posts", 2), "2 Beiträge");
        assert_eq!(said(&words, "de", "last", 0), "Last");
        // What is English follows the rules of English: in French 0 is singular.
        assert_eq!(said(&words, "fr", "posts", 0), "0 posts");
        assert_eq!(words.find("de", "nexxt"), None);
    }

    #[test]
    fn names_are_filled_in_and_a_missing_one_is_said() {
        let words = words(&[("i18n/en.toml", "a = \"{one} of {two}, {} { x } {\"")]).unwrap();
        let phrase = words.find("en", "a").unwrap();
        let text = phrase.text(None, |name| Some(format!("<{name}>")));
        assert_eq!(text.unwrap(), "<one> of <two>, {} { x } {");
        let missing = phrase.text(None, |name| (name == "one").then(String::new)).unwrap_err();
        assert!(missing.contains("`{two}`") && missing.contains("i18n/en.toml"), "{missing}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (name, text, message) in [
            (
                "i18n/en.toml",
                "a = \"x\"\nb = 1\n",
                "[(\"`b` is an integer, and neither a text nor forms for numbers\", Some((2, 5)))]",
            ),
            ("i18n/en.toml", "a = { one = \"x\" }\n", "no form `other`"),
            ("i18n/en.toml", "a = { on = \"x\", other = \"y\" }\n", "`on` is no form"),
            ("i18n/en.toml", "a = { one = 1, other = \"y\" }\n", "`a.one` is an integer"),
            ("i18n/en.toml", "a = \n", "(1,"),
            ("i18n/english words.toml", "", "no language tag"),
            ("i18n/more/en.toml", "", "a folder of its own"),
            ("i18n/en.yaml", "", "no file of words"),
        ] {
            let said = words(&[(name, text)]).unwrap_err();
            assert!(said.contains(message), "{said}");
        }
        let words = words(&[("i18n/en.toml", "a = { one = \"x\", other = \"y\" }")]).unwrap();
        assert!(words.find("en", "a").unwrap().text(None, |_| None).unwrap_err().contains("count="));
    }
}
