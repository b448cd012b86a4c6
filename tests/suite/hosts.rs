//! Real web servers, nginx and Caddy, serve what was built, and `blog check --live` asks them: headers that only the
//! server sends, packed answers, a page that is rewritten on its way, and a cache that holds on to an old one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::guard;
use crate::harness::{Skip, tests};
use crate::live::built_long_ago;
use crate::server::Server;
use crate::site::Site;

tests![
    nginx_serves_the_site_with_its_headers_packed_and_rewritten_in_part,
    a_real_cache_that_holds_an_old_page_is_told_by_its_header,
    caddy_serves_the_site_with_its_headers,
    redirects_and_what_is_gone_are_answered_by_real_servers,
    what_is_published_is_what_real_servers_serve,
];

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A web server, ended by its own process id.
struct Running {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts it with a configuration of its own in a folder of its own, and waits until it answers on these ports.
    fn start(
        program: &str,
        configuration: impl Fn(&str) -> String,
        arguments: &[&str],
        ports: &[u16],
    ) -> Result<Self, Skip> {
        let program = match ["/usr/sbin/", "/usr/bin/", ""]
            .iter()
            .map(|folder| format!("{folder}{program}"))
            .find(|path| Command::new(path).arg(if program == "nginx" { "-v" } else { "version" }).output().is_ok())
        {
            Some(path) => path,
            None => return Err(Skip(format!("{program} is not installed"))),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        fs::write(folder.path().join("configuration"), configuration(path)).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(path)
            .env("HOME", path)
            .env("XDG_DATA_HOME", path)
            .env("XDG_CONFIG_HOME", path)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("said")).unwrap())
            .spawn()
            .unwrap();
        let mut running = Running { child, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
            let said = || fs::read_to_string(running._folder.path().join("said")).unwrap_or_default();
            assert!(running.child.try_wait().unwrap().is_none(), "the server has ended: {}", said());
            assert!(Instant::now() < deadline, "the server does not answer: {}", said());
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks for a path, and returns the head of the answer.
fn get(port: u16, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}Connection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).split("\r\n\r\n").next().unwrap().to_lowercase()
}

/// A blog that stands at this port, counted by this server, with a policy in `[[headers]]`, and built.
fn built(port: u16, counter: &Server, policy: &str) -> Site {
    let settings = format!(
        "title = \"Test\"\nbase_url = \"http://127.0.0.1:{port}/\"\ntimezone = \"UTC\"\n[[analytics]]\n\
         provider = \"goatcounter\"\nendpoint = \"{}\"\nsite = \"blog\"\n[[headers]]\nfor = \"/*\"\n\
         values = {{ Content-Security-Policy = \"{policy}\", X-Content-Type-Options = \"nosniff\" }}\n[live]\nsettle = \"1s\"\n",
        counter.url()
    );
    let site = Site::empty()
        .file("site.toml", settings)
        .post("a.md", "one")
        .post("b.md", "two")
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\nabout\n");
    let site = site.build().exit(0).then();
    built_long_ago(&site);
    site
}

/// A policy under which everything works that is counted by this server.
fn fitting(counter: &Server) -> String {
    let origin = counter.url().trim_end_matches('/').to_owned();
    format!(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' {origin}; img-src 'self' {origin}; connect-src 'self' {origin}"
    )
}

/// Returns the headers for all pages that the build wrote into `_headers`.
fn headers(site: &Site) -> Vec<(String, String)> {
    let text = site.output("_headers");
    let block = text.lines().skip_while(|line| line.trim() != "/*").skip(1).take_while(|line| line.starts_with(' '));
    let headers: Vec<(String, String)> = block
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    assert!(headers.iter().any(|(name, _)| name == "Content-Security-Policy"), "{text}");
    headers
}

/// The configuration of an nginx: an origin, and an edge with a cache before it.
fn nginx(folder: &str, site: &Site, origin: u16, edge: u16, more: &str) -> String {
    let public = site.path("public");
    let public = public.to_str().unwrap();
    let headers: String =
        headers(site).iter().map(|(name, value)| format!("add_header {name} \"{value}\" always;\n")).collect();
    let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n{scratch}\
         types {{ text/html html; application/xml xml; application/json json; text/css css; }}\n\
         gzip on;\ngzip_min_length 1;\ngzip_proxied any;\ngzip_types application/xml application/json text/css;\n\
         proxy_cache_path {folder}/cache keys_zone=pages:1m;\n\
         server {{ listen 127.0.0.1:{origin};\nroot {public};\nerror_page 404 /404.html;\n{headers}{more} }}\n\
         server {{ listen 127.0.0.1:{edge};\nlocation / {{ proxy_pass http://127.0.0.1:{origin};\nproxy_set_header Host $http_host;\n\
         proxy_cache pages;\nproxy_cache_valid 200 1h;\nproxy_cache_key $request_uri;\nproxy_ignore_headers Cache-Control Expires;\n\
         add_header X-Cache-Status $upstream_cache_status always; }} }}\n}}\n"
    )
}

const NGINX: [&str; 6] = ["-p", ".", "-c", "configuration", "-e", "stderr"];

fn nginx_serves_the_site_with_its_headers_packed_and_rewritten_in_part() -> Result<(), Skip> {
    let (origin, edge) = (free_port(), free_port());
    let counter = guard::counting();
    let site = built(edge, &counter, &fitting(&counter));
    let rewriting = "location = /about/index.html { sub_filter '</head>' '<!-- rewritten --></head>'; }";
    let running =
        Running::start("nginx", |folder| nginx(folder, &site, origin, edge, rewriting), &NGINX, &[origin, edge])?;
    assert!(get(edge, "/", "Accept-Encoding: gzip\r\n").contains("content-encoding: gzip"), "answers are packed");
    let run = site.run(&["check", "--live", "--all"]).exit(0).stderr_has("L6 deployed site  ok").stderr_has("holds");
    let run = run.stderr_has("note[live/rewritten]").stderr_has("what is said about analytics is the same");
    let site = run.then();
    drop(running);
    // The same site behind a server whose policy has no word of the counter.
    let strict = built(edge, &counter, "default-src 'self' 'unsafe-inline'");
    let _running = Running::start("nginx", |folder| nginx(folder, &strict, origin, edge, ""), &NGINX, &[origin, edge])?;
    let run = strict.run(&["check", "--live"]).exit(3).stderr_has("drift[contract/policy]");
    run.stderr_has("covers the deployed site").stderr_lacks("drift[live/");
    drop(site);
    Ok(())
}

fn a_real_cache_that_holds_an_old_page_is_told_by_its_header() -> Result<(), Skip> {
    let (origin, edge) = (free_port(), free_port());
    let counter = guard::counting();
    let site = built(edge, &counter, &fitting(&counter));
    let _running = Running::start("nginx", |folder| nginx(folder, &site, origin, edge, ""), &NGINX, &[origin, edge])?;
    // Before the template was mended, somebody read the page: the edge has kept what it was sent.
    let page = site.path("public/about/index.html");
    let right = fs::read(&page).unwrap();
    fs::write(&page, "<!doctype html><html lang=en><head><title>About</title></head><body>old</body></html>").unwrap();
    assert!(get(edge, "/about/", "").contains("x-cache-status: miss"));
    fs::write(&page, &right).unwrap();
    assert!(get(edge, "/about/", "").contains("x-cache-status: hit"));
    let run = site.run(&["check", "--live", "--all"]).exit(3).stderr_has("drift[live/stale]");
    let run = run
        .stderr_has("x-cache-status: HIT")
        .stderr_has("past the cache all is well")
        .stderr_lacks("drift[snippet/missing]");
    run.stderr_has("/about/");
    Ok(())
}

fn caddy_serves_the_site_with_its_headers() -> Result<(), Skip> {
    let port = free_port();
    let counter = guard::counting();
    let configuration = |site: &Site| {
        let headers: String = headers(site).iter().map(|(name, value)| format!("header {name} `{value}`\n")).collect();
        let public = site.path("public");
        format!(
            "{{\nadmin off\nauto_https off\n}}\nhttp://127.0.0.1:{port} {{\nroot * {}\nencode gzip\n{headers}file_server\n\
             handle_errors {{\nrewrite * /404.html\nfile_server\n}}\n}}\n",
            public.display()
        )
    };
    let arguments = ["run", "--config", "configuration", "--adapter", "caddyfile"];
    let site = built(port, &counter, &fitting(&counter));
    let running = Running::start("caddy", |_| configuration(&site), &arguments, &[port])?;
    let site = site.run(&["check", "--live", "--all"]).exit(0).stderr_has("L6 deployed site  ok").then();
    // Any site: what Caddy serves is found by its sitemap as well, with settings that the survey wrote.
    let survey = Site::empty();
    let url = format!("http://127.0.0.1:{port}/");
    let survey = survey.run(&["check", "--init", &url]).exit(0).stderr_has("GoatCounter at").then();
    survey.run(&["check", "--live"]).exit(0).stderr_has("held against the manifest of build");
    drop(running);
    let strict = built(port, &counter, "script-src 'none'");
    let _running = Running::start("caddy", |_| configuration(&strict), &arguments, &[port])?;
    strict.run(&["check", "--live"]).exit(3).stderr_has("drift[contract/policy]");
    drop(site);
    Ok(())
}

/// A site with old addresses that mean something to servers' files, and with some that were given up.
fn moved() -> Site {
    let post = "+++\ntitle = \"A\"\ndate = 2026-01-01\naliases = [\"/old/\", \"/2011/a$b.html\", \"/{x} ü*/\", \"/gone/but-moved/\"]\n+++\n";
    let settings = "[redirects]\nemit = [\"nginx\", \"caddy\"]\n[[gone]]\npath = [\"/bad-idea/\", \"/drafts/**\", \"/v1.0/*.xml\", \"/gone/**\"]\n";
    Site::new().post("a.md", post).config(settings).build().exit(0).stderr_has("/gone/but-moved/").then()
}

/// Asks a server for all of it.
fn answers_as_moved(port: u16) {
    for old in ["/old/", "/old", "/2011/a$b.html", "/2011/a%24b.html", "/%7Bx%7D%20%C3%BC*/", "/gone/but-moved/"] {
        let answer = get(port, old, "");
        assert!(answer.contains(" 301 ") && answer.contains("/posts/a/"), "{old}: {answer}");
    }
    for gone in ["/bad-idea/", "/bad-idea", "/drafts/", "/drafts/x/y.html", "/v1.0/a.xml"] {
        assert!(get(port, gone, "").contains(" 410 "), "{gone}: {}", get(port, gone, ""));
    }
    // What only looks like it, and what a broader rule covers though something else stands there.
    for missing in ["/bad-ideas/", "/v1x0/a.xml", "/v1.0/a/b.xml", "/gone/other/", "/older"] {
        assert!(get(port, missing, "").contains(" 404 "), "{missing}: {}", get(port, missing, ""));
    }
    assert!(get(port, "/posts/a/", "").contains(" 200 "));
}

fn what_is_published_is_what_real_servers_serve() -> Result<(), Skip> {
    for server in ["nginx", "caddy"] {
        let port = free_port();
        let counter = guard::counting();
        let site = built(port, &counter, &fitting(&counter));
        let site = site.config("[publish.folder]\nkind = \"folder\"\nto = \"www\"\n");
        fs::create_dir(site.path("www")).unwrap();
        let root = site.path("www").display().to_string();
        let configuration = |folder: &str| match server {
            "nginx" => {
                let own: String = headers(&site)
                    .iter()
                    .map(|(name, value)| format!("add_header {name} \"{value}\" always;\n"))
                    .collect();
                format!(
                    "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n\
                     types {{ text/html html; application/xml xml; application/json json; text/css css; }}\n\
                     server {{ listen 127.0.0.1:{port};\nroot {root};\nerror_page 404 /404.html;\n{own} }}\n}}\n"
                )
            }
            _ => {
                let own: String =
                    headers(&site).iter().map(|(name, value)| format!("header {name} `{value}`\n")).collect();
                format!(
                    "{{\nadmin off\nauto_https off\n}}\nhttp://127.0.0.1:{port} {{\nroot * {root}\n{own}file_server\n\
                     handle_errors {{\nrewrite * /404.html\nfile_server\n}}\n}}\n"
                )
            }
        };
        let arguments: &[&str] = match server {
            "nginx" => &NGINX,
            _ => &["run", "--config", "configuration", "--adapter", "caddyfile"],
        };
        let running = Running::start(server, configuration, arguments, &[port])?;
        let site =
            site.run(&["publish"]).exit(0).stderr_has("the first deployment there").stderr_has("L6 deployed site  ok");
        let site =
            site.then().post("a.md", "one, again").run(&["publish"]).exit(0).stderr_has("L6 deployed site  ok").then();
        assert!(get(port, "/posts/a/", "").starts_with("http/1.1 200"), "{server}");
        // What the server shows is not what was published: the pages of another day are back.
        let page = site.path("www/posts/b/index.html");
        let text = fs::read_to_string(&page).unwrap().replace("data-goatcounter", "data-other");
        fs::write(&page, text).unwrap();
        let site = site.run(&["check", "--live", "--all"]).exit(3).stderr_has("posts/b/").then();
        drop((running, site));
    }
    Ok(())
}

fn redirects_and_what_is_gone_are_answered_by_real_servers() -> Result<(), Skip> {
    let site = moved();
    let public = site.path("public");
    let public = public.display();
    let port = free_port();
    let nginx = |folder: &str| {
        format!(
            "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {folder}/a;\nproxy_temp_path {folder}/b;\nfastcgi_temp_path {folder}/c;\nuwsgi_temp_path {folder}/d;\n\
             scgi_temp_path {folder}/e;\nserver {{ listen 127.0.0.1:{port};\nroot {public};\ninclude {public}/redirects.nginx; }}\n}}\n"
        )
    };
    let running = Running::start("nginx", nginx, &NGINX, &[port])?;
    answers_as_moved(port);
    drop(running);
    let port = free_port();
    let caddy = |_: &str| {
        format!(
            "{{\nadmin off\nauto_https off\n}}\nhttp://127.0.0.1:{port} {{\nroot * {public}\nimport {public}/redirects.caddy\nfile_server\n}}\n"
        )
    };
    let arguments = ["run", "--config", "configuration", "--adapter", "caddyfile"];
    let _running = Running::start("caddy", caddy, &arguments, &[port])?;
    answers_as_moved(port);
    Ok(())
}
