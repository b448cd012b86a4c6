//! What an author writes in Markdown, from the file to the page, the list and the feed.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::tests;
use crate::site::Site;

tests![
    the_formulas_of_the_documentation_are_drawn_without_a_script,
    a_formula_that_is_none_is_shown_where_it_stands,
    ids_of_several_posts_do_not_clash_on_one_list,
    the_code_of_the_documentation_builds,
];

/// Returns the first block of Markdown below a heading of the documentation.
fn example(heading: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/content/docs/markdown.md");
    let text = fs::read_to_string(path).unwrap();
    let section = text.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let fence = "\n````markdown\n";
    section.split(fence).nth(1).unwrap().split("\n````\n").next().unwrap().to_owned()
}

fn the_formulas_of_the_documentation_are_drawn_without_a_script() {
    let text = example("Mathematics");
    let run = Site::new().config("[markdown]\nmath = true\n").post("a.md", &text).build().exit(0);
    let page = run.page("/posts/a/");
    assert_eq!(page.matches("</math>").count(), 3, "{page}");
    // What stands in the head for machines runs nothing.
    let scripts = page.matches("<script").count();
    assert_eq!(scripts, page.matches("<script type=\"application/ld+json\">").count(), "{page}");
    let feed = run.site.output("feed.xml");
    assert!(feed.contains("application/x-tex") && feed.contains("x^2 = 2"), "{feed}");
    Site::new().post("a.md", &text).build().exit(0).page_lacks("/posts/a/", "<math");
}

fn a_formula_that_is_none_is_shown_where_it_stands() {
    let post = "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nOne $a$.\n\n$$\na + \\sqroot{b}\n$$\n";
    let run = Site::new().config("[markdown]\nmath = true\n").post("a.md", post).build().exit(1);
    run.stderr_has("content/posts/a.md:8:5").stderr_has("math/invalid").has_file("index.html", false);
}

fn ids_of_several_posts_do_not_clash_on_one_list() {
    let text = "A note[^1] and again[^1].\n\n```text anchors\nx\ny\n```\n\n[^1]: It.\n";
    let list = "<!doctype html><html lang=en><title>a</title>{% for name in ['a', 'b'] %}\
                {% set one = get_page(path='posts/' ~ name ~ '.md') %}{{ one.content }}{% endfor %}";
    let site = Site::new().post("a.md", text).post("b.md", text).template("section.html", list);
    let page = site.file("content/posts/_index.md", "+++\ntitle = \"Posts\"\n+++\n").build().page("/posts/");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!((ids.len(), distinct.len()), (10, 10), "{ids:?}");
    for target in page.split(" href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(distinct.contains(target), "#{target} leads nowhere: {ids:?}");
    }
}

fn the_code_of_the_documentation_builds() {
    let run = Site::new().post("a.md", &example("Code")).build().exit(0);
    run.page_has("/posts/a/", "<mark class=\"line\" data-line=\"2\">");
}
