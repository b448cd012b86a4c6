//! Publishing into a second store that speaks S3, of other making than moto: `s3s-fs` (crates.io, put into `target/tools` by
//! `.ci/run`), which looks at signatures and conditions, and keeps each file as one in a folder.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Skip, tests};
use crate::site::{Site, tree};

tests![
    a_second_s3_gets_what_was_built_and_gives_it_back,
    two_publishers_at_once_do_not_mix,
    parts_meet_and_share_what_they_made_in_a_second_s3,
];

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "a-secret-of-forty-letters-and-then-more-0";

/// A running store with the bucket `blog`.
struct Store {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Store {
    fn start() -> Result<Store, Skip> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/s3s-fs");
        if !program.is_file() {
            return Err(Skip("s3s-fs is not in target/tools, where `.ci/run` puts it".to_owned()));
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("blog")).unwrap();
        let mut process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", "0", "--access-key", ID, "--secret-key", SECRET])
            .arg(folder.path())
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Skip(format!("s3s-fs does not run: {error}")))?;
        let mut lines = BufReader::new(process.stdout.take().expect("it was asked for"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("it speaks") > 0, "s3s-fs ended");
            if let Some((_, rest)) = line.split_once("running at http://127.0.0.1:") {
                break rest.trim().parse().expect("a port");
            }
        };
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Store { process, port, folder })
    }

    /// Returns the settings that lead to it: a table's name, the key that holds the address, and the prefix.
    fn settings(&self, table: &str, key: &str, prefix: &str) -> String {
        let port = self.port;
        format!(
            "[{table}]\n{key} = \"s3://blog/{prefix}\"\nendpoint = \"http://127.0.0.1:{port}\"\nregion = \"us-east-1\"\n"
        )
    }

    fn target(&self) -> String {
        self.settings("publish.store", "to", "here") + "kind = \"s3\"\ncheck_live = false\n"
    }

    fn assert_holds(&self, site: &Site, when: &str) {
        for (path, bytes) in tree(&site.path("public")) {
            assert!(self.file(&path) == Some(bytes), "{when}: `{path}`");
        }
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join("blog/here").join(path)).ok()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn site(settings: &str) -> Site {
    let site = Site::new().post("a.md", "one").post("b.md", "two").file("static/pic.css", "a {}").config(settings);
    site.variable("AWS_ACCESS_KEY_ID", ID).variable("AWS_SECRET_ACCESS_KEY", SECRET)
}

fn a_second_s3_gets_what_was_built_and_gives_it_back() -> Result<(), Skip> {
    let store = Store::start()?;
    let site = site(&store.target()).run(&["publish"]).exit(0).stderr_has("the first deployment there").then();
    store.assert_holds(&site, "at first");
    let site = site.run(&["publish"]).exit(0).stderr_has("nothing to do").then();
    let late = "+++\ntitle = \"C\"\ndate = 2026-01-03\n+++\n\nc\n";
    let site = site.post("a.md", "one, again").file("content/posts/c.md", late).run(&["publish"]).exit(0).then();
    store.assert_holds(&site, "after an edit");
    fs::remove_file(site.path("content/posts/c.md")).unwrap();
    let site = site.run(&["publish", "--remove-many"]).exit(0).then();
    assert!(store.file("posts/c/index.html").is_some(), "given up, and not yet removed");
    let site = site.post("b.md", "two, again").run(&["publish"]).exit(0).then();
    assert!(store.file("posts/c/index.html").is_none(), "removed by the deployment after");
    let site = site.run(&["rollback"]).exit(0).then();
    let back = store.file("posts/b/index.html").unwrap();
    assert!(!String::from_utf8_lossy(&back).contains("two, again"));
    let run = site.variable("AWS_SECRET_ACCESS_KEY", "another-one").run(&["publish"]).exit(6);
    run.stderr_has("publish/denied").stderr_lacks("another-one");
    Ok(())
}

fn two_publishers_at_once_do_not_mix() -> Result<(), Skip> {
    let store = Store::start()?;
    let publish = |words: &str| site(&store.target()).post("a.md", words).run(&["publish"]);
    let runs = std::thread::scope(|scope| {
        let both = [scope.spawn(|| publish("by the first")), scope.spawn(|| publish("by the second"))];
        both.map(|run| run.join().unwrap())
    });
    // This store looks first and writes then, so that both can get in; then one of them, or both, find out by what they read back.
    for run in &runs {
        let has_heard = ["publish/conflict", "publish/read-back"].iter().any(|code| run.stderr.contains(code));
        assert!(run.code == Some(0) || run.code == Some(6) && has_heard, "{:?} {}", run.code, run.stderr);
    }
    // Whoever told the store last has all of its files there, even if it stopped after that.
    if let Some(mark) = store.file(".well-known/watchpost.json") {
        let is_last = |site: &Site| fs::read(site.path("public/.well-known/watchpost.json")).unwrap() == mark;
        let mut sites = runs.into_iter().map(|run| run.then());
        store.assert_holds(&sites.find(is_last).expect("the mark is of one of them"), "after both");
    }
    let next = site(&store.target()).post("a.md", "by a third").run(&["publish", "--take-over"]).exit(0).then();
    store.assert_holds(&next, "after the next");
    Ok(())
}

fn parts_meet_and_share_what_they_made_in_a_second_s3() -> Result<(), Skip> {
    let store = Store::start()?;
    let settings = store.settings("cache", "remote", "cache");
    let wanted = site("").build().exit(0).site.public();
    let part = |part: &str| site(&settings).run(&["build", "--shard", part, "--stage", "s3://blog/stage"]).exit(0);
    part("1/2").stderr_has("still to come").stderr_lacks("cache/alone");
    assert_eq!(part("2/2").stderr_lacks("cache/alone").site.public(), wanted);
    assert_eq!(part("1/2").site.public(), wanted);
    Ok(())
}
