//! Owns what git tells of the site's files: when each was last changed, by one `git log` over all of `content/`.
//!
//! Gives a time for each file that was committed. A file that was only renamed was not changed. Refuses to guess: a shallow
//! clone knows wrong times for most files, so it is an error, as is a folder that git knows nothing of.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;

use crate::diagnostic::Diagnostic;
use crate::paths::SourcePath;

/// What stands before the time of a commit, in the output that is asked for.
const COMMIT: char = '\u{1}';

/// Asks git when each file below `content/` was last changed.
pub(super) fn read(root: &Path) -> Result<BTreeMap<SourcePath, Timestamp>, Diagnostic> {
    if git(root, &["rev-parse", "--is-shallow-repository"])?.trim() == "true" {
        let message = "`lastmod = \"git\"` needs the whole history, and this is a shallow clone";
        let hint = "run `git fetch --unshallow`; in GitHub Actions give `actions/checkout` `with: fetch-depth: 0`, \
                    in GitLab CI set `GIT_DEPTH: 0`";
        return Err(Diagnostic::error("lastmod/shallow", message).hint(hint));
    }
    // Only exact renames: what is alike by chance would need the texts of every commit.
    let log = ["log", "-z", "--name-status", "--find-renames=100%", "--relative", "--no-ext-diff", "--no-color"];
    let rest = ["--no-show-signature", "--format=%x01%at", "HEAD", "--", "content"];
    Ok(newest(&git(root, &[log.as_slice(), rest.as_slice()].concat())?))
}

/// Runs git in the site's folder, and returns what it prints.
fn git(root: &Path, arguments: &[&str]) -> Result<String, Diagnostic> {
    let failed = |reason: &str, hint: &str| {
        let message = format!("`lastmod = \"git\"` needs git, which cannot tell when files were changed: {reason}");
        Diagnostic::error("lastmod/git", message).hint(hint)
    };
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["--no-pager", "--literal-pathspecs"]).args(arguments);
    // Within a hook git names its own repository by these; the site's is the one that its folder lies in.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(std::process::Stdio::null());
    let output = command
        .output()
        .map_err(|error| failed(&error.to_string(), "install git, or take `lastmod` out of `site.toml`"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let line = words.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed without a word");
        let line = line.trim_start_matches("fatal: ");
        return Err(failed(line, "build in a checkout with at least one commit, or take `lastmod` out of `site.toml`"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads the log, newest commit first: the first that names a file is its last change.
fn newest(log: &str) -> BTreeMap<SourcePath, Timestamp> {
    let mut newest = BTreeMap::new();
    // The names of today by those of the commits at hand; nothing for a name that another file had before.
    let mut today: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut renamed: Vec<(String, String)> = Vec::new();
    let mut time = None;
    let mut parts = log.split('\0').map(|part| part.trim_start_matches('\n'));
    while let Some(part) = parts.next() {
        if let Some(seconds) = part.strip_prefix(COMMIT) {
            follow(&mut today, &mut renamed);
            time = seconds.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            continue;
        }
        let Some(name) = parts.next().filter(|_| !part.is_empty()) else { continue };
        if part.starts_with('R') {
            renamed.extend(parts.next().map(|after| (name.to_owned(), after.to_owned())));
        } else if !part.starts_with('D')
            && let Some(time) = time
            && let Some(name) = today.get(name).map_or(Some(name), Option::as_deref)
        {
            newest.entry(SourcePath::new(name.nfc().collect::<String>())).or_insert(time);
        }
    }
    newest
}

/// Goes back behind the renames of a commit.
fn follow(today: &mut BTreeMap<String, Option<String>>, renamed: &mut Vec<(String, String)>) {
    let names: Vec<(String, Option<String>)> = renamed
        .iter()
        .map(|(before, after)| (before.clone(), today.get(after).cloned().unwrap_or_else(|| Some(after.clone()))))
        .collect();
    for (_, after) in renamed.drain(..) {
        today.insert(after, None);
    }
    today.extend(names);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(log: &[&str]) -> Vec<(String, i64)> {
        let newest = newest(&log.concat());
        newest.into_iter().map(|(source, time)| (source.to_string(), time.as_second())).collect()
    }

    #[test]
    fn the_newest_commit_that_names_a_file_counts() {
        let log = [
            "\u{1}300\0\nM\0content/a.md\0",
            "\u{1}200\0\nM\0content/a.md\0A\0content/b c.md\0D\0content/gone.md\0",
            "\u{1}100\0\nA\0content/a.md\0",
        ];
        assert_eq!(times(&log), [("content/a.md".to_owned(), 300), ("content/b c.md".to_owned(), 200)]);
    }

    #[test]
    fn a_file_that_was_only_renamed_keeps_its_time_however_often() {
        let log = [
            "\u{1}500\0\nR100\0content/b.md\0content/c.md\0",
            "\u{1}400\0\nR100\0content/a.md\0content/b.md\0A\0content/a.md\0",
            "\u{1}300\0\nM\0content/a.md\0",
            // Another file had the name before.
            "\u{1}200\0\nM\0content/c.md\0",
        ];
        assert_eq!(times(&log), [("content/a.md".to_owned(), 400), ("content/c.md".to_owned(), 300)]);
    }

    #[test]
    fn names_are_composed_and_what_is_no_log_tells_nothing() {
        assert_eq!(times(&["\u{1}1\0\nA\0content/cafe\u{301}.md\0"]), [("content/caf\u{e9}.md".to_owned(), 1)]);
        for log in [
            "",
            "\0\0",
            "\u{1}x\0\nM\0a\0",
            "\u{1}1",
            "\u{1}1\0\nR100\0a",
            "M\0a\0",
            "\u{1}99999999999999999\0\nM\0a\0",
        ] {
            assert_eq!(times(&[log]), [], "{log:?}");
        }
    }
}
