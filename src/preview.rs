//! Owns a site that follows its files: it is read once, and after that only what changed.
//!
//! Gives [`Edition`]s, each a whole immutable site with what is wrong with its sources. What cannot be read or parsed keeps
//! its last good form, so that one broken file never takes the rest of the site away. The settings are those of production
//! but for where the site and its analytics stand: a preview must never reach the real ones.

mod edit;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::article::Typesetter;
use crate::config::{self, Config, Endpoint, Overrides};
use crate::diagnostic::Diagnostic;
use crate::library::{self, Edit, Library};
use crate::paths::{BaseUrl, SourcePath};
use crate::post::{self, Post};
use crate::render::Site;
use crate::source::{self, Sources};

/// Where a preview stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// Scheme, host and port of the preview, with `/` at the end.
    pub origin: Url,
    /// Where the analytics of each table stand, by its number.
    pub endpoint: fn(&Url, usize) -> Url,
}

/// A site as it was at one moment, and what is wrong with its sources.
#[derive(Clone)]
pub struct Edition {
    /// Counts up with every change.
    pub number: u64,
    /// The last good site; none if there has never been one.
    pub site: Option<Arc<Site>>,
    /// Counts up whenever the settings are read again.
    pub settings: u64,
    /// The settings as production has them.
    pub production: Option<Arc<Config>>,
    /// What is wrong; a site that is there may be older than these.
    pub problems: Arc<Vec<Diagnostic>>,
}

/// What a change means for whoever looks at a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// The stylesheets that were written, by their path below `static/`, if nothing else was.
    pub styles: Option<BTreeSet<String>>,
    /// The Markdown files that were written, if any.
    pub posts: Vec<SourcePath>,
    /// The files and folders that were written and that pages only copy: static ones, and those beside posts.
    pub copied: BTreeSet<SourcePath>,
    /// Whether everything was read again: nobody can say what else is another now.
    pub everything: bool,
}

/// A site that follows its files.
pub struct Preview {
    root: PathBuf,
    overrides: Overrides,
    place: Place,
    /// None until the settings could be read for the first time.
    state: Option<State>,
    /// What is wrong with the settings.
    settings: Vec<Diagnostic>,
    /// How often they could be read.
    read: u64,
    edition: Edition,
}

/// What is known of the files.
struct State {
    production: Arc<Config>,
    config: Arc<Config>,
    /// All but the Markdown, which the posts hold.
    sources: Arc<Sources>,
    typesetter: Arc<Typesetter>,
    /// Every post in its last good form, hidden or not.
    posts: BTreeMap<SourcePath, Arc<Post>>,
    /// The last arrangement without a problem.
    library: Option<Arc<Library>>,
    /// The sources whose posts the library does not know yet.
    behind: BTreeSet<SourcePath>,
    /// What is wrong with files, by their name.
    broken: BTreeMap<SourcePath, Vec<Diagnostic>>,
    /// What is wrong with theme, templates and static files.
    surface: Vec<Diagnostic>,
    /// The sections whose `_index.md` is hidden: what lies in them may be, too.
    hidden_sections: BTreeSet<SourcePath>,
    /// When posts appear or go by themselves.
    turns: BTreeSet<Timestamp>,
    /// What is wrong with the data rows that pages are made of.
    rows: Vec<Diagnostic>,
    /// What is wrong with `[[defaults]]`.
    defaults: Vec<Diagnostic>,
    /// What is wrong with the whole: addresses, templates.
    whole: Vec<Diagnostic>,
}

impl Preview {
    /// Reads a site. Whatever is wrong with it is in the edition.
    pub fn open(root: &Path, overrides: &Overrides, place: Place) -> Preview {
        let mut preview = Preview {
            root: root.to_owned(),
            overrides: overrides.clone(),
            place,
            state: None,
            settings: Vec::new(),
            read: 0,
            edition: Edition { number: 0, site: None, settings: 0, production: None, problems: Arc::default() },
        };
        preview.reload();
        preview
    }

    /// Returns the site as it is now.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Returns how long it is until a post appears or goes by itself; nothing if none does, or if the clock stands still.
    pub fn next_turn(&self) -> Option<Duration> {
        let state = self.state.as_ref().filter(|state| state.runs() && self.settings.is_empty())?;
        let next = state.turns.first()?.duration_since(config::now());
        Some(Duration::try_from(next).unwrap_or_default())
    }

    /// Returns what is worth saying about the site, though it can be built.
    pub fn advice(&self) -> Vec<Diagnostic> {
        let Some(state) = &self.state else { return Vec::new() };
        let mut advice = state.production.warnings.clone();
        advice.extend(state.sources.warnings.iter().cloned());
        if let Some(library) = &state.library {
            advice.extend(library::advise(&state.config, &state.sources, library));
            advice.extend(state.sources.sass.warnings().iter().cloned());
        }
        advice
    }

    /// Reads everything again.
    pub fn reload(&mut self) -> Changed {
        match config::load(&self.root, &self.overrides).and_then(|config| State::read(config, &self.place)) {
            Ok(mut state) => {
                if let Some(before) = &mut self.state {
                    state.keep_last_good(before);
                }
                self.settings.clear();
                self.read += 1;
                self.state = Some(state);
            }
            Err(problems) => self.settings = problems,
        }
        self.publish();
        Changed { everything: true, ..Changed::default() }
    }

    /// Reads again what changed: files or folders, relative to the site's folder. Returns nothing if no page can be another.
    pub fn follow(&mut self, paths: &BTreeSet<PathBuf>) -> Option<Changed> {
        let is_settings = |path: &PathBuf| matches!(path.to_str(), Some("site.toml" | "analytics.lock") | None);
        let Some(state) = self.state.as_mut().filter(|state| !state.sources.linked && !paths.iter().any(is_settings))
        else {
            return Some(self.reload());
        };
        let changed = state.follow(paths)?;
        if self.state.as_ref().is_some_and(|state| state.sources.linked) {
            return Some(self.reload());
        }
        self.publish();
        Some(changed)
    }

    /// Makes the next edition.
    fn publish(&mut self) {
        let site = self.state.as_mut().and_then(State::site);
        let mut problems = self.settings.clone();
        if let Some(state) = &self.state {
            problems.extend(
                state
                    .broken
                    .values()
                    .flatten()
                    .chain(&state.rows)
                    .chain(&state.defaults)
                    .chain(&state.surface)
                    .chain(&state.whole)
                    .cloned(),
            );
            problems.dedup();
        }
        let before = std::mem::replace(
            &mut self.edition,
            Edition { number: 0, site: None, settings: self.read, production: None, problems: Arc::new(problems) },
        );
        self.edition.number = before.number + 1;
        let site = site.map(Arc::new);
        self.edition.production = self.state.as_ref().map(|state| Arc::clone(&state.production));
        self.edition.site = match site {
            Some(site) => {
                // What the old site holds is as long as the blog; nobody waits while it is given back.
                // Where no thread can be had, it is given back here.
                let _ = std::thread::Builder::new().spawn(move || drop(before));
                Some(site)
            }
            None => before.site,
        };
    }
}

impl State {
    /// Reads a site from nothing.
    fn read(production: Config, place: &Place) -> Result<State, Vec<Diagnostic>> {
        let config = Arc::new(moved(&production, place)?);
        let typesetter = Arc::new(Typesetter::new(&config)?);
        let (mut sources, problems) = source::scan_all(&config);
        let (mut posts, unparsed) = post::parse_all(&config, &sources);
        let (rows, of_rows) = post::of_rows(&config, &sources);
        if !rows.is_empty() {
            posts.extend(rows);
            post::settle(&config, &sources, &mut posts);
        }
        let markdown = std::mem::take(&mut sources.markdown);
        let mut state = State {
            production: Arc::new(production),
            config,
            sources: Arc::new(sources),
            typesetter,
            posts: posts.into_iter().map(|post| (post.source.clone(), post)).collect(),
            library: None,
            behind: markdown.into_keys().collect(),
            broken: BTreeMap::new(),
            surface: Vec::new(),
            hidden_sections: BTreeSet::new(),
            turns: BTreeSet::new(),
            rows: Vec::new(),
            defaults: Vec::new(),
            whole: Vec::new(),
        };
        let (of_posts, of_defaults) = unparsed.into_iter().partition(is_about_content);
        state.defaults = of_defaults;
        for problem in problems.into_iter().chain::<Vec<_>>(of_posts) {
            state.note(problem);
        }
        state.rows = of_rows;
        state.find_hidden_sections();
        for post in state.posts.values() {
            state.turns.extend(turns_of(post, state.config.clock));
        }
        Ok(state)
    }

    /// Files a problem under the file that it is about.
    fn note(&mut self, problem: Diagnostic) {
        match problem.place.as_ref().filter(|_| is_about_content(&problem)) {
            Some(place) => self.broken.entry(SourcePath::new(place.file.clone())).or_default().push(problem),
            None => self.surface.push(problem),
        }
    }

    /// Takes over the last good form of what cannot be read or parsed now.
    fn keep_last_good(&mut self, before: &mut State) {
        for name in self.broken.keys() {
            let lost: Vec<SourcePath> = edit::under(&before.posts, name).cloned().collect();
            for source in lost {
                if let Some(post) = before.posts.remove(&source) {
                    self.posts.entry(source).or_insert(post);
                }
            }
        }
        if !self.rows.is_empty() {
            self.posts.retain(|_, post| post.row.is_none());
            self.posts.extend(before.posts.extract_if(.., |_, post| post.row.is_some()));
        }
    }

    /// Returns the site, if it can be arranged and its templates are sound.
    fn site(&mut self) -> Option<Site> {
        self.whole.clear();
        let library = match self.arranged() {
            Ok(library) => library,
            Err(problems) => {
                self.whole = problems;
                return None;
            }
        };
        self.library = Some(Arc::clone(&library));
        self.behind.clear();
        let (config, sources) = (Arc::clone(&self.config), Arc::clone(&self.sources));
        match Site::with(config, sources, library, Arc::clone(&self.typesetter)) {
            Ok(site) => Some(site),
            Err(problems) => {
                self.whole = problems;
                None
            }
        }
    }

    /// Arranges the posts: again after an edit, else from nothing.
    fn arranged(&self) -> Result<Arc<Library>, Vec<Diagnostic>> {
        let all = || self.posts.values().cloned().collect();
        let Some(before) = &self.library else {
            return library::arrange(&self.config, &self.sources, all()).map(Arc::new);
        };
        if self.behind.is_empty() {
            return Ok(Arc::clone(before));
        }
        let mut edit = Edit::default();
        for source in &self.behind {
            match self.posts.get(source) {
                Some(post) => edit.fresh.push(Arc::clone(post)),
                None => edit.gone.push(source.clone()),
            }
        }
        library::arrange_again(&self.config, &self.sources, before, &edit).map(Arc::new)
    }
}

fn is_about_content(problem: &Diagnostic) -> bool {
    problem.place.as_ref().is_some_and(|place| place.file == "content" || place.file.starts_with("content/"))
}

/// Returns when a post appears, or goes, after a moment.
fn turns_of(post: &Post, clock: Timestamp) -> impl Iterator<Item = Timestamp> {
    let front = &post.front;
    let shown = front.publish_date.as_ref().or(front.date.as_ref());
    let turns = [shown, front.expiry_date.as_ref()].into_iter().flatten().map(jiff::Zoned::timestamp);
    turns.filter(move |turn| *turn > clock)
}

/// Returns the settings of production, but for where the site and its analytics stand.
fn moved(production: &Config, place: &Place) -> Result<Config, Vec<Diagnostic>> {
    let mut config = production.clone();
    let mut base_url = place.origin.clone();
    base_url.set_path(production.base_url.url().path());
    config.base_url = BaseUrl::parse(base_url.as_str()).map_err(|reason| {
        vec![Diagnostic::error("config/base-url", format!("no preview can stand at `{base_url}`: {reason}"))]
    })?;
    for (number, table) in config.analytics.iter_mut().enumerate() {
        table.endpoint = Endpoint::Server((place.endpoint)(&place.origin, number));
        table.script = None;
        table.collect = None;
    }
    Ok(config)
}
