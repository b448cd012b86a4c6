//! Manners, over a line that plays what it is told, and the wire, over servers of this process.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

/// A line that answers as it is told, and keeps what it was asked.
struct Told {
    answers: RefCell<VecDeque<Result<Arrival, Failure>>>,
    asked: RefCell<Vec<String>>,
    clock: Cell<Duration>,
    waited: RefCell<Vec<Duration>>,
    /// How long each exchange takes.
    pace: Duration,
}

impl Told {
    fn new(answers: impl IntoIterator<Item = Result<Arrival, Failure>>) -> Self {
        Told {
            answers: RefCell::new(answers.into_iter().collect()),
            asked: RefCell::default(),
            clock: Cell::default(),
            waited: RefCell::default(),
            pace: Duration::ZERO,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

impl Line for Told {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let token = if hop.token.is_some() { " with token" } else { "" };
        let public = if hop.public_only { " public" } else { "" };
        self.asked.borrow_mut().push(format!("{} {}{token}{public}", hop.request.method, hop.request.url));
        self.clock.set(self.clock.get() + self.pace);
        self.answers.borrow_mut().pop_front().expect("one question too many")
    }

    fn wait(&self, span: Duration) {
        self.waited.borrow_mut().push(span);
        self.clock.set(self.clock.get() + span);
    }

    fn elapsed(&self) -> Duration {
        self.clock.get()
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

fn status(status: u16, headers: &[(&str, &str)]) -> Result<Arrival, Failure> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(Arrival { reply: Reply { status, headers, ..Reply::default() }, private: false })
}

fn private(arrival: Result<Arrival, Failure>) -> Result<Arrival, Failure> {
    arrival.map(|arrival| Arrival { private: true, ..arrival })
}

fn to(location: &str) -> Result<Arrival, Failure> {
    status(302, &[("location", location)])
}

fn get(url: &str) -> Request {
    Request::get(Url::parse(url).unwrap())
}

fn ask(line: &Told, url: &str) -> Result<Reply, Failure> {
    Dialer::new(line).ask(&get(url), None, &|_| false)
}

const STATS: &str = "https://stats.example/count.js";

#[test]
fn a_host_that_refuses_is_tried_three_times_in_all_and_then_left_alone() {
    let line = Told::new((0..3).map(|_| Err(Failure::Refused)));
    let mut dialer = Dialer::new(&line);
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false), Err(Failure::Refused));
    for _ in 0..3 {
        let again = dialer.ask(&get("https://stats.example/status"), None, &|_| false);
        assert!(matches!(again, Err(Failure::HostDown(_))), "{again:?}");
    }
    assert_eq!(dialer.sent(), 3);
}

#[test]
fn two_retries_are_all_that_a_host_gets_in_a_run() {
    let busy = || status(503, &[]);
    let line = Told::new([busy(), status(200, &[]), busy(), status(200, &[]), busy()]);
    let mut dialer = Dialer::new(&line);
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false).unwrap().status, 200);
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false).unwrap().status, 200);
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false).unwrap().status, 503);
    assert!(matches!(dialer.ask(&get(STATS), None, &|_| false), Err(Failure::HostDown(_))));
    // The pauses grow, and are not the same for everybody.
    assert_eq!(*line.waited.borrow(), [Duration::from_millis(300), Duration::from_millis(600)]);
}

#[test]
fn another_host_has_retries_of_its_own() {
    let line = Told::new([Err(Failure::Timeout), status(200, &[])]);
    let mut dialer = Dialer::new(&line);
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false), Err(Failure::Timeout));
    assert_eq!(dialer.ask(&get("https://other.example/"), None, &|_| false).unwrap().status, 200);
}

#[test]
fn what_is_slow_or_settled_is_not_asked_again() {
    let line = Told::new([Err(Failure::Timeout)]);
    assert_eq!(ask(&line, STATS), Err(Failure::Timeout));
    let line = Told::new([status(503, &[])]);
    let settled = Dialer::new(&line).ask(&get(STATS), None, &|reply| reply.status == 503);
    assert_eq!(settled.unwrap().status, 503);
    for status_code in [200, 400, 401, 403, 404, 410] {
        let line = Told::new([status(status_code, &[])]);
        assert_eq!(ask(&line, STATS).unwrap().status, status_code);
    }
    for failure in [Failure::NameNotFound, Failure::NameServer, Failure::Certificate(String::new()), Failure::Truncated]
    {
        let line = Told::new([Err(failure.clone())]);
        assert_eq!(ask(&line, STATS), Err(failure));
    }
}

#[test]
fn a_server_that_asks_for_time_gets_ten_seconds_and_no_more() {
    // Never sooner than it asks, and up to half as long again, so that not all come back as one.
    let soon = [("retry-after", "6"), ("date", "x")];
    let date = [("retry-after", "Wed, 21 Oct 2026 07:28:06 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")];
    let past = [("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")];
    for (headers, expected) in [(soon, 7_500), (date, 7_500), (past, 300)] {
        let line = Told::new([status(429, &headers), status(200, &[])]);
        assert_eq!(ask(&line, STATS).unwrap().status, 200);
        assert_eq!(*line.waited.borrow(), [Duration::from_millis(expected)], "{headers:?}");
    }
    let late = [("retry-after", "Wed, 21 Oct 2026 07:28:11 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")];
    for headers in [vec![("retry-after", "11")], late.to_vec(), vec![late[0]], vec![("retry-after", "soon")]] {
        let line = Told::new([status(429, &headers)]);
        assert_eq!(ask(&line, STATS).unwrap().status, 429);
    }
}

#[test]
fn a_run_is_over_after_thirty_seconds() {
    let mut line = Told::new((0..2).map(|_| status(200, &[])));
    line.pace = Duration::from_secs(15);
    let mut dialer = Dialer::new(&line);
    assert!(dialer.ask(&get(STATS), None, &|_| false).is_ok());
    assert!(dialer.ask(&get(STATS), None, &|_| false).is_ok());
    assert_eq!(dialer.ask(&get(STATS), None, &|_| false), Err(Failure::OutOfTime));
    // A retry that would only begin after the end is none.
    let mut line = Told::new([status(503, &[("retry-after", "10")])]);
    line.pace = Duration::from_secs(25);
    assert_eq!(ask(&line, STATS).unwrap().status, 503);
}

#[test]
fn three_redirects_are_followed_and_named() {
    let line = Told::new([to("/a"), to("https://cdn.example/b"), to("c"), status(200, &[])]);
    let reply = ask(&line, STATS).unwrap();
    assert_eq!(reply.url, "https://cdn.example/c");
    assert_eq!(reply.via, [STATS, "https://stats.example/a", "https://cdn.example/b"]);
    let line = Told::new((0..4).map(|_| to("/a")));
    assert_eq!(ask(&line, STATS), Err(Failure::TooManyRedirects));
}

#[test]
fn no_redirect_leads_from_the_public_to_the_private_or_the_plain() {
    for forbidden in [
        "http://stats.example/count.js",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://localhost/",
        "https://10.0.0.1/",
        "file:///etc/passwd",
        "ftp://stats.example/",
        "https://",
    ] {
        let line = Told::new([to(forbidden)]);
        let came = ask(&line, STATS);
        assert!(matches!(came, Err(Failure::Redirect { .. })), "{forbidden}: {came:?}");
    }
    // Names are looked up by the line, which is told that this hop may go to public addresses only.
    let line = Told::new([to("https://inside.example/"), status(200, &[])]);
    assert!(ask(&line, STATS).is_ok());
    assert_eq!(line.asked()[1], "GET https://inside.example/ public");
}

#[test]
fn an_owner_s_own_network_may_lead_anywhere_within_it() {
    let line =
        Told::new([private(to("http://127.0.0.1:8080/b")), private(to("https://stats.example/")), status(200, &[])]);
    assert!(ask(&line, "http://127.0.0.1:8080/a").is_ok());
    assert_eq!(
        line.asked(),
        ["GET http://127.0.0.1:8080/a", "GET http://127.0.0.1:8080/b", "GET https://stats.example/"]
    );
    let line = Told::new([private(to("https://stats.example/")), to("https://127.0.0.1/")]);
    assert!(matches!(ask(&line, "http://127.0.0.1:8080/a"), Err(Failure::Redirect { .. })));
}

#[test]
fn a_token_goes_to_no_other_host_and_a_redirected_form_becomes_a_plain_question() {
    let request = Request {
        token: Some(crate::analytics::exchange::TokenPlace::Form("token_auth")),
        ..Request::post_form(Url::parse("https://stats.example/index.php").unwrap(), "a=b")
    };
    let token = Token("secret".to_owned());
    let redirect = |status_code| status(status_code, &[("location", "https://other.example/")]);
    for (status_code, second) in
        [(307, "POST https://other.example/ public"), (302, "GET https://other.example/ public")]
    {
        let line = Told::new([redirect(status_code), status(200, &[])]);
        Dialer::new(&line).ask(&request, Some(&token), &|_| false).unwrap();
        assert_eq!(line.asked(), ["POST https://stats.example/index.php with token", second]);
    }
    let line = Told::new([status(308, &[("location", "/other.php")]), status(200, &[])]);
    Dialer::new(&line).ask(&request, Some(&token), &|_| false).unwrap();
    assert_eq!(line.asked()[1], "POST https://stats.example/other.php with token public");
}

#[test]
fn the_environment_is_read_as_everybody_reads_it() {
    let environment = |pairs: &[(&str, &str)]| {
        Network::from_environment(
            &pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    };
    let network = environment(&[
        ("http_proxy", "http://p:1"),
        ("HTTPS_PROXY", "http://q:2"),
        ("SSL_CERT_FILE", "/c.pem"),
        ("NO_PROXY", " "),
    ]);
    assert_eq!(network.proxy.as_deref(), Some("http://q:2"));
    assert_eq!(network.no_proxy, None);
    assert_eq!(network.certificates, Some(PathBuf::from("/c.pem")));
}

/// Answers one connection after the other with these bytes; returns its address and what it was sent.
fn serve(answers: Vec<Vec<u8>>) -> (Url, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let server = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let count = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&request);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse().unwrap());
                if count == 0 || body.len() >= length {
                    break;
                }
            }
            requests.push(String::from_utf8_lossy(&request).into_owned());
            // A client that has heard enough may be gone.
            let _ = stream.write_all(&answer);
        }
        requests
    });
    (url, server)
}

fn wire() -> Wire {
    Wire::new(&Network::default())
}

#[test]
fn the_wire_sends_what_it_is_told_and_no_secret_in_an_address() {
    let ok = b"HTTP/1.1 400 Bad Request\r\nX-Goatcounter: wrong value: b=1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nno".to_vec();
    let (url, server) = serve(vec![ok.clone(), ok]);
    let wire = wire();
    let mut dialer = Dialer::new(&wire);
    let control = Request { host: Some("no-such-site.invalid"), ..Request::get(url.join("count?b=1").unwrap()) };
    let reply = dialer.ask(&control.header("Origin", "https://blog.example"), None, &|_| false).unwrap();
    assert_eq!(
        (reply.status, reply.header("x-goatcounter"), reply.header("set-cookie")),
        (400, Some("wrong value: b=1"), Some("a, b"))
    );
    assert_eq!((reply.text().as_str(), reply.url.as_str()), ("no", url.join("count?b=1").unwrap().as_str()));
    let form = Request {
        token: Some(crate::analytics::exchange::TokenPlace::Form("token_auth")),
        ..Request::post_form(url.join("index.php?module=API").unwrap(), "")
    };
    dialer.ask(&form, Some(&Token("a b&c".to_owned())), &|_| false).unwrap();
    let requests = server.join().unwrap();
    let first = requests[0].to_lowercase();
    assert!(first.starts_with("get /count?b=1 http/1.1"), "{first}");
    assert!(first.contains("\r\nhost: no-such-site.invalid\r\n"), "{first}");
    assert_eq!(first.matches("\r\nhost:").count(), 1, "{first}");
    assert!(first.contains("\r\norigin: https://blog.example\r\n"), "{first}");
    assert!(first.contains("\r\nuser-agent: watchpost/"), "{first}");
    assert!(!first.contains("\r\ndnt:") && !first.contains("\r\nreferer:"), "{first}");
    assert!(requests[1].starts_with("POST /index.php?module=API HTTP/1.1"), "{}", requests[1]);
    assert!(requests[1].ends_with("\r\n\r\ntoken_auth=a+b%26c"), "{}", requests[1]);
}

#[test]
fn the_wire_names_what_goes_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(usize::try_from(BODY).unwrap() + 1)).into_bytes();
    let (url, server) = serve(vec![
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec(),
        long,
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
    ]);
    let wire = wire();
    let exchange = |url: &Url, public_only| {
        let request = Request::get(url.clone());
        wire.exchange(&Hop { request: &request, token: None, public_only, timeout: WHOLE, body: BODY })
            .map(|arrival| arrival.private)
    };
    assert_eq!(exchange(&gone, false), Err(Failure::Refused));
    assert_eq!(exchange(&url, false), Err(Failure::Truncated));
    assert_eq!(exchange(&url, false), Err(Failure::TooLarge));
    let other = exchange(&url, false);
    assert!(matches!(other, Err(Failure::Protocol(_))), "{other:?}");
    assert!(
        matches!(exchange(&url, true), Err(Failure::Redirect { .. })),
        "a private address is refused before it is dialled"
    );
    server.join().unwrap();
}

#[test]
fn the_wire_reads_a_packed_body_as_what_it_holds() {
    // `window.goatcounter` in gzip, stored.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 18, 0, 0xed, 0xff];
    packed.extend_from_slice(b"window.goatcounter");
    packed.extend_from_slice(&crc32(b"window.goatcounter").to_le_bytes());
    packed.extend_from_slice(&18_u32.to_le_bytes());
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len()).into_bytes();
    answer.extend_from_slice(&packed);
    let (url, server) = serve(vec![answer]);
    let reply = Dialer::new(&wire()).ask(&Request::get(url), None, &|_| false).unwrap();
    assert_eq!(reply.text(), "window.goatcounter");
    server.join().unwrap();
}

#[test]
fn a_body_that_is_packed_otherwise_is_not_taken_for_what_it_is_not() {
    for packing in ["br", "deflate", "zstd", "gzip, br"] {
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: {packing}\r\nContent-Length: 4\r\n\r\n\u{1}\u{2}\u{3}\u{4}");
        let (url, server) = serve(vec![answer.into_bytes()]);
        let came = Dialer::new(&wire()).ask(&Request::get(url), None, &|_| false);
        assert!(matches!(&came, Err(Failure::Protocol(why)) if why.contains(packing)), "{packing}: {came:?}");
        server.join().unwrap();
    }
}

#[test]
fn chance_is_different_each_time() {
    let chances: std::collections::BTreeSet<u64> = (0..100).map(|_| wire().chance().to_bits()).collect();
    assert!(chances.len() > 90 && chances.iter().all(|bits| (0.0..=1.0).contains(&f64::from_bits(*bits))));
}

#[test]
fn a_token_that_is_sent_back_is_seen_by_nobody() {
    let token = Token("se cret&token".to_owned());
    let request = Request {
        token: Some(crate::analytics::exchange::TokenPlace::Form("token_auth")),
        ..Request::post_form(Url::parse("https://stats.example/index.php").unwrap(), "a=b")
    };
    let echo = || {
        let mut arrival = status(200, &[("x-said", "you said se+cret%26token")]).unwrap();
        arrival.reply.body = b"<se cret&token> and se+cret%26token".to_vec();
        Ok(arrival)
    };
    let line = Told::new([
        echo(),
        echo(),
        to("https://other.example/?se+cret%26token"),
        Err(Failure::Protocol("se cret&token".to_owned())),
    ]);
    let mut dialer = Dialer::new(&line);
    // With it, and of the same run without it.
    for request in [&request, &get(STATS)] {
        let reply = dialer.ask(request, Some(&token), &|_| false).unwrap();
        assert_eq!(reply.text(), "<[token]> and [token]");
        assert_eq!(reply.header("x-said"), Some("you said [token]"));
    }
    let came = dialer.ask(&request, Some(&token), &|_| false);
    assert_eq!(came, Err(Failure::Protocol("[token]".to_owned())));
    assert!(!line.asked().concat().contains("se+cret"), "{:?}", line.asked());
}

#[test]
fn the_answer_to_a_hit_gives_no_token_away_either() {
    let token = Token("secret-token".to_owned());
    let mut arrival = status(200, &[("x-said", "secret-token")]).unwrap();
    arrival.reply.body = b"you are secret-token".to_vec();
    let line = Told::new([Ok(arrival), Err(Failure::Protocol("secret-token".to_owned()))]);
    // Before anything else was asked: a server may know the token from an earlier run.
    let mut dialer = Dialer::new(&line);
    let reply = dialer.send_once(&get(STATS), Some(&token)).unwrap();
    assert_eq!((reply.text().as_ref(), reply.header("x-said")), ("you are [token]", Some("[token]")));
    assert_eq!(dialer.send_once(&get(STATS), Some(&token)), Err(Failure::Protocol("[token]".to_owned())));
    assert!(!line.asked().concat().contains("secret-token"), "it is never sent with a hit");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    })
}

mod fleet;
