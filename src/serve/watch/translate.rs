//! Translates what the system says into paths of the site: pure, so that every case can be tried by hand.
//!
//! Left out are events of mere reading (our own would trigger us), names that `source` leaves out, and everything that
//! is not the site's: the output folder, `.git`, `.blog`, `target`. What kind of change it was is left out too: whoever
//! reads the path again sees what is there now, and what was there before is what it remembers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use notify::event::ModifyKind;
use notify::{Event, EventKind};
use notify_debouncer_full::{DebounceEventResult, DebouncedEvent};

use super::places::{Links, is_walked};
use crate::source;

/// Returns what of an event the debouncer is to see: a plain "look at this path again" for each of its paths.
///
/// The debouncer would merge what happens to one path into one story, as a file manager tells it: a file that is made and
/// removed within its window leaves none. But a file that is renamed *over another* and removed at once has taken the
/// other with it. Of plain events nothing is lost.
///
/// It also keeps an event back while another of its kind follows on its heels, so that a file that is written without a
/// pause would never be told. Hence two kinds that mean the same, one for each second slice of time.
pub(super) fn plain(event: Event, slice: u128) -> Vec<Event> {
    if event.need_rescan() {
        return vec![event];
    }
    if matches!(event.kind, EventKind::Access(_)) {
        return Vec::new();
    }
    let kind = if slice.is_multiple_of(2) { ModifyKind::Any } else { ModifyKind::Other };
    event.paths.into_iter().map(|path| Event::new(EventKind::Modify(kind)).add_path(path)).collect()
}

/// What was heard at once: places below the root, or that something was missed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// When, for each place.
    pub(super) places: Vec<(PathBuf, Instant)>,
    /// When events were lost.
    pub(super) lost: Option<Instant>,
}

/// Reads one delivery of the debouncer. Every error means that something may have been missed.
pub(super) fn heard(root: &Path, result: DebounceEventResult, now: Instant) -> Heard {
    let mut heard = Heard::default();
    match result {
        Err(_) => heard.lost = Some(now),
        Ok(events) => {
            for DebouncedEvent { event, time } in events {
                if event.need_rescan() {
                    heard.lost = Some(time);
                }
                for path in event.paths {
                    match path.strip_prefix(root) {
                        // The root itself was moved, removed or given other permissions.
                        Ok(place) if place.as_os_str().is_empty() => heard.lost = Some(time),
                        Ok(place) => heard.places.push((place.to_owned(), time)),
                        Err(_) => {}
                    }
                }
            }
        }
    }
    heard
}

/// What belongs to the site.
#[derive(Debug)]
pub(super) struct Scope {
    /// Folders of the root.
    pub(super) folders: Vec<PathBuf>,
    /// Files of the root.
    pub(super) files: Vec<PathBuf>,
}

impl Scope {
    /// Returns the paths of the site that are meant by a place below its root; none if it is not the site's.
    pub(super) fn told(&self, links: &Links, place: &Path) -> BTreeSet<PathBuf> {
        links.names(place).into_iter().filter(|name| self.holds(name)).collect()
    }

    fn holds(&self, path: &Path) -> bool {
        let below = self.folders.iter().any(|folder| path.starts_with(folder));
        self.files.iter().any(|file| file == path) || (below && source::is_taken(path) && path.iter().all(is_walked))
    }
}

/// Returns whether a path is the file by which vim tries whether it may write to a folder. It is made and removed within
/// each save; a real file of this name is told as any other.
pub(super) fn is_probe(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "4913")
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, RemoveKind, RenameMode};

    use super::*;

    fn scope() -> Scope {
        Scope {
            folders: ["content", "templates", "static", "themes", "data", "sass"].map(PathBuf::from).into(),
            files: ["site.toml", "analytics.lock"].map(PathBuf::from).into(),
        }
    }

    fn is_told(path: &str) -> bool {
        scope().told(&Links::default(), Path::new(path)).contains(Path::new(path))
    }

    fn delivered(event: Event) -> Heard {
        let time = Instant::now();
        heard(Path::new("/site"), Ok(vec![DebouncedEvent { event, time }]), time)
    }

    #[test]
    fn what_pages_are_made_from_is_told() {
        for path in [
            "content",
            "content/posts/a.md",
            "content/posts/2026/photo.jpg",
            "content/a b/ü.md",
            "templates/post.html",
            "static/style.css",
            "static/.well-known/security.txt",
            "static/.htaccess",
            "themes/paper/static/.nojekyll",
            "themes/paper/theme.toml",
            "data/books.toml",
            "site.toml",
            "analytics.lock",
        ] {
            assert!(is_told(path), "{path}");
        }
    }

    #[test]
    fn what_editors_leave_behind_and_what_is_not_the_sites_is_not_told() {
        for path in [
            "content/posts/a.md~",
            "content/posts/.a.md.swp",
            "content/posts/.#a.md",
            "content/posts/#a.md#",
            "content/posts/.goutputstream-8X1Z",
            "content/.git/index",
            "content/.drafts/a.md",
            "static/.env",
            "themes/paper/node_modules/x/static/a.js",
            "site.toml~",
            ".site.toml.swp",
            "public/index.html",
            "public",
            ".public.staged-1/index.html",
            ".blog/state",
            ".git/HEAD",
            "target/debug/blog",
            "node_modules/x",
            "contents/a.md",
            "README.md",
        ] {
            assert!(!is_told(path), "{path}");
        }
    }

    #[test]
    fn a_name_that_is_no_utf8_is_told_because_it_is_refused() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new("content").join(std::ffi::OsStr::from_bytes(b"\xff.md"));
        assert_eq!(scope().told(&Links::default(), &path), [path].into());
    }

    #[test]
    fn reading_is_left_out_and_any_change_is_one_plain_event_for_each_path() {
        for kind in [AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read), AccessKind::Read] {
            assert_eq!(plain(Event::new(EventKind::Access(kind)).add_path("/site/content/a.md".into()), 0), []);
        }
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(plain(Event::new(close).add_path("/a".into()), 0), [], "the write itself was told");
        for kind in [
            EventKind::Any,
            EventKind::Create(CreateKind::Folder),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)),
            EventKind::Remove(RemoveKind::File),
        ] {
            let events = plain(Event::new(kind).add_path("/a".into()).add_path("/b".into()), 0);
            let paths: Vec<&Path> = events.iter().flat_map(|event| &event.paths).map(PathBuf::as_path).collect();
            assert_eq!(paths, [Path::new("/a"), Path::new("/b")], "{kind:?}");
            assert!(events.iter().all(|event| event.kind == EventKind::Modify(ModifyKind::Any)), "{kind:?}");
        }
    }

    #[test]
    fn neighbouring_slices_of_time_are_of_two_kinds() {
        let kind = |slice| plain(Event::new(EventKind::Any).add_path("/a".into()), slice)[0].kind;
        assert_ne!(kind(6), kind(7));
        assert_eq!(kind(6), kind(8));
    }

    #[test]
    fn a_rescan_passes_and_means_that_events_were_lost() {
        let rescan = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(plain(rescan.clone(), 1), vec![rescan.clone()]);
        assert!(delivered(rescan).lost.is_some());
    }

    #[test]
    fn an_error_means_that_events_were_lost() {
        let now = Instant::now();
        let heard = heard(Path::new("/site"), Err(vec![notify::Error::generic("broken")]), now);
        assert_eq!(heard, Heard { places: Vec::new(), lost: Some(now) });
    }

    #[test]
    fn a_place_is_named_from_the_root_and_the_root_itself_means_everything() {
        let changed = |path: &str| delivered(Event::new(EventKind::Any).add_path(path.into()));
        let places: Vec<PathBuf> = changed("/site/content/a.md").places.into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [Path::new("content/a.md")]);
        assert!(changed("/site").lost.is_some());
        assert_eq!(changed("/sites/content/a.md"), Heard::default());
    }
}
