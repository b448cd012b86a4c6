//! Refuses an output folder whose replacement would cost the user more than old pages.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Diagnostic;

use super::{Overrides, World};

/// Where output never goes and that it never holds, relative to the site's root.
const OURS: &[&str] =
    &["content", "static", "templates", "themes", "data", "i18n", "sass", ".git", ".blog", "site.toml"];

/// Returns the output folder, absolute and without `..`, or why it is refused.
pub(super) fn choose(root: &Path, overrides: &Overrides, world: &World) -> Result<PathBuf, Diagnostic> {
    let root = resolve(&world.current.join(root));
    let Some(wanted) = &overrides.out else {
        return Ok(root.join("public"));
    };
    let out = resolve(&world.current.join(wanted));
    let refuse = |reason: String| {
        Err(Diagnostic::error("output/unsafe", format!("the output folder `{}` {reason}", wanted.display()))
            .hint("a build replaces the output folder as a whole: give it one of its own, as `--out public`"))
    };
    if wanted.as_os_str().is_empty() {
        return refuse("has no name".to_owned());
    }
    if out.parent().is_none() {
        return refuse("is the root of the file system".to_owned());
    }
    if root.starts_with(&out) {
        return refuse("holds the site itself".to_owned());
    }
    for name in OURS {
        let source = root.join(name);
        if out.starts_with(&source) || source.starts_with(&out) {
            return refuse(format!("is, holds or lies in the site's `{name}`"));
        }
    }
    if let Some(home) = world.environment.get("HOME").filter(|home| !home.is_empty())
        && resolve(Path::new(home)).starts_with(&out)
    {
        return refuse("holds your home folder".to_owned());
    }
    Ok(out)
}

/// Returns the path as the disk knows it: links resolved in the part that exists, `.` and `..` gone.
fn resolve(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
        if let Ok(real) = std::fs::canonicalize(&plain) {
            plain = real;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(root: &Path, out: &str) -> Result<PathBuf, Diagnostic> {
        let world = World {
            current: root.to_owned(),
            environment: [("HOME".to_owned(), root.join("home/me").display().to_string())].into(),
            ..World::default()
        };
        let overrides = Overrides { out: Some(PathBuf::from(out)), ..Overrides::default() };
        choose(&root.join("home/me/site"), &overrides, &world)
    }

    #[test]
    fn an_output_folder_that_holds_or_hits_what_is_written_by_hand_is_refused() {
        let root = Path::new("/nowhere");
        for out in [
            "",
            "/",
            "/nowhere/home",
            "/nowhere/home/me",
            "/nowhere/home/me/site",
            "/nowhere/home/me/site/.",
            "/nowhere/home/me/site/content",
            "/nowhere/home/me/site/content/../content/public",
            "/nowhere/home/me/site/x/..",
            "/nowhere/home/me/site/.git",
            "/nowhere/home/me/site/themes/paper",
            "home/me/site/static",
            "home/me/site/site.toml",
            "home",
            ".",
            "..",
            "../..",
        ] {
            assert_eq!(chosen(root, out).map_err(|error| error.code), Err("output/unsafe"), "{out}");
        }
        for out in ["public", "home/me/site/public", "home/me/site/contents", "/nowhere/home/me/www", "home/you"] {
            assert!(chosen(root, out).is_ok(), "{out}");
        }
    }

    #[test]
    fn a_link_does_not_hide_where_the_output_goes() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("home/me/site");
        std::fs::create_dir_all(site.join("content")).unwrap();
        std::os::unix::fs::symlink(site.join("content"), folder.path().join("public")).unwrap();
        let root = folder.path().canonicalize().unwrap();
        assert_eq!(chosen(&root, "public").map_err(|error| error.code), Err("output/unsafe"));
    }
}
