//! Pages as they are written by people, generators and accidents.

use super::*;

fn facts(text: &str) -> PageFacts {
    read(text.as_bytes())
}

/// The sources of the scripts that run.
fn sources(text: &str) -> Vec<String> {
    facts(text).scripts.iter().filter_map(|tag| tag.attributes.get("src").cloned()).collect()
}

fn reasons(text: &str) -> Vec<Inert> {
    facts(text).inert.into_iter().map(|(_, why)| why).collect()
}

#[test]
fn a_script_runs_wherever_a_browser_would_run_it() {
    for text in [
        "<!doctype html><head><script src=/a.js></script>",
        "<script src='/a.js'>ignored</script>",
        "<p>text<script src=\"/a.js\"></script>",
        "<table><script src=/a.js></script></table>",
        "<table><tr><script src=/a.js></script><td>x</table>",
        "<select><option>x<script src=/a.js></script></select>",
        "<body></body></html><script src=/a.js></script>",
        "<SCRIPT SRC=/a.js></SCRIPT>",
        "<script\nsrc\n=\n/a.js\n></script\n>",
        "<script src=/a.js",
        "<b><i><p></b><script src=/a.js></script></i>",
        "<svg><script href=/a.js></script></svg>",
        "<svg><script xlink:href=/a.js></script></svg>",
        "<div><template shadowrootmode=open><script src=/a.js></script></template></div>",
        "<script src=/&#97;.js></script>",
        "<p <script src=/a.js></script><script src=/a.js></script>",
        "<!-- --!><script src=/a.js></script>",
        "<!--><script src=/a.js></script>",
        "<head><noscript><style></noscript><script src=/a.js></script></style>",
    ] {
        // The last tag of an unfinished page is never seen by a browser either.
        let expected: &[&str] = if text.ends_with("/a.js") { &[] } else { &["/a.js"] };
        assert_eq!(sources(text), expected, "{text}");
    }
}

#[test]
fn what_a_browser_never_runs_is_inert_with_its_reason() {
    let script = "<script src=/a.js></script>";
    for (text, reason) in [
        (format!("<!-- {script} -->"), Inert::Comment),
        (format!("<!--[if IE]>{script}<![endif]-->"), Inert::Comment),
        (format!("<template>{script}</template>"), Inert::Template),
        (format!("<template><div><template>{script}</template></div></template>"), Inert::Template),
        (format!("<noscript>{script}</noscript>"), Inert::Noscript),
        (format!("<head><noscript>{script}</noscript>"), Inert::Noscript),
        (format!("<textarea>{script}</textarea>"), Inert::Text("textarea")),
        (format!("<title>{script}</title>"), Inert::Text("title")),
        (format!("<iframe>{script}</iframe>"), Inert::Text("iframe")),
        (format!("<xmp>{script}</xmp>"), Inert::Text("xmp")),
        ("<script type=text/plain src=/a.js></script>".to_owned(), Inert::Type("text/plain".to_owned())),
        ("<script nomodule src=/a.js></script>".to_owned(), Inert::Never("nomodule")),
    ] {
        assert!(sources(&text).is_empty(), "{text}");
        assert_eq!(reasons(&text), [reason], "{text}");
    }
}

#[test]
fn a_script_that_is_only_quoted_is_no_script_at_all() {
    for text in [
        "<pre><code>&lt;script src=/a.js&gt;&lt;/script&gt;</code></pre>",
        "<p title='<script src=/a.js></script>'>text",
        "<div data-code=\"<script src='/a.js'></script>\"></div>",
        "<style>/* <script src=/a.js></script> */</style>",
        "<plaintext><script src=/a.js></script>",
    ] {
        let facts = facts(text);
        assert!(facts.scripts.is_empty() && facts.inert.is_empty(), "{text}");
    }
    let json = facts(r#"<script type="application/ld+json">{"x":"<script src=/a.js><\/script>"}</script>"#);
    assert!(json.scripts.is_empty());
    let string = facts(r#"<script>var x = "<script src=/a.js><\/script>";</script>"#);
    assert_eq!(string.scripts.len(), 1);
    assert!(!string.scripts[0].attributes.contains_key("src"));
}

#[test]
fn a_script_keeps_attributes_body_and_line() {
    let facts = facts("<!doctype html>\n<p>\n\n<script Data-X='a &amp; b' async>let x = 1 < 2;\n</script>");
    let tag = &facts.scripts[0];
    assert_eq!(tag.attributes.get("data-x").map(String::as_str), Some("a & b"));
    assert_eq!(tag.attributes.get("async").map(String::as_str), Some(""));
    assert_eq!(tag.body, "let x = 1 < 2;\n");
    assert_eq!(tag.line, 4);
    assert_eq!(describe(tag), "<script async=\"\" data-x=\"a & b\">");
}

#[test]
fn the_text_of_a_script_that_loads_is_ignored() {
    assert_eq!(facts("<script src=/a.js>_paq.push(['trackPageView'])</script>").scripts[0].body, "");
}

#[test]
fn the_head_says_what_the_page_is() {
    let facts = facts(
        "<!doctype html><html lang=en amp><head><base href=/b/><base href=/c/><link rel='alternate CANONICAL' \
         href=' https://blog.example/a/ '><meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">\
         <meta http-equiv=refresh content='0; url=/x/'><meta name=Referrer content=no-referrer></head><body>\
         <meta http-equiv=Content-Security-Policy content='connect-src *'>",
    );
    assert!(facts.doctype && facts.html_tag && facts.amp && facts.is_document());
    assert_eq!(facts.language.as_deref(), Some("en"));
    assert_eq!(facts.base.as_deref(), Some("/b/"));
    assert_eq!(facts.canonical, [("https://blog.example/a/".to_owned(), 1)]);
    assert_eq!(facts.policies, ["script-src 'self'"]);
    assert_eq!(facts.redirect(), Some("/x/"));
    assert_eq!(facts.referrer.as_deref(), Some("no-referrer"));
}

#[test]
fn a_part_of_a_page_is_no_document_and_a_page_without_tags_is_one() {
    assert!(!facts("<p>part").is_document());
    assert!(!facts("").is_document());
    assert!(facts("<!doctype html><title>x</title><p>whole").is_document());
    assert!(facts("<p>x<html lang=en>").is_document());
    assert!(facts("<!doctype html><meta http-equiv=refresh content='30; url=/x/'>").redirect().is_none());
}

#[test]
fn every_address_is_found_with_its_line() {
    let facts = facts(
        "<!doctype html><link rel=preconnect href=https://x.example>\n<a href=' /a/ '>\n<img src=/i.png srcset='/i.png 1x, /j.png \
         2x'>\n<video poster=/p.jpg><source src=/v.mp4></video><object data=/o></object><form action=/f></form>\
         <meta property=og:image content=/og.png><template><a href=/no/></template><svg><a href=/svg/></a></svg>",
    );
    let found: Vec<_> = facts.links.iter().map(|link| (link.element, link.attribute, link.target.as_str())).collect();
    assert_eq!(
        found,
        [
            ("a", "href", "/a/"),
            ("img", "src", "/i.png"),
            ("img", "srcset", "/i.png"),
            ("img", "srcset", "/j.png"),
            ("video", "poster", "/p.jpg"),
            ("source", "src", "/v.mp4"),
            ("object", "data", "/o"),
            ("form", "action", "/f"),
            ("meta", "content", "/og.png"),
        ]
    );
    assert_eq!((facts.links[0].line, facts.links[1].line), (2, 3));
}

#[test]
fn ids_and_old_anchors_can_be_linked_to_and_repeated_ids_are_named() {
    let facts = facts("<p id=a><p id=b>\n<p id=a><p id=a><a name=c></a><template><p id=b></template><svg id=d></svg>");
    assert_eq!(facts.anchors, ["a", "b", "c", "d"].map(str::to_owned).into());
    assert_eq!(facts.repeated_ids, [("a".to_owned(), 2)]);
}

#[test]
fn a_pixel_in_noscript_is_found_there_only() {
    let facts =
        facts("<noscript>\n<img src='https://stats.example/matomo.php?idsite=1&amp;rec=1'></noscript><img src=/a.png>");
    assert_eq!(facts.pixels, [("https://stats.example/matomo.php?idsite=1&rec=1".to_owned(), 2)]);
    assert_eq!(facts.links.len(), 1);
}

#[test]
fn a_hundred_thousand_levels_are_read_at_once() {
    for tag in ["div", "b", "p", "table", "a href=/x/"] {
        let name = tag.split(' ').next().unwrap();
        let open = format!("<{tag}>").repeat(100_000);
        let close = format!("</{name}>").repeat(100_000);
        let text = format!("<!doctype html>{open}<script src=/a.js></script>{close}<script src=/b.js></script>");
        assert_eq!(sources(&text), ["/a.js", "/b.js"], "{tag}");
    }
}

#[test]
fn closed_levels_do_not_count_as_depth() {
    let text = format!("<!doctype html>{}<p id=last>", "<ul><li><p>one<ul><li>two</ul></ul>".repeat(5_000));
    let facts = facts(&text);
    assert!(!facts.flattened);
    assert!(facts.anchors.contains("last"));
}

#[test]
fn a_page_of_ten_megabytes_is_read() {
    let paragraph = format!("<p>Some <b>text</b> &amp; {}", "much more text ".repeat(1_000));
    let text = format!("<!doctype html>{}<script src=/a.js></script>", paragraph.repeat(700));
    assert!(text.len() > 10_000_000);
    assert_eq!(sources(&text), ["/a.js"]);
}

#[test]
fn no_bytes_make_it_panic() {
    let seeds: &[&[u8]] =
        &[b"\xff\xfe<", b"\xfe\xff\x00", b"<!--", b"<script", b"<script>", b"&#", b"<a b='", b"\0<p\0>", b"<![CDATA["];
    for seed in seeds {
        read(seed);
    }
    // Pieces put together in every order of three.
    let pieces = [
        "<table>",
        "</p>",
        "<b>",
        "<script>",
        "</script>",
        "<template>",
        "</template>",
        "<svg>",
        "<noscript>",
        "\0",
        "<!--",
        "-->",
        "<select>",
        "<frameset>",
        "</html>",
    ];
    for one in pieces {
        for two in pieces {
            for three in pieces {
                facts(&format!("{one}x{two}{three}<p>"));
            }
        }
    }
}
