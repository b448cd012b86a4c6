//! `blog mv`: a post moves, and neither a link nor a bookmark nor a feed reader notices.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::tests;
use crate::site::{Run, Site, tree};

tests![
    a_moved_post_keeps_its_links_its_old_address_and_its_id,
    a_dry_run_shows_the_difference_and_changes_nothing,
    a_move_that_fails_leaves_everything_as_it_was,
    the_ids_of_feeds_follow_a_second_move,
];

fn two() -> Site {
    let first = "+++\r\ntitle = \"First\" # the first\r\ndate = 2026-01-02\r\n+++\r\nText, see [b](b.md).\r\n";
    Site::new().post("a.md", first).post("b.md", "See [a](./a.md) and [itself](@/posts/b.md).")
}

fn ids(run: &Run) -> Vec<String> {
    let feed = run.site.output("feed.xml");
    let mut ids: Vec<String> =
        feed.split("<guid").skip(1).map(|rest| rest.split("</guid>").next().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn a_moved_post_keeps_its_links_its_old_address_and_its_id() {
    let run = two().build().exit(0);
    let before = ids(&run);
    let site = run.then().run(&["lock", "--urls", "--accept"]).exit(0).then();
    let run = site.run(&["mv", "/posts/a/", "content/posts/z.md"]).exit(0);
    let run =
        run.stderr_has("moved `content/posts/a.md`").stderr_has("`/posts/a/` leads there").stderr_has("`feeds.lock`");
    assert!(!run.site.path("content/posts/a.md").exists());
    let text = fs::read_to_string(run.site.path("content/posts/z.md")).unwrap();
    assert_eq!(
        text,
        "+++\r\ntitle = \"First\" # the first\r\naliases = [\"/posts/a/\"]\r\ndate = 2026-01-02\r\n+++\r\nText, see [b](b.md).\r\n"
    );
    let other = fs::read_to_string(run.site.path("content/posts/b.md")).unwrap();
    assert!(other.contains("See [a](./z.md) and [itself](@/posts/b.md)."), "{other}");
    let run = run.then().build().exit(0).stderr_lacks("urls/lost");
    assert_eq!(ids(&run), before, "no reader sees anything new");
    run.page_has("/posts/b/", "/posts/z/").page_has("/posts/a/", "/posts/z/");
}

fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let site = two();
    let before = tree(site.root());
    let run = site.run(&["mv", "posts/a.md", "posts/z.md", "--dry-run"]).exit(0);
    assert!(tree(run.site.root()) == before, "something was changed");
    let run = run.stdout_has("rename content/posts/a.md -> content/posts/z.md\n");
    let run = run
        .stdout_has("--- content/posts/b.md\n")
        .stdout_has("+See [a](./z.md)")
        .stdout_has("+aliases = [\"/posts/a/\"]");
    let run = run.then().run(&["--format", "json", "mv", "posts/a.md", "posts/z.md", "--dry-run"]).exit(0);
    let line: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((line["links"].as_u64(), line["alias"].as_str()), (Some(1), Some("/posts/a/")));
    run.then().run(&["mv", "posts/q.md", "posts/z.md"]).exit(1).stderr_has("mv/refused").stderr_has("no post");
}

fn a_move_that_fails_leaves_everything_as_it_was() {
    // A folder in the place of the temporary file makes the writing fail, whoever runs the test.
    let site = two().file("content/posts/.b.md.mv-new/x", "");
    let before = tree(site.root());
    let run =
        site.run(&["mv", "posts/a.md", "posts/z.md"]).exit(6).stderr_has("mv/failed").stderr_has("nothing was changed");
    assert!(tree(run.site.root()) == before, "something was changed");
    let site = two();
    fs::set_permissions(site.path("content/posts/b.md"), fs::Permissions::from_mode(0o640)).unwrap();
    let run = site.run(&["mv", "posts/a.md", "posts/z.md"]).exit(0);
    let mode = fs::metadata(run.site.path("content/posts/b.md")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "a file keeps its mode");
}

fn the_ids_of_feeds_follow_a_second_move() {
    let run = two().build().exit(0);
    let before = ids(&run);
    let site = run.then().run(&["mv", "posts/a.md", "posts/y.md"]).exit(0).then();
    let run = site.run(&["mv", "posts/y.md", "notes/"]).exit(0);
    let kept = fs::read_to_string(run.site.path("feeds.lock")).unwrap();
    assert!(kept.ends_with("\ntag:blog.example,2026-01-02:a content/notes/y.md\n"), "{kept}");
    let run = run.then().build().exit(0);
    assert_eq!(ids(&run), before);
    run.page_has("/posts/a/", "/notes/y/").page_has("/posts/y/", "/notes/y/");
}
