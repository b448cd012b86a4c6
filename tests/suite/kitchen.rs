//! The kitchen sink: one blog with all that there is (`tests/kitchen`), built in each theme and asked for each thing; and its
//! feeds, read by two readers that share nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use feed_rs::model::{Entry, Feed};
use serde_json::{Value, json};

use crate::harness::{Skip, tests};
use crate::site::{Run, Site, tree};

tests![
    the_kitchen_sink_has_each_thing_in_every_theme,
    what_is_of_no_language_stands_once_in_a_site_of_several,
    feeds_are_read_equally_by_feedparser_and_feed_rs,
];

/// Builds the blog in one theme.
fn built(theme: &str) -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kitchen");
    let mut site = Site::empty();
    for (path, bytes) in tree(&folder) {
        site = site.file(&path, bytes);
    }
    let mut words = vec!["build", "--offline", "--clock", "2026-03-10T00:00:00Z"];
    if theme != "paper" {
        words.extend(["--env", theme]);
    }
    site.run(&words).exit(0)
}

/// What stands in a file of every theme, and in which.
const EACH: &[(&str, &str)] = &[
    ("2026/01/every-mark.html", "<del>what is gone</del>"),
    ("2026/01/every-mark.html", "“in curly quotes” –"),
    (
        "2026/01/every-mark.html",
        "<a href=\"https://commonmark.org/help/\" class=\"elsewhere\" rel=\"nofollow\">https://commonmark.org/help/</a>.",
    ),
    ("2026/01/every-mark.html", "id=\"chosen\""),
    ("2026/01/every-mark.html", "type=\"checkbox\""),
    ("2026/01/every-mark.html", "<math display=\"block\">"),
    ("2026/01/every-mark.html", "<dt>Term</dt>"),
    ("2026/01/every-mark.html", "main.rs"),
    ("2026/01/every-mark.html", "<ins"),
    ("2026/01/every-mark.html", "data-goatcounter="),
    ("2026/01/every-mark.html", "/blog/2026/02/dough.html"),
    ("2026/01/every-mark.html", "#heat"),
    ("2026/02/dough.html", "hreflang=\"fr\""),
    ("2026/02/dough.html", "og:image"),
    ("2026/02/dough.html", "/blog/series/bread-from-nothing/"),
    ("2026/02/loaf.html", "<source type=\"image/webp\" srcset=\"/blog/2026/02/loaf/loaf.320x213."),
    ("2026/02/loaf.html", "width=\"1200\" height=\"800\" decoding=\"async\">"),
    ("2026/02/loaf.html", "alt=\"A stamp, cut from 640 × 480\""),
    ("2026/02/loaf.html", "<meta property=\"og:image:width\" content=\"1200\">"),
    ("2026/02/tools-of-words.html", "<figcaption>It rests.</figcaption>"),
    ("2026/02/tools-of-words.html", "Wash your <strong>hands</strong>"),
    ("2026/02/tools-of-words.html", "<cite>Juvenal, 100</cite>"),
    ("2026/02/tools-of-words.html", "<a href=\"https://within.example/\" class=\"elsewhere\" rel=\"nofollow\">"),
    ("2026/02/tools-of-words.html", "embed."),
    ("2026/02/tools-of-words.html", "<strong>BY A HOOK"),
    ("2026/02/tools-of-words.html", "Mind the <em>step</em>"),
    ("2026/02/tools-of-words.html", "<summary"),
    ("2026/02/tools-of-words.html", "Ada, Berthe"),
    ("2026/02/tools-of-words.html", "<code>{{ figure() }}</code>"),
    ("fr/2026/02/pate.html", "Aller au contenu"),
    ("pagefind/pagefind-entry.json", "\"fr\""),
    ("old/marks/index.html", "/blog/2026/01/every-mark.html"),
    ("2018/marks.html", "/blog/2026/01/every-mark.html"),
    ("about/index.html", "mailto:ada@kitchen.example"),
    ("shelf/index.html", "Ficciones by Borges, J. L., <time datetime=\"2026-03-01\">1 March 2026</time>"),
    ("tags/bread/index.html", "Flour, water, salt and <em>time</em>."),
    ("tags/bread/page/2/index.html", "/blog/tags/bread/"),
    ("drawer/whisk/index.html", "dough.html"),
    ("2026/02/index.html", "oven.html"),
    ("recipes/page/2/index.html", "/blog/recipes/"),
    ("recipes/soup/index.html", "Berthe"),
    ("recipes/index.html", "<span>A section within a section.</span>"),
    ("shelf/flatland/index.html", "<p>A <em>romance</em> of many dimensions.</p>"),
    ("shelf/ficciones/index.html", "on the shelf, by Borges, J. L."),
    ("recipes/sweet/index.html", "<nav class=\"way\""),
    ("recipes/toffee/index.html", "<li><a href=\"/blog/recipes/sweet/\">Sweet</a></li>"),
    ("fr/2026/02/pate.html", "lang=\"fr\""),
    ("de/2026/02/oven.html", "8. Februar 2026"),
    ("de/index.html", "/blog/2026/03/untold.html"),
    ("fr/404.html", "lang=\"fr\""),
    ("kitchen.css", "#123456"),
    ("robots.txt", "GPTBot"),
    ("sitemap.xml", "hreflang=\"de\""),
    ("feed.json", "\"version\""),
    ("recipes/atom.xml", "<feed"),
    ("series/bread-from-nothing/atom.xml", "<feed"),
    ("fr/tags/pain/feed.xml", "<rss"),
    ("_headers", "Content-Security-Policy: "),
    ("_redirects", "/old/marks/ /2026/01/every-mark.html 301!"),
    ("redirects.nginx", "return 410"),
    ("redirects.caddy", "410"),
    ("humans.txt", "Berthe"),
];

fn the_kitchen_sink_has_each_thing_in_every_theme() {
    for theme in ["paper", "gazette", "teletype"] {
        let run =
            built(theme).stderr_has("3 posts").stderr_has("(draft)").stderr_has("(expired").stderr_lacks("warning[");
        let files: BTreeMap<String, String> = run
            .site
            .public()
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        for (file, words) in EACH {
            let text = files.get(*file).unwrap_or_else(|| panic!("{theme}: there is no {file}"));
            assert!(text.contains(words), "{theme}: {file} has no {words:?}:\n{text}");
        }
        assert!(!files["2026/03/untold.html"].contains("goatcounter"), "{theme}");
        assert!(files["2026/03/json.html"].contains("noindex"), "{theme}");
        assert!(!files["2026/01/every-mark.html"].contains("never shown"), "{theme}");
        assert!(files.keys().all(|path| !path.contains("draft") && !path.contains("sold-out")), "{theme}");
        let hashed = files.keys().filter(|path| path.starts_with(&format!("{theme}.")) && path.ends_with(".css"));
        assert_eq!(hashed.count(), 2, "{theme}: the stylesheet stands under two names");
    }
}

fn what_is_of_no_language_stands_once_in_a_site_of_several() {
    let site =
        Site::new().config("[languages.fr]").file("sass/main.scss", "a { color: red }\n").file("static/a.txt", "a");
    let run = site.post("a.md", "A").build().exit(0).has_file("main.css", true).has_file("a.txt", true);
    run.has_file("fr/main.css", false).has_file("fr/a.txt", false);
}

/// What our reader of feeds understood, in the other one's words.
fn ours(feed: &Feed) -> Value {
    let entry = |entry: &Entry| {
        let content = entry.content.as_ref().and_then(|content| content.body.clone());
        let summary = entry.summary.as_ref().map(|text| text.content.clone());
        let mut categories: Vec<&str> = entry.categories.iter().map(|category| category.term.as_str()).collect();
        categories.sort_unstable();
        let published = entry.published.map(|date| date.timestamp());
        json!({
            "id": entry.id,
            "title": entry.title.as_ref().map(|title| title.content.as_str()),
            "link": entry.links.first().map(|link| link.href.as_str()),
            "published": published,
            // RSS knows one date; feedparser then gives it for both.
            "updated": entry.updated.map(|date| date.timestamp()).or(published),
            "content": content.or(summary).unwrap_or_default().trim(),
            "categories": categories,
        })
    };
    json!({
        "title": feed.title.as_ref().map(|title| title.content.as_str()),
        "entries": feed.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn feeds_are_read_equally_by_feedparser_and_feed_rs() -> Result<(), Skip> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", root.join("target/tools/feedparser")).env("PYTHONDONTWRITEBYTECODE", "1");
    let found = python.args(["-c", "import feedparser"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return Err(Skip(
            "feedparser is not in target/tools, where `.ci/run` puts it, nor among Python's packages".to_owned(),
        ));
    }
    let run = built("paper");
    let is_feed = |path: &String| path.ends_with("feed.xml") || path.ends_with("atom.xml");
    let files: Vec<String> = run.site.public().into_keys().filter(is_feed).collect();
    assert!(files.len() >= 12, "{files:?}");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", root.join("target/tools/feedparser")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg(root.join("tests/feeds/parsed.py"));
    let paths: Vec<_> = files.iter().map(|file| run.site.path(&format!("public/{file}"))).collect();
    let output = python.args(&paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut entries = 0;
    for ((file, path), mut theirs) in files.iter().zip(&paths).zip(theirs) {
        assert_eq!(theirs["wrong"], "", "{file}");
        let ours = ours(&feed_rs::parser::parse(&*fs::read(path).unwrap()).unwrap());
        let said = theirs.as_object_mut().unwrap();
        said.remove("wrong");
        said.remove("version");
        assert_eq!(theirs, ours, "{file}");
        entries += ours["entries"].as_array().unwrap().len();
    }
    assert!(entries >= 30, "{entries} entries were compared");
    Ok(())
}
