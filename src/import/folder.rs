//! What reading a site's folder needs, whichever engine made it: sorted listings, texts, files that go along, dates.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Bytes, Carried, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// Returns what a folder below the root holds, sorted and relative to the root; nothing if it is not there.
pub(super) fn entries(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let whole = root.join(folder);
    if !whole.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&whole).and_then(|entries| {
        entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect::<std::io::Result<Vec<PathBuf>>>()
    });
    let mut entries = entries.map_err(|error| vec![unreadable(folder, &error.to_string())])?;
    entries.sort();
    Ok(entries)
}

/// Hands over a file as it is.
pub(super) fn carry(root: &Path, path: &Path, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    carry_to(root, path, "", sink)
}

/// Hands over a file as it is; its path comes below another one.
pub(super) fn carry_to(root: &Path, path: &Path, below: &str, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    let Some(name) = path.to_str() else {
        let message = format!("`{}` has a name that is not UTF-8, and was left out", path.display());
        sink.remark(Diagnostic::error("import/unreadable", message));
        return Ok(());
    };
    let name = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
    sink.carry(Carried { path: name, bytes: Bytes::File(root.join(path)) })
}

/// Hands over all files below a folder, under the same path.
pub(super) fn carry_all(root: &Path, folder: &Path, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    carry_below(root, folder, "", sink)
}

/// Hands over all files below a folder; their path comes below another one.
pub(super) fn carry_below(root: &Path, folder: &Path, below: &str, sink: &mut dyn Sink) -> Result<(), Vec<Diagnostic>> {
    for path in entries(root, folder)? {
        let whole = root.join(&path);
        match (whole.is_symlink(), whole.is_dir()) {
            (true, _) => sink.remark(not_followed(&path)),
            (false, true) => carry_below(root, &path, below, sink)?,
            (false, false) => carry_to(root, &path, below, sink)?,
        }
    }
    Ok(())
}

/// Says that a link is left: it may lead anywhere, and what it leads to is not the site's.
pub(super) fn not_followed(path: &Path) -> Diagnostic {
    let message = format!("`{}` is a link, and is not followed", path.display());
    Diagnostic::warning("import/left", message).at(Place::file(path.display()))
}

/// Returns a file's text, without a mark of byte order, with the line ends of Unix.
pub(super) fn text_of(root: &Path, path: &Path) -> Result<Arc<str>, Vec<Diagnostic>> {
    let bytes = fs::read(root.join(path)).map_err(|error| vec![unreadable(path, &error.to_string())])?;
    let text = String::from_utf8(bytes).map_err(|_| vec![unreadable(path, "it is not UTF-8")])?;
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n").into())
}

/// Returns a date as TOML's own, if TOML has a way to write it.
pub(super) fn date(text: &str) -> toml::Value {
    let text = text.trim();
    let whole: Option<toml::value::Datetime> = text.parse().ok();
    whole.map_or_else(|| toml::Value::String(text.to_owned()), toml::Value::Datetime)
}

/// Returns whether a file's name has one of these endings.
pub(super) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    endings.contains(&ending.as_str())
}

/// Says that a file cannot be read.
pub(super) fn unreadable(path: &Path, why: &str) -> Diagnostic {
    let message = format!("`{}` cannot be read: {why}", path.display());
    Diagnostic::error("import/unreadable", message).at(Place::file(path.display()))
}
