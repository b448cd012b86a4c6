//! What will change by itself, told by the build, and printed for those who start builds; the manual page.

use crate::harness::tests;
use crate::site::Site;

tests![
    a_build_says_when_the_next_one_is_worth_it,
    schedulers_get_times_in_utc,
    a_site_in_which_nothing_is_to_come_says_so,
    the_manual_knows_every_command,
];

fn waiting() -> Site {
    let site = Site::new().post("a.md", "one");
    let site = site.post("later.md", "+++\ntitle = \"L\"\ndate = 2027-01-15T09:00:00\n+++\nx\n");
    let site = site.post("gone.md", "+++\ntitle = \"G\"\ndate = 2026-01-02\nexpiry_date = 2026-12-24\n+++\nx\n");
    let toml = std::fs::read_to_string(site.path("site.toml")).unwrap().replace("\"UTC\"", "\"Europe/Brussels\"");
    site.file("site.toml", toml)
}

fn a_build_says_when_the_next_one_is_worth_it() {
    let run = waiting().build().exit(0).stderr_has("next: content/posts/gone.md expires on 2026-12-24 00:00");
    let run = run.then().run(&["--format", "json", "build"]).exit(0);
    let line: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(line["next_publish_at"].as_str(), Some("2026-12-23T23:00:00Z"));
    assert_eq!(line["next"]["source"].as_str(), Some("content/posts/gone.md"));
}

fn schedulers_get_times_in_utc() {
    let run = waiting().run(&["schedule"]).exit(0);
    let run = run.stdout_has("2026-12-24 00:00 +01:00  content/posts/gone.md expires\n");
    let run = run.stdout_has("2027-01-15 09:00 +01:00  content/posts/later.md appears\n").stderr_has("2 changes");
    let run = run.then().run(&["schedule", "--emit", "cron"]).exit(0);
    let run = run.stdout_has("CRON_TZ=UTC\n").stdout_has("\n0 8 15 1 * [ \"$(date -u +\\%Y)\" = 2027 ] && cd ");
    let run = run.then().run(&["schedule", "--emit", "systemd"]).exit(0);
    let run = run.stdout_has("OnCalendar=2026-12-23 23:00:00 UTC\n").stdout_has("Persistent=true");
    let run = run.then().run(&["schedule", "--emit", "github-actions"]).exit(0);
    run.stdout_has("    - cron: \"0 23 23 12 *\"\n")
        .stdout_has("60 days")
        .then()
        .run(&["schedule", "--emit", "at"])
        .exit(2);
}

fn a_site_in_which_nothing_is_to_come_says_so() {
    let run = Site::new().post("a.md", "one").build().exit(0).stderr_lacks("next:");
    let run = run.then().run(&["schedule"]).exit(0).stderr_has("nothing will change by itself");
    run.then().run(&["--format", "json", "build"]).exit(0).stdout_has("\"next_publish_at\":null");
}

fn the_manual_knows_every_command() {
    let run = Site::empty().run(&["man"]).exit(0).stdout_has(".TH blog 1");
    let run = run.stdout_has("blog\\-build").stdout_has("blog\\-mv");
    let run = run.then().run(&["man", "mv"]).exit(0).stdout_has("\\-\\-dry\\-run").stdout_has(".TH blog-mv 1");
    run.then().run(&["man", "biuld"]).exit(2).stderr_has("did you mean `build`");
}
