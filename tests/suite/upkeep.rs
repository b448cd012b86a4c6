//! What keeps a site in order over the years: the schema that editors know its keys by, and the upgrade of old names.

use crate::harness::tests;
use crate::site::{Site, tree};

tests![
    the_schema_is_printed_for_editors,
    an_upgrade_changes_names_and_no_byte_of_the_site,
    an_upgrade_that_the_disk_refuses_changes_nothing,
    old_names_are_read_with_a_warning_that_says_what_to_write,
];

fn the_schema_is_printed_for_editors() {
    let site = Site::new().config("[taxonomies.topics]");
    let run = site.run(&["config", "--schema"]).exit(0);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["theme"]["type"], "string");
    let run = run.then().run(&["config", "--schema", "front-matter"]).exit(0);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(schema["properties"]["topics"].is_object());
    // Its line is a comment, and the site builds with it.
    let text = std::fs::read_to_string(run.site.path("site.toml")).unwrap();
    let site = run.then().file("site.toml", format!("#:schema ./site.schema.json\n{text}"));
    let run = site.build().exit(0).then().file("site.toml", "titel = 1\n").run(&["config", "--schema"]).exit(0);
    let run = run.then().run(&["config", "--schema", "front-matter"]).exit(0).stderr_has("taxonomies");
    run.then().run(&["config", "--schema", "posts"]).exit(2).stderr_has("front-matter");
}

/// Returns a site that was begun with other engines.
fn from_elsewhere() -> Site {
    Site::empty()
        .file(
            "site.toml",
            "# My blog\ntitle = \"Test\"\nbaseURL = \"https://blog.example/\" # at home\ntimezone = \"UTC\"\nlanguageCode = \"nl\"\n\
             [taxonomies.tags]\nfeed = true\n[[defaults]]\npath = \"notes/**\"\nauthor = \"Grace\"\n\
             [env.staging]\nbaseurl = \"https://staging.example/\"\n",
        )
        .file("content/posts/a.md", "---\r\ntitle: A\r\ndate: 2026-01-02\r\nlastmod: 2026-02-03 # later\r\ntag: red green\r\n---\r\nText.\r\n")
        .file("content/posts/b.md", "+++\ntitle = \"B\"\ndate = 2026-01-03\nurl = \"/b.html\"\nexcerpt = \"Short.\"\n[params]\nx = 1\n+++\nText.\n")
        .file("content/posts/c.md", "---\ntitle: C\ndate: 2026-01-04\npublished: false\nlayout: post\n---\nText.\n")
        .file("content/notes/d.md", "{\"title\": \"D\", \"date\": \"2026-01-05\", \"redirect_from\": [\"/old/\"]}\nText.\n")
        .template("taxonomy_single.html", "<!doctype html><html lang=en><head><title>{{ term.name }}</title>{{ analytics() }}</head><body>Mine</body></html>")
        .template("tag.html", "{% extends \"taxonomy_single.html\" %}")
}

fn an_upgrade_changes_names_and_no_byte_of_the_site() {
    let run = from_elsewhere().build().exit(0).page_has("/tags/red-green/", "Mine");
    let before = run.site.public();
    let sources = |site: &Site| {
        let mut files = tree(site.root());
        files.retain(|path, _| ![".blog", "public/", ".public"].iter().any(|ours| path.starts_with(ours)));
        files
    };
    let old = sources(&run.site);
    let run = run.then().run(&["upgrade", "--dry-run"]).exit(0);
    assert_eq!(sources(&run.site), old, "a dry run changes nothing");
    for line in [
        "site.toml:3: baseURL -> base_url",
        "site.toml:12: baseurl -> base_url",
        "content/posts/a.md:4: lastmod -> updated",
        "content/posts/b.md:6: params -> extra",
        "content/posts/c.md:4: published -> draft",
        "content/posts/c.md:5: -layout",
        "content/notes/d.md:1: redirect_from -> aliases",
        "templates/tag.html:1: taxonomy_single.html -> term.html",
        "rename templates/taxonomy_single.html -> templates/term.html",
    ] {
        assert!(run.stdout.contains(line), "`{line}` is not in:\n{}", run.stdout);
    }
    let run = run.stderr_has("would change").then().run(&["upgrade"]).exit(0).stderr_has("changed");
    let text = |path: &str| std::fs::read_to_string(run.site.path(path)).unwrap();
    assert!(
        text("site.toml").starts_with("# My blog\ntitle = \"Test\"\nbase_url = \"https://blog.example/\" # at home\n")
    );
    assert!(
        text("content/posts/a.md").contains("updated: 2026-02-03 # later\r\ntags: [\"red green\"]\r\n"),
        "line ends stay"
    );
    assert!(!run.site.path("templates/taxonomy_single.html").exists());
    let new = sources(&run.site);
    let run = run.then().build().exit(0).stderr_lacks("renamed").stderr_lacks("is called");
    assert_eq!(run.site.public(), before, "the site is the same, byte for byte");
    let run = run.then().run(&["upgrade"]).exit(0).stderr_has("nothing to change");
    assert_eq!(sources(&run.site), new, "a second run changes nothing");
    let run = run.then().run(&["upgrade", "--format", "json"]).exit(0);
    assert_eq!(run.stdout.trim(), "");
}

fn an_upgrade_that_the_disk_refuses_changes_nothing() {
    let site = from_elsewhere();
    // The place where the last file's new text would be written is taken by a folder.
    let site = site.file("templates/.tag.html.mv-new/in-the-way", "");
    let read = |site: &Site| {
        ["site.toml", "content/posts/a.md", "templates/tag.html"].map(|path| std::fs::read(site.path(path)).unwrap())
    };
    let before = read(&site);
    let run = site.run(&["upgrade"]).exit(6).stderr_has("nothing was changed");
    assert_eq!(read(&run.site), before);
    assert!(run.site.path("templates/taxonomy_single.html").exists());
    // Nor does it begin where something is wrong.
    let run = run.then().file("content/posts/e.md", "+++\ntitel = 1\n+++\n").run(&["upgrade"]).exit(1);
    assert_eq!(read(&run.stderr_has("unknown key `titel`").site), before);
}

fn old_names_are_read_with_a_warning_that_says_what_to_write() {
    let run = from_elsewhere().build().exit(0).stderr_has("`baseURL` is called `base_url`").stderr_has("blog upgrade");
    let run = run
        .stderr_has("`taxonomy_single.html` is called `term.html`")
        .then()
        .run(&["build", "--format", "json"])
        .exit(0);
    let fixes: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["code"] == "config/renamed")
        .collect();
    assert_eq!(fixes[0]["fix"], "base_url");
    assert_eq!(
        (fixes[0]["line"].as_u64(), fixes[0]["column"].as_u64(), fixes[0]["end_column"].as_u64()),
        (Some(3), Some(1), Some(8))
    );
}
