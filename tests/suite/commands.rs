//! Commands other than `build`: what they print, what they write and what they refuse.

use std::fs;

use crate::harness::tests;
use crate::site::Site;

tests![
    a_typo_in_a_command_is_named_and_the_right_one_is_suggested,
    explain_tells_what_a_code_means_and_finds_the_one_that_was_meant,
    a_reader_that_stops_reading_is_no_error,
    a_full_disk_behind_standard_output_is_an_error,
    completions_know_the_commands,
    licenses_name_every_crate_and_the_grammars,
    config_shows_each_setting_and_its_line,
    init_makes_a_blog_and_never_overwrites,
    clean_without_a_build_removes_nothing,
    a_missing_site_says_how_to_start_one,
];

fn a_typo_in_a_command_is_named_and_the_right_one_is_suggested() {
    Site::empty().run(&["explian"]).exit(2).stderr_has("'explian'").stderr_has("'explain'");
    let run = Site::empty().run(&["--format", "json", "explian"]).exit(2);
    let line: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((line["type"].as_str(), line["exit"].as_u64()), (Some("diagnostic"), Some(2)));
}

fn explain_tells_what_a_code_means_and_finds_the_one_that_was_meant() {
    Site::empty().run(&["explain", "output/occupied"]).exit(0).stdout_has("(exit 2)").stdout_has("static/");
    Site::empty().run(&["explain", "output/ocupied"]).exit(2).stderr_has("did you mean `output/occupied`?");
    let run = Site::empty().run(&["explain", "--format=json"]).exit(0);
    for line in run.stdout.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(row["text"].as_str().unwrap().len() > 60, "{row}");
    }
}

fn a_reader_that_stops_reading_is_no_error() {
    let site = Site::empty();
    let mut command = site.command("sh");
    command.args(["-c", "( \"$0\" explain; echo $? >code ) | head -c 1 >/dev/null; cat code", crate::site::BLOG]);
    site.finish(command).exit(0).stdout_has("0\n").stderr_lacks("panicked").stderr_lacks("bug");
}

fn a_full_disk_behind_standard_output_is_an_error() {
    let site = Site::empty();
    let mut command = site.command("sh");
    command.args(["-c", "\"$0\" explain >/dev/full", crate::site::BLOG]);
    site.finish(command).exit(6).stderr_has("standard output");
}

fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        Site::empty().run(&["completions", shell]).exit(0).stdout_has("explain");
    }
}

fn licenses_name_every_crate_and_the_grammars() {
    let flag =
        Site::empty().run(&["--licenses"]).exit(0).stdout_has("| pulldown-cmark |").stdout_has("# Colour grammars");
    assert_eq!(flag.stdout, Site::empty().run(&["licenses"]).exit(0).stdout);
}

fn config_shows_each_setting_and_its_line() {
    let site = Site::new().config("[markdown]\nhtml = false");
    let run = site.run(&["config", "--base-url", "https://other.example"]).exit(0);
    let line = |key: &str| run.stdout.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
    assert!(line("title").ends_with("# site.toml:1"), "{}", line("title"));
    assert!(line("base_url").ends_with("# --base-url"), "{}", line("base_url"));
    assert!(line("markdown.html").starts_with("markdown.html = false"), "{}", line("markdown.html"));
    assert!(line("markdown.html").ends_with("# site.toml:5"), "{}", line("markdown.html"));
    assert!(line("language").ends_with("# by default"), "{}", line("language"));
}

fn init_makes_a_blog_and_never_overwrites() {
    let site = Site::empty().variable("TZ", "Asia/Tokyo");
    let run = site.run(&["init", "blog", "--title", "My \"own\" blog"]).exit(0).stderr_has("blog build");
    let settings = fs::read_to_string(run.site.path("blog/site.toml")).unwrap();
    let settings: toml::Table = settings.parse().unwrap();
    assert_eq!(settings["title"].as_str(), Some("My \"own\" blog"));
    assert_eq!(settings["timezone"].as_str(), Some("Asia/Tokyo"));
    assert!(run.site.path("blog/content/posts/first-post.md").exists());
    let site = run.then();
    fs::remove_file(site.path("blog/content/about.md")).unwrap();
    let run = site.run(&["init", "blog"]).exit(2).stderr_has("site.toml");
    assert!(!run.site.path("blog/content/about.md").exists(), "nothing is written where anything is refused");
    let run = run.then().run(&["init", "other", "--theme-files"]).exit(0);
    assert!(run.site.path("other/themes/paper/theme.toml").exists());
}

fn clean_without_a_build_removes_nothing() {
    let run = Site::new().file("public/mine.txt", "precious").run(&["clean"]).exit(0).stderr_has("mine.txt");
    assert_eq!(run.site.output("mine.txt"), "precious");
}

fn a_missing_site_says_how_to_start_one() {
    Site::empty().run(&["config"]).exit(2).stderr_has("site.toml").stderr_has("blog init");
}
