//! `urls.lock`: an address that was published once stays, moves with an alias, or is given up on purpose. And `blog feeds`:
//! what subscribers will see.

use crate::harness::tests;
use crate::live::Host;
use crate::site::{Run, Site};

tests![
    an_address_that_was_published_is_not_lost_in_silence,
    an_alias_and_a_gone_entry_cover_a_lost_address,
    a_site_without_a_ledger_pays_nothing_and_is_told_once_how_to_begin,
    the_ledger_only_grows_and_takes_moved_sources_over,
    a_broken_ledger_is_refused_with_its_line,
    a_change_of_all_addresses_is_told_in_a_screenful,
    subscribers_are_told_of_before_they_see_it,
    the_live_feed_is_fetched_from_below_the_base_url,
];

/// A site whose first build is in the ledger.
fn kept() -> Run {
    let site = Site::new().post("a.md", "one").post("b.md", "two");
    let site = site.build().exit(0).then();
    let run = site.run(&["lock", "--urls", "--accept"]).exit(0).stderr_has("wrote `urls.lock`");
    assert!(run.site.path("urls.lock").is_file());
    run
}

fn ledger(run: &Run) -> String {
    std::fs::read_to_string(run.site.path("urls.lock")).unwrap()
}

fn an_address_that_was_published_is_not_lost_in_silence() {
    let run = kept();
    let text = ledger(&run);
    assert!(text.contains("\n/posts/a/ content/posts/a.md\n"), "{text}");
    assert!(text.contains("\n/feed.xml\n") && !text.contains("404"), "{text}");
    let before = run.site.public();
    let site = run.then();
    std::fs::remove_file(site.path("content/posts/a.md")).unwrap();
    let run = site.build().exit(1);
    let run = run.stderr_has("urls/lost").stderr_has("`/posts/a/` was published once").stderr_has("urls.lock:");
    let run = run.stderr_has("`content/posts/a.md` stood there").stderr_has("`[[gone]]`").stderr_lacks("`/posts/b/`");
    assert!(run.site.public() == before, "what was published has changed");
    assert_eq!(ledger(&run), text, "a build never writes the ledger");
}

fn an_alias_and_a_gone_entry_cover_a_lost_address() {
    let site = kept().then();
    let moved = "+++\ntitle = \"A\"\ndate = 2026-01-02\nslug = \"z\"\n+++\none\n";
    let run = site.file("content/posts/a.md", moved).build().exit(1);
    let run = run.stderr_has("is at `/posts/z/` now").stderr_has("add `aliases = [\"/posts/a/\"]`");
    let aliased = moved.replace("slug", "aliases = [\"/posts/a/\"]\nslug");
    let site = run.then().file("content/posts/a.md", aliased).build().exit(0).then();
    let gone = site.file("content/posts/a.md", moved).config("[[gone]]\npath = \"/posts/a/\"\n");
    let site = gone.build().exit(0).stderr_lacks("urls/").then();
    // What a redirect of the host answers is not lost.
    let toml = std::fs::read_to_string(site.path("site.toml")).unwrap().replace("[[gone]]\npath = \"/posts/a/\"\n", "");
    let site =
        site.file("site.toml", toml).file("static/_redirects", "/posts/a/ /posts/z/ 301\n").build().exit(0).then();
    site.config("[[gone]]\npath = \"/posts/z/\"\n").build().exit(0).stderr_has("urls/not-gone");
}

fn a_site_without_a_ledger_pays_nothing_and_is_told_once_how_to_begin() {
    let run = Site::new().post("a.md", "one").build().exit(0).stderr_lacks("urls.lock");
    let run = run.then().run(&["lock", "--accept"]).exit(0).stderr_has("`blog lock --urls --accept` begins one");
    assert!(!run.site.path("urls.lock").exists());
    Site::new().run(&["lock", "--urls"]).exit(1).stderr_has("urls/no-build");
}

fn the_ledger_only_grows_and_takes_moved_sources_over() {
    let run = kept();
    let before = ledger(&run);
    let site = run.then().post("c.md", "three").build().exit(0).then();
    let run = site.run(&["lock", "--urls"]).exit(0).stderr_has("new: /posts/c/").stderr_has("1 of them new");
    assert_eq!(ledger(&run), before, "looking changes nothing");
    let run = run.then().run(&["lock", "--accept"]).exit(0);
    let after = ledger(&run);
    assert_eq!(
        after.lines().filter(|line| !before.contains(*line)).collect::<Vec<_>>(),
        ["/posts/c/ content/posts/c.md"]
    );
    let run = run.then().run(&["lock", "--urls", "--accept", "--format", "json"]).exit(0).stdout_has("\"new\":[]");
    assert_eq!(ledger(&run), after, "the same build changes nothing");
}

fn a_broken_ledger_is_refused_with_its_line() {
    let site = kept().then();
    site.write("urls.lock", "# watchpost urls 1\n/a/\n<<<<<<< HEAD\n");
    let run = site.build().exit(2).stderr_has("urls.lock:3:1").stderr_has("a conflict that git left");
    run.site.write("urls.lock", "# watchpost urls 9\n");
    run.then().build().exit(2).stderr_has("version 9");
}

fn a_change_of_all_addresses_is_told_in_a_screenful() {
    let mut site = Site::new();
    for number in 0..50 {
        site = site.post(&format!("p{number}.md"), "one");
    }
    let site = site.build().exit(0).then().run(&["lock", "--urls", "--accept"]).exit(0).then();
    let run = site.config("[permalinks]\nposts = \"/:year/:slug/\"\n").build().exit(1);
    let told = run.stderr.matches("error[urls/lost]").count();
    assert!((1..=41).contains(&told), "{}", run.stderr);
    run.stderr_has("`/posts/p0/` was published once").stderr_has("is at `/2026/p0/` now");
}

fn subscribers_are_told_of_before_they_see_it() {
    let run = Site::new().post("a.md", "one").post("b.md", "two").build().exit(0);
    let live = run.site.output("feed.xml");
    let site = run.then().file("live.xml", live).post("c.md", "three").post("b.md", "two, and more");
    std::fs::rename(site.path("content/posts/a.md"), site.path("content/posts/z.md")).unwrap();
    let text = std::fs::read_to_string(site.path("content/posts/z.md"))
        .unwrap()
        .replace("2026-01-02\n", "2026-01-02\nslug = \"a\"\n");
    let site = site.file("content/posts/z.md", text).build().exit(0).then();
    let run = site.run(&["feeds", "--against", "live.xml"]).exit(0);
    let run = run.stderr_has("feed.xml: subscribers will see 1 new, 1 updated, 1 re-sent");
    let run = run.stderr_has("warning[feeds/re-sent]").stderr_has("it was `tag:blog.example,2026-01-02:a`");
    let run = run.stderr_has("`id = \"tag:blog.example,2026-01-02:a\"`");
    let site = run.then();
    std::fs::remove_file(site.path("content/posts/b.md")).unwrap();
    let run = site.build().exit(0).then().run(&["--format", "json", "feeds", "--against", "live.xml"]).exit(0);
    let run = run.stdout_has("\"lost\":[{\"id\":\"tag:blog.example,2026-01-02:b\",\"title\":\"b\"}]");
    let run = run.then().run(&["feeds", "--against", "site.toml"]).exit(4).stderr_has("the live feed cannot be read");
    run.then().run(&["feeds", "--feed", "atom.xml"]).exit(2).stderr_has("`feed.xml`");
    Site::new().run(&["feeds", "--against", "site.toml"]).exit(1).stderr_has("feeds/no-build");
}

fn the_live_feed_is_fetched_from_below_the_base_url() {
    let host = Host::start();
    let toml = format!("title = \"Test\"\nbase_url = \"{}\"\ntimezone = \"UTC\"\nfeed_authority = \"x\"\n", host.url());
    let site = Site::new().file("site.toml", toml).post("a.md", "one").build().exit(0).then();
    let site = site.run(&["feeds"]).exit(0).stderr_has("nobody reads it yet").then();
    host.serves(site.path("public"));
    let site = site.run(&["feeds"]).exit(0).stderr_has("will see 0 new, 0 updated, 0 re-sent").then();
    let away = host.url();
    drop(host);
    let site = site.run(&["feeds"]).exit(4).stderr_has("feeds/no-live").stderr_has(&away).then();
    assert!(site.path("public/feed.xml").is_file());
}
