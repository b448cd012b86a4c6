//! What stands on the pages.

use super::fixture::{Blog, analytics, file, text};
use crate::manifest::FileKind;
use crate::paths::Route;
use crate::render::{self, Body, PAGES};

/// A title that tries to leave wherever it stands.
const POLYGLOT: &str = "\"'><script>alert(1)</script></title><!-- ]]> </script>";

fn three() -> Blog {
    Blog::new()
        .post_with("one", "2025-12-31", "tags = [\"Rust\"]", "First.\n\nMore of it.")
        .post_with("two", "2026-01-01", "tags = [\"web\", \"Rust\"]", "Second.")
        .post_with("three", "2026-01-02", "tags = [\"web\"]", "Third.")
}

#[test]
fn each_kind_of_page_renders() {
    let site = three().post("about", "", "About.").static_file("logo.svg").site();
    for route in site.routes() {
        let file = render::page(&site, route).unwrap_or_else(|problems| panic!("{route}: {problems:#?}"));
        assert_eq!(&file.route, route);
    }
    let about = file(&site, "/posts/about/");
    assert_eq!(about.layout.as_deref(), Some("post.html"), "there is no page.html");
    assert_eq!(about.source.unwrap().as_str(), "content/posts/about.md");
    assert_eq!(about.section.as_deref(), Some("posts"));
    assert!(matches!(file(&site, "/logo.svg").body, Body::Copy(_)));
    assert_eq!(file(&site, "/feed.xml").kind, FileKind::Feed);
}

#[test]
fn every_kind_has_a_row_of_its_own_name() {
    for (index, kind) in PAGES.iter().enumerate() {
        assert!(PAGES[index + 1..].iter().all(|other| other.name != kind.name), "{} has two rows", kind.name);
        assert!(kind.built_in || !kind.templates.is_empty(), "{} can never be made", kind.name);
    }
}

#[test]
fn an_unknown_route_is_an_error_and_no_panic() {
    let problems = render::page(&three().site(), &Route::new("/nothing/").unwrap()).unwrap_err();
    assert_eq!(problems[0].code, "route/unknown");
}

#[test]
fn lists_are_paged_and_never_link_to_page_one() {
    let site = three().site();
    let (first, second) = (text(&site, "/"), text(&site, "/page/2/"));
    assert!(first.contains("<i>1/2 next=/blog/page/2/</i>"), "{first}");
    assert!(second.contains("<i>2/2 prev=/blog/</i>"), "{second}");
    assert!(!first.contains("/page/1/") && !second.contains("/page/1/"));
    assert!(first.contains("title='three'") && first.contains("title='two'") && !first.contains("title='one'"));
    assert!(first.contains("<p>Third.</p>"), "{first}");
    assert!(text(&site, "/tags/rust/").contains("<i>1/1</i>"));
}

#[test]
fn posts_know_their_neighbours_and_their_terms() {
    let page = text(&three().site(), "/posts/two/");
    assert!(page.contains("<u>three</u><s>one</s>"), "{page}");
    assert!(page.contains("<b>tags: web Rust</b>"), "{page}");
}

#[test]
fn archives_group_by_year_and_month() {
    let page = text(&three().site(), "/archive/");
    assert!(page.contains("2026:2 Jan=2"), "{page}");
    assert!(page.contains("2025:1 Dec=1"), "{page}");
}

#[test]
fn a_title_cannot_leave_its_place() {
    let polyglot = toml::Value::String(POLYGLOT.to_owned());
    let front = format!("title = {polyglot}\ndescription = {polyglot}\ntags = [\"x\"]");
    let site = Blog::new()
        .post_with("one", "2026-01-01", &front, "Text.")
        .set(|config| config.title = POLYGLOT.to_owned())
        .site();
    for route in ["/", "/posts/one/", "/tags/x/"] {
        let page = text(&site, route);
        assert!(!page.contains("<script>alert"), "{route}: {page}");
        assert!(!page.contains("title='\"'"), "{route}: {page}");
        assert_eq!(page.matches("</title>").count(), 1, "{route}: {page}");
        assert_eq!(page.matches("<script").count(), page.matches("</script>").count(), "{route}: {page}");
    }
}

#[test]
fn the_head_says_what_search_engines_and_previews_read() {
    let site = Blog::new()
        .post_with(
            "one",
            "2026-01-01",
            "image = \"/cover.png\"
updated = 2026-01-03T09:00:00",
            "Text.",
        )
        .post_with(
            "two",
            "2026-01-02",
            "noindex = true
canonical = \"https://first.example/two\"",
            "Text.",
        )
        .site();
    let one = text(&site, "/posts/one/");
    for part in [
        "<link rel=\"canonical\" href=\"https://example.org/blog/posts/one/\">",
        "<meta name=\"description\" content=\"Text.\">",
        "<meta property=\"og:type\" content=\"article\">",
        "<meta property=\"og:image\" content=\"https://example.org/blog/cover.png\">",
        "<meta property=\"og:locale\" content=\"en_GB\">",
        "<meta property=\"article:published_time\" content=\"2026-01-01T09:00:00+01:00\">",
        "<meta name=\"twitter:card\" content=\"summary_large_image\">",
        "\"@type\":\"BlogPosting\"",
        "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Watching the guards (RSS)\" href=\"https://example.org/blog/feed.xml\">",
    ] {
        assert!(one.contains(part), "no {part} in {one}");
    }
    let two = text(&site, "/posts/two/");
    assert!(two.contains("<link rel=\"canonical\" href=\"https://first.example/two\">"), "{two}");
    assert!(two.contains("<meta name=\"robots\" content=\"noindex\">"), "{two}");
    assert_eq!(file(&site, "/posts/two/").canonical.as_deref(), Some("https://first.example/two"));
    assert!(text(&site, "/").contains("\"@type\":\"WebSite\""));
    let lost = text(&site, "/404.html");
    assert!(lost.contains("noindex") && !lost.contains("canonical"), "{lost}");
}

#[test]
fn analytics_stand_on_every_page_that_expects_them() {
    let blog = || {
        Blog::new()
            .post("one", "2026-01-01", "Text.")
            .post_with("two", "2026-01-02", "analytics = false", "Text.")
            .post("draft", "2026-01-03", "Text.")
    };
    let mut first = analytics("first");
    first.exclude = vec!["/posts/dr*/".to_owned()];
    let site = blog().set(|config| config.analytics = vec![first, analytics("second")]).site();
    let snippets = |route: &str| text(&site, route).matches("<script data-goatcounter").count();
    assert_eq!(snippets("/"), 2);
    assert_eq!(snippets("/404.html"), 2);
    assert_eq!(snippets("/posts/two/"), 0);
    assert_eq!(snippets("/posts/draft/"), 1);
    assert!(file(&site, "/posts/two/").no_analytics && !file(&site, "/posts/one/").no_analytics);
    assert!(!text(&blog().site(), "/").contains("<script data-goatcounter"));
}

#[test]
fn a_loop_variable_called_page_does_not_confuse_functions() {
    let site = Blog::new()
        .post_with("one", "2026-01-01", "analytics = false", "Text.")
        .template("index.html", "{% for page in paginator.pages %}{{ analytics() }}{% endfor %}")
        .set(|config| config.analytics = vec![analytics("first")])
        .site();
    assert!(text(&site, "/").contains("<script"), "the home page wants a snippet, whichever post is listed on it");
}

#[test]
fn a_component_that_declares_the_page_can_call_functions() {
    let component = "{% component Head(@current_path) %}{{ seo() }}{% endcomponent Head %}{{<Head />}}";
    let site = Blog::new().post("one", "2026-01-01", "Text.").template("index.html", component).site();
    assert!(text(&site, "/").contains("canonical"));
}

#[test]
fn sites_override_a_template_or_one_block_of_it() {
    let site = three()
        .template(
            "post.html",
            "{% extends \"small/templates/post.html\" %}{% block title %}mine {{ super() }}{% endblock %}",
        )
        .template("list.html", "mine")
        .site();
    let page = text(&site, "/posts/one/");
    assert!(page.contains("<title>mine one</title>") && page.contains("<h1>one</h1>"), "{page}");
    assert!(text(&site, "/").contains("</h1>mine"));
}

#[test]
fn front_matter_picks_a_template() {
    let site = Blog::new()
        .post_with("one", "2026-01-01", "template = \"note.html\"", "Text.")
        .template("note.html", "a note: {{ page.content }}")
        .site();
    assert_eq!(text(&site, "/posts/one/"), "a note: <p>Text.</p>\n");
    assert_eq!(file(&site, "/posts/one/").layout.as_deref(), Some("note.html"));
}

#[test]
fn a_redirect_is_a_tiny_document_that_no_index_keeps() {
    let site = three().post_with("four", "2026-01-04", "aliases = [\"/old/way.html\"]", "Fourth.").site();
    let page = text(&site, "/old/way.html");
    for part in [
        "<meta http-equiv=\"refresh\" content=\"0; url=/blog/posts/four/\">",
        "<link rel=\"canonical\" href=\"https://example.org/blog/posts/four/\">",
        "<meta name=\"robots\" content=\"noindex\">",
        "<a href=\"/blog/posts/four/\">",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert_eq!(file(&site, "/old/way.html").kind, FileKind::Alias);
}

#[test]
fn settings_of_the_site_lie_over_those_of_the_theme() {
    let site = Blog::new()
        .set(|config| config.extra = "accent = \"red\"\nown = [1, 2]".parse().unwrap())
        .template(
            "404.html",
            "{{ config.extra.accent }} {{ config.extra.count }} {{ config.extra.own | join(sep=\"-\") }}",
        )
        .site();
    assert_eq!(text(&site, "/404.html"), "red 3 1-2");
}

#[test]
fn functions_and_filters_answer() {
    let questions = "{{ get_url(path=\"style.css\") }} {{ get_url(path=\"@/posts/one.md#x\", absolute=true) }} \
        {% set one = get_page(path=\"posts/one.md\") %}{{ one.title }} {{ get_taxonomy_url(kind=\"tags\", name=\"Rust\") }} \
        {% set tags = get_taxonomy(kind=\"tags\") %}{{ tags.terms | length }} {% set home = get_section(path=\"\") %}{{ home.pages | length }} {{ now() | date }} \
        {{ \"2026-11-05T09:00:00+01:00\" | date(format=\"%H:%M\", timezone=\"America/New_York\") }} \
        {{ \"Ça va? Oui\" | slugify }} {{ \"<p>a &amp; b</p><style>x</style><p>c</p>\" | striptags }} \
        {{ \"*a* <b>\" | markdown(inline=true) }} {{ \"a b/c\" | urlencode }} \
        {{ site.newest | filter(attribute=\"title\", value=\"two\") | length }} \
        {{ site.newest | map(attribute=\"title\") | join(sep=\",\") }} {{ [\"</script>\"] | json_encode | safe }} \
        {% for year, posts in site.newest | group_by(attribute=\"year\") %}{{ year }}:{{ posts | length }};{% endfor %}";
    let site = three().template("404.html", questions).site();
    assert_eq!(
        text(&site, "/404.html"),
        "/blog/style.css https://example.org/blog/posts/one/#x one /blog/tags/rust/ 2 3 2030-01-01 03:00 ça-va-oui \
         a &amp; b c <em>a</em> &lt;b&gt; a%20b%2Fc 1 three,two,one [\"\\u003c/script\\u003e\"] 2026:2;2025:1;"
    );
}

#[test]
fn sections_taxonomies_and_terms_show_their_own_text() {
    let site = three()
        .file("posts/_index.md", "+++\ntitle = \"All\"\n+++\nAll of them.")
        .file("tags/_index.md", "+++\ntitle = \"By tag\"\n+++\nSorted.")
        .file("tags/rust/_index.md", "+++\ntitle = \"The language\"\n+++\nFerrous.")
        .file("_index.md", "+++\ndescription = \"Hello\"\n+++\nWelcome.")
        .template("section.html", "{{ section.title }}: {{ section.content }}{{ section.pages | length }}")
        .template(
            "index.html",
            "{{ section.title }}, {{ section.description }}: {{ section.content }}{{ section.pages | length }}",
        )
        .template("taxonomy.html", "{{ taxonomy.title }}: {{ taxonomy.content }}{{ terms | length }}")
        .template("term.html", "{{ term.title }}: {{ term.content }}{{ term.pages | length }}")
        .site();
    assert_eq!(text(&site, "/posts/"), "All: <p>All of them.</p>\n3");
    assert_eq!(text(&site, "/"), "Watching the guards, Hello: <p>Welcome.</p>\n3");
    assert_eq!(text(&site, "/tags/"), "By tag: <p>Sorted.</p>\n2");
    assert_eq!(text(&site, "/tags/rust/"), "The language: <p>Ferrous.</p>\n2");
    assert_eq!(file(&site, "/tags/rust/").source.unwrap().as_str(), "content/tags/rust/_index.md");
}

#[test]
fn the_page_for_broken_links_may_be_written_in_markdown() {
    let site = three().file("404.md", "+++\ntitle = \"Lost\"\n+++\nNothing here.").site();
    let page = text(&site, "/404.html");
    assert!(page.contains("Nothing here.") && page.contains("noindex") && !page.contains("canonical"), "{page}");
}

#[test]
fn a_taxonomy_without_pages_is_never_linked() {
    let site = three()
        .set(|config| config.taxonomies.iter_mut().for_each(|rule| rule.render = false))
        .template("post.html", "{% for term in page.taxonomies.tags %}{{ term.name }}:{{ term.path }};{% endfor %}{{ config.taxonomies | length }}")
        .site();
    assert_eq!(text(&site, "/posts/two/"), "web:;Rust:;0");
}

#[test]
fn backlinks_come_from_every_kind_of_link_and_from_the_text_alone() {
    let show = "{% for link in page.backlinks %}{{ link.slug }} {% endfor %}|{% for link in backlinks() %}{{ link.slug }} {% endfor %}";
    let site = Blog::new()
        .template("post.html", show)
        .set(|config| config.markdown.wikilinks = true)
        .post("goal", "2026-01-01", "[[goal]]")
        .post("one", "2026-01-02", "[a](./goal.md) [b](@/posts/goal.md)")
        .post("two", "2026-01-03", "[[goal|x]]")
        .post("three", "2026-01-04", "[a](/blog/posts/goal/#part)")
        .post("four", "2026-01-05", "`[[goal]]` ![](https://example.org/blog/posts/goal/)")
        .site();
    assert_eq!(text(&site, "/posts/goal/"), "three two one |three two one ");
    assert_eq!(text(&site, "/posts/one/"), "|");
}
