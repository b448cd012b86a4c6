//! The making of pictures: when somebody writes or serves one, and not before. What was made once is kept.
//!
//! The cache lies in `.blog/cache/images/`, one file for each result, named by the digest of everything that decides its
//! bytes, with a checksum before them: a file that was damaged, or that another version made, costs time and nothing else.
//! Files come to their place by a rename, so that several programs may share it. [`Studio::tidy`] keeps it bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::SystemTime;

use rayon::prelude::*;

use super::{Bytes, Card, Flaw, Picture, Variant, encode, strip, unfit};
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::paths::SourcePath;
use crate::timings::{Share, Table, Timings, timed};

/// How many bytes of the cache are kept although the last build did not use them.
const KEPT: u64 = 1 << 30;
/// How many bytes decoded pictures may take at once; a picture that takes more is made alone.
const ROOM: u64 = 1 << 30;

/// What is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A picture at another size or in another format.
    Variant(Variant),
    /// A picture's own file without what it says of where and when it was taken.
    Stripped(Arc<Picture>),
    /// The card of a post, from this file.
    Card(Card, SourcePath),
}

/// One picture that can be made at any time; until then it costs nothing.
#[derive(Debug, Clone)]
pub struct Order {
    /// What.
    pub work: Work,
    /// Where a page asks for it, if one has.
    pub place: Option<Place>,
    /// Who makes it.
    pub studio: Arc<Studio>,
}

impl PartialEq for Order {
    fn eq(&self, other: &Order) -> bool {
        self.work == other.work
    }
}

impl Eq for Order {}

impl Order {
    /// Returns its bytes.
    pub fn make(&self) -> Result<Vec<u8>, Diagnostic> {
        let source = match &self.work {
            Work::Variant(Variant { picture, .. }) | Work::Stripped(picture) => &picture.source,
            Work::Card(_, source) => source,
        };
        let work = || match &self.work {
            Work::Variant(variant) => self.studio.variant(variant),
            Work::Stripped(picture) => stripped(picture),
            Work::Card(card, _) => self.studio.card(card),
        };
        let made = self.studio.timed(source, work, |made| made.as_ref().map_or((0, 0), |bytes| (1, bytes.len())));
        made.map_err(|flaw| {
            let problem = unfit(source, &flaw);
            problem.at(self.place.clone().unwrap_or_else(|| Place::file(source)))
        })
    }
}

impl Order {
    /// Returns the name under which `.blog/cache/` keeps its result, if it is kept.
    pub fn kept_as(&self) -> Option<String> {
        let key = match &self.work {
            Work::Variant(variant) => variant.key(),
            Work::Card(card, _) => card.key(),
            Work::Stripped(_) => return None,
        };
        Some(format!("images/{key}"))
    }
}

/// Where pictures are made, and what was made is kept.
#[derive(Debug)]
pub struct Studio {
    folder: PathBuf,
    used: Mutex<BTreeSet<String>>,
    room: Mutex<u64>,
    freed: Condvar,
    /// Where what pictures take is added up, if somebody wants to know.
    timings: Option<Arc<Timings>>,
}

impl Studio {
    /// Opens the studio of the site in a folder; touches nothing yet.
    pub fn of(root: &Path) -> Studio {
        Studio {
            folder: root.join(".blog/cache/images"),
            used: Mutex::default(),
            room: Mutex::new(ROOM),
            freed: Condvar::new(),
            timings: None,
        }
    }

    /// Goes on with a place where what pictures take is added up.
    #[must_use]
    pub fn timing(self, timings: Option<Arc<Timings>>) -> Studio {
        Studio { timings, ..self }
    }

    /// Does a piece of work for a picture; `come_to` says how many files of how many bytes it gave the site.
    fn timed<T>(&self, source: &SourcePath, work: impl FnOnce() -> T, come_to: impl FnOnce(&T) -> (usize, usize)) -> T {
        timed(self.timings.as_deref(), Table::Pictures, work, |made| {
            let (count, bytes) = come_to(made);
            Share { name: source.to_string(), count, bytes, lines: 0 }
        })
    }

    /// Makes everything that is not kept yet, in parallel, each picture decoded once. What fails here fails again, and
    /// is told, when it is asked for by itself.
    pub fn prepare<'o>(&self, orders: impl IntoIterator<Item = &'o Order>) {
        let orders: Vec<&Order> = orders.into_iter().collect();
        orders.par_iter().for_each(|order| {
            if let Work::Card(card, source) = &order.work {
                let _ = self.timed(source, || self.card(card), |_| (0, 0));
            }
        });
        let mut groups: BTreeMap<Digest, Vec<&Variant>> = BTreeMap::new();
        for order in orders {
            if let Work::Variant(variant) = &order.work
                && !self.file(variant.key()).exists()
            {
                groups.entry(variant.picture.digest).or_default().push(variant);
            }
        }
        let mut waves: Vec<Vec<Vec<&Variant>>> = vec![Vec::new()];
        let mut taken = 0;
        for group in groups.into_values() {
            taken += size_of(&group[0].picture);
            if taken > ROOM {
                taken = size_of(&group[0].picture);
                waves.push(Vec::new());
            }
            waves.last_mut().expect("there is a first one").push(group);
        }
        for wave in waves {
            wave.into_par_iter().for_each(|group| {
                let source = &group[0].picture.source;
                let Ok(pixels) = self.timed(source, || pixels(&group[0].picture), |_| (0, 0)) else { return };
                group.into_par_iter().for_each(|variant| {
                    if let Ok(bytes) = self.timed(source, || encode::encode(&pixels, variant), |_| (0, 0)) {
                        self.keep(variant.key(), &bytes);
                    }
                });
            });
        }
    }

    /// Returns the names in `.blog/cache/` of what was used so far.
    pub fn kept_names(&self) -> Vec<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().map(|name| format!("images/{name}")).collect()
    }

    /// Removes what the last build did not use, the oldest first, until little enough is left.
    pub fn tidy(&self) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let listing = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let unused = listing.filter(|entry| !used.contains(&*entry.file_name().to_string_lossy()));
        let mut unused: Vec<(SystemTime, PathBuf, u64)> = unused
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.path(), metadata.len()))
            })
            .collect();
        unused.sort_by(|one, other| other.cmp(one));
        let mut kept = 0;
        for (_, path, length) in unused {
            kept += length;
            if kept > KEPT {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn variant(&self, variant: &Variant) -> Result<Vec<u8>, Flaw> {
        let key = variant.key();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_string());
        if let Some(bytes) = self.kept(key) {
            return Ok(bytes);
        }
        let size = size_of(&variant.picture).min(ROOM);
        self.enter(size);
        let made = pixels(&variant.picture).and_then(|pixels| encode::encode(&pixels, variant));
        self.leave(size);
        let bytes = made?;
        self.keep(key, &bytes);
        Ok(bytes)
    }

    fn card(&self, card: &Card) -> Result<Vec<u8>, Flaw> {
        let key = card.key();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_string());
        if let Some(bytes) = self.kept(key) {
            return Ok(bytes);
        }
        let bytes = card.draw()?;
        self.keep(key, &bytes);
        Ok(bytes)
    }

    /// Waits until there is room for a decoded picture. Nothing waits for anything else while it holds some.
    fn enter(&self, size: u64) {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        while *room < size {
            room = self.freed.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        *room -= size;
    }

    fn leave(&self, size: u64) {
        *self.room.lock().unwrap_or_else(PoisonError::into_inner) += size;
        self.freed.notify_all();
    }

    fn file(&self, key: Digest) -> PathBuf {
        self.folder.join(key.to_string())
    }

    fn kept(&self, key: Digest) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.file(key)).ok()?;
        let sum: [u8; 64] = bytes.get(..64)?.try_into().ok()?;
        bytes.drain(..64);
        (Digest::of(&bytes).to_string().as_bytes() == sum).then_some(bytes)
    }

    /// Keeps a result. A cache that cannot be written costs time the next time, and is no reason to fail.
    fn keep(&self, key: Digest, bytes: &[u8]) {
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let ignore = self.folder.join("../../.gitignore");
            if !ignore.exists() {
                fs::write(ignore, "*\n")?;
            }
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(Digest::of(bytes).to_string().as_bytes())?;
            file.write_all(bytes)?;
            file.persist(self.file(key)).map_err(|error| error.error)?;
            Ok(())
        };
        let _ = write();
    }
}

impl Picture {
    /// Returns what is published of the bytes of its file: all but what they say of where and when it was taken.
    pub fn published(&self, bytes: Vec<u8>) -> Vec<u8> {
        let seen = self.seen.as_ref().ok().filter(|seen| seen.has_metadata);
        seen.and_then(|seen| strip::stripped(&bytes, seen.format, seen.orientation)).unwrap_or(bytes)
    }
}

/// Returns how much memory a picture takes while it is made, about.
fn size_of(picture: &Picture) -> u64 {
    picture.seen.as_ref().map_or(0, |seen| u64::from(seen.width) * u64::from(seen.height) * 8)
}

fn pixels(picture: &Picture) -> Result<encode::Pixels, Flaw> {
    let seen = picture.seen.clone()?;
    encode::decode(&read(picture)?, &seen)
}

fn stripped(picture: &Picture) -> Result<Vec<u8>, Flaw> {
    picture.seen.clone()?;
    Ok(picture.published(read(picture)?))
}

/// Reads a picture's file, which must be the one that was looked at.
fn read(picture: &Picture) -> Result<Vec<u8>, Flaw> {
    let unreadable = |error: std::io::Error| Flaw::broken(format!("cannot be read: {error}"));
    let bytes = match &picture.bytes {
        Bytes::Program(bytes) => bytes.to_vec(),
        // A pipe in its place would be waited for.
        Bytes::Disk(path) if fs::metadata(path).map_err(unreadable)?.is_file() => fs::read(path).map_err(unreadable)?,
        Bytes::Disk(_) => return Err(Flaw::broken("is no file any more")),
    };
    match Digest::of(&bytes) == picture.digest {
        true => Ok(bytes),
        false => Err(Flaw::broken("has changed since the build began")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Frame, samples};
    use super::*;

    fn order(folder: &Path, bytes: &[u8]) -> Order {
        let path = folder.join("a.jpg");
        fs::write(&path, bytes).unwrap();
        let picture = Arc::new(Picture::look(SourcePath::new("content/a.jpg"), Bytes::Disk(path), bytes, 1_000_000));
        let frame = Frame { width: 12, height: 8, fill: false };
        let work = Work::Variant(Variant { picture, frame, format: Format::Webp, quality: 80 });
        Order { work, place: None, studio: Arc::new(Studio::of(folder)) }
    }

    #[test]
    fn a_kept_result_is_the_one_that_would_be_made_and_damage_costs_only_time() {
        let folder = tempfile::tempdir().unwrap();
        let order = order(folder.path(), &samples::jpeg(60, 40));
        let cold = order.make().unwrap();
        let listing = || fs::read_dir(folder.path().join(".blog/cache/images")).unwrap().flatten();
        let [kept] = listing().map(|entry| entry.path()).collect::<Vec<_>>().try_into().expect("one result is kept");
        assert_eq!(fs::read_to_string(folder.path().join(".blog/.gitignore")).unwrap(), "*\n");
        assert_eq!(order.make().unwrap(), cold);
        for damage in [&b""[..], b"short", &[0; 200]] {
            fs::write(&kept, damage).unwrap();
            assert_eq!(order.make().unwrap(), cold);
        }
        order.studio.prepare([&order]);
        assert_eq!(listing().count(), 1);
    }

    #[test]
    fn what_cannot_be_kept_is_made_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let order = order(folder.path(), &samples::jpeg(60, 40));
        fs::write(folder.path().join(".blog"), "a file in the way").unwrap();
        assert!(order.make().is_ok());
    }

    #[test]
    fn a_picture_that_has_changed_meanwhile_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let order = order(folder.path(), &samples::jpeg(60, 40));
        fs::write(folder.path().join("a.jpg"), samples::jpeg(61, 40)).unwrap();
        let problem = order.make().unwrap_err();
        assert_eq!(problem.message, "the picture `content/a.jpg` has changed since the build began");
    }
}
