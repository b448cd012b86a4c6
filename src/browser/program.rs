//! Owns the finding of a Chromium on this machine. Names and places only: starting it is `process`'s.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The names by which Chromium and its relatives are started, the plainest first.
const NAMES: [&str; 7] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge-stable",
    "brave-browser",
];
/// Where macOS keeps them.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Where a Chromium may be: values of the environment, which `main` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// `BLOG_CHROMIUM`, else `CHROME`: its variable and its value.
    pub named: Option<(&'static str, PathBuf)>,
    /// `PATH`.
    pub path: Option<OsString>,
}

impl Places {
    /// Returns the program, or why there is none.
    pub(super) fn find(&self) -> Result<PathBuf, String> {
        if let Some((variable, program)) = &self.named {
            // A bare name is looked for like any other.
            let found = match program.components().count() {
                1 => self.on_path(program),
                _ => is_program(program).then(|| program.clone()),
            };
            return found.ok_or_else(|| format!("`{variable}` names `{}`, which is no program", program.display()));
        }
        let named = NAMES.iter().find_map(|name| self.on_path(Path::new(name)));
        let placed = || PLACES.iter().map(PathBuf::from).find(|place| is_program(place));
        named.or_else(placed).ok_or_else(|| "no Chromium was found on this machine".to_owned())
    }

    fn on_path(&self, name: &Path) -> Option<PathBuf> {
        let folders = self.path.as_ref()?;
        std::env::split_paths(folders).map(|folder| folder.join(name)).find(|program| is_program(program))
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_names_is_taken_or_nothing() {
        let path = Some(OsString::from("/nowhere:/bin"));
        let of = |named: Option<&str>| {
            Places { named: named.map(|name| ("CHROME", PathBuf::from(name))), path: path.clone() }.find()
        };
        assert_eq!(of(Some("/bin/sh")), Ok(PathBuf::from("/bin/sh")));
        assert_eq!(of(Some("sh")), Ok(PathBuf::from("/bin/sh")));
        assert!(of(Some("/etc/passwd")).unwrap_err().contains("`CHROME` names `/etc/passwd`"));
        assert!(of(Some("no-such-browser")).is_err());
    }
}
