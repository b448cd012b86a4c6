//! What a build, a check and a lock make of a server that answers, answers otherwise, or does not
//! answer. The server is ours and speaks as GoatCounter does; `goatcounter` holds the real one's story.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::harness::tests;
use crate::server::{Answer, Asked, Server, Silent, nobody};
use crate::site::{Run, Site};

tests![
    the_first_verified_build_writes_the_lock_and_the_next_one_fits,
    a_build_never_changes_a_lock,
    where_nobody_would_commit_a_lock_a_missing_one_is_an_error,
    a_lock_that_cannot_be_read_stops_the_run,
    an_upgraded_server_is_drift_until_it_is_accepted,
    a_login_page_instead_of_the_tracker_is_drift_and_public_stays,
    a_server_that_is_away_is_unknown_and_nothing_is_put_in_place,
    an_offline_build_asks_nobody_and_says_what_was_not_verified,
    levels_that_are_left_out_are_named_and_not_asked,
    on_unknown_warns_only_while_the_memory_is_fresh,
    a_layout_without_snippet_is_one_finding,
    what_is_remembered_of_pages_hides_nothing,
    a_folder_of_another_generator_is_checked,
    a_mistake_in_a_post_is_told_before_a_slow_server_answers,
    nothing_is_guarded_without_analytics_and_the_report_says_so,
    the_report_is_data_with_format_json,
    no_token_appears_anywhere,
];

/// A tracker that looks for its tag and sends a beacon.
const TRACKER: &str = "(function () {\n  var tag = document.querySelector('script[data-goatcounter]')\n  window.goatcounter = {}\n\
                       navigator.sendBeacon(tag.dataset.goatcounter + '?p=' + location.pathname)\n})()\n";

/// What our server is like at the moment.
#[derive(Clone)]
struct Counter {
    version: &'static str,
    tracker: &'static str,
    tracker_type: &'static str,
    down: bool,
}

const COUNTER: Counter = Counter { version: "2.5.0", tracker: TRACKER, tracker_type: "text/javascript", down: false };

impl Counter {
    fn answer(&self, asked: &Asked) -> Answer {
        if self.down {
            return Answer::new(503, "text/plain", "down");
        }
        match asked.url.split('?').next().unwrap_or_default() {
            "/count.js" => Answer::new(200, self.tracker_type, self.tracker),
            "/status" => Answer::new(200, "application/json", &format!("{{\"version\": \"v{}\"}}", self.version)),
            "/count" if asked.host.contains("no-such-site") => {
                Answer::new(400, "text/plain", "no site at this domain (\"no-such-site.invalid\")")
            }
            "/count" => Answer::new(400, "image/gif", "").header("X-Goatcounter", "wrong value: b=1"),
            _ => Answer::new(404, "text/plain", "not found"),
        }
    }
}

/// A server whose nature a test may change.
struct Changing {
    server: Server,
    counter: Arc<Mutex<Counter>>,
}

impl Changing {
    fn start() -> Self {
        let counter = Arc::new(Mutex::new(COUNTER));
        let shared = Arc::clone(&counter);
        Changing { server: Server::start(move |asked| shared.lock().unwrap().answer(asked)), counter }
    }

    fn becomes(&self, change: impl FnOnce(&mut Counter)) {
        change(&mut self.counter.lock().unwrap());
    }

    /// Makes a blog that is counted here.
    fn site(&self, more: &str) -> Site {
        guarded(&self.server.url(), more)
    }
}

/// Starts a server that counts as it should.
pub(crate) fn counting() -> Server {
    Server::start(|asked| COUNTER.answer(asked))
}

/// Makes a blog that is counted at an address.
fn guarded(endpoint: &str, more: &str) -> Site {
    Site::new()
        .post("a.md", "one")
        .post("b.md", "two")
        .config(&format!("[analytics]\nprovider = \"goatcounter\"\nendpoint = \"{endpoint}\"\nsite = \"blog\"\n{more}"))
}

fn lock(site: &Site) -> String {
    fs::read_to_string(site.path("analytics.lock")).unwrap_or_default()
}

/// Demands that a refused site can be looked at where the run says, and that `public/` is as it was.
#[track_caller]
fn refused(run: Run, exit: i32, published: &std::collections::BTreeMap<String, Vec<u8>>) -> Run {
    let run = run.exit(exit).stderr_has("not put in place");
    assert!(run.site.public() == *published, "what was published has changed");
    let (_, folder) = run.stderr.split_once("can be looked at in `").expect("the folder is named");
    let folder = folder.split('`').next().unwrap();
    assert!(run.site.path(folder).join("index.html").exists(), "{folder}");
    run
}

fn the_first_verified_build_writes_the_lock_and_the_next_one_fits() {
    let server = Changing::start();
    let run = server.site("").build().exit(0).stderr_has("compared with nothing").stderr_has("commit it");
    let first = lock(&run.site);
    assert!(first.contains("2.5.0") && first.contains(&server.server.url()), "{first}");
    let published = run.site.public();
    server.server.asked();
    let run = run.then().run(&["build", "--locked"]).exit(0).stderr_lacks("compared with nothing");
    assert!(lock(&run.site) == first && run.site.public() == published);
    let asked = server.server.asked();
    assert!(asked.len() <= 5 && asked.iter().all(|asked| asked.method == "GET"), "{asked:?}");
    assert!(asked.iter().all(|asked| !asked.url.starts_with("/count?") || asked.url.contains("b=1")), "{asked:?}");
}

fn a_build_never_changes_a_lock() {
    let server = Changing::start();
    let run = server.site("").build().exit(0);
    let first = lock(&run.site);
    server.becomes(|counter| counter.version = "2.6.0");
    let run = run.then().build().exit(3);
    assert_eq!(lock(&run.site), first);
}

fn where_nobody_would_commit_a_lock_a_missing_one_is_an_error() {
    let server = Changing::start();
    let run = server.site("").run(&["build", "--locked"]).exit(2).stderr_has("lock/missing");
    assert!(lock(&run.site).is_empty() && !run.site.path("public").exists());
    let run = run.then().variable("CI", "true").build().exit(2).stderr_has("lock/missing").stderr_has("CI");
    assert!(lock(&run.site).is_empty());
    let run = run.then().variable("CI", "").run(&["build", "--offline"]).exit(0);
    assert!(lock(&run.site).is_empty(), "a build that verified nothing has written a lock");
}

fn a_lock_that_cannot_be_read_stops_the_run() {
    let server = Changing::start();
    let site = server.site("").file("analytics.lock", "schema = 1\n<<<<<<< HEAD\n");
    let run = site.build().exit(2).stderr_has("lock/malformed").stderr_has("analytics.lock");
    let site = run.then().file("analytics.lock", "schema = 99\n");
    site.run(&["check"]).exit(2).stderr_has("lock/newer").stderr_has("schema 99");
}

fn an_upgraded_server_is_drift_until_it_is_accepted() {
    const NEW: &str = "/* new */ (function () { var t = document.querySelector('script[data-goatcounter]'); \
                       navigator.sendBeacon(t.dataset.goatcounter) })()";
    let server = Changing::start();
    let run = server.site("").build().exit(0);
    let published = run.site.public();
    server.becomes(|counter| (counter.version, counter.tracker) = ("2.7.0", NEW));
    let run = refused(run.then().run(&["build", "--locked"]), 3, &published);
    let run = run.stderr_has("2.5.0").stderr_has("2.7.0").stderr_has("blog lock --accept");
    let run = run.then().run(&["lock"]).exit(3).stderr_has("2.7.0").stderr_has("lock/differs");
    let run = run.then().run(&["lock", "--accept"]).exit(0).stderr_has("2.7.0").stderr_has("commit it");
    let run = run.then().run(&["lock"]).exit(0);
    let run = run.then().run(&["build", "--locked"]).exit(0);
    // The same version with other bytes is drift again.
    server.becomes(|counter| counter.tracker = TRACKER);
    run.then().build().exit(3);
}

fn a_login_page_instead_of_the_tracker_is_drift_and_public_stays() {
    let server = Changing::start();
    let run = server.site("").build().exit(0);
    let published = run.site.public();
    let login = "<!doctype html><title>Log in</title><form><input name=password></form>";
    server.becomes(|counter| (counter.tracker, counter.tracker_type) = (login, "text/html"));
    refused(run.then().build(), 3, &published).stderr_has("tracker/javascript");
}

fn a_server_that_is_away_is_unknown_and_nothing_is_put_in_place() {
    let run = guarded(&nobody(), "").build().exit(4).has_file("index.html", false);
    assert!(lock(&run.site).is_empty());
    let server = Changing::start();
    let run = server.site("").build().exit(0);
    let published = run.site.public();
    server.becomes(|counter| counter.down = true);
    refused(run.then().build(), 4, &published);
}

fn an_offline_build_asks_nobody_and_says_what_was_not_verified() {
    let server = Changing::start();
    let run = server.site("").run(&["build", "--offline"]).exit(0);
    assert!(server.server.asked().is_empty());
    let (_, last) = run.stderr.rsplit_once("\nnot verified:").expect("the last line says it");
    assert!(last.contains("offline") && last.contains("L1"), "{last}");
}

fn levels_that_are_left_out_are_named_and_not_asked() {
    let server = Changing::start();
    let run = server.site("").run(&["build", "--levels", "L0,L3"]).exit(0);
    let asked = server.server.asked();
    assert!(asked.iter().all(|asked| asked.url == "/status"), "{asked:?}");
    let (_, last) = run.stderr.rsplit_once("\nnot verified:").expect("the last line says it");
    assert!(last.contains("L1") && last.contains("L4"), "{last}");
    assert!(lock(&run.site).is_empty(), "half a verification has written a lock");
    run.then().run(&["build", "--levels", "L9"]).exit(2);
}

fn on_unknown_warns_only_while_the_memory_is_fresh() {
    let server = Changing::start();
    let run = server.site("on_unknown = \"warn\"\n").build().exit(0);
    server.becomes(|counter| counter.down = true);
    let run = run.then().post("c.md", "three").build().exit(0).has_file("posts/c/index.html", true);
    // No memory is no proof.
    let site = run.then();
    fs::remove_dir_all(site.path(".blog")).unwrap();
    site.build().exit(4).stderr_has(".blog/state");
}

fn what_is_remembered_of_pages_hides_nothing() {
    let snippet = "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";
    let page =
        |rest: &str| format!("<!doctype html><html lang=en><title>t</title><h1 id=t>t</h1>{snippet}\n{rest}</html>");
    let offline = |site: Site| site.run(&["build", "--offline"]);
    let site = guarded("https://stats.example/", "")
        .file("static/one.html", page("<a href=\"/two.html#t\">two</a>"))
        .file("static/two.html", page(""));
    let run = offline(site).exit(0);
    let kept = fs::read(run.site.path(".blog/cache/facts")).unwrap();
    let run = offline(run.then()).exit(0);
    assert!(fs::read(run.site.path(".blog/cache/facts")).unwrap() == kept, "equal builds leave equal bytes");

    // The page that is linked to loses its id, and then is gone; the page that links to it is as it was.
    let run = offline(run.then().file("static/two.html", page("").replace(" id=t", "")));
    let run = run.exit(1).stderr_has("link/broken-fragment").stderr_has("one.html:2");
    fs::remove_file(run.site.path("static/two.html")).unwrap();
    let run = offline(run.then()).exit(1).stderr_has("link/broken-page").stderr_has("one.html:2");
    let run = offline(run.then().file("static/two.html", page(""))).exit(0);

    // A page loses its snippet; and what all pages have is not what is configured any more.
    let run = offline(run.then().file("static/two.html", page("").replace(snippet, "")));
    let run = offline(run.exit(3).stderr_has("snippet/missing").then()).exit(3).stderr_has("snippet/missing");
    let site = run.then().file("static/two.html", page(""));
    let settings = fs::read_to_string(site.path("site.toml")).unwrap().replace("stats.example", "other.example");
    offline(site.file("site.toml", settings)).exit(3).stderr_has("snippet/altered").stderr_has("one.html");
}

fn a_layout_without_snippet_is_one_finding() {
    let server = Changing::start();
    let run = server.site("").build().exit(0);
    let published = run.site.public();
    let site =
        run.then().template("post.html", "<!doctype html>\n<title>{{ page.title }}</title>\n<p>no snippet</p>\n");
    let run = refused(site.build(), 3, &published).stderr_has("snippet/missing").stderr_has("post.html");
    assert_eq!(run.stderr.matches("[snippet/missing]").count(), 1, "{}", run.stderr);
}

fn a_folder_of_another_generator_is_checked() {
    let server = Changing::start();
    let url = server.server.url();
    let page =
        |snippet: &str| format!("<!doctype html><html><head><title>x</title>{snippet}</head><body>x</body></html>");
    let snippet = format!("<script data-goatcounter=\"{url}count\" async src=\"{url}count.js\"></script>");
    let site = server.site("").file("out/index.html", page(&snippet)).file("out/a/index.html", page(&snippet));
    fs::remove_dir_all(site.path("content")).unwrap();
    let site = site.run(&["check", "out"]).exit(0).then();
    let site =
        site.file("out/b/index.html", page("")).run(&["check", "out"]).exit(3).stderr_has("`b/index.html`").then();
    let mut command = site.command(crate::site::BLOG);
    command.args(["check", "out", "--config", "site.toml"]);
    let run = site.finish(command).exit(3);
    run.then().run(&["check", "nowhere"]).exit(2);
}

fn a_mistake_in_a_post_is_told_before_a_slow_server_answers() {
    let server = Silent::start();
    let began = Instant::now();
    guarded(&server.url(), "").post("c.md", "+++\ntilte = 1\n+++\n").build().exit(1).stderr_has("posts/c.md:2");
    assert!(
        began.elapsed().as_secs() < 10,
        "the build waited for a server that it did not need: {:?}",
        began.elapsed()
    );
}

fn nothing_is_guarded_without_analytics_and_the_report_says_so() {
    Site::new()
        .post("a.md", "one")
        .build()
        .exit(0)
        .stderr_has("nothing is guarded")
        .page_lacks("/posts/a/", "goatcounter");
}

fn the_report_is_data_with_format_json() {
    let server = Changing::start();
    let run = server.site("").run(&["build", "--format", "json"]).exit(0);
    let objects: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = objects.iter().filter_map(|object| object["type"].as_str()).collect();
    assert_eq!(types, ["diagnostic", "report", "build"], "{}", run.stdout);
    let run = run.then().run(&["lock", "--format", "json"]).exit(0);
    let last: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((last["type"].as_str(), last["exists"].as_bool()), (Some("lock"), Some(true)));
}

fn no_token_appears_anywhere() {
    const TOKEN: &str = "tOkEn-nobody-may-read";
    let server = Changing::start();
    let site = server.site("token_env = \"STATS_TOKEN\"\n").variable("STATS_TOKEN", TOKEN);
    let run = site.build().exit(0);
    let check = |run: &Run| {
        assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN));
        for (path, bytes) in crate::site::tree(run.site.root()) {
            assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "the token is in {path}");
        }
    };
    check(&run);
    let run = run.then().run(&["config"]).exit(0);
    check(&run);
    server.becomes(|counter| counter.down = true);
    let run = run.then().run(&["check", "--format", "json"]).exit(4);
    check(&run);
    // A page that gives the token away is never put in place.
    let published = run.site.public();
    let run = run.then().post("c.md", &format!("My token is {TOKEN}.")).run(&["build", "--offline"]);
    assert!(run.code != Some(0) && run.site.public() == published);
}
