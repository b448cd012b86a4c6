//! What holds for every shortcode that the program has: its signature can be read, and lists of it are complete.

use super::*;

#[test]
fn every_built_in_shortcode_has_a_signature_that_can_be_read() {
    for name in ["details", "figure", "gallery", "gist", "include", "note", "ref", "relref", "vimeo", "youtube"] {
        assert!(builtin::find(name).is_some(), "{name}");
    }
    assert_eq!(builtin::names().count(), builtin::BUILT_IN.len());
}

#[test]
fn a_signature_says_what_is_wrong_with_it() {
    let (name, signature) =
        Signature::read(" quote(author: text, year: number = 1, all: list = []) with body ").unwrap();
    assert_eq!((name.as_str(), signature.arguments.len(), signature.body), ("quote", 3, true));
    for wrong in [
        "",
        "quote",
        "quote(",
        "quote(a)",
        "quote(a: word)",
        "quote(a: text = 1)",
        "quote(a: text a: text)",
        "quote() x",
    ] {
        assert!(Signature::read(wrong).is_err(), "{wrong}");
    }
}
