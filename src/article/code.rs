//! Owns what a block of code becomes on the page: `<pre class="code">`, its lines, its title.
//!
//! A line only gets an element of its own where it is numbered or marked. A block that was written
//! before is not highlighted again.

use std::sync::Arc;

use super::escape::{push_attribute, push_text};
use super::fence::Fence;
use super::highlight::engine::Piece;
use super::highlight::scheme::Look;
use super::highlight::{Coloured, Highlighter};
use crate::diagnostic::Diagnostic;

/// Writes the blocks of code of one text.
#[derive(Debug, Clone)]
pub(super) struct Code<'c> {
    /// None: code has no colours, on the whole site.
    pub(super) highlighter: Option<&'c Highlighter>,
    /// Whether lines are numbered unless the block says otherwise.
    pub(super) numbered: bool,
    /// Whether a block was written that needs the stylesheet.
    pub(super) written: bool,
}

impl Code<'_> {
    /// Writes a block; returns what there is to say about it, without its place.
    pub(super) fn write(&mut self, info: &str, code: &str, out: &mut String) -> Vec<Diagnostic> {
        let fence = Fence::read(info);
        if let Some(title) = &fence.title {
            out.push_str("<figure class=\"code-block\">\n<figcaption class=\"code-title\">");
            push_text(out, title);
            out.push_str("</figcaption>\n");
        }
        out.push_str(if self.highlighter.is_some() {
            "<pre class=\"code\" tabindex=\"0\">"
        } else {
            "<pre tabindex=\"0\">"
        });
        out.push_str("<code");
        if !fence.language.is_empty() {
            out.push_str(" class=\"language-");
            push_attribute(out, fence.language);
            out.push('"');
        }
        out.push('>');
        let mut remarks = Vec::new();
        match self.highlighter {
            Some(highlighter) => {
                self.written = true;
                let Coloured { lines, remarks: found } = highlighter.colour(fence.language, code);
                remarks = found;
                let mut writer = Lines { highlighter, out, open: None };
                writer.write(&fence, fence.numbered.unwrap_or(self.numbered), code, &lines);
            }
            None => push_text(out, code),
        }
        out.push_str("</code></pre>\n");
        if fence.title.is_some() {
            out.push_str("</figure>\n");
        }
        remarks
    }
}

/// Writes the lines of one block.
struct Lines<'c, 'o> {
    highlighter: &'c Highlighter,
    out: &'o mut String,
    /// The look of the span that is open.
    open: Option<Look>,
}

impl Lines<'_, '_> {
    fn write(&mut self, fence: &Fence<'_>, numbered: bool, code: &str, coloured: &[Arc<[Piece]>]) {
        for (index, line) in code.split_inclusive('\n').enumerate() {
            if fence.hides(index + 1) {
                continue;
            }
            let marked = fence.marks(index + 1);
            let element = if marked { "mark" } else { "span" };
            if numbered || marked {
                self.close();
                self.out.push('<');
                self.out.push_str(element);
                self.out.push_str(" class=\"line\"");
                if numbered {
                    self.out.push_str(" data-line=\"");
                    self.out.push_str(&(fence.first + index).to_string());
                    self.out.push('"');
                }
                self.out.push('>');
            }
            self.line(line, coloured.get(index).map(|pieces| &**pieces).unwrap_or_default());
            if numbered || marked {
                self.close();
                self.out.push_str("</");
                self.out.push_str(element);
                self.out.push('>');
            }
        }
        self.close();
    }

    fn line(&mut self, line: &str, pieces: &[Piece]) {
        let mut start = 0;
        for &(end, look) in pieces {
            let end = end as usize;
            if self.open != Some(look) {
                self.close();
                if !look.is_plain() {
                    self.out.push_str("<span class=\"");
                    self.highlighter.scheme().push_classes(look, self.out);
                    self.out.push_str("\">");
                    self.open = Some(look);
                }
            }
            push_text(self.out, &line[start..end]);
            start = end;
        }
        push_text(self.out, &line[start..]);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.out.push_str("</span>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Shelf, html};

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
            block.contains("\"><span class=\"line\" data-line=\"1\">a\n</span><mark class=\"line\" data-line=\"2\">b\n</mark></code>"),
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
    fn lines_can_be_left_out() {
        assert!(code("text,hide_lines=2", "a\nb\nc").contains(">a\nc\n</code>"));
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
        let said =
            "code/language: no grammar is known as `pyhton`, so this code has no colours; did you mean `python`?";
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
}
