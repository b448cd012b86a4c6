//! Feeds: which there are, what each says of itself, and that all of them say the same of a post.

use crate::harness::tests;
use crate::site::Site;

tests![
    a_section_a_tag_and_a_series_have_feeds_in_every_format,
    a_post_has_one_id_in_all_feeds_and_formats,
    a_feed_names_the_stylesheet_of_the_theme,
    a_feed_of_nothing_and_a_feed_that_cannot_be_are_told_with_their_line,
];

/// A site with every kind of feed.
fn site() -> Site {
    Site::new()
        .config(
            "[[feeds]]\n[[feeds]]\nformat = \"atom\"\n[[feeds]]\nformat = \"json\"\n\
             [[feeds]]\nsection = \"notes\"\n[[feeds]]\nsection = \"notes\"\nformat = \"json\"\n\
             [[feeds]]\ntaxonomy = \"series\"\nformat = \"atom\"\n[[feeds]]\ntaxonomy = \"tags\"\nformat = \"json\"\n\
             [taxonomies.tags]\nfeed = true\n",
        )
        .post(
            "a.md",
            "+++\ntitle = \"A & B\"\ndate = 2026-01-02\ntags = [\"Rust\"]\nseries = \"One\"\n+++\n[x](/posts/a/)\n",
        )
        .file("content/notes/_index.md", "+++\ntitle = \"Short notes\"\n+++\n")
        .file("content/notes/deep/n.md", "+++\ntitle = \"N\"\ndate = 2026-01-03\ntags = [\"Rust\"]\n+++\nnote\n")
}

fn a_section_a_tag_and_a_series_have_feeds_in_every_format() {
    let run = site().build().exit(0);
    for (path, has, lacks) in [
        ("feed.xml", "A &amp; B", "\u{0}"),
        ("feed.json", "\"A & B\"", "<rss"),
        ("notes/feed.xml", "<title>Test: Short notes</title>", "A &amp; B"),
        ("notes/feed.json", "https://blog.example/notes/\"", "A & B"),
        ("series/one/atom.xml", "A &amp; B", "<title>N</title>"),
        ("tags/rust/feed.xml", "<title>N</title>", "\u{0}"),
        ("tags/rust/feed.json", "\"N\"", "\u{0}"),
    ] {
        let text = run.site.output(path);
        assert!(text.contains(has) && !text.contains(lacks), "{path}: {text}");
    }
    let run = run
        .page_has("/notes/", "type=\"application/feed+json\" title=\"Test: Short notes (JSON)\"")
        .page_has("/series/one/", "href=\"https://blog.example/series/one/atom.xml\"")
        .page_lacks("/", "notes/feed.xml");
    // The build has read all of them back; a feed that is not there would fail it.
    std::fs::remove_file(run.site.path("public/notes/feed.json")).expect("the feed was written");
    run.then().run(&["check", "--rules", "site"]).exit(1).stderr_has("notes/feed.json");
}

fn a_post_has_one_id_in_all_feeds_and_formats() {
    let run = site().build().exit(0);
    let mut found = 0;
    for (path, bytes) in run.site.public() {
        let name = path.rsplit('/').next().unwrap_or_default();
        if !matches!(name, "feed.xml" | "atom.xml" | "feed.json") {
            continue;
        }
        found += 1;
        let entries = watchpost::check::feeds::identities(&bytes).expect("a feed can be read");
        assert!(!entries.is_empty(), "{path}");
        for (link, id) in entries {
            let expected = match link.as_str() {
                "https://blog.example/posts/a/" => "tag:blog.example,2026-01-02:a",
                "https://blog.example/notes/deep/n/" => "tag:blog.example,2026-01-03:n",
                other => panic!("{path} leads to {other}"),
            };
            assert_eq!(id, expected, "{path}");
        }
    }
    assert_eq!(found, 8);
}

fn a_feed_names_the_stylesheet_of_the_theme() {
    let run = site().build().exit(0);
    let instruction = "<?xml-stylesheet type=\"text/xsl\" href=\"/feed.xsl\"?>";
    assert!(run.site.output("notes/feed.xml").contains(instruction));
    assert!(run.site.output("series/one/atom.xml").contains(instruction));
    assert!(run.site.output("feed.xsl").contains("This is a feed."));
    let without = Site::new().config("feed_stylesheet = false").post("a.md", "a").build().exit(0);
    assert!(!without.site.output("feed.xml").contains("xml-stylesheet"));
    // A site without such a file names none.
    let bare =
        Site::new().config("theme = \"\"").post("a.md", "a").template("index.html", "i").template("page.html", "p");
    let bare = bare.template("404.html", "4").template("archive.html", "a").build().exit(0);
    assert!(!bare.site.output("feed.xml").contains("xml-stylesheet"));
}

fn a_feed_of_nothing_and_a_feed_that_cannot_be_are_told_with_their_line() {
    let with = |feed: &str| Site::new().post("a.md", "a").config(&format!("[[feeds]]\n{feed}"));
    with("section = \"post\"").build().exit(0).stderr_has("site.toml:5").stderr_has("did you mean `posts`?");
    for (feed, words) in [
        ("taxonomy = \"tag\"", "did you mean `tags`?"),
        ("format = \"jsn\"", "did you mean `json`?"),
        ("taxonomy = \"tags\"\npath = \"x/y.xml\"", "write `path = \"y.xml\"`"),
        ("taxonomy = \"tags\"\nsection = \"posts\"", "not of both"),
        ("section = \"/\"", "`section` is empty"),
        ("section = 3", "site.toml:5"),
    ] {
        with(feed).build().exit(2).stderr_has("site.toml:").stderr_has(words);
    }
}
