//! What is made of stylesheets and other files that pages load.

use crate::harness::tests;
use crate::site::Site;

tests![
    sass_of_the_site_wins_over_the_themes_file_by_file,
    sass_that_does_not_compile_stops_the_build_and_shows_the_line,
    sass_and_a_static_file_cannot_have_one_address,
    the_example_of_the_documentation_compiles,
];

fn sass_of_the_site_wins_over_the_themes_file_by_file() {
    let run = Site::new()
        .file("themes/mine/templates/index.html", "{{ get_url(path=\"main.css\") }}{{ analytics() }}")
        .file("themes/mine/templates/404.html", "{{ analytics() }}")
        .file("themes/mine/sass/main.scss", "@use 'colours' as *;\nbody { color: $ink }\n")
        .file("themes/mine/sass/_colours.scss", "$ink: black;\n")
        .file("sass/_colours.scss", "$ink: #123456;\n")
        .file("sass/parts/print.sass", "p\n  margin: 2px * 3\n")
        .file("sass/notes.txt", "not a stylesheet")
        .config("theme = \"mine\"")
        .build()
        .exit(0);
    assert!(run.site.output("main.css").contains("color: #123456"), "{}", run.site.output("main.css"));
    assert!(run.site.output("parts/print.css").contains("margin: 6px"));
    let run = run.page_has("/", "/main.css");
    run.has_file("_colours.css", false).has_file("notes.txt", false).has_file("sass/notes.txt", false);
}

fn sass_that_does_not_compile_stops_the_build_and_shows_the_line() {
    let site = Site::new().file("sass/main.scss", "a { color: red }\n").build().exit(0).then();
    site.write("sass/_part.scss", "a {\n  color: $nothing;\n}\n");
    site.write("sass/main.scss", "@import 'part';\n@warn 'never reached';\n");
    let run = site.build().exit(1).stderr_has("sass/invalid").stderr_has("sass/_part.scss:2:10");
    assert!(run.site.output("main.css").contains("color: red"), "a failed build left `public/` as it was");
    let site = run.then();
    site.write("sass/_part.scss", "@warn 'an old mixin';\na { color: blue }\n");
    site.build().exit(0).stderr_has("an old mixin").stderr_has("sass/_part.scss:1");
}

fn sass_and_a_static_file_cannot_have_one_address() {
    let site = Site::new().file("sass/main.scss", "a { color: red }\n").file("static/main.css", "b {}");
    site.build().exit(1).stderr_has("route/collision").stderr_has("sass/main.scss").stderr_has("static/main.css");
}

fn the_example_of_the_documentation_compiles() {
    let text = include_str!("../../content/docs/assets.md");
    let mut site = Site::new();
    let blocks: Vec<&str> = text.split("```scss\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let name = block.lines().next().and_then(|line| line.strip_prefix("/* ")?.strip_suffix(" */"));
        site = site.file(name.expect("each example names its file"), block);
    }
    let run = site.build().exit(0);
    assert!(run.site.output("main.css").contains("color: #0b5fff"));
}
