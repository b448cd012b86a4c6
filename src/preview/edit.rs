//! What an edit of some files makes of what is known: each is read again, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Changed, State, turns_of};
use crate::config;
use crate::diagnostic::Diagnostic;
use crate::paths::SourcePath;
use crate::post::{self, Kind, Post};
use crate::source::{self, Sources};

impl State {
    /// Reads again what changed. Returns nothing if no page can be another.
    pub(super) fn follow(&mut self, paths: &BTreeSet<PathBuf>) -> Option<Changed> {
        let has_turned = self.turn();
        let below = |folder: &str| paths.iter().any(|path| path.starts_with(folder));
        let mut changed = has_turned;
        let mut written = Written { needs_settling: has_turned, ..Written::default() };
        for path in paths.iter().filter(|path| path.starts_with("content")) {
            changed |= self.read_path(path, &mut written);
        }
        if written.needs_settling {
            self.settle();
        }
        let mut styles = None;
        if ["templates", "static", "themes", "data", "sass", "i18n"].into_iter().any(below) {
            changed |= self.read_surface();
            if below("data") && !self.config.pages.is_empty() {
                self.read_rows();
            }
            if !["content", "templates", "data", "i18n"].into_iter().any(below) {
                // Where pages name files by their digest, they are others after the edit.
                let by_digest = |text: &str| text.contains("cachebust=true");
                let is_named = self.config.fingerprint
                    || self.sources.templates.values().any(|template| by_digest(&template.text));
                styles = if is_named { None } else { styles_of(&self.sources, paths) };
            }
            changed |= below("static") || below("themes");
        }
        // Files beside the pages (data, co-located ones) change no name, but what is shown.
        changed |= written.copied || below("data");
        changed.then_some(Changed { styles, posts: written.posts, copied: copied_of(paths), everything: false })
    }

    /// Returns whether the clock is the machine's, and not one that was set.
    pub(super) fn runs(&self) -> bool {
        self.production.clock == self.production.now
    }

    /// Sets the clock to what it is by now, and returns whether posts have appeared or gone since.
    fn turn(&mut self) -> bool {
        if !self.runs() {
            return false;
        }
        let now = config::now();
        for config in [&mut self.production, &mut self.config] {
            let config = Arc::make_mut(config);
            (config.clock, config.now) = (now, now);
        }
        let before = self.turns.len();
        self.turns.retain(|turn| *turn > now);
        self.turns.len() < before
    }

    /// Reads a file or a folder of `content/` again.
    fn read_path(&mut self, path: &Path, written: &mut Written) -> bool {
        let Some(name) = source::name_of(path) else { return false };
        let (found, problems) = source::scan_path(&self.config, path);
        if found.linked {
            Arc::make_mut(&mut self.sources).linked = true;
            return true;
        }
        // What cannot be read keeps its last good form, and so do the files beside it.
        let mut changed = problems.is_empty() && self.read_assets(&name, &found, written);
        let unread: BTreeSet<SourcePath> = problems
            .iter()
            .filter_map(|problem| problem.place.as_ref().map(|place| SourcePath::new(place.file.clone())))
            .collect();
        let known: BTreeSet<SourcePath> =
            under(&self.posts, &name).chain(under(&self.broken, &name)).cloned().collect();
        let is_unread = |source: &SourcePath| {
            let mut names = unread.iter().map(SourcePath::as_str);
            names.any(|name| {
                source.as_str().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        for source in known.into_iter().filter(|source| !found.markdown.contains_key(source)) {
            changed |= self.broken.remove(&source).is_some();
            if !is_unread(&source) {
                changed |= self.take(&source, None, written);
            }
        }
        for problem in problems {
            self.note(problem);
            changed = true;
        }
        for (source, text) in &found.markdown {
            changed |= self.read_post(source, text, written);
        }
        changed
    }

    /// Takes the co-located files at a path in; if there are others than before, bundles are filled again.
    fn read_assets(&mut self, name: &SourcePath, found: &Sources, written: &mut Written) -> bool {
        let known: BTreeMap<_, _> = under(&self.sources.assets, name)
            .map(|source| (source.clone(), self.sources.assets[source].clone()))
            .collect();
        written.copied |= !found.assets.is_empty();
        let pictures: BTreeMap<_, _> = under(&self.sources.pictures, name)
            .map(|source| (source.clone(), Arc::clone(&self.sources.pictures[source])))
            .collect();
        if known == found.assets && pictures == found.pictures {
            return false;
        }
        let sources = Arc::make_mut(&mut self.sources);
        for source in known.keys() {
            sources.assets.remove(source);
        }
        sources.assets.extend(found.assets.clone());
        for source in pictures.keys() {
            sources.pictures.remove(source);
        }
        sources.pictures.extend(found.pictures.clone());
        written.needs_settling = true;
        // Addresses of copied files are no part of an edit of posts.
        self.forget_arrangement();
        true
    }

    fn read_post(&mut self, source: &SourcePath, text: &Arc<str>, written: &mut Written) -> bool {
        let before = self.posts.get(source);
        let was_broken = self.broken.contains_key(source);
        if !was_broken && before.is_some_and(|post| post.text == *text) {
            return false;
        }
        self.broken.remove(source);
        match post::parse_one(&self.config, &self.sources, source, text) {
            Ok(post) => {
                written.posts.push(source.clone());
                self.take(source, Some(post), written) || was_broken
            }
            Err(problems) => {
                self.broken.insert(source.clone(), problems);
                true
            }
        }
    }

    /// Puts a post into the place of the one before.
    fn take(&mut self, source: &SourcePath, post: Option<Post>, written: &mut Written) -> bool {
        let before = self.posts.remove(source);
        if before.is_none() && post.is_none() {
            return false;
        }
        let decides = |post: &Post| {
            matches!(post.kind, Kind::Section | Kind::Term)
                || matches!(source.file_name(), "index.md" | "index.markdown")
        };
        let is_decided = before.as_deref().is_some_and(decides) || post.as_ref().is_some_and(decides);
        written.needs_settling |= is_decided || !self.hidden_sections.is_empty();
        if let Some(post) = post {
            self.turns.extend(turns_of(&post, self.config.clock));
            self.posts.insert(source.clone(), Arc::new(post));
        }
        self.behind.insert(source.clone());
        true
    }

    /// Gives all posts again what their surroundings make of them.
    fn settle(&mut self) {
        let mut posts: Vec<Arc<Post>> = self.posts.values().cloned().collect();
        post::settle(&self.config, &self.sources, &mut posts);
        for (post, known) in posts.into_iter().zip(self.posts.values_mut()) {
            if !Arc::ptr_eq(&post, known) {
                self.behind.insert(post.source.clone());
                *known = post;
            }
        }
        self.find_hidden_sections();
    }

    /// Finds the sections that hide what lies in them.
    pub(super) fn find_hidden_sections(&mut self) {
        let hidden = self.posts.values().filter(|post| post.kind == Kind::Section && post.hidden.is_some());
        self.hidden_sections = hidden.map(|post| post.source.clone()).collect();
    }

    /// Reads theme, templates, static files and data again.
    fn read_surface(&mut self) -> bool {
        let (found, problems) = source::scan_surface(&self.config);
        let before = &self.sources;
        let changed = found.templates != before.templates
            || found.theme != before.theme
            || found.statics != before.statics
            || found.data != before.data
            || found.words != before.words
            || !found.sass.is_same(&before.sass)
            || problems != self.surface;
        let mains = |sources: &Sources| sources.sass.mains().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let has_other_addresses = !found.statics.keys().eq(before.statics.keys()) || mains(&found) != mains(before);
        let (assets, linked, changed_at) = (before.assets.clone(), before.linked, Arc::clone(&before.changed));
        let (mut data, mut data_texts) = (found.data, found.data_texts);
        for (source, node) in &before.data {
            // What cannot be read keeps its last good form.
            let is_about =
                |problem: &Diagnostic| problem.place.as_ref().is_some_and(|place| place.file == source.as_str());
            if problems.iter().any(is_about) {
                data.entry(source.clone()).or_insert_with(|| Arc::clone(node));
                if let Some(text) = before.data_texts.get(source) {
                    data_texts.entry(source.clone()).or_insert_with(|| Arc::clone(text));
                }
            }
        }
        // So do words: without them, no page could be shown.
        let is_of_words = |problem: &Diagnostic| problem.code.starts_with("words/");
        let words = if problems.iter().any(is_of_words) { before.words.clone() } else { found.words.clone() };
        // What was compiled of the same files stays.
        let sass = Arc::clone(if found.sass.is_same(&before.sass) { &before.sass } else { &found.sass });
        let is_beside = |source: &SourcePath| source.as_str().starts_with("content/");
        let (beside, of_surface): (BTreeMap<_, _>, BTreeMap<_, _>) =
            before.pictures.clone().into_iter().partition(|(source, _)| is_beside(source));
        let has_other_pictures = of_surface != found.pictures;
        let mut pictures = found.pictures;
        pictures.extend(beside);
        self.sources =
            Arc::new(Sources { assets, linked, changed: changed_at, data, data_texts, sass, words, pictures, ..found });
        self.surface = problems;
        if has_other_addresses || has_other_pictures {
            self.forget_arrangement();
        }
        changed
    }

    /// Makes the pages of data rows again. While something is wrong with a row, all of them keep their last good form.
    fn read_rows(&mut self) {
        let (rows, problems) = post::of_rows(&self.config, &self.sources);
        self.rows = problems;
        if !self.rows.is_empty() {
            return;
        }
        for (source, _) in self.posts.extract_if(.., |_, post| post.row.is_some()) {
            self.behind.insert(source);
        }
        for post in rows {
            self.turns.extend(turns_of(&post, self.config.clock));
            self.behind.insert(post.source.clone());
            self.posts.insert(post.source.clone(), post);
        }
        if !self.hidden_sections.is_empty() {
            self.settle();
        }
    }

    /// Makes the next arrangement one from nothing.
    fn forget_arrangement(&mut self) {
        self.library = None;
    }
}

/// What an edit has written.
#[derive(Default)]
struct Written {
    /// The Markdown files that can be parsed.
    posts: Vec<SourcePath>,
    /// Whether files were written that are only copied.
    copied: bool,
    /// Whether posts may be another thing in their new surroundings.
    needs_settling: bool,
}

/// Returns what stands at a name or below it.
pub(super) fn under<'m, T>(
    map: &'m BTreeMap<SourcePath, T>,
    name: &SourcePath,
) -> impl Iterator<Item = &'m SourcePath> {
    let folder = format!("{name}/");
    let own = map.get_key_value(name).map(|(source, _)| source);
    let below = map.range(SourcePath::new(folder.clone())..).map(|(source, _)| source);
    own.into_iter().chain(below.take_while(move |source| source.as_str().starts_with(&folder)))
}

/// Returns what was written of what pages only copy.
fn copied_of(paths: &BTreeSet<PathBuf>) -> BTreeSet<SourcePath> {
    let is_copied = |name: &SourcePath| match name.as_str().split_once('/') {
        Some(("static", _)) => true,
        Some(("themes", rest)) => rest.contains("/static/"),
        Some(("content", _)) => !matches!(name.extension(), "md" | "markdown"),
        _ => false,
    };
    paths.iter().filter_map(|path| source::name_of(path)).filter(is_copied).collect()
}

/// Returns the stylesheets that were written, if nothing else was.
fn styles_of(sources: &Sources, paths: &BTreeSet<PathBuf>) -> Option<BTreeSet<String>> {
    let mut styles = BTreeSet::new();
    for path in paths {
        let path = path.to_str()?;
        if path.starts_with("sass/") || path.strip_prefix("themes/").is_some_and(|rest| rest.contains("/sass/")) {
            // Any of them may have taken the file in.
            let mains = sources.sass.mains().filter_map(|(name, _)| name.rsplit_once('.'));
            styles.extend(mains.map(|(stem, _)| format!("{stem}.css")));
            continue;
        }
        let path = Some(path).filter(|path| path.ends_with(".css"))?;
        let name = match path.strip_prefix("static/") {
            Some(name) => name,
            None => path.strip_prefix("themes/")?.split_once("/static/")?.1,
        };
        styles.insert(name.to_owned());
    }
    Some(styles).filter(|styles| !styles.is_empty())
}
