//! Carries changes of sources out on disk, for `blog mv` and `blog upgrade`: everything or nothing.
//!
//! New texts are written beside the old ones first; then each takes its place, and files or folders move. Whatever fails,
//! what was done is undone. Bytes that no edit names stay as they are, line ends and a byte order mark included.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Place};
use watchpost::moving::Edit;

use crate::console::printable;

/// The new bytes of one file.
#[derive(Debug)]
pub(super) struct Change {
    /// Where it stands before the move, relative to the site's folder.
    pub(super) path: String,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
}

impl Change {
    /// Describes a file that is written as a whole.
    pub(super) fn whole(config: &Config, path: &str, text: &str) -> Change {
        Change { path: path.to_owned(), old: fs::read(config.root.join(path)).ok(), new: text.as_bytes().to_vec() }
    }

    /// Returns the lines that change, as `diff` shows them.
    pub(super) fn diff(&self) -> String {
        let old = String::from_utf8_lossy(self.old.as_deref().unwrap_or_default()).into_owned();
        let new = String::from_utf8_lossy(&self.new).into_owned();
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let mut text = format!("--- {0}\n+++ {0}\n", printable(&self.path));
        // Edits change single lines or add some, so a walk along both finds them.
        let (mut at, mut to) = (0, 0);
        while at < old.len() || to < new.len() {
            if at < old.len() && to < new.len() && old[at] == new[to] {
                (at, to) = (at + 1, to + 1);
                continue;
            }
            let added = old.get(at).and_then(|line| new[to..].iter().take(8).position(|other| other == line));
            match added {
                Some(count) => {
                    for line in &new[to..to + count] {
                        let _ = writeln!(text, "@@ {} @@\n+{}", to + 1, printable(line));
                        to += 1;
                    }
                }
                None => {
                    let _ = writeln!(text, "@@ {} @@", at + 1);
                    if let Some(line) = old.get(at) {
                        let _ = writeln!(text, "-{}", printable(line));
                    }
                    if let Some(line) = new.get(to) {
                        let _ = writeln!(text, "+{}", printable(line));
                    }
                    (at, to) = ((at + 1).min(old.len()), (to + 1).min(new.len()));
                }
            }
        }
        text
    }
}

/// Reads a file as it is on disk, and makes its edits there; `text` is what was read of it before.
pub(super) fn change(config: &Config, path: &str, text: &str, edits: &[Edit]) -> Result<Change, Box<Diagnostic>> {
    let old = fs::read(config.root.join(path)).map_err(|error| Box::new(refused("mv/failed", "read", path, &error)))?;
    match edited(&old, text, edits) {
        Some(new) => Ok(Change { path: path.to_owned(), old: Some(old), new }),
        None => {
            let message = format!("`{path}` has changed while it was looked at, or holds characters that no page can");
            let hint = "save it as plain UTF-8, and try again";
            Err(Box::new(Diagnostic::error("mv/refused", message).at(Place::file(path)).hint(hint)))
        }
    }
}

/// Makes edits of the text as it was read in the bytes as they are; nothing if the two do not belong together.
fn edited(bytes: &[u8], text: &str, edits: &[Edit]) -> Option<Vec<u8>> {
    let raw = std::str::from_utf8(bytes).ok()?;
    let body = raw.strip_prefix('\u{feff}').unwrap_or(raw);
    let newline = if body.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = raw[..raw.len() - body.len()].to_owned();
    let mut edits = edits.iter().peekable();
    let mut skip_to = 0;
    // The place in the text that was read, while the bytes are walked along.
    let mut at = 0;
    let mut letters = body.chars().peekable();
    loop {
        while let Some(edit) = edits.next_if(|edit| edit.span.start == at) {
            new.push_str(&edit.text.replace('\n', newline));
            skip_to = skip_to.max(edit.span.end);
        }
        let Some(letter) = letters.next() else { break };
        let mut written = String::from(letter);
        let read = match letter {
            '\r' => {
                if letters.next_if_eq(&'\n').is_some() {
                    written.push('\n');
                }
                '\n'
            }
            letter => letter,
        };
        if !text[at..].starts_with(read) {
            return None;
        }
        if at >= skip_to {
            new.push_str(&written);
        }
        at += read.len_utf8();
    }
    (at == text.len() && edits.next().is_none()).then(|| new.into_bytes())
}

/// Writes and moves; undoes it all if something fails, and says so under `code`.
pub(super) fn out(
    config: &Config,
    moves: &[(String, String)],
    changes: &[Change],
    code: &'static str,
) -> Result<(), Vec<Diagnostic>> {
    let mut undo = Undo::default();
    let outcome = attempt(config, moves, changes, &mut undo);
    if let Err((act, path, error)) = outcome {
        undo.all();
        return Err(vec![refused(code, act, &path, &error).hint("nothing was changed")]);
    }
    Ok(())
}

type Failed = (&'static str, String, io::Error);

fn attempt(config: &Config, moves: &[(String, String)], changes: &[Change], undo: &mut Undo) -> Result<(), Failed> {
    let mut staged = Vec::new();
    for change in changes {
        let path = config.root.join(&change.path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = path.with_file_name(format!(".{name}.mv-new"));
        let failed = |error| ("write", change.path.clone(), error);
        undo.temporary.push(beside.clone());
        fs::write(&beside, &change.new).map_err(failed)?;
        if let Ok(metadata) = fs::metadata(&path) {
            fs::set_permissions(&beside, metadata.permissions()).map_err(failed)?;
        }
        staged.push((beside, path, change));
    }
    for (beside, path, change) in staged {
        undo.written.push((path.clone(), change.old.clone()));
        fs::rename(&beside, &path).map_err(|error| ("write", change.path.clone(), error))?;
    }
    // Last, so that every text is undone where it was.
    for (from, to) in moves {
        let (old, new) = (config.root.join(from), config.root.join(to));
        let failed = |error| ("move", from.clone(), error);
        if fs::symlink_metadata(&new).is_ok() {
            return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, format!("`{to}` is there already"))));
        }
        if let Some(parent) = new.parent() {
            undo.folders.extend(missing(parent));
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::rename(&old, &new).map_err(failed)?;
        undo.moved.push((old.clone(), new));
        // A folder that is empty now was there for the post alone.
        if let Some(parent) = old.parent().filter(|parent| *parent != config.root.join("content")) {
            let _ = fs::remove_dir(parent);
        }
    }
    Ok(())
}

/// Returns the folders on the way to one that are not there, the innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    folder.ancestors().take_while(|folder| !folder.exists()).map(Path::to_path_buf).collect()
}

/// What has been done so far.
#[derive(Default)]
struct Undo {
    temporary: Vec<PathBuf>,
    written: Vec<(PathBuf, Option<Vec<u8>>)>,
    moved: Vec<(PathBuf, PathBuf)>,
    folders: Vec<PathBuf>,
}

impl Undo {
    /// Undoes it as far as the disk lets us; what fails here failed before.
    fn all(&self) {
        for (old, new) in self.moved.iter().rev() {
            let folder = old.parent().map(fs::create_dir_all);
            let _ = folder.map(|_| fs::rename(new, old));
        }
        for (path, old) in &self.written {
            let _ = match old {
                Some(old) => fs::write(path, old),
                None => fs::remove_file(path),
            };
        }
        for path in &self.temporary {
            let _ = fs::remove_file(path);
        }
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn refused(code: &'static str, act: &str, path: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error(code, format!("cannot {act} `{path}`: {error}")).at(Place::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: start..end, text: text.to_owned() }
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay_as_they_are() {
        let bytes = "\u{feff}a\r\nbé\nc\r\n".as_bytes();
        let text = "a\nbé\nc\n";
        let new = edited(bytes, text, &[edit(2, 3, "XY"), edit(6, 6, "n\n")]).expect("they belong together");
        assert_eq!(String::from_utf8_lossy(&new), "\u{feff}a\r\nXYé\nn\r\nc\r\n");
        let at_the_end = edited(b"ab", "ab", &[edit(0, 0, "x"), edit(2, 2, "y")]).expect("they belong together");
        assert_eq!(at_the_end, b"xaby");
        assert!(edited(b"abc", "abd", &[edit(0, 1, "x")]).is_none());
        assert!(edited(b"abc", "ab", &[edit(0, 1, "x")]).is_none());
    }

    #[test]
    fn a_diff_shows_what_changes_and_nothing_else() {
        let change =
            Change { path: "a.md".to_owned(), old: Some(b"1\n2\n3\n4\n".to_vec()), new: b"1\nnew\n2\nX\n4\n".to_vec() };
        assert_eq!(change.diff(), "--- a.md\n+++ a.md\n@@ 2 @@\n+new\n@@ 3 @@\n-3\n+X\n");
    }
}
