//! What is shortened and what is left, and html5ever's word that nothing else has changed.

use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;

use super::*;

#[test]
fn runs_of_white_space_are_one_character_and_comments_go() {
    for (before, after) in [
        ("<p>a  b\n\n  c</p>\n\n  <p>d", "<p>a b\nc</p>\n<p>d"),
        ("<b>a </b> b <!-- c --> d", "<b>a </b> b d"),
        ("<p><!-- c -->b<!-- c --></p>", "<p>b</p>"),
        ("<!-- c -->", ""),
        ("<!doctype html>\n\n<!-- x -->\n<html>", "<!doctype html>\n<html>"),
        ("1 < 2  &amp;&#32;&#32;3", "1 < 2 &amp;&#32;&#32;3"),
        ("<input  value=\"a   b\"  hidden>", "<input  value=\"a   b\"  hidden>"),
        ("a\u{a0}\u{a0}b", "a\u{a0}\u{a0}b"),
    ] {
        assert_eq!(minified(before).as_deref(), Some(after), "{before}");
    }
}

#[test]
fn what_white_space_means_something_in_is_kept_byte_for_byte() {
    for kept in [
        "<pre>a  b\n\n\n<b>  c</b><!--  d  --></pre>",
        "<PRE>a  <span>  </span><pre>  </pre>  b</PRE>",
        "<textarea>\n\n a  b\n<!-- x -->  </TEXTAREA >",
        "<script>if (a  <  b)  { x = '</p>' }\n\n// </scriptx>\n</script>",
        "<style>a::before  { content: '  ' }</style>",
        "<title>a  b</title>",
        "<svg viewBox=\"0 0 1 1\"><text>a  b</text><svg/>  </svg>",
        "<math><mtext>a  b</mtext></math>",
        "<template>  <p>  </p>  </template>",
        "<noscript>  <img src=\"a\">  </noscript>",
        "&<!-- c -->amp;",
        "<!--[if IE]>  x  <![endif]-->",
        "<!--#include  file=\"x\" -->",
    ] {
        let page = format!("<p>a  b</p>{kept}<p>c  d</p>");
        assert_eq!(minified(&page), Some(format!("<p>a b</p>{kept}<p>c d</p>")), "{kept}");
    }
}

#[test]
fn a_page_in_doubt_is_left_as_it_is() {
    for page in [
        "<p style=\"white-space: pre-wrap\">a  b</p>",
        "<p STYLE='White-Space:pre'>a  b</p>",
        "<p>a  b</pre>",
        "<pre>a  b",
        "<p title=\"a  b",
        "<p title=a\"b>c  d",
        "<p title=\"a\" b'=c>d  e",
        "<a <b>c  d",
        "<script><!-- <script>  </script>  --></script>  x",
        "<script>a  b",
        "<svg><style>a<b>  c</style></svg>",
        "<svg><![CDATA[  ]]></svg>",
        "<!-->  x -->",
        "<!--> -->a  b",
        "<!-- a --!> b  c -->",
        "a <!-- b",
        "</ x>a  b",
        "<?xml version=\"1.0\"?>  <p>",
        "<plaintext>a  b",
    ] {
        assert_eq!(minified(page), None, "{page}");
    }
}

/// What a browser makes of a page: elements and attributes as they are, white space outside of what is kept as one blank,
/// comments that nobody reads left out.
fn seen(html: &str) -> String {
    let options = ParseOpts {
        tree_builder: html5ever::tree_builder::TreeBuilderOpts { scripting_enabled: true, ..Default::default() },
        ..Default::default()
    };
    let dom = parse_document(RcDom::default(), options).one(html);
    let mut out = String::new();
    walk(&dom.document, false, &mut out);
    out
}

fn walk(node: &Handle, kept: bool, out: &mut String) {
    let mut kept = kept;
    match &node.data {
        NodeData::Text { contents } if kept => out.push_str(&contents.borrow()),
        NodeData::Text { contents } => {
            for sign in contents.borrow().chars() {
                match is_space(sign) {
                    true if out.ends_with(' ') => {}
                    true => out.push(' '),
                    false => out.push(sign),
                }
            }
        }
        NodeData::Comment { contents } if kept || contents.starts_with(['[', '#', '!', '<']) => {
            out.push_str(&format!("<!--{contents}-->"));
        }
        NodeData::Element { name, attrs, template_contents, .. } => {
            let tag = name.local.to_string();
            kept |= KEPT.contains(&&*tag) || RAW.contains(&&*tag);
            out.push_str(&format!("<{tag}"));
            for attribute in attrs.borrow().iter() {
                out.push_str(&format!(" {}={:?}", attribute.name.local, attribute.value));
            }
            out.push('>');
            if let Some(contents) = template_contents.borrow().as_ref() {
                walk(contents, true, out);
            }
            for child in node.children.borrow().iter() {
                walk(child, kept, out);
            }
            out.push_str(&format!("</{tag}>"));
            return;
        }
        _ => {}
    }
    for child in node.children.borrow().iter() {
        walk(child, kept, out);
    }
}

/// Pieces of which pages are put together, in good order and in bad.
const PIECES: [&str; 44] = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<em class=\"a  b\">",
    "</em>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<textarea>",
    "</textarea>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<svg>",
    "</svg>",
    "<math>",
    "</math>",
    "<template>",
    "</template>",
    "<ul>",
    "<li>",
    "</ul>",
    "<div title='x>y'>",
    "</div>",
    "<br>",
    "<!-- c -->",
    "<!--[if IE]> x <![endif]-->",
    " ",
    "  ",
    "\n",
    " \n\t ",
    "word",
    "a < b",
    "&amp;",
    "<",
    ">",
    "\"",
    "<!--",
    "-->",
    "<title>",
    "</title>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn html5ever_sees_the_same_page(picks in prop::collection::vec(0..PIECES.len(), 0..40), quiet in any::<bool>()) {
        // Half of the pages leave the broken pieces out, so that many are shortened at all.
        let page: String = picks.iter().map(|pick| PIECES[*pick]).filter(|piece| !quiet || !matches!(*piece, "<" | "\"" | "<!--" | "-->")).collect();
        let page = format!("<!doctype html><html><head></head><body>{page}");
        if let Some(short) = minified(&page) {
            prop_assert!(short.len() <= page.len());
            prop_assert_eq!(seen(&short), seen(&page), "{} became {}", page, short);
            prop_assert_eq!(minified(&short), Some(short), "shortened once is shortened");
        }
    }
}
