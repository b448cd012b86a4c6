//! What the preview is told where the machine's limits are reached: events that ran over, and watches that are used up. Each
//! test starts this program again, in a place of its own with limits of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use watchpost::serve::watch::{Changes, Watched, watch};

use crate::harness::{Skip, tests};
use crate::watch::{DEADLINE, FILES, FOLDERS};

tests![
    a_queue_that_ran_over_means_everything,
    a_reached_limit_of_watches_is_named_and_files_are_polled,
    a_limit_that_is_reached_later_is_named_too,
    a_reached_limit_of_watchers_is_named,
];

/// The folder of a site that a child of this program is to watch.
const CHILD: &str = "WATCHPOST_TEST_WATCH";

/// Another process that watches a folder and says on a line of its own what it is told.
struct Watcher {
    child: Child,
    lines: Receiver<String>,
    folder: tempfile::TempDir,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watcher {
    /// Starts this program again for one test, through some command, in the part of the child.
    fn start(test: &str, command: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("watch-").tempdir().unwrap();
        for path in ["content/a/b", "data"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let program = std::env::current_exe().unwrap();
        let mut words = command.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let mut child = Command::new(words.next().unwrap())
            .args(words)
            .args(["--exact", &format!("watch_limits::{test}"), "--test-threads=1"])
            .env(CHILD, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (outbox, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some((_, line)) = line.split_once("watch: ") {
                    let _ = outbox.send(line.to_owned());
                }
            }
        });
        Watcher { child, lines, folder }
    }

    /// The child's part: watch, and say what there is to say until nobody listens.
    #[expect(clippy::disallowed_methods, reason = "how a test tells its own child what to do")]
    #[expect(clippy::print_stdout, reason = "how the child answers")]
    fn part_of_the_child() -> bool {
        let Some(root) = std::env::var_os(CHILD) else { return false };
        let (outbox, inbox) = channel();
        let watched = Watched { root: Path::new(&root), folders: FOLDERS, files: FILES, poll: false };
        let watching = watch(&watched, move |changes| drop(outbox.send(changes))).unwrap();
        let mut said = 0;
        let mut say_notes = || {
            for note in watching.notes().iter().skip(said) {
                println!("\nwatch: {} {} {}", note.code, note.message, note.hint.as_deref().unwrap_or_default());
                said += 1;
            }
        };
        say_notes();
        println!("\nwatch: ready");
        std::thread::spawn(|| {
            let _ = std::io::stdin().lines().count();
            std::process::abort();
        });
        for changes in inbox {
            say_notes();
            match changes {
                Changes::Everything => println!("\nwatch: everything"),
                Changes::Paths(paths) => paths.iter().for_each(|path| println!("\nwatch: path {}", path.display())),
            }
        }
        true
    }

    /// Waits for a line with this beginning.
    fn says(&self, beginning: &str) -> String {
        let start = Instant::now();
        loop {
            let line = self.lines.recv_timeout(DEADLINE.saturating_sub(start.elapsed()));
            let line = line.unwrap_or_else(|_| panic!("the child does not say `{beginning}`"));
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    fn write(&self, path: &str) {
        fs::write(self.folder.path().join(path), "two").unwrap();
    }

    fn make(&self, path: &str) {
        fs::create_dir_all(self.folder.path().join(path)).unwrap();
    }

    fn signal(&self, signal: &str) {
        let command = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }
}

fn a_queue_that_ran_over_means_everything() -> Result<(), Skip> {
    if Watcher::part_of_the_child() {
        return Ok(());
    }
    let length = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap_or_default();
    let length: usize = length.trim().parse().map_err(|_| Skip("there is no inotify here".to_owned()))?;
    if length > 100_000 {
        return Err(Skip(format!("it takes {length} events to fill the queue here")));
    }
    let child = Watcher::start("a_queue_that_ran_over_means_everything", &["env"]);
    child.says("ready");
    child.signal("STOP");
    // Each file is made, opened and written: at least two events that differ from their neighbours.
    for number in 0..=length / 2 {
        child.write(&format!("content/a/{number}.md"));
    }
    // Of these two the stopped child can never hear.
    child.make("content/late/deep");
    child.make("content/late/deeper");
    child.signal("CONT");
    child.says("everything");
    child.write("content/late/deep/x.md");
    child.says("path content/late/deep/x.md");
    Ok(())
}

/// Returns the command that runs another under a limit of its own, where the machine allows it: limits belong to a user
/// namespace, and everybody may make one.
fn limited(limit: &str, number: u32) -> Result<[String; 6], Skip> {
    let script = format!("echo {number} > /proc/sys/user/{limit} && exec \"$@\"");
    let command = ["unshare", "--user", "--map-root-user", "sh", "-c", &script].map(str::to_owned);
    let tried = Command::new(&command[0]).args(&command[1..]).args(["sh", "true"]).output();
    match tried {
        Ok(output) if output.status.success() => Ok(command),
        _ => Err(Skip(format!("no user namespace with a limit of its own (`{limit}`) can be made here"))),
    }
}

fn start_limited(test: &str, limit: &str, number: u32) -> Result<Watcher, Skip> {
    let command = limited(limit, number)?;
    let words: Vec<&str> = command.iter().map(String::as_str).chain(["sh"]).collect();
    Ok(Watcher::start(test, &words))
}

fn a_reached_limit_of_watches_is_named_and_files_are_polled() -> Result<(), Skip> {
    if Watcher::part_of_the_child() {
        return Ok(());
    }
    let test = "a_reached_limit_of_watches_is_named_and_files_are_polled";
    let child = start_limited(test, "max_inotify_watches", 3)?;
    let note = child.says("serve/watch-limit");
    assert!(note.contains("`fs.inotify.max_user_watches`"), "{note}");
    assert!(note.contains("`sudo sysctl fs.inotify.max_user_watches=524288`"), "{note}");
    assert!(note.contains("/etc/sysctl.d/"), "{note}");
    child.says("ready");
    child.write("content/a/b/x.md");
    let saved = Instant::now();
    child.says("path content/a/b/x.md");
    assert!(saved.elapsed() < Duration::from_secs(3), "{:?}", saved.elapsed());
    Ok(())
}

fn a_limit_that_is_reached_later_is_named_too() -> Result<(), Skip> {
    if Watcher::part_of_the_child() {
        return Ok(());
    }
    let child = start_limited("a_limit_that_is_reached_later_is_named_too", "max_inotify_watches", 8)?;
    child.says("ready");
    (0..20).for_each(|number| child.make(&format!("content/{number}")));
    child.says("serve/watch-limit");
    child.says("everything");
    child.write("content/19/x.md");
    child.says("path content/19/x.md");
    Ok(())
}

fn a_reached_limit_of_watchers_is_named() -> Result<(), Skip> {
    if Watcher::part_of_the_child() {
        return Ok(());
    }
    let child = start_limited("a_reached_limit_of_watchers_is_named", "max_inotify_instances", 0)?;
    let note = child.says("serve/watch-limit");
    assert!(note.contains("`sudo sysctl fs.inotify.max_user_instances=1024`"), "{note}");
    child.says("ready");
    child.write("content/a/x.md");
    child.says("path content/a/x.md");
    Ok(())
}
