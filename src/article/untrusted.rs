//! What authors cannot do to readers where raw HTML is off: hostile posts, judged as a browser reads the page.
//!
//! html5ever tokenises what was written, and the URL standard's parser says where each address leads.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

use super::tests::Shelf;

/// An element's name and its attributes.
type Element = (String, Vec<(String, String)>);

/// The elements that a page has.
#[derive(Default)]
struct Tags(RefCell<Vec<Element>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
            self.0.borrow_mut().push((tag.name.to_string(), attributes));
        }
        TokenSinkResult::Continue
    }
}

/// Returns what in a page could run a script or show a page of the author's making.
fn dangers(html: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let base = Url::parse("https://blog.example/posts/a/").unwrap();
    let mut dangers = Vec::new();
    for (element, attributes) in tokenizer.sink.0.into_inner() {
        if matches!(element.as_str(), "script" | "style" | "iframe" | "object" | "embed" | "svg" | "base" | "form") {
            dangers.push(element.clone());
        }
        for (name, value) in attributes {
            let harmless = match name.as_str() {
                "href" | "src" => base.join(&value).is_ok_and(|url| match url.scheme() {
                    "http" | "https" | "mailto" | "tel" => true,
                    "data" => element == "img" && url.path().starts_with("image/") && !url.path().contains("svg"),
                    _ => false,
                }),
                "style" | "srcdoc" | "formaction" | "action" => false,
                _ => !name.starts_with("on"),
            };
            if !harmless {
                dangers.push(format!("{element} {name}={value:?}"));
            }
        }
    }
    dangers
}

/// Addresses that a browser would follow into a script.
const ADDRESSES: &[&str] = &[
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;&#x61;vascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "java&#13;script:alert(1)",
    "&#1;javascript:alert(1)",
    "&#32;&#9;javascript:alert(1)",
    "javascript&Tab;:alert(1)",
    "javascript\\:alert(1)",
    "javascript:%61lert(1)",
    "vbscript:msgbox(1)",
    "VBScript:msgbox(1)",
    "data:text/html,%3Cscript%3E",
    "DATA:text/html;base64,PHNjcmlwdD4=",
    "da&Tab;ta:text/html,x",
    "data:image/svg+xml,%3Csvg%20onload=alert(1)%3E",
    "data:,x",
];

#[test]
fn no_address_of_an_untrusted_author_runs_a_script_and_each_is_said() {
    for address in ADDRESSES {
        for text in [
            format!("a\n\n[x]({address})\n"),
            format!("a\n\n[x](<{address}>)\n"),
            format!("a\n\n![x]({address})\n"),
            format!("a\n\n[x]\n\n[x]: {address}\n"),
        ] {
            let shelf = Shelf::new(&text).set(|config| config.markdown.html = false);
            let article = shelf.typeset().unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
            assert_eq!(dangers(&article.html), [""; 0], "{text}");
            assert_eq!(dangers(&article.summary), [""; 0], "{text}");
            let said = article.warnings.iter().find(|one| one.code == "link/unsafe");
            let place = said.and_then(|one| one.place.as_ref()).unwrap_or_else(|| panic!("nothing is said of {text}"));
            let start = place.span.clone().unwrap().start;
            assert!(start >= "+++\n+++\na\n\n".len(), "{text}: the place is in the link");
        }
    }
    let trusted = Shelf::new("[x](javascript:alert(1))").html();
    assert_eq!(dangers(&trusted), ["a href=\"javascript:alert(1)\""], "the judge sees what there is");
}

#[test]
fn no_markup_of_an_untrusted_author_reaches_the_page() {
    for text in [
        "<script>alert(1)</script>",
        "a <script>alert(1)</script> b",
        "<img src=x onerror=alert(1)>",
        "a <img src=x onerror=alert(1)> b",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<svg/onload=alert(1)>",
        "<!-- --><script>alert(1)</script>",
        "<!-- a --> b <script>alert(1)</script>",
        "<javascript:alert(1)>",
        "<div>\n\n<style>*{}</style>\n\n</div>",
        "<?php ?><script>alert(1)</script>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "## x {onclick=alert(1) style=a}",
        "## x {#\"onclick=alert(1)}",
        "[x](/ \"\\\" onclick=alert(1)\")",
        "![\" onerror=alert(1) x=\"](https://a.example/x.png)",
        "```\"onclick=alert(1)\nx\n```",
        "```x title=\"<script>\"\nx\n```",
        "[^<script>]\n\n[^<script>]: x",
        "| <script> |\n|---|\n| <iframe src=x> |",
        "x\n: <base href=//a.example>",
        "<plaintext>",
    ] {
        let shelf = Shelf::new(text).set(|config| config.markdown.html = false);
        let article = shelf.typeset().unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(dangers(&article.html), [""; 0], "{text}: {}", article.html);
        assert_eq!(dangers(&article.summary), [""; 0], "{text}: {}", article.summary);
    }
}
