//! Owns the sites that a theme is tried on, as the files that somebody would write.
//!
//! `whole` has every kind of page, below a sub-path, and the content that breaks layouts: markup in titles, no description,
//! words without end, no tags. `bare` has a title and an address, as a site has on its first day.

/// A site to try a theme on.
#[derive(Debug, Clone, Copy)]
pub struct TrialSite {
    /// What it is called in findings.
    pub name: &'static str,
    /// Its settings, but for the theme.
    settings: &'static str,
    /// Its other files.
    files: fn() -> Vec<(String, String)>,
    /// Whether it has posts, terms and the rest.
    pub is_whole: bool,
}

/// The sites, in the order in which they are built.
pub const SITES: &[TrialSite] = &[
    TrialSite { name: "whole", settings: WHOLE, files: whole, is_whole: true },
    TrialSite { name: "bare", settings: BARE, files: Vec::new, is_whole: false },
];

/// The name of an element that no theme writes: where it becomes one, a theme printed text as markup.
pub(super) const MARKUP: &str = "kit-unescaped";
/// Ids in the texts of a post, a page, a section and a term: where one is missing, a theme forgot to print the text.
pub(super) const TEXTS: [(&str, &str); 4] = [
    ("posts/every-mark/index.html", "kit-post"),
    ("about/index.html", "kit-page"),
    ("notes/index.html", "kit-section"),
    ("tags/birds/index.html", "kit-term"),
];

const WHOLE: &str = r#"title = "The <kit-unescaped>whole</kit-unescaped> & its parts"
base_url = "https://kit.example/a/sub-path/"
timezone = "UTC"
language = "en"
description = "A site with \"every\" kind of page <kit-unescaped>"
authors = ["Ada <kit-unescaped>", "Brook"]
feed_authority = "kit.example"
[permalinks]
posts = "/posts/:slug/"
[taxonomies.tags]
paginate = 2
feed = true
[taxonomies.categories]
[taxonomies.series]
[paginate]
posts = 3
notes = 2
[archives]
by = ["year", "month"]
[[feeds]]
format = "rss"
path = "feed.xml"
[[feeds]]
format = "atom"
path = "atom.xml"
[analytics]
provider = "goatcounter"
endpoint = "embedded"
site = "kit"
"#;

const BARE: &str = r#"title = "Bare"
base_url = "https://kit.example/"
timezone = "UTC"
feed_authority = "kit.example"
[analytics]
provider = "goatcounter"
endpoint = "embedded"
site = "kit"
"#;

impl TrialSite {
    /// Returns the site's files: each path, and its text.
    pub fn files(&self, theme: &str) -> Vec<(String, String)> {
        let (before, tables) = self.settings.split_at(self.settings.find("\n[").map_or(0, |at| at + 1));
        let settings = format!("{before}theme = {}\n{tables}", toml::Value::from(theme));
        let mut files = vec![("site.toml".to_owned(), settings), ("content/.keep".to_owned(), String::new())];
        files.extend((self.files)());
        files
    }
}

fn whole() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = [
        ("content/_index.md", "+++\ntitle = \"Home\"\n+++\n\nA word of welcome.\n"),
        (
            "content/about.md",
            "+++\ntitle = \"About <kit-unescaped>us</kit-unescaped>\"\n+++\n\nA page without a date. <span id=\"kit-page\"></span>\n",
        ),
        ("content/notes/_index.md", "+++\ntitle = \"Notes\"\n+++\n\nA section. <span id=\"kit-section\"></span>\n"),
        ("content/tags/birds/_index.md", "+++\ntitle = \"Birds\"\n+++\n\nA term. <span id=\"kit-term\"></span>\n"),
        ("content/posts/every-mark.md", include_str!("every-mark.md")),
        (
            "content/posts/long.md",
            "+++\ntitle = \"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\"\n\
             date = 2026-02-02\ntags = [\"birds\", \"a tag of several words\"]\n+++\n\n\
             https://kit.example/an/address/without/any/end/0123456789012345678901234567890123456789012345678901234567890123456789\n",
        ),
        ("content/posts/empty.md", "+++\ndate = 2026-02-03\n+++\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    for number in 1..=5 {
        let post = format!(
            "+++\ntitle = \"Post {number}\"\ndate = 2025-11-0{number}\ntags = [\"birds\"]\nseries = [\"walks\"]\nseries_index = {number}\n\
             aliases = [\"/old/{number}/\"]\n+++\n\nText of post {number}.\n\n## A heading\n\nMore.\n"
        );
        files.push((format!("content/posts/post-{number}.md"), post));
        files.push((
            format!("content/notes/note-{number}.md"),
            format!("+++\ntitle = \"Note {number}\"\ndate = 2026-01-0{number}\n+++\n\nA note.\n"),
        ));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_settings_whatever_the_theme_is_called() {
        for site in SITES {
            let files = site.files("a \"theme\"");
            let settings: toml::Table = files[0].1.parse().unwrap();
            assert_eq!(settings["theme"].as_str(), Some("a \"theme\""), "{}", site.name);
        }
    }
}
