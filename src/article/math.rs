//! Owns formulas: TeX in, MathML out, while the site is built. No page needs a script for them.
//!
//! Refuses what is no TeX, and says at which character; formulas nested beyond all measure; and links and labels,
//! whose addresses and ids belong to the post. The TeX stays beside the MathML as an annotation, for feed readers and
//! for whoever copies it.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use super::mathml;
use crate::diagnostic::Diagnostic;

/// More that opens without closing is refused: formulas are read by recursion.
const DEEPEST: usize = 64;

/// What would link, or give an id.
const LINKS: &[&str] = &["href", "url", "label", "ref", "eqref"];

/// What is wrong with a formula, and with which of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) at: Range<usize>,
}

impl Fault {
    /// Says it, without its place.
    pub(super) fn diagnostic(self) -> Diagnostic {
        let hint = "mend the TeX, or write `\\$` for a dollar sign";
        Diagnostic::error("math/invalid", self.message).hint(hint)
    }
}

/// Returns a formula as MathML; `block` if it stands on lines of its own.
pub(super) fn mathml(tex: &str, block: bool) -> Result<String, Fault> {
    refuse(tex)?;
    let display = if block { MathDisplay::Block } else { MathDisplay::Inline };
    let config = MathCoreConfig { annotation: true, ..MathCoreConfig::default() };
    let broken = |message: &str| Fault { message: message.to_owned(), at: 0..tex.len() };
    let converter = LatexToMathML::new(config).map_err(|_| broken("this formula cannot be read"))?;
    let outcome = catch_unwind(AssertUnwindSafe(|| converter.convert_with_local_state(tex, display)));
    match outcome {
        Ok(Ok(converted)) => {
            let mathml = mathml::settled(converted.mathml);
            // A wide one is scrolled, by the keyboard too.
            Ok(match block {
                true => format!("<span class=\"math-scroll\" tabindex=\"0\">{mathml}</span>"),
                false => mathml,
            })
        }
        Ok(Err(error)) => {
            let start = tex.floor_char_boundary(error.0.start.min(tex.len()));
            let end = tex.ceil_char_boundary(error.0.end.clamp(start, tex.len()));
            let mut message = error.error_message();
            if let Some(first) = message.get(..1).map(str::to_ascii_lowercase) {
                message.replace_range(..1, &first);
            }
            let message = message.trim_end_matches('.').replace('"', "`");
            Err(Fault { message: format!("this formula cannot be read: {message}"), at: start..end })
        }
        Err(_) => Err(broken("this formula cannot be read")),
    }
}

/// Refuses what must not reach the converter.
fn refuse(tex: &str) -> Result<(), Fault> {
    let bytes = tex.as_bytes();
    let mut open: usize = 0;
    // Commands take their arguments from what follows, so that a row of them nests.
    let mut row = 0;
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'\\' => {
                let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let name = &tex[at..at + length];
                if LINKS.contains(&name) {
                    let message = format!("a formula cannot hold `\\{name}`");
                    return Err(Fault { message, at: start..at + length });
                }
                match name {
                    "begin" | "left" => open += 1,
                    "end" | "right" => open = open.saturating_sub(1),
                    _ => {}
                }
                row += 1;
                at += match length {
                    0 => tex[at..].chars().next().map_or(0, char::len_utf8),
                    _ => length,
                };
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            b'^' | b'_' | b'\'' => row += 1,
            byte if byte.is_ascii_whitespace() => {}
            _ => row = 0,
        }
        if open + row > DEEPEST {
            let message = "this formula is nested too deep to be read".to_owned();
            return Err(Fault { message, at: start..tex.ceil_char_boundary(at.min(tex.len())) });
        }
    }
    Ok(())
}

/// Returns where in the Markdown some bytes of a formula stand. The formula stands within `range`, perhaps with marks
/// of a quote or an indentation before each line.
pub(super) fn place(markdown: &str, range: Range<usize>, tex: &str, at: Range<usize>) -> Range<usize> {
    let Some(block) = markdown.get(range.clone()) else { return range };
    if let Some(start) = block.find(tex).filter(|_| !tex.is_empty()) {
        return range.start + start + at.start..range.start + start + at.end;
    }
    let line_start = tex[..at.start].rfind('\n').map_or(0, |end| end + 1);
    let line = tex[line_start..].split('\n').next().unwrap_or_default().trim_end();
    let number = tex[..line_start].matches('\n').count();
    let mut start = range.start;
    let mut before = number;
    for written in block.split_inclusive('\n') {
        if let Some(column) = written.find(line).filter(|_| !line.is_empty())
            && (before == 0 || !tex[..line_start].contains(line))
        {
            let from = start + column + (at.start - line_start);
            return from..(from + at.len()).min(start + written.len());
        }
        before = before.saturating_sub(1);
        start += written.len();
    }
    let first = block.find('\n').unwrap_or(block.len());
    range.start..range.start + first
}

#[cfg(test)]
mod tests {
    use super::super::outline;
    use super::super::tests::{RULE, Shelf};
    use super::*;
    use crate::config::MarkdownRule;

    fn shelf(markdown: &str) -> Shelf {
        Shelf::new(markdown).set(|config| config.markdown.math = true)
    }

    #[test]
    fn a_formula_becomes_mathml_with_its_tex_beside_it() {
        let html = shelf("So $a < b$ it is.\n").html();
        assert!(html.starts_with("<p>So <math><semantics>"), "{html}");
        assert!(html.contains("<mo>&lt;</mo>"), "{html}");
        assert!(
            html.ends_with(
                "<annotation encoding=\"application/x-tex\">a &lt; b</annotation></semantics></math> it is.</p>\n"
            ),
            "{html}"
        );
        let html = shelf("$$\n\\frac{1}{2}\n$$\n\n```math\nx^2\n```\n").html();
        assert_eq!(html.matches("<math display=\"block\">").count(), 2, "{html}");
        assert!(html.contains("<mfrac>") && html.contains("<msup>") && !html.contains("<pre"), "{html}");
    }

    #[test]
    fn prices_code_and_escapes_are_no_formulas() {
        for text in ["It costs $5 and $6.", "`$x$`", "    $x$", "```\n$x$\n```", "\\$x\\$", "$ x $", "a $x"] {
            assert!(!shelf(text).html().contains("<math"), "{text}");
        }
        assert!(
            !Shelf::new("$x$ and $$y$$\n\n```math\nz\n```\n").html().contains("<math"),
            "it is off unless asked for"
        );
    }

    #[test]
    fn a_fault_has_the_place_of_the_formula() {
        for (text, marked) in [
            ("Text $x$ and $a + \\unknowable{b}$ more", "\\unknowable"),
            ("> quoted\n> $$\n> a +\n> \\unknowable{b}\n> $$\n", "\\unknowable"),
            ("- item\n\n  ```math\n  a\n  b \\unknowable\n  ```\n", "\\unknowable"),
            ("$\\href{javascript:alert(1)}{x}$", "\\href"),
            ("$\\label{a}$", "\\label"),
        ] {
            let problems = shelf(text).problems();
            assert_eq!(problems.len(), 1, "{text}");
            assert_eq!(problems[0].0, marked, "{text}");
            assert!(problems[0].1.starts_with("math/invalid: "), "{}", problems[0].1);
        }
        assert!(shelf("$\\frac{1}$").typeset().is_err() && shelf("$\\begin{cases}a$").typeset().is_err());
    }

    #[test]
    fn a_formula_in_a_heading_is_part_of_its_title() {
        let rule = MarkdownRule { math: true, ..RULE };
        let heading = outline("## The $n$-th\n", &rule).headings.remove(0);
        assert_eq!((heading.title.as_str(), heading.id.as_str()), ("The n-th", "the-n-th"));
    }

    #[test]
    fn a_summary_has_its_formulas_whole() {
        let article = shelf("One $a$ two.\n\nMore.\n").typeset().unwrap();
        assert_eq!(article.summary.matches("</math>").count(), 1, "{}", article.summary);
    }

    #[test]
    fn no_formula_makes_the_program_fall_over() {
        for deep in [
            "{",
            "\\sqrt",
            "\\left(",
            "\\frac",
            "^",
            "x^",
            "\\begin{matrix}",
            "\\sqrt[",
            "\\",
            "&",
            "'",
            "[",
            "\\text{",
        ] {
            let _ = mathml(&deep.repeat(20_000), true);
        }
        for (open, close) in
            [("{", "}"), ("\\sqrt{", "}"), ("\\left(", "\\right)"), ("\\begin{matrix}", "\\end{matrix}")]
        {
            let _ = mathml(&format!("{}x{}", open.repeat(60), close.repeat(60)), true);
            let fault = mathml(&format!("{}x{}", open.repeat(70), close.repeat(70)), true).unwrap_err();
            assert_eq!(fault.message, "this formula is nested too deep to be read");
        }
    }
}
