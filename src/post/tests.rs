//! Markdown files in, posts or their problems out.

use std::sync::Arc;

use super::*;
use crate::config::{Config, sample};
use crate::source::Sources;

fn parsed(config: &Config, files: &[(&str, &str)]) -> Result<Vec<Arc<Post>>, Vec<Diagnostic>> {
    let markdown = files.iter().map(|(name, text)| (SourcePath::new(*name), Arc::from(*text))).collect();
    parse(config, &Sources { markdown, ..Sources::default() })
}

fn post_of(settings: &str, name: &str, text: &str) -> Post {
    let posts = parsed(&sample(settings), &[(name, text)]);
    Arc::unwrap_or_clone(posts.unwrap_or_else(|problems| panic!("{text}: {problems:#?}")).remove(0))
}

fn post(text: &str) -> Post {
    post_of("", "content/posts/a-post.md", text)
}

/// Returns what is wrong with a file: code, message and hint, and the text that is marked.
fn wrong(text: &str) -> (&'static str, String, String) {
    let problems = parsed(&sample("[taxonomies.topics]\n"), &[("content/a.md", text)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let one = &problems[0];
    let place = one.place.as_ref().unwrap();
    assert_eq!(place.file, "content/a.md");
    let span = place.span.clone().unwrap_or_else(|| panic!("{text}: {one:?}"));
    let says = format!("{} / {}", one.message, one.hint.as_deref().unwrap_or_default());
    (one.code, says, place.text.as_ref().unwrap()[span].to_owned())
}

#[test]
fn the_three_formats_say_the_same() {
    let toml = post(
        "+++\ntitle = \"T\"\ndate = 2026-01-02T03:04:05\ntags = [\"a\", \"b\"]\nweight = 3\ndraft = false\n[extra]\nx = [1, 2.5]\n+++\nBody",
    );
    let yaml = post(
        "---\ntitle: T\ndate: 2026-01-02T03:04:05\ntags:\n- a\n- b\nweight: 3\ndraft: false\nextra:\n  x: [1, 2.5]\n---\nBody",
    );
    let json = post(
        "{\"title\": \"T\", \"date\": \"2026-01-02T03:04:05\", \"tags\": [\"a\", \"b\"],\n\"weight\": 3, \"draft\": false, \"extra\": {\"x\": [1, 2.5]}}\nBody",
    );
    let plain = |post: &Post| FrontMatter { spans: BTreeMap::new(), ..post.front.clone() };
    assert_eq!(plain(&toml), plain(&yaml));
    assert_eq!(plain(&toml), plain(&json));
    assert_eq!((toml.markdown(), yaml.markdown(), json.markdown()), ("Body", "Body", "Body"));
    assert_eq!(toml.front.terms["tags"], ["a", "b"]);
    for post in [&toml, &yaml, &json] {
        let marked = |key: &str| post.text[post.front.spans[key].clone()].trim_matches('"').to_owned();
        assert_eq!(
            (marked("title"), marked("weight"), marked("tags.1")),
            ("T".to_owned(), "3".to_owned(), "b".to_owned())
        );
    }
}

#[test]
fn what_other_engines_call_a_key_is_understood() {
    let date = |text: &str| Some(crate::fields::parse_date(text, &jiff::tz::TimeZone::UTC).unwrap());
    let hugo = post(
        "---\nTitle: T\npublishDate: 2026-01-02\nlastmod: 2026-02-03\nexpiryDate: 2030-01-01\nurl: /old/\nimages: [a.png, b.png]\nparams:\n  x: 1\n---\n",
    );
    assert_eq!(hugo.front.title.as_deref(), Some("T"));
    assert_eq!((hugo.front.publish_date, hugo.front.updated), (date("2026-01-02"), date("2026-02-03")));
    assert_eq!(hugo.front.path.unwrap().as_str(), "/old/");
    assert_eq!(hugo.front.image.as_deref(), Some("a.png"));
    assert_eq!(hugo.front.extra["x"].as_integer(), Some(1));

    let jekyll = post(
        "---\nlayout: post\ntags: a b\ncategory: c d\nredirect_from:\n  - /x\n  - /y.html\nlast_modified_at: 2026-02-03\nexcerpt: E\nauthor: Ada\npublished: true\ndescription:\n---\n",
    );
    assert_eq!(jekyll.front.terms["tags"], ["a", "b"]);
    assert_eq!(jekyll.front.terms["categories"], ["c d"]);
    assert_eq!(jekyll.front.aliases.iter().map(Route::as_str).collect::<Vec<_>>(), ["/x/", "/y.html"]);
    assert_eq!((jekyll.front.template, jekyll.front.description), (None, None));
    assert_eq!((jekyll.front.summary.as_deref(), jekyll.front.authors), (Some("E"), vec!["Ada".to_owned()]));
    assert!(post("---\npublished: false\n---\n").hidden == Some(Hidden::Draft(Draft::Own)));

    let zola = post("+++\n[taxonomies]\ntags = [\"a b\"]\n[extra]\nx = 1\n+++\n");
    assert_eq!(zola.front.terms["tags"], ["a b"]);
}

#[test]
fn a_problem_in_front_matter_marks_its_bytes() {
    for (text, code, marked, says) in [
        ("+++\ntitel = \"x\"\n+++\n", "front/unknown-key", "titel", "did you mean `title`?"),
        ("---\nTagz: [a]\n---\n", "front/unknown-key", "Tagz", "did you mean `tags`?"),
        ("{\"x\": 1}\n", "front/unknown-key", "\"x\"", "under `extra`"),
        ("+++\ntopic = \"x\"\n+++\n", "front/unknown-key", "topic", "did you mean `topics`?"),
        ("+++\n[taxonomies]\ntopix = [\"x\"]\n+++\n", "taxonomy/undeclared", "topix", "did you mean `topics`?"),
        ("+++\ntitle = 2026\n+++\n", "front/type", "2026", "put it in quotes: `\"2026\"`"),
        ("---\ntitle: 2026\n---\n", "front/type", "2026", "put it in quotes"),
        ("+++\ntags = [\"a\", 1]\n+++\n", "front/type", "1", "expected a string, found an integer"),
        ("+++\ntags = [\"\"]\n+++\n", "front/value", "\"\"", "without a name"),
        ("+++\nweight = \"1\"\n+++\n", "front/type", "\"1\"", "without quotes: `1`"),
        ("---\ndraft: \"yes\"\n---\n", "front/type", "\"yes\"", "expected a boolean"),
        ("+++\ndate = \"soon\"\n+++\n", "front/value", "\"soon\"", "2026-11-22"),
        ("---\ntitle: A\ndate: 2026-02-30\n---\n", "front/value", "2026-02-30", "there is no day"),
        ("+++\ndate = 12:00:00\n+++\n", "front/value", "12:00:00", "no day"),
        ("+++\nslug = \"../x\"\n+++\n", "route/unsafe", "\"../x\"", "cannot be used"),
        ("+++\npath = \"/../x\"\n+++\n", "route/unsafe", "\"/../x\"", "leaves the folder"),
        ("---\naliases:\n  - /ok/\n  - /a/../../b\n---\n", "route/unsafe", "/a/../../b", "leaves the folder"),
        ("---\npermalink: /:categories/:title/\n---\n", "front/value", "/:categories/:title/", ":categories"),
        ("+++\ncanonical = \"/x\"\n+++\n", "front/value", "\"/x\"", "whole address"),
        ("+++\nid = \" \"\n+++\n", "front/value", "\" \"", "derived"),
        ("+++\ntitle = \"a\\u0000b\"\n+++\n", "front/value", "\"a\\u0000b\"", "U+0000"),
        ("+++\nextra = 1\n+++\n", "front/type", "1", "expected a table"),
        ("+++\ntitle = \"x\n+++\n", "front/syntax", "", ""),
        ("---\ntitle: \"x\n---\n", "front/syntax", "", ""),
        ("---\na: 1\na: 2\n---\n", "front/syntax", "", "duplicate"),
        ("---\njust text\n---\n", "front/syntax", "just text\n", "keys and values"),
        ("{\"a\": 1, \"a\": 2}\n", "front/syntax", "\"a\"", "duplicate"),
        ("{\"a\": }\n", "front/syntax", "}", "expected"),
    ] {
        let (found_code, found, found_text) = wrong(text);
        assert_eq!(found_code, code, "{text}: {found}");
        assert!(found.contains(says), "{text}: {found}");
        if !(code == "front/syntax" && marked.is_empty()) {
            assert_eq!(found_text, marked, "{text}: {found}");
        }
    }
}

#[test]
fn all_problems_of_all_files_are_reported_at_once() {
    let files = [
        ("content/a.md", "+++\ntitel = \"x\"\nweight = \"1\"\n+++\n"),
        ("content/b.md", "+++\n"),
        ("content/c.md", "+++\ndate = 1\n+++\n"),
    ];
    let problems = parsed(&sample(""), &files).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["front/unknown-key", "front/type", "front/fence", "front/type"]);
}

#[test]
fn a_date_comes_from_front_matter_or_from_the_files_name_and_makes_a_post() {
    let day = |post: &Post| post.day().map(|day| day.to_string());
    let named = post_of("", "content/posts/2011-03-10-x.md", "");
    assert_eq!((day(&named).as_deref(), named.kind), (Some("2011-03-10"), Kind::Post));
    let both = post_of("", "content/posts/2011-03-10-x.md", "+++\ndate = 2012-01-01\n+++\n");
    assert_eq!((day(&both).as_deref(), both.stem.as_str()), (Some("2012-01-01"), "x"));
    assert_eq!(post("").kind, Kind::Page);
    assert_eq!(post_of("", "content/posts/_index.md", "+++\ndate = 2012-01-01\n+++\n").kind, Kind::Section);
}

#[test]
fn a_title_is_never_missing() {
    assert_eq!(post("+++\ntitle = \" T \"\n+++\n# H\n").title(), "T");
    let heading = post("\n# A *fine* `title`\n\nBody\n");
    assert_eq!((heading.title(), heading.markdown()), ("A fine title", "\n\nBody\n"));
    let later = post("Body\n\n# Not a title\n");
    assert_eq!((later.title(), later.markdown()), ("A post", "Body\n\n# Not a title\n"));
    assert_eq!(post_of("", "content/tags/_index.md", "").title(), "Tags");
    assert_eq!(post_of("", "content/_index.md", "").title(), "Sample");
}

#[test]
fn defaults_stand_below_what_the_file_says() {
    let settings = "[[defaults]]\npath = \"posts/**\"\ntemplate = \"a.html\"\ntags = [\"x\"]\nnoindex = true\n[defaults.extra]\na = 1\nb = 2\n\
                    [[defaults]]\npath = \"posts/deep/*\"\ntemplate = \"b.html\"\n";
    let plain = post_of(settings, "content/posts/a.md", "");
    assert_eq!((plain.front.template.as_deref(), plain.front.noindex), (Some("a.html"), true));
    let deep = post_of(settings, "content/posts/deep/a.md", "+++\ntags = []\nnoindex = false\n[extra]\nb = 3\n+++\n");
    assert_eq!((deep.front.template.as_deref(), deep.front.noindex), (Some("b.html"), false));
    assert!(deep.front.terms["tags"].is_empty());
    assert_eq!((deep.front.extra["a"].as_integer(), deep.front.extra["b"].as_integer()), (Some(1), Some(3)));
    assert_eq!(post_of(settings, "content/notes/a.md", "").front.template, None);
}

#[test]
fn wrong_defaults_are_reported_once_and_in_site_toml() {
    let config = sample("[[defaults]]\npath = \"**\"\ntemplat = \"x\"\nslug = \"y\"\n");
    let problems = parsed(&config, &[("content/a.md", ""), ("content/b.md", "")]).unwrap_err();
    let found: Vec<_> = problems.iter().map(|one| (one.code, one.place.as_ref().unwrap().file.as_str())).collect();
    assert_eq!(found, [("front/value", "site.toml"), ("front/unknown-key", "site.toml")]);
}

#[test]
fn what_is_not_to_be_shown_says_why() {
    // The sample's clock says 2026-11-22 12:00 UTC.
    for (front, hidden) in [
        ("draft = true", Some("Draft")),
        ("date = 2026-11-22", None),
        ("date = 2026-11-22T12:00:01Z", Some("Future")),
        ("date = 2026-11-22T13:00:00+01:00", None),
        ("date = 2026-01-01\npublish_date = 2026-12-01", Some("Future")),
        ("date = 2026-12-01\npublish_date = 2026-01-01", None),
        ("expiry_date = 2026-11-22T12:00:00Z", Some("Expired")),
        ("expiry_date = 2026-11-23", None),
    ] {
        let found = post(&format!("+++\n{front}\n+++\n")).hidden.map(|hidden| format!("{hidden:?}"));
        let matches = match (&found, hidden) {
            (Some(found), Some(hidden)) => found.starts_with(hidden),
            (found, hidden) => found.is_none() && hidden.is_none(),
        };
        assert!(matches, "{front}: {found:?}");
    }
}

#[test]
fn drafts_are_hidden_by_key_by_folder_and_by_section_and_shown_when_asked() {
    let files = [
        ("content/drafts/a.md", ""),
        ("content/notes/_index.md", "+++\ndraft = true\n+++\n"),
        ("content/notes/deep/b.md", "+++\ndate = 2026-01-01\n+++\n"),
        ("content/c.md", ""),
    ];
    let shown = |config: &Config| {
        let posts = parsed(config, &files).unwrap();
        posts
            .into_iter()
            .filter(|post| post.hidden.is_none())
            .map(|post| (post.stem.clone(), post.kind))
            .collect::<Vec<_>>()
    };
    let mut config = sample("");
    assert_eq!(shown(&config), [("c".to_owned(), Kind::Page)]);
    config.drafts = true;
    let all = shown(&config);
    assert_eq!(all.len(), 4);
    assert!(all.contains(&("a".to_owned(), Kind::Post)), "a draft of today is a post: {all:?}");
}

#[test]
fn a_bundle_takes_the_files_of_its_folder_but_not_those_of_one_within() {
    let mut sources = Sources::default();
    for name in ["content/p/a/index.md", "content/p/a/b/index.md", "content/p/c.md"] {
        sources.markdown.insert(SourcePath::new(name), "".into());
    }
    for name in ["content/p/a/1.png", "content/p/a/x/2.png", "content/p/a/b/3.png", "content/p/4.png"] {
        sources.assets.insert(SourcePath::new(name), name.into());
    }
    let posts = parse(&sample(""), &sources).unwrap();
    let names = |stem: &str| -> Vec<String> {
        posts.iter().find(|post| post.stem == stem).unwrap().assets.keys().cloned().collect()
    };
    assert_eq!(names("a"), ["1.png", "x/2.png"]);
    assert_eq!(names("b"), ["3.png"]);
    assert!(names("c").is_empty());
}

#[test]
fn what_is_odd_but_usable_is_a_warning() {
    for (text, code) in [
        ("+++\nlastmod = 2026-01-01\nupdated = 2026-01-02\n+++\n", "front/twice"),
        ("+++\n[extra]\ntags = [\"a\"]\n+++\n", "front/in-extra"),
    ] {
        assert_eq!(post(text).warnings.iter().map(|one| one.code).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn an_index_at_the_top_is_told_from_the_home_pages_text() {
    let problems = parsed(&sample(""), &[("content/index.md", "")]).unwrap_err();
    assert_eq!(problems[0].code, "post/home-index");
}

#[test]
fn authors_are_the_sites_unless_the_post_says_otherwise() {
    let settings = "authors = [\"Ada\"]\n[taxonomies.authors]\n";
    let own = post_of(settings, "content/a.md", "+++\ndate = 2026-01-01\nauthors = [\"Bob\"]\n+++\n");
    let usual = post_of(settings, "content/a.md", "+++\ndate = 2026-01-01\n+++\n");
    assert_eq!(
        (&own.front.terms["authors"], &usual.front.terms["authors"]),
        (&vec!["Bob".to_owned()], &vec!["Ada".to_owned()])
    );
}

#[test]
fn no_text_makes_the_parser_panic_and_every_place_is_within_its_text() {
    let sound = [
        "+++\ntitle = \"Tïtle\"\ndate = 2026-01-02T03:04:05Z\ntags = [\"a\", 'b']\naliases = [\"/x/\"]\n[extra]\na.b = { c = 1 }\n+++\n# Hé\n\n[l](@/a.md)\n",
        "---\ntitle: \"Tïtle\"\ndate: 2026-01-02 03:04:05 +0100\ntags:\n  - a\n  - b: c\nextra: {x: [1, \"y\"], z: |\n  w}\nsummary: |\n  text: here\n---\n# Hé\n",
        "{\"title\": \"Tï\\u00e9\", \"tags\": [\"a\"], \"extra\": {\"x\": [1, {}, null]},\n \"path\": \"/x/%C3%A9/\"}\n# Hé\n",
    ];
    let config = sample("[[defaults]]\npath = \"posts/*\"\nweight = 1\n");
    crate::fields::tests::with_mutations(&sound, 3_000, |text| {
        let name = SourcePath::new("content/posts/2026-01-02-a.md");
        let (text, _) = crate::source::tests::decoded(text);
        let sources = Sources { markdown: [(name, text)].into(), ..Sources::default() };
        let warnings = match parse(&config, &sources) {
            Ok(posts) => {
                let post = &posts[0];
                assert!(post.markdown().len() <= post.text.len());
                for span in post.front.spans.values() {
                    assert!(post.text.get(span.clone()).is_some(), "{span:?} in {:?}", post.text);
                }
                post.warnings.clone()
            }
            Err(problems) => problems,
        };
        for one in warnings {
            if let Some(Place { text: Some(text), span: Some(span), .. }) = one.place {
                assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}: {}", one.message);
            }
        }
    });
}
