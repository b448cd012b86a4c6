//! `blog check --live`: the real program asks a server of this process that serves what was built, or something else.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::guard;
use crate::harness::tests;
use crate::server::{Answer, Asked, Server, nobody};
use crate::site::{Run, Site};

tests![
    a_deployed_site_that_is_the_built_one_holds,
    a_page_that_lost_its_snippet_on_the_way_is_drift,
    a_policy_that_only_the_server_sends_is_drift,
    a_copy_in_a_cache_without_snippet_is_drift_and_past_the_cache_all_is_well,
    a_site_that_is_away_is_unknown,
    a_deployment_that_is_on_its_way_is_unknown_and_a_timetable_compares_with_what_is_deployed,
    a_draft_that_is_public_is_drift,
    flags_that_make_no_sense_together_are_refused,
    only_the_deployed_site_is_looked_at_if_only_l6_is_asked_for,
];

type Otherwise = Box<dyn Fn(&Asked) -> Option<Answer> + Send>;

/// A host that serves a folder, but for what a test says.
pub(crate) struct Host {
    pub(crate) server: Server,
    folder: Arc<Mutex<PathBuf>>,
    otherwise: Arc<Mutex<Otherwise>>,
}

impl Host {
    pub(crate) fn start() -> Host {
        let folder: Arc<Mutex<PathBuf>> = Arc::default();
        let otherwise: Arc<Mutex<Otherwise>> = Arc::new(Mutex::new(Box::new(|_| None)));
        let (shared, said) = (Arc::clone(&folder), Arc::clone(&otherwise));
        let server = Server::start(move |asked| {
            if let Some(answer) = (said.lock().unwrap())(asked) {
                return answer;
            }
            let path = asked.url.split('?').next().unwrap().trim_start_matches('/');
            let path =
                if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
            let kind = match path.rsplit('.').next() {
                Some("html") => "text/html; charset=utf-8",
                Some("xml") => "application/xml",
                _ => "application/octet-stream",
            };
            let folder = shared.lock().unwrap().clone();
            let read = |path: &str| std::fs::read_to_string(folder.join(path));
            match (read(&path), read("404.html")) {
                (Ok(text), _) => Answer::new(200, kind, &text),
                (Err(_), lost) => Answer::new(404, "text/html", &lost.unwrap_or_default()),
            }
        });
        Host { server, folder, otherwise }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Serves a folder from now on.
    pub(crate) fn serves(&self, folder: PathBuf) {
        *self.folder.lock().unwrap() = folder;
    }

    pub(crate) fn but(&self, otherwise: impl Fn(&Asked) -> Option<Answer> + Send + 'static) {
        *self.otherwise.lock().unwrap() = Box::new(otherwise);
    }
}

/// A blog that stands at this host, counted by this server, and built.
fn deployed(host: &Host, counter: &Server) -> Site {
    let settings = format!(
        "title = \"Test\"\nbase_url = \"{}\"\ntimezone = \"UTC\"\n[[analytics]]\nprovider = \"goatcounter\"\n\
         endpoint = \"{}\"\nsite = \"blog\"\n",
        host.url(),
        counter.url()
    );
    let site = Site::empty()
        .file("site.toml", settings)
        .post("a.md", "one")
        .post("b.md", "two")
        .post("hidden.md", "+++\ntitle = \"Hidden\"\ndate = 2026-01-03\ndraft = true\n+++\nnot yet\n")
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\nabout\n");
    let site = site.build().exit(0).then();
    host.serves(site.path("public"));
    site
}

fn live(site: Site) -> Run {
    site.run(&["check", "--live"])
}

fn is(asked: &Asked, path: &str) -> bool {
    asked.url.split('?').next() == Some(path)
}

/// Makes the last build, and its deployment, one of the year 2023.
pub(crate) fn built_long_ago(site: &Site) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    for path in [".blog/state/manifest.json", "public/.well-known/watchpost.json"] {
        let file = std::fs::File::options().write(true).open(site.path(path)).unwrap();
        file.set_modified(time).unwrap();
    }
}

fn is_busted(asked: &Asked) -> bool {
    asked.url.contains("watchpost=")
}

fn a_deployed_site_that_is_the_built_one_holds() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    counter.asked();
    let run = live(site)
        .exit(0)
        .stderr_has("held against the local build")
        .stderr_has("L6 deployed site")
        .stderr_has("holds");
    let asked = host.server.asked();
    assert!(asked.iter().all(|asked| asked.method == "GET"));
    assert!(asked.iter().any(|asked| is(asked, "/posts/hidden/")), "a draft's address was tried: {asked:#?}");
    assert!(asked.len() < 40, "{} requests", asked.len());
    assert!(counter.asked().len() <= 5, "nothing more is asked of the analytics server than without --live");
    let run = run.then().run(&["check", "--live", "--format", "json"]).exit(0);
    run.stdout_has("\"covers\":\"live\"");
}

fn a_page_that_lost_its_snippet_on_the_way_is_drift() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    let page = "<!doctype html><html><head><title>about</title></head><body>about</body></html>";
    host.but(move |asked| is(asked, "/about/").then(|| Answer::new(200, "text/html", page)));
    live(site)
        .exit(3)
        .stderr_has("drift[snippet/missing]")
        .stderr_has("/about/")
        .stderr_has("covers the deployed site");
}

fn a_policy_that_only_the_server_sends_is_drift() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    let home = site.output("index.html");
    let with = |policy: &'static str, name: &'static str, home: &str| {
        let home = home.to_owned();
        move |asked: &Asked| is(asked, "/").then(|| Answer::new(200, "text/html", &home).header(name, policy))
    };
    host.but(with("default-src 'self' 'unsafe-inline'", "Content-Security-Policy", &home));
    let run = live(site).exit(3).stderr_has("drift[contract/policy]");
    host.but(with("default-src 'none'", "Content-Security-Policy-Report-Only", &home));
    live(run.then()).exit(0);
}

fn a_copy_in_a_cache_without_snippet_is_drift_and_past_the_cache_all_is_well() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter).config("[live]\nsettle = \"1s\"");
    built_long_ago(&site);
    let old = "<!doctype html><html><head><title>about</title></head><body>old</body></html>";
    host.but(move |asked| {
        let old = || Answer::new(200, "text/html", old).header("Age", "90000").header("X-Cache", "HIT");
        (is(asked, "/about/") && !is_busted(asked)).then(old)
    });
    let run = live(site).exit(3).stderr_has("drift[live/stale]").stderr_has("age: 90000, x-cache: HIT");
    run.stderr_lacks("drift[snippet/missing]");
}

fn a_site_that_is_away_is_unknown() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    site.run(&["check", "--live", &nobody()])
        .exit(4)
        .stderr_has("unknown[live/page]")
        .stderr_has("refuses connections");
}

fn a_deployment_that_is_on_its_way_is_unknown_and_a_timetable_compares_with_what_is_deployed() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    // What was deployed stays, while the site is built again.
    let copy = tempfile::tempdir().unwrap();
    for (path, bytes) in site.public() {
        let path = copy.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    host.serves(copy.path().to_owned());
    let site = site.post("c.md", "three").build().exit(0).then();
    let run = live(site).exit(4).stderr_has("unknown[live/build]").stderr_has("propagating");
    built_long_ago(&run.site);
    let run = live(run.then()).exit(0).stderr_has("held against the manifest of build");
    // The checkout of a timetable: sources, and no build.
    let site = run.then();
    std::fs::remove_dir_all(site.path("public")).unwrap();
    std::fs::remove_dir_all(site.path(".blog")).unwrap();
    live(site).exit(0).stderr_has("held against the manifest of build").stderr_lacks("L0 written pages");
}

fn a_draft_that_is_public_is_drift() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    let page = site.output("posts/a/index.html");
    host.but(move |asked| is(asked, "/posts/hidden/").then(|| Answer::new(200, "text/html", &page)));
    live(site).exit(3).stderr_has("drift[live/draft-public]").stderr_has("/posts/hidden/");
}

fn flags_that_make_no_sense_together_are_refused() {
    let site = Site::new().run(&["check", "--live", "--offline"]).exit(2).then();
    let site = site.run(&["check", "--all"]).exit(2).stderr_has("goes with `--live`").then();
    let site = site.run(&["check", "--live", "--levels", "L0"]).exit(2).stderr_has("`--levels` leaves it out").then();
    site.run(&["check", "--live", "public"]).exit(2).stderr_has("a folder goes before it");
}

fn only_the_deployed_site_is_looked_at_if_only_l6_is_asked_for() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = deployed(&host, &counter);
    let run = site.run(&["check", "--levels", "L6"]).exit(0).stderr_has("L6 deployed site");
    run.stderr_lacks("L3 version  ").stderr_has("(not selected)");
}
