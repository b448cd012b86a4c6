//! The driver: a blog in a folder of its own, and the real `blog` run in it.
//!
//! It reads like a story: `Site::new().post("a.md", "…").build().exit(0).page_has("/posts/a/", "…")`.
//! The environment is ours: nothing of the machine's leaks in but `PATH`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program under test.
pub(crate) const BLOG: &str = env!("CARGO_BIN_EXE_blog");
/// 22 November 2026, 10:00 UTC.
const NOW: &str = "1795341600";
/// The settings of a site that says nothing of its own.
const SETTINGS: &str = "title = \"Test\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n";

/// A blog in a folder of its own, which vanishes with this value.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Site {
    /// Makes a site with the least settings and no post.
    pub(crate) fn new() -> Self {
        let site = Site::empty();
        site.file("site.toml", SETTINGS).file("content/.keep", "")
    }

    /// Makes an empty folder.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("blog-").tempdir().expect("a temporary folder can be made");
        let environment = [("SOURCE_DATE_EPOCH", NOW), ("NO_COLOR", "1"), ("LANG", "C.UTF-8"), ("COLUMNS", "120")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Site { folder, environment }
    }

    /// Returns the site's folder.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file in the midst of a story.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, content).expect("a file can be written");
    }

    /// Adds lines to `site.toml`.
    pub(crate) fn config(self, lines: &str) -> Self {
        let text = fs::read_to_string(self.path("site.toml")).expect("the site has settings");
        self.file("site.toml", format!("{text}{lines}\n"))
    }

    /// Writes a dated post; where its text has no front matter, it gets a title and a date.
    pub(crate) fn post(self, name: &str, text: &str) -> Self {
        let text = match text.starts_with("+++") || text.starts_with("---") {
            true => text.to_owned(),
            false => format!("+++\ntitle = \"{}\"\ndate = 2026-01-02\n+++\n{text}\n", name.trim_end_matches(".md")),
        };
        self.file(&format!("content/posts/{name}"), text)
    }

    /// Writes a template of the site's own.
    pub(crate) fn template(self, name: &str, text: &str) -> Self {
        self.file(&format!("templates/{name}"), text)
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns a command that is ready to run in the site's folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
        if let Some(path) = path_variable() {
            command.env("PATH", path);
        }
        command.envs(&self.environment);
        command
    }

    /// Runs `blog` with these arguments.
    pub(crate) fn run(self, arguments: &[&str]) -> Run {
        let mut command = self.command(BLOG);
        command.args(arguments);
        self.finish(command)
    }

    /// Runs `blog build`.
    pub(crate) fn build(self) -> Run {
        self.run(&["build"])
    }

    /// Runs a command that was made by [`Site::command`].
    pub(crate) fn finish(self, mut command: Command) -> Run {
        let output = command.output().expect("the program can be started");
        let code = output.status.code();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("blog speaks UTF-8");
        Run { code, stdout: text(output.stdout), stderr: text(output.stderr), site: self }
    }

    /// Returns every file of `public/` by its path.
    pub(crate) fn public(&self) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path("public"))
    }

    /// Returns the text of a file of `public/`.
    pub(crate) fn output(&self, path: &str) -> String {
        let bytes = fs::read(self.path("public").join(path)).unwrap_or_else(|error| panic!("public/{path}: {error}"));
        String::from_utf8(bytes).unwrap_or_else(|error| panic!("public/{path}: {error}"))
    }
}

/// What one run of `blog` came to, and the site that it ran in.
pub(crate) struct Run {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed for programs.
    pub(crate) stdout: String,
    /// What it printed for people.
    pub(crate) stderr: String,
    /// The site.
    pub(crate) site: Site,
}

impl Run {
    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code; it said:\n{}{}", self.stdout, self.stderr);
        self
    }

    /// Demands words for people, wherever their lines end.
    #[track_caller]
    pub(crate) fn stderr_has(self, words: &str) -> Self {
        let unwrapped: Vec<&str> = self.stderr.split_whitespace().collect();
        let is_said = self.stderr.contains(words) || unwrapped.join(" ").contains(words);
        assert!(is_said, "`{words}` is not in:\n{}", self.stderr);
        self
    }

    /// Demands that something is not said to people.
    #[track_caller]
    pub(crate) fn stderr_lacks(self, words: &str) -> Self {
        assert!(!self.stderr.contains(words), "`{words}` is in:\n{}", self.stderr);
        self
    }

    /// Demands data.
    #[track_caller]
    pub(crate) fn stdout_has(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "`{words}` is not in:\n{}", self.stdout);
        self
    }

    /// Demands that a page has some HTML.
    #[track_caller]
    pub(crate) fn page_has(self, route: &str, html: &str) -> Self {
        let page = self.page(route);
        assert!(page.contains(html), "`{html}` is not on {route}:\n{page}");
        self
    }

    /// Demands that a page lacks some HTML.
    #[track_caller]
    pub(crate) fn page_lacks(self, route: &str, html: &str) -> Self {
        let page = self.page(route);
        assert!(!page.contains(html), "`{html}` is on {route}:\n{page}");
        self
    }

    /// Demands that a file of `public/` is there, or is not.
    #[track_caller]
    pub(crate) fn has_file(self, path: &str, is_there: bool) -> Self {
        assert_eq!(self.site.path("public").join(path).exists(), is_there, "public/{path}");
        self
    }

    /// Goes on with the site.
    pub(crate) fn then(self) -> Site {
        self.site
    }

    /// Returns a page's HTML.
    #[track_caller]
    pub(crate) fn page(&self, route: &str) -> String {
        let path = match route.ends_with('/') {
            true => format!("{}index.html", &route[1..]),
            false => route[1..].to_owned(),
        };
        self.site.output(&path)
    }
}

/// Returns every file below a folder by its path; nothing if there is none.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => walk(&entry.path(), &format!("{name}/"), files),
                _ => _ = files.insert(name, fs::read(entry.path()).unwrap_or_default()),
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, "", &mut files);
    files
}

/// Returns the mode of every file and folder below a folder, and of the folder itself.
pub(crate) fn modes(folder: &Path) -> BTreeMap<PathBuf, u32> {
    let mut modes = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        modes.insert(folder.clone(), fs::metadata(&folder).expect("it was listed").mode() & 0o7777);
        for entry in fs::read_dir(&folder).expect("it is a folder").flatten() {
            match entry.file_type().expect("it was listed").is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let metadata = fs::symlink_metadata(entry.path()).expect("it was listed");
                    modes.insert(entry.path(), metadata.mode() & 0o7777);
                }
            }
        }
    }
    modes
}

#[expect(clippy::disallowed_methods, reason = "the one variable that tests take from the machine")]
fn path_variable() -> Option<std::ffi::OsString> {
    std::env::var_os("PATH")
}
