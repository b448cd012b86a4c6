//! A site.toml in, a configuration or its problems out.

use std::path::Path;

use super::*;

fn world() -> World {
    World {
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
        environment: [("STATS_TOKEN".to_owned(), " secret\n".to_owned()), ("HOME".to_owned(), "/home/me".to_owned())]
            .into(),
        current: "/site".into(),
        lock: Some("schema = 1\n".into()),
        ..World::default()
    }
}

fn read_with(text: &str, overrides: &Overrides, world: &World) -> Result<Config, Vec<Diagnostic>> {
    read(Path::new("/site"), text, overrides, world)
}

const BASE: &str = "title = \"T\"\nbase_url = \"https://blog.example\"\ntimezone = \"Europe/Brussels\"\n";

/// Returns what is wrong with some lines: code, message, hint, and the text that is marked.
fn wrong(more: &str) -> Vec<(&'static str, String, String, String)> {
    let problems = read_with(&format!("{BASE}{more}"), &Overrides::default(), &world()).err().unwrap_or_default();
    let marked = |one: &Diagnostic| {
        let place = one.place.as_ref()?;
        Some(place.text.as_ref()?[place.span.clone()?].to_owned())
    };
    let row = |one: &Diagnostic| {
        (one.code, one.message.clone(), one.hint.clone().unwrap_or_default(), marked(one).unwrap_or_default())
    };
    problems.iter().map(row).collect()
}

#[test]
fn two_lines_are_enough_and_the_rest_has_its_usual_value() {
    let config =
        read_with("title = \"T\"\nbase_url = \"https://blog.example\"\n", &Overrides::default(), &world()).unwrap();
    assert_eq!(config.base_url.as_str(), "https://blog.example/");
    assert_eq!((config.theme.as_str(), config.language.as_str()), ("paper", "en"));
    assert_eq!(config.feed_authority, "blog.example");
    assert_eq!(config.out, Path::new("/site/public"));
    assert_eq!(config.feeds, [FeedRule::usual()]);
    assert_eq!(
        config.taxonomies.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(),
        ["tags", "categories", "series"]
    );
    assert_eq!(config.lock.as_deref(), Some("schema = 1\n"));
    assert!(config.analytics.is_empty());
    assert_eq!(config.warnings.iter().map(|one| one.code).collect::<Vec<_>>(), ["config/no-timezone"]);
}

#[test]
fn what_is_missing_or_wrong_is_reported_all_at_once() {
    let text = "titel = \"T\"\nbase_url = \"ftp://x/\"\ntimezone = \"Europe/Brussel\"\nauthors = 3\n[markdown]\nhtml = \"true\"\nfoo = 1\n";
    let problems = read_with(text, &Overrides::default(), &world()).unwrap_err();
    let mut found: Vec<(&str, Option<&str>)> = problems.iter().map(|one| (one.code, one.hint.as_deref())).collect();
    found.sort();
    assert_eq!(
        found,
        [
            ("config/missing-key", Some("add `title = \"My blog\"`")),
            ("config/type", Some("put it in quotes: `\"3\"`")),
            ("config/type", Some("write it without quotes: `true`")),
            ("config/unknown-key", Some("a key of your own goes under `[extra]`")),
            ("config/unknown-key", Some("did you mean `title`?")),
            ("config/value", Some("did you mean `Europe/Brussels`?")),
            ("config/value", Some("write the address of the home page, as `https://blog.example/`")),
        ]
    );
}

#[test]
fn every_problem_marks_what_it_is_about() {
    for (more, code, marked, says) in [
        ("language = \"e n\"", "config/value", "\"e n\"", "language tag"),
        ("theme = \"../x\"", "config/value", "\"../x\"", "themes/"),
        ("summary = \"atuo\"", "config/value", "\"atuo\"", "did you mean `auto`?"),
        ("permalinks.posts = \"/:slgu/\"", "config/value", "\"/:slgu/\"", "did you mean `:slug`?"),
        ("permalinks.posts = \"/:year/\"", "config/value", "\"/:year/\"", "same address"),
        ("[[defaults]]\npath = \"a[\"", "config/value", "\"a[\"", "pattern"),
        ("[[defaults]]\ntemplate = \"x\"", "config/missing-key", "[[defaults]]", "defaults.0.path"),
        ("[taxonomies.tags]\npath = \"../x\"", "config/value", "\"../x\"", "address"),
        ("[taxonomies.tags]\nfeeds = true", "config/unknown-key", "feeds", "did you mean `feed`?"),
        ("[paginate]\nposts = 0", "config/value", "0", "at least 1"),
        ("[archives]\nby = [\"year\", \"week\"]", "config/value", "\"week\"", "by `week`"),
        ("[[feeds]]\nformat = \"opml\"", "config/value", "\"opml\"", "`rss`, `atom`"),
        ("[[feeds]]\npath = \"feed/\"", "config/value", "\"feed/\"", "feed/index.xml"),
        ("[[feeds]]\npath = \"../feed.xml\"", "config/value", "\"../feed.xml\"", "leaves the folder"),
        ("[[feeds]]\nlimit = -1", "config/value", "-1", "at least 1"),
        (
            "[check.levels]\n\"config/valeu\" = \"warn\"",
            "config/value",
            "\"config/valeu\"",
            "did you mean `config/value`?",
        ),
        ("[check.levels]\n\"config/value\" = \"warning\"", "config/value", "\"warning\"", "`warn`, `error`"),
        ("env = 1", "config/type", "1", "expected a table"),
        ("extra = 1", "config/type", "1", "expected a table"),
        ("a = 99999999999999999999", "config/syntax", "99999999999999999999", "64 bits"),
        ("a = ", "config/syntax", "", ""),
    ] {
        let found = wrong(more);
        assert_eq!(found.len(), 1, "{more}: {found:?}");
        let (found_code, message, hint, text) = &found[0];
        assert_eq!((*found_code, text.trim()), (code, marked), "{more}: {message}");
        assert!(message.contains(says) || hint.contains(says), "{more}: {message} / {hint}");
    }
}

#[test]
fn several_syntax_errors_are_reported_together() {
    let found = wrong("a = \nb = [1,\n[c\n");
    assert!(found.len() > 1 && found.iter().all(|(code, ..)| *code == "config/syntax"), "{found:?}");
}

#[test]
fn an_overlay_replaces_and_merges_and_leaves_feed_ids_alone() {
    let text = format!(
        "{BASE}[analytics]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n\
         [env.staging]\nbase_url = \"https://staging.example/\"\n[env.staging.analytics]\nsite = \"2\"\n"
    );
    let overrides = Overrides { env: Some("staging".to_owned()), ..Overrides::default() };
    let config = read_with(&text, &overrides, &world()).unwrap();
    assert_eq!(config.base_url.as_str(), "https://staging.example/");
    assert_eq!(config.feed_authority, "blog.example");
    assert_eq!((config.analytics[0].provider.as_str(), config.analytics[0].site.as_str()), ("goatcounter", "2"));
    assert_eq!(config.place("analytics.0.site").line_column(), Some((11, 8)));
    assert_eq!(config.place("analytics.0.accept").line_column(), config.place("analytics.0").line_column());

    let config = read_with(&text, &Overrides::default(), &world()).unwrap();
    assert_eq!(config.analytics[0].site, "1");

    let mut from_environment = world();
    from_environment.environment.insert("BLOG_ENV".to_owned(), "stagin".to_owned());
    let problems = read_with(&text, &Overrides::default(), &from_environment).unwrap_err();
    assert_eq!(problems[0].code, "config/no-env");
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `staging`?"));
}

#[test]
fn an_overlay_that_is_not_in_use_is_still_checked() {
    let found = wrong("[env.production]\nbase_ulr = \"https://x.example/\"\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].3.as_str()), ("config/unknown-key", "base_ulr"));
}

#[test]
fn the_command_line_wins_over_the_file() {
    let overrides = Overrides {
        base_url: Some("http://127.0.0.1:8000/x".to_owned()),
        out: Some("../www".into()),
        clock: Some("2026-01-02".to_owned()),
        ..Overrides::default()
    };
    let config = read_with(BASE, &overrides, &world()).unwrap();
    assert_eq!(config.base_url.as_str(), "http://127.0.0.1:8000/x/");
    assert_eq!(config.out, Path::new("/www"));
    assert_eq!(config.clock.to_string(), "2026-01-01T23:00:00Z");
    assert_eq!(config.feed_authority, "blog.example");
}

#[test]
fn the_clock_is_source_date_epoch_else_the_machines() {
    let mut world = world();
    assert_eq!(read_with(BASE, &Overrides::default(), &world).unwrap().clock, world.now);
    world.environment.insert("SOURCE_DATE_EPOCH".to_owned(), "86400".to_owned());
    assert_eq!(read_with(BASE, &Overrides::default(), &world).unwrap().clock.to_string(), "1970-01-02T00:00:00Z");
    world.environment.insert("SOURCE_DATE_EPOCH".to_owned(), "soon".to_owned());
    assert_eq!(read_with(BASE, &Overrides::default(), &world).unwrap_err()[0].code, "config/clock");
    let overrides = Overrides { clock: Some("soon".to_owned()), ..Overrides::default() };
    assert_eq!(read_with(BASE, &overrides, &world).unwrap_err()[0].code, "config/clock");
}

#[test]
fn an_analytics_table_is_read_whole() {
    let config = sample(
        "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/gc\"\nsite = \"1\"\n\
         accept = \">=2.5, <3\"\nexclude = [\"/drafts/**\"]\non_unknown = \"warn\"\nmax_unknown_age = \"36h\"\nplaced = \"edge\"\n\
         script = \"https://cdn.example/count.js\"\n\
         [[analytics]]\nprovider = \"matomo\"\nendpoint = \"embedded\"\nsite = \"7\"\n[[analytics]]\nprovider = \"none\"\n",
    );
    let [one, other] = &config.analytics[..] else { panic!("{:?}", config.analytics) };
    assert_eq!(one.endpoint.url().as_str(), "https://stats.example/gc/");
    let accept = one.accept.as_ref().unwrap();
    assert!(accept.matches(&"2.5.0".parse().unwrap()) && !accept.matches(&"3.0.0".parse().unwrap()));
    assert_eq!((one.on_unknown, one.placed), (OnUnknown::Warn, Placed::Edge));
    assert_eq!(one.max_unknown_age, SignedDuration::from_hours(36));
    assert_eq!(one.script.as_ref().unwrap().as_str(), "https://cdn.example/count.js");
    assert_eq!((&other.endpoint, other.on_unknown), (&Endpoint::Embedded, OnUnknown::Fail));
    assert_eq!(other.max_unknown_age, SignedDuration::from_hours(14 * 24));
}

#[test]
fn the_endpoint_may_be_left_out_where_the_vendor_runs_the_server() {
    let hosted = sample("[analytics]\nprovider = \"fathom\"\nsite = \"ABCDE\"\n");
    assert_eq!(hosted.analytics[0].endpoint.url().as_str(), "https://cdn.usefathom.com/");
    let custom = "[analytics]\nprovider = \"custom\"\nsite = \"x\"\nscript = \"https://s.example/a/t.js\"\n";
    let known = sample(&format!("{custom}collect = \"https://c.example/hit\"\n"));
    assert_eq!(known.analytics[0].endpoint.url().as_str(), "https://s.example/");
    assert!(wrong(custom)[0].1.contains("wants `collect`"), "{:?}", wrong(custom));
    let own = sample("[analytics]\nprovider = \"fathom\"\nendpoint = \"https://f.example/\"\nsite = \"ABCDE\"\n");
    assert_eq!(own.analytics[0].endpoint.url().as_str(), "https://f.example/");
    let embedded = sample("[analytics]\nprovider = \"fathom\"\nendpoint = \"embedded\"\nsite = \"ABCDE\"\n");
    assert_eq!(embedded.analytics[0].endpoint, Endpoint::Embedded);
    assert_eq!(wrong("[analytics]\nprovider = \"fathom-lite\"\nsite = \"ABCDE\"\n").len(), 1);
    for provider in crate::analytics::PROVIDERS {
        let home = provider.home.map(|home| url::Url::parse(home).unwrap());
        assert!(home.is_none_or(|home| home.scheme() == "https" && home.path().ends_with('/')), "{}", provider.name);
    }
}

#[test]
fn an_analytics_table_that_cannot_be_guarded_is_refused() {
    let table = "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n";
    for (more, marked) in [
        (table.replace("goatcounter", "goatcouter"), "\"goatcouter\""),
        (table.replace("https", "ftp"), "\"ftp://stats.example/\""),
        (table.replace("stats", "me:pw@stats"), "\"https://me:pw@stats.example/\""),
        (table.replace("example/", "example/?x"), "\"https://stats.example/?x\""),
        (format!("{table}accept = \"two\"\n"), "\"two\""),
        (format!("{table}exclude = [\"drafts/**\"]\n"), "\"drafts/**\""),
        (format!("{table}exclude = [\"/a[\"]\n"), "\"/a[\""),
        (format!("{table}max_unknown_age = \"14 fortnights\"\n"), "\"14 fortnights\""),
        (format!("{table}max_unknown_age = \"d\"\n"), "\"d\""),
        (format!("{table}on_unknown = \"ignore\"\n"), "\"ignore\""),
        (format!("{table}sit = \"1\"\n"), "sit"),
        (table.replace("site = \"1\"\n", ""), "[analytics]"),
    ] {
        let found = wrong(&more);
        assert_eq!(found.iter().map(|(.., text)| text.trim()).collect::<Vec<_>>(), [marked], "{more}: {found:?}");
    }
}

#[test]
fn a_token_comes_from_the_environment_and_is_never_shown() {
    let text = format!(
        "{BASE}[analytics]\nprovider = \"matomo\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\ntoken_env = \"STATS_TOKEN\"\n"
    );
    let config = read_with(&text, &Overrides::default(), &world()).unwrap();
    assert_eq!(config.analytics[0].token, Some(Token("secret".to_owned())));
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn a_publish_target_says_whether_headers_are_obeyed() {
    assert_eq!(sample("[publish.production]\nkind = \"netlify\"\n").headers_from.as_deref(), Some("netlify"));
    assert_eq!(sample("[publish.production]\nkind = \"s3\"\nto = \"s3://blog\"\n").headers_from, None);
    assert_eq!(sample("headers_from = \"cloudflare\"\n").headers_from.as_deref(), Some("cloudflare"));
}

#[test]
fn no_text_makes_the_reader_panic_and_every_place_is_within_its_text() {
    let sound = [format!(
        "{BASE}[permalinks]\nposts = \"/:year/:slug/\"\n[[defaults]]\npath = \"n/**\"\n[taxonomies.tags]\npaginate = 2\n[[feeds]]\nformat = \"atom\"\n\
         [env.x]\ntitle = \"é\"\n[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\naccept = \">=2, <3\"\n\
         max_unknown_age = \"3d\"\n[check.levels]\n\"link/broken\" = \"warn\"\n[publish.p]\nkind = \"netlify\"\n[extra]\nmenu = [{{ name = \"é\" }}]\n"
    )];
    crate::fields::tests::with_mutations(&[&sound[0]], 1_000, |text| {
        for one in read_with(text, &Overrides::default(), &world()).err().unwrap_or_default() {
            if let Some(Place { text: Some(text), span: Some(span), .. }) = one.place {
                assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}: {}", one.message);
            }
        }
    });
}

#[test]
fn ways_of_writing_are_chosen_and_wrong_ones_refused() {
    let config = sample(
        "[markdown]\nmath = true\nheading_ids = \"kramdown\"\ntoc_levels = 3\n[highlight]\nstyle = \"inline\"\n",
    );
    assert!(config.markdown.math && config.warnings.is_empty());
    assert_eq!((config.markdown.heading_ids, config.markdown.toc_levels), (HeadingIds::Kramdown, 3));
    assert_eq!(config.highlight.style, CodeStyle::Inline);
    for (lines, hint) in [
        ("[markdown]\nheading_ids = \"gitub\"\n", "did you mean `github`?"),
        ("[markdown]\ntoc_levels = 7\n", "write the deepest level that a table of contents is to show, as `3`"),
        ("[highlight]\nstyle = \"inlined\"\n", "did you mean `inline`?"),
    ] {
        let problems = read_with(&format!("{BASE}{lines}"), &Overrides::default(), &world()).unwrap_err();
        assert_eq!(problems.len(), 1, "{lines}");
        assert_eq!(problems[0].hint.as_deref(), Some(hint), "{lines}");
        assert!(problems[0].place.as_ref().is_some_and(|place| place.span.is_some()), "{lines}");
    }
}
