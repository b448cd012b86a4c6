//! Holds what inline scripts do against what is read of it, hostile ones too.

use super::*;
use crate::analytics::script::lex;

fn done(source: &str) -> Vec<Deed> {
    deeds(&lex(source), &mut Constants::new())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_queue_is_filled_through_window_or_without() {
    let expected = Deed::Call("_paq.push".to_owned(), vec![Value::List(vec![text("setSiteId"), text("1")])]);
    for source in [
        "_paq.push(['setSiteId','1'])",
        "window._paq.push(['setSiteId', \"1\"]);",
        "window['_paq'].push([`setSiteId`,'1'])",
        "(window._paq=window._paq||[]).push(['setSiteId','1'])",
    ] {
        assert!(done(source).contains(&expected), "{source}: {:?}", done(source));
    }
}

#[test]
fn a_url_is_put_together_from_constants() {
    for source in [
        "var u='//h/';g.src=u+'m.js';",
        "const u=`//h/`;g.src=`${u}m.js`",
        "let u='//h/';g.setAttribute('src',u+'m.js')",
        "var u='//h/';document.write(unescape(\"%3Cscript src='\" + u + \"m.js'%3E%3C/script%3E\"));",
    ] {
        assert!(done(source).contains(&Deed::Load("//h/m.js".to_owned())), "{source}: {:?}", done(source));
    }
}

#[test]
fn the_secure_address_is_taken() {
    for source in [
        "var u=((\"https:\"==document.location.protocol)?\"https://h/\":\"http://h/\");g.src=u+'m.js'",
        "g.src=('http:'==document.location.protocol?'http':'https')+'://h/m.js'",
    ] {
        assert!(done(source).contains(&Deed::Load("https://h/m.js".to_owned())), "{source}: {:?}", done(source));
    }
}

#[test]
fn a_function_that_is_called_where_it_stands_knows_its_arguments() {
    for source in [
        "(function(d,t){var o=d.createElement('script');o.src=t})(document,'//h/m.js')",
        "(function load(d,t){o.src=t}(document,'//h/m.js'))",
        "((d,t)=>{o.src=t})(document,'//h/m.js');",
        "!function(d,w,s,t){if(w){o.src=t}}(document,window,'script','//h/m.js')",
    ] {
        let mut constants = Constants::new();
        let found = deeds(&lex(source), &mut constants);
        assert!(found.contains(&Deed::Load("//h/m.js".to_owned())), "{source}: {found:?}");
        assert!(!constants.contains_key("t"), "{source}");
    }
    let twice = "(function(t){g.src=t})('/a.js');if(t){(x)('/b.js')}";
    assert_eq!(done(twice).iter().filter(|deed| matches!(deed, Deed::Load(_))).count(), 1);
}

#[test]
fn what_is_commented_out_is_not_done() {
    assert_eq!(done("// _paq.push(['x'])\n/* g.src='a.js' */"), []);
}

#[test]
fn hostile_nesting_ends() {
    done(&"f(".repeat(20_000));
    done(&"a=[{b:".repeat(20_000));
    done(&"a?b:".repeat(20_000));
    done(&"x=".repeat(20_000));
    done(&"(function(a){".repeat(20_000));
    done(&"(function(a){})(".repeat(20_000));
}
