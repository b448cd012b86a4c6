//! Owns the theme that is in the binary: `blog init` needs no file but the program.
//!
//! Gives [`PAPER`], the files of `themes/paper/`, one row each. A file without a row, or a row
//! without its file, fails the test below. It writes nothing: who asks decides where the files go.

/// Names one file of the theme and takes its bytes in.
macro_rules! row {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../themes/paper/", $path)))
    };
}

/// Every file of the theme `paper`, by its path below `themes/paper/`, sorted.
pub const PAPER: &[(&str, &[u8])] = &[
    row!("static/favicon.svg"),
    row!("static/feed.xsl"),
    row!("static/paper.css"),
    row!("templates/404.html"),
    row!("templates/alias.html"),
    row!("templates/archive.html"),
    row!("templates/base.html"),
    row!("templates/index.html"),
    row!("templates/page.html"),
    row!("templates/partials/backlinks.html"),
    row!("templates/partials/contents.html"),
    row!("templates/partials/entries.html"),
    row!("templates/partials/entry.html"),
    row!("templates/partials/footer.html"),
    row!("templates/partials/highlight.html"),
    row!("templates/partials/ledger.html"),
    row!("templates/partials/menu.html"),
    row!("templates/partials/pager.html"),
    row!("templates/partials/period.html"),
    row!("templates/partials/related.html"),
    row!("templates/partials/toc.html"),
    row!("templates/post.html"),
    row!("templates/section.html"),
    row!("templates/taxonomy.html"),
    row!("templates/term.html"),
    row!("theme.toml"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_theme_is_a_row_and_no_row_is_stale() {
        let mut files = BTreeMap::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/paper"), "", &mut files);
        assert!(files.contains_key("theme.toml"));
        for (path, bytes) in &files {
            let row = PAPER.iter().find(|(name, _)| name == path);
            assert!(
                row.is_some_and(|(_, embedded)| embedded == bytes),
                "themes/paper/{path} has no row, or an old one"
            );
        }
        let rows: Vec<&str> = PAPER.iter().map(|(path, _)| *path).collect();
        assert_eq!(rows, files.keys().collect::<Vec<_>>(), "rows are sorted, and each has its file");
    }

    #[test]
    fn the_theme_is_text_and_fetches_nothing_from_elsewhere() {
        for (path, bytes) in PAPER {
            let text = str::from_utf8(bytes).unwrap_or_else(|_| panic!("{path} is not text"));
            let foreign = ["<script", "@import", "src=\"http", "href=\"http", "url(http", "url(//"];
            let found = foreign.iter().find(|needle| text.contains(**needle));
            assert_eq!(found, None, "in {path}");
        }
    }

    #[test]
    fn the_layout_prints_snippet_metadata_and_feeds_once() {
        let (_, base) = PAPER.iter().find(|(path, _)| *path == "templates/base.html").unwrap();
        let base = str::from_utf8(base).unwrap();
        for call in ["{{ analytics() }}", "{{ seo() }}", "{{ feeds() }}"] {
            assert_eq!(base.matches(call).count(), 1, "{call}");
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
