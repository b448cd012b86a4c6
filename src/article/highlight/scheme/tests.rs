//! Classes and stylesheet.

use std::str::FromStr;

use syntect::parsing::ScopeStack;

use super::super::themes::find;
use super::*;

fn scheme(light: &str, dark: &str) -> Scheme {
    Scheme::new((light, &find(light).unwrap()), (dark, &find(dark).unwrap()))
}

fn classes(scheme: &Scheme, scopes: &str) -> String {
    let mut out = String::new();
    scheme.push_classes(scheme.look(&ScopeStack::from_str(scopes).unwrap().scopes), &mut out);
    out
}

#[test]
fn our_themes_share_one_class_a_token() {
    let scheme = scheme("github-light", "github-dark");
    assert_eq!(classes(&scheme, "source.rust comment.line.rust"), "k1");
    assert_eq!(classes(&scheme, "source.rust"), "");
    assert_eq!(classes(&scheme, "source.diff markup.inserted.diff").split(' ').count(), 2);
    assert!(scheme.stylesheet().contains(".code .k1{--l:#57606a;--d:#9aa4af}\n"));
    assert!(!scheme.stylesheet().contains(".code .l1"));
}

#[test]
fn other_themes_have_a_class_each() {
    let scheme = scheme("solarized-light", "dracula");
    assert_eq!(
        classes(&scheme, "source.rust comment.line.rust").split(' ').map(|class| &class[..1]).collect::<String>(),
        "ld"
    );
    assert!(scheme.stylesheet().contains(".code .l1{--l:#"));
    assert!(scheme.stylesheet().contains(".code .d1{--d:#"));
}

#[test]
fn the_deeper_scope_wins() {
    let scheme = scheme("github-light", "github-dark");
    assert_eq!(classes(&scheme, "source.python string.quoted meta.interpolation"), "");
    assert_ne!(
        classes(&scheme, "source.python string.quoted constant.character.escape"),
        classes(&scheme, "source.python string.quoted")
    );
}

#[test]
fn a_look_is_what_syntect_makes_of_the_theme() {
    for name in ["github-light", "github-dark", "monokai-extended", "solarized-dark", "nord"] {
        let theme = find(name).unwrap();
        let scheme = scheme(name, name);
        let highlighter = syntect::highlighting::Highlighter::new(&theme);
        for scopes in [
            "source.rust",
            "source.rust meta.function.rust meta.function.rust storage.type.function.rust",
            "source.rust meta.function.rust entity.name.function.rust",
            "source.python string.quoted.double.python constant.character.escape.python",
            "text.html.basic meta.tag.block.any.html entity.name.tag.block.any.html",
            "source.yaml string.unquoted.plain.out.yaml entity.name.tag.yaml",
            "source.diff markup.deleted.diff punctuation.definition.deleted.diff",
            "text.html.markdown markup.bold.markdown markup.italic.markdown",
        ] {
            let stack = ScopeStack::from_str(scopes).unwrap().scopes;
            let style = highlighter.style_for_stack(&stack);
            let look = scheme.look(&stack).0[0];
            let layer = &scheme.layers[0];
            let colour = match look.foreground {
                0 => theme.settings.foreground,
                number => layer.foregrounds[usize::from(number) - 1].0,
            };
            assert_eq!((colour, look.font), (Some(style.foreground), style.font_style.bits()), "{name}: {scopes}");
        }
    }
}

#[test]
fn the_stylesheet_has_both_schemes_and_can_be_told_which() {
    let css = scheme("github-light", "github-dark").stylesheet().to_owned();
    for part in [
        "pre.code{color:#1f2328;background:#f6f8fa}",
        "@media (prefers-color-scheme:dark){\n:root:not([data-theme=light]) pre.code{color:#e6edf3;background:#161b22}",
        ":root[data-theme=dark] pre.code{",
        "@media print{",
    ] {
        assert!(css.contains(part), "{part}");
    }
    assert_eq!(css.matches('{').count(), css.matches('}').count());
}
