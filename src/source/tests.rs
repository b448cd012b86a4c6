//! Folders on a disk in, sources or their problems out.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::config::sample;

/// A site on disk, with a theme of its own so that the built-in one does not show.
struct Disk {
    folder: tempfile::TempDir,
    config: Config,
}

impl Disk {
    fn new(files: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        let mut config = sample("theme = \"\"\n");
        config.root.clone_from(&root);
        let disk = Disk { folder, config };
        fs::create_dir_all(root.join("content")).unwrap();
        files.iter().for_each(|file| disk.write(file, b"x"));
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.config.root.join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    fn scan(&self) -> Sources {
        scan(&self.config).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    fn problems(&self) -> Vec<(&'static str, String)> {
        let problems = scan(&self.config).err().unwrap_or_default();
        problems.into_iter().map(|one| (one.code, one.place.map(|place| place.file).unwrap_or_default())).collect()
    }
}

fn names<'a>(keys: impl Iterator<Item = &'a SourcePath>) -> Vec<&'a str> {
    keys.map(SourcePath::as_str).collect()
}

#[test]
fn files_are_sorted_into_markdown_and_the_rest_and_leftovers_are_not_seen() {
    let disk = Disk::new(&[
        "content/b.md",
        "content/a.markdown",
        "content/a/index.md",
        "content/a/1.png",
        "content/.hidden.md",
        "content/.obsidian/x.md",
        "content/b.md~",
        "content/.b.md.swp",
        "content/#b.md#",
        "static/.well-known/security.txt",
        "static/.nojekyll",
        "static/.env",
        "static/.git/config",
        "static/css/a.css",
        "templates/post.html",
        "templates/partials/x.html",
    ]);
    let sources = disk.scan();
    assert_eq!(names(sources.markdown.keys()), ["content/a.markdown", "content/a/index.md", "content/b.md"]);
    assert_eq!(names(sources.assets.keys()), ["content/a/1.png"]);
    assert_eq!(sources.statics.keys().collect::<Vec<_>>(), [".nojekyll", ".well-known/security.txt", "css/a.css"]);
    assert_eq!(sources.templates.keys().collect::<Vec<_>>(), ["partials/x.html", "post.html"]);
}

#[test]
fn a_sites_static_files_win_over_the_themes_and_both_templates_are_kept() {
    let mut disk = Disk::new(&[
        "themes/mine/theme.toml",
        "themes/mine/templates/post.html",
        "themes/mine/templates/base.html",
        "themes/mine/static/a.css",
        "themes/mine/static/b.css",
        "static/a.css",
        "templates/post.html",
    ]);
    disk.config.theme = "mine".to_owned();
    let sources = disk.scan();
    let templates: Vec<_> =
        sources.templates.iter().map(|(name, template)| (name.as_str(), template.source.as_str())).collect();
    assert_eq!(
        templates,
        [
            ("mine/templates/base.html", "themes/mine/templates/base.html"),
            ("mine/templates/post.html", "themes/mine/templates/post.html"),
            ("post.html", "templates/post.html"),
        ]
    );
    let statics: Vec<_> = sources.statics.values().map(|file| file.source.as_str()).collect();
    assert_eq!(statics, ["static/a.css", "themes/mine/static/b.css"]);
    assert_eq!(sources.theme.unwrap().0.as_str(), "themes/mine/theme.toml");
}

#[test]
fn the_theme_in_the_program_stands_in_for_a_missing_folder() {
    let mut disk = Disk::new(&[]);
    disk.config.theme = "paper".to_owned();
    let sources = disk.scan();
    assert!(sources.templates.contains_key("paper/templates/post.html"));
    assert!(matches!(sources.statics["paper.css"].origin, Origin::Program(_)));
    assert!(sources.theme.is_some());
    disk.config.theme = "papre".to_owned();
    let problems = scan(&disk.config).unwrap_err();
    assert_eq!((problems[0].code, problems[0].hint.as_deref()), ("config/no-theme", Some("did you mean `paper`?")));
}

#[test]
fn a_link_is_followed_inside_and_refused_outside() {
    let disk = Disk::new(&["content/a.md", "shared/b.md"]);
    symlink(disk.path("shared"), disk.path("content/linked")).unwrap();
    symlink("a.md", disk.path("content/c.md")).unwrap();
    assert_eq!(names(disk.scan().markdown.keys()), ["content/a.md", "content/c.md", "content/linked/b.md"]);

    fs::write(disk.folder.path().join("secret.md"), "x").unwrap();
    symlink(disk.folder.path().join("secret.md"), disk.path("content/d.md")).unwrap();
    symlink("..", disk.path("content/up")).unwrap();
    symlink("nowhere", disk.path("content/e.md")).unwrap();
    symlink("/", disk.path("static")).unwrap();
    assert_eq!(
        disk.problems(),
        [
            ("source/link-leaves", "content/d.md".to_owned()),
            ("source/link-broken", "content/e.md".to_owned()),
            ("source/link-loops", "content/up".to_owned()),
            ("source/link-leaves", "static".to_owned()),
        ]
    );
}

#[test]
fn two_links_that_lead_to_each_other_are_found() {
    let disk = Disk::new(&["content/one/a.md", "content/two/b.md"]);
    symlink(disk.path("content/two"), disk.path("content/one/to-two")).unwrap();
    symlink(disk.path("content/one"), disk.path("content/two/to-one")).unwrap();
    let problems = disk.problems();
    assert!(!problems.is_empty() && problems.iter().all(|(code, _)| *code == "source/link-loops"), "{problems:?}");
}

#[test]
fn every_file_that_cannot_be_used_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let disk = Disk::new(&[]);
    disk.write("content/a.md", b"caf\xe9");
    disk.write("templates/post.html", b"\xff");
    fs::write(disk.path("content").join(std::ffi::OsStr::from_bytes(b"caf\xe9.md")), "x").unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        disk.path("content/pipe.md"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(
        disk.problems(),
        [
            ("source/name-not-utf8", "content".to_owned()),
            ("source/not-utf8", "content/a.md".to_owned()),
            ("source/not-a-file", "content/pipe.md".to_owned()),
            ("source/not-utf8", "templates/post.html".to_owned()),
        ]
    );
}

#[test]
fn names_are_composed_and_two_that_look_alike_are_refused() {
    let disk = Disk::new(&["content/cafe\u{301}.md"]);
    assert_eq!(names(disk.scan().markdown.keys()), ["content/caf\u{e9}.md"]);
    disk.write("content/caf\u{e9}.md", b"y");
    assert_eq!(disk.problems(), [("source/same-name", "content/caf\u{e9}.md".to_owned())]);
}

#[test]
fn a_site_without_content_is_a_warning() {
    let disk = Disk::new(&[]);
    fs::remove_dir(disk.path("content")).unwrap();
    assert_eq!(disk.scan().warnings[0].code, "source/no-content");
}

#[test]
fn what_was_replaced_in_a_text_is_a_warning_with_its_line() {
    let disk = Disk::new(&[]);
    disk.write("content/a.md", b"one\n\x1btwo\n");
    let sources = disk.scan();
    assert_eq!(sources.warnings[0].place.as_ref().unwrap().line_column(), Some((2, 1)));
    assert_eq!(&*sources.markdown[&SourcePath::new("content/a.md")], "one\n\u{fffd}two\n");
}

/// Returns a text as it would come from a file.
pub(crate) fn decoded(text: &str) -> (std::sync::Arc<str>, Option<Diagnostic>) {
    text::decode(&SourcePath::new("a.md"), text.as_bytes().to_vec()).unwrap()
}

#[test]
fn what_can_be_a_part_of_the_site_is_told_by_its_path() {
    for path in ["content/a.md", "content/a/b.jpg", "static/.well-known/x", "themes/x/static/.nojekyll", "themes/x"] {
        assert!(is_taken(Path::new(path)), "{path}");
    }
    for path in ["content/.a/b.md", "content/.nojekyll", "static/.env", "static/a~", "themes/x/.git", "data/#a#"] {
        assert!(!is_taken(Path::new(path)), "{path}");
    }
}

#[test]
fn a_theme_that_is_a_link_out_of_the_site_is_refused_by_its_name() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(outside.path().join("templates")).unwrap();
    std::fs::write(outside.path().join("templates/post.html"), "SECRET").unwrap();
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("themes")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("themes/paper")).unwrap();
    let config = crate::config::Config { root: root.path().to_owned(), ..crate::config::sample("") };
    let (sources, problems) = scan_all(&config);
    assert!(sources.templates.is_empty());
    assert_eq!(problems.iter().map(|one| one.code).collect::<Vec<_>>(), ["source/link-leaves"]);
    assert!(problems[0].message.starts_with("the link `themes/paper` leaves the site"));
}
