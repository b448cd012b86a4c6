//! Servers that misbehave, one row each, against the real program: the verdict, the exit code, how long it took, how much
//! memory, how often it asked. `content/docs/guard.md` prints the table for users.

use std::fs;
use std::io::{self, Read as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::crooked::{Answer, Asked, Authority, Certificate, Crooked, Stream, bomb};
use crate::harness::tests;
use crate::site::{BLOG, Site, tree};

tests![
    whatever_a_server_does_the_verdict_is_right_in_time_and_in_memory,
    a_token_that_a_server_sends_back_is_in_no_form_of_the_report,
    a_machine_of_a_fleet_waits_for_its_place_and_says_so,
];

/// How long a run may take.
const TIME: Duration = Duration::from_secs(30);
/// How much more memory than with a healthy server, in KiB.
const MEMORY: u64 = 32 * 1024;
const TOKEN: &str = "tOkEn-nobody-may-read";
const FORMS: [&str; 6] = ["human", "json", "junit", "sarif", "github", "html"];

/// One kind of server, and what it is to come to.
struct Row {
    name: &'static str,
    certificate: Certificate,
    answer: Answer,
    /// The exit code, the rule, its outcome and its reason.
    comes_to: (i32, &'static str, &'static str, &'static str),
    /// How many requests it may cost.
    requests: usize,
}

const fn row(
    name: &'static str,
    answer: Answer,
    comes_to: (i32, &'static str, &'static str, &'static str),
    requests: usize,
) -> Row {
    Row { name, certificate: Certificate::Good, answer, comes_to, requests }
}

const ROWS: &[Row] = &[
    row("healthy", healthy, (0, "tracker/answer", "ok", ""), 5),
    row("gzip bomb", gzip_bomb, (4, "tracker/answer", "unknown", "too-large"), 5),
    row("a body without end", endless, (4, "tracker/answer", "unknown", "too-large"), 5),
    row("a head without end", endless_head, (4, "tracker/answer", "unknown", "protocol"), 5),
    row("one byte a second", one_byte_a_second, (4, "tracker/answer", "unknown", "timeout"), 1),
    row("silence", silence, (4, "tracker/answer", "unknown", "timeout"), 1),
    row("redirect loop", redirect_loop, (3, "tracker/answer", "drift", ""), 8),
    row("redirect to another host", redirect_to_another_host, (3, "tracker/address", "drift", ""), 6),
    row(
        "redirect to http",
        |asked, stream| redirect(asked, stream, "http://stats.example/count.js"),
        (3, "tracker/answer", "drift", ""),
        5,
    ),
    row(
        "redirect to a file",
        |asked, stream| redirect(asked, stream, "file:///etc/passwd"),
        (3, "tracker/answer", "drift", ""),
        5,
    ),
    row(
        "redirect to 169.254.169.254",
        |asked, stream| redirect(asked, stream, "https://169.254.169.254/latest/meta-data/"),
        (3, "tracker/answer", "drift", ""),
        5,
    ),
    row("short body", short_body, (4, "tracker/answer", "unknown", "truncated"), 5),
    row("no answer after the handshake", hang_up, (4, "tracker/answer", "unknown", ""), 3),
    row("a content type that browsers refuse", refused_type, (3, "tracker/javascript", "drift", ""), 5),
    row("a content type that browsers put up with", other_type, (0, "tracker/javascript", "note", ""), 5),
    row("a packing that was not asked for", packed_otherwise, (4, "tracker/answer", "unknown", "protocol"), 5),
    Row {
        certificate: Certificate::Expired,
        ..row("expired certificate", healthy, (3, "tracker/answer", "drift", ""), 0)
    },
    Row {
        certificate: Certificate::Own,
        ..row("self-signed certificate", healthy, (3, "tracker/answer", "drift", ""), 0)
    },
    Row {
        certificate: Certificate::Early,
        ..row("this machine's clock off by hours", healthy, (4, "tracker/answer", "unknown", "clock"), 0)
    },
    row(
        "429",
        |_, stream| plain(stream, "429 Too Many Requests", "", "slow down"),
        (4, "tracker/answer", "unknown", "rate-limited"),
        3,
    ),
    row(
        "429 for a minute",
        |_, stream| plain(stream, "429 Too Many Requests", "Retry-After: 60\r\n", "slow down"),
        (4, "tracker/answer", "unknown", "rate-limited"),
        1,
    ),
    row(
        "500",
        |_, stream| plain(stream, "500 Internal Server Error", "", "oops"),
        (4, "tracker/answer", "unknown", "status-500"),
        3,
    ),
    row(
        "HTML with 200",
        |asked, stream| instead(asked, stream, "text/html", "<!doctype html><title>Log in</title><form>Log in</form>"),
        (3, "tracker/javascript", "drift", ""),
        5,
    ),
    row(
        "JavaScript that is no tracker",
        |asked, stream| instead(asked, stream, "text/javascript", "(function () { console.log('hello'); })()"),
        (3, "tracker/identity", "drift", ""),
        5,
    ),
    row(
        "nothing with 200",
        |asked, stream| instead(asked, stream, "text/javascript", ""),
        (3, "tracker/javascript", "drift", ""),
        5,
    ),
    row("no HTTP", no_http, (4, "tracker/answer", "unknown", "protocol"), 5),
];

const TRACKER: &str = "(function () {\n  var tag = document.querySelector('script[data-goatcounter]')\n  window.goatcounter = {}\n\
                       navigator.sendBeacon(tag.dataset.goatcounter + '?p=' + location.pathname)\n})()\n";

fn plain(stream: &mut dyn Stream, status: &str, headers: &str, body: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
    stream.flush()
}

/// Answers as a GoatCounter with several sites does.
fn healthy(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    match asked.path.split('?').next().unwrap_or_default() {
        "/count.js" => plain(stream, "200 OK", "Content-Type: text/javascript\r\n", TRACKER),
        "/status" => plain(stream, "200 OK", "Content-Type: application/json\r\n", "{\"version\": \"v2.5.0\"}"),
        "/count" if asked.host.contains("no-such-site") => {
            plain(stream, "400 Bad Request", "", "no site at this domain (\"no-such-site.invalid\")")
        }
        "/count" => plain(stream, "400 Bad Request", "X-Goatcounter: wrong value: b=1\r\n", ""),
        _ => plain(stream, "404 Not Found", "", "not found"),
    }
}

fn is_tracker(asked: &Asked) -> bool {
    asked.path == "/count.js"
}

fn instead(asked: &Asked, stream: &mut dyn Stream, kind: &str, body: &str) -> io::Result<()> {
    match is_tracker(asked) {
        true => plain(stream, "200 OK", &format!("Content-Type: {kind}\r\n"), body),
        false => healthy(asked, stream),
    }
}

fn redirect(asked: &Asked, stream: &mut dyn Stream, to: &str) -> io::Result<()> {
    match is_tracker(asked) {
        true => plain(stream, "302 Found", &format!("Location: {to}\r\n"), ""),
        false => healthy(asked, stream),
    }
}

fn redirect_loop(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    redirect(asked, stream, "/count.js")
}

fn redirect_to_another_host(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    match asked.host.as_str() {
        "stats.example" => redirect(asked, stream, "https://other.example/count.js"),
        _ => healthy(asked, stream),
    }
}

fn gzip_bomb(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    if !is_tracker(asked) {
        return healthy(asked, stream);
    }
    let packed = bomb(512 << 20);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    )?;
    stream.write_all(&packed)?;
    stream.flush()
}

fn endless(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    if !is_tracker(asked) {
        return healthy(asked, stream);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    let piece = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    loop {
        stream.write_all(&piece)?;
    }
}

fn endless_head(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    if !is_tracker(asked) {
        return healthy(asked, stream);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
    loop {
        stream.write_all(format!("X-More: {}\r\n", "x".repeat(8_000)).as_bytes())?;
    }
}

fn one_byte_a_second(_: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: 1000\r\n\r\n")?;
    loop {
        stream.write_all(b" ")?;
        stream.flush()?;
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn silence(_: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    stream.read(&mut [0]).map(|_| ())
}

fn hang_up(_: &Asked, _: &mut dyn Stream) -> io::Result<()> {
    Ok(())
}

fn short_body(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    if !is_tracker(asked) {
        return healthy(asked, stream);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: 1000\r\n\r\n(function () {")?;
    stream.flush()
}

fn refused_type(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    instead(asked, stream, "text/plain\r\nX-Content-Type-Options: nosniff", TRACKER)
}

fn other_type(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    instead(asked, stream, "text/plain", TRACKER)
}

fn packed_otherwise(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    instead(asked, stream, "text/javascript\r\nContent-Encoding: br", "\u{1}\u{2}\u{3}")
}

fn no_http(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    if !is_tracker(asked) {
        return healthy(asked, stream);
    }
    stream.write_all(b"220 mail.example ESMTP\r\n")?;
    stream.flush()
}

/// What one run came to.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    time: Duration,
    /// The most memory of its own that it ever had, in KiB.
    peak: u64,
}

/// Runs the program behind a proxy, and watches its memory.
fn run(site: &Site, server: &Crooked, arguments: &[&str]) -> Ran {
    let mut command = site.command(BLOG);
    command.args(arguments).env("HTTPS_PROXY", server.proxy()).env("SSL_CERT_FILE", site.path("authority.pem"));
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let (mut stdout, mut stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let read = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let said = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text)
    });
    let mut peak = 0;
    let code = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status.code();
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let of = |name: &str| -> Option<u64> {
            text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok())
        };
        // How much of the program's own file is mapped is up to the system: tens of MiB more or less of a debug build.
        let high = of("VmHWM:").zip(of("RssFile:")).map(|(high, file)| high.saturating_sub(file));
        peak = peak.max(high.unwrap_or(0));
        assert!(began.elapsed() < TIME * 3, "it does not end");
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |thread: std::thread::JoinHandle<io::Result<String>>| thread.join().expect("no panic").expect("UTF-8");
    Ran { code, stdout: text(read), stderr: text(said), time: began.elapsed(), peak }
}

/// Makes a site that was built and locked while its server was well.
fn site(authority: &Authority, analytics: &str) -> Site {
    Site::new()
        .post("a.md", "one")
        .config(&format!(
            "[analytics]\nendpoint = \"https://stats.example/\"\ntoken_env = \"STATS_TOKEN\"\n{analytics}\n"
        ))
        .file("authority.pem", authority.pem())
        .variable("STATS_TOKEN", TOKEN)
}

/// Demands that a token is neither in what was printed nor in what was kept.
fn is_kept_secret(name: &str, ran: &Ran, site: &Site) {
    assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN), "{name}: the token was printed");
    for (path, bytes) in tree(site.root()) {
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "{name}: the token is in {path}");
    }
}

fn whatever_a_server_does_the_verdict_is_right_in_time_and_in_memory() {
    let authority = Authority::new();
    let come: Vec<(&Row, Came)> = std::thread::scope(|scope| {
        let runs: Vec<_> = ROWS.iter().map(|row| (row, scope.spawn(|| come_to(&authority, row)))).collect();
        runs.into_iter().map(|(row, run)| (row, run.join().unwrap_or_else(|_| Err("it panicked".to_owned())))).collect()
    });
    let wrong: Vec<String> =
        come.iter().filter_map(|(row, came)| Some(format!("{}: {}", row.name, came.as_ref().err()?))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let healthy = come.iter().find(|(row, _)| row.name == "healthy").expect("it is a row");
    let base = healthy.1.as_ref().map_or(0, |(_, peak)| *peak);
    for (row, came) in come {
        let (time, peak) = came.expect("checked above");
        assert!(time < TIME, "{}: it took {time:?}", row.name);
        assert!(
            peak > 0 && peak.saturating_sub(base) < MEMORY,
            "{}: {peak} KiB, {base} with a healthy server",
            row.name
        );
    }
}

/// How long a row took and its peak of memory, or what is wrong.
type Came = Result<(Duration, u64), String>;

/// Runs one row.
fn come_to(authority: &Authority, row: &Row) -> Came {
    let site = site(authority, "provider = \"goatcounter\"\nsite = \"blog\"");
    let well = Crooked::start(authority, Certificate::Good, healthy);
    let built = run(&site, &well, &["build"]);
    if built.code != Some(0) {
        return Err(format!("it could not be built: {}", built.stderr));
    }
    drop(well);
    let server = Crooked::start(authority, row.certificate, row.answer);
    let ran = run(&site, &server, &["check", "--format", "json"]);
    is_kept_secret(row.name, &ran, &site);
    let (exit, code, outcome, reason) = row.comes_to;
    let all = format!("exit {:?}\n{}{}", ran.code, ran.stdout, ran.stderr);
    let report: Value =
        ran.stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).ok_or(all.clone())?;
    let verdicts = report["verdicts"].as_array().ok_or(all.clone())?;
    let verdict =
        verdicts.iter().find(|verdict| verdict["code"] == code).ok_or(format!("nothing is said of {code}: {all}"))?;
    let fits = verdict["outcome"] == outcome && (reason.is_empty() || verdict["reason"] == reason);
    if ran.code != Some(exit) || !fits {
        return Err(format!("exit {:?}, {verdict:#}", ran.code));
    }
    // What is wrong is told once, and the levels behind it are not called wrong for it.
    let drifts = verdicts.iter().filter(|verdict| verdict["outcome"] == "drift").count();
    let asked = server.asked();
    if exit == 4 && drifts > 0 || asked.len() > row.requests {
        return Err(format!("{drifts} drifts, {} requests: {asked:?}", asked.len()));
    }
    Ok((ran.time, ran.peak))
}

/// Answers as a Matomo that repeats whatever it is sent, in its body, in a header and in an address.
fn echo(asked: &Asked, stream: &mut dyn Stream) -> io::Result<()> {
    let said = asked.body.replace(['\r', '\n'], " ");
    let value =
        said.split("token_auth=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or("nothing").to_owned();
    match asked.path.contains("index.php") {
        true => {
            let headers = format!("Content-Type: application/json\r\nX-Said: {said}\r\nServer: {value}\r\n");
            plain(stream, "200 OK", &headers, &format!("{{\"value\":\"5.1.{value}\",\"message\":\"{value}\"}}"))
        }
        false => plain(
            stream,
            "302 Found",
            &format!("Location: https://other.example/?{TOKEN}\r\nX-Said: {TOKEN}\r\n"),
            TOKEN,
        ),
    }
}

fn a_token_that_a_server_sends_back_is_in_no_form_of_the_report() {
    let authority = Authority::new();
    let site = site(&authority, "provider = \"matomo\"\nsite = \"1\"");
    let server = Crooked::start(&authority, Certificate::Good, echo);
    let mut was_sent = false;
    for form in FORMS {
        fs::remove_dir_all(site.path(".blog")).ok();
        let ran = run(&site, &server, &["build", "--format", form]);
        assert!(matches!(ran.code, Some(3 | 4)), "{form}: {:?} {}", ran.code, ran.stderr);
        is_kept_secret(form, &ran, &site);
        was_sent |= server.asked().iter().any(|asked| asked.body.contains(TOKEN));
        assert!(server.asked().iter().all(|asked| !asked.path.contains(TOKEN) || asked.host == "other.example"));
    }
    assert!(was_sent, "the token was sent, and could have been sent back: {:?}", server.asked());
}

fn a_machine_of_a_fleet_waits_for_its_place_and_says_so() {
    let authority = Authority::new();
    let site = site(&authority, "provider = \"goatcounter\"\nsite = \"blog\"");
    let server = Crooked::start(&authority, Certificate::Good, healthy);
    assert_eq!(run(&site, &server, &["build"]).code, Some(0));
    let waited = |arguments: &[&str]| {
        let ran = run(&site, &server, &[&["check", "--format", "json"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
        let place =
            (first["type"] == "waiting").then(|| Duration::from_millis(first["milliseconds"].as_u64().unwrap()));
        assert!(ran.time >= place.unwrap_or_default(), "{:?} {place:?}", ran.time);
        place
    };
    let place = waited(&["--splay", "2"]);
    assert!(place.is_some_and(|place| place < Duration::from_secs(2)), "{place:?}");
    assert_eq!(waited(&["--splay", "2"]), place, "the same machine has the same place");
    for without in [&["--splay", "80000", "--offline"][..], &["--splay", "80000", "--levels", "L0,L2"]] {
        assert_eq!(waited(without), None, "nobody is asked, so that nobody has to wait");
    }
    assert_eq!(run(&site, &server, &["check", "--splay", "86401"]).code, Some(2));
    let ran = run(&site, &server, &["check", "--splay", "1"]);
    assert!(ran.stderr.contains("of at most 1 s before any server is asked"), "{}", ran.stderr);
}
