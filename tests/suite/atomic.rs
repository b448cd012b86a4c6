//! A reader, or a machine that stops, sees the old site or the new one and nothing between.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::tests;
use crate::site::{BLOG, Run, Site};

tests![
    a_build_that_is_killed_leaves_the_old_site_or_the_new_one,
    a_reader_never_misses_the_home_page,
    what_a_killed_build_left_is_removed_by_the_next,
];

/// How many times a build is killed.
const KILLS: u32 = 40;

/// Writes every post in one version.
fn version(site: &Site, version: u32) {
    for number in 0..60 {
        let post = format!("+++\ntitle = \"Post {number}\"\ndate = 2026-01-01\n+++\nversion-{version}.\n");
        site.write(&format!("content/posts/p{number}.md"), post);
    }
    // One page that only this version has.
    let only =
        format!("+++\ntitle = \"Only\"\ndate = 2026-01-01\nslug = \"only-{version}\"\n+++\nversion-{version}.\n");
    site.write("content/posts/only.md", only);
}

/// Returns the versions that the published posts speak of, and the number of files.
fn published(site: &Site) -> (BTreeSet<String>, BTreeMap<String, Vec<u8>>) {
    let files = site.public();
    let versions = files
        .iter()
        .filter(|(path, _)| path.starts_with("posts/p") || path.starts_with("posts/only"))
        .filter_map(|(_, bytes)| {
            let text = String::from_utf8_lossy(bytes);
            let (_, rest) = text.split_once("<p>version-")?;
            Some(rest.split('.').next()?.to_owned())
        })
        .collect();
    (versions, files)
}

fn litter(site: &Site) -> Vec<String> {
    let names =
        fs::read_dir(site.root()).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".public.stage")).collect()
}

fn a_build_that_is_killed_leaves_the_old_site_or_the_new_one() {
    let mut site = Site::new();
    version(&site, 0);
    let began = Instant::now();
    let run = site.build().exit(0);
    let whole = began.elapsed() + Duration::from_millis(10);
    let count = run.site.public().len();
    site = run.then();
    let (mut kept, mut replaced, mut current) = (0, 0, "0".to_owned());
    for number in 1..=KILLS {
        version(&site, number);
        let mut child = site.command(BLOG).arg("build").stderr(std::process::Stdio::null()).spawn().unwrap();
        // The moments are spread over the whole build, more densely towards its end, where it promotes.
        let share = 1.0 - (1.0 - f64::from(number) / f64::from(KILLS)).powi(2);
        thread::sleep(whole.mul_f64(share));
        let _ = child.kill();
        child.wait().unwrap();
        let (versions, files) = published(&site);
        assert_eq!(versions.len(), 1, "kill {number}: the published site is a mixture of {versions:?}");
        assert_eq!(files.len(), count, "kill {number}: files are missing or left over");
        let version = versions.into_iter().next().unwrap();
        assert!(version == current || version == number.to_string(), "kill {number}: {version} after {current}");
        match version == current {
            true => kept += 1,
            false => replaced += 1,
        }
        current = version;
    }
    assert!(kept > 0, "no kill came before the promotion");
    let run = site.build().exit(0);
    assert!(litter(&run.site).is_empty(), "{:?} ({kept} kept, {replaced} replaced)", litter(&run.site));
    assert_eq!(published(&run.site).0, BTreeSet::from([KILLS.to_string()]));
}

fn a_reader_never_misses_the_home_page() {
    let mut site = Site::new();
    version(&site, 0);
    site = site.build().exit(0).then();
    let home = site.path("public/index.html");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let page = fs::read_to_string(&home).expect("the home page is always there");
                assert!(page.trim_end().ends_with("</html>"), "the home page is cut");
                reads += 1;
            }
            reads
        });
        for number in 1..=15 {
            version(&site, number);
            let run: Run = site.build();
            site = run.exit(0).then();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().expect("the reader found nothing wrong") > 100);
    });
}

fn what_a_killed_build_left_is_removed_by_the_next() {
    let site = Site::new();
    version(&site, 0);
    let run = site.build().exit(0);
    // What a build leaves that is killed while it writes, as far as another program can make it.
    let container = run.site.path(".public.stage-99999999");
    fs::create_dir_all(container.join("site")).unwrap();
    let run = run.then().build().exit(0);
    assert!(litter(&run.site).is_empty(), "{:?}", litter(&run.site));
}
