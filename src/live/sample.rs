//! Owns which pages of a site are looked at: one for each layout and section, the home page and the newest; all of
//! them if that is asked for.
//!
//! The same site gives the same sample, and another build of it another one, so that in time every page has its turn.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::manifest::{FileKind, Manifest, is_deployed};
use crate::paths::{OutPath, Route};

/// How many pages a sample has at most.
const MOST: usize = 40;
/// How many pages of a group are taken where layouts are only guessed.
const OF_A_GUESS: usize = 2;

/// The pages to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// The pages, by their place in the site.
    pub(super) pages: Vec<OutPath>,
    /// How many pages the site has.
    pub(super) of: usize,
}

/// Takes a sample by the manifest of a build: it knows layouts and sections.
pub(super) fn by_manifest(manifest: &Manifest, newest: Option<&Route>, all: bool) -> Sample {
    let pages: Vec<(&str, (String, String))> = manifest
        .files
        .iter()
        .filter(|(path, entry)| entry.kind == FileKind::Page && OutPath::new(path.as_str()).is_html() && is_plain(path))
        .map(|(path, entry)| {
            (path.as_str(), (entry.layout.clone().unwrap_or_default(), entry.section.clone().unwrap_or_default()))
        })
        .collect();
    sample(&pages, newest, all, 1, &manifest.build_id.to_string())
}

/// Takes a sample by paths alone: the first part of a path is taken for its section, its depth for its layout.
pub(super) fn by_paths<'p>(
    paths: impl IntoIterator<Item = &'p str>,
    newest: Option<&Route>,
    all: bool,
    salt: &str,
) -> Sample {
    let group = |path: &str| {
        let depth = path.trim_end_matches("index.html").matches('/').count();
        (path.split_once('/').map_or("", |(first, _)| first).to_owned(), depth.to_string())
    };
    let pages: Vec<(&str, (String, String))> =
        paths.into_iter().filter(|path| is_plain(path)).map(|path| (path, group(path))).collect();
    sample(&pages, newest, all, OF_A_GUESS, salt)
}

/// Returns whether a page has an address of its own: the one for missing addresses is asked for as such.
fn is_plain(path: &str) -> bool {
    path != "404.html" && !is_deployed(path)
}

fn sample(pages: &[(&str, (String, String))], newest: Option<&Route>, all: bool, each: usize, salt: &str) -> Sample {
    let of = pages.len();
    if all {
        return Sample { pages: pages.iter().map(|(path, _)| OutPath::new(*path)).collect(), of };
    }
    let mut groups: BTreeMap<&(String, String), Vec<&str>> = BTreeMap::new();
    for (path, group) in pages {
        groups.entry(group).or_default().push(path);
    }
    let newest = newest.map(Route::out_path);
    let wanted = ["index.html"].into_iter().chain(newest.as_ref().map(OutPath::as_str));
    let mut taken: Vec<&str> = Vec::new();
    for path in wanted.filter(|path| pages.iter().any(|(known, _)| known == path)) {
        if !taken.contains(&path) {
            taken.push(path);
        }
    }
    for paths in groups.values_mut() {
        // By a digest, not by name: the first by name is ever the same.
        paths.sort_by_key(|path| Digest::of(format!("{salt}\n{path}")).to_string());
        let represented = paths.iter().filter(|path| taken.contains(path)).count();
        let more: Vec<&str> = paths.iter().filter(|path| !taken.contains(path)).copied().collect();
        taken.extend(more.into_iter().take(each.saturating_sub(represented)));
    }
    taken.truncate(MOST);
    let mut pages: Vec<OutPath> = taken.into_iter().map(OutPath::new).collect();
    pages.sort();
    Sample { pages, of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Entry;
    use crate::paths::BaseUrl;

    fn manifest(rows: &[(&str, &str, &str)]) -> Manifest {
        let entry = |(path, layout, section): &(&str, &str, &str)| {
            let mut entry = Entry::of(Digest::of(path), 1, FileKind::Page);
            entry.layout = Some((*layout).to_owned());
            entry.section = Some((*section).to_owned());
            ((*path).to_owned(), entry)
        };
        Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), rows.iter().map(entry).collect())
    }

    fn paths(sample: &Sample) -> Vec<&str> {
        sample.pages.iter().map(OutPath::as_str).collect()
    }

    #[test]
    fn each_layout_and_section_is_seen_once_and_the_newest_always() {
        let manifest = manifest(&[
            ("index.html", "index.html", ""),
            ("404.html", "404.html", ""),
            ("posts/a/index.html", "post.html", "posts"),
            ("posts/b/index.html", "post.html", "posts"),
            ("posts/c/index.html", "post.html", "posts"),
            ("notes/a/index.html", "post.html", "notes"),
            ("posts/index.html", "section.html", "posts"),
        ]);
        let newest = Route::new("/posts/b/").unwrap();
        let sample = by_manifest(&manifest, Some(&newest), false);
        assert_eq!(paths(&sample), ["index.html", "notes/a/index.html", "posts/b/index.html", "posts/index.html"]);
        assert_eq!(sample.of, 6);
        assert_eq!(by_manifest(&manifest, None, true).pages.len(), 6);
    }

    #[test]
    fn without_layouts_depth_and_first_part_stand_for_them() {
        let many: Vec<String> = (0..30).map(|number| format!("posts/{number}/index.html")).collect();
        let all =
            many.iter().map(String::as_str).chain(["index.html", "posts/index.html", "about/index.html", "a.html"]);
        let sample = by_paths(all, None, false, "x");
        assert_eq!(sample.pages.len(), 1 + 1 + 1 + 1 + 2, "{sample:?}");
        assert_eq!(sample.of, 34);
    }

    #[test]
    fn a_sample_has_an_end() {
        let many: Vec<String> = (0..500).map(|number| format!("{number}/index.html")).collect();
        assert_eq!(by_paths(many.iter().map(String::as_str), None, false, "").pages.len(), MOST);
        assert_eq!(by_paths(many.iter().map(String::as_str), None, true, "").pages.len(), 500);
    }
}
