//! Random edits: the library after each is the one that a whole arrangement gives.

use proptest::prelude::*;

use super::*;
use crate::config::{Config, sample};
use crate::post;

const SETTINGS: &str = "[paginate]\nposts = 2\n[taxonomies.tags]\npaginate = 2\nfeed = true\n[taxonomies.series]\n\
    [archives]\nby = [\"year\", \"month\"]\n[permalinks]\nnotes = \"/:year/:slug/\"\n";

/// The files that edits play with.
const NAMES: [&str; 12] = [
    "content/posts/a.md",
    "content/posts/2026-01-01-b.md",
    "content/posts/c.md",
    "content/posts/deep/d.md",
    "content/notes/e.md",
    "content/notes/2025-02-03-f.md",
    "content/about.md",
    "content/404.md",
    "content/posts/_index.md",
    "content/tags/rust/_index.md",
    "content/posts/bundle/index.md",
    "content/drafts/g.md",
];

/// The same of a site in three languages, one of which lists what is not translated.
const LANGUAGES: &str = "[languages.fr]\nfallback = true\n[languages.nl]\n";

/// The files of that site.
const TRANSLATED: [&str; 12] = [
    "content/posts/a.md",
    "content/posts/a.fr.md",
    "content/posts/a.nl.md",
    "content/posts/2026-01-01-b.md",
    "content/posts/2026-01-01-b.fr.md",
    "content/notes/c.fr.md",
    "content/404.fr.md",
    "content/posts/_index.fr.md",
    "content/tags/rust/_index.fr.md",
    "content/posts/bundle/index.md",
    "content/posts/bundle/index.fr.md",
    "content/fr/d.md",
];

/// What a file may say.
fn text() -> impl Strategy<Value = String> {
    let date = prop_oneof![
        Just(String::new()),
        (0_u8..4, 1_u8..4).prop_map(|(month, day)| format!("date = 2026-{:02}-{day:02}\n", month + 1)),
        Just("date = 2026-01-01T23:30:00-11:00\n".to_owned()),
        Just("date = 2099-01-01\n".to_owned()),
    ];
    let tags = prop::sample::subsequence(vec!["rust", "Rust", "RUST", "web", "web"], 0..4)
        .prop_map(|tags| if tags.is_empty() { String::new() } else { format!("tags = {tags:?}\n") });
    let more = prop::sample::subsequence(
        vec![
            "title = \"T\"\n",
            "slug = \"same\"\n",
            "weight = 3\n",
            "noindex = true\n",
            "draft = true\n",
            "series = [\"s\"]\n",
            "series_index = 1\n",
            "series_index = 2\n",
            "aliases = [\"/old/\", \"/old/\"]\n",
            "aliases = [\"/posts/A/\"]\n",
            "id = \"tag:x\"\n",
            "path = \"/tags/\"\n",
            "path = \"/robots.txt\"\n",
            "path = \"/posts\"\n",
        ],
        0..4,
    );
    (date, tags, more, prop::sample::select(vec!["One.", "Two words."])).prop_map(|(date, tags, more, body)| {
        let mut keys: Vec<&str> = Vec::new();
        let mut lines = String::new();
        for line in more {
            let key = line.split(' ').next().unwrap_or_default();
            if !keys.contains(&key) {
                keys.push(key);
                lines.push_str(line);
            }
        }
        format!("+++\n{date}{tags}{lines}+++\n{body}\n")
    })
}

/// One edit: some files get a text, or none.
fn edits() -> impl Strategy<Value = Vec<Vec<(usize, Option<String>)>>> {
    let one = (0..NAMES.len(), prop::option::weighted(0.8, text()));
    prop::collection::vec(prop::collection::vec(one, 1..3), 1..8)
}

fn site(files: &BTreeMap<usize, String>, sources: &mut Sources) {
    named(&NAMES, files, sources);
}

fn named(names: &[&str], files: &BTreeMap<usize, String>, sources: &mut Sources) {
    let name = |index: &usize| SourcePath::new(names[*index]);
    sources.markdown = files.iter().map(|(index, text)| (name(index), Arc::from(text.as_str()))).collect();
}

/// Returns all that a library says, but for what is only found when it is needed.
fn said(library: &Library) -> String {
    let Library {
        posts,
        hidden,
        routes_of,
        newest,
        sections,
        taxonomies,
        archive,
        assets,
        pictures,
        routes,
        editions,
        language,
        index,
    } = library;
    let Index { positions, months, groups, terms, particular, crowd: _, names: _ } = &**index;
    format!(
        "{posts:#?}{hidden:#?}{routes_of:#?}{newest:?}{sections:#?}{taxonomies:#?}{archive:?}{assets:?}{pictures:?}{routes:#?}\
         {positions:?}{months:?}{groups:#?}{terms:?}{particular:?}{language}"
    ) + &editions.iter().map(said).collect::<String>()
}

/// Applies an edit to the posts as they were, as a preview does.
fn edit_of(config: &Config, sources: &Sources, before: &Library) -> Option<Edit> {
    let all = || {
        let abroad =
            before.editions.iter().skip(1).flat_map(|edition| edition.posts.iter().chain(edition.hidden.iter()));
        before.posts.iter().chain(before.hidden.iter()).chain(abroad.filter(|post| post.language > 0))
    };
    let after = post::parse(config, sources).ok()?;
    let gone = all().filter(|old| after.iter().all(|new| new.source != old.source)).map(|old| old.source.clone());
    let is_same = |new: &Post| all().any(|old| format!("{old:?}") == format!("{new:?}"));
    Some(Edit { gone: gone.collect(), fresh: after.iter().filter(|new| !is_same(new)).cloned().collect() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_gives_the_library_that_a_whole_arrangement_gives(edits in edits()) {
        follow(&sample(SETTINGS), &NAMES, edits)?;
    }

    #[test]
    fn an_edit_of_any_language_gives_the_library_that_a_whole_arrangement_gives(edits in edits()) {
        follow(&sample(&format!("{SETTINGS}{LANGUAGES}")), &TRANSLATED, edits)?;
    }
}

/// Makes one edit after the other, and holds each against a whole arrangement.
fn follow(
    config: &Config,
    names: &[&str],
    edits: Vec<Vec<(usize, Option<String>)>>,
) -> Result<(), proptest::test_runner::TestCaseError> {
    let mut sources = Sources::default();
    let mut files = BTreeMap::new();
    let mut library = arrange::arrange(config, &sources, Vec::new()).expect("an empty site");
    for edit in edits {
        let before = files.clone();
        for (index, text) in edit {
            match text {
                Some(text) => files.insert(index, text),
                None => files.remove(&index),
            };
        }
        named(names, &files, &mut sources);
        let Some(edit) = edit_of(config, &sources, &library) else {
            files = before;
            continue;
        };
        let whole = arrange::arrange(config, &sources, post::parse(config, &sources).expect("parsed above"));
        let again = arrange_again(config, &sources, &library, &edit);
        match (whole, again) {
            (Ok(whole), Ok(again)) => {
                prop_assert_eq!(said(&whole), said(&again));
                library = again;
            }
            (Err(whole), Err(again)) => {
                prop_assert_eq!(format!("{whole:?}"), format!("{again:?}"));
                files = before;
            }
            (whole, again) => prop_assert!(false, "{whole:#?}\n{again:#?}"),
        }
    }
    Ok(())
}

#[test]
fn usual_edits_need_no_whole_arrangement() {
    let config = sample(SETTINGS);
    let mut sources = Sources::default();
    let dated = |title: &str| format!("+++\ntitle = {title:?}\ndate = 2026-01-01\ntags = [\"rust\"]\n+++\n");
    let mut files: BTreeMap<usize, String> = [0, 1, 3, 5, 6, 8].map(|index| (index, "One.".to_owned())).into();
    site(&files, &mut sources);
    let mut library = arrange::arrange(&config, &sources, post::parse(&config, &sources).unwrap()).unwrap();
    for (index, text) in [(0, Some(dated("A"))), (2, Some(dated("C"))), (0, Some(dated("Z"))), (2, None), (3, None)] {
        match text {
            Some(text) => files.insert(index, text),
            None => files.remove(&index),
        };
        site(&files, &mut sources);
        let edit = edit_of(&config, &sources, &library).unwrap();
        library = moved(&config, &library, &edit).expect("it is an edit of a post that stands alone");
    }
    files.insert(0, format!("{}More.", dated("Z")));
    site(&files, &mut sources);
    let edit = edit_of(&config, &sources, &library).unwrap();
    assert!(same_order(&library, &edit).is_some());
}

#[test]
fn two_times_that_are_one_instant_may_be_two_addresses() {
    let config = sample(SETTINGS);
    let mut sources = Sources::default();
    let dated = |date: &str| BTreeMap::from([(5, format!("+++\ndate = {date}\n+++\n"))]);
    site(&dated("2026-01-01T00:30:00+01:00"), &mut sources);
    let before = arrange::arrange(&config, &sources, post::parse(&config, &sources).unwrap()).unwrap();
    site(&dated("2025-12-31T23:30:00+00:00"), &mut sources);
    let fresh = post::parse(&config, &sources).unwrap();
    let again = arrange_again(&config, &sources, &before, &Edit { gone: Vec::new(), fresh: fresh.clone() }).unwrap();
    assert_eq!(said(&again), said(&arrange::arrange(&config, &sources, fresh).unwrap()));
    assert_eq!(again.routes_of[0].as_str(), "/2025/f/");
}
