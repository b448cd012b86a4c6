//! Level 7 with a real Chromium: what leaves the pages, and that nothing leaves the machine.
//!
//! Where there is no Chromium, these tests are skipped, and the last lines of a run say so.

use std::fs;

use crate::goatcounter_server::{GoatCounter, VERSIONS, missing};
use crate::harness::{Skip, tests};
use crate::server::{Answer, Server};
use crate::site::{BLOG, Run, Site};

tests![
    one_hit_leaves_each_layout_and_the_report_says_so,
    every_real_tracker_of_goatcounter_sends_exactly_one_hit,
    february_2011_is_seen_in_a_browser,
    a_policy_that_blocks_the_hit_is_named_with_its_directive,
    a_headers_file_counts_where_the_host_obeys_it,
    a_snippet_that_stands_twice_counts_everybody_twice,
    a_module_has_no_current_script_and_the_console_says_it,
    the_browser_looks_like_one_that_people_use,
    a_folder_of_foreign_html_is_opened_too,
    a_hit_that_names_another_page_is_drift,
    without_a_browser_nothing_is_told,
    offline_the_tracker_that_was_kept_is_run,
    nothing_leaves_the_machine_and_nothing_stays_behind,
    reading_and_looking_agree_on_generated_cases,
];

/// A tracker that looks for its tag and sends a beacon, as GoatCounter's does.
const TRACKER: &str = "(function () {
  var tag = document.querySelector('script[data-goatcounter]')
  navigator.sendBeacon(tag.dataset.goatcounter + '?p=' + encodeURIComponent(location.pathname) + '&t=' + document.title)
})()\n";

/// Skips a test where there is no browser.
fn chromium() -> Result<(), Skip> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let folders = ["/usr/bin", "/usr/local/bin", "/bin", "/snap/bin"];
    let found =
        folders.iter().any(|folder| names.iter().any(|name| fs::exists(format!("{folder}/{name}")).is_ok_and(|is| is)));
    if found { Ok(()) } else { Err(Skip("Chromium is not installed".to_owned())) }
}

/// Starts a server that speaks as GoatCounter does and serves this tracker.
fn counter(tracker: &'static str) -> Server {
    Server::start(move |asked| match asked.url.split('?').next().unwrap_or_default() {
        "/count.js" => Answer::new(200, "text/javascript", tracker).header("Access-Control-Allow-Origin", "*"),
        "/status" => Answer::new(200, "application/json", "{\"version\": \"v2.7.0\"}"),
        "/count" if asked.host.contains("no-such-site") => Answer::new(400, "text/plain", "no site at this domain"),
        "/count" => Answer::new(400, "image/gif", "").header("X-Goatcounter", "wrong value: b=1"),
        _ => Answer::new(404, "text/plain", "not found"),
    })
}

/// Makes a site whose pages are finished, in `out/`.
fn finished(server: &Server, pages: &[(&str, &str)]) -> Site {
    let url = server.url();
    let site =
        Site::new().config(&format!("[analytics]\nprovider = \"goatcounter\"\nendpoint = \"{url}\"\nsite = \"blog\""));
    for (path, html) in pages {
        site.write(&format!("out/{path}"), html.replace("SNIPPET", &snippet(&url)));
    }
    site
}

fn snippet(url: &str) -> String {
    format!("<script data-goatcounter=\"{url}count\" async src=\"{url}count.js\"></script>")
}

const PAGE: &str = "<!doctype html><html lang=en><head><title>A page</title>SNIPPET</head><body>x</body></html>";

fn check(site: Site) -> Run {
    site.run(&["check", "out", "--browser"])
}

fn one_hit_leaves_each_layout_and_the_report_says_so() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let run = Site::new()
        .post("a.md", "one")
        .post("b.md", "two")
        .config(&format!("[analytics]\nprovider = \"goatcounter\"\nendpoint = \"{}\"\nsite = \"blog\"", server.url()))
        .build()
        .exit(0);
    server.asked();
    let run = run.then().run(&["check", "--browser", "--format", "json"]).exit(0);
    let asked = server.asked();
    assert!(asked.iter().all(|asked| !asked.url.starts_with("/count?") || asked.url.contains("b=1")), "{asked:?}");
    let report: serde_json::Value = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|value: &serde_json::Value| value["type"] == "report")
        .unwrap();
    let verdicts = report["verdicts"].as_array().unwrap();
    let hits: Vec<_> = verdicts.iter().filter(|verdict| verdict["code"] == "browser/hits").collect();
    assert!(hits.len() == 1 && hits[0]["outcome"] == "ok" && hits[0]["level"] == "L7", "{hits:?}");
    let pages = hits[0]["pages"].as_array().unwrap();
    assert!(
        ["404.html", "index.html", "posts/a/index.html"].iter().all(|page| pages.contains(&(*page).into())),
        "{pages:?}"
    );
    // Two posts are one layout.
    assert!(!pages.contains(&"posts/b/index.html".into()), "{pages:?}");
    let run = run.then().run(&["check", "--browser"]).exit(0);
    run.stderr_has("L7 real browser").stderr_has("exactly one page view leaves").stderr_lacks("L7 real browser (not");
    Ok(())
}

fn every_real_tracker_of_goatcounter_sends_exactly_one_hit() -> Result<(), Skip> {
    chromium()?;
    if let Some(reason) = missing() {
        return Err(Skip(reason));
    }
    for version in VERSIONS {
        let server = GoatCounter::start(version);
        let before = server.rows();
        let endpoint = server.endpoint();
        let frozen = if version == "2.7.0" {
            &["count.v1.js", "count.v2.js", "count.v3.js", "count.v4.js", "count.v5.js"][..]
        } else {
            &[]
        };
        for file in ["count.js"].iter().chain(frozen) {
            let snippet =
                format!("<script data-goatcounter=\"{endpoint}count\" async src=\"{endpoint}{file}\"></script>");
            let site = Site::new()
                .config(&format!(
                    "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"{endpoint}\"\nscript = \"{endpoint}{file}\"\nsite = \"blog\""
                ))
                .file("out/index.html", PAGE.replace("SNIPPET", &snippet));
            check(site).exit(0).stderr_has("exactly one page view leaves `/`");
        }
        assert_eq!(server.rows(), before, "the check has recorded something on a real server");
    }
    Ok(())
}

fn february_2011_is_seen_in_a_browser() -> Result<(), Skip> {
    chromium()?;
    // Piwik 1.0 knows no queue: it waits to be called.
    const PIWIK: &str = "/* Piwik */ var Piwik = { getTracker: function (url, site) { return { trackPageView: function () {
        new Image().src = url + '?idsite=' + site + '&rec=1&url=' + encodeURIComponent(location.href) + '&action_name=x' } } } }";
    let server = Server::start(|asked| match asked.url.split('?').next().unwrap_or_default() {
        "/piwik.js" => Answer::new(200, "application/javascript", PIWIK),
        "/piwik.php" => Answer::new(200, "application/json", "{\"status\":\"success\",\"tracked\":0,\"invalid\":1}"),
        _ => Answer::new(404, "text/plain", "not found"),
    });
    let url = server.url();
    let page =
        |snippet: &str| format!("<!doctype html><html><head><title>2011</title></head><body>x{snippet}</body></html>");
    let queue = format!(
        "<script>var _paq = _paq || []; (function(){{ var u='{url}'; _paq.push(['setSiteId', '1']); \
         _paq.push(['setTrackerUrl', u+'piwik.php']); _paq.push(['trackPageView']); var d=document, g=d.createElement('script'), \
         s=d.getElementsByTagName('script')[0]; g.async=true; g.src=u+'piwik.js'; s.parentNode.insertBefore(g,s); }})();</script>"
    );
    let site = |snippet: &str| {
        Site::new()
            .config(&format!(
                "[analytics]\nprovider = \"matomo\"\nendpoint = \"{url}\"\nscript = \"{url}piwik.js\"\ncollect = \"{url}piwik.php\"\nsite = \"1\""
            ))
            .file("out/index.html", page(snippet))
    };
    let run = check(site(&queue)).exit(3);
    run.stderr_has("browser/hits")
        .stderr_has("no hit leaves")
        .stderr_has("the tracker was fetched; the console says nothing");
    // The snippet that this tracker understands.
    let called = format!(
        "<script src=\"{url}piwik.js\"></script><script>var t = Piwik.getTracker('{url}piwik.php', '1'); t.trackPageView();</script>"
    );
    check(site(&called)).stderr_lacks("browser/hits").stderr_has("exactly one page view leaves `/`");
    Ok(())
}

fn a_policy_that_blocks_the_hit_is_named_with_its_directive() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let policy = format!(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src {0}; img-src {0}\">SNIPPET",
        server.url()
    );
    let run = check(finished(&server, &[("index.html", &PAGE.replace("SNIPPET", &policy))])).exit(3);
    run.stderr_has("drift[browser/hits]")
        .stderr_has("drift[browser/blocked]")
        .stderr_has(&format!("the browser blocks `{}count`", server.url()))
        .stderr_has("connect-src");
    Ok(())
}

fn a_headers_file_counts_where_the_host_obeys_it() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let headers = "/*\n  Content-Security-Policy: script-src 'none'\n";
    let site = finished(&server, &[("index.html", PAGE), ("_headers", headers)]);
    let run = check(site).stderr_has("exactly one page view");
    let text = fs::read_to_string(run.site.path("site.toml")).unwrap();
    let site = run.then().file("site.toml", format!("headers_from = \"netlify\"\n{text}"));
    check(site).exit(3).stderr_has("drift[browser/blocked]").stderr_has("script-src");
    Ok(())
}

fn a_snippet_that_stands_twice_counts_everybody_twice() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let run = check(finished(&server, &[("index.html", &PAGE.replace("SNIPPET", "SNIPPETSNIPPET"))])).exit(3);
    run.stderr_has("2 page views leave `/` on one visit");
    Ok(())
}

fn a_module_has_no_current_script_and_the_console_says_it() -> Result<(), Skip> {
    chromium()?;
    const CURRENT: &str = "var tag = document.currentScript, words = 'data-goatcounter'
        navigator.sendBeacon(tag.dataset.goatcounter + '?p=' + location.pathname + '&t=x')";
    let server = counter(CURRENT);
    check(finished(&server, &[("index.html", PAGE)])).stderr_has("exactly one page view");
    let module = PAGE.replace("SNIPPET", &snippet(&server.url()).replace(" async", " type=module"));
    let run = check(finished(&server, &[("index.html", &module)])).exit(3);
    run.stderr_has("drift[browser/hits]").stderr_has("the console says: TypeError");
    Ok(())
}

fn the_browser_looks_like_one_that_people_use() -> Result<(), Skip> {
    chromium()?;
    const WITNESS: &str = "document.querySelector('script[data-goatcounter]')
        console.error('seen:', navigator.webdriver, /Headless/.test(navigator.userAgent), / Chrome\\//.test(navigator.userAgent),
            JSON.stringify(navigator.userAgentData.brands).includes('Headless'), document.visibilityState, location.href,
            screen.width > 700, isSecureContext)";
    let server = counter(WITNESS);
    let run = check(finished(&server, &[("posts/a/index.html", PAGE)])).exit(3);
    run.stderr_has("seen: false false true false visible https://blog.example/posts/a/ true true");
    Ok(())
}

fn a_folder_of_foreign_html_is_opened_too() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let silent = PAGE.replace("SNIPPET", "<script>window.foreign = 1</script>");
    let redirect = "<!doctype html><meta http-equiv=refresh content='0; url=/'>";
    let site = finished(
        &server,
        &[
            ("index.html", PAGE),
            ("notes/a.html", PAGE),
            ("about.html", &silent),
            ("old/index.html", redirect),
            ("404.html", PAGE),
        ],
    );
    let run = check(site).exit(3);
    run.stderr_has("no hit leaves `/about").stderr_has("the tracker was never asked for").stderr_lacks("/old/");
    Ok(())
}

fn a_hit_that_names_another_page_is_drift() -> Result<(), Skip> {
    chromium()?;
    const ASTRAY: &str = "var tag = document.querySelector('script[data-goatcounter]')
        navigator.sendBeacon(tag.dataset.goatcounter + '?p=/elsewhere/&t=x')";
    let server = counter(ASTRAY);
    let run = check(finished(&server, &[("posts/a/index.html", PAGE)])).exit(3);
    run.stderr_has("drift[browser/address]").stderr_has("names another page, `/elsewhere/`");
    Ok(())
}

fn without_a_browser_nothing_is_told() {
    let server = counter(TRACKER);
    let site = finished(&server, &[("index.html", PAGE)]).variable("BLOG_CHROMIUM", "/nonexistent/chromium");
    let run = check(site)
        .exit(4)
        .stderr_has("unknown[browser/program]")
        .stderr_has("no-browser")
        .stderr_has("`BLOG_CHROMIUM` names");
    // A program that is no browser ends at once.
    let site = run.then().variable("BLOG_CHROMIUM", "/bin/true");
    check(site).exit(4).stderr_has("browser-failed").stderr_has("has ended by itself");
}

fn offline_the_tracker_that_was_kept_is_run() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let site = finished(&server, &[("index.html", PAGE)]).post("a.md", "one").build().exit(0).then();
    // The build has locked what it saw; nothing is kept before a run that fits the lock.
    let site = site.run(&["check", "out", "--offline", "--browser"]).exit(4).stderr_has("no-tracker").then();
    let site = check(site).exit(0).then();
    server.asked();
    let run = site.run(&["check", "out", "--offline", "--browser"]).exit(0).stderr_has("exactly one page view");
    assert!(server.asked().is_empty());
    // A copy that somebody has changed is no copy.
    let kept = fs::read_dir(run.site.path(".blog/state")).unwrap().flatten();
    let kept = kept.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("tracker-")).unwrap();
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replacen("[40,", "[41,", 1)).unwrap();
    assert_ne!(fs::read_to_string(&kept).unwrap(), text);
    run.then().run(&["check", "out", "--offline", "--browser"]).exit(4).stderr_has("no-tracker");
    Ok(())
}

fn nothing_leaves_the_machine_and_nothing_stays_behind() -> Result<(), Skip> {
    chromium()?;
    let server = counter(TRACKER);
    let page = PAGE.replace(
        "SNIPPET",
        "SNIPPET<link rel=dns-prefetch href=//prefetched.example><link rel=preconnect href=https://connected.example>
         <link rel=stylesheet href=https://fonts.example/a.css><script src=https://203.0.113.7:8443/x.js></script>
         <img src=http://[2001:db8::1]/y.png><iframe src=https://frame.example/></iframe>
         <script>new WebSocket('wss://socket.example/'); fetch('https://198.51.100.9/');
           new RTCPeerConnection({ iceServers: [{ urls: 'stun:203.0.113.8:3478' }] }).createOffer({ offerToReceiveAudio: 1 })
         </script>",
    );
    let site = finished(&server, &[("index.html", &page)]);
    let trace = site.path("trace");
    let mut command = site.command("strace");
    command
        .args(["-f", "-qq", "-yy", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none", "-o"])
        .arg(&trace);
    command.args([BLOG, "check", "out", "--browser"]);
    let temporary = site.path("temporary");
    fs::create_dir_all(&temporary).unwrap();
    command.env("TMPDIR", &temporary);
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return Err(Skip("strace is not installed".to_owned()));
    }
    let run = site.finish(command);
    let traced = fs::read_to_string(&trace).unwrap_or_default();
    if traced.is_empty() {
        return Err(Skip("strace may not trace here".to_owned()));
    }
    let run = run.exit(0).stderr_has("exactly one page view");
    for host in ["fonts.example", "203.0.113.7:8443", "frame.example", "198.51.100.9"] {
        let run = &run;
        assert!(run.stderr.contains(host), "{host} is not told:\n{}", run.stderr);
    }
    let is_here = |line: &str| line.contains("inet_addr(\"127.0.0.1\")") || line.contains("\"::1\"");
    let connects = traced.lines().filter(|line| line.contains("connect(") && line.contains("sa_family=AF_INET"));
    let (here, away): (Vec<&str>, Vec<&str>) = connects.partition(|line| is_here(line));
    assert!(!here.is_empty(), "the trace saw the browser's own connections");
    // To connect a datagram socket sends nothing: the kernel is asked which way a packet would go. Chromium asks that.
    let streams: Vec<&&str> = away.iter().filter(|line| !line.contains("<UDP")).collect();
    assert!(streams.is_empty(), "{streams:#?}");
    let sent: Vec<&str> = traced
        .lines()
        .filter(|line| line.contains("send") && (line.contains("<UDP") || line.contains("sa_family=AF_INET")))
        .filter(|line| !is_here(line) && !line.contains("->127.0.0.1:") && !line.contains("->[::1]:"))
        .collect();
    assert!(sent.is_empty(), "{sent:#?}");
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let mine = temporary.display().to_string();
    let running = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(&mine)
    });
    assert_eq!(running.count(), 0, "a process of the browser still runs");
    Ok(())
}

fn reading_and_looking_agree_on_generated_cases() -> Result<(), Skip> {
    chromium()?;
    let run = Site::empty().run(&["drill", "--matrix", "--seed", "2011"]);
    let counts = "0 missed, 0 false alarms";
    run.exit(0).stdout_has("120 cases").stdout_has("seed 2011").stdout_has(counts);
    Ok(())
}
