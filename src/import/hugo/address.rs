//! Owns the addresses that Hugo gives: by `url`, by a pattern of `[permalinks]`, or by where the file lies.

use std::collections::BTreeMap;

use toml::Value;
use toml::value::Datetime;

use super::settings::Hugo;

/// How a site's addresses are made.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    patterns: BTreeMap<String, String>,
    is_ugly: bool,
    keeps_case: bool,
    default_language: Option<String>,
}

/// What of a document decides its address.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The folders that it lies in, below `content/`; those of a bundle end with the bundle's own.
    folders: Vec<String>,
    /// The file's name without endings.
    stem: String,
    /// The language in its name, if it is none of the site's own.
    pub(super) language: Option<String>,
    title: String,
    slug: Option<String>,
    url: Option<String>,
    pub(super) date: Option<Datetime>,
    aliases: Vec<String>,
}

impl Facts {
    pub(super) fn of(path: &str, given: &toml::Table, languages: &[String]) -> Facts {
        let text = |wanted: &str| {
            let found = given.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
        };
        let date = given.iter().find(|(key, _)| key.eq_ignore_ascii_case("date")).and_then(|(_, value)| match value {
            Value::Datetime(date) => Some(*date),
            Value::String(text) => {
                text.trim().replacen(' ', "T", 1).parse().ok().or_else(|| text.trim().get(..10)?.parse().ok())
            }
            _ => None,
        });
        let aliases = given.iter().find(|(key, _)| key.eq_ignore_ascii_case("aliases")).map(|(_, value)| match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        });
        let mut folders: Vec<String> = path.split('/').map(str::to_owned).collect();
        let name = folders.pop().unwrap_or_default();
        let stem = name.trim_end_matches(".md").trim_end_matches(".markdown");
        let named = stem.rsplit_once('.').filter(|(_, language)| languages.iter().any(|known| known == language));
        let (stem, language) = named.map_or((stem, None), |(stem, language)| (stem, Some(language.to_owned())));
        Facts {
            folders,
            stem: stem.to_owned(),
            language,
            title: text("title").unwrap_or_default(),
            slug: text("slug").filter(|slug| !slug.is_empty()),
            url: text("url").filter(|url| !url.is_empty()),
            date,
            aliases: aliases.unwrap_or_default(),
        }
    }

    /// Returns whether it is a page of its own, and not the head of a list.
    pub(super) fn is_page(&self) -> bool {
        self.stem != "_index"
    }

    /// Returns its older addresses from the root of the site: a relative one begins where its own address does.
    pub(super) fn aliases(&self, address: Option<&str>) -> Vec<String> {
        let above = address.unwrap_or("/").trim_end_matches('/').rsplit_once('/').map_or("", |(above, _)| above);
        let whole = |alias: &String| match alias.starts_with('/') {
            true => alias.clone(),
            false => format!("{above}/{alias}"),
        };
        self.aliases.iter().map(whole).collect()
    }

    /// Returns the section that it lies in, if it lies in one.
    pub(super) fn section(&self) -> Option<&str> {
        self.sections().first().map(String::as_str)
    }

    /// Returns how many folders it lies in.
    pub(super) fn depth(&self) -> usize {
        self.folders.len()
    }

    /// Returns the folders above it, without a bundle's own.
    fn sections(&self) -> &[String] {
        match self.stem.as_str() {
            "index" => &self.folders[..self.folders.len().saturating_sub(1)],
            _ => &self.folders,
        }
    }

    /// Returns the name that stands for it in an address: the file's, or the bundle's.
    fn name(&self) -> &str {
        match self.stem.as_str() {
            "index" => self.folders.last().map_or("", String::as_str),
            stem => stem,
        }
    }
}

impl Addresses {
    pub(super) fn of(hugo: &Hugo) -> Addresses {
        Addresses {
            patterns: hugo.permalinks.clone(),
            is_ugly: hugo.is_ugly,
            keeps_case: hugo.keeps_case,
            default_language: hugo.default_language.clone(),
        }
    }

    /// Returns the address of a document; nothing for the head of a list, which has the list's.
    pub(super) fn of_document(&self, facts: &Facts) -> Option<String> {
        if !facts.is_page() {
            return None;
        }
        if let Some(url) = &facts.url {
            return Some(if url.starts_with('/') { url.clone() } else { format!("/{url}") });
        }
        let section = facts.sections().first().map_or("", String::as_str);
        let pattern = self.patterns.get(section).filter(|_| !section.is_empty());
        let made = match pattern {
            Some(pattern) => self.by_pattern(pattern, facts)?,
            None => {
                let last = facts.slug.as_deref().map_or_else(|| facts.name().to_owned(), urlized);
                let folders = facts.sections().iter().map(String::as_str);
                let parts = folders.chain([last.as_str()]).filter(|part| !part.is_empty()).map(spaced);
                format!("/{}", parts.collect::<Vec<_>>().join("/"))
            }
        };
        let made = if self.keeps_case { made } else { made.to_lowercase() };
        let made = made.trim_end_matches('/');
        let language = facts.language.as_ref().filter(|language| Some(*language) != self.default_language.as_ref());
        let made = language.map_or(made.to_owned(), |language| format!("/{language}{made}"));
        Some(if self.is_ugly { format!("{made}.html") } else { format!("{made}/") })
    }

    /// Fills a pattern; nothing where it needs a date that is not there, or a token that is not known.
    fn by_pattern(&self, pattern: &str, facts: &Facts) -> Option<String> {
        let mut made = String::new();
        let mut rest = pattern;
        while let Some(at) = rest.find(':') {
            made.push_str(&rest[..at]);
            let token: &str = &rest[at + 1..];
            let end = token.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(token.len());
            made.push_str(&self.token(&token[..end], facts)?);
            rest = &token[end..];
        }
        made.push_str(rest);
        let made = if made.starts_with('/') { made } else { format!("/{made}") };
        Some(made.replace("//", "/"))
    }

    fn token(&self, token: &str, facts: &Facts) -> Option<String> {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let date = || facts.date.and_then(|date| date.date);
        let title = || if facts.title.is_empty() { urlized(facts.name()) } else { urlized(&facts.title) };
        Some(match token {
            "year" => format!("{:04}", date()?.year),
            "month" => format!("{:02}", date()?.month),
            "day" => format!("{:02}", date()?.day),
            "monthname" => (*MONTHS.get(usize::from(date()?.month).checked_sub(1)?)?).to_owned(),
            "yearday" => {
                let date = date()?;
                let civil = jiff::civil::Date::new(
                    i16::try_from(date.year).ok()?,
                    i8::try_from(date.month).ok()?,
                    i8::try_from(date.day).ok()?,
                );
                civil.ok()?.day_of_year().to_string()
            }
            "title" => title(),
            "slug" => facts.slug.as_deref().map_or_else(title, urlized),
            "slugorfilename" | "slugorcontentbasename" => {
                facts.slug.as_deref().map_or_else(|| spaced(facts.name()), urlized)
            }
            "filename" | "contentbasename" => spaced(facts.name()),
            "section" => spaced(facts.sections().first()?),
            "sections" => facts.sections().iter().map(|part| spaced(part)).collect::<Vec<_>>().join("/"),
            _ => return None,
        })
    }
}

/// Returns a name of a file as it stands in an address.
fn spaced(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

/// Returns a text as Hugo makes an address of it: letters, digits and a few signs stay, white space becomes a hyphen.
fn urlized(text: &str) -> String {
    let mut made = String::new();
    let mut was_hyphen = false;
    for character in text.trim().chars() {
        let is_kept =
            character.is_alphanumeric() || matches!(character, '.' | '/' | '\\' | '_' | '#' | '+' | '~' | '@');
        if is_kept {
            made.push(character);
            was_hyphen = false;
        } else if (character == '-' || character.is_whitespace()) && !was_hyphen {
            made.push('-');
            was_hyphen = true;
        }
    }
    made.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(addresses: &Addresses, path: &str, front: &str) -> Option<String> {
        addresses.of_document(&Facts::of(path, &front.parse().unwrap(), &["fr".to_owned()]))
    }

    #[test]
    fn addresses_are_those_that_hugo_gives() {
        let plain = Addresses::default();
        for (path, front, expected) in [
            ("posts/My Post.md", "", Some("/posts/my-post/")),
            ("posts/a/index.md", "", Some("/posts/a/")),
            ("posts/a/index.md", "slug = 'B C'", Some("/posts/b-c/")),
            ("about.md", "", Some("/about/")),
            ("about.md", "url = '/x/y.html'", Some("/x/y.html")),
            ("about.md", "url = 'over'", Some("/over")),
            ("posts/_index.md", "", None),
            ("posts/a.fr.md", "", Some("/fr/posts/a/")),
        ] {
            assert_eq!(address(&plain, path, front).as_deref(), expected, "{path} {front}");
        }
        let pattern = |pattern: &str| Addresses {
            patterns: [("posts".to_owned(), pattern.to_owned())].into(),
            ..Addresses::default()
        };
        let front = "title = 'Über: the *Way*!'\ndate = 2011-02-03";
        for (tokens, expected) in [
            ("/:year/:month/:day/:slug/", "/2011/02/03/über-the-way/"),
            (":year/:title", "/2011/über-the-way/"),
            ("/blog/:filename/", "/blog/a/"),
            ("/:sections/:yearday/:slugorfilename/", "/posts/deep/34/a/"),
            ("/:monthname/:section/", "/february/posts/"),
        ] {
            assert_eq!(address(&pattern(tokens), "posts/deep/a.md", front).as_deref(), Some(expected), "{tokens}");
        }
        let ugly = Addresses { is_ugly: true, ..Addresses::default() };
        assert_eq!(address(&ugly, "posts/a.md", "").as_deref(), Some("/posts/a.html"));
    }

    #[test]
    fn a_relative_alias_begins_where_the_address_does() {
        let facts = Facts::of("posts/a.md", &"aliases = ['old', '/older/']".parse().unwrap(), &[]);
        assert_eq!(facts.aliases(Some("/2011/02/a/")), ["/2011/02/old", "/older/"]);
    }
}
