//! `[[contract]]` and the rules about single pages, from site.toml to the exit code, on what a build really writes.

use std::path::Path;

use crate::harness::tests;
use crate::site::Site;

tests![
    the_contracts_of_the_documentation_hold_and_are_broken,
    a_broken_contract_leaves_what_is_published_alone,
    a_selector_that_is_not_known_is_refused_where_it_stands,
    the_weight_of_a_contract_can_be_set,
    an_image_for_cards_that_is_not_there_is_found,
];

/// The blocks of TOML in a page of the documentation.
fn blocks(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/docs").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

fn the_contracts_of_the_documentation_hold_and_are_broken() {
    let blocks = blocks("contracts.md");
    let site = Site::new().config(&blocks[0]);
    let site = site.post("a.md", "A text with a [link](/).").build().exit(0).then();
    let run = site.post("b.md", "One\n\n<p style=\"color: red\">loud</p>").build().exit(1);
    run.stderr_has("page/contract")
        .stderr_has("posts/b/index.html:")
        .stderr_has("`body [style]`")
        .stderr_has("made by the layout `post.html` from `content/posts/b.md`")
        .stderr_has("site.toml:")
        .stderr_has("ask Ada")
        .stderr_lacks("posts/a/");
}

fn a_broken_contract_leaves_what_is_published_alone() {
    let run = Site::new().post("a.md", "one").build().exit(0);
    let published = run.site.public();
    let site = run.then().config("[[contract]]\nmatch = \"/posts/a/\"\nexactly_one = \"table\"\n");
    let run = site.build().exit(1).stderr_has("has no `table`").stderr_has("site.toml:6:15");
    assert!(run.site.public() == published, "what was published has changed");
    // Looking at what is published finds the same.
    run.then().run(&["check", "--offline"]).exit(1).stderr_has("has no `table`");
}

fn a_selector_that_is_not_known_is_refused_where_it_stands() {
    let contract = "[[contract]]\nmatch = \"**\"\nnone = \"a:hover\"\n";
    let run = Site::new().config(contract).build().exit(2);
    run.stderr_has("site.toml:6:8").stderr_has("`:hover` is not known here").stderr_has(":first-child");
}

fn the_weight_of_a_contract_can_be_set() {
    let contract =
        "[[contract]]\nmatch = \"/\"\nexactly_one = \"dialog\"\n[check.levels]\n\"page/contract\" = \"warn\"\n";
    Site::new().config(contract).build().exit(0).stderr_has("warning[page/contract]");
}

fn an_image_for_cards_that_is_not_there_is_found() {
    let head = "<!doctype html><html lang=en><title>t</title><meta property=\"og:image\" content=\"https://blog.example/card.png\"><h1>t</h1>";
    let site = Site::new().file("static/by-hand.html", head);
    let site = site.build().exit(1).stderr_has("link/broken-page").stderr_has("/card.png").then();
    site.file("static/card.png", "PNG").build().exit(0);
}
