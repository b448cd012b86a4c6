//! `blog serve`, from outside: pages, changes, what is hidden, what is wrong, and how it ends.

use std::fs;

use crate::door::{ask, connect};
use crate::harness::{Skip, tests};
use crate::served::{Served, undressed};
use crate::site::{Site, tree};

tests![
    what_is_served_is_what_is_built,
    derived_files_are_those_of_a_build,
    when_events_are_lost_everything_is_read_again,
    after_a_checkout_of_many_files_what_is_served_is_what_is_built,
    an_edit_shows_everywhere_at_once,
    a_broken_post_shows_why_and_the_rest_goes_on,
    settings_and_theme_change_without_a_restart,
    what_is_hidden_is_listed_with_its_reason,
    a_post_appears_when_its_time_comes,
    stand_ins_are_there_once_the_site_is,
    addresses_lead_where_production_would_lead_them,
    headers_are_sent_as_production_would_send_them,
    hits_reach_the_stand_in_and_nobody_else,
    ctrl_c_ends_it_at_once,
    two_previews_of_one_site_do_not_fight,
    looking_changes_nothing,
    navigation_names_the_page_that_was_saved,
    it_says_what_cannot_be,
];

/// A blog with a page of every kind.
pub(crate) fn blog() -> Site {
    Site::new()
        .config(
            "feed_authority = \"blog.example\"\n[taxonomies.tags]\nfeed = true\n[[analytics]]\nprovider = \"goatcounter\"\n\
             endpoint = \"embedded\"\nsite = \"test\"\nexclude = [\"/own.html\"]\n",
        )
        .post("a.md", "+++\ntitle = \"A\"\ndate = 2026-01-02\ntags = [\"rust\"]\n+++\nText of *a*, and [b](b.md).\n")
        .post("b.md", "+++\ntitle = \"B\"\ndate = 2026-01-03\naliases = [\"/old/\"]\n+++\n```rust\nfn b() {}\n```\n")
        .file("content/posts/_index.md", "+++\ntitle = \"Posts\"\n+++\n")
        .file("content/posts/c/index.md", "+++\ndate = 2026-01-04\n+++\n![p](p.png)\n")
        .file("content/posts/c/p.png", [0x89, b'P', b'N', b'G'])
        .file("content/about.md", "About.\n")
        .file("static/own.html", "<!doctype html><title>x</title><p>Own.")
        .file("static/style.css", "p {}")
}

/// Compares what is served with what a build of the same files writes.
fn compare(served: &Served) -> usize {
    let copy = Site::empty();
    for (path, bytes) in tree(served.site.root()) {
        copy.write(&path, bytes);
    }
    let run = copy.run(&["build", "--base-url", &served.home]).exit(0);
    let stand_in = format!("http://{}/__blog/stats/0/", served.address);
    let mut compared = 0;
    for (path, built) in run.then().public() {
        if path.starts_with(".well-known/") {
            continue;
        }
        let folder = path.strip_suffix("index.html").unwrap_or(&path);
        let reply = served.get(&format!("/{folder}"));
        assert_eq!(reply.status, 200, "{path}");
        match String::from_utf8(built) {
            Ok(built) if !path.ends_with(".xsl") && (built.contains("<html") || built.contains("<!doctype")) => {
                let page = undressed(&reply.text()).replace(&stand_in, "https://analytics.invalid/");
                assert_eq!(page, built, "{path}");
            }
            Ok(built) => assert_eq!(reply.text(), built, "{path}"),
            Err(bytes) => assert_eq!(reply.body, bytes.as_bytes(), "{path}"),
        }
        compared += 1;
    }
    compared
}

fn what_is_served_is_what_is_built() {
    let served = blog().serve(&[]);
    assert!(compare(&served) > 20);
    let manifest: serde_json::Value = serde_json::from_str(&served.page("/.well-known/watchpost.json")).unwrap();
    let list = manifest["lists"][0].as_str().unwrap();
    let list: serde_json::Value =
        serde_json::from_str(&served.page(&format!("/.well-known/watchpost/{list}.json"))).unwrap();
    assert!(list.to_string().contains("posts/a/index.html"), "{list}");
}

fn derived_files_are_those_of_a_build() {
    // Without analytics no page is another one here, so that the digests are the same.
    let served = Site::new().post("a.md", "Text.").post("b.md", "Text.").file("static/x.txt", "x").serve(&[]);
    let copy = Site::new().post("a.md", "Text.").post("b.md", "Text.").file("static/x.txt", "x");
    let settings = fs::read_to_string(copy.path("site.toml")).unwrap();
    let copy = copy
        .file("site.toml", settings.replace("https://blog.example/", &served.home))
        .config("feed_authority = \"blog.example\"");
    let public = copy.build().exit(0).then().public();
    let derived: Vec<_> = public.iter().filter(|(path, _)| path.starts_with(".well-known/")).collect();
    assert!(derived.len() > 1);
    for (path, built) in derived {
        assert_eq!(served.page(&format!("/{path}")).as_bytes(), built, "{path}");
    }
}

fn when_events_are_lost_everything_is_read_again() {
    // The folder is there from the start, so that it is watched.
    let served = blog().file("static/many/x.txt", "").serve(&[]);
    let signal = |served: &Served, signal: &str| {
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args([signal, &served.process().to_string()]).status().unwrap().success());
    };
    let mut events = served.events();
    signal(&served, "-STOP");
    // The system keeps 16,384 events, and each file makes several.
    for number in 0..12_000 {
        served.site.write(&format!("static/many/{number}.txt"), "x");
    }
    served.site.write("content/posts/a.md", "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nAfter the flood.\n");
    signal(&served, "-CONT");
    let is_whole = |served: &Served| {
        served.page("/posts/a/").contains("After the flood.") && served.get("/many/11999.txt").status == 200
    };
    loop {
        events.next("change");
        if is_whole(&served) {
            break;
        }
    }
    assert!((0..12_000).step_by(100).all(|number| served.get(&format!("/many/{number}.txt")).status == 200));
    let (_, notices, _) = served.end("-INT");
    let told_of = |notice: &serde_json::Value| notice["type"] == "changed" && notice["files"].is_null();
    assert!(notices.iter().any(told_of), "the flood was one that no queue holds: {notices:?}");
}

fn after_a_checkout_of_many_files_what_is_served_is_what_is_built() -> Result<(), Skip> {
    let site = blog();
    let git = |site: &Site, arguments: &[&str]| {
        let mut command = site.command("git");
        command
            .args(["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "init.defaultBranch=main"])
            .args(arguments);
        command.output()
    };
    if git(&site, &["--version"]).is_err() {
        return Err(Skip("git is not there".to_owned()));
    }
    let commit = |site: &Site| {
        git(site, &["add", "-A"]).unwrap();
        assert!(git(site, &["commit", "-qm", "x"]).unwrap().status.success());
    };
    git(&site, &["init", "-q"]).unwrap();
    commit(&site);
    git(&site, &["checkout", "-qb", "many"]).unwrap();
    for number in 0..500 {
        site.write(
            &format!("content/posts/n{number}.md"),
            format!("+++\ndate = 2026-02-01\ntags = [\"many\"]\n+++\n{number}\n"),
        );
    }
    site.write("content/posts/a.md", "+++\ntitle = \"Other\"\ndate = 2026-01-02\n+++\nOther.\n");
    commit(&site);
    git(&site, &["checkout", "-q", "main"]).unwrap();
    let served = site.serve(&[]);
    let all = |served: &Served| (0..500).all(|number| served.get(&format!("/posts/n{number}/")).status == 200);
    served.until(
        |site| assert!(git(site, &["checkout", "-q", "many"]).unwrap().status.success()),
        |served| {
            (served.get("/posts/n499/").status == 200 && served.page("/posts/a/").contains("Other") && all(served))
                .then_some(())
        },
    );
    assert!(compare(&served) > 500);
    served.until(
        |site| assert!(git(site, &["checkout", "-q", "main"]).unwrap().status.success()),
        |served| (served.get("/tags/many/").status == 404 && served.get("/posts/n499/").status == 404).then_some(()),
    );
    compare(&served);
    Ok(())
}

fn an_edit_shows_everywhere_at_once() {
    let served = blog().serve(&[]);
    let text = |title: &str, body: &str| {
        format!("+++\ntitle = \"{title}\"\ndate = 2026-01-02\ntags = [\"rust\"]\n+++\n{body}\n")
    };
    served.write_until("content/posts/a.md", text("Renamed", "New *words*."), "/posts/a/", "New <em>words</em>.");
    for path in ["/", "/posts/", "/tags/rust/", "/feed.xml", "/tags/rust/feed.xml", "/archive/", "/posts/b/"] {
        assert!(served.page(path).contains("Renamed"), "{path}");
    }
    served.write_until("content/posts/new.md", text("Newcomer", "x"), "/", "Newcomer");
    assert!(served.page("/sitemap.xml").contains("/posts/new/"));
    served.until(
        |site| fs::rename(site.path("content/posts/new.md"), site.path("content/posts/moved.md")).unwrap(),
        |served| (served.get("/posts/new/").status == 404 && served.get("/posts/moved/").status == 200).then_some(()),
    );
    served.until(
        |site| fs::remove_file(site.path("content/posts/moved.md")).unwrap(),
        |served| (!served.page("/").contains("Newcomer")).then_some(()),
    );
    served.write_until("static/style.css", "p { color: red }", "/style.css", "red");
    served.write_until("static/more/x.txt", "more", "/more/x.txt", "more");
    served.write_until("content/posts/c/p.png", "other", "/posts/c/p.png", "other");
    compare(&served);
}

fn a_broken_post_shows_why_and_the_rest_goes_on() {
    let served = blog().serve(&[]);
    served.until(
        |site| site.write("content/posts/a.md", "+++\ntitle = \"A\ndate = 2026-01-02\n+++\nBroken.\n"),
        |served| (served.status("/posts/a/")["problems"] != serde_json::json!([])).then_some(()),
    );
    let problem = served.status("/posts/a/")["problems"][0].clone();
    assert_eq!(
        (problem["file"].as_str(), problem["line"].as_u64(), problem["here"].as_bool()),
        (Some("content/posts/a.md"), Some(2), Some(true))
    );
    assert!(problem["frame"].as_str().unwrap().contains("title = \"A"), "{problem}");
    // The page keeps its last good form, and the others follow.
    assert!(served.page("/posts/a/").contains("Text of <em>a</em>"));
    served.write_until("content/about.md", "Changed.", "/about/", "Changed.");
    assert_eq!(served.status("/about/")["problems"][0]["here"], false);
    served.until(
        |site| site.write("content/posts/a.md", "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nMended.\n"),
        |served| (served.status("/posts/a/")["problems"] == serde_json::json!([])).then_some(()),
    );
    assert!(served.page("/posts/a/").contains("Mended."));
    // A link that leads nowhere is found when the page is rendered.
    served.until(
        |site| site.write("content/posts/a.md", "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\n[x](none.md)\n"),
        |served| (served.status("/posts/a/")["problems"][0]["code"] == "link/broken").then_some(()),
    );
    assert!(served.page("/posts/a/").contains("Mended."), "the last good form");
}

fn settings_and_theme_change_without_a_restart() {
    let served = blog().serve(&[]);
    let settings = fs::read_to_string(served.site.path("site.toml")).unwrap();
    served.write_until("site.toml", settings.replace("\"Test\"", "\"Renamed site\""), "/", "Renamed site");
    served.until(
        |site| site.write("site.toml", "title = "),
        |served| (served.status("/")["problems"][0]["file"] == "site.toml").then_some(()),
    );
    assert!(served.page("/").contains("Renamed site"), "the last good form");
    served.write_until("site.toml", settings, "/", "Test");
    served.write_until(
        "templates/404.html",
        "<!doctype html><html><p>Own template.</html>",
        "/404.html",
        "Own template.",
    );
    served.until(
        |site| fs::remove_file(site.path("templates/404.html")).unwrap(),
        |served| (!served.page("/404.html").contains("Own template.")).then_some(()),
    );
    compare(&served);
}

fn what_is_hidden_is_listed_with_its_reason() {
    let hidden = || {
        blog()
            .post("draft.md", "+++\ntitle = \"Draft\"\ndate = 2026-01-05\ndraft = true\n+++\nD.\n")
            .post("future.md", "+++\ntitle = \"Future\"\ndate = 2026-12-24T07:00:00\n+++\nF.\n")
    };
    let served = hidden().serve(&[]);
    assert_eq!((served.get("/posts/draft/").status, served.get("/posts/future/").status), (404, 404));
    let list = served.page("/__blog/");
    assert!(served.get("/__blog/").header("content-security-policy").contains("default-src 'none'"));
    for words in ["content/posts/draft.md", "--drafts", "content/posts/future.md", "--future"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let served = hidden().serve(&["--drafts", "--clock", "2026-12-24T08:00"]);
    let states = |path: &str| served.status(path)["page"]["states"].to_string();
    assert!(served.page("/posts/draft/").contains("D.") && states("/posts/draft/").contains("draft"));
    assert!(served.page("/posts/future/").contains("F."), "its time has come by that clock");
    let served = hidden().serve(&["--future"]);
    assert!(served.status("/posts/future/")["page"]["states"].to_string().contains("future"));
}

fn a_post_appears_when_its_time_comes() {
    let site = blog();
    let mut command = site.command(crate::site::BLOG);
    // By the machine's clock, not by one that stands still.
    command.env_remove("SOURCE_DATE_EPOCH").args(["serve", "--format", "json", "--port", "0"]);
    let served = site.serve_with(command);
    let now = || std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap().stdout;
    let now = String::from_utf8(now()).unwrap();
    served.write_until(
        "content/posts/now.md",
        format!("+++\ndate = {now}+++\nWritten while it runs.\n"),
        "/posts/now/",
        "Written while",
    );
    let soon =
        std::process::Command::new("date").args(["-u", "-d", "2 seconds", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    let soon = String::from_utf8(soon.stdout).unwrap();
    served.write_until(
        "content/posts/soon.md",
        format!("+++\ndate = {soon}+++\nIts time came.\n"),
        "/posts/soon/",
        "Its time came.",
    );
}

fn stand_ins_are_there_once_the_site_is() {
    let served = blog().template("404.html", "{% broken").serve(&[]);
    assert_eq!(served.get("/").status, 500);
    served.until(
        |site| fs::remove_file(site.path("templates/404.html")).unwrap(),
        |served| (served.get("/").status == 200).then_some(()),
    );
    assert!(served.page("/__blog/stats/0/count.js").contains("goatcounter"));
    assert!(served.page("/__blog/").contains(&served.home));
}

fn addresses_lead_where_production_would_lead_them() {
    let site = blog().file("static/_redirects", "/gone/* /posts/:splat 302\n/app/* /about/ 200\n/* /about/ 200\n");
    let served = site.serve(&[]);
    let leads = |path: &str| {
        let reply = served.get(path);
        (reply.status, reply.header("location").to_owned())
    };
    assert_eq!(leads("/posts/a"), (301, "/posts/a/".to_owned()));
    assert_eq!(leads("/posts/a?x=1"), (301, "/posts/a/?x=1".to_owned()));
    assert_eq!(leads("/posts/a/index.html"), (301, "/posts/a/".to_owned()));
    assert_eq!(leads("/gone/a/"), (302, "/posts/a".to_owned()));
    assert!(served.page("/app/x").contains("About."));
    assert!(served.page("/old/").contains("http-equiv=\"refresh\""), "an alias is a page, as in production");
    assert_eq!(leads("/gone/caf%C3%A9%3F/"), (302, "/posts/caf%C3%A9%3F".to_owned()));
    assert!(served.page("/nothing/here/").contains("About."), "the last line takes all that stands nowhere");
    assert!(served.page("/.well-known/watchpost.json").contains("build_id"), "and nothing that stands");
    let served = blog().serve(&[]);
    let lost = served.get("/nothing/here/");
    assert_eq!(lost.status, 404);
    assert!(lost.text().contains("data-watchpost"), "the 404 page is dressed, too: {}", lost.text());
    assert_eq!(ask(served.address, "HEAD /posts/a/", &[]).body, b"");

    let below =
        Site::new().file("site.toml", "title = \"T\"\nbase_url = \"https://x.example/blog/\"\n").post("a.md", "Text.");
    let served = below.serve(&[]);
    assert_eq!((served.get("/").status, served.get("/").header("location").to_owned()), (302, "/blog/".to_owned()));
    assert!(served.page("/blog/posts/a/").contains("Text."));
    assert_eq!(served.get("/posts/a/").status, 404);
}

fn headers_are_sent_as_production_would_send_them() {
    let policy = "default-src 'self'; script-src https://analytics.invalid/; frame-ancestors 'none'";
    let site = blog().config(&format!(
        "[[headers]]\nfor = \"/*\"\nvalues = {{ X-Own = \"<script>1</script>\", Content-Security-Policy = \"{policy}\", \
         Strict-Transport-Security = \"max-age=1\", Cache-Control = \"max-age=9\" }}\n\
         [[headers]]\nfor = \"/plain.txt\"\nvalues = {{ Content-Type = \"text/html\" }}\n"
    ));
    let served = site.file("static/plain.txt", "<!doctype html><html><p>x</html>").serve(&[]);
    let reply = served.get("/posts/a/");
    assert_eq!(reply.header("x-own"), "<script>1</script>");
    assert_eq!(reply.header("strict-transport-security"), "", "it would bind the browser's localhost");
    let sent = reply.header("content-security-policy");
    assert!(sent.contains("frame-ancestors 'none'") && sent.contains("'sha256-"), "{sent}");
    assert!(sent.contains(&format!("http://{}", served.address)) && !sent.contains("analytics.invalid"), "{sent}");
    assert!(served.status("/posts/a/")["policy"].as_str().is_some_and(|said| !said.is_empty()));
    assert_eq!(reply.header("cache-control"), "no-store", "or a browser would show what was");
    let typed = served.get("/plain.txt");
    assert_eq!(typed.header("content-type"), "text/html");
    assert!(typed.text().contains("data-watchpost"), "whatever is a page to a browser leaves as one");
    assert_eq!(served.get("/style.css").header("x-own"), "<script>1</script>", "every file has them");
    assert!(served.page("/_headers").starts_with("/*\n  X-Own: "));
}

fn hits_reach_the_stand_in_and_nobody_else() {
    let served = blog().serve(&[]);
    let page = served.page("/posts/a/");
    let stand_in = format!("http://{}/__blog/stats/0/", served.address);
    assert!(page.contains(&stand_in) && !page.contains("analytics.invalid"), "{page}");
    assert!(served.page("/__blog/stats/0/count.js").contains("goatcounter"));
    let mut events = served.events();
    let referer = [("Referer", format!("{}posts/a/", served.home))];
    let headers: Vec<(&str, &str)> = referer.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply =
        ask(served.address, "GET /__blog/stats/0/count?p=%2Fposts%2Fa%2F&t=A&r=&s=1280,720,1&rnd=abcde", &headers);
    assert_eq!(reply.status, 200);
    let hit = events.next("hit");
    assert_eq!((hit["page"].as_str(), hit["ok"].as_bool()), (Some("/posts/a/"), Some(true)), "{hit}");
    assert_eq!(served.status("/posts/a/")["hits"][0]["page"], "/posts/a/");
    let reply = ask(served.address, "GET /__blog/stats/0/count?t=A", &headers);
    assert_eq!(events.next("hit")["ok"], false, "a hit without a path counts nothing: {}", reply.status);
}

fn ctrl_c_ends_it_at_once() {
    for signal in ["-INT", "-TERM"] {
        let served = blog().serve(&[]);
        // Neither a stream of events nor a request in flight keeps it.
        let (_events, _half) = (served.events(), connect(served.address));
        let address = served.address;
        let (code, _, words) = served.end(signal);
        assert_eq!((code, words.as_str()), (Some(0), ""), "{signal}");
        assert!(std::net::TcpStream::connect(address).is_err(), "the port is free again");
    }
}

fn two_previews_of_one_site_do_not_fight() {
    let first = blog().serve(&[]);
    let before = tree(first.site.root());
    let mut command = first.site.command(crate::site::BLOG);
    command.args(["serve", "--format", "json", "--port", "0", "--root"]).arg(first.site.root());
    let second = Site::empty().serve_with(command);
    assert_ne!(first.address, second.address);
    let mut events = second.events();
    first.write_until("content/about.md", "Seen by both.", "/about/", "Seen by both.");
    events.next("change");
    assert!(second.page("/about/").contains("Seen by both."));
    let mut after = tree(first.site.root());
    after.insert("content/about.md".into(), before["content/about.md"].clone());
    assert_eq!(before, after, "neither writes into the site");
}

fn looking_changes_nothing() {
    let served = blog().serve(&[]);
    let mut events = served.events();
    for _ in 0..3 {
        for path in ["/", "/posts/a/", "/posts/c/p.png", "/feed.xml", "/sitemap.xml", "/.well-known/watchpost.json"] {
            served.page(path);
        }
        served.status("/posts/a/");
    }
    for file in tree(served.site.root()).into_keys() {
        fs::read(served.site.path(&file)).unwrap();
    }
    served.site.write("public/index.html", "built meanwhile");
    served.site.write("content/posts/.a.md.swp", "an editor's");
    served.site.write("content/about.md", "The only change.");
    assert_eq!(events.next("change")["edition"], 2, "the second edition is that of the only change");
    let (_, notices, _) = served.end("-INT");
    assert_eq!(notices.iter().filter(|notice| notice["type"] == "changed").count(), 1, "{notices:?}");
}

fn navigation_names_the_page_that_was_saved() {
    let served = blog().serve(&["--navigate"]);
    let mut events = served.events();
    served.site.write("content/posts/a.md", "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nSaved.\n");
    assert_eq!(events.next("change")["open"], "/posts/a/");
    served.site.write("static/style.css", "b {}");
    let change = events.next("change");
    assert_eq!((&change["open"], &change["styles"]), (&serde_json::Value::Null, &serde_json::json!(["/style.css"])));
}

fn it_says_what_cannot_be() {
    Site::empty().run(&["serve"]).exit(2).stderr_has("there is no `site.toml`").stderr_has("blog init");
    let first = blog().serve(&[]);
    let port = first.address.port().to_string();
    blog().run(&["serve", "--port", &port]).exit(6).stderr_has("serve/port-taken");
    blog().run(&["serve", "--prot", "1"]).exit(2).stderr_has("--port");
    blog().run(&["serve", "--bind", "203.0.113.7"]).exit(6).stderr_has("serve/listen");
}
