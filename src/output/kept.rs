//! Owns the pages that earlier runs have rendered, in `.blog/cache/pages/`: a page whose fingerprint is the same is taken
//! from there instead of being made again.
//!
//! `index` tells of each page what it was made from and where its bytes stand: in one of a few packs, each written by
//! one run. A run adds what it made as a pack of its own, and then replaces the index as a whole; so two runs may share the
//! folder, and a run that is killed leaves nothing that is believed. Bytes are taken only if they have the digest that the
//! index says. What is not here may be had from another machine. What cannot be written costs time the next time, and is no reason to fail.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::cache::{self, Elsewhere, recall_from};
use super::stage::{Staged, Supply};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Entry;
use crate::paths::Route;
use crate::render::{Ask, Body, File as Page, Fingerprints, Noted};

/// The folder below `.blog/cache/`.
const FOLDER: &str = "pages";
/// The index in it.
const INDEX: &str = "index";
/// The ending of packs.
const PACK: &str = "pack";
/// How many bytes of pages are kept.
const MOST: u64 = 4 << 30;
/// How many packs there may be before they are made one.
const MOST_PACKS: usize = 8;

/// The pages that earlier runs have left, and those that this one adds.
pub struct Kept<'a> {
    root: PathBuf,
    elsewhere: &'a dyn Elsewhere,
    folder: PathBuf,
    known: HashMap<String, Known>,
    /// The packs that the index names, each opened when a page of it is wanted.
    packs: BTreeMap<String, OnceLock<Option<Pack>>>,
    /// How many bytes of pages this run has taken and added so far.
    held: AtomicU64,
    fresh: Mutex<Fresh>,
}

/// A pack of an earlier run.
struct Pack {
    file: File,
    length: u64,
}

/// A page of an earlier run.
struct Known {
    record: Record,
    /// Whether this run has taken it.
    used: AtomicBool,
}

/// One page in the index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    made: Made,
    /// What the manifest says of it.
    entry: Entry,
    pack: String,
    at: u64,
}

/// What a page was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Made {
    fingerprint: Digest,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    asks: BTreeSet<Ask>,
    /// The addresses of the pictures that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<String>,
}

/// What this run adds.
#[derive(Default)]
struct Fresh {
    pack: Option<BufWriter<NamedTempFile>>,
    at: u64,
    /// Whether the machine refused to take some of it.
    is_refused: bool,
    pages: BTreeMap<String, (Made, u64)>,
}

impl<'a> Kept<'a> {
    /// Takes what earlier runs have left, here or elsewhere; what is damaged is nothing.
    pub fn open(root: &Path, elsewhere: &'a dyn Elsewhere) -> Kept<'a> {
        let folder = cache::folder(root).join(FOLDER);
        let known = read(&recall_from(elsewhere, root, &format!("{FOLDER}/{INDEX}"))).unwrap_or_default();
        let names: BTreeSet<&String> = known.values().map(|known| &known.record.pack).collect();
        let names = names.into_iter().filter(|name| is_pack(name));
        let packs = names.map(|name| (name.clone(), OnceLock::new())).collect();
        let root = root.to_owned();
        Kept { root, elsewhere, folder, known, packs, held: AtomicU64::new(0), fresh: Mutex::default() }
    }

    /// Returns a pack, if it is here or elsewhere.
    fn pack(&self, name: &str) -> Option<&Pack> {
        let open = || {
            let file = File::open(self.folder.join(name)).ok()?;
            let length = file.metadata().ok()?.len();
            Some(Pack { file, length })
        };
        let bring = || self.elsewhere.bring(&self.root, &format!("{FOLDER}/{name}"));
        self.packs.get(name)?.get_or_init(|| open().or_else(|| bring().then(open)?)).as_ref()
    }

    /// Returns a page: the one of an earlier run if it would be made from the same, else what `render` makes.
    pub fn page(
        &self,
        fingerprints: &Fingerprints<'_>,
        staged: &Staged,
        route: &Route,
        render: impl FnOnce() -> (Result<Page, Vec<Diagnostic>>, Noted),
    ) -> Result<Supply, Vec<Diagnostic>> {
        let path = route.out_path();
        if let Some(known) = self.known.get(path.as_str())
            && fingerprints.page(route, &known.record.made.asks) == Some(known.record.made.fingerprint)
            && let Some(supply) = self.again(route, &known.record, staged)
        {
            known.used.store(true, Ordering::Relaxed);
            self.held.fetch_add(known.record.entry.size, Ordering::Relaxed);
            let pictures = known.record.made.pictures.iter();
            fingerprints.site().need(route, pictures.filter_map(|picture| Route::new(picture.as_str()).ok()));
            return Ok(supply);
        }
        let (page, noted) = render();
        let page = page?;
        if let Body::Bytes(bytes) = &page.body
            && !noted.remarked
            && let Some(fingerprint) = fingerprints.page(route, &noted.asks)
        {
            let pictures = noted.pictures.iter().map(|picture| picture.as_str().to_owned()).collect();
            self.put(path.as_str(), Made { fingerprint, asks: noted.asks, pictures }, bytes);
        }
        Ok(Supply::File(page))
    }

    /// Takes a page of an earlier run: as it stands in the tree, else its bytes.
    fn again(&self, route: &Route, record: &Record, staged: &Staged) -> Option<Supply> {
        let path = route.out_path();
        if staged.holds(path.as_str(), &record.entry.digest) {
            return Some(Supply::Standing(path, record.entry.clone()));
        }
        Some(Supply::File(Page::again(route, &record.entry, self.bytes(record)?)))
    }

    /// Returns the bytes of a page, if they are the ones that were written.
    fn bytes(&self, record: &Record) -> Option<Vec<u8>> {
        let Pack { file, length } = self.pack(&record.pack)?;
        // An index that is wrong is no reason to ask for more memory than the pack has bytes.
        record.at.checked_add(record.entry.size).filter(|end| end <= length)?;
        let mut bytes = vec![0; usize::try_from(record.entry.size).ok()?];
        file.read_exact_at(&mut bytes, record.at).ok()?;
        (Digest::of(&bytes) == record.entry.digest).then_some(bytes)
    }

    fn put(&self, path: &str, made: Made, bytes: &[u8]) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.held.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if fresh.is_refused || held + bytes.len() as u64 > MOST {
            self.held.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
            return;
        }
        match fresh.add(&self.folder, bytes) {
            Ok(at) => _ = fresh.pages.insert(path.to_owned(), (made, at)),
            // Nobody knows how much of it was written.
            Err(_) => *fresh = Fresh { is_refused: true, ..Fresh::default() },
        }
    }

    /// Leaves for the next run what this one took and made; `files` are the files that it wrote.
    pub fn leave(self, files: &BTreeMap<String, Entry>) {
        let _ = self.write(files);
    }

    fn write(self, files: &BTreeMap<String, Entry>) -> io::Result<()> {
        let mut fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        let is_used = |known: &&Known| known.used.load(Ordering::Relaxed);
        if fresh.pages.is_empty() && self.known.values().all(|known| is_used(&known)) {
            return Ok(());
        }
        let mut records: BTreeMap<&str, Record> = BTreeMap::new();
        let mut taken: Vec<(&str, &Record)> = self
            .known
            .iter()
            .filter(|(_, known)| is_used(known))
            .map(|(path, known)| (&**path, &known.record))
            .collect();
        taken.sort_unstable_by_key(|(path, _)| *path);
        // Many packs, or packs of which little is still used, become one.
        let live: u64 = taken.iter().map(|(_, record)| record.entry.size).sum();
        let opened = self.packs.values().filter_map(|pack| pack.get()?.as_ref());
        let whole: u64 = opened.map(|pack| pack.length).sum();
        let gather = self.packs.len() >= MOST_PACKS || whole > live * 2 + (1 << 20);
        for (path, record) in taken {
            match gather.then(|| self.bytes(record)) {
                None => drop(records.insert(path, record.clone())),
                Some(Some(bytes)) => {
                    let at = fresh.add(&self.folder, &bytes)?;
                    fresh.pages.insert(path.to_owned(), (record.made.clone(), at));
                }
                Some(None) => {}
            }
        }
        let Fresh { pack, pages, .. } = fresh;
        if let Some(pack) = pack {
            let file = pack.into_inner().map_err(io::IntoInnerError::into_error)?;
            let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            file.keep().map_err(|error| error.error)?;
            for (path, (made, at)) in &pages {
                if let Some(entry) = files.get(path) {
                    let record = Record { made: made.clone(), entry: entry.clone(), pack: name.clone(), at: *at };
                    records.insert(path, record);
                }
            }
        }
        let pages = serde_json::to_string(&records)?;
        cache::write(&self.folder.join(INDEX), format!("{}\n{pages}\n", Digest::of(&pages)).as_bytes())?;
        sweep(&self.folder, &records.values().map(|record| record.pack.as_str()).collect())
    }
}

/// Removes the packs that the index does not name.
fn sweep(folder: &Path, named: &BTreeSet<&str>) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_pack(&name) && !named.contains(&*name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Fresh {
    /// Adds the bytes of a page to the pack of this run, and returns where they stand.
    fn add(&mut self, folder: &Path, bytes: &[u8]) -> io::Result<u64> {
        let pack = match &mut self.pack {
            Some(pack) => pack,
            none => {
                cache::make(folder)?;
                let file = tempfile::Builder::new().prefix("").suffix(&format!(".{PACK}")).tempfile_in(folder)?;
                none.insert(BufWriter::with_capacity(1 << 18, file))
            }
        };
        pack.write_all(bytes)?;
        let at = self.at;
        self.at += bytes.len() as u64;
        Ok(at)
    }
}

/// Returns whether a file of the folder is a pack: its name has no way out of it.
fn is_pack(name: &str) -> bool {
    name.strip_suffix(PACK).is_some_and(|stem| stem.ends_with('.')) && !name.contains('/')
}

fn read(index: &[u8]) -> Option<HashMap<String, Known>> {
    let text = str::from_utf8(index).ok()?;
    let (digest, pages) = text.strip_suffix('\n')?.split_once('\n')?;
    if Digest::of(pages).to_string() != digest {
        return None;
    }
    let pages: HashMap<String, Record> = serde_json::from_str(pages).ok()?;
    Some(pages.into_iter().map(|(path, record)| (path, Known { record, used: AtomicBool::new(false) })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::FileKind;

    fn files(pages: &[(&str, &str)]) -> BTreeMap<String, Entry> {
        let entry = |text: &str| Entry::of(Digest::of(text), text.len() as u64, FileKind::Page);
        pages.iter().map(|(path, text)| ((*path).to_owned(), entry(text))).collect()
    }

    fn made(number: usize) -> Made {
        let asks = BTreeSet::from([Ask::Related(number)]);
        Made { fingerprint: Digest::of(number.to_string()), asks, pictures: vec!["/a.png".to_owned()] }
    }

    /// Leaves pages as a run does that makes each of them.
    fn leave(root: &Path, pages: &[(&str, &str)]) {
        let kept = Kept::open(root, &cache::Nowhere);
        pages.iter().enumerate().for_each(|(number, (path, text))| kept.put(path, made(number), text.as_bytes()));
        kept.leave(&files(pages));
    }

    fn text(kept: &Kept<'_>, path: &str) -> Option<String> {
        let known = kept.known.get(path)?;
        known.used.store(true, Ordering::Relaxed);
        kept.bytes(&known.record).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn packs(root: &Path) -> usize {
        let entries = fs::read_dir(root.join(".blog/cache/pages")).unwrap().flatten();
        entries.filter(|entry| is_pack(&entry.file_name().to_string_lossy())).count()
    }

    #[test]
    fn what_was_left_is_taken_again() {
        let root = tempfile::tempdir().unwrap();
        leave(root.path(), &[("a", "one"), ("b", "two")]);
        let kept = Kept::open(root.path(), &cache::Nowhere);
        assert_eq!((text(&kept, "a").as_deref(), text(&kept, "b").as_deref()), (Some("one"), Some("two")));
        assert_eq!(kept.known["b"].record.made, made(1));
        assert_eq!(text(&kept, "c"), None);
    }

    #[test]
    fn pages_that_no_run_takes_any_more_go_and_their_packs_with_them() {
        let root = tempfile::tempdir().unwrap();
        leave(root.path(), &[("a", "one"), ("b", "two")]);
        let kept = Kept::open(root.path(), &cache::Nowhere);
        assert_eq!(text(&kept, "a").as_deref(), Some("one"));
        kept.put("c", made(3), b"three");
        kept.leave(&files(&[("a", "one"), ("c", "three")]));
        let kept = Kept::open(root.path(), &cache::Nowhere);
        assert_eq!(
            (text(&kept, "a").as_deref(), text(&kept, "b"), text(&kept, "c").as_deref()),
            (Some("one"), None, Some("three"))
        );
        assert_eq!(packs(root.path()), 2);
        leave(root.path(), &[("d", "four")]);
        assert_eq!(packs(root.path()), 1);
    }

    #[test]
    fn many_packs_become_one() {
        let root = tempfile::tempdir().unwrap();
        let mut pages: Vec<(String, String)> = Vec::new();
        for number in 0..MOST_PACKS + 2 {
            let kept = Kept::open(root.path(), &cache::Nowhere);
            for (path, known) in &pages {
                assert_eq!(text(&kept, path).as_ref(), Some(known), "run {number}");
            }
            let (path, own) = (format!("page{number}"), format!("text {number}"));
            kept.put(&path, made(number), own.as_bytes());
            pages.push((path, own));
            let all: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (&**path, &**text)).collect();
            kept.leave(&files(&all));
            assert!(packs(root.path()) <= MOST_PACKS, "run {number}");
        }
    }

    #[test]
    fn damage_is_no_page() {
        let root = tempfile::tempdir().unwrap();
        leave(root.path(), &[("a", "one")]);
        let folder = root.path().join(".blog/cache/pages");
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let whole = fs::read(entry.path()).unwrap();
            for at in 0..whole.len() {
                let mut damaged = whole.clone();
                damaged[at] ^= 1;
                fs::write(entry.path(), &damaged).unwrap();
                let found = text(&Kept::open(root.path(), &cache::Nowhere), "a");
                assert!(found.is_none() || found.as_deref() == Some("one"), "{:?} at {at}: {found:?}", entry.path());
                fs::write(entry.path(), &whole[..at]).unwrap();
                assert_eq!(
                    text(&Kept::open(root.path(), &cache::Nowhere), "a"),
                    None,
                    "{:?} cut at {at}",
                    entry.path()
                );
            }
            fs::write(entry.path(), &whole).unwrap();
        }
    }

    #[test]
    fn an_index_that_leads_elsewhere_is_not_followed() {
        for name in ["../../site.pack", "/etc/passwd.pack", "pack", "index"] {
            assert!(!is_pack(name), "{name}");
        }
        assert!(is_pack("aBc123.pack"));
    }
}
