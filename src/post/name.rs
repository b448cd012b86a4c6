//! Reads what a post's file is called: section, stem, a date, and what it is for.

use jiff::civil::Date;

use crate::config::Config;
use crate::paths::SourcePath;

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) role: Role,
    /// The folders below `content/`; an `_index.md`'s own.
    pub(super) section: String,
    /// The name without date and ending.
    pub(super) stem: String,
    /// The date before the stem.
    pub(super) date: Option<Date>,
    /// Whether it lies in a folder for drafts.
    pub(super) draft: bool,
    /// Which language its name says: 0 where it says none.
    pub(super) language: usize,
}

/// What a file is for, as far as its name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A file of its own.
    Single,
    /// The `index.md` of a bundle.
    Bundle,
    /// An `_index.md`.
    Section,
    /// The `_index.md` of a taxonomy or of a term.
    Term,
}

/// Reads the name of a Markdown file.
pub(super) fn read(config: &Config, source: &SourcePath) -> Name {
    let below = source.as_str().strip_prefix("content/").unwrap_or(source.as_str());
    let mut folders: Vec<&str> = below.split('/').collect();
    let file = folders.pop().unwrap_or_default();
    let file_stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let (file_stem, language) = spoken(config, file_stem);
    let is_drafts = |folder: &&str| matches!(*folder, "drafts" | "_drafts");
    if file_stem == "_index" {
        if let Some((first, rest)) = folders.split_first()
            && config.taxonomy(first).is_some()
        {
            let (section, stem) = ((*first).to_owned(), rest.join("/"));
            return Name { role: Role::Term, section, stem, date: None, draft: false, language };
        }
        let stem = folders.last().copied().unwrap_or_default().to_owned();
        let draft = folders.iter().any(is_drafts);
        return Name { role: Role::Section, section: folders.join("/"), stem, date: None, draft, language };
    }
    let (role, name) = match file_stem {
        "index" if !folders.is_empty() => (Role::Bundle, folders.pop().unwrap_or_default()),
        _ => (Role::Single, file_stem),
    };
    // A bundle may be called so, too.
    let draft = folders.iter().any(is_drafts);
    folders.retain(|folder| !is_drafts(folder));
    let mut section =
        folders.iter().map(|&folder| if folder == "_posts" { "posts" } else { folder }).collect::<Vec<_>>().join("/");
    if draft && section.is_empty() {
        section = "posts".to_owned();
    }
    let (date, stem) = dated(name);
    Name { role, section, stem: stem.to_owned(), date, draft, language }
}

/// Returns the folder for drafts that a file lies in, if it does: `content/posts/drafts`.
pub(super) fn drafts(source: &SourcePath) -> Option<&str> {
    let path = source.as_str();
    let mut ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    ends.find(|folder| matches!(folder.rsplit('/').next(), Some("drafts" | "_drafts")))
}

/// Splits `guards.fr` into `guards` and its language, if the site has that.
fn spoken<'n>(config: &Config, stem: &'n str) -> (&'n str, usize) {
    let tagged = stem.rsplit_once('.').filter(|(name, _)| !config.languages.is_empty() && !name.is_empty());
    let found = tagged.and_then(|(name, tag)| Some((name, config.languages.iter().position(|rule| rule.tag == tag)?)));
    found.map_or((stem, 0), |(name, index)| (name, index + 1))
}

/// Splits `2011-03-10-guards` into its date and `guards`.
fn dated(name: &str) -> (Option<Date>, &str) {
    let Some((day, rest)) = name.split_at_checked(10) else { return (None, name) };
    let shape = |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    if !day.bytes().enumerate().all(shape) {
        return (None, name);
    }
    let Ok(date) = day.parse::<Date>() else { return (None, name) };
    match rest.strip_prefix(['-', '_']) {
        Some(stem) if !stem.is_empty() => (Some(date), stem),
        _ if rest.is_empty() => (Some(date), name),
        _ => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;

    fn name(source: &str) -> Name {
        read(&sample(""), &SourcePath::new(source))
    }

    #[test]
    fn a_files_name_tells_section_stem_and_date() {
        for (source, role, section, stem, date) in [
            ("content/about.md", Role::Single, "", "about", None),
            ("content/posts/2011-03-10-guards.md", Role::Single, "posts", "guards", Some("2011-03-10")),
            ("content/posts/2011-03-10_guards/index.md", Role::Bundle, "posts", "guards", Some("2011-03-10")),
            ("content/posts/2011-03-10.md", Role::Single, "posts", "2011-03-10", Some("2011-03-10")),
            ("content/posts/2011-13-10-x.md", Role::Single, "posts", "2011-13-10-x", None),
            ("content/posts/2011-03-100.md", Role::Single, "posts", "2011-03-100", None),
            ("content/docs/guide/a.b.md", Role::Single, "docs/guide", "a.b", None),
            ("content/_posts/2011-03-10-x.md", Role::Single, "posts", "x", Some("2011-03-10")),
            ("content/docs/guide/_index.md", Role::Section, "docs/guide", "guide", None),
            ("content/_index.md", Role::Section, "", "", None),
            ("content/tags/rust/_index.md", Role::Term, "tags", "rust", None),
            ("content/tags/_index.md", Role::Term, "tags", "", None),
            ("content/日本語のとても長い名前.md", Role::Single, "", "日本語のとても長い名前", None),
        ] {
            let date = date.map(|date| date.parse().unwrap());
            let expected =
                Name { role, section: section.to_owned(), stem: stem.to_owned(), date, draft: false, language: 0 };
            assert_eq!(name(source), expected, "{source}");
        }
    }

    #[test]
    fn a_folder_of_drafts_is_no_section() {
        for (source, section) in [
            ("content/drafts/x.md", "posts"),
            ("content/_drafts/x/index.md", "posts"),
            ("content/notes/drafts/x.md", "notes"),
        ] {
            let name = name(source);
            assert_eq!((name.section.as_str(), name.stem.as_str(), name.draft), (section, "x", true), "{source}");
        }
        assert!(name("content/notes/drafts/_index.md").draft && !name("content/notes/_index.md").draft);
        // A term may be called so.
        assert!(!name("content/tags/drafts/_index.md").draft);
    }
}
