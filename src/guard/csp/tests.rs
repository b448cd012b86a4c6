//! Tables of policies and requests; the last column is what Chromium and Firefox do.

use super::*;

/// The inline script of the tables.
const BODY: &str = "var _paq=window._paq=window._paq||[];";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn policies(text: &str) -> Policies {
    Policies::parse([(Delivery::Header, text)])
}

fn walk(directive: Directive, page: &str, rows: &[(&str, &str, bool)]) {
    let page = url(page);
    for (policy, target, expected) in rows {
        let found = policies(policy).allows(directive, &url(target), &page);
        assert_eq!(found, *expected, "`{policy}` and {target} ({directive:?}, from {page})");
    }
}

#[test]
fn a_host_source_matches_scheme_host_port_and_path() {
    use Directive::Connect;
    walk(
        Connect,
        "https://blog.example/",
        &[
            ("", "https://stats.example/count", true),
            ("img-src 'self'", "https://stats.example/count", true),
            ("connect-src stats.example", "https://stats.example/count", true),
            ("connect-src https://stats.example", "https://stats.example/count", true),
            ("connect-src https://stats.example/", "https://stats.example/count", true),
            ("connect-src HTTPS://STATS.Example", "https://stats.example/count", true),
            ("CONNECT-SRC stats.example", "https://stats.example/count", true),
            ("connect-src http://stats.example", "https://stats.example/count", true),
            ("connect-src https://stats.example", "http://stats.example/count", false),
            ("connect-src stats.example", "http://stats.example/count", false),
            ("connect-src other.example", "https://stats.example/count", false),
            ("connect-src example", "https://stats.example/count", false),
            ("connect-src *.example", "https://stats.example/count", true),
            ("connect-src *.example", "https://a.b.example/count", true),
            ("connect-src *.stats.example", "https://stats.example/count", false),
            ("connect-src *stats.example", "https://stats.example/count", false),
            ("connect-src https://*.example:*", "https://stats.example:8443/count", true),
            ("connect-src https://stats.example", "https://stats.example:8443/count", false),
            ("connect-src https://stats.example:8443", "https://stats.example:8443/count", true),
            ("connect-src https://stats.example:8443", "https://stats.example/count", false),
            ("connect-src https://stats.example:443", "https://stats.example/count", true),
            ("connect-src http://stats.example:80", "https://stats.example/count", true),
            ("connect-src https://stats.example:*", "https://stats.example/count", true),
            ("connect-src https://stats.example:99999", "https://stats.example/count", false),
            ("connect-src https://stats.example/count", "https://stats.example/count", true),
            ("connect-src https://stats.example/count", "https://stats.example/count?p=/a", true),
            ("connect-src https://stats.example/count?x=1", "https://stats.example/count?p=/a", true),
            ("connect-src https://stats.example/count", "https://stats.example/count/x", false),
            ("connect-src https://stats.example/count", "https://stats.example/counter", false),
            ("connect-src https://stats.example/api/", "https://stats.example/api/event", true),
            ("connect-src https://stats.example/api/", "https://stats.example/api", false),
            ("connect-src https://stats.example/api", "https://stats.example/api/event", false),
            ("connect-src https://stats.example/a%2Db", "https://stats.example/a-b", true),
            ("connect-src https://stats.example/A", "https://stats.example/a", false),
            ("connect-src https:", "https://stats.example/count", true),
            ("connect-src http:", "https://stats.example/count", true),
            ("connect-src data:", "https://stats.example/count", false),
            ("connect-src *", "https://stats.example/count", true),
            ("connect-src *", "data:text/plain,x", false),
            ("connect-src data:", "data:text/plain,x", true),
            ("connect-src wss://stats.example", "wss://stats.example/live", true),
            ("connect-src ws://stats.example", "wss://stats.example/live", true),
            ("connect-src https://stats.example", "wss://stats.example/live", false),
            ("connect-src stats_1.example", "https://stats_1.example/count", true),
            ("connect-src https://[::1]:8080", "https://[::1]:8080/count", false),
            ("connect-src https://", "https://stats.example/count", false),
            ("connect-src ://stats.example", "https://stats.example/count", false),
        ],
    );
    walk(
        Connect,
        "http://127.0.0.1:8000/",
        &[
            ("connect-src http://127.0.0.1:9000", "http://127.0.0.1:9000/count", true),
            ("connect-src 127.0.0.1:9000", "http://127.0.0.1:9000/count", true),
            ("connect-src 'self'", "http://127.0.0.1:9000/count", false),
            ("connect-src stats.example", "https://stats.example/count", true),
        ],
    );
}

#[test]
fn self_is_the_pages_origin_or_its_secure_form() {
    use Directive::Connect;
    walk(
        Connect,
        "https://blog.example/",
        &[
            ("connect-src 'self'", "https://blog.example/count", true),
            ("connect-src 'SELF'", "https://blog.example/count", true),
            ("connect-src self", "https://blog.example/count", false),
            ("connect-src 'self'", "http://blog.example/count", false),
            ("connect-src 'self'", "https://blog.example:8443/count", false),
            ("connect-src 'self'", "https://stats.blog.example/count", false),
            ("connect-src 'self'", "wss://blog.example/live", true),
        ],
    );
    walk(
        Connect,
        "http://blog.example/",
        &[
            ("connect-src 'self'", "https://blog.example/count", true),
            ("connect-src 'self'", "https://blog.example:8443/count", false),
            ("connect-src 'self'", "ws://blog.example/live", true),
        ],
    );
}

#[test]
fn none_and_an_empty_list_allow_nothing_and_none_beside_others_is_ignored() {
    walk(
        Directive::Connect,
        "https://blog.example/",
        &[
            ("connect-src 'none'", "https://stats.example/count", false),
            ("connect-src", "https://stats.example/count", false),
            ("connect-src 'none' stats.example", "https://stats.example/count", true),
        ],
    );
}

#[test]
fn a_directive_falls_back_in_the_order_of_the_standard() {
    let page = "https://blog.example/";
    let tracker = "https://stats.example/count.js";
    walk(
        Directive::Script,
        page,
        &[
            ("default-src 'self'", tracker, false),
            ("default-src stats.example", tracker, true),
            ("default-src 'none'; script-src stats.example", tracker, true),
            ("default-src stats.example; script-src 'self'", tracker, false),
            ("script-src 'self'; script-src-elem stats.example", tracker, true),
            ("script-src stats.example; script-src-elem 'self'", tracker, false),
            ("script-src-attr 'none'", tracker, true),
            ("connect-src 'none'", tracker, true),
            ("script-src 'self'; script-src stats.example", tracker, false),
        ],
    );
    walk(
        Directive::Image,
        page,
        &[
            ("default-src 'self'", "https://stats.example/count", false),
            ("default-src 'self'; img-src *", "https://stats.example/count", true),
            ("default-src *; img-src 'self'", "https://stats.example/count", false),
        ],
    );
    walk(
        Directive::Connect,
        page,
        &[
            ("default-src 'self'", "https://stats.example/count", false),
            ("default-src 'self'; script-src stats.example; img-src stats.example", "https://stats.example/x", false),
            ("default-src 'none'; connect-src stats.example", "https://stats.example/count", true),
        ],
    );
}

#[test]
fn several_policies_intersect() {
    walk(
        Directive::Connect,
        "https://blog.example/",
        &[
            ("connect-src stats.example, connect-src *", "https://stats.example/count", true),
            ("connect-src stats.example, connect-src 'self'", "https://stats.example/count", false),
            ("connect-src stats.example,", "https://stats.example/count", true),
            ("img-src *, script-src 'none'", "https://stats.example/count", true),
        ],
    );
    let both = Policies::parse([(Delivery::Header, "connect-src *"), (Delivery::Meta, "connect-src 'self'")]);
    assert!(!both.allows(Directive::Connect, &url("https://stats.example/"), &url("https://blog.example/")));
}

#[test]
fn an_upgraded_request_is_judged_as_upgraded() {
    walk(
        Directive::Connect,
        "https://blog.example/",
        &[
            ("connect-src https:; upgrade-insecure-requests", "http://stats.example/count", true),
            ("connect-src https:", "http://stats.example/count", false),
        ],
    );
}

#[test]
fn inline_scripts_pass_by_unsafe_inline_hash_or_nonce() {
    let hash = hash_source(BODY);
    let sha384 = format!("'sha384-{}'", base64(&sha2::Sha384::digest(BODY)));
    let sha512 = format!("'SHA512-{}'", base64(&sha2::Sha512::digest(BODY)).replace('+', "-").replace('/', "_"));
    let rows: &[(String, Option<&str>, bool)] = &[
        ("connect-src 'none'".to_owned(), None, true),
        ("script-src 'self'".to_owned(), None, false),
        ("default-src 'self'".to_owned(), None, false),
        ("script-src *".to_owned(), None, false),
        ("script-src 'unsafe-inline'".to_owned(), None, true),
        ("default-src 'unsafe-inline'".to_owned(), None, true),
        ("script-src 'unsafe-inline'; script-src-elem 'self'".to_owned(), None, false),
        ("script-src 'unsafe-inline' 'nonce-abc'".to_owned(), None, false),
        ("script-src 'unsafe-inline' 'nonce-abc'".to_owned(), Some("abc"), true),
        ("script-src 'nonce-abc'".to_owned(), Some("ABC"), false),
        ("script-src 'nonce-'".to_owned(), Some(""), false),
        ("script-src 'unsafe-inline' 'sha256-AAAA'".to_owned(), None, false),
        ("script-src 'unsafe-inline' 'sha1-AAAA'".to_owned(), None, true),
        ("script-src 'unsafe-inline' 'strict-dynamic'".to_owned(), None, false),
        (format!("script-src {hash}"), None, true),
        (format!("script-src 'strict-dynamic' {hash}"), None, true),
        (format!("script-src {sha384}"), None, true),
        (format!("script-src {sha512}"), None, true),
        (format!("script-src {}", hash.replace('\'', "")), None, false),
        ("sandbox".to_owned(), None, false),
        ("sandbox allow-same-origin; script-src 'unsafe-inline'".to_owned(), None, false),
        ("sandbox allow-SCRIPTS".to_owned(), None, true),
        (format!("script-src {hash}, script-src 'self'"), None, false),
    ];
    for (policy, nonce, expected) in rows {
        let script = Script { nonce: *nonce, ..Script::default() };
        assert_eq!(policies(policy).inline(&script, BODY).is_ok(), *expected, "`{policy}` with nonce {nonce:?}");
    }
}

#[test]
fn loaded_scripts_pass_by_host_nonce_integrity_or_trust_handed_on() {
    let tracker = url("https://stats.example/count.js");
    let page = url("https://blog.example/");
    let none = Script::default();
    let nonce = Script { nonce: Some("abc"), ..none.clone() };
    let injected = Script { injected: true, ..none.clone() };
    let pinned = Script { integrity: Some("sha384-QUJD sha256-REVG?x"), ..none.clone() };
    let rows: &[(&str, &Script<'_>, bool)] = &[
        ("script-src 'nonce-abc'", &none, false),
        ("script-src 'nonce-abc'", &nonce, true),
        ("script-src 'nonce-abc' stats.example", &none, true),
        ("script-src 'strict-dynamic' 'nonce-abc' stats.example", &none, false),
        ("script-src 'strict-dynamic' 'nonce-abc'", &nonce, true),
        ("script-src 'strict-dynamic' 'nonce-abc'", &injected, true),
        ("script-src 'nonce-abc'", &injected, false),
        ("script-src 'unsafe-inline'", &none, false),
        ("script-src 'sha384-QUJD'", &pinned, false),
        ("script-src 'sha384-QUJD' 'sha256-REVG'", &pinned, true),
        ("script-src 'sha384-QUJD' 'sha256-REVG'", &none, false),
        ("sandbox; script-src *", &none, false),
    ];
    for (policy, script, expected) in rows {
        assert_eq!(policies(policy).load(script, &tracker, &page).is_ok(), *expected, "`{policy}` with {script:?}");
    }
}

#[test]
fn a_meta_element_cannot_sandbox() {
    let meta = Policies::parse([(Delivery::Meta, "sandbox; connect-src 'self'")]);
    assert!(meta.inline(&Script::default(), BODY).is_ok());
    assert!(!meta.allows(Directive::Connect, &url("https://stats.example/"), &url("https://blog.example/")));
}

#[test]
fn a_refusal_names_the_directive_that_decided() {
    let refusal = policies("default-src 'self' img.example")
        .request(Directive::Connect, &url("https://stats.example/"), &url("https://blog.example/"))
        .unwrap_err();
    assert_eq!(refusal.to_string(), "default-src 'self' img.example");
}

#[test]
fn base64_is_written_as_everybody_writes_it() {
    for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}

#[test]
fn no_text_makes_it_panic() {
    for text in ["'", "''", "'nonce-'", ":", "://", "*.", "*:", "a:é", "é", "'é-'", "/", ";;,,;", "\u{0}", "*.:*/"] {
        let policies = policies(&format!("default-src {text}"));
        policies.allows(Directive::Script, &url("https://stats.example/"), &url("https://blog.example/"));
        let _ = policies.inline(&Script { nonce: Some("é"), ..Script::default() }, BODY);
    }
}
