//! Writes what a reader of an old blog hands over: one file after the other, none over another.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};
use watchpost::config::FILE;
use watchpost::diagnostic::{Diagnostic, Place};
use watchpost::import::{Bytes, Carried, Document, Settings, Sink};
use watchpost::ledger::FEEDS;

/// The keys that people look for first.
const FIRST: [&str; 6] = ["title", "date", "updated", "draft", "path", "id"];

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) posts: usize,
    pub(super) pages: usize,
    pub(super) drafts: usize,
    pub(super) files: usize,
}

/// Writes a new site.
pub(super) struct Writer {
    root: PathBuf,
    pub(super) counts: Counts,
    pub(super) remarks: Vec<Diagnostic>,
}

impl Writer {
    pub(super) fn new(root: &Path) -> Writer {
        Writer { root: root.to_owned(), counts: Counts::default(), remarks: Vec::new() }
    }

    /// Writes a file that is not there yet, within the site.
    fn place(
        &mut self,
        path: &str,
        origin: &str,
        write: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<bool, Vec<Diagnostic>> {
        let is_within = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_within {
            let message = format!("`{origin}` would lie at `{path}`, outside of the site, and was left out");
            self.remarks.push(Diagnostic::error("import/unreadable", message));
            return Ok(false);
        }
        let whole = self.root.join(path);
        if fs::symlink_metadata(&whole).is_ok() {
            let message = format!("`{path}` is there already, so `{origin}` was left out");
            self.remarks.push(
                Diagnostic::error("import/exists", message).hint("move one of them, and import into a new folder"),
            );
            return Ok(false);
        }
        let folder = whole.parent().unwrap_or(&self.root);
        let written = fs::create_dir_all(folder).and_then(|()| write(&whole));
        written.map(|()| true).map_err(|error| {
            let message = format!("`{path}` cannot be written: {error}");
            vec![
                Diagnostic::error("output/write", message)
                    .hint("what was imported before stays; make room, and import into a new folder"),
            ]
        })
    }

    /// Writes `site.toml`, and what belongs beside it.
    pub(super) fn settings(&mut self, settings: &Settings) -> Result<(), Vec<Diagnostic>> {
        let mut text =
            String::from("# Written by `blog import` from the settings of the old blog; it is yours to change.\n");
        let keys: Table = settings.keys.clone().into_iter().collect();
        text.push_str(&toml::to_string_pretty(&keys).unwrap_or_default());
        for (name, table) in &settings.tables {
            let one: Table = [(name.clone(), table.clone())].into_iter().collect();
            text.push('\n');
            text.push_str(&toml::to_string_pretty(&one).unwrap_or_default());
        }
        self.place(FILE, "the settings", |path| create(path, text.as_bytes()))?;
        self.place(".gitignore", "the list of what git leaves out", |path| {
            create(path, b"/public\n/.public.*\n/.blog\n")
        })?;
        if !settings.feed_ids.is_empty() {
            let ids = watchpost::ledger::FeedIds { rows: settings.feed_ids.iter().cloned().collect() };
            self.place(FEEDS, "the ids of feeds", |path| create(path, ids.to_text().as_bytes()))?;
        }
        Ok(())
    }
}

impl Sink for Writer {
    fn document(&mut self, document: Document) -> Result<(), Vec<Diagnostic>> {
        let has = |name: &str| document.front.iter().any(|(key, _)| key == name);
        let is_draft = document.front.iter().any(|(key, value)| key == "draft" && *value == Value::Boolean(true));
        let is_post = has("date");
        let mut text = String::from("+++\n");
        let mut front: Vec<&(String, Value)> = document.front.iter().collect();
        front.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
        let (tables, plain): (Vec<_>, Vec<_>) = front.into_iter().partition(|(_, value)| value.is_table());
        for (key, value) in plain.into_iter().chain(tables) {
            let one: Table = [(key.clone(), value.clone())].into_iter().collect();
            text.push_str(&toml::to_string(&one).unwrap_or_default());
        }
        text.push_str("+++\n");
        if !document.body.starts_with('\n') {
            text.push('\n');
        }
        text.push_str(&document.body);
        if self.place(&document.path, &document.origin, |path| create(path, text.as_bytes()))? {
            self.counts.posts += usize::from(is_post);
            self.counts.pages += usize::from(!is_post);
            self.counts.drafts += usize::from(is_draft);
        }
        Ok(())
    }

    fn carry(&mut self, file: Carried) -> Result<(), Vec<Diagnostic>> {
        let origin = match &file.bytes {
            Bytes::File(from) => from.display().to_string(),
            Bytes::Here(_) => file.path.clone(),
        };
        if let Bytes::File(from) = &file.bytes
            && let Err(error) = File::open(from)
        {
            let message = format!("`{}` cannot be read: {error}", from.display());
            self.remarks.push(Diagnostic::error("import/unreadable", message).at(Place::file(from.display())));
            return Ok(());
        }
        let written = self.place(&file.path, &origin, |path| match &file.bytes {
            Bytes::File(from) => io::copy(&mut File::open(from)?, &mut File::create_new(path)?).map(drop),
            Bytes::Here(bytes) => create(path, bytes),
        })?;
        self.counts.files += usize::from(written);
        Ok(())
    }

    fn remark(&mut self, remark: Diagnostic) {
        self.remarks.push(remark);
    }
}

fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}
