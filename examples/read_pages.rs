//! Measures the reading of pages: `read_pages FOLDER…` reads every HTML file below, on one thread, in memory.
//!
//! Prints one line of JSON for each folder: how many pages and bytes, how many pages the reader in one pass took, and the
//! megabytes (10^6 bytes) a second of [`page::read`] and of html5ever's tree, in turn in the same run.
//! `scripts/bench-check` makes the pages and a table of it.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use watchpost::check::page::{self, PageFacts};

/// How often each reader reads everything.
const ROUNDS: usize = 5;

#[expect(clippy::print_stdout, reason = "it is a measurement, and this is its result")]
#[expect(clippy::print_stderr, reason = "whoever names no folder is told so")]
fn main() -> std::io::Result<()> {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    if folders.is_empty() {
        eprintln!("usage: read_pages FOLDER…");
    }
    for folder in folders {
        let mut pages = Vec::new();
        gather(Path::new(&folder), &mut pages)?;
        let bytes: usize = pages.iter().map(Vec::len).sum();
        let quick = pages.iter().filter(|page| page::read_quickly(page).is_some()).count();
        let differ = pages.iter().filter(|page| page::read(page) != page::read_by_tree(page)).count();
        let (mut read, mut tree) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            read.push(time(&pages, page::read));
            tree.push(time(&pages, page::read_by_tree));
        }
        let rate = |times: &mut Vec<Duration>| {
            times.sort();
            bytes as f64 / 1e6 / times[ROUNDS / 2].as_secs_f64()
        };
        let (read, tree) = (rate(&mut read), rate(&mut tree));
        println!(
            "{{\"folder\": {:?}, \"pages\": {}, \"bytes\": {bytes}, \"quick\": {quick}, \"differ\": {differ}, \"read\": {read:.1}, \
             \"tree\": {tree:.1}}}",
            folder.to_string_lossy(),
            pages.len(),
        );
    }
    Ok(())
}

fn time(pages: &[Vec<u8>], read: fn(&[u8]) -> PageFacts) -> Duration {
    let start = Instant::now();
    for page in pages {
        black_box(read(black_box(page)));
    }
    start.elapsed()
}

fn gather(folder: &Path, pages: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            gather(&path, pages)?;
        } else if path.extension().is_some_and(|ending| ending == "html" || ending == "htm") {
            pages.push(std::fs::read(&path)?);
        }
    }
    Ok(())
}
