//! Files that change on a disk, and the site that follows them: after each edit it is the one that a clean build makes.

use std::cell::Cell;
use std::fs;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::render::{self, Body};

fn place() -> Place {
    Place {
        origin: Url::parse("http://127.0.0.1:2011/").unwrap(),
        endpoint: |origin, table| origin.join(&format!("__blog/stats/{table}/")).unwrap(),
    }
}

fn overrides() -> Overrides {
    Overrides { clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() }
}

/// A site in a folder of its own.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Disk(tempfile::tempdir().unwrap());
        disk.write("site.toml", SETTINGS[0]);
        disk.write("data/books.csv", BOOKS[0]);
        for (name, text) in TEMPLATES {
            disk.write(&format!("templates/{name}"), text);
        }
        disk
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn preview(&self) -> Preview {
        Preview::open(self.root(), &overrides(), place())
    }

    /// Returns every file of the site as a clean build makes it, or how many problems there are.
    fn clean(&self) -> Result<BTreeMap<String, String>, usize> {
        let build = || {
            let config = Arc::new(moved(&config::load(self.root(), &overrides())?, &place())?);
            let sources = Arc::new(source::scan(&config)?);
            let posts = post::parse(&config, &sources)?;
            let library = library::arrange(&config, &sources, posts)?;
            Site::new(config, sources, library)
        };
        build().map(|site| files(&site)).map_err(|problems: Vec<Diagnostic>| problems.len())
    }
}

/// Returns every file of a site.
fn files(site: &Site) -> BTreeMap<String, String> {
    let routes = site.routes().into_iter();
    routes
        .map(|route| {
            let text = match render::page(site, route) {
                Ok(file) => match file.body {
                    Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Body::Picture(order) => format!("made: {:?}", order.make()),
                    Body::Copy(path) => format!("copied: {}", fs::read_to_string(path).unwrap_or_default()),
                },
                Err(problems) => format!("{problems:?}"),
            };
            (route.to_string(), text)
        })
        .collect()
}

const SETTINGS: [&str; 4] = [
    "title = \"One\"\nbase_url = \"https://blog.example/sub/\"\ntheme = \"\"\n[paginate]\nposts = 2\n[taxonomies.tags]\nfeed = true\n\
     [markdown]\nwikilinks = true\n[[pages]]\ndata = \"books.csv\"\npath = \"/books/:slug/\"\nsection = \"posts\"\ndate = \":day\"\n\
     tags = \":tag\"\nbody = \"text\"\n[analytics]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"x\"\n",
    "title = \"Two\"\nbase_url = \"https://blog.example/\"\ntheme = \"paper\"\n[taxonomies.tags]\n",
    "title = \"Four\"\nbase_url = \"https://blog.example/\"\ntheme = \"own\"\n[[headers]]\nfor = \"/*\"\nvalues = { A = \"b\" }\n",
    "title = \"Three\nbase_url =",
];

const TEMPLATES: [(&str, &str); 9] = [
    ("hooks/link.html", "<a href=\"{{ url }}\" class=\"hooked\">{{ text }}</a>"),
    (
        "base.html",
        "<!doctype html><html><head>{{ seo() }}{{ feeds() }}{{ analytics() }}</head>{% block body %}{% endblock %}</html>",
    ),
    (
        "index.html",
        "{% extends \"base.html\" %}{% block body %}{% for p in paginator.pages %}{{ p.title }}{{ p.summary }}{% endfor %}{% endblock %}",
    ),
    (
        "post.html",
        "{% extends \"base.html\" %}{% block body %}{{ page.title }}{{ page.content }}{% if page.newer %}{{ page.newer.title }}{% endif %}\
         {% for link in page.backlinks %}{{ link.title }}{% endfor %}{% for link in page.related %}{{ link.title }}{% endfor %}\
         {% if page.series %}{{ page.series.index }}{{ page.series.previous?.title | default(value=\"\") }}{% endif %}{% endblock %}",
    ),
    (
        "section.html",
        "{% extends \"base.html\" %}{% block body %}{% for p in section.pages %}{{ p.title }}{% endfor %}{% endblock %}",
    ),
    (
        "taxonomy.html",
        "{% extends \"base.html\" %}{% block body %}{% for t in terms %}{{ t.name }}{{ t.page_count }}{% endfor %}{% endblock %}",
    ),
    ("archive.html", "{% extends \"base.html\" %}{% block body %}{{ archive.page_count }}{% endblock %}"),
    ("term.html", "{% extends \"index.html\" %}"),
    ("404.html", "lost{% for name, value in data %}{{ name }}{{ value | json_encode }}{% endfor %}"),
];

const BOOKS: [&str; 4] = [
    "slug,day,tag,text\none,2026-03-01,rust,One.\n",
    "slug,day,tag,text\ntwo,,,Two.\none,2026-03-02,web,[[a]]\n",
    "slug,day,tag,text\none,2027-03-01,rust,One.\n",
    "slug,day,tag,text\none,never,rust,One.\n",
];

/// What edits play with, and what each may become.
fn target() -> impl Strategy<Value = (String, Option<String>)> {
    let front = prop::sample::subsequence(
        vec![
            "title = \"T\"\n",
            "tags = [\"rust\", \"Web\"]\n",
            "tags = [\"Rust\"]\n",
            "draft = true\n",
            "series = \"s\"\n",
            "series_index = 1\n",
            "slug = \"same\"\n",
            "date = 2026-02-0",
            "aliases = [\"/old/\"]\n",
        ],
        0..4,
    );
    let post = (
        prop::sample::select(vec![
            "content/posts/a.md",
            "content/posts/2026-01-01-b.md",
            "content/posts/c/index.md",
            "content/posts/deep/d.md",
            "content/posts/_index.md",
            "content/tags/rust/_index.md",
            "content/about.md",
            "content/404.md",
        ]),
        front,
        prop::sample::select(vec![
            "One.\n",
            "Two [a](@/posts/a.md#head) words.\n",
            "## Head\n\n```rust\nfn a() {}\n```\n",
            "![p](p.png)\n",
            "[[a]] and [b](/about/).\n",
            "[^1]\n\n[^1]: Note.\n",
        ]),
        1_u8..5,
    )
        .prop_map(|(name, front, body, day)| {
            let mut keys = BTreeSet::new();
            let lines: String = front
                .into_iter()
                .filter(|line| keys.insert(line.split(' ').next().unwrap_or_default()))
                .map(|line| if line.ends_with('0') { format!("{line}{day}\n") } else { line.to_owned() })
                .collect();
            (name.to_owned(), format!("+++\n{lines}+++\n{body}"))
        });
    let template = (prop::sample::select(TEMPLATES.to_vec()), prop::sample::select(vec!["", "!", "{% broken"]))
        .prop_map(|((name, text), more)| (format!("templates/{name}"), format!("{text}{more}")));
    let copied = (
        prop::sample::select(vec![
            "themes/own/static/own.css",
            "themes/own/templates/404.html",
            "themes/paper/theme.toml",
            "static/a.css",
            "static/old/index.html",
            "content/posts/c/p.png",
            "content/posts/p.png",
            "data/x.json",
            "data/deep/y.yaml",
            "data/deep.json",
            "data/z.toml",
        ]),
        prop::sample::select(vec!["1", "2"]),
    )
        .prop_map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sass = (
        prop::sample::select(vec!["sass/main.scss", "sass/_part.scss", "themes/own/sass/_part.scss"]),
        prop::sample::select(vec!["@import 'part';", "a { b: c }", "b { c: d }", "$unfinished"]),
    )
        .prop_map(|(name, text)| (name.to_owned(), text.to_owned()));
    let settings = prop::sample::select(SETTINGS.to_vec()).prop_map(|text| ("site.toml".to_owned(), text.to_owned()));
    let rows = prop::sample::select(BOOKS.to_vec()).prop_map(|text| ("data/books.csv".to_owned(), text.to_owned()));
    let written = prop_oneof![8 => post, 1 => rows, 1 => template, 2 => copied, 1 => sass, 1 => settings];
    (written, prop::bool::weighted(0.75)).prop_map(|((name, text), stays)| {
        // Without its rows, the first of the sites is none.
        let stays = stays || name == "data/books.csv";
        (name, stays.then_some(text))
    })
}

#[test]
fn after_any_edits_the_site_is_the_one_of_a_clean_build() {
    let (good, wrong) = (Cell::new(0), Cell::new(0));
    let edits = prop::collection::vec(prop::collection::vec(target(), 1..3), 1..12);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&edits, |edits| {
        let disk = Disk::new();
        let mut preview = disk.preview();
        for edit in edits {
            let mut paths = BTreeSet::new();
            for (name, text) in edit {
                match text {
                    Some(text) => disk.write(&name, &text),
                    None if name == "site.toml" => {}
                    // Half of what goes away has only got another name.
                    None if name.len() % 2 == 0 => {
                        let other = name.replace(".md", "-renamed.md");
                        let _ = fs::rename(disk.root().join(&name), disk.root().join(&other));
                        paths.insert(PathBuf::from(other));
                    }
                    None => drop(fs::remove_file(disk.root().join(&name))),
                }
                paths.insert(PathBuf::from(name));
            }
            preview.follow(&paths);
            let edition = preview.edition();
            match disk.clean() {
                Ok(clean) => {
                    prop_assert_eq!(&**edition.problems, &[]);
                    prop_assert_eq!(files(edition.site.as_ref().expect("a sound site")), clean);
                    good.set(good.get() + 1);
                }
                Err(_) => {
                    prop_assert!(!edition.problems.is_empty(), "a clean build finds what is wrong");
                    wrong.set(wrong.get() + 1);
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|problem| panic!("{problem}"));
    // Neither kind of step is rare, or this test would show little.
    assert!(good.get() > 60 && wrong.get() > 30, "{} sound sites, {} others", good.get(), wrong.get());
}

#[test]
fn a_broken_file_keeps_its_last_good_form_and_the_others_go_on() {
    let disk = Disk::new();
    disk.write("content/posts/a.md", "+++\ntitle = \"A\"\n+++\nFirst.");
    disk.write("content/posts/b.md", "Second.");
    let mut preview = disk.preview();
    let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect();
    disk.write("content/posts/a.md", "+++\ntitle = \"A\n+++\nBroken.");
    disk.write("content/posts/b.md", "Changed.");
    preview.follow(&paths(&["content/posts/a.md", "content/posts/b.md"])).unwrap();
    let edition = preview.edition().clone();
    let pages = files(edition.site.as_ref().unwrap());
    assert!(pages["/posts/a/"].contains("First.") && pages["/posts/b/"].contains("Changed."));
    assert_eq!(edition.problems[0].place.as_ref().unwrap().file, "content/posts/a.md");
    // So it is after everything was read again, and when it is mended it is forgotten.
    preview.reload();
    assert!(files(preview.edition().site.as_ref().unwrap())["/posts/a/"].contains("First."));
    disk.write("content/posts/a.md", "Mended.");
    preview.follow(&paths(&["content/posts/a.md"])).unwrap();
    assert!(preview.edition().problems.is_empty());
    assert!(files(preview.edition().site.as_ref().unwrap())["/posts/a/"].contains("Mended."));
}

#[test]
fn a_folder_that_moves_takes_its_posts_along() {
    let disk = Disk::new();
    disk.write("content/posts/x/a.md", "A.");
    disk.write("content/posts/x/b/index.md", "![p](p.png)");
    disk.write("content/posts/x/b/p.png", "p");
    let mut preview = disk.preview();
    fs::rename(disk.root().join("content/posts/x"), disk.root().join("content/posts/y")).unwrap();
    preview.follow(&["content/posts/x", "content/posts/y"].into_iter().map(PathBuf::from).collect()).unwrap();
    assert_eq!(files(preview.edition().site.as_ref().unwrap()), disk.clean().unwrap());
    assert!(
        preview
            .edition()
            .site
            .as_ref()
            .unwrap()
            .library
            .routes
            .keys()
            .any(|route| route.as_str() == "/posts/y/b/p.png")
    );
}

#[test]
fn what_changes_nothing_makes_no_edition() {
    let disk = Disk::new();
    disk.write("content/posts/a.md", "A.");
    disk.write("static/a.css", "a {}");
    let mut preview = disk.preview();
    let number = preview.edition().number;
    disk.write("content/posts/a.md", "A.");
    disk.write("content/posts/.a.md.swp", "A.");
    for path in ["content/posts/a.md", "content/posts/.a.md.swp", "content/none.md", "README.md", "templates/404.html"]
    {
        assert_eq!(preview.follow(&[PathBuf::from(path)].into()), None, "{path}");
    }
    assert_eq!(preview.edition().number, number);
    let changed = preview.follow(&[PathBuf::from("static/a.css")].into()).unwrap();
    assert_eq!(changed.styles, Some(["a.css".to_owned()].into()));
    assert_eq!(changed.copied, [SourcePath::new("static/a.css")].into());
}

#[test]
fn nothing_of_production_analytics_is_left() {
    let disk = Disk::new();
    disk.write(
        "site.toml",
        &format!("{}script = \"https://stats.example/mine.js\"\ncollect = \"https://stats.example/c\"\n", SETTINGS[0]),
    );
    disk.write("content/posts/a.md", "A.");
    let preview = disk.preview();
    let pages = files(preview.edition().site.as_ref().unwrap());
    assert!(pages["/posts/a/"].contains("http://127.0.0.1:2011/__blog/stats/0/"), "{}", pages["/posts/a/"]);
    assert!(!pages.values().any(|page| page.contains("stats.example")));
    assert_eq!(preview.edition().production.as_ref().unwrap().base_url.as_str(), "https://blog.example/sub/");
}

#[test]
fn a_folder_that_cannot_be_read_keeps_its_posts() {
    let disk = Disk::new();
    disk.write("content/posts/x/a.md", "A.");
    disk.write("content/posts/b.md", "B.");
    let mut preview = disk.preview();
    let folder = disk.root().join("content/posts/x");
    fs::rename(&folder, disk.root().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("nowhere", &folder).unwrap();
    preview.follow(&[PathBuf::from("content/posts/x")].into()).unwrap();
    let edition = preview.edition();
    assert!(edition.problems.iter().any(|problem| problem.code == "source/link-broken"), "{:?}", edition.problems);
    assert!(files(edition.site.as_ref().unwrap())["/posts/x/a/"].contains("A."));
    fs::remove_file(&folder).unwrap();
    preview.follow(&[PathBuf::from("content/posts/x")].into()).unwrap();
    let edition = preview.edition();
    assert!(edition.problems.is_empty(), "{:?}", edition.problems);
    assert!(!files(edition.site.as_ref().unwrap()).contains_key("/posts/x/a/"), "now it is gone");
}

#[test]
fn broken_settings_do_not_keep_posts_from_changing() {
    let disk = Disk::new();
    disk.write("content/posts/a.md", "A.");
    let mut preview = disk.preview();
    disk.write("site.toml", SETTINGS[3]);
    preview.follow(&[PathBuf::from("site.toml")].into()).unwrap();
    disk.write("content/posts/a.md", "Changed.");
    preview.follow(&[PathBuf::from("content/posts/a.md")].into()).unwrap();
    assert!(!preview.edition().problems.is_empty());
    assert!(files(preview.edition().site.as_ref().unwrap())["/posts/a/"].contains("Changed."));
}
