//! What belongs together: links by name, backlinks, series, related posts. The site is that of `content/docs/relations.md`.

use crate::harness::tests;
use crate::site::Site;

tests![
    templates_know_the_tree_of_sections,
    links_by_name_backlinks_series_and_related_posts_are_shown_as_documented,
    a_name_of_two_posts_fails_with_both,
    a_name_in_code_is_left_alone,
    two_parts_with_one_index_fail_with_both,
    a_site_that_shows_none_of_it_has_none_of_it,
];

/// The posts of the documentation, two of a series and one that links to both.
fn bread() -> Site {
    Site::new()
        .post(
            "2026-02-01-bread-without-yeast.md",
            "+++\ntitle = \"Bread without yeast\"\nseries = \"Bread\"\nseries_index = 1\ntags = [\"rye\"]\n+++\n## What went wrong\n\nIt was flat.\n",
        )
        .post(
            "second.md",
            "+++\ntitle = \"Bread, second attempt\"\ndate = 2026-03-01\nseries = \"Bread\"\nseries_index = 2\n+++\nBetter.\n",
        )
        .post(
            "diary.md",
            "+++\ntitle = \"Diary\"\ndate = 2026-03-02\ntags = [\"rye\"]\n+++\nSee [[Bread without yeast]], \
             [[bread-without-yeast|the first attempt]] and [[bread-without-yeast#What went wrong]].\n",
        )
        .config("[markdown]\nwikilinks = true\n[extra]\nshow_backlinks = true\nshow_related = true")
}

fn links_by_name_backlinks_series_and_related_posts_are_shown_as_documented() {
    let run = bread().build().exit(0);
    let diary = run.site.output("posts/diary/index.html");
    for link in [
        "<a href=\"/posts/bread-without-yeast/\">Bread without yeast</a>",
        "<a href=\"/posts/bread-without-yeast/\">the first attempt</a>",
        "<a href=\"/posts/bread-without-yeast/#what-went-wrong\">",
    ] {
        assert!(diary.contains(link), "{diary}");
    }
    let first = run.site.output("posts/bread-without-yeast/index.html");
    let after = |title: &str| first.split(title).nth(1).unwrap_or_else(|| panic!("{title}: {first}")).to_owned();
    assert!(after("Linked from").contains("<a href=\"/posts/diary/\">Diary</a>"));
    assert!(first.contains("Part 1 of 2 of the series <a href=\"/series/bread/\">Bread</a>"));
    assert!(after("After it:").trim_start().starts_with("<a href=\"/posts/second/\">Bread, second attempt</a>"));
    let related = after("On the same subject");
    assert!(related.contains("/posts/diary/") && related.contains("/posts/second/"), "{related}");
    let series = run.site.output("series/bread/index.html");
    assert!(series.find("Bread without yeast") < series.find("Bread, second attempt"));
}

fn a_name_of_two_posts_fails_with_both() {
    let run = bread().file("content/notes/bread-without-yeast.md", "A page.\n").build().exit(1);
    run.stderr_has("link/ambiguous")
        .stderr_has("content/notes/bread-without-yeast.md")
        .stderr_has("content/posts/2026-02-01-bread-without-yeast.md")
        .stderr_has("content/posts/diary.md:6");
}

fn a_name_in_code_is_left_alone() {
    let run = bread().post("code.md", "`[[nothing]]`\n\n```text\n[[nothing]]\n```\n").build().exit(0);
    assert!(run.site.output("posts/code/index.html").contains("<code>[[nothing]]</code>"));
}

fn two_parts_with_one_index_fail_with_both() {
    let third = "+++\ndate = 2026-04-01\nseries = \"bread\"\nseries_index = 2\n+++\n";
    let run = bread().post("third.md", third).build().exit(1);
    run.stderr_has("series/same-index")
        .stderr_has("`content/posts/second.md` and `content/posts/third.md`")
        .stderr_has("content/posts/third.md:4");
}

fn a_site_that_shows_none_of_it_has_none_of_it() {
    let run = Site::new().post("a.md", "[[b]]").post("b.md", "[a](a.md)").build().exit(0);
    let page = run.site.output("posts/a/index.html");
    assert!(page.contains("[[b]]") && !page.contains("Linked from") && !page.contains("On the same subject"), "{page}");
}

fn templates_know_the_tree_of_sections() {
    let head = "<!doctype html><title>x</title>{{ analytics() }}";
    let section = head.to_owned()
        + "{% for above in section.ancestors %}<a href=\"{{ above.path }}\">{{ above.title }}</a> &gt; {% endfor %}{{ section.title }}:\
        {% for below in section.subsections %}{% set whole = get_section(path=below) %} {{ below.title }} ({{ below.description }}, {{ whole.pages | length }}){% endfor %}";
    let page =
        head.to_owned() + "{% for above in page.ancestors %}{{ above.path }} {% endfor %}{{ page.title }}{{ seo() }}";
    Site::new()
        .template("section.html", &section)
        .template("page.html", &page)
        .template("post.html", &page)
        .file("content/docs/_index.md", "+++\ntitle = \"Docs\"\n+++\n")
        .file("content/docs/guide/_index.md", "+++\ntitle = \"Guide\"\ndescription = \"How to\"\n+++\n")
        .file("content/docs/guide/begin.md", "+++\ntitle = \"Begin\"\n+++\n")
        .file("content/docs/guide/news.md", "+++\ntitle = \"News\"\ndate = 2026-01-02\n+++\n")
        .build()
        .exit(0)
        .page_has("/docs/", "<a href=\"/\">Test</a> &gt; Docs: Guide (How to, 2)")
        .page_has("/docs/guide/", "<a href=\"/docs/\">Docs</a> &gt; Guide:")
        .page_has("/docs/guide/begin/", "/ /docs/ /docs/guide/ Begin")
        .page_has("/docs/guide/news/", "\"name\":\"Guide\",\"position\":3},{");
}
