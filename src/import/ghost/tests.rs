//! What an export of Ghost becomes.

use std::fs;

use super::*;
use crate::import::export::tests::Kept;

const POSTS: &str = r#"[
{"id":"p1","uuid":"u","title":"One & <two>","slug":"one","html":"<!--kg-card-begin: html--><p>Hi <a href=\"__GHOST_URL__/two/\">x</a></p><!--kg-card-end: html-->",
 "feature_image":"__GHOST_URL__/content/images/a.png","type":"post","status":"published","visibility":"public","published_at":"2019-01-02T23:04:05.000Z",
 "updated_at":"2019-02-02T00:00:00.000Z","custom_excerpt":"Short & <sweet>"},
{"id":"p2","title":"Two","slug":"two","html":"<p>Secret</p>","type":"post","status":"published","visibility":"members","published_at":"2019-01-03 10:00:00"},
{"id":"p3","title":"About","slug":"about","html":null,"lexical":"{\"root\":{\"children\":[{\"children\":[{\"text\":\"Words\"}]}]}}","type":"page","status":"published"},
{"id":"p4","title":"Not yet","slug":"not-yet","html":"","type":"post","status":"draft","created_at":"2019-01-04T00:00:00.000Z"}]"#;

fn export(posts: &str) -> String {
    format!(
        r##"{{"db":[{{"meta":{{"version":"5.0.0"}},"data":{{"posts":{posts},"tags":[{{"id":"t1","name":"Rust"}},{{"id":"t2","name":"#own"}},{{"id":"t3","name":"Web"}}],
        "posts_tags":[{{"post_id":"p1","tag_id":"t1","sort_order":1}},{{"post_id":"p1","tag_id":"t2","sort_order":2}},{{"post_id":"p1","tag_id":"t3","sort_order":0}}],
        "users":[{{"id":"a1","name":"Ada"}}],"posts_authors":[{{"post_id":"p1","author_id":"a1","sort_order":0}}],
        "posts_meta":[{{"post_id":"p1","meta_title":"For engines","meta_description":"What it is"}}],
        "settings":[{{"key":"title","value":"The old blog"}},{{"key":"timezone","value":"Europe/Brussels"}}]}}}}]}}"##
    )
}

fn kept(text: &[u8], beside: &[(&str, &str)]) -> Result<Kept, Vec<Diagnostic>> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.json"), text).unwrap();
    for (path, text) in beside {
        let whole = folder.path().join(path);
        fs::create_dir_all(whole.parent().unwrap()).unwrap();
        fs::write(whole, text).unwrap();
    }
    let mut kept = Kept::default();
    kept.settings = (GHOST.read)(&folder.path().join("old.json"), &mut kept)?;
    Ok(kept)
}

#[test]
fn posts_and_pages_keep_address_id_terms_and_authors() {
    let beside = [
        ("content/images/2019/a.png", "png"),
        (
            "redirects.json",
            r#"[{"from":"^/old-one/$","to":"/one/"},{"from":"/x/(.*)","to":"/one/"},{"from":"/y/","to":"/nowhere/"}]"#,
        ),
    ];
    let kept = kept(export(POSTS).as_bytes(), &beside).unwrap();
    let paths: Vec<&str> = kept.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "content/posts/2019-01-02-one.md",
            "content/posts/2019-01-03-two.md",
            "content/about.md",
            "content/posts/2019-01-04-not-yet.md"
        ]
    );
    let front: Vec<String> = kept.documents[0].front.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(
        front,
        [
            "title = \"One & <two>\"",
            "date = 2019-01-02T23:04:05Z",
            "updated = 2019-02-02T00:00:00Z",
            "path = \"/one/\"",
            "aliases = [\"/old-one/\"]",
            "id = \"p1\"",
            "tags = [\"Web\", \"Rust\"]",
            "authors = [\"Ada\"]",
            "summary = 'Short & \\<sweet>'",
            "description = \"What it is\"",
            "image = \"/content/images/a.png\"",
            "extra = { seo_title = \"For engines\" }",
        ]
    );
    assert_eq!(kept.documents[0].body, "Hi [x](/two/)\n");
    assert_eq!(kept.documents[2].body, "Words\n");
    let drafts: Vec<bool> = (0..4).map(|at| kept.front(at, "draft").is_some()).collect();
    assert_eq!(drafts, [false, true, false, true]);
    assert!(kept.says("for `members` only") && kept.says("no HTML in the export"));
    assert!(kept.says("`/x/(.*)`") && kept.says("`/y/` led to `/nowhere/`"));
    assert_eq!(kept.files[0].path, "static/content/images/2019/a.png");
    assert_eq!(kept.settings.keys["timezone"].as_str(), Some("Europe/Brussels"));
}

#[test]
fn wherever_an_export_breaks_off_whole_posts_come_and_the_break_is_named() {
    let whole = export(POSTS);
    // Each post stands on lines of its own, and ends before the comma or bracket at their end.
    let begin = whole.find(POSTS).unwrap();
    let ends: Vec<usize> =
        POSTS.match_indices(",\n{\"id\"").map(|(at, _)| begin + at).chain([begin + POSTS.len() - 1]).collect();
    assert_eq!(ends.len(), 4);
    for length in 0..whole.len() {
        match kept(&whole.as_bytes()[..length], &[]) {
            Ok(kept) => {
                assert_eq!(kept.documents.len(), ends.iter().filter(|end| **end <= length).count(), "{length}");
                assert!(kept.says("breaks off"), "{length}");
            }
            Err(_) => assert!(length < ends[0], "{length}: the first post is whole"),
        }
    }
}

#[test]
fn what_is_no_export_is_refused() {
    for text in ["", "[]", "{\"db\":3}", "{\"posts\":[]}", "<rss/>", "null"] {
        assert!(kept(text.as_bytes(), &[]).is_err(), "{text}");
    }
}
