//! Sites in several languages: which file is of which, what stands where, and how the languages know of one another.

use crate::harness::tests;
use crate::site::Site;

tests![
    the_example_of_the_manual_builds,
    files_of_a_language_make_a_site_of_their_own_below_its_tag,
    pages_and_the_sitemap_name_their_translations,
    each_language_has_feeds_with_ids_of_their_own,
    what_is_not_translated_is_listed_only_on_request_and_stands_once,
    a_bundle_shares_its_files_among_languages,
    files_by_their_digest_and_redirects_are_of_all_languages,
    two_languages_on_one_address_are_told,
    wrong_settings_of_a_language_are_told_with_their_line,
    dates_have_the_names_of_the_language,
    a_site_of_one_language_reads_a_tag_in_a_name_as_part_of_the_name,
];

/// A site in English and French.
fn site(more: &str) -> Site {
    Site::new()
        .config(&format!(
            "[archives]\nby = [\"year\"]\n[taxonomies.tags]\n[[feeds]]\n[[feeds]]\nformat = \"json\"\n\
             [languages.fr]\ntitle = \"Essai\"\ndescription = \"Un site\"\n{more}"
        ))
        .file("content/posts/_index.md", "+++\ntitle = \"Posts\"\n+++\n")
        .file("content/posts/_index.fr.md", "+++\ntitle = \"Billets\"\n+++\n")
        .post("a.md", "+++\ntitle = \"Hello\"\ndate = 2026-01-02\ntags = [\"Rust\"]\n+++\n[to French](a.fr.md)\n")
        .post(
            "a.fr.md",
            "+++\ntitle = \"Bonjour\"\ndate = 2026-01-02\ntags = [\"Rust\"]\n+++\n[vers l'anglais](@/posts/a.md)\n",
        )
        .post("b.md", "+++\ntitle = \"Only English\"\ndate = 2026-01-03\ntags = [\"Rust\"]\n+++\nb\n")
        .file("content/about.fr.md", "+++\ntitle = \"Qui\"\n+++\nmoi\n")
}

fn the_example_of_the_manual_builds() {
    let page = include_str!("../../content/docs/languages.md");
    let example =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is an example");
    let site = Site::new().config(example).post("hello.md", "+++\ntitle = \"Hello\"\ndate = 2026-01-02\n+++\nx\n");
    let site = site.post("hello.fr.md", "+++\ntitle = \"Bonjour\"\ndate = 2026-01-02\n+++\nx\n");
    site.build().exit(0).page_has("/fr/posts/hello/", "<html lang=\"fr\"").page_has("/fr/", "Bonjour");
}

fn files_of_a_language_make_a_site_of_their_own_below_its_tag() {
    let run = site("").build().exit(0);
    let run = run
        .page_has("/fr/posts/a/", "<html lang=\"fr\"")
        .page_has("/fr/posts/a/", "href=\"/posts/a/\"")
        .page_has("/posts/a/", "href=\"/fr/posts/a/\"")
        .page_has("/fr/", "Essai")
        .page_has("/fr/", "Bonjour")
        .page_lacks("/fr/", "Only English")
        .page_lacks("/", "Bonjour")
        .page_has("/fr/posts/", "Billets")
        .page_has("/fr/tags/rust/", "Bonjour")
        .page_lacks("/fr/tags/rust/", "Hello")
        .page_has("/fr/archive/", "Bonjour")
        .page_has("/fr/2026/", "Bonjour")
        .page_has("/fr/about/", "Qui")
        .page_has("/fr/posts/a/", "href=\"/fr/tags/rust/\"");
    let run = run.has_file("fr/404.html", true).has_file("404.html", true).has_file("fr/robots.txt", false);
    // The only French post has no neighbour.
    run.page_lacks("/fr/posts/a/", "class=\"neighbours\"").page_has("/posts/a/", "class=\"neighbours\"");
}

fn pages_and_the_sitemap_name_their_translations() {
    let run = site("").build().exit(0);
    let hreflang = |lang: &str, path: &str| format!("hreflang=\"{lang}\" href=\"https://blog.example{path}\"");
    for (english, french) in [
        ("/", "/fr/"),
        ("/posts/a/", "/fr/posts/a/"),
        ("/posts/", "/fr/posts/"),
        ("/tags/", "/fr/tags/"),
        ("/tags/rust/", "/fr/tags/rust/"),
        ("/archive/", "/fr/archive/"),
        ("/2026/", "/fr/2026/"),
    ] {
        let sitemap = run.site.output("sitemap.xml");
        for page in [english, french] {
            let html = run.page(page);
            let entry = sitemap.lines().find(|line| line.contains(&format!("<loc>https://blog.example{page}</loc>")));
            let entry = entry.unwrap_or_else(|| panic!("no {page} in {sitemap}"));
            for (lang, path) in [("en", english), ("fr", french), ("x-default", english)] {
                assert!(html.contains(&hreflang(lang, path)), "{page} does not name {lang}: {html}");
                assert!(entry.contains(&hreflang(lang, path)), "{entry}");
            }
        }
    }
    run.page_lacks("/posts/b/", "hreflang").page_lacks("/fr/about/", "hreflang");
}

fn each_language_has_feeds_with_ids_of_their_own() {
    let run = site("").build().exit(0);
    let ids = |path: &str| watchpost::check::feeds::identities(run.site.output(path).as_bytes()).expect("a feed");
    for name in ["feed.xml", "feed.json"] {
        assert_eq!(
            ids(&format!("fr/{name}")),
            [("https://blog.example/fr/posts/a/".to_owned(), "tag:blog.example,2026-01-02:a.fr".to_owned())]
        );
        assert_eq!(ids(name)[1].1, "tag:blog.example,2026-01-02:a");
    }
    let feed = run.site.output("fr/feed.xml");
    assert!(feed.contains("<language>fr</language>") && feed.contains("<title>Essai</title>"), "{feed}");
    let own = site("[[languages.fr.feeds]]\nformat = \"atom\"\npath = \"flux.xml\"\n").build().exit(0);
    own.has_file("fr/flux.xml", true).has_file("fr/feed.xml", false).has_file("feed.xml", true);
}

fn what_is_not_translated_is_listed_only_on_request_and_stands_once() {
    let run = site("fallback = true").build().exit(0);
    let run = run
        .page_has("/fr/", "href=\"/posts/b/\"")
        .page_has("/fr/tags/rust/", "Only English")
        .page_has("/fr/posts/a/", "Only English")
        .page_lacks("/fr/", ">Hello<")
        .has_file("fr/posts/b/index.html", false);
    assert!(!run.site.output("fr/feed.xml").contains("Only English"));
}

fn a_bundle_shares_its_files_among_languages() {
    let text = |title: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-01-05\n+++\n![x](a.svg)\n");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let site = site("").file("content/posts/c/index.md", text("See")).file("content/posts/c/index.fr.md", text("Voir"));
    let site = site.file("content/posts/c/a.svg", svg).file("content/posts/d/index.fr.md", text("Voir encore"));
    let run = site.file("content/posts/d/a.svg", svg).build().exit(0);
    run.page_has("/fr/posts/c/", "src=\"/posts/c/a.svg\"")
        .page_has("/posts/c/", "src=\"/posts/c/a.svg\"")
        .page_has("/fr/posts/d/", "src=\"/posts/d/a.svg\"")
        .has_file("fr/posts/c/a.svg", false);
}

fn files_by_their_digest_and_redirects_are_of_all_languages() {
    let page = "<!doctype html><html lang=\"{{ lang }}\"><title>x</title>\
                <link rel=\"stylesheet\" href=\"{{ get_url(path=\"a.css\", cachebust=lang == 'fr') }}\">{{ page.content }}";
    let site =
        site("[redirects]\nemit = [\"netlify\"]\n").template("post.html", page).file("static/a.css", "a{color:red}");
    let french = "+++\ntitle = \"Encore\"\ndate = 2026-01-04\naliases = [\"/vieux/\"]\n+++\nx\n";
    let run = site.post("c.fr.md", french).build().exit(0).page_has("/posts/a/", "href=\"/a.css\"");
    let written = run.page("/fr/posts/a/");
    let name = written.split("href=\"/a.").nth(1).and_then(|rest| rest.split('"').next()).expect("a hashed name");
    assert_eq!(run.site.output(&format!("a.{name}")), "a{color:red}");
    assert!(run.site.output("_redirects").contains("/posts/c/ 301"), "{}", run.site.output("_redirects"));
}

fn two_languages_on_one_address_are_told() {
    let run = site("").file("content/fr/posts/a.md", "+++\ntitle = \"X\"\n+++\nx\n").build().exit(1);
    let run = run.stderr_has("route/collision").stderr_has("content/fr/posts/a.md").stderr_has("content/posts/a.fr.md");
    let run = run.then();
    std::fs::remove_file(run.path("content/fr/posts/a.md")).expect("it was written");
    let run = run.file("content/z.md", "+++\npath = \"/fr/archive/\"\n+++\n").build().exit(1);
    run.stderr_has("a page of the language `fr`").stderr_has("content/z.md");
}

fn wrong_settings_of_a_language_are_told_with_their_line() {
    for (lines, words) in [
        ("[languages.en]\n", "the site's own language already"),
        ("[languages.f]\n", "no language tag"),
        ("[languages.fr]\n[languages.FR]\n", "one language"),
        ("[languages.fr]\ntilte = \"x\"\n", "`title`"),
        ("[languages.fr]\nfallback = \"yes\"\n", "site.toml:5"),
        ("[languages]\nfr = true\n", "site.toml:5"),
        ("[languages.fr]\n[[languages.fr.feeds]]\nformat = \"jsn\"\n", "site.toml:6"),
    ] {
        Site::new().config(lines).build().exit(2).stderr_has("site.toml:").stderr_has(words);
    }
}

fn a_site_of_one_language_reads_a_tag_in_a_name_as_part_of_the_name() {
    let run = Site::new().post("a.fr.md", "x").build().exit(0);
    run.has_file("posts/a-fr/index.html", true).page_lacks("/", "hreflang");
}

fn dates_have_the_names_of_the_language() {
    let text = "+++\ntitle = \"M\"\ndate = 2026-03-05\n+++\nm\n";
    let site = site("[languages.de.extra]\ndate_format = \"%-d. %B %Y\"\n").post("m.md", text);
    let run = site.post("m.fr.md", text).post("m.de.md", text).build().exit(0);
    let run = run.page_has("/fr/posts/m/", "5 mars 2026").page_has("/posts/m/", "5 March 2026");
    run.page_has("/de/posts/m/", "5. März 2026").page_has("/de/", "5. März 2026");
}
