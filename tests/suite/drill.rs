//! What `blog drill` makes of a site as it was built: the real binary, its table and its exit codes.

use crate::harness::tests;
use crate::site::Site;

tests![
    a_drill_of_a_built_site_keeps_every_promise_and_changes_nothing,
    a_site_that_was_never_built_cannot_be_drilled,
    a_broken_site_is_not_drilled_in_silence,
];

/// A blog whose analytics the stand-in plays.
fn blog() -> Site {
    let post = |title: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-01-02\n+++\nText.\n");
    Site::new()
        .config("[analytics]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"test\"\n")
        .post("a.md", &post("A"))
        .post("b.md", &post("B"))
}

fn a_drill_of_a_built_site_keeps_every_promise_and_changes_nothing() {
    let built = blog().build().exit(0);
    let before = built.site.public();
    let drilled = built.then().run(&["drill"]).exit(0);
    let drilled = drilled.stdout_has("every promise was kept").stdout_has("L0 snippet/missing");
    assert_eq!(drilled.site.public(), before);
    let drilled = drilled.then().run(&["drill", "--format", "json"]).exit(0);
    let value: serde_json::Value = serde_json::from_str(drilled.stdout.trim()).unwrap();
    let caught = value["rows"].as_array().unwrap().iter().filter(|row| row["fate"] == "caught").count();
    assert!(caught >= 40, "{caught}");
}

fn a_site_that_was_never_built_cannot_be_drilled() {
    blog().run(&["drill"]).exit(2).stderr_has("blog build");
}

fn a_broken_site_is_not_drilled_in_silence() {
    let built = blog().build().exit(0).then();
    let home = built.output("index.html");
    built.write("public/index.html", home.replace("data-goatcounter", "data-nothing"));
    built.run(&["drill"]).exit(3).stdout_has("the unbroken site raises an alarm");
}
