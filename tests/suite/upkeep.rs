//! What keeps a site in order over the years: the schema that editors know its keys by.

use crate::harness::tests;
use crate::site::Site;

tests![the_schema_is_printed_for_editors];

fn the_schema_is_printed_for_editors() {
    let site = Site::new().config("[taxonomies.topics]");
    let run = site.run(&["config", "--schema"]).exit(0);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["theme"]["type"], "string");
    let run = run.then().run(&["config", "--schema", "front-matter"]).exit(0);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(schema["properties"]["topics"].is_object());
    // Its line is a comment, and the site builds with it.
    let text = std::fs::read_to_string(run.site.path("site.toml")).unwrap();
    let site = run.then().file("site.toml", format!("#:schema ./site.schema.json\n{text}"));
    let run = site.build().exit(0).then().file("site.toml", "titel = 1\n").run(&["config", "--schema"]).exit(0);
    let run = run.then().run(&["config", "--schema", "front-matter"]).exit(0).stderr_has("taxonomies");
    run.then().run(&["config", "--schema", "posts"]).exit(2).stderr_has("front-matter");
}
