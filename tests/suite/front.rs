//! The door of the preview over real sockets: what comes in, what doesn't, and how answers come out.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchpost::serve::front::{DEFAULT_PORT, Listen, listen};

use crate::door::{
    FILM, LISTEN, Open, PAGE, Reply, ask, ask_with, connect, exchange, large, page, until_the_end, wait_for,
};
use crate::harness::tests;

tests![
    seventy_ways_out_of_the_folder_lead_nowhere,
    only_requests_under_our_own_name_are_answered,
    pages_of_other_origins_read_nothing,
    no_request_is_smuggled_behind_another,
    other_protocols_are_refused_without_waiting,
    only_the_stand_in_takes_posts,
    every_answer_is_fresh_typed_and_ours_alone,
    a_request_may_come_byte_by_byte,
    what_is_said_after_a_request_is_not_another,
    a_large_body_arrives_whole,
    a_file_is_served_in_parts,
    a_desk_that_panics_costs_one_request,
    an_event_arrives_at_once_and_who_has_gone_is_noticed,
    streams_do_not_take_all_places,
    what_a_guest_says_of_tickets_is_left_behind,
    the_next_port_is_taken_when_one_is,
    a_closed_door_is_closed_at_once,
    the_origin_is_an_address_for_a_browser,
];

/// Paths, as raw bytes, that have led out of some server's folder at some time.
const WAYS_OUT: [&str; 76] = [
    "/../secret.txt",
    "/../../../../../../etc/passwd",
    "/in.txt/../../secret.txt",
    "/./../secret.txt",
    "/.",
    "/..",
    "/../",
    "/./in.txt",
    "//etc/passwd",
    "///etc/passwd",
    "//secret.txt",
    "/a//../secret.txt",
    "/....//secret.txt",
    "/.//../secret.txt",
    "..",
    "../secret.txt",
    "secret.txt",
    "\\..\\secret.txt",
    "/..\\secret.txt",
    "/\\..\\secret.txt",
    "/..%5csecret.txt",
    "/..%5Csecret.txt",
    "/%5c..%5csecret.txt",
    "/..%255csecret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2E/secret.txt",
    "/.%2e/secret.txt",
    "/%2e./secret.txt",
    "/%2e",
    "/%2e/in.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/%2fetc%2fpasswd",
    "/%2Fetc/passwd",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/..%252fsecret.txt",
    "/%252fetc%252fpasswd",
    "/%25252e%25252e/secret.txt",
    "/%25252e%25252e%25252fsecret.txt",
    "/%2525252e%2525252e/secret.txt",
    "/%%32%65%%32%65/secret.txt",
    "/%25%32%65%25%32%65/secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%c0%ae%c0%ae%c0%afsecret.txt",
    "/..%c0%afsecret.txt",
    "/..%c1%9csecret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/..%e0%80%afsecret.txt",
    "/..%f0%80%80%afsecret.txt",
    "/%25c0%25ae%25c0%25ae/secret.txt",
    "/%u002e%u002e/secret.txt",
    "/..%u2215secret.txt",
    "/%2",
    "/%",
    "/%zz/../secret.txt",
    "/in.txt%00",
    "/%00/../secret.txt",
    "/../secret.txt%00.html",
    "/..%00/secret.txt",
    "/.%00./secret.txt",
    "/in.txt%0d%0aX: y",
    "/%0a/secret.txt",
    "/..;/secret.txt",
    "/..;a=b/secret.txt",
    "/..%3b/secret.txt",
    "/..%20/secret.txt",
    "/c:/windows/win.ini",
    "/C:%5cwindows%5cwin.ini",
    "/C%3a/windows/win.ini",
    "/..#/../secret.txt",
    "/in.txt\t/../../secret.txt",
    "file:///etc/passwd",
    "http://localhost/../secret.txt",
];

fn seventy_ways_out_of_the_folder_lead_nowhere() {
    let open = Open::new();
    for way in WAYS_OUT {
        for method in ["GET", "HEAD"] {
            let request = format!("{method} {way} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let got = exchange(open.address, request.as_bytes());
            let reply = Reply::read(&got).unwrap_or_else(|| panic!("no answer to {way}"));
            assert!((400..500).contains(&reply.status), "{way}: {reply:?}");
            let text = reply.text();
            assert!(!text.contains("secret") && !text.contains("root:") && !text.contains("inside"), "{way}: {text}");
        }
        assert_eq!(open.asked(), 0, "{way} reached the desk");
    }
    // The desk does serve files, and would have served these.
    assert_eq!(ask(open.address, "GET /in.txt", &[]).text(), "inside");
    assert_eq!(ask(open.address, "GET /%69n.txt", &[]).text(), "inside");
    page(open.address);
}

fn only_requests_under_our_own_name_are_answered() {
    let open = Open::new();
    let port = open.address.port();
    let asked = |hosts: &[&str]| {
        let hosts: String =
            hosts.iter().map(|host| format!("Host: {}\r\n", host.replace('@', &port.to_string()))).collect();
        let got = exchange(open.address, format!("GET /page HTTP/1.1\r\n{hosts}\r\n").as_bytes());
        Reply::read(&got).expect("an answer")
    };
    for host in ["localhost:@", "LocalHost", "a.localhost:@", "127.0.0.1:@", "127.0.0.1", "[::1]:@"] {
        let reply = asked(&[host]);
        assert_eq!((reply.status, reply.text().as_str()), (200, PAGE), "{host}");
    }
    let before = open.asked();
    for (hosts, status) in [
        (vec!["evil.test"], 403),
        (vec!["evil.test:@"], 403),
        (vec!["localhost:1"], 403),
        (vec!["localhost.evil.test:@"], 403),
        (vec!["127.0.0.1.nip.io:@"], 403),
        (vec!["2130706433:@"], 403),
        (vec!["0.0.0.0:@"], 403),
        (vec![], 400),
        (vec![""], 400),
        (vec!["localhost:@", "localhost:@"], 400),
        (vec!["localhost:@", "evil.test"], 400),
        (vec!["evil.test@localhost:x"], 400),
        (vec!["localhost:@/../"], 400),
        (vec!["<script>"], 400),
    ] {
        let reply = asked(&hosts);
        assert_eq!(reply.status, status, "{hosts:?}");
        let text = reply.text();
        assert!(!text.contains("draft") && !text.contains("evil") && !text.contains("script"), "{hosts:?}: {text}");
        assert!(!reply.headers.keys().any(|name| name.starts_with("access-control")), "{reply:?}");
    }
    assert_eq!(open.asked(), before);
}

fn pages_of_other_origins_read_nothing() {
    let open = Open::new();
    let own = format!("http://{}", open.address);
    let status = |headers: &[(&str, &str)]| ask(open.address, "GET /page", headers).status;
    assert_eq!(status(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]), 200);
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(status(&link), 200, "a link from elsewhere may lead here");
    let before = open.asked();
    for headers in [
        &[("Origin", "http://evil.test")][..],
        &[("Origin", "null")],
        &[("Origin", "http://localhost:1")],
        &[("Origin", &own), ("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script")],
        &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
    ] {
        let reply = ask(open.address, "GET /events", headers);
        assert!(matches!(reply.status, 400 | 403), "{headers:?}: {reply:?}");
        assert!(!reply.headers.keys().any(|name| name.starts_with("access-control")), "{reply:?}");
    }
    assert_eq!(ask(open.address, "OPTIONS /page", &[("Access-Control-Request-Method", "GET")]).status, 405);
    assert_eq!(open.asked(), before);
}

fn no_request_is_smuggled_behind_another() {
    let open = Open::new();
    let own = format!("http://{}", open.address);
    let hidden = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n",
        "Content-Length: 4\r\nContent-Length: 4\r\n",
        "Content-Length: 0, 44\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 4x\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length:\r\n",
        "Content-Length : 4\r\n",
        "Content-Length: 4\r\n Transfer-Encoding: chunked\r\n",
        "Content-Length: 4\nTransfer-Encoding: chunked\r\n",
        "Content-Length\0: 4\r\n",
        "X: y\rContent-Length: 4\r\n",
    ] {
        for method in ["GET", "POST"] {
            let request = format!(
                "{method} /__blog/stats/count HTTP/1.1\r\nHost: {}\r\nOrigin: {own}\r\n{framing}\r\n0\r\n\r\n{hidden}",
                open.address
            );
            let got = exchange(open.address, request.as_bytes());
            let reply = Reply::read(&got).unwrap_or_else(|| panic!("no answer to {framing:?}"));
            assert_eq!(reply.status, 400, "{method} {framing:?}");
            assert!(!reply.text().contains("HTTP/1."), "{method} {framing:?}: one answer, not two");
        }
    }
    assert_eq!(open.asked(), 0);
    page(open.address);
}

fn other_protocols_are_refused_without_waiting() {
    let open = Open::new();
    let begun = Instant::now();
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"GET /page HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"GET /page HTTP/1.2\r\nHost: localhost\r\n\r\n",
        b"GET /page HTTP/0.9\r\n\r\n",
        b"GET /page\r\n\r\n",
        b"GET /page HTTP/1.1\nHost: localhost\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00\x00\x00",
        b"CONNECT evil.test:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ] {
        let reply = Reply::read(&exchange(open.address, bytes)).expect("an answer");
        assert!((400..500).contains(&reply.status), "{:?}: {reply:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(open.asked(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody was waited for: {:?}", begun.elapsed());
    let old = exchange(open.address, b"GET /page HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert_eq!(Reply::read(&old).expect("an answer").text(), PAGE);
}

fn only_the_stand_in_takes_posts() {
    let open = Open::new();
    let own = format!("http://{}", open.address);
    let post = |path: &str, headers: &[(&str, &str)], length: usize| {
        let said = length.to_string();
        let headers: Vec<_> = headers.iter().copied().chain([("Content-Length", said.as_str())]).collect();
        ask_with(open.address, &format!("POST {path}"), &headers, &vec![b'x'; length])
    };
    for length in [0, 1, 1024, 1025, 65536] {
        assert_eq!(post("/__blog/stats/count", &[("Origin", &own)], length).text(), length.to_string());
    }
    assert_eq!(post("/__blog/stats/count", &[("Origin", &own), ("Expect", "100-continue")], 9).text(), "9");
    let before = open.asked();
    assert_eq!(post("/__blog/stats/count", &[("Origin", &own)], 65537).status, 413);
    assert_eq!(post("/__blog/stats/count", &[], 3).status, 403);
    assert_eq!(post("/__blog/stats/count", &[("Origin", "http://evil.test")], 3).status, 403);
    assert_eq!(ask(open.address, "POST /__blog/stats/count", &[("Origin", &own)]).status, 411);
    for path in ["/page", "/__blog/stats", "/__blog/"] {
        let reply = post(path, &[("Origin", &own)], 3);
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        assert_eq!(
            ask(open.address, &format!("{method} /__blog/stats/count"), &[("Origin", &own)]).status,
            405,
            "{method}"
        );
    }
    assert_eq!(open.asked(), before);
}

fn every_answer_is_fresh_typed_and_ours_alone() {
    let open = Open::new();
    for (line, status) in [
        ("GET /page", 200),
        ("GET /open", 200),
        ("GET /large", 200),
        ("GET /clip", 200),
        ("GET /nowhere", 404),
        ("GET /../", 400),
        ("PUT /page", 405),
        ("HEAD /page", 200),
        ("HEAD /events", 200),
        ("HEAD /../", 400),
    ] {
        let reply = ask(open.address, line, &[]);
        assert_eq!(reply.status, status, "{line}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{line}");
        assert_eq!(reply.header("cache-control"), "no-store", "{line}");
        assert_eq!(reply.header("connection"), "close", "{line}");
        assert!(!reply.headers.keys().any(|name| name.starts_with("access-control")), "{line}: {reply:?}");
        assert_eq!(reply.body.is_empty(), line.starts_with("HEAD"), "{line}");
        if !reply.body.is_empty() {
            assert_eq!(reply.header("content-length"), reply.body.len().to_string(), "{line}");
        }
    }
    let kept = ask(open.address, "GET /kept", &[]);
    assert_eq!((kept.status, kept.header("cache-control"), kept.header("etag")), (304, "max-age=60", "\"1\""));
    let length = ask(open.address, "HEAD /film", &[]);
    assert_eq!(length.header("content-length"), FILM.to_string());
}

fn a_request_may_come_byte_by_byte() {
    let open = Open::new();
    let own = format!("http://{}", open.address);
    let request = format!(
        "POST /__blog/stats/count HTTP/1.1\r\nHost: {}\r\nOrigin: {own}\r\nContent-Length: 5\r\n\r\nhello",
        open.address
    );
    let mut stream = connect(open.address);
    stream.set_nodelay(true).expect("an option");
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).expect("the door listens");
    }
    assert_eq!(Reply::read(&until_the_end(&mut stream)).expect("an answer").text(), "5");
}

fn what_is_said_after_a_request_is_not_another() {
    let open = Open::new();
    let two = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2);
    let reply = Reply::read(&exchange(open.address, two.as_bytes())).expect("an answer");
    assert_eq!(reply.text(), PAGE);
    assert_eq!(open.asked(), 1);
}

fn what_a_guest_says_of_tickets_is_left_behind() {
    let open = Open::new();
    let mut waiting = connect(open.address);
    waiting.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
    wait_for(&mut waiting, "\r\n\r\n");
    // The stream's ticket has the number 1.
    for number in ["1", "2", "9999", "x", ""] {
        let reply = ask(open.address, "GET /large", &[("X-Ticket", number)]);
        assert!(reply.text() == large(), "{number:?}: {} bytes arrived", reply.body.len());
    }
}

fn a_large_body_arrives_whole() {
    let open = Open::new();
    let reply = ask(open.address, "GET /large", &[]);
    assert!(reply.text() == large(), "{} bytes arrived", reply.body.len());
    assert!(ask(open.address, "GET /film", &[]).body.len() as u64 == FILM);
}

fn a_file_is_served_in_parts() {
    let open = Open::new();
    let part = |headers: &[(&str, &str)]| ask(open.address, "GET /clip", headers);
    for (range, status, text, said) in [
        ("bytes=0-1", 206, "01", "bytes 0-1/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=0-99", 206, "0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=0-1,4-5", 200, "0123456789", ""),
        ("lines=1-2", 200, "0123456789", ""),
    ] {
        let reply = part(&[("Range", range)]);
        assert_eq!(
            (reply.status, reply.text().as_str(), reply.header("content-range")),
            (status, text, said),
            "{range}"
        );
        assert_eq!(reply.header("content-length"), text.len().to_string(), "{range}");
        assert_eq!(reply.header("accept-ranges"), "bytes", "{range}");
    }
    assert_eq!(part(&[("Range", "bytes=0-1"), ("If-Range", "\"one\"")]).text(), "01");
    assert_eq!(part(&[("Range", "bytes=0-1"), ("If-Range", "\"two\"")]).text(), "0123456789");
}

fn a_desk_that_panics_costs_one_request() {
    let open = Open::new();
    // More often than there are workers.
    for _ in 0..20 {
        let reply = ask(open.address, "GET /panic", &[]);
        assert_eq!(reply.status, 500);
        assert!(!reply.text().contains("falls over"), "{}", reply.text());
    }
    page(open.address);
}

/// Waits until this is so, for less time than a heartbeat takes to come.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(8);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn an_event_arrives_at_once_and_who_has_gone_is_noticed() {
    let open = Open::new();
    let mut stream = connect(open.address);
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
    let head = wait_for(&mut stream, "\r\n\r\n");
    assert!(head.contains("\r\nContent-Type: text/event-stream\r\n") && !head.contains("Content-Length"), "{head}");
    let sender = open.desk.streams.lock().expect("nobody panics here").pop().expect("it was opened");
    for number in 0..20 {
        let begun = Instant::now();
        sender.send(format!("data: {number}\n\n")).expect("it is open");
        assert_eq!(wait_for(&mut stream, "\n\n"), format!("data: {number}\n\n"));
        assert!(begun.elapsed() < Duration::from_millis(200), "it was held back for {:?}", begun.elapsed());
    }
    drop(stream);
    eventually("nobody noticed", || sender.send("data: x\n\n".to_owned()).is_err());
    let mut stream = connect(open.address);
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
    wait_for(&mut stream, "\r\n\r\n");
    open.desk.streams.lock().expect("nobody panics here").clear();
    assert_eq!(until_the_end(&mut stream), b"", "a stream ends with its sender");
}

fn streams_do_not_take_all_places() {
    let open = Open::new();
    let mut streams = Vec::new();
    for _ in 0..16 {
        let mut stream = connect(open.address);
        stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
        assert!(wait_for(&mut stream, "\r\n\r\n").starts_with("HTTP/1.1 200 "));
        streams.push(stream);
    }
    for _ in 0..40 {
        let reply = ask(open.address, "GET /events", &[]);
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"));
    }
    page(open.address);
    // Nothing is sent that could fail.
    streams.pop();
    eventually("a place stays taken", || {
        let mut stream = connect(open.address);
        stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
        wait_for(&mut stream, "\r\n\r\n").starts_with("HTTP/1.1 200 ")
    });
}

fn the_next_port_is_taken_when_one_is() {
    let (one, other) = (listen(&Listen { port: None, ..LISTEN }), listen(&Listen { port: None, ..LISTEN }));
    let (one, other) = (one.expect("a free port"), other.expect("another"));
    assert!(one.address().port() < other.address().port(), "{} and {}", one.address(), other.address());
    assert!((DEFAULT_PORT..DEFAULT_PORT + 20).contains(&other.address().port()));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let refused = listen(&Listen { port: Some(port), ..LISTEN }).err().expect("it is taken");
    assert_eq!(refused.code, "serve/port-taken");
    assert!(refused.message.contains(&port.to_string()), "{}", refused.message);
    let elsewhere = listen(&Listen { bind: [192, 0, 2, 1].into(), ..LISTEN }).err().expect("it isn't ours");
    assert_eq!(elsewhere.code, "serve/listen");
}

fn a_closed_door_is_closed_at_once() {
    let open = Open::new();
    let address = open.address;
    let mut idle = connect(address);
    let mut stream = connect(address);
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the door listens");
    wait_for(&mut stream, "\r\n\r\n");
    let desk = Arc::clone(&open.desk);
    let begun = Instant::now();
    open.close();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(until_the_end(&mut idle), b"");
    assert_eq!(until_the_end(&mut stream), b"");
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
    let sender = desk.streams.lock().expect("nobody panics here").pop().expect("it was opened");
    eventually("the stream goes on", || sender.send(String::new()).is_err());
}

fn the_origin_is_an_address_for_a_browser() {
    for (bind, host) in [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")] {
        // A machine without IPv6 has nothing to show here.
        let Ok(door) = listen(&Listen { bind: bind.parse().expect("an address"), ..LISTEN }) else { continue };
        assert_eq!(door.origin().as_str(), format!("http://{host}:{}/", door.address().port()));
    }
}
