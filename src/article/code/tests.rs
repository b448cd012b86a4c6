//! Blocks of code on the page.

use crate::article::tests::{Shelf, html};
use crate::config::CodeStyle;

fn code(info: &str, code: &str) -> String {
    html(&format!("```{info}\n{code}\n```\n"))
}

#[test]
fn code_is_coloured_by_short_classes() {
    assert_eq!(
        code("rust", "let x = \"<a>\"; // b"),
        "<pre class=\"code\" tabindex=\"0\"><code class=\"language-rust\">\
         <span class=\"k5\">let</span> x = <span class=\"k2\">\"&lt;a&gt;\"</span>; <span class=\"k1\">// b\n</span></code></pre>\n"
    );
}

#[test]
fn a_comment_over_several_lines_is_one_element() {
    assert_eq!(code("rust", "/* a\n   b */").matches("<span").count(), 1);
}

#[test]
fn a_line_has_an_element_only_where_it_needs_one() {
    let block = code("text {linenos, 2}", "a\nb");
    assert!(
        block.contains(
            "\"><span class=\"line\" data-line=\"1\">a\n</span><mark class=\"line\" data-line=\"2\">b\n</mark></code>"
        ),
        "{block}"
    );
    let block = code("text {2}", "a\nb\nc");
    assert!(block.contains("\">a\n<mark class=\"line\">b\n</mark>c\n</code>"), "{block}");
}

#[test]
fn lines_can_be_numbered_by_default_and_from_any_number() {
    let numbered = |info: &str| {
        let shelf = Shelf::new(&format!("```{info}\na\n```\n"));
        shelf.set(|config| config.highlight.line_numbers = true).html().contains("data-line=\"1\"")
    };
    assert!(numbered("rust") && numbered("") && !numbered("rust {linenos=false}"));
    assert!(code("rust,linenos,linenostart=99", "a").contains("data-line=\"99\""));
}

#[test]
fn lines_that_were_put_in_or_taken_out_have_elements_that_say_so() {
    let block = code("text ins=1 del=2", "a\nb\nc");
    assert!(
        block.contains(
            "\"><ins class=\"line\" data-sign=\"+\">a\n</ins><del class=\"line\" data-sign=\"\u{2212}\">b\n</del>c\n</code>"
        ),
        "{block}"
    );
    let block = code("diff", "--- a\n+++ b\n-x\n+y\n z");
    assert_eq!((block.matches("<del class=\"line\">").count(), block.matches("<ins class=\"line\">").count()), (1, 1));
    assert!(!block.contains("data-sign"), "the code has signs of its own: {block}");
}

#[test]
fn a_number_can_be_a_link_whose_id_no_other_block_has() {
    let text = "```text {linenos, anchors=true}\na\n```\n\n```text anchors linenostart=7\nb\n```\n";
    let article = Shelf::new(text).typeset().unwrap();
    for (id, number) in [("code-posts-a-1-1", 1), ("code-posts-a-2-7", 7)] {
        let line = format!(
            "<span class=\"line\" id=\"{id}\"><a href=\"#{id}\" data-line=\"{number}\" aria-label=\"Line {number}\"></a>"
        );
        assert!(article.html.contains(&line), "{}", article.html);
    }
    assert!(article.summary.contains("data-line=\"1\">a") && !article.summary.contains("id="), "{}", article.summary);
}

#[test]
fn colours_can_stand_in_the_page() {
    let shelf = Shelf::new("```rust\nlet x = 1;\n```\n").set(|config| config.highlight.style = CodeStyle::Inline);
    let html = shelf.html();
    assert!(
        html.contains("<pre class=\"code\" tabindex=\"0\" style=\"color:#1f2328;color:light-dark(#1f2328,"),
        "{html}"
    );
    assert!(html.contains("<span style=\"color:#") && !html.contains("<span class"), "{html}");
}

#[test]
fn lines_can_be_left_out() {
    assert!(code("text,hide_lines=2", "a\nb\nc").contains(">a\nc\n</code>"));
    let plain = Shelf::new("```text hide_lines=1-2\na\nb\nc\n```\n").set(|config| config.highlight.enabled = false);
    assert!(plain.html().contains(">c\n</code>"), "{}", plain.html());
}

#[test]
fn a_title_stands_over_the_code() {
    let block = code("text title=\"<a>\"", "b");
    assert_eq!(
        block,
        "<figure class=\"code-block\">\n<figcaption class=\"code-title\">&lt;a&gt;</figcaption>\n\
         <pre class=\"code\" tabindex=\"0\"><code class=\"language-text\">b\n</code></pre>\n</figure>\n"
    );
}

#[test]
fn an_unknown_language_is_left_plain_and_said() {
    let shelf = Shelf::new("x\n\n```pyhton\na < b\n```\n");
    assert!(shelf.html().contains("<code class=\"language-pyhton\">a &lt; b\n</code>"));
    let said = "code/language: no grammar is known as `pyhton`, so this code has no colours; did you mean `python`?";
    assert_eq!(shelf.problems(), [("```pyhton".to_owned(), said.to_owned())]);
}

#[test]
fn a_line_beyond_measure_is_left_plain_and_said() {
    let shelf = Shelf::new(&format!("```js\nlet a;\n{}\n```\n", "x".repeat(10_001)));
    assert!(!shelf.html().contains("<span"));
    assert!(shelf.problems()[0].1.starts_with("code/long-line: line 2 of this code is too long"));
}

#[test]
fn without_highlighting_code_is_only_escaped() {
    let shelf = Shelf::new("```rust {linenos}\na < b\n```\n").set(|config| config.highlight.enabled = false);
    let article = shelf.typeset().unwrap();
    assert_eq!(article.html, "<pre tabindex=\"0\"><code class=\"language-rust\">a &lt; b\n</code></pre>\n");
    assert!(!article.has_code);
}

#[test]
fn a_post_knows_whether_it_has_code() {
    assert!(Shelf::new("    a\n").typeset().unwrap().has_code);
    assert!(!Shelf::new("`a`\n").typeset().unwrap().has_code);
}

#[test]
fn code_that_was_seen_before_comes_out_the_same() {
    let text = "```python\ndef f(x):\n    \"\"\"a\n    b\"\"\"\n    return x\n```\n".repeat(3);
    let block = html(&text);
    let one = block.len() / 3;
    assert!(block[..one] == block[one..2 * one] && block[..one] == block[2 * one..]);
}
