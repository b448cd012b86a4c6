//! What the preview is told of changed files: by real files, in the ways in which editors and tools write them.
//!
//! Nothing here sleeps. Events come in their order, so that a sentinel, written after some deed, is told after it.
//! `watch_reader` does things at random, `watch_limits` runs into what the machine allows.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use watchpost::serve::watch::{Changes, Watched, Watching, watch};

use crate::harness::{Skip, tests};

tests![
    a_save_is_told_once_and_soon,
    each_editors_way_of_saving_is_told,
    a_real_vim_and_a_real_sed_are_told,
    what_editors_leave_behind_is_not_told,
    copies_moves_and_removals_are_told,
    nested_folders_made_at_once_are_told_and_then_watched,
    folders_that_are_moved_in_and_out_are_told,
    a_folder_that_comes_back_is_watched_again,
    a_file_that_is_replaced_and_removed_at_once_is_told,
    a_checkout_of_five_hundred_files_is_told_in_few_batches,
    reading_everything_triggers_nothing,
    what_is_not_the_sites_triggers_nothing,
    the_settings_are_told_however_they_are_saved,
    content_that_is_removed_and_made_again_is_watched,
    a_file_that_is_written_without_a_pause_is_told_within_the_second,
    links_inside_the_site_are_told_by_both_names,
    nothing_is_told_after_the_end,
    polling_tells_the_same,
    a_root_that_is_no_folder_is_refused,
];

/// The folders of a site that are watched.
pub(crate) const FOLDERS: &[&str] = &["content", "templates", "static", "themes", "data"];
/// The files of a site that are watched.
pub(crate) const FILES: &[&str] = &["site.toml", "analytics.lock"];
/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A site on disk that is being watched.
pub(crate) struct Desk {
    /// The site's folder.
    pub(crate) folder: tempfile::TempDir,
    /// Where what is told arrives.
    pub(crate) inbox: Receiver<Changes>,
    watching: Option<Watching>,
    sentinels: usize,
}

/// What was told of a deed.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The paths that were named.
    pub(crate) paths: BTreeSet<PathBuf>,
    batches: usize,
    /// Whether it was said that everything has to be read again.
    pub(crate) everything: bool,
}

impl Told {
    /// Fails unless each path, or a folder that it is in, was told.
    fn names(&self, paths: &[&str]) {
        for path in paths {
            let told = Path::new(path).ancestors().any(|path| self.paths.contains(path));
            assert!(told, "`{path}` was not told: {self:?}");
        }
    }

    /// Fails if anything else was told.
    fn only(&self, paths: &[&str]) {
        self.names(paths);
        let paths: BTreeSet<PathBuf> = paths.iter().map(PathBuf::from).collect();
        assert_eq!((&self.paths, self.everything), (&paths, false));
    }
}

impl Desk {
    /// Watches a site with these files.
    pub(crate) fn new(files: &[&str]) -> Self {
        Desk::with(files, false)
    }

    fn with(files: &[&str], poll: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("watch-").tempdir().unwrap();
        let (outbox, inbox) = channel();
        let mut desk = Desk { folder, inbox, watching: None, sentinels: 0 };
        desk.write("site.toml", "one");
        desk.write("data/first.toml", "one");
        files.iter().for_each(|file| desk.write(file, "one"));
        let watched = Watched { root: desk.folder.path(), folders: FOLDERS, files: FILES, poll };
        let watching = watch(&watched, move |changes| drop(outbox.send(changes))).unwrap();
        assert_eq!(watching.notes(), []);
        desk.watching = Some(watching);
        desk
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// Runs a command of the shell in the site's folder.
    fn shell(&self, command: &str) {
        let output = Command::new("sh").args(["-ec", command]).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn next(&self) -> Changes {
        self.inbox.recv_timeout(DEADLINE).expect("a change is told")
    }

    /// Does something, and returns all that was told of it.
    pub(crate) fn told(&mut self, deed: impl FnOnce(&Desk)) -> Told {
        deed(self);
        self.sentinels += 1;
        let sentinel = format!("data/sentinel-{}.toml", self.sentinels);
        self.write(&sentinel, "one");
        let mut told = Told::default();
        loop {
            match self.next() {
                Changes::Everything => told.everything = true,
                Changes::Paths(mut paths) => {
                    let is_last = paths.remove(Path::new(&sentinel));
                    assert!(is_last || !paths.is_empty(), "nobody is told of nothing");
                    told.batches += usize::from(!paths.is_empty());
                    told.paths.append(&mut paths);
                    if is_last {
                        return told;
                    }
                }
            }
        }
    }
}

fn a_save_is_told_once_and_soon() {
    let desk = Desk::new(&["content/a.md"]);
    let mut waits: Vec<Duration> = (0..50)
        .map(|turn| {
            desk.write("content/a.md", &format!("{turn}"));
            let saved = Instant::now();
            assert_eq!(desk.next(), Changes::Paths([PathBuf::from("content/a.md")].into()));
            saved.elapsed()
        })
        .collect();
    waits.sort();
    let (median, longest) = (waits[25], waits[49]);
    assert!(median >= Duration::from_millis(19), "it waits for the pause: median {median:?}");
    assert!(median <= Duration::from_millis(30), "median {median:?}, longest {longest:?}");
}

fn each_editors_way_of_saving_is_told() {
    let mut desk = Desk::new(&["content/a.md"]);
    // vim, `backupcopy=no`: the old file becomes the backup, and a new one takes its name.
    let vim = desk.told(|desk| {
        desk.write("content/4913", "");
        desk.remove("content/4913");
        desk.rename("content/a.md", "content/a.md~");
        desk.write("content/a.md", "vim");
        desk.remove("content/a.md~");
    });
    vim.only(&["content/a.md"]);
    // vim, `backupcopy=yes`: a copy is the backup, and the file is written in place.
    let vim = desk.told(|desk| {
        fs::copy(desk.path("content/a.md"), desk.path("content/a.md~")).unwrap();
        desk.write("content/a.md", "vim in place");
        desk.remove("content/a.md~");
    });
    vim.only(&["content/a.md"]);
    // VS Code: emptied and written in place.
    desk.told(|desk| desk.write("content/a.md", "code")).only(&["content/a.md"]);
    // VS Code with atomic saves, GNOME's and JetBrains' editors: another file is renamed over it.
    for other in ["content/a.md.vsctmp", "content/.goutputstream-X1Y2Z3", "content/a.md___jb_tmp___"] {
        let told = desk.told(|desk| {
            desk.write(other, "new");
            desk.rename(other, "content/a.md");
        });
        told.names(&["content/a.md"]);
        assert!(told.paths.iter().all(|path| [Path::new("content/a.md"), Path::new(other)].contains(&path.as_path())));
    }
    // Emacs: a lock that is a link to nowhere, the backup by renaming, an auto-save file.
    let emacs = desk.told(|desk| {
        symlink("me@host.1234:1795341600", desk.path("content/.#a.md")).unwrap();
        desk.write("content/#a.md#", "half");
        desk.rename("content/a.md", "content/a.md~");
        desk.write("content/a.md", "emacs");
        desk.remove("content/.#a.md");
        desk.remove("content/#a.md#");
    });
    emacs.only(&["content/a.md"]);
    // The second save of each is told like the first: it is the folder that is watched.
    desk.told(|desk| desk.write("content/a.md", "again")).only(&["content/a.md"]);
}

fn a_real_vim_and_a_real_sed_are_told() -> Result<(), Skip> {
    let mut desk = Desk::new(&["content/a.md"]);
    let sed = desk.told(|desk| desk.shell("sed -i s/one/two/ content/a.md"));
    sed.names(&["content/a.md"]);
    if Command::new("vim").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err(Skip("vim is not installed".to_owned()));
    }
    for settings in ["backupcopy=no", "backupcopy=yes", "nowritebackup"] {
        let vim = desk.told(|desk| {
            desk.shell(&format!(
                "vim -N -u NONE -i NONE -es -c 'set {settings}' -c 'normal Gothree' -c wq content/a.md </dev/null"
            ));
        });
        vim.only(&["content/a.md"]);
    }
    Ok(())
}

fn what_editors_leave_behind_is_not_told() {
    let mut desk = Desk::new(&["content/a.md"]);
    let told = desk.told(|desk| {
        for name in ["a.md~", ".a.md.swp", ".a.md.swx", "#a.md#", ".#a.md", ".DS_Store", "4913"] {
            desk.write(&format!("content/{name}"), "left");
            desk.remove(&format!("content/{name}"));
        }
    });
    told.only(&[]);
}

fn copies_moves_and_removals_are_told() {
    let mut desk = Desk::new(&["content/a.md", "content/c.md", "static/style.css"]);
    desk.told(|desk| desk.shell("cp content/a.md content/b.md")).only(&["content/b.md"]);
    desk.told(|desk| desk.shell("mv content/b.md content/d.md")).only(&["content/b.md", "content/d.md"]);
    desk.told(|desk| desk.shell("mv content/d.md content/c.md")).only(&["content/c.md", "content/d.md"]);
    desk.told(|desk| desk.shell("rm content/c.md")).only(&["content/c.md"]);
    desk.told(|desk| desk.shell("mv static/style.css templates.css")).only(&["static/style.css"]);
    desk.told(|desk| desk.shell("mv templates.css static/b.css")).only(&["static/b.css"]);
    desk.told(|desk| desk.shell("chmod 600 static/b.css")).only(&["static/b.css"]);
}

fn nested_folders_made_at_once_are_told_and_then_watched() {
    let mut desk = Desk::new(&["content/a.md"]);
    for round in 0..10 {
        let path = format!("content/{round}/b/c/x.md");
        desk.told(|desk| desk.shell(&format!("mkdir -p content/{round}/b/c && echo one > {path}"))).names(&[&path]);
        desk.told(|desk| desk.write(&path, "two")).only(&[&path]);
    }
}

fn folders_that_are_moved_in_and_out_are_told() {
    let mut desk = Desk::new(&["content/a/x.md", "content/a/deep/y.md", "elsewhere/b/z.md"]);
    desk.told(|desk| desk.rename("content/a", "content/c")).only(&["content/a", "content/c"]);
    desk.told(|desk| desk.write("content/c/deep/y.md", "two")).only(&["content/c/deep/y.md"]);
    desk.told(|desk| desk.rename("content/c", "elsewhere/c")).only(&["content/c"]);
    desk.told(|desk| desk.write("elsewhere/c/x.md", "two")).only(&[]);
    desk.told(|desk| desk.rename("elsewhere/b", "content/b")).only(&["content/b"]);
    desk.told(|desk| desk.write("content/b/z.md", "two")).only(&["content/b/z.md"]);
    let removed = desk.told(|desk| fs::remove_dir_all(desk.path("content/b")).unwrap());
    assert!(removed.paths.contains(Path::new("content/b")), "a removed folder is told as itself: {removed:?}");
}

fn a_folder_that_comes_back_is_watched_again() {
    let mut desk = Desk::new(&["content/a/x.md"]);
    for _ in 0..10 {
        let swapped = desk.told(|desk| {
            desk.rename("content/a", "content/b");
            desk.rename("content/b", "content/a");
        });
        swapped.names(&["content/a/x.md"]);
        desk.told(|desk| desk.write("content/a/x.md", "two")).only(&["content/a/x.md"]);
        let remade = desk.told(|desk| {
            fs::remove_dir_all(desk.path("content/a")).unwrap();
            desk.write("content/a/x.md", "three");
        });
        remade.names(&["content/a/x.md"]);
        desk.told(|desk| desk.write("content/a/x.md", "four")).only(&["content/a/x.md"]);
    }
}

fn a_file_that_is_replaced_and_removed_at_once_is_told() {
    let mut desk = Desk::new(&["content/a.md"]);
    let told = desk.told(|desk| {
        desk.write("content/b.md", "new");
        desk.rename("content/b.md", "content/a.md");
        desk.remove("content/a.md");
    });
    told.only(&["content/a.md", "content/b.md"]);
}

fn a_checkout_of_five_hundred_files_is_told_in_few_batches() -> Result<(), Skip> {
    if Command::new("git").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err(Skip("git is not installed".to_owned()));
    }
    let mut desk = Desk::new(&["content/posts/keep.md"]);
    let files: Vec<String> = (0..500).map(|number| format!("content/posts/{}/{number}.md", number % 7)).collect();
    files[..400].iter().for_each(|file| desk.write(file, "one"));
    desk.shell(
        "git init -q . && git config user.name T && git config user.email t@example.org && \
         git add content && git commit -qm one && git checkout -qb two",
    );
    // 100 are removed, 300 changed, 100 made.
    files[..100].iter().for_each(|file| desk.remove(file));
    files[100..].iter().for_each(|file| desk.write(file, "two"));
    desk.shell("git add -A content && git commit -qm two");
    desk.told(|_| {});
    for branch in ["master", "two", "master"] {
        let told = desk.told(|desk| {
            desk.shell(&format!("git checkout -q {branch} 2>/dev/null || git checkout -q main"));
        });
        told.names(&files.iter().map(String::as_str).collect::<Vec<_>>());
        // One or two where the machine is free; where it is not, git itself pauses for longer than a batch waits.
        assert!(told.batches <= files.len() / 10 && !told.everything, "{} batches for one checkout", told.batches);
    }
    Ok(())
}

fn reading_everything_triggers_nothing() {
    let files: Vec<String> = (0..3_000).map(|number| format!("content/{}/{number}.md", number % 10)).collect();
    let mut desk = Desk::new(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let told = desk.told(|desk| {
        for _ in 0..3 {
            for file in &files {
                fs::read(desk.path(file)).unwrap();
            }
            for folder in 0..10 {
                assert_eq!(fs::read_dir(desk.path(&format!("content/{folder}"))).unwrap().count(), 300);
            }
        }
    });
    told.only(&[]);
}

fn what_is_not_the_sites_triggers_nothing() {
    let mut desk = Desk::new(&["content/a.md", "public/index.html", ".git/HEAD", ".blog/state"]);
    let told = desk.told(|desk| {
        for path in ["public/index.html", ".git/index", ".blog/cache", "target/a", "node_modules/a/b.js", "notes.md"] {
            desk.write(path, "two");
        }
        desk.write(".public.new/index.html", "two");
        fs::remove_dir_all(desk.path("public")).unwrap();
        desk.rename(".public.new", "public");
    });
    told.only(&[]);
}

fn the_settings_are_told_however_they_are_saved() {
    let mut desk = Desk::new(&[]);
    desk.told(|desk| desk.write("site.toml", "two")).only(&["site.toml"]);
    for _ in 0..3 {
        let atomic = desk.told(|desk| {
            desk.write("site.toml.new", "three");
            desk.rename("site.toml.new", "site.toml");
        });
        atomic.only(&["site.toml"]);
    }
    desk.told(|desk| desk.write("analytics.lock", "one")).only(&["analytics.lock"]);
    desk.told(|desk| desk.remove("site.toml")).only(&["site.toml"]);
}

fn content_that_is_removed_and_made_again_is_watched() {
    let mut desk = Desk::new(&["content/a/x.md"]);
    for _ in 0..3 {
        let removed = desk.told(|desk| fs::remove_dir_all(desk.path("content")).unwrap());
        assert!(removed.paths.contains(Path::new("content")));
        desk.told(|desk| desk.write("content/a/x.md", "two")).names(&["content/a/x.md"]);
        desk.told(|desk| desk.write("content/a/x.md", "three")).only(&["content/a/x.md"]);
    }
    desk.told(|desk| desk.write("templates/post.html", "one")).names(&["templates/post.html"]);
    desk.told(|desk| desk.write("templates/post.html", "two")).only(&["templates/post.html"]);
}

fn a_file_that_is_written_without_a_pause_is_told_within_the_second() {
    let desk = Desk::new(&["content/a.md"]);
    let mut file = fs::File::options().append(true).open(desk.path("content/a.md")).unwrap();
    let start = Instant::now();
    let told = loop {
        file.write_all(b"x").unwrap();
        match desk.inbox.try_recv() {
            Ok(changes) => break changes,
            Err(_) => assert!(start.elapsed() < DEADLINE, "it is told at last"),
        }
    };
    let waited = start.elapsed();
    assert_eq!(told, Changes::Paths([PathBuf::from("content/a.md")].into()));
    assert!(waited < Duration::from_millis(1_500), "it waits for a second, not for {waited:?}");
}

fn links_inside_the_site_are_told_by_both_names() {
    let mut desk = Desk::new(&["content/a/x.md", "shared/y.md", "deep/z.md"]);
    let linked = desk.told(|desk| {
        symlink("a", desk.path("content/b")).unwrap();
        symlink("../shared", desk.path("content/s")).unwrap();
        symlink("../deep/z.md", desk.path("content/z.md")).unwrap();
        symlink("/etc", desk.path("content/out")).unwrap();
        symlink("..", desk.path("content/back")).unwrap();
    });
    linked.only(&["content/b", "content/s", "content/z.md", "content/out", "content/back"]);
    desk.told(|desk| desk.write("content/a/x.md", "two")).only(&["content/a/x.md", "content/b/x.md"]);
    desk.told(|desk| desk.write("shared/y.md", "two")).only(&["content/s/y.md"]);
    let replaced = desk.told(|desk| {
        desk.write("deep/new", "two");
        desk.rename("deep/new", "deep/z.md");
        desk.write("deep/other.md", "two");
    });
    replaced.only(&["content/z.md"]);
    desk.told(|desk| fs::remove_dir_all(desk.path("shared")).unwrap()).names(&["content/s"]);
    desk.told(|desk| desk.write("shared/y.md", "three")).names(&["content/s/y.md"]);
    desk.told(|desk| desk.write("shared/y.md", "four")).only(&["content/s/y.md"]);
    desk.told(|desk| desk.remove("content/b")).only(&["content/b"]);
    desk.told(|desk| desk.write("content/a/x.md", "three")).only(&["content/a/x.md"]);
}

fn nothing_is_told_after_the_end() {
    let mut desk = Desk::new(&["content/a.md"]);
    drop(desk.watching.take());
    desk.write("content/a.md", "two");
    // The thread that tells has the other end of the channel: when it is gone, so is the channel.
    assert_eq!(desk.inbox.recv_timeout(DEADLINE), Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

fn polling_tells_the_same() {
    let mut desk = Desk::with(&["content/a.md", "content/b/c.md"], true);
    for text in ["two", "six"] {
        desk.told(|desk| desk.write("content/a.md", text)).only(&["content/a.md"]);
    }
    desk.told(|desk| desk.rename("content/b", "content/d")).names(&["content/b/c.md", "content/d/c.md"]);
    let told = desk.told(|desk| {
        desk.write("content/a.md~", "left");
        desk.write("public/index.html", "one");
        fs::read(desk.path("content/a.md")).unwrap();
    });
    told.only(&[]);
    desk.write("site.toml", "two");
    let saved = Instant::now();
    assert_eq!(desk.next(), Changes::Paths([PathBuf::from("site.toml")].into()));
    assert!(saved.elapsed() < Duration::from_secs(3), "{:?}", saved.elapsed());
}

fn a_root_that_is_no_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for name in ["nowhere", "file"] {
        let root = folder.path().join(name);
        let watched = Watched { root: &root, folders: FOLDERS, files: FILES, poll: false };
        let refused = watch(&watched, |_| {}).map(|_| ()).unwrap_err();
        assert_eq!(refused.code, "serve/unwatchable");
        assert!(refused.message.contains(name), "{}", refused.message);
    }
}
