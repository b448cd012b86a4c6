//! Owns where the files of a site are to be looked for: its folders, and where links inside it lead.
//!
//! `source` reads through links that stay inside the site, under the name of the link; the system tells of a file under
//! the name of its own folder, and only once. [`Links`] brings the two together. Links that leave the site or lead back
//! are not followed: `source` refuses them. One that leads nowhere yet is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::path::{Component, Path, PathBuf};

use crate::source;

/// What is to be watched of one place, by absolute paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// A folder and all folders in it.
    Below(&'a Path),
    /// One entry of a folder: what a link leads to may be put in place by a rename, like any file.
    Entry(&'a Path),
}

/// Walks a folder and those in it, links not followed: each folder is entered before it is read, so that whoever watches
/// it on entering misses nothing. What cannot be read is left out; `source` says so.
pub(super) fn walk<E>(
    top: &Path,
    enter: &mut dyn FnMut(&Path) -> Result<(), E>,
    each: &mut dyn FnMut(&Path, FileType),
) -> Result<(), E> {
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        enter(&folder)?;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            match kind.is_dir() {
                true if is_walked(&entry.file_name()) => open.push(path),
                true => {}
                false => each(&path, kind),
            }
        }
    }
    Ok(())
}

/// Returns whether a folder of this name is worth a watch, wherever it lies.
pub(super) fn is_walked(name: &OsStr) -> bool {
    name != "node_modules" && name.to_str().is_none_or(source::may_be_taken)
}

/// The links inside a site and where they led when they were last looked at, all relative to its root.
#[derive(Debug, Default)]
pub(super) struct Links {
    targets: BTreeMap<PathBuf, PathBuf>,
}

impl Links {
    /// Takes in what is at a path now, whatever was there before, and hands each place that is to be watched to `watch`.
    pub(super) fn reach<E>(
        &mut self,
        root: &Path,
        path: &Path,
        watch: &mut dyn FnMut(Reach<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.targets.retain(|link, _| !link.starts_with(path));
        let mut open = vec![path.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            let place = root.join(&path);
            let Ok(metadata) = fs::symlink_metadata(&place) else { continue };
            if metadata.is_symlink() {
                if let Some(target) = target(root, &path) {
                    watch(Reach::Entry(&root.join(&target)))?;
                    open.push(target.clone());
                    self.targets.insert(path, target);
                }
            } else if metadata.is_dir() && seen.insert(path) {
                watch(Reach::Below(&place))?;
                walk(&place, &mut |_| Ok(()), &mut |entry, kind| {
                    if kind.is_symlink()
                        && let Ok(link) = entry.strip_prefix(root)
                    {
                        open.push(link.to_owned());
                    }
                })?;
            }
        }
        Ok(())
    }

    /// Returns whether a path is a link that leads to another place of the site.
    pub(super) fn holds(&self, path: &Path) -> bool {
        self.targets.contains_key(path)
    }

    /// Returns every path by which a place can be reached: its own first, then those through links, each link once: what
    /// leads through it again leads back, and is refused by `source`.
    pub(super) fn names(&self, path: &Path) -> Vec<PathBuf> {
        let mut names: Vec<(PathBuf, Vec<&Path>)> = vec![(path.to_owned(), Vec::new())];
        let mut at = 0;
        while let Some((name, taken)) = names.get(at).cloned() {
            for (link, target) in self.targets.iter().filter(|(link, _)| !taken.contains(&link.as_path())) {
                let through = match name.strip_prefix(target) {
                    Ok(rest) if rest.as_os_str().is_empty() => link.clone(),
                    Ok(rest) => link.join(rest),
                    // A folder that holds what the link leads to: it may have come or gone with it.
                    Err(_) if target.starts_with(&name) => link.clone(),
                    Err(_) => continue,
                };
                if names.iter().all(|(known, _)| *known != through) {
                    names.push((through, [taken.as_slice(), &[link]].concat()));
                }
            }
            at += 1;
        }
        names.into_iter().map(|(name, _)| name).collect()
    }
}

/// Returns where a link leads, or will lead when something is there, if that is inside the site and not a folder that the
/// link itself lies in.
fn target(root: &Path, link: &Path) -> Option<PathBuf> {
    let place = root.join(link);
    let here = fs::canonicalize(place.parent()?).ok()?;
    let target =
        fs::canonicalize(&place).or_else(|_| fs::read_link(&place).map(|text| plain(&here.join(text)))).ok()?;
    let inside = target.strip_prefix(root).ok().filter(|inside| !inside.as_os_str().is_empty())?;
    (!here.starts_with(&target) && target != place).then(|| inside.to_owned())
}

/// Returns a path without `.` and `..`, by its words alone: nothing need be there.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with these files and links, and what is to be watched of its `content/`.
    fn site(files: &[&str], links: &[(&str, &str)]) -> (tempfile::TempDir, Links, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (link, target) in links {
            let path = folder.path().join(link);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        }
        let root = fs::canonicalize(folder.path()).unwrap();
        let mut found = Vec::new();
        let mut known = Links::default();
        let watched: Result<(), Infallible> = known.reach(&root, Path::new("content"), &mut |reach| {
            let (sign, path) = match reach {
                Reach::Below(path) => ("below", path),
                Reach::Entry(path) => ("entry", path),
            };
            found.push(format!("{sign} {}", path.strip_prefix(&root).unwrap().display()));
            Ok(())
        });
        watched.unwrap();
        (folder, known, found)
    }

    fn names(links: &Links, path: &str) -> Vec<String> {
        links.names(Path::new(path)).iter().map(|name| name.display().to_string()).collect()
    }

    #[test]
    fn without_links_every_place_has_one_name() {
        let (_folder, links, found) = site(&["content/posts/a.md"], &[]);
        assert_eq!(found, ["below content"]);
        assert_eq!(names(&links, "content/posts/a.md"), ["content/posts/a.md"]);
    }

    #[test]
    fn a_folder_behind_a_link_is_watched_where_it_is_and_told_by_the_link() {
        let (_folder, links, found) = site(&["shared/x.md", "content/a.md"], &[("content/b", "../shared")]);
        assert_eq!(found, ["below content", "entry shared", "below shared"]);
        assert_eq!(names(&links, "shared/x.md"), ["shared/x.md", "content/b/x.md"]);
        assert_eq!(names(&links, "shared"), ["shared", "content/b"]);
    }

    #[test]
    fn a_file_behind_a_link_is_watched_as_an_entry_of_its_folder() {
        let (_folder, links, found) = site(&["deep/er/x.md"], &[("content/b.md", "../deep/er/x.md")]);
        assert_eq!(found, ["below content", "entry deep/er/x.md"]);
        assert_eq!(names(&links, "deep/er/x.md"), ["deep/er/x.md", "content/b.md"]);
        assert_eq!(names(&links, "deep"), ["deep", "content/b.md"], "it goes with its folder");
    }

    #[test]
    fn a_file_with_two_names_has_both_and_links_behind_links_count() {
        let links = [("content/b", "a"), ("content/c", "../shared"), ("shared/d", "../content/a")];
        let (_folder, links, _) = site(&["content/a/x.md", "shared/y.md"], &links);
        let mut names = names(&links, "content/a/x.md");
        names.sort();
        assert_eq!(names, ["content/a/x.md", "content/b/x.md", "content/c/d/x.md", "shared/d/x.md"]);
    }

    #[test]
    fn links_that_leave_or_lead_back_are_not_followed() {
        let links =
            [("content/out", "/etc"), ("content/far", "../../x"), ("content/a/up", ".."), ("content/self", "self")];
        let (_folder, links, found) = site(&["content/a/x.md"], &links);
        assert_eq!(found, ["below content"]);
        assert_eq!(names(&links, "content/a/x.md"), ["content/a/x.md"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_yet_is_told_when_something_is_there() {
        let (folder, mut links, found) = site(&["content/a.md"], &[("content/b", "../shared/./deep/../x")]);
        assert_eq!(found, ["below content", "entry shared/x"]);
        assert_eq!(names(&links, "shared"), ["shared", "content/b"]);
        assert_eq!(names(&links, "shared/x/1.md"), ["shared/x/1.md", "content/b/1.md"]);
        fs::create_dir_all(folder.path().join("shared/deep")).unwrap();
        fs::create_dir_all(folder.path().join("shared/x")).unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let mut below = 0;
        let watched: Result<(), Infallible> = links.reach(&root, Path::new("content/b"), &mut |reach| {
            below += usize::from(reach == Reach::Below(&root.join("shared/x")));
            Ok(())
        });
        watched.unwrap();
        assert_eq!(below, 1);
    }

    #[test]
    fn two_links_that_lead_into_each_other_come_to_an_end() {
        let links = [("content/a/x", "../b"), ("content/b/y", "../a")];
        let (_folder, links, _) = site(&["content/a/1.md", "content/b/2.md"], &links);
        let names = names(&links, "content/a/1.md");
        assert_eq!(names, ["content/a/1.md", "content/b/y/1.md", "content/a/x/y/1.md"]);
    }

    #[test]
    fn a_link_that_is_gone_is_forgotten() {
        let (folder, mut links, _) = site(&["shared/x.md"], &[("content/b", "../shared")]);
        fs::remove_file(folder.path().join("content/b")).unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let none: Result<(), Infallible> = links.reach(&root, Path::new("content/b"), &mut |_| Ok(()));
        none.unwrap();
        assert_eq!(names(&links, "shared/x.md"), ["shared/x.md"]);
    }

    #[test]
    fn hidden_folders_and_those_of_package_managers_are_not_entered() {
        let files = ["themes/x/.git/a", "themes/x/node_modules/y/z.js", "themes/x/static/.well-known/a"];
        let (folder, _, _) = site(&files, &[]);
        let mut entered = Vec::new();
        let themes = folder.path().join("themes");
        let walked: Result<(), Infallible> = walk(
            &themes,
            &mut |path| {
                entered.push(path.strip_prefix(&themes).unwrap().display().to_string());
                Ok(())
            },
            &mut |_, _| {},
        );
        walked.unwrap();
        assert_eq!(entered, ["", "x", "x/static", "x/static/.well-known"]);
    }
}
