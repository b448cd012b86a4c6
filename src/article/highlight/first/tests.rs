//! What a match can start with, by hand and on every rule of every grammar.

use super::*;

fn drawn(regex: &str) -> String {
    match starts(regex) {
        None => "any".to_owned(),
        Some(set) => {
            let ascii: String = (0..0x80).filter(|byte| set.has(*byte)).map(char::from).collect();
            let others = if set.has(0xc3) { "…" } else { "" };
            format!("{}{others}{}", ascii.escape_debug(), if set.end { "∎" } else { "" })
        }
    }
}

#[test]
fn the_first_byte_of_a_match_is_known() {
    for (regex, expected) in [
        ("abc", "a"),
        ("\\b(?:if|else)\\b", "ei"),
        ("x?y", "xy"),
        ("x*", "any"),
        ("x+?y", "x"),
        ("(?=\\s*$)", "\\t\\n\\u{b}\\u{c}\\r …∎"),
        ("(?!x)y", "y"),
        ("(?<=x)y|z", "yz"),
        ("(?i)if", "Ii…"),
        ("(?x) # note\n a | b", "ab"),
        ("(?x: a b ) c", "a"),
        ("[a-c\\]-]", "-]abc"),
        ("[^\\x00-\\x7f]", "any-ascii"),
        ("[^ -~]", "any-control"),
        ("\\.", "."),
        ("é", "…"),
        ("a{0,2}b", "ab"),
        ("a{2}", "a"),
        ("a{x", "a"),
        ("(?<name>a)b", "a"),
        ("(?>a|b)", "ab"),
        ("^#", "#"),
        ("$", "\\n∎"),
        ("\\1", "any"),
        ("\\G", "any"),
        ("(?~a)", "any"),
        ("", "any"),
        ("(a", "any"),
    ] {
        let expected = match expected {
            "any-ascii" => drawn("[\\p{Any}]"),
            "any-control" => {
                format!("{}…", (0..0x20).chain([0x7f]).map(char::from).collect::<String>().escape_debug())
            }
            other => other.to_owned(),
        };
        assert_eq!(drawn(regex), expected, "{regex}");
    }
}

#[test]
fn a_match_never_starts_with_a_byte_that_was_not_named() {
    let text = "let mut x = \"é\\n\" + 'ſ'; // Kelvin K İ ß\n\t<a href=x>0x1f {{ y }} $HOME `z` @w #1\n";
    for syntax in two_face::syntax::extra_newlines().into_builder().syntaxes() {
        {
            for pattern in syntax.contexts.values().flat_map(|context| &context.patterns) {
                let syntect::parsing::syntax_definition::Pattern::Match(pattern) = pattern else { continue };
                let Some(set) = starts(pattern.regex.regex_str()) else { continue };
                let mut region = syntect::parsing::Region::new();
                let mut from = 0;
                while from <= text.len() && pattern.regex.search(text, from, text.len(), Some(&mut region)) {
                    let start = region.pos(0).unwrap().0;
                    assert_eq!(set.next(text.as_bytes(), start), Some(start), "{}", pattern.regex.regex_str());
                    from = start + text[start..].chars().next().map_or(1, char::len_utf8);
                }
            }
        }
    }
}
