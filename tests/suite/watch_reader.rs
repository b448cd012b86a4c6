//! Whoever reads again only what the preview is told of knows what is there, whatever was done to the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use watchpost::serve::watch::Changes;

use crate::harness::tests;
use crate::watch::Desk;

tests![whoever_reads_what_is_told_knows_what_is_there];

/// What somebody knows of a site who reads again only what is told.
#[derive(Default)]
struct Reader {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Reader {
    /// Forgets what was at a path and below, and reads what is there now.
    fn read(&mut self, root: &Path, path: &Path) {
        self.files.retain(|known, _| !known.starts_with(path));
        let place = root.join(path);
        // A link is read if it leads to another folder of `content/`, as `source` reads it.
        let leads = fs::canonicalize(&place).ok();
        if let Some(leads) = leads.filter(|leads| leads.starts_with(root.join("content")))
            && leads.is_dir()
        {
            for entry in fs::read_dir(&leads).into_iter().flatten().flatten() {
                let below = path.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_symlink() && path.components().count() > 1 => {}
                    Ok(_) => self.read(root, &below),
                    Err(_) => {}
                }
            }
        } else if let Ok(bytes) = fs::read(&place) {
            self.files.insert(path.to_owned(), bytes);
        }
    }
}

impl Reader {
    fn hear(&mut self, root: &Path, changes: Changes) {
        match changes {
            Changes::Everything => panic!("so little is no reason to lose anything"),
            // A sentinel is written in two steps, and may be told twice: the second time, nobody waits for it any more.
            Changes::Paths(paths) => {
                paths.iter().filter(|path| path.starts_with("content")).for_each(|path| self.read(root, path));
            }
        }
    }
}

/// Returns the files that are not the same in both, with what is in them.
fn differences(known: &BTreeMap<PathBuf, Vec<u8>>, there: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let paths: BTreeSet<&PathBuf> = known.keys().chain(there.keys()).collect();
    let text = |bytes: Option<&Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    paths
        .into_iter()
        .filter(|path| known.get(*path) != there.get(*path))
        .map(|path| format!("{}: known {:?}, there {:?}", path.display(), text(known.get(path)), text(there.get(path))))
        .collect()
}

/// Does one of all the things that can be done to files, without a pause; what is not possible is not done.
fn deed(root: &Path, number: u64, random: &mut impl FnMut(u64) -> u64) {
    let folder = |random: &mut dyn FnMut(u64) -> u64| match random(3) {
        0 => format!("content/{}", random(4)),
        1 => format!("content/{}/{}", random(4), random(3)),
        _ => format!("content/{}/{}/{}", random(4), random(3), random(2)),
    };
    let file = |random: &mut dyn FnMut(u64) -> u64| format!("{}/{}.md", folder(random), random(3));
    let (one, other) = (root.join(file(random)), root.join(file(random)));
    let (here, there) = (root.join(folder(random)), root.join(folder(random)));
    // What cannot be done, because it is not there or is in the way, is left: the next deed may be able to.
    let _ = match random(12) {
        0..=3 => fs::create_dir_all(one.parent().unwrap()).and_then(|()| fs::write(&one, number.to_string())),
        4 => fs::write(&one, number.to_string()),
        5 => fs::write(other.with_extension("tmp"), number.to_string())
            .and_then(|()| fs::rename(other.with_extension("tmp"), &one)),
        6 => fs::rename(&one, &other),
        7 => fs::rename(&here, &there),
        8 => fs::remove_file(&one),
        9 => fs::remove_dir_all(&here),
        10 => symlink(random(4).to_string(), root.join(format!("content/link{}", random(2)))),
        _ => fs::remove_file(root.join(format!("content/link{}", random(2)))),
    };
}

fn whoever_reads_what_is_told_knows_what_is_there() {
    let mut desk = Desk::new(&["content/0/0.md"]);
    let root = fs::canonicalize(desk.folder.path()).unwrap();
    let mut reader = Reader::default();
    reader.read(&root, Path::new("content"));
    let mut state = 1_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for round in 0..40 {
        // Some rounds are one deed, others are more than fit into a batch.
        for number in 0..1 + random(400) {
            deed(&root, round * 1_000 + number, &mut random);
            while let Ok(changes) = desk.inbox.try_recv() {
                reader.hear(&root, changes);
            }
        }
        let told = desk.told(|_| {});
        assert!(!told.everything);
        told.paths.iter().for_each(|path| reader.read(&root, path));
        let mut fresh = Reader::default();
        fresh.read(&root, Path::new("content"));
        assert!(reader.files == fresh.files, "round {round}: {:#?}", differences(&reader.files, &fresh.files));
    }
}
