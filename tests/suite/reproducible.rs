//! The same input gives the same bytes, whatever the machine.

use std::collections::BTreeMap;
use std::fs;

use crate::harness::tests;
use crate::site::{BLOG, Site};

tests![
    the_bytes_do_not_depend_on_the_machine,
    the_bytes_do_not_depend_on_the_order_of_files,
    twenty_builds_on_eight_threads_are_one,
    a_date_without_zone_is_read_in_the_sites_zone,
];

/// The files of a blog with something of everything that could depend on order or time.
fn files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = (0..40)
        .map(|number| {
            let day = number % 28 + 1;
            let text = format!(
                "+++\ntitle = \"Post {number}\"\ndate = 2026-{:02}-{day:02}\ntags = [\"t{}\", \"t{}\"]\n+++\n\
                 Text[^1] and [a link](@/posts/p{}.md).\n\n<!-- more -->\n\n## Part\n\n```rust\nfn f{number}() {{}}\n```\n\n[^1]: Note.\n",
                number % 10 + 1,
                number % 7,
                number % 3,
                (number + 1) % 40,
            );
            (format!("content/posts/p{number}.md"), text)
        })
        .collect();
    files.extend((0..10).map(|number| (format!("static/f{number}.txt"), format!("{number}"))));
    files.push((
        "site.toml".to_owned(),
        "title = \"Test\"\nbase_url = \"https://blog.example/\"\ntimezone = \"America/New_York\"\n\
         [taxonomies.tags]\nfeed = true\npaginate = 5\n[paginate]\nposts = 7\n[archives]\nby = [\"year\", \"month\"]\n\
         [[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"\n[[feeds]]\nformat = \"atom\"\npath = \"atom.xml\"\n"
            .to_owned(),
    ));
    files
}

fn site() -> Site {
    files().into_iter().fold(Site::empty(), |site, (path, text)| site.file(&path, text))
}

/// Fails with the path of the first file that two trees do not have in common.
#[track_caller]
pub(crate) fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>, how: &str) {
    let paths = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(one), paths(other), "{how}");
    for (path, bytes) in one {
        assert!(other[path] == *bytes, "{path} differs: {how}");
    }
}

fn the_bytes_do_not_depend_on_the_machine() {
    let usual = site().build().exit(0).site.public();
    assert!(usual.len() > 60, "the site is large enough to show something: {}", usual.len());
    for variables in [
        [("TZ", "Pacific/Kiritimati"), ("RAYON_NUM_THREADS", "1")],
        [("TZ", "Etc/GMT+12"), ("RAYON_NUM_THREADS", "2")],
        [("LANG", "tr_TR.UTF-8"), ("RAYON_NUM_THREADS", "8")],
        [("LC_ALL", "de_DE"), ("HOME", "/tmp")],
        [("COLUMNS", "40"), ("TMPDIR", "/nonexistent")],
    ] {
        let site = variables.iter().fold(site(), |site, (name, value)| site.variable(name, value));
        assert_same(&usual, &site.build().exit(0).site.public(), &format!("{variables:?}"));
    }
    let site = site();
    let mut command = site.command("sh");
    command.current_dir("/").args(["-c", "umask 077; exec \"$0\" build --root \"$1\"", BLOG]).arg(site.root());
    assert_same(&usual, &site.finish(command).exit(0).site.public(), "from another folder, with another umask");
}

fn the_bytes_do_not_depend_on_the_order_of_files() {
    let usual = site().build().exit(0).site.public();
    let reversed = files().into_iter().rev().fold(Site::empty(), |site, (path, text)| site.file(&path, text));
    assert_same(&usual, &reversed.build().exit(0).site.public(), "written in reverse");
}

fn twenty_builds_on_eight_threads_are_one() {
    let mut site = site().variable("RAYON_NUM_THREADS", "8");
    let mut first = None;
    for number in 0..20 {
        let run = site.build().exit(0);
        let public = run.site.public();
        match &first {
            None => first = Some(public),
            Some(first) => assert_same(first, &public, &format!("build {number}")),
        }
        site = run.then();
        if number % 5 == 4 {
            fs::remove_dir_all(site.path(".blog")).unwrap();
        }
    }
}

fn a_date_without_zone_is_read_in_the_sites_zone() {
    // At ten in the morning of the 22nd in UTC, the 23rd has begun in Kiritimati alone.
    for (zone, is_there) in [("UTC", false), ("Pacific/Kiritimati", true)] {
        for machine in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"] {
            let settings = format!("title = \"T\"\nbase_url = \"https://blog.example/\"\ntimezone = \"{zone}\"\n");
            let post = "+++\ntitle = \"A\"\ndate = 2026-11-23\n+++\n";
            let site = Site::new().file("site.toml", settings).post("a.md", post).variable("TZ", machine);
            site.build().exit(0).has_file("posts/a/index.html", is_there);
        }
    }
}
