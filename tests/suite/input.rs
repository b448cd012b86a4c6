//! Input that no blogger means and every machine meets: bytes, links, permissions, full disks,
//! folders of others.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::content::refuses;
use crate::harness::{Skip, tests};
use crate::site::{BLOG, Site};

tests![
    a_slug_cannot_leave_the_folder,
    a_link_cannot_leave_the_site,
    a_file_that_is_no_text_is_named_with_the_byte,
    a_file_that_is_no_file_does_not_hang_the_build,
    an_unreadable_file_is_named,
    an_unreadable_output_folder_is_named,
    a_full_disk_leaves_the_published_site_alone,
    a_write_that_fails_half_way_leaves_the_published_site_alone,
    a_folder_with_files_of_others_is_refused,
    an_output_folder_that_must_not_be_one_is_refused,
    a_mark_at_the_start_and_line_ends_make_no_difference,
    control_characters_never_reach_a_page_or_a_feed,
    a_second_builder_is_sent_away,
];

fn a_slug_cannot_leave_the_folder() {
    for slug in ["../../x", "..", "/etc/x", "a/../../b"] {
        let post = format!("+++\ntitle = \"A\"\ndate = 2026-01-01\nslug = \"{slug}\"\n+++\n");
        refuses(("content/posts/a.md", post.as_bytes()), 1, &["content/posts/a.md"]);
    }
    for key in ["path = \"/../x/\"", "aliases = [\"/../../x\"]"] {
        let post = format!("+++\ntitle = \"A\"\ndate = 2026-01-01\n{key}\n+++\n");
        refuses(("content/posts/a.md", post.as_bytes()), 1, &["content/posts/a.md"]);
    }
}

fn a_link_cannot_leave_the_site() {
    for (link, target) in [
        ("content/posts/a.md", "/etc/hostname"),
        ("content/posts/a.txt", "/etc/hostname"),
        ("static/secret", "/etc"),
        ("static/loop", "."),
        ("templates/post.html", "/etc/hostname"),
        ("content/posts/dangling.md", "nowhere.md"),
    ] {
        let site = Site::new().file("static/.keep", "").file("templates/.keep", "").post("good.md", "one");
        fs::remove_file(site.path("static/.keep")).unwrap();
        fs::remove_file(site.path("templates/.keep")).unwrap();
        let run = site.build().exit(0);
        let published = run.site.public();
        symlink(target, run.site.path(link)).unwrap();
        let run = run.then().build().exit(1).stderr_has(link);
        assert!(run.site.public() == published, "{link}: what was published has changed");
    }
}

fn a_file_that_is_no_text_is_named_with_the_byte() {
    let post = b"+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\nLatin \xe9t\xe9\n";
    refuses(("content/posts/a.md", post), 1, &["content/posts/a.md", "UTF-8", "byte 44", "line 5"]);
    refuses(("templates/post.html", b"\xff\xfe"), 1, &["templates/post.html", "UTF-8"]);
}

fn a_file_that_is_no_file_does_not_hang_the_build() -> Result<(), Skip> {
    for path in ["content/posts/pipe.md", "static/pipe"] {
        let site = Site::new().post("good.md", "one").file("static/a.txt", "a");
        let made = Command::new("mkfifo").arg(site.path(path)).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(Skip("`mkfifo` does not run".to_owned()));
        }
        let mut command = site.command("timeout");
        command.args(["60", BLOG, "build"]);
        let run = site.finish(command);
        assert_ne!(run.code, Some(124), "the build hangs at {path}");
        run.exit(1).stderr_has(path);
    }
    Ok(())
}

/// Returns the command to run `blog` as somebody whom permissions bind, and who owns the site.
fn as_nobody(site: &Site) -> Command {
    const NOBODY: u32 = 65_534;
    let program = site.path("blog");
    fs::copy(BLOG, &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = site.command(program.to_str().unwrap());
    if is_root() {
        let status = Command::new("chown").arg("-R").arg(NOBODY.to_string()).arg(site.root()).status();
        assert!(status.is_ok_and(|status| status.success()), "root may give files away");
        command.uid(NOBODY);
    }
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

fn an_unreadable_file_is_named() {
    let run = Site::new().post("good.md", "one").file("static/a.txt", "a").build().exit(0);
    let site = run.then();
    for path in ["content/posts/good.md", "static/a.txt"] {
        let mut command = as_nobody(&site);
        fs::set_permissions(site.path(path), fs::Permissions::from_mode(0o000)).unwrap();
        let output = command.arg("build").output().unwrap();
        fs::set_permissions(site.path(path), fs::Permissions::from_mode(0o644)).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(path), "{path} is not in:\n{stderr}");
        assert!(matches!(output.status.code(), Some(1 | 6)), "{:?}", output.status);
        assert!(site.path("public/posts/good/index.html").exists());
    }
}

fn an_unreadable_output_folder_is_named() {
    let site = Site::new().post("good.md", "one").build().exit(0).then();
    let mut command = as_nobody(&site);
    fs::set_permissions(site.path("public"), fs::Permissions::from_mode(0o000)).unwrap();
    let output = command.arg("build").output().unwrap();
    fs::set_permissions(site.path("public"), fs::Permissions::from_mode(0o755)).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains("`public`") && site.path("public/posts/good/index.html").exists(), "{stderr}");
}

/// A small disk of its own, mounted at a folder until it is dropped.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(folder: std::path::PathBuf, size: &str) -> Result<Disk, Skip> {
        fs::create_dir_all(&folder).unwrap();
        let options = format!("size={size},mode=755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Disk(folder)),
            _ => Err(Skip("only root may mount a small disk".to_owned())),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

fn a_full_disk_leaves_the_published_site_alone() -> Result<(), Skip> {
    // The whole site is on the disk: staging fills it.
    let outer = tempfile::tempdir().unwrap();
    let disk = Disk::mount(outer.path().join("disk"), "2M")?;
    let at = disk.0.to_str().unwrap();
    let site = Site::new().post("a.md", "one").run(&["build", "--out", &format!("{at}/site/public")]).exit(0).then();
    let published = crate::site::tree(&disk.0.join("site/public"));
    let site = site.file("static/big.bin", vec![7; 3_000_000]);
    let run = site.run(&["build", "--out", &format!("{at}/site/public")]).exit(6).stderr_has("big.bin");
    assert!(crate::site::tree(&disk.0.join("site/public")) == published);
    let left: Vec<_> = fs::read_dir(disk.0.join("site")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["public"], "the staged tree was not removed");

    // The output folder itself is the disk: nothing is replaced before everything has arrived.
    let mounted = Disk::mount(outer.path().join("mounted"), "2M")?;
    let at = mounted.0.to_str().unwrap().to_owned();
    let site = run.then();
    fs::remove_file(site.path("static/big.bin")).unwrap();
    let run = site.run(&["build", "--out", &at]).exit(0).stderr_has("not atomic");
    let published = crate::site::tree(&mounted.0);
    assert!(published.contains_key("posts/a/index.html"));
    let site = run.then().file("static/big.bin", vec![7; 3_000_000]).post("b.md", "two");
    let run = site.run(&["build", "--out", &at]).exit(6).stderr_has("big.bin");
    assert!(crate::site::tree(&mounted.0) == published);
    let site = run.then();
    fs::remove_file(site.path("static/big.bin")).unwrap();
    site.run(&["build", "--out", &at]).exit(0);
    assert!(crate::site::tree(&mounted.0).contains_key("posts/b/index.html"));
    Ok(())
}

fn a_write_that_fails_half_way_leaves_the_published_site_alone() {
    let run = Site::new().post("a.md", "one").build().exit(0);
    let published = run.site.public();
    let site = run.then().file("static/big.bin", vec![7; 3_000_000]);
    let mut command = site.command("sh");
    // A file may grow to 512 or 1,024 blocks; what is too long is an error, not a signal.
    command.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" build", BLOG]);
    let run = site.finish(command).exit(6).stderr_has("output/write").stderr_has("big.bin");
    assert!(run.site.public() == published);
    let left = fs::read_dir(run.site.root()).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with(".public")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn a_folder_with_files_of_others_is_refused() {
    let run = Site::new().post("a.md", "one").file("public/CNAME", "blog.example").build();
    let run = run.exit(2).stderr_has("output/occupied").stderr_has("`CNAME`").stderr_has("static/");
    assert_eq!(run.site.public().into_keys().collect::<Vec<_>>(), ["CNAME"]);
    let site = run.then();
    fs::remove_file(site.path("public/CNAME")).unwrap();
    let run = site.build().exit(0);
    run.site.write("public/.git/HEAD", "ref: main");
    let run = run.then().build().exit(2).stderr_has(".git/HEAD");
    assert_eq!(run.site.output(".git/HEAD"), "ref: main");
}

fn an_output_folder_that_must_not_be_one_is_refused() {
    for out in
        [".", "..", "/", "content", "content/posts", "content/new", "static", "templates", "themes/x", ".git", ".blog"]
    {
        let site = Site::new().post("a.md", "one").file("static/a.txt", "a");
        let before = crate::site::tree(site.root());
        let run = site.run(&["build", "--out", out]).exit(2);
        let after = crate::site::tree(run.site.root());
        assert!(before == after, "`--out {out}` changed something");
    }
}

fn a_mark_at_the_start_and_line_ends_make_no_difference() {
    let text = "+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\nOne  \ntwo.\n\n```rust\nfn main() {}\n```\n\n- a\n- b\n";
    let yaml = "---\ntitle: B\ndate: 2026-01-01\n---\nText.\n";
    let template = "<!doctype html>\n<title>x</title>\n{{ analytics() }}\n<p>{{ page.title }}</p>\n";
    let build = |change: &dyn Fn(&str) -> String| {
        let site = Site::new().post("a.md", "").file("content/posts/a.md", change(text));
        let site = site.file("content/posts/b.md", change(yaml)).file("templates/page.html", change(template));
        let site = site.file("content/about.md", change("+++\ntitle = \"About\"\n+++\nMe.\n"));
        let settings = fs::read_to_string(site.path("site.toml")).unwrap();
        site.file("site.toml", change(&settings)).build().exit(0).site.public()
    };
    let plain = build(&|text| text.to_owned());
    let windows = build(&|text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let unended = build(&|text| text.trim_end().to_owned());
    for (path, bytes) in &plain {
        assert!(windows.get(path) == Some(bytes), "{path} differs with BOM and CRLF");
    }
    assert_eq!(plain.len(), windows.len());
    assert!(plain["posts/a/index.html"] == unended["posts/a/index.html"], "the last line end makes a difference");
}

fn control_characters_never_reach_a_page_or_a_feed() {
    let post = "---\ntitle: \"A \\u0008 \\0 title\"\ndate: 2026-01-01\ntags: [\"t\\u000bag\"]\n---\nA \u{8} b \u{b} c \0 d \u{1b} e\u{7f}.\n\n`x\u{1}`\n";
    let run = Site::new().post("a.md", post).config("[[feeds]]\nformat = \"atom\"\npath = \"atom.xml\"").build();
    // Refusing them with file and line is as good as replacing them.
    if run.code != Some(0) {
        run.exit(1).stderr_has("content/posts/a.md");
        return;
    }
    for (path, bytes) in run.site.public() {
        let found = bytes.iter().position(|byte| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t' | b'\r'));
        assert_eq!(found, None, "a control character is in {path}");
    }
    assert!(!run.stderr.contains(['\u{8}', '\u{1b}']));
}

fn a_second_builder_is_sent_away() {
    let site = Site::new().post("a.md", "one");
    let lock = fs::File::create(site.path(".public.lock")).unwrap();
    lock.lock().unwrap();
    let run = site.build().exit(6).stderr_has("output/busy");
    drop(lock);
    run.then().build().exit(0);
}
