//! The story that Watchpost is for, against a real GoatCounter: verify, lock, upgrade, drift, accept.
//!
//! One test a chapter. Each builds a small blog with the real binary and asks real servers; what no
//! GoatCounter would do (a login page on its port) is answered by a server of the test's own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::goatcounter_server::{self, GoatCounter};
use crate::harness::{Skip, tests};
use crate::site::{BLOG, Run, Site};

tests!(
    a_first_build_verifies_and_locks_and_records_nothing,
    an_upgraded_server_fails_the_locked_build_and_leaves_the_site_as_it_was,
    an_accepted_version_is_not_yet_accepted_bytes,
    a_layout_that_lost_its_snippet_is_one_finding_with_its_name,
    a_snippet_that_stands_twice_is_drift,
    a_stopped_server_is_unknown_and_asked_at_most_three_times,
    offline_says_at_the_end_what_was_not_verified,
    a_login_page_on_the_port_is_drift,
    a_policy_that_blocks_the_collect_endpoint_is_drift,
);

const LAYOUT: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{% if page %}{{ page.title }}{% \
else %}{{ config.title }}{% endif %}</title>\n{{ seo() }}\n{{ analytics() }}\n</head>\n<body>\n{% block main %}{% endblock main %}\n</body>\n</html>\n";
const INDEX: &str = "{% extends \"base.html\" %}{% block main %}{% for page in paginator.pages %}<a href=\"{{ page.path }}\">\
{{ page.title }}</a>{% endfor %}{% endblock main %}";
const POST: &str =
    "{% extends \"base.html\" %}{% block main %}<h1>{{ page.title }}</h1>{{ page.content }}{% endblock main %}";

/// Makes a blog of three posts whose statistics are on this server.
fn blog(server: &GoatCounter) -> Site {
    blog_at(&server.endpoint())
}

/// Makes a blog of three posts whose statistics are at this endpoint.
pub(crate) fn blog_at(endpoint: &str) -> Site {
    let site = Site::new()
        .config(&format!(
            "theme = \"\"\n\n[archives]\nall = false\n\n[analytics]\nprovider = \"goatcounter\"\nendpoint = \"{}\"\nsite = \"stats.example\"",
            endpoint
        ))
        .template("base.html", LAYOUT)
        .template("index.html", INDEX)
        .template("post.html", POST)
        .template("404.html", "{% extends \"base.html\" %}{% block main %}<h1>Not found</h1>{% endblock main %}");
    site.post("one.md", "First.").post("two.md", "Second.").post("three.md", "Third.")
}

/// Makes that blog on a running 2.5.0, built and locked.
fn locked() -> Result<(GoatCounter, Site), Skip> {
    if let Some(reason) = goatcounter_server::missing() {
        return Err(Skip(reason));
    }
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        say_origins();
    }
    let server = GoatCounter::start("2.5.0");
    let site = blog(&server).build().exit(0).then();
    Ok((server, site))
}

#[expect(clippy::print_stderr, reason = "which servers a test ran against is part of its result")]
fn say_origins() {
    goatcounter_server::origins().iter().for_each(|origin| eprintln!("{origin}"));
}

/// Demands that one of both streams has these words, wherever the lines are folded.
#[track_caller]
pub(crate) fn says(run: Run, words: &[&str]) -> Run {
    let said = format!("{} {}", run.stderr, run.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in:\n{}{}", run.stdout, run.stderr);
    }
    run
}

fn a_first_build_verifies_and_locks_and_records_nothing() -> Result<(), Skip> {
    if let Some(reason) = goatcounter_server::missing() {
        return Err(Skip(reason));
    }
    let server = GoatCounter::start("2.5.0");
    let before = server.rows();
    let site = says(blog(&server).build().exit(0), &["analytics.lock"]).then();
    assert!(site.path("analytics.lock").is_file(), "the first verified build writes the lock");
    let lock = std::fs::read_to_string(site.path("analytics.lock")).expect("it was just seen");
    assert!(
        lock.contains("2.5.0") && lock.contains("b9f5c4c04edb8802d7b73f479a2f532f52367b633b56a09a224fc659fde86c03"),
        "{lock}"
    );
    let first = site.public();
    let site = site.run(&["build", "--locked"]).exit(0).then();
    assert_eq!(site.public(), first, "a second build changes no byte");
    assert_eq!(std::fs::read_to_string(site.path("analytics.lock")).expect("it is still there"), lock);
    assert_eq!(server.rows(), before, "verifying records nothing");
    Ok(())
}

fn an_upgraded_server_fails_the_locked_build_and_leaves_the_site_as_it_was() -> Result<(), Skip> {
    let (mut server, site) = locked()?;
    let before = site.public();
    server.upgrade("2.7.0");
    site.write("content/posts/four.md", "+++\ntitle = \"four\"\ndate = 2026-01-03\n+++\nFourth.\n");
    let run = site.run(&["build", "--locked"]).exit(3);
    let run = says(run, &["version/", "2.5.0", "2.7.0", "tracker/", "b9f5c4c0", "030ad75a", "blog lock --accept"]);
    assert_eq!(run.site.public(), before, "public/ is byte for byte what it was");
    Ok(())
}

fn an_accepted_version_is_not_yet_accepted_bytes() -> Result<(), Skip> {
    let (mut server, site) = locked()?;
    server.upgrade("2.7.0");
    let run = site.config("accept = \">=2.5, <3\"").run(&["build", "--locked"]).exit(3);
    let run = says(run, &["tracker/", "030ad75a", "blog lock --accept"]);
    let site = run.then().run(&["lock", "--accept"]).exit(0).then().run(&["build", "--locked"]).exit(0).then();
    // The same version with other bytes: the tracker of 2.6.0 under the name of 2.7.0.
    server.stop();
    let impostor = Impostor::start(server.port(), |path| match path {
        "/status" => Answer::json("{\"version\":\"v2.7.0\"}"),
        path if path.starts_with("/count.js") => {
            Answer::script("// GoatCounter: changed\nwindow.goatcounter = window.goatcounter || {};\n")
        }
        _ => Answer::refused_hit(),
    });
    let run = says(site.run(&["build", "--locked"]).exit(3), &["tracker/", "030ad75a"]);
    drop(impostor);
    drop(run);
    Ok(())
}

fn a_layout_that_lost_its_snippet_is_one_finding_with_its_name() -> Result<(), Skip> {
    let (_server, site) = locked()?;
    let alone = LAYOUT
        .replace("{{ analytics() }}\n", "")
        .replace("{% block main %}{% endblock main %}", "<h1>{{ page.title }}</h1>{{ page.content }}");
    let run = site.template("post.html", &alone).run(&["build", "--locked", "--format", "json"]).exit(3);
    assert_eq!(run.stdout.matches("\"snippet/missing\"").count(), 1, "one finding:\n{}", run.stdout);
    let run = says(run.then().run(&["build", "--locked"]).exit(3), &["snippet/missing", "post.html", "3 pages"]);
    assert!(
        run.stderr.contains("{{ analytics() }}") || run.stdout.contains("{{ analytics() }}"),
        "the line to add is named"
    );
    Ok(())
}

fn a_snippet_that_stands_twice_is_drift() -> Result<(), Skip> {
    let (_server, site) = locked()?;
    let twice = LAYOUT.replace("{{ analytics() }}\n", "{{ analytics() }}\n{{ analytics() }}\n");
    says(site.template("base.html", &twice).run(&["build", "--locked"]).exit(3), &["snippet/doubled"]);
    Ok(())
}

fn a_stopped_server_is_unknown_and_asked_at_most_three_times() -> Result<(), Skip> {
    let (mut server, site) = locked()?;
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return Err(Skip("strace is not installed, so that connections that are refused cannot be counted".to_owned()));
    }
    let before = site.public();
    let port = server.port();
    server.stop();
    let log = site.path("connections.log");
    let mut command = site.command("strace");
    command.args(["-f", "-qq", "-e", "trace=connect", "-o"]).arg(&log).args([BLOG, "build", "--locked"]);
    let run = site.finish(command).exit(4);
    assert_eq!(run.site.public(), before, "nothing is promoted");
    let tried = connections(&log, port);
    assert!((1..=3).contains(&tried), "{tried} connections were tried");
    Ok(())
}

fn connections(log: &Path, port: u16) -> usize {
    let log = std::fs::read_to_string(log).expect("strace wrote its log");
    log.lines().filter(|line| line.contains(&format!("sin_port=htons({port})"))).count()
}

fn offline_says_at_the_end_what_was_not_verified() -> Result<(), Skip> {
    let (mut server, site) = locked()?;
    server.stop();
    let run = site.run(&["build", "--locked", "--offline"]).exit(0);
    let last = run.stderr.trim_end().lines().last().unwrap_or_default().to_owned();
    assert!(last.contains("not verified") && last.contains("L1") && last.contains("L4"), "the last line is: {last}");
    Ok(())
}

fn a_login_page_on_the_port_is_drift() -> Result<(), Skip> {
    let (mut server, site) = locked()?;
    server.stop();
    let impostor = Impostor::start(server.port(), |_| {
        Answer::page("<!doctype html><title>Sign in</title><form method=post>Password</form>")
    });
    let run = says(site.run(&["build", "--locked"]).exit(3), &["tracker/", "HTML"]);
    drop(impostor);
    drop(run);
    Ok(())
}

fn a_policy_that_blocks_the_collect_endpoint_is_drift() -> Result<(), Skip> {
    let (server, site) = locked()?;
    let policy = format!(
        "/*\n  Content-Security-Policy: default-src 'self'; script-src 'self' {}\n",
        server.endpoint().trim_end_matches('/')
    );
    let site = site.file("static/_headers", policy);
    // On a host that is not known to obey the file, it proves nothing.
    let site = says(site.run(&["build", "--locked"]).exit(0), &["_headers"]).then();
    let text = std::fs::read_to_string(site.path("site.toml")).expect("the site has settings");
    let site = site.file("site.toml", format!("headers_from = \"netlify\"\n{text}"));
    says(site.run(&["build", "--locked"]).exit(3), &["contract/policy", "connect-src"]);
    Ok(())
}

/// One answer of an [`Impostor`].
struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
    headers: Vec<(&'static str, &'static str)>,
}

impl Answer {
    fn json(body: &str) -> Self {
        Answer {
            status: 200,
            content_type: "application/json",
            body: body.to_owned(),
            headers: vec![("Access-Control-Allow-Origin", "*")],
        }
    }

    fn script(body: &str) -> Self {
        Answer {
            status: 200,
            content_type: "text/javascript; charset=utf-8",
            body: body.to_owned(),
            headers: Vec::new(),
        }
    }

    fn page(body: &str) -> Self {
        Answer { status: 200, content_type: "text/html; charset=utf-8", body: body.to_owned(), headers: Vec::new() }
    }

    fn refused_hit() -> Self {
        let headers = vec![("X-Goatcounter", "wrong value: b=1"), ("Access-Control-Allow-Origin", "*")];
        Answer { status: 400, content_type: "image/gif", body: String::new(), headers }
    }
}

/// A server that answers in GoatCounter's place until it is dropped.
struct Impostor {
    server: std::sync::Arc<tiny_http::Server>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Impostor {
    fn start(port: u16, answer: impl Fn(&str) -> Answer + Send + 'static) -> Self {
        let server = std::sync::Arc::new(tiny_http::Server::http(("127.0.0.1", port)).expect("the port is free again"));
        let listening = std::sync::Arc::clone(&server);
        let thread = std::thread::spawn(move || {
            for request in listening.incoming_requests() {
                let Answer { status, content_type, body, headers } = answer(request.url());
                let mut response = tiny_http::Response::from_string(body).with_status_code(status);
                for (name, value) in headers.into_iter().chain([("Content-Type", content_type)]) {
                    response.add_header(tiny_http::Header::from_bytes(name, value).expect("a plain header"));
                }
                // A client that has gone is no failure of the test.
                let _ = request.respond(response);
            }
        });
        Impostor { server, thread: Some(thread) }
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
