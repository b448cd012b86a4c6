//! Pages in, pages as they leave out.

use super::*;

const ORIGIN: &str = "http://127.0.0.1:1111";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn dressed_with(html: &[u8], headers: &[(&str, &str)]) -> (Dressed, Vec<(String, String)>) {
    let mut all = vec![("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned())];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (page, stand_in) = (url(&format!("{ORIGIN}/posts/a/")), url(&format!("{ORIGIN}/__blog/stats/")));
    let moved = [
        Moved {
            from: url("https://stats.example/"),
            to: url(&format!("{ORIGIN}/__blog/stats/0/")),
            site: "1".to_owned(),
        },
        Moved { from: url("https://blog.example/"), to: url(&format!("{ORIGIN}/")), site: String::new() },
    ];
    let dressed = dress(html, &mut all, &Dressing { page: &page, stand_in: &stand_in, moved: &moved, edition: 7 });
    (dressed, all)
}

fn dressed(html: &str) -> String {
    String::from_utf8(dressed_with(html.as_bytes(), &[]).0.bytes).unwrap()
}

/// Takes our script out, wherever it stands.
fn without_script(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(start) = memchr::memmem::find(&bytes, OPENING.as_bytes()) {
        let end = start + memchr::memmem::find(&bytes[start..], CLOSING.as_bytes()).unwrap() + CLOSING.len();
        bytes.drain(start..end);
    }
    bytes
}

/// Takes every insertion out again.
fn undressed(bytes: &[u8]) -> Vec<u8> {
    let inert = format!(" type=\"text/plain\" data-watchpost=\"{WHY}\"");
    let image = format!(" src=\"\" srcset=\"\" data-watchpost=\"{WHY}\"");
    let mut bytes = without_script(bytes);
    for text in [inert, image] {
        while let Some(at) = memchr::memmem::find(&bytes, text.as_bytes()) {
            bytes.drain(at..at + text.len());
        }
    }
    bytes
}

#[test]
fn the_script_can_stand_in_a_page() {
    assert!(SCRIPT.is_ascii() && SCRIPT.lines().count() < 700);
    for word in ["</script", "<!--", "<script"] {
        assert!(!SCRIPT.to_ascii_lowercase().contains(word), "{word} would end or change the script");
    }
}

#[test]
fn the_script_stands_before_the_end_of_the_body_wherever_a_page_quotes_that_end() {
    for (before, after) in [
        ("<!doctype html><html><head><title>a</title></head><body><p>a", "</body></html>"),
        ("<!doctype html><body><!-- </body> --><p>a", "</body>"),
        ("<!doctype html><body><script>var a = '</body>'</script>", "</body>"),
        ("<!doctype html><body><textarea></body></textarea>", "</body>"),
        ("<!doctype html><body><p title='</body>'>", "</BODY >"),
        ("<!doctype html><body><style>/* </body> */</style>", "</body>\n</html>\n"),
        ("<!doctype html><body><template><body></body></template><p>a", "</body>"),
        ("<!doctype html><p>no body is written", ""),
        ("<html><p>no end is written", ""),
        ("<!doctype html><body><table><tr><td>a", "</body>"),
        ("<!doctype html><body><svg><title>a</title>", "</body>"),
        ("<!doctype html>", "<textarea>never closed</body>"),
        ("<!doctype html><html lang=en>", "<p>a<!-- never closed </body>"),
        ("<!doctype html><html>", "<body><template>never closed</body>"),
    ] {
        let page = format!("{before}{after}");
        let dressed = dressed(&page);
        assert_eq!(without_script(dressed.as_bytes()), page.as_bytes(), "{page}");
        assert!(dressed.starts_with(&format!("{before}{OPENING} data-edition=\"7\"")), "{page}");
        assert!(dressed.ends_with(&format!("{CLOSING}{after}")), "{page}");
        let runs = page::read(dressed.as_bytes()).scripts.iter().filter(|tag| tag.body == SCRIPT).count();
        assert_eq!(runs, 1, "{page}");
    }
}

#[test]
fn what_is_no_document_is_left_as_it_is() {
    for fragment in ["<p>a part of a page</p>", "", "{\"a\": 1}"] {
        assert_eq!(dressed(fragment), fragment);
    }
    let mut headers = vec![("content-type".to_owned(), "text/css".to_owned())];
    let (page, stand_in) = (url(ORIGIN), url(ORIGIN));
    let html = b"<!doctype html><body></body>";
    let sent = dress(html, &mut headers, &Dressing { page: &page, stand_in: &stand_in, moved: &[], edition: 7 });
    assert_eq!(sent.bytes, html);
}

#[test]
fn a_page_is_otherwise_unchanged_whatever_its_bytes() {
    let invalid = b"<!doctype html><body>\xff\xfe\x00\xc3<p>\xf0\x9f</body>\xff".to_vec();
    let wide: Vec<u8> = "\u{feff}<!doctype html><body></body>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let foreign =
        b"<!doctype html><script data-goatcounter='https://real.example/count' src=//gc.zgo.at/count.js></script>\n";
    for html in [invalid, wide, foreign.to_vec()] {
        let (dressed, _) = dressed_with(&html, &[]);
        assert_eq!(undressed(&dressed.bytes), html);
    }
}

const MATOMO: &str = "<script>var _paq = window._paq = window._paq || [];
_paq.push(['trackPageView']);
(function() { var u='//stats.example/'; _paq.push(['setTrackerUrl', u+'matomo.php']); _paq.push(['setSiteId', '1']);
var d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0];
g.async=true; g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s); })();</script>";

#[test]
fn snippets_of_real_analytics_are_made_inert_and_told() {
    for (snippet, provider) in [
        (
            "<script data-goatcounter=\"https://me.goatcounter.com/count\" async src=\"//gc.zgo.at/count.js\"></script>",
            "GoatCounter",
        ),
        (
            "<SCRIPT type='text/javascript' async data-goatcounter=https://stats.example/count src=https://stats.example/count.js></SCRIPT>",
            "GoatCounter",
        ),
        ("<script src='/js/count.js' data-goatcounter='https&#58;//stats.example/count'></script>", "GoatCounter"),
        (MATOMO, "Matomo"),
        ("<script src='https://stats.example/js/container_AbC123.js'></script>", "Matomo"),
    ] {
        let page = format!("<!doctype html>\n<body>\n{snippet}<script>var mine = 1</script></body>");
        let (sent, headers) = dressed_with(page.as_bytes(), &[]);
        let after = page::read(&sent.bytes);
        assert!(analytics::recognise(&after.scripts).is_empty(), "{snippet}");
        assert!(!analytics::recognise(&page::read(page.as_bytes()).scripts).is_empty(), "{snippet}");
        assert!(after.scripts.iter().any(|tag| tag.body == "var mine = 1"), "other scripts run");
        assert_eq!(sent.quieted.len(), 1, "{snippet}");
        assert_eq!((sent.quieted[0].provider.as_str(), sent.quieted[0].line), (provider, 3), "{snippet}");
        assert_eq!(undressed(&sent.bytes), page.as_bytes());
        assert!(!headers.iter().any(|(name, _)| name == "Content-Security-Policy"));
    }
}

#[test]
fn snippets_that_lead_to_the_stand_in_run() {
    for snippet in [
        format!(
            "<script data-goatcounter=\"{ORIGIN}/__blog/stats/0/count\" async src=\"{ORIGIN}/__blog/stats/0/count.js\"></script>"
        ),
        MATOMO.replace("//stats.example/", "/__blog/stats/1/"),
    ] {
        let page = format!("<!doctype html><body>{snippet}</body>");
        let (sent, _) = dressed_with(page.as_bytes(), &[]);
        assert_eq!(sent.quieted, []);
        assert!(!analytics::recognise(&page::read(&sent.bytes).scripts).is_empty());
    }
}

#[test]
fn a_counting_image_is_not_loaded_from_the_real_server() {
    let page = "<!doctype html><body><img alt='' src='https://stats.example/matomo.php?idsite=1&amp;rec=1'>\
                <img src='https://stats.example/logo.png?v=1'></body>";
    let (sent, _) = dressed_with(page.as_bytes(), &[]);
    assert_eq!(sent.quieted.len(), 1);
    let facts = page::read(&sent.bytes);
    let images: Vec<&str> =
        facts.links.iter().filter(|link| link.element == "img").map(|link| link.target.as_str()).collect();
    assert!(!images.iter().any(|image| image.contains("matomo.php")), "{images:?}");
    assert!(images.contains(&"https://stats.example/logo.png?v=1"), "{images:?}");
    assert_eq!(undressed(&sent.bytes), page.as_bytes());
}

#[test]
fn where_the_two_parsers_disagree_no_script_runs_at_all() {
    // A rewriter that reads in one pass takes this for text, and a browser for a script.
    let mut fences = 0;
    let snippet = "<script data-goatcounter=https://real.example/count src=//gc.zgo.at/count.js></script>";
    for page in [
        format!("<!doctype html><body><svg><title><![CDATA[><style>]]>{snippet}</title></svg></body>"),
        format!("<!doctype html><body><svg></p><style>{snippet}</style></svg></body>"),
        format!("<!doctype html><body><svg><p><style><a title='</style>{snippet}'></style></body>"),
        format!("<!doctype html><body><svg><desc><style>{snippet}</style></desc></svg>{snippet}</body>"),
        format!("<!doctype html><body><select><xmp>{snippet}</xmp></select></body>"),
        format!("<!doctype html><body><math><mi><textarea>{snippet}</textarea></mi></math>{snippet}</body>"),
    ] {
        let (sent, headers) = dressed_with(page.as_bytes(), &[]);
        let after = page::read(&sent.bytes);
        let runs = analytics::recognise(&after.scripts).iter().any(|sighting| sighting.style != "inert");
        let fenced = headers
            .iter()
            .any(|(name, value)| name == "Content-Security-Policy" && value.starts_with("script-src 'sha256-"));
        assert!(!runs || fenced, "{page}");
        fences += usize::from(fenced);
    }
    assert!(fences > 0, "no page shows the fence");
}

fn policy_of(policy: &str) -> (String, Option<String>) {
    let (sent, headers) = dressed_with(b"<!doctype html><body></body>", &[("Content-Security-Policy", policy)]);
    let served = headers.into_iter().find(|(name, _)| name == "Content-Security-Policy").map(|(_, value)| value);
    (served.unwrap_or_default(), sent.policy)
}

#[test]
fn the_policy_is_production_s_with_the_endpoint_moved_and_our_script_allowed() {
    let hash = csp::hash_source(SCRIPT);
    for (production, served) in [
        ("default-src 'self'", format!("default-src 'self'; script-src 'self' {hash}")),
        (
            "default-src 'none'; script-src 'self' https://stats.example; img-src https://blog.example/i/; frame-ancestors 'none'",
            format!(
                "default-src 'none'; script-src 'self' {ORIGIN} {hash}; img-src {ORIGIN}/i/; frame-ancestors 'none'; \
                 connect-src 'self'"
            ),
        ),
        ("script-src 'unsafe-inline' 'self'", "script-src 'unsafe-inline' 'self'".to_owned()),
        ("script-src 'nonce-abc'; connect-src 'none'", format!("script-src 'nonce-abc' {hash}; connect-src 'self'")),
        ("upgrade-insecure-requests; img-src *", "img-src *".to_owned()),
        ("sandbox; report-uri /x", String::new()),
        ("default-src 'self', img-src 'self'", format!("default-src 'self'; script-src 'self' {hash}, img-src 'self'")),
    ] {
        let (found, said) = policy_of(production);
        assert_eq!(found, served);
        assert_eq!(said.is_some(), found != production, "{production}");
        let policies = csp::Policies::parse([(csp::Delivery::Header, found.as_str())]);
        assert!(policies.inline(&csp::Script::default(), SCRIPT).is_ok(), "{found}");
        assert!(policies.request(csp::Directive::Connect, &url(ORIGIN), &url(ORIGIN)).is_ok(), "{found}");
    }
}

#[test]
fn every_change_of_the_policy_is_told() {
    let (_, said) = policy_of("default-src 'none'; script-src https://stats.example; upgrade-insecure-requests");
    assert_eq!(
        said.as_deref(),
        Some(
            "as in production, but for this: `https://stats.example` in the policy is `http://127.0.0.1:1111` here; the \
             preview's script and its connection are allowed; `upgrade-insecure-requests` is left out"
        )
    );
}

#[test]
fn a_meta_policy_is_changed_by_an_attribute_before_its_own() {
    let page = "<!doctype html><head><meta http-equiv=content-security-policy content=\"script-src &#39;self&#39;\"></head><body></body>";
    let (sent, _) = dressed_with(page.as_bytes(), &[]);
    let policies = page::read(&sent.bytes).policies;
    assert_eq!(policies, [format!("script-src 'self' {}", csp::hash_source(SCRIPT))]);
}

#[test]
fn transport_security_never_leaves_and_is_told() {
    let (sent, headers) =
        dressed_with(b"<p>", &[("strict-transport-security", "max-age=31536000"), ("X-Frame-Options", "DENY")]);
    assert!(!headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("strict-transport-security")));
    assert!(headers.iter().any(|(name, _)| name == "X-Frame-Options"));
    assert!(sent.policy.unwrap().contains("Strict-Transport-Security"));
}

#[test]
fn what_only_a_reload_can_change_has_a_digest_of_its_own() {
    let fixed = |html: &str, policy: &str| {
        let (sent, _) = dressed_with(html.as_bytes(), &[("Content-Security-Policy", policy)]);
        let text = String::from_utf8(sent.bytes).unwrap();
        text.split("data-fixed=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let page = "<!doctype html><body><script src=a.js></script><p>a</body>";
    let usual = fixed(page, "img-src *");
    assert_eq!(usual, fixed(&page.replace("<p>a", "<p>b<h2 id=c>c</h2>"), "img-src *"));
    assert_ne!(usual, fixed(&page.replace("a.js", "b.js"), "img-src *"));
    assert_ne!(usual, fixed(&page.replace("></script>", "async></script>"), "img-src *"));
    assert_ne!(usual, fixed(page, "img-src 'self'"));
    assert_ne!(usual, fixed(&page.replace("<body>", "<base href=/x/><body>"), "img-src *"));
}
