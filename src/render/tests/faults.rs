//! What is said of templates that are wrong.

use super::fixture::Blog;
use crate::diagnostic::Diagnostic;
use crate::paths::Route;
use crate::render;

fn problems(blog: Blog) -> Vec<Diagnostic> {
    match blog.try_site() {
        Ok(_) => panic!("the site was taken"),
        Err(problems) => problems,
    }
}

/// Returns a problem's file, line and column.
fn at(problem: &Diagnostic) -> (&str, Option<(usize, usize)>) {
    let place = problem.place.as_ref().unwrap_or_else(|| panic!("no place: {problem:?}"));
    (&place.file, place.line_column())
}

/// Returns the bytes that a problem points at.
fn shown(problem: &Diagnostic) -> &str {
    let place = problem.place.as_ref().unwrap();
    &place.text.as_ref().unwrap()[place.span.clone().unwrap()]
}

#[test]
fn all_problems_of_all_templates_are_told_at_once() {
    let blog = Blog::new()
        .template("a.html", "fine\n{% if %}")
        .template("b.html", "{{ x | upcase }} {{ analitics() }}\n{% include \"lst.html\" %}")
        .template("c.html", "{% extends \"bsae.html\" %}")
        .template("d.html", "{% extends \"c.html\" %}{% block title %}{% include \"a.html\" %}{% endblock %}")
        .template("404.html", "{% extends \"404.html\" %}");
    let problems = problems(blog);
    let told: Vec<(&str, &str, Option<&str>)> =
        problems.iter().map(|problem| (at(problem).0, problem.code, problem.hint.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("templates/a.html", "template/syntax", None),
            (
                "templates/404.html",
                "template/circle",
                Some("to build on the theme's own, extend `small/templates/404.html`")
            ),
            ("templates/c.html", "template/unknown", Some("did you mean `base.html`?")),
            ("templates/b.html", "template/unknown", None),
            ("templates/b.html", "template/unknown", Some("did you mean `analytics`?")),
            ("templates/b.html", "template/unknown", Some("did you mean `list.html`?")),
        ],
        "{problems:#?}"
    );
    assert_eq!(shown(&problems[4]), "analitics");
    assert_eq!(at(&problems[5]).1, Some((2, 13)));
    assert_eq!(shown(&problems[2]), "bsae.html");
}

#[test]
fn a_dump_of_all_variables_is_refused_because_its_order_changes() {
    let problems = problems(Blog::new().template("404.html", "a {{ __tera_context }}"));
    assert_eq!((problems[0].code, shown(&problems[0])), ("template/unstable", "__tera_context"));
}

#[test]
fn a_missing_template_says_who_needs_it() {
    let blog = Blog::bare().theme("index.html", "").theme("404.html", "").theme("archive.html", "");
    let problems = problems(
        blog.theme("taxonomi.html", "")
            .theme("term.html", "")
            .post_with("one", "2026-01-01", "tags = [\"Rust\"]", "")
            .post("two", "2026-01-02", ""),
    );
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "there is no template `post.html`; the kind of page `post`: `/posts/one/` and 1 more needs it",
            "there is no template `taxonomy.html`; the page `/tags/` (kind `taxonomy`) needs it",
        ]
    );
    assert_eq!(problems[1].hint.as_deref(), Some("did you mean `taxonomi.html`?"));
}

#[test]
fn a_template_that_front_matter_asks_for_must_exist() {
    let blog = Blog::new().post_with("one", "2026-01-01", "template = \"pots.html\"", "Text.");
    let problems = problems(blog);
    assert_eq!((problems[0].code, at(&problems[0]).0), ("template/missing", "content/posts/one.md"));
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `post.html`?"));
}

#[test]
fn an_error_while_rendering_names_file_line_page_and_what_was_meant() {
    let site = Blog::new()
        .template("post.html", "one\n{% include \"part.html\" %}")
        .template("part.html", "<h1>\n{{ pgae.title }}</h1>")
        .post("one", "2026-01-01", "Text.")
        .site();
    let problems = render::page(&site, &Route::new("/posts/one/").unwrap()).unwrap_err();
    let problem = &problems[0];
    assert_eq!(problem.code, "template/render");
    assert_eq!(at(problem), ("templates/part.html", Some((2, 4))));
    assert_eq!(problem.hint.as_deref(), Some("did you mean `page`?"));
    assert!(problem.notes.contains(&"called from `templates/post.html`, line 2".to_owned()), "{problem:?}");
    assert!(problem.notes.iter().any(|note| note.contains("`/posts/one/` from `content/posts/one.md`")), "{problem:?}");
}

#[test]
fn an_unknown_field_and_a_failing_function_are_told_in_place() {
    for (template, message, part) in [
        ("{{ page.titel }}", "field `titel` is not defined", "titel"),
        (
            "{{ get_page(path=\"posts/on.md\") }}",
            "there is no source `posts/on.md`; did you mean `posts/one.md`?",
            "get_page",
        ),
        ("{{ page.date | date(format=\"%\") }}", "`%` is no format of a date", "date("),
        (
            "{% component C() %}{{ analytics() }}{% endcomponent C %}{{<C />}}",
            "it does not know which page it is called on",
            "analytics",
        ),
    ] {
        let site = Blog::new().post("one", "2026-01-01", "Text.").template("post.html", template).site();
        let problems = render::page(&site, &Route::new("/posts/one/").unwrap()).unwrap_err();
        assert!(problems[0].message.starts_with(message), "{problems:#?}");
        assert!(shown(&problems[0]).contains(part) || part.contains(shown(&problems[0])), "{problems:#?}");
    }
}

#[test]
fn settings_that_the_theme_does_not_understand_are_refused() {
    let blog = Blog::new().set(|config| {
        config.text = "[extra]\ncount = \"many\"\n".into();
        config.spans.insert("extra.count".to_owned(), 16..22);
        config.extra = "count = \"many\"".parse().unwrap();
    });
    let problems = problems(blog);
    assert_eq!(problems[0].code, "theme/setting");
    assert_eq!(problems[0].message, "`extra.count` is a string, but the theme reads an integer");
    assert_eq!(at(&problems[0]), ("site.toml", Some((2, 9))));
}

#[test]
fn a_theme_of_another_time_is_refused() {
    let mut blog = Blog::new();
    let (source, _) = blog.sources.theme.clone().unwrap();
    blog.sources.theme = Some((source.clone(), "name = \"x\"\napi = 9".into()));
    assert_eq!(problems(blog)[0].code, "theme/api");
    let mut blog = Blog::new();
    blog.sources.theme = Some((source, "name = \"x\"\napi = 1\ncolour = 1".into()));
    let problems = problems(blog);
    assert_eq!((problems[0].code, at(&problems[0]).1), ("theme/malformed", Some((3, 1))));
}

#[test]
fn a_feed_id_that_is_no_uri_is_refused() {
    let blog = || Blog::new().post_with("one", "2026-01-01", "id = \"no uri\"", "");
    let problems = problems(blog());
    assert_eq!((problems[0].code, at(&problems[0]).1), ("feed/bad-id", Some((4, 6))));
    // RSS takes any text.
    let mut blog = blog();
    blog.config.feeds.retain(|rule| rule.format != "atom");
    blog.site();
}
