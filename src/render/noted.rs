//! Owns what is noted while a page is rendered: what its templates asked for beyond what is known of its kind, and the
//! pictures that it needs.
//!
//! Gives [`noting`], which is put around the rendering of one page, or of a text that several pages show. Templates call functions that see no page, so notes
//! are taken by thread: a page is rendered on one. Where nobody listens, nothing is noted. Decides nothing:
//! [`super::fingerprints`] says what an [`Ask`] was answered with.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::paths::Route;

/// Something that a template asked for. The answer depends on the site, and on the page that asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ask {
    /// So many related posts.
    Related(usize),
    /// The posts that link here.
    Backlinks,
    /// Everything of a page, by its source.
    Page(String),
    /// Everything of a section, by its name.
    Section(String),
    /// The terms of all taxonomies.
    Terms,
    /// Where a source stands.
    Source(String),
    /// The name that a file has with its digest.
    Hashed(String),
    /// The digest of a file: bits, and whether in base 64.
    Integrity(String, u16, bool),
    /// A picture, as a template names it.
    Picture(String),
    /// What counts as now.
    Clock,
    /// What a template inside of the text of a post asked for; the address of the post.
    InText(String, Box<Ask>),
}

/// What was noted of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// What its templates asked for.
    pub asks: BTreeSet<Ask>,
    /// The pictures that it needs made.
    pub pictures: BTreeSet<Route>,
    /// Whether there was something to say about it, which the next build has to say again.
    pub remarked: bool,
}

thread_local! {
    /// The pages that this thread is at: while one waits for a list that many threads make, another may be begun.
    static OPEN: RefCell<Vec<Noted>> = const { RefCell::new(Vec::new()) };
}

/// Takes its page off the thread, also when a template panics.
struct Open;

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(Vec::pop);
    }
}

/// Renders a page, and returns what was noted meanwhile.
pub(super) fn noting<T>(render: impl FnOnce() -> T) -> (T, Noted) {
    OPEN.with_borrow_mut(|open| open.push(Noted::default()));
    let taken = Open;
    let made = render();
    let noted = OPEN.with_borrow_mut(|open| open.last_mut().map(std::mem::take)).unwrap_or_default();
    drop(taken);
    (made, noted)
}

fn note(write: impl FnOnce(&mut Noted)) {
    OPEN.with_borrow_mut(|open| open.last_mut().map(write));
}

/// Notes what was noted of a part of the page, which may have been made before.
pub(super) fn again(part: &Noted) {
    note(|noted| {
        noted.asks.extend(part.asks.iter().cloned());
        noted.pictures.extend(part.pictures.iter().cloned());
        noted.remarked |= part.remarked;
    });
}

/// Notes what a template asks for.
pub(super) fn ask(asked: Ask) {
    note(|noted| _ = noted.asks.insert(asked));
}

/// Notes pictures that a page needs.
pub(super) fn pictures<'r>(routes: impl IntoIterator<Item = &'r Route>) {
    note(|noted| noted.pictures.extend(routes.into_iter().cloned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_notes_of_its_own_also_within_another() {
        ask(Ask::Clock);
        let ((inner, other), outer) = noting(|| {
            ask(Ask::Backlinks);
            let inner = noting(|| {
                ask(Ask::Related(3));
                again(&Noted { remarked: true, ..Noted::default() });
            });
            pictures([&Route::home()]);
            (inner.1, noting(|| ()).1)
        });
        assert_eq!(inner, Noted { asks: BTreeSet::from([Ask::Related(3)]), remarked: true, ..Noted::default() });
        assert_eq!(other, Noted::default());
        assert_eq!((outer.asks, outer.pictures.len(), outer.remarked), (BTreeSet::from([Ask::Backlinks]), 1, false));
    }

    #[test]
    fn a_page_that_panics_leaves_no_notes_behind() {
        let _ = std::panic::catch_unwind(|| noting(|| panic!("a template")));
        assert!(OPEN.with_borrow(Vec::is_empty));
    }
}
