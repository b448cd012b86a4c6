//! The law of the way from HTML to Markdown: what the house's own typesetting makes of the Markdown is what the HTML was.

use proptest::prelude::*;

use super::tree::{Id, Kind, Tree, is_void};
use super::*;
use crate::article::tests::html;

fn markdown(html: &str) -> String {
    to_markdown(html, Options::default()).markdown
}

/// Writes a tree without what typesetting adds: ids and anchors of headings, colours of code, wrappers of tables, and the like.
fn undressed(tree: &Tree, id: Id, in_code: bool, out: &mut String) {
    let text = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\u{a0}', "&nbsp;");
    let children = |in_code: bool, out: &mut String| {
        tree.children(id).iter().for_each(|child| undressed(tree, *child, in_code, out));
    };
    match &tree.node(id).kind {
        Kind::Root => children(in_code, out),
        Kind::Text(own) => out.push_str(&text(own)),
        Kind::Comment(_) => {}
        Kind::Element(element) => {
            let name = element.name.as_str();
            let class = element.attribute("class").unwrap_or_default();
            let is_dress =
                in_code && matches!(name, "span" | "mark" | "ins" | "del") && element.attribute("class").is_some();
            if name == "a" && class == "heading-anchor" {
                return;
            }
            if is_dress || class == "table-scroll" || name == "html" {
                return children(in_code, out);
            }
            out.push_str(&format!("<{name}"));
            for (key, value) in &element.attributes {
                let is_added = matches!(
                    (name, key.as_str(), value.as_str()),
                    ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", "id", _)
                        | ("pre", "class", "code")
                        | ("pre", "tabindex", _)
                        | ("th", "scope", "col")
                        | ("li", "class", "task-list-item")
                        | ("input", "aria-label", "Done")
                        | ("img", "loading", "lazy")
                );
                if !is_added {
                    out.push_str(&format!(" {key}=\"{}\"", text(value).replace('"', "&quot;").replace('\n', "&#10;")));
                }
            }
            out.push('>');
            if element.is_html && is_void(name) {
                return;
            }
            let is_raw = matches!(name, "script" | "style" | "iframe" | "xmp" | "noembed" | "noframes" | "plaintext");
            if is_raw {
                out.push_str(&tree.text(id));
            } else {
                if matches!(name, "pre" | "textarea") {
                    out.push('\n');
                }
                children(in_code || name == "pre", out);
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}

fn plain(html: &str) -> String {
    let tree = Tree::read(html).unwrap();
    let mut out = String::new();
    undressed(&tree, tree.root(), false, &mut out);
    // An empty heading of a link to itself leaves a blank behind.
    essence(&Tree::read(&out).unwrap())
}

/// Demands that typesetting gives back what the HTML was.
fn holds(source: &str) -> String {
    let converted = markdown(source);
    if Tree::read(source).is_some_and(|tree| converted == in_one(&tree).markdown) {
        // A tree that no HTML can say again, such as a link in a link: its words are all there.
        let words =
            |html: &str| Tree::read(html).map(|tree| tree.text(tree.root()).split_whitespace().collect::<String>());
        assert_eq!(words(&html(&converted)), words(source));
        return converted;
    }
    assert_eq!(plain(&html(&converted)), plain(source), "\nfrom: {source}\nMarkdown: {converted}");
    converted
}

#[test]
fn what_markdown_can_say_becomes_markdown() {
    for (source, expected) in [
        (
            "<p>One <em>two</em>\n <strong>three</strong>.</p><p>Four<br>\nfive</p>",
            "One *two* **three**.\n\nFour\\\nfive\n",
        ),
        ("<h2 id=\"a-b\">A &amp; b</h2><h3>C</h3>", "## A & b {#a-b}\n\n### C\n"),
        ("<h2 class=\"wide high\">A {b} #</h2>", "## A &#123;b} \\# {.wide .high}\n"),
        (
            "<p><a href=\"https://a.example/x_y\" title='\"T\"'>a]</a></p>",
            "[a\\]](https://a.example/x_y \"\\\"T\\\"\")\n",
        ),
        ("<p><a href=\"https://a.example/\">https://a.example/</a></p>", "<https://a.example/>\n"),
        (
            "<p><img src=\"https://a.example/a b.png\" alt=\"[a]\" title=\"t\"></p>",
            "![\\[a\\]](<https://a.example/a b.png> \"t\")\n",
        ),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c\n"),
        ("<ol start=\"9\"><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>", "9. a\n\n   b\n\n10. c\n"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b\n"),
        ("<ul><li><input type=checkbox disabled checked> done</li></ul>", "- [x] done\n"),
        ("<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>", "> a\n>\n> > b\n"),
        ("<pre><code class=\"language-rust\">fn a() {}\n\n```\n</code></pre>", "````rust\nfn a() {}\n\n```\n````\n"),
        ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb\n"),
        (
            "<table><thead><tr><th>a</th><th>b|c</th></tr></thead><tbody><tr><td><code>x|y</code></td><td></td></tr></tbody></table>",
            "| a | b\\|c |\n|---|---|\n| `x\\|y` |  |\n",
        ),
        ("<p>Use <code>a`b</code>, <del>c</del></p>", "Use ``a`b``, ~~c~~\n"),
        ("Bare <em>text</em><p>p</p>and more", "Bare *text*\n\np\n\nand more\n"),
    ] {
        assert_eq!(holds(source), expected);
        assert_eq!(to_markdown(source, Options::default()).kept, 0, "{source}");
    }
}

#[test]
fn what_markdown_cannot_say_is_kept() {
    for (source, expected) in [
        ("<p class=\"x\">a <em>b</em></p>", "<p class=\"x\">a <em>b</em></p>\n"),
        ("<p>a <b>b</b> <span style=\"x\">*c*</span></p>", "a <b>b</b> <span style=\"x\">\\*c\\*</span>\n"),
        (
            "<p><a href=\"https://a.example/\" rel=\"me\">a *</a></p>",
            "<a href=\"https://a.example/\" rel=\"me\">a \\*</a>\n",
        ),
        ("<div>\n\n<p>a</p>\n\n\n<p>b</p></div>", "<div>\n<p>a</p>\n<p>b</p></div>\n"),
        ("<div><pre>a\n\nb</pre></div>", "<div><pre>a\n&#10;b</pre></div>\n"),
        ("<pre>\n\na\n\n*b*</pre>", "<pre>\n\na\n\n*b*</pre>\n"),
        (
            "<iframe src=\"https://a.example/\" allowfullscreen></iframe>",
            "<iframe src=\"https://a.example/\" allowfullscreen></iframe>\n",
        ),
        (
            "<video src=\"https://a.example/v.mp4\" controls>No <b>video</b></video>",
            "<video src=\"https://a.example/v.mp4\" controls>\nNo <b>video</b></video>\n",
        ),
        ("<script>\na();\n\nb(\"{{ x() }}\");\n</script>", "<script>\na();\n\nb(\"{{ x() }}\");\n</script>\n"),
        ("<p></p><p>a<em> b </em>c</p>", "<p></p>\n\na<em> b </em>c\n"),
        ("<blockquote>bare</blockquote>", "<blockquote>bare</blockquote>\n"),
        ("<ul><li><p>only one</p></li></ul>", "<ul><li><p>only one</p></li></ul>\n"),
        (
            "<table><tr><td colspan=2>a</td></tr></table>",
            "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>\n",
        ),
        ("<a href=\"https://a.example/\"><div>a</div></a>", "<!----><a href=\"https://a.example/\"><div>a</div></a>\n"),
    ] {
        assert_eq!(holds(source), expected);
        assert!(to_markdown(source, Options::default()).kept > 0, "{source}");
    }
}

#[test]
fn text_that_looks_like_markdown_stays_text() {
    for text in [
        "1. a",
        "12) a",
        "# a",
        "#a",
        "- a",
        "+ a",
        "&gt; a",
        "* a",
        "___",
        "***",
        "---",
        "===",
        "~~~",
        "```",
        "    a",
        "a_b_c",
        "_a_",
        "*a*",
        "**a**",
        "[a](b)",
        "[a]: b",
        "[^1]: a",
        "a[^1]",
        "![a](b)",
        "&lt;b>a&lt;/b>",
        "&lt;https://a.example>",
        "&amp;amp;",
        "&amp;#65;",
        "`a`",
        "a\\*b",
        "a\\",
        "C:\\new",
        "$5 and $6",
        "$$x$$",
        "~~a~~",
        "~a~",
        ": a",
        "| a | b |",
        ":x:",
        "{{ figure(src=\"x\") }}",
        "{% note() %}",
        "{{&lt; x >}}",
        "{#a}",
        "{.a}",
        "https://a.example/",
        "www.a.example",
        "ada@a.example",
        "mailto:ada@a.example",
        "[!NOTE] a",
        "[[a]]",
        "[ ] a",
        "[x] a",
        "a!",
        "\u{a0}",
        "\u{a0}a\u{a0}",
        "“a” – b…",
        "\"a\" -- 'b'...",
        "a  b",
        "+++",
        "%%",
        "==a==",
        "a^b^",
        "H~2~O",
        "2 * 3 * 4",
        "&lt;!-- a -->",
        "x &lt; y",
        "AT&amp;T",
        "!",
        "a:b",
        "::: x",
        "\u{1f600}",
        "İ",
        "{{{{ x() }}",
        "\\{{ x() }}",
    ] {
        for source in [
            format!("<p>{text}</p>"),
            format!("<p>a<br>{text}</p>"),
            format!("<p>a<br>{text}<br>{text}</p>"),
            format!("<h2>{text}</h2>"),
            format!("<ul><li>{text}</li><li>{text}</li></ul>"),
            format!("<p><em>{text}</em>{text}<strong>{text}</strong></p>"),
            format!("<p>{text}<a href=\"https://b.example/\">{text}</a>{text}</p>"),
            format!("<table><thead><tr><th>{text}</th></tr></thead><tbody><tr><td>{text}</td></tr></tbody></table>"),
            format!("<blockquote><p>{text}</p></blockquote><p>{text}</p>"),
            format!("<pre><code>{text}</code></pre>"),
            format!("<p><code>{text}</code></p>"),
            format!("<div class=\"x\">{text}\n\n{text}</div>"),
            format!("<p><img src=\"https://b.example/a.png\" alt=\"{}\"></p>", text.replace('"', "&quot;")),
            text.to_owned(),
        ] {
            holds(&source);
        }
    }
}

#[test]
fn a_text_is_not_escaped_more_than_it_needs() {
    for text in [
        "2 * 3",
        "A plain sentence, isn't it? (Yes.) 3.5 & 7 - 2 > 1!",
        "snake_case and 2 * 3 = 6",
        "C:\\Windows\\system",
        "Note: at 10:30 #tag",
    ] {
        let source = format!("<p>{}</p>", text.replace('&', "&amp;").replace('>', "&gt;"));
        assert_eq!(markdown(&source), format!("{text}\n"));
    }
}

#[test]
fn relative_links_are_resolved_where_the_page_stood() {
    let options = Options { address: Some("/2011/03/watching/"), ..Options::default() };
    let source = "<p><a href=\"a.html#b\">a</a> <a href=\"../x/?y=1\">b</a> <a href=\"#c\">c</a> <a name=\"f\"></a><a href=\"#f\">f</a> <a href=\"/d\">d</a> <a href=\"mailto:e\">e</a></p>";
    assert_eq!(
        to_markdown(source, options).markdown,
        "[a](/2011/03/watching/a.html#b) [b](/2011/03/x/?y=1) [c](/2011/03/watching/#c) <a name=\"f\"></a>[f](#f) [d](/d) [e](mailto:e)\n"
    );
}

#[test]
fn classes_without_a_meaning_are_left_out() {
    let options = Options { drop_classes: &["wp-"], ..Options::default() };
    let source = "<pre class=\"wp-block-code\"><code>a</code></pre><p class=\"wp-x big\">b</p>";
    assert_eq!(to_markdown(source, options).markdown, "```\na\n```\n\n<p class=\"big\">b</p>\n");
}

#[test]
fn html_that_nests_deep_takes_no_stack() {
    for piece in ["<div>", "<blockquote>", "<ul><li>a", "<em>", "<b>", "<span class=x>", "<details>", "<svg><g>"] {
        let source = piece.repeat(150 / piece.matches('<').count()) + "words";
        assert!(markdown(&source).contains("words"), "{piece}");
    }
}

#[test]
fn html_that_nests_without_end_is_kept() {
    let source = "<div>".repeat(100_000);
    assert_eq!(to_markdown(&source, Options::default()).kept, 1);
}

/// Pieces of which any HTML may be made, broken HTML included.
const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<p class=x>",
    "<em>",
    "</em>",
    "<strong>",
    "</strong>",
    "<b>",
    "</b>",
    "<code>",
    "</code>",
    "<pre>",
    "</pre>",
    "<pre><code class=language-rust>",
    "</code></pre>",
    "<ul>",
    "</ul>",
    "<ol>",
    "<ol start=3>",
    "</ol>",
    "<li>",
    "</li>",
    "<blockquote>",
    "</blockquote>",
    "<h2>",
    "<h2 id=a>",
    "</h2>",
    "<a href='https://a.example/?a=1&b=2'>",
    "<a href='https://a.example/(x)' title='t'>",
    "</a>",
    "<img src=https://a.example/a.png alt='a *b*'>",
    "<img src='https://a.example/a_b c.png'>",
    "<br>",
    "<hr>",
    "<table>",
    "<thead><tr><th>",
    "</th></tr></thead>",
    "<tbody><tr><td>",
    "</td></tr></tbody>",
    "</table>",
    "<div>",
    "</div>",
    "<span class=y>",
    "</span>",
    "<del>",
    "</del>",
    "<!-- c -->",
    "<iframe src=https://a.example/></iframe>",
    "<input type=checkbox disabled>",
    "a",
    "b ",
    " c",
    "\n",
    "\n\n",
    "1. ",
    "- ",
    "# ",
    "* ",
    "_",
    "`",
    "[x](y)",
    "[",
    "]",
    "!",
    "$",
    "~",
    "\\",
    "&amp;lt;",
    "&lt;i>",
    "|",
    ":",
    "{{ a() }}",
    "{% b() %}",
    "{",
    "www.a.example",
    "https://b.example",
    "é",
    "&nbsp;",
    "\"",
    "...",
    "=",
    ">",
    "<details><summary>",
    "</summary>",
    "</details>",
    "<video src=https://a.example/v.mp4>",
    "</video>",
    "<sup>",
    "</sup>",
    "<svg><path d=x /></svg>",
    "    ",
    "\t",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_html_comes_back(picks in prop::collection::vec(0..PIECES.len(), 0..24)) {
        let source: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        holds(&source);
    }

    #[test]
    fn any_text_comes_back(text in "[ -~é\n]{0,40}") {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        holds(&format!("<p>{text}</p>"));
        holds(&format!("<ul><li>{text}<ul><li>{text}</li></ul></li></ul>"));
        holds(&format!("<h3>{text}</h3><p>x <em>{text}</em> <code>{text}</code></p>"));
    }
}
