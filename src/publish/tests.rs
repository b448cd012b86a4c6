//! What publishing into a store promises, over a store in memory that fails, ends or is written to by others at any request.

mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use self::memory::{Event, Memory};
use super::carry::Origin;
use super::record;
use super::stores::{earlier, publish_into};
use super::{Done, Leave, Order, Progress, Shipment};
use crate::config::PublishTarget;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::guard::dial::Network;
use crate::manifest::{Contract, DEPLOYED, Entry, FileKind, Manifest, is_deployed};
use crate::paths::{BaseUrl, OutPath};
use crate::store::{Dress, Store as _, When};

struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str, _: usize) {}
    fn one(&self) {}
}

/// A built site: pages that name assets, written to a folder.
fn site(pages: &[(&str, &str)], assets: &[(&str, &str)], hidden: &[&str]) -> (tempfile::TempDir, Shipment) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = BTreeMap::new();
    for (path, text) in pages.iter().chain(assets) {
        write(folder.path(), path, text.as_bytes());
        let kind = if path.ends_with(".html") { FileKind::Page } else { FileKind::Asset };
        files.insert((*path).to_owned(), Entry::of(Digest::of(text), 1, kind));
    }
    let manifest = Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), files);
    let unlisted: BTreeSet<OutPath> = hidden.iter().map(|path| OutPath::new(*path)).collect();
    for (path, bytes) in manifest.deployed(&Contract::default(), &unlisted) {
        write(folder.path(), path.as_str(), &bytes);
    }
    let shipment = Shipment::read(folder.path(), None).unwrap();
    (folder, shipment)
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Three editions of a site: assets come, change and go.
fn editions() -> Vec<(tempfile::TempDir, Shipment)> {
    vec![
        site(
            &[("index.html", "one a.css b.js"), ("posts/x/index.html", "x a.css"), ("posts/y/index.html", "y b.js")],
            &[("a.css", "a1"), ("b.js", "b1"), ("c.png", "c"), ("d.png", "d"), ("feed.xml", "f1")],
            &["posts/y/index.html"],
        ),
        site(
            &[("index.html", "two n.css b.js"), ("posts/x/index.html", "x2 n.css"), ("posts/z/index.html", "z b.js")],
            &[("n.css", "n"), ("b.js", "b2"), ("c.png", "c"), ("d.png", "d"), ("feed.xml", "f2"), ("e.png", "e")],
            &["posts/z/index.html"],
        ),
        site(
            &[("index.html", "three n.css b.js"), ("posts/x/index.html", "x2 n.css"), ("posts/z/index.html", "z b.js")],
            &[("n.css", "n2"), ("b.js", "b1"), ("c.png", "c"), ("d.png", "d"), ("feed.xml", "f3"), ("g.png", "g")],
            &["posts/z/index.html"],
        ),
    ]
}

fn target() -> PublishTarget {
    PublishTarget {
        name: "test".to_owned(),
        kind: "folder".to_owned(),
        to: "memory".to_owned(),
        endpoint: None,
        region: None,
        account: None,
        branch: String::new(),
        ssh: Vec::new(),
        keep: 3,
        compress: false,
        cache: BTreeMap::new(),
        purge_file: None,
        purge_command: Vec::new(),
        check_live: false,
        ping: None,
        ping_env: None,
        credentials: BTreeMap::new(),
    }
}

fn publish_with(store: &Memory, shipment: &Shipment, origin: Origin, leave: Leave) -> Result<Done, Vec<Diagnostic>> {
    let (target, network) = (target(), Network::default());
    let root = Path::new(".");
    let now = Timestamp::UNIX_EPOCH;
    let order = Order { target: &target, root, network: &network, now, leave, progress: &Quiet };
    publish_into(store, &order, shipment, origin)
}

fn publish(store: &Memory, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    publish_with(store, shipment, Origin::Folder, Leave { remove_many: true, ..Leave::default() })
}

/// Asserts that every page of the store finds the assets that it names.
fn assert_whole(store: &Memory, when: &str) {
    let files = store.files();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        for name in text.split(' ').filter(|word| word.contains('.')) {
            assert!(files.contains_key(name), "{when}: `{path}` names `{name}`, which is not there");
        }
    }
    assert_eq!(files.get("foreign/key.txt").map(Vec::as_slice), Some(b"mine".as_slice()), "{when}");
}

/// Asserts that the store holds a shipment as it is.
fn assert_holds(store: &Memory, shipment: &Shipment, when: &str) {
    let files = store.files();
    assert_eq!(files.get(DEPLOYED), Some(&shipment.manifest), "{when}");
    for (path, parcel) in &shipment.files {
        let found = files.get(path).map(Digest::of);
        assert_eq!(found, Some(parcel.digest), "{when}: `{path}`");
    }
}

/// A store in which the first editions were published.
fn begun(editions: &[(tempfile::TempDir, Shipment)], count: usize) -> Memory {
    let store = Memory::with([("foreign/key.txt", "mine")]);
    for (_, shipment) in &editions[..count] {
        publish(&store, shipment).unwrap();
        assert_holds(&store, shipment, "at first");
    }
    store
}

fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn wherever_a_run_ends_no_page_lacks_an_asset_and_the_next_run_goes_on() {
    let editions = editions();
    for count in 0..editions.len() {
        let (_, next) = &editions[count];
        for event in [Event::Ends, Event::Fails, Event::LosesItsAnswer] {
            for request in 0.. {
                let when = format!("edition {count}, {event:?} at request {request}");
                let store = begun(&editions, count);
                store.plan(request, event);
                let outcome = publish(&store, next);
                let happened = store.has_happened();
                store.heal();
                assert_whole(&store, &when);
                let before = store.writes();
                let again = publish(&store, next).unwrap_or_else(|problems| panic!("{when}: {problems:?}"));
                assert_whole(&store, &when);
                assert_holds(&store, next, &when);
                let needless: Vec<String> =
                    store.needless_since(before).into_iter().filter(|key| !is_deployed(key)).collect();
                assert_eq!(needless, Vec::<String>::new(), "{when}");
                assert!(publish(&store, next).unwrap().is_there, "{when}");
                if outcome.is_ok() && !happened {
                    assert!(again.is_there, "{when}");
                    break;
                }
            }
        }
    }
}

#[test]
fn another_build_takes_over_from_a_run_that_was_killed_and_leaves_nothing_of_it() {
    let editions = editions();
    let ((_, second), (_, third)) = (&editions[1], &editions[2]);
    for request in 0.. {
        let when = format!("killed at request {request}");
        let store = begun(&editions, 1);
        store.plan(request, Event::Ends);
        let outcome = publish(&store, second);
        let happened = store.has_happened();
        store.heal();
        let leave = Leave { remove_many: true, take_over: true, ..Leave::default() };
        publish_with(&store, third, Origin::Folder, leave).unwrap_or_else(|problems| panic!("{when}: {problems:?}"));
        assert_whole(&store, &when);
        assert_holds(&store, third, &when);
        // What only the killed run had is gone after one more deployment.
        publish(&store, &editions[0].1).unwrap();
        publish(&store, third).unwrap();
        assert!(!store.files().contains_key("e.png"), "{when}");
        if outcome.is_ok() && !happened {
            break;
        }
    }
}

#[test]
fn of_two_who_publish_at_once_one_wins_whole_and_the_other_hears_of_it() {
    let editions = editions();
    for request in 0.. {
        let when = format!("the other comes at request {request}");
        let store = begun(&editions, 1);
        let (_, other) = &editions[2];
        store.meet(request, other, |store, other| publish(store, other).is_ok());
        let first = publish(&store, &editions[1].1);
        let Some(second) = store.met() else {
            first.unwrap();
            break;
        };
        match (&first, second) {
            (Ok(_), false) => assert_holds(&store, &editions[1].1, &when),
            (Err(problems), true) => {
                assert_eq!(codes(problems), ["publish/conflict"], "{when}");
                assert_holds(&store, other, &when);
            }
            (Ok(_), true) => {
                // One after the other: the later one stands.
                let later = if request == 0 { &editions[1].1 } else { other };
                assert_holds(&store, later, &when);
            }
            (Err(problems), false) => panic!("{when}: both failed: {problems:?}"),
        }
        assert_whole(&store, &when);
    }
}

#[test]
fn of_two_claims_that_a_careless_store_lets_through_only_the_later_goes_on() {
    let editions = editions();
    let pages = |store: &Memory| ["index.html", "posts/x/index.html"].map(|path| store.files().get(path).cloned());
    let is_refused = |request: &usize| {
        let store = begun(&editions, 1);
        let before = pages(&store);
        store.meet(*request, &editions[2].1, |store, _| {
            let dress = Dress::of_record(b"another claim");
            store.put(&record::key(), b"another claim".to_vec(), &dress, &When::Always).is_ok()
        });
        let problems = publish(&store, &editions[1].1).err().unwrap_or_default();
        codes(&problems) == ["publish/conflict"] && pages(&store) == before
    };
    // After the record is read: more reads, the claim, the control, looks at the claim, and six of each: what is kept, what is written, what is read back.
    let refused = (1..40).take_while(is_refused).count();
    assert!(refused >= 15, "until the pages: {refused}");
}

#[test]
fn what_a_build_gives_up_stays_for_one_deployment_and_foreign_files_for_ever() {
    let editions = editions();
    let store = begun(&editions, 2);
    assert!(store.files().contains_key("a.css"), "a reader may still hold a page that names it");
    publish(&store, &editions[2].1).unwrap();
    assert!(!store.files().contains_key("a.css"));
    assert!(!store.files().contains_key("posts/y/index.html"), "nothing links to it, and it goes all the same");
    assert!(store.files().contains_key("e.png"));
    assert_whole(&store, "at the end");
}

#[test]
fn a_page_that_nothing_links_to_is_named_in_no_record() {
    let store = begun(&editions(), 3);
    for key in [record::key(), DEPLOYED.to_owned()] {
        let text = String::from_utf8(store.files()[&key].clone()).unwrap();
        assert!(!text.contains("posts/y") && !text.contains("posts/z"), "{key}: {text}");
    }
}

#[test]
fn an_earlier_deployment_comes_back_byte_for_byte_wherever_going_back_fails() {
    let editions = editions();
    for steps in [1, 2] {
        for request in 0.. {
            let when = format!("{steps} back, failed at request {request}");
            let store = begun(&editions, 3);
            let (_, wanted) = &editions[2 - steps];
            let build = wanted.build.to_string();
            let back = |store: &Memory| {
                let shipment = earlier(store, Some(&build))?;
                publish_with(store, &shipment, Origin::Kept, Leave { remove_many: true, ..Leave::default() })
            };
            store.plan(request, Event::Ends);
            let outcome = back(&store);
            let happened = store.has_happened();
            store.heal();
            assert_whole(&store, &when);
            back(&store).unwrap_or_else(|problems| panic!("{when}: {problems:?}"));
            assert_holds(&store, wanted, &when);
            if outcome.is_ok() && !happened {
                break;
            }
        }
    }
}

#[test]
fn a_store_that_writes_whatever_the_condition_is_refused_unless_that_is_allowed() {
    let editions = editions();
    let store = Memory::with([("foreign/key.txt", "mine")]).without_conditions();
    assert_eq!(codes(&publish(&store, &editions[0].1).unwrap_err()), ["publish/unconditional"]);
    assert!(!store.files().contains_key("index.html"));
    let leave = Leave { unconditional: true, ..Leave::default() };
    publish_with(&store, &editions[0].1, Origin::Folder, leave).unwrap();
    assert_holds(&store, &editions[0].1, "when it is allowed");
}

#[test]
fn more_than_a_quarter_is_given_up_only_if_that_is_allowed() {
    let store = begun(&editions(), 2);
    let before = store.files();
    let (_folder, small) = site(&[("index.html", "two n.css")], &[("n.css", "n")], &[]);
    let problems = publish_with(&store, &small, Origin::Folder, Leave::default()).unwrap_err();
    assert_eq!(codes(&problems), ["publish/removes-many"]);
    assert_eq!(store.files(), before);
    publish(&store, &small).unwrap();
}

#[test]
fn what_cannot_be_gone_back_to_is_not_kept() {
    let editions = editions();
    let store = begun(&editions, 3);
    for _ in 0..4 {
        for (_, shipment) in &editions {
            publish(&store, shipment).unwrap();
        }
    }
    let files = store.files();
    let kept = files.keys().filter(|key| key.contains("/kept/")).count();
    let lists = files.keys().filter(|key| is_deployed(key)).count();
    assert!(kept <= 3 * 9, "{kept} earlier forms for 3 deployments of 9 files");
    assert!(lists - kept < 12, "{lists}");
}

#[test]
fn a_folder_that_is_not_what_was_built_is_not_published() {
    let (folder, _) = site(&[("index.html", "one a.css")], &[("a.css", "a")], &[]);
    write(folder.path(), "a.css", b"b");
    write(folder.path(), "more.txt", b"more");
    std::fs::remove_file(folder.path().join("index.html")).unwrap();
    let problems = Shipment::read(folder.path(), None).unwrap_err();
    assert_eq!(codes(&problems), ["publish/changed"; 3]);
    assert!(problems.last().unwrap().hint.as_deref().unwrap().contains("build again"));
}

#[test]
fn one_changed_page_costs_a_handful_of_requests_however_large_the_site() {
    let pages: Vec<(String, String)> = (0..2_000).map(|n| (format!("p/{n}/index.html"), format!("page {n}"))).collect();
    let mut rows: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_one, first) = site(&rows, &[], &[]);
    rows[7].1 = "changed";
    let (_two, second) = site(&rows, &[], &[]);
    let store = Memory::with([]);
    publish(&store, &first).unwrap();
    let before = store.requests();
    let done = publish(&store, &second).unwrap();
    assert_eq!((done.uploaded, done.changed.len()), (2, 1), "the page, and the list that names it");
    let requests = store.requests() - before;
    assert!(requests <= 14, "{requests} requests for one page");
}
