//! The house's own rules, read from its sources: who may use whom, who may touch the world, how a
//! file begins and how long it is, and that every code is explained.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::tests;

tests![
    no_room_uses_a_room_that_it_may_not,
    only_the_rooms_that_touch_the_world_touch_it,
    every_file_is_short_and_says_what_it_owns,
    every_code_that_is_used_is_explained_and_every_explained_code_is_used,
    readers_of_feeds_are_not_their_writers,
];

/// The rooms, and the rooms that each may use. What is not here is forbidden.
const MAY_USE: &[(&str, &[&str])] = &[
    ("codes", &["diagnostic"]),
    ("diagnostic", &["codes"]),
    ("digest", &[]),
    ("bytes", &["digest"]),
    ("paths", &[]),
    ("verdict", &["diagnostic"]),
    ("fields", &["diagnostic"]),
    ("lock", &["digest"]),
    ("ledger", &["diagnostic", "manifest", "paths"]),
    ("moving", &["article", "config", "diagnostic", "feed", "library", "paths", "post", "source"]),
    ("state", &["config", "digest", "verdict"]),
    ("manifest", &["digest", "paths"]),
    ("config", &["analytics", "codes", "diagnostic", "fields", "images", "ledger", "lock", "paths"]),
    ("timings", &[]),
    ("images", &["diagnostic", "digest", "paths", "timings"]),
    ("theme_embedded", &[]),
    ("data", &["diagnostic", "fields", "paths"]),
    ("sass", &["diagnostic", "paths"]),
    ("words", &["diagnostic", "fields", "paths"]),
    (
        "source",
        &["config", "data", "diagnostic", "digest", "fields", "images", "paths", "sass", "theme_embedded", "words"],
    ),
    ("post", &["article", "config", "diagnostic", "fields", "paths", "source"]),
    ("library", &["article", "config", "diagnostic", "images", "paths", "post", "source"]),
    (
        "article",
        &["bytes", "config", "diagnostic", "digest", "images", "library", "paths", "post", "source", "timings"],
    ),
    ("feed", &["article", "config", "diagnostic", "digest", "library", "paths", "post", "render"]),
    (
        "render",
        &[
            "analytics",
            "article",
            "config",
            "data",
            "diagnostic",
            "digest",
            "feed",
            "fields",
            "images",
            "library",
            "lock",
            "manifest",
            "paths",
            "post",
            "source",
        ],
    ),
    ("output", &["diagnostic", "digest", "manifest", "paths", "render"]),
    ("analytics", &["config", "diagnostic", "digest", "paths"]),
    ("breakages", &["analytics", "config", "verdict"]),
    (
        "drill",
        &[
            "analytics",
            "breakages",
            "browser",
            "check",
            "config",
            "diagnostic",
            "digest",
            "guard",
            "lock",
            "manifest",
            "verdict",
        ],
    ),
    ("kit", &["diagnostic", "manifest"]),
    ("upgrade", &["config", "diagnostic", "fields", "moving", "post", "source"]),
    ("schema", &["config", "fields", "post"]),
    ("trend", &["analytics", "diagnostic"]),
    ("guard", &["analytics", "codes", "config", "diagnostic", "digest", "lock", "paths", "state", "verdict"]),
    (
        "check",
        &[
            "analytics",
            "bytes",
            "codes",
            "config",
            "diagnostic",
            "digest",
            "guard",
            "ledger",
            "lock",
            "manifest",
            "paths",
            "state",
            "verdict",
        ],
    ),
    ("browser", &["analytics", "check", "config", "digest", "guard", "manifest", "paths", "verdict"]),
    ("survey", &["analytics", "check", "config"]),
    ("live", &["analytics", "check", "config", "digest", "guard", "lock", "manifest", "paths", "verdict"]),
    (
        "verification",
        &[
            "analytics",
            "browser",
            "check",
            "config",
            "diagnostic",
            "digest",
            "guard",
            "live",
            "lock",
            "manifest",
            "output",
            "state",
            "trend",
            "verdict",
        ],
    ),
    ("preview", &["article", "config", "diagnostic", "library", "paths", "post", "render", "source"]),
    (
        "serve",
        &[
            "analytics",
            "check",
            "config",
            "diagnostic",
            "digest",
            "guard",
            "kinds",
            "library",
            "lock",
            "manifest",
            "output",
            "paths",
            "post",
            "preview",
            "render",
            "source",
            "state",
            "verdict",
            "verification",
        ],
    ),
    ("kinds", &[]),
    ("import", &["article", "check", "config", "data", "diagnostic", "fields", "library", "manifest", "paths", "post"]),
    ("store", &["config", "digest", "guard"]),
    ("publish", &["config", "diagnostic", "digest", "guard", "kinds", "manifest", "store"]),
    ("fleet", &["config", "diagnostic", "digest", "guard", "manifest", "output", "store"]),
    ("cli", &["browser", "check", "config", "fleet", "guard", "verdict", "verification"]),
    ("console", &["check", "cli", "diagnostic"]),
];

/// The rooms that may use any other: the journey and those who start it.
const ANY: [&str; 3] = ["lib", "main", "commands"];

/// Words that only some files may say, by the beginnings of their paths, and what the words stand for.
const WORLD: &[(&str, &[&str], &str)] = &[
    (
        "std::fs",
        &[
            "browser/replay",
            "config",
            "source",
            "output",
            "check",
            "commands",
            "guard/dial",
            "images/order",
            "import",
            "lib",
            "publish",
            "serve",
            "store/folder",
        ],
        "files",
    ),
    ("std::net", &["browser/door", "cli", "guard/dial", "serve/front"], "the network"),
    ("std::process::{Child", &["browser/process"], "other programs"),
    ("process::{Command", &["publish/process"], "other programs"),
    ("process::Command", &["browser/process", "source/history"], "other programs"),
    ("os::unix::net", &["serve/front"], "private sockets"),
    ("tiny_http", &["serve/front"], "the serving of HTTP"),
    ("ureq::", &["guard/dial", "store/objects"], "the network"),
    ("std::env::", &["browser/program", "main", "config", "commands"], "the environment"),
    ("Timestamp::now", &["config", "guard/dial"], "the clock"),
    ("SystemTime::now", &[], "the clock"),
    ("io::stdout", &["console"], "the terminal"),
    ("io::stderr", &["console", "main"], "the terminal"),
    ("feed_rs", &["check", "import/feed"], "the reading of feeds"),
    ("tokio", &["store/objects", "render/search/index"], "an async runtime"),
    ("object_store::", &["store/objects"], "stores of objects"),
    ("pagefind::", &["render/search/index"], "Pagefind's library"),
    ("clap", &["cli", "main", "commands"], "the command line"),
    // The C library's state cannot change threads; it is scratch space, emptied for each block. Notes of a page are taken by
    // functions of templates, which see no page.
    ("thread_local!", &["article/highlight", "render/noted"], "hidden state"),
    ("static mut", &[], "hidden state"),
];

/// One source file: its path below `src/`, its room, its text, and its code without comments and tests.
struct Source {
    path: String,
    room: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).expect("src is a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{path}/"), sources);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(entry.path()).expect("a source is text");
                let room = path.split(['/', '.']).next().expect("a path has a first part").to_owned();
                let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
                let code = if is_test { String::new() } else { code(&text) };
                sources.push(Source { path, room, text, code });
            }
        }
    }
    let mut sources = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 20, "the sources were found");
    sources
}

/// Returns a file's code without comments and without its tests, which stand at its foot.
fn code(text: &str) -> String {
    let code: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.join("\n")
}

/// Returns the rooms that some code names by `crate::` or `watchpost::`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for prefix in ["crate::", "watchpost::"] {
        for (index, _) in code.match_indices(prefix) {
            if code[..index].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = &code[index + prefix.len()..];
            let listed = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
                None => vec![rest],
            };
            for path in listed {
                let room: String =
                    path.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
                if room.starts_with(|first: char| first.is_lowercase()) {
                    rooms.insert(room);
                }
            }
        }
    }
    rooms
}

fn no_room_uses_a_room_that_it_may_not() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !ANY.contains(&source.room.as_str())) {
        let Some(allowed) = table.get(source.room.as_str()) else {
            wrong.push(format!("src/{}: the room `{}` is not in the table", source.path, source.room));
            continue;
        };
        for used in rooms_named(&source.code).iter().filter(|used| **used != source.room) {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{}: `{}` uses `{used}`", source.path, source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn only_the_rooms_that_touch_the_world_touch_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, rooms, what) in WORLD {
            if source.code.contains(word) && !rooms.iter().any(|room| source.path.starts_with(room)) {
                wrong.push(format!("src/{}: `{word}`; only {rooms:?} may touch {what}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn every_file_is_short_and_says_what_it_owns() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines >= 500 {
            wrong.push(format!("src/{}: {lines} lines; split it by what it owns", source.path));
        }
        if !source.text.starts_with("//! ") {
            wrong.push(format!("src/{}: does not say what it owns", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns whether a text has the form of a code.
fn is_code(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('/').is_some_and(|(room, what)| is_word(room) && is_word(what))
}

/// Returns the string that starts at once after some text, if one does.
fn string_after(code: &str, index: usize) -> Option<&str> {
    code[index..].trim_start().strip_prefix('"')?.split('"').next()
}

fn every_code_that_is_used_is_explained_and_every_explained_code_is_used() {
    const USES: [&str; 6] =
        ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::note(", "Verdict::new(", "code: ", "CODE: &str = "];
    let mut explained = BTreeSet::new();
    let mut used = BTreeMap::new();
    let mut named = BTreeSet::new();
    for source in sources() {
        let is_table = source.path == "codes.rs" || source.room == "codes";
        for (index, _) in source.code.match_indices("code: ").filter(|_| is_table) {
            if let Some(code) = string_after(&source.code, index + "code: ".len()) {
                assert!(explained.insert(code.to_owned()), "`{code}` is explained twice");
            }
        }
        if is_table {
            continue;
        }
        named.extend(source.code.split('"').filter(|text| is_code(text)).map(str::to_owned));
        for start in USES {
            for (index, _) in source.code.match_indices(start) {
                if let Some(code) = string_after(&source.code, index + start.len()).filter(|text| is_code(text)) {
                    used.insert(code.to_owned(), source.path.clone());
                }
            }
        }
    }
    let unexplained: Vec<String> = used
        .iter()
        .filter(|(code, _)| !explained.contains(*code))
        .map(|(code, path)| format!("src/{path}: `{code}` has no row in src/codes"))
        .collect();
    let unused: Vec<&String> = explained.iter().filter(|code| !named.contains(*code)).collect();
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(unused.is_empty(), "explained, but nothing says it: {unused:?}");
}

fn readers_of_feeds_are_not_their_writers() {
    for source in sources() {
        let writes = source.code.contains("rss::") || source.code.contains("atom_syndication::");
        assert!(!writes || source.room == "feed", "src/{} writes feeds", source.path);
    }
}
