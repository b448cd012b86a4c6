//! Owns the articles of one run: each post is typeset when it is first asked for.
//!
//! Summaries are kept, because lists quote them; whole articles, and what feeds make of them, are kept only where a feed
//! will quote them again, and only up to [`LIMIT`] bytes. Everything that is not kept is typeset again: that costs time, never another byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tera::Value;

use crate::article::Article;
use crate::diagnostic::{Diagnostic, Place};
use crate::library::PostId;
use crate::paths::Route;
use crate::render::cells::Cells;
use crate::render::noted::{self, Ask, Noted};
use crate::render::shelf::Shelf;

/// How many bytes of whole articles one run keeps.
pub(crate) const LIMIT: usize = 64 * 1024 * 1024;

/// What lists show of an article.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub html: Value,
    pub continues: bool,
    pub has_code: bool,
    pub has_embed: bool,
    /// What was noted when the article was typeset; of most there is nothing.
    noted: Option<Box<Noted>>,
}

/// An article as feeds quote it: every address absolute.
#[derive(Debug)]
pub(crate) struct ForFeeds {
    pub summary: String,
    pub content: String,
}

/// The articles of one run.
#[derive(Debug)]
pub(crate) struct Articles {
    summaries: Cells<Summary>,
    kept: Cells<Arc<Article>>,
    for_feeds: Cells<Arc<ForFeeds>>,
    quoted: BTreeSet<PostId>,
    room: AtomicUsize,
    /// What there was to say about articles: each once, however often it is typeset.
    remarks: Mutex<BTreeMap<PostId, Vec<Diagnostic>>>,
    /// The pictures that what was rendered so far asks for, and the first place that does.
    pictures: Mutex<BTreeMap<Route, Option<Place>>>,
}

impl Articles {
    /// Starts without any; `quoted` are the posts whose whole text is needed more than once.
    pub(crate) fn new(posts: usize, quoted: BTreeSet<PostId>) -> Self {
        Articles {
            summaries: Cells::new(posts),
            kept: Cells::new(posts),
            for_feeds: Cells::new(posts),
            quoted,
            room: AtomicUsize::new(LIMIT),
            remarks: Mutex::default(),
            pictures: Mutex::default(),
        }
    }

    /// Returns an article. Two threads that ask at once may both typeset it: nobody ever waits while holding a lock.
    pub(crate) fn article(&self, shelf: &Shelf, id: PostId) -> Result<Arc<Article>, Vec<Diagnostic>> {
        if let Some(article) = self.kept.cell(id.0).get() {
            self.note(id);
            return Ok(Arc::clone(article));
        }
        let (article, noted) = noted::noting(|| shelf.typesetter.typeset(&shelf.config, &shelf.library, shelf, id));
        let article = Arc::new(article?);
        if !article.warnings.is_empty() {
            let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
            remarks.entry(id).or_insert_with(|| article.warnings.clone());
        }
        if !article.pictures.is_empty() {
            self.ask(article.pictures.iter().map(|(route, place)| (route.clone(), Some(place.clone()))));
        }
        self.summaries.cell(id.0).get_or_init(|| Summary {
            html: Value::safe_string(&article.summary),
            continues: article.continues,
            has_code: article.has_code,
            has_embed: article.has_embed,
            noted: of_text(noted, &article, shelf.library.route(id)),
        });
        self.note(id);
        let size = article.html.len() + article.summary.len();
        if self.quoted.contains(&id) && self.take_room(size) {
            let _ = self.kept.cell(id.0).set(Arc::clone(&article));
        }
        Ok(article)
    }

    /// Returns what lists show of an article.
    pub(crate) fn summary(&self, shelf: &Shelf, id: PostId) -> Result<&Summary, Vec<Diagnostic>> {
        if let Some(summary) = self.summaries.cell(id.0).get() {
            self.note(id);
            return Ok(summary);
        }
        self.article(shelf, id)?;
        Ok(self.summaries.cell(id.0).get().expect("typesetting an article fills its summary"))
    }

    /// Returns an article as feeds quote it: what `make` makes of it, once for all feeds.
    pub(crate) fn for_feeds(
        &self,
        id: PostId,
        make: impl FnOnce() -> Result<ForFeeds, Vec<Diagnostic>>,
    ) -> Result<Arc<ForFeeds>, Vec<Diagnostic>> {
        if let Some(text) = self.for_feeds.cell(id.0).get() {
            return Ok(Arc::clone(text));
        }
        let text = Arc::new(make()?);
        if self.quoted.contains(&id) && self.take_room(text.content.len() + text.summary.len()) {
            let _ = self.for_feeds.cell(id.0).set(Arc::clone(&text));
        }
        Ok(text)
    }

    /// Returns what is worth saying about the articles that were typeset so far, by post.
    pub(crate) fn remarks(&self) -> Vec<Diagnostic> {
        let remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        remarks.values().flatten().cloned().collect()
    }

    /// Notes pictures that are to be made, and who asks for them: of several places the first by file and line, in
    /// whatever order pages are rendered.
    pub(crate) fn ask(&self, pictures: impl IntoIterator<Item = (Route, Option<Place>)>) {
        let pictures: Vec<(Route, Option<Place>)> = pictures.into_iter().collect();
        noted::pictures(pictures.iter().map(|(route, _)| route));
        let order = |place: &Option<Place>| {
            place.as_ref().map(|place| (place.file.clone(), place.span.as_ref().map(|span| span.start)))
        };
        let mut asked = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        for (route, place) in pictures {
            let known = asked.entry(route).or_insert_with(|| place.clone());
            if known.is_none() || (place.is_some() && order(&place) < order(known)) {
                *known = place;
            }
        }
    }

    /// Returns the pictures that what was rendered so far asks for.
    pub(crate) fn pictures(&self) -> Vec<Route> {
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Returns where a picture is asked for.
    pub(crate) fn place_of(&self, picture: &Route) -> Option<Place> {
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner).get(picture).cloned().flatten()
    }

    /// Notes of the page that shows an article what was noted of the article.
    fn note(&self, id: PostId) {
        if let Some(noted) = self.summaries.cell(id.0).get().and_then(|summary| summary.noted.as_ref()) {
            noted::again(noted);
        }
    }

    fn take_room(&self, size: usize) -> bool {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size)).is_ok()
    }
}

/// Returns what was noted of an article as the pages note it that show it.
fn of_text(noted: Noted, article: &Article, route: &Route) -> Option<Box<Noted>> {
    let in_text = |ask: Ask| Ask::InText(route.as_str().to_owned(), Box::new(ask));
    let pictures = article.pictures.iter().map(|(picture, _)| picture.clone());
    let noted = Noted {
        asks: noted.asks.into_iter().map(in_text).collect(),
        pictures: noted.pictures.into_iter().chain(pictures).collect(),
        remarked: noted.remarked || !article.warnings.is_empty(),
    };
    (noted != Noted::default()).then(|| Box::new(noted))
}
