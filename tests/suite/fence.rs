//! Who may look at a preview, and what nobody gets to see: foreign pages, paths and links that lead out, scripts in errors, a
//! lack of open files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::door::{Reply, ask, ask_with};
use crate::harness::tests;
use crate::serve::blog;
use crate::site::Site;

tests![
    a_foreign_page_gets_nothing,
    no_path_leads_out_of_the_site,
    no_link_leads_out_of_the_site,
    an_error_with_a_script_in_it_stays_text,
    the_network_sees_it_only_when_it_is_asked_to,
    a_lack_of_open_files_passes,
];

fn a_foreign_page_gets_nothing() {
    let served = blog().post("draft.md", "+++\ndraft = true\n+++\nSecret.\n").serve(&["--drafts"]);
    let raw = |host: &str| {
        let got = crate::door::exchange(served.address, format!("GET /posts/a/ HTTP/1.1\r\n{host}\r\n").as_bytes());
        Reply::read(&got).map_or(0, |reply| {
            assert!(reply.status == 200 || !reply.text().contains("Text of"), "{}", reply.text());
            assert!(!reply.headers.contains_key("access-control-allow-origin"));
            reply.status
        })
    };
    let port = served.address.port();
    assert_eq!(raw(&format!("Host: evil.test:{port}\r\n")), 403);
    assert_eq!(raw(&format!("Host: localhost:{port}\r\n")), 200);
    assert_eq!(raw(""), 400);
    for path in ["/__blog/events", "/__blog/status?page=/", "/posts/a/"] {
        let reply = ask(served.address, &format!("GET {path}"), &[("Origin", "https://evil.test")]);
        assert_eq!(reply.status, 403, "{path}");
    }
    // A reader who types `localhost` is sent to the name that the pages know.
    let line = format!("GET /posts/a/?x=1 HTTP/1.1\r\nHost: localhost:{port}\r\nSec-Fetch-Mode: navigate\r\n\r\n");
    let reply = Reply::read(&crate::door::exchange(served.address, line.as_bytes())).unwrap();
    assert_eq!((reply.status, reply.header("location")), (307, &*format!("{}posts/a/?x=1", served.home)));
    let posted = ask_with(served.address, "POST /posts/a/", &[("Content-Length", "0")], b"");
    assert_eq!(posted.status, 405);
}

fn no_path_leads_out_of_the_site() {
    let served = blog().file("secret.txt", "SECRET").file(".env", "SECRET").serve(&[]);
    let outside = ["secret.txt", ".env", "site.toml", "content/about.md", "etc/passwd", "templates/x"];
    for way in [
        "/",
        "//",
        "/../",
        "/../../../../../../",
        "/posts/../../",
        "/%2e%2e/",
        "/%2e%2e%2f",
        "/..%2f",
        "/..%5c",
        "/..\\",
        "/%252e%252e/",
        "/%c0%ae%c0%ae/",
        "/posts/%2e%2e/%2e%2e/",
        "/./../",
        "/a.b/../../",
        "/%00/",
        "/C:/",
        "/file:///",
    ] {
        for name in outside {
            let got = crate::door::exchange(
                served.address,
                format!("GET {way}{name} HTTP/1.1\r\nHost: {}\r\n\r\n", served.address).as_bytes(),
            );
            let text = String::from_utf8_lossy(&got);
            assert!(!text.starts_with("HTTP/1.1 200"), "{way}{name}: {text}");
            assert!(!text.contains("SECRET") && !text.contains("root:") && !text.contains("base_url ="), "{way}{name}");
        }
    }
    assert!(served.page("/about/").contains("About."));
}

fn no_link_leads_out_of_the_site() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.md");
    fs::write(&secret, "SECRET").unwrap();
    fs::create_dir(outside.path().join("folder")).unwrap();
    fs::write(outside.path().join("folder/index.html"), "SECRET").unwrap();
    let link = |site: &Site, to: &Path, at: &str| {
        fs::create_dir_all(site.path(at).parent().unwrap()).unwrap();
        let _ = fs::remove_file(site.path(at));
        symlink(to, site.path(at)).unwrap();
    };
    for (to, at, path) in [
        (secret.clone(), "content/posts/leak.md", "/posts/leak/"),
        (secret.clone(), "content/posts/c/leak.png", "/posts/c/leak.png"),
        (outside.path().join("folder"), "content/posts/folder", "/posts/folder/"),
        (outside.path().join("folder"), "static/folder", "/folder/"),
        (outside.path().join("folder/index.html"), "static/index2.html", "/index2.html"),
        (secret.clone(), "static/own.html", "/own.html"),
        (secret.clone(), "templates/404.html", "/404.html"),
        (outside.path().join("folder"), "themes/paper", "/"),
    ] {
        // Links that are there at the start, and links that come later.
        let early = blog();
        link(&early, &to, at);
        let early = early.build().exit(1).stderr_has(at).stderr_has("leaves the site").then();
        let early = early.serve(&[]);
        let late = blog().serve(&[]);
        late.until(
            |site| link(site, &to, at),
            |served| (served.status("/")["problems"].to_string().contains(at)).then_some(()),
        );
        for served in [early, late] {
            let reply = served.get(path);
            assert!(!reply.text().contains("SECRET"), "{at}: {}", reply.text());
            let problems = served.status("/")["problems"].to_string();
            assert!(problems.contains(at) && problems.contains("leaves the site"), "{at}: {problems}");
        }
    }
}

fn an_error_with_a_script_in_it_stays_text() {
    let served = blog().serve(&[]);
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    served.until(
        |site| site.write("content/posts/a.md", format!("+++\ntitle = {evil}\n+++\n{evil}")),
        |served| (served.status("/")["problems"] != serde_json::json!([])).then_some(()),
    );
    let list = served.page("/__blog/");
    assert!(
        list.contains("&lt;script&gt;alert(1)") && !list.contains("<script>alert(1)") && !list.contains("<img src=x"),
        "{list}"
    );
    let fresh = blog().file("content/posts/x.md", format!("[a](none-{evil}.md)")).serve(&[]);
    let page = fresh.get("/posts/x/");
    assert_eq!(page.status, 500);
    assert!(!page.text().contains("<img src=x") && page.text().contains("none-"), "{}", page.text());
}

fn the_network_sees_it_only_when_it_is_asked_to() {
    let served = blog().serve(&[]);
    assert!(served.address.ip().is_loopback());
    let port = served.address.port();
    let listening = fs::read_to_string(format!("/proc/{}/net/tcp", served.process())).unwrap();
    let own: Vec<&str> =
        listening.lines().filter(|line| line.contains(&format!(":{port:04X} 00000000:0000 0A"))).collect();
    assert!(own.len() == 1 && own[0].contains("0100007F:"), "{own:?}");
    let (_, _, words) = served.end("-INT");
    assert!(!words.contains("serve/exposed"));
    let run = blog().run(&["serve", "--bind", "0.0.0.0", "--port", "1", "--root", "/nonexistent"]);
    run.stderr_has("serve/exposed").stderr_has("drafts and all");
}

fn a_lack_of_open_files_passes() {
    let site = blog();
    let mut command = site.command("sh");
    let line = format!("ulimit -n 128; exec {} serve --format json --port 0", crate::site::BLOG);
    command.args(["-c", &line]);
    let served = site.serve_with(command);
    let clients: Vec<_> = (0..300).filter_map(|_| std::net::TcpStream::connect(served.address).ok()).collect();
    assert!(served.page("/posts/a/").contains("Text of"), "with {} clients that say nothing", clients.len());
    drop(clients);
    assert!(served.page("/posts/a/").contains("Text of"));
    served.write_until("content/about.md", "Still followed.", "/about/", "Still followed.");
}
