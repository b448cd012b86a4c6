//! Our parser and `syntect`'s side by side.

use std::collections::BTreeMap;

use syntect::parsing::{ParseState, ScopeStackOp};

use super::super::steps::Step;
use super::*;

/// Code that goes into the corners of many grammars.
const TEXTS: &[&str] = &[
    "fn main() {\n    let x: Vec<&'a str> = vec![\"a\\n{}\", r#\"raw \"x\" \"#]; // note\n    /* a /* b */ c\n    */ x.iter().map(|y| y + 0x1f_u8);\n}\n#[derive(Debug)]\nstruct A<T: B>(T);\n",
    "import os\n\nclass A(B):\n    \"\"\"Doc\n    string\"\"\"\n    @property\n    def f(self, *, x=1.5e3, **k) -> str:\n        return f\"{x!r:>{w}} {{}}\" + r'\\d+' % y if not z else None  # c\n    async def g(): await h()\n",
    "cat <<EOF | sed 's/a/b/' > \"$x\"\n$HOME `date` $(ls -l)\nEOF\nfor i in {1..3}; do echo \"${i%%.*}\" 'q' && exit $?; done\nif [[ -f x ]]; then :; fi\n",
    "<!DOCTYPE html>\n<p class=\"a\" id='b'>x &amp; y</p>\n<style>a:hover { color: #fff; margin: 0 1px }</style>\n<script>let a = `x ${b + 1}`; /re[/]g/i.test(a)</script>\n<!-- c\nd -->\n",
    "a: &x\n  - b: \"c\"\n    d: |\n      text\n      more\n    e: [1, 2.5, true, ~]\n  - *x\n# note\n? k\n: v\n---\n",
    "const a = async (b) => { await c(...d); return {e: 1, 'f': null} };\nclass A extends B { #x = 1; static get y() { return `t${z}` } }\n// c\nif (a === b && !c) { throw new Error(\"x\") } else for (const k of m) {}\n",
    "SELECT a.*, count(*) AS n FROM t LEFT JOIN u ON t.id = u.id WHERE x LIKE '%y''z' -- c\nGROUP BY 1 HAVING n > 2;\n",
    "# Head\n\n- *em* **st** `co` [l](u \"t\")\n\n```rust\nlet x = 1;\n```\n\n> q\n\n| a | b |\n|---|---|\n",
    "#include <stdio.h>\n#define X(a) \\\n  (a + 1)\nint main(void) { char *s = \"%d\\n\"; return printf(s, 'x', 1UL); } // é ü 日本\ntemplate <typename T> class A : public B<T> { ~A(); };\n",
    "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n same\n",
    "[a.b]\nc = \"d\" # e\nf = [1, 2]\ng = 2026-11-22T10:00:00Z\nh = { i = true }\n\"\"\"\n",
    "<?php echo $a->b['c'] . \"x {$d} y\"; ?>\n<%= foo %>\n{{ bar | baz }}\n{% if x %}\n",
    "puts <<~EOS\n  a #{b + 1}\nEOS\ndef x?(y: 1) = %w[a b].each { |z| z =~ /re/ }\n:sym => \"s\"\n",
    "\t\\\"'`({[<>]})`'\"\\ $ % ^ & * ~ ! @ # ; : , . ? / | - + = _\n\n   \nx",
];

/// Returns the steps that `syntect` takes on a text, line by line; none where it gives up.
fn theirs(machine: &Machine, grammar: usize, text: &str) -> Vec<Option<Vec<(usize, Step)>>> {
    let mut state = ParseState::new(&machine.syntaxes()[grammar]);
    let step = |(at, operation)| {
        let step = match operation {
            ScopeStackOp::Push(scope) => Step::Push(scope),
            ScopeStackOp::Pop(count) => Step::Pop(count),
            ScopeStackOp::Clear(amount) => Step::Clear(amount),
            ScopeStackOp::Restore => Step::Restore,
            ScopeStackOp::Noop => return None,
        };
        Some((at, step))
    };
    let line = |line| Some(state.parse_line(line, machine.set()).ok()?.into_iter().filter_map(step).collect());
    text.split_inclusive('\n').map(line).collect()
}

fn ours(machine: &Machine, grammar: usize, text: &str) -> Vec<Option<Vec<(usize, Step)>>> {
    let mut scratch = Scratch::default();
    let mut position = Position::start(machine.start(grammar).unwrap());
    let line = |line| {
        let mut steps = Vec::new();
        let read = position.read(line, machine, &mut scratch, &mut |at, step| steps.push((at, step)));
        read.ok().map(|()| steps)
    };
    text.split_inclusive('\n').map(line).collect()
}

#[test]
fn every_grammar_means_what_it_means_to_syntect() {
    let machine = Machine::new(two_face::syntax::extra_newlines());
    let mut differ: BTreeMap<&str, String> = BTreeMap::new();
    for (grammar, syntax) in machine.syntaxes().iter().enumerate() {
        // All texts for all grammars take half a minute, and were tried; these keep watch.
        let some = (0..4).map(|turn| TEXTS[(grammar + 3 * turn) % (TEXTS.len() - 1)]);
        for text in some.chain(TEXTS.last().copied()) {
            let outcome = std::panic::catch_unwind(|| (theirs(&machine, grammar, text), ours(&machine, grammar, text)));
            let Ok((theirs, ours)) = outcome else { continue };
            for ((their, our), line) in theirs.iter().zip(&ours).zip(text.split_inclusive('\n')) {
                if their != our {
                    differ
                        .entry(&syntax.name)
                        .or_insert_with(|| format!("{line:?}\n  theirs {their:?}\n  ours   {our:?}"));
                    break;
                }
            }
        }
    }
    let report: Vec<String> = differ.iter().map(|(name, what)| format!("{name}: {what}")).collect();
    assert!(report.is_empty(), "{} grammars differ:\n{}", report.len(), report.join("\n"));
}
