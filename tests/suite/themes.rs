//! Themes: those of the program keep what they owe, and one that does not is told so, rule by rule.

use std::fs;

use crate::harness::tests;
use crate::site::Site;

tests![
    every_theme_of_the_program_keeps_what_it_owes,
    a_theme_that_forgets_something_is_told_what_and_in_which_template,
    a_theme_is_judged_by_its_name_or_its_folder_and_a_slip_is_guessed,
    init_takes_any_theme_of_the_program,
];

const THEMES: [&str; 3] = ["paper", "gazette", "teletype"];

fn every_theme_of_the_program_keeps_what_it_owes() {
    for theme in THEMES {
        let run = Site::empty().run(&["theme", "check", theme, "--keep", "kept"]).exit(0).stderr_has("holds on");
        let site = run.then();
        for page in [
            "whole/posts/every-mark/index.html",
            "whole/2026/03/index.html",
            "whole/page/2/index.html",
            "bare/index.html",
        ] {
            assert!(site.path(&format!("kept/{page}")).is_file(), "{theme}: {page}");
        }
    }
}

fn a_theme_that_forgets_something_is_told_what_and_in_which_template() {
    for (file, from, to, code, words) in [
        ("base.html", "{{ analytics() }}", "", "theme/refused", "analytics()"),
        ("base.html", "<main class=\"sheet\" id=\"content\">", "<div id=\"content\">", "theme/document", "`<main>`"),
        ("base.html", "lang=\"{{ lang }}\"", "", "theme/document", "no language"),
        ("base.html", "{{ feeds() }}", "", "theme/feeds", "names no feed"),
        ("page.html", "{{ page.content }}", "", "theme/text", "`page.html` does not print the text of a page"),
        ("post.html", "<h1>{{ page.title }}", "<h1>{{ page.title | safe }}", "theme/unescaped", "`post.html` prints"),
        (
            "term.html",
            "{% include \"partials/pager.html\" %}",
            "",
            "theme/unreachable",
            "/a/sub-path/tags/birds/page/2/",
        ),
        ("partials/highlight.html", "rel=\"stylesheet\"", "rel=\"nothing\"", "theme/code-colours", "`post.html`"),
    ] {
        let site = Site::empty().run(&["init", ".", "--theme-files"]).exit(0).then();
        let path = format!("themes/paper/templates/{file}");
        let text = fs::read_to_string(site.path(&path)).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        site.write(&path, text.replace(from, to));
        let run = site.run(&["theme", "check"]).stderr_has(code).stderr_has(words);
        // A page without feeds is a thing to know, and no fault.
        run.exit(if code == "theme/feeds" { 0 } else { 1 });
    }
}

fn a_theme_is_judged_by_its_name_or_its_folder_and_a_slip_is_guessed() {
    let site = Site::empty().run(&["init", ".", "--theme", "teletype", "--theme-files"]).exit(0).then();
    let site = site.run(&["theme", "check", "themes/teletype"]).exit(0).stderr_has("`teletype` holds").then();
    let site = site.run(&["theme", "list"]).exit(0).stdout_has("gazette").stdout_has("themes/").then();
    site.run(&["theme", "check", "teletyp"]).exit(2).stderr_has("did you mean `teletype`?");
}

fn init_takes_any_theme_of_the_program() {
    for theme in THEMES {
        let site = Site::empty().run(&["init", ".", "--theme", theme]).exit(0).then();
        let css = format!("{theme}.css");
        site.run(&["build"]).exit(0).page_has("/", &css).page_has("/posts/first-post/", &css);
    }
    Site::empty().run(&["init", ".", "--theme", "gazete"]).exit(2).stderr_has("did you mean `gazette`?");
}
