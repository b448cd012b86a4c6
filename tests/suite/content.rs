//! What is wrong in what somebody wrote: each problem with its code, file and line, all at once, and
//! `public/` as it was.

use crate::harness::tests;
use crate::site::Site;

tests![
    what_is_worth_saying_about_a_text_is_said_once_with_its_line,
    broken_front_matter_is_shown_with_its_line,
    front_matter_that_is_nested_without_end_is_an_error,
    an_unknown_key_is_an_error_with_the_one_that_was_meant,
    an_unknown_setting_is_an_error_with_the_one_that_was_meant,
    a_missing_template_is_named,
    a_template_error_names_file_and_line,
    a_template_that_fails_on_a_page_names_the_page,
    a_broken_link_is_shown_where_it_stands,
    every_problem_is_reported_at_once,
    two_posts_on_one_address_are_both_named,
    an_alias_on_a_page_is_a_collision,
    a_static_file_on_a_page_is_a_collision,
];

/// Builds a good site, spoils it with a file, and demands this exit and these words; what was
/// published stays as it was.
#[track_caller]
pub(crate) fn refuses(file: (&str, &[u8]), exit: i32, words: &[&str]) {
    let run = Site::new().post("good.md", "one").build().exit(0);
    let published = run.site.public();
    run.site.write(file.0, file.1);
    let mut run = run.then().build().exit(exit);
    for word in words {
        run = run.stderr_has(word);
    }
    assert!(run.site.public() == published, "what was published has changed");
}

fn broken_front_matter_is_shown_with_its_line() {
    refuses(
        ("content/posts/a.md", b"+++\ntitle = \"A\ndate = 2026-01-01\n+++\n"),
        1,
        &["error[", "content/posts/a.md:2"],
    );
    refuses(("content/posts/a.md", b"---\ntitle: [A\ndate: 2026-01-01\n---\n"), 1, &["error[", "content/posts/a.md:"]);
    refuses(("content/posts/a.md", b"+++\ntitle = \"A\"\n"), 1, &["error[", "content/posts/a.md:1"]);
    refuses(
        ("content/posts/a.md", b"+++\ntitle = \"A\"\ndate = \"soon\"\n+++\n"),
        1,
        &["content/posts/a.md:3", "soon"],
    );
}

fn front_matter_that_is_nested_without_end_is_an_error() {
    const DEPTH: usize = 10_000;
    let lists = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let blocks: String = (1..=DEPTH).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let objects = format!("{}1{}", "{\"a\": ".repeat(DEPTH), "}".repeat(DEPTH));
    for text in [
        format!("+++\ntitle = \"A\"\n[extra]\na = {lists}\n+++\n"),
        format!("---\ntitle: A\nextra:\n  a: {lists}\n---\n"),
        format!("---\ntitle: A\nextra:\n{blocks}---\n"),
        format!("{{\"title\": \"A\", \"extra\": {objects}}}\n"),
    ] {
        refuses(("content/posts/a.md", text.as_bytes()), 1, &["front/syntax", "content/posts/a.md:"]);
    }
}

fn an_unknown_key_is_an_error_with_the_one_that_was_meant() {
    refuses(("content/posts/a.md", b"+++\ntilte = \"A\"\n+++\n"), 1, &["content/posts/a.md:2:1", "`tilte`", "`title`"]);
}

fn an_unknown_setting_is_an_error_with_the_one_that_was_meant() {
    let settings = b"title = \"Test\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\nlangauge = \"en\"\n";
    refuses(("site.toml", settings), 2, &["site.toml:4", "`langauge`", "language"]);
}

fn a_missing_template_is_named() {
    let post = b"+++\ntitle = \"A\"\ndate = 2026-01-01\ntemplate = \"pots.html\"\n+++\n";
    refuses(("content/posts/a.md", post), 1, &["pots.html", "content/posts/a.md"]);
}

fn a_template_error_names_file_and_line() {
    refuses(("templates/post.html", b"<p>\n{% if %}\n</p>"), 1, &["error[", "templates/post.html:2"]);
}

fn a_template_that_fails_on_a_page_names_the_page() {
    refuses(("templates/post.html", b"<p>\n{{ page.nothing.deeper }}\n</p>"), 1, &["error[", "templates/post.html"]);
}

fn a_broken_link_is_shown_where_it_stands() {
    let post = b"+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\nText.\n\nSee [this](@/posts/god.md).\n";
    refuses(("content/posts/a.md", post), 1, &["link/", "content/posts/a.md:7", "good.md"]);
    let post = b"+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\n## One\n\nSee [this](#two).\n";
    refuses(("content/posts/a.md", post), 1, &["link/", "content/posts/a.md:7", "two"]);
}

fn every_problem_is_reported_at_once() {
    Site::new()
        .post("a.md", "+++\ntilte = 1\n+++\n")
        .post("b.md", "+++\ntitle = \"B\"\ndaet = 1\n+++\n")
        .post("c.md", "---\nx: [\n---\n")
        .build()
        .exit(1)
        .stderr_has("posts/a.md:2")
        .stderr_has("posts/b.md:3")
        .stderr_has("posts/c.md:")
        .has_file("index.html", false);
}

fn two_posts_on_one_address_are_both_named() {
    for (one, other) in [("a", "a"), ("Java", "java"), ("Caf\u{e9}", "cafe\u{301}")] {
        let post = |slug: &str| format!("+++\ntitle = \"T\"\ndate = 2026-01-01\nslug = \"{slug}\"\n+++\n");
        let site = Site::new().post("one.md", &post(one)).post("other.md", &post(other));
        site.build()
            .exit(1)
            .stderr_has("content/posts/one.md")
            .stderr_has("content/posts/other.md")
            .has_file("index.html", false);
    }
    let site = Site::new().post("a b.md", "one").post("a-b.md", "two");
    site.build().exit(1).stderr_has("content/posts/a b.md").stderr_has("content/posts/a-b.md");
    let tagged = |tag: &str| format!("+++\ntitle = \"T\"\ndate = 2026-01-01\ntags = [\"{tag}\"]\n+++\n");
    let site = Site::new().config("[taxonomies.tags]").post("one.md", &tagged("a b")).post("other.md", &tagged("a-b"));
    let run = site.build();
    // Two spellings of a tag are one tag or an error, never one page that hides another.
    match run.code {
        Some(0) => _ = run.page_has("/tags/a-b/", "/posts/one/").page_has("/tags/a-b/", "/posts/other/"),
        _ => _ = run.exit(1).stderr_has("content/posts/other.md"),
    }
}

fn an_alias_on_a_page_is_a_collision() {
    let post = b"+++\ntitle = \"A\"\ndate = 2026-01-01\naliases = [\"/posts/good/\"]\n+++\n";
    refuses(("content/posts/a.md", post), 1, &["/posts/good/", "content/posts/a.md", "content/posts/good.md"]);
}

fn a_static_file_on_a_page_is_a_collision() {
    refuses(("static/posts/good/index.html", b"mine"), 1, &["posts/good", "content/posts/good.md"]);
}

fn what_is_worth_saying_about_a_text_is_said_once_with_its_line() {
    let text = "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\n```pyhton\nx\n```\n\n[^x]: Nobody refers to it.\n";
    let run = Site::new().post("a.md", text).build().exit(0);
    let run = run.stderr_has("content/posts/a.md:5").stderr_has("did you mean `python`?").stderr_has("footnote/unused");
    assert_eq!(run.stderr.matches("code/language]").count(), 1, "{}", run.stderr);
}
