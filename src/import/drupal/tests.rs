//! What Drupal's exports come to: small ones, written by hand after real ones.

use std::fs;

use super::super::export::tests::Kept;
use super::super::{Bytes, Document};
use super::*;

/// Returns the document of a node or a term.
fn document<'k>(kept: &'k Kept, origin: &str) -> &'k Document {
    kept.documents.iter().find(|one| one.origin == origin).unwrap_or_else(|| panic!("{:#?}", kept.documents))
}

fn front<'d>(document: &'d Document, key: &str) -> Option<&'d toml::Value> {
    document.front.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

fn said(document: &Document, key: &str) -> String {
    front(document, key).map(ToString::to_string).unwrap_or_default()
}

/// Reads files that stand in a folder.
fn imported(files: &[(&str, &[u8])]) -> (Kept, Result<Settings, Vec<Diagnostic>>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let whole = folder.path().join(path);
        fs::create_dir_all(whole.parent().unwrap()).unwrap();
        fs::write(whole, bytes).unwrap();
    }
    let mut kept = Kept::default();
    let settings = read(folder.path(), &mut kept);
    (kept, settings)
}

const SEVEN: &str = include_str!("tests/seven.sql");
const TEN: &str = include_str!("tests/ten.sql");
const ANSWER: &str = include_str!("tests/answer.json");

#[test]
fn a_dump_of_drupal_7_becomes_documents() {
    let (kept, settings) = imported(&[("blog.sql", SEVEN.as_bytes()), ("sites/default/files/2011/a.png", b"x")]);
    let settings = settings.unwrap();
    assert_eq!(settings.keys["title"].as_str(), Some("Lone Gunmen"));
    assert_eq!(settings.keys["timezone"].as_str(), Some("Europe/Brussels"));
    let post = document(&kept, "node 12");
    assert_eq!(post.path, "content/posts/2011-03-10-who-is-watching.md");
    assert_eq!(said(post, "title"), "\"Who is watching the guards?\"");
    assert_eq!(said(post, "date"), "2011-03-10T08:00:00Z");
    assert_eq!(
        (said(post, "path"), said(post, "aliases")),
        ("\"/content/who-is-watching/\"".into(), "[\"/node/12/\", \"/old/guards/\"]".into())
    );
    assert_eq!((said(post, "tags"), said(post, "authors")), ("[\"Drupal\", \"Piwik\"]".into(), "[\"amedee\"]".into()));
    assert_eq!(
        post.body,
        "![A guard](/sites/default/files/2011/a.png)\n\nFirst\\\nline.\n\n<!--more-->\n\nSecond **part**.\n"
    );
    let comments = kept.files.iter().find(|file| file.path == "data/comments/2011-03-10-who-is-watching.json").unwrap();
    let Bytes::Here(bytes) = &comments.bytes else { panic!() };
    let comments: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(comments.as_array().unwrap().len(), 1, "spam was never published");
    assert_eq!((&comments[0]["author"], &comments[0]["text"]), (&"Ann".into(), &"Well said".into()));
    assert!(!String::from_utf8_lossy(bytes).contains("ann@example"), "addresses of people stay behind");
    let term = document(&kept, "term 2");
    assert_eq!(
        (term.path.as_str(), said(term, "aliases")),
        ("content/tags/piwik/_index.md", "[\"/taxonomy/term/2/\"]".to_owned())
    );
    let page = document(&kept, "node 13");
    assert_eq!((page.path.as_str(), said(page, "path")), ("content/about.md", "\"/about/\"".to_owned()));
    assert_eq!(front(page, "date"), None);
    let draft = document(&kept, "node 14");
    assert_eq!((said(draft, "draft"), said(draft, "path")), ("true".into(), "\"/node/14/\"".into()));
    assert!(kept.says("program in PHP"), "{:?}", kept.remarks);
    assert!(kept.files.iter().any(|file| file.path == "static/sites/default/files/2011/a.png"));
}

#[test]
fn a_dump_of_a_later_drupal_with_a_prefix_becomes_documents_in_each_language() {
    let (kept, settings) = imported(&[("blog.sql", TEN.as_bytes())]);
    let settings = settings.unwrap();
    assert_eq!(settings.keys["title"].as_str(), Some("Wächter"));
    assert_eq!(settings.keys["language"].as_str(), Some("en"));
    assert!(settings.tables["languages"].get("fr").is_some());
    let paths: Vec<&str> = kept.documents.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths[..2], ["content/posts/2024-01-02-hello.md", "content/posts/2024-01-02-bonjour.fr.md"]);
    assert_eq!(said(&kept.documents[0], "path"), "\"/blog/hello/\"");
    assert_eq!(said(&kept.documents[1], "path"), "\"/fr/blog/bonjour/\"");
    assert_eq!(kept.documents[0].body, "Hello *there*, ![cat](/sites/default/files/inline-images/cat.png)\n");
    assert_eq!(said(&kept.documents[0], "tags"), "[\"Cats\"]");
}

#[test]
fn answers_of_json_api_become_documents() {
    let (kept, settings) = imported(&[("page1.json", ANSWER.as_bytes())]);
    let settings = settings.unwrap();
    assert_eq!(settings.keys["base_url"].as_str(), Some("https://blog.example/"));
    let post = document(&kept, "node 5");
    assert_eq!(post.path, "content/posts/2023-05-06-five.md");
    assert_eq!(said(post, "id"), "\"5 at https://blog.example\"");
    assert_eq!(said(post, "date"), "2023-05-06T07:08:09+00:00");
    assert_eq!((said(post, "tags"), said(post, "authors")), ("[\"One\"]".into(), "[\"Eva\"]".into()));
    assert_eq!(said(post, "image"), "\"/sites/default/files/five.jpg\"");
    assert_eq!(post.body, "![Five](/sites/default/files/five.jpg)\n\nProcessed *text*.\n");
    assert_eq!(said(post, "summary"), "\"In short\"");
}

#[test]
fn what_breaks_off_keeps_what_was_whole_and_names_the_row() {
    let at = SEVEN.find("Second <strong>").unwrap();
    let (kept, settings) = imported(&[("blog.sql", &SEVEN.as_bytes()[..at])]);
    assert!(settings.is_ok());
    let remark = kept.remarks.iter().find(|remark| remark.code == "import/unreadable").unwrap();
    assert!(remark.message.contains("breaks off in row 1 of the table `field_data_body`"), "{}", remark.message);
    // Anywhere: no panic, and a word on it.
    for end in (0..SEVEN.len()).step_by(7) {
        let (kept, settings) = imported(&[("blog.sql", &SEVEN.as_bytes()[..end])]);
        let is_told = settings.is_err() || kept.remarks.iter().any(|remark| remark.code == "import/unreadable");
        let is_between = SEVEN[..end].trim_end().ends_with([';', '/']) || kept.documents.len() >= 3;
        assert!(is_told || is_between, "cut at {end}: {:?}", &SEVEN[end.saturating_sub(60)..end]);
    }
    let cut = &ANSWER.as_bytes()[..ANSWER.len() / 2];
    let (kept, settings) = imported(&[("a.json", cut), ("b.json", ANSWER.as_bytes())]);
    assert!(settings.is_ok() && kept.documents.len() == 2);
    assert!(kept.remarks.iter().any(|remark| remark.message.contains("`a.json` cannot be read")));
}

#[test]
fn what_is_no_export_is_refused_with_what_to_do() {
    for (files, words) in [
        (vec![], "holds neither a dump"),
        (
            vec![("a.sql", &b"-- PostgreSQL database dump\nCOPY public.node FROM stdin;\n1\tx\n\\.\n"[..])],
            "has no rows",
        ),
        (vec![("a.json", &b"{\"data\": []}"[..])], "none of the files holds nodes"),
        (vec![("a.zip", &b"PK"[..])], "is an archive"),
        (vec![("a.sql", &b""[..]), ("b.sql", &b""[..])], "two dumps"),
    ] {
        let problems = imported(&files).1.unwrap_err();
        assert!(problems[0].message.contains(words) && problems[0].hint.is_some(), "{problems:?}");
    }
}

#[test]
fn a_packed_dump_is_read_on_the_way() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, SEVEN.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(imported(&[("blog.sql.gz", &packed)]).0.documents.len(), 5);
    let (kept, settings) = imported(&[("blog.sql.gz", &packed[..packed.len() / 2])]);
    let is_told = settings.is_err() || kept.remarks.iter().any(|remark| remark.message.contains("breaks off"));
    assert!(is_told, "{:?}", kept.remarks);
}
