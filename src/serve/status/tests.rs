//! Tests of what the bar is told, over whole sites.

use std::fs;
use std::path::Path;

use url::Url;

use super::*;
use crate::config::Overrides;
use crate::preview::{Place, Preview};
use crate::serve::stats;

const SETTINGS: &str = r#"
title = "A blog"
base_url = "https://blog.example/"
timezone = "UTC"
theme = "paper"
[[analytics]]
provider = "goatcounter"
endpoint = "https://stats.example/"
site = "blog"
"#;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn opened(files: &[(&str, &str)], overrides: &Overrides) -> (tempfile::TempDir, Preview) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "site.toml", SETTINGS);
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    let place = Place { origin: Url::parse("http://127.0.0.1:1111/").unwrap(), endpoint: stats::endpoint };
    let preview = Preview::open(folder.path(), overrides, place);
    (folder, preview)
}

fn shown_all() -> Overrides {
    Overrides { drafts: true, future: true, clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() }
}

fn status(preview: &Preview, route: Option<&str>) -> Value {
    let route = route.map(|route| Route::new(route).unwrap());
    of(&View {
        edition: preview.edition(),
        route: route.as_ref(),
        hits: &[],
        dressed: None,
        redirects: None,
        headers: None,
        state: None,
        now: Timestamp::UNIX_EPOCH,
    })
}

#[test]
fn a_page_says_what_it_is_and_why_nobody_else_sees_it() {
    let text = "+++\ntitle = \"A\"\ndate = 2026-12-24T08:00:00\ndraft = true\nnoindex = true\n+++\nOne two three.\n";
    let (_folder, preview) = opened(&[("content/posts/a.md", text)], &shown_all());
    let status = status(&preview, Some("/posts/a/"));
    let page = &status["page"];
    assert_eq!(
        (&page["source"], &page["kind"], &page["title"]),
        (&json!("content/posts/a.md"), &json!("post"), &json!("A"))
    );
    assert_eq!((&page["words"], &page["minutes"]), (&json!(3), &json!(1)));
    let names: Vec<&str> =
        page["states"].as_array().unwrap().iter().filter_map(|state| state["name"].as_str()).collect();
    assert_eq!(names, ["draft", "future", "noindex"]);
    assert!(page["states"][1]["why"].as_str().unwrap().contains("2026-12-24 08:00"));
    assert_eq!(status["problems"], json!([]));
}

#[test]
fn links_images_and_the_guard_are_judged_as_the_page_stands() {
    // Links of a template: those of a post are resolved before it is rendered.
    let template = "<!doctype html><html lang=en><head>{{ analytics() }}</head><body><img src=/b.png><p id=part>\
                    <a href=/nothing/>n</a><a href=#part>p</a><a href=#prat>q</a><a href=/posts/b/#none>r</a>\
                    <a href=/posts/b/#part>s</a><a href=/feed.xml>t</a></body></html>";
    let post = |title: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-11-01\n+++\nText.\n");
    let (a, b) = (post("A"), post("B"));
    let files = [("content/posts/a.md", a.as_str()), ("content/posts/b.md", &b), ("templates/post.html", template)];
    let (_folder, preview) = opened(&files, &shown_all());
    let status = status(&preview, Some("/posts/a/"));
    let targets: Vec<&str> =
        status["links"].as_array().unwrap().iter().filter_map(|link| link["target"].as_str()).collect();
    assert_eq!(targets, ["/b.png", "/nothing/", "#prat", "/posts/b/#none"], "{status:#}");
    assert_eq!(status["images"][0]["source"], "/b.png");
    let guard = status["guard"].as_array().unwrap();
    assert_eq!((&guard[0]["level"], &guard[0]["verdict"]), (&json!("L0"), &json!("ok")), "{guard:#?}");
    assert!(guard[1..].iter().all(|row| row["verdict"] == "unknown"), "{guard:#?}");
}

#[test]
fn a_snippet_written_by_hand_is_right_if_production_says_the_same() {
    let real = "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";
    for (snippet, verdict) in
        [(real.to_owned(), "ok"), (String::new(), "drift"), (real.replace("stats", "other"), "drift")]
    {
        let template =
            format!("<!doctype html><html lang=en><head>{snippet}</head><body>{{{{ page.content }}}}</body></html>");
        let post = "+++\ntitle = \"A\"\ndate = 2026-11-01\n+++\nText.\n";
        let (_folder, preview) =
            opened(&[("content/posts/a.md", post), ("templates/post.html", &template)], &shown_all());
        let status = status(&preview, Some("/posts/a/"));
        assert_eq!(status["guard"][0]["verdict"], verdict, "{snippet}: {status:#}");
    }
}

#[test]
fn a_broken_file_is_told_with_its_frame_and_only_its_own_page_is_covered() {
    let post = |title: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-11-01\n+++\nText.\n");
    let (folder, mut preview) =
        opened(&[("content/posts/a.md", &post("A")), ("content/posts/b.md", &post("B"))], &shown_all());
    write(folder.path(), "content/posts/a.md", "+++\ntilte = \"<script>alert(1)</script>\"\n+++\n");
    preview.reload();
    let (own, other) = (status(&preview, Some("/posts/a/")), status(&preview, Some("/posts/b/")));
    let problem = &own["problems"][0];
    assert_eq!(
        (&problem["level"], &problem["here"], &problem["line"]),
        (&json!("error"), &json!(true), &json!(2)),
        "{own:#}"
    );
    assert!(problem["frame"].as_str().unwrap().contains("2 | tilte = \"<script>alert(1)</script>\""));
    assert_eq!(other["problems"][0]["here"], false, "{other:#}");
    let templates = "{% if %}";
    write(folder.path(), "templates/post.html", templates);
    preview.reload();
    let everywhere = status(&preview, Some("/posts/b/"));
    assert!(everywhere["problems"].as_array().unwrap().iter().any(|problem| problem["here"] == true), "{everywhere:#}");
}

#[test]
fn an_address_where_nothing_stands_has_no_page() {
    let (_folder, preview) = opened(&[("content/posts/a.md", "+++\ntilte = 1\n+++\n")], &shown_all());
    for route in [None, Some("/posts/a/")] {
        let status = status(&preview, route);
        assert_eq!(status["page"], Value::Null);
        assert_eq!(status["problems"][0]["here"], true, "it may be why: {status:#}");
    }
}
