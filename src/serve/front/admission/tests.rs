//! The rules of the door, row by row.

use proptest::prelude::*;

use super::*;

const OURS: Rules =
    Rules { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 2011, tls: false, post_below: "/__blog/stats/" };

fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> Head {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Head { method: method.to_owned(), target: target.to_owned(), headers }
}

fn host(rules: Rules, host: &str) -> Option<Refusal> {
    rules.admit(&head("GET", "/", &[("host", host)])).err()
}

/// Asks for `/` under our name, with these headers too.
fn get(headers: &[(&str, &str)]) -> Option<Refusal> {
    let headers: Vec<_> = [("host", "localhost:2011")].iter().chain(headers).copied().collect();
    OURS.admit(&head("GET", "/", &headers)).err()
}

fn post(target: &str, headers: &[(&str, &str)]) -> Result<usize, Refusal> {
    let headers: Vec<_> = [("host", "localhost:2011")].iter().chain(headers).copied().collect();
    OURS.admit(&head("POST", target, &headers)).map(|admitted| admitted.length)
}

#[test]
fn our_own_names_are_let_in() {
    for name in ["localhost", "LOCALHOST", "blog.localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(host(OURS, name), None, "{name}");
        assert_eq!(host(OURS, &format!("{name}:2011")), None, "{name}");
        assert_eq!(host(OURS, &format!("{name}:2012")), Some(Refusal::ForeignHost), "{name}");
    }
}

#[test]
fn foreign_names_are_told_nothing() {
    for name in [
        "evil.test",
        "localhost.evil.test",
        "evil-localhost",
        "localhost.",
        "127.0.0.1.evil.test",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "127.0.0.2",
        "192.168.0.9",
        "[::ffff:127.0.0.1]",
        "[::]",
    ] {
        assert_eq!(host(OURS, name), Some(Refusal::ForeignHost), "{name}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for name in
        ["", ":2011", "localhost:", "localhost:+1", "localhost:99999", "a b", "u@localhost", "[::1", "[::1]x", "[x]"]
    {
        let refused = host(OURS, name);
        assert!(matches!(refused, Some(Refusal::Host)), "{name}: {refused:?}");
    }
    assert_eq!(OURS.admit(&head("GET", "/", &[])).err(), Some(Refusal::Host));
    assert_eq!(get(&[("host", "localhost:2011")]), Some(Refusal::Host), "the same host twice");
}

#[test]
fn a_door_to_the_network_answers_to_addresses_but_not_to_names() {
    let everywhere = Rules { bind: Ipv4Addr::UNSPECIFIED.into(), ..OURS };
    for name in ["192.168.0.9:2011", "[fe80::1]:2011", "localhost:2011"] {
        assert_eq!(host(everywhere, name), None, "{name}");
    }
    assert_eq!(host(everywhere, "evil.test:2011"), Some(Refusal::ForeignHost));
    assert_eq!(host(everywhere, "192.168.0.9:80"), Some(Refusal::ForeignHost));
    let one = Rules { bind: IpAddr::V4(Ipv4Addr::new(192, 168, 0, 9)), ..OURS };
    assert_eq!(host(one, "192.168.0.9:2011"), None);
    assert_eq!(host(one, "192.168.0.8:2011"), Some(Refusal::ForeignHost));
}

#[test]
fn only_our_own_origin_is_let_in() {
    assert_eq!(get(&[("origin", "http://localhost:2011")]), None);
    for origin in [
        "null",
        "",
        "http://evil.test",
        "https://localhost:2011",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:2011",
        "http://localhost:2011/",
        "http://localhost:2011.evil.test",
        "http://u@localhost:2011",
        "localhost:2011",
    ] {
        assert_eq!(get(&[("origin", origin)]), Some(Refusal::ForeignOrigin), "{origin}");
    }
    assert_eq!(get(&[("origin", "http://localhost:2011"), ("origin", "null")]), Some(Refusal::Malformed));
    let secret = Rules { tls: true, port: 443, ..OURS };
    let asked = head("GET", "/", &[("host", "localhost"), ("origin", "https://localhost")]);
    assert_eq!(secret.admit(&asked).err(), None, "the usual port needn't be named");
}

#[test]
fn other_sites_may_lead_here_but_not_read() {
    let from = |mode, destination| {
        get(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)])
    };
    assert_eq!(from("navigate", "document"), None);
    for (mode, destination) in
        [("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("websocket", "websocket")]
    {
        assert_eq!(from(mode, destination), Some(Refusal::ForeignOrigin), "{mode} {destination}");
    }
    assert_eq!(get(&[("sec-fetch-site", "Cross-Site")]), Some(Refusal::ForeignOrigin));
    assert_eq!(get(&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]), None);
}

#[test]
fn only_reading_is_allowed_but_below_one_path() {
    let own = [("origin", "http://localhost:2011"), ("content-length", "3")];
    assert_eq!(post("/__blog/stats/count", &own), Ok(3));
    for target in ["/", "/__blog/stats", "/__blog/", "/__blog/statsx/"] {
        assert_eq!(post(target, &own), Err(Refusal::Method), "{target}");
    }
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW", "get"] {
        let refused = OURS.admit(&head(method, "/__blog/stats/", &[("host", "localhost")])).err();
        assert_eq!(refused, Some(Refusal::Method), "{method}");
    }
}

#[test]
fn a_body_says_its_length_once_and_who_sends_it() {
    let origin = ("origin", "http://localhost:2011");
    let stats = "/__blog/stats/";
    for (headers, refused) in [
        (vec![origin], Refusal::NoLength),
        (vec![("content-length", "3")], Refusal::ForeignOrigin),
        (vec![origin, ("content-length", "3"), ("content-length", "3")], Refusal::Malformed),
        (vec![origin, ("content-length", "3"), ("transfer-encoding", "chunked")], Refusal::Malformed),
        (vec![origin, ("transfer-encoding", "chunked")], Refusal::Malformed),
        (vec![origin, ("content-length", "+3")], Refusal::Malformed),
        (vec![origin, ("content-length", "3, 3")], Refusal::Malformed),
        (vec![origin, ("content-length", "0x3")], Refusal::Malformed),
        (vec![origin, ("content-length", "")], Refusal::Malformed),
        (vec![origin, ("content-length", "65537")], Refusal::TooLong),
        (vec![origin, ("content-length", "99999999999999999999999999")], Refusal::TooLong),
        (vec![origin, ("content-length", "3"), ("expect", "a-miracle")], Refusal::Expectation),
    ] {
        assert_eq!(post(stats, &headers), Err(refused), "{headers:?}");
    }
    assert_eq!(post(stats, &[origin, ("content-length", "65536")]), Ok(65536));
    assert_eq!(get(&[("content-length", "0")]), None);
    assert_eq!(get(&[("content-length", "1")]), Some(Refusal::Malformed));
    assert_eq!(get(&[("transfer-encoding", "identity")]), Some(Refusal::Malformed));
}

#[test]
fn nobody_changes_the_protocol() {
    assert_eq!(get(&[("upgrade", "websocket"), ("connection", "Upgrade")]), Some(Refusal::Malformed));
    assert_eq!(get(&[("upgrade-insecure-requests", "1")]), None);
}

#[test]
fn what_travels_on_says_nothing_of_the_connection() {
    let asked = head(
        "GET",
        "/a?b",
        &[
            ("host", "localhost"),
            ("x-ticket", "1"),
            ("connection", "keep-alive, x"),
            ("te", "chunked"),
            ("accept", "*/*"),
            ("cookie", "é"),
        ],
    );
    let admitted = OURS.admit(&asked).unwrap();
    assert_eq!(admitted.head, "GET /a?b HTTP/1.1\r\nConnection: close\r\nhost: localhost\r\naccept: */*\r\n");
}

proptest! {
    /// What was judged is what travels on: read again, it is the same request, let in again in the same form.
    #[test]
    fn what_travels_on_is_what_was_judged(
        method in prop::sample::select(vec!["GET", "HEAD", "POST"]),
        target in prop::sample::select(vec!["/", "/a?b=%", "/__blog/stats/count?x", "/é", "/..", "/%0d%0a"]),
        headers in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "origin", "content-length", "transfer-encoding", "connection", "x-ticket", "expect", "te", "x-a", "range",
                ]),
                prop::sample::select(vec!["http://localhost:2011", "0", "3", "chunked", "100-continue", "a\tb", "é", "", "1, 2"]),
            ),
            0..6,
        ),
    ) {
        let headers: Vec<_> = [("host", "localhost:2011")].into_iter().chain(headers).collect();
        if let Ok(admitted) = OURS.admit(&head(method, target, &headers)) {
            let again = crate::serve::front::head::read(format!("{}\r\n", admitted.head).as_bytes()).unwrap();
            prop_assert_eq!((again.method.as_str(), again.target.as_str()), (method, target));
            prop_assert_eq!(again.once("connection"), Ok(Some("close")));
            prop_assert_eq!(again.all("x-ticket").count() + again.all("transfer-encoding").count(), 0);
            prop_assert_eq!(OURS.admit(&again), Ok(admitted));
        }
    }
}
