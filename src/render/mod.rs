//! Owns the pure step from a finished [`Site`] and a [`Route`] to the bytes that stand there.
//!
//! `page(&site, &route)` touches nothing: `build` maps it over all routes in parallel, `serve` calls it for the one that
//! was asked for. What stands where is decided in `library`; what each kind of page looks like, in `pages::PAGES`.

mod articles;
mod cards;
mod cells;
mod context;
mod derived;
mod faults;
mod feeds;
mod filters;
mod fingerprints;
mod functions;
mod hashed;
mod image_functions;
mod inserts;
mod making;
mod minify;
mod names;
mod noted;
mod pages;
mod pictures;
mod policy;
mod reads;
mod redirects;
mod search;
mod seo;
mod shelf;
mod sitemap;
#[cfg(test)]
mod tests;
mod theme;

use std::path::PathBuf;
use std::sync::Arc;

use crate::article::Typesetter;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::images::{self, Studio};
use crate::library::{Library, Page};
use crate::manifest::{Entry, FileKind};
use crate::paths::{OutPath, Route, SourcePath};
use crate::source::Sources;

pub use derived::{DERIVED, Derived, Finished, Made};
pub use fingerprints::{Fingerprints, identity};
pub use making::Making;
pub use noted::{Ask, Noted};
pub use pages::{PAGES, PageKind};
pub use pictures::{develop, is_picture, kept_pictures, tidy};
pub use theme::Theme;

use articles::Articles;
use shelf::Shelf;

/// The finished, immutable model of a site: everything that a page is made from.
pub struct Site {
    /// The settings.
    pub config: Arc<Config>,
    /// What was read.
    pub sources: Arc<Sources>,
    /// The order of things, and every route.
    pub library: Arc<Library>,
    /// The templates.
    pub theme: Theme,
    /// What pages quote: of the site's own language first, then of the others.
    shelves: Vec<Arc<Shelf>>,
    /// Where pictures are made; none where they are only copied.
    studio: Option<Arc<Studio>>,
}

impl Site {
    /// Parses all templates and makes sure that each page of the site has one; every problem is told at once.
    pub fn new(config: Arc<Config>, sources: Arc<Sources>, library: Library) -> Result<Site, Vec<Diagnostic>> {
        let typesetter = Arc::new(Typesetter::new(&config)?);
        Site::with(config, sources, Arc::new(library), typesetter)
    }

    /// The same, with a typesetter that lives longer than the site: a preview keeps it over edits.
    pub fn with(
        config: Arc<Config>,
        sources: Arc<Sources>,
        library: Arc<Library>,
        typesetter: Arc<Typesetter>,
    ) -> Result<Site, Vec<Diagnostic>> {
        // Templates are parsed first, because their settings are on the shelf; their functions reach the shelf through
        // a cell that is filled right after.
        let cell = functions::cell();
        let mut problems = Vec::new();
        let theme = match Theme::parse(&config, &sources, |tera| {
            functions::register(tera, &cell);
            filters::register(tera, &config);
        }) {
            Ok(theme) => theme,
            Err(errors) => {
                problems.extend(errors);
                return Err(problems);
            }
        };
        problems.extend(sources.sass.problems().iter().cloned());
        let languages: Vec<(Arc<Config>, Arc<Library>)> = match config.languages.is_empty() {
            true => vec![(Arc::clone(&config), Arc::clone(&library))],
            false => {
                let further = (1..library.editions.len())
                    .map(|number| (Arc::new(config.localised(number)), Arc::new(library.edition(number))));
                std::iter::once((Arc::clone(&config), Arc::clone(&library))).chain(further).collect()
            }
        };
        let inserts = inserts::Inserts::parse(&config.theme, &sources, |tera| {
            functions::register_in_text(tera, &cell);
            filters::register(tera, &config);
        });
        let inserts = Arc::new(inserts.unwrap_or_else(|errors| {
            problems.extend(errors);
            inserts::Inserts::default()
        }));
        problems.extend(cards::colours(&theme.extra).err().unwrap_or_default());
        for (_, library) in &languages {
            problems.extend(feeds::problems(&config, library));
            problems.extend(pages::missing_templates(library, &theme));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let shelves: Vec<Arc<Shelf>> = languages
            .into_iter()
            .map(|(config, library)| {
                let articles = Arc::new(Articles::new(library.posts.len(), shelf::quoted(&config, &library)));
                let (sources, typesetter) = (Arc::clone(&sources), Arc::clone(&typesetter));
                Arc::new(Shelf::new(config, sources, library, typesetter, articles, Arc::clone(&inserts), &theme))
            })
            .collect();
        functions::fill(&cell, &shelves);
        let studio =
            config.images.is_some().then(|| Arc::new(Studio::of(&config.root).timing(typesetter.timings().cloned())));
        Ok(Site { config, sources, library, theme, shelves, studio })
    }

    /// Returns the plain and the hashed address of each file that templates have asked for by its digest.
    pub fn hashed_files(&self) -> Vec<(Route, Route)> {
        hashed::all(&self.shelves)
    }

    /// Returns the file that stands at a hashed address by its plain one.
    pub fn plain_file(&self, hashed: &Route) -> Option<Route> {
        hashed::plain(self.shelves.first()?, hashed)
    }

    /// Returns `[[headers]]` of site.toml as hosts read them: all that is known of headers before every page is finished.
    pub fn declared_headers(&self) -> String {
        policy::declared(&self.config)
    }

    /// Returns what is worth saying about the texts that were typeset so far: after a build, about all of them.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        let mut remarks: Vec<Diagnostic> = Vec::new();
        for remark in self.shelves.iter().flat_map(|shelf| shelf.articles.remarks()) {
            // What is not translated is typeset for each language that lists it.
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        remarks
    }

    /// Asks for the pictures of a page that is taken as it was.
    pub fn need(&self, route: &Route, pictures: impl IntoIterator<Item = Route>) {
        let Some(page) = self.library.routes.get(route) else { return };
        let (language, page) = page.in_language();
        let shelf = &self.shelves[language];
        let place = shelf.library.index_of(page).map(|id| Place::file(&shelf.library.post(id).source));
        shelf.articles.ask(pictures.into_iter().map(|picture| (picture, place.clone())));
    }

    /// Returns every route. Posts come before the lists and feeds that quote them, so that whoever renders in this order
    /// typesets each article once.
    pub fn routes(&self) -> Vec<&Route> {
        let (posts, others): (Vec<_>, Vec<_>) = self.library.routes.iter().partition(|(_, page)| match page {
            Page::Abroad(_, page) => matches!(**page, Page::Post(_)),
            page => matches!(page, Page::Post(_)),
        });
        posts.into_iter().chain(others).map(|(route, _)| route).collect()
    }
}

/// Renders what stands at a route: a pure function of its arguments.
// .ci/instructions.py counts what this takes, by its name.
#[inline(never)]
pub fn page(site: &Site, route: &Route) -> Result<File, Vec<Diagnostic>> {
    match site.library.routes.get(route) {
        Some(page) => pages::render(site, route, page),
        None if let Some(file) = pictures::at(site, route) => Ok(file),
        None => Err(vec![Diagnostic::error("route/unknown", format!("nothing stands at `{route}`"))]),
    }
}

/// Renders what stands at a route, and returns what was noted meanwhile: what has to be the same for the same bytes, and
/// what has to happen again where the page is not rendered again.
pub fn page_noted(site: &Site, route: &Route) -> (Result<File, Vec<Diagnostic>>, Noted) {
    noted::noting(|| page(site, route))
}

/// One file of the site, as it is to be written or served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its address.
    pub route: Route,
    /// Where it is written.
    pub out: OutPath,
    /// Its bytes, or where they are to be copied from.
    pub body: Body,
    /// What it is meant to be.
    pub kind: FileKind,
    /// The source file it was made from, if it is one.
    pub source: Option<SourcePath>,
    /// The template that made it.
    pub layout: Option<String>,
    /// The section it belongs to.
    pub section: Option<String>,
    /// Whether front matter says `analytics = false`.
    pub no_analytics: bool,
    /// A canonical address elsewhere that front matter asks for.
    pub canonical: Option<String>,
}

impl File {
    /// Takes a file of an earlier run, of which the manifest says this.
    pub fn again(route: &Route, entry: &Entry, bytes: Vec<u8>) -> File {
        File {
            route: route.clone(),
            out: route.out_path(),
            body: Body::Bytes(bytes),
            kind: entry.kind,
            source: entry.source.as_deref().map(SourcePath::new),
            layout: entry.layout.clone(),
            section: entry.section.clone(),
            no_analytics: entry.no_analytics,
            canonical: entry.canonical.clone(),
        }
    }

    /// Describes the file for a manifest; of its bytes it is told.
    pub fn entry(&self, digest: Digest, size: u64) -> Entry {
        Entry {
            source: self.source.as_ref().map(ToString::to_string),
            layout: self.layout.clone(),
            section: self.section.clone(),
            no_analytics: self.no_analytics,
            canonical: self.canonical.clone(),
            ..Entry::of(digest, size, self.kind)
        }
    }
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A copy of this file; it is never read into memory.
    Copy(PathBuf),
    /// A picture that is made when it is written or sent.
    Picture(images::Order),
}
