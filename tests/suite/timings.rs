//! `blog build --timings`: each thing that took time is named, for people and as data, and no byte of the site changes.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::Value;

use crate::harness::tests;
use crate::reproducible::assert_same;
use crate::site::Site;

tests![what_took_time_is_named, the_same_is_told_as_data, timings_change_no_byte, without_the_flag_nothing_is_told];

/// A site with two languages of code, two templates and a picture.
fn site() -> Site {
    let mut picture = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::new(64, 48)).write_to(&mut picture, ImageFormat::Png).unwrap();
    Site::new()
        .config("[images]\nwidths = [16, 32]\n[[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"")
        .post("code.md", "+++\ntitle = \"Code\"\ndate = 2026-01-01\n+++\n```rust\nfn a() {}\nfn b() {}\n```\n\n```python\na = 1\n```\n")
        .file("content/posts/trip/index.md", "+++\ntitle = \"Trip\"\ndate = 2026-01-02\n+++\n![A square](a.png)\n")
        .file("content/posts/trip/a.png", picture.into_inner())
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\nUs.\n\n```rust\nfn c() {}\n```\n")
}

fn what_took_time_is_named() {
    let run = site().run(&["build", "--offline", "--timings"]).exit(0);
    let run = run.stderr_has("typesetting, slowest posts").stderr_has("content/posts/code.md");
    let run = run.stderr_has("post.html").stderr_has("page.html").stderr_has("(feeds)");
    run.stderr_has("\nrust ").stderr_has("\npython ").stderr_has("content/posts/trip/a.png");
}

fn the_same_is_told_as_data() {
    let run = site().run(&["build", "--offline", "--timings", "--format", "json"]).exit(0);
    let build: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    let rows = |table: &str, name: &str, wanted: &str| {
        let rows = build["timings"][table].as_array().unwrap().iter();
        let rows: Vec<&Value> = rows.filter(|row| row[name] == wanted).collect();
        assert_eq!(rows.len(), 1, "{table}: {wanted} is there once: {build}");
        assert!(rows[0]["microseconds"].as_u64().is_some(), "{build}");
        rows[0].clone()
    };
    let rust = rows("languages", "language", "rust");
    // A text that is typeset for its page and again for its summary or a feed has its blocks highlighted each time.
    let number = |row: &Value, field: &str| row[field].as_u64().unwrap();
    assert!(number(&rust, "blocks") >= 2 && number(&rust, "lines") > number(&rust, "blocks"), "{rust}");
    assert_eq!(number(&rust, "bytes"), number(&rust, "lines") * "fn a() {}\n".len() as u64, "{rust}");
    let python = rows("languages", "language", "python");
    assert!(number(&python, "blocks") >= 1 && python["lines"] == python["blocks"], "{python}");
    let post = rows("posts", "source", "content/posts/code.md");
    assert!(post["code_microseconds"].as_u64().unwrap() > 0, "{post}");
    assert!(post["code_microseconds"].as_u64() <= post["microseconds"].as_u64(), "{post}");
    assert!(number(&rows("posts", "source", "content/about.md"), "times") >= 1);
    assert_eq!(rows("templates", "template", "post.html")["pages"], 2);
    assert_eq!(rows("templates", "template", "page.html")["pages"], 1);
    let image = rows("images", "source", "content/posts/trip/a.png");
    assert!(image["files"].as_u64().unwrap() >= 2 && image["bytes"].as_u64().unwrap() > 0, "{image}");
}

fn timings_change_no_byte() {
    let usual = site().build().exit(0).site.public();
    let timed = site().run(&["build", "--timings"]).exit(0).site.public();
    assert_same(&usual, &timed, "with `--timings`");
}

fn without_the_flag_nothing_is_told() {
    let run = site().run(&["build", "--format", "json"]).exit(0);
    let build: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(build["type"], "build");
    assert!(build.get("timings").is_none(), "{build}");
}
