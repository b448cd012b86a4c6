//! What becomes of the tree that the build before last has left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::manifest::FileKind;
use crate::output::state::Way;
use crate::output::tests::{Place, page, texts};
use crate::output::{Supply, clean, stage};
use crate::paths::Route;
use crate::render::Body;

/// Which file on the disk each path of the output folder is. The files are open, so that no later one gets the number of one
/// that was removed.
fn held(place: &Place) -> BTreeMap<String, fs::File> {
    let open = |path: &String| fs::File::open(place.out().join(path)).unwrap();
    place.files().into_keys().map(|path| (path.clone(), open(&path))).collect()
}

fn inode(file: &fs::File) -> u64 {
    file.metadata().unwrap().ino()
}

#[test]
fn what_stands_in_the_tree_before_the_last_is_not_written_again() {
    let place = Place::new();
    let pages = |home| [("/", home), ("/a/", "a"), ("/b/c/", "c"), ("/b/d.txt", "d")];
    // The clock of a disk may stand still for some milliseconds, and what may have changed after its manifest was written is
    // not believed: so the manifest is later.
    let build = |home| {
        place.build(Way::Exchange, &pages(home));
        let later = fs::metadata(place.out()).unwrap().modified().unwrap() + std::time::Duration::from_secs(9);
        let manifest = fs::File::options().write(true).open(place.root().join(".blog/state/manifest.json")).unwrap();
        manifest.set_modified(later).unwrap();
    };
    build("one");
    let first = held(&place);
    build("two");
    let second = held(&place);
    assert!(first.iter().all(|(path, file)| inode(&second[path]) != inode(file)), "no file is in both trees");
    build("three");
    let third = held(&place);
    assert_eq!(place.files()["index.html"], "three");
    let same: Vec<&String> = first.keys().filter(|path| inode(&third[*path]) == inode(&first[*path])).collect();
    assert_eq!(same, ["a/index.html", "b/c/index.html", "b/d.txt"]);
    build("three");
    assert_eq!(inode(&held(&place)["b/d.txt"]), inode(&second["b/d.txt"]));
    assert_eq!(place.litter(), [".public.spare"]);
    clean(place.root(), &place.out()).unwrap();
    assert!(place.litter().is_empty() && !place.out().exists());
}

#[test]
fn what_somebody_did_to_the_spare_tree_never_gets_out() {
    type Deed = fn(&Path);
    let deeds: [(&str, Deed); 9] = [
        ("another text of the same length", |site| fs::write(site.join("a/index.html"), "A").unwrap()),
        ("the same bytes, and the old time", |site| {
            let file = fs::File::options().write(true).open(site.join("a/index.html")).unwrap();
            let before = file.metadata().unwrap().modified().unwrap();
            std::io::Write::write_all(&mut &file, b"A").unwrap();
            file.set_modified(before).unwrap();
        }),
        ("another mode", |site| {
            fs::set_permissions(site.join("a/index.html"), fs::Permissions::from_mode(0o4777)).unwrap();
        }),
        ("another mode of a folder", |site| {
            fs::set_permissions(site.join("b"), fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("a second name", |site| {
            fs::hard_link(site.join("a/index.html"), site.join("../../linked")).unwrap();
        }),
        ("a file is gone", |site| fs::remove_file(site.join("a/index.html")).unwrap()),
        ("a folder is gone", |site| fs::remove_dir_all(site.join("b")).unwrap()),
        ("an empty folder", |site| fs::create_dir_all(site.join("e/f")).unwrap()),
        ("the deployed manifest", |site| fs::write(site.join(".well-known/watchpost.json"), "{}").unwrap()),
    ];
    for (name, deed) in deeds {
        let place = Place::new();
        let pages = [("/", "one"), ("/a/", "a"), ("/b/c/", "c")];
        place.build(Way::Exchange, &pages);
        place.build(Way::Exchange, &pages);
        deed(&place.root().join(".public.spare/site"));
        place.build(Way::Exchange, &pages);
        assert_eq!(
            place.files(),
            texts(&[("a/index.html", "a"), ("b/c/index.html", "c"), ("index.html", "one")]),
            "{name}"
        );
        let mode = |path: &str| fs::metadata(place.out().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("a/index.html"), mode("b"), place.out().join("e").exists()), (0o644, 0o755, false), "{name}");
        if let Ok(linked) = fs::read(place.root().join("linked")) {
            assert_eq!(linked, b"a", "{name}");
            assert_ne!(inode(&held(&place)["a/index.html"]), fs::metadata(place.root().join("linked")).unwrap().ino());
        }
    }
}

#[test]
fn a_link_or_a_file_of_others_in_the_spare_tree_keeps_it_from_use() {
    for name in ["mine.txt", "link", "a/index.html"] {
        let place = Place::new();
        place.build(Way::Exchange, &[("/", "one"), ("/a/", "a")]);
        place.build(Way::Exchange, &[("/", "two"), ("/a/", "a")]);
        let spare = place.root().join(".public.spare/site").join(name);
        if name == "mine.txt" {
            fs::write(&spare, "precious").unwrap();
        } else {
            let _ = fs::remove_file(&spare);
            std::os::unix::fs::symlink(place.root().join("site.toml"), &spare).unwrap();
        }
        let output = place.open().unwrap();
        assert_eq!(output.notes[0].code, "output/left", "{name}");
        drop(output);
        place.build(Way::Exchange, &[("/", "three"), ("/a/", "a")]);
        assert_eq!(place.files(), texts(&[("a/index.html", "a"), ("index.html", "three")]), "{name}");
        assert!(fs::symlink_metadata(spare).is_ok(), "{name}");
        assert!(place.root().join("site.toml").exists());
    }
}

#[test]
fn files_and_folders_change_into_each_other_over_three_builds() {
    let place = Place::new();
    let one = [("/x", "file"), ("/y/", "y"), ("/y/z/", "z"), ("/same", "s")];
    let other = [("/x/", "x"), ("/x/deep/er/", "d"), ("/y", "file"), ("/same", "s")];
    for pages in [&one, &other, &other, &one, &one, &other] {
        place.build(Way::Exchange, pages);
        let texts = pages.iter().map(|(route, text)| {
            let path = Route::new(*route).unwrap().out_path().as_str().to_owned();
            (path, (*text).to_owned())
        });
        assert_eq!(place.files(), texts.collect());
    }
}

#[test]
fn two_routes_of_one_file_are_refused_also_where_it_stands() {
    let place = Place::new();
    let pages = [("/", "one"), ("/a/", "a")];
    place.build(Way::Exchange, &pages);
    place.build(Way::Exchange, &pages);
    let output = place.open().unwrap();
    let route = Route::new("/a/").unwrap();
    let (path, digest) = (route.out_path(), crate::digest::Digest::of("a"));
    let problems = stage(&output, &[&route, &route], |route, staged| {
        let stands = staged.holds(path.as_str(), &digest);
        let entry = crate::manifest::Entry::of(digest, 1, FileKind::Page);
        Ok(if stands { Supply::Standing(path.clone(), entry) } else { page(route, Body::Bytes(b"a".to_vec())) })
    });
    assert_eq!(problems.unwrap_err()[0].code, "output/twice");
}

#[test]
fn a_copy_of_a_site_is_not_believed_to_hold_what_the_original_held() {
    let place = Place::new();
    let pages = [("/", "one"), ("/a/", "a")];
    place.build(Way::Exchange, &pages);
    place.build(Way::Exchange, &pages);
    // As `cp -r` leaves it: other folders, and a manifest that seems to be later than they are.
    // The originals stay open, so that no copy gets the number of one.
    let _originals = ["public", ".public.spare/site"].map(|folder| fs::File::open(place.root().join(folder)).unwrap());
    for folder in ["public", ".public.spare/site"] {
        let (folder, copy) = (place.root().join(folder), place.root().join("copy"));
        fs::create_dir_all(copy.join("a")).unwrap();
        for file in ["index.html", "a/index.html"] {
            fs::copy(folder.join(file), copy.join(file)).unwrap();
        }
        fs::write(copy.join("a/mine.txt"), "precious").unwrap();
        fs::remove_dir_all(&folder).unwrap();
        fs::rename(copy, folder).unwrap();
    }
    for manifest in ["manifest", "spare"] {
        let manifest = fs::File::options().write(true).open(place.root().join(format!(".blog/state/{manifest}.json")));
        let later = fs::metadata(place.out()).unwrap().modified().unwrap() + std::time::Duration::from_secs(9);
        manifest.unwrap().set_modified(later).unwrap();
    }
    let problems = place.open().unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("a/mine.txt")), "{problems:?}");
    fs::remove_file(place.out().join("a/mine.txt")).unwrap();
    let output = place.open().unwrap();
    assert!(output.spare.lock().unwrap().is_none());
    assert!(place.root().join(".public.spare/site/a/mine.txt").exists());
}
