//! Holds the lexer against what JavaScript is.

use super::*;

fn shown(source: &str) -> Vec<String> {
    lex(source)
        .tokens
        .iter()
        .map(|token| match token {
            Token::Identifier(name) => name.to_string(),
            Token::Text(text) => format!("'{text}'"),
            Token::Template(text) => format!("`{text}`"),
            Token::Number(number) => format!("n{number}"),
            Token::Regex(regex) => format!("r{regex}"),
            Token::Punctuator(found) => (*found).to_owned(),
        })
        .collect()
}

#[test]
fn comments_are_no_tokens() {
    assert_eq!(shown("// _paq\n/* _paq */ a <!-- _paq\n  --> _paq\nb"), ["a", "b"]);
    assert_eq!(shown("#!/usr/bin/env _paq\nx"), ["x"]);
}

#[test]
fn a_comment_within_a_string_is_text_and_a_quote_within_a_comment_is_none() {
    assert_eq!(shown(r#"u="//host/";/* it's */v='/*'"#), ["u", "=", "'//host/'", ";", "v", "=", "'/*'"]);
}

#[test]
fn escapes_in_strings_and_names_are_decoded() {
    assert_eq!(
        shown(
            r#"'\x5fpaq' "\u{5f}paq\n" \u005fpaq '\'' 'a\
b'"#
        ),
        ["'_paq'", "'_paq\n'", "_paq", "'''", "'ab'"]
    );
}

#[test]
fn a_slash_divides_after_a_value_and_opens_a_regular_expression_elsewhere() {
    assert_eq!(shown("a/b/c"), ["a", "/", "b", "/", "c"]);
    assert_eq!(shown("a=/b'/g"), ["a", "=", "r/b'/g"]);
    assert_eq!(shown("f(/[/']/)"), ["f", "(", "r/[/']/", ")"]);
    assert_eq!(shown("(a)/b/c"), ["(", "a", ")", "/", "b", "/", "c"]);
    assert_eq!(shown("if(a)/b'/.test(c)"), ["if", "(", "a", ")", "r/b'/", ".", "test", "(", "c", ")"]);
    assert_eq!(shown("return/'/"), ["return", "r/'/"]);
    assert_eq!(shown("a.return/b/c"), ["a", ".", "return", "/", "b", "/", "c"]);
    assert_eq!(shown("{}/'/"), ["{", "}", "r/'/"]);
    assert_eq!(shown("x={}/a/b"), ["x", "=", "{", "}", "/", "a", "/", "b"]);
    assert_eq!(shown("i++/a/b"), ["i", "++", "/", "a", "/", "b"]);
}

#[test]
fn templates_nest() {
    assert_eq!(shown("`a${b+`c${d}`}e`f"), ["`a`", "${", "b", "+", "`c`", "${", "d", "$}", "``", "$}", "`e`", "f"]);
}

#[test]
fn numbers_are_whole() {
    assert_eq!(
        shown("1.5e-3+0x1e+2 .5 1_000n a?.5:b"),
        ["n1.5e-3", "+", "n0x1e", "+", "n2", "n.5", "n1_000n", "a", "?", "n.5", ":", "b"]
    );
}

#[test]
fn what_is_cut_short_is_marked_as_broken() {
    for source in ["'a", "/* a", "`a", "`${a", "(a", "a)", "{]"] {
        assert!(lex(source).broken.is_some(), "{source} was taken as whole");
    }
    assert_eq!(lex("(function(){return [1,{a:2}]})()").broken, None);
}

#[test]
fn no_input_makes_it_panic_or_crawl() {
    let pieces = ["/", "'", "`", "${", "}", "\\", "\\u", "é", "(", "[", "0x", "#", "<!--", "\u{2028}", "a", "\n"];
    let mut state = 7_u64;
    for _ in 0..2_000 {
        let mut source = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            source.push_str(pieces[(state >> 40) as usize % pieces.len()]);
        }
        lex(&source);
    }
    lex(&"=/[".repeat(300_000));
    lex(&"-->".repeat(300_000));
    lex(&"${`".repeat(100_000));
}
