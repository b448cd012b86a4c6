//! How readers find things, and in which words: the search index over the written pages, and `i18n/`. The sites are those
//! of `content/docs/`.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::harness::tests;
use crate::site::Site;

tests![
    posts_and_pages_are_found_and_what_is_hidden_is_not,
    the_same_site_has_the_same_index_whatever_was_written_first,
    a_site_that_does_not_ask_has_no_index_and_no_box,
    the_policy_lets_the_search_run_only_where_there_is_one,
    an_index_and_files_of_the_site_cannot_share_a_folder,
    a_theme_that_marks_nothing_is_searched_by_main,
    each_language_has_an_index_of_its_own,
    the_preview_says_that_it_has_no_index,
    the_search_of_the_documentation_is_built,
    themes_speak_the_language_of_the_page,
    words_of_the_site_win_and_unknown_ones_are_errors,
    a_broken_file_of_words_stops_the_build_and_shows_the_line,
    edits_of_words_show_in_the_preview,
    the_themes_of_the_program_are_whole_in_three_languages,
];

/// Returns the pages of an index: their addresses, titles and texts, each as `ADDRESS|TITLE|TEXT`.
fn indexed(site: &Site) -> BTreeSet<String> {
    let files = site.public();
    let fragments = files.iter().filter(|(name, _)| name.starts_with("pagefind/fragment/"));
    fragments
        .map(|(name, bytes)| {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("a fragment is packed text");
            let json = text.strip_prefix("pagefind_dcd").unwrap_or_else(|| panic!("{name}: {text}"));
            let page: serde_json::Value = serde_json::from_str(json).expect("a fragment is JSON");
            let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            format!("{}|{}|{}", word(&page["url"]), word(&page["meta"]["title"]), word(&page["content"]))
        })
        .collect()
}

/// Returns the addresses of an index.
fn addresses(site: &Site) -> Vec<String> {
    indexed(site).iter().filter_map(|page| Some(page.split('|').next()?.to_owned())).collect()
}

const DRAFT: &str = "+++\ndate = 2026-11-01\ndraft = true\n+++\nA secret plan.";

fn posts_and_pages_are_found_and_what_is_hidden_is_not() {
    let site = Site::new()
        .config("[search]\nexclude = [\"/posts/left-out/\"]\n[taxonomies.tags]")
        .post("hello.md", "Marmalade for breakfast.\n\n## A heading\n\nMore of it.")
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\nWho we are.")
        .file("content/404.md", "+++\ntitle = \"Lost\"\n+++\nNothing here.")
        .post("left-out.md", "Excluded by its address.")
        .file("content/posts/draft.md", DRAFT)
        .file("content/posts/hidden.md", "+++\ndate = 2026-11-01\nnoindex = true\n+++\nNot for search engines.")
        .file("content/posts/later.md", "+++\ndate = 2999-01-01\n+++\nOf the future.");
    let run = site.build().exit(0);
    let shown = ["/about/", "/posts/hello/"];
    assert_eq!(addresses(&run.site), shown);
    let pages: Vec<String> = indexed(&run.site).into_iter().collect();
    assert!(pages[1].contains("Marmalade for breakfast") && !pages[1].contains("Skip to the content"), "{pages:?}");
    // Flags that show to us what readers do not get leave it out of the index all the same.
    let run = run.then().run(&["build", "--drafts", "--future"]).exit(0);
    assert!(run.site.public().contains_key("posts/draft/index.html"));
    assert_eq!(addresses(&run.site), shown);
    // What is gone from the site is gone from the index, and its files with it.
    let site = run.then();
    std::fs::remove_file(site.path("content/about.md")).expect("it was written above");
    let run = site.build().exit(0);
    assert_eq!(addresses(&run.site), ["/posts/hello/"]);
    run.then().run(&["check", "--offline"]).exit(0);
}

fn the_same_site_has_the_same_index_whatever_was_written_first() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number}.md")).collect();
    let text = |name: &str| format!("The words of {name}: naïve, Ägypten, 日本語, `code` and others.\n");
    let site = |names: &mut dyn Iterator<Item = &String>| {
        names.fold(Site::new().config("[search]"), |site, name| site.post(name, &text(name)))
    };
    let one = site(&mut names.iter()).build().exit(0);
    let other = site(&mut names.iter().rev()).build().exit(0);
    let files = one.site.public();
    assert!(files.keys().any(|name| name.starts_with("pagefind/index/")), "{:?}", files.keys());
    assert!(files == other.site.public(), "two builds of one site differ");
    assert!(one.then().build().exit(0).site.public() == files, "a second build differs");
}

fn a_site_that_does_not_ask_has_no_index_and_no_box() {
    let run = Site::new().post("a.md", "A").config("[search]\nenabled = false").build().exit(0);
    assert!(!run.site.public().keys().any(|name| name.starts_with("pagefind")));
    for word in ["pagefind", "search"] {
        assert!(!run.page("/posts/a/").contains(word), "{word}");
    }
}

fn the_policy_lets_the_search_run_only_where_there_is_one() {
    for (search, is_there) in [("", false), ("[search]", true)] {
        let settings = format!("headers_from = \"netlify\"\n{search}\n[csp]\nmode = \"auto\"");
        let run = Site::new().post("a.md", "A").config(&settings).build().exit(0);
        let headers = run.site.output("_headers");
        assert_eq!(headers.contains("script-src 'self' 'wasm-unsafe-eval'"), is_there, "{headers}");
        assert!(!headers.contains("'unsafe-eval'"), "{headers}");
    }
}

fn an_index_and_files_of_the_site_cannot_share_a_folder() {
    let site = Site::new().file("static/pagefind/old.js", "1").config("[search]");
    site.build().exit(2).stderr_has("search/folder").stderr_has("pagefind/old.js").stderr_has("site.toml:4");
}

fn a_theme_that_marks_nothing_is_searched_by_main() {
    let page = "<!doctype html><html><head><title>{{ page.title }}</title>{{ analytics() }}</head>\
                <body><header>Banner</header><main><h1>{{ page.title }}</h1>{{ page.content }}</main></body></html>";
    let site = Site::new().config("[search]").template("post.html", page).post("a.md", "Only text.");
    let run = site.build().exit(0);
    let pages: Vec<String> = indexed(&run.site).into_iter().collect();
    assert!(pages.len() == 1 && pages[0].contains("Only text") && !pages[0].contains("Banner"), "{pages:?}");
    run.page_lacks("/posts/a/", "data-pagefind-body");
}

fn each_language_has_an_index_of_its_own() {
    let site = Site::new()
        .config("language = \"en\"\n[search]\n[languages.fr]\nfallback = true\n[languages.de]")
        .post("a.md", "Words in English.")
        .post("b.md", "Only in English.")
        .post("a.fr.md", "Des mots en français.");
    let run = site.build().exit(0);
    assert_eq!(
        addresses(&run.site),
        ["/fr/posts/a/", "/posts/a/", "/posts/b/"],
        "what is not translated is there once"
    );
    let entry: serde_json::Value = serde_json::from_str(&run.site.output("pagefind/pagefind-entry.json")).unwrap();
    assert_eq!(entry["languages"]["fr"]["page_count"], 1);
    assert_eq!(entry["languages"]["en"]["page_count"], 2);
    run.has_file("pagefind/wasm.fr.pagefind", true).has_file("pagefind/wasm.de.pagefind", false);
}

fn the_preview_says_that_it_has_no_index() {
    let served = Site::new().post("a.md", "A").config("[search]").serve(&[]);
    let reply = served.get("/pagefind/pagefind.js");
    assert!(reply.status == 200 && reply.text().contains("The preview has no search index"), "{}", reply.text());
    assert!(reply.header("content-type").starts_with("text/javascript"));
    assert!(served.get("/__blog/").text().contains("<dt>Search</dt><dd>not here"));
    assert_eq!(served.get("/pagefind/pagefind-entry.json").status, 404);
    let served = Site::new().post("a.md", "A").serve(&[]);
    assert_eq!(served.get("/pagefind/pagefind.js").status, 404);
}

fn the_search_of_the_documentation_is_built() {
    let text = include_str!("../../content/docs/search.md");
    let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let run = Site::new().config(blocks[0]).post("a.md", "A").post("notes.md", "B").build().exit(0);
    assert_eq!(addresses(&run.site), ["/posts/a/", "/posts/notes/"]);
    run.page_has("/", "class=\"search-open\"").page_has("/posts/a/", "<dialog class=\"search\"");
    let template = text.split("```jinja\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a template");
    let page = format!(
        "<!doctype html><html><head><title>t</title>{{{{ analytics() }}}}</head><body>{template}</body></html>"
    );
    let run = Site::new().config("[search]").template("post.html", &page).post("a.md", "Own theme.").build().exit(0);
    let pages: Vec<String> = indexed(&run.site).into_iter().collect();
    assert!(pages.len() == 1 && pages[0].ends_with("|Own theme."), "{pages:?}");
}

fn themes_speak_the_language_of_the_page() {
    for theme in ["paper", "gazette", "teletype"] {
        let site = Site::new()
            .config(&format!("theme = \"{theme}\"\n[search]\n[languages.de]\n[languages.\"fr-CA\"]\n[languages.pl]\n[taxonomies.tags]"))
            .post("a.md", "A")
            .post("a.de.md", "+++\ntitle = \"Ah\"\ndate = 2026-03-02\ntags = [\"eins\"]\n+++\nDeutsch.\n\n```rust\nlet a = 1;\n```\n")
            .post("a.fr-CA.md", "Français.")
            .post("a.pl.md", "Polski.");
        let run = site.build().exit(0);
        for (path, skip, close) in [
            ("/posts/a/", "Skip to the content", "Close"),
            ("/de/posts/a/", "Zum Inhalt springen", "Schließen"),
            ("/fr-ca/posts/a/", "Aller au contenu", "Fermer"),
            ("/pl/posts/a/", "Skip to the content", "Close"),
        ] {
            let page = run.page(path);
            assert!(page.contains(skip) && page.contains(&format!(">{close}</button>")), "{theme}{path}: {page}");
        }
        let page = run.page("/de/posts/a/");
        assert!(page.contains("data-copy=\"Kopieren\" data-copied=\"Kopiert\""), "{page}");
        assert!(page.contains("data-found=\"Treffer: {count}\""), "{page}");
        assert!(run.page("/de/tags/").contains("Schlagwörter"), "{theme}");
        let lost = run.page("/de/404.html");
        assert!(!lost.contains("address") && lost.contains("Adresse"), "{theme}: {lost}");
    }
}

fn words_of_the_site_win_and_unknown_ones_are_errors() {
    let text = include_str!("../../content/docs/languages.md");
    let words = text.split("```toml\n").find(|block| block.starts_with("# i18n/de.toml")).expect("there is an example");
    let words = words.split("```").next().expect("a block ends");
    let call = text.split("```jinja\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a call");
    let page = format!(
        "<!doctype html><html><head><title>t</title>{{{{ analytics() }}}}</head><body><p>{call}</p></body></html>"
    );
    let site = Site::new().config("language = \"de\"").file("i18n/de.toml", words).post("a.md", "A");
    let run = site.template("post.html", &page).build().exit(0);
    run.page_has("/posts/a/", "<p>3 Texte").page_has("/archive/", "ein Text");
    for (call, message) in [
        ("trans(key=\"older_post\")", "there is no word `older_post`; did you mean `older_posts`?"),
        ("trans(key=\"zzzzzzzz\")", "write it into `i18n/en.toml`"),
        ("trans(key=\"posts\")", "say how many with `count=`"),
        ("trans(key=\"page_of\", page=1)", "give it `pages=`"),
        ("trans()", "key"),
    ] {
        let page = format!("\n\n{{{{ {call} }}}}{{{{ analytics() }}}}");
        let run = Site::new().template("post.html", &page).post("a.md", "A").build().exit(1);
        run.stderr_has(message).stderr_has("templates/post.html:3");
    }
    let page = "<!doctype html><html><head><title>t</title>{{ analytics() }}</head><body>\
                <p>{{ trans(key=\"own\", lang=\"de\", name=\"<b>\") }}</p><p>{{ trans(key=\"nowhere\", default=\"instead\") }}</p></body></html>";
    let site =
        Site::new().file("i18n/de.toml", "own = \"Für {name} & {co}\"\n").template("post.html", page).post("a.md", "A");
    site.build().exit(1).stderr_has("give it `co=`");
    let site =
        Site::new().file("i18n/de.toml", "own = \"Für {name} & Co\"\n").template("post.html", page).post("a.md", "A");
    site.build().exit(0).page_has("/posts/a/", "<p>Für &lt;b&gt; &amp; Co</p><p>instead</p>");
}

fn a_broken_file_of_words_stops_the_build_and_shows_the_line() {
    let run = Site::new().post("a.md", "A").build().exit(0);
    let published = run.site.public();
    for (file, text, code, place) in [
        ("i18n/de.toml", "a = \"x\"\nb = [1]\n", "words/value", "i18n/de.toml:2:5"),
        ("i18n/de.toml", "a = \"x\nb = 1\n", "words/syntax", "i18n/de.toml:1"),
        ("i18n/deutsch.yaml", "a: x", "words/file", "i18n/deutsch.yaml"),
        ("i18n/de.toml", "a = { one = \"x\", ohter = \"y\" }", "words/value", "did you mean `other`?"),
    ] {
        let run = Site::new().post("a.md", "A").file(file, text).build().exit(1);
        run.stderr_has(code).stderr_has(place);
    }
    let run = run.then().file("i18n/de.toml", "a = 1\n").build().exit(1);
    assert!(run.site.public() == published, "a failed build left `public/` as it was");
}

fn edits_of_words_show_in_the_preview() {
    let site = Site::new().config("language = \"de\"").file("i18n/de.toml", "skip = \"Erst\"\n").post("a.md", "A");
    let served = site.serve(&[]);
    assert!(served.page("/posts/a/").contains(">Erst<"));
    served.write_until("i18n/de.toml", "skip = \"Dann\"\n", "/posts/a/", ">Dann<");
}

fn the_themes_of_the_program_are_whole_in_three_languages() {
    let braces = |text: &str| {
        let names = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()));
        names.collect::<BTreeSet<String>>()
    };
    for theme in ["paper", "gazette", "teletype"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("themes").join(theme);
        let read = |language: &str| -> toml::Table {
            let text = std::fs::read_to_string(folder.join(format!("i18n/{language}.toml"))).expect("it is there");
            text.parse().expect("it is TOML")
        };
        let english = read("en");
        for language in ["de", "fr"] {
            let other = read(language);
            assert!(english.keys().eq(other.keys()), "{theme}, {language}: other keys, or in another order");
            for (key, value) in &english {
                let (one, two) = (value.to_string(), other[key].to_string());
                assert_eq!(value.is_table(), other[key].is_table(), "{theme}, {language}: {key}");
                assert_eq!(braces(&one).is_empty(), braces(&two).is_empty(), "{theme}, {language}: {key}");
                if !value.is_table() {
                    assert_eq!(braces(&one), braces(&two), "{theme}, {language}: {key}");
                }
            }
        }
        let mut templates = String::new();
        for name in crate::site::tree(&folder.join("templates")).into_values() {
            templates.push_str(&String::from_utf8(name).expect("templates are text"));
        }
        for key in english.keys().filter(|key| !key.starts_with("taxonomy_")) {
            assert!(templates.contains(&format!("trans(key=\"{key}\"")), "{theme}: nothing says `{key}`");
        }
    }
}
