//! Building again after edits: what is taken from an earlier build is what a build from nothing would make, whatever was
//! edited, and so is what is said about it.
//!
//! The site is the kitchen sink, which has nearly all that there is. `WATCHPOST_LAW_EDITS=300` makes so many edits.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::tests;
use crate::reproducible::assert_same;
use crate::site::{Run, Site, tree};

tests![
    any_edits_of_paper_give_the_site_of_a_build_from_nothing,
    any_edits_of_gazette_give_the_site_of_a_build_from_nothing,
    any_edits_of_teletype_give_the_site_of_a_build_from_nothing,
    an_edit_of_a_post_renders_what_shows_it_and_nothing_else,
];

type Files = BTreeMap<String, Vec<u8>>;

/// How many edits of each theme's site.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the suite")]
fn edits() -> u64 {
    let asked = std::env::var("WATCHPOST_LAW_EDITS").ok();
    asked.map_or(8, |count| count.parse().expect("WATCHPOST_LAW_EDITS is a number of edits"))
}

fn kitchen() -> Files {
    let mut files = tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kitchen"));
    files.retain(|path, _| !path.starts_with('.') && !path.starts_with("public"));
    assert!(files.len() > 40, "the kitchen is there: {}", files.len());
    files
}

/// A line of numbers that looks like chance and is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit.max(1) as u64) as usize
    }
}

/// What an edit does: these files are now so, or gone.
type Edit = Vec<(String, Option<Vec<u8>>)>;

/// Edits a file in a way that may make sense, or not: a build from nothing tells.
fn edit(files: &Files, chance: &mut Chance) -> Edit {
    let paths: Vec<&String> = files.keys().collect();
    // Most files are posts, and most edits are of those.
    let path = paths[chance.below(paths.len())].clone();
    let other = paths[chance.below(paths.len())].clone();
    let bytes = files[&path].clone();
    let is_text = std::str::from_utf8(&bytes).is_ok();
    match chance.below(12) {
        0 => vec![(path, None)],
        1 => vec![(path.replacen('.', "-copy.", 1), Some(bytes))],
        2 => vec![(path.clone(), None), (path.replacen('.', "-moved.", 1), Some(bytes))],
        3 if path.rsplit_once('.').map(|(_, ending)| ending) == other.rsplit_once('.').map(|(_, ending)| ending) => {
            let text = files[&other].clone();
            vec![(path, Some(text)), (other, Some(bytes))]
        }
        _ if !is_text => {
            let picture = files.iter().filter(|(name, _)| name.ends_with(".png") || name.ends_with(".jpg"));
            let pictures: Vec<&Vec<u8>> = picture.map(|(_, bytes)| bytes).collect();
            vec![(path, Some(pictures[chance.below(pictures.len())].clone()))]
        }
        kind => {
            let text = String::from_utf8(bytes).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let at = chance.below(lines.len());
            match (kind, lines.get(at).cloned()) {
                (4, Some(_)) => drop(lines.remove(at)),
                (5, Some(line)) => lines.insert(at, line),
                (6 | 7, Some(line)) => {
                    // A word becomes another: of this file.
                    let words: Vec<&str> = text.split_whitespace().collect();
                    let word = line.split_whitespace().nth(chance.below(line.split_whitespace().count()));
                    let by = words.get(chance.below(words.len())).copied().unwrap_or_default();
                    lines[at] = line.replacen(word.unwrap_or_default(), by, 1);
                }
                (8, Some(line)) if line.bytes().any(|byte| byte.is_ascii_digit()) => {
                    let digit = line.find(|sign: char| sign.is_ascii_digit()).unwrap();
                    lines[at].replace_range(digit..=digit, &chance.below(10).to_string());
                }
                _ => {
                    // Somewhere in the text, where words are.
                    let end = lines.len();
                    lines.insert(
                        end.min(end / 2 + chance.below(end / 2 + 1)),
                        format!("More of it, {}.", chance.below(1_000)),
                    );
                    lines.insert(lines.len(), String::new());
                }
            }
            vec![(path, Some((lines.join("\n") + "\n").into_bytes()))]
        }
    }
}

fn apply(site: &Site, files: &mut Files, edit: &Edit) {
    for (path, bytes) in edit {
        match bytes {
            Some(bytes) => {
                site.write(path, bytes);
                files.insert(path.clone(), bytes.clone());
            }
            None => {
                let _ = fs::remove_file(site.path(path));
                files.remove(path);
            }
        }
    }
}

fn site_of(files: &Files) -> Site {
    files.iter().fold(Site::empty(), |site, (path, bytes)| site.file(path, bytes))
}

fn build(site: Site, theme: &str) -> Run {
    let mut words = vec!["build", "--offline", "--clock", "2026-03-10T00:00:00Z"];
    if theme != "paper" {
        words.extend(["--env", theme]);
    }
    site.run(&words)
}

/// What was said, without how long it took and how the output folder was replaced.
fn said(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| !line.contains(" ms") && !line.contains(".public")).collect()
}

fn any_edits(theme: &str, seed: u64) {
    let mut files = kitchen();
    let (mut warm, mut cold) = (build(site_of(&files), theme).exit(0).site, site_of(&files));
    let mut chance = Chance(seed);
    let mut held = 0;
    for number in 0..edits() {
        let mut edited = files.clone();
        let edit = edit(&files, &mut chance);
        apply(&warm, &mut edited.clone(), &edit);
        apply(&cold, &mut edited, &edit);
        let _ = fs::remove_dir_all(cold.path(".blog/cache/pages"));
        let (one, other) = (build(warm, theme), build(cold, theme));
        let what = || {
            let told: Vec<_> = edit
                .iter()
                .map(|(path, bytes)| (path, bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())))
                .collect();
            format!("theme {theme}, edit {number}: {told:?}")
        };
        assert_eq!(said(&one), said(&other), "{}", what());
        assert_eq!(one.code, other.code, "{}", what());
        let holds = other.code == Some(0);
        (warm, cold) = (one.site, other.site);
        if holds {
            assert_same(&cold.public(), &warm.public(), &what());
            files = edited;
            held += 1;
        } else {
            // What no build takes is undone.
            let undone: Edit = edit.iter().map(|(path, _)| (path.clone(), files.get(path).cloned())).collect();
            [&warm, &cold].into_iter().for_each(|site| apply(site, &mut files.clone(), &undone));
        }
    }
    assert!(held * 4 >= edits(), "enough edits make sense: {held} of {}", edits());
}

fn any_edits_of_paper_give_the_site_of_a_build_from_nothing() {
    any_edits("paper", 1);
}

fn any_edits_of_gazette_give_the_site_of_a_build_from_nothing() {
    any_edits("gazette", 2);
}

fn any_edits_of_teletype_give_the_site_of_a_build_from_nothing() {
    any_edits("teletype", 3);
}

fn an_edit_of_a_post_renders_what_shows_it_and_nothing_else() {
    let settings =
        "title = \"Blog\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n[paginate]\nposts = 2\n";
    let body = "<!doctype html><html lang=\"en\"><title>A</title><body><h1>A</h1>";
    let site = Site::empty()
        .file("site.toml", settings)
        .template(
            "post.html",
            &format!("{body}{{{{ page.content | safe }}}}{{% if page.older %}}{{{{ page.older.title }}}}{{% endif %}}"),
        )
        .template(
            "index.html",
            &format!("{body}{{% for post in paginator.pages %}}{{{{ post.summary | safe }}}}{{% endfor %}}"),
        )
        .template("404.html", &format!("{body}{{% for post in site.newest %}}{{{{ post.title }}}}{{% endfor %}}"));
    let post = |number: usize, text: &str| {
        let front = format!("title = \"Post {number}\"\ndate = 2026-01-0{number}");
        (format!("content/posts/p{number}.md"), format!("+++\n{front}\n+++\n{text} {number}.\n"))
    };
    for number in 1..=8 {
        let (path, text) = post(number, "Text");
        site.write(&path, text);
    }
    let rendered = |site: Site| {
        let run = site.run(&["build", "--timings", "--format", "json"]).exit(0);
        let told: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
        let rows = told["timings"]["templates"].as_array().unwrap().clone();
        let count = |name: &str| {
            let row = rows.iter().find(|row| row["template"] == name);
            row.map_or(0, |row| row["pages"].as_u64().unwrap())
        };
        ([count("post.html"), count("index.html"), count("404.html")], run.site)
    };
    let (all, site) = rendered(site);
    assert_eq!(all, [8, 4, 1]);
    let (nothing, site) = rendered(site);
    assert_eq!(nothing, [0, 0, 0]);
    let (path, text) = post(5, "Other text");
    site.write(&path, text);
    let (one, site) = rendered(site);
    // The post and its two neighbours, the one page of the list that shows it, and what shows the newest posts.
    assert_eq!(one, [3, 1, 1]);
    // What was taken once is kept for the next run, too.
    assert_eq!(rendered(site).0, [0, 0, 0]);
}
