//! Whole arrangements: files in, addresses and lists out.

mod collisions;

use std::sync::Arc;

use super::*;
use crate::config::{Config, sample};
use crate::diagnostic::{Diagnostic, Level};
use crate::post;
use crate::source::{Origin, Sources, StaticFile};

/// Arranges a site of these files; those that are not Markdown count as co-located.
fn arranged(settings: &str, files: &[(&str, &str)]) -> Result<Library, Vec<Diagnostic>> {
    arrange_files(&sample(settings), &sources_of(files))
}

/// Returns what is said of a site that can be arranged.
fn advice(settings: &str, files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let (config, sources) = (sample(settings), sources_of(files));
    advise(&config, &sources, &arrange_files(&config, &sources).unwrap())
}

fn sources_of(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (name, text) in files {
        match (name.strip_prefix("static/"), name.ends_with(".md")) {
            (Some(below), _) => {
                let file = StaticFile { source: SourcePath::new(*name), origin: Origin::Program(b"") };
                sources.statics.insert(below.to_owned(), file);
            }
            (None, true) => {
                sources.markdown.insert(SourcePath::new(*name), Arc::from(*text));
            }
            (None, false) => {
                sources.assets.insert(SourcePath::new(*name), name.into());
            }
        }
    }
    sources
}

fn arrange_files(config: &Config, sources: &Sources) -> Result<Library, Vec<Diagnostic>> {
    let posts = post::parse(config, sources)?;
    if posts.len() < 100 {
        // The law: the order of files never changes the library.
        let mut backwards = posts.clone();
        backwards.reverse();
        let (one, other) = (arrange(config, sources, posts.clone()), arrange(config, sources, backwards));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
    arrange(config, sources, posts)
}

fn library(settings: &str, files: &[(&str, &str)]) -> Library {
    arranged(settings, files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Returns code and file of each problem.
fn problems(settings: &str, files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let problems = arranged(settings, files).err().unwrap_or_default();
    let file = |one: &Diagnostic| one.place.as_ref().map(|place| place.file.clone()).unwrap_or_default();
    problems.iter().map(|one| (one.code, file(one))).collect()
}

fn addresses(library: &Library) -> Vec<&str> {
    library.routes.keys().map(Route::as_str).collect()
}

fn sources<'l>(library: &'l Library, ids: &[PostId]) -> Vec<&'l str> {
    ids.iter().map(|id| library.post(*id).source.file_name()).collect()
}

#[test]
fn a_small_blog_has_exactly_these_addresses() {
    let library = library(
        "[archives]\nby = [\"year\", \"month\"]\n[taxonomies.tags]\nfeed = true\n",
        &[
            ("content/about.md", "+++\naliases = [\"/me/\"]\n+++\n"),
            ("content/posts/_index.md", ""),
            ("content/posts/2026-01-02-first.md", "+++\ntags = [\"Rust\"]\n+++\n"),
            ("content/posts/second/index.md", "+++\ndate = 2026-02-03\n+++\n"),
            ("content/posts/second/a.png", ""),
            ("content/posts/stray.png", ""),
            ("static/.well-known/x", ""),
        ],
    );
    assert_eq!(
        addresses(&library),
        [
            "/",
            "/.well-known/x",
            "/2026/",
            "/2026/01/",
            "/2026/02/",
            "/404.html",
            "/about/",
            "/archive/",
            "/feed.xml",
            "/highlight.css",
            "/me/",
            "/posts/",
            "/posts/first/",
            "/posts/second/",
            "/posts/second/a.png",
            "/posts/stray.png",
            "/robots.txt",
            "/sitemap.xml",
            "/tags/",
            "/tags/rust/",
            "/tags/rust/feed.xml",
        ]
    );
    assert_eq!(sources(&library, &library.newest), ["index.md", "2026-01-02-first.md"]);
    assert_eq!(library.routes[&Route::new("/me/").unwrap()], Page::Alias(Route::new("/about/").unwrap()));
    assert_eq!(library.neighbours(library.newest[1]), (Some(library.newest[0]), None));
}

#[test]
fn posts_stand_newest_first_then_by_title_then_by_file() {
    let library = library(
        "",
        &[
            ("content/a.md", "+++\ndate = 2026-01-01\ntitle = \"B\"\n+++\n"),
            ("content/b.md", "+++\ndate = 2026-01-01\ntitle = \"A\"\n+++\n"),
            ("content/c.md", "+++\ndate = 2026-01-01T08:00:00+09:00\n+++\n"),
            ("content/d.md", "+++\ndate = 2026-01-01\ntitle = \"A\"\n+++\n"),
            ("content/e.md", "+++\ndate = 2026-01-02\n+++\n"),
        ],
    );
    assert_eq!(sources(&library, &library.newest), ["e.md", "b.md", "d.md", "a.md", "c.md"]);
}

#[test]
fn a_pattern_makes_addresses_of_the_day_that_was_written() {
    let settings = "[permalinks]\nposts = \"/:year/:month/:day/:slug.html\"\n\"\" = \"/x/:section/:title/\"\n";
    let library = library(
        settings,
        &[
            ("content/posts/a.md", "+++\ndate = 2026-01-01T00:30:00+09:00\n+++\n"),
            ("content/posts/deep/b.md", "+++\ndate = 2026-01-02\n+++\n"),
            ("content/notes/c.md", "+++\ntitle = \"Hello, World\"\n+++\n"),
            ("content/d.md", "---\ntitle: D\npermalink: /old/:year/d/\ndate: 2026-01-03\n---\n"),
            ("content/e.md", "+++\npath = \"keep/me.php\"\n+++\n"),
        ],
    );
    let of = |source: &str| library.route(library.find(&SourcePath::new(source)).unwrap()).as_str();
    assert_eq!(of("content/posts/a.md"), "/2026/01/01/a.html");
    assert_eq!(of("content/posts/deep/b.md"), "/2026/01/02/b.html");
    assert_eq!(of("content/notes/c.md"), "/x/notes/hello-world/");
    assert_eq!(of("content/d.md"), "/old/2026/d/");
    assert_eq!(of("content/e.md"), "/keep/me.php");
}

#[test]
fn an_address_that_cannot_be_made_is_an_error() {
    for (settings, file, text, code) in [
        ("[permalinks]\nposts = \"/:year/:slug/\"\n", "content/posts/a.md", "", "route/needs-date"),
        ("", "content/🎉.md", "", "route/empty-slug"),
        ("", "content/!!/a.md", "", "route/empty-slug"),
        ("", "content/!!/_index.md", "", "route/empty-slug"),
    ] {
        assert_eq!(problems(settings, &[(file, text)]), [(code, file.to_owned())], "{file}");
    }
}

#[test]
fn two_files_on_one_address_are_both_named() {
    for (one, other) in [
        (("content/a.md", ""), ("content/A.md", "")),
        (("content/a b.md", ""), ("content/a-b.md", "")),
        (("content/caf\u{e9}.md", ""), ("content/x.md", "+++\nslug = \"CAFE\u{301}\"\n+++\n")),
        (("content/a.md", ""), ("content/z.md", "+++\naliases = [\"/A/\"]\n+++\n")),
        (("content/a.md", ""), ("content/z.md", "+++\npath = \"/a/index.html\"\n+++\n")),
        (("content/a.md", "+++\naliases = [\"/x/\"]\n+++\n"), ("content/z.md", "+++\naliases = [\"/x/\"]\n+++\n")),
        (("content/a.md", ""), ("static/a/index.html", "")),
        (("content/a.md", "+++\npath = \"/x.html\"\n+++\n"), ("content/z.md", "+++\npath = \"/x.html/y/\"\n+++\n")),
        (("content/posts/_index.md", ""), ("content/z.md", "+++\npath = \"/posts/\"\n+++\n")),
    ] {
        let found = arranged("", &[one, other]).err().unwrap_or_default();
        assert_eq!(found.len(), 1, "{one:?} {other:?}: {found:?}");
        assert_eq!(found[0].code, "route/collision");
        let text = format!("{:?}", found[0]);
        assert!(text.contains(one.0) && text.contains(other.0), "{text}");
    }
}

#[test]
fn an_engines_own_page_collides_with_a_post_and_yields_to_a_static_file() {
    let found = problems("", &[("content/posts/2026-01-01-x.md", "+++\npath = \"/archive/\"\n+++\n")]);
    assert_eq!(found, [("route/collision", "content/posts/2026-01-01-x.md".to_owned())]);
    let library = library("", &[("static/robots.txt", ""), ("content/404.md", "")]);
    assert_eq!(library.routes[&Route::new("/robots.txt").unwrap()], Page::Static("robots.txt".to_owned()));
    let (route, page) = library.routes.get_key_value(&Route::new("/404.html").unwrap()).unwrap();
    assert!(matches!(page, Page::Post(_)));
    assert!(!library.is_in_sitemap(route, page));
}

#[test]
fn two_feeds_on_one_address_mark_the_second_in_site_toml() {
    let found =
        arranged("[[feeds]]\npath = \"a.xml\"\n[[feeds]]\nformat = \"atom\"\npath = \"A.xml\"\n", &[]).unwrap_err();
    assert_eq!((found.len(), found[0].code), (1, "route/collision"));
    assert_eq!(found[0].place.as_ref().and_then(|place| place.line_column()), Some((8, 8)));
}

#[test]
fn an_alias_that_is_the_posts_own_address_is_an_error_and_a_chain_is_none() {
    let found = problems("", &[("content/a.md", "+++\naliases = [\"/a/\"]\n+++\n")]);
    assert_eq!(found, [("route/alias-self", "content/a.md".to_owned())]);
    let library = library("", &[("content/a.md", "+++\naliases = [\"/b/\", \"/b\", \"/c/\"]\n+++\n")]);
    assert_eq!(library.routes.iter().filter(|(_, page)| matches!(page, Page::Alias(_))).count(), 2);
}

#[test]
fn terms_that_differ_in_case_are_one_under_their_usual_spelling() {
    let post = |tag: &str| format!("+++\ndate = 2026-01-01\ntags = [\"{tag}\", \"{tag}\"]\n+++\n");
    let (rust, shout) = (post("Rust"), post("RUST"));
    let library = library("", &[("content/a.md", &rust), ("content/b.md", &rust), ("content/c.md", &shout)]);
    let tags = &library.taxonomies[0];
    assert_eq!((tags.name.as_str(), tags.terms.len()), ("tags", 1));
    assert_eq!(
        (tags.terms[0].name.as_str(), tags.terms[0].slug.as_str(), tags.terms[0].posts.len()),
        ("Rust", "rust", 3)
    );
}

#[test]
fn different_terms_on_one_address_are_an_error_that_names_both_posts() {
    let files = [
        ("content/a.md", "+++\ndate = 2026-01-01\ntags = [\"a b\"]\n+++\n"),
        ("content/b.md", "+++\ndate = 2026-01-01\ntags = [\"a-b\"]\n+++\n"),
    ];
    let found = arranged("", &files).unwrap_err();
    assert_eq!(found[0].code, "taxonomy/collision");
    let text = format!("{found:?}");
    assert!(found.len() == 1 && text.contains("content/a.md") && text.contains("content/b.md"), "{text}");
    let page = ("content/tags/a b/_index.md", "+++\nslug = \"ab\"\n+++\n");
    let library = library("", &[files[0], files[1], page]);
    assert_eq!(library.taxonomies[0].terms.iter().map(|term| term.slug.as_str()).collect::<Vec<_>>(), ["a-b", "ab"]);
}

#[test]
fn a_terms_page_is_found_by_its_folder_and_stands_even_without_posts() {
    let library = library(
        "",
        &[
            ("content/x.md", "+++\ndate = 2026-01-01\ntags = [\"Open Source\"]\n+++\n"),
            ("content/tags/open-source/_index.md", "+++\ntitle = \"Free\"\n+++\n"),
            ("content/tags/later/_index.md", ""),
            ("content/tags/_index.md", ""),
        ],
    );
    let tags = &library.taxonomies[0];
    let terms: Vec<_> =
        tags.terms.iter().map(|term| (term.name.as_str(), term.posts.len(), term.index.is_some())).collect();
    assert_eq!(terms, [("later", 0, true), ("Open Source", 1, true)]);
    assert_eq!(library.route(tags.terms[1].index.unwrap()).as_str(), "/tags/open-source/");
    assert_eq!(library.route(tags.index.unwrap()).as_str(), "/tags/");
}

#[test]
fn a_series_stands_in_its_own_order() {
    let post = |day: u8, index: &str| format!("+++\ndate = 2026-01-{day:02}\nseries = \"s\"\n{index}+++\n");
    let (one, two, three) = (post(1, "series_index = 9\n"), post(3, ""), post(2, ""));
    let library = library("", &[("content/a.md", &one), ("content/b.md", &two), ("content/c.md", &three)]);
    let series = library.taxonomies.iter().find(|taxonomy| taxonomy.name == "series").unwrap();
    assert_eq!(sources(&library, &series.terms[0].posts), ["a.md", "c.md", "b.md"]);
}

#[test]
fn a_taxonomy_can_have_another_address_or_none_at_all() {
    let settings = "[taxonomies.tags]\npath = \"topics\"\n[taxonomies.series]\nrender = false\n[taxonomies.authors]\n";
    let text = "+++\ndate = 2026-01-01\ntags = [\"a\"]\nseries = \"s\"\nauthors = [\"Ada\"]\n+++\n";
    let library = library(settings, &[("content/x.md", text)]);
    let all = addresses(&library);
    assert!(all.contains(&"/topics/a/") && all.contains(&"/authors/ada/"), "{all:?}");
    assert!(!all.iter().any(|address| address.starts_with("/series")), "{all:?}");
}

#[test]
fn lists_are_cut_into_pages_and_the_first_is_never_page_one() {
    let files: Vec<(String, String)> = (1..=5)
        .map(|day| (format!("content/posts/2026-01-0{day}-x{day}.md"), "+++\ntags = [\"t\"]\n+++\n".to_owned()))
        .collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("content/posts/_index.md", ""));
    let library = library("[paginate]\nposts = 2\n[taxonomies.tags]\npaginate = 3\n", &files);
    let all = addresses(&library);
    for address in ["/page/2/", "/page/3/", "/posts/page/2/", "/posts/page/3/", "/tags/t/page/2/"] {
        assert!(all.contains(&address), "{address}");
    }
    for address in ["/page/1/", "/page/4/", "/tags/t/page/3/"] {
        assert!(!all.contains(&address), "{address}");
    }
    let last = &library.routes[&Route::new("/page/3/").unwrap()];
    assert_eq!(*last, Page::Home(Pager { number: 3, of: 3, start: 4, end: 5 }));
}

#[test]
fn a_section_lists_what_lies_in_it_by_weight_then_date() {
    let library = library(
        "",
        &[
            ("content/docs/_index.md", ""),
            ("content/docs/z.md", "+++\nweight = 1\n+++\n"),
            ("content/docs/a.md", "+++\nweight = 2\n+++\n"),
            ("content/docs/deep/b.md", ""),
            ("content/docs/guide/_index.md", ""),
            ("content/docs/guide/c.md", ""),
            ("content/other/d.md", ""),
            ("content/top.md", ""),
            ("content/_index.md", ""),
        ],
    );
    assert_eq!(library.sections.keys().map(String::as_str).collect::<Vec<_>>(), ["", "docs", "docs/guide"]);
    assert_eq!(sources(&library, &library.sections["docs"].pages), ["z.md", "a.md", "b.md"]);
    assert_eq!(sources(&library, &library.sections["docs/guide"].pages), ["c.md"]);
    assert_eq!(sources(&library, &library.sections[""].pages), ["top.md"]);
    assert!(addresses(&library).contains(&"/docs/guide/c/"));
    assert!(!addresses(&library).contains(&"/other/"));
}

#[test]
fn what_is_hidden_leaves_no_trace_but_in_the_list_of_hidden_posts() {
    let library = library(
        "",
        &[
            (
                "content/posts/secret/index.md",
                "+++\ndate = 2026-01-01\ndraft = true\ntags = [\"hush\"]\naliases = [\"/s/\"]\n+++\n",
            ),
            ("content/posts/secret/a.png", ""),
            ("content/drafts/b.png", ""),
            ("content/posts/2027-01-01-later.md", ""),
        ],
    );
    assert_eq!(addresses(&library), ["/", "/404.html", "/feed.xml", "/highlight.css", "/robots.txt", "/sitemap.xml"]);
    assert_eq!(library.hidden.len(), 2);
}

#[test]
fn a_sitemap_of_more_than_thirty_thousand_addresses_is_split() {
    let files: Vec<String> = (0..30_001).map(|number| format!("content/p{number}.md")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|name| (name.as_str(), "")).collect();
    let library = library("", &files);
    let parts: Vec<_> = addresses(&library).into_iter().filter(|address| address.contains("sitemap")).collect();
    assert_eq!(parts, ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap.xml"]);
}

#[test]
fn posts_with_one_feed_id_are_an_error() {
    let files = [("content/a/2026-01-01-x.md", ""), ("content/b/2026-01-01-x.md", "")];
    assert_eq!(problems("", &files), [("feed/same-id", "content/b/2026-01-01-x.md".to_owned())]);
    let cured = [files[0], ("content/b/2026-01-01-x.md", "+++\nid = \"tag:x,2026:y\"\n+++\n")];
    assert!(problems("", &cured).is_empty());
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    for (files, code) in [
        (vec![("content/posts/2026-01-01-a.md", ""), ("content/posts/b.md", "")], "post/no-date"),
        (vec![("content/posts/index.md", ""), ("content/posts/2026-01-01-a.md", "")], "post/index-beside-posts"),
        (vec![("content/a.md", "+++\ntags = [\"x\"]\n+++\n")], "post/undated-terms"),
        (vec![("content/aux.md", "")], "path/not-portable"),
    ] {
        let advice = advice("", &files);
        assert_eq!(advice.iter().map(|one| (one.code, one.level)).collect::<Vec<_>>(), [(code, Level::Warning)]);
    }
}

#[test]
fn a_picture_is_found_beside_its_post_below_the_content_and_by_its_address() {
    let post = |image: &str| format!("---\ntitle: A\ndate: 2026-01-02\nimage: {image}\n---\n");
    let here = |settings: &str, image: &str| {
        let text = post(image);
        let files = [
            ("content/posts/flat.md", text.as_str()),
            ("content/posts/flat.png", ""),
            ("content/posts/trip/index.md", "---\ntitle: B\ndate: 2026-01-02\n---\n"),
            ("content/posts/trip/sea.png", ""),
            ("static/img/top.png", ""),
        ];
        let library = library(settings, &files);
        let flat = library.posts.iter().find(|post| post.source.as_str().ends_with("flat.md")).unwrap();
        let said = advise(&sample(settings), &sources_of(&files), &library);
        let said: Vec<String> = said.iter().map(|one| format!("{}: {:?}", one.code, one.hint)).collect();
        (format!("{:?}", library.named_image(flat).unwrap()), said.join(" "))
    };
    for (image, route) in [
        ("flat.png", "/posts/flat.png"),
        ("./trip/sea.png", "/2026/trip/sea.png"),
        ("'@/posts/trip/sea.png'", "/2026/trip/sea.png"),
        ("/img/top.png", "/img/top.png"),
        ("img/top.png", "/img/top.png"),
    ] {
        let found = here("[permalinks]\nposts = \"/:year/:slug.html\"\n", image);
        assert_eq!(found, (format!("Here(Route(\"{route}\"))"), String::new()), "{image}");
    }
    assert_eq!(here("", "https://a.example/x.png").0, "Elsewhere(\"https://a.example/x.png\")");
    let (found, said) = here("", "falt.png");
    assert_eq!(found, "Missing(Route(\"/falt.png\"))");
    assert_eq!(said, "image/missing: Some(\"did you mean `flat.png`?\")");
}

#[test]
fn a_section_knows_what_is_above_and_right_below_it() {
    let index = |title: &str, weight: &str| format!("---\ntitle: {title}\n{weight}\n---\n");
    let (docs, guide, api, deep) =
        (index("Docs", ""), index("The guide", "weight: 2"), index("API", "weight: 2"), index("Deep", "weight: 1"));
    let page = "---\ntitle: A\n---\n";
    let library = library(
        "",
        &[
            ("content/docs/_index.md", docs.as_str()),
            ("content/docs/api/_index.md", api.as_str()),
            ("content/docs/guide/_index.md", guide.as_str()),
            ("content/docs/no-index/deep/_index.md", deep.as_str()),
            ("content/docs/guide/more/a.md", page),
            ("content/docsy/a.md", page),
            ("content/a.md", page),
        ],
    );
    assert_eq!(library.sections_below(""), ["docs"]);
    assert_eq!(library.sections_below("docs"), ["docs/no-index/deep", "docs/api", "docs/guide"]);
    assert_eq!(library.sections_below("docs/guide"), Vec::<&str>::new());
    assert_eq!(library.sections_above("docs/no-index/deep"), ["", "docs"]);
    assert_eq!(library.sections_above(""), Vec::<&str>::new());
    let way = |source: &str| library.way_to(library.posts.iter().find(|post| post.source.as_str() == source).unwrap());
    assert_eq!(way("content/docs/guide/more/a.md"), ["", "docs", "docs/guide"]);
    assert_eq!(way("content/docsy/a.md"), [""]);
    assert_eq!(way("content/a.md"), [""]);
    assert_eq!(way("content/docs/guide/_index.md"), ["", "docs"]);
}
