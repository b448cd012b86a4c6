//! What a whole run does to an output folder: each test stages and promotes in a folder of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::manifest::{Contract, FileKind};
use crate::output::promote::promote_by;
use crate::output::state::{Identity, Journal, Way};
use crate::paths::{BaseUrl, OutPath, Route};
use crate::render::{Body, File};

/// A site's folder with `public/` below it.
pub(super) struct Place(tempfile::TempDir);

impl Place {
    pub(super) fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.root().join("site.toml"), "").unwrap();
        place
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn out(&self) -> PathBuf {
        self.root().join("public")
    }

    pub(super) fn open(&self) -> Result<Output, Vec<Diagnostic>> {
        Output::open(self.root(), &self.out())
    }

    pub(super) fn stage(&self, output: &Output, pages: &[(&str, &str)]) -> (Staged, Manifest) {
        let bodies: BTreeMap<Route, &str> =
            pages.iter().map(|(route, body)| (Route::new(*route).unwrap(), *body)).collect();
        let routes: Vec<&Route> = bodies.keys().collect();
        let mut staged = stage(output, &routes, |route, _| Ok(page(route, Body::Bytes(bodies[route].into())))).unwrap();
        staged.settle(output).unwrap();
        let mut manifest = Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), staged.files.clone());
        for (path, bytes) in manifest.deployed(&Contract::default(), &[OutPath::new("secret/index.html")].into()) {
            staged.add(output, &path, bytes, FileKind::Asset).unwrap();
        }
        manifest.files = staged.files.clone();
        (staged, manifest)
    }

    pub(super) fn build(&self, way: Way, pages: &[(&str, &str)]) -> Promotion {
        let mut output = self.open().unwrap();
        let (staged, manifest) = self.stage(&output, pages);
        promote_by(way, &mut output, staged, &manifest).unwrap()
    }

    /// Returns every file of the output folder with its text, but for the manifest that lies in it.
    pub(super) fn files(&self) -> BTreeMap<String, String> {
        fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), &format!("{name}/"), files),
                    false => _ = files.insert(name, fs::read_to_string(entry.path()).unwrap()),
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(&self.out(), "", &mut files);
        files.retain(|path, _| !path.starts_with(".well-known"));
        files
    }

    /// Returns what lies in the root beside the site.
    pub(super) fn litter(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.root())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.retain(|name| name.starts_with(".public"));
        names.sort();
        names
    }
}

pub(super) fn page(route: &Route, body: Body) -> Supply {
    Supply::File(File {
        route: route.clone(),
        out: route.out_path(),
        body,
        kind: FileKind::Page,
        source: None,
        layout: None,
        section: None,
        no_analytics: false,
        canonical: None,
    })
}

pub(super) fn texts(pages: &[(&str, &str)]) -> BTreeMap<String, String> {
    pages.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn each_way_replaces_the_old_site_and_leaves_nothing_behind() {
    for way in [Way::Exchange, Way::Renames, Way::InPlace] {
        let place = Place::new();
        fs::create_dir(place.out()).unwrap();
        place.build(
            way,
            &[("/", "one"), ("/old/", "gone soon"), ("/same.txt", "same"), ("/turns", "file"), ("/x/", "x")],
        );
        place.build(
            way,
            &[("/", "two"), ("/new/", "new"), ("/same.txt", "same"), ("/turns/", "folder"), ("/x", "file")],
        );
        let wanted = [
            ("index.html", "two"),
            ("new/index.html", "new"),
            ("same.txt", "same"),
            ("turns/index.html", "folder"),
            ("x", "file"),
        ];
        assert_eq!(place.files(), texts(&wanted), "{way:?}");
        let spare: &[&str] = if way == Way::Exchange { &[".public.spare"] } else { &[] };
        assert_eq!(place.litter(), spare, "{way:?}");
        assert_eq!(place.open().unwrap().manifest().unwrap().files.len(), 5 + 2);
    }
}

#[test]
fn only_an_exchange_goes_without_a_note() {
    for (way, notes) in [(Way::Exchange, 0), (Way::Renames, 1), (Way::InPlace, 1)] {
        let place = Place::new();
        fs::create_dir(place.out()).unwrap();
        assert_eq!(place.build(way, &[("/", "one")]).notes.len(), notes, "{way:?}");
    }
}

#[test]
fn modes_do_not_depend_on_the_umask_or_the_source() {
    let place = Place::new();
    let source = place.root().join("photo.jpg");
    fs::write(&source, "x").unwrap();
    fs::set_permissions(&source, fs::Permissions::from_mode(0o4700)).unwrap();
    let mut output = place.open().unwrap();
    let (page_route, photo) = (Route::new("/a/b/").unwrap(), Route::new("/a/photo.jpg").unwrap());
    let staged = stage(&output, &[&page_route, &photo], |route, _| {
        let body = if *route == photo { Body::Copy(source.clone()) } else { Body::Bytes(b"page".to_vec()) };
        Ok(page(route, body))
    })
    .unwrap();
    let manifest = Manifest::new(&BaseUrl::parse("https://blog.example/").unwrap(), staged.files.clone());
    assert_eq!(manifest.files["a/photo.jpg"].digest, crate::digest::Digest::of("x"));
    promote(&mut output, staged, &manifest).unwrap();
    let mode = |path: &str| fs::metadata(place.out().join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(""), mode("a"), mode("a/b")), (0o755, 0o755, 0o755));
    assert_eq!((mode("a/b/index.html"), mode("a/photo.jpg")), (0o644, 0o644));
}

#[test]
fn a_folder_with_a_foreign_file_is_refused_by_its_name() {
    let place = Place::new();
    place.build(Way::Exchange, &[("/", "one")]);
    fs::write(place.out().join("CNAME"), "blog.example").unwrap();
    let problems = place.open().unwrap_err();
    assert_eq!(problems[0].code, "output/occupied");
    assert!(problems[0].message.contains("`CNAME`"), "{}", problems[0].message);
    assert_eq!(place.files()["CNAME"], "blog.example");
}

#[test]
fn a_folder_that_lost_its_memory_is_known_by_the_manifest_in_it() {
    let place = Place::new();
    let mut output = place.open().unwrap();
    let (staged, manifest) = place.stage(&output, &[("/", "one"), ("/secret/", "two")]);
    promote(&mut output, staged, &manifest).unwrap();
    drop(output);
    fs::remove_dir_all(place.root().join(".blog")).unwrap();
    place.open().unwrap();
}

#[test]
fn a_folder_that_no_build_may_own_is_refused() {
    let place = Place::new();
    for folder in ["content", "static", "themes/paper"] {
        fs::create_dir_all(place.root().join(folder)).unwrap();
    }
    std::os::unix::fs::symlink(place.root(), place.root().join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.root().join("dangling")).unwrap();
    for out in [".", "..", "/", "content", "content/../static", "themes/paper", "link", "dangling", "site.toml"] {
        let problems = Output::open(place.root(), &place.root().join(out)).unwrap_err();
        assert_eq!(problems[0].code, "output/unsafe", "{out}: {}", problems[0].message);
    }
}

#[test]
fn an_output_folder_that_is_a_link_is_replaced_where_it_leads() {
    let place = Place::new();
    let real = place.root().join("elsewhere");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, place.out()).unwrap();
    place.build(Way::Exchange, &[("/", "one")]);
    assert!(fs::symlink_metadata(place.out()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(real.join("index.html")).unwrap(), "one");
}

#[test]
fn a_second_builder_is_sent_away() {
    let place = Place::new();
    let _first = place.open().unwrap();
    assert_eq!(place.open().unwrap_err()[0].code, "output/busy");
}

#[test]
fn what_is_refused_can_be_looked_at_until_the_next_build() {
    let place = Place::new();
    place.build(Way::Exchange, &[("/", "good")]);
    let output = place.open().unwrap();
    let kept = place.stage(&output, &[("/", "bad")]).0.keep();
    drop(output);
    assert_eq!(fs::read_to_string(kept.join("index.html")).unwrap(), "bad");
    assert_eq!(place.files(), texts(&[("index.html", "good")]));
    place.open().unwrap();
    assert!(!kept.exists() && place.litter().is_empty());
}

#[test]
fn a_page_that_cannot_be_rendered_leaves_no_trace_and_all_of_them_are_named() {
    let place = Place::new();
    let output = place.open().unwrap();
    let routes: Vec<Route> = (0..9).map(|number| Route::new(format!("/{number}/")).unwrap()).collect();
    let routes: Vec<&Route> = routes.iter().collect();
    let problems =
        stage(&output, &routes, |route, _| Err(vec![Diagnostic::error("x/y", route.to_string())])).unwrap_err();
    let named: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(named, ["/0/", "/1/", "/2/", "/3/", "/4/", "/5/", "/6/", "/7/", "/8/"]);
    drop(output);
    assert!(place.litter().is_empty());
}

#[test]
fn a_file_where_a_folder_is_needed_is_the_sites_fault() {
    let place = Place::new();
    let output = place.open().unwrap();
    let (one, other) = (Route::new("/a").unwrap(), Route::new("/a/").unwrap());
    let problems = stage(&output, &[&one, &other], |route, _| Ok(page(route, Body::Bytes(Vec::new())))).unwrap_err();
    assert_eq!(problems[0].code, "output/twice");
}

#[test]
fn a_promotion_that_was_stopped_is_finished_or_undone_wherever_it_stopped() {
    for way in [Way::Exchange, Way::Renames, Way::InPlace] {
        for moment in 0..4 {
            let place = Place::new();
            place.build(Way::Exchange, &[("/", "old"), ("/old/", "old")]);
            let output = place.open().unwrap();
            let (mut staged, manifest) = place.stage(&output, &[("/", "new"), ("/new/", "new")]);
            let journal = Journal { container: staged.container.clone(), tree: staged.tree, way };
            staged.hand_over();
            let (site, old) = (staged.container.join("site"), staged.container.join("old"));
            output.state.begin(&journal, &manifest).unwrap();
            // What each way has done by the moment at which it was killed.
            let is_new = match (way, moment) {
                (Way::Exchange | Way::Renames, 0) => false,
                (Way::Exchange, _) => {
                    fs::rename(place.out(), &old).unwrap();
                    fs::rename(&site, place.out()).unwrap();
                    fs::rename(&old, &site).unwrap();
                    true
                }
                (Way::Renames, 1) => {
                    fs::rename(place.out(), &old).unwrap();
                    true
                }
                (Way::Renames, _) => {
                    fs::rename(place.out(), &old).unwrap();
                    fs::rename(&site, place.out()).unwrap();
                    true
                }
                (Way::InPlace, _) => {
                    fs::rename(site.join(".well-known"), place.out().join(".well-known-new")).unwrap();
                    fs::remove_dir_all(place.out().join(".well-known")).unwrap();
                    fs::rename(place.out().join(".well-known-new"), place.out().join(".well-known")).unwrap();
                    let arrival = place.out().join(owned::TEMPORARY);
                    fs::create_dir_all(arrival.join("new")).unwrap();
                    fs::write(arrival.join("new/index.html"), "new").unwrap();
                    match moment {
                        0 => fs::write(arrival.join("index.html"), "new").unwrap(),
                        _ => fs::write(place.out().join("index.html"), "new").unwrap(),
                    }
                    true
                }
            };
            match (way, moment) {
                (Way::Exchange, 2) => fs::remove_dir_all(site.join("old")).unwrap(),
                // In place, the notes are closed only after everything is replaced: no fourth moment.
                (Way::Exchange | Way::Renames, 3) => output.state.finish().unwrap(),
                _ => {}
            }
            drop((output, staged));

            let output = place.open().unwrap_or_else(|problems| panic!("{way:?} {moment}: {problems:?}"));
            let wanted = match is_new {
                true => texts(&[("index.html", "new"), ("new/index.html", "new")]),
                false => texts(&[("index.html", "old"), ("old/index.html", "old")]),
            };
            assert_eq!(place.files(), wanted, "{way:?} {moment}");
            assert_eq!(output.manifest().unwrap().files.len(), 2 + 2);
            let is_spare = place.litter().contains(&".public.spare".to_owned());
            let litter: &[&str] = if is_spare { &[".public.lock", ".public.spare"] } else { &[".public.lock"] };
            assert_eq!(place.litter(), litter, "{way:?} {moment}");
            drop(output);
            let pages = [("/", "newer"), ("/third/", "third")];
            place.build(Way::Exchange, &pages);
            place.build(Way::Exchange, &pages);
            let wanted = texts(&[("index.html", "newer"), ("third/index.html", "third")]);
            assert_eq!(place.files(), wanted, "{way:?} {moment}");
        }
    }
}

#[test]
fn a_foreign_file_that_turns_up_in_the_old_tree_is_left_and_named() {
    let place = Place::new();
    place.build(Way::Exchange, &[("/", "one")]);
    let mut output = place.open().unwrap();
    let (staged, manifest) = place.stage(&output, &[("/", "two")]);
    fs::write(place.out().join("mine.txt"), "precious").unwrap();
    promote(&mut output, staged, &manifest).unwrap();
    drop(output);
    let spare = place.root().join(".public.spare/site");
    for _ in 0..2 {
        let output = place.open().unwrap();
        assert_eq!(output.notes[0].code, "output/left");
        assert_eq!(fs::read_to_string(spare.join("mine.txt")).unwrap(), "precious");
        assert!(!spare.join("index.html").exists());
        drop(output);
        place.build(Way::Exchange, &[("/", "three")]);
    }
    assert_eq!(place.files(), texts(&[("index.html", "three")]));
}

#[test]
fn cleaning_removes_our_files_and_names_what_it_leaves() {
    let place = Place::new();
    place.build(Way::Exchange, &[("/", "one"), ("/a/", "a")]);
    fs::write(place.out().join("a/mine.txt"), "precious").unwrap();
    let cleaned = clean(place.root(), &place.out()).unwrap();
    assert_eq!(cleaned, Cleaned { files: 2 + 2, left: vec!["a/mine.txt".to_owned()], state: true });
    assert_eq!(place.files(), texts(&[("a/mine.txt", "precious")]));
    assert!(!place.root().join(".blog").exists() && place.litter().is_empty());
}

#[test]
fn a_tree_of_another_site_beside_ours_is_left_alone() {
    let place = Place::new();
    let other = place.root().join(".public.stage-1/site");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("mine.txt"), "precious").unwrap();
    place.build(Way::Exchange, &[("/", "one")]);
    assert!(other.join("mine.txt").exists());
    assert!(Identity::of(&other).is_some());
}
