//! Tables out of text, with the bytes of everything in them.

use super::*;

fn document(text: &str) -> Document {
    Document::new("a", &text.into())
}

/// Returns every path with the text that its bytes mark.
fn marked(document: &Document, table: &Table) -> Vec<(String, String)> {
    let mut all = Vec::new();
    table.walk(&mut |path, span| all.push((path.to_owned(), document.text[span.clone()].to_owned())));
    all.sort();
    all
}

fn rows(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn yaml_keys_and_items_are_found_by_their_columns() {
    let document = document(
        "a: one # kept\n\"b c\": 'two'\nlist:\n- x\n- y: 1\n  z: 2\nnested:\n  deep:\n    - - p\n    - q\n  text: |\n    no: key\n    # no comment\n  last: true\n# end\nempty:\n",
    );
    let table = parse_yaml(&document, 0..document.text.len()).unwrap();
    assert_eq!(
        marked(&document, &table),
        rows(&[
            ("a", "one # kept"),
            ("b c", "'two'"),
            ("empty", "empty"),
            ("list", "list"),
            ("list.0", "x"),
            ("list.1", "y: 1"),
            ("list.1.y", "1"),
            ("list.1.z", "2"),
            ("nested", "nested"),
            ("nested.deep", "deep"),
            ("nested.deep.0", "- p"),
            ("nested.deep.1", "q"),
            ("nested.last", "true"),
            ("nested.text", "|"),
        ])
    );
}

#[test]
fn yaml_that_cannot_be_placed_falls_back_to_what_is_around_it() {
    let document = document("a: {b: {c: 1}, d: [2]}\n? x\n: y\n");
    let table = parse_yaml(&document, 0..document.text.len()).unwrap();
    let all = marked(&document, &table);
    assert_eq!(all[0], ("a".to_owned(), "{b: {c: 1}, d: [2]}".to_owned()));
    assert!(all.iter().all(|(_, text)| !text.is_empty()), "{all:?}");
}

#[test]
fn json_values_are_found_where_they_stand() {
    let document = document("{ \"a\": [1, {\"b\\u0041\": \"}\\\"\"}],\n \"c\" : null, \"d\":-1.5e3,\"e\":{} }rest");
    let (table, end) = parse_json(&document, 0..document.text.len()).unwrap();
    assert_eq!(&document.text[end..], "rest");
    assert_eq!(
        marked(&document, &table),
        rows(&[
            ("a", "[1, {\"b\\u0041\": \"}\\\"\"}]"),
            ("a.0", "1"),
            ("a.1", "{\"b\\u0041\": \"}\\\"\"}"),
            ("a.1.bA", "\"}\\\"\""),
            ("c", "null"),
            ("d", "-1.5e3"),
            ("e", "{}"),
        ])
    );
    assert_eq!(table.row("d").unwrap().node.value, Value::Float(-1500.0));
}

#[test]
fn toml_values_know_their_bytes_wherever_the_text_begins() {
    let document = document("+++\na = 0x1F\nb.c = \"é\"\n[t]\nd = [1, 2]\n+++\n");
    let table = parse_toml(&document, 4..document.text.len() - 4).unwrap();
    assert_eq!(table.row("a").unwrap().node.value, Value::Integer(31));
    let all = marked(&document, &table);
    for row in [("a", "0x1F"), ("b.c", "\"é\""), ("t.d", "[1, 2]"), ("t.d.1", "2")] {
        assert!(all.contains(&(row.0.to_owned(), row.1.to_owned())), "{row:?} in {all:?}");
    }
}

#[test]
fn an_overlay_merges_tables_and_replaces_the_rest() {
    let read = |text: &str| {
        let document = document(text);
        parse_toml(&document, 0..text.len()).unwrap()
    };
    let mut table = read("a = 1\nl = [1, 2]\n[t]\nx = 1\ny = 2\n");
    table.overlay(read("l = [3]\nb = 2\n[t]\ny = 3\n[a]\nz = 1\n"));
    assert_eq!(table.to_toml(), "l = [3]\nb = 2\nt = {x = 1, y = 3}\na = {z = 1}\n".parse().unwrap());
}

#[test]
fn an_alias_bomb_in_yaml_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = level - 1;
        text += &format!(
            "a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}, *a{below}, *a{below}, *a{below}, *a{below}]\n"
        );
    }
    let document = document(&text);
    assert!(parse_yaml(&document, 0..text.len()).is_err());
}

/// Calls a function with many texts, each a sound one with a few characters put in, taken out or doubled. The same on
/// every run.
pub(crate) fn with_mutations(sound: &[&str], rounds: usize, mut check: impl FnMut(&str)) {
    const PIECES: &[&str] = &[
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ":",
        ": ",
        "- ",
        "\n",
        "\t",
        "  ",
        "=",
        "+++",
        "---",
        "#",
        "\\",
        "\\u0000",
        "|",
        ">",
        "&a",
        "*a",
        "!!x ",
        "é",
        "日",
        "\u{301}",
        "\u{feff}",
        "\0",
        "%",
        "%ff",
        "/",
        "..",
        "?",
        "2026-01-01",
        "0x",
        "1e999",
        "null",
        "true",
        "<<: ",
        ",",
        "\u{2028}",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for _ in 0..rounds {
        let mut letters: Vec<char> = sound[next(sound.len())].chars().collect();
        for _ in 0..=next(4) {
            let at = next(letters.len() + 1);
            match next(3) {
                0 => drop(letters.splice(at..at, PIECES[next(PIECES.len())].chars())),
                1 => drop(letters.drain(at..(at + next(6)).min(letters.len()))),
                _ => {
                    let end = (at + next(20)).min(letters.len());
                    let doubled = letters[at..end].to_vec();
                    drop(letters.splice(at..at, doubled));
                }
            }
        }
        check(&letters.into_iter().collect::<String>());
    }
}
