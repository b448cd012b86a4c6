//! Owns the themes that are in the binary: `blog init` needs no file but the program.
//!
//! Gives [`THEMES`]: the files of each theme below `themes/`, one row each. A file without a row, or a row
//! without its file, fails the test below. It writes nothing: who asks decides where the files go.

/// The files of one theme: the path below its folder, and the bytes; sorted.
pub type Files = &'static [(&'static str, &'static [u8])];

/// Every theme that the program carries, by its name; the first is the one that a site has which names none.
pub const THEMES: &[(&str, Files)] = &[("paper", PAPER), ("gazette", GAZETTE), ("teletype", TELETYPE)];

/// Returns the files of a theme that the program carries.
pub fn find(name: &str) -> Option<Files> {
    THEMES.iter().find(|(known, _)| *known == name).map(|(_, files)| *files)
}

/// Names one file of a theme and takes its bytes in.
macro_rules! row {
    ($theme:literal, $path:literal) => {
        ($path, include_bytes!(concat!("../themes/", $theme, "/", $path)))
    };
}

/// `paper`: a printed journal.
pub const PAPER: Files = &[
    row!("paper", "i18n/de.toml"),
    row!("paper", "i18n/en.toml"),
    row!("paper", "i18n/fr.toml"),
    row!("paper", "static/copy.js"),
    row!("paper", "static/embed.js"),
    row!("paper", "static/favicon.svg"),
    row!("paper", "static/feed.xsl"),
    row!("paper", "static/paper.css"),
    row!("paper", "static/search.js"),
    row!("paper", "templates/404.html"),
    row!("paper", "templates/alias.html"),
    row!("paper", "templates/archive.html"),
    row!("paper", "templates/base.html"),
    row!("paper", "templates/index.html"),
    row!("paper", "templates/page.html"),
    row!("paper", "templates/partials/backlinks.html"),
    row!("paper", "templates/partials/contents.html"),
    row!("paper", "templates/partials/entries.html"),
    row!("paper", "templates/partials/entry.html"),
    row!("paper", "templates/partials/footer.html"),
    row!("paper", "templates/partials/highlight.html"),
    row!("paper", "templates/partials/ledger.html"),
    row!("paper", "templates/partials/menu.html"),
    row!("paper", "templates/partials/pager.html"),
    row!("paper", "templates/partials/period.html"),
    row!("paper", "templates/partials/related.html"),
    row!("paper", "templates/partials/search.html"),
    row!("paper", "templates/partials/subsections.html"),
    row!("paper", "templates/partials/toc.html"),
    row!("paper", "templates/partials/way.html"),
    row!("paper", "templates/post.html"),
    row!("paper", "templates/section.html"),
    row!("paper", "templates/taxonomy.html"),
    row!("paper", "templates/term.html"),
    row!("paper", "theme.toml"),
];

/// `gazette`: a magazine.
const GAZETTE: Files = &[
    row!("gazette", "i18n/de.toml"),
    row!("gazette", "i18n/en.toml"),
    row!("gazette", "i18n/fr.toml"),
    row!("gazette", "static/copy.js"),
    row!("gazette", "static/embed.js"),
    row!("gazette", "static/favicon.svg"),
    row!("gazette", "static/gazette.css"),
    row!("gazette", "static/search.js"),
    row!("gazette", "templates/404.html"),
    row!("gazette", "templates/archive.html"),
    row!("gazette", "templates/base.html"),
    row!("gazette", "templates/index.html"),
    row!("gazette", "templates/page.html"),
    row!("gazette", "templates/partials/article.html"),
    row!("gazette", "templates/partials/card.html"),
    row!("gazette", "templates/partials/contents.html"),
    row!("gazette", "templates/partials/footer.html"),
    row!("gazette", "templates/partials/grid.html"),
    row!("gazette", "templates/partials/highlight.html"),
    row!("gazette", "templates/partials/kicker.html"),
    row!("gazette", "templates/partials/menu.html"),
    row!("gazette", "templates/partials/period.html"),
    row!("gazette", "templates/partials/plate.html"),
    row!("gazette", "templates/partials/search.html"),
    row!("gazette", "templates/partials/subsections.html"),
    row!("gazette", "templates/partials/way.html"),
    row!("gazette", "templates/post.html"),
    row!("gazette", "templates/section.html"),
    row!("gazette", "templates/taxonomy.html"),
    row!("gazette", "templates/term.html"),
    row!("gazette", "theme.toml"),
];

/// `teletype`: a terminal.
const TELETYPE: Files = &[
    row!("teletype", "i18n/de.toml"),
    row!("teletype", "i18n/en.toml"),
    row!("teletype", "i18n/fr.toml"),
    row!("teletype", "static/copy.js"),
    row!("teletype", "static/embed.js"),
    row!("teletype", "static/favicon.svg"),
    row!("teletype", "static/search.js"),
    row!("teletype", "static/teletype.css"),
    row!("teletype", "templates/404.html"),
    row!("teletype", "templates/archive.html"),
    row!("teletype", "templates/base.html"),
    row!("teletype", "templates/index.html"),
    row!("teletype", "templates/page.html"),
    row!("teletype", "templates/partials/article.html"),
    row!("teletype", "templates/partials/command.html"),
    row!("teletype", "templates/partials/contents.html"),
    row!("teletype", "templates/partials/footer.html"),
    row!("teletype", "templates/partials/highlight.html"),
    row!("teletype", "templates/partials/listing.html"),
    row!("teletype", "templates/partials/menu.html"),
    row!("teletype", "templates/partials/pager.html"),
    row!("teletype", "templates/partials/period.html"),
    row!("teletype", "templates/partials/search.html"),
    row!("teletype", "templates/partials/subsections.html"),
    row!("teletype", "templates/partials/way.html"),
    row!("teletype", "templates/post.html"),
    row!("teletype", "templates/section.html"),
    row!("teletype", "templates/taxonomy.html"),
    row!("teletype", "templates/term.html"),
    row!("teletype", "theme.toml"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_themes_is_a_row_and_no_row_is_stale() {
        for (theme, embedded) in THEMES {
            let mut files = BTreeMap::new();
            collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("themes").join(theme), "", &mut files);
            assert!(files.contains_key("theme.toml"));
            for (path, bytes) in &files {
                let row = embedded.iter().find(|(name, _)| name == path);
                assert!(row.is_some_and(|(_, row)| row == bytes), "themes/{theme}/{path} has no row, or an old one");
            }
            let rows: Vec<&str> = embedded.iter().map(|(path, _)| *path).collect();
            assert_eq!(rows, files.keys().collect::<Vec<_>>(), "rows are sorted, and each has its file");
        }
    }

    #[test]
    fn the_themes_are_text_and_fetch_nothing_from_elsewhere() {
        for (theme, (path, bytes)) in
            THEMES.iter().flat_map(|(theme, files)| files.iter().map(move |file| (theme, file)))
        {
            let text = str::from_utf8(bytes).unwrap_or_else(|_| panic!("{theme}/{path} is not text"));
            let foreign = ["<script>", "src=\"http", "href=\"http", "url(http", "url(//", "@import"];
            let found = foreign.iter().find(|needle| text.contains(**needle));
            assert_eq!(found, None, "in {theme}/{path}");
        }
    }

    /// Each theme is a folder that one can take as it is, so the scripts that all of them have stand in each.
    #[test]
    fn scripts_and_parts_that_all_themes_have_are_the_same_in_each() {
        for path in [
            "static/search.js",
            "static/copy.js",
            "static/embed.js",
            "templates/partials/search.html",
            "templates/partials/subsections.html",
            "templates/partials/way.html",
        ] {
            let copies: Vec<&[u8]> = THEMES
                .iter()
                .map(|(theme, files)| {
                    let file = files.iter().find(|(name, _)| *name == path);
                    file.unwrap_or_else(|| panic!("{theme} has no {path}")).1
                })
                .collect();
            assert!(
                copies.windows(2).all(|two| two[0] == two[1]),
                "{path} is not the same in every theme: mend all of them"
            );
        }
    }

    #[test]
    fn the_layouts_print_snippet_metadata_and_feeds_once() {
        for (theme, files) in THEMES {
            let (_, base) = files.iter().find(|(path, _)| *path == "templates/base.html").unwrap();
            let base = str::from_utf8(base).unwrap();
            for call in ["{{ analytics() }}", "{{ seo() }}", "{{ feeds() }}"] {
                assert_eq!(base.matches(call).count(), 1, "{call} in {theme}");
            }
        }
    }

    fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => collect(&entry.path(), &format!("{path}/"), files),
                false => {
                    files.insert(path, fs::read(entry.path()).unwrap());
                }
            }
        }
    }
}
